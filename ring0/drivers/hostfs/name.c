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
    for (ULONG I = 0; I < Bytes / sizeof(WCHAR); I++)
        if (Text[I] == L'/' || Text[I] == 0)
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
    for (ULONG I = Head; I < Head + Written; I++)
        if (Out[I] == '\\')
            Out[I] = '/';
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
    for (ULONG I = 0; I <= Length; I++)
        Reached[I] = I == 0;
    for (ULONG I = 0; I < Length; I++)
        if (Name->Buffer[I] == L'.')
            LastDot = I;
    for (ULONG P = 0; P < Pattern->Length / sizeof(WCHAR); P++) {
        WCHAR Want = Pattern->Buffer[P];
        UCHAR Before = Reached[0], Saved;

        switch (Want) {
        case L'*':
            for (ULONG I = 1; I <= Length; I++)
                Reached[I] |= Reached[I - 1];
            break;
        case DOS_STAR: /* as *, but does not go past the last dot */
            for (ULONG I = 1; I <= Length; I++)
                if (I - 1 != LastDot)
                    Reached[I] |= Reached[I - 1];
            break;
        case DOS_QM: /* one character, or none before a dot and at the end */
            for (ULONG I = Length; I > 0; I--)
                Reached[I] = (Name->Buffer[I - 1] != L'.' && Reached[I - 1]) || (Reached[I] && (I == Length || Name->Buffer[I] == L'.'));
            Reached[0] = Before && (Length == 0 || Name->Buffer[0] == L'.');
            break;
        case DOS_DOT: /* a dot, or nothing at the end */
            Saved = Reached[Length];
            for (ULONG I = Length; I > 0; I--)
                Reached[I] = Reached[I - 1] && Name->Buffer[I - 1] == L'.';
            Reached[0] = FALSE;
            Reached[Length] |= Saved;
            break;
        default:
            for (ULONG I = Length; I > 0; I--)
                Reached[I] = Reached[I - 1] && (Want == L'?' || RtlUpcaseUnicodeChar(Name->Buffer[I - 1]) == RtlUpcaseUnicodeChar(Want));
            Reached[0] = FALSE;
            break;
        }
    }
    return Reached[Length];
}
