#include "mm/mi.h"
#include "ps/ps.h"

/* Copies between processes go through the frames, so that neither has to be the one that is mapped. */

/* The kernel's address of one byte in a process's memory (or of a kernel address), with how many follow it in its page; NULL when it is not there. *Frame is
   referenced, so that the page does not go while the other one is brought in, or MI_NO_FRAME. */
static UCHAR *MiReachPage(PMM_ADDRESS_SPACE Space, ULONG64 Address, BOOLEAN Write, BOOLEAN Kernel, SIZE_T *Available, MM_PFN *Frame) {
    *Frame = MI_NO_FRAME;
    *Available = PAGE_SIZE - Address % PAGE_SIZE;
    if (Address >= HAL_USER_END)
        return Kernel && MmIsRangeAccessible((PVOID)Address, 1, Write) ? (UCHAR *)Address : NULL;
    NTSTATUS status;
    if (!MiIsUserPageAccessible(Space, Address, Write) || !MiResolveFault(Space, Address, Write, FALSE, &status))
        return NULL;
    MI_PTE pte = *MiFindPte(Space, Address);
    if ((pte & MI_PTE_UNOWNED) == 0) {
        *Frame = MI_PTE_FRAME(pte);
        MiReferenceFrame(*Frame);
    }
    return (UCHAR *)MiRamAddress(MI_PTE_FRAME(pte)) + Address % PAGE_SIZE;
}

static VOID MiLetGo(MM_PFN Frame) {
    if (Frame != MI_NO_FRAME)
        MiDereferenceFrame(Frame);
}

NTSTATUS NTAPI MmCopyVirtualMemory(PEPROCESS FromProcess, PVOID From, PEPROCESS ToProcess, PVOID To, SIZE_T Size, KPROCESSOR_MODE Mode,
                                   PSIZE_T Copied) {
    SIZE_T done = 0;
    BOOLEAN kernel = Mode == KernelMode;
    while (done < Size) {
        SIZE_T from_size, to_size, size = 0;
        MM_PFN from_frame, to_frame = MI_NO_FRAME;
        const UCHAR *from = MiReachPage(FromProcess->Pcb.AddressSpace, (ULONG64)From + done, FALSE, kernel, &from_size, &from_frame);
        UCHAR *to = from != NULL ? MiReachPage(ToProcess->Pcb.AddressSpace, (ULONG64)To + done, TRUE, kernel, &to_size, &to_frame) : NULL;
        if (to != NULL) {
            size = from_size < to_size ? from_size : to_size;
            if (size > Size - done)
                size = Size - done;
            RtlMoveMemory(to, from, size);
            done += size;
        }
        MiLetGo(from_frame);
        MiLetGo(to_frame);
        if (size == 0)
            break;
    }
    *Copied = done;
    return done == Size ? STATUS_SUCCESS : STATUS_PARTIAL_COPY;
}

static NTSTATUS MiCopyProcess(HANDLE ProcessHandle, PVOID Base, PVOID Buffer, SIZE_T Size, PSIZE_T Result, BOOLEAN Write) {
    KPROCESSOR_MODE mode = KiPreviousMode();
    if (mode == UserMode) {
        ULONG64 base_end = (ULONG64)Base + Size, buffer_end = (ULONG64)Buffer + Size;
        if (base_end < Size || base_end > MmUserProbeAddress || buffer_end < Size || buffer_end > MmUserProbeAddress)
            return STATUS_ACCESS_VIOLATION;
        if (Result != NULL && ((ULONG64)Result >= MmUserProbeAddress || !MmIsRangeAccessible(Result, sizeof(*Result), TRUE)))
            return STATUS_ACCESS_VIOLATION;
    }
    PEPROCESS process, current = CONTAINING_RECORD(KiCurrentThread()->ApcState.Process, struct _EPROCESS, Pcb);
    PMM_ADDRESS_SPACE space;
    NTSTATUS status = MiReferenceSpace(ProcessHandle, Write ? PROCESS_VM_WRITE : PROCESS_VM_READ, &process, &space);
    if (!NT_SUCCESS(status))
        return status;
    SIZE_T copied = 0;
    status = Write ? MmCopyVirtualMemory(current, Buffer, process, Base, Size, mode, &copied)
                   : MmCopyVirtualMemory(process, Base, current, Buffer, Size, mode, &copied);
    ObDereferenceObject(process);
    if (Result != NULL && mode == UserMode)
        return KiCopyToUser(Result, &copied, sizeof(copied)) ? status : STATUS_ACCESS_VIOLATION;
    if (Result != NULL)
        *Result = copied;
    return status;
}

NTSTATUS NTAPI NtReadVirtualMemory(HANDLE Process, PVOID Base, PVOID Buffer, SIZE_T Size, PSIZE_T Read) {
    return MiCopyProcess(Process, Base, Buffer, Size, Read, FALSE);
}

NTSTATUS NTAPI NtWriteVirtualMemory(HANDLE Process, PVOID Base, PVOID Buffer, SIZE_T Size, PSIZE_T Written) {
    return MiCopyProcess(Process, Base, Buffer, Size, Written, TRUE);
}

/* "MmCopyMemory", learn.microsoft.com: from kernel addresses (MM_COPY_MEMORY_VIRTUAL) or physical ones, stops where something is not there. */
NTSTATUS NTAPI MmCopyMemory(PVOID To, ULONG64 From, SIZE_T Size, ULONG Flags, PSIZE_T Copied) {
    SIZE_T done = 0;
    *Copied = 0;
    if (Flags != MM_COPY_MEMORY_PHYSICAL && Flags != MM_COPY_MEMORY_VIRTUAL)
        return STATUS_INVALID_PARAMETER_4;
    while (done < Size) {
        ULONG64 address = Flags == MM_COPY_MEMORY_PHYSICAL ? HAL_RAM_BASE + From + done : From + done;
        SIZE_T size = PAGE_SIZE - address % PAGE_SIZE;
        if (size > Size - done)
            size = Size - done;
        BOOLEAN there = Flags == MM_COPY_MEMORY_PHYSICAL ? From + done < MmTotalFrames * PAGE_SIZE : MmIsRangeAccessible((PVOID)address, size, FALSE);
        if (!there)
            break;
        RtlMoveMemory((UCHAR *)To + done, (PVOID)address, size);
        done += size;
    }
    *Copied = done;
    return done == Size ? STATUS_SUCCESS : done != 0 ? STATUS_PARTIAL_COPY : STATUS_INVALID_ADDRESS;
}
