/* Names in the object namespace, as text. */
#include "ob/object.h"

VOID ObpSplitName(PCUNICODE_STRING Name, PUNICODE_STRING First, PUNICODE_STRING Rest) {
    USHORT count = Name->Length / sizeof(WCHAR);
    USHORT start = count > 0 && Name->Buffer[0] == L'\\' ? 1 : 0;
    USHORT end = start;
    while (end < count && Name->Buffer[end] != L'\\')
        end++;
    First->Buffer = Name->Buffer + start;
    First->Length = First->MaximumLength = (USHORT)((end - start) * sizeof(WCHAR));
    Rest->Buffer = Name->Buffer + end;
    Rest->Length = Rest->MaximumLength = (USHORT)((count - end) * sizeof(WCHAR));
}

static INT ObpCompareCharacters(PCUNICODE_STRING A, PCUNICODE_STRING B, BOOLEAN Upcase) {
    USHORT a = A->Length / sizeof(WCHAR), b = B->Length / sizeof(WCHAR);
    for (USHORT i = 0; i < a && i < b; i++) {
        WCHAR x = A->Buffer[i], y = B->Buffer[i];
        if (x == y)
            continue;
        if (Upcase) {
            x = RtlUpcaseUnicodeChar(x);
            y = RtlUpcaseUnicodeChar(y);
        }
        if (x != y)
            return x < y ? -1 : 1;
    }
    return a == b ? 0 : a < b ? -1 : 1;
}

INT ObpCompareNames(PCUNICODE_STRING A, PCUNICODE_STRING B, BOOLEAN CaseInsensitive) {
    INT order = ObpCompareCharacters(A, B, TRUE);
    return order != 0 || CaseInsensitive ? order : ObpCompareCharacters(A, B, FALSE);
}

BOOLEAN ObpIsDosPrefix(PCUNICODE_STRING Name, PUNICODE_STRING Rest) {
    UNICODE_STRING first;
    ObpSplitName(Name, &first, Rest);
    return first.Length == 2 * sizeof(WCHAR) && first.Buffer[0] == L'?' && first.Buffer[1] == L'?';
}
