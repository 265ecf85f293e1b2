/* The executive beyond worker.c and wait.c: resources, lookaside lists, sequenced lists, rundown, push locks, as drivers call them by import. */
#include "kernel/more.h"

/* The headers make inline functions or macros of these; what the kernel exports is meant. */
VOID NTAPI RealInitializeSListHead(PSLIST_HEADER) __asm__("InitializeSListHead");
PSLIST_ENTRY NTAPI RealFlushSList(PSLIST_HEADER) __asm__("ExInterlockedFlushSList");
PSLIST_ENTRY FASTCALL RealPushList(PSLIST_HEADER, PSLIST_ENTRY, PSLIST_ENTRY, ULONG) __asm__("InterlockedPushListSList");
NTKERNELAPI VOID FASTCALL ExfReleasePushLockExclusive(PULONG_PTR);
NTKERNELAPI VOID FASTCALL ExfReleasePushLockShared(PULONG_PTR);
NTKERNELAPI BOOLEAN NTAPI ExTryAcquirePushLockExclusiveEx(PULONG_PTR, ULONG);
NTKERNELAPI BOOLEAN NTAPI ExTryAcquirePushLockSharedEx(PULONG_PTR, ULONG);

static VOID TestResource(VOID) {
    static ERESOURCE Resource, Other;
    PLIST_ENTRY Link = &Resource.SystemResourcesList;
    ExInitializeResourceLite(&Resource);
    ExInitializeResourceLite(&Other);
    ok(ExEnterCriticalRegionAndAcquireResourceShared(&Resource) != NULL && ExIsResourceAcquiredSharedLite(&Resource) == 1 && KeAreApcsDisabled(),
       "ExEnterCriticalRegionAndAcquireResourceShared");
    ExReleaseResourceAndLeaveCriticalRegion(&Resource);
    ExDisableResourceBoostLite(&Resource);
    Resource.ContentionCount = 3;
    STATUS(ExReinitializeResourceLite(&Resource), 0, "ExReinitializeResourceLite");
    ok(Resource.ContentionCount == 0 && Link->Flink->Blink == Link && Link->Blink->Flink == Link, "as new, and still in the list of all");
    STATUS(ExDeleteResourceLite(&Resource), 0, "ExDeleteResourceLite");
    ok(Link->Flink->Blink != Link && Link->Blink->Flink != Link, "it is in the list of all no more");
    ExDeleteResourceLite(&Other);
}

static ULONG Freed;

static VOID NTAPI CountFree(PVOID Block) {
    Freed++;
    ExFreePool(Block);
}

static VOID NTAPI CountFreeEx(PVOID Block, PLOOKASIDE_LIST_EX List) { CountFree(Block); }

/* The exported forms of what the headers make inline functions of. */
static VOID TestExported(PCWSTR AllocateName, PCWSTR FreeName, PVOID List, PSLIST_HEADER Head) {
    UNICODE_STRING Name;
    PVOID(NTAPI * AllocateFrom)(PVOID);
    VOID(NTAPI * FreeTo)(PVOID, PVOID);
    PVOID Block;
    RtlInitUnicodeString(&Name, AllocateName);
    AllocateFrom = MmGetSystemRoutineAddress(&Name);
    RtlInitUnicodeString(&Name, FreeName);
    FreeTo = MmGetSystemRoutineAddress(&Name);
    Block = AllocateFrom(List);
    ok(Block != NULL, "%ws", AllocateName);
    FreeTo(List, Block);
    is(ExQueryDepthSList(Head), 1, "the exported form keeps the block");
    ok(AllocateFrom(List) == Block, "and gives it again");
    FreeTo(List, Block);
}

static VOID TestLookaside(VOID) {
    static NPAGED_LOOKASIDE_LIST NPaged;
    static PAGED_LOOKASIDE_LIST Paged;
    static LOOKASIDE_LIST_EX Ex;
    PVOID(NTAPI * RealAllocateEx)(PLOOKASIDE_LIST_EX) = MmGetSystemRoutineAddress(U("ExAllocateFromLookasideListEx"));
    VOID(NTAPI * RealFreeEx)(PLOOKASIDE_LIST_EX, PVOID) = MmGetSystemRoutineAddress(U("ExFreeToLookasideListEx"));
    PVOID Block, Again;
    ExInitializePagedLookasideList(&Paged, NULL, CountFree, 0, 100, 'tseT', 0);
    TestExported(L"ExAllocateFromPagedLookasideList", L"ExFreeToPagedLookasideList", &Paged, &Paged.L.ListHead);
    ExInitializeNPagedLookasideList(&NPaged, NULL, NULL, 0, 100, 'tseT', 0);
    TestExported(L"ExAllocateFromNPagedLookasideList", L"ExFreeToNPagedLookasideList", &NPaged, &NPaged.L.ListHead);
    ExDeleteNPagedLookasideList(&NPaged);
    Block = ExAllocateFromPagedLookasideList(&Paged);
    ExFreeToPagedLookasideList(&Paged, Block);
    is(Freed, 0, "the block is kept");
    ExDeletePagedLookasideList(&Paged);
    is(Freed, 1, "ExDeletePagedLookasideList frees it");
    STATUS(ExInitializeLookasideListEx(&Ex, NULL, CountFreeEx, NonPagedPoolNx, 0, 100, 'tseT', 0), 0, "ExInitializeLookasideListEx");
    Block = RealAllocateEx(&Ex);
    ok(Block != NULL, "ExAllocateFromLookasideListEx");
    RealFreeEx(&Ex, Block);
    ok(Freed == 1 && ExQueryDepthSList(&Ex.L.ListHead) == 1, "ExFreeToLookasideListEx keeps it");
    Again = RealAllocateEx(&Ex);
    ok(Again == Block && ExQueryDepthSList(&Ex.L.ListHead) == 0, "and it comes again");
    RealFreeEx(&Ex, Again);
    ExDeleteLookasideListEx(&Ex);
    is(Freed, 2, "ExDeleteLookasideListEx frees it");
}

