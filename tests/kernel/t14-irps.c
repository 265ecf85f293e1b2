/*
 * T14: the IRPs that drivers make themselves: for a control code, a read or a write of another driver's device, of their own memory, as parts of a
 * master. What arrives below, what comes back, and who frees it.
 */
#include "device.h"

static PDEVICE_OBJECT Disk;

/* ---- The driver below: writes down what arrived, and answers with bytes that say where they come from ---- */
static struct {
    IO_STACK_LOCATION Location;
    PVOID SystemBuffer, UserBuffer, MdlAddress;
    PETHREAD Thread;
    KPROCESSOR_MODE Mode;
    UCHAR FirstIn; /* of what was sent along */
} Arrived;
static NTSTATUS Answer;
static BOOLEAN Later; /* by a DPC */
static KTIMER Timer;
static KDPC Dpc;
static LIST_ENTRY Waiting = {&Waiting, &Waiting};

static PUCHAR DataOf(PIRP Irp) {
    if (Irp->MdlAddress)
        return MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority | MdlMappingNoExecute);
    return Irp->AssociatedIrp.SystemBuffer ? Irp->AssociatedIrp.SystemBuffer : Irp->UserBuffer;
}

static NTSTATUS ServeControl(PIRP Irp, PIO_STACK_LOCATION Stack) {
    ULONG Method = Stack->Parameters.DeviceIoControl.IoControlCode & 3, Length = Stack->Parameters.DeviceIoControl.OutputBufferLength;
    PUCHAR In = Method == METHOD_NEITHER ? Stack->Parameters.DeviceIoControl.Type3InputBuffer : Irp->AssociatedIrp.SystemBuffer;

    Arrived.FirstIn = In[0];
    if (Method != METHOD_IN_DIRECT)
        RtlFillMemory(DataOf(Irp), Length, 0xC0);
    return Complete(Irp, Answer, Length);
}

static NTSTATUS Serve(PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);

    if (Stack->MajorFunction == IRP_MJ_WRITE)
        Arrived.FirstIn = DataOf(Irp)[0];
    else if (Stack->MajorFunction == IRP_MJ_READ)
        RtlFillMemory(DataOf(Irp), Stack->Parameters.Read.Length, (UCHAR)(Stack->Parameters.Read.ByteOffset.QuadPart >> 8));
    else
        return ServeControl(Irp, Stack);
    return Complete(Irp, Answer, Stack->Parameters.Read.Length);
}

static VOID NTAPI ServeLater(PKDPC Self, PVOID Context, PVOID Argument1, PVOID Argument2) {
    UNREFERENCED_PARAMETER(Self);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    while (!IsListEmpty(&Waiting))
        Serve(CONTAINING_RECORD(RemoveHeadList(&Waiting), IRP, Tail.Overlay.ListEntry));
}

static NTSTATUS DiskDispatch(PDEVICE_OBJECT Device, PIRP Irp) {
    LARGE_INTEGER Time = {.QuadPart = -10000 * 2};
    UCHAR Major = IoGetCurrentIrpStackLocation(Irp)->MajorFunction;
    UNREFERENCED_PARAMETER(Device);

    Arrived.Location = *IoGetCurrentIrpStackLocation(Irp);
    Arrived.SystemBuffer = Irp->AssociatedIrp.SystemBuffer;
    Arrived.UserBuffer = Irp->UserBuffer;
    Arrived.MdlAddress = Irp->MdlAddress;
    Arrived.Thread = Irp->Tail.Overlay.Thread;
    Arrived.Mode = Irp->RequestorMode;
    if (Major != IRP_MJ_READ && Major != IRP_MJ_WRITE && Major != IRP_MJ_DEVICE_CONTROL && Major != IRP_MJ_INTERNAL_DEVICE_CONTROL)
        return Complete(Irp, Answer, 0);
    if (!Later)
        return Serve(Irp);
    IoMarkIrpPending(Irp);
    InsertTailList(&Waiting, &Irp->Tail.Overlay.ListEntry);
    KeSetTimer(&Timer, Time, &Dpc);
    return STATUS_PENDING;
}

