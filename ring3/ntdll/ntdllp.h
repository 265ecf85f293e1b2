/* What ntdll's own files share. */
#pragma once
#include "ntdll.h"

/* A loaded image; the Windows part comes first, so that PEB_LDR_DATA's lists can be walked by anybody. */
typedef struct _LDRP_MODULE {
    NT_LDR_ENTRY Entry;
    ULONG References; /* LoadLibrary calls; LDRP_PINNED: stays */
    BOOLEAN IsDll;
    BOOLEAN Initialized;   /* DllMain(DLL_PROCESS_ATTACH) has succeeded */
    BOOLEAN NoThreadCalls; /* DisableThreadLibraryCalls */
    BOOLEAN Needed;        /* found so by the last LdrpCollect, or new since */
    BOOLEAN Unloading;     /* goes, or could not be bound */
    ULONG TlsSlot;         /* LDRP_NO_TLS: has no TLS directory */
    PIMAGE_TLS_DIRECTORY Tls;
    struct _LDRP_MODULE **Imports; /* whom it needs */
    ULONG ImportCount;
} LDRP_MODULE;
typedef BOOLEAN(NTAPI *PDLL_MAIN)(PVOID Base, ULONG Reason, PVOID Reserved);
#define LDRP_PINNED 0xFFFFFFFFu
#define LDRP_NO_TLS 0xFFFFFFFFu

extern RTL_CRITICAL_SECTION LdrpLoaderLock;
extern BOOLEAN LdrpShutdownInProgress;

/* loader.c. Callers hold the loader lock. */
LDRP_MODULE *LdrpFindByAddress(PVOID Address);
LDRP_MODULE *LdrpFindByBase(PVOID Base);
/* The module of that name, loaded now if it is not yet; nobody refers to it by that. Not yet initialized: LdrpRunInitializers. After a failure
   LdrpCollect takes away what has been loaded on the way. */
NTSTATUS LdrpLoad(PCUNICODE_STRING Name, LDRP_MODULE **Module);
NTSTATUS LdrpRunInitializers(VOID);
LDRP_MODULE *LdrpRegister(PVOID Base, PCUNICODE_STRING FullName); /* NULL: no memory */

/* unload.c. Callers hold the loader lock. */
NTSTATUS LdrpRecordImport(LDRP_MODULE *Module, LDRP_MODULE *Import); /* Module needs Import from now on */
VOID LdrpCallDetach(LDRP_MODULE *Module, PVOID Reserved);            /* TLS callbacks and DllMain: it ends */
VOID LdrpCollect(VOID);                                              /* unloads what nobody needs */

/* search.c: where DLLs are looked for. Flags are LOAD_LIBRARY_SEARCH_, LOAD_WITH_ALTERED_SEARCH_PATH, and DONT_RESOLVE_DLL_REFERENCES; they are for
   one LdrLoadDll with all that it loads. Name: the file, whose folder two of the flags mean; STATUS_INVALID_PARAMETER when it has none. Callers
   hold the loader lock. */
typedef struct _LDRP_SEARCH {
    ULONG Flags;
    UNICODE_STRING Folder;
} LDRP_SEARCH;
extern ULONG LdrpSearchFlags;
NTSTATUS LdrpBeginSearch(ULONG Flags, PCUNICODE_STRING Name, LDRP_SEARCH *Outer);
VOID LdrpEndSearch(const LDRP_SEARCH *Outer);
typedef NTSTATUS (*LDRP_TRY)(PCWSTR Folder, SIZE_T Length, PVOID Context);
BOOLEAN LdrpIsAbsent(NTSTATUS Status);
/* Calls Try for each folder, in their order, until it does not say that the file is absent. */
NTSTATUS LdrpSearchFolders(BOOLEAN Known, LDRP_TRY Try, PVOID Context);

/* map.c: finds, opens and maps an image file. */
NTSTATUS LdrpMapFile(PCUNICODE_STRING Name, PVOID *Base, PUNICODE_STRING FullName);

/* apiset.c: whether Name is an API set, with or without ".dll", and which DLL hosts it. */
BOOLEAN LdrpResolveApiSet(PCUNICODE_STRING Name, PUNICODE_STRING Host);

/* snap.c: exports and imports. */
NTSTATUS LdrpSnapImports(LDRP_MODULE *Module);
/* By name, or by ordinal when Name is NULL. Follows forwarders, loading their modules as imports of Module. */
NTSTATUS LdrpFindExport(LDRP_MODULE *Module, PCSTR Name, ULONG Ordinal, PVOID *Address);
/* Why the last load failed: one line, for the error output of a program that cannot start. */
extern CHAR LdrpFailure[512];

/* tls.c. Callers hold the loader lock. */
NTSTATUS LdrpPrepareTls(LDRP_MODULE *Module); /* gives it a slot, and its block to each thread there is */
VOID LdrpReleaseTls(LDRP_MODULE *Module);
NTSTATUS LdrpAllocateThreadTls(VOID); /* the current thread's blocks for every module that has a slot */
VOID LdrpFreeThreadTls(VOID);
VOID LdrpCallTlsCallbacks(LDRP_MODULE *Module, ULONG Reason);

/* process.c, thread.c, fls.c, heap.c */
VOID LdrpCallThreadRoutines(ULONG Reason);
VOID LdrShutdownThread(VOID);
VOID LdrShutdownProcess(VOID);
NTSTATUS LdrpInitializeProcess(PVOID NtdllBase);
VOID RtlpRunFlsCallbacks(VOID);
VOID RtlpRecoverLocksAtExit(VOID); /* the other threads have been ended, maybe while they held them */
VOID RtlpRecoverHeapsAtExit(VOID);

/* For the shared exception code to call before it walks frames, and for functions that no image describes. */
extern BOOLEAN (*RtlpVectoredHandlers)(PEXCEPTION_RECORD Record, PCONTEXT Context);
extern VOID (*RtlpContinueHandlers)(PEXCEPTION_RECORD Record, PCONTEXT Context); /* when execution is to go on */
PVOID NTAPI RtlAddVectoredContinueHandler(ULONG First, PVECTORED_EXCEPTION_HANDLER Handler);
ULONG NTAPI RtlRemoveVectoredContinueHandler(PVOID Handle);
extern PRUNTIME_FUNCTION (*RtlpDynamicFunctions)(ULONG64 ControlPc, PULONG64 ImageBase);
VOID RtlpInitializeExceptions(VOID);
/* function_table.c: described by RtlAddFunctionTable and its kin; NULL: by none. */
PRUNTIME_FUNCTION RtlpFindDynamicFunction(ULONG64 ControlPc, PULONG64 ImageBase);

static inline PVOID RtlpAllocate(SIZE_T Size) { return RtlAllocateHeap(NtPeb()->ProcessHeap, HEAP_ZERO_MEMORY, Size); }
static inline VOID RtlpFree(PVOID Block) { RtlFreeHeap(NtPeb()->ProcessHeap, 0, Block); }

static inline SIZE_T RtlpWideLength(PCWSTR Text) {
    SIZE_T n = 0;
    while (Text[n])
        n++;
    return n;
}
