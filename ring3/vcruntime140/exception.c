/* std::exception's text, calls of functions that are not there, buffers that were overrun. */
#include "vcruntime.h"

static _purecall_handler purecall_handler;

/* A text that the exception owns is copied; another is shared. Without memory the copy has none. */
CRT_EXPORT(void, __std_exception_copy, (const VCRT_EXCEPTION_DATA *from, VCRT_EXCEPTION_DATA *to)) {
    size_t size;
    char *copy;

    if (!from->owned || !from->what) {
        *to = (VCRT_EXCEPTION_DATA){from->what, FALSE};
        return;
    }
    size = strlen(from->what) + 1;
    copy = malloc(size);
    if (copy) {
        memcpy(copy, from->what, size);
        *to = (VCRT_EXCEPTION_DATA){copy, TRUE};
    }
}

CRT_EXPORT(void, __std_exception_destroy, (VCRT_EXCEPTION_DATA * data)) {
    if (data->owned) {
        free((void *)data->what);
    }
    *data = (VCRT_EXCEPTION_DATA){NULL, FALSE};
}

_purecall_handler __cdecl _set_purecall_handler(_purecall_handler handler) {
    return InterlockedExchangePointer((void **)&purecall_handler, (void *)handler);
}

_purecall_handler __cdecl _get_purecall_handler(void) { return purecall_handler; }

void __cdecl _purecall(void) {
    _purecall_handler handler = purecall_handler;

    if (handler) {
        handler();
    }
    abort();
}

CRT_EXPORT(void, __report_gsfailure, (uintptr_t cookie)) { __asm__ volatile("int $0x29" : : "c"(FAST_FAIL_STACK_COOKIE_CHECK_FAILURE)); }

/* Events for a trace that nobody records. */
CRT_EXPORT(void, __telemetry_main_invoke_trigger, (void *module)) {}

CRT_EXPORT(void, __telemetry_main_return_trigger, (void *module)) {}
