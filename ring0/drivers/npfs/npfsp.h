/*
 * Inside the driver of named pipes ("Named Pipes"). A pipe is a name; each CreateNamedPipe makes an instance of it, with a server's end and, once a client
 * has opened the name, a client's end. An instance has two queues, one for each direction.
 *
 * FileObject->FsContext is the end. An end without an instance is one that has been disconnected. The file that the device's own name opens (\\.\pipe\, for
 * waiting and listing) has no end; its FsContext2 is where its listing is, once there is one.
 */
#pragma once
#include "hal/ddk.h"
#include <ntifs.h>

#define NP_TAG          'sFpN'
#define NP_UNLIMITED    0xFFFFFFFFu
#define NP_MAXIMUM_NAME (256u * sizeof(WCHAR)) /* "CreateNamedPipe" */

typedef struct _NP_ENTRY { /* a copy of what was written; in a message pipe one message, or its rest */
    LIST_ENTRY Links;
    ULONG Length, Read;
    UCHAR Data[];
} NP_ENTRY, *PNP_ENTRY;

/* What has been written and not been read, oldest first: copies, then the writes for which there was no room, and flushes. Reads wait only while there is
   nothing of that. IRPs lie in lists by Tail.Overlay.ListEntry and can be cancelled; NP_REQUEST is in their DriverContext. */
typedef struct _NP_QUEUE {
    LIST_ENTRY Entries, Writes, Reads;
    ULONG Charged, Quota; /* bytes of Entries */
} NP_QUEUE, *PNP_QUEUE;

typedef struct _NP_REQUEST {
    ULONG Length, Done; /* bytes */
    BOOLEAN IsFlush;
    BOOLEAN Message; /* a read that ends with the message */
} NP_REQUEST, *PNP_REQUEST;
C_ASSERT(sizeof(NP_REQUEST) <= sizeof(((PIRP)0)->Tail.Overlay.DriverContext));
static inline PNP_REQUEST NpRequest(PIRP Irp) { return (PNP_REQUEST)Irp->Tail.Overlay.DriverContext; }

typedef struct _NP_END {
    struct _NP_INSTANCE *Instance;
    BOOLEAN IsServer;
    ULONG ReadMode, CompletionMode;
} NP_END, *PNP_END;

typedef struct _NP_PIPE {
    LIST_ENTRY Links, Instances;
    ULONG Count, Maximum, Type, Share;
    ULONG64 Number;   /* growing from pipe to pipe */
    LONGLONG Timeout; /* of those who wait without one of their own; negative */
    PSECURITY_DESCRIPTOR Security;
    UNICODE_STRING Name; /* without a backslash before it; behind this */
} NP_PIPE, *PNP_PIPE;

typedef struct _NP_INSTANCE {
    LIST_ENTRY Links;
    PNP_PIPE Pipe;
    PNP_END Server, Client; /* NULL: closed, or not there yet */
    ULONG References;       /* ends that name it and are not closed */
    ULONG State;
    NP_QUEUE Inbound, Outbound; /* to the server, to the client */
    LIST_ENTRY Listeners;       /* IRPs */
    BOOLEAN HasClient;          /* the next two are those of who connected last */
    SECURITY_CLIENT_CONTEXT ClientSecurity;
    HANDLE ClientProcess, ServerProcess;
} NP_INSTANCE, *PNP_INSTANCE;

/* The spin lock over queues, states and ends, and the IRPs that are to be completed when it is released. */
typedef struct _NP_HELD {
    KIRQL Irql;
    LIST_ENTRY Finished;
} NP_HELD, *PNP_HELD;

extern FAST_MUTEX NpNames; /* pipes and their instances: which there are. PASSIVE_LEVEL, in a critical region; taken before the spin lock */
extern LIST_ENTRY NpPipes;

/* irp.c: <= DISPATCH_LEVEL; lock held but for NpLock and NpComplete. */
VOID NpLock(PNP_HELD Held);
VOID NpUnlock(PNP_HELD Held);
NTSTATUS NpComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information);
VOID NpFinish(PNP_HELD Held, PIRP Irp, NTSTATUS Status, ULONG_PTR Information); /* completed by NpUnlock */
/* Lets an IRP wait in a list, or finishes it when it is cancelled already. STATUS_PENDING. */
NTSTATUS NpPend(PNP_HELD Held, PLIST_ENTRY List, PIRP Irp);
BOOLEAN NpTake(PIRP Irp);           /* out of its list; FALSE: its cancel routine has it, and will complete it */
PIRP NpTakeFirst(PLIST_ENTRY List); /* NULL: none is left */
VOID NpFinishAll(PNP_HELD Held, PLIST_ENTRY List, NTSTATUS Status);

/* queue.c: lock held. What is not STATUS_PENDING is the caller's to complete, with *Done bytes. */
VOID NpInitializeQueue(PNP_QUEUE Queue, ULONG Quota);
NTSTATUS NpReadQueue(PNP_HELD Held, PNP_QUEUE Queue, PIRP Irp, ULONG Length, BOOLEAN Message, BOOLEAN Wait, PULONG Done);
/* Irp NULL: there is room for what cannot wait. */
NTSTATUS NpWriteQueue(PNP_HELD Held, PNP_QUEUE Queue, PIRP Irp, const UCHAR *Data, ULONG Length, BOOLEAN Message, BOOLEAN Wait, PULONG Done);
NTSTATUS NpFlushQueue(PNP_HELD Held, PNP_QUEUE Queue, PIRP Irp);
/* Of what is unread: bytes of all, of the first message, messages; and a copy of the first Room bytes (of the first message alone, if Message). */
VOID NpLookAtQueue(PNP_QUEUE Queue, BOOLEAN Message, UCHAR *Buffer, ULONG Room, PULONG Bytes, PULONG First, PULONG Messages, PULONG Copied);
BOOLEAN NpIsEmpty(PNP_QUEUE Queue);
VOID NpEmptyQueue(PNP_HELD Held, PNP_QUEUE Queue, NTSTATUS Status); /* what is unread goes; who waits ends with Status */

static inline PNP_QUEUE NpReadSide(PNP_END End) { return End->IsServer ? &End->Instance->Inbound : &End->Instance->Outbound; }
static inline PNP_QUEUE NpWriteSide(PNP_END End) { return End->IsServer ? &End->Instance->Outbound : &End->Instance->Inbound; }

/* create.c */
PNP_PIPE NpFindPipe(PCUNICODE_STRING Name); /* NpNames held */
VOID NpLockNames(VOID);
VOID NpUnlockNames(VOID);
VOID NpForgetClient(PNP_INSTANCE Instance); /* NpNames held */
/* "\Device\NamedPipe\": the directory of all pipes, and not the device alone, which has no backslash. */
static inline BOOLEAN NpIsRoot(PFILE_OBJECT File) { return File->FsContext == NULL && File->FileName.Length == sizeof(WCHAR); }
/* wait.c: <= DISPATCH_LEVEL */
NTSTATUS NpWaitForPipe(PIRP Irp);         /* FSCTL_PIPE_WAIT; PASSIVE_LEVEL */
VOID NpPipeIsFree(PCUNICODE_STRING Name); /* an instance listens: who waits for it goes on. NpNames held */

DRIVER_DISPATCH NpCreate, NpCreatePipe, NpCleanup, NpClose, NpRead, NpWrite, NpFlush, NpFileSystemControl, NpQueryInformation, NpSetInformation,
    NpQueryVolume, NpDirectoryControl, NpQuerySecurity, NpSetSecurity;
