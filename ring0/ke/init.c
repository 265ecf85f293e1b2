#include "cm/cm.h"
#include "ex/ex.h"
#include "io/io.h"
#include "kd/kd.h"
#include "ke/init.h"
#include "ke/ke.h"
#include "ldr/ldr.h"
#include "lpc/lpc.h"
#include "mm/mm.h"
#include "ob/ob.h"
#include "ps/ps.h"
#include "rtl/crt.h"
#include "rtl/rtl.h"
#include "se/se.h"
#include "vf/vf.h"

/*
 * Boot, in two phases as on NT. Phase 0 runs on the boot stack and builds what threads need; then the boot thread becomes the idle thread and
 * phase 1, a system thread, loads the inbox drivers, the drivers of the command line and the program, and ends the machine with it.
 */

#define SERVICES_KEY L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\"
#define EXIT_REFUSED 126u
#define EXIT_ABSENT  127u
#define INIT_TAG     'tinI'

hal_machine *KiMachine;
const hal_ops *HalOps;
KUSER_SHARED_DATA *KiSharedData;
PKTHREAD KiProgramWaiter;

static const PCSTR InboxDrivers[] = {"null.sys", "condrv.sys", "hostfs.sys", "scm.sys"};

/* The two pages that every process sees: KUSER_SHARED_DATA, and the address that ntdll's stubs jump to. */
static VOID MapSharedPages(VOID) {
    MM_PFN Shared, SystemCall;
    if (!MiAllocateFrames(1, ~0ull, &Shared) || !MiAllocateFrames(1, ~0ull, &SystemCall)) {
        KiFatal("no memory for the shared pages at boot");
    }
    KiSharedData = MiRamAddress(Shared);
    *(ULONG64 *)MiRamAddress(SystemCall) = (ULONG64)(ULONG_PTR)&KiSystemCallEntry;
    HalOps->map(HAL_KUSER_USER, Shared * PAGE_SIZE, PAGE_SIZE, HAL_PROT_READ);
    HalOps->map(HAL_SYSCALL_PAGE, SystemCall * PAGE_SIZE, PAGE_SIZE, HAL_PROT_READ);
}

