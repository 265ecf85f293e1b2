/* I/O functions that device.c, cancel.c and completion.c leave out: devices and drivers by name, requests that drivers build, StartIo, timers, events, logs. */
#define TAP_OWN_UNLOAD
#include "kernel/more.h"

NTSTATUS NTAPI IoEnumerateDeviceObjectList(PDRIVER_OBJECT, PDEVICE_OBJECT *, ULONG, PULONG);
NTSTATUS NTAPI ObReferenceObjectByName(PUNICODE_STRING, ULONG, PACCESS_STATE, ACCESS_MASK, POBJECT_TYPE, KPROCESSOR_MODE, PVOID, PVOID *);
NTSTATUS NTAPI ObOpenObjectByName(POBJECT_ATTRIBUTES, POBJECT_TYPE, KPROCESSOR_MODE, PACCESS_STATE, ACCESS_MASK, PVOID, PHANDLE);
NTSTATUS NTAPI IoCreateDriver(PUNICODE_STRING, PDRIVER_INITIALIZE);
VOID NTAPI IoDeleteDriver(PDRIVER_OBJECT);
PDEVICE_OBJECT NTAPI IoGetBaseFileSystemDeviceObject(PFILE_OBJECT);
PVOID NTAPI RealGetInitialStack(VOID) __asm__("IoGetInitialStack");
VOID NTAPI RealAcquireCancelSpinLock(PKIRQL) __asm__("IoAcquireCancelSpinLock");
NTSTATUS NTAPI IoAttachDeviceByPointer(PDEVICE_OBJECT, PDEVICE_OBJECT);
PGENERIC_MAPPING NTAPI IoGetFileObjectGenericMapping(VOID);
BOOLEAN NTAPI RealIsWdmVersionAvailable(UCHAR, UCHAR) __asm__("IoIsWdmVersionAvailable");
VOID NTAPI IoAcquireVpbSpinLock(PKIRQL);
VOID NTAPI IoReleaseVpbSpinLock(KIRQL);
LONG_PTR FASTCALL ObfReferenceObjectWithTag(PVOID, ULONG);
LONG_PTR FASTCALL ObfDereferenceObjectWithTag(PVOID, ULONG);
__declspec(dllimport) extern POBJECT_TYPE *IoDriverObjectType, *IoDeviceObjectType, *ExSemaphoreObjectType;

typedef struct _EXTENSION {
    ULONG Seen, Shutdowns, Ticks, Started, LastCode;
    PIRP Pending;
} EXTENSION;

static PDRIVER_OBJECT Driver;
static PDEVICE_OBJECT Device;
static KEVENT Wake;

static EXTENSION *Ext(PDEVICE_OBJECT Which) { return Which->DeviceExtension; }

