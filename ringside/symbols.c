#include "symbols.h"
#include "files/files.h"
#include "machine.h"

#include <libdwarf/dwarf.h>
#include <libdwarf/libdwarf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* One open image at a time: the frames of a stack come in runs of the same image. */
static struct {
    char name[64];
    Dwarf_Debug debug;
    int fd;       /* ours: of a carried image */
    int64_t file; /* else */
} opened = {.fd = -1, .file = -1};

static void close_image(void) {
    if (opened.debug != NULL) {
        Dwarf_Error error = NULL;
        dwarf_finish(opened.debug, &error);
    }
    if (opened.fd >= 0) {
        close(opened.fd);
    }
    if (opened.file >= 0) {
        files_close(opened.file);
    }
    opened.debug = NULL;
    opened.fd = -1;
    opened.file = -1;
}

/* libdwarf reads a descriptor: a carried image gets one through a memfd. */
static int open_carried(const char *name) {
    for (uint32_t i = 0; i < ringside_image_count; i++) {
        const hal_image *image = &ringside_images[i];
        if (strcmp(image->name, name) != 0) {
            continue;
        }
        opened.fd = memfd_create(name, MFD_CLOEXEC);
        return opened.fd >= 0 && write(opened.fd, image->data, image->size) == (ssize_t)image->size ? opened.fd : -1;
    }
    return -1;
}

/* A file of the machine's own drive: where it is on the host is nothing that can be opened behind the fence. */
static int open_file(const char *path) {
    hal_file_info info;
    opened.file = files_open(path, HAL_FILE_READ, HAL_OPEN, &info);
    return opened.file < 0 ? -1 : files_descriptor(opened.file);
}

static bool open_image(const hal_stack_frame *frame) {
    if (strcmp(opened.name, frame->image) == 0) {
        return opened.debug != NULL;
    }
    close_image();
    snprintf(opened.name, sizeof opened.name, "%s", frame->image);
    int fd = frame->path[0] != '\0' ? open_file(frame->path) : open_carried(frame->image);
    Dwarf_Error error = NULL;
    if (fd < 0 || dwarf_init_b(fd, DW_DLC_READ, DW_GROUPNUMBER_ANY, NULL, NULL, &opened.debug, &error) != DW_DLV_OK) {
        opened.debug = NULL;
        return false;
    }
    return true;
}

static bool die_contains(Dwarf_Die die, Dwarf_Addr pc) {
    Dwarf_Addr low = 0, high = 0;
    Dwarf_Half form = 0;
    enum Dwarf_Form_Class class = DW_FORM_CLASS_UNKNOWN;
    Dwarf_Error error = NULL;
    if (dwarf_lowpc(die, &low, &error) != DW_DLV_OK || dwarf_highpc_b(die, &high, &form, &class, &error) != DW_DLV_OK) {
        return false;
    }
    if (class == DW_FORM_CLASS_CONSTANT) {
        high += low;
    }
    return pc >= low && pc < high;
}

/* die_contains() for code that lies in pieces, too. */
static bool die_covers(Dwarf_Debug debug, Dwarf_Die unit, Dwarf_Die die, Dwarf_Addr pc) {
    Dwarf_Attribute attribute = NULL;
    Dwarf_Error error = NULL;
    Dwarf_Off offset = 0, real = 0;
    Dwarf_Ranges *ranges = NULL;
    Dwarf_Signed count = 0;
    Dwarf_Unsigned bytes = 0;
    Dwarf_Addr base = 0;
    bool covers = die_contains(die, pc);

    if (covers || dwarf_attr(die, DW_AT_ranges, &attribute, &error) != DW_DLV_OK)
        return covers;
    dwarf_lowpc(unit, &base, &error);
    if (dwarf_global_formref(attribute, &offset, &error) == DW_DLV_OK &&
        dwarf_get_ranges_b(debug, offset, die, &real, &ranges, &count, &bytes, &error) == DW_DLV_OK) {
        for (Dwarf_Signed i = 0; i < count && ranges[i].dwr_type != DW_RANGES_END; i++) {
            if (ranges[i].dwr_type == DW_RANGES_ADDRESS_SELECTION)
                base = ranges[i].dwr_addr2;
            else
                covers = covers || (pc >= base + ranges[i].dwr_addr1 && pc < base + ranges[i].dwr_addr2);
        }
        dwarf_ranges_dealloc(debug, ranges, count);
    }
    dwarf_dealloc_attribute(attribute);
    return covers;
}

static void add_inlined(Dwarf_Debug debug, Dwarf_Die die, struct symbol_location *location) {
    Dwarf_Attribute attribute = NULL;
    Dwarf_Error error = NULL;
    Dwarf_Off offset = 0;
    Dwarf_Die origin = NULL;
    Dwarf_Unsigned line = 0;
    char *name = NULL;

    if (location->inlined_count == SYMBOL_INLINED || dwarf_attr(die, DW_AT_abstract_origin, &attribute, &error) != DW_DLV_OK)
        return;
    if (dwarf_global_formref(attribute, &offset, &error) == DW_DLV_OK && dwarf_offdie_b(debug, offset, 1, &origin, &error) == DW_DLV_OK) {
        if (dwarf_diename(origin, &name, &error) == DW_DLV_OK) {
            snprintf(location->inlined[location->inlined_count].function, sizeof location->inlined[0].function, "%s", name);
            dwarf_dealloc_attribute(attribute);
            attribute = NULL;
            if (dwarf_attr(die, DW_AT_call_line, &attribute, &error) == DW_DLV_OK && dwarf_formudata(attribute, &line, &error) == DW_DLV_OK)
                location->inlined[location->inlined_count].line = (unsigned)line;
            location->inlined_count++;
        }
        dwarf_dealloc_die(origin);
    }
    if (attribute != NULL)
        dwarf_dealloc_attribute(attribute);
}

