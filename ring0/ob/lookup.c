/*
 * From a name to an object. A path is walked through directories until it ends or reaches an object whose type parses the rest itself. A
 * symbolic link, or such a routine, may put a new path in its place: then all starts again from the root, 32 times at most.
 *
 * Case: OBJ_CASE_INSENSITIVE decides, but directories, symbolic links, devices, files and keys are always looked up without regard to it
 * ("System objects: Require case insensitivity for non-Windows subsystems" is on by default).
 */
#include "ob/object.h"
#include "se/se.h"

/* Whoever makes a name in a directory needs a right to it there. The new object's descriptor is made before anybody can find it. */
static NTSTATUS ObpSecureNew(const OBP_LOOKUP *Lookup, POBP_DIRECTORY Directory, POBP_HEADER Header) {
    PSECURITY_DESCRIPTOR Parent = ObpHeader(Directory)->SecurityDescriptor;
    PSECURITY_SUBJECT_CONTEXT Subject = &Lookup->AccessState->SubjectSecurityContext;
    PVOID Token = SeQuerySubjectContextToken(Subject);
    ACCESS_MASK Right = Header->Type == ObpDirectoryObjectType ? DIRECTORY_CREATE_SUBDIRECTORY : DIRECTORY_CREATE_OBJECT, Granted;
    NTSTATUS Status;
    if (Token == NULL)
        return STATUS_SUCCESS; /* before SeInitSystem */
    if (Parent != NULL &&
        !SeAccessCheck(Parent, Subject, FALSE, Right, 0, NULL, &ObpDirectoryObjectType->Info.GenericMapping, Lookup->Mode, &Granted, &Status))
        return Status;
    return Header->Flags & OBP_FLAG_SECURED ? STATUS_SUCCESS : ObpAssignFrom(Header, Parent, Token, Lookup->Mode);
}

