#include "ke/ke.h"
#include "kd/kd.h"
#include "ldr/ldr.h"
#include "ps/ps.h"
#include "rtl/crt.h"
#include "rtl/rtl.h"
#include "vf/vf.h"

/* What the four parameters of the codes that we raise mean, as the bug check reference gives them. */
static const struct {
    ULONG Code;
    PCSTR Meaning[4];
} Meanings[] = {
    {0x01, {"system call or worker routine", "ApcStateIndex", "SpecialApcDisable << 16 | KernelApcDisable", ""}},
    {0x09, {"requested IRQL", "current IRQL", "", ""}},
    {0x0A, {"address touched", "IRQL", "0 read, 1 write, 8 execute", "program counter"}},
    {0x0F, {"spin lock", "", "", ""}},
    {0x10, {"spin lock", "", "", ""}},
    {0x18, {"object type", "object", "reserved", "reserved"}},
    {0x1E, {"exception code", "program counter", "exception parameter 0", "exception parameter 1"}},
    {0x35, {"IRP", "", "", ""}},
    {0x3B, {"exception code", "program counter", "context record", ""}},
    {0x44, {"IRP", "", "", ""}},
    {0x4A, {"system call", "IRQL", "", ""}},
    {0x50, {"address touched", "0 read, 2 write, 0x10 execute", "program counter", "kind of address"}},
    {0x7A, {"2: see the others", "status", "process", "address"}},
    {0x7E, {"exception code", "program counter", "exception record", "context record"}},
    {0x7F, {"trap", "", "", ""}},
    {0xBE, {"address written", "", "", ""}},
    {0xC2, {"kind of violation", "", "", ""}},
    {0xC7, {"0: a timer", "the timer", "memory that goes: from", "to"}},
    {0xCE, {"address touched", "0 read, 2 write, 0x10 execute", "program counter", ""}},
    {0xD1, {"address touched", "IRQL", "0 read, 1 write, 8 execute", "program counter"}},
    {0xEA, {"thread", "", "", ""}},
    {0xFC, {"address executed", "", "", ""}},
    {0x133, {"0: one DPC or ISR", "ticks it took", "ticks it may take", ""}},
    {0x139, {"kind of damage", "trap frame", "exception record", ""}},
};

static hal_bugcheck Report;
BOOLEAN KiInBugCheck;

VOID KiFatal(PCSTR Format, ...) {
    static CHAR Text[512];
    va_list Arguments;
    va_start(Arguments, Format);
    _vsnprintf(Text, sizeof Text - 1, Format, Arguments);
    va_end(Arguments);
    HalOps->fatal(Text);
    __builtin_unreachable();
}

static VOID DescribeKernelFrame(hal_stack_frame *Frame, PLDR_MODULE Module) {
    Frame->image_base = (ULONG64)Module->DllBase;
    Frame->link_base = Module->PreferredBase;
    strncpy(Frame->image, Module->Name, sizeof Frame->image - 1);
    strncpy(Frame->path, Module->HostPath, sizeof Frame->path - 1);
    ULONG Offset = 0;
    PCSTR Symbol = LdrNearestExport(Module, Frame->pc, &Offset);
    if (Symbol != NULL) {
        strncpy(Frame->symbol, Symbol, sizeof Frame->symbol - 1);
        Frame->symbol_offset = Offset;
    }
}

static VOID MatchUserImage(PVOID Context, PVOID Base, SIZE_T Size, PCUNICODE_STRING Name) {
    hal_stack_frame *Frame = Context;
    if (Frame->pc < (ULONG64)Base || Frame->pc - (ULONG64)Base >= Size) {
        return;
    }
    Frame->image_base = (ULONG64)Base;
    ULONG Start = 0;
    for (ULONG I = 0; I < Name->Length / sizeof(WCHAR); I++) {
        if (Name->Buffer[I] == L'\\') {
            Start = I + 1;
        }
    }
    for (ULONG I = Start, N = 0; I < Name->Length / sizeof(WCHAR) && N < sizeof Frame->image - 1; I++, N++) {
        Frame->image[N] = Name->Buffer[I] < 128 ? (CHAR)Name->Buffer[I] : '?';
    }
}

