/* Processes and threads as drivers see them: in the context of a program, of its child, and attached to either from a system thread. */
#define TAP_PLAN_LATER
#include "kernel/more.h"
#include "kernel/ps-more.h"

typedef struct _THREAD_BASIC_FACTS { /* THREAD_BASIC_INFORMATION */
    NTSTATUS ExitStatus;
    PVOID TebBaseAddress;
    CLIENT_ID ClientId;
    KAFFINITY AffinityMask;
    KPRIORITY Priority, BasePriority;
} THREAD_BASIC_FACTS;
typedef struct _MEMORY_FACTS { /* MEMORY_BASIC_INFORMATION */
    PVOID BaseAddress, AllocationBase;
    ULONG AllocationProtect;
    SIZE_T RegionSize;
    ULONG State, Protect, Type;
} MEMORY_FACTS;

NTSTATUS NTAPI ZwQueryInformationProcess(HANDLE, PROCESSINFOCLASS, PVOID, ULONG, PULONG);
NTSTATUS NTAPI NtQueryInformationProcess(HANDLE, PROCESSINFOCLASS, PVOID, ULONG, PULONG);
NTSTATUS NTAPI ZwQueryInformationThread(HANDLE, THREADINFOCLASS, PVOID, ULONG, PULONG);
NTSTATUS NTAPI ZwProtectVirtualMemory(HANDLE, PVOID *, PSIZE_T, ULONG, PULONG);
NTSTATUS NTAPI ZwReadVirtualMemory(HANDLE, PVOID, PVOID, SIZE_T, PSIZE_T);
NTSTATUS NTAPI ZwWriteVirtualMemory(HANDLE, PVOID, PVOID, SIZE_T, PSIZE_T);
NTSTATUS NTAPI ZwOpenThread(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, PCLIENT_ID);
NTSTATUS NTAPI ZwTerminateProcess(HANDLE, NTSTATUS);
NTSTATUS NTAPI MmCopyVirtualMemory(PEPROCESS, PVOID, PEPROCESS, PVOID, SIZE_T, KPROCESSOR_MODE, PSIZE_T);
HANDLE NTAPI PsGetProcessInheritedFromUniqueProcessId(PEPROCESS);
PCSTR NTAPI PsGetProcessImageFileName(PEPROCESS);
NTSTATUS NTAPI SeLocateProcessImageName(PEPROCESS, PUNICODE_STRING *);
PVOID NTAPI PsGetProcessPeb(PEPROCESS);
PVOID NTAPI PsGetProcessSectionBaseAddress(PEPROCESS);
PVOID NTAPI PsGetProcessWow64Process(PEPROCESS);
BOOLEAN NTAPI PsGetProcessExitProcessCalled(PEPROCESS);
ULONG NTAPI PsGetProcessSessionId(PEPROCESS);
BOOLEAN NTAPI PsIsSystemProcess(PEPROCESS);
PEPROCESS NTAPI PsGetThreadProcess(PETHREAD);
PVOID NTAPI PsGetThreadTeb(PETHREAD);
HANDLE NTAPI PsGetThreadProcessId(PETHREAD);
PVOID NTAPI PsGetCurrentThreadTeb(VOID);
PEPROCESS NTAPI PsGetCurrentThreadProcess(VOID);
HANDLE NTAPI PsGetCurrentThreadProcessId(VOID);
PVOID NTAPI PsGetCurrentThreadStackBase(VOID);
PVOID NTAPI PsGetCurrentThreadStackLimit(VOID);
NTSTATUS NTAPI PsSuspendProcess(PEPROCESS);
NTSTATUS NTAPI PsAcquireProcessExitSynchronization(PEPROCESS);
VOID NTAPI PsReleaseProcessExitSynchronization(PEPROCESS);
NTSTATUS NTAPI PsResumeProcess(PEPROCESS);
BOOLEAN NTAPI PsIsThreadTerminating(PETHREAD);
PEPROCESS NTAPI RealCurrentProcess(VOID) __asm__("PsGetCurrentProcess");
PEPROCESS NTAPI RealThreadToProcess(PETHREAD) __asm__("IoThreadToProcess");
BOOLEAN NTAPI RealIsSystemThread(PETHREAD) __asm__("IoIsSystemThread");
__declspec(dllimport) extern POBJECT_TYPE *PsThreadType;

