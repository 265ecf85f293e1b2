/* Functions that few drivers call, of several components: boot display, sets of processors, power settings, heaps, hives. */
#include "kernel/more.h"

typedef struct _AFFINITY_SET { /* KAFFINITY_EX */
    USHORT Count, Size;
    ULONG Reserved;
    ULONG64 Bitmap[20];
} AFFINITY_SET;

BOOLEAN NTAPI InbvIsBootDriverInstalled(VOID);
VOID NTAPI InbvAcquireDisplayOwnership(VOID);
BOOLEAN NTAPI InbvCheckDisplayOwnership(VOID);
VOID NTAPI InbvNotifyDisplayOwnershipLost(PVOID);
BOOLEAN NTAPI InbvEnableDisplayString(BOOLEAN);
BOOLEAN NTAPI InbvDisplayString(PCSTR);
BOOLEAN NTAPI InbvResetDisplay(VOID);
VOID NTAPI InbvEnableBootDriver(BOOLEAN);
VOID NTAPI InbvSetScrollRegion(ULONG, ULONG, ULONG, ULONG);
ULONG NTAPI InbvSetTextColor(ULONG);
VOID NTAPI InbvSolidColorFill(ULONG, ULONG, ULONG, ULONG, ULONG);
VOID NTAPI KeInitializeAffinityEx(AFFINITY_SET *);
VOID NTAPI KeAddProcessorAffinityEx(AFFINITY_SET *, ULONG);
VOID NTAPI KeRemoveProcessorAffinityEx(AFFINITY_SET *, ULONG);
BOOLEAN NTAPI KeCheckProcessorAffinityEx(AFFINITY_SET *, ULONG);
BOOLEAN NTAPI KeIsEmptyAffinityEx(AFFINITY_SET *);
ULONG NTAPI KeCountSetBitsAffinityEx(AFFINITY_SET *);
VOID NTAPI KeCopyAffinityEx(AFFINITY_SET *, AFFINITY_SET *);
PVOID NTAPI PsGetProcessDebugPort(PEPROCESS);
SIZE_T NTAPI RtlSizeHeap(PVOID, ULONG, PVOID);
NTSTATUS NTAPI ZwLoadKey(POBJECT_ATTRIBUTES, POBJECT_ATTRIBUTES);
NTSTATUS NTAPI ZwUnloadKey(POBJECT_ATTRIBUTES);

LOGICAL NTAPI KeIsExecutingDpc(VOID);
BOOLEAN NTAPI KeIsAttachedProcess(VOID);
ULONG NTAPI KeGetRecommendedSharedDataAlignment(VOID);
NTSTATUS NTAPI ExGetFirmwareEnvironmentVariable(PUNICODE_STRING, LPGUID, PVOID, PULONG, PULONG);
NTSTATUS NTAPI ExSetFirmwareEnvironmentVariable(PUNICODE_STRING, LPGUID, PVOID, ULONG, ULONG);

static VOID Pause(ULONG Milliseconds) {
    LARGE_INTEGER Time = {.QuadPart = -10000ll * Milliseconds};
    KeDelayExecutionThread(KernelMode, FALSE, &Time);
}

static VOID TestDisplay(VOID) {
    ok(!InbvIsBootDriverInstalled() && !InbvResetDisplay() && !InbvDisplayString("text"), "there is no boot display");
    ok(!InbvCheckDisplayOwnership(), "it is nobody's");
    InbvAcquireDisplayOwnership();
    ok(InbvCheckDisplayOwnership(), "InbvAcquireDisplayOwnership");
    InbvNotifyDisplayOwnershipLost(NULL);
    ok(!InbvCheckDisplayOwnership(), "InbvNotifyDisplayOwnershipLost");
    ok(!InbvEnableDisplayString(TRUE) && InbvEnableDisplayString(FALSE), "InbvEnableDisplayString gives what was set before");
    ok(InbvSetTextColor(4) == 15 && InbvSetTextColor(15) == 4, "InbvSetTextColor as well");
    InbvEnableBootDriver(TRUE);
    InbvSetScrollRegion(0, 0, 639, 479);
    InbvSolidColorFill(0, 0, 639, 479, 4);
}

