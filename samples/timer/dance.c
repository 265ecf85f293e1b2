/* Reads beats. */
#include <stdio.h>
#include <windows.h>
#include <winioctl.h>
#include "metronome.h"

static HANDLE metronome;

static HANDLE open_metronome(void) {
    return CreateFileA("\\\\.\\Metronome", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
}

static DWORD start(ULONG period, ULONG tolerance) {
    METRONOME_START input = {period, tolerance};
    OVERLAPPED state = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    DWORD count, error = ERROR_SUCCESS;
    if (!DeviceIoControl(metronome, IOCTL_METRONOME_START, &input, sizeof input, NULL, 0, NULL, &state) && GetLastError() != ERROR_IO_PENDING)
        error = GetLastError();
    else if (!GetOverlappedResult(metronome, &state, &count, TRUE))
        error = GetLastError();
    CloseHandle(state.hEvent);
    return error;
}

static DWORD read_beat(METRONOME_BEAT *beat, DWORD size, DWORD patience) {
    OVERLAPPED state = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    DWORD count, error = ERROR_SUCCESS;
    if (!ReadFile(metronome, beat, size, NULL, &state) && GetLastError() != ERROR_IO_PENDING) {
        error = GetLastError();
    } else {
        if (WaitForSingleObject(state.hEvent, patience) == WAIT_TIMEOUT)
            CancelIoEx(metronome, &state);
        if (!GetOverlappedResult(metronome, &state, &count, TRUE))
            error = GetLastError();
    }
    CloseHandle(state.hEvent);
    return error;
}

/* Beats that follow one another, and how long each comes after the one before. */
static void dance(ULONG period, ULONG tolerance) {
    METRONOME_BEAT beat = {0}, before;
    int good = 1;
    printf("a beat each %lu ms, up to %lu ms late: error %lu\n", period, tolerance, start(period, tolerance));
    for (ULONG i = 1; i <= 4; i++) {
        before = beat;
        good &= read_beat(&beat, sizeof beat, INFINITE) == ERROR_SUCCESS && beat.Number > before.Number && beat.Irql == 2;
        if (i > 1)
            fprintf(stderr, "beat %lu, %.1f ms after beat %lu\n", beat.Number, (double)(beat.Time - before.Time) / 10000, before.Number);
    }
    printf("four of them, counted at DISPATCH_LEVEL: %s\n", good ? "ok" : "error");
}

int main(void) {
    METRONOME_BEAT beat;
    metronome = open_metronome();
    if (metronome == INVALID_HANDLE_VALUE) {
        printf("Metronome: error %lu\n", GetLastError());
        return 1;
    }
    printf("a second file: error %lu\n", open_metronome() != INVALID_HANDLE_VALUE ? 0 : GetLastError());
    printf("a tolerance above the period: error %lu\n", start(10, 11));
    printf("a read that is too short: error %lu\n", read_beat(&beat, 4, INFINITE));
    dance(10, 0);
    dance(50, 40);
    printf("no more beats: error %lu\n", start(0, 0));
    printf("a read that loses its own patience: error %lu\n", read_beat(&beat, sizeof beat, 100));
    printf("one that the driver loses patience with: error %lu\n", read_beat(&beat, sizeof beat, INFINITE));
    start(1, 0); /* the close stops it */
    return 0;
}
