/*
 * What the Example driver and its programs agree upon. Include it after <ntddk.h> in the driver, after <windows.h> and
 * <winioctl.h> in a program.
 */
#pragma once

#define EXAMPLE_DEVICE_NAME L"\\Device\\Example"
#define EXAMPLE_LINK_NAME   L"\\DosDevices\\Example"
#define EXAMPLE_WIN32_NAME  "\\\\.\\Example"

/* The longest text the device keeps, in bytes, its terminator included. */
#define EXAMPLE_TEXT_SIZE 256

/* Device types from 0x8000 and function codes from 0x800 are left to whoever needs them. */
#define FILE_DEVICE_EXAMPLE 0x8001u

/* In: text with its terminator. Out, the same buffer: that text backwards, terminated. */
#define IOCTL_EXAMPLE_REVERSE CTL_CODE(FILE_DEVICE_EXAMPLE, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
/* The "output" buffer is read, as this method has it: text with its terminator, added to the text that the device keeps. */
#define IOCTL_EXAMPLE_APPEND CTL_CODE(FILE_DEVICE_EXAMPLE, 0x801, METHOD_IN_DIRECT, FILE_WRITE_ACCESS)
/* Out: EXAMPLE_STATISTICS. */
#define IOCTL_EXAMPLE_GET_STATISTICS CTL_CODE(FILE_DEVICE_EXAMPLE, 0x802, METHOD_OUT_DIRECT, FILE_READ_ACCESS)
/* In: text with its terminator. Out: ULONG, its length without the terminator. */
#define IOCTL_EXAMPLE_LENGTH CTL_CODE(FILE_DEVICE_EXAMPLE, 0x803, METHOD_NEITHER, FILE_ANY_ACCESS)
/* In: two bytes. The driver prints the first, waits for EXAMPLE_PAUSE_MS, prints the second: time to take the memory away. */
#define IOCTL_EXAMPLE_TWO_BYTES CTL_CODE(FILE_DEVICE_EXAMPLE, 0x804, METHOD_NEITHER, FILE_ANY_ACCESS)
#define EXAMPLE_PAUSE_MS        100

/* How the driver was built: the value of EXAMPLE_IO, and EXAMPLE_STATISTICS.Io. */
#define EXAMPLE_BUFFERED 1
#define EXAMPLE_DIRECT   2
#define EXAMPLE_NEITHER  3

typedef struct _EXAMPLE_STATISTICS {
    ULONG Io;
    ULONG Opens;
    ULONG Reads;    /* requests that succeeded */
    ULONG Writes;   /* requests that succeeded */
    ULONG Refused;  /* reads, writes and controls that failed */
    ULONG TextSize; /* bytes of text kept, terminator included; 0 before the first write */
} EXAMPLE_STATISTICS, *PEXAMPLE_STATISTICS;
