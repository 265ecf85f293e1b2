/*
 * The ABI that a driver sees, as mingw-w64's DDK headers declare it, seen from the inside: what they mark as imported is ours
 * to define, and what they inline as privileged instructions (CR8, GS) is a call into ke/ here.
 *
 * Every C file below ring0/ includes this first.
 */
#pragma once

#define _NTOSKRNL_
#define _NTSYSTEM_
#define _NTHALDLL_
#define _NTIFS_
#define POOL_ZERO_DOWN_LEVEL_SUPPORT 0
#undef _CRTIMP
#define _CRTIMP /* the C functions are ours as well */
#define _SECIMP
/* mingw-w64 would define these two in every object file (its intrin-impl.h misses that wdm.h inlines them). */
#define __INTRINSIC_DEFINED_InterlockedBitTestAndSet
#define __INTRINSIC_DEFINED_InterlockedBitTestAndReset

/* The DDK's inline functions that execute privileged instructions are renamed away before anybody here can call them. */
#define KeGetCurrentIrql            NtpInlineGetCurrentIrql
#define KfRaiseIrql                 NtpInlineRaiseIrql
#define KeLowerIrql                 NtpInlineLowerIrql
#define KeGetCurrentThread          NtpInlineGetCurrentThread
#define KeGetCurrentProcessorNumber NtpInlineGetCurrentProcessorNumber
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wall"
#pragma clang diagnostic ignored "-Wextra"
#pragma clang diagnostic ignored "-W#warnings"
#include <ntifs.h>
#include <ntimage.h>
#pragma clang diagnostic pop
#undef KeGetCurrentIrql
#undef KfRaiseIrql
#undef KeLowerIrql
#undef KeGetCurrentThread
#undef KeGetCurrentProcessorNumber

KIRQL NTAPI KeGetCurrentIrql(VOID);
KIRQL NTAPI KfRaiseIrql(KIRQL NewIrql);
VOID NTAPI KeLowerIrql(KIRQL NewIrql);
PKTHREAD NTAPI KeGetCurrentThread(VOID);
ULONG NTAPI KeGetCurrentProcessorNumber(VOID);

#include "hal/hal.h"
#include "nt/abi.h"
#include "nt/seh.h"
