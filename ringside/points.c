#include "points.h"
#include "ldr/pe.h"

#include <Zydis/Zydis.h>
#include <stdlib.h>
#include <string.h>

/*
 * Code is told from data by following it: from the entry point, the exports and the function table through every branch and direct call. A function without unwind
 * data is reached by its address, in a relocated pointer or an instruction; such an address, and code behind an indirect jump, is only believed if all of it
 * decodes and fits between what is known. A first byte is replaced for each point later (ring0/ke/points.c), so a wrong guess would change the driver's data.
 */

#define LOOP_INSTRUCTIONS 16u
#define LOOP_BYTES        64u

struct rvas {
    uint32_t *items;
    size_t count, room;
};

struct walk {
    struct pe_image image;
    ZydisDecoder decoder;
    uint8_t *starts;                             /* a bit for each byte: an instruction begins here */
    uint8_t *inside;                             /* ... or is in the midst of one */
    struct rvas open, called, guesses, indirect; /* to be followed: now, on their own, if they are code, cases */
    hal_point *points;
    size_t count, room;
    uint64_t patience; /* bytes to be looked at for cases: a hostile image may have a jump at every second one */
    bool accesses, failed;
};

static bool bit(const uint8_t *bits, uint32_t index) { return (bits[index / 8] >> (index % 8)) & 1; }
static void set_bit(uint8_t *bits, uint32_t index) { bits[index / 8] |= (uint8_t)(1u << (index % 8)); }

static void push(struct walk *walk, struct rvas *rvas, uint32_t rva) {
    if (rvas->count == rvas->room) {
        size_t room = rvas->room != 0 ? rvas->room * 2 : 64;
        uint32_t *items = realloc(rvas->items, room * sizeof *items);
        if (items == NULL) {
            walk->failed = true;
            return;
        }
        rvas->items = items;
        rvas->room = room;
    }
    rvas->items[rvas->count++] = rva;
}

static void add_point(struct walk *walk, uint32_t rva, enum hal_point_kind kind) {
    if (walk->count == walk->room) {
        size_t room = walk->room != 0 ? walk->room * 2 : 64;
        hal_point *points = realloc(walk->points, room * sizeof *points);
        if (points == NULL) {
            walk->failed = true;
            return;
        }
        walk->points = points;
        walk->room = room;
    }
    walk->points[walk->count++] = (hal_point){.rva = rva, .kind = (uint8_t)kind, .original = walk->image.data[rva]};
}

static bool has_section(const struct walk *walk, uint32_t rva, uint32_t flag) {
    struct pe_section section;
    return pe_section_of(&walk->image, rva, &section) >= 0 && (section.characteristics & flag) != 0;
}

struct insn {
    ZydisDecodedInstruction head;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
};

static bool decode_at(const struct walk *walk, uint32_t rva, struct insn *insn) {
    if (rva >= walk->image.image_size || !has_section(walk, rva, PE_SECTION_EXECUTE))
        return false;
    return ZYAN_SUCCESS(ZydisDecoderDecodeFull(&walk->decoder, walk->image.data + rva, walk->image.image_size - rva, &insn->head, insn->operands));
}

/* The rva that a relative operand or an rip-relative address means; 0: outside the image. */
static uint32_t target_of(const struct walk *walk, uint32_t rva, const struct insn *insn, int64_t displacement) {
    int64_t target = (int64_t)rva + insn->head.length + displacement;
    return target > 0 && target < (int64_t)walk->image.image_size ? (uint32_t)target : 0;
}

static bool is_branch(const struct insn *insn) {
    return insn->head.meta.category == ZYDIS_CATEGORY_COND_BR || insn->head.meta.category == ZYDIS_CATEGORY_UNCOND_BR;
}

static bool is_relative(const struct insn *insn) {
    return insn->head.operand_count != 0 && insn->operands[0].type == ZYDIS_OPERAND_TYPE_IMMEDIATE && insn->operands[0].imm.is_relative;
}

/* Nothing is executed behind it. */
static bool is_end(const struct insn *insn) {
    switch (insn->head.mnemonic) {
    case ZYDIS_MNEMONIC_JMP:
    case ZYDIS_MNEMONIC_RET:
    case ZYDIS_MNEMONIC_IRETQ:
    case ZYDIS_MNEMONIC_INT3:
    case ZYDIS_MNEMONIC_UD2: return true;
    default: return false;
    }
}

