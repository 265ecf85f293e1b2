/* Exceptions in a program: frames, filters, unwinding, vectored handlers, a long loop of faults. */
#include "utap.h"

static int finallies;
static __attribute__((noinline)) int load(volatile int *address) { return *address; }
static int guarded(volatile int *address) {
    int result = 0;
    __try {
        __try {
            result = load(address);
        } __finally {
            finallies++;
        }
    } __except (GetExceptionCode() == EXCEPTION_ACCESS_VIOLATION ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH) {
        result = -1;
    }
    return result;
}
static ULONG_PTR told;
static int keep(EXCEPTION_POINTERS *pointers) {
    told = pointers->ExceptionRecord->ExceptionInformation[0];
    return EXCEPTION_EXECUTE_HANDLER;
}
static int raised(void) {
    ULONG_PTR argument = 7;
    __try {
        RaiseException(0xE0000002, 0, 1, &argument);
    } __except (keep(GetExceptionInformation())) {
        return 2;
    }
    return 1;
}
static int vectored;
static LONG CALLBACK handler(EXCEPTION_POINTERS *pointers) {
    vectored++;
    return pointers->ExceptionRecord->ExceptionCode == 0xE0000001 ? EXCEPTION_CONTINUE_EXECUTION : EXCEPTION_CONTINUE_SEARCH;
}

int main(void) {
    int good = 5, faults = 0;
    OK(guarded(NULL) == -1 && finallies == 1, "a fault runs __finally and __except");
    OK(guarded(&good) == 5 && finallies == 2, "none runs __finally");
    OK(raised() == 2 && told == 7, "RaiseException with an argument");
    PVOID handle = AddVectoredExceptionHandler(1, handler);
    RaiseException(0xE0000001, 0, 0, NULL);
    OK(vectored == 1, "a vectored handler lets execution go on");
    OK(raised() == 2 && vectored == 2, "or the frames have their turn");
    OK(RemoveVectoredExceptionHandler(handle) && raised() == 2 && vectored == 2, "it can be removed");
    for (int n = 0; n < 100000; n++)
        faults += guarded(NULL) == -1;
    OK(faults == 100000, "100000 faults at constant stack");
    OK(IsBadReadPtr(NULL, 4) && !IsBadReadPtr(&good, 4), "IsBadReadPtr");
    return done();
}
