/* Text for a console, a pipe or a file. */
#include "program.h"
#include <stdlib.h>
#include <wchar.h>

#define LONGEST 0x10000

static void Write(HANDLE output, const wchar_t *text, DWORD length) {
    DWORD mode, written;

    if (GetConsoleMode(output, &mode)) {
        WriteConsoleW(output, text, length, &written, NULL);
        return;
    }
    int size = WideCharToMultiByte(GetConsoleOutputCP(), 0, text, (int)length, NULL, 0, NULL, NULL);
    char *bytes = malloc((size_t)size + 1);
    if (bytes != NULL) {
        WideCharToMultiByte(GetConsoleOutputCP(), 0, text, (int)length, bytes, size, NULL, NULL);
        WriteFile(output, bytes, (DWORD)size, &written, NULL);
    }
    free(bytes);
}

/* One write for each call: what other programs print does not come in between. */
static void WriteLines(const wchar_t *text, size_t length) {
    wchar_t *lines = malloc((2 * length + 1) * sizeof *lines);
    DWORD used = 0;

    if (lines == NULL)
        return;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r'))
            lines[used++] = '\r';
        lines[used++] = text[i];
    }
    if (used != 0)
        Write(GetStdHandle(STD_OUTPUT_HANDLE), lines, used);
    free(lines);
}

void Print(const wchar_t *format, ...) {
    wchar_t *text = malloc(LONGEST * sizeof *text);
    va_list list;
    int length;

    if (text == NULL)
        return;
    va_start(list, format);
    length = _vsnwprintf(text, LONGEST, format, list);
    va_end(list);
    if (length > 0)
        WriteLines(text, (size_t)length);
    free(text);
}

wchar_t *ErrorText(DWORD error) {
    wchar_t *text = NULL;

    FormatMessageW(FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, error, 0, (LPWSTR)&text, 0,
                   NULL);
    return text;
}
