/* Inside the console driver: a device for each stream, the consoles behind them, and who does what. Which console a file object belongs to is decided when it
   is opened: that of the process that opens it. */
#pragma once
#include "hal/ddk.h"
#include <ntddk.h>

#include "condrv.h"
#include "hal/inbox.h"

enum { CON_INPUT, CON_OUTPUT, CON_ERROR, CON_BOTH }; /* what a device is; the first three are the host's streams */

#define CON_LINE 2048

#define CON_USUAL_ATTRIBUTES 7u /* white on black on Windows; here what the terminal has */

NTKERNELAPI BOOLEAN NTAPI PsIsThreadTerminating(PETHREAD Thread); /* ntifs.h */

typedef struct _CON_INPUT_STATE { /* input.c; everything under Lock */
    ULONG Number;                 /* of the console */
    KSPIN_LOCK Lock;
    LIST_ENTRY Waiting; /* IRPs, by Tail.Overlay.ListEntry, in order of arrival */
    LONG Wanted;        /* reads in Waiting, and those that are being answered */
    ULONG First, Last;  /* Line[First..Last) is read from the host and not yet given out */
    BOOLEAN SkipFeed;   /* \r of a \r\n has been given out, \n has not */
    UCHAR Line[CON_LINE];
} CON_INPUT_STATE, *PCON_INPUT_STATE;

typedef struct _CON_CONSOLE {
    LIST_ENTRY Link;
    ULONG Number;     /* the host's; 0 is the machine's own, which is always there */
    ULONG References; /* file objects */
    ULONG Terminals;  /* bit n: stream n is a terminal */
    ULONG InputMode, OutputMode;
    ULONG Attributes;       /* CON_USUAL_ATTRIBUTES, or those that a program has set */
    WCHAR HighSurrogate[3]; /* per stream: first half of a pair whose second half comes with the next write */
    CON_INPUT_STATE Input;
} CON_CONSOLE, *PCON_CONSOLE;

typedef struct _CON_EXTENSION { /* of a device */
    ULONG Role;
} CON_EXTENSION, *PCON_EXTENSION;

static inline BOOLEAN ConIsTerminal(PCON_CONSOLE Console, ULONG Stream) { return (Console->Terminals >> Stream & 1) != 0; }

/* console.c: the console of that number, with one reference more; made if it is not there. NULL: no memory. PASSIVE_LEVEL. */
PCON_CONSOLE ConReferenceConsole(ULONG Number);
VOID ConDereferenceConsole(PCON_CONSOLE Console);
VOID ConInitializeConsoles(VOID);

/* Sets the status, completes, and gives the status back for a dispatch routine to return. IRQL <= DISPATCH_LEVEL. */
NTSTATUS ConComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information);

VOID ConInitializeInput(PCON_CONSOLE Console);
/* Answers a read, or an IOCTL_CONDRV_READ_WIDE, now or later. PASSIVE_LEVEL; what it returns the dispatch routine returns. */
NTSTATUS ConStartRead(PCON_CONSOLE Console, PIRP Irp);
/* Cancels the reads that wait on behalf of a file object whose last handle is closed. */
VOID ConCancelReads(PCON_CONSOLE Console, PFILE_OBJECT FileObject);
VOID ConFlushInput(PCON_CONSOLE Console);
/* Bytes that a read would find; looks for a line if there is none. For a terminal: others would make the host wait. */
ULONG ConCountInput(PCON_CONSOLE Console);
/* There may be input: answers the console's reads. IRQL <= DISPATCH_LEVEL. */
VOID ConServe(PCON_INPUT_STATE Input, BOOLEAN MayRead);

/* Text in UTF-16 to a stream of the host, as UTF-8. PASSIVE_LEVEL. */
NTSTATUS ConWriteWide(PCON_CONSOLE Console, ULONG Stream, const WCHAR *Text, ULONG Characters);
/* A terminal that takes no more for now is waited for. STATUS_PIPE_CLOSING: nobody reads any more. */
NTSTATUS ConWriteBytes(PCON_CONSOLE Console, ULONG Stream, const VOID *Data, ULONG Length);
/* Tells the terminal how text looks from now on. */
NTSTATUS ConSetAttributes(PCON_CONSOLE Console, ULONG Stream, ULONG Attributes);
