/* The time as programs and drivers ask for it. The machine's time zone is UTC. */
#include "ex/ex.h"

VOID NTAPI ExSystemTimeToLocalTime(PLARGE_INTEGER SystemTime, PLARGE_INTEGER LocalTime) { *LocalTime = *SystemTime; }

VOID NTAPI ExLocalTimeToSystemTime(PLARGE_INTEGER LocalTime, PLARGE_INTEGER SystemTime) { *SystemTime = *LocalTime; }

NTSTATUS NTAPI NtQuerySystemTime(PLARGE_INTEGER SystemTime) {
    LARGE_INTEGER Now;

    KeQuerySystemTime(&Now);
    return KiCopyOut(SystemTime, &Now, sizeof(Now));
}

/* From 1601 to the year 8907: docs/oracle.md. */
static BOOLEAN ExpIsTime(LARGE_INTEGER Time) { return Time.HighPart >= 0 && Time.HighPart <= 0x20000000; }

NTSTATUS NTAPI NtSetSystemTime(PLARGE_INTEGER SystemTime, PLARGE_INTEGER PreviousTime) {
    LARGE_INTEGER New, Old;
    NTSTATUS Status = KiCopyIn(&New, SystemTime, sizeof(New));

    if (!NT_SUCCESS(Status))
        return Status;
    if (!ExpIsTime(New))
        return STATUS_INVALID_PARAMETER;
    if (!SeSinglePrivilegeCheck(RtlConvertLongToLuid(SE_SYSTEMTIME_PRIVILEGE), KiPreviousMode()))
        return STATUS_PRIVILEGE_NOT_HELD;
    Old.QuadPart = (LONGLONG)KiQuerySystemTime();
    Status = KiCopyOutOptional(PreviousTime, &Old, sizeof(Old));
    if (!NT_SUCCESS(Status))
        return Status;
    KiSetSystemTime((ULONG64)New.QuadPart);
    KiDeliverPending(PASSIVE_LEVEL);
    ExNotifyCallback(ExpSetSystemTimeCallback, NULL, NULL);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtQueryPerformanceCounter(PLARGE_INTEGER PerformanceCounter, PLARGE_INTEGER PerformanceFrequency) {
    LARGE_INTEGER Frequency, Counter = KeQueryPerformanceCounter(&Frequency);
    NTSTATUS Status = KiCopyOut(PerformanceCounter, &Counter, sizeof(Counter));

    return NT_SUCCESS(Status) ? KiCopyOutOptional(PerformanceFrequency, &Frequency, sizeof(Frequency)) : Status;
}
