#include "ke/ke.h"
#include "ke/offsets.h"
#include "ps/ps.h"
#include "rtl/rtl.h"

/* Where KiUserExceptionDispatcher finds its arguments, counted from its rsp (Windows x64: public knowledge of debuggers' stack walks):
   the CONTEXT, then the exception record, then a machine frame, so that the unwinder reaches the interrupted user code. */
#define USER_FRAME_RECORD  0x4F0
#define USER_FRAME_MACHINE 0x590
#define USER_FRAME_SIZE    0x5C0

/*
 * What a CONTEXT has no room for lies above that frame: the CONTEXT_EX behind the CONTEXT says where, when CONTEXT_XSTATE is among its flags ("Working with
 * XState Context"). Of the processor's extended state it is the upper halves of ymm0 to ymm15, behind the header of XSAVE's format.
 */
#define USER_FRAME_CONTEXT_EX sizeof(CONTEXT)
#define USER_FRAME_ALIGNMENT  64u
#define CONTEXT_XSTATE_FLAG   0x40u
#define XSTATE_AVX            4ull

typedef struct _USER_XSTATE {
    ULONG64 Mask;
    ULONG64 Reserved[7];
    M128A YmmHigh[16];
} USER_XSTATE;

typedef struct DECLSPEC_ALIGN(64) _XSAVE_IMAGE {
    XMM_SAVE_AREA32 Legacy;
    USER_XSTATE Extended;
} XSAVE_IMAGE;
_Static_assert(offsetof(XSAVE_IMAGE, Extended.YmmHigh) == 576, "XSAVE, standard format");
_Static_assert(USER_FRAME_CONTEXT_EX + sizeof(CONTEXT_EX) <= USER_FRAME_RECORD && USER_FRAME_SIZE % USER_FRAME_ALIGNMENT == 0, "user frame");

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

/* FALSE: the processor has none, or the exception is no trap, and a function call has lost it anyway. */
static BOOLEAN CaptureXstate(USER_XSTATE *Xstate) {
    PKTRAP_CONTEXT Frame = KiCurrentThread()->UserFrame;
    RtlZeroMemory(Xstate, sizeof *Xstate);
    if (Frame == NULL || Frame->Trap == NULL || (Frame->Trap->xsave_mask & XSTATE_AVX) == 0) {
        return FALSE;
    }
    const XSAVE_IMAGE *Image = Frame->Trap->xsave;
    if (Image->Extended.Mask & XSTATE_AVX) {
        Xstate->Mask = XSTATE_AVX;
        RtlCopyMemory(Xstate->YmmHigh, Image->Extended.YmmHigh, sizeof Xstate->YmmHigh);
    }
    return TRUE;
}

static BOOLEAN CopyXstateToUser(ULONG64 Frame, const USER_XSTATE *Xstate) {
    LONG Here = (LONG)USER_FRAME_CONTEXT_EX;
    CONTEXT_EX Ex = {.All = {-Here, USER_FRAME_SIZE + sizeof *Xstate},
                     .Legacy = {-Here, sizeof(CONTEXT)},
                     .XState = {(LONG)USER_FRAME_SIZE - Here, sizeof *Xstate}};
    return KiCopyToUser((PVOID)(Frame + USER_FRAME_CONTEXT_EX), &Ex, sizeof Ex) &&
           KiCopyToUser((PVOID)(Frame + USER_FRAME_SIZE), Xstate, sizeof *Xstate);
}

/* FALSE: there is none behind the context, whatever its flags say: programs copy a CONTEXT without what belongs to it. */
static BOOLEAN ReadXstate(PCONTEXT UserContext, USER_XSTATE *Xstate) {
    ULONG64 Ex = (ULONG64)UserContext + USER_FRAME_CONTEXT_EX;
    CONTEXT_EX Chunks;
    return RtlGetEnabledExtendedFeatures(XSTATE_AVX) != 0 && KiCopyFromUser(&Chunks, (PVOID)Ex, sizeof Chunks) &&
           Chunks.Legacy.Offset == -(LONG)USER_FRAME_CONTEXT_EX && Chunks.XState.Length == sizeof *Xstate &&
           KiCopyFromUser(Xstate, (PVOID)(Ex + (ULONG64)(LONG64)Chunks.XState.Offset), sizeof *Xstate);
}

/* The upper halves alone; until the program goes on, only code without AVX may run. A component that is not in the mask is zero. */
static VOID LoadXstate(const USER_XSTATE *Xstate) {
    XSAVE_IMAGE Image;
    RtlZeroMemory(&Image, sizeof Image);
    Image.Legacy.MxCsr = 0x1F80;
    Image.Extended.Mask = Xstate->Mask & XSTATE_AVX;
    RtlCopyMemory(Image.Extended.YmmHigh, Xstate->YmmHigh, sizeof Image.Extended.YmmHigh);
    __asm__ volatile("xrstor64 %0" : : "m"(Image), "a"((ULONG)XSTATE_AVX), "d"(0) : "memory");
}

static DECLSPEC_NORETURN DECLSPEC_NOINLINE VOID DispatchToUser(PEXCEPTION_RECORD Record, PCONTEXT Context, BOOLEAN FirstChance) {
    PEPROCESS Process = ((PETHREAD)KiCurrentThread())->Process;
    PVOID Dispatcher = PspNtdllRoutine(Process, "KiUserExceptionDispatcher");
    if (!FirstChance || Dispatcher == NULL) {
        EndProcess(Record->ExceptionCode);
    }
    USER_XSTATE Xstate;
    BOOLEAN HasXstate = CaptureXstate(&Xstate);
    Context->ContextFlags = (Context->ContextFlags & ~CONTEXT_XSTATE_FLAG) | (HasXstate ? CONTEXT_XSTATE_FLAG : 0);
    ULONG64 Rsp = (Context->Rsp - USER_FRAME_SIZE - sizeof Xstate - 128) & ~(ULONG64)(USER_FRAME_ALIGNMENT - 1);
    MACHINE_FRAME_ Machine = {Context->Rip, SELECTOR_USER_CODE, Context->EFlags, Context->Rsp, SELECTOR_USER_DATA};
    if (Context->Rsp < USER_FRAME_SIZE + sizeof Xstate + 256 || (HasXstate && !CopyXstateToUser(Rsp, &Xstate)) ||
        !KiCopyToUser((PVOID)Rsp, Context, sizeof *Context) || !KiCopyToUser((PVOID)(Rsp + USER_FRAME_RECORD), Record, sizeof *Record) ||
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
    USER_XSTATE Xstate;
    if (KiPreviousMode() == KernelMode) {
        KiResumeContext(ContextRecord);
    }
    if (!KiCopyFromUser(&Context, ContextRecord, sizeof Context)) {
        return STATUS_ACCESS_VIOLATION;
    }
    BOOLEAN HasXstate = (Context.ContextFlags & CONTEXT_XSTATE_FLAG) != 0 && ReadXstate(ContextRecord, &Xstate);
    Context.ContextFlags &= ~CONTEXT_XSTATE_FLAG; /* an APC goes on with a copy */
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
    if (HasXstate && Frame->ResumeContext == &Context) {
        LoadXstate(&Xstate);
    }
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
