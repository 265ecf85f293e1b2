#include "ldr/pe.h"
#include <stddef.h>

#define PAGE 4096u

/* Fields are read byte by byte: offsets in a hostile file have no alignment. */
static uint16_t get16(const uint8_t *p) { return (uint16_t)(p[0] | p[1] << 8); }
static uint32_t get32(const uint8_t *p) { return get16(p) | (uint32_t)get16(p + 2) << 16; }
static uint64_t get64(const uint8_t *p) { return get32(p) | (uint64_t)get32(p + 4) << 32; }

static void put64(uint8_t *p, uint64_t value) {
    for (int i = 0; i < 8; i++)
        p[i] = (uint8_t)(value >> (8 * i));
}

static uint64_t round_up(uint64_t value, uint64_t to) { return (value + to - 1) & ~(to - 1); }

static int is_power_of_two(uint32_t value) { return value != 0 && (value & (value - 1)) == 0; }

static int compare(const char *a, const char *b) {
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return (unsigned char)*a - (unsigned char)*b;
}

/* A section alignment below a page is legal when it equals the file alignment: such an image is one flat piece. */
static int is_flat(const struct pe_image *image) { return image->section_alignment < PAGE; }

int pe_section(const struct pe_image *image, uint32_t index, struct pe_section *out) {
    if (index >= image->section_count)
        return 0;
    const uint8_t *header = image->data + image->section_table + (uint64_t)index * 40;
    for (int i = 0; i < 8; i++)
        out->name[i] = (char)header[i];
    out->name[8] = '\0';
    out->virtual_size = get32(header + 8);
    out->rva = get32(header + 12);
    uint32_t raw_size = get32(header + 16), raw = get32(header + 20);
    out->characteristics = get32(header + 36);
    uint64_t extent = out->virtual_size != 0 ? out->virtual_size : raw_size;
    extent = is_flat(image) ? extent : round_up(extent, PAGE);
    out->mapped_size = extent > UINT32_MAX ? UINT32_MAX : (uint32_t)extent;
    /* The memory manager reads whole sectors: the low bits of the file offset count for nothing. */
    out->raw_offset = is_flat(image) ? raw : raw & ~0x1FFu;
    out->raw_size = raw == 0 ? 0 : raw_size < out->mapped_size ? raw_size : out->mapped_size;
    return 1;
}

int pe_section_of(const struct pe_image *image, uint32_t rva, struct pe_section *out) {
    uint32_t low = 0, high = image->section_count; /* ascending: pe_parse has checked it */
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        pe_section(image, middle, out);
        if (rva < out->rva)
            high = middle;
        else if (rva - out->rva >= out->mapped_size)
            low = middle + 1;
        else
            return (int)middle;
    }
    return -1;
}

/* How many bytes can be read at rva, and where. */
static const uint8_t *locate(const struct pe_image *image, uint32_t rva, uint64_t *available) {
    if (image->mapped || is_flat(image)) {
        uint64_t limit = image->size < image->image_size ? image->size : image->image_size;
        if (rva >= limit)
            return NULL;
        *available = limit - rva;
        return image->data + rva;
    }
    if (rva < image->headers_size) {
        *available = image->headers_size - rva;
        return image->data + rva;
    }
    struct pe_section section;
    if (pe_section_of(image, rva, &section) < 0 || rva - section.rva >= section.raw_size)
        return NULL;
    *available = section.raw_size - (rva - section.rva);
    return image->data + section.raw_offset + (rva - section.rva);
}

const void *pe_at(const struct pe_image *image, uint32_t rva, uint32_t size) {
    uint64_t available;
    const uint8_t *bytes = locate(image, rva, &available);
    return bytes != NULL && size <= available ? bytes : NULL;
}

const char *pe_string(const struct pe_image *image, uint32_t rva) {
    uint64_t available;
    const uint8_t *bytes = locate(image, rva, &available);
    if (bytes == NULL)
        return NULL;
    if (available > PE_MAX_NAME)
        available = PE_MAX_NAME;
    for (uint64_t i = 0; i < available; i++)
        if (bytes[i] == 0)
            return (const char *)bytes;
    return NULL;
}

