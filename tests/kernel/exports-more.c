/* Exports of several components that the tests of their components leave out. */
// ringside run --device edu --cpus 2
#include "kernel/more.h"

#define TAG 'tseT'

typedef struct _LOADED_MODULE { /* LDR_DATA_TABLE_ENTRY, its beginning */
    LIST_ENTRY Links, Unused[2];
    PVOID DllBase, EntryPoint;
    ULONG SizeOfImage;
    UNICODE_STRING FullDllName, BaseDllName;
} LOADED_MODULE;

UCHAR NTAPI KeSetIdealProcessorThread(PKTHREAD, UCHAR);
VOID NTAPI KeFlushEntireTb(BOOLEAN, BOOLEAN);
NTSTATUS NTAPI RealWaitForMutex(PVOID, KWAIT_REASON, KPROCESSOR_MODE, BOOLEAN, PLARGE_INTEGER) __asm__("KeWaitForMutexObject");
VOID NTAPI ObDereferenceObjectDeferDelete(PVOID);
VOID NTAPI ObDereferenceObjectDeferDeleteWithTag(PVOID, ULONG);
LONG_PTR NTAPI RealDereferenceObject(PVOID) __asm__("ObDereferenceObject");
NTSTATUS NTAPI ObReferenceObjectByPointerWithTag(PVOID, ACCESS_MASK, POBJECT_TYPE, KPROCESSOR_MODE, ULONG);
NTSTATUS NTAPI SeCreateAccessState(PACCESS_STATE, PVOID, ACCESS_MASK, PGENERIC_MAPPING);
VOID NTAPI SeDeleteAccessState(PACCESS_STATE);
NTSTATUS NTAPI RtlAddAce(PACL, ULONG, ULONG, PVOID, ULONG);
NTSTATUS NTAPI RtlCreateSecurityDescriptorRelative(PISECURITY_DESCRIPTOR_RELATIVE, ULONG);
NTSTATUS NTAPI SeCaptureSecurityDescriptor(PSECURITY_DESCRIPTOR, KPROCESSOR_MODE, POOL_TYPE, BOOLEAN, PSECURITY_DESCRIPTOR *);
NTSTATUS NTAPI SeReleaseSecurityDescriptor(PSECURITY_DESCRIPTOR, KPROCESSOR_MODE, BOOLEAN);
__declspec(dllimport) extern LIST_ENTRY PsLoadedModuleList;
__declspec(dllimport) extern POBJECT_TYPE *CmKeyObjectType, *IoDeviceObjectType;
__declspec(dllimport) extern BOOLEAN NlsMbCodePageTag, NlsMbOemCodePageTag;
LARGE_INTEGER NTAPI RealExitTime(VOID) __asm__("PsGetProcessExitTime");

/* Twice the same address: then the first was free when the second was made. */
#define COMES_AGAIN(type, make, release, what)                                                                                                       \
    do {                                                                                                                                             \
        type One = make;                                                                                                                             \
        ok(One != NULL, "%s: made", what);                                                                                                           \
        release;                                                                                                                                     \
        type Other = make;                                                                                                                           \
        ok(One == Other, "%s: free, and comes again", what);                                                                                         \
        One = Other;                                                                                                                                 \
        release;                                                                                                                                     \
    } while (0)

static PDRIVER_OBJECT Driver;

static VOID TestKe(VOID) {
    KLOCK_QUEUE_HANDLE Queued;
    KSPIN_LOCK Lock = 0;
    KMUTEX Mutex;
    KIRQL Irql;
    is(KeSetIdealProcessorThread(KeGetCurrentThread(), 1), 0, "KeSetIdealProcessorThread: it was the first");
    is(KeSetIdealProcessorThread(KeGetCurrentThread(), 0), 1, "now the second");
    is(KeSetIdealProcessorThread(KeGetCurrentThread(), 9), 0, "the first again");
    is(KeSetIdealProcessorThread(KeGetCurrentThread(), 0), 0, "of which one that is not there changes nothing");
    is(KeSetKernelStackSwapEnable(FALSE), TRUE, "KeSetKernelStackSwapEnable: as every thread begins");
    is(KeSetKernelStackSwapEnable(TRUE), FALSE, "what was set before");
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    KeAcquireInStackQueuedSpinLockAtDpcLevel(&Lock, &Queued);
    ok(!KeTestSpinLock(&Lock), "a spin lock is held");
    KeReleaseInStackQueuedSpinLockFromDpcLevel(&Queued);
    ok(KeTestSpinLock(&Lock), "KeReleaseInStackQueuedSpinLockFromDpcLevel");
    KeLowerIrql(Irql);
    KeInitializeMutex(&Mutex, 0);
    STATUS(RealWaitForMutex(&Mutex, Executive, KernelMode, FALSE, NULL), 0, "KeWaitForMutexObject");
    is(KeReadStateMutex(&Mutex), 0, "is held");
    KeReleaseMutex(&Mutex, FALSE);
    KeFlushEntireTb(TRUE, TRUE);
}

