/* What drivers pass to the functions that allocate and free pool. What lies in it then: left.c. */
#include "io/io.h"
#include "ke/ke.h"
#include "mm/mm.h"
#include "rtl/crt.h"
#include "vf/vfp.h"

/* The size is the second argument of every function that allocates; those that charge quota charge the current process, which nobody knows in a DPC. */
VOID VfCheck_allocation(const VF_CONTRACT *Contract, const ULONG64 *Arguments) {
    if (Arguments[1] == 0)
        VfpRefuseArguments(Contract, Arguments, C4, (ULONG_PTR[4]){0x00, KiCurrentIrql(), Arguments[0]}, (PCSTR[3]){"IRQL", "pool type", ""},
                           " for 0 bytes: there is no such block to use");
    if (KiProcessor->DpcRoutineActive && strstr(Contract->Name, "Quota") != NULL)
        VfpRefuseArguments(Contract, Arguments, C4, (ULONG_PTR[4]){0x10B}, (PCSTR[3]){"", "", ""},
                           " in a DPC, which runs in whatever process there is: quota is charged in a thread of the process");
}

/* What is no block is left to the function, which says what it is (0xC2). */
VOID VfCheck_free(const VF_CONTRACT *Contract, const ULONG64 *Arguments) {
    MM_POOL_BLOCK Block;
    KIRQL Irql = KiCurrentIrql();

    if (!MmFindPoolBlock((PVOID)Arguments[0], &Block) || Block.Base != (PVOID)Arguments[0])
        return;
    if (Irql > (Block.Paged ? APC_LEVEL : DISPATCH_LEVEL))
        VfpRefuseArguments(Contract, Arguments, C4, (ULONG_PTR[4]){Block.Paged ? 0x11 : 0x12, Irql, Block.Paged, Arguments[0]},
                           (PCSTR[3]){"IRQL", "pool type", "block"},
                           Block.Paged ? " for paged pool above APC_LEVEL: leave it to a work item (IoQueueWorkItem)"
                                       : " above DISPATCH_LEVEL: an interrupt service routine leaves this to a DPC (IoRequestDpc)");
    if (Block.Tag == IOP_IRP_TAG && ((PIRP)Arguments[0])->Type == IO_TYPE_IRP)
        VfpRefuseArguments(Contract, Arguments, C4, (ULONG_PTR[4]){0x105, Arguments[0]}, (PCSTR[3]){"IRP", "", ""},
                           " for an IRP: that is IoFreeIrp's");
}
