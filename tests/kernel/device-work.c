/* What keeps a driver and its device until their work is done: work items and remove locks. */
#include "device.h"

/* ---- Work items and remove locks ---- */
static KEVENT Worked;
static ULONG Works;
static PVOID WorkObject, WorkContext;

static VOID NTAPI WorkRoutine(PDEVICE_OBJECT Device, PVOID Context) {
    WorkObject = Device;
    WorkContext = Context;
    Works++;
    KeSetEvent(&Worked, IO_NO_INCREMENT, FALSE);
}

static VOID NTAPI WorkRoutineEx(PVOID Object, PVOID Context, PIO_WORKITEM Item) {
    IoFreeWorkItem(Item);
    WorkRoutine(Object, Context);
}

static VOID TestWorkItems(VOID) {
    PDEVICE_OBJECT Device = CreateDevice(NULL, FALSE, NULL);
    PIO_WORKITEM Item = IoAllocateWorkItem(Device);
    KIRQL Irql;
    KeInitializeEvent(&Worked, SynchronizationEvent, FALSE);
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    IoQueueWorkItem(Item, WorkRoutine, DelayedWorkQueue, &Works);
    is(Works, 0, "a work item queued at DISPATCH_LEVEL does not run there");
    KeLowerIrql(Irql);
    KeWaitForSingleObject(&Worked, Executive, KernelMode, FALSE, NULL);
    ok(Works == 1 && WorkObject == Device && WorkContext == &Works, "but afterwards, with its device and context");
    IoQueueWorkItem(Item, WorkRoutine, CriticalWorkQueue, Item);
    KeWaitForSingleObject(&Worked, Executive, KernelMode, FALSE, NULL);
    ok(Works == 2 && WorkContext == Item, "it can be queued again");
    IoQueueWorkItemEx(Item, WorkRoutineEx, DelayedWorkQueue, NULL);
    KeWaitForSingleObject(&Worked, Executive, KernelMode, FALSE, NULL);
    ok(Works == 3 && WorkObject == Device, "and be freed by its own routine");
    Item = ExAllocatePoolWithTag(NonPagedPool, IoSizeofWorkItem(), TAG);
    IoInitializeWorkItem(Driver, Item);
    IoQueueWorkItem(Item, WorkRoutine, DelayedWorkQueue, NULL);
    KeWaitForSingleObject(&Worked, Executive, KernelMode, FALSE, NULL);
    is(WorkObject, Driver, "one of the driver's, in memory of its own");
    IoUninitializeWorkItem(Item);
    ExFreePoolWithTag(Item, TAG);
    IoDeleteDevice(Device);
}

static IO_REMOVE_LOCK RemoveLock;
static BOOLEAN Removed;

static VOID NTAPI Remover(PVOID Context) {
    UNREFERENCED_PARAMETER(Context);
    IoAcquireRemoveLock(&RemoveLock, Remover);
    IoReleaseRemoveLockAndWait(&RemoveLock, Remover);
    Removed = TRUE;
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID TestRemoveLocks(VOID) {
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Thread;
    IoInitializeRemoveLock(&RemoveLock, TAG, 0, 0);
    STATUS(IoAcquireRemoveLock(&RemoveLock, &Attributes), STATUS_SUCCESS, "a remove lock");
    STATUS(IoAcquireRemoveLock(&RemoveLock, &Thread), STATUS_SUCCESS, "twice");
    IoReleaseRemoveLock(&RemoveLock, &Thread);
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    STATUS(PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, &Attributes, NULL, NULL, Remover, NULL), STATUS_SUCCESS, "a thread that removes");
    Sleep(20);
    ok(!Removed, "waits for who still has it");
    STATUS(IoAcquireRemoveLock(&RemoveLock, &Thread), STATUS_DELETE_PENDING, "nobody gets it any more");
    IoReleaseRemoveLock(&RemoveLock, &Attributes);
    ZwWaitForSingleObject(Thread, FALSE, NULL);
    ok(Removed, "the last release lets it go on");
    ZwClose(Thread);
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNREFERENCED_PARAMETER(RegistryPath);
    UseDispatch(DriverObject);
    TestWorkItems();
    TestRemoveLocks();
}
