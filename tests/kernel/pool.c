/* Pools: sizes, alignment, contents, tags, many blocks, failures. */
#include "tap.h"

#define FLAG_OPTIONAL_UNKNOWN (1ull << 40)
#define FLAG_REQUIRED_UNKNOWN (1ull << 20)
NTSYSAPI ULONG NTAPI RtlRandomEx(PULONG Seed);
NTKERNELAPI SIZE_T NTAPI ExQueryPoolBlockSize(PVOID Block, PBOOLEAN QuotaCharged);
#define TAG 'tseT'

static const POOL_TYPE Types[] = {
    NonPagedPool, PagedPool, NonPagedPoolNx, NonPagedPoolCacheAligned, PagedPoolCacheAligned, NonPagedPoolNxCacheAligned};

static BOOLEAN IsFilled(const UCHAR *Block, SIZE_T Bytes, UCHAR Value) {
    for (SIZE_T i = 0; i < Bytes; i++) {
        if (Block[i] != Value) {
            return FALSE;
        }
    }
    return TRUE;
}

static VOID TestSizes(VOID) {
    static const SIZE_T Sizes[] = {1, 8, 15, 16, 17, 100, 255, 1000, 2047, 2048, 2049, 4095, 4096, 4097, 8192, 100000, 1048576};
    ULONG Aligned = 0, Writable = 0, PageAligned = 0, OfPages = 0, CacheAligned = 0, OfCache = 0;
    for (ULONG t = 0; t < RTL_NUMBER_OF(Types); t++) {
        for (ULONG s = 0; s < RTL_NUMBER_OF(Sizes); s++) {
            PUCHAR Block = ExAllocatePoolWithTag(Types[t], Sizes[s], TAG);
            if (!Block) {
                continue;
            }
            Aligned += ((ULONG_PTR)Block & 15) == 0;
            if (Sizes[s] >= PAGE_SIZE) {
                OfPages++;
                PageAligned += ((ULONG_PTR)Block & (PAGE_SIZE - 1)) == 0;
            }
            if (Types[t] & NonPagedPoolCacheAligned) {
                OfCache++;
                CacheAligned += ((ULONG_PTR)Block & 63) == 0;
            }
            RtlFillMemory(Block, Sizes[s], 0xA5);
            Writable += IsFilled(Block, Sizes[s], 0xA5) && MmIsAddressValid(Block);
            ExFreePoolWithTag(Block, TAG);
        }
    }
    is(Aligned, RTL_NUMBER_OF(Types) * RTL_NUMBER_OF(Sizes), "blocks of all sizes from six types begin at multiples of 16");
    is(Writable, RTL_NUMBER_OF(Types) * RTL_NUMBER_OF(Sizes), "and can be used to their ends");
    is(PageAligned, OfPages, "those of a page or more begin at a page");
    is(CacheAligned, OfCache, "the cache-aligned ones at a cache line");
}

static VOID TestWithinPage(VOID) {
    ULONG Crossing = 0;
    PUCHAR Blocks[64];
    for (ULONG i = 0; i < RTL_NUMBER_OF(Blocks); i++) {
        Blocks[i] = ExAllocatePoolWithTag(NonPagedPoolNx, 700 + i, TAG);
        Crossing += Blocks[i] && PAGE_ALIGN(Blocks[i]) != PAGE_ALIGN(Blocks[i] + 700 + i - 1);
    }
    is(Crossing, 0, "a block smaller than a page lies in one page");
    for (ULONG i = 0; i < RTL_NUMBER_OF(Blocks); i++) {
        if (Blocks[i]) {
            ExFreePoolWithTag(Blocks[i], TAG);
        }
    }
}

static VOID TestPool2(VOID) {
    ULONG Zeroed = 0;
    PUCHAR Block;
    NTSTATUS Status = STATUS_SUCCESS;
    for (ULONG i = 0; i < 200; i++) {
        SIZE_T Bytes = 1 + i * 37;
        Block = ExAllocatePool2(i & 1 ? POOL_FLAG_PAGED : POOL_FLAG_NON_PAGED, Bytes, TAG);
        if (Block) {
            Zeroed += IsFilled(Block, Bytes, 0);
            RtlFillMemory(Block, Bytes, 0xEE);
            ExFreePoolWithTag(Block, TAG);
        }
    }
    is(Zeroed, 200, "ExAllocatePool2 gives zeros, where 0xEE was before");
    Block = ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_UNINITIALIZED, 100, TAG);
    ok(Block != NULL, "uninitialized, when asked for");
    ExFreePool(Block);
    Block = ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_CACHE_ALIGNED, 100, TAG);
    is((ULONG_PTR)Block & 63, 0, "cache-aligned");
    ExFreePool(Block);
    Block = ExAllocatePool2(POOL_FLAG_NON_PAGED | FLAG_OPTIONAL_UNKNOWN, 100, TAG);
    ok(Block != NULL, "unknown flags of the upper half are ignored");
    ExFreePool(Block);
    ok(ExAllocatePool2(POOL_FLAG_NON_PAGED | FLAG_REQUIRED_UNKNOWN, 100, TAG) == NULL, "those of the lower half are refused");
    ok(ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_PAGED, 100, TAG) == NULL, "so are two pools at once");
    ok(ExAllocatePool2(0, 100, TAG) == NULL, "and none");
    __try {
        ExAllocatePool2(POOL_FLAG_RAISE_ON_FAILURE, 100, TAG);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    is((ULONG)Status, (ULONG)STATUS_INVALID_PARAMETER, "with POOL_FLAG_RAISE_ON_FAILURE that is an exception");
}

