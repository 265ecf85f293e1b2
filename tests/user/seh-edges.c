/* The edges of exception handling: handlers that answer nonsense, continue handlers, nested exceptions, APCs, the filter of last resort. */
#include "utap.h"
#include <setjmp.h>
#include <string.h>

NTSTATUS NTAPI NtQueueApcThread(HANDLE, void *, ULONG_PTR, ULONG_PTR, ULONG_PTR);

static char order[32];
static int length;
static void note(char letter) {
    order[length++] = letter;
    order[length] = 0;
}
static BOOL ran(const char *expected) {
    BOOL same = !strcmp(order, expected);
    if (!same)
        printf("# ran %s\n", order);
    length = 0;
    order[0] = 0;
    return same;
}

/* A function with a handler of its own: a fault, and what the handler answers to it. */
static int answer;
EXCEPTION_DISPOSITION NTAPI odd_handler(PEXCEPTION_RECORD record, void *frame, PCONTEXT context, void *dispatcher) {
    note('h');
    return record->ExceptionCode == STATUS_ACCESS_VIOLATION ? (EXCEPTION_DISPOSITION)answer : ExceptionContinueSearch;
}
void odd_frame(void);
__asm__(".text\n.globl odd_frame\n.def odd_frame; .scl 2; .type 32; .endef\n.seh_proc odd_frame\nodd_frame:\n"
        "    subq $40, %rsp\n    .seh_stackalloc 40\n    .seh_handler odd_handler, @except\n    .seh_endprologue\n"
        "    xorl %eax, %eax\n    movl %eax, (%rax)\n    nop\n    addq $40, %rsp\n    retq\n    .seh_endproc\n");

