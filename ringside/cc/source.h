/* What `ringside cc` sees in the names and texts of sources before it compiles them. */
#pragma once
#include <stdbool.h>

enum source_kind {
    SOURCE_C,
    SOURCE_CXX,    /* .cpp, .cc, .cxx, .c++ */
    SOURCE_LINKED, /* an object file, a library or compiled resources: .o, .obj, .a, .lib, .res */
    SOURCE_DEF,    /* a module definition file */
    SOURCE_OTHER
};
enum source_kind source_kind(const char *path); /* by its ending, without regard to case */

/*
 * What kind of main() a C source has, for Visual C++ takes any and clang does not: one that returns nothing, or one whose first parameter is no int,
 * main(ULONG argc, ...), which clang takes when main is a function like any other to it (-ffreestanding).
 */
enum source_main { SOURCE_MAIN_PLAIN, SOURCE_MAIN_LOOSE, SOURCE_MAIN_VOID };
enum source_main source_main(const char *path);

/* Whether it includes a standard C++ header by itself. */
bool source_wants_cxx_library(const char *path);
