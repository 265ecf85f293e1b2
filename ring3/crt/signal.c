/* Signals: the six that the C library of Windows knows, and jumps that unwind. */
#include "crt.h"

#ifndef STATUS_LONGJUMP
#define STATUS_LONGJUMP 0x80000026u
#endif

typedef void(__cdecl *HANDLER)(int);

static struct {
    int signal;
    HANDLER handler; /* SIG_DFL at first */
} signals[] = {{SIGINT, SIG_DFL},  {SIGILL, SIG_DFL},   {SIGFPE, SIG_DFL}, {SIGSEGV, SIG_DFL},
               {SIGTERM, SIG_DFL}, {SIGBREAK, SIG_DFL}, {SIGABRT, SIG_DFL}};
static BOOL control_handler_set;

/* Which hardware exceptions are which signals. */
static const struct {
    DWORD exception;
    int signal;
    int floating_error;
} exceptions[] = {
    {EXCEPTION_ACCESS_VIOLATION, SIGSEGV, 0},
    {EXCEPTION_IN_PAGE_ERROR, SIGSEGV, 0},
    {EXCEPTION_ILLEGAL_INSTRUCTION, SIGILL, 0},
    {EXCEPTION_PRIV_INSTRUCTION, SIGILL, 0},
    {EXCEPTION_FLT_DENORMAL_OPERAND, SIGFPE, _FPE_DENORMAL},
    {EXCEPTION_FLT_DIVIDE_BY_ZERO, SIGFPE, _FPE_ZERODIVIDE},
    {EXCEPTION_FLT_INEXACT_RESULT, SIGFPE, _FPE_INEXACT},
    {EXCEPTION_FLT_INVALID_OPERATION, SIGFPE, _FPE_INVALID},
    {EXCEPTION_FLT_OVERFLOW, SIGFPE, _FPE_OVERFLOW},
    {EXCEPTION_FLT_STACK_CHECK, SIGFPE, _FPE_STACKOVERFLOW},
    {EXCEPTION_FLT_UNDERFLOW, SIGFPE, _FPE_UNDERFLOW},
};

static HANDLER *find(int number) {
    if (number == SIGABRT_COMPAT) {
        number = SIGABRT;
    }
    for (size_t i = 0; i < CRT_LENGTH(signals); i++) {
        if (signals[i].signal == number) {
            return &signals[i].handler;
        }
    }
    errno = EINVAL;
    return NULL;
}

/* Takes the handler for one delivery: it is the default again while it runs, as documented. */
static HANDLER take(int number) {
    HANDLER *slot = find(number), handler;

    if (!slot) {
        return SIG_ERR;
    }
    _lock(CRT_LOCK_SIGNAL);
    handler = *slot;
    if (handler != SIG_IGN) {
        *slot = SIG_DFL;
    }
    _unlock(CRT_LOCK_SIGNAL);
    return handler;
}

static BOOL WINAPI console_control(DWORD type) {
    HANDLER handler;
    int number = type == CTRL_C_EVENT ? SIGINT : type == CTRL_BREAK_EVENT ? SIGBREAK : 0;

    if (!number) {
        return FALSE;
    }
    handler = take(number);
    if (handler == SIG_DFL || handler == SIG_ERR) {
        return FALSE;
    }
    if (handler != SIG_IGN) {
        handler(number);
    }
    return TRUE;
}

HANDLER __cdecl signal(int number, HANDLER handler) {
    HANDLER *slot = find(number), old;

    if (!slot || handler == SIG_ACK || handler == SIG_SGE) {
        errno = EINVAL;
        return SIG_ERR;
    }
    if ((number == SIGINT || number == SIGBREAK) && !control_handler_set) {
        control_handler_set = SetConsoleCtrlHandler(console_control, TRUE);
    }
    _lock(CRT_LOCK_SIGNAL);
    old = *slot;
    if (handler != SIG_GET) {
        *slot = handler;
    }
    _unlock(CRT_LOCK_SIGNAL);
    return old;
}

int __cdecl raise(int number) {
    HANDLER handler = take(number);

    if (handler == SIG_ERR) {
        return -1;
    }
    if (handler == SIG_IGN) {
        return 0;
    }
    if (handler == SIG_DFL) {
        if (number == SIGABRT || number == SIGABRT_COMPAT) {
            return 0; /* abort itself goes on */
        }
        ExitProcess(3);
    }
    handler(number);
    return 0;
}

/* The filter around main in programs built by Microsoft's compiler. */
int __cdecl _XcptFilter(unsigned long code, EXCEPTION_POINTERS *pointers) {
    for (size_t i = 0; i < CRT_LENGTH(exceptions); i++) {
        HANDLER handler;

        if (exceptions[i].exception != code) {
            continue;
        }
        handler = take(exceptions[i].signal);
        if (handler == SIG_IGN) {
            return EXCEPTION_CONTINUE_EXECUTION;
        }
        if (handler == SIG_DFL || handler == SIG_ERR) {
            break;
        }
        crt_thread()->exception = pointers;
        crt_thread()->floating_error = exceptions[i].floating_error;
        if (exceptions[i].signal == SIGFPE) {
            ((void(__cdecl *)(int, int))(void *)handler)(SIGFPE, exceptions[i].floating_error);
        } else {
            handler(exceptions[i].signal);
        }
        crt_thread()->exception = NULL;
        return EXCEPTION_CONTINUE_EXECUTION;
    }
    return UnhandledExceptionFilter(pointers);
}

void **__cdecl __pxcptinfoptrs(void) { return (void **)&crt_thread()->exception; }