/* ---- Control codes ---- */
static VOID TestControl(VOID) {
    static const ULONG Methods[] = {METHOD_BUFFERED, METHOD_IN_DIRECT, METHOD_OUT_DIRECT, METHOD_NEITHER};
    UCHAR In[4] = {0x11, 0x11, 0x11, 0x11}, Out[8];
    IO_STATUS_BLOCK Iosb;
    KEVENT Event;
    PIRP Irp;

    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    for (ULONG Index = 0; Index < 8; Index++) {
        ULONG Method = Methods[Index / 2], Code = CTL_CODE(FILE_DEVICE_UNKNOWN, 0x900, Method, FILE_ANY_ACCESS);
        BOOLEAN Internal = Index & 1;

        RtlFillMemory(Out, sizeof Out, 0x22);
        KeClearEvent(&Event);
        Irp = IoBuildDeviceIoControlRequest(Code, Disk, In, sizeof In, Out, sizeof Out, Internal, &Event, &Iosb);
        STATUS(IoCallDriver(Disk, Irp), STATUS_SUCCESS, "IoBuildDeviceIoControlRequest");
        ok(Arrived.Location.MajorFunction == (Internal ? IRP_MJ_INTERNAL_DEVICE_CONTROL : IRP_MJ_DEVICE_CONTROL) &&
               Arrived.Location.Parameters.DeviceIoControl.IoControlCode == Code &&
               Arrived.Location.Parameters.DeviceIoControl.InputBufferLength == sizeof In &&
               Arrived.Location.Parameters.DeviceIoControl.OutputBufferLength == sizeof Out,
           "method %u, %s: code and lengths arrive", Method, Internal ? "internal" : "not internal");
        ok(Arrived.Mode == KernelMode && Arrived.Thread == PsGetCurrentThread() && !Arrived.Location.FileObject,
           "from kernel mode, of this thread, for no file");
        ok(!!Arrived.SystemBuffer == (Method != METHOD_NEITHER) &&
               !!Arrived.MdlAddress == (Method == METHOD_IN_DIRECT || Method == METHOD_OUT_DIRECT) &&
               (Arrived.Location.Parameters.DeviceIoControl.Type3InputBuffer == In) == (Method == METHOD_NEITHER),
           "the buffers as the method says");
        ok(KeReadStateEvent(&Event) && Iosb.Status == STATUS_SUCCESS && Iosb.Information == sizeof Out, "event and status block are set");
        ok(Arrived.FirstIn == 0x11, "the input has arrived");
        ok(Out[0] == (Method == METHOD_IN_DIRECT ? 0x22 : 0xC0) && Out[7] == Out[0], "and the output come back");
    }

    Answer = STATUS_DEVICE_DATA_ERROR;
    RtlFillMemory(&Iosb, sizeof Iosb, 0xEE);
    RtlFillMemory(Out, sizeof Out, 0x22);
    KeClearEvent(&Event);
    Irp = IoBuildDeviceIoControlRequest(IOCTL_TEST, Disk, In, sizeof In, Out, sizeof Out, FALSE, &Event, &Iosb);
    STATUS(IoCallDriver(Disk, Irp), STATUS_DEVICE_DATA_ERROR, "an error at once");
    ok(Iosb.Status == (NTSTATUS)0xEEEEEEEE && !KeReadStateEvent(&Event) && Out[0] == 0x22, "is told by nothing else");
    Later = TRUE;
    Irp = IoBuildDeviceIoControlRequest(IOCTL_TEST, Disk, In, sizeof In, Out, sizeof Out, FALSE, &Event, &Iosb);
    STATUS(IoCallDriver(Disk, Irp), STATUS_PENDING, "one that comes later");
    KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
    ok(Iosb.Status == STATUS_DEVICE_DATA_ERROR && Out[0] == 0x22, "by the status block, and no output either");
    Later = FALSE;
    Answer = STATUS_SUCCESS;
}

/* ---- Reads and writes ---- */
static const ULONG Kinds[] = {DO_BUFFERED_IO, DO_DIRECT_IO, 0};
static const PCSTR KindNames[] = {"buffered", "direct", "neither"};

static VOID UseKind(ULONG Kind) { Disk->Flags = (Disk->Flags & ~(ULONG)(DO_BUFFERED_IO | DO_DIRECT_IO)) | Kinds[Kind]; }

static BOOLEAN ArrivedAs(ULONG Kind, UCHAR Major, PVOID Buffer, ULONG Length, LONGLONG Offset) {
    return Arrived.Location.MajorFunction == Major && Arrived.Location.Parameters.Read.Length == Length &&
           Arrived.Location.Parameters.Read.ByteOffset.QuadPart == Offset && !!Arrived.SystemBuffer == (Kind == 0) &&
           !!Arrived.MdlAddress == (Kind == 1) && (Kind != 2 || Arrived.UserBuffer == Buffer);
}

