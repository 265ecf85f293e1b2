#include "image_facts.h"
#include "machine.h"
#include "files/names.h"
#include "options.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define DLL_CHARACTERISTICS_DYNAMIC_BASE    0x0040u
#define DLL_CHARACTERISTICS_FORCE_INTEGRITY 0x0080u
#define DLL_CHARACTERISTICS_NX              0x0100u
#define DLL_CHARACTERISTICS_WDM             0x2000u
#define DLL_CHARACTERISTICS_CFG             0x4000u

static void say(struct image_facts *facts, int exit_code, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void say(struct image_facts *facts, int exit_code, const char *format, ...) {
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(facts->verdict, sizeof facts->verdict, format, arguments);
    va_end(arguments);
    facts->exit_code = exit_code;
}

/* ---- Small answers -------------------------------------------------------------------------------- */

void image_facts_import_name(const struct import_facts *import, char *out, size_t size) {
    size_t used = 0;

    if (import->name == NULL) {
        snprintf(out, size, "#%u", import->ordinal);
        return;
    }
    for (const char *c = import->name; *c != '\0' && used < size - 1; c++)
        out[used++] = (unsigned char)*c < 0x20 || *c == 0x7F ? '?' : *c;
    out[used] = '\0';
}

void image_facts_section_access(const struct pe_section *section, char out[4]) {
    out[0] = (section->characteristics & PE_SECTION_READ) != 0 ? 'r' : '-';
    out[1] = (section->characteristics & PE_SECTION_WRITE) != 0 ? 'w' : '-';
    out[2] = (section->characteristics & PE_SECTION_EXECUTE) != 0 ? 'x' : '-';
    out[3] = '\0';
}

void image_facts_section_name(const struct pe_section *section, char out[9]) {
    for (size_t i = 0; i < 9; i++)
        out[i] = section->name[i] != '\0' && ((unsigned char)section->name[i] < 0x20 || section->name[i] == 0x7F) ? '?' : section->name[i];
}

const char *image_facts_section_use(const struct image_facts *facts, const struct pe_section *section) {
    if (facts->driver && (section->characteristics & PE_SECTION_DISCARDABLE) != 0)
        return strcmp(section->name, ".reloc") == 0 ? "relocations, gone when it is loaded" : "gone after the entry has returned";
    if (facts->driver && strncmp(section->name, "PAGE", 4) == 0)
        return "pageable: not at DISPATCH_LEVEL";
    if (facts->driver && strcmp(section->name, "INIT") == 0)
        return "not marked discardable: it stays";
    return (section->characteristics & PE_SECTION_CODE) != 0 ? "code" : "";
}

/* ---- Reading -------------------------------------------------------------------------------- */

/* The whole file. A pipe or device is refused before it can make us wait. */
static bool read_file(struct image_facts *facts) {
    int fd = open(facts->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat s;

    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) {
        say(facts, EXIT_ABSENT, "there is no such file: check the path");
        return false;
    }
    if (fd < 0 || fstat(fd, &s) != 0) {
        say(facts, EXIT_REFUSED, "it cannot be opened (%s): check its permissions", strerror(errno));
    } else if (!S_ISREG(s.st_mode)) {
        say(facts, EXIT_REFUSED, "it is no ordinary file: name an image");
    } else if (s.st_size > (off_t)PE_MAX_IMAGE) {
        say(facts, EXIT_REFUSED, "it is larger than the 1 GiB that an image can be");
    } else if ((facts->data = malloc((size_t)s.st_size + 1)) == NULL) {
        say(facts, EXIT_OURS, "there is no memory for %lld bytes", (long long)s.st_size);
    } else {
        while (facts->size < (size_t)s.st_size) {
            ssize_t n = read(fd, facts->data + facts->size, (size_t)s.st_size - facts->size);
            if (n > 0)
                facts->size += (size_t)n;
            else if (n == 0 || errno != EINTR)
                break; /* what there is of it says more than an error */
        }
    }
    if (fd >= 0)
        close(fd);
    return facts->data != NULL;
}

/* ---- Imports -------------------------------------------------------------------------------- */

static const hal_image *our_image(const char *dll) {
    for (uint32_t i = 0; i < ringside_image_count; i++)
        if (strcasecmp(ringside_images[i].name, dll) == 0)
            return &ringside_images[i];
    return NULL;
}

/* The DLL that hosts an API set, by the table that programs' loader uses; NULL: dll is no API set, or an unknown one. */
static const char *api_set_host(const char *dll) {
    static const struct {
        const char *contract, *host;
    } sets[] = {
#define API_SET_HOST(contract, host) {contract, host},
#include "../ring3/ntdll/apisets.tbl"
#undef API_SET_HOST
    };
    const char *version = strrchr(dll, '-');

    if (strncasecmp(dll, "api-", 4) != 0 || version < dll + 4)
        return NULL;
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
        if (strlen(sets[i].contract) == (size_t)(version - dll - 4) && strncasecmp(dll + 4, sets[i].contract, (size_t)(version - dll - 4)) == 0)
            return sets[i].host;
    return NULL;
}

static bool lies_beside(const struct image_facts *facts, const char *dll) {
    const char *last = names_last(facts->path);
    char *path;
    bool there;

    if (strchr(dll, '/') != NULL || asprintf(&path, "%.*s%s", (int)(last - facts->path), facts->path, dll) < 0)
        return false;
    there = access(path, F_OK) == 0;
    free(path);
    return there;
}

static bool find_imports(struct image_facts *facts) {
    const struct pe_image *image = &facts->image;
    struct pe_import_cursor cursor = {0};
    struct pe_image *exporters = calloc(image->import_dll_count + 1u, sizeof *exporters);
    struct pe_import import;
    struct pe_export found;

    facts->dlls = calloc(image->import_dll_count + 1u, sizeof *facts->dlls);
    facts->imports = calloc(image->import_count + 1u, sizeof *facts->imports);
    if (exporters == NULL || facts->dlls == NULL || facts->imports == NULL) {
        free(exporters);
        return false;
    }
    for (uint32_t i = 0; i < image->import_dll_count; i++) {
        struct dll_facts *dll = &facts->dlls[facts->dll_count++];
        const hal_image *ours;
        dll->name = pe_import_dll(image, i);
        dll->host = api_set_host(dll->name);
        ours = our_image(dll->host != NULL ? dll->host : dll->name);
        if (ours != NULL && pe_parse(ours->data, ours->size, &exporters[i]) == PE_OK)
            dll->source = DLL_OURS;
        else
            dll->source = lies_beside(facts, dll->name) ? DLL_BESIDE : DLL_ABSENT;
    }
    while (facts->import_count < image->import_count && pe_next_import(image, &cursor, &import)) {
        struct import_facts *fact = &facts->imports[facts->import_count++];
        struct dll_facts *dll = &facts->dlls[import.dll_index];
        *fact = (struct import_facts){.dll = import.dll_index, .name = import.name, .ordinal = import.ordinal};
        if (dll->source == DLL_OURS)
            fact->have = import.name != NULL ? pe_find_export(&exporters[import.dll_index], import.name, &found)
                                             : pe_find_ordinal(&exporters[import.dll_index], import.ordinal, &found);
        dll->import_count++;
        dll->missing += !fact->have;
    }
    free(exporters);
    return true;
}

/* ---- What it is, and whether it would run -------------------------------------------------------------------------------- */

static bool imports_from(const struct image_facts *facts, const char *dll) {
    for (size_t i = 0; i < facts->dll_count; i++)
        if (facts->dlls[i].name != NULL && strcasecmp(facts->dlls[i].name, dll) == 0)
            return true;
    return false;
}

static void classify(struct image_facts *facts) {
    const struct pe_image *image = &facts->image;
    bool dll = (image->characteristics & PE_FILE_DLL) != 0;

    facts->wdm = (image->dll_characteristics & DLL_CHARACTERISTICS_WDM) != 0;
    facts->uniprocessor = (image->characteristics & PE_FILE_UP_SYSTEM_ONLY) != 0;
    facts->aslr = (image->dll_characteristics & DLL_CHARACTERISTICS_DYNAMIC_BASE) != 0;
    facts->nx = (image->dll_characteristics & DLL_CHARACTERISTICS_NX) != 0;
    facts->cfg = (image->dll_characteristics & DLL_CHARACTERISTICS_CFG) != 0;
    facts->integrity = (image->dll_characteristics & DLL_CHARACTERISTICS_FORCE_INTEGRITY) != 0;
    switch (image->subsystem) {
    case PE_SUBSYSTEM_NATIVE:
        if (!dll && imports_from(facts, "ntdll.dll")) {
            facts->kind = "a native program";
            facts->loaded_by = "run without Win32, entry NtProcessStartup(PEB *)";
        } else {
            facts->driver = true;
            facts->kind = dll ? "a kernel-mode library" : facts->wdm ? "a kernel driver (WDM)" : "a kernel driver";
            facts->loaded_by = dll ? "loaded by the kernel with the drivers that import it"
                                   : "loaded by the kernel, entry DriverEntry(DRIVER_OBJECT *, UNICODE_STRING *)";
        }
        break;
    case PE_SUBSYSTEM_CONSOLE:
    case PE_SUBSYSTEM_GUI:
        facts->kind = dll ? "a DLL" : image->subsystem == PE_SUBSYSTEM_CONSOLE ? "a console program" : "a GUI program";
        facts->loaded_by = dll                                        ? "loaded into a process by its loader, entry DllMain"
                           : image->subsystem == PE_SUBSYSTEM_CONSOLE ? "run as a process with a console, entry mainCRTStartup or the like"
                                                                      : "run as a process without a console, entry WinMainCRTStartup or the like";
        break;
    default:
        facts->kind = "an image for something else than Windows NT";
        facts->loaded_by = "not by Windows once it runs";
        break;
    }
    for (uint32_t i = 0; i < image->section_count && !facts->dwarf; i++) {
        struct pe_section section;
        /* Long section names ("/4") are what only DWARF sections have; strip leaves none of them. */
        facts->dwarf = pe_section(image, i, &section) && section.name[0] == '/' && section.name[1] >= '0' && section.name[1] <= '9';
    }
}

/* The functions that Ringside lacks, as far as they fit. */
static void list_missing(const struct image_facts *facts, char *out, size_t size, size_t *count) {
    size_t used = 0;

    *count = 0;
    out[0] = '\0';
    for (size_t i = 0; i < facts->import_count; i++) {
        char name[300];
        if (facts->imports[i].have || facts->dlls[facts->imports[i].dll].source == DLL_BESIDE)
            continue;
        image_facts_import_name(&facts->imports[i], name, sizeof name);
        if (++*count <= 3 && used + strlen(name) + 3 < size)
            used += (size_t)snprintf(out + used, size - used, "%s%s", used == 0 ? "" : ", ", name);
    }
    if (*count > 3)
        snprintf(out + used, size - used, " and %zu more", *count - 3);
}

static void judge(struct image_facts *facts) {
    const struct pe_image *image = &facts->image;
    char missing[300];
    size_t count;

    for (size_t i = 0; i < facts->dll_count; i++)
        if (facts->dlls[i].source == DLL_ABSENT) {
            say(facts, EXIT_REFUSED, "refused: it imports from %.100s, which is not there", facts->dlls[i].name);
            return;
        }
    list_missing(facts, missing, sizeof missing, &count);
    if (image->subsystem < PE_SUBSYSTEM_NATIVE || image->subsystem > PE_SUBSYSTEM_CONSOLE)
        say(facts, EXIT_REFUSED, "refused: neither a driver nor a program of Windows");
    else if (facts->driver && image->checksum != pe_checksum(image))
        say(facts, EXIT_REFUSED, "refused: its checksum is %s: link it with /release", image->checksum == 0 ? "not set" : "wrong");
    else if (facts->driver && (image->characteristics & PE_FILE_RELOCS_STRIPPED) != 0)
        say(facts, EXIT_REFUSED, "refused: it has no relocations and cannot be moved from its base: link it without /fixed");
    else if (facts->driver && imports_from(facts, "ntdll.dll"))
        say(facts, EXIT_REFUSED, "refused: it imports from ntdll.dll, which only programs have");
    else if (!facts->driver && (image->characteristics & PE_FILE_DLL) == 0 && count != 0)
        say(facts, EXIT_REFUSED, "refused: Ringside lacks %s", missing);
    else if (count != 0 && facts->driver)
        say(facts, 0, "it can be loaded; the machine stops, with its name, when %s is called (--strict refuses it)", missing);
    else if (count != 0)
        say(facts, EXIT_REFUSED, "a program that needs it is refused: Ringside lacks %s", missing);
    else if (facts->driver && image->entry == 0 && (image->characteristics & PE_FILE_DLL) == 0)
        say(facts, EXIT_REFUSED, "refused: a driver without an entry point");
    else
        say(facts, 0, facts->driver || (image->characteristics & PE_FILE_DLL) != 0 ? "it can be loaded" : "it can be run");
}

void image_facts_read(const char *path, struct image_facts *facts) {
    *facts = (struct image_facts){.path = path, .kind = "nothing that could be loaded", .loaded_by = ""};
    if (!read_file(facts))
        return;
    facts->error = pe_parse(facts->data, facts->size, &facts->image);
    if (facts->error == PE_WRONG_MACHINE)
        say(facts, EXIT_REFUSED, "refused: it is for %s, and this machine is x86-64", pe_machine_name(facts->image.machine));
    else if (facts->error != PE_OK)
        say(facts, EXIT_REFUSED, "refused: it %s", pe_error_text(facts->error));
    if (facts->error != PE_OK)
        return;
    if (!find_imports(facts)) {
        say(facts, EXIT_OURS, "there is no memory for its imports");
        return;
    }
    classify(facts);
    judge(facts);
}

void image_facts_free(struct image_facts *facts) {
    free(facts->dlls);
    free(facts->imports);
    free(facts->data);
}
