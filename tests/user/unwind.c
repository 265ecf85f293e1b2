/* Structured exceptions through frames: order, values, registers that frames have saved. */
#include "utap.h"
#include <string.h>

static char order[32];
static int step(char name) {
    size_t length = strlen(order);
    order[length] = name;
    order[length + 1] = 0;
    return EXCEPTION_CONTINUE_SEARCH;
}
static int took(char name) {
    step(name);
    return EXCEPTION_EXECUTE_HANDLER;
}

static __attribute__((noinline)) void inner(volatile int *address) {
    __try {
        __try {
            step('1');
            *address = 1;
        } __finally {
            step(AbnormalTermination() ? 'f' : 'n');
        }
    } __except (step('a')) {
        step('!');
    }
}

static void filters_then_finallies(void) {
    int target = 0;
    *order = 0;
    __try {
        __try {
            inner(NULL);
        } __finally {
            step('g');
        }
    } __except (took('b')) {
        step('h');
    }
    OK(!strcmp(order, "1abfgh"), "filters from the inside out, then __finally blocks, then the handler");
    *order = 0;
    inner(&target);
    OK(!strcmp(order, "1n") && target == 1, "no exception: AbnormalTermination is FALSE");
}

static void inside_a_handler(void) {
    *order = 0;
    __try {
        __try {
            *(volatile int *)NULL = 1;
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            step('1');
            RaiseException(0xE0000003, 0, 0, NULL);
        }
    } __except (GetExceptionCode() == 0xE0000003 ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH) {
        step('2');
    }
    OK(!strcmp(order, "12"), "an exception in a handler goes to the next one out");
}

static int faulting_filter(void) {
    __try {
        *(volatile int *)NULL = 1;
    } __except (took('a')) {
        step('2');
    }
    return EXCEPTION_EXECUTE_HANDLER;
}
static void inside_a_filter(void) {
    DWORD code = 0;
    *order = 0;
    __try {
        RaiseException(0xE0000004, 0, 0, NULL);
    } __except (code = GetExceptionCode(), faulting_filter()) {
        step('3');
    }
    OK(!strcmp(order, "a23") && code == 0xE0000004, "an exception in a filter, handled there");
    /* One that leaves the filter comes to it again, which is what stops it here. */
    *order = 0;
    __try {
        RaiseException(0xE0000004, 0, 0, NULL);
    } __except (GetExceptionCode() == 0xE0000004 ? (step('a'), RaiseException(0xE0000005, 0, 0, NULL), step('!')) : took('b')) {
        step('2');
    }
    OK(!strcmp(order, "ab2"), "an exception that leaves a filter");
}

static int repair(EXCEPTION_POINTERS *pointers, int *good) {
    step('r');
    pointers->ContextRecord->Rcx = (ULONG_PTR)good;
    return EXCEPTION_CONTINUE_EXECUTION;
}
static void continue_execution(void) {
    int good = 5, value = 0;
    *order = 0;
    __try {
        __asm__ volatile("movl (%%rcx), %0" : "=r"(value) : "c"(NULL) : "memory");
    } __except (repair(GetExceptionInformation(), &good)) {
        value = -1;
    }
    OK(value == 5 && !strcmp(order, "r"), "a filter mends the registers and execution goes on");
    *order = 0;
    __try {
        RaiseException(0xE0000006, 0, 0, NULL);
        step('1');
    } __except (step('c'), EXCEPTION_CONTINUE_EXECUTION) {
        step('2');
    }
    OK(!strcmp(order, "c1"), "RaiseException returns");
    *order = 0;
    DWORD code = 0;
    __try {
        __try {
            RaiseException(0xE0000007, EXCEPTION_NONCONTINUABLE, 0, NULL);
        } __except (GetExceptionCode() == 0xE0000007 ? EXCEPTION_CONTINUE_EXECUTION : EXCEPTION_CONTINUE_SEARCH) {
            step('1');
        }
    } __except (code = GetExceptionCode(), EXCEPTION_EXECUTE_HANDLER) {
        step('2');
    }
    OK(code == EXCEPTION_NONCONTINUABLE_EXCEPTION, "what cannot be continued is not");
}

/* Five frames, each with values in saved XMM and integer registers of its own. */
static volatile double seed = 1;
static __attribute__((noinline)) double frame(int depth, volatile int *address) {
    double a = seed * depth, b = a + 1, c = b + 1, d = c + 1, e = d + 1, f = e + 1, g = f + 1, h = g + 1, i = h + 1, j = i + 1;
    double below = depth ? frame(depth - 1, address) : *address;
    __asm__ volatile("" : "+x"(a), "+x"(b), "+x"(c), "+x"(d), "+x"(e), "+x"(f), "+x"(g), "+x"(h), "+x"(i), "+x"(j));
    return a + b + c + d + e + f + g + h + i + j + below;
}
static __attribute__((noinline)) int caught(volatile int *address) {
    __try {
        return (int)frame(5, address);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return -1;
    }
}
static void saved_registers(void) {
    int zero = 0, wrong = 0;
    double a = seed * 3, b = a * 5, c = b * 7, d = c * 11, e = d * 13;
    for (int n = 0; n < 100; n++) {
        wrong += caught(NULL) != -1;
        __asm__ volatile("" : "+x"(a), "+x"(b), "+x"(c), "+x"(d), "+x"(e));
        wrong += a != 3 || b != 15 || c != 105 || d != 1155 || e != 15015;
    }
    OK(!wrong, "registers are the caller's again after a fault five frames down");
    OK(caught(&zero) == 420, "and the frames work without one");
}

static void kinds(void) {
    DWORD code = 0;
    volatile int zero = 0, dividend = 1;
    __try {
        dividend /= zero;
    } __except (code = GetExceptionCode(), EXCEPTION_EXECUTE_HANDLER) {
    }
    OK(code == EXCEPTION_INT_DIVIDE_BY_ZERO, "division by zero");
    __try {
        __asm__ volatile("ud2");
    } __except (code = GetExceptionCode(), EXCEPTION_EXECUTE_HANDLER) {
    }
    OK(code == EXCEPTION_ILLEGAL_INSTRUCTION, "an instruction that is none");
    __try {
        __asm__ volatile("hlt");
    } __except (code = GetExceptionCode(), EXCEPTION_EXECUTE_HANDLER) {
    }
    OK(code == EXCEPTION_PRIV_INSTRUCTION, "a privileged instruction");
    __try {
        DebugBreak();
    } __except (code = GetExceptionCode(), EXCEPTION_EXECUTE_HANDLER) {
    }
    OK(code == EXCEPTION_BREAKPOINT, "a breakpoint");
    EXCEPTION_RECORD record = {0};
    char *page = VirtualAlloc(NULL, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_READONLY);
    __try {
        *(volatile char *)(page + 5) = 1;
    } __except (record = *((EXCEPTION_POINTERS *)GetExceptionInformation())->ExceptionRecord, EXCEPTION_EXECUTE_HANDLER) {
    }
    OK(record.ExceptionCode == EXCEPTION_ACCESS_VIOLATION && record.NumberParameters == 2 && record.ExceptionInformation[0] == 1 &&
           record.ExceptionInformation[1] == (ULONG_PTR)page + 5,
       "a write to read-only memory says so, and where");
}

int main(void) {
    filters_then_finallies();
    inside_a_handler();
    inside_a_filter();
    continue_execution();
    saved_registers();
    kinds();
    return done();
}
