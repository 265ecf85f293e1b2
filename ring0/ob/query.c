/* What a handle and its object are: NtQueryObject, NtSetInformationObject. */
#include "ob/object.h"

static NTSTATUS ObpQueryBasic(POBP_HEADER Header, const OBJECT_HANDLE_INFORMATION *Handle, PVOID Buffer, ULONG Length, PULONG Needed,
                              KPROCESSOR_MODE Mode) {
    OBJECT_BASIC_INFORMATION basic;
    ULONG nameSize = 0;
    *Needed = sizeof(basic);
    if (Length != sizeof(basic))
        return STATUS_INFO_LENGTH_MISMATCH;
    PSECURITY_DESCRIPTOR *security = ObpSecurity(ObpBody(Header));
    RtlZeroMemory(&basic, sizeof(basic));
    if (Header->Directory != NULL)
        ObQueryNameString(ObpBody(Header), NULL, 0, &nameSize);
    basic.Attributes = Handle->HandleAttributes | (Header->Flags & OBP_FLAG_PERMANENT ? OBJ_PERMANENT : 0) |
                       (Header->Flags & OBP_FLAG_EXCLUSIVE ? OBJ_EXCLUSIVE : 0);
    basic.GrantedAccess = Handle->GrantedAccess;
    basic.HandleCount = (ULONG)Header->HandleCount;
    basic.PointerCount = (ULONG)Header->PointerCount - 1; /* without the one this query holds */
    basic.NameInfoSize = nameSize;
    basic.TypeInfoSize = sizeof(OBJECT_TYPE_INFORMATION) + Header->Type->Name.MaximumLength;
    if (security != NULL && *security != NULL)
        basic.SecurityDescriptorSize = RtlLengthSecurityDescriptor(*security);
    if (Header->Type == ObpSymbolicLinkObjectType)
        basic.CreationTime = ((POBP_SYMBOLIC_LINK)ObpBody(Header))->CreationTime;
    return ObpStore(Buffer, &basic, sizeof(basic), Mode);
}