static VOID TestAffinity(VOID) {
    AFFINITY_SET Set, Copy;
    RtlFillMemory(&Set, sizeof Set, 0xFF);
    KeInitializeAffinityEx(&Set);
    ok(Set.Count == 1 && Set.Size == 20 && Set.Bitmap[0] == 0 && Set.Bitmap[19] == 0, "KeInitializeAffinityEx");
    ok(KeIsEmptyAffinityEx(&Set), "KeIsEmptyAffinityEx");
    KeAddProcessorAffinityEx(&Set, 3);
    KeAddProcessorAffinityEx(&Set, 64);
    KeAddProcessorAffinityEx(&Set, 9999);
    ok(Set.Bitmap[0] == 8 && Set.Bitmap[1] == 1 && Set.Count == 2, "KeAddProcessorAffinityEx");
    ok(KeCheckProcessorAffinityEx(&Set, 64) && !KeCheckProcessorAffinityEx(&Set, 65) && !KeCheckProcessorAffinityEx(&Set, 9999),
       "KeCheckProcessorAffinityEx");
    is(KeCountSetBitsAffinityEx(&Set), 2, "KeCountSetBitsAffinityEx");
    Copy = (AFFINITY_SET){.Size = 20};
    KeCopyAffinityEx(&Copy, &Set);
    ok(Copy.Bitmap[1] == 1 && Copy.Count == 2, "KeCopyAffinityEx");
    KeRemoveProcessorAffinityEx(&Set, 64);
    is(Set.Bitmap[1], 0, "KeRemoveProcessorAffinityEx");
}

static BOOLEAN NTAPI OnNmi(PVOID Context, BOOLEAN Handled) { return Handled; }

static ULONG Changes;

static VOID NTAPI OnChange(PVOID Context, PKE_PROCESSOR_CHANGE_NOTIFY_CONTEXT Change, PNTSTATUS Status) {
    Changes += Change->State == KeProcessorAddCompleteNotify && Change->NtNumber < KeQueryActiveProcessorCount(NULL);
    if (Context)
        *Status = STATUS_NO_MEMORY;
}

static VOID TestCallbacks(VOID) {
    PVOID Handle = KeRegisterNmiCallback(OnNmi, NULL);
    ok(Handle != NULL, "KeRegisterNmiCallback");
    STATUS(KeDeregisterNmiCallback(Handle), 0, "KeDeregisterNmiCallback");
    STATUS(KeDeregisterNmiCallback(Handle), STATUS_INVALID_HANDLE, "once");
    Handle = KeRegisterProcessorChangeCallback(OnChange, NULL, KE_PROCESSOR_CHANGE_ADD_EXISTING);
    ok(Handle && Changes == KeQueryActiveProcessorCount(NULL), "KeRegisterProcessorChangeCallback tells of those that are there");
    KeDeregisterProcessorChangeCallback(Handle);
    ok(KeRegisterProcessorChangeCallback(OnChange, NULL, 0) == Handle, "KeDeregisterProcessorChangeCallback frees");
    KeDeregisterProcessorChangeCallback(Handle);
    ok(!KeRegisterProcessorChangeCallback(OnChange, &Changes, KE_PROCESSOR_CHANGE_ADD_EXISTING), "who refuses one is not registered");
    ok(!PsGetProcessDebugPort(PsGetCurrentProcess()), "PsGetProcessDebugPort: nobody debugs");
}

static ULONG Told, ToldValue = 99;
static KIRQL ToldAt;

static NTSTATUS NTAPI OnSetting(LPCGUID Setting, PVOID Value, ULONG Length, PVOID Context) {
    Told += Context == &Told && Length == sizeof(ULONG);
    ToldValue = *(PULONG)Value;
    ToldAt = KeGetCurrentIrql();
    return STATUS_SUCCESS;
}

static VOID TestPower(VOID) {
    static const GUID Source = {0x5D3E9A59, 0xE9D5, 0x4B00, {0xA6, 0xBD, 0xFF, 0x34, 0xFF, 0x51, 0x65, 0x48}}, Unknown = {1, 0, 0, {0}};
    PVOID Handle = NULL;
    STATUS(PoRegisterPowerSettingCallback(NULL, &Source, OnSetting, &Told, &Handle), 0, "PoRegisterPowerSettingCallback");
    Pause(50);
    ok(Told == 1 && ToldValue == 0 && ToldAt == PASSIVE_LEVEL, "soon it is told: mains");
    STATUS(PoUnregisterPowerSettingCallback(Handle), 0, "PoUnregisterPowerSettingCallback");
    STATUS(PoUnregisterPowerSettingCallback(Handle), STATUS_INVALID_PARAMETER, "once");
    STATUS(PoRegisterPowerSettingCallback(NULL, &Unknown, OnSetting, &Told, &Handle), 0, "a setting that this machine does not know");
    Pause(50);
    is(Told, 1, "is never told");
    STATUS(PoUnregisterPowerSettingCallback(Handle), 0, "and unregistered");
    STATUS(PoRegisterPowerSettingCallback(NULL, NULL, OnSetting, NULL, &Handle), STATUS_INVALID_PARAMETER, "no setting");
}

