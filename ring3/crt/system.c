/* system: the interpreter that COMSPEC names runs the command. */
#include "crt.h"

static const wchar_t *interpreter(void) {
    const wchar_t *path = _wgetenv(L"COMSPEC");

    if (path && GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES) {
        return path;
    }
    errno = ENOENT;
    return NULL;
}

int __cdecl _wsystem(const wchar_t *command) {
    const wchar_t *path = interpreter();
    STARTUPINFOW start = {.cb = sizeof start};
    PROCESS_INFORMATION process;
    DWORD status;
    size_t length;
    wchar_t *line;
    BOOL started;

    if (!command || !path) {
        return command ? -1 : path != NULL;
    }
    length = wcslen(path) + wcslen(command) + sizeof "\"\" /c ";
    line = malloc(length * sizeof *line);
    if (!line) {
        errno = ENOMEM;
        return -1;
    }
    _snwprintf(line, length, L"\"%s\" /c %s", path, command);
    started = CreateProcessW(path, line, NULL, NULL, TRUE, 0, NULL, NULL, &start, &process);
    free(line);
    if (!started) {
        crt_set_windows_error(GetLastError());
        return -1;
    }
    WaitForSingleObject(process.hProcess, INFINITE);
    GetExitCodeProcess(process.hProcess, &status);
    CloseHandle(process.hThread);
    CloseHandle(process.hProcess);
    return (int)status;
}

int __cdecl system(const char *command) {
    wchar_t *wide = command ? crt_widen(command) : NULL;
    int status;

    if (command && !wide) {
        return -1;
    }
    status = _wsystem(wide);
    free(wide);
    return status;
}
