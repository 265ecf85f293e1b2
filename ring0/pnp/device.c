/* What drivers ask of physical device objects, which no device object here is. */
#include "pnp/pnp.h"

static BOOLEAN PnpIsProperty(DEVICE_REGISTRY_PROPERTY Property) { return (ULONG)Property <= DevicePropertyContainerID; }

/* "Possibly indicates that the given DeviceObject was not a valid PDO" ("IoGetDeviceProperty"). */
NTSTATUS NTAPI IoGetDeviceProperty(PDEVICE_OBJECT DeviceObject, DEVICE_REGISTRY_PROPERTY DeviceProperty, ULONG BufferLength, PVOID PropertyBuffer,
                                   PULONG ResultLength) {
    *ResultLength = 0;
    return PnpIsProperty(DeviceProperty) ? STATUS_INVALID_DEVICE_REQUEST : STATUS_INVALID_PARAMETER_2;
}

NTSTATUS NTAPI IoOpenDeviceRegistryKey(PDEVICE_OBJECT DeviceObject, ULONG DevInstKeyType, ACCESS_MASK DesiredAccess, PHANDLE DevInstRegKey) {
    *DevInstRegKey = NULL;
    if (!(DevInstKeyType & (PLUGPLAY_REGKEY_DEVICE | PLUGPLAY_REGKEY_DRIVER)))
        return STATUS_INVALID_PARAMETER;
    return STATUS_INVALID_DEVICE_REQUEST;
}

NTSTATUS NTAPI IoReportTargetDeviceChangeAsynchronous(PDEVICE_OBJECT PhysicalDeviceObject, PVOID NotificationStructure,
                                                      PDEVICE_CHANGE_COMPLETE_CALLBACK Callback, PVOID Context) {
    return STATUS_INVALID_DEVICE_REQUEST;
}

/* The description of the hardware that the firmware leaves in \Registry\Machine\HARDWARE\DESCRIPTION names no bus and no controller. */
NTSTATUS NTAPI IoQueryDeviceDescription(PINTERFACE_TYPE BusType, PULONG BusNumber, PCONFIGURATION_TYPE ControllerType, PULONG ControllerNumber,
                                        PCONFIGURATION_TYPE PeripheralType, PULONG PeripheralNumber, PIO_QUERY_DEVICE_ROUTINE CalloutRoutine,
                                        PVOID Context) {
    return BusType == NULL ? STATUS_NOT_SUPPORTED : STATUS_OBJECT_NAME_NOT_FOUND;
}
