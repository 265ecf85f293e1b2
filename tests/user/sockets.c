/* Windows Sockets without a network: what begins works, and nobody can be spoken to. */
#include <winsock2.h>
#include <ws2tcpip.h>
#include "utap.h"

int main(int argc, char **argv) {
    WSADATA data;
    struct in_addr address = {.s_addr = 0x0100007F};
    struct in6_addr six;
    char text[64];
    OK(WSAStartup(0, &data) == WSAVERNOTSUPPORTED, "there was no version 0");
    OK(!WSAStartup(MAKEWORD(9, 9), &data) && data.wVersion == MAKEWORD(2, 2) && data.wHighVersion == MAKEWORD(2, 2), "2.2 is the last");
    OK(!WSACleanup(), "ended");
    OK(!WSAStartup(MAKEWORD(1, 1), &data) && data.wVersion == MAKEWORD(1, 1), "1.1 is what it asks for");
    OK(htons(0x1234) == 0x3412 && ntohl(0x12345678) == 0x78563412, "byte orders");
    OK(inet_addr("127.0.0.1") == 0x0100007F && inet_addr("0x7f.1") == 0x0100007F && inet_addr("1.2.3.4.5") == INADDR_NONE, "addresses from text");
    OK(!strcmp(inet_ntoa(address), "127.0.0.1"), "and to text");
    OK(inet_pton(AF_INET, "10.1.2.3", &address) == 1 && address.s_addr == 0x0302010A && inet_pton(AF_INET, "10.1.2", &address) == 0, "strictly");
    OK(inet_pton(AF_INET6, "fe80::1:2", &six) == 1 && six.s6_addr[0] == 0xFE && six.s6_addr[15] == 2, "version 6");
    OK(inet_ntop(AF_INET6, &six, text, sizeof text) && !strcmp(text, "fe80::1:2"), "and to text");
    OK(!inet_ntop(AF_INET6, &six, text, 5), "that does not fit");
    OK(inet_pton(77, "1", &address) == -1 && WSAGetLastError() == WSAEAFNOSUPPORT, "no such family");
    OK(!gethostname(text, sizeof text) && strlen(text), "the machine has a name");
    OK(gethostname(text, 1) == SOCKET_ERROR && WSAGetLastError() == WSAEFAULT, "that does not fit");
    OK(send((SOCKET)0x7F0, "x", 1, 0) == SOCKET_ERROR && WSAGetLastError() == WSAENOTSOCK, "a handle that is no socket");
    OK(closesocket((SOCKET)0x7F0) == SOCKET_ERROR && WSAGetLastError() == WSAENOTSOCK, "nor to be closed");
    OK(select(0, NULL, NULL, NULL, NULL) == SOCKET_ERROR && WSAGetLastError() == WSAEINVAL, "select without sockets");
    OK(!gethostbyname("no.such.host.invalid") && WSAGetLastError() == WSAHOST_NOT_FOUND, "a host that is not there");
    if (GetModuleHandleA("ntdll.dll") && !GetProcAddress(GetModuleHandleA("ntdll.dll"), "wine_get_version")) { /* Wine has a network */
        OK(socket(AF_INET, SOCK_STREAM, 0) == INVALID_SOCKET && WSAGetLastError() == WSAEAFNOSUPPORT, "no socket can be made");
        OK(WSAEnumProtocolsW(NULL, NULL, &(DWORD){0}) == 0, "there are no protocols");
    }
    OK(!WSACleanup() && WSACleanup() == SOCKET_ERROR && WSAGetLastError() == WSANOTINITIALISED, "as often as it was started");
    OK(send((SOCKET)0x7F0, "x", 1, 0) == SOCKET_ERROR && WSAGetLastError() == WSANOTINITIALISED, "then nothing works");
    return done();
}
