/* Generic tables in AVL trees ("RtlInitializeGenericTableAvl" and its neighbours, learn.microsoft.com). The caller serializes, compares and gives memory. */
#include "rtl/avl.h"

/* Where the caller's data lies in AllocateRoutine's memory, which the documentation tells callers. */
static PVOID RtlpData(PRTL_BALANCED_LINKS Links) { return Links + 1; }

VOID NTAPI RtlInitializeGenericTableAvl(PRTL_AVL_TABLE Table, PRTL_AVL_COMPARE_ROUTINE CompareRoutine, PRTL_AVL_ALLOCATE_ROUTINE AllocateRoutine,
                                        PRTL_AVL_FREE_ROUTINE FreeRoutine, PVOID TableContext) {
    RtlZeroMemory(Table, sizeof *Table);
    Table->BalancedRoot.Parent = &Table->BalancedRoot;
    Table->CompareRoutine = CompareRoutine;
    Table->AllocateRoutine = AllocateRoutine;
    Table->FreeRoutine = FreeRoutine;
    Table->TableContext = TableContext;
}

static TABLE_SEARCH_RESULT RtlpFind(PRTL_AVL_TABLE Table, PVOID Buffer, PRTL_BALANCED_LINKS *Found) {
    PRTL_BALANCED_LINKS Links = Table->BalancedRoot.RightChild, Next;

    *Found = NULL;
    if (!Links)
        return TableEmptyTree;
    for (;; Links = Next) {
        RTL_GENERIC_COMPARE_RESULTS Result = Table->CompareRoutine(Table, Buffer, RtlpData(Links));
        *Found = Links;
        if (Result == GenericEqual)
            return TableFoundNode;
        Next = Result == GenericLessThan ? Links->LeftChild : Links->RightChild;
        if (!Next)
            return Result == GenericLessThan ? TableInsertAsLeft : TableInsertAsRight;
    }
}

PVOID NTAPI RtlInsertElementGenericTableFullAvl(PRTL_AVL_TABLE Table, PVOID Buffer, CLONG BufferSize, PBOOLEAN NewElement, PVOID NodeOrParent,
                                                TABLE_SEARCH_RESULT SearchResult) {
    PRTL_BALANCED_LINKS Links = NodeOrParent;

    if (NewElement)
        *NewElement = FALSE;
    if (SearchResult == TableFoundNode)
        return RtlpData(Links);
    Links = Table->AllocateRoutine(Table, sizeof *Links + BufferSize);
    if (!Links)
        return NULL;
    RtlpAvlInsert(Table, Links, SearchResult == TableEmptyTree ? &Table->BalancedRoot : NodeOrParent, SearchResult == TableInsertAsLeft ? -1 : 1);
    RtlCopyMemory(RtlpData(Links), Buffer, BufferSize);
    Table->NumberGenericTableElements++;
    Table->OrderedPointer = NULL;
    Table->WhichOrderedElement = 0;
    if (NewElement)
        *NewElement = TRUE;
    return RtlpData(Links);
}

PVOID NTAPI RtlInsertElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer, CLONG BufferSize, PBOOLEAN NewElement) {
    PRTL_BALANCED_LINKS Found;
    TABLE_SEARCH_RESULT Result = RtlpFind(Table, Buffer, &Found);
    return RtlInsertElementGenericTableFullAvl(Table, Buffer, BufferSize, NewElement, Found, Result);
}

PVOID NTAPI RtlLookupElementGenericTableFullAvl(PRTL_AVL_TABLE Table, PVOID Buffer, PVOID *NodeOrParent, TABLE_SEARCH_RESULT *SearchResult) {
    PRTL_BALANCED_LINKS Found;
    *SearchResult = RtlpFind(Table, Buffer, &Found);
    *NodeOrParent = Found;
    return *SearchResult == TableFoundNode ? RtlpData(Found) : NULL;
}

PVOID NTAPI RtlLookupElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer) {
    PRTL_BALANCED_LINKS Found;
    return RtlpFind(Table, Buffer, &Found) == TableFoundNode ? RtlpData(Found) : NULL;
}

/* The first in order of those that equal Buffer: a comparison may find several alike that another, at insertion, told apart. */
PVOID NTAPI RtlLookupFirstMatchingElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer, PVOID *RestartKey) {
    PRTL_BALANCED_LINKS Found, Before;

    *RestartKey = NULL;
    if (RtlpFind(Table, Buffer, &Found) != TableFoundNode)
        return NULL;
    while ((Before = RtlpAvlPrevious(Table, Found)) != NULL && Table->CompareRoutine(Table, Buffer, RtlpData(Before)) == GenericEqual)
        Found = Before;
    *RestartKey = Found;
    return RtlpData(Found);
}

