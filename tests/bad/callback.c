/* Is told of the bug check that it causes by calling a pure virtual function; what it deregistered is not called. */
#include <ntddk.h>

DECLSPEC_NORETURN VOID _purecall(VOID);
/* Zero, as KeInitializeCallbackRecord makes them. */
static KBUGCHECK_CALLBACK_RECORD Kept, Dropped;
static KBUGCHECK_REASON_CALLBACK_RECORD Reason;
static ULONG Told;

static VOID NTAPI OnBugCheck(PVOID Buffer, ULONG Length) {
    DbgPrint("told of the end: %d at level %u\n", *(PULONG)Buffer == 7 && Length == 4, KeGetCurrentIrql());
}
static VOID NTAPI Never(PVOID Buffer, ULONG Length) { DbgPrint("never: %p %u\n", Buffer, Length); }
static VOID NTAPI ForDump(KBUGCHECK_CALLBACK_REASON Why, PKBUGCHECK_REASON_CALLBACK_RECORD Record, PVOID Data, ULONG Length) {
    DbgPrint("never: %u %p %p %u\n", Why, Record, Data, Length);
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    Told = 7;
    BOOLEAN First = KeRegisterBugCheckCallback(&Kept, OnBugCheck, &Told, sizeof Told, (PUCHAR) "kept");
    BOOLEAN Again = KeRegisterBugCheckCallback(&Kept, OnBugCheck, &Told, sizeof Told, (PUCHAR) "kept");
    KeRegisterBugCheckCallback(&Dropped, Never, NULL, 0, (PUCHAR) "dropped");
    BOOLEAN Gone = KeDeregisterBugCheckCallback(&Dropped), Twice = KeDeregisterBugCheckCallback(&Dropped);
    BOOLEAN Dump = KeRegisterBugCheckReasonCallback(&Reason, ForDump, KbCallbackSecondaryDumpData, (PUCHAR) "dump");
    BOOLEAN DumpGone = KeDeregisterBugCheckReasonCallback(&Reason);
    DbgPrint("registered %u%u%u%u%u%u\n", First, Again, Gone, Twice, Dump, DumpGone);
    _purecall();
}
