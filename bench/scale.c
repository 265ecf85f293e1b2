/* Makes many of one thing, uses each, and takes them away: what the number of them costs. scale.exe asks for it and prints it. */
#include <ntifs.h>
#include <stdio.h>

#include "scale.h"
#include "steps.h"

#define TAG 'lacS'

DRIVER_INITIALIZE DriverEntry;

static ULONG Sample; /* how many of each phase are counted, or 0 */
static ULONG64 SampleName;

/* In a loop over Count: those at its end when things are made, else those at its beginning, so that all the others are there. */
static VOID Before(ULONG Number, ULONG Count, ULONG Phase) {
    if (Sample && Number == (Phase == 0 ? Count - Sample : 0)) {
        StepsBegin();
    }
}

static VOID After(ULONG Number, ULONG Count, ULONG Phase) {
    if (Sample && Number == (Phase == 0 ? Count : Sample) - 1) {
        StepsEnd(SampleName, Phase, Sample);
    }
}

static PDRIVER_OBJECT Driver;
static PDEVICE_OBJECT Control;
static KSPIN_LOCK Lock;
static IO_CSQ Csq;
static LIST_ENTRY Queue;

/* ---- The queue of requests ------------------------------------------------------------------------------------------------- */
static VOID NTAPI CsqInsert(PIO_CSQ Self, PIRP Irp) {
    UNREFERENCED_PARAMETER(Self);
    InsertTailList(&Queue, &Irp->Tail.Overlay.ListEntry);
}

static VOID NTAPI CsqRemove(PIO_CSQ Self, PIRP Irp) {
    UNREFERENCED_PARAMETER(Self);
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
}

static PIRP NTAPI CsqPeek(PIO_CSQ Self, PIRP Irp, PVOID Context) {
    PLIST_ENTRY Link = Irp ? Irp->Tail.Overlay.ListEntry.Flink : Queue.Flink;
    UNREFERENCED_PARAMETER(Self);
    UNREFERENCED_PARAMETER(Context);
    return Link == &Queue ? NULL : CONTAINING_RECORD(Link, IRP, Tail.Overlay.ListEntry);
}

static VOID NTAPI CsqAcquire(PIO_CSQ Self, PKIRQL Irql) {
    UNREFERENCED_PARAMETER(Self);
    KeAcquireSpinLock(&Lock, Irql);
}

static VOID NTAPI CsqRelease(PIO_CSQ Self, KIRQL Irql) {
    UNREFERENCED_PARAMETER(Self);
    KeReleaseSpinLock(&Lock, Irql);
}

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

/* How many cancellations are to be counted, all together, and how many there were. */
static ULONG Cancels, Cancelled;

static VOID CountCancels(ULONG Count, SCALE_RESULT *Result) {
    Cancels = Sample ? Count : 0;
    Cancelled = 0;
    Result->Made = Count;
}

static VOID NTAPI CsqComplete(PIO_CSQ Self, PIRP Irp) {
    UNREFERENCED_PARAMETER(Self);
    if (Cancels && Cancelled == 0) {
        StepsBegin();
    }
    Complete(Irp, STATUS_CANCELLED, 0);
    if (Cancels && ++Cancelled == Cancels) {
        Cancels = 0;
        StepsEnd(StepsName("cancels"), 2, Cancelled);
    }
}

/* ---- Devices ---------------------------------------------------------------------------------------------------------------- */
/* Numbers in no order, so that no name is next to the one before it. Count is not divisible by 7919. */
static ULONG Shuffled(ULONG Number, ULONG Count) { return (ULONG)((ULONG64)Number * 7919 % Count); }

static VOID DeviceName(PUNICODE_STRING Name, WCHAR *Buffer, ULONG Number) {
    Name->Buffer = Buffer;
    Name->MaximumLength = 64;
    Name->Length = (USHORT)(_snwprintf(Buffer, 32, L"\\Device\\Scale%u", Number) * sizeof(WCHAR));
}

