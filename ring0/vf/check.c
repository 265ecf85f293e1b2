/* Calls that their contract does not allow: the level, and what a function asks for besides. What arguments have to be is in files of its own. */
#include "vf/vfp.h"
#include "ke/ke.h"
#include "ldr/ldr.h"
#include "mm/mm.h"
#include "rtl/crt.h"
#include "rtl/rtl.h"

#define SYNCH_LEVEL 12

static const PCSTR VfpLevelNames[HIGH_LEVEL + 1] = {"PASSIVE_LEVEL",    "APC_LEVEL",        "DISPATCH_LEVEL",   "a device's level",
                                                    "a device's level", "a device's level", "a device's level", "a device's level",
                                                    "a device's level", "a device's level", "a device's level", "a device's level",
                                                    "SYNCH_LEVEL",      "CLOCK_LEVEL",      "IPI_LEVEL",        "HIGH_LEVEL"};

/* The driver that made the call, as a reader knows it. */
static PCSTR VfpCaller(ULONG64 ReturnAddress) {
    PLDR_MODULE Module = LdrFindModule(ReturnAddress);

    return Module != NULL ? Module->Name : "a driver";
}

/* The registers as they were when the function was entered: the screen's stack then begins with it, and goes on with the driver. */
static VOID VfpContextOfCall(PCONTEXT Context, ULONG64 Stack) {
    RtlCaptureContext(Context);
    while (Context->Rsp <= Stack) {
        ULONG64 ImageBase = 0, Establisher;
        PRUNTIME_FUNCTION Function = (PRUNTIME_FUNCTION)LdrLookupFunctionEntry(Context->Rip, &ImageBase);
        PVOID HandlerData;

        NT_ASSERT_OURS(Function != NULL);
        RtlVirtualUnwind(UNW_FLAG_NHANDLER, ImageBase, Context->Rip, Function, Context, &HandlerData, &Establisher, NULL);
    }
}

static DECLSPEC_NORETURN VOID VfpStop(const VF_CONTRACT *Contract, const ULONG64 *Arguments, ULONG BugCheck, const ULONG_PTR Parameters[4],
                                      PCSTR Text) {
    static CONTEXT Context;

    VfpContextOfCall(&Context, (ULONG64)&Arguments[-1]);
    Context.Rip = (ULONG64)Contract->Routine;
    Context.Rsp = (ULONG64)&Arguments[-1];
    KiBugCheck(BugCheck, Parameters[0], Parameters[1], Parameters[2], Parameters[3], &Context, Text);
}

static CHAR VfpText[320];

/* "example.sys calls KeFoo at IRQL 2 (DISPATCH_LEVEL)" */
static PCSTR VfpSay(const VF_CONTRACT *Contract, const ULONG64 *Arguments, PCSTR Rest) {
    KIRQL Irql = KiCurrentIrql();

    _snprintf(VfpText, sizeof(VfpText) - 1, "%s calls %s at IRQL %u (%s)%s", VfpCaller(Arguments[-1]), Contract->Name, Irql, VfpLevelNames[Irql],
              Rest);
    return VfpText;
}

static DECLSPEC_NORETURN VOID VfpRefuseLevel(const VF_CONTRACT *Contract, const ULONG64 *Arguments) {
    CHAR Allowed[64], Rest[192];
    PCSTR Advice;
    KIRQL Irql = KiCurrentIrql(), Max = Contract->MaxIrql;
    const VFP_CODE *Code = VfpFindCode(Contract->Name, Irql);
    ULONG_PTR Parameters[4] = {Code->Code};
    PCSTR Meanings[4] = {"kind of violation"};

    if (Contract->MinIrql == Max)
        _snprintf(Allowed, sizeof(Allowed), "%s", VfpLevelNames[Max]);
    else if (Irql > Max)
        _snprintf(Allowed, sizeof(Allowed), "%s or below", VfpLevelNames[Max]);
    else
        _snprintf(Allowed, sizeof(Allowed), "%s or above", VfpLevelNames[Contract->MinIrql]);
    if (Irql < Contract->MinIrql)
        Advice = "raise the IRQL first, or call the function that raises it itself";
    else if (Irql > DISPATCH_LEVEL && Max >= DISPATCH_LEVEL)
        Advice = "an interrupt service routine leaves this to a DPC (IoRequestDpc)";
    else if (KiProcessor->DpcRoutineActive)
        Advice = "a DPC leaves this to a work item (IoQueueWorkItem)";
    else if (Irql >= DISPATCH_LEVEL)
        Advice = "call it before the spin lock is taken or when it is released, or leave it to a work item (IoQueueWorkItem)";
    else
        Advice = "call it before the fast mutex is taken or when it is released, or leave it to a work item (IoQueueWorkItem)";
    _snprintf(Rest, sizeof(Rest), "; it is for %s: %s", Allowed, Advice);
    VfpSay(Contract, Arguments, Rest);
    for (ULONG I = 1; I < 4; I++) {
        CHAR Letter = Code->Parameters[I - 1];

        Meanings[I] = "";
        if (Letter == 'i') {
            Parameters[I] = Irql;
            Meanings[I] = "IRQL";
        } else if (Letter == 'd') {
            Parameters[I] = DISPATCH_LEVEL;
            Meanings[I] = "DISPATCH_LEVEL";
        } else if (Letter == 't') {
            Parameters[I] = (ULONG_PTR)VfpText;
            Meanings[I] = "address of the sentence above";
        } else if (Letter != '0') {
            Parameters[I] = Arguments[Letter - '1'];
            Meanings[I] = Letter == '1' ? Code->Argument : "argument 2";
        }
    }
    KiNameParameters(Meanings);
    VfpStop(Contract, Arguments, Code->BugCheck, Parameters, VfpText);
}