static DWORD code_of(void (*function)(void)) {
    __try {
        function();
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return 0;
}

static LONG NTAPI mends(PEXCEPTION_POINTERS pointers) {
    note('v');
    if (pointers->ExceptionRecord->ExceptionCode != 0xE0000001)
        return EXCEPTION_CONTINUE_SEARCH;
    return EXCEPTION_CONTINUE_EXECUTION;
}
static LONG NTAPI continues(PEXCEPTION_POINTERS pointers) {
    note('c');
    return EXCEPTION_CONTINUE_SEARCH;
}
static LONG NTAPI continues_first(PEXCEPTION_POINTERS pointers) {
    note('f');
    return EXCEPTION_CONTINUE_EXECUTION;
}
static LONG filter_note(LONG answered) {
    note('x');
    return answered;
}

static void continue_handlers(void) {
    PVOID exception = AddVectoredExceptionHandler(1, mends), after = AddVectoredContinueHandler(0, continues), first;
    RaiseException(0xE0000001, 0, 0, NULL);
    OK(ran("vc"), "a continue handler is called when a vectored handler lets execution go on");
    __try {
        RaiseException(0xE0000002, 0, 0, NULL);
    } __except (filter_note(EXCEPTION_CONTINUE_EXECUTION)) {
        note('!');
    }
    OK(ran("vxc"), "or a filter does");
    __try {
        RaiseException(0xE0000002, 0, 0, NULL);
    } __except (filter_note(EXCEPTION_EXECUTE_HANDLER)) {
        note('e');
    }
    OK(ran("vxe"), "not when an exception is handled");
    first = AddVectoredContinueHandler(1, continues_first);
    RaiseException(0xE0000001, 0, 0, NULL);
    OK(ran("vf"), "one that says so is the last that is called");
    OK(RemoveVectoredContinueHandler(first) && RemoveVectoredContinueHandler(after) && !RemoveVectoredContinueHandler(after) &&
           RemoveVectoredExceptionHandler(exception),
       "they are removed, each kind by its own function");
    RaiseException(0xE0000001, 0, 0, NULL); /* nobody: see below */
}

static DWORD nested_flags, outer_flags;
static LONG outer_filter(PEXCEPTION_POINTERS pointers) {
    if (pointers->ExceptionRecord->ExceptionCode == 0xE0000003)
        nested_flags = pointers->ExceptionRecord->ExceptionFlags;
    else
        outer_flags = pointers->ExceptionRecord->ExceptionFlags;
    return EXCEPTION_EXECUTE_HANDLER;
}
static LONG raising_filter(DWORD code) {
    if (code == 0xE0000004)
        RaiseException(0xE0000003, 0, 0, NULL);
    return EXCEPTION_CONTINUE_SEARCH;
}
static LONG NTAPI inner_flags(PEXCEPTION_POINTERS pointers) {
    note((pointers->ExceptionRecord->ExceptionFlags & 0x10) ? 'N' : 'n');
    return EXCEPTION_CONTINUE_SEARCH;
}
static void nested(void) {
    __try {
        __try {
            __try {
                RaiseException(0xE0000004, 0, 0, NULL);
            } __except (inner_flags(GetExceptionInformation())) {
            }
        } __except (raising_filter(GetExceptionCode())) {
        }
    } __except (outer_filter(GetExceptionInformation())) {
    }
    OK(ran("nN") && nested_flags != 0 && !outer_flags, "an exception in a filter is a nested one for the frames below it");
}

/* Jumps out of a filter and of a __finally block that an unwind runs; each passes a further __finally block. */
static jmp_buf back;
static volatile BOOL jumping = TRUE; /* or a compiler drops the scope around what never ends */
static LONG jumps(char letter) {
    note(letter);
    if (jumping)
        longjmp(back, 1);
    return EXCEPTION_CONTINUE_SEARCH;
}
__declspec(noinline) static void jumps_from_filter(void) {
    __try {
        __try {
            RaiseException(0xE0000006, 0, 0, NULL);
        } __except (jumps('f')) {
            note('!');
        }
    } __finally {
        note(AbnormalTermination() ? 'o' : '!');
    }
}
__declspec(noinline) static void jumps_from_finally(void) {
    __try {
        __try {
            RaiseException(0xE0000007, 0, 0, NULL);
        } __finally {
            jumps('g');
        }
    } __finally {
        note(AbnormalTermination() ? 'o' : '!');
    }
}
__declspec(noinline) static void takes_all(void) {
    __try {
        jumps_from_finally();
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        note('!');
    }
}
static void jumped(void) {
    length = 0;
    if (!setjmp(back))
        jumps_from_filter();
    OK(ran("fo"), "longjmp out of a filter runs the __finally blocks on its way");
    if (!setjmp(back))
        takes_all();
    OK(ran("go"), "out of a __finally block it takes over the unwind: what it passes runs once, the handler not at all");
}

static void NTAPI apc(ULONG_PTR a, ULONG_PTR b, ULONG_PTR c) { RaiseException((DWORD)a, 0, 0, NULL); }
static void wait_for_apc(void) {
    __try {
        SleepEx(1000, TRUE);
    } __finally {
        note(AbnormalTermination() ? 'u' : '!');
    }
}
static void in_apc(void) {
    NtQueueApcThread(GetCurrentThread(), (void *)apc, 0xE0000005, 0, 0);
    OK(code_of(wait_for_apc) == 0xE0000005 && ran("u"), "an exception in an APC unwinds the frames of the wait that it interrupted");
    OK(SleepEx(0, TRUE) == 0, "and the next wait is as any other");
}

__declspec(noinline) static int deeper(int depth) {
    volatile char room[3000];
    room[0] = (char)depth;
    return depth == 0x7FFFFFFF ? 0 : deeper(depth + 1) + room[0];
}
static DWORD WINAPI overflows(void *context) {
    __try {
        return (DWORD)deeper(0);
    } __except (GetExceptionCode() == STATUS_STACK_OVERFLOW) {
        return GetExceptionCode();
    }
}

/* ---- Last resort: each case is a process of its own ----------------------------------------------------------------------------- */
static volatile LONG in_last;
static LONG WINAPI last(PEXCEPTION_POINTERS pointers) {
    switch (answer) {
    case 1: return EXCEPTION_EXECUTE_HANDLER;
    case 0: return EXCEPTION_CONTINUE_SEARCH;
    case 2: ExitProcess(99);
    case 3: *(volatile int *)8 = 1; return 0;
    case 5: /* two threads are in here at once */
        if (InterlockedIncrement(&in_last) == 2)
            ExitProcess(98);
        Sleep(INFINITE);
    default:
        pointers->ContextRecord->Rip += 7; /* movl $7, (%rax) with an offset: see unhandled */
        return EXCEPTION_CONTINUE_EXECUTION;
    }
}
static DWORD WINAPI faults(void *context) { return *(volatile DWORD *)8; }
static int unhandled(int how) {
    answer = how;
    if (how == 5)
        CreateThread(NULL, 0, faults, NULL, 0, NULL);
    SetUnhandledExceptionFilter(last);
    if (SetUnhandledExceptionFilter(last) != last) { /* it answers with the one before */
        return 1;
    }
    __asm__ volatile("movq $0x10, %%rax\n movl $7, 1(%%rax)\n" : : : "rax", "memory");
    return 42;
}
static DWORD exit_code(const char *how) {
    char line[64];
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION process;
    DWORD code = 0;
    snprintf(line, sizeof line, "seh-edges.exe %s", how);
    if (!CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &process))
        return GetLastError();
    WaitForSingleObject(process.hProcess, INFINITE);
    GetExitCodeProcess(process.hProcess, &code);
    return code;
}

int main(int argc, char **argv) {
    HANDLE thread;
    DWORD code = 0;
    setvbuf(stdout, NULL, _IONBF, 0);
    if (argc > 1)
        return unhandled(argv[1][0] - '0');
    answer = 77;
    OK(code_of(odd_frame) == 0xC0000026, "a handler that answers nonsense: STATUS_INVALID_DISPOSITION");
    OK(ran("hh"), "which is a new exception, for the same frames");
    answer = ExceptionContinueSearch;
    OK(code_of(odd_frame) == STATUS_ACCESS_VIOLATION && ran("h"), "one that passes it on");
    __try {
        continue_handlers();
    } __except (GetExceptionCode() == 0xE0000001) {
        note('e');
    }
    OK(ran("e"), "and without them it is an exception");
    nested();
    in_apc();
    jumped();
    thread = CreateThread(NULL, 0x10000, overflows, NULL, 0, NULL);
    WaitForSingleObject(thread, INFINITE);
    OK(GetExitCodeThread(thread, &code) && code == STATUS_STACK_OVERFLOW, "a stack that is used up is an exception, once");
    OK(exit_code("0") == STATUS_ACCESS_VIOLATION, "a filter of last resort that does not care: the process ends with the exception");
    OK(exit_code("1") == STATUS_ACCESS_VIOLATION, "one that takes it: so it does");
    OK(exit_code("2") == 99, "one that ends the process");
    OK(exit_code("3") == STATUS_ACCESS_VIOLATION, "one that faults itself");
    OK(exit_code("4") == 42, "one that mends it");
    OK(exit_code("5") == 98, "one that is called for each thread that needs it");
    return done();
}
