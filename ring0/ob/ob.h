/*
 * Objects: types, reference and handle counts, names, directories, symbolic links, handle tables.
 * Public functions (ObReferenceObjectByHandle, ObfDereferenceObject, ...) are as the DDK declares them.
 */
#pragma once
#include "nt/nt.h"

/* An object's life: ObpAllocate -> (inserted in a directory or a handle table, or just referenced) -> last handle closed (Close
   procedure, name removed unless permanent) -> last reference gone (Delete procedure, memory freed). Deletion happens at PASSIVE_LEVEL in
   whatever thread drops the last reference; above PASSIVE_LEVEL it is deferred to a system worker. */

/* Called when a name has been parsed up to an object of a type that has its own namespace behind it (devices, keys). Remaining is what is
   left of the path, with its leading backslash if any. On success *Object is a referenced object to make the handle for.
   STATUS_REPARSE: CompleteName has a new pool buffer (the object manager frees both the old and the new one): start again from the root.
   Called at PASSIVE_LEVEL. An object that is being inserted under a name goes only through symbolic links, never through other parse routines. */
typedef NTSTATUS (*OB_PARSE_ROUTINE)(PVOID ParseObject, POBJECT_TYPE RequestedType, PACCESS_STATE AccessState, KPROCESSOR_MODE AccessMode,
                                     ULONG Attributes, PUNICODE_STRING CompleteName, PUNICODE_STRING RemainingName, PVOID Context, PVOID *Object);

typedef struct _OB_TYPE_INITIALIZER {
    PCWSTR Name;
    GENERIC_MAPPING GenericMapping;
    ACCESS_MASK ValidAccess;
    POOL_TYPE PoolType;
    SIZE_T BodySize; /* default for ObCreateObject with size 0 */
    BOOLEAN MaintainHandleCount;
    BOOLEAN SecurityRequired; /* each object has a security descriptor, with a name or without */
    BOOLEAN ChecksItself;     /* its parse procedure decides what an opener gets (files) */
    ULONG Label;              /* policy of the label that its objects get from their creator's integrity; 0: none */
    BOOLEAN Callbacks;        /* ObRegisterCallbacks takes some for it */
    BOOLEAN CaseInsensitive;  /* names are looked up without regard to case even without OBJ_CASE_INSENSITIVE */
    /* Any may be NULL. Close gets the counts as they were before this handle went: 1 is the last. Without MaintainHandleCount the process's
       count is 0. */
    NTSTATUS (*Open)(PVOID Object, PEPROCESS Process, ACCESS_MASK Access, KPROCESSOR_MODE Mode);
    VOID (*Close)(PEPROCESS Process, PVOID Object, ACCESS_MASK Granted, ULONG ProcessHandleCount, ULONG SystemHandleCount);
    BOOLEAN (*OkayToClose)(PEPROCESS Process, PVOID Object, HANDLE Handle, KPROCESSOR_MODE Mode);
    VOID (*Delete)(PVOID Object);
    OB_PARSE_ROUTINE Parse;
    NTSTATUS (*QueryName)(PVOID Object, BOOLEAN HasName, POBJECT_NAME_INFORMATION Info, ULONG Length, PULONG ReturnLength, KPROCESSOR_MODE Mode);
    /* What a wait on a handle of this type waits on: offset of a DISPATCHER_HEADER in the body, or of a pointer to one if DispatcherIsPointer.
       ~0: not waitable. */
    ULONG DispatcherOffset;
    BOOLEAN DispatcherIsPointer;
    /* Where the object's security descriptor (self-relative, pool) is kept, if not in its header (NULL: nowhere); and, after it has been set, that it
       has been. */
    PSECURITY_DESCRIPTOR *(*Security)(PVOID Object);
    VOID (*SecurityChanged)(PVOID Object);
    /* For objects of which Security says NULL: whoever keeps their descriptors is asked. Both may be NULL. Query: *Length is the room in Buffer, a caller's, of
       Mode, and becomes what it takes; STATUS_BUFFER_TOO_SMALL. Set: Given is captured. */
    NTSTATUS (*QuerySecurity)(PVOID Object, SECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Buffer, PULONG Length, KPROCESSOR_MODE Mode);
    NTSTATUS (*SetSecurity)(PVOID Object, SECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Given, KPROCESSOR_MODE Mode);
} OB_TYPE_INITIALIZER, *POB_TYPE_INITIALIZER;

