/*
 * The I/O manager. Public functions are as the DDK declares them; DEVICE_OBJECT, DRIVER_OBJECT, FILE_OBJECT, IRP and IO_STACK_LOCATION are byte-exact.
 *
 * A request's road: NtXxxFile (read.c, write.c, control.c, create.c, ...) checks handle and buffers, irp.c makes the IRP, IofCallDriver moves the stack
 * location and enters the driver, IofCompleteRequest (complete.c) walks completion routines back up, and the last stage copies buffered data back,
 * writes the status block and signals. The last stage belongs to the requesting thread: it runs there directly when the driver is done before its
 * dispatch routine returns, else as a special kernel APC.
 */
#pragma once
#include "ke/ke.h"
#include "ob/ob.h"
#include "ps/ps.h"

/* ---- Devices --------------------------------------------------------------------------------------------------------------- */
/* What DEVICE_OBJECT takes on x64: the DDK aligns it at MEMORY_ALLOCATION_ALIGNMENT, mingw-w64 does not. The driver's extension lies behind it. */
#define IOP_DEVICE_OBJECT_SIZE 0x150u

typedef struct _IOP_DEVOBJ_EXTENSION { /* DEVOBJ_EXTENSION: what DeviceObject->DeviceObjectExtension points at */
    CSHORT Type;
    USHORT Size;
    PDEVICE_OBJECT DeviceObject;
    ULONG PowerFlags;
    PVOID Dope;
    ULONG ExtensionFlags; /* DOE_* */
    PVOID DeviceNode;
    PDEVICE_OBJECT AttachedTo;
    LONG StartIoCount;
    LONG StartIoKey;
    ULONG StartIoFlags; /* DOE_SIO_* */
    PVPB Vpb;
    PVOID DependencyList[5];
    PDEVICE_OBJECT Previous; /* of its driver's list, which is linked by NextDevice; NULL: it is the first */
} IOP_DEVOBJ_EXTENSION;
#define DOE_UNLOAD_PENDING    1u
#define DOE_DELETE_PENDING    2u
#define DOE_REMOVE_PENDING    4u    /* nobody opens it any more; PnpHandlesClosed is told when it is open no more */
#define DOE_START_PENDING     0x10u /* its stack is not started */
#define DOE_SIO_NO_KEY        0x10u
#define DOE_SIO_WITH_KEY      0x20u
#define DOE_SIO_NONCANCELABLE 0x40u
#define DOE_SIO_DEFERRED      0x80u
#define IopExtension(Device)  ((IOP_DEVOBJ_EXTENSION *)(Device)->DeviceObjectExtension)

/* Takes and drops what keeps a device from being deleted and its driver from being unloaded: DeviceObject->ReferenceCount, one per file object.
   Dropping the last finishes a deletion or an unload that waited for it. PASSIVE_LEVEL. */
VOID IopReferenceDevice(PDEVICE_OBJECT Device);
VOID IopDereferenceDevice(PDEVICE_OBJECT Device);
/* Is it open for requests? STATUS_NO_SUCH_DEVICE while it initialises (DO_DEVICE_INITIALIZING), is deleted or unloaded. */
NTSTATUS IopCheckDevice(PDEVICE_OBJECT Device);
/* Finishes what waited for ReferenceCount or AttachedDevice to become zero. */
VOID IopCompleteUnloadOrDelete(PDEVICE_OBJECT Device);
VOID IopDeleteDeviceObject(PVOID Object); /* Delete procedure of the type */

/* ---- Who may open a device: security.c -------------------------------------------------------------------------------------- */
/* What a device has that nobody gives another descriptor; static. After IopMakeDeviceDescriptors. */
PSECURITY_DESCRIPTOR IopDeviceDescriptor(DEVICE_TYPE Type, ULONG Characteristics);
VOID IopMakeDeviceDescriptors(VOID);
/* May Device be opened as AccessState says? What it grants is PreviouslyGrantedAccess then. ByName: by a name behind the device's own, or relative to a
   file. STATUS_ACCESS_DENIED, STATUS_PRIVILEGE_NOT_HELD. */
