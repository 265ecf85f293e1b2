/* IRPs and devices that drivers pass to the I/O manager ("Bug Check 0xC9: DRIVER_VERIFIER_IOMANAGER_VIOLATION", "Bug Check 0xC4"). */
#include "io/io.h"
#include "mm/mm.h"
#include "rtl/crt.h"
#include "vf/vfp.h"

static BOOLEAN VfpIsIrp(PIRP Irp) { return MmIsAddressValid(Irp) && Irp->Type == IO_TYPE_IRP; }

/* Those that may be sent at DISPATCH_LEVEL: the others' dispatch routines wait and touch pageable memory ("Dispatch Routines and IRQLs"). */
static BOOLEAN VfpMayBeSentRaised(UCHAR Major) {
    return Major == IRP_MJ_READ || Major == IRP_MJ_WRITE || Major == IRP_MJ_DEVICE_CONTROL || Major == IRP_MJ_INTERNAL_DEVICE_CONTROL ||
           Major == IRP_MJ_POWER;
}

/* IoCallDriver, PoCallDriver. */
VOID VfCheck_send(const VF_CONTRACT *Contract, const ULONG64 *Arguments) {
    PDEVICE_OBJECT Device = VFP_DEVICE(Arguments, 0);
    PIRP Irp = VFP_IRP(Arguments, 1);
    PIO_STACK_LOCATION Next;

    if (Device == NULL)
        VfpRefuseRequest(Contract, Arguments, 0x204, Irp, NULL, " with NULL for the device");
    if (!VfpIsIrp(Irp))
        VfpRefuseArguments(Contract, Arguments, C9, (ULONG_PTR[4]){0x03, (ULONG_PTR)Irp}, (PCSTR[3]){"IRP", "", ""},
                           " with what is no IRP, or has been freed");
    if (!MmIsAddressValid(Device) || Device->Type != IO_TYPE_DEVICE)
        VfpRefuseArguments(Contract, Arguments, C9, (ULONG_PTR[4]){0x04, (ULONG_PTR)Device}, (PCSTR[3]){"device object", "", ""},
                           " with what is no device object, or has been deleted");
    if (KiProcessor->InterruptsDisabled)
        VfpRefuseArguments(Contract, Arguments, C4, (ULONG_PTR[4]){0xC0, (ULONG_PTR)Irp}, (PCSTR[3]){"IRP", "", ""}, " with interrupts disabled");
    if (Irp->CancelRoutine != NULL)
        VfpRefuseRequest(
            Contract, Arguments, 0x203, Irp, Device,
            " for an IRP whose cancel routine is still set: take it back with IoSetCancelRoutine(Irp, NULL) before the IRP goes to another");
    if (Irp->CurrentLocation <= 1)
        return; /* 0x35 */
    Next = IoGetNextIrpStackLocation(Irp);
    if (KiCurrentIrql() == DISPATCH_LEVEL && !VfpMayBeSentRaised(Next->MajorFunction))
        VfpRefuseRequest(
            Contract, Arguments, 0x23A, Irp, Device,
            " at DISPATCH_LEVEL for a request that is for APC_LEVEL or below: only reads, writes, device controls and power requests are not");
    if (Irp->RequestorMode == KernelMode && Irp->UserBuffer != NULL && (ULONG_PTR)Irp->UserBuffer < HAL_USER_END)
        VfpRefuseArguments(Contract, Arguments, C4, (ULONG_PTR[4]){0xE2, (ULONG_PTR)Irp, (ULONG_PTR)Irp->UserBuffer},
                           (PCSTR[3]){"IRP", "address", ""},
                           " for an IRP with RequestorMode KernelMode and an address of user space, which the driver below will not probe");
}

/* How much of the system buffer goes to the requester; MAXULONG_PTR when that is not the I/O manager's to copy. */
static ULONG_PTR VfpOutputLength(PIRP Irp) {
    PIO_STACK_LOCATION Top = (PIO_STACK_LOCATION)(Irp + 1) + Irp->StackCount - 1;

    if ((Irp->Flags & (IRP_BUFFERED_IO | IRP_INPUT_OPERATION)) != (IRP_BUFFERED_IO | IRP_INPUT_OPERATION) || Irp->StackCount < 1)
        return MAXULONG_PTR;
    switch (Top->MajorFunction) {
    case IRP_MJ_READ: return Top->Parameters.Read.Length;
    case IRP_MJ_DEVICE_CONTROL:
    case IRP_MJ_INTERNAL_DEVICE_CONTROL: return Top->Parameters.DeviceIoControl.OutputBufferLength;
    default: return MAXULONG_PTR;
    }
}

