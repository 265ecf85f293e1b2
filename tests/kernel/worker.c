/* Work items, lookaside lists, interlocked and sequenced lists. */
#include "threads.h"

typedef struct _WORK {
    WORK_QUEUE_ITEM Item;
    KEVENT Done;
    KIRQL Irql;
    HANDLE ProcessId;
    ULONG Runs, Wanted;
} WORK;

static VOID NTAPI Work(PVOID Parameter) {
    WORK *To = Parameter;
    To->Irql = KeGetCurrentIrql();
    To->ProcessId = PsGetCurrentProcessId();
    if (++To->Runs < To->Wanted) {
        ExQueueWorkItem(&To->Item, DelayedWorkQueue);
    } else {
        KeSetEvent(&To->Done, 0, FALSE);
    }
}

static VOID PrepareWork(WORK *To, ULONG Wanted) {
    RtlZeroMemory(To, sizeof(*To));
    KeInitializeEvent(&To->Done, NotificationEvent, FALSE);
    ExInitializeWorkItem(&To->Item, Work, To);
    To->Wanted = Wanted;
}

static VOID NTAPI QueueFromDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) {
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    ExQueueWorkItem(&((WORK *)Context)->Item, CriticalWorkQueue);
}

static VOID TestWork(VOID) {
    static WORK Items[40];
    static KDPC Dpc;
    ULONG Ran = 0;
    PrepareWork(&Items[0], 1);
    KeInitializeDpc(&Dpc, QueueFromDpc, &Items[0]);
    KeInsertQueueDpc(&Dpc, NULL, NULL);
    KeWaitForSingleObject(&Items[0].Done, Executive, KernelMode, FALSE, NULL);
    ok(Items[0].Irql == PASSIVE_LEVEL && Items[0].ProcessId == (HANDLE)4, "a work item queued by a DPC runs at PASSIVE_LEVEL in System");
    PrepareWork(&Items[0], 10);
    ExQueueWorkItem(&Items[0].Item, DelayedWorkQueue);
    KeWaitForSingleObject(&Items[0].Done, Executive, KernelMode, FALSE, NULL);
    is(Items[0].Runs, 10, "it may queue itself again");
    for (ULONG i = 0; i < RTL_NUMBER_OF(Items); i++) {
        PrepareWork(&Items[i], 1);
        ExQueueWorkItem(&Items[i].Item, i % 3 == 0 ? CriticalWorkQueue : i % 3 == 1 ? DelayedWorkQueue : HyperCriticalWorkQueue);
    }
    for (ULONG i = 0; i < RTL_NUMBER_OF(Items); i++) {
        KeWaitForSingleObject(&Items[i].Done, Executive, KernelMode, FALSE, NULL);
        Ran += Items[i].Runs;
    }
    is(Ran, RTL_NUMBER_OF(Items), "forty on three queues");
}

/* An item that waits for one behind it in the same queue. */
static VOID NTAPI WaitForOther(PVOID Parameter) {
    WORK *Other = Parameter;
    LARGE_INTEGER Limit = {.QuadPart = -MILLISECONDS(1000)};
    if (KeWaitForSingleObject(&Other->Done, Executive, KernelMode, FALSE, &Limit) == STATUS_SUCCESS) {
        Other->Wanted = 77;
    }
}

static VOID TestTwoWorkers(VOID) {
    static WORK Other;
    static WORK_QUEUE_ITEM Waiting;
    PrepareWork(&Other, 1);
    ExInitializeWorkItem(&Waiting, WaitForOther, &Other);
    ExQueueWorkItem(&Waiting, DelayedWorkQueue);
    ExQueueWorkItem(&Other.Item, DelayedWorkQueue);
    Sleep100ns(MILLISECONDS(2000));
    is(Other.Wanted, 77, "an item may wait for one behind it");
}

static KEVENT IoDone;
static PVOID IoContext;
static PDEVICE_OBJECT IoDevice;
static KIRQL IoIrql;

