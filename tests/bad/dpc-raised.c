/* A DPC that returns at a higher level, with a spin lock held. */
#include "bad.h"

static KDPC Dpc;
static KSPIN_LOCK Lock;

MISTAKE VOID NTAPI BadDpc(PKDPC This, PVOID Context, PVOID Argument1, PVOID Argument2) {
    KIRQL Old;
    UNREFERENCED_PARAMETER(This);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    KeAcquireSpinLock(&Lock, &Old);
    KeRaiseIrql(DISPATCH_LEVEL + 1, &Old);
}

static VOID Mistake(VOID) {
    KeInitializeDpc(&Dpc, BadDpc, NULL);
    KeInsertQueueDpc(&Dpc, NULL, NULL);
}