/* The name is made in kernel memory; its pointer has to be the caller's. */
static NTSTATUS ObpQueryName(POBP_HEADER Header, PVOID Buffer, ULONG Length, PULONG Needed, KPROCESSOR_MODE Mode) {
    ULONG capacity = sizeof(OBJECT_NAME_INFORMATION) + MAXUSHORT + 1;
    ULONG size = Length < capacity ? Length : capacity;
    POBJECT_NAME_INFORMATION copy = ExAllocatePoolWithTag(PagedPool, size != 0 ? size : 1, OBP_TAG);
    if (copy == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS status = ObQueryNameString(ObpBody(Header), copy, size, Needed);
    if (NT_SUCCESS(status)) {
        if (copy->Name.Buffer != NULL)
            copy->Name.Buffer = (PWSTR)((ULONG_PTR)Buffer + (ULONG_PTR)((PUCHAR)copy->Name.Buffer - (PUCHAR)copy));
        status = ObpStore(Buffer, copy, *Needed, Mode);
    }
    ExFreePoolWithTag(copy, OBP_TAG);
    return status;
}

static NTSTATUS ObpQueryType(POBJECT_TYPE Type, PVOID Buffer, ULONG Length, PULONG Needed, KPROCESSOR_MODE Mode) {
    OBJECT_TYPE_INFORMATION information;
    *Needed = sizeof(information) + Type->Name.MaximumLength;
    if (Length < *Needed)
        return STATUS_INFO_LENGTH_MISMATCH;
    RtlZeroMemory(&information, sizeof(information));
    information.TypeName = Type->Name;
    information.TypeName.Buffer = (PWSTR)((ULONG_PTR)Buffer + sizeof(information));
    information.TotalNumberOfObjects = Type->Objects;
    information.TotalNumberOfHandles = Type->Handles;
    information.HighWaterNumberOfObjects = Type->PeakObjects;
    information.HighWaterNumberOfHandles = Type->PeakHandles;
    information.GenericMapping = Type->Info.GenericMapping;
    information.ValidAccessMask = Type->Info.ValidAccess;
    information.MaintainHandleCount = Type->Info.MaintainHandleCount;
    information.TypeIndex = (UCHAR)Type->Index;
    information.PoolType = Type->Info.PoolType;
    NTSTATUS status = ObpStore(Buffer, &information, sizeof(information), Mode);
    if (NT_SUCCESS(status))
        status = ObpStore((PUCHAR)Buffer + sizeof(information), Type->Name.Buffer, Type->Name.MaximumLength, Mode);
    return status;
}

static NTSTATUS ObpQueryFlags(const OBJECT_HANDLE_INFORMATION *Handle, PVOID Buffer, ULONG Length, PULONG Needed, KPROCESSOR_MODE Mode) {
    OBJECT_HANDLE_FLAG_INFORMATION flags = {(Handle->HandleAttributes & OBJ_INHERIT) != 0, (Handle->HandleAttributes & OBJ_PROTECT_CLOSE) != 0};
    *Needed = sizeof(flags);
    if (Length != sizeof(flags))
        return STATUS_INFO_LENGTH_MISMATCH;
    return ObpStore(Buffer, &flags, sizeof(flags), Mode);
}

NTSTATUS NTAPI NtQueryObject(HANDLE Handle, OBJECT_INFORMATION_CLASS Class, PVOID Information, ULONG Length, PULONG ReturnLength) {
    KPROCESSOR_MODE mode = KiPreviousMode();
    OBJECT_HANDLE_INFORMATION handle;
    PVOID object;
    ULONG needed = 0;
    NTSTATUS status;
    if (Class != ObjectBasicInformation && Class != ObjectNameInformation && Class != ObjectTypeInformation && Class != ObjectHandleFlagInformation)
        return STATUS_INVALID_INFO_CLASS;
    status = ObpProbeOutput(Information, Length, Class == ObjectHandleFlagInformation ? 1 : sizeof(ULONG), mode);
    if (NT_SUCCESS(status) && ReturnLength != NULL)
        status = ObpProbeOutput(ReturnLength, sizeof(*ReturnLength), sizeof(ULONG), mode);
    if (!NT_SUCCESS(status))
        return status;
    status = ObReferenceObjectByHandle(Handle, 0, NULL, mode, &object, &handle);
    if (!NT_SUCCESS(status))
        return status;
    POBP_HEADER header = ObpHeader(object);
    switch ((ULONG)Class) {
    case ObjectBasicInformation: status = ObpQueryBasic(header, &handle, Information, Length, &needed, mode); break;
    case ObjectNameInformation: status = ObpQueryName(header, Information, Length, &needed, mode); break;
    case ObjectTypeInformation: status = ObpQueryType(header->Type, Information, Length, &needed, mode); break;
    default: status = ObpQueryFlags(&handle, Information, Length, &needed, mode); break;
    }
    if (ReturnLength != NULL) {
        NTSTATUS stored = ObpStore(ReturnLength, &needed, sizeof(needed), mode);
        if (!NT_SUCCESS(stored))
            status = stored;
    }
    ObfDereferenceObject(object);
    return status;
}

NTSTATUS NTAPI ObSetHandleAttributes(HANDLE Handle, POBJECT_HANDLE_FLAG_INFORMATION Flags, KPROCESSOR_MODE PreviousMode) {
    POB_HANDLE_TABLE table;
    ULONG index;
    POBP_HANDLE_ENTRY entry = ObpFindHandle(Handle, PreviousMode, ObpCurrentProcess(), &table, &index);
    if (entry == NULL)
        return STATUS_INVALID_HANDLE;
    entry->Attributes = (Flags->Inherit ? OBJ_INHERIT : 0) | (Flags->ProtectFromClose ? OBJ_PROTECT_CLOSE : 0);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtSetInformationObject(HANDLE Handle, OBJECT_INFORMATION_CLASS Class, PVOID Information, ULONG Length) {
    KPROCESSOR_MODE mode = KiPreviousMode();
    OBJECT_HANDLE_FLAG_INFORMATION flags;
    if (Class != ObjectHandleFlagInformation)
        return STATUS_INVALID_INFO_CLASS;
    if (Length != sizeof(flags))
        return STATUS_INFO_LENGTH_MISMATCH;
    if (mode == KernelMode)
        flags = *(POBJECT_HANDLE_FLAG_INFORMATION)Information;
    else if (!KiCopyFromUser(&flags, Information, sizeof(flags)))
        return STATUS_ACCESS_VIOLATION;
    return ObSetHandleAttributes(Handle, &flags, mode);
}

/* Nothing is audited ("Audit object access" is off): no close has anything to tell. */
NTSTATUS NTAPI ObQueryObjectAuditingByHandle(HANDLE Handle, PBOOLEAN GenerateOnClose) {
    POB_HANDLE_TABLE table;
    ULONG index;
    if (ObpFindHandle(Handle, KernelMode, ObpCurrentProcess(), &table, &index) == NULL)
        return STATUS_INVALID_HANDLE;
    *GenerateOnClose = FALSE;
    return STATUS_SUCCESS;
}

/* A handle of the process to the object, or any of that type; with these attributes and this access, if Information says so. */
BOOLEAN NTAPI ObFindHandleForObject(PEPROCESS Process, PVOID Object, POBJECT_TYPE ObjectType, POBJECT_HANDLE_INFORMATION Information,
                                    PHANDLE Handle) {
    POB_HANDLE_TABLE table = Process->HandleTable;
    for (ULONG index = 0; table != NULL && index < table->Limit; index++) {
        POBP_HANDLE_ENTRY entry = ObpHandleEntry(table, index);
        POBP_HEADER header = entry != NULL ? entry->Object : NULL;
        if (header == NULL || (Object != NULL && ObpBody(header) != Object) || (ObjectType != NULL && header->Type != ObjectType) ||
            (Information != NULL && (entry->Attributes != Information->HandleAttributes || entry->Access != Information->GrantedAccess)))
            continue;
        *Handle = (HANDLE)((ULONG64)index * 4 + (table == ObpKernelTable ? OBP_KERNEL_HANDLE_BASE : 0));
        return TRUE;
    }
    return FALSE;
}
