/* The services that wait. */
#include "ex/ex.h"
#include "ps/ps.h"

#define WAIT_TAG 'tiaW'

/* References the object of a handle and finds what to wait on in it. */
static NTSTATUS ExpReferenceWait(HANDLE Handle, PVOID *Object, PVOID *WaitObject) {
    NTSTATUS Status = ObReferenceObjectByHandle(Handle, SYNCHRONIZE, NULL, KiPreviousMode(), Object, NULL);

    if (!NT_SUCCESS(Status))
        return Status;
    *WaitObject = ObpWaitObject(*Object);
    if (*WaitObject == NULL) {
        ObDereferenceObject(*Object);
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    return STATUS_SUCCESS;
}

/* A mutant at the limit of its recursion raises: a service answers with the status. */
static NTSTATUS ExpWait(ULONG Count, PVOID *Objects, WAIT_TYPE Type, BOOLEAN Alertable, PLARGE_INTEGER Timeout, PKWAIT_BLOCK Blocks) {
    NTSTATUS Status;

    __try {
        Status = KeWaitForMultipleObjects(Count, Objects, Type, UserRequest, KiPreviousMode(), Alertable, Timeout, Blocks);
    } __except (GetExceptionCode() == STATUS_MUTANT_LIMIT_EXCEEDED ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH) {
        Status = STATUS_MUTANT_LIMIT_EXCEEDED;
    }
    return Status;
}

NTSTATUS NTAPI NtWaitForSingleObject(HANDLE Handle, BOOLEAN Alertable, PLARGE_INTEGER Timeout) {
    LARGE_INTEGER Captured;
    PVOID Object, WaitObject;
    NTSTATUS Status = ExpCaptureTimeout(Timeout, &Captured, &Timeout);

    if (NT_SUCCESS(Status))
        Status = ExpReferenceWait(Handle, &Object, &WaitObject);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ExpWait(1, &WaitObject, WaitAny, Alertable, Timeout, NULL);
    ObDereferenceObject(Object);
    return Status;
}

typedef struct _MULTIPLE_WAIT { /* too much for the kernel stack */
    HANDLE Handles[MAXIMUM_WAIT_OBJECTS];
    PVOID Objects[MAXIMUM_WAIT_OBJECTS];
    PVOID WaitObjects[MAXIMUM_WAIT_OBJECTS];
    KWAIT_BLOCK Blocks[MAXIMUM_WAIT_OBJECTS];
} MULTIPLE_WAIT;

static BOOLEAN ExpHasDuplicate(MULTIPLE_WAIT *Wait, ULONG Count) {
    for (ULONG First = 0; First < Count; First++) {
        for (ULONG Second = First + 1; Second < Count; Second++) {
            if (Wait->WaitObjects[First] == Wait->WaitObjects[Second])
                return TRUE;
        }
    }
    return FALSE;
}

NTSTATUS NTAPI NtWaitForMultipleObjects(ULONG Count, HANDLE *Handles, WAIT_TYPE WaitType, BOOLEAN Alertable, PLARGE_INTEGER Timeout) {
    LARGE_INTEGER Captured;
    MULTIPLE_WAIT *Wait;
    ULONG Referenced = 0;
    NTSTATUS Status;

    if (Count == 0 || Count > MAXIMUM_WAIT_OBJECTS)
        return STATUS_INVALID_PARAMETER_1;
    if (WaitType != WaitAny && WaitType != WaitAll)
        return STATUS_INVALID_PARAMETER_3;
    Status = ExpCaptureTimeout(Timeout, &Captured, &Timeout);
    if (!NT_SUCCESS(Status))
        return Status;
    Wait = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Wait), WAIT_TAG);
    if (Wait == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = KiCopyIn(Wait->Handles, Handles, Count * sizeof(HANDLE));
    for (ULONG Index = 0; Index < Count && NT_SUCCESS(Status); Index++) {
        Status = ExpReferenceWait(Wait->Handles[Index], &Wait->Objects[Index], &Wait->WaitObjects[Index]);
        Referenced += NT_SUCCESS(Status);
    }
    if (NT_SUCCESS(Status) && WaitType == WaitAll && ExpHasDuplicate(Wait, Count))
        Status = STATUS_INVALID_PARAMETER_MIX;
    if (NT_SUCCESS(Status))
        Status = ExpWait(Count, Wait->WaitObjects, WaitType, Alertable, Timeout, Wait->Blocks);
    while (Referenced-- > 0)
        ObDereferenceObject(Wait->Objects[Referenced]);
    ExFreePoolWithTag(Wait, WAIT_TAG);
    return Status;
}

