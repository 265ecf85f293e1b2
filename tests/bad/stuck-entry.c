/* DriverEntry waits for an event that nobody sets. */
#include "bad.h"

MISTAKE VOID Mistake(VOID) {
    KEVENT Event;
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
}
