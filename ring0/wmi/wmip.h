/* Inside wmi/. */
#pragma once
#include "wmi/wmi.h"
#include <wmistr.h>

#define WMIP_TAG   'pimW'
#define FIRST_SIZE 0x1000u   /* of the buffer that a driver answers in: what it asks for is given once, */
#define LARGEST    0x100000u /* if it is no more than this */
#ifndef STATUS_WMI_GUID_NOT_FOUND
#define STATUS_WMI_GUID_NOT_FOUND ((NTSTATUS)0xC0000295)
#endif
#ifndef STATUS_WMI_INSTANCE_NOT_FOUND
#define STATUS_WMI_INSTANCE_NOT_FOUND ((NTSTATUS)0xC0000296)
#endif

typedef struct _WMIP_BLOCK { /* a data block of a provider */
    GUID Id;
    ULONG Flags, Instances; /* WMIREGGUID's */
    PWSTR BaseName;         /* of its instances, behind which is their number; in pool. NULL: they are named otherwise */
} WMIP_BLOCK, *PWMIP_BLOCK;

typedef struct _WMIP_PROVIDER {
    LIST_ENTRY Link;
    PDEVICE_OBJECT Device; /* referenced */
    PDRIVER_OBJECT Driver;
    ULONG Id;
    LONG References; /* the list's; one of each work item and each request under way */
    BOOLEAN Gone, Blocked;
    ULONG Count;
    PWMIP_BLOCK Blocks;
} WMIP_PROVIDER, *PWMIP_PROVIDER;

extern LIST_ENTRY WmipProviders;
VOID WmipDereference(PWMIP_PROVIDER Provider);
/* The block of that name, NULL: the provider has none. */
PWMIP_BLOCK WmipFindBlock(PWMIP_PROVIDER Provider, LPCGUID Id);
/* One request to the provider's stack, waited for. STATUS_WMI_GUID_NOT_FOUND: it takes none any more. PASSIVE_LEVEL. */
NTSTATUS WmipSend(PWMIP_PROVIDER Provider, UCHAR Minor, PVOID DataPath, PVOID Buffer, ULONG Size, PULONG_PTR Information);
/* A line of the log and the trace, if somebody wants them. */
VOID WmipTell(PWMIP_PROVIDER Provider, PCSTR What, LPCGUID Id, ULONG Number);
