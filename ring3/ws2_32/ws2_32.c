/*
 * Windows Sockets on a machine without a network. Starting succeeds, as it does on a Windows without an adapter; there is no protocol, so no socket can be
 * made, no host is known, and whatever takes a socket is told that it has none. What needs no network (byte orders, addresses as text) works.
 */
#include "ws2_32.h"

static volatile LONG Started;

static int Fail(int Error) {
    WSASetLastError(Error);
    return SOCKET_ERROR;
}
static int FailOf(int Error) { return Fail(Started ? Error : WSANOTINITIALISED); }
static int NotSocket(void) { return FailOf(WSAENOTSOCK); }
static SOCKET NoSocket(void) {
    FailOf(WSAEAFNOSUPPORT);
    return INVALID_SOCKET;
}

int WSAAPI WSAGetLastError(void) { return (int)GetLastError(); }
void WSAAPI WSASetLastError(int Error) { SetLastError((DWORD)Error); }

/* The version that is asked for, from 1.0 to 2.2, or the next below it. */
int WSAAPI WSAStartup(WORD Version, LPWSADATA Data) {
    BYTE major = LOBYTE(Version), minor = HIBYTE(Version);
    if (!major)
        return WSAVERNOTSUPPORTED;
    if (!Data)
        return WSAEFAULT;
    if (major > 2 || (major == 2 && minor > 2))
        Version = MAKEWORD(2, 2);
    else if (major == 1 && minor > 1)
        Version = MAKEWORD(1, 1);
    *Data = (WSADATA){.wVersion = Version, .wHighVersion = MAKEWORD(2, 2), .szDescription = "WinSock 2.0", .szSystemStatus = "No network"};
    InterlockedIncrement(&Started);
    return 0;
}
int WSAAPI WSACleanup(void) {
    if (!Started)
        return Fail(WSANOTINITIALISED);
    InterlockedDecrement(&Started);
    return 0;
}

/* ---- Sockets, which nobody can have ---- */
SOCKET WSAAPI socket(int Family, int Type, int Protocol) { return NoSocket(); }
SOCKET WSAAPI WSASocketA(int Family, int Type, int Protocol, LPWSAPROTOCOL_INFOA Info, GROUP Group, DWORD Flags) { return NoSocket(); }
SOCKET WSAAPI WSASocketW(int Family, int Type, int Protocol, LPWSAPROTOCOL_INFOW Info, GROUP Group, DWORD Flags) { return NoSocket(); }
int WSAAPI WSAEnumProtocolsA(LPINT Protocols, LPWSAPROTOCOL_INFOA Buffer, LPDWORD Size) { return Started ? 0 : Fail(WSANOTINITIALISED); }
int WSAAPI WSAEnumProtocolsW(LPINT Protocols, LPWSAPROTOCOL_INFOW Buffer, LPDWORD Size) { return Started ? 0 : Fail(WSANOTINITIALISED); }
SOCKET WSAAPI accept(SOCKET Socket, struct sockaddr *Address, int *Length) {
    NotSocket();
    return INVALID_SOCKET;
}
int WSAAPI bind(SOCKET Socket, const struct sockaddr *Name, int Length) { return NotSocket(); }
int WSAAPI closesocket(SOCKET Socket) { return NotSocket(); }
int WSAAPI connect(SOCKET Socket, const struct sockaddr *Name, int Length) { return NotSocket(); }
int WSAAPI getpeername(SOCKET Socket, struct sockaddr *Name, int *Length) { return NotSocket(); }
int WSAAPI getsockname(SOCKET Socket, struct sockaddr *Name, int *Length) { return NotSocket(); }
int WSAAPI getsockopt(SOCKET Socket, int Level, int Option, char *Value, int *Length) { return NotSocket(); }
int WSAAPI setsockopt(SOCKET Socket, int Level, int Option, const char *Value, int Length) { return NotSocket(); }
int WSAAPI ioctlsocket(SOCKET Socket, __LONG32 Command, u_long *Argument) { return NotSocket(); }
int WSAAPI listen(SOCKET Socket, int Backlog) { return NotSocket(); }
int WSAAPI recv(SOCKET Socket, char *Buffer, int Length, int Flags) { return NotSocket(); }
int WSAAPI recvfrom(SOCKET Socket, char *Buffer, int Length, int Flags, struct sockaddr *From, int *FromLength) { return NotSocket(); }
int WSAAPI send(SOCKET Socket, const char *Buffer, int Length, int Flags) { return NotSocket(); }
int WSAAPI sendto(SOCKET Socket, const char *Buffer, int Length, int Flags, const struct sockaddr *To, int ToLength) { return NotSocket(); }
int WSAAPI shutdown(SOCKET Socket, int How) { return NotSocket(); }
int WSAAPI WSADuplicateSocketA(SOCKET Socket, DWORD Process, LPWSAPROTOCOL_INFOA Info) { return NotSocket(); }
int WSAAPI WSADuplicateSocketW(SOCKET Socket, DWORD Process, LPWSAPROTOCOL_INFOW Info) { return NotSocket(); }
int WSAAPI WSAIoctl(SOCKET Socket, DWORD Code, LPVOID In, DWORD InSize, LPVOID Out, DWORD OutSize, LPDWORD Done, LPWSAOVERLAPPED Request,
                    LPWSAOVERLAPPED_COMPLETION_ROUTINE Routine) {
    return NotSocket();
}
int WSAAPI WSARecv(SOCKET Socket, LPWSABUF Buffers, DWORD Count, LPDWORD Done, LPDWORD Flags, LPWSAOVERLAPPED Request,
                   LPWSAOVERLAPPED_COMPLETION_ROUTINE Routine) {
    return NotSocket();
}
int WSAAPI WSARecvFrom(SOCKET Socket, LPWSABUF Buffers, DWORD Count, LPDWORD Done, LPDWORD Flags, struct sockaddr *From, LPINT FromLength,
                       LPWSAOVERLAPPED Request, LPWSAOVERLAPPED_COMPLETION_ROUTINE Routine) {
    return NotSocket();
}
int WSAAPI WSASend(SOCKET Socket, LPWSABUF Buffers, DWORD Count, LPDWORD Done, DWORD Flags, LPWSAOVERLAPPED Request,
                   LPWSAOVERLAPPED_COMPLETION_ROUTINE Routine) {
    return NotSocket();
}
int WSAAPI WSASendTo(SOCKET Socket, LPWSABUF Buffers, DWORD Count, LPDWORD Done, DWORD Flags, const struct sockaddr *To, int ToLength,
                     LPWSAOVERLAPPED Request, LPWSAOVERLAPPED_COMPLETION_ROUTINE Routine) {
    return NotSocket();
}
WINBOOL WSAAPI WSAGetOverlappedResult(SOCKET Socket, LPWSAOVERLAPPED Request, LPDWORD Done, WINBOOL Wait, LPDWORD Flags) {
    NotSocket();
    return FALSE;
}
/* Sets that have a socket in them have something that is none; three empty ones are an argument that makes no sense ("select"). */
int WSAAPI select(int Count, fd_set *Read, fd_set *Write, fd_set *Except, const PTIMEVAL Timeout) {
    BOOL any = (Read && Read->fd_count) || (Write && Write->fd_count) || (Except && Except->fd_count);
    return any ? NotSocket() : FailOf(WSAEINVAL);
}
int WSAAPI __WSAFDIsSet(SOCKET Socket, fd_set *Set) {
    for (u_int n = 0; n < Set->fd_count; n++)
        if (Set->fd_array[n] == Socket)
            return 1;
    return 0;
}

