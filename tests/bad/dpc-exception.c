/* A DPC divides by zero; the thread that it interrupts has a handler, which is not the DPC's: 0x1E. */
#include "bad.h"

static volatile ULONG Zero;
static KDPC Dpc;

static VOID NTAPI BadDpc(PKDPC Self, PVOID Context, PVOID Argument1, PVOID Argument2) {
    UNREFERENCED_PARAMETER(Self);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    Zero = 7 / Zero;
}

MISTAKE VOID Mistake(VOID) {
    KeInitializeDpc(&Dpc, BadDpc, NULL);
    __try {
        KeInsertQueueDpc(&Dpc, NULL, NULL);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        DbgPrint("got away with it\n");
    }
}
