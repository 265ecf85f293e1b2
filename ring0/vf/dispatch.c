/* Returned statuses and pending marks of dispatch routines. */
#include "vf/dispatch.h"
#include "rtl/crt.h"
#include "vf/vfp.h"

#define VFP_BUCKETS 64u

static VF_DISPATCH *VfpDispatches[VFP_BUCKETS]; /* by IRP; the last begun is first */

static VF_DISPATCH **VfpBucket(PIRP Irp) { return &VfpDispatches[((ULONG_PTR)Irp >> 6) % VFP_BUCKETS]; }

VOID VfBeginDispatch(VF_DISPATCH *Dispatch, PIRP Irp) {
    VF_DISPATCH **Bucket = VfpBucket(Irp);

    for (VF_DISPATCH *Other = *Bucket; Other != NULL; Other = Other->Next)
        if (Other->Irp == Irp && !Other->Passed)
            Other->Forwarded = TRUE;
    *Dispatch = (VF_DISPATCH){.Next = *Bucket, .Irp = Irp, .Thread = KiCurrentThread(), .Stack = IoGetCurrentIrpStackLocation(Irp)};
    *Bucket = Dispatch;
}

/* A location that was skipped is the next driver's as well: all of them are passed. */
VOID VfNotePassed(PIRP Irp, PIO_STACK_LOCATION Stack) {
    for (VF_DISPATCH *Dispatch = *VfpBucket(Irp); Dispatch != NULL; Dispatch = Dispatch->Next) {
        if (Dispatch->Irp != Irp || Dispatch->Stack != Stack || Dispatch->Passed)
            continue;
        Dispatch->Passed = TRUE;
        Dispatch->Status = Irp->IoStatus.Status;
        Dispatch->Pending = (Stack->Control & SL_PENDING_RETURNED) != 0;
    }
}

static DECLSPEC_NORETURN VOID VfpStopReturned(const VF_DISPATCH *Dispatch, ULONG Code, NTSTATUS Status, PVOID Routine, PDEVICE_OBJECT DeviceObject,
                                              PCSTR Rest) {
    static CHAR Text[256];

    _snprintf(Text, sizeof(Text) - 1, "a dispatch routine returned 0x%08X%s", Status, Rest);
    KiNameParameters((PCSTR[4]){"kind of violation", "dispatch routine", "IRP", "device object"});
    KiBugCheckInRoutine(C9, Code, (ULONG_PTR)Routine, (ULONG_PTR)Dispatch->Irp, (ULONG_PTR)DeviceObject, Routine, Text);
}

VOID VfForgetDispatch(VF_DISPATCH *Dispatch) {
    VF_DISPATCH **Link = VfpBucket(Dispatch->Irp);

    while (*Link != Dispatch)
        Link = &(*Link)->Next;
    *Link = Dispatch->Next;
}

VOID VfForgetDispatches(PKTHREAD Thread) {
    for (ULONG I = 0; I < VFP_BUCKETS; I++) {
        for (VF_DISPATCH **Link = &VfpDispatches[I]; *Link != NULL;) {
            if ((*Link)->Thread == Thread)
                *Link = (*Link)->Next;
            else
                Link = &(*Link)->Next;
        }
    }
}

/* An IRP that was sent on, and is not back, is marked by the driver that has it. */
VOID VfEndDispatch(VF_DISPATCH *Dispatch, NTSTATUS Status, PVOID Routine, PDEVICE_OBJECT DeviceObject) {
    BOOLEAN Marked;

    VfForgetDispatch(Dispatch);
    if (!Dispatch->Passed && Dispatch->Forwarded)
        return;
    Marked = Dispatch->Passed ? Dispatch->Pending : (Dispatch->Stack->Control & SL_PENDING_RETURNED) != 0;
    if (Marked && Status != STATUS_PENDING)
        VfpStopReturned(Dispatch, 0x23E, Status, Routine, DeviceObject,
                        " for an IRP that it has marked pending: after IoMarkIrpPending it returns STATUS_PENDING");
    if (!Marked && Status == STATUS_PENDING)
        VfpStopReturned(Dispatch, 0x23D, Status, Routine, DeviceObject, ", STATUS_PENDING, and has not marked the IRP: call IoMarkIrpPending before");
    if (Dispatch->Passed && Status != STATUS_PENDING && Status != Dispatch->Status)
        VfpStopReturned(Dispatch, 0x224, Status, Routine, DeviceObject,
                        " for an IRP that was completed with another status: it returns what it has put into IoStatus.Status");
}