/* ---- Names: this machine's own, and no other's ---- */
int WSAAPI gethostname(char *Name, int Length) {
    DWORD size = Length > 0 ? (DWORD)Length : 0;
    if (!Started)
        return Fail(WSANOTINITIALISED);
    return Name && GetComputerNameExA(ComputerNameDnsHostname, Name, &size) ? 0 : Fail(WSAEFAULT);
}
int WSAAPI GetHostNameW(PWSTR Name, int Length) {
    DWORD size = Length > 0 ? (DWORD)Length : 0;
    if (!Started)
        return Fail(WSANOTINITIALISED);
    return Name && GetComputerNameExW(ComputerNameDnsHostname, Name, &size) ? 0 : Fail(WSAEFAULT);
}
struct hostent *WSAAPI gethostbyname(const char *Name) {
    FailOf(WSAHOST_NOT_FOUND);
    return NULL;
}
struct hostent *WSAAPI gethostbyaddr(const char *Address, int Length, int Type) {
    FailOf(WSAHOST_NOT_FOUND);
    return NULL;
}
static INT NoHost(void) {
    FailOf(WSAHOST_NOT_FOUND);
    return WSAGetLastError();
}
INT WSAAPI getaddrinfo(PCSTR Node, PCSTR Service, const ADDRINFOA *Hints, PADDRINFOA *Result) { return NoHost(); }
INT WSAAPI GetAddrInfoW(PCWSTR Node, PCWSTR Service, const ADDRINFOW *Hints, PADDRINFOW *Result) { return NoHost(); }
INT WSAAPI getnameinfo(const SOCKADDR *Address, socklen_t Length, PCHAR Node, DWORD NodeSize, PCHAR Service, DWORD ServiceSize, INT Flags) {
    return NoHost();
}
INT WSAAPI GetNameInfoW(const SOCKADDR *Address, socklen_t Length, PWCHAR Node, DWORD NodeSize, PWCHAR Service, DWORD ServiceSize, INT Flags) {
    return NoHost();
}
VOID WSAAPI freeaddrinfo(LPADDRINFO Info) {}  /* there was none */
VOID WSAAPI FreeAddrInfoW(PADDRINFOW Info) {} /* there was none */
