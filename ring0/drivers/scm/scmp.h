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
#define SERVICE_ENUMERATE_DEPENDENTS 0x0008u
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

#define ERROR_INVALID_PARAMETER            87u
#define ERROR_INVALID_NAME                 123u
#define ERROR_DEPENDENT_SERVICES_RUNNING   1051u
#define ERROR_INVALID_SERVICE_CONTROL      1052u
#define ERROR_SERVICE_NO_THREAD            1054u
#define ERROR_SERVICE_ALREADY_RUNNING      1056u
#define ERROR_INVALID_SERVICE_ACCOUNT      1057u
#define ERROR_SERVICE_DISABLED             1058u
#define ERROR_CIRCULAR_DEPENDENCY          1059u
#define ERROR_SERVICE_DOES_NOT_EXIST       1060u
#define ERROR_SERVICE_CANNOT_ACCEPT_CTRL   1061u
#define ERROR_SERVICE_NOT_ACTIVE           1062u
#define ERROR_SERVICE_DEPENDENCY_FAIL      1068u
#define ERROR_SERVICE_MARKED_FOR_DELETE    1072u
#define ERROR_SERVICE_EXISTS               1073u
#define ERROR_SERVICE_DEPENDENCY_DELETED   1075u
#define ERROR_SERVICE_NEVER_STARTED        1077u
#define ERROR_DUPLICATE_SERVICE_NAME       1078u
#define ERROR_CANNOT_DETECT_DRIVER_FAILURE 1080u

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
VOID ScmRemoveDeleted(VOID); /* at boot, before anybody asks */
VOID ScmAcquire(VOID);       /* the lock */
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

BOOLEAN ScmFindByDisplayName(PCUNICODE_STRING DisplayName, PUNICODE_STRING Name); /* Name: from paged pool */
VOID ScmFillEntry(PSCM_SERVICE Service, SCM_ENTRY *Entry);
/* Waits until Service is no longer in State, for 30 seconds at most. The lock is given up meanwhile; Service must be referenced. */
VOID ScmWaitWhile(PSCM_SERVICE Service, ULONG State);
VOID ScmChanged(VOID); /* wakes those */

/* config.c: with the lock held */
NTSTATUS ScmCreate(const SCM_CONFIG *Config, ULONG Size, PULONG Tag);
NTSTATUS ScmSetConfig(PSCM_SERVICE Service, const SCM_CONFIG *Config, ULONG Size, PULONG Tag);
NTSTATUS ScmGetConfig(PSCM_SERVICE Service, SCM_CONFIG *Config, ULONG Size, PULONG Used);

/* option.c: with the lock held. Size: of the option's bytes; Room: of the buffer */
NTSTATUS ScmSetOption(PSCM_SERVICE Service, ULONG Option, PVOID Data, ULONG Size);
NTSTATUS ScmGetOption(PSCM_SERVICE Service, ULONG Option, PVOID Buffer, ULONG Room, PULONG Size);

/* graph.c: who depends on whom, as the registry has it. With the lock held; every service of it is referenced until it is freed. */
#define SCM_NONE 0xFFFFFFFFu
typedef struct _SCM_EDGE {
    ULONG Target; /* a node, or SCM_NONE: no such service */
    ULONG Group;  /* SCM_NONE: on that service; else on one of the Group-th group's members, of which Target is one */
} SCM_EDGE;
typedef struct _SCM_NODE {
    PSCM_SERVICE Service; /* NULL: one that is to be created */
    UNICODE_STRING Name, Group;
    UNICODE_STRING Services, Groups; /* it depends on: terminated strings */
    ULONG FirstEdge, EdgeCount, GroupCount;
    ULONG NextEdge; /* ScmOrder's */
    BOOLEAN Leaf;   /* for the caller of ScmOrder to set: what it depends on does not matter */
    UCHAR Visit;
} SCM_NODE, *PSCM_NODE;
typedef struct _SCM_GRAPH {
    PSCM_NODE Nodes;
    SCM_EDGE *Edges;
    PULONG Order; /* nodes, each after those it depends on */
    PULONG Path;
    ULONG Count, OrderCount;
    BOOLEAN Circular, Missing; /* found by ScmOrder: a circle; a service that is not there or is marked for deletion */
} SCM_GRAPH, *PSCM_GRAPH;
/* With Changed, whose four strings are copied, in place of the service of that name, or beside the others; NULL: as they are. */
NTSTATUS ScmLoadGraph(PSCM_GRAPH Graph, const SCM_NODE *Changed);
VOID ScmFreeGraph(PSCM_GRAPH Graph);
ULONG ScmNode(const SCM_GRAPH *Graph, PCUNICODE_STRING Name); /* SCM_NONE: there is none */
VOID ScmOrder(PSCM_GRAPH Graph, ULONG From);                  /* appends From and what it depends on to Order */
/* Whether a service that is not stopped needs this one: depends on it, or on a group of which nobody else runs. */
NTSTATUS ScmIsNeeded(PSCM_SERVICE Service, BOOLEAN *Needed);
/* All that depend on it, directly or not, last to be started first; only counted beyond Room entries. */
NTSTATUS ScmDependents(PSCM_SERVICE Service, SCM_ENTRY *Entries, ULONG Room, PULONG Count);

/* control.c: without it */
NTSTATUS ScmStart(PSCM_SERVICE Service);
NTSTATUS ScmControl(PSCM_SERVICE Service, ULONG Control, SCM_STATUS *Status);
BOOLEAN ScmIsDriver(ULONG Type);

/* security.c */
NTSTATUS ScmInitializeSecurity(PDEVICE_OBJECT Device);
NTSTATUS ScmCheckAccess(BOOLEAN IsService, ACCESS_MASK Access, PACCESS_STATE AccessState, KPROCESSOR_MODE Mode); /* STATUS_ACCESS_DENIED */

/* registry.c: keys below ...\Services */
NTSTATUS ScmKeyPath(PCUNICODE_STRING Name, PUNICODE_STRING Path); /* from paged pool */
NTSTATUS ScmOpenKey(PCUNICODE_STRING Name, BOOLEAN Create, PHANDLE Key);
NTSTATUS ScmReadNumber(HANDLE Key, PCWSTR Value, PULONG Number);
NTSTATUS ScmReadText(HANDLE Key, PCWSTR Value, PUNICODE_STRING Text); /* from paged pool, without its last terminator */
NTSTATUS ScmReadList(HANDLE Key, PCWSTR Value,
                     PUNICODE_STRING List); /* the same for REG_MULTI_SZ: each string is terminated; empty if it is not there */
BOOLEAN ScmNextText(PCUNICODE_STRING List, PULONG At, PUNICODE_STRING Text); /* the strings of such a list; At: 0 at first */
NTSTATUS ScmWriteNumber(HANDLE Key, PCWSTR Value, ULONG Number);
NTSTATUS ScmWriteText(HANDLE Key, PCWSTR Value, ULONG Type, PCUNICODE_STRING Text); /* adds a terminator */
NTSTATUS ScmServiceAt(ULONG Index, PUNICODE_STRING Name);                           /* the Index-th key's name, from paged pool */
VOID ScmDeleteKey(PCUNICODE_STRING Name);                                           /* with all keys below it */
NTSTATUS ScmDeleteValue(HANDLE Key, PCWSTR Value);                                  /* succeeds when there is none */
NTSTATUS ScmAllocateText(PUNICODE_STRING Text, SIZE_T Bytes);                       /* an empty one with that room, from paged pool */
VOID ScmFreeText(PUNICODE_STRING Text);
