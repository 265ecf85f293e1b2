/* Types at run time. The layouts are the ABI's (rtti.c); a type's descriptor is what typeid gives: a std::type_info. */
#pragma once
#include "cxx.h"

typedef struct VCRT_RTTI_TYPE {
    const void *functions;
    VCRT_TYPE data;
} VCRT_RTTI_TYPE;

int __cdecl __std_type_info_compare(const VCRT_TYPE *a, const VCRT_TYPE *b);

/* A std::exception, as it is in memory (std.c, std_types.S). The text is not copied. */
typedef struct VCRT_EXCEPTION {
    const void *functions;
    VCRT_EXCEPTION_DATA data;
} VCRT_EXCEPTION;
__declspec(noreturn) void vcrt_throw_bad_cast(const char *text);
__declspec(noreturn) void vcrt_throw_bad_typeid(const char *text);
__declspec(noreturn) void vcrt_throw_non_rtti_object(const char *text);
