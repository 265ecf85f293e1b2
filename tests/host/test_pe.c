/*
 * ring0/ldr/pe*.c against good, damaged and hostile images. Build: clang -fsanitize=address,undefined -Iring0 tests/host/test_pe.c
 * ring0/ldr/pe*.c -lcmocka. An argument names a further image, which must parse and have the right checksum.
 */
#include "ldr/pe.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* ---- A good image, made by hand: headers, .text, .rdata (imports, exports, load config, .pdata), .data, .reloc ---- */

#define FILE_SIZE  0x1400u
#define BASE       0x140000000ull
#define TEXT       0x1000u
#define RDATA      0x2000u
#define DATA       0x3000u
#define RELOC      0x4000u
#define IMAGE_SIZE 0x5000u
#define NT         0x80u
#define OPTIONAL   (NT + 24)
#define SECTIONS   (OPTIONAL + 240)

static void put16(uint8_t *file, uint32_t at, uint16_t value) { memcpy(file + at, &value, 2); }
static void put32(uint8_t *file, uint32_t at, uint32_t value) { memcpy(file + at, &value, 4); }
static void put64(uint8_t *file, uint32_t at, uint64_t value) { memcpy(file + at, &value, 8); }

static uint32_t rdata(uint32_t rva) { return rva - RDATA + 0x600; }

static void put_section(uint8_t *file, int index, const char *name, uint32_t rva, uint32_t size, uint32_t raw, uint32_t raw_size, uint32_t flags) {
    uint32_t at = SECTIONS + (uint32_t)index * 40;
    memcpy(file + at, name, strlen(name));
    put32(file, at + 8, size);
    put32(file, at + 12, rva);
    put32(file, at + 16, raw_size);
    put32(file, at + 20, raw);
    put32(file, at + 36, flags);
}

static void put_directory(uint8_t *file, int index, uint32_t rva, uint32_t size) {
    put32(file, OPTIONAL + 112 + (uint32_t)index * 8, rva);
    put32(file, OPTIONAL + 116 + (uint32_t)index * 8, size);
}

static void set_checksum(uint8_t *file, uint64_t size) {
    struct pe_image image;
    pe_parse(file, size, &image);
    put32(file, OPTIONAL + 64, pe_checksum(&image));
}

