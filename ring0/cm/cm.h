/* The registry, in memory: key objects (type Key) below \Registry, values of every type. Names are case-insensitive. */
#pragma once
#include "nt/nt.h"

/* \REGISTRY\MACHINE\{HARDWARE,SAM,SECURITY,SOFTWARE,SYSTEM}, \REGISTRY\USER\{.DEFAULT,S-1-5-18}, ControlSet001 with Services, Control and Enum, and
   CurrentControlSet, a link to it. After ObInitSystem and SeInitSystem. */
VOID CmInitSystem(VOID);

/* Kernel-internal, on full paths; PASSIVE_LEVEL. */
NTSTATUS CmpSetValue(PCWSTR KeyPath, PCWSTR ValueName, ULONG Type, const VOID *Data, ULONG Size); /* makes the key and its parents */
/* *Size: in, room at Data; out, what the value needs. STATUS_OBJECT_NAME_NOT_FOUND, STATUS_BUFFER_TOO_SMALL. */
NTSTATUS CmpQueryValue(PCWSTR KeyPath, PCWSTR ValueName, ULONG *Type, VOID *Data, ULONG *Size);
NTSTATUS CmpMakeKey(PCWSTR KeyPath); /* the key and its parents, if they are not there */