/* ---- Headers ---- */

static enum pe_error parse_headers(struct pe_image *image) {
    const uint8_t *data = image->data;
    uint64_t size = image->size;
    if (size == 0)
        return PE_EMPTY;
    if (size < 2 || data[0] != 'M' || data[1] != 'Z')
        return PE_NOT_MZ;
    if (size < 64)
        return PE_TRUNCATED_HEADERS;
    uint64_t nt = get32(data + 0x3C);
    if (nt + 4 > size)
        return PE_TRUNCATED_HEADERS;
    if (data[nt] != 'P' || data[nt + 1] != 'E' || data[nt + 2] != 0 || data[nt + 3] != 0)
        return PE_NOT_PE;
    if (nt + 24 + 2 > size)
        return PE_TRUNCATED_HEADERS;
    const uint8_t *file = data + nt + 4, *optional = data + nt + 24;
    uint32_t optional_size = get16(file + 16);
    image->machine = get16(file);
    image->timestamp = get32(file + 4);
    image->characteristics = get16(file + 18);
    image->magic = get16(optional);
    if (nt + 24 + optional_size > size)
        return PE_TRUNCATED_HEADERS;
    if (optional_size >= 72) { /* up to here PE32 and PE32+ agree in what is read */
        image->linker_major = optional[2];
        image->linker_minor = optional[3];
        image->entry = get32(optional + 16);
        image->section_alignment = get32(optional + 32);
        image->file_alignment = get32(optional + 36);
        image->os_major = get16(optional + 40);
        image->os_minor = get16(optional + 42);
        image->image_major = get16(optional + 44);
        image->image_minor = get16(optional + 46);
        image->subsystem_major = get16(optional + 48);
        image->subsystem_minor = get16(optional + 50);
        image->image_size = get32(optional + 56);
        image->headers_size = get32(optional + 60);
        image->checksum = get32(optional + 64);
        image->checksum_offset = (uint32_t)(nt + 24 + 64);
        image->subsystem = get16(optional + 68);
        image->dll_characteristics = get16(optional + 70);
    }
    if (!(image->characteristics & PE_FILE_EXECUTABLE))
        return PE_NOT_EXECUTABLE;
    if (image->machine != PE_MACHINE_AMD64)
        return PE_WRONG_MACHINE;
    if (image->magic != 0x20B)
        return PE_BAD_MAGIC;
    if (optional_size < 112)
        return PE_BAD_OPTIONAL_HEADER;
    image->base = get64(optional + 24);
    image->stack_reserve = get64(optional + 72);
    image->stack_commit = get64(optional + 80);
    uint32_t directories = get32(optional + 108);
    if (directories > PE_DIRECTORIES)
        directories = PE_DIRECTORIES;
    if (optional_size < 112 + directories * 8)
        return PE_BAD_OPTIONAL_HEADER;
    for (uint32_t i = 0; i < directories; i++) {
        image->directory[i].rva = get32(optional + 112 + i * 8);
        image->directory[i].size = get32(optional + 116 + i * 8);
    }

    if (!is_power_of_two(image->section_alignment) || !is_power_of_two(image->file_alignment) || image->section_alignment < image->file_alignment ||
        image->section_alignment > 0x1000000)
        return PE_BAD_ALIGNMENT;
    if (is_flat(image) ? image->section_alignment != image->file_alignment : image->file_alignment < 0x200 && image->file_alignment != PAGE)
        return PE_BAD_ALIGNMENT;
    if (image->image_size == 0 || image->image_size > PE_MAX_IMAGE || image->headers_size == 0 || image->headers_size > image->image_size ||
        image->headers_size > size)
        return PE_BAD_IMAGE_SIZE;
    if (image->mapped && image->image_size > size)
        return PE_BAD_IMAGE_SIZE;
    if (image->base % 0x10000 != 0 || image->base > UINT64_MAX - PE_MAX_IMAGE)
        return PE_BAD_BASE;
    uint32_t sections = get16(file + 2);
    if (sections > PE_MAX_SECTIONS)
        return PE_TOO_MANY_SECTIONS;
    if (nt + 24 + optional_size + sections * 40ull > image->headers_size)
        return PE_TRUNCATED_HEADERS;
    image->section_table = (uint32_t)(nt + 24 + optional_size);
    image->section_count = (uint16_t)sections;
    return PE_OK;
}

