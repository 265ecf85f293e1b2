/* Text for the A forms. */
#include "advapi32.h"

static PWSTR Widen(PCSTR Text, int Length, BOOL *Ok) {
    int Count = MultiByteToWideChar(CP_ACP, 0, Text, Length, NULL, 0);
    PWSTR Wide = AdvAllocate((SIZE_T)Count * sizeof(WCHAR));

    if (!Wide) {
        *Ok = AdvFail(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    MultiByteToWideChar(CP_ACP, 0, Text, Length, Wide, Count);
    return Wide;
}

PWSTR AdvWide(PCSTR Text, BOOL *Ok) { return Text ? Widen(Text, -1, Ok) : NULL; }

PWSTR AdvWideMulti(PCSTR Text, BOOL *Ok) {
    SIZE_T Length = 0;

    if (!Text)
        return NULL;
    while (Text[Length])
        Length += strlen(Text + Length) + 1;
    return Widen(Text, (int)Length + 1, Ok);
}

SIZE_T AdvMultiLength(PCWSTR Text) {
    SIZE_T Length = 0;

    while (Text[Length])
        Length += wcslen(Text + Length) + 1;
    return Length;
}

DWORD AdvNarrow(PCWSTR From, SIZE_T Count, PSTR To, DWORD Room) {
    int Needed = Count ? WideCharToMultiByte(CP_ACP, 0, From, (int)Count, NULL, 0, NULL, NULL) : 0;

    if (Count && To && (DWORD)Needed <= Room)
        WideCharToMultiByte(CP_ACP, 0, From, (int)Count, To, (int)Room, NULL, NULL);
    return (DWORD)Needed;
}
