/* The registry, in memory: key objects (type Key) below \Registry, values of every type. Names are case-insensitive. */
#pragma once
#include "nt/nt.h"

/* \REGISTRY\MACHINE\{HARDWARE,SAM,SECURITY,SOFTWARE,SYSTEM}, \REGISTRY\USER\{.DEFAULT,S-1-5-18}, ControlSet001 with Services, Control and Enum, and
   CurrentControlSet, a link to it. After ObInitSystem and SeInitSystem. */
VOID CmInitSystem(VOID);
/* The machine has come up, with all the drivers that start by themselves: the control set it came up with is the last known good one. Does nothing in a
   machine that does not stay up. PASSIVE_LEVEL. */
VOID CmAcceptBoot(VOID);
/* A driver that the machine must have (ErrorControl severe or critical) did not start: with another last known good control set, it becomes the one that the
   next boot uses, and TRUE. FALSE: it is in use already, or there is none. */
BOOLEAN CmFallBack(VOID);
/* The machine ends in order: what has changed is written. PASSIVE_LEVEL. */
VOID CmShutdownSystem(VOID);
/* A routine of CmRegisterCallback(Ex) that lies in this memory, or NULL; and what would remove it. */
PVOID CmFindCallbackIn(const VOID *Start, SIZE_T Size, PCSTR *Remove);

/* Kernel-internal, on full paths; PASSIVE_LEVEL. */
NTSTATUS CmpSetValue(PCWSTR KeyPath, PCWSTR ValueName, ULONG Type, const VOID *Data, ULONG Size); /* makes the key and its parents */
/* *Size: in, room at Data; out, what the value needs. STATUS_OBJECT_NAME_NOT_FOUND, STATUS_BUFFER_TOO_SMALL. */
NTSTATUS CmpQueryValue(PCWSTR KeyPath, PCWSTR ValueName, ULONG *Type, VOID *Data, ULONG *Size);
NTSTATUS CmpMakeKey(PCWSTR KeyPath); /* the key and its parents, if they are not there */
