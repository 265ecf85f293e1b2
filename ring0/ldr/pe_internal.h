/* What the files of the PE parser share: byte access, and the parts of pe_parse that read a directory each. */
#pragma once
#include "ldr/pe.h"
#include <stddef.h>

#define PAGE 4096u

/* Fields are read byte by byte: offsets in a hostile file have no alignment. */
static inline uint16_t get16(const uint8_t *p) { return (uint16_t)(p[0] | p[1] << 8); }
static inline uint32_t get32(const uint8_t *p) { return get16(p) | (uint32_t)get16(p + 2) << 16; }
static inline uint64_t get64(const uint8_t *p) { return get32(p) | (uint64_t)get32(p + 4) << 32; }

static inline void put64(uint8_t *p, uint64_t value) {
    for (int i = 0; i < 8; i++)
        p[i] = (uint8_t)(value >> (8 * i));
}

/* Each checks one directory and fills its fields of *image; directories are in bounds where pe_at says so. */
enum pe_error pe_parse_relocations(struct pe_image *image); /* pe_directories.c */
enum pe_error pe_parse_imports(struct pe_image *image);     /* pe_symbols.c */
enum pe_error pe_parse_exports(struct pe_image *image);
enum pe_error pe_parse_load_config(struct pe_image *image); /* pe_directories.c */
enum pe_error pe_parse_exceptions(struct pe_image *image);
enum pe_error pe_parse_tls(struct pe_image *image);
enum pe_error pe_parse_delay_imports(struct pe_image *image);
void pe_parse_debug(struct pe_image *image);
