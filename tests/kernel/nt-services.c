/* System services called by a driver, as Nt and as Zw: those that no other test calls. Its program lends it a process. */
#define TAP_OWN_UNLOAD
#define TAP_PLAN_LATER
#include "kernel/more.h"

typedef struct _THREAD_FACTS { /* THREAD_BASIC_INFORMATION */
    NTSTATUS ExitStatus;
    PVOID TebBaseAddress;
    CLIENT_ID ClientId;
    KAFFINITY AffinityMask;
    KPRIORITY Priority, BasePriority;
} THREAD_FACTS;

NTSTATUS NTAPI NtSetEvent(HANDLE, PLONG);
NTSTATUS NTAPI ZwClearEvent(HANDLE);
NTSTATUS NTAPI ZwResetEvent(HANDLE, PLONG);
NTSTATUS NTAPI ZwPulseEvent(HANDLE, PLONG);
NTSTATUS NTAPI ZwWaitForMultipleObjects(ULONG, PHANDLE, WAIT_TYPE, BOOLEAN, PLARGE_INTEGER);
NTSTATUS NTAPI ZwCreateIoCompletion(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, ULONG);
NTSTATUS NTAPI ZwRemoveIoCompletion(HANDLE, PVOID *, PVOID *, PIO_STATUS_BLOCK, PLARGE_INTEGER);
NTSTATUS NTAPI ZwRemoveIoCompletionEx(HANDLE, PVOID, ULONG, PULONG, PLARGE_INTEGER, BOOLEAN);
NTSTATUS NTAPI NtQueryInformationThread(HANDLE, THREADINFOCLASS, PVOID, ULONG, PULONG);
NTSTATUS NTAPI NtSetInformationThread(HANDLE, THREADINFOCLASS, PVOID, ULONG);
NTSTATUS NTAPI NtSetInformationProcess(HANDLE, PROCESSINFOCLASS, PVOID, ULONG);
NTSTATUS NTAPI ZwSetInformationProcess(HANDLE, PROCESSINFOCLASS, PVOID, ULONG);
NTSTATUS NTAPI ZwQueryInformationProcess(HANDLE, PROCESSINFOCLASS, PVOID, ULONG, PULONG);
NTSTATUS NTAPI ZwAlertThread(HANDLE);
NTSTATUS NTAPI NtWaitForSingleObject(HANDLE, BOOLEAN, PLARGE_INTEGER);
NTSTATUS NTAPI NtDuplicateObject(HANDLE, HANDLE, HANDLE, PHANDLE, ACCESS_MASK, ULONG, ULONG);
NTSTATUS NTAPI NtMapViewOfSection(HANDLE, HANDLE, PVOID *, ULONG_PTR, SIZE_T, PLARGE_INTEGER, PSIZE_T, SECTION_INHERIT, ULONG, ULONG);
int _snwprintf(wchar_t *, size_t, const wchar_t *, ...);
NTSTATUS NTAPI ZwQueryFullAttributesFile(POBJECT_ATTRIBUTES, PFILE_NETWORK_OPEN_INFORMATION);
NTSTATUS NTAPI NtDeleteFile(POBJECT_ATTRIBUTES);
NTSTATUS NTAPI ZwFsControlFile(HANDLE, HANDLE, PIO_APC_ROUTINE, PVOID, PIO_STATUS_BLOCK, ULONG, PVOID, ULONG, PVOID, ULONG);
NTSTATUS NTAPI NtFsControlFile(HANDLE, HANDLE, PIO_APC_ROUTINE, PVOID, PIO_STATUS_BLOCK, ULONG, PVOID, ULONG, PVOID, ULONG);
NTSTATUS NTAPI ZwCancelIoFile(HANDLE, PIO_STATUS_BLOCK);
NTSTATUS NTAPI ZwCreateTimer(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, TIMER_TYPE);
NTSTATUS NTAPI ZwOpenTimer(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES);
NTSTATUS NTAPI ZwCancelTimer(HANDLE, PBOOLEAN);
NTSTATUS NTAPI ZwSetInformationObject(HANDLE, ULONG, PVOID, ULONG);
NTSTATUS NTAPI ZwQueryObject(HANDLE, OBJECT_INFORMATION_CLASS, PVOID, ULONG, PULONG);
NTSTATUS NTAPI ZwGetNextProcess(HANDLE, ACCESS_MASK, ULONG, ULONG, PHANDLE);
NTSTATUS NTAPI ZwGetNextThread(HANDLE, HANDLE, ACCESS_MASK, ULONG, ULONG, PHANDLE);
NTSTATUS NTAPI PsGetContextThread(PETHREAD, PCONTEXT, KPROCESSOR_MODE);
NTSTATUS NTAPI PsSetContextThread(PETHREAD, PCONTEXT, KPROCESSOR_MODE);
NTSTATUS NTAPI PsReferenceProcessFilePointer(PEPROCESS, PFILE_OBJECT *);
BOOLEAN NTAPI KeIsAttachedProcess(VOID);
ULONG NTAPI PsGetCurrentProcessSessionId(VOID);
ULONG NTAPI PsGetThreadSessionId(PETHREAD);

