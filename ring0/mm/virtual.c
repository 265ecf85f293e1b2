#include "mm/mi.h"
#include "ps/ps.h"

/* NtAllocateVirtualMemory and its kin. Statuses: "NtAllocateVirtualMemory" and the Virtual* pages, learn.microsoft.com. */

#define MI_ALLOCATION_TYPES (MEM_COMMIT | MEM_RESERVE | MEM_RESET | MEM_TOP_DOWN)

NTSTATUS MiReferenceSpace(HANDLE ProcessHandle, ACCESS_MASK Access, PEPROCESS *Process, PMM_ADDRESS_SPACE *Space) {
    *Process = NULL;
    if (ProcessHandle == NtCurrentProcess()) {
        PEPROCESS Current = CONTAINING_RECORD(KiCurrentThread()->ApcState.Process, struct _EPROCESS, Pcb);
        ObReferenceObject(Current);
        *Process = Current;
    } else {
        NTSTATUS Status = ObReferenceObjectByHandle(ProcessHandle, Access, PspProcessType, KiPreviousMode(), (PVOID *)Process, NULL);
        if (!NT_SUCCESS(Status))
            return Status;
    }
    *Space = (*Process)->Pcb.AddressSpace;
    if (*Space != NULL)
        return STATUS_SUCCESS;
    /* The System process has no user memory here; a process that has ended has none any more. */
    NTSTATUS Status = *Process == PsInitialSystemProcess ? STATUS_NOT_SUPPORTED : STATUS_PROCESS_IS_TERMINATING;
    ObDereferenceObject(*Process);
    return Status;
}

static BOOLEAN MiCanWriteResult(PVOID Result, SIZE_T Size) {
    return KiPreviousMode() == KernelMode || ((ULONG64)Result < MmUserProbeAddress && MmIsRangeAccessible(Result, Size, TRUE));
}

NTSTATUS MiCaptureRange(PVOID *Base, PSIZE_T Size, ULONG64 *Start, ULONG64 *Length) {
    if (!MiCanWriteResult(Base, sizeof(*Base)) || !MiCanWriteResult(Size, sizeof(*Size)))
        return STATUS_ACCESS_VIOLATION;
    NTSTATUS Status = KiCopyIn(Start, Base, sizeof(*Start));
    return NT_SUCCESS(Status) ? KiCopyIn(Length, Size, sizeof(*Length)) : Status;
}

NTSTATUS MiReturnRange(PVOID *Base, PSIZE_T Size, ULONG64 Start, ULONG64 Length) {
    NTSTATUS Status = KiCopyOut(Base, &Start, sizeof(Start));
    return NT_SUCCESS(Status) ? KiCopyOut(Size, &Length, sizeof(Length)) : Status;
}

static BOOLEAN MiSectionAllows(const MI_SECTION *Section, ULONG Protect) {
    BOOLEAN Write = (Protect & (PAGE_READWRITE | PAGE_EXECUTE_READWRITE)) != 0;
    BOOLEAN Execute = (Protect & (PAGE_EXECUTE | PAGE_EXECUTE_READ | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY)) != 0;
    return (!Write || (Section->Protect & (PAGE_READWRITE | PAGE_EXECUTE_READWRITE)) != 0) &&
           (!Execute || (Section->Protect & (PAGE_EXECUTE | PAGE_EXECUTE_READ | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY)) != 0);
}

/* ---- Allocate ---- */

