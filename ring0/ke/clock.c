/* Time: the machine's clock, the page that shares it with everybody, and the counters made from it. */
#include "hal/device.h"
#include "ke/ke.h"

/*
 * Virtual time stands still while code runs, but for a microsecond at each entry into the kernel, and jumps when everything waits. So
 * a loop that polls the clock ends, and a run does not depend on how fast it was. With --realtime the clock is the host's.
 */
#define PREEMPTION         200000u /* 20 ms: how long the host lets code run that never enters */
#define HOST_READ_INTERVAL 32u

ULONG64 KiNow = KI_BOOT_TIME; /* interrupt time */
ULONG64 KiDue;                /* when something has to be done: a tick, or a timer before it */
static ULONG64 KipNextTick;
static LONG64 KipBootTime;                    /* the system time of interrupt time 0; below 0 is before 1601 */
static ULONG KipInterval = KI_TIME_INCREMENT; /* between two of the times that programs read in KUSER_SHARED_DATA */
static ULONG64 KipHostStart;                  /* monotonic_ns at boot */
static ULONG KipEntries;

#define SHARED_BUILD_NUMBER         0x260 /* offsets of Windows 10's KUSER_SHARED_DATA that the DDK's declaration does not name */
#define SHARED_TEST_RET_INSTRUCTION 0x2F8
#define SHARED_QPC_FREQUENCY        0x300
#define SHARED_SYSTEM_CALL          0x308
_Static_assert(offsetof(KUSER_SHARED_DATA, NtProductType) == 0x264, "KUSER_SHARED_DATA.NtProductType");
_Static_assert(offsetof(KUSER_SHARED_DATA, TickCount) == 0x320, "KUSER_SHARED_DATA.TickCount");

/* Readers take High1Time, LowPart, High2Time until both highs agree. */
static VOID KipStoreTime(volatile KSYSTEM_TIME *Time, ULONG64 Value) {
    Time->High2Time = (LONG)(Value >> 32);
    Time->LowPart = (ULONG)Value;
    Time->High1Time = (LONG)(Value >> 32);
}

static ULONG64 KipHostTime(VOID) { return KI_BOOT_TIME + (HalOps->monotonic_ns() - KipHostStart) / 100; }

static VOID KipPublish(VOID) {
    KipStoreTime(&KiSharedData->InterruptTime, KiNow);
    KipStoreTime(&KiSharedData->SystemTime, KiQuerySystemTime());
    KipStoreTime(&KiSharedData->TickCount, KiNow / KI_TIME_INCREMENT);
}

static VOID KipPlan(VOID) {
    ULONG64 Timer = KiNextTimerDue(), Update = KiNow - KiNow % KipInterval + KipInterval;

    /* A timer that is due waits for DISPATCH_LEVEL; it need not be looked for again, and hides no device that is due later. */
    KiDue = min(KipNextTick, Update);
    if (Timer > KiNow && Timer < KiDue)
        KiDue = Timer;
    if (KiMachine->device_due > KiNow && KiMachine->device_due < KiDue)
        KiDue = KiMachine->device_due;
}

/* Every processor has its own clock interrupt, and they come together. */
static VOID KipTick(PKPROCESSOR Processor, ULONG64 Time) {
    PKTHREAD Thread = Processor->CurrentThread;

    if (Thread->PreviousMode == UserMode)
        Thread->UserTime += Time;
    else
        Thread->KernelTime += Time;
    KiChargeTick(Processor);
}

/* What a clock interrupt does: publishes the time, charges the threads, finds out whether timers are due. */
VOID KiClockInterrupt(VOID) {
    if (KiNow >= KipNextTick) {
        ULONG64 Ticks = (KiNow - KipNextTick) / KI_TIME_INCREMENT + 1;

        KipNextTick += Ticks * KI_TIME_INCREMENT;
        for (ULONG Number = 0; Number < KiMachine->cpus; Number++)
            KipTick(&KiProcessors[Number], Ticks * KI_TIME_INCREMENT);
    }
    KipPublish();
    if (KiMachine->device_due <= KiNow)
        HalpTickDevices(KiNow);
    if (KiNextTimerDue() <= KiNow)
        KiPending |= KI_PENDING_TIMERS;
    KipPlan();
    if (KiMachine->timeout_seconds != 0 && KiQueryUpTime() / 10000000 >= KiMachine->timeout_seconds)
        KiStop("the machine's time limit (--timeout) has passed; the threads above were still there");
}

