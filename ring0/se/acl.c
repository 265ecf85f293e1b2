/* Access control lists: a header and entries one behind the other. */
#include "rtl/rtlp.h"
#include "se/parts.h"

static PACE_HEADER SepFirstAce(PACL Acl) { return (PACE_HEADER)(Acl + 1); }

static PACE_HEADER SepNextAce(PACE_HEADER Ace) { return (PACE_HEADER)((PUCHAR)Ace + Ace->AceSize); }

/* Where the entries end; NULL when one of them reaches over the list's end. */
static PUCHAR SepEndOfAces(PACL Acl) {
    PUCHAR End = (PUCHAR)Acl + Acl->AclSize;
    PACE_HEADER Ace = SepFirstAce(Acl);
    for (ULONG I = 0; I < Acl->AceCount; I++) {
        if ((PUCHAR)(Ace + 1) > End || Ace->AceSize < sizeof(*Ace) || Ace->AceSize % 4 != 0 || (PUCHAR)Ace + Ace->AceSize > End)
            return NULL;
        Ace = SepNextAce(Ace);
    }
    return (PUCHAR)Ace <= End ? (PUCHAR)Ace : NULL;
}

BOOLEAN SepValidAcl(PACL Acl) {
    if (Acl->AclRevision < MIN_ACL_REVISION || Acl->AclRevision > MAX_ACL_REVISION || Acl->AclSize < sizeof(*Acl) || SepEndOfAces(Acl) == NULL)
        return FALSE;
    PACE_HEADER Ace = SepFirstAce(Acl);
    for (ULONG I = 0; I < Acl->AceCount; I++, Ace = SepNextAce(Ace)) {
        if (Ace->AceType > ACCESS_MAX_MS_V2_ACE_TYPE)
            continue;
        PACCESS_ALLOWED_ACE Known = (PACCESS_ALLOWED_ACE)Ace;
        ULONG Room = Ace->AceSize - min((ULONG)Ace->AceSize, (ULONG)FIELD_OFFSET(ACCESS_ALLOWED_ACE, SidStart));
        if (Room < RtlLengthRequiredSid(0) || !RtlValidSid(&Known->SidStart) || RtlLengthSid(&Known->SidStart) > Room)
            return FALSE;
    }
    return TRUE;
}

BOOLEAN NTAPI RtlValidAcl(PACL Acl) { return SepValidAcl(Acl); }

NTSTATUS NTAPI RtlCreateAcl(PACL Acl, ULONG AclLength, ULONG AclRevision) {
    if (AclLength < sizeof(*Acl))
        return STATUS_BUFFER_TOO_SMALL;
    if (AclRevision < MIN_ACL_REVISION || AclRevision > MAX_ACL_REVISION || AclLength > MAXUSHORT)
        return STATUS_INVALID_PARAMETER;
    RtlZeroMemory(Acl, sizeof(*Acl));
    Acl->AclRevision = (UCHAR)AclRevision;
    Acl->AclSize = (USHORT)(AclLength & ~3u);
    return STATUS_SUCCESS;
}

