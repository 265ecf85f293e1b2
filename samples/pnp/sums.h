/* What abacus.sys and its program agree upon: the class of its interface, by which devices are found, and what they can be asked. */
#pragma once
#include <guiddef.h>

static const GUID AbacusInterface = {0x0C9B7A55, 0x8C1E, 0x4B53, {0x9F, 0x02, 0x61, 0x7A, 0xD4, 0x2E, 0x55, 0x10}};

/* Input: a ULONG. Output: its factorial, the lower 32 bits of it, as a ULONG. */
#define IOCTL_ABACUS_FACTORIAL CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_READ_ACCESS)
/* The device is broken from now on, as far as its driver can tell. */
#define IOCTL_ABACUS_BREAK CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_WRITE_ACCESS)
