/*
 * The console device, as kernel32 sees it. Include it after ntddk.h or winioctl.h.
 *
 *   \Device\ConDrv\Input, \CurrentIn    what the machine's standard input brings      \??\CONIN$
 *   \Device\ConDrv\Output, \CurrentOut  standard output                               \??\CONOUT$
 *   \Device\ConDrv\Error                standard error
 *   \Device\ConDrv\Console              input for who reads, output for who writes    \??\CON
 *
 * Reads and writes carry bytes, which are UTF-8 as far as this device cares. A read gives what is there up to its length, on a
 * terminal at most one line, which ends in \r\n; it succeeds with 0 bytes at the end of input. It pends while a terminal has nothing.
 * A read from an output, or a write to an input, is STATUS_INVALID_HANDLE.
 */
#pragma once

#ifndef FILE_DEVICE_CONSOLE
#define FILE_DEVICE_CONSOLE 0x50
#endif

#define CONDRV_IOCTL(n) CTL_CODE(FILE_DEVICE_CONSOLE, 0x800 + (n), METHOD_BUFFERED, FILE_ANY_ACCESS)

/* Out: CONDRV_INFO. What kind of stream the handle is. */
#define IOCTL_CONDRV_GET_INFO CONDRV_IOCTL(0)
/* Out / in: ULONG, the ENABLE_ bits of wincon.h. STATUS_INVALID_HANDLE when the stream is no terminal, which is how GetConsoleMode tells.
   Setting: STATUS_INVALID_PARAMETER for unknown bits or ECHO without LINE, STATUS_NOT_SUPPORTED for an input without PROCESSED, LINE and ECHO:
   the terminal is always a line-wise one. */
#define IOCTL_CONDRV_GET_MODE CONDRV_IOCTL(1)
#define IOCTL_CONDRV_SET_MODE CONDRV_IOCTL(2)
/* Out / in: ULONG. It is always 65001; setting another is STATUS_INVALID_PARAMETER. */
#define IOCTL_CONDRV_GET_CODE_PAGE CONDRV_IOCTL(3)
#define IOCTL_CONDRV_SET_CODE_PAGE CONDRV_IOCTL(4)
/* In: UTF-16 text, any length; written as UTF-8. Information: 0 (all of it was written). A surrogate pair may be split over two calls. */
#define IOCTL_CONDRV_WRITE_WIDE CONDRV_IOCTL(5)
/* Out: UTF-16 text of one line at most; otherwise as a read. Information: bytes. Room for one character at least: STATUS_BUFFER_TOO_SMALL. */
#define IOCTL_CONDRV_READ_WIDE CONDRV_IOCTL(6)
/* Forgets what has been read ahead of the program. */
#define IOCTL_CONDRV_FLUSH_INPUT CONDRV_IOCTL(7)
/* Out: ULONG, the bytes that a read would find now: of the line that was read ahead or typed. STATUS_INVALID_HANDLE when the stream is no terminal's input. */
#define IOCTL_CONDRV_COUNT_INPUT CONDRV_IOCTL(8)

/* Out: CONDRV_SCREEN. In: ULONG, the attributes (FOREGROUND_, BACKGROUND_, COMMON_LVB_ bits of wincon.h) of what is written from now on: the terminal gets them as
   escape sequences; STATUS_INVALID_PARAMETER for unknown bits. Of an output that is a terminal; of another STATUS_INVALID_HANDLE. */
#define IOCTL_CONDRV_GET_SCREEN     CONDRV_IOCTL(9)
#define IOCTL_CONDRV_SET_ATTRIBUTES CONDRV_IOCTL(10)

typedef struct _CONDRV_SCREEN {
    USHORT Columns, Rows; /* of the terminal now; 80 and 25 if it does not say */
    ULONG Attributes;
} CONDRV_SCREEN;

typedef struct _CONDRV_INFO {
    ULONG IsTerminal;
    ULONG IsInput;
    ULONG Stream; /* 0, 1, 2 */
} CONDRV_INFO;
