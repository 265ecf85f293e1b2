#include "ldr/ldr.h"
#include "mm/mi.h"

/*
 * What drivers say about the paging of their own code and data. A handle of MmLockPagableDataSection is the address of the section. Codes: "Bug Check 0x1A:
 * MEMORY_MANAGEMENT", learn.microsoft.com.
 */

#define MI_LOCK_NO_SECTION   0x1234
#define MI_UNLOCK_NOT_LOCKED 0x1010

static BOOLEAN MiFindSection(PVOID Address, LDR_SECTION *Section) {
    PLDR_MODULE module = LdrFindModule((ULONG64)Address);
    for (ULONG i = 0; module != NULL && LdrQuerySection(module, i, Section); i++)
        if ((ULONG64)Address - (ULONG64)Section->Start < Section->Size)
            return TRUE;
    return FALSE;
}

PVOID NTAPI MmLockPagableDataSection(PVOID AddressWithinSection) {
    LDR_SECTION section;
    if (!MiFindSection(AddressWithinSection, &section))
        KeBugCheckEx(MEMORY_MANAGEMENT, MI_LOCK_NO_SECTION, (ULONG_PTR)AddressWithinSection, 1, 0);
    NTSTATUS status = MmLockSystemImagePages(section.Start, section.Size);
    if (!NT_SUCCESS(status))
        ExRaiseStatus(status);
    return section.Start;
}

VOID NTAPI MmLockPagableSectionByHandle(PVOID ImageSectionHandle) { MmLockPagableDataSection(ImageSectionHandle); }

VOID NTAPI MmUnlockPagableImageSection(PVOID ImageSectionHandle) {
    LDR_SECTION section;
    if (!MiFindSection(ImageSectionHandle, &section) || !MmUnlockSystemImagePages(section.Start, section.Size))
        KeBugCheckEx(MEMORY_MANAGEMENT, MI_UNLOCK_NOT_LOCKED, (ULONG_PTR)ImageSectionHandle, 0, 0);
}

/* All sections, or those alone that the image says. */
static PVOID MiSetDriverPaging(PVOID AddressWithinSection, BOOLEAN Entire) {
    PLDR_MODULE module = LdrFindModule((ULONG64)AddressWithinSection);
    LDR_SECTION section;
    if (module == NULL || !module->IsDriver)
        return NULL;
    for (ULONG i = 0; LdrQuerySection(module, i, &section); i++) {
        NTSTATUS status = MmSetSystemImagePageable(section.Start, section.Size, Entire ? section.MayBePaged : section.Pageable);
        if (!NT_SUCCESS(status))
            ExRaiseStatus(status);
    }
    return module->DllBase;
}

PVOID NTAPI MmPageEntireDriver(PVOID AddressWithinSection) { return MiSetDriverPaging(AddressWithinSection, TRUE); }

VOID NTAPI MmResetDriverPaging(PVOID AddressWithinSection) { MiSetDriverPaging(AddressWithinSection, FALSE); }

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
