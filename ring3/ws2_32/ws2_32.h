/* The Windows Sockets headers, for who defines what they declare. */
#pragma once
#define WIN32_LEAN_AND_MEAN
#define WINSOCK_API_LINKAGE
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mstcpip.h>
