/* Splay trees and generic tables of both kinds, against an array of flags; after each change the AVL tree's shape is checked. */
#include "kernel/more.h"

#define TAG   'tseT'
#define RANGE 500

typedef struct _ITEM {
    ULONG Key, Value;
} ITEM;

VOID NTAPI RtlDeleteNoSplay(PRTL_SPLAY_LINKS, PRTL_SPLAY_LINKS *);
PVOID NTAPI RtlInsertElementGenericTableFull(PRTL_GENERIC_TABLE, PVOID, CLONG, PBOOLEAN, PVOID, TABLE_SEARCH_RESULT);
PVOID NTAPI RtlLookupElementGenericTableFull(PRTL_GENERIC_TABLE, PVOID, PVOID *, TABLE_SEARCH_RESULT *);
PVOID NTAPI RtlEnumerateGenericTableWithoutSplaying(PRTL_GENERIC_TABLE, PVOID *);
PVOID NTAPI RtlInsertElementGenericTableFullAvl(PRTL_AVL_TABLE, PVOID, CLONG, PBOOLEAN, PVOID, TABLE_SEARCH_RESULT);
PVOID NTAPI RtlLookupElementGenericTableFullAvl(PRTL_AVL_TABLE, PVOID, PVOID *, TABLE_SEARCH_RESULT *);
PVOID NTAPI RtlLookupFirstMatchingElementGenericTableAvl(PRTL_AVL_TABLE, PVOID, PVOID *);

static LONG Blocks;
static ULONG LastSize;
static BOOLEAN Coarse, Refuse;

static RTL_GENERIC_COMPARE_RESULTS Order(PVOID First, PVOID Second) {
    ULONG A = ((ITEM *)First)->Key / (Coarse ? 10 : 1), B = ((ITEM *)Second)->Key / (Coarse ? 10 : 1);
    return A < B ? GenericLessThan : A > B ? GenericGreaterThan : GenericEqual;
}

static PVOID Allocate(ULONG Size) {
    if (Refuse)
        return NULL;
    Blocks++;
    LastSize = Size;
    return ExAllocatePoolWithTag(NonPagedPoolNx, Size, TAG);
}

static VOID Release(PVOID Block) {
    Blocks--;
    ExFreePoolWithTag(Block, TAG);
}

static RTL_GENERIC_COMPARE_RESULTS NTAPI Compare(PRTL_GENERIC_TABLE Table, PVOID First, PVOID Second) { return Order(First, Second); }
static PVOID NTAPI AllocateNode(PRTL_GENERIC_TABLE Table, CLONG Size) { return Allocate(Size); }
static VOID NTAPI FreeNode(PRTL_GENERIC_TABLE Table, PVOID Block) { Release(Block); }
static RTL_GENERIC_COMPARE_RESULTS NTAPI CompareAvl(PRTL_AVL_TABLE Table, PVOID First, PVOID Second) { return Order(First, Second); }
static PVOID NTAPI AllocateAvl(PRTL_AVL_TABLE Table, CLONG Size) { return Allocate(Size); }
static VOID NTAPI FreeAvl(PRTL_AVL_TABLE Table, PVOID Block) { Release(Block); }

static BOOLEAN Is(PVOID Data, ULONG Key) { return Data && ((ITEM *)Data)->Key == Key; }

