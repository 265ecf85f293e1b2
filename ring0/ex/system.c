/* NtQuerySystemInformation and NtDisplayString. */
#include "ex/ex.h"
#include "ldr/ldr.h"
#include "ps/ps.h"

#define INFORMATION_TAG 'fnIS'
#define DISPLAY_MAXIMUM 4096u

/* SYSTEM_INFORMATION_CLASS, the classes that are answered. */
enum {
    SystemBasicInformation = 0,
    SystemProcessorInformation = 1,
    SystemTimeOfDayInformation = 3,
    SystemProcessInformation = 5,
    SystemModuleInformation = 11,
    SystemKernelDebuggerInformation = 35,
    SystemEmulationBasicInformation = 62,
    SystemMemoryListInformation = 80,
    SystemCodeIntegrityInformation = 103,
    SystemKernelDebuggerInformationEx = 149,
};

/* An answer of a fixed size: its length must be exact. */
static NTSTATUS ExpAnswer(PVOID Buffer, ULONG Length, PULONG ReturnLength, const VOID *Answer, ULONG Size) {
    NTSTATUS Status = KiCopyOutOptional(ReturnLength, &Size, sizeof(Size));

    if (!NT_SUCCESS(Status))
        return Status;
    return Length == Size ? KiCopyOut(Buffer, Answer, Size) : STATUS_INFO_LENGTH_MISMATCH;
}

static NTSTATUS ExpQueryBasic(PVOID Buffer, ULONG Length, PULONG ReturnLength) {
    NT_SYSTEM_BASIC_INFORMATION Answer = {
        .TimerResolution = KI_TIME_INCREMENT,
        .PageSize = PAGE_SIZE,
        .NumberOfPhysicalPages = (ULONG)(KiMachine->ram_size / PAGE_SIZE),
        .LowestPhysicalPageNumber = 0,
        .HighestPhysicalPageNumber = (ULONG)(KiMachine->ram_size / PAGE_SIZE) - 1,
        .AllocationGranularity = 0x10000,
        .MinimumUserModeAddress = HAL_USER_START,
        .MaximumUserModeAddress = HAL_USER_END - 0x10001,
        .ActiveProcessorsAffinityMask = KeQueryActiveProcessors(),
        .NumberOfProcessors = (CCHAR)KiMachine->cpus,
    };

    return ExpAnswer(Buffer, Length, ReturnLength, &Answer, sizeof(Answer));
}

static NTSTATUS ExpQueryProcessor(PVOID Buffer, ULONG Length, PULONG ReturnLength) {
    NT_SYSTEM_PROCESSOR_INFORMATION Answer = {
        .ProcessorArchitecture = 9, /* PROCESSOR_ARCHITECTURE_AMD64 */
        .ProcessorLevel = 6,
        .MaximumProcessors = (USHORT)KiMachine->cpus,
    };

    return ExpAnswer(Buffer, Length, ReturnLength, &Answer, sizeof(Answer));
}

static NTSTATUS ExpQueryTimeOfDay(PVOID Buffer, ULONG Length, PULONG ReturnLength) {
    NT_SYSTEM_TIMEOFDAY_INFORMATION Answer = {.BootTime.QuadPart = KiQueryBootTime(),
                                              .CurrentTime.QuadPart = (LONGLONG)KiQuerySystemTime(),
                                              .BootTimeBias = (ULONG64)KiQueryBootTime() - KiMachine->boot_wall_time};

    if (Length > sizeof(Answer))
        return STATUS_INFO_LENGTH_MISMATCH;
    return ExpAnswer(Buffer, Length, ReturnLength, &Answer, Length);
}

