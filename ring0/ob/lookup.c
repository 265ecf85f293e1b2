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
    PSECURITY_DESCRIPTOR parent = ObpHeader(Directory)->SecurityDescriptor;
    PSECURITY_SUBJECT_CONTEXT subject = &Lookup->AccessState->SubjectSecurityContext;
    PVOID token = SeQuerySubjectContextToken(subject);
    ACCESS_MASK right = Header->Type == ObpDirectoryObjectType ? DIRECTORY_CREATE_SUBDIRECTORY : DIRECTORY_CREATE_OBJECT, granted;
    NTSTATUS status;
    if (token == NULL)
        return STATUS_SUCCESS; /* before SeInitSystem */
    if (parent != NULL &&
        !SeAccessCheck(parent, subject, FALSE, right, 0, NULL, &ObpDirectoryObjectType->Info.GenericMapping, Lookup->Mode, &granted, &status))
        return status;
    return Header->Flags & OBP_FLAG_SECURED ? STATUS_SUCCESS : ObpAssignFrom(Header, parent, token, Lookup->Mode);
}

static NTSTATUS ObpInsertHere(const OBP_LOOKUP *Lookup, POBP_DIRECTORY Directory, PCUNICODE_STRING Component, POBP_HEADER Header) {
    UNICODE_STRING name;
    NTSTATUS status = ObpSecureNew(Lookup, Directory, Header);
    if (!NT_SUCCESS(status))
        return status;
    name.Length = Component->Length;
    name.MaximumLength = (USHORT)(Component->Length + sizeof(WCHAR));
    name.Buffer = ExAllocatePoolWithTag(PagedPool, name.MaximumLength, OBP_TAG);
    if (name.Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(name.Buffer, Component->Buffer, Component->Length);
    name.Buffer[Component->Length / sizeof(WCHAR)] = 0;
    status = ObpInsertEntry(Directory, Header, &name);
    if (!NT_SUCCESS(status))
        ExFreePoolWithTag(name.Buffer, OBP_TAG);
    return status;
}

static NTSTATUS ObpParse(const OBP_LOOKUP *Lookup, POBP_HEADER Header, PUNICODE_STRING Path, PUNICODE_STRING Rest, POBP_HEADER *Found) {
    PVOID object = NULL;
    ObfReferenceObject(ObpBody(Header));
    NTSTATUS status = Header->Type->Info.Parse(ObpBody(Header), Lookup->Type, Lookup->AccessState, Lookup->Mode, Lookup->Attributes, Path, Rest,
                                               Lookup->ParseContext, &object);
    ObfDereferenceObject(ObpBody(Header));
    if (NT_SUCCESS(status) && status != STATUS_REPARSE) {
        NT_ASSERT_OURS(object != NULL);
        *Found = ObpHeader(object);
    }
    return status;
}

/* From Directory down Rest. *Found is referenced; *Inserted if it is what was to be inserted. STATUS_REPARSE: Path is another one. */
static NTSTATUS ObpWalkPath(const OBP_LOOKUP *Lookup, POBP_DIRECTORY Directory, PUNICODE_STRING Path, PUNICODE_STRING Rest, POBP_HEADER *Found,
                            BOOLEAN *Inserted) {
    BOOLEAN caseInsensitive = (Lookup->Attributes & OBJ_CASE_INSENSITIVE) != 0 || Lookup->Type == NULL || Lookup->Type->Info.CaseInsensitive;
    for (;;) {
        UNICODE_STRING component;
        ObpSplitName(Rest, &component, Rest);
        if (component.Length == 0)
            return STATUS_OBJECT_NAME_INVALID;
        POBP_HEADER header = ObpFindEntry(Directory, &component, caseInsensitive);
        /* What is to be made is made here, whatever the shadow has. */
        if (header == NULL && Directory->Shadow != NULL && (Lookup->Insert == NULL || Rest->Length != 0))
            header = ObpFindEntry(Directory->Shadow, &component, caseInsensitive);
        if (header == NULL) {
            if (Rest->Length != 0)
                return STATUS_OBJECT_PATH_NOT_FOUND;
            if (Lookup->Insert == NULL)
                return STATUS_OBJECT_NAME_NOT_FOUND;
            NTSTATUS status = ObpInsertHere(Lookup, Directory, &component, Lookup->Insert);
            if (NT_SUCCESS(status)) {
                *Inserted = TRUE;
                *Found = Lookup->Insert;
                ObfReferenceObject(ObpBody(Lookup->Insert));
            }
            return status;
        }
        if (header->Type->Info.Parse != NULL && (Lookup->Insert == NULL || header->Type == ObpSymbolicLinkObjectType))
            return ObpParse(Lookup, header, Path, Rest, Found);
        if (Rest->Length == 0) {
            ObfReferenceObject(ObpBody(header));
            *Found = header;
            return STATUS_SUCCESS;
        }
        if (header->Type != ObpDirectoryObjectType)
            return STATUS_OBJECT_TYPE_MISMATCH;
        Directory = ObpBody(header);
    }
}

static NTSTATUS ObpWalkAbsolute(const OBP_LOOKUP *Lookup, PUNICODE_STRING Path, POBP_HEADER *Found, BOOLEAN *Inserted) {
    POBP_DIRECTORY directory = ObpRootDirectory;
    UNICODE_STRING rest = *Path;
    if (Path->Length == 0 || Path->Buffer[0] != L'\\')
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    if (ObpIsDosPrefix(Path, &rest)) {
        NTSTATUS status = ObpDosDirectory(&directory);
        if (!NT_SUCCESS(status))
            return status;
    } else {
        rest = *Path;
    }
    if (rest.Length == 0 || Path->Length == sizeof(WCHAR)) {
        if (Lookup->Insert != NULL)
            return STATUS_OBJECT_PATH_SYNTAX_BAD;
        ObfReferenceObject(directory);
        *Found = ObpHeader(directory);
        return STATUS_SUCCESS;
    }
    return ObpWalkPath(Lookup, directory, Path, &rest, Found, Inserted);
}

static NTSTATUS ObpWalkRelative(const OBP_LOOKUP *Lookup, PUNICODE_STRING Path, POBP_HEADER *Found, BOOLEAN *Inserted) {
    PVOID root;
    UNICODE_STRING rest = *Path;
    NTSTATUS status = ObReferenceObjectByHandle(Lookup->RootDirectory, 0, NULL, Lookup->Mode, &root, NULL);
    if (!NT_SUCCESS(status))
        return status;
    POBP_HEADER header = ObpHeader(root);
    if (header->Type == ObpDirectoryObjectType) {
        if (Path->Length != 0 && Path->Buffer[0] == L'\\') {
            status = STATUS_OBJECT_PATH_SYNTAX_BAD;
        } else if (Path->Length == 0 && Lookup->Insert == NULL) {
            *Found = header;
            return STATUS_SUCCESS;
        } else {
            status = ObpWalkPath(Lookup, root, Path, &rest, Found, Inserted);
        }
    } else if (header->Type->Info.Parse != NULL && header->Type != ObpSymbolicLinkObjectType) {
        status = ObpParse(Lookup, header, Path, &rest, Found);
    } else {
        status = STATUS_INVALID_HANDLE;
    }
    ObfDereferenceObject(root);
    return status;
}

NTSTATUS ObpLookupName(const OBP_LOOKUP *Lookup, POBP_HEADER *Found, BOOLEAN *Inserted) {
    UNICODE_STRING path = *Lookup->Name;
    PWSTR owned = NULL; /* path's buffer once it is not the caller's */
    ULONG reparses = 0;
    *Inserted = FALSE;
    NTSTATUS status =
        Lookup->RootDirectory != NULL ? ObpWalkRelative(Lookup, &path, Found, Inserted) : ObpWalkAbsolute(Lookup, &path, Found, Inserted);
    while (status == STATUS_REPARSE) {
        NT_ASSERT_OURS(path.Buffer != owned && path.Buffer != Lookup->Name->Buffer);
        if (owned != NULL)
            ExFreePool(owned);
        owned = path.Buffer;
        if (Lookup->Attributes & OBJ_DONT_REPARSE)
            status = STATUS_REPARSE_POINT_ENCOUNTERED;
        else if (++reparses > OBP_MAX_REPARSE)
            status = STATUS_OBJECT_PATH_SYNTAX_BAD;
        else
            status = ObpWalkAbsolute(Lookup, &path, Found, Inserted);
    }
    if (owned != NULL)
        ExFreePool(owned);
    return status;
}

/* Looks up what an opener wants; *Found is referenced and of the right type. */
static NTSTATUS ObpLookupForOpen(const OBP_LOOKUP *Lookup, POBP_HEADER *Found) {
    BOOLEAN inserted;
    NTSTATUS status = ObpLookupName(Lookup, Found, &inserted);
    if (NT_SUCCESS(status) && Lookup->Type != NULL && (*Found)->Type != Lookup->Type) {
        ObfDereferenceObject(ObpBody(*Found));
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    return status;
}

NTSTATUS ObOpenObjectByName(POBJECT_ATTRIBUTES Attributes, POBJECT_TYPE Type, KPROCESSOR_MODE Mode, PACCESS_STATE AccessState,
                            ACCESS_MASK DesiredAccess, PVOID ParseContext, PHANDLE Handle) {
    OBP_CREATE_INFO info;
    ACCESS_STATE local;
    SEP_AUX_DATA aux;
    POBP_HEADER found;
    ACCESS_MASK granted;
    if (Attributes == NULL)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = ObpCaptureAttributes(Attributes, Mode, &info);
    if (!NT_SUCCESS(status))
        return status;
    if (AccessState == NULL) {
        status = SepCreateAccessState(&local, &aux, DesiredAccess, Type != NULL ? &Type->Info.GenericMapping : NULL);
        if (!NT_SUCCESS(status))
            goto done;
        AccessState = &local;
    }
    AccessState->SecurityDescriptor = info.SecurityDescriptor;

    OBP_LOOKUP lookup = {info.RootDirectory, &info.Name, info.Attributes, Mode, Type, AccessState, ParseContext, NULL};
    status = ObpLookupForOpen(&lookup, &found);
    if (NT_SUCCESS(status)) {
        NTSTATUS parsed = status;
        status = ObpCheckAccess(found, AccessState, DesiredAccess, info.Attributes & OBJ_FORCE_ACCESS_CHECK ? UserMode : Mode, &granted);
        if (NT_SUCCESS(status))
            status = ObpCreateHandleEx(ObpCurrentProcess(), found, granted, info.Attributes, Mode, OB_OPERATION_HANDLE_CREATE, NULL, Handle);
        if (NT_SUCCESS(status))
            status = parsed;
        ObfDereferenceObject(ObpBody(found));
    }
    if (AccessState == &local)
        SepDeleteAccessState(&local);
    else
        AccessState->SecurityDescriptor = NULL;
done:
    ObpReleaseCreateInfo(&info);
    return status;
}

NTSTATUS ObReferenceObjectByName(PUNICODE_STRING Name, ULONG Attributes, PACCESS_STATE AccessState, ACCESS_MASK DesiredAccess, POBJECT_TYPE Type,
                                 KPROCESSOR_MODE Mode, PVOID ParseContext, PVOID *Object) {
    UNICODE_STRING name;
    ACCESS_STATE local;
    SEP_AUX_DATA aux;
    POBP_HEADER found;
    ACCESS_MASK granted;
    if (Name == NULL)
        return STATUS_OBJECT_NAME_INVALID;
    NTSTATUS status = ObpCaptureString(Name, Mode, &name);
    if (!NT_SUCCESS(status))
        return status;
    if (name.Length == 0)
        return STATUS_OBJECT_NAME_INVALID;
    if (AccessState == NULL) {
        status = SepCreateAccessState(&local, &aux, DesiredAccess, Type != NULL ? &Type->Info.GenericMapping : NULL);
        if (!NT_SUCCESS(status)) {
            ExFreePoolWithTag(name.Buffer, OBP_TAG);
            return status;
        }
        AccessState = &local;
    }
    OBP_LOOKUP lookup = {NULL, &name, Attributes, Mode, Type, AccessState, ParseContext, NULL};
    status = ObpLookupForOpen(&lookup, &found);
    if (NT_SUCCESS(status)) {
        NTSTATUS checked = ObpCheckAccess(found, AccessState, DesiredAccess, Attributes & OBJ_FORCE_ACCESS_CHECK ? UserMode : Mode, &granted);
        if (NT_SUCCESS(checked)) {
            *Object = ObpBody(found);
        } else {
            ObfDereferenceObject(ObpBody(found));
            status = checked;
        }
    }
    if (AccessState == &local)
        SepDeleteAccessState(&local);
    ExFreePoolWithTag(name.Buffer, OBP_TAG);
    return status;
}
