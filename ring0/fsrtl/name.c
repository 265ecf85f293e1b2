/* File names: their components, and wildcards. */
#include "fsrtl/fsrtl.h"

#define FSRTL_TAG 'trSF'

/* ---- Components: a leading backslash belongs to none of the two parts ("FsRtlDissectName") ---- */
VOID NTAPI FsRtlDissectName(UNICODE_STRING Path, PUNICODE_STRING FirstName, PUNICODE_STRING RemainingName) {
    USHORT Count = Path.Length / sizeof(WCHAR), Start, End;
    RtlZeroMemory(FirstName, sizeof(*FirstName));
    RtlZeroMemory(RemainingName, sizeof(*RemainingName));
    if (Count == 0)
        return;
    Start = Path.Buffer[0] == L'\\' ? 1 : 0;
    for (End = Start; End < Count && Path.Buffer[End] != L'\\';)
        End++;
    FirstName->Buffer = Path.Buffer + Start;
    FirstName->Length = FirstName->MaximumLength = (USHORT)((End - Start) * sizeof(WCHAR));
    if (End < Count) {
        RemainingName->Buffer = Path.Buffer + End + 1;
        RemainingName->Length = RemainingName->MaximumLength = (USHORT)((Count - End - 1) * sizeof(WCHAR));
    }
}

/* ---- Wildcards ---- */
static WCHAR FsRtlpFold(WCHAR Character, BOOLEAN IgnoreCase, const WCHAR *UpcaseTable) {
    if (!IgnoreCase)
        return Character;
    return UpcaseTable != NULL ? UpcaseTable[Character] : RtlUpcaseUnicodeChar(Character);
}

/*
 * Reached[i]: the expression up to here matches the first i characters of the name. One pass over the name for each character of the expression,
 * so the time is their product whatever the wildcards.
 */
static BOOLEAN FsRtlpMatch(PCUNICODE_STRING Expression, PCUNICODE_STRING Name, BOOLEAN IgnoreCase, const WCHAR *UpcaseTable, PUCHAR Reached) {
    ULONG Length = Name->Length / sizeof(WCHAR), LastDot = Length;
    RtlZeroMemory(Reached, Length + 1);
    Reached[0] = TRUE;
    for (ULONG I = 0; I < Length; I++)
        if (Name->Buffer[I] == L'.')
            LastDot = I;
    for (ULONG E = 0; E < Expression->Length / sizeof(WCHAR); E++) {
        WCHAR Want = Expression->Buffer[E];
        UCHAR First = Reached[0], Last = Reached[Length];
        switch (Want) {
        case L'*':
        case DOS_STAR: /* anything up to the name's last dot, or to its end */
            for (ULONG I = 1; I <= Length; I++)
                if (Want == L'*' || I - 1 != LastDot)
                    Reached[I] |= Reached[I - 1];
            break;
        case DOS_QM: /* one character, or none before a dot and at the end */
            for (ULONG I = Length; I > 0; I--)
                Reached[I] = (Name->Buffer[I - 1] != L'.' && Reached[I - 1]) || (Reached[I] && (I == Length || Name->Buffer[I] == L'.'));
            Reached[0] = First && (Length == 0 || Name->Buffer[0] == L'.');
            break;
        case DOS_DOT: /* a dot, or nothing at the end */
            for (ULONG I = Length; I > 0; I--)
                Reached[I] = Reached[I - 1] && Name->Buffer[I - 1] == L'.';
            Reached[0] = FALSE;
            Reached[Length] |= Last;
            break;
        default:
            for (ULONG I = Length; I > 0; I--)
                Reached[I] = Reached[I - 1] && (Want == L'?' || FsRtlpFold(Name->Buffer[I - 1], IgnoreCase, UpcaseTable) == Want);
            Reached[0] = FALSE;
            break;
        }
    }
    return Reached[Length];
}

/* With IgnoreCase the expression is in capitals already, as the page demands. Without memory it raises STATUS_INSUFFICIENT_RESOURCES. */
BOOLEAN NTAPI FsRtlIsNameInExpression(PUNICODE_STRING Expression, PUNICODE_STRING Name, BOOLEAN IgnoreCase, PWCHAR UpcaseTable) {
    UCHAR Small[256 + 1];
    ULONG Length = Name->Length / sizeof(WCHAR);
    PUCHAR Reached = Length < sizeof(Small) ? Small : ExAllocatePoolWithTag(PagedPool, Length + 1, FSRTL_TAG);
    if (Expression->Length == 0 || Name->Length == 0) { /* nothing matches only nothing */
        BOOLEAN Both = Expression->Length == 0 && Name->Length == 0;
        if (Reached != Small && Reached != NULL)
            ExFreePoolWithTag(Reached, FSRTL_TAG);
        return Both;
    }
    if (Reached == NULL)
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    BOOLEAN Match = FsRtlpMatch(Expression, Name, IgnoreCase, UpcaseTable, Reached);
    if (Reached != Small)
        ExFreePoolWithTag(Reached, FSRTL_TAG);
    return Match;
}

/* Statuses that a file system's exception filter lets through as bug checks are those of damage ("FsRtlIsNtstatusExpected"). */
BOOLEAN NTAPI FsRtlIsNtstatusExpected(NTSTATUS Ntstatus) {
    return Ntstatus != STATUS_DATATYPE_MISALIGNMENT && Ntstatus != STATUS_ACCESS_VIOLATION && Ntstatus != STATUS_ILLEGAL_INSTRUCTION &&
           Ntstatus != STATUS_INSTRUCTION_MISALIGNMENT;
}

/* The characters that FsRtlIsNameInExpression takes for more than themselves. */
BOOLEAN NTAPI FsRtlDoesNameContainWildCards(PUNICODE_STRING Name) {
    for (ULONG I = 0; I < Name->Length / sizeof(WCHAR); I++) {
        WCHAR C = Name->Buffer[I];
        if (C == L'*' || C == L'?' || C == DOS_STAR || C == DOS_QM || C == DOS_DOT)
            return TRUE;
    }
    return FALSE;
}

BOOLEAN NTAPI FsRtlAreNamesEqual(PCUNICODE_STRING Name1, PCUNICODE_STRING Name2, BOOLEAN IgnoreCase, PCWCH UpcaseTable) {
    if (Name1->Length != Name2->Length)
        return FALSE;
    for (ULONG I = 0; I < Name1->Length / sizeof(WCHAR); I++)
        if (FsRtlpFold(Name1->Buffer[I], IgnoreCase, UpcaseTable) != FsRtlpFold(Name2->Buffer[I], IgnoreCase, UpcaseTable))
            return FALSE;
    return TRUE;
}

/* An exception that a file system may give to its caller as it is, or the general one instead. */
NTSTATUS NTAPI FsRtlNormalizeNtstatus(NTSTATUS Exception, NTSTATUS GenericException) {
    return FsRtlIsNtstatusExpected(Exception) ? Exception : GenericException;
}