static VOID ExpFillThread(PETHREAD Thread, NT_SYSTEM_THREAD_INFORMATION *Entry) {
    Entry->KernelTime.QuadPart = (LONGLONG)Thread->Tcb.KernelTime;
    Entry->UserTime.QuadPart = (LONGLONG)Thread->Tcb.UserTime;
    Entry->CreateTime = Thread->CreateTime;
    Entry->StartAddress = Thread->Win32StartAddress;
    Entry->ClientId = Thread->Cid;
    Entry->Priority = Thread->Tcb.Priority;
    Entry->BasePriority = Thread->Tcb.BasePriority;
    Entry->ContextSwitches = (ULONG)Thread->Tcb.ContextSwitches;
    Entry->ThreadState = Thread->Tcb.State;
    Entry->WaitReason = Thread->Tcb.WaitReason;
}

static ULONG ExpThreadCount(PEPROCESS Process) {
    ULONG Count = 0;

    for (PLIST_ENTRY Entry = Process->Pcb.ThreadListHead.Flink; Entry != &Process->Pcb.ThreadListHead; Entry = Entry->Flink)
        Count++;
    return Count;
}

/* One process with its threads; the name stands behind them. Name points into the caller's copy at User. */
static ULONG ExpFillProcess(PEPROCESS Process, NT_SYSTEM_PROCESS_INFORMATION *Entry, ULONG_PTR User) {
    ULONG Count = 0, Length, Characters = 0;
    PWSTR Name;

    for (PLIST_ENTRY Link = Process->Pcb.ThreadListHead.Flink; Link != &Process->Pcb.ThreadListHead; Link = Link->Flink)
        ExpFillThread(CONTAINING_RECORD(Link, struct _ETHREAD, Tcb.ThreadListEntry), &Entry->Threads[Count++]);
    Entry->NumberOfThreads = Entry->NumberOfThreadsHighWatermark = Count;
    Entry->CreateTime = Process->CreateTime;
    Entry->BasePriority = Process->Pcb.BasePriority;
    Entry->UniqueProcessId = Process->UniqueProcessId;
    Entry->InheritedFromUniqueProcessId = Process->InheritedFromUniqueProcessId;
    Entry->SessionId = PsGetProcessSessionId(Process);
    Length = sizeof(*Entry) + Count * sizeof(Entry->Threads[0]);
    Entry->ImageName.Buffer = (PWSTR)(User + Length);
    Name = (PWSTR)((PUCHAR)Entry + Length);
    while (Process->ImageFileName[Characters] != 0) {
        Name[Characters] = (UCHAR)Process->ImageFileName[Characters];
        Characters++;
    }
    Entry->ImageName.Length = (USHORT)(Characters * sizeof(WCHAR));
    Entry->ImageName.MaximumLength = (USHORT)(Entry->ImageName.Length + sizeof(WCHAR));
    return (Length + Entry->ImageName.MaximumLength + 7) & ~7u;
}

static NTSTATUS ExpQueryProcesses(PVOID Buffer, ULONG Length, PULONG ReturnLength) {
    ULONG Size = 0, At = 0;
    PUCHAR Answer;
    NTSTATUS Status;

    for (PLIST_ENTRY Link = PsActiveProcessHead.Flink; Link != &PsActiveProcessHead; Link = Link->Flink)
        Size += (ULONG)(sizeof(NT_SYSTEM_PROCESS_INFORMATION) + 40 +
                        ExpThreadCount(CONTAINING_RECORD(Link, struct _EPROCESS, ActiveProcessLinks)) * sizeof(NT_SYSTEM_THREAD_INFORMATION));
    if (Length < Size) {
        Status = KiCopyOutOptional(ReturnLength, &Size, sizeof(Size));
        return NT_SUCCESS(Status) ? STATUS_INFO_LENGTH_MISMATCH : Status;
    }
    Answer = ExAllocatePoolWithTag(PagedPool, Size, INFORMATION_TAG);
    if (Answer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Answer, Size);
    for (PLIST_ENTRY Link = PsActiveProcessHead.Flink; Link != &PsActiveProcessHead; Link = Link->Flink) {
        NT_SYSTEM_PROCESS_INFORMATION *Entry = (PVOID)(Answer + At);
        ULONG Used = ExpFillProcess(CONTAINING_RECORD(Link, struct _EPROCESS, ActiveProcessLinks), Entry, (ULONG_PTR)Buffer + At);

        Entry->NextEntryOffset = Link->Flink == &PsActiveProcessHead ? 0 : Used;
        At += Used;
    }
    NT_ASSERT_OURS(At <= Size);
    Status = KiCopyOut(Buffer, Answer, At);
    ExFreePoolWithTag(Answer, INFORMATION_TAG);
    return NT_SUCCESS(Status) ? KiCopyOutOptional(ReturnLength, &At, sizeof(At)) : Status;
}

