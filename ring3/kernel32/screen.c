/*
 * The screen behind a console: a terminal. Its size and the look of text are known; where its cursor is and what it shows are not, so that the screen buffer
 * cannot be read, filled or scrolled, and keys come as lines: what would need it fails with ERROR_NOT_SUPPORTED. Programs can send escape sequences.
 */
#include "kernel32.h"
#include <winioctl.h>
#include "drivers/condrv/condrv.h"

/* The buffer is what the terminal shows. The cursor's place is not known: 0, 0. */
WINBOOL WINAPI GetConsoleScreenBufferInfo(HANDLE Handle, PCONSOLE_SCREEN_BUFFER_INFO Info) {
    CONDRV_SCREEN screen;
    if (!BaseResult(BaseConsoleControl(Handle, IOCTL_CONDRV_GET_SCREEN, NULL, 0, &screen, sizeof screen, NULL)))
        return FALSE;
    *Info = (CONSOLE_SCREEN_BUFFER_INFO){.dwSize = {(SHORT)screen.Columns, (SHORT)screen.Rows},
                                         .wAttributes = (WORD)screen.Attributes,
                                         .srWindow = {0, 0, (SHORT)(screen.Columns - 1), (SHORT)(screen.Rows - 1)},
                                         .dwMaximumWindowSize = {(SHORT)screen.Columns, (SHORT)screen.Rows}};
    return TRUE;
}
WINBOOL WINAPI SetConsoleTextAttribute(HANDLE Handle, WORD Attributes) {
    ULONG value = Attributes;
    return BaseResult(BaseConsoleControl(Handle, IOCTL_CONDRV_SET_ATTRIBUTES, &value, sizeof value, NULL, 0, NULL));
}
COORD WINAPI GetLargestConsoleWindowSize(HANDLE Handle) {
    CONSOLE_SCREEN_BUFFER_INFO info;
    return GetConsoleScreenBufferInfo(Handle, &info) ? info.dwMaximumWindowSize : (COORD){0, 0};
}

static BOOL Refuse(HANDLE Handle) { return BaseFail(BaseIsConsole(Handle) ? ERROR_NOT_SUPPORTED : ERROR_INVALID_HANDLE); }

WINBOOL WINAPI SetConsoleCursorPosition(HANDLE Handle, COORD Place) { return Refuse(Handle); }
WINBOOL WINAPI GetConsoleCursorInfo(HANDLE Handle, PCONSOLE_CURSOR_INFO Info) { return Refuse(Handle); }
WINBOOL WINAPI SetConsoleCursorInfo(HANDLE Handle, CONST CONSOLE_CURSOR_INFO *Info) { return Refuse(Handle); }
WINBOOL WINAPI SetConsoleScreenBufferSize(HANDLE Handle, COORD Size) { return Refuse(Handle); }
WINBOOL WINAPI SetConsoleWindowInfo(HANDLE Handle, WINBOOL Absolute, CONST SMALL_RECT *Window) { return Refuse(Handle); }
WINBOOL WINAPI FillConsoleOutputAttribute(HANDLE Handle, WORD Attribute, DWORD Count, COORD Place, LPDWORD Done) { return Refuse(Handle); }
WINBOOL WINAPI FillConsoleOutputCharacterA(HANDLE Handle, CHAR Character, DWORD Count, COORD Place, LPDWORD Done) { return Refuse(Handle); }
WINBOOL WINAPI FillConsoleOutputCharacterW(HANDLE Handle, WCHAR Character, DWORD Count, COORD Place, LPDWORD Done) { return Refuse(Handle); }
WINBOOL WINAPI ReadConsoleInputA(HANDLE Handle, PINPUT_RECORD Records, DWORD Count, LPDWORD Done) { return Refuse(Handle); }
WINBOOL WINAPI ReadConsoleInputW(HANDLE Handle, PINPUT_RECORD Records, DWORD Count, LPDWORD Done) { return Refuse(Handle); }
WINBOOL WINAPI SetConsoleActiveScreenBuffer(HANDLE Handle) { return Refuse(Handle); }
HANDLE WINAPI CreateConsoleScreenBuffer(DWORD Access, DWORD Share, CONST SECURITY_ATTRIBUTES *Attributes, DWORD Flags, LPVOID Data) {
    BaseFail(ERROR_NOT_SUPPORTED);
    return INVALID_HANDLE_VALUE;
}
