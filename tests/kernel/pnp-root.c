/* A driver that reports its own device, and properties by DEVPROPKEY, of that device and of its interface. */
#define TAP_OWN_UNLOAD
#define TAP_PLAN_LATER
#include "tap.h"

#pragma clang diagnostic ignored "-Wunused-parameter"

#define STRING 0x12u
#define UINT32 0x07u

static const GUID Class = {0x6A2D1B90, 0x51F3, 0x4C77, {0x9B, 0x1D, 0x3C, 0x55, 0x0E, 0x7A, 0x24, 0x91}};
static const DEVPROPKEY Own = {{0x6A2D1B91, 0x51F3, 0x4C77, {0x9B, 0x1D, 0x3C, 0x55, 0x0E, 0x7A, 0x24, 0x91}}, 7};
static const DEVPROPKEY HardwareIds = {{0xA45C254E, 0xDF1C, 0x4EFD, {0x80, 0x20, 0x67, 0xD1, 0x46, 0xA8, 0x50, 0xE0}}, 3};

static PDEVICE_OBJECT Lower;
static UNICODE_STRING Path;
static WCHAR PathText[128];
static ULONG Adds, Starts, Removes;

static VOID CheckProperties(PDEVICE_OBJECT Pdo) {
    WCHAR Text[64] = {0};
    ULONG Size = 99, Number = 42;
    DEVPROPTYPE Type = 0;
    STATUS(IoGetDevicePropertyData(Pdo, &HardwareIds, 0, 0, sizeof Text, Text, &Size, &Type), STATUS_SUCCESS, "a property that the manager knows");
    ok(_wcsicmp(Text, L"ROOT\\pnp-root") == 0 && Type == 0x2012, "the hardware IDs, a list of strings: %ws", Text);
    STATUS(IoGetDevicePropertyData(Pdo, &HardwareIds, 0, 0, 2, Text, &Size, &Type), STATUS_BUFFER_TOO_SMALL, "which a short buffer is too short for");
    is(Size, 15 * sizeof(WCHAR), "and how long it has to be");
    STATUS(IoSetDevicePropertyData(Pdo, &HardwareIds, 0, 0, STRING, 4, L"A"), STATUS_ACCESS_DENIED, "it cannot be set");
    STATUS(IoGetDevicePropertyData(Pdo, &Own, 0, 0, sizeof Number, &Number, &Size, &Type), STATUS_OBJECT_NAME_NOT_FOUND, "one that nobody has set");
    STATUS(IoSetDevicePropertyData(Pdo, &Own, 0, PLUGPLAY_PROPERTY_PERSISTENT, UINT32, sizeof Number, &Number), STATUS_SUCCESS, "is set");
    Number = 0;
    STATUS(IoGetDevicePropertyData(Pdo, &Own, 0, 0, sizeof Number, &Number, &Size, &Type), STATUS_SUCCESS, "and there");
    ok(Number == 42 && Type == UINT32 && Size == sizeof Number, "with its value and type");
    STATUS(IoSetDevicePropertyData(Pdo, &Own, 0x407, 0, STRING, 10, L"Hase"), STATUS_SUCCESS, "a language has its own");
    STATUS(IoGetDevicePropertyData(Pdo, &Own, 0x407, 0, sizeof Text, Text, &Size, &Type), STATUS_SUCCESS, "which is asked for by it");
    ok(wcscmp(Text, L"Hase") == 0 && Type == STRING, "%ws", Text);
    STATUS(IoSetDevicePropertyData(Pdo, &Own, 0x800, 0, STRING, 10, L"Hase"), STATUS_INVALID_PARAMETER, "the system's default is no language");
    STATUS(IoSetDevicePropertyData(Pdo, &Own, 0, 0, UINT32, 0, NULL), STATUS_SUCCESS, "without data it is deleted");
    STATUS(IoGetDevicePropertyData(Pdo, &Own, 0, 0, sizeof Number, &Number, &Size, &Type), STATUS_OBJECT_NAME_NOT_FOUND, "and gone");
    STATUS(IoGetDevicePropertyData(Pdo, &Own, 0x407, 0, 2, Text, &Size, &Type), STATUS_BUFFER_TOO_SMALL, "the other is not");
    is(Size, 10, "its size");
}

