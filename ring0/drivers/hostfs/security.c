/*
 * Who may do what with a file. The host knows nothing of it: a file has the descriptor that it was made with or that was set on it, kept in its note, and
 * every other one what the nearest directory above it that has one passes on. The root begins with what a freshly formatted NTFS volume has, C:\Windows with what
 * Windows' has for administrators and users. User mode is checked when it opens, as are kernel callers that ask for it.
 */
#include "hostfsp.h"

#define HOSTFS_MODIFY 0x001301BFu /* all but deleting children, WRITE_DAC and WRITE_OWNER */
#define HOSTFS_ALL    (OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE)
#define HOSTFS_DEPTHS 3u /* from the third level below a descriptor on nothing changes any more */

typedef struct _HOSTFS_SECURITY {
    ULONG References;
    PSECURITY_DESCRIPTOR Own;                     /* self-relative, pool without a tag of ours: the Se functions make them */
    PSECURITY_DESCRIPTOR Below[2][HOSTFS_DEPTHS]; /* what files ([0]) and directories ([1]) inherit at that depth, made when first asked for */
} HOSTFS_SECURITY;

static PHOSTFS_SECURITY HostfsNewSecurity(PSECURITY_DESCRIPTOR Own) {
    PHOSTFS_SECURITY Security = ExAllocatePoolWithTag(PagedPool, sizeof(*Security), HOSTFS_TAG);

    if (Security == NULL)
        return NULL;
    *Security = (HOSTFS_SECURITY){.References = 1, .Own = Own};
    return Security;
}

VOID HostfsReleaseSecurity(PHOSTFS_SECURITY Security) {
    if (Security == NULL || --Security->References != 0)
        return;
    ExFreePool(Security->Own);
    for (ULONG Kind = 0; Kind < 2; Kind++)
        for (ULONG Depth = 0; Depth < HOSTFS_DEPTHS; Depth++)
            if (Security->Below[Kind][Depth] != NULL)
                ExFreePool(Security->Below[Kind][Depth]);
    ExFreePoolWithTag(Security, HOSTFS_TAG);
}

VOID HostfsSetNoteSecurity(PHOSTFS_NOTE Note, PHOSTFS_SECURITY Security) {
    HostfsReleaseSecurity(Note->Security);
    Note->Security = Security;
}

/* ---- What volumes begin with --------------------------------------------------------------------------------------------------------------- */
typedef struct _HOSTFS_RIGHT {
    ULONG Flags;
    ACCESS_MASK Mask;
    PSID Sid;
} HOSTFS_RIGHT;

static PHOSTFS_SECURITY HostfsMakeDefault(PSID Owner, const HOSTFS_RIGHT *Rights, ULONG Count) {
    SECURITY_DESCRIPTOR Absolute;
    UCHAR Buffer[256];
    PACL Acl = (PACL)Buffer;
    PSECURITY_DESCRIPTOR Relative;
    PHOSTFS_SECURITY Security = NULL;
    ULONG Length = 0;

    RtlCreateAcl(Acl, sizeof(Buffer), ACL_REVISION);
    for (ULONG I = 0; I < Count; I++)
        RtlAddAccessAllowedAceEx(Acl, ACL_REVISION, Rights[I].Flags, Rights[I].Mask, Rights[I].Sid);
    RtlCreateSecurityDescriptor(&Absolute, SECURITY_DESCRIPTOR_REVISION);
    RtlSetOwnerSecurityDescriptor(&Absolute, Owner, FALSE);
    RtlSetGroupSecurityDescriptor(&Absolute, SeExports->SeLocalSystemSid, FALSE);
    RtlSetDaclSecurityDescriptor(&Absolute, TRUE, Acl, FALSE);
    Absolute.Control |= SE_DACL_PROTECTED;
    RtlAbsoluteToSelfRelativeSD(&Absolute, NULL, &Length);
    Relative = ExAllocatePoolWithTag(PagedPool, Length, HOSTFS_TAG);
    if (Relative == NULL)
        return NULL;
    if (NT_SUCCESS(RtlAbsoluteToSelfRelativeSD(&Absolute, Relative, &Length)))
        Security = HostfsNewSecurity(Relative);
    if (Security == NULL)
        ExFreePoolWithTag(Relative, HOSTFS_TAG);
    return Security;
}

