/* Semaphore objects of programs. */
#include "ex/ex.h"

NTSTATUS NTAPI NtCreateSemaphore(PHANDLE SemaphoreHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, LONG InitialCount,
                                 LONG MaximumCount) {
    PKSEMAPHORE Semaphore;
    HANDLE Handle;
    NTSTATUS Status, Copied;

    if (MaximumCount <= 0 || InitialCount < 0 || InitialCount > MaximumCount)
        return STATUS_INVALID_PARAMETER;
    Status =
        ObCreateObject(KiPreviousMode(), ExpSemaphoreType, ObjectAttributes, KiPreviousMode(), NULL, sizeof(*Semaphore), 0, 0, (PVOID *)&Semaphore);
    if (!NT_SUCCESS(Status))
        return Status;
    KeInitializeSemaphore(Semaphore, InitialCount, MaximumCount);
    Status = ObInsertObject(Semaphore, NULL, DesiredAccess, 0, NULL, &Handle);
    if (!NT_SUCCESS(Status))
        return Status;
    Copied = ExpReturnHandle(SemaphoreHandle, Handle);
    return NT_SUCCESS(Copied) ? Status : Copied;
}

NTSTATUS NTAPI NtOpenSemaphore(PHANDLE SemaphoreHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes) {
    HANDLE Handle;
    NTSTATUS Status = ObOpenObjectByName(ObjectAttributes, ExpSemaphoreType, KiPreviousMode(), NULL, DesiredAccess, NULL, &Handle);

    return NT_SUCCESS(Status) ? ExpReturnHandle(SemaphoreHandle, Handle) : Status;
}

NTSTATUS NTAPI NtReleaseSemaphore(HANDLE SemaphoreHandle, LONG ReleaseCount, PLONG PreviousCount) {
    PKSEMAPHORE Semaphore;
    LONG Old;
    NTSTATUS Status;

    if (ReleaseCount <= 0)
        return STATUS_INVALID_PARAMETER;
    Status = ObReferenceObjectByHandle(SemaphoreHandle, SEMAPHORE_MODIFY_STATE, ExpSemaphoreType, KiPreviousMode(), (PVOID *)&Semaphore, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    Old = Semaphore->Header.SignalState;
    if ((LONG64)Old + ReleaseCount > Semaphore->Limit)
        Status = STATUS_SEMAPHORE_LIMIT_EXCEEDED;
    else
        KeReleaseSemaphore(Semaphore, 1 /* SEMAPHORE_INCREMENT */, ReleaseCount, FALSE);
    ObDereferenceObject(Semaphore);
    return NT_SUCCESS(Status) ? KiCopyOutOptional(PreviousCount, &Old, sizeof(Old)) : Status;
}
