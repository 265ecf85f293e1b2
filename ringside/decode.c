#include "decode.h"

#include <Zydis/Zydis.h>
#include <stdbool.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static ZydisDecoder decoder;

static uint64_t read_memory(uint64_t address, uint8_t *bytes, uint64_t size) {
    struct iovec to = {bytes, size};
    /* Up to the page's end first: the next page may be unreadable, and a partial read must still succeed. */
    uint64_t first = HAL_PAGE - address % HAL_PAGE;
    struct iovec from[2] = {{(void *)address, first < size ? first : size}, {(void *)(address + first), first < size ? size - first : 0}};
    ssize_t got = process_vm_readv(getpid(), &to, 1, from, first < size ? 2 : 1, 0);
    return got > 0 ? (uint64_t)got : 0;
}

/* rax ... r15 as hal.h numbers them; -1 for anything else. */
static int gpr_index(ZydisRegister reg) {
    ZydisRegister wide = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg);
    if (wide < ZYDIS_REGISTER_RAX || wide > ZYDIS_REGISTER_R15) {
        return -1;
    }
    return wide - ZYDIS_REGISTER_RAX;
}

static uint64_t register_value(const hal_trap_frame *frame, ZydisRegister reg, uint64_t next_pc) {
    if (reg == ZYDIS_REGISTER_RIP) {
        return next_pc;
    }
    int index = gpr_index(reg);
    return index < 0 ? 0 : frame->gpr[index];
}

/* What GS adds is not in the frame: an operand behind a segment has no address here. */
static uint64_t operand_address(const hal_trap_frame *frame, const ZydisDecodedInstruction *insn, const ZydisDecodedOperand *operand) {
    if (operand->mem.segment == ZYDIS_REGISTER_GS || operand->mem.segment == ZYDIS_REGISTER_FS) {
        return ~0ull;
    }
    uint64_t address = operand->mem.disp.has_displacement ? (uint64_t)operand->mem.disp.value : 0;
    if (operand->mem.base != ZYDIS_REGISTER_NONE) {
        address += register_value(frame, operand->mem.base, frame->rip + insn->length);
    }
    if (operand->mem.index != ZYDIS_REGISTER_NONE) {
        address += register_value(frame, operand->mem.index, 0) * operand->mem.scale;
    }
    return address;
}

static enum hal_insn classify(ZydisMnemonic mnemonic) {
    switch (mnemonic) {
    case ZYDIS_MNEMONIC_CLI: return HAL_INSN_CLI;
    case ZYDIS_MNEMONIC_STI: return HAL_INSN_STI;
    case ZYDIS_MNEMONIC_HLT: return HAL_INSN_HLT;
    case ZYDIS_MNEMONIC_IN: return HAL_INSN_IN;
    case ZYDIS_MNEMONIC_OUT: return HAL_INSN_OUT;
    case ZYDIS_MNEMONIC_INT:
    case ZYDIS_MNEMONIC_INT3: return HAL_INSN_INT;
    case ZYDIS_MNEMONIC_RDMSR: return HAL_INSN_RDMSR;
    case ZYDIS_MNEMONIC_WRMSR: return HAL_INSN_WRMSR;
    default: return HAL_INSN_OTHER;
    }
}

/* mov to or from a control or debug register. */
static enum hal_insn classify_system_register(hal_trap_frame *frame, const ZydisDecodedOperand *operands) {
    for (int i = 0; i < 2; i++) {
        if (operands[i].type != ZYDIS_OPERAND_TYPE_REGISTER || operands[1 - i].type != ZYDIS_OPERAND_TYPE_REGISTER) {
            continue;
        }
        ZydisRegister reg = operands[i].reg.value;
        int other = gpr_index(operands[1 - i].reg.value);
        if (other < 0) {
            continue;
        }
        if (reg >= ZYDIS_REGISTER_CR0 && reg <= ZYDIS_REGISTER_CR15) {
            frame->insn_index = (uint32_t)(reg - ZYDIS_REGISTER_CR0);
            frame->insn_reg = (uint8_t)other;
            return i == 0 ? HAL_INSN_WRITE_CR : HAL_INSN_READ_CR;
        }
        if (reg >= ZYDIS_REGISTER_DR0 && reg <= ZYDIS_REGISTER_DR15) {
            frame->insn_index = (uint32_t)(reg - ZYDIS_REGISTER_DR0);
            frame->insn_reg = (uint8_t)other;
            return i == 0 ? HAL_INSN_WRITE_DR : HAL_INSN_READ_DR;
        }
    }
    return HAL_INSN_OTHER;
}

