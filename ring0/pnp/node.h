/*
 * Inside the Plug and Play manager. A node's way:
 *
 *   reported by its bus -> PnpNew -> (identified: IDs, capabilities, requirements) -> PnpIdle -> (AddDevice of all its drivers, START_DEVICE) -> PnpStarted
 *   PnpStarted -> (QUERY_REMOVE_DEVICE, REMOVE_DEVICE) -> PnpIdle
 *   PnpStarted -> gone from its bus, or failed -> (SURPRISE_REMOVAL) -> PnpSurprised -> (last handle closed, REMOVE_DEVICE) -> gone, or PnpIdle
 *
 * Everything here: PASSIVE_LEVEL in the manager's thread, unless it says otherwise. What it finds to be done it does in PnpSettle.
 */
#pragma once
#include "cm/cm.h"
#include "kd/kd.h"
#include "pnp/pnp.h"
#include "rtl/crt.h"

#define PNP_TAG      ' pnP'
#define PNP_PATH     512u /* characters of a registry path with its terminator */
#define PNP_ID       200u /* MAX_DEVICE_ID_LEN */
#define PNP_CONTROL  L"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\"
#define PNP_ENUM     L"\\Registry\\Machine\\System\\CurrentControlSet\\Enum\\"
#define PNP_SERVICES L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\"
#define PNP_DATABASE PNP_CONTROL L"CriticalDeviceDatabase"

/* Why a device does not run: numbers of Windows' device manager (cfg.h). */
#define PNP_PROBLEM_NONE         0u
#define PNP_PROBLEM_START        10u /* CM_PROB_FAILED_START */
#define PNP_PROBLEM_CONFLICT     12u /* CM_PROB_NORMAL_CONFLICT */
#define PNP_PROBLEM_DISABLED     22u /* CM_PROB_DISABLED */
#define PNP_PROBLEM_NO_DRIVER    28u /* CM_PROB_FAILED_INSTALL */
#define PNP_PROBLEM_ADD          31u /* CM_PROB_FAILED_ADD */
#define PNP_PROBLEM_DRIVER       39u /* CM_PROB_DRIVER_FAILED_LOAD */
#define PNP_PROBLEM_FAILED_LATER 43u /* CM_PROB_FAILED_POST_START */

typedef enum _PNP_STATE { PnpNew, PnpIdle, PnpStarted, PnpSurprised } PNP_STATE;

typedef struct _PNP_NODE {
    LIST_ENTRY Entry; /* of PnpNodes: a parent comes before its children */
    struct _PNP_NODE *Parent;
    ULONG Level;        /* 1: the root */
    PDEVICE_OBJECT Pdo; /* referenced; its DeviceNode is this one */
    PWSTR Path;         /* "PCI\VEN_1234&DEV_11E8\3&..."; pool; NULL while PnpNew */
    PNP_STATE State;
    ULONG Problem;       /* PNP_PROBLEM_ */
    BOOLEAN Reported;    /* its bus named it when last asked */
    BOOLEAN Starting;    /* START_DEVICE is on its way: interfaces that are switched on wait for its end */
    BOOLEAN WantsStart;  /* to be done by PnpSettle, as what follows */
    BOOLEAN Invalidated; /* its bus relations are to be asked for */
    BOOLEAN StateInvalidated;
    DEVICE_CAPABILITIES Capabilities;
    BOOLEAN HasBus;
    PNP_BUS_INFORMATION Bus;                     /* what its bus is */
    PCM_RESOURCE_LIST BootConfiguration;         /* pool, or NULL: as its bus says */
    PIO_RESOURCE_REQUIREMENTS_LIST Requirements; /* pool, or NULL: as its bus says */
    PCM_RESOURCE_LIST Raw, Translated;           /* pool, or NULL: what it has got */
} PNP_NODE, *PPNP_NODE;

extern LIST_ENTRY PnpNodes;
extern PPNP_NODE PnpRoot;

