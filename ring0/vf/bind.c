/* Which address an import gets. */
#include "vf/vf.h"
#include "ke/ke.h"
#include "ke/offsets.h"

_Static_assert(sizeof(VF_CONTRACT) == 56 && offsetof(VF_CONTRACT, Routine) == 8 && offsetof(VF_CONTRACT, Levels) == 46, "twin.S");
_Static_assert(offsetof(KPROCESSOR, Irql) == PROCESSOR_IRQL, "offsets.h");

/* Not calls that somebody wrote: what compilers emit, with conventions of its own (__chkstk takes rax) or far too often to show. */
static const PCSTR VfpNeverTwinned[] = {
    "__C_specific_handler", "__chkstk", "_local_unwind", "RtlCaptureContext", "memcpy", "memmove", "memset", "memcmp"};

/* A driver that is only checked calls what may be called anywhere straight. */
static PVOID VfpTwinOf(const VF_CONTRACT *Contract) {
    if (KiMachine->trace || KiMachine->cpus != 1)
        return Contract->Twin;
    return Contract->Levels != 0xFFFF ? Contract->CheckedTwin : NULL;
}

static PVOID VfpChoose(const VF_CONTRACT *Contract) {
    PVOID Twin = VfpTwinOf(Contract);

    for (ULONG I = 0; I < RTL_NUMBER_OF(VfpNeverTwinned); I++) {
        if (strcmp(Contract->Name, VfpNeverTwinned[I]) == 0) {
            return Contract->Routine;
        }
    }
    return Twin != NULL ? Twin : Contract->Routine;
}

PVOID VfBind(PCSTR Name, PVOID Routine) {
    if (!KiMachine->trace && KiMachine->cpus == 1 && !VfIsOn()) {
        return Routine;
    }
    for (ULONG I = 0; I < VfContractCount; I++) {
        if (VfContracts[I].Routine == Routine && strcmp(VfContracts[I].Name, Name) == 0) {
            return VfpChoose(&VfContracts[I]);
        }
    }
    return Routine;
}