static PEPROCESS Process;
static PETHREAD Thread;
static PCHAR Memory;
static PDEVICE_OBJECT Device;
static PWSTR OwnKey;
static ULONG Ioctls, FsControls;
static PIRP Pended;

static HANDLE Event(EVENT_TYPE Type) {
    HANDLE Made = NULL;
    ZwCreateEvent(&Made, EVENT_ALL_ACCESS, Named(NULL), Type, FALSE);
    return Made;
}

static BOOLEAN Signaled(HANDLE Handle) {
    LARGE_INTEGER Now = {.QuadPart = 0};
    return NtWaitForSingleObject(Handle, FALSE, &Now) == STATUS_SUCCESS;
}

static VOID TestEvents(VOID) {
    HANDLE Handles[2] = {Event(NotificationEvent), Event(SynchronizationEvent)};
    LARGE_INTEGER Now = {.QuadPart = 0};
    LONG Before = 9;
    STATUS(NtWaitForSingleObject(Handles[0], FALSE, &Now), STATUS_TIMEOUT, "NtWaitForSingleObject: not yet");
    STATUS(NtSetEvent(Handles[0], &Before), 0, "NtSetEvent");
    ok(Before == 0 && Signaled(Handles[0]), "is set");
    STATUS(ZwWaitForMultipleObjects(2, Handles, WaitAll, FALSE, &Now), STATUS_TIMEOUT, "ZwWaitForMultipleObjects: not both");
    NtSetEvent(Handles[1], NULL);
    STATUS(ZwWaitForMultipleObjects(2, Handles, WaitAll, FALSE, &Now), 0, "both");
    ok(!Signaled(Handles[1]), "a synchronization event is reset by that");
    STATUS(ZwResetEvent(Handles[0], &Before), 0, "ZwResetEvent");
    ok(Before == 1 && !Signaled(Handles[0]), "was set, is reset");
    NtSetEvent(Handles[0], NULL);
    STATUS(ZwClearEvent(Handles[0]), 0, "ZwClearEvent");
    ok(!Signaled(Handles[0]), "is reset");
    NtSetEvent(Handles[0], NULL);
    STATUS(ZwPulseEvent(Handles[0], &Before), 0, "ZwPulseEvent");
    ok(Before == 1 && !Signaled(Handles[0]), "leaves it reset");
    ZwClose(Handles[0]);
    ZwClose(Handles[1]);
}

static VOID TestTimers(VOID) {
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\BaseNamedObjects\\NtServicesTimer");
    LARGE_INTEGER Soon = {.QuadPart = -10000}, Never = {.QuadPart = -10000000000};
    HANDLE Timer = NULL, Second = NULL;
    BOOLEAN State = TRUE;
    STATUS(ZwCreateTimer(&Timer, 0x1F0003, Named(&Name), NotificationTimer), 0, "ZwCreateTimer");
    STATUS(ZwOpenTimer(&Second, 0x1F0003, Named(&Name)), 0, "ZwOpenTimer");
    STATUS(ZwSetTimer(Timer, &Soon, NULL, NULL, FALSE, 0, NULL), 0, "ZwSetTimer");
    STATUS(ZwWaitForSingleObject(Second, FALSE, NULL), 0, "it comes");
    ZwSetTimer(Timer, &Never, NULL, NULL, FALSE, 0, NULL);
    STATUS(ZwCancelTimer(Timer, &State), 0, "ZwCancelTimer");
    is(State, FALSE, "it had not come");
    ZwClose(Timer);
    ZwClose(Second);
}

