/* Balanced trees of RTL_BALANCED_LINKS. Balance is the height on the right less that on the left: -1, 0 or 1. */
#include "rtl/avl.h"

static PRTL_BALANCED_LINKS RtlpChild(PRTL_BALANCED_LINKS Links, CHAR Side) { return Side < 0 ? Links->LeftChild : Links->RightChild; }

static CHAR RtlpSideOf(PRTL_BALANCED_LINKS Links) { return Links->Parent->LeftChild == Links ? -1 : 1; }

static VOID RtlpSetChild(PRTL_BALANCED_LINKS Parent, CHAR Side, PRTL_BALANCED_LINKS Child) {
    if (Side < 0)
        Parent->LeftChild = Child;
    else
        Parent->RightChild = Child;
    if (Child)
        Child->Parent = Parent;
}

static VOID RtlpRotateUp(PRTL_BALANCED_LINKS Links) {
    PRTL_BALANCED_LINKS Parent = Links->Parent;
    CHAR Side = RtlpSideOf(Links);

    RtlpSetChild(Parent->Parent, RtlpSideOf(Parent), Links);
    RtlpSetChild(Parent, Side, RtlpChild(Links, (CHAR)-Side));
    RtlpSetChild(Links, (CHAR)-Side, Parent);
}

/* Links is too high by two on the side that its Balance names. Returns the subtree's new top; *Shrunk: it is lower than before. */
static PRTL_BALANCED_LINKS RtlpRebalance(PRTL_BALANCED_LINKS Links, BOOLEAN *Shrunk) {
    CHAR Side = Links->Balance;
    PRTL_BALANCED_LINKS High = RtlpChild(Links, Side), Inner;

    *Shrunk = High->Balance != 0;
    if (High->Balance != -Side) {
        RtlpRotateUp(High);
        Links->Balance = *Shrunk ? 0 : Side;
        High->Balance = *Shrunk ? 0 : (CHAR)-Side;
        return High;
    }
    Inner = RtlpChild(High, (CHAR)-Side);
    RtlpRotateUp(Inner);
    RtlpRotateUp(Inner);
    Links->Balance = Inner->Balance == Side ? (CHAR)-Side : 0;
    High->Balance = Inner->Balance == -Side ? Side : 0;
    Inner->Balance = 0;
    return Inner;
}

VOID RtlpAvlInsert(PRTL_AVL_TABLE Table, PRTL_BALANCED_LINKS Links, PRTL_BALANCED_LINKS Parent, CHAR Side) {
    *Links = (RTL_BALANCED_LINKS){.Parent = Parent};
    RtlpSetChild(Parent, Side, Links);
    for (; Links->Parent != &Table->BalancedRoot; Links = Links->Parent) {
        PRTL_BALANCED_LINKS Above = Links->Parent;
        BOOLEAN Shrunk;
        Side = RtlpSideOf(Links);
        if (Above->Balance == Side) {
            RtlpRebalance(Above, &Shrunk);
            return;
        }
        Above->Balance = (CHAR)(Above->Balance + Side);
        if (Above->Balance == 0)
            return;
    }
    Table->DepthOfTree++;
}

PRTL_BALANCED_LINKS RtlpAvlRemove(PRTL_AVL_TABLE Table, PRTL_BALANCED_LINKS Links) {
    PRTL_BALANCED_LINKS Leaving = Links, Above, Lowest;
    BOOLEAN Shrunk;
    CHAR Side;

    /* With two children its neighbour in order, from the higher side, takes its place. */
    if (Links->LeftChild && Links->RightChild)
        Leaving = Links->Balance < 0 ? RtlpAvlPrevious(Table, Links) : RtlpAvlNext(Table, Links);
    Above = Leaving->Parent;
    Side = RtlpSideOf(Leaving);
    RtlpSetChild(Above, Side, Leaving->LeftChild ? Leaving->LeftChild : Leaving->RightChild);
    if (Leaving != Links) {
        if (Above == Links)
            Above = Leaving;
        Leaving->Balance = Links->Balance;
        RtlpSetChild(Links->Parent, RtlpSideOf(Links), Leaving);
        RtlpSetChild(Leaving, -1, Links->LeftChild);
        RtlpSetChild(Leaving, 1, Links->RightChild);
    }
    Lowest = Above != &Table->BalancedRoot ? Above : Table->BalancedRoot.RightChild;
    while (Above != &Table->BalancedRoot) {
        if (Above->Balance == 0) {
            Above->Balance = (CHAR)-Side;
            return Lowest;
        }
        if (Above->Balance == Side) {
            Above->Balance = 0;
        } else {
            Above = RtlpRebalance(Above, &Shrunk);
            if (!Shrunk)
                return Lowest;
        }
        Side = RtlpSideOf(Above);
        Above = Above->Parent;
    }
    Table->DepthOfTree--;
    return Lowest;
}

static PRTL_BALANCED_LINKS RtlpNeighbour(PRTL_AVL_TABLE Table, PRTL_BALANCED_LINKS Links, CHAR Side) {
    PRTL_BALANCED_LINKS Found = RtlpChild(Links, Side);

    if (Found) {
        while (RtlpChild(Found, (CHAR)-Side))
            Found = RtlpChild(Found, (CHAR)-Side);
        return Found;
    }
    while (Links->Parent != &Table->BalancedRoot && RtlpSideOf(Links) == Side)
        Links = Links->Parent;
    return Links->Parent != &Table->BalancedRoot ? Links->Parent : NULL;
}

PRTL_BALANCED_LINKS RtlpAvlNext(PRTL_AVL_TABLE Table, PRTL_BALANCED_LINKS Links) { return RtlpNeighbour(Table, Links, 1); }

PRTL_BALANCED_LINKS RtlpAvlPrevious(PRTL_AVL_TABLE Table, PRTL_BALANCED_LINKS Links) { return RtlpNeighbour(Table, Links, -1); }
