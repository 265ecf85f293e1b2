/* What is mapped for a device: pages as they lie in memory, or copies of them in map registers. */
#include "hal/dmap.h"
#include "ke/ke.h"
#include "vf/vf.h"

/* ---- MDLs ---- */
PMDL HalpFindMdl(PMDL Mdl, ULONGLONG *Offset) {
    for (; Mdl != NULL && *Offset >= Mdl->ByteCount; Mdl = Mdl->Next)
        *Offset -= Mdl->ByteCount;
    return Mdl;
}

NTSTATUS HalpCountPages(PMDL Mdl, ULONGLONG Offset, ULONG Length, PULONG Count) {
    *Count = 0;
    Mdl = HalpFindMdl(Mdl, &Offset);
    for (; Length != 0; Mdl = Mdl->Next, Offset = 0) {
        ULONG Part;

        if (Mdl == NULL)
            return STATUS_BUFFER_TOO_SMALL;
        Part = min(Length, Mdl->ByteCount - (ULONG)Offset);
        *Count += ADDRESS_AND_SIZE_TO_SPAN_PAGES(Mdl->ByteOffset + (ULONG)Offset, Part);
        Length -= Part;
    }
    return STATUS_SUCCESS;
}

/* The first run of consecutive frames from this offset on, at most *Length bytes. */
static ULONG64 HalpFindRun(PMDL Mdl, ULONG Offset, PULONG Length) {
    const PFN_NUMBER *Frames = MmGetMdlPfnArray(Mdl);
    ULONG Start = Mdl->ByteOffset + Offset, Page = Start / PAGE_SIZE, Pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(Mdl->ByteOffset, Mdl->ByteCount);
    ULONG Run = PAGE_SIZE - Start % PAGE_SIZE;

    for (ULONG Next = Page + 1; Run < *Length && Next < Pages && Frames[Next] == Frames[Next - 1] + 1; Next++)
        Run += PAGE_SIZE;
    *Length = min(Run, *Length);
    return Frames[Page] * PAGE_SIZE + Start % PAGE_SIZE;
}

/* ---- Map registers ---- */
/* Between a register's page and the bytes of the MDL that it stands for, or a part of them from Skip on. What is not RAM no device reaches. */
static VOID HalpCopy(PHALP_ADAPTER Adapter, ULONG Index, ULONG Skip, ULONG Length, BOOLEAN ToDevice) {
    const HALP_REGISTER *Register = &Adapter->Map[Index];
    ULONG Start = Register->Mdl->ByteOffset + Register->Offset + Skip;
    PHYSICAL_ADDRESS Physical = {.QuadPart = (LONGLONG)(MmGetMdlPfnArray(Register->Mdl)[Start / PAGE_SIZE] * PAGE_SIZE + Start % PAGE_SIZE)};
    PUCHAR Buffer = MmGetVirtualForPhysical(Physical), Copy = Adapter->Memory + Index * PAGE_SIZE + Start % PAGE_SIZE;

    if (Buffer != NULL)
        RtlCopyMemory(ToDevice ? Copy : Buffer, ToDevice ? Buffer : Copy, Length);
}

/* Bytes keep their place in the page. *Length becomes what there are registers for. */
static ULONG64 HalpMapCopy(PHALP_SET Set, PMDL Mdl, ULONG Offset, PULONG Length, BOOLEAN WriteToDevice) {
    PHALP_ADAPTER Adapter = Set->Adapter;
    ULONG InPage = (Mdl->ByteOffset + Offset) % PAGE_SIZE, Left = Set->Count - Set->Used, Done = 0;
    ULONG64 Address = (ULONG64)MmGetPhysicalAddress(Adapter->Memory + (Set->First + Set->Used) * PAGE_SIZE).QuadPart + InPage;

    if (ADDRESS_AND_SIZE_TO_SPAN_PAGES(InPage, *Length) > Left)
        *Length = Left != 0 ? Left * PAGE_SIZE - InPage : 0;
    while (Done < *Length) {
        ULONG Index = Set->First + Set->Used++, Part = min(*Length - Done, PAGE_SIZE - (InPage + Done) % PAGE_SIZE);

        Adapter->Map[Index] = (HALP_REGISTER){.Mdl = Mdl, .Offset = Offset + Done, .Length = Part};
        if (WriteToDevice)
            HalpCopy(Adapter, Index, 0, Part, TRUE);
        Done += Part;
    }
    return Address;
}