static VOID AddFrame(ULONG64 Pc) {
    hal_stack_frame *Frame = &Report.frames[Report.frame_count++];
    RtlZeroMemory(Frame, sizeof *Frame);
    Frame->pc = Pc;
    PLDR_MODULE Module = LdrFindModule(Pc);
    if (Module != NULL) {
        DescribeKernelFrame(Frame, Module);
    } else if (Pc < HAL_USER_END) {
        Frame->user_mode = 1;
        if (MmCurrentAddressSpace != NULL) {
            MmListUserImages(MmCurrentAddressSpace, MatchUserImage, Frame);
        }
    }
}

static VOID WalkStack(PCONTEXT Context) {
    while (Report.frame_count < HAL_MAX_FRAMES) {
        AddFrame(Context->Rip);
        if (Context->Rip < HAL_USER_END && Report.frame_count > 1) {
            return; /* the program's own frames below the system call are not ours to walk here */
        }
        ULONG64 ImageBase = 0;
        PRUNTIME_FUNCTION Function = (PRUNTIME_FUNCTION)LdrLookupFunctionEntry(Context->Rip, &ImageBase);
        if (!MmIsRangeAccessible((PVOID)Context->Rsp, sizeof(ULONG64), FALSE)) {
            return;
        }
        if (Function == NULL) {
            Context->Rip = *(ULONG64 *)Context->Rsp; /* a leaf, or a call through a bad pointer */
            Context->Rsp += sizeof(ULONG64);
        } else {
            PVOID HandlerData;
            ULONG64 Establisher;
            RtlVirtualUnwind(UNW_FLAG_NHANDLER, ImageBase, Context->Rip, Function, Context, &HandlerData, &Establisher, NULL);
        }
        if (Context->Rip == 0) {
            return;
        }
    }
}

static PCSTR Culprit(VOID) {
    for (ULONG I = 0; I < Report.frame_count; I++) {
        PLDR_MODULE Module = LdrFindModule(Report.frames[I].pc);
        if (Module != NULL && Module->IsDriver) {
            return Module->Name;
        }
    }
    return "";
}

VOID KiNameParameters(const PCSTR Names[4]) { RtlCopyMemory(Report.parameter_meaning, Names, sizeof Report.parameter_meaning); }

VOID KiBugCheck(ULONG Code, ULONG_PTR P1, ULONG_PTR P2, ULONG_PTR P3, ULONG_PTR P4, PCONTEXT Context, PCSTR Message) {
    if (KiInBugCheck) { /* the walk itself met damage: what is known so far is shown */
        HalOps->bugcheck(&Report);
    }
    KiInBugCheck = TRUE;
    static CONTEXT Walk;
    if (Context != NULL) {
        Walk = *Context;
    } else {
        RtlCaptureContext(&Walk);
    }
    KiInterleaves = FALSE;
    KiMachine->no_preempt = 1;
    Report.irql = KiProcessor->Irql;
    KiProcessor->Irql = HIGH_LEVEL;
    PETHREAD Thread = (PETHREAD)KiCurrentThread();
    Report.code = Code;
    Report.name = RtlpBugCheckName(Code);
    Report.parameter[0] = P1;
    Report.parameter[1] = P2;
    Report.parameter[2] = P3;
    Report.parameter[3] = P4;
    for (ULONG I = 0; I < RTL_NUMBER_OF(Meanings); I++) {
        if (Meanings[I].Code == Code) {
            RtlCopyMemory(Report.parameter_meaning, Meanings[I].Meaning, sizeof Report.parameter_meaning);
        }
    }
    Report.message = Message != NULL ? Message : "";
    Report.culprit = "";
    Report.process = "System";
    Report.cpu = KiProcessor->Number;
    if (Thread != NULL) {
        Report.tid = (ULONG)(ULONG_PTR)Thread->Cid.UniqueThread;
        Report.pid = (ULONG)(ULONG_PTR)Thread->Cid.UniqueProcess;
        if (Thread->Process != NULL && Thread->Process->ImageFileName[0] != '\0') {
            Report.process = Thread->Process->ImageFileName;
        }
    }
    WalkStack(&Walk);
    Report.culprit = Culprit();
    KiRunBugCheckCallbacks();
    KdFlush();
    VfFlushTrace();
    HalOps->bugcheck(&Report);
    __builtin_unreachable();
}

