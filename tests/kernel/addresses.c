/* Addresses of IPv4, IPv6 and Ethernet as text and back. */
#include "kernel/more.h"

PSTR NTAPI RtlIpv4AddressToStringA(const void *, PSTR);
PWSTR NTAPI RtlIpv4AddressToStringW(const void *, PWSTR);
NTSTATUS NTAPI RtlIpv4AddressToStringExA(const void *, USHORT, PSTR, PULONG);
NTSTATUS NTAPI RtlIpv4AddressToStringExW(const void *, USHORT, PWSTR, PULONG);
PSTR NTAPI RtlIpv6AddressToStringA(const void *, PSTR);
PWSTR NTAPI RtlIpv6AddressToStringW(const void *, PWSTR);
NTSTATUS NTAPI RtlIpv6AddressToStringExA(const void *, ULONG, USHORT, PSTR, PULONG);
NTSTATUS NTAPI RtlIpv6AddressToStringExW(const void *, ULONG, USHORT, PWSTR, PULONG);
NTSTATUS NTAPI RtlIpv4StringToAddressA(PCSTR, BOOLEAN, PCSTR *, void *);
NTSTATUS NTAPI RtlIpv4StringToAddressW(PCWSTR, BOOLEAN, PCWSTR *, void *);
NTSTATUS NTAPI RtlIpv4StringToAddressExA(PCSTR, BOOLEAN, void *, PUSHORT);
NTSTATUS NTAPI RtlIpv4StringToAddressExW(PCWSTR, BOOLEAN, void *, PUSHORT);
NTSTATUS NTAPI RtlIpv6StringToAddressA(PCSTR, PCSTR *, void *);
NTSTATUS NTAPI RtlIpv6StringToAddressW(PCWSTR, PCWSTR *, void *);
NTSTATUS NTAPI RtlIpv6StringToAddressExA(PCSTR, void *, PULONG, PUSHORT);
NTSTATUS NTAPI RtlIpv6StringToAddressExW(PCWSTR, void *, PULONG, PUSHORT);
PSTR NTAPI RtlEthernetAddressToStringA(const void *, PSTR);
PWSTR NTAPI RtlEthernetAddressToStringW(const void *, PWSTR);
NTSTATUS NTAPI RtlEthernetStringToAddressA(PCSTR, PCSTR *, void *);
NTSTATUS NTAPI RtlEthernetStringToAddressW(PCWSTR, PCWSTR *, void *);

#define NET(port) ((USHORT)((port) >> 8 | ((port) & 255) << 8))

