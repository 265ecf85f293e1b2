/* The driver's own: one device, and what its two sources do for each other. abacus.c has requests and the interrupt, plug.c Plug and Play and power. */
#pragma once
#include <ntddk.h>
#include "sums.h"

#define TAG 'cabA'

/* Registers of the device (docs/devices.md). */
#define NUMBER            0x08
#define STATUS            0x20
#define STATUS_INTERRUPTS 0x80
#define CAUSE             0x24
#define ACKNOWLEDGE       0x64

typedef struct _ABACUS {
    PDEVICE_OBJECT Self, Pdo, Lower;
    IO_REMOVE_LOCK RemoveLock; /* held by each IRP that is with us */
    UNICODE_STRING Interface;
    /* From START_DEVICE to STOP or REMOVE. */
    PUCHAR Registers;
    ULONG RegisterLength;
    IO_DISCONNECT_INTERRUPT_PARAMETERS Interrupt; /* what IoConnectInterruptEx has made; Version 0: nothing */
    KSPIN_LOCK Lock;                              /* of the next four, where they change */
    BOOLEAN Running;                              /* requests may be begun: started, in D0, not about to stop */
    BOOLEAN Gone;                                 /* removed, or broken: no request succeeds any more */
    BOOLEAN Broken;                               /* is what the device says of its state */
    PIRP Current;                                 /* what the device computes for */
    KEVENT Idle;                                  /* set while Current is NULL */
    IO_CSQ Queue;                                 /* those that wait for it */
    LIST_ENTRY List;
    KSPIN_LOCK QueueLock;
    LONG Opens; /* files that are open: without any the device sleeps */
} ABACUS, *PABACUS;

/* ---- abacus.c ---- */
VOID InitializeRequests(PABACUS Abacus);
KSERVICE_ROUTINE OnLine;
KMESSAGE_SERVICE_ROUTINE OnMessage;
NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information);
/* No request is begun after Hold, and none is under way; Go begins the next one. PASSIVE_LEVEL. */
VOID Hold(PABACUS Abacus);
VOID Go(PABACUS Abacus);
/* The device answers no more, and its interrupt is disconnected: every request fails, now and from now on. PASSIVE_LEVEL. */
VOID FailAll(PABACUS Abacus);

/* ---- plug.c ---- */
/* Asks for another power state; requests wait in the queue until it is D0. PASSIVE_LEVEL. */
VOID AskPower(PABACUS Abacus, DEVICE_POWER_STATE State);
DRIVER_ADD_DEVICE AddDevice;
DRIVER_DISPATCH OnPnp, OnPower, OnSystemControl;
