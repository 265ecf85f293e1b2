/*
 * vcruntime140.dll from the inside: what Visual C++'s compiler calls behind the program's back. The names and layouts are the ABI's; what the
 * public headers of Visual C++ (vcruntime_exception.h, vcruntime_typeinfo.h, ehdata) show of them is all that is used.
 */
#pragma once
#include "../crt/crt.h"

/* std::exception's data. */
typedef struct VCRT_EXCEPTION_DATA {
    const char *what;
    BOOLEAN owned; /* what is from malloc */
} VCRT_EXCEPTION_DATA;

/* The data of a std::type_info, behind its table of virtual functions: first the plain name, once somebody has asked for it. */
typedef struct VCRT_TYPE {
    char *name;
    char decorated[]; /* ".?AVrange_error@std@@" */
} VCRT_TYPE;

/* Makes a C++ exception, if it likes, of another one (_set_se_translator). */
typedef void(__cdecl *VCRT_TRANSLATOR)(unsigned code, EXCEPTION_POINTERS *pointers);

/* A thread's own. */
typedef struct VCRT_THREAD {
    EXCEPTION_RECORD *record; /* of the exception that is being handled; NULL: none */
    CONTEXT *context;
    struct VCRT_CATCH *catches; /* the catch blocks that run, innermost first */
    int unwinding;              /* how many unwinds are in the middle of a frame's objects */
    VCRT_TRANSLATOR translator;
} VCRT_THREAD;
VCRT_THREAD *vcrt_thread(void); /* never NULL: ends the process when memory is out */

BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, LPVOID reserved);
