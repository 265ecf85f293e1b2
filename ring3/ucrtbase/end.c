/* How a program ends that cannot go on. */
#include "../crt/crt.h"

typedef void(__cdecl *TERMINATE)(void);

/* Each thread's own: a new one starts with none, which is abort. */
CRT_EXPORT(TERMINATE, set_terminate, (TERMINATE handler)) {
    CRT_THREAD *thread = crt_thread();
    TERMINATE old = thread->terminate;

    thread->terminate = handler;
    return old ? old : abort;
}

CRT_EXPORT(TERMINATE, _get_terminate, (void)) { return crt_thread()->terminate ? crt_thread()->terminate : abort; }

void __cdecl terminate(void) {
    TERMINATE handler = crt_thread()->terminate;

    if (handler) {
        handler();
    }
    abort();
}

void __cdecl _seterrormode(int mode) { SetErrorMode((UINT)mode); }

/* Which library a module is, and what is in it. */
CRT_EXPORT(intptr_t, _loaddll, (char *name)) { return (intptr_t)LoadLibraryA(name); }

CRT_EXPORT(int, _unloaddll, (intptr_t module)) { return FreeLibrary((HMODULE)module) ? 0 : (int)GetLastError(); }

CRT_EXPORT(void *, crt_getdllprocaddr, (intptr_t module, char *name, intptr_t ordinal)) {
    if (!name && ordinal > 0xFFFF) {
        return NULL;
    }
    return (void *)GetProcAddress((HMODULE)module, name ? name : (const char *)ordinal);
}