static PS_MORE Facts;
static PEPROCESS Process; /* the program's */
static ULONG Created, Deleted, CreatedEx, DeletedEx, ThreadsCreated, ThreadsDeleted, Images;
static HANDLE LastParent, LastChild;

static VOID ProcessNotify(HANDLE Parent, HANDLE Id, BOOLEAN Create) {
    *(Create ? &Created : &Deleted) += 1;
    LastParent = Parent;
    LastChild = Id;
}

static VOID ProcessNotifyEx(PEPROCESS Which, HANDLE Id, PPS_CREATE_NOTIFY_INFO Info) { *(Info ? &CreatedEx : &DeletedEx) += 1; }

static VOID ThreadNotify(HANDLE Id, HANDLE Thread, BOOLEAN Create) { *(Create ? &ThreadsCreated : &ThreadsDeleted) += 1; }

static VOID ImageNotify(PUNICODE_STRING Name, HANDLE Id, PIMAGE_INFO Info) {
    if (Id)
        Images++;
}

static BOOLEAN EndsWithProgram(PCUNICODE_STRING Path) {
    const UNICODE_STRING Last = RTL_CONSTANT_STRING(L"\\ps-more.exe");
    UNICODE_STRING End = {Last.Length, Last.Length, Path->Buffer + (Path->Length - Last.Length) / sizeof(WCHAR)};
    return Path->Length > Last.Length && RtlEqualUnicodeString(&End, &Last, TRUE);
}

/* "\Device\..." and "C:\...", and the same behind that. */
static VOID TestImageNames(VOID) {
    struct {
        UNICODE_STRING Name;
        WCHAR Text[260];
    } Native, Win32;
    UNICODE_STRING Device = RTL_CONSTANT_STRING(L"\\Device\\");
    UNICODE_STRING Drive = RTL_CONSTANT_STRING(L"C:\\");
    PUNICODE_STRING Located = NULL;
    STATUS(ZwQueryInformationProcess(NtCurrentProcess(), ProcessImageFileName, &Native, sizeof Native, NULL), 0, "ProcessImageFileName");
    ok(RtlPrefixUnicodeString(&Device, &Native.Name, FALSE) && EndsWithProgram(&Native.Name), "begins with a device");
    STATUS(ZwQueryInformationProcess(NtCurrentProcess(), 43 /* ProcessImageFileNameWin32 */, &Win32, sizeof Win32, NULL), 0, "as a Win32 path");
    ok(RtlPrefixUnicodeString(&Drive, &Win32.Name, TRUE) && EndsWithProgram(&Win32.Name), "it begins with the drive");
    STATUS(SeLocateProcessImageName(PsGetCurrentProcess(), &Located), 0, "SeLocateProcessImageName");
    ok(Located && RtlEqualUnicodeString(Located, &Native.Name, FALSE), "gives the former");
    ExFreePool(Located);
}

