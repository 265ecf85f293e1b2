/* Waits at DISPATCH_LEVEL: 0x0A. */
#include "bad.h"

MISTAKE VOID Mistake(VOID) {
    KEVENT Event;
    KIRQL Old;
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
    KeLowerIrql(Old);
}
