/* ObRegisterCallbacks and the routines that are told of processes, threads and images: order, contexts, limits, what they may change. */
#include "kernel/more.h"

#define PROCESS_TERMINATE 0x0001
#define PROCESS_VM_READ   0x0010
#define PROCESS_VM_WRITE  0x0020

__declspec(dllimport) extern POBJECT_TYPE *ExDesktopObjectType, *ExWindowStationObjectType, *PsThreadType;
NTSTATUS NTAPI ZwDuplicateObject(HANDLE, HANDLE, HANDLE, PHANDLE, ACCESS_MASK, ULONG, ULONG);

static ULONG Order[8], Calls, BadLevel;
static ACCESS_MASK SeenDesired[2], SeenOriginal[2], PostGranted;
static BOOLEAN KernelHandle;
static OB_OPERATION LastOperation;
static PEPROCESS Source, Target;
static PVOID PostContext, Registration[2];
static NTSTATUS PostStatus = 1;

static VOID Note(ULONG What) {
    if (Calls < RTL_NUMBER_OF(Order))
        Order[Calls] = What;
    Calls++;
    if (KeGetCurrentIrql() != PASSIVE_LEVEL || !KeAreApcsDisabled())
        BadLevel++;
}

static OB_PREOP_CALLBACK_STATUS NTAPI High(PVOID Context, POB_PRE_OPERATION_INFORMATION Information) {
    Note((ULONG)(ULONG_PTR)Context);
    SeenDesired[0] = Information->Parameters->CreateHandleInformation.DesiredAccess;
    SeenOriginal[0] = Information->Parameters->CreateHandleInformation.OriginalDesiredAccess;
    Information->Parameters->CreateHandleInformation.DesiredAccess &= ~(ACCESS_MASK)PROCESS_TERMINATE;
    Information->CallContext = (PVOID)0x1234;
    KernelHandle = Information->KernelHandle;
    LastOperation = Information->Operation;
    if (Information->Operation == OB_OPERATION_HANDLE_DUPLICATE) {
        Source = Information->Parameters->DuplicateHandleInformation.SourceProcess;
        Target = Information->Parameters->DuplicateHandleInformation.TargetProcess;
    }
    return OB_PREOP_SUCCESS;
}

static OB_PREOP_CALLBACK_STATUS NTAPI Low(PVOID Context, POB_PRE_OPERATION_INFORMATION Information) {
    Note((ULONG)(ULONG_PTR)Context);
    SeenDesired[1] = Information->Parameters->CreateHandleInformation.DesiredAccess;
    SeenOriginal[1] = Information->Parameters->CreateHandleInformation.OriginalDesiredAccess;
    Information->Parameters->CreateHandleInformation.DesiredAccess |= PROCESS_VM_WRITE; /* no callback can give a right */
    return OB_PREOP_SUCCESS;
}

static VOID NTAPI PostHigh(PVOID Context, POB_POST_OPERATION_INFORMATION Information) {
    Note(10 + (ULONG)(ULONG_PTR)Context);
    PostContext = Information->CallContext;
    PostGranted = Information->Parameters->CreateHandleInformation.GrantedAccess;
    PostStatus = Information->ReturnStatus;
}

static VOID NTAPI PostLow(PVOID Context, POB_POST_OPERATION_INFORMATION Information) { Note(10 + (ULONG)(ULONG_PTR)Context); }

static ACCESS_MASK AccessOf(HANDLE Handle) {
    OBJECT_HANDLE_INFORMATION Information = {0};
    PVOID Object;
    if (NT_SUCCESS(ObReferenceObjectByHandle(Handle, 0, *PsProcessType, KernelMode, &Object, &Information)))
        ObDereferenceObject(Object);
    return Information.GrantedAccess;
}

static NTSTATUS Register(PCWSTR Altitude, ULONG Context, POB_PRE_OPERATION_CALLBACK Pre, POB_POST_OPERATION_CALLBACK Post, PVOID *Handle) {
    OB_OPERATION_REGISTRATION Operations[] = {{PsProcessType, OB_OPERATION_HANDLE_CREATE | OB_OPERATION_HANDLE_DUPLICATE, Pre, Post},
                                              {PsThreadType, OB_OPERATION_HANDLE_CREATE, Pre, Post}};
    OB_CALLBACK_REGISTRATION Wanted = {
        .Version = ObGetFilterVersion(), .OperationRegistrationCount = 2, .RegistrationContext = (PVOID)(ULONG_PTR)Context};
    Wanted.OperationRegistration = Operations;
    RtlInitUnicodeString(&Wanted.Altitude, Altitude);
    return ObRegisterCallbacks(&Wanted, Handle);
}