/* ---- node.c ----------------------------------------------------------------------------------------------------------------------- */
/* NULL: not a PDO that a bus driver has reported. <= DISPATCH_LEVEL. */
PPNP_NODE PnpNodeOf(PDEVICE_OBJECT Pdo);
/* The same, for those who must have one: an identified one. */
PPNP_NODE PnpIdentifiedNodeOf(PDEVICE_OBJECT Pdo);
NTSTATUS PnpCreateNode(PPNP_NODE Parent, PDEVICE_OBJECT Pdo, PPNP_NODE *Node);
VOID PnpDeleteNode(PPNP_NODE Node);
BOOLEAN PnpIsBelow(PPNP_NODE Node, PPNP_NODE Ancestor); /* or Ancestor itself */
PPNP_NODE PnpFindNode(PCWSTR Path);                     /* without regard to case */
/* Some device object of the stack has open files. */
BOOLEAN PnpHasHandles(PPNP_NODE Node);
/* Sets and clears DOE_ flags of all device objects of the stack. */
VOID PnpMarkStack(PPNP_NODE Node, ULONG Set, ULONG Clear);

/* ---- action.c --------------------------------------------------------------------------------------------------------------------- */
typedef struct _PNP_ACTION {
    LIST_ENTRY Entry;
    VOID (*Routine)(struct _PNP_ACTION *Action); /* frees it, if it is to be freed */
} PNP_ACTION, *PPNP_ACTION;
/* Has the manager's thread call Action->Routine, after what was queued before. <= DISPATCH_LEVEL. */
VOID PnpQueue(PPNP_ACTION Action);
/* Has it look for what there is to do. <= DISPATCH_LEVEL. */
VOID PnpWake(VOID);
/* Calls Routine(Context) in the manager's thread, and waits for it and all that it brings about. Callable there too: then only for Routine. */
NTSTATUS PnpCall(NTSTATUS (*Routine)(PVOID Context), PVOID Context);
/* The caller is the manager's thread. */
BOOLEAN PnpIsOwnThread(VOID);
/* Works until nothing is left to be done: enumerate.c. */
VOID PnpSettle(VOID);

/* ---- irp.c: to the top of a stack, waited for. Stack locations begin as zeroes with STATUS_NOT_SUPPORTED. ------------------------------- */
/* Parameters: what the stack location is to have besides the functions; may be NULL. *Information: in, what the IRP begins with; out, what it ends with. */
NTSTATUS PnpSend(PDEVICE_OBJECT Device, UCHAR MinorFunction, const IO_STACK_LOCATION *Parameters, PULONG_PTR Information);
NTSTATUS PnpSendSimple(PPNP_NODE Node, UCHAR MinorFunction);
/* What a driver gave in pool, or NULL. */
PVOID PnpQuery(PPNP_NODE Node, UCHAR MinorFunction, const IO_STACK_LOCATION *Parameters);
VOID PnpQueryCapabilities(PPNP_NODE Node, PDEVICE_CAPABILITIES Capabilities);

/* ---- registry.c: paths and values -------------------------------------------------------------------------------------------------- */
/* swprintf, of which all must fit: FALSE, and an empty Buffer, if it does not. */
BOOLEAN PnpFormat(PWSTR Buffer, ULONG Count, PCWSTR Format, ...);
/* A value of a key in pool, with two zeros behind its data; NULL: none of that type, or no memory. */
PVOID PnpReadValue(PCWSTR Key, PCWSTR Name, ULONG Type, PULONG Size);
NTSTATUS PnpWriteText(PCWSTR Key, PCWSTR Name, PCWSTR Text);
NTSTATUS PnpWriteTexts(PCWSTR Key, PCWSTR Name, PCWSTR Texts); /* REG_MULTI_SZ */
NTSTATUS PnpWriteNumber(PCWSTR Key, PCWSTR Name, ULONG Number);
VOID PnpDeleteValue(PCWSTR Key, PCWSTR Name);
VOID PnpDeleteTree(PCWSTR Key);
NTSTATUS PnpOpenKey(PCWSTR Key, ACCESS_MASK Access, PHANDLE Handle);
/* The Index-th subkey's name in Buffer, of Count characters; FALSE: there is none, or its name is longer. */
BOOLEAN PnpEnumerateKey(PCWSTR Key, ULONG Index, PWSTR Buffer, ULONG Count);
/* The device's own key, and what lies below it ("" or "\Device Parameters"). */
BOOLEAN PnpDeviceKey(PPNP_NODE Node, PCWSTR Below, PWSTR Buffer);
/* Bytes of a list of texts, with its last zero. */
ULONG PnpTextsSize(PCWSTR Texts);
BOOLEAN PnpHasText(PCWSTR Texts, PCWSTR Text); /* NULL: has none */
/* Adds Text to, or removes it from, a REG_MULTI_SZ value. */
NTSTATUS PnpAddText(PCWSTR Key, PCWSTR Name, PCWSTR Text);
VOID PnpRemoveText(PCWSTR Key, PCWSTR Name, PCWSTR Text);

