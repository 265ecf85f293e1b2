/*
 * Who wants to know of processes, threads and images that come and go.
 *
 * Routines are called in the order of their places, at PASSIVE_LEVEL in a critical region ("PsSetCreateProcessNotifyRoutine", "PsSetLoadImageNotifyRoutine"). One
 * that is under way keeps its place: whoever removes it waits, so one that removes itself waits for ever, as on Windows.
 */
#include "ps/ps.h"
#include "ex/ex.h"
#include "io/io.h"
#include "ldr/ldr.h"

#define MAXIMUM_ROUTINES 64 /* as many as Windows has room for since Vista SP1 */

typedef struct _NOTIFY_ROUTINE {
    PVOID Routine;
    BOOLEAN Extended;
    BOOLEAN Leaving;
    EX_RUNDOWN_REF Running;
} NOTIFY_ROUTINE;

static NOTIFY_ROUTINE PspProcessRoutines[MAXIMUM_ROUTINES], PspThreadRoutines[MAXIMUM_ROUTINES], PspImageRoutines[MAXIMUM_ROUTINES];

static NOTIFY_ROUTINE *PspFindRoutine(NOTIFY_ROUTINE *Routines, PVOID Routine) {
    for (ULONG Index = 0; Index < MAXIMUM_ROUTINES; Index++) {
        if (Routines[Index].Routine == Routine && !Routines[Index].Leaving)
            return &Routines[Index];
    }
    return NULL;
}

