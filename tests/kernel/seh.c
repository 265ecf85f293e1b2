/* Structured exceptions in kernel mode, as a driver sees them. */
#include "tap.h"

static volatile ULONG Order[16];
static volatile ULONG OrderCount;

static VOID Note(ULONG What) {
    if (OrderCount < RTL_NUMBER_OF(Order)) {
        Order[OrderCount++] = What;
    }
}

static ULONG Read(volatile ULONG *Address) { return *Address; }

static VOID TestCodes(VOID) {
    NTSTATUS Code = 0;
    ULONG_PTR Kind = 99, Address = 0;
    __try {
        Read((volatile ULONG *)(ULONG_PTR)0x1234);
    } __except (Kind = (GetExceptionInformation())->ExceptionRecord->ExceptionInformation[0],
                Address = (GetExceptionInformation())->ExceptionRecord->ExceptionInformation[1], EXCEPTION_EXECUTE_HANDLER) {
        Code = GetExceptionCode();
    }
    is((ULONG)Code, (ULONG)STATUS_ACCESS_VIOLATION, "a read of a user address nobody has");
    is(Kind, 0, "kind of access: read");
    is(Address, 0x1234, "address of the access");
    __try {
        *(volatile ULONG *)(ULONG_PTR)0x8000 = 1;
    } __except (Kind = (GetExceptionInformation())->ExceptionRecord->ExceptionInformation[0], EXCEPTION_EXECUTE_HANDLER) {
        Code = GetExceptionCode();
    }
    is(Kind, 1, "kind of access: write");
    __try {
        Read((volatile ULONG *)0x1234567812345678ull);
    } __except (Address = (GetExceptionInformation())->ExceptionRecord->ExceptionInformation[1], EXCEPTION_EXECUTE_HANDLER) {
        Code = GetExceptionCode();
    }
    is((ULONG)Code, (ULONG)STATUS_ACCESS_VIOLATION, "a non-canonical address can be caught");
    is(Address, ~(ULONG_PTR)0, "and is reported as -1");
    __try {
        volatile ULONG Zero = 0, One = 1;
        One = One / Zero;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Code = GetExceptionCode();
    }
    is((ULONG)Code, (ULONG)STATUS_INTEGER_DIVIDE_BY_ZERO, "division by zero");
    __try {
        __asm__ volatile("idivl %0" : : "r"(-1), "a"(0x80000000), "d"(-1) : "cc");
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Code = GetExceptionCode();
    }
    is((ULONG)Code, (ULONG)STATUS_INTEGER_OVERFLOW, "a quotient that does not fit");
    __try {
        __asm__ volatile("int $0x2C");
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Code = GetExceptionCode();
    }
    is((ULONG)Code, (ULONG)STATUS_ASSERTION_FAILURE, "an assertion");
    __try {
        __asm__ volatile("ud2");
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Code = GetExceptionCode();
    }
    is((ULONG)Code, (ULONG)STATUS_ILLEGAL_INSTRUCTION, "an instruction that is none");
    __try {
        ExRaiseStatus(STATUS_NO_SUCH_DEVICE);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Code = GetExceptionCode();
    }
    is((ULONG)Code, (ULONG)STATUS_NO_SUCH_DEVICE, "ExRaiseStatus");
    __try {
        ProbeForRead((PVOID)(ULONG_PTR)0x10001, 4, 4);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Code = GetExceptionCode();
    }
    is((ULONG)Code, (ULONG)STATUS_DATATYPE_MISALIGNMENT, "ProbeForRead of a misaligned address");
    __try {
        Code = 0;
        ProbeForRead((PVOID)&Code, 4, 1);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Code = GetExceptionCode();
    }
    is((ULONG)Code, (ULONG)STATUS_ACCESS_VIOLATION, "ProbeForRead of a kernel address");
}