DECLSPEC_NORETURN VOID VfpRefuseArguments(const VF_CONTRACT *Contract, const ULONG64 *Arguments, ULONG BugCheck, const ULONG_PTR Parameters[4],
                                          const PCSTR Meanings[3], PCSTR Rest) {
    KiNameParameters((PCSTR[4]){"kind of violation", Meanings[0], Meanings[1], Meanings[2]});
    _snprintf(VfpText, sizeof(VfpText) - 1, "%s calls %s%s", VfpCaller(Arguments[-1]), Contract->Name, Rest);
    VfpStop(Contract, Arguments, BugCheck, Parameters, VfpText);
}

DECLSPEC_NORETURN VOID VfpRefuseRequest(const VF_CONTRACT *Contract, const ULONG64 *Arguments, ULONG Code, PIRP Irp, PDEVICE_OBJECT Device,
                                        PCSTR Rest) {
    VfpRefuseArguments(Contract, Arguments, C9, (ULONG_PTR[4]){Code, Arguments[-1], (ULONG_PTR)Irp, (ULONG_PTR)Device},
                       (PCSTR[3]){"address in the driver", "IRP", "device object"}, Rest);
}

static DECLSPEC_NORETURN VOID VfpRefuse(const VF_CONTRACT *Contract, const ULONG64 *Arguments, const ULONG_PTR Parameters[4], PCSTR Meaning2,
                                        PCSTR Meaning3, PCSTR Meaning4, PCSTR Rest) {
    KiNameParameters((PCSTR[4]){"kind of violation", Meaning2, Meaning3, Meaning4});
    VfpStop(Contract, Arguments, C4, Parameters, VfpSay(Contract, Arguments, Rest));
}

/* ---- The rules: each comes back, or does not ------------------------------------------------------------------------------------- */

/* The wait that KeSetEvent and its kin have announced (Wait TRUE) begins where they left the level. */
static VOID VfpCheckTimeout(const VF_CONTRACT *Contract, const ULONG64 *Arguments) {
    static KIRQL Irql;
    PLARGE_INTEGER Timeout = (PLARGE_INTEGER)Arguments[Contract->RuleArgument - 1];
    ULONG_PTR Object = Contract->RuleArgument == 7 && Arguments[0] != 0 ? (ULONG_PTR) * (PVOID *)Arguments[1] : Arguments[0];
    ULONG Code = 0x120;
    PCSTR Rest = "; a wait is for DISPATCH_LEVEL or below: an interrupt service routine queues a DPC (IoRequestDpc)";

    Irql = KiCurrentIrql();
    if (Irql == DISPATCH_LEVEL) {
        if (KiCurrentThread()->WaitNext || (Timeout != NULL && Timeout->QuadPart == 0))
            return;
        Code = Timeout == NULL ? 0x121 : 0x122;
        Rest = Timeout == NULL
                   ? " without a timeout; at DISPATCH_LEVEL it must be 0, for nothing may wait there: wait in a work item (IoQueueWorkItem)"
                   : " with a timeout that is not 0; nothing may wait at DISPATCH_LEVEL: wait in a work item (IoQueueWorkItem)";
    }
    VfpRefuse(Contract, Arguments, (ULONG_PTR[4]){Code, (ULONG_PTR)&Irql, Object, (ULONG_PTR)Timeout}, "address of the IRQL", "object", "timeout",
              Rest);
}

