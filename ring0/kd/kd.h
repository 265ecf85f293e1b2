/*
 * Debug output. Every DbgPrint form ends in KdpVPrint: text is collected until a newline and goes to the host a line at a time, with who printed it and
 * when; when another thread or another image prints in between, what the first has printed so far becomes a line of its own. Any IRQL.
 */
#pragma once
#include "nt/nt.h"

/* DEFAULT's mask, where DbgPrint prints, in the registry of a new machine: errors to information (docs/debug-output.md). */
#define KD_DEFAULT_MASK 0xFu

/* After the registry is there: DEFAULT's mask into a registry without masks, and the masks out of it. PASSIVE_LEVEL. */
VOID KdInitSystem(VOID);
/* For cm/: a value of a key of this name was set or deleted, or the key was. PASSIVE_LEVEL. */
VOID KdRegistryChanged(PCUNICODE_STRING KeyName);

/* What a program prints: Length characters of Text, code page 1252, from the current thread. Component ~0, which OutputDebugString has, is always
   shown, as by a viewer of programs' output; others as DbgPrintEx does. STATUS_SUCCESS. */
NTSTATUS KdPrintFromProgram(PCCH Text, USHORT Length, ULONG Component, ULONG Level);
/* A line of its own, as from a component of that name that has no number: an event, which whoever wants it has enabled. Caller as in KDP_ORIGIN. */
VOID KdEvent(PCSTR Component, ULONG Level, ULONG64 Caller, const WCHAR *Text, SIZE_T Count);
/* Prints what has been collected of a last line: before the machine ends, or waits for the outside. */
VOID KdFlush(VOID);
/* The same, if it is this thread's, which ends. */
VOID KdFlushThread(PKTHREAD Thread);
/* printf with the kernel's formats, for messages of our own: to stderr as "ringside: ...". */
VOID KdMessage(PCSTR Format, ...);

/* Text in memory on its way to a terminal: UTF-8, with control characters other than tab as \xNN. Returns the bytes written, at most Size; never half
   a character. */
SIZE_T KdpEncode(const WCHAR *Text, SIZE_T Count, CHAR *Buffer, SIZE_T Size);
/* A line being formatted; text beyond its end is dropped. KdpFormatLine returns how many characters there are. */
#define KDP_LINE 1024
SIZE_T KdpFormatLine(WCHAR *Line, SIZE_T Size, PCSTR Format, va_list Arguments);

/* System services that the DDK headers do not declare. */
NTSTATUS NTAPI NtQueryDebugFilterState(ULONG ComponentId, ULONG Level);
NTSTATUS NTAPI NtSetDebugFilterState(ULONG ComponentId, ULONG Level, BOOLEAN State);
/* No kernel debugger is attached, and so every command is STATUS_DEBUGGER_INACTIVE. The DDK headers do not declare it. */
NTSTATUS NTAPI KdSystemDebugControl(ULONG Command, PVOID InputBuffer, ULONG InputLength, PVOID OutputBuffer, ULONG OutputLength, PULONG ReturnLength,
                                    KPROCESSOR_MODE PreviousMode);
