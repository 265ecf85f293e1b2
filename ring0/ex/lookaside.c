/* Lookaside lists: blocks of one size that are kept instead of freed. */
#include "ex/ex.h"
#include "vf/left.h"

#define DEPTH                   4 /* how many blocks are kept; Windows begins so and adjusts */
#define MAXIMUM_DEPTH           256
#define LOOKASIDE_NX_ALLOCATION 512u /* POOL_NX_ALLOCATION */

static LIST_ENTRY ExpLookasides = {&ExpLookasides, &ExpLookasides}; /* under the verifier: those that there are */

PVOID ExFindLookaside(const VOID *Start, SIZE_T Size) {
    for (PLIST_ENTRY Entry = ExpLookasides.Flink; Entry != &ExpLookasides; Entry = Entry->Flink) {
        PGENERAL_LOOKASIDE_POOL List = CONTAINING_RECORD(Entry, GENERAL_LOOKASIDE_POOL, ListEntry);

        if ((ULONG_PTR)List - (ULONG_PTR)Start < Size)
            return List;
    }
    return NULL;
}

static BOOLEAN ExpIsKnown(PGENERAL_LOOKASIDE_POOL List) { return VfMayBeLinked(&List->ListEntry) && ExFindLookaside(List, 1) != NULL; }

static VOID ExpForgetList(PGENERAL_LOOKASIDE_POOL List) {
    if (!VfIsOn())
        return;
    if (!ExpIsKnown(List))
        VfStopObject(0xCB, List, "a lookaside list is deleted that was never initialized, or has been deleted before");
    RemoveEntryList(&List->ListEntry);
}

/* Between a list and its allocator; what an EX routine wants besides is the list itself. */
static PVOID NTAPI ExpAllocateBlock(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag) {
    return ExAllocatePoolWithTag(PoolType, NumberOfBytes, Tag);
}

static VOID NTAPI ExpFreeBlock(PVOID Buffer) { ExFreePool(Buffer); }

static VOID ExpInitializeList(PGENERAL_LOOKASIDE_POOL List, POOL_TYPE Type, SIZE_T Size, ULONG Tag) {
    if (VfIsOn() && ExpIsKnown(List))
        VfStopObject(0xCA, List, "a lookaside list is initialized that is in use already: delete it before");
    RtlZeroMemory(List, sizeof(*List));
    if (VfIsOn())
        InsertTailList(&ExpLookasides, &List->ListEntry);
    List->Depth = DEPTH;
    List->MaximumDepth = MAXIMUM_DEPTH;
    List->Type = Type;
    List->Tag = Tag;
    List->Size = (ULONG)(Size < LOOKASIDE_MINIMUM_BLOCK_SIZE ? LOOKASIDE_MINIMUM_BLOCK_SIZE : Size);
}

static VOID ExpInitializeGeneral(PGENERAL_LOOKASIDE General, PALLOCATE_FUNCTION Allocate, PFREE_FUNCTION Free, POOL_TYPE Type, ULONG Flags,
                                 SIZE_T Size, ULONG Tag) {
    ExpInitializeList((PGENERAL_LOOKASIDE_POOL)General, Type | (POOL_TYPE)Flags, Size, Tag);
    General->Allocate = Allocate != NULL ? Allocate : ExpAllocateBlock;
    General->Free = Free != NULL ? Free : ExpFreeBlock;
}

VOID NTAPI ExInitializeNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside, PALLOCATE_FUNCTION Allocate, PFREE_FUNCTION Free, ULONG Flags,
                                           SIZE_T Size, ULONG Tag, USHORT Depth) {
    POOL_TYPE Type = (Flags & LOOKASIDE_NX_ALLOCATION) ? NonPagedPoolNx : NonPagedPool;

    ExpInitializeGeneral(&Lookaside->L, Allocate, Free, Type, Flags & POOL_RAISE_IF_ALLOCATION_FAILURE, Size, Tag);
}

VOID NTAPI ExInitializePagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside, PALLOCATE_FUNCTION Allocate, PFREE_FUNCTION Free, ULONG Flags, SIZE_T Size,
                                          ULONG Tag, USHORT Depth) {
    ExpInitializeGeneral(&Lookaside->L, Allocate, Free, PagedPool, Flags & POOL_RAISE_IF_ALLOCATION_FAILURE, Size, Tag);
}

static VOID ExpEmpty(PGENERAL_LOOKASIDE General) {
    PSLIST_ENTRY Entry;

    while ((Entry = ExpInterlockedPopEntrySList(&General->ListHead)) != NULL)
        General->Free(Entry);
}

static VOID ExpDeleteGeneral(PGENERAL_LOOKASIDE General) {
    ExpForgetList((PGENERAL_LOOKASIDE_POOL)General);
    ExpEmpty(General);
}