static VOID TestSequenced(VOID) {
    static SLIST_HEADER DECLSPEC_ALIGN(16) Head;
    static SLIST_ENTRY DECLSPEC_ALIGN(16) Entries[4];
    Head.Alignment = Head.Region = ~0ull;
    RealInitializeSListHead(&Head);
    is(ExQueryDepthSList(&Head), 0, "InitializeSListHead");
    Entries[0].Next = &Entries[1];
    Entries[1].Next = &Entries[2];
    ok(!RealPushList(&Head, &Entries[0], &Entries[2], 3) && ExQueryDepthSList(&Head) == 3, "InterlockedPushListSList: a chain of three");
    ok(RealPushList(&Head, &Entries[3], &Entries[3], 1) == &Entries[0] && ExQueryDepthSList(&Head) == 4, "what was first");
    ok(RealFlushSList(&Head) == &Entries[3] && Entries[3].Next == &Entries[0] && Entries[2].Next == NULL && ExQueryDepthSList(&Head) == 0,
       "ExInterlockedFlushSList takes all");
}

static VOID TestRundown(VOID) {
    EX_RUNDOWN_REF Rundown = {.Count = 0x77};
    ExInitializeRundownProtection(&Rundown);
    ok(ExAcquireRundownProtection(&Rundown), "ExInitializeRundownProtection: it may be used");
    ExReleaseRundownProtection(&Rundown);
    ExRundownCompleted(&Rundown);
    ok(!ExAcquireRundownProtection(&Rundown), "ExRundownCompleted: no more");
    ExReInitializeRundownProtection(&Rundown);
    ok(ExAcquireRundownProtection(&Rundown), "until it is begun anew");
}

static VOID TestPushLock(VOID) {
    ULONG_PTR Lock = 0;
    KeEnterCriticalRegion();
    ok(ExTryAcquirePushLockExclusiveEx(&Lock, 0) && !ExTryAcquirePushLockSharedEx(&Lock, 0), "ExTryAcquirePushLockExclusiveEx: alone");
    ExfReleasePushLockExclusive(&Lock);
    ok(ExTryAcquirePushLockSharedEx(&Lock, 0) && ExTryAcquirePushLockSharedEx(&Lock, 0) && !ExTryAcquirePushLockExclusiveEx(&Lock, 0),
       "ExfReleasePushLockExclusive; ExTryAcquirePushLockSharedEx: with others");
    ExfReleasePushLockShared(&Lock);
    ok(!ExTryAcquirePushLockExclusiveEx(&Lock, 0), "one of two is left");
    ExfReleasePushLockShared(&Lock);
    ok(ExTryAcquirePushLockExclusiveEx(&Lock, 0), "ExfReleasePushLockShared: it is free");
    ExfReleasePushLockExclusive(&Lock);
    KeLeaveCriticalRegion();
}

static VOID TestTime(VOID) {
    LARGE_INTEGER Local = {.QuadPart = 0x0123456789ABCDEF}, Universal = {0}, Back = {0};
    ExLocalTimeToSystemTime(&Local, &Universal);
    ExSystemTimeToLocalTime(&Universal, &Back);
    ok(Universal.QuadPart && Back.QuadPart == Local.QuadPart, "ExLocalTimeToSystemTime and back");
    ok(ExIsProcessorFeaturePresent(PF_XMMI64_INSTRUCTIONS_AVAILABLE) && !ExIsProcessorFeaturePresent(63) && !ExIsProcessorFeaturePresent(1000),
       "ExIsProcessorFeaturePresent: SSE2");
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    TestResource();
    TestLookaside();
    TestSequenced();
    TestRundown();
    TestPushLock();
    TestTime();
}
