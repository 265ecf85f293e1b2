/*
 * Device interfaces: names by which a device is found by what it can do. An interface lives as long as its device's node; the key that it leaves below
 * Control\DeviceClasses stays, and has Control\Linked = 1 while the interface is on. A link leads to the PDO; interfaces of one class and device that differ by their
 * reference strings share it, and the driver finds the string in the file's name.
 */
#include "pnp/node.h"

typedef struct _PNP_INTERFACE {
    LIST_ENTRY Entry; /* of PnppInterfaces, in the order of registration */
    PPNP_NODE Node;
    GUID Class;
    BOOLEAN Enabled, Pending; /* Pending: comes on when the device has started */
    USHORT BaseLength;        /* of Link without the reference string, bytes */
    UNICODE_STRING Link;      /* "\??\PCI#...#{class}\reference"; its buffer lies behind, terminated */
} PNP_INTERFACE, *PPNP_INTERFACE;

static LIST_ENTRY PnppInterfaces = {&PnppInterfaces, &PnppInterfaces};

static BOOLEAN PnppGuidText(const GUID *Guid, PWSTR Text) { /* 39 characters */
    UNICODE_STRING String;

    if (!NT_SUCCESS(RtlStringFromGUID(Guid, &String)))
        return FALSE;
    PnpFormat(Text, 39, L"%wZ", &String);
    RtlFreeUnicodeString(&String);
    return TRUE;
}

/* "\??\A#B#C#{class}" */
static BOOLEAN PnppMakeLink(PPNP_NODE Node, const GUID *Class, PCUNICODE_STRING Reference, PWSTR Link, PUSHORT BaseLength) {
    WCHAR Guid[39];

    if (!PnppGuidText(Class, Guid) || !PnpFormat(Link, PNP_PATH, L"\\??\\%s#%s", Node->Path, Guid))
        return FALSE;
    for (PWSTR At = Link + 4; *At != 0; At++) {
        if (*At == L'\\')
            *At = L'#';
    }
    *BaseLength = (USHORT)(wcslen(Link) * sizeof(WCHAR));
    return Reference == NULL || Reference->Length == 0 ||
           PnpFormat(Link + *BaseLength / sizeof(WCHAR), PNP_PATH - *BaseLength / sizeof(WCHAR), L"\\%wZ", Reference);
}

static PPNP_INTERFACE PnppFindInterface(PCUNICODE_STRING Link) {
    for (PLIST_ENTRY Entry = PnppInterfaces.Flink; Entry != &PnppInterfaces; Entry = Entry->Flink) {
        PPNP_INTERFACE Interface = CONTAINING_RECORD(Entry, PNP_INTERFACE, Entry);

        if (RtlEqualUnicodeString(&Interface->Link, Link, TRUE))
            return Interface;
    }
    return NULL;
}

/* Its key: Control\DeviceClasses\{class}\##?#A#B#C#{class}\#reference, and what lies below that. */
static BOOLEAN PnppInterfaceKey(PPNP_INTERFACE Interface, PCWSTR Below, PWSTR Key) {
    WCHAR Guid[39];
    UNICODE_STRING Base = {Interface->BaseLength, Interface->BaseLength, Interface->Link.Buffer};
    PCWSTR Reference = Interface->Link.Buffer + Interface->BaseLength / sizeof(WCHAR);

    Base.Buffer += 4;
    Base.Length = Base.MaximumLength = Base.Length - 4 * sizeof(WCHAR);
    return PnppGuidText(&Interface->Class, Guid) &&
           PnpFormat(Key, PNP_PATH, PNP_CONTROL L"DeviceClasses\\%s\\##?#%wZ\\#%s%s", Guid, &Base, *Reference != 0 ? Reference + 1 : L"", Below);
}

static VOID PnppWriteInterface(PPNP_INTERFACE Interface) {
    WCHAR Key[PNP_PATH], Link[PNP_PATH];

    if (!PnppInterfaceKey(Interface, L"", Key) || !PnpFormat(Link, PNP_PATH, L"\\\\?%s", Interface->Link.Buffer + 3))
        return;
    PnpWriteText(Key, L"SymbolicLink", Link); /* as programs open it: \\?\... */
    *wcsrchr(Key, L'\\') = 0;
    PnpWriteText(Key, L"DeviceInstance", Interface->Node->Path);
}

