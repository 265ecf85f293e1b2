/*
 * Example: a device that keeps one line of text.
 *
 * The same source is built three times, with EXAMPLE_IO defined as EXAMPLE_BUFFERED, EXAMPLE_DIRECT or EXAMPLE_NEITHER: the three
 * ways in which ReadFile's and WriteFile's buffers can reach a driver. (For DeviceIoControl the control code decides, so all four
 * methods are in each build.)
 *
 * The rule behind all of it: what a program passed is captured once, into memory of our own, and only the copy is looked at. With
 * direct and neither I/O the program can still change its buffer while we read it; with neither it can even take it away.
 */
#include <ntddk.h>
#include "example.h"

#ifndef EXAMPLE_IO
#define EXAMPLE_IO EXAMPLE_BUFFERED
#endif

#if EXAMPLE_IO == EXAMPLE_BUFFERED
#define EXAMPLE_IO_NAME "buffered"
#define EXAMPLE_IO_FLAG DO_BUFFERED_IO
#elif EXAMPLE_IO == EXAMPLE_DIRECT
#define EXAMPLE_IO_NAME "direct"
#define EXAMPLE_IO_FLAG DO_DIRECT_IO
#else
#define EXAMPLE_IO_NAME "neither"
#define EXAMPLE_IO_FLAG 0
#endif

typedef struct _EXAMPLE_EXTENSION {
    FAST_MUTEX Lock; /* guards what follows; taken at PASSIVE_LEVEL, held at APC_LEVEL */
    EXAMPLE_STATISTICS Statistics;
    CHAR Text[EXAMPLE_TEXT_SIZE]; /* Statistics.TextSize bytes of it are in use */
} EXAMPLE_EXTENSION, *PEXAMPLE_EXTENSION;

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD ExampleUnload;
DRIVER_DISPATCH ExampleCreate;
DRIVER_DISPATCH ExampleCleanup;
DRIVER_DISPATCH ExampleClose;
DRIVER_DISPATCH ExampleRead;
DRIVER_DISPATCH ExampleWrite;
DRIVER_DISPATCH ExampleDeviceControl;
DRIVER_DISPATCH ExampleUnsupported;

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, ExampleUnload)
#pragma alloc_text(PAGE, ExampleCreate)
#pragma alloc_text(PAGE, ExampleCleanup)
#pragma alloc_text(PAGE, ExampleClose)
#pragma alloc_text(PAGE, ExampleRead)
#pragma alloc_text(PAGE, ExampleWrite)
#pragma alloc_text(PAGE, ExampleDeviceControl)
#pragma alloc_text(PAGE, ExampleUnsupported)
#endif

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNICODE_STRING deviceName;
    UNICODE_STRING linkName;
    PDEVICE_OBJECT device;
    PEXAMPLE_EXTENSION extension;
    NTSTATUS status;
    ULONG i;

    DbgPrint("Example: DriverEntry (%s), key %wZ\n", EXAMPLE_IO_NAME, RegistryPath);

    RtlInitUnicodeString(&deviceName, EXAMPLE_DEVICE_NAME);
    RtlInitUnicodeString(&linkName, EXAMPLE_LINK_NAME);

    status = IoCreateDevice(DriverObject, sizeof(EXAMPLE_EXTENSION), &deviceName, FILE_DEVICE_EXAMPLE, FILE_DEVICE_SECURE_OPEN, FALSE, &device);
    if (!NT_SUCCESS(status)) {
        DbgPrint("Example: IoCreateDevice: 0x%08X\n", status);
        return status;
    }
    extension = (PEXAMPLE_EXTENSION)device->DeviceExtension;
    ExInitializeFastMutex(&extension->Lock);
    extension->Statistics.Io = EXAMPLE_IO;
    device->Flags |= EXAMPLE_IO_FLAG;

    for (i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++) {
        DriverObject->MajorFunction[i] = ExampleUnsupported;
    }
    DriverObject->MajorFunction[IRP_MJ_CREATE] = ExampleCreate;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = ExampleCleanup;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = ExampleClose;
    DriverObject->MajorFunction[IRP_MJ_READ] = ExampleRead;
    DriverObject->MajorFunction[IRP_MJ_WRITE] = ExampleWrite;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = ExampleDeviceControl;
    DriverObject->DriverUnload = ExampleUnload;

    status = IoCreateSymbolicLink(&linkName, &deviceName);
    if (!NT_SUCCESS(status)) {
        DbgPrint("Example: IoCreateSymbolicLink: 0x%08X\n", status);
        IoDeleteDevice(device);
        return status;
    }

    /* DO_DEVICE_INITIALIZING is left alone: the I/O manager clears it for devices made here. */
    return STATUS_SUCCESS;
}