static VOID ExpFillModule(PLDR_MODULE Module, USHORT Index, NT_PROCESS_MODULE_INFORMATION *Entry) {
    USHORT Length = Module->FullDllName.Length / sizeof(WCHAR);

    Entry->ImageBase = Module->DllBase;
    Entry->ImageSize = Module->SizeOfImage;
    Entry->LoadOrderIndex = Index;
    Entry->LoadCount = Module->LoadCount;
    for (USHORT Character = 0; Character < Length && Character < sizeof(Entry->FullPathName) - 1; Character++) {
        WCHAR Wide = Module->FullDllName.Buffer[Character];

        Entry->FullPathName[Character] = Wide < 0x80 ? (UCHAR)Wide : '?';
        if (Wide == L'\\')
            Entry->OffsetToFileName = Character + 1;
    }
}

static NTSTATUS ExpQueryModules(PVOID Buffer, ULONG Length, PULONG ReturnLength) {
    ULONG Count = 0, Size;
    ULONG_PTR At = (ULONG_PTR)Buffer + sizeof(ULONG_PTR); /* a number until it is checked */
    NTSTATUS Status;

    for (PLIST_ENTRY Link = PsLoadedModuleList.Flink; Link != &PsLoadedModuleList; Link = Link->Flink)
        Count++;
    Size = sizeof(ULONG_PTR) + Count * sizeof(NT_PROCESS_MODULE_INFORMATION);
    Status = KiCopyOutOptional(ReturnLength, &Size, sizeof(Size));
    if (!NT_SUCCESS(Status) || Length < Size)
        return NT_SUCCESS(Status) ? STATUS_INFO_LENGTH_MISMATCH : Status;
    Status = KiCopyOut(Buffer, &Count, sizeof(Count));
    Count = 0;
    for (PLIST_ENTRY Link = PsLoadedModuleList.Flink; Link != &PsLoadedModuleList && NT_SUCCESS(Status); Link = Link->Flink) {
        NT_PROCESS_MODULE_INFORMATION Entry = {0};

        ExpFillModule(CONTAINING_RECORD(Link, LDR_MODULE, InLoadOrderLinks), (USHORT)Count++, &Entry);
        Status = KiCopyOut((PVOID)At, &Entry, sizeof(Entry));
        At += sizeof(Entry);
    }
    return Status;
}

NTSTATUS NTAPI NtQuerySystemInformation(ULONG SystemInformationClass, PVOID SystemInformation, ULONG SystemInformationLength, PULONG ReturnLength) {
    static const UCHAR NoDebugger[3] = {0, 1, 0}; /* not enabled, not present */
    ULONG CodeIntegrity[2] = {8, 0x0003};         /* on, with test signing */

    switch (SystemInformationClass) {
    case SystemBasicInformation:
    case SystemEmulationBasicInformation: return ExpQueryBasic(SystemInformation, SystemInformationLength, ReturnLength);
    case SystemProcessorInformation: return ExpQueryProcessor(SystemInformation, SystemInformationLength, ReturnLength);
    case SystemTimeOfDayInformation: return ExpQueryTimeOfDay(SystemInformation, SystemInformationLength, ReturnLength);
    case SystemProcessInformation: return ExpQueryProcesses(SystemInformation, SystemInformationLength, ReturnLength);
    case SystemModuleInformation: return ExpQueryModules(SystemInformation, SystemInformationLength, ReturnLength);
    case SystemKernelDebuggerInformation: return ExpAnswer(SystemInformation, SystemInformationLength, ReturnLength, NoDebugger, 2);
    case SystemKernelDebuggerInformationEx: {
        static const UCHAR None[3] = {0};
        return ExpAnswer(SystemInformation, SystemInformationLength, ReturnLength, None, sizeof(None));
    }
    case SystemCodeIntegrityInformation:
        return ExpAnswer(SystemInformation, SystemInformationLength, ReturnLength, CodeIntegrity, sizeof(CodeIntegrity));
    default: return STATUS_INVALID_INFO_CLASS;
    }
}

