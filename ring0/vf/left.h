/* What drivers leave in memory that goes: timers, DPCs, work items, resources, lookaside lists that the kernel still uses. */
#pragma once
#include "ke/ke.h"
#include "vf/vf.h"

/* For nonpaged pool that is about to be freed, under the verifier. Bug checks 0xC4 with 15, CC or D2; 0xC7; 0xE4. */
VOID VfCheckFree(PVOID Block, SIZE_T Size, ULONG PoolType);
/* The same for an image that is unloaded, with or without the verifier; there a timer is 0xC7. */
VOID VfCheckUnload(PVOID Base, SIZE_T Size, PCSTR Name);
/* FALSE: it is not in any list. TRUE: look for it. */
BOOLEAN VfMayBeLinked(const LIST_ENTRY *Link);
/* 0xC4 with this subcode: a resource or lookaside list is initialized or deleted when it should not be. */
DECLSPEC_NORETURN VOID VfStopObject(ULONG Code, PVOID Object, PCSTR Text);
