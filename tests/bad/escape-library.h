/* A driver that finds the C library's syscall() and calls it: ESCAPE_NUMBER and three arguments. */
#pragma once
#include "bad.h"
#include "escape.h"

#define ESCAPE_BY_LIBRARY(Number, First, Second, Third)                                                                                              \
    MISTAKE VOID Mistake(VOID) {                                                                                                                     \
        HOST_FUNCTION Call = EscapeFindFunction("syscall");                                                                                          \
        DbgPrint(Call != NULL ? "the C library is found\n" : "no C library\n");                                                                      \
        if (Call != NULL) {                                                                                                                          \
            Call(Number, (ULONG64)(First), (ULONG64)(Second), (ULONG64)(Third), 0, 0);                                                               \
        }                                                                                                                                            \
    }
