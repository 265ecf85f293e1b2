/* Names: UTF-16 paths with backslashes on this side, UTF-8 paths with slashes on the host's. Which names are allowed, the host's side decides. */
#include "hostfsp.h"

NTSTATUS HostfsToHostPath(PHOSTFS_EXTENSION Volume, PCUNICODE_STRING Path, CHAR *Out) {
    const WCHAR *Text = Path->Buffer;
    ULONG Bytes = Path->Length, Written = 0, Head = 0;
    NTSTATUS Status;

    if (Bytes >= sizeof(WCHAR) && Text[0] == L'\\') {
        Text++;
        Bytes -= sizeof(WCHAR);
    }
    for (ULONG i = 0; i < Bytes / sizeof(WCHAR); i++)
        if (Text[i] == L'/' || Text[i] == 0)
            return STATUS_OBJECT_NAME_INVALID;
    while (Volume->HostPrefix[Head] != '\0') {
        Out[Head] = Volume->HostPrefix[Head];
        Head++;
    }
    if (Head != 0 && Bytes != 0)
        Out[Head++] = '/';
    if (Bytes != 0) {
        Status = RtlUnicodeToUTF8N(Out + Head, HAL_MAX_PATH - 1 - Head, &Written, Text, Bytes);
        if (Status == STATUS_BUFFER_TOO_SMALL)
            return STATUS_NAME_TOO_LONG;
        if (Status != STATUS_SUCCESS) /* STATUS_SOME_NOT_MAPPED among them: half a surrogate pair names no file of the host */
            return STATUS_OBJECT_NAME_INVALID;
    }
    Out[Head + Written] = '\0';
    for (ULONG i = Head; i < Head + Written; i++)
        if (Out[i] == '\\')
            Out[i] = '/';
    return STATUS_SUCCESS;
}

USHORT HostfsFromHostName(const CHAR *Name, WCHAR *Out) {
    ULONG Length = 0, Written;

    while (Name[Length] != '\0')
        Length++;
    if (RtlUTF8ToUnicodeN(Out, HOSTFS_MAX_COMPONENT * sizeof(WCHAR), &Written, Name, Length) != STATUS_SUCCESS)
        return 0;
    return (USHORT)Written;
}

VOID HostfsSplitPath(PCUNICODE_STRING Path, PUNICODE_STRING Parent, PUNICODE_STRING Last) {
    USHORT End = Path->Length / sizeof(WCHAR), Slash = End;

    while (Slash > 0 && Path->Buffer[Slash - 1] != L'\\')
        Slash--;
    Last->Buffer = Path->Buffer + Slash;
    Last->Length = Last->MaximumLength = (USHORT)((End - Slash) * sizeof(WCHAR));
    Parent->Buffer = Path->Buffer;
    Parent->Length = Parent->MaximumLength = (USHORT)((Slash > 1 ? Slash - 1 : Slash) * sizeof(WCHAR));
}

/*
 * One character of a pattern at a time, against every position of the name that the pattern so far can have reached: no recursion, and
 * never more than pattern times name steps. Reached[i]: the first i characters of the name are matched.
 */
BOOLEAN HostfsMatch(PCUNICODE_STRING Pattern, PCUNICODE_STRING Name) {
    ULONG Length = Name->Length / sizeof(WCHAR), LastDot = MAXULONG;
    UCHAR Reached[HOSTFS_MAX_COMPONENT + 1];

    if (Length > HOSTFS_MAX_COMPONENT)
        return FALSE;
    for (ULONG i = 0; i <= Length; i++)
        Reached[i] = i == 0;
    for (ULONG i = 0; i < Length; i++)
        if (Name->Buffer[i] == L'.')
            LastDot = i;
    for (ULONG p = 0; p < Pattern->Length / sizeof(WCHAR); p++) {
        WCHAR Want = Pattern->Buffer[p];
        UCHAR Before = Reached[0], Saved;

        switch (Want) {
        case L'*':
            for (ULONG i = 1; i <= Length; i++)
                Reached[i] |= Reached[i - 1];
            break;
        case DOS_STAR: /* as *, but does not go past the last dot */
            for (ULONG i = 1; i <= Length; i++)
                if (i - 1 != LastDot)
                    Reached[i] |= Reached[i - 1];
            break;
        case DOS_QM: /* one character, or none before a dot and at the end */
            for (ULONG i = Length; i > 0; i--)
                Reached[i] = (Name->Buffer[i - 1] != L'.' && Reached[i - 1]) || (Reached[i] && (i == Length || Name->Buffer[i] == L'.'));
            Reached[0] = Before && (Length == 0 || Name->Buffer[0] == L'.');
            break;
        case DOS_DOT: /* a dot, or nothing at the end */
            Saved = Reached[Length];
            for (ULONG i = Length; i > 0; i--)
                Reached[i] = Reached[i - 1] && Name->Buffer[i - 1] == L'.';
            Reached[0] = FALSE;
            Reached[Length] |= Saved;
            break;
        default:
            for (ULONG i = Length; i > 0; i--)
                Reached[i] = Reached[i - 1] && (Want == L'?' || RtlUpcaseUnicodeChar(Name->Buffer[i - 1]) == RtlUpcaseUnicodeChar(Want));
            Reached[0] = FALSE;
            break;
        }
    }
    return Reached[Length];
}
