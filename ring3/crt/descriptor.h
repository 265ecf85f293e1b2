/*
 * File descriptors: Windows handles by small numbers, with text mode: "\r\n" in the file is "\n" in the program, and Ctrl+Z ends it.
 */
#pragma once
#include "crt.h"

typedef struct DESCRIPTOR {
    HANDLE handle;
    unsigned flags; /* CRT_FD_ */
    int lookahead;  /* a byte read too far while looking for the "\n" after a "\r"; -1: none */
} DESCRIPTOR;

/* The open descriptor of this number; NULL with errno EBADF. */
DESCRIPTOR *crt_find_descriptor(int fd);
