/* Jobs, by the services that drivers have. The program of the same name has made a process that is suspended. */
#define TAP_PLAN_LATER
#define TAP_OWN_UNLOAD
#include "kernel/more.h"

NTSTATUS NTAPI ZwCreateJobObject(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES);
NTSTATUS NTAPI ZwOpenJobObject(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES);
NTSTATUS NTAPI ZwAssignProcessToJobObject(HANDLE, HANDLE);
NTSTATUS NTAPI ZwTerminateJobObject(HANDLE, NTSTATUS);
NTSTATUS NTAPI ZwIsProcessInJob(HANDLE, HANDLE);
NTSTATUS NTAPI ZwQueryInformationJobObject(HANDLE, ULONG, PVOID, ULONG, PULONG);
NTSTATUS NTAPI ZwSetInformationJobObject(HANDLE, ULONG, PVOID, ULONG);
PVOID NTAPI PsGetProcessJob(PEPROCESS);
NTSTATUS NTAPI PsGetProcessExitStatus(PEPROCESS);
NTKERNELAPI extern POBJECT_TYPE *PsJobType;

#define IN_JOB     0x124
#define NOT_IN_JOB 0x123
enum { Accounting = 1, BasicLimits = 2, ProcessIds = 3, Ui = 4 };

NTSTATUS NTAPI RtlCreateUserThread(HANDLE, PSECURITY_DESCRIPTOR, BOOLEAN, ULONG, SIZE_T, SIZE_T, PVOID, PVOID, PHANDLE, PCLIENT_ID);

/* A further thread of a process, which ends with it. */
static VOID TestThread(HANDLE Process, HANDLE ProcessId) {
    CLIENT_ID Id = {NULL, NULL};
    HANDLE Thread = NULL;
    PETHREAD Object = NULL;
    STATUS(RtlCreateUserThread(Process, NULL, TRUE, 0, 0, 0, (PVOID)0x10000, NULL, &Thread, &Id), 0, "RtlCreateUserThread");
    ok(Id.UniqueProcess == ProcessId && Thread && NT_SUCCESS(PsLookupThreadByThreadId(Id.UniqueThread, &Object)), "makes a thread of the process");
    ok(Object && PsGetThreadProcessId(Object) == ProcessId && !PsIsSystemThread(Object), "and of user mode");
    if (Object)
        ObDereferenceObject(Object);
    ZwClose(Thread);
}