static NTSTATUS ObpInsertHere(const OBP_LOOKUP *Lookup, POBP_DIRECTORY Directory, PCUNICODE_STRING Component, POBP_HEADER Header) {
    UNICODE_STRING Name;
    NTSTATUS Status = ObpSecureNew(Lookup, Directory, Header);
    if (!NT_SUCCESS(Status))
        return Status;
    Name.Length = Component->Length;
    Name.MaximumLength = (USHORT)(Component->Length + sizeof(WCHAR));
    Name.Buffer = ExAllocatePoolWithTag(PagedPool, Name.MaximumLength, OBP_TAG);
    if (Name.Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(Name.Buffer, Component->Buffer, Component->Length);
    Name.Buffer[Component->Length / sizeof(WCHAR)] = 0;
    Status = ObpInsertEntry(Directory, Header, &Name);
    if (!NT_SUCCESS(Status))
        ExFreePoolWithTag(Name.Buffer, OBP_TAG);
    return Status;
}

static NTSTATUS ObpParse(const OBP_LOOKUP *Lookup, POBP_HEADER Header, PUNICODE_STRING Path, PUNICODE_STRING Rest, POBP_HEADER *Found) {
    PVOID Object = NULL;
    ObfReferenceObject(ObpBody(Header));
    NTSTATUS Status = Header->Type->Info.Parse(ObpBody(Header), Lookup->Type, Lookup->AccessState, Lookup->Mode, Lookup->Attributes, Path, Rest,
                                               Lookup->ParseContext, &Object);
    ObfDereferenceObject(ObpBody(Header));
    if (NT_SUCCESS(Status) && Status != STATUS_REPARSE) {
        NT_ASSERT_OURS(Object != NULL);
        *Found = ObpHeader(Object);
    }
    return Status;
}

/* From Directory down Rest. *Found is referenced; *Inserted if it is what was to be inserted. STATUS_REPARSE: Path is another one. */
static NTSTATUS ObpWalkPath(const OBP_LOOKUP *Lookup, POBP_DIRECTORY Directory, PUNICODE_STRING Path, PUNICODE_STRING Rest, POBP_HEADER *Found,
                            BOOLEAN *Inserted) {
    BOOLEAN CaseInsensitive = (Lookup->Attributes & OBJ_CASE_INSENSITIVE) != 0 || Lookup->Type == NULL || Lookup->Type->Info.CaseInsensitive;
    for (;;) {
        UNICODE_STRING Component;
        ObpSplitName(Rest, &Component, Rest);
        if (Component.Length == 0)
            return STATUS_OBJECT_NAME_INVALID;
        POBP_HEADER Header = ObpFindEntry(Directory, &Component, CaseInsensitive);
        /* What is to be made is made here, whatever the shadow has. */
        if (Header == NULL && Directory->Shadow != NULL && (Lookup->Insert == NULL || Rest->Length != 0))
            Header = ObpFindEntry(Directory->Shadow, &Component, CaseInsensitive);
        if (Header == NULL) {
            if (Rest->Length != 0)
                return STATUS_OBJECT_PATH_NOT_FOUND;
            if (Lookup->Insert == NULL)
                return STATUS_OBJECT_NAME_NOT_FOUND;
            NTSTATUS Status = ObpInsertHere(Lookup, Directory, &Component, Lookup->Insert);
            if (NT_SUCCESS(Status)) {
                *Inserted = TRUE;
                *Found = Lookup->Insert;
                ObfReferenceObject(ObpBody(Lookup->Insert));
            }
            return Status;
        }
        if (Header->Type->Info.Parse != NULL && (Lookup->Insert == NULL || Header->Type == ObpSymbolicLinkObjectType))
            return ObpParse(Lookup, Header, Path, Rest, Found);
        if (Rest->Length == 0) {
            ObfReferenceObject(ObpBody(Header));
            *Found = Header;
            return STATUS_SUCCESS;
        }
        if (Header->Type != ObpDirectoryObjectType)
            return STATUS_OBJECT_TYPE_MISMATCH;
        Directory = ObpBody(Header);
    }
}

static NTSTATUS ObpWalkAbsolute(const OBP_LOOKUP *Lookup, PUNICODE_STRING Path, POBP_HEADER *Found, BOOLEAN *Inserted) {
    POBP_DIRECTORY Directory = ObpRootDirectory;
    UNICODE_STRING Rest = *Path;
    if (Path->Length == 0 || Path->Buffer[0] != L'\\')
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    if (ObpIsDosPrefix(Path, &Rest)) {
        NTSTATUS Status = ObpDosDirectory(&Directory);
        if (!NT_SUCCESS(Status))
            return Status;
    } else {
        Rest = *Path;
    }
    if (Rest.Length == 0 || Path->Length == sizeof(WCHAR)) {
        if (Lookup->Insert != NULL)
            return STATUS_OBJECT_PATH_SYNTAX_BAD;
        ObfReferenceObject(Directory);
        *Found = ObpHeader(Directory);
        return STATUS_SUCCESS;
    }
    return ObpWalkPath(Lookup, Directory, Path, &Rest, Found, Inserted);
}

static NTSTATUS ObpWalkRelative(const OBP_LOOKUP *Lookup, PUNICODE_STRING Path, POBP_HEADER *Found, BOOLEAN *Inserted) {
    PVOID Root;
    UNICODE_STRING Rest = *Path;
    NTSTATUS Status = ObReferenceObjectByHandle(Lookup->RootDirectory, 0, NULL, Lookup->Mode, &Root, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    POBP_HEADER Header = ObpHeader(Root);
    if (Header->Type == ObpDirectoryObjectType) {
        if (Path->Length != 0 && Path->Buffer[0] == L'\\') {
            Status = STATUS_OBJECT_PATH_SYNTAX_BAD;
        } else if (Path->Length == 0 && Lookup->Insert == NULL) {
            *Found = Header;
            return STATUS_SUCCESS;
        } else {
            Status = ObpWalkPath(Lookup, Root, Path, &Rest, Found, Inserted);
        }
    } else if (Header->Type->Info.Parse != NULL && Header->Type != ObpSymbolicLinkObjectType) {
        Status = ObpParse(Lookup, Header, Path, &Rest, Found);
    } else {
        Status = STATUS_INVALID_HANDLE;
    }
    ObfDereferenceObject(Root);
    return Status;
}

NTSTATUS ObpLookupName(const OBP_LOOKUP *Lookup, POBP_HEADER *Found, BOOLEAN *Inserted) {
    UNICODE_STRING Path = *Lookup->Name;
    PWSTR Owned = NULL; /* path's buffer once it is not the caller's */
    ULONG Reparses = 0;
    *Inserted = FALSE;
    NTSTATUS Status =
        Lookup->RootDirectory != NULL ? ObpWalkRelative(Lookup, &Path, Found, Inserted) : ObpWalkAbsolute(Lookup, &Path, Found, Inserted);
    while (Status == STATUS_REPARSE) {
        NT_ASSERT_OURS(Path.Buffer != Owned && Path.Buffer != Lookup->Name->Buffer);
        if (Owned != NULL)
            ExFreePool(Owned);
        Owned = Path.Buffer;
        if (Lookup->Attributes & OBJ_DONT_REPARSE)
            Status = STATUS_REPARSE_POINT_ENCOUNTERED;
        else if (++Reparses > OBP_MAX_REPARSE)
            Status = STATUS_OBJECT_PATH_SYNTAX_BAD;
        else
            Status = ObpWalkAbsolute(Lookup, &Path, Found, Inserted);
    }
    if (Owned != NULL)
        ExFreePool(Owned);
    return Status;
}

/* Looks up what an opener wants; *Found is referenced and of the right type. */
static NTSTATUS ObpLookupForOpen(const OBP_LOOKUP *Lookup, POBP_HEADER *Found) {
    BOOLEAN Inserted;
    NTSTATUS Status = ObpLookupName(Lookup, Found, &Inserted);
    if (NT_SUCCESS(Status) && Lookup->Type != NULL && (*Found)->Type != Lookup->Type) {
        ObfDereferenceObject(ObpBody(*Found));
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    return Status;
}

NTSTATUS ObOpenObjectByName(POBJECT_ATTRIBUTES Attributes, POBJECT_TYPE Type, KPROCESSOR_MODE Mode, PACCESS_STATE AccessState,
                            ACCESS_MASK DesiredAccess, PVOID ParseContext, PHANDLE Handle) {
    OBP_CREATE_INFO Info;
    ACCESS_STATE Local;
    SEP_AUX_DATA Aux;
    POBP_HEADER Found;
    ACCESS_MASK Granted;
    if (Attributes == NULL)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS Status = ObpCaptureAttributes(Attributes, Mode, &Info);
    if (!NT_SUCCESS(Status))
        return Status;
    if (AccessState == NULL) {
        Status = SepCreateAccessState(&Local, &Aux, DesiredAccess, Type != NULL ? &Type->Info.GenericMapping : NULL);
        if (!NT_SUCCESS(Status))
            goto done;
        AccessState = &Local;
    }
    AccessState->SecurityDescriptor = Info.SecurityDescriptor;

    OBP_LOOKUP Lookup = {Info.RootDirectory, &Info.Name, Info.Attributes, Mode, Type, AccessState, ParseContext, NULL};
    Status = ObpLookupForOpen(&Lookup, &Found);
    if (NT_SUCCESS(Status)) {
        NTSTATUS Parsed = Status;
        Status = ObpCheckAccess(Found, AccessState, DesiredAccess, Info.Attributes & OBJ_FORCE_ACCESS_CHECK ? UserMode : Mode, &Granted);
        if (NT_SUCCESS(Status))
            Status = ObpCreateHandleEx(ObpCurrentProcess(), Found, Granted, Info.Attributes, Mode, OB_OPERATION_HANDLE_CREATE, NULL, Handle);
        if (NT_SUCCESS(Status))
            Status = Parsed;
        ObfDereferenceObject(ObpBody(Found));
    }
    if (AccessState == &Local)
        SepDeleteAccessState(&Local);
    else
        AccessState->SecurityDescriptor = NULL;
done:
    ObpReleaseCreateInfo(&Info);
    return Status;
}

NTSTATUS ObReferenceObjectByName(PUNICODE_STRING Name, ULONG Attributes, PACCESS_STATE AccessState, ACCESS_MASK DesiredAccess, POBJECT_TYPE Type,
                                 KPROCESSOR_MODE Mode, PVOID ParseContext, PVOID *Object) {
    UNICODE_STRING Captured;
    ACCESS_STATE Local;
    SEP_AUX_DATA Aux;
    POBP_HEADER Found;
    ACCESS_MASK Granted;
    if (Name == NULL)
        return STATUS_OBJECT_NAME_INVALID;
    NTSTATUS Status = ObpCaptureString(Name, Mode, &Captured);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Captured.Length == 0)
        return STATUS_OBJECT_NAME_INVALID;
    if (AccessState == NULL) {
        Status = SepCreateAccessState(&Local, &Aux, DesiredAccess, Type != NULL ? &Type->Info.GenericMapping : NULL);
        if (!NT_SUCCESS(Status)) {
            ExFreePoolWithTag(Captured.Buffer, OBP_TAG);
            return Status;
        }
        AccessState = &Local;
    }
    OBP_LOOKUP Lookup = {NULL, &Captured, Attributes, Mode, Type, AccessState, ParseContext, NULL};
    Status = ObpLookupForOpen(&Lookup, &Found);
    if (NT_SUCCESS(Status)) {
        NTSTATUS Checked = ObpCheckAccess(Found, AccessState, DesiredAccess, Attributes & OBJ_FORCE_ACCESS_CHECK ? UserMode : Mode, &Granted);
        if (NT_SUCCESS(Checked)) {
            *Object = ObpBody(Found);
        } else {
            ObfDereferenceObject(ObpBody(Found));
            Status = Checked;
        }
    }
    if (AccessState == &Local)
        SepDeleteAccessState(&Local);
    ExFreePoolWithTag(Captured.Buffer, OBP_TAG);
    return Status;
}
