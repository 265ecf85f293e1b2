/* DbgPrint and its kin. */
#include "kd/kdp.h"
#include "ke/ke.h"
#include "rtl/rtl.h"

#define MAX_PRINT     512
#define MAX_CALLBACKS 8

/* The address that the function which uses this returns to: in the image that called. */
#define CALLER() ((ULONG64)(ULONG_PTR)__builtin_return_address(0))

static PDEBUG_PRINT_CALLBACK KdpCallbacks[MAX_CALLBACKS];

static VOID KdpCallBack(const WCHAR *Text, SIZE_T Count, ULONG Component, ULONG Level) {
    CHAR Narrow[MAX_PRINT];
    STRING Output = {(USHORT)Count, MAX_PRINT, Narrow};
    BOOLEAN Any = FALSE;
    for (ULONG I = 0; I < MAX_CALLBACKS; I++) {
        Any |= KdpCallbacks[I] != NULL;
    }
    if (!Any) {
        return;
    }
    for (SIZE_T I = 0; I < Count; I++) {
        Narrow[I] = RtlpUnicodeToAnsiChar(Text[I]);
    }
    for (ULONG I = 0; I < MAX_CALLBACKS; I++) {
        PDEBUG_PRINT_CALLBACK Callback = KdpCallbacks[I];
        if (Callback) {
            Callback(&Output, Component == KDP_PLAIN ? DPFLTR_DEFAULT_ID : Component, Level);
        }
    }
}

/* The dispatcher behind every form: at most 512 characters a call, prefix included; what is longer ends in a newline there. Everything is formatted
   before anything is kept: an argument that cannot be read raises its exception in the caller, and no half line stays behind. */
static ULONG KdpVPrint(const KDP_ORIGIN *Origin, PCSTR Prefix, PCSTR Format, va_list Arguments) {
    WCHAR Text[MAX_PRINT];
    SIZE_T Count = 0;
    if (!KdpIsEnabled(Origin->Component == KDP_PLAIN ? DPFLTR_DEFAULT_ID : Origin->Component, Origin->Level)) {
        return STATUS_SUCCESS;
    }
    for (; Prefix && Prefix[Count] && Count < MAX_PRINT; Count++) {
        Text[Count] = RtlpAnsiToUnicodeChar(Prefix[Count]);
    }
    Count += KdpFormatLine(Text + Count, MAX_PRINT - Count, Format, Arguments);
    if (Count > MAX_PRINT) {
        Count = MAX_PRINT;
        Text[MAX_PRINT - 1] = '\n';
    }
    KdpPutText(Origin, Text, Count);
    KdpCallBack(Text, Count, Origin->Component, Origin->Level);
    return STATUS_SUCCESS;
}

/* ~0 is no component that a driver may name. */
static ULONG KdpNamedComponent(ULONG ComponentId) { return ComponentId == KDP_PLAIN ? DPFLTR_DEFAULT_ID : ComponentId; }

ULONG __cdecl DbgPrint(PCSTR Format, ...) {
    KDP_ORIGIN Origin = {KDP_PLAIN, DPFLTR_INFO_LEVEL, CALLER(), NULL};
    va_list Arguments;
    va_start(Arguments, Format);
    ULONG Status = KdpVPrint(&Origin, NULL, Format, Arguments);
    va_end(Arguments);
    return Status;
}

/* Nobody is there to press Ctrl+C. */
ULONG __cdecl DbgPrintReturnControlC(PCCH Format, ...) {
    KDP_ORIGIN Origin = {KDP_PLAIN, DPFLTR_INFO_LEVEL, CALLER(), NULL};
    va_list Arguments;
    va_start(Arguments, Format);
    ULONG Status = KdpVPrint(&Origin, NULL, Format, Arguments);
    va_end(Arguments);
    return Status;
}

ULONG __cdecl DbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format, ...) {
    KDP_ORIGIN Origin = {KdpNamedComponent(ComponentId), Level, CALLER(), NULL};
    va_list Arguments;
    va_start(Arguments, Format);
    ULONG Status = KdpVPrint(&Origin, NULL, Format, Arguments);
    va_end(Arguments);
    return Status;
}

ULONG NTAPI vDbgPrintEx(ULONG ComponentId, ULONG Level, PCCH Format, va_list ap) {
    KDP_ORIGIN Origin = {KdpNamedComponent(ComponentId), Level, CALLER(), NULL};
    return KdpVPrint(&Origin, NULL, Format, ap);
}

ULONG NTAPI vDbgPrintExWithPrefix(PCCH Prefix, ULONG ComponentId, ULONG Level, PCCH Format, va_list ap) {
    KDP_ORIGIN Origin = {KdpNamedComponent(ComponentId), Level, CALLER(), NULL};
    return KdpVPrint(&Origin, Prefix, Format, ap);
}

NTSTATUS KdPrintFromProgram(PCCH Text, USHORT Length, ULONG Component, ULONG Level) {
    KDP_ORIGIN Origin = {Component, Component == KDP_PLAIN ? DPFLTR_INFO_LEVEL : Level, KDP_PROGRAM, NULL};
    WCHAR Wide[MAX_PRINT];
    SIZE_T Count = 0;
    if (Component != KDP_PLAIN && !KdpIsEnabled(Component, Level)) {
        return STATUS_SUCCESS;
    }
    for (; Count < Length && Count < MAX_PRINT && Text[Count]; Count++) {
        Wide[Count] = RtlpAnsiToUnicodeChar(Text[Count]);
    }
    KdpPutText(&Origin, Wide, Count);
    KdpCallBack(Wide, Count, Component, Origin.Level);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI DbgSetDebugPrintCallback(PDEBUG_PRINT_CALLBACK DebugPrintCallback, BOOLEAN Enable) {
    for (ULONG I = 0; I < MAX_CALLBACKS; I++) {
        if (KdpCallbacks[I] == (Enable ? NULL : DebugPrintCallback)) {
            KdpCallbacks[I] = Enable ? DebugPrintCallback : NULL;
            return STATUS_SUCCESS;
        }
    }
    return Enable ? STATUS_INSUFFICIENT_RESOURCES : STATUS_NOT_FOUND;
}
