/*
 * Contracts: what each export allows, as data (contract.c is generated from the exports.tbl files), the twins through which a traced or checked
 * driver calls the kernel, and the trace.
 */
#pragma once
#include "nt/nt.h"

typedef struct _VF_CONTRACT {
    PCSTR Name;
    PVOID Routine;
    PVOID Twin;      /* NULL for data */
    PCSTR Arguments; /* a letter each, see docs/exports.md */
    CHAR Result;
    UCHAR MinIrql, MaxIrql;
} VF_CONTRACT;
extern const VF_CONTRACT VfContracts[];
extern const ULONG VfContractCount;
/* For the loader: the address a driver's import is bound to; Routine itself when nothing is to be seen. */
PVOID VfBind(PCSTR Name, PVOID Routine);
/* Called by the twins' common stub with the contract's index and the four register arguments with the stack arguments behind them. */
VOID VfTraceCall(ULONG Index, const ULONG64 *Arguments, ULONG64 ReturnAddress);
/* One line to the trace: "time cpu irql pid.tid text"; the time is virtual, in seconds. Any IRQL. Arguments must be safe to read. */
VOID VfTrace(PCSTR Format, ...);
/* The trace is buffered: called before the machine ends. */
VOID VfFlushTrace(VOID);