VOID NTAPI ExDeleteNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside) { ExpDeleteGeneral(&Lookaside->L); }

VOID NTAPI ExDeletePagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside) { ExpDeleteGeneral(&Lookaside->L); }

/* The headers' inline functions as the kernel exports them; both kinds of list begin alike. */
PVOID NTAPI ExiAllocateFromLookasideList(PGENERAL_LOOKASIDE Lookaside) {
    PVOID Entry = ExpInterlockedPopEntrySList(&Lookaside->ListHead);

    Lookaside->TotalAllocates++;
    if (Entry == NULL) {
        Lookaside->AllocateMisses++;
        Entry = Lookaside->Allocate(Lookaside->Type, Lookaside->Size, Lookaside->Tag);
    }
    return Entry;
}

VOID NTAPI ExiFreeToLookasideList(PGENERAL_LOOKASIDE Lookaside, PVOID Entry) {
    Lookaside->TotalFrees++;
    if (ExQueryDepthSList(&Lookaside->ListHead) >= Lookaside->Depth) {
        Lookaside->FreeMisses++;
        Lookaside->Free(Entry);
    } else {
        ExpInterlockedPushEntrySList(&Lookaside->ListHead, Entry);
    }
}

/* ---- The newer form, whose routines get the list too ------------------------------------------------------------------------ */

static PVOID NTAPI ExpAllocateBlockEx(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag, PLOOKASIDE_LIST_EX Lookaside) {
    return ExAllocatePoolWithTag(PoolType & ~POOL_QUOTA_FAIL_INSTEAD_OF_RAISE, NumberOfBytes, Tag);
}

static VOID NTAPI ExpFreeBlockEx(PVOID Buffer, PLOOKASIDE_LIST_EX Lookaside) { ExFreePool(Buffer); }

NTSTATUS NTAPI ExInitializeLookasideListEx(PLOOKASIDE_LIST_EX Lookaside, PALLOCATE_FUNCTION_EX Allocate, PFREE_FUNCTION_EX Free, POOL_TYPE PoolType,
                                           ULONG Flags, SIZE_T Size, ULONG Tag, USHORT Depth) {
    if (Depth != 0)
        return STATUS_INVALID_PARAMETER_8;
    if (PoolType & ~(PagedPool | NonPagedPoolCacheAligned | NonPagedPoolNx))
        return STATUS_INVALID_PARAMETER_4;
    if (Flags & ~(EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL | EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE) ||
        Flags == (EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL | EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE))
        return STATUS_INVALID_PARAMETER_5;
    if (Flags & EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL)
        PoolType |= POOL_RAISE_IF_ALLOCATION_FAILURE;
    if (Flags & EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE)
        PoolType |= POOL_QUOTA_FAIL_INSTEAD_OF_RAISE; /* for an Allocate that charges quota */
    ExpInitializeList(&Lookaside->L, PoolType, Size, Tag);
    Lookaside->L.AllocateEx = Allocate != NULL ? Allocate : ExpAllocateBlockEx;
    Lookaside->L.FreeEx = Free != NULL ? Free : ExpFreeBlockEx;
    return STATUS_SUCCESS;
}

PVOID NTAPI ExiAllocateFromLookasideListEx(PLOOKASIDE_LIST_EX Lookaside) {
    PVOID Entry = ExpInterlockedPopEntrySList(&Lookaside->L.ListHead);

    Lookaside->L.TotalAllocates++;
    if (Entry == NULL) {
        Lookaside->L.AllocateMisses++;
        Entry = Lookaside->L.AllocateEx(Lookaside->L.Type, Lookaside->L.Size, Lookaside->L.Tag, Lookaside);
    }
    return Entry;
}

VOID NTAPI ExiFreeToLookasideListEx(PLOOKASIDE_LIST_EX Lookaside, PVOID Entry) {
    Lookaside->L.TotalFrees++;
    if (ExQueryDepthSList(&Lookaside->L.ListHead) >= Lookaside->L.Depth) {
        Lookaside->L.FreeMisses++;
        Lookaside->L.FreeEx(Entry, Lookaside);
    } else {
        ExpInterlockedPushEntrySList(&Lookaside->L.ListHead, Entry);
    }
}

VOID NTAPI ExFlushLookasideListEx(PLOOKASIDE_LIST_EX Lookaside) {
    PSLIST_ENTRY Entry;

    while ((Entry = ExpInterlockedPopEntrySList(&Lookaside->L.ListHead)) != NULL)
        Lookaside->L.FreeEx(Entry, Lookaside);
}

VOID NTAPI ExDeleteLookasideListEx(PLOOKASIDE_LIST_EX Lookaside) {
    ExpForgetList(&Lookaside->L);
    ExFlushLookasideListEx(Lookaside);
}
