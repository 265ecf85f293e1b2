#include "hal/device.h"
#include "ke/emulate.h"
#include "ke/ke.h"
#include "ke/offsets.h"
#include "ke/points.h"
#include "kd/kd.h"
#include "ldr/ldr.h"
#include "mm/mm.h"
#include "ps/ps.h"
#include "rtl/crt.h"

/* What the processor reports and what NT makes of it, in the order of the ladder in docs/traps.md: emulate, resolve, raise, stop. */

_Static_assert(offsetof(hal_trap_frame, rip) == FRAME_RIP, "offsets.h");
_Static_assert(offsetof(hal_trap_frame, rflags) == FRAME_RFLAGS, "offsets.h");
_Static_assert(offsetof(hal_trap_frame, user_mode) == FRAME_USER_MODE, "offsets.h");
_Static_assert(offsetof(hal_trap_frame, xsave) == FRAME_XSAVE, "offsets.h");
_Static_assert(offsetof(hal_trap_frame, xsave_mask) == FRAME_XSAVE_MASK, "offsets.h");
_Static_assert(offsetof(hal_machine, kernel_stack_top) == MACHINE_STACK_TOP, "offsets.h");
_Static_assert(offsetof(hal_machine, user_mode) == MACHINE_USER_MODE, "offsets.h");
_Static_assert(offsetof(KTRAP_CONTEXT, Rip) == TRAPCTX_RIP && offsetof(KTRAP_CONTEXT, R15) == TRAPCTX_R15, "offsets.h");
_Static_assert(offsetof(KTRAP_CONTEXT, ReturnValue) == TRAPCTX_RESULT && offsetof(KTRAP_CONTEXT, ResumeContext) == TRAPCTX_RESUME, "offsets.h");
_Static_assert(SYSCALL_CONTEXT + sizeof(KTRAP_CONTEXT) <= SYSCALL_FRAME_SIZE, "offsets.h");
_Static_assert(offsetof(CONTEXT, MxCsr) == CONTEXT_MXCSR && offsetof(CONTEXT, EFlags) == CONTEXT_EFLAGS, "offsets.h");
_Static_assert(offsetof(CONTEXT, Rax) == CONTEXT_RAX && offsetof(CONTEXT, Rsp) == CONTEXT_RSP && offsetof(CONTEXT, Rip) == CONTEXT_RIP, "offsets.h");
_Static_assert(offsetof(CONTEXT, FltSave) == CONTEXT_FLOAT, "offsets.h");

#define PAGE_FAULT_PRESENT 1u
#define PAGE_FAULT_WRITE   2u
#define PAGE_FAULT_FETCH   16u

static ULONG64 *FrameRegister(hal_trap_frame *Frame, ULONG Number) { return &Frame->gpr[Number]; }

VOID KiTrapFrameToContext(const hal_trap_frame *Frame, PCONTEXT Context) {
    RtlZeroMemory(Context, sizeof *Context);
    Context->ContextFlags = CONTEXT_FULL | CONTEXT_SEGMENTS;
    RtlCopyMemory(&Context->Rax, Frame->gpr, sizeof Frame->gpr);
    Context->Rip = Frame->rip;
    Context->EFlags = (ULONG)Frame->rflags;
    Context->SegCs = SELECTOR_USER_CODE;
    Context->SegSs = Context->SegDs = Context->SegEs = SELECTOR_USER_DATA;
    if (Frame->xsave != NULL) {
        RtlCopyMemory(&Context->FltSave, Frame->xsave, sizeof Context->FltSave);
        Context->MxCsr = Context->FltSave.MxCsr;
    }
}

static KPROCESSOR_MODE FrameMode(const hal_trap_frame *Frame) { return Frame->user_mode ? UserMode : KernelMode; }

/* From a trap to its exception; comes back only when a handler changed nothing but wants to go on, and then through KiResumeContext. */
static DECLSPEC_NORETURN VOID RaiseWithCause(hal_trap_frame *Frame, NTSTATUS Code, ULONG Count, ULONG_PTR P0, ULONG_PTR P1, ULONG_PTR P2) {
    EXCEPTION_RECORD Record = {.ExceptionCode = Code, .ExceptionAddress = (PVOID)Frame->rip, .NumberParameters = Count};
    Record.ExceptionInformation[0] = P0;
    Record.ExceptionInformation[1] = P1;
    Record.ExceptionInformation[2] = P2;
    CONTEXT Context;
    KiTrapFrameToContext(Frame, &Context);
    KiDispatchException(&Record, &Context, FrameMode(Frame), TRUE);
}

