/* Threads. */
#include "kernel32.h"

HANDLE WINAPI CreateRemoteThread(HANDLE Process, LPSECURITY_ATTRIBUTES Security, SIZE_T Stack, LPTHREAD_START_ROUTINE Start, LPVOID Parameter,
                                 DWORD Flags, LPDWORD Id) {
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, NULL, Security && Security->bInheritHandle ? OBJ_INHERIT : 0, NULL,
                               Security ? Security->lpSecurityDescriptor : NULL);
    CLIENT_ID id = {0};
    NT_PS_ATTRIBUTE_LIST list = {sizeof list, {{PS_ATTRIBUTE_CLIENT_ID, sizeof id, &id, NULL}}};
    BOOL reserve = (Flags & STACK_SIZE_PARAM_IS_A_RESERVATION) != 0;
    HANDLE thread;
    NTSTATUS status =
        NtCreateThreadEx(&thread, THREAD_ALL_ACCESS, &attributes, Process, (PVOID)(ULONG_PTR)Start, Parameter,
                         (Flags & CREATE_SUSPENDED) ? THREAD_CREATE_FLAGS_CREATE_SUSPENDED : 0, 0, reserve ? 0 : Stack, reserve ? Stack : 0, &list);
    if (!BaseResult(status))
        return NULL;
    if (Id)
        *Id = (DWORD)(ULONG_PTR)id.UniqueThread;
    return thread;
}
HANDLE WINAPI CreateThread(LPSECURITY_ATTRIBUTES Security, SIZE_T Stack, LPTHREAD_START_ROUTINE Start, LPVOID Parameter, DWORD Flags, LPDWORD Id) {
    return CreateRemoteThread(NtCurrentProcess(), Security, Stack, Start, Parameter, Flags, Id);
}
HANDLE WINAPI OpenThread(DWORD Access, WINBOOL Inherit, DWORD Id) {
    OBJECT_ATTRIBUTES attributes;
    CLIENT_ID id = {.UniqueThread = (HANDLE)(ULONG_PTR)Id};
    HANDLE thread;
    InitializeObjectAttributes(&attributes, NULL, Inherit ? OBJ_INHERIT : 0, NULL, NULL);
    return BaseResult(NtOpenThread(&thread, Access, &attributes, &id)) ? thread : NULL;
}
/* NULL, to NtTerminateThread, is the calling thread. */
WINBOOL WINAPI TerminateThread(HANDLE Thread, DWORD Code) {
    return Thread ? BaseResult(NtTerminateThread(Thread, (NTSTATUS)Code)) : BaseFail(ERROR_INVALID_HANDLE);
}
DECLSPEC_NORETURN VOID WINAPI FreeLibraryAndExitThread(HMODULE Module, DWORD Code) {
    LdrUnloadDll(Module);
    RtlExitUserThread((NTSTATUS)Code);
}
DWORD WINAPI SuspendThread(HANDLE Thread) {
    ULONG count;
    return BaseResult(NtSuspendThread(Thread, &count)) ? count : (DWORD)-1;
}
DWORD WINAPI ResumeThread(HANDLE Thread) {
    ULONG count;
    return BaseResult(NtResumeThread(Thread, &count)) ? count : (DWORD)-1;
}
WINBOOL WINAPI GetThreadContext(HANDLE Thread, LPCONTEXT Context) { return BaseResult(NtGetContextThread(Thread, Context)); }
WINBOOL WINAPI SetThreadContext(HANDLE Thread, CONST CONTEXT *Context) { return BaseResult(NtSetContextThread(Thread, (PCONTEXT)Context)); }

static VOID NTAPI CallUserApc(PVOID Routine, PVOID Data, PVOID Unused) { ((PAPCFUNC)(ULONG_PTR)Routine)((ULONG_PTR)Data); }
DWORD WINAPI QueueUserAPC(PAPCFUNC Routine, HANDLE Thread, ULONG_PTR Data) {
    return (DWORD)BaseResult(NtQueueApcThread(Thread, CallUserApc, (PVOID)(ULONG_PTR)Routine, (PVOID)Data, NULL));
}

