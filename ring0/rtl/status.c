/* NTSTATUS values: their Win32 errors and names, from the one table in status.tbl. */
#include "rtl/rtlp.h"

#define ERROR_MR_MID_NOT_FOUND 317
#define STATUS_CUSTOMER_BIT    0x20000000u
#define FACILITY_NT_BIT        0x10000000u /* set by HRESULT_FROM_NT */

static const struct {
    ULONG Status;
    ULONG Error;
    PCSTR Name;
} RtlpStatusTable[] = {
#define STATUS(name, value, error) {value, error, "STATUS_" #name},
#include "rtl/status.tbl"
#undef STATUS
};

static ULONG RtlpFindStatus(ULONG Status) {
    ULONG Low = 0, High = RTL_NUMBER_OF(RtlpStatusTable);
    while (Low < High) {
        ULONG Middle = (Low + High) / 2;
        if (Status == RtlpStatusTable[Middle].Status) {
            return Middle;
        }
        if (Status < RtlpStatusTable[Middle].Status) {
            High = Middle;
        } else {
            Low = Middle + 1;
        }
    }
    return RTL_NUMBER_OF(RtlpStatusTable);
}

PCSTR RtlpStatusName(NTSTATUS Status) {
    ULONG I = RtlpFindStatus((ULONG)Status);
    return I < RTL_NUMBER_OF(RtlpStatusTable) ? RtlpStatusTable[I].Name : NULL;
}

ULONG NTAPI RtlNtStatusToDosErrorNoTeb(NTSTATUS Status) {
    ULONG Value = (ULONG)Status;
    if (Value & STATUS_CUSTOMER_BIT) {
        return Value;
    }
    if ((Value & 0xF0000000) == (0xC0000000 | FACILITY_NT_BIT)) {
        Value &= ~FACILITY_NT_BIT;
    }
    ULONG I = RtlpFindStatus(Value);
    if (I < RTL_NUMBER_OF(RtlpStatusTable)) {
        return RtlpStatusTable[I].Error;
    }
    ULONG Facility = Value >> 16; /* FACILITY_NTWIN32 and FACILITY_WIN32: a Win32 error in disguise */
    return Facility == 0xC007 || Facility == 0x8007 || Facility == 0xC001 || Facility == 0x8001 ? Value & 0xFFFF : ERROR_MR_MID_NOT_FOUND;
}

ULONG NTAPI RtlNtStatusToDosError(NTSTATUS Status) {
#ifdef RTL_USER_MODE
    RtlpTeb()->LastStatusValue = (ULONG)Status;
#endif
    return RtlNtStatusToDosErrorNoTeb(Status);
}