NTSTATUS IopCheckOpen(PDEVICE_OBJECT Device, BOOLEAN ByName, PACCESS_STATE AccessState, KPROCESSOR_MODE Mode);

/* ---- Names: names.c --------------------------------------------------------------------------------------------------------- */
typedef struct _IOP_NAME { /* one that a driver gave, and may leave behind */
    LIST_ENTRY Entry;      /* of all of them, in the order of giving */
    struct _IOP_NAME *Next;
    PVOID Owner;
    ULONG Hash;
    UNICODE_STRING Name, Target; /* buffers follow */
} IOP_NAME;

typedef struct _IOP_NAMES {
    LIST_ENTRY All;
    IOP_NAME **Buckets;
    ULONG BucketCount, Count;
} IOP_NAMES;
extern IOP_NAMES IopDeviceNames; /* every name that a driver ever gave a device; Owner: its DRIVER_OBJECT */
extern IOP_NAMES IopLinks;       /* links of IoCreateSymbolicLink that IoDeleteSymbolicLink has not removed; Owner: NULL */
/* Remember: NULL without memory; the same name may be there already. Find: without regard to case, the last remembered; NULL: none. Forget frees. <= APC_LEVEL. */
IOP_NAME *IopRememberName(IOP_NAMES *Names, PCUNICODE_STRING Name, PCUNICODE_STRING Target, PVOID Owner);
IOP_NAME *IopFindName(IOP_NAMES *Names, PCUNICODE_STRING Name, PVOID Owner);
VOID IopForgetName(IOP_NAMES *Names, IOP_NAME *Name);
VOID IopForgetNames(IOP_NAMES *Names, PVOID Owner); /* all of Owner's */

/* ---- Drivers --------------------------------------------------------------------------------------------------------------- */
typedef struct _IOP_CLIENT_EXTENSION IOP_CLIENT_EXTENSION;

typedef struct _IOP_DRIVER { /* body of a Driver object */
    DRIVER_OBJECT Object;
    DRIVER_EXTENSION Extension; /* DRIVER_OBJECT.DriverExtension */
    LIST_ENTRY Entry;           /* in IopDriverList from creation to the object's deletion */
    IOP_CLIENT_EXTENSION *Clients;
    LIST_ENTRY Reinitialize, BootReinitialize;
    struct _LDR_MODULE *Module;
    BOOLEAN UnloadRequested;
    BOOLEAN StaysLoaded; /* the machine goes down: unloading it has been tried */
} IOP_DRIVER, *PIOP_DRIVER;
#define IopDriver(DriverObject) ((PIOP_DRIVER)(DriverObject)) /* its first member */
extern LIST_ENTRY IopDriverList;

struct _LDR_REFUSAL;
/* By its service's name; NULL: not loaded. */
PIOP_DRIVER IopFindDriver(PCUNICODE_STRING ServiceName);
/* Loads the driver of a service key ("\Registry\Machine\System\CurrentControlSet\Services\Name"): image, driver object, DriverEntry in a system
   thread. Errors are those of NtLoadDriver: STATUS_IMAGE_ALREADY_LOADED, STATUS_OBJECT_NAME_NOT_FOUND, STATUS_INVALID_IMAGE_FORMAT, what DriverEntry gave...
   *Refusal says more, unless the file could not be read. PASSIVE_LEVEL, any process. */
NTSTATUS IopLoadDriver(PUNICODE_STRING ServiceKey, struct _LDR_REFUSAL *Refusal);
/* STATUS_INVALID_DEVICE_REQUEST when it has no DriverUnload or is being unloaded. With devices still open or attached to: marks them DOE_UNLOAD_PENDING and
   returns STATUS_SUCCESS; the unload routine runs when the last of them is closed. */