static BOOL QueryThread(HANDLE Thread, NT_THREAD_BASIC_INFORMATION *Information) {
    return BaseResult(NtQueryInformationThread(Thread, ThreadBasicInformation_, Information, sizeof *Information, NULL));
}
WINBOOL WINAPI GetExitCodeThread(HANDLE Thread, LPDWORD Code) {
    NT_THREAD_BASIC_INFORMATION information;
    if (!QueryThread(Thread, &information))
        return FALSE;
    *Code = (DWORD)information.ExitStatus;
    return TRUE;
}
HANDLE WINAPI GetCurrentThread(VOID) { return NtCurrentThread(); }
DWORD WINAPI GetCurrentThreadId(VOID) { return (DWORD)(ULONG_PTR)NtTeb()->UniqueThread; }
DWORD WINAPI GetThreadId(HANDLE Thread) {
    NT_THREAD_BASIC_INFORMATION information;
    return QueryThread(Thread, &information) ? (DWORD)(ULONG_PTR)information.ClientId.UniqueThread : 0;
}
DWORD WINAPI GetProcessIdOfThread(HANDLE Thread) {
    NT_THREAD_BASIC_INFORMATION information;
    return QueryThread(Thread, &information) ? (DWORD)(ULONG_PTR)information.ClientId.UniqueProcess : 0;
}

/* The two saturated priorities are +-16 to the kernel. */
WINBOOL WINAPI SetThreadPriority(HANDLE Thread, int Priority) {
    LONG value = Priority == THREAD_PRIORITY_TIME_CRITICAL ? 16 : Priority == THREAD_PRIORITY_IDLE ? -16 : Priority;
    return BaseResult(NtSetInformationThread(Thread, ThreadBasePriority_, &value, sizeof value));
}
int WINAPI GetThreadPriority(HANDLE Thread) {
    NT_THREAD_BASIC_INFORMATION information;
    if (!QueryThread(Thread, &information))
        return THREAD_PRIORITY_ERROR_RETURN;
    return information.BasePriority == 16    ? THREAD_PRIORITY_TIME_CRITICAL
           : information.BasePriority == -16 ? THREAD_PRIORITY_IDLE
                                             : information.BasePriority;
}
WINBOOL WINAPI SetThreadPriorityBoost(HANDLE Thread, WINBOOL Disable) {
    ULONG value = Disable != 0;
    return BaseResult(NtSetInformationThread(Thread, ThreadPriorityBoost_, &value, sizeof value));
}
WINBOOL WINAPI GetThreadPriorityBoost(HANDLE Thread, PBOOL Disabled) {
    ULONG value;
    if (!BaseResult(NtQueryInformationThread(Thread, ThreadPriorityBoost_, &value, sizeof value, NULL)))
        return FALSE;
    *Disabled = (BOOL)value;
    return TRUE;
}
DWORD_PTR WINAPI SetThreadAffinityMask(HANDLE Thread, DWORD_PTR Mask) {
    NT_THREAD_BASIC_INFORMATION information;
    if (!QueryThread(Thread, &information) || !BaseResult(NtSetInformationThread(Thread, ThreadAffinityMask_, &Mask, sizeof Mask)))
        return 0;
    return information.AffinityMask;
}
static BOOL Times(NTSTATUS Status, const NT_KERNEL_USER_TIMES *Times, LPFILETIME Create, LPFILETIME Exit, LPFILETIME Kernel, LPFILETIME User) {
    if (!BaseResult(Status))
        return FALSE;
    memcpy(Create, &Times->CreateTime, sizeof *Create);
    memcpy(Exit, &Times->ExitTime, sizeof *Exit);
    memcpy(Kernel, &Times->KernelTime, sizeof *Kernel);
    memcpy(User, &Times->UserTime, sizeof *User);
    return TRUE;
}
WINBOOL WINAPI GetThreadTimes(HANDLE Thread, LPFILETIME Create, LPFILETIME Exit, LPFILETIME Kernel, LPFILETIME User) {
    NT_KERNEL_USER_TIMES times;
    return Times(NtQueryInformationThread(Thread, ThreadTimes_, &times, sizeof times, NULL), &times, Create, Exit, Kernel, User);
}
WINBOOL WINAPI GetProcessTimes(HANDLE Process, LPFILETIME Create, LPFILETIME Exit, LPFILETIME Kernel, LPFILETIME User) {
    NT_KERNEL_USER_TIMES times;
    return Times(NtQueryInformationProcess(Process, ProcessTimes_, &times, sizeof times, NULL), &times, Create, Exit, Kernel, User);
}
DWORD WINAPI GetCurrentProcessorNumber(VOID) {
    DWORD number;
    __asm__ volatile("movl %%gs:0x184, %0" : "=r"(number));
    return number;
}

/* ---- Thread local storage: 64 slots in the TEB and 1024 more in a block of their own. ---------------------------------------------- */
#define TLS_FIRST 64u
#define TLS_ALL   (TLS_FIRST + 1024u)
static RTL_SRWLOCK TlsLock;
static ULONG64 TlsUsed[TLS_ALL / 64];