static VOID TestMm(VOID) {
    ULONG Flags = 0;
    ok(MmIsDriverVerifying(Driver), "MmIsDriverVerifying");
    ok(MmIsDriverVerifyingByAddress((PVOID)TestMm) && !MmIsDriverVerifyingByAddress(&Flags), "MmIsDriverVerifyingByAddress");
    STATUS(MmIsVerifierEnabled(&Flags), 0, "MmIsVerifierEnabled");
    ok(Flags != 0, "with some checks");
    ok(!MmIsThisAnNtAsSystem(), "MmIsThisAnNtAsSystem: no server");
}

static VOID TestModules(VOID) {
    LOADED_MODULE *First = CONTAINING_RECORD(PsLoadedModuleList.Flink, LOADED_MODULE, Links);
    BOOLEAN Found = FALSE;
    ok(_wcsicmp(First->BaseDllName.Buffer, L"ntoskrnl.exe") == 0, "PsLoadedModuleList: the first is %wZ", &First->BaseDllName);
    for (PLIST_ENTRY Link = PsLoadedModuleList.Flink; Link != &PsLoadedModuleList; Link = Link->Flink)
        Found |= CONTAINING_RECORD(Link, LOADED_MODULE, Links)->DllBase == Driver->DriverStart;
    ok(Found, "this driver is in it");
}

static VOID TestOb(VOID) {
    LARGE_INTEGER Pause = {.QuadPart = -100000};
    HANDLE Handle = NULL, Again = NULL;
    PVOID Event = NULL;
    LONG_PTR Count;
    ZwCreateEvent(&Handle, EVENT_ALL_ACCESS, Named(U("\\BaseNamedObjects\\ExportsMore")), NotificationEvent, FALSE);
    ObReferenceObjectByHandle(Handle, 0, *ExEventObjectType, KernelMode, &Event, NULL);
    Count = ObfReferenceObject(Event);
    is(RealDereferenceObject(Event), Count - 1, "ObDereferenceObject");
    STATUS(ObReferenceObjectByPointerWithTag(Event, 0, *ExEventObjectType, KernelMode, TAG), 0, "ObReferenceObjectByPointerWithTag");
    is(ObfReferenceObject(Event), Count + 1, "counts");
    RealDereferenceObject(Event);
    ObDereferenceObjectDeferDeleteWithTag(Event, TAG);
    KeDelayExecutionThread(KernelMode, FALSE, &Pause);
    is(ObfReferenceObject(Event), Count, "ObDereferenceObjectDeferDeleteWithTag");
    RealDereferenceObject(Event);
    ZwClose(Handle);
    STATUS(ZwOpenEvent(&Again, EVENT_ALL_ACCESS, Named(U("\\BaseNamedObjects\\ExportsMore"))), STATUS_OBJECT_NAME_NOT_FOUND,
           "without a handle its name is gone");
    ObDereferenceObjectDeferDelete(Event);
    KeDelayExecutionThread(KernelMode, FALSE, &Pause);
    COMES_AGAIN(PVOID, ExAllocatePoolWithTag(NonPagedPoolNx, 777, TAG), ExFreePool(One), "pool");
}

/* Released late, but released: its memory comes again. */
static VOID TestDeferred(VOID) {
    LARGE_INTEGER Pause = {.QuadPart = -100000};
    PVOID Events[2] = {NULL, NULL};
    for (ULONG i = 0; i < 2; i++) {
        HANDLE Handle;
        ZwCreateEvent(&Handle, EVENT_ALL_ACCESS, Named(NULL), NotificationEvent, FALSE);
        ObReferenceObjectByHandle(Handle, 0, *ExEventObjectType, KernelMode, &Events[i], NULL);
        ZwClose(Handle);
        ObDereferenceObjectDeferDelete(Events[i]);
        KeDelayExecutionThread(KernelMode, FALSE, &Pause);
    }
    ok(Events[0] && Events[0] == Events[1], "ObDereferenceObjectDeferDelete");
}

