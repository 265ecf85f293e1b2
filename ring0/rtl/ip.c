/*
 * Addresses of IPv4, IPv6 and Ethernet as text and back (ip2string.h: "RtlIpv4AddressToString" and its neighbours). The engines speak ASCII; the wide forms copy.
 * Ports are in network order.
 */
#include "rtl/ip.h"
#include "rtl/crt.h"
#include "rtl/rtlp.h"

#define V4_ROOM  22u /* 255.255.255.255:65535 and a zero (INET_ADDRSTRLEN) */
#define V6_ROOM  65u /* INET6_ADDRSTRLEN */
#define MAC_ROOM 18u

static ULONG RtlpIpHex(CHAR c) {
    return c >= '0' && c <= '9' ? (ULONG)(c - '0') : (c | 32) >= 'a' && (c | 32) <= 'f' ? (ULONG)((c | 32) - 'a' + 10) : 99;
}

/* ---- To text ---- */
static ULONG RtlpFormatV4(const UCHAR *Address, PSTR Text) {
    return (ULONG)sprintf(Text, "%u.%u.%u.%u", Address[0], Address[1], Address[2], Address[3]);
}

/* The last four bytes are an IPv4 address: mapped, compatible, or that of an ISATAP interface. */
static BOOLEAN RtlpEndsInV4(const USHORT *Words) {
    BOOLEAN Front = (Words[0] | Words[1] | Words[2] | Words[3]) == 0;
    if (Front && Words[4] == 0 && (Words[5] == 0xFFFF || (Words[5] == 0 && Words[6] != 0)))
        return TRUE;
    return (Words[4] & ~0x0200) == 0 && Words[5] == 0x5EFE;
}

/* The longest run of two or more zero words, the first of those that are as long, is "::". */
static ULONG RtlpFormatV6(const UCHAR *Address, PSTR Text) {
    USHORT Words[8];
    ULONG Count = 8, Start = 8, Length = 0, Used = 0;
    for (ULONG I = 0; I < 8; I++)
        Words[I] = (USHORT)(Address[2 * I] << 8 | Address[2 * I + 1]);
    if (RtlpEndsInV4(Words))
        Count = 6;
    for (ULONG I = 0; I < Count; I++) {
        ULONG Run = 0;
        while (I + Run < Count && Words[I + Run] == 0)
            Run++;
        if (Run > Length && Run > 1) {
            Start = I;
            Length = Run;
        }
    }
    for (ULONG I = 0; I < Count; I++) {
        if (I == Start) {
            Used += (ULONG)sprintf(Text + Used, "::");
            I += Length - 1;
        } else {
            Used += (ULONG)sprintf(Text + Used, I != 0 && I != Start + Length ? ":%x" : "%x", Words[I]);
        }
    }
    if (Count == 6) {
        if (Start + Length != 6)
            Text[Used++] = ':';
        Used += RtlpFormatV4(Address + 12, Text + Used);
    }
    return Used;
}

static ULONG RtlpFormatV4Port(const UCHAR *Address, USHORT Port, PSTR Text) {
    ULONG Used = RtlpFormatV4(Address, Text);
    return Port != 0 ? Used + (ULONG)sprintf(Text + Used, ":%u", __builtin_bswap16(Port)) : Used;
}

static ULONG RtlpFormatV6Port(const UCHAR *Address, ULONG Scope, USHORT Port, PSTR Text) {
    ULONG Used = 0;
    if (Port != 0)
        Text[Used++] = '[';
    Used += RtlpFormatV6(Address, Text + Used);
    if (Scope != 0)
        Used += (ULONG)sprintf(Text + Used, "%%%u", Scope);
    if (Port != 0)
        Used += (ULONG)sprintf(Text + Used, "]:%u", __builtin_bswap16(Port));
    Text[Used] = 0;
    return Used;
}

static ULONG RtlpFormatMac(const UCHAR *Address, PSTR Text) {
    return (ULONG)sprintf(Text, "%02X-%02X-%02X-%02X-%02X-%02X", Address[0], Address[1], Address[2], Address[3], Address[4], Address[5]);
}

/* ---- From text ---- */
/* One number of an IPv4 address. Strict: decimal, without leading zeros, 255 at most. */
static BOOLEAN RtlpParsePart(PCSTR *Text, BOOLEAN Strict, ULONG *Value) {
    PCSTR At = *Text;
    ULONG Base = 10, Digits = 0;
    ULONG64 Sum = 0;
    if (*At == '0' && !Strict) {
        Base = (At[1] | 32) == 'x' ? 16 : 8;
        At += Base == 16 ? 2 : 0;
    } else if (*At == '0' && RtlpIpHex(At[1]) < 10) {
        return FALSE;
    }
    for (; RtlpIpHex(*At) < Base; At++, Digits++) {
        Sum = Sum * Base + RtlpIpHex(*At);
        if (Sum > (Strict ? 255ull : MAXULONG))
            return FALSE;
    }
    *Text = At;
    *Value = (ULONG)Sum;
    return Digits != 0;
}