static bool is_plain_load(const ZydisDecodedInstruction *insn, const ZydisDecodedOperand *operands) {
    switch (insn->mnemonic) {
    case ZYDIS_MNEMONIC_MOV:
    case ZYDIS_MNEMONIC_MOVZX:
    case ZYDIS_MNEMONIC_MOVSX:
    case ZYDIS_MNEMONIC_MOVSXD:
        return operands[0].type == ZYDIS_OPERAND_TYPE_REGISTER && gpr_index(operands[0].reg.value) >= 0 &&
               operands[1].type == ZYDIS_OPERAND_TYPE_MEMORY;
    default: return false;
    }
}

/* Arithmetic that only reads memory; HAL_ALU_LOAD for anything else. */
static enum hal_alu classify_alu(ZydisMnemonic mnemonic, bool memory_first) {
    switch (mnemonic) {
    case ZYDIS_MNEMONIC_CMP: return memory_first ? HAL_ALU_CMP_MEM : HAL_ALU_CMP;
    case ZYDIS_MNEMONIC_TEST: return HAL_ALU_TEST;
    case ZYDIS_MNEMONIC_ADD: return memory_first ? HAL_ALU_LOAD : HAL_ALU_ADD;
    case ZYDIS_MNEMONIC_SUB: return memory_first ? HAL_ALU_LOAD : HAL_ALU_SUB;
    case ZYDIS_MNEMONIC_AND: return memory_first ? HAL_ALU_LOAD : HAL_ALU_AND;
    case ZYDIS_MNEMONIC_OR: return memory_first ? HAL_ALU_LOAD : HAL_ALU_OR;
    case ZYDIS_MNEMONIC_XOR: return memory_first ? HAL_ALU_LOAD : HAL_ALU_XOR;
    default: return HAL_ALU_LOAD;
    }
}

static bool is_high_byte(ZydisRegister reg) { return reg >= ZYDIS_REGISTER_AH && reg <= ZYDIS_REGISTER_BH; }

/* Loads, and arithmetic between a register (or an immediate) and memory that leaves the memory as it is. A high byte register has no field. */
static void decode_read(hal_trap_frame *frame, const ZydisDecodedInstruction *insn, const ZydisDecodedOperand *operands) {
    bool memory_first = operands[0].type == ZYDIS_OPERAND_TYPE_MEMORY;
    const ZydisDecodedOperand *memory = &operands[memory_first ? 0 : 1], *other = &operands[memory_first ? 1 : 0];
    enum hal_alu alu = classify_alu(insn->mnemonic, memory_first);
    bool immediate = other->type == ZYDIS_OPERAND_TYPE_IMMEDIATE;
    if (memory->type != ZYDIS_OPERAND_TYPE_MEMORY || (alu == HAL_ALU_LOAD && !is_plain_load(insn, operands))) {
        return;
    }
    if (!immediate && (other->type != ZYDIS_OPERAND_TYPE_REGISTER || gpr_index(other->reg.value) < 0 || is_high_byte(other->reg.value))) {
        return;
    }
    frame->insn = HAL_INSN_READ_MEM;
    frame->insn_alu = (uint8_t)alu;
    frame->insn_reg = immediate ? HAL_NO_REG : (uint8_t)gpr_index(other->reg.value);
    frame->insn_imm = immediate ? (int32_t)other->imm.value.s : 0;
    frame->insn_size = (uint8_t)(memory->size / 8);
    frame->insn_dest_size = immediate ? frame->insn_size : (uint8_t)(other->size / 8);
    frame->insn_extend = insn->mnemonic == ZYDIS_MNEMONIC_MOVSX || insn->mnemonic == ZYDIS_MNEMONIC_MOVSXD;
}

