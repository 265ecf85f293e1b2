/* A new object gets its name and its first handle. */
#include "ob/object.h"
#include "se/se.h"

/* Puts the object in the namespace. *Target, referenced: the object, or with OBJ_OPENIF (then STATUS_OBJECT_NAME_EXISTS) the one that is there. */
static NTSTATUS ObpInsertName(POBP_HEADER Header, PACCESS_STATE AccessState, ACCESS_MASK DesiredAccess, POBP_HEADER *Target) {
    POBP_CREATE_INFO info = Header->CreateInfo;
    ACCESS_STATE local;
    SEP_AUX_DATA aux;
    BOOLEAN inserted;
    NTSTATUS status;
    if (AccessState == NULL) {
        status = SepCreateAccessState(&local, &aux, DesiredAccess, &Header->Type->Info.GenericMapping);
        if (!NT_SUCCESS(status))
            return status;
        AccessState = &local;
    }
    OBP_LOOKUP lookup = {info->RootDirectory, &info->Name, info->Attributes, info->ProbeMode, Header->Type, AccessState, info->ParseContext, Header};
    status = ObpLookupName(&lookup, Target, &inserted);
    if (NT_SUCCESS(status) && !inserted) {
        if (!(info->Attributes & OBJ_OPENIF))
            status = STATUS_OBJECT_NAME_COLLISION;
        else if ((*Target)->Type != Header->Type)
            status = STATUS_OBJECT_TYPE_MISMATCH;
        else
            status = STATUS_OBJECT_NAME_EXISTS;
        if (!NT_SUCCESS(status))
            ObfDereferenceObject(ObpBody(*Target));
    }
    if (AccessState == &local)
        SepDeleteAccessState(&local);
    return status;
}

/* An object without a name has a descriptor if its creator gave one or its type wants it ("Security Descriptors for New Objects"). */
static NTSTATUS ObpSecureUnnamed(POBP_HEADER Header, PACCESS_STATE AccessState, KPROCESSOR_MODE Mode) {
    SECURITY_SUBJECT_CONTEXT subject;
    PVOID token;
    if (Header->Flags & OBP_FLAG_SECURED || (Header->SecurityDescriptor == NULL && !Header->Type->Info.SecurityRequired))
        return STATUS_SUCCESS;
    if (AccessState != NULL)
        return ObpAssignFrom(Header, NULL, SeQuerySubjectContextToken(&AccessState->SubjectSecurityContext), Mode);
    SeCaptureSubjectContext(&subject);
    token = SeQuerySubjectContextToken(&subject);
    NTSTATUS status = token != NULL ? ObpAssignFrom(Header, NULL, token, Mode) : STATUS_SUCCESS;
    SeReleaseSubjectContext(&subject);
    return status;
}

static VOID ObpReferenceTimes(PVOID Object, ULONG Times) {
    for (ULONG i = 0; i < Times; i++)
        ObfReferenceObject(Object);
}

NTSTATUS NTAPI ObInsertObject(PVOID Object, PACCESS_STATE AccessState, ACCESS_MASK DesiredAccess, ULONG AdditionalReferences, PVOID *NewObject,
                              PHANDLE Handle) {
    POBP_HEADER header = ObpHeader(Object), target = header;
    POBP_CREATE_INFO info = header->CreateInfo;
    NTSTATUS status = STATUS_SUCCESS;
    if (info == NULL)
        return STATUS_INVALID_PARAMETER;
    if (info->Name.Length != 0) {
        status = ObpInsertName(header, AccessState, DesiredAccess, &target);
        if (!NT_SUCCESS(status)) {
            ObfDereferenceObject(Object);
            return status;
        }
    } else {
        status = ObpSecureUnnamed(header, AccessState, info->ProbeMode);
        if (!NT_SUCCESS(status)) {
            ObfDereferenceObject(Object);
            return status;
        }
        ObfReferenceObject(Object);
    }

    /* From here on this function holds a reference to target, beside the creator's to Object. */
    if (Handle != NULL) {
        ACCESS_MASK granted,
            desired = AccessState != NULL ? AccessState->RemainingDesiredAccess | AccessState->PreviouslyGrantedAccess : DesiredAccess;
        NTSTATUS made = target == header ? ObpGrantAccess(header->Type, desired, info->ProbeMode, &granted)
                                         : ObpCheckAccess(target, AccessState, desired, info->ProbeMode, &granted);
        if (NT_SUCCESS(made))
            made =
                ObpCreateHandleEx(ObpCurrentProcess(), target, granted, info->Attributes, info->ProbeMode, OB_OPERATION_HANDLE_CREATE, NULL, Handle);
        if (!NT_SUCCESS(made)) {
            if (target == header)
                ObMakeTemporaryObject(Object);
            ObfDereferenceObject(ObpBody(target));
            ObfDereferenceObject(Object);
            return made;
        }
    }
    ObpFreeCreateInfo(header);
    ObpReferenceTimes(ObpBody(target), AdditionalReferences);
    if (NewObject != NULL)
        *NewObject = ObpBody(target);
    if (Handle != NULL || target == header)
        ObfDereferenceObject(ObpBody(target));
    if (Handle != NULL || target != header)
        ObfDereferenceObject(Object);
    return status;
}

NTSTATUS NTAPI NtMakeTemporaryObject(HANDLE Handle) {
    PVOID object;
    NTSTATUS status = ObReferenceObjectByHandle(Handle, DELETE, NULL, KiPreviousMode(), &object, NULL);
    if (!NT_SUCCESS(status))
        return status;
    ObMakeTemporaryObject(object);
    ObfDereferenceObject(object);
    return STATUS_SUCCESS;
}
