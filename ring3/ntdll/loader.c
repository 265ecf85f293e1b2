/*
 * The loader's modules. A module is mapped, its imports are loaded and bound depth first, then DllMain of everything new runs in that
 * order: imports before importers. How modules go: unload.c. What the program itself imports is pinned.
 */
#include "ntdllp.h"

RTL_CRITICAL_SECTION LdrpLoaderLock = {.LockCount = -1};
BOOLEAN LdrpShutdownInProgress;

static LIST_ENTRY LdrpInitializeQueue = {&LdrpInitializeQueue, &LdrpInitializeQueue};

#define MODULE_OF_LOAD_LINK(link) CONTAINING_RECORD(link, LDRP_MODULE, Entry.InLoadOrderLinks)
#define MODULE_OF_INIT_LINK(link) CONTAINING_RECORD(link, LDRP_MODULE, Entry.InInitializationOrderLinks)

LDRP_MODULE *LdrpFindByAddress(PVOID Address) {
    PLIST_ENTRY head = &NtPeb()->Ldr->InLoadOrderModuleList;
    for (PLIST_ENTRY link = head->Flink; link != head; link = link->Flink) {
        LDRP_MODULE *module = MODULE_OF_LOAD_LINK(link);
        if ((ULONG_PTR)Address - (ULONG_PTR)module->Entry.DllBase < module->Entry.SizeOfImage)
            return module;
    }
    return NULL;
}

LDRP_MODULE *LdrpFindByBase(PVOID Base) {
    LDRP_MODULE *module = LdrpFindByAddress(Base);
    return module && module->Entry.DllBase == Base ? module : NULL;
}

static LDRP_MODULE *LdrpFindByName(PCUNICODE_STRING Name, BOOLEAN Full) {
    PLIST_ENTRY head = &NtPeb()->Ldr->InLoadOrderModuleList;
    for (PLIST_ENTRY link = head->Flink; link != head; link = link->Flink) {
        LDRP_MODULE *module = MODULE_OF_LOAD_LINK(link);
        if (RtlEqualUnicodeString(Name, Full ? &module->Entry.FullDllName : &module->Entry.BaseDllName, TRUE))
            return module;
    }
    return NULL;
}

/* Images built with stack cookies: a cookie that is still the linker's default is replaced. Not random: runs are repeatable. */
static VOID LdrpInitializeCookie(LDRP_MODULE *Module) {
    ULONG size;
    PIMAGE_LOAD_CONFIG_DIRECTORY64 config = RtlImageDirectoryEntryToData(Module->Entry.DllBase, TRUE, IMAGE_DIRECTORY_ENTRY_LOAD_CONFIG, &size);
    if (!config || size < offsetof(IMAGE_LOAD_CONFIG_DIRECTORY64, SecurityCookie) + sizeof config->SecurityCookie)
        return;
    ULONG64 *cookie = (ULONG64 *)config->SecurityCookie;
    if ((ULONG_PTR)cookie - (ULONG_PTR)Module->Entry.DllBase >= Module->Entry.SizeOfImage || *cookie != 0x00002B992DDFA232ull)
        return;
    *cookie = (((ULONG64)Module->Entry.DllBase * 0x9E3779B97F4A7C15ull) ^ 0x5DEECE66Dull) & 0x0000FFFFFFFFFFFFull;
}

LDRP_MODULE *LdrpRegister(PVOID Base, PCUNICODE_STRING FullName) {
    NT_PEB *peb = NtPeb();
    PIMAGE_NT_HEADERS nt = RtlImageNtHeader(Base);
    LDRP_MODULE *module = RtlpAllocate(sizeof *module);
    if (!module)
        return NULL;
    module->Entry.DllBase = Base;
    module->Entry.EntryPoint = nt->OptionalHeader.AddressOfEntryPoint ? (PUCHAR)Base + nt->OptionalHeader.AddressOfEntryPoint : NULL;
    module->Entry.SizeOfImage = nt->OptionalHeader.SizeOfImage;
    module->Entry.TimeDateStamp = nt->FileHeader.TimeDateStamp;
    module->Entry.FullDllName = module->Entry.BaseDllName = *FullName;
    module->Entry.LoadCount = 0xFFFF;
    USHORT start = FullName->Length / sizeof(WCHAR);
    while (start && FullName->Buffer[start - 1] != '\\')
        start--;
    module->Entry.BaseDllName.Buffer += start;
    module->Entry.BaseDllName.Length -= start * sizeof(WCHAR);
    module->Entry.BaseDllName.MaximumLength -= start * sizeof(WCHAR);
    module->IsDll = (nt->FileHeader.Characteristics & IMAGE_FILE_DLL) != 0;
    module->TlsSlot = LDRP_NO_TLS;
    module->Needed = TRUE;
    RtlpInitializeListHead(&module->Entry.InInitializationOrderLinks);
    RtlpInitializeListHead(&module->Entry.HashLinks);
    RtlpInsertTail(&peb->Ldr->InLoadOrderModuleList, &module->Entry.InLoadOrderLinks);
    RtlpInsertTail(&peb->Ldr->InMemoryOrderModuleList, &module->Entry.InMemoryOrderLinks);
    return module;
}

