/* Processes and threads, modules and handles, as NtQuerySystemInformation lists them. */
#include "ex/query.h"
#include "ldr/ldr.h"
#include "ps/ps.h"
#include "rtl/rtl.h"

/* ---- Processes ---- */
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

/* The last component of the image's path; the System process has none and is called so. */
static UNICODE_STRING ExpBaseName(PEPROCESS Process) {
    UNICODE_STRING Name = Process->ImageName;
    USHORT Start = Name.Length / sizeof(WCHAR);

    if (Name.Length == 0)
        return (UNICODE_STRING)RTL_CONSTANT_STRING(L"System");
    while (Start != 0 && Name.Buffer[Start - 1] != L'\\')
        Start--;
    Name.Buffer += Start;
    Name.Length -= Start * sizeof(WCHAR);
    return Name;
}

/* One process with its threads; the name stands behind them. Before: where the previous one is, whose link is to be set; NULL: there is none. */
static VOID ExpAppendProcess(PEXP_ANSWER Answer, PEPROCESS Process, ULONG *Before) {
    ULONG Threads = ExpThreadCount(Process), Index = 0, Start = Answer->Size;
    UNICODE_STRING Name = ExpBaseName(Process);
    ULONG Size = (ULONG)(sizeof(NT_SYSTEM_PROCESS_INFORMATION) + Threads * sizeof(NT_SYSTEM_THREAD_INFORMATION));
    NT_SYSTEM_PROCESS_INFORMATION *Entry = ExpAppend(Answer, (Size + Name.Length + sizeof(WCHAR) + 7) & ~7u);

    if (Entry == NULL)
        return;
    ((NT_SYSTEM_PROCESS_INFORMATION *)(Answer->Data + *Before))->NextEntryOffset = Start - *Before;
    *Before = Start;
    for (PLIST_ENTRY Link = Process->Pcb.ThreadListHead.Flink; Link != &Process->Pcb.ThreadListHead; Link = Link->Flink) {
        PETHREAD Thread = CONTAINING_RECORD(Link, struct _ETHREAD, Tcb.ThreadListEntry);

        ExpFillThread(Thread, &Entry->Threads[Index++]);
        Entry->KernelTime.QuadPart += (LONGLONG)Thread->Tcb.KernelTime;
        Entry->UserTime.QuadPart += (LONGLONG)Thread->Tcb.UserTime;
    }
    Entry->NumberOfThreads = Entry->NumberOfThreadsHighWatermark = Threads;
    Entry->CreateTime = Process->CreateTime;
    Entry->BasePriority = Process->Pcb.BasePriority;
    Entry->UniqueProcessId = Process->UniqueProcessId;
    Entry->InheritedFromUniqueProcessId = Process->InheritedFromUniqueProcessId;
    Entry->HandleCount = ObpProcessHandleCount(Process);
    Entry->SessionId = PsGetProcessSessionId(Process);
    Entry->ImageName.Length = Name.Length;
    Entry->ImageName.MaximumLength = Name.Length + sizeof(WCHAR);
    Entry->ImageName.Buffer = (PWSTR)(Answer->User + Start + Size);
    RtlCopyMemory((PUCHAR)Entry + Size, Name.Buffer, Name.Length);
}

/* The idle process, which is no object: id 0, no name, a thread for each processor. */
static VOID ExpAppendIdle(PEXP_ANSWER Answer) {
    NT_SYSTEM_PROCESS_INFORMATION *Entry =
        ExpAppend(Answer, (ULONG)(sizeof(NT_SYSTEM_PROCESS_INFORMATION) + KiMachine->cpus * sizeof(NT_SYSTEM_THREAD_INFORMATION)));

    if (Entry == NULL)
        return;
    Entry->NumberOfThreads = Entry->NumberOfThreadsHighWatermark = KiMachine->cpus;
    for (ULONG Index = 0; Index < KiMachine->cpus; Index++) {
        Entry->Threads[Index].ClientId.UniqueThread = UlongToHandle(Index);
        Entry->Threads[Index].ThreadState = Running;
    }
}