static VOID TestPorts(VOID) {
    HANDLE Port = NULL;
    PVOID Key, Context;
    IO_STATUS_BLOCK Result;
    LARGE_INTEGER Now = {.QuadPart = 0};
    ULONG Removed = 9;
    UCHAR Entries[64];
    STATUS(ZwCreateIoCompletion(&Port, 0x1F0003, Named(NULL), 0), 0, "ZwCreateIoCompletion");
    STATUS(ZwRemoveIoCompletion(Port, &Key, &Context, &Result, &Now), STATUS_TIMEOUT, "ZwRemoveIoCompletion: there is nothing");
    STATUS(ZwRemoveIoCompletionEx(Port, Entries, 2, &Removed, &Now, FALSE), STATUS_TIMEOUT, "ZwRemoveIoCompletionEx as well");
    STATUS(ZwClose(Port), 0, "a handle");
}

static VOID TestObjects(VOID) {
    HANDLE First = Event(NotificationEvent), Second = NULL, Token = NULL;
    struct {
        BOOLEAN Inherit, ProtectFromClose;
    } Flags = {TRUE, FALSE}, Found = {FALSE, FALSE};
    ULONG Length = 0;
    UCHAR Room[256];
    STATUS(NtDuplicateObject(NtCurrentProcess(), First, NtCurrentProcess(), &Second, 0, OBJ_KERNEL_HANDLE, DUPLICATE_SAME_ACCESS), 0,
           "NtDuplicateObject");
    NtSetEvent(First, NULL);
    ok(Second != First && Signaled(Second), "the same event");
    STATUS(ZwSetInformationObject(First, 4 /* ObjectHandleFlagInformation */, &Flags, sizeof Flags), 0, "ZwSetInformationObject");
    ZwQueryObject(First, 4, &Found, sizeof Found, NULL);
    is(Found.Inherit, TRUE, "is inherited");
    STATUS(NtQuerySecurityObject(First, OWNER_SECURITY_INFORMATION, NULL, 0, &Length), STATUS_BUFFER_TOO_SMALL, "NtQuerySecurityObject: its size");
    ok(Length >= sizeof(SECURITY_DESCRIPTOR_RELATIVE), "%u bytes", Length);
    STATUS(NtOpenProcessToken(NtCurrentProcess(), TOKEN_QUERY | TOKEN_ADJUST_PRIVILEGES, &Token), 0, "NtOpenProcessToken");
    STATUS(NtQueryInformationToken(Token, TokenUser, Room, sizeof Room, &Length), 0, "NtQueryInformationToken");
    ok(RtlEqualSid(((PTOKEN_USER)Room)->User.Sid, SeExports->SeLocalSystemSid), "the system");
    ZwClose(Token);
    STATUS(NtOpenProcessTokenEx(NtCurrentProcess(), TOKEN_QUERY | TOKEN_ADJUST_PRIVILEGES, OBJ_KERNEL_HANDLE, &Token), 0, "NtOpenProcessTokenEx");
    ok(ObIsKernelHandle(Token), "a kernel handle");
    ZwClose(Token);
    ZwClose(First);
    ZwClose(Second);
}

static BOOLEAN IsEnabled(HANDLE Token, ULONG Privilege) {
    static UCHAR Room[1024];
    PTOKEN_PRIVILEGES All = (PTOKEN_PRIVILEGES)Room;
    ULONG Length;
    ZwQueryInformationToken(Token, TokenPrivileges, Room, sizeof Room, &Length);
    for (ULONG i = 0; i < All->PrivilegeCount; i++) {
        if (All->Privileges[i].Luid.LowPart == Privilege)
            return (All->Privileges[i].Attributes & SE_PRIVILEGE_ENABLED) != 0;
    }
    return FALSE;
}

