/* What metronome.sys and its program agree upon. A read, of a METRONOME_BEAT, waits for the next beat, and at most METRONOME_PATIENCE seconds (ERROR_SEM_TIMEOUT). */
#pragma once

#define METRONOME_PATIENCE 2

/* Input: METRONOME_START. Beats are numbered from 1. A period of 0: no more beats. */
#define IOCTL_METRONOME_START CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_WRITE_ACCESS)

typedef struct _METRONOME_START {
    ULONG Period, Tolerance; /* milliseconds; how much later a beat may be than it should */
} METRONOME_START, *PMETRONOME_START;

typedef struct _METRONOME_BEAT {
    ULONG Number;
    ULONG Irql;   /* at which it was counted */
    ULONG64 Time; /* since the machine started, 100 ns */
} METRONOME_BEAT, *PMETRONOME_BEAT;
