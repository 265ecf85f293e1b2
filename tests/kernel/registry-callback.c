/* A registry filter: it sees what is done to keys before and after, refuses some of it, does some itself, and keeps a context with a key. */
#include "tap.h"

#ifndef STATUS_CALLBACK_BYPASS
#define STATUS_CALLBACK_BYPASS ((NTSTATUS)0xC0000503)
#endif

static LARGE_INTEGER Low, High;
static HANDLE Key;
static ULONG Seen[2][MaxRegNtNotifyClass], Cleanups, Order[8], Ordered;
static REG_NOTIFY_CLASS Refused = MaxRegNtNotifyClass, Done = MaxRegNtNotifyClass;
static ULONG Marker = 77;
static PVOID SeenObjectContext, SeenCallContext;
static NTSTATUS SeenStatus;
static WCHAR SeenName[128];
static PCUNICODE_STRING Released, NameAgain;
static BOOLEAN OldNameSeen;

static NTSTATUS NTAPI Filter(PVOID Context, PVOID Argument1, PVOID Argument2) {
    REG_NOTIFY_CLASS Class = (REG_NOTIFY_CLASS)(ULONG_PTR)Argument1;
    ULONG Which = (ULONG)(ULONG_PTR)Context;
    Seen[Which][Class]++;
    if (Class == RegNtPreSetValueKey || Class == RegNtPostSetValueKey) {
        if (Ordered < RTL_NUMBER_OF(Order)) {
            Order[Ordered++] = (Class == RegNtPostSetValueKey ? 10 : 0) + Which;
        }
    }
    if (Which == 0) {
        return STATUS_SUCCESS;
    }
    if (Class == RegNtPreSetValueKey) {
        PREG_SET_VALUE_KEY_INFORMATION Set = Argument2;
        PCUNICODE_STRING Name;
        ULONG_PTR Id;
        SeenObjectContext = Set->ObjectContext;
        Set->CallContext = &Marker;
        if (NT_SUCCESS(CmCallbackGetKeyObjectIDEx(&High, Set->Object, &Id, &Name, 0))) {
            RtlZeroMemory(SeenName, sizeof SeenName);
            RtlCopyMemory(SeenName, Name->Buffer, min(Name->Length, sizeof SeenName - sizeof(WCHAR)));
            CmCallbackReleaseKeyObjectIDEx(Name);
            Released = Name;
            NameAgain = NULL;
            CmCallbackGetKeyObjectIDEx(&High, Set->Object, &Id, &NameAgain, 0);
            CmCallbackReleaseKeyObjectIDEx(NameAgain);
        }
        OldNameSeen = NT_SUCCESS(CmCallbackGetKeyObjectID(&High, Set->Object, &Id, &Name)) && wcsstr(Name->Buffer, L"\\registry-callback\\Sub");
        CmSetCallbackObjectContext(Set->Object, &High, &Marker, NULL);
    } else if (Class == RegNtPostSetValueKey) {
        SeenCallContext = ((PREG_POST_OPERATION_INFORMATION)Argument2)->CallContext;
        SeenStatus = ((PREG_POST_OPERATION_INFORMATION)Argument2)->Status;
    } else if (Class == RegNtCallbackObjectContextCleanup) {
        Cleanups += ((PREG_CALLBACK_CONTEXT_CLEANUP_INFORMATION)Argument2)->ObjectContext == &Marker;
    }
    return Class == Refused ? STATUS_ACCESS_DENIED : Class == Done ? STATUS_CALLBACK_BYPASS : STATUS_SUCCESS;
}

static NTSTATUS Create(PCWSTR Name, PHANDLE Handle) {
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING String;
    RtlInitUnicodeString(&String, Name);
    InitializeObjectAttributes(&Attributes, &String, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, Key, NULL);
    return ZwCreateKey(Handle, KEY_ALL_ACCESS, &Attributes, 0, NULL, 0, NULL);
}

static NTSTATUS Set(HANDLE Handle, PCWSTR Name, ULONG Number) {
    UNICODE_STRING String;
    RtlInitUnicodeString(&String, Name);
    return ZwSetValueKey(Handle, &String, 0, REG_DWORD, &Number, sizeof Number);
}

static NTSTATUS Query(HANDLE Handle, PCWSTR Name) {
    UNICODE_STRING String;
    UCHAR Room[64];
    ULONG Length;
    RtlInitUnicodeString(&String, Name);
    return ZwQueryValueKey(Handle, &String, KeyValuePartialInformation, Room, sizeof Room, &Length);
}

