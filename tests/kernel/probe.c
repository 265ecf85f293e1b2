/* ProbeForRead and ProbeForWrite, check by check, where no user memory is: what a probe notices by itself. */
#include "tap.h"

static NTSTATUS Read(ULONG_PTR Address, SIZE_T Length, ULONG Alignment) {
    __try {
        ProbeForRead((PVOID)Address, Length, Alignment);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

static NTSTATUS Write(ULONG_PTR Address, SIZE_T Length, ULONG Alignment) {
    __try {
        ProbeForWrite((PVOID)Address, Length, Alignment);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    static const struct {
        PCSTR What;
        ULONG_PTR Address;
        SIZE_T Length;
        ULONG Alignment;
        NTSTATUS Read, Write;
    } Cases[] = {
        {"nothing at NULL", 0, 0, 1, STATUS_SUCCESS, STATUS_SUCCESS},
        {"nothing, misaligned", 1, 0, 4, STATUS_SUCCESS, STATUS_SUCCESS},
        {"nothing at a kernel address", 0x400000100000, 0, 1, STATUS_SUCCESS, STATUS_SUCCESS},
        {"memory that is not there: only writing notices", 0x10000, 16, 1, STATUS_SUCCESS, STATUS_ACCESS_VIOLATION},
        {"NULL is in user space", 0, 1, 1, STATUS_SUCCESS, STATUS_ACCESS_VIOLATION},
        {"misaligned for 2", 0x10001, 2, 2, STATUS_DATATYPE_MISALIGNMENT, STATUS_DATATYPE_MISALIGNMENT},
        {"misaligned for 4", 0x10002, 4, 4, STATUS_DATATYPE_MISALIGNMENT, STATUS_DATATYPE_MISALIGNMENT},
        {"misaligned for 8", 0x10004, 8, 8, STATUS_DATATYPE_MISALIGNMENT, STATUS_DATATYPE_MISALIGNMENT},
        {"misaligned for 16", 0x10008, 16, 16, STATUS_DATATYPE_MISALIGNMENT, STATUS_DATATYPE_MISALIGNMENT},
        {"aligned for 16", 0x10010, 16, 16, STATUS_SUCCESS, STATUS_ACCESS_VIOLATION},
        {"a misaligned kernel address is misaligned first", 0x400000100001, 4, 4, STATUS_DATATYPE_MISALIGNMENT, STATUS_DATATYPE_MISALIGNMENT},
        {"a kernel address", 0x400000100000, 4, 4, STATUS_ACCESS_VIOLATION, STATUS_ACCESS_VIOLATION},
        {"the upper half", 0xFFFF800000000000, 4, 4, STATUS_ACCESS_VIOLATION, STATUS_ACCESS_VIOLATION},
        {"a length that wraps around", 0x10000, ~(SIZE_T)0xFFF, 1, STATUS_ACCESS_VIOLATION, STATUS_ACCESS_VIOLATION},
    };
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    for (ULONG i = 0; i < RTL_NUMBER_OF(Cases); i++) {
        NTSTATUS Status = Read(Cases[i].Address, Cases[i].Length, Cases[i].Alignment);
        ok(Status == Cases[i].Read, "read: %s: 0x%08X", Cases[i].What, Status);
        Status = Write(Cases[i].Address, Cases[i].Length, Cases[i].Alignment);
        ok(Status == Cases[i].Write, "write: %s: 0x%08X", Cases[i].What, Status);
    }
    is((ULONG)Read(MmUserProbeAddress - 8, 8, 8), STATUS_SUCCESS, "up to MmUserProbeAddress");
    is((ULONG)Read(MmUserProbeAddress - 8, 9, 8), (ULONG)STATUS_ACCESS_VIOLATION, "and not a byte further");
    ok((ULONG_PTR)MM_HIGHEST_USER_ADDRESS < (ULONG_PTR)MM_SYSTEM_RANGE_START, "user space lies below the system's");
    ok(MmUserProbeAddress > 0x10000 && MmUserProbeAddress <= (ULONG_PTR)MM_HIGHEST_USER_ADDRESS + 1, "and ends at or behind MmUserProbeAddress");
}
