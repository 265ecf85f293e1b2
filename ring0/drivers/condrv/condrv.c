/* The console driver: its devices, their names, and every request but reads (input.c) and the encoding of text (output.c). */
#include "condrvp.h"

DRIVER_INITIALIZE DriverEntry;
static DRIVER_DISPATCH ConCreate, ConCleanup, ConClose, ConRead, ConWrite, ConDeviceControl, ConFlush;

#pragma alloc_text(INIT, DriverEntry)

/* wincon.h's bits, which the kernel's headers do not have. */
#define ENABLE_PROCESSED_INPUT 0x1u
#define ENABLE_LINE_INPUT      0x2u
#define ENABLE_ECHO_INPUT      0x4u
#define INPUT_MODE_ALWAYS      (ENABLE_PROCESSED_INPUT | ENABLE_LINE_INPUT | ENABLE_ECHO_INPUT)
#define INPUT_MODE_KNOWN       0x3FFu /* up to ENABLE_VIRTUAL_TERMINAL_INPUT */
#define OUTPUT_MODE_KNOWN      0x1Fu
#define CODE_PAGE_UTF8         65001u

NTSTATUS ConComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static PCON_EXTENSION ConExtension(PDEVICE_OBJECT Device) { return Device->DeviceExtension; }

static PCON_CONSOLE ConConsole(PIRP Irp) { return IoGetCurrentIrpStackLocation(Irp)->FileObject->FsContext; }

/* The stream that questions about a device are about. */
static ULONG ConStream(PDEVICE_OBJECT Device) { return ConExtension(Device)->Role == CON_BOTH ? CON_INPUT : ConExtension(Device)->Role; }

/* The host's stream that a device writes to; FALSE: it is an input. */
static BOOLEAN ConOutputStream(PDEVICE_OBJECT Device, ULONG *Stream) {
    ULONG Role = ConExtension(Device)->Role;

    *Stream = Role == CON_ERROR ? CON_ERROR : CON_OUTPUT;
    return Role != CON_INPUT;
}

