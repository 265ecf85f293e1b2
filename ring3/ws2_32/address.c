/* Byte orders, and addresses as text. */
#include "ws2_32.h"

LONG NTAPI RtlIpv6StringToAddressA(PCSTR Text, LPSTR *Terminator, PVOID Address); /* not in mstcpip.h */

u_short WSAAPI htons(u_short Host) { return __builtin_bswap16(Host); }
u_short WSAAPI ntohs(u_short Net) { return __builtin_bswap16(Net); }
u_long WSAAPI htonl(u_long Host) { return __builtin_bswap32(Host); }
u_long WSAAPI ntohl(u_long Net) { return __builtin_bswap32(Net); }

/* One to four numbers, decimal, octal or hexadecimal; a blank ends it. */
unsigned __LONG32 WSAAPI inet_addr(const char *Text) {
    struct in_addr address;
    LPSTR end;
    if (!Text || (Text[0] == ' ' && !Text[1]))
        return Text ? 0 : INADDR_NONE;
    if (RtlIpv4StringToAddressA(Text, FALSE, &end, &address) || (*end && *end != ' '))
        return INADDR_NONE;
    return address.s_addr;
}
/* The text is good until the next call: of the thread on Windows, of the process here. */
char *WSAAPI inet_ntoa(struct in_addr Address) {
    static char text[16];
    RtlIpv4AddressToStringA(&Address, text);
    return text;
}

INT WSAAPI inet_pton(INT Family, LPCSTR Text, PVOID Address) {
    LPSTR end;
    if (!Text || !Address) {
        SetLastError(WSAEFAULT);
        return -1;
    }
    switch (Family) {
    case AF_INET: return !RtlIpv4StringToAddressA(Text, TRUE, &end, Address) && !*end;
    case AF_INET6: return !RtlIpv6StringToAddressA(Text, &end, Address) && !*end;
    default: SetLastError(WSAEAFNOSUPPORT); return -1;
    }
}
LPCSTR WSAAPI inet_ntop(INT Family, LPCVOID Address, LPSTR Text, size_t Size) {
    char text[46];
    if (Family != AF_INET && Family != AF_INET6) {
        SetLastError(WSAEAFNOSUPPORT);
        return NULL;
    }
    PSTR end = Family == AF_INET ? RtlIpv4AddressToStringA(Address, text) : RtlIpv6AddressToStringA(Address, text);
    if (!Text || (size_t)(end - text) >= Size) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    return memcpy(Text, text, (size_t)(end - text) + 1);
}