/* inc and dec: the other operand is 1. */
static enum hal_alu classify_unary(ZydisMnemonic mnemonic) {
    return mnemonic == ZYDIS_MNEMONIC_INC ? HAL_ALU_INC : mnemonic == ZYDIS_MNEMONIC_DEC ? HAL_ALU_DEC : HAL_ALU_LOAD;
}

/* Stores, and arithmetic whose result goes to memory. */
static void decode_write(hal_trap_frame *frame, const ZydisDecodedInstruction *insn, const ZydisDecodedOperand *operands) {
    const ZydisDecodedOperand *other = &operands[1];
    enum hal_alu alu = classify_alu(insn->mnemonic, false), unary = classify_unary(insn->mnemonic);
    bool immediate = other->type == ZYDIS_OPERAND_TYPE_IMMEDIATE;
    if (operands[0].type == ZYDIS_OPERAND_TYPE_MEMORY && unary != HAL_ALU_LOAD) {
        frame->insn = HAL_INSN_WRITE_MEM;
        frame->insn_alu = (uint8_t)unary;
        frame->insn_reg = HAL_NO_REG;
        frame->insn_imm = 1;
        frame->insn_size = (uint8_t)(operands[0].size / 8);
        return;
    }
    if (operands[0].type != ZYDIS_OPERAND_TYPE_MEMORY || (alu == HAL_ALU_LOAD && insn->mnemonic != ZYDIS_MNEMONIC_MOV)) {
        return;
    }
    if (!immediate && (other->type != ZYDIS_OPERAND_TYPE_REGISTER || gpr_index(other->reg.value) < 0 || is_high_byte(other->reg.value))) {
        return;
    }
    frame->insn = HAL_INSN_WRITE_MEM;
    frame->insn_alu = (uint8_t)alu;
    frame->insn_reg = immediate ? HAL_NO_REG : (uint8_t)gpr_index(other->reg.value);
    frame->insn_imm = immediate ? (int32_t)other->imm.value.s : 0;
    frame->insn_size = (uint8_t)(operands[0].size / 8);
}

static void decode_string(hal_trap_frame *frame, const ZydisDecodedInstruction *insn, const ZydisDecodedOperand *operands) {
    if (insn->meta.category != ZYDIS_CATEGORY_STRINGOP || operands[0].type != ZYDIS_OPERAND_TYPE_MEMORY) {
        return;
    }
    switch (insn->mnemonic) {
    case ZYDIS_MNEMONIC_MOVSB:
    case ZYDIS_MNEMONIC_MOVSW:
    case ZYDIS_MNEMONIC_MOVSD:
    case ZYDIS_MNEMONIC_MOVSQ: frame->insn = HAL_INSN_MOVS; break;
    case ZYDIS_MNEMONIC_STOSB:
    case ZYDIS_MNEMONIC_STOSW:
    case ZYDIS_MNEMONIC_STOSD:
    case ZYDIS_MNEMONIC_STOSQ: frame->insn = HAL_INSN_STOS; break;
    default: return;
    }
    frame->insn_size = (uint8_t)(operands[0].size / 8);
    frame->insn_repeat = (insn->attributes & ZYDIS_ATTRIB_HAS_REP) != 0;
}

static void decode_ports(hal_trap_frame *frame, const ZydisDecodedOperand *operands) {
    const ZydisDecodedOperand *port = frame->insn == HAL_INSN_IN ? &operands[1] : &operands[0];
    const ZydisDecodedOperand *data = frame->insn == HAL_INSN_IN ? &operands[0] : &operands[1];
    frame->insn_size = (uint8_t)(data->size / 8);
    frame->insn_index = (uint32_t)(port->type == ZYDIS_OPERAND_TYPE_IMMEDIATE ? port->imm.value.u & 0xFF : frame->gpr[2] & 0xFFFF);
}

