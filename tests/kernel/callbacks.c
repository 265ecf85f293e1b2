/* Callback objects, and the variables that say what this system is. */
#include "tap.h"

#pragma clang diagnostic ignored "-Wunused-parameter"

NTKERNELAPI VOID NTAPI ObMakeTemporaryObject(PVOID);
__declspec(dllimport) extern ULONG NtBuildNumber, InitSafeBootMode;

static ULONG Calls, Order[4];
static PVOID LastArgument;

static VOID NTAPI Called(PVOID Context, PVOID Argument1, PVOID Argument2) {
    if (Calls < RTL_NUMBER_OF(Order))
        Order[Calls] = (ULONG)(ULONG_PTR)Context;
    Calls++;
    LastArgument = Argument2;
}

static POBJECT_ATTRIBUTES Named(PCWSTR Name, ULONG Flags) {
    static OBJECT_ATTRIBUTES Attributes;
    static UNICODE_STRING String;
    RtlInitUnicodeString(&String, Name);
    InitializeObjectAttributes(&Attributes, &String, OBJ_CASE_INSENSITIVE | Flags, NULL, NULL);
    return &Attributes;
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    PCALLBACK_OBJECT Object, Same, Single, PowerState;
    PVOID First, Second;

    STATUS(ExCreateCallback(&Object, Named(L"\\Callback\\RingsideTest", 0), FALSE, TRUE), STATUS_OBJECT_NAME_NOT_FOUND, "one that is not there");
    STATUS(ExCreateCallback(&Object, Named(L"\\Callback\\RingsideTest", OBJ_PERMANENT), TRUE, TRUE), 0, "it is made");
    STATUS(ExCreateCallback(&Same, Named(L"\\Callback\\RingsideTest", 0), FALSE, TRUE), 0, "and found");
    ok(Same == Object, "the same one");
    ObDereferenceObject(Same);
    ExNotifyCallback(Object, NULL, NULL);
    is(Calls, 0, "nobody is registered");
    First = ExRegisterCallback(Object, Called, (PVOID)1);
    Second = ExRegisterCallback(Object, Called, (PVOID)2);
    ok(First && Second, "two register");
    ExNotifyCallback(Object, NULL, (PVOID)77);
    is(Calls, 2, "both are called");
    ok(Order[0] == 1 && Order[1] == 2, "first come, first called");
    is((ULONG_PTR)LastArgument, 77, "with the arguments");
    ExUnregisterCallback(First);
    ExNotifyCallback(Object, NULL, NULL);
    is(Calls, 3, "one is left");
    is(Order[2], 2, "the other");
    ExUnregisterCallback(Second);
    ObMakeTemporaryObject(Object);
    ObDereferenceObject(Object);
    STATUS(ExCreateCallback(&Object, Named(L"\\Callback\\RingsideTest", 0), FALSE, TRUE), STATUS_OBJECT_NAME_NOT_FOUND, "it is gone");

    STATUS(ExCreateCallback(&Single, NULL, TRUE, FALSE), STATUS_UNSUCCESSFUL, "none is without a name");
    STATUS(ExCreateCallback(&Single, Named(L"\\Callback\\RingsideSingle", 0), TRUE, FALSE), 0, "one for one only");
    First = ExRegisterCallback(Single, Called, NULL);
    ok(First && !ExRegisterCallback(Single, Called, NULL), "takes the first and refuses the second");
    ExUnregisterCallback(First);
    ObDereferenceObject(Single);
    STATUS(ExCreateCallback(&PowerState, Named(L"\\Callback\\PowerState", 0), FALSE, TRUE), 0, "the system's own PowerState");
    ObDereferenceObject(PowerState);

    is(NtBuildNumber, 0xF0004A65, "NtBuildNumber");
    is(InitSafeBootMode, 0, "InitSafeBootMode");
    is(Mm64BitPhysicalAddress, TRUE, "Mm64BitPhysicalAddress");
}
