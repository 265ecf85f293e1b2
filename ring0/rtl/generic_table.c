/* Generic tables in splay trees ("RtlInitializeGenericTable" and its neighbours, learn.microsoft.com). The caller serializes, compares and gives memory. */
#include "rtl/rtlp.h"

/* What AllocateRoutine's memory begins with; the documentation tells callers how much that is. */
typedef struct _RTLP_ELEMENT {
    RTL_SPLAY_LINKS Links;
    LIST_ENTRY Order; /* in RTL_GENERIC_TABLE.InsertOrderList */
    UCHAR Data[];
} RTLP_ELEMENT, *PRTLP_ELEMENT;

static PRTLP_ELEMENT RtlpElement(PVOID Links) { return CONTAINING_RECORD(Links, RTLP_ELEMENT, Links); }

VOID NTAPI RtlInitializeGenericTable(PRTL_GENERIC_TABLE Table, PRTL_GENERIC_COMPARE_ROUTINE CompareRoutine,
                                     PRTL_GENERIC_ALLOCATE_ROUTINE AllocateRoutine, PRTL_GENERIC_FREE_ROUTINE FreeRoutine, PVOID TableContext) {
    RtlZeroMemory(Table, sizeof *Table);
    InitializeListHead(&Table->InsertOrderList);
    Table->OrderedPointer = &Table->InsertOrderList;
    Table->CompareRoutine = CompareRoutine;
    Table->AllocateRoutine = AllocateRoutine;
    Table->FreeRoutine = FreeRoutine;
    Table->TableContext = TableContext;
}

/* The node that equals Buffer, or the one that it would lie below. */
static TABLE_SEARCH_RESULT RtlpFind(PRTL_GENERIC_TABLE Table, PVOID Buffer, PRTL_SPLAY_LINKS *Found) {
    PRTL_SPLAY_LINKS Links = Table->TableRoot, Next;

    *Found = NULL;
    if (!Links)
        return TableEmptyTree;
    for (;; Links = Next) {
        RTL_GENERIC_COMPARE_RESULTS Result = Table->CompareRoutine(Table, Buffer, RtlpElement(Links)->Data);
        *Found = Links;
        if (Result == GenericEqual)
            return TableFoundNode;
        Next = Result == GenericLessThan ? Links->LeftChild : Links->RightChild;
        if (!Next)
            return Result == GenericLessThan ? TableInsertAsLeft : TableInsertAsRight;
    }
}

PVOID NTAPI RtlInsertElementGenericTableFull(PRTL_GENERIC_TABLE Table, PVOID Buffer, CLONG BufferSize, PBOOLEAN NewElement, PVOID NodeOrParent,
                                             TABLE_SEARCH_RESULT SearchResult) {
    PRTL_SPLAY_LINKS Links = NodeOrParent;

    if (SearchResult != TableFoundNode) {
        PRTLP_ELEMENT Element = Table->AllocateRoutine(Table, FIELD_OFFSET(RTLP_ELEMENT, Data) + BufferSize);
        if (!Element) {
            if (NewElement)
                *NewElement = FALSE;
            return NULL;
        }
        Links = &Element->Links;
        *Links = (RTL_SPLAY_LINKS){.Parent = SearchResult == TableEmptyTree ? Links : NodeOrParent};
        if (SearchResult == TableInsertAsLeft)
            Links->Parent->LeftChild = Links;
        else if (SearchResult == TableInsertAsRight)
            Links->Parent->RightChild = Links;
        InsertTailList(&Table->InsertOrderList, &Element->Order);
        Table->NumberGenericTableElements++;
        RtlCopyMemory(Element->Data, Buffer, BufferSize);
    }
    Table->TableRoot = RtlSplay(Links);
    if (NewElement)
        *NewElement = SearchResult != TableFoundNode;
    return RtlpElement(Links)->Data;
}

PVOID NTAPI RtlInsertElementGenericTable(PRTL_GENERIC_TABLE Table, PVOID Buffer, CLONG BufferSize, PBOOLEAN NewElement) {
    PRTL_SPLAY_LINKS Found;
    TABLE_SEARCH_RESULT Result = RtlpFind(Table, Buffer, &Found);
    return RtlInsertElementGenericTableFull(Table, Buffer, BufferSize, NewElement, Found, Result);
}

