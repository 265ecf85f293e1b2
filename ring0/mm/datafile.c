#include "io/io.h"
#include "mm/mi.h"

/*
 * Pages of data files. A section takes the file's contents when it is made. What programs write to its views goes back into the file when a view is flushed, and when the
 * section goes, which is after its last view: until then the file and the view differ. Which pages have been written to is seen by mapping them
 * read-only (MI_PTE_CLEAN) until the first write.
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
static NTSTATUS MiTransferPage(PMI_SECTION Section, PFILE_OBJECT File, ULONG Function, SIZE_T Page) {
    ULONG64 offset = Page * PAGE_SIZE;
    NTSTATUS status = MiBringInSectionPage(&Section->Ptes[Page]);
    if (!NT_SUCCESS(status) || offset >= Section->Size)
        return status;
    MM_PFN frame = MI_PTE_FRAME(Section->Ptes[Page]);
    MiReferenceFrame(frame);
    status =
        MiTransfer(File, Function, MiRamAddress(frame), offset, (ULONG)(Section->Size - offset < PAGE_SIZE ? Section->Size - offset : PAGE_SIZE));
    MiDereferenceFrame(frame);
    return status;
}

NTSTATUS MiReadSection(PMI_SECTION Section, PFILE_OBJECT File) {
    NTSTATUS status = STATUS_SUCCESS;
    for (SIZE_T page = 0; page < Section->Pages && NT_SUCCESS(status); page++)
        status = MiTransferPage(Section, File, IRP_MJ_READ, page);
    return status;
}

NTSTATUS MiFlushSection(PMI_SECTION Section, SIZE_T First, SIZE_T Count) {
    NTSTATUS status = STATUS_SUCCESS;
    if (Section->File == NULL)
        return status;
    for (SIZE_T page = First; page < First + Count && NT_SUCCESS(status); page++) {
        if ((Section->Ptes[page] & MI_PTE_DIRTY) == 0)
            continue;
        MiCleanPage(Section, page);
        status = MiTransferPage(Section, Section->File, IRP_MJ_WRITE, page);
        if (NT_SUCCESS(status) && !Section->WrittenByKernel)
            Section->Ptes[page] &= ~MI_PTE_DIRTY;
    }
    return status;
}

/* "ZwFlushVirtualMemory", learn.microsoft.com: of the view that Base lies in; all of it behind Base for a size of 0. */
NTSTATUS NTAPI NtFlushVirtualMemory(HANDLE ProcessHandle, PVOID *Base, PSIZE_T Size, PIO_STATUS_BLOCK Result) {
    ULONG64 start, length;
    PEPROCESS process;
    PMM_ADDRESS_SPACE space;
    IO_STATUS_BLOCK io = {.Status = STATUS_SUCCESS};
    NTSTATUS status = KiCopyIn(&start, Base, sizeof(start));
    if (NT_SUCCESS(status))
        status = KiCopyIn(&length, Size, sizeof(length));
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
    if (vad == NULL || vad->Section == NULL || (length != 0 && end > vad->End)) {
        status = STATUS_NOT_MAPPED_VIEW;
    } else {
        PMI_SECTION section = vad->Section;
        if (length == 0)
            end = vad->End;
        ObReferenceObject(section);
        status = MiFlushSection(section, vad->SectionPage + (first - vad->Start) / PAGE_SIZE, (end - first) / PAGE_SIZE);
        ObDereferenceObject(section);
    }
    ObDereferenceObject(process);
    if (!NT_SUCCESS(status))
        return status;
    length = end - first;
    status = KiCopyOut(Base, &first, sizeof(first));
    if (NT_SUCCESS(status))
        status = KiCopyOut(Size, &length, sizeof(length));
    return NT_SUCCESS(status) ? KiCopyOut(Result, &io, sizeof(io)) : status;
}
