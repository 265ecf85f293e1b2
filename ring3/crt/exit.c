/* The ends of a program: functions to be called at its exit, and the ways to exit. */
#include "crt.h"

static _onexit_t *exit_functions;
static size_t exit_count;
static size_t exit_room;
void(NTAPI *crt_thread_local_exit)(void *, DWORD, void *);
static unsigned abort_behavior = _CALL_REPORTFAULT;

void __cdecl _initterm(_PVFV *first, _PVFV *end) {
    for (; first < end; first++) {
        if (*first) {
            (*first)();
        }
    }
}

int __cdecl _initterm_e(int(__cdecl **first)(void), int(__cdecl **end)(void)) {
    int result = 0;

    for (; first < end && !result; first++) {
        if (*first) {
            result = (*first)();
        }
    }
    return result;
}

_onexit_t __cdecl _onexit(_onexit_t function) {
    _onexit_t result = NULL;

    _lock(CRT_LOCK_EXIT);
    if (exit_count == exit_room) {
        size_t room = exit_room ? exit_room * 2 : 32;
        _onexit_t *longer = realloc(exit_functions, room * sizeof(*longer));

        if (!longer) {
            goto done;
        }
        exit_functions = longer;
        exit_room = room;
    }
    exit_functions[exit_count++] = function;
    result = function;
done:
    _unlock(CRT_LOCK_EXIT);
    return result;
}

int crt_atexit(void(__cdecl *function)(void)) { return _onexit((_onexit_t)(void *)function) ? 0 : -1; }

/* A DLL keeps a list of its own, [*first, *end), and runs it when it is unloaded. */
_onexit_t __cdecl __dllonexit(_onexit_t function, _PVFV **first, _PVFV **end) {
    size_t count = (size_t)(*end - *first);
    _PVFV *longer = realloc(*first, (count + 1) * sizeof(*longer));

    if (!longer) {
        return NULL;
    }
    longer[count] = (_PVFV)(void *)function;
    *first = longer;
    *end = longer + count + 1;
    return function;
}

/* Last in, first out; a function may register others while it runs. */
void crt_run_exit_functions(void) {
    void(NTAPI * thread_local_exit)(void *, DWORD, void *) = crt_thread_local_exit;

    crt_thread_local_exit = NULL;
    if (thread_local_exit) {
        thread_local_exit(NULL, DLL_PROCESS_DETACH, NULL);
    }
    _lock(CRT_LOCK_EXIT);
    while (exit_count) {
        _onexit_t function = exit_functions[--exit_count];

        if (function) {
            function();
        }
    }
    _unlock(CRT_LOCK_EXIT);
}

void __cdecl _cexit(void) {
    crt_run_exit_functions();
    crt_flush_streams();
}

void __cdecl _c_exit(void) {}

void __cdecl exit(int code) {
    _cexit();
    ExitProcess((UINT)code);
}

void __cdecl _exit(int code) { ExitProcess((UINT)code); }

CRT_EXPORT(unsigned, _set_abort_behavior, (unsigned flags, unsigned mask)) {
    unsigned old = abort_behavior;

    abort_behavior = (old & ~mask) | (flags & mask);
    return old;
}

/*
 * Exit code 3, as documented for abort; raise gives a handler of the program's its chance. The UCRT says nothing, and asks for an error
 * report first unless _set_abort_behavior has turned that off: the exit code is STATUS_STACK_BUFFER_OVERRUN then.
 */
void __cdecl abort(void) {
    DWORD done;
    static const char text[] = "abnormal program termination\r\n";

    raise(SIGABRT);
    if (crt_universal && abort_behavior & _CALL_REPORTFAULT) {
        crt_fail_fast(FAST_FAIL_FATAL_APP_EXIT);
    }
    if (crt_universal) {
        ExitProcess(3);
    }
    WriteFile(GetStdHandle(STD_ERROR_HANDLE), text, sizeof(text) - 1, &done, NULL);
    ExitProcess(3);
}

void __cdecl _amsg_exit(int number) {
    char text[40];

    _snprintf(text, sizeof(text), "runtime error R60%02d", number);
    crt_fatal(text);
}

void __cdecl _assert(const char *expression, const char *file, unsigned line) {
    fflush(stdout);
    fprintf(stderr, "Assertion failed: %s, file %s, line %u\n", expression, file, line);
    fflush(stderr);
    abort();
}

void __cdecl _wassert(const wchar_t *expression, const wchar_t *file, unsigned line) {
    fflush(stdout);
    fprintf(stderr, "Assertion failed: %ws, file %ws, line %u\n", expression, file, line);
    fflush(stderr);
    abort();
}

void __cdecl _purecall(void) { crt_fatal("pure virtual function call"); }
