/*
 * Heaps. A block's size class decides where it lives: up to HEAPP_SMALL_LIMIT it is cut from a segment and returns to its class's free list;
 * larger ones are allocations of their own and go back to the kernel. Nothing is merged, so freeing and allocating are a few instructions.
 *
 * Each block has a header whose State is a function of its address and its heap: what does not match was not given out by this
 * heap, was freed before, or was written over, and stops the process with STATUS_HEAP_CORRUPTION, as Windows does.
 */
#include "ntdllp.h"

#define HEAPP_ALIGNMENT    16u
#define HEAPP_LINEAR_LIMIT 1024u /* classes of 16 bytes up to here, four per doubling above */
#define HEAPP_SMALL_LIMIT  0x10000u
#define HEAPP_CLASSES      (64 + 6 * 4)
#define HEAPP_SEGMENT_SIZE 0x100000u
#define HEAPP_COMMIT_STEP  0x10000u
#define HEAPP_SIGNATURE    0x50414548u /* "HEAP" */
#define HEAPP_LIVE         0x4C495645u
#define HEAPP_FREE         0x46524545u
#define HEAPP_LARGE_CLASS  0xFFFFu

typedef struct _HEAPP_BLOCK {
    SIZE_T Size; /* what the caller asked for */
    ULONG State; /* HEAPP_LIVE or HEAPP_FREE, mixed with addresses */
    USHORT Class;
    USHORT Unused;
} HEAPP_BLOCK;
_Static_assert(sizeof(HEAPP_BLOCK) == HEAPP_ALIGNMENT, "blocks keep 16-byte alignment");

typedef struct _HEAPP_FREE_BLOCK {
    HEAPP_BLOCK Header;
    struct _HEAPP_FREE_BLOCK *Next;
} HEAPP_FREE_BLOCK;

typedef struct _HEAPP_SEGMENT {
    struct _HEAPP_SEGMENT *Next;
    PUCHAR First;  /* the first block */
    PUCHAR Cursor; /* where the next block is cut */
    PUCHAR Committed;
    PUCHAR End;
} HEAPP_SEGMENT;

typedef struct _HEAPP_LARGE { /* before the block header of an allocation of its own */
    LIST_ENTRY Link;
    SIZE_T Mapped;
    SIZE_T Unused;
} HEAPP_LARGE;
_Static_assert(sizeof(HEAPP_LARGE) % HEAPP_ALIGNMENT == 0, "large blocks keep 16-byte alignment");

typedef struct _HEAPP_HEAP {
    ULONG Signature;
    ULONG Flags;
    SIZE_T Limit; /* of a heap with a maximum size; 0: grows */
    SIZE_T Used;  /* reserved for it so far */
    RTL_CRITICAL_SECTION Lock;
    LIST_ENTRY Link;
    LIST_ENTRY Large;
    HEAPP_SEGMENT *Segments;
    HEAPP_FREE_BLOCK *Free[HEAPP_CLASSES];
} HEAPP_HEAP;

static LIST_ENTRY RtlpHeaps;
static RTL_SRWLOCK RtlpHeapsLock;

static ULONG HeappState(HEAPP_HEAP *Heap, HEAPP_BLOCK *Block, ULONG Kind) {
    return Kind ^ (ULONG)((ULONG_PTR)Block >> 4) ^ (ULONG)((ULONG_PTR)Heap >> 8);
}

/* The class that holds Size bytes with the header, and the bytes that a block of a class takes. */
static ULONG HeappClass(SIZE_T Size) {
    if (Size <= HEAPP_LINEAR_LIMIT)
        return (ULONG)((Size + HEAPP_ALIGNMENT - 1) / HEAPP_ALIGNMENT) - 1;
    ULONG doubling = 63u - (ULONG)__builtin_clzll(Size - 1); /* 1024 < Size <= 2048: 10 */
    SIZE_T step = (SIZE_T)1 << (doubling - 2);
    return 64 + (doubling - 10) * 4 + (ULONG)((Size - ((SIZE_T)1 << doubling) - 1) / step);
}
static SIZE_T HeappClassSize(ULONG Class) {
    if (Class < 64)
        return (SIZE_T)(Class + 1) * HEAPP_ALIGNMENT;
    ULONG doubling = 10 + (Class - 64) / 4;
    return ((SIZE_T)1 << doubling) + ((SIZE_T)1 << (doubling - 2)) * ((Class - 64) % 4 + 1);
}

