/* Divides by zero in a work item: 0x7E. */
#include "bad.h"

static WORK_QUEUE_ITEM Item;

MISTAKE VOID NTAPI BadWork(PVOID Context) {
    volatile ULONG Zero = 0, One = 1;
    One /= Zero;
    KeSetEvent(Context, 0, FALSE);
}

static VOID Mistake(VOID) {
    KEVENT Done;
    KeInitializeEvent(&Done, NotificationEvent, FALSE);
    ExInitializeWorkItem(&Item, BadWork, &Done);
    ExQueueWorkItem(&Item, DelayedWorkQueue);
    KeWaitForSingleObject(&Done, Executive, KernelMode, FALSE, NULL);
}
