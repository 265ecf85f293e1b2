/* Jobs: the object, who is in it, and its end. */
#include "ps/job.h"
#include "ex/ex.h"
#include "io/io.h"

#define PROCESS_SET_QUOTA_ACCESS 0x0100
#ifndef STATUS_PROCESS_NOT_IN_JOB
#define STATUS_PROCESS_NOT_IN_JOB ((NTSTATUS)0x00000123)
#define STATUS_PROCESS_IN_JOB     ((NTSTATUS)0x00000124)
#endif

/* ---- What the port is told ---- */

static VOID PspTellJob(PEJOB Job, ULONG Message, PEPROCESS Process) {
    if (Job->Port != NULL)
        IoSetIoCompletion(Job->Port, Job->PortKey, Process != NULL ? Process->UniqueProcessId : NULL, STATUS_SUCCESS, Message, FALSE);
}

/* "JOBOBJECT_ASSOCIATE_COMPLETION_PORT": an unhandled exception has ended it. */
static BOOLEAN PspIsAbnormal(NTSTATUS ExitStatus) {
    switch ((ULONG)ExitStatus) {
    case (ULONG)STATUS_ACCESS_VIOLATION:
    case (ULONG)STATUS_ARRAY_BOUNDS_EXCEEDED:
    case (ULONG)STATUS_BREAKPOINT:
    case (ULONG)STATUS_CONTROL_C_EXIT:
    case (ULONG)STATUS_DATATYPE_MISALIGNMENT:
    case (ULONG)STATUS_FLOAT_DENORMAL_OPERAND:
    case (ULONG)STATUS_FLOAT_DIVIDE_BY_ZERO:
    case (ULONG)STATUS_FLOAT_INEXACT_RESULT:
    case (ULONG)STATUS_FLOAT_INVALID_OPERATION:
    case (ULONG)STATUS_FLOAT_OVERFLOW:
    case (ULONG)STATUS_FLOAT_STACK_CHECK:
    case (ULONG)STATUS_FLOAT_UNDERFLOW:
    case (ULONG)STATUS_GUARD_PAGE_VIOLATION:
    case (ULONG)STATUS_ILLEGAL_INSTRUCTION:
    case (ULONG)STATUS_IN_PAGE_ERROR:
    case (ULONG)STATUS_INTEGER_DIVIDE_BY_ZERO:
    case (ULONG)STATUS_INTEGER_OVERFLOW:
    case (ULONG)STATUS_INVALID_DISPOSITION:
    case (ULONG)STATUS_NONCONTINUABLE_EXCEPTION:
    case (ULONG)STATUS_PRIVILEGED_INSTRUCTION:
    case (ULONG)STATUS_SINGLE_STEP:
    case (ULONG)STATUS_STACK_OVERFLOW: return TRUE;
    default: return FALSE;
    }
}

/* ---- Coming and going ---- */

NTSTATUS PspJoinJob(PEJOB Job, PEPROCESS Process) {
    if (Process->Job != NULL)
        return STATUS_ACCESS_DENIED;
    if (Process->Exiting)
        return STATUS_PROCESS_IS_TERMINATING;
    if ((Job->LimitFlags & JOB_OBJECT_LIMIT_ACTIVE_PROCESS) != 0 && Job->Active >= Job->ActiveLimit) {
        Job->Terminated++;
        PspTellJob(Job, JOB_OBJECT_MSG_ACTIVE_PROCESS_LIMIT, NULL);
        return STATUS_QUOTA_EXCEEDED;
    }
    ObReferenceObject(Job);
    Process->Job = Job;
    InsertTailList(&Job->Processes, &Process->JobLink);
    Job->Total++;
    Job->Active++;
    PspTellJob(Job, JOB_OBJECT_MSG_NEW_PROCESS, Process);
    return STATUS_SUCCESS;
}

NTSTATUS PspInheritedJob(PEPROCESS Parent, BOOLEAN Breakaway, PEJOB *Job) {
    *Job = Parent != NULL ? Parent->Job : NULL;
    if (*Job == NULL)
        return STATUS_SUCCESS;
    if (Breakaway && ((*Job)->LimitFlags & (JOB_OBJECT_LIMIT_BREAKAWAY_OK | JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK)) == 0)
        return STATUS_ACCESS_DENIED;
    if (Breakaway || ((*Job)->LimitFlags & JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK) != 0)
        *Job = NULL;
    return STATUS_SUCCESS;
}

/* A process that has ended still knows which job it was in. */
VOID PspLeaveJob(PEPROCESS Process) {
    PEJOB Job = Process->Job;
    KERNEL_USER_TIMES Times = {0};

    if (Job == NULL)
        return;
    PspSumTimes(Process, &Times);
    Job->UserTime += Times.UserTime.QuadPart;
    Job->KernelTime += Times.KernelTime.QuadPart;
    RemoveEntryList(&Process->JobLink);
    Job->Active--;
    PspTellJob(Job, PspIsAbnormal(Process->ExitStatus) ? JOB_OBJECT_MSG_ABNORMAL_EXIT_PROCESS : JOB_OBJECT_MSG_EXIT_PROCESS, Process);
    if (Job->Active == 0)
        PspTellJob(Job, JOB_OBJECT_MSG_ACTIVE_PROCESS_ZERO, NULL);
}

/* The caller's own process, if it is one of them, is told to end and does so when it leaves the kernel. */
static VOID PspTerminateJob(PEJOB Job, NTSTATUS ExitStatus) {
    for (PLIST_ENTRY Link = Job->Processes.Flink; Link != &Job->Processes; Link = Link->Flink) {
        PEPROCESS Process = CONTAINING_RECORD(Link, struct _EPROCESS, JobLink);

        if (NT_SUCCESS(PspTerminateProcess(Process, ExitStatus)) && Process == ((PETHREAD)KiCurrentThread())->Process)
            PspTerminateThread((PETHREAD)KiCurrentThread(), ExitStatus);
    }
}

