/* What the service functions share: each is one request to \Device\ServiceControl (drivers/scm/scm.h), or opens or closes a handle to it. */
#pragma once
#include "advapi32.h"
#include <winioctl.h>
#include "drivers/scm/scm.h"

/* TRUE, or FALSE with the last error. The driver's own errors are numbers of winerror.h; the others are statuses like any. */
BOOL AdvServiceResult(NTSTATUS Status);
NTSTATUS AdvServiceRequest(SC_HANDLE Handle, ULONG Code, PVOID In, ULONG InSize, PVOID Out, ULONG OutSize);
/* The answer of a request that gives STATUS_BUFFER_OVERFLOW and a ULONG, the size needed, when there is too little room: from the heap (AdvFree), as
   long as it turns out to be, with its size. NULL with the last error set. Least: at least that much room is offered. */
PVOID AdvServiceFetch(SC_HANDLE Service, ULONG Code, PVOID In, ULONG InSize, ULONG Least, PULONG Size);
VOID AdvCopyServiceStatus(LPSERVICE_STATUS To, const SCM_STATUS *From);
VOID AdvCopyProcessStatus(LPSERVICE_STATUS_PROCESS To, const SCM_STATUS *From);

/* Texts behind a structure in a caller's buffer, wide or narrow; counted even when there is no room. */
typedef struct _ADV_ANSWER {
    PUCHAR Buffer;
    SIZE_T Size, Used;
    BOOL Wide;
} ADV_ANSWER;
/* A text of Bytes bytes of UTF-16 with Ends terminators; where it is, or NULL when it did not fit. */
PVOID AdvPutText(ADV_ANSWER *Answer, PCWSTR From, SIZE_T Bytes, ULONG Ends);
