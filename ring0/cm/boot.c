/* The registry at boot, and the kernel's own way in. */
#include "cm/key.h"
#include "cm/store.h"
#include "ke/ke.h"

POBJECT_TYPE CmpKeyObjectType;
static BOOLEAN CmpHaveAll; /* the registry of an earlier boot is there: what it lacks has been deleted */

/* The key at a full path; links are followed by rewriting the path. Create makes what is missing. */
static NTSTATUS CmpNodeAt(PCWSTR Path, BOOLEAN Create, PCM_NODE *Node) {
    UNICODE_STRING Rest, Component, Link;
    RtlInitUnicodeString(&Rest, Path);
    RtlInitUnicodeString(&Link, L"CurrentControlSet");
    CmpNextName(&Rest, &Component);
    if (RtlCompareUnicodeString(&Component, &CmpRoot->Name, TRUE) != 0)
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    PCM_NODE Found = CmpRoot;
    for (CmpNextName(&Rest, &Component); Component.Length != 0; CmpNextName(&Rest, &Component)) {
        if (Component.Length > CMP_MAX_KEY_NAME)
            return STATUS_INVALID_PARAMETER;
        PCM_NODE Child = CmpFindChild(Found, &Component);
        if (Child != NULL && Child->Link)
            Child = RtlCompareUnicodeString(&Component, &Link, TRUE) == 0 ? CmpFindChild(Found, CmpDefaultControlSet()) : NULL;
        if (Child == NULL) {
            if (!Create)
                return STATUS_OBJECT_NAME_NOT_FOUND;
            Child = CmpCreateNode(Found, &Component);
            if (Child == NULL)
                return STATUS_INSUFFICIENT_RESOURCES;
            Child->Volatile = Found->Volatile;
            CmpLogKey(Child);
            CmpReportChange(Found, REG_NOTIFY_CHANGE_NAME);
        }
        Found = Child;
    }
    *Node = Found;
    return STATUS_SUCCESS;
}

NTSTATUS CmpSetValue(PCWSTR KeyPath, PCWSTR ValueName, ULONG Type, const VOID *Data, ULONG Size) {
    PCM_NODE Node;
    UNICODE_STRING Name;
    RtlInitUnicodeString(&Name, ValueName);
    NTSTATUS Status = CmpNodeAt(KeyPath, TRUE, &Node);
    if (NT_SUCCESS(Status))
        Status = CmpPutValue(Node, &Name, Type, Data, Size);
    if (NT_SUCCESS(Status))
        CmpReportChange(Node, REG_NOTIFY_CHANGE_LAST_SET);
    return Status;
}

