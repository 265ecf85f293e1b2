/* Drives tests/kernel/t09-user-apcs.c: user APCs run when their thread waits alertably, or is told to look for them. */
#include "utap.h"

typedef struct {
    ULONG64 routine;
    ULONG count, test, drop;
} request;

static HANDLE device;
static ULONG calls, order, inside;
static BOOL in_order, arguments;
static DWORD thread;

static void apc(void *context, void *argument1, void *argument2) {
    calls++;
    in_order = in_order && (ULONG)(ULONG_PTR)argument1 > order;
    order = (ULONG)(ULONG_PTR)argument1;
    arguments = arguments && context == (void *)7 && argument2 == NULL && GetCurrentThreadId() == thread;
    if (order == 1 && inside)
        SleepEx(0, TRUE);
}

static BOOL queue(ULONG count, ULONG test, ULONG drop) {
    request wanted = {(ULONG64)(ULONG_PTR)apc, count, test, drop};
    DWORD done;
    calls = order = 0;
    in_order = arguments = TRUE;
    return WriteFile(device, &wanted, sizeof wanted, &done, NULL);
}

int main(void) {
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
    thread = GetCurrentThreadId();
    device = CreateFileA("\\\\.\\UserApcs", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    OK(queue(5, 0, 0) && calls == 0, "user APCs wait while the program runs");
    OK(WaitForSingleObject(event, 10) == WAIT_TIMEOUT && calls == 0, "and through a wait that is not alertable");
    OK(SleepEx(1000, TRUE) == WAIT_IO_COMPLETION && calls == 5, "an alertable one is ended by them, all of them");
    OK(in_order && arguments, "in their order, in this thread, with their arguments");
    OK(SleepEx(10, TRUE) == 0 && calls == 5, "once");
    OK(queue(3, 1, 0) && calls == 3 && in_order, "KeTestAlertThread(UserMode): they run when the call that queued them returns");
    OK(queue(4, 0, 2) && WaitForSingleObjectEx(event, INFINITE, TRUE) == WAIT_IO_COMPLETION && calls == 3 && in_order,
       "a kernel routine takes one back; the others run");
    SetEvent(event);
    OK(queue(1, 0, 0) && WaitForSingleObjectEx(event, INFINITE, TRUE) == WAIT_OBJECT_0 && calls == 0,
       "an event that is set ends a wait before an APC does");
    OK(SleepEx(0, TRUE) == WAIT_IO_COMPLETION && calls == 1, "which the next one runs");
    inside = 1;
    OK(queue(3, 0, 0) && SleepEx(INFINITE, TRUE) == WAIT_IO_COMPLETION && calls == 3, "an alertable wait in an APC runs the others inside it");
    OK(CloseHandle(device), "the device is closed");
    return done();
}