/* What goes, or could not be bound, is not there for others. */
static NTSTATUS LdrpReuse(LDRP_MODULE *Module, LDRP_MODULE **Result) {
    *Result = Module;
    return Module->Unloading ? STATUS_DLL_NOT_FOUND : STATUS_SUCCESS;
}

NTSTATUS LdrpLoad(PCUNICODE_STRING Name, LDRP_MODULE **Result) {
    WCHAR with_extension[260];
    UNICODE_STRING host;
    if (LdrpResolveApiSet(Name, &host))
        Name = &host;
    UNICODE_STRING name = *Name;
    ULONG length = Name->Length / sizeof(WCHAR), base = length;
    BOOLEAN dot = FALSE;
    while (base && Name->Buffer[base - 1] != '\\' && Name->Buffer[base - 1] != '/')
        dot |= Name->Buffer[--base] == '.';
    if (!length || length + 5 > ARRAYSIZE(with_extension))
        return STATUS_OBJECT_NAME_INVALID;
    if (!dot) {
        memcpy(with_extension, Name->Buffer, Name->Length);
        memcpy(with_extension + length, L".dll", 5 * sizeof(WCHAR));
        RtlInitUnicodeString(&name, with_extension);
    } else if (Name->Buffer[length - 1] == '.') { /* "name." means: no extension */
        name.Length -= sizeof(WCHAR);
    }
    LDRP_MODULE *module = LdrpFindByName(&name, base != 0);
    if (module)
        return LdrpReuse(module, Result);
    PVOID image;
    UNICODE_STRING full;
    NTSTATUS status = LdrpMapFile(&name, &image, &full);
    if (!NT_SUCCESS(status))
        return status;
    module = LdrpFindByName(&full, TRUE); /* the same file under another spelling */
    if (module) {
        NtUnmapViewOfSection(NtCurrentProcess(), image);
        RtlpFree(full.Buffer);
        return LdrpReuse(module, Result);
    }
    module = LdrpRegister(image, &full);
    if (!module) {
        NtUnmapViewOfSection(NtCurrentProcess(), image);
        RtlpFree(full.Buffer);
        return STATUS_NO_MEMORY;
    }
    *Result = module;
    if (LdrpSearchFlags & DONT_RESOLVE_DLL_REFERENCES)
        return STATUS_SUCCESS;
    LdrpInitializeCookie(module);
    status = LdrpSnapImports(module);
    if (NT_SUCCESS(status))
        status = LdrpPrepareTls(module);
    if (!NT_SUCCESS(status)) {
        module->Unloading = TRUE;
        return status;
    }
    RtlpInsertTail(&LdrpInitializeQueue, &module->Entry.InInitializationOrderLinks);
    return STATUS_SUCCESS;
}

/* Whether this is what the program needs to start, which DllMain is told with a reserved parameter that is not NULL. */
static PVOID LdrpIsStatic(LDRP_MODULE *Module) { return Module->References == LDRP_PINNED || !NtPeb()->Ldr->Initialized ? (PVOID)1 : NULL; }