/* Sections lie one after the other without gaps, as the memory manager wants them, inside the image; their data lies inside the file. */
static enum pe_error parse_sections(struct pe_image *image) {
    uint64_t next = round_up(image->headers_size, image->section_alignment);
    uint32_t count = image->section_count;
    for (uint32_t i = 0; i < count; i++) {
        struct pe_section section;
        pe_section(image, i, &section);
        int fault =
            section.rva != next || section.mapped_size == 0 || (uint64_t)section.rva + section.mapped_size > round_up(image->image_size, PAGE);
        if (is_flat(image) && !fault)
            fault = section.raw_size != 0 && section.raw_offset != section.rva;
        if (fault) {
            image->section_count = (uint16_t)i;
            return PE_BAD_SECTION;
        }
        if (!image->mapped && section.raw_size != 0 && (uint64_t)section.raw_offset + section.raw_size > image->size) {
            image->section_count = (uint16_t)i;
            return PE_TRUNCATED_SECTION;
        }
        next = round_up((uint64_t)section.rva + section.mapped_size, image->section_alignment);
    }
    if (image->entry != 0) {
        struct pe_section section;
        if (pe_section_of(image, image->entry, &section) < 0 || !(section.characteristics & PE_SECTION_EXECUTE))
            return PE_BAD_ENTRY;
    }
    return PE_OK;
}

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

/* ---- Imports ---- */

static const uint8_t *import_descriptor(const struct pe_image *image, uint32_t index) {
    uint64_t rva = image->directory[PE_IMPORT].rva + (uint64_t)index * 20;
    const uint8_t *descriptor = rva <= UINT32_MAX ? pe_at(image, (uint32_t)rva, 20) : NULL;
    /* The list ends where the name or the address table is 0; the directory's size is often wrong. */
    return descriptor != NULL && get32(descriptor + 12) != 0 && get32(descriptor + 16) != 0 ? descriptor : NULL;
}

const char *pe_import_dll(const struct pe_image *image, uint32_t index) {
    if (index >= image->import_dll_count)
        return NULL;
    const uint8_t *descriptor = import_descriptor(image, index);
    return descriptor != NULL ? pe_string(image, get32(descriptor + 12)) : NULL;
}

/* 1: an import, 0: the end of this DLL's list, -1: malformed. */
static int read_thunk(const struct pe_image *image, const uint8_t *descriptor, uint32_t index, struct pe_import *out) {
    uint32_t names = get32(descriptor), addresses = get32(descriptor + 16);
    uint64_t slot = addresses + (uint64_t)index * 8, name = (names != 0 ? names : addresses) + (uint64_t)index * 8;
    if (slot + 8 > image->image_size || name > UINT32_MAX)
        return -1;
    const uint8_t *entry = pe_at(image, (uint32_t)name, 8);
    if (entry == NULL)
        return -1;
    uint64_t value = get64(entry);
    if (value == 0)
        return 0;
    out->iat_rva = (uint32_t)slot;
    out->name = NULL;
    out->hint = out->ordinal = 0;
    if (value >> 63) {
        out->ordinal = (uint16_t)value;
        return 1;
    }
    if (value > UINT32_MAX - 2)
        return -1;
    const uint8_t *hint = pe_at(image, (uint32_t)value, 2);
    out->name = pe_string(image, (uint32_t)value + 2);
    if (hint == NULL || out->name == NULL || out->name[0] == '\0')
        return -1;
    out->hint = get16(hint);
    return 1;
}

