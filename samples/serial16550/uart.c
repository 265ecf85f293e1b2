/*
 * A driver for the serial port of a PC, a 16550: one byte in, one byte out, by interrupt. Writes are sent one after another (StartIo); what arrives is kept in a
 * ring until it is read, and a read waits for at least one byte. \Device\Uart0, linked as UART1.
 */
#include <ntddk.h>

#define PORT_START  0x3F8
#define PORT_LINE   4
#define PORT_COUNT  8
#define RING_SIZE   1024u /* a power of two */
#define DATA        0
#define IER         1
#define IIR         2 /* FCR when written */
#define LCR         3
#define MCR         4
#define LSR         5
#define IER_BOTH    0x03 /* received, transmitter empty */
#define LCR_8N1     0x03
#define LCR_DIVISOR 0x80
#define MCR_ON      0x0B /* DTR, RTS, OUT2: the interrupt reaches the bus */
#define MCR_HOLD    0x09 /* the same without RTS: the other side stops sending */
#define FIFO_SIZE   16

typedef struct _UART {
    PDEVICE_OBJECT Device;
    PKINTERRUPT Interrupt;
    PUCHAR Ports;
    /* Shared with the service routine: touched at its level only. */
    UCHAR Ring[RING_SIZE];
    ULONG First, Count, Lost;
    PUCHAR Out;
    ULONG OutLeft;
    BOOLEAN Sent;
    /* Of the readers. */
    IO_CSQ Readers;
    LIST_ENTRY ReaderList;
    KSPIN_LOCK ReaderLock;
} UART, *PUART;

static UCHAR Get(PUART Uart, ULONG Register) { return READ_PORT_UCHAR(Uart->Ports + Register); }
static VOID Put(PUART Uart, ULONG Register, UCHAR Value) { WRITE_PORT_UCHAR(Uart->Ports + Register, Value); }

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, NT_SUCCESS(Status) ? IO_SERIAL_INCREMENT : IO_NO_INCREMENT);
    return Status;
}

/* ---- At the device's level ---- */

static VOID FillTransmitter(PUART Uart) {
    for (ULONG Room = FIFO_SIZE; Room != 0 && Uart->OutLeft != 0; Room--, Uart->OutLeft--)
        Put(Uart, DATA, *Uart->Out++);
}

static VOID TakeReceived(PUART Uart) {
    while (Get(Uart, LSR) & 1) {
        UCHAR Byte = Get(Uart, DATA);
        if (Uart->Count == RING_SIZE)
            Uart->Lost++;
        else
            Uart->Ring[(Uart->First + Uart->Count++) % RING_SIZE] = Byte;
    }
    if (Uart->Count > RING_SIZE - RING_SIZE / 4)
        Put(Uart, MCR, MCR_HOLD);
}

/* The line is latched: the port must have nothing left to say before it can interrupt again. */
static BOOLEAN OnInterrupt(PKINTERRUPT Interrupt, PVOID Context) {
    PUART Uart = Context;
    BOOLEAN Mine = FALSE;
    UNREFERENCED_PARAMETER(Interrupt);
    for (UCHAR Cause; ((Cause = Get(Uart, IIR)) & 1) == 0; Mine = TRUE) {
        if ((Cause & 0x0F) != 2) {
            TakeReceived(Uart);
        } else if (Uart->OutLeft != 0) {
            FillTransmitter(Uart);
        } else if (Uart->Out != NULL) {
            Uart->Out = NULL;
            Uart->Sent = TRUE;
        }
    }
    if (Mine)
        IoRequestDpc(Uart->Device, NULL, NULL);
    return Mine;
}

static BOOLEAN BeginSending(PVOID Context) {
    FillTransmitter(Context);
    return TRUE;
}

typedef struct _TAKE {
    PUART Uart;
    PUCHAR To;
    ULONG Room, Taken;
} TAKE, *PTAKE;

static BOOLEAN TakeFromRing(PVOID Context) {
    PTAKE Take = Context;
    PUART Uart = Take->Uart;
    for (; Take->Taken < Take->Room && Uart->Count != 0; Uart->Count--) {
        Take->To[Take->Taken++] = Uart->Ring[Uart->First];
        Uart->First = (Uart->First + 1) % RING_SIZE;
    }
    if (Uart->Count < RING_SIZE / 2)
        Put(Uart, MCR, MCR_ON);
    return Take->Taken != 0;
}

