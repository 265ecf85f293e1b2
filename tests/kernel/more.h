/*
 * For tests of single functions. They declare for themselves what only some versions of the headers declare, so declarations may differ in their attributes.
 */
#pragma once
#include <ntifs.h>
#include "tap.h"

#pragma clang diagnostic ignored "-Wunused-parameter"
#pragma clang diagnostic ignored "-Winconsistent-dllimport"

#define U(text) (&(UNICODE_STRING)RTL_CONSTANT_STRING(L##text))
#define A(text) (&(ANSI_STRING)RTL_CONSTANT_STRING(text))

static inline POBJECT_ATTRIBUTES Named(PUNICODE_STRING Name) {
    static OBJECT_ATTRIBUTES Attributes;
    InitializeObjectAttributes(&Attributes, Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    return &Attributes;
}
