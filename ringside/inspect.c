#include "inspect.h"
#include "corpus.h"
#include "image_facts.h"
#include "message.h"
#include "files/names.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS 100
#define INDENT  14

/* ---- For people -------------------------------------------------------------------------------- */

static void field(const char *name) { printf("  %-*s", INDENT - 2, name); }

/* One word of a list, which is broken before COLUMNS. */
static void print_word(const char *word, bool first, size_t *used) {
    size_t length = strlen(word) + 2;

    if (!first)
        putchar(',');
    if (*used + length > COLUMNS) {
        printf("\n%*s", INDENT + 5, "");
        *used = INDENT + 5;
    }
    printf(" %s", word);
    *used += length;
}

static void print_imports_of(const struct image_facts *facts, const struct dll_facts *dll) {
    for (int have = 1; have >= 0; have--) {
        size_t count = have ? dll->import_count - dll->missing : dll->missing, used;
        bool first = true;

        if (count == 0)
            continue;
        used = (size_t)printf("%*s%s", INDENT, "", have ? "has  " : "lacks");
        for (size_t i = 0; i < facts->import_count; i++) {
            const struct import_facts *import = &facts->imports[i];
            char name[300];
            if (&facts->dlls[import->dll] != dll || import->have != (have != 0))
                continue;
            image_facts_import_name(import, name, sizeof name);
            print_word(name, first, &used);
            first = false;
        }
        putchar('\n');
    }
}

static void print_imports(const struct image_facts *facts) {
    for (size_t i = 0; i < facts->dll_count; i++) {
        const struct dll_facts *dll = &facts->dlls[i];
        field(i == 0 ? "imports" : "");
        switch (dll->source) {
        case DLL_OURS:
            printf("%s%s%s%s: Ringside has %zu of %zu\n", dll->name, dll->host != NULL ? " (" : "", dll->host != NULL ? dll->host : "",
                   dll->host != NULL ? ")" : "", dll->import_count - dll->missing, dll->import_count);
            print_imports_of(facts, dll);
            break;
        case DLL_BESIDE: printf("%s: %zu, from the file beside it\n", dll->name, dll->import_count); break;
        case DLL_ABSENT: printf("%s: Ringside has no such image, and it does not lie beside this one\n", dll->name); break;
        }
    }
}

/* DWARF comes in many sections with long names ("/4"), of no interest one by one. */
static bool is_debug(const struct pe_section *section) { return section->name[0] == '/'; }

static void print_sections(const struct image_facts *facts) {
    uint64_t debug_size = 0;
    unsigned debug_count = 0;

    for (uint32_t i = 0; i < facts->image.section_count; i++) {
        struct pe_section section;
        char access[4], name[9];
        if (!pe_section(&facts->image, i, &section))
            break;
        if (is_debug(&section)) {
            debug_size += section.virtual_size;
            debug_count++;
            continue;
        }
        image_facts_section_access(&section, access);
        image_facts_section_name(&section, name);
        field(i == 0 ? "sections" : "");
        const char *use = image_facts_section_use(facts, &section);
        printf("%-9s%9u bytes at 0x%-7x %s%s%s\n", name, section.virtual_size, section.rva, access, *use != '\0' ? "  " : "", use);
    }
    if (debug_count != 0) {
        field("");
        printf("%-9s%9" PRIu64 " bytes in %u sections\n", "(debug)", debug_size, debug_count);
    }
}

static void print_text(const struct image_facts *facts) {
    const struct pe_image *image = &facts->image;
    struct pe_section section;

    printf("%s: %s\n", facts->path, facts->kind);
    if (image->machine != 0) {
        field("machine");
        puts(pe_machine_name(image->machine));
    }
    if (image->magic != 0) {
        field("subsystem");
        printf("%u, %s%s%s\n", image->subsystem, pe_subsystem_name(image->subsystem), *facts->loaded_by != '\0' ? ": " : "", facts->loaded_by);
    }
    if (facts->error == PE_OK) {
        field("flags");
        printf("%s%s%s%s%s%s\n",
               facts->wdm      ? "WDM driver, "
               : facts->driver ? "no WDM driver, "
                               : "",
               facts->uniprocessor ? "for one processor only (UP), " : "", facts->aslr ? "may be moved (dynamic base)" : "stays at its base",
               facts->nx ? ", NX" : "", facts->cfg ? ", control flow guard" : "", facts->integrity ? ", forced integrity" : "");
        field("entry");
        if (image->entry == 0)
            puts("none");
        else if (pe_section_of(image, image->entry, &section) >= 0)
            printf("%s+0x%x (0x%x)\n", section.name, image->entry - section.rva, image->entry);
        field("size");
        printf("%u bytes in memory, made for 0x%" PRIx64 "\n", image->image_size, image->base);
        field("checksum");
        uint32_t right = pe_checksum(image);
        printf("0x%08x, %s", image->checksum, image->checksum == right ? "right\n" : image->checksum == 0 ? "not set" : "wrong");
        if (image->checksum != right)
            printf(" (it would be 0x%08x)\n", right);
        print_sections(facts);
        field("relocations");
        if ((image->characteristics & PE_FILE_RELOCS_STRIPPED) != 0)
            puts("stripped: it can be loaded at its base only");
        else
            printf("%u\n", image->relocation_count);
        field("unwind data");
        printf("%u function%s%s\n", image->exception_count, image->exception_count == 1 ? "" : "s",
               image->exception_count != 0 && !image->exceptions_sorted ? ", out of order" : "");
        if (image->security_cookie != 0 || image->guard_dispatch != 0) {
            field("load config");
            printf("%s%s%s\n", image->security_cookie != 0 ? "/GS cookie" : "", image->security_cookie != 0 && image->guard_dispatch != 0 ? ", " : "",
                   image->guard_dispatch != 0 ? "CFG pointers" : "");
        }
        field("debug data");
        printf("%s\n", facts->dwarf ? "DWARF" : image->debug_file != NULL ? image->debug_file : "none");
        if (image->export_count != 0) {
            field("exports");
            printf("%u%s%s\n", image->export_count, image->export_dll != NULL ? ", as " : "", image->export_dll != NULL ? image->export_dll : "");
        }
        print_imports(facts);
    }
    field("verdict");
    puts(facts->verdict);
}