NTSTATUS IopUnloadDriver(PUNICODE_STRING ServiceKey);
/* The same, for NtUnloadDriver. */
NTSTATUS IopUnloadService(PUNICODE_STRING ServiceKey);
/* An inbox driver from an image carried inside Ringside: no registry needed beforehand (the service key is made). */
NTSTATUS IopLoadBootDriver(PCWSTR Name, const hal_image *Image);
/* State of a driver by service name: not loaded, loaded, unload pending. */
enum { IopDriverAbsent, IopDriverLoaded, IopDriverUnloadPending };
ULONG IopQueryDriver(PUNICODE_STRING ServiceName);
/* A driver returned with its devices or symbolic links left behind: reported as messages after unload. */
VOID IopReportLeftovers(PDRIVER_OBJECT Driver);
/* Runs DriverUnload in a system thread and drops the driver object; its image goes with the last reference. */
VOID IopRunUnload(PDRIVER_OBJECT Driver);
VOID IopDeleteDriverObject(PVOID Object); /* Delete procedure of the type */
VOID IopCallReinitialize(PIOP_DRIVER Driver);
/* While the drivers of boot and system start come up, what IoRegisterDriverReinitialization registers waits until all of them have. */
extern BOOLEAN IopDeferReinitialize;
/* Calls what waits, of every driver: what boot drivers have registered for the end of theirs, or the rest. */
VOID IopReinitializeDrivers(BOOLEAN Boot);
/* For a machine that is kept, after the inbox drivers: starts what starts by itself, and accepts the boot. PASSIVE_LEVEL. */
VOID IopStartDrivers(VOID);
VOID IopFreeClientExtensions(PIOP_DRIVER Driver);
VOID IopFreeReinitialize(PIOP_DRIVER Driver);
/* DriverEntry has succeeded: devices open up, empty MajorFunction slots are filled, INIT goes, reinitialisation routines run. */
VOID IopOpenDriver(PIOP_DRIVER Driver);
/* Reads a file into pool, for IopFreeImage. HostPath (HAL_MAX_PATH bytes) gets where the host has it, for the symbolizer; "" when it is not on drive C:.
   PASSIVE_LEVEL, as the next. */
NTSTATUS IopReadImage(PUNICODE_STRING Path, PVOID *File, SIZE_T *Size, PSTR HostPath);
VOID IopFreeImage(PVOID File);
/* LdrLoadDriverImage, and before it the libraries that the image imports from and that are not loaded: from Path's directory or \SystemRoot\System32\drivers.
   What DllInitialize returns, if it fails. library.c */
NTSTATUS IopLoadImage(PCUNICODE_STRING Path, const VOID *File, SIZE_T Size, PCSTR HostPath, BOOLEAN Inbox, struct _LDR_MODULE **Module,
                      struct _LDR_REFUSAL *Refusal);
/* The common end of all loading, with the image in memory; an object of a full name without an image. */
NTSTATUS IopStartInboxDriver(PUNICODE_STRING ServiceKey, const hal_image *Image, PCUNICODE_STRING FullName);
NTSTATUS IopCreateDriverObject(PCUNICODE_STRING Name, PIOP_DRIVER *Driver);
/* Runs Routine(Context) in a thread of the System process and waits for its end. */
NTSTATUS IopRunInSystemThread(PKSTART_ROUTINE Routine, PVOID Context);
/* What a MajorFunction slot holds that the driver has not set: completes with STATUS_INVALID_DEVICE_REQUEST. */
NTSTATUS NTAPI IopInvalidDeviceRequest(PDEVICE_OBJECT Device, PIRP Irp);
typedef NTSTATUS(NTAPI *IOP_DRIVER_INITIALIZE)(PDRIVER_OBJECT, PUNICODE_STRING);
NTSTATUS NTAPI IoCreateDriver(PUNICODE_STRING DriverName, IOP_DRIVER_INITIALIZE InitializationFunction);
VOID NTAPI IoDeleteDriver(PDRIVER_OBJECT DriverObject);

