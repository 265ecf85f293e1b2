#include "mm/mi.h"
#include "ps/ps.h"

/* NtAllocateVirtualMemory and its kin. Statuses: "NtAllocateVirtualMemory" and the Virtual* pages, learn.microsoft.com. */

#define MI_ALLOCATION_TYPES (MEM_COMMIT | MEM_RESERVE | MEM_RESET | MEM_TOP_DOWN)

NTSTATUS MiReferenceSpace(HANDLE ProcessHandle, ACCESS_MASK Access, PEPROCESS *Process, PMM_ADDRESS_SPACE *Space) {
    *Process = NULL;
    if (ProcessHandle == NtCurrentProcess()) {
        PEPROCESS current = CONTAINING_RECORD(KiCurrentThread()->ApcState.Process, struct _EPROCESS, Pcb);
        ObReferenceObject(current);
        *Process = current;
    } else {
        NTSTATUS status = ObReferenceObjectByHandle(ProcessHandle, Access, PspProcessType, KiPreviousMode(), (PVOID *)Process, NULL);
        if (!NT_SUCCESS(status))
            return status;
    }
    *Space = (*Process)->Pcb.AddressSpace;
    if (*Space != NULL)
        return STATUS_SUCCESS;
    /* The System process has no user memory here; a process that has ended has none any more. */
    NTSTATUS status = *Process == PsInitialSystemProcess ? STATUS_NOT_SUPPORTED : STATUS_PROCESS_IS_TERMINATING;
    ObDereferenceObject(*Process);
    return status;
}

static BOOLEAN MiCanWriteResult(PVOID Result, SIZE_T Size) {
    return KiPreviousMode() == KernelMode || ((ULONG64)Result < MmUserProbeAddress && MmIsRangeAccessible(Result, Size, TRUE));
}

NTSTATUS MiCaptureRange(PVOID *Base, PSIZE_T Size, ULONG64 *Start, ULONG64 *Length) {
    if (!MiCanWriteResult(Base, sizeof(*Base)) || !MiCanWriteResult(Size, sizeof(*Size)))
        return STATUS_ACCESS_VIOLATION;
    NTSTATUS status = KiCopyIn(Start, Base, sizeof(*Start));
    return NT_SUCCESS(status) ? KiCopyIn(Length, Size, sizeof(*Length)) : status;
}

NTSTATUS MiReturnRange(PVOID *Base, PSIZE_T Size, ULONG64 Start, ULONG64 Length) {
    NTSTATUS status = KiCopyOut(Base, &Start, sizeof(Start));
    return NT_SUCCESS(status) ? KiCopyOut(Size, &Length, sizeof(Length)) : status;
}

static BOOLEAN MiSectionAllows(const MI_SECTION *Section, ULONG Protect) {
    BOOLEAN write = (Protect & (PAGE_READWRITE | PAGE_EXECUTE_READWRITE)) != 0;
    BOOLEAN execute = (Protect & (PAGE_EXECUTE | PAGE_EXECUTE_READ | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY)) != 0;
    return (!write || (Section->Protect & (PAGE_READWRITE | PAGE_EXECUTE_READWRITE)) != 0) &&
           (!execute || (Section->Protect & (PAGE_EXECUTE | PAGE_EXECUTE_READ | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY)) != 0);
}

/* ---- Allocate ---- */

