/*
 * Drivers that start by themselves when a machine that is kept comes up: services of Start type 0 (boot), then 1 (system), then 2 (auto).
 *
 * Within a type, groups come in the order of Control\ServiceGroupOrder\List, and those without a group or of one that is not there last; within a group, tags in
 * the order of Control\GroupOrderList\<group>; then names ("Specifying Driver Load Order"). What a driver depends on comes before it whatever its place is. On
 * Windows the service control manager starts type 2; here that happens in the same place, so that the machine has come up when it is done.
 */
#include "io/io.h"

#include "cm/cm.h"
#include "kd/kd.h"
#include "ldr/ldr.h"
#include "rtl/crt.h"

#define START_TAG      'trSI'
#define CURRENT        L"\\Registry\\Machine\\System\\CurrentControlSet\\"
#define SERVICES       CURRENT L"Services"
#define NO_RANK        MAXULONG
#define BOOT_START     0u
#define SYSTEM_START   1u
#define AUTO_START     2u
#define DEMAND_START   3u
#define ERROR_NORMAL   1u
#define ERROR_SEVERE   2u
#define ERROR_CRITICAL 3u
#define DRIVER_TYPES   0x0Bu /* kernel, file system, recognizer */
#define EXIT_REFUSED   126u
#define BUGCHECK       0x5Au /* CRITICAL_SERVICE_FAILED */

typedef struct _SERVICE {
    LIST_ENTRY Entry;    /* in the order of starting */
    UNICODE_STRING Key;  /* its path, terminated; behind the structure */
    UNICODE_STRING Name; /* the path's last part */
    ULONG Type, Start, ErrorControl, Tag;
    ULONG GroupRank, TagRank;
    PKEY_VALUE_PARTIAL_INFORMATION Group, OnServices, OnGroups; /* pool, text ends in two zeros; NULL: there is none */
    enum { IsWaiting, IsStarting, IsStarted, HasFailed } State;
} SERVICE;

static LIST_ENTRY Services;
BOOLEAN IopDeferReinitialize;

/* ---- What the registry says ---- */
/* A value in pool, with two zeros behind its data; NULL: it is not there, or not of one of two types. */
static PKEY_VALUE_PARTIAL_INFORMATION ReadValue(HANDLE Key, PCWSTR ValueName, ULONG Type, ULONG OtherType) {
    PKEY_VALUE_PARTIAL_INFORMATION Value;
    UNICODE_STRING Name;
    ULONG Size = 0;
    RtlInitUnicodeString(&Name, ValueName);
    if (ZwQueryValueKey(Key, &Name, KeyValuePartialInformation, NULL, 0, &Size) != STATUS_BUFFER_TOO_SMALL)
        return NULL;
    Value = ExAllocatePoolWithTag(PagedPool, (SIZE_T)Size + 2 * sizeof(WCHAR), START_TAG);
    if (!Value)
        return NULL;
    RtlZeroMemory((PUCHAR)Value + Size, 2 * sizeof(WCHAR));
    if (NT_SUCCESS(ZwQueryValueKey(Key, &Name, KeyValuePartialInformation, Value, Size, &Size)) &&
        (Value->Type == Type || Value->Type == OtherType)) {
        if (Value->DataLength % sizeof(WCHAR)) /* text of half a character is cut */
            Value->Data[--Value->DataLength] = 0;
        return Value;
    }
    ExFreePoolWithTag(Value, START_TAG);
    return NULL;
}

static VOID FreeValue(PKEY_VALUE_PARTIAL_INFORMATION Value) {
    if (Value)
        ExFreePoolWithTag(Value, START_TAG);
}

static ULONG ReadNumber(HANDLE Key, PCWSTR ValueName, ULONG Default) {
    UCHAR Room[FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION, Data) + sizeof(ULONG)];
    PKEY_VALUE_PARTIAL_INFORMATION Value = (PKEY_VALUE_PARTIAL_INFORMATION)Room;
    UNICODE_STRING Name;
    ULONG Size, Number;
    RtlInitUnicodeString(&Name, ValueName);
    if (!NT_SUCCESS(ZwQueryValueKey(Key, &Name, KeyValuePartialInformation, Value, sizeof Room, &Size)) || Value->Type != REG_DWORD ||
        Value->DataLength != sizeof Number)
        return Default;
    RtlCopyMemory(&Number, Value->Data, sizeof Number);
    return Number;
}