/* Not strict, there may be one to four numbers, the last of which fills what is left. */
static BOOLEAN RtlpParseV4(PCSTR Text, BOOLEAN Strict, PCSTR *Terminator, UCHAR *Address) {
    ULONG Parts[4], Count = 0, Rest;
    for (;; Text++) {
        if (!RtlpParsePart(&Text, Strict, &Parts[Count])) {
            *Terminator = Text;
            return FALSE;
        }
        Count++;
        if (*Text != '.' || Count == 4)
            break;
    }
    *Terminator = Text;
    if (Strict && Count != 4)
        return FALSE;
    for (ULONG I = 0; I + 1 < Count; I++)
        if (Parts[I] > 255)
            return FALSE;
    Rest = 5 - Count;
    if (Rest < 4 && Parts[Count - 1] >> 8 * Rest != 0)
        return FALSE;
    for (ULONG I = 0; I < 4; I++)
        Address[I] = (UCHAR)(I + 1 < Count ? Parts[I] : Parts[Count - 1] >> 8 * (3 - I));
    return TRUE;
}

static BOOLEAN RtlpParseV6(PCSTR Text, PCSTR *Terminator, UCHAR *Address) {
    USHORT Words[8] = {0};
    ULONG Count = 0, Gap = 8, Digits;
    BOOLEAN Complete = FALSE;

    if (Text[0] == ':' && Text[1] == ':') {
        Gap = 0;
        Text += 2;
        Complete = RtlpIpHex(*Text) > 15;
    }
    while (!Complete && Count < 8) {
        ULONG Value = 0;
        PCSTR Start = Text;
        for (Digits = 0; RtlpIpHex(*Text) < 16 && Digits < 5; Text++, Digits++)
            Value = Value << 4 | RtlpIpHex(*Text);
        if (*Text == '.' && Count <= 6 && Digits != 0) {
            UCHAR V4[4];
            if (!RtlpParseV4(Start, TRUE, &Text, V4))
                break;
            Words[Count++] = (USHORT)(V4[0] << 8 | V4[1]);
            Words[Count++] = (USHORT)(V4[2] << 8 | V4[3]);
            Complete = TRUE;
            break;
        }
        if (Digits == 0 || Digits > 4)
            break;
        Words[Count++] = (USHORT)Value;
        if (*Text != ':' || Count == 8) {
            Complete = TRUE;
        } else if (Text[1] == ':' && Gap == 8) {
            Gap = Count;
            Text += 2;
            Complete = RtlpIpHex(*Text) > 15;
        } else {
            Text++;
        }
    }
    *Terminator = Text;
    if (!Complete || (Gap == 8) != (Count == 8))
        return FALSE;
    for (ULONG I = 0; I < 8; I++) {
        ULONG From = I < Gap ? I : I + Count < 8 + Gap && I < Gap + (8 - Count) ? 8 : I - (8 - Count);
        USHORT Word = From < 8 ? Words[From] : 0;
        Address[2 * I] = (UCHAR)(Word >> 8);
        Address[2 * I + 1] = (UCHAR)Word;
    }
    return TRUE;
}

/* Digits in the base that their prefix tells, up to Limit. */
static BOOLEAN RtlpParseNumber(PCSTR *Text, ULONG Limit, ULONG *Value) { return RtlpParsePart(Text, FALSE, Value) && *Value <= Limit; }

static BOOLEAN RtlpParseV4Port(PCSTR Text, BOOLEAN Strict, UCHAR *Address, USHORT *Port) {
    ULONG Value = 0;
    if (!RtlpParseV4(Text, Strict, &Text, Address))
        return FALSE;
    if (*Text == ':') {
        Text++;
        if (!RtlpParseNumber(&Text, MAXUSHORT, &Value) || Value == 0)
            return FALSE;
    }
    *Port = __builtin_bswap16((USHORT)Value);
    return *Text == 0;
}

static BOOLEAN RtlpParseV6Port(PCSTR Text, UCHAR *Address, ULONG *Scope, USHORT *Port) {
    BOOLEAN Bracket = *Text == '[';
    ULONG Value = 0;
    *Scope = 0;
    if (!RtlpParseV6(Text + Bracket, &Text, Address))
        return FALSE;
    if (*Text == '%') {
        PCSTR Digits = ++Text;
        if (RtlpIpHex(*Digits) > 9 || !RtlpParseNumber(&Text, MAXULONG, Scope))
            return FALSE;
    }
    if (Bracket) {
        if (*Text++ != ']')
            return FALSE;
        if (*Text == ':') {
            Text++;
            if (!RtlpParseNumber(&Text, MAXUSHORT, &Value) || Value == 0)
                return FALSE;
        }
    }
    *Port = __builtin_bswap16((USHORT)Value);
    return *Text == 0;
}

