/* Identifiers and their text, of remote procedure calls; the calls themselves are not there. */
#define _RPCRT4_
#include "ntdll.h"
#include <rpc.h>

BOOLEAN NTAPI SystemFunction036(PVOID Buffer, ULONG Length); /* advapi32's RtlGenRandom */

#define UUID_CHARACTERS 36
static const CHAR Shape[] = "........-....-....-....-............";

static UUID Value(const UUID *Uuid) { return Uuid ? *Uuid : (UUID){0}; /* NULL is the nil one */ }

RPC_STATUS RPC_ENTRY UuidCreate(UUID *Uuid) {
    SystemFunction036(Uuid, sizeof *Uuid);
    Uuid->Data3 = (USHORT)((Uuid->Data3 & 0x0FFF) | 0x4000); /* version 4: random (RFC 4122) */
    Uuid->Data4[0] = (UCHAR)((Uuid->Data4[0] & 0x3F) | 0x80);
    return RPC_S_OK;
}
RPC_STATUS RPC_ENTRY UuidCreateNil(UUID *Uuid) {
    memset(Uuid, 0, sizeof *Uuid);
    return RPC_S_OK;
}

/* ---- Comparing: by the parts, each as a number ---- */
int RPC_ENTRY UuidCompare(UUID *One, UUID *Two, RPC_STATUS *Status) {
    UUID a = Value(One), b = Value(Two);
    *Status = RPC_S_OK;
    if (a.Data1 != b.Data1)
        return a.Data1 < b.Data1 ? -1 : 1;
    if (a.Data2 != b.Data2)
        return a.Data2 < b.Data2 ? -1 : 1;
    if (a.Data3 != b.Data3)
        return a.Data3 < b.Data3 ? -1 : 1;
    int rest = memcmp(a.Data4, b.Data4, sizeof a.Data4);
    return rest < 0 ? -1 : rest > 0;
}
int RPC_ENTRY UuidEqual(UUID *One, UUID *Two, RPC_STATUS *Status) { return UuidCompare(One, Two, Status) == 0; }
int RPC_ENTRY UuidIsNil(UUID *Uuid, RPC_STATUS *Status) { return UuidEqual(Uuid, NULL, Status); }

/* ---- Text ---- */
static VOID Print(const UUID *Uuid, PSTR Text) {
    UUID u = Value(Uuid);
    _snprintf(Text, UUID_CHARACTERS + 1, "%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x", u.Data1, u.Data2, u.Data3, u.Data4[0], u.Data4[1],
              u.Data4[2], u.Data4[3], u.Data4[4], u.Data4[5], u.Data4[6], u.Data4[7]);
}
RPC_STATUS RPC_ENTRY UuidToStringA(UUID *Uuid, RPC_CSTR *Text) {
    *Text = RtlAllocateHeap(NtPeb()->ProcessHeap, 0, UUID_CHARACTERS + 1);
    if (!*Text)
        return RPC_S_OUT_OF_MEMORY;
    Print(Uuid, (PSTR)*Text);
    return RPC_S_OK;
}
RPC_STATUS RPC_ENTRY UuidToStringW(UUID *Uuid, RPC_WSTR *Text) {
    CHAR narrow[UUID_CHARACTERS + 1];
    *Text = RtlAllocateHeap(NtPeb()->ProcessHeap, 0, sizeof narrow * sizeof(WCHAR));
    if (!*Text)
        return RPC_S_OUT_OF_MEMORY;
    Print(Uuid, narrow);
    for (ULONG n = 0; n < sizeof narrow; n++)
        (*Text)[n] = (WCHAR)narrow[n];
    return RPC_S_OK;
}
RPC_STATUS RPC_ENTRY RpcStringFreeA(RPC_CSTR *Text) {
    if (*Text)
        RtlFreeHeap(NtPeb()->ProcessHeap, 0, *Text);
    *Text = NULL;
    return RPC_S_OK;
}
RPC_STATUS RPC_ENTRY RpcStringFreeW(RPC_WSTR *Text) { return RpcStringFreeA((RPC_CSTR *)(PVOID)Text); }

static LONG Digit(WCHAR Char) {
    WCHAR lower = Char | 0x20;
    return Char >= '0' && Char <= '9' ? Char - '0' : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}
RPC_STATUS RPC_ENTRY UuidFromStringW(RPC_WSTR Text, UUID *Uuid) {
    UCHAR bytes[16];
    ULONG nibbles = 0;
    if (!Text)
        return UuidCreateNil(Uuid);
    for (ULONG n = 0; n < UUID_CHARACTERS; n++) {
        LONG digit = Shape[n] == '.' ? Digit(Text[n]) : 0;
        if (digit < 0 || (Shape[n] == '-' && Text[n] != '-'))
            return RPC_S_INVALID_STRING_UUID;
        if (Shape[n] == '-')
            continue;
        bytes[nibbles / 2] = (UCHAR)(nibbles % 2 ? bytes[nibbles / 2] << 4 | digit : digit);
        nibbles++;
    }
    if (Text[UUID_CHARACTERS])
        return RPC_S_INVALID_STRING_UUID;
    Uuid->Data1 = (ULONG)bytes[0] << 24 | (ULONG)bytes[1] << 16 | (ULONG)bytes[2] << 8 | bytes[3];
    Uuid->Data2 = (USHORT)(bytes[4] << 8 | bytes[5]);
    Uuid->Data3 = (USHORT)(bytes[6] << 8 | bytes[7]);
    memcpy(Uuid->Data4, bytes + 8, sizeof Uuid->Data4);
    return RPC_S_OK;
}
RPC_STATUS RPC_ENTRY UuidFromStringA(RPC_CSTR Text, UUID *Uuid) {
    WCHAR wide[UUID_CHARACTERS + 2] = {0};
    if (!Text)
        return UuidCreateNil(Uuid);
    for (ULONG n = 0; n < ARRAYSIZE(wide) - 1 && Text[n]; n++)
        wide[n] = Text[n];
    return UuidFromStringW(wide, Uuid);
}