static DECLSPEC_NORETURN VOID Raise(hal_trap_frame *Frame, NTSTATUS Code, ULONG Count, ULONG_PTR P0, ULONG_PTR P1) {
    RaiseWithCause(Frame, Code, Count, P0, P1, 0);
}

static DECLSPEC_NORETURN VOID Stop(hal_trap_frame *Frame, ULONG Code, ULONG_PTR P1, ULONG_PTR P2, ULONG_PTR P3, ULONG_PTR P4, PCSTR Message) {
    static CONTEXT Context; /* the stack may be the one that has run out */
    KiTrapFrameToContext(Frame, &Context);
    KiBugCheck(Code, P1, P2, P3, P4, &Context, Message);
}

/* Bug check 0x50's second parameter: what was attempted, as the page of that bug check gives it for x64 since 1507. */
static ULONG_PTR AccessKind(const hal_trap_frame *Frame) {
    return (Frame->error & PAGE_FAULT_FETCH) ? 0x10 : (Frame->error & PAGE_FAULT_WRITE) ? 2 : 0;
}

static DECLSPEC_NORETURN VOID StopAtRaisedIrql(hal_trap_frame *Frame) {
    PLDR_MODULE Module = LdrFindModule(Frame->rip);
    BOOLEAN Driver = Module != NULL && Module->IsDriver;
    ULONG_PTR Kind = (Frame->error & PAGE_FAULT_FETCH) ? 8 : (Frame->error & PAGE_FAULT_WRITE) ? 1 : 0;
    static CHAR Text[320];
    Stop(Frame, Driver ? 0xD1 : 0x0A, Frame->cr2, KiCurrentIrql(), Kind, Frame->rip,
         MmDescribeAbsence(Frame->cr2, Text, sizeof Text) || LdrDescribeAddress(Frame->cr2, Text, sizeof Text)
             ? Text
             : "memory that is not there was touched at DISPATCH_LEVEL or above, where no page can be brought in and no handler may run");
}

/* Bug check 0x7A's first parameter is a page table entry's address, which nobody has here, or 2: then the third is the process. */
static DECLSPEC_NORETURN VOID StopWithoutPage(hal_trap_frame *Frame, NTSTATUS Status) {
    Stop(Frame, 0x7A, 2, (ULONG)Status, (ULONG_PTR)KiCurrentThread()->Process, Frame->cr2,
         Status == STATUS_INSUFFICIENT_RESOURCES ? "a page of the kernel's cannot be brought in: no page of RAM can be freed for it"
                                                 : "a page of the kernel's cannot be read from the paging file");
}

static DECLSPEC_NORETURN VOID StopAtKernelAddress(hal_trap_frame *Frame) {
    static CHAR Text[160];
    PCSTR Message =
        MmDescribeAddress((PVOID)Frame->cr2, Text, sizeof Text) ? Text : "an invalid kernel address was touched; __try does not protect that";
    PLDR_MODULE Unloaded = LdrFindUnloadedModule(Frame->cr2);
    if (Unloaded != NULL) {
        Stop(Frame, 0xCE, Frame->cr2, AccessKind(Frame), Frame->rip, 0, "code or data of a driver that is no longer loaded was used");
    }
    if ((Frame->error & PAGE_FAULT_PRESENT) && (Frame->error & PAGE_FAULT_FETCH)) {
        Stop(Frame, 0xFC, Frame->cr2, 0, (ULONG_PTR)Frame, 0, "memory that is data was executed");
    }
    if ((Frame->error & PAGE_FAULT_PRESENT) && (Frame->error & PAGE_FAULT_WRITE)) {
        Stop(Frame, 0xBE, Frame->cr2, 0, (ULONG_PTR)Frame, 0,
             Frame->cr2 < HAL_KERNEL_END ? "read-only memory (code, constants or a read-only mapping) was written"
                                         : "memory of Ringside itself, outside the machine, was written");
    }
    BOOLEAN Canonical = Frame->cr2 < 1ull << 47 || Frame->cr2 >= 0xFFFF800000000000ull;
    Stop(Frame, 0x50, Frame->cr2, AccessKind(Frame), Frame->rip, Canonical ? 2 : 4, Message);
}