/* ---- What an instruction is to a schedule ---- */

static uint32_t register_bit(ZydisRegister reg) {
    ZydisRegister wide = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg);
    return wide >= ZYDIS_REGISTER_RAX && wide <= ZYDIS_REGISTER_R15 ? 1u << (wide - ZYDIS_REGISTER_RAX) : 0;
}

/* Registers that the instruction reads and writes, and whether it touches memory. */
static void effects(const struct insn *insn, uint32_t *reads, uint32_t *writes, bool *loads, bool *stores) {
    *reads = *writes = 0;
    *loads = *stores = false;
    for (unsigned i = 0; i < insn->head.operand_count; i++) {
        const ZydisDecodedOperand *operand = &insn->operands[i];
        bool read = (operand->actions & ZYDIS_OPERAND_ACTION_MASK_READ) != 0, write = (operand->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) != 0;
        if (operand->type == ZYDIS_OPERAND_TYPE_REGISTER) {
            *reads |= read ? register_bit(operand->reg.value) : 0;
            *writes |= write ? register_bit(operand->reg.value) : 0;
        } else if (operand->type == ZYDIS_OPERAND_TYPE_MEMORY) {
            *reads |= register_bit(operand->mem.base) | register_bit(operand->mem.index);
            *loads |= read && operand->mem.type == ZYDIS_MEMOP_TYPE_MEM;
            *stores |= write && operand->mem.type == ZYDIS_MEMOP_TYPE_MEM;
        }
    }
}

/* Each turn of the loop from `target` to the branch at `rva` does the same again, unless memory changes: it stores nothing and hands no register on. */
static bool is_spin(const struct walk *walk, uint32_t target, uint32_t rva) {
    uint32_t written = 0, handed_on = 0, at = target;
    bool looks = false;

    if (target > rva || rva - target > LOOP_BYTES)
        return false;
    for (unsigned count = 0; at <= rva; count++) {
        struct insn insn;
        uint32_t reads, writes;
        bool loads, stores;
        if (count == LOOP_INSTRUCTIONS || !decode_at(walk, at, &insn))
            return false;
        effects(&insn, &reads, &writes, &loads, &stores);
        if (stores || insn.head.meta.category == ZYDIS_CATEGORY_CALL || insn.head.meta.category == ZYDIS_CATEGORY_SYSTEM ||
            insn.head.mnemonic == ZYDIS_MNEMONIC_PAUSE || insn.head.mnemonic == ZYDIS_MNEMONIC_RDTSC)
            return false;
        if (at < rva && is_end(&insn))
            return false;
        looks |= loads;
        handed_on |= reads & ~written;
        written |= writes;
        at += insn.head.length;
    }
    return looks && (handed_on & written) == 0;
}

/* The entry of the function table that covers rva. */
static bool function_of(const struct walk *walk, uint32_t rva, uint32_t *begin, uint32_t *end, uint32_t *unwind) {
    uint32_t low = 0, high = walk->image.exceptions_sorted ? walk->image.exception_count : 0;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (!pe_exception(&walk->image, middle, begin, end, unwind))
            return false;
        if (rva >= *begin && rva < *end)
            return true;
        if (rva < *begin)
            high = middle;
        else
            low = middle + 1;
    }
    return false;
}

/* rbp where the function uses it for its frame. */
static bool is_frame_register(const struct walk *walk, uint32_t rva, ZydisRegister reg) {
    uint32_t begin, end, unwind;
    const uint8_t *information;

    if (reg != ZYDIS_REGISTER_RBP || !function_of(walk, rva, &begin, &end, &unwind))
        return false;
    information = pe_at(&walk->image, unwind & ~3u, 4);
    return information != NULL && (information[3] & 15) == 5;
}

/* Memory that another processor may see, as far as the operand tells: not the stack's, not a constant. */
static bool is_shared(const struct walk *walk, uint32_t rva, const struct insn *insn, const ZydisDecodedOperand *operand) {
    if (operand->type != ZYDIS_OPERAND_TYPE_MEMORY || operand->mem.type != ZYDIS_MEMOP_TYPE_MEM || operand->mem.segment == ZYDIS_REGISTER_GS ||
        operand->mem.segment == ZYDIS_REGISTER_FS)
        return false;
    if (operand->mem.base == ZYDIS_REGISTER_RIP)
        return has_section(walk, target_of(walk, rva, insn, operand->mem.disp.value), PE_SECTION_WRITE);
    return operand->mem.base != ZYDIS_REGISTER_RSP && !is_frame_register(walk, rva, operand->mem.base);
}

