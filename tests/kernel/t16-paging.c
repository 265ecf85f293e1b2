/* T16: paged pool and PAGE sections go when IRQL is raised, come back when they are touched below DISPATCH_LEVEL, and stay while they are locked. */
#include "kernel/more.h"

#define TAG     'egaP'
#define PAGED   __attribute__((section("PAGE"), noinline))
#define CONTROL __attribute__((section("PAGEctl"), noinline))

extern UCHAR __ImageBase;
BOOLEAN NTAPI MmIsNonPagedSystemAddressValid(PVOID);
PVOID NTAPI RealLockPagableDataSection(PVOID) __asm__("MmLockPagableDataSection");
VOID NTAPI RealLockPagableSectionByHandle(PVOID) __asm__("MmLockPagableSectionByHandle");

PAGED static ULONG Answer(ULONG Number) {
    PAGED_CODE();
    return Number * 6;
}
CONTROL static ULONG Control(ULONG Number) { return Number + 1; }
__attribute__((section("PAGEdata"))) static ULONG Counter = 7;
static ULONG Resident = 1;

/* What the verifier does when a driver raises IRQL. */
static VOID Raise(VOID) {
    KIRQL Old;
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    KeLowerIrql(Old);
}

static BOOLEAN ValidAtDispatch(PVOID Address) {
    KIRQL Old;
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    BOOLEAN Valid = MmIsAddressValid(Address);
    KeLowerIrql(Old);
    return Valid;
}

static VOID TestPool(VOID) {
    PULONG Small = ExAllocatePoolWithTag(PagedPool, 64, TAG), Big = ExAllocatePoolWithTag(PagedPool, 3 * PAGE_SIZE, TAG);
    PULONG NonPaged = ExAllocatePoolWithTag(NonPagedPoolNx, 64, TAG);
    KIRQL Old;
    *Small = 11;
    Big[2 * PAGE_SIZE / sizeof(ULONG)] = 12;
    *NonPaged = 13;
    ok(MmIsAddressValid(Small) && MmIsAddressValid(Big), "paged pool that has just been written is there");
    ok(!ValidAtDispatch(Small) && !ValidAtDispatch(Big), "at DISPATCH_LEVEL it is not");
    ok(!MmIsAddressValid(Small) && !MmIsNonPagedSystemAddressValid(Small), "nor afterwards, until it is touched");
    is(*Small, 11, "touched, it has what was in it");
    ok(MmIsAddressValid(Small), "and is there again");
    KeRaiseIrql(APC_LEVEL, &Old);
    is(Big[2 * PAGE_SIZE / sizeof(ULONG)], 12, "at APC_LEVEL too");
    KeLowerIrql(Old);
    ok(MmIsAddressValid(&Big[2 * PAGE_SIZE / sizeof(ULONG)]) && !MmIsAddressValid(Big), "a page at a time");
    ok(ValidAtDispatch(NonPaged) && *NonPaged == 13, "nonpaged pool stays");
    ok(ValidAtDispatch(&Resident), "and so do a driver's ordinary data");
    ExFreePoolWithTag(Small, TAG);
    ExFreePoolWithTag(Big, TAG);
    ExFreePoolWithTag(NonPaged, TAG);
    Small = ExAllocatePool2(POOL_FLAG_PAGED, 64, TAG);
    ok(Small && *Small == 0 && !ValidAtDispatch(Small), "ExAllocatePool2 with POOL_FLAG_PAGED gives the same kind");
    ExFreePoolWithTag(Small, TAG);
}

static VOID TestLockedPages(VOID) {
    PULONG Block = ExAllocatePoolWithTag(PagedPool, 2 * PAGE_SIZE, TAG);
    PMDL Mdl = IoAllocateMdl(Block, PAGE_SIZE, FALSE, FALSE, NULL);
    ULONG Value = 0;
    KIRQL Old;
    *Block = 21;
    Raise();
    MmProbeAndLockPages(Mdl, KernelMode, IoModifyAccess);
    ok(ValidAtDispatch(Block), "locked pages are brought in and stay");
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    Value = ++*Block;
    KeLowerIrql(Old);
    is(Value, 22, "and can be used at DISPATCH_LEVEL");
    ok(!ValidAtDispatch(&Block[PAGE_SIZE / sizeof(ULONG)]), "the page beside them is not locked");
    MmUnlockPages(Mdl);
    *Block = 23;
    ok(!ValidAtDispatch(Block), "unlocked, they go again");
    is(*Block, 23, "and come");
    MmProbeAndLockPages(Mdl, KernelMode, IoReadAccess);
    PULONG Mapped = MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority);
    ExFreePoolWithTag(Block, TAG);
    ok(Mapped && ValidAtDispatch(Mapped), "pages that are locked outlive their block");
    MmUnlockPages(Mdl);
    IoFreeMdl(Mdl);
}

static VOID TestCode(VOID) {
    is(Answer(7), 42, "a function in PAGE");
    ok(MmIsAddressValid((PVOID)Answer), "is there when it has been called");
    ok(!ValidAtDispatch((PVOID)Answer), "and not at DISPATCH_LEVEL");
    is(Answer(8), 48, "called again, it comes back");
    Counter++;
    ok(!ValidAtDispatch(&Counter), "data of a section whose name begins with PAGE goes too");
    is(Counter, 8, "and comes back");
    is(Control(1), 2, "a function in another section");

    PVOID Handle = RealLockPagableDataSection((PVOID)Answer);
    KIRQL Old;
    ok(Handle && ValidAtDispatch((PVOID)Answer), "MmLockPagableCodeSection keeps the section in");
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    ULONG Result = Answer(9);
    KeLowerIrql(Old);
    is(Result, 54, "its code runs at DISPATCH_LEVEL");
    ok(!ValidAtDispatch((PVOID)Control), "but not that of the other section");
    RealLockPagableSectionByHandle(Handle);
    MmUnlockPagableImageSection(Handle);
    ok(ValidAtDispatch((PVOID)Answer), "locked twice, unlocked once: it stays");
    MmUnlockPagableImageSection(Handle);
    ok(!ValidAtDispatch((PVOID)Answer), "unlocked twice: it goes");
    RealLockPagableSectionByHandle(Handle);
    ok(ValidAtDispatch((PVOID)Answer), "MmLockPagableSectionByHandle brings it in");
    MmUnlockPagableImageSection(Handle);
}

static VOID TestEntireDriver(VOID) {
    PVOID Text = RealLockPagableDataSection((PVOID)Raise); /* what raises IRQL must stay */
    ok(MmPageEntireDriver((PVOID)Raise) == (PVOID)((ULONG_PTR)&__ImageBase), "MmPageEntireDriver returns the driver's base");
    Resident = 31;
    ok(!ValidAtDispatch(&Resident), "all of the driver is pageable now");
    is(Resident, 31, "and comes back");
    MmResetDriverPaging((PVOID)Raise);
    ok(ValidAtDispatch(&Resident), "MmResetDriverPaging: what was resident is so again");
    is(Answer(1), 6, "PAGE is there");
    ok(!ValidAtDispatch((PVOID)Answer), "and what was pageable still is");
    MmUnlockPagableImageSection(Text);
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    TestPool();
    TestLockedPages();
    TestCode();
    TestEntireDriver();
}
