/*
 * Proves of PE images that whoever moves rsp can be unwound: every instruction that pushes, pops or computes rsp must lie in a function of the
 * exception directory. A fault in a function that is not there would unwind into garbage. Usage: unwind-check IMAGE...; exit 1 names each.
 */
#include "ldr/pe.h"

#include <Zydis/Zydis.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static void *read_file(const char *path, uint64_t *size) {
    FILE *file = fopen(path, "rb");
    void *data = NULL;
    long end;
    if (file == NULL) {
        return NULL;
    }
    if (fseek(file, 0, SEEK_END) == 0 && (end = ftell(file)) > 0 && fseek(file, 0, SEEK_SET) == 0) {
        *size = (uint64_t)end;
        data = malloc(*size);
        if (data != NULL && fread(data, 1, *size, file) != *size) {
            free(data);
            data = NULL;
        }
    }
    fclose(file);
    return data;
}

static bool is_covered(const struct pe_image *image, uint32_t rva) {
    uint32_t low = 0, high = image->exception_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2, begin, end, unwind;
        if (!pe_exception(image, middle, &begin, &end, &unwind)) {
            return false;
        }
        if (rva < begin) {
            high = middle;
        } else if (rva >= end) {
            low = middle + 1;
        } else {
            return true;
        }
    }
    return false;
}

/* A call and a return leave rsp where their function expects it. */
static bool moves_stack(const ZydisDecodedInstruction *insn, const ZydisDecodedOperand *operands) {
    if (insn->meta.category == ZYDIS_CATEGORY_CALL || insn->meta.category == ZYDIS_CATEGORY_RET) {
        return false;
    }
    for (int i = 0; i < insn->operand_count; i++) {
        if (operands[i].type == ZYDIS_OPERAND_TYPE_REGISTER && (operands[i].actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) &&
            ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, operands[i].reg.value) == ZYDIS_REGISTER_RSP) {
            return true;
        }
    }
    return false;
}

static unsigned check_section(const char *path, const struct pe_image *image, const struct pe_section *section) {
    ZydisDecoder decoder;
    ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    unsigned problems = 0;
    uint32_t size = section->virtual_size < section->raw_size ? section->virtual_size : section->raw_size;
    for (uint32_t at = 0; at < size;) {
        ZydisDecodedInstruction insn;
        ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
        if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, image->data + section->raw_offset + at, size - at, &insn, operands))) {
            at++;
            continue;
        }
        if (moves_stack(&insn, operands) && !is_covered(image, section->rva + at)) {
            printf("%s: %s+0x%x: '%s' moves rsp outside every function of the exception directory\n", path, section->name, at,
                   ZydisMnemonicGetString(insn.mnemonic));
            problems++;
        }
        at += insn.length;
    }
    return problems;
}

int main(int argc, char **argv) {
    unsigned problems = 0;
    for (int i = 1; i < argc; i++) {
        uint64_t size;
        struct pe_image image;
        void *data = read_file(argv[i], &size);
        if (data == NULL || pe_parse(data, size, &image) != PE_OK) {
            printf("%s: cannot be read as an image\n", argv[i]);
            free(data);
            return 1;
        }
        for (uint32_t s = 0; s < image.section_count; s++) {
            struct pe_section section;
            if (pe_section(&image, s, &section) && (section.characteristics & PE_SECTION_EXECUTE)) {
                problems += check_section(argv[i], &image, &section);
            }
        }
        free(data);
    }
    return problems != 0;
}
