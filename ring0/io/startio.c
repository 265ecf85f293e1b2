/*
 * StartIo: one request at a time per device (documentation of IoStartPacket, IoStartNextPacket, IoSetStartIoAttributes). DriverStartIo is called at
 * DISPATCH_LEVEL, with the cancel spin lock not held.
 */
#include "io/io.h"

static PIRP IrpOf(PKDEVICE_QUEUE_ENTRY Entry) { return Entry ? CONTAINING_RECORD(Entry, IRP, Tail.Overlay.DeviceQueueEntry) : NULL; }

VOID NTAPI IoStartPacket(PDEVICE_OBJECT DeviceObject, PIRP Irp, PULONG Key, PDRIVER_CANCEL CancelFunction) {
    KIRQL Irql = KfRaiseIrql(DISPATCH_LEVEL), CancelIrql = DISPATCH_LEVEL;
    BOOLEAN Queued;

    if (CancelFunction) {
        IoAcquireCancelSpinLock(&CancelIrql);
        (void)IoSetCancelRoutine(Irp, CancelFunction);
    }
    Queued = Key ? KeInsertByKeyDeviceQueue(&DeviceObject->DeviceQueue, &Irp->Tail.Overlay.DeviceQueueEntry, *Key)
                 : KeInsertDeviceQueue(&DeviceObject->DeviceQueue, &Irp->Tail.Overlay.DeviceQueueEntry);
    if (!Queued) {
        DeviceObject->CurrentIrp = Irp;
        if (CancelFunction) {
            if (IopExtension(DeviceObject)->StartIoFlags & DOE_SIO_NONCANCELABLE)
                (void)IoSetCancelRoutine(Irp, NULL);
            IoReleaseCancelSpinLock(CancelIrql);
        }
        DeviceObject->DriverObject->DriverStartIo(DeviceObject, Irp);
    } else if (CancelFunction) {
        if (Irp->Cancel && IoSetCancelRoutine(Irp, NULL)) { /* cancelled before it was queued */
            Irp->CancelIrql = CancelIrql;
            CancelFunction(DeviceObject, Irp); /* releases the lock */
        } else {
            IoReleaseCancelSpinLock(CancelIrql);
        }
    }
    KeLowerIrql(Irql);
}

static VOID StartNext(PDEVICE_OBJECT Device, BOOLEAN Cancelable, BOOLEAN ByKey, ULONG Key) {
    KIRQL CancelIrql = DISPATCH_LEVEL;
    PIRP Irp;

    if (Cancelable)
        IoAcquireCancelSpinLock(&CancelIrql);
    Device->CurrentIrp = NULL;
    Irp = IrpOf(ByKey ? KeRemoveByKeyDeviceQueue(&Device->DeviceQueue, Key) : KeRemoveDeviceQueue(&Device->DeviceQueue));
    if (Irp) {
        Device->CurrentIrp = Irp;
        if (Cancelable && (IopExtension(Device)->StartIoFlags & DOE_SIO_NONCANCELABLE))
            (void)IoSetCancelRoutine(Irp, NULL);
    }
    if (Cancelable)
        IoReleaseCancelSpinLock(CancelIrql);
    if (Irp)
        Device->DriverObject->DriverStartIo(Device, Irp);
}

/* With deferred StartIo a call from within DriverStartIo is noted and done by the outer one, so that the stack does not grow with the queue. */
static VOID StartNextDeferred(PDEVICE_OBJECT Device, BOOLEAN Cancelable, BOOLEAN ByKey, ULONG Key) {
    IOP_DEVOBJ_EXTENSION *Extension = IopExtension(Device);

    Extension->StartIoKey = (LONG)Key;
    Extension->StartIoFlags &= ~(DOE_SIO_NO_KEY | DOE_SIO_WITH_KEY);
    Extension->StartIoFlags |= ByKey ? DOE_SIO_WITH_KEY : DOE_SIO_NO_KEY;
    if (++Extension->StartIoCount > 1)
        return;
    do {
        StartNext(Device, Cancelable, (Extension->StartIoFlags & DOE_SIO_WITH_KEY) != 0, (ULONG)Extension->StartIoKey);
    } while (--Extension->StartIoCount > 0);
}

VOID NTAPI IoStartNextPacket(PDEVICE_OBJECT DeviceObject, BOOLEAN Cancelable) {
    if (IopExtension(DeviceObject)->StartIoFlags & DOE_SIO_DEFERRED)
        StartNextDeferred(DeviceObject, Cancelable, FALSE, 0);
    else
        StartNext(DeviceObject, Cancelable, FALSE, 0);
}

VOID NTAPI IoStartNextPacketByKey(PDEVICE_OBJECT DeviceObject, BOOLEAN Cancelable, ULONG Key) {
    if (IopExtension(DeviceObject)->StartIoFlags & DOE_SIO_DEFERRED)
        StartNextDeferred(DeviceObject, Cancelable, TRUE, Key);
    else
        StartNext(DeviceObject, Cancelable, TRUE, Key);
}

VOID NTAPI IoSetStartIoAttributes(PDEVICE_OBJECT DeviceObject, BOOLEAN DeferredStartIo, BOOLEAN NonCancelable) {
    ULONG *Flags = &IopExtension(DeviceObject)->StartIoFlags;
    *Flags &= ~(DOE_SIO_DEFERRED | DOE_SIO_NONCANCELABLE);
    *Flags |= (DeferredStartIo ? DOE_SIO_DEFERRED : 0) | (NonCancelable ? DOE_SIO_NONCANCELABLE : 0);
}