NTSTATUS ObCreateObjectType(const OB_TYPE_INITIALIZER *Initializer, POBJECT_TYPE *Type);
/* Exports that the DDK's headers do not declare. */
NTSTATUS NTAPI ObSetSecurityObjectByPointer(PVOID Object, SECURITY_INFORMATION SecurityInformation, PSECURITY_DESCRIPTOR SecurityDescriptor);
NTSTATUS NTAPI ObLogSecurityDescriptor(PSECURITY_DESCRIPTOR InputSecurityDescriptor, PSECURITY_DESCRIPTOR *OutputSecurityDescriptor, ULONG RefBias);
VOID NTAPI ObReferenceSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, ULONG Count);
VOID NTAPI ObDereferenceSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, ULONG Count);
BOOLEAN NTAPI ObFindHandleForObject(PEPROCESS Process, PVOID Object, POBJECT_TYPE ObjectType, POBJECT_HANDLE_INFORMATION Information, PHANDLE Handle);
/* Altitudes are decimal numbers with a fraction, as text: 1 when A is the higher one. */
INT ObpCompareAltitudes(PCUNICODE_STRING A, PCUNICODE_STRING B);
/* Every handle of a process, in the order of their values; those of the System process are the kernel's. Callback may change no handles. */
typedef struct _OBP_HANDLE_FACTS {
    PVOID Object;
    ULONG Value; /* without what marks a kernel handle */
    ULONG GrantedAccess, Attributes, TypeIndex;
} OBP_HANDLE_FACTS;
VOID ObpListHandles(PEPROCESS Process, VOID (*Callback)(PVOID Context, PEPROCESS Process, const OBP_HANDLE_FACTS *Handle), PVOID Context);
/* A callback of ObRegisterCallbacks for this type that lies in this memory, or NULL. */
PVOID ObpFindCallbackIn(POBJECT_TYPE Type, const VOID *Start, SIZE_T Size);

/* A new object, zeroed, one reference, no name yet; Attributes' name is captured (probed if Mode is UserMode) and used by ObInsertObject. */
NTSTATUS ObCreateObject(KPROCESSOR_MODE ProbeMode, POBJECT_TYPE Type, POBJECT_ATTRIBUTES Attributes, KPROCESSOR_MODE OwnershipMode,
                        PVOID ParseContext, ULONG BodySize, ULONG PagedCharge, ULONG NonPagedCharge, PVOID *Object);
/* Names it (if it has a name) and, if Handle is not NULL, makes a handle in the current process (or the kernel table with OBJ_KERNEL_HANDLE).
   Consumes the caller's reference on failure and when a handle was made, unless AdditionalReferences. STATUS_OBJECT_NAME_COLLISION, or
   STATUS_OBJECT_NAME_EXISTS with OBJ_OPENIF. */
NTSTATUS ObInsertObject(PVOID Object, PACCESS_STATE AccessState, ACCESS_MASK DesiredAccess, ULONG AdditionalReferences, PVOID *NewObject,
                        PHANDLE Handle);

/* Opens by name. AccessState may be NULL. */
NTSTATUS ObOpenObjectByName(POBJECT_ATTRIBUTES Attributes, POBJECT_TYPE Type, KPROCESSOR_MODE Mode, PACCESS_STATE AccessState,
                            ACCESS_MASK DesiredAccess, PVOID ParseContext, PHANDLE Handle);
NTSTATUS ObReferenceObjectByName(PUNICODE_STRING Name, ULONG Attributes, PACCESS_STATE AccessState, ACCESS_MASK DesiredAccess, POBJECT_TYPE Type,
                                 KPROCESSOR_MODE Mode, PVOID ParseContext, PVOID *Object);
/* A handle to an object the caller has referenced; does not consume the reference. */
NTSTATUS ObpCreateHandle(PVOID Object, ACCESS_MASK Granted, ULONG Attributes, PHANDLE Handle);

/* The same for whoever may open it whatever its descriptor says. */
NTSTATUS ObpOpenUnchecked(PVOID Object, ULONG Attributes, ACCESS_MASK Access, POBJECT_TYPE Type, KPROCESSOR_MODE Mode, PHANDLE Handle);

/* Names without handles, for IoCreateSymbolicLink and boot. */
NTSTATUS ObpCreateSymbolicLink(PUNICODE_STRING Link, PUNICODE_STRING Target, ULONG Attributes, PHANDLE Handle);
VOID ObMakeTemporaryObject(PVOID Object);
/* Body of the object to wait on for a handle's object (see DispatcherOffset), or NULL. */
PVOID ObpWaitObject(PVOID Object);

/* A handle table for a new process. The first process is System: it gets the kernel's. */
NTSTATUS ObpInitializeProcessHandles(PEPROCESS Process);
VOID ObpCloseProcessHandles(PEPROCESS Process); /* in the context of that process; closes each as NtClose would */
/* Gives a new process, which has no handles yet, those of Parent that are inheritable (OBJ_INHERIT): same values, same access. A handle whose type's Open
   procedure refuses is left out. STATUS_INSUFFICIENT_RESOURCES; what has been made until then goes with ObpCloseProcessHandles. */
NTSTATUS ObpInheritHandles(PEPROCESS Parent, PEPROCESS Child);
/* A handle of Target to what Handle, as user mode may use it, names in Source; same access and attributes. TRUE from ObpIsSameHandle: the value
   means the same in both. */