/* ---- Resources that drivers report: resource.c ------------------------------------------------------------------------------- */
/* Two raw descriptors that cannot both be had. */
BOOLEAN IopDescriptorsConflict(const CM_PARTIAL_RESOURCE_DESCRIPTOR *First, const CM_PARTIAL_RESOURCE_DESCRIPTOR *Second);
/* Some driver has reported that it uses it. */
BOOLEAN IopIsClaimed(const CM_PARTIAL_RESOURCE_DESCRIPTOR *Descriptor);

/* ---- Opening --------------------------------------------------------------------------------------------------------------- */
typedef struct _IOP_OPEN_PACKET { /* from NtCreateFile through ob/ to the parse routine: the ParseContext of type File */
    CSHORT Type;                  /* IO_TYPE_OPEN_PACKET */
    CSHORT Size;
    PFILE_OBJECT RelatedFileObject;
    LARGE_INTEGER AllocationSize;
    ULONG CreateOptions;
    USHORT FileAttributes;
    USHORT ShareAccess;
    ULONG Disposition;
    ULONG Options;       /* IO_FORCE_ACCESS_CHECK, ... */
    PDEVICE_OBJECT Hint; /* which device of the volume's stack the create and all that follows go to; NULL: the top */
    BOOLEAN Reparsed;    /* a create has ended in STATUS_REPARSE */
    struct _ECP_LIST *ExtraParameters;
    PVOID EaBuffer; /* kernel memory */
    ULONG EaLength;
    CREATE_FILE_TYPE CreateFileType;
    PVOID TypeParameters;
    /* results */
    PFILE_OBJECT FileObject;
    NTSTATUS FinalStatus;
    ULONG_PTR Information;
    BOOLEAN Parsed;
} IOP_OPEN_PACKET, *PIOP_OPEN_PACKET;

/* NtCreateFile with everything. FileHandle and IoStatusBlock are user pointers when Mode is UserMode. Driver: for which device, and with which extra parameters;
   NULL: none. */
NTSTATUS IopCreateFile(KPROCESSOR_MODE Mode, PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES Attributes,
                       PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER AllocationSize, ULONG FileAttributes, ULONG ShareAccess, ULONG Disposition,
                       ULONG CreateOptions, PVOID EaBuffer, ULONG EaLength, CREATE_FILE_TYPE Type, PVOID TypeParameters, ULONG Options,
                       const IO_DRIVER_CREATE_CONTEXT *Driver);
/* The extra parameters of a create lie behind what the headers know of an IRP, where later ones have its extension. */
#define IopExtraParameters(Irp) (*(struct _ECP_LIST **)(PVOID)(&(Irp)->Tail.Overlay.OriginalFileObject + 1))
C_ASSERT(FIELD_OFFSET(IRP, Tail.Overlay.OriginalFileObject) + 2 * sizeof(PVOID) <= sizeof(IRP));
/* What a few files have beside their object: FILE_OBJECT.FileObjectExtension, freed with it. hint.c. */
typedef struct _IOP_FILE_EXTENSION {
    PDEVICE_OBJECT Hint;       /* not referenced: believed only while it is in the file's stack */
    BOOLEAN IgnoreShareAccess; /* IO_IGNORE_SHARE_ACCESS_CHECK */
} IOP_FILE_EXTENSION, *PIOP_FILE_EXTENSION;
/* Gives File what the packet asks for, if it asks for anything. STATUS_INSUFFICIENT_RESOURCES. */
NTSTATUS IopExtendFile(PFILE_OBJECT File, const IOP_OPEN_PACKET *Packet);
/* Is Device attached, over whatever lies between, to Base, or Base itself? */
BOOLEAN IopIsInStack(PDEVICE_OBJECT Device, PDEVICE_OBJECT Base);
#define IopFileExtension(File) ((PIOP_FILE_EXTENSION)(PVOID)(File)->FileObjectExtension)
NTSTATUS IopParseDevice(PVOID ParseObject, POBJECT_TYPE RequestedType, PACCESS_STATE AccessState, KPROCESSOR_MODE AccessMode, ULONG Attributes,
                        PUNICODE_STRING CompleteName, PUNICODE_STRING RemainingName, PVOID Context, PVOID *Object);
