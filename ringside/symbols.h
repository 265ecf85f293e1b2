/* Source places of program counters, from the DWARF in PE images. */
#pragma once
#include "hal/hal.h"
#include <stdbool.h>

enum { SYMBOL_INLINED = 4 };

struct symbol_location {
    char function[128];
    char file[160]; /* last two components of its path */
    unsigned line;  /* 0: unknown */
    /* The functions that the compiler put into that one where pc is, from the outermost; deeper ones are left out. */
    struct {
        char function[64];
        unsigned line; /* of the call, in the source of what calls; 0: unknown */
    } inlined[SYMBOL_INLINED];
    unsigned inlined_count;
};

/* From the image's debug data: the file of the machine's drive that frame->path names, the carried image for an inbox one. For a return address the
   caller passes the pc before it. False when there is none. */
bool symbols_find(const hal_stack_frame *frame, struct symbol_location *location);
