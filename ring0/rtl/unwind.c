/*
 * Unwinding x64 frames by their .pdata and .xdata. The rules are the MSVC documentation's "x64 exception handling": a control
 * pc is in the prologue (undo the codes that have run), in an epilogue (run the rest of it), or in the body (undo all codes).
 *
 * Everything that a frame makes us read lies on its stack, and a damaged frame may send us anywhere. So each read is checked against
 * bounds that the caller gives, and the frame is refused instead of read when it leads out of them.
 */
#include "rtl/rtlp.h"

enum unwind_op {
    UWOP_PUSH_NONVOL,
    UWOP_ALLOC_LARGE,
    UWOP_ALLOC_SMALL,
    UWOP_SET_FPREG,
    UWOP_SAVE_NONVOL,
    UWOP_SAVE_NONVOL_FAR,
    UWOP_EPILOG, /* version 2: where the epilogues are; takes two slots, as does its padding */
    UWOP_SPARE_CODE,
    UWOP_SAVE_XMM128,
    UWOP_SAVE_XMM128_FAR,
    UWOP_PUSH_MACHFRAME
};

typedef union _UNWIND_CODE {
    struct {
        UCHAR CodeOffset;
        UCHAR UnwindOp : 4;
        UCHAR OpInfo : 4;
    };
    USHORT FrameOffset;
} UNWIND_CODE;

typedef struct _UNWIND_INFO {
    UCHAR Version : 3;
    UCHAR Flags : 5;
    UCHAR SizeOfProlog;
    UCHAR CountOfCodes;
    UCHAR FrameRegister : 4;
    UCHAR FrameOffset : 4;    /* in units of 16 */
    UNWIND_CODE UnwindCode[]; /* an even number of slots; then the handler's address and data, or the parent's entry */
} UNWIND_INFO;
_Static_assert(sizeof(UNWIND_INFO) == 4, "UNWIND_INFO");

#define REGISTER_RSP 4
#define MAX_CHAIN    32

typedef struct _UNWIND_STATE {
    PCONTEXT Context;
    PULONG64 Gpr; /* Context's, in the encoding's order */
    PM128A Xmm;
    PKNONVOLATILE_CONTEXT_POINTERS Pointers;
    ULONG64 Low, High;
    BOOLEAN Malformed; /* an unwind code that there is not */
} UNWIND_STATE;

static BOOLEAN RtlpReadStack(const UNWIND_STATE *State, ULONG64 Address, PULONG64 Value) {
    if (Address < State->Low || Address > State->High - sizeof(ULONG64)) {
        return FALSE;
    }
    *Value = *(PULONG64)Address;
    return TRUE;
}

static BOOLEAN RtlpRestoreGpr(UNWIND_STATE *State, ULONG Register, ULONG64 Address) {
    if (!RtlpReadStack(State, Address, &State->Gpr[Register])) {
        return FALSE;
    }
    if (State->Pointers) {
        State->Pointers->IntegerContext[Register] = (PULONG64)Address;
    }
    return TRUE;
}

static BOOLEAN RtlpRestoreXmm(UNWIND_STATE *State, ULONG Register, ULONG64 Address) {
    if (!RtlpReadStack(State, Address, (PULONG64)&State->Xmm[Register].Low) ||
        !RtlpReadStack(State, Address + 8, (PULONG64)&State->Xmm[Register].High)) {
        return FALSE;
    }
    if (State->Pointers) {
        State->Pointers->FloatingContext[Register] = (PM128A)Address;
    }
    return TRUE;
}

static BOOLEAN RtlpPopReturnAddress(UNWIND_STATE *State) {
    if (!RtlpReadStack(State, State->Context->Rsp, &State->Context->Rip)) {
        return FALSE;
    }
    State->Context->Rsp += 8;
    return TRUE;
}

static ULONG RtlpCodeSlots(UNWIND_CODE Code) {
    switch (Code.UnwindOp) {
    case UWOP_ALLOC_LARGE: return Code.OpInfo ? 3 : 2;
    case UWOP_SAVE_NONVOL:
    case UWOP_SAVE_XMM128:
    case UWOP_EPILOG: return 2;
    case UWOP_SAVE_NONVOL_FAR:
    case UWOP_SAVE_XMM128_FAR:
    case UWOP_SPARE_CODE: return 3;
    default: return 1;
    }
}

static const UNWIND_INFO *RtlpUnwindInfo(ULONG64 ImageBase, PRUNTIME_FUNCTION Entry) { return (const UNWIND_INFO *)(ImageBase + Entry->UnwindData); }