static VOID TestRefusals(VOID) {
    OB_OPERATION_REGISTRATION Operation = {PsProcessType, OB_OPERATION_HANDLE_CREATE, High, NULL}, Twice[2] = {Operation, Operation};
    OB_CALLBACK_REGISTRATION Wanted = {
        .Version = 0x200, .OperationRegistrationCount = 1, .Altitude = RTL_CONSTANT_STRING(L"1"), .OperationRegistration = &Operation};
    POBJECT_TYPE *FileType = (POBJECT_TYPE *)IoFileObjectType;
    PVOID Handle;
    STATUS(ObRegisterCallbacks(&Wanted, &Handle), STATUS_INVALID_PARAMETER, "another version");
    Wanted.Version = OB_FLT_REGISTRATION_VERSION;
    Operation.Operations = 0;
    STATUS(ObRegisterCallbacks(&Wanted, &Handle), STATUS_INVALID_PARAMETER, "no operations");
    Operation.Operations = OB_OPERATION_HANDLE_CREATE;
    Operation.PreOperation = NULL;
    STATUS(ObRegisterCallbacks(&Wanted, &Handle), STATUS_INVALID_PARAMETER, "no routines");
    Operation.PreOperation = High;
    Operation.ObjectType = FileType;
    STATUS(ObRegisterCallbacks(&Wanted, &Handle), STATUS_INVALID_PARAMETER, "a type that takes none");
    Operation.ObjectType = ExWindowStationObjectType;
    STATUS(ObRegisterCallbacks(&Wanted, &Handle), STATUS_INVALID_PARAMETER, "nor does this one");
    STATUS(ObReferenceObjectByHandle(NtCurrentProcess(), 0, *ExWindowStationObjectType, KernelMode, &Handle, NULL), STATUS_OBJECT_TYPE_MISMATCH,
           "which is no process's");
    Operation.ObjectType = ExDesktopObjectType;
    STATUS(ObRegisterCallbacks(&Wanted, &Handle), 0, "desktops do");
    ObUnRegisterCallbacks(Handle);
    Wanted.OperationRegistration = Twice;
    Wanted.OperationRegistrationCount = 2;
    STATUS(ObRegisterCallbacks(&Wanted, &Handle), STATUS_FLT_INSTANCE_ALTITUDE_COLLISION, "one type twice at one altitude");
    Wanted.OperationRegistrationCount = 0;
    STATUS(ObRegisterCallbacks(&Wanted, &Handle), STATUS_INVALID_PARAMETER, "nothing to register");
}

static VOID TestOrder(VOID) {
    HANDLE Handle = NULL, Copy = NULL, Other = NULL;
    STATUS(Register(L"40000", 2, Low, PostLow, &Registration[1]), 0, "the lower one first");
    STATUS(Register(L"320000.5", 1, High, PostHigh, &Registration[0]), 0, "then the higher one");
    STATUS(Register(L"0320000.50", 3, High, NULL, &Other), STATUS_FLT_INSTANCE_ALTITUDE_COLLISION, "the same altitude, written otherwise");

    STATUS(ObOpenObjectByPointer(PsInitialSystemProcess, 0, NULL, PROCESS_TERMINATE | PROCESS_VM_READ, *PsProcessType, KernelMode, &Handle), 0,
           "a handle");
    ok(Calls == 4 && Order[0] == 1 && Order[1] == 2 && Order[2] == 12 && Order[3] == 11, "higher, lower; after it lower, higher");
    is(BadLevel, 0, "at PASSIVE_LEVEL in a critical region");
    is(SeenDesired[0], PROCESS_TERMINATE | PROCESS_VM_READ, "the higher one sees what is desired");
    is(SeenDesired[1], PROCESS_VM_READ, "the lower one what is left");
    is(SeenOriginal[1], PROCESS_TERMINATE | PROCESS_VM_READ, "and what was desired at first");
    ok(!KernelHandle && LastOperation == OB_OPERATION_HANDLE_CREATE, "no kernel handle, made");
    is(AccessOf(Handle), PROCESS_VM_READ, "a right is taken away, and none given");
    is(PostGranted, PROCESS_VM_READ, "as the callback afterwards sees");
    STATUS(PostStatus, 0, "with the status");
    is((ULONG_PTR)PostContext, 0x1234, "and the context that the one before left");

    STATUS(ZwDuplicateObject(NtCurrentProcess(), Handle, NtCurrentProcess(), &Copy, 0, 0, DUPLICATE_SAME_ACCESS), 0, "a duplicate");
    ok(LastOperation == OB_OPERATION_HANDLE_DUPLICATE && Source == PsInitialSystemProcess && Target == PsInitialSystemProcess, "from here to here");
    ZwClose(Copy);
    ZwClose(Handle);

    STATUS(ObOpenObjectByPointer(PsInitialSystemProcess, OBJ_KERNEL_HANDLE, NULL, PROCESS_TERMINATE, *PsProcessType, KernelMode, &Handle), 0,
           "a kernel handle");
    ok(KernelHandle, "is called one");
    is(AccessOf(Handle), PROCESS_TERMINATE, "and keeps its rights");
    ZwClose(Handle);

    Calls = 0;
    STATUS(ObOpenObjectByPointer(PsGetCurrentThread(), 0, NULL, SYNCHRONIZE, *PsThreadType, KernelMode, &Handle), 0, "a thread's");
    is(Calls, 4, "is seen by both");
    STATUS(ZwDuplicateObject(NtCurrentProcess(), Handle, NtCurrentProcess(), &Copy, 0, 0, DUPLICATE_SAME_ACCESS), 0, "its duplicate");
    is(Calls, 4, "was not asked for");
    ZwClose(Copy);
    ZwClose(Handle);
    ObUnRegisterCallbacks(Registration[0]);
    ObUnRegisterCallbacks(Registration[1]);
}

