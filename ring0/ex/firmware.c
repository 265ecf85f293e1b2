/*
 * The firmware: a machine that starts by BIOS has no variables ("ExGetFirmwareEnvironmentVariable"), and this one has no tables of its own, neither ACPI's nor SMBIOS's.
 * A driver can provide tables of a signature (SystemRegisterFirmwareTableInformationHandler).
 */
#include "ex/query.h"
#include "ke/ke.h"

#define FIRMWARE_TAG     'mriF'
#define FIRMWARE_MAXIMUM 0x100000u /* bytes of one answer */

NTSTATUS NTAPI ExGetFirmwareEnvironmentVariable(PUNICODE_STRING VariableName, LPGUID VendorGuid, PVOID Value, PULONG ValueLength, PULONG Attributes);
NTSTATUS NTAPI ExSetFirmwareEnvironmentVariable(PUNICODE_STRING VariableName, LPGUID VendorGuid, PVOID Value, ULONG ValueLength, ULONG Attributes);

NTSTATUS NTAPI ExGetFirmwareEnvironmentVariable(PUNICODE_STRING VariableName, LPGUID VendorGuid, PVOID Value, PULONG ValueLength, PULONG Attributes) {
    return STATUS_NOT_IMPLEMENTED;
}

NTSTATUS NTAPI ExSetFirmwareEnvironmentVariable(PUNICODE_STRING VariableName, LPGUID VendorGuid, PVOID Value, ULONG ValueLength, ULONG Attributes) {
    return STATUS_NOT_IMPLEMENTED;
}

/* ---- Tables ---- */
typedef struct _EXP_PROVIDER {
    LIST_ENTRY Links;
    ULONG Signature;
    NT_FIRMWARE_TABLE_ROUTINE Routine;
    PVOID DriverObject; /* referenced */
} EXP_PROVIDER, *PEXP_PROVIDER;

static LIST_ENTRY ExpProviders = {&ExpProviders, &ExpProviders};

static PEXP_PROVIDER ExpFindProvider(ULONG Signature) {
    for (PLIST_ENTRY Link = ExpProviders.Flink; Link != &ExpProviders; Link = Link->Flink) {
        if (CONTAINING_RECORD(Link, EXP_PROVIDER, Links)->Signature == Signature)
            return CONTAINING_RECORD(Link, EXP_PROVIDER, Links);
    }
    return NULL;
}

NTSTATUS ExpSetFirmwareHandler(PVOID Buffer, ULONG Length) {
    NT_SYSTEM_FIRMWARE_TABLE_HANDLER *Handler = Buffer;
    PEXP_PROVIDER Provider;

    if (KiPreviousMode() != KernelMode)
        return STATUS_PRIVILEGE_NOT_HELD;
    if (Length != sizeof(*Handler))
        return STATUS_INFO_LENGTH_MISMATCH;
    Provider = ExpFindProvider(Handler->ProviderSignature);
    if (!Handler->Register) {
        if (Provider == NULL || Provider->DriverObject != Handler->DriverObject)
            return STATUS_INVALID_PARAMETER;
        RemoveEntryList(&Provider->Links);
        ObDereferenceObject(Provider->DriverObject);
        ExFreePoolWithTag(Provider, FIRMWARE_TAG);
        return STATUS_SUCCESS;
    }
    if (Provider != NULL)
        return STATUS_OBJECT_NAME_EXISTS;
    if (Handler->DriverObject == NULL || Handler->FirmwareTableHandler == NULL)
        return STATUS_INVALID_PARAMETER;
    Provider = ExAllocatePoolWithTag(PagedPool, sizeof(*Provider), FIRMWARE_TAG);
    if (Provider == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Provider->Signature = Handler->ProviderSignature;
    Provider->Routine = Handler->FirmwareTableHandler;
    Provider->DriverObject = Handler->DriverObject;
    ObReferenceObject(Provider->DriverObject);
    InsertTailList(&ExpProviders, &Provider->Links);
    return STATUS_SUCCESS;
}

/* A signature that nobody provides is STATUS_NOT_IMPLEMENTED: GetSystemFirmwareTable's ERROR_INVALID_FUNCTION. */
NTSTATUS ExpQueryFirmwareTable(PVOID Buffer, ULONG Length, PULONG ReturnLength) {
    NT_SYSTEM_FIRMWARE_TABLE_INFORMATION Asked, *Table;
    ULONG Size = sizeof(Asked), Room;
    PEXP_PROVIDER Provider;
    NTSTATUS Status;

    if (Length < sizeof(Asked)) {
        Status = KiCopyOutOptional(ReturnLength, &Size, sizeof(Size));
        return NT_SUCCESS(Status) ? STATUS_INFO_LENGTH_MISMATCH : Status;
    }
    Status = KiCopyIn(&Asked, Buffer, sizeof(Asked));
    if (!NT_SUCCESS(Status))
        return Status;
    Provider = ExpFindProvider(Asked.ProviderSignature);
    if (Provider == NULL)
        return STATUS_NOT_IMPLEMENTED;
    Room = Length - (ULONG)sizeof(Asked) < FIRMWARE_MAXIMUM ? Length - (ULONG)sizeof(Asked) : FIRMWARE_MAXIMUM;
    if (Asked.TableBufferLength > Room)
        Asked.TableBufferLength = Room;
    Room = Asked.TableBufferLength;
    Table = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(Asked) + Room, FIRMWARE_TAG);
    if (Table == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Table, sizeof(Asked) + Room);
    *Table = Asked;
    Status = Provider->Routine(Table);
    if (NT_SUCCESS(Status) || Status == STATUS_BUFFER_TOO_SMALL) {
        ULONG Copied = (ULONG)sizeof(Asked) + (NT_SUCCESS(Status) && Table->TableBufferLength < Room ? Table->TableBufferLength
                                               : NT_SUCCESS(Status)                                  ? Room
                                                                                                     : 0);
        NTSTATUS Stored = KiCopyOut(Buffer, Table, Copied);

        Size = (ULONG)sizeof(Asked) + Table->TableBufferLength;
        if (NT_SUCCESS(Stored))
            Stored = KiCopyOutOptional(ReturnLength, &Size, sizeof(Size));
        if (!NT_SUCCESS(Stored))
            Status = Stored;
    }
    ExFreePoolWithTag(Table, FIRMWARE_TAG);
    return Status;
}
