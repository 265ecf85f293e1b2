/* What only cm/ knows: the tree of keys, and key objects, which are handles' view of a key. */
#pragma once
#include "cm/cm.h"
#include "ob/ob.h"

#define CMP_TAG            ' mCR'
#define CMP_MAX_KEY_NAME   512u   /* bytes: 255 characters and a zero ("Registry element size limits") */
#define CMP_MAX_VALUE_NAME 32766u /* bytes: 16,383 characters */
#define CMP_MAX_VALUE_DATA 0x10000000u
#define CMP_MAX_DEPTH      512u /* levels ("Registry element size limits") */

typedef struct _CM_VALUE {
    UNICODE_STRING Name; /* behind the structure */
    ULONG Hash;          /* of the upcased name: keys with thousands of values are searched by it */
    ULONG Type;
    ULONG Size;
    PUCHAR Data; /* behind the name */
} CM_VALUE, *PCM_VALUE;

/* A key. The tree holds one reference to a key that is in it, each key object another. Without its last reference it is freed. */
typedef struct _CM_NODE {
    struct _CM_NODE *Parent; /* NULL for \REGISTRY; stays when the key is deleted, for its name: a child references its parent */
    ULONG References;
    BOOLEAN Deleted;
    BOOLEAN Volatile;
    BOOLEAN Link;  /* its value SymbolicLinkValue is where it leads */
    BOOLEAN Fixed; /* \REGISTRY, MACHINE, USER and the roots of hives: never deleted */
    BOOLEAN Kept;  /* in the files of a machine that has some: not volatile, not below HARDWARE */
    UNICODE_STRING Name;
    UNICODE_STRING Class;
    LARGE_INTEGER LastWriteTime;
    struct _CM_NODE **Children; /* sorted by upcased name */
    ULONG ChildCount, ChildCapacity;
    PCM_VALUE *Values; /* in the order in which they were first set */
    ULONG ValueCount, ValueCapacity;
    PSECURITY_DESCRIPTOR Security; /* pool; NULL: that of the nearest key above that has one */
} CM_NODE, *PCM_NODE;

typedef struct _CM_KEY { /* body of a Key object */
    PCM_NODE Node;
    struct _CM_NOTIFY *Notify; /* what NtNotifyChangeKey asked for with it; NULL: nothing yet */
    LIST_ENTRY Contexts;       /* of CmSetCallbackObjectContext; Flink NULL: none was ever set */
    PCUNICODE_STRING Name;     /* what CmCallbackGetKeyObjectID has given out; pool, NULL: nothing */
} CM_KEY, *PCM_KEY;

/* ---- tree.c: keys and values, nothing of objects. What changes a key that is kept is logged (store.h), a new key by whoever made it. ---- */
/* In the tree, kept if Parent is; NULL: no memory. The name must not be there. */
PCM_NODE CmpCreateNode(PCM_NODE Parent, PCUNICODE_STRING Name);
VOID CmpReferenceNode(PCM_NODE Node);
VOID CmpDereferenceNode(PCM_NODE Node);
PCM_NODE CmpFindChild(PCM_NODE Node, PCUNICODE_STRING Name);
VOID CmpDeleteNode(PCM_NODE Node); /* takes it out of the tree; it has no children */
VOID CmpDeleteTree(PCM_NODE Node); /* with what is below it */
/* The next of the tree below Top, parents before children, in the order of names; Top itself is the first. NULL after the last. */
PCM_NODE CmpNextNode(PCM_NODE Top, PCM_NODE Node);
ULONG CmpDepth(PCM_NODE Node); /* 0: \REGISTRY */
/* STATUS_INSUFFICIENT_RESOURCES. The new name must not be there. */
NTSTATUS CmpRenameNode(PCM_NODE Node, PCUNICODE_STRING NewName);
PCM_VALUE CmpFindValue(PCM_NODE Node, PCUNICODE_STRING Name);
NTSTATUS CmpPutValue(PCM_NODE Node, PCUNICODE_STRING Name, ULONG Type, const VOID *Data, ULONG Size);
BOOLEAN CmpRemoveValue(PCM_NODE Node, PCUNICODE_STRING Name);
VOID CmpTouchNode(PCM_NODE Node);
/* To gets the class, values and subkeys of From, and loses those that From does not have; volatile ones do not count. Only differences are written. */
NTSTATUS CmpCopyTree(PCM_NODE From, PCM_NODE To);
/* Splits the first component off Rest, skipping backslashes before it; First is empty at the end. */
VOID CmpNextName(PUNICODE_STRING Rest, PUNICODE_STRING First);
/* Full path; *Length bytes without the zero. Buffer may be NULL: then only the length. */
VOID CmpNodePath(PCM_NODE Node, PWSTR Buffer, PULONG Length);

/* ---- boot.c ---- */
PCM_NODE CmpNodeByPath(PCWSTR Path); /* making it if need be. For the start of the system. */

