/* The registry at boot, and the kernel's own way in. */
#include "cm/key.h"
#include "cm/store.h"
#include "ke/ke.h"

POBJECT_TYPE CmpKeyObjectType;
static BOOLEAN CmpHaveAll; /* the registry of an earlier boot is there: what it lacks has been deleted */

/* The key at a full path; links are followed by rewriting the path. Create makes what is missing. */
static NTSTATUS CmpNodeAt(PCWSTR Path, BOOLEAN Create, PCM_NODE *Node) {
    UNICODE_STRING rest, component, link;
    RtlInitUnicodeString(&rest, Path);
    RtlInitUnicodeString(&link, L"CurrentControlSet");
    CmpNextName(&rest, &component);
    if (RtlCompareUnicodeString(&component, &CmpRoot->Name, TRUE) != 0)
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    PCM_NODE node = CmpRoot;
    for (CmpNextName(&rest, &component); component.Length != 0; CmpNextName(&rest, &component)) {
        if (component.Length > CMP_MAX_KEY_NAME)
            return STATUS_INVALID_PARAMETER;
        PCM_NODE child = CmpFindChild(node, &component);
        if (child != NULL && child->Link)
            child = RtlCompareUnicodeString(&component, &link, TRUE) == 0 ? CmpFindChild(node, CmpDefaultControlSet()) : NULL;
        if (child == NULL) {
            if (!Create)
                return STATUS_OBJECT_NAME_NOT_FOUND;
            child = CmpCreateNode(node, &component);
            if (child == NULL)
                return STATUS_INSUFFICIENT_RESOURCES;
            child->Volatile = node->Volatile;
            CmpLogKey(child);
            CmpReportChange(node, REG_NOTIFY_CHANGE_NAME);
        }
        node = child;
    }
    *Node = node;
    return STATUS_SUCCESS;
}

NTSTATUS CmpSetValue(PCWSTR KeyPath, PCWSTR ValueName, ULONG Type, const VOID *Data, ULONG Size) {
    PCM_NODE node;
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, ValueName);
    NTSTATUS status = CmpNodeAt(KeyPath, TRUE, &node);
    if (NT_SUCCESS(status))
        status = CmpPutValue(node, &name, Type, Data, Size);
    if (NT_SUCCESS(status))
        CmpReportChange(node, REG_NOTIFY_CHANGE_LAST_SET);
    return status;
}

NTSTATUS CmpQueryValue(PCWSTR KeyPath, PCWSTR ValueName, ULONG *Type, VOID *Data, ULONG *Size) {
    PCM_NODE node;
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, ValueName);
    NTSTATUS status = CmpNodeAt(KeyPath, FALSE, &node);
    if (!NT_SUCCESS(status))
        return status;
    PCM_VALUE value = CmpFindValue(node, &name);
    if (value == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    ULONG room = *Size;
    if (Type != NULL)
        *Type = value->Type;
    *Size = value->Size;
    if (room < value->Size)
        return STATUS_BUFFER_TOO_SMALL;
    RtlCopyMemory(Data, value->Data, value->Size);
    return STATUS_SUCCESS;
}

NTSTATUS CmpMakeKey(PCWSTR KeyPath) {
    PCM_NODE node;
    return CmpNodeAt(KeyPath, TRUE, &node);
}

PCM_NODE CmpNodeByPath(PCWSTR Path) {
    PCM_NODE node;
    NTSTATUS status = CmpNodeAt(Path, TRUE, &node);
    NT_ASSERT_OURS(NT_SUCCESS(status));
    return node;
}

/* A value that a new registry has, and that a registry from a file keeps as it is. */
static VOID CmpBootValue(PCWSTR Path, PCWSTR Name, ULONG Type, const VOID *Data, ULONG Size) {
    ULONG there = 0;
    if (CmpHaveAll || CmpQueryValue(Path, Name, NULL, NULL, &there) != STATUS_OBJECT_NAME_NOT_FOUND)
        return;
    NTSTATUS status = CmpSetValue(Path, Name, Type, Data, Size);
    NT_ASSERT_OURS(NT_SUCCESS(status));
}

static VOID CmpBootString(PCWSTR Path, PCWSTR Name, ULONG Type, PCWSTR Text) {
    UNICODE_STRING text;
    RtlInitUnicodeString(&text, Text);
    CmpBootValue(Path, Name, Type, text.Buffer, text.MaximumLength);
}

static VOID CmpBootNumber(PCWSTR Path, PCWSTR Name, ULONG Number) { CmpBootValue(Path, Name, REG_DWORD, &Number, sizeof(Number)); }

