/* DbgPrint and its kin. */
#include "kd/kdp.h"
#include "rtl/rtl.h"

#define MAX_PRINT     512
#define MAX_CALLBACKS 8

static PDEBUG_PRINT_CALLBACK KdpCallbacks[MAX_CALLBACKS];

static VOID KdpCallBack(const WCHAR *Text, SIZE_T Count, ULONG Component, ULONG Level) {
    CHAR Narrow[MAX_PRINT];
    STRING Output = {(USHORT)Count, MAX_PRINT, Narrow};
    BOOLEAN Any = FALSE;
    for (ULONG i = 0; i < MAX_CALLBACKS; i++) {
        Any |= KdpCallbacks[i] != NULL;
    }
    if (!Any) {
        return;
    }
    for (SIZE_T i = 0; i < Count; i++) {
        Narrow[i] = RtlpUnicodeToAnsiChar(Text[i]);
    }
    for (ULONG i = 0; i < MAX_CALLBACKS; i++) {
        PDEBUG_PRINT_CALLBACK Callback = KdpCallbacks[i];
        if (Callback) {
            Callback(&Output, Component == KDP_ALWAYS ? DPFLTR_DEFAULT_ID : Component, Level);
        }
    }
}

/* Everything is formatted before anything is kept: an argument that cannot be read raises its exception in the caller, and no half line stays
   behind. */
ULONG KdpVPrint(PCSTR Prefix, ULONG Component, ULONG Level, PCSTR Format, va_list Arguments) {
    WCHAR Text[MAX_PRINT];
    SIZE_T Count = 0;
    if (!KdpIsEnabled(Component, Level)) {
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
    KdpPutText(Text, Count);
    KdpCallBack(Text, Count, Component, Level);
    return STATUS_SUCCESS;
}

ULONG __cdecl DbgPrint(PCSTR Format, ...) {
    va_list Arguments;
    va_start(Arguments, Format);
    ULONG Status = KdpVPrint(NULL, KDP_ALWAYS, DPFLTR_INFO_LEVEL, Format, Arguments);
    va_end(Arguments);
    return Status;
}

ULONG __cdecl DbgPrintReturnControlC(PCCH Format, ...) {
    va_list Arguments;
    va_start(Arguments, Format);
    ULONG Status = KdpVPrint(NULL, KDP_ALWAYS, DPFLTR_INFO_LEVEL, Format, Arguments);
    va_end(Arguments);
    return Status;
}

ULONG __cdecl DbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format, ...) {
    va_list Arguments;
    va_start(Arguments, Format);
    ULONG Status = vDbgPrintEx(ComponentId, Level, Format, Arguments);
    va_end(Arguments);
    return Status;
}

ULONG NTAPI vDbgPrintEx(ULONG ComponentId, ULONG Level, PCCH Format, va_list ap) {
    return vDbgPrintExWithPrefix(NULL, ComponentId, Level, Format, ap);
}

ULONG NTAPI vDbgPrintExWithPrefix(PCCH Prefix, ULONG ComponentId, ULONG Level, PCCH Format, va_list ap) {
    /* ~0 is not a component that a caller may name. */
    return KdpVPrint(Prefix, ComponentId == KDP_ALWAYS ? DPFLTR_DEFAULT_ID : ComponentId, Level, Format, ap);
}

NTSTATUS NTAPI DbgSetDebugPrintCallback(PDEBUG_PRINT_CALLBACK DebugPrintCallback, BOOLEAN Enable) {
    for (ULONG i = 0; i < MAX_CALLBACKS; i++) {
        if (KdpCallbacks[i] == (Enable ? NULL : DebugPrintCallback)) {
            KdpCallbacks[i] = Enable ? DebugPrintCallback : NULL;
            return STATUS_SUCCESS;
        }
    }
    return Enable ? STATUS_INSUFFICIENT_RESOURCES : STATUS_NOT_FOUND;
}