static NTSTATUS OpenKey(PCUNICODE_STRING Path, PHANDLE Key) {
    OBJECT_ATTRIBUTES Attributes;
    InitializeObjectAttributes(&Attributes, (PUNICODE_STRING)Path, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    return ZwOpenKey(Key, KEY_READ, &Attributes);
}

/* The first text of a list, and the one after it; an empty one ends it. */
static PCWSTR FirstText(PKEY_VALUE_PARTIAL_INFORMATION List) { return List && *(PCWSTR)List->Data ? (PCWSTR)List->Data : NULL; }
static PCWSTR NextText(PCWSTR Text) {
    Text += wcslen(Text) + 1;
    return *Text ? Text : NULL;
}

static BOOLEAN IsSame(PCWSTR A, PCWSTR B) { return _wcsicmp(A, B) == 0; }

static BOOLEAN IsInGroup(SERVICE *Service, PCWSTR Group) { return Service->Group && IsSame((PCWSTR)Service->Group->Data, Group); }

static ULONG GroupRank(PKEY_VALUE_PARTIAL_INFORMATION Order, PKEY_VALUE_PARTIAL_INFORMATION Group) {
    ULONG Rank = 0;
    if (!Group)
        return NO_RANK;
    for (PCWSTR Text = FirstText(Order); Text; Text = NextText(Text), Rank++)
        if (IsSame(Text, (PCWSTR)Group->Data))
            return Rank;
    return NO_RANK - 1;
}

/* GroupOrderList's values are a count and that many tags. */
static ULONG TagRank(HANDLE Orders, PKEY_VALUE_PARTIAL_INFORMATION Group, ULONG Tag) {
    PKEY_VALUE_PARTIAL_INFORMATION Order = Group && Tag && Orders ? ReadValue(Orders, (PCWSTR)Group->Data, REG_BINARY, REG_BINARY) : NULL;
    ULONG Rank = NO_RANK;
    for (ULONG I = 1; Order && I < Order->DataLength / sizeof(ULONG) && Rank == NO_RANK; I++)
        if (((ULONG UNALIGNED *)Order->Data)[I] == Tag)
            Rank = I;
    FreeValue(Order);
    return Rank;
}

/* Behind all that come before it; among equals, in the order of reading, which is that of names. */
static VOID Insert(SERVICE *Service) {
    PLIST_ENTRY Place = Services.Flink;
    for (; Place != &Services; Place = Place->Flink) {
        SERVICE *Other = CONTAINING_RECORD(Place, SERVICE, Entry);
        if (Other->GroupRank > Service->GroupRank || (Other->GroupRank == Service->GroupRank && Other->TagRank > Service->TagRank))
            break;
    }
    InsertTailList(Place, &Service->Entry);
}

static NTSTATUS ReadService(PCUNICODE_STRING Name, PKEY_VALUE_PARTIAL_INFORMATION GroupOrder, HANDLE TagOrders) {
    static const WCHAR Head[] = SERVICES L"\\";
    SERVICE *Service = ExAllocatePoolWithTag(PagedPool, sizeof *Service + sizeof Head + Name->Length, START_TAG);
    HANDLE Key;
    if (!Service)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Service, sizeof *Service);
    Service->Key.Buffer = (PWSTR)(Service + 1);
    Service->Key.MaximumLength = (USHORT)(sizeof Head + Name->Length);
    RtlAppendUnicodeToString(&Service->Key, Head);
    RtlAppendUnicodeStringToString(&Service->Key, Name);
    Service->Key.Buffer[Service->Key.Length / sizeof(WCHAR)] = 0;
    RtlInitUnicodeString(&Service->Name, Service->Key.Buffer + ARRAYSIZE(Head) - 1);
    if (!NT_SUCCESS(OpenKey(&Service->Key, &Key))) {
        ExFreePoolWithTag(Service, START_TAG);
        return STATUS_SUCCESS;
    }
    Service->Type = ReadNumber(Key, L"Type", 0);
    Service->Start = ReadNumber(Key, L"Start", MAXULONG);
    Service->ErrorControl = ReadNumber(Key, L"ErrorControl", ERROR_NORMAL);
    Service->Tag = ReadNumber(Key, L"Tag", 0);
    Service->Group = ReadValue(Key, L"Group", REG_SZ, REG_SZ);
    Service->OnServices = ReadValue(Key, L"DependOnService", REG_MULTI_SZ, REG_SZ);
    Service->OnGroups = ReadValue(Key, L"DependOnGroup", REG_MULTI_SZ, REG_SZ);
    ZwClose(Key);
    Service->GroupRank = GroupRank(GroupOrder, Service->Group);
    Service->TagRank = TagRank(TagOrders, Service->Group, Service->Tag);
    Service->State = IopQueryDriver(&Service->Name) == IopDriverAbsent ? IsWaiting : IsStarted;
    Insert(Service);
    return STATUS_SUCCESS;
}