NTSTATUS ExpProcessInformation(PEXP_ANSWER Answer) {
    ULONG Before = 0;

    ExpAppendIdle(Answer);
    for (PLIST_ENTRY Link = PsActiveProcessHead.Flink; Link != &PsActiveProcessHead; Link = Link->Flink)
        ExpAppendProcess(Answer, CONTAINING_RECORD(Link, struct _EPROCESS, ActiveProcessLinks), &Before);
    return STATUS_SUCCESS;
}

/* The NT path of a process's image by its id, with no right to the process asked for. */
NTSTATUS ExpQueryProcessId(PVOID Buffer, ULONG Length, PULONG ReturnLength) {
    NT_SYSTEM_PROCESS_ID_INFORMATION Asked;
    ULONG Size = sizeof(Asked);
    UNICODE_STRING Name;
    PEPROCESS Process;
    NTSTATUS Status = KiCopyOutOptional(ReturnLength, &Size, sizeof(Size));

    if (!NT_SUCCESS(Status) || Length != sizeof(Asked))
        return NT_SUCCESS(Status) ? STATUS_INFO_LENGTH_MISMATCH : Status;
    Status = KiCopyIn(&Asked, Buffer, sizeof(Asked));
    if (!NT_SUCCESS(Status))
        return Status;
    if (Asked.ImageName.Length != 0)
        return STATUS_INVALID_PARAMETER;
    Process = PspLookupId(Asked.ProcessId, PspProcessType);
    if (Process == NULL)
        return STATUS_INVALID_CID;
    Status = PspQueryNativeName(&Process->ImageName, &Name);
    if (!NT_SUCCESS(Status)) {
        ObDereferenceObject(Process);
        return Status;
    }
    if (Asked.ImageName.MaximumLength < Name.Length + sizeof(WCHAR)) {
        Asked.ImageName.MaximumLength = (USHORT)(Name.Length + sizeof(WCHAR));
        Status = KiCopyOut(Buffer, &Asked, sizeof(Asked));
        if (NT_SUCCESS(Status))
            Status = STATUS_INFO_LENGTH_MISMATCH;
    } else {
        Asked.ImageName.Length = Name.Length;
        Status = KiCopyOut(Asked.ImageName.Buffer, Name.Buffer, Name.Length + sizeof(WCHAR));
        if (NT_SUCCESS(Status))
            Status = KiCopyOut(Buffer, &Asked, sizeof(Asked));
    }
    ExFreePoolWithTag(Name.Buffer, PSP_NAME_TAG);
    ObDereferenceObject(Process);
    return Status;
}

/* ---- Modules ---- */
static VOID ExpFillModule(PLDR_MODULE Module, USHORT Index, NT_PROCESS_MODULE_INFORMATION *Entry) {
    USHORT Length = Module->FullDllName.Length / sizeof(WCHAR);

    Entry->ImageBase = Module->DllBase;
    Entry->ImageSize = Module->SizeOfImage;
    Entry->Flags = Module->Flags;
    Entry->LoadOrderIndex = Index;
    Entry->LoadCount = Module->LoadCount;
    for (USHORT Character = 0; Character < Length && Character < sizeof(Entry->FullPathName) - 1; Character++) {
        WCHAR Wide = Module->FullDllName.Buffer[Character];

        Entry->FullPathName[Character] = Wide < 0x80 ? (UCHAR)Wide : '?';
        if (Wide == L'\\')
            Entry->OffsetToFileName = Character + 1;
    }
}

NTSTATUS ExpModuleInformation(PEXP_ANSWER Answer) {
    PULONG_PTR Count = ExpAppend(Answer, sizeof(ULONG_PTR)); /* 32 bits, and four of padding */
    USHORT Index = 0;

    for (PLIST_ENTRY Link = PsLoadedModuleList.Flink; Link != &PsLoadedModuleList; Link = Link->Flink) {
        NT_PROCESS_MODULE_INFORMATION *Entry = ExpAppend(Answer, sizeof(*Entry));

        if (Entry != NULL)
            ExpFillModule(CONTAINING_RECORD(Link, LDR_MODULE, InLoadOrderLinks), Index, Entry);
        Index++;
    }
    if (Count != NULL)
        *Count = Index;
    return STATUS_SUCCESS;
}

