/*
 * Contracts: what each export allows, as data (contract.c is generated from the exports.tbl files), the twins through which a traced or checked
 * driver calls the kernel, and the trace.
 */
#pragma once
#include "ke/ke.h"

/* What a contract asks for besides its levels: the word after & in exports.tbl, docs/verifier.md. N is RuleArgument, counted from 1. */
enum {
    VF_RULE_none,
    VF_RULE_timeout, /* at DISPATCH_LEVEL argument N points at 0 */
    VF_RULE_nowait,  /* at DISPATCH_LEVEL argument N, the Wait of KeSetEvent and its kin, is FALSE */
    VF_RULE_pool,    /* at DISPATCH_LEVEL argument N, a POOL_TYPE, is of nonpaged pool */
    VF_RULE_flags,   /* the same for a POOL_FLAGS */
    VF_RULE_mode,    /* at DISPATCH_LEVEL argument N is KernelMode */
    VF_RULE_address, /* at DISPATCH_LEVEL argument N is no address of user space */
    VF_RULE_synch,   /* at no other raised level than DISPATCH_LEVEL and SYNCH_LEVEL */
    VF_RULE_region,  /* inside a critical region */
    VF_RULE_apcs,    /* normal kernel APCs are off, but for threads that have none: those of the system */
    VF_RULE_unsafe,  /* normal kernel APCs are off */
    VF_RULE_special, /* special kernel APCs are on */
    VF_RULE_count
};
/* The levels at which the rule has to be asked, a bit each. */
#define VF_RAISED        0xFFFC
#define VF_ASKED_none    0
#define VF_ASKED_timeout VF_RAISED
#define VF_ASKED_nowait  VF_RAISED
#define VF_ASKED_pool    VF_RAISED
#define VF_ASKED_flags   VF_RAISED
#define VF_ASKED_mode    VF_RAISED
#define VF_ASKED_address VF_RAISED
#define VF_ASKED_synch   (VF_RAISED & ~(1 << DISPATCH_LEVEL))
#define VF_ASKED_region  0xFFFF
#define VF_ASKED_apcs    0xFFFF
#define VF_ASKED_unsafe  0xFFFF
#define VF_ASKED_special 0xFFFF

/*
 * What a function's arguments have to be, whatever the level: the word after + in exports.tbl. Called with the contract and the arguments, whose return address is
 * below them; comes back, or is a bug check with Driver Verifier's code. arguments.c, memory.c, requests.c.
 */
typedef struct _VF_CONTRACT VF_CONTRACT;
typedef VOID VF_CHECK(const VF_CONTRACT *Contract, const ULONG64 *Arguments);
extern VF_CHECK VfCheck_allocation, VfCheck_free, VfCheck_handle, VfCheck_names, VfCheck_object, VfCheck_wait, VfCheck_waits, VfCheck_resource,
    VfCheck_newresource, VfCheck_workitem, VfCheck_lock, VfCheck_unlock, VfCheck_build, VfCheck_map, VfCheck_freemdl, VfCheck_send, VfCheck_complete,
    VfCheck_freeirp, VfCheck_initirp, VfCheck_iotimer, VfCheck_delete, VfCheck_detach, VfCheck_etw;
#define VfCheck_none NULL

struct _VF_CONTRACT {
    PCSTR Name;
    PVOID Routine;
    PVOID Twin;        /* NULL for data */
    PVOID CheckedTwin; /* the same, for a driver that is only checked: goes straight to Routine at a level of Levels */
    PCSTR Arguments;   /* a letter each, see docs/exports.md */
    CHAR Result;
    UCHAR MinIrql, MaxIrql;
    UCHAR Rule, RuleArgument;
    USHORT Levels; /* a bit for each level at which nothing else is asked; 0 when there is a Check */
    VF_CHECK *Check;
};
#define VF_LEVELS(Min, Max, Asked) ((USHORT)(((2u << (Max)) - (1u << (Min))) & ~(unsigned)(Asked)))

extern const VF_CONTRACT VfContracts[];
extern const ULONG VfContractCount;
/* For the loader: the address a driver's import is bound to; Routine itself when nothing is to be seen. */
PVOID VfBind(PCSTR Name, PVOID Routine);
/* Called by the twins with the contract and the four register arguments with the stack arguments behind them; the return address is below them. */
VOID VfCall(const VF_CONTRACT *Contract, const ULONG64 *Arguments);
/* Whether drivers are checked: --verifier standard or full. */
static inline BOOLEAN VfIsOn(VOID) { return KiMachine->verifier != HAL_VERIFIER_OFF; }
/* The bug check for a call that the contract does not allow; comes back if it does. */
VOID VfCheckCall(const VF_CONTRACT *Contract, const ULONG64 *Arguments);
/* KeRaiseIrql and KeLowerIrql with a level that they cannot take: 0xC4 with this subcode, 0x30 or 0x31, when drivers are checked; else comes back. */
VOID VfCheckLevelChange(ULONG Code, KIRQL Requested, ULONG Kind);
/* One line to the trace: "time cpu irql pid.tid text"; the time is virtual, in seconds. Any IRQL. Arguments must be safe to read. */
VOID VfTrace(PCSTR Format, ...);
/* The trace is buffered: called before the machine ends. */
VOID VfFlushTrace(VOID);