static VOID Devices(ULONG Count, SCALE_RESULT *Result) {
    PDEVICE_OBJECT *Made = ExAllocatePoolWithTag(PagedPool, Count * sizeof *Made, TAG);
    UNICODE_STRING Name;
    WCHAR Buffer[32];
    ULONG64 Start = __rdtsc();
    if (!Made) {
        Result->Status = STATUS_INSUFFICIENT_RESOURCES;
        return;
    }
    for (; Result->Made < Count; Result->Made++) {
        PDEVICE_OBJECT Device;
        DeviceName(&Name, Buffer, Shuffled(Result->Made, Count));
        Before(Result->Made, Count, 0);
        Result->Status = IoCreateDevice(Driver, 64, &Name, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);
        After(Result->Made, Count, 0);
        if (!NT_SUCCESS(Result->Status)) {
            break;
        }
        Made[Result->Made] = Device;
        Device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    }
    Result->Make = __rdtsc() - Start;
    Start = __rdtsc();
    for (ULONG i = 0; i < Result->Made; i++) {
        PFILE_OBJECT File;
        PDEVICE_OBJECT Device;
        DeviceName(&Name, Buffer, Shuffled(i, Count));
        Before(i, Result->Made, 1);
        NTSTATUS Status = IoGetDeviceObjectPointer(&Name, FILE_READ_ATTRIBUTES, &File, &Device);
        After(i, Result->Made, 1);
        if (!NT_SUCCESS(Status)) {
            Result->Status = Status;
            break;
        }
        if (Device != Made[i]) {
            Result->Status = STATUS_INTERNAL_ERROR;
        }
        ObDereferenceObject(File);
    }
    Result->Use = __rdtsc() - Start;
    Start = __rdtsc();
    for (ULONG i = 0; i < Result->Made; i++) {
        Before(i, Result->Made, 2);
        IoDeleteDevice(Made[i]);
        After(i, Result->Made, 2);
    }
    Result->End = __rdtsc() - Start;
    ExFreePoolWithTag(Made, TAG);
}

/* ---- Threads ----------------------------------------------------------------------------------------------------------------- */
static KEVENT Go;
static KSEMAPHORE Reached;
static LONG Ran;

static VOID NTAPI Thread(PVOID Context) {
    LARGE_INTEGER Hour = {.QuadPart = -36000000000ll - (LONGLONG)(ULONG_PTR)Context * 7919 % 1000003};
    InterlockedIncrement(&Ran);
    KeReleaseSemaphore(&Reached, 0, 1, FALSE);
    KeWaitForSingleObject(&Go, Executive, KernelMode, FALSE, &Hour);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID Threads(ULONG Count, SCALE_RESULT *Result) {
    PKTHREAD *Made = ExAllocatePoolWithTag(NonPagedPool, Count * sizeof *Made, TAG);
    ULONG64 Start = __rdtsc();
    if (!Made) {
        Result->Status = STATUS_INSUFFICIENT_RESOURCES;
        return;
    }
    KeInitializeEvent(&Go, NotificationEvent, FALSE);
    KeInitializeSemaphore(&Reached, 0, MAXLONG);
    Ran = 0;
    for (; Result->Made < Count; Result->Made++) {
        HANDLE Handle;
        Before(Result->Made, Count, 0);
        Result->Status = PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, Thread, (PVOID)(ULONG_PTR)Result->Made);
        After(Result->Made, Count, 0);
        if (!NT_SUCCESS(Result->Status)) {
            break;
        }
        ObReferenceObjectByHandle(Handle, THREAD_ALL_ACCESS, NULL, KernelMode, (PVOID *)&Made[Result->Made], NULL);
        ZwClose(Handle);
    }
    Result->Make = __rdtsc() - Start;
    Start = __rdtsc();
    for (ULONG i = 0; i < Result->Made; i++) {
        KeWaitForSingleObject(&Reached, Executive, KernelMode, FALSE, NULL);
    }
    Result->Use = __rdtsc() - Start;
    Start = __rdtsc();
    KeSetEvent(&Go, 0, FALSE);
    for (ULONG i = 0; i < Result->Made; i++) {
        KeWaitForSingleObject(Made[i], Executive, KernelMode, FALSE, NULL);
        ObDereferenceObject(Made[i]);
    }
    Result->End = __rdtsc() - Start;
    if (Ran != (LONG)Result->Made) {
        Result->Status = STATUS_INTERNAL_ERROR;
    }
    ExFreePoolWithTag(Made, TAG);
}

