/*
 * The driver of the PCI bus: it reports the devices of bus 0, which have one function each, answers for their PDOs, and puts what they are assigned into their
 * configuration spaces. "PCI Local Bus Specification 3.0" is meant where a register is named.
 */
#pragma once
#include "hal/ddk.h"

#include <ntddk.h>

#define PCI_TAG     ' icP'
#define PCI_SLOTS   32u
#define PCI_BARS    6u
#define PCI_MSI_ID  5u
#define PCI_MSIX_ID 0x11u
#define PCI_UNKNOWN 0xFFFFu

typedef struct _PCI_DEVICE { /* extension of a PDO */
    BOOLEAN IsBus;           /* FALSE */
    PDEVICE_OBJECT Self;
    ULONG Slot; /* its number on the bus */
    PCI_COMMON_HEADER Header;
    ULONG BarSizes[PCI_BARS]; /* 0: no memory there */
    ULONG Bars[PCI_BARS];     /* as the firmware left them */
    UCHAR Msi;                /* where its capability for one message is; 0: it has none */
    UCHAR Msix;               /* where the one for a table of them is */
    ULONG Messages;           /* how many it can have, by either */
    volatile LONG References; /* to its interface */
} PCI_DEVICE, *PPCI_DEVICE;

typedef struct _PCI_BUS { /* extension of the bus's FDO */
    BOOLEAN IsBus;        /* TRUE */
    PDEVICE_OBJECT Self, Lower;
    PDEVICE_OBJECT Devices[PCI_SLOTS]; /* by slot; NULL: empty */
} PCI_BUS, *PPCI_BUS;

/* IRQL of all: PASSIVE_LEVEL, but for power IRPs and the bus interface, which allow DISPATCH_LEVEL. */
DRIVER_DISPATCH PciPnp, PciPower, PciSystemControl;
DRIVER_ADD_DEVICE PciAddDevice;
NTSTATUS PciBusPnp(PPCI_BUS Bus, PIRP Irp);
NTSTATUS PciDevicePnp(PPCI_DEVICE Device, PIRP Irp);
NTSTATUS PciComplete(PIRP Irp, NTSTATUS Status);

/* config.c */
VOID PciRead(ULONG Slot, ULONG Offset, PVOID Buffer, ULONG Length);
VOID PciWrite(ULONG Slot, ULONG Offset, const VOID *Buffer, ULONG Length);
/* Reads who is in the slot, and how long its memory is. FALSE: nobody. */
BOOLEAN PciProbe(ULONG Slot, PPCI_DEVICE Device);
/* Writes what was assigned, and switches memory and messages on; NULL: switches them off. */
VOID PciConfigure(PPCI_DEVICE Device, const CM_RESOURCE_LIST *Resources);

/* message.c */
VOID PciFindMessages(PPCI_DEVICE Device);
/* Writes the messages that are among what was assigned, and switches them on; NULL, or none: switches them off. Its memory is switched on. */
VOID PciSetMessages(PPCI_DEVICE Device, const CM_PARTIAL_RESOURCE_LIST *List);
/* How many the registry lets it have. */
ULONG PciPermittedMessages(PPCI_DEVICE Device);

/* describe.c: texts and lists in pool; NULL: no memory, or there is none */
PWSTR PciMakeId(PPCI_DEVICE Device, BUS_QUERY_ID_TYPE Type);
PWSTR PciMakeText(PPCI_DEVICE Device, DEVICE_TEXT_TYPE Type);
PCM_RESOURCE_LIST PciMakeResources(PPCI_DEVICE Device);
PIO_RESOURCE_REQUIREMENTS_LIST PciMakeRequirements(PPCI_DEVICE Device);

/* interface.c */
NTSTATUS PciQueryInterface(PPCI_DEVICE Device, PIO_STACK_LOCATION Stack, NTSTATUS Status);
ULONG PciAccess(PPCI_DEVICE Device, PVOID Buffer, ULONG Offset, ULONG Length, BOOLEAN Write);
