/* The statuses that documentation promises for single mistakes, and what is left in the results then. */
#include "kernel/more.h"

#define TAG 'tatS'

NTSTATUS NTAPI MmAdvanceMdl(PMDL, ULONG);
ULONG NTAPI RtlNtStatusToDosError(NTSTATUS);
NTSTATUS NTAPI RtlUnicodeToUTF8N(PCHAR, ULONG, PULONG, PCWCH, ULONG);
NTSTATUS NTAPI SeQueryInformationToken(PACCESS_TOKEN, TOKEN_INFORMATION_CLASS, PVOID *);

/* The table of "RtlUnicodeStringToInteger", and what is around it. */
static VOID TestNumbers(VOID) {
    static const struct {
        PCWSTR Text;
        ULONG Base, Value;
    } Known[] = {{L"123", 10, 123},
                 {L"  -345", 10, (ULONG)-345},
                 {L"xyz", 10, 0},
                 {L"   +678abc", 10, 678},
                 {L"   +678abc", 16, 6785724},
                 {L"007", 10, 7},
                 {L"789", 8, 7},
                 {L"FGH", 16, 15},
                 {L"      ", 10, 0}};
    UNICODE_STRING String;
    ULONG Value = 1;

    for (ULONG Index = 0; Index < ARRAYSIZE(Known); Index++) {
        RtlInitUnicodeString(&String, Known[Index].Text);
        STATUS(RtlUnicodeStringToInteger(&String, Known[Index].Base, &Value), STATUS_SUCCESS, "a number of the page's table");
        is(Value, Known[Index].Value, "is what the page says");
    }
    STATUS(RtlUnicodeStringToInteger(U(""), 10, &Value), STATUS_INVALID_PARAMETER, "an empty string is no number");
    STATUS(RtlCharToInteger("12", 3, &Value), STATUS_INVALID_PARAMETER, "RtlCharToInteger to base 3");
    STATUS(RtlHashUnicodeString(NULL, TRUE, HASH_STRING_ALGORITHM_DEFAULT, &Value), STATUS_INVALID_PARAMETER, "the hash of nothing");
    STATUS(RtlHashUnicodeString(U("a"), TRUE, HASH_STRING_ALGORITHM_DEFAULT, NULL), STATUS_INVALID_PARAMETER, "to nowhere");
    STATUS(RtlHashUnicodeString(U("a"), TRUE, 2, &Value), STATUS_INVALID_PARAMETER, "in an unknown way");
}

/* Win32 errors that are not what the name of the status suggests, or that only later versions of Windows have. */
static VOID TestErrors(VOID) {
    static const struct {
        ULONG Status, Error;
    } Known[] = {{0x40000000 /* OBJECT_NAME_EXISTS */, 698},
                 {0x80000005 /* BUFFER_OVERFLOW */, 234},
                 {0x80000016 /* VERIFY_REQUIRED */, 1110},
                 {0xC0000004 /* INFO_LENGTH_MISMATCH */, 24},
                 {0xC000000B /* INVALID_CID */, 87},
                 {0xC000000E /* NO_SUCH_DEVICE */, 433},
                 {0xC0000010 /* INVALID_DEVICE_REQUEST */, 1},
                 {0xC0000016 /* MORE_PROCESSING_REQUIRED */, 234},
                 {0xC0000024 /* OBJECT_TYPE_MISMATCH */, 6},
                 {0xC000003E /* DATA_ERROR */, 23},
                 {0xC0000056 /* DELETE_PENDING */, 5},
                 {0xC000009C /* DEVICE_DATA_ERROR */, 23},
                 {0xC00000A3 /* DEVICE_NOT_READY */, 21},
                 {0xC00000B5 /* IO_TIMEOUT */, 121},
                 {0xC00000BA /* FILE_IS_A_DIRECTORY */, 5},
                 {0xC00000E9 /* UNEXPECTED_IO_ERROR */, 1117},
                 {0xC0000120 /* CANCELLED */, 995},
                 {0xC0000184 /* INVALID_DEVICE_STATE */, 22},
                 {0xC0000185 /* IO_DEVICE_ERROR */, 1117},
                 {0xC000026E /* VOLUME_DISMOUNTED */, 21},
                 {0xC00002D3 /* POWER_STATE_INVALID */, 21},
                 {0xC000047D /* IO_OPERATION_TIMEOUT */, 1460},
                 {0xC0000483 /* DEVICE_HARDWARE_ERROR */, 483},
                 {0xC0004321 /* nothing */, 317},
                 {0xD0000022 /* HRESULT_FROM_NT of ACCESS_DENIED */, 5},
                 {0xC0070057 /* ERROR_INVALID_PARAMETER in disguise */, 87},
                 {0xE0001234 /* a customer's */, 0xE0001234}};

    for (ULONG Index = 0; Index < ARRAYSIZE(Known); Index++)
        is(RtlNtStatusToDosError((NTSTATUS)Known[Index].Status), Known[Index].Error, "the error of a status");
}

