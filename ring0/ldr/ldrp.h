/* What the files of ldr/ share. */
#pragma once
#include "ke/ke.h"
#include "ldr/ldr.h"
#include "mm/mm.h"

int __cdecl _snprintf(char *Buffer, size_t Size, const char *Format, ...);

#define LDRP_TAG 'rdLM'

/* An import that nobody exports: what its stub passes on. Strings are the module's own copies. */
typedef struct _LDRP_MISSING {
    PCSTR Module, Name;
    struct _LDRP_MODULE *Driver;
} LDRP_MISSING, *PLDRP_MISSING;

typedef struct _LDRP_MODULE {
    LDR_MODULE Public;  /* first */
    struct pe_image Pe; /* of the image in memory */
    PLDRP_MISSING Missing;
    ULONG MissingCount;
    ULONG64 GuardBase, GuardSize;  /* the unmapped pages to which unknown variables are bound; slot i: Missing[i] */
    struct _LDRP_MODULE **Imports; /* modules this one is bound to, NULL-terminated */
    UCHAR *KeepSection;            /* per section: not to be discarded */
} LDRP_MODULE, *PLDRP_MODULE;

#define LDRP_GUARD_SLOT 64 /* bytes between two unknown variables */
#define LDRP_STUB_SIZE  32

/* Case-insensitive; with or without extension ("ntoskrnl" in forwarders). */
/* Formats Refusal->Why, copies Advice, and gives the status back. */
NTSTATUS LdrpRefuse(PLDR_REFUSAL Refusal, NTSTATUS Status, PCSTR Advice, PCSTR Why, ...);
PLDRP_MODULE LdrpFindModuleByName(PCSTR Name, BOOLEAN WithExtension);
int LdrpCompareNames(PCSTR A, PCSTR B);
/* Like LdrFindExport; *FinalName is what to ask VfBind for. */
PVOID LdrpResolveExport(PLDRP_MODULE Module, PCSTR Name, ULONG Ordinal, ULONG Depth, PCSTR *FinalName);
VOID LdrpInsertModule(PLDRP_MODULE Module, PCUNICODE_STRING FullName);
VOID LdrpForgetModule(PLDRP_MODULE Module);

/* ---- bind.c ---- */
/* Sizes the stubs and refuses what cannot be bound; nothing is changed but the counts. */
NTSTATUS LdrpCheckImports(const struct pe_image *File, ULONG *MissingCount, SIZE_T *MissingText, PLDR_REFUSAL Refusal);
/* After LdrpCheckImports has succeeded: fills the import address table of the image in memory. Stubs lie at Stubs. */
VOID LdrpBindImports(PLDRP_MODULE Module, const struct pe_image *File, BOOLEAN Verified, UCHAR *Stubs);

/* ---- missing.c, missing_entry.S ---- */
VOID LdrpMissingImport(VOID); /* entered by a stub with the record in rax */
DECLSPEC_NORETURN VOID LdrpReportMissingImport(PLDRP_MISSING Missing, ULONG64 ReturnAddress);
VOID LdrpWriteStub(UCHAR *Stub, PLDRP_MISSING Missing);
BOOLEAN LdrpIsKnownVariable(PCSTR Name);
VOID LdrpGuardCheck(VOID);    /* what a control flow guard check calls: every target is good */
VOID LdrpGuardDispatch(VOID); /* and what a guarded call goes through: jumps to rax */