static NTSTATUS Dispatch(PDEVICE_OBJECT Which, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    Ext(Which)->Seen++;
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    if (Stack->MajorFunction == IRP_MJ_SHUTDOWN)
        Ext(Which)->Shutdowns++;
    if (Stack->MajorFunction == IRP_MJ_READ) {
        RtlFillMemory(Irp->AssociatedIrp.SystemBuffer, Stack->Parameters.Read.Length, 0x5A);
        Irp->IoStatus.Information = Stack->Parameters.Read.Length;
    } else if (Stack->MajorFunction == IRP_MJ_WRITE) {
        Irp->IoStatus.Information = Stack->Parameters.Write.Length;
    }
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static PDEVICE_OBJECT MakeDevice(PUNICODE_STRING Name) {
    PDEVICE_OBJECT Made = NULL;
    IoCreateDevice(Driver, sizeof(EXTENSION), Name, FILE_DEVICE_UNKNOWN, 0, FALSE, &Made);
    Made->Flags |= DO_BUFFERED_IO;
    Made->Flags &= ~DO_DEVICE_INITIALIZING;
    return Made;
}

static VOID TestNames(VOID) {
    PVOID Object = NULL;
    PDEVICE_OBJECT List[4] = {NULL};
    ULONG Count = 0;
    HANDLE Handle = NULL;
    STATUS(ObReferenceObjectByName(U("\\Driver\\io-more"), OBJ_CASE_INSENSITIVE, NULL, 0, *IoDriverObjectType, KernelMode, NULL, &Object), 0,
           "ObReferenceObjectByName of a driver");
    ok(Object == Driver, "this one");
    ObDereferenceObject(Object);
    STATUS(ObReferenceObjectByName(U("\\Driver\\io-more"), OBJ_CASE_INSENSITIVE, NULL, 0, *IoDeviceObjectType, KernelMode, NULL, &Object),
           STATUS_OBJECT_TYPE_MISMATCH, "it is no device");
    STATUS(ObReferenceObjectByName(U("\\Device\\IoMore"), OBJ_CASE_INSENSITIVE, NULL, 0, *IoDeviceObjectType, KernelMode, NULL, &Object), 0,
           "ObReferenceObjectByName of a device");
    ok(Object == Device, "this one");
    ObDereferenceObject(Object);
    STATUS(ObOpenObjectByName(Named(U("\\Driver\\io-more")), *IoDriverObjectType, KernelMode, NULL, 0, NULL, &Handle), 0, "ObOpenObjectByName");
    STATUS(ObReferenceObjectByHandle(Handle, 0, *IoDriverObjectType, KernelMode, &Object, NULL), 0, "a handle");
    ok(Object == Driver, "of this driver");
    ObDereferenceObject(Object);
    ZwClose(Handle);
    STATUS(IoEnumerateDeviceObjectList(Driver, NULL, 0, &Count), STATUS_BUFFER_TOO_SMALL, "IoEnumerateDeviceObjectList");
    is(Count, 1, "there is one");
    STATUS(IoEnumerateDeviceObjectList(Driver, List, sizeof List, &Count), 0, "with room");
    ok(Count == 1 && List[0] == Device, "this device");
    ObDereferenceObject(List[0]);
    ok(IoGetFileObjectGenericMapping()->GenericRead == FILE_GENERIC_READ, "IoGetFileObjectGenericMapping");
    ok(RealIsWdmVersionAvailable(1, 0x10) && RealIsWdmVersionAvailable(6, 0) && !RealIsWdmVersionAvailable(7, 0), "IoIsWdmVersionAvailable");
    ok(IoGetConfigurationInformation() && IoGetConfigurationInformation() == IoGetConfigurationInformation(), "IoGetConfigurationInformation");
    IoGetConfigurationInformation()->DiskCount++;
    is(IoGetConfigurationInformation()->DiskCount, 1, "counts what drivers count");
    IoGetConfigurationInformation()->DiskCount--;
    ok((ULONG_PTR)RealGetInitialStack() > (ULONG_PTR)&Count && (ULONG_PTR)RealGetInitialStack() - (ULONG_PTR)&Count < 6 * PAGE_SIZE,
       "IoGetInitialStack");
}

static VOID TestExtensions(VOID) {
    PVOID Made = NULL;
    static CHAR Key, Other;
    STATUS(IoAllocateDriverObjectExtension(Driver, &Key, 32, &Made), 0, "IoAllocateDriverObjectExtension");
    STATUS(IoAllocateDriverObjectExtension(Driver, &Key, 32, &Made), STATUS_OBJECT_NAME_COLLISION, "one for a key");
    Made = IoGetDriverObjectExtension(Driver, &Key);
    ok(Made && *(PULONG)Made == 0 && !IoGetDriverObjectExtension(Driver, &Other), "IoGetDriverObjectExtension");
}

static PDRIVER_OBJECT Second;

static NTSTATUS SecondEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    Second = DriverObject;
    return STATUS_SUCCESS;
}

