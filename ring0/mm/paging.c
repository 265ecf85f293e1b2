#include "ldr/ldr.h"
#include "mm/mi.h"

/* Nothing is ever paged out, so locking and paging of driver code changes nothing; the results are the documented ones. */

PVOID NTAPI MmLockPagableDataSection(PVOID AddressWithinSection) {
    if (LdrFindModule((ULONG64)AddressWithinSection) == NULL)
        KeBugCheckEx(MEMORY_MANAGEMENT, 0x1234, (ULONG_PTR)AddressWithinSection, 1, 0);
    return AddressWithinSection;
}

VOID NTAPI MmLockPagableSectionByHandle(PVOID ImageSectionHandle) {}

VOID NTAPI MmUnlockPagableImageSection(PVOID ImageSectionHandle) {}

PVOID NTAPI MmPageEntireDriver(PVOID AddressWithinSection) {
    PLDR_MODULE module = LdrFindModule((ULONG64)AddressWithinSection);
    return module != NULL ? module->DllBase : NULL;
}

VOID NTAPI MmResetDriverPaging(PVOID AddressWithinSection) {}

/* By memory size, as on Windows a client with more than 32 MiB. */
MM_SYSTEMSIZE NTAPI MmQuerySystemSize(VOID) { return MmTotalFrames * PAGE_SIZE >= 0x2000000 ? MmLargeSystem : MmMediumSystem; }

BOOLEAN NTAPI MmIsThisAnNtAsSystem(VOID) { return FALSE; }

LOGICAL NTAPI MmIsDriverVerifyingByAddress(PVOID AddressWithinSection) {
    PLDR_MODULE module = LdrFindModule((ULONG64)AddressWithinSection);
    return module != NULL && module->IsDriver && !module->Inbox && KiMachine->verifier != HAL_VERIFIER_OFF;
}

LOGICAL NTAPI MmIsDriverVerifying(PDRIVER_OBJECT DriverObject) { return MmIsDriverVerifyingByAddress(DriverObject->DriverStart); }

NTSTATUS NTAPI MmIsVerifierEnabled(PULONG VerifierFlags) {
    *VerifierFlags = 0;
    if (KiMachine->verifier == HAL_VERIFIER_OFF)
        return STATUS_NOT_SUPPORTED;
    *VerifierFlags = 0x2; /* DRIVER_VERIFIER_FORCE_IRQL_CHECKING */
    return STATUS_SUCCESS;
}