/* A device has been accessed, or time has passed: an interrupt may have to come before the next instruction. */
static VOID InstructionBoundary(VOID) {
    if (KiHasPending()) {
        KiDeliverPending(KiCurrentIrql());
    }
}

static DECLSPEC_NORETURN VOID StopAtDevice(hal_trap_frame *Frame) {
    static CHAR Text[160];
    _snprintf(Text, sizeof Text - 1, "device memory is accessed with '%s', which Ringside does not emulate: READ_REGISTER_ and WRITE_REGISTER_ work",
              Frame->insn_name[0] ? Frame->insn_name : "?");
    Stop(Frame, 0x1E, (ULONG_PTR)(LONG_PTR)STATUS_ILLEGAL_INSTRUCTION, Frame->rip, Frame->cr2, 0, Text);
}

static VOID PageFault(hal_trap_frame *Frame) {
    NTSTATUS Status = STATUS_ACCESS_VIOLATION, Cause = STATUS_SUCCESS;
    ULONG_PTR Kind = (Frame->error & PAGE_FAULT_FETCH) ? 8 : (Frame->error & PAGE_FAULT_WRITE) ? 1 : 0;
    BOOLEAN UserAddress = Frame->cr2 < HAL_USER_END;
    if (!Frame->user_mode) {
        ULONG64 Device;
        if (KiEmulateSharedDataRead(Frame)) {
            InstructionBoundary();
            return;
        }
        if (MmDeviceAddress(Frame->cr2, &Device)) {
            if (KiEmulateDeviceAccess(Frame)) {
                InstructionBoundary();
                return;
            }
            if (MmDeviceAddress(Frame->cr2, &Device)) {
                StopAtDevice(Frame);
            }
            UserAddress = Frame->cr2 < HAL_USER_END;
        }
        if (!UserAddress && (Frame->error & PAGE_FAULT_FETCH) && MmResolveKernelFetch(Frame->cr2)) {
            return;
        }
        if (KiCurrentIrql() >= DISPATCH_LEVEL && !KiInBugCheck) {
            StopAtRaisedIrql(Frame);
        }
        if (!UserAddress) {
            if (MmResolveKernelFault(Frame->cr2, &Status)) {
                return;
            }
            if (!NT_SUCCESS(Status)) {
                StopWithoutPage(Frame, Status);
            }
            StopAtKernelAddress(Frame);
        }
    }
    if (UserAddress && MmCurrentAddressSpace != NULL && MmResolveUserFault(Frame->cr2, Frame->error, &Status, &Cause)) {
        return;
    }
    RaiseWithCause(Frame, Status, Status == STATUS_IN_PAGE_ERROR ? 3 : 2, Kind, Frame->cr2, (ULONG)Cause);
}

/*
 * int 2Dh, the debugger's service: eax says which, and execution goes on behind the byte that follows the instruction (DbgPrint's is an int 3). Only the
 * print service exists without a debugger: rcx = text, dx = its length, r8d = component, r9d = level.
 */
#define DEBUG_SERVICE_PRINT 1u
#define DEBUG_PRINT_LIMIT   512u

static DECLSPEC_NOINLINE VOID DebugService(hal_trap_frame *Frame) { /* a CONTEXT of its own, which not every trap shall have on its stack */
    CHAR Text[DEBUG_PRINT_LIMIT];
    USHORT Length = (USHORT)min((USHORT)Frame->gpr[2], DEBUG_PRINT_LIMIT);
    if (!Frame->user_mode || (ULONG)Frame->gpr[0] != DEBUG_SERVICE_PRINT) {
        EXCEPTION_RECORD Record = {.ExceptionCode = STATUS_BREAKPOINT, .NumberParameters = 1};
        CONTEXT Context;
        Record.ExceptionInformation[0] = Frame->gpr[0];
        Frame->rip += Frame->insn_length;
        Record.ExceptionAddress = (PVOID)(Frame->rip + 1);
        KiTrapFrameToContext(Frame, &Context);
        KiDispatchException(&Record, &Context, FrameMode(Frame), TRUE);
    }
    NTSTATUS Status = STATUS_ACCESS_VIOLATION;
    if (KiCopyFromUser(Text, (PVOID)Frame->gpr[1], Length)) {
        Status = KdPrintFromProgram(Text, Length, (ULONG)Frame->gpr[8], (ULONG)Frame->gpr[9]);
    }
    Frame->gpr[0] = (ULONG)Status;
    Frame->rip += Frame->insn_length + 1;
}