DWORD WINAPI TlsAlloc(VOID) {
    RtlAcquireSRWLockExclusive(&TlsLock);
    for (DWORD n = 0; n < TLS_ALL; n++) {
        if (!(TlsUsed[n / 64] >> n % 64 & 1)) {
            TlsUsed[n / 64] |= 1ull << n % 64;
            RtlReleaseSRWLockExclusive(&TlsLock);
            return n;
        }
    }
    RtlReleaseSRWLockExclusive(&TlsLock);
    BaseFail(ERROR_NO_MORE_ITEMS);
    return TLS_OUT_OF_INDEXES;
}
WINBOOL WINAPI TlsFree(DWORD Index) {
    if (Index >= TLS_ALL || !(TlsUsed[Index / 64] >> Index % 64 & 1))
        return BaseFail(ERROR_INVALID_PARAMETER);
    RtlpZeroTlsCell(Index);
    RtlAcquireSRWLockExclusive(&TlsLock);
    TlsUsed[Index / 64] &= ~(1ull << Index % 64);
    RtlReleaseSRWLockExclusive(&TlsLock);
    return TRUE;
}
LPVOID WINAPI TlsGetValue(DWORD Index) {
    NT_TEB *teb = NtTeb();
    if (Index >= TLS_ALL) {
        BaseFail(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    teb->LastErrorValue = NO_ERROR; /* documented: NULL is a value, and this says so */
    if (Index < TLS_FIRST)
        return teb->TlsSlots[Index];
    return teb->TlsExpansionSlots ? teb->TlsExpansionSlots[Index - TLS_FIRST] : NULL;
}
WINBOOL WINAPI TlsSetValue(DWORD Index, LPVOID Value) {
    NT_TEB *teb = NtTeb();
    if (Index >= TLS_ALL)
        return BaseFail(ERROR_INVALID_PARAMETER);
    if (Index < TLS_FIRST) {
        teb->TlsSlots[Index] = Value;
        return TRUE;
    }
    if (!teb->TlsExpansionSlots) {
        teb->TlsExpansionSlots = RtlAllocateHeap(teb->Peb->ProcessHeap, HEAP_ZERO_MEMORY, (TLS_ALL - TLS_FIRST) * sizeof(PVOID));
        if (!teb->TlsExpansionSlots)
            return BaseFail(ERROR_NOT_ENOUGH_MEMORY);
    }
    teb->TlsExpansionSlots[Index - TLS_FIRST] = Value;
    return TRUE;
}
DWORD WINAPI FlsAlloc(PFLS_CALLBACK_FUNCTION Callback) {
    ULONG index;
    return BaseResult(RtlFlsAlloc(Callback, &index)) ? index : FLS_OUT_OF_INDEXES;
}
WINBOOL WINAPI FlsFree(DWORD Index) { return BaseResult(RtlFlsFree(Index)); }
PVOID WINAPI FlsGetValue(DWORD Index) {
    PVOID value;
    if (!BaseResult(RtlFlsGetValue(Index, &value)))
        return NULL;
    NtTeb()->LastErrorValue = NO_ERROR;
    return value;
}
WINBOOL WINAPI FlsSetValue(DWORD Index, PVOID Value) { return BaseResult(RtlFlsSetValue(Index, Value)); }

/* Rounded up to pages, and never made less again. The pages are the kernel's to keep: it reads the TEB when the stack has no more. */
WINBOOL WINAPI SetThreadStackGuarantee(PULONG Size) {
    NT_TEB *teb = NtTeb();
    ULONG before = teb->GuaranteedStackBytes;
    ULONG64 wanted = ((ULONG64)*Size + 0xFFF) & ~0xFFFull;
    if (wanted + 3 * 0x1000 > (ULONG64)teb->StackBase - (ULONG64)teb->DeallocationStack)
        return BaseFail(ERROR_INVALID_PARAMETER);
    *Size = before;
    if (wanted > before)
        teb->GuaranteedStackBytes = (ULONG)wanted;
    return TRUE;
}
VOID WINAPI GetCurrentThreadStackLimits(PULONG_PTR Low, PULONG_PTR High) {
    *Low = (ULONG_PTR)NtTeb()->DeallocationStack;
    *High = (ULONG_PTR)NtTeb()->StackBase;
}
WINBOOL WINAPI IsThreadAFiber(VOID) { return FALSE; } /* there are none */