int pe_next_import(const struct pe_image *image, struct pe_import_cursor *cursor, struct pe_import *out) {
    while (cursor->dll < image->import_dll_count && cursor->total < PE_MAX_IMPORTS) {
        const uint8_t *descriptor = import_descriptor(image, cursor->dll);
        if (descriptor == NULL)
            return 0;
        if (read_thunk(image, descriptor, cursor->thunk, out) == 1) {
            out->dll = pe_string(image, get32(descriptor + 12));
            out->dll_index = cursor->dll;
            cursor->thunk++;
            cursor->total++;
            return out->dll != NULL;
        }
        cursor->dll++;
        cursor->thunk = 0;
    }
    return 0;
}

static enum pe_error parse_imports(struct pe_image *image) {
    if (image->directory[PE_IMPORT].rva == 0)
        return PE_OK;
    uint32_t dlls = 0, total = 0;
    for (;; dlls++) {
        uint64_t rva = image->directory[PE_IMPORT].rva + (uint64_t)dlls * 20;
        if (dlls > PE_MAX_IMPORT_DLLS || rva > UINT32_MAX || pe_at(image, (uint32_t)rva, 20) == NULL)
            return PE_BAD_IMPORTS;
        const uint8_t *descriptor = import_descriptor(image, dlls);
        if (descriptor == NULL)
            break;
        if (pe_string(image, get32(descriptor + 12)) == NULL)
            return PE_BAD_IMPORTS;
        /* A mapped image that has been bound and has no name table can no longer be read; it was checked as a file. */
        if (image->mapped && get32(descriptor) == 0)
            continue;
        int result;
        struct pe_import import;
        for (uint32_t i = 0; (result = read_thunk(image, descriptor, i, &import)) == 1; i++)
            if (++total > PE_MAX_IMPORTS)
                return PE_BAD_IMPORTS;
        if (result < 0)
            return PE_BAD_IMPORTS;
    }
    image->import_dll_count = dlls;
    image->import_count = total;
    return PE_OK;
}

/* ---- Exports ---- */

int pe_export_by_index(const struct pe_image *image, uint32_t index, struct pe_export *out) {
    if (index >= image->export_count)
        return 0;
    const uint8_t *slot = pe_at(image, image->export_functions + index * 4, 4);
    if (slot == NULL)
        return 0;
    struct pe_directory table = image->directory[PE_EXPORT];
    out->name = NULL;
    out->forwarder = NULL;
    out->ordinal = image->export_base + index;
    out->rva = get32(slot);
    if (out->rva == 0)
        return 0;
    if (out->rva >= table.rva && out->rva - table.rva < table.size) {
        out->forwarder = pe_string(image, out->rva);
        return out->forwarder != NULL;
    }
    return out->rva < image->image_size;
}

static const char *export_name(const struct pe_image *image, uint32_t index) {
    const uint8_t *slot = pe_at(image, image->export_names + index * 4, 4);
    return slot != NULL ? pe_string(image, get32(slot)) : NULL;
}

int pe_export_by_name_index(const struct pe_image *image, uint32_t index, struct pe_export *out) {
    if (index >= image->export_name_count)
        return 0;
    const char *name = export_name(image, index);
    const uint8_t *slot = pe_at(image, image->export_ordinals + index * 2, 2);
    if (name == NULL || slot == NULL || !pe_export_by_index(image, get16(slot), out))
        return 0;
    out->name = name;
    return 1;
}

int pe_find_export(const struct pe_image *image, const char *name, struct pe_export *out) {
    if (!image->export_names_sorted) {
        for (uint32_t i = 0; i < image->export_name_count; i++) {
            const char *candidate = export_name(image, i);
            if (candidate != NULL && compare(candidate, name) == 0)
                return pe_export_by_name_index(image, i, out);
        }
        return 0;
    }
    uint32_t low = 0, high = image->export_name_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const char *candidate = export_name(image, middle);
        if (candidate == NULL)
            return 0;
        int order = compare(name, candidate);
        if (order == 0)
            return pe_export_by_name_index(image, middle, out);
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return 0;
}

