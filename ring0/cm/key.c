/* Key objects: how names below \Registry are parsed, and keys opened, made and deleted. */
#include "cm/callback.h"
#include "cm/store.h"
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
    CmpDropContexts(key);
    if (key->Name != NULL)
        ExFreePoolWithTag((PVOID)key->Name, CMP_TAG);
    if (key->Node != NULL)
        CmpDereferenceNode(key->Node);
}

static VOID CmpCloseKeyHandle(PEPROCESS Process, PVOID Object, ACCESS_MASK Granted, ULONG ProcessHandleCount, ULONG SystemHandleCount) {
    REG_KEY_HANDLE_CLOSE_INFORMATION information = {.Object = Object};
    NTSTATUS ignored; /* closing cannot be refused */
    CM_CALL call;
    CmpPre(&call, RegNtPreKeyHandleClose, &information, Object, &ignored);
    if (SystemHandleCount == 1)
        CmpEndNotify(Object);
    CmpPostCall(&call, RegNtPostKeyHandleClose, Object, STATUS_SUCCESS);
}

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
static NTSTATUS CmpCreateChild(PCM_NODE Parent, PCUNICODE_STRING Name, PCM_PARSE_CONTEXT Context, PACCESS_STATE AccessState, KPROCESSOR_MODE Mode,
                               PCM_NODE *Child) {
    BOOLEAN isVolatile = (Context->Options & REG_OPTION_VOLATILE) != 0;
    PSECURITY_DESCRIPTOR security;
    ACCESS_MASK granted;
    if (Parent->Volatile && !isVolatile)
        return STATUS_CHILD_MUST_BE_VOLATILE;
    if (CmpDepth(Parent) + 1 >= CMP_MAX_DEPTH)
        return STATUS_INVALID_PARAMETER;
    if (Parent == CmpRoot || (Parent->Parent == CmpRoot && !isVolatile))
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status =
        CmpCheckSecurity(Parent, Context->Options & REG_OPTION_CREATE_LINK ? KEY_CREATE_LINK : KEY_CREATE_SUB_KEY, AccessState, Mode, &granted);
    if (NT_SUCCESS(status))
        status = CmpAssignSecurity(Parent, AccessState, Mode, &security);
    if (!NT_SUCCESS(status))
        return status;
    UNICODE_STRING className = {0, 0, NULL};
    if (Context->Class != NULL && Context->Class->Length != 0) {
        className.Buffer = ExAllocatePoolWithTag(PagedPool, Context->Class->Length, CMP_TAG);
        if (className.Buffer == NULL) {
            if (security != NULL)
                ExFreePool(security);
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        className.Length = className.MaximumLength = Context->Class->Length;
        RtlCopyMemory(className.Buffer, Context->Class->Buffer, className.Length);
    }
    PCM_NODE node = CmpCreateNode(Parent, Name);
    if (node == NULL) {
        if (className.Buffer != NULL)
            ExFreePoolWithTag(className.Buffer, CMP_TAG);
        if (security != NULL)
            ExFreePool(security);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    node->Security = security;
    node->Class = className;
    node->Volatile = isVolatile;
    node->Kept &= !isVolatile;
    node->Link = (Context->Options & REG_OPTION_CREATE_LINK) != 0;
    CmpLogKey(node);
    Context->Disposition = REG_CREATED_NEW_KEY;
    *Child = node;
    return STATUS_SUCCESS;
}

/* Follows Rest down from *Node. STATUS_REPARSE: a link took over. */
static NTSTATUS CmpWalk(PCM_NODE *Node, PUNICODE_STRING Rest, PUNICODE_STRING CompleteName, BOOLEAN OpenLink, PCM_PARSE_CONTEXT Context,
                        PACCESS_STATE AccessState, KPROCESSOR_MODE Mode) {
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
            NTSTATUS status = CmpCreateChild(*Node, &component, Context, AccessState, Mode, Node);
            return status;
        }
        *Node = child;
    }
}

