/* More kernel stack for one call: KeExpandKernelStackAndCallout. A call that the stack has room for is made on it; another one gets a stack of its own. */
#include "ke/ke.h"
#include "mm/mm.h"

#define MARGIN 0x1000u /* for what the kernel itself uses below the callout's frames */

NTSTATUS NTAPI KeExpandKernelStackAndCalloutEx(PEXPAND_STACK_CALLOUT Callout, PVOID Parameter, SIZE_T Size, BOOLEAN Wait, PVOID Context);
/* switch.S: calls Callout(Parameter) with the stack that ends at Top. */
VOID KiCallOnStack(PEXPAND_STACK_CALLOUT Callout, PVOID Parameter, PVOID Top);

static VOID KipSetStack(PKTHREAD Thread, ULONG64 Limit, ULONG64 Top) {
    Thread->StackLimit = Limit;
    Thread->StackTop = Top;
    KiMachine->kernel_stack_limit = Limit;
    KiMachine->kernel_stack_top = Top;
}

NTSTATUS NTAPI KeExpandKernelStackAndCalloutEx(PEXPAND_STACK_CALLOUT Callout, PVOID Parameter, SIZE_T Size, BOOLEAN Wait, PVOID Context) {
    PKTHREAD Thread = KiCurrentThread();
    ULONG64 OldLimit = Thread->StackLimit, OldTop = Thread->StackTop, Here = (ULONG64)__builtin_frame_address(0);
    PVOID Top;

    if (KiProcessor->Irql > DISPATCH_LEVEL)
        KeBugCheckEx(IRQL_NOT_LESS_OR_EQUAL, (ULONG_PTR)Callout, KiProcessor->Irql, 0, (ULONG_PTR)__builtin_return_address(0));
    if (Size > MAXIMUM_EXPANSION_SIZE)
        return STATUS_INVALID_PARAMETER_3;
    if (Here - OldLimit >= Size + MARGIN) {
        Callout(Parameter);
        return STATUS_SUCCESS;
    }
    Top = MmCreateKernelStackView(KERNEL_LARGE_STACK_SIZE);
    if (Top == NULL)
        return STATUS_NO_MEMORY;
    KipSetStack(Thread, (ULONG64)Top - KERNEL_LARGE_STACK_SIZE, (ULONG64)Top);
    KiCallOnStack(Callout, Parameter, Top);
    KipSetStack(Thread, OldLimit, OldTop);
    MmDeleteKernelStackView(Top);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI KeExpandKernelStackAndCallout(PEXPAND_STACK_CALLOUT Callout, PVOID Parameter, SIZE_T Size) {
    return KeExpandKernelStackAndCalloutEx(Callout, Parameter, Size, TRUE, NULL);
}
