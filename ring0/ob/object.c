/* Objects: their headers, references, and how they end. */
#include "ob/object.h"

/* BAD_OBJECT_HEADER is 0x189, P1 the header, P2 its type: "Bug Check 0x189" in the debugger's reference. REFERENCE_BY_POINTER, 0x18, has
   the type and the object in P1 and P2; P3 and P4 are reserved there: here 2 and the count, as crash dumps show them. */
#define OBP_REFERENCE_BY_POINTER 0x18u
#define OBP_BAD_OBJECT_HEADER    0x189u

static POBP_HEADER ObpDeleteList;
static WORK_QUEUE_ITEM ObpDeleteItem;
static BOOLEAN ObpDeleteQueued;

VOID ObpStopNoObject(POBP_HEADER Header) {
    if (Header->Magic == OBP_MAGIC_DELETED)
        KiBugCheck(OBP_REFERENCE_BY_POINTER, (ULONG_PTR)Header->Type, (ULONG_PTR)ObpBody(Header), 2, (ULONG_PTR)-1, NULL,
                   "the object has been deleted already");
    KiBugCheck(OBP_BAD_OBJECT_HEADER, (ULONG_PTR)Header, 0, 0, 0, NULL, "the pointer is not that of an object, or its header has been overwritten");
}

POBP_HEADER ObpAllocateObject(POBJECT_TYPE Type, ULONG BodySize) {
    SIZE_T Size = BodySize != 0 ? BodySize : Type->Info.BodySize;
    POBP_HEADER Header = ExAllocatePoolWithTag(Type->Info.PoolType, sizeof(*Header) + Size, OBP_TAG);
    if (Header == NULL)
        return NULL;
    RtlZeroMemory(Header, sizeof(*Header) + Size);
    Header->Type = Type;
    Header->TypeIndex = (UCHAR)Type->Index;
    Header->BodySize = (ULONG)Size;
    Header->Magic = OBP_MAGIC;
    Header->PointerCount = 1;
    KeQuerySystemTime(&Header->CreationTime);
    if (++Type->Objects > Type->PeakObjects)
        Type->PeakObjects = Type->Objects;
    return Header;
}

VOID ObpFreeCreateInfo(POBP_HEADER Header) {
    POBP_CREATE_INFO Info = Header->CreateInfo;
    if (Info == NULL)
        return;
    ObpReleaseCreateInfo(Info);
    ExFreePoolWithTag(Info, OBP_TAG);
    Header->CreateInfo = NULL;
    Header->Flags &= (UCHAR)~OBP_FLAG_NEW;
}

NTSTATUS ObCreateObject(KPROCESSOR_MODE ProbeMode, POBJECT_TYPE Type, POBJECT_ATTRIBUTES Attributes, KPROCESSOR_MODE OwnershipMode,
                        PVOID ParseContext, ULONG BodySize, ULONG PagedCharge, ULONG NonPagedCharge, PVOID *Object) {
    POBP_CREATE_INFO Info = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Info), OBP_TAG);
    if (Info == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Info, sizeof(*Info));
    NTSTATUS Status = ObpCaptureAttributes(Attributes, ProbeMode, Info);
    if (!NT_SUCCESS(Status)) {
        ExFreePoolWithTag(Info, OBP_TAG);
        return Status;
    }
    Info->ParseContext = ParseContext;

    POBP_HEADER Header = ObpAllocateObject(Type, BodySize);
    if (Header == NULL) {
        ObpReleaseCreateInfo(Info);
        ExFreePoolWithTag(Info, OBP_TAG);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Header->CreateInfo = Info;
    Header->SecurityDescriptor = Info->SecurityDescriptor;
    Info->SecurityDescriptor = NULL;
    Header->Flags = OBP_FLAG_NEW | (Info->Attributes & OBJ_PERMANENT ? OBP_FLAG_PERMANENT : 0) |
                    (Info->Attributes & OBJ_EXCLUSIVE ? OBP_FLAG_EXCLUSIVE : 0) | (OwnershipMode == KernelMode ? OBP_FLAG_KERNEL_ONLY : 0);
    *Object = ObpBody(Header);
    return STATUS_SUCCESS;
}

static VOID ObpDeleteObject(POBP_HEADER Header) {
    POBJECT_TYPE Type = Header->Type;
    NT_ASSERT_OURS(Header->Directory == NULL);
    ObpFreeCreateInfo(Header);
    if (Type->Info.Delete != NULL)
        Type->Info.Delete(ObpBody(Header));
    if (Header->SecurityDescriptor != NULL)
        ExFreePool(Header->SecurityDescriptor);
    Header->Magic = OBP_MAGIC_DELETED;
    Type->Objects--;
    ExFreePoolWithTag(Header, OBP_TAG);
}

static VOID NTAPI ObpDeleteWorker(PVOID Context) {
    while (ObpDeleteList != NULL) {
        POBP_HEADER Header = ObpDeleteList;
        ObpDeleteList = Header->NextToDelete;
        ObpDeleteObject(Header);
    }
    ObpDeleteQueued = FALSE;
}

