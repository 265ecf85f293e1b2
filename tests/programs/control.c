/* A program for the tests of consoles: control.exe VERB [ARGUMENTS]. What it prints goes out at once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

static HANDLE asked;
static int patience; /* how many events are taken before the program ends by itself */

static BOOL WINAPI on_event(DWORD event) {
    printf("event %lu\n", event);
    if (patience < 0 && event == CTRL_CLOSE_EVENT)
        Sleep(INFINITE);
    if (--patience == 0)
        SetEvent(asked);
    return TRUE;
}

/* Ends with 7 after so many events; 0: never; -1: never, and the handler does not come back when the console is closed. */
static int handle_events(int count) {
    patience = count;
    asked = CreateEventA(NULL, TRUE, FALSE, NULL);
    if (!SetConsoleCtrlHandler(on_event, TRUE))
        return 1;
    puts("ready");
    WaitForSingleObject(asked, INFINITE);
    return 7;
}

/* What each standard handle is: its type, and its console mode or the error number. */
static int show_screen(void) {
    HANDLE out = GetStdHandle(STD_OUTPUT_HANDLE);
    CONSOLE_SCREEN_BUFFER_INFO info;
    if (!GetConsoleScreenBufferInfo(out, &info)) {
        printf("no screen: error %lu, attributes: %d\n", GetLastError(), SetConsoleTextAttribute(out, FOREGROUND_RED));
        return 1;
    }
    printf("screen: %d x %d, window to %d, %d, attributes %x\n", info.dwSize.X, info.dwSize.Y, info.srWindow.Right, info.srWindow.Bottom,
           info.wAttributes);
    SetConsoleTextAttribute(out, FOREGROUND_RED | FOREGROUND_INTENSITY | BACKGROUND_BLUE);
    printf("red on blue");
    fflush(stdout);
    GetConsoleScreenBufferInfo(out, &info);
    SetConsoleTextAttribute(out, FOREGROUND_RED | FOREGROUND_GREEN | FOREGROUND_BLUE);
    printf(" plain, it was %x\n", info.wAttributes);
    int moved = SetConsoleCursorPosition(out, (COORD){0, 0});
    printf("moved: %d, error %lu\n", moved, GetLastError());
    moved = SetConsoleTextAttribute(out, 0x2000);
    printf("unknown attributes: %d, error %lu\n", moved, GetLastError());
    return 0;
}

static int show_types(void) {
    static const struct {
        const char *name;
        DWORD id;
    } streams[] = {{"input", STD_INPUT_HANDLE}, {"output", STD_OUTPUT_HANDLE}, {"error", STD_ERROR_HANDLE}};
    for (int i = 0; i < 3; i++) {
        HANDLE handle = GetStdHandle(streams[i].id);
        DWORD mode, type = GetFileType(handle);
        if (GetConsoleMode(handle, &mode))
            printf("%s: type %lu, mode %#lx, set again: %d\n", streams[i].name, type, mode, SetConsoleMode(handle, mode));
        else
            printf("%s: type %lu, no console: error %lu\n", streams[i].name, type, GetLastError());
    }
    return 0;
}

/* So many lines; the error of the write that fails. */
static int flood(unsigned long lines) {
    static char text[101];
    memset(text, 'x', 99);
    text[99] = '\n';
    for (unsigned long i = 0; i < lines; i++) {
        DWORD written;
        if (!WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), text, 100, &written, NULL)) {
            fprintf(stderr, "write %lu: error %lu\n", i, GetLastError());
            return 3;
        }
    }
    return 0;
}

/* Opens a device and waits, or sends it a control code. */
static int hold(const char *device, BOOL controls) {
    char path[100], byte;
    DWORD count;
    HANDLE handle;

    snprintf(path, sizeof path, "\\\\.\\%s", device);
    handle = CreateFileA(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    if (handle == INVALID_HANDLE_VALUE) {
        printf("error %lu\n", GetLastError());
        return 1;
    }
    puts("ready");
    if (!controls)
        Sleep(INFINITE);
    printf("control: %d\n", DeviceIoControl(handle, 0x222000, &byte, 1, &byte, 1, &count, NULL));
    return 0;
}

int main(int argc, char **argv) {
    const char *verb = argc > 1 ? argv[1] : "", *argument = argc > 2 ? argv[2] : "0";

    setvbuf(stdout, NULL, _IONBF, 0);
    if (!strcmp(verb, "events"))
        return handle_events(atoi(argument));
    if (!strcmp(verb, "types"))
        return show_types();
    if (!strcmp(verb, "screen"))
        return show_screen();
    if (!strcmp(verb, "flood"))
        return flood(strtoul(argument, NULL, 0));
    if (!strcmp(verb, "print")) {
        for (int i = 0; i < atoi(argument); i++)
            OutputDebugStringA("a line of debug output that is neither short nor very long\n");
        return 0;
    }
    if (!strcmp(verb, "hold") || !strcmp(verb, "control"))
        return hold(argument, !strcmp(verb, "control"));
    if (!strcmp(verb, "sleep")) {
        puts("ready");
        Sleep(INFINITE);
    }
    fprintf(stderr, "control: what is '%s'?\n", verb);
    return 2;
}
