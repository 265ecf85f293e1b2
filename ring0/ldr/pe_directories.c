#include "ldr/pe_internal.h"

/* ---- Relocations ---- */

/* Walks the blocks; with a callback, calls it. Returns its result, or -1 for a malformed table, -2 for a type that x64 images cannot have. */
static int64_t walk_relocations(const struct pe_image *image, int (*callback)(void *, uint32_t, unsigned), void *context, uint32_t *count,
                                uint32_t *foreign) {
    struct pe_directory table = image->directory[PE_BASERELOC];
    uint32_t offset = 0;
    *count = *foreign = 0;
    while (table.size - offset >= 8) {
        const uint8_t *block = pe_at(image, table.rva + offset, 8);
        if (block == NULL)
            return -1;
        uint32_t page = get32(block), size = get32(block + 4);
        if (size == 0) /* linkers pad the end of the table with zeros */
            break;
        if (size < 8 || size % 2 != 0 || size > table.size - offset || page % PAGE != 0)
            return -1;
        block = pe_at(image, table.rva + offset, size);
        if (block == NULL)
            return -1;
        for (uint32_t i = 8; i < size; i += 2) {
            uint16_t entry = get16(block + i);
            unsigned type = entry >> 12;
            uint64_t rva = (uint64_t)page + (entry & 0xFFF);
            if (type == PE_RELOCATION_NONE)
                continue;
            if (type != PE_RELOCATION_DIR64) {
                ++*foreign;
                continue;
            }
            if (rva + 8 > image->image_size)
                return -1;
            ++*count;
            int result = callback != NULL ? callback(context, (uint32_t)rva, type) : 0;
            if (result != 0)
                return result;
        }
        offset += size;
    }
    return 0;
}

int pe_each_relocation(const struct pe_image *image, int (*callback)(void *context, uint32_t rva, unsigned type), void *context) {
    uint32_t count, foreign;
    return (int)walk_relocations(image, callback, context, &count, &foreign);
}

struct relocation_target {
    uint8_t *bytes;
    uint64_t delta;
};

static int relocate_one(void *context, uint32_t rva, unsigned type) {
    struct relocation_target *target = context;
    put64(target->bytes + rva, get64(target->bytes + rva) + target->delta);
    return 0;
}

void pe_relocate(const struct pe_image *image, void *bytes, uint64_t delta) {
    struct relocation_target target = {bytes, delta};
    if (delta != 0)
        pe_each_relocation(image, relocate_one, &target);
}

enum pe_error pe_parse_relocations(struct pe_image *image) {
    struct pe_directory table = image->directory[PE_BASERELOC];
    if (table.rva == 0 || table.size == 0)
        return PE_OK;
    if (pe_at(image, table.rva, table.size) == NULL ||
        walk_relocations(image, NULL, NULL, &image->relocation_count, &image->foreign_relocation_count) != 0)
        return PE_BAD_RELOCATIONS;
    return PE_OK;
}

/* ---- The other directories ---- */

/* The address of an 8-byte variable, as an rva inside the image; 0 stays 0. In memory it may have been relocated already, whatever the
   headers say. */
static int to_rva(const struct pe_image *image, uint64_t address, uint32_t *rva) {
    *rva = 0;
    if (address == 0)
        return 1;
    uint64_t offset = address - image->base;
    if (image->mapped && offset >= image->image_size)
        offset = address - (uint64_t)(uintptr_t)image->data;
    if (image->image_size < 8 || offset > image->image_size - 8)
        return 0;
    *rva = (uint32_t)offset;
    return 1;
}

