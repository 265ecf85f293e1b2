/*
 * Records what reaches a dispatch routine: stack location, buffers, IRQL and process of each CREATE, CLEANUP, CLOSE, READ, WRITE and DEVICE_CONTROL,
 * on a device of each of the three kinds of I/O. The program of the same name drives it, fetches the records through a fourth device and judges them.
 */
#include <ntddk.h>
#include "kernel/irp-parameters.h"

#define LOG_SIZE 32

DRIVER_INITIALIZE DriverEntry;

typedef struct _EXTENSION {
    UCHAR Io;
    PFILE_OBJECT Kept;
    PIO_WORKITEM Worker;
} EXTENSION, *PEXTENSION;

static PDEVICE_OBJECT Control, Devices[IO_KINDS];
static RECORD Log[LOG_SIZE];
static ULONG LogFirst, LogCount;
static KSPIN_LOCK LogLock;

static const struct {
    PCWSTR Device, Link;
} Names[IO_KINDS + 1] = {
    {L"\\Device\\IrpBuffered", L"\\DosDevices\\IrpBuffered"},
    {L"\\Device\\IrpDirect", L"\\DosDevices\\IrpDirect"},
    {L"\\Device\\IrpNeither", L"\\DosDevices\\IrpNeither"},
    {L"\\Device\\IrpControl", L"\\DosDevices\\IrpControl"},
};
static const ULONG Flags[IO_KINDS] = {DO_BUFFERED_IO, DO_DIRECT_IO, 0};

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static VOID DescribeBuffers(PIRP Irp, PIO_STACK_LOCATION Stack, RECORD *Record) {
    if (Irp->AssociatedIrp.SystemBuffer) {
        Record->Buffers |= HAS_SYSTEM_BUFFER;
    }
    if (Irp->UserBuffer) {
        Record->Buffers |= HAS_USER_BUFFER;
        Record->UserBuffer = (ULONG64)(ULONG_PTR)Irp->UserBuffer;
    }
    if (Irp->MdlAddress) {
        Record->Buffers |= HAS_MDL;
        Record->MdlVirtualAddress = (ULONG64)(ULONG_PTR)MmGetMdlVirtualAddress(Irp->MdlAddress);
        Record->MdlByteCount = MmGetMdlByteCount(Irp->MdlAddress);
    }
    if (Stack->MajorFunction == IRP_MJ_DEVICE_CONTROL && Stack->Parameters.DeviceIoControl.Type3InputBuffer) {
        Record->Buffers |= HAS_TYPE3_BUFFER;
        Record->Type3InputBuffer = (ULONG64)(ULONG_PTR)Stack->Parameters.DeviceIoControl.Type3InputBuffer;
    }
}

static VOID DescribeFile(PFILE_OBJECT File, RECORD *Record) {
    ULONG Length = File->FileName.Length;
    Record->FileFlags = File->Flags;
    Record->NameLength = Length;
    RtlCopyMemory(Record->Name, File->FileName.Buffer, min(Length, sizeof Record->Name));
}

static VOID Describe(PDEVICE_OBJECT Device, PIRP Irp, RECORD *Record) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    RtlZeroMemory(Record, sizeof *Record);
    Record->Major = Stack->MajorFunction;
    Record->Minor = Stack->MinorFunction;
    Record->StackFlags = Stack->Flags;
    Record->Irql = KeGetCurrentIrql();
    Record->Io = ((PEXTENSION)Device->DeviceExtension)->Io;
    Record->RequestorMode = (UCHAR)Irp->RequestorMode;
    Record->Process = HandleToULong(PsGetCurrentProcessId());
    Record->IrpFlags = Irp->Flags;
    DescribeBuffers(Irp, Stack, Record);
    DescribeFile(Stack->FileObject, Record);
    switch (Stack->MajorFunction) {
    case IRP_MJ_CREATE:
        Record->Options = Stack->Parameters.Create.Options;
        Record->DesiredAccess = Stack->Parameters.Create.SecurityContext->DesiredAccess;
        Record->EaLength = Stack->Parameters.Create.EaLength;
        Record->FileAttributes = Stack->Parameters.Create.FileAttributes;
        Record->ShareAccess = Stack->Parameters.Create.ShareAccess;
        break;
    case IRP_MJ_READ:
        Record->Length = Stack->Parameters.Read.Length;
        Record->Key = Stack->Parameters.Read.Key;
        Record->ByteOffset = Stack->Parameters.Read.ByteOffset.QuadPart;
        break;
    case IRP_MJ_WRITE:
        Record->Length = Stack->Parameters.Write.Length;
        Record->Key = Stack->Parameters.Write.Key;
        Record->ByteOffset = Stack->Parameters.Write.ByteOffset.QuadPart;
        break;
    case IRP_MJ_DEVICE_CONTROL:
        Record->InputLength = Stack->Parameters.DeviceIoControl.InputBufferLength;
        Record->OutputLength = Stack->Parameters.DeviceIoControl.OutputBufferLength;
        Record->Code = Stack->Parameters.DeviceIoControl.IoControlCode;
        break;
    }
}

