#include "ldr/ldr.h"
#include "mm/mi.h"

/*
 * What drivers say about the paging of their own code and data. A handle of MmLockPagableDataSection is the address of the section. Codes: "Bug Check 0x1A:
 * MEMORY_MANAGEMENT", learn.microsoft.com.
 */

#define MI_LOCK_NO_SECTION   0x1234
#define MI_UNLOCK_NOT_LOCKED 0x1010

static BOOLEAN MiFindSection(PVOID Address, LDR_SECTION *Section) {
    PLDR_MODULE Module = LdrFindModule((ULONG64)Address);
    for (ULONG I = 0; Module != NULL && LdrQuerySection(Module, I, Section); I++)
        if ((ULONG64)Address - (ULONG64)Section->Start < Section->Size)
            return TRUE;
    return FALSE;
}

PVOID NTAPI MmLockPagableDataSection(PVOID AddressWithinSection) {
    LDR_SECTION Section;
    if (!MiFindSection(AddressWithinSection, &Section))
        KeBugCheckEx(MEMORY_MANAGEMENT, MI_LOCK_NO_SECTION, (ULONG_PTR)AddressWithinSection, 1, 0);
    NTSTATUS Status = MmLockSystemImagePages(Section.Start, Section.Size);
    if (!NT_SUCCESS(Status))
        ExRaiseStatus(Status);
    return Section.Start;
}

VOID NTAPI MmLockPagableSectionByHandle(PVOID ImageSectionHandle) { MmLockPagableDataSection(ImageSectionHandle); }

VOID NTAPI MmUnlockPagableImageSection(PVOID ImageSectionHandle) {
    LDR_SECTION Section;
    if (!MiFindSection(ImageSectionHandle, &Section) || !MmUnlockSystemImagePages(Section.Start, Section.Size))
        KeBugCheckEx(MEMORY_MANAGEMENT, MI_UNLOCK_NOT_LOCKED, (ULONG_PTR)ImageSectionHandle, 0, 0);
}

/* All sections, or those alone that the image says. */
static PVOID MiSetDriverPaging(PVOID AddressWithinSection, BOOLEAN Entire) {
    PLDR_MODULE Module = LdrFindModule((ULONG64)AddressWithinSection);
    LDR_SECTION Section;
    if (Module == NULL || !Module->IsDriver)
        return NULL;
    for (ULONG I = 0; LdrQuerySection(Module, I, &Section); I++) {
        NTSTATUS Status = MmSetSystemImagePageable(Section.Start, Section.Size, Entire ? Section.MayBePaged : Section.Pageable);
        if (!NT_SUCCESS(Status))
            ExRaiseStatus(Status);
    }
    return Module->DllBase;
}

PVOID NTAPI MmPageEntireDriver(PVOID AddressWithinSection) { return MiSetDriverPaging(AddressWithinSection, TRUE); }

VOID NTAPI MmResetDriverPaging(PVOID AddressWithinSection) { MiSetDriverPaging(AddressWithinSection, FALSE); }

/* By memory size, as on Windows a client with more than 32 MiB. */
MM_SYSTEMSIZE NTAPI MmQuerySystemSize(VOID) { return MmTotalFrames * PAGE_SIZE >= 0x2000000 ? MmLargeSystem : MmMediumSystem; }

BOOLEAN NTAPI MmIsThisAnNtAsSystem(VOID) { return FALSE; }

LOGICAL NTAPI MmIsDriverVerifyingByAddress(PVOID AddressWithinSection) {
    PLDR_MODULE Module = LdrFindModule((ULONG64)AddressWithinSection);
    return Module != NULL && Module->IsDriver && !Module->Inbox && KiMachine->verifier != HAL_VERIFIER_OFF;
}

LOGICAL NTAPI MmIsDriverVerifying(PDRIVER_OBJECT DriverObject) { return MmIsDriverVerifyingByAddress(DriverObject->DriverStart); }

NTSTATUS NTAPI MmIsVerifierEnabled(PULONG VerifierFlags) {
    *VerifierFlags = 0;
    if (KiMachine->verifier == HAL_VERIFIER_OFF)
        return STATUS_NOT_SUPPORTED;
    *VerifierFlags = 0x2; /* DRIVER_VERIFIER_FORCE_IRQL_CHECKING */
    return STATUS_SUCCESS;
}