static VOID TestSynchronous(VOID) {
    LARGE_INTEGER Offset = {.QuadPart = 0x7700};
    UCHAR Buffer[64];
    IO_STATUS_BLOCK Iosb;
    KEVENT Event;
    PIRP Irp;

    KeInitializeEvent(&Event, SynchronizationEvent, FALSE);
    for (ULONG Index = 0; Index < 6; Index++) {
        ULONG Kind = Index % 3;
        NTSTATUS Status;

        UseKind(Kind);
        Later = Index >= 3;
        RtlZeroMemory(Buffer, sizeof Buffer);
        Irp = IoBuildSynchronousFsdRequest(IRP_MJ_READ, Disk, Buffer, sizeof Buffer, &Offset, &Event, &Iosb);
        Status = IoCallDriver(Disk, Irp);
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
        STATUS(Status, Later ? STATUS_PENDING : STATUS_SUCCESS, "IoBuildSynchronousFsdRequest");
        ok(ArrivedAs(Kind, IRP_MJ_READ, Buffer, sizeof Buffer, 0x7700), "a read, %s: length, offset and buffer arrive", KindNames[Kind]);
        ok(Iosb.Status == STATUS_SUCCESS && Iosb.Information == sizeof Buffer && Buffer[0] == 0x77 && Buffer[63] == 0x77, "and the bytes come back");
        Buffer[0] = (UCHAR)(0x80 + Index);
        Irp = IoBuildSynchronousFsdRequest(IRP_MJ_WRITE, Disk, Buffer, sizeof Buffer, &Offset, &Event, &Iosb);
        IoCallDriver(Disk, Irp);
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
        ok(ArrivedAs(Kind, IRP_MJ_WRITE, Buffer, sizeof Buffer, 0x7700) && Arrived.FirstIn == 0x80 + Index, "a write, %s", KindNames[Kind]);
    }
    Later = FALSE;
    UseKind(0);
    Irp = IoBuildSynchronousFsdRequest(IRP_MJ_FLUSH_BUFFERS, Disk, NULL, 0, NULL, &Event, &Iosb);
    STATUS(IoCallDriver(Disk, Irp), STATUS_SUCCESS, "a flush");
    ok(Arrived.Location.MajorFunction == IRP_MJ_FLUSH_BUFFERS && !Arrived.SystemBuffer && !Arrived.MdlAddress, "has no buffer");
    Irp = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, Disk, NULL, 0, NULL, &Event, &Iosb);
    Irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    IoGetNextIrpStackLocation(Irp)->MinorFunction = IRP_MN_QUERY_CAPABILITIES;
    STATUS(IoCallDriver(Disk, Irp), STATUS_SUCCESS, "a PnP request");
    ok(Arrived.Location.MajorFunction == IRP_MJ_PNP && Arrived.Location.MinorFunction == IRP_MN_QUERY_CAPABILITIES, "with its minor code");
}