PHYSICAL_ADDRESS HalpMapPiece(PHALP_SET Set, PMDL Mdl, ULONG Offset, PULONG Length, BOOLEAN WriteToDevice) {
    PHALP_ADAPTER Adapter = Set->Adapter;
    ULONG Run = min(*Length, Mdl->ByteCount - Offset), All = Run;
    ULONG64 Address = HalpFindRun(Mdl, Offset, &Run);

    if (Adapter->ScatterGather && Address < Adapter->Limit) {
        Run = (ULONG)min(Run, Adapter->Limit - Address);
    } else if (Adapter->ScatterGather) {
        Run = min(All, PAGE_SIZE - (ULONG)Address % PAGE_SIZE);
        Address = HalpMapCopy(Set, Mdl, Offset, &Run, WriteToDevice);
    } else {
        Run = All;
        Address = HalpMapCopy(Set, Mdl, Offset, &Run, WriteToDevice);
    }
    if (Set->MappedBytes == 0)
        Set->MappedFrom = Offset;
    Set->MappedBytes += Run;
    *Length = Run;
    return (PHYSICAL_ADDRESS){.QuadPart = (LONGLONG)Address};
}

/* What of a register lies between Offset and End of the chain goes back. */
static VOID HalpCopyBack(PHALP_ADAPTER Adapter, ULONG Index, PMDL Mdl, ULONG64 Offset, ULONG64 End) {
    const HALP_REGISTER *Register = &Adapter->Map[Index];
    ULONG64 Base = 0, From, To;

    for (; Mdl != NULL && Mdl != Register->Mdl; Mdl = Mdl->Next)
        Base += Mdl->ByteCount;
    if (Mdl == NULL)
        return;
    From = max(Base + Register->Offset, Offset);
    To = min(Base + Register->Offset + Register->Length, End);
    if (From < To)
        HalpCopy(Adapter, Index, (ULONG)(From - Base - Register->Offset), (ULONG)(To - From), FALSE);
}

/* A flush from where the mapping began ends it, also when less was transferred than was mapped. */
VOID HalpFlush(PHALP_SET Set, PMDL Mdl, ULONGLONG Offset, ULONG Length, BOOLEAN WriteToDevice) {
    for (ULONG Index = Set->First; Index < Set->First + Set->Used && !WriteToDevice; Index++)
        HalpCopyBack(Set->Adapter, Index, Mdl, Offset, Offset + Length);
    Set->MappedBytes -= Offset == Set->MappedFrom ? Set->MappedBytes : min(Set->MappedBytes, Length);
    if (Set->MappedBytes == 0)
        Set->Used = 0;
}

/* ---- For drivers ---- */
static VOID HalpCheckMapping(PHALP_SET Set, PMDL Mdl, PVOID CurrentVa, ULONG Length) {
    ULONG_PTR Start = (ULONG_PTR)MmGetMdlVirtualAddress(Mdl), Offset = (ULONG_PTR)CurrentVa - Start;

    if (Length == 0)
        HalpRefuse(HALP_ZERO_LENGTH, (ULONG_PTR)Set, 0, 0, "a transfer of 0 bytes is mapped");
    if (Offset >= Mdl->ByteCount)
        HalpRefuse(HALP_OUTSIDE_MDL, (ULONG_PTR)CurrentVa, (ULONG_PTR)Mdl, 0,
                   "a transfer is mapped from outside its MDL: CurrentVa counts from MmGetMdlVirtualAddress(Mdl)");
    if (Length > Mdl->ByteCount - Offset)
        HalpRefuse(HALP_SHORT_MDL, Length - (Mdl->ByteCount - Offset), 0, 0, "a transfer is mapped that is longer than what its MDL describes");
    if ((ULONG64)Set->MappedBytes + Length > (ULONG64)Set->Count * PAGE_SIZE)
        HalpRefuse(HALP_NOT_FLUSHED, Set->MappedBytes + Length, Set->Count * PAGE_SIZE, 0,
                   "more is mapped than there are map registers for: FlushAdapterBuffers ends each transfer before the next one is mapped");
}

PHYSICAL_ADDRESS NTAPI HalpMapTransfer(PDMA_ADAPTER DmaAdapter, PMDL Mdl, PVOID MapRegisterBase, PVOID CurrentVa, PULONG Length,
                                       BOOLEAN WriteToDevice) {
    PHALP_SET Set = MapRegisterBase;
    ULONG_PTR Offset = (ULONG_PTR)CurrentVa - (ULONG_PTR)MmGetMdlVirtualAddress(Mdl);

    HalpCheckIrql(FALSE);
    if (VfIsOn())
        HalpCheckMapping(Set, Mdl, CurrentVa, *Length);
    if (Offset >= Mdl->ByteCount) {
        *Length = 0;
        return (PHYSICAL_ADDRESS){.QuadPart = 0};
    }
    return HalpMapPiece(Set, Mdl, (ULONG)Offset, Length, WriteToDevice);
}

