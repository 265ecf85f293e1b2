/*
 * Serial: COM1 without a port. What a program writes comes back as what it can read, as with a plug that joins the two lines.
 *
 * It shows what a driver does whose answers have to wait: reads are kept until enough has come, until their time is up, or until somebody does not
 * want them any more. All state is guarded by one spin lock; an IRP that waits is owned by whoever takes its cancel routine away, or by the cancel
 * routine if that comes first.
 */
#include <ntddk.h>
#include <ntddser.h>

#define SERIAL_RING     4096u
#define SERIAL_NO_LIMIT 0xFFFFFFFFu

typedef struct _SERIAL_EXTENSION {
    KSPIN_LOCK Lock;
    UCHAR Ring[SERIAL_RING];
    ULONG First, Count; /* of the bytes that have come and are not read yet */
    LIST_ENTRY Reads;   /* IRPs, by Tail.Overlay.ListEntry; timeouts are those of the first */
    KTIMER TotalTimer, IntervalTimer;
    KDPC TotalDpc, IntervalDpc;
    BOOLEAN TotalExpired, IntervalExpired;
    PIRP WaitIrp; /* of IOCTL_SERIAL_WAIT_ON_MASK */
    ULONG WaitMask, Events, Errors, ModemStatus;
    SERIAL_BAUD_RATE BaudRate;
    SERIAL_LINE_CONTROL LineControl;
    SERIAL_TIMEOUTS Timeouts;
    SERIAL_CHARS Chars;
    SERIAL_HANDFLOW HandFlow;
} SERIAL_EXTENSION, *PSERIAL_EXTENSION;

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD SerialUnload;
DRIVER_DISPATCH SerialCreateClose;
DRIVER_DISPATCH SerialCleanup;
DRIVER_DISPATCH SerialRead;
DRIVER_DISPATCH SerialWrite;
DRIVER_DISPATCH SerialDeviceControl;
DRIVER_CANCEL SerialCancelRead;
DRIVER_CANCEL SerialCancelWait;
KDEFERRED_ROUTINE SerialTotalTimeout;
KDEFERRED_ROUTINE SerialIntervalTimeout;

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, SerialUnload)
#pragma alloc_text(PAGE, SerialCreateClose)
#endif

static NTSTATUS SerialComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

/* ---- Reads ------------------------------------------------------------------------------------------------------------------------ */

static ULONG SerialLength(PIRP Irp) {
    ULONG length = IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.Length;
    return length < SERIAL_RING ? length : SERIAL_RING;
}

/* Three settings make a read end without waiting for all of it ("COMMTIMEOUTS"). Lock held. */
static BOOLEAN SerialIsReady(PSERIAL_EXTENSION Extension, PIRP Irp) {
    const SERIAL_TIMEOUTS *timeouts = &Extension->Timeouts;

    if (Extension->Count >= SerialLength(Irp) || Extension->TotalExpired || (Extension->IntervalExpired && Extension->Count != 0)) {
        return TRUE;
    }
    if (timeouts->ReadIntervalTimeout != SERIAL_NO_LIMIT) {
        return FALSE;
    }
    return Extension->Count != 0 || (timeouts->ReadTotalTimeoutConstant == 0 && timeouts->ReadTotalTimeoutMultiplier == 0);
}

static VOID SerialStartInterval(PSERIAL_EXTENSION Extension) {
    ULONG interval = Extension->Timeouts.ReadIntervalTimeout;
    LARGE_INTEGER due;

    Extension->IntervalExpired = FALSE;
    if (interval != 0 && interval != SERIAL_NO_LIMIT && Extension->Count != 0) {
        due.QuadPart = -10000 * (LONGLONG)interval;
        KeSetTimer(&Extension->IntervalTimer, due, &Extension->IntervalDpc);
    }
}

