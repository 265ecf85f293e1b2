/*
 * PE32+ images, read and checked. Pure functions over bytes: nothing is allocated, nothing outside [data, data + size) is read, and
 * whatever the bytes say, each call ends after a bounded number of steps. The kernel's loader, the section code and the Linux host
 * compile the same file, so the format's structures have names of their own here. Format: "PE Format", learn.microsoft.com.
 */
#pragma once
#include <stdint.h>

#define PE_MACHINE_I386  0x014Cu
#define PE_MACHINE_ARMNT 0x01C4u
#define PE_MACHINE_AMD64 0x8664u
#define PE_MACHINE_ARM64 0xAA64u

#define PE_SUBSYSTEM_NATIVE  1u
#define PE_SUBSYSTEM_GUI     2u
#define PE_SUBSYSTEM_CONSOLE 3u

#define PE_FILE_RELOCS_STRIPPED 0x0001u
#define PE_FILE_EXECUTABLE      0x0002u
#define PE_FILE_DLL             0x2000u
#define PE_DLL_FORCE_INTEGRITY  0x0080u /* dll_characteristics */
#define PE_FILE_UP_SYSTEM_ONLY  0x4000u

#define PE_SECTION_CODE        0x00000020u
#define PE_SECTION_DISCARDABLE 0x02000000u
#define PE_SECTION_NOT_PAGED   0x08000000u
#define PE_SECTION_EXECUTE     0x20000000u
#define PE_SECTION_READ        0x40000000u
#define PE_SECTION_WRITE       0x80000000u

#define PE_RELOCATION_NONE    0u
#define PE_RELOCATION_HIGHLOW 3u
#define PE_RELOCATION_DIR64   10u

enum pe_directory_index {
    PE_EXPORT,
    PE_IMPORT,
    PE_RESOURCE,
    PE_EXCEPTION,
    PE_SECURITY, /* its rva is a file offset */
    PE_BASERELOC,
    PE_DEBUG,
    PE_ARCHITECTURE,
    PE_GLOBALPTR,
    PE_TLS,
    PE_LOAD_CONFIG,
    PE_BOUND_IMPORT,
    PE_IAT,
    PE_DELAY_IMPORT,
    PE_CLR,
    PE_RESERVED,
    PE_DIRECTORIES
};

/* In the order in which pe_parse looks. Where it stops, everything read before that is in the pe_image; the rest is zero. */
enum pe_error {
    PE_OK,
    PE_EMPTY,
    PE_NOT_MZ,
    PE_TRUNCATED_HEADERS, /* e_lfanew or a header lies outside the file */
    PE_NOT_PE,            /* an MZ program without a PE header */
    PE_NOT_EXECUTABLE,    /* an object file, or linked with errors */
    PE_WRONG_MACHINE,     /* well-formed so far, for another processor: see machine */
    PE_BAD_MAGIC,
    PE_BAD_OPTIONAL_HEADER,
    PE_BAD_ALIGNMENT,
    PE_BAD_IMAGE_SIZE,
    PE_BAD_BASE,
    PE_TOO_MANY_SECTIONS,
    PE_BAD_SECTION,       /* out of order, gap, overlap, outside the image */
    PE_TRUNCATED_SECTION, /* its data lies outside the file */
    PE_BAD_ENTRY,         /* not in an executable section */
    PE_BAD_RELOCATIONS,
    PE_BAD_RELOCATION_TYPE, /* not from pe_parse: for whoever must move an image with foreign relocations */
    PE_BAD_IMPORTS,
    PE_BAD_EXPORTS,
    PE_BAD_LOAD_CONFIG,
    PE_BAD_EXCEPTIONS,
    PE_BAD_TLS,
    PE_BAD_DELAY_IMPORTS,
    PE_ERRORS
};

#define PE_MAX_SECTIONS    1024u
#define PE_MAX_IMAGE       0x40000000u /* 1 GiB */
#define PE_MAX_IMPORT_DLLS 1024u
#define PE_MAX_IMPORTS     65536u
#define PE_MAX_EXPORTS     65536u
#define PE_MAX_NAME        4096u

struct pe_directory {
    uint32_t rva, size;
};

struct pe_image {
    const uint8_t *data;
    uint64_t size;
    int mapped; /* data is in memory layout: an rva is an offset */