NTSTATUS IopParseFile(PVOID ParseObject, POBJECT_TYPE RequestedType, PACCESS_STATE AccessState, KPROCESSOR_MODE AccessMode, ULONG Attributes,
                      PUNICODE_STRING CompleteName, PUNICODE_STRING RemainingName, PVOID Context, PVOID *Object);
VOID IopCloseFileHandle(PEPROCESS Process, PVOID Object, ACCESS_MASK Granted, ULONG ProcessHandleCount, ULONG SystemHandleCount);
VOID IopDeleteFileObject(PVOID Object);
/* A file object that has just been made, of a device (NULL: not open yet) and with FO_* flags. */
VOID IopInitializeFile(PFILE_OBJECT File, PDEVICE_OBJECT Device, ULONG Flags);
NTSTATUS IopQueryFileName(PVOID Object, BOOLEAN HasName, POBJECT_NAME_INFORMATION Info, ULONG Length, PULONG ReturnLength, KPROCESSOR_MODE Mode);

/* ---- IRPs ------------------------------------------------------------------------------------------------------------------ */
/* IRP.AllocationFlags of our own, beside IRP_ALLOCATED_FIXED_SIZE and IRP_LOOKASIDE_ALLOCATION. */
#define IOP_IRP_ORPHAN 0x80u /* its thread ended without it: completion only frees it */

#define IOP_BUFFER_TAG 'BsyS'
#define IOP_IRP_TAG    ' prI'
/* A system buffer of Size bytes (not 0): Irp's own few bytes when they are enough, else pool. NULL: out of memory. IopFreeSystemBuffer frees what
   the IRP holds, if IRP_DEALLOCATE_BUFFER says that it is to be freed. <= DISPATCH_LEVEL. */
PVOID IopAllocateSystemBuffer(PIRP Irp, ULONG Size);
VOID IopFreeSystemBuffer(PIRP Irp);
/* Unlocks (if locked) and frees all MDLs of the IRP. */
VOID IopFreeMdls(PIRP Irp);
VOID IopQueueThreadIrp(PIRP Irp); /* to IRP.Tail.Overlay.Thread's list */
VOID IopDequeueThreadIrp(PIRP Irp);
/* Has IofCompleteRequest walked the whole stack? */
#define IopIsCompleted(Irp) ((Irp)->CurrentLocation > (Irp)->StackCount + 1)
/* The last stage, in the requesting thread. Frees the IRP and drops its reference to File. */
VOID IopFinishRequest(PIRP Irp, PFILE_OBJECT File);
/* An IRP is given up before a driver saw it: buffers, MDLs, event and file reference are released, the file lock too if Locked. */
VOID IopAbandonRequest(PIRP Irp, PFILE_OBJECT File, PKEVENT Event, BOOLEAN Locked);
/* Cancels what the exiting thread still has under way and waits for it. Called by ps/ in that thread before its handles go. PASSIVE_LEVEL. */
VOID IoCancelThreadIo(PETHREAD Thread);
/* IoCancelIrp with the cancel spin lock held, taken at Irql; releases it. irp.c. */
BOOLEAN IopCancelLockedIrp(PIRP Irp, KIRQL Irql);