static VOID KipMove(ULONG64 To) {
    if (To > KiNow)
        KiNow = To;
    if (KiNow >= KiDue)
        KiClockInterrupt();
}

VOID KiFollowHostClock(VOID) {
    if (++KipEntries % HOST_READ_INTERVAL == 0)
        KipMove(KipHostTime());
}

/* A question about the time takes time, too. */
static ULONG64 KipReadClock(VOID) {
    KipMove(KiMachine->realtime ? KipHostTime() : KiNow + KI_ENTRY_TIME);
    return KiNow;
}

VOID KiMoveClockTo(ULONG64 InterruptTime) { KipMove(KiMachine->realtime ? KipHostTime() : InterruptTime); }

VOID KiClockExpects(ULONG64 Due) {
    if (Due <= KiNow)
        KiPending |= KI_PENDING_TIMERS;
    else if (Due < KiDue)
        KiDue = Due;
}

VOID KiYield(VOID) {
    KipMove(KiMachine->realtime ? KipHostTime() : KiNow + PREEMPTION);
    KiDeliverPending(KiCurrentIrql());
    if (KiInterleaves)
        KiYieldProcessor();
}

ULONG64 KiQueryUpTime(VOID) { return KiNow - KI_BOOT_TIME; }

ULONG64 KiQuerySystemTime(VOID) { return KiNow + (ULONG64)KipBootTime; }

LONG64 KiQueryBootTime(VOID) { return KipBootTime; }

ULONG64 KiSetSystemTime(ULONG64 SystemTime) {
    ULONG64 Old = KiQuerySystemTime();

    KipBootTime = (LONG64)(SystemTime - KiNow);
    KipPublish();
    KiMoveAbsoluteTimers((LONG64)(SystemTime - Old));
    return Old;
}

VOID KiSetClockInterval(ULONG Interval) {
    KipInterval = Interval;
    KipPlan();
}

/* As a driver reads it: a clock interrupt may follow, and with it timers and the end of its turn. So code that polls the time lets others run. */
static ULONG64 KipReadClockAsDriver(VOID) {
    ULONG64 Now = KipReadClock();

    if (KiHasPending())
        KiDeliverPending(KiCurrentIrql());
    return Now;
}

ULONGLONG NTAPI KeQueryInterruptTime(VOID) { return KipReadClockAsDriver(); }

ULONGLONG NTAPI KeQueryUnbiasedInterruptTime(VOID) { return KipReadClockAsDriver(); }

ULONG64 NTAPI KeQueryInterruptTimePrecise(PULONG64 QpcTimeStamp) {
    ULONG64 Now = KipReadClockAsDriver();

    *QpcTimeStamp = Now;
    return Now;
}

VOID NTAPI KeQuerySystemTime(PLARGE_INTEGER CurrentTime) {
    KipReadClock();
    CurrentTime->QuadPart = (LONGLONG)KiQuerySystemTime();
}

VOID NTAPI KeQuerySystemTimePrecise(PLARGE_INTEGER CurrentTime) { KeQuerySystemTime(CurrentTime); }

VOID NTAPI KeQueryTickCount(PLARGE_INTEGER Count) { Count->QuadPart = (LONGLONG)(KipReadClockAsDriver() / KI_TIME_INCREMENT); }

ULONG NTAPI KeQueryTimeIncrement(VOID) { return KI_TIME_INCREMENT; }