static VOID TestPrivileges(VOID) {
    TOKEN_PRIVILEGES New = {.PrivilegeCount = 1, .Privileges = {{{SE_DEBUG_PRIVILEGE, 0}, 0}}};
    HANDLE Token = NULL;
    BOOLEAN Was;
    ZwOpenProcessTokenEx(NtCurrentProcess(), TOKEN_QUERY | TOKEN_ADJUST_PRIVILEGES, OBJ_KERNEL_HANDLE, &Token);
    Was = IsEnabled(Token, SE_DEBUG_PRIVILEGE);
    New.Privileges[0].Attributes = Was ? 0 : SE_PRIVILEGE_ENABLED;
    STATUS(NtAdjustPrivilegesToken(Token, FALSE, &New, 0, NULL, NULL), 0, "NtAdjustPrivilegesToken");
    ok(IsEnabled(Token, SE_DEBUG_PRIVILEGE) != Was, "it is the other way now");
    New.Privileges[0].Attributes = Was ? SE_PRIVILEGE_ENABLED : 0;
    STATUS(ZwAdjustPrivilegesToken(Token, FALSE, &New, 0, NULL, NULL), 0, "ZwAdjustPrivilegesToken");
    ok(IsEnabled(Token, SE_DEBUG_PRIVILEGE) == Was, "and back");
    ZwClose(Token);
}

static VOID TestFiles(VOID) {
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\??\\C:\\nt-services.tmp"), Own = RTL_CONSTANT_STRING(L"\\Device\\NtServices");
    FILE_NETWORK_OPEN_INFORMATION Facts = {0};
    IO_STATUS_BLOCK Result = {.Information = 7};
    HANDLE File = NULL;
    STATUS(ZwCreateFile(&File, GENERIC_WRITE | SYNCHRONIZE, Named(&Name), &Result, NULL, 0, 0, FILE_CREATE, FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0), 0,
           "a file");
    ZwWriteFile(File, NULL, NULL, NULL, &Result, "four", 4, NULL, NULL);
    ZwClose(File);
    STATUS(ZwQueryFullAttributesFile(Named(&Name), &Facts), 0, "ZwQueryFullAttributesFile");
    is(Facts.EndOfFile.QuadPart, 4, "its size");
    STATUS(NtDeleteFile(Named(&Name)), 0, "NtDeleteFile");
    STATUS(ZwQueryFullAttributesFile(Named(&Name), &Facts), STATUS_OBJECT_NAME_NOT_FOUND, "it is gone");
    STATUS(ZwOpenFile(&File, GENERIC_READ, Named(&Own), &Result, 0, 0), 0, "the driver's own device");
    STATUS(NtDeviceIoControlFile(File, NULL, NULL, NULL, &Result, CTL_CODE(FILE_DEVICE_UNKNOWN, 0x900, METHOD_NEITHER, FILE_ANY_ACCESS), NULL, 0,
                                 NULL, 0),
           0, "NtDeviceIoControlFile");
    is(Ioctls, 1, "arrives");
    STATUS(NtFsControlFile(File, NULL, NULL, NULL, &Result, 0x90000, NULL, 0, NULL, 0), 0, "NtFsControlFile");
    STATUS(ZwFsControlFile(File, NULL, NULL, NULL, &Result, 0x90000, NULL, 0, NULL, 0), 0, "ZwFsControlFile");
    is(FsControls, 2, "arrive");
    STATUS(ZwDeviceIoControlFile(File, NULL, NULL, NULL, &Result, CTL_CODE(FILE_DEVICE_UNKNOWN, 0x901, METHOD_NEITHER, FILE_ANY_ACCESS), NULL, 0,
                                 NULL, 0),
           STATUS_PENDING, "a request that stays");
    STATUS(ZwCancelIoFile(File, &Result), 0, "ZwCancelIoFile");
    ok(Pended == NULL, "it is cancelled");
    ZwClose(File);
}

static KEVENT Ready;

