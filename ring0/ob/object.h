/*
 * What only ob/ knows: the header before each object, types, directories, handle tables.
 *
 * References: 1 for whoever created the object, 1 for each handle, 1 for the name in a directory. A name goes away when the object is not
 * (or no longer) permanent and its last handle is closed.
 */
#pragma once
#include "ob/ob.h"
#include "ps/ps.h"

#define OBP_TAG           'jbOR'
#define OBP_MAGIC         0x4A624F52u
#define OBP_MAGIC_DELETED 0x64624F52u
#define OBP_MAX_REPARSE   32u

/* OBP_HEADER.Flags */
#define OBP_FLAG_PERMANENT   0x01u
#define OBP_FLAG_EXCLUSIVE   0x02u
#define OBP_FLAG_KERNEL_ONLY 0x04u
#define OBP_FLAG_SECURED     0x10u /* its descriptor is the one that it begins with, complete */
#define OBP_FLAG_NEW         0x08u /* made by ObCreateObject, not yet inserted: CreateInfo is valid */

#ifndef OBJ_PROTECT_CLOSE
#define OBJ_PROTECT_CLOSE 0x00000001
#endif

/* The first two fields are where Windows has them. The list is always empty, so the first pointer of a type leads to the type itself: drivers built
   against headers that declare IoFileObjectType and its like as imported read that pointer too, and get the same as those that do not. */
typedef struct _OBJECT_TYPE {
    LIST_ENTRY TypeList;
    UNICODE_STRING Name;
    OB_TYPE_INITIALIZER Info;
    ULONG Index; /* 2 is the first, as on Windows */
    ULONG Objects, Handles, PeakObjects, PeakHandles;
    LIST_ENTRY Callbacks; /* ObRegisterCallbacks; in order of falling altitude */
} OBJECT_TYPE;
_Static_assert(offsetof(OBJECT_TYPE, TypeList) == 0 && offsetof(OBJECT_TYPE, Name) == 0x10, "OBJECT_TYPE");

typedef struct _OBP_PAGE OBP_PAGE, *POBP_PAGE; /* some of a directory's names: entries.c */
typedef struct _OBP_DIRECTORY {                /* body of a Directory: entries sorted by upcased, then by exact name */
    POBP_PAGE *Pages;                          /* none is empty */
    ULONG PageCount, PageCapacity;
    ULONG Count;                   /* of entries */
    struct _OBP_DIRECTORY *Shadow; /* referenced: where a name is looked for that is not here; NULL: nowhere */
} OBP_DIRECTORY, *POBP_DIRECTORY;

typedef struct _OBP_SYMBOLIC_LINK {
    LARGE_INTEGER CreationTime;
    UNICODE_STRING Target;
} OBP_SYMBOLIC_LINK, *POBP_SYMBOLIC_LINK;

/* What ObCreateObject keeps for ObInsertObject. */
typedef struct _OBP_CREATE_INFO {
    ULONG Attributes;
    KPROCESSOR_MODE ProbeMode;
    HANDLE RootDirectory;
    UNICODE_STRING Name; /* full path as given; pool */
    PVOID ParseContext;
    PSECURITY_DESCRIPTOR SecurityDescriptor;
} OBP_CREATE_INFO, *POBP_CREATE_INFO;

typedef struct _OBP_PROCESS_COUNT { /* handles of one process to an object whose type maintains handle counts */
    struct _OBP_PROCESS_COUNT *Next;
    PEPROCESS Process;
    ULONG Count;
} OBP_PROCESS_COUNT, *POBP_PROCESS_COUNT;

typedef struct _OBP_HEADER {
    POBJECT_TYPE Type;
    POBP_DIRECTORY Directory; /* referenced while the object has its name in it */
    UNICODE_STRING Name;      /* last component; pool */
    POBP_CREATE_INFO CreateInfo;
    PEPROCESS ExclusiveProcess;
    struct _OBP_HEADER *NextToDelete;
    OBP_PROCESS_COUNT ProcessCount; /* the first; Process NULL: unused */
    LARGE_INTEGER CreationTime;
    ULONG BodySize;
    ULONG Magic;
    /* From here on as OBJECT_HEADER on Windows x64, for debuggers' eyes: 30h bytes, then the body. */
    LONG64 PointerCount;
    LONG64 HandleCount;
    PVOID Lock;
    UCHAR TypeIndex;
    UCHAR TraceFlags;
    UCHAR InfoMask;
    UCHAR Flags;
    ULONG Reserved;
    PVOID QuotaBlockCharged;
    PSECURITY_DESCRIPTOR SecurityDescriptor;
} OBP_HEADER, *POBP_HEADER;
_Static_assert(sizeof(OBP_HEADER) % 16 == 0, "an object's body is 16-byte aligned");
_Static_assert(sizeof(OBP_HEADER) - offsetof(OBP_HEADER, PointerCount) == 0x30, "OBJECT_HEADER is 30h bytes");

