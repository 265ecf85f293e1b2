#include "ke/ke.h"
#include "ps/ps.h"

/* The program's stack was not there for the arguments; or an exception that a service let out of its frame: Windows' SYSTEM_SERVICE_EXCEPTION. */
static LONG FilterServiceException(PEXCEPTION_POINTERS Pointers) {
    if (Pointers->ExceptionRecord->ExceptionAddress == (PVOID)KiLoadArgument)
        return EXCEPTION_EXECUTE_HANDLER;
    KiBugCheckException(0x3B, (ULONG_PTR)Pointers->ContextRecord, 0, Pointers, "in a system call, and no handler took it");
}

/* What must be true again when a service goes back to user mode. */
static VOID CheckReturn(const KSERVICE *Service) {
    PKTHREAD Thread = KiCurrentThread();
    if (KiCurrentIrql() != PASSIVE_LEVEL) {
        KiBugCheck(0x4A, (ULONG_PTR)Service->Routine, KiCurrentIrql(), 0, 0, NULL, "a system call would return to user mode at raised IRQL");
    }
    if (Thread->KernelApcDisable != 0 || Thread->SpecialApcDisable != 0 || Thread->ApcStateIndex != 0) {
        KiBugCheck(0x01, (ULONG_PTR)Service->Routine, Thread->ApcStateIndex,
                   ((ULONG)(USHORT)Thread->SpecialApcDisable << 16) | (USHORT)Thread->KernelApcDisable, 0, NULL,
                   "a system call would return to user mode inside a critical region or attached to another process");
    }
}

static inline ULONG ArgumentsOnStack(const KSERVICE *Service) { return Service->Arguments > 4 ? Service->Arguments - 4 : 0; }

static NTSTATUS CallFromUser(ULONG Number, const ULONG64 *Registers, const ULONG64 *UserStack) {
    if (Number >= KiServiceLimit || KiServiceTable[Number].Routine == NULL) {
        return STATUS_INVALID_SYSTEM_SERVICE;
    }
    const KSERVICE *Service = &KiServiceTable[Number];
    ULONG OnStack = ArgumentsOnStack(Service);
    NTSTATUS Status;
    if (OnStack != 0 && (ULONG64)UserStack > HAL_USER_END - OnStack * sizeof *UserStack) {
        return STATUS_ACCESS_VIOLATION;
    }
    __try {
        Status = KiCallService(Service->Routine, Registers, UserStack, OnStack);
    } __except (FilterServiceException(GetExceptionInformation())) {
        return STATUS_ACCESS_VIOLATION;
    }
    CheckReturn(Service);
    return Status;
}

VOID KiSystemService(PKTRAP_CONTEXT Frame, ULONG Number, const ULONG64 *Registers) {
    PKTHREAD Thread = KiCurrentThread();
    Frame->Previous = Thread->UserFrame;
    Thread->UserFrame = Frame;
    Thread->PreviousMode = UserMode;
    KiMachine->kernel_entries++;
    KiAdvanceClockOnEntry();
    if (KiInterleaves) {
        KiSchedulePoint();
    }
    Frame->ReturnValue = (ULONG)CallFromUser(Number, Registers, (const ULONG64 *)(Frame->Rsp + 4 * sizeof(ULONG64)));
    KiPrepareReturnToUser(Frame);
    Thread->UserFrame = Frame->Previous;
    if (Frame->ResumeContext != NULL) {
        KiResumeContext(Frame->ResumeContext);
    }
}

VOID KiServiceFromTrap(hal_trap_frame *Frame) {
    ULONG64 Registers[4] = {Frame->gpr[10], Frame->gpr[2], Frame->gpr[8], Frame->gpr[9]};
    Frame->gpr[0] = (ULONG)CallFromUser((ULONG)Frame->gpr[0], Registers, (const ULONG64 *)(Frame->gpr[4] + 5 * sizeof(ULONG64)));
}

NTSTATUS KiInternalService(ULONG Number, const ULONG64 *Arguments) {
    PKTHREAD Thread = KiCurrentThread();
    KPROCESSOR_MODE Previous = Thread->PreviousMode;
    const KSERVICE *Service = &KiServiceTable[Number];
    NTSTATUS Status = STATUS_UNSUCCESSFUL;
    KiMachine->kernel_entries++;
    Thread->PreviousMode = KernelMode;
    __try {
        Status = KiCallService(Service->Routine, Arguments, Arguments + 4, ArgumentsOnStack(Service));
    } __finally {
        Thread->PreviousMode = Previous;
    }
    return Status;
}
