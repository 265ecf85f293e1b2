/* What tests/kernel/contexts.c found out about a write that it finished later, from other contexts than its caller's. */
#pragma once

typedef struct _CONTEXTS {
    ULONG Irql;          /* in the DPC */
    UCHAR FirstInDpc;    /* first byte of the system buffer or of the MDL's system address, read there; 0 for neither I/O */
    UCHAR FirstInWorker; /* the same in the System process */
    UCHAR Direct;        /* whether the worker wrote '!' through the MDL */
    LONG UserInCaller;   /* status of reading the caller's address in its own context */
    LONG UserInWorker;   /* status of reading it from a thread of the System process */
    ULONG64 CallerId, WorkerId;
    ULONG64 UserAddress; /* Irp->UserBuffer, neither I/O */
} CONTEXTS;