NTSTATUS LdrpRunInitializers(VOID) {
    PLIST_ENTRY order = &NtPeb()->Ldr->InInitializationOrderModuleList;
    while (LdrpInitializeQueue.Flink != &LdrpInitializeQueue) {
        LDRP_MODULE *module = MODULE_OF_INIT_LINK(LdrpInitializeQueue.Flink);
        RtlpRemove(&module->Entry.InInitializationOrderLinks);
        RtlpInsertTail(order, &module->Entry.InInitializationOrderLinks);
        LdrpCallTlsCallbacks(module, DLL_PROCESS_ATTACH);
        PDLL_MAIN entry = module->IsDll ? (PDLL_MAIN)module->Entry.EntryPoint : NULL;
        if (entry && !entry(module->Entry.DllBase, DLL_PROCESS_ATTACH, LdrpIsStatic(module))) {
            LdrpCallDetach(module, LdrpIsStatic(module)); /* documented: it is told of its end at once */
            while (LdrpInitializeQueue.Flink != &LdrpInitializeQueue)
                RtlpRemove(LdrpInitializeQueue.Flink);
            _snprintf(LdrpFailure, sizeof LdrpFailure, "%wZ refused to start: its DllMain returned FALSE", &module->Entry.BaseDllName);
            return STATUS_DLL_INIT_FAILED;
        }
        module->Initialized = TRUE;
    }
    return STATUS_SUCCESS;
}

/* DLL_THREAD_ATTACH in the order of initialization, DLL_THREAD_DETACH against it; the program's own TLS callbacks last and first. */
VOID LdrpCallThreadRoutines(ULONG Reason) {
    PLIST_ENTRY order = &NtPeb()->Ldr->InInitializationOrderModuleList;
    LDRP_MODULE *program = LdrpFindByBase(NtPeb()->ImageBaseAddress);
    if (Reason == DLL_THREAD_DETACH)
        LdrpCallTlsCallbacks(program, Reason);
    for (PLIST_ENTRY link = Reason == DLL_THREAD_ATTACH ? order->Flink : order->Blink; link != order;) {
        LDRP_MODULE *module = MODULE_OF_INIT_LINK(link);
        link = Reason == DLL_THREAD_ATTACH ? link->Flink : link->Blink;
        if (!module->Initialized || module->NoThreadCalls || !module->IsDll)
            continue;
        LdrpCallTlsCallbacks(module, Reason);
        if (module->Entry.EntryPoint)
            ((PDLL_MAIN)module->Entry.EntryPoint)(module->Entry.DllBase, Reason, NULL);
    }
    if (Reason == DLL_THREAD_ATTACH)
        LdrpCallTlsCallbacks(program, Reason);
}

VOID LdrShutdownProcess(VOID) {
    LdrpShutdownInProgress = TRUE;
    if (!NtPeb()->Ldr || !NtPeb()->Ldr->Initialized)
        return;
    LdrpCallTlsCallbacks(LdrpFindByBase(NtPeb()->ImageBaseAddress), DLL_PROCESS_DETACH);
    PLIST_ENTRY order = &NtPeb()->Ldr->InInitializationOrderModuleList;
    for (PLIST_ENTRY link = order->Blink; link != order; link = link->Blink) {
        LDRP_MODULE *module = MODULE_OF_INIT_LINK(link);
        if (!module->Initialized || !module->IsDll)
            continue;
        LdrpCallDetach(module, (PVOID)1);
    }
}

/* A load inside of a DllMain initializes what it has brought, not what waits for that DllMain: whatever waits is put aside. */
static VOID LdrpMoveQueue(PLIST_ENTRY To, PLIST_ENTRY From) {
    RtlpInitializeListHead(To);
    while (From->Flink != From) {
        PLIST_ENTRY link = From->Flink;
        RtlpRemove(link);
        RtlpInsertTail(To, link);
    }
}

