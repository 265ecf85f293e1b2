/* Modules and image names of processes: psapi's functions, which kernel32 has as K32... since Windows 7. */
#include "kernel32.h"
#include <psapi.h>

static BOOL Read(HANDLE Process, PVOID Address, PVOID To, SIZE_T Size) { return ReadProcessMemory(Process, Address, To, Size, NULL); }

BOOL BaseFirstModule(HANDLE Process, PVOID *Head, PVOID *First) {
    NT_PROCESS_BASIC_INFORMATION information;
    NT_PEB peb;
    NT_PEB_LDR_DATA data;
    if (!BaseResult(NtQueryInformationProcess(Process, ProcessBasicInformation_, &information, sizeof information, NULL)) ||
        !Read(Process, information.PebBaseAddress, &peb, offsetof(NT_PEB, ProcessParameters)))
        return FALSE;
    if (!peb.Ldr)
        return BaseFail(ERROR_PARTIAL_COPY); /* it has not come so far */
    if (!Read(Process, peb.Ldr, &data, sizeof data))
        return FALSE;
    *Head = (PUCHAR)peb.Ldr + offsetof(NT_PEB_LDR_DATA, InLoadOrderModuleList);
    *First = data.InLoadOrderModuleList.Flink;
    return TRUE;
}

WINBOOL WINAPI K32EnumProcessModules(HANDLE Process, HMODULE *Modules, DWORD Size, LPDWORD Needed) {
    PVOID head, at;
    NT_LDR_ENTRY entry;
    DWORD count = 0;
    if (!BaseFirstModule(Process, &head, &at))
        return FALSE;
    for (; at != head && count < BASE_MAXIMUM_MODULES; at = entry.InLoadOrderLinks.Flink, count++) {
        if (!Read(Process, at, &entry, sizeof entry))
            return FALSE;
        if ((count + 1) * sizeof(HMODULE) <= Size)
            Modules[count] = entry.DllBase;
    }
    *Needed = count * sizeof(HMODULE);
    return TRUE;
}

/* There are no 32-bit modules: LIST_MODULES_32BIT lists none. */
WINBOOL WINAPI K32EnumProcessModulesEx(HANDLE Process, HMODULE *Modules, DWORD Size, LPDWORD Needed, DWORD Filter) {
    if (Filter > LIST_MODULES_ALL)
        return BaseFail(ERROR_INVALID_PARAMETER);
    if (Filter != LIST_MODULES_32BIT)
        return K32EnumProcessModules(Process, Modules, Size, Needed);
    *Needed = 0;
    return TRUE;
}

/* NULL is the program itself, which is the first. */
static BOOL FindModule(HANDLE Process, HMODULE Module, NT_LDR_ENTRY *Entry) {
    PVOID head, at;
    if (!BaseFirstModule(Process, &head, &at))
        return FALSE;
    for (DWORD count = 0; at != head && count < BASE_MAXIMUM_MODULES; at = Entry->InLoadOrderLinks.Flink, count++) {
        if (!Read(Process, at, Entry, sizeof *Entry))
            return FALSE;
        if (!Module || Entry->DllBase == (PVOID)Module)
            return TRUE;
    }
    return BaseFail(ERROR_INVALID_HANDLE);
}

WINBOOL WINAPI K32GetModuleInformation(HANDLE Process, HMODULE Module, LPMODULEINFO Information, DWORD Size) {
    NT_LDR_ENTRY entry;
    if (Size < sizeof *Information)
        return BaseFail(ERROR_INSUFFICIENT_BUFFER);
    if (!FindModule(Process, Module, &entry))
        return FALSE;
    *Information = (MODULEINFO){entry.DllBase, entry.SizeOfImage, entry.EntryPoint};
    return TRUE;
}

/* Cut short when it does not fit, with a terminator if there is room for one; the length copied. */
static DWORD CopyName(HANDLE Process, const UNICODE_STRING *Name, LPWSTR Buffer, DWORD Size) {
    DWORD length = Name->Length / sizeof(WCHAR);
    if (!Size)
        return (DWORD)BaseFail(ERROR_INSUFFICIENT_BUFFER);
    if (length >= Size)
        length = Size - 1;
    if (!Read(Process, Name->Buffer, Buffer, length * sizeof(WCHAR)))
        return 0;
    Buffer[length] = 0;
    return length;
}
DWORD WINAPI K32GetModuleBaseNameW(HANDLE Process, HMODULE Module, LPWSTR Buffer, DWORD Size) {
    NT_LDR_ENTRY entry;
    return FindModule(Process, Module, &entry) ? CopyName(Process, &entry.BaseDllName, Buffer, Size) : 0;
}
DWORD WINAPI K32GetModuleFileNameExW(HANDLE Process, HMODULE Module, LPWSTR Buffer, DWORD Size) {
    NT_LDR_ENTRY entry;
    return FindModule(Process, Module, &entry) ? CopyName(Process, &entry.FullDllName, Buffer, Size) : 0;
}
static DWORD Narrow(DWORD (*WINAPI Wide)(HANDLE, HMODULE, LPWSTR, DWORD), HANDLE Process, HMODULE Module, LPSTR Buffer, DWORD Size) {
    PWSTR wide = BaseAllocate(((SIZE_T)Size + 1) * sizeof(WCHAR));
    DWORD length = wide ? Wide(Process, Module, wide, Size) : (DWORD)BaseFail(ERROR_NOT_ENOUGH_MEMORY);
    if (length)
        BaseNarrow(wide, length, Buffer, Size);
    BaseFree(wide);
    return length;
}
DWORD WINAPI K32GetModuleBaseNameA(HANDLE Process, HMODULE Module, LPSTR Buffer, DWORD Size) {
    return Narrow(K32GetModuleBaseNameW, Process, Module, Buffer, Size);
}
DWORD WINAPI K32GetModuleFileNameExA(HANDLE Process, HMODULE Module, LPSTR Buffer, DWORD Size) {
    return Narrow(K32GetModuleFileNameExW, Process, Module, Buffer, Size);
}

/* ---- Working sets ---- */
WINBOOL WINAPI K32EmptyWorkingSet(HANDLE Process) { return SetProcessWorkingSetSize(Process, (SIZE_T)-1, (SIZE_T)-1); }
WINBOOL WINAPI K32QueryWorkingSetEx(HANDLE Process, PVOID Entries, DWORD Size) {
    return BaseResult(NtQueryVirtualMemory(Process, NULL, MemoryWorkingSetExInformation_, Entries, Size, NULL));
}