/* The first read has changed: its time begins. Lock held. */
static VOID SerialStartFirst(PSERIAL_EXTENSION Extension) {
    const SERIAL_TIMEOUTS *timeouts = &Extension->Timeouts;
    ULONG multiplier = timeouts->ReadTotalTimeoutMultiplier;
    ULONGLONG total = timeouts->ReadTotalTimeoutConstant;
    LARGE_INTEGER due;

    KeCancelTimer(&Extension->TotalTimer);
    KeCancelTimer(&Extension->IntervalTimer);
    Extension->TotalExpired = Extension->IntervalExpired = FALSE;
    if (IsListEmpty(&Extension->Reads)) {
        return;
    }
    if (multiplier != SERIAL_NO_LIMIT || timeouts->ReadIntervalTimeout != SERIAL_NO_LIMIT) {
        total += (ULONGLONG)multiplier * SerialLength(CONTAINING_RECORD(Extension->Reads.Flink, IRP, Tail.Overlay.ListEntry));
    }
    if (total != 0) {
        due.QuadPart = -10000 * (LONGLONG)total;
        KeSetTimer(&Extension->TotalTimer, due, &Extension->TotalDpc);
    }
    SerialStartInterval(Extension);
}

static ULONG SerialTake(PSERIAL_EXTENSION Extension, PUCHAR Buffer, ULONG Length) {
    ULONG count = Length < Extension->Count ? Length : Extension->Count;
    ULONG i;

    for (i = 0; i < count; i++) {
        Buffer[i] = Extension->Ring[(Extension->First + i) % SERIAL_RING];
    }
    Extension->First = (Extension->First + count) % SERIAL_RING;
    Extension->Count -= count;
    return count;
}

/* Completes every read that has what it wants. Completing may call us again, so it is done without the lock. */
static VOID SerialPump(PSERIAL_EXTENSION Extension) {
    LIST_ENTRY done;
    KIRQL irql;
    PIRP irp;

    InitializeListHead(&done);
    KeAcquireSpinLock(&Extension->Lock, &irql);
    while (!IsListEmpty(&Extension->Reads)) {
        irp = CONTAINING_RECORD(Extension->Reads.Flink, IRP, Tail.Overlay.ListEntry);
        if (!SerialIsReady(Extension, irp) || IoSetCancelRoutine(irp, NULL) == NULL) {
            break; /* it waits, or its cancel routine is about to take it out and to pump again */
        }
        RemoveEntryList(&irp->Tail.Overlay.ListEntry);
        irp->IoStatus.Status = Extension->Count >= SerialLength(irp) ? STATUS_SUCCESS : STATUS_TIMEOUT;
        irp->IoStatus.Information = SerialTake(Extension, (PUCHAR)irp->AssociatedIrp.SystemBuffer, SerialLength(irp));
        InsertTailList(&done, &irp->Tail.Overlay.ListEntry);
        SerialStartFirst(Extension);
    }
    KeReleaseSpinLock(&Extension->Lock, irql);
    while (!IsListEmpty(&done)) {
        irp = CONTAINING_RECORD(RemoveHeadList(&done), IRP, Tail.Overlay.ListEntry);
        IoCompleteRequest(irp, IO_SERIAL_INCREMENT);
    }
}

VOID SerialTotalTimeout(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) {
    PSERIAL_EXTENSION extension = (PSERIAL_EXTENSION)Context;

    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    extension->TotalExpired = TRUE;
    SerialPump(extension);
}

VOID SerialIntervalTimeout(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) {
    PSERIAL_EXTENSION extension = (PSERIAL_EXTENSION)Context;

    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    extension->IntervalExpired = TRUE;
    SerialPump(extension);
}