static inline PVOID ObpBody(POBP_HEADER Header) { return Header + 1; }
/* Bug check 0x189, or 0x18 for what is an object no longer. */
DECLSPEC_NORETURN VOID ObpStopNoObject(POBP_HEADER Header);
/* Checks that Object is one. */
static inline POBP_HEADER ObpHeader(PVOID Object) {
    POBP_HEADER header = (POBP_HEADER)Object - 1;
    if (header->Magic != OBP_MAGIC)
        ObpStopNoObject(header);
    return header;
}

/* ---- object.c ---- */
/* Frees what ObCreateObject kept. */
VOID ObpFreeCreateInfo(POBP_HEADER Header);
/* An object without attributes; one reference. NULL: no memory. */
POBP_HEADER ObpAllocateObject(POBJECT_TYPE Type, ULONG BodySize);
/* The last handle is gone, or the object has become temporary: takes the name away if nothing keeps it. May delete the object
   unless the caller has a reference. */
VOID ObpDeleteNameCheck(POBP_HEADER Header);

/* ---- capture.c ---- */
/* OBJECT_ATTRIBUTES of a caller (NULL: none of them); undone by ObpReleaseCreateInfo. STATUS_INVALID_PARAMETER, what ObpCaptureString and
   SeCaptureSecurityDescriptor give, or what a probe raised. */
NTSTATUS ObpCaptureAttributes(POBJECT_ATTRIBUTES Attributes, KPROCESSOR_MODE Mode, POBP_CREATE_INFO Info);
VOID ObpReleaseCreateInfo(POBP_CREATE_INFO Info);
/* As ObpCaptureString, for a string that is captured already and whose buffer is not. */
NTSTATUS ObpCaptureBuffer(PCUNICODE_STRING Source, KPROCESSOR_MODE Mode, PUNICODE_STRING Captured);

/* ---- entries.c ---- */
typedef struct _OBP_POSITION { /* before an entry of a directory */
    ULONG Page, Index;
} OBP_POSITION;
OBP_POSITION ObpSeekEntry(POBP_DIRECTORY Directory, ULONG Number); /* before entry Number, which may be the end or beyond */
/* The entry behind *Position, which moves on; NULL: there is none. Entries that come and go between two calls may be passed over or seen twice. */
POBP_HEADER ObpNextEntry(POBP_DIRECTORY Directory, OBP_POSITION *Position);
POBP_HEADER ObpFindEntry(POBP_DIRECTORY Directory, PCUNICODE_STRING Name, BOOLEAN CaseInsensitive);
/* Takes over Name's buffer and adds a reference each to the object and to the directory. The name must not be there. */
NTSTATUS ObpInsertEntry(POBP_DIRECTORY Directory, POBP_HEADER Header, PUNICODE_STRING Name);
/* Undoes it; the object's header keeps nothing of the name. */
VOID ObpRemoveEntry(POBP_HEADER Header);

/* ---- directory.c ---- */
VOID ObpDeleteDirectory(PVOID Object);
/* A permanent directory; *Directory, referenced, may be NULL. One that is there already is taken as it is. */
NTSTATUS ObpCreateSystemDirectory(PCWSTR Path, POBP_DIRECTORY *Directory);

/* ---- path.c: names, no objects ---- */
/* Splits the first component off: Name without one leading backslash, up to the next; Rest begins with that backslash or is empty. */
VOID ObpSplitName(PCUNICODE_STRING Name, PUNICODE_STRING First, PUNICODE_STRING Rest);
/* <0, 0, >0 in the order of directories: by upcased characters, then (unless CaseInsensitive) by exact ones. */
INT ObpCompareNames(PCUNICODE_STRING A, PCUNICODE_STRING B, BOOLEAN CaseInsensitive);
/* Is the first component of Name exactly "??"? Rest is what follows it. */
BOOLEAN ObpIsDosPrefix(PCUNICODE_STRING Name, PUNICODE_STRING Rest);

