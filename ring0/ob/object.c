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
    SIZE_T size = BodySize != 0 ? BodySize : Type->Info.BodySize;
    POBP_HEADER header = ExAllocatePoolWithTag(Type->Info.PoolType, sizeof(*header) + size, OBP_TAG);
    if (header == NULL)
        return NULL;
    RtlZeroMemory(header, sizeof(*header) + size);
    header->Type = Type;
    header->TypeIndex = (UCHAR)Type->Index;
    header->BodySize = (ULONG)size;
    header->Magic = OBP_MAGIC;
    header->PointerCount = 1;
    KeQuerySystemTime(&header->CreationTime);
    if (++Type->Objects > Type->PeakObjects)
        Type->PeakObjects = Type->Objects;
    return header;
}

VOID ObpFreeCreateInfo(POBP_HEADER Header) {
    POBP_CREATE_INFO info = Header->CreateInfo;
    if (info == NULL)
        return;
    ObpReleaseCreateInfo(info);
    ExFreePoolWithTag(info, OBP_TAG);
    Header->CreateInfo = NULL;
    Header->Flags &= (UCHAR)~OBP_FLAG_NEW;
}

NTSTATUS ObCreateObject(KPROCESSOR_MODE ProbeMode, POBJECT_TYPE Type, POBJECT_ATTRIBUTES Attributes, KPROCESSOR_MODE OwnershipMode,
                        PVOID ParseContext, ULONG BodySize, ULONG PagedCharge, ULONG NonPagedCharge, PVOID *Object) {
    POBP_CREATE_INFO info = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*info), OBP_TAG);
    if (info == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(info, sizeof(*info));
    NTSTATUS status = ObpCaptureAttributes(Attributes, ProbeMode, info);
    if (!NT_SUCCESS(status)) {
        ExFreePoolWithTag(info, OBP_TAG);
        return status;
    }
    info->ParseContext = ParseContext;

    POBP_HEADER header = ObpAllocateObject(Type, BodySize);
    if (header == NULL) {
        ObpReleaseCreateInfo(info);
        ExFreePoolWithTag(info, OBP_TAG);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    header->CreateInfo = info;
    header->SecurityDescriptor = info->SecurityDescriptor;
    info->SecurityDescriptor = NULL;
    header->Flags = OBP_FLAG_NEW | (info->Attributes & OBJ_PERMANENT ? OBP_FLAG_PERMANENT : 0) |
                    (info->Attributes & OBJ_EXCLUSIVE ? OBP_FLAG_EXCLUSIVE : 0) | (OwnershipMode == KernelMode ? OBP_FLAG_KERNEL_ONLY : 0);
    *Object = ObpBody(header);
    return STATUS_SUCCESS;
}

static VOID ObpDeleteObject(POBP_HEADER Header) {
    POBJECT_TYPE type = Header->Type;
    NT_ASSERT_OURS(Header->Directory == NULL);
    ObpFreeCreateInfo(Header);
    if (type->Info.Delete != NULL)
        type->Info.Delete(ObpBody(Header));
    if (Header->SecurityDescriptor != NULL)
        ExFreePool(Header->SecurityDescriptor);
    Header->Magic = OBP_MAGIC_DELETED;
    type->Objects--;
    ExFreePoolWithTag(Header, OBP_TAG);
}

static VOID NTAPI ObpDeleteWorker(PVOID Context) {
    while (ObpDeleteList != NULL) {
        POBP_HEADER header = ObpDeleteList;
        ObpDeleteList = header->NextToDelete;
        ObpDeleteObject(header);
    }
    ObpDeleteQueued = FALSE;
}

/* Objects that lose their last reference where nothing can be deleted wait here for a worker, in the order in which they came. */
static VOID ObpDeferDelete(POBP_HEADER Header) {
    POBP_HEADER *last = &ObpDeleteList;
    while (*last != NULL)
        last = &(*last)->NextToDelete;
    Header->NextToDelete = NULL;
    *last = Header;
    if (!ObpDeleteQueued) {
        ObpDeleteQueued = TRUE;
        ExInitializeWorkItem(&ObpDeleteItem, ObpDeleteWorker, NULL);
        ExQueueWorkItem(&ObpDeleteItem, CriticalWorkQueue);
    }
}

LONG_PTR FASTCALL ObfReferenceObject(PVOID Object) {
    POBP_HEADER header = ObpHeader(Object);
    if (header->PointerCount <= 0)
        KiBugCheck(OBP_REFERENCE_BY_POINTER, (ULONG_PTR)header->Type, (ULONG_PTR)Object, 2, (ULONG_PTR)header->PointerCount, NULL,
                   "an object that nobody has a reference to was referenced");
    return (LONG_PTR)++header->PointerCount;
}

static LONG_PTR ObpDereference(PVOID Object, BOOLEAN Defer) {
    POBP_HEADER header = ObpHeader(Object);
    LONG64 count = header->PointerCount - 1;
    if (count < 0 || (count == 0 && header->HandleCount != 0) || (count == 0 && header->Directory != NULL))
        KiBugCheck(OBP_REFERENCE_BY_POINTER, (ULONG_PTR)header->Type, (ULONG_PTR)Object, 2, (ULONG_PTR)count, NULL,
                   count < 0                  ? "the object was dereferenced more often than referenced"
                   : header->HandleCount != 0 ? "the last reference to an object that has open handles was taken away"
                                              : "the last reference to an object that still has its name was taken away");
    header->PointerCount = count;
    if (count == 0) {
        if (Defer || KiCurrentIrql() > PASSIVE_LEVEL)
            ObpDeferDelete(header);
        else
            ObpDeleteObject(header);
    }
    return (LONG_PTR)count;
}

LONG_PTR FASTCALL ObfDereferenceObject(PVOID Object) { return ObpDereference(Object, FALSE); }

LONG_PTR FASTCALL ObfReferenceObjectWithTag(PVOID Object, ULONG Tag) { return ObfReferenceObject(Object); }

LONG_PTR FASTCALL ObfDereferenceObjectWithTag(PVOID Object, ULONG Tag) { return ObpDereference(Object, FALSE); }

VOID NTAPI ObDereferenceObjectDeferDelete(PVOID Object) { ObpDereference(Object, TRUE); }

VOID NTAPI ObDereferenceObjectDeferDeleteWithTag(PVOID Object, ULONG Tag) { ObpDereference(Object, TRUE); }

NTSTATUS NTAPI ObReferenceObjectByPointer(PVOID Object, ACCESS_MASK DesiredAccess, POBJECT_TYPE Type, KPROCESSOR_MODE Mode) {
    POBP_HEADER header = ObpHeader(Object);
    if (header->Type != Type && (Mode != KernelMode || Type == ObpSymbolicLinkObjectType))
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
    POBP_HEADER header = ObpHeader(Object);
    header->Flags &= (UCHAR)~OBP_FLAG_PERMANENT;
    ObpDeleteNameCheck(header);
}

POBJECT_TYPE NTAPI ObGetObjectType(PVOID Object) { return ObpHeader(Object)->Type; }

PCUNICODE_STRING ObpObjectName(PVOID Object) {
    POBP_HEADER header = ObpHeader(Object);
    return header->Name.Buffer != NULL ? &header->Name : NULL;
}

POBJECT_TYPE ObpObjectType(PVOID Object) { return ObpHeader(Object)->Type; }

PCUNICODE_STRING ObpTypeName(POBJECT_TYPE Type) { return &Type->Name; }

PVOID ObpWaitObject(PVOID Object) {
    POBJECT_TYPE type = ObpHeader(Object)->Type;
    if (type->Info.DispatcherOffset == ~0u)
        return NULL;
    PUCHAR field = (PUCHAR)Object + type->Info.DispatcherOffset;
    return type->Info.DispatcherIsPointer ? *(PVOID *)field : field;
}
