/*
 * What became of an IRP while a dispatch routine had it, so that what the routine returns can be judged ("Bug Check 0xC9", 0x224, 0x23D, 0x23E). One record for each
 * call under way; it is the I/O manager that notes, under the verifier.
 */
#pragma once
#include "vf/fence.h"

typedef struct _VF_DISPATCH {
    struct _VF_DISPATCH *Next;
    PIRP Irp;
    PKTHREAD Thread;
    PIO_STACK_LOCATION Stack; /* the routine's */
    NTSTATUS Status;          /* of IoStatus, when the IRP went up from there */
    BOOLEAN Passed;           /* it has gone up from there: the IRP is not to be touched */
    BOOLEAN Pending;          /* and was marked pending then */
    BOOLEAN Forwarded;        /* it was sent on */
} VF_DISPATCH;

VOID VfBeginDispatch(VF_DISPATCH *Dispatch, PIRP Irp);
/* The routine has returned Status; comes back if that is right. */
VOID VfEndDispatch(VF_DISPATCH *Dispatch, NTSTATUS Status, PVOID Routine, PDEVICE_OBJECT DeviceObject);
/* An exception has gone through the call; a thread ends in calls. */
VOID VfForgetDispatch(VF_DISPATCH *Dispatch);
VOID VfForgetDispatches(PKTHREAD Thread);
/* The IRP, with this IoStatus, goes up from the location. */
VOID VfNotePassed(PIRP Irp, PIO_STACK_LOCATION Stack);
