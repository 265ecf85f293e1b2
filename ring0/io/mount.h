/* Registered file systems, and the volumes that they mount. PASSIVE_LEVEL. */
#pragma once
#include "io/io.h"

/* What is on Device, which has a VPB, is mounted if it is not yet: whoever knows it does it, or, if AllowRaw, the RAW file system. STATUS_ACCESS_DENIED: it
   is locked. STATUS_UNRECOGNIZED_VOLUME: nobody knows it; else what the file system gave. */
NTSTATUS IopMountVolume(PDEVICE_OBJECT Device, BOOLEAN AllowRaw);
/* The same with Device->DeviceLock held. */
NTSTATUS IopMountLocked(PDEVICE_OBJECT Device, BOOLEAN AllowRaw);
/* Sends Minor to System's stack; Vpb and Device are the parameters of a mount or verification. */
NTSTATUS IopAskFileSystem(PDEVICE_OBJECT System, UCHAR Minor, PDEVICE_OBJECT Device, PVPB Vpb);
/* A VPB that no file object refers to: a RAW volume is dismounted, and what its device has given up is freed. One that has references is left alone. */
VOID IopDropVpb(PVPB Vpb);
/* A file object lets go of its volume, if it has one. */
VOID IopReleaseVolume(PFILE_OBJECT File);
/* A VPB for Device, not mounted; NULL: no memory. device.c. */
PVPB IopCreateVpb(PDEVICE_OBJECT Device);
/* Calls Routine for each file system that is registered. */
VOID IopTellFileSystems(PDRIVER_FS_NOTIFICATION Routine);
/* A file system has registered, or gone: everybody of IoRegisterFsRegistrationChange learns. volume.c. */
VOID IopNotifyFileSystem(PDEVICE_OBJECT System, BOOLEAN Active);

/* ---- The RAW file system: raw.c ---- */
/* The control device for volumes on devices of a type. It stands behind all that are registered, and is not told of with them. */
PDEVICE_OBJECT IopRawSystem(DEVICE_TYPE Type);
