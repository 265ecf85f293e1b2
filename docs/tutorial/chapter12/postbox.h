/* What the driver and its programs agree on. */
#define FILE_DEVICE_POSTBOX 0x8001 /* 0x8000 and above are free for drivers like ours, and so are functions from 0x800 on */

/* out: ULONG, how many notes there are */
#define IOCTL_POSTBOX_COUNT CTL_CODE(FILE_DEVICE_POSTBOX, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
/* in: a name; the second buffer: a text. They become the note "name: text". */
#define IOCTL_POSTBOX_SIGNED CTL_CODE(FILE_DEVICE_POSTBOX, 0x801, METHOD_IN_DIRECT, FILE_WRITE_ACCESS)
/* out: the oldest note, which stays */
#define IOCTL_POSTBOX_PEEK CTL_CODE(FILE_DEVICE_POSTBOX, 0x802, METHOD_OUT_DIRECT, FILE_READ_ACCESS)
/* in: a letter; out: ULONG, how many notes begin with it */
#define IOCTL_POSTBOX_FIND CTL_CODE(FILE_DEVICE_POSTBOX, 0x803, METHOD_NEITHER, FILE_READ_ACCESS)
