/* IRQL: raised and lowered inline (mov cr8) and by import, and what a drop delivers. */
#include "threads.h"

typedef KIRQL NTAPI RAISE(KIRQL NewIrql);
typedef VOID NTAPI LOWER(KIRQL NewIrql);
typedef KIRQL NTAPI CURRENT(VOID);
typedef ULONG NTAPI PROCESSOR_NUMBER_ROUTINE(VOID);

static PVOID Import(PCWSTR Name) {
    UNICODE_STRING String;
    RtlInitUnicodeString(&String, Name);
    return MmGetSystemRoutineAddress(&String);
}

static KDPC Dpcs[4];
static volatile ULONG DpcRuns, DpcOrder[16];
static volatile KIRQL DpcIrql;

static VOID NTAPI CountDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) {
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    if (DpcRuns < RTL_NUMBER_OF(DpcOrder)) {
        DpcOrder[DpcRuns] = (ULONG)(Dpc - Dpcs);
    }
    DpcRuns++;
    DpcIrql = KeGetCurrentIrql();
}

static VOID TestLevels(VOID) {
    static const KIRQL Levels[] = {APC_LEVEL, DISPATCH_LEVEL, 3, 12, HIGH_LEVEL};
    RAISE *Raise = (RAISE *)Import(L"KfRaiseIrql");
    LOWER *Lower = (LOWER *)Import(L"KeLowerIrql");
    CURRENT *Current = (CURRENT *)Import(L"KeGetCurrentIrql");
    PROCESSOR_NUMBER_ROUTINE *Number = (PROCESSOR_NUMBER_ROUTINE *)Import(L"KeGetCurrentProcessorNumber");
    ULONG Good = 0;
    KIRQL Old, Older;
    is(KeGetCurrentIrql(), PASSIVE_LEVEL, "DriverEntry runs at PASSIVE_LEVEL");
    for (ULONG i = 0; i < RTL_NUMBER_OF(Levels); i++) {
        KeRaiseIrql(Levels[i], &Old);
        Good += Old == PASSIVE_LEVEL && KeGetCurrentIrql() == Levels[i];
        KeLowerIrql(Old);
        Good += KeGetCurrentIrql() == PASSIVE_LEVEL;
    }
    is(Good, 2 * RTL_NUMBER_OF(Levels), "raised inline to each level and back");
    KeRaiseIrql(APC_LEVEL, &Older);
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    is(Old, APC_LEVEL, "a nested raise returns the level before");
    KeLowerIrql(Old);
    is(KeGetCurrentIrql(), APC_LEVEL, "and goes back to it");
    KeLowerIrql(Older);
    ok(Raise && Lower && Current && Number, "the functions are exported too");
    if (!Raise || !Lower || !Current || !Number) {
        return;
    }
    Good = 0;
    for (ULONG i = 0; i < RTL_NUMBER_OF(Levels); i++) {
        Old = Raise(Levels[i]);
        Good += Old == PASSIVE_LEVEL && Current() == Levels[i] && KeGetCurrentIrql() == Levels[i];
        Lower(Old);
        Good += Current() == PASSIVE_LEVEL;
    }
    is(Good, 2 * RTL_NUMBER_OF(Levels), "raised by import to each level and back");
    Old = Raise(DISPATCH_LEVEL);
    KeLowerIrql(Old);
    is(Current(), PASSIVE_LEVEL, "raised by import, lowered inline");
    is(Number(), KeGetCurrentProcessorNumber(), "the processor's number by import and inline");
    is((PVOID)KeGetCurrentThread() == (PVOID)PsGetCurrentThread(), TRUE, "the current thread by gs:[188h] and by import");
}

