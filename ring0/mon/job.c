/* A job: drivers loaded, programs run, what is left of them ended, drivers unloaded. */
#include "mon/monp.h"

#define EXIT_REFUSED 126u
#define EXIT_ABSENT  127u

static LIST_ENTRY MonJobs = {&MonJobs, &MonJobs};

/* What a status says of a file that could not be opened or made into a process. */
static VOID MonExplainStatus(NTSTATUS Status, PLDR_REFUSAL Refusal, PULONG Code) {
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
        {STATUS_IMAGE_ALREADY_LOADED, "is loaded already", "`ringside unload` removes it", EXIT_REFUSED},
        {0, "cannot be started", "`ringside inspect` says what it is", EXIT_REFUSED},
    };
    ULONG I = 0;
    while (Known[I].Status != 0 && Known[I].Status != Status) {
        I++;
    }
    strncpy(Refusal->Why, Known[I].Why, sizeof Refusal->Why - 1);
    strncpy(Refusal->Advice, Known[I].Advice, sizeof Refusal->Advice - 1);
    *Code = Known[I].Code;
}

VOID MonRefuse(PMON_RESULT Result, ULONG Code, PCSTR What, NTSTATUS Status, const LDR_REFUSAL *Refusal) {
    Result->Code = Code;
    LdrDescribeRefusal(Result->Text, sizeof Result->Text, What, Status, Refusal);
}

/* An image that was read is refused with whatever status; only one that is not there is absent. */
static VOID MonRefuseImage(PMON_RESULT Result, PCSTR What, NTSTATUS Status, PLDR_REFUSAL Refusal) {
    ULONG Code = EXIT_REFUSED;
    if (Refusal->Why[0] == '\0') {
        MonExplainStatus(Status, Refusal, &Code);
    }
    MonRefuse(Result, Code, What, Status, Refusal);
}

/* ---- Drivers --------------------------------------------------------------------------------------------------------------------- */

static NTSTATUS MonServiceKey(PCSTR Service, PUNICODE_STRING Key) { return MonToUnicode(MON_SERVICES_KEY, Service, Key); }

static ULONG MonDriverState(PUNICODE_STRING Key) {
    UNICODE_STRING Name;
    RtlInitUnicodeString(&Name, Key->Buffer + RTL_NUMBER_OF(MON_SERVICES_KEY) - 1);
    return IopQueryDriver(&Name);
}

VOID MonServiceName(PCSTR Path, CHAR *Name, ULONG Size) {
    PCSTR Base = strrchr(Path, '\\') != NULL ? strrchr(Path, '\\') + 1 : Path;
    PSTR Dot;
    strncpy(Name, Base, Size - 1);
    Name[Size - 1] = '\0';
    Dot = strrchr(Name, '.');
    if (Dot != NULL && Dot != Name) {
        *Dot = '\0';
    }
}

