/*
 * scale.exe [KIND [FEW [MANY [stepped]]]]: what each of MANY costs, against each of FEW, in processor ticks. Kinds: devices, threads, handles, requests, timers: made by scale.sys;
 * uhandles, urequests, uexit, uthreads: made by this program. Exit code 0: all were made, used and ended; 1: something failed; 3: there was not enough memory. With `stepped`, under
 * tests/tools/steps, it is instructions that are counted, of a sample.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>
#include <winioctl.h>

#include "scale.h"
#include "steps.h"

static HANDLE device;
static int failed, exhausted, stepped;

static unsigned long long ticks(void) { return __builtin_ia32_rdtsc(); }

static void in_kernel(int kind, unsigned count, SCALE_RESULT *result) {
    SCALE_REQUEST request = {(unsigned)kind, count, (unsigned)stepped};
    DWORD got;
    if (!DeviceIoControl(device, IOCTL_SCALE, &request, sizeof request, result, sizeof *result, &got, NULL))
        result->Status = (int)GetLastError();
}

static void user_handles(int kind, unsigned count, SCALE_RESULT *result) {
    HANDLE *made = malloc(count * sizeof *made);
    (void)kind;
    unsigned long long start = ticks();
    for (; made != NULL && result->Made < count; result->Made++)
        if ((made[result->Made] = CreateEventA(NULL, TRUE, FALSE, NULL)) == NULL)
            break;
    result->Make = ticks() - start;
    if (result->Made < count)
        result->Status = made == NULL ? ERROR_NOT_ENOUGH_MEMORY : (int)GetLastError();
    start = ticks();
    for (unsigned i = 0; i < result->Made; i++)
        if (!SetEvent(made[i]))
            result->Status = (int)GetLastError();
    result->Use = ticks() - start;
    start = ticks();
    for (unsigned i = 0; i < result->Made; i++)
        if (!CloseHandle(made[i]))
            result->Status = (int)GetLastError();
    result->End = ticks() - start;
    free(made);
}

static void count_cancels(unsigned count) {
    SCALE_RESULT result = {0};
    if (stepped)
        in_kernel(SCALE_CANCELS, count, &result);
}

static OVERLAPPED *blocks;

static void pend(unsigned count, SCALE_RESULT *result) {
    unsigned long long start = ticks();
    blocks = calloc(count, sizeof *blocks);
    if (blocks == NULL)
        result->Status = ERROR_NOT_ENOUGH_MEMORY;
    for (; blocks != NULL && result->Made < count; result->Made++)
        if (DeviceIoControl(device, IOCTL_SCALE_PEND, NULL, 0, NULL, 0, NULL, &blocks[result->Made]) || GetLastError() != ERROR_IO_PENDING) {
            result->Status = (int)GetLastError();
            break;
        }
    result->Make = ticks() - start;
}

/* Half are cancelled one by one, last first; CancelIo ends the rest. */
static void user_requests(int kind, unsigned count, SCALE_RESULT *result) {
    (void)kind;
    pend(count, result);
    unsigned long long start = ticks();
    unsigned few = result->Made < 8 ? result->Made : 8;
    for (unsigned i = 0; i < few; i++)
        if (!CancelIoEx(device, &blocks[result->Made - 1 - i]))
            result->Status = (int)GetLastError();
    result->Use = (ticks() - start) / (few ? few : 1) * result->Made;
    start = ticks();
    count_cancels(result->Made - few);
    if (!CancelIo(device))
        result->Status = (int)GetLastError();
    result->End = ticks() - start;
    for (unsigned i = 0; i < result->Made; i++)
        if (blocks[i].Internal != 0xC0000120)
            result->Status = -1;
    free(blocks);
}

static SCALE_RESULT *thread_result;

static HANDLE go, pended;

