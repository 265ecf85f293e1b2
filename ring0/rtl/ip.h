/*
 * Addresses of IPv4, IPv6 and Ethernet as text and back (ip2string.h): 4, 16 and 6 bytes in network order, ports too. The plain forms to text write at most 16, 46 and 18
 * characters and give the end; the Ex forms take and give a length with the zero. From text: STATUS_INVALID_PARAMETER, and *Terminator where reading ended. Any IRQL.
 */
#pragma once
#include "nt/nt.h"

PSTR NTAPI RtlIpv4AddressToStringA(const UCHAR *Address, PSTR Text);
PWSTR NTAPI RtlIpv4AddressToStringW(const UCHAR *Address, PWSTR Text);
PSTR NTAPI RtlIpv6AddressToStringA(const UCHAR *Address, PSTR Text);
PWSTR NTAPI RtlIpv6AddressToStringW(const UCHAR *Address, PWSTR Text);
PSTR NTAPI RtlEthernetAddressToStringA(const UCHAR *Address, PSTR Text);
PWSTR NTAPI RtlEthernetAddressToStringW(const UCHAR *Address, PWSTR Text);
NTSTATUS NTAPI RtlIpv4AddressToStringExA(const UCHAR *Address, USHORT Port, PSTR Text, PULONG Length);
NTSTATUS NTAPI RtlIpv4AddressToStringExW(const UCHAR *Address, USHORT Port, PWSTR Text, PULONG Length);
NTSTATUS NTAPI RtlIpv6AddressToStringExA(const UCHAR *Address, ULONG Scope, USHORT Port, PSTR Text, PULONG Length);
NTSTATUS NTAPI RtlIpv6AddressToStringExW(const UCHAR *Address, ULONG Scope, USHORT Port, PWSTR Text, PULONG Length);
NTSTATUS NTAPI RtlIpv4StringToAddressA(PCSTR Text, BOOLEAN Strict, PCSTR *Terminator, UCHAR *Address);
NTSTATUS NTAPI RtlIpv4StringToAddressW(PCWSTR Text, BOOLEAN Strict, PCWSTR *Terminator, UCHAR *Address);
NTSTATUS NTAPI RtlIpv6StringToAddressA(PCSTR Text, PCSTR *Terminator, UCHAR *Address);
NTSTATUS NTAPI RtlIpv6StringToAddressW(PCWSTR Text, PCWSTR *Terminator, UCHAR *Address);
NTSTATUS NTAPI RtlEthernetStringToAddressA(PCSTR Text, PCSTR *Terminator, UCHAR *Address);
NTSTATUS NTAPI RtlEthernetStringToAddressW(PCWSTR Text, PCWSTR *Terminator, UCHAR *Address);
NTSTATUS NTAPI RtlIpv4StringToAddressExA(PCSTR Text, BOOLEAN Strict, UCHAR *Address, PUSHORT Port);
NTSTATUS NTAPI RtlIpv4StringToAddressExW(PCWSTR Text, BOOLEAN Strict, UCHAR *Address, PUSHORT Port);
NTSTATUS NTAPI RtlIpv6StringToAddressExA(PCSTR Text, UCHAR *Address, PULONG Scope, PUSHORT Port);
NTSTATUS NTAPI RtlIpv6StringToAddressExW(PCWSTR Text, UCHAR *Address, PULONG Scope, PUSHORT Port);