static VOID CheckInterface(PDEVICE_OBJECT Pdo) {
    UNICODE_STRING Link;
    ULONG Size, Number = 17;
    DEVPROPTYPE Type = 0;
    STATUS(IoRegisterDeviceInterface(Pdo, &Class, NULL, &Link), STATUS_SUCCESS, "an interface");
    STATUS(IoGetDeviceInterfacePropertyData(&Link, &Own, 0, 0, sizeof Number, &Number, &Size, &Type), STATUS_OBJECT_NAME_NOT_FOUND,
           "has no property");
    STATUS(IoSetDeviceInterfacePropertyData(&Link, &Own, 0, 0, UINT32, sizeof Number, &Number), STATUS_SUCCESS, "until it is set");
    Number = 0;
    STATUS(IoGetDeviceInterfacePropertyData(&Link, &Own, 0, 0, sizeof Number, &Number, &Size, &Type), STATUS_SUCCESS, "then it has");
    ok(Number == 17 && Type == UINT32, "with its value and type");
    RtlFreeUnicodeString(&Link);
}

/* ---- The stack ---- */
static NTSTATUS NTAPI OnPnp(PDEVICE_OBJECT Device, PIRP Irp) {
    NTSTATUS Status;
    UCHAR Minor = IoGetCurrentIrpStackLocation(Irp)->MinorFunction;
    Starts += Minor == IRP_MN_START_DEVICE;
    if (Minor <= IRP_MN_CANCEL_STOP_DEVICE || Minor == IRP_MN_SURPRISE_REMOVAL)
        Irp->IoStatus.Status = STATUS_SUCCESS;
    IoSkipCurrentIrpStackLocation(Irp);
    Status = IoCallDriver(Lower, Irp);
    if (Minor == IRP_MN_REMOVE_DEVICE) {
        Removes++;
        IoDetachDevice(Lower);
        IoDeleteDevice(Device);
    }
    return Status;
}

static NTSTATUS NTAPI AddDevice(PDRIVER_OBJECT DriverObject, PDEVICE_OBJECT Pdo) {
    PDEVICE_OBJECT Device;
    IoCreateDevice(DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);
    Lower = IoAttachDeviceToDeviceStack(Device, Pdo);
    Device->Flags &= ~DO_DEVICE_INITIALIZING;
    Adds++;
    CheckProperties(Pdo);
    STATUS(ZwUnloadDriver(&Path), STATUS_INVALID_DEVICE_REQUEST, "a driver of Plug and Play is not for ZwUnloadDriver");
    CheckInterface(Pdo);
    return STATUS_SUCCESS;
}

static VOID TapUnload(PDRIVER_OBJECT DriverObject) {
    is(Adds, 1, "the driver got its device");
    is(Starts, 1, "which was started");
    is(Removes, 1, "and removed");
    DbgPrint("1..%u\n", TapCount);
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    RtlInitEmptyUnicodeString(&Path, PathText, sizeof PathText);
    RtlCopyUnicodeString(&Path, RegistryPath);
    DriverObject->DriverExtension->AddDevice = AddDevice;
    DriverObject->MajorFunction[IRP_MJ_PNP] = OnPnp;
    DriverObject->DriverUnload = TapUnload;
    STATUS(IoReportRootDevice(DriverObject), STATUS_SUCCESS, "a device is reported");
    STATUS(IoReportRootDevice(DriverObject), STATUS_SUCCESS, "and once more");
    is(Adds, 0, "it comes when DriverEntry has returned");
}