VOID ExampleUnload(PDRIVER_OBJECT DriverObject) {
    UNICODE_STRING linkName;

    PAGED_CODE();

    RtlInitUnicodeString(&linkName, EXAMPLE_LINK_NAME);
    IoDeleteSymbolicLink(&linkName);
    IoDeleteDevice(DriverObject->DeviceObject);
    DbgPrint("Example: unloaded\n");
}

static NTSTATUS ExampleComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

NTSTATUS ExampleCreate(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PEXAMPLE_EXTENSION extension = (PEXAMPLE_EXTENSION)DeviceObject->DeviceExtension;

    PAGED_CODE();

    ExAcquireFastMutex(&extension->Lock);
    extension->Statistics.Opens++;
    ExReleaseFastMutex(&extension->Lock);
    DbgPrint("Example: create\n");
    return ExampleComplete(Irp, STATUS_SUCCESS, 0);
}

NTSTATUS ExampleCleanup(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PAGED_CODE();

    UNREFERENCED_PARAMETER(DeviceObject);
    DbgPrint("Example: cleanup\n");
    return ExampleComplete(Irp, STATUS_SUCCESS, 0);
}

NTSTATUS ExampleClose(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PAGED_CODE();

    UNREFERENCED_PARAMETER(DeviceObject);
    DbgPrint("Example: close\n");
    return ExampleComplete(Irp, STATUS_SUCCESS, 0);
}

NTSTATUS ExampleUnsupported(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PAGED_CODE();

    UNREFERENCED_PARAMETER(DeviceObject);
    return ExampleComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
}

/* Where the buffer of a read or write is. It is NULL for a request of no bytes, and may be anything at all with neither I/O. */
static NTSTATUS ExampleTransferBuffer(PIRP Irp, PVOID *Buffer) {
#if EXAMPLE_IO == EXAMPLE_BUFFERED
    *Buffer = Irp->AssociatedIrp.SystemBuffer;
#elif EXAMPLE_IO == EXAMPLE_DIRECT
    *Buffer = NULL;
    if (Irp->MdlAddress != NULL) {
        *Buffer = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);
        if (*Buffer == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
    }
#else
    *Buffer = Irp->UserBuffer;
#endif
    return STATUS_SUCCESS;
}

/* Copies from an address that the program gave. The probe makes sure that it is not a kernel address; everything else that can
   be wrong with it is an exception when it is touched. */