static VOID TestDrivers(VOID) {
    PVOID Object = NULL;
    STATUS(IoCreateDriver(U("\\Driver\\IoMoreSecond"), SecondEntry), 0, "IoCreateDriver");
    STATUS(ObReferenceObjectByName(U("\\Driver\\IoMoreSecond"), 0, NULL, 0, *IoDriverObjectType, KernelMode, NULL, &Object), 0, "its name");
    ok(Second && Object == Second, "its object");
    ObDereferenceObject(Object);
    IoDeleteDriver(Second);
    STATUS(ObReferenceObjectByName(U("\\Driver\\IoMoreSecond"), 0, NULL, 0, *IoDriverObjectType, KernelMode, NULL, &Object),
           STATUS_OBJECT_NAME_NOT_FOUND, "IoDeleteDriver: it is gone");
}

static VOID TestAttach(VOID) {
    PDEVICE_OBJECT Filter = MakeDevice(NULL), Below = NULL;
    STATUS(IoAttachDevice(Filter, U("\\Device\\IoMore"), &Below), 0, "IoAttachDevice by name");
    ok(Below == Device && Device->AttachedDevice == Filter && Filter->StackSize == Device->StackSize + 1, "above it");
    IoDetachDevice(Below);
    STATUS(IoAttachDeviceByPointer(Filter, Device), 0, "IoAttachDeviceByPointer");
    ok(Device->AttachedDevice == Filter, "above it");
    IoDetachDevice(Device);
    IoDeleteDevice(Filter);
}

