/* Event tracing as drivers use it, by manifest, self-described and by WPP; tests/etw.t reads what came of it. */
// ringside run --etw
#include "kernel/more.h"

NTSTATUS NTAPI EtwWriteEx(REGHANDLE, PCEVENT_DESCRIPTOR, ULONG64, ULONG, LPCGUID, LPCGUID, ULONG, PEVENT_DATA_DESCRIPTOR);
NTSTATUS NTAPI EtwWriteString(REGHANDLE, UCHAR, ULONGLONG, LPCGUID, PCWSTR);
NTSTATUS NTAPI EtwSetInformation(REGHANDLE, ULONG, PVOID, ULONG);
NTSTATUS NTAPI EtwRegisterClassicProvider(LPCGUID, ULONG, PVOID, PVOID, PREGHANDLE);
NTSTATUS __cdecl WmiTraceMessage(TRACEHANDLE, ULONG, LPGUID, USHORT, ...);
NTSTATUS NTAPI WmiTraceMessageVa(TRACEHANDLE, ULONG, LPGUID, USHORT, va_list);

static const GUID Id = {0x11223344, 0x5566, 0x7788, {0x99, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF, 0x00}};
static const GUID Other = {0xA0A0A0A0, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}};
static const EVENT_DESCRIPTOR Warning = {.Id = 7, .Level = 3, .Keyword = 0x10};

static ULONG Calls, LastCode;
static UCHAR LastLevel;
static ULONGLONG LastAny;
static REGHANDLE Seen, Handle;
static PVOID LastContext;

static VOID NTAPI OnEnable(LPCGUID Source, ULONG Code, UCHAR Level, ULONGLONG Any, ULONGLONG All, PEVENT_FILTER_DESCRIPTOR Filter, PVOID Context) {
    Calls++;
    LastCode = Code;
    LastLevel = Level;
    LastAny = Any;
    LastContext = Context;
    Seen = Handle;
}

static VOID NTAPI OnClassic(LPCGUID Source, UCHAR Code, PVOID Enable, PVOID Context) {
    Calls++;
    LastLevel = ((PUCHAR)Enable)[2];
    LastContext = Context;
}

#define DATA(address, size, type) {.Ptr = (ULONG_PTR)(address), .Size = (size), .Reserved = (type)}

static VOID TestManifest(VOID) {
    ULONG Number = 0xCAFE;
    UCHAR Bytes[40] = {1, 2, 3, 0xFF};
    EVENT_DATA_DESCRIPTOR Data[4] = {DATA(L"wide text", 20, 0), DATA("narrow", 7, 0), DATA(&Number, 4, 0), DATA(Bytes, 40, 0)};
    EVENT_DATA_DESCRIPTOR Large = DATA(Bytes, 0x10000, 0);
    EVENT_DESCRIPTOR Verbose = {.Id = 8, .Level = 5, .Opcode = 1};
    GUID Activity = Other;
    KIRQL Irql;
    STATUS(EtwRegister(&Id, OnEnable, &Calls, &Handle), 0, "EtwRegister");
    ok(Calls == 1 && LastCode == 1 && LastLevel == 0xFF && LastAny == ~0ull && LastContext == &Calls, "its callback hears that it is enabled");
    ok(Handle && Seen == Handle, "and has the handle already");
    ok(EtwProviderEnabled(Handle, 5, 0x10) && EtwEventEnabled(Handle, &Warning), "EtwProviderEnabled and EtwEventEnabled");
    STATUS(EtwWrite(Handle, &Warning, NULL, 4, Data), 0, "EtwWrite");
    STATUS(EtwWriteTransfer(Handle, &Verbose, &Activity, &Id, 1, Data + 1), 0, "EtwWriteTransfer");
    STATUS(EtwWriteEx(Handle, &Verbose, 0, 0, NULL, NULL, 1, Data + 2), 0, "EtwWriteEx");
    STATUS(EtwWriteString(Handle, 2, 0, NULL, L"a string alone"), 0, "EtwWriteString");
    KeRaiseIrql(HIGH_LEVEL, &Irql);
    EtwWrite(Handle, &Verbose, NULL, 0, NULL);
    KeLowerIrql(Irql);
    STATUS(EtwWrite(Handle, NULL, NULL, 0, NULL), STATUS_INVALID_PARAMETER, "no event");
    STATUS(EtwWrite(Handle, &Warning, NULL, 129, Data), STATUS_INVALID_PARAMETER, "too many items");
    STATUS(EtwWrite(Handle, &Warning, NULL, 1, NULL), STATUS_INVALID_PARAMETER, "no items");
    STATUS(EtwWrite(Handle, &Warning, NULL, 1, &Large), STATUS_INTEGER_OVERFLOW, "an event of 64 KB");
    STATUS(EtwWrite(0, &Warning, NULL, 0, NULL), STATUS_INVALID_HANDLE, "no provider");
    STATUS(EtwWriteString(Handle, 2, 0, NULL, NULL), STATUS_INVALID_PARAMETER, "no string");
    STATUS(EtwUnregister(Handle), 0, "EtwUnregister");
    ok(!EtwProviderEnabled(0, 1, 0) && !EtwEventEnabled(0, &Warning), "no provider is not enabled");
    STATUS(EtwRegister(NULL, NULL, NULL, &Handle), STATUS_INVALID_PARAMETER, "a provider of no name");
    STATUS(EtwRegister(&Id, NULL, NULL, NULL), STATUS_INVALID_PARAMETER, "a handle for nobody");
}

