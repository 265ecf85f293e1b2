/*
 * Dynamic hash tables ("RtlCreateHashTable" and its neighbours; the fields are those of ntddk.h, whose inline functions read them). Entries are the caller's; a chain holds
 * those of one bucket, equal signatures next to each other. The caller serializes.
 */
#include "rtl/rtlp.h"

#define TABLE_TAG    'hHtR'
#define FIRST_SIZE   128u
#define LARGEST_SIZE 0x800000u

static PLIST_ENTRY RtlpChains(PRTL_DYNAMIC_HASH_TABLE Table) { return Table->Directory; }

static PLIST_ENTRY RtlpChain(PRTL_DYNAMIC_HASH_TABLE Table, ULONG_PTR Signature) {
    ULONG64 Hash = (Signature >> Table->Shift) * 0x9E3779B97F4A7C15ull;
    return &RtlpChains(Table)[(ULONG)(Hash >> 32) & Table->DivisorMask];
}

static PRTL_DYNAMIC_HASH_TABLE_ENTRY RtlpEntry(PLIST_ENTRY Link) { return CONTAINING_RECORD(Link, RTL_DYNAMIC_HASH_TABLE_ENTRY, Linkage); }

static PLIST_ENTRY RtlpNewChains(ULONG Count) {
    PLIST_ENTRY Chains = ExAllocatePoolWithTag(NonPagedPoolNx, Count * sizeof(*Chains), TABLE_TAG);
    for (ULONG I = 0; Chains != NULL && I < Count; I++)
        InitializeListHead(&Chains[I]);
    return Chains;
}

BOOLEAN NTAPI RtlCreateHashTable(PRTL_DYNAMIC_HASH_TABLE *HashTable, ULONG Shift, ULONG Flags) {
    PRTL_DYNAMIC_HASH_TABLE Table = *HashTable;
    PLIST_ENTRY Chains = Flags == 0 && Shift < 64 ? RtlpNewChains(FIRST_SIZE) : NULL;

    if (Chains == NULL)
        return FALSE;
    if (Table == NULL) {
        Table = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Table), TABLE_TAG);
        Flags = RTL_HASH_ALLOCATED_HEADER;
    }
    if (Table == NULL) {
        ExFreePoolWithTag(Chains, TABLE_TAG);
        return FALSE;
    }
    *Table = (RTL_DYNAMIC_HASH_TABLE){.Flags = Flags, .Shift = Shift, .TableSize = FIRST_SIZE, .DivisorMask = FIRST_SIZE - 1, .Directory = Chains};
    *HashTable = Table;
    return TRUE;
}

VOID NTAPI RtlDeleteHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable) {
    ExFreePoolWithTag(HashTable->Directory, TABLE_TAG);
    HashTable->Directory = NULL;
    if (HashTable->Flags & RTL_HASH_ALLOCATED_HEADER)
        ExFreePoolWithTag(HashTable, TABLE_TAG);
}

/* The next entry after Link that is none of an enumerator's, NULL at the chain's end. */
static PRTL_DYNAMIC_HASH_TABLE_ENTRY RtlpNextReal(PLIST_ENTRY Head, PLIST_ENTRY Link) {
    for (Link = Link->Flink; Link != Head; Link = Link->Flink)
        if (RtlpEntry(Link)->Signature != RTL_HASH_RESERVED_SIGNATURE)
            return RtlpEntry(Link);
    return NULL;
}

/* The link before the first entry of the signature, or before which it belongs: the chain's head. */
static PLIST_ENTRY RtlpBefore(PLIST_ENTRY Head, ULONG_PTR Signature) {
    for (PLIST_ENTRY Link = Head; Link->Flink != Head; Link = Link->Flink)
        if (RtlpEntry(Link->Flink)->Signature == Signature)
            return Link;
    return Head;
}

static VOID RtlpFillContext(PRTL_DYNAMIC_HASH_TABLE_CONTEXT Context, PLIST_ENTRY Head, PLIST_ENTRY Previous, ULONG_PTR Signature) {
    if (Context != NULL)
        *Context = (RTL_DYNAMIC_HASH_TABLE_CONTEXT){Head, Previous, Signature};
}

/* 0 is not an entry's signature: it becomes 1. */
BOOLEAN NTAPI RtlInsertEntryHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable, PRTL_DYNAMIC_HASH_TABLE_ENTRY Entry, ULONG_PTR Signature,
                                      PRTL_DYNAMIC_HASH_TABLE_CONTEXT Context) {
    PLIST_ENTRY Head, Before;

    Signature += Signature == RTL_HASH_RESERVED_SIGNATURE;
    Head = Context != NULL && Context->ChainHead != NULL ? Context->ChainHead : RtlpChain(HashTable, Signature);
    Before = Context != NULL && Context->ChainHead != NULL ? Context->PrevLinkage : RtlpBefore(Head, Signature);
    Entry->Signature = Signature;
    HashTable->NonEmptyBuckets += RtlpNextReal(Head, Head) == NULL;
    HashTable->NumEntries++;
    InsertHeadList(Before, &Entry->Linkage);
    RtlpFillContext(Context, Head, Before, Signature);
    return TRUE;
}