static PRUNTIME_FUNCTION RtlpChainedEntry(const UNWIND_INFO *Info) { return (PRUNTIME_FUNCTION)&Info->UnwindCode[(Info->CountOfCodes + 1) & ~1]; }

/* The 32-bit operand in the two slots after a FAR or LARGE code. */
static ULONG RtlpLargeOperand(const UNWIND_CODE *Code) { return Code[1].FrameOffset | (ULONG)Code[2].FrameOffset << 16; }

/* Undoes the codes of one UNWIND_INFO that have run when Offset bytes of the function have. FrameBase is where saved registers are counted from. */
static BOOLEAN RtlpUndoCodes(UNWIND_STATE *State, const UNWIND_INFO *Info, ULONG Offset, ULONG64 FrameBase, BOOLEAN *MachineFrame) {
    ULONG Slots;
    for (ULONG I = 0; I < Info->CountOfCodes; I += Slots) {
        const UNWIND_CODE *Code = &Info->UnwindCode[I];
        ULONG Register = Code->OpInfo;
        ULONG64 Rsp = State->Context->Rsp;
        Slots = RtlpCodeSlots(*Code);
        if (Code->UnwindOp == UWOP_EPILOG || Code->UnwindOp == UWOP_SPARE_CODE || Offset < Code->CodeOffset) {
            continue;
        }
        switch (Code->UnwindOp) {
        case UWOP_PUSH_NONVOL:
            if (!RtlpRestoreGpr(State, Register, Rsp)) {
                return FALSE;
            }
            State->Context->Rsp = Rsp + 8;
            break;
        case UWOP_ALLOC_LARGE: State->Context->Rsp = Rsp + (Code->OpInfo ? RtlpLargeOperand(Code) : Code[1].FrameOffset * 8ull); break;
        case UWOP_ALLOC_SMALL: State->Context->Rsp = Rsp + Code->OpInfo * 8ull + 8; break;
        case UWOP_SET_FPREG: State->Context->Rsp = State->Gpr[Info->FrameRegister] - Info->FrameOffset * 16ull; break;
        case UWOP_SAVE_NONVOL:
            if (!RtlpRestoreGpr(State, Register, FrameBase + Code[1].FrameOffset * 8ull)) {
                return FALSE;
            }
            break;
        case UWOP_SAVE_NONVOL_FAR:
            if (!RtlpRestoreGpr(State, Register, FrameBase + RtlpLargeOperand(Code))) {
                return FALSE;
            }
            break;
        case UWOP_SAVE_XMM128:
            if (!RtlpRestoreXmm(State, Register, FrameBase + Code[1].FrameOffset * 16ull)) {
                return FALSE;
            }
            break;
        case UWOP_SAVE_XMM128_FAR:
            if (!RtlpRestoreXmm(State, Register, FrameBase + RtlpLargeOperand(Code))) {
                return FALSE;
            }
            break;
        case UWOP_PUSH_MACHFRAME: /* rip, cs, rflags, rsp, ss, above an error code if OpInfo says so */
            Rsp += Code->OpInfo ? 8 : 0;
            if (!RtlpReadStack(State, Rsp, &State->Context->Rip) || !RtlpReadStack(State, Rsp + 24, &State->Context->Rsp)) {
                return FALSE;
            }
            *MachineFrame = TRUE;
            break;
        default: State->Malformed = TRUE; return FALSE;
        }
    }
    return TRUE;
}

/* ---- Epilogues ----------------------------------------------------------------------------------------------------------- */

static ULONG64 RtlpModRmDisplacement(const UCHAR *After, UCHAR Mod) {
    return Mod == 1 ? (ULONG64)(LONG64)(CHAR)After[0] : (ULONG64)(LONG64)(LONG)(After[0] | After[1] << 8 | After[2] << 16 | (ULONG)After[3] << 24);
}

/* Is a relative jump a tail call? Then it goes to where a function begins (this one, another, or a leaf), not within this one or to a part of it
   that lies
   elsewhere. */
static BOOLEAN RtlpJumpLeaves(ULONG64 ImageBase, PRUNTIME_FUNCTION Entry, ULONG64 Target) {
    ULONG64 Rva = Target - ImageBase, TargetBase;
    if (Rva > Entry->BeginAddress && Rva < Entry->EndAddress) {
        return FALSE;
    }
    PRUNTIME_FUNCTION Other = RtlLookupFunctionEntry(Target, &TargetBase, NULL);
    return !Other || (Target - TargetBase == Other->BeginAddress && !(RtlpUnwindInfo(TargetBase, Other)->Flags & UNW_FLAG_CHAININFO));
}

