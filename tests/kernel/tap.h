/*
 * TAP from a driver: each check is a line of debug output, "ok 1 - what" or "not ok 1 - what"; tests/kernel.sh takes it from there.
 * A test driver defines `static VOID RunTests(PDRIVER_OBJECT, PUNICODE_STRING)`; DriverEntry runs it, prints the plan and stays loaded, or fails if a check did.
 */
#pragma once
#include <ntddk.h>

static ULONG TapCount, TapFailed;

#define ok(condition, ...)           TapCheck((condition) ? TRUE : FALSE, __FILE__, __LINE__, __VA_ARGS__)
#define is(value, expected, what)    TapCompare((ULONG64)(value), (ULONG64)(expected), __FILE__, __LINE__, what)
#define STATUS(call, expected, what) is((ULONG)(call), (ULONG)(expected), what)

static inline VOID TapCheck(BOOLEAN Passed, PCSTR File, int Line, PCSTR Format, ...) {
    va_list Arguments;
    DbgPrint("%s %u - ", Passed ? "ok" : "not ok", ++TapCount);
    va_start(Arguments, Format);
    vDbgPrintEx(DPFLTR_DEFAULT_ID, DPFLTR_ERROR_LEVEL, Format, Arguments);
    va_end(Arguments);
    DbgPrint("\n");
    if (!Passed) {
        TapFailed++;
        DbgPrint("# failed at %s:%d\n", File, Line);
    }
}

static inline VOID TapCompare(ULONG64 Value, ULONG64 Expected, PCSTR File, int Line, PCSTR What) {
    TapCheck(Value == Expected, File, Line, "%s: 0x%I64x, expected 0x%I64x", What, Value, Expected);
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath);
#ifndef TAP_OWN_UNLOAD
static VOID TapUnload(PDRIVER_OBJECT DriverObject) { UNREFERENCED_PARAMETER(DriverObject); }
#endif

DRIVER_INITIALIZE DriverEntry;
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
#ifndef TAP_OWN_UNLOAD
    DriverObject->DriverUnload = TapUnload;
#endif
    RunTests(DriverObject, RegistryPath);
#ifndef TAP_PLAN_LATER
    DbgPrint("1..%u\n", TapCount);
#endif
    return TapFailed == 0 ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}
