/* Threads and what each of them has of its own. */
#include "crt.h"

static DWORD slot = TLS_OUT_OF_INDEXES;

BOOL crt_init_threads(void) {
    slot = TlsAlloc();
    return slot != TLS_OUT_OF_INDEXES;
}

static CRT_THREAD *new_thread(void) {
    CRT_THREAD *thread = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(*thread));

    if (thread) {
        thread->random = 1;
    }
    return thread;
}

CRT_THREAD *crt_thread(void) {
    DWORD error = GetLastError(); /* TlsGetValue clears it, and errno is often looked at before it */
    CRT_THREAD *thread = TlsGetValue(slot);

    if (!thread) {
        thread = new_thread();
        if (!thread || !TlsSetValue(slot, thread)) {
            crt_fatal("no memory for a thread");
        }
    }
    SetLastError(error);
    return thread;
}

void crt_free_thread(void) {
    CRT_THREAD *thread = TlsGetValue(slot);

    if (thread) {
        TlsSetValue(slot, NULL);
        HeapFree(GetProcessHeap(), 0, thread);
    }
}

static DWORD WINAPI start_thread(void *argument) {
    CRT_THREAD *thread = argument;
    unsigned result = 0;

    TlsSetValue(slot, thread);
    if (thread->start) {
        result = thread->start(thread->argument);
        _endthreadex(result);
    } else {
        thread->start_simple(thread->argument);
        _endthread();
    }
    return result;
}

uintptr_t __cdecl _beginthreadex(void *security, unsigned stack, unsigned(__stdcall *start)(void *), void *argument, unsigned flags, unsigned *id) {
    CRT_THREAD *thread;
    HANDLE handle;
    DWORD identifier;

    if (!start) {
        errno = EINVAL;
        return 0;
    }
    thread = new_thread();
    if (!thread) {
        errno = ENOMEM;
        return 0;
    }
    thread->start = start;
    thread->argument = argument;
    handle = CreateThread(security, stack, start_thread, thread, flags, &identifier);
    if (!handle) {
        crt_set_windows_error(GetLastError());
        HeapFree(GetProcessHeap(), 0, thread);
        return 0;
    }
    if (id) {
        *id = identifier;
    }
    return (uintptr_t)handle;
}

/* Unlike the other form this one's thread has no owner: the handle is closed when it ends, and stays valid only until then. */
uintptr_t __cdecl _beginthread(void(__cdecl *start)(void *), unsigned stack, void *argument) {
    CRT_THREAD *thread;
    HANDLE handle;

    if (!start) {
        errno = EINVAL;
        return (uintptr_t)-1;
    }
    thread = new_thread();
    if (!thread) {
        errno = ENOMEM;
        return (uintptr_t)-1;
    }
    thread->start_simple = start;
    thread->argument = argument;
    handle = CreateThread(NULL, stack, start_thread, thread, CREATE_SUSPENDED, NULL);
    if (!handle) {
        crt_set_windows_error(GetLastError());
        HeapFree(GetProcessHeap(), 0, thread);
        return (uintptr_t)-1;
    }
    thread->handle = handle;
    ResumeThread(handle);
    return (uintptr_t)handle;
}

void __cdecl _endthreadex(unsigned result) {
    crt_free_thread();
    ExitThread(result);
}

void __cdecl _endthread(void) {
    HANDLE handle = crt_thread()->handle;

    if (handle) {
        CloseHandle(handle);
    }
    _endthreadex(0);
}

int __cdecl _getpid(void) { return (int)GetCurrentProcessId(); }
