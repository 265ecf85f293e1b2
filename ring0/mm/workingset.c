#include "mm/mi.h"
#include "ps/ps.h"

/* Locked pages and the limits of working sets. "VirtualLock", "SetProcessWorkingSetSize", learn.microsoft.com: what can be locked is the least working set less
   a small overhead, whose size is not documented. */

#define MI_MAP_PROCESS           1u
#define MI_MAP_SYSTEM            2u
#define MI_WORKING_SET_OVERHEAD  8
#define MI_WORKING_SET_SMALLEST  20
#define MI_LOCK_MEMORY_PRIVILEGE 4

static NTSTATUS MiCheckLockRange(PMM_ADDRESS_SPACE Space, ULONG64 Start, ULONG64 End) {
    for (ULONG64 Page = Start; Page < End; Page += PAGE_SIZE) {
        MI_PTE *Pte = MiFindPte(Space, Page);
        if (Pte == NULL || (*Pte & MI_PTE_COMMITTED) == 0 || MiPteAccess(*Pte) == HAL_PROT_NONE)
            return STATUS_ACCESS_VIOLATION;
    }
    return STATUS_SUCCESS;
}

/* Of a range that is committed. */
static SIZE_T MiCountLocked(PMM_ADDRESS_SPACE Space, ULONG64 Start, ULONG64 End) {
    SIZE_T Count = 0;
    for (ULONG64 Page = Start; Page < End; Page += PAGE_SIZE) {
        Count += (*MiFindPte(Space, Page) & MI_PTE_LOCKED) != 0;
    }
    return Count;
}

static NTSTATUS MiLockRange(PMM_ADDRESS_SPACE Space, ULONG64 Start, ULONG64 End) {
    NTSTATUS Status = MiCheckLockRange(Space, Start, End);
    if (!NT_SUCCESS(Status))
        return Status;
    SIZE_T Pages = (End - Start) / PAGE_SIZE, Locked = MiCountLocked(Space, Start, End);
    if (Space->LockedByProgram + Pages - Locked > Space->WorkingSet[0] - MI_WORKING_SET_OVERHEAD)
        return STATUS_WORKING_SET_QUOTA;
    ULONG64 Page = Start;
    for (; Page < End && NT_SUCCESS(Status); Page += PAGE_SIZE) {
        MI_PTE *Pte = MiFindPte(Space, Page);
        if ((*Pte & MI_PTE_OUT) != 0)
            Status = MiBringInUserPage(Space, Page, Pte);
        if (NT_SUCCESS(Status) && (*Pte & MI_PTE_LOCKED) == 0) {
            *Pte |= MI_PTE_LOCKED;
            Space->LockedByProgram++;
        }
    }
    return NT_SUCCESS(Status) && Locked != 0 ? STATUS_WAS_LOCKED : Status;
}

static NTSTATUS MiUnlockRange(PMM_ADDRESS_SPACE Space, ULONG64 Start, ULONG64 End) {
    for (ULONG64 Page = Start; Page < End; Page += PAGE_SIZE) {
        MI_PTE *Pte = MiFindPte(Space, Page);
        if (Pte == NULL || (*Pte & MI_PTE_LOCKED) == 0)
            return STATUS_NOT_LOCKED;
    }
    for (ULONG64 Page = Start; Page < End; Page += PAGE_SIZE)
        *MiFindPte(Space, Page) &= ~MI_PTE_LOCKED;
    Space->LockedByProgram -= (End - Start) / PAGE_SIZE;
    return STATUS_SUCCESS;
}

static NTSTATUS MiLockService(HANDLE ProcessHandle, PVOID *Base, PSIZE_T Size, ULONG MapType, BOOLEAN Lock) {
    ULONG64 Start, Length;
    PEPROCESS Process;
    PMM_ADDRESS_SPACE Space;
    if (MapType == 0 || (MapType & ~(MI_MAP_PROCESS | MI_MAP_SYSTEM)) != 0)
        return STATUS_INVALID_PARAMETER;
    if ((MapType & MI_MAP_SYSTEM) != 0 && !SeSinglePrivilegeCheck(RtlConvertUlongToLuid(MI_LOCK_MEMORY_PRIVILEGE), KiPreviousMode()))
        return STATUS_PRIVILEGE_NOT_HELD;
    NTSTATUS Status = MiCaptureRange(Base, Size, &Start, &Length);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Start > (ULONG64)MmHighestUserAddress)
        return STATUS_INVALID_PARAMETER_2;
    if (Length == 0 || Length > (ULONG64)MmHighestUserAddress + 1 - Start)
        return STATUS_INVALID_PARAMETER_3;
    Status = MiReferenceSpace(ProcessHandle, PROCESS_VM_OPERATION, &Process, &Space);
    if (!NT_SUCCESS(Status))
        return Status;
    ULONG64 End = MI_ROUND(Start + Length);
    Start &= ~(ULONG64)(PAGE_SIZE - 1);
    Status = Lock ? MiLockRange(Space, Start, End) : MiUnlockRange(Space, Start, End);
    ObDereferenceObject(Process);
    if (!NT_SUCCESS(Status))
        return Status;
    NTSTATUS Written = MiReturnRange(Base, Size, Start, End - Start);
    return NT_SUCCESS(Written) ? Status : Written;
}

NTSTATUS NTAPI NtLockVirtualMemory(HANDLE Process, PVOID *Base, PSIZE_T Size, ULONG MapType) {
    return MiLockService(Process, Base, Size, MapType, TRUE);
}

NTSTATUS NTAPI NtUnlockVirtualMemory(HANDLE Process, PVOID *Base, PSIZE_T Size, ULONG MapType) {
    return MiLockService(Process, Base, Size, MapType, FALSE);
}

NTSTATUS MmSetWorkingSetSize(PMM_ADDRESS_SPACE Space, SIZE_T Least, SIZE_T Most) {
    if (Least == ~(SIZE_T)0 && Most == ~(SIZE_T)0) {
        MmEmptyWorkingSet(Space);
        return STATUS_SUCCESS;
    }
    SIZE_T LeastPages = Least / PAGE_SIZE, MostPages = Most / PAGE_SIZE;
    if (LeastPages < MI_WORKING_SET_SMALLEST)
        LeastPages = MI_WORKING_SET_SMALLEST;
    if (LeastPages >= MostPages)
        return STATUS_BAD_WORKING_SET_LIMIT;
    if (LeastPages > MmTotalFrames / 2)
        return STATUS_INSUFFICIENT_RESOURCES;
    Space->WorkingSet[0] = LeastPages;
    Space->WorkingSet[1] = MostPages;
    return STATUS_SUCCESS;
}

VOID MmQueryWorkingSetSize(PMM_ADDRESS_SPACE Space, SIZE_T *Least, SIZE_T *Most) {
    *Least = Space->WorkingSet[0] * PAGE_SIZE;
    *Most = Space->WorkingSet[1] * PAGE_SIZE;
}
