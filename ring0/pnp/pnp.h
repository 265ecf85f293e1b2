/*
 * Plug and Play on a machine without devices: no bus driver enumerates anything, so no device object is a physical device object (PDO), no device
 * interface is registered and none ever arrives. Functions about PDOs say so (STATUS_INVALID_DEVICE_REQUEST, as their pages give it); lists are empty;
 * a registration for news is kept and never called.
 */
#pragma once
#include "io/io.h"

#ifndef DEVPROPKEY_DEFINED
typedef struct _DEVPROPKEY DEVPROPKEY;
#endif
NTSTATUS NTAPI IoSetDeviceInterfacePropertyData(PUNICODE_STRING SymbolicLinkName, const DEVPROPKEY *PropertyKey, LCID Lcid, ULONG Flags, ULONG Type,
                                                ULONG Size, PVOID Data);
