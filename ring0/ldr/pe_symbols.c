#include "ldr/pe_internal.h"

static int compare(const char *a, const char *b) {
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return (unsigned char)*a - (unsigned char)*b;
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

enum pe_error pe_parse_imports(struct pe_image *image) {
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

enum pe_error pe_parse_exports(struct pe_image *image) {
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