static NTSTATUS MiReserve(PMM_ADDRESS_SPACE Space, ULONG64 *Base, ULONG64 *Size, ULONG Type, ULONG Protect) {
    ULONG64 start, end;
    if (*Base == 0) {
        start = MiFindFreeRange(Space, MI_ROUND(*Size), (Type & MEM_TOP_DOWN) != 0);
        if (start == 0)
            return STATUS_NO_MEMORY;
        end = start + MI_ROUND(*Size);
    } else {
        start = *Base & ~(MI_ALLOCATION_GRANULARITY - 1);
        end = MI_ROUND(*Base + *Size);
        if (!MiIsRangeFree(Space, start, end))
            return STATUS_CONFLICTING_ADDRESSES;
    }
    PMI_VAD vad = MiInsertVad(Space, start, end, Protect, MiVadPrivate);
    if (vad == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS status = (Type & MEM_COMMIT) ? MiCommit(Space, start, end, Protect) : STATUS_SUCCESS;
    if (!NT_SUCCESS(status)) {
        MiDeleteVad(Space, vad);
        return status;
    }
    *Base = start;
    *Size = end - start;
    return STATUS_SUCCESS;
}

/* Pages of a section that was only reserved, in one of its views. */
static NTSTATUS MiCommitView(PMM_ADDRESS_SPACE Space, PMI_VAD Vad, ULONG64 Start, ULONG64 End, ULONG Protect) {
    if (!MiSectionAllows(Vad->Section, Protect))
        return STATUS_SECTION_PROTECTION;
    NTSTATUS status = MiCommitData(Vad->Section->Data, Vad->SectionPage + (Start - Vad->Start) / PAGE_SIZE, (End - Start) / PAGE_SIZE);
    return NT_SUCCESS(status) ? MiCommit(Space, Start, End, Protect) : status;
}

static NTSTATUS MiAllocateVirtual(PMM_ADDRESS_SPACE Space, ULONG64 *Base, ULONG64 *Size, ULONG Type, ULONG Protect) {
    if ((Type & ~MI_ALLOCATION_TYPES) != 0 || (Type & (MEM_COMMIT | MEM_RESERVE | MEM_RESET)) == 0 || ((Type & MEM_RESET) && Type != MEM_RESET))
        return STATUS_INVALID_PARAMETER_5;
    if (MiProtectIndex(Protect) < 0 || (Protect & (PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY)) != 0)
        return STATUS_INVALID_PAGE_PROTECTION;
    if (*Base > (ULONG64)MmHighestUserAddress)
        return STATUS_INVALID_PARAMETER_2;
    if (*Size == 0 || *Size > (ULONG64)MmHighestUserAddress + 1 - *Base)
        return STATUS_INVALID_PARAMETER_4;
    if (*Base == 0 && (Type & MEM_RESET) == 0)
        Type |= MEM_RESERVE;
    if (Type & MEM_RESERVE)
        return MiReserve(Space, Base, Size, Type, Protect);

    ULONG64 start = *Base & ~(ULONG64)(PAGE_SIZE - 1), end = MI_ROUND(*Base + *Size);
    PMI_VAD vad = MiFindVad(Space, start);
    if (vad == NULL || end > vad->End)
        return STATUS_CONFLICTING_ADDRESSES;
    NTSTATUS status = STATUS_SUCCESS;
    if (vad->Kind == MiVadSection && (vad->Section->Attributes & SEC_RESERVE) != 0 && (Type & MEM_COMMIT) != 0)
        status = MiCommitView(Space, vad, start, end, Protect);
    else if (vad->Kind != MiVadPrivate)
        return STATUS_ALREADY_COMMITTED;
    else if ((Type & MEM_RESET) == 0) /* which allows the contents to be lost; nothing here needs them to be */
        status = MiCommit(Space, start, end, Protect);
    if (NT_SUCCESS(status)) {
        *Base = start;
        *Size = end - start;
    }
    return status;
}

NTSTATUS NTAPI NtAllocateVirtualMemory(HANDLE ProcessHandle, PVOID *Base, ULONG_PTR ZeroBits, PSIZE_T Size, ULONG Type, ULONG Protect) {
    if (ZeroBits > 21)
        return STATUS_INVALID_PARAMETER_3;
    ULONG64 start, length;
    PEPROCESS process;
    PMM_ADDRESS_SPACE space;
    NTSTATUS status = MiCaptureRange(Base, Size, &start, &length);
    if (!NT_SUCCESS(status) || !NT_SUCCESS(status = MiReferenceSpace(ProcessHandle, PROCESS_VM_OPERATION, &process, &space)))
        return status;
    status = MiAllocateVirtual(space, &start, &length, Type, Protect);
    ObDereferenceObject(process);
    return NT_SUCCESS(status) ? MiReturnRange(Base, Size, start, length) : status;
}

/* ---- Free ---- */

/* Cuts [Start, End) out of a private range; both parts that remain are allocations of their own afterwards. */
static NTSTATUS MiReleasePart(PMM_ADDRESS_SPACE Space, PMI_VAD Vad, ULONG64 Start, ULONG64 End) {
    if (Start > Vad->Start && End < Vad->End && MiInsertVad(Space, End, Vad->End, Vad->Protect, Vad->Kind) == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    MiDecommit(Space, Start, End);
    if (Start > Vad->Start)
        MiResizeVad(Space, Vad, Vad->Start, Start);
    else if (End < Vad->End)
        MiResizeVad(Space, Vad, End, Vad->End);
    else
        MiDeleteVad(Space, Vad);
    return STATUS_SUCCESS;
}

static NTSTATUS MiFreeVirtual(PMM_ADDRESS_SPACE Space, ULONG64 *Base, ULONG64 *Size, ULONG Type, BOOLEAN Trusted) {
    if (Type != MEM_RELEASE && Type != MEM_DECOMMIT)
        return STATUS_INVALID_PARAMETER_4;
    if (*Base > (ULONG64)MmHighestUserAddress)
        return STATUS_INVALID_PARAMETER_2;
    if (*Size > (ULONG64)MmHighestUserAddress + 1 - *Base)
        return STATUS_INVALID_PARAMETER_3;
    ULONG64 start = *Base & ~(ULONG64)(PAGE_SIZE - 1), end = MI_ROUND(*Base + *Size);
    PMI_VAD vad = MiFindVad(Space, start);
    if (vad == NULL)
        return STATUS_MEMORY_NOT_ALLOCATED;
    if (*Size == 0) {
        if (start != vad->Start)
            return STATUS_FREE_VM_NOT_AT_BASE;
        end = vad->End;
    }
    if (end > vad->End)
        return STATUS_UNABLE_TO_FREE_VM;
    if (vad->Kind == MiVadImage || vad->Kind == MiVadSection || vad->Kind == MiVadPhysical)
        return STATUS_UNABLE_TO_DELETE_SECTION;
    if (vad->Kind == MiVadMdl || (!Trusted && (vad->Resident || !MiAllowsSecured(Space, start, end, PAGE_NOACCESS))))
        return STATUS_INVALID_PAGE_PROTECTION;
    NTSTATUS status = STATUS_SUCCESS;
    if (Type == MEM_DECOMMIT)
        MiDecommit(Space, start, end);
    else
        status = MiReleasePart(Space, vad, start, end);
    if (NT_SUCCESS(status)) {
        *Base = start;
        *Size = end - start;
    }
    return status;
}

NTSTATUS NTAPI NtFreeVirtualMemory(HANDLE ProcessHandle, PVOID *Base, PSIZE_T Size, ULONG Type) {
    ULONG64 start, length;
    PEPROCESS process;
    PMM_ADDRESS_SPACE space;
    NTSTATUS status = MiCaptureRange(Base, Size, &start, &length);
    if (!NT_SUCCESS(status) || !NT_SUCCESS(status = MiReferenceSpace(ProcessHandle, PROCESS_VM_OPERATION, &process, &space)))
        return status;
    status = MiFreeVirtual(space, &start, &length, Type, FALSE);
    ObDereferenceObject(process);
    return NT_SUCCESS(status) ? MiReturnRange(Base, Size, start, length) : status;
}

NTSTATUS MmFreeUserMemory(PVOID Base, SIZE_T Size, ULONG Type) {
    NT_ASSERT_OURS(MmCurrentAddressSpace != NULL);
    return MiFreeVirtual(MmCurrentAddressSpace, (ULONG64 *)&Base, &Size, Type, TRUE);
}

/* ---- Protect ---- */

/* What a page that is still shared becomes when it is asked to be writable: writable after a copy of its own. */
static ULONG MiCopyProtect(ULONG Protect) {
    switch (Protect & 0xFF) {
    case PAGE_READWRITE: return (Protect & ~0xFFu) | PAGE_WRITECOPY;
    case PAGE_EXECUTE_READWRITE: return (Protect & ~0xFFu) | PAGE_EXECUTE_WRITECOPY;
    default: return Protect;
    }
}

static NTSTATUS MiProtectVirtual(PMM_ADDRESS_SPACE Space, ULONG64 *Base, ULONG64 *Size, ULONG Protect, ULONG *Old) {
    if (MiProtectIndex(Protect) < 0)
        return STATUS_INVALID_PAGE_PROTECTION;
    if (*Base > (ULONG64)MmHighestUserAddress)
        return STATUS_INVALID_PARAMETER_2;
    if (*Size == 0 || *Size > (ULONG64)MmHighestUserAddress + 1 - *Base)
        return STATUS_INVALID_PARAMETER_3;
    ULONG64 start = *Base & ~(ULONG64)(PAGE_SIZE - 1), end = MI_ROUND(*Base + *Size);
    PMI_VAD vad = MiFindVad(Space, start);
    if (vad == NULL || end > vad->End)
        return STATUS_CONFLICTING_ADDRESSES;
    BOOLEAN copy = (Protect & (PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY)) != 0;
    if (vad->Resident || vad->Kind >= MiVadMdl || !MiAllowsSecured(Space, start, end, Protect) || (copy && vad->Kind == MiVadPrivate))
        return STATUS_INVALID_PAGE_PROTECTION;
    if (vad->Kind == MiVadSection && !MiSectionAllows(vad->Section, Protect))
        return STATUS_SECTION_PROTECTION;
    for (ULONG64 address = start; address < end; address += PAGE_SIZE) {
        MI_PTE *pte = MiFindPte(Space, address);
        if (pte == NULL || *pte == 0)
            return STATUS_NOT_COMMITTED;
    }
    *Old = MiPteProtect(*MiFindPte(Space, start));
    for (ULONG64 address = start; address < end; address += PAGE_SIZE) {
        MI_PTE *pte = MiFindPte(Space, address), keep = *pte & MI_PTE_KEEP;
        /* A page of a shared section that is to be written privately starts to be shared only until then. */
        if (copy && vad->Kind == MiVadSection)
            keep |= MI_PTE_COPY;
        *pte = keep | MiProtectBits((keep & MI_PTE_COPY) ? MiCopyProtect(Protect) : Protect);
    }
    MiSynchronize(Space, start, end);
    *Base = start;
    *Size = end - start;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtProtectVirtualMemory(HANDLE ProcessHandle, PVOID *Base, PSIZE_T Size, ULONG Protect, PULONG OldProtect) {
    ULONG64 start, length;
    ULONG old = 0;
    PEPROCESS process;
    PMM_ADDRESS_SPACE space;
    if (!MiCanWriteResult(OldProtect, sizeof(*OldProtect)))
        return STATUS_ACCESS_VIOLATION;
    NTSTATUS status = MiCaptureRange(Base, Size, &start, &length);
    if (!NT_SUCCESS(status) || !NT_SUCCESS(status = MiReferenceSpace(ProcessHandle, PROCESS_VM_OPERATION, &process, &space)))
        return status;
    status = MiProtectVirtual(space, &start, &length, Protect, &old);
    ObDereferenceObject(process);
    if (NT_SUCCESS(status) && NT_SUCCESS(status = MiReturnRange(Base, Size, start, length)))
        status = KiCopyOut(OldProtect, &old, sizeof(old));
    return status;
}
