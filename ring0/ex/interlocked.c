/* Lists and numbers that are changed as one step. One processor runs at a time and kernel code is not preempted, so plain code is that step. */
#include "ex/ex.h"

/*
 * A sequenced list's header: depth and sequence in the first half, the first entry in the second, as the x64 SDK declares it. The sequence
 * changes with every push, as code that compares whole headers expects.
 */
static PSLIST_ENTRY ExpFirst(PSLIST_HEADER Head) { return (PSLIST_ENTRY)((ULONG_PTR)Head->HeaderX64.NextEntry << 4); }

static VOID ExpSetFirst(PSLIST_HEADER Head, PSLIST_ENTRY First) { Head->HeaderX64.NextEntry = (ULONG_PTR)First >> 4; }

static VOID ExpCheckAlignment(PVOID Address) {
    if (((ULONG_PTR)Address & 15) != 0)
        ExRaiseStatus(STATUS_DATATYPE_MISALIGNMENT);
}

VOID NTAPI InitializeSListHead(PSLIST_HEADER SListHead) {
    ExpCheckAlignment(SListHead);
    RtlZeroMemory(SListHead, sizeof(*SListHead));
}

USHORT ExQueryDepthSList(PSLIST_HEADER ListHead) { return (USHORT)ListHead->HeaderX64.Depth; }

PSLIST_ENTRY ExpInterlockedPushEntrySList(PSLIST_HEADER ListHead, PSLIST_ENTRY ListEntry) {
    PSLIST_ENTRY First = ExpFirst(ListHead);

    ExpCheckAlignment(ListEntry);
    ListEntry->Next = First;
    ExpSetFirst(ListHead, ListEntry);
    ListHead->HeaderX64.Depth++;
    ListHead->HeaderX64.Sequence++;
    return First;
}

PSLIST_ENTRY ExpInterlockedPopEntrySList(PSLIST_HEADER ListHead) {
    PSLIST_ENTRY First = ExpFirst(ListHead);

    if (First == NULL)
        return NULL;
    ExpSetFirst(ListHead, First->Next);
    ListHead->HeaderX64.Depth--;
    return First;
}

PSLIST_ENTRY ExpInterlockedFlushSList(PSLIST_HEADER ListHead) {
    PSLIST_ENTRY First = ExpFirst(ListHead);

    ExpSetFirst(ListHead, NULL);
    ListHead->HeaderX64.Depth = 0;
    return First;
}

PSLIST_ENTRY FASTCALL InterlockedPushListSList(PSLIST_HEADER ListHead, PSLIST_ENTRY List, PSLIST_ENTRY ListEnd, ULONG Count) {
    PSLIST_ENTRY First = ExpFirst(ListHead);

    ListEnd->Next = First;
    ExpSetFirst(ListHead, List);
    ListHead->HeaderX64.Depth += Count;
    ListHead->HeaderX64.Sequence++;
    return First;
}

/* The locked forms may be called at any IRQL, so they use the lock as if interrupts were off: once it is free, what follows is one step. */
PLIST_ENTRY FASTCALL ExInterlockedInsertHeadList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry, PKSPIN_LOCK Lock) {
    PLIST_ENTRY First;

    KiAwaitSpinLock(Lock);
    First = IsListEmpty(ListHead) ? NULL : ListHead->Flink;
    InsertHeadList(ListHead, ListEntry);
    return First;
}

PLIST_ENTRY FASTCALL ExInterlockedInsertTailList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry, PKSPIN_LOCK Lock) {
    PLIST_ENTRY Last;

    KiAwaitSpinLock(Lock);
    Last = IsListEmpty(ListHead) ? NULL : ListHead->Blink;
    InsertTailList(ListHead, ListEntry);
    return Last;
}

PLIST_ENTRY FASTCALL ExInterlockedRemoveHeadList(PLIST_ENTRY ListHead, PKSPIN_LOCK Lock) {
    KiAwaitSpinLock(Lock);
    return IsListEmpty(ListHead) ? NULL : RemoveHeadList(ListHead);
}

PSINGLE_LIST_ENTRY FASTCALL ExInterlockedPopEntryList(PSINGLE_LIST_ENTRY ListHead, PKSPIN_LOCK Lock) {
    PSINGLE_LIST_ENTRY First;

    KiAwaitSpinLock(Lock);
    First = ListHead->Next;
    if (First != NULL)
        ListHead->Next = First->Next;
    return First;
}

PSINGLE_LIST_ENTRY FASTCALL ExInterlockedPushEntryList(PSINGLE_LIST_ENTRY ListHead, PSINGLE_LIST_ENTRY ListEntry, PKSPIN_LOCK Lock) {
    PSINGLE_LIST_ENTRY First;

    KiAwaitSpinLock(Lock);
    First = ListHead->Next;
    ListEntry->Next = First;
    ListHead->Next = ListEntry;
    return First;
}

LARGE_INTEGER NTAPI ExInterlockedAddLargeInteger(PLARGE_INTEGER Addend, LARGE_INTEGER Increment, PKSPIN_LOCK Lock) {
    LARGE_INTEGER Old;

    KiAwaitSpinLock(Lock);
    Old = *Addend;
    Addend->QuadPart = (LONGLONG)((ULONGLONG)Old.QuadPart + (ULONGLONG)Increment.QuadPart);
    return Old;
}

ULONG FASTCALL ExInterlockedAddUlong(PULONG Addend, ULONG Increment, PKSPIN_LOCK Lock) {
    ULONG Old;

    KiAwaitSpinLock(Lock);
    Old = *Addend;
    *Addend = Old + Increment;
    return Old;
}