static DWORD WINAPI pending_thread(LPVOID count) {
    pend((unsigned)(ULONG_PTR)count, thread_result);
    SetEvent(pended);
    WaitForSingleObject(go, INFINITE);
    return 0;
}

/* The thread that asked ends with all of them under way. */
static void user_exit(int kind, unsigned count, SCALE_RESULT *result) {
    (void)kind;
    thread_result = result;
    go = CreateEventA(NULL, TRUE, FALSE, NULL);
    pended = CreateEventA(NULL, TRUE, FALSE, NULL);
    unsigned long long start = ticks();
    HANDLE thread = CreateThread(NULL, 0, pending_thread, (LPVOID)(ULONG_PTR)count, 0, NULL);
    if (thread != NULL)
        WaitForSingleObject(pended, INFINITE);
    count_cancels(result->Made);
    SetEvent(go);
    if (thread == NULL || WaitForSingleObject(thread, INFINITE) != WAIT_OBJECT_0)
        result->Status = (int)GetLastError();
    result->End = ticks() - start - result->Make;
    CloseHandle(thread);
    CloseHandle(go);
    CloseHandle(pended);
    for (unsigned i = 0; i < result->Made; i++)
        if (blocks[i].Internal != 0xC0000120)
            result->Status = -1;
    free(blocks);
}

static HANDLE reached;

static DWORD WINAPI waiting_thread(LPVOID number) {
    ReleaseSemaphore(reached, 1, NULL); /* who waits first for go, the first thread, ends first */
    WaitForSingleObject(go, 3600000 + (DWORD)(ULONG_PTR)number);
    return 0;
}

/* Counted are the last to be made, which run before the next one is made, and the first to end: all the others wait meanwhile. */
static void user_threads(int kind, unsigned count, SCALE_RESULT *result) {
    HANDLE *made = malloc(count * sizeof *made);
    unsigned sample = stepped ? 2 : 0, waited = 0; /* each of them is tens of thousands of instructions */
    (void)kind;
    go = CreateSemaphoreA(NULL, 0, 0x7FFFFFFF, NULL);
    reached = CreateSemaphoreA(NULL, 0, 0x7FFFFFFF, NULL);
    unsigned long long start = ticks();
    for (; made != NULL && result->Made < count; result->Made++) {
        if (result->Made == count - sample) {
            for (; waited < result->Made; waited++)
                WaitForSingleObject(reached, INFINITE);
            StepsBeginAll();
        }
        if ((made[result->Made] =
                 CreateThread(NULL, 65536, waiting_thread, (LPVOID)(ULONG_PTR)result->Made, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL)) == NULL)
            break;
        if (result->Made >= count - sample) {
            WaitForSingleObject(reached, INFINITE);
            waited++;
        }
    }
    if (result->Made < count)
        result->Status = (int)GetLastError();
    if (sample)
        StepsEnd(StepsName("uthreads"), 0, sample);
    result->Make = ticks() - start;
    start = ticks();
    for (; waited < result->Made; waited++)
        WaitForSingleObject(reached, INFINITE);
    result->Use = ticks() - start;
    start = ticks();
    if (sample)
        StepsBeginAll();
    for (unsigned i = 0; i < result->Made; i++) {
        if (i < sample)
            ReleaseSemaphore(go, 1, NULL);
        else if (i == sample)
            ReleaseSemaphore(go, (LONG)(result->Made - sample), NULL);
        WaitForSingleObject(made[i], INFINITE);
        CloseHandle(made[i]);
        if (i + 1 == sample)
            StepsEnd(StepsName("uthreads"), 2, sample);
    }
    result->End = ticks() - start;
    CloseHandle(go);
    CloseHandle(reached);
    free(made);
}

