/*
 * T14: an IRP goes down a stack of drivers, each of which has an IO_STACK_LOCATION of its own, and its completion comes back up. Where each field lies,
 * who lies on whom, in which order routines are called, with what, and how the request goes on when one of them has kept it.
 */
#include "device.h"

/* ---- Where fields lie ---- */
#define LIES(type, field, offset) C_ASSERT(FIELD_OFFSET(type, field) == (offset))
C_ASSERT(sizeof(IRP) == 0xD0 && sizeof(IO_STACK_LOCATION) == 0x48 && sizeof(DEVICE_OBJECT) == 0x150);
LIES(IRP, Type, 0x00);
LIES(IRP, Size, 0x02);
LIES(IRP, MdlAddress, 0x08);
LIES(IRP, Flags, 0x10);
LIES(IRP, AssociatedIrp, 0x18);
LIES(IRP, ThreadListEntry, 0x20);
LIES(IRP, IoStatus, 0x30);
LIES(IRP, RequestorMode, 0x40);
LIES(IRP, PendingReturned, 0x41);
LIES(IRP, StackCount, 0x42);
LIES(IRP, CurrentLocation, 0x43);
LIES(IRP, Cancel, 0x44);
LIES(IRP, CancelIrql, 0x45);
LIES(IRP, ApcEnvironment, 0x46);
LIES(IRP, AllocationFlags, 0x47);
LIES(IRP, UserIosb, 0x48);
LIES(IRP, UserEvent, 0x50);
LIES(IRP, Overlay, 0x58);
LIES(IRP, CancelRoutine, 0x68);
LIES(IRP, UserBuffer, 0x70);
LIES(IRP, Tail.Overlay.DriverContext, 0x78);
LIES(IRP, Tail.Overlay.Thread, 0x98);
LIES(IRP, Tail.Overlay.AuxiliaryBuffer, 0xA0);
LIES(IRP, Tail.Overlay.ListEntry, 0xA8);
LIES(IRP, Tail.Overlay.CurrentStackLocation, 0xB8);
LIES(IRP, Tail.Overlay.OriginalFileObject, 0xC0);
LIES(IO_STACK_LOCATION, MajorFunction, 0x00);
LIES(IO_STACK_LOCATION, MinorFunction, 0x01);
LIES(IO_STACK_LOCATION, Flags, 0x02);
LIES(IO_STACK_LOCATION, Control, 0x03);
LIES(IO_STACK_LOCATION, Parameters, 0x08);
LIES(IO_STACK_LOCATION, Parameters.Create.SecurityContext, 0x08);
LIES(IO_STACK_LOCATION, Parameters.Create.Options, 0x10);
LIES(IO_STACK_LOCATION, Parameters.Create.FileAttributes, 0x18);
LIES(IO_STACK_LOCATION, Parameters.Create.ShareAccess, 0x1A);
LIES(IO_STACK_LOCATION, Parameters.Create.EaLength, 0x20);
LIES(IO_STACK_LOCATION, Parameters.Read.Length, 0x08);
LIES(IO_STACK_LOCATION, Parameters.Read.Key, 0x10);
LIES(IO_STACK_LOCATION, Parameters.Read.ByteOffset, 0x18);
LIES(IO_STACK_LOCATION, Parameters.DeviceIoControl.OutputBufferLength, 0x08);
LIES(IO_STACK_LOCATION, Parameters.DeviceIoControl.InputBufferLength, 0x10);
LIES(IO_STACK_LOCATION, Parameters.DeviceIoControl.IoControlCode, 0x18);
LIES(IO_STACK_LOCATION, Parameters.DeviceIoControl.Type3InputBuffer, 0x20);
LIES(IO_STACK_LOCATION, DeviceObject, 0x28);
LIES(IO_STACK_LOCATION, FileObject, 0x30);
LIES(IO_STACK_LOCATION, CompletionRoutine, 0x38);
LIES(IO_STACK_LOCATION, Context, 0x40);

#define AT(type, base, offset) (*(type *)((PUCHAR)(base) + (offset)))