static VOID NTAPI WaitForAlert(PVOID Context) {
    LARGE_INTEGER Long = {.QuadPart = -50000000};
    KeSetEvent(&Ready, 0, FALSE);
    *(NTSTATUS *)Context = KeDelayExecutionThread(KernelMode, TRUE, &Long);
    PsTerminateSystemThread(0);
}

static VOID TestThreads(VOID) {
    THREAD_FACTS Facts = {0};
    ULONG Mode = 0, Old = 0;
    KPRIORITY Priority = 11;
    NTSTATUS Result = -1;
    HANDLE Handle = NULL;
    CLIENT_ID Id = {PsGetProcessId(Process), NULL};
    LARGE_INTEGER Pause = {.QuadPart = -100000};
    PVOID Object = NULL;
    STATUS(NtQueryInformationThread(NtCurrentThread(), ThreadBasicInformation, &Facts, sizeof Facts, NULL), 0, "NtQueryInformationThread");
    ok(Facts.ClientId.UniqueThread == PsGetCurrentThreadId(), "this one");
    STATUS(NtSetInformationThread(NtCurrentThread(), ThreadPriority, &Priority, sizeof Priority), 0, "NtSetInformationThread");
    is(KeQueryPriorityThread(KeGetCurrentThread()), 11, "11");
    KeInitializeEvent(&Ready, NotificationEvent, FALSE);
    PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, Named(NULL), NULL, NULL, WaitForAlert, &Result);
    KeWaitForSingleObject(&Ready, Executive, KernelMode, FALSE, NULL);
    KeDelayExecutionThread(KernelMode, FALSE, &Pause);
    STATUS(ZwAlertThread(Handle), 0, "ZwAlertThread");
    ZwWaitForSingleObject(Handle, FALSE, NULL);
    STATUS(Result, STATUS_ALERTED, "its wait ends");
    ZwClose(Handle);
    STATUS(NtOpenProcess(&Handle, PROCESS_ALL_ACCESS, Named(NULL), &Id), 0, "NtOpenProcess");
    STATUS(ObReferenceObjectByHandle(Handle, 0, *PsProcessType, KernelMode, &Object, NULL), 0, "a process");
    ok(Object == Process, "the program's");
    ObDereferenceObject(Object);
    ZwQueryInformationProcess(Handle, ProcessDefaultHardErrorMode, &Old, sizeof Old, NULL);
    Mode = Old ^ 1;
    STATUS(NtSetInformationProcess(Handle, ProcessDefaultHardErrorMode, &Mode, sizeof Mode), 0, "NtSetInformationProcess");
    Mode = 9;
    ZwQueryInformationProcess(Handle, ProcessDefaultHardErrorMode, &Mode, sizeof Mode, NULL);
    is(Mode, Old ^ 1, "its error mode");
    STATUS(ZwSetInformationProcess(Handle, ProcessDefaultHardErrorMode, &Old, sizeof Old), 0, "ZwSetInformationProcess");
    ZwQueryInformationProcess(Handle, ProcessDefaultHardErrorMode, &Mode, sizeof Mode, NULL);
    is(Mode, Old, "and back");
    STATUS(ZwFlushInstructionCache(Handle, NULL, 0), 0, "ZwFlushInstructionCache");
    STATUS(ZwFlushInstructionCache((HANDLE)0x7770, NULL, 0), STATUS_INVALID_HANDLE, "of no process");
    ZwClose(Handle);
}