/* Objects that lose their last reference where nothing can be deleted wait here for a worker, in the order in which they came. */
static VOID ObpDeferDelete(POBP_HEADER Header) {
    POBP_HEADER *Last = &ObpDeleteList;
    while (*Last != NULL)
        Last = &(*Last)->NextToDelete;
    Header->NextToDelete = NULL;
    *Last = Header;
    if (!ObpDeleteQueued) {
        ObpDeleteQueued = TRUE;
        ExInitializeWorkItem(&ObpDeleteItem, ObpDeleteWorker, NULL);
        ExQueueWorkItem(&ObpDeleteItem, CriticalWorkQueue);
    }
}

LONG_PTR FASTCALL ObfReferenceObject(PVOID Object) {
    POBP_HEADER Header = ObpHeader(Object);
    if (Header->PointerCount <= 0)
        KiBugCheck(OBP_REFERENCE_BY_POINTER, (ULONG_PTR)Header->Type, (ULONG_PTR)Object, 2, (ULONG_PTR)Header->PointerCount, NULL,
                   "an object that nobody has a reference to was referenced");
    return (LONG_PTR)++Header->PointerCount;
}

static LONG_PTR ObpDropLast(POBP_HEADER Header, LONG64 Count, BOOLEAN Defer) {
    if (Count < 0 || Header->HandleCount != 0 || Header->Directory != NULL)
        KiBugCheck(OBP_REFERENCE_BY_POINTER, (ULONG_PTR)Header->Type, (ULONG_PTR)ObpBody(Header), 2, (ULONG_PTR)Count, NULL,
                   Count < 0                  ? "the object was dereferenced more often than referenced"
                   : Header->HandleCount != 0 ? "the last reference to an object that has open handles was taken away"
                                              : "the last reference to an object that still has its name was taken away");
    Header->PointerCount = Count;
    if (Defer || KiCurrentIrql() > PASSIVE_LEVEL)
        ObpDeferDelete(Header);
    else
        ObpDeleteObject(Header);
    return (LONG_PTR)Count;
}

static inline LONG_PTR ObpDereference(PVOID Object, BOOLEAN Defer) {
    POBP_HEADER Header = ObpHeader(Object);
    LONG64 Count = Header->PointerCount - 1;
    if (Count <= 0)
        return ObpDropLast(Header, Count, Defer);
    Header->PointerCount = Count;
    return (LONG_PTR)Count;
}

LONG_PTR FASTCALL ObfDereferenceObject(PVOID Object) { return ObpDereference(Object, FALSE); }

LONG_PTR FASTCALL ObfReferenceObjectWithTag(PVOID Object, ULONG Tag) { return ObfReferenceObject(Object); }

LONG_PTR FASTCALL ObfDereferenceObjectWithTag(PVOID Object, ULONG Tag) { return ObpDereference(Object, FALSE); }

VOID NTAPI ObDereferenceObjectDeferDelete(PVOID Object) { ObpDereference(Object, TRUE); }

VOID NTAPI ObDereferenceObjectDeferDeleteWithTag(PVOID Object, ULONG Tag) { ObpDereference(Object, TRUE); }

NTSTATUS NTAPI ObReferenceObjectByPointer(PVOID Object, ACCESS_MASK DesiredAccess, POBJECT_TYPE Type, KPROCESSOR_MODE Mode) {
    POBP_HEADER Header = ObpHeader(Object);
    if (Header->Type != Type && (Mode != KernelMode || Type == ObpSymbolicLinkObjectType))
        return STATUS_OBJECT_TYPE_MISMATCH;
    ObfReferenceObject(Object);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI ObReferenceObjectByPointerWithTag(PVOID Object, ACCESS_MASK DesiredAccess, POBJECT_TYPE Type, KPROCESSOR_MODE Mode, ULONG Tag) {
    return ObReferenceObjectByPointer(Object, DesiredAccess, Type, Mode);
}

VOID ObpDeleteNameCheck(POBP_HEADER Header) {
    if (Header->HandleCount == 0 && Header->Directory != NULL && !(Header->Flags & OBP_FLAG_PERMANENT))
        ObpRemoveEntry(Header);
}

VOID NTAPI ObMakeTemporaryObject(PVOID Object) {
    POBP_HEADER Header = ObpHeader(Object);
    Header->Flags &= (UCHAR)~OBP_FLAG_PERMANENT;
    ObpDeleteNameCheck(Header);
}

POBJECT_TYPE NTAPI ObGetObjectType(PVOID Object) { return ObpHeader(Object)->Type; }

PCUNICODE_STRING ObpObjectName(PVOID Object) {
    POBP_HEADER Header = ObpHeader(Object);
    return Header->Name.Buffer != NULL ? &Header->Name : NULL;
}

POBJECT_TYPE ObpObjectType(PVOID Object) { return ObpHeader(Object)->Type; }

PCUNICODE_STRING ObpTypeName(POBJECT_TYPE Type) { return &Type->Name; }

PVOID ObpWaitObject(PVOID Object) {
    POBJECT_TYPE Type = ObpHeader(Object)->Type;
    if (Type->Info.DispatcherOffset == ~0u)
        return NULL;
    PUCHAR Field = (PUCHAR)Object + Type->Info.DispatcherOffset;
    return Type->Info.DispatcherIsPointer ? *(PVOID *)Field : Field;
}