static VOID TestSecurity(VOID) {
    SECURITY_SUBJECT_CONTEXT Subject;
    SECURITY_DESCRIPTOR Descriptor;
    SECURITY_DESCRIPTOR_RELATIVE Relative = {.Revision = 77, .Owner = 5};
    GENERIC_MAPPING First = {1, 2, 4, 8}, Second = {16, 32, 64, 128};
    UCHAR AclRoom[128], Aux[512], AceRoom[64];
    PACCESS_ALLOWED_ACE Ace = (PACCESS_ALLOWED_ACE)AceRoom;
    PACL Acl = (PACL)AclRoom;
    ACCESS_STATE State;
    PSECURITY_DESCRIPTOR Captured = NULL, Again = NULL;
    RtlCreateAcl(Acl, sizeof AclRoom, ACL_REVISION);
    Ace->Header = (ACE_HEADER){ACCESS_ALLOWED_ACE_TYPE, 0, (USHORT)(8 + RtlLengthSid(SeExports->SeWorldSid))};
    Ace->Mask = 0x123;
    RtlCopySid(32, &Ace->SidStart, SeExports->SeWorldSid);
    STATUS(RtlAddAce(Acl, ACL_REVISION, MAXULONG, Ace, Ace->Header.AceSize), 0, "RtlAddAce");
    is(Acl->AceCount, 1, "one is in");
    STATUS(RtlAddAce(Acl, ACL_REVISION, 0, Ace, Ace->Header.AceSize + 3), STATUS_INVALID_PARAMETER, "half an entry more");
    STATUS(RtlCreateSecurityDescriptorRelative(&Relative, 2), STATUS_UNKNOWN_REVISION, "RtlCreateSecurityDescriptorRelative of another revision");
    STATUS(RtlCreateSecurityDescriptorRelative(&Relative, SECURITY_DESCRIPTOR_REVISION), 0, "of this one");
    ok(Relative.Revision == 1 && Relative.Owner == 0 && Relative.Control == SE_SELF_RELATIVE, "an empty one");
    ok(SeValidSecurityDescriptor(sizeof Relative, &Relative), "SeValidSecurityDescriptor");
    ok(!SeValidSecurityDescriptor(sizeof Relative - 1, &Relative), "not of less than its size");
    RtlCreateSecurityDescriptor(&Descriptor, SECURITY_DESCRIPTOR_REVISION);
    RtlSetDaclSecurityDescriptor(&Descriptor, TRUE, Acl, FALSE);
    STATUS(SeCaptureSecurityDescriptor(&Descriptor, KernelMode, NonPagedPoolNx, TRUE, &Captured), 0, "a captured descriptor");
    SeReleaseSecurityDescriptor(Captured, KernelMode, TRUE);
    SeCaptureSecurityDescriptor(&Descriptor, KernelMode, NonPagedPoolNx, TRUE, &Again);
    ok(Captured == Again, "SeReleaseSecurityDescriptor frees it");
    SeReleaseSecurityDescriptor(Again, KernelMode, TRUE);
    STATUS(SeCreateAccessState(&State, Aux, GENERIC_READ, &First), 0, "an access state");
    SeSetAccessStateGenericMapping(&State, &Second);
    ok(RtlCompareMemory(&((PGENERIC_MAPPING)((PUCHAR)State.AuxData + sizeof(PVOID)))->GenericRead, &Second, sizeof Second) == sizeof Second,
       "SeSetAccessStateGenericMapping");
    ok(State.SubjectSecurityContext.PrimaryToken != NULL, "it holds a token");
    {
        PVOID Token = State.SubjectSecurityContext.PrimaryToken;
        LONG_PTR Count = ObfReferenceObject(Token);
        SeDeleteAccessState(&State);
        is(ObfReferenceObject(Token), Count, "SeDeleteAccessState lets go of it");
        RealDereferenceObject(Token);
        RealDereferenceObject(Token);
    }
    SeCaptureSubjectContext(&Subject);
    SeLockSubjectContext(&Subject);
    SeUnlockSubjectContext(&Subject);
    SeReleaseSubjectContext(&Subject);
}

static NTSTATUS NTAPI OnNews(PVOID Notification, PVOID Context) { return STATUS_SUCCESS; }

static PVOID News(VOID) {
    PVOID Entry = NULL;
    IoRegisterPlugPlayNotification(EventCategoryHardwareProfileChange, 0, NULL, Driver, OnNews, NULL, &Entry);
    return Entry;
}

static VOID TestReleases(VOID) {
    static SID_IDENTIFIER_AUTHORITY Authority = SECURITY_NT_AUTHORITY;
    PVOID Sids[2] = {NULL, NULL};
    COMES_AGAIN(PVOID, News(), IoUnregisterPlugPlayNotification(One), "IoUnregisterPlugPlayNotification");
    COMES_AGAIN(PVOID, News(), IoUnregisterPlugPlayNotificationEx(One), "IoUnregisterPlugPlayNotificationEx");
    COMES_AGAIN(PVOID, PoRegisterSystemState(NULL, ES_SYSTEM_REQUIRED), PoUnregisterSystemState(One), "PoUnregisterSystemState");
    for (ULONG i = 0; i < 2; i++) {
        RtlAllocateAndInitializeSid(&Authority, 1, 18, 0, 0, 0, 0, 0, 0, 0, &Sids[i]);
        RtlFreeSid(Sids[i]);
    }
    ok(Sids[0] && Sids[0] == Sids[1], "RtlFreeSid");
}