/* A low bit set in Path: it is LOAD_ flags. Flags: IMAGE_FILE_EXECUTABLE_IMAGE is DONT_RESOLVE_DLL_REFERENCES. */
NTSTATUS NTAPI LdrLoadDll(PWSTR Path, PULONG Flags, PUNICODE_STRING Name, PVOID *Base) {
    ULONG search = ((ULONG_PTR)Path & 1) ? (ULONG)(ULONG_PTR)Path & ~(ULONG)1 : 0;
    if (Flags && (*Flags & IMAGE_FILE_EXECUTABLE_IMAGE))
        search |= DONT_RESOLVE_DLL_REFERENCES;
    RtlEnterCriticalSection(&LdrpLoaderLock);
    LIST_ENTRY outer;
    LDRP_SEARCH outer_search;
    LDRP_MODULE *module = NULL;
    LdrpFailure[0] = 0;
    LdrpMoveQueue(&outer, &LdrpInitializeQueue);
    NTSTATUS status = LdrpBeginSearch(search, Name, &outer_search);
    if (NT_SUCCESS(status))
        status = LdrpLoad(Name, &module);
    LdrpEndSearch(&outer_search);
    if (NT_SUCCESS(status)) {
        if (module->References != LDRP_PINNED)
            module->References++;
        status = LdrpRunInitializers();
        if (NT_SUCCESS(status))
            *Base = module->Entry.DllBase;
        else if (module->References != LDRP_PINNED)
            module->References--;
    } else {
        while (LdrpInitializeQueue.Flink != &LdrpInitializeQueue)
            RtlpRemove(LdrpInitializeQueue.Flink);
    }
    LdrpMoveQueue(&LdrpInitializeQueue, &outer);
    if (!NT_SUCCESS(status))
        LdrpCollect();
    RtlLeaveCriticalSection(&LdrpLoaderLock);
    return status;
}

NTSTATUS NTAPI LdrUnloadDll(PVOID Base) {
    if ((ULONG_PTR)Base & 3) /* LoadLibraryEx's data files and image resources */
        return NtUnmapViewOfSection(NtCurrentProcess(), (PVOID)((ULONG_PTR)Base & ~(ULONG_PTR)3));
    RtlEnterCriticalSection(&LdrpLoaderLock);
    LDRP_MODULE *module = LdrpFindByBase(Base);
    BOOLEAN loaded = module && module->References;
    if (loaded && !LdrpShutdownInProgress && module->References != LDRP_PINNED && --module->References == 0)
        LdrpCollect();
    RtlLeaveCriticalSection(&LdrpLoaderLock);
    return loaded ? STATUS_SUCCESS : STATUS_DLL_NOT_FOUND;
}