/* ---- Handles ------------------------------------------------------------------------------------------------------------------ */
static VOID Handles(ULONG Count, SCALE_RESULT *Result) {
    OBJECT_ATTRIBUTES Attributes;
    PHANDLE Made = ExAllocatePoolWithTag(PagedPool, Count * sizeof *Made, TAG);
    ULONG64 Start = __rdtsc();
    if (!Made) {
        Result->Status = STATUS_INSUFFICIENT_RESOURCES;
        return;
    }
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    for (; Result->Made < Count; Result->Made++) {
        Before(Result->Made, Count, 0);
        Result->Status = ZwCreateEvent(&Made[Result->Made], EVENT_ALL_ACCESS, &Attributes, NotificationEvent, FALSE);
        After(Result->Made, Count, 0);
        if (!NT_SUCCESS(Result->Status)) {
            break;
        }
    }
    Result->Make = __rdtsc() - Start;
    Start = __rdtsc();
    for (ULONG i = 0; i < Result->Made; i++) {
        PVOID Object;
        Before(i, Result->Made, 1);
        NTSTATUS Status = ObReferenceObjectByHandle(Made[i], EVENT_MODIFY_STATE, *ExEventObjectType, KernelMode, &Object, NULL);
        if (!NT_SUCCESS(Status)) {
            Result->Status = Status;
            break;
        }
        KeSetEvent(Object, 0, FALSE);
        ObDereferenceObject(Object);
        After(i, Result->Made, 1);
    }
    Result->Use = __rdtsc() - Start;
    Start = __rdtsc();
    for (ULONG i = 0; i < Result->Made; i++) {
        Before(i, Result->Made, 2);
        ZwClose(Made[i]);
        After(i, Result->Made, 2);
    }
    Result->End = __rdtsc() - Start;
    ExFreePoolWithTag(Made, TAG);
}

/* ---- Requests ------------------------------------------------------------------------------------------------------------------- */
static LONG Returned;

