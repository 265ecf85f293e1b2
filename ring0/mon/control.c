/* Console control events: Ctrl+C and its kind become a thread in each program of the console, which runs the program's handlers. */
#include "mon/monp.h"

/* kernel32 exports it; a program without kernel32, or one that has not got as far as loading it, has no handlers and is ended. */
#define CONTROL_ROUTINE "CtrlRoutine"

static BOOLEAN MonSignalProcess(PEPROCESS Process, ULONG Event) {
    KAPC_STATE State;
    PETHREAD Thread;
    PVOID Routine;
    BOOLEAN Started = FALSE;

    if (Process->Exiting || Process->Pcb.AddressSpace == NULL) {
        return FALSE;
    }
    KeStackAttachProcess(&Process->Pcb, &State);
    Routine = PspUserRoutine(Process, L"kernel32.dll", CONTROL_ROUTINE);
    KeUnstackDetachProcess(&State);
    if (Routine != NULL && NT_SUCCESS(PspCreateUserThread(Process, Routine, (PVOID)(ULONG_PTR)Event, 0, 0, FALSE, &Thread))) {
        ObfDereferenceObject(Thread);
        Started = TRUE;
    }
    if (!Started) {
        PspTerminateProcess(Process, STATUS_CONTROL_C_EXIT);
    }
    return TRUE;
}

/* The oldest on the console that this event, or a later one, has not reached. */
static PEPROCESS MonNextToSignal(ULONG Console, ULONG Serial) {
    PEPROCESS Process = MonNextProcess(NULL);

    while (Process != NULL && (Process->Console != Console || Process->ControlSerial >= Serial)) {
        Process = MonNextProcess(Process);
    }
    return Process;
}

BOOLEAN MonControlEvent(ULONG Console, ULONG Event) {
    static ULONG LastSerial;
    const ULONG Serial = ++LastSerial;
    BOOLEAN Any = FALSE;
    PEPROCESS Process;

    /* Making a thread may wait, and the list is another one then: each step begins at its head. */
    while ((Process = MonNextToSignal(Console, Serial)) != NULL) {
        Process->ControlSerial = Serial;
        ObfReferenceObject(Process);
        Any |= MonSignalProcess(Process, Event);
        ObfDereferenceObject(Process);
    }
    return Any;
}
