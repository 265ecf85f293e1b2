/* Work items that hold on to their device or driver, so that it is not unloaded before the routine has returned (documentation: "System Worker Threads"). */
#include "io/io.h"

#define IOP_WORKITEM_TAG 'IWoI'

struct _IO_WORKITEM {
    WORK_QUEUE_ITEM Item;
    PVOID Object; /* device or driver */
    PVOID Context;
    PIO_WORKITEM_ROUTINE Routine;
    PIO_WORKITEM_ROUTINE_EX RoutineEx; /* one of the two */
    BOOLEAN Queued;
};

static ULONG_PTR IopWorkRoutine(PIO_WORKITEM Item) { return Item->RoutineEx != NULL ? (ULONG_PTR)Item->RoutineEx : (ULONG_PTR)Item->Routine; }

ULONG NTAPI IoSizeofWorkItem(VOID) { return sizeof(struct _IO_WORKITEM); }

VOID NTAPI IoInitializeWorkItem(PVOID IoObject, PIO_WORKITEM IoWorkItem) {
    RtlZeroMemory(IoWorkItem, sizeof *IoWorkItem);
    IoWorkItem->Object = IoObject;
}

VOID NTAPI IoUninitializeWorkItem(PIO_WORKITEM IoWorkItem) {
    if (IoWorkItem->Queued)
        KiBugCheck(0xE4 /* WORKER_INVALID */, 2, (ULONG_PTR)IoWorkItem, IopWorkRoutine(IoWorkItem), 0, NULL,
                   "a work item was uninitialized while it is queued");
}

PIO_WORKITEM NTAPI IoAllocateWorkItem(PDEVICE_OBJECT DeviceObject) {
    PIO_WORKITEM Item = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof *Item, IOP_WORKITEM_TAG);
    if (Item)
        IoInitializeWorkItem(DeviceObject, Item);
    return Item;
}

VOID NTAPI IoFreeWorkItem(PIO_WORKITEM IoWorkItem) {
    if (IoWorkItem->Queued)
        KiBugCheck(0xE4 /* WORKER_INVALID */, 2, (ULONG_PTR)IoWorkItem, IopWorkRoutine(IoWorkItem), 0, NULL,
                   "a work item was freed while it is queued");
    ExFreePoolWithTag(IoWorkItem, IOP_WORKITEM_TAG);
}

/* The item may be freed or queued again by its own routine. */
static VOID NTAPI Work(PVOID Context) {
    PIO_WORKITEM Item = Context;
    PVOID Object = Item->Object;

    Item->Queued = FALSE;
    if (Item->RoutineEx)
        Item->RoutineEx(Object, Item->Context, Item);
    else
        Item->Routine(Object, Item->Context);
    ObfDereferenceObject(Object);
}

static VOID Queue(PIO_WORKITEM Item, WORK_QUEUE_TYPE Type, PVOID Context) {
    if (Item->Queued)
        KiBugCheck(0xE4 /* WORKER_INVALID */, 1, (ULONG_PTR)Item, Type, 0, NULL, "a work item was queued that is queued already");
    ObfReferenceObject(Item->Object);
    Item->Context = Context;
    Item->Queued = TRUE;
    ExInitializeWorkItem(&Item->Item, Work, Item);
    ExQueueWorkItem(&Item->Item, Type);
}

VOID NTAPI IoQueueWorkItem(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE WorkerRoutine, WORK_QUEUE_TYPE QueueType, PVOID Context) {
    IoWorkItem->Routine = WorkerRoutine;
    IoWorkItem->RoutineEx = NULL;
    Queue(IoWorkItem, QueueType, Context);
}

VOID NTAPI IoQueueWorkItemEx(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE_EX WorkerRoutine, WORK_QUEUE_TYPE QueueType, PVOID Context) {
    IoWorkItem->Routine = NULL;
    IoWorkItem->RoutineEx = WorkerRoutine;
    Queue(IoWorkItem, QueueType, Context);
}
