/* Waits in a DPC: 0xB8. */
#include "bad.h"

static KDPC Dpc;
static KEVENT Event;

MISTAKE VOID NTAPI BadDpc(PKDPC This, PVOID Context, PVOID Argument1, PVOID Argument2) {
    UNREFERENCED_PARAMETER(This);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    KeWaitForSingleObject(Context, Executive, KernelMode, FALSE, NULL);
}

static VOID Mistake(VOID) {
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    KeInitializeDpc(&Dpc, BadDpc, &Event);
    KeInsertQueueDpc(&Dpc, NULL, NULL);
}
