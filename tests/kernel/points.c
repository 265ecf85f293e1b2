// ringside run --cpus 2 --points accesses
/*
 * Instructions that are points of a schedule do what they do without: results, flags, faults, code behind tables of jumps and functions that are only known by their
 * address. Run with a point at every access.
 */
#include "threads.h"

#pragma clang diagnostic ignored "-Wunused-parameter"

#define CARRY       1ull
#define ZERO        0x40ull
#define SIGN        0x80ull
#define OVERFLOW    0x800ull
#define STATUS_BITS (CARRY | ZERO | SIGN | OVERFLOW)

static struct DECLSPEC_ALIGN(16) {
    ULONG64 Word, Guard;
} Memory;

/* The flags before are none, or carry. */
#define RUN(instruction, operand, carry, flags)                                                                                                      \
    __asm__ volatile("btl $0, %k2\n\t" instruction "\n\tpushfq\n\tpopq %0"                                                                           \
                     : "=r"(flags), "+m"(Memory)                                                                                                     \
                     : "r"((ULONG64)(carry)), "r"((ULONG64)(operand)), "r"(&Memory)                                                                  \
                     : "cc", "rax")

#define CHECK(instruction, before, operand, carry, after, expected)                                                                                  \
    do {                                                                                                                                             \
        ULONG64 Flags;                                                                                                                               \
        Memory.Word = (before);                                                                                                                      \
        Memory.Guard = 0x1122334455667788ull;                                                                                                        \
        RUN(instruction, operand, carry, Flags);                                                                                                     \
        ok(Memory.Word == (after) && Memory.Guard == 0x1122334455667788ull && (Flags & STATUS_BITS) == (expected), "%s: 0x%I64x, flags 0x%I64x",     \
           instruction, Memory.Word, Flags & STATUS_BITS);                                                                                           \
    } while (0)

static VOID TestUpdates(VOID) {
    CHECK("incq (%4)", 5, 0, 0, 6, 0);
    CHECK("incq (%4)", ~0ull, 0, 0, 0, ZERO);
    CHECK("incq (%4)", 5, 0, 1, 6, CARRY);
    CHECK("incl (%4)", 0xAAAAAAAAFFFFFFFFull, 0, 1, 0xAAAAAAAA00000000ull, CARRY | ZERO);
    CHECK("incb (%4)", 0x11FF, 0, 0, 0x1100, ZERO);
    CHECK("incw (%4)", 0x17FFF, 0, 0, 0x18000, SIGN | OVERFLOW);
    CHECK("decq (%4)", 1, 0, 1, 0, CARRY | ZERO);
    CHECK("decb 1(%4)", 0x8000, 0, 0, 0x7F00, OVERFLOW);
    CHECK("addl $-1, (%4)", 0, 0, 0, 0xFFFFFFFF, SIGN);
    CHECK("addq %3, (%4)", ~0ull, 1, 0, 0, ZERO | CARRY);
    CHECK("addb $1, (%4)", 0x7F, 0, 1, 0x80, SIGN | OVERFLOW);
    CHECK("subl %k3, (%4)", 3, 4, 0, 0xFFFFFFFF, SIGN | CARRY);
    CHECK("orb $0x80, 7(%4)", 1, 0, 1, 0x8000000000000001ull, SIGN);
    CHECK("andw $0, (%4)", 0x1FFFF, 0, 1, 0x10000, ZERO);
    CHECK("xorq %3, (%4)", 3, 5, 1, 6, 0);
    CHECK("adcq $0, (%4)", 3, 0, 1, 4, 0);
    CHECK("btsq $3, (%4)", 0, 0, 0, 8, 0);
    CHECK("movb $1, %%ah; addb %%ah, (%4)", 1, 0, 0, 2, 0);
}

static BOOLEAN ExchangePair(volatile LONG64 *Pair, LONG64 High, LONG64 Low, LONG64 *Expected) {
    BOOLEAN Done;

    __asm__ volatile("lock; cmpxchg16b %1"
                     : "=@ccz"(Done), "+m"(*(volatile LONG64(*)[2])Pair), "+a"(Expected[0]), "+d"(Expected[1])
                     : "b"(Low), "c"(High));
    return Done;
}