static VOID HalpCheckMapped(PHALP_SET Set, PVOID CurrentVa, PMDL Mdl) {
    if (Set->MappedBytes == 0)
        HalpRefuse(HALP_NOT_MAPPED, (ULONG_PTR)Set, (ULONG_PTR)CurrentVa, (ULONG_PTR)Mdl,
                   "buffers are flushed for which no transfer is mapped: MapTransfer comes first, and what it mapped is flushed once");
}

BOOLEAN NTAPI HalpFlushAdapterBuffers(PDMA_ADAPTER DmaAdapter, PMDL Mdl, PVOID MapRegisterBase, PVOID CurrentVa, ULONG Length,
                                      BOOLEAN WriteToDevice) {
    HalpCheckIrql(FALSE);
    HalpCheckMapped(MapRegisterBase, CurrentVa, Mdl);
    HalpFlush(MapRegisterBase, Mdl, (ULONG_PTR)CurrentVa - (ULONG_PTR)MmGetMdlVirtualAddress(Mdl), Length, WriteToDevice);
    return TRUE;
}

/* As much as there are registers and elements for; DeviceOffset and the completion routine are for the system's controller. */
NTSTATUS NTAPI HalpMapTransferEx(PDMA_ADAPTER DmaAdapter, PMDL Mdl, PVOID MapRegisterBase, ULONGLONG Offset, ULONG DeviceOffset, PULONG Length,
                                 BOOLEAN WriteToDevice, PSCATTER_GATHER_LIST ScatterGatherBuffer, ULONG ScatterGatherBufferLength,
                                 PDMA_COMPLETION_ROUTINE DmaCompletionRoutine, PVOID CompletionContext) {
    PHALP_SET Set = MapRegisterBase;
    ULONG Pages, Left = *Length, From;

    HalpCheckIrql(FALSE);
    if (ScatterGatherBuffer == NULL || ScatterGatherBufferLength < HALP_LIST_SIZE(1) || DmaCompletionRoutine != NULL || Left == 0 ||
        !NT_SUCCESS(HalpCountPages(Mdl, Offset, Left, &Pages)))
        return STATUS_INVALID_PARAMETER;
    if (Set->MappedBytes != 0)
        HalpRefuse(HALP_NOT_FLUSHED, (ULONG_PTR)Set->MappedBytes + Left, Set->Count * PAGE_SIZE, 0,
                   "MapTransferEx is called again before FlushAdapterBuffersEx has ended what it mapped");
    From = (ULONG)Offset;
    Mdl = HalpFindMdl(Mdl, &Offset);
    ScatterGatherBuffer->NumberOfElements = 0;
    ScatterGatherBuffer->Reserved = 0;
    while (Left != 0 && HALP_LIST_SIZE(ScatterGatherBuffer->NumberOfElements + 1) <= ScatterGatherBufferLength) {
        PSCATTER_GATHER_ELEMENT Element = &ScatterGatherBuffer->Elements[ScatterGatherBuffer->NumberOfElements];

        *Element = (SCATTER_GATHER_ELEMENT){.Length = Left};
        Element->Address = HalpMapPiece(Set, Mdl, (ULONG)Offset, &Element->Length, WriteToDevice);
        if (Element->Length == 0)
            break;
        ScatterGatherBuffer->NumberOfElements++;
        Left -= Element->Length;
        Offset += Element->Length;
        if (Offset == Mdl->ByteCount) {
            Mdl = Mdl->Next;
            Offset = 0;
        }
    }
    Set->MappedFrom = From;
    *Length -= Left;
    return *Length != 0 ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

NTSTATUS NTAPI HalpFlushAdapterBuffersEx(PDMA_ADAPTER DmaAdapter, PMDL Mdl, PVOID MapRegisterBase, ULONGLONG Offset, ULONG Length,
                                         BOOLEAN WriteToDevice) {
    HalpCheckIrql(FALSE);
    if (Mdl == NULL || MapRegisterBase == NULL)
        return STATUS_INVALID_PARAMETER;
    HalpCheckMapped(MapRegisterBase, (PUCHAR)MmGetMdlVirtualAddress(Mdl) + Offset, Mdl);
    HalpFlush(MapRegisterBase, Mdl, Offset, Length, WriteToDevice);
    return STATUS_SUCCESS;
}