/* Signals an event, a semaphore (by one) or a mutant. */
static NTSTATUS ExpSignal(HANDLE Handle) {
    PVOID Object;
    POBJECT_TYPE Type;
    NTSTATUS Status = ObReferenceObjectByHandle(Handle, 0, NULL, KiPreviousMode(), &Object, NULL);

    if (!NT_SUCCESS(Status))
        return Status;
    Type = ObpObjectType(Object);
    ObDereferenceObject(Object);
    if (Type == ExpEventType)
        return NtSetEvent(Handle, NULL);
    if (Type == ExpSemaphoreType)
        return NtReleaseSemaphore(Handle, 1, NULL);
    if (Type == ExpMutantType)
        return NtReleaseMutant(Handle, NULL);
    return STATUS_OBJECT_TYPE_MISMATCH;
}

NTSTATUS NTAPI NtSignalAndWaitForSingleObject(HANDLE SignalHandle, HANDLE WaitHandle, BOOLEAN Alertable, PLARGE_INTEGER Timeout) {
    LARGE_INTEGER Captured;
    PVOID Object, WaitObject;
    NTSTATUS Status = ExpCaptureTimeout(Timeout, &Captured, &Timeout);

    if (NT_SUCCESS(Status))
        Status = ExpReferenceWait(WaitHandle, &Object, &WaitObject);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ExpSignal(SignalHandle);
    if (NT_SUCCESS(Status))
        Status = ExpWait(1, &WaitObject, WaitAny, Alertable, Timeout, NULL);
    ObDereferenceObject(Object);
    return Status;
}

NTSTATUS NTAPI NtDelayExecution(BOOLEAN Alertable, PLARGE_INTEGER DelayInterval) {
    LARGE_INTEGER Captured;
    NTSTATUS Status = KiCopyIn(&Captured, DelayInterval, sizeof(Captured));

    return NT_SUCCESS(Status) ? KeDelayExecutionThread(KiPreviousMode(), Alertable, &Captured) : Status;
}

NTSTATUS NTAPI NtTestAlert(VOID) { return KeTestAlertThread(KiPreviousMode()) ? STATUS_ALERTED : STATUS_SUCCESS; }

/* The wait beneath user-mode locks: an alert that comes first is remembered. Address is for debuggers. */
NTSTATUS NTAPI NtWaitForAlertByThreadId(PVOID Address, PLARGE_INTEGER Timeout) {
    PKTHREAD Thread = KiCurrentThread();
    LARGE_INTEGER Captured;
    KI_DUE Due;
    NTSTATUS Status = ExpCaptureTimeout(Timeout, &Captured, &Timeout);

    if (!NT_SUCCESS(Status))
        return Status;
    Due = KiTimeoutToDue(Timeout);
    do {
        if (Thread->AlertedById) {
            Thread->AlertedById = FALSE;
            return STATUS_ALERTED;
        }
        Status = KiTestWaitAlert(Thread, KiPreviousMode(), FALSE);
        if (Status != STATUS_SUCCESS)
            return Status;
        if (KiDueTime(Due) <= KiQueryInterruptTime())
            return STATUS_TIMEOUT;
        KfRaiseIrql(DISPATCH_LEVEL);
        Status = KiBlockThread(Thread->WaitBlock, 0, Due, PASSIVE_LEVEL, WrAlertByThreadId, KiPreviousMode(), FALSE);
    } while (Status == STATUS_KERNEL_APC);
    return Status;
}

NTSTATUS NTAPI NtAlertThreadByThreadId(HANDLE ThreadId) {
    PETHREAD Thread = PspLookupId(ThreadId, PspThreadType);

    if (Thread == NULL)
        return STATUS_INVALID_CID;
    if (Thread->Process != ((PETHREAD)KiCurrentThread())->Process) {
        ObDereferenceObject(Thread);
        return STATUS_ACCESS_DENIED;
    }
    if (Thread->Tcb.State == Waiting && Thread->Tcb.WaitReason == WrAlertByThreadId)
        KiUnwaitThread(&Thread->Tcb, STATUS_ALERTED, 0);
    else
        Thread->Tcb.AlertedById = TRUE;
    ObDereferenceObject(Thread);
    return STATUS_SUCCESS;
}