static VOID TestMemory(VOID) {
    PMDL Mdl = IoAllocateMdl(Memory, 6, FALSE, FALSE, NULL);
    PVOID Block = NULL, View = NULL;
    SIZE_T Size = PAGE_SIZE;
    LARGE_INTEGER Length = {.QuadPart = PAGE_SIZE};
    HANDLE Section = NULL;
    KAPC_STATE State;
    NTSTATUS Status = 0;
    MmProbeAndLockProcessPages(Mdl, Process, UserMode, IoReadAccess);
    ok((Mdl->MdlFlags & MDL_PAGES_LOCKED) && strcmp(MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority), "hello") == 0,
       "MmProbeAndLockProcessPages: another process's page");
    MmUnlockPages(Mdl);
    IoFreeMdl(Mdl);
    is(PsGetThreadSessionId(Thread), 1, "PsGetThreadSessionId");
    KeStackAttachProcess((PKPROCESS)Process, &State);
    is(PsGetCurrentProcessSessionId(), 1, "PsGetCurrentProcessSessionId");
    ok(KeIsAttachedProcess(), "KeIsAttachedProcess");
    STATUS(NtAllocateVirtualMemory(NtCurrentProcess(), &Block, 0, &Size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE), 0, "NtAllocateVirtualMemory");
    *(volatile CHAR *)Block = 'x';
    Size = 0;
    STATUS(NtFreeVirtualMemory(NtCurrentProcess(), &Block, &Size, MEM_RELEASE), 0, "NtFreeVirtualMemory");
    __try {
        *(volatile CHAR *)Block = 'y';
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    STATUS(Status, STATUS_ACCESS_VIOLATION, "the page is gone");
    STATUS(NtCreateSection(&Section, SECTION_ALL_ACCESS, Named(NULL), &Length, PAGE_READWRITE, SEC_COMMIT, NULL), 0, "NtCreateSection");
    Size = 0;
    STATUS(NtMapViewOfSection(Section, NtCurrentProcess(), &View, 0, 0, NULL, &Size, ViewUnmap, 0, PAGE_READWRITE), 0, "NtMapViewOfSection");
    *(volatile CHAR *)View = 'z';
    ZwUnmapViewOfSection(NtCurrentProcess(), View);
    ZwClose(Section);
    KeUnstackDetachProcess(&State);
}

static VOID TestNext(VOID) {
    HANDLE Handle = NULL, Next;
    BOOLEAN Found = FALSE;
    ULONG Count = 0;
    PVOID Object;
    while (NT_SUCCESS(ZwGetNextProcess(Handle, PROCESS_ALL_ACCESS, OBJ_KERNEL_HANDLE, 0, &Next))) {
        Count++;
        if (Handle)
            ZwClose(Handle);
        Handle = Next;
        if (NT_SUCCESS(ObReferenceObjectByHandle(Handle, 0, *PsProcessType, KernelMode, &Object, NULL))) {
            Found |= Object == Process;
            ObDereferenceObject(Object);
        }
    }
    ok(Found && Count >= 2, "ZwGetNextProcess: the program's and System among %u", Count);
    STATUS(ZwGetNextProcess(Handle, PROCESS_ALL_ACCESS, OBJ_KERNEL_HANDLE, 0, &Next), STATUS_NO_MORE_ENTRIES, "then none");
    STATUS(ZwGetNextProcess(Handle, PROCESS_ALL_ACCESS, OBJ_KERNEL_HANDLE, 2, &Next), STATUS_INVALID_PARAMETER, "a flag that is none");
    ZwClose(Handle);
    ObOpenObjectByPointer(Process, OBJ_KERNEL_HANDLE, NULL, PROCESS_ALL_ACCESS, *PsProcessType, KernelMode, &Handle);
    STATUS(ZwGetNextThread(Handle, NULL, THREAD_ALL_ACCESS, OBJ_KERNEL_HANDLE, 0, &Next), 0, "ZwGetNextThread");
    STATUS(ObReferenceObjectByHandle(Next, 0, *PsThreadType, KernelMode, &Object, NULL), 0, "a thread");
    ok(Object == (PVOID)Thread, "the program's");
    ObDereferenceObject(Object);
    STATUS(ZwGetNextThread(Handle, Next, THREAD_ALL_ACCESS, OBJ_KERNEL_HANDLE, 0, &Handle), STATUS_NO_MORE_ENTRIES, "its only one");
    ZwClose(Next);
    ZwClose(Handle);
}

