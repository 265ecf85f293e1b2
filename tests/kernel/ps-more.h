/* What the program tells the driver of ps-more.c about itself. */
#pragma once

#define PS_MORE_FACTS CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define PS_MORE_CHILD CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define PS_MORE_PLAN  CTL_CODE(FILE_DEVICE_UNKNOWN, 0x802, METHOD_BUFFERED, FILE_ANY_ACCESS)

typedef struct _PS_MORE {
    void *Peb, *Teb, *Image, *Memory; /* Memory: a page that can be written to, "hello" in it */
    void *Section;                    /* a handle */
    unsigned Process, Thread, Parent, Child;
} PS_MORE;
