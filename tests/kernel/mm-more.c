/* Memory functions that mdl.c and pool.c leave out. */
#include "kernel/more.h"

PVOID NTAPI RealAllocatePool(POOL_TYPE, SIZE_T) __asm__("ExAllocatePool");
PVOID NTAPI RealAllocatePoolWithQuota(POOL_TYPE, SIZE_T) __asm__("ExAllocatePoolWithQuota");
PVOID NTAPI RealMapLockedPages(PMDL, KPROCESSOR_MODE) __asm__("MmMapLockedPages");
NTSTATUS NTAPI MmProtectMdlSystemAddress(PMDL, ULONG);
NTSTATUS NTAPI MmAdvanceMdl(PMDL, ULONG);
PMDL NTAPI MmCreateMdl(PMDL, PVOID, SIZE_T);
BOOLEAN NTAPI MmIsNonPagedSystemAddressValid(PVOID);
PVOID NTAPI MmAllocateContiguousMemorySpecifyCacheNode(SIZE_T, PHYSICAL_ADDRESS, PHYSICAL_ADDRESS, PHYSICAL_ADDRESS, MEMORY_CACHING_TYPE, ULONG);
NTSTATUS NTAPI MmMapViewInSystemSpace(PVOID, PVOID *, PSIZE_T);
NTSTATUS NTAPI MmUnmapViewInSystemSpace(PVOID);
PPHYSICAL_MEMORY_RANGE NTAPI MmGetPhysicalMemoryRanges(VOID);
PVOID NTAPI RealLockPagableDataSection(PVOID) __asm__("MmLockPagableDataSection");
__declspec(dllimport) extern POBJECT_TYPE *MmSectionObjectType;

#define TAG 'tseT'

static VOID TestPool(VOID) {
    PUCHAR Block = RealAllocatePool(NonPagedPoolNx, 100), Other;
    ok(Block && MmIsNonPagedSystemAddressValid(Block), "ExAllocatePool; MmIsNonPagedSystemAddressValid");
    RtlFillMemory(Block, 100, 1);
    ExFreePool(Block);
    ok(!MmIsNonPagedSystemAddressValid(NULL), "not NULL");
    Block = RealAllocatePoolWithQuota(NonPagedPoolNx, 64);
    ok(Block != NULL, "ExAllocatePoolWithQuota");
    ExFreePool(Block);
    Block = ExAllocatePool3(POOL_FLAG_NON_PAGED, 64, TAG, NULL, 0);
    ok(Block && Block[0] == 0 && Block[63] == 0, "ExAllocatePool3 gives zeroed memory");
    RtlFillMemory(Block, 64, 0xEE);
    ExFreePool2(Block, TAG, NULL, 0);
    Other = ExAllocatePool3(POOL_FLAG_NON_PAGED, 64, TAG, NULL, 0);
    ok(Other == Block && Other[0] == 0, "ExFreePool2: the block is free, and comes again");
    ExFreePool2(Other, TAG, NULL, 0);
    Block = ExAllocatePoolZero(NonPagedPoolNx, 32, TAG);
    ok(Block && Block[0] == 0 && Block[31] == 0, "ExAllocatePoolZero");
    ExFreePoolWithTag(Block, TAG);
    ok(!ExAllocatePool3(0, 64, TAG, NULL, 0), "ExAllocatePool3 without a kind of pool: NULL");
    is(MmQuerySystemSize(), MmLargeSystem, "MmQuerySystemSize");
    ok(RealLockPagableDataSection((PVOID)TestPool) != NULL, "MmLockPagableDataSection");
}

