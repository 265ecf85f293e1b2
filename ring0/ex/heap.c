/* Heaps of drivers: pool by another name, which goes as a whole when the heap does. */
#include "ex/ex.h"

#define HEAP_TAG   'paeH'
#define HEAP_MAGIC 0x50414548u

typedef struct _EXP_HEAP {
    ULONG Magic;
    ULONG Flags; /* HEAP_GENERATE_EXCEPTIONS and HEAP_ZERO_MEMORY count for each block */
    LIST_ENTRY Blocks;
} EXP_HEAP, *PEXP_HEAP;

typedef struct _EXP_HEAP_BLOCK {
    LIST_ENTRY Link;
    SIZE_T Size;
    PEXP_HEAP Heap;
} EXP_HEAP_BLOCK, *PEXP_HEAP_BLOCK;
_Static_assert(sizeof(EXP_HEAP_BLOCK) % 16 == 0, "what follows is aligned as pool is");

SIZE_T NTAPI RtlSizeHeap(PVOID HeapHandle, ULONG Flags, PVOID BaseAddress);

/* A heap in memory of the caller's is not made: NULL, as for every other reason. */
PVOID NTAPI RtlCreateHeap(ULONG Flags, PVOID HeapBase, SIZE_T ReserveSize, SIZE_T CommitSize, PVOID Lock, PRTL_HEAP_PARAMETERS Parameters) {
    PEXP_HEAP Heap = HeapBase == NULL ? ExAllocatePoolWithTag(PagedPool, sizeof(*Heap), HEAP_TAG) : NULL;
    if (Heap == NULL)
        return NULL;
    Heap->Magic = HEAP_MAGIC;
    Heap->Flags = Flags;
    InitializeListHead(&Heap->Blocks);
    return Heap;
}

static PEXP_HEAP_BLOCK ExpHeapBlock(PVOID BaseAddress, PVOID HeapHandle) {
    if (BaseAddress == NULL)
        return NULL;
    PEXP_HEAP_BLOCK Block = (PEXP_HEAP_BLOCK)BaseAddress - 1;
    return Block->Heap == HeapHandle ? Block : NULL;
}

PVOID NTAPI RtlAllocateHeap(PVOID HeapHandle, ULONG Flags, SIZE_T Size) {
    PEXP_HEAP Heap = HeapHandle;
    PEXP_HEAP_BLOCK Block = NULL;

    Flags |= Heap->Flags;
    if (Size <= MAXSIZE_T - sizeof(*Block))
        Block = ExAllocatePoolWithTag(PagedPool, Size + sizeof(*Block), HEAP_TAG);
    if (Block == NULL) {
        if (Flags & HEAP_GENERATE_EXCEPTIONS)
            ExRaiseStatus(STATUS_NO_MEMORY);
        return NULL;
    }
    if (Flags & HEAP_ZERO_MEMORY)
        RtlZeroMemory(Block, Size + sizeof(*Block));
    Block->Size = Size;
    Block->Heap = Heap;
    InsertTailList(&Heap->Blocks, &Block->Link);
    return Block + 1;
}

/* No block is freed successfully, as on Windows; one of another heap is not freed. */
BOOLEAN NTAPI RtlFreeHeap(PVOID HeapHandle, ULONG Flags, PVOID BaseAddress) {
    PEXP_HEAP_BLOCK Block = ExpHeapBlock(BaseAddress, HeapHandle);
    if (Block == NULL)
        return BaseAddress == NULL;
    RemoveEntryList(&Block->Link);
    Block->Heap = NULL;
    ExFreePoolWithTag(Block, HEAP_TAG);
    return TRUE;
}

SIZE_T NTAPI RtlSizeHeap(PVOID HeapHandle, ULONG Flags, PVOID BaseAddress) {
    PEXP_HEAP_BLOCK Block = ExpHeapBlock(BaseAddress, HeapHandle);
    return Block != NULL ? Block->Size : (SIZE_T)-1;
}

/* NULL when it is gone, the heap when it was none. */
PVOID NTAPI RtlDestroyHeap(PVOID HeapHandle) {
    PEXP_HEAP Heap = HeapHandle;
    if (Heap == NULL || Heap->Magic != HEAP_MAGIC)
        return HeapHandle;
    while (!IsListEmpty(&Heap->Blocks))
        ExFreePoolWithTag(CONTAINING_RECORD(RemoveHeadList(&Heap->Blocks), EXP_HEAP_BLOCK, Link), HEAP_TAG);
    Heap->Magic = 0;
    ExFreePoolWithTag(Heap, HEAP_TAG);
    return NULL;
}