static uint8_t *make_image(void) {
    uint8_t *file = calloc(1, FILE_SIZE);
    assert_non_null(file);
    memcpy(file, "MZ", 2);
    put32(file, 0x3C, NT);
    memcpy(file + NT, "PE\0", 4);
    put16(file, NT + 4, PE_MACHINE_AMD64);
    put16(file, NT + 6, 4);
    put16(file, NT + 20, 240);
    put16(file, NT + 22, PE_FILE_EXECUTABLE);
    put16(file, OPTIONAL, 0x20B);
    put32(file, OPTIONAL + 16, TEXT);
    put64(file, OPTIONAL + 24, BASE);
    put32(file, OPTIONAL + 32, 0x1000);
    put32(file, OPTIONAL + 36, 0x200);
    put32(file, OPTIONAL + 56, IMAGE_SIZE);
    put32(file, OPTIONAL + 60, 0x400);
    put16(file, OPTIONAL + 68, PE_SUBSYSTEM_NATIVE);
    put32(file, OPTIONAL + 108, 16);
    put_section(file, 0, ".text", TEXT, 0x100, 0x400, 0x200, PE_SECTION_CODE | PE_SECTION_EXECUTE | PE_SECTION_READ);
    put_section(file, 1, ".rdata", RDATA, 0x800, 0x600, 0x800, PE_SECTION_READ);
    put_section(file, 2, ".data", DATA, 0x500, 0xE00, 0x200, PE_SECTION_READ | PE_SECTION_WRITE);
    put_section(file, 3, ".reloc", RELOC, 0x20, 0x1000, 0x400, PE_SECTION_READ | PE_SECTION_DISCARDABLE);

    /* Imports: ntoskrnl.exe: DbgPrint, ordinal 7. */
    put_directory(file, PE_IMPORT, RDATA, 40);
    put32(file, rdata(RDATA), RDATA + 0x40);
    put32(file, rdata(RDATA + 12), RDATA + 0x80);
    put32(file, rdata(RDATA + 16), RDATA + 0x60);
    for (uint32_t table = 0x40; table <= 0x60; table += 0x20) {
        put64(file, rdata(RDATA + table), RDATA + 0x90);
        put64(file, rdata(RDATA + table + 8), 0x8000000000000007ull);
    }
    strcpy((char *)file + rdata(RDATA + 0x80), "ntoskrnl.exe");
    put16(file, rdata(RDATA + 0x90), 3);
    strcpy((char *)file + rdata(RDATA + 0x92), "DbgPrint");

    /* Exports: ordinal 5 Alpha, 6 Beta -> NTOSKRNL.Beta. */
    put_directory(file, PE_EXPORT, RDATA + 0x100, 0x100);
    put32(file, rdata(RDATA + 0x100 + 12), RDATA + 0x180);
    put32(file, rdata(RDATA + 0x100 + 16), 5);
    put32(file, rdata(RDATA + 0x100 + 20), 2);
    put32(file, rdata(RDATA + 0x100 + 24), 2);
    put32(file, rdata(RDATA + 0x100 + 28), RDATA + 0x130);
    put32(file, rdata(RDATA + 0x100 + 32), RDATA + 0x138);
    put32(file, rdata(RDATA + 0x100 + 36), RDATA + 0x140);
    put32(file, rdata(RDATA + 0x130), TEXT + 0x10);
    put32(file, rdata(RDATA + 0x134), RDATA + 0x1C0);
    put32(file, rdata(RDATA + 0x138), RDATA + 0x1A0);
    put32(file, rdata(RDATA + 0x13C), RDATA + 0x1B0);
    put16(file, rdata(RDATA + 0x142), 1);
    strcpy((char *)file + rdata(RDATA + 0x180), "self.sys");
    strcpy((char *)file + rdata(RDATA + 0x1A0), "Alpha");
    strcpy((char *)file + rdata(RDATA + 0x1B0), "Beta");
    strcpy((char *)file + rdata(RDATA + 0x1C0), "NTOSKRNL.Beta");

    /* Load configuration: the cookie is at DATA, guard pointers behind it. */
    put_directory(file, PE_LOAD_CONFIG, RDATA + 0x200, 0x100);
    put32(file, rdata(RDATA + 0x200), 0x100);
    put64(file, rdata(RDATA + 0x258), BASE + DATA);
    put64(file, rdata(RDATA + 0x270), BASE + DATA + 8);
    put64(file, rdata(RDATA + 0x278), BASE + DATA + 16);
    put32(file, rdata(RDATA + 0x290), 0x100);

    /* Functions: two entries with unwind information at RDATA + 0x340. */
    put_directory(file, PE_EXCEPTION, RDATA + 0x320, 24);
    for (uint32_t i = 0; i < 2; i++) {
        put32(file, rdata(RDATA + 0x320 + i * 12), TEXT + i * 0x20);
        put32(file, rdata(RDATA + 0x324 + i * 12), TEXT + i * 0x20 + 0x20);
        put32(file, rdata(RDATA + 0x328 + i * 12), RDATA + 0x340);
    }
    put32(file, rdata(RDATA + 0x340), 1);

    /* Relocations: DATA + 8 and DATA + 16. */
    put_directory(file, PE_BASERELOC, RELOC, 12);
    put32(file, 0x1000, DATA);
    put32(file, 0x1004, 12);
    put16(file, 0x1008, (PE_RELOCATION_DIR64 << 12) | 8);
    put16(file, 0x100A, (PE_RELOCATION_DIR64 << 12) | 16);
    put64(file, 0xE08, BASE + TEXT);
    put64(file, 0xE10, BASE + TEXT + 8);
    set_checksum(file, FILE_SIZE);
    return file;
}

/* Uses everything there is on an image, whether it parsed or not: nothing may read outside, nothing may take long. */
static int ignore_relocation(void *context, uint32_t rva, unsigned type) {
    ++*(uint32_t *)context;
    return 0;
}

