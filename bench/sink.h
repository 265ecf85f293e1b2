/* What ops.exe asks sink.sys to do. Its devices: \\.\SinkBuffered, \\.\SinkDirect, \\.\SinkNeither. */
#pragma once

/* Echoes its input. */
#define IOCTL_SINK_ECHO CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
/* Input: how many times (ULONG); what, inside the kernel, for which user mode has no call: */
#define IOCTL_SINK_POOL                                                                                                                              \
    CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS) /* ExAllocatePoolWithTag of 64 bytes, ExFreePoolWithTag */
#define IOCTL_SINK_LOCK  CTL_CODE(FILE_DEVICE_UNKNOWN, 0x802, METHOD_BUFFERED, FILE_ANY_ACCESS) /* KeAcquireSpinLock, KeReleaseSpinLock */
#define IOCTL_SINK_EVENT CTL_CODE(FILE_DEVICE_UNKNOWN, 0x803, METHOD_BUFFERED, FILE_ANY_ACCESS) /* KeSetEvent, KeWaitForSingleObject */
#define IOCTL_SINK_IRP   CTL_CODE(FILE_DEVICE_UNKNOWN, 0x804, METHOD_BUFFERED, FILE_ANY_ACCESS) /* IoAllocateIrp, IoCallDriver to itself, IoFreeIrp */
