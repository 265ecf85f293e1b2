/* The services about processes. */
#include "ps/ps.h"

#define PROCESS_SET_ACCESS 0x0200u

NTSTATUS PspReferenceProcess(HANDLE Handle, ACCESS_MASK Access, PEPROCESS *Process) {
    if (Handle == NtCurrentProcess()) {
        *Process = (PEPROCESS)KiCurrentThread()->ApcState.Process;
        ObReferenceObject(*Process);
        return STATUS_SUCCESS;
    }
    return ObReferenceObjectByHandle(Handle, Access, PspProcessType, KiPreviousMode(), (PVOID *)Process, NULL);
}

NTSTATUS PspOpenForDebug(PVOID Object, ULONG Attributes, ACCESS_MASK Access, POBJECT_TYPE Type, PHANDLE Handle) {
    KPROCESSOR_MODE Mode = KiPreviousMode();

    if (Mode != KernelMode)
        Attributes &= ~OBJ_KERNEL_HANDLE;
    if (Access != 0 && SeSinglePrivilegeCheck(RtlConvertLongToLuid(SE_DEBUG_PRIVILEGE), Mode))
        return ObpOpenUnchecked(Object, Attributes, Access, Type, Mode, Handle);
    return ObOpenObjectByPointer(Object, Attributes, NULL, Access, Type, Mode, Handle);
}

/* Opens by id: the process's, or that of the process of a thread. */
NTSTATUS NTAPI NtOpenProcess(PHANDLE ProcessHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, PCLIENT_ID ClientId) {
    OBJECT_ATTRIBUTES Attributes;
    CLIENT_ID Id;
    PVOID Object;
    HANDLE Handle;
    NTSTATUS Status = KiCopyIn(&Attributes, ObjectAttributes, sizeof(Attributes));

    if (!NT_SUCCESS(Status))
        return Status;
    if (ClientId == NULL || Attributes.ObjectName != NULL)
        return STATUS_INVALID_PARAMETER_MIX;
    Status = KiCopyIn(&Id, ClientId, sizeof(Id));
    if (!NT_SUCCESS(Status))
        return Status;
    Object = PspLookupId(Id.UniqueProcess, PspProcessType);
    if (Object == NULL)
        return STATUS_INVALID_CID;
    Status = PspOpenForDebug(Object, Attributes.Attributes, DesiredAccess, PspProcessType, &Handle);
    ObDereferenceObject(Object);
    if (NT_SUCCESS(Status))
        Status = KiCopyOut(ProcessHandle, &Handle, sizeof(Handle));
    return Status;
}

NTSTATUS NTAPI NtTerminateProcess(HANDLE ProcessHandle, NTSTATUS ExitStatus) {
    PEPROCESS Process, Current = ((PETHREAD)KiCurrentThread())->Process;
    BOOLEAN Own;
    NTSTATUS Status;

    if (ProcessHandle == NULL) { /* all threads but this one: how a program begins to end itself */
        PspTerminateOtherThreads(Current, ExitStatus);
        return STATUS_SUCCESS;
    }
    Status = PspReferenceProcess(ProcessHandle, PROCESS_TERMINATE_ACCESS, &Process);
    if (!NT_SUCCESS(Status))
        return Status;
    Own = Process == Current;
    Status = PspTerminateProcess(Process, ExitStatus);
    ObDereferenceObject(Process);
    if (Own && Current != PsInitialSystemProcess)
        PspExitThread(ExitStatus);
    return Status;
}

NTSTATUS PspAnswer(PVOID Buffer, ULONG Length, PULONG ReturnLength, const VOID *Answer, ULONG Size) {
    NTSTATUS Status;

    if (Length != Size)
        return STATUS_INFO_LENGTH_MISMATCH;
    Status = KiCopyOut(Buffer, Answer, Size);
    return NT_SUCCESS(Status) ? KiCopyOutOptional(ReturnLength, &Size, sizeof(Size)) : Status;
}

VOID PspSumTimes(PEPROCESS Process, KERNEL_USER_TIMES *Times) {
    Times->CreateTime = Process->CreateTime;
    Times->ExitTime = Process->ExitTime;
    for (PLIST_ENTRY Link = Process->Pcb.ThreadListHead.Flink; Link != &Process->Pcb.ThreadListHead; Link = Link->Flink) {
        PKTHREAD Thread = CONTAINING_RECORD(Link, struct _KTHREAD, ThreadListEntry);

        Times->KernelTime.QuadPart += (LONGLONG)Thread->KernelTime;
        Times->UserTime.QuadPart += (LONGLONG)Thread->UserTime;
    }
}

