/* Key objects: how names below \Registry are parsed, and keys opened, made and deleted. */
#include "cm/key.h"
#include "ke/ke.h"

PCM_NODE CmpRoot;

/* Flags that say which registry a 32-bit program means; there is one. */
#define CMP_WOW64_ACCESS (KEY_WOW64_32KEY | KEY_WOW64_64KEY)

NTSTATUS CmpReferenceKey(HANDLE Handle, ACCESS_MASK Access, KPROCESSOR_MODE Mode, PCM_KEY *Key) {
    PVOID object;
    NTSTATUS status = ObReferenceObjectByHandle(Handle, Access, CmpKeyObjectType, Mode, &object, NULL);
    if (!NT_SUCCESS(status))
        return status;
    *Key = object;
    if ((*Key)->Node->Deleted) {
        ObfDereferenceObject(object);
        return STATUS_KEY_DELETED;
    }
    return STATUS_SUCCESS;
}

static VOID CmpDeleteKeyObject(PVOID Object) {
    PCM_KEY key = Object;
    if (key->Node != NULL)
        CmpDereferenceNode(key->Node);
}

static PSECURITY_DESCRIPTOR *CmpKeySecurity(PVOID Object) { return &((PCM_KEY)Object)->Node->Security; }

static NTSTATUS CmpQueryKeyName(PVOID Object, BOOLEAN HasName, POBJECT_NAME_INFORMATION Info, ULONG Length, PULONG ReturnLength,
                                KPROCESSOR_MODE Mode) {
    PCM_NODE node = ((PCM_KEY)Object)->Node;
    ULONG bytes;
    if (node->Deleted)
        return STATUS_KEY_DELETED;
    CmpNodePath(node, NULL, &bytes);
    if (bytes > MAXUSHORT - sizeof(WCHAR))
        return STATUS_NAME_TOO_LONG;
    ULONG needed = sizeof(*Info) + bytes + sizeof(WCHAR);
    if (ReturnLength != NULL)
        *ReturnLength = needed;
    if (Info == NULL || Length < needed)
        return STATUS_INFO_LENGTH_MISMATCH;
    Info->Name.Buffer = (PWSTR)(Info + 1);
    Info->Name.Length = (USHORT)bytes;
    Info->Name.MaximumLength = (USHORT)(bytes + sizeof(WCHAR));
    CmpNodePath(node, Info->Name.Buffer, &bytes);
    Info->Name.Buffer[bytes / sizeof(WCHAR)] = 0;
    return STATUS_SUCCESS;
}

/* A link leads to the path in its value; what is left of the name goes behind it. */
static NTSTATUS CmpFollowLink(PCM_NODE Node, PCUNICODE_STRING Rest, PUNICODE_STRING CompleteName) {
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, L"SymbolicLinkValue");
    PCM_VALUE value = CmpFindValue(Node, &name);
    if (value == NULL || value->Type != REG_LINK)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    ULONG separator = Rest->Length != 0 && Rest->Buffer[0] != L'\\' ? sizeof(WCHAR) : 0;
    ULONG length = (value->Size & ~1u) + separator + Rest->Length;
    if (length > MAXUSHORT - sizeof(WCHAR))
        return STATUS_NAME_TOO_LONG;
    PWSTR path = ExAllocatePoolWithTag(PagedPool, length + sizeof(WCHAR), CMP_TAG);
    if (path == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    PUCHAR at = (PUCHAR)path;
    RtlCopyMemory(at, value->Data, value->Size & ~1u);
    at += value->Size & ~1u;
    if (separator != 0) {
        *(PWSTR)at = L'\\';
        at += separator;
    }
    RtlCopyMemory(at, Rest->Buffer, Rest->Length);
    path[length / sizeof(WCHAR)] = 0;
    CompleteName->Buffer = path;
    CompleteName->Length = (USHORT)length;
    CompleteName->MaximumLength = (USHORT)(length + sizeof(WCHAR));
    return STATUS_REPARSE;
}