static VOID TestSplay(VOID) {
    static RTL_SPLAY_LINKS Nodes[7];
    PRTL_SPLAY_LINKS Root = &Nodes[0], At = &Nodes[0];
    ULONG Count = 1;
    RtlInitializeSplayLinks(&Nodes[0]);
    for (ULONG i = 1; i < 7; i++) { /* a chain to the right */
        RtlInitializeSplayLinks(&Nodes[i]);
        RtlInsertAsRightChild(&Nodes[i - 1], &Nodes[i]);
    }
    Root = RtlSplay(&Nodes[6]);
    ok(Root == &Nodes[6] && RtlIsRoot(Root) && !RtlRightChild(Root) && RtlLeftChild(Root), "RtlSplay: the last becomes the root");
    while ((At = RtlRealSuccessor(At)) != NULL && At == &Nodes[Count])
        Count++;
    ok(Count == 7 && !At, "RtlRealSuccessor: the order stays");
    for (At = &Nodes[6], Count = 6; (At = RtlRealPredecessor(At)) != NULL && At == &Nodes[Count - 1];)
        Count--;
    ok(Count == 0 && !At, "RtlRealPredecessor");
    ok(RtlSubtreePredecessor(Root) == &Nodes[5] && !RtlSubtreeSuccessor(Root), "RtlSubtreePredecessor");
    Root = RtlSplay(&Nodes[3]);
    ok(RtlSubtreeSuccessor(Root) == &Nodes[4] && RtlSubtreePredecessor(Root) == &Nodes[2], "RtlSubtreeSuccessor");
    Root = RtlDelete(&Nodes[3]);
    ok(Root && RtlRealSuccessor(&Nodes[2]) == &Nodes[4] && RtlRealPredecessor(&Nodes[4]) == &Nodes[2], "RtlDelete");
    At = RtlIsRoot(&Nodes[0]) ? &Nodes[1] : &Nodes[0];
    Count = At == &Nodes[0];
    RtlDeleteNoSplay(At, &Root);
    ok(RtlIsRoot(Root) && (Count ? !RtlRealPredecessor(&Nodes[1]) : RtlRealSuccessor(&Nodes[0]) == &Nodes[2]), "RtlDeleteNoSplay");
}

/* -1: it is no AVL tree. */
static LONG Height(PRTL_BALANCED_LINKS Links, PRTL_BALANCED_LINKS Parent) {
    LONG Left, Right;
    if (!Links)
        return 0;
    Left = Height(Links->LeftChild, Links);
    Right = Height(Links->RightChild, Links);
    if (Links->Parent != Parent || Left < 0 || Right < 0 || Right - Left != Links->Balance || Links->Balance < -1 || Links->Balance > 1)
        return -1;
    return 1 + max(Left, Right);
}

static BOOLEAN Sound(PRTL_AVL_TABLE Table) {
    return Height(Table->BalancedRoot.RightChild, &Table->BalancedRoot) == (LONG)Table->DepthOfTree && !Table->BalancedRoot.LeftChild;
}