static NTSTATUS SepAddAce(PACL Acl, ULONG AceRevision, UCHAR Type, ULONG AceFlags, ACCESS_MASK AccessMask, PSID Sid) {
    if (!RtlValidSid(Sid))
        return STATUS_INVALID_SID;
    if (Acl->AclRevision > MAX_ACL_REVISION || AceRevision > MAX_ACL_REVISION)
        return STATUS_REVISION_MISMATCH;
    PUCHAR End = SepEndOfAces(Acl);
    if (End == NULL)
        return STATUS_INVALID_ACL;
    ULONG Size = FIELD_OFFSET(ACCESS_ALLOWED_ACE, SidStart) + RtlLengthSid(Sid);
    if (End + Size > (PUCHAR)Acl + Acl->AclSize)
        return STATUS_ALLOTTED_SPACE_EXCEEDED;
    PACCESS_ALLOWED_ACE Ace = (PACCESS_ALLOWED_ACE)End;
    Ace->Header.AceType = Type;
    Ace->Header.AceFlags = (UCHAR)AceFlags;
    Ace->Header.AceSize = (USHORT)Size;
    Ace->Mask = AccessMask;
    RtlCopyMemory(&Ace->SidStart, Sid, RtlLengthSid(Sid));
    Acl->AceCount++;
    if (AceRevision > Acl->AclRevision)
        Acl->AclRevision = (UCHAR)AceRevision;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlAddAccessAllowedAce(PACL Acl, ULONG AceRevision, ACCESS_MASK AccessMask, PSID Sid) {
    return SepAddAce(Acl, AceRevision, ACCESS_ALLOWED_ACE_TYPE, 0, AccessMask, Sid);
}

NTSTATUS NTAPI RtlAddAccessAllowedAceEx(PACL Acl, ULONG AceRevision, ULONG AceFlags, ACCESS_MASK AccessMask, PSID Sid) {
    return SepAddAce(Acl, AceRevision, ACCESS_ALLOWED_ACE_TYPE, AceFlags, AccessMask, Sid);
}

NTSTATUS NTAPI RtlAddAccessDeniedAce(PACL Acl, ULONG AceRevision, ACCESS_MASK AccessMask, PSID Sid) {
    return SepAddAce(Acl, AceRevision, ACCESS_DENIED_ACE_TYPE, 0, AccessMask, Sid);
}

NTSTATUS NTAPI RtlGetAce(PACL Acl, ULONG AceIndex, PVOID *Ace) {
    if (Acl->AclRevision < MIN_ACL_REVISION || Acl->AclRevision > MAX_ACL_REVISION || AceIndex >= Acl->AceCount || SepEndOfAces(Acl) == NULL)
        return STATUS_INVALID_PARAMETER;
    PACE_HEADER Found = SepFirstAce(Acl);
    while (AceIndex-- != 0)
        Found = SepNextAce(Found);
    *Ace = Found;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlAddAce(PACL Acl, ULONG AceRevision, ULONG StartingAceIndex, PVOID AceList, ULONG AceListLength) {
    if (!SepValidAcl(Acl))
        return STATUS_INVALID_PARAMETER;
    PUCHAR End = SepEndOfAces(Acl), At = (PUCHAR)SepFirstAce(Acl), ListEnd = (PUCHAR)AceList + AceListLength;
    ULONG Count = 0;
    for (PACE_HEADER Ace = AceList; (PUCHAR)Ace < ListEnd; Ace = SepNextAce(Ace), Count++)
        if ((PUCHAR)(Ace + 1) > ListEnd || Ace->AceSize < sizeof(*Ace) || (PUCHAR)Ace + Ace->AceSize > ListEnd)
            return STATUS_INVALID_PARAMETER;
    if (End + AceListLength > (PUCHAR)Acl + Acl->AclSize)
        return STATUS_BUFFER_TOO_SMALL;
    for (ULONG I = 0; I < StartingAceIndex && I < Acl->AceCount; I++)
        At = (PUCHAR)SepNextAce((PACE_HEADER)At);
    RtlMoveMemory(At + AceListLength, At, (SIZE_T)(End - At));
    RtlCopyMemory(At, AceList, AceListLength);
    Acl->AceCount += (USHORT)Count;
    if (AceRevision > Acl->AclRevision)
        Acl->AclRevision = (UCHAR)AceRevision;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlDeleteAce(PACL Acl, ULONG AceIndex) {
    PVOID Found;
    NTSTATUS Status = RtlGetAce(Acl, AceIndex, &Found);
    if (!NT_SUCCESS(Status))
        return Status;
    PUCHAR End = SepEndOfAces(Acl), Next = (PUCHAR)SepNextAce(Found);
    RtlMoveMemory(Found, Next, (SIZE_T)(End - Next));
    Acl->AceCount--;
    return STATUS_SUCCESS;
}