static VOID TestContext(VOID) {
    static CONTEXT Context, Again;
    PFILE_OBJECT File = NULL;
    STATUS(PsReferenceProcessFilePointer(Process, &File), 0, "PsReferenceProcessFilePointer");
    ok(File && wcsstr(File->FileName.Buffer, L"nt-services.exe"), "the program's file");
    if (File)
        ObDereferenceObject(File);
    STATUS(PsReferenceProcessFilePointer(PsInitialSystemProcess, &File), STATUS_UNSUCCESSFUL, "System has none");
    Context.ContextFlags = CONTEXT_CONTROL | CONTEXT_INTEGER;
    STATUS(PsGetContextThread(Thread, &Context, KernelMode), 0, "PsGetContextThread");
    ok(Context.Rip && Context.Rip < (ULONG64)(ULONG_PTR)MmHighestUserAddress, "where it is in user mode");
    Context.R15 = 0x1122334455667788;
    Context.ContextFlags = CONTEXT_INTEGER;
    STATUS(PsSetContextThread(Thread, &Context, KernelMode), 0, "PsSetContextThread");
    Again.ContextFlags = CONTEXT_INTEGER;
    PsGetContextThread(Thread, &Again, KernelMode);
    is(Again.R15, 0x1122334455667788, "a register is set");
    STATUS(PsGetContextThread(PsGetCurrentThread(), &Again, KernelMode), STATUS_INVALID_HANDLE, "of a system thread");
}

/* The same image once more, as another service's. */
static VOID TestLoad(VOID) {
    UNICODE_STRING File = RTL_CONSTANT_STRING(L"\\??\\C:\\nt-services-twin.sys"), Service, Path = RTL_CONSTANT_STRING(L"ImagePath");
    UNICODE_STRING Value = RTL_CONSTANT_STRING(L"Loaded"), Type = RTL_CONSTANT_STRING(L"Type");
    static WCHAR Key[260];
    static UCHAR Room[600];
    PKEY_VALUE_PARTIAL_INFORMATION Information = (PKEY_VALUE_PARTIAL_INFORMATION)Room;
    ULONG Length = 0, One = 1;
    HANDLE Handle = NULL, Image = NULL, Copy = NULL;
    IO_STATUS_BLOCK Result;
    LARGE_INTEGER Start = {.QuadPart = 0};
    PUCHAR Bytes = ExAllocatePoolWithTag(PagedPool, 1 << 20, 'tseT');
    UNICODE_STRING OwnPath;

    RtlInitUnicodeString(&Service, OwnKey);
    STATUS(ZwOpenKey(&Handle, KEY_READ, Named(&Service)), 0, "the driver's key");
    STATUS(ZwQueryValueKey(Handle, &Path, KeyValuePartialInformation, Room, sizeof Room - 2, &Length), 0, "its image");
    ZwClose(Handle);
    RtlInitUnicodeString(&OwnPath, (PWSTR)Information->Data);
    STATUS(ZwOpenFile(&Image, GENERIC_READ | SYNCHRONIZE, Named(&OwnPath), &Result, FILE_SHARE_READ, FILE_SYNCHRONOUS_IO_NONALERT), 0, "can be read");
    STATUS(ZwReadFile(Image, NULL, NULL, NULL, &Result, Bytes, 1 << 20, &Start, NULL), 0, "whole");
    Length = (ULONG)Result.Information;
    ZwClose(Image);
    STATUS(ZwCreateFile(&Copy, GENERIC_WRITE | SYNCHRONIZE, Named(&File), &Result, NULL, 0, 0, FILE_CREATE, FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0), 0,
           "a copy");
    STATUS(ZwWriteFile(Copy, NULL, NULL, NULL, &Result, Bytes, Length, NULL, NULL), 0, "of it");
    ZwClose(Copy);
    ExFreePool(Bytes);
    _snwprintf(Key, RTL_NUMBER_OF(Key) - 1, L"%s-twin", OwnKey);
    RtlInitUnicodeString(&Service, Key);
    STATUS(ZwCreateKey(&Handle, KEY_ALL_ACCESS, Named(&Service), 0, NULL, 0, NULL), 0, "a service");
    ZwSetValueKey(Handle, &Path, 0, REG_EXPAND_SZ, File.Buffer, File.MaximumLength);
    ZwSetValueKey(Handle, &Type, 0, REG_DWORD, &One, sizeof One);
    STATUS(ZwLoadDriver(&Service), 0, "ZwLoadDriver");
    STATUS(ZwQueryValueKey(Handle, &Value, KeyValuePartialInformation, Room, sizeof Room, &Length), 0, "its DriverEntry has run");
    is(*(PULONG)Information->Data, 1, "and left a note");
    STATUS(ZwLoadDriver(&Service), STATUS_IMAGE_ALREADY_LOADED, "once");
    STATUS(ZwUnloadDriver(&Service), 0, "ZwUnloadDriver");
    ZwQueryValueKey(Handle, &Value, KeyValuePartialInformation, Room, sizeof Room, &Length);
    is(*(PULONG)Information->Data, 2, "its unload routine has run");
    ZwDeleteKey(Handle);
    ZwClose(Handle);
}