/* Text on the boot screen, which here is standard output. */
NTSTATUS NTAPI NtDisplayString(PUNICODE_STRING String) {
    UNICODE_STRING Captured;
    PWSTR Wide;
    PCHAR Narrow;
    ULONG Bytes = 0;
    NTSTATUS Status = KiCopyIn(&Captured, String, sizeof(Captured));

    if (!NT_SUCCESS(Status) || Captured.Length == 0)
        return Status;
    if (Captured.Length > DISPLAY_MAXIMUM || (Captured.Length & 1) != 0)
        return STATUS_INVALID_PARAMETER;
    Wide = ExAllocatePoolWithTag(PagedPool, Captured.Length * 3u /* two bytes of UTF-16 are at most three of UTF-8 */ + Captured.Length,
                                 INFORMATION_TAG);
    if (Wide == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Narrow = (PCHAR)Wide + Captured.Length;
    Status = KiCopyIn(Wide, Captured.Buffer, Captured.Length);
    if (NT_SUCCESS(Status))
        Status = RtlUnicodeToUTF8N(Narrow, Captured.Length * 3u, &Bytes, Wide, Captured.Length);
    if (NT_SUCCESS(Status))
        HalOps->console_write(IoGetCurrentProcess()->Console, 1, Narrow, Bytes);
    ExFreePoolWithTag(Wide, INFORMATION_TAG);
    return Status;
}

/* What SystemMemoryListInformation asks for: SYSTEM_MEMORY_LIST_COMMAND. Pages that leave a working set go to the paging file at once, so that the lists of those
   on their way are always empty. */
static NTSTATUS ExpCommandMemoryLists(PVOID Buffer, ULONG Length) {
    enum { MemoryEmptyWorkingSets = 2, MemoryFlushModifiedList, MemoryPurgeStandbyList, MemoryPurgeLowPriorityStandbyList };
    ULONG Command;
    NTSTATUS Status;

    if (Length != sizeof(Command))
        return STATUS_INFO_LENGTH_MISMATCH;
    if (!SeSinglePrivilegeCheck(RtlConvertUlongToLuid(SE_PROF_SINGLE_PROCESS_PRIVILEGE), KiPreviousMode()))
        return STATUS_PRIVILEGE_NOT_HELD;
    Status = KiCopyIn(&Command, Buffer, sizeof(Command));
    if (!NT_SUCCESS(Status))
        return Status;
    if (Command < MemoryEmptyWorkingSets || Command > MemoryPurgeLowPriorityStandbyList)
        return STATUS_INVALID_PARAMETER;
    if (Command == MemoryEmptyWorkingSets)
        MmEmptyWorkingSets();
    return STATUS_SUCCESS;
}

/* Little of this system can be set: images are not loaded this way, and there are no quotas, no time adjustment, no further paging files. */
NTSTATUS NTAPI NtSetSystemInformation(ULONG SystemInformationClass, PVOID SystemInformation, ULONG SystemInformationLength) {
    switch (SystemInformationClass) {
    case SystemMemoryListInformation: return ExpCommandMemoryLists(SystemInformation, SystemInformationLength);
    default: return STATUS_INVALID_INFO_CLASS;
    }
}