BOOLEAN NTAPI RtlRemoveEntryHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable, PRTL_DYNAMIC_HASH_TABLE_ENTRY Entry,
                                      PRTL_DYNAMIC_HASH_TABLE_CONTEXT Context) {
    PLIST_ENTRY Head = RtlpChain(HashTable, Entry->Signature), Previous = Entry->Linkage.Blink;

    RemoveEntryList(&Entry->Linkage);
    HashTable->NumEntries--;
    HashTable->NonEmptyBuckets -= RtlpNextReal(Head, Head) == NULL;
    if (Context != NULL && Context->ChainHead == NULL)
        RtlpFillContext(Context, Head, Previous, Entry->Signature);
    return TRUE;
}

PRTL_DYNAMIC_HASH_TABLE_ENTRY NTAPI RtlLookupEntryHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable, ULONG_PTR Signature,
                                                            PRTL_DYNAMIC_HASH_TABLE_CONTEXT Context) {
    PLIST_ENTRY Head, Before;

    Signature += Signature == RTL_HASH_RESERVED_SIGNATURE;
    Head = RtlpChain(HashTable, Signature);
    Before = RtlpBefore(Head, Signature);
    RtlpFillContext(Context, Head, Before, Signature);
    return Before->Flink != Head && RtlpEntry(Before->Flink)->Signature == Signature ? RtlpEntry(Before->Flink) : NULL;
}

/* The next with the signature that was looked up. */
PRTL_DYNAMIC_HASH_TABLE_ENTRY NTAPI RtlGetNextEntryHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable, PRTL_DYNAMIC_HASH_TABLE_CONTEXT Context) {
    PLIST_ENTRY Found = Context->PrevLinkage->Flink;
    PRTL_DYNAMIC_HASH_TABLE_ENTRY Next;

    if (Found == Context->ChainHead)
        return NULL;
    Next = RtlpNextReal(Context->ChainHead, Found);
    if (Next == NULL || Next->Signature != Context->Signature)
        return NULL;
    Context->PrevLinkage = Next->Linkage.Blink;
    return Next;
}

/* ---- Enumeration: the enumerator stands in a chain itself, as an entry of the reserved signature, before what comes next ---- */
BOOLEAN NTAPI RtlInitEnumerationHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable, PRTL_DYNAMIC_HASH_TABLE_ENUMERATOR Enumerator) {
    Enumerator->BucketIndex = 0;
    Enumerator->ChainHead = &RtlpChains(HashTable)[0];
    Enumerator->HashEntry.Signature = RTL_HASH_RESERVED_SIGNATURE;
    InsertHeadList(Enumerator->ChainHead, &Enumerator->HashEntry.Linkage);
    HashTable->NumEnumerators++;
    return TRUE;
}

PRTL_DYNAMIC_HASH_TABLE_ENTRY NTAPI RtlEnumerateEntryHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable, PRTL_DYNAMIC_HASH_TABLE_ENUMERATOR Enumerator) {
    PLIST_ENTRY Stand = &Enumerator->HashEntry.Linkage;
    ULONG Bucket = Enumerator->BucketIndex;
    PRTL_DYNAMIC_HASH_TABLE_ENTRY Next = RtlpNextReal(Enumerator->ChainHead, Stand);

    while (Next == NULL && ++Bucket < HashTable->TableSize)
        Next = RtlpNextReal(&RtlpChains(HashTable)[Bucket], &RtlpChains(HashTable)[Bucket]);
    if (Next == NULL)
        return NULL;
    RemoveEntryList(Stand);
    InsertHeadList(&Next->Linkage, Stand);
    Enumerator->BucketIndex = Bucket;
    Enumerator->ChainHead = &RtlpChains(HashTable)[Bucket];
    return Next;
}

VOID NTAPI RtlEndEnumerationHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable, PRTL_DYNAMIC_HASH_TABLE_ENUMERATOR Enumerator) {
    RemoveEntryList(&Enumerator->HashEntry.Linkage);
    Enumerator->ChainHead = NULL;
    HashTable->NumEnumerators--;
}

/* ---- Size ---- */
/* Another number of chains; not while somebody enumerates. */
static BOOLEAN RtlpResize(PRTL_DYNAMIC_HASH_TABLE Table, ULONG Size) {
    PLIST_ENTRY Old = RtlpChains(Table), Chains = Table->NumEnumerators == 0 ? RtlpNewChains(Size) : NULL;
    ULONG Count = Table->TableSize;

    if (Chains == NULL)
        return FALSE;
    Table->Directory = Chains;
    Table->TableSize = Size;
    Table->DivisorMask = Size - 1;
    Table->NumEntries = Table->NonEmptyBuckets = 0;
    for (ULONG I = 0; I < Count; I++) {
        while (!IsListEmpty(&Old[I])) {
            PRTL_DYNAMIC_HASH_TABLE_ENTRY Entry = RtlpEntry(RemoveTailList(&Old[I]));
            RtlInsertEntryHashTable(Table, Entry, Entry->Signature, NULL);
        }
    }
    ExFreePoolWithTag(Old, TABLE_TAG);
    return TRUE;
}

BOOLEAN NTAPI RtlExpandHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable) {
    return HashTable->TableSize < LARGEST_SIZE && RtlpResize(HashTable, HashTable->TableSize * 2);
}

BOOLEAN NTAPI RtlContractHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable) {
    return HashTable->TableSize > FIRST_SIZE && RtlpResize(HashTable, HashTable->TableSize / 2);
}
