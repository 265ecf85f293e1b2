/* Streams and descriptors of the C run-time library, on files of drive C:. */
#define __USE_MINGW_ANSI_STDIO 0
#include "utap.h"
#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <string.h>
#include <sys/stat.h>

static char text[64];

static int holds(const char *path, const char *bytes, size_t size) {
    char back[64];
    FILE *file = fopen(path, "rb");
    size_t got = file ? fread(back, 1, sizeof(back), file) : 0;
    if (file)
        fclose(file);
    return got == size && !memcmp(back, bytes, size);
}

static void write_and_read(void) {
    FILE *file = fopen("C:\\text.txt", "w");
    OK(file && fputs("one\ntwo\n", file) >= 0 && fprintf(file, "%d\n", 3) == 2 && fputc('4', file) == '4' && !fclose(file), "text is written");
    OK(holds("C:\\text.txt", "one\r\ntwo\r\n3\r\n4", 14), "each end of line is two bytes");
    file = fopen("C:\\text.txt", "r");
    OK(file && fgets(text, sizeof(text), file) && !strcmp(text, "one\n"), "and one when it is read");
    OK(ftell(file) == 5, "ftell counts the file's bytes");
    long here = ftell(file);
    OK(fgetc(file) == 't' && ungetc('T', file) == 'T' && fgetc(file) == 'T' && fgetc(file) == 'w', "ungetc");
    OK(ftell(file) == 7 && !fseek(file, here, SEEK_SET) && fgets(text, 3, file) && !strcmp(text, "tw"), "fseek back to where it was");
    OK(fgets(text, sizeof(text), file) && !strcmp(text, "o\n") && fgets(text, sizeof(text), file) && !strcmp(text, "3\n"), "line after line");
    OK(fgets(text, sizeof(text), file) && !strcmp(text, "4") && !fgets(text, sizeof(text), file) && feof(file) && !ferror(file), "the end");
    rewind(file);
    OK(!feof(file) && fread(text, 1, 4, file) == 4 && !memcmp(text, "one\n", 4), "rewind");
    OK(fputc('x', file) == EOF && ferror(file) && errno == EBADF, "a stream for reading is not written");
    fclose(file);
    OK(!fopen("C:\\no such file", "r") && errno == ENOENT, "no such file");
    OK(!fopen("C:\\text.txt", "q") && errno == EINVAL, "no such mode");
}

static void line_endings(void) {
    FILE *file = fopen("C:\\mixed.bin", "wb");
    fwrite("a\rb\r\nc\n\r\r\nd\x1A"
           "e",
           1, 13, file);
    fclose(file);
    file = fopen("C:\\mixed.bin", "rt");
    size_t got = fread(text, 1, sizeof(text), file);
    OK(got == 9 && !memcmp(text, "a\rb\nc\n\r\nd", 9), "a return alone stays, Ctrl+Z ends the text");
    fclose(file);
    /* A return at the end of what the buffer holds, and a line feed after it. */
    file = fopen("C:\\long.txt", "w");
    for (int i = 0; i < 4095; i++)
        fputc('x', file);
    fputs("\nend\n", file);
    fclose(file);
    file = fopen("C:\\long.txt", "r");
    int count = 0, c = 0;
    while ((c = fgetc(file)) == 'x')
        count++;
    OK(count == 4095 && c == '\n' && fgets(text, sizeof(text), file) && !strcmp(text, "end\n"), "a line ending across the buffer's end");
    OK(ftell(file) == 4095 + 2 + 5, "and the position behind it");
    fclose(file);
}

static void update(void) {
    FILE *file = fopen("C:\\update.bin", "w+b");
    OK(fwrite("0123456789", 1, 10, file) == 10 && !fseek(file, 2, SEEK_SET) && fgetc(file) == '2', "written and read");
    OK(!fseek(file, 0, SEEK_CUR) && fputc('X', file) == 'X' && !fseek(file, -3, SEEK_END) && fgetc(file) == '7', "from the end");
    fpos_t position;
    OK(!fgetpos(file, &position) && position == 8 && fgetc(file) == '8' && !fsetpos(file, &position) && fgetc(file) == '8', "fgetpos and fsetpos");
    OK(_filelength(_fileno(file)) == 10 && !_chsize(_fileno(file), 4), "_chsize");
    fclose(file);
    OK(holds("C:\\update.bin", "012X", 4), "what is there then");
    file = fopen("C:\\update.bin", "ab");
    fputs("end", file);
    fclose(file);
    OK(holds("C:\\update.bin", "012Xend", 7), "append");
    OK(fseek(stdout, 0, 99) == -1 && errno == EINVAL, "no such origin");
}

