/*
 * Snapshots of processes, threads and modules ("Tool Help Library"). A snapshot is a section, so that it is a handle like any: CloseHandle gives it
 * back, and a process that inherits it can read it.
 */
#include "kernel32.h"
#undef UNICODE /* the names without a letter are functions of their own here */
#include <tlhelp32.h>

enum { PROCESSES, THREADS, MODULES, KINDS };
static const DWORD EntrySizes[KINDS] = {sizeof(PROCESSENTRY32W), sizeof(THREADENTRY32), sizeof(MODULEENTRY32W)};
#define SNAPSHOT_MAGIC 0x32334854u
typedef struct _SNAPSHOT {
    DWORD Magic;
    struct {
        DWORD Count, Next, Offset; /* entries, which the next call gives, and where they are */
    } Kinds[KINDS];
} SNAPSHOT;

/* ---- Taking one ---- */
static VOID CopyText(PWSTR To, DWORD Room, const UNICODE_STRING *Name) {
    DWORD length = Name->Length / sizeof(WCHAR) < Room - 1 ? Name->Length / sizeof(WCHAR) : Room - 1;
    memcpy(To, Name->Buffer, length * sizeof(WCHAR));
    To[length] = 0;
}

static DWORD FillProcesses(const NT_SYSTEM_PROCESS_INFORMATION *At, PROCESSENTRY32W *Entry) {
    static const UNICODE_STRING idle = RTL_CONSTANT_STRING(L"[System Process]");
    for (DWORD count = 1;; count++, At = (PVOID)((PUCHAR)At + At->NextEntryOffset)) {
        if (Entry) {
            *Entry = (PROCESSENTRY32W){.dwSize = sizeof *Entry,
                                       .th32ProcessID = (DWORD)(ULONG_PTR)At->UniqueProcessId,
                                       .cntThreads = At->NumberOfThreads,
                                       .th32ParentProcessID = (DWORD)(ULONG_PTR)At->InheritedFromUniqueProcessId,
                                       .pcPriClassBase = At->BasePriority};
            CopyText(Entry->szExeFile, MAX_PATH, At->UniqueProcessId ? &At->ImageName : &idle);
            Entry++;
        }
        if (!At->NextEntryOffset)
            return count;
    }
}

static DWORD FillThreads(const NT_SYSTEM_PROCESS_INFORMATION *At, THREADENTRY32 *Entry) {
    for (DWORD count = 0;; At = (PVOID)((PUCHAR)At + At->NextEntryOffset)) {
        for (ULONG n = 0; Entry && n < At->NumberOfThreads; n++)
            *Entry++ = (THREADENTRY32){.dwSize = sizeof *Entry,
                                       .th32ThreadID = (DWORD)(ULONG_PTR)At->Threads[n].ClientId.UniqueThread,
                                       .th32OwnerProcessID = (DWORD)(ULONG_PTR)At->UniqueProcessId,
                                       .tpBasePri = At->Threads[n].BasePriority};
        count += At->NumberOfThreads;
        if (!At->NextEntryOffset)
            return count;
    }
}

static BOOL ReadText(HANDLE Process, const UNICODE_STRING *Name, PWSTR To, DWORD Room) {
    DWORD length = Name->Length / sizeof(WCHAR) < Room - 1 ? Name->Length / sizeof(WCHAR) : Room - 1;
    To[length] = 0;
    return ReadProcessMemory(Process, Name->Buffer, To, length * sizeof(WCHAR), NULL);
}

/* The modules of a process into a block of the process heap, NULL with the last error set; how many there are, to Count. */
static MODULEENTRY32W *ListModules(DWORD Id, DWORD *Count) {
    HANDLE process = OpenProcess(PROCESS_QUERY_INFORMATION | PROCESS_VM_READ, FALSE, Id);
    MODULEENTRY32W *list = process ? BaseAllocate(BASE_MAXIMUM_MODULES * sizeof *list) : NULL;
    PVOID head, at;
    NT_LDR_ENTRY module;
    BOOL good;
    if (!process)
        return NULL;
    *Count = 0;
    if (!list)
        BaseFail(ERROR_NOT_ENOUGH_MEMORY);
    good = list && BaseFirstModule(process, &head, &at);
    for (; good && at != head && *Count < BASE_MAXIMUM_MODULES; at = module.InLoadOrderLinks.Flink) {
        MODULEENTRY32W *entry = &list[*Count];
        good = ReadProcessMemory(process, at, &module, sizeof module, NULL);
        if (!good)
            break;
        memset(entry, 0, sizeof *entry);
        entry->dwSize = sizeof *entry;
        entry->th32ModuleID = 1;
        entry->th32ProcessID = Id;
        entry->GlblcntUsage = entry->ProccntUsage = 0xFFFF; /* not counted, as for the modules that a program starts with */
        entry->modBaseAddr = module.DllBase;
        entry->modBaseSize = module.SizeOfImage;
        entry->hModule = module.DllBase;
        good = ReadText(process, &module.BaseDllName, entry->szModule, ARRAYSIZE(entry->szModule)) &&
               ReadText(process, &module.FullDllName, entry->szExePath, ARRAYSIZE(entry->szExePath));
        ++*Count;
    }
    NtClose(process);
    if (!good && list) {
        BaseFree(list);
        list = NULL;
    }
    return list;
}