/* Follows the calls that were inlined down to pc, through blocks. */
static void find_inlined(Dwarf_Debug debug, Dwarf_Die unit, Dwarf_Die parent, Dwarf_Addr pc, struct symbol_location *location) {
    Dwarf_Die child = NULL;
    Dwarf_Error error = NULL;
    int result = dwarf_child(parent, &child, &error);

    while (result == DW_DLV_OK) {
        Dwarf_Half tag = 0;
        Dwarf_Die next = NULL;
        bool within = dwarf_tag(child, &tag, &error) == DW_DLV_OK && (tag == DW_TAG_inlined_subroutine || tag == DW_TAG_lexical_block) &&
                      die_covers(debug, unit, child, pc);
        if (within) {
            if (tag == DW_TAG_inlined_subroutine)
                add_inlined(debug, child, location);
            find_inlined(debug, unit, child, pc, location);
        }
        result = within ? DW_DLV_NO_ENTRY : dwarf_siblingof_b(debug, child, 1, &next, &error);
        dwarf_dealloc_die(child);
        child = next;
    }
}

/* The name of what contains pc, among the children of a compilation unit that does: a function, or in assembler code the last label before it. */
static bool find_function(Dwarf_Debug debug, Dwarf_Die unit, Dwarf_Addr pc, struct symbol_location *location) {
    Dwarf_Die child = NULL;
    Dwarf_Error error = NULL;
    Dwarf_Addr best = 0;
    bool found = false;
    int result = dwarf_child(unit, &child, &error);
    while (result == DW_DLV_OK) {
        Dwarf_Half tag = 0;
        Dwarf_Addr low = 0;
        char *text = NULL;
        bool match = false;
        if (dwarf_tag(child, &tag, &error) == DW_DLV_OK && dwarf_lowpc(child, &low, &error) == DW_DLV_OK) {
            match = tag == DW_TAG_subprogram ? die_contains(child, pc) : tag == DW_TAG_label && low <= pc && low >= best && die_contains(unit, pc);
        }
        if (match && dwarf_diename(child, &text, &error) == DW_DLV_OK) {
            snprintf(location->function, sizeof location->function, "%s", text);
            best = low;
            found = true;
            if (tag == DW_TAG_subprogram)
                find_inlined(debug, unit, child, pc, location);
        }
        Dwarf_Die next = NULL;
        result = found && tag == DW_TAG_subprogram ? DW_DLV_NO_ENTRY : dwarf_siblingof_b(debug, child, 1, &next, &error);
        dwarf_dealloc_die(child);
        child = next;
    }
    return found;
}

static void shorten_path(const char *path, char *out, size_t size) {
    const char *last = path;
    int slashes = 0;
    for (const char *p = path + strlen(path); p > path; p--) {
        if ((p[-1] == '/' || p[-1] == '\\') && ++slashes == 2) {
            last = p;
            break;
        }
    }
    snprintf(out, size, "%s", last);
}

static void find_line(Dwarf_Die unit, Dwarf_Addr pc, struct symbol_location *location) {
    Dwarf_Unsigned version = 0;
    Dwarf_Small tables = 0;
    Dwarf_Line_Context context = NULL;
    Dwarf_Error error = NULL;
    Dwarf_Line *lines = NULL;
    Dwarf_Signed count = 0;
    if (dwarf_srclines_b(unit, &version, &tables, &context, &error) != DW_DLV_OK) {
        return;
    }
    if (dwarf_srclines_from_linecontext(context, &lines, &count, &error) == DW_DLV_OK) {
        for (Dwarf_Signed i = 0; i + 1 < count; i++) {
            Dwarf_Addr from = 0, to = 0;
            Dwarf_Bool end = 0;
            if (dwarf_lineaddr(lines[i], &from, &error) != DW_DLV_OK || dwarf_lineaddr(lines[i + 1], &to, &error) != DW_DLV_OK ||
                dwarf_lineendsequence(lines[i], &end, &error) != DW_DLV_OK || end || pc < from || pc >= to) {
                continue;
            }
            Dwarf_Unsigned number = 0;
            char *path = NULL;
            if (dwarf_lineno(lines[i], &number, &error) == DW_DLV_OK && dwarf_linesrc(lines[i], &path, &error) == DW_DLV_OK) {
                location->line = (unsigned)number;
                shorten_path(path, location->file, sizeof location->file);
            }
            break;
        }
    }
    dwarf_srclines_dealloc_b(context);
}

bool symbols_find(const hal_stack_frame *frame, struct symbol_location *location) {
    memset(location, 0, sizeof *location);
    if (frame->image_base == 0 || !open_image(frame)) {
        return false;
    }
    Dwarf_Addr pc = frame->pc - frame->image_base + frame->link_base;
    bool found = false;
    for (;;) {
        Dwarf_Unsigned header_length, abbreviations, type_offset, next_header;
        Dwarf_Half version, address_size, length_size, extension_size, unit_type;
        Dwarf_Sig8 signature;
        Dwarf_Error error = NULL;
        if (dwarf_next_cu_header_d(opened.debug, 1, &header_length, &version, &abbreviations, &address_size, &length_size, &extension_size,
                                   &signature, &type_offset, &next_header, &unit_type, &error) != DW_DLV_OK) {
            return found;
        }
        Dwarf_Die unit = NULL;
        if (dwarf_siblingof_b(opened.debug, NULL, 1, &unit, &error) == DW_DLV_OK) {
            /* The walk goes on to the end in any case: only that resets libdwarf's place among the units. */
            if (!found && find_function(opened.debug, unit, pc, location)) {
                found = true;
                find_line(unit, pc, location);
            }
            dwarf_dealloc_die(unit);
        }
    }
}