static DECLSPEC_NORETURN VOID HeappCorrupt(HEAPP_HEAP *Heap, PVOID Block, PCSTR What) {
    RtlpReport("heap %p: block %p %s", Heap, Block, What);
    EXCEPTION_RECORD record = {.ExceptionCode = (ULONG)STATUS_HEAP_CORRUPTION,
                               .ExceptionFlags = EXCEPTION_NONCONTINUABLE,
                               .ExceptionAddress = __builtin_return_address(0),
                               .NumberParameters = 1,
                               .ExceptionInformation = {(ULONG_PTR)Block}};
    RtlRaiseException(&record);
    NtTerminateProcess(NtCurrentProcess(), STATUS_HEAP_CORRUPTION);
    __builtin_trap();
}

static HEAPP_HEAP *HeappEnter(PVOID Handle, ULONG Flags) {
    HEAPP_HEAP *heap = Handle;
    if (heap->Signature != HEAPP_SIGNATURE)
        HeappCorrupt(heap, NULL, "is not of a heap");
    if (!((heap->Flags | Flags) & HEAP_NO_SERIALIZE))
        RtlEnterCriticalSection(&heap->Lock);
    return heap;
}
static VOID HeappLeave(HEAPP_HEAP *Heap, ULONG Flags) {
    if (!((Heap->Flags | Flags) & HEAP_NO_SERIALIZE))
        RtlLeaveCriticalSection(&Heap->Lock);
}

static PVOID HeappReserve(HEAPP_HEAP *Heap, SIZE_T Size, ULONG Type) {
    if (Heap->Limit && (Size > Heap->Limit || Heap->Used > Heap->Limit - Size))
        return NULL;
    PVOID base = NULL;
    ULONG protect = (Heap->Flags & HEAP_CREATE_ENABLE_EXECUTE) ? PAGE_EXECUTE_READWRITE : PAGE_READWRITE;
    if (!NT_SUCCESS(NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &Size, Type, protect)))
        return NULL;
    Heap->Used += Size;
    return base;
}

/* Commits [Segment->Committed, Upto), whole steps. */
static BOOLEAN HeappCommit(HEAPP_HEAP *Heap, HEAPP_SEGMENT *Segment, PUCHAR Upto) {
    if (Upto <= Segment->Committed)
        return TRUE;
    SIZE_T size = ((SIZE_T)(Upto - Segment->Committed) + HEAPP_COMMIT_STEP - 1) & ~(SIZE_T)(HEAPP_COMMIT_STEP - 1);
    if (size > (SIZE_T)(Segment->End - Segment->Committed))
        size = (SIZE_T)(Segment->End - Segment->Committed);
    PVOID base = Segment->Committed;
    ULONG protect = (Heap->Flags & HEAP_CREATE_ENABLE_EXECUTE) ? PAGE_EXECUTE_READWRITE : PAGE_READWRITE;
    if (!NT_SUCCESS(NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &size, MEM_COMMIT, protect)))
        return FALSE;
    Segment->Committed += size;
    return TRUE;
}

static HEAPP_BLOCK *HeappCut(HEAPP_HEAP *Heap, SIZE_T Size) {
    HEAPP_SEGMENT *segment = Heap->Segments;
    if (!segment || (SIZE_T)(segment->End - segment->Cursor) < Size) {
        segment = HeappReserve(Heap, HEAPP_SEGMENT_SIZE, MEM_RESERVE);
        if (!segment)
            return NULL;
        PVOID base = segment;
        SIZE_T first = HEAPP_COMMIT_STEP;
        if (!NT_SUCCESS(NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &first, MEM_COMMIT, PAGE_READWRITE))) {
            SIZE_T all = 0;
            NtFreeVirtualMemory(NtCurrentProcess(), &base, &all, MEM_RELEASE);
            return NULL;
        }
        PUCHAR start = (PUCHAR)segment;
        segment->First = segment->Cursor = start + ((sizeof *segment + HEAPP_ALIGNMENT - 1) & ~(SIZE_T)(HEAPP_ALIGNMENT - 1));
        segment->Committed = start + first;
        segment->End = start + HEAPP_SEGMENT_SIZE;
        segment->Next = Heap->Segments;
        Heap->Segments = segment;
    }
    if (!HeappCommit(Heap, segment, segment->Cursor + Size))
        return NULL;
    HEAPP_BLOCK *block = (HEAPP_BLOCK *)segment->Cursor;
    segment->Cursor += Size;
    return block;
}

