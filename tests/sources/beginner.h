/* Header of a driver as a beginner writes it, switches and all. */
#ifndef __BEGINNER_H__
#define __BEGINNER_H__

typedef unsigned int UINT;
typedef char *PCHAR;

NTSTATUS Note_Create(PDEVICE_OBJECT DeviceObject, PIRP Irp);
NTSTATUS Note_Close(PDEVICE_OBJECT DeviceObject, PIRP Irp);
NTSTATUS Note_IoControl(PDEVICE_OBJECT DeviceObject, PIRP Irp);
NTSTATUS Note_Unsupported(PDEVICE_OBJECT DeviceObject, PIRP Irp);

#ifdef __USE_DIRECT__
#define IO_TYPE    DO_DIRECT_IO
#define NOTE_WRITE Note_WriteDirect
#endif

#ifdef __USE_BUFFERED__
#define IO_TYPE    DO_BUFFERED_IO
#define NOTE_WRITE Note_WriteBuffered
#endif

#ifndef IO_TYPE
#define IO_TYPE    0
#define NOTE_WRITE Note_WriteNeither
#endif

NTSTATUS NOTE_WRITE(PDEVICE_OBJECT DeviceObject, PIRP Irp);

#endif
