/* A pipe's descriptor: all its instances have the same. */
#include "npfsp.h"

/* Names held. */
static NTSTATUS NpPipeOf(PIRP Irp, PNP_PIPE *Pipe) {
    PNP_END End = IoGetCurrentIrpStackLocation(Irp)->FileObject->FsContext;

    if (End == NULL)
        return STATUS_INVALID_PARAMETER;
    if (End->Instance == NULL)
        return STATUS_PIPE_DISCONNECTED;
    *Pipe = End->Instance->Pipe;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NpQuerySecurity(PDEVICE_OBJECT Device, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG Length = Stack->Parameters.QuerySecurity.Length;
    PNP_PIPE Pipe;
    NTSTATUS Status;

    NpLockNames();
    Status = NpPipeOf(Irp, &Pipe);
    if (NT_SUCCESS(Status)) {
        __try {
            Status = SeQuerySecurityDescriptorInfo(&Stack->Parameters.QuerySecurity.SecurityInformation, Irp->UserBuffer, &Length, &Pipe->Security);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            Status = GetExceptionCode();
        }
    }
    NpUnlockNames();
    if (Status == STATUS_BUFFER_TOO_SMALL)
        Status = STATUS_BUFFER_OVERFLOW; /* Information says how much it takes ("IRP_MJ_QUERY_SECURITY") */
    return NpComplete(Irp, Status, NT_SUCCESS(Status) || Status == STATUS_BUFFER_OVERFLOW ? Length : 0);
}

NTSTATUS NTAPI NpSetSecurity(PDEVICE_OBJECT Device, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PSECURITY_DESCRIPTOR New;
    PNP_PIPE Pipe;
    NTSTATUS Status;

    NpLockNames();
    Status = NpPipeOf(Irp, &Pipe);
    if (NT_SUCCESS(Status)) {
        New = Pipe->Security;
        Status = SeSetSecurityDescriptorInfo(NULL, &Stack->Parameters.SetSecurity.SecurityInformation,
                                             Stack->Parameters.SetSecurity.SecurityDescriptor, &New, PagedPool, IoGetFileObjectGenericMapping());
    }
    if (NT_SUCCESS(Status)) {
        SeDeassignSecurity(&Pipe->Security);
        Pipe->Security = New;
    }
    NpUnlockNames();
    return NpComplete(Irp, Status, 0);
}
