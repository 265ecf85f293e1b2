/* Who has map registers, and who waits for them. */
#include "hal/dmap.h"
#include "ke/ke.h"
#include "vf/vf.h"

static ULONG64 HalpRegisterBits(PHALP_SET Set) { return (Set->Count < 64 ? (1ull << Set->Count) - 1 : ~0ull) << Set->First; }

/* Consecutive ones, so that what is copied is one piece. FALSE: there are not enough. */
static BOOLEAN HalpTakeRegisters(PHALP_SET Set) {
    PHALP_ADAPTER Adapter = Set->Adapter;

    if (Adapter->Memory == NULL || Set->Count == 0)
        return TRUE;
    for (Set->First = 0; Set->First + Set->Count <= Adapter->Registers; Set->First++) {
        if ((Adapter->Taken & HalpRegisterBits(Set)) != 0)
            continue;
        Adapter->Taken |= HalpRegisterBits(Set);
        RtlZeroMemory(&Adapter->Map[Set->First], Set->Count * sizeof(Adapter->Map[0]));
        return TRUE;
    }
    return FALSE;
}

VOID HalpFreeSet(PHALP_SET Set) {
    RemoveEntryList(&Set->Link);
    if (Set->Adapter->Memory != NULL && Set->Count != 0)
        Set->Adapter->Taken &= ~HalpRegisterBits(Set);
    if (Set->Block != NULL)
        ExFreePoolWithTag(Set->Block, TAG_SET);
}

static VOID HalpCheckFlushed(PHALP_SET Set) {
    if (Set->MappedBytes != 0)
        HalpRefuse(HALP_STILL_MAPPED, BYTES_TO_PAGES(Set->MappedBytes), 0, 0,
                   "map registers are given back while a transfer is mapped: FlushAdapterBuffers comes first, or what the device wrote may be lost");
}

static VOID HalpCallControl(PHALP_SET Set) {
    PHALP_ADAPTER Adapter = Set->Adapter;

    InsertTailList(&Adapter->Held, &Set->Link);
    switch (Set->Routine(Set->Device, Set->Irp, Set, Set->RoutineContext)) {
    case KeepObject: Adapter->Kept = Set; return;
    case DeallocateObject:
        HalpCheckFlushed(Set);
        HalpFreeSet(Set);
        break;
    default: break; /* DeallocateObjectKeepRegisters */
    }
    Adapter->Busy = FALSE;
}

/* A set that has its registers. A list may be put back, and be gone, before the routine returns. DISPATCH_LEVEL. */
static VOID HalpRunSet(PHALP_SET Set) {
    PHALP_ADAPTER Adapter = Set->Adapter;

    Adapter->Busy = TRUE;
    if (Set->Context != NULL)
        Set->Context->Waits = NULL;
    if (Set->Routine != NULL) {
        HalpCallControl(Set);
        return;
    }
    if (Set->List != NULL) {
        InitializeListHead(&Set->Link);
        Adapter->Lists++;
        HalpFillList(Set);
    } else {
        InsertTailList(&Adapter->Held, &Set->Link);
    }
    if (Set->ListRoutine == NULL) { /* until FreeAdapterObject */
        Adapter->Kept = Set;
        return;
    }
    Set->ListRoutine(Set->Device, Set->Irp, Set->List, Set->RoutineContext);
    Adapter->Busy = FALSE;
}

VOID HalpServe(PHALP_ADAPTER Adapter) {
    KIRQL Old;

    if (Adapter->Busy || IsListEmpty(&Adapter->Waiting))
        return;
    Old = KfRaiseIrql(DISPATCH_LEVEL);
    while (!Adapter->Busy && !IsListEmpty(&Adapter->Waiting)) {
        PHALP_SET Set = CONTAINING_RECORD(Adapter->Waiting.Flink, HALP_SET, Link);

        if (!HalpTakeRegisters(Set))
            break;
        RemoveEntryList(&Set->Link);
        HalpRunSet(Set);
    }
    KeLowerIrql(Old);
}

