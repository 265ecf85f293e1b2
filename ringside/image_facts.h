/* What `ringside inspect` finds out about one file, before it is shown. */
#pragma once
#include "ldr/pe.h"

#include <stdbool.h>
#include <stddef.h>

enum dll_source {
    DLL_OURS,   /* an image carried inside Ringside */
    DLL_BESIDE, /* a file in the image's own directory; its exports are not looked at */
    DLL_ABSENT,
};

struct dll_facts {
    const char *name; /* as the image writes it */
    const char *host; /* the DLL whose functions it is, if it is an API set; else NULL */
    enum dll_source source;
    size_t import_count, missing;
};

struct import_facts {
    size_t dll;
    const char *name; /* NULL: by ordinal */
    uint16_t ordinal;
    bool have;
};

struct image_facts {
    const char *path;
    uint8_t *data; /* the file's bytes, which most strings here point into; NULL: it could not be read */
    size_t size;
    enum pe_error error;
    struct pe_image image;
    const char *kind;      /* "a kernel driver" */
    const char *loaded_by; /* what loads such a subsystem, and how its entry looks */
    bool driver, wdm, uniprocessor, aslr, nx, cfg, integrity, dwarf;
    struct dll_facts *dlls;
    size_t dll_count;
    struct import_facts *imports;
    size_t import_count;
    int exit_code;     /* 0; EXIT_REFUSED; EXIT_ABSENT; EXIT_OURS: no memory */
    char verdict[512]; /* one sentence */
};

/* Fills *facts in any case; image_facts_free gives back what it holds. path must outlive it. */
void image_facts_read(const char *path, struct image_facts *facts);
void image_facts_free(struct image_facts *facts);

void image_facts_import_name(const struct import_facts *import, char *out, size_t size); /* "IoCreateDevice" or "#17" */
void image_facts_section_access(const struct pe_section *section, char out[4]);          /* "r-x" */
void image_facts_section_name(const struct pe_section *section, char out[9]);            /* without control characters */
const char *image_facts_section_use(const struct image_facts *facts, const struct pe_section *section);