static VOID NTAPI IoWork(PDEVICE_OBJECT DeviceObject, PVOID Context) {
    IoDevice = DeviceObject;
    IoContext = Context;
    IoIrql = KeGetCurrentIrql();
    KeSetEvent(&IoDone, 0, FALSE);
}

static VOID TestIoWork(PDRIVER_OBJECT DriverObject) {
    PDEVICE_OBJECT Device;
    PIO_WORKITEM Item;
    is(IoCreateDevice(DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device), STATUS_SUCCESS, "a device");
    Item = IoAllocateWorkItem(Device);
    ok(Item != NULL, "IoAllocateWorkItem");
    KeInitializeEvent(&IoDone, SynchronizationEvent, FALSE);
    if (Item) {
        IoQueueWorkItem(Item, IoWork, DelayedWorkQueue, &IoDone);
        KeWaitForSingleObject(&IoDone, Executive, KernelMode, FALSE, NULL);
        ok(IoDevice == Device && IoContext == &IoDone && IoIrql == PASSIVE_LEVEL, "its routine gets device and context at PASSIVE_LEVEL");
        IoFreeWorkItem(Item);
    }
    IoDeleteDevice(Device);
}

static LONG Allocated, Freed;

static PVOID NTAPI CountedAllocate(POOL_TYPE Type, SIZE_T Size, ULONG Tag) {
    Allocated++;
    return ExAllocatePoolWithTag(Type, Size, Tag);
}

static VOID NTAPI CountedFree(PVOID Block) {
    Freed++;
    ExFreePool(Block);
}

static PVOID NTAPI CountedAllocateEx(POOL_TYPE Type, SIZE_T Size, ULONG Tag, PLOOKASIDE_LIST_EX List) {
    UNREFERENCED_PARAMETER(List);
    return CountedAllocate(Type, Size, Tag);
}

static VOID NTAPI CountedFreeEx(PVOID Block, PLOOKASIDE_LIST_EX List) {
    UNREFERENCED_PARAMETER(List);
    CountedFree(Block);
}

static VOID TestLookaside(VOID) {
    static NPAGED_LOOKASIDE_LIST NonPaged;
    static PAGED_LOOKASIDE_LIST Paged;
    static LOOKASIDE_LIST_EX Both;
    PVOID Blocks[20], Again;
    ExInitializeNPagedLookasideList(&NonPaged, CountedAllocate, CountedFree, 0, 200, 'kooL', 0);
    for (ULONG i = 0; i < 20; i++) {
        Blocks[i] = ExAllocateFromNPagedLookasideList(&NonPaged);
        RtlFillMemory(Blocks[i], 200, (UCHAR)i);
    }
    is(Allocated, 20, "an empty list calls its allocator");
    for (ULONG i = 0; i < 20; i++) {
        ExFreeToNPagedLookasideList(&NonPaged, Blocks[i]);
    }
    ok(Freed < 20, "what is freed is kept, up to the list's depth");
    Again = ExAllocateFromNPagedLookasideList(&NonPaged);
    is(Allocated, 20, "and is used again");
    ExFreeToNPagedLookasideList(&NonPaged, Again);
    ExDeleteNPagedLookasideList(&NonPaged);
    is(Freed, 20, "deleting the list frees what it kept");
    ExInitializePagedLookasideList(&Paged, NULL, NULL, 0, 64, 'kooL', 0);
    Again = ExAllocateFromPagedLookasideList(&Paged);
    ok(Again != NULL, "a paged list with the kernel's own allocator");
    ExFreeToPagedLookasideList(&Paged, Again);
    ok(ExAllocateFromPagedLookasideList(&Paged) == Again, "gives the same block again");
    ExFreeToPagedLookasideList(&Paged, Again);
    ExDeletePagedLookasideList(&Paged);
    Allocated = Freed = 0;
    is(ExInitializeLookasideListEx(&Both, CountedAllocateEx, CountedFreeEx, NonPagedPoolNx, 0, 100, 'kooL', 0), STATUS_SUCCESS,
       "a LOOKASIDE_LIST_EX");
    Again = ExAllocateFromLookasideListEx(&Both);
    ExFreeToLookasideListEx(&Both, Again);
    ok(Allocated == 1 && Freed == 0, "keeps its block");
    ExFlushLookasideListEx(&Both);
    is(Freed, 1, "until it is flushed");
    ExDeleteLookasideListEx(&Both);
}