static void use_everything(const struct pe_image *image) {
    struct pe_section section;
    for (uint32_t i = 0; pe_section(image, i, &section); i++)
        pe_section_of(image, section.rva, &section);
    struct pe_import_cursor cursor = {0};
    struct pe_import import;
    uint64_t total = 0;
    while (pe_next_import(image, &cursor, &import))
        total += import.name != NULL ? strlen(import.name) : import.ordinal;
    for (uint32_t i = 0; i < image->import_dll_count; i++)
        total += pe_import_dll(image, i) != NULL;
    struct pe_export export;
    for (uint32_t i = 0; i < image->export_count; i++)
        if (pe_export_by_index(image, i, &export) && export.forwarder != NULL)
            total += strlen(export.forwarder);
    for (uint32_t i = 0; i < image->export_name_count; i++)
        if (pe_export_by_name_index(image, i, &export))
            total += strlen(export.name);
    pe_find_export(image, "Alpha", &export);
    pe_find_ordinal(image, 6, &export);
    uint32_t relocations = 0, begin, end, unwind;
    if (image->section_table != 0)
        pe_each_relocation(image, ignore_relocation, &relocations);
    for (uint32_t i = 0; pe_exception(image, i, &begin, &end, &unwind); i++)
        total += end - begin;
    if (image->debug_file != NULL)
        total += strlen(image->debug_file);
    (void)total;
}

/* An exact heap block, so that one byte too far is seen. */
static enum pe_error parse_copy(const uint8_t *file, uint64_t size) {
    uint8_t *copy = malloc(size != 0 ? size : 1);
    assert_non_null(copy);
    memcpy(copy, file, size);
    struct pe_image image;
    enum pe_error error = pe_parse(copy, size, &image);
    use_everything(&image);
    assert_non_null(pe_error_text(error));
    free(copy);
    return error;
}

static void test_good_image(void **state) {
    uint8_t *file = make_image();
    struct pe_image image;
    assert_int_equal(pe_parse(file, FILE_SIZE, &image), PE_OK);
    assert_int_equal(image.checksum, pe_checksum(&image));
    assert_int_equal(image.section_count, 4);
    assert_int_equal(image.security_cookie, DATA);
    assert_int_equal(image.guard_check, DATA + 8);
    assert_int_equal(image.guard_dispatch, DATA + 16);
    assert_int_equal(image.relocation_count, 2);
    assert_int_equal(image.exception_count, 2);
    assert_true(image.exceptions_sorted);
    assert_string_equal(image.export_dll, "self.sys");

    struct pe_import_cursor cursor = {0};
    struct pe_import import;
    assert_true(pe_next_import(&image, &cursor, &import));
    assert_string_equal(import.dll, "ntoskrnl.exe");
    assert_string_equal(import.name, "DbgPrint");
    assert_int_equal(import.hint, 3);
    assert_int_equal(import.iat_rva, RDATA + 0x60);
    assert_true(pe_next_import(&image, &cursor, &import));
    assert_null(import.name);
    assert_int_equal(import.ordinal, 7);
    assert_false(pe_next_import(&image, &cursor, &import));

    struct pe_export export;
    assert_true(pe_find_export(&image, "Alpha", &export));
    assert_int_equal(export.rva, TEXT + 0x10);
    assert_int_equal(export.ordinal, 5);
    assert_true(pe_find_ordinal(&image, 6, &export));
    assert_string_equal(export.forwarder, "NTOSKRNL.Beta");
    assert_false(pe_find_export(&image, "Gamma", &export));
    assert_false(pe_find_ordinal(&image, 4, &export));
    free(file);
}

