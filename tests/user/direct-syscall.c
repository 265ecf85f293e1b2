/* SYSCALL in a program, as the stubs of Windows' ntdll have it; and instructions that would enter the kernel of the host. */
#include "utap.h"
#include <winternl.h>

/* Numbers of Windows 10 22H2. */
#define CLOSE           0x0F
#define ALLOCATE_MEMORY 0x18
#define NO_SUCH_SERVICE 0xFFF

typedef NTSTATUS(NTAPI *CALL)(ULONG64, ...);

/* mov r10, rcx; mov eax, number; syscall; ret */
static UCHAR *code;
static CALL stub(UCHAR number_low, UCHAR number_high) {
    static const UCHAR text[] = {0x4C, 0x8B, 0xD1, 0xB8, 0, 0, 0, 0, 0x0F, 0x05, 0xC3};
    for (unsigned i = 0; i < sizeof text; i++)
        code[i] = text[i];
    code[4] = number_low;
    code[5] = number_high;
    return (CALL)(ULONG_PTR)code;
}

static DWORD seen;
static int keep(DWORD exception) {
    seen = exception;
    return EXCEPTION_EXECUTE_HANDLER;
}
static __attribute__((noinline)) void interrupt(void) { __asm__ volatile("int $0x80" : : "a"(20) : "memory"); }
static __attribute__((noinline)) void try_interrupt(void) {
    seen = 0;
    __try {
        interrupt();
    } __except (keep(GetExceptionCode())) {
    }
}

int main(void) {
    PVOID base = NULL;
    SIZE_T size = 0x3000;
    code = VirtualAlloc(NULL, 0x1000, MEM_COMMIT | MEM_RESERVE, PAGE_EXECUTE_READWRITE);
    OK(code != NULL, "memory for a stub");
    if (code == NULL)
        return done();
    OK(stub(CLOSE, 0)(0xDEAD0) == (NTSTATUS)0xC0000008, "NtClose of no handle");
    HANDLE event = CreateEventW(NULL, FALSE, FALSE, NULL);
    OK(stub(CLOSE, 0)((ULONG_PTR)event) == 0 && !SetEvent(event), "NtClose of an event");
    NTSTATUS status =
        stub(ALLOCATE_MEMORY, 0)((ULONG64)(LONG64)-1, &base, (ULONG_PTR)0, &size, (ULONG_PTR)(MEM_COMMIT | MEM_RESERVE), (ULONG_PTR)PAGE_READWRITE);
    OK(status == 0 && base != NULL && size == 0x3000, "NtAllocateVirtualMemory: arguments on the stack");
    if (base != NULL)
        *(volatile char *)base = 1;
    OK(stub(NO_SUCH_SERVICE & 0xFF, NO_SUCH_SERVICE >> 8)(0) == (NTSTATUS)0xC000001C, "a number that no service has");
    try_interrupt();
    OK(seen == EXCEPTION_ACCESS_VIOLATION, "int 80h is an access violation");
    return done();
}
