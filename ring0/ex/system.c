/*
 * NtQuerySystemInformation and NtSetSystemInformation. The length protocol is the same for all classes: ReturnLength is what the answer needs, also when it does not
 * fit; a buffer that is too small, or for an answer of fixed size of another size, is STATUS_INFO_LENGTH_MISMATCH ("NtQuerySystemInformation").
 */
#include "ex/query.h"
#include "ke/ke.h"
#include "ps/ps.h"

#define INFORMATION_TAG 'fnIS'
#define ROOM_TO_GROW    1024u /* the allocation of the answer is a block of pool itself, and may wait while others run */

PVOID ExpAppend(PEXP_ANSWER Answer, ULONG Size) {
    ULONG At = Answer->Size;

    if (Size > MAXULONG - At) {
        Answer->Size = MAXULONG;
        return NULL;
    }
    Answer->Size += Size;
    return Answer->Data != NULL && Answer->Size <= Answer->Capacity ? Answer->Data + At : NULL;
}

/* ---- Answers that are the same at any time ---- */
static NTSTATUS ExpAppendBytes(PEXP_ANSWER Answer, const VOID *Bytes, ULONG Size) {
    PVOID Room = ExpAppend(Answer, Size);

    if (Room != NULL)
        RtlCopyMemory(Room, Bytes, Size);
    return STATUS_SUCCESS;
}

static NTSTATUS ExpFlags(PEXP_ANSWER Answer) { return ExpAppendBytes(Answer, &(ULONG){0}, sizeof(ULONG)); /* NtGlobalFlag */ }

/* Objects are listed only where FLG_MAINTAIN_OBJECT_TYPELIST was set at boot. */
static NTSTATUS ExpObjects(PEXP_ANSWER Answer) { return STATUS_UNSUCCESSFUL; }

static NTSTATUS ExpDevices(PEXP_ANSWER Answer) {
    PCONFIGURATION_INFORMATION Configuration = IoGetConfigurationInformation();
    ULONG Counts[6] = {Configuration->DiskCount, Configuration->FloppyCount, Configuration->CdRomCount,
                       Configuration->TapeCount, Configuration->SerialCount, Configuration->ParallelCount};

    return ExpAppendBytes(Answer, Counts, sizeof(Counts));
}

static NTSTATUS ExpDpcBehavior(PEXP_ANSWER Answer) {
    static const ULONG Behavior[5] = {0, 4, 3, 20, 0}; /* DpcQueueDepth, MinimumDpcRate... as Windows begins with */

    return ExpAppendBytes(Answer, Behavior, sizeof(Behavior));
}

static NTSTATUS ExpTimeAdjustment(PEXP_ANSWER Answer) {
    const struct {
        ULONG TimeAdjustment, TimeIncrement;
        BOOLEAN Enable;
    } Adjustment = {KI_TIME_INCREMENT, KI_TIME_INCREMENT, TRUE /* the clock goes by itself */};

    return ExpAppendBytes(Answer, &Adjustment, sizeof(Adjustment));
}

static NTSTATUS ExpKernelDebugger(PEXP_ANSWER Answer) {
    static const UCHAR None[2] = {0, 1}; /* not enabled, not present */

    return ExpAppendBytes(Answer, None, sizeof(None));
}

static NTSTATUS ExpKernelDebuggerEx(PEXP_ANSWER Answer) {
    static const UCHAR None[3] = {0};

    return ExpAppendBytes(Answer, None, sizeof(None));
}

static NTSTATUS ExpCodeIntegrity(PEXP_ANSWER Answer) {
    static const ULONG On[2] = {8, 0x0003}; /* with test signing */

    return ExpAppendBytes(Answer, On, sizeof(On));
}

/* A machine that starts by BIOS has none. */
static NTSTATUS ExpSecureBoot(PEXP_ANSWER Answer) {
    static const BOOLEAN None[2] = {FALSE, FALSE};

    return ExpAppendBytes(Answer, None, sizeof(None));
}