/* ---- Completion ports: completion.c -------------------------------------------------------------------------------------------- */
#define IO_COMPLETION_QUERY_STATE  1u
#define IO_COMPLETION_MODIFY_STATE 2u
typedef struct _FILE_IO_COMPLETION_INFORMATION {
    PVOID KeyContext;
    PVOID ApcContext;
    IO_STATUS_BLOCK IoStatusBlock;
} FILE_IO_COMPLETION_INFORMATION, *PFILE_IO_COMPLETION_INFORMATION;
extern POBJECT_TYPE IopCompletionType;
VOID IopCreateCompletionType(VOID);
/* Puts a finished IRP into the port of its file: whoever takes the packet out frees it. <= DISPATCH_LEVEL. */
VOID IopPostIrp(PIO_COMPLETION_CONTEXT Context, PIRP Irp);
/* A packet of the given contents. STATUS_INSUFFICIENT_RESOURCES. <= DISPATCH_LEVEL. */
NTSTATUS IopPostPacket(PVOID Port, PVOID Key, PVOID ApcContext, NTSTATUS Status, ULONG_PTR Information);
/* Ties a file to a port (FileCompletionInformation). A synchronous file, or one that has a port already unless Replace: STATUS_INVALID_PARAMETER; else what
   referencing the port gives. With Replace, a port of NULL unties it. PASSIVE_LEVEL. */
NTSTATUS IopSetCompletion(PFILE_OBJECT File, HANDLE PortHandle, PVOID Key, BOOLEAN Replace, KPROCESSOR_MODE Mode);
VOID IopForgetCompletion(PFILE_OBJECT File);
NTSTATUS NTAPI NtCreateIoCompletion(PHANDLE IoCompletionHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, ULONG Count);
NTSTATUS NTAPI NtOpenIoCompletion(PHANDLE IoCompletionHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes);
NTSTATUS NTAPI NtQueryIoCompletion(HANDLE IoCompletionHandle, ULONG InformationClass, PVOID Information, ULONG Length, PULONG ReturnLength);
NTSTATUS NTAPI NtSetIoCompletion(HANDLE IoCompletionHandle, PVOID KeyContext, PVOID ApcContext, NTSTATUS IoStatus, ULONG_PTR IoStatusInformation);
NTSTATUS NTAPI NtRemoveIoCompletion(HANDLE IoCompletionHandle, PVOID *KeyContext, PVOID *ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                                    PLARGE_INTEGER Timeout);
NTSTATUS NTAPI NtRemoveIoCompletionEx(HANDLE IoCompletionHandle, PFILE_IO_COMPLETION_INFORMATION Information, ULONG Count, PULONG NumEntriesRemoved,
                                      PLARGE_INTEGER Timeout, BOOLEAN Alertable);

/* A driver's fast routine of that name, or NULL: it has none, or a table too short for it. */
#define IopFastRoutine(Device, Name)                                                                                                                 \
    ((Device)->DriverObject->FastIoDispatch &&                                                                                                       \
             (Device)->DriverObject->FastIoDispatch->SizeOfFastIoDispatch >= FIELD_OFFSET(FAST_IO_DISPATCH, Name) + sizeof(PVOID)                    \
         ? (Device)->DriverObject->FastIoDispatch->Name                                                                                              \
         : NULL)

/* ---- What the services share: service.c ------------------------------------------------------------------------------------- */
typedef struct _IOP_REQUEST {
    PFILE_OBJECT File; /* referenced; the IRP takes the reference over */
    PDEVICE_OBJECT Device;
    PKEVENT Event; /* referenced, or NULL */
    ACCESS_MASK Granted;
    KPROCESSOR_MODE Mode;
    BOOLEAN Locked; /* the file is synchronous and this thread holds its lock */
} IOP_REQUEST, *PIOP_REQUEST;

/* The file behind a handle with at least one of AnyAccess (0: no matter), and its device. */
NTSTATUS IopReferenceFile(PIOP_REQUEST Request, HANDLE FileHandle, ACCESS_MASK AnyAccess);
/* References and clears the caller's event, and takes the lock of a synchronous file. STATUS_INVALID_PARAMETER: an APC routine on a file that is tied to a
   completion port ("ReadFileEx"). On failure the file has been dereferenced. */
