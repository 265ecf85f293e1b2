/* What the driver irp-parameters records of each request, and how the program of that name asks for it. */
#pragma once

enum { IO_BUFFERED, IO_DIRECT, IO_NEITHER, IO_KINDS };

/* RECORD.Buffers */
#define HAS_SYSTEM_BUFFER 1
#define HAS_MDL           2
#define HAS_USER_BUFFER   4
#define HAS_TYPE3_BUFFER  8

typedef struct _RECORD {
    UCHAR Major, Minor, StackFlags, Irql;
    UCHAR Io, RequestorMode, FirstByte, Reserved; /* FirstByte: of the data that came with the request */
    ULONG Process, IrpFlags, FileFlags, Buffers;
    ULONG64 UserBuffer, Type3InputBuffer, MdlVirtualAddress;
    ULONG MdlByteCount;
    /* create */
    ULONG Options, DesiredAccess, EaLength;
    USHORT FileAttributes, ShareAccess;
    /* read, write */
    ULONG Length, Key;
    LONGLONG ByteOffset;
    /* device control */
    ULONG InputLength, OutputLength, Code;
    ULONG NameLength;
    WCHAR Name[64]; /* FileObject->FileName, cut off */
} RECORD;

/* To the control device: the oldest record, taken off the log; ERROR_NO_MORE_ITEMS when there is none. */
#define IOCTL_FETCH CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
/* To a recorded device: the driver keeps a reference to the file object, which a worker drops a while after the cleanup. */
#define IOCTL_KEEP                  CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_PROBE(Method, Access) CTL_CODE(FILE_DEVICE_UNKNOWN, 0x810, Method, Access)
