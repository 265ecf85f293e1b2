/* Splay trees ("RtlSplay", "RtlDelete", learn.microsoft.com): binary trees whose nodes the caller embeds. The root is its own parent. */
#include "rtl/rtlp.h"

static BOOLEAN RtlpIsRoot(PRTL_SPLAY_LINKS Links) { return Links->Parent == Links; }

/* New, which may be NULL, takes Old's place below Old's parent, or as the root. */
static VOID RtlpReplace(PRTL_SPLAY_LINKS Old, PRTL_SPLAY_LINKS New) {
    PRTL_SPLAY_LINKS Parent = Old->Parent;
    if (Parent != Old) {
        if (Parent->LeftChild == Old)
            Parent->LeftChild = New;
        else
            Parent->RightChild = New;
    }
    if (New)
        New->Parent = Parent == Old ? New : Parent;
}

/* Links and its parent change places; the order stays. */
static VOID RtlpRotateUp(PRTL_SPLAY_LINKS Links) {
    PRTL_SPLAY_LINKS Parent = Links->Parent, Between;
    BOOLEAN Left = Parent->LeftChild == Links;

    RtlpReplace(Parent, Links);
    Between = Left ? Links->RightChild : Links->LeftChild;
    if (Left) {
        Parent->LeftChild = Between;
        Links->RightChild = Parent;
    } else {
        Parent->RightChild = Between;
        Links->LeftChild = Parent;
    }
    Parent->Parent = Links;
    if (Between)
        Between->Parent = Parent;
}

PRTL_SPLAY_LINKS NTAPI RtlSplay(PRTL_SPLAY_LINKS Links) {
    while (!RtlpIsRoot(Links)) {
        PRTL_SPLAY_LINKS Parent = Links->Parent;
        if (!RtlpIsRoot(Parent))
            RtlpRotateUp((Parent->LeftChild == Links) == (Parent->Parent->LeftChild == Parent) ? Parent : Links);
        RtlpRotateUp(Links);
    }
    return Links;
}

PRTL_SPLAY_LINKS NTAPI RtlSubtreeSuccessor(PRTL_SPLAY_LINKS Links) {
    PRTL_SPLAY_LINKS Found = Links->RightChild;
    while (Found && Found->LeftChild)
        Found = Found->LeftChild;
    return Found;
}

PRTL_SPLAY_LINKS NTAPI RtlSubtreePredecessor(PRTL_SPLAY_LINKS Links) {
    PRTL_SPLAY_LINKS Found = Links->LeftChild;
    while (Found && Found->RightChild)
        Found = Found->RightChild;
    return Found;
}

PRTL_SPLAY_LINKS NTAPI RtlRealSuccessor(PRTL_SPLAY_LINKS Links) {
    if (Links->RightChild)
        return RtlSubtreeSuccessor(Links);
    while (!RtlpIsRoot(Links) && Links->Parent->RightChild == Links)
        Links = Links->Parent;
    return RtlpIsRoot(Links) ? NULL : Links->Parent;
}

PRTL_SPLAY_LINKS NTAPI RtlRealPredecessor(PRTL_SPLAY_LINKS Links) {
    if (Links->LeftChild)
        return RtlSubtreePredecessor(Links);
    while (!RtlpIsRoot(Links) && Links->Parent->LeftChild == Links)
        Links = Links->Parent;
    return RtlpIsRoot(Links) ? NULL : Links->Parent;
}

/* Takes Links out. Returns a node that stays, next to where one went; NULL: none stays. */
static PRTL_SPLAY_LINKS RtlpUnlink(PRTL_SPLAY_LINKS Links) {
    PRTL_SPLAY_LINKS Before, Near;

    if (!Links->LeftChild || !Links->RightChild) {
        PRTL_SPLAY_LINKS Child = Links->LeftChild ? Links->LeftChild : Links->RightChild;
        Near = RtlpIsRoot(Links) ? Child : Links->Parent;
        RtlpReplace(Links, Child);
        return Near;
    }
    Before = RtlSubtreePredecessor(Links);
    Near = Before->Parent == Links ? Before : Before->Parent;
    RtlpReplace(Before, Before->LeftChild);
    Before->LeftChild = Links->LeftChild;
    Before->RightChild = Links->RightChild;
    if (Before->LeftChild)
        Before->LeftChild->Parent = Before;
    Before->RightChild->Parent = Before;
    RtlpReplace(Links, Before);
    return Near;
}

PRTL_SPLAY_LINKS NTAPI RtlDelete(PRTL_SPLAY_LINKS Links) {
    PRTL_SPLAY_LINKS Near = RtlpUnlink(Links);
    return Near ? RtlSplay(Near) : NULL;
}

VOID NTAPI RtlDeleteNoSplay(PRTL_SPLAY_LINKS Links, PRTL_SPLAY_LINKS *Root) {
    PRTL_SPLAY_LINKS Top = RtlpUnlink(Links);
    while (Top && !RtlpIsRoot(Top))
        Top = Top->Parent;
    *Root = Top;
}