static BOOLEAN TakeSent(PVOID Context) {
    PUART Uart = Context;
    BOOLEAN Sent = Uart->Sent;
    Uart->Sent = FALSE;
    return Sent;
}

/* ---- Readers ---- */

static PUART UartOf(PIO_CSQ Csq) { return CONTAINING_RECORD(Csq, UART, Readers); }

static VOID CsqInsert(PIO_CSQ Csq, PIRP Irp) { InsertTailList(&UartOf(Csq)->ReaderList, &Irp->Tail.Overlay.ListEntry); }

static VOID CsqRemove(PIO_CSQ Csq, PIRP Irp) {
    UNREFERENCED_PARAMETER(Csq);
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
}

static PIRP CsqPeek(PIO_CSQ Csq, PIRP Irp, PVOID File) {
    PLIST_ENTRY Head = &UartOf(Csq)->ReaderList;
    for (PLIST_ENTRY Link = Irp != NULL ? Irp->Tail.Overlay.ListEntry.Flink : Head->Flink; Link != Head; Link = Link->Flink) {
        PIRP Next = CONTAINING_RECORD(Link, IRP, Tail.Overlay.ListEntry);
        if (File == NULL || IoGetCurrentIrpStackLocation(Next)->FileObject == File)
            return Next;
    }
    return NULL;
}

static VOID CsqAcquire(PIO_CSQ Csq, PKIRQL Irql) { KeAcquireSpinLock(&UartOf(Csq)->ReaderLock, Irql); }
static VOID CsqRelease(PIO_CSQ Csq, KIRQL Irql) { KeReleaseSpinLock(&UartOf(Csq)->ReaderLock, Irql); }

static VOID CsqCanceled(PIO_CSQ Csq, PIRP Irp) {
    UNREFERENCED_PARAMETER(Csq);
    Complete(Irp, STATUS_CANCELLED, 0);
}

/* Gives what has arrived to who waits for it, the first first. <= DISPATCH_LEVEL. */
static VOID ServeReaders(PUART Uart) {
    while (Uart->Count != 0) {
        PIRP Irp = IoCsqRemoveNextIrp(&Uart->Readers, NULL);
        if (Irp == NULL)
            return;
        TAKE Take = {Uart, Irp->AssociatedIrp.SystemBuffer, IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.Length, 0};
        KeSynchronizeExecution(Uart->Interrupt, TakeFromRing, &Take);
        Complete(Irp, STATUS_SUCCESS, Take.Taken);
    }
}

static VOID OnDpc(PKDPC Dpc, PDEVICE_OBJECT Device, PIRP Ignored, PVOID Context) {
    PUART Uart = Device->DeviceExtension;
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Ignored);
    UNREFERENCED_PARAMETER(Context);
    if (KeSynchronizeExecution(Uart->Interrupt, TakeSent, Uart)) {
        PIRP Irp = Device->CurrentIrp;
        IoStartNextPacket(Device, FALSE);
        Complete(Irp, STATUS_SUCCESS, IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length);
    }
    ServeReaders(Uart);
}

/* ---- Requests ---- */

static VOID StartIo(PDEVICE_OBJECT Device, PIRP Irp) {
    PUART Uart = Device->DeviceExtension;
    Uart->Out = Irp->AssociatedIrp.SystemBuffer;
    Uart->OutLeft = IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length;
    KeSynchronizeExecution(Uart->Interrupt, BeginSending, Uart);
}

static NTSTATUS Write(PDEVICE_OBJECT Device, PIRP Irp) {
    if (IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length == 0)
        return Complete(Irp, STATUS_SUCCESS, 0);
    IoMarkIrpPending(Irp);
    IoStartPacket(Device, Irp, NULL, NULL);
    return STATUS_PENDING;
}

static NTSTATUS Read(PDEVICE_OBJECT Device, PIRP Irp) {
    PUART Uart = Device->DeviceExtension;
    if (IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.Length == 0)
        return Complete(Irp, STATUS_SUCCESS, 0);
    IoCsqInsertIrp(&Uart->Readers, Irp, NULL);
    ServeReaders(Uart);
    return STATUS_PENDING;
}

