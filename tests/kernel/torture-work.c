/*
 * Work: items of all queues run once, in system threads; a KQUEUE of two lets no more than two run; a lookaside list gives each block to one at a time; threaded DPCs.
 */
#include "torture.h"

#pragma clang diagnostic ignored "-Wunused-parameter"

/* ---- Work items ---- */
#define ITEMS 40

static PDEVICE_OBJECT Device;
static struct {
    PIO_WORKITEM Item;
    volatile LONG Ran;
} Items[ITEMS];
static volatile LONG Left = ITEMS;
static KEVENT AllRan;

static VOID NTAPI Work(PDEVICE_OBJECT DeviceObject, PVOID Context) {
    ULONG Index = (ULONG)(ULONG_PTR)Context;

    Must(KeGetCurrentIrql() == PASSIVE_LEVEL && PsIsSystemThread(PsGetCurrentThread()) && DeviceObject == Device, "where a work item runs");
    Must(InterlockedIncrement(&Items[Index].Ran) == 1, "a work item ran twice");
    if (Index % 7 == 0)
        Sleep100ns(500);
    Point();
    if (InterlockedDecrement(&Left) == 0)
        KeSetEvent(&AllRan, 0, FALSE);
}

static KDPC QueueDpc[ITEMS];

static VOID NTAPI QueueFromDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) {
    IoQueueWorkItem(Items[(ULONG_PTR)Context].Item, Work, DelayedWorkQueue, Context);
}

