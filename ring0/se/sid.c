/* Security identifiers. */
#include "rtl/rtlp.h"
#include "se/parts.h"

BOOLEAN NTAPI RtlValidSid(PSID Sid) {
    const SID *Checked = Sid;
    return Checked != NULL && Checked->Revision == SID_REVISION && Checked->SubAuthorityCount <= SID_MAX_SUB_AUTHORITIES;
}

ULONG NTAPI RtlLengthRequiredSid(ULONG SubAuthorityCount) { return FIELD_OFFSET(SID, SubAuthority) + SubAuthorityCount * sizeof(ULONG); }

ULONG NTAPI RtlLengthSid(PSID Sid) { return RtlLengthRequiredSid(((const SID *)Sid)->SubAuthorityCount); }

NTSTATUS NTAPI RtlInitializeSid(PSID Sid, PSID_IDENTIFIER_AUTHORITY IdentifierAuthority, UCHAR SubAuthorityCount) {
    SID *Target = Sid;
    if (SubAuthorityCount > SID_MAX_SUB_AUTHORITIES)
        return STATUS_INVALID_PARAMETER;
    Target->Revision = SID_REVISION;
    Target->SubAuthorityCount = SubAuthorityCount;
    Target->IdentifierAuthority = *IdentifierAuthority;
    return STATUS_SUCCESS;
}

PULONG NTAPI RtlSubAuthoritySid(PSID Sid, ULONG SubAuthority) { return &((SID *)Sid)->SubAuthority[SubAuthority]; }

PUCHAR NTAPI RtlSubAuthorityCountSid(PSID Sid) { return &((SID *)Sid)->SubAuthorityCount; }

BOOLEAN NTAPI RtlEqualSid(PSID Sid1, PSID Sid2) {
    ULONG Length = RtlLengthSid(Sid1);
    return Length == RtlLengthSid(Sid2) && RtlEqualMemory(Sid1, Sid2, Length);
}

NTSTATUS NTAPI RtlCopySid(ULONG Length, PSID Destination, PSID Source) {
    ULONG Needed = RtlLengthSid(Source);
    if (Length < Needed)
        return STATUS_BUFFER_TOO_SMALL;
    RtlMoveMemory(Destination, Source, Needed);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlAllocateAndInitializeSid(PSID_IDENTIFIER_AUTHORITY IdentifierAuthority, UCHAR SubAuthorityCount, ULONG SubAuthority0,
                                           ULONG SubAuthority1, ULONG SubAuthority2, ULONG SubAuthority3, ULONG SubAuthority4, ULONG SubAuthority5,
                                           ULONG SubAuthority6, ULONG SubAuthority7, PSID *Sid) {
    ULONG Values[8] = {SubAuthority0, SubAuthority1, SubAuthority2, SubAuthority3, SubAuthority4, SubAuthority5, SubAuthority6, SubAuthority7};
    if (SubAuthorityCount > RTL_NUMBER_OF(Values))
        return STATUS_INVALID_SID;
    SID *NewSid = RtlpAllocateString(RtlLengthRequiredSid(SubAuthorityCount));
    if (NewSid == NULL)
        return STATUS_NO_MEMORY;
    RtlInitializeSid(NewSid, IdentifierAuthority, SubAuthorityCount);
    RtlCopyMemory(NewSid->SubAuthority, Values, SubAuthorityCount * sizeof(ULONG));
    *Sid = NewSid;
    return STATUS_SUCCESS;
}

PVOID NTAPI RtlFreeSid(PSID Sid) {
    RtlpFreeString(Sid);
    return NULL;
}

/* "S-1-5-18": an authority of more than 32 bits is written in hexadecimal. */
NTSTATUS NTAPI RtlConvertSidToUnicodeString(PUNICODE_STRING UnicodeString, PSID Sid, BOOLEAN AllocateDestinationString) {
    WCHAR Text[256], Digits[24];
    UNICODE_STRING String = {0, sizeof(Text), Text}, Number = {0, sizeof(Digits), Digits};
    const SID *Source = Sid;
    ULONG64 Authority = 0;
    if (!RtlValidSid(Sid))
        return STATUS_INVALID_SID;
    for (ULONG I = 0; I < 6; I++)
        Authority = Authority << 8 | Source->IdentifierAuthority.Value[I];
    RtlAppendUnicodeToString(&String, Authority >> 32 ? L"S-1-0x" : L"S-1-");
    NTSTATUS Status = RtlInt64ToUnicodeString(Authority, Authority >> 32 ? 16 : 10, &Number);
    for (ULONG I = 0; NT_SUCCESS(Status); I++) {
        RtlAppendUnicodeStringToString(&String, &Number);
        if (I == Source->SubAuthorityCount)
            break;
        RtlAppendUnicodeToString(&String, L"-");
        Status = RtlIntegerToUnicodeString(Source->SubAuthority[I], 10, &Number);
    }
    if (!NT_SUCCESS(Status))
        return Status;
    Text[String.Length / sizeof(WCHAR)] = 0;
    if (AllocateDestinationString)
        return RtlCreateUnicodeString(UnicodeString, Text) ? STATUS_SUCCESS : STATUS_NO_MEMORY;
    if (UnicodeString->MaximumLength < String.Length)
        return STATUS_BUFFER_OVERFLOW;
    RtlCopyUnicodeString(UnicodeString, &String);
    return STATUS_SUCCESS;
}