static NTSTATUS PnppCopyLink(PPNP_INTERFACE Interface, PUNICODE_STRING Link) {
    SIZE_T Size = Interface->Link.Length + sizeof(WCHAR);

    Link->Buffer = ExAllocatePoolWithTag(PagedPool, Size, PNP_TAG);
    if (Link->Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(Link->Buffer, Interface->Link.Buffer, Size);
    Link->Length = Interface->Link.Length;
    Link->MaximumLength = (USHORT)Size;
    return STATUS_SUCCESS;
}

/* A reference string names no path ("IoRegisterDeviceInterface"). */
static BOOLEAN PnppIsReferenceValid(PCUNICODE_STRING Reference) {
    for (ULONG Index = 0; Reference != NULL && Index < Reference->Length / sizeof(WCHAR); Index++) {
        if (Reference->Buffer[Index] == L'\\' || Reference->Buffer[Index] == L'/' || Reference->Buffer[Index] == 0)
            return FALSE;
    }
    return TRUE;
}

/* In a key that does not outlive the machine, as nothing that is on does. */
static VOID PnppSetLinked(PPNP_INTERFACE Interface, ULONG Linked) {
    UNICODE_STRING Control, Name = RTL_CONSTANT_STRING(L"Linked");
    OBJECT_ATTRIBUTES Attributes;
    WCHAR Key[PNP_PATH];
    HANDLE Handle;

    if (!PnppInterfaceKey(Interface, L"\\Control", Key))
        return;
    RtlInitUnicodeString(&Control, Key);
    InitializeObjectAttributes(&Attributes, &Control, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    if (!NT_SUCCESS(ZwCreateKey(&Handle, KEY_SET_VALUE, &Attributes, 0, NULL, REG_OPTION_VOLATILE, NULL)))
        return;
    ZwSetValueKey(Handle, &Name, 0, REG_DWORD, &Linked, sizeof(Linked));
    ZwClose(Handle);
}

NTSTATUS NTAPI IoRegisterDeviceInterface(PDEVICE_OBJECT PhysicalDeviceObject, const GUID *InterfaceClassGuid, PUNICODE_STRING ReferenceString,
                                         PUNICODE_STRING SymbolicLinkName) {
    PPNP_NODE Node = PnpIdentifiedNodeOf(PhysicalDeviceObject);
    WCHAR Text[PNP_PATH];
    UNICODE_STRING Link;
    PPNP_INTERFACE Interface;
    USHORT BaseLength;

    if (Node == NULL || !PnppIsReferenceValid(ReferenceString))
        return STATUS_INVALID_DEVICE_REQUEST;
    if (!PnppMakeLink(Node, InterfaceClassGuid, ReferenceString, Text, &BaseLength))
        return STATUS_INVALID_PARAMETER;
    RtlInitUnicodeString(&Link, Text);
    Interface = PnppFindInterface(&Link);
    if (Interface == NULL) {
        Interface = ExAllocatePoolWithTag(PagedPool, sizeof(*Interface) + Link.MaximumLength, PNP_TAG);
        if (Interface == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        *Interface = (PNP_INTERFACE){
            .Node = Node, .Class = *InterfaceClassGuid, .BaseLength = BaseLength, .Link = {Link.Length, Link.MaximumLength, (PWSTR)(Interface + 1)}};
        RtlCopyMemory(Interface->Link.Buffer, Text, Link.MaximumLength);
        InsertTailList(&PnppInterfaces, &Interface->Entry);
        PnppWriteInterface(Interface);
    }
    return PnppCopyLink(Interface, SymbolicLinkName);
}

/* ---- On and off ---- */
/* Another one that is on has the same link. */
static BOOLEAN PnppIsLinkShared(PPNP_INTERFACE Interface) {
    for (PLIST_ENTRY Entry = PnppInterfaces.Flink; Entry != &PnppInterfaces; Entry = Entry->Flink) {
        PPNP_INTERFACE Other = CONTAINING_RECORD(Entry, PNP_INTERFACE, Entry);

        if (Other != Interface && Other->Enabled && Other->Node == Interface->Node && RtlEqualMemory(&Other->Class, &Interface->Class, sizeof(GUID)))
            return TRUE;
    }
    return FALSE;
}

static NTSTATUS PnppSwitchOn(PPNP_INTERFACE Interface) {
    UNICODE_STRING Base = {Interface->BaseLength, Interface->BaseLength, Interface->Link.Buffer};
    struct {
        OBJECT_NAME_INFORMATION Information;
        WCHAR Text[128];
    } Name;
    ULONG Size;
    NTSTATUS Status = ObQueryNameString(Interface->Node->Pdo, &Name.Information, sizeof(Name), &Size);

    if (NT_SUCCESS(Status) && Name.Information.Name.Length == 0)
        Status = STATUS_INVALID_DEVICE_REQUEST; /* nothing that a link could lead to */
    if (NT_SUCCESS(Status) && !PnppIsLinkShared(Interface))
        Status = ObpCreateSymbolicLink(&Base, &Name.Information.Name, OBJ_PERMANENT | OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    Interface->Enabled = TRUE;
    PnppSetLinked(Interface, 1);
    PnpTellInterface(&Interface->Class, &Interface->Link, TRUE);
    return STATUS_SUCCESS;
}

static VOID PnppSwitchOff(PPNP_INTERFACE Interface) {
    UNICODE_STRING Base = {Interface->BaseLength, Interface->BaseLength, Interface->Link.Buffer};

    Interface->Enabled = FALSE;
    if (!PnppIsLinkShared(Interface))
        IoDeleteSymbolicLink(&Base);
    PnppSetLinked(Interface, 0);
    PnpTellInterface(&Interface->Class, &Interface->Link, FALSE);
}

NTSTATUS NTAPI IoSetDeviceInterfaceState(PUNICODE_STRING SymbolicLinkName, BOOLEAN Enable) {
    PPNP_INTERFACE Interface = PnppFindInterface(SymbolicLinkName);

    if (Interface == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (Enable && Interface->Enabled)
        return STATUS_OBJECT_NAME_EXISTS;
    if (Enable && Interface->Node->State == PnpStarted)
        return PnppSwitchOn(Interface);
    if (!Enable && Interface->Enabled)
        PnppSwitchOff(Interface);
    else if (!Enable && !Interface->Pending)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    Interface->Pending = Enable;
    return STATUS_SUCCESS;
}

VOID PnpEnableInterfaces(PPNP_NODE Node) {
    for (PLIST_ENTRY Entry = PnppInterfaces.Flink; Entry != &PnppInterfaces; Entry = Entry->Flink) {
        PPNP_INTERFACE Interface = CONTAINING_RECORD(Entry, PNP_INTERFACE, Entry);

        if (Interface->Node != Node || !Interface->Pending)
            continue;
        Interface->Pending = FALSE;
        if (!NT_SUCCESS(PnppSwitchOn(Interface)))
            KdMessage("%S: its interface %wZ cannot be switched on: its PDO needs a name (FILE_AUTOGENERATED_DEVICE_NAME)", Node->Path,
                      &Interface->Link);
    }
}

VOID PnpDisableInterfaces(PPNP_NODE Node) {
    for (PLIST_ENTRY Entry = PnppInterfaces.Flink; Entry != &PnppInterfaces; Entry = Entry->Flink) {
        PPNP_INTERFACE Interface = CONTAINING_RECORD(Entry, PNP_INTERFACE, Entry);

        if (Interface->Node != Node)
            continue;
        Interface->Pending = FALSE;
        if (Interface->Enabled)
            PnppSwitchOff(Interface);
    }
}

VOID PnpForgetInterfaces(PPNP_NODE Node) {
    PnpDisableInterfaces(Node);
    for (PLIST_ENTRY Entry = PnppInterfaces.Flink; Entry != &PnppInterfaces;) {
        PPNP_INTERFACE Interface = CONTAINING_RECORD(Entry, PNP_INTERFACE, Entry);

        Entry = Entry->Flink;
        if (Interface->Node == Node) {
            RemoveEntryList(&Interface->Entry);
            ExFreePoolWithTag(Interface, PNP_TAG);
        }
    }
}

/* ---- Finding ---- */
static BOOLEAN PnppIsWanted(PPNP_INTERFACE Interface, const GUID *Class, PPNP_NODE Node, ULONG Flags) {
    return RtlEqualMemory(&Interface->Class, Class, sizeof(GUID)) && (Node == NULL || Interface->Node == Node) &&
           (Interface->Enabled || (Flags & DEVICE_INTERFACE_INCLUDE_NONACTIVE) != 0);
}

/* An empty list is the zero that ends it. */
NTSTATUS NTAPI IoGetDeviceInterfaces(const GUID *InterfaceClassGuid, PDEVICE_OBJECT PhysicalDeviceObject, ULONG Flags, PWSTR *SymbolicLinkList) {
    PPNP_NODE Node = PnpIdentifiedNodeOf(PhysicalDeviceObject);
    SIZE_T Size = sizeof(WCHAR);
    PWSTR At;

    *SymbolicLinkList = NULL;
    if (PhysicalDeviceObject != NULL && Node == NULL)
        return STATUS_INVALID_DEVICE_REQUEST;
    for (PLIST_ENTRY Entry = PnppInterfaces.Flink; Entry != &PnppInterfaces; Entry = Entry->Flink) {
        PPNP_INTERFACE Interface = CONTAINING_RECORD(Entry, PNP_INTERFACE, Entry);

        if (PnppIsWanted(Interface, InterfaceClassGuid, Node, Flags))
            Size += Interface->Link.Length + sizeof(WCHAR);
    }
    At = ExAllocatePoolWithTag(PagedPool, Size, PNP_TAG);
    if (At == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    *SymbolicLinkList = At;
    for (PLIST_ENTRY Entry = PnppInterfaces.Flink; Entry != &PnppInterfaces; Entry = Entry->Flink) {
        PPNP_INTERFACE Interface = CONTAINING_RECORD(Entry, PNP_INTERFACE, Entry);

        if (!PnppIsWanted(Interface, InterfaceClassGuid, Node, Flags))
            continue;
        RtlCopyMemory(At, Interface->Link.Buffer, Interface->Link.Length + sizeof(WCHAR));
        At += Interface->Link.Length / sizeof(WCHAR) + 1;
    }
    *At = 0;
    return STATUS_SUCCESS;
}

VOID PnpWalkInterfaces(const GUID *Class, VOID (*Routine)(PUNICODE_STRING Link, PVOID Context), PVOID Context) {
    for (PLIST_ENTRY Entry = PnppInterfaces.Flink; Entry != &PnppInterfaces;) {
        PPNP_INTERFACE Interface = CONTAINING_RECORD(Entry, PNP_INTERFACE, Entry);

        Entry = Entry->Flink;
        if (PnppIsWanted(Interface, Class, NULL, 0))
            Routine(&Interface->Link, Context);
    }
}

/* The same device and reference string in another class. */
NTSTATUS NTAPI IoGetDeviceInterfaceAlias(PUNICODE_STRING SymbolicLinkName, const GUID *AliasInterfaceClassGuid,
                                         PUNICODE_STRING AliasSymbolicLinkName) {
    PPNP_INTERFACE Interface = PnppFindInterface(SymbolicLinkName), Alias;
    UNICODE_STRING Reference, Link;
    WCHAR Text[PNP_PATH];
    USHORT BaseLength;

    if (Interface == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    RtlInitUnicodeString(&Reference, Interface->Link.Buffer + Interface->BaseLength / sizeof(WCHAR));
    if (Reference.Length != 0) { /* without the backslash */
        Reference.Buffer++;
        Reference.Length -= sizeof(WCHAR);
    }
    if (!PnppMakeLink(Interface->Node, AliasInterfaceClassGuid, &Reference, Text, &BaseLength))
        return STATUS_INVALID_PARAMETER;
    RtlInitUnicodeString(&Link, Text);
    Alias = PnppFindInterface(&Link);
    return Alias != NULL ? PnppCopyLink(Alias, AliasSymbolicLinkName) : STATUS_OBJECT_NAME_NOT_FOUND;
}

NTSTATUS NTAPI IoOpenDeviceInterfaceRegistryKey(PUNICODE_STRING SymbolicLinkName, ACCESS_MASK DesiredAccess, PHANDLE DeviceInterfaceRegKey) {
    PPNP_INTERFACE Interface = PnppFindInterface(SymbolicLinkName);
    WCHAR Key[PNP_PATH];
    NTSTATUS Status;

    *DeviceInterfaceRegKey = NULL;
    if (Interface == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (!PnppInterfaceKey(Interface, L"\\Device Parameters", Key))
        return STATUS_OBJECT_NAME_INVALID;
    Status = CmpMakeKey(Key);
    return NT_SUCCESS(Status) ? PnpOpenKey(Key, DesiredAccess, DeviceInterfaceRegKey) : Status;
}

NTSTATUS NTAPI IoSetDeviceInterfacePropertyData(PUNICODE_STRING SymbolicLinkName, const DEVPROPKEY *PropertyKey, LCID Lcid, ULONG Flags, ULONG Type,
                                                ULONG Size, PVOID Data) {
    PPNP_INTERFACE Interface = PnppFindInterface(SymbolicLinkName);
    WCHAR Key[PNP_PATH];

    if (Interface == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    return PnppInterfaceKey(Interface, L"", Key) ? PnpSetProperty(Key, PropertyKey, Lcid, Type, Size, Data) : STATUS_INVALID_PARAMETER;
}

NTSTATUS NTAPI IoGetDeviceInterfacePropertyData(PUNICODE_STRING SymbolicLinkName, const DEVPROPKEY *PropertyKey, LCID Lcid, ULONG Flags, ULONG Size,
                                                PVOID Data, PULONG RequiredSize, PULONG Type) {
    PPNP_INTERFACE Interface = PnppFindInterface(SymbolicLinkName);
    WCHAR Key[PNP_PATH];

    *RequiredSize = 0;
    if (Interface == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    return PnppInterfaceKey(Interface, L"", Key) ? PnpGetProperty(Key, PropertyKey, Lcid, Size, Data, RequiredSize, Type) : STATUS_INVALID_PARAMETER;
}