static void test_memory_layout(void **state) {
    uint8_t *file = make_image(), *memory = calloc(1, IMAGE_SIZE);
    struct pe_image on_disk, mapped;
    struct pe_section section;
    assert_int_equal(pe_parse(file, FILE_SIZE, &on_disk), PE_OK);
    memcpy(memory, file, on_disk.headers_size);
    for (uint32_t i = 0; pe_section(&on_disk, i, &section); i++)
        memcpy(memory + section.rva, file + section.raw_offset, section.raw_size);
    assert_int_equal(pe_parse_mapped(memory, IMAGE_SIZE, &mapped), PE_OK);
    use_everything(&mapped);
    pe_relocate(&on_disk, memory, 0x10000);
    uint64_t value;
    memcpy(&value, memory + DATA + 16, 8);
    assert_int_equal(value, BASE + TEXT + 8 + 0x10000);
    assert_int_equal(pe_parse_mapped(memory, IMAGE_SIZE - 1, &mapped), PE_BAD_IMAGE_SIZE);
    free(memory);
    free(file);
}

static void test_truncated(void **state) {
    uint8_t *file = make_image();
    assert_int_equal(parse_copy(file, 0), PE_EMPTY);
    for (uint64_t size = 1; size < FILE_SIZE; size++)
        assert_int_not_equal(parse_copy(file, size), PE_OK);
    free(file);
}

struct change {
    const char *what;
    uint32_t at, size;
    uint64_t value;
    enum pe_error error;
};

static void test_refusals(void **state) {
    static const struct change changes[] = {
        {"text", 0, 2, 0x6168, PE_NOT_MZ},
        {"e_lfanew", 0x3C, 4, 0xFFFFFFF0, PE_TRUNCATED_HEADERS},
        {"signature", NT, 4, 0x454E, PE_NOT_PE},
        {"x86", NT + 4, 2, PE_MACHINE_I386, PE_WRONG_MACHINE},
        {"ARM64", NT + 4, 2, PE_MACHINE_ARM64, PE_WRONG_MACHINE},
        {"object file", NT + 22, 2, 0, PE_NOT_EXECUTABLE},
        {"magic", OPTIONAL, 2, 0x10B, PE_BAD_MAGIC},
        {"optional header size", NT + 20, 2, 60, PE_BAD_OPTIONAL_HEADER},
        {"section alignment", OPTIONAL + 32, 4, 0x1001, PE_BAD_ALIGNMENT},
        {"image size 0", OPTIONAL + 56, 4, 0, PE_BAD_IMAGE_SIZE},
        {"image size", OPTIONAL + 56, 4, 0xFFFFFFFF, PE_BAD_IMAGE_SIZE},
        {"header size", OPTIONAL + 60, 4, 0x2000, PE_BAD_IMAGE_SIZE},
        {"base", OPTIONAL + 24, 8, BASE + 1, PE_BAD_BASE},
        {"section count", NT + 6, 2, 0xFFFF, PE_TOO_MANY_SECTIONS},
        {"section overlap", SECTIONS + 40 + 12, 4, TEXT, PE_BAD_SECTION},
        {"section gap", SECTIONS + 40 + 12, 4, DATA, PE_BAD_SECTION},
        {"section size", SECTIONS + 40 + 8, 4, 0xFFFFFFFF, PE_BAD_SECTION},
        {"section data", SECTIONS + 40 + 20, 4, 0xFFFFF000, PE_TRUNCATED_SECTION},
        {"entry in data", OPTIONAL + 16, 4, DATA, PE_BAD_ENTRY},
        {"entry outside", OPTIONAL + 16, 4, 0xFFFFFFFF, PE_BAD_ENTRY},
        {"relocation block size", 0x1004, 4, 0x7FFFFFFF, PE_BAD_RELOCATIONS},
        {"relocation page", 0x1000, 4, 0xFFFFF000, PE_BAD_RELOCATIONS},
        {"import table", OPTIONAL + 112 + 8, 4, 0xFFFFFFF8, PE_BAD_IMPORTS},
        {"import name", 0x600 + 12, 4, 0x7FFFFFFF, PE_BAD_IMPORTS},
        {"import thunks", 0x600, 4, 0xFFFFFFF0, PE_BAD_IMPORTS},
        {"import address table", 0x600 + 16, 4, 0xFFFFFFF8, PE_BAD_IMPORTS},
        {"export count", 0x700 + 20, 4, 0x7FFFFFFF, PE_BAD_EXPORTS},
        {"export names", 0x700 + 32, 4, 0xFFFFFFFC, PE_BAD_EXPORTS},
        {"cookie outside", 0x858, 8, BASE + IMAGE_SIZE - 4, PE_BAD_LOAD_CONFIG},
        {"exception table", OPTIONAL + 112 + PE_EXCEPTION * 8, 4, DATA + 0xFFF0, PE_BAD_EXCEPTIONS},
    };
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        uint8_t *file = make_image();
        memcpy(file + changes[i].at, &changes[i].value, changes[i].size);
        enum pe_error error = parse_copy(file, FILE_SIZE);
        if (error != changes[i].error)
            fail_msg("%s: %s instead of %s", changes[i].what, pe_error_text(error), pe_error_text(changes[i].error));
        free(file);
    }
}

