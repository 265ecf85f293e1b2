/* What each thread has: the exception that it handles. */
#include "vcruntime.h"

static DWORD slot = TLS_OUT_OF_INDEXES;

VCRT_THREAD *vcrt_thread(void) {
    DWORD error = GetLastError();
    VCRT_THREAD *thread = TlsGetValue(slot);

    if (!thread) {
        thread = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(*thread));
        if (!thread || !TlsSetValue(slot, thread)) {
            abort();
        }
    }
    SetLastError(error);
    return thread;
}

BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, LPVOID reserved) {
    switch (reason) {
    case DLL_PROCESS_ATTACH: slot = TlsAlloc(); return slot != TLS_OUT_OF_INDEXES;
    case DLL_THREAD_DETACH:
        HeapFree(GetProcessHeap(), 0, TlsGetValue(slot));
        TlsSetValue(slot, NULL);
        break;
    case DLL_PROCESS_DETACH:
        if (!reserved) {
            TlsFree(slot);
        }
        break;
    }
    return TRUE;
}

CRT_EXPORT(EXCEPTION_RECORD **, __current_exception, (void)) { return &vcrt_thread()->record; }

CRT_EXPORT(CONTEXT **, __current_exception_context, (void)) { return &vcrt_thread()->context; }