/* The I/O manager has set Irp->Cancel and taken the routine away: the IRP is ours, still in the list. */
VOID SerialCancelRead(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PSERIAL_EXTENSION extension = (PSERIAL_EXTENSION)DeviceObject->DeviceExtension;
    BOOLEAN first;
    KIRQL irql;

    IoReleaseCancelSpinLock(Irp->CancelIrql);
    KeAcquireSpinLock(&extension->Lock, &irql);
    first = extension->Reads.Flink == &Irp->Tail.Overlay.ListEntry;
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
    if (first) {
        SerialStartFirst(extension);
    }
    KeReleaseSpinLock(&extension->Lock, irql);
    SerialComplete(Irp, STATUS_CANCELLED, 0);
    SerialPump(extension);
}

NTSTATUS SerialRead(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PSERIAL_EXTENSION extension = (PSERIAL_EXTENSION)DeviceObject->DeviceExtension;
    BOOLEAN first;
    KIRQL irql;

    if (SerialLength(Irp) == 0) {
        return SerialComplete(Irp, STATUS_SUCCESS, 0);
    }
    IoMarkIrpPending(Irp);
    KeAcquireSpinLock(&extension->Lock, &irql);
    first = IsListEmpty(&extension->Reads);
    InsertTailList(&extension->Reads, &Irp->Tail.Overlay.ListEntry);
    IoSetCancelRoutine(Irp, SerialCancelRead);
    if (Irp->Cancel && IoSetCancelRoutine(Irp, NULL) != NULL) { /* cancelled before it had a routine: nobody else will do it */
        RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
        KeReleaseSpinLock(&extension->Lock, irql);
        SerialComplete(Irp, STATUS_CANCELLED, 0);
        return STATUS_PENDING;
    }
    if (first) {
        SerialStartFirst(extension);
    }
    KeReleaseSpinLock(&extension->Lock, irql);
    SerialPump(extension);
    return STATUS_PENDING;
}

static VOID SerialCancelAllReads(PSERIAL_EXTENSION Extension) {
    KIRQL irql;
    PIRP irp;

    KeAcquireSpinLock(&Extension->Lock, &irql);
    while (!IsListEmpty(&Extension->Reads)) {
        irp = CONTAINING_RECORD(Extension->Reads.Flink, IRP, Tail.Overlay.ListEntry);
        if (IoSetCancelRoutine(irp, NULL) == NULL) {
            break;
        }
        RemoveEntryList(&irp->Tail.Overlay.ListEntry);
        SerialStartFirst(Extension);
        KeReleaseSpinLock(&Extension->Lock, irql);
        SerialComplete(irp, STATUS_CANCELLED, 0);
        KeAcquireSpinLock(&Extension->Lock, &irql);
    }
    KeReleaseSpinLock(&Extension->Lock, irql);
}

/* ---- Events ------------------------------------------------------------------------------------------------------------------------ */

VOID SerialCancelWait(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PSERIAL_EXTENSION extension = (PSERIAL_EXTENSION)DeviceObject->DeviceExtension;
    KIRQL irql;

    IoReleaseCancelSpinLock(Irp->CancelIrql);
    KeAcquireSpinLock(&extension->Lock, &irql);
    if (extension->WaitIrp == Irp) {
        extension->WaitIrp = NULL;
    }
    KeReleaseSpinLock(&extension->Lock, irql);
    SerialComplete(Irp, STATUS_CANCELLED, 0);
}

/* Something has happened; who waits for it is told. Always: the wait ends, whatever has happened. */
static VOID SerialSignal(PSERIAL_EXTENSION Extension, ULONG Events, BOOLEAN Always) {
    PIRP irp = NULL;
    ULONG happened = 0;
    KIRQL irql;

    KeAcquireSpinLock(&Extension->Lock, &irql);
    Extension->Events |= Events & Extension->WaitMask;
    if (Extension->WaitIrp != NULL && (Extension->Events != 0 || Always) && IoSetCancelRoutine(Extension->WaitIrp, NULL) != NULL) {
        irp = Extension->WaitIrp;
        Extension->WaitIrp = NULL;
        happened = Always ? 0 : Extension->Events;
        Extension->Events = 0;
    }
    KeReleaseSpinLock(&Extension->Lock, irql);
    if (irp != NULL) {
        *(PULONG)irp->AssociatedIrp.SystemBuffer = happened;
        SerialComplete(irp, STATUS_SUCCESS, sizeof(ULONG));
    }
}