NTSTATUS HalpRequestSet(PHALP_SET Set, BOOLEAN AtOnce) {
    PHALP_ADAPTER Adapter = Set->Adapter;

    if (Set->Context != NULL && Set->Context->Cancelled)
        return STATUS_CANCELLED;
    if (AtOnce && (Adapter->Busy || !IsListEmpty(&Adapter->Waiting) || !HalpTakeRegisters(Set)))
        return STATUS_INSUFFICIENT_RESOURCES;
    if (AtOnce) {
        KIRQL Old = KfRaiseIrql(DISPATCH_LEVEL);

        HalpRunSet(Set);
        HalpServe(Adapter);
        KeLowerIrql(Old);
        return STATUS_SUCCESS;
    }
    InsertTailList(&Adapter->Waiting, &Set->Link);
    if (Set->Context != NULL)
        Set->Context->Waits = Set;
    HalpServe(Adapter);
    return STATUS_SUCCESS;
}

/* ---- For drivers ---- */
/* "NumberOfMapRegisters is larger than the value returned by IoGetDmaAdapter": STATUS_INSUFFICIENT_RESOURCES. */
static NTSTATUS HalpAskForChannel(PDMA_ADAPTER DmaAdapter, PDEVICE_OBJECT DeviceObject, PHALP_TRANSFER_CONTEXT TransferContext, ULONG Count,
                                  BOOLEAN AtOnce, PDRIVER_CONTROL Routine, PVOID Context, PVOID *MapRegisterBase) {
    PHALP_SET Set = Count <= HalpAdapter(DmaAdapter)->Registers ? ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Set), TAG_SET) : NULL;
    NTSTATUS Status;

    if (Set == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    *Set = (HALP_SET){.Adapter = HalpAdapter(DmaAdapter),
                      .Count = Count,
                      .Device = DeviceObject,
                      .Irp = DeviceObject->CurrentIrp,
                      .Routine = Routine,
                      .RoutineContext = Context,
                      .Context = TransferContext,
                      .Block = Set};
    if (MapRegisterBase != NULL)
        *MapRegisterBase = Set;
    Status = HalpRequestSet(Set, AtOnce);
    if (!NT_SUCCESS(Status))
        ExFreePoolWithTag(Set, TAG_SET);
    return Status;
}

NTSTATUS NTAPI HalpAllocateAdapterChannel(PDMA_ADAPTER DmaAdapter, PDEVICE_OBJECT DeviceObject, ULONG NumberOfMapRegisters,
                                          PDRIVER_CONTROL ExecutionRoutine, PVOID Context) {
    HalpCheckIrql(TRUE);
    return HalpAskForChannel(DmaAdapter, DeviceObject, NULL, NumberOfMapRegisters, FALSE, ExecutionRoutine, Context, NULL);
}

VOID NTAPI HalpFreeAdapterChannel(PDMA_ADAPTER DmaAdapter) {
    HalpCheckIrql(TRUE);
    if (HalpAdapter(DmaAdapter)->Kept == NULL)
        HalpRefuse(HALP_MANY_CHANNELS, 1, 0, 0, "an adapter channel is freed that nobody has: only a routine that returns KeepObject keeps it");
    HalpFreeAdapterObject(DmaAdapter, DeallocateObject);
}

static BOOLEAN HalpIsHeld(PHALP_ADAPTER Adapter, PVOID MapRegisterBase) {
    for (PLIST_ENTRY Link = Adapter->Held.Flink; Link != &Adapter->Held; Link = Link->Flink) {
        if (CONTAINING_RECORD(Link, HALP_SET, Link) == MapRegisterBase)
            return TRUE;
    }
    return FALSE;
}

