/* What alarm.sys and its program agree upon. */
#pragma once

#define ALARM_EVENT                                                                                                                                  \
    "Global\\RingsideAlarm" /* a notification event of the driver's, set by the first alarm of all; programs may wait for it and nothing else */

/* Input: ALARM_REGISTER. The event is the file's until it registers another or is closed. */
#define IOCTL_ALARM_REGISTER CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_WRITE_ACCESS)
/* Input: a ULONG, milliseconds from now on, when the file's event is set. ERROR_NOT_READY: it has registered none. */
#define IOCTL_ALARM_SET CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_WRITE_ACCESS)
/* Output: a ULONG, how often the file's alarm has gone off. */
#define IOCTL_ALARM_COUNT CTL_CODE(FILE_DEVICE_UNKNOWN, 0x802, METHOD_BUFFERED, FILE_READ_ACCESS)

typedef struct _ALARM_REGISTER {
    ULONG64 Event; /* a handle with EVENT_MODIFY_STATE; of one size in 32-bit and 64-bit programs */
} ALARM_REGISTER, *PALARM_REGISTER;
