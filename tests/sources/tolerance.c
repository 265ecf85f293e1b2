/* Timers with a tolerance: says by how many milliseconds each was late, and how many went off at the moment of another. */
#include <ntddk.h>

#define TIMERS      12u
#define TOLERANCE   100u
#define MILLISECOND 10000ll

static struct {
    KTIMER Timer;
    KDPC Dpc;
    ULONG64 Due, Fired;
} Set[TIMERS];

static VOID NTAPI OnTimer(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) {
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    *(PULONG64)Context = KeQueryInterruptTime();
}

static ULONG Tell(VOID) {
    ULONG Together = 0, Wrong = 0;
    for (ULONG Index = 0; Index < TIMERS; Index++) {
        LONGLONG Late = (LONGLONG)(Set[Index].Fired - Set[Index].Due);
        Together += Index != 0 && Set[Index].Fired - Set[Index - 1].Fired < MILLISECOND;
        /* Reading the clock takes time, and so does getting from one statement to the next. */
        Wrong += Set[Index].Fired == 0 || Late < 0 || Late > (TOLERANCE + 1) * MILLISECOND;
        DbgPrint("late %I64d\n", Late / MILLISECOND);
    }
    DbgPrint("together %u\nwrong %u\n", Together, Wrong);
    return Wrong;
}

/* Each is due 17 ms after the one before; the time is read before it is set, so that none can seem early. */
DRIVER_INITIALIZE DriverEntry;
NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath) {
    LARGE_INTEGER Pause = {.QuadPart = -500 * MILLISECOND};
    UNREFERENCED_PARAMETER(Driver);
    UNREFERENCED_PARAMETER(RegistryPath);
    for (ULONG Index = 0; Index < TIMERS; Index++) {
        LARGE_INTEGER Due = {.QuadPart = -(LONGLONG)(20 + Index * 17) * MILLISECOND};
        KeInitializeTimer(&Set[Index].Timer);
        KeInitializeDpc(&Set[Index].Dpc, OnTimer, &Set[Index].Fired);
        Set[Index].Due = KeQueryInterruptTime() - (ULONG64)Due.QuadPart;
        KeSetCoalescableTimer(&Set[Index].Timer, Due, Index % 2 != 0 ? 1000 : 0, TOLERANCE, &Set[Index].Dpc);
    }
    KeDelayExecutionThread(KernelMode, FALSE, &Pause);
    for (ULONG Index = 0; Index < TIMERS; Index++)
        KeCancelTimer(&Set[Index].Timer);
    return Tell() == 0 ? STATUS_UNSUCCESSFUL : STATUS_DATA_ERROR;
}
