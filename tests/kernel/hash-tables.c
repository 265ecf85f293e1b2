/* Dynamic hash tables, and what is done once. */
#include <ntifs.h>
#include <ntddk.h>
#include "kernel/more.h"

#define COUNT 500

typedef struct _ITEM {
    RTL_DYNAMIC_HASH_TABLE_ENTRY Entry;
    ULONG Key;
    BOOLEAN Seen;
} ITEM;

static ITEM Items[COUNT];

static ULONG CountSeen(PRTL_DYNAMIC_HASH_TABLE Table, BOOLEAN Weak) {
    RTL_DYNAMIC_HASH_TABLE_ENUMERATOR Enumerator;
    PRTL_DYNAMIC_HASH_TABLE_ENTRY Entry;
    ULONG Count = 0;
    for (ULONG i = 0; i < COUNT; i++)
        Items[i].Seen = FALSE;
    if (!(Weak ? RtlInitWeakEnumerationHashTable(Table, &Enumerator) : RtlInitEnumerationHashTable(Table, &Enumerator)))
        return 0;
    ok(!RtlExpandHashTable(Table), "it does not grow meanwhile");
    while ((Entry = Weak ? RtlWeaklyEnumerateEntryHashTable(Table, &Enumerator) : RtlEnumerateEntryHashTable(Table, &Enumerator)) != NULL) {
        ITEM *Item = CONTAINING_RECORD(Entry, ITEM, Entry);
        Count += !Item->Seen;
        Item->Seen = TRUE;
    }
    if (Weak)
        RtlEndWeakEnumerationHashTable(Table, &Enumerator);
    else
        RtlEndEnumerationHashTable(Table, &Enumerator);
    is(Table->NumEnumerators, 0, "nobody enumerates any more");
    return Count;
}

static ULONG Found(PRTL_DYNAMIC_HASH_TABLE Table, ULONG Signature) {
    RTL_DYNAMIC_HASH_TABLE_CONTEXT Context = {0};
    ULONG Count = 0;
    for (PRTL_DYNAMIC_HASH_TABLE_ENTRY Entry = RtlLookupEntryHashTable(Table, Signature, &Context); Entry; Count++)
        Entry = RtlGetNextEntryHashTable(Table, &Context);
    return Count;
}

static VOID TestTable(VOID) {
    PRTL_DYNAMIC_HASH_TABLE Table = NULL, Again = NULL;
    RTL_DYNAMIC_HASH_TABLE_CONTEXT Context = {0};
    ULONG Wrong = 0;
    ok(RtlCreateHashTable(&Table, 0, 0) && Table && Table->NumEntries == 0, "RtlCreateHashTable");
    ok(!RtlCreateHashTable(&Again, 0, 77), "with flags that are none");
    for (ULONG i = 0; i < COUNT; i++) {
        Items[i].Key = i / 2 + 1; /* two of each signature */
        Context.ChainHead = NULL;
        RtlInsertEntryHashTable(Table, &Items[i].Entry, Items[i].Key, i & 1 ? &Context : NULL);
    }
    is(Table->NumEntries, COUNT, "RtlInsertEntryHashTable");
    ok(Table->NonEmptyBuckets > 50 && Table->NonEmptyBuckets <= Table->TableSize, "spread over %u chains", Table->NonEmptyBuckets);
    for (ULONG Key = 1; Key <= COUNT / 2; Key++)
        Wrong += Found(Table, Key) != 2;
    is(Wrong, 0, "RtlLookupEntryHashTable and RtlGetNextEntryHashTable find both of each");
    is(Found(Table, 9999), 0, "and nothing else");
    is(CountSeen(Table, FALSE), COUNT, "RtlEnumerateEntryHashTable: each once");
    is(CountSeen(Table, TRUE), COUNT, "RtlWeaklyEnumerateEntryHashTable as well");
    ok(RtlExpandHashTable(Table) && Table->TableSize == 256, "RtlExpandHashTable");
    ok(Table->NumEntries == COUNT && Found(Table, 77) == 2, "all is still there");
    ok(RtlContractHashTable(Table) && Table->TableSize == 128 && Found(Table, 78) == 2, "RtlContractHashTable");
    ok(!RtlContractHashTable(Table), "no smaller than it began");
    for (ULONG i = 0; i < COUNT; i += 2)
        RtlRemoveEntryHashTable(Table, &Items[i].Entry, NULL);
    ok(Table->NumEntries == COUNT / 2 && Found(Table, 5) == 1, "RtlRemoveEntryHashTable");
    Items[0].Entry.Signature = 9;
    RtlInsertEntryHashTable(Table, &Items[0].Entry, 0, NULL);
    ok(Items[0].Entry.Signature == 1 && Found(Table, 0) == 2, "signature 0 is 1");
    RtlDeleteHashTable(Table);
    ok(RtlCreateHashTable(&Again, 0, 0) && Again == Table, "RtlDeleteHashTable frees");
    RtlDeleteHashTable(Again);
}