static PVOID HeappAllocate(HEAPP_HEAP *Heap, ULONG Flags, SIZE_T Size) {
    if (Size > (SIZE_T)1 << 46)
        return NULL;
    SIZE_T whole = Size + sizeof(HEAPP_BLOCK);
    if (whole < sizeof(HEAPP_FREE_BLOCK))
        whole = sizeof(HEAPP_FREE_BLOCK);
    HEAPP_BLOCK *block;
    if (whole <= HEAPP_SMALL_LIMIT) {
        ULONG class = HeappClass(whole);
        HEAPP_FREE_BLOCK *free = Heap->Free[class];
        if (free) {
            if (free->Header.State != HeappState(Heap, &free->Header, HEAPP_FREE) || free->Header.Class != class)
                HeappCorrupt(Heap, free + 1, "was written to after it was freed, or its neighbour wrote past its end");
            Heap->Free[class] = free->Next;
            block = &free->Header;
        } else {
            block = HeappCut(Heap, HeappClassSize(class));
            if (!block)
                return NULL;
        }
        block->Class = (USHORT) class;
        if (Flags & HEAP_ZERO_MEMORY)
            memset(block + 1, 0, Size);
    } else {
        SIZE_T mapped = (whole + sizeof(HEAPP_LARGE) + 0xFFF) & ~(SIZE_T)0xFFF;
        HEAPP_LARGE *large = HeappReserve(Heap, mapped, MEM_RESERVE | MEM_COMMIT);
        if (!large)
            return NULL;
        large->Mapped = mapped;
        RtlpInsertTail(&Heap->Large, &large->Link);
        block = (HEAPP_BLOCK *)(large + 1);
        block->Class = HEAPP_LARGE_CLASS;
    }
    block->Size = Size;
    block->State = HeappState(Heap, block, HEAPP_LIVE);
    return block + 1;
}

static HEAPP_BLOCK *HeappCheck(HEAPP_HEAP *Heap, PVOID Address) {
    HEAPP_BLOCK *block = (HEAPP_BLOCK *)Address - 1;
    if ((ULONG_PTR)Address % HEAPP_ALIGNMENT)
        HeappCorrupt(Heap, Address, "is not one that the heap gave out");
    if (block->State == HeappState(Heap, block, HEAPP_FREE))
        HeappCorrupt(Heap, Address, "has already been freed");
    if (block->State != HeappState(Heap, block, HEAPP_LIVE))
        HeappCorrupt(Heap, Address, "is of another heap, or its header was overwritten");
    return block;
}

static VOID HeappRelease(HEAPP_HEAP *Heap, HEAPP_BLOCK *Block) {
    if (Block->Class == HEAPP_LARGE_CLASS) {
        HEAPP_LARGE *large = (HEAPP_LARGE *)Block - 1;
        RtlpRemove(&large->Link);
        Heap->Used -= large->Mapped;
        PVOID base = large;
        SIZE_T all = 0;
        NtFreeVirtualMemory(NtCurrentProcess(), &base, &all, MEM_RELEASE);
        return;
    }
    Block->State = HeappState(Heap, Block, HEAPP_FREE);
    HEAPP_FREE_BLOCK *free = (HEAPP_FREE_BLOCK *)Block;
    free->Next = Heap->Free[Block->Class];
    Heap->Free[Block->Class] = free;
}

