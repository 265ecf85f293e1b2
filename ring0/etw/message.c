/* Messages of WPP: a number within a group of messages and its arguments. What they say is in the driver's symbols, which nobody reads here. */
#include "etw/etwp.h"
#include "ke/ke.h"

#define TRACE_MESSAGE_GUID 0x02u /* evntrace.h */
#define LEVEL_INFORMATION  4
#define CLASS_TRACE_HANDLE 1 /* TraceHandleClass of TRACE_INFORMATION_CLASS */
#define CLASS_ENABLE_FLAGS 2
#define CLASS_ENABLE_LEVEL 3

/* Arguments come as pairs of address and size_t, until an address is NULL ("WmiTraceMessageVa"). */
static NTSTATUS EtwpMessage(TRACEHANDLE LoggerHandle, ULONG Flags, LPCGUID Guid, USHORT Number, va_list Arguments, ULONG64 Caller) {
    ETWP_TEXT Text;
    const VOID *Data;

    if (KiMachine->etw == 0 || LoggerHandle != ETWP_CLASSIC_HANDLE)
        return STATUS_INVALID_HANDLE;
    Text.Used = 0;
    if ((Flags & TRACE_MESSAGE_GUID) && Guid != NULL)
        EtwpPutGuid(&Text, Guid);
    else
        EtwpPut(&Text, "message");
    EtwpPut(&Text, " %u", Number);
    for (ULONG I = 0; (Data = va_arg(Arguments, const VOID *)) != NULL; I++) {
        SIZE_T Size = va_arg(Arguments, SIZE_T);
        EtwpPut(&Text, I == 0 ? ": " : ", ");
        EtwpPutData(&Text, Data, Size > MAXULONG ? MAXULONG : (ULONG)Size);
    }
    EtwpEmit(&Text, LEVEL_INFORMATION, Caller);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI WmiTraceMessageVa(TRACEHANDLE LoggerHandle, ULONG MessageFlags, LPGUID MessageGuid, USHORT MessageNumber, va_list MessageArgList) {
    return EtwpMessage(LoggerHandle, MessageFlags, MessageGuid, MessageNumber, MessageArgList, CALLER());
}

NTSTATUS __cdecl WmiTraceMessage(TRACEHANDLE LoggerHandle, ULONG MessageFlags, LPGUID MessageGuid, ULONG MessageNumber, ...) {
    va_list Arguments;
    NTSTATUS Status;
    va_start(Arguments, MessageNumber);
    Status = EtwpMessage(LoggerHandle, MessageFlags, MessageGuid, (USHORT)MessageNumber, Arguments, CALLER());
    va_end(Arguments);
    return Status;
}

/* Buffer is the WNODE_HEADER that enables the events of a provider; its HistoricalContext is the handle, with level and flags in it. */
NTSTATUS NTAPI WmiQueryTraceInformation(TRACE_INFORMATION_CLASS TraceInformationClass, PVOID TraceInformation, ULONG TraceInformationLength,
                                        PULONG RequiredLength, PVOID Buffer) {
    ULONG64 Handle = Buffer != NULL ? *(PULONG64)((PUCHAR)Buffer + 8) : 0;
    ULONG Wanted = TraceInformationClass == CLASS_TRACE_HANDLE ? sizeof(ULONG64) : sizeof(ULONG);

    if (TraceInformationClass < CLASS_TRACE_HANDLE || TraceInformationClass > CLASS_ENABLE_LEVEL)
        return STATUS_INVALID_INFO_CLASS;
    if (RequiredLength != NULL)
        *RequiredLength = Wanted;
    if (TraceInformation == NULL || TraceInformationLength != Wanted)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (Buffer == NULL)
        return STATUS_INVALID_PARAMETER_MIX;
    if (TraceInformationClass == CLASS_TRACE_HANDLE)
        *(PULONG64)TraceInformation = Handle;
    else
        *(PULONG)TraceInformation = TraceInformationClass == CLASS_ENABLE_FLAGS ? (ULONG)(Handle >> 32) : (ULONG)(Handle >> 16) & 0xFF;
    return STATUS_SUCCESS;
}
