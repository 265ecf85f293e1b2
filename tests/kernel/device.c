/* Devices: creation, stacks, completion routines, IRPs of a driver's own, what DO_DEVICE_INITIALIZING keeps out. */
#define TAP_PLAN_LATER
#include "device.h"

static PDEVICE_OBJECT Early; /* made in DriverEntry, opened afterwards */

/* ---- Creation ---- */
static VOID TestCreation(VOID) {
    PDEVICE_OBJECT Device = CreateDevice(L"\\Device\\DeviceTest", TRUE, NULL), Plain, Bare;
    PEXTENSION Extension = ExtensionOf(Device);
    BOOLEAN Zero = TRUE;
    HANDLE First, Second;
    ok(Device->Type == IO_TYPE_DEVICE && Device->Size == 0x150 + sizeof(EXTENSION), "type and size");
    ok(Device->DriverObject == Driver && Driver->DeviceObject == Device, "the driver, and its list");
    ok(Device->DeviceType == FILE_DEVICE_UNKNOWN && Device->Characteristics == FILE_DEVICE_SECURE_OPEN, "device type and characteristics");
    is(Device->Flags, DO_EXCLUSIVE | DO_DEVICE_INITIALIZING | DO_DEVICE_HAS_NAME, "flags");
    ok(Device->StackSize == 1 && !Device->AttachedDevice && !Device->NextDevice && !Device->Vpb && !Device->CurrentIrp, "nothing else");
    is(Device->ReferenceCount, 0, "nobody has it open");
    for (ULONG i = 0; i < sizeof Extension->Fill; i++) {
        Zero = Zero && !Extension->Fill[i];
    }
    ok(Zero && !Extension->Seen && !Extension->Lower, "the extension is zeroed");
    STATUS(IoCreateDevice(Driver, 0, NULL, FILE_DEVICE_DISK, 0, FALSE, &Bare), STATUS_SUCCESS, "a disk without a name or an extension");
    ok(!Bare->DeviceExtension && Bare->SectorSize == 512 && Bare->Vpb && Bare->Flags == DO_DEVICE_INITIALIZING, "has neither, but a volume");
    ok(Driver->DeviceObject == Bare && Bare->NextDevice == Device, "the newest is the first in the list");

    STATUS(Open(L"\\Device\\DeviceTest", &First), STATUS_NO_SUCH_DEVICE, "DO_DEVICE_INITIALIZING keeps opens out");
    is(Extension->Seen, 0, "the driver sees nothing of them");
    Ready(Device);
    STATUS(Open(L"\\Device\\DeviceTest", &First), STATUS_SUCCESS, "a driver that clears it itself lets them in");
    is(Device->ReferenceCount, 1, "it is open");
    STATUS(Open(L"\\Device\\DeviceTest", &Second), STATUS_ACCESS_DENIED, "an exclusive device is open once");
    is(Extension->Seen, 1, "the driver does not see the second");
    ZwClose(First);
    is(Extension->Seen, 3, "cleanup and close");
    STATUS(Open(L"\\Device\\DeviceTest", &Second), STATUS_SUCCESS, "closed, and free again");
    IoDeleteDevice(Device);
    is(Extension->Seen, 4, "a device that is deleted while it is open stays");
    STATUS(Open(L"\\Device\\DeviceTest", &First), STATUS_OBJECT_NAME_NOT_FOUND, "without its name");
    ok(Driver->DeviceObject == Bare && Bare->NextDevice == Device, "and in the list");
    ZwClose(Second);
    ok(Driver->DeviceObject == Bare && !Bare->NextDevice, "until it is closed");
    IoDeleteDevice(Bare);

    Plain = CreateDevice(L"\\Device\\DeviceTest", FALSE, NULL);
    Ready(Plain);
    ok(NT_SUCCESS(Open(L"\\Device\\DeviceTest", &First)) && NT_SUCCESS(Open(L"\\Device\\DeviceTest", &Second)), "others can be open many times");
    is(Plain->ReferenceCount, 2, "twice");
    ZwClose(First);
    ZwClose(Second);
    IoDeleteDevice(Plain);
    is(Driver->DeviceObject, NULL, "no devices are left");
}