static VOID VfpCheckNoWait(const VF_CONTRACT *Contract, const ULONG64 *Arguments) {
    if (KiCurrentIrql() > DISPATCH_LEVEL)
        VfpRefuseLevel(Contract, Arguments);
    if ((BOOLEAN)Arguments[Contract->RuleArgument - 1]) {
        BOOLEAN Event = strcmp(Contract->Name, "KeSetEvent") == 0; /* the only one with a rule of its own, IrqlKeSetEvent */

        VfpSay(Contract, Arguments, " with Wait TRUE, and nothing may wait at DISPATCH_LEVEL: pass FALSE");
        KiNameParameters((PCSTR[4]){"kind of violation", Event ? "address of the sentence above" : "IRQL", "", ""});
        VfpStop(Contract, Arguments, C4, Event ? (ULONG_PTR[4]){0x20016, (ULONG_PTR)VfpText} : (ULONG_PTR[4]){0xE5, DISPATCH_LEVEL}, VfpText);
    }
}

/* Which argument of an allocation is its size. */
static VOID VfpCheckPool(const VF_CONTRACT *Contract, const ULONG64 *Arguments, BOOLEAN Paged) {
    KIRQL Irql = KiCurrentIrql();

    if (Irql <= DISPATCH_LEVEL && !Paged)
        return;
    VfpRefuse(
        Contract, Arguments, (ULONG_PTR[4]){Paged ? 1 : 2, Irql, Arguments[Contract->RuleArgument - 1], Arguments[1]}, "IRQL", "pool type", "bytes",
        Paged ? " for paged pool, which is for APC_LEVEL or below: allocate from nonpaged pool" : "; nonpaged pool is for DISPATCH_LEVEL or below");
}

static VOID VfpCheckRaisedArgument(const VF_CONTRACT *Contract, const ULONG64 *Arguments, BOOLEAN User) {
    if (User || KiCurrentIrql() > DISPATCH_LEVEL)
        VfpRefuseLevel(Contract, Arguments);
}

static BOOLEAN VfpNormalApcsOff(PKTHREAD Thread) {
    return KiCurrentIrql() >= APC_LEVEL || Thread->KernelApcDisable != 0 || Thread->SpecialApcDisable != 0;
}

static VOID VfpCheckApcs(const VF_CONTRACT *Contract, const ULONG64 *Arguments) {
    static const struct {
        CHAR Name[24];
        ULONG Acquire, Release;
        PCSTR What;
    } Kinds[] = {{"Resource", 0x37, 0x38, "resource"}, {"PushLock", 0xEA, 0xEB, "push lock"}, {"", 0x39, 0x3A, "mutex"}};
    PKTHREAD Thread = KiCurrentThread();
    ULONG Kind = 0;

    if (VfpNormalApcsOff(Thread) || (Contract->Rule == VF_RULE_apcs && Thread->SystemThread))
        return;
    while (strstr(Contract->Name, Kinds[Kind].Name) == NULL)
        Kind++;
    VfpRefuse(Contract, Arguments,
              (ULONG_PTR[4]){strstr(Contract->Name, "Release") != NULL ? Kinds[Kind].Release : Kinds[Kind].Acquire, KiCurrentIrql(),
                             (ULONG_PTR)(LONG_PTR)Thread->KernelApcDisable, Arguments[0]},
              "IRQL", "APC disable count", Kinds[Kind].What,
              " while kernel APCs can interrupt it, and suspend the thread that owns the lock: call KeEnterCriticalRegion before, and "
              "KeLeaveCriticalRegion after the release");
}

static VOID VfpCheckRegion(const VF_CONTRACT *Contract, const ULONG64 *Arguments) {
    if (KiCurrentThread()->KernelApcDisable >= 0)
        VfpRefuse(Contract, Arguments, (ULONG_PTR[4]){0x3E}, "", "", "",
                  " outside a critical region: it is called once for each KeEnterCriticalRegion");
}