/* A name as a UNICODE_STRING with its text behind it. */
static NTSTATUS PspAnswerName(PCUNICODE_STRING Answer, PVOID Buffer, ULONG Length, PULONG ReturnLength) {
    UNICODE_STRING Name = {Answer->Length, Answer->Length + sizeof(WCHAR), (PWSTR)((ULONG_PTR)Buffer + sizeof(UNICODE_STRING))};
    ULONG Size = sizeof(Name) + Name.MaximumLength;
    WCHAR Terminator = 0;
    NTSTATUS Status = KiCopyOutOptional(ReturnLength, &Size, sizeof(Size));

    if (NT_SUCCESS(Status) && Length < Size)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (NT_SUCCESS(Status))
        Status = KiCopyOut(Buffer, &Name, sizeof(Name));
    if (NT_SUCCESS(Status) && Name.Length != 0)
        Status = KiCopyOut(Name.Buffer, Answer->Buffer, Name.Length);
    return NT_SUCCESS(Status) ? KiCopyOut((PUCHAR)Name.Buffer + Name.Length, &Terminator, sizeof(Terminator)) : Status;
}

/* VM_COUNTERS or VM_COUNTERS_EX. Peaks are what there is now, and page faults are not counted. */
static NTSTATUS PspAnswerVmCounters(PEPROCESS Process, PVOID Buffer, ULONG Length, PULONG ReturnLength) {
    VM_COUNTERS_EX Answer = {.QuotaPagedPoolUsage = Process->PoolCharge[PagedPool], .QuotaNonPagedPoolUsage = Process->PoolCharge[NonPagedPool]};
    MM_USE Use = {0};

    if (Process->Pcb.AddressSpace != NULL)
        MmQueryUse(Process->Pcb.AddressSpace, &Use);
    Answer.PeakVirtualSize = Answer.VirtualSize = Use.VirtualSize;
    Answer.PeakWorkingSetSize = Answer.WorkingSetSize = Use.WorkingSet;
    Answer.PeakPagefileUsage = Answer.PagefileUsage = Answer.PrivateUsage = Use.Private;
    Answer.QuotaPeakPagedPoolUsage = Answer.QuotaPagedPoolUsage;
    Answer.QuotaPeakNonPagedPoolUsage = Answer.QuotaNonPagedPoolUsage;
    return PspAnswer(Buffer, Length, ReturnLength, &Answer, Length == sizeof(VM_COUNTERS) ? sizeof(VM_COUNTERS) : sizeof(VM_COUNTERS_EX));
}