/* Undoes what IoBuildAsynchronousFsdRequest did, as the article on its use shows it: the routine frees the IRP with all that hangs on it. */
static NTSTATUS NTAPI FreeRequest(PDEVICE_OBJECT Device, PIRP Irp, PVOID Context) {
    PIO_STATUS_BLOCK Result = Context;
    UNREFERENCED_PARAMETER(Device);

    *Result = Irp->IoStatus;
    if (Irp->AssociatedIrp.SystemBuffer && (Irp->Flags & IRP_DEALLOCATE_BUFFER)) {
        if (Irp->Flags & IRP_INPUT_OPERATION)
            RtlCopyMemory(Irp->UserBuffer, Irp->AssociatedIrp.SystemBuffer, Irp->IoStatus.Information);
        ExFreePool(Irp->AssociatedIrp.SystemBuffer);
    }
    while (Irp->MdlAddress) {
        PMDL Mdl = Irp->MdlAddress;
        Irp->MdlAddress = Mdl->Next;
        MmUnlockPages(Mdl);
        IoFreeMdl(Mdl);
    }
    IoFreeIrp(Irp);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static VOID TestAsynchronous(VOID) {
    static UCHAR Buffer[2 * PAGE_SIZE];
    LARGE_INTEGER Offset = {.QuadPart = 0x3300};

    for (ULONG Index = 0; Index < 6; Index++) {
        ULONG Kind = Index % 3, Length = Index >= 3 ? sizeof Buffer : 16;
        IO_STATUS_BLOCK Result = {.Status = STATUS_UNSUCCESSFUL};
        PIRP Irp;

        UseKind(Kind);
        RtlZeroMemory(Buffer, sizeof Buffer);
        Irp = IoBuildAsynchronousFsdRequest(IRP_MJ_READ, Disk, Buffer, Length, &Offset, NULL);
        IoSetCompletionRoutine(Irp, FreeRequest, &Result, TRUE, TRUE, TRUE);
        STATUS(IoCallDriver(Disk, Irp), STATUS_SUCCESS, "IoBuildAsynchronousFsdRequest");
        ok(ArrivedAs(Kind, IRP_MJ_READ, Buffer, Length, 0x3300), "a read of %u bytes, %s", Length, KindNames[Kind]);
        ok(Result.Status == STATUS_SUCCESS && Result.Information == Length && Buffer[0] == 0x33 && Buffer[Length - 1] == 0x33,
           "whose routine has the bytes and frees the IRP");
    }
    UseKind(0);
}

/* ---- IRPs from IoAllocateIrp and from memory of one's own ---- */
static NTSTATUS NTAPI Mine(PDEVICE_OBJECT Device, PIRP Irp, PVOID Context) {
    UNREFERENCED_PARAMETER(Irp);
    *(PDEVICE_OBJECT *)Context = Device;
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static VOID TestOwn(VOID) {
    CCHAR Count = (CCHAR)(Disk->StackSize + 1);
    PIRP Irp = ExAllocatePoolWithTag(NonPagedPoolNx, IoSizeOfIrp(Count), TAG);
    PDEVICE_OBJECT Above = CreateDevice(NULL, FALSE, NULL), Given = NULL;
    UCHAR Byte = 0;

    RtlFillMemory(Irp, IoSizeOfIrp(Count), 0xAA);
    IoInitializeIrp(Irp, IoSizeOfIrp(Count), Count);
    ok(Irp->Type == IO_TYPE_IRP && Irp->Size == IoSizeOfIrp(Count) && !Irp->Tail.Overlay.Thread && !Irp->Flags && !Irp->UserIosb && !Irp->Cancel,
       "IoInitializeIrp: an IRP of nobody");
    ok(IsListEmpty(&Irp->ThreadListEntry) && !IoGetNextIrpStackLocation(Irp)->Control, "in no list, its locations empty");
    IoSetNextIrpStackLocation(Irp); /* one for the sender, so that its routine is given a device */
    IoGetCurrentIrpStackLocation(Irp)->DeviceObject = Above;
    IoGetNextIrpStackLocation(Irp)->MajorFunction = IRP_MJ_READ;
    IoGetNextIrpStackLocation(Irp)->Parameters.Read.Length = 1;
    IoGetNextIrpStackLocation(Irp)->Parameters.Read.ByteOffset.QuadPart = 0x5500;
    Irp->AssociatedIrp.SystemBuffer = &Byte;
    IoSetCompletionRoutine(Irp, Mine, &Given, TRUE, TRUE, TRUE);
    STATUS(IoCallDriver(Disk, Irp), STATUS_SUCCESS, "with a location for the sender");
    ok(Given == Above && Byte == 0x55, "its routine has the sender's device");
    Irp->Cancel = TRUE;
    IoReuseIrp(Irp, STATUS_NOT_SUPPORTED);
    ok(Irp->IoStatus.Status == STATUS_NOT_SUPPORTED && !Irp->IoStatus.Information && !Irp->Cancel && !Irp->AssociatedIrp.SystemBuffer &&
           Irp->Size == IoSizeOfIrp(Count) && Irp->StackCount == Count && Irp->CurrentLocation == Count + 1,
       "IoReuseIrp: all anew, but for size and the status given");

    IoGetNextIrpStackLocation(Irp)->MajorFunction = IRP_MJ_FLUSH_BUFFERS;
    IoSetNextIrpStackLocation(Irp);
    ok(IoForwardIrpSynchronously(Disk, Irp) && Irp->IoStatus.Status == STATUS_SUCCESS && Irp->CurrentLocation == Count,
       "IoForwardIrpSynchronously gives the IRP back where it was");
    IoSetNextIrpStackLocation(Irp);
    Arrived.Location.MajorFunction = 0xFF;
    ok(!IoForwardIrpSynchronously(Disk, Irp) && Arrived.Location.MajorFunction == 0xFF, "and sends nothing without a location below");
    IoReuseIrp(Irp, STATUS_SUCCESS);
    IoSetNextIrpStackLocation(Irp);
    IoGetCurrentIrpStackLocation(Irp)->MajorFunction = IRP_MJ_READ;
    IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.Length = 1;
    IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.ByteOffset.QuadPart = 0x6600;
    Irp->AssociatedIrp.SystemBuffer = &Byte;
    Later = TRUE;
    ok(IoForwardIrpSynchronously(Disk, Irp) && Byte == 0x66, "and waits for a driver that takes its time");
    Later = FALSE;
    ExFreePoolWithTag(Irp, TAG);
    IoDeleteDevice(Above);
}

/* ---- A driver that splits what it is given ---- */
#define PART 1024u

static BOOLEAN LowerLater;
static ULONG MasterCompletions;

static NTSTATUS Split(PDEVICE_OBJECT Device, PIRP Master) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Master);
    PUCHAR Start = MmGetMdlVirtualAddress(Master->MdlAddress);
    ULONG Parts = Stack->Parameters.Read.Length / PART;
    PIRP Irps[4];
    UNREFERENCED_PARAMETER(Device);

    IoMarkIrpPending(Master);
    Master->AssociatedIrp.IrpCount = (LONG)Parts;
    Master->IoStatus.Status = STATUS_SUCCESS;
    Master->IoStatus.Information = Stack->Parameters.Read.Length;
    for (ULONG Index = 0; Index < Parts; Index++) {
        PIO_STACK_LOCATION Next;
        Irps[Index] = IoMakeAssociatedIrp(Master, Disk->StackSize);
        IoAllocateMdl(Start + Index * PART, PART, FALSE, FALSE, Irps[Index]);
        IoBuildPartialMdl(Master->MdlAddress, Irps[Index]->MdlAddress, Start + Index * PART, PART);
        Next = IoGetNextIrpStackLocation(Irps[Index]);
        Next->MajorFunction = IRP_MJ_READ;
        Next->Parameters.Read.Length = PART;
        Next->Parameters.Read.ByteOffset.QuadPart = Stack->Parameters.Read.ByteOffset.QuadPart + (LONGLONG)Index * 0x100;
    }
    Later = LowerLater;
    for (ULONG Index = 0; Index < Parts; Index++)
        IoCallDriver(Disk, Irps[Index]);
    return STATUS_PENDING;
}

