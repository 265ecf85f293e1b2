/* Scatter/gather lists: a list, the map registers behind it and what it stands for are one set, which PutScatterGatherList ends. */
#include "hal/dmap.h"
#include "ke/ke.h"

/* Room for a list, and behind it for its set: "plus internal data that the operating system stores in this buffer". */
static ULONG HalpListRoom(ULONG Pages) { return ALIGN_UP_BY(HALP_LIST_SIZE(max(Pages, 1)), _Alignof(HALP_SET)) + (ULONG)sizeof(HALP_SET); }

/* There is an element for each page at most. */
VOID HalpFillList(PHALP_SET Set) {
    PSCATTER_GATHER_LIST List = Set->List;
    ULONGLONG Offset = Set->Offset;
    PMDL Mdl = HalpFindMdl(Set->Mdl, &Offset);

    List->NumberOfElements = 0;
    List->Reserved = (ULONG_PTR)Set;
    for (ULONG Left = Set->Length; Left != 0;) {
        PSCATTER_GATHER_ELEMENT Element = &List->Elements[List->NumberOfElements++];

        *Element = (SCATTER_GATHER_ELEMENT){.Length = Left};
        Element->Address = HalpMapPiece(Set, Mdl, (ULONG)Offset, &Element->Length, Set->WriteToDevice);
        Left -= Element->Length;
        Offset += Element->Length;
        if (Offset == Mdl->ByteCount) {
            Mdl = Mdl->Next;
            Offset = 0;
        }
    }
}

/* ---- How large ---- */
static NTSTATUS HalpMeasure(PHALP_ADAPTER Adapter, PMDL Mdl, ULONGLONG Offset, ULONG Length, PULONG Pages) {
    NTSTATUS Status = HalpCountPages(Mdl, Offset, Length, Pages);

    return NT_SUCCESS(Status) && *Pages > Adapter->Registers ? STATUS_INSUFFICIENT_RESOURCES : Status;
}

static ULONGLONG HalpOffset(PMDL Mdl, PVOID CurrentVa) { return (ULONG_PTR)CurrentVa - (ULONG_PTR)MmGetMdlVirtualAddress(Mdl); }