static NTSTATUS PspQueryProcess(PEPROCESS Process, PROCESSINFOCLASS Class, PVOID Buffer, ULONG Length, PULONG ReturnLength) {
    ULONG_PTR None = 0;
    ULONG Value = 0;

    switch (Class) {
    case ProcessBasicInformation: {
        PROCESS_BASIC_INFORMATION Answer = {
            .ExitStatus = Process->Pcb.Header.SignalState != 0 ? Process->ExitStatus : STATUS_PENDING,
            .PebBaseAddress = (PVOID)Process->Peb,
            .AffinityMask = Process->Pcb.Affinity,
            .BasePriority = Process->Pcb.BasePriority,
            .UniqueProcessId = (ULONG_PTR)Process->UniqueProcessId,
            .InheritedFromUniqueProcessId = (ULONG_PTR)Process->InheritedFromUniqueProcessId,
        };
        return PspAnswer(Buffer, Length, ReturnLength, &Answer, sizeof(Answer));
    }
    case ProcessQuotaLimits: {
        QUOTA_LIMITS Answer = {.PagedPoolLimit = ~(SIZE_T)0, .NonPagedPoolLimit = ~(SIZE_T)0, .PagefileLimit = ~(SIZE_T)0, .TimeLimit.QuadPart = -1};
        if (Process->Pcb.AddressSpace == NULL)
            return STATUS_PROCESS_IS_TERMINATING;
        MmQueryWorkingSetSize(Process->Pcb.AddressSpace, &Answer.MinimumWorkingSetSize, &Answer.MaximumWorkingSetSize);
        return PspAnswer(Buffer, Length, ReturnLength, &Answer, sizeof(Answer));
    }
    case ProcessVmCounters: return PspAnswerVmCounters(Process, Buffer, Length, ReturnLength);
    case ProcessTimes: {
        KERNEL_USER_TIMES Times = {0};
        PspSumTimes(Process, &Times);
        return PspAnswer(Buffer, Length, ReturnLength, &Times, sizeof(Times));
    }
    case ProcessDebugPort:
    case ProcessWow64Information: return PspAnswer(Buffer, Length, ReturnLength, &None, sizeof(None));
    case ProcessDebugObjectHandle: return STATUS_PORT_NOT_SET;
    case ProcessDebugFlags: Value = 1; return PspAnswer(Buffer, Length, ReturnLength, &Value, sizeof(Value));
    case ProcessDefaultHardErrorMode: return PspAnswer(Buffer, Length, ReturnLength, &Process->DefaultHardErrorMode, sizeof(ULONG));
    case ProcessHandleCount: Value = ObpProcessHandleCount(Process); return PspAnswer(Buffer, Length, ReturnLength, &Value, sizeof(Value));
    case ProcessSessionInformation: Value = PsGetProcessSessionId(Process); return PspAnswer(Buffer, Length, ReturnLength, &Value, sizeof(Value));
    case ProcessPriorityBoost: Value = Process->Pcb.DisableBoost; return PspAnswer(Buffer, Length, ReturnLength, &Value, sizeof(Value));
    case ProcessPriorityClass: {
        UCHAR Answer[2] = {0, Process->PriorityClass};
        return PspAnswer(Buffer, Length, ReturnLength, Answer, sizeof(Answer));
    }
    case ProcessCookie:
        Value = (ULONG)(KiMachine->seed * 0x9E3779B97F4A7C15ull >> 32) ^ HandleToUlong(Process->UniqueProcessId);
        return PspAnswer(Buffer, Length, ReturnLength, &Value, sizeof(Value));
    case ProcessImageFileName: {
        UNICODE_STRING Name;
        NTSTATUS Status = PspQueryNativeName(&Process->ImageName, &Name);
        if (!NT_SUCCESS(Status))
            return Status;
        Status = PspAnswerName(&Name, Buffer, Length, ReturnLength);
        ExFreePoolWithTag(Name.Buffer, PSP_NAME_TAG);
        return Status;
    }
    case ProcessImageFileNameWin32: {
        UNICODE_STRING Name = PspWin32Name(&Process->ImageName);
        return PspAnswerName(&Name, Buffer, Length, ReturnLength);
    }
    default: return STATUS_INVALID_INFO_CLASS;
    }
}

NTSTATUS NTAPI NtQueryInformationProcess(HANDLE ProcessHandle, PROCESSINFOCLASS ProcessInformationClass, PVOID ProcessInformation,
                                         ULONG ProcessInformationLength, PULONG ReturnLength) {
    PEPROCESS Process;
    NTSTATUS Status = PspReferenceProcess(ProcessHandle, PROCESS_QUERY_LIMITED_ACCESS, &Process);

    if (Status == STATUS_ACCESS_DENIED) /* the full right implies the limited one */
        Status = PspReferenceProcess(ProcessHandle, PROCESS_QUERY_ACCESS, &Process);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = PspQueryProcess(Process, ProcessInformationClass, ProcessInformation, ProcessInformationLength, ReturnLength);
    ObDereferenceObject(Process);
    return Status;
}

static VOID PspSetProcessPriority(PEPROCESS Process, SCHAR Base) {
    SCHAR Old = Process->Pcb.BasePriority;

    for (PLIST_ENTRY Link = Process->Pcb.ThreadListHead.Flink; Link != &Process->Pcb.ThreadListHead; Link = Link->Flink) {
        PKTHREAD Thread = CONTAINING_RECORD(Link, struct _KTHREAD, ThreadListEntry);
        LONG Increment;

        Process->Pcb.BasePriority = Old;
        Increment = KiQueryBasePriority(Thread);
        Process->Pcb.BasePriority = Base;
        KeSetBasePriorityThread(Thread, Increment);
    }
    Process->Pcb.BasePriority = Base;
}

