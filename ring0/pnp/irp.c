/* IRPs of Plug and Play from the manager to the drivers of a device. */
#include "pnp/node.h"

NTSTATUS PnpSend(PDEVICE_OBJECT Device, UCHAR MinorFunction, const IO_STACK_LOCATION *Parameters, PULONG_PTR Information) {
    PDEVICE_OBJECT Top = IoGetAttachedDeviceReference(Device);
    IO_STATUS_BLOCK Result = {0};
    PIO_STACK_LOCATION Stack;
    KEVENT Event;
    PIRP Irp;
    NTSTATUS Status;

    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    Irp = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, Top, NULL, 0, NULL, &Event, &Result);
    if (Irp == NULL) {
        ObfDereferenceObject(Top);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    Irp->IoStatus.Information = Information != NULL ? *Information : 0;
    Stack = IoGetNextIrpStackLocation(Irp);
    if (Parameters != NULL)
        Stack->Parameters = Parameters->Parameters;
    Stack->MajorFunction = IRP_MJ_PNP;
    Stack->MinorFunction = MinorFunction;
    Status = IofCallDriver(Top, Irp);
    if (Status == STATUS_PENDING) {
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
        Status = Result.Status;
    }
    ObfDereferenceObject(Top);
    if (Information != NULL)
        *Information = Result.Information; /* an IRP that fails at once leaves none */
    return Status;
}

NTSTATUS PnpSendSimple(PPNP_NODE Node, UCHAR MinorFunction) { return PnpSend(Node->Pdo, MinorFunction, NULL, NULL); }

PVOID PnpQuery(PPNP_NODE Node, UCHAR MinorFunction, const IO_STACK_LOCATION *Parameters) {
    ULONG_PTR Information = 0;

    return NT_SUCCESS(PnpSend(Node->Pdo, MinorFunction, Parameters, &Information)) ? (PVOID)Information : NULL;
}

/* The structure begins as its page says: version 1, no address, no number. */
VOID PnpQueryCapabilities(PPNP_NODE Node, PDEVICE_CAPABILITIES Capabilities) {
    IO_STACK_LOCATION Parameters = {0};

    *Capabilities = (DEVICE_CAPABILITIES){.Size = sizeof(*Capabilities), .Version = 1, .Address = MAXULONG, .UINumber = MAXULONG};
    Parameters.Parameters.DeviceCapabilities.Capabilities = Capabilities;
    PnpSend(Node->Pdo, IRP_MN_QUERY_CAPABILITIES, &Parameters, NULL);
}
