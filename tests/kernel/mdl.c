/* MDLs, physical addresses, pages of one's own: two addresses of one page are one page. */
#include "tap.h"

#define TAG 'tseT'

static ULONG64 Physical(PVOID Address) { return (ULONG64)MmGetPhysicalAddress(Address).QuadPart; }

static VOID TestNonPaged(VOID) {
    PUCHAR Block = ExAllocatePoolWithTag(NonPagedPoolNx, 3 * PAGE_SIZE, TAG), Again;
    PMDL Mdl = IoAllocateMdl(Block + 100, 2 * PAGE_SIZE, FALSE, FALSE, NULL);
    PPFN_NUMBER Frames;
    ok(Block && Mdl, "an MDL");
    if (!Block || !Mdl) {
        return;
    }
    is(MmGetMdlByteCount(Mdl), 2 * PAGE_SIZE, "its byte count");
    is(MmGetMdlByteOffset(Mdl), 100, "its byte offset");
    ok(MmGetMdlVirtualAddress(Mdl) == Block + 100, "its virtual address");
    is(Mdl->Size, sizeof(MDL) + 3 * sizeof(PFN_NUMBER), "100 bytes into a page, two pages' worth takes three frames");
    is(MmSizeOfMdl(Block + 100, 2 * PAGE_SIZE), sizeof(MDL) + 3 * sizeof(PFN_NUMBER), "MmSizeOfMdl says so too");
    is(ADDRESS_AND_SIZE_TO_SPAN_PAGES(Block + 100, 2 * PAGE_SIZE), 3, "and the macro");
    MmBuildMdlForNonPagedPool(Mdl);
    ok(Mdl->MdlFlags & MDL_SOURCE_IS_NONPAGED_POOL, "MmBuildMdlForNonPagedPool marks it");
    ok(MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority) == Block + 100, "its system address is the pool's");
    Frames = MmGetMdlPfnArray(Mdl);
    ok(Frames[0] == Physical(Block) >> PAGE_SHIFT && Frames[1] == Physical(Block + PAGE_SIZE) >> PAGE_SHIFT &&
           Frames[2] == Physical(Block + 2 * PAGE_SIZE) >> PAGE_SHIFT,
       "its frames are those of MmGetPhysicalAddress");
    is(Physical(Block + 123) - Physical(Block), 123, "a physical address has the offset in the page");
    Again = MmMapLockedPagesSpecifyCache(Mdl, KernelMode, MmCached, NULL, FALSE, NormalPagePriority);
    ok(Again != NULL, "mapped once more");
    if (Again) {
        Again[0] = 0x5A;
        Again[2 * PAGE_SIZE - 1] = 0xA5;
        ok(Block[100] == 0x5A && Block[100 + 2 * PAGE_SIZE - 1] == 0xA5, "what is written through one address is read through the other");
        is(Physical(Again), Physical(Block + 100), "both have one physical address");
        MmUnmapLockedPages(Again, Mdl);
    }
    Block[100] = 1;
    is(Block[100], 1, "the pool is still there");
    IoFreeMdl(Mdl);
    ExFreePoolWithTag(Block, TAG);
}

/* Frames that do not follow each other, and a mapping where they do. */
static VOID TestScattered(VOID) {
    PUCHAR Pages[4], Mapped;
    PMDL Mdl = IoAllocateMdl(NULL, 4 * PAGE_SIZE, FALSE, FALSE, NULL);
    ULONG Right = 0;
    for (ULONG i = 0; i < 4; i++) {
        Pages[i] = ExAllocatePoolWithTag(NonPagedPoolNx, PAGE_SIZE, TAG);
        RtlFillMemory(Pages[i], PAGE_SIZE, (UCHAR)(0x10 + i));
    }
    for (ULONG i = 0; i < 4; i++) {
        MmGetMdlPfnArray(Mdl)[i] = (PFN_NUMBER)(Physical(Pages[3 - i]) >> PAGE_SHIFT);
    }
    Mdl->MdlFlags |= MDL_PAGES_LOCKED;
    Mapped = MmMapLockedPagesSpecifyCache(Mdl, KernelMode, MmCached, NULL, FALSE, NormalPagePriority);
    ok(Mapped != NULL, "four pages in reverse order are mapped");
    if (Mapped) {
        for (ULONG i = 0; i < 4; i++) {
            Right += Mapped[i * PAGE_SIZE] == 0x13 - i && Physical(Mapped + i * PAGE_SIZE) == Physical(Pages[3 - i]);
        }
        is(Right, 4, "each where the MDL says");
        RtlFillMemory(Mapped, 4 * PAGE_SIZE, 0x77);
        ok(Pages[0][5] == 0x77 && Pages[3][PAGE_SIZE - 1] == 0x77, "and each is the page itself");
        MmUnmapLockedPages(Mapped, Mdl);
        ok(!MmIsAddressValid(Mapped) || Physical(Mapped) == 0 || Mapped == Pages[3], "the mapping is gone");
    }
    Mdl->MdlFlags &= ~MDL_PAGES_LOCKED;
    IoFreeMdl(Mdl);
    for (ULONG i = 0; i < 4; i++) {
        ExFreePoolWithTag(Pages[i], TAG);
    }
}