static VOID TestIdentity(VOID) {
    PEPROCESS Found = NULL;
    PETHREAD Thread = NULL;
    ULONG Low, High;
    ULONG_PTR Base = (ULONG_PTR)PsGetCurrentThreadStackBase(), Limit = (ULONG_PTR)PsGetCurrentThreadStackLimit();
    STATUS(PsLookupProcessByProcessId((HANDLE)(ULONG_PTR)Facts.Process, &Found), 0, "PsLookupProcessByProcessId");
    Process = Found;
    ok(Found && Found == RealCurrentProcess() && Found == PsGetCurrentThreadProcess(), "the program's is the current one");
    STATUS(PsLookupProcessByProcessId((HANDLE)3, &Found), STATUS_INVALID_CID, "of no process");
    STATUS(PsLookupThreadByThreadId((HANDLE)(ULONG_PTR)Facts.Thread, &Thread), 0, "PsLookupThreadByThreadId");
    ok(Thread && Thread == PsGetCurrentThread() && Thread == PsGetCurrentThread(), "the program's is the current one");
    ok(PsGetThreadProcess(Thread) == Process && RealThreadToProcess(Thread) == Process, "PsGetThreadProcess and IoThreadToProcess");
    ok(!RealIsSystemThread(Thread), "no system thread");
    is((ULONG_PTR)PsGetProcessId(Process), Facts.Process, "PsGetProcessId");
    is((ULONG_PTR)PsGetThreadProcessId(Thread), Facts.Process, "PsGetThreadProcessId");
    is((ULONG_PTR)PsGetCurrentThreadProcessId(), Facts.Process, "PsGetCurrentThreadProcessId");
    is((ULONG_PTR)PsGetThreadId(Thread), Facts.Thread, "PsGetThreadId");
    ok(PsGetProcessPeb(Process) == Facts.Peb, "PsGetProcessPeb");
    ok(PsGetThreadTeb(Thread) == Facts.Teb && PsGetCurrentThreadTeb() == Facts.Teb, "PsGetThreadTeb and PsGetCurrentThreadTeb");
    ok(PsGetProcessSectionBaseAddress(Process) == Facts.Image, "PsGetProcessSectionBaseAddress");
    ok(_stricmp(PsGetProcessImageFileName(Process), "ps-more.exe") == 0, "PsGetProcessImageFileName");
    TestImageNames();
    ok(!PsGetProcessWow64Process(Process), "PsGetProcessWow64Process: none, there are no 32-bit programs");
    ok(PsGetProcessSessionId(Process) == 1 && PsGetProcessSessionId(PsInitialSystemProcess) == 0, "PsGetProcessSessionId");
    ok(PsIsSystemProcess(PsInitialSystemProcess) && !PsIsSystemProcess(Process), "PsIsSystemProcess");
    is(PsGetProcessExitStatus(Process), STATUS_PENDING, "PsGetProcessExitStatus");
    ok(!PsIsThreadTerminating(Thread), "PsIsThreadTerminating");
    ok(PsGetProcessCreateTimeQuadPart(Process) > PsGetProcessCreateTimeQuadPart(PsInitialSystemProcess), "PsGetProcessCreateTimeQuadPart");
    Low = High = 0;
    ok((ULONG_PTR)&Low > Limit && (ULONG_PTR)&High < Base && Base - Limit >= 3 * PAGE_SIZE && Base - Limit < 64 * PAGE_SIZE,
       "PsGetCurrentThreadStackBase and Limit");
    ObDereferenceObject(Thread);
}

static VOID TestHandles(VOID) {
    OBJECT_ATTRIBUTES Attributes;
    CLIENT_ID Id = {(HANDLE)(ULONG_PTR)Facts.Process, 0};
    HANDLE Handle = NULL, Thread = NULL, Second = NULL;
    PROCESS_BASIC_INFORMATION Basic = {0};
    THREAD_BASIC_FACTS ThreadBasic = {0};
    PVOID Object = NULL;
    ULONG Length = 0;
    LONG Priority = 3;
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    STATUS(ZwOpenProcess(&Handle, PROCESS_ALL_ACCESS, &Attributes, &Id), 0, "ZwOpenProcess");
    STATUS(ObReferenceObjectByHandle(Handle, 0, *PsProcessType, KernelMode, &Object, NULL), 0, "its handle");
    ok(Object == Process, "is the program's");
    ObDereferenceObject(Object);
    STATUS(ZwQueryInformationProcess(Handle, ProcessBasicInformation, &Basic, sizeof Basic, &Length), 0, "ZwQueryInformationProcess");
    ok(Basic.UniqueProcessId == Facts.Process && (PVOID)Basic.PebBaseAddress == Facts.Peb && Length == sizeof Basic, "basic information");
    Id.UniqueThread = (HANDLE)(ULONG_PTR)Facts.Thread;
    STATUS(ZwOpenThread(&Thread, THREAD_ALL_ACCESS, &Attributes, &Id), 0, "ZwOpenThread");
    STATUS(ObReferenceObjectByHandle(Thread, 0, *PsThreadType, KernelMode, &Object, NULL), 0, "a thread's handle");
    ok(Object == (PVOID)PsGetCurrentThread(), "is the current one's");
    ObDereferenceObject(Object);
    STATUS(ZwQueryInformationThread(Thread, ThreadBasicInformation, &ThreadBasic, sizeof ThreadBasic, NULL), 0, "ZwQueryInformationThread");
    ok(ThreadBasic.ClientId.UniqueThread == Id.UniqueThread && (PVOID)ThreadBasic.TebBaseAddress == Facts.Teb, "basic information of a thread");
    STATUS(ZwSetInformationThread(Thread, ThreadPriority, &Priority, sizeof Priority), 0, "ZwSetInformationThread");
    is(KeQueryPriorityThread((PKTHREAD)PsGetCurrentThread()), 3, "sets its priority");
    Priority = 8;
    ZwSetInformationThread(Thread, ThreadPriority, &Priority, sizeof Priority);
    STATUS(ZwDuplicateObject(NtCurrentProcess(), Handle, NtCurrentProcess(), &Second, 0, OBJ_KERNEL_HANDLE, DUPLICATE_SAME_ACCESS), 0,
           "ZwDuplicateObject");
    STATUS(ObReferenceObjectByHandle(Second, 1, *PsProcessType, KernelMode, &Object, NULL), 0, "the second handle");
    ok(Object == Process, "is the program's as well");
    ObDereferenceObject(Object);
    STATUS(ZwClose(Second), 0, "closed");
    STATUS(ZwClose(Thread), 0, "closed");
    STATUS(ZwClose(Handle), 0, "closed");
}