/*
 * An epilogue is [add rsp, n | lea rsp, n[frame register]], pops, and ret or a jump out of the function. If Pc is at any instruction of one,
 * does what is left of it to the state. 1: done; 0: not in an epilogue; -1: in one whose stack cannot be read.
 */
static int RtlpRunEpilogue(UNWIND_STATE *State, ULONG64 ImageBase, PRUNTIME_FUNCTION Entry, const UNWIND_INFO *Info, ULONG64 Pc) {
    const UCHAR *P = (const UCHAR *)Pc;
    ULONG64 Rsp = State->Context->Rsp;

    if (P[0] == 0x48 && P[1] == 0x83 && P[2] == 0xC4) { /* add rsp, imm8 */
        Rsp += (ULONG64)(LONG64)(CHAR)P[3];
        P += 4;
    } else if (P[0] == 0x48 && P[1] == 0x81 && P[2] == 0xC4) { /* add rsp, imm32 */
        Rsp += RtlpModRmDisplacement(P + 3, 2);
        P += 7;
    } else if ((P[0] & 0xFE) == 0x48 && P[1] == 0x8D && Info->FrameRegister) { /* lea rsp, disp[frame register] */
        UCHAR Mod = P[2] >> 6;
        ULONG Register = (P[2] & 7u) | (P[0] & 1u) << 3;
        ULONG Sib = (P[2] & 7) == 4; /* r12 as base */
        if (((P[2] >> 3) & 7) == REGISTER_RSP && (Mod == 1 || Mod == 2) && Register == Info->FrameRegister) {
            Rsp = State->Gpr[Register] + RtlpModRmDisplacement(P + 3 + Sib, Mod);
            P += 3 + Sib + (Mod == 1 ? 1 : 4);
        }
    }

    const UCHAR *Pops = P;
    for (;;) {
        if ((P[0] & 0xF8) == 0x58) {
            P++;
        } else if (P[0] == 0x41 && (P[1] & 0xF8) == 0x58) {
            P += 2;
        } else {
            break;
        }
    }

    const UCHAR *Q = P;
    BOOLEAN End = FALSE;
    if (Q[0] == 0xF2 || Q[0] == 0xF3) { /* bnd ret, rep ret */
        Q++;
    }
    if (Q[0] == 0xC3 || Q[0] == 0xC2) {
        End = TRUE;
    } else if (P[0] == 0xEB) {
        End = RtlpJumpLeaves(ImageBase, Entry, (ULONG64)P + 2 + (ULONG64)(LONG64)(CHAR)P[1]);
    } else if (P[0] == 0xE9) {
        End = RtlpJumpLeaves(ImageBase, Entry, (ULONG64)P + 5 + RtlpModRmDisplacement(P + 1, 2));
    } else { /* jmp [rip + n]; jmp reg with REX.W, as compilers mark a tail call */
        End = (P[0] == 0xFF && P[1] == 0x25) || (P[0] == 0x48 && P[1] == 0xFF && (P[2] == 0x25 || (P[2] & 0xF8) == 0xE0)) ||
              (P[0] == 0x49 && P[1] == 0xFF && (P[2] & 0xF8) == 0xE0);
    }
    if (!End) {
        return 0;
    }

    for (; Pops < P; Pops++) {
        ULONG Extension = 0;
        if (*Pops == 0x41) {
            Extension = 8;
            Pops++;
        }
        if (!RtlpRestoreGpr(State, (*Pops & 7u) | Extension, Rsp)) {
            return -1;
        }
        Rsp += 8;
    }
    State->Context->Rsp = Rsp;
    return RtlpPopReturnAddress(State) ? 1 : -1;
}

/* ---- Frames ---------------------------------------------------------------------------------------------------------------- */

