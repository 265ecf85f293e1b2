/* Access control lists and security descriptors, and their text. */
#include "advapi32.h"
#include "rtl/sddl_text.h"

BOOL WINAPI InitializeAcl(PACL Acl, DWORD Size, DWORD Revision) { return AdvResult(RtlCreateAcl(Acl, Size, Revision)); }
BOOL WINAPI IsValidAcl(PACL Acl) { return RtlValidAcl(Acl) ? TRUE : AdvFail(ERROR_INVALID_ACL); }
BOOL WINAPI DeleteAce(PACL Acl, DWORD Index) { return AdvResult(RtlDeleteAce(Acl, Index)); }
BOOL WINAPI GetAce(PACL Acl, DWORD Index, LPVOID *Ace) { return AdvResult(RtlGetAce(Acl, Index, Ace)); }

BOOL WINAPI AddAce(PACL Acl, DWORD Revision, DWORD Index, LPVOID List, DWORD Size) { return AdvResult(RtlAddAce(Acl, Revision, Index, List, Size)); }

BOOL WINAPI AddAccessAllowedAce(PACL Acl, DWORD Revision, DWORD Mask, PSID Sid) {
    return AdvResult(RtlAddAccessAllowedAce(Acl, Revision, Mask, Sid));
}

BOOL WINAPI AddAccessAllowedAceEx(PACL Acl, DWORD Revision, DWORD Flags, DWORD Mask, PSID Sid) {
    return AdvResult(RtlAddAccessAllowedAceEx(Acl, Revision, Flags, Mask, Sid));
}

BOOL WINAPI AddAccessDeniedAce(PACL Acl, DWORD Revision, DWORD Mask, PSID Sid) { return AdvResult(RtlAddAccessDeniedAce(Acl, Revision, Mask, Sid)); }

/* The last entry, made as one that allows, of another type and with flags. */
static VOID Retype(PACL Acl, UCHAR Type, DWORD Flags) {
    PVOID Ace;

    if (NT_SUCCESS(RtlGetAce(Acl, Acl->AceCount - 1u, &Ace))) {
        ((PACE_HEADER)Ace)->AceType = Type;
        ((PACE_HEADER)Ace)->AceFlags = (BYTE)Flags;
    }
}

BOOL WINAPI AddAccessDeniedAceEx(PACL Acl, DWORD Revision, DWORD Flags, DWORD Mask, PSID Sid) {
    BOOL Ok = AdvResult(RtlAddAccessDeniedAce(Acl, Revision, Mask, Sid));

    if (Ok)
        Retype(Acl, ACCESS_DENIED_ACE_TYPE, Flags);
    return Ok;
}

BOOL WINAPI AddMandatoryAce(PACL Acl, DWORD Revision, DWORD Flags, DWORD Policy, PSID Label) {
    BOOL Ok = AdvResult(RtlAddAccessAllowedAce(Acl, Revision, Policy, Label));

    if (Ok)
        Retype(Acl, SYSTEM_MANDATORY_LABEL_ACE_TYPE, Flags);
    return Ok;
}

BOOL WINAPI FindFirstFreeAce(PACL Acl, LPVOID *Free) {
    PUCHAR At = (PUCHAR)(Acl + 1);

    *Free = NULL;
    if (!RtlValidAcl(Acl))
        return FALSE;
    for (ULONG i = 0; i < Acl->AceCount; i++)
        At += ((PACE_HEADER)At)->AceSize;
    if (At < (PUCHAR)Acl + Acl->AclSize)
        *Free = At;
    return TRUE;
}

BOOL WINAPI GetAclInformation(PACL Acl, LPVOID Information, DWORD Size, ACL_INFORMATION_CLASS Class) {
    PUCHAR At = (PUCHAR)(Acl + 1);

    if (Class == AclRevisionInformation && Size >= sizeof(ACL_REVISION_INFORMATION)) {
        ((ACL_REVISION_INFORMATION *)Information)->AclRevision = Acl->AclRevision;
        return TRUE;
    }
    if (Class != AclSizeInformation || Size < sizeof(ACL_SIZE_INFORMATION))
        return AdvFail(Class == AclSizeInformation ? ERROR_INSUFFICIENT_BUFFER : ERROR_INVALID_PARAMETER);
    for (ULONG i = 0; i < Acl->AceCount; i++)
        At += ((PACE_HEADER)At)->AceSize;
    *(ACL_SIZE_INFORMATION *)Information = (ACL_SIZE_INFORMATION){Acl->AceCount, (DWORD)(At - (PUCHAR)Acl), (DWORD)((PUCHAR)Acl + Acl->AclSize - At)};
    return TRUE;
}

/* ---- Descriptors ----------------------------------------------------------------------------------------------------------------------- */

BOOL WINAPI InitializeSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, DWORD Revision) {
    return AdvResult(RtlCreateSecurityDescriptor(Descriptor, Revision));
}