/* __fastfail(ecx): whoever asks for it is damaged, so no handler of his is called ("__fastfail"). */
static DECLSPEC_NORETURN DECLSPEC_NOINLINE VOID FailFast(hal_trap_frame *Frame) {
    EXCEPTION_RECORD Record = {.ExceptionCode = STATUS_STACK_BUFFER_OVERRUN,
                               .ExceptionFlags = EXCEPTION_NONCONTINUABLE,
                               .ExceptionAddress = (PVOID)Frame->rip,
                               .NumberParameters = 1};
    CONTEXT Context;
    Record.ExceptionInformation[0] = (ULONG)Frame->gpr[1];
    KiTrapFrameToContext(Frame, &Context);
    if (!Frame->user_mode) {
        KiBugCheck(0x139, (ULONG)Frame->gpr[1], (ULONG_PTR)Frame, (ULONG_PTR)&Record, 0, &Context, "the driver found damage and failed fast");
    }
    KdMessage("%s: failed fast at 0x%I64X, for reason %u: no handler is asked", ((PETHREAD)KiCurrentThread())->Process->ImageFileName, Frame->rip,
              (ULONG)Frame->gpr[1]);
    KiDispatchException(&Record, &Context, UserMode, FALSE);
}

/* int n: what NT gives its vectors; other vectors have no gate and are general protection faults. */
static VOID SoftwareInterrupt(hal_trap_frame *Frame) {
    switch (Frame->insn_index) {
    case 0x29: FailFast(Frame);
    case 0x2C: /* DbgRaiseAssertionFailure */ Raise(Frame, STATUS_ASSERTION_FAILURE, 0, 0, 0);
    case 0x2D: DebugService(Frame); return;
    case 0x2E:
        if (Frame->user_mode) {
            KiServiceFromTrap(Frame);
            return;
        }
        break;
    default: break;
    }
    Raise(Frame, STATUS_ACCESS_VIOLATION, 2, 0, ~(ULONG_PTR)0);
}

static VOID ReadControlRegister(hal_trap_frame *Frame) {
    ULONG64 Value;
    switch (Frame->insn_index) {
    case 0: Value = 0x80050033; break; /* PG WP NE ET MP PE AM: as a running x64 Windows has it */
    case 2: Value = 0; break;
    case 3: Value = 0x1AD000; break;
    case 4: Value = 0x370678; break;
    case 8: Value = KiCurrentIrql(); break;
    default: Raise(Frame, STATUS_ILLEGAL_INSTRUCTION, 0, 0, 0);
    }
    *FrameRegister(Frame, Frame->insn_reg) = Value;
    Frame->rip += Frame->insn_length;
}

/*
 * What 64-bit Windows has in the registers that describe the processor to it (Intel's manual, volume 4, for the layouts). Others are none here, and the
 * processor faults: a driver that looks whether there is one does it under __try.
 */
static VOID ReadModelSpecificRegister(hal_trap_frame *Frame) {
    ULONG64 Value;
    switch ((ULONG)Frame->gpr[1]) {
    case 0x1B: Value = 0xFEE00900; break;                       /* IA32_APIC_BASE: enabled, of the boot processor */
    case 0xC0000080: Value = 0xD01; break;                      /* IA32_EFER: SCE, LME, LMA, NXE */
    case 0xC0000081: Value = 0x0023001000000000; break;         /* IA32_STAR */
    case 0xC0000082: Value = (ULONG64)KiSystemCallEntry; break; /* IA32_LSTAR */
    case 0xC0000084: Value = 0x4700; break;                     /* IA32_FMASK */
    default: Raise(Frame, STATUS_PRIVILEGED_INSTRUCTION, 0, 0, 0);
    }
    *FrameRegister(Frame, 0) = (ULONG)Value;
    *FrameRegister(Frame, 2) = Value >> 32;
    Frame->rip += Frame->insn_length;
}