static VOID TestLocked(VOID) {
    PUCHAR Paged = ExAllocatePoolWithTag(PagedPool, 2 * PAGE_SIZE, TAG), System;
    PMDL Mdl = IoAllocateMdl(Paged, 2 * PAGE_SIZE, FALSE, FALSE, NULL);
    NTSTATUS Status = STATUS_SUCCESS;
    __try {
        MmProbeAndLockPages(Mdl, KernelMode, IoModifyAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    is(Status, STATUS_SUCCESS, "paged pool is locked");
    ok(Mdl->MdlFlags & MDL_PAGES_LOCKED, "which the MDL says");
    System = MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority);
    ok(System != NULL, "it has a system address");
    if (System) {
        System[PAGE_SIZE] = 0x42;
        is(Paged[PAGE_SIZE], 0x42, "of the same page");
        ok(MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority) == System, "which stays the same");
    }
    MmUnlockPages(Mdl);
    is(Mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_MAPPED_TO_SYSTEM_VA), 0, "unlocking unmaps");
    IoFreeMdl(Mdl);
    ExFreePoolWithTag(Paged, TAG);
}

static NTSTATUS TryLock(PVOID Address, SIZE_T Bytes, KPROCESSOR_MODE Mode, LOCK_OPERATION Operation) {
    PMDL Mdl = IoAllocateMdl(Address, (ULONG)Bytes, FALSE, FALSE, NULL);
    NTSTATUS Status = STATUS_SUCCESS;
    __try {
        MmProbeAndLockPages(Mdl, Mode, Operation);
        MmUnlockPages(Mdl);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    IoFreeMdl(Mdl);
    return Status;
}

static const ULONG Constant = 1;

static VOID TestBadRanges(VOID) {
    PVOID Pool = ExAllocatePoolWithTag(NonPagedPoolNx, 100, TAG);
    is((ULONG)TryLock((PVOID)(ULONG_PTR)0x10000, 100, UserMode, IoReadAccess), (ULONG)STATUS_ACCESS_VIOLATION, "a user address nobody has");
    is((ULONG)TryLock((PVOID)(ULONG_PTR)0x10000, 100, KernelMode, IoReadAccess), (ULONG)STATUS_ACCESS_VIOLATION, "in kernel mode too");
    is((ULONG)TryLock(Pool, 100, UserMode, IoReadAccess), (ULONG)STATUS_ACCESS_VIOLATION, "a kernel address for a user's request");
    is((ULONG)TryLock((PUCHAR)MM_HIGHEST_USER_ADDRESS - 50, 10000, UserMode, IoReadAccess), (ULONG)STATUS_ACCESS_VIOLATION,
       "a range that runs out of user space");
    is((ULONG)TryLock((PVOID) ~(ULONG_PTR)100, 1000, KernelMode, IoReadAccess), (ULONG)STATUS_ACCESS_VIOLATION, "one that wraps around");
    is((ULONG)TryLock((PVOID)&Constant, 4, KernelMode, IoWriteAccess), (ULONG)STATUS_ACCESS_VIOLATION, "constants, for writing");
    is((ULONG)TryLock((PVOID)&Constant, 4, KernelMode, IoReadAccess), STATUS_SUCCESS, "but for reading they can be had");
    ExFreePoolWithTag(Pool, TAG);
}

static VOID TestPartial(VOID) {
    PUCHAR Block = ExAllocatePoolWithTag(NonPagedPoolNx, 4 * PAGE_SIZE, TAG), Part;
    PMDL Whole = IoAllocateMdl(Block, 4 * PAGE_SIZE, FALSE, FALSE, NULL), Mdl;
    MmBuildMdlForNonPagedPool(Whole);
    Mdl = IoAllocateMdl(Block + PAGE_SIZE + 10, PAGE_SIZE, FALSE, FALSE, NULL);
    IoBuildPartialMdl(Whole, Mdl, Block + PAGE_SIZE + 10, PAGE_SIZE);
    ok(Mdl->MdlFlags & (MDL_PARTIAL | MDL_SOURCE_IS_NONPAGED_POOL), "a partial MDL");
    is(MmGetMdlByteCount(Mdl), PAGE_SIZE, "of a page");
    is(MmGetMdlPfnArray(Mdl)[0], MmGetMdlPfnArray(Whole)[1], "has the frames of the whole one");
    Part = MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority);
    Part[0] = 0x99;
    is(Block[PAGE_SIZE + 10], 0x99, "and describes that part");
    MmPrepareMdlForReuse(Mdl);
    IoBuildPartialMdl(Whole, Mdl, Block + 2 * PAGE_SIZE, 100);
    is(MmGetMdlPfnArray(Mdl)[0], MmGetMdlPfnArray(Whole)[2], "then another one");
    is(MmGetMdlByteCount(Mdl), 100, "smaller");
    MmPrepareMdlForReuse(Mdl);
    IoFreeMdl(Mdl);
    IoFreeMdl(Whole);
    ExFreePoolWithTag(Block, TAG);
}

