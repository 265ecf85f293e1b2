/* Images in the kernel: ntoskrnl.exe, hal.dll, drivers. Parsing and validation is ldr/pe.c, which the host compiles too. */
#pragma once
#include "nt/nt.h"
#include "ldr/pe.h"

#define LDR_INTEGRITY_FORCED 0x20u /* LDR_MODULE.Flags, where Windows has it: linked with /INTEGRITYCHECK */

typedef struct _LDR_MODULE { /* starts as KLDR_DATA_TABLE_ENTRY: DriverObject->DriverSection points at it */
    LIST_ENTRY InLoadOrderLinks;
    PVOID ExceptionTable;
    ULONG ExceptionTableSize;
    PVOID GpValue;
    PVOID NonPagedDebugInfo;
    PVOID DllBase;
    PVOID EntryPoint;
    ULONG SizeOfImage;
    UNICODE_STRING FullDllName;
    UNICODE_STRING BaseDllName;
    ULONG Flags;
    USHORT LoadCount;
    USHORT Unused5;
    PVOID SectionPointer;
    ULONG CheckSum;
    ULONG Unused6;
    PVOID LoadedImports;
    PVOID PatchInformation;
    /* ours */
    ULONG64 PreferredBase;
    CHAR HostPath[256]; /* for the symbolizer */
    CHAR Name[64];      /* "example.sys" */
    BOOLEAN IsDriver;   /* not ntoskrnl or hal */
    BOOLEAN IsLibrary;  /* for drivers that import from it: no driver object, stays for ever without a DllUnload */
    BOOLEAN Inbox;
    BOOLEAN InitDiscarded;
} LDR_MODULE, *PLDR_MODULE;

/* Why an image is refused, and what to do about it, for people: "is empty", "build it again". Why is "" when there is no more to say than a status does. */
typedef struct _LDR_REFUSAL {
    CHAR Why[400];
    CHAR Advice[160];
} LDR_REFUSAL, *PLDR_REFUSAL;

extern LIST_ENTRY PsLoadedModuleList;
VOID LdrInitSystem(VOID); /* registers ntoskrnl.exe where the host mapped it, loads hal.dll */

typedef enum _LDR_ROLE { LdrSystem, LdrInboxDriver, LdrDriver, LdrLibrary } LDR_ROLE; /* hal.dll; ours; others'; what those import from */

/* Loads a driver image from file bytes: checks, maps, relocates, binds, protects. When it refuses, *Refusal says why. */
NTSTATUS LdrLoadDriverImage(const VOID *File, SIZE_T Size, PCUNICODE_STRING FullName, PCSTR HostPath, LDR_ROLE Role, PLDR_MODULE *Module,
                            PLDR_REFUSAL Refusal);
/* The first module that the file imports from and that is not loaded; the name lies in the file. NULL: none, or the file is refused for other reasons. */
PCSTR LdrFindAbsentImport(const VOID *File, SIZE_T Size);
/* Formats Refusal->Why and copies Advice. */
VOID LdrRefuse(PLDR_REFUSAL Refusal, PCSTR Advice, PCSTR Why, ...);
/* "What: it is empty (STATUS_INVALID_FILE_FOR_SECTION 0xC0000020, Win32 error 193): build it again", always terminated. */
VOID LdrDescribeRefusal(CHAR *Text, SIZE_T Size, PCSTR What, NTSTATUS Status, const LDR_REFUSAL *Refusal);
/* Drops one reference of those that LdrLoadDriverImage gave and images bound to it hold. The last one of a library calls its DllUnload. PASSIVE_LEVEL. */
VOID LdrUnloadDriverImage(PLDR_MODULE Module);
VOID LdrDiscardInit(PLDR_MODULE Module); /* after DriverEntry: INIT sections and other IMAGE_SCN_MEM_DISCARDABLE ones but .reloc of use */
/* Does the code at Routine lie in an image that is linked with /INTEGRITYCHECK? If not, a message says what Function refuses and what to do. */
BOOLEAN LdrIsIntegrityForced(const VOID *Routine, PCSTR Function);
PLDR_MODULE LdrFindModule(ULONG64 Address);                         /* loaded images; NULL if none */
PLDR_MODULE LdrFindUnloadedModule(ULONG64 Address);                 /* what was there before, for 0xCE */
PVOID LdrFindExport(PLDR_MODULE Module, PCSTR Name, ULONG Ordinal); /* Name NULL: by ordinal; follows forwarders */
PCSTR LdrNearestExport(PLDR_MODULE Module, ULONG64 Address, ULONG *Offset);
/* .pdata lookup over kernel images, for rtl/unwind.c: entry or NULL (leaf); *ImageBase set when the address lies in an image. */
struct _IMAGE_RUNTIME_FUNCTION_ENTRY *LdrLookupFunctionEntry(ULONG64 Pc, ULONG64 *ImageBase);
typedef struct _LDR_SECTION {
    PVOID Start;
    SIZE_T Size;
    BOOLEAN MayBePaged; /* by MmPageEntireDriver: has pages of its own, and the kernel does not read it */
    BOOLEAN Pageable;   /* by its name and flags */
} LDR_SECTION;
BOOLEAN LdrQuerySection(PLDR_MODULE Module, ULONG Index, LDR_SECTION *Section); /* FALSE behind the last one */
/* What an address in or around a kernel image is, for MmDescribeAddress. FALSE when it has to do with none. */
BOOLEAN LdrDescribeAddress(ULONG64 Address, CHAR *Text, SIZE_T Size);