static VOID ReadServices(VOID) {
    UNICODE_STRING Path;
    HANDLE Key, Order = NULL, TagOrders = NULL;
    PKEY_VALUE_PARTIAL_INFORMATION GroupOrder = NULL;
    NTSTATUS Status;

    InitializeListHead(&Services);
    RtlInitUnicodeString(&Path, CURRENT L"Control\\ServiceGroupOrder");
    if (NT_SUCCESS(OpenKey(&Path, &Order))) {
        GroupOrder = ReadValue(Order, L"List", REG_MULTI_SZ, REG_MULTI_SZ);
        ZwClose(Order);
    }
    RtlInitUnicodeString(&Path, CURRENT L"Control\\GroupOrderList");
    if (!NT_SUCCESS(OpenKey(&Path, &TagOrders)))
        TagOrders = NULL;
    RtlInitUnicodeString(&Path, SERVICES);
    Status = OpenKey(&Path, &Key);
    for (ULONG I = 0; NT_SUCCESS(Status); I++) {
        UCHAR Room[sizeof(KEY_BASIC_INFORMATION) + 256 * sizeof(WCHAR)];
        PKEY_BASIC_INFORMATION Basic = (PKEY_BASIC_INFORMATION)Room;
        ULONG Size;
        Status = ZwEnumerateKey(Key, I, KeyBasicInformation, Basic, sizeof Room, &Size);
        if (NT_SUCCESS(Status)) {
            UNICODE_STRING Name = {(USHORT)Basic->NameLength, (USHORT)Basic->NameLength, Basic->Name};
            Status = ReadService(&Name, GroupOrder, TagOrders);
        } else {
            ZwClose(Key);
        }
    }
    if (Status == STATUS_INSUFFICIENT_RESOURCES)
        KdMessage("services: no memory to read all of them: some drivers do not start");
    if (TagOrders)
        ZwClose(TagOrders);
    FreeValue(GroupOrder);
}

static VOID FreeServices(VOID) {
    while (!IsListEmpty(&Services)) {
        SERVICE *Service = CONTAINING_RECORD(RemoveHeadList(&Services), SERVICE, Entry);
        FreeValue(Service->Group);
        FreeValue(Service->OnServices);
        FreeValue(Service->OnGroups);
        ExFreePoolWithTag(Service, START_TAG);
    }
}

/* ---- Starting ---- */
/* ErrorControl ("CreateService"): who must have the driver goes back to the last known good control set; who uses that already goes on without a severe one,
   and not without a critical one. A machine cannot start itself anew: the next `up` does. */
static VOID Suffer(SERVICE *Service, NTSTATUS Status) {
    static CHAR Text[512];
    if (Service->ErrorControl != ERROR_SEVERE && Service->ErrorControl != ERROR_CRITICAL)
        return;
    if (CmFallBack()) {
        _snprintf_s(Text, sizeof Text, _TRUNCATE,
                    "%wZ: this machine must have this driver (ErrorControl %lu), and it did not start: start the machine again: it will use the last "
                    "known good "
                    "control set",
                    &Service->Name, Service->ErrorControl);
        KdFlush();
        HalOps->stop(EXIT_REFUSED, Text);
        __builtin_unreachable();
    }
    if (Service->ErrorControl == ERROR_CRITICAL)
        KiBugCheck(BUGCHECK, (ULONG)Status, 0, 0, 0, NULL,
                   "A driver with ErrorControl critical did not start, and the last known good control set is in use");
    KdMessage("%wZ: this machine goes on without it: the last known good control set is in use", &Service->Name);
}

static VOID Fail(SERVICE *Service, NTSTATUS Status, const LDR_REFUSAL *Refusal) {
    static CHAR Text[sizeof(LDR_REFUSAL) + 512];
    CHAR Name[256];
    ULONG Bytes = 0;
    Service->State = HasFailed;
    if (Service->ErrorControl != 0) {
        RtlUnicodeToUTF8N(Name, sizeof Name - 1, &Bytes, Service->Name.Buffer, Service->Name.Length);
        Name[Bytes] = '\0';
        LdrDescribeRefusal(Text, sizeof Text, Name, Status, Refusal);
        KdMessage("%s", Text);
    }
    Suffer(Service, Status);
}