/* ---- lookup.c ---- */
typedef struct _OBP_LOOKUP {
    HANDLE RootDirectory;
    PUNICODE_STRING Name;
    ULONG Attributes;
    KPROCESSOR_MODE Mode;
    POBJECT_TYPE Type; /* NULL: any */
    PACCESS_STATE AccessState;
    PVOID ParseContext;
    POBP_HEADER Insert; /* object to put there, or NULL */
} OBP_LOOKUP, *POBP_LOOKUP;
/* *Found is referenced. With Insert: the inserted object itself, or the one that was there (*Inserted tells). */
NTSTATUS ObpLookupName(const OBP_LOOKUP *Lookup, POBP_HEADER *Found, BOOLEAN *Inserted);

/* ---- namespace.c ---- */
/* What "\??" is for the current process: \GLOBAL?? for System, else the directory of its logon session, made when first asked for. Never goes away.
   STATUS_INSUFFICIENT_RESOURCES. */
NTSTATUS ObpDosDirectory(POBP_DIRECTORY *Directory);

/* ---- type.c ---- */
/* The types Type, Directory and SymbolicLink; no names yet. */
VOID ObpCreateFirstTypes(VOID);
/* From now on types have their names in this directory. */
VOID ObpPublishTypes(POBP_DIRECTORY Directory);

/* ---- symlink.c ---- */
NTSTATUS ObpParseSymbolicLink(PVOID ParseObject, POBJECT_TYPE RequestedType, PACCESS_STATE AccessState, KPROCESSOR_MODE AccessMode, ULONG Attributes,
                              PUNICODE_STRING CompleteName, PUNICODE_STRING RemainingName, PVOID Context, PVOID *Object);
VOID ObpDeleteSymbolicLink(PVOID Object);

/* ---- table.c: handle tables, nothing of objects ---- */
#define OBP_KERNEL_HANDLE_BASE 0xFFFFFFFF80000000ull
#define OBP_LEAF_ENTRIES       256u /* one page of 16-byte entries; entry 0 of each leaf is never a handle, as on Windows */
#define OBP_BRANCH_ENTRIES     512u /* one page of pointers */
#define OBP_BRANCH_SPAN        (OBP_LEAF_ENTRIES * OBP_BRANCH_ENTRIES)
#define OBP_MAX_HANDLES        0x1000000u

typedef struct _OBP_HANDLE_ENTRY {
    PVOID Object; /* OBP_HEADER; NULL: free */
    ACCESS_MASK Access;
    ULONG Attributes; /* OBJ_INHERIT, OBJ_PROTECT_CLOSE; index of the next free entry in a free one */
} OBP_HANDLE_ENTRY, *POBP_HANDLE_ENTRY;

typedef struct _OB_HANDLE_TABLE {
    OBP_HANDLE_ENTRY ***Branches; /* [OBP_MAX_HANDLES / (leaf * branch)] of [OBP_BRANCH_ENTRIES] of [OBP_LEAF_ENTRIES] */
    ULONG Limit;                  /* indices below it exist */
    ULONG FirstFree;              /* 0: none */
    ULONG Count;
} OB_HANDLE_TABLE, *POB_HANDLE_TABLE;

POB_HANDLE_TABLE ObpCreateHandleTable(VOID);
VOID ObpDeleteHandleTable(POB_HANDLE_TABLE Table);
/* The entry in use at an index, or NULL. */
static inline POBP_HANDLE_ENTRY ObpEntryAt(POB_HANDLE_TABLE Table, ULONG Index) {
    return &Table->Branches[Index / OBP_BRANCH_SPAN][Index / OBP_LEAF_ENTRIES % OBP_BRANCH_ENTRIES][Index % OBP_LEAF_ENTRIES];
}
static inline POBP_HANDLE_ENTRY ObpHandleEntry(POB_HANDLE_TABLE Table, ULONG64 Index) {
    if (Index >= Table->Limit)
        return NULL;
    POBP_HANDLE_ENTRY entry = ObpEntryAt(Table, (ULONG)Index);
    return entry->Object != NULL ? entry : NULL;
}
/* 0 when out of memory or handles. The handle closed last is the first to be given out again; otherwise the lowest that never was. */
ULONG ObpAllocateHandle(POB_HANDLE_TABLE Table, PVOID Object, ACCESS_MASK Access, ULONG Attributes);
VOID ObpFreeHandle(POB_HANDLE_TABLE Table, ULONG Index);
/* Handles at indices of choice: the indices below Limit are made to exist (FALSE: no memory), free ones are filled, and the free stack, which
   knows nothing of that, is made anew, lowest index first. */