PVOID NTAPI RtlLookupElementGenericTableFull(PRTL_GENERIC_TABLE Table, PVOID Buffer, PVOID *NodeOrParent, TABLE_SEARCH_RESULT *SearchResult) {
    PRTL_SPLAY_LINKS Found;
    *SearchResult = RtlpFind(Table, Buffer, &Found);
    *NodeOrParent = Found;
    if (*SearchResult != TableFoundNode)
        return NULL;
    Table->TableRoot = RtlSplay(Found);
    return RtlpElement(Found)->Data;
}

PVOID NTAPI RtlLookupElementGenericTable(PRTL_GENERIC_TABLE Table, PVOID Buffer) {
    PVOID NodeOrParent;
    TABLE_SEARCH_RESULT Result;
    return RtlLookupElementGenericTableFull(Table, Buffer, &NodeOrParent, &Result);
}

BOOLEAN NTAPI RtlDeleteElementGenericTable(PRTL_GENERIC_TABLE Table, PVOID Buffer) {
    PRTL_SPLAY_LINKS Found;

    if (RtlpFind(Table, Buffer, &Found) != TableFoundNode)
        return FALSE;
    Table->TableRoot = RtlDelete(Found);
    RemoveEntryList(&RtlpElement(Found)->Order);
    Table->NumberGenericTableElements--;
    Table->WhichOrderedElement = 0;
    Table->OrderedPointer = &Table->InsertOrderList;
    Table->FreeRoutine(Table, Found);
    return TRUE;
}

static PRTL_SPLAY_LINKS RtlpFirst(PRTL_GENERIC_TABLE Table) {
    PRTL_SPLAY_LINKS Links = Table->TableRoot;
    while (Links && Links->LeftChild)
        Links = Links->LeftChild;
    return Links;
}

PVOID NTAPI RtlEnumerateGenericTable(PRTL_GENERIC_TABLE Table, BOOLEAN Restart) {
    PRTL_SPLAY_LINKS Links = Restart || !Table->TableRoot ? RtlpFirst(Table) : RtlRealSuccessor(Table->TableRoot);
    if (!Links)
        return NULL;
    Table->TableRoot = RtlSplay(Links);
    return RtlpElement(Links)->Data;
}

PVOID NTAPI RtlEnumerateGenericTableWithoutSplaying(PRTL_GENERIC_TABLE Table, PVOID *RestartKey) {
    PRTL_SPLAY_LINKS Links = *RestartKey ? RtlRealSuccessor(*RestartKey) : RtlpFirst(Table);
    if (!Links)
        return NULL;
    *RestartKey = Links;
    return RtlpElement(Links)->Data;
}

/* In the order of insertion. The last one asked for is remembered, and the walk begins there or at the nearer end. */
PVOID NTAPI RtlGetElementGenericTable(PRTL_GENERIC_TABLE Table, ULONG I) {
    ULONG Count = Table->NumberGenericTableElements, At = Table->WhichOrderedElement, Wanted = I + 1; /* At 0: the head */
    PLIST_ENTRY Entry = Table->OrderedPointer;

    if (I >= Count)
        return NULL;
    if (Wanted < At && Wanted <= At - Wanted) {
        At = 0;
        Entry = &Table->InsertOrderList;
    } else if (Wanted > At && Count + 1 - Wanted < Wanted - At) {
        At = Count + 1;
        Entry = &Table->InsertOrderList;
    }
    for (; At < Wanted; At++)
        Entry = Entry->Flink;
    for (; At > Wanted; At--)
        Entry = Entry->Blink;
    Table->OrderedPointer = Entry;
    Table->WhichOrderedElement = Wanted;
    return CONTAINING_RECORD(Entry, RTLP_ELEMENT, Order)->Data;
}

ULONG NTAPI RtlNumberGenericTableElements(PRTL_GENERIC_TABLE Table) { return Table->NumberGenericTableElements; }

BOOLEAN NTAPI RtlIsGenericTableEmpty(PRTL_GENERIC_TABLE Table) { return Table->TableRoot == NULL; }