static VOID TestV4(VOID) {
    static const struct {
        PCSTR Text;
        BOOLEAN Strict;
        NTSTATUS Status;
        ULONG Address, End;
    } Cases[] = {
        {"192.168.1.20", TRUE, 0, 0x1401A8C0, 12},
        {"1.2.3.4:80", TRUE, 0, 0x04030201, 7},
        {"1.2.3", TRUE, STATUS_INVALID_PARAMETER, 0, 5},
        {"1.2.3", FALSE, 0, 0x03000201, 5},
        {"0x7F.1", FALSE, 0, 0x0100007F, 6},
        {"017", FALSE, 0, 0x0F000000, 3},
        {"01.2.3.4", TRUE, STATUS_INVALID_PARAMETER, 0, 0},
        {"256.1.1.1", TRUE, STATUS_INVALID_PARAMETER, 0, 0},
        {"1.2.3.256", FALSE, STATUS_INVALID_PARAMETER, 0, 9},
        {"4294967295", FALSE, 0, 0xFFFFFFFF, 10},
        {"", FALSE, STATUS_INVALID_PARAMETER, 0, 0},
        {"1..2", FALSE, STATUS_INVALID_PARAMETER, 0, 2},
    };
    UCHAR Address[4] = {10, 0, 200, 7};
    CHAR Text[24];
    WCHAR Wide[24];
    PCSTR End;
    PCWSTR WideEnd;
    ULONG Length = 24;
    USHORT Port = 0;
    for (ULONG i = 0; i < RTL_NUMBER_OF(Cases); i++) {
        ULONG Found = 0;
        NTSTATUS Status = RtlIpv4StringToAddressA(Cases[i].Text, Cases[i].Strict, &End, &Found);
        ok(Status == Cases[i].Status && (!NT_SUCCESS(Status) || (Found == Cases[i].Address && (ULONG)(End - Cases[i].Text) == Cases[i].End)),
           "RtlIpv4StringToAddressA of \"%s\"%s: %08X %08X", Cases[i].Text, Cases[i].Strict ? ", strict" : "", Status, Found);
    }
    ok(RtlIpv4AddressToStringA(Address, Text) == Text + 10 && strcmp(Text, "10.0.200.7") == 0, "RtlIpv4AddressToStringA");
    ok(RtlIpv4AddressToStringW(Address, Wide) == Wide + 10 && wcscmp(Wide, L"10.0.200.7") == 0, "RtlIpv4AddressToStringW");
    STATUS(RtlIpv4AddressToStringExA(Address, NET(8080), Text, &Length), 0, "RtlIpv4AddressToStringExA");
    ok(strcmp(Text, "10.0.200.7:8080") == 0 && Length == 16, "with a port");
    Length = 4;
    STATUS(RtlIpv4AddressToStringExW(Address, 0, Wide, &Length), STATUS_INVALID_PARAMETER, "into four characters");
    is(Length, 11, "what it takes");
    STATUS(RtlIpv4AddressToStringExW(Address, 0, Wide, &Length), 0, "RtlIpv4AddressToStringExW");
    STATUS(RtlIpv4StringToAddressW(L"1.2.3.4 x", TRUE, &WideEnd, Address), 0, "RtlIpv4StringToAddressW");
    ok(Address[3] == 4 && *WideEnd == ' ', "up to the space");
    STATUS(RtlIpv4StringToAddressExA("9.8.7.6:443", TRUE, Address, &Port), 0, "RtlIpv4StringToAddressExA");
    ok(Address[0] == 9 && Port == NET(443), "its port, in network order");
    STATUS(RtlIpv4StringToAddressExA("9.8.7.6:443x", TRUE, Address, &Port), STATUS_INVALID_PARAMETER, "with something behind it");
    STATUS(RtlIpv4StringToAddressExA("9.8.7.6:70000", TRUE, Address, &Port), STATUS_INVALID_PARAMETER, "a port that is none");
    STATUS(RtlIpv4StringToAddressExW(L"5.6.7.8:1", TRUE, Address, &Port), 0, "RtlIpv4StringToAddressExW");
    ok(Address[0] == 5 && Port == NET(1), "its port");
    STATUS(RtlIpv4StringToAddressExW(L"5.6.7.8\x20AC", TRUE, Address, &Port), STATUS_INVALID_PARAMETER, "what is no digit");
}

