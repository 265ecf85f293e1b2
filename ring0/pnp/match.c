/* Which drivers serve which device: what the registry says of it, and how it comes to say so. */
#include "pnp/node.h"

#define CLASS_UNKNOWN L"{4d36e97e-e325-11ce-bfc1-08002be10318}" /* GUID_DEVCLASS_UNKNOWN: of devices that no INF has put into another */
#define MSI_KEY       L"\\Device Parameters\\Interrupt Management\\MessageSignaledInterruptProperties"

/* The key of an ID in the database. */
static BOOLEAN PnppDatabaseKey(PCWSTR Id, PWSTR Key) {
    if (!PnpFormat(Key, PNP_PATH, PNP_DATABASE L"\\%s", Id))
        return FALSE;
    for (PWSTR At = Key + RTL_NUMBER_OF(PNP_DATABASE); *At != 0; At++) {
        if (*At == L'\\')
            *At = L'#';
    }
    return TRUE;
}

/* The driver's own key, Control\Class\{class}\NNNN, which the device's value Driver names. */
static VOID PnppMakeDriverKey(PCWSTR DeviceKey) {
    WCHAR Key[PNP_PATH], Name[64];
    PWSTR Old = PnpReadValue(DeviceKey, L"Driver", REG_SZ, NULL);
    HANDLE Handle;

    if (Old != NULL) {
        ExFreePoolWithTag(Old, PNP_TAG);
        return;
    }
    for (ULONG Number = 0; Number < 10000; Number++) {
        PnpFormat(Name, RTL_NUMBER_OF(Name), CLASS_UNKNOWN L"\\%04u", Number);
        PnpFormat(Key, PNP_PATH, PNP_CONTROL L"Class\\%s", Name);
        if (NT_SUCCESS(PnpOpenKey(Key, KEY_READ, &Handle))) {
            ZwClose(Handle);
            continue;
        }
        if (NT_SUCCESS(CmpMakeKey(Key))) {
            PnpWriteText(DeviceKey, L"Driver", Name);
            PnpWriteText(DeviceKey, L"ClassGUID", CLASS_UNKNOWN);
        }
        return;
    }
}

static VOID PnppCopyTexts(PCWSTR From, PCWSTR To, PCWSTR Name) {
    PWSTR Texts = PnpReadValue(From, Name, REG_MULTI_SZ, NULL);

    for (PWSTR Text = Texts; Text != NULL && *Text != 0; Text += wcslen(Text) + 1)
        PnpAddText(To, Name, Text);
    if (Texts != NULL)
        ExFreePoolWithTag(Texts, PNP_TAG);
}

/* What the database has for one ID. Filters and permission for messages go to the device whatever ID has them, the service is that of the first. */
static VOID PnppMatchId(PPNP_NODE Node, PCWSTR DeviceKey, PCWSTR Id, PBOOLEAN Served) {
    WCHAR Key[PNP_PATH], Below[PNP_PATH];
    PWSTR Service;
    ULONG Number, Size = sizeof(Number);

    if (!PnppDatabaseKey(Id, Key))
        return;
    PnppCopyTexts(Key, DeviceKey, L"UpperFilters");
    PnppCopyTexts(Key, DeviceKey, L"LowerFilters");
    if (NT_SUCCESS(CmpQueryValue(Key, L"MSISupported", NULL, &Number, &Size)) && PnpDeviceKey(Node, MSI_KEY, Below))
        PnpWriteNumber(Below, L"MSISupported", Number);
    Service = *Served ? NULL : PnpReadValue(Key, L"Service", REG_SZ, NULL);
    if (Service == NULL)
        return;
    *Served = TRUE;
    PnpWriteText(DeviceKey, L"Service", Service);
    PnppMakeDriverKey(DeviceKey);
    ExFreePoolWithTag(Service, PNP_TAG);
}

VOID PnpMatch(PPNP_NODE Node) {
    static const PCWSTR Values[] = {L"HardwareID", L"CompatibleIDs"};
    WCHAR Key[PNP_PATH];
    PWSTR Ids, Service;
    BOOLEAN Served;

    if (!PnpDeviceKey(Node, L"", Key))
        return;
    Service = PnpReadValue(Key, L"Service", REG_SZ, NULL);
    Served = Service != NULL;
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Values); Index++) {
        Ids = PnpReadValue(Key, Values[Index], REG_MULTI_SZ, NULL);
        for (PWSTR Id = Ids; Id != NULL && *Id != 0; Id += wcslen(Id) + 1)
            PnppMatchId(Node, Key, Id, &Served);
        if (Ids != NULL)
            ExFreePoolWithTag(Ids, PNP_TAG);
    }
    if (Service != NULL)
        ExFreePoolWithTag(Service, PNP_TAG);
}