    uint16_t machine, magic, characteristics, section_count;
    uint32_t timestamp;
    uint8_t linker_major, linker_minor;
    uint16_t os_major, os_minor, image_major, image_minor, subsystem_major, subsystem_minor;
    uint16_t subsystem, dll_characteristics;
    uint32_t entry; /* rva; 0: none */
    uint64_t base;  /* preferred */
    uint32_t section_alignment, file_alignment, image_size, headers_size;
    uint64_t stack_reserve, stack_commit;
    uint32_t checksum, checksum_offset;
    uint32_t section_table;                        /* file offset */
    struct pe_directory directory[PE_DIRECTORIES]; /* bounds checked, except PE_SECURITY and those nobody here reads */

    uint32_t relocation_count;
    uint32_t foreign_relocation_count; /* of types other than DIR64: harmless until the image must move (GNU ld leaves some) */
    uint32_t import_dll_count, import_count;
    uint32_t export_base, export_count, export_name_count, export_functions, export_names, export_ordinals; /* the last three: rvas */
    int export_names_sorted;
    const char *export_dll;
    /* load config; rvas, 0 when absent */
    uint32_t security_cookie, guard_check, guard_dispatch, guard_flags;
    uint32_t exception_count;
    int exceptions_sorted; /* ascending, not overlapping, inside the image: fit for a binary search */
    uint32_t tls_size;
    uint32_t delay_dll_count;
    const char *debug_file; /* the PDB's path in the debug directory, or NULL */
};

struct pe_section {
    char name[9];
    uint32_t rva, virtual_size;
    uint32_t mapped_size;          /* virtual_size, or raw_size where that is 0, rounded up to pages */
    uint32_t raw_offset, raw_size; /* what is copied from the file: raw_size is cut to mapped_size */
    uint32_t characteristics;
};

struct pe_import {
    const char *dll;
    uint32_t dll_index;
    const char *name; /* NULL: by ordinal */
    uint16_t hint, ordinal;
    uint32_t iat_rva;
};
struct pe_import_cursor { /* zero it to begin */
    uint32_t dll, thunk, total;
};

struct pe_export {
    const char *name; /* NULL: by ordinal only, or not asked for */
    uint32_t ordinal; /* biased */
    uint32_t rva;
    const char *forwarder; /* "NTOSKRNL.KeFoo" or NULL */
};

/* File layout, and memory layout (size: at least image_size). *out is always filled. */
enum pe_error pe_parse(const void *file, uint64_t size, struct pe_image *out);
enum pe_error pe_parse_mapped(const void *base, uint64_t size, struct pe_image *out);
/* What the checksum in the header should be, from every byte of the file; 0 when the headers end before it. The image has file layout. */
uint32_t pe_checksum(const struct pe_image *image);

const char *pe_error_text(enum pe_error error); /* completes "example.sys: " */
const char *pe_machine_name(uint16_t machine);
const char *pe_subsystem_name(uint16_t subsystem);

/* Bytes at an rva, NULL unless all of them are there. */
const void *pe_at(const struct pe_image *image, uint32_t rva, uint32_t size);
/* A terminated string of fewer than PE_MAX_NAME bytes at an rva, or NULL. */
const char *pe_string(const struct pe_image *image, uint32_t rva);

int pe_section(const struct pe_image *image, uint32_t index, struct pe_section *out);
int pe_section_of(const struct pe_image *image, uint32_t rva, struct pe_section *out); /* its index, or -1 */

/* 1 and the next import, or 0 at the end. */
int pe_next_import(const struct pe_image *image, struct pe_import_cursor *cursor, struct pe_import *out);
const char *pe_import_dll(const struct pe_image *image, uint32_t index);

/* Exports: index < export_name_count by name, index < export_count by ordinal. 0 when there is none at that index. */
int pe_export_by_name_index(const struct pe_image *image, uint32_t index, struct pe_export *out);
int pe_export_by_index(const struct pe_image *image, uint32_t index, struct pe_export *out);
int pe_find_export(const struct pe_image *image, const char *name, struct pe_export *out);
int pe_find_ordinal(const struct pe_image *image, uint32_t ordinal, struct pe_export *out);

/* Calls back for each relocation that changes something; a result other than 0 ends it and is returned. */
int pe_each_relocation(const struct pe_image *image, int (*callback)(void *context, uint32_t rva, unsigned type), void *context);
/* Adds delta to every DIR64 target of a writable image in memory layout (bytes: image_size of them). The image was parsed without error. */
void pe_relocate(const struct pe_image *image, void *bytes, uint64_t delta);

/* Function table entry i: begin, end, unwind information (rvas). */
int pe_exception(const struct pe_image *image, uint32_t index, uint32_t *begin, uint32_t *end, uint32_t *unwind);