static VOID Append(const RECORD *Record) {
    KIRQL Irql;
    KeAcquireSpinLock(&LogLock, &Irql);
    if (LogCount < LOG_SIZE) {
        Log[(LogFirst + LogCount++) % LOG_SIZE] = *Record;
    }
    KeReleaseSpinLock(&LogLock, Irql);
}

static NTSTATUS Fetch(PIRP Irp) {
    ULONG Length = IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceIoControl.OutputBufferLength;
    NTSTATUS Status = STATUS_NO_MORE_ENTRIES;
    KIRQL Irql;
    if (Length < sizeof(RECORD)) {
        return Complete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
    }
    KeAcquireSpinLock(&LogLock, &Irql);
    if (LogCount) {
        *(RECORD *)Irp->AssociatedIrp.SystemBuffer = Log[LogFirst];
        LogFirst = (LogFirst + 1) % LOG_SIZE;
        LogCount--;
        Status = STATUS_SUCCESS;
    }
    KeReleaseSpinLock(&LogLock, Irql);
    return Complete(Irp, Status, NT_SUCCESS(Status) ? sizeof(RECORD) : 0);
}

/* Where the data of a transfer are, whatever the device's kind. User addresses are touched in the requestor's context, under __try. */
static PUCHAR TransferBuffer(PIRP Irp, UCHAR Io, ULONG Length) {
    if (!Length) {
        return NULL;
    }
    if (Io == IO_BUFFERED) {
        return Irp->AssociatedIrp.SystemBuffer;
    }
    return Io == IO_DIRECT ? MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority) : Irp->UserBuffer;
}

