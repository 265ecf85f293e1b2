/* An exception in a system thread that nobody handles: 0x7E. */
#include "bad.h"

MISTAKE VOID NTAPI BadThread(PVOID Context) {
    UNREFERENCED_PARAMETER(Context);
    ExRaiseStatus(STATUS_DEVICE_NOT_READY);
}

static VOID Mistake(VOID) {
    HANDLE Thread;
    if (NT_SUCCESS(PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, BadThread, NULL))) {
        ZwWaitForSingleObject(Thread, FALSE, NULL);
        ZwClose(Thread);
    }
}