/* The counter is the interrupt time: 10 MHz, as on today's machines. */
LARGE_INTEGER NTAPI KeQueryPerformanceCounter(PLARGE_INTEGER PerformanceFrequency) {
    if (PerformanceFrequency != NULL)
        PerformanceFrequency->QuadPart = KI_PERFORMANCE_FREQUENCY;
    return (LARGE_INTEGER){.QuadPart = (LONGLONG)KipReadClockAsDriver()};
}

/* The processor is busy for that long, and can be interrupted. */
VOID NTAPI KeStallExecutionProcessor(ULONG MicroSeconds) {
    ULONG64 End = KiNow + (ULONG64)MicroSeconds * 10;

    do {
        KipMove(KiMachine->realtime ? KipHostTime() : min(End, KiDue)); /* ticks, timers and devices come when they are due */
        if (KiHasPending())
            KiDeliverPending(KiCurrentIrql());
    } while (KiNow < End);
}

static VOID KipFillSharedData(VOID) {
    static const WCHAR Root[] = L"C:\\Windows";
    static const UCHAR Features[] = {PF_COMPARE_EXCHANGE_DOUBLE,
                                     PF_MMX_INSTRUCTIONS_AVAILABLE,
                                     PF_XMMI_INSTRUCTIONS_AVAILABLE,
                                     PF_RDTSC_INSTRUCTION_AVAILABLE,
                                     PF_PAE_ENABLED,
                                     PF_XMMI64_INSTRUCTIONS_AVAILABLE,
                                     PF_NX_ENABLED,
                                     PF_SSE3_INSTRUCTIONS_AVAILABLE,
                                     PF_COMPARE_EXCHANGE128,
                                     PF_COMPARE64_EXCHANGE128,
                                     23 /* PF_FASTFAIL_AVAILABLE */};
    PUCHAR Bytes = (PUCHAR)KiSharedData;

    KiSharedData->TickCountMultiplier = (ULONG)(((ULONG64)KI_TIME_INCREMENT << 24) / 10000); /* ticks to ms, 8.24 fixed point */
    KiSharedData->ImageNumberLow = KiSharedData->ImageNumberHigh = IMAGE_FILE_MACHINE_AMD64;
    RtlCopyMemory(KiSharedData->NtSystemRoot, Root, sizeof(Root));
    KiSharedData->LargePageMinimum = 0x200000;
    *(PULONG)(Bytes + SHARED_BUILD_NUMBER) = 19045;
    *(PULONG64)(Bytes + SHARED_QPC_FREQUENCY) = KI_PERFORMANCE_FREQUENCY;
    KiSharedData->NtProductType = NtProductWinNt;
    KiSharedData->ProductTypeIsValid = TRUE;
    KiSharedData->NtMajorVersion = 10;
    for (ULONG Index = 0; Index < sizeof(Features); Index++)
        KiSharedData->ProcessorFeatures[Features[Index]] = TRUE;
    KiSharedData->SuiteMask = 0x110; /* terminal services, single user */
    KiSharedData->NXSupportPolicy = NX_SUPPORT_POLICY_OPTIN;
    KiSharedData->ActiveConsoleId = 1;
    KiSharedData->NumberOfPhysicalPages = (ULONG)(KiMachine->ram_size / PAGE_SIZE);
    Bytes[SHARED_TEST_RET_INSTRUCTION] = 0xC3;
    *(PULONG)(Bytes + SHARED_SYSTEM_CALL) = 1; /* direct system call stubs then use int 2Eh, which can be served */
    KiSharedData->ActiveProcessorCount = KiMachine->cpus;
    KiSharedData->ActiveGroupCount = 1;
}

VOID KiInitializeClock(VOID) {
    if (KiMachine->realtime)
        KipHostStart = HalOps->monotonic_ns();
    KipBootTime = (LONG64)(KiMachine->boot_wall_time - KI_BOOT_TIME);
    KipNextTick = KI_BOOT_TIME + KI_TIME_INCREMENT;
    KipFillSharedData();
    KipPublish();
    KipPlan();
}
