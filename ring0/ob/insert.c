/* A new object gets its name and its first handle. */
#include "ob/object.h"
#include "se/se.h"

/* Puts the object in the namespace. *Target, referenced: the object, or with OBJ_OPENIF (then STATUS_OBJECT_NAME_EXISTS) the one that is there. */
static NTSTATUS ObpInsertName(POBP_HEADER Header, PACCESS_STATE AccessState, ACCESS_MASK DesiredAccess, POBP_HEADER *Target) {
    POBP_CREATE_INFO Info = Header->CreateInfo;
    ACCESS_STATE Local;
    SEP_AUX_DATA Aux;
    BOOLEAN Inserted;
    NTSTATUS Status;
    if (AccessState == NULL) {
        Status = SepCreateAccessState(&Local, &Aux, DesiredAccess, &Header->Type->Info.GenericMapping);
        if (!NT_SUCCESS(Status))
            return Status;
        AccessState = &Local;
    }
    OBP_LOOKUP Lookup = {Info->RootDirectory, &Info->Name, Info->Attributes, Info->ProbeMode, Header->Type, AccessState, Info->ParseContext, Header};
    Status = ObpLookupName(&Lookup, Target, &Inserted);
    if (NT_SUCCESS(Status) && !Inserted) {
        if (!(Info->Attributes & OBJ_OPENIF))
            Status = STATUS_OBJECT_NAME_COLLISION;
        else if ((*Target)->Type != Header->Type)
            Status = STATUS_OBJECT_TYPE_MISMATCH;
        else
            Status = STATUS_OBJECT_NAME_EXISTS;
        if (!NT_SUCCESS(Status))
            ObfDereferenceObject(ObpBody(*Target));
    }
    if (AccessState == &Local)
        SepDeleteAccessState(&Local);
    return Status;
}

/* An object without a name has a descriptor if its creator gave one or its type wants it ("Security Descriptors for New Objects"). */
static NTSTATUS ObpSecureUnnamed(POBP_HEADER Header, PACCESS_STATE AccessState, KPROCESSOR_MODE Mode) {
    SECURITY_SUBJECT_CONTEXT Subject;
    PVOID Token;
    if (Header->Flags & OBP_FLAG_SECURED || (Header->SecurityDescriptor == NULL && !Header->Type->Info.SecurityRequired))
        return STATUS_SUCCESS;
    if (AccessState != NULL)
        return ObpAssignFrom(Header, NULL, SeQuerySubjectContextToken(&AccessState->SubjectSecurityContext), Mode);
    SeCaptureSubjectContext(&Subject);
    Token = SeQuerySubjectContextToken(&Subject);
    NTSTATUS Status = Token != NULL ? ObpAssignFrom(Header, NULL, Token, Mode) : STATUS_SUCCESS;
    SeReleaseSubjectContext(&Subject);
    return Status;
}

static VOID ObpReferenceTimes(PVOID Object, ULONG Times) {
    for (ULONG I = 0; I < Times; I++)
        ObfReferenceObject(Object);
}

NTSTATUS NTAPI ObInsertObject(PVOID Object, PACCESS_STATE AccessState, ACCESS_MASK DesiredAccess, ULONG AdditionalReferences, PVOID *NewObject,
                              PHANDLE Handle) {
    POBP_HEADER Header = ObpHeader(Object), Target = Header;
    POBP_CREATE_INFO Info = Header->CreateInfo;
    NTSTATUS Status = STATUS_SUCCESS;
    if (Info == NULL)
        return STATUS_INVALID_PARAMETER;
    if (Info->Name.Length != 0) {
        Status = ObpInsertName(Header, AccessState, DesiredAccess, &Target);
        if (!NT_SUCCESS(Status)) {
            ObfDereferenceObject(Object);
            return Status;
        }
    } else {
        Status = ObpSecureUnnamed(Header, AccessState, Info->ProbeMode);
        if (!NT_SUCCESS(Status)) {
            ObfDereferenceObject(Object);
            return Status;
        }
        ObfReferenceObject(Object);
    }

    /* From here on this function holds a reference to target, beside the creator's to Object. */
    if (Handle != NULL) {
        ACCESS_MASK Granted,
            Desired = AccessState != NULL ? AccessState->RemainingDesiredAccess | AccessState->PreviouslyGrantedAccess : DesiredAccess;
        NTSTATUS Made = Target == Header ? ObpGrantAccess(Header->Type, Desired, Info->ProbeMode, &Granted)
                                         : ObpCheckAccess(Target, AccessState, Desired, Info->ProbeMode, &Granted);
        if (NT_SUCCESS(Made))
            Made =
                ObpCreateHandleEx(ObpCurrentProcess(), Target, Granted, Info->Attributes, Info->ProbeMode, OB_OPERATION_HANDLE_CREATE, NULL, Handle);
        if (!NT_SUCCESS(Made)) {
            if (Target == Header)
                ObMakeTemporaryObject(Object);
            ObfDereferenceObject(ObpBody(Target));
            ObfDereferenceObject(Object);
            return Made;
        }
    }
    ObpFreeCreateInfo(Header);
    ObpReferenceTimes(ObpBody(Target), AdditionalReferences);
    if (NewObject != NULL)
        *NewObject = ObpBody(Target);
    if (Handle != NULL || Target == Header)
        ObfDereferenceObject(ObpBody(Target));
    if (Handle != NULL || Target != Header)
        ObfDereferenceObject(Object);
    return Status;
}

NTSTATUS NTAPI NtMakeTemporaryObject(HANDLE Handle) {
    PVOID Object;
    NTSTATUS Status = ObReferenceObjectByHandle(Handle, DELETE, NULL, KiPreviousMode(), &Object, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    ObMakeTemporaryObject(Object);
    ObfDereferenceObject(Object);
    return STATUS_SUCCESS;
}
