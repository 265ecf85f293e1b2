/* Names in the object namespace, as text. */
#include "ob/object.h"

VOID ObpSplitName(PCUNICODE_STRING Name, PUNICODE_STRING First, PUNICODE_STRING Rest) {
    USHORT Count = Name->Length / sizeof(WCHAR);
    USHORT Start = Count > 0 && Name->Buffer[0] == L'\\' ? 1 : 0;
    USHORT End = Start;
    while (End < Count && Name->Buffer[End] != L'\\')
        End++;
    First->Buffer = Name->Buffer + Start;
    First->Length = First->MaximumLength = (USHORT)((End - Start) * sizeof(WCHAR));
    Rest->Buffer = Name->Buffer + End;
    Rest->Length = Rest->MaximumLength = (USHORT)((Count - End) * sizeof(WCHAR));
}

static INT ObpCompareCharacters(PCUNICODE_STRING A, PCUNICODE_STRING B, BOOLEAN Upcase) {
    USHORT LengthOfA = A->Length / sizeof(WCHAR), LengthOfB = B->Length / sizeof(WCHAR);
    for (USHORT I = 0; I < LengthOfA && I < LengthOfB; I++) {
        WCHAR X = A->Buffer[I], Y = B->Buffer[I];
        if (X == Y)
            continue;
        if (Upcase) {
            X = RtlUpcaseUnicodeChar(X);
            Y = RtlUpcaseUnicodeChar(Y);
        }
        if (X != Y)
            return X < Y ? -1 : 1;
    }
    return LengthOfA == LengthOfB ? 0 : LengthOfA < LengthOfB ? -1 : 1;
}

INT ObpCompareNames(PCUNICODE_STRING A, PCUNICODE_STRING B, BOOLEAN CaseInsensitive) {
    INT Order = ObpCompareCharacters(A, B, TRUE);
    return Order != 0 || CaseInsensitive ? Order : ObpCompareCharacters(A, B, FALSE);
}

BOOLEAN ObpIsDosPrefix(PCUNICODE_STRING Name, PUNICODE_STRING Rest) {
    UNICODE_STRING First;
    ObpSplitName(Name, &First, Rest);
    return First.Length == 2 * sizeof(WCHAR) && First.Buffer[0] == L'?' && First.Buffer[1] == L'?';
}
