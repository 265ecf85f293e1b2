/* Trap frames: what was interrupted, and how to go on with it. */
#pragma once
#include "nt/nt.h"

/* Registers of user mode at an entry. A trap fills all of it (Trap != NULL); a system call only Rip, Rsp, Rbp, EFlags and the
   non-volatile registers, for the others are dead by the calling convention. */
typedef struct _KTRAP_CONTEXT {
    hal_trap_frame *Trap;
    ULONG64 Rip;
    ULONG64 Rsp; /* after the return: behind the stub's return address, which is Rip */
    ULONG64 Rbp, Rbx, Rsi, Rdi, R12, R13, R14, R15;
    ULONG64 ReturnValue; /* system call: what rax will be */
    PVOID ResumeContext; /* CONTEXT * on this kernel stack: NtContinue, user APC or exception delivery go there instead */
    struct _KTRAP_CONTEXT *Previous;
} KTRAP_CONTEXT, *PKTRAP_CONTEXT;

VOID KiTrapEntry(VOID);                                     /* trap_entry.S: hal_machine.trap_entry */
DECLSPEC_NORETURN VOID KiResumeTrap(hal_trap_frame *Frame); /* trap_entry.S: back to what was interrupted */
/* All registers from a CONTEXT, which may lie on the stack that is left. To user mode when its Rsp is a user address, else to kernel mode. */
DECLSPEC_NORETURN VOID KiResumeContext(PCONTEXT Context);
DECLSPEC_NORETURN VOID KiRestoreContext(PCONTEXT Context, ULONG UserMode, PVOID Stack); /* trap_entry.S */
VOID KiTrap(hal_trap_frame *Frame);                                                     /* called by KiTrapEntry */
/* The code at Frame does not come back: bug check. */
DECLSPEC_NORETURN VOID KiStopLooping(hal_trap_frame *Frame);
/* A load or arithmetic with a field of KUSER_SHARED_DATA at its kernel address: done, and the frame is behind it. FALSE: it was none (shared_data.c). */
BOOLEAN KiEmulateSharedDataRead(hal_trap_frame *Frame);
VOID KiSystemCallEntry(VOID); /* syscall_entry.S */
/* Called by the entries in syscall_entry.S. */
VOID KiSystemService(PKTRAP_CONTEXT Frame, ULONG Number, const ULONG64 *Registers);
NTSTATUS KiInternalService(ULONG Number, const ULONG64 *Arguments);
/* int 2Eh from user mode: arguments as for `syscall` (r10, rdx, r8, r9, then the user stack above a return address); rax = status. */
VOID KiServiceFromTrap(hal_trap_frame *Frame);
NTSTATUS KiCallService(PVOID Routine, const ULONG64 *Registers, const ULONG64 *Stack, ULONG OnStack);
extern const CHAR KiLoadArgument[]; /* the instruction in it that reads Stack */
VOID KiTrapFrameToContext(const hal_trap_frame *Frame, PCONTEXT Context);

/*
 * Raises an exception in the current thread. Mode is where it happened. Kernel mode: walks frames (rtl/) and, when no handler
 * takes it, bug checks. User mode: ntdll!KiUserExceptionDispatcher is entered with record and context on the user stack.
 */
DECLSPEC_NORETURN VOID KiDispatchException(PEXCEPTION_RECORD Record, PCONTEXT Context, KPROCESSOR_MODE Mode, BOOLEAN FirstChance);

/*
 * The filter around routines that interrupt: DPCs and interrupt service routines have stacks of their own on Windows, so that none of the interrupted
 * thread's handlers is asked. Bug check 0x1E.
 */
LONG KiUnhandledException(PEXCEPTION_POINTERS Pointers);

/* The current thread lets others run. ke/thread.c. */
VOID KiYield(VOID);

/* Copies between kernel and user memory inside system services; FALSE instead of a fault. */
BOOLEAN KiCopyFromUser(PVOID To, const VOID *From, SIZE_T Size);
BOOLEAN KiCopyToUser(PVOID To, const VOID *From, SIZE_T Size);

NTSTATUS NTAPI NtContinue(PCONTEXT ContextRecord, BOOLEAN TestAlert);
NTSTATUS NTAPI NtRaiseException(PEXCEPTION_RECORD ExceptionRecord, PCONTEXT ContextRecord, BOOLEAN FirstChance);