NTSTATUS ObpDuplicateHandle(PEPROCESS Source, HANDLE Handle, PEPROCESS Target, PHANDLE NewHandle);
BOOLEAN ObpIsSameHandle(HANDLE Handle, PEPROCESS A, PEPROCESS B);
/* Process -> handles in use. */
ULONG ObpProcessHandleCount(PEPROCESS Process);
PCUNICODE_STRING ObpObjectName(PVOID Object); /* last component; NULL if it has none */
POBJECT_TYPE ObpObjectType(PVOID Object);
PCUNICODE_STRING ObpTypeName(POBJECT_TYPE Type);

/* Gives an object that is not inserted the descriptor that one made by whoever has Token gets: from what ObCreateObject was told, or by default.
   STATUS_INSUFFICIENT_RESOURCES, what SepAssignSecurity refuses. */
NTSTATUS ObpAssignSecurity(PVOID Object, PVOID Token);
/* The same for the directories and links of ObInitSystem, which are older than all tokens. */
VOID ObpSecureNamespace(PVOID Token);
/* Where the object's security descriptor is (self-relative, pool); NULL there: none. NULL: objects like this one keep none. */
PSECURITY_DESCRIPTOR *ObpSecurity(PVOID Object);

/* Calls Visit for each name of a directory object, in name order; an object is referenced while it is visited. Visit may recurse. */
typedef VOID (*OB_VISIT_ROUTINE)(PVOID Context, PCUNICODE_STRING Name, PVOID Object);
VOID ObpWalkDirectory(PVOID Directory, OB_VISIT_ROUTINE Visit, PVOID Context);
extern PVOID ObpRootDirectory;
/* Target of a symbolic link object. */
PCUNICODE_STRING ObpSymbolicLinkTarget(PVOID Link);

/* Output parameters of a system service: probed for writing when Mode is UserMode. STATUS_SUCCESS, or what the probe raised. */
NTSTATUS ObpProbeOutput(PVOID Address, SIZE_T Size, ULONG Alignment, KPROCESSOR_MODE Mode);
/* Stores a result; STATUS_ACCESS_VIOLATION if user memory has gone meanwhile. */
NTSTATUS ObpStore(PVOID To, const VOID *From, SIZE_T Size, KPROCESSOR_MODE Mode);
/* Stores a new handle, or closes it again. */
NTSTATUS ObpStoreHandle(PHANDLE To, HANDLE Handle, KPROCESSOR_MODE Mode);
/* A counted string of a caller as a pool copy (terminated; free with ExFreePool; Buffer NULL when empty). STATUS_OBJECT_NAME_INVALID: odd length. */
NTSTATUS ObpCaptureString(PUNICODE_STRING Source, KPROCESSOR_MODE Mode, PUNICODE_STRING Captured);

/* System services (services.tbl) that the DDK headers do not declare. */
NTSTATUS NTAPI NtDuplicateObject(HANDLE SourceProcess, HANDLE SourceHandle, HANDLE TargetProcess, PHANDLE TargetHandle, ACCESS_MASK DesiredAccess,
                                 ULONG Attributes, ULONG Options);
NTSTATUS NTAPI NtSetInformationObject(HANDLE Handle, OBJECT_INFORMATION_CLASS Class, PVOID Information, ULONG Length);
NTSTATUS NTAPI NtMakeTemporaryObject(HANDLE Handle);
NTSTATUS NTAPI NtCreateDirectoryObject(PHANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES Attributes);
NTSTATUS NTAPI NtOpenDirectoryObject(PHANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES Attributes);
NTSTATUS NTAPI NtQueryDirectoryObject(HANDLE Handle, PVOID Buffer, ULONG Length, BOOLEAN ReturnSingleEntry, BOOLEAN RestartScan, PULONG Context,
                                      PULONG ReturnLength);
NTSTATUS NTAPI NtCreateSymbolicLinkObject(PHANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES Attributes, PUNICODE_STRING Target);
NTSTATUS NTAPI NtOpenSymbolicLinkObject(PHANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES Attributes);
NTSTATUS NTAPI NtQuerySymbolicLinkObject(HANDLE Handle, PUNICODE_STRING Target, PULONG ReturnedLength);
/* Exports that the DDK headers do not declare. */
NTSTATUS NTAPI ObCloseHandle(HANDLE Handle, KPROCESSOR_MODE PreviousMode);
POBJECT_TYPE NTAPI ObGetObjectType(PVOID Object);
NTSTATUS NTAPI ObSetHandleAttributes(HANDLE Handle, POBJECT_HANDLE_FLAG_INFORMATION Flags, KPROCESSOR_MODE PreviousMode);

/* Types Type, Directory, SymbolicLink; the directories and links that are there at boot (namespace.c lists them). After the pools and the clock;
   needs a current thread, no process yet. */
VOID ObInitSystem(VOID);
extern POBJECT_TYPE ObpTypeObjectType, ObpDirectoryObjectType, ObpSymbolicLinkObjectType;
