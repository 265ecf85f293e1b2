/* What advapi32's own files share. */
#pragma once
#define _ADVAPI32_
#define WINADVAPI
#include "ntdll.h"
#include <winreg.h>
#include <winsvc.h>
#include <aclapi.h>
#include <sddl.h>
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

static inline BOOL AdvResult(NTSTATUS Status) { return NT_SUCCESS(Status) ? TRUE : AdvFail(RtlNtStatusToDosError(Status)); }

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
NTSTATUS NTAPI NtOpenThreadToken(HANDLE, ACCESS_MASK, BOOLEAN OpenAsSelf, PHANDLE);
NTSTATUS NTAPI NtQueryInformationToken(HANDLE, TOKEN_INFORMATION_CLASS, PVOID, ULONG, PULONG);
NTSTATUS NTAPI NtAdjustGroupsToken(HANDLE, BOOLEAN Reset, PTOKEN_GROUPS, ULONG, PTOKEN_GROUPS, PULONG);
NTSTATUS NTAPI NtDuplicateToken(HANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, BOOLEAN EffectiveOnly, TOKEN_TYPE, PHANDLE);
NTSTATUS NTAPI NtFilterToken(HANDLE, ULONG Flags, PTOKEN_GROUPS, PTOKEN_PRIVILEGES, PTOKEN_GROUPS, PHANDLE);
NTSTATUS NTAPI NtSetInformationToken(HANDLE, TOKEN_INFORMATION_CLASS, PVOID, ULONG);
NTSTATUS NTAPI NtImpersonateAnonymousToken(HANDLE Thread);
NTSTATUS NTAPI NtPrivilegeCheck(HANDLE, PPRIVILEGE_SET, PBOOLEAN);
NTSTATUS NTAPI NtAccessCheck(PSECURITY_DESCRIPTOR, HANDLE, ACCESS_MASK, PGENERIC_MAPPING, PPRIVILEGE_SET, PULONG, PACCESS_MASK, NTSTATUS *);
NTSTATUS NTAPI NtQuerySecurityObject(HANDLE, SECURITY_INFORMATION, PSECURITY_DESCRIPTOR, ULONG, PULONG);
NTSTATUS NTAPI NtSetSecurityObject(HANDLE, SECURITY_INFORMATION, PSECURITY_DESCRIPTOR);
BOOLEAN NTAPI RtlValidSid(PSID);
ULONG NTAPI RtlLengthRequiredSid(ULONG);
ULONG NTAPI RtlLengthSid(PSID);
NTSTATUS NTAPI RtlInitializeSid(PSID, PSID_IDENTIFIER_AUTHORITY, UCHAR);
PULONG NTAPI RtlSubAuthoritySid(PSID, ULONG);
PUCHAR NTAPI RtlSubAuthorityCountSid(PSID);
BOOLEAN NTAPI RtlEqualSid(PSID, PSID);
NTSTATUS NTAPI RtlCopySid(ULONG, PSID, PSID);
NTSTATUS NTAPI RtlAllocateAndInitializeSid(PSID_IDENTIFIER_AUTHORITY, UCHAR, ULONG, ULONG, ULONG, ULONG, ULONG, ULONG, ULONG, ULONG, PSID *);
PVOID NTAPI RtlFreeSid(PSID);
BOOLEAN NTAPI RtlValidAcl(PACL);
NTSTATUS NTAPI RtlCreateAcl(PACL, ULONG, ULONG);
NTSTATUS NTAPI RtlAddAccessAllowedAce(PACL, ULONG, ACCESS_MASK, PSID);
NTSTATUS NTAPI RtlAddAccessAllowedAceEx(PACL, ULONG, ULONG, ACCESS_MASK, PSID);
NTSTATUS NTAPI RtlAddAccessDeniedAce(PACL, ULONG, ACCESS_MASK, PSID);
NTSTATUS NTAPI RtlGetAce(PACL, ULONG, PVOID *);
NTSTATUS NTAPI RtlAddAce(PACL, ULONG, ULONG, PVOID, ULONG);
NTSTATUS NTAPI RtlDeleteAce(PACL, ULONG);
NTSTATUS NTAPI RtlCreateSecurityDescriptor(PSECURITY_DESCRIPTOR, ULONG);
BOOLEAN NTAPI RtlValidSecurityDescriptor(PSECURITY_DESCRIPTOR);
ULONG NTAPI RtlLengthSecurityDescriptor(PSECURITY_DESCRIPTOR);
NTSTATUS NTAPI RtlGetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR, PBOOLEAN, PACL *, PBOOLEAN);
NTSTATUS NTAPI RtlGetSaclSecurityDescriptor(PSECURITY_DESCRIPTOR, PBOOLEAN, PACL *, PBOOLEAN);
NTSTATUS NTAPI RtlGetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR, PSID *, PBOOLEAN);
NTSTATUS NTAPI RtlGetGroupSecurityDescriptor(PSECURITY_DESCRIPTOR, PSID *, PBOOLEAN);
NTSTATUS NTAPI RtlSetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR, BOOLEAN, PACL, BOOLEAN);
NTSTATUS NTAPI RtlSetSaclSecurityDescriptor(PSECURITY_DESCRIPTOR, BOOLEAN, PACL, BOOLEAN);
NTSTATUS NTAPI RtlSetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR, PSID, BOOLEAN);
NTSTATUS NTAPI RtlSetGroupSecurityDescriptor(PSECURITY_DESCRIPTOR, PSID, BOOLEAN);
NTSTATUS NTAPI RtlAbsoluteToSelfRelativeSD(PSECURITY_DESCRIPTOR, PSECURITY_DESCRIPTOR, PULONG);
/* Of kernel32: CreateProcess with a token. */
BOOL WINAPI CreateProcessInternalW(HANDLE, LPCWSTR, LPWSTR, LPSECURITY_ATTRIBUTES, LPSECURITY_ATTRIBUTES, BOOL, DWORD, LPVOID, LPCWSTR,
                                   LPSTARTUPINFOW, LPPROCESS_INFORMATION, PHANDLE);
enum { ThreadImpersonationToken_ = 5 };

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
