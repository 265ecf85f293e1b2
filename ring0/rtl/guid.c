/* GUIDs as text: {6B29FC40-CA47-1067-B31D-00DD010662DA}. */
#include "rtl/rtlp.h"
#include "rtl/crt.h"

#define GUID_CHARACTERS (RTLP_GUID_ROOM - 1)

VOID RtlpFormatGuid(LPCGUID Guid, WCHAR Text[RTLP_GUID_ROOM]) {
    _snwprintf(Text, RTLP_GUID_ROOM, L"{%08X-%04X-%04X-%02X%02X-%02X%02X%02X%02X%02X%02X}", Guid->Data1, Guid->Data2, Guid->Data3, Guid->Data4[0],
               Guid->Data4[1], Guid->Data4[2], Guid->Data4[3], Guid->Data4[4], Guid->Data4[5], Guid->Data4[6], Guid->Data4[7]);
}

NTSTATUS NTAPI RtlStringFromGUID(REFGUID Guid, PUNICODE_STRING GuidString) {
    SIZE_T Size = RTLP_GUID_ROOM * sizeof(WCHAR);
    PWSTR Buffer = RtlpAllocateString(Size);
    if (!Buffer) {
        return STATUS_NO_MEMORY;
    }
    RtlpFormatGuid(Guid, Buffer);
    *GuidString = (UNICODE_STRING){GUID_CHARACTERS * sizeof(WCHAR), (USHORT)Size, Buffer};
    return STATUS_SUCCESS;
}

static BOOLEAN RtlpHex(const WCHAR *Text, ULONG Count, ULONG *Value) {
    *Value = 0;
    for (ULONG I = 0; I < Count; I++) {
        WCHAR C = Text[I];
        ULONG Digit = C >= '0' && C <= '9'   ? (ULONG)(C - '0')
                      : C >= 'a' && C <= 'f' ? (ULONG)(C - 'a' + 10)
                      : C >= 'A' && C <= 'F' ? (ULONG)(C - 'A' + 10)
                                             : 16;
        if (Digit == 16) {
            return FALSE;
        }
        *Value = *Value << 4 | Digit;
    }
    return TRUE;
}

NTSTATUS NTAPI RtlGUIDFromString(PUNICODE_STRING GuidString, GUID *Guid) {
    static const UCHAR Byte[8] = {20, 22, 25, 27, 29, 31, 33, 35};
    const WCHAR *Text = GuidString->Buffer;
    ULONG Data1, Data2, Data3, Data4[8];
    if (GuidString->Length < GUID_CHARACTERS * sizeof(WCHAR) || Text[0] != '{' || Text[9] != '-' || Text[14] != '-' || Text[19] != '-' ||
        Text[24] != '-' || Text[37] != '}' || !RtlpHex(Text + 1, 8, &Data1) || !RtlpHex(Text + 10, 4, &Data2) || !RtlpHex(Text + 15, 4, &Data3)) {
        return STATUS_INVALID_PARAMETER;
    }
    for (ULONG I = 0; I < 8; I++) {
        if (!RtlpHex(Text + Byte[I], 2, &Data4[I])) {
            return STATUS_INVALID_PARAMETER;
        }
    }
    Guid->Data1 = Data1;
    Guid->Data2 = (USHORT)Data2;
    Guid->Data3 = (USHORT)Data3;
    for (ULONG I = 0; I < 8; I++) {
        Guid->Data4[I] = (UCHAR)Data4[I];
    }
    return STATUS_SUCCESS;
}