static VOID TestDpcDelivery(VOID) {
    KIRQL Old, Older;
    for (ULONG i = 0; i < RTL_NUMBER_OF(Dpcs); i++) {
        KeInitializeDpc(&Dpcs[i], CountDpc, NULL);
    }
    DpcRuns = 0;
    is(KeInsertQueueDpc(&Dpcs[0], NULL, NULL), TRUE, "a DPC is queued at PASSIVE_LEVEL");
    is(DpcRuns, 1, "it has run when the call returns");
    is(DpcIrql, DISPATCH_LEVEL, "at DISPATCH_LEVEL");
    is(KeGetCurrentIrql(), PASSIVE_LEVEL, "the caller is back where it was");

    DpcRuns = 0;
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    is(KeInsertQueueDpc(&Dpcs[1], NULL, NULL), TRUE, "queued at DISPATCH_LEVEL");
    is(KeInsertQueueDpc(&Dpcs[1], NULL, NULL), FALSE, "but not twice");
    is(KeInsertQueueDpc(&Dpcs[0], NULL, NULL), TRUE, "another one");
    is(DpcRuns, 0, "they wait at DISPATCH_LEVEL");
    KeLowerIrql(Old);
    is(DpcRuns, 2, "and run when the level drops");
    ok(DpcOrder[0] == 1 && DpcOrder[1] == 0, "in the order in which they came");

    DpcRuns = 0;
    KeRaiseIrql(APC_LEVEL, &Older);
    KeRaiseIrql(HIGH_LEVEL, &Old);
    KeInsertQueueDpc(&Dpcs[0], NULL, NULL);
    KeLowerIrql(DISPATCH_LEVEL);
    is(DpcRuns, 0, "a drop from HIGH_LEVEL to DISPATCH_LEVEL delivers no DPC");
    KeLowerIrql(APC_LEVEL);
    is(DpcRuns, 1, "one to APC_LEVEL does");
    is(DpcIrql, DISPATCH_LEVEL, "at DISPATCH_LEVEL");
    is(KeGetCurrentIrql(), APC_LEVEL, "and comes back to APC_LEVEL");
    KeLowerIrql(Older);

    DpcRuns = 0;
    KeSetImportanceDpc(&Dpcs[2], HighImportance);
    KeSetImportanceDpc(&Dpcs[1], LowImportance);
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    KeInsertQueueDpc(&Dpcs[0], NULL, NULL);
    KeInsertQueueDpc(&Dpcs[1], NULL, NULL);
    KeInsertQueueDpc(&Dpcs[2], NULL, NULL);
    KeInsertQueueDpc(&Dpcs[3], NULL, NULL);
    is(KeRemoveQueueDpc(&Dpcs[3]), TRUE, "a queued DPC is taken out");
    is(KeRemoveQueueDpc(&Dpcs[3]), FALSE, "once");
    KeLowerIrql(Old);
    is(DpcRuns, 3, "the others run");
    ok(DpcOrder[0] == 2 && DpcOrder[1] == 0 && DpcOrder[2] == 1, "HighImportance goes to the head of the queue");

    DpcRuns = 0;
    KeSetImportanceDpc(&Dpcs[0], MediumImportance);
    __asm__ volatile("cli");
    KeInsertQueueDpc(&Dpcs[0], NULL, NULL);
    is(DpcRuns, 0, "no DPC while interrupts are disabled");
    __asm__ volatile("sti");
    is(DpcRuns, 1, "but when they are enabled again");
}

static KSPIN_LOCK Lock, SecondLock;