static NTSTATUS ExpBootEnvironment(PEXP_ANSWER Answer) {
    static const NT_SYSTEM_BOOT_ENVIRONMENT_INFORMATION Boot = {
        .BootIdentifier = {0x9DEA862C, 0x5CDD, 0x4E70, {0xAC, 0xC1, 0xF3, 0x2B, 0x34, 0x4D, 0x47, 0x95}}, .FirmwareType = 1};

    return ExpAppendBytes(Answer, &Boot, sizeof(Boot));
}

static NTSTATUS ExpRangeStart(PEXP_ANSWER Answer) { return ExpAppendBytes(Answer, &MmSystemRangeStart, sizeof(PVOID)); }

NTSTATUS ExpTimeOfDayInformation(PEXP_ANSWER Answer) {
    NT_SYSTEM_TIMEOFDAY_INFORMATION Times = {.BootTime.QuadPart = KiQueryBootTime(),
                                             .CurrentTime.QuadPart = (LONGLONG)KiQuerySystemTime(),
                                             .BootTimeBias = (ULONG64)KiQueryBootTime() - KiMachine->boot_wall_time};

    if (Answer->Length > sizeof(Times))
        return STATUS_INFO_LENGTH_MISMATCH;
    return ExpAppendBytes(Answer, &Times, Answer->Length);
}

/* ---- The classes ---- */
static const struct {
    ULONG Class;
    EXP_CLASS Make;
    BOOLEAN Exact; /* the length must be that of the answer */
} ExpClasses[] = {
    {0, ExpBasicInformation, TRUE},
    {1, ExpProcessorInformation, TRUE},
    {2, ExpPerformanceInformation, FALSE},
    {3, ExpTimeOfDayInformation, TRUE},
    {5, ExpProcessInformation, FALSE},
    {7, ExpDevices, TRUE},
    {8, ExpProcessorPerformanceInformation, FALSE},
    {9, ExpFlags, TRUE},
    {11, ExpModuleInformation, FALSE},
    {16, ExpHandleInformation, FALSE},
    {17, ExpObjects, FALSE},
    {22, ExpPoolTagInformation, FALSE},
    {23, ExpInterruptInformation, FALSE},
    {24, ExpDpcBehavior, TRUE},
    {28, ExpTimeAdjustment, TRUE},
    {35, ExpKernelDebugger, TRUE},
    {50, ExpRangeStart, TRUE},
    {62, ExpBasicInformation, TRUE}, /* SystemEmulationBasicInformation, SystemEmulationProcessorInformation: there is no other architecture */
    {63, ExpProcessorInformation, TRUE},
    {64, ExpExtendedHandleInformation, FALSE},
    {66, ExpBigPoolInformation, FALSE},
    {73, ExpLogicalProcessorInformation, FALSE},
    {77, ExpModuleInformationEx, FALSE},
    {90, ExpBootEnvironment, TRUE},
    {103, ExpCodeIntegrity, TRUE},
    {145, ExpSecureBoot, TRUE},
    {149, ExpKernelDebuggerEx, TRUE},
};
enum { SystemFirmwareTableHandler = 75, SystemFirmwareTable = 76, SystemMemoryList = 80, SystemProcessId = 88 };

static NTSTATUS ExpQueryClass(ULONG Index, PVOID Buffer, ULONG Length, PULONG ReturnLength) {
    EXP_ANSWER Answer = {.Length = Length, .User = (ULONG_PTR)Buffer};
    NTSTATUS Status = ExpClasses[Index].Make(&Answer);
    ULONG Needed = Answer.Size;

    if (!NT_SUCCESS(Status))
        return Status;
    if (ExpClasses[Index].Exact ? Length != Needed : Length < Needed)
        goto mismatch;
    if (Needed != 0) {
        Answer.Capacity = Length - Needed < ROOM_TO_GROW ? Length : Needed + ROOM_TO_GROW;
        Answer.Data = ExAllocatePoolWithTag(PagedPool, Answer.Capacity, INFORMATION_TAG);
        if (Answer.Data == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        RtlZeroMemory(Answer.Data, Answer.Capacity);
        Answer.Size = 0;
        Status = ExpClasses[Index].Make(&Answer);
        Needed = Answer.Size;
        if (NT_SUCCESS(Status) && Needed <= Answer.Capacity)
            Status = KiCopyOut(Buffer, Answer.Data, Needed);
        ExFreePoolWithTag(Answer.Data, INFORMATION_TAG);
        if (!NT_SUCCESS(Status))
            return Status;
        if (Needed > Answer.Capacity)
            goto mismatch;
    }
    return KiCopyOutOptional(ReturnLength, &Needed, sizeof(Needed));
mismatch:
    Status = KiCopyOutOptional(ReturnLength, &Needed, sizeof(Needed));
    return NT_SUCCESS(Status) ? STATUS_INFO_LENGTH_MISMATCH : Status;
}

NTSTATUS NTAPI NtQuerySystemInformation(ULONG SystemInformationClass, PVOID SystemInformation, ULONG SystemInformationLength, PULONG ReturnLength) {
    switch (SystemInformationClass) {
    case SystemFirmwareTable: return ExpQueryFirmwareTable(SystemInformation, SystemInformationLength, ReturnLength);
    case SystemProcessId: return ExpQueryProcessId(SystemInformation, SystemInformationLength, ReturnLength);
    default: break;
    }
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(ExpClasses); Index++) {
        if (ExpClasses[Index].Class == SystemInformationClass)
            return ExpQueryClass(Index, SystemInformation, SystemInformationLength, ReturnLength);
    }
    return STATUS_INVALID_INFO_CLASS;
}

