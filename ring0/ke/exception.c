#include "ke/ke.h"
#include "ke/offsets.h"
#include "ps/ps.h"
#include "rtl/rtl.h"

/* Where KiUserExceptionDispatcher finds its arguments, counted from its rsp (Windows x64: public knowledge of debuggers' stack walks):
   the CONTEXT, then the exception record, then a machine frame, so that the unwinder reaches the interrupted user code. */
#define USER_FRAME_RECORD  0x4F0
#define USER_FRAME_MACHINE 0x590
#define USER_FRAME_SIZE    0x5C0

#define EFLAGS_USER_SETTABLE 0x240DD5ull /* CF PF AF ZF SF TF DF OF AC ID */
#define EFLAGS_FIXED         0x202ull
#define MXCSR_SETTABLE       0xFFFFu

typedef struct _MACHINE_FRAME_ {
    ULONG64 Rip, Cs, EFlags, Rsp, Ss;
} MACHINE_FRAME_;

VOID KiResumeContext(PCONTEXT Context) {
    CONTEXT Copy = *Context;
    BOOLEAN User = Copy.Rsp < HAL_USER_END;
    Copy.EFlags = (ULONG)((Copy.EFlags & EFLAGS_USER_SETTABLE) | EFLAGS_FIXED);
    Copy.MxCsr &= MXCSR_SETTABLE;
    Copy.FltSave.MxCsr = Copy.MxCsr; /* FXRSTOR faults on reserved bits */
    if (User) {
        KiCurrentThread()->UserFrame = NULL;
    }
    KiRestoreContext(&Copy, User, (PVOID)((ULONG_PTR)&Copy & ~(ULONG_PTR)15));
    __builtin_unreachable();
}

BOOLEAN KiCopyFromUser(PVOID To, const VOID *From, SIZE_T Size) {
    if ((ULONG_PTR)From >= HAL_USER_END || Size > HAL_USER_END - (ULONG_PTR)From) {
        return FALSE;
    }
    __try {
        RtlCopyMemory(To, From, Size);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return FALSE;
    }
    return TRUE;
}

BOOLEAN KiCopyToUser(PVOID To, const VOID *From, SIZE_T Size) {
    if ((ULONG_PTR)To >= HAL_USER_END || Size > HAL_USER_END - (ULONG_PTR)To) {
        return FALSE;
    }
    __try {
        RtlCopyMemory(To, From, Size);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return FALSE;
    }
    return TRUE;
}

/* A program that cannot even be told of its exception ends with it. */
static DECLSPEC_NORETURN VOID EndProcess(NTSTATUS Code) {
    PspTerminateProcess(((PETHREAD)KiCurrentThread())->Process, Code);
    PspExitThread(Code);
}

static DECLSPEC_NORETURN VOID DispatchToUser(PEXCEPTION_RECORD Record, PCONTEXT Context, BOOLEAN FirstChance) {
    PEPROCESS Process = ((PETHREAD)KiCurrentThread())->Process;
    PVOID Dispatcher = PspNtdllRoutine(Process, "KiUserExceptionDispatcher");
    if (!FirstChance || Dispatcher == NULL) {
        EndProcess(Record->ExceptionCode);
    }
    ULONG64 Rsp = ((Context->Rsp - USER_FRAME_SIZE - 128) & ~15ull);
    MACHINE_FRAME_ Machine = {Context->Rip, SELECTOR_USER_CODE, Context->EFlags, Context->Rsp, SELECTOR_USER_DATA};
    if (Context->Rsp < USER_FRAME_SIZE + 256 || !KiCopyToUser((PVOID)Rsp, Context, sizeof *Context) ||
        !KiCopyToUser((PVOID)(Rsp + USER_FRAME_RECORD), Record, sizeof *Record) ||
        !KiCopyToUser((PVOID)(Rsp + USER_FRAME_MACHINE), &Machine, sizeof Machine)) {
        EndProcess(Record->ExceptionCode);
    }
    Context->Rsp = Rsp;
    Context->Rip = (ULONG64)Dispatcher;
    Context->EFlags &= ~0x500u; /* TF, DF */
    KiResumeContext(Context);
}

LONG KiUnhandledException(PEXCEPTION_POINTERS Pointers) {
    KiBugCheckException(0x1E, Pointers->ExceptionRecord->ExceptionInformation[0], Pointers->ExceptionRecord->ExceptionInformation[1], Pointers,
                        "no handler took it");
}

VOID KiDispatchException(PEXCEPTION_RECORD Record, PCONTEXT Context, KPROCESSOR_MODE Mode, BOOLEAN FirstChance) {
    if (Mode == UserMode) {
        DispatchToUser(Record, Context, FirstChance);
    }
    if (FirstChance && RtlDispatchException(Record, Context)) {
        KiResumeContext(Context);
    }
    EXCEPTION_POINTERS Pointers = {Record, Context};
    KiUnhandledException(&Pointers);
    __builtin_unreachable();
}

NTSTATUS NTAPI NtContinue(PCONTEXT ContextRecord, BOOLEAN TestAlert) {
    CONTEXT Context;
    if (KiPreviousMode() == KernelMode) {
        KiResumeContext(ContextRecord);
    }
    if (!KiCopyFromUser(&Context, ContextRecord, sizeof Context)) {
        return STATUS_ACCESS_VIOLATION;
    }
    if (Context.Rsp >= HAL_USER_END || Context.Rip >= HAL_USER_END) {
        return STATUS_INVALID_PARAMETER;
    }
    if (TestAlert) {
        KeTestAlertThread(UserMode);
    }
    /* Leaving through the ordinary exit lets what is pending (termination, further APCs) happen first. */
    PKTRAP_CONTEXT Frame = KiCurrentThread()->UserFrame;
    Frame->ResumeContext = &Context;
    KiPrepareReturnToUser(Frame);
    KiResumeContext(Frame->ResumeContext);
}

NTSTATUS NTAPI NtRaiseException(PEXCEPTION_RECORD ExceptionRecord, PCONTEXT ContextRecord, BOOLEAN FirstChance) {
    EXCEPTION_RECORD Record;
    CONTEXT Context;
    if (KiPreviousMode() == KernelMode) {
        KiDispatchException(ExceptionRecord, ContextRecord, KernelMode, FirstChance);
    }
    if (!KiCopyFromUser(&Record, ExceptionRecord, sizeof Record) || !KiCopyFromUser(&Context, ContextRecord, sizeof Context)) {
        return STATUS_ACCESS_VIOLATION;
    }
    if (Record.NumberParameters > EXCEPTION_MAXIMUM_PARAMETERS || Context.Rsp >= HAL_USER_END || Context.Rip >= HAL_USER_END) {
        return STATUS_INVALID_PARAMETER;
    }
    KiDispatchException(&Record, &Context, UserMode, FirstChance);
}
