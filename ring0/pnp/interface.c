/* Device interfaces. */
#include "pnp/pnp.h"

#define PNP_TAG ' pnP'

NTSTATUS NTAPI IoRegisterDeviceInterface(PDEVICE_OBJECT PhysicalDeviceObject, const GUID *InterfaceClassGuid, PUNICODE_STRING ReferenceString,
                                         PUNICODE_STRING SymbolicLinkName) {
    return STATUS_INVALID_DEVICE_REQUEST;
}

/* No name is that of a registered interface. */
NTSTATUS NTAPI IoSetDeviceInterfaceState(PUNICODE_STRING SymbolicLinkName, BOOLEAN Enable) { return STATUS_OBJECT_NAME_NOT_FOUND; }

NTSTATUS NTAPI IoSetDeviceInterfacePropertyData(PUNICODE_STRING SymbolicLinkName, const DEVPROPKEY *PropertyKey, LCID Lcid, ULONG Flags, ULONG Type,
                                                ULONG Size, PVOID Data) {
    return STATUS_OBJECT_NAME_NOT_FOUND;
}

/* An empty list is the zero that ends it. */
NTSTATUS NTAPI IoGetDeviceInterfaces(const GUID *InterfaceClassGuid, PDEVICE_OBJECT PhysicalDeviceObject, ULONG Flags, PWSTR *SymbolicLinkList) {
    *SymbolicLinkList = NULL;
    if (PhysicalDeviceObject != NULL)
        return STATUS_INVALID_DEVICE_REQUEST;
    PWSTR list = ExAllocatePoolWithTag(PagedPool, sizeof(WCHAR), PNP_TAG);
    if (list == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    *list = L'\0';
    *SymbolicLinkList = list;
    return STATUS_SUCCESS;
}