static VOID NTAPI Run(PVOID Context) {
    TestEvents();
    TestTimers();
    TestPorts();
    TestObjects();
    TestPrivileges();
    TestFiles();
    TestThreads();
    TestMemory();
    TestNext();
    TestContext();
    TestLoad();
    PsTerminateSystemThread(0);
}

static VOID NTAPI OnCancel(PDEVICE_OBJECT Of, PIRP Irp) {
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    Pended = NULL;
    Irp->IoStatus.Status = STATUS_CANCELLED;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
}

static NTSTATUS NTAPI Dispatch(PDEVICE_OBJECT Of, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG Code = Stack->Parameters.DeviceIoControl.IoControlCode >> 2 & 0xFFF;
    HANDLE Handle;
    FsControls += Stack->MajorFunction == IRP_MJ_FILE_SYSTEM_CONTROL;
    if (Stack->MajorFunction == IRP_MJ_DEVICE_CONTROL && Code == 0x901) {
        Pended = Irp;
        IoMarkIrpPending(Irp);
        IoSetCancelRoutine(Irp, OnCancel);
        return STATUS_PENDING;
    }
    Ioctls += Stack->MajorFunction == IRP_MJ_DEVICE_CONTROL && Code == 0x900;
    if (Stack->MajorFunction == IRP_MJ_DEVICE_CONTROL && Code == 0x800) {
        Process = PsGetCurrentProcess();
        Thread = PsGetCurrentThread();
        Memory = *(PCHAR *)Irp->AssociatedIrp.SystemBuffer;
        PsCreateSystemThread(&Handle, SYNCHRONIZE, Named(NULL), NULL, NULL, Run, NULL);
        ZwWaitForSingleObject(Handle, FALSE, NULL);
        ZwClose(Handle);
        DbgPrint("1..%u\n", TapCount);
    }
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static VOID Note(ULONG Number) {
    UNICODE_STRING Key, Value = RTL_CONSTANT_STRING(L"Loaded");
    HANDLE Handle;
    RtlInitUnicodeString(&Key, OwnKey);
    if (NT_SUCCESS(ZwOpenKey(&Handle, KEY_ALL_ACCESS, Named(&Key)))) {
        ZwSetValueKey(Handle, &Value, 0, REG_DWORD, &Number, sizeof Number);
        ZwClose(Handle);
    }
}

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject) {
    if (Device) {
        IoDeleteSymbolicLink(U("\\DosDevices\\NtServices"));
        IoDeleteDevice(Device);
    } else {
        Note(2);
    }
    ExFreePool(OwnKey);
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    OwnKey = ExAllocatePoolWithTag(PagedPool, RegistryPath->Length + sizeof(WCHAR), 'tseT');
    RtlCopyMemory(OwnKey, RegistryPath->Buffer, RegistryPath->Length);
    OwnKey[RegistryPath->Length / sizeof(WCHAR)] = 0;
    DriverObject->DriverUnload = Unload;
    if (wcsstr(OwnKey, L"-twin")) {
        Note(1);
        return;
    }
    for (ULONG i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
        DriverObject->MajorFunction[i] = Dispatch;
    STATUS(IoCreateDevice(DriverObject, 0, U("\\Device\\NtServices"), FILE_DEVICE_UNKNOWN, 0, FALSE, &Device), 0, "a device");
    STATUS(IoCreateSymbolicLink(U("\\DosDevices\\NtServices"), U("\\Device\\NtServices")), 0, "for programs");
}