static VOID TestMemory(VOID) {
    PVOID Block = NULL, Page = Facts.Memory;
    SIZE_T Size = 3 * PAGE_SIZE, Done = 0;
    MEMORY_FACTS Information = {0};
    ULONG Old = 0;
    CHAR Copy[8] = "";
    HANDLE Secured;
    NTSTATUS Status;
    STATUS(ZwAllocateVirtualMemory(NtCurrentProcess(), &Block, 0, &Size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE), 0, "ZwAllocateVirtualMemory");
    ok(Block && Size == 3 * PAGE_SIZE && !MmIsNonPagedSystemAddressValid(Block), "three pages");
    *(volatile CHAR *)Block = 'x';
    STATUS(ZwQueryVirtualMemory(NtCurrentProcess(), (PCHAR)Block + 5000, 0, &Information, sizeof Information, &Done), 0, "ZwQueryVirtualMemory");
    ok(Information.AllocationBase == Block && Information.RegionSize == 2 * PAGE_SIZE && Information.Protect == PAGE_READWRITE, "where it lies");
    Size = 1;
    STATUS(ZwProtectVirtualMemory(NtCurrentProcess(), &Block, &Size, PAGE_READONLY, &Old), 0, "ZwProtectVirtualMemory");
    ok(Old == PAGE_READWRITE && Size == PAGE_SIZE, "from what it was");
    Status = 0;
    __try {
        *(volatile CHAR *)Block = 'y';
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    STATUS(Status, STATUS_ACCESS_VIOLATION, "it is read only");
    STATUS(ZwReadVirtualMemory(NtCurrentProcess(), Page, Copy, 6, &Done), 0, "ZwReadVirtualMemory");
    ok(Done == 6 && strcmp(Copy, "hello") == 0, "hello");
    STATUS(ZwWriteVirtualMemory(NtCurrentProcess(), Page, "wrote", 6, &Done), 0, "ZwWriteVirtualMemory");
    ok(Done == 6 && strcmp(Page, "wrote") == 0, "wrote");
    Size = 0;
    STATUS(ZwFreeVirtualMemory(NtCurrentProcess(), &Block, &Size, MEM_RELEASE), 0, "ZwFreeVirtualMemory");
    ZwQueryVirtualMemory(NtCurrentProcess(), Block, 0, &Information, sizeof Information, NULL);
    is(Information.State, MEM_FREE, "it is gone");
    Secured = MmSecureVirtualMemory(Page, PAGE_SIZE, PAGE_READWRITE);
    ok(Secured != NULL, "MmSecureVirtualMemory");
    Size = 0;
    Status = ZwFreeVirtualMemory(NtCurrentProcess(), &Page, &Size, MEM_RELEASE);
    STATUS(Status, STATUS_INVALID_PAGE_PROTECTION, "what is secured cannot be freed");
    MmUnsecureVirtualMemory(Secured);
    Page = Facts.Memory;
    Size = PAGE_SIZE;
    STATUS(ZwProtectVirtualMemory(NtCurrentProcess(), &Page, &Size, PAGE_READONLY, &Old), 0, "MmUnsecureVirtualMemory: it can be protected again");
    ZwProtectVirtualMemory(NtCurrentProcess(), &Page, &Size, PAGE_READWRITE, &Old);
    strcpy(Facts.Memory, "hello");
}

static VOID TestSection(VOID) {
    LARGE_INTEGER Length = {.QuadPart = PAGE_SIZE};
    HANDLE Section = NULL;
    PVOID Base = NULL, Again = NULL;
    SIZE_T Size = 0;
    OBJECT_ATTRIBUTES Attributes;
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    STATUS(ZwCreateSection(&Section, SECTION_ALL_ACCESS, &Attributes, &Length, PAGE_READWRITE, SEC_COMMIT, NULL), 0, "ZwCreateSection");
    STATUS(ZwMapViewOfSection(Section, NtCurrentProcess(), &Base, 0, 0, NULL, &Size, ViewUnmap, 0, PAGE_READWRITE), 0, "ZwMapViewOfSection");
    ok(Base && Base <= MmHighestUserAddress && Size == PAGE_SIZE, "in the program's memory");
    *(volatile ULONG *)Base = 77;
    Size = 0;
    STATUS(ZwMapViewOfSection(Section, NtCurrentProcess(), &Again, 0, 0, NULL, &Size, ViewUnmap, 0, PAGE_READONLY), 0, "once more");
    is(*(volatile ULONG *)Again, 77, "the same memory");
    STATUS(ZwUnmapViewOfSection(NtCurrentProcess(), Base), 0, "ZwUnmapViewOfSection");
    STATUS(ZwUnmapViewOfSection(NtCurrentProcess(), Base), STATUS_NOT_MAPPED_VIEW, "only once");
    STATUS(ZwUnmapViewOfSection(NtCurrentProcess(), Again), 0, "the other");
    ZwClose(Section);
}

/* From the System process. */
static VOID NTAPI Attached(PVOID Context) {
    KAPC_STATE State;
    CHAR Copy[8] = "";
    SIZE_T Done = 0;
    PROCESS_BASIC_INFORMATION Basic = {0};
    KeStackAttachProcess((PKPROCESS)Process, &State);
    ok(RealCurrentProcess() == Process && strcmp(Facts.Memory, "hello") == 0, "KeStackAttachProcess: its memory is there");
    KeUnstackDetachProcess(&State);
    ok(RealCurrentProcess() == PsInitialSystemProcess, "KeUnstackDetachProcess: back");
    KeAttachProcess((PKPROCESS)Process);
    ok(RealCurrentProcess() == Process && *(PCHAR)Facts.Memory == 'h', "KeAttachProcess");
    KeDetachProcess();
    ok(RealCurrentProcess() == PsInitialSystemProcess, "KeDetachProcess");
    STATUS(MmCopyVirtualMemory(Process, Facts.Memory, PsInitialSystemProcess, Copy, 6, KernelMode, &Done), 0, "MmCopyVirtualMemory");
    ok(Done == 6 && strcmp(Copy, "hello") == 0, "copied");
    STATUS(NtQueryInformationProcess(NtCurrentProcess(), ProcessBasicInformation, &Basic, sizeof Basic, NULL), 0, "NtQueryInformationProcess");
    is(Basic.UniqueProcessId, 4, "of the System process");
    ok(RealIsSystemThread(PsGetCurrentThread()), "IoIsSystemThread");
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID RunAttached(VOID) {
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Handle;
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    STATUS(PsCreateSystemThread(&Handle, SYNCHRONIZE, &Attributes, NULL, NULL, Attached, NULL), 0, "a system thread");
    STATUS(ZwWaitForSingleObject(Handle, FALSE, NULL), 0, "ZwWaitForSingleObject: it has ended");
    ZwClose(Handle);
}

static VOID TestRequest(PIRP Irp) {
    ULONG Session = 99;
    ok(IoGetRequestorProcess(Irp) == Process, "IoGetRequestorProcess");
    is(IoGetRequestorProcessId(Irp), Facts.Process, "IoGetRequestorProcessId");
    STATUS(IoGetRequestorSessionId(Irp, &Session), 0, "IoGetRequestorSessionId");
    is(Session, 1, "1");
    ok(!IoIs32bitProcess(Irp) && !IoIs32bitProcess(NULL), "IoIs32bitProcess");
    ok(IoIsOperationSynchronous(Irp), "IoIsOperationSynchronous");
}

static ULONG SuspendCount(ULONG Id) {
    CLIENT_ID Client = {0, (HANDLE)(ULONG_PTR)Id};
    ULONG Count = 99;
    HANDLE Thread = NULL;
    ZwOpenThread(&Thread, THREAD_ALL_ACCESS, Named(NULL), &Client);
    ZwQueryInformationThread(Thread, 35 /* ThreadSuspendCount */, &Count, sizeof Count, NULL);
    ZwClose(Thread);
    return Count;
}

static ULONG CreatedEx2, ThreadsBegun, ThreadsBegunElsewhere, ImagesEx, ImagesOnDevices;
static VOID ProcessNotifyEx2(PEPROCESS Child, HANDLE Id, PPS_CREATE_NOTIFY_INFO Info) { CreatedEx2 += Info != NULL; }
static VOID ThreadBegins(HANDLE ProcessId, HANDLE ThreadId, BOOLEAN Create) {
    ThreadsBegun += Create;
    ThreadsBegunElsewhere += Create && PsGetCurrentThreadId() != ThreadId;
}
static VOID ImageNotifyEx(PUNICODE_STRING Name, HANDLE ProcessId, PIMAGE_INFO Info) {
    ImagesEx++;
    ImagesOnDevices += RtlPrefixUnicodeString(&(UNICODE_STRING)RTL_CONSTANT_STRING(L"\\Device\\"), Name, TRUE);
}

static VOID AddNewerRoutines(VOID) {
    STATUS(PsSetCreateProcessNotifyRoutineEx2(0, (PVOID)ProcessNotifyEx2, FALSE), 0, "PsSetCreateProcessNotifyRoutineEx2");
    STATUS(PsSetCreateProcessNotifyRoutineEx2(7, (PVOID)ProcessNotifyEx2, FALSE), STATUS_INVALID_PARAMETER, "of a type that there is");
    STATUS(PsSetCreateThreadNotifyRoutineEx(0, (PVOID)ThreadBegins), 0, "PsSetCreateThreadNotifyRoutineEx");
    STATUS(PsSetCreateThreadNotifyRoutineEx(7, (PVOID)ThreadBegins), STATUS_INVALID_PARAMETER, "of a type that there is");
    STATUS(PsSetLoadImageNotifyRoutineEx(ImageNotifyEx, 1), 0, "PsSetLoadImageNotifyRoutineEx");
    STATUS(PsSetLoadImageNotifyRoutineEx(ImageNotifyEx, 8), STATUS_INVALID_PARAMETER_2, "with flags that there are");
}

static VOID TestNewerRoutines(VOID) {
    is(CreatedEx2, 1, "PsSetCreateProcessNotifyRoutineEx2: a process");
    ok(ThreadsBegun == 1 && ThreadsBegunElsewhere == 0, "PsSetCreateThreadNotifyRoutineEx: a thread, in it");
    is(ImagesEx, Images, "PsSetLoadImageNotifyRoutineEx: the same images");
    is(ImagesOnDevices, ImagesEx - 1, "each is named by its device, but for ntdll, which is \\SystemRoot's");
    STATUS(PsSetCreateProcessNotifyRoutineEx2(0, (PVOID)ProcessNotifyEx2, TRUE), 0, "the newer ones are removed");
    STATUS(PsRemoveCreateThreadNotifyRoutine(ThreadBegins), 0, "as the older ones");
    STATUS(PsRemoveLoadImageNotifyRoutine(ImageNotifyEx), 0, "are");
}

static VOID TestChild(VOID) {
    PEPROCESS Child = NULL;
    PETHREAD Thread = NULL;
    OBJECT_ATTRIBUTES Attributes;
    CLIENT_ID Id = {(HANDLE)(ULONG_PTR)Facts.Child, 0};
    LARGE_INTEGER Pause = {.QuadPart = -200000}, Limit = {.QuadPart = -50000000};
    HANDLE Handle = NULL;
    is(Created, 1, "PsSetCreateProcessNotifyRoutine: a process has been made");
    ok(LastParent == PsGetCurrentProcessId() && LastChild == Id.UniqueProcess, "by this one");
    is(CreatedEx, 1, "PsSetCreateProcessNotifyRoutineEx as well");
    STATUS(PsLookupProcessByProcessId(Id.UniqueProcess, &Child), 0, "the child");
    STATUS(PsLookupThreadByThreadId((HANDLE)(ULONG_PTR)Facts.Thread, &Thread), 0, "its thread");
    ok(PsGetThreadProcess(Thread) == Child, "of the child");
    ok(PsGetProcessInheritedFromUniqueProcessId(Child) == PsGetCurrentProcessId(), "PsGetProcessInheritedFromUniqueProcessId");
    KeDelayExecutionThread(KernelMode, FALSE, &Pause);
    ok(Images >= 3, "PsSetLoadImageNotifyRoutine: its program and libraries have been loaded");
    is(ThreadsCreated, 1, "PsSetCreateThreadNotifyRoutine: so has its thread");
    STATUS(PsSuspendProcess(Child), 0, "PsSuspendProcess");
    is(SuspendCount(Facts.Thread), 1, "its thread is suspended");
    STATUS(PsResumeProcess(Child), 0, "PsResumeProcess");
    is(SuspendCount(Facts.Thread), 0, "and no longer");
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    STATUS(ZwOpenProcess(&Handle, PROCESS_ALL_ACCESS, &Attributes, &Id), 0, "a handle");
    STATUS(PsAcquireProcessExitSynchronization(Child), 0, "PsAcquireProcessExitSynchronization");
    STATUS(ZwTerminateProcess(Handle, 0x77), 0, "ZwTerminateProcess");
    STATUS(ZwWaitForSingleObject(Handle, FALSE, &Pause), STATUS_TIMEOUT, "it cannot go");
    PsReleaseProcessExitSynchronization(Child);
    STATUS(ZwWaitForSingleObject(Handle, FALSE, &Limit), 0, "it ends");
    is(PsGetProcessExitStatus(Child), 0x77, "PsGetProcessExitStatus");
    ok(PsIsThreadTerminating(Thread) && PsGetProcessExitProcessCalled(Child), "PsIsThreadTerminating and PsGetProcessExitProcessCalled");
    STATUS(PsAcquireProcessExitSynchronization(Child), STATUS_PROCESS_IS_TERMINATING, "PsReleaseProcessExitSynchronization: it went");
    ok(Deleted == 1 && DeletedEx == 1 && ThreadsDeleted == 1, "the routines have been told");
    ZwClose(Handle);
    ObDereferenceObject(Thread);
    ObDereferenceObject(Child);
    TestNewerRoutines();
    STATUS(PsRemoveCreateThreadNotifyRoutine(ThreadNotify), 0, "PsRemoveCreateThreadNotifyRoutine");
    STATUS(PsRemoveCreateThreadNotifyRoutine(ThreadNotify), STATUS_PROCEDURE_NOT_FOUND, "only once");
    STATUS(PsRemoveLoadImageNotifyRoutine(ImageNotify), 0, "PsRemoveLoadImageNotifyRoutine");
    STATUS(PsRemoveLoadImageNotifyRoutine(ImageNotify), STATUS_PROCEDURE_NOT_FOUND, "only once");
    STATUS(PsSetCreateProcessNotifyRoutine(ProcessNotify, TRUE), 0, "and the process routines");
    STATUS(PsSetCreateProcessNotifyRoutineEx(ProcessNotifyEx, TRUE), 0, "both");
}

static NTSTATUS Dispatch(PDEVICE_OBJECT Device, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    if (Stack->MajorFunction == IRP_MJ_DEVICE_CONTROL) {
        if (Irp->AssociatedIrp.SystemBuffer)
            Facts = *(PS_MORE *)Irp->AssociatedIrp.SystemBuffer;
        if (Stack->Parameters.DeviceIoControl.IoControlCode == PS_MORE_FACTS) {
            TestIdentity();
            TestRequest(Irp);
            TestHandles();
            TestMemory();
            TestSection();
            RunAttached();
            STATUS(PsSetCreateProcessNotifyRoutine(ProcessNotify, FALSE), 0, "PsSetCreateProcessNotifyRoutine");
            STATUS(PsSetCreateProcessNotifyRoutineEx(ProcessNotifyEx, FALSE), 0, "PsSetCreateProcessNotifyRoutineEx");
            STATUS(PsSetCreateThreadNotifyRoutine(ThreadNotify), 0, "PsSetCreateThreadNotifyRoutine");
            STATUS(PsSetLoadImageNotifyRoutine(ImageNotify), 0, "PsSetLoadImageNotifyRoutine");
            AddNewerRoutines();
        } else if (Stack->Parameters.DeviceIoControl.IoControlCode == PS_MORE_CHILD) {
            TestChild();
        } else {
            DbgPrint("1..%u\n", TapCount);
        }
    }
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    PDEVICE_OBJECT Device;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = DriverObject->MajorFunction[IRP_MJ_CLOSE] = DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] =
        Dispatch;
    STATUS(IoCreateDevice(DriverObject, 0, U("\\Device\\PsMore"), FILE_DEVICE_UNKNOWN, 0, FALSE, &Device), 0, "a device");
    STATUS(IoCreateSymbolicLink(U("\\DosDevices\\PsMore"), U("\\Device\\PsMore")), 0, "for programs");
}
