#include "io/io.h"
#include "mm/mi.h"

/*
 * Pages of data sections, and of files: all sections of a file have the same pages (FILE_OBJECT.SectionObjectPointer), which keep the file open. What programs write
 * to its views goes back into the file when a view is flushed, when the file is read, and when the last section goes. Which pages have been written to is
 * seen by mapping them read-only (MI_PTE_CLEAN) until the first write.
 */

/* With paging I/O a synchronous file's position stays where it is, and a file whose handles are closed can still be written. */
static NTSTATUS MiTransfer(PFILE_OBJECT File, ULONG Function, PVOID Buffer, ULONG64 Offset, ULONG Bytes) {
    KEVENT Event;
    IO_STATUS_BLOCK Io = {.Status = STATUS_SUCCESS};
    LARGE_INTEGER Where = {.QuadPart = (LONG64)Offset};
    PDEVICE_OBJECT Device = IoGetRelatedDeviceObject(File);
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    PIRP Irp = IoBuildSynchronousFsdRequest(Function, Device, Buffer, Bytes, &Where, &Event, &Io);
    if (Irp == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Irp->Flags |= IRP_PAGING_IO | IRP_NOCACHE | IRP_SYNCHRONOUS_PAGING_IO;
    IoGetNextIrpStackLocation(Irp)->FileObject = File;
    NTSTATUS Status = IoCallDriver(Device, Irp);
    if (Status == STATUS_PENDING) {
        KeWaitForSingleObject(&Event, WrPageIn, KernelMode, FALSE, NULL);
        Status = Io.Status;
    }
    return NT_SUCCESS(Status) && Io.Information != Bytes ? STATUS_FILE_INVALID : Status;
}

NTSTATUS MiReadFile(PFILE_OBJECT File, PVOID Buffer, ULONG64 Size) {
    NTSTATUS Status = STATUS_SUCCESS;
    for (ULONG64 Done = 0, Part; Done < Size && NT_SUCCESS(Status); Done += Part) {
        Part = Size - Done > 0x10000000 ? 0x10000000 : Size - Done;
        Status = MiTransfer(File, IRP_MJ_READ, (UCHAR *)Buffer + Done, Done, (ULONG)Part);
    }
    return Status;
}

/* The page stays in while it is read or written. Behind the file's end a page is zero, and is not written. */
static NTSTATUS MiTransferPage(PMI_DATA Data, ULONG Function, SIZE_T Page) {
    ULONG64 Offset = Page * PAGE_SIZE;
    NTSTATUS Status = MiBringInSectionPage(&Data->Ptes[Page]);
    if (!NT_SUCCESS(Status) || Offset >= Data->Size)
        return Status;
    MM_PFN Frame = MI_PTE_FRAME(Data->Ptes[Page]);
    MiReferenceFrame(Frame);
    Status =
        MiTransfer(Data->File, Function, MiRamAddress(Frame), Offset, (ULONG)(Data->Size - Offset < PAGE_SIZE ? Data->Size - Offset : PAGE_SIZE));
    MiDereferenceFrame(Frame);
    if (NT_SUCCESS(Status) && Function == IRP_MJ_READ)
        Data->Ptes[Page] &= ~MI_PTE_STALE;
    return Status;
}

NTSTATUS MiReadPages(PMI_DATA Data, SIZE_T First, SIZE_T Count) {
    NTSTATUS Status = STATUS_SUCCESS;
    for (SIZE_T Page = First; Page < First + Count && NT_SUCCESS(Status); Page++)
        if ((Data->Ptes[Page] & MI_PTE_DIRTY) == 0)
            Status = MiTransferPage(Data, IRP_MJ_READ, Page);
    return Status;
}

NTSTATUS MiFreshenData(PMI_DATA Data, SIZE_T First, SIZE_T Count) {
    NTSTATUS Status = STATUS_SUCCESS;
    for (SIZE_T Page = First; Page < First + Count && NT_SUCCESS(Status); Page++)
        if (Data->Ptes[Page] & MI_PTE_STALE)
            Status = MiTransferPage(Data, IRP_MJ_READ, Page);
    return Status;
}

NTSTATUS MiFlushData(PMI_DATA Data, SIZE_T First, SIZE_T Count) {
    NTSTATUS Status = STATUS_SUCCESS;
    if (Data->File == NULL || !Data->Writable)
        return Status;
    for (SIZE_T Page = First; Page < First + Count && NT_SUCCESS(Status); Page++) {
        if ((Data->Ptes[Page] & MI_PTE_DIRTY) == 0)
            continue;
        MiCleanPage(Data, Page);
        Status = MiTransferPage(Data, IRP_MJ_WRITE, Page);
        if (NT_SUCCESS(Status) && !Data->WrittenByKernel)
            Data->Ptes[Page] &= ~MI_PTE_DIRTY;
    }
    return Status;
}

/* ---- Making and sharing ---- */

NTSTATUS MiCreateData(SIZE_T Pages, PMI_DATA *Data) {
    PMI_DATA NewData = Pages <= 3 * MmTotalFrames ? ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*NewData), 'tSmM') : NULL;
    if (NewData == NULL)
        return Pages <= 3 * MmTotalFrames ? STATUS_INSUFFICIENT_RESOURCES : STATUS_COMMITMENT_LIMIT;
    *NewData = (MI_DATA){.References = 1, .Pages = Pages, .Ptes = ExAllocatePoolWithTag(NonPagedPoolNx, Pages * sizeof(MI_PTE), 'tSmM')};
    if (NewData->Ptes == NULL) {
        ExFreePoolWithTag(NewData, 'tSmM');
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlZeroMemory(NewData->Ptes, Pages * sizeof(MI_PTE));
    MiInsertData(NewData);
    *Data = NewData;
    return STATUS_SUCCESS;
}