static VOID TestRandom(VOID) {
    static BOOLEAN In[RANGE];
    RTL_AVL_TABLE Avl;
    RTL_GENERIC_TABLE Splay;
    ULONG Seed = 12345, Count = 0, Wrong = 0, Expected = 0;
    PVOID Key = NULL, SplayKey = NULL, Data;
    RtlFillMemory(&Avl, sizeof Avl, 0xEE);
    RtlFillMemory(&Splay, sizeof Splay, 0xEE);
    RtlInitializeGenericTableAvl(&Avl, CompareAvl, AllocateAvl, FreeAvl, &Seed);
    RtlInitializeGenericTable(&Splay, Compare, AllocateNode, FreeNode, &Seed);
    ok(Avl.TableContext == &Seed && Splay.TableContext == &Seed, "the context is the caller's");
    ok(RtlIsGenericTableEmptyAvl(&Avl) && RtlIsGenericTableEmpty(&Splay), "both are empty");
    for (ULONG i = 0; i < 4000; i++) {
        ITEM Item = {RtlRandomEx(&Seed) % RANGE, i};
        BOOLEAN New = 9, NewSplay = 9;
        if (RtlRandomEx(&Seed) % 5 < 3) {
            Data = RtlInsertElementGenericTableAvl(&Avl, &Item, sizeof Item, &New);
            Wrong += !Is(Data, Item.Key) || New == In[Item.Key];
            Data = RtlInsertElementGenericTable(&Splay, &Item, sizeof Item, &NewSplay);
            Wrong += !Is(Data, Item.Key) || NewSplay != New;
            Count += New;
            In[Item.Key] = TRUE;
        } else {
            Wrong += RtlDeleteElementGenericTableAvl(&Avl, &Item) != In[Item.Key];
            Wrong += RtlDeleteElementGenericTable(&Splay, &Item) != In[Item.Key];
            Count -= In[Item.Key];
            In[Item.Key] = FALSE;
        }
        Item.Key = RtlRandomEx(&Seed) % RANGE;
        Wrong += (RtlLookupElementGenericTableAvl(&Avl, &Item) != NULL) != In[Item.Key];
        Wrong += (RtlLookupElementGenericTable(&Splay, &Item) != NULL) != In[Item.Key];
        Wrong += !Sound(&Avl) || RtlNumberGenericTableElementsAvl(&Avl) != Count || RtlNumberGenericTableElements(&Splay) != Count;
    }
    is(Wrong, 0, "4000 random insertions, deletions and look-ups in both tables");
    is(Blocks, 2 * Count, "what they hold is what was allocated");
    ok(!RtlIsGenericTableEmptyAvl(&Avl) && !RtlIsGenericTableEmpty(&Splay), "they are not empty");
    for (ULONG i = 0, n = 0; i < RANGE; i++) {
        if (!In[i])
            continue;
        Expected++;
        Wrong += !Is(RtlEnumerateGenericTableWithoutSplayingAvl(&Avl, &Key), i);
        Wrong += !Is(RtlEnumerateGenericTableWithoutSplaying(&Splay, &SplayKey), i);
        Wrong += !Is(RtlEnumerateGenericTableAvl(&Avl, n == 0), i);
        Wrong += !Is(RtlEnumerateGenericTable(&Splay, n == 0), i);
        Wrong += !Is(RtlGetElementGenericTableAvl(&Avl, n), i);
        n++;
    }
    ok(Wrong == 0 && Expected == Count, "four ways to enumerate them in order, and RtlGetElementGenericTableAvl");
    ok(!RtlEnumerateGenericTableWithoutSplayingAvl(&Avl, &Key) && !RtlEnumerateGenericTableWithoutSplaying(&Splay, &SplayKey) &&
           !RtlEnumerateGenericTableAvl(&Avl, FALSE) && !RtlEnumerateGenericTable(&Splay, FALSE) && !RtlGetElementGenericTableAvl(&Avl, Count),
       "and then no more");
    for (ULONG i = 0; i < 300; i++) {
        ULONG At = RtlRandomEx(&Seed) % Count;
        ITEM *Item = RtlGetElementGenericTableAvl(&Avl, At), *Next = RtlGetElementGenericTableAvl(&Avl, At + 1);
        Wrong += !Item || (Next ? Next->Key <= Item->Key : At + 1 != Count);
    }
    is(Wrong, 0, "RtlGetElementGenericTableAvl anywhere");
    while ((Data = RtlEnumerateGenericTableAvl(&Avl, TRUE)) != NULL) {
        ITEM Item = *(ITEM *)Data;
        RtlDeleteElementGenericTableAvl(&Avl, &Item);
        RtlDeleteElementGenericTable(&Splay, &Item);
    }
    ok(Blocks == 0 && RtlIsGenericTableEmptyAvl(&Avl) && RtlIsGenericTableEmpty(&Splay) && Avl.DepthOfTree == 0, "all is freed");
}