/* ---- Binding ---- */
typedef struct _PNP_MATCH {
    WCHAR Id[PNP_ID];
    WCHAR Service[PNP_ID];
    BOOLEAN Upper, Lower, Msi, IsRoot;
} PNP_MATCH, *PPNP_MATCH;

static BOOLEAN PnppIsWord(PCWSTR Text, ULONG Length, PCWSTR Word) { return wcslen(Word) == Length && _wcsnicmp(Text, Word, Length) == 0; }

/* "ENUMERATOR\ID" and words behind commas. */
static BOOLEAN PnppParse(PCUNICODE_STRING Text, PPNP_MATCH Match) {
    PCWSTR End = Text->Buffer + Text->Length / sizeof(WCHAR), At = Text->Buffer, Word;
    ULONG Length = 0, Slashes = 0;

    for (; At < End && *At != L','; At++) {
        if (*At <= L' ' || *At > 0x7F || Length + 1 == PNP_ID)
            return FALSE;
        Slashes += *At == L'\\';
        Match->Id[Length++] = *At;
    }
    while (At < End) {
        for (Word = ++At; At < End && *At != L','; At++)
            ;
        Match->Upper |= PnppIsWord(Word, (ULONG)(At - Word), L"upper");
        Match->Lower |= PnppIsWord(Word, (ULONG)(At - Word), L"lower");
        Match->Msi |= PnppIsWord(Word, (ULONG)(At - Word), L"msi");
        if (!PnppIsWord(Word, (ULONG)(At - Word), L"upper") && !PnppIsWord(Word, (ULONG)(At - Word), L"lower") &&
            !PnppIsWord(Word, (ULONG)(At - Word), L"msi"))
            return FALSE;
    }
    Match->IsRoot = _wcsnicmp(Match->Id, L"ROOT\\", 5) == 0;
    if (Match->IsRoot && (Slashes != 1 || Length == 5))
        return FALSE;
    return Length != 0 && Match->Id[0] != L'\\' && Match->Id[Length - 1] != L'\\' && !(Match->Upper && Match->Lower);
}

/* A device of the root is there once, and has the ID that it is asked for by. */
static NTSTATUS PnppMakeRootDevice(PPNP_MATCH Match) {
    WCHAR Key[PNP_PATH];
    NTSTATUS Status;

    if (!PnpFormat(Key, PNP_PATH, PNP_ENUM L"%s\\0000", Match->Id))
        return STATUS_OBJECT_NAME_INVALID;
    Status = PnpAddText(Key, L"HardwareID", Match->Id);
    if (NT_SUCCESS(Status) && PnpFormat(Key, PNP_PATH, L"%s\\0000", Match->Id) && PnpFindNode(Key) == NULL)
        Status = PnpCreateRootDevice(Match->Id, L"0000");
    return Status;
}

static BOOLEAN PnppHasId(PCWSTR DeviceKey, PCWSTR Id) {
    static const PCWSTR Values[] = {L"HardwareID", L"CompatibleIDs"};
    BOOLEAN Has = FALSE;

    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Values); Index++) {
        PWSTR Ids = PnpReadValue(DeviceKey, Values[Index], REG_MULTI_SZ, NULL);

        Has |= PnpHasText(Ids, Id);
        if (Ids != NULL)
            ExFreePoolWithTag(Ids, PNP_TAG);
    }
    return Has;
}

/* Devices of the ID choose anew when a driver arrives: the one of their most particular ID. */
static VOID PnppLetChoose(PCWSTR Id) {
    WCHAR Key[PNP_PATH];

    for (PLIST_ENTRY Link = PnpNodes.Flink; Link != &PnpNodes; Link = Link->Flink) {
        PPNP_NODE Node = CONTAINING_RECORD(Link, PNP_NODE, Entry);

        if (Node->Path != NULL && PnpDeviceKey(Node, L"", Key) && PnppHasId(Key, Id))
            PnpDeleteValue(Key, L"Service");
    }
}

