/*
 * C functions that the kernel (and ntdll) exports and the DDK headers leave undeclared. The _s forms fail by returning an error number and
 * emptying the
 * destination; nothing in the kernel raises for them.
 */
#pragma once
#include "nt/nt.h"

#ifndef EINVAL
#define EINVAL 22
#endif
#ifndef ERANGE
#define ERANGE 34
#endif
#ifndef STRUNCATE
#define STRUNCATE 80
#endif
#ifndef _TRUNCATE
#define _TRUNCATE ((size_t)-1)
#endif

int sprintf(char *Buffer, const char *Format, ...);
int vsprintf(char *Buffer, const char *Format, va_list Arguments);
int _snprintf(char *Buffer, size_t Count, const char *Format, ...);
int _vsnprintf(char *Buffer, size_t Count, const char *Format, va_list Arguments);
int sprintf_s(char *Buffer, size_t Size, const char *Format, ...);
int vsprintf_s(char *Buffer, size_t Size, const char *Format, va_list Arguments);
int _snprintf_s(char *Buffer, size_t Size, size_t Count, const char *Format, ...);
int _vsnprintf_s(char *Buffer, size_t Size, size_t Count, const char *Format, va_list Arguments);
/* The kernel's swprintf takes no size, as before C99. */
int RtlpSwprintf(wchar_t *Buffer, const wchar_t *Format, ...) __asm__("swprintf");
int RtlpVswprintf(wchar_t *Buffer, const wchar_t *Format, va_list Arguments) __asm__("_vswprintf");
int _snwprintf(wchar_t *Buffer, size_t Count, const wchar_t *Format, ...);
int _vsnwprintf(wchar_t *Buffer, size_t Count, const wchar_t *Format, va_list Arguments);
int swprintf_s(wchar_t *Buffer, size_t Size, const wchar_t *Format, ...);
int vswprintf_s(wchar_t *Buffer, size_t Size, const wchar_t *Format, va_list Arguments);
int _snwprintf_s(wchar_t *Buffer, size_t Size, size_t Count, const wchar_t *Format, ...);
int _vsnwprintf_s(wchar_t *Buffer, size_t Size, size_t Count, const wchar_t *Format, va_list Arguments);
/* scan.c */
int sscanf_s(const char *Text, const char *Format, ...);
int _snscanf_s(const char *Text, size_t Count, const char *Format, ...);
int swscanf_s(const wchar_t *Text, const wchar_t *Format, ...);
int _snwscanf_s(const wchar_t *Text, size_t Count, const wchar_t *Format, ...);