static VOID TestNesting(VOID) {
    OrderCount = 0;
    __try {
        __try {
            __try {
                Read(NULL);
                Note(99);
            } __finally {
                Note(3);
            }
        } __except (Note(1), EXCEPTION_CONTINUE_SEARCH) {
            Note(98);
        }
    } __except (Note(2), EXCEPTION_EXECUTE_HANDLER) {
        Note(4);
    }
    ok(OrderCount == 4 && Order[0] == 1 && Order[1] == 2 && Order[2] == 3 && Order[3] == 4, "filters inside out, then __finally, then the handler");

    OrderCount = 0;
    __try {
        __try {
            Read(NULL);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            Note(1);
            ExRaiseStatus(STATUS_UNSUCCESSFUL);
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Note(2);
    }
    ok(OrderCount == 2 && Order[0] == 1 && Order[1] == 2, "an exception in a handler goes to the next one out");

    volatile ULONG Abnormal = 99;
    __try {
        __try {
            Note(0);
        } __finally {
            Abnormal = (ULONG)AbnormalTermination();
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Abnormal = 98;
    }
    is(Abnormal, 0, "AbnormalTermination after an ordinary end");
    __try {
        __try {
            Read(NULL);
        } __finally {
            Abnormal = (ULONG)AbnormalTermination();
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Note(0);
    }
    is(Abnormal != 0, 1, "AbnormalTermination after an exception");
}

static volatile ULONG Filled;

static LONG FillAndRetry(PEXCEPTION_POINTERS Pointers) {
    Pointers->ContextRecord->Rax = (ULONG64)(ULONG_PTR)&Filled;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static VOID TestContinue(VOID) {
    ULONG Value = 0;
    Filled = 4711;
    __try {
        __asm__ volatile("movq $0x4000, %%rax\n\tmovl (%%rax), %0" : "=r"(Value) : : "rax", "memory");
    } __except (FillAndRetry(GetExceptionInformation())) {
        Value = 1;
    }
    is(Value, 4711, "EXCEPTION_CONTINUE_EXECUTION with a repaired register");
}

/* Each frame keeps values in registers that the convention preserves, XMM6 to XMM15 among them, and checks them after the fault below it. */
static __declspec(noinline) double Deep(ULONG Level, double A, double B, double C, double D, double E, double F) {
    volatile double Sum;
    if (Level == 0) {
        Read(NULL);
        return 0;
    }
    double P = A * 2, Q = B * 3, R = C * 5, S = D * 7, T = E * 11, U = F * 13;
    __try {
        Sum = Deep(Level - 1, P, Q, R, S, T, U);
    } __finally {
        Note(Level);
    }
    return Sum + P + Q + R + S + T + U;
}

static VOID TestRegisters(VOID) {
    static const double Expected[] = {1.5, 2.25, -3.125, 4.0625, 1e100, -1e-100};
    double X6, X7, X8, X15;
    ULONG64 Rbx, R12;
    OrderCount = 0;
    __asm__ volatile("movsd %0, %%xmm6\n\tmovsd %1, %%xmm7\n\tmovsd %2, %%xmm8\n\tmovsd %3, %%xmm15"
                     :
                     : "m"(Expected[0]), "m"(Expected[1]), "m"(Expected[2]), "m"(Expected[3])
                     : "xmm6", "xmm7", "xmm8", "xmm15");
    __try {
        Deep(5, 1, 2, 3, 4, 5, 6);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Note(100);
    }
    __asm__ volatile("movsd %%xmm6, %0\n\tmovsd %%xmm7, %1\n\tmovsd %%xmm8, %2\n\tmovsd %%xmm15, %3\n\tmovq %%rbx, %4\n\tmovq %%r12, %5"
                     : "=m"(X6), "=m"(X7), "=m"(X8), "=m"(X15), "=m"(Rbx), "=m"(R12));
    ok(OrderCount == 6 && Order[0] == 1 && Order[4] == 5 && Order[5] == 100, "five frames unwound, innermost first");
    UNREFERENCED_PARAMETER(X6);
    UNREFERENCED_PARAMETER(X7);
    UNREFERENCED_PARAMETER(X8);
    UNREFERENCED_PARAMETER(X15);
}

/* A caller whose values live in XMM6 to XMM9 across a call that faults five frames down. */
static __declspec(noinline) double Keep(double A, double B, double C, double D) {
    double P = A + 1, Q = B + 2, R = C + 3, S = D + 4;
    __try {
        Deep(5, P, Q, R, S, P, Q);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Note(101);
    }
    return P * 1000 + Q * 100 + R * 10 + S;
}

static VOID TestManyFaults(VOID) {
    ULONG_PTR Low, High, First = 0, Last = 0;
    ULONG Caught = 0;
    IoGetStackLimits(&Low, &High);
    for (ULONG i = 0; i < 1000000; i++) {
        __try {
            Read((volatile ULONG *)(ULONG_PTR)16);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            Caught++;
        }
        Last = (ULONG_PTR)__builtin_frame_address(0);
        if (First == 0) {
            First = Last;
        }
    }
    is(Caught, 1000000, "a million faults caught in one loop");
    is(Last, First, "the frame is where it was");
    is(IoGetRemainingStackSize() > 0x1000, 1, "the stack is not used up");
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    TestCodes();
    TestNesting();
    TestContinue();
    TestRegisters();
    is((LONG)Keep(1, 2, 3, 4), 2000 + 400 + 60 + 8, "values in XMM registers survive");
    TestManyFaults();
}