NTSTATUS IopBeginRequest(PIOP_REQUEST Request, HANDLE Event, PIO_APC_ROUTINE ApcRoutine);
/* Gives up between IopReferenceFile and the IRP. */
VOID IopEndRequest(PIOP_REQUEST Request);
/* The IRP with what all services set; NULL: out of memory, and the request has been ended. */
PIRP IopMakeIrp(PIOP_REQUEST Request, UCHAR MajorFunction, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock);
/* Describes Length bytes at Buffer to the driver as its flags want it. Write: the driver writes into it. */
NTSTATUS IopSetTransferBuffer(PIOP_REQUEST Request, PIRP Irp, PVOID Buffer, ULONG Length, BOOLEAN DeviceWrites);
/* Sends the IRP and waits if the file is synchronous. FinishAlways: an IRP that comes back neither completed nor pending is finished
   all the same with what the dispatch routine returned, as Windows does for reads and writes. */
NTSTATUS IopIssueRequest(PIOP_REQUEST Request, PIRP Irp, BOOLEAN FinishAlways);
/* A dispatch routine has returned something else than STATUS_PENDING: bug check if the last stage has run and freed the IRP, as it does for one that
   was marked pending. */
VOID IopCheckReturned(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS Status);
/* Under the verifier: a driver has returned Status for an IRP that is neither completed nor pending. */
VOID IopReportUncompleted(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS Status);
/* For services that are synchronous whatever the file is: status block of our own, copied to the caller's. SystemBuffer is the IRP's, of Length bytes. */
NTSTATUS IopIssueSynchronously(PIOP_REQUEST Request, PIRP Irp, PIO_STATUS_BLOCK Result);
/* The same, with the result stored in Iosb, the caller's, unless it is an error. */
NTSTATUS IopIssueAndStore(PIOP_REQUEST Request, PIRP Irp, PIO_STATUS_BLOCK Iosb);
/* Waits for Event, which the IRP's completion sets. A wait that is broken off cancels the IRP and then waits for its completion. */
VOID IopWaitForIrp(PKEVENT Event, PIRP Irp, KPROCESSOR_MODE Mode, BOOLEAN Alertable);
VOID IopLockFile(PFILE_OBJECT File);
VOID IopUnlockFile(PFILE_OBJECT File);
/* Sends an IRP of the I/O manager's own (cleanup, close) with kernel buffers and waits; the status is the driver's. */
NTSTATUS IopCallSynchronously(PDEVICE_OBJECT Device, PIRP Irp, PIO_STATUS_BLOCK Result);
/* filesecurity.c: as OB_TYPE_INITIALIZER has them; the file's driver is asked. A driver that does not know the request: STATUS_INVALID_DEVICE_REQUEST. */
NTSTATUS IopQueryFileSecurity(PVOID Object, SECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Buffer, PULONG Length, KPROCESSOR_MODE Mode);
NTSTATUS IopSetFileSecurity(PVOID Object, SECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Given, KPROCESSOR_MODE Mode);
/* Asks the file's driver for information, into kernel memory. */
NTSTATUS IopQueryFile(PFILE_OBJECT File, UCHAR MajorFunction, ULONG Class, PVOID Buffer, ULONG Length, PULONG Returned);

/* FILE_VOLUME_NAME_INFORMATION of a file on Device, in a block that the caller frees by ExFreePool. filename.c. */
NTSTATUS IopQueryVolumeName(PDEVICE_OBJECT Device, PVOID *Information, PULONG Size);
NTSTATUS NTAPI IoSetIoCompletion(PVOID IoCompletion, PVOID KeyContext, PVOID ApcContext, NTSTATUS IoStatus, ULONG_PTR IoStatusInformation,
                                 BOOLEAN Quota);