/* As TraceLoggingWrite lays it out. */
static VOID TestSelfDescribed(VOID) {
    static const UCHAR Traits[] = "\x11\0Contoso.Driver";
    static const UCHAR Event[] = "\x25\0\0Started\0port\0\x08name\0\x01where\0\x02sizes\0\x45";
    static const UCHAR Bad[] = "\x10\0\0Broken\0port\0";
    USHORT Count = 2;
    SHORT Sizes[2] = {-1, 300};
    ULONG Port = 3;
    EVENT_DESCRIPTOR Descriptor = {.Channel = 11, .Level = 4};
    EVENT_DATA_DESCRIPTOR Data[8] = {DATA(Traits, 0x11, 2), DATA(Event, 0x25, 1), DATA(&Port, 4, 0), DATA(L"COM1", 10, 0),
                                     DATA("here", 5, 0),    DATA(&Count, 2, 0),   DATA(Sizes, 4, 0)};
    REGHANDLE Own = 0;
    is(sizeof Traits, 0x11, "the provider's traits");
    EtwRegister(&Id, NULL, NULL, &Own);
    STATUS(EtwSetInformation(Own, 2, (PVOID)Traits, 5), STATUS_INVALID_PARAMETER, "traits of another size than they say");
    STATUS(EtwSetInformation(Own, 77, (PVOID)Traits, sizeof Traits), STATUS_NOT_SUPPORTED, "EtwSetInformation of what?");
    STATUS(EtwSetInformation(0, 2, (PVOID)Traits, sizeof Traits), STATUS_INVALID_HANDLE, "of whom?");
    STATUS(EtwSetInformation(Own, 2, (PVOID)Traits, sizeof Traits), 0, "EtwSetInformation: a name");
    EtwWriteString(Own, 4, 0, NULL, L"named");
    STATUS(EtwWrite(Own, &Descriptor, NULL, 7, Data), 0, "an event that describes itself");
    Data[1] = (EVENT_DATA_DESCRIPTOR)DATA(Bad, 0x10, 1);
    STATUS(EtwWrite(Own, &Descriptor, NULL, 3, Data), 0, "one that breaks off");
    EtwUnregister(Own);
}

static NTSTATUS __cdecl Message(ULONG Number, ...) {
    va_list Arguments;
    NTSTATUS Status;
    va_start(Arguments, Number);
    Status = WmiTraceMessageVa(1, 2, (LPGUID)&Other, (USHORT)Number, Arguments);
    va_end(Arguments);
    return Status;
}

static VOID TestWpp(VOID) {
    ULONG64 Node[6] = {48, 0x0000000700050001ull}, Found = 0;
    ULONG Length = 0, Flags = 0, Level = 0, Number = 77;
    REGHANDLE Own = 0;
    Calls = 0;
    STATUS(EtwRegisterClassicProvider(&Other, 0, OnClassic, &Number, &Own), 0, "EtwRegisterClassicProvider");
    ok(Calls == 1 && LastLevel == 0xFF && LastContext == &Number, "its callback hears that it is enabled");
    STATUS(WmiTraceMessage(1, 2, (LPGUID)&Other, 12, &Number, sizeof Number, "text", (SIZE_T)5, NULL), 0, "WmiTraceMessage");
    STATUS(Message(13, &Number, sizeof Number, NULL), 0, "WmiTraceMessageVa");
    STATUS(WmiTraceMessage(99, 2, (LPGUID)&Other, 12, NULL), STATUS_INVALID_HANDLE, "to nobody");
    STATUS(WmiQueryTraceInformation(TraceHandleClass, &Found, sizeof Found, &Length, Node), 0, "WmiQueryTraceInformation: the handle");
    ok(Found == Node[1] && Length == 8, "out of the header");
    STATUS(WmiQueryTraceInformation(TraceEnableFlagsClass, &Flags, sizeof Flags, NULL, Node), 0, "the flags");
    STATUS(WmiQueryTraceInformation(TraceEnableLevelClass, &Level, sizeof Level, NULL, Node), 0, "the level");
    ok(Flags == 7 && Level == 5, "7 and 5");
    STATUS(WmiQueryTraceInformation(TraceHandleClass, &Found, 3, NULL, Node), STATUS_INFO_LENGTH_MISMATCH, "into three bytes");
    STATUS(WmiQueryTraceInformation((TRACE_INFORMATION_CLASS)99, &Found, 8, NULL, Node), STATUS_INVALID_INFO_CLASS, "of what?");
    EtwUnregister(Own);
}

static VOID TestActivity(VOID) {
    static const GUID None;
    GUID Made = None, Got = None, Swap = Other;
    STATUS(EtwActivityIdControl(3, &Made), 0, "EtwActivityIdControl: create");
    ok(RtlCompareMemory(&Made, &None, sizeof None) != sizeof None, "an id");
    STATUS(EtwActivityIdControl(2, &Made), 0, "set");
    STATUS(EtwActivityIdControl(1, &Got), 0, "get");
    ok(RtlCompareMemory(&Made, &Got, sizeof Got) == sizeof Got, "the same");
    STATUS(EtwActivityIdControl(4, &Swap), 0, "get and set");
    ok(RtlCompareMemory(&Swap, &Made, sizeof Got) == sizeof Got, "the one before");
    STATUS(EtwActivityIdControl(5, &Swap), 0, "create and set");
    ok(RtlCompareMemory(&Swap, &Other, sizeof Got) == sizeof Got, "the one before");
    STATUS(EtwActivityIdControl(9, &Swap), STATUS_INVALID_PARAMETER, "do what?");
    STATUS(EtwActivityIdControl(1, NULL), STATUS_INVALID_PARAMETER, "for whom?");
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    TestManifest();
    TestSelfDescribed();
    TestWpp();
    TestActivity();
}
