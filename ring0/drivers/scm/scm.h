/*
 * The service database as a device, \Device\ServiceControl: what its driver and advapi32.dll agree upon.
 *
 * A service control manager handle is a file handle to the device itself, a service handle one to NAME relative to that
 * (ObjectAttributes.RootDirectory). The access asked for is SC_MANAGER_* and SERVICE_* rights, generic rights already mapped; the driver keeps
 * what it granted with the file object and holds every request against it. Each request is one METHOD_BUFFERED control below.
 *
 * Statuses that are SCM_ERROR(e) stand for the Win32 error e (facility NTWIN32); all others are for RtlNtStatusToDosError.
 */
#pragma once

#define SCM_DEVICE_NAME  L"\\Device\\ServiceControl"
#define SCM_ERROR(win32) ((NTSTATUS)(0xC0070000u | (win32)))

#define SCM_CONTROL_CODE(number) CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800 + (number), METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_SCM_CREATE         SCM_CONTROL_CODE(0) /* manager; in: SCM_CONFIG; out: ULONG tag */
#define IOCTL_SCM_START          SCM_CONTROL_CODE(1)
#define IOCTL_SCM_CONTROL        SCM_CONTROL_CODE(2) /* in: ULONG SERVICE_CONTROL_*; out: SCM_STATUS */
#define IOCTL_SCM_QUERY          SCM_CONTROL_CODE(3) /* out: SCM_STATUS */
#define IOCTL_SCM_DELETE         SCM_CONTROL_CODE(4)
#define IOCTL_SCM_GET_CONFIG     SCM_CONTROL_CODE(5) /* out: SCM_CONFIG; STATUS_BUFFER_OVERFLOW with a ULONG, the size needed */
#define IOCTL_SCM_SET_CONFIG     SCM_CONTROL_CODE(6) /* in: SCM_CONFIG, SCM_NO_CHANGE in what stays; out: ULONG tag */
#define IOCTL_SCM_ENUMERATE      SCM_CONTROL_CODE(7) /* manager; in: ULONG, from 0 on; out: SCM_ENTRY; STATUS_NO_MORE_ENTRIES */
#define IOCTL_SCM_GET_OPTION     SCM_CONTROL_CODE(8) /* in: ULONG SCM_OPTION; out: its bytes, none if it is not set; STATUS_BUFFER_OVERFLOW as above */
#define IOCTL_SCM_SET_OPTION     SCM_CONTROL_CODE(9)  /* in: ULONG SCM_OPTION and its bytes; none: it is removed */
#define IOCTL_SCM_FIND           SCM_CONTROL_CODE(10) /* manager; in: SCM_FIND_*, a name; out: SCM_ENTRY */
#define IOCTL_SCM_DEPENDENTS     SCM_CONTROL_CODE(11) /* out: SCM_ENTRY for each, last to be started first; STATUS_BUFFER_OVERFLOW as above */

#define SCM_NO_CHANGE   0xFFFFFFFFu
#define SCM_NAME_LENGTH 256 /* characters of a service's, display or group name, without the terminator */

typedef struct _SCM_STATUS { /* as SERVICE_STATUS_PROCESS */
    ULONG Type, State, Accepted, Win32Exit, ServiceExit, CheckPoint, WaitHint, ProcessId, Flags;
} SCM_STATUS;

typedef struct _SCM_TEXT {
    ULONG Offset; /* from the structure that it is part of; 0: there is none */
    ULONG Length; /* bytes, without a terminator */
} SCM_TEXT;

typedef struct _SCM_CONFIG {
    ULONG Type, Start, ErrorControl;
    ULONG Tag;            /* in: not 0: one is wanted */
    SCM_TEXT Name;        /* not in IOCTL_SCM_SET_CONFIG */
    SCM_TEXT DisplayName; /* none: the name */
    SCM_TEXT ImagePath;   /* as the caller wrote it */
    SCM_TEXT Group;
    SCM_TEXT Dependencies; /* terminated strings, groups with a '+' before them, without the last terminator */
    SCM_TEXT Account;      /* a driver's object name, ObjectName in the registry */
} SCM_CONFIG;

typedef struct _SCM_ENTRY {
    WCHAR Name[SCM_NAME_LENGTH + 1], DisplayName[SCM_NAME_LENGTH + 1], Group[SCM_NAME_LENGTH + 1];
    SCM_STATUS Status;
} SCM_ENTRY;

/* What ChangeServiceConfig2 sets, a registry value each. Texts are without a terminator, lists without the last one. */
typedef enum _SCM_OPTION {
    ScmDescription,        /* text */
    ScmDelayedAutoStart,   /* ULONG */
    ScmFailureActions,     /* SCM_FAILURE, then an SC_ACTION (two ULONGs) for each */
    ScmRebootMessage,      /* text */
    ScmFailureCommand,     /* text */
    ScmFailureFlag,        /* ULONG */
    ScmSidType,            /* ULONG */
    ScmRequiredPrivileges, /* list */
    ScmPreshutdownTimeout, /* ULONG, milliseconds */
    ScmOptions
} SCM_OPTION;

typedef struct _SCM_FAILURE { /* how the value FailureActions begins: SERVICE_FAILURE_ACTIONS with 32-bit pointers */
    ULONG ResetPeriod, RebootMessage, Command, Count, Actions;
} SCM_FAILURE;

enum { SCM_FIND_BY_NAME, SCM_FIND_BY_DISPLAY_NAME };
typedef struct _SCM_FIND {
    ULONG By;
    WCHAR Name[SCM_NAME_LENGTH + 2]; /* terminated */
} SCM_FIND;