static SERVICE *Find(PCWSTR Name) {
    for (PLIST_ENTRY Link = Services.Flink; Link != &Services; Link = Link->Flink)
        if (IsSame(CONTAINING_RECORD(Link, SERVICE, Entry)->Name.Buffer, Name))
            return CONTAINING_RECORD(Link, SERVICE, Entry);
    return NULL;
}

static BOOLEAN Start(SERVICE *Service, ULONG Phase);

/* What others depend on is started for them if its own time has come; with type 2, also what is started on demand. */
static BOOLEAN StartFor(SERVICE *Service, ULONG Phase) {
    if (Service->State == IsStarted)
        return TRUE;
    return (Service->Start <= Phase || (Phase == AUTO_START && Service->Start == DEMAND_START)) && Start(Service, Phase);
}

/* NULL: all that it depends on runs; else the name of what does not. */
static PCWSTR StartDependencies(SERVICE *Service, ULONG Phase) {
    for (PCWSTR Name = FirstText(Service->OnServices); Name; Name = NextText(Name)) {
        SERVICE *Other = Find(Name);
        if (!Other || !StartFor(Other, Phase))
            return Name;
    }
    for (PCWSTR Group = FirstText(Service->OnGroups); Group; Group = NextText(Group)) {
        BOOLEAN Any = FALSE;
        for (PLIST_ENTRY Link = Services.Flink; Link != &Services; Link = Link->Flink) {
            SERVICE *Other = CONTAINING_RECORD(Link, SERVICE, Entry);
            if (IsInGroup(Other, Group))
                Any |= StartFor(Other, Phase);
        }
        if (!Any)
            return Group;
    }
    return NULL;
}

static BOOLEAN Start(SERVICE *Service, ULONG Phase) {
    LDR_REFUSAL Refusal = {0};
    PCWSTR Lacking;
    NTSTATUS Status;

    if (Service->State != IsWaiting) /* IsStarting: it depends on itself */
        return Service->State == IsStarted;
    if (!(Service->Type & DRIVER_TYPES)) {
        KdMessage("%wZ: is a program that runs as a service, which this machine does not have: only drivers are started", &Service->Name);
        Service->State = HasFailed;
        return FALSE;
    }
    if (KiMachine->safe) {
        KdMessage("%wZ: not started: this is a safe boot", &Service->Name);
        Service->State = HasFailed;
        return FALSE;
    }
    Service->State = IsStarting;
    Lacking = StartDependencies(Service, Phase);
    if (Lacking) {
        _snprintf_s(Refusal.Why, sizeof Refusal.Why, _TRUNCATE, "depends on %S, which does not run", Lacking);
        strncpy(Refusal.Advice, "start that earlier, or change DependOnService and DependOnGroup", sizeof Refusal.Advice - 1);
        Fail(Service, STATUS_UNSUCCESSFUL, &Refusal);
        return FALSE;
    }
    Status = IopLoadDriver(&Service->Key, &Refusal);
    if (!NT_SUCCESS(Status)) {
        if (!Refusal.Why[0]) {
            strncpy(Refusal.Why, "its image cannot be read", sizeof Refusal.Why - 1);
            strncpy(Refusal.Advice, "check ImagePath in its service key", sizeof Refusal.Advice - 1);
        }
        Fail(Service, Status, &Refusal);
        return FALSE;
    }
    Service->State = IsStarted;
    return TRUE;
}

static VOID StartPhase(ULONG Phase) {
    for (PLIST_ENTRY Link = Services.Flink; Link != &Services; Link = Link->Flink) {
        SERVICE *Service = CONTAINING_RECORD(Link, SERVICE, Entry);
        if (Service->Start == Phase)
            Start(Service, Phase);
    }
}

VOID IopStartDrivers(VOID) {
    ReadServices();
    IopDeferReinitialize = TRUE;
    StartPhase(BOOT_START);
    IopReinitializeDrivers(TRUE);
    StartPhase(SYSTEM_START);
    IopDeferReinitialize = FALSE;
    IopReinitializeDrivers(FALSE);
    StartPhase(AUTO_START);
    FreeServices();
    CmAcceptBoot();
}