/* What the instruction divides by is not zero, whatever of it can be read. */
static bool divides_by_something(const hal_trap_frame *frame, const ZydisDecodedInstruction *insn, const ZydisDecodedOperand *divisor) {
    uint64_t value = 0, mask = divisor->size >= 64 ? ~0ull : (1ull << divisor->size) - 1;
    if (insn->mnemonic != ZYDIS_MNEMONIC_DIV && insn->mnemonic != ZYDIS_MNEMONIC_IDIV) {
        return false;
    }
    if (divisor->type == ZYDIS_OPERAND_TYPE_REGISTER) {
        value = register_value(frame, divisor->reg.value, 0) >> (is_high_byte(divisor->reg.value) ? 8 : 0);
    } else {
        read_memory(operand_address(frame, insn, divisor), (uint8_t *)&value, divisor->size / 8);
    }
    return (value & mask) != 0;
}

static bool decode_at(uint64_t pc, ZydisDecodedInstruction *insn, ZydisDecodedOperand *operands) {
    uint8_t code[ZYDIS_MAX_INSTRUCTION_LENGTH];
    if (decoder.machine_mode != ZYDIS_MACHINE_MODE_LONG_64 || decoder.stack_width != ZYDIS_STACK_WIDTH_64) {
        ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    }
    uint64_t size = read_memory(pc, code, sizeof code);
    return size != 0 && ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, code, size, insn, operands));
}

void decode_access(hal_trap_frame *frame) {
    ZydisDecodedInstruction insn;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
    frame->insn = HAL_INSN_OTHER;
    if (!decode_at(frame->rip, &insn, operands) || operands[0].type != ZYDIS_OPERAND_TYPE_MEMORY) {
        return;
    }
    frame->insn_length = insn.length;
    frame->cr2 = operand_address(frame, &insn, &operands[0]);
    decode_write(frame, &insn, operands);
}

void decode_trap(hal_trap_frame *frame) {
    ZydisDecodedInstruction insn;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
    frame->insn = HAL_INSN_OTHER;
    if (frame->trap == 13) {
        frame->cr2 = ~0ull;
    }
    if (!decode_at(frame->rip, &insn, operands)) {
        return;
    }
    frame->insn_length = insn.length;
    if (frame->trap == 0) {
        frame->insn = divides_by_something(frame, &insn, &operands[0]) ? HAL_INSN_DIVIDE : HAL_INSN_OTHER;
        return;
    }
    frame->insn = classify(insn.mnemonic);
    if (frame->insn == HAL_INSN_INT) {
        frame->insn_index = insn.mnemonic == ZYDIS_MNEMONIC_INT3 ? 3 : (uint32_t)(operands[0].imm.value.u & 0xFF);
    } else if (frame->insn == HAL_INSN_IN || frame->insn == HAL_INSN_OUT) {
        decode_ports(frame, operands);
    } else if (insn.mnemonic == ZYDIS_MNEMONIC_MOV) {
        frame->insn = classify_system_register(frame, operands);
    }
    if (frame->insn != HAL_INSN_OTHER) {
        return;
    }
    decode_read(frame, &insn, operands);
    if (frame->trap == 14 && frame->insn == HAL_INSN_OTHER) {
        decode_write(frame, &insn, operands);
    }
    if (frame->trap == 14 && frame->insn == HAL_INSN_OTHER) {
        decode_string(frame, &insn, operands);
    }
    if (frame->trap == 14) {
        const char *mnemonic = ZydisMnemonicGetString(insn.mnemonic);
        strncpy(frame->insn_name, mnemonic ? mnemonic : "?", sizeof frame->insn_name - 1);
    }
    if (frame->trap != 13) {
        return;
    }
    for (int i = 0; i < insn.operand_count; i++) {
        if (operands[i].type == ZYDIS_OPERAND_TYPE_MEMORY && operands[i].mem.type == ZYDIS_MEMOP_TYPE_MEM) {
            frame->cr2 = operand_address(frame, &insn, &operands[i]);
            frame->insn = HAL_INSN_OTHER;
            return;
        }
    }
    if (insn.attributes & ZYDIS_ATTRIB_IS_PRIVILEGED) {
        frame->insn = HAL_INSN_PRIVILEGED;
        const char *name = ZydisMnemonicGetString(insn.mnemonic);
        strncpy(frame->insn_name, name ? name : "?", sizeof frame->insn_name - 1);
    }
}