static bool is_update(ZydisMnemonic mnemonic) {
    switch (mnemonic) {
    case ZYDIS_MNEMONIC_ADD:
    case ZYDIS_MNEMONIC_SUB:
    case ZYDIS_MNEMONIC_AND:
    case ZYDIS_MNEMONIC_OR:
    case ZYDIS_MNEMONIC_XOR:
    case ZYDIS_MNEMONIC_INC:
    case ZYDIS_MNEMONIC_DEC: return true;
    default: return false;
    }
}

static void look_at_memory(struct walk *walk, uint32_t rva, const struct insn *insn) {
    bool rep = (insn->head.attributes & (ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE | ZYDIS_ATTRIB_HAS_REPNE)) != 0;
    for (unsigned i = 0; i < insn->head.operand_count_visible; i++) {
        const ZydisDecodedOperand *operand = &insn->operands[i];
        if (operand->type != ZYDIS_OPERAND_TYPE_MEMORY || operand->mem.type != ZYDIS_MEMOP_TYPE_MEM)
            continue;
        if ((insn->head.attributes & ZYDIS_ATTRIB_HAS_LOCK) || insn->head.mnemonic == ZYDIS_MNEMONIC_XCHG) {
            add_point(walk, rva, HAL_POINT_INTERLOCKED);
            return;
        }
        if (rep || !is_shared(walk, rva, insn, operand))
            continue;
        if (i == 0 && is_update(insn->head.mnemonic))
            add_point(walk, rva, HAL_POINT_UPDATE);
        else if (walk->accesses)
            add_point(walk, rva, HAL_POINT_ACCESS);
        else
            continue;
        return;
    }
}

static void look_at(struct walk *walk, uint32_t rva, const struct insn *insn) {
    if (insn->head.mnemonic == ZYDIS_MNEMONIC_PAUSE)
        add_point(walk, rva, HAL_POINT_PAUSE);
    else if (is_branch(insn) && is_relative(insn) && is_spin(walk, target_of(walk, rva, insn, insn->operands[0].imm.value.s), rva))
        add_point(walk, rva, HAL_POINT_SPIN);
    else if (!is_branch(insn) && insn->head.meta.category != ZYDIS_CATEGORY_CALL && insn->head.meta.category != ZYDIS_CATEGORY_RET)
        look_at_memory(walk, rva, insn);
}

/* ---- Following the code ---- */

/* A straight run from rva to where it ends or meets what is known. false: that is no code. */
static bool follow(struct walk *walk, uint32_t rva) {
    struct insn insn;

    while (!bit(walk->starts, rva)) {
        if (!decode_at(walk, rva, &insn) || bit(walk->inside, rva))
            return false;
        set_bit(walk->starts, rva);
        for (uint32_t i = 1; i < insn.head.length; i++)
            set_bit(walk->inside, rva + i);
        look_at(walk, rva, &insn);
        if ((is_branch(&insn) || insn.head.meta.category == ZYDIS_CATEGORY_CALL) && is_relative(&insn)) {
            uint32_t target = target_of(walk, rva, &insn, insn.operands[0].imm.value.s);
            if (target == 0)
                return false;
            push(walk, is_branch(&insn) ? &walk->open : &walk->called, target);
        } else if (insn.head.mnemonic == ZYDIS_MNEMONIC_LEA && insn.operands[1].mem.base == ZYDIS_REGISTER_RIP) {
            uint32_t target = target_of(walk, rva, &insn, insn.operands[1].mem.disp.value);
            if (has_section(walk, target, PE_SECTION_EXECUTE))
                push(walk, &walk->guesses, target);
        } else if (insn.head.mnemonic == ZYDIS_MNEMONIC_JMP) {
            push(walk, &walk->indirect, rva + insn.head.length);
        }
        if (is_end(&insn))
            return true;
        rva += insn.head.length;
        if (rva >= walk->image.image_size)
            return false;
    }
    return true;
}

