/* The part of a C++ program that Visual C++ links in: guards of local statics, destructors of thread-local variables. */
#include "cxx.h"

extern "C" {
SLIST_HEADER type_names;
__declspec(thread) int _Init_thread_epoch = (int)0x80000000;
int atexit(PVFV function) { return _crt_atexit(function); }
}

/* ---- Local statics: 0 is not made, -1 is being made, else it is. One thread makes them here. */

extern "C" void _Init_thread_header(int *guard) {
    if (*guard == 0)
        *guard = -1;
}
extern "C" void _Init_thread_abort(int *guard) { *guard = 0; }
extern "C" void _Init_thread_footer(int *guard) { *guard = 1; }

/* ---- Thread-local variables with destructors: each thread has a list, and its end calls it, as the exit of the program does. */

#pragma section(".CRT$XLC", long, read)
#pragma section(".CRT$XLD", long, read)
#pragma section(".CRT$XDA", long, read)
#pragma section(".CRT$XDZ", long, read)
extern "C" {
__declspec(allocate(".CRT$XDA")) PVFV __xd_a = nullptr; /* between these two the compiler puts constructors of thread-local variables */
__declspec(allocate(".CRT$XDZ")) PVFV __xd_z = nullptr;
__declspec(thread) char __tls_guard;
static __declspec(thread) PVFV destructors[8];
static __declspec(thread) int destructor_count;

int __tlregdtor(PVFV destructor) {
    if (destructor_count == countof(destructors))
        return -1;
    destructors[destructor_count++] = destructor;
    return 0;
}

void __dyn_tls_on_demand_init(void) {
    __tls_guard = 1;
    for (PVFV *constructor = &__xd_a + 1; constructor < &__xd_z; constructor++)
        if (*constructor)
            (*constructor)();
}

/* A thread's variables are made when it starts; the first thread's, when they are first used. */
void __stdcall __dyn_tls_init(void *module, unsigned long reason, void *reserved) {
    if (reason == 2 && !__tls_guard)
        __dyn_tls_on_demand_init();
}

void __stdcall thread_local_exit(void *module, unsigned long reason, void *reserved) {
    if (reason == 0 || reason == 3) /* the process's end, the thread's end */
        while (destructor_count > 0)
            destructors[--destructor_count]();
}
__declspec(allocate(".CRT$XLC")) void(__stdcall *thread_begin)(void *, unsigned long, void *) = __dyn_tls_init;
__declspec(allocate(".CRT$XLD")) void(__stdcall *thread_end)(void *, unsigned long, void *) = thread_local_exit;
}

/* ---- What happened */

char told[256];
void tell(const char *what) {
    size_t length = strlen(told);

    if (length + strlen(what) < sizeof told)
        strcpy_s(told + length, sizeof told - length, what);
}

bool told_is(const char *what) {
    bool same = strcmp(told, what) == 0;

    if (!same)
        printf("# told \"%s\", not \"%s\"\n", told, what);
    told[0] = 0;
    return same;
}
