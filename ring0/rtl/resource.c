/*
 * Lengths of memory resources. From 4 GiB on a descriptor counts in units of 256 bytes, 64 KiB or 4 GiB, which its flags say ("RtlCmEncodeMemIoResource").
 */
#include "rtl/rtlp.h"

static const struct {
    USHORT Flag;
    UCHAR Shift;
} RtlpUnits[] = {{CM_RESOURCE_MEMORY_LARGE_40, 8}, {CM_RESOURCE_MEMORY_LARGE_48, 16}, {CM_RESOURCE_MEMORY_LARGE_64, 32}};

/* The unit in which Length is a number of 32 bits: NULL Shift for none. TRUE: there is one, and it holds Length exactly unless Round. */
static BOOLEAN RtlpFindUnit(ULONGLONG Length, BOOLEAN Round, ULONG *Unit) {
    for (*Unit = 0; *Unit < RTL_NUMBER_OF(RtlpUnits); ++*Unit) {
        ULONG Shift = RtlpUnits[*Unit].Shift;
        ULONGLONG Rest = Length & ((1ull << Shift) - 1);

        if ((Length >> Shift) + (Rest != 0) <= MAXULONG)
            return Rest == 0 || Round;
    }
    return FALSE;
}

NTSTATUS NTAPI RtlFindClosestEncodableLength(ULONGLONG SourceLength, PULONGLONG TargetLength) {
    ULONG Unit;

    *TargetLength = SourceLength;
    if (SourceLength <= MAXULONG)
        return STATUS_SUCCESS;
    if (!RtlpFindUnit(SourceLength, TRUE, &Unit))
        return STATUS_INVALID_PARAMETER;
    ULONG Shift = RtlpUnits[Unit].Shift;
    *TargetLength = (SourceLength + (1ull << Shift) - 1) >> Shift << Shift;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlCmEncodeMemIoResource(PCM_PARTIAL_RESOURCE_DESCRIPTOR Descriptor, UCHAR Type, ULONGLONG Length, ULONGLONG Start) {
    ULONG Unit;

    if (Type != CmResourceTypePort && Type != CmResourceTypeMemory && Type != CmResourceTypeMemoryLarge)
        return STATUS_INVALID_PARAMETER;
    if (Length <= MAXULONG) {
        if (Type == CmResourceTypeMemoryLarge)
            return STATUS_INVALID_PARAMETER;
        Descriptor->Type = Type;
        Descriptor->u.Generic.Length = (ULONG)Length;
    } else {
        if (Type == CmResourceTypePort || !RtlpFindUnit(Length, FALSE, &Unit))
            return STATUS_UNSUCCESSFUL;
        Descriptor->Type = CmResourceTypeMemoryLarge;
        Descriptor->Flags |= RtlpUnits[Unit].Flag;
        Descriptor->u.Generic.Length = (ULONG)(Length >> RtlpUnits[Unit].Shift);
    }
    Descriptor->u.Generic.Start.QuadPart = (LONGLONG)Start;
    return STATUS_SUCCESS;
}

/* The length; 0 for what is no memory and no port. */
ULONGLONG NTAPI RtlCmDecodeMemIoResource(PCM_PARTIAL_RESOURCE_DESCRIPTOR Descriptor, PULONGLONG Start) {
    if (Descriptor->Type != CmResourceTypePort && Descriptor->Type != CmResourceTypeMemory && Descriptor->Type != CmResourceTypeMemoryLarge)
        return 0;
    if (Start != NULL)
        *Start = (ULONGLONG)Descriptor->u.Generic.Start.QuadPart;
    for (ULONG Unit = 0; Descriptor->Type == CmResourceTypeMemoryLarge && Unit < RTL_NUMBER_OF(RtlpUnits); Unit++) {
        if (Descriptor->Flags & RtlpUnits[Unit].Flag)
            return (ULONGLONG)Descriptor->u.Generic.Length << RtlpUnits[Unit].Shift;
    }
    return Descriptor->u.Generic.Length;
}
