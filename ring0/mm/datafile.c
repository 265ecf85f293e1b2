#include "io/io.h"
#include "mm/mi.h"

/*
 * Pages of data sections, and of files: all sections of a file have the same pages (FILE_OBJECT.SectionObjectPointer), which keep the file open. What programs write
 * to its views goes back into the file when a view is flushed, when the file is read, and when the last section goes. Which pages have been written to is
 * seen by mapping them read-only (MI_PTE_CLEAN) until the first write.
 */

/* With paging I/O a synchronous file's position stays where it is, and a file whose handles are closed can still be written. */
static NTSTATUS MiTransfer(PFILE_OBJECT File, ULONG Function, PVOID Buffer, ULONG64 Offset, ULONG Bytes) {
    KEVENT event;
    IO_STATUS_BLOCK io = {.Status = STATUS_SUCCESS};
    LARGE_INTEGER where = {.QuadPart = (LONG64)Offset};
    PDEVICE_OBJECT device = IoGetRelatedDeviceObject(File);
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    PIRP irp = IoBuildSynchronousFsdRequest(Function, device, Buffer, Bytes, &where, &event, &io);
    if (irp == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    irp->Flags |= IRP_PAGING_IO | IRP_NOCACHE | IRP_SYNCHRONOUS_PAGING_IO;
    IoGetNextIrpStackLocation(irp)->FileObject = File;
    NTSTATUS status = IoCallDriver(device, irp);
    if (status == STATUS_PENDING) {
        KeWaitForSingleObject(&event, WrPageIn, KernelMode, FALSE, NULL);
        status = io.Status;
    }
    return NT_SUCCESS(status) && io.Information != Bytes ? STATUS_FILE_INVALID : status;
}

NTSTATUS MiReadFile(PFILE_OBJECT File, PVOID Buffer, ULONG64 Size) {
    NTSTATUS status = STATUS_SUCCESS;
    for (ULONG64 done = 0, part; done < Size && NT_SUCCESS(status); done += part) {
        part = Size - done > 0x10000000 ? 0x10000000 : Size - done;
        status = MiTransfer(File, IRP_MJ_READ, (UCHAR *)Buffer + done, done, (ULONG)part);
    }
    return status;
}

/* The page stays in while it is read or written. Behind the file's end a page is zero, and is not written. */
static NTSTATUS MiTransferPage(PMI_DATA Data, ULONG Function, SIZE_T Page) {
    ULONG64 offset = Page * PAGE_SIZE;
    NTSTATUS status = MiBringInSectionPage(&Data->Ptes[Page]);
    if (!NT_SUCCESS(status) || offset >= Data->Size)
        return status;
    MM_PFN frame = MI_PTE_FRAME(Data->Ptes[Page]);
    MiReferenceFrame(frame);
    status =
        MiTransfer(Data->File, Function, MiRamAddress(frame), offset, (ULONG)(Data->Size - offset < PAGE_SIZE ? Data->Size - offset : PAGE_SIZE));
    MiDereferenceFrame(frame);
    return status;
}

static NTSTATUS MiReadPages(PMI_DATA Data, SIZE_T First, SIZE_T Count) {
    NTSTATUS status = STATUS_SUCCESS;
    for (SIZE_T page = First; page < First + Count && NT_SUCCESS(status); page++)
        if ((Data->Ptes[page] & MI_PTE_DIRTY) == 0)
            status = MiTransferPage(Data, IRP_MJ_READ, page);
    return status;
}

NTSTATUS MiFlushData(PMI_DATA Data, SIZE_T First, SIZE_T Count) {
    NTSTATUS status = STATUS_SUCCESS;
    if (Data->File == NULL || !Data->Writable)
        return status;
    for (SIZE_T page = First; page < First + Count && NT_SUCCESS(status); page++) {
        if ((Data->Ptes[page] & MI_PTE_DIRTY) == 0)
            continue;
        MiCleanPage(Data, page);
        status = MiTransferPage(Data, IRP_MJ_WRITE, page);
        if (NT_SUCCESS(status) && !Data->WrittenByKernel)
            Data->Ptes[page] &= ~MI_PTE_DIRTY;
    }
    return status;
}

/* ---- Making and sharing ---- */

NTSTATUS MiCreateData(SIZE_T Pages, PMI_DATA *Data) {
    PMI_DATA data = Pages <= 3 * MmTotalFrames ? ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*data), 'tSmM') : NULL;
    if (data == NULL)
        return Pages <= 3 * MmTotalFrames ? STATUS_INSUFFICIENT_RESOURCES : STATUS_COMMITMENT_LIMIT;
    *data = (MI_DATA){.References = 1, .Pages = Pages, .Ptes = ExAllocatePoolWithTag(NonPagedPoolNx, Pages * sizeof(MI_PTE), 'tSmM')};
    if (data->Ptes == NULL) {
        ExFreePoolWithTag(data, 'tSmM');
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlZeroMemory(data->Ptes, Pages * sizeof(MI_PTE));
    MiInsertData(data);
    *Data = data;
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
    for (SIZE_T i = 0; i < Data->Pages; i++) {
        MI_PTE pte = Data->Ptes[i];
        if (pte & MI_PTE_OUT)
            MiReleaseSlot(MI_PTE_SLOT(pte));
        else if (pte != 0)
            MiDereferenceFrame(MI_PTE_FRAME(pte));
    }
    ExFreePoolWithTag(Data->Ptes, 'tSmM');
    ExFreePoolWithTag(Data, 'tSmM');
}

