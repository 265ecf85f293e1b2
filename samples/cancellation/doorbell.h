/* What doorbell.sys and its programs agree upon. */
#pragma once

#define DOORBELL_MOST_WAITING 100 /* reads of one open file; one more fails with ERROR_NOT_ENOUGH_QUOTA */

/* No input; output: DOORBELL_COUNTS, of all files together. */
#define IOCTL_DOORBELL_COUNTS CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_READ_ACCESS)

typedef struct _DOORBELL_COUNTS {
    ULONG Waiting, Answered, Cancelled;
} DOORBELL_COUNTS, *PDOORBELL_COUNTS;
