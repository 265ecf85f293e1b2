/* Security descriptors as text: the Security Descriptor Definition Language ([MS-DTYP] 2.5.1). */
#include "rtl/crt.h"
#include "se/sep.h"

#ifndef SYSTEM_MANDATORY_LABEL_ACE_TYPE
#define SYSTEM_MANDATORY_LABEL_ACE_TYPE 0x11
#endif

typedef struct _SEP_TEXT { /* counts on when the buffer is full */
    PSTR Buffer;
    ULONG Size, Length;
} SEP_TEXT, *PSEP_TEXT;

static VOID SepAppend(PSEP_TEXT Text, PCSTR Format, ...) {
    CHAR piece[64];
    va_list arguments;
    va_start(arguments, Format);
    int length = _vsnprintf(piece, sizeof(piece) - 1, Format, arguments);
    va_end(arguments);
    for (int i = 0; i < length; i++, Text->Length++)
        if (Text->Length + 1 < Text->Size)
            Text->Buffer[Text->Length] = piece[i];
}

static VOID SepAppendSid(PSEP_TEXT Text, PSID Sid) {
    static const struct {
        PSID *Sid;
        CHAR Name[3];
    } aliases[] = {
        {&SepExports.SeWorldSid, "WD"},           {&SepExports.SeCreatorOwnerSid, "CO"},    {&SepExports.SeCreatorGroupSid, "CG"},
        {&SepExports.SeNetworkSid, "NU"},         {&SepExports.SeInteractiveSid, "IU"},     {&SepExports.SeLocalSystemSid, "SY"},
        {&SepExports.SeAliasAdminsSid, "BA"},     {&SepExports.SeAliasUsersSid, "BU"},      {&SepExports.SeAliasGuestsSid, "BG"},
        {&SepExports.SeAliasPowerUsersSid, "PU"}, {&SepExports.SeAliasAccountOpsSid, "AO"}, {&SepExports.SeAliasSystemOpsSid, "SO"},
        {&SepExports.SeAliasPrintOpsSid, "PO"},   {&SepExports.SeAliasBackupOpsSid, "BO"},  {&SepExports.SeAuthenticatedUsersSid, "AU"},
        {&SepExports.SeRestrictedSid, "RC"},      {&SepExports.SeAnonymousLogonSid, "AN"},  {&SepExports.SeLocalServiceSid, "LS"},
        {&SepExports.SeNetworkServiceSid, "NS"},  {&SepExports.SeLowMandatorySid, "LW"},    {&SepExports.SeMediumMandatorySid, "ME"},
        {&SepExports.SeHighMandatorySid, "HI"},   {&SepExports.SeSystemMandatorySid, "SI"},
    };
    SID *sid = Sid;
    for (ULONG i = 0; i < RTL_NUMBER_OF(aliases); i++)
        if (*aliases[i].Sid != NULL && RtlEqualSid(*aliases[i].Sid, Sid)) {
            SepAppend(Text, "%s", aliases[i].Name);
            return;
        }
    ULONG64 authority = 0;
    for (ULONG i = 0; i < 6; i++)
        authority = authority << 8 | sid->IdentifierAuthority.Value[i];
    SepAppend(Text, authority >> 32 ? "S-%u-0x%I64x" : "S-%u-%I64u", sid->Revision, authority);
    for (ULONG i = 0; i < sid->SubAuthorityCount; i++)
        SepAppend(Text, "-%u", sid->SubAuthority[i]);
}

static VOID SepAppendFlags(PSEP_TEXT Text, UCHAR Flags) {
    static const struct {
        UCHAR Flag;
        CHAR Name[3];
    } names[] = {{OBJECT_INHERIT_ACE, "OI"},
                 {CONTAINER_INHERIT_ACE, "CI"},
                 {NO_PROPAGATE_INHERIT_ACE, "NP"},
                 {INHERIT_ONLY_ACE, "IO"},
                 {INHERITED_ACE, "ID"},
                 {0x40, "SA"},
                 {0x80, "FA"}};
    for (ULONG i = 0; i < RTL_NUMBER_OF(names); i++)
        if (Flags & names[i].Flag)
            SepAppend(Text, "%s", names[i].Name);
}

/* Entries of other types than these four are not made here; one that a program has brought is shown as its number. */
static VOID SepAppendAcl(PSEP_TEXT Text, PACL Acl) {
    PACE_HEADER ace = (PACE_HEADER)(Acl + 1);
    for (ULONG i = 0; i < Acl->AceCount; i++, ace = (PACE_HEADER)((PUCHAR)ace + ace->AceSize)) {
        PCSTR type = ace->AceType == ACCESS_ALLOWED_ACE_TYPE           ? "A"
                     : ace->AceType == ACCESS_DENIED_ACE_TYPE          ? "D"
                     : ace->AceType == SYSTEM_AUDIT_ACE_TYPE           ? "AU"
                     : ace->AceType == SYSTEM_MANDATORY_LABEL_ACE_TYPE ? "ML"
                                                                       : NULL;
        if (type == NULL) {
            SepAppend(Text, "(0x%x)", ace->AceType);
            continue;
        }
        PACCESS_ALLOWED_ACE entry = (PACCESS_ALLOWED_ACE)ace;
        SepAppend(Text, "(%s;", type);
        SepAppendFlags(Text, ace->AceFlags);
        if (entry->Mask == GENERIC_ALL)
            SepAppend(Text, ";GA;;;");
        else if (entry->Mask == FILE_ALL_ACCESS)
            SepAppend(Text, ";FA;;;");
        else
            SepAppend(Text, ";0x%x;;;", entry->Mask);
        SepAppendSid(Text, &entry->SidStart);
        SepAppend(Text, ")");
    }
}

ULONG SeFormatDescriptor(PSECURITY_DESCRIPTOR Descriptor, PSTR Buffer, ULONG Size) {
    SEP_TEXT text = {Buffer, Size, 0};
    USHORT control = ((SECURITY_DESCRIPTOR *)Descriptor)->Control;
    PSID owner = SepOwner(Descriptor), group = SepGroup(Descriptor);
    PACL dacl = SepDacl(Descriptor), sacl = SepSacl(Descriptor);
    if (owner != NULL) {
        SepAppend(&text, "O:");
        SepAppendSid(&text, owner);
    }
    if (group != NULL) {
        SepAppend(&text, "G:");
        SepAppendSid(&text, group);
    }
    if (control & SE_DACL_PRESENT) {
        SepAppend(&text, "D:%s%s", control & SE_DACL_PROTECTED ? "P" : "", dacl == NULL ? "NO_ACCESS_CONTROL" : "");
        if (dacl != NULL)
            SepAppendAcl(&text, dacl);
    }
    if (sacl != NULL) {
        SepAppend(&text, "S:%s", control & SE_SACL_PROTECTED ? "P" : "");
        SepAppendAcl(&text, sacl);
    }
    if (Size != 0)
        Buffer[text.Length < Size ? text.Length : Size - 1] = 0;
    return text.Length;
}
