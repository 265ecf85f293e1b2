/*
 * Event tracing: what drivers register as providers, and what they write. There are two sessions that can enable a provider: --etw, which takes all
 * events of all providers, and each session of HKLM\SYSTEM\CurrentControlSet\Control\WMI\Autologger that names the provider ("Configuring and Starting an
 * AutoLogger Session": Start of the session, Enabled, EnableLevel, MatchAnyKeyword and MatchAllKeyword of the provider's key). A provider is enabled when
 * it registers, and stays as it is. Its events go to the log, as component ETW, and to the trace (docs/tracing.md).
 */
#pragma once
#include "nt/nt.h"

VOID EtwInitSystem(VOID); /* the type EtwRegistration */

/* Whether a driver has this handle from EtwRegister. */
BOOLEAN EtwIsRegistered(REGHANDLE RegHandle);
/* A driver has been unloaded: the providers that its image has registered are named in a message and unregistered. PASSIVE_LEVEL. */
VOID EtwReportLeftovers(PDRIVER_OBJECT Driver, ULONG64 Base, ULONG64 Size);

/* What the DDK headers do not declare. */
NTSTATUS NTAPI EtwWriteEx(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor, ULONG64 Filter, ULONG Flags, LPCGUID ActivityId,
                          LPCGUID RelatedActivityId, ULONG UserDataCount, PEVENT_DATA_DESCRIPTOR UserData);
/* Class EventProviderSetTraits (2) gives a provider its name, EventProviderUseDescriptorType (3) is taken as said: descriptor types always count. Others:
   STATUS_NOT_SUPPORTED. */
NTSTATUS NTAPI EtwSetInformation(REGHANDLE RegHandle, ULONG InformationClass, PVOID EventInformation, ULONG InformationLength);
/* As the WPP templates of the WDK call it: Callback(ProviderId, ControlCode, TRACE_ENABLE_CONTEXT *, CallbackContext). */
typedef VOID(NTAPI *ETW_CLASSIC_CALLBACK)(LPCGUID ProviderId, UCHAR ControlCode, PVOID EnableContext, PVOID CallbackContext);
NTSTATUS NTAPI EtwRegisterClassicProvider(LPCGUID ProviderId, ULONG Type, ETW_CLASSIC_CALLBACK Callback, PVOID CallbackContext, PREGHANDLE RegHandle);
/* MessageNumber is a USHORT, declared as what va_start can begin behind. */
NTSTATUS __cdecl WmiTraceMessage(TRACEHANDLE LoggerHandle, ULONG MessageFlags, LPGUID MessageGuid, ULONG MessageNumber, ...);
NTSTATUS NTAPI WmiTraceMessageVa(TRACEHANDLE LoggerHandle, ULONG MessageFlags, LPGUID MessageGuid, USHORT MessageNumber, va_list MessageArgList);
