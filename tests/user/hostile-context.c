/* Registers that no compiler leaves: what a program has in its flags, its stack pointer and its CONTEXTs must not reach the kernel's own. */
#include "utap.h"
#include <winternl.h>

#define KERNEL_ADDRESS   0x400000100000ull
#define FLAG_TRAP        0x100u
#define FLAG_ALIGNMENT   0x40000u
#define FLAGS_NOT_NORMAL 0x44500u /* TF, DF, NT, AC */

NTSTATUS NTAPI NtContinue(PCONTEXT, BOOLEAN);
NTSTATUS NTAPI NtQuerySystemTime(PLARGE_INTEGER);
NTSTATUS NTAPI NtYieldExecution(void);

static volatile LONG steps, ran;

static void set_flags(unsigned flags) { __asm__ volatile("pushfq\n\torl %0, (%%rsp)\n\tpopfq" ::"r"(flags) : "cc", "memory"); }
static void clear_flags(void) { __asm__ volatile("pushfq\n\tandl %0, (%%rsp)\n\tpopfq" ::"i"(~(int)FLAGS_NOT_NORMAL) : "cc", "memory"); }

/* NtContinue with something odd in the CONTEXT comes back where the CONTEXT was taken. */
static int continues_with(ULONG flags, ULONG mxcsr, ULONG saved_mxcsr) {
    static CONTEXT context __attribute__((aligned(16)));
    volatile int back = 0;
    RtlCaptureContext(&context);
    if (!back) {
        back = 1;
        context.EFlags |= flags;
        context.MxCsr = mxcsr;
        context.FltSave.MxCsr = saved_mxcsr;
        NtContinue(&context, FALSE);
        return 0;
    }
    clear_flags();
    unsigned normal = 0x1F80;
    __asm__ volatile("ldmxcsr %0" ::"m"(normal));
    return 1;
}

static int refused(ULONG64 rip, ULONG64 rsp) {
    CONTEXT context __attribute__((aligned(16)));
    RtlCaptureContext(&context);
    if (rip)
        context.Rip = rip;
    if (rsp)
        context.Rsp = rsp;
    return NtContinue(&context, FALSE) < 0;
}

static LONG step(EXCEPTION_POINTERS *pointers) {
    if (pointers->ExceptionRecord->ExceptionCode != EXCEPTION_SINGLE_STEP)
        return EXCEPTION_EXECUTE_HANDLER;
    steps++;
    pointers->ContextRecord->EFlags |= FLAG_TRAP;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static DWORD WINAPI sleeper(void *unused) {
    ran = 1;
    return 5;
}

static int set_context(HANDLE thread, ULONG64 rip, ULONG64 rsp) {
    CONTEXT context __attribute__((aligned(16)));
    context.ContextFlags = CONTEXT_FULL;
    if (!GetThreadContext(thread, &context))
        return -1;
    if (rip)
        context.Rip = rip;
    if (rsp)
        context.Rsp = rsp;
    context.MxCsr = context.FltSave.MxCsr = ~0u;
    return SetThreadContext(thread, &context);
}

static void services(void) {
    LARGE_INTEGER now[2];
    char *page = VirtualAlloc(NULL, 8192, MEM_RESERVE, PAGE_NOACCESS);
    NTSTATUS status = 0, misaligned;
    VirtualAlloc(page, 4096, MEM_COMMIT, PAGE_READWRITE);

    set_flags(FLAG_ALIGNMENT);
    status = NtQuerySystemTime((PLARGE_INTEGER)((char *)now + 8));
    misaligned = NtQuerySystemTime((PLARGE_INTEGER)((char *)now + 3));
    clear_flags();
    OK(status == 0, "a service with alignment checks on");
    OK(misaligned == 0 || misaligned == (NTSTATUS)0x80000002, "and a misaligned argument");
    __asm__ volatile("std" ::: "cc", "memory");
    status = NtQuerySystemTime(now);
    __asm__ volatile("cld" ::: "cc", "memory");
    OK(status == 0, "a service with the direction flag set");

    ULONG code = 0;
    set_flags(FLAG_ALIGNMENT);
    __try {
        *(volatile ULONG *)((char *)now + 1) = 1;
    } __except ((code = GetExceptionCode()), EXCEPTION_EXECUTE_HANDLER) {
    }
    clear_flags();
    OK(code == EXCEPTION_DATATYPE_MISALIGNMENT, "the program's own misaligned access is an exception");
    code = 0;
    set_flags(FLAG_ALIGNMENT);
    __try {
        *(volatile ULONG *)(page + 4096) = 1;
    } __except ((code = GetExceptionCode()), EXCEPTION_EXECUTE_HANDLER) {
    }
    clear_flags();
    OK(code == EXCEPTION_ACCESS_VIOLATION, "a page fault with alignment checks on");

    /* int 2Eh at the end of a page: the stack arguments are not there. */
    ULONG number = *(ULONG *)((char *)GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtQueryVolumeInformationFile") + 4);
    __asm__ volatile("mov %%rsp, %%rbx\n\tmov %2, %%rsp\n\tint $0x2e\n\tmov %%rbx, %%rsp"
                     : "=a"(status)
                     : "a"(number), "r"(page + 4096 - 8)
                     : "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "cc", "memory");
    OK(status == (NTSTATUS)0xC0000005, "stack arguments beyond the stack");
    VirtualFree(page, 0, MEM_RELEASE);

    __try {
        set_flags(FLAG_TRAP);
        status = NtYieldExecution();
        clear_flags();
    } __except (step(GetExceptionInformation())) {
        status = -1;
    }
    OK(steps > 1 && status >= 0, "steps into a service");
}

int main(void) {
    services();
    OK(continues_with(0, 0x1F80, 0x1F80), "NtContinue");
    OK(continues_with(0, ~0u, 0x1F80), "with reserved bits in MxCsr");
    OK(continues_with(0, 0x1F80, ~0u), "with reserved bits in the saved MxCsr");
    OK(continues_with(0x7000 | 0x20000 | 0x180000, 0x1F80, 0x1F80), "with flags that are the kernel's");
    OK(refused(KERNEL_ADDRESS, 0), "not to the kernel");
    OK(refused(0, KERNEL_ADDRESS), "not on the kernel's stack");
    OK(refused(0x8000000000000000, 0) && refused(0, 0xFFFF800000000000), "nor where nothing can be");

    HANDLE thread = CreateThread(NULL, 0, sleeper, NULL, CREATE_SUSPENDED, NULL);
    OK(set_context(thread, KERNEL_ADDRESS, 0) == 0, "SetThreadContext: not to the kernel");
    OK(set_context(thread, 0, KERNEL_ADDRESS) == 0 && set_context(thread, 0, 0xFFFF800000001000) == 0, "nor on its stack");
    OK(set_context(thread, 0, 0) == 1, "with reserved bits in MxCsr");
    DWORD code = 0;
    ResumeThread(thread);
    OK(WaitForSingleObject(thread, 10000) == WAIT_OBJECT_0 && GetExitCodeThread(thread, &code) && code == 5 && ran, "it runs");
    return done();
}
