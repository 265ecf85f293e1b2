/* Tables of functions that run at an end: a module's own, the program's, and those of quick_exit. */
#include "../crt/crt.h"
#include <corecrt_startup.h>

/* A table is a module's static data, all zero at first: the functions are [_first, _last), the room ends at _end. */
static _onexit_table_t quick_exit_table;

int __cdecl _initialize_onexit_table(_onexit_table_t *table) {
    if (!table) {
        return -1;
    }
    if (table->_first == table->_end) {
        *table = (_onexit_table_t){0};
    }
    return 0;
}

int __cdecl _register_onexit_function(_onexit_table_t *table, _onexit_t function) {
    int result = -1;

    if (!table) {
        return -1;
    }
    _lock(CRT_LOCK_EXIT);
    if (table->_last == table->_end) {
        size_t count = (size_t)(table->_last - table->_first), room = count ? count * 2 : 32;
        _PVFV *longer = realloc(table->_first, room * sizeof(*longer));

        if (!longer) {
            goto done;
        }
        *table = (_onexit_table_t){longer, longer + count, longer + room};
    }
    *table->_last++ = (_PVFV)(void *)function;
    result = 0;
done:
    _unlock(CRT_LOCK_EXIT);
    return result;
}

/* Last in, first out; a function may register others while it runs. The table is empty afterwards, and may be used again. */
int __cdecl _execute_onexit_table(_onexit_table_t *table) {
    if (!table) {
        return -1;
    }
    _lock(CRT_LOCK_EXIT);
    while (table->_last != table->_first) {
        _PVFV function = *--table->_last;

        if (function) {
            function();
        }
    }
    free(table->_first);
    *table = (_onexit_table_t){0};
    _unlock(CRT_LOCK_EXIT);
    return 0;
}

int __cdecl _crt_at_quick_exit(_PVFV function) { return _register_onexit_function(&quick_exit_table, (_onexit_t)(void *)function); }

CRT_EXPORT(void, quick_exit, (int code)) {
    _execute_onexit_table(&quick_exit_table);
    ExitProcess((UINT)code);
}

/* The program's own thread-local variables have destructors, which run before everything else; only one such callback can be. */
CRT_EXPORT(void, _register_thread_local_exe_atexit_callback, (void(NTAPI * callback)(void *, DWORD, void *))) {
    if (crt_thread_local_exit) {
        terminate();
    }
    crt_thread_local_exit = callback;
}
