/* Who sent an IRP, what a thread is doing, and the current thread's stack. */
#include "io/io.h"

PEPROCESS NTAPI IoThreadToProcess(PETHREAD Thread) { return Thread->Process; }

BOOLEAN NTAPI IoIsSystemThread(PETHREAD Thread) { return Thread->Tcb.SystemThread; }

/* The process whose address space the request's user addresses belong to. NULL for an IRP without a thread. */
PEPROCESS NTAPI IoGetRequestorProcess(PIRP Irp) {
    PETHREAD Thread = Irp->Tail.Overlay.Thread;
    if (!Thread)
        return NULL;
    if (Irp->ApcEnvironment == OriginalApcEnvironment)
        return Thread->Process;
    return Thread->Tcb.ApcStateIndex == AttachedApcEnvironment ? (PEPROCESS)Thread->Tcb.ApcState.Process : NULL;
}

ULONG NTAPI IoGetRequestorProcessId(PIRP Irp) {
    PEPROCESS Process = IoGetRequestorProcess(Irp);
    return Process ? HandleToULong(Process->UniqueProcessId) : 0;
}

/* Every session is session 0. */
NTSTATUS NTAPI IoGetRequestorSessionId(PIRP Irp, PULONG SessionId) {
    PEPROCESS Process = IoGetRequestorProcess(Irp);
    *SessionId = Process ? PsGetProcessSessionId(Process) : (ULONG)-1;
    return Process ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

/* There are no 32-bit processes. */
BOOLEAN IoIs32bitProcess(PIRP Irp) { return FALSE; }

BOOLEAN NTAPI IoIsOperationSynchronous(PIRP Irp) {
    PFILE_OBJECT File = IoGetCurrentIrpStackLocation(Irp)->FileObject;
    if (Irp->Flags & IRP_PAGING_IO)
        return (Irp->Flags & IRP_SYNCHRONOUS_PAGING_IO) != 0;
    return (Irp->Flags & IRP_SYNCHRONOUS_API) || (File && (File->Flags & FO_SYNCHRONOUS_IO));
}

PVOID NTAPI IoGetInitialStack(VOID) { return (PVOID)(ULONG_PTR)KiCurrentThread()->StackTop; }

VOID NTAPI IoGetStackLimits(PULONG_PTR LowLimit, PULONG_PTR HighLimit) {
    *LowLimit = KiCurrentThread()->StackLimit;
    *HighLimit = KiCurrentThread()->StackTop;
}

LOGICAL NTAPI IoWithinStackLimits(ULONG_PTR RegionStart, SIZE_T RegionSize) {
    PKTHREAD Thread = KiCurrentThread();
    return RegionStart >= Thread->StackLimit && RegionStart <= Thread->StackTop && RegionSize <= Thread->StackTop - RegionStart;
}

PIRP NTAPI IoGetTopLevelIrp(VOID) { return ((PETHREAD)KiCurrentThread())->TopLevelIrp; }

VOID NTAPI IoSetTopLevelIrp(PIRP Irp) { ((PETHREAD)KiCurrentThread())->TopLevelIrp = Irp; }

/* WDM ends at 6.0, which Windows Vista brought (documentation of IoIsWdmVersionAvailable). */
BOOLEAN NTAPI IoIsWdmVersionAvailable(UCHAR MajorVersion, UCHAR MinorVersion) { return MajorVersion < 6 || (MajorVersion == 6 && MinorVersion == 0); }

static PKEVENT CreateEvent(PUNICODE_STRING Name, EVENT_TYPE Type, PHANDLE Handle) {
    OBJECT_ATTRIBUTES Attributes;
    PVOID Event;

    InitializeObjectAttributes(&Attributes, Name, OBJ_OPENIF | OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    if (!NT_SUCCESS(ZwCreateEvent(Handle, EVENT_ALL_ACCESS, &Attributes, Type, TRUE)))
        return NULL;
    if (!NT_SUCCESS(ObReferenceObjectByHandle(*Handle, 0, NULL, KernelMode, &Event, NULL))) {
        ZwClose(*Handle);
        return NULL;
    }
    ObfDereferenceObject(Event); /* the handle keeps it */
    return Event;
}

/* Signaled when it is new (documentation of both). */
PKEVENT NTAPI IoCreateNotificationEvent(PUNICODE_STRING EventName, PHANDLE EventHandle) {
    return CreateEvent(EventName, NotificationEvent, EventHandle);
}

PKEVENT NTAPI IoCreateSynchronizationEvent(PUNICODE_STRING EventName, PHANDLE EventHandle) {
    return CreateEvent(EventName, SynchronizationEvent, EventHandle);
}

static KSPIN_LOCK VpbLock;

VOID NTAPI IoAcquireVpbSpinLock(PKIRQL Irql) { *Irql = KeAcquireSpinLockRaiseToDpc(&VpbLock); }

VOID NTAPI IoReleaseVpbSpinLock(KIRQL Irql) { KeReleaseSpinLock(&VpbLock, Irql); }

/* Counts of devices that drivers keep up to date themselves. */
PCONFIGURATION_INFORMATION NTAPI IoGetConfigurationInformation(VOID) {
    static CONFIGURATION_INFORMATION Configuration = {.Version = sizeof(CONFIGURATION_INFORMATION)};
    return &Configuration;
}