/* The kernel agrees with the header: what it made is where these numbers say. */
static VOID TestLayout(VOID) {
    PIRP Irp = IoAllocateIrp(3, FALSE);

    ok(AT(USHORT, Irp, 0) == 6 && AT(USHORT, Irp, 2) == 0xD0 + 3 * 0x48, "an IRP has type 6 and the size of its stack locations and itself");
    ok(AT(CHAR, Irp, 0x42) == 3 && AT(CHAR, Irp, 0x43) == 4, "three locations, of which none is current");
    is(AT(PVOID, Irp, 0xB8), (PUCHAR)Irp + 0xD0 + 3 * 0x48, "the pointer stands behind the last");
    is(IoGetNextIrpStackLocation(Irp), (PUCHAR)Irp + 0xD0 + 2 * 0x48, "so the last is the first driver's");
    IoFreeIrp(Irp);
}

/* ---- Who lies on whom ---- */
static VOID TestAttaching(VOID) {
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\T14Bottom"), Missing = RTL_CONSTANT_STRING(L"\\Device\\T14Missing");
    PDEVICE_OBJECT Bottom = CreateDevice(Name.Buffer, FALSE, NULL), Middle = CreateDevice(NULL, FALSE, PassDown),
                   Top = CreateDevice(NULL, FALSE, PassDown), Below = NULL, Reference;
    HANDLE Handle;

    Bottom->AlignmentRequirement = FILE_QUAD_ALIGNMENT;
    Bottom->StackSize = 5; /* as a driver does that hands its requests to somebody whom it is not attached to */
    STATUS(IoAttachDevice(Middle, &Name, &Below), STATUS_NO_SUCH_DEVICE, "IoAttachDevice to a device that is not ready");
    Ready(Bottom);
    STATUS(IoAttachDevice(Middle, &Missing, &Below), STATUS_OBJECT_NAME_NOT_FOUND, "and to none");
    STATUS(IoAttachDevice(Middle, &Name, &Below), STATUS_SUCCESS, "and to one that is");
    is(Bottom->DeviceExtension, (PUCHAR)Bottom + 0x150, "an extension lies behind its device, at 16 bytes");
    ok(Below == Bottom && Middle->StackSize == 6 && Bottom->StackSize == 5, "lies on it, with a stack location more");
    is(Middle->AlignmentRequirement, FILE_QUAD_ALIGNMENT, "and takes over its alignment");
    ok(ExtensionOf(Bottom)->Seen && ExtensionOf(Middle)->LastMajor == IRP_MJ_CLOSE,
       "it was opened for that, and the close comes to who is on top by then");
    ExtensionOf(Middle)->Lower = Below;
    Ready(Middle);
    STATUS(IoAttachDevice(Top, &Name, &Below), STATUS_SUCCESS, "another one, by the same name");
    ok(Below == Middle && Top->StackSize == 7 && Top->AlignmentRequirement == FILE_QUAD_ALIGNMENT, "lies on top of both");
    ExtensionOf(Top)->Lower = Below;
    Ready(Top);
    is(IoGetLowerDeviceObject(Bottom), NULL, "nobody is below the bottom");
    Reference = IoGetDeviceAttachmentBaseRef(Bottom);
    is(Reference, Bottom, "which is its own base");
    ObDereferenceObject(Reference);
    Reference = IoGetAttachedDeviceReference(Top);
    is(Reference, Top, "as the top is its own top");
    ObDereferenceObject(Reference);

    STATUS(Open(Name.Buffer, &Handle), STATUS_SUCCESS, "an open");
    is(ExtensionOf(Top)->LastMajor, IRP_MJ_CREATE, "by the bottom's name goes to the top");
    ok(Bottom->ReferenceCount == 1 && !Top->ReferenceCount, "but it is the bottom that is open");
    IoDetachDevice(Middle);
    is(IoGetLowerDeviceObject(Top), NULL, "detached, the top has nobody below");
    ZwClose(Handle);
    ok(ExtensionOf(Top)->LastMajor == IRP_MJ_CREATE && ExtensionOf(Middle)->LastMajor == IRP_MJ_CLOSE, "and the close goes to who is on top now");
    Below = Top;
    IoDetachDevice(Bottom);
    STATUS(Open(Name.Buffer, &Handle), STATUS_SUCCESS, "opened");
    IoDeleteDevice(Bottom);
    STATUS(IoAttachDeviceToDeviceStackSafe(Top, Bottom, &Below), STATUS_NO_SUCH_DEVICE, "a device that is being deleted has nobody put on it");
    ok(!Below && !Bottom->AttachedDevice, "and nothing has happened");
    ZwClose(Handle);
    IoDeleteDevice(Middle);
    IoDeleteDevice(Top);
}

