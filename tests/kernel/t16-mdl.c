/* MDLs in places that mdl.c leaves out: of device memory, at reserved addresses, with protections; pages of one's own in chunks. */
#include "kernel/more.h"

#define TAG 'ldMT'

NTSTATUS NTAPI MmProtectMdlSystemAddress(PMDL, ULONG);

static VOID TestReserved(VOID) {
    PUCHAR Block = ExAllocatePoolWithTag(NonPagedPoolNx, 3 * PAGE_SIZE, TAG), Base = MmAllocateMappingAddress(2 * PAGE_SIZE, TAG), Mapped;
    PMDL Small = IoAllocateMdl(Block + 100, PAGE_SIZE, FALSE, FALSE, NULL), Large = IoAllocateMdl(Block, 3 * PAGE_SIZE, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(Small);
    MmBuildMdlForNonPagedPool(Large);
    ok(Base && !MmIsAddressValid(Base) && !MmIsAddressValid(Base + PAGE_SIZE), "MmAllocateMappingAddress reserves addresses, and nothing is there");
    Mapped = MmMapLockedPagesWithReservedMapping(Base, TAG, Small, MmCached);
    ok(Mapped == Base + 100 && MmIsAddressValid(Base + PAGE_SIZE), "MmMapLockedPagesWithReservedMapping maps there");
    Mapped[7] = 0x5C;
    is(Block[107], 0x5C, "the same memory");
    MmUnmapReservedMapping(Base, TAG, Small);
    ok(!MmIsAddressValid(Base) && !MmIsAddressValid(Base + PAGE_SIZE), "MmUnmapReservedMapping leaves nothing");
    ok(MmMapLockedPagesWithReservedMapping(Base, TAG, Large, MmCached) == NULL, "an MDL that is larger than the reservation: NULL");
    MmFreeMappingAddress(Base, TAG);
    PVOID Again = MmAllocateMappingAddress(2 * PAGE_SIZE, TAG);
    ok(Again == Base, "MmFreeMappingAddress: the addresses are there for the next");
    MmFreeMappingAddress(Again, TAG);
    IoFreeMdl(Small);
    IoFreeMdl(Large);
    ExFreePoolWithTag(Block, TAG);
}

static VOID TestProtections(VOID) {
    PUCHAR Block = ExAllocatePoolWithTag(NonPagedPoolNx, 2 * PAGE_SIZE, TAG), Mapped;
    PMDL Source = IoAllocateMdl(Block, 2 * PAGE_SIZE, FALSE, FALSE, NULL), Mdl = IoAllocateMdl(Block + PAGE_SIZE, 64, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(Source);
    Block[PAGE_SIZE] = 0x11;
    IoBuildPartialMdl(Source, Mdl, Block + PAGE_SIZE, 64);
    Mapped = MmMapLockedPagesSpecifyCache(Mdl, KernelMode, MmCached, NULL, FALSE, NormalPagePriority | 0x80000000 /* MdlMappingNoWrite */);
    ok(Mapped && Mapped != Block + PAGE_SIZE && *Mapped == 0x11, "MdlMappingNoWrite: a mapping that can be read");
    PMDL Writer = IoAllocateMdl(Mapped, 8, FALSE, FALSE, NULL);
    NTSTATUS Status = STATUS_SUCCESS;
    __try {
        MmProbeAndLockPages(Writer, KernelMode, IoWriteAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    STATUS(Status, STATUS_ACCESS_VIOLATION, "and not be written");
    IoFreeMdl(Writer);
    MmUnmapLockedPages(Mapped, Mdl);
    Mapped = MmMapLockedPagesSpecifyCache(Mdl, KernelMode, MmCached, NULL, FALSE, NormalPagePriority | 0x20000000 /* MdlMappingWithGuardPtes */);
    PUCHAR Page = (PUCHAR)((ULONG_PTR)Mapped & ~(ULONG_PTR)(PAGE_SIZE - 1));
    ok(Mapped && MmIsAddressValid(Page) && !MmIsAddressValid(Page - 1) && !MmIsAddressValid(Page + PAGE_SIZE),
       "MdlMappingWithGuardPtes: nothing beside it");
    STATUS(MmProtectMdlSystemAddress(Mdl, PAGE_READONLY), 0, "MmProtectMdlSystemAddress");
    STATUS(MmProtectMdlSystemAddress(Mdl, PAGE_GUARD | PAGE_READWRITE), STATUS_INVALID_PAGE_PROTECTION, "not PAGE_GUARD");
    STATUS(MmProtectMdlSystemAddress(Mdl, PAGE_WRITECOPY), STATUS_INVALID_PAGE_PROTECTION, "nor PAGE_WRITECOPY");
    MmUnmapLockedPages(Mapped, Mdl);
    STATUS(MmProtectMdlSystemAddress(Mdl, PAGE_READONLY), STATUS_NOT_MAPPED_VIEW, "nor what is not mapped");
    Status = STATUS_SUCCESS;
    __try {
        MmMapLockedPagesSpecifyCache(Mdl, UserMode, MmCached, NULL, FALSE, NormalPagePriority);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    ok(!NT_SUCCESS(Status), "UserMode in the System process raises: %08x", Status);
    IoFreeMdl(Mdl);
    IoFreeMdl(Source);
    ExFreePoolWithTag(Block, TAG);
}

static VOID TestPages(VOID) {
    PHYSICAL_ADDRESS None = {.QuadPart = 0}, All = {.QuadPart = -1}, Chunk = {.QuadPart = 4 * PAGE_SIZE}, Odd = {.QuadPart = 3 * PAGE_SIZE};
    PHYSICAL_ADDRESS Low = {.QuadPart = 0x2000000}, High = {.QuadPart = 0x2000000 + 2 * PAGE_SIZE - 1}, Skip = {.QuadPart = 0x100000};
    PMDL Mdl = MmAllocatePagesForMdlEx(None, All, Chunk, 8 * PAGE_SIZE, MmCached, MM_ALLOCATE_REQUIRE_CONTIGUOUS_CHUNKS | MM_ALLOCATE_FULLY_REQUIRED);
    PPFN_NUMBER Frames = Mdl ? MmGetMdlPfnArray(Mdl) : NULL;
    ok(Frames && Frames[3] == Frames[0] + 3 && Frames[7] == Frames[4] + 3, "contiguous chunks of four pages");
    MmFreePagesFromMdl(Mdl);
    ExFreePool(Mdl);
    ok(!MmAllocatePagesForMdlEx(None, All, Odd, 8 * PAGE_SIZE, MmCached, MM_ALLOCATE_REQUIRE_CONTIGUOUS_CHUNKS), "not of three");
    ok(!MmAllocatePagesForMdlEx(None, All, None, PAGE_SIZE, MmCached, 0x8000), "nor with a flag that there is not");
    Mdl = MmAllocatePagesForMdlEx(Low, High, Skip, 5 * PAGE_SIZE, MmCached, MM_DONT_ZERO_ALLOCATION);
    Frames = Mdl ? MmGetMdlPfnArray(Mdl) : NULL;
    ok(Frames && MmGetMdlByteCount(Mdl) == 5 * PAGE_SIZE && Frames[0] == 0x2000 && Frames[2] == 0x2100 && Frames[4] == 0x2200,
       "SkipBytes: what one range does not have is taken from the next");
    MmFreePagesFromMdl(Mdl);
    ExFreePool(Mdl);
    ok(!MmAllocateContiguousMemorySpecifyCache(PAGE_SIZE, Low, None, None, MmCached), "contiguous memory: the lowest address lies below the highest");
    ok(!MmAllocateContiguousMemorySpecifyCache(PAGE_SIZE, None, All, None, MmMaximumCacheType), "and the cache type exists");
    PUCHAR Block = MmAllocateContiguousMemorySpecifyCache(3 * PAGE_SIZE, Low, All, Chunk, MmNonCached);
    ULONG64 First = (ULONG64)MmGetPhysicalAddress(Block).QuadPart;
    ok(Block && First >= 0x2000000 && First / (4 * PAGE_SIZE) == (First + 3 * PAGE_SIZE - 1) / (4 * PAGE_SIZE),
       "it crosses no multiple of the boundary");
    MmFreeContiguousMemory(Block);
}

static VOID TestDeviceMemory(VOID) {
    PHYSICAL_ADDRESS Device = {.QuadPart = 0xFEB00000}, Ram = {.QuadPart = 0x3000000};
    PULONG Registers = MmMapIoSpace(Device, PAGE_SIZE, MmNonCached), Mapped;
    PMDL Mdl = IoAllocateMdl(Registers, PAGE_SIZE, FALSE, FALSE, NULL), Part = IoAllocateMdl(Registers + 4, 16, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(Mdl);
    ok(MmGetMdlPfnArray(Mdl)[0] == 0xFEB00000 / PAGE_SIZE && (Mdl->MdlFlags & MDL_IO_SPACE) != 0, "an MDL of device memory");
    ok(MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority) == (PVOID)Registers, "is mapped where it is");
    IoBuildPartialMdl(Mdl, Part, Registers + 4, 16);
    Mapped = MmMapLockedPagesSpecifyCache(Part, KernelMode, MmNonCached, NULL, FALSE, NormalPagePriority);
    ok(Mapped && Mapped != Registers + 4, "a part of it can be mapped once more");
    is(READ_REGISTER_ULONG(Mapped), READ_REGISTER_ULONG(Registers + 4), "and reaches the same device, or none");
    MmUnmapLockedPages(Mapped, Part);
    IoFreeMdl(Part);
    IoFreeMdl(Mdl);
    MmUnmapIoSpace(Registers, PAGE_SIZE);
    Mapped = MmMapIoSpace(Ram, PAGE_SIZE, MmNonCached);
    Mdl = IoAllocateMdl(Mapped, PAGE_SIZE, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(Mdl);
    is(MmGetMdlPfnArray(Mdl)[0], 0x3000, "an MDL of RAM that nobody may have");
    IoFreeMdl(Mdl);
    MmUnmapIoSpace(Mapped, PAGE_SIZE);
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    TestReserved();
    TestProtections();
    TestPages();
    TestDeviceMemory();
}