static const struct {
    const char *name;
    int kind;
    unsigned many;
    void (*run)(int, unsigned, SCALE_RESULT *);
    const char *phases[3];
} kinds[] = {
    {"devices", SCALE_DEVICES, 100000, in_kernel, {"IoCreateDevice", "open by name", "IoDeleteDevice"}},
    {"threads", SCALE_THREADS, 10000, in_kernel, {"PsCreateSystemThread", "all have run", "all have ended"}},
    {"handles", SCALE_HANDLES, 1000000, in_kernel, {"ZwCreateEvent", "use by handle", "ZwClose"}},
    {"requests", SCALE_REQUESTS, 1000000, in_kernel, {"IoCallDriver, pending", "IoCancelIrp", "completed"}},
    {"timers", SCALE_TIMERS, 100000, in_kernel, {"KeSetTimer", NULL, "KeCancelTimer"}},
    {"uhandles", 0, 1000000, user_handles, {"CreateEvent", "SetEvent", "CloseHandle"}},
    {"urequests", 0, 1000000, user_requests, {"DeviceIoControl, pending", NULL, "CancelIo"}},
    {"uexit", 0, 1000000, user_exit, {"DeviceIoControl, pending", NULL, "thread ends"}},
    {"uthreads", 0, 10000, user_threads, {"CreateThread", "all have run", "all have ended"}},
};

static void measure(size_t k, unsigned count, SCALE_RESULT *best) {
    unsigned rounds = stepped ? 1 : count <= 1000 ? 5 : 2; /* memory that is used for the first time costs the host more */
    if (stepped &&
        count <= 1000) { /* in a first round no page of the program comes back when the system process is left, later all do that it has used */
        SCALE_RESULT unused = {0};
        stepped = 0;
        kinds[k].run(kinds[k].kind, count, &unused);
        stepped = 1;
    }
    for (unsigned round = 0; round < rounds; round++) {
        SCALE_RESULT result = {0};
        kinds[k].run(kinds[k].kind, count, &result);
        if (result.Status < 0 || result.Status > 0 || result.Made != count) {
            printf("%s: %u of %u, then %08x\n", kinds[k].name, result.Made, count, (unsigned)result.Status);
            if (result.Status == (int)0xC000009A || result.Status == ERROR_NO_SYSTEM_RESOURCES || result.Status == ERROR_NOT_ENOUGH_MEMORY)
                exhausted = 1;
            else
                failed = 1;
            return;
        }
        if (round == 0) {
            *best = result;
            continue;
        }
        if (result.Make < best->Make)
            best->Make = result.Make;
        if (result.Use < best->Use)
            best->Use = result.Use;
        if (result.End < best->End)
            best->End = result.End;
    }
}

int main(int argc, char **argv) {
    unsigned few = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 1000;
    int known = 0;
    stepped = argc > 4;
    device = CreateFileA("\\\\.\\Scale", GENERIC_READ, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    if (device == INVALID_HANDLE_VALUE) {
        printf("\\\\.\\Scale: error %lu\n", GetLastError());
        return 1;
    }
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        unsigned many = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : kinds[k].many;
        SCALE_RESULT one = {0}, all = {0};
        if (argc > 1 && strcmp(argv[1], "all") != 0 && strcmp(argv[1], kinds[k].name) != 0)
            continue;
        known = 1;
        measure(k, few, &one);
        measure(k, many, &all);
        if (one.Made != few || all.Made != many)
            continue;
        unsigned long long before[3] = {one.Make, one.Use, one.End}, after[3] = {all.Make, all.Use, all.End};
        for (int phase = 0; phase < 3; phase++)
            if (kinds[k].phases[phase] != NULL)
                printf("%-10s %-26s %7u: %8.0f  %7u: %8.0f  x%.2f\n", kinds[k].name, kinds[k].phases[phase], few, (double)before[phase] / few, many,
                       (double)after[phase] / many, (double)after[phase] / many / ((double)before[phase] / few));
        fflush(stdout);
    }
    CloseHandle(device);
    if (!known)
        printf("%s: no such kind\n", argv[1]);
    return failed || !known ? 1 : exhausted ? 3 : 0;
}
