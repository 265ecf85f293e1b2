/*
 * Start-up code of a program whose C run-time library is a DLL (/MD), in the order that Microsoft documents ("C run-time initialization", "CRT
 * initialization", "/GS"): the security cookie; the C initializers, which tell the library what kind of program this is; the C++ initializers; callbacks for
 * thread-local variables; arguments and environment; main; exit.
 */
#include "vc.h"

#define SECTION(name) __declspec(allocate(name))
#pragma section(".CRT$XIA", long, read)
#pragma section(".CRT$XIAA", long, read)
#pragma section(".CRT$XIZ", long, read)
#pragma section(".CRT$XCA", long, read)
#pragma section(".CRT$XCZ", long, read)
#pragma section(".CRT$XLA", long, read)
#pragma section(".CRT$XLZ", long, read)
#pragma section(".tls", long, read, write)
#pragma section(".tls$ZZZ", long, read, write)
#pragma comment(linker, "/merge:.CRT=.rdata")

enum { CONSOLE_APP = 1, ARGV_UNEXPANDED = 1, TEXT = 0x4000 };

/* ---- /GS: the cookie is 0 to 48 bits of what differs between starts ------------------------------------------------------------------- */

#define DEFAULT_COOKIE 0x00002B992DDFA232ull
uintptr_t __security_cookie = DEFAULT_COOKIE;
uintptr_t __security_cookie_complement = ~DEFAULT_COOKIE;

static __declspec(noinline, safebuffers) void __security_init_cookie(void) {
    uint64_t time;
    int64_t counter;

    if (__security_cookie == DEFAULT_COOKIE) {
        GetSystemTimeAsFileTime(&time);
        QueryPerformanceCounter(&counter);
        __security_cookie =
            (time ^ GetCurrentThreadId() ^ GetCurrentProcessId() ^ (uint64_t)counter << 32 ^ (uintptr_t)&time) & 0x0000FFFFFFFFFFFFull;
        if (__security_cookie == DEFAULT_COOKIE)
            __security_cookie++;
    }
    __security_cookie_complement = ~__security_cookie;
}

void __security_check_cookie(uintptr_t cookie) {
    if (cookie != __security_cookie)
        __asm__ volatile("int $0x29" : : "c"(2));
}

int _fltused = 0x9875; /* the compiler refers to it where there are floating point numbers */

/* ---- Thread-local storage ------------------------------------------------------------------------------------------------------------------ */

unsigned long _tls_index;
SECTION(".tls") char _tls_start;
SECTION(".tls$ZZZ") char _tls_end;
typedef void(__stdcall *TLS_CALLBACK)(void *module, unsigned long reason, void *reserved);
SECTION(".CRT$XLA") TLS_CALLBACK __xl_a;
SECTION(".CRT$XLZ") TLS_CALLBACK __xl_z;
__declspec(align(8)) const struct {
    void *start, *end, *index;
    const TLS_CALLBACK *callbacks;
    uint32_t zero_fill, characteristics;
} _tls_used = {&_tls_start, &_tls_end, &_tls_index, &__xl_a + 1, 0, 0};

/* ---- Initializers ----------------------------------------------------------------------------------------------------------------------------- */

static SLIST_HEADER __type_info_root_node;
int start_order[8], start_count;

static int pre_c_initialization(void) {
    start_order[start_count++] = 1;
    _set_app_type(CONSOLE_APP);
    _set_fmode(TEXT);
    *__p__commode() = 0;
    if (_configure_narrow_argv(ARGV_UNEXPANDED) != 0)
        return 1;
    _configthreadlocale(0);
    InitializeSListHead(&__type_info_root_node);
    if (_initialize_narrow_environment() != 0)
        return 1;
    return 0;
}

static int post_pgo_initialization(void) {
    unsigned now;

    start_order[start_count++] = 2;
    return _controlfp_s(&now, 0, 0);
}

static void pre_cpp_initialization(void) {
    start_order[start_count++] = 3;
    SetUnhandledExceptionFilter(NULL);
    _set_new_mode(0);
}

SECTION(".CRT$XIA") PIFV __xi_a;
SECTION(".CRT$XIAA") PIFV xi_first[2] = {pre_c_initialization, post_pgo_initialization};
SECTION(".CRT$XIZ") PIFV __xi_z;
SECTION(".CRT$XCA") PVFV __xc_a;
#pragma section(".CRT$XCAA", long, read)
SECTION(".CRT$XCAA") PVFV xc_first = pre_cpp_initialization;
SECTION(".CRT$XCZ") PVFV __xc_z;

/* The last thread-local destructor callback of the program, if it has one. */
__attribute__((weak)) void thread_local_exit(void *module, unsigned long reason, void *reserved) {}

static int start(void) {
    if (_initterm_e(&__xi_a, &__xi_z) != 0)
        return 255;
    _initterm(&__xc_a, &__xc_z);
    _register_thread_local_exe_atexit_callback(thread_local_exit);
    exit(main(*__p___argc(), *__p___argv(), _get_initial_narrow_environment()));
}

int mainCRTStartup(void) {
    __security_init_cookie();
    __try {
        return start();
    } __except (_seh_filter_exe(__exception_code(), __exception_info())) {
        _exit((int)__exception_code());
    }
}