/* Classes that are asked for one group of processors, of which there is one, or for one relationship between them. */
NTSTATUS NTAPI NtQuerySystemInformationEx(ULONG SystemInformationClass, PVOID InputBuffer, ULONG InputBufferLength, PVOID SystemInformation,
                                          ULONG SystemInformationLength, PULONG ReturnLength) {
    enum { SystemProcessorPerformance = 8, SystemInterrupt = 23, SystemLogicalProcessor = 73, SystemLogicalProcessorAndGroup = 107 };
    PSYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX Made = NULL;
    LOGICAL_PROCESSOR_RELATIONSHIP Wanted;
    ULONG Size = 0;
    USHORT Group;
    NTSTATUS Status;

    if (InputBuffer == NULL || InputBufferLength == 0)
        return STATUS_INVALID_PARAMETER;
    switch (SystemInformationClass) {
    case SystemProcessorPerformance:
    case SystemInterrupt:
    case SystemLogicalProcessor:
        Status = InputBufferLength == sizeof(Group) ? KiCopyIn(&Group, InputBuffer, sizeof(Group)) : STATUS_INVALID_PARAMETER;
        if (NT_SUCCESS(Status) && Group != 0)
            Status = STATUS_INVALID_PARAMETER;
        return NT_SUCCESS(Status) ? NtQuerySystemInformation(SystemInformationClass, SystemInformation, SystemInformationLength, ReturnLength)
                                  : Status;
    case SystemLogicalProcessorAndGroup: break;
    default: return STATUS_INVALID_INFO_CLASS;
    }
    Status = InputBufferLength == sizeof(Wanted) ? KiCopyIn(&Wanted, InputBuffer, sizeof(Wanted)) : STATUS_INVALID_PARAMETER;
    if (!NT_SUCCESS(Status))
        return Status;
    Status = KeQueryLogicalProcessorRelationship(NULL, Wanted, NULL, &Size);
    if (Status == STATUS_INFO_LENGTH_MISMATCH && SystemInformationLength >= Size) {
        Made = ExAllocatePoolWithTag(PagedPool, Size, INFORMATION_TAG);
        if (Made == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        Status = KeQueryLogicalProcessorRelationship(NULL, Wanted, Made, &Size);
        if (NT_SUCCESS(Status))
            Status = KiCopyOut(SystemInformation, Made, Size);
        ExFreePoolWithTag(Made, INFORMATION_TAG);
    }
    if (NT_SUCCESS(Status) || Status == STATUS_INFO_LENGTH_MISMATCH) {
        NTSTATUS Stored = KiCopyOutOptional(ReturnLength, &Size, sizeof(Size));

        if (!NT_SUCCESS(Stored))
            Status = Stored;
    }
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
    case SystemMemoryList: return ExpCommandMemoryLists(SystemInformation, SystemInformationLength);
    case SystemFirmwareTableHandler: return ExpSetFirmwareHandler(SystemInformation, SystemInformationLength);
    default: return STATUS_INVALID_INFO_CLASS;
    }
}