/* ---- property.c: by DEVPROPKEY. Key, of PNP_PATH characters, is the key of what has the property, and is written over -------------------- */
/* Data NULL: there is none afterwards. STATUS_INVALID_PARAMETER: a language that is none, or a path that is too long. */
NTSTATUS PnpSetProperty(PWSTR Key, const DEVPROPKEY *Property, LCID Lcid, ULONG Type, ULONG Size, PVOID Data);
/* STATUS_OBJECT_NAME_NOT_FOUND; STATUS_BUFFER_TOO_SMALL, *RequiredSize and *Type being right. */
NTSTATUS PnpGetProperty(PWSTR Key, const DEVPROPKEY *Property, LCID Lcid, ULONG Size, PVOID Data, PULONG RequiredSize, PULONG Type);

/* ---- identify.c, match.c, stack.c, resource.c, start.c, remove.c --------------------------------------------------------------------- */
/* Asks a new device who it is, and writes its Enum key. A device that will not say gets no further. */
VOID PnpIdentify(PPNP_NODE Node);
/* Gives a device without a service that of the database, if that has one for it. */
VOID PnpMatch(PPNP_NODE Node);
/* Has all drivers of the device add their device objects. On failure the device has none, and a problem. FALSE too if there is nobody to start it. */
BOOLEAN PnpBuildStack(PPNP_NODE Node);
/* Name is among the drivers that the registry has for the device. */
BOOLEAN PnpUsesService(PPNP_NODE Node, PCWSTR Service);
/* Of that service a device object lies on the PDO. */
BOOLEAN PnpHasInStack(PPNP_NODE Node, PCWSTR Service);
/* Gives the device what it requires, in Raw and Translated. STATUS_CONFLICTING_ADDRESSES; STATUS_INSUFFICIENT_RESOURCES. */
NTSTATUS PnpAssignResources(PPNP_NODE Node);
VOID PnpReleaseResources(PPNP_NODE Node);
/* Lines and vectors of the bus become those of the processor, in place. */
VOID PnpTranslateList(PCM_RESOURCE_LIST List);
ULONG PnpResourceListSize(const CM_RESOURCE_LIST *List);
VOID PnpStart(PPNP_NODE Node);
VOID PnpAskState(PPNP_NODE Node);
/* Asks the bus for its children: new ones become nodes, missing ones go. */
VOID PnpEnumerate(PPNP_NODE Node);
/* With everybody's consent: STATUS_UNSUCCESSFUL without, and everything is as before. The node itself is PnpIdle then, those below it are gone. */
NTSTATUS PnpQueryAndRemove(PPNP_NODE Node);
/* Without asking; for one that is not PnpStarted too. */
VOID PnpRemove(PPNP_NODE Node);
/* It is gone from its bus, or has failed. */
VOID PnpSurpriseRemove(PPNP_NODE Node);
/* REMOVE_DEVICE for what was waiting for handles, if they are closed now. FALSE: they are not. */
BOOLEAN PnpFinishSurprise(PPNP_NODE Node);

/* ---- root.c ------------------------------------------------------------------------------------------------------------------------ */
VOID PnpStartRoot(VOID);
/* A device below the root; Enum has what is to be known of it. */
NTSTATUS PnpCreateRootDevice(PCWSTR DeviceId, PCWSTR InstanceId);
VOID PnpDeleteRootDevice(PCWSTR Path);

/* ---- interface.c, notify.c --------------------------------------------------------------------------------------------------------- */
/* START_DEVICE has succeeded: what the driver has switched on during it comes on. */
VOID PnpEnableInterfaces(PPNP_NODE Node);
VOID PnpDisableInterfaces(PPNP_NODE Node);
VOID PnpForgetInterfaces(PPNP_NODE Node); /* the node goes */
/* Calls Routine for each interface of the class that is on. */
VOID PnpWalkInterfaces(const GUID *Class, VOID (*Routine)(PUNICODE_STRING Link, PVOID Context), PVOID Context);
VOID PnpTellInterface(const GUID *Class, PUNICODE_STRING Link, BOOLEAN Arrived);
/* Tells those who watch files of the device. Asking (GUID_TARGET_DEVICE_QUERY_REMOVE): STATUS of the first who is against it. */
NTSTATUS PnpTellTarget(PPNP_NODE Node, const GUID *Event);
VOID PnpForgetTarget(PPNP_NODE Node); /* the node goes */
