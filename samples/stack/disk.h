/*
 * The lowest driver of the stack: it knows sectors and moves the head. PCI disks (1234:D105; docs/devices.md has their registers) are found on bus 0 and
 * become \Device\StackDisk0, 1, ... disk.c moves sectors, storage.c answers what programs ask of a disk.
 */
#pragma once
#include <ntddk.h>
#include <ntdddisk.h>

#define SECTOR       512u
#define MAX_TRANSFER 0x80000u
#define MOST_DISKS   8u

typedef struct _PIECE { /* as the disk reads it */
    ULONG64 Address;
    ULONG Size, Reserved;
} PIECE, *PPIECE;

typedef struct _DISK {
    PDEVICE_OBJECT Device;
    PUCHAR Registers;
    PKINTERRUPT Interrupt;
    PDMA_ADAPTER Adapter;
    PPIECE Table;
    PHYSICAL_ADDRESS TableAddress;
    ULONG Number, Sectors, CylinderSectors;
    BOOLEAN Removable; /* the medium */
    KDEVICE_QUEUE Queue;
    PIRP Current;
    PSCATTER_GATHER_LIST List;
    KDPC Dpc;
    ULONG Status; /* what the interrupt found */
} DISK, *PDISK;

BOOLEAN DiskIsIn(PDISK Disk); /* the medium; any IRQL */
/* Completes the IRP. PASSIVE_LEVEL to DISPATCH_LEVEL. */
NTSTATUS DiskControl(PDISK Disk, PIRP Irp);