/* ---- A stack that writes down who is called ---- */
typedef struct _LAYER {
    PDEVICE_OBJECT Device, Lower;
    CHAR Letter; /* noted by its dispatch routine; its completion routine notes the small one */
    BOOLEAN Skips, NoRoutine, Forgets, Retries;
    BOOLEAN Success, Error, Cancel; /* what its routine wants to see */
    NTSTATUS Answer;
    PIO_STACK_LOCATION Location; /* in the dispatch routine */
    BOOLEAN SameLocation;        /* in the completion routine */
    PDEVICE_OBJECT SeenDevice;
    NTSTATUS SeenStatus;
    BOOLEAN SeenPending;
} LAYER, *PLAYER;

enum { TOP, MIDDLE, BOTTOM, LAYERS };
static LAYER Layers[LAYERS], Sender;
static CHAR Noted[32];
static ULONG NotedCount;
static NTSTATUS BottomStatus;
static ULONG BottomFails; /* so many times, before it does what BottomStatus says */
static BOOLEAN BottomKeeps;
static PIRP Held;

static VOID Note(CHAR Letter) {
    if (NotedCount < sizeof Noted - 1)
        Noted[NotedCount++] = Letter;
}

static BOOLEAN Said(PCSTR Expected) {
    if (!strcmp(Noted, Expected))
        return TRUE;
    DbgPrint("# %s, expected %s\n", Noted, Expected);
    return FALSE;
}

static PLAYER LayerOf(PDEVICE_OBJECT Device) {
    for (ULONG Index = 0; Index < LAYERS; Index++)
        if (Layers[Index].Device == Device)
            return &Layers[Index];
    return &Sender;
}

static NTSTATUS NTAPI LayerCompleted(PDEVICE_OBJECT Device, PIRP Irp, PVOID Context) {
    PLAYER Layer = Context;

    Note((CHAR)(Layer->Letter | 0x20));
    Layer->SeenDevice = Device;
    Layer->SeenStatus = Irp->IoStatus.Status;
    Layer->SeenPending = Irp->PendingReturned;
    Layer->SameLocation = Device && IoGetCurrentIrpStackLocation(Irp) == Layer->Location;
    if (Layer->Retries && Irp->IoStatus.Status == STATUS_DEVICE_BUSY) {
        IoCopyCurrentIrpStackLocationToNext(Irp);
        IoSetCompletionRoutine(Irp, LayerCompleted, Layer, TRUE, TRUE, TRUE);
        IoCallDriver(Layer->Lower, Irp);
        return STATUS_MORE_PROCESSING_REQUIRED;
    }
    if (Irp->PendingReturned && !Layer->Forgets && Layer != &Sender)
        IoMarkIrpPending(Irp);
    return Layer->Answer;
}

static NTSTATUS LayerDispatch(PDEVICE_OBJECT Device, PIRP Irp) {
    PLAYER Layer = LayerOf(Device);

    Note(Layer->Letter);
    Layer->Location = IoGetCurrentIrpStackLocation(Irp);
    if (!Layer->Lower) {
        if (BottomKeeps) {
            IoMarkIrpPending(Irp);
            Held = Irp;
            return STATUS_PENDING;
        }
        if (BottomFails) {
            BottomFails--;
            return Complete(Irp, STATUS_DEVICE_BUSY, 0);
        }
        return Complete(Irp, BottomStatus, 0);
    }
    if (Layer->Skips) {
        IoSkipCurrentIrpStackLocation(Irp);
    } else {
        IoCopyCurrentIrpStackLocationToNext(Irp);
        if (!Layer->NoRoutine)
            IoSetCompletionRoutine(Irp, LayerCompleted, Layer, Layer->Success, Layer->Error, Layer->Cancel);
    }
    if (!Layer->Retries)
        return IoCallDriver(Layer->Lower, Irp);
    IoMarkIrpPending(Irp); /* what the first try returns is not what the IRP ends with */
    IoCallDriver(Layer->Lower, Irp);
    return STATUS_PENDING;
}

