/* Waits for four objects with the wait blocks of the thread, which are three: 0x0C ("KeWaitForMultipleObjects"). */
#include "bad.h"

MISTAKE VOID Mistake(VOID) {
    KEVENT Events[THREAD_WAIT_OBJECTS + 1];
    PVOID Objects[THREAD_WAIT_OBJECTS + 1];
    for (ULONG n = 0; n <= THREAD_WAIT_OBJECTS; n++) {
        KeInitializeEvent(&Events[n], NotificationEvent, TRUE);
        Objects[n] = &Events[n];
    }
    KeWaitForMultipleObjects(THREAD_WAIT_OBJECTS + 1, Objects, WaitAny, Executive, KernelMode, FALSE, NULL, NULL);
}