static BOOLEAN RtlpParseMac(PCSTR Text, PCSTR *Terminator, UCHAR *Address) {
    CHAR Separator = 0;
    for (ULONG I = 0; I < 6; I++) {
        *Terminator = Text;
        if (RtlpIpHex(Text[0]) > 15 || RtlpIpHex(Text[1]) > 15)
            return FALSE;
        Address[I] = (UCHAR)(RtlpIpHex(Text[0]) << 4 | RtlpIpHex(Text[1]));
        Text += 2;
        if (I == 0)
            Separator = *Text;
        if (I < 5 && ((Separator != '-' && Separator != ':') || *Text++ != Separator))
            return FALSE;
    }
    *Terminator = Text;
    return TRUE;
}

/* ---- Both kinds of characters ---- */
static PWSTR RtlpWiden(PCSTR Text, ULONG Count, PWSTR To) {
    for (ULONG I = 0; I <= Count; I++)
        To[I] = (UCHAR)Text[I];
    return To + Count;
}

/* As much of wide text as an address may be; what is no ASCII ends it. */
static VOID RtlpNarrow(PCWSTR Text, PSTR To, ULONG Room) {
    ULONG I = 0;
    for (; I + 1 < Room && Text[I] != 0 && Text[I] < 0x80; I++)
        To[I] = (CHAR)Text[I];
    To[I] = I + 1 < Room && Text[I] != 0 ? '\x7F' : 0;
    To[Room - 1] = 0;
    if (I + 1 < Room)
        To[I + 1] = 0;
}

#define NARROW_ROOM 128

PSTR NTAPI RtlIpv4AddressToStringA(const UCHAR *Address, PSTR Text) { return Text + RtlpFormatV4(Address, Text); }

PWSTR NTAPI RtlIpv4AddressToStringW(const UCHAR *Address, PWSTR Text) {
    CHAR Narrow[V4_ROOM];
    return RtlpWiden(Narrow, RtlpFormatV4(Address, Narrow), Text);
}

PSTR NTAPI RtlIpv6AddressToStringA(const UCHAR *Address, PSTR Text) {
    ULONG Used = RtlpFormatV6(Address, Text);
    Text[Used] = 0;
    return Text + Used;
}

PWSTR NTAPI RtlIpv6AddressToStringW(const UCHAR *Address, PWSTR Text) {
    CHAR Narrow[V6_ROOM];
    ULONG Used = RtlpFormatV6(Address, Narrow);
    Narrow[Used] = 0;
    return RtlpWiden(Narrow, Used, Text);
}

PSTR NTAPI RtlEthernetAddressToStringA(const UCHAR *Address, PSTR Text) { return Text + RtlpFormatMac(Address, Text); }

PWSTR NTAPI RtlEthernetAddressToStringW(const UCHAR *Address, PWSTR Text) {
    CHAR Narrow[MAC_ROOM];
    return RtlpWiden(Narrow, RtlpFormatMac(Address, Narrow), Text);
}