static VOID TestFailures(VOID) {
    NTSTATUS Status = STATUS_SUCCESS;
    BOOLEAN Charged = TRUE;
    PVOID Block = ExAllocatePoolWithTag(NonPagedPoolNx, 1ull << 40, TAG);
    ok(Block == NULL, "a terabyte is not there");
    __try {
        Block = ExAllocatePoolWithTag(NonPagedPoolNx | POOL_RAISE_IF_ALLOCATION_FAILURE, 1ull << 40, TAG);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    is((ULONG)Status, (ULONG)STATUS_INSUFFICIENT_RESOURCES, "and raises when asked to");
    Status = STATUS_SUCCESS;
    __try {
        Block = ExAllocatePoolWithQuotaTag(PagedPool, 1ull << 40, TAG);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    is((ULONG)Status, (ULONG)STATUS_INSUFFICIENT_RESOURCES, "quota allocation raises by itself");
    Block = ExAllocatePoolWithQuotaTag(PagedPool | POOL_QUOTA_FAIL_INSTEAD_OF_RAISE, 1ull << 40, TAG);
    ok(Block == NULL, "unless told not to");
    Block = ExAllocatePoolWithQuotaTag(PagedPool, 50, TAG);
    ok(Block != NULL, "a small one succeeds");
    is(ExQueryPoolBlockSize(Block, &Charged) >= 50, TRUE, "ExQueryPoolBlockSize");
    ExFreePoolWithTag(Block, TAG);
    Block = ExAllocatePoolWithTagPriority(NonPagedPoolNx, 50, TAG, NormalPoolPriority);
    ok(Block != NULL, "ExAllocatePoolWithTagPriority");
    ExFreePoolWithTag(Block, TAG);
}

#define MANY 3000
static PUCHAR Live[MANY];
static USHORT LiveBytes[MANY];

/* Blocks of random sizes come and go; each keeps its own pattern. */
static VOID TestMany(VOID) {
    ULONG Seed = 4711, Damaged = 0, Missing = 0;
    for (ULONG Round = 0; Round < 60000; Round++) {
        ULONG i = RtlRandomEx(&Seed) % MANY;
        if (Live[i]) {
            Damaged += !IsFilled(Live[i], LiveBytes[i], (UCHAR)i);
            ExFreePoolWithTag(Live[i], Round & 1 ? TAG : 0);
            Live[i] = NULL;
            continue;
        }
        LiveBytes[i] = (USHORT)(1 + RtlRandomEx(&Seed) % (Round % 16 == 0 ? 9000 : 600));
        Live[i] = ExAllocatePoolWithTag(Round & 2 ? PagedPool : NonPagedPoolNx, LiveBytes[i], TAG);
        if (Live[i]) {
            RtlFillMemory(Live[i], LiveBytes[i], (UCHAR)i);
        } else {
            Missing++;
        }
    }
    is(Missing, 0, "sixty thousand allocations and frees, and none fails");
    for (ULONG i = 0; i < MANY; i++) {
        if (Live[i]) {
            Damaged += !IsFilled(Live[i], LiveBytes[i], (UCHAR)i);
            ExFreePoolWithTag(Live[i], TAG);
        }
    }
    is(Damaged, 0, "no block lies in another one");
}

static VOID TestNothingIsLost(VOID) {
    ULONG Failed = 0;
    for (ULONG i = 0; i < 1000; i++) {
        PVOID Block = ExAllocatePoolWithTag(NonPagedPoolNx, 16 * 1024 * 1024, TAG);
        if (Block) {
            ExFreePoolWithTag(Block, TAG);
        } else {
            Failed++;
        }
    }
    is(Failed, 0, "a thousand times 16 MiB, one after the other");
}

static VOID TestAtDispatch(VOID) {
    KIRQL Old;
    PVOID Block;
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    Block = ExAllocatePoolWithTag(NonPagedPoolNx, 100, TAG);
    RtlFillMemory(Block, 100, 1);
    ExFreePoolWithTag(Block, TAG);
    KeLowerIrql(Old);
    ok(Block != NULL, "nonpaged pool at DISPATCH_LEVEL");
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    TestSizes();
    TestWithinPage();
    TestPool2();
    TestFailures();
    TestMany();
    TestNothingIsLost();
    TestAtDispatch();
}