/* ProcessPriorityBoost: its threads, and those to come. */
static NTSTATUS PspSetProcessBoost(PEPROCESS Process, PVOID Buffer, ULONG Length) {
    ULONG Disable;
    NTSTATUS Status = Length == sizeof(Disable) ? KiCopyIn(&Disable, Buffer, sizeof(Disable)) : STATUS_INFO_LENGTH_MISMATCH;

    if (!NT_SUCCESS(Status))
        return Status;
    Process->Pcb.DisableBoost = Disable != 0;
    for (PLIST_ENTRY Link = Process->Pcb.ThreadListHead.Flink; Link != &Process->Pcb.ThreadListHead; Link = Link->Flink)
        CONTAINING_RECORD(Link, struct _KTHREAD, ThreadListEntry)->DisableBoost = Disable != 0;
    return STATUS_SUCCESS;
}

/* PROCESS_PRIORITY_CLASS: idle, normal, high, realtime, below normal, above normal. */
static NTSTATUS PspSetPriorityClass(PEPROCESS Process, PVOID Buffer, ULONG Length) {
    static const SCHAR Priorities[] = {0, 4, 8, 13, 24, 6, 10};
    UCHAR Class[2];
    NTSTATUS Status;

    if (Length != sizeof(Class))
        return STATUS_INFO_LENGTH_MISMATCH;
    Status = KiCopyIn(Class, Buffer, sizeof(Class));
    if (!NT_SUCCESS(Status))
        return Status;
    if (Class[1] == 0 || Class[1] >= RTL_NUMBER_OF(Priorities))
        return STATUS_INVALID_PARAMETER;
    Process->PriorityClass = Class[1];
    PspSetProcessPriority(Process, Priorities[Class[1]]);
    return STATUS_SUCCESS;
}

/* Of all limits only those of the working set can be set; QUOTA_LIMITS and the longer QUOTA_LIMITS_EX begin alike. */
static NTSTATUS PspSetQuotaLimits(PEPROCESS Process, PVOID Buffer, ULONG Length) {
    QUOTA_LIMITS Limits;
    NTSTATUS Status;

    if (Length != sizeof(QUOTA_LIMITS) && Length != sizeof(QUOTA_LIMITS_EX))
        return STATUS_INFO_LENGTH_MISMATCH;
    Status = KiCopyIn(&Limits, Buffer, sizeof(Limits));
    if (!NT_SUCCESS(Status))
        return Status;
    if (Process->Pcb.AddressSpace == NULL)
        return STATUS_PROCESS_IS_TERMINATING;
    if (Limits.MinimumWorkingSetSize == 0 || Limits.MaximumWorkingSetSize == 0)
        return STATUS_INVALID_PARAMETER;
    return MmSetWorkingSetSize(Process->Pcb.AddressSpace, Limits.MinimumWorkingSetSize, Limits.MaximumWorkingSetSize);
}

NTSTATUS NTAPI NtSetInformationProcess(HANDLE ProcessHandle, PROCESSINFOCLASS ProcessInformationClass, PVOID ProcessInformation,
                                       ULONG ProcessInformationLength) {
    PEPROCESS Process;
    NTSTATUS Status = PspReferenceProcess(ProcessHandle, PROCESS_SET_ACCESS, &Process);

    if (!NT_SUCCESS(Status))
        return Status;
    switch (ProcessInformationClass) {
    case ProcessDefaultHardErrorMode:
        Status = ProcessInformationLength == sizeof(ULONG) ? KiCopyIn(&Process->DefaultHardErrorMode, ProcessInformation, sizeof(ULONG))
                                                           : STATUS_INFO_LENGTH_MISMATCH;
        break;
    case ProcessQuotaLimits: Status = PspSetQuotaLimits(Process, ProcessInformation, ProcessInformationLength); break;
    case ProcessPriorityBoost: Status = PspSetProcessBoost(Process, ProcessInformation, ProcessInformationLength); break;
    case ProcessPriorityClass: Status = PspSetPriorityClass(Process, ProcessInformation, ProcessInformationLength); break;
    default: Status = STATUS_INVALID_INFO_CLASS; break;
    }
    ObDereferenceObject(Process);
    return Status;
}

/* The processor sees its own writes; there is nothing to flush. */
NTSTATUS NTAPI NtFlushInstructionCache(HANDLE ProcessHandle, PVOID BaseAddress, SIZE_T Size) {
    PEPROCESS Process;
    NTSTATUS Status = PspReferenceProcess(ProcessHandle, 0, &Process);

    if (NT_SUCCESS(Status))
        ObDereferenceObject(Process);
    return Status;
}