static VOID TestOwnPages(VOID) {
    PHYSICAL_ADDRESS Low = {.QuadPart = 0}, High = {.QuadPart = 32 * 1024 * 1024 - 1}, Skip = {.QuadPart = 0};
    PMDL Mdl = MmAllocatePagesForMdl(Low, High, Skip, 10 * PAGE_SIZE);
    ULONG Below = 0, Zero = 0;
    PUCHAR Mapped;
    ok(Mdl != NULL, "MmAllocatePagesForMdl");
    if (!Mdl) {
        return;
    }
    is(MmGetMdlByteCount(Mdl), 10 * PAGE_SIZE, "all ten pages");
    for (ULONG i = 0; i < 10; i++) {
        Below += MmGetMdlPfnArray(Mdl)[i] < (32 * 1024 * 1024 >> PAGE_SHIFT);
    }
    is(Below, 10, "below the highest address that was asked for");
    Mapped = MmMapLockedPagesSpecifyCache(Mdl, KernelMode, MmCached, NULL, FALSE, NormalPagePriority);
    ok(Mapped != NULL, "mapped");
    if (Mapped) {
        for (ULONG i = 0; i < 10 * PAGE_SIZE; i++) {
            Zero += Mapped[i] == 0;
        }
        is(Zero, 10 * PAGE_SIZE, "they are zero");
        Mapped[5 * PAGE_SIZE] = 1;
        MmUnmapLockedPages(Mapped, Mdl);
    }
    MmFreePagesFromMdl(Mdl);
    ExFreePool(Mdl);
    Mdl = MmAllocatePagesForMdlEx(Low, High, Skip, 1 << 30, MmCached, MM_ALLOCATE_FULLY_REQUIRED);
    ok(Mdl == NULL, "a gigabyte below 32 MiB, fully required, is refused");
}

static VOID TestContiguous(VOID) {
    PHYSICAL_ADDRESS High = {.QuadPart = 64 * 1024 * 1024 - 1}, Low = {.QuadPart = 0}, Boundary = {.QuadPart = 65536};
    PUCHAR Block = MmAllocateContiguousMemory(16 * PAGE_SIZE, High);
    ULONG Following = 0;
    ok(Block != NULL, "MmAllocateContiguousMemory");
    if (Block) {
        for (ULONG i = 0; i < 16; i++) {
            Following += Physical(Block + i * PAGE_SIZE) == Physical(Block) + i * PAGE_SIZE;
        }
        is(Following, 16, "its frames follow each other");
        ok(Physical(Block) + 16 * PAGE_SIZE <= 64 * 1024 * 1024, "below the limit");
        ok(MmGetVirtualForPhysical(MmGetPhysicalAddress(Block)) == Block, "MmGetVirtualForPhysical");
        MmFreeContiguousMemory(Block);
    }
    Block = MmAllocateContiguousMemorySpecifyCache(10 * PAGE_SIZE, Low, High, Boundary, MmCached);
    ok(Block && Physical(Block) / 65536 == (Physical(Block) + 10 * PAGE_SIZE - 1) / 65536, "ten pages that do not cross 64 KiB");
    MmFreeContiguousMemorySpecifyCache(Block, 10 * PAGE_SIZE, MmCached);
    Block = MmAllocateNonCachedMemory(PAGE_SIZE);
    ok(Block != NULL, "MmAllocateNonCachedMemory");
    MmFreeNonCachedMemory(Block, PAGE_SIZE);
}

static VOID TestIoSpace(VOID) {
    PUCHAR Block = ExAllocatePoolWithTag(NonPagedPoolNx, PAGE_SIZE, TAG), Mapped;
    Mapped = MmMapIoSpace(MmGetPhysicalAddress(Block), PAGE_SIZE, MmNonCached);
    ok(Mapped != NULL, "MmMapIoSpace of a page of RAM");
    if (Mapped) {
        Mapped[7] = 0x31;
        is(Block[7], 0x31, "is that page");
        MmUnmapIoSpace(Mapped, PAGE_SIZE);
    }
    ExFreePoolWithTag(Block, TAG);
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    TestNonPaged();
    TestScattered();
    TestLocked();
    TestBadRanges();
    TestPartial();
    TestOwnPages();
    TestContiguous();
    TestIoSpace();
    ok(MmIsAddressValid((PVOID)&Constant) && !MmIsAddressValid((PVOID)(ULONG_PTR)0x1000), "MmIsAddressValid");
}