static VOID NTAPI WorkUser(PVOID Context) {
    static const WORK_QUEUE_TYPE Queues[] = {DelayedWorkQueue, CriticalWorkQueue, HyperCriticalWorkQueue};

    for (ULONG_PTR Index = (ULONG_PTR)Context; Index < ITEMS; Index += 5) {
        if (Index % 4 == 0) {
            KeInitializeDpc(&QueueDpc[Index], QueueFromDpc, (PVOID)Index);
            KeInsertQueueDpc(&QueueDpc[Index], NULL, NULL);
        } else {
            IoQueueWorkItem(Items[Index].Item, Work, Queues[Index % 3], (PVOID)Index);
        }
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID TestWorkItems(VOID) {
    KeInitializeEvent(&AllRan, NotificationEvent, FALSE);
    for (ULONG Index = 0; Index < ITEMS; Index++)
        Items[Index].Item = IoAllocateWorkItem(Device);
    RunThreads(5, WorkUser, "all who queue work ended");
    is(KeWaitForSingleObject(&AllRan, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS, "all work was done");
    for (ULONG Index = 0; Index < ITEMS; Index++)
        IoFreeWorkItem(Items[Index].Item);
}

/* ---- A queue that lets two run ---- */
#define SERVERS 6
#define ENTRIES 60
#define AT_ONCE 2

NTKERNELAPI VOID NTAPI KeInitializeQueue(PRKQUEUE Queue, ULONG Count);
NTKERNELAPI LONG NTAPI KeInsertQueue(PRKQUEUE Queue, PLIST_ENTRY Entry);
NTKERNELAPI PLIST_ENTRY NTAPI KeRemoveQueue(PRKQUEUE Queue, KPROCESSOR_MODE WaitMode, PLARGE_INTEGER Timeout);
NTKERNELAPI PLIST_ENTRY NTAPI KeRundownQueue(PRKQUEUE Queue);

static KQUEUE Queue;
static struct {
    LIST_ENTRY Link;
    volatile LONG Taken;
} Entries[ENTRIES + SERVERS]; /* the last ones end a server each */
static volatile LONG Serving, MostServing;

static VOID NTAPI Server(PVOID Context) {
    for (;;) {
        PLIST_ENTRY Link = KeRemoveQueue(&Queue, KernelMode, NULL);
        ULONG Index = (ULONG)(CONTAINING_RECORD(Link, __typeof__(Entries[0]), Link) - Entries);
        LONG Now;

        Must(InterlockedIncrement(&Entries[Index].Taken) == 1, "a queue's entry was taken twice");
        if (Index >= ENTRIES)
            break;
        Now = InterlockedIncrement(&Serving);
        if (Now > MostServing)
            MostServing = Now;
        Point();
        Point();
        InterlockedDecrement(&Serving);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID NTAPI ServerOrClient(PVOID Context) {
    ULONG Self = (ULONG)(ULONG_PTR)Context;

    if (Self < SERVERS)
        Server(Context);
    for (ULONG Index = 0; Index < ENTRIES + SERVERS; Index++)
        KeInsertQueue(&Queue, &Entries[Index].Link);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID TestQueue(VOID) {
    ULONG Taken = 0;

    KeInitializeQueue(&Queue, AT_ONCE);
    RunThreads(SERVERS + 1, ServerOrClient, "all servers ended");
    for (ULONG Index = 0; Index < ENTRIES + SERVERS; Index++)
        Taken += Entries[Index].Taken == 1;
    is(Taken, ENTRIES + SERVERS, "each entry was served");
    ok(MostServing <= AT_ONCE, "at most %d at once", MostServing);
    ok(KeRundownQueue(&Queue) == NULL, "nothing is left");
}

/* ---- Lookaside lists ---- */
static LOOKASIDE_LIST_EX Lookaside;
static NPAGED_LOOKASIDE_LIST NonPaged;

static VOID NTAPI LookasideUser(PVOID Context) {
    DICE Dice = {(ULONG)(ULONG_PTR)Context + 1};
    ULONG_PTR *Mine[4] = {NULL};
    BOOLEAN Old[4];

    for (ULONG Round = 0; Round < 24; Round++) {
        ULONG Slot = Roll(&Dice, RTL_NUMBER_OF(Mine));

        if (Mine[Slot] == NULL) {
            Old[Slot] = Roll(&Dice, 2) == 0;
            Mine[Slot] = Old[Slot] ? ExAllocateFromNPagedLookasideList(&NonPaged) : ExAllocateFromLookasideListEx(&Lookaside);
            if (Mine[Slot] != NULL)
                Mine[Slot][4] = (ULONG_PTR)Context;
        } else {
            Must(Mine[Slot][4] == (ULONG_PTR)Context, "a block of a lookaside list belongs to two");
            if (Old[Slot])
                ExFreeToNPagedLookasideList(&NonPaged, Mine[Slot]);
            else
                ExFreeToLookasideListEx(&Lookaside, Mine[Slot]);
            Mine[Slot] = NULL;
        }
        Point();
    }
    for (ULONG Slot = 0; Slot < RTL_NUMBER_OF(Mine); Slot++) {
        if (Mine[Slot] != NULL && Old[Slot])
            ExFreeToNPagedLookasideList(&NonPaged, Mine[Slot]);
        else if (Mine[Slot] != NULL)
            ExFreeToLookasideListEx(&Lookaside, Mine[Slot]);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID TestLookaside(VOID) {
    is(ExInitializeLookasideListEx(&Lookaside, NULL, NULL, NonPagedPoolNx, 0, 64, 'tsrT', 0), STATUS_SUCCESS, "a lookaside list");
    ExInitializeNPagedLookasideList(&NonPaged, NULL, NULL, 0, 64, 'tsrT', 0);
    RunThreads(8, LookasideUser, "all users of lookaside lists ended");
    ExDeleteLookasideListEx(&Lookaside);
    ExDeleteNPagedLookasideList(&NonPaged);
}

/* ---- Threaded DPCs ---- */
static KDPC Threaded[4];
static volatile LONG ThreadedQueued, ThreadedRan;

static VOID NTAPI ThreadedRoutine(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) {
    Must(KeGetCurrentIrql() == PASSIVE_LEVEL, "a threaded DPC's level");
    Point();
    InterlockedIncrement(&ThreadedRan);
}

static VOID NTAPI ThreadedUser(PVOID Context) {
    for (ULONG Round = 0; Round < 12; Round++) {
        if (KeInsertQueueDpc(&Threaded[(Round + (ULONG)(ULONG_PTR)Context) % RTL_NUMBER_OF(Threaded)], NULL, NULL))
            InterlockedIncrement(&ThreadedQueued);
        if (Round % 4 == 0)
            Sleep100ns(20);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID TestThreadedDpcs(VOID) {
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Threaded); Index++)
        KeInitializeThreadedDpc(&Threaded[Index], ThreadedRoutine, NULL);
    RunThreads(3, ThreadedUser, "all who queue threaded DPCs ended");
    KeFlushQueuedDpcs();
    Sleep100ns(MILLISECONDS(1));
    ok(ThreadedRan == ThreadedQueued && ThreadedRan > 0, "%d threaded DPCs queued, %d ran", ThreadedQueued, ThreadedRan);
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    is(IoCreateDevice(DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device), STATUS_SUCCESS, "a device for work items");
    TestWorkItems();
    TestQueue();
    TestLookaside();
    TestThreadedDpcs();
    IoDeleteDevice(Device);
    ReportViolations("work");
}