static VOID WriteControlRegister(hal_trap_frame *Frame) {
    ULONG64 Value = *FrameRegister(Frame, Frame->insn_reg);
    if (Frame->insn_index != 8) {
        static CHAR Text[96];
        _snprintf(Text, sizeof Text - 1, "the driver writes CR%u, which Ringside does not have", Frame->insn_index);
        Stop(Frame, 0x1E, (ULONG_PTR)(LONG_PTR)STATUS_PRIVILEGED_INSTRUCTION, Frame->rip, Frame->insn_index, Value, Text);
    }
    if (Value > HIGH_LEVEL) { /* CR8 has four bits, and the processor faults upon others */
        Raise(Frame, STATUS_ACCESS_VIOLATION, 2, 0, ~(ULONG_PTR)0);
    }
    Frame->rip += Frame->insn_length;
    /* Its writers are the inlined KeRaiseIrql and KeLowerIrql. */
    if ((KIRQL)Value >= KiCurrentIrql()) {
        KiDriverRaises((PVOID)Frame->rip, (KIRQL)Value);
        KiSetIrql((KIRQL)Value);
    } else {
        KeLowerIrql((KIRQL)Value);
    }
    KiSchedulePoint();
}

/* Where no device answers, the bus floats high. */
static VOID AccessPort(hal_trap_frame *Frame) {
    ULONG64 *Rax = FrameRegister(Frame, 0), Value;
    ULONG64 Mask = Frame->insn_size == 1 ? 0xFF : Frame->insn_size == 2 ? 0xFFFF : 0xFFFFFFFF;
    if (Frame->insn == HAL_INSN_IN) {
        HalpReadDevice(HAL_DEVICE_PORT, Frame->insn_index, Frame->insn_size, &Value);
        *Rax = Frame->insn_size == 4 ? Value & Mask : (*Rax & ~Mask) | (Value & Mask);
    } else {
        HalpWriteDevice(HAL_DEVICE_PORT, Frame->insn_index, Frame->insn_size, *Rax & Mask);
    }
    Frame->rip += Frame->insn_length;
    InstructionBoundary();
}

static VOID PrivilegedInstruction(hal_trap_frame *Frame) {
    if (Frame->user_mode) {
        Raise(Frame, STATUS_PRIVILEGED_INSTRUCTION, 0, 0, 0);
    }
    static CHAR Text[128];
    switch (Frame->insn) {
    case HAL_INSN_READ_CR: ReadControlRegister(Frame); return;
    case HAL_INSN_WRITE_CR: WriteControlRegister(Frame); return;
    case HAL_INSN_READ_DR:
        *FrameRegister(Frame, Frame->insn_reg) = Frame->insn_index == 6 ? 0xFFFF0FF0 : Frame->insn_index == 7 ? 0x400 : 0;
        Frame->rip += Frame->insn_length;
        return;
    case HAL_INSN_CLI:
        KiProcessor->InterruptsDisabled = TRUE;
        Frame->rip += Frame->insn_length;
        return;
    case HAL_INSN_STI:
        KiProcessor->InterruptsDisabled = FALSE;
        Frame->rip += Frame->insn_length;
        KiDeliverPending(KiCurrentIrql());
        return;
    case HAL_INSN_IN:
    case HAL_INSN_OUT: AccessPort(Frame); return;
    case HAL_INSN_RDMSR: ReadModelSpecificRegister(Frame); return;
    case HAL_INSN_WRMSR: _snprintf(Text, sizeof Text - 1, "the driver writes MSR 0x%X, which Ringside does not have", (ULONG)Frame->gpr[1]); break;
    case HAL_INSN_HLT: _snprintf(Text, sizeof Text - 1, "the driver halts the processor"); break;
    default:
        _snprintf(Text, sizeof Text - 1, "the driver executes '%s', which Ringside does not have",
                  Frame->insn_name[0] ? Frame->insn_name : "mov drN");
    }
    Stop(Frame, 0x1E, (ULONG_PTR)(LONG_PTR)STATUS_PRIVILEGED_INSTRUCTION, Frame->rip, 0, 0, Text);
}