/* UTF-8 to a pool UNICODE_STRING behind a prefix. */
static NTSTATUS ToUnicode(PCWSTR Prefix, PCSTR Text, PUNICODE_STRING String) {
    ULONG TextLength = (ULONG)strlen(Text), Bytes = 0, PrefixBytes = (ULONG)(wcslen(Prefix) * sizeof(WCHAR));
    ULONG Room = PrefixBytes + (TextLength + 1) * sizeof(WCHAR);
    if (Room > 0xFFFE) {
        return STATUS_NAME_TOO_LONG;
    }
    String->Buffer = ExAllocatePoolWithTag(NonPagedPoolNx, Room, INIT_TAG);
    if (String->Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlCopyMemory(String->Buffer, Prefix, PrefixBytes);
    RtlUTF8ToUnicodeN((PWSTR)((PUCHAR)String->Buffer + PrefixBytes), Room - PrefixBytes - sizeof(WCHAR), &Bytes, Text, TextLength);
    String->Length = (USHORT)(PrefixBytes + Bytes);
    String->MaximumLength = (USHORT)Room;
    String->Buffer[String->Length / sizeof(WCHAR)] = L'\0';
    return STATUS_SUCCESS;
}

static DECLSPEC_NORETURN VOID Leave(ULONG ExitStatus) {
    KdFlush();
    VfFlushTrace();
    HalOps->exit(ExitStatus);
    __builtin_unreachable();
}

static DECLSPEC_NORETURN VOID Refuse(ULONG Code, PCSTR What, NTSTATUS Status, const LDR_REFUSAL *Refusal) {
    static CHAR Text[1024];
    LdrDescribeRefusal(Text, sizeof Text, What, Status, Refusal);
    KdFlush();
    VfFlushTrace();
    HalOps->stop(Code, Text);
    __builtin_unreachable();
}

/* What a status says of a file that could not be opened or made into a process. */
static VOID ExplainStatus(NTSTATUS Status, PLDR_REFUSAL Refusal, PULONG Code) {
    static const struct {
        NTSTATUS Status;
        PCSTR Why, Advice;
        ULONG Code;
    } Known[] = {
        {STATUS_OBJECT_NAME_NOT_FOUND, "is not there", "check the path", EXIT_ABSENT},
        {STATUS_OBJECT_PATH_NOT_FOUND, "is not there", "check the path", EXIT_ABSENT},
        {STATUS_NO_SUCH_FILE, "is not there", "check the path", EXIT_ABSENT},
        {STATUS_CONFLICTING_ADDRESSES, "has no relocations, and its base is taken", "link it without /fixed", EXIT_REFUSED},
        {STATUS_INSUFFICIENT_RESOURCES, "does not fit into the machine's memory", "run with more --memory", EXIT_REFUSED},
        {STATUS_NO_MEMORY, "does not fit into the machine's memory", "run with more --memory", EXIT_REFUSED},
        {0, "cannot be started", "`ringside inspect` says what it is", EXIT_REFUSED},
    };
    ULONG i = 0;
    while (Known[i].Status != 0 && Known[i].Status != Status) {
        i++;
    }
    strncpy(Refusal->Why, Known[i].Why, sizeof Refusal->Why - 1);
    strncpy(Refusal->Advice, Known[i].Advice, sizeof Refusal->Advice - 1);
    *Code = Known[i].Code;
}

/* An image that was read is refused with whatever status; only one that is not there is absent. */
static DECLSPEC_NORETURN VOID RefuseImage(PCSTR What, NTSTATUS Status, PLDR_REFUSAL Refusal) {
    ULONG Code = EXIT_REFUSED;
    if (Refusal->Why[0] == '\0') {
        ExplainStatus(Status, Refusal, &Code);
    }
    Refuse(Code, What, Status, Refusal);
}

/* "C:\example.sys" -> service key "...\Services\example". */
static NTSTATUS ServiceKeyOf(PCSTR Path, PUNICODE_STRING Key) {
    PCSTR Base = strrchr(Path, '\\') != NULL ? strrchr(Path, '\\') + 1 : Path;
    CHAR Name[256];
    strncpy(Name, Base, sizeof Name - 1);
    Name[sizeof Name - 1] = '\0';
    PSTR Dot = strrchr(Name, '.');
    if (Dot != NULL && Dot != Name) {
        *Dot = '\0';
    }
    return ToUnicode(SERVICES_KEY, Name, Key);
}

static NTSTATUS InstallAndLoad(PCSTR Path, PUNICODE_STRING Key, PLDR_REFUSAL Refusal) {
    UNICODE_STRING Image = {0};
    ULONG Type = SERVICE_KERNEL_DRIVER_TYPE, Start = 3, ErrorControl = 1;
    NTSTATUS Status = ServiceKeyOf(Path, Key);
    if (NT_SUCCESS(Status)) {
        Status = ToUnicode(L"\\??\\", Path, &Image);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    CmpSetValue(Key->Buffer, L"Type", REG_DWORD, &Type, sizeof Type);
    CmpSetValue(Key->Buffer, L"Start", REG_DWORD, &Start, sizeof Start);
    CmpSetValue(Key->Buffer, L"ErrorControl", REG_DWORD, &ErrorControl, sizeof ErrorControl);
    CmpSetValue(Key->Buffer, L"ImagePath", REG_EXPAND_SZ, Image.Buffer, Image.Length + sizeof(WCHAR));
    ExFreePoolWithTag(Image.Buffer, INIT_TAG);
    return IopLoadDriver(Key, Refusal);
}

static VOID LoadInboxDrivers(VOID) {
    for (ULONG i = 0; i < RTL_NUMBER_OF(InboxDrivers); i++) {
        for (ULONG k = 0; k < KiMachine->image_count; k++) {
            if (strcmp(KiMachine->images[k].name, InboxDrivers[i]) != 0) {
                continue;
            }
            UNICODE_STRING Name;
            if (!NT_SUCCESS(ToUnicode(L"", InboxDrivers[i], &Name))) {
                KiFatal("no memory at boot");
            }
            Name.Buffer[Name.Length / sizeof(WCHAR) - 4] = L'\0'; /* without ".sys" */
            NTSTATUS Status = IopLoadBootDriver(Name.Buffer, &KiMachine->images[k]);
            ExFreePoolWithTag(Name.Buffer, INIT_TAG);
            if (!NT_SUCCESS(Status)) {
                KiFatal("inbox driver %s does not start: 0x%08X", InboxDrivers[i], Status);
            }
        }
    }
}

/* NAME=value\0...\0\0 from the machine's list. */
static PWSTR BuildEnvironment(SIZE_T *Size) {
    SIZE_T Room = 2;
    for (ULONG i = 0; i < KiMachine->environment_count; i++) {
        Room += strlen(KiMachine->environment[i]) + 1;
    }
    PWSTR Block = ExAllocatePoolWithTag(NonPagedPoolNx, Room * sizeof(WCHAR), INIT_TAG);
    if (Block == NULL) {
        return NULL;
    }
    SIZE_T At = 0;
    for (ULONG i = 0; i < KiMachine->environment_count; i++) {
        ULONG Bytes = 0;
        RtlUTF8ToUnicodeN(Block + At, (ULONG)((Room - At) * sizeof(WCHAR)), &Bytes, KiMachine->environment[i],
                          (ULONG)strlen(KiMachine->environment[i]));
        At += Bytes / sizeof(WCHAR);
        Block[At++] = L'\0';
    }
    Block[At++] = L'\0';
    *Size = At * sizeof(WCHAR);
    return Block;
}

static NTSTATUS StartProgram(const hal_program *Program, PEPROCESS *Process) {
    UNICODE_STRING Path = {0}, CommandLine = {0}, Directory = RTL_CONSTANT_STRING(L"C:\\");
    SIZE_T EnvironmentSize = 0;
    PWSTR Environment = BuildEnvironment(&EnvironmentSize);
    PETHREAD Thread;
    NTSTATUS Status = Environment == NULL ? STATUS_INSUFFICIENT_RESOURCES : ToUnicode(L"\\??\\", Program->path, &Path);
    if (NT_SUCCESS(Status)) {
        Status = ToUnicode(L"", Program->command_line, &CommandLine);
    }
    if (NT_SUCCESS(Status)) {
        Status = PspCreateUserProcess(&Path, &CommandLine, &Directory, Environment, EnvironmentSize, FALSE, Process, &Thread);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ObfDereferenceObject(Thread);
    ExFreePoolWithTag(Environment, INIT_TAG);
    ExFreePoolWithTag(Path.Buffer, INIT_TAG);
    ExFreePoolWithTag(CommandLine.Buffer, INIT_TAG);
    return STATUS_SUCCESS;
}

/* Until all of them have ended, or none goes on unless something comes from outside. */
static VOID WaitForTurn(PEPROCESS *Processes, ULONG Count) {
    KEVENT Quiet;
    KeInitializeEvent(&Quiet, NotificationEvent, FALSE);
    KiSignalWhenQuiet(&Quiet);
    for (ULONG i = 0; i < Count; i++) {
        PVOID Objects[] = {&Quiet, Processes[i]};
        if (KeWaitForMultipleObjects(RTL_NUMBER_OF(Objects), Objects, WaitAny, Executive, KernelMode, FALSE, NULL, NULL) == STATUS_WAIT_0) {
            break;
        }
    }
    KiSignalWhenQuiet(NULL);
}

/* ntdll has said which DLL or function is missing; that the program never began is what counts for the exit code. */
static BOOLEAN NeverBegan(NTSTATUS ExitStatus) {
    return ExitStatus == STATUS_DLL_NOT_FOUND || ExitStatus == STATUS_ENTRYPOINT_NOT_FOUND || ExitStatus == STATUS_ORDINAL_NOT_FOUND;
}

/* Starts the programs in their order, waits for all, and gives the first one's exit status. */
static NTSTATUS RunPrograms(VOID) {
    PEPROCESS Processes[HAL_MAX_PROGRAMS];
    NTSTATUS ExitStatus = STATUS_SUCCESS;
    NT_ASSERT_OURS(KiMachine->program_count <= HAL_MAX_PROGRAMS);
    for (ULONG i = 0; i < KiMachine->program_count; i++) {
        LDR_REFUSAL Refusal = {0};
        WaitForTurn(Processes, i);
        NTSTATUS Status = StartProgram(&KiMachine->programs[i], &Processes[i]);
        if (!NT_SUCCESS(Status)) {
            RefuseImage(KiMachine->programs[i].path, Status, &Refusal);
        }
    }
    for (ULONG i = KiMachine->program_count; i-- > 0;) {
        KeWaitForSingleObject(Processes[i], Executive, KernelMode, FALSE, NULL);
        ExitStatus = Processes[i]->ExitStatus;
        ObfDereferenceObject(Processes[i]);
    }
    return ExitStatus;
}

/* Programs that these have started and that still go on are ended, oldest first, with the status that programs end with when Windows shuts down. */
static VOID EndRemainingPrograms(VOID) {
    while (PsActiveProcessHead.Blink != &PsInitialSystemProcess->ActiveProcessLinks) {
        PEPROCESS Process = CONTAINING_RECORD(PsInitialSystemProcess->ActiveProcessLinks.Flink, struct _EPROCESS, ActiveProcessLinks);
        ObfReferenceObject(Process);
        KdMessage("%s (process %lu): still ran when the last program of the command line had ended; it is terminated", Process->ImageFileName,
                  HandleToUlong(Process->UniqueProcessId));
        PspTerminateProcess(Process, DBG_TERMINATE_PROCESS);
        KeWaitForSingleObject(Process, Executive, KernelMode, FALSE, NULL);
        ObfDereferenceObject(Process);
    }
}

static VOID Phase1(PVOID Context) {
    UNICODE_STRING Keys[64];
    ULONG Loaded = 0;
    LoadInboxDrivers();
    for (ULONG i = 0; i < KiMachine->driver_count && i < RTL_NUMBER_OF(Keys); i++) {
        LDR_REFUSAL Refusal = {0};
        NTSTATUS Status = InstallAndLoad(KiMachine->drivers[i], &Keys[i], &Refusal);
        if (!NT_SUCCESS(Status)) {
            RefuseImage(KiMachine->drivers[i], Status, &Refusal);
        }
        Loaded++;
    }
    KiProgramWaiter = KiCurrentThread();
    NTSTATUS ExitStatus = RunPrograms();
    EndRemainingPrograms();
    KiProgramWaiter = NULL;
    while (Loaded-- > 0) {
        NTSTATUS Status = IopUnloadDriver(&Keys[Loaded]);
        if (!NT_SUCCESS(Status) && Status != STATUS_OBJECT_NAME_NOT_FOUND) {
            KdMessage("%s: stays loaded: status 0x%08X%s", KiMachine->drivers[Loaded], Status,
                      Status == STATUS_INVALID_DEVICE_REQUEST ? ": it has no DriverUnload routine" : "");
        }
        ExFreePoolWithTag(Keys[Loaded].Buffer, INIT_TAG);
    }
    if (NeverBegan(ExitStatus)) {
        static const LDR_REFUSAL Refusal = {"lacks a DLL or a function, so it never began", "the line above says which"};
        Refuse(EXIT_REFUSED, KiMachine->programs[0].path, ExitStatus, &Refusal);
    }
    Leave((ULONG)ExitStatus);
}

VOID KiInitializeKernel(hal_machine *Machine) {
    KiMachine = Machine;
    HalOps = Machine->ops;
    if (Machine->version != HAL_VERSION) {
        KiFatal("kernel and host were built from different versions");
    }
    Machine->double_fault_stack_top = (ULONG64)(ULONG_PTR)&KiDoubleFaultStack + KI_DOUBLE_FAULT_STACK_SIZE;
    KiInitializeProcessors();
    Machine->trap_entry = (ULONG64)(ULONG_PTR)&KiTrapEntry;
    MiInitializeFrames();
    MiInitializePool();
    MapSharedPages();
    KiInitializeClock();
    ObInitSystem();
    MmInitSystem();
    SeInitSystem();
    LdrInitSystem();
    ExInitSystem();
    LpcInitSystem();
    PsInitSystem();
    CmInitSystem();
    IoInitSystem();
    HANDLE Thread;
    if (!NT_SUCCESS(PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, Phase1, NULL))) {
        KiFatal("the first system thread cannot be made");
    }
    ZwClose(Thread);
    for (;;) {
        KiIdle();
    }
}