/* From rva as far as it goes. If that is not code, nothing found on the way counts. */
static void explore(struct walk *walk, uint32_t rva) {
    size_t points = walk->count;
    bool good = true;

    walk->open.count = 0;
    push(walk, &walk->open, rva);
    while (walk->open.count != 0 && !walk->failed)
        good &= follow(walk, walk->open.items[--walk->open.count]);
    if (!good)
        walk->count = points;
}

/* Behind an indirect jump come the cases of a switch, if code that is known follows in the same function. */
static void explore_cases(struct walk *walk, uint32_t rva) {
    uint32_t begin, end, unwind, last;

    if (!function_of(walk, rva, &begin, &end, &unwind) || end > walk->image.image_size)
        return;
    for (last = end - 1; last > rva && !bit(walk->starts, last) && walk->patience != 0; last--)
        walk->patience--;
    for (uint32_t at = rva; at < last && walk->patience != 0; at++, walk->patience--) {
        if (!bit(walk->starts, at) && !bit(walk->inside, at) && walk->image.data[at] != 0xCC && walk->image.data[at] != 0x90)
            explore(walk, at);
    }
}

static int guess_pointer(void *context, uint32_t rva, unsigned type) {
    struct walk *walk = context;
    const uint8_t *bytes = type == PE_RELOCATION_DIR64 ? pe_at(&walk->image, rva, 8) : NULL;
    uint64_t value = 0;

    if (bytes != NULL) {
        memcpy(&value, bytes, sizeof value);
        value -= (uint64_t)(uintptr_t)walk->image.data;
        if (value < walk->image.image_size && has_section(walk, (uint32_t)value, PE_SECTION_EXECUTE))
            push(walk, &walk->guesses, (uint32_t)value);
    }
    return walk->failed;
}

static void explore_all(struct walk *walk) {
    uint32_t begin, end, unwind;
    struct pe_export export;

    explore(walk, walk->image.entry);
    for (uint32_t i = 0; i < walk->image.exception_count; i++) {
        if (pe_exception(&walk->image, i, &begin, &end, &unwind) && begin < walk->image.image_size)
            explore(walk, begin);
    }
    for (uint32_t i = 0; i < walk->image.export_count; i++) {
        if (pe_export_by_index(&walk->image, i, &export) && export.forwarder == NULL && has_section(walk, export.rva, PE_SECTION_EXECUTE))
            explore(walk, export.rva);
    }
    pe_each_relocation(&walk->image, guess_pointer, walk);
    for (size_t called = 0, guesses = 0, indirect = 0; !walk->failed;) {
        if (called < walk->called.count)
            explore(walk, walk->called.items[called++]);
        else if (guesses < walk->guesses.count)
            explore(walk, walk->guesses.items[guesses++]);
        else if (indirect < walk->indirect.count)
            explore_cases(walk, walk->indirect.items[indirect++]);
        else
            break;
    }
}

static int by_rva(const void *left, const void *right) {
    uint32_t a = ((const hal_point *)left)->rva, b = ((const hal_point *)right)->rva;
    return (a > b) - (a < b);
}

int64_t points_find(const void *base, uint64_t size, bool accesses, hal_point *points, uint64_t capacity) {
    struct walk walk = {.accesses = accesses};
    int64_t result = -HAL_ENOMEM;

    if (pe_parse_mapped(base, size, &walk.image) != PE_OK)
        return 0;
    ZydisDecoderInit(&walk.decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    walk.patience = 4ull * walk.image.image_size;
    walk.starts = calloc(walk.image.image_size / 8 + 4, 1); /* an instruction may reach 15 bytes over the end */
    walk.inside = calloc(walk.image.image_size / 8 + 4, 1);
    if (walk.starts != NULL && walk.inside != NULL) {
        explore_all(&walk);
        if (!walk.failed) {
            if (walk.count != 0)
                qsort(walk.points, walk.count, sizeof *walk.points, by_rva);
            for (size_t i = 0; i < walk.count && i < capacity; i++)
                points[i] = walk.points[i];
            result = (int64_t)walk.count;
        }
    }
    free(walk.starts);
    free(walk.inside);
    free(walk.open.items);
    free(walk.called.items);
    free(walk.guesses.items);
    free(walk.indirect.items);
    free(walk.points);
    return result;
}
