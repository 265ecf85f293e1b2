#include "ke/emulate.h"
#include "hal/device.h"
#include "ke/ke.h"
#include "mm/mm.h"

#define STATUS_FLAGS   0x8D5ull /* OF SF ZF AF PF CF */
#define FLAG_CARRY     1ull
#define FLAG_DIRECTION 0x400ull
#define RAX            0u
#define RCX            1u
#define RSI            6u
#define RDI            7u

static ULONG64 SignExtended(ULONG64 Value, ULONG Size) {
    ULONG Shift = 64 - Size * 8;
    return Shift == 0 ? Value : (ULONG64)((LONG64)(Value << Shift) >> Shift);
}

static VOID StoreRegister(hal_trap_frame *Frame, ULONG Size, ULONG64 Value) {
    ULONG64 *Target = &Frame->gpr[Frame->insn_reg];
    ULONG64 Mask = Size == 1 ? 0xFF : 0xFFFF;
    if (Size == 8) {
        *Target = Value;
    } else if (Size == 4) { /* clears the upper half, as the processor does */
        *Target = (ULONG)Value;
    } else {
        *Target = (*Target & ~Mask) | (Value & Mask);
    }
}

static ULONG64 OtherOperand(const hal_trap_frame *Frame) {
    return Frame->insn_reg == HAL_NO_REG ? (ULONG64)(LONG64)Frame->insn_imm : Frame->gpr[Frame->insn_reg];
}

/* The processor itself computes result and flags; without a push, for a function that moves rsp must be in the exception directory. */
#define COMPUTE(type, instruction)                                                                                                                   \
    do {                                                                                                                                             \
        type Result = (type)Left;                                                                                                                    \
        ULONG64 Low;                                                                                                                                 \
        UCHAR Overflow;                                                                                                                              \
        __asm__(instruction " %3, %0\n\tlahf\n\tseto %2" : "+r"(Result), "=&a"(Low), "=&r"(Overflow) : "r"((type)Right) : "cc");                     \
        Flags = (Low >> 8 & 0xFF) | (ULONG64)Overflow << 11;                                                                                         \
        Value = Result;                                                                                                                              \
    } while (0)
#define COMPUTE_SIZED(instruction)                                                                                                                   \
    do {                                                                                                                                             \
        if (Size == 1)                                                                                                                               \
            COMPUTE(UCHAR, instruction);                                                                                                             \
        else if (Size == 2)                                                                                                                          \
            COMPUTE(USHORT, instruction);                                                                                                            \
        else if (Size == 4)                                                                                                                          \
            COMPUTE(ULONG, instruction);                                                                                                             \
        else                                                                                                                                         \
            COMPUTE(ULONG64, instruction);                                                                                                           \
    } while (0)

static ULONG64 Compute(hal_trap_frame *Frame, ULONG64 Left, ULONG64 Right) {
    ULONG64 Value, Flags;
    ULONG Size = Frame->insn_size;
    switch (Frame->insn_alu) {
    case HAL_ALU_ADD: COMPUTE_SIZED("add"); break;
    case HAL_ALU_SUB:
    case HAL_ALU_CMP:
    case HAL_ALU_CMP_MEM: COMPUTE_SIZED("sub"); break;
    case HAL_ALU_OR: COMPUTE_SIZED("or"); break;
    case HAL_ALU_XOR: COMPUTE_SIZED("xor"); break;
    case HAL_ALU_INC: COMPUTE_SIZED("add"); break;
    case HAL_ALU_DEC: COMPUTE_SIZED("sub"); break;
    default: COMPUTE_SIZED("and"); break;
    }
    if (Frame->insn_alu == HAL_ALU_INC || Frame->insn_alu == HAL_ALU_DEC)
        Flags = (Flags & ~FLAG_CARRY) | (Frame->rflags & FLAG_CARRY);
    Frame->rflags = (Frame->rflags & ~STATUS_FLAGS) | (Flags & STATUS_FLAGS);
    return Value;
}

VOID KiFinishRead(hal_trap_frame *Frame, ULONG64 Memory) {
    if (Frame->insn_alu == HAL_ALU_LOAD) {
        StoreRegister(Frame, Frame->insn_dest_size, Frame->insn_extend ? SignExtended(Memory, Frame->insn_size) : Memory);
    } else {
        ULONG64 Other = OtherOperand(Frame);
        BOOLEAN MemoryFirst = Frame->insn_alu == HAL_ALU_CMP_MEM;
        ULONG64 Value = Compute(Frame, MemoryFirst ? Memory : Other, MemoryFirst ? Other : Memory);
        if (Frame->insn_alu < HAL_ALU_TEST) {
            StoreRegister(Frame, Frame->insn_size, Value);
        }
    }
    Frame->rip += Frame->insn_length;
}

/* ---- Memory of devices ---- */

static ULONG64 Truncated(ULONG64 Value, ULONG Size) { return Size == 8 ? Value : Value & ((1ull << Size * 8) - 1); }