/* ---- Stacks and completion ---- */
static VOID TestStacks(VOID) {
    PDEVICE_OBJECT Bottom = CreateDevice(L"\\Device\\DeviceBottom", FALSE, Increment), Middle = CreateDevice(NULL, FALSE, PassDown),
                   Top = CreateDevice(NULL, FALSE, PassDown), Lower, Reference;
    UNICODE_STRING Name;
    PFILE_OBJECT File;
    IO_STATUS_BLOCK Iosb;
    UCHAR Bytes[4] = {1, 2, 3, 4}, Out[4] = {0, 0, 0, 0};

    is(IoAttachDeviceToDeviceStack(Middle, Bottom), NULL, "nothing can be attached to a device that initializes");
    Ready(Bottom);
    ExtensionOf(Middle)->Lower = IoAttachDeviceToDeviceStack(Middle, Bottom);
    is(ExtensionOf(Middle)->Lower, Bottom, "attached");
    ok(Bottom->AttachedDevice == Middle && Middle->StackSize == 2, "above it, with a stack location more");
    Ready(Middle);
    STATUS(IoAttachDeviceToDeviceStackSafe(Top, Bottom, &ExtensionOf(Top)->Lower), STATUS_SUCCESS, "another one, to the bottom");
    ok(ExtensionOf(Top)->Lower == Middle && Top->StackSize == 3, "lies on top");
    Ready(Top);
    is(IoGetAttachedDevice(Bottom), Top, "IoGetAttachedDevice");
    Reference = IoGetAttachedDeviceReference(Bottom);
    is(Reference, Top, "IoGetAttachedDeviceReference");
    ObDereferenceObject(Reference);
    Lower = IoGetLowerDeviceObject(Top);
    is(Lower, Middle, "IoGetLowerDeviceObject");
    ObDereferenceObject(Lower);
    Lower = IoGetDeviceAttachmentBaseRef(Top);
    is(Lower, Bottom, "IoGetDeviceAttachmentBaseRef");
    ObDereferenceObject(Lower);

    STATUS(Control(Top, Bytes, 4, Out, 4, &Iosb), STATUS_SUCCESS, "a request to the top");
    ok(Iosb.Status == STATUS_SUCCESS && Iosb.Information == 4 && Out[0] == 2 && Out[3] == 5 && Bytes[0] == 1, "is answered at the bottom");
    ok(ExtensionOf(Top)->Seen == 1 && ExtensionOf(Middle)->Seen == 1 && ExtensionOf(Bottom)->Seen == 1, "through all three");
    RtlInitUnicodeString(&Name, L"\\Device\\DeviceBottom");
    STATUS(IoGetDeviceObjectPointer(&Name, FILE_READ_DATA, &File, &Lower), STATUS_SUCCESS, "an open of the bottom's name");
    ok(Lower == Top && File->DeviceObject == Bottom && IoGetRelatedDeviceObject(File) == Top, "leads to the top");
    is(ExtensionOf(Top)->LastMajor, IRP_MJ_CLEANUP, "whose handle is closed already");
    ObDereferenceObject(File);
    is(ExtensionOf(Top)->LastMajor, IRP_MJ_CLOSE, "and the file now");

    IoDetachDevice(Middle);
    is(IoGetAttachedDevice(Bottom), Middle, "the top is detached");
    IoDeleteDevice(Top);
    IoDetachDevice(Bottom);
    is(Bottom->AttachedDevice, NULL, "the middle too");
    IoDeleteDevice(Middle);
    IoDeleteDevice(Bottom);
}

