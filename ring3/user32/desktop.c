/*
 * What a program without windows still asks of user32: strings of its resources, and messages for its user. There is no desktop. A message box is a line on standard
 * error, since what it says is often why a program gives up; nobody presses a button, and the call fails as in a service.
 */
#include "user32.h"

/* ---- Strings: blocks of sixteen, each string behind its length ("String table resource") ---- */
int WINAPI LoadStringW(HINSTANCE Module, UINT Id, LPWSTR Buffer, int Room) {
    if (!Buffer)
        return 0;
    HRSRC found = FindResourceW(Module, MAKEINTRESOURCEW(LOWORD(Id) / 16 + 1), (LPCWSTR)RT_STRING);
    HGLOBAL loaded = found ? LoadResource(Module, found) : NULL;
    if (!loaded)
        return 0;
    const WCHAR *at = LockResource(loaded), *end = at + SizeofResource(Module, found) / sizeof(WCHAR);
    for (UINT n = Id % 16; n && at < end; n--)
        at += *at + 1;
    if (at >= end || end - at - 1 < *at || !*at) {
        if (Room > 0)
            Buffer[0] = 0;
        return UserFail(ERROR_RESOURCE_NAME_NOT_FOUND);
    }
    int length = *at++;
    if (!Room) { /* the string itself, in the image */
        memcpy(Buffer, &at, sizeof at);
        return length;
    }
    if (Room < 0)
        return 0;
    length = length < Room ? length : Room - 1;
    memcpy(Buffer, at, (SIZE_T)length * sizeof(WCHAR));
    Buffer[length] = 0;
    return length;
}
int WINAPI LoadStringA(HINSTANCE Module, UINT Id, LPSTR Buffer, int Room) {
    LPCWSTR text;
    if (!Buffer || Room <= 0)
        return 0;
    int length = LoadStringW(Module, Id, (LPWSTR)(PVOID)&text, 0);
    length = length < Room ? length : Room - 1;
    if (length)
        WideCharToMultiByte(CP_ACP, 0, text, length, Buffer, length, NULL, NULL);
    Buffer[length] = 0;
    return length;
}

/* ---- Message boxes ---- */
int WINAPI MessageBoxExA(HWND Owner, LPCSTR Text, LPCSTR Caption, UINT Type, WORD Language) {
    RtlpReport("message box \"%s\": %s", Caption ? Caption : "Error", Text ? Text : "");
    return UserFail(ERROR_REQUIRES_INTERACTIVE_WINDOWSTATION);
}
int WINAPI MessageBoxExW(HWND Owner, LPCWSTR Text, LPCWSTR Caption, UINT Type, WORD Language) {
    RtlpReport("message box \"%ws\": %ws", Caption ? Caption : L"Error", Text ? Text : L"");
    return UserFail(ERROR_REQUIRES_INTERACTIVE_WINDOWSTATION);
}
int WINAPI MessageBoxA(HWND Owner, LPCSTR Text, LPCSTR Caption, UINT Type) { return MessageBoxExA(Owner, Text, Caption, Type, 0); }
int WINAPI MessageBoxW(HWND Owner, LPCWSTR Text, LPCWSTR Caption, UINT Type) { return MessageBoxExW(Owner, Text, Caption, Type, 0); }

/* ---- Nobody has a window ---- */
HWND WINAPI GetForegroundWindow(VOID) { return NULL; }
HWND WINAPI GetActiveWindow(VOID) { return NULL; }
HWINSTA WINAPI GetProcessWindowStation(VOID) {
    UserFail(ERROR_REQUIRES_INTERACTIVE_WINDOWSTATION);
    return NULL;
}
DWORD WINAPI GetWindowThreadProcessId(HWND Window, LPDWORD Process) { return (DWORD)UserFail(ERROR_INVALID_WINDOW_HANDLE); }
WINBOOL WINAPI IsWindow(HWND Window) { return UserFail(ERROR_INVALID_WINDOW_HANDLE); }
WINBOOL WINAPI GetUserObjectInformationA(HANDLE Object, int Index, PVOID Information, DWORD Size, LPDWORD Needed) {
    return UserFail(ERROR_INVALID_HANDLE);
}
WINBOOL WINAPI GetUserObjectInformationW(HANDLE Object, int Index, PVOID Information, DWORD Size, LPDWORD Needed) {
    return UserFail(ERROR_INVALID_HANDLE);
}