static VOID TestUtf8(VOID) {
    CHAR Room[4];
    ULONG Bytes = 9;

    STATUS(RtlUnicodeToUTF8N(Room, sizeof Room, &Bytes, NULL, 2), STATUS_INVALID_PARAMETER_4, "RtlUnicodeToUTF8N of nothing");
    STATUS(RtlUnicodeToUTF8N(NULL, 0, NULL, L"a", 2), STATUS_INVALID_PARAMETER, "with neither room nor a count");
    STATUS(RtlUnicodeToUTF8N(Room, sizeof Room, &Bytes, L"a", 1), STATUS_INVALID_PARAMETER_5, "of half a character");
    STATUS(RtlUnicodeToUTF8N(Room, sizeof Room, &Bytes, L"ab\x20AC", 6), STATUS_BUFFER_TOO_SMALL, "with too little room");
    ok(Bytes == 2 && Room[0] == 'a' && Room[1] == 'b', "as much of it as there is room for, and no part of a character");
    STATUS(RtlUnicodeToUTF8N(NULL, 0, &Bytes, L"ab\x20AC", 6), STATUS_SUCCESS, "asked for the length alone");
    is(Bytes, 5, "there it is");
    STATUS(RtlUnicodeToUTF8N(Room, sizeof Room, &Bytes, L"\xD800", 2), STATUS_SOME_NOT_MAPPED, "half a surrogate pair");
    is(Bytes, 3, "is the replacement character");
}

static VOID TestMdl(VOID) {
    PVOID Block = ExAllocatePoolWithTag(NonPagedPoolNx, 100, TAG);
    PMDL Mdl = IoAllocateMdl(Block, 100, FALSE, FALSE, NULL);

    MmBuildMdlForNonPagedPool(Mdl);
    STATUS(MmAdvanceMdl(Mdl, 100), STATUS_INVALID_PARAMETER_2, "an MDL cannot be advanced by all that it has");
    is(MmGetMdlByteCount(Mdl), 100, "and stays as it is");
    IoFreeMdl(Mdl);
    ExFreePoolWithTag(Block, TAG);
    ok(IoAllocateMdl(NULL, 0xFFFFF001, FALSE, FALSE, NULL) == NULL, "no MDL is for 4 GiB");
    Mdl = IoAllocateMdl(NULL, 0xFFFFF000, FALSE, FALSE, NULL);
    ok(Mdl != NULL && MmGetMdlByteCount(Mdl) == 0xFFFFF000, "one may be for a page less");
    if (Mdl != NULL)
        IoFreeMdl(Mdl);
}

static POOL_TYPE Asked;
static PVOID NTAPI Allocate(POOL_TYPE PoolType, SIZE_T Size, ULONG Tag, PLOOKASIDE_LIST_EX List) {
    Asked = PoolType;
    return NULL;
}

static VOID TestLookaside(VOID) {
    PLOOKASIDE_LIST_EX List = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof *List, TAG);

    STATUS(ExInitializeLookasideListEx(List, NULL, NULL, (POOL_TYPE)0x7000, 0, 64, TAG, 0), STATUS_INVALID_PARAMETER_4, "a list of no pool");
    STATUS(ExInitializeLookasideListEx(List, NULL, NULL, PagedPool, 4, 64, TAG, 0), STATUS_INVALID_PARAMETER_5, "with unknown flags");
    STATUS(ExInitializeLookasideListEx(List, NULL, NULL, PagedPool,
                                       EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL | EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE, 64, TAG, 0),
           STATUS_INVALID_PARAMETER_5, "with both");
    STATUS(ExInitializeLookasideListEx(List, Allocate, NULL, PagedPool, EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE, 64, TAG, 0), STATUS_SUCCESS,
           "with one");
    ok(ExAllocateFromLookasideListEx(List) == NULL && Asked == (PagedPool | POOL_QUOTA_FAIL_INSTEAD_OF_RAISE),
       "its routine learns it by the pool's type");
    ExDeleteLookasideListEx(List);
    ExFreePoolWithTag(List, TAG);
}