static NTSTATUS CreateClose(PDEVICE_OBJECT Device, PIRP Irp) {
    UNREFERENCED_PARAMETER(Device);
    return Complete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS Cleanup(PDEVICE_OBJECT Device, PIRP Irp) {
    PUART Uart = Device->DeviceExtension;
    for (PIRP Waiting; (Waiting = IoCsqRemoveNextIrp(&Uart->Readers, IoGetCurrentIrpStackLocation(Irp)->FileObject)) != NULL;)
        Complete(Waiting, STATUS_CANCELLED, 0);
    return Complete(Irp, STATUS_SUCCESS, 0);
}

/* ---- The beginning and the end ---- */

static const WCHAR LinkName[] = L"\\DosDevices\\UART1";

static VOID Unload(PDRIVER_OBJECT Driver) {
    PUART Uart = Driver->DeviceObject->DeviceExtension;
    UNICODE_STRING Link;
    RtlInitUnicodeString(&Link, LinkName);
    IoDeleteSymbolicLink(&Link);
    Put(Uart, IER, 0);
    Put(Uart, MCR, 0);
    IoDisconnectInterrupt(Uart->Interrupt);
    IoDeleteDevice(Driver->DeviceObject);
}

/* 115200 baud, 8N1, FIFOs with a threshold of 8. The scratch register tells whether anybody is there. */
static BOOLEAN Reset(PUART Uart) {
    Put(Uart, 7, 0x5A);
    if (Get(Uart, 7) != 0x5A)
        return FALSE;
    Put(Uart, IER, 0);
    Put(Uart, LCR, LCR_DIVISOR);
    Put(Uart, DATA, 1);
    Put(Uart, IER, 0);
    Put(Uart, LCR, LCR_8N1);
    Put(Uart, IIR, 0x87);
    return TRUE;
}

static NTSTATUS Connect(PUART Uart) {
    KIRQL Irql;
    KAFFINITY Affinity;
    ULONG Vector = HalGetInterruptVector(Isa, 0, PORT_LINE, PORT_LINE, &Irql, &Affinity);
    if (!Reset(Uart))
        return STATUS_NO_SUCH_DEVICE;
    return IoConnectInterrupt(&Uart->Interrupt, OnInterrupt, Uart, NULL, Vector, Irql, Irql, Latched, FALSE, Affinity, FALSE);
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath) {
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\Uart0"), Link;
    PDEVICE_OBJECT Device;
    NTSTATUS Status = IoCreateDevice(Driver, sizeof(UART), &Name, FILE_DEVICE_SERIAL_PORT, 0, TRUE, &Device);
    UNREFERENCED_PARAMETER(RegistryPath);
    if (!NT_SUCCESS(Status))
        return Status;
    PUART Uart = Device->DeviceExtension;
    Uart->Device = Device;
    Uart->Ports = (PUCHAR)(ULONG_PTR)PORT_START;
    InitializeListHead(&Uart->ReaderList);
    KeInitializeSpinLock(&Uart->ReaderLock);
    IoCsqInitialize(&Uart->Readers, CsqInsert, CsqRemove, CsqPeek, CsqAcquire, CsqRelease, CsqCanceled);
    IoInitializeDpcRequest(Device, OnDpc);
    RtlInitUnicodeString(&Link, LinkName);
    Status = Connect(Uart);
    if (NT_SUCCESS(Status) && !NT_SUCCESS(Status = IoCreateSymbolicLink(&Link, &Name)))
        IoDisconnectInterrupt(Uart->Interrupt);
    if (!NT_SUCCESS(Status)) {
        IoDeleteDevice(Device);
        return Status;
    }
    Driver->MajorFunction[IRP_MJ_CREATE] = Driver->MajorFunction[IRP_MJ_CLOSE] = CreateClose;
    Driver->MajorFunction[IRP_MJ_CLEANUP] = Cleanup;
    Driver->MajorFunction[IRP_MJ_READ] = Read;
    Driver->MajorFunction[IRP_MJ_WRITE] = Write;
    Driver->DriverStartIo = StartIo;
    Driver->DriverUnload = Unload;
    Device->Flags |= DO_BUFFERED_IO;
    Device->Flags &= ~DO_DEVICE_INITIALIZING;
    Put(Uart, MCR, MCR_ON);
    Put(Uart, IER, IER_BOTH);
    return STATUS_SUCCESS;
}