VOID NTAPI HalpFreeMapRegisters(PDMA_ADAPTER DmaAdapter, PVOID MapRegisterBase, ULONG NumberOfMapRegisters) {
    PHALP_SET Set = MapRegisterBase;

    HalpCheckIrql(TRUE);
    if (VfIsOn() && (!HalpIsHeld(HalpAdapter(DmaAdapter), Set) || Set->Count != NumberOfMapRegisters))
        HalpRefuse(
            HALP_MANY_REGISTERS, NumberOfMapRegisters, 0, 0,
            "map registers are freed that were not allocated so: MapRegisterBase and the number are those of the AdapterControl routine's, once");
    HalpCheckFlushed(Set);
    if (HalpAdapter(DmaAdapter)->Kept == Set)
        HalpAdapter(DmaAdapter)->Kept = NULL;
    HalpFreeSet(Set);
    HalpServe(HalpAdapter(DmaAdapter));
}

/* ---- Version 3 ---- */
NTSTATUS NTAPI HalpInitializeTransferContext(PDMA_ADAPTER DmaAdapter, PVOID DmaTransferContext) {
    if (DmaTransferContext == NULL)
        return STATUS_INVALID_PARAMETER;
    *(PHALP_TRANSFER_CONTEXT)DmaTransferContext = (struct _HALP_TRANSFER_CONTEXT){.Version = 1};
    return STATUS_SUCCESS;
}

/* The page says twice how the last two parameters depend on each other: what fails is what it says "the call fails" of. */
NTSTATUS NTAPI HalpAllocateAdapterChannelEx(PDMA_ADAPTER DmaAdapter, PDEVICE_OBJECT DeviceObject, PVOID DmaTransferContext,
                                            ULONG NumberOfMapRegisters, ULONG Flags, PDRIVER_CONTROL ExecutionRoutine, PVOID ExecutionContext,
                                            PVOID *MapRegisterBase) {
    BOOLEAN AtOnce = (Flags & DMA_SYNCHRONOUS_CALLBACK) != 0;

    HalpCheckIrql(TRUE);
    if (DmaTransferContext == NULL || (Flags & ~DMA_SYNCHRONOUS_CALLBACK) != 0 || (MapRegisterBase != NULL && !AtOnce) ||
        (MapRegisterBase == NULL && ExecutionRoutine == NULL))
        return STATUS_INVALID_PARAMETER;
    return HalpAskForChannel(DmaAdapter, DeviceObject, DmaTransferContext, NumberOfMapRegisters, AtOnce, ExecutionRoutine, ExecutionContext,
                             MapRegisterBase);
}

/* One that has not been used yet is cancelled for the request to come ("CancelAdapterChannel can preemptively cancel"). */
BOOLEAN NTAPI HalpCancelAdapterChannel(PDMA_ADAPTER DmaAdapter, PDEVICE_OBJECT DeviceObject, PVOID DmaTransferContext) {
    PHALP_TRANSFER_CONTEXT Context = DmaTransferContext;

    HalpCheckIrql(FALSE);
    if (Context->Version != 1)
        return FALSE;
    Context->Cancelled = TRUE;
    if (Context->Waits == NULL)
        return TRUE;
    /* Its registers have not been taken: it is only taken off the queue. */
    RemoveEntryList(&Context->Waits->Link);
    if (Context->Waits->Block != NULL)
        ExFreePoolWithTag(Context->Waits->Block, TAG_SET);
    Context->Waits = NULL;
    HalpServe(HalpAdapter(DmaAdapter)); /* what was behind it may need less */
    return TRUE;
}

VOID NTAPI HalpFreeAdapterObject(PDMA_ADAPTER DmaAdapter, IO_ALLOCATION_ACTION AllocationAction) {
    PHALP_SET Kept = HalpAdapter(DmaAdapter)->Kept;

    HalpCheckIrql(FALSE);
    if (AllocationAction == KeepObject || !HalpAdapter(DmaAdapter)->Busy)
        return;
    if (Kept != NULL && Kept->List == NULL && AllocationAction == DeallocateObject) { /* a list is PutScatterGatherList's */
        HalpCheckFlushed(Kept);
        HalpFreeSet(Kept);
    }
    HalpAdapter(DmaAdapter)->Busy = FALSE;
    HalpAdapter(DmaAdapter)->Kept = NULL;
    HalpServe(HalpAdapter(DmaAdapter));
}
