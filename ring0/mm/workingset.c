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
    for (ULONG64 page = Start; page < End; page += PAGE_SIZE) {
        MI_PTE *pte = MiFindPte(Space, page);
        if (pte == NULL || (*pte & MI_PTE_COMMITTED) == 0 || MiPteAccess(*pte) == HAL_PROT_NONE)
            return STATUS_ACCESS_VIOLATION;
    }
    return STATUS_SUCCESS;
}

/* Of a range that is committed. */
static SIZE_T MiCountLocked(PMM_ADDRESS_SPACE Space, ULONG64 Start, ULONG64 End) {
    SIZE_T count = 0;
    for (ULONG64 page = Start; page < End; page += PAGE_SIZE) {
        count += (*MiFindPte(Space, page) & MI_PTE_LOCKED) != 0;
    }
    return count;
}

static NTSTATUS MiLockRange(PMM_ADDRESS_SPACE Space, ULONG64 Start, ULONG64 End) {
    NTSTATUS status = MiCheckLockRange(Space, Start, End);
    if (!NT_SUCCESS(status))
        return status;
    SIZE_T pages = (End - Start) / PAGE_SIZE, locked = MiCountLocked(Space, Start, End);
    if (Space->LockedByProgram + pages - locked > Space->WorkingSet[0] - MI_WORKING_SET_OVERHEAD)
        return STATUS_WORKING_SET_QUOTA;
    ULONG64 page = Start;
    for (; page < End && NT_SUCCESS(status); page += PAGE_SIZE) {
        MI_PTE *pte = MiFindPte(Space, page);
        if ((*pte & MI_PTE_OUT) != 0)
            status = MiBringInUserPage(Space, page, pte);
        if (NT_SUCCESS(status) && (*pte & MI_PTE_LOCKED) == 0) {
            *pte |= MI_PTE_LOCKED;
            Space->LockedByProgram++;
        }
    }
    return NT_SUCCESS(status) && locked != 0 ? STATUS_WAS_LOCKED : status;
}

static NTSTATUS MiUnlockRange(PMM_ADDRESS_SPACE Space, ULONG64 Start, ULONG64 End) {
    for (ULONG64 page = Start; page < End; page += PAGE_SIZE) {
        MI_PTE *pte = MiFindPte(Space, page);
        if (pte == NULL || (*pte & MI_PTE_LOCKED) == 0)
            return STATUS_NOT_LOCKED;
    }
    for (ULONG64 page = Start; page < End; page += PAGE_SIZE)
        *MiFindPte(Space, page) &= ~MI_PTE_LOCKED;
    Space->LockedByProgram -= (End - Start) / PAGE_SIZE;
    return STATUS_SUCCESS;
}

static NTSTATUS MiLockService(HANDLE ProcessHandle, PVOID *Base, PSIZE_T Size, ULONG MapType, BOOLEAN Lock) {
    ULONG64 start, length;
    PEPROCESS process;
    PMM_ADDRESS_SPACE space;
    if (MapType == 0 || (MapType & ~(MI_MAP_PROCESS | MI_MAP_SYSTEM)) != 0)
        return STATUS_INVALID_PARAMETER;
    if ((MapType & MI_MAP_SYSTEM) != 0 && !SeSinglePrivilegeCheck(RtlConvertUlongToLuid(MI_LOCK_MEMORY_PRIVILEGE), KiPreviousMode()))
        return STATUS_PRIVILEGE_NOT_HELD;
    NTSTATUS status = MiCaptureRange(Base, Size, &start, &length);
    if (!NT_SUCCESS(status))
        return status;
    if (start > (ULONG64)MmHighestUserAddress)
        return STATUS_INVALID_PARAMETER_2;
    if (length == 0 || length > (ULONG64)MmHighestUserAddress + 1 - start)
        return STATUS_INVALID_PARAMETER_3;
    status = MiReferenceSpace(ProcessHandle, PROCESS_VM_OPERATION, &process, &space);
    if (!NT_SUCCESS(status))
        return status;
    ULONG64 end = MI_ROUND(start + length);
    start &= ~(ULONG64)(PAGE_SIZE - 1);
    status = Lock ? MiLockRange(space, start, end) : MiUnlockRange(space, start, end);
    ObDereferenceObject(process);
    if (!NT_SUCCESS(status))
        return status;
    NTSTATUS written = MiReturnRange(Base, Size, start, end - start);
    return NT_SUCCESS(written) ? status : written;
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
    SIZE_T least = Least / PAGE_SIZE, most = Most / PAGE_SIZE;
    if (least < MI_WORKING_SET_SMALLEST)
        least = MI_WORKING_SET_SMALLEST;
    if (least >= most)
        return STATUS_BAD_WORKING_SET_LIMIT;
    if (least > MmTotalFrames / 2)
        return STATUS_INSUFFICIENT_RESOURCES;
    Space->WorkingSet[0] = least;
    Space->WorkingSet[1] = most;
    return STATUS_SUCCESS;
}

VOID MmQueryWorkingSetSize(PMM_ADDRESS_SPACE Space, SIZE_T *Least, SIZE_T *Most) {
    *Least = Space->WorkingSet[0] * PAGE_SIZE;
    *Most = Space->WorkingSet[1] * PAGE_SIZE;
}