static NTSTATUS PnppBind(PVOID Context) {
    PPNP_MATCH Match = Context;
    WCHAR Key[PNP_PATH];
    NTSTATUS Status = STATUS_SUCCESS;

    if (!PnppDatabaseKey(Match->Id, Key))
        return STATUS_OBJECT_NAME_INVALID;
    if (Match->Upper || Match->Lower)
        Status = PnpAddText(Key, Match->Upper ? L"UpperFilters" : L"LowerFilters", Match->Service);
    else
        Status = PnpWriteText(Key, L"Service", Match->Service);
    if (NT_SUCCESS(Status) && !Match->Upper && !Match->Lower)
        PnppLetChoose(Match->Id);
    if (NT_SUCCESS(Status) && Match->Msi)
        Status = PnpWriteNumber(Key, L"MSISupported", 1);
    if (NT_SUCCESS(Status) && Match->IsRoot)
        Status = PnppMakeRootDevice(Match);
    return Status;
}

NTSTATUS PnpBind(PCUNICODE_STRING Match, PCUNICODE_STRING Service) {
    PPNP_MATCH Parsed = ExAllocatePoolWithTag(PagedPool, sizeof(*Parsed), PNP_TAG);
    NTSTATUS Status = STATUS_OBJECT_NAME_INVALID;

    if (Parsed == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Parsed, sizeof(*Parsed));
    if (PnppParse(Match, Parsed) && PnpFormat(Parsed->Service, PNP_ID, L"%wZ", Service))
        Status = PnpCall(PnppBind, Parsed);
    ExFreePoolWithTag(Parsed, PNP_TAG);
    return Status;
}

/* The value, of whatever type, is Service or has it; NULL: is there at all. */
static BOOLEAN PnppNames(PCWSTR Key, PCWSTR Name, ULONG Type, PCWSTR Service) {
    PWSTR Texts = PnpReadValue(Key, Name, Type, NULL);
    BOOLEAN Names = Texts != NULL && (Service == NULL || PnpHasText(Texts, Service));

    if (Texts != NULL)
        ExFreePoolWithTag(Texts, PNP_TAG);
    return Names;
}

static BOOLEAN PnppNamesDriver(PCWSTR Key, PCWSTR Service) {
    return PnppNames(Key, L"Service", REG_SZ, Service) || PnppNames(Key, L"UpperFilters", REG_MULTI_SZ, Service) ||
           PnppNames(Key, L"LowerFilters", REG_MULTI_SZ, Service);
}

/* What a key says of the service is taken out of it. */
static VOID PnppForget(PCWSTR Key, PCWSTR Service) {
    if (PnppNames(Key, L"Service", REG_SZ, Service))
        PnpDeleteValue(Key, L"Service");
    PnpRemoveText(Key, L"UpperFilters", Service);
    PnpRemoveText(Key, L"LowerFilters", Service);
}

static NTSTATUS PnppUnbind(PVOID Context) {
    PCWSTR Service = Context;
    WCHAR Name[PNP_ID], Key[PNP_PATH];

    for (ULONG Index = 0; PnpEnumerateKey(PNP_DATABASE, Index, Name, RTL_NUMBER_OF(Name));) {
        Index++;
        if (!PnpFormat(Key, PNP_PATH, PNP_DATABASE L"\\%s", Name) || !PnppNamesDriver(Key, Service))
            continue;
        PnppForget(Key, Service);
        if (!PnppNamesDriver(Key, NULL)) {
            PnpDeleteTree(Key);
            Index--;
        }
    }
    for (PLIST_ENTRY Link = PnpNodes.Flink; Link != &PnpNodes;) {
        PPNP_NODE Node = CONTAINING_RECORD(Link, PNP_NODE, Entry);

        Link = Link->Flink;
        if (Node->Path == NULL || !PnpDeviceKey(Node, L"", Key))
            continue;
        if (PnppNames(Key, L"Service", REG_SZ, Service) && _wcsnicmp(Node->Path, L"ROOT\\", 5) == 0)
            PnpDeleteRootDevice(Node->Path);
        else
            PnppForget(Key, Service);
    }
    return STATUS_SUCCESS;
}

VOID PnpUnbind(PCUNICODE_STRING Service) {
    WCHAR Name[PNP_ID];

    if (PnpFormat(Name, RTL_NUMBER_OF(Name), L"%wZ", Service))
        PnpCall(PnppUnbind, Name);
}
