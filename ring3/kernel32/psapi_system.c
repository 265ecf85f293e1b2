/* What psapi tells of the whole system: processes, drivers, memory, and the files of images and mappings. */
#include "kernel32.h"
#include <psapi.h>

PVOID BaseQuerySystem(ULONG Class) {
    for (ULONG size = 0x4000;;) {
        PVOID block = BaseAllocate(size);
        if (!block) {
            BaseFail(ERROR_NOT_ENOUGH_MEMORY);
            return NULL;
        }
        NTSTATUS status = NtQuerySystemInformation(Class, block, size, &size);
        if (NT_SUCCESS(status))
            return block;
        BaseFree(block);
        if (status != STATUS_INFO_LENGTH_MISMATCH) {
            BaseResult(status);
            return NULL;
        }
        size += 0x1000; /* there may be more of them by then */
    }
}

WINBOOL WINAPI K32EnumProcesses(DWORD *Ids, DWORD Size, LPDWORD Done) {
    NT_SYSTEM_PROCESS_INFORMATION *all = BaseQuerySystem(SystemProcessInformation_), *at = all;
    DWORD count = 0;
    if (!all)
        return FALSE;
    for (;; at = (PVOID)((PUCHAR)at + at->NextEntryOffset)) {
        if ((count + 1) * sizeof *Ids > Size)
            break;
        Ids[count++] = (DWORD)(ULONG_PTR)at->UniqueProcessId;
        if (!at->NextEntryOffset)
            break;
    }
    *Done = count * sizeof *Ids;
    BaseFree(all);
    return TRUE;
}

/* ---- Drivers ---- */
WINBOOL WINAPI K32EnumDeviceDrivers(LPVOID *Bases, DWORD Size, LPDWORD Needed) {
    NT_SYSTEM_MODULES *all = BaseQuerySystem(SystemModuleInformation_);
    if (!all)
        return FALSE;
    for (ULONG n = 0; n < all->NumberOfModules && (n + 1) * sizeof *Bases <= Size; n++)
        Bases[n] = all->Modules[n].ImageBase;
    *Needed = all->NumberOfModules * sizeof *Bases;
    BaseFree(all);
    return TRUE;
}

/* The name of the driver at Base, its last part or all of it, cut short when it does not fit; the length copied, 0 with the last error set. */
static DWORD DriverName(LPVOID Base, BOOL Whole, LPSTR Narrow, LPWSTR Wide, DWORD Size) {
    NT_SYSTEM_MODULES *all = Size ? BaseQuerySystem(SystemModuleInformation_) : NULL;
    DWORD length = 0;
    BOOL found = FALSE;
    if (!Size)
        BaseFail(ERROR_INSUFFICIENT_BUFFER);
    if (!all)
        return 0;
    for (ULONG n = 0; n < all->NumberOfModules && !found; n++) {
        if (all->Modules[n].ImageBase != Base)
            continue;
        PCSTR name = all->Modules[n].FullPathName + (Whole ? 0 : all->Modules[n].OffsetToFileName);
        for (found = TRUE; name[length] && length + 1 < Size; length++) {
            if (Wide)
                Wide[length] = (UCHAR)name[length];
            else
                Narrow[length] = name[length];
        }
        if (Wide)
            Wide[length] = 0;
        else
            Narrow[length] = 0;
    }
    BaseFree(all);
    if (!found)
        BaseFail(ERROR_INVALID_HANDLE);
    return length;
}
DWORD WINAPI K32GetDeviceDriverBaseNameW(LPVOID Base, LPWSTR Name, DWORD Size) { return DriverName(Base, FALSE, NULL, Name, Size); }
DWORD WINAPI K32GetDeviceDriverBaseNameA(LPVOID Base, LPSTR Name, DWORD Size) { return DriverName(Base, FALSE, Name, NULL, Size); }
DWORD WINAPI K32GetDeviceDriverFileNameW(LPVOID Base, LPWSTR Name, DWORD Size) { return DriverName(Base, TRUE, NULL, Name, Size); }
DWORD WINAPI K32GetDeviceDriverFileNameA(LPVOID Base, LPSTR Name, DWORD Size) { return DriverName(Base, TRUE, Name, NULL, Size); }

