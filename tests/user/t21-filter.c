/* Debug output from a program through ntdll: masks, privileges, the forms of DbgPrint. */
#include "utap.h"
#include <stdarg.h>

typedef LONG NTSTATUS;
NTSTATUS NTAPI NtQueryDebugFilterState(ULONG ComponentId, ULONG Level);
NTSTATUS NTAPI NtSetDebugFilterState(ULONG ComponentId, ULONG Level, BOOLEAN State);
ULONG __cdecl DbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format, ...);
ULONG NTAPI vDbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format, va_list Arguments);
ULONG NTAPI vDbgPrintExWithPrefix(PCSTR Prefix, ULONG ComponentId, ULONG Level, PCSTR Format, va_list Arguments);

#define IHVDRIVER                  77
#define ACCESS_DENIED              ((NTSTATUS)0xC0000022)
#define STATUS_INVALID_PARAMETER_1 ((NTSTATUS)0xC00000EF)

static ULONG Prefixed(PCSTR prefix, PCSTR format, ...) {
    va_list arguments;
    va_start(arguments, format);
    ULONG status = prefix ? vDbgPrintExWithPrefix(prefix, 101, 0, format, arguments) : vDbgPrintEx(101, 0, format, arguments);
    va_end(arguments);
    return status;
}

static BOOL EnableDebug(void) {
    TOKEN_PRIVILEGES privileges = {1, {{{20, 0}, SE_PRIVILEGE_ENABLED}}}; /* SeDebugPrivilege */
    HANDLE token;
    return OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES, &token) &&
           AdjustTokenPrivileges(token, FALSE, &privileges, 0, NULL, NULL) && GetLastError() == ERROR_SUCCESS && CloseHandle(token);
}

int main(void) {
    char text[600];
    OK(NtQueryDebugFilterState(IHVDRIVER, 0) == TRUE && NtQueryDebugFilterState(IHVDRIVER, 3) == FALSE, "NtQueryDebugFilterState");
    OK(NtQueryDebugFilterState(0x10000, 0) == STATUS_INVALID_PARAMETER_1, "no such component");
    OK(NtSetDebugFilterState(IHVDRIVER, 3, TRUE) == ACCESS_DENIED, "a mask is not a program's to set");
    OK(EnableDebug(), "SeDebugPrivilege is enabled");
    OK(NtSetDebugFilterState(IHVDRIVER, 3, TRUE) == 0 && NtQueryDebugFilterState(IHVDRIVER, 3) == TRUE, "with it, it is");
    OK(NtSetDebugFilterState(IHVDRIVER, 3, FALSE) == 0 && NtQueryDebugFilterState(IHVDRIVER, 3) == FALSE, "and back");
    OK(NtSetDebugFilterState(0x10000, 3, TRUE) == STATUS_INVALID_PARAMETER_1, "set: no such component");
    OK(DbgPrintEx(101, 0, "# %s\n", "DbgPrintEx") == 0, "DbgPrintEx");
    OK(Prefixed(NULL, "# %s\n", "vDbgPrintEx") == 0, "vDbgPrintEx");
    OK(Prefixed("# prefix: ", "%s\n", "text") == 0, "vDbgPrintExWithPrefix");
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = 0;
    OK(Prefixed(text, "%s\n", "more") == 0, "a prefix that is too long");
    return done();
}
