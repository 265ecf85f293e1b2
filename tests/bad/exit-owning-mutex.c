/* A thread ends that owns a kernel mutex: 0x4000008A. */
#include "bad.h"

static KMUTEX Mutex;

MISTAKE VOID NTAPI BadThread(PVOID Context) {
    UNREFERENCED_PARAMETER(Context);
    KeWaitForSingleObject(&Mutex, Executive, KernelMode, FALSE, NULL);
    KeLeaveCriticalRegion();
    PsTerminateSystemThread(STATUS_SUCCESS);
    DbgPrint("never reached\n");
}

static VOID Mistake(VOID) {
    HANDLE Thread;
    KeInitializeMutex(&Mutex, 0);
    if (NT_SUCCESS(PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, BadThread, NULL))) {
        ZwWaitForSingleObject(Thread, FALSE, NULL);
        ZwClose(Thread);
    }
}