static VOID TestMdl(VOID) {
    PUCHAR Block = ExAllocatePoolWithTag(NonPagedPoolNx, 2 * PAGE_SIZE, TAG), Mapped;
    PMDL Mdl = MmCreateMdl(NULL, Block, 2 * PAGE_SIZE);
    ok(Mdl && MmGetMdlByteCount(Mdl) == 2 * PAGE_SIZE && MmGetMdlVirtualAddress(Mdl) == Block, "MmCreateMdl");
    MmBuildMdlForNonPagedPool(Mdl);
    Mapped = RealMapLockedPages(Mdl, KernelMode);
    ok(Mapped != NULL, "MmMapLockedPages");
    Mapped[PAGE_SIZE + 1] = 0x42;
    is(Block[PAGE_SIZE + 1], 0x42, "the same memory");
    MmUnmapLockedPages(Mapped, Mdl);
    STATUS(MmAdvanceMdl(Mdl, 100), 0, "MmAdvanceMdl");
    ok(MmGetMdlByteCount(Mdl) == 2 * PAGE_SIZE - 100 && MmGetMdlByteOffset(Mdl) == 100, "the first bytes are left out");
    ExFreePool(Mdl);
    ExFreePoolWithTag(Block, TAG);
}

static VOID TestProtect(VOID) {
    PUCHAR Block = ExAllocatePoolWithTag(PagedPool, 2 * PAGE_SIZE, TAG), Mapped;
    PMDL Mdl = IoAllocateMdl(Block, PAGE_SIZE, FALSE, FALSE, NULL);
    MmProbeAndLockPages(Mdl, KernelMode, IoWriteAccess);
    STATUS(MmProtectMdlSystemAddress(Mdl, PAGE_READONLY), STATUS_NOT_MAPPED_VIEW, "MmProtectMdlSystemAddress of what is not mapped");
    Mapped = MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority);
    STATUS(MmProtectMdlSystemAddress(Mdl, PAGE_NOACCESS), 0, "no access");
    ok(Mapped && !MmIsAddressValid(Mdl->MappedSystemVa), "there is none");
    STATUS(MmProtectMdlSystemAddress(Mdl, PAGE_READWRITE), 0, "all access");
    ok(MmIsAddressValid(Mdl->MappedSystemVa), "it is back");
    MmUnlockPages(Mdl);
    IoFreeMdl(Mdl);
    ExFreePoolWithTag(Block, TAG);
}

static VOID TestPhysical(VOID) {
    PPHYSICAL_MEMORY_RANGE Ranges = MmGetPhysicalMemoryRanges();
    PUCHAR Block = ExAllocatePoolWithTag(NonPagedPoolNx, PAGE_SIZE, TAG), Mapped;
    PHYSICAL_ADDRESS Address = MmGetPhysicalAddress(Block), None = {.QuadPart = 0}, All = {.QuadPart = -1};
    UCHAR Copy[16] = {0};
    SIZE_T Done = 0;
    ULONG64 Sum = 0;
    BOOLEAN Covered = FALSE;
    for (ULONG i = 0; Ranges && (Ranges[i].BaseAddress.QuadPart || Ranges[i].NumberOfBytes.QuadPart); i++) {
        Sum += (ULONG64)Ranges[i].NumberOfBytes.QuadPart;
        Covered |= Address.QuadPart >= Ranges[i].BaseAddress.QuadPart &&
                   Address.QuadPart < Ranges[i].BaseAddress.QuadPart + Ranges[i].NumberOfBytes.QuadPart;
    }
    ok(Covered && Sum >= 16 * 1024 * 1024, "MmGetPhysicalMemoryRanges covers a block of pool");
    ExFreePool(Ranges);
    RtlFillMemory(Block, PAGE_SIZE, 0x77);
    STATUS(MmCopyMemory(Copy, (MM_COPY_ADDRESS){.PhysicalAddress = Address}, 16, MM_COPY_MEMORY_PHYSICAL, &Done), 0, "MmCopyMemory, physical");
    ok(Done == 16 && Copy[0] == 0x77 && Copy[15] == 0x77, "16 bytes");
    STATUS(MmCopyMemory(Copy, (MM_COPY_ADDRESS){.VirtualAddress = Block}, 8, MM_COPY_MEMORY_VIRTUAL, &Done), 0, "virtual");
    is(Done, 8, "8 bytes");
    Mapped = MmMapIoSpaceEx(Address, PAGE_SIZE, PAGE_READWRITE);
    ok(Mapped && Mapped[5] == 0x77, "MmMapIoSpaceEx");
    MmUnmapIoSpace(Mapped, PAGE_SIZE);
    ExFreePoolWithTag(Block, TAG);
    Block = MmAllocateContiguousNodeMemory(3 * PAGE_SIZE, None, All, None, PAGE_READWRITE, 0x80000000);
    ok(Block && MmGetPhysicalAddress(Block + 2 * PAGE_SIZE).QuadPart == MmGetPhysicalAddress(Block).QuadPart + 2 * PAGE_SIZE,
       "MmAllocateContiguousNodeMemory");
    MmFreeContiguousMemory(Block);
    Block = MmAllocateContiguousMemorySpecifyCacheNode(2 * PAGE_SIZE, None, All, None, MmCached, 0x80000000);
    ok(Block && MmGetPhysicalAddress(Block + PAGE_SIZE).QuadPart == MmGetPhysicalAddress(Block).QuadPart + PAGE_SIZE,
       "MmAllocateContiguousMemorySpecifyCacheNode");
    MmFreeContiguousMemory(Block);
}

