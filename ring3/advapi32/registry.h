/* What advapi32's registry files share. They return errors instead of setting the last one. */
#pragma once
#include "advapi32.h"

enum { KeyNodeInformation_ = 1 };
typedef struct _NT_KEY_NODE_INFORMATION {
    LARGE_INTEGER LastWriteTime;
    ULONG TitleIndex, ClassOffset, ClassLength, NameLength;
    WCHAR Name[1];
} NT_KEY_NODE_INFORMATION;

NTSTATUS NTAPI NtNotifyChangeKey(HANDLE, HANDLE Event, PVOID ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK, ULONG Filter, BOOLEAN WatchTree, PVOID,
                                 ULONG, BOOLEAN Asynchronous);
NTSTATUS NTAPI NtRenameKey(HANDLE, PUNICODE_STRING);
NTSTATUS NTAPI NtQuerySecurityObject(HANDLE, SECURITY_INFORMATION, PSECURITY_DESCRIPTOR, ULONG, PULONG);

/* A success or a warning of the registry's services as an error number. */
LSTATUS RegpError(NTSTATUS Status);
BOOL RegpIsPredefined(HKEY Key); /* HKEY_LOCAL_MACHINE and its kin */
/* The kernel's handle, which is not to be closed. */
NTSTATUS RegpKernelKey(HKEY Key, HANDLE *Handle);
/* A path below a key, NULL for the key itself; a backslash at its beginning is the caller's error. */
NTSTATUS RegpOpenBelow(HKEY Key, PCWSTR SubKey, ACCESS_MASK Access, HANDLE *Result);

BOOL RegpIsText(DWORD Type);
/* A value with its data from the heap; NULL with *Status. */
NT_KEY_VALUE_PARTIAL_INFORMATION *RegpFetchValue(HKEY Key, PCWSTR Name, NTSTATUS *Status);
/* Hands data out as RegQueryValueEx does: the size always, the data when there is room. */
LSTATUS RegpGiveData(DWORD Type, const VOID *From, DWORD Length, BOOL Wide, LPBYTE Data, LPDWORD Size);