static NTSTATUS Transfer(PIRP Irp, RECORD *Record) {
    PUCHAR Buffer = TransferBuffer(Irp, Record->Io, Record->Length);
    NTSTATUS Status = STATUS_SUCCESS;
    __try {
        if (Buffer && Record->Major == IRP_MJ_WRITE) {
            Record->FirstByte = *Buffer;
        } else if (Buffer) {
            RtlFillMemory(Buffer, Record->Length, 'r');
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    Append(Record);
    return Complete(Irp, Status, NT_SUCCESS(Status) ? Record->Length : 0);
}

static NTSTATUS DeviceControl(PDEVICE_OBJECT Device, PIRP Irp, RECORD *Record) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PEXTENSION Extension = Device->DeviceExtension;
    ULONG Method = Record->Code & 3;
    PUCHAR Input = Method == METHOD_NEITHER ? Stack->Parameters.DeviceIoControl.Type3InputBuffer : Irp->AssociatedIrp.SystemBuffer;
    PUCHAR Output = Method == METHOD_BUFFERED  ? Irp->AssociatedIrp.SystemBuffer
                    : Method == METHOD_NEITHER ? Irp->UserBuffer
                    : Irp->MdlAddress          ? MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority)
                                               : NULL;
    NTSTATUS Status = STATUS_SUCCESS;
    if (Record->Code == IOCTL_KEEP) {
        ObReferenceObject(Stack->FileObject);
        Extension->Kept = Stack->FileObject;
        return Complete(Irp, STATUS_SUCCESS, 0);
    }
    __try {
        if (Input && Record->InputLength) {
            Record->FirstByte = *Input;
        }
        if (Output && Record->OutputLength && Method != METHOD_IN_DIRECT) {
            RtlFillMemory(Output, Record->OutputLength, 'o');
        } else if (Output && Record->OutputLength) {
            Record->FirstByte = *Output;
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    Append(Record);
    return Complete(Irp, Status, NT_SUCCESS(Status) ? Record->OutputLength : 0);
}

/* Late enough that the handle's own reference has gone: this one is the last. */
static VOID DropLater(PDEVICE_OBJECT Device, PVOID Context) {
    LARGE_INTEGER Pause = {.QuadPart = -10 * 1000 * 20};
    UNREFERENCED_PARAMETER(Device);
    KeDelayExecutionThread(KernelMode, FALSE, &Pause);
    ObDereferenceObject(Context);
}

static NTSTATUS Dispatch(PDEVICE_OBJECT Device, PIRP Irp) {
    PEXTENSION Extension = Device->DeviceExtension;
    RECORD Record;
    if (Device == Control) {
        if (IoGetCurrentIrpStackLocation(Irp)->MajorFunction == IRP_MJ_DEVICE_CONTROL) {
            return Fetch(Irp);
        }
        return Complete(Irp, STATUS_SUCCESS, 0);
    }
    Describe(Device, Irp, &Record);
    switch (Record.Major) {
    case IRP_MJ_READ:
    case IRP_MJ_WRITE: return Transfer(Irp, &Record);
    case IRP_MJ_DEVICE_CONTROL: return DeviceControl(Device, Irp, &Record);
    case IRP_MJ_CLEANUP:
        if (Extension->Kept == IoGetCurrentIrpStackLocation(Irp)->FileObject) {
            IoQueueWorkItem(Extension->Worker, DropLater, DelayedWorkQueue, Extension->Kept);
            Extension->Kept = NULL;
        }
        break;
    }
    Append(&Record);
    return Complete(Irp, STATUS_SUCCESS, 0);
}

static VOID DeleteAll(VOID) {
    for (ULONG i = 0; i <= IO_KINDS; i++) {
        PDEVICE_OBJECT Device = i < IO_KINDS ? Devices[i] : Control;
        UNICODE_STRING Link;
        if (!Device) {
            continue;
        }
        RtlInitUnicodeString(&Link, Names[i].Link);
        IoDeleteSymbolicLink(&Link);
        if (((PEXTENSION)Device->DeviceExtension)->Worker) {
            IoFreeWorkItem(((PEXTENSION)Device->DeviceExtension)->Worker);
        }
        IoDeleteDevice(Device);
    }
}

static VOID Unload(PDRIVER_OBJECT DriverObject) {
    UNREFERENCED_PARAMETER(DriverObject);
    DeleteAll();
}

static NTSTATUS CreateOne(PDRIVER_OBJECT DriverObject, ULONG Index) {
    PDEVICE_OBJECT *Slot = Index < IO_KINDS ? &Devices[Index] : &Control;
    UNICODE_STRING Name, Link;
    PEXTENSION Extension;
    NTSTATUS Status;
    RtlInitUnicodeString(&Name, Names[Index].Device);
    RtlInitUnicodeString(&Link, Names[Index].Link);
    Status = IoCreateDevice(DriverObject, sizeof(EXTENSION), &Name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, Slot);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Extension = (*Slot)->DeviceExtension;
    Extension->Io = (UCHAR)Index;
    Extension->Worker = IoAllocateWorkItem(*Slot);
    (*Slot)->Flags |= Index < IO_KINDS ? Flags[Index] : 0;
    return Extension->Worker ? IoCreateSymbolicLink(&Link, &Name) : STATUS_INSUFFICIENT_RESOURCES;
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNREFERENCED_PARAMETER(RegistryPath);
    KeInitializeSpinLock(&LogLock);
    for (ULONG i = 0; i <= IO_KINDS; i++) {
        NTSTATUS Status = CreateOne(DriverObject, i);
        if (!NT_SUCCESS(Status)) {
            DeleteAll();
            return Status;
        }
    }
    DriverObject->DriverUnload = Unload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = DriverObject->MajorFunction[IRP_MJ_CLEANUP] = DriverObject->MajorFunction[IRP_MJ_CLOSE] =
        DriverObject->MajorFunction[IRP_MJ_READ] = DriverObject->MajorFunction[IRP_MJ_WRITE] = DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] =
            Dispatch;
    return STATUS_SUCCESS;
}
