/* Stack overflows, again and again: SetThreadStackGuarantee and _resetstkoflw. */
#include "utap.h"
#include <malloc.h>

__declspec(noinline) static int deeper(int depth) {
    volatile char room[3000];
    room[0] = (char)depth;
    return depth == 0x7FFFFFFF ? 0 : deeper(depth + 1) + room[0];
}
static BOOL overflows(void) {
    __try {
        return deeper(0) == 1;
    } __except (GetExceptionCode() == STATUS_STACK_OVERFLOW) {
        return TRUE;
    }
}
static char *lowest(void) {
    MEMORY_BASIC_INFORMATION stack;
    VirtualQuery(&stack, &stack, sizeof stack);
    return stack.AllocationBase;
}

static DWORD WINAPI again(void *context) {
    int count = 0;
    OK(_resetstkoflw(), "a stack that has not overflowed has its guard page");
    for (int n = 0; n < 5; n++) {
        count += overflows();
        count += _resetstkoflw() != 0;
    }
    OK(count == 10, "each overflow is an exception, if the guard page is put back");
    return 0;
}

static SIZE_T left;
static LONG uses(ULONG size) {
    char *here = (char *)&here;
    left = (SIZE_T)(here - lowest());
    volatile char *room = _alloca(size);
    for (ULONG n = 0; n < size; n += 512)
        room[n] = 1;
    return EXCEPTION_EXECUTE_HANDLER;
}
static BOOL uses_much(ULONG size) {
    __try {
        deeper(0);
    } __except (uses(size)) {
        return TRUE;
    }
    return FALSE;
}
static DWORD WINAPI guaranteed(void *context) {
    ULONG size = 0;
    OK(SetThreadStackGuarantee(&size) && size == 0, "nothing is guaranteed until it is asked for");
    size = 0x9001;
    OK(SetThreadStackGuarantee(&size) && size == 0, "what was guaranteed comes back");
    size = 100;
    OK(SetThreadStackGuarantee(&size) && size >= 0x9001, "less is not had");
    size = 0x7FFFFFFF;
    OK(!SetThreadStackGuarantee(&size), "nor more than there is");
    OK(uses_much(0x6000) && left >= 0x8000, "a handler of the overflow has what was asked for");
    OK(_resetstkoflw() && uses_much(0x6000), "and once more");
    return 0;
}

static DWORD WINAPI probes(void *context) {
    DWORD code = 0;
    overflows();
    _resetstkoflw();
    __try {
        volatile char *room = _alloca(0x200000); /* far below the guard page, were it not for the probes */
        room[0] = 1;
    } __except (code = GetExceptionCode(), EXCEPTION_EXECUTE_HANDLER) {
    }
    OK(code == STATUS_STACK_OVERFLOW, "a frame that is larger than the stack finds the guard page that was put back");
    return 0;
}

static void run(LPTHREAD_START_ROUTINE routine) {
    HANDLE thread = CreateThread(NULL, 0x40000, routine, NULL, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
}

int main(void) {
    setvbuf(stdout, NULL, _IONBF, 0);
    run(again);
    run(guaranteed);
    run(probes);
    return done();
}
