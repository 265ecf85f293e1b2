/* Who wants to know of processes and threads that come and go. */
#include "ps/ps.h"

#define MAXIMUM_ROUTINES 64 /* as many as Windows has room for since Vista SP1 */

typedef struct _NOTIFY_ROUTINE {
    PVOID Routine;
    BOOLEAN Extended;
} NOTIFY_ROUTINE;

static NOTIFY_ROUTINE PspProcessRoutines[MAXIMUM_ROUTINES], PspThreadRoutines[MAXIMUM_ROUTINES], PspImageRoutines[MAXIMUM_ROUTINES];

static NOTIFY_ROUTINE *PspFindRoutine(NOTIFY_ROUTINE *Routines, PVOID Routine) {
    for (ULONG Index = 0; Index < MAXIMUM_ROUTINES; Index++) {
        if (Routines[Index].Routine == Routine)
            return &Routines[Index];
    }
    return NULL;
}

static NTSTATUS PspAddRoutine(NOTIFY_ROUTINE *Routines, PVOID Routine, BOOLEAN Extended) {
    NOTIFY_ROUTINE *Slot = PspFindRoutine(Routines, NULL);

    if (Slot == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    *Slot = (NOTIFY_ROUTINE){Routine, Extended};
    return STATUS_SUCCESS;
}

static NTSTATUS PspRemoveRoutine(NOTIFY_ROUTINE *Routines, PVOID Routine) {
    NOTIFY_ROUTINE *Slot = PspFindRoutine(Routines, Routine);

    if (Slot == NULL)
        return STATUS_PROCEDURE_NOT_FOUND;
    *Slot = (NOTIFY_ROUTINE){0};
    return STATUS_SUCCESS;
}

static NTSTATUS PspChangeProcessRoutine(PVOID Routine, BOOLEAN Extended, BOOLEAN Remove) {
    if (Remove)
        return PspRemoveRoutine(PspProcessRoutines, Routine);
    if (PspFindRoutine(PspProcessRoutines, Routine) != NULL)
        return STATUS_INVALID_PARAMETER;
    return PspAddRoutine(PspProcessRoutines, Routine, Extended);
}

NTSTATUS NTAPI PsSetCreateProcessNotifyRoutine(PCREATE_PROCESS_NOTIFY_ROUTINE NotifyRoutine, BOOLEAN Remove) {
    return PspChangeProcessRoutine((PVOID)NotifyRoutine, FALSE, Remove);
}

NTSTATUS NTAPI PsSetCreateProcessNotifyRoutineEx(PCREATE_PROCESS_NOTIFY_ROUTINE_EX NotifyRoutine, BOOLEAN Remove) {
    return PspChangeProcessRoutine((PVOID)NotifyRoutine, TRUE, Remove);
}

/* The one type there is: as ...Ex, for processes of all subsystems; and there is one subsystem. */
NTSTATUS NTAPI PsSetCreateProcessNotifyRoutineEx2(ULONG NotifyType, PVOID NotifyInformation, BOOLEAN Remove) {
    return NotifyType == 0 ? PspChangeProcessRoutine(NotifyInformation, TRUE, Remove) : STATUS_INVALID_PARAMETER;
}

/* Type 0 is told of the beginning of a thread of user mode in that thread; type 1 where it is made, as by PsSetCreateThreadNotifyRoutine. */
NTSTATUS NTAPI PsSetCreateThreadNotifyRoutineEx(ULONG NotifyType, PVOID NotifyInformation) {
    return NotifyType <= 1 ? PspAddRoutine(PspThreadRoutines, NotifyInformation, NotifyType == 0) : STATUS_INVALID_PARAMETER;
}

NTSTATUS NTAPI PsSetCreateThreadNotifyRoutine(PCREATE_THREAD_NOTIFY_ROUTINE NotifyRoutine) {
    return PspAddRoutine(PspThreadRoutines, (PVOID)NotifyRoutine, FALSE);
}

NTSTATUS NTAPI PsRemoveCreateThreadNotifyRoutine(PCREATE_THREAD_NOTIFY_ROUTINE NotifyRoutine) {
    return PspRemoveRoutine(PspThreadRoutines, (PVOID)NotifyRoutine);
}

NTSTATUS NTAPI PsSetLoadImageNotifyRoutine(PLOAD_IMAGE_NOTIFY_ROUTINE NotifyRoutine) {
    return PspAddRoutine(PspImageRoutines, (PVOID)NotifyRoutine, FALSE);
}

/* Images of another architecture (flag 1) do not come up here: there is no other. */
NTSTATUS NTAPI PsSetLoadImageNotifyRoutineEx(PLOAD_IMAGE_NOTIFY_ROUTINE NotifyRoutine, ULONG_PTR Flags) {
    return Flags & ~1ull ? STATUS_INVALID_PARAMETER_2 : PsSetLoadImageNotifyRoutine(NotifyRoutine);
}

NTSTATUS NTAPI PsRemoveLoadImageNotifyRoutine(PLOAD_IMAGE_NOTIFY_ROUTINE NotifyRoutine) {
    return PspRemoveRoutine(PspImageRoutines, (PVOID)NotifyRoutine);
}

NTSTATUS PspNotifyProcess(PEPROCESS Process, BOOLEAN Create, PCUNICODE_STRING CommandLine) {
    PS_CREATE_NOTIFY_INFO Info = {.Size = sizeof(Info),
                                  .ParentProcessId = Process->InheritedFromUniqueProcessId,
                                  .ImageFileName = &Process->ImageName,
                                  .CommandLine = CommandLine};

    Info.CreatingThreadId.UniqueProcess = PsGetCurrentProcessId();
    Info.CreatingThreadId.UniqueThread = PsGetCurrentThreadId();
    for (ULONG Index = 0; Index < MAXIMUM_ROUTINES; Index++) {
        NOTIFY_ROUTINE *Routine = &PspProcessRoutines[Index];

        if (Routine->Routine == NULL)
            continue;
        if (Routine->Extended)
            ((PCREATE_PROCESS_NOTIFY_ROUTINE_EX)Routine->Routine)(Process, Process->UniqueProcessId, Create ? &Info : NULL);
        else
            ((PCREATE_PROCESS_NOTIFY_ROUTINE)Routine->Routine)(Process->InheritedFromUniqueProcessId, Process->UniqueProcessId, Create);
    }
    return Info.CreationStatus;
}

static VOID PspCallThreadRoutines(PETHREAD Thread, BOOLEAN Create, BOOLEAN Extended) {
    for (ULONG Index = 0; Index < MAXIMUM_ROUTINES; Index++) {
        if (PspThreadRoutines[Index].Routine != NULL && PspThreadRoutines[Index].Extended == Extended)
            ((PCREATE_THREAD_NOTIFY_ROUTINE)PspThreadRoutines[Index].Routine)(Thread->Cid.UniqueProcess, Thread->Cid.UniqueThread, Create);
    }
}

VOID PspNotifyThread(PETHREAD Thread, BOOLEAN Create) {
    PspCallThreadRoutines(Thread, Create, FALSE);
    if (!Create && !Thread->Tcb.SystemThread)
        PspCallThreadRoutines(Thread, FALSE, TRUE);
}

VOID PspNotifyThreadBegins(PETHREAD Thread) { PspCallThreadRoutines(Thread, TRUE, TRUE); }

VOID PsCallImageNotifyRoutines(PCUNICODE_STRING Name, HANDLE ProcessId, PVOID Base, SIZE_T Size) {
    for (ULONG Index = 0; Index < MAXIMUM_ROUTINES; Index++) {
        UNICODE_STRING FullName = *Name; /* a routine may change its own */
        IMAGE_INFO Info = {
            .ImageAddressingMode = IMAGE_ADDRESSING_MODE_32BIT, .SystemModeImage = ProcessId == NULL, .ImageBase = Base, .ImageSize = Size};
        if (PspImageRoutines[Index].Routine != NULL)
            ((PLOAD_IMAGE_NOTIFY_ROUTINE)PspImageRoutines[Index].Routine)(&FullName, ProcessId, &Info);
    }
}
