/* Source places of program counters, from the DWARF in PE images. */
#pragma once
#include "hal/hal.h"
#include <stdbool.h>

struct symbol_location {
    char function[128];
    char file[160]; /* last two components of its path */
    unsigned line;  /* 0: unknown */
};

/* From the image's debug data: the file of the machine's drive that frame->path names, the carried image for an inbox one. For a return address the
   caller passes the pc before it. False when there is none. */
bool symbols_find(const hal_stack_frame *frame, struct symbol_location *location);