__attribute__((noinline)) VOID KiBugCheckInRoutine(ULONG Code, ULONG_PTR P1, ULONG_PTR P2, ULONG_PTR P3, ULONG_PTR P4, PVOID Routine, PCSTR Message) {
    static CONTEXT Context;
    ULONG64 ImageBase, Establisher;
    PVOID HandlerData;
    RtlCaptureContext(&Context);
    PRUNTIME_FUNCTION Function = (PRUNTIME_FUNCTION)LdrLookupFunctionEntry(Context.Rip, &ImageBase);
    RtlVirtualUnwind(UNW_FLAG_NHANDLER, ImageBase, Context.Rip, Function, &Context, &HandlerData, &Establisher, NULL);
    /* The call of this function becomes that of the routine. */
    Context.Rsp -= sizeof(ULONG64);
    Context.Rip = (ULONG64)Routine;
    KiBugCheck(Code, P1, P2, P3, P4, &Context, Message);
}

VOID KiBugCheckException(ULONG Code, ULONG_PTR P3, ULONG_PTR P4, PEXCEPTION_POINTERS Pointers, PCSTR Where) {
    static CHAR Text[256];
    static const PCSTR Access[] = {"reading", "writing", "", "", "", "", "", "", "executing"};
    PEXCEPTION_RECORD Record = Pointers->ExceptionRecord;
    PCSTR Name = RtlpStatusName(Record->ExceptionCode);
    CHAR What[64] = "", Number[16] = "";
    if (Name == NULL) {
        _snprintf(Number, sizeof Number - 1, "exception %08X", Record->ExceptionCode);
    }
    if (Record->ExceptionCode == STATUS_ACCESS_VIOLATION && Record->NumberParameters >= 2 && Record->ExceptionInformation[0] <= 8) {
        _snprintf(What, sizeof What - 1, ", %s address %p", Access[Record->ExceptionInformation[0]], (PVOID)Record->ExceptionInformation[1]);
    } else if (Record->ExceptionCode == STATUS_BREAKPOINT) {
        strncpy(What, ", and there is no kernel debugger to take it", sizeof What - 1);
    }
    _snprintf(Text, sizeof Text - 1, "%s%s: %s", Name != NULL ? Name : Number, What, Where);
    /* Crash dumps show the code sign-extended in all of these but 3B. */
    ULONG_PTR Parameter = Code == 0x3B ? (ULONG)Record->ExceptionCode : (ULONG_PTR)(LONG_PTR)Record->ExceptionCode;
    KiBugCheck(Code, Parameter, (ULONG_PTR)Record->ExceptionAddress, P3, P4, Pointers->ContextRecord, Text);
}

VOID NTAPI KeBugCheckEx(ULONG BugCheckCode, ULONG_PTR P1, ULONG_PTR P2, ULONG_PTR P3, ULONG_PTR P4) {
    CONTEXT Context;
    RtlCaptureContext(&Context);
    KiBugCheck(BugCheckCode, P1, P2, P3, P4, &Context, NULL);
}

VOID NTAPI KeBugCheck(ULONG BugCheckCode) {
    CONTEXT Context;
    RtlCaptureContext(&Context);
    KiBugCheck(BugCheckCode, 0, 0, 0, 0, &Context, NULL);
}
