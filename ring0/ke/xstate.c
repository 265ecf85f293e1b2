/* The processor's extended state (AVX and what follows), for drivers that use it: XSAVE's area holds what the driver is going to change. */
#include "ke/ke.h"

#define XSTATE_TAG                      'SXeK'
#define XSTATE_ALIGNMENT                64u
#define LEGACY_MASK                     3ull /* x87 and SSE: FXSAVE's */
#define FXSAVE_SIZE                     512u
#define KI_INVALID_FLOATING_POINT_STATE 0xE7u

ULONG64 NTAPI RtlGetEnabledExtendedFeatures(ULONG64 FeatureMask);

static BOOLEAN KipHasXsave(VOID) {
    ULONG Eax = 1, Ebx, Ecx = 0, Edx;

    __asm__("cpuid" : "+a"(Eax), "=b"(Ebx), "+c"(Ecx), "=d"(Edx));
    return (Ecx >> 27 & 1) != 0; /* OSXSAVE */
}

/* XCR0: what the system below saves for us at a switch. */
ULONG64 NTAPI RtlGetEnabledExtendedFeatures(ULONG64 FeatureMask) {
    ULONG Low, High;

    if (!KipHasXsave())
        return FeatureMask & LEGACY_MASK;
    __asm__ volatile("xgetbv" : "=a"(Low), "=d"(High) : "c"(0));
    return FeatureMask & ((ULONG64)High << 32 | Low);
}

/* Bytes of an area that holds all that is enabled (CPUID leaf 0Dh). */
static ULONG KipAreaSize(VOID) {
    ULONG Eax = 0xD, Ebx, Ecx = 0, Edx;

    if (!KipHasXsave())
        return FXSAVE_SIZE;
    __asm__("cpuid" : "+a"(Eax), "=b"(Ebx), "+c"(Ecx), "=d"(Edx));
    return Ebx;
}

NTSTATUS NTAPI KeSaveExtendedProcessorState(ULONG64 Mask, PXSTATE_SAVE XStateSave) {
    ULONG Size = KipAreaSize();
    PUCHAR Buffer = ExAllocatePoolWithTag(NonPagedPoolNx, Size + XSTATE_ALIGNMENT, XSTATE_TAG);
    PVOID Area;

    if (Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Area = (PVOID)(((ULONG_PTR)Buffer + XSTATE_ALIGNMENT - 1) & ~(ULONG_PTR)(XSTATE_ALIGNMENT - 1));
    RtlZeroMemory(Area, Size);
    RtlZeroMemory(XStateSave, sizeof(*XStateSave));
    XStateSave->Thread = KiCurrentThread();
    XStateSave->Level = KiProcessor->Irql;
    XStateSave->XStateContext.Mask = RtlGetEnabledExtendedFeatures(Mask);
    XStateSave->XStateContext.Length = Size;
    XStateSave->XStateContext.Area = Area;
    XStateSave->XStateContext.Buffer = Buffer;
    if (KipHasXsave())
        __asm__ volatile("xsave64 (%0)"
                         :
                         : "r"(Area), "a"((ULONG)XStateSave->XStateContext.Mask), "d"((ULONG)(XStateSave->XStateContext.Mask >> 32))
                         : "memory");
    else
        __asm__ volatile("fxsave64 (%0)" : : "r"(Area) : "memory");
    return STATUS_SUCCESS;
}

/* Only by the thread that has saved, at the level at which it has. */
VOID NTAPI KeRestoreExtendedProcessorState(PXSTATE_SAVE XStateSave) {
    PVOID Area = XStateSave->XStateContext.Area;

    if (XStateSave->Thread != KiCurrentThread() || XStateSave->Level != KiProcessor->Irql)
        KiBugCheck(KI_INVALID_FLOATING_POINT_STATE, 1, XStateSave->Level, KiProcessor->Irql, 0, NULL,
                   "KeRestoreExtendedProcessorState is not called by the thread, or at the level, of KeSaveExtendedProcessorState");
    if (KipHasXsave())
        __asm__ volatile("xrstor64 (%0)"
                         :
                         : "r"(Area), "a"((ULONG)XStateSave->XStateContext.Mask), "d"((ULONG)(XStateSave->XStateContext.Mask >> 32))
                         : "memory");
    else
        __asm__ volatile("fxrstor64 (%0)" : : "r"(Area) : "memory");
    ExFreePoolWithTag(XStateSave->XStateContext.Buffer, XSTATE_TAG);
}