static NTSTATUS Completed(PDEVICE_OBJECT Which, PIRP Irp, PVOID Context) {
    KeSetEvent(Context, 0, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static VOID TestRequests(VOID) {
    UCHAR Buffer[16] = {0};
    IO_STATUS_BLOCK Iosb = {{0}, 0};
    LARGE_INTEGER Offset = {.QuadPart = 0};
    KEVENT Event;
    PIRP Irp, Part;
    PVOID Memory;
    KIRQL Irql = 99;
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    Irp = IoBuildSynchronousFsdRequest(IRP_MJ_READ, Device, Buffer, sizeof Buffer, &Offset, &Event, &Iosb);
    ok(Irp && IoGetNextIrpStackLocation(Irp)->MajorFunction == IRP_MJ_READ, "IoBuildSynchronousFsdRequest");
    STATUS(IoCallDriver(Device, Irp), 0, "a read");
    KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
    ok(Iosb.Information == sizeof Buffer && Buffer[0] == 0x5A && Buffer[15] == 0x5A, "is done");
    KeClearEvent(&Event);
    Irp = IoBuildAsynchronousFsdRequest(IRP_MJ_WRITE, Device, Buffer, 8, &Offset, &Iosb);
    ok(Irp && IoGetNextIrpStackLocation(Irp)->Parameters.Write.Length == 8, "IoBuildAsynchronousFsdRequest");
    STATUS(IoSetCompletionRoutineEx(Device, Irp, Completed, &Event, TRUE, TRUE, TRUE), 0, "IoSetCompletionRoutineEx");
    STATUS(IoCallDriver(Device, Irp), 0, "a write");
    ok(KeReadStateEvent(&Event) && Irp->IoStatus.Information == 8, "the routine has run");
    Part = IoMakeAssociatedIrp(Irp, 2);
    ok(Part && Part->AssociatedIrp.MasterIrp == Irp && (Part->Flags & IRP_ASSOCIATED_IRP) && Part->StackCount == 2, "IoMakeAssociatedIrp");
    IoFreeIrp(Part);
    if (Irp->AssociatedIrp.SystemBuffer && (Irp->Flags & IRP_DEALLOCATE_BUFFER))
        ExFreePool(Irp->AssociatedIrp.SystemBuffer);
    IoFreeIrp(Irp);
    Memory = ExAllocatePoolWithTag(NonPagedPoolNx, IoSizeOfIrp(3), 'tseT');
    RtlFillMemory(Memory, IoSizeOfIrp(3), 0xAA);
    IoInitializeIrp(Memory, IoSizeOfIrp(3), 3);
    Irp = Memory;
    ok(Irp->Type == IO_TYPE_IRP && Irp->StackCount == 3 && Irp->CurrentLocation == 4 && !Irp->MdlAddress, "IoInitializeIrp");
    IoSetNextIrpStackLocation(Irp);
    IoGetCurrentIrpStackLocation(Irp)->MajorFunction = IRP_MJ_FLUSH_BUFFERS;
    ok(IoForwardIrpSynchronously(Device, Irp) && Irp->IoStatus.Status == 0, "IoForwardIrpSynchronously");
    ExFreePoolWithTag(Memory, 'tseT');
    RealAcquireCancelSpinLock(&Irql);
    ok(Irql == PASSIVE_LEVEL && KeGetCurrentIrql() == DISPATCH_LEVEL, "IoAcquireCancelSpinLock");
    IoReleaseCancelSpinLock(Irql);
    Irql = 99;
    IoAcquireVpbSpinLock(&Irql);
    ok(Irql == PASSIVE_LEVEL && KeGetCurrentIrql() == DISPATCH_LEVEL, "IoAcquireVpbSpinLock");
    IoReleaseVpbSpinLock(Irql);
    is(KeGetCurrentIrql(), PASSIVE_LEVEL, "IoReleaseVpbSpinLock");
    IoSetTopLevelIrp((PIRP)1);
    ok(IoGetTopLevelIrp() == (PIRP)1, "IoSetTopLevelIrp and IoGetTopLevelIrp");
    IoSetTopLevelIrp(NULL);
    ok(IoWithinStackLimits((ULONG_PTR)&Irql, 4) && !IoWithinStackLimits((ULONG_PTR)Driver, 4), "IoWithinStackLimits");
}

static VOID StartIo(PDEVICE_OBJECT Which, PIRP Irp) {
    Ext(Which)->Started++;
    Ext(Which)->Pending = Irp;
}

static VOID TestStartIo(VOID) {
    PIRP Irps[4];
    ULONG Keys[4] = {0, 30, 10, 20};
    KIRQL Irql;
    Driver->DriverStartIo = StartIo;
    for (ULONG i = 0; i < 4; i++) {
        Irps[i] = IoAllocateIrp(1, FALSE);
        IoStartPacket(Device, Irps[i], &Keys[i], NULL);
    }
    ok(Ext(Device)->Started == 1 && Ext(Device)->Pending == Irps[0] && Device->CurrentIrp == Irps[0], "IoStartPacket starts the first");
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    IoStartNextPacketByKey(Device, FALSE, 15);
    ok(Ext(Device)->Pending == Irps[3], "IoStartNextPacketByKey: the next from 15 is 20");
    ok(KeRemoveEntryDeviceQueue(&Device->DeviceQueue, &Irps[1]->Tail.Overlay.DeviceQueueEntry), "KeRemoveEntryDeviceQueue");
    ok(!KeRemoveEntryDeviceQueue(&Device->DeviceQueue, &Irps[1]->Tail.Overlay.DeviceQueueEntry), "only once");
    IoStartNextPacket(Device, FALSE);
    ok(Ext(Device)->Pending == Irps[2], "IoStartNextPacket: the one that is left");
    IoStartNextPacket(Device, FALSE);
    ok(Ext(Device)->Started == 3 && !Device->CurrentIrp && !Device->DeviceQueue.Busy, "and none");
    KeLowerIrql(Irql);
    for (ULONG i = 0; i < 4; i++)
        IoFreeIrp(Irps[i]);
    IoSetStartIoAttributes(Device, TRUE, FALSE);
    Driver->DriverStartIo = NULL;
}

static VOID TestQueues(VOID) {
    KDEVICE_QUEUE Queue;
    KDEVICE_QUEUE_ENTRY A1, B1, C1;
    KIRQL Irql;
    RtlFillMemory(&Queue, sizeof Queue, 0xEE);
    KeInitializeDeviceQueue(&Queue);
    ok(!Queue.Busy && IsListEmpty(&Queue.DeviceListHead), "KeInitializeDeviceQueue");
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    ok(!KeInsertDeviceQueue(&Queue, &A1) && Queue.Busy, "KeInsertDeviceQueue: the first makes it busy");
    ok(KeInsertDeviceQueue(&Queue, &A1) && KeRemoveDeviceQueue(&Queue) == &A1, "the next is queued; KeRemoveDeviceQueue");
    ok(KeInsertByKeyDeviceQueue(&Queue, &A1, 9) && KeInsertByKeyDeviceQueue(&Queue, &B1, 3) && KeInsertByKeyDeviceQueue(&Queue, &C1, 6),
       "KeInsertByKeyDeviceQueue");
    ok(KeRemoveByKeyDeviceQueue(&Queue, 5) == &C1, "KeRemoveByKeyDeviceQueue");
    ok(KeRemoveByKeyDeviceQueueIfBusy(&Queue, 7) == &A1, "KeRemoveByKeyDeviceQueueIfBusy");
    ok(KeRemoveDeviceQueue(&Queue) == &B1 && !KeRemoveDeviceQueue(&Queue) && !Queue.Busy, "empty");
    KeLowerIrql(Irql);
}

static VOID Tick(PDEVICE_OBJECT Which, PVOID Context) { Ext(Which)->Ticks += (ULONG)(ULONG_PTR)Context; }

static VOID Sleep(ULONG Milliseconds) {
    LARGE_INTEGER Time = {.QuadPart = -10000ll * Milliseconds};
    KeDelayExecutionThread(KernelMode, FALSE, &Time);
}

static VOID TestTimer(VOID) {
    STATUS(IoInitializeTimer(Device, Tick, (PVOID)1), 0, "IoInitializeTimer");
    IoStartTimer(Device);
    Sleep(2500);
    is(Ext(Device)->Ticks, 2, "IoStartTimer: once a second");
    IoStopTimer(Device);
    Sleep(3000);
    is(Ext(Device)->Ticks, 2, "IoStopTimer");
}

static VOID TestEvents(VOID) {
    HANDLE First = NULL, Second1 = NULL, Opened = NULL;
    PKEVENT Sync = IoCreateSynchronizationEvent(U("\\BaseNamedObjects\\IoMoreSync"), &First);
    PKEVENT Notification = IoCreateNotificationEvent(U("\\BaseNamedObjects\\IoMoreNote"), &Second1);
    LARGE_INTEGER Zero = {.QuadPart = 0};
    ok(Sync && First && Sync->Header.Type == SynchronizationEvent && KeReadStateEvent(Sync), "IoCreateSynchronizationEvent: signalled");
    ok(Notification && Second1 && Notification->Header.Type == NotificationEvent && KeReadStateEvent(Notification), "IoCreateNotificationEvent");
    STATUS(ZwOpenEvent(&Opened, EVENT_ALL_ACCESS, Named(U("\\BaseNamedObjects\\IoMoreSync"))), 0, "ZwOpenEvent");
    STATUS(ZwWaitForSingleObject(Opened, FALSE, &Zero), 0, "ZwWaitForSingleObject");
    STATUS(ZwWaitForSingleObject(Opened, FALSE, &Zero), STATUS_TIMEOUT, "which takes the signal");
    STATUS(ZwSetEvent(Opened, NULL), 0, "ZwSetEvent");
    ok(KeReadStateEvent(Sync), "sets it");
    ZwClose(Opened);
    ZwClose(First);
    ZwClose(Second1);
    STATUS(ZwCreateEvent(&Opened, EVENT_ALL_ACCESS, Named(U("\\BaseNamedObjects\\IoMoreSync")), NotificationEvent, TRUE), 0,
           "ZwCreateEvent: the name is free");
    STATUS(ZwWaitForSingleObject(Opened, FALSE, &Zero), 0, "it is signalled");
    ZwClose(Opened);
}

static VOID TestErrorLog(VOID) {
    PIO_ERROR_LOG_PACKET Packet = IoAllocateErrorLogEntry(Device, sizeof(IO_ERROR_LOG_PACKET) + 8);
    LONG_PTR Before = ObfReferenceObject(Device);
    ObDereferenceObject(Device);
    ok(Packet && Packet->DumpDataSize == 0, "IoAllocateErrorLogEntry");
    ok(!IoAllocateErrorLogEntry(Device, 255), "too long: NULL");
    Packet->ErrorCode = (NTSTATUS)0xC0040001;
    Packet->UniqueErrorValue = 7;
    IoWriteErrorLogEntry(Packet);
    is(ObfReferenceObject(Device), Before - 1, "IoWriteErrorLogEntry lets go of the device");
    ObDereferenceObject(Device);
    Packet = IoAllocateErrorLogEntry(Device, sizeof(IO_ERROR_LOG_PACKET));
    ok(Packet != NULL, "one that is not written");
    IoFreeErrorLogEntry(Packet);
    is(ObfReferenceObject(Device), Before - 1, "IoFreeErrorLogEntry lets go of it too");
    ObDereferenceObject(Device);
}

static VOID TestTags(VOID) {
    LONG_PTR Count = ObfReferenceObjectWithTag(Device, 'gaT1');
    is(ObfReferenceObjectWithTag(Device, 'gaT1'), Count + 1, "ObfReferenceObjectWithTag");
    is(ObfDereferenceObjectWithTag(Device, 'gaT1'), Count, "ObfDereferenceObjectWithTag");
    ObfDereferenceObjectWithTag(Device, 'gaT1');
}

static VOID TestControlAccess(VOID) {
    PIRP Irp = IoAllocateIrp(1, FALSE);
    IoSetNextIrpStackLocation(Irp);
    Irp->RequestorMode = KernelMode;
    STATUS(IoValidateDeviceIoControlAccess(Irp, FILE_WRITE_ACCESS), 0, "kernel mode may all");
    Irp->RequestorMode = UserMode;
    IoGetCurrentIrpStackLocation(Irp)->Flags = 0x01; /* SL_READ_ACCESS_GRANTED */
    STATUS(IoValidateDeviceIoControlAccess(Irp, FILE_READ_ACCESS), 0, "a handle for reading may read");
    STATUS(IoValidateDeviceIoControlAccess(Irp, FILE_READ_ACCESS | FILE_WRITE_ACCESS), STATUS_ACCESS_DENIED, "and not write");
    STATUS(IoValidateDeviceIoControlAccess(Irp, 0), STATUS_INVALID_PARAMETER, "no access to check");
    STATUS(IoValidateDeviceIoControlAccess(Irp, 4), STATUS_INVALID_PARAMETER, "no such access");
    IoFreeIrp(Irp);
}

static VOID TestShutdown(VOID) {
    STATUS(IoRegisterShutdownNotification(Device), 0, "IoRegisterShutdownNotification");
    ok(Device->Flags & DO_SHUTDOWN_REGISTERED, "the device says so");
    IoUnregisterShutdownNotification(Device);
    ok(!(Device->Flags & DO_SHUTDOWN_REGISTERED), "IoUnregisterShutdownNotification");
    STATUS(IoRegisterLastChanceShutdownNotification(Device), 0, "IoRegisterLastChanceShutdownNotification");
    ok(Device->Flags & DO_SHUTDOWN_REGISTERED, "the device says so");
    IoUnregisterShutdownNotification(Device);
}

static VOID TapUnload(PDRIVER_OBJECT DriverObject) { IoDeleteDevice(Device); }

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    DriverObject->DriverUnload = TapUnload;
    Driver = DriverObject;
    for (ULONG i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
        DriverObject->MajorFunction[i] = Dispatch;
    KeInitializeEvent(&Wake, NotificationEvent, FALSE);
    Device = MakeDevice(U("\\Device\\IoMore"));
    TestNames();
    TestExtensions();
    TestDrivers();
    TestAttach();
    TestRequests();
    TestStartIo();
    TestQueues();
    TestTimer();
    TestEvents();
    TestErrorLog();
    TestTags();
    TestControlAccess();
    TestShutdown();
}