/* A further section of a file may be longer than those before it. */
static NTSTATUS MiExtendData(PMI_DATA Data, ULONG64 Size) {
    SIZE_T pages = MI_PAGES(Size);
    if (pages > Data->Pages) {
        MI_PTE *ptes = pages <= 3 * MmTotalFrames ? ExAllocatePoolWithTag(NonPagedPoolNx, pages * sizeof(MI_PTE), 'tSmM') : NULL;
        if (ptes == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        RtlZeroMemory(ptes, pages * sizeof(MI_PTE));
        RtlCopyMemory(ptes, Data->Ptes, Data->Pages * sizeof(MI_PTE));
        ExFreePoolWithTag(Data->Ptes, 'tSmM');
        Data->Ptes = ptes;
        Data->Pages = pages;
    }
    if (Size > Data->Size)
        Data->Size = Size;
    return MiCommitData(Data, 0, pages);
}

NTSTATUS MiReferenceFileData(PFILE_OBJECT File, BOOLEAN Writable, ULONG64 Size, PMI_DATA *Data) {
    PSECTION_OBJECT_POINTERS pointers = File->SectionObjectPointer;
    PMI_DATA data = pointers != NULL ? pointers->DataSectionObject : NULL;
    NTSTATUS status = STATUS_SUCCESS;
    if (data == NULL) {
        status = MiCreateData(MI_PAGES(Size), &data);
        if (!NT_SUCCESS(status))
            return status;
        ObReferenceObject(File);
        data->File = File;
        data->Writable = Writable;
        if (pointers != NULL)
            pointers->DataSectionObject = data;
    } else {
        data->References++;
        if (Writable && !data->Writable) {
            ObReferenceObject(File);
            ObDereferenceObject(data->File);
            data->File = File;
            data->Writable = TRUE;
        }
    }
    status = MiExtendData(data, Size);
    if (NT_SUCCESS(status))
        status = MiReadPages(data, 0, MI_PAGES(Size));
    if (NT_SUCCESS(status))
        *Data = data;
    else
        MiDereferenceData(data);
    return status;
}

/* ---- Coherency: a file system whose files are mapped asks for it around its reads and writes ---- */

NTSTATUS MmFlushMappedFile(PSECTION_OBJECT_POINTERS Pointers) {
    PMI_DATA data = Pointers->DataSectionObject;
    return data != NULL ? MiFlushData(data, 0, data->Pages) : STATUS_SUCCESS;
}

NTSTATUS MmRefreshMappedFile(PSECTION_OBJECT_POINTERS Pointers, ULONG64 Offset, ULONG64 Length) {
    PMI_DATA data = Pointers->DataSectionObject;
    SIZE_T first = Offset / PAGE_SIZE;
    if (data == NULL || Length == 0 || first >= data->Pages)
        return STATUS_SUCCESS;
    SIZE_T end = MI_PAGES(Offset + Length);
    return MiReadPages(data, first, (end < data->Pages ? end : data->Pages) - first);
}

/* "MmCanFileBeTruncated", learn.microsoft.com: not below what a section of it shows. */
BOOLEAN NTAPI MmCanFileBeTruncated(PSECTION_OBJECT_POINTERS SectionPointer, PLARGE_INTEGER NewFileSize) {
    PMI_DATA data = SectionPointer->DataSectionObject;
    return data == NULL || (NewFileSize != NULL && (ULONG64)NewFileSize->QuadPart >= data->Size);
}

/* ---- Flushing ---- */

/* "ZwFlushVirtualMemory", learn.microsoft.com: of the view that Base lies in; all of it behind Base for a size of 0. */
NTSTATUS NTAPI NtFlushVirtualMemory(HANDLE ProcessHandle, PVOID *Base, PSIZE_T Size, PIO_STATUS_BLOCK Result) {
    ULONG64 start, length;
    PEPROCESS process;
    PMM_ADDRESS_SPACE space;
    IO_STATUS_BLOCK io = {.Status = STATUS_SUCCESS};
    NTSTATUS status = MiCaptureRange(Base, Size, &start, &length);
    if (!NT_SUCCESS(status))
        return status;
    if (start > (ULONG64)MmHighestUserAddress)
        return STATUS_INVALID_PARAMETER_2;
    if (length > (ULONG64)MmHighestUserAddress + 1 - start)
        return STATUS_INVALID_PARAMETER_3;
    status = MiReferenceSpace(ProcessHandle, PROCESS_VM_OPERATION, &process, &space);
    if (!NT_SUCCESS(status))
        return status;
    ULONG64 first = start & ~(ULONG64)(PAGE_SIZE - 1), end = MI_ROUND(start + length);
    PMI_VAD vad = MiFindVad(space, first);
    if (vad == NULL || vad->Section == NULL || vad->Section->Data == NULL || (length != 0 && end > vad->End)) {
        status = STATUS_NOT_MAPPED_VIEW;
    } else {
        PMI_SECTION section = vad->Section;
        if (length == 0)
            end = vad->End;
        ObReferenceObject(section);
        status = MiFlushData(section->Data, vad->SectionPage + (first - vad->Start) / PAGE_SIZE, (end - first) / PAGE_SIZE);
        ObDereferenceObject(section);
    }
    ObDereferenceObject(process);
    if (!NT_SUCCESS(status))
        return status;
    status = MiReturnRange(Base, Size, first, end - first);
    return NT_SUCCESS(status) ? KiCopyOut(Result, &io, sizeof(io)) : status;
}
