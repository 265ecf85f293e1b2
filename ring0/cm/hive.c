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
    KPROCESSOR_MODE Mode = KiPreviousMode();
    return Mode == KernelMode || SeSinglePrivilegeCheck(RtlConvertUlongToLuid(SE_RESTORE_PRIVILEGE), Mode);
}

NTSTATUS NTAPI NtLoadKey(POBJECT_ATTRIBUTES TargetKey, POBJECT_ATTRIBUTES SourceFile) {
    LARGE_INTEGER Start = {.QuadPart = 0};
    IO_STATUS_BLOCK Result;
    ULONG Signature = 0;
    HANDLE File;
    NTSTATUS Status;

    if (!CmpMayRestore())
        return STATUS_PRIVILEGE_NOT_HELD;
    Status = NtOpenFile(&File, FILE_READ_DATA | SYNCHRONIZE, SourceFile, &Result, FILE_SHARE_READ, FILE_SYNCHRONOUS_IO_NONALERT);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ZwReadFile(File, NULL, NULL, NULL, &Result, &Signature, sizeof(Signature), &Start, NULL);
    ObCloseHandle(File, KiPreviousMode());
    if (Status == STATUS_END_OF_FILE || (NT_SUCCESS(Status) && Signature != HIVE_SIGNATURE))
        return STATUS_NOT_REGISTRY_FILE;
    return NT_SUCCESS(Status) ? STATUS_NOT_SUPPORTED : Status;
}

NTSTATUS NTAPI NtUnloadKey(POBJECT_ATTRIBUTES TargetKey) {
    HANDLE Key;
    NTSTATUS Status;

    if (!CmpMayRestore())
        return STATUS_PRIVILEGE_NOT_HELD;
    Status = ObOpenObjectByName(TargetKey, CmpKeyObjectType, KiPreviousMode(), NULL, KEY_WRITE, NULL, &Key);
    if (!NT_SUCCESS(Status))
        return Status;
    ObCloseHandle(Key, KiPreviousMode());
    return STATUS_INVALID_PARAMETER;
}