BOOLEAN ObpExtendHandleTable(POB_HANDLE_TABLE Table, ULONG Limit);
VOID ObpPlaceHandle(POB_HANDLE_TABLE Table, ULONG Index, PVOID Object, ACCESS_MASK Access, ULONG Attributes);
VOID ObpRelinkHandles(POB_HANDLE_TABLE Table);

/* ---- handle.c ---- */
extern POB_HANDLE_TABLE ObpKernelTable;
static inline PEPROCESS ObpCurrentProcess(VOID) { return (PEPROCESS)KiCurrentThread()->ApcState.Process; }
/* Table and index of a handle as this mode and process may use it; NULL: invalid. */
POBP_HANDLE_ENTRY ObpFindHandle(HANDLE Handle, KPROCESSOR_MODE Mode, PEPROCESS Process, POB_HANDLE_TABLE *Table, PULONG Index);
/* What a caller of Mode gets who asks for Desired: generic rights mapped, MAXIMUM_ALLOWED resolved. STATUS_ACCESS_DENIED,
   STATUS_PRIVILEGE_NOT_HELD. */
NTSTATUS ObpGrantAccess(POBJECT_TYPE Type, ACCESS_MASK Desired, KPROCESSOR_MODE Mode, PACCESS_MASK Granted);
/* The same for an existing object: its security descriptor, if any, has a word in it. A UserMode opener must ask for something. With AccessState
   (may be NULL) that says what is desired and what has been granted on the way. */
NTSTATUS ObpCheckAccess(POBP_HEADER Header, PACCESS_STATE AccessState, ACCESS_MASK Desired, KPROCESSOR_MODE Mode, PACCESS_MASK Granted);
/* As ObpCreateHandle, in a process of choice and for a caller of Mode. */
NTSTATUS ObpCreateHandleEx(PEPROCESS Process, POBP_HEADER Header, ACCESS_MASK Granted, ULONG Attributes, KPROCESSOR_MODE Mode, OB_OPERATION Operation,
                           PEPROCESS SourceProcess, PHANDLE Handle);
/* One more handle of Process to an object, in its counts and in the eyes of its type (Open procedure); what remains is the entry. */
NTSTATUS ObpCountHandle(PEPROCESS Process, POBP_HEADER Header, ACCESS_MASK Granted, KPROCESSOR_MODE Mode);
/* Closes an entry whatever protects it; runs the type's Close procedure in the current context. */
VOID ObpCloseEntry(PEPROCESS Process, POB_HANDLE_TABLE Table, ULONG Index);

/* ---- security.c ---- */
/* A new object's descriptor: what it was created with (Header->SecurityDescriptor) made complete, with what Parent's entries pass on. */
NTSTATUS ObpAssignFrom(POBP_HEADER Header, PSECURITY_DESCRIPTOR Parent, PVOID Token, KPROCESSOR_MODE Mode);

/* ---- callback.c ---- */
typedef struct _OBP_CALLED {
    struct _OBP_CALLBACK *Callback; /* its registration is held */
    PVOID Context;                  /* what it left for itself */
} OBP_CALLED;
typedef struct _OBP_OPERATION { /* a handle that is being made; the last two are the callbacks' own and zero at first */
    POBP_HEADER Header;
    OB_OPERATION Kind;
    PEPROCESS Source, Target; /* of a duplicate */
    BOOLEAN KernelHandle;
    ULONG Count;
    OBP_CALLED *Called;
} OBP_OPERATION, *POBP_OPERATION;
/* Lets registered callbacks take rights away; *Granted is what is left. STATUS_INSUFFICIENT_RESOURCES: none has been called. PASSIVE_LEVEL, as whoever opens. */
NTSTATUS ObpCallPreCallbacks(POBP_OPERATION Operation, PACCESS_MASK Granted);
/* What became of it, told to those that were called before, in the opposite order. Called whatever became of it. */
VOID ObpCallPostCallbacks(POBP_OPERATION Operation, ACCESS_MASK Granted, NTSTATUS Status);