static ULONG Runs;
static BOOLEAN Fails;
static RTL_RUN_ONCE Once;
static KEVENT Begun;

static ULONG NTAPI Initialize(PRTL_RUN_ONCE RunOnce, PVOID Parameter, PVOID *Context) {
    LARGE_INTEGER Pause = {.QuadPart = -100000};
    Runs++;
    KeSetEvent(&Begun, 0, FALSE);
    KeDelayExecutionThread(KernelMode, FALSE, &Pause);
    *Context = Parameter;
    return !Fails;
}

static VOID NTAPI Second(PVOID Context) {
    RtlRunOnceExecuteOnce(&Once, Initialize, (PVOID)0x1230, (PVOID *)Context);
    PsTerminateSystemThread(0);
}

static VOID TestOnce(VOID) {
    PVOID First = NULL, Other = NULL;
    HANDLE Thread;
    Once.Ptr = (PVOID)99;
    RtlRunOnceInitialize(&Once);
    STATUS(RtlRunOnceBeginInitialize(&Once, RTL_RUN_ONCE_CHECK_ONLY, &First), STATUS_UNSUCCESSFUL, "RtlRunOnceInitialize: not begun");
    KeInitializeEvent(&Begun, NotificationEvent, FALSE);
    Fails = TRUE;
    STATUS(RtlRunOnceExecuteOnce(&Once, Initialize, (PVOID)0x1000, &First), STATUS_UNSUCCESSFUL, "RtlRunOnceExecuteOnce that fails");
    Fails = FALSE;
    KeClearEvent(&Begun);
    PsCreateSystemThread(&Thread, SYNCHRONIZE, Named(NULL), NULL, NULL, Second, &Other);
    KeWaitForSingleObject(&Begun, Executive, KernelMode, FALSE, NULL);
    STATUS(RtlRunOnceExecuteOnce(&Once, Initialize, (PVOID)0x2000, &First), 0, "while another thread is at it");
    ok(First == (PVOID)0x1230 && Runs == 2, "it waits, and gets what that made");
    ZwWaitForSingleObject(Thread, FALSE, NULL);
    ZwClose(Thread);
    ok(Other == First, "as the other has");
    STATUS(RtlRunOnceBeginInitialize(&Once, 0, &Other), 0, "RtlRunOnceBeginInitialize: it is done");
    RtlRunOnceInitialize(&Once);
    STATUS(RtlRunOnceBeginInitialize(&Once, RTL_RUN_ONCE_ASYNC, NULL), STATUS_PENDING, "two begin at once");
    STATUS(RtlRunOnceBeginInitialize(&Once, RTL_RUN_ONCE_ASYNC, NULL), STATUS_PENDING, "both");
    STATUS(RtlRunOnceComplete(&Once, RTL_RUN_ONCE_ASYNC, (PVOID)0x10), 0, "RtlRunOnceComplete of the first");
    STATUS(RtlRunOnceComplete(&Once, RTL_RUN_ONCE_ASYNC, (PVOID)0x20), STATUS_OBJECT_NAME_COLLISION, "and of the second");
    STATUS(RtlRunOnceBeginInitialize(&Once, RTL_RUN_ONCE_CHECK_ONLY, &First), 0, "it is done");
    ok(First == (PVOID)0x10, "as the first said");
    RtlRunOnceInitialize(&Once);
    STATUS(RtlRunOnceComplete(&Once, 0, NULL), STATUS_UNSUCCESSFUL, "what was not begun");
    STATUS(RtlRunOnceComplete(&Once, 0, (PVOID)1), STATUS_INVALID_PARAMETER_3, "a context of an odd address");
    STATUS(RtlRunOnceBeginInitialize(&Once, 0x80, NULL), STATUS_INVALID_PARAMETER_2, "a flag that is none");
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    TestTable();
    TestOnce();
}
