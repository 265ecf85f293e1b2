/* What advapi32's own files share. */
#pragma once
#define _ADVAPI32_
#define WINADVAPI
#include "ntdll.h"
#include <winreg.h>
#include <winsvc.h>
#undef NtCurrentProcess
#define NtCurrentProcess() ((HANDLE)(LONG_PTR) - 1)

static inline PVOID AdvAllocate(SIZE_T Size) { return RtlAllocateHeap(NtPeb()->ProcessHeap, 0, Size); }
static inline VOID AdvFree(PVOID Block) {
    if (Block)
        RtlFreeHeap(NtPeb()->ProcessHeap, 0, Block);
}
/* FALSE with that last error, for `return`. */
static inline BOOL AdvFail(DWORD Error) {
    RtlSetLastWin32Error(Error);
    return FALSE;
}

/* string.c: ANSI text as UTF-16 from the heap (AdvFree), NULL for NULL. *Ok becomes FALSE, with the last error set, when there is no memory,
   and is left alone else. */
PWSTR AdvWide(PCSTR Text, BOOL *Ok);
PWSTR AdvWideMulti(PCSTR Text, BOOL *Ok); /* of a list that ends in two terminators */
SIZE_T AdvMultiLength(PCWSTR Text);       /* characters of such a list without its last terminator */
/* Narrows Count characters into To, which has Room bytes: how many bytes it takes; nothing is written when there is too little room. */
DWORD AdvNarrow(PCWSTR From, SIZE_T Count, PSTR To, DWORD Room);

/* ---- System services that ntdll.h leaves out -------------------------------------------------------------------------------------- */
NTSTATUS NTAPI NtCreateKey(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, ULONG TitleIndex, PUNICODE_STRING Class, ULONG Options, PULONG Disposition);
NTSTATUS NTAPI NtOpenKey(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES);
NTSTATUS NTAPI NtDeleteKey(HANDLE);
NTSTATUS NTAPI NtFlushKey(HANDLE);
NTSTATUS NTAPI NtDeleteValueKey(HANDLE, PUNICODE_STRING);
NTSTATUS NTAPI NtSetValueKey(HANDLE, PUNICODE_STRING, ULONG TitleIndex, ULONG Type, PVOID, ULONG);
NTSTATUS NTAPI NtQueryValueKey(HANDLE, PUNICODE_STRING, ULONG Class, PVOID, ULONG, PULONG);
NTSTATUS NTAPI NtEnumerateKey(HANDLE, ULONG Index, ULONG Class, PVOID, ULONG, PULONG);
NTSTATUS NTAPI NtEnumerateValueKey(HANDLE, ULONG Index, ULONG Class, PVOID, ULONG, PULONG);
NTSTATUS NTAPI NtQueryKey(HANDLE, ULONG Class, PVOID, ULONG, PULONG);
NTSTATUS NTAPI NtOpenProcessToken(HANDLE, ACCESS_MASK, PHANDLE);
NTSTATUS NTAPI NtOpenThreadToken(HANDLE, ACCESS_MASK, BOOLEAN OpenAsSelf, PHANDLE);
NTSTATUS NTAPI NtQueryInformationToken(HANDLE, TOKEN_INFORMATION_CLASS, PVOID, ULONG, PULONG);
NTSTATUS NTAPI NtAdjustPrivilegesToken(HANDLE, BOOLEAN DisableAll, PTOKEN_PRIVILEGES, ULONG, PTOKEN_PRIVILEGES, PULONG);

enum { KeyBasicInformation_ = 0, KeyFullInformation_ = 2 };
enum { KeyValueBasicInformation_ = 0, KeyValueFullInformation_ = 1, KeyValuePartialInformation_ = 2 };
typedef struct _NT_KEY_BASIC_INFORMATION {
    LARGE_INTEGER LastWriteTime;
    ULONG TitleIndex, NameLength;
    WCHAR Name[1];
} NT_KEY_BASIC_INFORMATION;
typedef struct _NT_KEY_FULL_INFORMATION {
    LARGE_INTEGER LastWriteTime;
    ULONG TitleIndex, ClassOffset, ClassLength, SubKeys, MaxNameLen, MaxClassLen, Values, MaxValueNameLen, MaxValueDataLen;
    WCHAR Class[1];
} NT_KEY_FULL_INFORMATION;
typedef struct _NT_KEY_VALUE_FULL_INFORMATION {
    ULONG TitleIndex, Type, DataOffset, DataLength, NameLength;
    WCHAR Name[1];
} NT_KEY_VALUE_FULL_INFORMATION;
typedef struct _NT_KEY_VALUE_PARTIAL_INFORMATION {
    ULONG TitleIndex, Type, DataLength;
    UCHAR Data[1];
} NT_KEY_VALUE_PARTIAL_INFORMATION;