/* ---- Fast I/O: fastio.c ---- */
typedef union _IOP_FAST_ANSWER {
    FILE_BASIC_INFORMATION Basic;
    FILE_STANDARD_INFORMATION Standard;
    FILE_NETWORK_OPEN_INFORMATION Network;
} IOP_FAST_ANSWER;
/* Ends a request that the driver has answered without an IRP: status block, event, packet. */
NTSTATUS IopEndFast(PIOP_REQUEST Request, PVOID ApcContext, PIO_STATUS_BLOCK Iosb, IO_STATUS_BLOCK Result);
/* FALSE: send the IRP. Only after IopMayTransferFast. */
static inline BOOLEAN IopMayTransferFast(PIOP_REQUEST Request) { return Request->Locked && Request->File->PrivateCacheMap; }
BOOLEAN IopTryFastTransfer(PIOP_REQUEST Request, BOOLEAN Write, PVOID Buffer, ULONG Length, LARGE_INTEGER Offset, ULONG Key, PIO_STATUS_BLOCK Result);
/* How many bytes the answer has; 0: send the IRP. */
ULONG IopTryFastQuery(PIOP_REQUEST Request, FILE_INFORMATION_CLASS Class, IOP_FAST_ANSWER *Answer, PIO_STATUS_BLOCK Result);

/* ---- Start ----------------------------------------------------------------------------------------------------------------- */
/* \FileSystem\RAW with its control devices; before the first driver. */
VOID IopCreateRaw(VOID);
VOID IoInitSystem(VOID); /* types Device, Driver, File; after ob/ and ps/ have theirs */
/* Exported as IoFileObjectType, IoDeviceObjectType and IoDriverObjectType. */
extern POBJECT_TYPE IopFileType, IopDeviceType, IopDriverType;
extern const GENERIC_MAPPING IopFileMapping;
/* Calls IRP_MJ_SHUTDOWN on the devices that asked for it, last registered first. PASSIVE_LEVEL. */
VOID IoShutdownSystem(VOID);

/* ---- Tracing: trace.c. Called when KiMachine->trace. ------------------------------------------------------------------------- */
VOID IopTraceDispatch(PDEVICE_OBJECT Device, PIRP Irp);
VOID IopTraceComplete(PIRP Irp);
VOID IopTraceForget(PIRP Irp); /* the memory is no IRP any more */

/* ---- Exported functions that the DDK headers leave out -------------------------------------------------------------------------- */
NTSTATUS NTAPI NtLoadDriver(PUNICODE_STRING DriverServiceName);
NTSTATUS NTAPI NtUnloadDriver(PUNICODE_STRING DriverServiceName);
NTSTATUS NTAPI NtFlushBuffersFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock);
NTSTATUS NTAPI NtLockFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                          PLARGE_INTEGER ByteOffset, PLARGE_INTEGER Length, ULONG Key, BOOLEAN FailImmediately, BOOLEAN ExclusiveLock);
NTSTATUS NTAPI NtUnlockFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER ByteOffset, PLARGE_INTEGER Length, ULONG Key);
NTSTATUS NTAPI NtNotifyChangeDirectoryFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                                           PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length, ULONG CompletionFilter, BOOLEAN WatchTree);
NTSTATUS NTAPI NtQueryEaFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length, BOOLEAN ReturnSingleEntry, PVOID EaList,
                             ULONG EaListLength, PULONG EaIndex, BOOLEAN RestartScan);
NTSTATUS NTAPI NtSetEaFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length);
NTSTATUS NTAPI NtCancelIoFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock);
NTSTATUS NTAPI NtCancelSynchronousIoFile(HANDLE ThreadHandle, PIO_STATUS_BLOCK IoRequestToCancel, PIO_STATUS_BLOCK IoStatusBlock);
NTSTATUS NTAPI NtCancelIoFileEx(HANDLE FileHandle, PIO_STATUS_BLOCK IoRequestToCancel, PIO_STATUS_BLOCK IoStatusBlock);
NTSTATUS NTAPI NtQueryAttributesFile(POBJECT_ATTRIBUTES ObjectAttributes, PFILE_BASIC_INFORMATION FileInformation);
NTSTATUS NTAPI NtQueryFullAttributesFile(POBJECT_ATTRIBUTES ObjectAttributes, PFILE_NETWORK_OPEN_INFORMATION FileInformation);
NTSTATUS NTAPI NtDeleteFile(POBJECT_ATTRIBUTES ObjectAttributes);
