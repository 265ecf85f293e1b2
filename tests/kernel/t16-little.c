// ringside run --memory 16M
/* T16: a driver with more paged pool than there is RAM. */
#include "kernel/more.h"

#define TAG    'ttiL'
#define BLOCKS 288 /* of 16 pages: 18 MiB */
#define BLOCK  (16 * PAGE_SIZE)

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    PULONG *Blocks = ExAllocatePoolWithTag(NonPagedPoolNx, BLOCKS * sizeof(PULONG), TAG);
    ULONG Allocated = 0, Good = 0;
    for (; Allocated < BLOCKS && (Blocks[Allocated] = ExAllocatePoolWithTag(PagedPool, BLOCK, TAG)) != NULL; Allocated++)
        for (ULONG Page = 0; Page < 16; Page++)
            Blocks[Allocated][Page * PAGE_SIZE / sizeof(ULONG)] = Allocated * 16 + Page;
    ok(Allocated >= 240 && Allocated < BLOCKS, "%u blocks of paged pool of 64 KiB: more than there is free memory, less than RAM has", Allocated);
    for (ULONG i = 0; i < Allocated; i++)
        for (ULONG Page = 0; Page < 16; Page++)
            Good += Blocks[i][Page * PAGE_SIZE / sizeof(ULONG)] == i * 16 + Page;
    is(Good, Allocated * 16, "each page has what was written to it");
    for (ULONG i = 0; i < Allocated; i++)
        ExFreePoolWithTag(Blocks[i], TAG);
    PVOID Big = ExAllocatePoolWithTag(PagedPool, 4 * 1024 * 1024, TAG);
    ok(Big != NULL, "freed, there is room for a large block");
    RtlFillMemory(Big, 4 * 1024 * 1024, 0x5A);
    ExFreePoolWithTag(Big, TAG);
    ok(ExAllocatePoolWithTag(PagedPool, 1024 * 1024 * 1024, TAG) == NULL, "a block that never fits: NULL");
    ExFreePoolWithTag(Blocks, TAG);
}
