/*
 * What the programs in C:\Windows\System32 share. Each is the C files of ring3/NAME and those of ring3/program, linked against our own DLLs;
 * it has a wmain, and its exit code is what wmain returns.
 */
#pragma once
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#include <stdarg.h>
#include <stddef.h>

int wmain(int count, wchar_t **arguments);

/* Formats as swprintf does and writes to standard output: UTF-16 to a console, the console output code page's bytes elsewhere; "\n" is
   written as "\r\n". Text that is longer than 64K characters, or for which there is no memory, is left out whole. */
void Print(const wchar_t *format, ...);

/* The system's text for a Win32 error, ended by a line end; LocalFree. NULL: there is none. */
wchar_t *ErrorText(DWORD error);
