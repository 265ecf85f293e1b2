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
    ULONG length = RtlLengthSid(Sid1);
    return length == RtlLengthSid(Sid2) && RtlEqualMemory(Sid1, Sid2, length);
}

NTSTATUS NTAPI RtlCopySid(ULONG Length, PSID Destination, PSID Source) {
    ULONG needed = RtlLengthSid(Source);
    if (Length < needed)
        return STATUS_BUFFER_TOO_SMALL;
    RtlMoveMemory(Destination, Source, needed);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlAllocateAndInitializeSid(PSID_IDENTIFIER_AUTHORITY IdentifierAuthority, UCHAR SubAuthorityCount, ULONG SubAuthority0,
                                           ULONG SubAuthority1, ULONG SubAuthority2, ULONG SubAuthority3, ULONG SubAuthority4, ULONG SubAuthority5,
                                           ULONG SubAuthority6, ULONG SubAuthority7, PSID *Sid) {
    ULONG values[8] = {SubAuthority0, SubAuthority1, SubAuthority2, SubAuthority3, SubAuthority4, SubAuthority5, SubAuthority6, SubAuthority7};
    if (SubAuthorityCount > RTL_NUMBER_OF(values))
        return STATUS_INVALID_SID;
    SID *NewSid = RtlpAllocateString(RtlLengthRequiredSid(SubAuthorityCount));
    if (NewSid == NULL)
        return STATUS_NO_MEMORY;
    RtlInitializeSid(NewSid, IdentifierAuthority, SubAuthorityCount);
    RtlCopyMemory(NewSid->SubAuthority, values, SubAuthorityCount * sizeof(ULONG));
    *Sid = NewSid;
    return STATUS_SUCCESS;
}

PVOID NTAPI RtlFreeSid(PSID Sid) {
    RtlpFreeString(Sid);
    return NULL;
}

/* "S-1-5-18": an authority of more than 32 bits is written in hexadecimal. */
NTSTATUS NTAPI RtlConvertSidToUnicodeString(PUNICODE_STRING UnicodeString, PSID Sid, BOOLEAN AllocateDestinationString) {
    WCHAR text[256], digits[24];
    UNICODE_STRING string = {0, sizeof(text), text}, number = {0, sizeof(digits), digits};
    const SID *Source = Sid;
    ULONG64 authority = 0;
    if (!RtlValidSid(Sid))
        return STATUS_INVALID_SID;
    for (ULONG i = 0; i < 6; i++)
        authority = authority << 8 | Source->IdentifierAuthority.Value[i];
    RtlAppendUnicodeToString(&string, authority >> 32 ? L"S-1-0x" : L"S-1-");
    NTSTATUS status = RtlInt64ToUnicodeString(authority, authority >> 32 ? 16 : 10, &number);
    for (ULONG i = 0; NT_SUCCESS(status); i++) {
        RtlAppendUnicodeStringToString(&string, &number);
        if (i == Source->SubAuthorityCount)
            break;
        RtlAppendUnicodeToString(&string, L"-");
        status = RtlIntegerToUnicodeString(Source->SubAuthority[i], 10, &number);
    }
    if (!NT_SUCCESS(status))
        return status;
    text[string.Length / sizeof(WCHAR)] = 0;
    if (AllocateDestinationString)
        return RtlCreateUnicodeString(UnicodeString, text) ? STATUS_SUCCESS : STATUS_NO_MEMORY;
    if (UnicodeString->MaximumLength < string.Length)
        return STATUS_BUFFER_OVERFLOW;
    RtlCopyUnicodeString(UnicodeString, &string);
    return STATUS_SUCCESS;
}