static VOID TestJobs(HANDLE ProcessId) {
    OBJECT_ATTRIBUTES Attributes;
    CLIENT_ID Id = {.UniqueProcess = ProcessId};
    HANDLE Process, Job = NULL, Again = NULL, Other = NULL;
    PEPROCESS Object;
    PVOID JobObject;
    ULONG Count[12] = {0}, Limits[16] = {0}, Length = 0, Wrong = 0;
    struct {
        ULONG Assigned, Listed;
        HANDLE Ids[2];
    } List;
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    STATUS(ZwOpenProcess(&Process, PROCESS_ALL_ACCESS, &Attributes, &Id), 0, "a process");
    PsLookupProcessByProcessId(ProcessId, &Object);
    STATUS(ZwCreateJobObject(&Job, 0x1F003F, Named(U("\\BaseNamedObjects\\jobs"))), 0, "ZwCreateJobObject");
    STATUS(ZwOpenJobObject(&Again, 4, Named(U("\\BaseNamedObjects\\Jobs"))), 0, "ZwOpenJobObject");
    STATUS(ObReferenceObjectByHandle(Again, 4, *PsJobType, KernelMode, &JobObject, NULL), 0, "of the type Job");
    ZwClose(Again);
    ok(PsGetProcessJob(Object) == NULL && PsGetProcessJob(PsGetCurrentProcess()) == NULL, "nobody is in a job");
    STATUS(ZwIsProcessInJob(Process, Job), NOT_IN_JOB, "ZwIsProcessInJob");
    STATUS(ZwIsProcessInJob(Process, NULL), NOT_IN_JOB, "nor in any");
    STATUS(ZwQueryInformationJobObject(NULL, Accounting, Count, sizeof Count, NULL), STATUS_ACCESS_DENIED, "who is in none has none to ask for");
    STATUS(ZwAssignProcessToJobObject(Job, Process), 0, "ZwAssignProcessToJobObject");
    is(PsGetProcessJob(Object), JobObject, "PsGetProcessJob");
    STATUS(ZwIsProcessInJob(Process, Job), IN_JOB, "ZwIsProcessInJob");
    STATUS(ZwIsProcessInJob(Process, NULL), IN_JOB, "in any, too");
    ZwCreateJobObject(&Other, 0x1F003F, &Attributes);
    STATUS(ZwIsProcessInJob(Process, Other), NOT_IN_JOB, "not in another");
    STATUS(ZwAssignProcessToJobObject(Other, Process), STATUS_ACCESS_DENIED, "one at a time");
    STATUS(ZwQueryInformationJobObject(Job, Accounting, Count, sizeof Count, &Length), 0, "ZwQueryInformationJobObject");
    ok(Length == 48 && Count[9] == 1 && Count[10] == 1 && Count[11] == 0, "one process, which is active");
    STATUS(ZwQueryInformationJobObject(Job, Accounting, Count, 47, NULL), STATUS_INFO_LENGTH_MISMATCH, "half of an answer");
    STATUS(ZwQueryInformationJobObject(Job, 99, Count, sizeof Count, NULL), STATUS_INVALID_INFO_CLASS, "no class");
    STATUS(ZwQueryInformationJobObject(Job, ProcessIds, &List, sizeof List, &Length), 0, "who it is");
    ok(List.Assigned == 1 && List.Listed == 1 && List.Ids[0] == ProcessId && Length == 16, "is told");
    Limits[4] = 0x8;
    Limits[10] = 1;
    STATUS(ZwSetInformationJobObject(Job, BasicLimits, Limits, sizeof Limits), 0, "ZwSetInformationJobObject: one process");
    RtlZeroMemory(Limits, sizeof Limits);
    STATUS(ZwQueryInformationJobObject(Job, BasicLimits, Limits, sizeof Limits, NULL), 0, "the limits");
    ok(Limits[4] == 0x8 && Limits[10] == 1, "are those");
    Limits[4] = 0x2000;
    STATUS(ZwSetInformationJobObject(Job, BasicLimits, Limits, sizeof Limits), STATUS_INVALID_PARAMETER, "a flag of the extended limits");
    Limits[4] = 0x4;
    STATUS(ZwSetInformationJobObject(Job, BasicLimits, Limits, sizeof Limits), STATUS_NOT_SUPPORTED, "a limit that is not kept");
    STATUS(ZwSetInformationJobObject(Job, BasicLimits, Limits, 4), STATUS_INFO_LENGTH_MISMATCH, "half of the limits");
    STATUS(ZwSetInformationJobObject(Job, 99, &Wrong, sizeof Wrong), STATUS_INVALID_INFO_CLASS, "no class");
    ZwClose(Other);
    TestThread(Process, ProcessId);
    STATUS(ZwTerminateJobObject(Job, 77), 0, "ZwTerminateJobObject");
    ZwWaitForSingleObject(Process, FALSE, NULL);
    is(PsGetProcessExitStatus(Object), 77, "ends the process");
    ZwQueryInformationJobObject(Job, Accounting, Count, sizeof Count, NULL);
    ok(Count[9] == 1 && Count[10] == 0, "nobody is active any more");
    is(PsGetProcessJob(Object), JobObject, "who has ended still knows its job");
    STATUS(ZwAssignProcessToJobObject(Job, Process), STATUS_ACCESS_DENIED, "and joins no other");
    ObDereferenceObject(JobObject);
    ObDereferenceObject(Object);
    ZwClose(Process);
    ZwClose(Job);
}

static NTSTATUS Dispatch(PDEVICE_OBJECT Device, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    if (Stack->MajorFunction == IRP_MJ_DEVICE_CONTROL) {
        TestJobs(ULongToHandle(*(PULONG)Irp->AssociatedIrp.SystemBuffer));
        DbgPrint("1..%u\n", TapCount);
    }
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static VOID Unload(PDRIVER_OBJECT Driver) {
    IoDeleteSymbolicLink(U("\\DosDevices\\Jobs"));
    IoDeleteDevice(Driver->DeviceObject);
}

static VOID RunTests(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath) {
    PDEVICE_OBJECT Device;
    Driver->DriverUnload = Unload;
    Driver->MajorFunction[IRP_MJ_CREATE] = Driver->MajorFunction[IRP_MJ_CLOSE] = Driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Dispatch;
    IoCreateDevice(Driver, 0, U("\\Device\\Jobs"), FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);
    IoCreateSymbolicLink(U("\\DosDevices\\Jobs"), U("\\Device\\Jobs"));
}
