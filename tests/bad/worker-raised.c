/* A work item returns at DISPATCH_LEVEL: 0xE1. */
#include "bad.h"

static WORK_QUEUE_ITEM Item;

MISTAKE VOID NTAPI BadWork(PVOID Context) {
    KIRQL Old;
    UNREFERENCED_PARAMETER(Context);
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
}

static VOID Mistake(VOID) {
    LARGE_INTEGER Interval = {.QuadPart = -10000000};
    ExInitializeWorkItem(&Item, BadWork, NULL);
    ExQueueWorkItem(&Item, DelayedWorkQueue);
    KeDelayExecutionThread(KernelMode, FALSE, &Interval);
}