static NTSTATUS NTAPI MasterCompleted(PDEVICE_OBJECT Device, PIRP Irp, PVOID Context) {
    UNREFERENCED_PARAMETER(Device);
    UNREFERENCED_PARAMETER(Context);
    MasterCompletions++;
    if (Irp->PendingReturned && Irp->CurrentLocation <= Irp->StackCount)
        IoMarkIrpPending(Irp);
    return STATUS_CONTINUE_COMPLETION;
}

static VOID TestAssociated(VOID) {
    PDEVICE_OBJECT Splitter = CreateDevice(NULL, FALSE, Split);
    static UCHAR Buffer[4 * PART];
    LARGE_INTEGER Offset = {.QuadPart = 0x4000};
    IO_STATUS_BLOCK Iosb;
    KEVENT Event;

    Splitter->Flags |= DO_DIRECT_IO;
    Ready(Splitter);
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    for (ULONG Round = 0; Round < 2; Round++) {
        PIRP Irp;

        LowerLater = Round == 1;
        MasterCompletions = 0;
        RtlZeroMemory(Buffer, sizeof Buffer);
        KeClearEvent(&Event);
        Irp = IoBuildSynchronousFsdRequest(IRP_MJ_READ, Splitter, Buffer, sizeof Buffer, &Offset, &Event, &Iosb);
        IoSetCompletionRoutine(Irp, MasterCompleted, NULL, TRUE, TRUE, TRUE);
        STATUS(IoCallDriver(Splitter, Irp), STATUS_PENDING,
               LowerLater ? "a master whose parts are done later" : "a master whose parts are done at once");
        is(MasterCompletions, Round == 0, "is completed when its last part is");
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
        ok(MasterCompletions == 1 && Iosb.Status == STATUS_SUCCESS && Iosb.Information == sizeof Buffer, "once, by the kernel");
        ok(Buffer[0] == 0x40 && Buffer[PART - 1] == 0x40 && Buffer[PART] == 0x41 && Buffer[3 * PART - 1] == 0x42 && Buffer[4 * PART - 1] == 0x43,
           "each part has written through its partial MDL into its place");
    }
    Later = FALSE;
    IoDeleteDevice(Splitter);
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNREFERENCED_PARAMETER(RegistryPath);

    UseDispatch(DriverObject);
    KeInitializeTimer(&Timer);
    KeInitializeDpc(&Dpc, ServeLater, NULL);
    Disk = CreateDevice(NULL, FALSE, DiskDispatch);
    Disk->Flags |= DO_BUFFERED_IO;
    Ready(Disk);
    TestControl();
    TestSynchronous();
    TestAsynchronous();
    TestOwn();
    TestAssociated();
    IoDeleteDevice(Disk);
    is(DriverObject->DeviceObject, NULL, "no devices are left");
}