static NTSTATUS SerialWaitOnMask(PSERIAL_EXTENSION Extension, PIRP Irp) {
    KIRQL irql;

    if (IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceIoControl.OutputBufferLength < sizeof(ULONG)) {
        return SerialComplete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
    }
    KeAcquireSpinLock(&Extension->Lock, &irql);
    if (Extension->WaitMask == 0 || Extension->WaitIrp != NULL) {
        KeReleaseSpinLock(&Extension->Lock, irql);
        return SerialComplete(Irp, STATUS_INVALID_PARAMETER, 0);
    }
    IoMarkIrpPending(Irp);
    Extension->WaitIrp = Irp;
    IoSetCancelRoutine(Irp, SerialCancelWait);
    if (Irp->Cancel && IoSetCancelRoutine(Irp, NULL) != NULL) {
        Extension->WaitIrp = NULL;
        KeReleaseSpinLock(&Extension->Lock, irql);
        SerialComplete(Irp, STATUS_CANCELLED, 0);
        return STATUS_PENDING;
    }
    KeReleaseSpinLock(&Extension->Lock, irql);
    SerialSignal(Extension, 0, FALSE);
    return STATUS_PENDING;
}

/* DTR and RTS are joined to what the other side would say with DSR and DCD, and with CTS. */
static VOID SerialSetLines(PSERIAL_EXTENSION Extension, ULONG Lines, BOOLEAN On) {
    ULONG before = Extension->ModemStatus, changed;

    Extension->ModemStatus = On ? before | Lines : before & ~Lines;
    changed = before ^ Extension->ModemStatus;
    SerialSignal(Extension,
                 (changed & SERIAL_MSR_CTS ? SERIAL_EV_CTS : 0) | (changed & SERIAL_MSR_DSR ? SERIAL_EV_DSR : 0) |
                     (changed & SERIAL_MSR_DCD ? SERIAL_EV_RLSD : 0),
                 FALSE);
}

/* ---- Writes ------------------------------------------------------------------------------------------------------------------------ */

/* What finds no room is lost, as on a line whose other end does not listen. */
static VOID SerialReceive(PSERIAL_EXTENSION Extension, const UCHAR *Bytes, ULONG Length) {
    KIRQL irql;
    ULONG i;

    KeAcquireSpinLock(&Extension->Lock, &irql);
    for (i = 0; i < Length && Extension->Count < SERIAL_RING; i++) {
        Extension->Ring[(Extension->First + Extension->Count++) % SERIAL_RING] = Bytes[i];
    }
    if (i < Length) {
        Extension->Errors |= SERIAL_ERROR_QUEUEOVERRUN;
    }
    SerialStartInterval(Extension);
    KeReleaseSpinLock(&Extension->Lock, irql);
    SerialPump(Extension);
    SerialSignal(Extension, SERIAL_EV_RXCHAR, FALSE);
}

NTSTATUS SerialWrite(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PSERIAL_EXTENSION extension = (PSERIAL_EXTENSION)DeviceObject->DeviceExtension;
    ULONG length = IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length;

    if (length != 0) {
        SerialReceive(extension, (const UCHAR *)Irp->AssociatedIrp.SystemBuffer, length);
        SerialSignal(extension, SERIAL_EV_TXEMPTY, FALSE);
    }
    return SerialComplete(Irp, STATUS_SUCCESS, length);
}

/* ---- Control ------------------------------------------------------------------------------------------------------------------------ */