/* Nobody is there to be told when what was written does not fit into the file any more. */
VOID MiDereferenceData(PMI_DATA Data) {
    if (Data->References == 1 && Data->File != NULL) {
        MiFlushData(Data, 0, Data->Pages);
        if (Data->File->SectionObjectPointer != NULL && Data->File->SectionObjectPointer->DataSectionObject == Data)
            Data->File->SectionObjectPointer->DataSectionObject = NULL;
        ObDereferenceObject(Data->File);
    }
    if (--Data->References != 0)
        return;
    RemoveEntryList(&Data->Link);
    for (SIZE_T I = 0; I < Data->Pages; I++) {
        MI_PTE Pte = Data->Ptes[I];
        if (Pte & MI_PTE_OUT)
            MiReleaseSlot(MI_PTE_SLOT(Pte));
        else if (Pte != 0)
            MiDereferenceFrame(MI_PTE_FRAME(Pte));
    }
    ExFreePoolWithTag(Data->Ptes, 'tSmM');
    ExFreePoolWithTag(Data, 'tSmM');
}

/* A further section of a file may be longer than those before it. */
static NTSTATUS MiExtendData(PMI_DATA Data, ULONG64 Size) {
    SIZE_T Pages = MI_PAGES(Size);
    if (Pages > Data->Pages) {
        MI_PTE *Ptes = Pages <= 3 * MmTotalFrames ? ExAllocatePoolWithTag(NonPagedPoolNx, Pages * sizeof(MI_PTE), 'tSmM') : NULL;
        if (Ptes == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        RtlZeroMemory(Ptes, Pages * sizeof(MI_PTE));
        RtlCopyMemory(Ptes, Data->Ptes, Data->Pages * sizeof(MI_PTE));
        ExFreePoolWithTag(Data->Ptes, 'tSmM');
        Data->Ptes = Ptes;
        Data->Pages = Pages;
    }
    if (Size > Data->Size)
        Data->Size = Size;
    return MiCommitData(Data, 0, Pages);
}

NTSTATUS MiReferenceFileData(PFILE_OBJECT File, BOOLEAN Writable, ULONG64 Size, PMI_DATA *Data) {
    PSECTION_OBJECT_POINTERS Pointers = File->SectionObjectPointer;
    PMI_DATA Found = Pointers != NULL ? Pointers->DataSectionObject : NULL;
    NTSTATUS Status = STATUS_SUCCESS;
    if (Found == NULL) {
        Status = MiCreateData(MI_PAGES(Size), &Found);
        if (!NT_SUCCESS(Status))
            return Status;
        ObReferenceObject(File);
        Found->File = File;
        Found->Writable = Writable;
        if (Pointers != NULL)
            Pointers->DataSectionObject = Found;
    } else {
        Found->References++;
        if (Writable && !Found->Writable) {
            ObReferenceObject(File);
            ObDereferenceObject(Found->File);
            Found->File = File;
            Found->Writable = TRUE;
        }
    }
    Status = MiExtendData(Found, Size);
    if (NT_SUCCESS(Status))
        Status = MiReadPages(Found, 0, MI_PAGES(Size));
    if (NT_SUCCESS(Status))
        *Data = Found;
    else
        MiDereferenceData(Found);
    return Status;
}

/* ---- Flushing ---- */

/* "ZwFlushVirtualMemory", learn.microsoft.com: of the view that Base lies in; all of it behind Base for a size of 0. */
NTSTATUS NTAPI NtFlushVirtualMemory(HANDLE ProcessHandle, PVOID *Base, PSIZE_T Size, PIO_STATUS_BLOCK Result) {
    ULONG64 Start, Length;
    PEPROCESS Process;
    PMM_ADDRESS_SPACE Space;
    IO_STATUS_BLOCK Io = {.Status = STATUS_SUCCESS};
    NTSTATUS Status = MiCaptureRange(Base, Size, &Start, &Length);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Start > (ULONG64)MmHighestUserAddress)
        return STATUS_INVALID_PARAMETER_2;
    if (Length > (ULONG64)MmHighestUserAddress + 1 - Start)
        return STATUS_INVALID_PARAMETER_3;
    Status = MiReferenceSpace(ProcessHandle, PROCESS_VM_OPERATION, &Process, &Space);
    if (!NT_SUCCESS(Status))
        return Status;
    ULONG64 First = Start & ~(ULONG64)(PAGE_SIZE - 1), End = MI_ROUND(Start + Length);
    PMI_VAD Vad = MiFindVad(Space, First);
    if (Vad == NULL || Vad->Section == NULL || Vad->Section->Data == NULL || (Length != 0 && End > Vad->End)) {
        Status = STATUS_NOT_MAPPED_VIEW;
    } else {
        PMI_SECTION Section = Vad->Section;
        if (Length == 0)
            End = Vad->End;
        ObReferenceObject(Section);
        Status = MiFlushData(Section->Data, Vad->SectionPage + (First - Vad->Start) / PAGE_SIZE, (End - First) / PAGE_SIZE);
        ObDereferenceObject(Section);
    }
    ObDereferenceObject(Process);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = MiReturnRange(Base, Size, First, End - First);
    return NT_SUCCESS(Status) ? KiCopyOut(Result, &Io, sizeof(Io)) : Status;
}
