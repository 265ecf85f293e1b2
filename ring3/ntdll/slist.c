/* Encoded pointers and interlocked lists. */
#include "ntdllp.h"

/* The cookie is a constant, so that runs repeat; an encoded pointer still is not one that can be called. */
#define POINTER_COOKIE 0x5BD1E995C2B2AE35ull
PVOID NTAPI RtlEncodePointer(PVOID Pointer) {
    return (PVOID)(((ULONG_PTR)Pointer ^ POINTER_COOKIE) >> 17 | ((ULONG_PTR)Pointer ^ POINTER_COOKIE) << 47);
}
PVOID NTAPI RtlDecodePointer(PVOID Pointer) { return (PVOID)(((ULONG_PTR)Pointer << 17 | (ULONG_PTR)Pointer >> 47) ^ POINTER_COOKIE); }

/*
 * Interlocked singly linked lists: SLIST_HEADER's first word holds depth (16 bits) and a sequence number, the second the first entry, both
 * exchanged at once. Entries are 16-byte aligned.
 */
static BOOLEAN SListExchange(PSLIST_HEADER Head, SLIST_HEADER *Expected, ULONG64 First, ULONG64 Second) {
    BOOLEAN done;
    __asm__ volatile("lock cmpxchg16b %1"
                     : "=@ccz"(done), "+m"(*Head), "+a"(Expected->Alignment), "+d"(Expected->Region)
                     : "b"(First), "c"(Second)
                     : "memory");
    return done;
}
static SLIST_HEADER SListRead(PSLIST_HEADER Head) {
    SLIST_HEADER value = {{0}};
    SListExchange(Head, &value, 0, 0); /* reads it, and writes zero over zero at most */
    return value;
}
static inline PSLIST_ENTRY SListFirst(const SLIST_HEADER *Value) { return (PSLIST_ENTRY)(Value->Region & ~15ull); }
#define SLIST_SEQUENCE 0x10000ull

VOID NTAPI RtlInitializeSListHead(PSLIST_HEADER Head) { memset(Head, 0, sizeof *Head); }
PSLIST_ENTRY NTAPI RtlFirstEntrySList(const SLIST_HEADER *Head) { return SListFirst(Head); }
WORD NTAPI RtlQueryDepthSList(PSLIST_HEADER Head) { return (WORD)Head->Alignment; }

PSLIST_ENTRY NTAPI RtlInterlockedPushListSListEx(PSLIST_HEADER Head, PSLIST_ENTRY List, PSLIST_ENTRY End, DWORD Count) {
    SLIST_HEADER old = SListRead(Head);
    do {
        End->Next = SListFirst(&old);
    } while (!SListExchange(Head, &old, ((old.Alignment & ~0xFFFFull) + SLIST_SEQUENCE) | (USHORT)(old.Alignment + Count), (ULONG64)List));
    return SListFirst(&old);
}
PSLIST_ENTRY NTAPI RtlInterlockedPushEntrySList(PSLIST_HEADER Head, PSLIST_ENTRY Entry) {
    return RtlInterlockedPushListSListEx(Head, Entry, Entry, 1);
}
PSLIST_ENTRY NTAPI RtlInterlockedPopEntrySList(PSLIST_HEADER Head) {
    SLIST_HEADER old = SListRead(Head);
    while (SListFirst(&old)) {
        PSLIST_ENTRY next;
        __try {
            next = SListFirst(&old)->Next;
        } __except (EXCEPTION_EXECUTE_HANDLER) { /* another thread popped and freed it */
            old = SListRead(Head);
            continue;
        }
        if (SListExchange(Head, &old, ((old.Alignment & ~0xFFFFull) + SLIST_SEQUENCE) | (USHORT)(old.Alignment - 1), (ULONG64)next))
            break;
    }
    return SListFirst(&old);
}
PSLIST_ENTRY NTAPI RtlInterlockedFlushSList(PSLIST_HEADER Head) {
    SLIST_HEADER old = SListRead(Head);
    while (SListFirst(&old) && !SListExchange(Head, &old, (old.Alignment & ~0xFFFFull) + SLIST_SEQUENCE, 0))
        ;
    return SListFirst(&old);
}