static NTSTATUS NTAPI ConCreate(PDEVICE_OBJECT Device, PIRP Irp) {
    PCON_CONSOLE Console;

    /* There is nothing below a device: \Device\ConDrv\Input\x does not exist. */
    if (IoGetCurrentIrpStackLocation(Irp)->FileObject->FileName.Length != 0)
        return ConComplete(Irp, STATUS_OBJECT_NAME_NOT_FOUND, 0);
    Console = ConReferenceConsole(PspCurrentConsole());
    if (Console == NULL)
        return ConComplete(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    IoGetCurrentIrpStackLocation(Irp)->FileObject->FsContext = Console;
    return ConComplete(Irp, STATUS_SUCCESS, FILE_OPENED);
}

static NTSTATUS NTAPI ConCleanup(PDEVICE_OBJECT Device, PIRP Irp) {
    ConCancelReads(ConConsole(Irp), IoGetCurrentIrpStackLocation(Irp)->FileObject);
    return ConComplete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS NTAPI ConClose(PDEVICE_OBJECT Device, PIRP Irp) {
    ConDereferenceConsole(ConConsole(Irp));
    return ConComplete(Irp, STATUS_SUCCESS, 0);
}

/* What is written has left this process when the write returns, so there is nothing to flush. */
static NTSTATUS NTAPI ConFlush(PDEVICE_OBJECT Device, PIRP Irp) { return ConComplete(Irp, STATUS_SUCCESS, 0); }

static NTSTATUS NTAPI ConRead(PDEVICE_OBJECT Device, PIRP Irp) {
    if (ConStream(Device) != CON_INPUT)
        return ConComplete(Irp, STATUS_INVALID_HANDLE, 0);
    if (IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.Length == 0)
        return ConComplete(Irp, STATUS_SUCCESS, 0);
    return ConStartRead(ConConsole(Irp), Irp);
}

static NTSTATUS NTAPI ConWrite(PDEVICE_OBJECT Device, PIRP Irp) {
    ULONG Length = IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length, Stream;
    NTSTATUS Status;

    if (!ConOutputStream(Device, &Stream))
        return ConComplete(Irp, STATUS_INVALID_HANDLE, 0);
    Status = ConWriteBytes(ConConsole(Irp), Stream, Irp->AssociatedIrp.SystemBuffer, Length);
    return ConComplete(Irp, Status, NT_SUCCESS(Status) ? Length : 0);
}

static NTSTATUS ConSetMode(PCON_CONSOLE Console, BOOLEAN Input, ULONG Mode) {
    if ((Mode & ~(Input ? INPUT_MODE_KNOWN : OUTPUT_MODE_KNOWN)) != 0)
        return STATUS_INVALID_PARAMETER;
    if (Input && (Mode & (ENABLE_ECHO_INPUT | ENABLE_LINE_INPUT)) == ENABLE_ECHO_INPUT)
        return STATUS_INVALID_PARAMETER;
    if (Input && (Mode & INPUT_MODE_ALWAYS) != INPUT_MODE_ALWAYS)
        return STATUS_NOT_SUPPORTED;
    *(Input ? &Console->InputMode : &Console->OutputMode) = Mode;
    return STATUS_SUCCESS;
}

static VOID ConGetScreen(PCON_CONSOLE Console, ULONG Stream, CONDRV_SCREEN *Screen) {
    int64_t Size = HalOps->console_size(Console->Number, Stream);

    Screen->Columns = Size >> 16 != 0 ? (USHORT)(Size >> 16) : 80;
    Screen->Rows = (USHORT)Size != 0 ? (USHORT)Size : 25;
    Screen->Attributes = Console->Attributes;
}

static NTSTATUS NTAPI ConDeviceControl(PDEVICE_OBJECT Device, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG InLength = Stack->Parameters.DeviceIoControl.InputBufferLength, OutLength = Stack->Parameters.DeviceIoControl.OutputBufferLength;
    PCON_CONSOLE Console = ConConsole(Irp);
    PVOID Buffer = Irp->AssociatedIrp.SystemBuffer;
    ULONG *Value = Buffer, Stream = ConStream(Device);
    CONDRV_INFO *Info = Buffer;

    switch (Stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_CONDRV_GET_INFO:
        if (OutLength < sizeof(*Info))
            return ConComplete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
        *Info = (CONDRV_INFO){.IsTerminal = ConIsTerminal(Console, Stream), .IsInput = Stream == CON_INPUT, .Stream = Stream};
        return ConComplete(Irp, STATUS_SUCCESS, sizeof(*Info));
    case IOCTL_CONDRV_GET_MODE:
        if (!ConIsTerminal(Console, Stream))
            return ConComplete(Irp, STATUS_INVALID_HANDLE, 0);
        if (OutLength < sizeof(*Value))
            return ConComplete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
        *Value = Stream == CON_INPUT ? Console->InputMode : Console->OutputMode;
        return ConComplete(Irp, STATUS_SUCCESS, sizeof(*Value));
    case IOCTL_CONDRV_SET_MODE:
        if (!ConIsTerminal(Console, Stream))
            return ConComplete(Irp, STATUS_INVALID_HANDLE, 0);
        if (InLength < sizeof(*Value))
            return ConComplete(Irp, STATUS_INVALID_PARAMETER, 0);
        return ConComplete(Irp, ConSetMode(Console, Stream == CON_INPUT, *Value), 0);
    case IOCTL_CONDRV_GET_CODE_PAGE:
        if (OutLength < sizeof(*Value))
            return ConComplete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
        *Value = CODE_PAGE_UTF8;
        return ConComplete(Irp, STATUS_SUCCESS, sizeof(*Value));
    case IOCTL_CONDRV_SET_CODE_PAGE:
        return ConComplete(Irp, InLength >= sizeof(*Value) && *Value == CODE_PAGE_UTF8 ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER, 0);
    case IOCTL_CONDRV_WRITE_WIDE:
        if (!ConOutputStream(Device, &Stream))
            return ConComplete(Irp, STATUS_INVALID_HANDLE, 0);
        return ConComplete(Irp, ConWriteWide(Console, Stream, Buffer, InLength / sizeof(WCHAR)), 0);
    case IOCTL_CONDRV_READ_WIDE:
        if (Stream != CON_INPUT)
            return ConComplete(Irp, STATUS_INVALID_HANDLE, 0);
        if (OutLength < 2 * sizeof(WCHAR)) /* a character may be a surrogate pair */
            return ConComplete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
        return ConStartRead(Console, Irp);
    case IOCTL_CONDRV_FLUSH_INPUT:
        if (Stream != CON_INPUT)
            return ConComplete(Irp, STATUS_INVALID_HANDLE, 0);
        ConFlushInput(Console);
        return ConComplete(Irp, STATUS_SUCCESS, 0);
    case IOCTL_CONDRV_COUNT_INPUT:
        if (Stream != CON_INPUT || !ConIsTerminal(Console, CON_INPUT))
            return ConComplete(Irp, STATUS_INVALID_HANDLE, 0);
        if (OutLength < sizeof(*Value))
            return ConComplete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
        *Value = ConCountInput(Console);
        return ConComplete(Irp, STATUS_SUCCESS, sizeof(*Value));
    case IOCTL_CONDRV_GET_SCREEN:
        if (!ConOutputStream(Device, &Stream) || !ConIsTerminal(Console, Stream))
            return ConComplete(Irp, STATUS_INVALID_HANDLE, 0);
        if (OutLength < sizeof(CONDRV_SCREEN))
            return ConComplete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
        ConGetScreen(Console, Stream, Buffer);
        return ConComplete(Irp, STATUS_SUCCESS, sizeof(CONDRV_SCREEN));
    case IOCTL_CONDRV_SET_ATTRIBUTES:
        if (!ConOutputStream(Device, &Stream) || !ConIsTerminal(Console, Stream))
            return ConComplete(Irp, STATUS_INVALID_HANDLE, 0);
        return ConComplete(Irp, InLength >= sizeof(*Value) ? ConSetAttributes(Console, Stream, *Value) : STATUS_INVALID_PARAMETER, 0);
    default: return ConComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
}

/* The directory \Device\ConDrv, which the devices are in. Permanent: it needs no handle to stay. */
static NTSTATUS ConCreateDirectory(VOID) {
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\ConDrv");
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Handle;
    NTSTATUS Status;

    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE | OBJ_PERMANENT, NULL, NULL);
    Status = ZwCreateDirectoryObject(&Handle, DIRECTORY_ALL_ACCESS, &Attributes);
    if (NT_SUCCESS(Status))
        ZwClose(Handle);
    return Status;
}

static NTSTATUS ConCreateDevice(PDRIVER_OBJECT Driver, PUNICODE_STRING Name, ULONG Role) {
    PDEVICE_OBJECT Device;
    NTSTATUS Status = IoCreateDevice(Driver, sizeof(CON_EXTENSION), Name, FILE_DEVICE_CONSOLE, 0, FALSE, &Device);

    if (!NT_SUCCESS(Status))
        return Status;
    Device->Flags |= DO_BUFFERED_IO;
    *ConExtension(Device) = (CON_EXTENSION){.Role = Role};
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath) {
    static struct {
        UNICODE_STRING Name;
        ULONG Role;
    } Devices[] = {
        {RTL_CONSTANT_STRING(L"\\Device\\ConDrv\\Input"), CON_INPUT},
        {RTL_CONSTANT_STRING(L"\\Device\\ConDrv\\Output"), CON_OUTPUT},
        {RTL_CONSTANT_STRING(L"\\Device\\ConDrv\\Error"), CON_ERROR},
        {RTL_CONSTANT_STRING(L"\\Device\\ConDrv\\Console"), CON_BOTH},
    };
    static struct {
        UNICODE_STRING Link, Target;
    } Links[] = {
        {RTL_CONSTANT_STRING(L"\\Device\\ConDrv\\CurrentIn"), RTL_CONSTANT_STRING(L"\\Device\\ConDrv\\Input")},
        {RTL_CONSTANT_STRING(L"\\Device\\ConDrv\\CurrentOut"), RTL_CONSTANT_STRING(L"\\Device\\ConDrv\\Output")},
        {RTL_CONSTANT_STRING(L"\\DosDevices\\CONIN$"), RTL_CONSTANT_STRING(L"\\Device\\ConDrv\\CurrentIn")},
        {RTL_CONSTANT_STRING(L"\\DosDevices\\CONOUT$"), RTL_CONSTANT_STRING(L"\\Device\\ConDrv\\CurrentOut")},
        {RTL_CONSTANT_STRING(L"\\DosDevices\\CON"), RTL_CONSTANT_STRING(L"\\Device\\ConDrv\\Console")},
    };
    NTSTATUS Status;

    Driver->MajorFunction[IRP_MJ_CREATE] = ConCreate;
    Driver->MajorFunction[IRP_MJ_CLEANUP] = ConCleanup;
    Driver->MajorFunction[IRP_MJ_CLOSE] = ConClose;
    Driver->MajorFunction[IRP_MJ_READ] = ConRead;
    Driver->MajorFunction[IRP_MJ_WRITE] = ConWrite;
    Driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = ConDeviceControl;
    Driver->MajorFunction[IRP_MJ_FLUSH_BUFFERS] = ConFlush;

    Status = ConCreateDirectory();
    for (ULONG I = 0; I < RTL_NUMBER_OF(Devices) && NT_SUCCESS(Status); I++)
        Status = ConCreateDevice(Driver, &Devices[I].Name, Devices[I].Role);
    for (ULONG I = 0; I < RTL_NUMBER_OF(Links) && NT_SUCCESS(Status); I++)
        Status = IoCreateSymbolicLink(&Links[I].Link, &Links[I].Target);
    if (!NT_SUCCESS(Status)) {
        for (ULONG I = 0; I < RTL_NUMBER_OF(Links); I++)
            IoDeleteSymbolicLink(&Links[I].Link); /* says so, and no more, of one that was not made */
        while (Driver->DeviceObject != NULL)
            IoDeleteDevice(Driver->DeviceObject);
        return Status;
    }
    ConInitializeConsoles(); /* last: it cannot be undone */
    return STATUS_SUCCESS;
}
