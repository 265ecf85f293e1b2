/*
 * Debug output. Every DbgPrint form ends in KdpVPrint: text is collected until a newline and goes to the host a line at a time; when another thread
 * prints in between, what the first has printed so far becomes a line of its own. Any IRQL.
 */
#pragma once
#include "nt/nt.h"

#define KDP_ALWAYS (~0u) /* Component of DbgPrint itself: no filter applies */

/* The dispatcher behind every DbgPrint form: at most 512 characters a call, prefix included; what is longer ends in a newline there. Shown when
   Level is
   enabled for Component (docs/debug-output.md). An exception while Format's arguments are read leaves nothing printed. STATUS_SUCCESS. */
ULONG KdpVPrint(PCSTR Prefix, ULONG Component, ULONG Level, PCSTR Format, va_list Arguments);
/* Prints what has been collected of a last line: before the machine ends. */
VOID KdFlush(VOID);
/* printf with the kernel's formats, for messages of our own: to stderr as "ringside: ...". */
VOID KdMessage(PCSTR Format, ...);

/* Text in memory on its way to a terminal: UTF-8, with control characters other than tab as \xNN. Returns the bytes written, at most Size; never half
   a character. */
SIZE_T KdpEncode(const WCHAR *Text, SIZE_T Count, CHAR *Buffer, SIZE_T Size);
/* A line being formatted; text beyond its end is dropped. KdpFormatLine returns how many characters there are. */
#define KDP_LINE 1024
SIZE_T KdpFormatLine(WCHAR *Line, SIZE_T Size, PCSTR Format, va_list Arguments);

/* No kernel debugger is attached, and so every command is STATUS_DEBUGGER_INACTIVE. The DDK headers do not declare it. */
NTSTATUS NTAPI KdSystemDebugControl(ULONG Command, PVOID InputBuffer, ULONG InputLength, PVOID OutputBuffer, ULONG OutputLength, PULONG ReturnLength,
                                    KPROCESSOR_MODE PreviousMode);
