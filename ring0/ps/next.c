/* All processes and all threads of one, handle by handle; and holding on to a process's memory. */
#include "ob/ob.h"
#include "ps/ps.h"

NTSTATUS NTAPI NtGetNextProcess(HANDLE ProcessHandle, ACCESS_MASK DesiredAccess, ULONG HandleAttributes, ULONG Flags, PHANDLE NewProcessHandle);
NTSTATUS NTAPI NtGetNextThread(HANDLE ProcessHandle, HANDLE ThreadHandle, ACCESS_MASK DesiredAccess, ULONG HandleAttributes, ULONG Flags,
                               PHANDLE NewThreadHandle);
NTSTATUS NTAPI PsAcquireProcessExitSynchronization(PEPROCESS Process);
VOID NTAPI PsReleaseProcessExitSynchronization(PEPROCESS Process);

/* A handle to one that the caller may open; STATUS_ACCESS_DENIED: go on to the next. */
static NTSTATUS PspOpenNext(PVOID Object, POBJECT_TYPE Type, ULONG Attributes, ACCESS_MASK Access, PHANDLE Handle) {
    KPROCESSOR_MODE Mode = KiPreviousMode();
    HANDLE New;
    NTSTATUS Status =
        ObOpenObjectByPointer(Object, Attributes & (OBJ_INHERIT | (Mode == KernelMode ? OBJ_KERNEL_HANDLE : 0)), NULL, Access, Type, Mode, &New);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = KiCopyOut(Handle, &New, sizeof(New));
    if (!NT_SUCCESS(Status))
        ObCloseHandle(New, Mode);
    return Status;
}

/* Flag 1 goes backwards. */
NTSTATUS NTAPI NtGetNextProcess(HANDLE ProcessHandle, ACCESS_MASK DesiredAccess, ULONG HandleAttributes, ULONG Flags, PHANDLE NewProcessHandle) {
    PEPROCESS Process = NULL;
    PLIST_ENTRY Link = &PsActiveProcessHead;
    NTSTATUS Status;

    if (Flags > 1)
        return STATUS_INVALID_PARAMETER;
    if (ProcessHandle != NULL) {
        Status = ObReferenceObjectByHandle(ProcessHandle, 0, PspProcessType, KiPreviousMode(), (PVOID *)&Process, NULL);
        if (!NT_SUCCESS(Status))
            return Status;
        Link = &Process->ActiveProcessLinks;
    }
    do {
        Link = Flags & 1 ? Link->Blink : Link->Flink;
        Status = Link == &PsActiveProcessHead || (Process != NULL && Link == &Process->ActiveProcessLinks)
                     ? STATUS_NO_MORE_ENTRIES
                     : PspOpenNext(CONTAINING_RECORD(Link, struct _EPROCESS, ActiveProcessLinks), PspProcessType, HandleAttributes, DesiredAccess,
                                   NewProcessHandle);
    } while (Status == STATUS_ACCESS_DENIED);
    if (Process != NULL)
        ObDereferenceObject(Process);
    return Status;
}

NTSTATUS NTAPI NtGetNextThread(HANDLE ProcessHandle, HANDLE ThreadHandle, ACCESS_MASK DesiredAccess, ULONG HandleAttributes, ULONG Flags,
                               PHANDLE NewThreadHandle) {
    KPROCESSOR_MODE Mode = KiPreviousMode();
    PEPROCESS Process;
    PETHREAD Thread = NULL;
    PLIST_ENTRY Head, Link;
    NTSTATUS Status;

    if (Flags != 0)
        return STATUS_INVALID_PARAMETER;
    Status = ObReferenceObjectByHandle(ProcessHandle, PROCESS_QUERY_ACCESS, PspProcessType, Mode, (PVOID *)&Process, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    if (ThreadHandle != NULL)
        Status = ObReferenceObjectByHandle(ThreadHandle, 0, PspThreadType, Mode, (PVOID *)&Thread, NULL);
    if (NT_SUCCESS(Status) && Thread != NULL && Thread->Process != Process)
        Status = STATUS_INVALID_PARAMETER;
    Head = &Process->Pcb.ThreadListHead;
    Link = Thread != NULL ? &Thread->Tcb.ThreadListEntry : Head;
    if (NT_SUCCESS(Status) && Thread != NULL && Thread->Tcb.State == Terminated)
        Status = STATUS_NO_MORE_ENTRIES; /* it is in no list any more */
    if (NT_SUCCESS(Status)) {
        do {
            Link = Link->Flink;
            Status = Link == Head ? STATUS_NO_MORE_ENTRIES
                                  : PspOpenNext(CONTAINING_RECORD(Link, struct _ETHREAD, Tcb.ThreadListEntry), PspThreadType, HandleAttributes,
                                                DesiredAccess, NewThreadHandle);
        } while (Status == STATUS_ACCESS_DENIED);
    }
    if (Thread != NULL)
        ObDereferenceObject(Thread);
    ObDereferenceObject(Process);
    return Status;
}

/* Until it is released the process keeps its memory, even when its last thread has ended. */
NTSTATUS NTAPI PsAcquireProcessExitSynchronization(PEPROCESS Process) {
    return ExAcquireRundownProtection(&Process->RundownProtect) ? STATUS_SUCCESS : STATUS_PROCESS_IS_TERMINATING;
}

VOID NTAPI PsReleaseProcessExitSynchronization(PEPROCESS Process) { ExReleaseRundownProtection(&Process->RundownProtect); }

BOOLEAN PspIsThread(PKTHREAD Thread) {
    for (PLIST_ENTRY Entry = PsActiveProcessHead.Flink; Entry != &PsActiveProcessHead; Entry = Entry->Flink) {
        PLIST_ENTRY Head = &CONTAINING_RECORD(Entry, struct _EPROCESS, ActiveProcessLinks)->Pcb.ThreadListHead;

        for (PLIST_ENTRY Link = Head->Flink; Link != Head; Link = Link->Flink) {
            if (CONTAINING_RECORD(Link, struct _KTHREAD, ThreadListEntry) == Thread)
                return TRUE;
        }
    }
    return FALSE;
}