static NTSTATUS SerialPurge(PSERIAL_EXTENSION Extension, ULONG What) {
    KIRQL irql;

    if (What == 0 || (What & ~(SERIAL_PURGE_TXABORT | SERIAL_PURGE_RXABORT | SERIAL_PURGE_TXCLEAR | SERIAL_PURGE_RXCLEAR)) != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    if ((What & SERIAL_PURGE_RXABORT) != 0) {
        SerialCancelAllReads(Extension);
    }
    if ((What & SERIAL_PURGE_RXCLEAR) != 0) {
        KeAcquireSpinLock(&Extension->Lock, &irql);
        Extension->First = Extension->Count = 0;
        KeReleaseSpinLock(&Extension->Lock, irql);
    }
    return STATUS_SUCCESS;
}

static VOID SerialGetStatus(PSERIAL_EXTENSION Extension, PSERIAL_STATUS Status) {
    KIRQL irql;

    RtlZeroMemory(Status, sizeof(*Status));
    KeAcquireSpinLock(&Extension->Lock, &irql);
    Status->Errors = Extension->Errors;
    Extension->Errors = 0;
    Status->AmountInInQueue = Extension->Count;
    KeReleaseSpinLock(&Extension->Lock, irql);
}

/* MAXULONG for all three would be a read that both returns at once and never does. */
static BOOLEAN SerialTimeoutsAreGood(const SERIAL_TIMEOUTS *Timeouts) {
    return !(Timeouts->ReadIntervalTimeout == SERIAL_NO_LIMIT && Timeouts->ReadTotalTimeoutConstant == SERIAL_NO_LIMIT);
}

static BOOLEAN SerialLineIsGood(const SERIAL_LINE_CONTROL *Line) {
    return Line->WordLength >= 5 && Line->WordLength <= 8 && Line->Parity <= 4 && Line->StopBits <= 2 &&
           !(Line->StopBits == 1 && Line->WordLength != 5) && !(Line->StopBits == 2 && Line->WordLength == 5);
}

/* A structure that is only kept, and may be asked for again. */
typedef struct _SERIAL_SETTING {
    ULONG SetCode, GetCode;
    ULONG Offset, Size;
} SERIAL_SETTING;

static const SERIAL_SETTING SerialSettings[] = {
    {IOCTL_SERIAL_SET_BAUD_RATE, IOCTL_SERIAL_GET_BAUD_RATE, FIELD_OFFSET(SERIAL_EXTENSION, BaudRate), sizeof(SERIAL_BAUD_RATE)},
    {IOCTL_SERIAL_SET_LINE_CONTROL, IOCTL_SERIAL_GET_LINE_CONTROL, FIELD_OFFSET(SERIAL_EXTENSION, LineControl), sizeof(SERIAL_LINE_CONTROL)},
    {IOCTL_SERIAL_SET_TIMEOUTS, IOCTL_SERIAL_GET_TIMEOUTS, FIELD_OFFSET(SERIAL_EXTENSION, Timeouts), sizeof(SERIAL_TIMEOUTS)},
    {IOCTL_SERIAL_SET_CHARS, IOCTL_SERIAL_GET_CHARS, FIELD_OFFSET(SERIAL_EXTENSION, Chars), sizeof(SERIAL_CHARS)},
    {IOCTL_SERIAL_SET_HANDFLOW, IOCTL_SERIAL_GET_HANDFLOW, FIELD_OFFSET(SERIAL_EXTENSION, HandFlow), sizeof(SERIAL_HANDFLOW)},
};

static NTSTATUS SerialSetting(PSERIAL_EXTENSION Extension, ULONG Code, PVOID Buffer, ULONG InputLength, ULONG OutputLength, PULONG_PTR Information) {
    ULONG i;

    for (i = 0; i < RTL_NUMBER_OF(SerialSettings); i++) {
        const SERIAL_SETTING *setting = &SerialSettings[i];
        PUCHAR place = (PUCHAR)Extension + setting->Offset;
        if (Code == setting->GetCode) {
            if (OutputLength < setting->Size) {
                return STATUS_BUFFER_TOO_SMALL;
            }
            RtlCopyMemory(Buffer, place, setting->Size);
            *Information = setting->Size;
            return STATUS_SUCCESS;
        }
        if (Code != setting->SetCode) {
            continue;
        }
        if (InputLength < setting->Size) {
            return STATUS_BUFFER_TOO_SMALL;
        }
        if ((Code == IOCTL_SERIAL_SET_TIMEOUTS && !SerialTimeoutsAreGood((const SERIAL_TIMEOUTS *)Buffer)) ||
            (Code == IOCTL_SERIAL_SET_LINE_CONTROL && !SerialLineIsGood((const SERIAL_LINE_CONTROL *)Buffer)) ||
            (Code == IOCTL_SERIAL_SET_BAUD_RATE && ((PSERIAL_BAUD_RATE)Buffer)->BaudRate == 0)) {
            return STATUS_INVALID_PARAMETER;
        }
        RtlCopyMemory(place, Buffer, setting->Size);
        return STATUS_SUCCESS;
    }
    return STATUS_INVALID_DEVICE_REQUEST;
}

NTSTATUS SerialDeviceControl(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PSERIAL_EXTENSION extension = (PSERIAL_EXTENSION)DeviceObject->DeviceExtension;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG code = stack->Parameters.DeviceIoControl.IoControlCode;
    ULONG in = stack->Parameters.DeviceIoControl.InputBufferLength, out = stack->Parameters.DeviceIoControl.OutputBufferLength;
    PVOID buffer = Irp->AssociatedIrp.SystemBuffer;
    NTSTATUS status = STATUS_SUCCESS;
    ULONG_PTR information = 0;

    switch (code) {
    case IOCTL_SERIAL_WAIT_ON_MASK: return SerialWaitOnMask(extension, Irp);
    case IOCTL_SERIAL_SET_DTR: SerialSetLines(extension, SERIAL_MSR_DSR | SERIAL_MSR_DCD, TRUE); break;
    case IOCTL_SERIAL_CLR_DTR: SerialSetLines(extension, SERIAL_MSR_DSR | SERIAL_MSR_DCD, FALSE); break;
    case IOCTL_SERIAL_SET_RTS: SerialSetLines(extension, SERIAL_MSR_CTS, TRUE); break;
    case IOCTL_SERIAL_CLR_RTS: SerialSetLines(extension, SERIAL_MSR_CTS, FALSE); break;
    case IOCTL_SERIAL_SET_BREAK_ON:
    case IOCTL_SERIAL_SET_BREAK_OFF: break; /* nobody is there to see it */
    case IOCTL_SERIAL_SET_QUEUE_SIZE: status = in < sizeof(SERIAL_QUEUE_SIZE) ? STATUS_BUFFER_TOO_SMALL : STATUS_SUCCESS; break;
    case IOCTL_SERIAL_PURGE: status = in < sizeof(ULONG) ? STATUS_BUFFER_TOO_SMALL : SerialPurge(extension, *(PULONG)buffer); break;
    case IOCTL_SERIAL_IMMEDIATE_CHAR:
        if (in < 1) {
            status = STATUS_BUFFER_TOO_SMALL;
        } else {
            SerialReceive(extension, (const UCHAR *)buffer, 1);
        }
        break;
    case IOCTL_SERIAL_SET_WAIT_MASK:
        if (in < sizeof(ULONG)) {
            status = STATUS_BUFFER_TOO_SMALL;
        } else {
            ULONG mask = *(PULONG)buffer;
            SerialSignal(extension, 0, TRUE); /* who waited by the old mask gets an empty answer */
            extension->WaitMask = mask;
            extension->Events = 0;
        }
        break;
    case IOCTL_SERIAL_GET_WAIT_MASK:
    case IOCTL_SERIAL_GET_MODEMSTATUS:
        if (out < sizeof(ULONG)) {
            status = STATUS_BUFFER_TOO_SMALL;
        } else {
            *(PULONG)buffer = code == IOCTL_SERIAL_GET_WAIT_MASK ? extension->WaitMask : extension->ModemStatus;
            information = sizeof(ULONG);
        }
        break;
    case IOCTL_SERIAL_GET_COMMSTATUS:
        if (out < sizeof(SERIAL_STATUS)) {
            status = STATUS_BUFFER_TOO_SMALL;
        } else {
            SerialGetStatus(extension, (PSERIAL_STATUS)buffer);
            information = sizeof(SERIAL_STATUS);
        }
        break;
    default: status = SerialSetting(extension, code, buffer, in, out, &information); break;
    }
    return SerialComplete(Irp, status, information);
}

/* ---- The rest ------------------------------------------------------------------------------------------------------------------------ */

NTSTATUS SerialCreateClose(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    UNREFERENCED_PARAMETER(DeviceObject);
    PAGED_CODE();
    return SerialComplete(Irp, STATUS_SUCCESS, 0);
}

NTSTATUS SerialCleanup(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PSERIAL_EXTENSION extension = (PSERIAL_EXTENSION)DeviceObject->DeviceExtension;

    SerialCancelAllReads(extension);
    SerialSignal(extension, 0, TRUE);
    SerialPurge(extension, SERIAL_PURGE_RXCLEAR);
    return SerialComplete(Irp, STATUS_SUCCESS, 0);
}

VOID SerialUnload(PDRIVER_OBJECT DriverObject) {
    PSERIAL_EXTENSION extension = (PSERIAL_EXTENSION)DriverObject->DeviceObject->DeviceExtension;
    UNICODE_STRING linkName;

    PAGED_CODE();
    RtlInitUnicodeString(&linkName, L"\\DosDevices\\COM1");
    IoDeleteSymbolicLink(&linkName);
    KeCancelTimer(&extension->TotalTimer);
    KeCancelTimer(&extension->IntervalTimer);
    KeFlushQueuedDpcs(); /* a timeout may be on its way */
    IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNICODE_STRING deviceName, linkName;
    PSERIAL_EXTENSION extension;
    PDEVICE_OBJECT device;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(RegistryPath);
    RtlInitUnicodeString(&deviceName, L"\\Device\\Serial0");
    RtlInitUnicodeString(&linkName, L"\\DosDevices\\COM1");

    /* Exclusive: a port is one program's at a time. */
    status = IoCreateDevice(DriverObject, sizeof(SERIAL_EXTENSION), &deviceName, FILE_DEVICE_SERIAL_PORT, FILE_DEVICE_SECURE_OPEN, TRUE, &device);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    device->Flags |= DO_BUFFERED_IO;
    extension = (PSERIAL_EXTENSION)device->DeviceExtension;
    KeInitializeSpinLock(&extension->Lock);
    InitializeListHead(&extension->Reads);
    KeInitializeTimer(&extension->TotalTimer);
    KeInitializeTimer(&extension->IntervalTimer);
    KeInitializeDpc(&extension->TotalDpc, SerialTotalTimeout, extension);
    KeInitializeDpc(&extension->IntervalDpc, SerialIntervalTimeout, extension);
    extension->BaudRate.BaudRate = 1200; /* as serial.sys starts: 1200 baud, even parity, 7 bits, 1 stop bit */
    extension->LineControl.WordLength = 7;
    extension->LineControl.Parity = 2;

    DriverObject->MajorFunction[IRP_MJ_CREATE] = SerialCreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = SerialCreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = SerialCleanup;
    DriverObject->MajorFunction[IRP_MJ_READ] = SerialRead;
    DriverObject->MajorFunction[IRP_MJ_WRITE] = SerialWrite;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = SerialDeviceControl;
    DriverObject->DriverUnload = SerialUnload;

    status = IoCreateSymbolicLink(&linkName, &deviceName);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(device);
    }
    return status;
}