static SNAPSHOT *MapSnapshot(HANDLE Section, PSIZE_T Size) {
    PVOID view = NULL;
    *Size = 0;
    return BaseResult(NtMapViewOfSection(Section, NtCurrentProcess(), &view, 0, 0, NULL, Size, NtViewUnmap, 0, PAGE_READWRITE)) ? view : NULL;
}

HANDLE WINAPI CreateToolhelp32Snapshot(DWORD Flags, DWORD Id) {
    NT_SYSTEM_PROCESS_INFORMATION *processes = NULL;
    MODULEENTRY32W *modules = NULL;
    SNAPSHOT head = {.Magic = SNAPSHOT_MAGIC}, *view;
    SECURITY_ATTRIBUTES security = {sizeof security, NULL, (Flags & TH32CS_INHERIT) != 0};
    HANDLE section = NULL;
    DWORD size = sizeof head;
    SIZE_T mapped;
    if (!(Flags & (TH32CS_SNAPALL | TH32CS_SNAPMODULE32))) {
        BaseFail(ERROR_INVALID_PARAMETER);
        return INVALID_HANDLE_VALUE;
    }
    if (Flags & (TH32CS_SNAPMODULE | TH32CS_SNAPMODULE32)) {
        modules = ListModules(Id ? Id : GetCurrentProcessId(), &head.Kinds[MODULES].Count);
        if (!modules)
            return INVALID_HANDLE_VALUE;
    }
    if (Flags & (TH32CS_SNAPPROCESS | TH32CS_SNAPTHREAD)) {
        processes = BaseQuerySystem(SystemProcessInformation_);
        if (!processes)
            goto done;
        head.Kinds[PROCESSES].Count = Flags & TH32CS_SNAPPROCESS ? FillProcesses(processes, NULL) : 0;
        head.Kinds[THREADS].Count = Flags & TH32CS_SNAPTHREAD ? FillThreads(processes, NULL) : 0;
    }
    for (int kind = 0; kind < KINDS; kind++) {
        head.Kinds[kind].Offset = size = (size + 7) & ~7u;
        size += head.Kinds[kind].Count * EntrySizes[kind];
    }
    section = CreateFileMappingW(INVALID_HANDLE_VALUE, &security, PAGE_READWRITE, 0, size, NULL);
    view = section ? MapSnapshot(section, &mapped) : NULL;
    if (!view) {
        if (section)
            NtClose(section);
        section = NULL;
        goto done;
    }
    *view = head;
    if (head.Kinds[PROCESSES].Count)
        FillProcesses(processes, (PVOID)((PUCHAR)view + head.Kinds[PROCESSES].Offset));
    if (head.Kinds[THREADS].Count)
        FillThreads(processes, (PVOID)((PUCHAR)view + head.Kinds[THREADS].Offset));
    if (modules)
        memcpy((PUCHAR)view + head.Kinds[MODULES].Offset, modules, head.Kinds[MODULES].Count * sizeof *modules);
    NtUnmapViewOfSection(NtCurrentProcess(), view);
done:
    if (processes)
        BaseFree(processes);
    if (modules)
        BaseFree(modules);
    return section ? section : INVALID_HANDLE_VALUE;
}