static VOID TestCompletion(VOID) {
    PDEVICE_OBJECT Bottom = CreateDevice(NULL, FALSE, Increment), Top = CreateDevice(NULL, FALSE, Regain);
    COMPLETION Completion;
    IO_STATUS_BLOCK Iosb;
    UCHAR Bytes[4] = {7, 8};
    Ready(Bottom);
    ExtensionOf(Top)->Lower = IoAttachDeviceToDeviceStack(Top, Bottom);
    Ready(Top);
    STATUS(Control(Top, Bytes, 2, Bytes, 4, &Iosb), STATUS_SUCCESS, "STATUS_MORE_PROCESSING_REQUIRED: the request goes up in a second completion");
    ok(Iosb.Information == 3 && Bytes[0] == 8, "with what was put into it in between");
    ok(Regained.Calls == 1 && Regained.Device == Top && !Regained.Pending && Regained.Irql == PASSIVE_LEVEL,
       "the routine is called once, with the device that set it");
    ExtensionOf(Bottom)->Dispatch = Fail;
    STATUS(Control(Top, Bytes, 2, Bytes, 4, &Iosb), STATUS_RETRY, "an error from below, changed on the way");
    STATUS(Regained.Status, STATUS_DEVICE_BUSY, "as the routine saw it");

    ExtensionOf(Bottom)->Dispatch = Succeed;
    STATUS(SendOwn(Bottom, &Completion, TRUE, FALSE), STATUS_SUCCESS, "an IRP of the driver's own");
    ok(Completion.Calls == 1 && Completion.Device == NULL, "its routine has no device: nobody is above it");
    IoDetachDevice(Bottom);
    IoDeleteDevice(Top);
    IoDeleteDevice(Bottom);
}

/* ---- After DriverEntry ---- */
static VOID NTAPI AfterDriverEntry(PDRIVER_OBJECT DriverObject, PVOID Context, ULONG Count) {
    PDEVICE_OBJECT Late;
    HANDLE Handle;
    ok(DriverObject == Driver && Context == &Driver && Count == 1, "the reinitialization routine, for the first time");
    is(Early->Flags & DO_DEVICE_INITIALIZING, 0, "the I/O manager has opened the devices made in DriverEntry");
    STATUS(Open(L"\\Device\\DeviceEarly", &Handle), STATUS_SUCCESS, "they can be opened");
    ZwClose(Handle);
    IoDeleteDevice(Early);
    Late = CreateDevice(L"\\Device\\DeviceLate", FALSE, NULL);
    is(Late->Flags & DO_DEVICE_INITIALIZING, DO_DEVICE_INITIALIZING, "one made later stays closed");
    STATUS(Open(L"\\Device\\DeviceLate", &Handle), STATUS_NO_SUCH_DEVICE, "as an open finds");
    Ready(Late);
    STATUS(Open(L"\\Device\\DeviceLate", &Handle), STATUS_SUCCESS, "until the driver clears the flag");
    ZwClose(Handle);
    IoDeleteDevice(Late);
    DbgPrint("1..%u\n", TapCount);
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    HANDLE Handle;
    UNREFERENCED_PARAMETER(RegistryPath);
    for (ULONG Major = 1; Major <= IRP_MJ_MAXIMUM_FUNCTION; Major++) {
        if (DriverObject->MajorFunction[Major] != DriverObject->MajorFunction[0]) {
            ok(FALSE, "major function %u is not the kernel's", Major);
        }
    }
    ok(DriverObject->MajorFunction[0] != NULL, "all major functions are the kernel's at first");
    UseDispatch(DriverObject);
    TestCreation();
    TestStacks();
    TestCompletion();
    Early = CreateDevice(L"\\Device\\DeviceEarly", FALSE, NULL);
    STATUS(Open(L"\\Device\\DeviceEarly", &Handle), STATUS_NO_SUCH_DEVICE, "closed while DriverEntry runs");
    IoRegisterDriverReinitialization(DriverObject, AfterDriverEntry, &Driver);
}
