/*
 * Handle tables: an index finds its entry in three steps whatever the number of handles. Leaves are added as indices are needed and
 * stay until the table goes. Free entries are a stack threaded through their Attributes.
 */
#include "ob/object.h"

#define OBP_BRANCHES (OBP_MAX_HANDLES / OBP_BRANCH_SPAN)

static PVOID ObpAllocateZeroed(SIZE_T Size) {
    PVOID memory = ExAllocatePoolWithTag(NonPagedPoolNx, Size, OBP_TAG);
    if (memory != NULL)
        RtlZeroMemory(memory, Size);
    return memory;
}

POB_HANDLE_TABLE ObpCreateHandleTable(VOID) {
    POB_HANDLE_TABLE table = ObpAllocateZeroed(sizeof(*table));
    if (table == NULL)
        return NULL;
    table->Branches = ObpAllocateZeroed(OBP_BRANCHES * sizeof(table->Branches[0]));
    if (table->Branches == NULL) {
        ExFreePoolWithTag(table, OBP_TAG);
        return NULL;
    }
    return table;
}

VOID ObpDeleteHandleTable(POB_HANDLE_TABLE Table) {
    NT_ASSERT_OURS(Table->Count == 0);
    for (ULONG b = 0; b < OBP_BRANCHES && Table->Branches[b] != NULL; b++) {
        for (ULONG l = 0; l < OBP_BRANCH_ENTRIES && Table->Branches[b][l] != NULL; l++)
            ExFreePoolWithTag(Table->Branches[b][l], OBP_TAG);
        ExFreePoolWithTag(Table->Branches[b], OBP_TAG);
    }
    ExFreePoolWithTag(Table->Branches, OBP_TAG);
    ExFreePoolWithTag(Table, OBP_TAG);
}

/* One more leaf, its entries in ascending order on the empty free stack. */
static BOOLEAN ObpGrowTable(POB_HANDLE_TABLE Table) {
    if (Table->Limit == OBP_MAX_HANDLES)
        return FALSE;
    ULONG branch = Table->Limit / OBP_BRANCH_SPAN, leaf = Table->Limit / OBP_LEAF_ENTRIES % OBP_BRANCH_ENTRIES;
    if (Table->Branches[branch] == NULL) {
        Table->Branches[branch] = ObpAllocateZeroed(OBP_BRANCH_ENTRIES * sizeof(Table->Branches[0][0]));
        if (Table->Branches[branch] == NULL)
            return FALSE;
    }
    POBP_HANDLE_ENTRY entries = ObpAllocateZeroed(OBP_LEAF_ENTRIES * sizeof(*entries));
    if (entries == NULL)
        return FALSE;
    for (ULONG i = 1; i + 1 < OBP_LEAF_ENTRIES; i++)
        entries[i].Attributes = Table->Limit + i + 1;
    Table->Branches[branch][leaf] = entries;
    Table->FirstFree = Table->Limit + 1;
    Table->Limit += OBP_LEAF_ENTRIES;
    return TRUE;
}

ULONG ObpAllocateHandle(POB_HANDLE_TABLE Table, PVOID Object, ACCESS_MASK Access, ULONG Attributes) {
    if (Table->FirstFree == 0 && !ObpGrowTable(Table))
        return 0;
    ULONG index = Table->FirstFree;
    POBP_HANDLE_ENTRY entry = ObpEntryAt(Table, index);
    Table->FirstFree = entry->Attributes;
    entry->Object = Object;
    entry->Access = Access;
    entry->Attributes = Attributes;
    Table->Count++;
    return index;
}

VOID ObpFreeHandle(POB_HANDLE_TABLE Table, ULONG Index) {
    POBP_HANDLE_ENTRY entry = ObpHandleEntry(Table, Index);
    NT_ASSERT_OURS(entry != NULL);
    entry->Object = NULL;
    entry->Access = 0;
    entry->Attributes = Table->FirstFree;
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
    for (ULONG index = Table->Limit; index-- > 0;) {
        if (index % OBP_LEAF_ENTRIES == 0 || ObpHandleEntry(Table, index) != NULL)
            continue;
        ObpEntryAt(Table, index)->Attributes = Table->FirstFree;
        Table->FirstFree = index;
    }
}