/* A program's SYSCALL is a system call, as on Windows; what else would enter Linux is what it is there: an instruction that has no gate. */
static VOID HostCall(hal_trap_frame *Frame) {
    static CHAR Text[160];
    BOOLEAN Syscall = Frame->insn == HAL_INSN_SYSCALL, InHost = Frame->rip >= HAL_KERNEL_END;
    if (Frame->user_mode && Syscall && !InHost && Frame->rip != 0) {
        KiServiceFromTrap(Frame);
        return;
    }
    Frame->rip -= Frame->insn_length;
    if (Frame->user_mode) {
        Raise(Frame, STATUS_ACCESS_VIOLATION, 2, InHost ? 8 : 0, InHost ? Frame->rip : ~(ULONG_PTR)0);
    }
    PCSTR Instruction = Syscall ? "syscall" : "int 80h";
    ULONG Number = (ULONG)Frame->gpr[0];
    if (Frame->rip == 0) {
        _snprintf(Text, sizeof Text - 1, "the driver left 64-bit code, with sysenter or a far jump: where it did so cannot be known");
    } else if (InHost) {
        _snprintf(Text, sizeof Text - 1, "the driver called code of Ringside's own, for the Linux call %s (%u): it was refused", Frame->insn_name,
                  Number);
    } else if (Frame->insn_name[0] != '\0') {
        _snprintf(Text, sizeof Text - 1, "the driver executes '%s' with eax = %u, to Linux %s: it was refused", Instruction, Number,
                  Frame->insn_name);
    } else {
        _snprintf(Text, sizeof Text - 1, "the driver executes '%s' with eax = %u: it was refused", Instruction, Number);
    }
    Stop(Frame, 0x1E, (ULONG_PTR)(LONG_PTR)STATUS_ILLEGAL_INSTRUCTION, Frame->rip, Number, 0, Text);
}

static VOID GeneralProtection(hal_trap_frame *Frame) {
    if (Frame->insn == HAL_INSN_INT) {
        Frame->insn_index == 0x2E ? (void)(Frame->rip += Frame->insn_length) : (void)0;
        SoftwareInterrupt(Frame);
    } else if (Frame->insn == HAL_INSN_OTHER) {
        /* A non-canonical address (or a misaligned SSE operand): reported without it, as the processor does. */
        if (!Frame->user_mode && KiCurrentIrql() >= DISPATCH_LEVEL) {
            StopAtRaisedIrql(Frame);
        }
        Raise(Frame, STATUS_ACCESS_VIOLATION, 2, 0, ~(ULONG_PTR)0);
    } else {
        PrivilegedInstruction(Frame);
    }
}

/*
 * A floating-point exception's code is that of the first of the conditions that are let through, in the order in which processors find them ("SIMD
 * Floating-Point Exception Priority" in Intel's manual). Conditions has the bits of MXCSR and of the x87's status word, which are the same.
 */
static NTSTATUS FloatCode(ULONG Conditions) {
    static const NTSTATUS Codes[] = {STATUS_FLOAT_INVALID_OPERATION, STATUS_FLOAT_DENORMAL_OPERAND, STATUS_FLOAT_DIVIDE_BY_ZERO,
                                     STATUS_FLOAT_OVERFLOW,          STATUS_FLOAT_UNDERFLOW,        STATUS_FLOAT_INEXACT_RESULT};
    static const UCHAR Order[] = {0, 2, 1, 3, 4, 5};
    for (ULONG I = 0; I < RTL_NUMBER_OF(Order); I++) {
        if (Conditions >> Order[I] & 1) {
            return Codes[Order[I]];
        }
    }
    return STATUS_FLOAT_MULTIPLE_TRAPS;
}

#define X87_STACK_FAULT 0x40u

static DECLSPEC_NORETURN VOID RaiseFloat(hal_trap_frame *Frame) {
    const XMM_SAVE_AREA32 *State = Frame->xsave;
    ULONG Open = State->StatusWord & ~(ULONG)State->ControlWord;
    Raise(Frame, (Open & 1) && (State->StatusWord & X87_STACK_FAULT) ? STATUS_FLOAT_STACK_CHECK : FloatCode(Open), 1, 0, 0);
}

static DECLSPEC_NORETURN VOID RaiseSimd(hal_trap_frame *Frame) {
    ULONG Mxcsr = ((const XMM_SAVE_AREA32 *)Frame->xsave)->MxCsr;
    Raise(Frame, FloatCode(Mxcsr & ~(Mxcsr >> 7)), 2, 0, Mxcsr);
}

