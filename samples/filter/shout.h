/* What shout.sys and its program agree upon: the filter answers at a device of its own, \\.\Shout, and adds nothing to what the device below understands. */
#pragma once

/* Output: SHOUT_COUNTS. */
#define IOCTL_SHOUT_COUNTS CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_READ_ACCESS)

typedef struct _SHOUT_COUNTS {
    ULONG Requests[IRP_MJ_MAXIMUM_FUNCTION + 1]; /* by major function */
    ULONG Altered, Unaltered;                    /* bytes read: raised to capitals; passed as they were, for there was no safe way to reach them */
} SHOUT_COUNTS, *PSHOUT_COUNTS;
