/* What a process has been charged of either pool. */
#include "ps/ps.h"

/*
 * Since Windows Vista a process has no limit of its own unless somebody sets one, and nobody can here; what is left is the limit of the pools themselves,
 * three quarters of RAM. The System process is never charged.
 */
static SIZE_T PspPoolLimit(VOID) { return KiMachine->ram_size / 4 * 3; }

NTSTATUS NTAPI PsChargeProcessPoolQuota(PEPROCESS Process, POOL_TYPE PoolType, ULONG_PTR Amount) {
    SIZE_T *Charge = &Process->PoolCharge[PoolType & 1];

    if (Process == PsInitialSystemProcess)
        return STATUS_SUCCESS;
    if (Amount > PspPoolLimit() || *Charge > PspPoolLimit() - Amount)
        return STATUS_QUOTA_EXCEEDED;
    *Charge += Amount;
    return STATUS_SUCCESS;
}

VOID NTAPI PsChargePoolQuota(PEPROCESS Process, POOL_TYPE PoolType, ULONG_PTR Amount) {
    NTSTATUS Status = PsChargeProcessPoolQuota(Process, PoolType, Amount);

    if (!NT_SUCCESS(Status))
        ExRaiseStatus(Status);
}

VOID NTAPI PsReturnPoolQuota(PEPROCESS Process, POOL_TYPE PoolType, ULONG_PTR Amount) {
    SIZE_T *Charge = &Process->PoolCharge[PoolType & 1];

    if (Process == PsInitialSystemProcess)
        return;
    if (Amount > *Charge)
        KeBugCheckEx(QUOTA_UNDERFLOW, (ULONG_PTR)Process, PoolType & 1, *Charge, Amount);
    *Charge -= Amount;
}
