/* The beginning and the end of a thread in user mode. */
#include "ntdllp.h"

VOID LdrpInitialize(NT_START *Start, PVOID NtdllBase);
DECLSPEC_NORETURN VOID NTAPI RtlUserThreadStart(LPTHREAD_START_ROUTINE Start, PVOID Argument);

static volatile LONG ProcessStarted;

/* From LdrInitializeThunk, in each new thread. A thread that was made while the first is still in DllMain waits here for the loader lock. */
VOID LdrpInitialize(NT_START *Start, PVOID NtdllBase) {
    NTSTATUS status;
    BOOLEAN first = InterlockedExchange(&ProcessStarted, 1) == 0;
    RtlEnterCriticalSection(&LdrpLoaderLock);
    if (first) {
        status = LdrpInitializeProcess(NtdllBase);
    } else {
        status = LdrpAllocateThreadTls();
        if (NT_SUCCESS(status))
            LdrpCallThreadRoutines(DLL_THREAD_ATTACH);
    }
    RtlLeaveCriticalSection(&LdrpLoaderLock);
    if (!NT_SUCCESS(status))
        NtTerminateProcess(NtCurrentProcess(), status);
    NtTestAlert(); /* APCs that were queued before the thread first ran */
}

VOID NTAPI RtlUserThreadStart(LPTHREAD_START_ROUTINE Start, PVOID Argument) {
    __try {
        RtlExitUserThread((NTSTATUS)Start(Argument));
    } __except (RtlUnhandledExceptionFilter(GetExceptionInformation())) {
        NtTerminateProcess(NtCurrentProcess(), (NTSTATUS)GetExceptionCode());
    }
    __builtin_trap();
}

VOID LdrShutdownThread(VOID) {
    RtlpRunFlsCallbacks();
    RtlEnterCriticalSection(&LdrpLoaderLock);
    LdrpCallThreadRoutines(DLL_THREAD_DETACH);
    LdrpFreeThreadTls();
    RtlLeaveCriticalSection(&LdrpLoaderLock);
}

VOID NTAPI RtlExitUserThread(NTSTATUS Status) {
    ULONG last = 0;
    if (NT_SUCCESS(NtQueryInformationThread(NtCurrentThread(), ThreadAmILastThread_, &last, sizeof last, NULL)) && last)
        RtlExitUserProcess(Status);
    LdrShutdownThread();
    NtTerminateThread(NtCurrentThread(), Status);
    __builtin_trap();
}

NTSTATUS NTAPI RtlCreateUserThread(HANDLE Process, PVOID SecurityDescriptor, BOOLEAN Suspended, ULONG ZeroBits, SIZE_T StackReserve,
                                   SIZE_T StackCommit, PVOID Start, PVOID Argument, PHANDLE Thread, PCLIENT_ID Id) {
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, NULL, 0, NULL, SecurityDescriptor);
    CLIENT_ID id = {0};
    NT_PS_ATTRIBUTE_LIST list = {sizeof list, {{PS_ATTRIBUTE_CLIENT_ID, sizeof id, &id, NULL}}};
    HANDLE handle;
    NTSTATUS status = NtCreateThreadEx(&handle, THREAD_ALL_ACCESS, &attributes, Process, Start, Argument,
                                       Suspended ? THREAD_CREATE_FLAGS_CREATE_SUSPENDED : 0, ZeroBits, StackCommit, StackReserve, &list);
    if (!NT_SUCCESS(status))
        return status;
    if (Id)
        *Id = id;
    if (Thread)
        *Thread = handle;
    else
        NtClose(handle);
    return STATUS_SUCCESS;
}
