/*
 * I/O timers: a routine per device, called once a second at DISPATCH_LEVEL (documentation of IoInitializeTimer). One kernel timer serves them all and runs
 * only while one of them is started, so that a machine in which nothing happens any more is seen to be at its end.
 */
#include "io/io.h"

#define IOP_TIMER_TAG 'imTI'
#define PERIOD_MS     1000

struct _IO_TIMER {
    CSHORT Type;
    CSHORT Started;
    LIST_ENTRY Entry;
    PIO_TIMER_ROUTINE Routine;
    PVOID Context;
    PDEVICE_OBJECT Device;
};

static LIST_ENTRY Timers = {&Timers, &Timers};
static ULONG StartedCount;
static KTIMER Clock;
static KDPC ClockDpc;

static VOID NTAPI Tick(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) {
    for (PLIST_ENTRY Link = Timers.Flink, Next; Link != &Timers; Link = Next) {
        PIO_TIMER Timer = CONTAINING_RECORD(Link, struct _IO_TIMER, Entry);
        Next = Link->Flink;
        if (Timer->Started) /* else the routine before it has stopped it */
            Timer->Routine(Timer->Device, Timer->Context);
    }
}

NTSTATUS NTAPI IoInitializeTimer(PDEVICE_OBJECT DeviceObject, PIO_TIMER_ROUTINE TimerRoutine, PVOID Context) {
    PIO_TIMER Timer = DeviceObject->Timer;
    if (!Timer) {
        Timer = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof *Timer, IOP_TIMER_TAG);
        if (!Timer)
            return STATUS_INSUFFICIENT_RESOURCES;
        RtlZeroMemory(Timer, sizeof *Timer);
        Timer->Type = IO_TYPE_TIMER;
        Timer->Device = DeviceObject;
        DeviceObject->Timer = Timer;
    }
    Timer->Routine = TimerRoutine;
    Timer->Context = Context;
    return STATUS_SUCCESS;
}

VOID NTAPI IoStartTimer(PDEVICE_OBJECT DeviceObject) {
    PIO_TIMER Timer = DeviceObject->Timer;
    LARGE_INTEGER Due = {.QuadPart = -PERIOD_MS * 10000ll};

    if (Timer->Started || (IopExtension(DeviceObject)->ExtensionFlags & DOE_DELETE_PENDING))
        return;
    Timer->Started = TRUE;
    InsertTailList(&Timers, &Timer->Entry);
    if (StartedCount++ == 0) {
        if (!Clock.Header.Size) {
            KeInitializeTimer(&Clock);
            KeInitializeDpc(&ClockDpc, Tick, NULL);
        }
        KeSetTimerEx(&Clock, Due, PERIOD_MS, &ClockDpc);
    }
}

VOID NTAPI IoStopTimer(PDEVICE_OBJECT DeviceObject) {
    PIO_TIMER Timer = DeviceObject->Timer;
    if (!Timer || !Timer->Started)
        return;
    Timer->Started = FALSE;
    RemoveEntryList(&Timer->Entry);
    if (--StartedCount == 0)
        KeCancelTimer(&Clock);
}