static VOID TestOrder(VOID) {
    RTL_GENERIC_TABLE Table;
    ITEM Items[5] = {{30, 0}, {10, 1}, {50, 2}, {20, 3}, {40, 4}}, Item = {10, 0};
    BOOLEAN New, Right = TRUE;
    PVOID Node = NULL;
    TABLE_SEARCH_RESULT Result;
    RtlInitializeGenericTable(&Table, Compare, AllocateNode, FreeNode, NULL);
    for (ULONG i = 0; i < 5; i++)
        RtlInsertElementGenericTable(&Table, &Items[i], sizeof(ITEM), &New);
    is(LastSize, sizeof(RTL_SPLAY_LINKS) + sizeof(LIST_ENTRY) + sizeof(ITEM), "the documented size is asked for");
    for (ULONG i = 0; i < 5; i++)
        Right = Right && Is(RtlGetElementGenericTable(&Table, i), Items[i].Key) && Is(RtlGetElementGenericTable(&Table, 4 - i), Items[4 - i].Key);
    ok(Right && !RtlGetElementGenericTable(&Table, 5), "RtlGetElementGenericTable: in the order of insertion");
    RtlDeleteElementGenericTable(&Table, &Item);
    ok(Is(RtlGetElementGenericTable(&Table, 1), 50), "without one that is deleted");
    Item.Key = 35;
    ok(!RtlLookupElementGenericTableFull(&Table, &Item, &Node, &Result) && Node && (Result == TableInsertAsLeft || Result == TableInsertAsRight),
       "RtlLookupElementGenericTableFull of none says where it would lie");
    ok(Is(RtlInsertElementGenericTableFull(&Table, &Item, sizeof Item, &New, Node, Result), 35) && New,
       "RtlInsertElementGenericTableFull puts it there");
    ok(Is(RtlLookupElementGenericTableFull(&Table, &Item, &Node, &Result), 35) && Result == TableFoundNode, "it is found");
    Refuse = TRUE;
    Item.Key = 99;
    ok(!RtlInsertElementGenericTable(&Table, &Item, sizeof Item, &New) && !New && RtlNumberGenericTableElements(&Table) == 5,
       "no memory: NULL, no change");
    Refuse = FALSE;
    while (!RtlIsGenericTableEmpty(&Table)) {
        Item = *(ITEM *)RtlGetElementGenericTable(&Table, 0);
        RtlDeleteElementGenericTable(&Table, &Item);
    }
}

static VOID TestAvl(VOID) {
    RTL_AVL_TABLE Table;
    ITEM Item = {0, 0};
    BOOLEAN New;
    PVOID Node = NULL, Key = NULL;
    TABLE_SEARCH_RESULT Result;
    RtlInitializeGenericTableAvl(&Table, CompareAvl, AllocateAvl, FreeAvl, NULL);
    for (Item.Key = 0; Item.Key < 100; Item.Key++)
        RtlInsertElementGenericTableAvl(&Table, &Item, sizeof Item, &New);
    is(LastSize, sizeof(RTL_BALANCED_LINKS) + sizeof(ITEM), "the documented size is asked for");
    is(Table.DepthOfTree, 7, "100 in order make a tree of 7");
    Item.Key = 100;
    ok(!RtlLookupElementGenericTableFullAvl(&Table, &Item, &Node, &Result) && Result == TableInsertAsRight,
       "RtlLookupElementGenericTableFullAvl of none");
    ok(Is(RtlInsertElementGenericTableFullAvl(&Table, &Item, sizeof Item, &New, Node, Result), 100) && New && Sound(&Table),
       "RtlInsertElementGenericTableFullAvl puts it there");
    ok(Is(RtlLookupElementGenericTableFullAvl(&Table, &Item, &Node, &Result), 100) && Result == TableFoundNode, "it is found");
    Coarse = TRUE;
    Item.Key = 45;
    ok(Is(RtlLookupFirstMatchingElementGenericTableAvl(&Table, &Item, &Key), 40),
       "RtlLookupFirstMatchingElementGenericTableAvl: the first of the forties");
    Coarse = FALSE;
    ok(Is(RtlEnumerateGenericTableWithoutSplayingAvl(&Table, &Key), 41), "and on from there");
    RtlEnumerateGenericTableAvl(&Table, TRUE);
    ok(Is(RtlEnumerateGenericTableAvl(&Table, FALSE), 1), "an enumeration");
    Item.Key = 1;
    RtlDeleteElementGenericTableAvl(&Table, &Item);
    ok(Is(RtlEnumerateGenericTableAvl(&Table, FALSE), 2), "outlives the deletion of where it is");
    while (!RtlIsGenericTableEmptyAvl(&Table)) {
        Item = *(ITEM *)RtlGetElementGenericTableAvl(&Table, 0);
        RtlDeleteElementGenericTableAvl(&Table, &Item);
    }
    is(Blocks, 0, "all is freed");
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    TestSplay();
    TestRandom();
    TestOrder();
    TestAvl();
}
