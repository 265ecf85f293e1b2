/*
 * The Plug and Play manager: the tree of devices, the stacks of drivers on them, and what drivers are asked and told about them.
 *
 * A device is a node (pnp/node.h): a physical device object (PDO) that a bus driver has reported, the drivers on it, the resources it has got. The root's own
 * bus driver is part of the manager and reports the PCI bus, if anything is on it, and what Enum\ROOT lists. Everything is done by one thread, one thing after
 * the other (pnp/action.c), so that the tree has no locks.
 *
 * Which driver serves a device is said by the registry alone: the value Service of the device's Enum key, which a new device gets from
 * Control\CriticalDeviceDatabase\<ID, with # for \>, the way in which Windows binds a device to a driver before anybody can ask for an INF.
 */
#pragma once
#include "io/io.h"

/* After the inbox drivers: the root, the buses, and all that is on them. PASSIVE_LEVEL. */
VOID PnpInitSystem(VOID);

/* ---- For the monitor; PASSIVE_LEVEL, not in the manager's own thread --------------------------------------------------------------- */
/*
 * Binds a service to the devices of an ID: "PCI\VEN_1234&DEV_11E8", or "ROOT\NAME", which makes a device for software. Behind the ID, with a comma each:
 * "upper" or "lower" (the driver is a filter), "msi" (the device may interrupt by messages, as an INF says with MSISupported). STATUS_OBJECT_NAME_INVALID: Match is
 * nothing of that; STATUS_INSUFFICIENT_RESOURCES.
 */
NTSTATUS PnpBind(PCUNICODE_STRING Match, PCUNICODE_STRING Service);
/* Forgets what PnpBind has said of the service; its devices ROOT\NAME go. */
VOID PnpUnbind(PCUNICODE_STRING Service);
/* Starts what can be started, now that the service's driver is there; a started device that lacks the filter is started anew. */
VOID PnpDriverArrived(PCUNICODE_STRING Service);
/* Removes the device stacks that the service's driver is part of, and does not start them again before it is bound or arrives anew. STATUS_UNSUCCESSFUL: a driver or
   an open handle is against it, and everything is as it was. */
NTSTATUS PnpRemoveDriver(PCUNICODE_STRING Service);
/* The devices whose stack the service's driver is in; *Unserved: a hardware ID of one that has no driver, or "". */
ULONG PnpCountDevices(PCUNICODE_STRING Service, PWSTR Unserved, ULONG UnservedCount);

/* ---- For the I/O manager ----------------------------------------------------------------------------------------------------------- */
/* The last file object of a device that is being removed has gone (DOE_REMOVE_PENDING). */
VOID PnpHandlesClosed(VOID);
/* The device object lies on the PDO of a device: its driver is unloaded after the device is removed, and not before. */
BOOLEAN PnpIsInStack(PDEVICE_OBJECT Device);
/* Somebody's device has it. */
BOOLEAN PnpIsAssigned(const CM_PARTIAL_RESOURCE_DESCRIPTOR *Descriptor);
/* What a started device may interrupt by. */
typedef struct _PNP_INTERRUPT {
    ULONG Vector;
    KIRQL Irql;
    KINTERRUPT_MODE Mode;
    BOOLEAN Shared, IsMessage;
    KAFFINITY Affinity;
    ULONG Data; /* of a message */
    PHYSICAL_ADDRESS Address;
} PNP_INTERRUPT, *PPNP_INTERRUPT;
/* The interrupt of that index among the resources of the device. FALSE: it has no so many, is not started nor being started, or is no PDO. */
BOOLEAN PnpQueryInterrupt(PDEVICE_OBJECT Pdo, ULONG Index, PPNP_INTERRUPT Interrupt);

/* ---- Exported functions that the DDK headers leave out ------------------------------------------------------------------------------ */
NTSTATUS NTAPI IoSetDeviceInterfacePropertyData(PUNICODE_STRING SymbolicLinkName, const DEVPROPKEY *PropertyKey, LCID Lcid, ULONG Flags, ULONG Type,
                                                ULONG Size, PVOID Data);
NTSTATUS NTAPI IoGetDeviceInterfacePropertyData(PUNICODE_STRING SymbolicLinkName, const DEVPROPKEY *PropertyKey, LCID Lcid, ULONG Flags, ULONG Size,
                                                PVOID Data, PULONG RequiredSize, PULONG Type);
NTSTATUS NTAPI IoReportRootDevice(PDRIVER_OBJECT DriverObject);
NTSTATUS NTAPI IoSynchronousInvalidateDeviceRelations(PDEVICE_OBJECT DeviceObject, DEVICE_RELATION_TYPE Type);
