/*
 * Threads that free, protect, close, suspend and end what others are using in requests to the Example device:
 * threads-race [SEED [exit|terminate|thread]]. With a second argument the process ends with code 7 in the middle of it. Without the device it does
 * the same to a file.
 */
#include "utap.h"
#include <winioctl.h>
#include <stdlib.h>
#include <string.h>
#include "../../samples/example/example.h"

#define ROUNDS  2000
#define USERS   4
#define BUFFERS 8
#define SIZE    8192

static BYTE *volatile buffers[BUFFERS];
static volatile HANDLE devices[USERS];
static volatile LONG stop, requests, failed, running;
static HANDLE users[USERS];
static const char *path;

static DWORD random_of(DWORD *state, DWORD limit) {
    *state = *state * 1664525 + 1013904223;
    return (*state >> 8) % limit;
}
static void pause_of(DWORD *state) {
    switch (random_of(state, 6)) {
    case 0: Sleep(0); break;
    case 1: SwitchToThread(); break;
    case 2: Sleep(1); break;
    default: break;
    }
}
static HANDLE open_device(void) {
    return CreateFileA(path, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_ALWAYS, 0, NULL);
}

/* One request with whatever memory and handle are there at the moment. */
static BOOL request(HANDLE device, DWORD *state) {
    static const DWORD codes[] = {IOCTL_EXAMPLE_REVERSE,        IOCTL_EXAMPLE_APPEND,
                                  IOCTL_EXAMPLE_GET_STATISTICS, IOCTL_EXAMPLE_LENGTH,
                                  IOCTL_EXAMPLE_TWO_BYTES,      CTL_CODE(FILE_DEVICE_EXAMPLE, 0x900, METHOD_IN_DIRECT, FILE_ANY_ACCESS)};
    BYTE *in = buffers[random_of(state, BUFFERS)] + random_of(state, SIZE), *out = buffers[random_of(state, BUFFERS)] + random_of(state, SIZE);
    DWORD size = random_of(state, 2) ? random_of(state, 256) : random_of(state, 2 * SIZE), done;
    switch (random_of(state, 4)) {
    case 0: return ReadFile(device, out, size, &done, NULL);
    case 1: return WriteFile(device, in, size, &done, NULL);
    default: return DeviceIoControl(device, codes[random_of(state, 6)], in, random_of(state, 300), out, size, &done, NULL);
    }
}

static DWORD WINAPI user(void *argument) {
    DWORD number = (DWORD)(ULONG_PTR)argument & 0xFF, state = (DWORD)(ULONG_PTR)argument * 2654435761u;
    InterlockedIncrement(&running);
    while (!stop) {
        HANDLE device = devices[random_of(&state, USERS)];
        if (random_of(&state, 16) == 0) {
            device = devices[number];
            devices[number] = INVALID_HANDLE_VALUE;
            if (device != INVALID_HANDLE_VALUE)
                CloseHandle(device); /* others may be in the middle of a request with it, and its value may soon be another's */
            devices[number] = open_device();
        }
        if (!request(device, &state))
            InterlockedIncrement(&failed);
        InterlockedIncrement(&requests);
        pause_of(&state);
    }
    InterlockedDecrement(&running);
    return 0;
}

static HANDLE start(DWORD number, DWORD seed) { return CreateThread(NULL, 65536, user, (void *)(ULONG_PTR)(seed << 8 | number), 0, NULL); }

static void change_memory(DWORD *state) {
    static const DWORD protections[] = {PAGE_READONLY, PAGE_NOACCESS, PAGE_READWRITE, PAGE_READWRITE | PAGE_GUARD, PAGE_READWRITE};
    BYTE *buffer = buffers[random_of(state, BUFFERS)];
    DWORD before;
    switch (random_of(state, 4)) {
    case 0:
        VirtualFree(buffer, 0, MEM_RELEASE);
        pause_of(state);
        VirtualAlloc(buffer, SIZE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        break;
    case 1:
        VirtualFree(buffer + SIZE / 2, SIZE / 2, MEM_DECOMMIT);
        pause_of(state);
        VirtualAlloc(buffer, SIZE, MEM_COMMIT, PAGE_READWRITE);
        break;
    default: VirtualProtect(buffer, random_of(state, 2) ? SIZE : SIZE / 2, protections[random_of(state, 5)], &before); break;
    }
}

static void change_thread(DWORD *state, DWORD seed) {
    DWORD number = random_of(state, USERS);
    switch (random_of(state, 8)) {
    case 0:
        if (TerminateThread(users[number], 1)) {
            WaitForSingleObject(users[number], INFINITE);
            InterlockedDecrement(&running);
            CloseHandle(users[number]);
            users[number] = start(number, seed);
        }
        break;
    case 1:
    case 2:
        SuspendThread(users[number]);
        pause_of(state);
        change_memory(state);
        ResumeThread(users[number]);
        break;
    case 3: CancelIoEx(devices[number], NULL); break;
    default: break;
    }
}

static DWORD WINAPI end_process(void *argument) {
    Sleep(20);
    ExitProcess(7);
}

int main(int argc, char **argv) {
    DWORD seed = argc > 1 ? (DWORD)strtoul(argv[1], NULL, 0) : 1, state = seed * 69069 + 1;
    const char *end = argc > 2 ? argv[2] : "";
    HANDLE probe = CreateFileA(EXAMPLE_WIN32_NAME, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    path = probe == INVALID_HANDLE_VALUE ? "C:\\race.dat" : EXAMPLE_WIN32_NAME;
    if (probe != INVALID_HANDLE_VALUE)
        CloseHandle(probe);
    for (unsigned i = 0; i < BUFFERS; i++)
        buffers[i] = VirtualAlloc(NULL, SIZE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    for (DWORD i = 0; i < USERS; i++)
        devices[i] = open_device();
    for (DWORD i = 0; i < USERS; i++)
        users[i] = start(i, seed);
    OK(devices[0] != INVALID_HANDLE_VALUE && users[USERS - 1], "threads and a device");
    for (DWORD i = 0; i < ROUNDS; i++) {
        change_memory(&state);
        change_thread(&state, seed + i);
        pause_of(&state);
        if (i == ROUNDS / 2) {
            if (!strcmp(end, "exit"))
                ExitProcess(7);
            if (!strcmp(end, "terminate"))
                TerminateProcess(GetCurrentProcess(), 7);
            if (!strcmp(end, "thread"))
                CreateThread(NULL, 0, end_process, NULL, 0, NULL);
        }
    }
    if (!strcmp(end, "thread"))
        Sleep(INFINITE);
    stop = 1;
    for (DWORD i = 0; i < USERS; i++)
        OK(WaitForSingleObject(users[i], 10000) == WAIT_OBJECT_0, "a thread ends when it is told to");
    OK(requests > ROUNDS / 4 && failed && failed < requests, "requests succeed and fail");
    printf("# %ld requests, %ld failed\n", requests, failed);
    return done();
}
