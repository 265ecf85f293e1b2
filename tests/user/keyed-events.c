/* Keyed events: a release and a wait with one key meet, whoever comes first; others stay. */
#include "utap.h"
#include <winternl.h>
#include <ntstatus.h>

NTSTATUS NTAPI NtCreateKeyedEvent(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, ULONG);
NTSTATUS NTAPI NtOpenKeyedEvent(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES);
NTSTATUS NTAPI NtWaitForKeyedEvent(HANDLE, PVOID, BOOLEAN, PLARGE_INTEGER);
NTSTATUS NTAPI NtReleaseKeyedEvent(HANDLE, PVOID, BOOLEAN, PLARGE_INTEGER);

static HANDLE event;
static char keys[8];
static volatile LONG woken[8];
static LARGE_INTEGER now, soon = {.QuadPart = -100000};

static DWORD WINAPI waiter(void *key) {
    NTSTATUS status = NtWaitForKeyedEvent(event, key, FALSE, NULL);
    if (status == STATUS_SUCCESS)
        InterlockedIncrement(&woken[(char *)key - keys]);
    return (DWORD)status;
}

static DWORD WINAPI releaser(void *key) { return (DWORD)NtReleaseKeyedEvent(event, key, FALSE, NULL); }

static VOID CALLBACK apc(ULONG_PTR value) {}

int main(void) {
    HANDLE threads[3], other;
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    DWORD code = 0;

    OK(NtCreateKeyedEvent(&event, 3 | STANDARD_RIGHTS_REQUIRED, NULL, 0) == STATUS_SUCCESS, "a keyed event");
    OK(NtCreateKeyedEvent(&other, 3, NULL, 1) == STATUS_INVALID_PARAMETER_4, "there are no flags");
    OK(NtWaitForKeyedEvent(event, keys + 1, FALSE, &now) == STATUS_INVALID_PARAMETER_1 &&
           NtReleaseKeyedEvent(event, keys + 1, FALSE, &now) == STATUS_INVALID_PARAMETER_1,
       "a key is even");
    OK(NtWaitForKeyedEvent(event, keys, FALSE, &now) == STATUS_TIMEOUT && NtReleaseKeyedEvent(event, keys, FALSE, &soon) == STATUS_TIMEOUT,
       "neither side finds anybody");
    threads[0] = CreateThread(NULL, 0, waiter, keys, 0, NULL);
    threads[1] = CreateThread(NULL, 0, waiter, keys, 0, NULL);
    threads[2] = CreateThread(NULL, 0, waiter, keys + 2, 0, NULL);
    Sleep(10);
    OK(woken[0] == 0 && woken[2] == 0, "three wait for two keys");
    OK(NtReleaseKeyedEvent(event, keys + 2, FALSE, &now) == STATUS_SUCCESS, "a release finds its key");
    WaitForSingleObject(threads[2], INFINITE);
    OK(woken[0] == 0 && woken[2] == 1, "and nobody else's");
    OK(NtReleaseKeyedEvent(event, keys, FALSE, NULL) == STATUS_SUCCESS && WaitForSingleObject(threads[0], 1000) == WAIT_OBJECT_0,
       "the first that came is the first that goes");
    OK(WaitForSingleObject(threads[1], 10) == WAIT_TIMEOUT && woken[0] == 1, "one release, one wait");
    OK(NtReleaseKeyedEvent(event, keys, FALSE, NULL) == STATUS_SUCCESS && WaitForSingleObject(threads[1], 1000) == WAIT_OBJECT_0, "then the next");
    threads[0] = CreateThread(NULL, 0, releaser, keys + 4, 0, NULL);
    OK(WaitForSingleObject(threads[0], 10) == WAIT_TIMEOUT, "a release waits as well");
    OK(NtWaitForKeyedEvent(event, keys + 4, FALSE, NULL) == STATUS_SUCCESS && WaitForSingleObject(threads[0], 1000) == WAIT_OBJECT_0 &&
           GetExitCodeThread(threads[0], &code) && code == STATUS_SUCCESS,
       "for the one that comes");
    QueueUserAPC(apc, GetCurrentThread(), 0);
    OK(NtWaitForKeyedEvent(event, keys, TRUE, NULL) == STATUS_USER_APC, "an alertable one is ended by an APC");
    OK(NtReleaseKeyedEvent(event, keys, FALSE, &now) == STATUS_TIMEOUT, "and waits no more");

    OK(NtWaitForKeyedEvent(NULL, keys, FALSE, &now) == STATUS_TIMEOUT, "without a handle it is everybody's");
    RtlInitUnicodeString(&name, L"\\KernelObjects\\CritSecOutOfMemoryEvent");
    InitializeObjectAttributes(&attributes, &name, 0, NULL, NULL);
    OK(NtOpenKeyedEvent(&other, 1, &attributes) == STATUS_SUCCESS, "which has a name");
    OK(NtWaitForKeyedEvent(other, keys, FALSE, &now) == STATUS_TIMEOUT && NtReleaseKeyedEvent(other, keys, FALSE, &now) == STATUS_ACCESS_DENIED,
       "a handle to wait with does not release");
    CloseHandle(other);
    other = CreateEventW(NULL, FALSE, FALSE, NULL);
    OK(NtWaitForKeyedEvent(other, keys, FALSE, &now) == STATUS_OBJECT_TYPE_MISMATCH, "an event is none");
    return done();
}