static VOID TestObjects(PDRIVER_OBJECT DriverObject) {
    OBJECT_NAME_INFORMATION Name;
    PACCESS_TOKEN Token = PsReferencePrimaryToken(PsGetCurrentProcess());
    PVOID Information = NULL;
    ULONG Length = 0;

    STATUS(ObQueryNameString(DriverObject, NULL, 0, &Length), STATUS_INFO_LENGTH_MISMATCH, "the name of an object, without room");
    ok(Length > sizeof(OBJECT_NAME_INFORMATION), "how much it takes");
    STATUS(ObQueryNameString(PsGetCurrentProcess(), &Name, sizeof Name, &Length), STATUS_SUCCESS, "of one that has none");
    ok(Name.Name.Buffer == NULL && Name.Name.Length == 0 && Name.Name.MaximumLength == 0, "it is empty");
    STATUS(SeQueryInformationToken(Token, (TOKEN_INFORMATION_CLASS)999, &Information), STATUS_INVALID_INFO_CLASS, "a token does not say everything");
    PsDereferencePrimaryToken(Token);
}

static VOID TestHandles(VOID) {
    PEPROCESS Process = PsGetCurrentProcess();
    LARGE_INTEGER None = {.QuadPart = 0};
    HANDLE Event, Other, Copy = NULL;
    KIRQL Irql;

    STATUS(ObOpenObjectByPointer(Process, 0x10000, NULL, 0, *PsProcessType, KernelMode, &Copy), STATUS_INVALID_PARAMETER,
           "an attribute that is none");
    STATUS(ObOpenObjectByPointer(Process, 0, NULL, 0, NULL, UserMode, &Copy), STATUS_OBJECT_TYPE_MISMATCH, "for user mode, a type is needed");
    STATUS(ZwCreateEvent(&Event, EVENT_ALL_ACCESS, Named(NULL), (EVENT_TYPE)2, FALSE), STATUS_INVALID_PARAMETER_4, "there are two types of events");
    STATUS(ZwCreateEvent(&Event, EVENT_ALL_ACCESS, Named(NULL), NotificationEvent, TRUE), STATUS_SUCCESS, "this is one");
    STATUS(ZwCreateEvent(&Other, EVENT_ALL_ACCESS, Named(NULL), SynchronizationEvent, TRUE), STATUS_SUCCESS, "the other");
    STATUS(ZwDuplicateObject(NtCurrentProcess(), Event, Other, &Copy, 0, 0, DUPLICATE_CLOSE_SOURCE), STATUS_OBJECT_TYPE_MISMATCH,
           "an event is no process to duplicate into");
    STATUS(ZwSetEvent(Event, NULL), STATUS_INVALID_HANDLE, "the source is closed all the same");
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    STATUS(ZwWaitForSingleObject(Other, FALSE, &None), STATUS_SUCCESS, "ZwWaitForSingleObject without waiting, at DISPATCH_LEVEL");
    STATUS(ZwWaitForSingleObject(Other, FALSE, &None), STATUS_TIMEOUT, "once more");
    KeLowerIrql(Irql);
    ZwClose(Other);
}

/* A mutex counts to 2^31; its owner gets the exception. */
static VOID TestMutex(VOID) {
    NTSTATUS Status = STATUS_SUCCESS;
    KMUTEX Mutex;

    KeInitializeMutex(&Mutex, 0);
    KeWaitForSingleObject(&Mutex, Executive, KernelMode, FALSE, NULL);
    Mutex.Header.SignalState = (LONG)0x80000000;
    __try {
        KeWaitForSingleObject(&Mutex, Executive, KernelMode, FALSE, NULL);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    is((ULONG)Status, (ULONG)STATUS_MUTANT_LIMIT_EXCEEDED, "a mutex is acquired too often");
    Mutex.Header.SignalState = 0;
    KeReleaseMutex(&Mutex, FALSE);
    is(KeReadStateMutex(&Mutex), 1, "and released");
    KeInitializeMutex(&Mutex, 0);
    Status = STATUS_SUCCESS;
    __try {
        KeReleaseMutex(&Mutex, FALSE);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    is((ULONG)Status, (ULONG)STATUS_MUTANT_NOT_OWNED, "what nobody has is not released");
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    TestNumbers();
    TestErrors();
    TestUtf8();
    TestMdl();
    TestLookaside();
    TestObjects(DriverObject);
    TestHandles();
    TestMutex();
}