BOOLEAN NTAPI RtlDeleteElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer) {
    PRTL_BALANCED_LINKS Found;

    if (RtlpFind(Table, Buffer, &Found) != TableFoundNode)
        return FALSE;
    if (Table->RestartKey == Found) /* an enumeration goes on after the one before */
        Table->RestartKey = RtlpAvlPrevious(Table, Found);
    RtlpAvlRemove(Table, Found);
    Table->NumberGenericTableElements--;
    Table->DeleteCount++;
    Table->OrderedPointer = NULL;
    Table->WhichOrderedElement = 0;
    Table->FreeRoutine(Table, Found);
    return TRUE;
}

static PRTL_BALANCED_LINKS RtlpFirst(PRTL_AVL_TABLE Table) {
    PRTL_BALANCED_LINKS Links = Table->BalancedRoot.RightChild;
    while (Links && Links->LeftChild)
        Links = Links->LeftChild;
    return Links;
}

PVOID NTAPI RtlEnumerateGenericTableWithoutSplayingAvl(PRTL_AVL_TABLE Table, PVOID *RestartKey) {
    PRTL_BALANCED_LINKS Links = *RestartKey ? RtlpAvlNext(Table, *RestartKey) : RtlpFirst(Table);
    if (!Links)
        return NULL;
    *RestartKey = Links;
    return RtlpData(Links);
}

PVOID NTAPI RtlEnumerateGenericTableAvl(PRTL_AVL_TABLE Table, BOOLEAN Restart) {
    PVOID Key = Restart ? NULL : Table->RestartKey;
    PVOID Data = RtlEnumerateGenericTableWithoutSplayingAvl(Table, &Key);
    Table->RestartKey = Key;
    return Data;
}

/* In order. */
PVOID NTAPI RtlGetElementGenericTableAvl(PRTL_AVL_TABLE Table, ULONG I) {
    PRTL_BALANCED_LINKS Links = Table->OrderedPointer;
    ULONG At = Table->WhichOrderedElement;

    if (I >= Table->NumberGenericTableElements)
        return NULL;
    if (!Links || (I < At && I < At - I)) {
        Links = RtlpFirst(Table);
        At = 0;
    }
    for (; At < I; At++)
        Links = RtlpAvlNext(Table, Links);
    for (; At > I; At--)
        Links = RtlpAvlPrevious(Table, Links);
    Table->OrderedPointer = Links;
    Table->WhichOrderedElement = I;
    return RtlpData(Links);
}

ULONG NTAPI RtlNumberGenericTableElementsAvl(PRTL_AVL_TABLE Table) { return Table->NumberGenericTableElements; }

BOOLEAN NTAPI RtlIsGenericTableEmptyAvl(PRTL_AVL_TABLE Table) { return Table->NumberGenericTableElements == 0; }

/* The first element that is not before Buffer, or the one behind it; then the one behind the last, as long as nothing has been deleted since. */
PVOID NTAPI RtlEnumerateGenericTableLikeADirectory(PRTL_AVL_TABLE Table, PRTL_AVL_MATCH_FUNCTION MatchFunction, PVOID MatchData, ULONG NextFlag,
                                                   PVOID *RestartKey, PULONG DeleteCount, PVOID Buffer) {
    PRTL_BALANCED_LINKS Links = *RestartKey;

    if (Links == NULL || *DeleteCount != Table->DeleteCount) {
        RTL_GENERIC_COMPARE_RESULTS Order = GenericGreaterThan;

        Links = NULL;
        for (PRTL_BALANCED_LINKS At = Table->BalancedRoot.RightChild; At != NULL && Order != GenericEqual;) {
            Order = Table->CompareRoutine(Table, Buffer, RtlpData(At));
            if (Order != GenericGreaterThan)
                Links = At;
            At = Order == GenericLessThan ? At->LeftChild : At->RightChild;
        }
        if (Links != NULL && Order == GenericEqual && NextFlag)
            Links = RtlpAvlNext(Table, Links);
    } else if (NextFlag) {
        Links = RtlpAvlNext(Table, Links);
    }
    for (; Links != NULL; Links = RtlpAvlNext(Table, Links)) {
        NTSTATUS Status = MatchFunction != NULL ? MatchFunction(Table, RtlpData(Links), MatchData) : STATUS_SUCCESS;

        if (Status == STATUS_NO_MATCH)
            continue;
        if (!NT_SUCCESS(Status))
            return NULL;
        *RestartKey = Links;
        *DeleteCount = Table->DeleteCount;
        return RtlpData(Links);
    }
    return NULL;
}