/* The walk itself, with filters around it. They are asked again where a link has led. */
static NTSTATUS CmpOpenBelow(PCM_KEY Start, PCM_KEY Key, PUNICODE_STRING Rest, PUNICODE_STRING CompleteName, ULONG Attributes,
                             PACCESS_STATE AccessState, KPROCESSOR_MODE Mode, PCM_PARSE_CONTEXT Context) {
    KPROCESSOR_MODE checkMode = Attributes & OBJ_FORCE_ACCESS_CHECK ? UserMode : Mode;
    BOOLEAN create = Context != NULL && Context->Create;
    BOOLEAN openLink = (Attributes & OBJ_OPENLINK) != 0 || (Context != NULL && Context->OpenLink);
    UNICODE_STRING remaining = *Rest;
    ULONG disposition = 0;
    PVOID result = NULL;
    REG_CREATE_KEY_INFORMATION_V1 information = {.CompleteName = CompleteName->Length != 0 ? CompleteName : &remaining,
                                                 .RootObject = Start,
                                                 .ObjectType = CmpKeyObjectType,
                                                 .Options = Context != NULL ? Context->Options : 0,
                                                 .Class = Context != NULL ? Context->Class : NULL,
                                                 .DesiredAccess = AccessState->OriginalDesiredAccess,
                                                 .Disposition = Context != NULL ? &Context->Disposition : &disposition,
                                                 .ResultObject = &result,
                                                 .Version = 1,
                                                 .RemainingName = &remaining,
                                                 .Attributes = Attributes,
                                                 .CheckAccessMode = checkMode};
    PCM_NODE node = Start->Node;
    NTSTATUS status;
    CM_CALL call;
    BOOLEAN allowed = CmpPreCall(&call, create ? RegNtPreCreateKeyEx : RegNtPreOpenKeyEx, &information, Start, &information.CallContext,
                                 &information.RootObjectContext, &status);
    if (allowed)
        status = CmpWalk(&node, Rest, CompleteName, openLink, Context, AccessState, checkMode);
    else if (NT_SUCCESS(status)) /* a filter says that it has opened another key: that is not taken over */
        status = STATUS_ACCESS_DENIED;
    if (status == STATUS_SUCCESS && !(create && Context->Disposition == REG_CREATED_NEW_KEY)) { /* its creator has what it asks for */
        ACCESS_MASK granted;
        status = CmpCheckSecurity(node, AccessState->RemainingDesiredAccess, AccessState, checkMode, &granted);
        if (NT_SUCCESS(status) && checkMode != KernelMode) {
            AccessState->PreviouslyGrantedAccess |= granted;
            AccessState->RemainingDesiredAccess &= ~(granted | MAXIMUM_ALLOWED);
        }
    }
    if (status == STATUS_SUCCESS) {
        CmpReferenceNode(node);
        Key->Node = node;
    }
    return CmpPostCall(&call, create ? RegNtPostCreateKeyEx : RegNtPostOpenKeyEx, status == STATUS_SUCCESS ? Key : NULL, status);
}

