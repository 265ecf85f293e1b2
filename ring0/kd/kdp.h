/* Inside kd/. */
#pragma once
#include "kd/kd.h"

/* ---- Components: components.c ---- */
#define KDP_COMPONENTS     ((ULONG)DPFLTR_ENDOFTABLE_ID)
#define KDP_ALL_COMPONENTS KDP_COMPONENTS /* WIN2000: its mask is or-ed to each component's */
#define KDP_NO_COMPONENT   (KDP_COMPONENTS + 1)
/* "IHVDRIVER"; "" for a number that is no component. */
PCSTR KdpComponentName(ULONG Component);
/* The component of that name in any case, KDP_ALL_COMPONENTS for WIN2000, KDP_NO_COMPONENT. */
ULONG KdpFindComponent(PCUNICODE_STRING Name);

/* ---- Masks: filter.c ---- */
/* Is output of Level from Component to be shown? Any IRQL. */
BOOLEAN KdpIsEnabled(ULONG Component, ULONG Level);
/* The mask of a component or of KDP_ALL_COMPONENTS as the registry gives it, Found FALSE: does not. Takes effect when it differs from what the registry said
   before, so that what DbgSetDebugFilterState has set meanwhile stays. */
VOID KdpSetRegistryMask(ULONG Component, BOOLEAN Found, ULONG Mask);

/* ---- Lines: line.c ---- */
/* Who prints. */
typedef struct _KDP_ORIGIN {
    ULONG Component; /* KDP_PLAIN: DbgPrint */
    ULONG Level;
    ULONG64 Caller; /* an address in the code that called; KDP_PROGRAM: the program of the current process */
    PCSTR Name;     /* of a component without a number (KDP_PLAIN); NULL: none */
} KDP_ORIGIN;
#define KDP_PLAIN   (~0u)
#define KDP_PROGRAM 0ull

/* Adds text to the line being collected; each newline sends one off. Origin counts where the text begins a line, or continues another thread's or
   image's, which ends that. */
VOID KdpPutText(const KDP_ORIGIN *Origin, const WCHAR *Text, SIZE_T Count);
