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
    NTSTATUS Status;
    if (!MiIsUserPageAccessible(Space, Address, Write) || !MiResolveFault(Space, Address, Write, FALSE, &Status))
        return NULL;
    MI_PTE Pte = *MiFindPte(Space, Address);
    if ((Pte & MI_PTE_UNOWNED) == 0) {
        *Frame = MI_PTE_FRAME(Pte);
        MiReferenceFrame(*Frame);
    }
    return (UCHAR *)MiRamAddress(MI_PTE_FRAME(Pte)) + Address % PAGE_SIZE;
}

static VOID MiLetGo(MM_PFN Frame) {
    if (Frame != MI_NO_FRAME)
        MiDereferenceFrame(Frame);
}

NTSTATUS NTAPI MmCopyVirtualMemory(PEPROCESS FromProcess, PVOID From, PEPROCESS ToProcess, PVOID To, SIZE_T Size, KPROCESSOR_MODE Mode,
                                   PSIZE_T Copied) {
    SIZE_T Done = 0;
    BOOLEAN Kernel = Mode == KernelMode;
    while (Done < Size) {
        SIZE_T FromSize, ToSize, Chunk = 0;
        MM_PFN FromFrame, ToFrame = MI_NO_FRAME;
        const UCHAR *Source = MiReachPage(FromProcess->Pcb.AddressSpace, (ULONG64)From + Done, FALSE, Kernel, &FromSize, &FromFrame);
        UCHAR *Target = Source != NULL ? MiReachPage(ToProcess->Pcb.AddressSpace, (ULONG64)To + Done, TRUE, Kernel, &ToSize, &ToFrame) : NULL;
        if (Target != NULL) {
            Chunk = FromSize < ToSize ? FromSize : ToSize;
            if (Chunk > Size - Done)
                Chunk = Size - Done;
            RtlMoveMemory(Target, Source, Chunk);
            Done += Chunk;
        }
        MiLetGo(FromFrame);
        MiLetGo(ToFrame);
        if (Chunk == 0)
            break;
    }
    *Copied = Done;
    return Done == Size ? STATUS_SUCCESS : STATUS_PARTIAL_COPY;
}

static NTSTATUS MiCopyProcess(HANDLE ProcessHandle, PVOID Base, PVOID Buffer, SIZE_T Size, PSIZE_T Result, BOOLEAN Write) {
    KPROCESSOR_MODE Mode = KiPreviousMode();
    if (Mode == UserMode) {
        ULONG64 BaseEnd = (ULONG64)Base + Size, BufferEnd = (ULONG64)Buffer + Size;
        if (BaseEnd < Size || BaseEnd > MmUserProbeAddress || BufferEnd < Size || BufferEnd > MmUserProbeAddress)
            return STATUS_ACCESS_VIOLATION;
        if (Result != NULL && ((ULONG64)Result >= MmUserProbeAddress || !MmIsRangeAccessible(Result, sizeof(*Result), TRUE)))
            return STATUS_ACCESS_VIOLATION;
    }
    PEPROCESS Process, Current = CONTAINING_RECORD(KiCurrentThread()->ApcState.Process, struct _EPROCESS, Pcb);
    PMM_ADDRESS_SPACE Space;
    NTSTATUS Status = MiReferenceSpace(ProcessHandle, Write ? PROCESS_VM_WRITE : PROCESS_VM_READ, &Process, &Space);
    if (!NT_SUCCESS(Status))
        return Status;
    SIZE_T Copied = 0;
    Status = Write ? MmCopyVirtualMemory(Current, Buffer, Process, Base, Size, Mode, &Copied)
                   : MmCopyVirtualMemory(Process, Base, Current, Buffer, Size, Mode, &Copied);
    ObDereferenceObject(Process);
    if (Result != NULL && Mode == UserMode)
        return KiCopyToUser(Result, &Copied, sizeof(Copied)) ? Status : STATUS_ACCESS_VIOLATION;
    if (Result != NULL)
        *Result = Copied;
    return Status;
}

NTSTATUS NTAPI NtReadVirtualMemory(HANDLE Process, PVOID Base, PVOID Buffer, SIZE_T Size, PSIZE_T Read) {
    return MiCopyProcess(Process, Base, Buffer, Size, Read, FALSE);
}

NTSTATUS NTAPI NtWriteVirtualMemory(HANDLE Process, PVOID Base, PVOID Buffer, SIZE_T Size, PSIZE_T Written) {
    return MiCopyProcess(Process, Base, Buffer, Size, Written, TRUE);
}

/* "MmCopyMemory", learn.microsoft.com: from kernel addresses (MM_COPY_MEMORY_VIRTUAL) or physical ones, stops where something is not there. */
NTSTATUS NTAPI MmCopyMemory(PVOID To, ULONG64 From, SIZE_T Size, ULONG Flags, PSIZE_T Copied) {
    SIZE_T Done = 0;
    *Copied = 0;
    if (Flags != MM_COPY_MEMORY_PHYSICAL && Flags != MM_COPY_MEMORY_VIRTUAL)
        return STATUS_INVALID_PARAMETER_4;
    while (Done < Size) {
        ULONG64 Address = Flags == MM_COPY_MEMORY_PHYSICAL ? HAL_RAM_BASE + From + Done : From + Done;
        SIZE_T Chunk = PAGE_SIZE - Address % PAGE_SIZE;
        if (Chunk > Size - Done)
            Chunk = Size - Done;
        BOOLEAN There =
            Flags == MM_COPY_MEMORY_PHYSICAL ? From + Done < MmTotalFrames * PAGE_SIZE : MmIsRangeAccessible((PVOID)Address, Chunk, FALSE);
        if (!There)
            break;
        RtlMoveMemory((UCHAR *)To + Done, (PVOID)Address, Chunk);
        Done += Chunk;
    }
    *Copied = Done;
    return Done == Size ? STATUS_SUCCESS : Done != 0 ? STATUS_PARTIAL_COPY : STATUS_INVALID_ADDRESS;
}
