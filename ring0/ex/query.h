/* What the classes of NtQuerySystemInformation share. */
#pragma once
#include "ex/ex.h"
#include "nt/system.h"

/*
 * An answer is made twice: once to learn its size, and once, if the caller has room for it, in memory. A class appends to it piece by piece.
 */
typedef struct _EXP_ANSWER {
    PUCHAR Data;    /* NULL: the first time */
    ULONG Capacity; /* of Data */
    ULONG Size;     /* appended so far; may be more than Capacity when the system has changed in between */
    ULONG Length;   /* of the caller's buffer */
    ULONG_PTR User; /* its address, for pointers into it; never followed */
} EXP_ANSWER, *PEXP_ANSWER;
/* Zeroed room for the next piece, or NULL where there is none; *Size counts either way. */
PVOID ExpAppend(PEXP_ANSWER Answer, ULONG Size);

typedef NTSTATUS (*EXP_CLASS)(PEXP_ANSWER Answer);
NTSTATUS ExpBasicInformation(PEXP_ANSWER Answer);
NTSTATUS ExpProcessorInformation(PEXP_ANSWER Answer);
NTSTATUS ExpPerformanceInformation(PEXP_ANSWER Answer);
NTSTATUS ExpTimeOfDayInformation(PEXP_ANSWER Answer);
NTSTATUS ExpProcessInformation(PEXP_ANSWER Answer);
NTSTATUS ExpProcessorPerformanceInformation(PEXP_ANSWER Answer);
NTSTATUS ExpInterruptInformation(PEXP_ANSWER Answer);
NTSTATUS ExpModuleInformation(PEXP_ANSWER Answer);
NTSTATUS ExpModuleInformationEx(PEXP_ANSWER Answer);
NTSTATUS ExpHandleInformation(PEXP_ANSWER Answer);
NTSTATUS ExpExtendedHandleInformation(PEXP_ANSWER Answer);
NTSTATUS ExpPoolTagInformation(PEXP_ANSWER Answer);
NTSTATUS ExpBigPoolInformation(PEXP_ANSWER Answer);
NTSTATUS ExpLogicalProcessorInformation(PEXP_ANSWER Answer);

/* Classes that read what the caller's buffer holds. */
NTSTATUS ExpQueryProcessId(PVOID Buffer, ULONG Length, PULONG ReturnLength);
NTSTATUS ExpQueryFirmwareTable(PVOID Buffer, ULONG Length, PULONG ReturnLength);
/* SystemRegisterFirmwareTableInformationHandler: for drivers only. */
NTSTATUS ExpSetFirmwareHandler(PVOID Buffer, ULONG Length);