static VOID TestHeap(VOID) {
    PVOID Heap = RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, NULL), Again;
    PULONG64 Block;
    ok(Heap != NULL, "RtlCreateHeap");
    Block = RtlAllocateHeap(Heap, HEAP_ZERO_MEMORY, 100);
    ok(Block && ((ULONG_PTR)Block & 15) == 0 && Block[0] == 0 && Block[11] == 0, "RtlAllocateHeap, zeroed");
    is(RtlSizeHeap(Heap, 0, Block), 100, "RtlSizeHeap");
    ok(RtlFreeHeap(Heap, 0, Block) && RtlFreeHeap(Heap, 0, NULL), "RtlFreeHeap");
    ok(!RtlAllocateHeap(Heap, 0, ~(SIZE_T)0 - 8), "more than there is");
    for (ULONG i = 0; i < 100; i++)
        RtlAllocateHeap(Heap, 0, 5000);
    ok(!RtlDestroyHeap(Heap), "RtlDestroyHeap: with all its blocks");
    Again = RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, NULL);
    ok(Again == Heap, "its memory comes again");
    RtlDestroyHeap(Again);
}

static VOID TestHives(PUNICODE_STRING RegistryPath) {
    UNICODE_STRING Key = RTL_CONSTANT_STRING(L"\\Registry\\Machine\\Loaded"), Name = RTL_CONSTANT_STRING(L"\\??\\C:\\breadth.hiv");
    OBJECT_ATTRIBUTES Target, File;
    IO_STATUS_BLOCK Result;
    HANDLE Handle;
    InitializeObjectAttributes(&Target, &Key, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    InitializeObjectAttributes(&File, &Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    STATUS(ZwLoadKey(&Target, &File), STATUS_OBJECT_NAME_NOT_FOUND, "ZwLoadKey of no file");
    ZwCreateFile(&Handle, GENERIC_WRITE | SYNCHRONIZE, &File, &Result, NULL, 0, 0, FILE_CREATE, FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0);
    STATUS(ZwLoadKey(&Target, &File), STATUS_SHARING_VIOLATION, "of one that is being written");
    ZwWriteFile(Handle, NULL, NULL, NULL, &Result, "text", 4, NULL, NULL);
    ZwClose(Handle);
    STATUS(ZwLoadKey(&Target, &File), 0xC000015C /* STATUS_NOT_REGISTRY_FILE */, "of one that is no hive");
    STATUS(ZwUnloadKey(&Target), STATUS_OBJECT_NAME_NOT_FOUND, "ZwUnloadKey of no key");
    InitializeObjectAttributes(&Target, RegistryPath, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    STATUS(ZwUnloadKey(&Target), STATUS_INVALID_PARAMETER, "of a key that was not loaded");
}

static NTSTATUS NTAPI OnEnd(PLUID Id) { return STATUS_SUCCESS; }

static VOID TestSessions(VOID) {
    LUID System = {0x3E7, 0}, None = {0x12345678, 0};
    STATUS(SeRegisterLogonSessionTerminatedRoutine(OnEnd), 0, "SeRegisterLogonSessionTerminatedRoutine");
    STATUS(SeRegisterLogonSessionTerminatedRoutine(NULL), STATUS_INVALID_PARAMETER, "no routine");
    STATUS(SeMarkLogonSessionForTerminationNotification(&System), 0, "the system's session");
    STATUS(SeMarkLogonSessionForTerminationNotification(&None), STATUS_NOT_FOUND, "SeMarkLogonSessionForTerminationNotification: nobody's");
    STATUS(SeUnregisterLogonSessionTerminatedRoutine(OnEnd), 0, "SeUnregisterLogonSessionTerminatedRoutine");
    STATUS(SeUnregisterLogonSessionTerminatedRoutine(OnEnd), STATUS_NOT_FOUND, "once");
}

static ULONG InDpc;

static VOID NTAPI OnDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) { InDpc = KeIsExecutingDpc(); }

static VOID TestState(VOID) {
    static KDPC Dpc;
    KAPC_STATE State;
    UCHAR Value[8];
    ULONG Length = sizeof Value;
    KeInitializeDpc(&Dpc, OnDpc, NULL);
    KeInsertQueueDpc(&Dpc, NULL, NULL);
    ok(InDpc == 1 && !KeIsExecutingDpc(), "KeIsExecutingDpc");
    KeStackAttachProcess((PKPROCESS)PsInitialSystemProcess, &State);
    KeUnstackDetachProcess(&State);
    ok(!KeIsAttachedProcess(), "KeIsAttachedProcess: not to one's own");
    is(KeGetRecommendedSharedDataAlignment(), 64, "KeGetRecommendedSharedDataAlignment");
    STATUS(ExGetFirmwareEnvironmentVariable(U("Boot0000"), (LPGUID)Value, Value, &Length, NULL), STATUS_NOT_IMPLEMENTED,
           "ExGetFirmwareEnvironmentVariable: a BIOS has none");
    STATUS(ExSetFirmwareEnvironmentVariable(U("Boot0000"), (LPGUID)Value, Value, 8, 0), STATUS_NOT_IMPLEMENTED, "nor can one be set");
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    TestDisplay();
    TestAffinity();
    TestCallbacks();
    TestPower();
    TestHeap();
    TestHives(RegistryPath);
    TestSessions();
    TestState();
}
