/* Unique identifiers and the previous mode. */
#include "ex/ex.h"
#include "se/sep.h"

/* Time-based, as RFC 4122 describes version 1. Clock sequence and node come from the seed: the same run makes the same identifiers. */
NTSTATUS NTAPI ExUuidCreate(UUID *Uuid) {
    static ULONG64 Last;
    ULONG64 Time = KiMachine->boot_wall_time + KiQueryUpTime(), Node = (KiMachine->seed * 0x9E3779B97F4A7C15ull) >> 8;

    Time = Time > Last ? Time : Last + 1;
    Last = Time;
    Time += 0x146BF33E42C000ull; /* from 1582-10-15 to 1601-01-01 in 100 ns */
    Uuid->Data1 = (ULONG)Time;
    Uuid->Data2 = (USHORT)(Time >> 32);
    Uuid->Data3 = (USHORT)((Time >> 48) & 0x0FFF) | 0x1000;
    Uuid->Data4[0] = 0x80;
    Uuid->Data4[1] = 0;
    for (ULONG Index = 0; Index < 6; Index++)
        Uuid->Data4[2 + Index] = (UCHAR)(Node >> (Index * 8));
    Uuid->Data4[2] |= 1; /* multicast: no network card's address */
    return STATUS_SUCCESS;
}

KPROCESSOR_MODE NTAPI ExGetPreviousMode(VOID) { return KiPreviousMode(); }

BOOLEAN NTAPI ExIsProcessorFeaturePresent(ULONG ProcessorFeature) {
    return ProcessorFeature < PROCESSOR_FEATURE_MAX && KiSharedData->ProcessorFeatures[ProcessorFeature];
}

NTSTATUS NTAPI NtAllocateLocallyUniqueId(PLUID Luid);
NTSTATUS NTAPI NtAllocateLocallyUniqueId(PLUID Luid) {
    LUID New = SepNewLuid();
    return KiCopyOut(Luid, &New, sizeof(New));
}

/* A workstation for one user: of the suites it has what Windows 10 Pro has. */
BOOLEAN NTAPI ExVerifySuite(SUITE_TYPE SuiteType) { return SuiteType == SingleUserTS; }
