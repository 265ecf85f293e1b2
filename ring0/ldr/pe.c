#include "ldr/pe_internal.h"

static uint64_t round_up(uint64_t value, uint64_t to) { return (value + to - 1) & ~(to - 1); }

static int is_power_of_two(uint32_t value) { return value != 0 && (value & (value - 1)) == 0; }

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

/* The sum of 16-bit words with the carries added back in, without the checksum itself, plus the file's length. */
uint32_t pe_checksum(const struct pe_image *image) {
    uint64_t sum = 0;
    if (image->checksum_offset == 0)
        return 0;
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
    if (error != PE_OK)
        return error;
    static enum pe_error (*const parts[])(struct pe_image *) = {pe_parse_relocations, pe_parse_imports, pe_parse_exports,      pe_parse_load_config,
                                                                pe_parse_exceptions,  pe_parse_tls,     pe_parse_delay_imports};
    for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if ((error = parts[i](out)) != PE_OK)
            return error;
    pe_parse_debug(out);
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
