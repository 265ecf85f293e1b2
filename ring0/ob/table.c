/*
 * Handle tables: an index finds its entry in three steps whatever the number of handles. Leaves are added as indices are needed and
 * stay until the table goes. Free entries are a stack threaded through their Attributes.
 */
#include "ob/object.h"

#define OBP_BRANCHES (OBP_MAX_HANDLES / OBP_BRANCH_SPAN)

static PVOID ObpAllocateZeroed(SIZE_T Size) {
    PVOID Memory = ExAllocatePoolWithTag(NonPagedPoolNx, Size, OBP_TAG);
    if (Memory != NULL)
        RtlZeroMemory(Memory, Size);
    return Memory;
}

POB_HANDLE_TABLE ObpCreateHandleTable(VOID) {
    POB_HANDLE_TABLE Table = ObpAllocateZeroed(sizeof(*Table));
    if (Table == NULL)
        return NULL;
    Table->Branches = ObpAllocateZeroed(OBP_BRANCHES * sizeof(Table->Branches[0]));
    if (Table->Branches == NULL) {
        ExFreePoolWithTag(Table, OBP_TAG);
        return NULL;
    }
    return Table;
}

VOID ObpDeleteHandleTable(POB_HANDLE_TABLE Table) {
    NT_ASSERT_OURS(Table->Count == 0);
    for (ULONG B = 0; B < OBP_BRANCHES && Table->Branches[B] != NULL; B++) {
        for (ULONG L = 0; L < OBP_BRANCH_ENTRIES && Table->Branches[B][L] != NULL; L++)
            ExFreePoolWithTag(Table->Branches[B][L], OBP_TAG);
        ExFreePoolWithTag(Table->Branches[B], OBP_TAG);
    }
    ExFreePoolWithTag(Table->Branches, OBP_TAG);
    ExFreePoolWithTag(Table, OBP_TAG);
}

/* One more leaf, its entries in ascending order on the empty free stack. */
static BOOLEAN ObpGrowTable(POB_HANDLE_TABLE Table) {
    if (Table->Limit == OBP_MAX_HANDLES)
        return FALSE;
    ULONG Branch = Table->Limit / OBP_BRANCH_SPAN, Leaf = Table->Limit / OBP_LEAF_ENTRIES % OBP_BRANCH_ENTRIES;
    if (Table->Branches[Branch] == NULL) {
        Table->Branches[Branch] = ObpAllocateZeroed(OBP_BRANCH_ENTRIES * sizeof(Table->Branches[0][0]));
        if (Table->Branches[Branch] == NULL)
            return FALSE;
    }
    POBP_HANDLE_ENTRY Entries = ObpAllocateZeroed(OBP_LEAF_ENTRIES * sizeof(*Entries));
    if (Entries == NULL)
        return FALSE;
    for (ULONG I = 1; I + 1 < OBP_LEAF_ENTRIES; I++)
        Entries[I].Attributes = Table->Limit + I + 1;
    Table->Branches[Branch][Leaf] = Entries;
    Table->FirstFree = Table->Limit + 1;
    Table->Limit += OBP_LEAF_ENTRIES;
    return TRUE;
}

ULONG ObpAllocateHandle(POB_HANDLE_TABLE Table, PVOID Object, ACCESS_MASK Access, ULONG Attributes) {
    if (Table->FirstFree == 0 && !ObpGrowTable(Table))
        return 0;
    ULONG Index = Table->FirstFree;
    POBP_HANDLE_ENTRY Entry = ObpEntryAt(Table, Index);
    Table->FirstFree = Entry->Attributes;
    Entry->Object = Object;
    Entry->Access = Access;
    Entry->Attributes = Attributes;
    Table->Count++;
    return Index;
}

VOID ObpFreeHandle(POB_HANDLE_TABLE Table, ULONG Index) {
    POBP_HANDLE_ENTRY Entry = ObpHandleEntry(Table, Index);
    NT_ASSERT_OURS(Entry != NULL);
    Entry->Object = NULL;
    Entry->Access = 0;
    Entry->Attributes = Table->FirstFree;
    Table->FirstFree = Index;
    Table->Count--;
}

BOOLEAN ObpExtendHandleTable(POB_HANDLE_TABLE Table, ULONG Limit) {
    while (Table->Limit < Limit)
        if (!ObpGrowTable(Table))
            return FALSE;
    return TRUE;
}

VOID ObpPlaceHandle(POB_HANDLE_TABLE Table, ULONG Index, PVOID Object, ACCESS_MASK Access, ULONG Attributes) {
    NT_ASSERT_OURS(Index < Table->Limit && Index % OBP_LEAF_ENTRIES != 0 && ObpHandleEntry(Table, Index) == NULL);
    *ObpEntryAt(Table, Index) = (OBP_HANDLE_ENTRY){Object, Access, Attributes};
    Table->Count++;
}

VOID ObpRelinkHandles(POB_HANDLE_TABLE Table) {
    Table->FirstFree = 0;
    for (ULONG Index = Table->Limit; Index-- > 0;) {
        if (Index % OBP_LEAF_ENTRIES == 0 || ObpHandleEntry(Table, Index) != NULL)
            continue;
        ObpEntryAt(Table, Index)->Attributes = Table->FirstFree;
        Table->FirstFree = Index;
    }
}
