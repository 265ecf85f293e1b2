/* What drivers in C take from newer kits and Visual C++: annotations, role types, try without underscores, locks, readers, counted strings. Prints what is wrong. */
#include <initguid.h>
#include <ntifs.h>
#include <ntstrsafe.h>
#include <intrin.h>
#include <dontuse.h>
#include <suppress.h>

#define CHECK(condition) ((condition) ? (void)0 : (void)DbgPrint("wrong: %s\n", #condition))

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD Unload;
_Dispatch_type_(IRP_MJ_CREATE) _Dispatch_type_(IRP_MJ_CLOSE) DRIVER_DISPATCH_PAGED Open;
IO_CSQ_ACQUIRE_LOCK Acquire;
RTL_QUERY_REGISTRY_ROUTINE Query;

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, Open)
#pragma alloc_text(PAGE, Unload)
#endif

extern POBJECT_TYPE *IoDriverObjectType; /* no header has it */
NTKERNELAPI NTSTATUS ObReferenceObjectByName(PUNICODE_STRING, ULONG, PACCESS_STATE, ACCESS_MASK, POBJECT_TYPE, KPROCESSOR_MODE, PVOID, PVOID *);

DECLARE_GLOBAL_CONST_UNICODE_STRING(Greeting, L"hello");
static EX_PUSH_LOCK Push;
static EX_SPIN_LOCK Spin;
static KSPIN_LOCK Lock;

_IRQL_raises_(DISPATCH_LEVEL) _IRQL_requires_max_(DISPATCH_LEVEL) _Acquires_lock_(Lock) static VOID
    Take(_Out_ _At_(*Irql, _Post_ _IRQL_saves_) PKIRQL Irql) {
    KeAcquireSpinLock(&Lock, Irql);
}

static VOID Give(_In_ _IRQL_restores_ KIRQL Irql) { KeReleaseSpinLock(&Lock, Irql); }

_Must_inspect_result_ static NTSTATUS Guarded(_In_reads_bytes_opt_(_Inexpressible_("varies")) PVOID Address) {
    NTSTATUS Status = STATUS_SUCCESS;
    try {
        try {
            ProbeForRead(Address, 4, 1);
            if (*(volatile ULONG *)Address == 0)
                leave;
        } finally {
            Status = STATUS_ABANDONED;
        }
    }
    except(EXCEPTION_EXECUTE_HANDLER) { Status = GetExceptionCode(); }
    return Status;
}

static VOID Locks(VOID) {
    KIRQL Irql;
    Take(&Irql);
    CHECK(KeGetCurrentIrql() == DISPATCH_LEVEL);
    Give(Irql);
    Irql = ExAcquireSpinLockShared(&Spin);
    ExReleaseSpinLockShared(&Spin, Irql);
    ExInitializePushLock(&Push);
    KeEnterCriticalRegion();
    ExAcquirePushLockExclusive(&Push);
    ExReleasePushLockExclusive(&Push);
    KeLeaveCriticalRegion();
}

static VOID Strings(VOID) {
    WCHAR Room[8];
    UNICODE_STRING Text = {0, sizeof Room, Room};
    CHECK(NT_SUCCESS(RtlUnicodeStringPrintf(&Text, L"%u-%wZ", 7, &Greeting)) && Text.Length == 14 && Room[6] == L'o');
    CHECK(RtlUnicodeStringCatString(&Text, L"++") == STATUS_BUFFER_OVERFLOW && Text.Length == 16 && Room[7] == L'+');
    CHECK(NT_SUCCESS(RtlUnicodeStringCopy(&Text, &Greeting)) && RtlEqualUnicodeString(&Text, &Greeting, FALSE));
    CHECK(NT_SUCCESS(RtlUnicodeStringInit(&Text, NULL)) && Text.MaximumLength == 0);
}

static VOID Registers(VOID) {
    static ULONG Device[] = {1, 2, 3}, Copy[3];
    UCHAR Bytes[4] = {0};
    READ_REGISTER_BUFFER_ULONG(Device, Copy, 3);
    CHECK(Copy[0] == 1 && Copy[2] == 3 && Device[0] == 1);
    READ_REGISTER_BUFFER_UCHAR((PUCHAR)&Device[1], Bytes, 4);
    CHECK(Bytes[0] == 2 && Device[1] == 2);
}

static VOID Small(VOID) {
    volatile LONG Number = 5;
    PVOID Block = ExAllocatePoolQuotaZero(NonPagedPoolNx | POOL_QUOTA_FAIL_INSTEAD_OF_RAISE, 100, 'weN');
    LARGE_INTEGER Precise, Coarse;
    CHECK(Block && ((PUCHAR)Block)[99] == 0);
    ExFreePoolWithTag(Block, 'weN');
    CHECK(ReadAcquire(&Number) == 5 && InterlockedIncrementNoFence(&Number) == 6);
    WriteRelease(&Number, 9);
    CHECK(ReadNoFence(&Number) == 9);
    KeMemoryBarrier();
    __nop();
    KeQuerySystemTime(&Coarse);
    KeQuerySystemTimePrecise(&Precise);
    CHECK(Precise.QuadPart >= Coarse.QuadPart);
    CHECK(sizeof(MEMORY_BASIC_INFORMATION) == 48 && RTL_QUERY_REGISTRY_TYPECHECK == 0x100);
    CHECK(Guarded((PVOID)8) == STATUS_ACCESS_VIOLATION || Guarded((PVOID)8) == STATUS_ABANDONED);
    NT_VERIFY(NT_SUCCESS(STATUS_SUCCESS));
    KdPrint(("checked build: \xE2\x82\xAC %s\n", "\xC3\xA9"));
}

static VOID Privileged(PDRIVER_OBJECT Driver) {
    PVOID Object = NULL;
    DECLSPEC_ALIGN(16) LONG64 Pair[2] = {1, 2}, Expected[2] = {1, 2};
    _disable();
    CHECK(__readcr3() != 0);
    _enable();
    CHECK(_InterlockedCompareExchange128(Pair, 4, 3, Expected) == 1 && Pair[0] == 3 && Pair[1] == 4);
    CHECK(NT_SUCCESS(ObReferenceObjectByName(&Driver->DriverName, OBJ_CASE_INSENSITIVE, NULL, 0, *IoDriverObjectType, KernelMode, NULL, &Object)) &&
          Object == Driver);
    ObDereferenceObject(Object);
    CHECK((__readmsr(0xC0000080) & 0x500) == 0x500 && __readmsr(0xC0000082) != 0);
    try {
        __readmsr(0x12345);
        CHECK(!"no such MSR");
    }
    except(EXCEPTION_EXECUTE_HANDLER) { CHECK(GetExceptionCode() == STATUS_PRIVILEGED_INSTRUCTION); }
}

VOID Acquire(PIO_CSQ Csq, PKIRQL Irql) { Take(Irql); }

_Use_decl_annotations_ NTSTATUS Open(PDEVICE_OBJECT Device, PIRP Irp) {
    PAGED_CODE();
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

_Use_decl_annotations_ VOID Unload(PDRIVER_OBJECT Driver) { PAGED_CODE(); }

NTSTATUS DriverEntry(_In_ PDRIVER_OBJECT Driver, _In_ PUNICODE_STRING Path) {
    UNREFERENCED_PARAMETER(Path);
    ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
    KeInitializeSpinLock(&Lock);
    Driver->DriverUnload = Unload;
    Locks();
    Strings();
    Small();
    Registers();
    Privileged(Driver);
    return STATUS_SUCCESS;
}
