/* What is asked about jobs, and what is asked of them. */
#include "ps/job.h"
#include "io/io.h"

enum { /* winnt.h: JOBOBJECTINFOCLASS */
       JobObjectBasicAccountingInformation = 1,
       JobObjectBasicLimitInformation = 2,
       JobObjectBasicProcessIdList = 3,
       JobObjectBasicUIRestrictions = 4,
       JobObjectAssociateCompletionPortInformation = 7,
       JobObjectExtendedLimitInformation = 9,
};

typedef struct _JOB_ACCOUNTING {
    LONGLONG TotalUserTime, TotalKernelTime, PeriodUserTime, PeriodKernelTime;
    ULONG PageFaults, TotalProcesses, ActiveProcesses, TerminatedProcesses;
} JOB_ACCOUNTING;
_Static_assert(sizeof(JOB_ACCOUNTING) == 48, "JOBOBJECT_BASIC_ACCOUNTING_INFORMATION");

typedef struct _JOB_LIMITS {
    LONGLONG ProcessUserTime, JobUserTime;
    ULONG Flags;
    SIZE_T LeastWorkingSet, MostWorkingSet;
    ULONG ActiveProcesses;
    ULONG_PTR Affinity;
    ULONG PriorityClass, SchedulingClass;
} JOB_LIMITS;
_Static_assert(sizeof(JOB_LIMITS) == 64, "JOBOBJECT_BASIC_LIMIT_INFORMATION");

typedef struct _JOB_EXTENDED_LIMITS {
    JOB_LIMITS Basic;
    ULONG64 IoCounters[6];
    SIZE_T ProcessMemory, JobMemory, PeakProcessMemory, PeakJobMemory;
} JOB_EXTENDED_LIMITS;
_Static_assert(sizeof(JOB_EXTENDED_LIMITS) == 144, "JOBOBJECT_EXTENDED_LIMIT_INFORMATION");

typedef struct _JOB_PORT {
    PVOID Key;
    HANDLE Port;
} JOB_PORT;

static JOB_ACCOUNTING PspCountJob(PEJOB Job) {
    JOB_ACCOUNTING Count = {.TotalUserTime = Job->UserTime,
                            .TotalKernelTime = Job->KernelTime,
                            .TotalProcesses = Job->Total,
                            .ActiveProcesses = Job->Active,
                            .TerminatedProcesses = Job->Terminated};

    for (PLIST_ENTRY Link = Job->Processes.Flink; Link != &Job->Processes; Link = Link->Flink) {
        KERNEL_USER_TIMES Times = {0};

        PspSumTimes(CONTAINING_RECORD(Link, struct _EPROCESS, JobLink), &Times);
        Count.TotalUserTime += Times.UserTime.QuadPart;
        Count.TotalKernelTime += Times.KernelTime.QuadPart;
    }
    Count.PeriodUserTime = Count.TotalUserTime; /* a period begins with a limit of time */
    Count.PeriodKernelTime = Count.TotalKernelTime;
    return Count;
}

/* As many ids as there is room for. */
static NTSTATUS PspListJob(PEJOB Job, PVOID Buffer, ULONG Length, PULONG ReturnLength) {
    ULONG Head[2] = {Job->Active, 0}, Used = sizeof(Head);
    NTSTATUS Status = STATUS_SUCCESS;

    if (Length < sizeof(Head) + sizeof(ULONG_PTR))
        return STATUS_INFO_LENGTH_MISMATCH;
    for (PLIST_ENTRY Link = Job->Processes.Flink; Link != &Job->Processes && NT_SUCCESS(Status); Link = Link->Flink) {
        HANDLE Id = CONTAINING_RECORD(Link, struct _EPROCESS, JobLink)->UniqueProcessId;

        if (Length - Used < sizeof(Id))
            break;
        Status = KiCopyOut((PUCHAR)Buffer + Used, &Id, sizeof(Id));
        Used += sizeof(Id);
        Head[1]++;
    }
    if (NT_SUCCESS(Status))
        Status = KiCopyOut(Buffer, Head, sizeof(Head));
    if (NT_SUCCESS(Status))
        Status = KiCopyOutOptional(ReturnLength, &Used, sizeof(Used));
    return NT_SUCCESS(Status) && Head[1] < Head[0] ? STATUS_BUFFER_OVERFLOW : Status;
}

static NTSTATUS PspQueryJob(PEJOB Job, ULONG Class, PVOID Buffer, ULONG Length, PULONG ReturnLength) {
    JOB_EXTENDED_LIMITS Limits = {.Basic = {.Flags = Job->LimitFlags, .ActiveProcesses = Job->ActiveLimit}};
    JOB_ACCOUNTING Count;

    switch (Class) {
    case JobObjectBasicAccountingInformation: Count = PspCountJob(Job); return PspAnswer(Buffer, Length, ReturnLength, &Count, sizeof(Count));
    case JobObjectBasicLimitInformation:
        Limits.Basic.Flags &= JOB_OBJECT_BASIC_LIMITS;
        return PspAnswer(Buffer, Length, ReturnLength, &Limits.Basic, sizeof(Limits.Basic));
    case JobObjectBasicProcessIdList: return PspListJob(Job, Buffer, Length, ReturnLength);
    case JobObjectBasicUIRestrictions: return PspAnswer(Buffer, Length, ReturnLength, &Job->UiRestrictions, sizeof(ULONG));
    case JobObjectExtendedLimitInformation: return PspAnswer(Buffer, Length, ReturnLength, &Limits, sizeof(Limits));
    default: return STATUS_INVALID_INFO_CLASS;
    }
}