static NTSTATUS ExampleCopyFromUser(PVOID To, const VOID *From, ULONG Length) {
    __try {
        ProbeForRead((PVOID)From, Length, 1);
        RtlCopyMemory(To, From, Length);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        NTSTATUS status = GetExceptionCode();

        DbgPrint("Example: reading the program's buffer: exception 0x%08X\n", status);
        return status;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS ExampleCopyToUser(PVOID To, const VOID *From, ULONG Length) {
    __try {
        ProbeForWrite(To, Length, 1);
        RtlCopyMemory(To, From, Length);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        NTSTATUS status = GetExceptionCode();

        DbgPrint("Example: writing the program's buffer: exception 0x%08X\n", status);
        return status;
    }
    return STATUS_SUCCESS;
}

/* The size of a text with its terminator, or 0 when there is no terminator within Length. */
static ULONG ExampleTextSize(const CHAR *Text, ULONG Length) {
    ULONG i;

    for (i = 0; i < Length; i++) {
        if (Text[i] == '\0') {
            return i + 1;
        }
    }
    return 0;
}

static VOID ExampleCountRefusal(PEXAMPLE_EXTENSION Extension, NTSTATUS Status) {
    if (!NT_SUCCESS(Status)) {
        ExAcquireFastMutex(&Extension->Lock);
        Extension->Statistics.Refused++;
        ExReleaseFastMutex(&Extension->Lock);
    }
}

NTSTATUS ExampleWrite(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PEXAMPLE_EXTENSION extension = (PEXAMPLE_EXTENSION)DeviceObject->DeviceExtension;
    ULONG length = IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length;
    CHAR text[EXAMPLE_TEXT_SIZE];
    PVOID buffer;
    ULONG size;
    NTSTATUS status;

    PAGED_CODE();

    if (length > sizeof(text)) {
        status = STATUS_INVALID_BUFFER_SIZE;
        goto done;
    }
    status = ExampleTransferBuffer(Irp, &buffer);
    if (!NT_SUCCESS(status)) {
        goto done;
    }
#if EXAMPLE_IO == EXAMPLE_NEITHER
    status = ExampleCopyFromUser(text, buffer, length);
    if (!NT_SUCCESS(status)) {
        goto done;
    }
#else
    RtlCopyMemory(text, buffer, length);
#endif
    size = ExampleTextSize(text, length);
    if (size == 0) {
        DbgPrint("Example: write (%s): %lu bytes without a terminator are not text\n", EXAMPLE_IO_NAME, length);
        status = STATUS_INVALID_PARAMETER;
        goto done;
    }

    ExAcquireFastMutex(&extension->Lock);
    RtlCopyMemory(extension->Text, text, size);
    extension->Statistics.TextSize = size;
    extension->Statistics.Writes++;
    ExReleaseFastMutex(&extension->Lock);
    DbgPrint("Example: write (%s): %s\n", EXAMPLE_IO_NAME, text);

done:
    ExampleCountRefusal(extension, status);
    return ExampleComplete(Irp, status, NT_SUCCESS(status) ? length : 0);
}

/* As much of the text as there is room for. */
NTSTATUS ExampleRead(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PEXAMPLE_EXTENSION extension = (PEXAMPLE_EXTENSION)DeviceObject->DeviceExtension;
    ULONG length = IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.Length;
    CHAR text[EXAMPLE_TEXT_SIZE];
    PVOID buffer;
    ULONG size;
    NTSTATUS status;

    PAGED_CODE();

    ExAcquireFastMutex(&extension->Lock);
    size = extension->Statistics.TextSize;
    RtlCopyMemory(text, extension->Text, size);
    ExReleaseFastMutex(&extension->Lock);
    if (size > length) {
        size = length;
    }

    status = ExampleTransferBuffer(Irp, &buffer);
    if (!NT_SUCCESS(status)) {
        goto done;
    }
#if EXAMPLE_IO == EXAMPLE_NEITHER
    status = ExampleCopyToUser(buffer, text, size);
    if (!NT_SUCCESS(status)) {
        goto done;
    }
#else
    RtlCopyMemory(buffer, text, size);
#endif

    ExAcquireFastMutex(&extension->Lock);
    extension->Statistics.Reads++;
    ExReleaseFastMutex(&extension->Lock);
    DbgPrint("Example: read (%s): %lu bytes\n", EXAMPLE_IO_NAME, size);

done:
    ExampleCountRefusal(extension, status);
    return ExampleComplete(Irp, status, NT_SUCCESS(status) ? size : 0);
}

/* METHOD_BUFFERED: input and output are the same memory of the system, as long as the longer of the two. */
static NTSTATUS ExampleReverse(PIRP Irp, PIO_STACK_LOCATION Stack, PULONG_PTR Information) {
    PCHAR text = (PCHAR)Irp->AssociatedIrp.SystemBuffer;
    ULONG size = ExampleTextSize(text, Stack->Parameters.DeviceIoControl.InputBufferLength);
    ULONG i;

    if (size == 0) {
        return STATUS_INVALID_PARAMETER;
    }
    if (Stack->Parameters.DeviceIoControl.OutputBufferLength < size) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    for (i = 0; i < (size - 1) / 2; i++) {
        CHAR other = text[size - 2 - i];

        text[size - 2 - i] = text[i];
        text[i] = other;
    }
    *Information = size;
    return STATUS_SUCCESS;
}

/* METHOD_IN_DIRECT: the input buffer is buffered (and unused here), the "output" buffer is data that the driver reads. */
static NTSTATUS ExampleAppend(PEXAMPLE_EXTENSION Extension, PIRP Irp, PIO_STACK_LOCATION Stack, PULONG_PTR Information) {
    ULONG length = Stack->Parameters.DeviceIoControl.OutputBufferLength;
    CHAR text[EXAMPLE_TEXT_SIZE];
    PVOID buffer;
    ULONG size;
    ULONG at;
    NTSTATUS status;

    if (Irp->MdlAddress == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    if (length > sizeof(text)) {
        return STATUS_INVALID_BUFFER_SIZE;
    }
    buffer = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);
    if (buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlCopyMemory(text, buffer, length);
    size = ExampleTextSize(text, length);
    if (size == 0) {
        return STATUS_INVALID_PARAMETER;
    }

    status = STATUS_SUCCESS;
    ExAcquireFastMutex(&Extension->Lock);
    at = Extension->Statistics.TextSize == 0 ? 0 : Extension->Statistics.TextSize - 1;
    if (size > EXAMPLE_TEXT_SIZE - at) {
        status = STATUS_INVALID_BUFFER_SIZE;
    } else {
        RtlCopyMemory(Extension->Text + at, text, size);
        Extension->Statistics.TextSize = at + size;
        *Information = size;
    }
    ExReleaseFastMutex(&Extension->Lock);
    return status;
}

/* METHOD_OUT_DIRECT: the output buffer is locked and described by an MDL; nothing is copied but what we put there. */
static NTSTATUS ExampleGetStatistics(PEXAMPLE_EXTENSION Extension, PIRP Irp, PIO_STACK_LOCATION Stack, PULONG_PTR Information) {
    PVOID buffer;

    if (Stack->Parameters.DeviceIoControl.OutputBufferLength < sizeof(EXAMPLE_STATISTICS)) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    buffer = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);
    if (buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    ExAcquireFastMutex(&Extension->Lock);
    RtlCopyMemory(buffer, &Extension->Statistics, sizeof(EXAMPLE_STATISTICS));
    ExReleaseFastMutex(&Extension->Lock);
    *Information = sizeof(EXAMPLE_STATISTICS);
    return STATUS_SUCCESS;
}

/* METHOD_NEITHER: two addresses of the program's, which nobody has looked at yet. */
static NTSTATUS ExampleLength(PIRP Irp, PIO_STACK_LOCATION Stack, PULONG_PTR Information) {
    ULONG length = Stack->Parameters.DeviceIoControl.InputBufferLength;
    CHAR text[EXAMPLE_TEXT_SIZE];
    ULONG size;
    NTSTATUS status;

    if (length > sizeof(text)) {
        return STATUS_INVALID_BUFFER_SIZE;
    }
    if (Stack->Parameters.DeviceIoControl.OutputBufferLength < sizeof(ULONG)) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    status = ExampleCopyFromUser(text, Stack->Parameters.DeviceIoControl.Type3InputBuffer, length);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    size = ExampleTextSize(text, length);
    if (size == 0) {
        return STATUS_INVALID_PARAMETER;
    }
    size--;
    status = ExampleCopyToUser(Irp->UserBuffer, &size, sizeof(size));
    if (NT_SUCCESS(status)) {
        *Information = sizeof(size);
    }
    return status;
}

/* A probe says what the memory was then, not what it will be: the handler is what makes the second read safe. */
static NTSTATUS ExampleTwoBytes(PIO_STACK_LOCATION Stack) {
    const volatile UCHAR *bytes = (const volatile UCHAR *)Stack->Parameters.DeviceIoControl.Type3InputBuffer;
    LARGE_INTEGER pause;

    if (Stack->Parameters.DeviceIoControl.InputBufferLength < 2) {
        return STATUS_INVALID_PARAMETER;
    }
    pause.QuadPart = -10000LL * EXAMPLE_PAUSE_MS;
    __try {
        ProbeForRead((PVOID)bytes, 2, 1);
        DbgPrint("Example: first byte 0x%02X\n", bytes[0]);
        KeDelayExecutionThread(KernelMode, FALSE, &pause);
        DbgPrint("Example: second byte 0x%02X\n", bytes[1]);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        NTSTATUS status = GetExceptionCode();

        DbgPrint("Example: between two bytes: exception 0x%08X\n", status);
        return status;
    }
    return STATUS_SUCCESS;
}

NTSTATUS ExampleDeviceControl(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PEXAMPLE_EXTENSION extension = (PEXAMPLE_EXTENSION)DeviceObject->DeviceExtension;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG_PTR information = 0;
    NTSTATUS status;

    PAGED_CODE();

    switch (stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_EXAMPLE_REVERSE: status = ExampleReverse(Irp, stack, &information); break;
    case IOCTL_EXAMPLE_APPEND: status = ExampleAppend(extension, Irp, stack, &information); break;
    case IOCTL_EXAMPLE_GET_STATISTICS: status = ExampleGetStatistics(extension, Irp, stack, &information); break;
    case IOCTL_EXAMPLE_LENGTH: status = ExampleLength(Irp, stack, &information); break;
    case IOCTL_EXAMPLE_TWO_BYTES: status = ExampleTwoBytes(stack); break;
    default: status = STATUS_INVALID_DEVICE_REQUEST; break;
    }
    ExampleCountRefusal(extension, status);
    return ExampleComplete(Irp, status, information);
}
