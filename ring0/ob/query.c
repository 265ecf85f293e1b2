/* What a handle and its object are: NtQueryObject, NtSetInformationObject. */
#include "ob/object.h"

static NTSTATUS ObpQueryBasic(POBP_HEADER Header, const OBJECT_HANDLE_INFORMATION *Handle, PVOID Buffer, ULONG Length, PULONG Needed,
                              KPROCESSOR_MODE Mode) {
    OBJECT_BASIC_INFORMATION Basic;
    ULONG NameSize = 0;
    *Needed = sizeof(Basic);
    if (Length != sizeof(Basic))
        return STATUS_INFO_LENGTH_MISMATCH;
    PSECURITY_DESCRIPTOR *Security = ObpSecurity(ObpBody(Header));
    RtlZeroMemory(&Basic, sizeof(Basic));
    if (Header->Directory != NULL)
        ObQueryNameString(ObpBody(Header), NULL, 0, &NameSize);
    Basic.Attributes = Handle->HandleAttributes | (Header->Flags & OBP_FLAG_PERMANENT ? OBJ_PERMANENT : 0) |
                       (Header->Flags & OBP_FLAG_EXCLUSIVE ? OBJ_EXCLUSIVE : 0);
    Basic.GrantedAccess = Handle->GrantedAccess;
    Basic.HandleCount = (ULONG)Header->HandleCount;
    Basic.PointerCount = (ULONG)Header->PointerCount - 1; /* without the one this query holds */
    Basic.NameInfoSize = NameSize;
    Basic.TypeInfoSize = sizeof(OBJECT_TYPE_INFORMATION) + Header->Type->Name.MaximumLength;
    if (Security != NULL && *Security != NULL)
        Basic.SecurityDescriptorSize = RtlLengthSecurityDescriptor(*Security);
    if (Header->Type == ObpSymbolicLinkObjectType)
        Basic.CreationTime = ((POBP_SYMBOLIC_LINK)ObpBody(Header))->CreationTime;
    return ObpStore(Buffer, &Basic, sizeof(Basic), Mode);
}