/* ---- security.c ---- */
/* What a new key below Parent begins with: pool, NULL when it is what it inherits anyway. Mode: of the creator. What SeAssignForObject gives. */
NTSTATUS CmpAssignSecurity(PCM_NODE Parent, PACCESS_STATE AccessState, KPROCESSOR_MODE Mode, PSECURITY_DESCRIPTOR *Security);
NTSTATUS CmpCheckSecurity(PCM_NODE Node, ACCESS_MASK Desired, PACCESS_STATE AccessState, KPROCESSOR_MODE Mode, PACCESS_MASK Granted);
PSECURITY_DESCRIPTOR *CmpKeySecurity(PVOID Object); /* of a key object; one of its own from now on */
VOID CmpKeySecurityChanged(PVOID Object);
VOID CmpSecureHives(VOID);

/* ---- controlset.c ---- */
VOID CmpChooseControlSet(VOID);              /* after the files have been read; makes the set's key */
PCUNICODE_STRING CmpDefaultControlSet(VOID); /* the name of the one that is chosen, before that of the one that would be: "ControlSet001" */

/* ---- notify.c ---- */
/* Tells who watches Node, or a tree that it is in, of a change: REG_NOTIFY_CHANGE_NAME: a subkey came or went, ..._LAST_SET: a value. Threads may run. */
VOID CmpReportChange(PCM_NODE Node, ULONG Change);
VOID CmpEndNotify(PCM_KEY Key);       /* the last handle is closed: whoever waits is told STATUS_NOTIFY_CLEANUP */
VOID CmpEndNotifiesOf(PCM_NODE Node); /* the key is deleted */

/* ---- key.c ---- */
typedef struct _CM_PARSE_CONTEXT {
    BOOLEAN Create;
    BOOLEAN OpenLink; /* a link at the end of the path is what is wanted, not where it leads */
    ULONG Options;    /* REG_OPTION_* */
    PUNICODE_STRING Class;
    ULONG Disposition;
} CM_PARSE_CONTEXT, *PCM_PARSE_CONTEXT;

extern PCM_NODE CmpRoot;              /* \REGISTRY */
extern POBJECT_TYPE CmpKeyObjectType; /* exported as CmKeyObjectType */
extern const OB_TYPE_INITIALIZER CmpKeyInitializer;
/* The key behind a handle, its object referenced. STATUS_KEY_DELETED. */
NTSTATUS CmpReferenceKey(HANDLE Handle, ACCESS_MASK Access, KPROCESSOR_MODE Mode, PCM_KEY *Key);

/* System services (services.tbl) that the DDK headers do not declare. */
NTSTATUS NTAPI NtCreateKey(PHANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES Attributes, ULONG TitleIndex, PUNICODE_STRING Class,
                           ULONG Options, PULONG Disposition);
NTSTATUS NTAPI NtOpenKey(PHANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES Attributes);
NTSTATUS NTAPI NtOpenKeyEx(PHANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES Attributes, ULONG Options);
NTSTATUS NTAPI NtDeleteKey(HANDLE Handle);
NTSTATUS NTAPI NtFlushKey(HANDLE Handle);
NTSTATUS NTAPI NtQueryKey(HANDLE Handle, KEY_INFORMATION_CLASS Class, PVOID Information, ULONG Length, PULONG ResultLength);
NTSTATUS NTAPI NtEnumerateKey(HANDLE Handle, ULONG Index, KEY_INFORMATION_CLASS Class, PVOID Information, ULONG Length, PULONG ResultLength);
NTSTATUS NTAPI NtQueryValueKey(HANDLE Handle, PUNICODE_STRING ValueName, KEY_VALUE_INFORMATION_CLASS Class, PVOID Information, ULONG Length,
                               PULONG ResultLength);
NTSTATUS NTAPI NtEnumerateValueKey(HANDLE Handle, ULONG Index, KEY_VALUE_INFORMATION_CLASS Class, PVOID Information, ULONG Length,
                                   PULONG ResultLength);
NTSTATUS NTAPI NtSetValueKey(HANDLE Handle, PUNICODE_STRING ValueName, ULONG TitleIndex, ULONG Type, PVOID Data, ULONG Size);
NTSTATUS NTAPI NtDeleteValueKey(HANDLE Handle, PUNICODE_STRING ValueName);
NTSTATUS NTAPI NtRenameKey(HANDLE Handle, PUNICODE_STRING NewName);
NTSTATUS NTAPI NtSetInformationKey(HANDLE Handle, KEY_SET_INFORMATION_CLASS Class, PVOID Information, ULONG Length);
NTSTATUS NTAPI NtQueryMultipleValueKey(HANDLE Handle, PKEY_VALUE_ENTRY ValueEntries, ULONG EntryCount, PVOID ValueBuffer, PULONG BufferLength,
                                       PULONG RequiredBufferLength);
NTSTATUS NTAPI NtNotifyChangeKey(HANDLE Handle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                                 ULONG CompletionFilter, BOOLEAN WatchTree, PVOID Buffer, ULONG BufferSize, BOOLEAN Asynchronous);