NTSTATUS NTAPI LdrAddRefDll(ULONG Flags, PVOID Base) {
    RtlEnterCriticalSection(&LdrpLoaderLock);
    LDRP_MODULE *module = LdrpFindByBase(Base);
    if (module && module->References != LDRP_PINNED)
        module->References = (Flags & 1) ? LDRP_PINNED : module->References + 1;
    RtlLeaveCriticalSection(&LdrpLoaderLock);
    return module ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

NTSTATUS NTAPI LdrGetDllHandle(PWSTR Path, PULONG Flags, PUNICODE_STRING Name, PVOID *Base) {
    WCHAR buffer[260];
    UNICODE_STRING host;
    if (LdrpResolveApiSet(Name, &host))
        Name = &host;
    ULONG length = Name->Length / sizeof(WCHAR);
    BOOLEAN dot = FALSE, full = FALSE;
    if (!length || length + 5 > ARRAYSIZE(buffer))
        return STATUS_DLL_NOT_FOUND;
    for (ULONG n = 0; n < length; n++) {
        WCHAR c = Name->Buffer[n] == '/' ? '\\' : Name->Buffer[n];
        full |= c == '\\';
        dot = c == '.' || (dot && c != '\\');
        buffer[n] = c;
    }
    UNICODE_STRING name = {.Length = Name->Length, .MaximumLength = sizeof buffer, .Buffer = buffer};
    if (!dot) {
        memcpy(buffer + length, L".dll", 4 * sizeof(WCHAR));
        name.Length += 4 * sizeof(WCHAR);
    } else if (buffer[length - 1] == '.') {
        name.Length -= sizeof(WCHAR);
    }
    RtlEnterCriticalSection(&LdrpLoaderLock);
    LDRP_MODULE *module = LdrpFindByName(&name, full);
    if (module)
        *Base = module->Entry.DllBase;
    RtlLeaveCriticalSection(&LdrpLoaderLock);
    return module ? STATUS_SUCCESS : STATUS_DLL_NOT_FOUND;
}

NTSTATUS NTAPI LdrGetProcedureAddress(PVOID Base, PANSI_STRING Name, ULONG Ordinal, PVOID *Address) {
    CHAR text[512];
    if (Name) {
        if (Name->Length >= sizeof text)
            return STATUS_ENTRYPOINT_NOT_FOUND;
        memcpy(text, Name->Buffer, Name->Length);
        text[Name->Length] = 0;
    }
    RtlEnterCriticalSection(&LdrpLoaderLock);
    LDRP_MODULE *module = LdrpFindByBase(Base);
    LIST_ENTRY outer;
    LdrpMoveQueue(&outer, &LdrpInitializeQueue);
    NTSTATUS status = module ? LdrpFindExport(module, Name ? text : NULL, Ordinal, Address) : STATUS_DLL_NOT_FOUND;
    BOOLEAN loaded = LdrpInitializeQueue.Flink != &LdrpInitializeQueue; /* by a forwarder */
    if (NT_SUCCESS(status))
        status = LdrpRunInitializers();
    while (LdrpInitializeQueue.Flink != &LdrpInitializeQueue)
        RtlpRemove(LdrpInitializeQueue.Flink);
    LdrpMoveQueue(&LdrpInitializeQueue, &outer);
    if (loaded && !NT_SUCCESS(status))
        LdrpCollect();
    RtlLeaveCriticalSection(&LdrpLoaderLock);
    return status;
}

NTSTATUS NTAPI LdrDisableThreadCalloutsForDll(PVOID Base) {
    RtlEnterCriticalSection(&LdrpLoaderLock);
    LDRP_MODULE *module = LdrpFindByBase(Base);
    BOOLEAN fits = module && module->TlsSlot == LDRP_NO_TLS; /* refused for a DLL with static TLS */
    if (fits)
        module->NoThreadCalls = TRUE;
    RtlLeaveCriticalSection(&LdrpLoaderLock);
    return !module ? STATUS_DLL_NOT_FOUND : fits ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

NTSTATUS NTAPI LdrGetDllFullName(PVOID Base, PUNICODE_STRING Name) {
    RtlEnterCriticalSection(&LdrpLoaderLock);
    LDRP_MODULE *module = LdrpFindByBase(Base ? Base : NtPeb()->ImageBaseAddress);
    NTSTATUS status = STATUS_DLL_NOT_FOUND;
    if (module) {
        USHORT length = module->Entry.FullDllName.Length;
        status = length > Name->MaximumLength ? STATUS_BUFFER_TOO_SMALL : STATUS_SUCCESS;
        Name->Length = length > Name->MaximumLength ? Name->MaximumLength : length;
        memcpy(Name->Buffer, module->Entry.FullDllName.Buffer, Name->Length);
    }
    RtlLeaveCriticalSection(&LdrpLoaderLock);
    return status;
}

NTSTATUS NTAPI LdrFindEntryForAddress(PVOID Address, NT_LDR_ENTRY **Entry) {
    RtlEnterCriticalSection(&LdrpLoaderLock);
    LDRP_MODULE *module = LdrpFindByAddress(Address);
    *Entry = module ? &module->Entry : NULL;
    RtlLeaveCriticalSection(&LdrpLoaderLock);
    return module ? STATUS_SUCCESS : STATUS_NO_MORE_ENTRIES;
}

PVOID NTAPI RtlPcToFileHeader(PVOID Pc, PVOID *Base) {
    RtlEnterCriticalSection(&LdrpLoaderLock);
    LDRP_MODULE *module = LdrpFindByAddress(Pc);
    *Base = module ? module->Entry.DllBase : NULL;
    RtlLeaveCriticalSection(&LdrpLoaderLock);
    return *Base;
}

NTSTATUS NTAPI LdrLockLoaderLock(ULONG Flags, PULONG Disposition, PULONG_PTR Cookie) {
    RtlEnterCriticalSection(&LdrpLoaderLock);
    if (Disposition)
        *Disposition = 1; /* LDR_LOCK_LOADER_LOCK_DISPOSITION_LOCK_ACQUIRED */
    if (Cookie)
        *Cookie = (ULONG_PTR)NtTeb()->UniqueThread;
    return STATUS_SUCCESS;
}
NTSTATUS NTAPI LdrUnlockLoaderLock(ULONG Flags, ULONG_PTR Cookie) {
    if (Cookie != (ULONG_PTR)NtTeb()->UniqueThread)
        return STATUS_INVALID_PARAMETER_2;
    RtlLeaveCriticalSection(&LdrpLoaderLock);
    return STATUS_SUCCESS;
}