static NTSTATUS NTAPI RequestDone(PDEVICE_OBJECT Device, PIRP Irp, PVOID Context) {
    UNREFERENCED_PARAMETER(Device);
    UNREFERENCED_PARAMETER(Context);
    Returned++;
    IoFreeIrp(Irp);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static VOID Requests(ULONG Count, SCALE_RESULT *Result) {
    PIRP *Made = ExAllocatePoolWithTag(NonPagedPool, Count * sizeof *Made, TAG);
    PIRP Irp;
    ULONG64 Start = __rdtsc();
    if (!Made) {
        Result->Status = STATUS_INSUFFICIENT_RESOURCES;
        return;
    }
    Returned = 0;
    for (; Result->Made < Count; Result->Made++) {
        Before(Result->Made, Count, 0);
        Irp = IoAllocateIrp(Control->StackSize, FALSE);
        if (!Irp) {
            Result->Status = STATUS_INSUFFICIENT_RESOURCES;
            break;
        }
        PIO_STACK_LOCATION Stack = IoGetNextIrpStackLocation(Irp);
        Stack->MajorFunction = IRP_MJ_DEVICE_CONTROL;
        Stack->Parameters.DeviceIoControl.IoControlCode = IOCTL_SCALE_PEND;
        IoSetCompletionRoutine(Irp, RequestDone, NULL, TRUE, TRUE, TRUE);
        Made[Result->Made] = Irp;
        IoCallDriver(Control, Irp);
        After(Result->Made, Count, 0);
    }
    Result->Make = __rdtsc() - Start;
    Start = __rdtsc();
    for (ULONG i = 0; i < Result->Made / 2; i++) {
        Before(i, Result->Made, 1);
        IoCancelIrp(Made[i]);
        After(i, Result->Made, 1);
    }
    Result->Use = (__rdtsc() - Start) * 2;
    Start = __rdtsc();
    for (ULONG i = 0; i < Result->Made - Result->Made / 2; i++) {
        Before(i, Result->Made, 2);
        Irp = IoCsqRemoveNextIrp(&Csq, NULL);
        if (!Irp) {
            break;
        }
        Complete(Irp, STATUS_SUCCESS, 0);
        After(i, Result->Made, 2);
    }
    Result->End = (__rdtsc() - Start) * 2;
    if (Returned != (LONG)Result->Made) {
        Result->Status = STATUS_INTERNAL_ERROR;
    }
    ExFreePoolWithTag(Made, TAG);
}

/* ---- Timers ----------------------------------------------------------------------------------------------------------------------- */
static VOID Timers(ULONG Count, SCALE_RESULT *Result) {
    PKTIMER Made = ExAllocatePoolWithTag(NonPagedPool, Count * sizeof *Made, TAG);
    ULONG64 Start = __rdtsc();
    if (!Made) {
        Result->Status = STATUS_INSUFFICIENT_RESOURCES;
        return;
    }
    for (; Result->Made < Count; Result->Made++) {
        LARGE_INTEGER Due = {.QuadPart = -36000000000ll - Shuffled(Result->Made, Count) * 10000ll};
        KeInitializeTimer(&Made[Result->Made]);
        Before(Result->Made, Count, 0);
        KeSetTimer(&Made[Result->Made], Due, NULL);
        After(Result->Made, Count, 0);
    }
    Result->Make = __rdtsc() - Start;
    Start = __rdtsc();
    for (ULONG i = 0; i < Count; i++) {
        Before(i, Result->Made, 2);
        if (!KeCancelTimer(&Made[i])) {
            Result->Status = STATUS_INTERNAL_ERROR;
        }
        After(i, Result->Made, 2);
    }
    Result->End = __rdtsc() - Start;
    ExFreePoolWithTag(Made, TAG);
}

/* ---- The driver ------------------------------------------------------------------------------------------------------------------- */
static const struct {
    VOID (*Run)(ULONG, SCALE_RESULT *);
    PCSTR Name;
} Kinds[] = {{Devices, "devices"}, {Threads, "threads"}, {Handles, "handles"}, {Requests, "requests"}, {Timers, "timers"}, {CountCancels, "cancels"}};

static NTSTATUS DeviceControl(PDEVICE_OBJECT Device, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    UNREFERENCED_PARAMETER(Device);
    if (Stack->Parameters.DeviceIoControl.IoControlCode == IOCTL_SCALE_PEND) {
        IoCsqInsertIrp(&Csq, Irp, NULL); /* marks it pending */
        return STATUS_PENDING;
    }
    SCALE_REQUEST *Request = Irp->AssociatedIrp.SystemBuffer;
    if (Stack->Parameters.DeviceIoControl.IoControlCode != IOCTL_SCALE) {
        return Complete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
    if (Stack->Parameters.DeviceIoControl.InputBufferLength != sizeof(SCALE_REQUEST) ||
        Stack->Parameters.DeviceIoControl.OutputBufferLength != sizeof(SCALE_RESULT) || Request->Kind >= ARRAYSIZE(Kinds) ||
        Request->Count < SCALE_SAMPLE) {
        return Complete(Irp, STATUS_INVALID_PARAMETER, 0);
    }
    SCALE_RESULT Result = {0};
    Sample = Request->Stepped ? SCALE_SAMPLE : 0;
    SampleName = StepsName(Kinds[Request->Kind].Name);
    Kinds[Request->Kind].Run(Request->Count, &Result);
    *(SCALE_RESULT *)Irp->AssociatedIrp.SystemBuffer = Result;
    return Complete(Irp, STATUS_SUCCESS, sizeof Result);
}

static NTSTATUS OpenClose(PDEVICE_OBJECT Device, PIRP Irp) {
    UNREFERENCED_PARAMETER(Device);
    return Complete(Irp, STATUS_SUCCESS, 0);
}

static VOID Unload(PDRIVER_OBJECT DriverObject) {
    UNICODE_STRING Link = RTL_CONSTANT_STRING(L"\\DosDevices\\Scale");
    UNREFERENCED_PARAMETER(DriverObject);
    IoDeleteSymbolicLink(&Link);
    IoDeleteDevice(Control);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\Scale"), Link = RTL_CONSTANT_STRING(L"\\DosDevices\\Scale");
    UNREFERENCED_PARAMETER(RegistryPath);
    Driver = DriverObject;
    KeInitializeSpinLock(&Lock);
    InitializeListHead(&Queue);
    IoCsqInitialize(&Csq, CsqInsert, CsqRemove, CsqPeek, CsqAcquire, CsqRelease, CsqComplete);
    NTSTATUS Status = IoCreateDevice(DriverObject, 0, &Name, FILE_DEVICE_UNKNOWN, 0, FALSE, &Control);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IoCreateSymbolicLink(&Link, &Name);
    if (!NT_SUCCESS(Status)) {
        IoDeleteDevice(Control);
        return Status;
    }
    DriverObject->DriverUnload = Unload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = DriverObject->MajorFunction[IRP_MJ_CLEANUP] = DriverObject->MajorFunction[IRP_MJ_CLOSE] = OpenClose;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = DeviceControl;
    return STATUS_SUCCESS;
}
