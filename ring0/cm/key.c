/* Key objects: how names below \Registry are parsed, and keys opened, made and deleted. */
#include "cm/callback.h"
#include "cm/store.h"
#include "ke/ke.h"

PCM_NODE CmpRoot;

/* Flags that say which registry a 32-bit program means; there is one. */
#define CMP_WOW64_ACCESS (KEY_WOW64_32KEY | KEY_WOW64_64KEY)

NTSTATUS CmpReferenceKey(HANDLE Handle, ACCESS_MASK Access, KPROCESSOR_MODE Mode, PCM_KEY *Key) {
    PVOID Object;
    NTSTATUS Status = ObReferenceObjectByHandle(Handle, Access, CmpKeyObjectType, Mode, &Object, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    *Key = Object;
    if ((*Key)->Node->Deleted) {
        ObfDereferenceObject(Object);
        return STATUS_KEY_DELETED;
    }
    return STATUS_SUCCESS;
}

static VOID CmpDeleteKeyObject(PVOID Object) {
    PCM_KEY Key = Object;
    CmpDropContexts(Key);
    if (Key->Name != NULL)
        ExFreePoolWithTag((PVOID)Key->Name, CMP_TAG);
    if (Key->Node != NULL)
        CmpDereferenceNode(Key->Node);
}

static VOID CmpCloseKeyHandle(PEPROCESS Process, PVOID Object, ACCESS_MASK Granted, ULONG ProcessHandleCount, ULONG SystemHandleCount) {
    REG_KEY_HANDLE_CLOSE_INFORMATION Information = {.Object = Object};
    NTSTATUS Ignored; /* closing cannot be refused */
    CM_CALL Call;
    CmpPre(&Call, RegNtPreKeyHandleClose, &Information, Object, &Ignored);
    if (SystemHandleCount == 1)
        CmpEndNotify(Object);
    CmpPostCall(&Call, RegNtPostKeyHandleClose, Object, STATUS_SUCCESS);
}

static NTSTATUS CmpQueryKeyName(PVOID Object, BOOLEAN HasName, POBJECT_NAME_INFORMATION Info, ULONG Length, PULONG ReturnLength,
                                KPROCESSOR_MODE Mode) {
    PCM_NODE Node = ((PCM_KEY)Object)->Node;
    ULONG Bytes;
    if (Node->Deleted)
        return STATUS_KEY_DELETED;
    CmpNodePath(Node, NULL, &Bytes);
    if (Bytes > MAXUSHORT - sizeof(WCHAR))
        return STATUS_NAME_TOO_LONG;
    ULONG Needed = sizeof(*Info) + Bytes + sizeof(WCHAR);
    if (ReturnLength != NULL)
        *ReturnLength = Needed;
    if (Info == NULL || Length < Needed)
        return STATUS_INFO_LENGTH_MISMATCH;
    Info->Name.Buffer = (PWSTR)(Info + 1);
    Info->Name.Length = (USHORT)Bytes;
    Info->Name.MaximumLength = (USHORT)(Bytes + sizeof(WCHAR));
    CmpNodePath(Node, Info->Name.Buffer, &Bytes);
    Info->Name.Buffer[Bytes / sizeof(WCHAR)] = 0;
    return STATUS_SUCCESS;
}

/* A link leads to the path in its value; what is left of the name goes behind it. */
static NTSTATUS CmpFollowLink(PCM_NODE Node, PCUNICODE_STRING Rest, PUNICODE_STRING CompleteName) {
    UNICODE_STRING Name;
    RtlInitUnicodeString(&Name, L"SymbolicLinkValue");
    PCM_VALUE Value = CmpFindValue(Node, &Name);
    if (Value == NULL || Value->Type != REG_LINK)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    ULONG Separator = Rest->Length != 0 && Rest->Buffer[0] != L'\\' ? sizeof(WCHAR) : 0;
    ULONG Length = (Value->Size & ~1u) + Separator + Rest->Length;
    if (Length > MAXUSHORT - sizeof(WCHAR))
        return STATUS_NAME_TOO_LONG;
    PWSTR Path = ExAllocatePoolWithTag(PagedPool, Length + sizeof(WCHAR), CMP_TAG);
    if (Path == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    PUCHAR At = (PUCHAR)Path;
    RtlCopyMemory(At, Value->Data, Value->Size & ~1u);
    At += Value->Size & ~1u;
    if (Separator != 0) {
        *(PWSTR)At = L'\\';
        At += Separator;
    }
    RtlCopyMemory(At, Rest->Buffer, Rest->Length);
    Path[Length / sizeof(WCHAR)] = 0;
    CompleteName->Buffer = Path;
    CompleteName->Length = (USHORT)Length;
    CompleteName->MaximumLength = (USHORT)(Length + sizeof(WCHAR));
    return STATUS_REPARSE;
}

/* A new key below Parent, with the rules for volatile keys and for the places where only hives are. */
static NTSTATUS CmpCreateChild(PCM_NODE Parent, PCUNICODE_STRING Name, PCM_PARSE_CONTEXT Context, PACCESS_STATE AccessState, KPROCESSOR_MODE Mode,
                               PCM_NODE *Child) {
    BOOLEAN IsVolatile = (Context->Options & REG_OPTION_VOLATILE) != 0;
    PSECURITY_DESCRIPTOR Security;
    ACCESS_MASK Granted;
    if (Parent->Volatile && !IsVolatile)
        return STATUS_CHILD_MUST_BE_VOLATILE;
    if (CmpDepth(Parent) + 1 >= CMP_MAX_DEPTH)
        return STATUS_INVALID_PARAMETER;
    if (Parent == CmpRoot || (Parent->Parent == CmpRoot && !IsVolatile))
        return STATUS_INVALID_PARAMETER;
    NTSTATUS Status =
        CmpCheckSecurity(Parent, Context->Options & REG_OPTION_CREATE_LINK ? KEY_CREATE_LINK : KEY_CREATE_SUB_KEY, AccessState, Mode, &Granted);
    if (NT_SUCCESS(Status))
        Status = CmpAssignSecurity(Parent, AccessState, Mode, &Security);
    if (!NT_SUCCESS(Status))
        return Status;
    UNICODE_STRING ClassName = {0, 0, NULL};
    if (Context->Class != NULL && Context->Class->Length != 0) {
        ClassName.Buffer = ExAllocatePoolWithTag(PagedPool, Context->Class->Length, CMP_TAG);
        if (ClassName.Buffer == NULL) {
            if (Security != NULL)
                ExFreePool(Security);
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        ClassName.Length = ClassName.MaximumLength = Context->Class->Length;
        RtlCopyMemory(ClassName.Buffer, Context->Class->Buffer, ClassName.Length);
    }
    PCM_NODE Node = CmpCreateNode(Parent, Name);
    if (Node == NULL) {
        if (ClassName.Buffer != NULL)
            ExFreePoolWithTag(ClassName.Buffer, CMP_TAG);
        if (Security != NULL)
            ExFreePool(Security);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Node->Security = Security;
    Node->Class = ClassName;
    Node->Volatile = IsVolatile;
    Node->Kept &= !IsVolatile;
    Node->Link = (Context->Options & REG_OPTION_CREATE_LINK) != 0;
    CmpLogKey(Node);
    Context->Disposition = REG_CREATED_NEW_KEY;
    *Child = Node;
    return STATUS_SUCCESS;
}

/* Follows Rest down from *Node. STATUS_REPARSE: a link took over. */
static NTSTATUS CmpWalk(PCM_NODE *Node, PUNICODE_STRING Rest, PUNICODE_STRING CompleteName, BOOLEAN OpenLink, PCM_PARSE_CONTEXT Context,
                        PACCESS_STATE AccessState, KPROCESSOR_MODE Mode) {
    for (;;) {
        UNICODE_STRING Before = *Rest, Component;
        CmpNextName(Rest, &Component);
        if ((*Node)->Link && !(Component.Length == 0 && OpenLink))
            return CmpFollowLink(*Node, &Before, CompleteName);
        if (Component.Length == 0)
            return Context != NULL && (Context->Options & REG_OPTION_CREATE_LINK) && Context->Create && Context->Disposition != REG_CREATED_NEW_KEY
                       ? STATUS_OBJECT_NAME_COLLISION
                       : STATUS_SUCCESS;
        if (Component.Length > CMP_MAX_KEY_NAME)
            return STATUS_INVALID_PARAMETER;
        PCM_NODE Child = CmpFindChild(*Node, &Component);
        if (Child == NULL) {
            UNICODE_STRING Further = *Rest, Next;
            CmpNextName(&Further, &Next);
            if (Next.Length != 0 || Context == NULL || !Context->Create)
                return STATUS_OBJECT_NAME_NOT_FOUND;
            NTSTATUS Status = CmpCreateChild(*Node, &Component, Context, AccessState, Mode, Node);
            return Status;
        }
        *Node = Child;
    }
}

/* The walk itself, with filters around it. They are asked again where a link has led. */
static NTSTATUS CmpOpenBelow(PCM_KEY Start, PCM_KEY Key, PUNICODE_STRING Rest, PUNICODE_STRING CompleteName, ULONG Attributes,
                             PACCESS_STATE AccessState, KPROCESSOR_MODE Mode, PCM_PARSE_CONTEXT Context) {
    KPROCESSOR_MODE CheckMode = Attributes & OBJ_FORCE_ACCESS_CHECK ? UserMode : Mode;
    BOOLEAN Create = Context != NULL && Context->Create;
    BOOLEAN OpenLink = (Attributes & OBJ_OPENLINK) != 0 || (Context != NULL && Context->OpenLink);
    UNICODE_STRING Remaining = *Rest;
    ULONG Disposition = 0;
    PVOID Result = NULL;
    REG_CREATE_KEY_INFORMATION_V1 Information = {.CompleteName = CompleteName->Length != 0 ? CompleteName : &Remaining,
                                                 .RootObject = Start,
                                                 .ObjectType = CmpKeyObjectType,
                                                 .Options = Context != NULL ? Context->Options : 0,
                                                 .Class = Context != NULL ? Context->Class : NULL,
                                                 .DesiredAccess = AccessState->OriginalDesiredAccess,
                                                 .Disposition = Context != NULL ? &Context->Disposition : &Disposition,
                                                 .ResultObject = &Result,
                                                 .Version = 1,
                                                 .RemainingName = &Remaining,
                                                 .Attributes = Attributes,
                                                 .CheckAccessMode = CheckMode};
    PCM_NODE Node = Start->Node;
    NTSTATUS Status;
    CM_CALL Call;
    BOOLEAN Allowed = CmpPreCall(&Call, Create ? RegNtPreCreateKeyEx : RegNtPreOpenKeyEx, &Information, Start, &Information.CallContext,
                                 &Information.RootObjectContext, &Status);
    if (Allowed)
        Status = CmpWalk(&Node, Rest, CompleteName, OpenLink, Context, AccessState, CheckMode);
    else if (NT_SUCCESS(Status)) /* a filter says that it has opened another key: that is not taken over */
        Status = STATUS_ACCESS_DENIED;
    if (Status == STATUS_SUCCESS && !(Create && Context->Disposition == REG_CREATED_NEW_KEY)) { /* its creator has what it asks for */
        ACCESS_MASK Granted;
        Status = CmpCheckSecurity(Node, AccessState->RemainingDesiredAccess, AccessState, CheckMode, &Granted);
        if (NT_SUCCESS(Status) && CheckMode != KernelMode) {
            AccessState->PreviouslyGrantedAccess |= Granted;
            AccessState->RemainingDesiredAccess &= ~(Granted | MAXIMUM_ALLOWED);
        }
    }
    if (Status == STATUS_SUCCESS) {
        CmpReferenceNode(Node);
        Key->Node = Node;
    }
    return CmpPostCall(&Call, Create ? RegNtPostCreateKeyEx : RegNtPostOpenKeyEx, Status == STATUS_SUCCESS ? Key : NULL, Status);
}

static NTSTATUS CmpParseKey(PVOID ParseObject, POBJECT_TYPE RequestedType, PACCESS_STATE AccessState, KPROCESSOR_MODE AccessMode, ULONG Attributes,
                            PUNICODE_STRING CompleteName, PUNICODE_STRING RemainingName, PVOID ParseContext, PVOID *Object) {
    PCM_PARSE_CONTEXT Context = RequestedType == CmpKeyObjectType ? ParseContext : NULL;
    PCM_KEY Start = ParseObject, Key;
    UNICODE_STRING Rest = *RemainingName;
    if (RequestedType != NULL && RequestedType != CmpKeyObjectType)
        return STATUS_OBJECT_TYPE_MISMATCH;
    if (Start->Node->Deleted)
        return STATUS_KEY_DELETED;
    if (Rest.Length != 0 && Rest.Buffer == CompleteName->Buffer && Rest.Buffer[0] == L'\\')
        return STATUS_OBJECT_PATH_SYNTAX_BAD;

    NTSTATUS Status = ObCreateObject(KernelMode, CmpKeyObjectType, NULL, AccessMode, NULL, sizeof(*Key), 0, 0, (PVOID *)&Key);
    if (!NT_SUCCESS(Status))
        return Status;
    BOOLEAN IsNew = Context == NULL || Context->Disposition != REG_CREATED_NEW_KEY;
    Status = CmpOpenBelow(Start, Key, &Rest, CompleteName, Attributes, AccessState, AccessMode, Context);
    if (Status != STATUS_SUCCESS) {
        ObfDereferenceObject(Key);
        return Status;
    }
    if (IsNew && Context != NULL && Context->Disposition == REG_CREATED_NEW_KEY)
        CmpReportChange(Key->Node->Parent, REG_NOTIFY_CHANGE_NAME);
    *Object = Key;
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
    KPROCESSOR_MODE Mode = KiPreviousMode();
    HANDLE NewHandle;
    NTSTATUS Status = ObpProbeOutput(Handle, sizeof(*Handle), sizeof(ULONG), Mode);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObOpenObjectByName(Attributes, CmpKeyObjectType, Mode, NULL, DesiredAccess & ~CMP_WOW64_ACCESS, Context, &NewHandle);
    return NT_SUCCESS(Status) ? ObpStoreHandle(Handle, NewHandle, Mode) : Status;
}

NTSTATUS NTAPI NtOpenKeyEx(PHANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES Attributes, ULONG Options) {
    CM_PARSE_CONTEXT Context = {.OpenLink = (Options & REG_OPTION_OPEN_LINK) != 0, .Options = Options};
    if (Options & ~(REG_OPTION_BACKUP_RESTORE | REG_OPTION_OPEN_LINK))
        return STATUS_INVALID_PARAMETER_4;
    return CmpOpen(Handle, DesiredAccess, Attributes, &Context);
}

NTSTATUS NTAPI NtOpenKey(PHANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES Attributes) {
    return NtOpenKeyEx(Handle, DesiredAccess, Attributes, 0);
}

NTSTATUS NTAPI NtCreateKey(PHANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES Attributes, ULONG TitleIndex, PUNICODE_STRING Class,
                           ULONG Options, PULONG Disposition) {
    KPROCESSOR_MODE Mode = KiPreviousMode();
    UNICODE_STRING ClassName = {0, 0, NULL};
    CM_PARSE_CONTEXT Context = {.Create = TRUE, .Options = Options, .Class = &ClassName, .Disposition = REG_OPENED_EXISTING_KEY};
    if (Options & ~REG_LEGAL_OPTION)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS Status = Disposition != NULL ? ObpProbeOutput(Disposition, sizeof(*Disposition), sizeof(ULONG), Mode) : STATUS_SUCCESS;
    if (NT_SUCCESS(Status) && Class != NULL)
        Status = ObpCaptureString(Class, Mode, &ClassName);
    if (!NT_SUCCESS(Status))
        return Status;
    Context.OpenLink = (Options & (REG_OPTION_OPEN_LINK | REG_OPTION_CREATE_LINK)) != 0;
    Status = CmpOpen(Handle, DesiredAccess, Attributes, &Context);
    if (ClassName.Buffer != NULL)
        ExFreePool(ClassName.Buffer);
    if (NT_SUCCESS(Status) && Disposition != NULL)
        Status = ObpStore(Disposition, &Context.Disposition, sizeof(Context.Disposition), Mode);
    return Status;
}

static NTSTATUS CmpDeleteKey(PCM_KEY Key) {
    PCM_NODE Node = Key->Node, Parent = Node->Parent;
    if (Node->Fixed || Node->ChildCount != 0)
        return STATUS_CANNOT_DELETE;
    CmpReferenceNode(Parent);
    CmpDeleteNode(Node);
    CmpEndNotifiesOf(Node);
    CmpReportChange(Parent, REG_NOTIFY_CHANGE_NAME);
    CmpDereferenceNode(Parent);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtDeleteKey(HANDLE Handle) {
    PCM_KEY Key;
    CM_CALL Call;
    NTSTATUS Status = CmpReferenceKey(Handle, DELETE, KiPreviousMode(), &Key);
    if (!NT_SUCCESS(Status))
        return Status;
    REG_DELETE_KEY_INFORMATION Information = {.Object = Key};
    if (CmpPre(&Call, RegNtPreDeleteKey, &Information, Key, &Status))
        Status = CmpDeleteKey(Key);
    Status = CmpPostCall(&Call, RegNtPostDeleteKey, Key, Status);
    ObfDereferenceObject(Key);
    return Status;
}

/* All of the registry is in two files: what was changed before comes along. */
NTSTATUS NTAPI NtFlushKey(HANDLE Handle) {
    PCM_KEY Key;
    CM_CALL Call;
    NTSTATUS Status = CmpReferenceKey(Handle, 0, KiPreviousMode(), &Key);
    if (!NT_SUCCESS(Status))
        return Status;
    REG_FLUSH_KEY_INFORMATION Information = {.Object = Key};
    if (CmpPre(&Call, RegNtPreFlushKey, &Information, Key, &Status))
        Status = CmpFlushStore();
    Status = CmpPostCall(&Call, RegNtPostFlushKey, Key, Status);
    ObfDereferenceObject(Key);
    return Status;
}

/* A name without a path in it; a key that has it already is in the way ("NtRenameKey"). */
static NTSTATUS CmpRenameKey(PCM_KEY Key, PCUNICODE_STRING NewName) {
    PCM_NODE Node = Key->Node, Other;
    if (Node->Fixed || Node->Parent == NULL || (Node->Link && Node->Volatile))
        return STATUS_ACCESS_DENIED;
    Other = CmpFindChild(Node->Parent, NewName);
    if (Other != NULL && Other != Node)
        return STATUS_CANNOT_DELETE;
    NTSTATUS Status = CmpRenameNode(Node, NewName);
    if (NT_SUCCESS(Status))
        CmpReportChange(Node->Parent, REG_NOTIFY_CHANGE_NAME);
    return Status;
}

NTSTATUS NTAPI NtRenameKey(HANDLE Handle, PUNICODE_STRING NewName) {
    KPROCESSOR_MODE Mode = KiPreviousMode();
    UNICODE_STRING Name;
    PCM_KEY Key;
    CM_CALL Call;
    NTSTATUS Status = ObpCaptureString(NewName, Mode, &Name);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Name.Length == 0 || Name.Length > CMP_MAX_KEY_NAME)
        Status = STATUS_INVALID_PARAMETER;
    for (ULONG I = 0; I < Name.Length / sizeof(WCHAR); I++)
        if (Name.Buffer[I] == L'\\')
            Status = STATUS_INVALID_PARAMETER;
    if (NT_SUCCESS(Status))
        Status = CmpReferenceKey(Handle, KEY_WRITE, Mode, &Key);
    if (NT_SUCCESS(Status)) {
        REG_RENAME_KEY_INFORMATION Information = {.Object = Key, .NewName = &Name};
        if (CmpPre(&Call, RegNtPreRenameKey, &Information, Key, &Status))
            Status = CmpRenameKey(Key, &Name);
        Status = CmpPostCall(&Call, RegNtPostRenameKey, Key, Status);
        ObfDereferenceObject(Key);
    }
    if (Name.Buffer != NULL)
        ExFreePool(Name.Buffer);
    return Status;
}

/* Of what can be set, the time of the last write is all that a 64-bit machine without virtualized keys has. */
NTSTATUS NTAPI NtSetInformationKey(HANDLE Handle, KEY_SET_INFORMATION_CLASS Class, PVOID Information, ULONG Length) {
    KEY_WRITE_TIME_INFORMATION Time;
    PCM_KEY Key;
    CM_CALL Call;
    if (Class != KeyWriteTimeInformation)
        return STATUS_INVALID_PARAMETER;
    if (Length != sizeof(Time))
        return STATUS_INFO_LENGTH_MISMATCH;
    NTSTATUS Status = KiCopyIn(&Time, Information, sizeof(Time));
    if (NT_SUCCESS(Status))
        Status = CmpReferenceKey(Handle, KEY_SET_VALUE, KiPreviousMode(), &Key);
    if (!NT_SUCCESS(Status))
        return Status;
    REG_SET_INFORMATION_KEY_INFORMATION Notice = {
        .Object = Key, .KeySetInformationClass = Class, .KeySetInformation = &Time, .KeySetInformationLength = Length};
    if (CmpPre(&Call, RegNtPreSetInformationKey, &Notice, Key, &Status)) {
        if (Time.LastWriteTime.QuadPart < 0) {
            Status = STATUS_INVALID_PARAMETER;
        } else {
            Key->Node->LastWriteTime = Time.LastWriteTime;
            CmpLogTime(Key->Node);
            Status = STATUS_SUCCESS;
        }
    }
    Status = CmpPostCall(&Call, RegNtPostSetInformationKey, Key, Status);
    ObfDereferenceObject(Key);
    return Status;
}