PVOID NTAPI RtlCreateHeap(ULONG Flags, PVOID Base, SIZE_T Reserve, SIZE_T Commit, PVOID Lock, PVOID Parameters) {
    if (Base || Lock || Parameters) /* a heap in the caller's memory or under its lock */
        return NULL;
    PVOID memory = NULL;
    SIZE_T size = (sizeof(HEAPP_HEAP) + 0xFFF) & ~(SIZE_T)0xFFF;
    if (!NT_SUCCESS(NtAllocateVirtualMemory(NtCurrentProcess(), &memory, 0, &size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE)))
        return NULL;
    HEAPP_HEAP *heap = memory;
    heap->Flags = Flags;
    /* A heap with a maximum holds less than one segment as a rule; the limit counts what is reserved for it. */
    heap->Limit = (Flags & HEAP_GROWABLE) || !Reserve ? 0 : (Reserve + 2 * HEAPP_SEGMENT_SIZE - 1) & ~(SIZE_T)(HEAPP_SEGMENT_SIZE - 1);
    RtlInitializeCriticalSection(&heap->Lock);
    RtlpInitializeListHead(&heap->Large);
    heap->Signature = HEAPP_SIGNATURE;
    RtlAcquireSRWLockExclusive(&RtlpHeapsLock);
    if (!RtlpHeaps.Flink)
        RtlpInitializeListHead(&RtlpHeaps);
    RtlpInsertTail(&RtlpHeaps, &heap->Link);
    RtlReleaseSRWLockExclusive(&RtlpHeapsLock);
    return heap;
}

PVOID NTAPI RtlDestroyHeap(PVOID Handle) {
    if (Handle == NtPeb()->ProcessHeap) /* the process's own heap stays */
        return Handle;
    HEAPP_HEAP *heap = HeappEnter(Handle, 0);
    HeappLeave(heap, 0);
    RtlAcquireSRWLockExclusive(&RtlpHeapsLock);
    RtlpRemove(&heap->Link);
    RtlReleaseSRWLockExclusive(&RtlpHeapsLock);
    while (heap->Large.Flink != &heap->Large)
        HeappRelease(heap, (HEAPP_BLOCK *)(CONTAINING_RECORD(heap->Large.Flink, HEAPP_LARGE, Link) + 1));
    for (HEAPP_SEGMENT *segment = heap->Segments, *next; segment; segment = next) {
        next = segment->Next;
        PVOID base = segment;
        SIZE_T all = 0;
        NtFreeVirtualMemory(NtCurrentProcess(), &base, &all, MEM_RELEASE);
    }
    RtlDeleteCriticalSection(&heap->Lock);
    heap->Signature = 0;
    PVOID base = heap;
    SIZE_T all = 0;
    NtFreeVirtualMemory(NtCurrentProcess(), &base, &all, MEM_RELEASE);
    return NULL;
}

PVOID NTAPI RtlAllocateHeap(PVOID Handle, ULONG Flags, SIZE_T Size) {
    HEAPP_HEAP *heap = HeappEnter(Handle, Flags);
    PVOID block = HeappAllocate(heap, Flags, Size);
    HeappLeave(heap, Flags);
    if (!block) {
        if ((heap->Flags | Flags) & HEAP_GENERATE_EXCEPTIONS)
            RtlRaiseStatus(STATUS_NO_MEMORY);
        RtlSetLastWin32ErrorAndNtStatusFromNtStatus(STATUS_NO_MEMORY);
    }
    return block;
}

BOOLEAN NTAPI RtlFreeHeap(PVOID Handle, ULONG Flags, PVOID Address) {
    if (!Address)
        return TRUE;
    HEAPP_HEAP *heap = HeappEnter(Handle, Flags);
    HeappRelease(heap, HeappCheck(heap, Address));
    HeappLeave(heap, Flags);
    return TRUE;
}

