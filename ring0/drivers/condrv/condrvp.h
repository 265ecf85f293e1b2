/* Inside the console driver: a device for each stream, one console behind them, and who does what. */
#pragma once
#include "hal/ddk.h"
#include <ntddk.h>

#include "condrv.h"
#include "hal/inbox.h"

enum { CON_INPUT, CON_OUTPUT, CON_ERROR, CON_BOTH }; /* what a device is; the first three are the host's streams */

#define CON_LINE 2048

typedef struct _CON_INPUT_STATE { /* input.c; everything under Lock */
    KSPIN_LOCK Lock;
    LIST_ENTRY Waiting; /* IRPs, by Tail.Overlay.ListEntry, in order of arrival */
    KDPC Dpc;           /* the interrupt's second half: serves them */
    ULONG First, Last;  /* Line[First..Last) is read from the host and not yet given out */
    BOOLEAN SkipFeed;   /* \r of a \r\n has been given out, \n has not */
    UCHAR Line[CON_LINE];
} CON_INPUT_STATE, *PCON_INPUT_STATE;

typedef struct _CON_CONSOLE {
    ULONG InputMode, OutputMode;
    WCHAR HighSurrogate[3]; /* per stream: first half of a pair whose second half comes with the next write */
    CON_INPUT_STATE Input;
} CON_CONSOLE, *PCON_CONSOLE;

typedef struct _CON_EXTENSION { /* of a device */
    ULONG Role;
    PCON_CONSOLE Console;
} CON_EXTENSION, *PCON_EXTENSION;

static inline BOOLEAN ConIsTerminal(ULONG Stream) { return (HalOps->console_terminals(0) >> Stream & 1) != 0; }

/* Sets the status, completes, and gives the status back for a dispatch routine to return. IRQL <= DISPATCH_LEVEL. */
NTSTATUS ConComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information);

VOID ConInitializeInput(PCON_CONSOLE Console);
/* Answers a read, or an IOCTL_CONDRV_READ_WIDE, now or later. PASSIVE_LEVEL; what it returns the dispatch routine returns. */
NTSTATUS ConStartRead(PCON_CONSOLE Console, PIRP Irp);
/* Cancels the reads that wait on behalf of a file object whose last handle is closed. */
VOID ConCancelReads(PCON_CONSOLE Console, PFILE_OBJECT FileObject);
VOID ConFlushInput(PCON_CONSOLE Console);

/* Text in UTF-16 to a stream of the host, as UTF-8. PASSIVE_LEVEL. */
NTSTATUS ConWriteWide(PCON_CONSOLE Console, ULONG Stream, const WCHAR *Text, ULONG Characters);
NTSTATUS ConWriteBytes(ULONG Stream, const VOID *Data, ULONG Length);
