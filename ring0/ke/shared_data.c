/* Reads through 0xFFFFF78000000000, which WDK inlines do (KeQuerySystemTime and others): Linux cannot map that address, so they trap. */
#include "ke/ke.h"

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

#define STATUS_FLAGS 0x8D5ull /* OF SF ZF AF PF CF */

/* The processor itself computes result and flags. */
#define COMPUTE(type, instruction)                                                                                                                   \
    do {                                                                                                                                             \
        type Result = (type)Left;                                                                                                                    \
        __asm__(instruction " %2, %0\n\tpushfq\n\tpopq %1" : "+r"(Result), "=&r"(Flags) : "r"((type)Right) : "cc");                                  \
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

static VOID Arithmetic(hal_trap_frame *Frame, ULONG64 Memory) {
    ULONG64 Other = Frame->insn_reg == HAL_NO_REG ? (ULONG64)(LONG64)Frame->insn_imm : Frame->gpr[Frame->insn_reg];
    BOOLEAN MemoryFirst = Frame->insn_alu == HAL_ALU_CMP_MEM;
    ULONG64 Left = MemoryFirst ? Memory : Other, Right = MemoryFirst ? Other : Memory, Value, Flags;
    ULONG Size = Frame->insn_size;
    switch (Frame->insn_alu) {
    case HAL_ALU_ADD: COMPUTE_SIZED("add"); break;
    case HAL_ALU_SUB:
    case HAL_ALU_CMP:
    case HAL_ALU_CMP_MEM: COMPUTE_SIZED("sub"); break;
    case HAL_ALU_OR: COMPUTE_SIZED("or"); break;
    case HAL_ALU_XOR: COMPUTE_SIZED("xor"); break;
    default: COMPUTE_SIZED("and"); break;
    }
    Frame->rflags = (Frame->rflags & ~STATUS_FLAGS) | (Flags & STATUS_FLAGS);
    if (Frame->insn_alu < HAL_ALU_TEST) {
        StoreRegister(Frame, Size, Value);
    }
}

BOOLEAN KiEmulateSharedDataRead(hal_trap_frame *Frame) {
    if (Frame->cr2 < HAL_KUSER_KERNEL || Frame->cr2 >= HAL_KUSER_KERNEL + PAGE_SIZE || Frame->insn != HAL_INSN_READ_MEM ||
        Frame->cr2 + Frame->insn_size > HAL_KUSER_KERNEL + PAGE_SIZE) {
        return FALSE;
    }
    KiAdvanceClockOnEntry();
    ULONG64 Value = 0;
    RtlCopyMemory(&Value, (PUCHAR)KiSharedData + (Frame->cr2 - HAL_KUSER_KERNEL), Frame->insn_size);
    if (Frame->insn_alu != HAL_ALU_LOAD) {
        Arithmetic(Frame, Value);
    } else {
        StoreRegister(Frame, Frame->insn_dest_size, Frame->insn_extend ? SignExtended(Value, Frame->insn_size) : Value);
    }
    Frame->rip += Frame->insn_length;
    return TRUE;
}
