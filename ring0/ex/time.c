/* The time as programs and drivers ask for it. The machine's time zone is UTC. */
#include "ex/ex.h"

VOID NTAPI ExSystemTimeToLocalTime(PLARGE_INTEGER SystemTime, PLARGE_INTEGER LocalTime) { *LocalTime = *SystemTime; }

VOID NTAPI ExLocalTimeToSystemTime(PLARGE_INTEGER LocalTime, PLARGE_INTEGER SystemTime) { *SystemTime = *LocalTime; }

NTSTATUS NTAPI NtQuerySystemTime(PLARGE_INTEGER SystemTime) {
    LARGE_INTEGER Now;

    KeQuerySystemTime(&Now);
    return KiCopyOut(SystemTime, &Now, sizeof(Now));
}

NTSTATUS NTAPI NtQueryPerformanceCounter(PLARGE_INTEGER PerformanceCounter, PLARGE_INTEGER PerformanceFrequency) {
    LARGE_INTEGER Frequency, Counter = KeQueryPerformanceCounter(&Frequency);
    NTSTATUS Status = KiCopyOut(PerformanceCounter, &Counter, sizeof(Counter));

    return NT_SUCCESS(Status) ? KiCopyOutOptional(PerformanceFrequency, &Frequency, sizeof(Frequency)) : Status;
}