/* All of the machine's. */
WINBOOL WINAPI GetPhysicallyInstalledSystemMemory(PULONGLONG Kilobytes) {
    NT_SYSTEM_BASIC_INFORMATION basic;
    if (!Kilobytes)
        return BaseFail(ERROR_INVALID_PARAMETER);
    if (!BaseResult(NtQuerySystemInformation(SystemBasicInformation_, &basic, sizeof basic, NULL)))
        return FALSE;
    *Kilobytes = (ULONGLONG)basic.NumberOfPhysicalPages * basic.PageSize / 1024;
    return TRUE;
}

/* ---- Names of files ---- */
/* A UNICODE_STRING with its text behind it, as services answer, in a block of the process heap. */
static PUNICODE_STRING ImageName(HANDLE Process, ULONG Class) {
    ULONG size = sizeof(UNICODE_STRING) + 0x8000 * sizeof(WCHAR);
    PUNICODE_STRING name = BaseAllocate(size);
    if (!name)
        BaseFail(ERROR_NOT_ENOUGH_MEMORY);
    else if (!BaseResult(NtQueryInformationProcess(Process, Class, name, size, NULL))) {
        BaseFree(name);
        name = NULL;
    }
    return name;
}

/* Name, which is given back, to the caller's buffer: the length without terminator, or 0 with the last error set. */
static DWORD GiveName(PUNICODE_STRING Name, LPSTR Narrow, LPWSTR Wide, DWORD Size) {
    DWORD length = Name ? Name->Length / sizeof(WCHAR) : 0;
    if (!Name)
        return 0;
    if (length >= Size)
        length = (DWORD)BaseFail(ERROR_INSUFFICIENT_BUFFER);
    else if (Narrow)
        BaseNarrow(Name->Buffer, length, Narrow, Size);
    else {
        memcpy(Wide, Name->Buffer, length * sizeof(WCHAR));
        Wide[length] = 0;
    }
    BaseFree(Name);
    return length;
}
DWORD WINAPI K32GetProcessImageFileNameW(HANDLE Process, LPWSTR Name, DWORD Size) {
    return GiveName(ImageName(Process, ProcessImageFileName_), NULL, Name, Size);
}
DWORD WINAPI K32GetProcessImageFileNameA(HANDLE Process, LPSTR Name, DWORD Size) {
    return GiveName(ImageName(Process, ProcessImageFileName_), Name, NULL, Size);
}

static WINBOOL FullImageName(HANDLE Process, DWORD Flags, LPSTR Narrow, LPWSTR Wide, PDWORD Size) {
    DWORD length;
    if (Flags > PROCESS_NAME_NATIVE)
        return BaseFail(ERROR_INVALID_PARAMETER);
    length = GiveName(ImageName(Process, Flags ? ProcessImageFileName_ : ProcessImageFileNameWin32_), Narrow, Wide, *Size);
    if (length)
        *Size = length;
    return length != 0;
}
WINBOOL WINAPI QueryFullProcessImageNameW(HANDLE Process, DWORD Flags, LPWSTR Name, PDWORD Size) {
    return FullImageName(Process, Flags, NULL, Name, Size);
}
WINBOOL WINAPI QueryFullProcessImageNameA(HANDLE Process, DWORD Flags, LPSTR Name, PDWORD Size) {
    return FullImageName(Process, Flags, Name, NULL, Size);
}