static NTSTATUS MiReserve(PMM_ADDRESS_SPACE Space, ULONG64 *Base, ULONG64 *Size, ULONG Type, ULONG Protect) {
    ULONG64 Start, End;
    if (*Base == 0) {
        Start = MiFindFreeRange(Space, MI_ROUND(*Size), (Type & MEM_TOP_DOWN) != 0);
        if (Start == 0)
            return STATUS_NO_MEMORY;
        End = Start + MI_ROUND(*Size);
    } else {
        Start = *Base & ~(MI_ALLOCATION_GRANULARITY - 1);
        End = MI_ROUND(*Base + *Size);
        if (!MiIsRangeFree(Space, Start, End))
            return STATUS_CONFLICTING_ADDRESSES;
    }
    PMI_VAD Vad = MiInsertVad(Space, Start, End, Protect, MiVadPrivate);
    if (Vad == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS Status = (Type & MEM_COMMIT) ? MiCommit(Space, Start, End, Protect) : STATUS_SUCCESS;
    if (!NT_SUCCESS(Status)) {
        MiDeleteVad(Space, Vad);
        return Status;
    }
    *Base = Start;
    *Size = End - Start;
    return STATUS_SUCCESS;
}

/* Pages of a section that was only reserved, in one of its views. */
static NTSTATUS MiCommitView(PMM_ADDRESS_SPACE Space, PMI_VAD Vad, ULONG64 Start, ULONG64 End, ULONG Protect) {
    if (!MiSectionAllows(Vad->Section, Protect))
        return STATUS_SECTION_PROTECTION;
    NTSTATUS Status = MiCommitData(Vad->Section->Data, Vad->SectionPage + (Start - Vad->Start) / PAGE_SIZE, (End - Start) / PAGE_SIZE);
    return NT_SUCCESS(Status) ? MiCommit(Space, Start, End, Protect) : Status;
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

    ULONG64 Start = *Base & ~(ULONG64)(PAGE_SIZE - 1), End = MI_ROUND(*Base + *Size);
    PMI_VAD Vad = MiFindVad(Space, Start);
    if (Vad == NULL || End > Vad->End)
        return STATUS_CONFLICTING_ADDRESSES;
    NTSTATUS Status = STATUS_SUCCESS;
    if (Vad->Kind == MiVadSection && (Vad->Section->Attributes & SEC_RESERVE) != 0 && (Type & MEM_COMMIT) != 0)
        Status = MiCommitView(Space, Vad, Start, End, Protect);
    else if (Vad->Kind != MiVadPrivate)
        return STATUS_ALREADY_COMMITTED;
    else if ((Type & MEM_RESET) == 0) /* which allows the contents to be lost; nothing here needs them to be */
        Status = MiCommit(Space, Start, End, Protect);
    if (NT_SUCCESS(Status)) {
        *Base = Start;
        *Size = End - Start;
    }
    return Status;
}

NTSTATUS NTAPI NtAllocateVirtualMemory(HANDLE ProcessHandle, PVOID *Base, ULONG_PTR ZeroBits, PSIZE_T Size, ULONG Type, ULONG Protect) {
    if (ZeroBits > 21)
        return STATUS_INVALID_PARAMETER_3;
    ULONG64 Start, Length;
    PEPROCESS Process;
    PMM_ADDRESS_SPACE Space;
    NTSTATUS Status = MiCaptureRange(Base, Size, &Start, &Length);
    if (!NT_SUCCESS(Status) || !NT_SUCCESS(Status = MiReferenceSpace(ProcessHandle, PROCESS_VM_OPERATION, &Process, &Space)))
        return Status;
    Status = MiAllocateVirtual(Space, &Start, &Length, Type, Protect);
    ObDereferenceObject(Process);
    return NT_SUCCESS(Status) ? MiReturnRange(Base, Size, Start, Length) : Status;
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
    ULONG64 Start = *Base & ~(ULONG64)(PAGE_SIZE - 1), End = MI_ROUND(*Base + *Size);
    PMI_VAD Vad = MiFindVad(Space, Start);
    if (Vad == NULL)
        return STATUS_MEMORY_NOT_ALLOCATED;
    if (*Size == 0) {
        if (Start != Vad->Start)
            return STATUS_FREE_VM_NOT_AT_BASE;
        End = Vad->End;
    }
    if (End > Vad->End)
        return STATUS_UNABLE_TO_FREE_VM;
    if (Vad->Kind == MiVadImage || Vad->Kind == MiVadSection || Vad->Kind == MiVadPhysical)
        return STATUS_UNABLE_TO_DELETE_SECTION;
    if (Vad->Kind == MiVadMdl || (!Trusted && (Vad->Resident || !MiAllowsSecured(Space, Start, End, PAGE_NOACCESS))))
        return STATUS_INVALID_PAGE_PROTECTION;
    NTSTATUS Status = STATUS_SUCCESS;
    if (Type == MEM_DECOMMIT)
        MiDecommit(Space, Start, End);
    else
        Status = MiReleasePart(Space, Vad, Start, End);
    if (NT_SUCCESS(Status)) {
        *Base = Start;
        *Size = End - Start;
    }
    return Status;
}

NTSTATUS NTAPI NtFreeVirtualMemory(HANDLE ProcessHandle, PVOID *Base, PSIZE_T Size, ULONG Type) {
    ULONG64 Start, Length;
    PEPROCESS Process;
    PMM_ADDRESS_SPACE Space;
    NTSTATUS Status = MiCaptureRange(Base, Size, &Start, &Length);
    if (!NT_SUCCESS(Status) || !NT_SUCCESS(Status = MiReferenceSpace(ProcessHandle, PROCESS_VM_OPERATION, &Process, &Space)))
        return Status;
    Status = MiFreeVirtual(Space, &Start, &Length, Type, FALSE);
    ObDereferenceObject(Process);
    return NT_SUCCESS(Status) ? MiReturnRange(Base, Size, Start, Length) : Status;
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
    ULONG64 Start = *Base & ~(ULONG64)(PAGE_SIZE - 1), End = MI_ROUND(*Base + *Size);
    PMI_VAD Vad = MiFindVad(Space, Start);
    if (Vad == NULL || End > Vad->End)
        return STATUS_CONFLICTING_ADDRESSES;
    BOOLEAN Copy = (Protect & (PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY)) != 0;
    if (Vad->Resident || Vad->Kind >= MiVadMdl || !MiAllowsSecured(Space, Start, End, Protect) || (Copy && Vad->Kind == MiVadPrivate))
        return STATUS_INVALID_PAGE_PROTECTION;
    if (Vad->Kind == MiVadSection && !MiSectionAllows(Vad->Section, Protect))
        return STATUS_SECTION_PROTECTION;
    for (ULONG64 Address = Start; Address < End; Address += PAGE_SIZE) {
        MI_PTE *Pte = MiFindPte(Space, Address);
        if (Pte == NULL || *Pte == 0)
            return STATUS_NOT_COMMITTED;
    }
    *Old = MiPteProtect(*MiFindPte(Space, Start));
    for (ULONG64 Address = Start; Address < End; Address += PAGE_SIZE) {
        MI_PTE *Pte = MiFindPte(Space, Address), Keep = *Pte & MI_PTE_KEEP;
        /* A page of a shared section that is to be written privately starts to be shared only until then. */
        if (Copy && Vad->Kind == MiVadSection)
            Keep |= MI_PTE_COPY;
        *Pte = Keep | MiProtectBits((Keep & MI_PTE_COPY) ? MiCopyProtect(Protect) : Protect);
    }
    MiSynchronize(Space, Start, End);
    *Base = Start;
    *Size = End - Start;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtProtectVirtualMemory(HANDLE ProcessHandle, PVOID *Base, PSIZE_T Size, ULONG Protect, PULONG OldProtect) {
    ULONG64 Start, Length;
    ULONG Old = 0;
    PEPROCESS Process;
    PMM_ADDRESS_SPACE Space;
    if (!MiCanWriteResult(OldProtect, sizeof(*OldProtect)))
        return STATUS_ACCESS_VIOLATION;
    NTSTATUS Status = MiCaptureRange(Base, Size, &Start, &Length);
    if (!NT_SUCCESS(Status) || !NT_SUCCESS(Status = MiReferenceSpace(ProcessHandle, PROCESS_VM_OPERATION, &Process, &Space)))
        return Status;
    Status = MiProtectVirtual(Space, &Start, &Length, Protect, &Old);
    ObDereferenceObject(Process);
    if (NT_SUCCESS(Status) && NT_SUCCESS(Status = MiReturnRange(Base, Size, Start, Length)))
        Status = KiCopyOut(OldProtect, &Old, sizeof(Old));
    return Status;
}