NTSTATUS CmpQueryValue(PCWSTR KeyPath, PCWSTR ValueName, ULONG *Type, VOID *Data, ULONG *Size) {
    PCM_NODE Node;
    UNICODE_STRING Name;
    RtlInitUnicodeString(&Name, ValueName);
    NTSTATUS Status = CmpNodeAt(KeyPath, FALSE, &Node);
    if (!NT_SUCCESS(Status))
        return Status;
    PCM_VALUE Value = CmpFindValue(Node, &Name);
    if (Value == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    ULONG Room = *Size;
    if (Type != NULL)
        *Type = Value->Type;
    *Size = Value->Size;
    if (Room < Value->Size)
        return STATUS_BUFFER_TOO_SMALL;
    RtlCopyMemory(Data, Value->Data, Value->Size);
    return STATUS_SUCCESS;
}

NTSTATUS CmpMakeKey(PCWSTR KeyPath) {
    PCM_NODE Node;
    return CmpNodeAt(KeyPath, TRUE, &Node);
}

PCM_NODE CmpNodeByPath(PCWSTR Path) {
    PCM_NODE Node;
    NTSTATUS Status = CmpNodeAt(Path, TRUE, &Node);
    NT_ASSERT_OURS(NT_SUCCESS(Status));
    return Node;
}

/* A value that a new registry has, and that a registry from a file keeps as it is. */
static VOID CmpBootValue(PCWSTR Path, PCWSTR Name, ULONG Type, const VOID *Data, ULONG Size) {
    ULONG There = 0;
    if (CmpHaveAll || CmpQueryValue(Path, Name, NULL, NULL, &There) != STATUS_OBJECT_NAME_NOT_FOUND)
        return;
    NTSTATUS Status = CmpSetValue(Path, Name, Type, Data, Size);
    NT_ASSERT_OURS(NT_SUCCESS(Status));
}

static VOID CmpBootString(PCWSTR Path, PCWSTR Name, ULONG Type, PCWSTR Text) {
    UNICODE_STRING Data;
    RtlInitUnicodeString(&Data, Text);
    CmpBootValue(Path, Name, Type, Data.Buffer, Data.MaximumLength);
}

static VOID CmpBootNumber(PCWSTR Path, PCWSTR Name, ULONG Number) { CmpBootValue(Path, Name, REG_DWORD, &Number, sizeof(Number)); }

/* \REGISTRY in the object namespace; everything below it is found by its parse routine. */
static VOID CmpPublishRoot(VOID) {
    UNICODE_STRING Name;
    OBJECT_ATTRIBUTES Attributes;
    PCM_KEY Key;
    HANDLE Handle;
    RtlInitUnicodeString(&Name, L"\\REGISTRY");
    InitializeObjectAttributes(&Attributes, &Name, OBJ_PERMANENT | OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    NTSTATUS Status = ObCreateObject(KernelMode, CmpKeyObjectType, &Attributes, KernelMode, NULL, sizeof(*Key), 0, 0, (PVOID *)&Key);
    NT_ASSERT_OURS(NT_SUCCESS(Status));
    CmpReferenceNode(CmpRoot);
    Key->Node = CmpRoot;
    Status = ObInsertObject(Key, NULL, KEY_ALL_ACCESS, 0, NULL, &Handle);
    NT_ASSERT_OURS(NT_SUCCESS(Status));
    ObCloseHandle(Handle, KernelMode);
}

static VOID CmpMakeHives(VOID) {
    static const struct {
        PCWSTR Path;
        BOOLEAN Kept;
    } Hives[] = {{L"\\REGISTRY\\MACHINE\\HARDWARE", FALSE}, {L"\\REGISTRY\\MACHINE\\SAM", TRUE},    {L"\\REGISTRY\\MACHINE\\SECURITY", TRUE},
                 {L"\\REGISTRY\\MACHINE\\SOFTWARE", TRUE},  {L"\\REGISTRY\\MACHINE\\SYSTEM", TRUE}, {L"\\REGISTRY\\USER\\.DEFAULT", TRUE},
                 {L"\\REGISTRY\\USER\\S-1-5-18", TRUE}};
    CmpRoot->Fixed = TRUE;
    for (ULONG I = 0; I < RTL_NUMBER_OF(Hives); I++) {
        PCM_NODE Hive = CmpNodeByPath(Hives[I].Path);
        Hive->Fixed = Hive->Parent->Fixed = TRUE;
        Hive->Kept = Hives[I].Kept;
    }
}

/* CurrentControlSet leads to the set that this boot uses. */
static VOID CmpMakeControlSetLink(VOID) {
    PCUNICODE_STRING Set = CmpDefaultControlSet();
    UNICODE_STRING Name;
    ULONG Length;
    RtlInitUnicodeString(&Name, L"CurrentControlSet");
    PCM_NODE System = CmpNodeByPath(L"\\REGISTRY\\MACHINE\\SYSTEM"), Link = CmpCreateNode(System, &Name), Target = CmpFindChild(System, Set);
    NT_ASSERT_OURS(Link != NULL && Target != NULL);
    Link->Link = Link->Volatile = TRUE;
    Link->Kept = FALSE;
    WCHAR Path[64];
    CmpNodePath(Target, NULL, &Length);
    NT_ASSERT_OURS(Length <= sizeof(Path));
    CmpNodePath(Target, Path, &Length);
    RtlInitUnicodeString(&Name, L"SymbolicLinkValue");
    NTSTATUS Status = CmpPutValue(Link, &Name, REG_LINK, Path, Length);
    NT_ASSERT_OURS(NT_SUCCESS(Status));
}

static VOID CmpMakeControlSet(VOID) {
    static const PCWSTR Keys[] = {
        L"\\REGISTRY\\MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Class",
        L"\\REGISTRY\\MACHINE\\SYSTEM\\CurrentControlSet\\Control\\DeviceClasses",
        L"\\REGISTRY\\MACHINE\\SYSTEM\\CurrentControlSet\\Enum",
        L"\\REGISTRY\\MACHINE\\SYSTEM\\CurrentControlSet\\Hardware Profiles\\Current",
        L"\\REGISTRY\\MACHINE\\SOFTWARE\\Classes",
        L"\\REGISTRY\\MACHINE\\SYSTEM\\CurrentControlSet\\Services",
        L"\\REGISTRY\\MACHINE\\HARDWARE\\DEVICEMAP",
        L"\\REGISTRY\\MACHINE\\HARDWARE\\DESCRIPTION\\System",
        L"\\REGISTRY\\MACHINE\\HARDWARE\\RESOURCEMAP",
    };
    CmpMakeControlSetLink();
    for (ULONG I = 0; I < RTL_NUMBER_OF(Keys); I++)
        CmpNodeByPath(Keys[I]);
    CmpBootString(L"\\REGISTRY\\MACHINE\\SYSTEM\\CurrentControlSet\\Control", L"SystemStartOptions", REG_SZ, L" TESTSIGNING");
    CmpBootString(L"\\REGISTRY\\MACHINE\\SYSTEM\\CurrentControlSet\\Control\\ComputerName\\ComputerName", L"ComputerName", REG_SZ, L"RINGSIDE");
    CmpBootNumber(L"\\REGISTRY\\MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\kernel", L"ObCaseInsensitive", 1);
    CmpBootString(L"\\REGISTRY\\MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment", L"windir", REG_EXPAND_SZ,
                  L"%SystemRoot%");
    CmpBootString(L"\\REGISTRY\\MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment", L"OS", REG_SZ, L"Windows_NT");
}

/* The order of groups of an installation ("Specifying Driver Load Order" tells how they are used). */
static VOID CmpMakeGroupOrder(VOID) {
    static const WCHAR List[] = L"System Reserved\0"
                                L"EMS\0"
                                L"WdfLoadGroup\0"
                                L"Boot Bus Extender\0"
                                L"System Bus Extender\0"
                                L"SCSI miniport\0"
                                L"Port\0"
                                L"Primary Disk\0"
                                L"SCSI Class\0"
                                L"SCSI CDROM Class\0"
                                L"FSFilter Infrastructure\0"
                                L"FSFilter System\0"
                                L"FSFilter Bottom\0"
                                L"FSFilter Copy Protection\0"
                                L"FSFilter Security Enhancer\0"
                                L"FSFilter Open File\0"
                                L"FSFilter Physical Quota Management\0"
                                L"FSFilter Encryption\0"
                                L"FSFilter Compression\0"
                                L"FSFilter HSM\0"
                                L"FSFilter Cluster File System\0"
                                L"FSFilter System Recovery\0"
                                L"FSFilter Quota Management\0"
                                L"FSFilter Content Screener\0"
                                L"FSFilter Continuous Backup\0"
                                L"FSFilter Replication\0"
                                L"FSFilter Anti-Virus\0"
                                L"FSFilter Undelete\0"
                                L"FSFilter Activity Monitor\0"
                                L"FSFilter Top\0"
                                L"Filter\0"
                                L"Boot File System\0"
                                L"Base\0"
                                L"Pointer Port\0"
                                L"Keyboard Port\0"
                                L"Pointer Class\0"
                                L"Keyboard Class\0"
                                L"Video Init\0"
                                L"Video\0"
                                L"Video Save\0"
                                L"File System\0"
                                L"Streams Drivers\0"
                                L"NDIS Wrapper\0"
                                L"COM Infrastructure\0"
                                L"Event Log\0"
                                L"PlugPlay\0"
                                L"PNP_TDI\0"
                                L"NDIS\0"
                                L"TDI\0"
                                L"NetBIOSGroup\0"
                                L"NetworkProvider\0"
                                L"RemoteValidation\0"
                                L"Extended Base\0";
    CmpBootValue(L"\\REGISTRY\\MACHINE\\SYSTEM\\CurrentControlSet\\Control\\ServiceGroupOrder", L"List", REG_MULTI_SZ, List, sizeof(List));
}

static VOID CmpMakeVersion(VOID) {
    static const WCHAR Key[] = L"\\REGISTRY\\MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion";
    CmpBootString(Key, L"ProductName", REG_SZ, L"Windows 10 Pro");
    CmpBootString(Key, L"EditionID", REG_SZ, L"Professional");
    CmpBootString(Key, L"InstallationType", REG_SZ, L"Client");
    CmpBootString(Key, L"CurrentVersion", REG_SZ, L"6.3");
    CmpBootString(Key, L"CurrentBuild", REG_SZ, L"19045");
    CmpBootString(Key, L"CurrentBuildNumber", REG_SZ, L"19045");
    CmpBootString(Key, L"CurrentType", REG_SZ, L"Multiprocessor Free");
    CmpBootString(Key, L"DisplayVersion", REG_SZ, L"22H2");
    CmpBootString(Key, L"SystemRoot", REG_SZ, L"C:\\Windows");
    CmpBootNumber(Key, L"CurrentMajorVersionNumber", 10);
    CmpBootNumber(Key, L"CurrentMinorVersionNumber", 0);
}

VOID CmInitSystem(VOID) {
    UNICODE_STRING Name;
    NTSTATUS Status = ObCreateObjectType(&CmpKeyInitializer, &CmpKeyObjectType);
    NT_ASSERT_OURS(NT_SUCCESS(Status));
    RtlInitUnicodeString(&Name, L"REGISTRY");
    CmpRoot = CmpCreateNode(NULL, &Name);
    NT_ASSERT_OURS(CmpRoot != NULL);
    CmpMakeHives();
    CmpSecureHives();
    CmpHaveAll = CmpOpenStore();
    CmpChooseControlSet();
    CmpMakeControlSet();
    CmpMakeGroupOrder();
    CmpMakeVersion();
    CmpPublishRoot();
}
