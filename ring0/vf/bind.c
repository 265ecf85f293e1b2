/* Which address an import gets. */
#include "vf/vf.h"
#include "ke/ke.h"

_Static_assert(sizeof(VF_CONTRACT) == 40 && __builtin_offsetof(VF_CONTRACT, Routine) == 8, "twin.S");

/* Not calls that somebody wrote: what compilers emit, with conventions of its own (__chkstk takes rax) or far too often to show. */
static const PCSTR VfpNeverTwinned[] = {
    "__C_specific_handler", "__chkstk", "_local_unwind", "RtlCaptureContext", "memcpy", "memmove", "memset", "memcmp"};

static BOOLEAN VfpIsTwinned(const VF_CONTRACT *Contract) {
    for (ULONG i = 0; i < RTL_NUMBER_OF(VfpNeverTwinned); i++) {
        if (strcmp(Contract->Name, VfpNeverTwinned[i]) == 0) {
            return FALSE;
        }
    }
    return Contract->Twin != NULL;
}

PVOID VfBind(PCSTR Name, PVOID Routine) {
    if (!KiMachine->trace && KiMachine->cpus == 1) {
        return Routine;
    }
    for (ULONG i = 0; i < VfContractCount; i++) {
        if (VfContracts[i].Routine == Routine && strcmp(VfContracts[i].Name, Name) == 0) {
            return VfpIsTwinned(&VfContracts[i]) ? VfContracts[i].Twin : Routine;
        }
    }
    return Routine;
}
