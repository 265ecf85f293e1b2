/*
 * Which debug output is shown. Each component has a mask of 32 levels; a Level below 32 is the number of a bit, one above is a mask itself. What
 * is enabled in the
 * component's mask or in the one for all components passes. As Windows starts: only errors (level 0), for all components; and,
 * as a machine with a debug output viewer is set up, all levels up to information (3) for DPFLTR_DEFAULT_ID, which is where DbgPrint prints.
 */
#include "kd/kdp.h"

#define COMPONENTS          160 /* DPFLTR_ENDOFTABLE_ID and room; what is above counts as DPFLTR_DEFAULT_ID */
#define ALL_COMPONENTS_MASK 0x1u
#define DEFAULT_MASK        0xFu

static ULONG KdpMasks[COMPONENTS] = {[DPFLTR_DEFAULT_ID] = DEFAULT_MASK};

static PULONG KdpMask(ULONG Component) { return &KdpMasks[Component < COMPONENTS ? Component : DPFLTR_DEFAULT_ID]; }

static ULONG KdpLevelBits(ULONG Level) { return Level < 32 ? 1u << Level : Level; }

BOOLEAN KdpIsEnabled(ULONG Component, ULONG Level) {
    return Component == KDP_ALWAYS || ((*KdpMask(Component) | ALL_COMPONENTS_MASK) & KdpLevelBits(Level)) != 0;
}

/* TRUE and FALSE as statuses, as documented for DbgQueryDebugFilterState. */
NTSTATUS NTAPI DbgQueryDebugFilterState(ULONG ComponentId, ULONG Level) { return KdpIsEnabled(ComponentId, Level) ? TRUE : FALSE; }

NTSTATUS NTAPI DbgSetDebugFilterState(ULONG ComponentId, ULONG Level, BOOLEAN State) {
    if (ComponentId >= COMPONENTS) {
        return STATUS_INVALID_PARAMETER_1;
    }
    if (State) {
        *KdpMask(ComponentId) |= KdpLevelBits(Level);
    } else {
        *KdpMask(ComponentId) &= ~KdpLevelBits(Level);
    }
    return STATUS_SUCCESS;
}
