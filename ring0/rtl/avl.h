/* The balanced tree below the AVL tables, and mm's. The real root is BalancedRoot.RightChild, and BalancedRoot is its parent. Any IRQL; the caller serializes. */
#pragma once
#include "rtl/rtlp.h"

/* Links, not yet in the tree, becomes Parent's child on Side (-1 left, 1 right), where there is none. Parent: &Table->BalancedRoot (Side 1) for the first. */
VOID RtlpAvlInsert(PRTL_AVL_TABLE Table, PRTL_BALANCED_LINKS Links, PRTL_BALANCED_LINKS Parent, CHAR Side);
/* Returns the lowest links below which something is different now, NULL when the tree is empty. Who keeps sums of subtrees makes them anew for these, for their
   children and so on up to the root; after RtlpAvlInsert, beginning at Links. */
PRTL_BALANCED_LINKS RtlpAvlRemove(PRTL_AVL_TABLE Table, PRTL_BALANCED_LINKS Links);
/* The neighbour in order, NULL at the end. */
PRTL_BALANCED_LINKS RtlpAvlNext(PRTL_AVL_TABLE Table, PRTL_BALANCED_LINKS Links);
PRTL_BALANCED_LINKS RtlpAvlPrevious(PRTL_AVL_TABLE Table, PRTL_BALANCED_LINKS Links);