static VOID TestIo(VOID) {
    UNICODE_STRING Link = RTL_CONSTANT_STRING(L"\\DosDevices\\ExportsMore"), Name = RTL_CONSTANT_STRING(L"\\Device\\ExportsMore");
    PDEVICE_OBJECT Device = NULL, Found = NULL;
    PFILE_OBJECT Stream;
    LONG_PTR Count;
    IoCreateDevice(Driver, 0, &Name, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);
    STATUS(IoCreateUnprotectedSymbolicLink(&Link, &Name), 0, "IoCreateUnprotectedSymbolicLink");
    STATUS(IoCreateSymbolicLink(&Link, &Name), STATUS_OBJECT_NAME_COLLISION, "it is there");
    IoDeleteSymbolicLink(&Link);
    Stream = IoCreateStreamFileObject(NULL, Device);
    ok(Stream && Stream->DeviceObject == Device && (Stream->Flags & FO_STREAM_FILE), "IoCreateStreamFileObject");
    Found = IoGetRelatedDeviceObject(Stream);
    ok(Found == Device, "of the device");
    Count = ObfReferenceObject(Stream);
    is(Count, 2, "held once");
    RealDereferenceObject(Stream);
    RealDereferenceObject(Stream);
    ok(IoSizeofWorkItem() >= 32, "IoSizeofWorkItem: %u", IoSizeofWorkItem());
    IoRegisterBootDriverReinitialization(Driver, (PDRIVER_REINITIALIZE)(PVOID)TestIo, NULL);
    ok(Driver->Flags & 0x20 /* DRVO_BOOTREINIT_REGISTERED */, "IoRegisterBootDriverReinitialization");
    IoDeleteDevice(Device);
}

static VOID TestHal(VOID) {
    DEVICE_DESCRIPTION Description = {.Version = DEVICE_DESCRIPTION_VERSION2,
                                      .Master = TRUE,
                                      .ScatterGather = TRUE,
                                      .Dma64BitAddresses = TRUE,
                                      .InterfaceType = PCIBus,
                                      .MaximumLength = 0x10000};
    ULONG Registers = 0;
    UCHAR Config[64];
    is(HalGetBusData(PCIConfiguration, 0, 3, Config, sizeof Config), 64, "an edu device");
    Config[0x3C] = 0x5A; /* interrupt line */
    is(HalSetBusData(PCIConfiguration, 0, 3, Config, sizeof Config), 64, "HalSetBusData");
    HalGetBusData(PCIConfiguration, 0, 3, Config, sizeof Config);
    is(Config[0x3C], 0x5A, "is kept");
    COMES_AGAIN(PADAPTER_OBJECT, HalGetAdapter(&Description, &Registers), HalPutDmaAdapter(One), "HalGetAdapter and HalPutDmaAdapter");
    is(Registers, 17, "map registers");
}

static VOID TestFacts(PUNICODE_STRING RegistryPath) {
    CHAR Answer[8] = "same";
    HANDLE Key = NULL;
    PVOID Object = NULL;
    ULONG Needed = 9;
    ok(!*(volatile BOOLEAN *)&NlsMbCodePageTag && !*(volatile BOOLEAN *)&NlsMbOemCodePageTag, "no code page of several bytes");
    STATUS(KdChangeOption(0, 0, NULL, 0, NULL, &Needed), STATUS_DEBUGGER_INACTIVE, "KdChangeOption");
    is(DbgPrompt("?", Answer, sizeof Answer), 0, "DbgPrompt: nobody answers");
    ok(strcmp(Answer, "same") == 0, "and nothing is written");
    ok(RealExitTime().QuadPart == 0, "PsGetProcessExitTime: it has not ended");
    STATUS(ZwOpenKey(&Key, KEY_READ, Named(RegistryPath)), 0, "a key");
    STATUS(ObReferenceObjectByHandle(Key, 0, *CmKeyObjectType, KernelMode, &Object, NULL), 0, "is of CmKeyObjectType");
    RealDereferenceObject(Object);
    ZwClose(Key);
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    Driver = DriverObject;
    TestKe();
    TestMm();
    TestModules();
    TestOb();
    TestDeferred();
    TestSecurity();
    TestReleases();
    TestIo();
    TestHal();
    TestFacts(RegistryPath);
}
