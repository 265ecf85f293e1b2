/*
 * Hives from files. The binary format is not read (docs/registry.md): of NtLoadKey all is checked that can fail before that, and a file that is a hive is refused
 * as STATUS_NOT_SUPPORTED. No key is the root of a hive that was loaded, so NtUnloadKey unloads none.
 */
#include "cm/key.h"
#include "ke/ke.h"
#include "se/se.h"

#define HIVE_SIGNATURE 0x66676572u /* "regf" */
#ifndef STATUS_NOT_REGISTRY_FILE
#define STATUS_NOT_REGISTRY_FILE ((NTSTATUS)0xC000015C)
#endif

NTSTATUS NTAPI NtLoadKey(POBJECT_ATTRIBUTES TargetKey, POBJECT_ATTRIBUTES SourceFile);
NTSTATUS NTAPI NtUnloadKey(POBJECT_ATTRIBUTES TargetKey);

static BOOLEAN CmpMayRestore(VOID) {
    KPROCESSOR_MODE mode = KiPreviousMode();
    return mode == KernelMode || SeSinglePrivilegeCheck(RtlConvertUlongToLuid(SE_RESTORE_PRIVILEGE), mode);
}

NTSTATUS NTAPI NtLoadKey(POBJECT_ATTRIBUTES TargetKey, POBJECT_ATTRIBUTES SourceFile) {
    LARGE_INTEGER start = {.QuadPart = 0};
    IO_STATUS_BLOCK result;
    ULONG signature = 0;
    HANDLE file;
    NTSTATUS status;

    if (!CmpMayRestore())
        return STATUS_PRIVILEGE_NOT_HELD;
    status = NtOpenFile(&file, FILE_READ_DATA | SYNCHRONIZE, SourceFile, &result, FILE_SHARE_READ, FILE_SYNCHRONOUS_IO_NONALERT);
    if (!NT_SUCCESS(status))
        return status;
    status = ZwReadFile(file, NULL, NULL, NULL, &result, &signature, sizeof(signature), &start, NULL);
    ObCloseHandle(file, KiPreviousMode());
    if (status == STATUS_END_OF_FILE || (NT_SUCCESS(status) && signature != HIVE_SIGNATURE))
        return STATUS_NOT_REGISTRY_FILE;
    return NT_SUCCESS(status) ? STATUS_NOT_SUPPORTED : status;
}

NTSTATUS NTAPI NtUnloadKey(POBJECT_ATTRIBUTES TargetKey) {
    HANDLE key;
    NTSTATUS status;

    if (!CmpMayRestore())
        return STATUS_PRIVILEGE_NOT_HELD;
    status = ObOpenObjectByName(TargetKey, CmpKeyObjectType, KiPreviousMode(), NULL, KEY_WRITE, NULL, &key);
    if (!NT_SUCCESS(status))
        return status;
    ObCloseHandle(key, KiPreviousMode());
    return STATUS_INVALID_PARAMETER;
}