/* #DE is raised for division by zero and for a quotient that does not fit. */
static VOID Simple(hal_trap_frame *Frame) {
    switch (Frame->trap) {
    case 0: Raise(Frame, Frame->insn == HAL_INSN_DIVIDE ? STATUS_INTEGER_OVERFLOW : STATUS_INTEGER_DIVIDE_BY_ZERO, 0, 0, 0);
    case 1: Frame->rflags &= ~0x100ull; Raise(Frame, STATUS_SINGLE_STEP, 0, 0, 0);
    case 3:
        Frame->rip -= 1; /* the exception's address is the int 3 itself; handlers that go on step over it */
        Raise(Frame, STATUS_BREAKPOINT, 1, 0, 0);
    case 4: Raise(Frame, STATUS_INTEGER_OVERFLOW, 0, 0, 0);
    case 6: Raise(Frame, STATUS_ILLEGAL_INSTRUCTION, 0, 0, 0);
    case 16: RaiseFloat(Frame);
    case 17: Raise(Frame, STATUS_DATATYPE_MISALIGNMENT, 0, 0, 0);
    case 19: RaiseSimd(Frame);
    default: Stop(Frame, 0x7F, Frame->trap, Frame->error, Frame->rip, 0, "a trap that Ringside does not know");
    }
}

#define PREEMPTIONS_PER_SECOND 50u

VOID KiStopLooping(hal_trap_frame *Frame) {
    if (KiCurrentIrql() >= DISPATCH_LEVEL) {
        Stop(Frame, KI_DPC_WATCHDOG, 0, KiMachine->watchdog_seconds * 64, KiMachine->watchdog_seconds * 64, 0,
             "code at DISPATCH_LEVEL or above does not come back: the stack shows where it loops");
    }
    Stop(Frame, 0xEA, (ULONG_PTR)KiCurrentThread(), 0, 0, 0, "a driver loops without calling the kernel: the stack shows where");
}

static VOID Spinning(hal_trap_frame *Frame) {
    if (Frame->trap == HAL_TRAP_WATCHDOG) {
        KiStopLooping(Frame);
    }
    KiMachine->repeatable = 0;
    if (KiCurrentIrql() >= DISPATCH_LEVEL && ++KiProcessor->SpinTicks > KiMachine->watchdog_seconds * PREEMPTIONS_PER_SECOND) {
        KiStopLooping(Frame);
    }
    KiYield();
}

VOID KiTrap(hal_trap_frame *Frame) {
    PKTHREAD Thread = KiCurrentThread();
    KTRAP_CONTEXT UserContext;
    if (Frame->trap == 14 && MmMapOnDemand(Frame->cr2, Frame->error)) {
        return;
    }
    if (!Frame->user_mode && KiServePoint(Frame)) {
        return;
    }
    KiMachine->kernel_entries++;
    if (Frame->user_mode) {
        RtlZeroMemory(&UserContext, sizeof UserContext);
        UserContext.Trap = Frame;
        UserContext.Rip = Frame->rip;
        UserContext.Rsp = Frame->gpr[4];
        UserContext.Previous = Thread->UserFrame;
        Thread->UserFrame = &UserContext;
        Thread->PreviousMode = UserMode;
        KiAdvanceClockOnEntry();
    }
    switch (Frame->trap) {
    case 8: Stop(Frame, 0x7F, 8, Frame->gpr[4], 0, Frame->rip, "the kernel stack (24 KiB) has run out: deep recursion or large local variables");
    case 13: GeneralProtection(Frame); break;
    case 14: PageFault(Frame); break;
    case HAL_TRAP_SYSCALL: HostCall(Frame); break;
    case HAL_TRAP_PREEMPT:
    case HAL_TRAP_WATCHDOG: Spinning(Frame); break;
    default:
        if (Frame->trap == 6 && Frame->insn == HAL_INSN_PRIVILEGED && !Frame->user_mode) {
            PrivilegedInstruction(Frame);
        } else {
            Simple(Frame);
        }
    }
    if (Frame->user_mode) {
        KiPrepareReturnToUser(&UserContext);
        Thread->UserFrame = UserContext.Previous;
        if (UserContext.ResumeContext != NULL) {
            KiResumeContext(UserContext.ResumeContext);
        }
    }
}