static VOID TestV6(VOID) {
    static const struct {
        PCSTR Text, Again; /* Again: NULL, it is no address */
    } Cases[] = {
        {"::", "::"},
        {"::1", "::1"},
        {"1::", "1::"},
        {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
        {"2001:0DB8::0001", "2001:db8::1"},
        {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
        {"1:0:3:0:5:0:7:0", "1:0:3:0:5:0:7:0"},
        {"::ffff:1.2.3.4", "::ffff:1.2.3.4"},
        {"::1.2.3.4", "::1.2.3.4"},
        {"fe80::5efe:1.2.3.4", "fe80::5efe:1.2.3.4"},
        {"fe80:0:0:0:0:0:0:1", "fe80::1"},
        {"1:2:3:4:5:6:7", NULL},
        {"1:2:3:4:5:6:7:8::", NULL},
        {"12345::", NULL},
        {"1::2::3", NULL},
        {"", NULL},
        {"::1.2.3", NULL},
    };
    UCHAR Address[16];
    CHAR Text[72];
    WCHAR Wide[72];
    PCSTR End;
    PCWSTR WideEnd;
    ULONG Length = 72, Scope = 0;
    USHORT Port = 0;
    for (ULONG i = 0; i < RTL_NUMBER_OF(Cases); i++) {
        NTSTATUS Status = RtlIpv6StringToAddressA(Cases[i].Text, &End, Address);
        BOOLEAN Whole = NT_SUCCESS(Status) && *End == 0;
        Text[0] = 0;
        if (Whole)
            RtlIpv6AddressToStringA(Address, Text);
        ok(Whole == (Cases[i].Again != NULL) && (!Whole || strcmp(Text, Cases[i].Again) == 0), "\"%s\" is \"%s\"", Cases[i].Text, Text);
    }
    RtlIpv6StringToAddressA("fe80::1", &End, Address);
    ok(RtlIpv6AddressToStringA(Address, Text) == Text + 7, "RtlIpv6AddressToStringA gives its end");
    ok(RtlIpv6AddressToStringW(Address, Wide) == Wide + 7 && wcscmp(Wide, L"fe80::1") == 0, "RtlIpv6AddressToStringW");
    STATUS(RtlIpv6AddressToStringExA(Address, 5, NET(80), Text, &Length), 0, "RtlIpv6AddressToStringExA");
    ok(strcmp(Text, "[fe80::1%5]:80") == 0 && Length == 15, "with scope and port");
    Length = 72;
    STATUS(RtlIpv6AddressToStringExW(Address, 0, 0, Wide, &Length), 0, "RtlIpv6AddressToStringExW");
    ok(wcscmp(Wide, L"fe80::1") == 0 && Length == 8, "without");
    STATUS(RtlIpv6StringToAddressW(L"::2%3", &WideEnd, Address), 0, "RtlIpv6StringToAddressW");
    ok(Address[15] == 2 && *WideEnd == '%', "up to the scope");
    STATUS(RtlIpv6StringToAddressExA("[fe80::9%7]:8080", Address, &Scope, &Port), 0, "RtlIpv6StringToAddressExA");
    ok(Address[15] == 9 && Scope == 7 && Port == NET(8080), "scope and port");
    STATUS(RtlIpv6StringToAddressExW(L"::3", Address, &Scope, &Port), 0, "RtlIpv6StringToAddressExW");
    ok(Address[15] == 3 && Scope == 0 && Port == 0, "neither");
    STATUS(RtlIpv6StringToAddressExA("[::3", Address, &Scope, &Port), STATUS_INVALID_PARAMETER, "half a pair of brackets");
}

static VOID TestEthernet(VOID) {
    UCHAR Address[6] = {0, 0x1B, 0x44, 0x11, 0x3A, 0xB7};
    CHAR Text[18];
    WCHAR Wide[18];
    PCSTR End;
    PCWSTR WideEnd;
    ok(RtlEthernetAddressToStringA(Address, Text) == Text + 17 && strcmp(Text, "00-1B-44-11-3A-B7") == 0, "RtlEthernetAddressToStringA");
    ok(RtlEthernetAddressToStringW(Address, Wide) == Wide + 17 && wcscmp(Wide, L"00-1B-44-11-3A-B7") == 0, "RtlEthernetAddressToStringW");
    STATUS(RtlEthernetStringToAddressA("aa:bb:cc:dd:ee:01x", &End, Address), 0, "RtlEthernetStringToAddressA");
    ok(Address[0] == 0xAA && Address[5] == 1 && *End == 'x', "its end");
    STATUS(RtlEthernetStringToAddressA("aa:bb-cc:dd:ee:01", &End, Address), STATUS_INVALID_PARAMETER, "of two kinds");
    STATUS(RtlEthernetStringToAddressW(L"02-03-04-05-06-07", &WideEnd, Address), 0, "RtlEthernetStringToAddressW");
    ok(Address[5] == 7 && *WideEnd == 0, "its end");
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    TestV4();
    TestV6();
    TestEthernet();
}
