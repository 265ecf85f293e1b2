/* Exceptions upon exceptions: in filters, in __finally blocks, in handlers; each event is a letter, and the order is the result. */
#include "tap.h"

static volatile char Log[64];
static volatile ULONG LogLength;
static int *volatile Nowhere = (int *)8;

static LONG Note(char Letter) {
    ULONG n = LogLength;
    Log[n] = Letter;
    Log[n + 1] = 0;
    LogLength = n + 1;
    return EXCEPTION_EXECUTE_HANDLER;
}

static VOID Expect(PCSTR Order, PCSTR What) {
    ok(strcmp((const char *)Log, Order) == 0, "%s: %s (%s)", What, Order, (const char *)Log);
    LogLength = 0;
    Log[0] = 0;
}

#define OUT_OF_LINE static __attribute__((noinline))
#define FAULT()     (*(volatile int *)Nowhere = 1)

OUT_OF_LINE VOID Innermost(VOID) {
    __try {
        Note('a');
        FAULT();
    } __finally {
        Note(AbnormalTermination() ? 'b' : '!');
    }
}

OUT_OF_LINE VOID TwoFinallys(VOID) {
    __try {
        __try {
            Innermost();
        } __finally {
            Note('c');
        }
    } __finally {
        Note('d');
    }
}

OUT_OF_LINE VOID AcrossFrames(VOID) {
    __try {
        TwoFinallys();
    } __except (Note('f')) {
        Note('e');
    }
}

static ULONG FilterCalls;

static LONG FaultingFilter(VOID) {
    if (FilterCalls++ == 0) {
        Note('q');
        FAULT();
    }
    Note('s');
    return EXCEPTION_CONTINUE_SEARCH;
}

OUT_OF_LINE VOID InFilter(VOID) {
    __try {
        __try {
            FAULT();
        } __except (FaultingFilter()) {
            Note('!');
        }
    } __except (Note('2')) {
        Note('3');
    }
}

static LONG CatchingFilter(VOID) {
    __try {
        FAULT();
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Note('h');
    }
    return EXCEPTION_EXECUTE_HANDLER;
}

OUT_OF_LINE VOID CaughtInFilter(VOID) {
    __try {
        FAULT();
    } __except (CatchingFilter()) {
        Note('H');
    }
}

OUT_OF_LINE VOID FaultingFinally(VOID) {
    __try {
        __try {
            FAULT();
        } __finally {
            Note('i');
            FAULT();
            Note('!');
        }
    } __finally {
        Note('j');
    }
}

OUT_OF_LINE VOID Collided(VOID) {
    __try {
        __try {
            FaultingFinally();
        } __finally {
            Note('k');
        }
    } __except (Note('F')) {
        Note('l');
    }
}

OUT_OF_LINE VOID HandlerInFinally(VOID) {
    __try {
        __try {
            FAULT();
        } __finally {
            Note('a');
            __try {
                FAULT();
            } __except (EXCEPTION_EXECUTE_HANDLER) {
                Note('b');
            }
            Note('c');
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Note('d');
    }
}

OUT_OF_LINE VOID RaiseInHandler(VOID) {
    __try {
        Innermost();
    } __except (Note('p')) {
        Note('q');
        ExRaiseStatus(STATUS_UNSUCCESSFUL);
    }
}

static VOID TestRaiseInHandler(VOID) {
    NTSTATUS Status = STATUS_SUCCESS;
    __try {
        RaiseInHandler();
    } __except (GetExceptionCode() == STATUS_UNSUCCESSFUL ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH) {
        Status = GetExceptionCode();
    }
    Expect("apbq", "a status raised in a handler goes on outwards");
    is(Status, STATUS_UNSUCCESSFUL, "it is the one that arrives");
}

static LONG ContinueOnce(NTSTATUS Code) { return Code == STATUS_UNSUCCESSFUL ? EXCEPTION_CONTINUE_EXECUTION : EXCEPTION_CONTINUE_SEARCH; }

static VOID TestNoncontinuable(VOID) {
    NTSTATUS Status = STATUS_SUCCESS;
    __try {
        __try {
            ExRaiseStatus(STATUS_UNSUCCESSFUL);
        } __except (ContinueOnce(GetExceptionCode())) {
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    is(Status, STATUS_NONCONTINUABLE_EXCEPTION, "a filter that wants to go on after ExRaiseStatus");
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    AcrossFrames();
    Expect("afbcde", "filter first, then each __finally once, innermost first");
    InFilter();
    Expect("qs23", "a filter that faults: its frame is asked again, then those outside");
    CaughtInFilter();
    Expect("hH", "a filter that catches its own fault");
    Collided();
    Expect("FiFjkl", "a __finally that faults: the rest of its frame is left, and it does not run again");
    HandlerInFinally();
    Expect("abcd", "a __finally that catches its own fault");
    TestRaiseInHandler();
    TestNoncontinuable();
}
