/* The object types Process and Thread, and the System process. */
#include "ps/job.h"
#include "ex/ex.h"

POBJECT_TYPE PspProcessType, PspThreadType, PspJobType;
PEPROCESS PsInitialSystemProcess;
LIST_ENTRY PsActiveProcessHead = {&PsActiveProcessHead, &PsActiveProcessHead};

#define SYSTEM_PROCESS_ID 4

static VOID PspCreateTypes(VOID) {
    static const OB_TYPE_INITIALIZER Process = {
        .Name = L"Process",
        .GenericMapping = {STANDARD_RIGHTS_READ | 0x0410, STANDARD_RIGHTS_WRITE | 0x0BEA, STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE | 0x1001,
                           PROCESS_ALL_ACCESS},
        .ValidAccess = PROCESS_ALL_ACCESS,
        .PoolType = NonPagedPoolNx,
        .BodySize = sizeof(struct _EPROCESS),
        .Callbacks = TRUE,
        .Label = 3, /* SYSTEM_MANDATORY_LABEL_NO_WRITE_UP and ..._NO_READ_UP */
        .Delete = PspDeleteProcess,
    };
    static const OB_TYPE_INITIALIZER Thread = {
        .Name = L"Thread",
        .GenericMapping = {STANDARD_RIGHTS_READ | 0x0848, STANDARD_RIGHTS_WRITE | 0x0437, STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE | 0x0804,
                           THREAD_ALL_ACCESS},
        .ValidAccess = THREAD_ALL_ACCESS,
        .PoolType = NonPagedPoolNx,
        .BodySize = sizeof(struct _ETHREAD),
        .Callbacks = TRUE,
        .Label = 3,
        .Delete = PspDeleteThread,
    };

    if (!NT_SUCCESS(ObCreateObjectType(&Process, &PspProcessType)) || !NT_SUCCESS(ObCreateObjectType(&Thread, &PspThreadType)))
        KiFatal("the types Process and Thread cannot be made");
    PspInitializeJobType();
}

static VOID PspCreateSystemProcess(VOID) {
    PEPROCESS Process;

    if (!NT_SUCCESS(ObCreateObject(KernelMode, PspProcessType, NULL, KernelMode, NULL, sizeof(*Process), 0, 0, (PVOID *)&Process)))
        KiFatal("the System process cannot be made");
    KiInitializeProcess(&Process->Pcb, 8);
    Process->ExitStatus = STATUS_PENDING;
    Process->PriorityClass = 2;
    Process->CreateTime.QuadPart = (LONGLONG)KiQuerySystemTime();
    RtlCopyMemory(Process->ImageFileName, "System", sizeof("System"));
    if (!NT_SUCCESS(PspAllocateId(Process, &Process->UniqueProcessId)) || HandleToUlong(Process->UniqueProcessId) != SYSTEM_PROCESS_ID ||
        !NT_SUCCESS(ObpInitializeProcessHandles(Process)))
        KiFatal("the System process cannot be made");
    Process->Token = PsReferencePrimaryToken(NULL);
    if (!NT_SUCCESS(ObpAssignSecurity(Process, Process->Token)))
        KiFatal("the System process cannot be made");
    InsertTailList(&PsActiveProcessHead, &Process->ActiveProcessLinks);
    PsInitialSystemProcess = Process;
}

/* The code that runs now gets an object, so that it is a thread like others to whoever asks; it has no id and no end. */
static VOID PspAdoptBootThread(VOID) {
    PETHREAD Thread;
    NT_TEB *Block = ExAllocatePoolWithTag(NonPagedPoolNx, KI_SYSTEM_BLOCK_SIZE, 'kBsP');

    if (Block == NULL || !NT_SUCCESS(ObCreateObject(KernelMode, PspThreadType, NULL, KernelMode, NULL, sizeof(*Thread), 0, 0, (PVOID *)&Thread)))
        KiFatal("the boot thread cannot be made");
    RtlZeroMemory(Block, KI_SYSTEM_BLOCK_SIZE);
    Thread->Process = PsInitialSystemProcess;
    Thread->Cid.UniqueProcess = PsInitialSystemProcess->UniqueProcessId;
    Thread->ExitStatus = STATUS_PENDING;
    Thread->SystemBlock = Block;
    InitializeListHead(&Thread->IrpList);
    KiAdoptBootThread(&Thread->Tcb, &PsInitialSystemProcess->Pcb, Block);
}

VOID PsInitSystem(VOID) {
    PspCreateTypes();
    PspCreateSystemProcess();
    PspAdoptBootThread();
    ExStartWorkers();
    ExCreateCommonKeyedEvent();
}