static NTSTATUS PspAddRoutine(NOTIFY_ROUTINE *Routines, PVOID Routine, BOOLEAN Extended) {
    NOTIFY_ROUTINE *Slot = PspFindRoutine(Routines, NULL);

    if (Slot == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    *Slot = (NOTIFY_ROUTINE){.Routine = Routine, .Extended = Extended};
    return STATUS_SUCCESS;
}

static NTSTATUS PspRemoveRoutine(NOTIFY_ROUTINE *Routines, PVOID Routine) {
    NOTIFY_ROUTINE *Slot = PspFindRoutine(Routines, Routine);

    if (Slot == NULL)
        return STATUS_PROCEDURE_NOT_FOUND;
    Slot->Leaving = TRUE;
    ExWaitForRundownProtectionRelease(&Slot->Running);
    *Slot = (NOTIFY_ROUTINE){0};
    return STATUS_SUCCESS;
}

/* Holds a place whose routine is to be called; FALSE: there is none, or it leaves. */
static BOOLEAN PspBeginRoutine(NOTIFY_ROUTINE *Slot) {
    if (Slot->Routine == NULL || !ExAcquireRundownProtection(&Slot->Running))
        return FALSE;
    KeEnterCriticalRegion();
    return TRUE;
}

static VOID PspEndRoutine(NOTIFY_ROUTINE *Slot) {
    KeLeaveCriticalRegion();
    ExReleaseRundownProtection(&Slot->Running);
}

static NTSTATUS PspChangeProcessRoutine(PVOID Routine, PCSTR Function, BOOLEAN Extended, BOOLEAN Remove) {
    if (Remove)
        return PspRemoveRoutine(PspProcessRoutines, Routine);
    if (Extended && !LdrIsIntegrityForced(Routine, Function))
        return STATUS_ACCESS_DENIED;
    if (PspFindRoutine(PspProcessRoutines, Routine) != NULL)
        return STATUS_INVALID_PARAMETER;
    return PspAddRoutine(PspProcessRoutines, Routine, Extended);
}

NTSTATUS NTAPI PsSetCreateProcessNotifyRoutine(PCREATE_PROCESS_NOTIFY_ROUTINE NotifyRoutine, BOOLEAN Remove) {
    return PspChangeProcessRoutine((PVOID)NotifyRoutine, "PsSetCreateProcessNotifyRoutine", FALSE, Remove);
}

NTSTATUS NTAPI PsSetCreateProcessNotifyRoutineEx(PCREATE_PROCESS_NOTIFY_ROUTINE_EX NotifyRoutine, BOOLEAN Remove) {
    return PspChangeProcessRoutine((PVOID)NotifyRoutine, "PsSetCreateProcessNotifyRoutineEx", TRUE, Remove);
}

/* The one type there is: as ...Ex, for processes of all subsystems; and there is one subsystem. */
NTSTATUS NTAPI PsSetCreateProcessNotifyRoutineEx2(ULONG NotifyType, PVOID NotifyInformation, BOOLEAN Remove) {
    return NotifyType == 0 ? PspChangeProcessRoutine(NotifyInformation, "PsSetCreateProcessNotifyRoutineEx2", TRUE, Remove)
                           : STATUS_INVALID_PARAMETER;
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

PVOID PsFindRoutineIn(const VOID *Start, SIZE_T Size, PCSTR *Remove) {
    static const struct {
        NOTIFY_ROUTINE *Routines;
        PCSTR Remove;
    } Tables[] = {{PspProcessRoutines, "PsSetCreateProcessNotifyRoutine (Remove TRUE)"},
                  {PspThreadRoutines, "PsRemoveCreateThreadNotifyRoutine"},
                  {PspImageRoutines, "PsRemoveLoadImageNotifyRoutine"}};
    PVOID Found;

    for (ULONG Table = 0; Table < RTL_NUMBER_OF(Tables); Table++) {
        for (ULONG Index = 0; Index < MAXIMUM_ROUTINES; Index++) {
            if ((ULONG_PTR)Tables[Table].Routines[Index].Routine - (ULONG_PTR)Start < Size) {
                *Remove = Tables[Table].Remove;
                return Tables[Table].Routines[Index].Routine;
            }
        }
    }
    *Remove = "ObUnRegisterCallbacks";
    Found = ObpFindCallbackIn(PspProcessType, Start, Size);
    if (Found == NULL)
        Found = ObpFindCallbackIn(PspThreadType, Start, Size);
    return Found != NULL ? Found : ObpFindCallbackIn(ExpDesktopType, Start, Size);
}

/* The file that an image was made from, for routines that look at it; the one it was read through has been closed. NULL when there is none, or nobody asks. */
static PFILE_OBJECT PspOpenForRoutines(const NOTIFY_ROUTINE *Routines, PCUNICODE_STRING Name, BOOLEAN ExtendedOnly) {
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK IoStatus;
    PFILE_OBJECT File = NULL;
    BOOLEAN Wanted = FALSE;
    HANDLE Handle;

    for (ULONG Index = 0; Index < MAXIMUM_ROUTINES; Index++)
        Wanted |= Routines[Index].Routine != NULL && (!ExtendedOnly || Routines[Index].Extended);
    if (!Wanted || Name->Length == 0)
        return NULL;
    InitializeObjectAttributes(&Attributes, (PUNICODE_STRING)Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    if (!NT_SUCCESS(ZwOpenFile(&Handle, FILE_READ_DATA | FILE_EXECUTE | SYNCHRONIZE, &Attributes, &IoStatus, FILE_SHARE_READ | FILE_SHARE_DELETE,
                               FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE)))
        return NULL;
    if (!NT_SUCCESS(ObReferenceObjectByHandle(Handle, 0, IopFileType, KernelMode, (PVOID *)&File, NULL)))
        File = NULL;
    ZwClose(Handle);
    return File;
}

static VOID PspCloseForRoutines(PFILE_OBJECT File) {
    if (File != NULL)
        ObDereferenceObject(File);
}

NTSTATUS PspNotifyProcess(PEPROCESS Process, BOOLEAN Create, PCUNICODE_STRING CommandLine) {
    PS_CREATE_NOTIFY_INFO Info = {.Size = sizeof(Info),
                                  .FileOpenNameAvailable = TRUE,
                                  .ParentProcessId = Process->InheritedFromUniqueProcessId,
                                  .ImageFileName = &Process->ImageName,
                                  .CommandLine = CommandLine};

    Info.CreatingThreadId.UniqueProcess = PsGetCurrentProcessId();
    Info.CreatingThreadId.UniqueThread = PsGetCurrentThreadId();
    Info.FileObject = Create ? PspOpenForRoutines(PspProcessRoutines, &Process->ImageName, TRUE) : NULL;
    for (ULONG Index = 0; Index < MAXIMUM_ROUTINES; Index++) {
        NOTIFY_ROUTINE *Slot = &PspProcessRoutines[Index];

        if (!PspBeginRoutine(Slot))
            continue;
        if (Slot->Extended)
            ((PCREATE_PROCESS_NOTIFY_ROUTINE_EX)Slot->Routine)(Process, Process->UniqueProcessId, Create ? &Info : NULL);
        else
            ((PCREATE_PROCESS_NOTIFY_ROUTINE)Slot->Routine)(Process->InheritedFromUniqueProcessId, Process->UniqueProcessId, Create);
        PspEndRoutine(Slot);
    }
    PspCloseForRoutines(Info.FileObject);
    return Info.CreationStatus;
}

static VOID PspCallThreadRoutines(PETHREAD Thread, BOOLEAN Create, BOOLEAN Extended) {
    for (ULONG Index = 0; Index < MAXIMUM_ROUTINES; Index++) {
        NOTIFY_ROUTINE *Slot = &PspThreadRoutines[Index];

        if (Slot->Extended != Extended || !PspBeginRoutine(Slot))
            continue;
        ((PCREATE_THREAD_NOTIFY_ROUTINE)Slot->Routine)(Thread->Cid.UniqueProcess, Thread->Cid.UniqueThread, Create);
        PspEndRoutine(Slot);
    }
}

VOID PspNotifyThread(PETHREAD Thread, BOOLEAN Create) {
    PspCallThreadRoutines(Thread, Create, FALSE);
    if (!Create && !Thread->Tcb.SystemThread)
        PspCallThreadRoutines(Thread, FALSE, TRUE);
}

VOID PspNotifyThreadBegins(PETHREAD Thread) { PspCallThreadRoutines(Thread, TRUE, TRUE); }

VOID PsCallImageNotifyRoutines(PCUNICODE_STRING Name, HANDLE ProcessId, PVOID Base, SIZE_T Size) {
    PFILE_OBJECT File = PspOpenForRoutines(PspImageRoutines, Name, FALSE);
    UNICODE_STRING Native = {0};

    for (ULONG Index = 0; Index < MAXIMUM_ROUTINES; Index++) {
        NOTIFY_ROUTINE *Slot = &PspImageRoutines[Index];
        UNICODE_STRING FullName; /* a routine may change its own */
        IMAGE_INFO_EX Info = {.Size = sizeof(Info), .FileObject = File};

        if (!PspBeginRoutine(Slot))
            continue;
        if (ProcessId != NULL && Native.Buffer == NULL && !NT_SUCCESS(PspQueryNativeName(Name, &Native)))
            Native.Buffer = NULL;
        FullName = Native.Buffer != NULL ? Native : *Name; /* "\Device\..." for programs and DLLs, as they are loaded for drivers */
        Info.ImageInfo = (IMAGE_INFO){.ImageAddressingMode = IMAGE_ADDRESSING_MODE_32BIT,
                                      .SystemModeImage = ProcessId == NULL,
                                      .ExtendedInfoPresent = File != NULL,
                                      .ImageBase = Base,
                                      .ImageSize = Size};
        ((PLOAD_IMAGE_NOTIFY_ROUTINE)Slot->Routine)(&FullName, ProcessId, &Info.ImageInfo);
        PspEndRoutine(Slot);
    }
    if (Native.Buffer != NULL)
        ExFreePoolWithTag(Native.Buffer, PSP_NAME_TAG);
    PspCloseForRoutines(File);
}
