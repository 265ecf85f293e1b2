/* ZwNotifyChangeKey as a driver uses it: an event, or a work item, when something below a key changes. */
#include "tap.h"

#define STATUS_NOTIFY_CLEANUP_  ((NTSTATUS)0x0000010B)
#define STATUS_NOTIFY_ENUM_DIR_ ((NTSTATUS)0x0000010C)
#define NAME                    1u
#define LAST_SET                4u

NTSYSAPI NTSTATUS NTAPI ZwNotifyChangeKey(HANDLE, HANDLE, PIO_APC_ROUTINE, PVOID, PIO_STATUS_BLOCK, ULONG, BOOLEAN, PVOID, ULONG, BOOLEAN);
NTSYSAPI NTSTATUS NTAPI ZwCreateEvent(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, EVENT_TYPE, BOOLEAN);
NTSYSAPI NTSTATUS NTAPI ZwWaitForSingleObject(HANDLE, BOOLEAN, PLARGE_INTEGER);

static HANDLE Key, Event;
static IO_STATUS_BLOCK Iosb;
static KEVENT WorkDone;
static WORK_QUEUE_ITEM Item;

static HANDLE Make(PCWSTR Name, HANDLE Root) {
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING String;
    HANDLE Made = NULL;
    RtlInitUnicodeString(&String, Name);
    InitializeObjectAttributes(&Attributes, &String, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, Root, NULL);
    ZwCreateKey(&Made, KEY_ALL_ACCESS, &Attributes, 0, NULL, 0, NULL);
    return Made;
}

static VOID SetNumber(HANDLE Handle, ULONG Number) {
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"Number");
    ZwSetValueKey(Handle, &Name, 0, REG_DWORD, &Number, sizeof Number);
}

static NTSTATUS Watch(HANDLE Handle, ULONG Filter, BOOLEAN Tree) {
    Iosb.Status = -1;
    return ZwNotifyChangeKey(Handle, Event, NULL, NULL, &Iosb, Filter, Tree, NULL, 0, TRUE);
}

static BOOLEAN IsSet(VOID) {
    LARGE_INTEGER Now = {.QuadPart = 0};
    return ZwWaitForSingleObject(Event, FALSE, &Now) == STATUS_SUCCESS;
}

static VOID TestValues(VOID) {
    HANDLE Sub = Make(L"Values", Key);
    STATUS(Watch(Sub, LAST_SET, FALSE), STATUS_PENDING, "a key's values are watched");
    ok(!IsSet(), "nothing has changed");
    ZwClose(Make(L"Below", Sub));
    ok(!IsSet(), "a new subkey is no value");
    SetNumber(Sub, 1);
    ok(IsSet(), "a value is");
    STATUS(Iosb.Status, STATUS_NOTIFY_ENUM_DIR_, "status");
    SetNumber(Sub, 2);
    STATUS(Watch(Sub, LAST_SET, FALSE), STATUS_PENDING, "watched again");
    ok(IsSet(), "what changed while nobody waited counts");
    STATUS(Watch(Sub, LAST_SET, FALSE), STATUS_PENDING, "and again");
    ok(!IsSet(), "once");
    ZwClose(Sub);
    ok(IsSet() && Iosb.Status == STATUS_NOTIFY_CLEANUP_, "closing the handle ends it");
}

static VOID TestTree(VOID) {
    HANDLE Top = Make(L"Tree", Key), Below, Deep, Handle;
    Below = Make(L"Below", Top);
    STATUS(Watch(Top, NAME | LAST_SET, TRUE), STATUS_PENDING, "a tree is watched");
    Deep = Make(L"Deep", Below);
    ok(IsSet(), "a new key two levels down");
    Watch(Top, NAME | LAST_SET, TRUE);
    SetNumber(Deep, 7);
    ok(IsSet(), "its value");
    Watch(Top, NAME | LAST_SET, TRUE);
    ZwDeleteKey(Deep);
    ok(IsSet(), "its end");
    ZwClose(Deep);
    Handle = Make(L"Below", Top);
    STATUS(Watch(Handle, NAME, FALSE), STATUS_PENDING, "a key that will be deleted");
    ZwDeleteKey(Below);
    ok(IsSet() && Iosb.Status == STATUS_NOTIFY_CLEANUP_, "its watcher is told");
    STATUS(Watch(Handle, NAME, FALSE), STATUS_KEY_DELETED, "and cannot go on");
    ZwClose(Handle);
    ZwClose(Below);
    ZwDeleteKey(Top);
    ZwClose(Top);
}

static VOID NTAPI Work(PVOID Context) {
    UNREFERENCED_PARAMETER(Context);
    KeSetEvent(&WorkDone, IO_NO_INCREMENT, FALSE);
}

static VOID NTAPI LateChange(PVOID Context) {
    LARGE_INTEGER Moment = {.QuadPart = -500000};
    KeDelayExecutionThread(KernelMode, FALSE, &Moment);
    SetNumber(Context, 42);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID TestWaits(VOID) {
    LARGE_INTEGER Second = {.QuadPart = -10000000};
    HANDLE Sub = Make(L"Waits", Key), Thread;
    KeInitializeEvent(&WorkDone, NotificationEvent, FALSE);
    ExInitializeWorkItem(&Item, Work, NULL);
    STATUS(ZwNotifyChangeKey(Sub, NULL, (PIO_APC_ROUTINE)(PVOID)&Item, (PVOID)(ULONG_PTR)DelayedWorkQueue, &Iosb, LAST_SET, FALSE, NULL, 0, TRUE),
           STATUS_PENDING, "a work item");
    SetNumber(Sub, 1);
    STATUS(KeWaitForSingleObject(&WorkDone, Executive, KernelMode, FALSE, &Second), STATUS_SUCCESS, "is queued");
    PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, LateChange, Sub);
    STATUS(ZwNotifyChangeKey(Sub, NULL, NULL, NULL, &Iosb, LAST_SET, FALSE, NULL, 0, FALSE), STATUS_NOTIFY_ENUM_DIR_, "waiting in the call");
    STATUS(Iosb.Status, STATUS_NOTIFY_ENUM_DIR_, "ends with the change");
    ZwWaitForSingleObject(Thread, FALSE, NULL);
    ZwClose(Thread);
    STATUS(Watch(Sub, 0, FALSE), STATUS_INVALID_PARAMETER, "watching for nothing");
    STATUS(Watch(Sub, 0x80, FALSE), STATUS_INVALID_PARAMETER, "or for what there is not");
    STATUS(ZwNotifyChangeKey(Sub, (HANDLE)0x7FF4, NULL, NULL, &Iosb, NAME, FALSE, NULL, 0, TRUE), STATUS_INVALID_HANDLE, "an event that is none");
    ZwDeleteKey(Sub);
    ZwClose(Sub);
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    OBJECT_ATTRIBUTES Attributes;
    UNREFERENCED_PARAMETER(DriverObject);
    InitializeObjectAttributes(&Attributes, RegistryPath, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    STATUS(ZwOpenKey(&Key, KEY_ALL_ACCESS, &Attributes), STATUS_SUCCESS, "the driver's key");
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    STATUS(ZwCreateEvent(&Event, EVENT_ALL_ACCESS, &Attributes, SynchronizationEvent, FALSE), STATUS_SUCCESS, "an event");
    TestValues();
    TestTree();
    TestWaits();
    ZwClose(Event);
    ZwClose(Key);
}
