/*
 * The service database from the inside. What a service is lies in its registry key and is read there each time; this driver remembers only
 * what the registry does not: open handles, deletion under way, a start or stop under way, the last error.
 *
 * A driver service is in the state of its driver:
 *
 *      stopped --start--> start pending --DriverEntry succeeded--> running --stop--> stop pending --unloaded--> stopped
 *                              |                                                    (while its devices are open)
 *                              +--DriverEntry failed--> stopped
 *
 * Everything runs at PASSIVE_LEVEL in the caller's thread. A lock guards the list; it is not held while a driver starts or stops.
 */
#pragma once
#include "hal/ddk.h"
#include <ntifs.h>
#include "scm.h"

#define SCM_TAG 'mcSR'

/* winsvc.h and winerror.h, which the kernel's headers do not have. */
#define SC_MANAGER_CONNECT           0x0001u
#define SC_MANAGER_CREATE_SERVICE    0x0002u
#define SC_MANAGER_ENUMERATE_SERVICE 0x0004u
#define SC_MANAGER_ALL_ACCESS        0xF003Fu
#define SERVICE_QUERY_CONFIG         0x0001u
#define SERVICE_CHANGE_CONFIG        0x0002u
#define SERVICE_QUERY_STATUS         0x0004u
#define SERVICE_START                0x0010u
#define SERVICE_STOP                 0x0020u
#define SERVICE_PAUSE_CONTINUE       0x0040u
#define SERVICE_INTERROGATE          0x0080u
#define SERVICE_USER_DEFINED_CONTROL 0x0100u
#define SERVICE_ALL_ACCESS           0xF01FFu

enum { SERVICE_STOPPED = 1, SERVICE_START_PENDING, SERVICE_STOP_PENDING, SERVICE_RUNNING };
enum {
    SERVICE_CONTROL_STOP = 1,
    SERVICE_CONTROL_PAUSE,
    SERVICE_CONTROL_CONTINUE,
    SERVICE_CONTROL_INTERROGATE,
    SERVICE_CONTROL_PARAMCHANGE = 6,
    SERVICE_CONTROL_NETBINDDISABLE = 10
};
#define SERVICE_ACCEPT_STOP 1u

#define ERROR_INVALID_PARAMETER          87u
#define ERROR_INVALID_NAME               123u
#define ERROR_INVALID_SERVICE_CONTROL    1052u
#define ERROR_SERVICE_NO_THREAD          1054u
#define ERROR_SERVICE_ALREADY_RUNNING    1056u
#define ERROR_SERVICE_DISABLED           1058u
#define ERROR_SERVICE_DOES_NOT_EXIST     1060u
#define ERROR_SERVICE_CANNOT_ACCEPT_CTRL 1061u
#define ERROR_SERVICE_NOT_ACTIVE         1062u
#define ERROR_SERVICE_MARKED_FOR_DELETE  1072u
#define ERROR_SERVICE_EXISTS             1073u
#define ERROR_SERVICE_NEVER_STARTED      1077u
#define ERROR_DUPLICATE_SERVICE_NAME     1078u

typedef struct _SCM_SERVICE {
    LIST_ENTRY Entry;
    ULONG References; /* handles, and requests under way */
    ULONG Pending;    /* SERVICE_START_PENDING or SERVICE_STOP_PENDING while this driver is at it, else 0 */
    ULONG Win32Exit;
    BOOLEAN Deleted;     /* DeleteService was called; goes when it is stopped and nobody has it open */
    BOOLEAN Unstoppable; /* its driver has refused to be unloaded */
    UNICODE_STRING Name;
} SCM_SERVICE, *PSCM_SERVICE;

typedef struct _SCM_HANDLE { /* FILE_OBJECT.FsContext */
    PSCM_SERVICE Service;    /* NULL: the manager */
    ACCESS_MASK Granted;
} SCM_HANDLE, *PSCM_HANDLE;

/* database.c */
VOID ScmInitialize(VOID);
VOID ScmAcquire(VOID); /* the lock */
VOID ScmRelease(VOID);
/* ...with the lock held */
NTSTATUS ScmCheckName(PCUNICODE_STRING Name);
PSCM_SERVICE ScmFind(PCUNICODE_STRING Name); /* also one that only the registry knows; NULL: none, or no memory */
ULONG ScmState(PSCM_SERVICE Service);
VOID ScmFillStatus(PSCM_SERVICE Service, SCM_STATUS *Status);
VOID ScmSweep(VOID); /* removes what was deleted and is no longer in use */
/* Whether another service than Except has that name as its name or display name. */
BOOLEAN ScmNameTaken(PCUNICODE_STRING Name, PCUNICODE_STRING Except);
NTSTATUS ScmEntry(ULONG Index, SCM_ENTRY *Entry);

/* config.c: with the lock held */
NTSTATUS ScmCreate(const SCM_CONFIG *Config, ULONG Size, PULONG Tag);
NTSTATUS ScmSetConfig(PSCM_SERVICE Service, const SCM_CONFIG *Config, ULONG Size, PULONG Tag);
NTSTATUS ScmGetConfig(PSCM_SERVICE Service, SCM_CONFIG *Config, ULONG Size, PULONG Used);

/* control.c: without it */
NTSTATUS ScmStart(PSCM_SERVICE Service);
NTSTATUS ScmControl(PSCM_SERVICE Service, ULONG Control, SCM_STATUS *Status);
BOOLEAN ScmIsDriver(ULONG Type);

/* registry.c: keys below ...\Services */
NTSTATUS ScmKeyPath(PCUNICODE_STRING Name, PUNICODE_STRING Path); /* from paged pool */
NTSTATUS ScmOpenKey(PCUNICODE_STRING Name, BOOLEAN Create, PHANDLE Key);
NTSTATUS ScmReadNumber(HANDLE Key, PCWSTR Value, PULONG Number);
NTSTATUS ScmReadText(HANDLE Key, PCWSTR Value, PUNICODE_STRING Text); /* from paged pool, without its last terminator */
NTSTATUS ScmWriteNumber(HANDLE Key, PCWSTR Value, ULONG Number);
NTSTATUS ScmWriteText(HANDLE Key, PCWSTR Value, ULONG Type, PCUNICODE_STRING Text); /* adds a terminator */
NTSTATUS ScmServiceAt(ULONG Index, PUNICODE_STRING Name);                           /* the Index-th key's name, from paged pool */
VOID ScmDeleteKey(PCUNICODE_STRING Name);                                           /* with all keys below it */
VOID ScmFreeText(PUNICODE_STRING Text);