NTSTATUS NTAPI NtQueryInformationJobObject(HANDLE JobHandle, ULONG Class, PVOID Information, ULONG Length, PULONG ReturnLength) {
    PEJOB Job = ((PETHREAD)KiCurrentThread())->Process->Job;
    NTSTATUS Status;

    if (JobHandle == NULL && Job == NULL)
        return STATUS_ACCESS_DENIED;
    if (JobHandle == NULL)
        return PspQueryJob(Job, Class, Information, Length, ReturnLength);
    Status = ObReferenceObjectByHandle(JobHandle, JOB_OBJECT_QUERY, PspJobType, KiPreviousMode(), (PVOID *)&Job, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = PspQueryJob(Job, Class, Information, Length, ReturnLength);
    ObDereferenceObject(Job);
    return Status;
}

/* ---- Setting ---- */

/* All limits are set at once: a flag that is not there takes its limit away. */
static NTSTATUS PspSetLimits(PEJOB Job, const JOB_LIMITS *Limits, ULONG Valid) {
    const ULONG Kept = JOB_OBJECT_LIMIT_ACTIVE_PROCESS | JOB_OBJECT_LIMIT_DIE_ON_EXCEPTION | JOB_OBJECT_LIMIT_BREAKAWAY_OK |
                       JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK | JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;

    if ((Limits->Flags & ~Valid) != 0)
        return STATUS_INVALID_PARAMETER;
    if ((Limits->Flags & ~Kept) != 0)
        return STATUS_NOT_SUPPORTED;
    Job->LimitFlags = Limits->Flags;
    Job->ActiveLimit = (Limits->Flags & JOB_OBJECT_LIMIT_ACTIVE_PROCESS) != 0 ? Limits->ActiveProcesses : 0;
    return STATUS_SUCCESS;
}

/* One port, for good. */
static NTSTATUS PspSetPort(PEJOB Job, const JOB_PORT *Port) {
    if (Job->Port != NULL)
        return STATUS_INVALID_PARAMETER;
    Job->PortKey = Port->Key;
    return ObReferenceObjectByHandle(Port->Port, IO_COMPLETION_MODIFY_STATE, IopCompletionType, KiPreviousMode(), &Job->Port, NULL);
}

static NTSTATUS PspSetJob(PEJOB Job, ULONG Class, const VOID *Information, ULONG Length) {
    union {
        JOB_EXTENDED_LIMITS Limits;
        JOB_PORT Port;
        ULONG UiRestrictions;
    } Given;
    ULONG Size = Class == JobObjectBasicLimitInformation                ? sizeof(JOB_LIMITS)
                 : Class == JobObjectExtendedLimitInformation           ? sizeof(JOB_EXTENDED_LIMITS)
                 : Class == JobObjectAssociateCompletionPortInformation ? sizeof(JOB_PORT)
                 : Class == JobObjectBasicUIRestrictions                ? sizeof(ULONG)
                                                                        : 0;
    NTSTATUS Status;

    if (Size == 0)
        return STATUS_INVALID_INFO_CLASS;
    if (Length != Size)
        return STATUS_INFO_LENGTH_MISMATCH;
    Status = KiCopyIn(&Given, Information, Size);
    if (!NT_SUCCESS(Status))
        return Status;
    switch (Class) {
    case JobObjectBasicLimitInformation: return PspSetLimits(Job, &Given.Limits.Basic, JOB_OBJECT_BASIC_LIMITS);
    case JobObjectExtendedLimitInformation: return PspSetLimits(Job, &Given.Limits.Basic, JOB_OBJECT_EXTENDED_LIMITS);
    case JobObjectAssociateCompletionPortInformation: return PspSetPort(Job, &Given.Port);
    default: Job->UiRestrictions = Given.UiRestrictions; return STATUS_SUCCESS; /* nobody here has what they keep away */
    }
}

NTSTATUS NTAPI NtSetInformationJobObject(HANDLE JobHandle, ULONG Class, PVOID Information, ULONG Length) {
    PEJOB Job;
    NTSTATUS Status = ObReferenceObjectByHandle(JobHandle, JOB_OBJECT_SET_ATTRIBUTES, PspJobType, KiPreviousMode(), (PVOID *)&Job, NULL);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = PspSetJob(Job, Class, Information, Length);
    ObDereferenceObject(Job);
    return Status;
}