BOOL WINAPI IsValidSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor) {
    return RtlValidSecurityDescriptor(Descriptor) ? TRUE : AdvFail(ERROR_INVALID_SECURITY_DESCR);
}

DWORD WINAPI GetSecurityDescriptorLength(PSECURITY_DESCRIPTOR Descriptor) { return RtlLengthSecurityDescriptor(Descriptor); }

BOOL WINAPI GetSecurityDescriptorControl(PSECURITY_DESCRIPTOR Descriptor, PSECURITY_DESCRIPTOR_CONTROL Control, LPDWORD Revision) {
    *Control = ((SECURITY_DESCRIPTOR *)Descriptor)->Control;
    *Revision = ((SECURITY_DESCRIPTOR *)Descriptor)->Revision;
    return TRUE;
}

BOOL WINAPI SetSecurityDescriptorControl(PSECURITY_DESCRIPTOR Descriptor, SECURITY_DESCRIPTOR_CONTROL Which, SECURITY_DESCRIPTOR_CONTROL Bits) {
    const SECURITY_DESCRIPTOR_CONTROL Own =
        SE_DACL_AUTO_INHERIT_REQ | SE_SACL_AUTO_INHERIT_REQ | SE_DACL_AUTO_INHERITED | SE_SACL_AUTO_INHERITED | SE_DACL_PROTECTED | SE_SACL_PROTECTED;

    if (Which & ~Own || Bits & ~Which)
        return AdvFail(ERROR_INVALID_PARAMETER);
    ((SECURITY_DESCRIPTOR *)Descriptor)->Control = (((SECURITY_DESCRIPTOR *)Descriptor)->Control & ~Which) | Bits;
    return TRUE;
}

static BOOL GetAcl(NTSTATUS (*Get)(PSECURITY_DESCRIPTOR, PBOOLEAN, PACL *, PBOOLEAN), PSECURITY_DESCRIPTOR Descriptor, LPBOOL Present, PACL *Acl,
                   LPBOOL Defaulted) {
    BOOLEAN IsPresent = FALSE, IsDefaulted = FALSE;
    BOOL Ok = AdvResult(Get(Descriptor, &IsPresent, Acl, &IsDefaulted));

    *Present = IsPresent;
    *Defaulted = IsDefaulted;
    return Ok;
}

BOOL WINAPI GetSecurityDescriptorDacl(PSECURITY_DESCRIPTOR Descriptor, LPBOOL Present, PACL *Acl, LPBOOL Defaulted) {
    return GetAcl(RtlGetDaclSecurityDescriptor, Descriptor, Present, Acl, Defaulted);
}

BOOL WINAPI GetSecurityDescriptorSacl(PSECURITY_DESCRIPTOR Descriptor, LPBOOL Present, PACL *Acl, LPBOOL Defaulted) {
    return GetAcl(RtlGetSaclSecurityDescriptor, Descriptor, Present, Acl, Defaulted);
}

BOOL WINAPI GetSecurityDescriptorOwner(PSECURITY_DESCRIPTOR Descriptor, PSID *Owner, LPBOOL Defaulted) {
    BOOLEAN IsDefaulted = FALSE;
    BOOL Ok = AdvResult(RtlGetOwnerSecurityDescriptor(Descriptor, Owner, &IsDefaulted));

    *Defaulted = IsDefaulted;
    return Ok;
}

BOOL WINAPI GetSecurityDescriptorGroup(PSECURITY_DESCRIPTOR Descriptor, PSID *Group, LPBOOL Defaulted) {
    BOOLEAN IsDefaulted = FALSE;
    BOOL Ok = AdvResult(RtlGetGroupSecurityDescriptor(Descriptor, Group, &IsDefaulted));

    *Defaulted = IsDefaulted;
    return Ok;
}

BOOL WINAPI SetSecurityDescriptorDacl(PSECURITY_DESCRIPTOR Descriptor, BOOL Present, PACL Acl, BOOL Defaulted) {
    return AdvResult(RtlSetDaclSecurityDescriptor(Descriptor, (BOOLEAN)(Present != 0), Acl, (BOOLEAN)(Defaulted != 0)));
}

BOOL WINAPI SetSecurityDescriptorSacl(PSECURITY_DESCRIPTOR Descriptor, BOOL Present, PACL Acl, BOOL Defaulted) {
    return AdvResult(RtlSetSaclSecurityDescriptor(Descriptor, (BOOLEAN)(Present != 0), Acl, (BOOLEAN)(Defaulted != 0)));
}

BOOL WINAPI SetSecurityDescriptorOwner(PSECURITY_DESCRIPTOR Descriptor, PSID Owner, BOOL Defaulted) {
    return AdvResult(RtlSetOwnerSecurityDescriptor(Descriptor, Owner, (BOOLEAN)(Defaulted != 0)));
}

BOOL WINAPI SetSecurityDescriptorGroup(PSECURITY_DESCRIPTOR Descriptor, PSID Group, BOOL Defaulted) {
    return AdvResult(RtlSetGroupSecurityDescriptor(Descriptor, Group, (BOOLEAN)(Defaulted != 0)));
}

