/* Registered file systems, and the volumes that they mount. PASSIVE_LEVEL. */
#pragma once
#include "io/io.h"

/* The first open of what is on Device, which has a VPB: whoever knows it mounts it. STATUS_UNRECOGNIZED_VOLUME: nobody does; else what the file system gave. */
NTSTATUS IopMountVolume(PDEVICE_OBJECT Device);
/* Calls Routine for each file system that is registered. */
VOID IopTellFileSystems(PDRIVER_FS_NOTIFICATION Routine);
/* A file system has registered, or gone: everybody of IoRegisterFsRegistrationChange learns. volume.c. */
VOID IopNotifyFileSystem(PDEVICE_OBJECT System, BOOLEAN Active);