/* \REGISTRY in the object namespace; everything below it is found by its parse routine. */
static VOID CmpPublishRoot(VOID) {
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    PCM_KEY key;
    HANDLE handle;
    RtlInitUnicodeString(&name, L"\\REGISTRY");
    InitializeObjectAttributes(&attributes, &name, OBJ_PERMANENT | OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    NTSTATUS status = ObCreateObject(KernelMode, CmpKeyObjectType, &attributes, KernelMode, NULL, sizeof(*key), 0, 0, (PVOID *)&key);
    NT_ASSERT_OURS(NT_SUCCESS(status));
    CmpReferenceNode(CmpRoot);
    key->Node = CmpRoot;
    status = ObInsertObject(key, NULL, KEY_ALL_ACCESS, 0, NULL, &handle);
    NT_ASSERT_OURS(NT_SUCCESS(status));
    ObCloseHandle(handle, KernelMode);
}

static VOID CmpMakeHives(VOID) {
    static const struct {
        PCWSTR Path;
        BOOLEAN Kept;
    } hives[] = {{L"\\REGISTRY\\MACHINE\\HARDWARE", FALSE}, {L"\\REGISTRY\\MACHINE\\SAM", TRUE},    {L"\\REGISTRY\\MACHINE\\SECURITY", TRUE},
                 {L"\\REGISTRY\\MACHINE\\SOFTWARE", TRUE},  {L"\\REGISTRY\\MACHINE\\SYSTEM", TRUE}, {L"\\REGISTRY\\USER\\.DEFAULT", TRUE},
                 {L"\\REGISTRY\\USER\\S-1-5-18", TRUE}};
    CmpRoot->Fixed = TRUE;
    for (ULONG i = 0; i < RTL_NUMBER_OF(hives); i++) {
        PCM_NODE hive = CmpNodeByPath(hives[i].Path);
        hive->Fixed = hive->Parent->Fixed = TRUE;
        hive->Kept = hives[i].Kept;
    }
}

/* CurrentControlSet leads to the set that this boot uses. */
static VOID CmpMakeControlSetLink(VOID) {
    PCUNICODE_STRING set = CmpDefaultControlSet();
    UNICODE_STRING name;
    ULONG length;
    RtlInitUnicodeString(&name, L"CurrentControlSet");
    PCM_NODE system = CmpNodeByPath(L"\\REGISTRY\\MACHINE\\SYSTEM"), link = CmpCreateNode(system, &name), target = CmpFindChild(system, set);
    NT_ASSERT_OURS(link != NULL && target != NULL);
    link->Link = link->Volatile = TRUE;
    link->Kept = FALSE;
    WCHAR path[64];
    CmpNodePath(target, NULL, &length);
    NT_ASSERT_OURS(length <= sizeof(path));
    CmpNodePath(target, path, &length);
    RtlInitUnicodeString(&name, L"SymbolicLinkValue");
    NTSTATUS status = CmpPutValue(link, &name, REG_LINK, path, length);
    NT_ASSERT_OURS(NT_SUCCESS(status));
}

static VOID CmpMakeControlSet(VOID) {
    static const PCWSTR keys[] = {
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
    for (ULONG i = 0; i < RTL_NUMBER_OF(keys); i++)
        CmpNodeByPath(keys[i]);
    CmpBootString(L"\\REGISTRY\\MACHINE\\SYSTEM\\CurrentControlSet\\Control", L"SystemStartOptions", REG_SZ, L" TESTSIGNING");
    CmpBootString(L"\\REGISTRY\\MACHINE\\SYSTEM\\CurrentControlSet\\Control\\ComputerName\\ComputerName", L"ComputerName", REG_SZ, L"RINGSIDE");
    CmpBootNumber(L"\\REGISTRY\\MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\kernel", L"ObCaseInsensitive", 1);
    CmpBootString(L"\\REGISTRY\\MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment", L"windir", REG_EXPAND_SZ,
                  L"%SystemRoot%");
    CmpBootString(L"\\REGISTRY\\MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment", L"OS", REG_SZ, L"Windows_NT");
}

/* The order of groups of an installation ("Specifying Driver Load Order" tells how they are used). */
static VOID CmpMakeGroupOrder(VOID) {
    static const WCHAR list[] = L"System Reserved\0"
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
    CmpBootValue(L"\\REGISTRY\\MACHINE\\SYSTEM\\CurrentControlSet\\Control\\ServiceGroupOrder", L"List", REG_MULTI_SZ, list, sizeof(list));
}

static VOID CmpMakeVersion(VOID) {
    static const WCHAR key[] = L"\\REGISTRY\\MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion";
    CmpBootString(key, L"ProductName", REG_SZ, L"Windows 10 Pro");
    CmpBootString(key, L"EditionID", REG_SZ, L"Professional");
    CmpBootString(key, L"InstallationType", REG_SZ, L"Client");
    CmpBootString(key, L"CurrentVersion", REG_SZ, L"6.3");
    CmpBootString(key, L"CurrentBuild", REG_SZ, L"19045");
    CmpBootString(key, L"CurrentBuildNumber", REG_SZ, L"19045");
    CmpBootString(key, L"CurrentType", REG_SZ, L"Multiprocessor Free");
    CmpBootString(key, L"DisplayVersion", REG_SZ, L"22H2");
    CmpBootString(key, L"SystemRoot", REG_SZ, L"C:\\Windows");
    CmpBootNumber(key, L"CurrentMajorVersionNumber", 10);
    CmpBootNumber(key, L"CurrentMinorVersionNumber", 0);
}

VOID CmInitSystem(VOID) {
    UNICODE_STRING name;
    NTSTATUS status = ObCreateObjectType(&CmpKeyInitializer, &CmpKeyObjectType);
    NT_ASSERT_OURS(NT_SUCCESS(status));
    RtlInitUnicodeString(&name, L"REGISTRY");
    CmpRoot = CmpCreateNode(NULL, &name);
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
