/* What the processor reports and what a program is told of it: code, address, where execution would go on, parameters. */
#include "utap.h"

static EXCEPTION_RECORD record;
static CONTEXT context;
static LONG keep(PEXCEPTION_POINTERS pointers) {
    record = *pointers->ExceptionRecord;
    context = *pointers->ContextRecord;
    return EXCEPTION_EXECUTE_HANDLER;
}
static DWORD code_of(void (*leaf)(void)) {
    ZeroMemory(&record, sizeof record);
    __try {
        leaf();
    } __except (keep(GetExceptionInformation())) {
    }
    return record.ExceptionCode;
}

/* A function without a frame; AT is the instruction that is meant, BEHIND the one after it. */
#define LEAF(name, before, instruction)                                                                                                              \
    extern void name(void), name##_at(void), name##_behind(void);                                                                                    \
    __asm__(".text\n" #name ":\n" before "\n" #name "_at:\n" instruction "\n" #name "_behind:\n nop\n ret\n")
#define ADDRESS_IS(label) (record.ExceptionAddress == (PVOID)label)
#define RIP_IS(label)     (context.Rip == (DWORD64)label)

LEAF(divide, "xorl %ecx, %ecx\n xorl %edx, %edx\n movl $1, %eax", "divl %ecx");
LEAF(too_big, "movl $0x80000000, %eax\n cdq\n movl $-1, %ecx", "idivl %ecx");
LEAF(too_wide, "xorl %eax, %eax\n movl $1, %edx\n movl $1, %r8d", "divl %r8d");
LEAF(high_byte, "movl $1, %eax\n movl $0x00FF, %ecx", "divb %ch");
LEAF(from_memory, "subq $16, %rsp\n addq $16, %rsp\n movq $-1, -8(%rsp)\n movabsq $0x8000000000000000, %rax\n cqo", "idivq -8(%rsp)");
LEAF(zero_in_memory, "movw $0, -8(%rsp)\n xorl %edx, %edx\n xorl %eax, %eax", "divw -8(%rsp)");
LEAF(breakpoint, "", "int3");
LEAF(service, "movl $77, %eax", "int $0x2D");
LEAF(assertion, "", "int $0x2C");
LEAF(no_gate, "", "int $0x77");
LEAF(no_instruction, "", "ud2");
LEAF(privileged, "xorl %eax, %eax", "movq %rax, %cr3");
LEAF(port, "", "inb $0x60, %al");
LEAF(misaligned, "leaq -40(%rsp), %rax\n orq $1, %rax", "movaps (%rax), %xmm0");
LEAF(nowhere, "movabsq $0x8000000000000000, %rax", "movb (%rax), %al");
LEAF(kernel, "movabsq $0xFFFFF80000000000, %rax", "movb %al, (%rax)");
LEAF(step, "pushfq\n orl $0x100, (%rsp)\n popfq", "nop");

static void integers(void) {
    OK(code_of(divide) == EXCEPTION_INT_DIVIDE_BY_ZERO && ADDRESS_IS(divide_at) && RIP_IS(divide_at), "a divisor of zero");
    OK(code_of(zero_in_memory) == EXCEPTION_INT_DIVIDE_BY_ZERO, "one in memory");
    OK(code_of(high_byte) == EXCEPTION_INT_DIVIDE_BY_ZERO, "one in a high byte");
    OK(code_of(too_big) == EXCEPTION_INT_OVERFLOW && ADDRESS_IS(too_big_at), "a quotient that does not fit");
    OK(code_of(too_wide) == EXCEPTION_INT_OVERFLOW, "one of unsigned numbers");
    OK(code_of(from_memory) == EXCEPTION_INT_OVERFLOW && record.NumberParameters == 0, "one with its divisor in memory");
}

static void interrupts(void) {
    OK(code_of(breakpoint) == EXCEPTION_BREAKPOINT && ADDRESS_IS(breakpoint_at) && RIP_IS(breakpoint_at), "a breakpoint is at its instruction");
    OK(record.NumberParameters == 1 && record.ExceptionInformation[0] == 0, "and says which kind it is");
    OK(code_of(service) == EXCEPTION_BREAKPOINT && record.ExceptionInformation[0] == 77 && RIP_IS(service_behind) &&
           record.ExceptionAddress == (PVOID)((ULONG_PTR)service_behind + 1),
       "a service of a debugger that is not there");
    OK(code_of(assertion) == STATUS_ASSERTION_FAILURE, "an assertion");
    OK(code_of(no_gate) == EXCEPTION_ACCESS_VIOLATION && ADDRESS_IS(no_gate_at), "an interrupt that a program has not");
    OK(code_of(step) == EXCEPTION_SINGLE_STEP && ADDRESS_IS(step_behind) && !(context.EFlags & 0x100), "a step is over, and no other follows");
}

static void instructions(void) {
    OK(code_of(no_instruction) == EXCEPTION_ILLEGAL_INSTRUCTION && ADDRESS_IS(no_instruction_at) && record.NumberParameters == 0, "no instruction");
    OK(code_of(privileged) == EXCEPTION_PRIV_INSTRUCTION && ADDRESS_IS(privileged_at) && record.NumberParameters == 0, "one of the kernel's");
    OK(code_of(port) == EXCEPTION_PRIV_INSTRUCTION, "a port");
}

static BOOL violation(void (*leaf)(void), ULONG_PTR kind, ULONG_PTR address) {
    return code_of(leaf) == EXCEPTION_ACCESS_VIOLATION && record.NumberParameters == 2 && record.ExceptionInformation[0] == kind &&
           record.ExceptionInformation[1] == address;
}
static void *execute;
static void jump(void) { ((void (*)(void))execute)(); }
static void guard(void) { *(volatile char *)execute = 1; }

static void memory(void) {
    OK(violation(misaligned, 0, ~(ULONG_PTR)0), "a misaligned operand of SSE: -1, for the processor does not tell");
    OK(violation(nowhere, 0, ~(ULONG_PTR)0), "an address that is none");
    OK(violation(kernel, 1, 0xFFFFF80000000000) || violation(kernel, 0, ~(ULONG_PTR)0), "one of the kernel's");
    execute = NULL;
    OK(violation(jump, 8, 0) && context.Rip == 0, "a call of nothing");
    execute = VirtualAlloc(NULL, 4096, MEM_COMMIT, PAGE_READWRITE);
    OK(violation(jump, 8, (ULONG_PTR)execute), "execution of data");
    DWORD old;
    VirtualProtect(execute, 4096, PAGE_READWRITE | PAGE_GUARD, &old);
    OK(code_of(guard) == STATUS_GUARD_PAGE_VIOLATION && record.NumberParameters == 2 && record.ExceptionInformation[0] == 1 &&
           record.ExceptionInformation[1] == (ULONG_PTR)execute,
       "a guard page");
    OK(code_of(guard) == 0 && *(char *)execute == 1, "is one once");
    VirtualFree(execute, 0, MEM_RELEASE);
}

/* MXCSR and the x87's control word: which exception is let through. */
static DWORD mxcsr;
static WORD control;
static double left, right;
static void sse(void) {
    DWORD usual = 0x1F80;
    double result;
    __asm__ volatile("ldmxcsr %1\n movsd %2, %%xmm0\n divsd %3, %%xmm0\n ldmxcsr %4\n movsd %%xmm0, %0"
                     : "=m"(result)
                     : "m"(mxcsr), "m"(left), "m"(right), "m"(usual)
                     : "xmm0");
}
static void x87(void) {
    __asm__ volatile("fninit\n fldcw %0\n fldl %1\n fdivl %2\n fwait\n" : : "m"(control), "m"(left), "m"(right));
    __asm__ volatile("fninit");
}
static void pops_nothing(void) {
    control = 0x37E;
    __asm__ volatile("fninit\n fldcw %0\n fstp %%st(0)\n fwait\n fninit" : : "m"(control));
}
static BOOL divides(void (*how)(void), double dividend, double divisor, DWORD open, DWORD code) {
    DWORD usual = 0x1F80, got;
    left = dividend;
    right = divisor;
    mxcsr = 0x1F80u & ~(open << 7);
    control = (WORD)(0x37Fu & ~open);
    got = code_of(how);
    __asm__ volatile("fninit\n ldmxcsr %0" : : "m"(usual));
    if (got != code)
        printf("# %lx\n", got);
    return got == code;
}
#define INVALID   1u
#define ZERO      4u
#define OVERFLOWS 8u
#define UNDERFLOW 16u
#define INEXACT   32u
static void floats(void) {
    OK(divides(sse, 1, 0, ZERO, EXCEPTION_FLT_DIVIDE_BY_ZERO), "SSE: division by zero");
    OK((context.MxCsr & ZERO) && record.NumberParameters >= 1 && record.ExceptionInformation[0] == 0, "and MXCSR says so");
    OK(divides(sse, 0, 0, INVALID, EXCEPTION_FLT_INVALID_OPERATION), "SSE: nothing that can be computed");
    OK(divides(sse, 1e300, 1e-300, OVERFLOWS, EXCEPTION_FLT_OVERFLOW), "SSE: too large");
    OK(divides(sse, 1e-300, 1e300, UNDERFLOW, EXCEPTION_FLT_UNDERFLOW), "SSE: too small");
    OK(divides(sse, 1, 3, INEXACT, EXCEPTION_FLT_INEXACT_RESULT), "SSE: not exact");
    OK(divides(sse, 1, 0, 0, 0), "SSE: what is masked is no exception");
    OK(divides(x87, 1, 0, ZERO, EXCEPTION_FLT_DIVIDE_BY_ZERO), "x87: division by zero");
    OK(divides(x87, 0, 0, INVALID, EXCEPTION_FLT_INVALID_OPERATION), "x87: nothing that can be computed");
    OK(divides(x87, 1, 3, INEXACT, EXCEPTION_FLT_INEXACT_RESULT), "x87: not exact");
    OK(code_of(pops_nothing) == EXCEPTION_FLT_STACK_CHECK, "x87: an empty stack");
    __asm__ volatile("fninit");
}

/* ---- What a CONTEXT has no room for: the upper halves of AVX's registers survive a handler that uses them ------------------------------------- */
static BOOL has_avx(void) {
    unsigned a = 1, b, c = 0, d;
    __asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return (c >> 27 & 3) == 3;
}
static char *reserved;
static LONG CALLBACK commits(PEXCEPTION_POINTERS pointers) {
    if (pointers->ExceptionRecord->ExceptionInformation[1] != (ULONG_PTR)reserved)
        return EXCEPTION_CONTINUE_SEARCH;
    VirtualAlloc(reserved, 4096, MEM_COMMIT, PAGE_READWRITE);
    __asm__ volatile("vzeroall"
                     :
                     :
                     : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14",
                       "xmm15");
    return EXCEPTION_CONTINUE_EXECUTION;
}
static BOOL keeps_upper_halves(void) {
    DWORD64 in[8] = {1, 2, 3, 4, 5, 6, 7, 8}, out[8] = {0};
    PVOID handler = AddVectoredExceptionHandler(1, commits);
    reserved = VirtualAlloc(NULL, 4096, MEM_RESERVE, PAGE_READWRITE);
    __asm__ volatile("vmovdqu (%0), %%ymm1\n vmovdqu 32(%0), %%ymm15\n movb $7, (%2)\n vmovdqu %%ymm1, (%1)\n vmovdqu %%ymm15, 32(%1)\n vzeroupper"
                     :
                     : "r"(in), "r"(out), "r"(reserved)
                     : "memory", "xmm1", "xmm15");
    RemoveVectoredExceptionHandler(handler);
    BOOL same = *reserved == 7 && !memcmp(in, out, sizeof in);
    VirtualFree(reserved, 0, MEM_RELEASE);
    return same;
}

/* ---- Fast failing: no handler is asked ("__fastfail") -------------------------------------------------------------------------------------- */
static LONG WINAPI vectored(PEXCEPTION_POINTERS pointers) { ExitProcess(1); }
static int fails_fast(void) {
    AddVectoredExceptionHandler(1, vectored);
    SetUnhandledExceptionFilter(vectored);
    __try {
        __asm__ volatile("int $0x29" : : "c"(7));
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return 2;
    }
    return 3;
}
static DWORD exit_code(void) {
    char line[] = "seh-hardware.exe fast";
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION process;
    DWORD code = 0;
    if (!CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &process))
        return 0;
    WaitForSingleObject(process.hProcess, INFINITE);
    GetExitCodeProcess(process.hProcess, &code);
    return code;
}

int main(int argc, char **argv) {
    if (argc > 1)
        return fails_fast();
    setvbuf(stdout, NULL, _IONBF, 0);
    integers();
    interrupts();
    instructions();
    memory();
    floats();
    OK(!has_avx() || keeps_upper_halves(), "execution goes on with the registers that there were, AVX's too");
    OK(exit_code() == STATUS_STACK_BUFFER_OVERRUN, "a program that fails fast ends, whatever handlers it has");
    return done();
}
