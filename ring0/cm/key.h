/* What only cm/ knows: the tree of keys, and key objects, which are handles' view of a key. */
#pragma once
#include "cm/cm.h"
#include "ob/ob.h"

#define CMP_TAG            ' mCR'
#define CMP_MAX_KEY_NAME   512u   /* bytes: 255 characters and a zero ("Registry element size limits") */
#define CMP_MAX_VALUE_NAME 32766u /* bytes: 16,383 characters */
#define CMP_MAX_VALUE_DATA 0x10000000u

typedef struct _CM_VALUE {
    UNICODE_STRING Name; /* behind the structure */
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
    UNICODE_STRING Name;
    UNICODE_STRING Class;
    LARGE_INTEGER LastWriteTime;
    struct _CM_NODE **Children; /* sorted by upcased name */
    ULONG ChildCount, ChildCapacity;
    PCM_VALUE *Values; /* in the order in which they were first set */
    ULONG ValueCount, ValueCapacity;
    PSECURITY_DESCRIPTOR Security; /* pool; NULL: none was set */
} CM_NODE, *PCM_NODE;

typedef struct _CM_KEY { /* body of a Key object */
    PCM_NODE Node;
} CM_KEY, *PCM_KEY;

/* ---- tree.c: keys and values, nothing of objects ---- */
PCM_NODE CmpCreateNode(PCM_NODE Parent, PCUNICODE_STRING Name); /* in the tree; NULL: no memory. The name must not be there. */
VOID CmpReferenceNode(PCM_NODE Node);
VOID CmpDereferenceNode(PCM_NODE Node);
PCM_NODE CmpFindChild(PCM_NODE Node, PCUNICODE_STRING Name);
VOID CmpDeleteNode(PCM_NODE Node); /* takes it out of the tree; it has no children */
PCM_VALUE CmpFindValue(PCM_NODE Node, PCUNICODE_STRING Name);
NTSTATUS CmpPutValue(PCM_NODE Node, PCUNICODE_STRING Name, ULONG Type, const VOID *Data, ULONG Size);
BOOLEAN CmpRemoveValue(PCM_NODE Node, PCUNICODE_STRING Name);
VOID CmpTouchNode(PCM_NODE Node);
/* Splits the first component off Rest, skipping backslashes before it; First is empty at the end. */
VOID CmpNextName(PUNICODE_STRING Rest, PUNICODE_STRING First);
/* Full path; *Length bytes without the zero. Buffer may be NULL: then only the length. */
VOID CmpNodePath(PCM_NODE Node, PWSTR Buffer, PULONG Length);

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