/* *Length counts characters, with the terminating zero, and says how many are needed when they are too few. */
static NTSTATUS RtlpGive(PCSTR Narrow, ULONG Used, PVOID Text, PULONG Length, BOOLEAN Wide) {
    BOOLEAN Fits = *Length > Used && Text != NULL;
    *Length = Used + 1;
    if (!Fits)
        return STATUS_INVALID_PARAMETER;
    if (Wide)
        RtlpWiden(Narrow, Used, Text);
    else
        RtlCopyMemory(Text, Narrow, Used + 1);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlIpv4AddressToStringExA(const UCHAR *Address, USHORT Port, PSTR Text, PULONG Length) {
    CHAR Narrow[V4_ROOM];
    return Address != NULL && Length != NULL ? RtlpGive(Narrow, RtlpFormatV4Port(Address, Port, Narrow), Text, Length, FALSE)
                                             : STATUS_INVALID_PARAMETER;
}

NTSTATUS NTAPI RtlIpv4AddressToStringExW(const UCHAR *Address, USHORT Port, PWSTR Text, PULONG Length) {
    CHAR Narrow[V4_ROOM];
    return Address != NULL && Length != NULL ? RtlpGive(Narrow, RtlpFormatV4Port(Address, Port, Narrow), Text, Length, TRUE)
                                             : STATUS_INVALID_PARAMETER;
}

NTSTATUS NTAPI RtlIpv6AddressToStringExA(const UCHAR *Address, ULONG Scope, USHORT Port, PSTR Text, PULONG Length) {
    CHAR Narrow[V6_ROOM];
    return Address != NULL && Length != NULL ? RtlpGive(Narrow, RtlpFormatV6Port(Address, Scope, Port, Narrow), Text, Length, FALSE)
                                             : STATUS_INVALID_PARAMETER;
}

NTSTATUS NTAPI RtlIpv6AddressToStringExW(const UCHAR *Address, ULONG Scope, USHORT Port, PWSTR Text, PULONG Length) {
    CHAR Narrow[V6_ROOM];
    return Address != NULL && Length != NULL ? RtlpGive(Narrow, RtlpFormatV6Port(Address, Scope, Port, Narrow), Text, Length, TRUE)
                                             : STATUS_INVALID_PARAMETER;
}

#define RESULT(parsed) ((parsed) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER)

NTSTATUS NTAPI RtlIpv4StringToAddressA(PCSTR Text, BOOLEAN Strict, PCSTR *Terminator, UCHAR *Address) {
    return RESULT(RtlpParseV4(Text, Strict, Terminator, Address));
}

NTSTATUS NTAPI RtlIpv4StringToAddressW(PCWSTR Text, BOOLEAN Strict, PCWSTR *Terminator, UCHAR *Address) {
    CHAR Narrow[NARROW_ROOM];
    PCSTR End;
    RtlpNarrow(Text, Narrow, sizeof(Narrow));
    BOOLEAN Parsed = RtlpParseV4(Narrow, Strict, &End, Address);
    *Terminator = Text + (End - Narrow);
    return RESULT(Parsed);
}

NTSTATUS NTAPI RtlIpv6StringToAddressA(PCSTR Text, PCSTR *Terminator, UCHAR *Address) { return RESULT(RtlpParseV6(Text, Terminator, Address)); }

NTSTATUS NTAPI RtlIpv6StringToAddressW(PCWSTR Text, PCWSTR *Terminator, UCHAR *Address) {
    CHAR Narrow[NARROW_ROOM];
    PCSTR End;
    RtlpNarrow(Text, Narrow, sizeof(Narrow));
    BOOLEAN Parsed = RtlpParseV6(Narrow, &End, Address);
    *Terminator = Text + (End - Narrow);
    return RESULT(Parsed);
}

NTSTATUS NTAPI RtlEthernetStringToAddressA(PCSTR Text, PCSTR *Terminator, UCHAR *Address) { return RESULT(RtlpParseMac(Text, Terminator, Address)); }

NTSTATUS NTAPI RtlEthernetStringToAddressW(PCWSTR Text, PCWSTR *Terminator, UCHAR *Address) {
    CHAR Narrow[NARROW_ROOM];
    PCSTR End;
    RtlpNarrow(Text, Narrow, sizeof(Narrow));
    BOOLEAN Parsed = RtlpParseMac(Narrow, &End, Address);
    *Terminator = Text + (End - Narrow);
    return RESULT(Parsed);
}

NTSTATUS NTAPI RtlIpv4StringToAddressExA(PCSTR Text, BOOLEAN Strict, UCHAR *Address, PUSHORT Port) {
    return RESULT(Text != NULL && Address != NULL && Port != NULL && RtlpParseV4Port(Text, Strict, Address, Port));
}

NTSTATUS NTAPI RtlIpv4StringToAddressExW(PCWSTR Text, BOOLEAN Strict, UCHAR *Address, PUSHORT Port) {
    CHAR Narrow[NARROW_ROOM];
    if (Text == NULL)
        return STATUS_INVALID_PARAMETER;
    RtlpNarrow(Text, Narrow, sizeof(Narrow));
    return RtlIpv4StringToAddressExA(Narrow, Strict, Address, Port);
}

NTSTATUS NTAPI RtlIpv6StringToAddressExA(PCSTR Text, UCHAR *Address, PULONG Scope, PUSHORT Port) {
    return RESULT(Text != NULL && Address != NULL && Scope != NULL && Port != NULL && RtlpParseV6Port(Text, Address, Scope, Port));
}

NTSTATUS NTAPI RtlIpv6StringToAddressExW(PCWSTR Text, UCHAR *Address, PULONG Scope, PUSHORT Port) {
    CHAR Narrow[NARROW_ROOM];
    if (Text == NULL)
        return STATUS_INVALID_PARAMETER;
    RtlpNarrow(Text, Narrow, sizeof(Narrow));
    return RtlIpv6StringToAddressExA(Narrow, Address, Scope, Port);
}