static NTSTATUS HostfsNoteDefault(PHOSTFS_EXTENSION Volume, PCWSTR Path, PSID Owner, const HOSTFS_RIGHT *Rights, ULONG Count) {
    UNICODE_STRING Name;
    PHOSTFS_NOTE Note;
    PHOSTFS_SECURITY Security = HostfsMakeDefault(Owner, Rights, Count);

    RtlInitUnicodeString(&Name, Path);
    Note = Security != NULL ? HostfsMakeNote(Volume, &Name) : NULL;
    if (Note == NULL) {
        HostfsReleaseSecurity(Security);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    HostfsSetNoteSecurity(Note, Security);
    return STATUS_SUCCESS;
}

NTSTATUS HostfsCreateDefaults(PHOSTFS_EXTENSION Volume, BOOLEAN HasWindows) {
    const HOSTFS_RIGHT Root[] = {{HOSTFS_ALL, FILE_ALL_ACCESS, SeExports->SeAliasAdminsSid},
                                 {HOSTFS_ALL, FILE_ALL_ACCESS, SeExports->SeLocalSystemSid},
                                 {HOSTFS_ALL, HOSTFS_MODIFY, SeExports->SeAuthenticatedUsersSid},
                                 {HOSTFS_ALL, FILE_GENERIC_READ | FILE_GENERIC_EXECUTE, SeExports->SeAliasUsersSid}};
    const HOSTFS_RIGHT Windows[] = {{HOSTFS_ALL, FILE_ALL_ACCESS, SeExports->SeLocalSystemSid},
                                    {HOSTFS_ALL, FILE_ALL_ACCESS, SeExports->SeAliasAdminsSid},
                                    {HOSTFS_ALL, FILE_GENERIC_READ | FILE_GENERIC_EXECUTE, SeExports->SeAliasUsersSid},
                                    {HOSTFS_ALL | INHERIT_ONLY_ACE, FILE_ALL_ACCESS, SeExports->SeCreatorOwnerSid}};
    NTSTATUS Status = HostfsNoteDefault(Volume, L"\\", SeExports->SeAliasAdminsSid, Root, RTL_NUMBER_OF(Root));

    if (NT_SUCCESS(Status) && HasWindows)
        Status = HostfsNoteDefault(Volume, L"\\Windows", SeExports->SeLocalSystemSid, Windows, RTL_NUMBER_OF(Windows));
    return Status;
}

/* ---- The descriptor of a path ------------------------------------------------------------------------------------------------------------- */
/* What Parent's inheritable entries make for something that nobody has made a descriptor for: it has its parent's owner, and nothing of who asks. */
static NTSTATUS HostfsInherit(PSECURITY_DESCRIPTOR Parent, BOOLEAN IsDirectory, PSECURITY_DESCRIPTOR *New) {
    SECURITY_SUBJECT_CONTEXT System = {.PrimaryToken = PsReferencePrimaryToken(PsInitialSystemProcess)};
    SECURITY_DESCRIPTOR Explicit;
    BOOLEAN Defaulted;
    PSID Owner = NULL, Group = NULL;
    NTSTATUS Status;

    RtlGetOwnerSecurityDescriptor(Parent, &Owner, &Defaulted);
    RtlGetGroupSecurityDescriptor(Parent, &Group, &Defaulted);
    RtlCreateSecurityDescriptor(&Explicit, SECURITY_DESCRIPTOR_REVISION);
    RtlSetOwnerSecurityDescriptor(&Explicit, Owner, FALSE);
    RtlSetGroupSecurityDescriptor(&Explicit, Group, FALSE);
    Status = SeAssignSecurityEx(Parent, &Explicit, New, NULL, IsDirectory,
                                SEF_DACL_AUTO_INHERIT | SEF_SACL_AUTO_INHERIT | SEF_AVOID_OWNER_CHECK | SEF_AVOID_PRIVILEGE_CHECK, &System,
                                IoGetFileObjectGenericMapping(), PagedPool);
    PsDereferencePrimaryToken(System.PrimaryToken);
    return Status;
}

/* Depth levels below what Security belongs to. */
static NTSTATUS HostfsBelow(PHOSTFS_SECURITY Security, ULONG Depth, BOOLEAN IsDirectory, PSECURITY_DESCRIPTOR *Found) {
    PSECURITY_DESCRIPTOR Parent = Security->Own;
    NTSTATUS Status = STATUS_SUCCESS;

    *Found = Parent;
    Depth = min(Depth, HOSTFS_DEPTHS);
    for (ULONG Level = 1; NT_SUCCESS(Status) && Level <= Depth; Level++) {
        BOOLEAN Kind = Level < Depth || IsDirectory;
        PSECURITY_DESCRIPTOR *Place = &Security->Below[Kind][Level - 1];

        if (*Place == NULL)
            Status = HostfsInherit(Parent, Kind, Place);
        *Found = Parent = *Place;
    }
    return Status;
}

NTSTATUS HostfsFindSecurity(PHOSTFS_EXTENSION Volume, PCUNICODE_STRING Path, BOOLEAN IsDirectory, PSECURITY_DESCRIPTOR *Found) {
    UNICODE_STRING At = *Path, Last;
    PHOSTFS_NOTE Note;
    ULONG Depth = 0;

    while ((Note = HostfsFindNote(Volume, &At)) == NULL || Note->Security == NULL) { /* the root has one */
        HostfsSplitPath(&At, &At, &Last);
        Depth++;
    }
    return HostfsBelow(Note->Security, Depth, IsDirectory, Found);
}

/* ---- Checks --------------------------------------------------------------------------------------------------------------------------------- */
static BOOLEAN HostfsAllows(PHOSTFS_EXTENSION Volume, PCUNICODE_STRING Path, BOOLEAN IsDirectory, PSECURITY_SUBJECT_CONTEXT Subject,
                            ACCESS_MASK Desired, PACCESS_MASK Granted, NTSTATUS *Status) {
    PPRIVILEGE_SET Privileges = NULL;
    PSECURITY_DESCRIPTOR Descriptor;
    BOOLEAN Allowed;

    *Granted = 0;
    *Status = HostfsFindSecurity(Volume, Path, IsDirectory, &Descriptor);
    if (!NT_SUCCESS(*Status))
        return FALSE;
    Allowed = SeAccessCheck(Descriptor, Subject, FALSE, Desired, 0, &Privileges, IoGetFileObjectGenericMapping(), UserMode, Granted, Status);
    if (Privileges != NULL)
        SeFreePrivileges(Privileges);
    return Allowed;
}

/* May each directory above the file be passed? Nobody asks who has SeChangeNotifyPrivilege, and that is nearly everybody. */
static NTSTATUS HostfsCheckTraverse(PHOSTFS_EXTENSION Volume, PCUNICODE_STRING Path, PACCESS_STATE State) {
    UNICODE_STRING At = *Path, Last;
    PRIVILEGE_SET Needed = {1, PRIVILEGE_SET_ALL_NECESSARY, {{{SE_CHANGE_NOTIFY_PRIVILEGE, 0}, 0}}};
    ACCESS_MASK Granted;
    NTSTATUS Status;

    if (SePrivilegeCheck(&Needed, &State->SubjectSecurityContext, UserMode))
        return STATUS_SUCCESS;
    while (At.Length > sizeof(WCHAR)) {
        HostfsSplitPath(&At, &At, &Last);
        if (!HostfsAllows(Volume, &At, TRUE, &State->SubjectSecurityContext, FILE_TRAVERSE, &Granted, &Status))
            return Status;
    }
    return STATUS_SUCCESS;
}

/* What holds for an opener: rights that it has asked for are granted, and none is left to be. */
static VOID HostfsGrant(PACCESS_STATE State, ACCESS_MASK Granted) {
    State->PreviouslyGrantedAccess |= Granted;
    State->RemainingDesiredAccess &= ~(Granted | MAXIMUM_ALLOWED);
}

NTSTATUS HostfsCheckOpen(PHOSTFS_EXTENSION Volume, PCUNICODE_STRING Path, BOOLEAN IsDirectory, PACCESS_STATE State, ACCESS_MASK Besides) {
    PSECURITY_SUBJECT_CONTEXT Subject = &State->SubjectSecurityContext;
    ACCESS_MASK Wanted = State->RemainingDesiredAccess, FromParent = 0, Granted, Ignored;
    UNICODE_STRING Parent, Last;
    NTSTATUS Status = HostfsCheckTraverse(Volume, Path, State), Other;

    if (!NT_SUCCESS(Status))
        return Status;
    if (HostfsAllows(Volume, Path, IsDirectory, Subject, Wanted | Besides, &Granted, &Status)) {
        HostfsGrant(State, Wanted & MAXIMUM_ALLOWED ? Granted : Granted & Wanted);
        return STATUS_SUCCESS;
    }
    /* A directory's rights reach to what is in it: to delete it, and to see its attributes ("File Security and Access Rights"). */
    HostfsSplitPath(Path, &Parent, &Last);
    if (Last.Length == 0)
        return Status;
    if ((Wanted & DELETE) != 0 && HostfsAllows(Volume, &Parent, TRUE, Subject, FILE_DELETE_CHILD, &Ignored, &Other))
        FromParent |= DELETE;
    if ((Wanted & FILE_READ_ATTRIBUTES) != 0 && HostfsAllows(Volume, &Parent, TRUE, Subject, FILE_LIST_DIRECTORY, &Ignored, &Other))
        FromParent |= FILE_READ_ATTRIBUTES;
    Wanted = (Wanted | Besides) & ~FromParent;
    Granted = 0;
    if (FromParent == 0 || (Wanted != 0 && !HostfsAllows(Volume, Path, IsDirectory, Subject, Wanted, &Granted, &Status)))
        return Status;
    HostfsGrant(State, (Granted & ~Besides) | (Granted & State->RemainingDesiredAccess) | FromParent);
    return STATUS_SUCCESS;
}

VOID HostfsGrantMaker(PHOSTFS_EXTENSION Volume, PCUNICODE_STRING Path, BOOLEAN IsDirectory, PACCESS_STATE State) {
    ACCESS_MASK Granted = 0;
    NTSTATUS Status;

    if ((State->RemainingDesiredAccess & MAXIMUM_ALLOWED) != 0)
        HostfsAllows(Volume, Path, IsDirectory, &State->SubjectSecurityContext, MAXIMUM_ALLOWED, &Granted, &Status);
    HostfsGrant(State, Granted | (State->RemainingDesiredAccess & ~(ACCESS_MASK)MAXIMUM_ALLOWED));
}

NTSTATUS HostfsCheckCreate(PHOSTFS_EXTENSION Volume, PCUNICODE_STRING Path, BOOLEAN IsDirectory, PACCESS_STATE State) {
    UNICODE_STRING Parent, Last;
    ACCESS_MASK Granted;
    NTSTATUS Status = HostfsCheckTraverse(Volume, Path, State);

    if (!NT_SUCCESS(Status))
        return Status;
    HostfsSplitPath(Path, &Parent, &Last);
    HostfsAllows(Volume, &Parent, TRUE, &State->SubjectSecurityContext,
                 (IsDirectory ? FILE_ADD_SUBDIRECTORY : FILE_ADD_FILE) | (State->RemainingDesiredAccess & ACCESS_SYSTEM_SECURITY), &Granted, &Status);
    return Status;
}

/* ---- New files ------------------------------------------------------------------------------------------------------------------------------ */
static BOOLEAN HostfsSameDescriptor(PSECURITY_DESCRIPTOR A, PSECURITY_DESCRIPTOR B) {
    ULONG Length = RtlLengthSecurityDescriptor(A);

    return Length == RtlLengthSecurityDescriptor(B) && RtlCompareMemory(A, B, Length) == Length;
}

NTSTATUS HostfsAssignSecurity(PHOSTFS_EXTENSION Volume, PCUNICODE_STRING Path, BOOLEAN IsDirectory, PACCESS_STATE State, KPROCESSOR_MODE Mode,
                              PHOSTFS_SECURITY *New) {
    PSECURITY_DESCRIPTOR Parent, Inherited, Assigned;
    UNICODE_STRING Directory, Last;
    NTSTATUS Status;

    *New = NULL;
    HostfsSplitPath(Path, &Directory, &Last);
    Status = HostfsFindSecurity(Volume, &Directory, TRUE, &Parent);
    if (NT_SUCCESS(Status))
        Status = HostfsFindSecurity(Volume, Path, IsDirectory, &Inherited);
    if (NT_SUCCESS(Status))
        Status = SeAssignSecurityEx(Parent, State->SecurityDescriptor, &Assigned, NULL, IsDirectory,
                                    SEF_DACL_AUTO_INHERIT | SEF_SACL_AUTO_INHERIT |
                                        (Mode == KernelMode ? SEF_AVOID_OWNER_CHECK | SEF_AVOID_PRIVILEGE_CHECK : 0),
                                    &State->SubjectSecurityContext, IoGetFileObjectGenericMapping(), PagedPool);
    if (!NT_SUCCESS(Status))
        return Status;
    if (!HostfsSameDescriptor(Assigned, Inherited)) {
        *New = HostfsNewSecurity(Assigned);
        if (*New != NULL)
            return STATUS_SUCCESS;
        Status = STATUS_INSUFFICIENT_RESOURCES;
    }
    ExFreePool(Assigned);
    return Status;
}

NTSTATUS HostfsKeepSecurity(PHOSTFS_EXTENSION Volume, PCUNICODE_STRING Path, BOOLEAN IsDirectory) {
    PHOSTFS_NOTE Note = HostfsMakeNote(Volume, Path);
    PSECURITY_DESCRIPTOR Found, Copy;
    PHOSTFS_SECURITY Security;
    NTSTATUS Status;

    if (Note == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (Note->Security != NULL)
        return STATUS_SUCCESS;
    Status = HostfsFindSecurity(Volume, Path, IsDirectory, &Found);
    if (!NT_SUCCESS(Status))
        return Status;
    Copy = ExAllocatePoolWithTag(PagedPool, RtlLengthSecurityDescriptor(Found), HOSTFS_TAG);
    Security = Copy != NULL ? HostfsNewSecurity(Copy) : NULL;
    if (Security == NULL) {
        if (Copy != NULL)
            ExFreePoolWithTag(Copy, HOSTFS_TAG);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlCopyMemory(Copy, Found, RtlLengthSecurityDescriptor(Found));
    HostfsSetNoteSecurity(Note, Security);
    return STATUS_SUCCESS;
}

/* ---- IRP_MJ_QUERY_SECURITY, IRP_MJ_SET_SECURITY -------------------------------------------------------------------------------------------------- */
NTSTATUS NTAPI HostfsQuerySecurity(PDEVICE_OBJECT Device, PIRP Irp) {
    PHOSTFS_EXTENSION Volume = Device->DeviceExtension;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PHOSTFS_FCB Fcb = Stack->FileObject->FsContext;
    ULONG Length = Stack->Parameters.QuerySecurity.Length;
    PSECURITY_DESCRIPTOR Descriptor;
    NTSTATUS Status;

    if (Fcb->IsVolume)
        return HostfsComplete(Irp, STATUS_INVALID_PARAMETER, 0);
    HostfsLock(Volume);
    Status = HostfsFindSecurity(Volume, &Fcb->Path, Fcb->IsDirectory, &Descriptor);
    if (NT_SUCCESS(Status)) {
        __try {
            Status = SeQuerySecurityDescriptorInfo(&Stack->Parameters.QuerySecurity.SecurityInformation, Irp->UserBuffer, &Length, &Descriptor);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            Status = GetExceptionCode();
        }
    }
    HostfsUnlock(Volume);
    if (Status == STATUS_BUFFER_TOO_SMALL)
        Status = STATUS_BUFFER_OVERFLOW; /* IRP_MJ_QUERY_SECURITY's page: Information says how much it takes */
    return HostfsComplete(Irp, Status, NT_SUCCESS(Status) || Status == STATUS_BUFFER_OVERFLOW ? Length : 0);
}

NTSTATUS NTAPI HostfsSetSecurity(PDEVICE_OBJECT Device, PIRP Irp) {
    PHOSTFS_EXTENSION Volume = Device->DeviceExtension;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PHOSTFS_FCB Fcb = Stack->FileObject->FsContext;
    PSECURITY_DESCRIPTOR Descriptor;
    PHOSTFS_SECURITY Security = NULL;
    PHOSTFS_NOTE Note = NULL;
    NTSTATUS Status;

    if (Fcb->IsVolume)
        return HostfsComplete(Irp, STATUS_INVALID_PARAMETER, 0);
    HostfsLock(Volume);
    Status = HostfsFindSecurity(Volume, &Fcb->Path, Fcb->IsDirectory, &Descriptor);
    if (NT_SUCCESS(Status))
        Status =
            SeSetSecurityDescriptorInfo(NULL, &Stack->Parameters.SetSecurity.SecurityInformation, Stack->Parameters.SetSecurity.SecurityDescriptor,
                                        &Descriptor, PagedPool, IoGetFileObjectGenericMapping());
    if (NT_SUCCESS(Status)) {
        Security = HostfsNewSecurity(Descriptor);
        Note = Security != NULL ? HostfsMakeNote(Volume, &Fcb->Path) : NULL;
        if (Note != NULL) {
            HostfsSetNoteSecurity(Note, Security);
        } else {
            Status = STATUS_INSUFFICIENT_RESOURCES;
            if (Security != NULL)
                HostfsReleaseSecurity(Security);
            else
                ExFreePool(Descriptor);
        }
    }
    HostfsUnlock(Volume);
    return HostfsComplete(Irp, Status, 0);
}
