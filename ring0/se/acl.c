/* Access control lists: a header and entries one behind the other. */
#include "rtl/rtlp.h"
#include "se/parts.h"

static PACE_HEADER SepFirstAce(PACL Acl) { return (PACE_HEADER)(Acl + 1); }

static PACE_HEADER SepNextAce(PACE_HEADER Ace) { return (PACE_HEADER)((PUCHAR)Ace + Ace->AceSize); }

/* Where the entries end; NULL when one of them reaches over the list's end. */
static PUCHAR SepEndOfAces(PACL Acl) {
    PUCHAR end = (PUCHAR)Acl + Acl->AclSize;
    PACE_HEADER ace = SepFirstAce(Acl);
    for (ULONG i = 0; i < Acl->AceCount; i++) {
        if ((PUCHAR)(ace + 1) > end || ace->AceSize < sizeof(*ace) || ace->AceSize % 4 != 0 || (PUCHAR)ace + ace->AceSize > end)
            return NULL;
        ace = SepNextAce(ace);
    }
    return (PUCHAR)ace <= end ? (PUCHAR)ace : NULL;
}

BOOLEAN SepValidAcl(PACL Acl) {
    if (Acl->AclRevision < MIN_ACL_REVISION || Acl->AclRevision > MAX_ACL_REVISION || Acl->AclSize < sizeof(*Acl) || SepEndOfAces(Acl) == NULL)
        return FALSE;
    PACE_HEADER ace = SepFirstAce(Acl);
    for (ULONG i = 0; i < Acl->AceCount; i++, ace = SepNextAce(ace)) {
        if (ace->AceType > ACCESS_MAX_MS_V2_ACE_TYPE)
            continue;
        PACCESS_ALLOWED_ACE known = (PACCESS_ALLOWED_ACE)ace;
        ULONG room = ace->AceSize - min((ULONG)ace->AceSize, (ULONG)FIELD_OFFSET(ACCESS_ALLOWED_ACE, SidStart));
        if (room < RtlLengthRequiredSid(0) || !RtlValidSid(&known->SidStart) || RtlLengthSid(&known->SidStart) > room)
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
    PUCHAR end = SepEndOfAces(Acl);
    if (end == NULL)
        return STATUS_INVALID_ACL;
    ULONG size = FIELD_OFFSET(ACCESS_ALLOWED_ACE, SidStart) + RtlLengthSid(Sid);
    if (end + size > (PUCHAR)Acl + Acl->AclSize)
        return STATUS_ALLOTTED_SPACE_EXCEEDED;
    PACCESS_ALLOWED_ACE ace = (PACCESS_ALLOWED_ACE)end;
    ace->Header.AceType = Type;
    ace->Header.AceFlags = (UCHAR)AceFlags;
    ace->Header.AceSize = (USHORT)size;
    ace->Mask = AccessMask;
    RtlCopyMemory(&ace->SidStart, Sid, RtlLengthSid(Sid));
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
    PACE_HEADER ace = SepFirstAce(Acl);
    while (AceIndex-- != 0)
        ace = SepNextAce(ace);
    *Ace = ace;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlAddAce(PACL Acl, ULONG AceRevision, ULONG StartingAceIndex, PVOID AceList, ULONG AceListLength) {
    if (!SepValidAcl(Acl))
        return STATUS_INVALID_PARAMETER;
    PUCHAR end = SepEndOfAces(Acl), at = (PUCHAR)SepFirstAce(Acl), listEnd = (PUCHAR)AceList + AceListLength;
    ULONG count = 0;
    for (PACE_HEADER ace = AceList; (PUCHAR)ace < listEnd; ace = SepNextAce(ace), count++)
        if ((PUCHAR)(ace + 1) > listEnd || ace->AceSize < sizeof(*ace) || (PUCHAR)ace + ace->AceSize > listEnd)
            return STATUS_INVALID_PARAMETER;
    if (end + AceListLength > (PUCHAR)Acl + Acl->AclSize)
        return STATUS_BUFFER_TOO_SMALL;
    for (ULONG i = 0; i < StartingAceIndex && i < Acl->AceCount; i++)
        at = (PUCHAR)SepNextAce((PACE_HEADER)at);
    RtlMoveMemory(at + AceListLength, at, (SIZE_T)(end - at));
    RtlCopyMemory(at, AceList, AceListLength);
    Acl->AceCount += (USHORT)count;
    if (AceRevision > Acl->AclRevision)
        Acl->AclRevision = (UCHAR)AceRevision;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlDeleteAce(PACL Acl, ULONG AceIndex) {
    PVOID found;
    NTSTATUS status = RtlGetAce(Acl, AceIndex, &found);
    if (!NT_SUCCESS(status))
        return status;
    PUCHAR end = SepEndOfAces(Acl), next = (PUCHAR)SepNextAce(found);
    RtlMoveMemory(found, next, (SIZE_T)(end - next));
    Acl->AceCount--;
    return STATUS_SUCCESS;
}