BOOL WINAPI MakeSelfRelativeSD(PSECURITY_DESCRIPTOR Absolute, PSECURITY_DESCRIPTOR Relative, LPDWORD Size) {
    return AdvResult(RtlAbsoluteToSelfRelativeSD(Absolute, Relative, Size));
}

/* ---- As text --------------------------------------------------------------------------------------------------------------------------- */

BOOL WINAPI ConvertStringSecurityDescriptorToSecurityDescriptorW(LPCWSTR Text, DWORD Revision, PSECURITY_DESCRIPTOR *Descriptor, PULONG Size) {
    unsigned int Needed = 0;

    if (!Text || !Descriptor)
        return AdvFail(ERROR_INVALID_PARAMETER);
    if (Revision != SDDL_REVISION_1)
        return AdvFail(ERROR_UNKNOWN_REVISION);
    if (!SddlParse(Text, NULL, 0, &Needed))
        return AdvFail(ERROR_INVALID_PARAMETER);
    *Descriptor = LocalAlloc(0, Needed);
    if (!*Descriptor)
        return AdvFail(ERROR_NOT_ENOUGH_MEMORY);
    SddlParse(Text, *Descriptor, Needed, &Needed);
    if (Size)
        *Size = Needed;
    return TRUE;
}

BOOL WINAPI ConvertStringSecurityDescriptorToSecurityDescriptorA(LPCSTR Text, DWORD Revision, PSECURITY_DESCRIPTOR *Descriptor, PULONG Size) {
    BOOL Ok = TRUE;
    PWSTR Wide = AdvWide(Text, &Ok);

    Ok = Ok && ConvertStringSecurityDescriptorToSecurityDescriptorW(Wide, Revision, Descriptor, Size);
    AdvFree(Wide);
    return Ok;
}

static VOID Write(SDDL_WRITER *Writer, PSECURITY_DESCRIPTOR Descriptor, SECURITY_INFORMATION Parts) {
    WORD Control = ((SECURITY_DESCRIPTOR *)Descriptor)->Control;
    BOOLEAN Present, Defaulted;
    PSID Owner = NULL, Group = NULL;
    PACL Dacl = NULL, Sacl = NULL;

    RtlGetOwnerSecurityDescriptor(Descriptor, &Owner, &Defaulted);
    RtlGetGroupSecurityDescriptor(Descriptor, &Group, &Defaulted);
    RtlGetDaclSecurityDescriptor(Descriptor, &Present, &Dacl, &Defaulted);
    RtlGetSaclSecurityDescriptor(Descriptor, &Present, &Sacl, &Defaulted);
    SddlFormat(Writer, Parts & OWNER_SECURITY_INFORMATION ? Owner : NULL, Parts & GROUP_SECURITY_INFORMATION ? Group : NULL, (const UCHAR *)Dacl,
               Parts & (SACL_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION) ? (const UCHAR *)Sacl : NULL,
               Parts & DACL_SECURITY_INFORMATION ? Control : Control & ~SE_DACL_PRESENT);
}

BOOL WINAPI ConvertSecurityDescriptorToStringSecurityDescriptorW(PSECURITY_DESCRIPTOR Descriptor, DWORD Revision, SECURITY_INFORMATION Parts,
                                                                 LPWSTR *Text, PULONG Length) {
    SDDL_WRITER Writer = {.Wide = (PWSTR)&Writer};

    if (Revision != SDDL_REVISION_1)
        return AdvFail(ERROR_UNKNOWN_REVISION);
    if (!RtlValidSecurityDescriptor(Descriptor))
        return AdvFail(ERROR_INVALID_SECURITY_DESCR);
    Write(&Writer, Descriptor, Parts);
    *Text = LocalAlloc(0, (Writer.Length + 1) * sizeof(WCHAR));
    if (!*Text)
        return AdvFail(ERROR_NOT_ENOUGH_MEMORY);
    Writer = (SDDL_WRITER){.Wide = *Text, .Room = Writer.Length};
    Write(&Writer, Descriptor, Parts);
    (*Text)[Writer.Length] = 0;
    if (Length)
        *Length = Writer.Length + 1;
    return TRUE;
}

BOOL WINAPI ConvertSecurityDescriptorToStringSecurityDescriptorA(PSECURITY_DESCRIPTOR Descriptor, DWORD Revision, SECURITY_INFORMATION Parts,
                                                                 LPSTR *Text, PULONG Length) {
    PWSTR Wide;
    ULONG Count;

    if (!ConvertSecurityDescriptorToStringSecurityDescriptorW(Descriptor, Revision, Parts, &Wide, &Count))
        return FALSE;
    *Text = LocalAlloc(0, Count);
    if (*Text)
        AdvNarrow(Wide, Count, *Text, Count);
    LocalFree(Wide);
    if (Length)
        *Length = Count;
    return *Text ? TRUE : AdvFail(ERROR_NOT_ENOUGH_MEMORY);
}
