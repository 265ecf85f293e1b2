/* Identifiers and their text, of remote procedure calls; the calls themselves are not there. */
#define _RPCRT4_
#include "ntdll.h"
#include <rpc.h>

BOOLEAN NTAPI SystemFunction036(PVOID Buffer, ULONG Length); /* advapi32's RtlGenRandom */

#define UUID_CHARACTERS 36 /* a GUID's without its braces */

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
/* In small letters; Text has room for the zero. FALSE: there is no memory. */
static BOOL Print(const UUID *Uuid, WCHAR Text[UUID_CHARACTERS + 1]) {
    UUID uuid = Value(Uuid);
    UNICODE_STRING braced;
    if (!NT_SUCCESS(RtlStringFromGUID(&uuid, &braced)))
        return FALSE;
    for (ULONG n = 0; n < UUID_CHARACTERS; n++)
        Text[n] = RtlDowncaseUnicodeChar(braced.Buffer[n + 1]);
    Text[UUID_CHARACTERS] = 0;
    RtlFreeUnicodeString(&braced);
    return TRUE;
}
RPC_STATUS RPC_ENTRY UuidToStringW(UUID *Uuid, RPC_WSTR *Text) {
    *Text = RtlAllocateHeap(NtPeb()->ProcessHeap, 0, (UUID_CHARACTERS + 1) * sizeof(WCHAR));
    if (*Text && !Print(Uuid, *Text))
        RpcStringFreeW(Text);
    return *Text ? RPC_S_OK : RPC_S_OUT_OF_MEMORY;
}
RPC_STATUS RPC_ENTRY UuidToStringA(UUID *Uuid, RPC_CSTR *Text) {
    WCHAR wide[UUID_CHARACTERS + 1];
    *Text = Print(Uuid, wide) ? RtlAllocateHeap(NtPeb()->ProcessHeap, 0, sizeof wide / sizeof *wide) : NULL;
    for (ULONG n = 0; *Text && n < ARRAYSIZE(wide); n++)
        (*Text)[n] = (UCHAR)wide[n];
    return *Text ? RPC_S_OK : RPC_S_OUT_OF_MEMORY;
}
RPC_STATUS RPC_ENTRY RpcStringFreeA(RPC_CSTR *Text) {
    if (*Text)
        RtlFreeHeap(NtPeb()->ProcessHeap, 0, *Text);
    *Text = NULL;
    return RPC_S_OK;
}
RPC_STATUS RPC_ENTRY RpcStringFreeW(RPC_WSTR *Text) { return RpcStringFreeA((RPC_CSTR *)(PVOID)Text); }

RPC_STATUS RPC_ENTRY UuidFromStringW(RPC_WSTR Text, UUID *Uuid) {
    WCHAR braced[UUID_CHARACTERS + 2] = L"{";
    UNICODE_STRING text = {sizeof braced, sizeof braced, braced};
    if (!Text)
        return UuidCreateNil(Uuid);
    if (wcslen(Text) != UUID_CHARACTERS)
        return RPC_S_INVALID_STRING_UUID;
    memcpy(braced + 1, Text, UUID_CHARACTERS * sizeof(WCHAR));
    braced[UUID_CHARACTERS + 1] = '}';
    return NT_SUCCESS(RtlGUIDFromString(&text, Uuid)) ? RPC_S_OK : RPC_S_INVALID_STRING_UUID;
}
RPC_STATUS RPC_ENTRY UuidFromStringA(RPC_CSTR Text, UUID *Uuid) {
    WCHAR wide[UUID_CHARACTERS + 2] = {0};
    if (!Text)
        return UuidCreateNil(Uuid);
    for (ULONG n = 0; n < ARRAYSIZE(wide) - 1 && Text[n]; n++)
        wide[n] = Text[n];
    return UuidFromStringW(wide, Uuid);
}
