/*
 * Damaged copies of a good image: mutate FIRST COUNT IMAGE DIRECTORY writes DIRECTORY/N.sys for N = FIRST ... FIRST + COUNT - 1. What is done to copy N
 * depends on N alone. Each even one gets the right checksum, so that it comes past that check.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_IMAGE (1u << 20)

static uint8_t good[MAX_IMAGE], image[MAX_IMAGE];
static size_t good_size, size;
static uint64_t state;

static uint64_t next(void) { /* splitmix64 */
    uint64_t x = state += 0x9E3779B97F4A7C15ull;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9ull;
    x = (x ^ x >> 27) * 0x94D049BB133111EBull;
    return x ^ x >> 31;
}
static uint32_t below(uint32_t limit) { return (uint32_t)(next() % limit); }

static uint32_t get(size_t at, unsigned width) {
    uint32_t value = 0;
    if (at + width <= size)
        memcpy(&value, image + at, width);
    return value;
}
static void put(size_t at, uint32_t value, unsigned width) {
    if (at + width <= size)
        memcpy(image + at, &value, width);
}

static size_t nt(void) { return get(0x3C, 4); }
static size_t sections(void) { return nt() + 24 + get(nt() + 20, 2); }

/* A value that a careless reader would stumble over. */
static uint32_t awkward(uint32_t old) {
    static const uint32_t values[] = {0,      1,      2,      3,       0x10,       0x7F,       0xFF,       0x100,      0x1000,     0xFFF,     0x1001,
                                      0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFF000, 0x40000000};
    switch (below(4)) {
    case 0: return old + 1 - 2 * below(2);
    case 1: return old ^ 1u << below(32);
    case 2: return (uint32_t)next();
    default: return values[below(sizeof values / sizeof *values)];
    }
}

static void mutate_field(size_t at, unsigned width) { put(at, awkward(get(at, width)), width); }

static void mutate_once(size_t loaded) {
    size_t header = sections(), table = nt() + 24 + 112;
    switch (below(9)) {
    case 0: mutate_field(below(2) ? 0x3C : nt() + below(24), 1u << below(3)); break; /* DOS and file header */
    case 1: mutate_field(nt() + 24 + below(56) * 2, 4); break;                       /* optional header */
    case 2: mutate_field(table + below(16) * 8 + below(2) * 4, 4); break;            /* directories */
    case 3: mutate_field(header + below(10) * 40 + 8 + below(8) * 4, 4); break;      /* section headers */
    case 4: {                                                                        /* in the structures that a directory points at */
        uint32_t rva = get(table + below(16) * 8, 4);
        for (unsigned i = 0; i < get(nt() + 6, 2) && i < 96; i++) {
            uint32_t start = get(header + i * 40 + 12, 4), raw = get(header + i * 40 + 20, 4), length = get(header + i * 40 + 16, 4);
            if (rva >= start && rva - start < length)
                mutate_field(raw + (rva - start) + below(16) * 4, 4);
        }
        break;
    }
    case 5: size = below((uint32_t)size); break; /* cut */
    case 6: {                                    /* a block of something else */
        size_t length = 1 + below(64), at = below((uint32_t)loaded);
        for (size_t i = 0; i < length && at + i < size; i++)
            image[at + i] = below(2) ? 0 : (uint8_t)next();
        break;
    }
    default: /* single bytes */
        for (uint32_t i = below(4) + 1; i > 0; i--)
            put(below((uint32_t)loaded), (uint32_t)next(), 1);
        break;
    }
}

static void fix_checksum(void) {
    size_t at = nt() + 88;
    uint64_t sum = 0;
    put(at, 0, 4);
    for (size_t i = 0; i + 1 < size; i += 2)
        sum += image[i] | (unsigned)image[i + 1] << 8;
    if (size & 1)
        sum += image[size - 1];
    while (sum >> 16)
        sum = (sum & 0xFFFF) + (sum >> 16);
    put(at, (uint32_t)(sum + size), 4);
}

int main(int argc, char **argv) {
    FILE *file = argc == 5 ? fopen(argv[3], "rb") : NULL;
    if (file != NULL) {
        good_size = fread(good, 1, MAX_IMAGE, file);
        fclose(file);
    }
    if (good_size < 0x400) {
        fprintf(stderr, "usage: mutate FIRST COUNT IMAGE DIRECTORY\n");
        return 1;
    }
    uint64_t first = strtoull(argv[1], NULL, 0), count = strtoull(argv[2], NULL, 0);
    for (uint64_t n = first; n < first + count; n++) {
        char path[512];
        memcpy(image, good, good_size);
        size = good_size;
        state = n * 0x2545F4914F6CDD1Dull;
        size_t loaded = 0x400; /* sections of debug data, with names like "/4", are not loaded: there is nothing to find in them */
        for (unsigned i = 0; i < get(nt() + 6, 2); i++)
            if (image[sections() + i * 40] != '/' && loaded < get(sections() + i * 40 + 20, 4) + get(sections() + i * 40 + 16, 4))
                loaded = get(sections() + i * 40 + 20, 4) + get(sections() + i * 40 + 16, 4);
        for (uint32_t i = below(3) + 1; i > 0 && size > 64; i--)
            mutate_once(loaded);
        if (n % 2 == 0)
            fix_checksum();
        snprintf(path, sizeof path, "%s/%llu.sys", argv[4], (unsigned long long)n);
        if ((file = fopen(path, "wb")) == NULL || fwrite(image, 1, size, file) != size || fclose(file) != 0) {
            perror(path);
            return 1;
        }
    }
    return 0;
}
