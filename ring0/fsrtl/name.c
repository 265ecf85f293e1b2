/* File names: their components, and wildcards. */
#include "fsrtl/fsrtl.h"

#define FSRTL_TAG 'trSF'

/* ---- Components: a leading backslash belongs to none of the two parts ("FsRtlDissectName") ---- */
VOID NTAPI FsRtlDissectName(UNICODE_STRING Path, PUNICODE_STRING FirstName, PUNICODE_STRING RemainingName) {
    USHORT count = Path.Length / sizeof(WCHAR), start, end;
    RtlZeroMemory(FirstName, sizeof(*FirstName));
    RtlZeroMemory(RemainingName, sizeof(*RemainingName));
    if (count == 0)
        return;
    start = Path.Buffer[0] == L'\\' ? 1 : 0;
    for (end = start; end < count && Path.Buffer[end] != L'\\';)
        end++;
    FirstName->Buffer = Path.Buffer + start;
    FirstName->Length = FirstName->MaximumLength = (USHORT)((end - start) * sizeof(WCHAR));
    if (end < count) {
        RemainingName->Buffer = Path.Buffer + end + 1;
        RemainingName->Length = RemainingName->MaximumLength = (USHORT)((count - end - 1) * sizeof(WCHAR));
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
    ULONG length = Name->Length / sizeof(WCHAR), lastDot = length;
    RtlZeroMemory(Reached, length + 1);
    Reached[0] = TRUE;
    for (ULONG i = 0; i < length; i++)
        if (Name->Buffer[i] == L'.')
            lastDot = i;
    for (ULONG e = 0; e < Expression->Length / sizeof(WCHAR); e++) {
        WCHAR want = Expression->Buffer[e];
        UCHAR first = Reached[0], last = Reached[length];
        switch (want) {
        case L'*':
        case DOS_STAR: /* anything up to the name's last dot, or to its end */
            for (ULONG i = 1; i <= length; i++)
                if (want == L'*' || i - 1 != lastDot)
                    Reached[i] |= Reached[i - 1];
            break;
        case DOS_QM: /* one character, or none before a dot and at the end */
            for (ULONG i = length; i > 0; i--)
                Reached[i] = (Name->Buffer[i - 1] != L'.' && Reached[i - 1]) || (Reached[i] && (i == length || Name->Buffer[i] == L'.'));
            Reached[0] = first && (length == 0 || Name->Buffer[0] == L'.');
            break;
        case DOS_DOT: /* a dot, or nothing at the end */
            for (ULONG i = length; i > 0; i--)
                Reached[i] = Reached[i - 1] && Name->Buffer[i - 1] == L'.';
            Reached[0] = FALSE;
            Reached[length] |= last;
            break;
        default:
            for (ULONG i = length; i > 0; i--)
                Reached[i] = Reached[i - 1] && (want == L'?' || FsRtlpFold(Name->Buffer[i - 1], IgnoreCase, UpcaseTable) == want);
            Reached[0] = FALSE;
            break;
        }
    }
    return Reached[length];
}

/* With IgnoreCase the expression is in capitals already, as the page demands. Without memory it raises STATUS_INSUFFICIENT_RESOURCES. */
BOOLEAN NTAPI FsRtlIsNameInExpression(PUNICODE_STRING Expression, PUNICODE_STRING Name, BOOLEAN IgnoreCase, PWCHAR UpcaseTable) {
    UCHAR small[256 + 1];
    ULONG length = Name->Length / sizeof(WCHAR);
    PUCHAR reached = length < sizeof(small) ? small : ExAllocatePoolWithTag(PagedPool, length + 1, FSRTL_TAG);
    if (Expression->Length == 0 || Name->Length == 0) { /* nothing matches only nothing */
        BOOLEAN both = Expression->Length == 0 && Name->Length == 0;
        if (reached != small && reached != NULL)
            ExFreePoolWithTag(reached, FSRTL_TAG);
        return both;
    }
    if (reached == NULL)
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    BOOLEAN match = FsRtlpMatch(Expression, Name, IgnoreCase, UpcaseTable, reached);
    if (reached != small)
        ExFreePoolWithTag(reached, FSRTL_TAG);
    return match;
}

/* Statuses that a file system's exception filter lets through as bug checks are those of damage ("FsRtlIsNtstatusExpected"). */
BOOLEAN NTAPI FsRtlIsNtstatusExpected(NTSTATUS Ntstatus) {
    return Ntstatus != STATUS_DATATYPE_MISALIGNMENT && Ntstatus != STATUS_ACCESS_VIOLATION && Ntstatus != STATUS_ILLEGAL_INSTRUCTION &&
           Ntstatus != STATUS_INSTRUCTION_MISALIGNMENT;
}

/* The characters that FsRtlIsNameInExpression takes for more than themselves. */
BOOLEAN NTAPI FsRtlDoesNameContainWildCards(PUNICODE_STRING Name) {
    for (ULONG i = 0; i < Name->Length / sizeof(WCHAR); i++) {
        WCHAR c = Name->Buffer[i];
        if (c == L'*' || c == L'?' || c == DOS_STAR || c == DOS_QM || c == DOS_DOT)
            return TRUE;
    }
    return FALSE;
}

BOOLEAN NTAPI FsRtlAreNamesEqual(PCUNICODE_STRING Name1, PCUNICODE_STRING Name2, BOOLEAN IgnoreCase, PCWCH UpcaseTable) {
    if (Name1->Length != Name2->Length)
        return FALSE;
    for (ULONG i = 0; i < Name1->Length / sizeof(WCHAR); i++)
        if (FsRtlpFold(Name1->Buffer[i], IgnoreCase, UpcaseTable) != FsRtlpFold(Name2->Buffer[i], IgnoreCase, UpcaseTable))
            return FALSE;
    return TRUE;
}

/* An exception that a file system may give to its caller as it is, or the general one instead. */
NTSTATUS NTAPI FsRtlNormalizeNtstatus(NTSTATUS Exception, NTSTATUS GenericException) {
    return FsRtlIsNtstatusExpected(Exception) ? Exception : GenericException;
}