enum pe_error pe_parse_load_config(struct pe_image *image) {
    if (image->directory[PE_LOAD_CONFIG].rva == 0)
        return PE_OK;
    const uint8_t *config = pe_at(image, image->directory[PE_LOAD_CONFIG].rva, 4);
    if (config == NULL)
        return PE_BAD_LOAD_CONFIG;
    uint32_t size = get32(config);
    if (size == 0)
        size = image->directory[PE_LOAD_CONFIG].size;
    if (size > 0x148) /* what later linkers add is not read */
        size = 0x148;
    config = pe_at(image, image->directory[PE_LOAD_CONFIG].rva, size);
    if (config == NULL)
        return PE_BAD_LOAD_CONFIG;
    if ((size >= 0x60 && !to_rva(image, get64(config + 0x58), &image->security_cookie)) ||
        (size >= 0x78 && !to_rva(image, get64(config + 0x70), &image->guard_check)) ||
        (size >= 0x80 && !to_rva(image, get64(config + 0x78), &image->guard_dispatch)))
        return PE_BAD_LOAD_CONFIG;
    if (size >= 0x94)
        image->guard_flags = get32(config + 0x90);
    return PE_OK;
}

int pe_exception(const struct pe_image *image, uint32_t index, uint32_t *begin, uint32_t *end, uint32_t *unwind) {
    if (index >= image->exception_count)
        return 0;
    const uint8_t *entry = pe_at(image, image->directory[PE_EXCEPTION].rva + index * 12, 12);
    if (entry == NULL)
        return 0;
    *begin = get32(entry);
    *end = get32(entry + 4);
    *unwind = get32(entry + 8);
    return 1;
}

/* A table that is not sorted is no reason to refuse an image, only to not search it. */
enum pe_error pe_parse_exceptions(struct pe_image *image) {
    struct pe_directory table = image->directory[PE_EXCEPTION];
    if (table.rva == 0 || table.size == 0)
        return PE_OK;
    uint32_t count = table.size / 12;
    if (pe_at(image, table.rva, count * 12) == NULL)
        return PE_BAD_EXCEPTIONS;
    image->exception_count = count;
    image->exceptions_sorted = 1;
    uint32_t begin, end, unwind, last = 0;
    for (uint32_t i = 0; i < count; i++) {
        pe_exception(image, i, &begin, &end, &unwind);
        if (begin < last || end <= begin || end > image->image_size || pe_at(image, unwind & ~1u, 4) == NULL)
            image->exceptions_sorted = 0;
        last = end;
    }
    return PE_OK;
}

enum pe_error pe_parse_tls(struct pe_image *image) {
    if (image->directory[PE_TLS].rva == 0)
        return PE_OK;
    const uint8_t *tls = pe_at(image, image->directory[PE_TLS].rva, 40);
    if (tls == NULL)
        return PE_BAD_TLS;
    uint64_t start = get64(tls), end = get64(tls + 8);
    if (end < start || end - start > image->image_size)
        return PE_BAD_TLS;
    image->tls_size = (uint32_t)(end - start);
    return PE_OK;
}

enum pe_error pe_parse_delay_imports(struct pe_image *image) {
    uint32_t rva = image->directory[PE_DELAY_IMPORT].rva;
    if (rva == 0)
        return PE_OK;
    for (uint32_t count = 0; count < PE_MAX_IMPORT_DLLS; count++) {
        const uint8_t *descriptor = rva <= UINT32_MAX - count * 32 ? pe_at(image, rva + count * 32, 32) : NULL;
        if (descriptor == NULL)
            return PE_BAD_DELAY_IMPORTS;
        if (get32(descriptor + 4) == 0) {
            image->delay_dll_count = count;
            return PE_OK;
        }
        if (pe_string(image, get32(descriptor + 4)) == NULL)
            return PE_BAD_DELAY_IMPORTS;
    }
    return PE_BAD_DELAY_IMPORTS;
}

/* Only of use to people: whatever is wrong with it is passed over. */
void pe_parse_debug(struct pe_image *image) {
    struct pe_directory table = image->directory[PE_DEBUG];
    for (uint32_t i = 0; i < 16 && (i + 1) * 28 <= table.size && table.rva <= UINT32_MAX - i * 28; i++) {
        const uint8_t *entry = pe_at(image, table.rva + i * 28, 28);
        if (entry == NULL)
            return;
        if (get32(entry + 12) != 2) /* CodeView */
            continue;
        uint32_t rva = get32(entry + 20);
        const uint8_t *codeview = pe_at(image, rva, 24);
        if (codeview != NULL && get32(codeview) == 0x53445352) /* RSDS, GUID, age, path */
            image->debug_file = pe_string(image, rva + 24);
    }
}