static PUNICODE_STRING MappedName(HANDLE Process, LPVOID Address) {
    SIZE_T size = sizeof(UNICODE_STRING) + 0x8000 * sizeof(WCHAR);
    PUNICODE_STRING name = BaseAllocate(size);
    if (!name)
        BaseFail(ERROR_NOT_ENOUGH_MEMORY);
    else if (!BaseResult(NtQueryVirtualMemory(Process, Address, MemoryMappedFilenameInformation_, name, size, NULL))) {
        BaseFree(name);
        name = NULL;
    }
    return name;
}
DWORD WINAPI K32GetMappedFileNameW(HANDLE Process, LPVOID Address, LPWSTR Name, DWORD Size) {
    return GiveName(MappedName(Process, Address), NULL, Name, Size);
}
DWORD WINAPI K32GetMappedFileNameA(HANDLE Process, LPVOID Address, LPSTR Name, DWORD Size) {
    return GiveName(MappedName(Process, Address), Name, NULL, Size);
}

/* ---- Memory: of a process, and of the whole machine ---- */
WINBOOL WINAPI K32GetProcessMemoryInfo(HANDLE Process, PPROCESS_MEMORY_COUNTERS Counters, DWORD Size) {
    enum { ProcessVmCounters_ = 3 };
    struct { /* VM_COUNTERS_EX */
        SIZE_T PeakVirtualSize, VirtualSize;
        ULONG PageFaultCount;
        SIZE_T FromPeakWorkingSetSize[9]; /* as in PROCESS_MEMORY_COUNTERS_EX */
    } counters;
    PROCESS_MEMORY_COUNTERS_EX answer;
    if (Size < sizeof *Counters)
        return BaseFail(ERROR_INSUFFICIENT_BUFFER);
    if (!BaseResult(NtQueryInformationProcess(Process, ProcessVmCounters_, &counters, sizeof counters, NULL)))
        return FALSE;
    answer.cb = Size >= sizeof answer ? sizeof answer : sizeof *Counters;
    answer.PageFaultCount = counters.PageFaultCount;
    memcpy(&answer.PeakWorkingSetSize, counters.FromPeakWorkingSetSize, sizeof counters.FromPeakWorkingSetSize);
    memcpy(Counters, &answer, answer.cb);
    return TRUE;
}

WINBOOL WINAPI K32GetPerformanceInfo(PPERFORMANCE_INFORMATION Information, DWORD Size) {
    NT_SYSTEM_BASIC_INFORMATION basic;
    NT_SYSTEM_PERFORMANCE_INFORMATION counts;
    if (Size < sizeof *Information)
        return BaseFail(ERROR_BAD_LENGTH);
    if (!BaseResult(NtQuerySystemInformation(SystemBasicInformation_, &basic, sizeof basic, NULL)) ||
        !BaseResult(NtQuerySystemInformation(SystemPerformanceInformation_, &counts, sizeof counts, NULL)))
        return FALSE;
    NT_SYSTEM_PROCESS_INFORMATION *all = BaseQuerySystem(SystemProcessInformation_), *at = all;
    if (!all)
        return FALSE;
    *Information = (PERFORMANCE_INFORMATION){.cb = sizeof *Information,
                                             .CommitTotal = counts.CommittedPages,
                                             .CommitLimit = counts.CommitLimit,
                                             .CommitPeak = counts.PeakCommitment,
                                             .PhysicalTotal = basic.NumberOfPhysicalPages,
                                             .PhysicalAvailable = counts.AvailablePages,
                                             .KernelTotal = (SIZE_T)counts.PagedPoolPages + counts.NonPagedPoolPages,
                                             .KernelPaged = counts.PagedPoolPages,
                                             .KernelNonpaged = counts.NonPagedPoolPages,
                                             .PageSize = basic.PageSize};
    for (;; at = (PVOID)((PUCHAR)at + at->NextEntryOffset)) {
        Information->ProcessCount++;
        Information->ThreadCount += at->NumberOfThreads;
        Information->HandleCount += at->HandleCount;
        if (!at->NextEntryOffset)
            break;
    }
    BaseFree(all);
    return TRUE;
}