/* ---- For programs -------------------------------------------------------------------------------- */

/* Text out of an image need not be UTF-8; jansson wants it so. */
static json_t *json_text(const char *text) {
    char clean[512];
    size_t used = 0;

    if (text == NULL)
        return json_null();
    json_t *whole = json_string(text);
    if (whole != NULL)
        return whole;
    for (; *text != '\0' && used < sizeof clean - 1; text++)
        clean[used++] = (unsigned char)*text < 0x80 ? *text : '?';
    clean[used] = '\0';
    return json_string(clean);
}

static json_t *json_imports(const struct image_facts *facts) {
    json_t *list = json_array();

    for (size_t i = 0; i < facts->dll_count; i++) {
        static const char *const sources[] = {[DLL_OURS] = "ringside", [DLL_BESIDE] = "beside", [DLL_ABSENT] = "absent"};
        json_t *names = json_array();
        for (size_t k = 0; k < facts->import_count; k++) {
            const struct import_facts *import = &facts->imports[k];
            char name[300];
            if (import->dll != i)
                continue;
            image_facts_import_name(import, name, sizeof name);
            json_array_append_new(names, json_pack("{s:o, s:b}", "name", json_text(name), "have", import->have));
        }
        json_array_append_new(
            list, json_pack("{s:o, s:s, s:o}", "dll", json_text(facts->dlls[i].name), "from", sources[facts->dlls[i].source], "functions", names));
    }
    return list;
}

static json_t *json_sections(const struct image_facts *facts) {
    json_t *list = json_array();

    for (uint32_t i = 0; i < facts->image.section_count; i++) {
        struct pe_section section;
        char access[4], name[9];
        if (!pe_section(&facts->image, i, &section))
            break;
        image_facts_section_access(&section, access);
        image_facts_section_name(&section, name);
        json_array_append_new(list, json_pack("{s:o, s:I, s:I, s:I, s:s, s:b}", "name", json_text(name), "rva", (json_int_t)section.rva, "size",
                                              (json_int_t)section.virtual_size, "characteristics", (json_int_t)section.characteristics, "access",
                                              access, "discardable", (section.characteristics & PE_SECTION_DISCARDABLE) != 0));
    }
    return list;
}

static json_t *json_facts(const struct image_facts *facts) {
    const struct pe_image *image = &facts->image;
    json_t *object = json_pack("{s:o, s:i, s:b, s:o, s:s}", "file", json_text(facts->path), "exit_code", facts->exit_code, "loadable",
                               facts->exit_code == 0, "verdict", json_text(facts->verdict), "kind", facts->kind);

    if (image->machine != 0)
        json_object_set_new(object, "machine", json_text(pe_machine_name(image->machine)));
    if (image->magic != 0) {
        json_object_set_new(object, "subsystem", json_integer(image->subsystem));
        json_object_set_new(object, "subsystem_name", json_text(pe_subsystem_name(image->subsystem)));
    }
    if (facts->error != PE_OK)
        return object;
    json_object_set_new(object, "wdm", json_boolean(facts->wdm));
    json_object_set_new(object, "uniprocessor", json_boolean(facts->uniprocessor));
    json_object_set_new(object, "entry", json_integer(image->entry));
    json_object_set_new(object, "base", json_integer((json_int_t)image->base));
    json_object_set_new(object, "image_size", json_integer(image->image_size));
    json_object_set_new(object, "checksum", json_integer(image->checksum));
    json_object_set_new(object, "computed_checksum", json_integer(pe_checksum(image)));
    json_object_set_new(object, "relocations", json_integer(image->relocation_count));
    json_object_set_new(object, "unwind_functions", json_integer(image->exception_count));
    json_object_set_new(object, "gs_cookie", json_boolean(image->security_cookie != 0));
    json_object_set_new(object, "cfg", json_boolean(facts->cfg));
    json_object_set_new(object, "dwarf", json_boolean(facts->dwarf));
    json_object_set_new(object, "pdb", json_text(image->debug_file));
    json_object_set_new(object, "sections", json_sections(facts));
    json_object_set_new(object, "imports", json_imports(facts));
    return object;
}

/* ---- The command -------------------------------------------------------------------------------- */

int inspect_command(const struct inspect_options *options) {
    if (options->corpus != NULL)
        return corpus_report(options->corpus, options->json);

    json_t *list = options->json ? json_array() : NULL;
    int status = 0;

    for (size_t i = 0; i < options->file_count; i++) {
        struct image_facts facts;
        image_facts_read(options->files[i], &facts);
        if (options->json) {
            json_array_append_new(list, json_facts(&facts));
        } else if (facts.data == NULL) {
            message_error(facts.path, "%s", facts.verdict); /* there is nothing to show */
        } else {
            if (i != 0)
                putchar('\n');
            print_text(&facts);
        }
        if (facts.exit_code > status)
            status = facts.exit_code; /* 127 before 126 before 0 */
        image_facts_free(&facts);
    }
    if (options->json) {
        json_dumpf(list, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
        putchar('\n');
        json_decref(list);
    }
    return fflush(stdout) == 0 ? status : EXIT_OURS;
}