/* The name is made in kernel memory; its pointer has to be the caller's. */
static NTSTATUS ObpQueryName(POBP_HEADER Header, PVOID Buffer, ULONG Length, PULONG Needed, KPROCESSOR_MODE Mode) {
    ULONG Capacity = sizeof(OBJECT_NAME_INFORMATION) + MAXUSHORT + 1;
    ULONG Size = Length < Capacity ? Length : Capacity;
    POBJECT_NAME_INFORMATION Copy = ExAllocatePoolWithTag(PagedPool, Size != 0 ? Size : 1, OBP_TAG);
    if (Copy == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS Status = ObQueryNameString(ObpBody(Header), Copy, Size, Needed);
    if (NT_SUCCESS(Status)) {
        if (Copy->Name.Buffer != NULL)
            Copy->Name.Buffer = (PWSTR)((ULONG_PTR)Buffer + (ULONG_PTR)((PUCHAR)Copy->Name.Buffer - (PUCHAR)Copy));
        Status = ObpStore(Buffer, Copy, *Needed, Mode);
    }
    ExFreePoolWithTag(Copy, OBP_TAG);
    return Status;
}

static NTSTATUS ObpQueryType(POBJECT_TYPE Type, PVOID Buffer, ULONG Length, PULONG Needed, KPROCESSOR_MODE Mode) {
    OBJECT_TYPE_INFORMATION Information;
    *Needed = sizeof(Information) + Type->Name.MaximumLength;
    if (Length < *Needed)
        return STATUS_INFO_LENGTH_MISMATCH;
    RtlZeroMemory(&Information, sizeof(Information));
    Information.TypeName = Type->Name;
    Information.TypeName.Buffer = (PWSTR)((ULONG_PTR)Buffer + sizeof(Information));
    Information.TotalNumberOfObjects = Type->Objects;
    Information.TotalNumberOfHandles = Type->Handles;
    Information.HighWaterNumberOfObjects = Type->PeakObjects;
    Information.HighWaterNumberOfHandles = Type->PeakHandles;
    Information.GenericMapping = Type->Info.GenericMapping;
    Information.ValidAccessMask = Type->Info.ValidAccess;
    Information.MaintainHandleCount = Type->Info.MaintainHandleCount;
    Information.TypeIndex = (UCHAR)Type->Index;
    Information.PoolType = Type->Info.PoolType;
    NTSTATUS Status = ObpStore(Buffer, &Information, sizeof(Information), Mode);
    if (NT_SUCCESS(Status))
        Status = ObpStore((PUCHAR)Buffer + sizeof(Information), Type->Name.Buffer, Type->Name.MaximumLength, Mode);
    return Status;
}

static NTSTATUS ObpQueryFlags(const OBJECT_HANDLE_INFORMATION *Handle, PVOID Buffer, ULONG Length, PULONG Needed, KPROCESSOR_MODE Mode) {
    OBJECT_HANDLE_FLAG_INFORMATION Flags = {(Handle->HandleAttributes & OBJ_INHERIT) != 0, (Handle->HandleAttributes & OBJ_PROTECT_CLOSE) != 0};
    *Needed = sizeof(Flags);
    if (Length != sizeof(Flags))
        return STATUS_INFO_LENGTH_MISMATCH;
    return ObpStore(Buffer, &Flags, sizeof(Flags), Mode);
}

NTSTATUS NTAPI NtQueryObject(HANDLE Handle, OBJECT_INFORMATION_CLASS Class, PVOID Information, ULONG Length, PULONG ReturnLength) {
    KPROCESSOR_MODE Mode = KiPreviousMode();
    OBJECT_HANDLE_INFORMATION HandleAnswer;
    PVOID Object;
    ULONG Needed = 0;
    NTSTATUS Status;
    if (Class != ObjectBasicInformation && Class != ObjectNameInformation && Class != ObjectTypeInformation && Class != ObjectHandleFlagInformation)
        return STATUS_INVALID_INFO_CLASS;
    Status = ObpProbeOutput(Information, Length, Class == ObjectHandleFlagInformation ? 1 : sizeof(ULONG), Mode);
    if (NT_SUCCESS(Status) && ReturnLength != NULL)
        Status = ObpProbeOutput(ReturnLength, sizeof(*ReturnLength), sizeof(ULONG), Mode);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObReferenceObjectByHandle(Handle, 0, NULL, Mode, &Object, &HandleAnswer);
    if (!NT_SUCCESS(Status))
        return Status;
    POBP_HEADER Header = ObpHeader(Object);
    switch ((ULONG)Class) {
    case ObjectBasicInformation: Status = ObpQueryBasic(Header, &HandleAnswer, Information, Length, &Needed, Mode); break;
    case ObjectNameInformation: Status = ObpQueryName(Header, Information, Length, &Needed, Mode); break;
    case ObjectTypeInformation: Status = ObpQueryType(Header->Type, Information, Length, &Needed, Mode); break;
    default: Status = ObpQueryFlags(&HandleAnswer, Information, Length, &Needed, Mode); break;
    }
    if (ReturnLength != NULL) {
        NTSTATUS Stored = ObpStore(ReturnLength, &Needed, sizeof(Needed), Mode);
        if (!NT_SUCCESS(Stored))
            Status = Stored;
    }
    ObfDereferenceObject(Object);
    return Status;
}

NTSTATUS NTAPI ObSetHandleAttributes(HANDLE Handle, POBJECT_HANDLE_FLAG_INFORMATION Flags, KPROCESSOR_MODE PreviousMode) {
    POB_HANDLE_TABLE Table;
    ULONG Index;
    POBP_HANDLE_ENTRY Entry = ObpFindHandle(Handle, PreviousMode, ObpCurrentProcess(), &Table, &Index);
    if (Entry == NULL)
        return STATUS_INVALID_HANDLE;
    Entry->Attributes = (Flags->Inherit ? OBJ_INHERIT : 0) | (Flags->ProtectFromClose ? OBJ_PROTECT_CLOSE : 0);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtSetInformationObject(HANDLE Handle, OBJECT_INFORMATION_CLASS Class, PVOID Information, ULONG Length) {
    KPROCESSOR_MODE Mode = KiPreviousMode();
    OBJECT_HANDLE_FLAG_INFORMATION Flags;
    if (Class != ObjectHandleFlagInformation)
        return STATUS_INVALID_INFO_CLASS;
    if (Length != sizeof(Flags))
        return STATUS_INFO_LENGTH_MISMATCH;
    if (Mode == KernelMode)
        Flags = *(POBJECT_HANDLE_FLAG_INFORMATION)Information;
    else if (!KiCopyFromUser(&Flags, Information, sizeof(Flags)))
        return STATUS_ACCESS_VIOLATION;
    return ObSetHandleAttributes(Handle, &Flags, Mode);
}

/* Nothing is audited ("Audit object access" is off): no close has anything to tell. */
NTSTATUS NTAPI ObQueryObjectAuditingByHandle(HANDLE Handle, PBOOLEAN GenerateOnClose) {
    POB_HANDLE_TABLE Table;
    ULONG Index;
    if (ObpFindHandle(Handle, KernelMode, ObpCurrentProcess(), &Table, &Index) == NULL)
        return STATUS_INVALID_HANDLE;
    *GenerateOnClose = FALSE;
    return STATUS_SUCCESS;
}

/* A handle of the process to the object, or any of that type; with these attributes and this access, if Information says so. */
BOOLEAN NTAPI ObFindHandleForObject(PEPROCESS Process, PVOID Object, POBJECT_TYPE ObjectType, POBJECT_HANDLE_INFORMATION Information,
                                    PHANDLE Handle) {
    POB_HANDLE_TABLE Table = Process->HandleTable;
    for (ULONG Index = 0; Table != NULL && Index < Table->Limit; Index++) {
        POBP_HANDLE_ENTRY Entry = ObpHandleEntry(Table, Index);
        POBP_HEADER Header = Entry != NULL ? Entry->Object : NULL;
        if (Header == NULL || (Object != NULL && ObpBody(Header) != Object) || (ObjectType != NULL && Header->Type != ObjectType) ||
            (Information != NULL && (Entry->Attributes != Information->HandleAttributes || Entry->Access != Information->GrantedAccess)))
            continue;
        *Handle = (HANDLE)((ULONG64)Index * 4 + (Table == ObpKernelTable ? OBP_KERNEL_HANDLE_BASE : 0));
        return TRUE;
    }
    return FALSE;
}