static void descriptors(void) {
    int fd = _open("C:\\fd.bin", _O_CREAT | _O_TRUNC | _O_RDWR | _O_BINARY, _S_IREAD | _S_IWRITE);
    OK(fd >= 3 && _write(fd, "a\nb", 3) == 3 && _lseek(fd, 0, SEEK_SET) == 0 && _read(fd, text, 10) == 3 && !memcmp(text, "a\nb", 3), "binary");
    OK(_setmode(fd, _O_TEXT) == _O_BINARY && _write(fd, "\n", 1) == 1 && _tell(fd) == 5, "_setmode to text");
    int other = _dup(fd);
    OK(other > fd && _lseek(other, 1, SEEK_SET) == 1 && _tell(fd) == 1, "_dup shares the position");
    OK(!_close(other) && _close(other) == -1 && errno == EBADF, "closed once");
    OK(!_isatty(fd) && _get_osfhandle(fd) != -1, "it is no console");
    struct _stat64 status;
    OK(!_fstat64(fd, &status) && status.st_size == 5 && status.st_mode & _S_IFREG, "_fstat");
    _close(fd);
    OK(_open("C:\\fd.bin", _O_CREAT | _O_EXCL | _O_RDWR, _S_IWRITE) == -1 && errno == EEXIST, "_O_EXCL");
    OK(!_access("C:\\fd.bin", 0) && _access("C:\\nothing", 0) == -1 && errno == ENOENT, "_access");
    OK(!rename("C:\\fd.bin", "C:\\renamed.bin") && _access("C:\\fd.bin", 0) && !remove("C:\\renamed.bin"), "rename and remove");
    OK(remove("C:\\renamed.bin") == -1 && errno == ENOENT, "removed once");
    FILE *file = tmpfile();
    OK(file && fputs("x", file) >= 0 && !fclose(file), "tmpfile");
}

static void many(void) {
    FILE *files[60];
    int opened = 0, good = 1;
    for (; opened < 60; opened++) {
        sprintf(text, "C:\\many%d", opened);
        files[opened] = fopen(text, "w+");
        if (!files[opened])
            break;
        fprintf(files[opened], "%d", opened);
    }
    OK(opened == 60, "60 streams at once");
    for (int i = 0; i < opened; i++) {
        int back = -1;
        rewind(files[i]);
        good &= fscanf(files[i], "%d", &back) == 1 && back == i && !fclose(files[i]);
    }
    OK(good, "each holds its own");
}

static void wide(void) {
    wchar_t back[16];
    FILE *file = _wfopen(L"C:\\wide.txt", L"w");
    OK(file && fputws(L"w\x00E9\n", file) >= 0 && fwprintf(file, L"%s %d", L"x", 5) == 3 && !fclose(file), "wide text is written");
    OK(holds("C:\\wide.txt", "w\xE9\r\nx 5", 7), "as bytes of the locale");
    file = _wfopen(L"C:\\wide.txt", L"r");
    OK(fgetws(back, 16, file) && !wcscmp(back, L"w\x00E9\n") && fgetwc(file) == 'x' && ungetwc('y', file) == 'y' && fgetwc(file) == 'y', "and read");
    fclose(file);
    file = _wfopen(L"C:\\wide.txt", L"wb");
    _setmode(_fileno(file), _O_U16TEXT);
    OK(fputws(L"\x263A\n", file) >= 0 && !fclose(file) && holds("C:\\wide.txt", "\x3A\x26\r\0\n\0", 6), "_O_U16TEXT");
}

int main(void) {
    write_and_read();
    line_endings();
    update();
    descriptors();
    many();
    wide();
    return done();
}
