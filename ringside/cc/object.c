#include "cc/object.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER_SIZE = 20, SYMBOL_SIZE = 18, SHORT_NAME = 8, CLASS_EXTERNAL = 2 }; /* "PE Format": COFF File Header, COFF Symbol Table */

static uint32_t get(const unsigned char *data, size_t bytes) {
    uint32_t value = 0;
    for (size_t i = bytes; i-- > 0;)
        value = value << 8 | data[i];
    return value;
}

/* The whole file, from malloc, with a zero after it; NULL. */
static unsigned char *read_whole(const char *path, size_t *size) {
    FILE *file = fopen(path, "re");
    unsigned char *data = NULL;
    long length;

    if (file == NULL)
        return NULL;
    if (fseek(file, 0, SEEK_END) == 0 && (length = ftell(file)) > 0 && fseek(file, 0, SEEK_SET) == 0 && (data = malloc((size_t)length + 1)) != NULL) {
        *size = fread(data, 1, (size_t)length, file);
        data[*size] = 0;
    }
    fclose(file);
    return data;
}

bool object_defines(const char *path, const char *name, bool prefix) {
    size_t size = 0, symbols, strings, count;
    unsigned char *data = read_whole(path, &size);
    bool found = false;

    if (data != NULL && size >= HEADER_SIZE && get(data, 2) == 0x8664) {
        symbols = get(data + 8, 4);
        count = get(data + 12, 4);
        strings = symbols + count * SYMBOL_SIZE;
        for (size_t i = 0; strings <= size && i < count && !found; i++) {
            const unsigned char *symbol = data + symbols + i * SYMBOL_SIZE;
            char inside[SHORT_NAME + 1] = "";
            const char *its = inside;
            uint16_t section = (uint16_t)get(symbol + 12, 2);

            if (get(symbol, 4) != 0)
                memcpy(inside, symbol, SHORT_NAME);
            else if (get(symbol + 4, 4) < size - strings)
                its = (const char *)data + strings + get(symbol + 4, 4);
            found = section != 0 && section < 0xFF00 && symbol[16] == CLASS_EXTERNAL &&
                    (prefix ? strncmp(its, name, strlen(name)) == 0 : strcmp(its, name) == 0);
            i += symbol[17]; /* auxiliary records */
        }
    }
    free(data);
    return found;
}