/* ---- Notify routines ---- */
static KEVENT Entered, Leave;
static ULONG Finished, Told;
static BOOLEAN RemovedWhileRunning;

static VOID SlowThreadRoutine(HANDLE ProcessId, HANDLE ThreadId, BOOLEAN Create) {
    if (!Create)
        return;
    KeSetEvent(&Entered, IO_NO_INCREMENT, FALSE);
    KeWaitForSingleObject(&Leave, Executive, KernelMode, FALSE, NULL);
    Finished++;
}

static VOID NTAPI Nothing(PVOID Context) { PsTerminateSystemThread(STATUS_SUCCESS); }

static VOID NTAPI Make(PVOID Context) { /* tells the routine of a thread */
    HANDLE Thread;
    if (NT_SUCCESS(PsCreateSystemThread(&Thread, SYNCHRONIZE, NULL, NULL, NULL, Nothing, NULL)))
        ZwClose(Thread);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID NTAPI Remove(PVOID Context) {
    PsRemoveCreateThreadNotifyRoutine(SlowThreadRoutine);
    RemovedWhileRunning = Finished == 0;
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static PVOID Start(PKSTART_ROUTINE Routine) {
    HANDLE Handle;
    PVOID Thread = NULL;
    if (NT_SUCCESS(PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, Routine, NULL))) {
        ObReferenceObjectByHandle(Handle, SYNCHRONIZE, *PsThreadType, KernelMode, &Thread, NULL);
        ZwClose(Handle);
    }
    return Thread;
}

static VOID Join(PVOID Thread) {
    KeWaitForSingleObject(Thread, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(Thread);
}

static VOID TestRemoval(VOID) {
    LARGE_INTEGER Moment = {.QuadPart = -100000};
    KeInitializeEvent(&Entered, SynchronizationEvent, FALSE);
    KeInitializeEvent(&Leave, NotificationEvent, FALSE);
    PVOID Maker = Start(Make);
    STATUS(PsSetCreateThreadNotifyRoutine(SlowThreadRoutine), 0, "a routine that takes its time");
    KeWaitForSingleObject(&Entered, Executive, KernelMode, FALSE, NULL);
    KeSetEvent(&Leave, IO_NO_INCREMENT, FALSE); /* the remover's own creation is told too */
    PVOID Remover = Start(Remove);
    KeDelayExecutionThread(KernelMode, FALSE, &Moment);
    Join(Maker);
    Join(Remover);
    ok(!RemovedWhileRunning && Finished >= 1, "who removes a routine that runs waits for it");
    STATUS(PsRemoveCreateThreadNotifyRoutine(SlowThreadRoutine), STATUS_PROCEDURE_NOT_FOUND, "and it is gone");
}

static VOID Imaged(PUNICODE_STRING Name, HANDLE Id, PIMAGE_INFO Info) {
    Told++;
    if (KeGetCurrentIrql() != PASSIVE_LEVEL || !KeAreApcsDisabled() || Id || !Info->SystemModeImage ||
        Info->ImageAddressingMode != IMAGE_ADDRESSING_MODE_32BIT)
        BadLevel++;
    UNREFERENCED_PARAMETER(Name);
}

static VOID TestLimits(VOID) {
    ULONG Images = 0, Threads = 0;
    while (Images < 100 && NT_SUCCESS(PsSetLoadImageNotifyRoutine(Imaged)))
        Images++;
    is(Images, 64, "64 places for routines of images");
    STATUS(PsSetLoadImageNotifyRoutine(Imaged), STATUS_INSUFFICIENT_RESOURCES, "and no more");
    while (NT_SUCCESS(PsRemoveLoadImageNotifyRoutine(Imaged)))
        Images--;
    is(Images, 0, "all are removed");
    KeSetEvent(&Leave, IO_NO_INCREMENT, FALSE);
    while (Threads < 100 && NT_SUCCESS(PsSetCreateThreadNotifyRoutine(SlowThreadRoutine)))
        Threads++;
    is(Threads, 64, "64 places for routines of threads");
    while (NT_SUCCESS(PsRemoveCreateThreadNotifyRoutine(SlowThreadRoutine)))
        Threads--;
    is(Threads, 0, "all are removed");
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    TestRefusals();
    TestOrder();
    TestRemoval();
    TestLimits();
}