static VOID TestLocked(VOID) {
    static volatile LONG Value = 10;
    static volatile LONG64 Wide = 10;
    static DECLSPEC_ALIGN(16) LONG64 Pair[2] = {1, 2};
    LONG64 Expected[2] = {1, 2}, Other[2] = {1, 2};
    PVOID volatile Pointer = NULL;

    CHECK("lock; incq (%4)", 5, 0, 1, 6, CARRY);
    CHECK("lock; subl %k3, (%4)", 3, 3, 0, 0, ZERO);
    CHECK("lock; xaddq %3, (%4)", 3, 3, 0, 6, 0);
    is(InterlockedExchangeAdd(&Value, 5), 10, "InterlockedExchangeAdd");
    is(InterlockedExchange(&Value, 7), 15, "InterlockedExchange");
    is(InterlockedCompareExchange(&Value, 8, 7), 7, "InterlockedCompareExchange");
    is(InterlockedCompareExchange(&Value, 9, 7), 8, "and where it is not equal");
    is(InterlockedOr(&Value, 1), 8, "InterlockedOr");
    is(InterlockedIncrement64(&Wide), 11, "InterlockedIncrement64");
    is(InterlockedBitTestAndSet(&Value, 1), 0, "InterlockedBitTestAndSet");
    is(Value, 11, "all together");
    is(InterlockedCompareExchangePointer(&Pointer, Pair, NULL), 0, "InterlockedCompareExchangePointer");
    is(ExchangePair(Pair, 4, 3, Expected), TRUE, "cmpxchg16b");
    is(Pair[0] + Pair[1] * 10, 43, "stores both halves");
    is(ExchangePair(Pair, 6, 5, Other), FALSE, "or neither");
    is(Other[0] + Other[1] * 10, 43, "and then says what is there");
}

/* At a user address that nobody has: the exception is the instruction's own. */
static VOID TestFaults(VOID) {
    volatile LONG *Nowhere = (volatile LONG *)0x10000;
    ULONG Caught = 0;

    for (ULONG Round = 0; Round < 3; Round++) {
        __try {
            InterlockedIncrement(Nowhere);
        } __except (GetExceptionCode() == STATUS_ACCESS_VIOLATION ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH) {
            Caught++;
        }
        __try {
            (*Nowhere)++;
        } __except (GetExceptionCode() == STATUS_ACCESS_VIOLATION ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH) {
            Caught++;
        }
        __try {
            Caught += (ULONG)*Nowhere;
        } __except (GetExceptionCode() == STATUS_ACCESS_VIOLATION ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH) {
            Caught++;
        }
    }
    is(Caught, 9, "faults at points are caught, each time");
}

/* What a switch becomes: a table of jumps. */
static __attribute__((noinline)) LONG Switch(ULONG Which, volatile LONG *Value) {
    switch (Which) {
    case 0: return InterlockedIncrement(Value);
    case 1: return InterlockedExchange(Value, 20);
    case 2: *Value += 3; return *Value;
    case 3: return InterlockedAnd(Value, 6);
    case 4: return InterlockedDecrement(Value) * 2;
    case 5: return InterlockedXor(Value, 1) + 100;
    case 6: return *Value * 5;
    default: return -1;
    }
}

static VOID TestSwitch(VOID) {
    static volatile LONG Value;
    LONG Sum = 0;

    for (ULONG Which = 0; Which < 8; Which++)
        Sum += Switch(Which, &Value);
    is(Sum, 1 + 1 + 23 + 23 + 10 + 105 + 20 - 1, "the cases of a switch");
}

static volatile LONG Leaves;
static VOID Leaf(VOID) { InterlockedIncrement(&Leaves); }
static VOID (*volatile LeafPointer)(VOID) = Leaf;

#define ROUNDS 500
static volatile LONG64 Total;

static VOID NTAPI Adder(PVOID Context) {
    for (ULONG Round = 0; Round < ROUNDS; Round++)
        InterlockedAdd64(&Total, 3);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    PKTHREAD Threads[4];

    TestUpdates();
    TestLocked();
    TestFaults();
    TestSwitch();
    LeafPointer();
    is(Leaves, 1, "a function known by its address");
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Threads); Index++)
        Threads[Index] = StartThread(Adder, NULL);
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Threads); Index++)
        JoinThread(Threads[Index]);
    is(Total, 3 * ROUNDS * RTL_NUMBER_OF(Threads), "interlocked additions of several threads are all there");
}