VOID VfCheck_complete(const VF_CONTRACT *Contract, const ULONG64 *Arguments) {
    PIRP Irp = VFP_IRP(Arguments, 0);
    NTSTATUS Status;

    if (!VfpIsIrp(Irp) || IopIsCompleted(Irp))
        return; /* 0x44 */
    Status = Irp->IoStatus.Status;
    if (Status == STATUS_PENDING || Status == (NTSTATUS)-1)
        VfpRefuseArguments(Contract, Arguments, C9, (ULONG_PTR[4]){0x06, (ULONG)Status, (ULONG_PTR)Irp}, (PCSTR[3]){"status", "IRP", ""},
                           " for an IRP with IoStatus.Status STATUS_PENDING, or -1: the final status is set first");
    if (!NT_ERROR(Status) && Irp->IoStatus.Information > VfpOutputLength(Irp))
        VfpRefuseRequest(
            Contract, Arguments, 0x312, Irp, IoGetCurrentIrpStackLocation(Irp)->DeviceObject,
            " for an IRP with more in IoStatus.Information than the requester's buffer has room for: what is behind the system buffer would go "
            "to the program");
}

VOID VfCheck_freeirp(const VF_CONTRACT *Contract, const ULONG64 *Arguments) {
    PIRP Irp = VFP_IRP(Arguments, 0);

    if (!VfpIsIrp(Irp))
        VfpRefuseArguments(Contract, Arguments, C9, (ULONG_PTR[4]){0x01, (ULONG_PTR)Irp}, (PCSTR[3]){"IRP", "", ""},
                           " for what is no IRP, or has been freed before");
    if (Irp->ThreadListEntry.Flink != NULL && !IsListEmpty(&Irp->ThreadListEntry))
        VfpRefuseArguments(
            Contract, Arguments, C9, (ULONG_PTR[4]){0x02, (ULONG_PTR)Irp}, (PCSTR[3]){"IRP", "", ""},
            " for an IRP that is in a thread's list: who made it with IoBuildDeviceIoControlRequest or IoBuildSynchronousFsdRequest sends it, and "
            "the I/O manager frees it");
}

/* What is not in the IRPs' own pool was never allocated as one. */
VOID VfCheck_initirp(const VF_CONTRACT *Contract, const ULONG64 *Arguments) {
    MM_POOL_BLOCK Block;
    PIRP Irp = VFP_IRP(Arguments, 0);

    if (MmFindPoolBlock(Irp, &Block) && Block.Base == Irp && Block.Tag == IOP_IRP_TAG && Irp->Type == IO_TYPE_IRP)
        VfpRefuseRequest(Contract, Arguments, 0x20D, Irp, NULL, " for an IRP that IoAllocateIrp has made: call IoReuseIrp to use it again");
}

VOID VfCheck_iotimer(const VF_CONTRACT *Contract, const ULONG64 *Arguments) {
    if (VFP_DEVICE(Arguments, 0)->Timer != NULL)
        VfpRefuseArguments(Contract, Arguments, C9, (ULONG_PTR[4]){0x0A, Arguments[0]}, (PCSTR[3]){"device object", "", ""},
                           " for a device that has its timer already");
}

VOID VfCheck_delete(const VF_CONTRACT *Contract, const ULONG64 *Arguments) {
    PDEVICE_OBJECT Device = VFP_DEVICE(Arguments, 0);

    if (IopExtension(Device)->AttachedTo != NULL)
        VfpRefuseRequest(Contract, Arguments, 0x201, NULL, Device, " for a device that is attached to another: call IoDetachDevice first");
}

VOID VfCheck_detach(const VF_CONTRACT *Contract, const ULONG64 *Arguments) {
    PDEVICE_OBJECT Device = VFP_DEVICE(Arguments, 0);

    if (Device->AttachedDevice == NULL)
        VfpRefuseRequest(
            Contract, Arguments, 0x202, NULL, Device,
            " for a device that nothing is attached to: its argument is what IoAttachDeviceToDeviceStack returned, and it is called once");
}
