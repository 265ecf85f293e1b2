/* Inside etw/. */
#pragma once
#include "etw/etw.h"
#include "kd/kd.h"

#define CALLER()            ((ULONG64)(ULONG_PTR)__builtin_return_address(0))
#define ETWP_CLASSIC_HANDLE 1ull /* the one session's, as classic providers and WmiTraceMessage know it */

typedef struct _ETWP_PROVIDER { /* body of an EtwRegistration; a REGHANDLE is its address */
    LIST_ENTRY Link;
    ULONG Magic;
    BOOLEAN Enabled;
    UCHAR Level;        /* 0: every one */
    ULONGLONG Any, All; /* keywords */
    GUID Id;
    ULONG64 Caller; /* in the image that registered it */
    PSTR Name;      /* out of its traits, in pool; NULL: none */
} ETWP_PROVIDER, *PETWP_PROVIDER;

/* The provider of a handle, NULL: it is none, or no longer. Any IRQL. */
PETWP_PROVIDER EtwpProvider(REGHANDLE RegHandle);
BOOLEAN EtwpWants(PETWP_PROVIDER Provider, UCHAR Level, ULONGLONG Keyword);
/* Sets Enabled, Level, Any and All as the sessions want the provider. PASSIVE_LEVEL; above only --etw counts. */
VOID EtwpEnable(PETWP_PROVIDER Provider);

/* ---- text.c: one event becoming a line ---- */
typedef struct _ETWP_TEXT {
    SIZE_T Used;
    WCHAR Line[KDP_LINE]; /* on the stack: events are written at any IRQL */
} ETWP_TEXT, *PETWP_TEXT;

/* What does not fit is dropped. */
VOID EtwpPut(PETWP_TEXT Text, PCSTR Format, ...);
VOID EtwpPutGuid(PETWP_TEXT Text, LPCGUID Guid);
/* Data whose type nobody tells: a terminated string of printable characters, UTF-16 or narrow, in quotes; else 1, 2, 4 or 8 bytes as a number; else bytes, the
   first 32 of them. */
VOID EtwpPutData(PETWP_TEXT Text, const VOID *Data, ULONG Size);
/* To the log and, with --trace, to the trace. Level is an event's. */
VOID EtwpEmit(PETWP_TEXT Text, UCHAR Level, ULONG64 Caller);

/* ---- metadata.c: events that describe themselves (TraceLogging) ---- */
/* The name of provider metadata, that is of traits: a 16-bit size, which counts itself, then a terminated name. NULL: there is none in Size bytes. */
PCSTR EtwpTraitsName(const VOID *Traits, ULONG Size);
/* " Event field=value ..." of event metadata and the Count descriptors of payload behind it. FALSE: the metadata is none, and nothing is put. */
BOOLEAN EtwpPutSelfDescribed(PETWP_TEXT Text, const VOID *Metadata, ULONG Size, const EVENT_DATA_DESCRIPTOR *Data, ULONG Count);
