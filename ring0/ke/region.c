/* Critical regions keep normal kernel APCs away, guarded regions all of them. Both nest. */
#include "ke/ke.h"

static VOID KipApcsEnabled(PKTHREAD Thread) {
    if (IsListEmpty(&Thread->ApcState.ApcListHead[KernelMode]))
        return;
    Thread->ApcState.KernelApcPending = TRUE;
    if (KiProcessor->Irql == PASSIVE_LEVEL)
        KiDeliverPending(PASSIVE_LEVEL);
}

VOID NTAPI KeEnterCriticalRegion(VOID) { KiCurrentThread()->KernelApcDisable--; }

VOID NTAPI KeLeaveCriticalRegion(VOID) {
    PKTHREAD Thread = KiCurrentThread();

    if (++Thread->KernelApcDisable == 0)
        KipApcsEnabled(Thread);
}

VOID NTAPI KeEnterGuardedRegion(VOID) { KiCurrentThread()->SpecialApcDisable--; }

VOID NTAPI KeLeaveGuardedRegion(VOID) {
    PKTHREAD Thread = KiCurrentThread();

    if (++Thread->SpecialApcDisable == 0)
        KipApcsEnabled(Thread);
}

BOOLEAN NTAPI KeAreApcsDisabled(VOID) {
    PKTHREAD Thread = KiCurrentThread();

    return Thread->KernelApcDisable != 0 || Thread->SpecialApcDisable != 0;
}

BOOLEAN NTAPI KeAreAllApcsDisabled(VOID) { return KiCurrentThread()->SpecialApcDisable != 0 || KiProcessor->Irql >= APC_LEVEL; }