static VOID TestOperations(VOID) {
    HANDLE Sub, Other;
    ULONG Length;
    UCHAR Room[256];
    STATUS(Create(L"Sub", &Sub), STATUS_SUCCESS, "a key is made");
    ok(Seen[1][RegNtPreCreateKeyEx] == 1 && Seen[1][RegNtPostCreateKeyEx] == 1, "the filter sees it");
    STATUS(Set(Sub, L"Value", 1), STATUS_SUCCESS, "a value is set");
    ok(Ordered == 4 && Order[0] == 1 && Order[1] == 0 && Order[2] == 10 && Order[3] == 11, "high before low, and back");
    ok(SeenCallContext == &Marker && SeenStatus == STATUS_SUCCESS, "the call's context comes back, with the status");
    ok(wcsstr(SeenName, L"\\registry-callback\\Sub") != NULL, "the key's name: %S", SeenName);
    ok(OldNameSeen, "CmCallbackGetKeyObjectID knows it too");
    ok(Released && Released == NameAgain, "CmCallbackReleaseKeyObjectIDEx frees the name");
    ok(SeenObjectContext == NULL, "the key has no context yet");
    Set(Sub, L"Value", 2);
    ok(SeenObjectContext == &Marker, "the next time it has");
    Query(Sub, L"Value");
    ZwQueryKey(Sub, KeyBasicInformation, Room, sizeof Room, &Length);
    ZwEnumerateKey(Sub, 0, KeyBasicInformation, Room, sizeof Room, &Length);
    ZwEnumerateValueKey(Sub, 0, KeyValueBasicInformation, Room, sizeof Room, &Length);
    ZwFlushKey(Sub);
    ok(Seen[1][RegNtPreQueryValueKey] == 1 && Seen[1][RegNtPreQueryKey] == 1 && Seen[1][RegNtPreEnumerateKey] == 1 &&
           Seen[1][RegNtPreEnumerateValueKey] == 1 && Seen[1][RegNtPreFlushKey] == 1,
       "queries and flushes are seen");
    ok(Seen[1][RegNtPostQueryValueKey] == 1 && Seen[1][RegNtPostFlushKey] == 1, "and their ends");

    Refused = RegNtPreSetValueKey;
    STATUS(Set(Sub, L"Refused", 1), STATUS_ACCESS_DENIED, "a refused write");
    Refused = MaxRegNtNotifyClass;
    STATUS(Query(Sub, L"Refused"), STATUS_OBJECT_NAME_NOT_FOUND, "is not done");
    Done = RegNtPreSetValueKey;
    STATUS(Set(Sub, L"Done", 1), STATUS_SUCCESS, "one that the filter says it has done");
    Done = MaxRegNtNotifyClass;
    STATUS(Query(Sub, L"Done"), STATUS_OBJECT_NAME_NOT_FOUND, "is not done either");
    Refused = RegNtPreOpenKeyEx;
    STATUS(Create(L"Other", &Other), STATUS_SUCCESS, "a create is no open");
    ZwDeleteKey(Other);
    ZwClose(Other);
    Refused = MaxRegNtNotifyClass;
    STATUS(ZwDeleteKey(Sub), STATUS_SUCCESS, "deleting");
    is(Seen[1][RegNtPostDeleteKey], 2, "is seen");
    is(Cleanups, 0, "the context stays");
    ZwClose(Sub);
    is(Cleanups, 1, "until the key object goes");
    ok(Seen[1][RegNtPreKeyHandleClose] == 2 && Seen[1][RegNtPostKeyHandleClose] == 2, "closing is seen");
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNICODE_STRING Altitude = RTL_CONSTANT_STRING(L"385201.5");
    OBJECT_ATTRIBUTES Attributes;
    LARGE_INTEGER Same;
    ULONG Major = 0, Minor = 9, Before;
    HANDLE Own;
    InitializeObjectAttributes(&Attributes, RegistryPath, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    STATUS(ZwOpenKey(&Own, KEY_ALL_ACCESS, &Attributes), STATUS_SUCCESS, "the driver's key");
    Key = Own;
    CmGetCallbackVersion(&Major, &Minor);
    ok(Major == 1 && Minor == 0, "version %u.%u", Major, Minor);
    STATUS(CmRegisterCallback(Filter, (PVOID)0, &Low), STATUS_SUCCESS, "CmRegisterCallback");
    STATUS(CmRegisterCallbackEx(Filter, &Altitude, DriverObject, (PVOID)1, &High, NULL), STATUS_SUCCESS, "CmRegisterCallbackEx");
    STATUS(CmRegisterCallbackEx(Filter, &Altitude, DriverObject, (PVOID)1, &Same, NULL), STATUS_FLT_INSTANCE_ALTITUDE_COLLISION,
           "an altitude is one's own");
    TestOperations();
    ok(CmGetBoundTransaction(&High, NULL) == NULL, "there are no transactions");
    STATUS(CmUnRegisterCallback(High), STATUS_SUCCESS, "CmUnRegisterCallback");
    STATUS(CmUnRegisterCallback(High), STATUS_INVALID_PARAMETER, "once");
    STATUS(CmUnRegisterCallback(Low), STATUS_SUCCESS, "and the other");
    Before = Seen[1][RegNtPreSetValueKey];
    Set(Own, L"After", 1);
    is(Seen[1][RegNtPreSetValueKey], Before, "nothing is seen any more");
    ZwClose(Own);
}