int pe_find_ordinal(const struct pe_image *image, uint32_t ordinal, struct pe_export *out) {
    return ordinal >= image->export_base && pe_export_by_index(image, ordinal - image->export_base, out);
}

static enum pe_error parse_exports(struct pe_image *image) {
    struct pe_directory table = image->directory[PE_EXPORT];
    if (table.rva == 0)
        return PE_OK;
    const uint8_t *header = pe_at(image, table.rva, 40);
    if (header == NULL || (uint64_t)table.rva + table.size > image->image_size)
        return PE_BAD_EXPORTS;
    uint32_t functions = get32(header + 20), names = get32(header + 24);
    if (functions > PE_MAX_EXPORTS || names > PE_MAX_EXPORTS)
        return PE_BAD_EXPORTS;
    uint32_t function_rva = get32(header + 28), name_rva = get32(header + 32), ordinal_rva = get32(header + 36);
    if ((functions != 0 && pe_at(image, function_rva, functions * 4) == NULL) || (names != 0 && pe_at(image, name_rva, names * 4) == NULL) ||
        (names != 0 && pe_at(image, ordinal_rva, names * 2) == NULL))
        return PE_BAD_EXPORTS;
    image->export_base = get32(header + 16);
    image->export_functions = function_rva;
    image->export_names = name_rva;
    image->export_ordinals = ordinal_rva;
    image->export_count = functions;
    image->export_dll = pe_string(image, get32(header + 12));
    const char *previous = NULL;
    image->export_names_sorted = 1;
    for (uint32_t i = 0; i < names; i++) {
        const char *name = export_name(image, i);
        if (name == NULL)
            return PE_BAD_EXPORTS;
        if (previous != NULL && compare(previous, name) >= 0)
            image->export_names_sorted = 0;
        previous = name;
    }
    image->export_name_count = names;
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

static enum pe_error parse_load_config(struct pe_image *image) {
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
static enum pe_error parse_exceptions(struct pe_image *image) {
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

static enum pe_error parse_tls(struct pe_image *image) {
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

static enum pe_error parse_delay_imports(struct pe_image *image) {
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
static void parse_debug(struct pe_image *image) {
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

/* The sum of 16-bit words with the carries added back in, without the checksum itself, plus the file's length. */
static uint32_t compute_checksum(const struct pe_image *image) {
    uint64_t sum = 0;
    for (uint64_t i = 0; i + 1 < image->size; i += 2)
        sum += get16(image->data + i);
    if (image->size & 1)
        sum += image->data[image->size - 1];
    /* Taking the field out is exact only where it begins at a word, which it does in every linker's output. */
    if (image->checksum_offset % 2 == 0) {
        sum -= get16(image->data + image->checksum_offset);
        sum -= get16(image->data + image->checksum_offset + 2);
    }
    while (sum >> 16)
        sum = (sum & 0xFFFF) + (sum >> 16);
    return (uint32_t)(sum + image->size);
}

static enum pe_error parse(const void *data, uint64_t size, int mapped, struct pe_image *out) {
    *out = (struct pe_image){.data = data, .size = size, .mapped = mapped};
    enum pe_error error = parse_headers(out);
    if (error != PE_OK) {
        out->section_count = 0;
        return error;
    }
    error = parse_sections(out);
    if (!mapped)
        out->computed_checksum = compute_checksum(out);
    if (error != PE_OK)
        return error;
    struct pe_directory relocations = out->directory[PE_BASERELOC];
    if (relocations.rva != 0 && relocations.size != 0) {
        if (pe_at(out, relocations.rva, relocations.size) == NULL)
            return PE_BAD_RELOCATIONS;
        if (walk_relocations(out, NULL, NULL, &out->relocation_count, &out->foreign_relocation_count) != 0)
            return PE_BAD_RELOCATIONS;
    }
    static enum pe_error (*const parts[])(struct pe_image *) = {parse_imports,    parse_exports, parse_load_config,
                                                                parse_exceptions, parse_tls,     parse_delay_imports};
    for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if ((error = parts[i](out)) != PE_OK)
            return error;
    parse_debug(out);
    return PE_OK;
}

enum pe_error pe_parse(const void *file, uint64_t size, struct pe_image *out) { return parse(file, size, 0, out); }
enum pe_error pe_parse_mapped(const void *base, uint64_t size, struct pe_image *out) { return parse(base, size, 1, out); }

const char *pe_error_text(enum pe_error error) {
    static const char *const text[PE_ERRORS] = {
        [PE_OK] = "is well formed",
        [PE_EMPTY] = "is empty",
        [PE_NOT_MZ] = "is not a Windows image: it does not begin with MZ",
        [PE_TRUNCATED_HEADERS] = "is cut off inside its headers",
        [PE_NOT_PE] = "is not a Windows image: it has no PE header",
        [PE_NOT_EXECUTABLE] = "is not executable: it is an object file, or was linked with errors",
        [PE_WRONG_MACHINE] = "is for another processor than x86-64",
        [PE_BAD_MAGIC] = "is not a 64-bit image",
        [PE_BAD_OPTIONAL_HEADER] = "has a damaged optional header",
        [PE_BAD_ALIGNMENT] = "has an impossible section or file alignment",
        [PE_BAD_IMAGE_SIZE] = "has an impossible image or header size",
        [PE_BAD_BASE] = "has an image base that is not a multiple of 64 KiB",
        [PE_TOO_MANY_SECTIONS] = "has too many sections",
        [PE_BAD_SECTION] = "has a section out of order, overlapping, or outside the image",
        [PE_TRUNCATED_SECTION] = "is cut off: a section's data lies beyond the end of the file",
        [PE_BAD_ENTRY] = "has an entry point outside its executable sections",
        [PE_BAD_RELOCATIONS] = "has a damaged relocation table",
        [PE_BAD_RELOCATION_TYPE] = "has a relocation of a type that 64-bit images cannot have",
        [PE_BAD_IMPORTS] = "has a damaged import table",
        [PE_BAD_EXPORTS] = "has a damaged export table",
        [PE_BAD_LOAD_CONFIG] = "has a damaged load configuration",
        [PE_BAD_EXCEPTIONS] = "has an exception table outside its sections",
        [PE_BAD_TLS] = "has a damaged thread-local storage directory",
        [PE_BAD_DELAY_IMPORTS] = "has a damaged delay-import table",
    };
    return (unsigned)error < PE_ERRORS ? text[error] : "is damaged";
}

const char *pe_machine_name(uint16_t machine) {
    switch (machine) {
    case PE_MACHINE_I386: return "x86 (32-bit)";
    case PE_MACHINE_AMD64: return "x86-64";
    case PE_MACHINE_ARM64: return "ARM64";
    case PE_MACHINE_ARMNT: return "ARM (32-bit)";
    case 0x0200: return "Itanium";
    case 0x5064: return "RISC-V 64";
    case 0x6264: return "LoongArch 64";
    case 0x0EBC: return "EFI byte code";
    default: return "unknown";
    }
}

const char *pe_subsystem_name(uint16_t subsystem) {
    switch (subsystem) {
    case PE_SUBSYSTEM_NATIVE: return "native (driver)";
    case PE_SUBSYSTEM_GUI: return "Windows GUI";
    case PE_SUBSYSTEM_CONSOLE: return "Windows console";
    case 5: return "OS/2 console";
    case 7: return "POSIX console";
    case 9: return "Windows CE";
    case 10: return "EFI application";
    case 11: return "EFI boot service driver";
    case 12: return "EFI runtime driver";
    case 13: return "EFI ROM";
    case 14: return "Xbox";
    case 16: return "Windows boot application";
    default: return "unknown";
    }
}