static VOID TestSLists(VOID) {
    static SLIST_HEADER Head;
    static DECLSPEC_ALIGN(16) SLIST_ENTRY Entries[5];
    PSLIST_ENTRY Entry;
    ULONG Order = 0;
    InitializeSListHead(&Head);
    is(ExQueryDepthSList(&Head), 0, "a new sequenced list");
    ok(InterlockedPushEntrySList(&Head, &Entries[0]) == NULL, "the first push finds it empty");
    ok(InterlockedPushEntrySList(&Head, &Entries[1]) == &Entries[0], "the second one the first entry");
    for (ULONG i = 2; i < 5; i++) {
        InterlockedPushEntrySList(&Head, &Entries[i]);
    }
    is(ExQueryDepthSList(&Head), 5, "its depth");
    for (ULONG i = 5; i-- > 2;) {
        Order += InterlockedPopEntrySList(&Head) == &Entries[i];
    }
    is(Order, 3, "last in, first out");
    Entry = InterlockedFlushSList(&Head);
    ok(Entry == &Entries[1] && Entry->Next == &Entries[0] && Entries[0].Next == NULL, "a flush returns the chain");
    is(ExQueryDepthSList(&Head), 0, "and empties the list");
    ok(InterlockedPopEntrySList(&Head) == NULL, "nothing is left");
}

static VOID TestInterlocked(VOID) {
    static KSPIN_LOCK Lock;
    static LIST_ENTRY Head;
    static LIST_ENTRY Entries[3];
    static SINGLE_LIST_ENTRY Single, Links[2];
    LARGE_INTEGER Number = {.QuadPart = 0xFFFFFFFFll}, One = {.QuadPart = 1};
    ULONG Small = 7;
    KeInitializeSpinLock(&Lock);
    InitializeListHead(&Head);
    ok(ExInterlockedRemoveHeadList(&Head, &Lock) == NULL, "an empty list");
    ok(ExInterlockedInsertTailList(&Head, &Entries[0], &Lock) == NULL, "the first insertion finds it empty");
    ok(ExInterlockedInsertTailList(&Head, &Entries[1], &Lock) == &Entries[0], "the second finds the last entry");
    ok(ExInterlockedInsertHeadList(&Head, &Entries[2], &Lock) == &Entries[0], "one at the head the first entry");
    ok(ExInterlockedRemoveHeadList(&Head, &Lock) == &Entries[2] && ExInterlockedRemoveHeadList(&Head, &Lock) == &Entries[0] &&
           ExInterlockedRemoveHeadList(&Head, &Lock) == &Entries[1],
       "removal goes from the head");
    ok(ExInterlockedPushEntryList(&Single, &Links[0], &Lock) == NULL && ExInterlockedPushEntryList(&Single, &Links[1], &Lock) == &Links[0], "pushes");
    ok(ExInterlockedPopEntryList(&Single, &Lock) == &Links[1] && ExInterlockedPopEntryList(&Single, &Lock) == &Links[0] &&
           ExInterlockedPopEntryList(&Single, &Lock) == NULL,
       "and pops of a single list");
    is(ExInterlockedAddLargeInteger(&Number, One, &Lock).QuadPart, 0xFFFFFFFF, "ExInterlockedAddLargeInteger returns the value before");
    is(Number.QuadPart, 0x100000000, "and adds 64 bits");
    is(ExInterlockedAddUlong(&Small, 5, &Lock), 7, "ExInterlockedAddUlong");
    is(Small, 12, "adds 32");
    is(KeGetCurrentIrql(), PASSIVE_LEVEL, "all at the caller's level");
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNREFERENCED_PARAMETER(RegistryPath);
    TestWork();
    TestTwoWorkers();
    TestIoWork(DriverObject);
    TestLookaside();
    TestSLists();
    TestInterlocked();
}