static VOID NewRound(VOID) {
    RtlZeroMemory(Noted, sizeof Noted);
    NotedCount = BottomFails = 0;
    BottomStatus = STATUS_SUCCESS;
    BottomKeeps = FALSE;
    Sender = (LAYER){.Letter = 'S', .Answer = STATUS_MORE_PROCESSING_REQUIRED};
    for (ULONG Index = 0; Index < LAYERS; Index++) {
        PLAYER Layer = &Layers[Index];
        *Layer = (LAYER){.Device = Layer->Device, .Lower = Layer->Lower, .Letter = "TMB"[Index], .Success = TRUE, .Error = TRUE, .Cancel = TRUE};
    }
}

/* A request of the test's own to the top; IoStatus of the IRP says how it went. */
static NTSTATUS Send(PIRP Irp) {
    IoReuseIrp(Irp, STATUS_NOT_SUPPORTED);
    IoGetNextIrpStackLocation(Irp)->MajorFunction = IRP_MJ_FLUSH_BUFFERS;
    IoSetCompletionRoutine(Irp, LayerCompleted, &Sender, TRUE, TRUE, TRUE);
    return IoCallDriver(Layers[TOP].Device, Irp);
}

static VOID TestOrder(PIRP Irp) {
    NewRound();
    STATUS(Send(Irp), STATUS_SUCCESS, "a request through three drivers");
    ok(Said("TMBmts"), "is seen from the top down and completed from the bottom up");
    ok(Layers[MIDDLE].SeenDevice == Layers[MIDDLE].Device && Layers[TOP].SeenDevice == Layers[TOP].Device, "each routine has its own device");
    ok(Layers[MIDDLE].SameLocation && Layers[TOP].SameLocation, "and its own stack location");
    is(Sender.SeenDevice, NULL, "but the sender, who has neither");
    ok(Layers[TOP].Location == Layers[MIDDLE].Location + 1 && Layers[MIDDLE].Location == Layers[BOTTOM].Location + 1,
       "a copied location is the next one down");
    is(Irp->CurrentLocation, Irp->StackCount + 1, "the IRP is back where it began");

    NewRound();
    Layers[MIDDLE].Skips = TRUE;
    STATUS(Send(Irp), STATUS_SUCCESS, "past a driver that skips its location");
    ok(Said("TMBts"), "which has no routine then");
    ok(Layers[BOTTOM].Location == Layers[MIDDLE].Location && Layers[TOP].SeenDevice == Layers[TOP].Device, "for the one below has its location");
    NewRound();
    Layers[MIDDLE].NoRoutine = TRUE;
    STATUS(Send(Irp), STATUS_SUCCESS, "and past one that copies its location, without a routine");
    ok(Said("TMBts"), "the routine of the driver above is not copied with it");
    NewRound();
    BottomFails = 2;
    Layers[MIDDLE].Retries = TRUE;
    STATUS(Send(Irp), STATUS_PENDING, "a routine that sends the request down again");
    ok(Said("TMBmBmBmts") && Sender.SeenStatus == STATUS_SUCCESS, "and the second try's goes up");
}

/* Each of the eight ways to be called, with each way to end. */
static VOID TestInvocations(PIRP Irp) {
    static const NTSTATUS Ends[] = {STATUS_SUCCESS, STATUS_REPARSE, STATUS_BUFFER_OVERFLOW, STATUS_CANCELLED};
    ULONG Wrong = 0;

    for (ULONG Invoke = 0; Invoke < 8; Invoke++) {
        for (ULONG End = 0; End < ARRAYSIZE(Ends) * 2; End++) {
            BOOLEAN Cancel = End & 1, Good = NT_SUCCESS(Ends[End / 2]), Expected;

            NewRound();
            Layers[MIDDLE].Success = Invoke & 1 ? TRUE : FALSE;
            Layers[MIDDLE].Error = Invoke & 2 ? TRUE : FALSE;
            Layers[MIDDLE].Cancel = Invoke & 4 ? TRUE : FALSE;
            Expected = (Good ? Layers[MIDDLE].Success : Layers[MIDDLE].Error) || (Cancel && Layers[MIDDLE].Cancel);
            BottomKeeps = TRUE;
            Send(Irp);
            if (Cancel)
                IoCancelIrp(Held);
            Complete(Held, Ends[End / 2], 0);
            if (!Said(Expected ? "TMBmts" : "TMBts") || !Sender.SeenPending) {
                Wrong++;
                DbgPrint("# invoke %u, status 0x%08x, cancel %u\n", Invoke, Ends[End / 2], Cancel);
            }
        }
    }
    is(Wrong, 0, "InvokeOnSuccess, OnError and OnCancel: each combination with success, information, warning and error, cancelled or not");
}