static VOID VfpCheckSpecial(const VF_CONTRACT *Contract, const ULONG64 *Arguments) {
    SHORT Disabled = KiCurrentThread()->SpecialApcDisable;

    if (KiCurrentIrql() != PASSIVE_LEVEL || Disabled != 0)
        VfpRefuse(Contract, Arguments, (ULONG_PTR[4]){0xE6, Arguments[-1], KiCurrentIrql(), (ULONG_PTR)(LONG_PTR)Disabled}, "address of the call",
                  "IRQL", "special APC disable count",
                  Disabled == 0 ? "; it is for PASSIVE_LEVEL: leave it to a work item (IoQueueWorkItem)"
                                : " inside a guarded region, where its I/O cannot complete: leave the region first");
}

/* Contracts that have a check are asked at every level; their rule is not. */
static const USHORT VfpAsked[VF_RULE_count] = {
    [VF_RULE_timeout] = VF_ASKED_timeout, [VF_RULE_nowait] = VF_ASKED_nowait,   [VF_RULE_pool] = VF_ASKED_pool,
    [VF_RULE_flags] = VF_ASKED_flags,     [VF_RULE_mode] = VF_ASKED_mode,       [VF_RULE_address] = VF_ASKED_address,
    [VF_RULE_synch] = VF_ASKED_synch,     [VF_RULE_region] = VF_ASKED_region,   [VF_RULE_apcs] = VF_ASKED_apcs,
    [VF_RULE_unsafe] = VF_ASKED_unsafe,   [VF_RULE_special] = VF_ASKED_special,
};

static VOID VfpCheckRule(const VF_CONTRACT *Contract, const ULONG64 *Arguments) {
    ULONG64 Argument = Contract->RuleArgument != 0 ? Arguments[Contract->RuleArgument - 1] : 0;

    switch (Contract->Rule) {
    case VF_RULE_timeout: VfpCheckTimeout(Contract, Arguments); break;
    case VF_RULE_nowait: VfpCheckNoWait(Contract, Arguments); break;
    case VF_RULE_pool: VfpCheckPool(Contract, Arguments, (Argument & PagedPool) != 0); break;
    case VF_RULE_flags: VfpCheckPool(Contract, Arguments, (Argument & POOL_FLAG_PAGED) != 0); break;
    case VF_RULE_mode: VfpCheckRaisedArgument(Contract, Arguments, (UCHAR)Argument != KernelMode); break;
    case VF_RULE_address: VfpCheckRaisedArgument(Contract, Arguments, Argument < HAL_USER_END); break;
    case VF_RULE_synch:
        if (KiCurrentIrql() != DISPATCH_LEVEL && KiCurrentIrql() != SYNCH_LEVEL)
            VfpRefuseLevel(Contract, Arguments);
        break;
    case VF_RULE_region: VfpCheckRegion(Contract, Arguments); break;
    case VF_RULE_apcs:
    case VF_RULE_unsafe: VfpCheckApcs(Contract, Arguments); break;
    case VF_RULE_special: VfpCheckSpecial(Contract, Arguments); break;
    default: break;
    }
}

VOID VfCheckCall(const VF_CONTRACT *Contract, const ULONG64 *Arguments) {
    KIRQL Irql = KiCurrentIrql();

    if ((Contract->Levels >> Irql) & 1)
        return;
    if ((VfpAsked[Contract->Rule] >> Irql) & 1)
        VfpCheckRule(Contract, Arguments);
    if (Irql < Contract->MinIrql || Irql > Contract->MaxIrql)
        VfpRefuseLevel(Contract, Arguments);
    if (Contract->Check != NULL)
        Contract->Check(Contract, Arguments);
}

VOID VfCheckLevelChange(ULONG Code, KIRQL Requested, ULONG Kind) {
    static CHAR Text[200];
    KIRQL Irql = KiCurrentIrql();

    if (!VfIsOn())
        return;
    if (Code == 0x30)
        _snprintf(Text, sizeof(Text) - 1,
                  "KeRaiseIrql is called at IRQL %u with %u: it never lowers the level, nor raises it above 15: initialize its argument", Irql,
                  Requested);
    else if (Kind == 0)
        _snprintf(Text, sizeof(Text) - 1,
                  "KeLowerIrql is called at IRQL %u with %u: it goes back to the level that KeRaiseIrql stored, and to no higher one", Irql,
                  Requested);
    else
        _snprintf(Text, sizeof(Text) - 1, "a DPC lowers the IRQL to %u: it is called at DISPATCH_LEVEL and stays there", Requested);
    KiNameParameters((PCSTR[4]){"kind of violation", "IRQL", "requested IRQL", Code == 0x31 ? "0: bad, 1: inside a DPC" : ""});
    KiBugCheck(C4, Code, Irql, Requested, Kind, NULL, Text);
}
