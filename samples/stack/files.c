/* Works with files by lines of commands: files.exe COMMAND ARGUMENTS [, COMMAND ARGUMENTS ...]. Knows nothing of what is below the drive letter. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

static int fail(const char *what) {
    printf("%s: error %lu\n", what, GetLastError());
    return 1;
}

static int list(const char *path) {
    char pattern[MAX_PATH];
    WIN32_FIND_DATAA found;
    snprintf(pattern, sizeof pattern, "%s\\*", path);
    HANDLE search = FindFirstFileA(pattern, &found);
    if (search == INVALID_HANDLE_VALUE)
        return GetLastError() == ERROR_FILE_NOT_FOUND ? 0 : fail(path);
    do {
        if (found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY)
            printf("     <DIR> %s\n", found.cFileName);
        else
            printf("%10lu %s\n", found.nFileSizeLow, found.cFileName);
    } while (FindNextFileA(search, &found));
    FindClose(search);
    return 0;
}

static int show(const char *path) {
    char buffer[4000];
    DWORD got;
    HANDLE file = CreateFileA(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return fail(path);
    while (ReadFile(file, buffer, sizeof buffer, &got, NULL) && got != 0)
        fwrite(buffer, 1, got, stdout);
    CloseHandle(file);
    return 0;
}

/* `size` bytes at `offset`: letters that depend on where they are and on `seed`. */
static int put(const char *path, DWORD offset, DWORD size, unsigned seed) {
    char *data = malloc(size + 1);
    DWORD done = 0;
    HANDLE file = CreateFileA(path, GENERIC_WRITE, 0, NULL, OPEN_ALWAYS, 0, NULL);
    if (file == INVALID_HANDLE_VALUE || data == NULL)
        return fail(path);
    for (DWORD i = 0; i < size; i++)
        data[i] = (char)('a' + ((offset + i) * 7 + (offset + i) / 97 + seed) % 26);
    SetFilePointer(file, (LONG)offset, NULL, FILE_BEGIN);
    BOOL good = WriteFile(file, data, size, &done, NULL) && done == size;
    CloseHandle(file);
    free(data);
    return good ? 0 : fail(path);
}

static int cut(const char *path, DWORD size) {
    HANDLE file = CreateFileA(path, GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return fail(path);
    SetFilePointer(file, (LONG)size, NULL, FILE_BEGIN);
    BOOL good = SetEndOfFile(file);
    CloseHandle(file);
    return good ? 0 : fail(path);
}

/* `text` at `offset`, by a view of the file; what the next lines read is what the view has been given. */
static int map(const char *path, DWORD offset, const char *text) {
    HANDLE section = NULL, file = CreateFileA(path, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    char *view = NULL;
    if (file != INVALID_HANDLE_VALUE && GetFileSize(file, NULL) >= offset + strlen(text))
        section = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 0, NULL);
    if (section != NULL)
        view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    if (view == NULL)
        return fail(path);
    memcpy(view + offset, text, strlen(text));
    BOOL good = FlushViewOfFile(view, 0);
    UnmapViewOfFile(view);
    CloseHandle(section);
    CloseHandle(file);
    return good ? 0 : fail(path);
}

static int copy(const char *from, const char *to) { return CopyFileA(from, to, FALSE) ? 0 : fail(from); }

static int act(int count, char **words) {
    const char *command = words[0], *path = count > 1 ? words[1] : "";
    if (strcmp(command, "list") == 0)
        return list(path);
    if (strcmp(command, "show") == 0)
        return show(path);
    if (strcmp(command, "put") == 0 && count == 5)
        return put(path, (DWORD)atol(words[2]), (DWORD)atol(words[3]), (unsigned)atol(words[4]));
    if (strcmp(command, "cut") == 0 && count == 3)
        return cut(path, (DWORD)atol(words[2]));
    if (strcmp(command, "map") == 0 && count == 4)
        return map(path, (DWORD)atol(words[2]), words[3]);
    if (strcmp(command, "copy") == 0 && count == 3)
        return copy(path, words[2]);
    if (strcmp(command, "move") == 0 && count == 3)
        return MoveFileA(path, words[2]) ? 0 : fail(path);
    if (strcmp(command, "delete") == 0)
        return DeleteFileA(path) ? 0 : fail(path);
    if (strcmp(command, "mkdir") == 0)
        return CreateDirectoryA(path, NULL) ? 0 : fail(path);
    if (strcmp(command, "rmdir") == 0)
        return RemoveDirectoryA(path) ? 0 : fail(path);
    if (strcmp(command, "say") == 0) {
        printf("%s\n", path);
        return 0;
    }
    printf("files: '%s': say, list, show, put FILE OFFSET SIZE SEED, cut FILE SIZE, map FILE OFFSET TEXT, copy, move, delete, mkdir, rmdir\n",
           command);
    return 2;
}

/* A script: a line per command, words separated by blanks. */
static int run_script(void) {
    char line[1000];
    int worst = 0;
    while (fgets(line, sizeof line, stdin) != NULL) {
        char *words[8];
        int count = 0;
        for (char *word = strtok(line, " \r\n"); word != NULL && count < 8; word = strtok(NULL, " \r\n"))
            words[count++] = word;
        if (count != 0 && act(count, words) != 0)
            worst = 1;
        fflush(stdout);
    }
    return worst;
}

int main(int argc, char **argv) {
    int worst = 0;
    if (argc == 1)
        return run_script();
    for (int first = 1, next; first < argc; first = next + 1) {
        for (next = first; next < argc && strcmp(argv[next], ",") != 0; next++)
            ;
        int result = next > first ? act(next - first, argv + first) : 0;
        worst = result > worst ? result : worst;
    }
    return worst;
}