static NTSTATUS CmpParseKey(PVOID ParseObject, POBJECT_TYPE RequestedType, PACCESS_STATE AccessState, KPROCESSOR_MODE AccessMode, ULONG Attributes,
                            PUNICODE_STRING CompleteName, PUNICODE_STRING RemainingName, PVOID ParseContext, PVOID *Object) {
    PCM_PARSE_CONTEXT context = RequestedType == CmpKeyObjectType ? ParseContext : NULL;
    PCM_KEY start = ParseObject, key;
    UNICODE_STRING rest = *RemainingName;
    if (RequestedType != NULL && RequestedType != CmpKeyObjectType)
        return STATUS_OBJECT_TYPE_MISMATCH;
    if (start->Node->Deleted)
        return STATUS_KEY_DELETED;
    if (rest.Length != 0 && rest.Buffer == CompleteName->Buffer && rest.Buffer[0] == L'\\')
        return STATUS_OBJECT_PATH_SYNTAX_BAD;

    NTSTATUS status = ObCreateObject(KernelMode, CmpKeyObjectType, NULL, AccessMode, NULL, sizeof(*key), 0, 0, (PVOID *)&key);
    if (!NT_SUCCESS(status))
        return status;
    BOOLEAN isNew = context == NULL || context->Disposition != REG_CREATED_NEW_KEY;
    status = CmpOpenBelow(start, key, &rest, CompleteName, Attributes, AccessState, AccessMode, context);
    if (status != STATUS_SUCCESS) {
        ObfDereferenceObject(key);
        return status;
    }
    if (isNew && context != NULL && context->Disposition == REG_CREATED_NEW_KEY)
        CmpReportChange(key->Node->Parent, REG_NOTIFY_CHANGE_NAME);
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
    .Close = CmpCloseKeyHandle,
    .Delete = CmpDeleteKeyObject,
    .Parse = CmpParseKey,
    .ChecksItself = TRUE,
    .QueryName = CmpQueryKeyName,
    .DispatcherOffset = ~0u,
    .Security = CmpKeySecurity,
    .SecurityChanged = CmpKeySecurityChanged,
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

static NTSTATUS CmpDeleteKey(PCM_KEY Key) {
    PCM_NODE node = Key->Node, parent = node->Parent;
    if (node->Fixed || node->ChildCount != 0)
        return STATUS_CANNOT_DELETE;
    CmpReferenceNode(parent);
    CmpDeleteNode(node);
    CmpEndNotifiesOf(node);
    CmpReportChange(parent, REG_NOTIFY_CHANGE_NAME);
    CmpDereferenceNode(parent);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtDeleteKey(HANDLE Handle) {
    PCM_KEY key;
    CM_CALL call;
    NTSTATUS status = CmpReferenceKey(Handle, DELETE, KiPreviousMode(), &key);
    if (!NT_SUCCESS(status))
        return status;
    REG_DELETE_KEY_INFORMATION information = {.Object = key};
    if (CmpPre(&call, RegNtPreDeleteKey, &information, key, &status))
        status = CmpDeleteKey(key);
    status = CmpPostCall(&call, RegNtPostDeleteKey, key, status);
    ObfDereferenceObject(key);
    return status;
}

/* All of the registry is in two files: what was changed before comes along. */
NTSTATUS NTAPI NtFlushKey(HANDLE Handle) {
    PCM_KEY key;
    CM_CALL call;
    NTSTATUS status = CmpReferenceKey(Handle, 0, KiPreviousMode(), &key);
    if (!NT_SUCCESS(status))
        return status;
    REG_FLUSH_KEY_INFORMATION information = {.Object = key};
    if (CmpPre(&call, RegNtPreFlushKey, &information, key, &status))
        status = CmpFlushStore();
    status = CmpPostCall(&call, RegNtPostFlushKey, key, status);
    ObfDereferenceObject(key);
    return status;
}

/* A name without a path in it; a key that has it already is in the way ("NtRenameKey"). */
static NTSTATUS CmpRenameKey(PCM_KEY Key, PCUNICODE_STRING NewName) {
    PCM_NODE node = Key->Node, other;
    if (node->Fixed || node->Parent == NULL || (node->Link && node->Volatile))
        return STATUS_ACCESS_DENIED;
    other = CmpFindChild(node->Parent, NewName);
    if (other != NULL && other != node)
        return STATUS_CANNOT_DELETE;
    NTSTATUS status = CmpRenameNode(node, NewName);
    if (NT_SUCCESS(status))
        CmpReportChange(node->Parent, REG_NOTIFY_CHANGE_NAME);
    return status;
}

NTSTATUS NTAPI NtRenameKey(HANDLE Handle, PUNICODE_STRING NewName) {
    KPROCESSOR_MODE mode = KiPreviousMode();
    UNICODE_STRING name;
    PCM_KEY key;
    CM_CALL call;
    NTSTATUS status = ObpCaptureString(NewName, mode, &name);
    if (!NT_SUCCESS(status))
        return status;
    if (name.Length == 0 || name.Length > CMP_MAX_KEY_NAME)
        status = STATUS_INVALID_PARAMETER;
    for (ULONG i = 0; i < name.Length / sizeof(WCHAR); i++)
        if (name.Buffer[i] == L'\\')
            status = STATUS_INVALID_PARAMETER;
    if (NT_SUCCESS(status))
        status = CmpReferenceKey(Handle, KEY_WRITE, mode, &key);
    if (NT_SUCCESS(status)) {
        REG_RENAME_KEY_INFORMATION information = {.Object = key, .NewName = &name};
        if (CmpPre(&call, RegNtPreRenameKey, &information, key, &status))
            status = CmpRenameKey(key, &name);
        status = CmpPostCall(&call, RegNtPostRenameKey, key, status);
        ObfDereferenceObject(key);
    }
    if (name.Buffer != NULL)
        ExFreePool(name.Buffer);
    return status;
}

/* Of what can be set, the time of the last write is all that a 64-bit machine without virtualized keys has. */
NTSTATUS NTAPI NtSetInformationKey(HANDLE Handle, KEY_SET_INFORMATION_CLASS Class, PVOID Information, ULONG Length) {
    KEY_WRITE_TIME_INFORMATION time;
    PCM_KEY key;
    CM_CALL call;
    if (Class != KeyWriteTimeInformation)
        return STATUS_INVALID_PARAMETER;
    if (Length != sizeof(time))
        return STATUS_INFO_LENGTH_MISMATCH;
    NTSTATUS status = KiCopyIn(&time, Information, sizeof(time));
    if (NT_SUCCESS(status))
        status = CmpReferenceKey(Handle, KEY_SET_VALUE, KiPreviousMode(), &key);
    if (!NT_SUCCESS(status))
        return status;
    REG_SET_INFORMATION_KEY_INFORMATION information = {
        .Object = key, .KeySetInformationClass = Class, .KeySetInformation = &time, .KeySetInformationLength = Length};
    if (CmpPre(&call, RegNtPreSetInformationKey, &information, key, &status)) {
        if (time.LastWriteTime.QuadPart < 0) {
            status = STATUS_INVALID_PARAMETER;
        } else {
            key->Node->LastWriteTime = time.LastWriteTime;
            CmpLogTime(key->Node);
            status = STATUS_SUCCESS;
        }
    }
    status = CmpPostCall(&call, RegNtPostSetInformationKey, key, status);
    ObfDereferenceObject(key);
    return status;
}