static void test_unsorted_functions_are_not_searched(void **state) {
    uint8_t *file = make_image();
    struct pe_image image;
    put32(file, rdata(RDATA + 0x320), TEXT + 0x40);
    assert_int_equal(pe_parse(file, FILE_SIZE, &image), PE_OK);
    assert_false(image.exceptions_sorted);
    free(file);
}

static void test_checksum_sees_a_flipped_bit(void **state) {
    uint8_t *file = make_image();
    struct pe_image image;
    file[0x410] ^= 1;
    assert_int_equal(pe_parse(file, FILE_SIZE, &image), PE_OK);
    assert_int_not_equal(image.checksum, pe_checksum(&image));
    free(file);
}

static uint64_t next_random(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void test_mutations(void **state) {
    static const uint32_t nasty[] = {0, 1, 7, 0xFFF, 0x1000, 0x7FFFFFFF, 0x80000000, 0xFFFFF000, 0xFFFFFFF8, 0xFFFFFFFF, IMAGE_SIZE, FILE_SIZE};
    uint64_t random = 0x5EED;
    for (int round = 0; round < 2000; round++) {
        uint8_t *file = make_image();
        for (uint64_t changes = 1 + next_random(&random) % 4; changes != 0; changes--) {
            /* Most of the meaning is in the headers and at the beginning of .rdata. */
            uint64_t region = next_random(&random) % 3;
            uint32_t at = (uint32_t)(region == 0   ? next_random(&random) % 0x240
                                     : region == 1 ? 0x600 + next_random(&random) % 0x360
                                                   : next_random(&random) % (FILE_SIZE - 4));
            if (next_random(&random) % 2)
                put32(file, at, nasty[next_random(&random) % (sizeof nasty / sizeof nasty[0])]);
            else
                file[at] = (uint8_t)next_random(&random);
        }
        parse_copy(file, FILE_SIZE);
        struct pe_image image;
        uint8_t *memory = calloc(1, IMAGE_SIZE);
        memcpy(memory, file, FILE_SIZE);
        pe_parse_mapped(memory, IMAGE_SIZE, &image);
        use_everything(&image);
        free(memory);
        free(file);
    }
}

static const char *given;

static void test_given_image(void **state) {
    FILE *stream = fopen(given, "rb");
    assert_non_null(stream);
    fseek(stream, 0, SEEK_END);
    size_t size = (size_t)ftell(stream);
    rewind(stream);
    uint8_t *file = malloc(size);
    assert_int_equal(fread(file, 1, size, stream), size);
    fclose(stream);
    struct pe_image image;
    enum pe_error error = pe_parse(file, size, &image);
    if (error != PE_OK)
        fail_msg("%s %s", given, pe_error_text(error));
    assert_int_equal(image.checksum, pe_checksum(&image));
    use_everything(&image);
    free(file);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_image),
        cmocka_unit_test(test_memory_layout),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_unsorted_functions_are_not_searched),
        cmocka_unit_test(test_checksum_sees_a_flipped_bit),
        cmocka_unit_test(test_mutations),
    };
    static const struct CMUnitTest with_image[] = {cmocka_unit_test(test_given_image)};
    cmocka_set_message_output(CM_OUTPUT_TAP);
    if (argc > 1) {
        given = argv[1];
        return cmocka_run_group_tests(with_image, NULL, NULL);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
