/* What differs between the kernel and ntdll for the shared files: the stack's bounds, memory for results, the way to go on with a context. */
#pragma once
#include "rtl/rtl.h"

#ifdef RTL_USER_MODE
#include "nt/user.h"

NTSTATUS NTAPI NtContinue(PCONTEXT Context, BOOLEAN TestAlert);
NTSTATUS NTAPI NtRaiseException(PEXCEPTION_RECORD Record, PCONTEXT Context, BOOLEAN FirstChance);
PVOID NTAPI RtlAllocateHeap(PVOID Heap, ULONG Flags, SIZE_T Size);

static inline NT_TEB *RtlpTeb(VOID) {
    NT_TEB *Teb;
    __asm__("movq %%gs:0x30, %0" : "=r"(Teb));
    return Teb;
}
static inline VOID RtlpStackBounds(ULONG64 *Low, ULONG64 *High) {
    *Low = (ULONG64)RtlpTeb()->StackLimit;
    *High = (ULONG64)RtlpTeb()->StackBase;
}
/* Memory for strings that a caller frees with RtlFreeUnicodeString and its kin: the process heap. */
static inline PVOID RtlpAllocateString(SIZE_T Size) { return RtlAllocateHeap(RtlpTeb()->Peb->ProcessHeap, 0, Size); }
static inline VOID RtlpFreeString(PVOID Buffer) { RtlFreeHeap(RtlpTeb()->Peb->ProcessHeap, 0, Buffer); }
/* The exception that nobody took: second chance, which ends the process. */
static inline DECLSPEC_NORETURN VOID RtlpLastChance(PEXCEPTION_RECORD Record, PCONTEXT Context) {
    for (;;)
        NtRaiseException(Record, Context, FALSE);
}
#else
#include "ke/ke.h"

static inline VOID RtlpStackBounds(ULONG64 *Low, ULONG64 *High) {
    *Low = KiCurrentThread()->StackLimit;
    *High = KiCurrentThread()->StackTop;
}
/* Paged pool, tagged as Windows tags the strings it translates. */
static inline PVOID RtlpAllocateString(SIZE_T Size) { return ExAllocatePoolWithTag(PagedPool, Size, 'grtS'); }
static inline VOID RtlpFreeString(PVOID Buffer) { ExFreePoolWithTag(Buffer, 0); }
static inline DECLSPEC_NORETURN VOID RtlpLastChance(PEXCEPTION_RECORD Record, PCONTEXT Context) {
    KiDispatchException(Record, Context, KernelMode, FALSE);
}
#endif