NTSTATUS NTAPI HalpCalculateListSize(PDMA_ADAPTER DmaAdapter, PMDL Mdl, PVOID CurrentVa, ULONG Length, PULONG ScatterGatherListSize,
                                     PULONG NumberOfMapRegisters) {
    ULONG Pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(CurrentVa, Length);
    NTSTATUS Status = Mdl != NULL ? HalpMeasure(HalpAdapter(DmaAdapter), Mdl, HalpOffset(Mdl, CurrentVa), Length, &Pages)
                      : Pages > HalpAdapter(DmaAdapter)->Registers ? STATUS_INSUFFICIENT_RESOURCES
                                                                   : STATUS_SUCCESS;

    if (!NT_SUCCESS(Status))
        return Status;
    *ScatterGatherListSize = HalpListRoom(Pages);
    if (NumberOfMapRegisters != NULL)
        *NumberOfMapRegisters = Pages;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI HalpGetTransferInfo(PDMA_ADAPTER DmaAdapter, PMDL Mdl, ULONGLONG Offset, ULONG Length, BOOLEAN WriteOnly,
                                   PDMA_TRANSFER_INFO TransferInfo) {
    ULONG Pages;
    NTSTATUS Status;

    HalpCheckIrql(FALSE);
    if (TransferInfo->Version != DMA_TRANSFER_INFO_VERSION1 && TransferInfo->Version != DMA_TRANSFER_INFO_VERSION2)
        return STATUS_NOT_SUPPORTED;
    Status = HalpCountPages(Mdl, Offset, Length, &Pages);
    if (!NT_SUCCESS(Status))
        return Status;
    TransferInfo->MapRegisterCount = TransferInfo->ScatterGatherElementCount = Pages;
    TransferInfo->ScatterGatherListSize = HalpListRoom(Pages);
    if (TransferInfo->Version == DMA_TRANSFER_INFO_VERSION2)
        TransferInfo->LogicalPageCount = Pages;
    return STATUS_SUCCESS;
}

/* ---- Getting one ---- */
/* Request says all but where the list is and how many registers it needs. Room 0: both are to be found in pool. */
static NTSTATUS HalpGetList(const HALP_SET *Request, PVOID Buffer, ULONG Room, BOOLEAN AtOnce, PSCATTER_GATHER_LIST *Result) {
    PHALP_SET Set;
    ULONG Pages;
    NTSTATUS Status = HalpMeasure(Request->Adapter, Request->Mdl, Request->Offset, Request->Length, &Pages);
    PVOID Block = NULL;

    if (!NT_SUCCESS(Status))
        return Status;
    if (Buffer != NULL && Room < HalpListRoom(Pages))
        return STATUS_BUFFER_TOO_SMALL;
    if (Buffer == NULL && (Buffer = Block = ExAllocatePoolWithTag(NonPagedPoolNx, HalpListRoom(Pages), TAG_SET)) == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Set = (PHALP_SET)((PUCHAR)Buffer + HalpListRoom(Pages) - sizeof(HALP_SET));
    *Set = *Request;
    Set->Count = Pages;
    Set->List = Buffer;
    Set->Block = Block;
    Set->Irp = Set->Device->CurrentIrp;
    if (Result != NULL)
        *Result = Buffer;
    Status = HalpRequestSet(Set, AtOnce);
    if (!NT_SUCCESS(Status) && Block != NULL)
        ExFreePoolWithTag(Block, TAG_SET);
    return Status;
}

static HALP_SET HalpListRequest(PDMA_ADAPTER DmaAdapter, PDEVICE_OBJECT Device, PMDL Mdl, ULONGLONG Offset, ULONG Length,
                                PDRIVER_LIST_CONTROL Routine, PVOID Context, BOOLEAN WriteToDevice) {
    return (HALP_SET){.Adapter = HalpAdapter(DmaAdapter),
                      .Device = Device,
                      .ListRoutine = Routine,
                      .RoutineContext = Context,
                      .Mdl = Mdl,
                      .Offset = (ULONG)Offset,
                      .Length = Length,
                      .WriteToDevice = WriteToDevice};
}

NTSTATUS NTAPI HalpGetScatterGatherList(PDMA_ADAPTER DmaAdapter, PDEVICE_OBJECT DeviceObject, PMDL Mdl, PVOID CurrentVa, ULONG Length,
                                        PDRIVER_LIST_CONTROL ExecutionRoutine, PVOID Context, BOOLEAN WriteToDevice) {
    HALP_SET Request = HalpListRequest(DmaAdapter, DeviceObject, Mdl, HalpOffset(Mdl, CurrentVa), Length, ExecutionRoutine, Context, WriteToDevice);

    HalpCheckIrql(TRUE);
    return HalpGetList(&Request, NULL, 0, FALSE, NULL);
}

NTSTATUS NTAPI HalpBuildScatterGatherList(PDMA_ADAPTER DmaAdapter, PDEVICE_OBJECT DeviceObject, PMDL Mdl, PVOID CurrentVa, ULONG Length,
                                          PDRIVER_LIST_CONTROL ExecutionRoutine, PVOID Context, BOOLEAN WriteToDevice, PVOID ScatterGatherBuffer,
                                          ULONG ScatterGatherLength) {
    HALP_SET Request = HalpListRequest(DmaAdapter, DeviceObject, Mdl, HalpOffset(Mdl, CurrentVa), Length, ExecutionRoutine, Context, WriteToDevice);

    HalpCheckIrql(TRUE);
    if (ScatterGatherBuffer == NULL)
        return STATUS_INVALID_PARAMETER;
    return HalpGetList(&Request, ScatterGatherBuffer, ScatterGatherLength, FALSE, NULL);
}

/* "The call fails if the flag is set and ScatterGatherList and ExecutionRoutine are both NULL, or if it is not set and ExecutionRoutine is NULL." */
static NTSTATUS HalpGetListEx(PHALP_SET Request, PHALP_TRANSFER_CONTEXT Context, ULONG Flags, PVOID Buffer, ULONG Room,
                              PSCATTER_GATHER_LIST *Result) {
    BOOLEAN AtOnce = (Flags & DMA_SYNCHRONOUS_CALLBACK) != 0;

    if (Context == NULL || (Flags & ~DMA_SYNCHRONOUS_CALLBACK) != 0 || (Request->ListRoutine == NULL && (!AtOnce || Result == NULL)) ||
        Request->Length == 0)
        return STATUS_INVALID_PARAMETER;
    Request->Context = Context;
    return HalpGetList(Request, Buffer, Room, AtOnce, Result);
}

NTSTATUS NTAPI HalpGetScatterGatherListEx(PDMA_ADAPTER DmaAdapter, PDEVICE_OBJECT DeviceObject, PVOID DmaTransferContext, PMDL Mdl, ULONGLONG Offset,
                                          ULONG Length, ULONG Flags, PDRIVER_LIST_CONTROL ExecutionRoutine, PVOID Context, BOOLEAN WriteToDevice,
                                          PDMA_COMPLETION_ROUTINE DmaCompletionRoutine, PVOID CompletionContext,
                                          PSCATTER_GATHER_LIST *ScatterGatherList) {
    HALP_SET Request = HalpListRequest(DmaAdapter, DeviceObject, Mdl, Offset, Length, ExecutionRoutine, Context, WriteToDevice);

    HalpCheckIrql(FALSE);
    return HalpGetListEx(&Request, DmaTransferContext, Flags, NULL, 0, ScatterGatherList);
}

NTSTATUS NTAPI HalpBuildScatterGatherListEx(PDMA_ADAPTER DmaAdapter, PDEVICE_OBJECT DeviceObject, PVOID DmaTransferContext, PMDL Mdl,
                                            ULONGLONG Offset, ULONG Length, ULONG Flags, PDRIVER_LIST_CONTROL ExecutionRoutine, PVOID Context,
                                            BOOLEAN WriteToDevice, PVOID ScatterGatherBuffer, ULONG ScatterGatherLength,
                                            PDMA_COMPLETION_ROUTINE DmaCompletionRoutine, PVOID CompletionContext, PVOID ScatterGatherList) {
    HALP_SET Request = HalpListRequest(DmaAdapter, DeviceObject, Mdl, Offset, Length, ExecutionRoutine, Context, WriteToDevice);

    HalpCheckIrql(TRUE);
    if (ScatterGatherBuffer == NULL)
        return STATUS_INVALID_PARAMETER;
    return HalpGetListEx(&Request, DmaTransferContext, Flags, ScatterGatherBuffer, ScatterGatherLength, ScatterGatherList);
}

/* ---- Putting it back ---- */
VOID NTAPI HalpPutScatterGatherList(PDMA_ADAPTER DmaAdapter, PSCATTER_GATHER_LIST ScatterGather, BOOLEAN WriteToDevice) {
    PHALP_ADAPTER Adapter = HalpAdapter(DmaAdapter);
    PHALP_SET Set = (PHALP_SET)ScatterGather->Reserved;

    HalpCheckIrql(TRUE);
    if (Adapter->Lists == 0 || Set == NULL || Set->List != ScatterGather)
        HalpRefuse(HALP_MANY_LISTS, (ULONG_PTR)Adapter->Lists, (ULONG_PTR)Adapter->Lists + 1, 0,
                   "a scatter/gather list is put back that the driver does not have: each is put back once");
    HalpFlush(Set, Set->Mdl, Set->Offset, Set->Length, WriteToDevice);
    ScatterGather->Reserved = 0;
    Adapter->Lists--;
    if (Adapter->Kept == Set)
        Adapter->Kept = NULL;
    HalpFreeSet(Set);
    HalpServe(Adapter);
}

/* "The value returned can be the same as OriginalMdl": the pages are those of the list as long as nothing had to be copied. */
NTSTATUS NTAPI HalpBuildMdl(PDMA_ADAPTER DmaAdapter, PSCATTER_GATHER_LIST ScatterGather, PMDL OriginalMdl, PMDL *TargetMdl) {
    *TargetMdl = OriginalMdl;
    if (OriginalMdl == NULL)
        return STATUS_INVALID_PARAMETER;
    return ((PHALP_SET)ScatterGather->Reserved)->Used == 0 ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}