/* ---- Reading it ---- */
/* The first or the next entry of a kind to Entry, whose first DWORD says how large it is. */
static BOOL Give(HANDLE Section, int Kind, BOOL First, PVOID Entry) {
    SIZE_T size;
    SNAPSHOT *view;
    DWORD error = NO_ERROR, index;
    if (*(DWORD *)Entry < EntrySizes[Kind])
        return BaseFail(ERROR_INSUFFICIENT_BUFFER);
    view = MapSnapshot(Section, &size);
    if (!view)
        return FALSE;
    index = First ? 0 : view->Kinds[Kind].Next;
    if (view->Magic != SNAPSHOT_MAGIC)
        error = ERROR_INVALID_HANDLE;
    else if (index >= view->Kinds[Kind].Count || view->Kinds[Kind].Offset + (SIZE_T)(index + 1) * EntrySizes[Kind] > size)
        error = ERROR_NO_MORE_FILES;
    else {
        memcpy(Entry, (PUCHAR)view + view->Kinds[Kind].Offset + index * EntrySizes[Kind], EntrySizes[Kind]);
        view->Kinds[Kind].Next = index + 1;
    }
    NtUnmapViewOfSection(NtCurrentProcess(), view);
    return error ? BaseFail(error) : TRUE;
}
WINBOOL WINAPI Process32FirstW(HANDLE Snapshot, LPPROCESSENTRY32W Entry) { return Give(Snapshot, PROCESSES, TRUE, Entry); }
WINBOOL WINAPI Process32NextW(HANDLE Snapshot, LPPROCESSENTRY32W Entry) { return Give(Snapshot, PROCESSES, FALSE, Entry); }
WINBOOL WINAPI Thread32First(HANDLE Snapshot, LPTHREADENTRY32 Entry) { return Give(Snapshot, THREADS, TRUE, Entry); }
WINBOOL WINAPI Thread32Next(HANDLE Snapshot, LPTHREADENTRY32 Entry) { return Give(Snapshot, THREADS, FALSE, Entry); }
WINBOOL WINAPI Module32FirstW(HANDLE Snapshot, LPMODULEENTRY32W Entry) { return Give(Snapshot, MODULES, TRUE, Entry); }
WINBOOL WINAPI Module32NextW(HANDLE Snapshot, LPMODULEENTRY32W Entry) { return Give(Snapshot, MODULES, FALSE, Entry); }

static VOID NarrowText(PCWSTR From, PSTR To, DWORD Room) {
    SIZE_T length = BaseLength(From);
    BaseNarrow(From, length < Room ? length : Room - 1, To, Room);
}
static BOOL GiveProcess(HANDLE Snapshot, BOOL First, LPPROCESSENTRY32 Entry) {
    PROCESSENTRY32W wide = {.dwSize = sizeof wide};
    if (Entry->dwSize < sizeof *Entry)
        return BaseFail(ERROR_INSUFFICIENT_BUFFER);
    if (!Give(Snapshot, PROCESSES, First, &wide))
        return FALSE;
    memcpy(Entry, &wide, offsetof(PROCESSENTRY32, szExeFile));
    Entry->dwSize = sizeof *Entry;
    NarrowText(wide.szExeFile, Entry->szExeFile, sizeof Entry->szExeFile);
    return TRUE;
}
WINBOOL WINAPI Process32First(HANDLE Snapshot, LPPROCESSENTRY32 Entry) { return GiveProcess(Snapshot, TRUE, Entry); }
WINBOOL WINAPI Process32Next(HANDLE Snapshot, LPPROCESSENTRY32 Entry) { return GiveProcess(Snapshot, FALSE, Entry); }
static BOOL GiveModule(HANDLE Snapshot, BOOL First, LPMODULEENTRY32 Entry) {
    MODULEENTRY32W wide = {.dwSize = sizeof wide};
    if (Entry->dwSize < sizeof *Entry)
        return BaseFail(ERROR_INSUFFICIENT_BUFFER);
    if (!Give(Snapshot, MODULES, First, &wide))
        return FALSE;
    memcpy(Entry, &wide, offsetof(MODULEENTRY32, szModule));
    Entry->dwSize = sizeof *Entry;
    NarrowText(wide.szModule, Entry->szModule, sizeof Entry->szModule);
    NarrowText(wide.szExePath, Entry->szExePath, sizeof Entry->szExePath);
    return TRUE;
}
WINBOOL WINAPI Module32First(HANDLE Snapshot, LPMODULEENTRY32 Entry) { return GiveModule(Snapshot, TRUE, Entry); }
WINBOOL WINAPI Module32Next(HANDLE Snapshot, LPMODULEENTRY32 Entry) { return GiveModule(Snapshot, FALSE, Entry); }

WINBOOL WINAPI Toolhelp32ReadProcessMemory(DWORD Id, LPCVOID From, LPVOID To, SIZE_T Size, SIZE_T *Done) {
    HANDLE process = OpenProcess(PROCESS_VM_READ, FALSE, Id ? Id : GetCurrentProcessId());
    BOOL good = process && ReadProcessMemory(process, From, To, Size, Done);
    if (process)
        NtClose(process);
    return good;
}