static VOID MonDeleteKey(PUNICODE_STRING Key) {
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Handle;
    InitializeObjectAttributes(&Attributes, Key, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    if (NT_SUCCESS(ZwOpenKey(&Handle, DELETE, &Attributes))) {
        ZwDeleteKey(Handle);
        ZwClose(Handle);
    }
}

/* After the driver's DriverEntry: a device that is there already is started before this returns. */
static NTSTATUS MonBind(PUNICODE_STRING Key, PCSTR Match, PLDR_REFUSAL Refusal) {
    UNICODE_STRING Service, Text = {0};
    NTSTATUS Status = STATUS_SUCCESS;
    RtlInitUnicodeString(&Service, Key->Buffer + RTL_NUMBER_OF(MON_SERVICES_KEY) - 1);
    if (Match[0] != '\0') {
        Status = MonToUnicode(L"", Match, &Text);
        if (NT_SUCCESS(Status)) {
            Status = PnpBind(&Text, &Service);
        }
        MonFreeString(&Text);
    }
    if (NT_SUCCESS(Status)) {
        PnpDriverArrived(&Service);
    } else {
        IopUnloadDriver(Key);
        strncpy(Refusal->Why, "--match names no device's ID", sizeof Refusal->Why - 1);
        strncpy(Refusal->Advice, "it is like PCI\\VEN_1234&DEV_11E8 or ROOT\\NAME, with ,upper ,lower or ,msi behind it", sizeof Refusal->Advice - 1);
    }
    return Status;
}

VOID MonReportIdle(ULONG Connection, PCSTR Path, PCSTR Service) {
    UNICODE_STRING Name = {0};
    WCHAR Unserved[200];
    PIOP_DRIVER Driver;
    if (!NT_SUCCESS(MonToUnicode(L"", Service, &Name))) {
        return;
    }
    Driver = IopFindDriver(&Name);
    if (Driver != NULL && Driver->Extension.AddDevice != NULL && PnpCountDevices(&Name, Unserved, RTL_NUMBER_OF(Unserved)) == 0) {
        MonNote(Connection,
                "%s: waits for a device (it has an AddDevice routine), and none here is its own: name one behind the driver: --match '%S'%s", Path,
                Unserved[0] != 0 ? Unserved : L"ROOT\\NAME",
                Unserved[0] != 0 ? ", or --match 'ROOT\\NAME' for one without hardware"
                                 : " for one without hardware, or the ID of one that --device plugs in, as --match 'PCI\\VEN_1234&DEV_11E8'");
    }
    MonFreeString(&Name);
}

NTSTATUS MonInstallAndLoad(PCSTR Path, PCSTR Service, PCSTR Match, ULONG Start, PBOOLEAN Made, PMON_RESULT Result) {
    UNICODE_STRING Image = {0}, Key = {0};
    ULONG Type = SERVICE_KERNEL_DRIVER_TYPE, ErrorControl = 1, Before, Size = sizeof Before;
    LDR_REFUSAL Refusal = {0};
    NTSTATUS Status = MonServiceKey(Service, &Key);
    if (NT_SUCCESS(Status)) {
        Status = MonToUnicode(L"\\??\\", Path, &Image);
    }
    if (!NT_SUCCESS(Status)) {
        goto Done;
    }
    *Made = !NT_SUCCESS(CmpQueryValue(Key.Buffer, L"Type", NULL, &Before, &Size));
    if (MonDriverState(&Key) != IopDriverAbsent) {
        Status = STATUS_IMAGE_ALREADY_LOADED;
        goto Done;
    }
    CmpSetValue(Key.Buffer, L"Type", REG_DWORD, &Type, sizeof Type);
    CmpSetValue(Key.Buffer, L"Start", REG_DWORD, &Start, sizeof Start);
    CmpSetValue(Key.Buffer, L"ErrorControl", REG_DWORD, &ErrorControl, sizeof ErrorControl);
    CmpSetValue(Key.Buffer, L"ImagePath", REG_EXPAND_SZ, Image.Buffer, Image.Length + sizeof(WCHAR));
    Status = IopLoadDriver(&Key, &Refusal);
    if (NT_SUCCESS(Status)) {
        Status = MonBind(&Key, Match, &Refusal);
    }
    if (!NT_SUCCESS(Status) && *Made) {
        MonDeleteKey(&Key);
    }
Done:
    if (!NT_SUCCESS(Status)) {
        MonRefuseImage(Result, Path, Status, &Refusal);
    }
    MonFreeString(&Image);
    MonFreeString(&Key);
    return Status;
}

VOID MonUnload(PCSTR Service, BOOLEAN Remove, PMON_RESULT Result) {
    UNICODE_STRING Key = {0}, Name = {0};
    NTSTATUS Status = MonServiceKey(Service, &Key);
    BOOLEAN InUse = FALSE;
    PCSTR Why = NULL;
    if (NT_SUCCESS(Status)) {
        RtlInitUnicodeString(&Name, Key.Buffer + RTL_NUMBER_OF(MON_SERVICES_KEY) - 1);
        Status = PnpRemoveDriver(&Name);
        InUse = !NT_SUCCESS(Status);
    }
    if (!InUse) {
        Status = IopUnloadDriver(&Key);
    }
    if (InUse) {
        Why = "a device of it is in use, or its driver will not have it removed";
    } else if (Status == STATUS_INVALID_DEVICE_REQUEST && MonDriverState(&Key) == IopDriverUnloadPending) {
        Why = "it is being unloaded: that waits for the last handle to a device of it";
    } else if (Status == STATUS_INVALID_DEVICE_REQUEST) {
        Why = "it has no DriverUnload routine: it stays until the machine ends";
    } else if (NT_SUCCESS(Status) && MonDriverState(&Key) != IopDriverAbsent) {
        Why = "a device of it is still open: it is unloaded when the last handle is closed";
    } else if (!NT_SUCCESS(Status) && Status != STATUS_OBJECT_NAME_NOT_FOUND) {
        Why = "it cannot be unloaded";
    }
    if (Status == STATUS_OBJECT_NAME_NOT_FOUND) {
        Result->Code = EXIT_REFUSED;
        MonFormat(Result->Text, sizeof Result->Text, "%s: no driver of that name is loaded: `ringside status` lists them", Service);
    } else if (Why != NULL) {
        Result->Code = EXIT_REFUSED;
        MonFormat(Result->Text, sizeof Result->Text, "%s: stays loaded: %s (status 0x%08X)", Service, Why, Status);
    }
    if (Remove && (NT_SUCCESS(Status) || Status == STATUS_OBJECT_NAME_NOT_FOUND)) {
        PnpUnbind(&Name);
        MonDeleteKey(&Key);
    }
    MonFreeString(&Key);
}

/* ---- Programs -------------------------------------------------------------------------------------------------------------------- */

/* One of the machine's list; the user's name is that of the account. */
static PCSTR MonVariable(ULONG Index, ULONG Account) {
    static const PCSTR UserNames[] = {
        [HAL_ACCOUNT_ADMINISTRATOR] = "USERNAME=Administrator", [HAL_ACCOUNT_USER] = "USERNAME=User", [HAL_ACCOUNT_SYSTEM] = "USERNAME=SYSTEM"};
    PCSTR Variable = KiMachine->environment[Index];
    return strncmp(Variable, "USERNAME=", 9) == 0 ? UserNames[Account] : Variable;
}

/* NAME=value\0...\0\0 from the machine's list. */
static PWSTR MonBuildEnvironment(ULONG Account, SIZE_T *Size) {
    SIZE_T Room = 2, At = 0;
    PWSTR Block;
    for (ULONG I = 0; I < KiMachine->environment_count; I++) {
        Room += strlen(MonVariable(I, Account)) + 1;
    }
    Block = ExAllocatePoolWithTag(NonPagedPoolNx, Room * sizeof(WCHAR), MON_TAG);
    if (Block == NULL) {
        return NULL;
    }
    for (ULONG I = 0; I < KiMachine->environment_count; I++) {
        PCSTR Variable = MonVariable(I, Account);
        ULONG Bytes = 0;
        RtlUTF8ToUnicodeN(Block + At, (ULONG)((Room - At) * sizeof(WCHAR)), &Bytes, Variable, (ULONG)strlen(Variable));
        At += Bytes / sizeof(WCHAR);
        Block[At++] = L'\0';
    }
    Block[At++] = L'\0';
    *Size = At * sizeof(WCHAR);
    return Block;
}

static NTSTATUS MonStartProgram(PMON_JOB Job, const hal_program *Program, PEPROCESS *Process) {
    UNICODE_STRING Path = {0}, CommandLine = {0}, Directory = RTL_CONSTANT_STRING(L"C:\\");
    SIZE_T EnvironmentSize = 0;
    PWSTR Environment = MonBuildEnvironment(Program->account, &EnvironmentSize);
    PETHREAD Thread;
    NTSTATUS Status = Environment == NULL ? STATUS_INSUFFICIENT_RESOURCES : MonToUnicode(L"\\??\\", Program->path, &Path);
    if (NT_SUCCESS(Status)) {
        Status = MonToUnicode(L"", Program->command_line, &CommandLine);
    }
    if (NT_SUCCESS(Status)) {
        Status = PspCreateUserProcess(&Path, &CommandLine, &Directory, Environment, EnvironmentSize, (SE_ACCOUNT)Program->account, Job->Console,
                                      Job->Connection, Process, &Thread);
    }
    if (NT_SUCCESS(Status)) {
        ObfDereferenceObject(Thread);
    }
    if (Environment != NULL) {
        ExFreePoolWithTag(Environment, MON_TAG);
    }
    MonFreeString(&Path);
    MonFreeString(&CommandLine);
    return Status;
}

/* Until all of them have ended, or none goes on unless something comes from outside. */
static VOID MonWaitForTurn(PEPROCESS *Processes, ULONG Count) {
    KI_QUIET_WAITER Quiet;
    KiBeginQuietWait(&Quiet);
    for (ULONG I = 0; I < Count; I++) {
        PVOID Objects[] = {&Quiet.Event, Processes[I]};
        if (KeWaitForMultipleObjects(RTL_NUMBER_OF(Objects), Objects, WaitAny, Executive, KernelMode, FALSE, NULL, NULL) == STATUS_WAIT_0) {
            break;
        }
    }
    KiEndQuietWait(&Quiet);
}

/* Starts the programs in their order, waits for all, and gives the first one's exit status. */
static NTSTATUS MonRunPrograms(PMON_JOB Job) {
    PEPROCESS Processes[HAL_MAX_PROGRAMS];
    NTSTATUS ExitStatus = STATUS_SUCCESS;
    ULONG Started = 0;
    NT_ASSERT_OURS(Job->ProgramCount <= HAL_MAX_PROGRAMS);
    while (Started < Job->ProgramCount && !Job->Gone) {
        LDR_REFUSAL Refusal = {0};
        NTSTATUS Status;
        MonWaitForTurn(Processes, Started);
        if (Job->Gone) {
            break;
        }
        Status = MonStartProgram(Job, &Job->Programs[Started], &Processes[Started]);
        if (!NT_SUCCESS(Status)) {
            MonRefuseImage(&Job->Result, Job->Programs[Started].path, Status, &Refusal);
            break;
        }
        if (Job->Gone) {
            PspTerminateProcess(Processes[Started], STATUS_CONTROL_C_EXIT); /* it was not there yet when the others were asked to end */
        }
        Started++;
    }
    while (Started-- > 0) {
        KeWaitForSingleObject(Processes[Started], Executive, KernelMode, FALSE, NULL);
        ExitStatus = Processes[Started]->ExitStatus;
        ObfDereferenceObject(Processes[Started]);
    }
    return ExitStatus;
}

PEPROCESS MonNextProcess(PEPROCESS After) {
    PLIST_ENTRY Link = After == NULL ? PsInitialSystemProcess->ActiveProcessLinks.Flink : After->ActiveProcessLinks.Flink;
    return Link == &PsActiveProcessHead ? NULL : CONTAINING_RECORD(Link, struct _EPROCESS, ActiveProcessLinks);
}

static PEPROCESS MonFirstProcessOf(ULONG Connection) {
    PEPROCESS Process = MonNextProcess(NULL);
    while (Process != NULL && Process->Connection != Connection) {
        Process = MonNextProcess(Process);
    }
    return Process;
}

/* Programs that these have started and that still go on are ended, oldest first, with the status that programs end with when Windows shuts down. */
static VOID MonEndRemainingPrograms(PMON_JOB Job) {
    PEPROCESS Process;
    while ((Process = MonFirstProcessOf(Job->Connection)) != NULL) {
        ObfReferenceObject(Process);
        if (!Process->Exiting) {
            MonNote(Job->Connection, "%s (process %lu): still ran when the last program of the command line had ended; it is terminated",
                    Process->ImageFileName, HandleToUlong(Process->UniqueProcessId));
        }
        PspTerminateProcess(Process, DBG_TERMINATE_PROCESS);
        KeWaitForSingleObject(Process, Executive, KernelMode, FALSE, NULL);
        ObfDereferenceObject(Process);
    }
}

/* ntdll has said which DLL or function is missing; that the program never began is what counts for the exit code. */
static BOOLEAN MonNeverBegan(NTSTATUS ExitStatus) {
    return ExitStatus == STATUS_DLL_NOT_FOUND || ExitStatus == STATUS_ENTRYPOINT_NOT_FOUND || ExitStatus == STATUS_ORDINAL_NOT_FOUND;
}

BOOLEAN MonIsOwnThread(PKTHREAD Thread) {
    PLIST_ENTRY Link = MonJobs.Flink;

    while (Link != &MonJobs && CONTAINING_RECORD(Link, MON_JOB, Link)->Thread != Thread) {
        Link = Link->Flink;
    }
    return Thread == KiMonitorThread || Link != &MonJobs;
}

/* ---- The whole ------------------------------------------------------------------------------------------------------------------- */

static VOID MonUnloadDrivers(PMON_JOB Job, ULONG Loaded, ULONG64 Made) {
    while (Loaded-- > 0) {
        MON_RESULT Result = {0};
        CHAR Service[MON_NAME];
        MonServiceName(Job->Drivers[Loaded], Service, sizeof Service);
        MonUnload(Service, KiMachine->stays_up && (Made >> Loaded & 1), &Result);
        if (Result.Text[0] != '\0') {
            MonNote(Job->Connection, "%s", Result.Text);
        }
    }
}

VOID MonAddJob(PMON_JOB Job) { InsertTailList(&MonJobs, &Job->Link); }

VOID MonRunJob(PMON_JOB Job) {
    NTSTATUS ExitStatus = STATUS_SUCCESS;
    ULONG64 Made = 0;
    ULONG Loaded = 0;

    NT_ASSERT_OURS(Job->DriverCount <= 64);
    if (Job->Link.Flink == NULL) {
        MonAddJob(Job);
    }
    for (; Loaded < Job->DriverCount && !Job->Gone && Job->Result.Text[0] == '\0'; Loaded++) {
        CHAR Service[MON_NAME];
        BOOLEAN MadeKey = FALSE;
        MonServiceName(Job->Drivers[Loaded], Service, sizeof Service);
        if (!NT_SUCCESS(MonInstallAndLoad(Job->Drivers[Loaded], Service, Job->Matches[Loaded], SERVICE_DEMAND_START, &MadeKey, &Job->Result))) {
            break;
        }
        Made |= (ULONG64)MadeKey << Loaded;
    }
    for (ULONG I = 0; I < Loaded && Job->Result.Text[0] == '\0'; I++) {
        CHAR Service[MON_NAME];
        MonServiceName(Job->Drivers[I], Service, sizeof Service);
        MonReportIdle(Job->Connection, Job->Drivers[I], Service);
    }
    if (Job->Result.Text[0] == '\0') {
        Job->Thread = KiCurrentThread();
        ExitStatus = MonRunPrograms(Job);
        MonEndRemainingPrograms(Job);
        Job->Thread = NULL;
    }
    if (!KiMachine->stays_up) {
        IoShutdownSystem(); /* the machine ends with the job */
    }
    MonUnloadDrivers(Job, Loaded, Made);
    if (Job->Result.Text[0] == '\0' && MonNeverBegan(ExitStatus)) {
        static const LDR_REFUSAL Refusal = {"lacks a DLL or a function, so it never began", "the line above says which"};
        MonRefuse(&Job->Result, EXIT_REFUSED, Job->Programs[0].path, ExitStatus, &Refusal);
    } else if (Job->Result.Text[0] == '\0') {
        Job->Result.Code = (ULONG)ExitStatus;
    }
    RemoveEntryList(&Job->Link);
}

/* ---- The end of a job whose terminal has gone ------------------------------------------------------------------------------------ */

#define CTRL_CLOSE_EVENT 2u
#define CLOSE_GRACE      (-50000000ll) /* 5 s, as a console gives its programs ("HandlerRoutine callback function") */

static VOID NTAPI MonEndThread(PVOID Context) {
    ULONG Connection = (ULONG)(ULONG_PTR)Context;
    LARGE_INTEGER Grace = {.QuadPart = CLOSE_GRACE};
    PEPROCESS Process;

    if (MonControlEvent(Connection, CTRL_CLOSE_EVENT)) {
        LARGE_INTEGER Step = {.QuadPart = -100000};
        for (; Grace.QuadPart < 0 && MonFirstProcessOf(Connection) != NULL; Grace.QuadPart -= Step.QuadPart) {
            KeDelayExecutionThread(KernelMode, FALSE, &Step);
        }
    }
    while ((Process = MonFirstProcessOf(Connection)) != NULL) {
        ObfReferenceObject(Process);
        PspTerminateProcess(Process, STATUS_CONTROL_C_EXIT);
        KeWaitForSingleObject(Process, Executive, KernelMode, FALSE, NULL);
        ObfDereferenceObject(Process);
    }
}

BOOLEAN MonHasJobs(VOID) { return !IsListEmpty(&MonJobs); }

VOID MonEndJob(ULONG Connection) {
    PMON_JOB Job = NULL;
    HANDLE Thread;

    for (PLIST_ENTRY Link = MonJobs.Flink; Link != &MonJobs && Job == NULL; Link = Link->Flink) {
        PMON_JOB Candidate = CONTAINING_RECORD(Link, MON_JOB, Link);
        Job = Candidate->Connection == Connection ? Candidate : NULL;
    }
    if (Job == NULL) {
        return;
    }
    Job->Gone = TRUE;
    if (NT_SUCCESS(PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, MonEndThread, (PVOID)(ULONG_PTR)Connection))) {
        ZwClose(Thread);
    } else {
        MonEndThread((PVOID)(ULONG_PTR)Connection);
    }
}
