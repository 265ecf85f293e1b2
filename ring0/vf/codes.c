/*
 * The codes for functions called at a wrong level ("Bug Check 0xC4: DRIVER_VERIFIER_DETECTED_VIOLATION", "Bug Check 0xC9", and the pages of the rules Irql... of DDI
 * compliance checking). Where a function has a code of the checks that every verified driver gets and one of a rule, it is the former.
 */
#include "vf/vfp.h"
#include "rtl/crt.h"

static const VFP_CODE VfpCodes[] = {
    {"KeReleaseSpinLock", 0, C4, 0x32, "i10", "spin lock"},
    {"ExAcquireFastMutex", 0, C4, 0x33, "i10", "fast mutex"},
    {"ExTryToAcquireFastMutex", 0, C4, 0x33, "i10", "fast mutex"},
    {"ExReleaseFastMutex", 0, C4, 0x34, "i10", "fast mutex"},
    {"KeReleaseQueuedSpinLock", 0, C4, 0x36, "i10", "number of the spin lock"},
    {"KeAcquireSpinLockAtDpcLevel", 0, C4, 0x40, "i10", "spin lock"},
    {"KeReleaseSpinLockFromDpcLevel", 0, C4, 0x41, "i10", "spin lock"},
    {"KeAcquireSpinLockRaiseToDpc", 0, C4, 0x42, "i10", "spin lock"},
    {"MmProbeAndLockPages", 0, C4, 0x70, "i12", "MDL"},
    {"MmProbeAndLockProcessPages", 3, C4, 0x71, "i12", "MDL"},
    {"MmMapIoSpace", 0, C4, 0x73, "i12", "physical address"},
    {"MmMapLockedPages", 3, C4, 0x74, "i12", "MDL"},
    {"MmMapLockedPages", 0, C4, 0x75, "i12", "MDL"},
    {"MmMapLockedPagesSpecifyCache", 3, C4, 0x76, "i12", "MDL"},
    {"MmMapLockedPagesSpecifyCache", 0, C4, 0x77, "i12", "MDL"},
    {"MmUnlockPages", 0, C4, 0x78, "i10", "MDL"},
    {"MmUnmapLockedPages", 3, C4, 0x79, "i12", "address"},
    {"MmUnmapLockedPages", 0, C4, 0x7A, "i12", "address"},
    {"MmUnmapIoSpace", 0, C4, 0x7B, "i12", "address"},
    {"MmAllocatePagesForMdl", 3, C4, 0x7E, "id0", ""},
    {"MmAllocatePagesForMdlEx", 3, C4, 0x7E, "id0", ""},
    {"MmFreePagesFromMdl", 3, C4, 0x7E, "id0", ""},
    {"KeSetEvent", 3, C4, 0x80, "i10", "event"},
    {"KeEnterCriticalRegion", 0, C4, 0x11A, "i00", ""},
    {"KeLeaveCriticalRegion", 0, C4, 0x11B, "i00", ""},
    {"IofCompleteRequest", 0, C9, 0x0E, "i10", "IRP"},
    {"IofCallDriver", 0, C9, 0x10, "i00", ""},
    {"PoCallDriver", 0, C9, 0x10, "i00", ""},
    /* IrqlApcLte */
    {"ObGetObjectSecurity", 0, C4, 0x20002, "t00", ""},
    {"ObReleaseObjectSecurity", 0, C4, 0x20002, "t00", ""},
    /* IrqlDispatch */
    {"IoStartNextPacket", 0, C4, 0x20003, "t00", ""},
    {"IoStartNextPacketByKey", 0, C4, 0x20003, "t00", ""},
    {"KeInsertDeviceQueue", 0, C4, 0x20003, "t00", ""},
    {"KeInsertByKeyDeviceQueue", 0, C4, 0x20003, "t00", ""},
    {"KeRemoveDeviceQueue", 0, C4, 0x20003, "t00", ""},
    {"KeRemoveByKeyDeviceQueue", 0, C4, 0x20003, "t00", ""},
    /* IrqlExApcLte2 */
    {"CmRegisterCallback", 0, C4, 0x20006, "t00", ""},
    {"CmRegisterCallbackEx", 0, C4, 0x20006, "t00", ""},
    {"CmUnRegisterCallback", 0, C4, 0x20006, "t00", ""},
    {"ExDeletePagedLookasideList", 0, C4, 0x20006, "t00", ""},
    {"ExInitializePagedLookasideList", 0, C4, 0x20006, "t00", ""},
    {"ExRegisterCallback", 0, C4, 0x20006, "t00", ""},
    {"ExUnregisterCallback", 0, C4, 0x20006, "t00", ""},
    {"ExSetTimerResolution", 0, C4, 0x20006, "t00", ""},
    {"ProbeForRead", 0, C4, 0x20006, "t00", ""},
    {"ProbeForWrite", 0, C4, 0x20006, "t00", ""},
    /* IrqlExApcLte3 */
    {"ExAcquireResourceExclusiveLite", 0, C4, 0x20007, "t00", ""},
    {"ExAcquireResourceSharedLite", 0, C4, 0x20007, "t00", ""},
    {"ExAcquireSharedStarveExclusive", 0, C4, 0x20007, "t00", ""},
    {"ExAcquireSharedWaitForExclusive", 0, C4, 0x20007, "t00", ""},
    {"ExConvertExclusiveToSharedLite", 0, C4, 0x20007, "t00", ""},
    {"ExDeleteResourceLite", 0, C4, 0x20007, "t00", ""},
    /* IrqlExPassive */
    {"ExCreateCallback", 0, C4, 0x20008, "t00", ""},
    {"ExUuidCreate", 0, C4, 0x20008, "t00", ""},
    /* IrqlIoApcLte */
    {"IoDeleteDevice", 0, C4, 0x20009, "t00", ""},
    /* IrqlIoPassive1 to 5 */
    {"IoAttachDevice", 0, C4, 0x2000A, "t00", ""},
    {"IoBuildDeviceIoControlRequest", 0, C4, 0x2000A, "t00", ""},
    {"IoCreateDevice", 0, C4, 0x2000A, "t00", ""},
    {"IoSetDeviceInterfaceState", 0, C4, 0x2000A, "t00", ""},
    {"IoCheckShareAccess", 0, C4, 0x2000B, "t00", ""},
    {"IoConnectInterrupt", 0, C4, 0x2000B, "t00", ""},
    {"IoDetachDevice", 0, C4, 0x2000C, "t00", ""},
    {"IoRegisterDeviceInterface", 0, C4, 0x2000C, "t00", ""},
    {"IoCreateSymbolicLink", 0, C4, 0x2000C, "t00", ""},
    {"IoCreateFile", 0, C4, 0x2000D, "t00", ""},
    {"IoCreateNotificationEvent", 0, C4, 0x2000D, "t00", ""},
    {"IoCreateSynchronizationEvent", 0, C4, 0x2000D, "t00", ""},
    {"IoCreateUnprotectedSymbolicLink", 0, C4, 0x2000D, "t00", ""},
    {"IoDeleteSymbolicLink", 0, C4, 0x2000D, "t00", ""},
    {"IoDisconnectInterrupt", 0, C4, 0x2000D, "t00", ""},
    {"IoGetConfigurationInformation", 0, C4, 0x2000E, "t00", ""},
    {"IoGetDeviceObjectPointer", 0, C4, 0x2000E, "t00", ""},
    {"IoGetDmaAdapter", 0, C4, 0x2000E, "t00", ""},
    {"IoGetFileObjectGenericMapping", 0, C4, 0x2000E, "t00", ""},
    {"IoInitializeTimer", 0, C4, 0x2000E, "t00", ""},
    {"IoRegisterDriverReinitialization", 0, C4, 0x2000E, "t00", ""},
    {"IoRegisterShutdownNotification", 0, C4, 0x2000E, "t00", ""},
    {"IoUnregisterShutdownNotification", 0, C4, 0x2000E, "t00", ""},
    {"IoRemoveShareAccess", 0, C4, 0x2000E, "t00", ""},
    {"IoSetShareAccess", 0, C4, 0x2000E, "t00", ""},
    {"IoUpdateShareAccess", 0, C4, 0x2000E, "t00", ""},
    {"IoIsWdmVersionAvailable", 0, C4, 0x2000E, "t00", ""},
    {"IoWMIRegistrationControl", 0, C4, 0x2000E, "t00", ""},
    /* IrqlKeApcLte1 and 2 */
    {"KeAcquireGuardedMutex", 0, C4, 0x2000F, "t00", ""},
    {"KeAcquireGuardedMutexUnsafe", 0, C4, 0x2000F, "t00", ""},
    {"KeDelayExecutionThread", 0, C4, 0x2000F, "t00", ""},
    {"KeReleaseGuardedMutex", 0, C4, 0x2000F, "t00", ""},
    {"KeReleaseGuardedMutexUnsafe", 0, C4, 0x2000F, "t00", ""},
    {"KeTryToAcquireGuardedMutex", 0, C4, 0x2000F, "t00", ""},
    {"KeEnterGuardedRegion", 0, C4, 0x20010, "t00", ""},
    {"KeLeaveGuardedRegion", 0, C4, 0x20010, "t00", ""},
    /* IrqlKeDispatchLte */
    {"KeCancelTimer", 0, C4, 0x20011, "t00", ""},
    {"KeClearEvent", 0, C4, 0x20011, "t00", ""},
    {"KeInitializeDeviceQueue", 0, C4, 0x20011, "t00", ""},
    {"KeInitializeSemaphore", 0, C4, 0x20011, "t00", ""},
    {"KeInitializeTimer", 0, C4, 0x20011, "t00", ""},
    {"KeInitializeTimerEx", 0, C4, 0x20011, "t00", ""},
    {"KePulseEvent", 0, C4, 0x20011, "t00", ""},
    {"KeReadStateEvent", 0, C4, 0x20011, "t00", ""},
    {"KeReadStateTimer", 0, C4, 0x20011, "t00", ""},
    {"KeReleaseMutex", 0, C4, 0x20011, "t00", ""},
    {"KeRemoveEntryDeviceQueue", 0, C4, 0x20011, "t00", ""},
    {"KeResetEvent", 0, C4, 0x20011, "t00", ""},
    {"KeSetTimer", 0, C4, 0x20011, "t00", ""},
    {"KeSetTimerEx", 0, C4, 0x20011, "t00", ""},
    /* IrqlKeSetEvent */
    {"KeSetEvent", 0, C4, 0x20016, "t00", ""},
    /* IrqlMmApcLte */
    {"MmAllocateNonCachedMemory", 0, C4, 0x20019, "t00", ""},
    {"MmFreeNonCachedMemory", 0, C4, 0x20019, "t00", ""},
    {"MmLockPagableDataSection", 0, C4, 0x20019, "t00", ""},
    {"MmLockPagableSectionByHandle", 0, C4, 0x20019, "t00", ""},
    {"MmPageEntireDriver", 0, C4, 0x20019, "t00", ""},
    {"MmResetDriverPaging", 0, C4, 0x20019, "t00", ""},
    {"MmSecureVirtualMemory", 0, C4, 0x20019, "t00", ""},
    {"MmUnlockPagableImageSection", 0, C4, 0x20019, "t00", ""},
    {"MmUnsecureVirtualMemory", 0, C4, 0x20019, "t00", ""},
    /* IrqlMmDispatch */
    {"MmFreeContiguousMemory", 0, C4, 0x2001A, "t00", ""},
    /* IrqlObPassive, IrqlPsPassive, IrqlRtlPassive, IrqlIoRtlZwPassive */
    {"ObReferenceObjectByHandle", 0, C4, 0x2001B, "t00", ""},
    {"PsCreateSystemThread", 0, C4, 0x2001C, "t00", ""},
    {"PsSetCreateProcessNotifyRoutine", 0, C4, 0x2001C, "t00", ""},
    {"PsSetCreateThreadNotifyRoutine", 0, C4, 0x2001C, "t00", ""},
    {"PsSetLoadImageNotifyRoutine", 0, C4, 0x2001C, "t00", ""},
    {"PsTerminateSystemThread", 0, C4, 0x2001C, "t00", ""},
    {"RtlDeleteRegistryValue", 0, C4, 0x2001E, "t00", ""},
    {"IoCreateFileEx", 0, C4, 0x20023, "t00", ""},
    {"IoOpenDeviceRegistryKey", 0, C4, 0x20023, "t00", ""},
    {"RtlCreateRegistryKey", 0, C4, 0x20023, "t00", ""},
    {"RtlWriteRegistryValue", 0, C4, 0x20023, "t00", ""},
};

/* For functions that none of the pages names. */
static const VFP_CODE VfpOther = {"", 0, C4, 0xE5, "i00", ""};

const VFP_CODE *VfpFindCode(PCSTR Name, KIRQL Irql) {
    for (ULONG I = 0; I < RTL_NUMBER_OF(VfpCodes); I++) {
        if (Irql >= VfpCodes[I].From && strcmp(VfpCodes[I].Name, Name) == 0)
            return &VfpCodes[I];
    }
    return &VfpOther;
}