/* ---- The type ---- */

static VOID PspCloseJob(PEPROCESS Process, PVOID Object, ACCESS_MASK Granted, ULONG ProcessHandleCount, ULONG SystemHandleCount) {
    PEJOB Job = Object;

    if (SystemHandleCount == 1 && (Job->LimitFlags & JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE) != 0)
        PspTerminateJob(Job, STATUS_SUCCESS);
}

static VOID PspDeleteJob(PVOID Object) {
    PEJOB Job = Object;

    if (Job->Port != NULL)
        ObDereferenceObject(Job->Port);
}

VOID PspInitializeJobType(VOID) {
    static const OB_TYPE_INITIALIZER Job = {
        .Name = L"Job",
        .GenericMapping = {STANDARD_RIGHTS_READ | JOB_OBJECT_QUERY,
                           STANDARD_RIGHTS_WRITE | JOB_OBJECT_ASSIGN_PROCESS | JOB_OBJECT_SET_ATTRIBUTES | JOB_OBJECT_TERMINATE,
                           STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE, JOB_OBJECT_ALL_ACCESS},
        .ValidAccess = JOB_OBJECT_ALL_ACCESS,
        .PoolType = NonPagedPoolNx,
        .BodySize = sizeof(EJOB),
        .CaseInsensitive = TRUE,
        .Close = PspCloseJob,
        .Delete = PspDeleteJob,
    };

    if (!NT_SUCCESS(ObCreateObjectType(&Job, &PspJobType)))
        KiFatal("the type Job cannot be made");
}

/* ---- Services ---- */

NTSTATUS NTAPI NtCreateJobObject(PHANDLE JobHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes) {
    PEJOB Job;
    HANDLE Handle;
    NTSTATUS Stored,
        Status = ObCreateObject(KiPreviousMode(), PspJobType, ObjectAttributes, KiPreviousMode(), NULL, sizeof(*Job), 0, 0, (PVOID *)&Job);

    if (!NT_SUCCESS(Status))
        return Status;
    RtlZeroMemory(Job, sizeof(*Job));
    KeInitializeEvent(&Job->Event, NotificationEvent, FALSE);
    InitializeListHead(&Job->Processes);
    Status = ObInsertObject(Job, NULL, DesiredAccess, 0, NULL, &Handle);
    if (!NT_SUCCESS(Status))
        return Status;
    Stored = ExpReturnHandle(JobHandle, Handle);
    return NT_SUCCESS(Stored) ? Status : Stored;
}

NTSTATUS NTAPI NtOpenJobObject(PHANDLE JobHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes) {
    HANDLE Handle;
    NTSTATUS Status = ObOpenObjectByName(ObjectAttributes, PspJobType, KiPreviousMode(), NULL, DesiredAccess, NULL, &Handle);

    return NT_SUCCESS(Status) ? ExpReturnHandle(JobHandle, Handle) : Status;
}

/* "JOBOBJECT_BASIC_LIMIT_INFORMATION": a process that is one too many is terminated. */
NTSTATUS NTAPI NtAssignProcessToJobObject(HANDLE JobHandle, HANDLE ProcessHandle) {
    PEPROCESS Process;
    PEJOB Job;
    NTSTATUS Status = ObReferenceObjectByHandle(JobHandle, JOB_OBJECT_ASSIGN_PROCESS, PspJobType, KiPreviousMode(), (PVOID *)&Job, NULL);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = PspReferenceProcess(ProcessHandle, PROCESS_SET_QUOTA_ACCESS | PROCESS_TERMINATE_ACCESS, &Process);
    if (NT_SUCCESS(Status)) {
        Status = Process != PsInitialSystemProcess ? PspJoinJob(Job, Process) : STATUS_ACCESS_DENIED;
        if (Status == STATUS_QUOTA_EXCEEDED)
            PspTerminateProcess(Process, Status);
        ObDereferenceObject(Process);
    }
    ObDereferenceObject(Job);
    return Status;
}

NTSTATUS NTAPI NtTerminateJobObject(HANDLE JobHandle, NTSTATUS ExitStatus) {
    PEJOB Job;
    NTSTATUS Status = ObReferenceObjectByHandle(JobHandle, JOB_OBJECT_TERMINATE, PspJobType, KiPreviousMode(), (PVOID *)&Job, NULL);

    if (!NT_SUCCESS(Status))
        return Status;
    PspTerminateJob(Job, ExitStatus);
    ObDereferenceObject(Job);
    return Status;
}

NTSTATUS NTAPI NtIsProcessInJob(HANDLE ProcessHandle, HANDLE JobHandle) {
    PEPROCESS Process;
    PEJOB Job = NULL;
    NTSTATUS Status = PspReferenceProcess(ProcessHandle, PROCESS_QUERY_LIMITED_ACCESS, &Process);

    if (!NT_SUCCESS(Status))
        return Status;
    if (JobHandle != NULL)
        Status = ObReferenceObjectByHandle(JobHandle, JOB_OBJECT_QUERY, PspJobType, KiPreviousMode(), (PVOID *)&Job, NULL);
    if (NT_SUCCESS(Status))
        Status = Process->Job != NULL && (Job == NULL || Job == Process->Job) ? STATUS_PROCESS_IN_JOB : STATUS_PROCESS_NOT_IN_JOB;
    if (Job != NULL)
        ObDereferenceObject(Job);
    ObDereferenceObject(Process);
    return Status;
}

PVOID NTAPI PsGetProcessJob(PEPROCESS Process) { return Process->Job; }
