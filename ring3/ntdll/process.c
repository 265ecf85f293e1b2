/* The beginning and the end of a process. */
#include "lock.h"

NTSTATUS RtlpExitStatus;

static NT_PEB_LDR_DATA LoaderData;
static RTL_CRITICAL_SECTION PebLock = {.LockCount = -1};

NT_PEB *NTAPI RtlGetCurrentPeb(VOID) { return NtPeb(); }
VOID NTAPI RtlAcquirePebLock(VOID) { RtlEnterCriticalSection(&PebLock); }
VOID NTAPI RtlReleasePebLock(VOID) { RtlLeaveCriticalSection(&PebLock); }

static NTSTATUS StartFailed(NTSTATUS Status) {
    if (LdrpFailure[0])
        RtlpReport("cannot start: %s (0x%08X)", LdrpFailure, (ULONG)Status);
    else
        RtlpReport("cannot start: 0x%08X", (ULONG)Status);
    return Status;
}

static LDRP_MODULE *RegisterProgram(VOID) {
    UNICODE_STRING name = NtPeb()->ProcessParameters->ImagePathName;
    if (name.Length >= 4 * sizeof(WCHAR) && name.Buffer[0] == '\\' && name.Buffer[1] == '?' && name.Buffer[2] == '?' && name.Buffer[3] == '\\') {
        name.Buffer += 4;
        name.Length -= 4 * sizeof(WCHAR);
        name.MaximumLength -= 4 * sizeof(WCHAR);
    }
    return LdrpRegister(NtPeb()->ImageBaseAddress, &name);
}

/* In the first thread, before anything else runs in the process. */
NTSTATUS LdrpInitializeProcess(PVOID NtdllBase) {
    NT_PEB *peb = NtPeb();
    UNICODE_STRING name;
    LDRP_MODULE *loaded;
    RtlpInitializeExceptions();
    LoaderData.Length = sizeof LoaderData;
    RtlpInitializeListHead(&LoaderData.InLoadOrderModuleList);
    RtlpInitializeListHead(&LoaderData.InMemoryOrderModuleList);
    RtlpInitializeListHead(&LoaderData.InInitializationOrderModuleList);
    peb->Ldr = &LoaderData;
    peb->FastPebLock = &PebLock;
    peb->ProcessHeap = RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, NULL);
    if (!peb->ProcessHeap)
        return STATUS_NO_MEMORY;
    LDRP_MODULE *program = RegisterProgram();
    RtlInitUnicodeString(&name, L"C:\\Windows\\System32\\ntdll.dll");
    LDRP_MODULE *ntdll = LdrpRegister(NtdllBase, &name);
    if (!program || !ntdll)
        return STATUS_NO_MEMORY;
    program->References = ntdll->References = LDRP_PINNED;
    RtlpInsertTail(&LoaderData.InInitializationOrderModuleList, &ntdll->Entry.InInitializationOrderLinks);
    PIMAGE_NT_HEADERS nt = RtlImageNtHeader(peb->ImageBaseAddress);
    NTSTATUS status = STATUS_SUCCESS;
    if (nt->OptionalHeader.Subsystem != IMAGE_SUBSYSTEM_NATIVE) { /* every Win32 program has kernel32, whether it imports it or not */
        RtlInitUnicodeString(&name, L"kernel32.dll");
        status = LdrpLoad(&name, &loaded);
        if (status == STATUS_DLL_NOT_FOUND && !LdrpFailure[0])
            _snprintf(LdrpFailure, sizeof LdrpFailure, "kernel32.dll was not found");
    }
    if (NT_SUCCESS(status))
        status = LdrpSnapImports(program);
    if (NT_SUCCESS(status))
        status = LdrpPrepareTls(program);
    if (NT_SUCCESS(status))
        status = LdrpAllocateThreadTls();
    if (!NT_SUCCESS(status))
        return StartFailed(status);
    for (PLIST_ENTRY link = LoaderData.InLoadOrderModuleList.Flink; link != &LoaderData.InLoadOrderModuleList; link = link->Flink)
        CONTAINING_RECORD(link, LDRP_MODULE, Entry.InLoadOrderLinks)->References = LDRP_PINNED;
    status = LdrpRunInitializers();
    if (!NT_SUCCESS(status))
        return StartFailed(status);
    program->Initialized = TRUE;
    LoaderData.Initialized = TRUE;
    LdrpCallTlsCallbacks(program, DLL_PROCESS_ATTACH);
    return STATUS_SUCCESS;
}

/*
 * The other threads are ended first, wherever they are, then the DLLs are told in this one. What locks they leave behind would block it; the
 * heaps' are made free, and waiting for any other ends the process at once.
 */
VOID NTAPI RtlExitUserProcess(NTSTATUS Status) {
    RtlEnterCriticalSection(&LdrpLoaderLock);
    RtlpExitStatus = Status;
    NtTerminateProcess(NULL, Status);
    LdrpShutdownInProgress = TRUE;
    RtlpRecoverLocksAtExit();
    RtlpRecoverHeapsAtExit();
    RtlpRunFlsCallbacks();
    LdrShutdownProcess();
    NtTerminateProcess(NtCurrentProcess(), Status);
    __builtin_trap();
}