static VOID TestSpinLocks(VOID) {
    KLOCK_QUEUE_HANDLE Queued;
    KIRQL Old, Older;
    KeInitializeSpinLock(&Lock);
    KeInitializeSpinLock(&SecondLock);
    KeAcquireSpinLock(&Lock, &Old);
    ok(Old == PASSIVE_LEVEL && KeGetCurrentIrql() == DISPATCH_LEVEL, "KeAcquireSpinLock raises to DISPATCH_LEVEL");
    is(KeTestSpinLock(&Lock), FALSE, "the lock is held");
    is(KeTryToAcquireSpinLockAtDpcLevel(&Lock), FALSE, "and cannot be had");
    KeAcquireSpinLockAtDpcLevel(&SecondLock);
    KeReleaseSpinLockFromDpcLevel(&SecondLock);
    is(KeGetCurrentIrql(), DISPATCH_LEVEL, "the AtDpcLevel forms leave the level alone");
    is(KeTryToAcquireSpinLockAtDpcLevel(&SecondLock), TRUE, "a free lock can be had");
    KeReleaseSpinLockFromDpcLevel(&SecondLock);
    DpcRuns = 0;
    KeInsertQueueDpc(&Dpcs[0], NULL, NULL);
    is(DpcRuns, 0, "no DPC comes while a spin lock is held");
    KeReleaseSpinLock(&Lock, Old);
    ok(KeGetCurrentIrql() == PASSIVE_LEVEL && DpcRuns == 1, "the release lowers and lets it in");
    is(KeTestSpinLock(&Lock), TRUE, "the lock is free");
    KeRaiseIrql(APC_LEVEL, &Older);
    KeAcquireInStackQueuedSpinLock(&Lock, &Queued);
    ok(KeGetCurrentIrql() == DISPATCH_LEVEL && Queued.OldIrql == APC_LEVEL, "a queued lock raises and remembers the level");
    KeAcquireInStackQueuedSpinLockAtDpcLevel(&SecondLock, &Queued);
    KeReleaseInStackQueuedSpinLockFromDpcLevel(&Queued);
    Queued.LockQueue.Lock = &Lock;
    KeReleaseInStackQueuedSpinLock(&Queued);
    is(KeGetCurrentIrql(), APC_LEVEL, "and goes back to it");
    KeLowerIrql(Older);
    Old = KeAcquireSpinLockRaiseToSynch(&Lock);
    is(KeGetCurrentIrql(), 12, "SYNCH_LEVEL");
    KeReleaseSpinLockFromDpcLevel(&Lock);
    KeLowerIrql(Old);
    Old = KeAcquireSpinLockForDpc(&Lock);
    is(KeGetCurrentIrql(), DISPATCH_LEVEL, "KeAcquireSpinLockForDpc raises a caller below DISPATCH_LEVEL");
    KeReleaseSpinLockForDpc(&Lock, Old);
    is(KeGetCurrentIrql(), PASSIVE_LEVEL, "and its release lowers it");
}

static volatile ULONG ApcRuns;
static volatile KIRQL ApcIrql;

static VOID NTAPI SpecialApc(PKAPC Apc, PKNORMAL_ROUTINE *Normal, PVOID *Context, PVOID *Argument1, PVOID *Argument2) {
    UNREFERENCED_PARAMETER(Apc);
    UNREFERENCED_PARAMETER(Normal);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    ApcRuns++;
    ApcIrql = KeGetCurrentIrql();
}

static VOID TestApcDelivery(VOID) {
    static KAPC Apc;
    KIRQL Old;
    KeInitializeApc(&Apc, KeGetCurrentThread(), OriginalApcEnvironment, SpecialApc, NULL, NULL, KernelMode, NULL);
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    KeInsertQueueApc(&Apc, NULL, NULL, 0);
    KeLowerIrql(APC_LEVEL);
    is(ApcRuns, 0, "a special kernel APC waits at APC_LEVEL");
    KeLowerIrql(Old);
    is(ApcRuns, 1, "and runs on the way to PASSIVE_LEVEL");
    is(ApcIrql, APC_LEVEL, "at APC_LEVEL");
    KeInsertQueueApc(&Apc, NULL, NULL, 0);
    is(ApcRuns, 2, "at PASSIVE_LEVEL it runs at once");
}

static VOID TestHandlers(VOID) {
    KIRQL Old, Inside = 99;
    KeRaiseIrql(APC_LEVEL, &Old);
    __try {
        ExRaiseStatus(STATUS_UNSUCCESSFUL);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Inside = KeGetCurrentIrql();
    }
    KeLowerIrql(Old);
    is(Inside, APC_LEVEL, "a handler runs at the level of the exception");
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    TestLevels();
    TestDpcDelivery();
    TestSpinLocks();
    TestApcDelivery();
    TestHandlers();
    is(KeGetCurrentIrql(), PASSIVE_LEVEL, "all is as it was");
}
