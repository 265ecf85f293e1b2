/*
 * Which debug output is shown. Each component has a mask of 32 levels; a Level below 32 is the number of a bit, one above is a mask itself
 * ("Reading and Filtering Debugging Messages"). What is enabled in the component's mask or in WIN2000's, the one for all components, passes. Masks
 * begin as 0, WIN2000's as 1: errors (level 0). The registry's masks come on top (registry.c).
 */
#include "kd/kdp.h"
#include "ke/ke.h"
#include "rtl/rtl.h"
#include "se/se.h"

#define ALL_COMPONENTS_MASK 0x1u

/* Until the registry has been read, DbgPrint prints. */
static ULONG KdpMasks[KDP_COMPONENTS + 1] = {[DPFLTR_DEFAULT_ID] = KD_DEFAULT_MASK, [KDP_ALL_COMPONENTS] = ALL_COMPONENTS_MASK};
static ULONG KdpRegistryMasks[KDP_COMPONENTS + 1] = {[DPFLTR_DEFAULT_ID] = KD_DEFAULT_MASK, [KDP_ALL_COMPONENTS] = ALL_COMPONENTS_MASK};

static ULONG KdpLevelBits(ULONG Level) { return Level < 32 ? 1u << Level : Level; }

/* A number that is no component has no mask of its own. */
BOOLEAN KdpIsEnabled(ULONG Component, ULONG Level) {
    ULONG Mask = KdpMasks[KDP_ALL_COMPONENTS] | (Component < KDP_COMPONENTS ? KdpMasks[Component] : 0);
    return (Mask & KdpLevelBits(Level)) != 0;
}

VOID KdpSetRegistryMask(ULONG Component, BOOLEAN Found, ULONG Mask) {
    if (!Found) {
        Mask = Component == KDP_ALL_COMPONENTS ? ALL_COMPONENTS_MASK : 0;
    }
    if (Mask != KdpRegistryMasks[Component]) {
        KdpRegistryMasks[Component] = KdpMasks[Component] = Mask;
    }
}

/* TRUE and FALSE as statuses, as documented for DbgQueryDebugFilterState. */
NTSTATUS NTAPI DbgQueryDebugFilterState(ULONG ComponentId, ULONG Level) {
    if (ComponentId >= KDP_COMPONENTS) {
        return STATUS_INVALID_PARAMETER_1;
    }
    return KdpIsEnabled(ComponentId, Level) ? TRUE : FALSE;
}

NTSTATUS NTAPI DbgSetDebugFilterState(ULONG ComponentId, ULONG Level, BOOLEAN State) {
    if (ComponentId >= KDP_COMPONENTS) {
        return STATUS_INVALID_PARAMETER_1;
    }
    if (State) {
        KdpMasks[ComponentId] |= KdpLevelBits(Level);
    } else {
        KdpMasks[ComponentId] &= ~KdpLevelBits(Level);
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtQueryDebugFilterState(ULONG ComponentId, ULONG Level) { return DbgQueryDebugFilterState(ComponentId, Level); }

/* Masks are the whole machine's: a program needs SeDebugPrivilege. */
NTSTATUS NTAPI NtSetDebugFilterState(ULONG ComponentId, ULONG Level, BOOLEAN State) {
    KPROCESSOR_MODE Mode = KiPreviousMode();
    if (!SeSinglePrivilegeCheck(RtlConvertLongToLuid(SE_DEBUG_PRIVILEGE), Mode)) {
        return STATUS_ACCESS_DENIED;
    }
    return DbgSetDebugFilterState(ComponentId, Level, State);
}