PVOID NTAPI RtlReAllocateHeap(PVOID Handle, ULONG Flags, PVOID Address, SIZE_T Size) {
    if (!Address)
        return NULL;
    HEAPP_HEAP *heap = HeappEnter(Handle, Flags);
    HEAPP_BLOCK *block = HeappCheck(heap, Address);
    SIZE_T old = block->Size;
    SIZE_T room = block->Class == HEAPP_LARGE_CLASS ? ((HEAPP_LARGE *)block - 1)->Mapped - sizeof(HEAPP_LARGE) : HeappClassSize(block->Class);
    room -= sizeof(HEAPP_BLOCK);
    PVOID result = NULL;
    /* A block that shrinks to less than a quarter of its room moves, unless it is small anyway. */
    if (Size <= room && ((Flags & HEAP_REALLOC_IN_PLACE_ONLY) || room <= 256 || Size >= room / 4)) {
        block->Size = Size;
        result = Address;
        if ((Flags & HEAP_ZERO_MEMORY) && Size > old)
            memset((PUCHAR)Address + old, 0, Size - old);
    } else if (!(Flags & HEAP_REALLOC_IN_PLACE_ONLY)) {
        result = HeappAllocate(heap, Flags & ~(ULONG)HEAP_ZERO_MEMORY, Size);
        if (result) {
            memcpy(result, Address, old < Size ? old : Size);
            if ((Flags & HEAP_ZERO_MEMORY) && Size > old)
                memset((PUCHAR)result + old, 0, Size - old);
            HeappRelease(heap, block);
        }
    }
    HeappLeave(heap, Flags);
    if (!result) {
        if ((heap->Flags | Flags) & HEAP_GENERATE_EXCEPTIONS)
            RtlRaiseStatus(STATUS_NO_MEMORY);
        RtlSetLastWin32ErrorAndNtStatusFromNtStatus(STATUS_NO_MEMORY);
    }
    return result;
}

SIZE_T NTAPI RtlSizeHeap(PVOID Handle, ULONG Flags, PVOID Address) {
    HEAPP_HEAP *heap = HeappEnter(Handle, Flags);
    SIZE_T size = HeappCheck(heap, Address)->Size;
    HeappLeave(heap, Flags);
    return size;
}

BOOLEAN NTAPI RtlValidateHeap(PVOID Handle, ULONG Flags, PVOID Address) {
    HEAPP_HEAP *heap = HeappEnter(Handle, Flags);
    BOOLEAN good = TRUE;
    if (Address) {
        HEAPP_BLOCK *block = (HEAPP_BLOCK *)Address - 1;
        good = (ULONG_PTR)Address % HEAPP_ALIGNMENT == 0 && block->State == HeappState(heap, block, HEAPP_LIVE);
    } else {
        for (HEAPP_SEGMENT *segment = heap->Segments; segment && good; segment = segment->Next) {
            for (PUCHAR at = segment->First; at < segment->Cursor && good;) {
                HEAPP_BLOCK *block = (HEAPP_BLOCK *)at;
                good = block->Class < HEAPP_CLASSES &&
                       (block->State == HeappState(heap, block, HEAPP_LIVE) || block->State == HeappState(heap, block, HEAPP_FREE));
                if (good)
                    at += HeappClassSize(block->Class);
            }
        }
        for (PLIST_ENTRY link = heap->Large.Flink; link != &heap->Large && good; link = link->Flink) {
            HEAPP_BLOCK *block = (HEAPP_BLOCK *)(CONTAINING_RECORD(link, HEAPP_LARGE, Link) + 1);
            good = block->State == HeappState(heap, block, HEAPP_LIVE);
        }
    }
    HeappLeave(heap, Flags);
    return good;
}

BOOLEAN NTAPI RtlLockHeap(PVOID Handle) {
    HeappEnter(Handle, 0);
    return TRUE;
}
BOOLEAN NTAPI RtlUnlockHeap(PVOID Handle) {
    HeappLeave(Handle, 0);
    return TRUE;
}

ULONG NTAPI RtlGetProcessHeaps(ULONG Count, PVOID *Heaps) {
    ULONG n = 0;
    RtlAcquireSRWLockShared(&RtlpHeapsLock);
    for (PLIST_ENTRY link = RtlpHeaps.Flink; link != &RtlpHeaps; link = link->Flink, n++)
        if (n < Count)
            Heaps[n] = CONTAINING_RECORD(link, HEAPP_HEAP, Link);
    RtlReleaseSRWLockShared(&RtlpHeapsLock);
    return n;
}

VOID RtlpRecoverHeapsAtExit(VOID) {
    RtlInitializeSRWLock(&RtlpHeapsLock);
    for (PLIST_ENTRY link = RtlpHeaps.Flink; link != &RtlpHeaps; link = link->Flink)
        RtlInitializeCriticalSection(&CONTAINING_RECORD(link, HEAPP_HEAP, Link)->Lock);
}
