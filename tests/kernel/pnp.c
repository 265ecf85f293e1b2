/* Plug and Play, interrupts and WMI on a machine that has no devices. */
#include <ntifs.h>
#include "tap.h"

#pragma clang diagnostic ignored "-Wunused-parameter"

static const GUID Class = {0x4D36E978, 0xE325, 0x11CE, {0xBF, 0xC1, 0x08, 0x00, 0x2B, 0xE1, 0x03, 0x18}};

static NTSTATUS NTAPI OnNews(PVOID Notification, PVOID Context) { return STATUS_SUCCESS; }
static BOOLEAN NTAPI OnInterrupt(PKINTERRUPT Interrupt, PVOID Context) { return FALSE; }
static NTSTATUS NTAPI OnDescription(PVOID Context, PUNICODE_STRING Path, INTERFACE_TYPE Bus, ULONG BusNumber, PKEY_VALUE_FULL_INFORMATION *BusInfo,
                                    CONFIGURATION_TYPE Controller, ULONG ControllerNumber, PKEY_VALUE_FULL_INFORMATION *ControllerInfo,
                                    CONFIGURATION_TYPE Peripheral, ULONG PeripheralNumber, PKEY_VALUE_FULL_INFORMATION *PeripheralInfo) {
    return STATUS_SUCCESS;
}

static VOID TestDevice(PDRIVER_OBJECT DriverObject) {
    PDEVICE_OBJECT Device;
    UNICODE_STRING Link;
    WCHAR Text[64];
    ULONG Length = 99;
    HANDLE Key;
    if (!NT_SUCCESS(IoCreateDevice(DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device))) {
        ok(FALSE, "a device");
        return;
    }
    STATUS(IoGetDeviceProperty(Device, DevicePropertyHardwareID, sizeof Text, Text, &Length), STATUS_INVALID_DEVICE_REQUEST,
           "no property without a PDO");
    is(Length, 0, "of no length");
    STATUS(IoGetDeviceProperty(Device, (DEVICE_REGISTRY_PROPERTY)999, sizeof Text, Text, &Length), STATUS_INVALID_PARAMETER_2, "no such property");
    STATUS(IoRegisterDeviceInterface(Device, &Class, NULL, &Link), STATUS_INVALID_DEVICE_REQUEST, "no interface");
    STATUS(IoOpenDeviceRegistryKey(Device, PLUGPLAY_REGKEY_DEVICE, KEY_READ, &Key), STATUS_INVALID_DEVICE_REQUEST, "no key");
    STATUS(IoReportTargetDeviceChangeAsynchronous(Device, Text, NULL, NULL), STATUS_INVALID_DEVICE_REQUEST, "no change");
    IoDeleteDevice(Device);
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNICODE_STRING Link = RTL_CONSTANT_STRING(L"\\??\\ROOT#NOTHING#0000#{4d36e978-e325-11ce-bfc1-08002be10318}");
    INTERFACE_TYPE Bus = Isa;
    PWSTR List = (PWSTR)1;
    PVOID Entry, Block = (PVOID)1;
    PKINTERRUPT Interrupt = (PKINTERRUPT)1;
    ULONG Size = 0;
    GUID Guid = Class;
    DEVPROPKEY Property = {Class, 2};

    TestDevice(DriverObject);
    STATUS(IoGetDeviceInterfaces(&Class, NULL, 0, &List), 0, "the interfaces of a class");
    is(List[0], 0, "are none");
    ExFreePool(List);
    STATUS(IoSetDeviceInterfaceState(&Link, TRUE), STATUS_OBJECT_NAME_NOT_FOUND, "an interface that nobody registered");
    STATUS(IoSetDeviceInterfacePropertyData(&Link, &Property, 0, 0, 0, 0, NULL), STATUS_OBJECT_NAME_NOT_FOUND, "has no properties");
    STATUS(IoRegisterPlugPlayNotification(EventCategoryDeviceInterfaceChange, 0, &Guid, DriverObject, OnNews, NULL, &Entry), 0, "news of interfaces");
    STATUS(IoUnregisterPlugPlayNotification(Entry), 0, "and no more");
    STATUS(IoRegisterPlugPlayNotification(EventCategoryHardwareProfileChange, 0, NULL, DriverObject, OnNews, NULL, &Entry), 0, "news of profiles");
    STATUS(IoUnregisterPlugPlayNotificationEx(Entry), 0, "and no more");
    STATUS(IoRegisterPlugPlayNotification(EventCategoryReserved, 0, NULL, DriverObject, OnNews, NULL, &Entry), STATUS_INVALID_PARAMETER,
           "news of what?");
    STATUS(IoQueryDeviceDescription(&Bus, NULL, NULL, NULL, NULL, NULL, OnDescription, NULL), STATUS_OBJECT_NAME_NOT_FOUND,
           "no ISA device is described");
    STATUS(IoConnectInterrupt(&Interrupt, OnInterrupt, NULL, NULL, 0x73, 7, 8, LevelSensitive, TRUE, 1, FALSE), STATUS_INVALID_PARAMETER,
           "a vector that no device has");
    ok(Interrupt == NULL, "gives no interrupt object");
    STATUS(IoWMIOpenBlock(&Guid, 1, &Block), 0xC0000295 /* STATUS_WMI_GUID_NOT_FOUND */, "a WMI data block");
    ok(Block == NULL, "is not there");
    STATUS(IoWMIQueryAllData(DriverObject, &Size, NULL), STATUS_OBJECT_TYPE_MISMATCH, "and nothing else is one");
    STATUS(IoWMIQuerySingleInstance(DriverObject, &Link, &Size, NULL), STATUS_OBJECT_TYPE_MISMATCH, "for one instance");
    STATUS(IoWMISetSingleInstance(DriverObject, &Link, 1, 0, NULL), STATUS_OBJECT_TYPE_MISMATCH, "nor to be set");
}
