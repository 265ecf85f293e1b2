/* The registry at boot, and the kernel's own way in. */
#include "cm/key.h"
#include "ke/ke.h"

POBJECT_TYPE CmpKeyObjectType;

/* The key at a full path; links are followed by rewriting the path. Create makes what is missing. */
static NTSTATUS CmpNodeAt(PCWSTR Path, BOOLEAN Create, PCM_NODE *Node) {
    static const WCHAR alias[] = L"CurrentControlSet", real[] = L"ControlSet001";
    UNICODE_STRING rest, component, link, target;
    RtlInitUnicodeString(&rest, Path);
    RtlInitUnicodeString(&link, alias);
    RtlInitUnicodeString(&target, real);
    CmpNextName(&rest, &component);
    if (RtlCompareUnicodeString(&component, &CmpRoot->Name, TRUE) != 0)
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    PCM_NODE node = CmpRoot;
    for (CmpNextName(&rest, &component); component.Length != 0; CmpNextName(&rest, &component)) {
        if (component.Length > CMP_MAX_KEY_NAME)
            return STATUS_INVALID_PARAMETER;
        PCM_NODE child = CmpFindChild(node, &component);
        if (child != NULL && child->Link)
            child = RtlCompareUnicodeString(&component, &link, TRUE) == 0 ? CmpFindChild(node, &target) : NULL;
        if (child == NULL) {
            if (!Create)
                return STATUS_OBJECT_NAME_NOT_FOUND;
            child = CmpCreateNode(node, &component);
            if (child == NULL)
                return STATUS_INSUFFICIENT_RESOURCES;
            child->Volatile = node->Volatile;
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
    return NT_SUCCESS(status) ? CmpPutValue(node, &name, Type, Data, Size) : status;
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

static PCM_NODE CmpBootKey(PCWSTR Path) {
    PCM_NODE node;
    NTSTATUS status = CmpNodeAt(Path, TRUE, &node);
    NT_ASSERT_OURS(NT_SUCCESS(status));
    return node;
}

static VOID CmpBootString(PCWSTR Path, PCWSTR Name, ULONG Type, PCWSTR Text) {
    UNICODE_STRING text;
    RtlInitUnicodeString(&text, Text);
    NTSTATUS status = CmpSetValue(Path, Name, Type, text.Buffer, text.MaximumLength);
    NT_ASSERT_OURS(NT_SUCCESS(status));
}

static VOID CmpBootNumber(PCWSTR Path, PCWSTR Name, ULONG Number) {
    NTSTATUS status = CmpSetValue(Path, Name, REG_DWORD, &Number, sizeof(Number));
    NT_ASSERT_OURS(NT_SUCCESS(status));
}

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
    static const PCWSTR hives[] = {L"\\REGISTRY\\MACHINE\\HARDWARE", L"\\REGISTRY\\MACHINE\\SAM",    L"\\REGISTRY\\MACHINE\\SECURITY",
                                   L"\\REGISTRY\\MACHINE\\SOFTWARE", L"\\REGISTRY\\MACHINE\\SYSTEM", L"\\REGISTRY\\USER\\.DEFAULT",
                                   L"\\REGISTRY\\USER\\S-1-5-18"};
    CmpRoot->Fixed = TRUE;
    for (ULONG i = 0; i < RTL_NUMBER_OF(hives); i++) {
        PCM_NODE hive = CmpBootKey(hives[i]);
        hive->Fixed = hive->Parent->Fixed = TRUE;
    }
}

static VOID CmpMakeControlSet(VOID) {
    static const WCHAR target[] = L"\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001";
    static const PCWSTR keys[] = {
        L"\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Control\\Class", L"\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Control\\DeviceClasses",
        L"\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Enum",           L"\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Hardware Profiles",
        L"\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Services",       L"\\REGISTRY\\MACHINE\\HARDWARE\\DEVICEMAP",
        L"\\REGISTRY\\MACHINE\\HARDWARE\\DESCRIPTION\\System",         L"\\REGISTRY\\MACHINE\\HARDWARE\\RESOURCEMAP",
    };
    for (ULONG i = 0; i < RTL_NUMBER_OF(keys); i++)
        CmpBootKey(keys[i]);
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, L"CurrentControlSet");
    PCM_NODE link = CmpCreateNode(CmpBootKey(L"\\REGISTRY\\MACHINE\\SYSTEM"), &name);
    NT_ASSERT_OURS(link != NULL);
    link->Link = link->Volatile = TRUE;
    RtlInitUnicodeString(&name, L"SymbolicLinkValue");
    NTSTATUS status = CmpPutValue(link, &name, REG_LINK, target, sizeof(target) - sizeof(WCHAR));
    NT_ASSERT_OURS(NT_SUCCESS(status));
    CmpBootNumber(L"\\REGISTRY\\MACHINE\\SYSTEM\\Select", L"Current", 1);
    CmpBootNumber(L"\\REGISTRY\\MACHINE\\SYSTEM\\Select", L"Default", 1);
    CmpBootNumber(L"\\REGISTRY\\MACHINE\\SYSTEM\\Select", L"LastKnownGood", 1);
    CmpBootString(L"\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Control", L"SystemStartOptions", REG_SZ, L" TESTSIGNING");
    CmpBootString(L"\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Control\\ComputerName\\ComputerName", L"ComputerName", REG_SZ, L"RINGSIDE");
    CmpBootNumber(L"\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Control\\Session Manager\\kernel", L"ObCaseInsensitive", 1);
    CmpBootString(L"\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Control\\Session Manager\\Environment", L"windir", REG_EXPAND_SZ, L"%SystemRoot%");
    CmpBootString(L"\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Control\\Session Manager\\Environment", L"OS", REG_SZ, L"Windows_NT");
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
    CmpMakeControlSet();
    CmpMakeVersion();
    CmpPublishRoot();
}