/* A new key below Parent, with the rules for volatile keys and for the places where only hives are. */
static NTSTATUS CmpCreateChild(PCM_NODE Parent, PCUNICODE_STRING Name, PCM_PARSE_CONTEXT Context, PCM_NODE *Child) {
    BOOLEAN isVolatile = (Context->Options & REG_OPTION_VOLATILE) != 0;
    if (Parent->Volatile && !isVolatile)
        return STATUS_CHILD_MUST_BE_VOLATILE;
    if (Parent == CmpRoot || (Parent->Parent == CmpRoot && !isVolatile))
        return STATUS_INVALID_PARAMETER;
    UNICODE_STRING className = {0, 0, NULL};
    if (Context->Class != NULL && Context->Class->Length != 0) {
        className.Buffer = ExAllocatePoolWithTag(PagedPool, Context->Class->Length, CMP_TAG);
        if (className.Buffer == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        className.Length = className.MaximumLength = Context->Class->Length;
        RtlCopyMemory(className.Buffer, Context->Class->Buffer, className.Length);
    }
    PCM_NODE node = CmpCreateNode(Parent, Name);
    if (node == NULL) {
        if (className.Buffer != NULL)
            ExFreePoolWithTag(className.Buffer, CMP_TAG);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    node->Class = className;
    node->Volatile = isVolatile;
    node->Link = (Context->Options & REG_OPTION_CREATE_LINK) != 0;
    Context->Disposition = REG_CREATED_NEW_KEY;
    *Child = node;
    return STATUS_SUCCESS;
}

/* Follows Rest down from *Node. STATUS_REPARSE: a link took over. */
static NTSTATUS CmpWalk(PCM_NODE *Node, PUNICODE_STRING Rest, PUNICODE_STRING CompleteName, BOOLEAN OpenLink, PCM_PARSE_CONTEXT Context) {
    for (;;) {
        UNICODE_STRING before = *Rest, component;
        CmpNextName(Rest, &component);
        if ((*Node)->Link && !(component.Length == 0 && OpenLink))
            return CmpFollowLink(*Node, &before, CompleteName);
        if (component.Length == 0)
            return Context != NULL && (Context->Options & REG_OPTION_CREATE_LINK) && Context->Create && Context->Disposition != REG_CREATED_NEW_KEY
                       ? STATUS_OBJECT_NAME_COLLISION
                       : STATUS_SUCCESS;
        if (component.Length > CMP_MAX_KEY_NAME)
            return STATUS_INVALID_PARAMETER;
        PCM_NODE child = CmpFindChild(*Node, &component);
        if (child == NULL) {
            UNICODE_STRING further = *Rest, next;
            CmpNextName(&further, &next);
            if (next.Length != 0 || Context == NULL || !Context->Create)
                return STATUS_OBJECT_NAME_NOT_FOUND;
            NTSTATUS status = CmpCreateChild(*Node, &component, Context, Node);
            return status;
        }
        *Node = child;
    }
}

static NTSTATUS CmpParseKey(PVOID ParseObject, POBJECT_TYPE RequestedType, PACCESS_STATE AccessState, KPROCESSOR_MODE AccessMode, ULONG Attributes,
                            PUNICODE_STRING CompleteName, PUNICODE_STRING RemainingName, PVOID ParseContext, PVOID *Object) {
    PCM_PARSE_CONTEXT context = RequestedType == CmpKeyObjectType ? ParseContext : NULL;
    PCM_NODE node = ((PCM_KEY)ParseObject)->Node;
    UNICODE_STRING rest = *RemainingName;
    PCM_KEY key;
    if (RequestedType != NULL && RequestedType != CmpKeyObjectType)
        return STATUS_OBJECT_TYPE_MISMATCH;
    if (node->Deleted)
        return STATUS_KEY_DELETED;
    if (rest.Length != 0 && rest.Buffer == CompleteName->Buffer && rest.Buffer[0] == L'\\')
        return STATUS_OBJECT_PATH_SYNTAX_BAD;

    NTSTATUS status = ObCreateObject(KernelMode, CmpKeyObjectType, NULL, AccessMode, NULL, sizeof(*key), 0, 0, (PVOID *)&key);
    if (!NT_SUCCESS(status))
        return status;
    BOOLEAN openLink = (Attributes & OBJ_OPENLINK) != 0 || (context != NULL && context->OpenLink);
    status = CmpWalk(&node, &rest, CompleteName, openLink, context);
    if (status != STATUS_SUCCESS) {
        ObfDereferenceObject(key);
        return status;
    }
    CmpReferenceNode(node);
    key->Node = node;
    *Object = key;
    return STATUS_SUCCESS;
}

const OB_TYPE_INITIALIZER CmpKeyInitializer = {
    .Name = L"Key",
    .GenericMapping = {KEY_READ, KEY_WRITE, KEY_EXECUTE, KEY_ALL_ACCESS},
    .ValidAccess = KEY_ALL_ACCESS | SYNCHRONIZE,
    .PoolType = PagedPool,
    .BodySize = sizeof(CM_KEY),
    .CaseInsensitive = TRUE,
    .Delete = CmpDeleteKeyObject,
    .Parse = CmpParseKey,
    .QueryName = CmpQueryKeyName,
    .DispatcherOffset = ~0u,
    .Security = CmpKeySecurity,
};

static NTSTATUS CmpOpen(PHANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES Attributes, PCM_PARSE_CONTEXT Context) {
    KPROCESSOR_MODE mode = KiPreviousMode();
    HANDLE handle;
    NTSTATUS status = ObpProbeOutput(Handle, sizeof(*Handle), sizeof(ULONG), mode);
    if (!NT_SUCCESS(status))
        return status;
    status = ObOpenObjectByName(Attributes, CmpKeyObjectType, mode, NULL, DesiredAccess & ~CMP_WOW64_ACCESS, Context, &handle);
    return NT_SUCCESS(status) ? ObpStoreHandle(Handle, handle, mode) : status;
}

NTSTATUS NTAPI NtOpenKeyEx(PHANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES Attributes, ULONG Options) {
    CM_PARSE_CONTEXT context = {.OpenLink = (Options & REG_OPTION_OPEN_LINK) != 0, .Options = Options};
    if (Options & ~(REG_OPTION_BACKUP_RESTORE | REG_OPTION_OPEN_LINK))
        return STATUS_INVALID_PARAMETER_4;
    return CmpOpen(Handle, DesiredAccess, Attributes, &context);
}

NTSTATUS NTAPI NtOpenKey(PHANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES Attributes) {
    return NtOpenKeyEx(Handle, DesiredAccess, Attributes, 0);
}

NTSTATUS NTAPI NtCreateKey(PHANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES Attributes, ULONG TitleIndex, PUNICODE_STRING Class,
                           ULONG Options, PULONG Disposition) {
    KPROCESSOR_MODE mode = KiPreviousMode();
    UNICODE_STRING className = {0, 0, NULL};
    CM_PARSE_CONTEXT context = {.Create = TRUE, .Options = Options, .Class = &className, .Disposition = REG_OPENED_EXISTING_KEY};
    if (Options & ~REG_LEGAL_OPTION)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = Disposition != NULL ? ObpProbeOutput(Disposition, sizeof(*Disposition), sizeof(ULONG), mode) : STATUS_SUCCESS;
    if (NT_SUCCESS(status) && Class != NULL)
        status = ObpCaptureString(Class, mode, &className);
    if (!NT_SUCCESS(status))
        return status;
    context.OpenLink = (Options & (REG_OPTION_OPEN_LINK | REG_OPTION_CREATE_LINK)) != 0;
    status = CmpOpen(Handle, DesiredAccess, Attributes, &context);
    if (className.Buffer != NULL)
        ExFreePool(className.Buffer);
    if (NT_SUCCESS(status) && Disposition != NULL)
        status = ObpStore(Disposition, &context.Disposition, sizeof(context.Disposition), mode);
    return status;
}

NTSTATUS NTAPI NtDeleteKey(HANDLE Handle) {
    PCM_KEY key;
    NTSTATUS status = CmpReferenceKey(Handle, DELETE, KiPreviousMode(), &key);
    if (!NT_SUCCESS(status))
        return status;
    if (key->Node->Fixed || key->Node->ChildCount != 0)
        status = STATUS_CANNOT_DELETE;
    else
        CmpDeleteNode(key->Node);
    ObfDereferenceObject(key);
    return status;
}

/* The registry is all there is of itself: nothing is behind it that could lag. */
NTSTATUS NTAPI NtFlushKey(HANDLE Handle) {
    PCM_KEY key;
    NTSTATUS status = CmpReferenceKey(Handle, 0, KiPreviousMode(), &key);
    if (NT_SUCCESS(status))
        ObfDereferenceObject(key);
    return status;
}