BOOLEAN RtlpVirtualUnwind(ULONG HandlerType, PRTLP_FRAME Frame, PCONTEXT Context, PKNONVOLATILE_CONTEXT_POINTERS Pointers) {
    UNWIND_STATE State = {Context, &Context->Rax, &Context->Xmm0, Pointers, Frame->Low, Frame->High, FALSE};
    PRUNTIME_FUNCTION Entry = Frame->FunctionEntry;

    Frame->IsInterrupted = FALSE;
    Frame->IsMalformed = FALSE;
    Frame->Handler = NULL;
    Frame->HandlerData = NULL;
    Frame->EstablisherFrame = Context->Rsp;
    if (!Entry) {
        return RtlpPopReturnAddress(&State);
    }
    if (Entry->UnwindData & 1) {
        Entry = (PRUNTIME_FUNCTION)(Frame->ImageBase + Entry->UnwindData - 1);
    }

    const UNWIND_INFO *Info = RtlpUnwindInfo(Frame->ImageBase, Entry);
    if (Info->Version < 1 || Info->Version > 2) {
        Frame->IsMalformed = TRUE;
        return FALSE;
    }
    ULONG Offset = (ULONG)(Frame->ControlPc - Frame->ImageBase - Entry->BeginAddress);
    BOOLEAN InProlog = Offset < Info->SizeOfProlog;

    /* The establisher frame is what rsp is after the prologue; where a frame register holds it, rsp may have moved since. */
    if (Info->FrameRegister) {
        BOOLEAN Established = !InProlog || (Info->Flags & UNW_FLAG_CHAININFO);
        ULONG Slots;
        for (ULONG I = 0; !Established && I < Info->CountOfCodes; I += Slots) {
            Slots = RtlpCodeSlots(Info->UnwindCode[I]);
            Established = Info->UnwindCode[I].UnwindOp == UWOP_SET_FPREG && Offset >= Info->UnwindCode[I].CodeOffset;
        }
        if (Established) {
            Frame->EstablisherFrame = State.Gpr[Info->FrameRegister] - Info->FrameOffset * 16ull;
        }
    }

    if (!InProlog) {
        int Epilogue = RtlpRunEpilogue(&State, Frame->ImageBase, Entry, Info, Frame->ControlPc);
        if (Epilogue) {
            return Epilogue > 0;
        }
    }

    /* A chained part of a function has its parent's frame below its own. The parent's prologue has run, all of it. */
    for (ULONG Chain = 0;; Chain++) {
        if (!RtlpUndoCodes(&State, Info, Chain ? ~0u : Offset, Frame->EstablisherFrame, &Frame->IsInterrupted)) {
            Frame->IsMalformed = State.Malformed;
            return FALSE;
        }
        if (!(Info->Flags & UNW_FLAG_CHAININFO)) {
            break;
        }
        if (Chain == MAX_CHAIN) {
            Frame->IsMalformed = TRUE;
            return FALSE;
        }
        Entry = RtlpChainedEntry(Info);
        Info = RtlpUnwindInfo(Frame->ImageBase, Entry);
    }
    if (!Frame->IsInterrupted && !RtlpPopReturnAddress(&State)) {
        return FALSE;
    }

    if (!InProlog && (Info->Flags & HandlerType & (UNW_FLAG_EHANDLER | UNW_FLAG_UHANDLER))) {
        const ULONG *Handler = (const ULONG *)RtlpChainedEntry(Info); /* in the same place */
        Frame->Handler = (PEXCEPTION_ROUTINE)(Frame->ImageBase + Handler[0]);
        Frame->HandlerData = (PVOID)&Handler[1];
    }
    return TRUE;
}

PEXCEPTION_ROUTINE NTAPI RtlVirtualUnwind(ULONG HandlerType, ULONG64 ImageBase, ULONG64 ControlPc, PRUNTIME_FUNCTION FunctionEntry, PCONTEXT Context,
                                          PVOID *HandlerData, PULONG64 EstablisherFrame, PKNONVOLATILE_CONTEXT_POINTERS ContextPointers) {
    RTLP_FRAME Frame = {.ControlPc = ControlPc, .Low = 0, .High = ~0ull, .ImageBase = ImageBase, .FunctionEntry = FunctionEntry};
    if (!RtlpVirtualUnwind(HandlerType, &Frame, Context, ContextPointers) && Frame.IsMalformed) {
        RtlRaiseStatus(STATUS_BAD_FUNCTION_TABLE);
    }
    *HandlerData = Frame.HandlerData;
    *EstablisherFrame = Frame.EstablisherFrame;
    return Frame.Handler;
}

BOOLEAN RtlpUnwindFrame(PCONTEXT Context, ULONG64 Low, ULONG64 High) {
    RTLP_FRAME Frame = {.ControlPc = Context->Rip, .Low = Low, .High = High};
    ULONG64 Rsp = Context->Rsp;
    Frame.FunctionEntry = RtlLookupFunctionEntry(Context->Rip, &Frame.ImageBase, NULL);
    return RtlpVirtualUnwind(UNW_FLAG_NHANDLER, &Frame, Context, NULL) && Context->Rsp > Rsp && Context->Rip != 0;
}