/* Each entry leads to the next; a NextOffset of 0 ends the list. */
NTSTATUS ExpModuleInformationEx(PEXP_ANSWER Answer) {
    USHORT Index = 0;

    for (PLIST_ENTRY Link = PsLoadedModuleList.Flink; Link != &PsLoadedModuleList; Link = Link->Flink, Index++) {
        PLDR_MODULE Module = CONTAINING_RECORD(Link, LDR_MODULE, InLoadOrderLinks);
        NT_PROCESS_MODULE_INFORMATION_EX *Entry = ExpAppend(Answer, sizeof(*Entry));
        PIMAGE_NT_HEADERS Headers = RtlImageNtHeader(Module->DllBase);

        if (Entry == NULL)
            continue;
        Entry->NextOffset = sizeof(*Entry);
        ExpFillModule(Module, Index, &Entry->BaseInfo);
        Entry->ImageChecksum = Module->CheckSum;
        Entry->TimeDateStamp = Headers != NULL ? Headers->FileHeader.TimeDateStamp : 0;
        Entry->DefaultBase = (PVOID)Module->PreferredBase;
    }
    ExpAppend(Answer, sizeof(USHORT));
    return STATUS_SUCCESS;
}

/* ---- Handles ---- */
typedef struct _EXP_HANDLES {
    PEXP_ANSWER Answer;
    SIZE_T Count;
} EXP_HANDLES;

static VOID ExpAppendHandle(PVOID Context, PEPROCESS Process, const OBP_HANDLE_FACTS *Handle) {
    EXP_HANDLES *Handles = Context;
    NT_SYSTEM_HANDLE *Entry = ExpAppend(Handles->Answer, sizeof(*Entry));

    Handles->Count++;
    if (Entry != NULL)
        *Entry = (NT_SYSTEM_HANDLE){.UniqueProcessId = (USHORT)(ULONG_PTR)Process->UniqueProcessId,
                                    .ObjectTypeIndex = (UCHAR)Handle->TypeIndex,
                                    .HandleAttributes = (UCHAR)Handle->Attributes,
                                    .HandleValue = (USHORT)Handle->Value,
                                    .Object = Handle->Object,
                                    .GrantedAccess = Handle->GrantedAccess};
}

static VOID ExpAppendHandleEx(PVOID Context, PEPROCESS Process, const OBP_HANDLE_FACTS *Handle) {
    EXP_HANDLES *Handles = Context;
    NT_SYSTEM_HANDLE_EX *Entry = ExpAppend(Handles->Answer, sizeof(*Entry));

    Handles->Count++;
    if (Entry != NULL)
        *Entry = (NT_SYSTEM_HANDLE_EX){.Object = Handle->Object,
                                       .UniqueProcessId = (ULONG_PTR)Process->UniqueProcessId,
                                       .HandleValue = Handle->Value,
                                       .GrantedAccess = Handle->GrantedAccess,
                                       .ObjectTypeIndex = (USHORT)Handle->TypeIndex,
                                       .HandleAttributes = Handle->Attributes};
}

static NTSTATUS ExpListHandles(PEXP_ANSWER Answer, PULONG_PTR Count, VOID (*Append)(PVOID, PEPROCESS, const OBP_HANDLE_FACTS *)) {
    EXP_HANDLES Handles = {Answer, 0};

    for (PLIST_ENTRY Link = PsActiveProcessHead.Flink; Link != &PsActiveProcessHead; Link = Link->Flink)
        ObpListHandles(CONTAINING_RECORD(Link, struct _EPROCESS, ActiveProcessLinks), Append, &Handles);
    if (Count != NULL)
        *Count = Handles.Count;
    return STATUS_SUCCESS;
}

NTSTATUS ExpHandleInformation(PEXP_ANSWER Answer) { return ExpListHandles(Answer, ExpAppend(Answer, sizeof(ULONG_PTR)), ExpAppendHandle); }

NTSTATUS ExpExtendedHandleInformation(PEXP_ANSWER Answer) {
    return ExpListHandles(Answer, ExpAppend(Answer, 2 * sizeof(ULONG_PTR)), ExpAppendHandleEx);
}
