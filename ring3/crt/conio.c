/* The console without streams: single keys, no translation. */
#include "crt.h"
#include <conio.h>

static int pushed_back = EOF;

/* One character, not echoed, without waiting for the end of the line. */
int __cdecl _getch(void) {
    HANDLE input = GetStdHandle(STD_INPUT_HANDLE);
    DWORD mode, done = 0;
    unsigned char c = 0;
    BOOL console, ok;

    if (pushed_back != EOF) {
        c = (unsigned char)pushed_back;
        pushed_back = EOF;
        return c;
    }
    fflush(&crt_streams[1]);
    console = GetConsoleMode(input, &mode);
    if (console) {
        SetConsoleMode(input, mode & ~(DWORD)(ENABLE_LINE_INPUT | ENABLE_ECHO_INPUT));
    }
    ok = ReadFile(input, &c, 1, &done, NULL);
    if (console) {
        SetConsoleMode(input, mode);
    }
    return ok && done ? c : EOF;
}

/* Whether _getch() would return at once: on a console, after the end of a line was typed. Without one nobody can hit a key. */
int __cdecl _kbhit(void) {
    DWORD waiting = 0;

    return pushed_back != EOF || (GetNumberOfConsoleInputEvents(GetStdHandle(STD_INPUT_HANDLE), &waiting) && waiting > 0);
}

int __cdecl _getche(void) {
    int c = _getch();

    if (c != EOF) {
        _putch(c);
    }
    return c;
}

int __cdecl _ungetch(int c) {
    if (pushed_back != EOF) {
        return EOF;
    }
    pushed_back = c;
    return c;
}

int __cdecl _putch(int c) {
    char text = (char)c;
    DWORD done;

    fflush(&crt_streams[1]);
    return WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), &text, 1, &done, NULL) && done ? c : EOF;
}

int __cdecl _cputs(const char *text) {
    while (*text) {
        if (_putch(*text++) == EOF) {
            return EOF;
        }
    }
    return 0;
}