static VOID TestSections(VOID) {
    LARGE_INTEGER Size = {.QuadPart = 2 * PAGE_SIZE}, Offset = {.QuadPart = 0};
    HANDLE Made = NULL, Opened = NULL, Null = NULL;
    PVOID Section = NULL, Base = NULL, Again = NULL;
    SIZE_T ViewSize = 0;
    STATUS(ZwCreateSection(&Made, SECTION_ALL_ACCESS, Named(U("\\BaseNamedObjects\\MmMore")), &Size, PAGE_READWRITE, SEC_COMMIT, NULL), 0,
           "ZwCreateSection");
    STATUS(ZwOpenSection(&Null, SECTION_ALL_ACCESS, Named(U("\\BaseNamedObjects\\MmNone"))), STATUS_OBJECT_NAME_NOT_FOUND, "ZwOpenSection of none");
    STATUS(ZwOpenSection(&Opened, SECTION_ALL_ACCESS, Named(U("\\BaseNamedObjects\\MmMore"))), 0, "ZwOpenSection");
    STATUS(ObReferenceObjectByHandle(Opened, 0, *MmSectionObjectType, KernelMode, &Section, NULL), 0, "of the type MmSectionObjectType");
    STATUS(MmMapViewInSystemSpace(Section, &Base, &ViewSize), 0, "MmMapViewInSystemSpace");
    ok(Base && ViewSize == 2 * PAGE_SIZE, "all of it");
    *(PULONG)((PUCHAR)Base + PAGE_SIZE) = 0x12345678;
    STATUS(MmMapViewInSystemSpace(Section, &Again, &ViewSize), 0, "once more");
    ok(Again && Again != Base && *(PULONG)((PUCHAR)Again + PAGE_SIZE) == 0x12345678, "the same memory");
    STATUS(MmUnmapViewInSystemSpace(Base), 0, "MmUnmapViewInSystemSpace");
    ok(!MmIsAddressValid(Base) && MmIsAddressValid(Again), "the first view is gone");
    STATUS(MmUnmapViewInSystemSpace(Again), 0, "and the second");
    ObDereferenceObject(Section);
    ZwClose(Opened);
    ZwClose(Made);
    STATUS(ZwOpenSection(&Null, SECTION_ALL_ACCESS, Named(U("\\BaseNamedObjects\\MmMore"))), STATUS_OBJECT_NAME_NOT_FOUND, "closed, it is gone");
    UNREFERENCED_PARAMETER(Offset);
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    TestPool();
    TestMdl();
    TestProtect();
    TestPhysical();
    TestSections();
}