static VOID TestMoreProcessing(PIRP Irp) {
    NewRound();
    Layers[MIDDLE].Answer = STATUS_MORE_PROCESSING_REQUIRED;
    Send(Irp);
    ok(Said("TMBm"), "STATUS_MORE_PROCESSING_REQUIRED stops the completion");
    is(IoGetCurrentIrpStackLocation(Irp), Layers[MIDDLE].Location, "at the location of the driver that said so");
    STATUS(Complete(Irp, STATUS_END_OF_FILE, 0), STATUS_END_OF_FILE, "which completes it when it likes");
    ok(Said("TMBmts") && Layers[TOP].SeenStatus == STATUS_END_OF_FILE, "and it goes on above, with the new status");
}

static VOID TestPendingReturned(PIRP Irp) {
    NewRound();
    BottomKeeps = TRUE;
    STATUS(Send(Irp), STATUS_PENDING, "a request that the bottom keeps");
    ok(Said("TMB") && (Layers[BOTTOM].Location->Control & SL_PENDING_RETURNED), "is marked in the bottom's location");
    Complete(Held, STATUS_SUCCESS, 0);
    ok(Said("TMBmts") && Layers[MIDDLE].SeenPending && Layers[TOP].SeenPending && Sender.SeenPending,
       "PendingReturned comes up, marked again by each routine");
    NewRound();
    BottomKeeps = TRUE;
    Layers[MIDDLE].NoRoutine = TRUE;
    Send(Irp);
    Complete(Held, STATUS_SUCCESS, 0);
    ok(Said("TMBts") && Layers[TOP].SeenPending, "by the kernel where there is no routine");
    NewRound();
    BottomKeeps = TRUE;
    Layers[MIDDLE].Success = FALSE;
    Send(Irp);
    Complete(Held, STATUS_SUCCESS, 0);
    ok(Said("TMBts") && Layers[TOP].SeenPending, "or none that is called");
    NewRound();
    BottomKeeps = TRUE;
    Layers[MIDDLE].Forgets = TRUE;
    Send(Irp);
    Complete(Held, STATUS_SUCCESS, 0);
    ok(Layers[MIDDLE].SeenPending && !Layers[TOP].SeenPending, "it is lost where a routine does not mark the IRP");
    NewRound();
    STATUS(Send(Irp), STATUS_SUCCESS, "the next request with the same IRP");
    ok(!Layers[MIDDLE].SeenPending && !Layers[TOP].SeenPending && !Sender.SeenPending, "is not pending by what is left in it");
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    PIRP Irp;
    UNREFERENCED_PARAMETER(RegistryPath);

    UseDispatch(DriverObject);
    TestLayout();
    TestAttaching();
    for (LONG Index = BOTTOM; Index >= TOP; Index--) {
        Layers[Index].Device = CreateDevice(NULL, FALSE, LayerDispatch);
        if (Index != BOTTOM)
            Layers[Index].Lower = IoAttachDeviceToDeviceStack(Layers[Index].Device, Layers[BOTTOM].Device);
        Ready(Layers[Index].Device);
    }
    Irp = IoAllocateIrp(Layers[TOP].Device->StackSize, FALSE);
    TestOrder(Irp);
    TestInvocations(Irp);
    TestMoreProcessing(Irp);
    TestPendingReturned(Irp);
    IoFreeIrp(Irp);
    IoDetachDevice(Layers[MIDDLE].Device);
    IoDetachDevice(Layers[BOTTOM].Device);
    for (ULONG Index = 0; Index < LAYERS; Index++)
        IoDeleteDevice(Layers[Index].Device);
    is(DriverObject->DeviceObject, NULL, "no devices are left");
}