static ULONG64 ReadDevice(ULONG64 Physical, ULONG Size) {
    ULONG64 Value;
    HalpReadDevice(HAL_DEVICE_MEMORY, Physical, Size, &Value);
    return Truncated(Value, Size);
}

static VOID WriteMemory(hal_trap_frame *Frame, ULONG64 Physical) {
    ULONG64 Value = OtherOperand(Frame);
    if (Frame->insn_alu != HAL_ALU_LOAD) {
        Value = Compute(Frame, ReadDevice(Physical, Frame->insn_size), Value);
    }
    HalpWriteDevice(HAL_DEVICE_MEMORY, Physical, Frame->insn_size, Truncated(Value, Frame->insn_size));
    Frame->rip += Frame->insn_length;
}

/* Either end of a string move may be a device. FALSE: this address is neither that nor memory that may be used so. */
static BOOLEAN LoadElement(ULONG64 Address, ULONG Size, ULONG64 *Value) {
    ULONG64 Physical;
    *Value = 0;
    if (MmDeviceAddress(Address, &Physical)) {
        *Value = ReadDevice(Physical, Size);
    } else if (MmIsRangeAccessible((PVOID)Address, Size, FALSE)) {
        RtlCopyMemory(Value, (PVOID)Address, Size);
    } else {
        return FALSE;
    }
    return TRUE;
}

static BOOLEAN StoreElement(ULONG64 Address, ULONG Size, ULONG64 Value) {
    ULONG64 Physical;
    if (MmDeviceAddress(Address, &Physical)) {
        HalpWriteDevice(HAL_DEVICE_MEMORY, Physical, Size, Value);
    } else if (MmIsRangeAccessible((PVOID)Address, Size, TRUE)) {
        RtlCopyMemory((PVOID)Address, &Value, Size);
    } else {
        return FALSE;
    }
    return TRUE;
}

BOOLEAN KiEmulateUpdate(hal_trap_frame *Frame, VOID (*Between)(VOID)) {
    PVOID Memory = (PVOID)Frame->cr2;
    ULONG Size = Frame->insn_size;
    ULONG64 Physical, Value = 0;

    if (Frame->insn != HAL_INSN_WRITE_MEM || Frame->insn_alu == HAL_ALU_LOAD || Frame->cr2 < HAL_USER_END || MmDeviceAddress(Frame->cr2, &Physical) ||
        !MmIsRangeAccessible(Memory, Size, TRUE))
        return FALSE;
    RtlCopyMemory(&Value, Memory, Size);
    Between();
    if (!MmIsRangeAccessible(Memory, Size, TRUE))
        return FALSE;
    Value = Compute(Frame, Value, OtherOperand(Frame));
    RtlCopyMemory(Memory, &Value, Size);
    Frame->rip += Frame->insn_length;
    return TRUE;
}

static BOOLEAN FaultAt(hal_trap_frame *Frame, ULONG64 Address, ULONG Error) {
    Frame->cr2 = Address;
    Frame->error = Error;
    return FALSE;
}

static BOOLEAN StringMove(hal_trap_frame *Frame) {
    ULONG Size = Frame->insn_size;
    LONG64 Step = (Frame->rflags & FLAG_DIRECTION) ? -(LONG64)Size : (LONG64)Size;
    ULONG64 *Count = &Frame->gpr[RCX], Value = Truncated(Frame->gpr[RAX], Size);
    while (!Frame->insn_repeat || *Count != 0) {
        if (Frame->insn == HAL_INSN_MOVS && !LoadElement(Frame->gpr[RSI], Size, &Value)) {
            return FaultAt(Frame, Frame->gpr[RSI], 4);
        }
        if (!StoreElement(Frame->gpr[RDI], Size, Value)) {
            return FaultAt(Frame, Frame->gpr[RDI], 6);
        }
        Frame->gpr[RDI] += (ULONG64)Step;
        if (Frame->insn == HAL_INSN_MOVS) {
            Frame->gpr[RSI] += (ULONG64)Step;
        }
        if (!Frame->insn_repeat) {
            break;
        }
        --*Count;
    }
    Frame->rip += Frame->insn_length;
    return TRUE;
}

BOOLEAN KiEmulateDeviceAccess(hal_trap_frame *Frame) {
    ULONG64 Physical, Last;
    if (!MmDeviceAddress(Frame->cr2, &Physical)) {
        return FALSE;
    }
    switch (Frame->insn) {
    case HAL_INSN_READ_MEM:
    case HAL_INSN_WRITE_MEM:
        if (Frame->insn_size > 8 || !MmDeviceAddress(Frame->cr2 + Frame->insn_size - 1, &Last)) {
            return FALSE;
        }
        if (Frame->insn == HAL_INSN_READ_MEM) {
            KiFinishRead(Frame, ReadDevice(Physical, Frame->insn_size));
        } else {
            WriteMemory(Frame, Physical);
        }
        return TRUE;
    case HAL_INSN_MOVS:
    case HAL_INSN_STOS: return StringMove(Frame);
    default: return FALSE;
    }
}
