#include "mm/mi.h"
#include "ob/ob.h"
#include "ps/ps.h"

/* Views of sections, in processes and in system space. A view references the section object, so that the section lives as long as the last view. */

VOID MiReleaseSectionView(PMI_SECTION Section) {
    Section->Data->Views--;
    ObDereferenceObject(Section);
}

/* ---- Mapping ---- */

/* Does a section of this protection allow a view of that one? */
static BOOLEAN MiViewAllowed(ULONG Section, ULONG View) {
    BOOLEAN Execute = (View & 0xF0) != 0, CanExecute = (Section & 0xF0) != 0;
    BOOLEAN Write = (View & MI_SECTION_WRITE) != 0, CanWrite = (Section & MI_SECTION_WRITE) != 0;
    return (!Execute || CanExecute) && (!Write || CanWrite);
}

/* Commit: bytes of a section without a file that are committed at once, whatever SEC_RESERVE left to VirtualAlloc ("ZwMapViewOfSection"). */
static NTSTATUS MiMapData(PMM_ADDRESS_SPACE Space, PMI_SECTION Section, ULONG64 *Base, ULONG64 Offset, ULONG64 *Size, ULONG64 Commit, ULONG Type,
                          ULONG Protect) {
    if (!MiViewAllowed(Section->Protect, Protect))
        return STATUS_SECTION_PROTECTION;
    if (Offset % MI_ALLOCATION_GRANULARITY != 0 || *Base % MI_ALLOCATION_GRANULARITY != 0)
        return STATUS_MAPPED_ALIGNMENT;
    if (Offset >= Section->Size || *Size > Section->Size - Offset)
        return STATUS_INVALID_VIEW_SIZE;
    ULONG64 Length = MI_ROUND(*Size != 0 ? *Size : Section->Size - Offset);
    NTSTATUS Status = MiFreshenData(Section->Data, Offset / PAGE_SIZE, Length / PAGE_SIZE);
    if (!NT_SUCCESS(Status))
        return Status;
    ULONG64 Start = *Base != 0 ? *Base : MiFindFreeRange(Space, Length, (Type & MEM_TOP_DOWN) != 0);
    if (Start == 0)
        return STATUS_NO_MEMORY;
    if (!MiIsRangeFree(Space, Start, Start + Length))
        return STATUS_CONFLICTING_ADDRESSES;
    if (Section->Data->File == NULL && Commit != 0) {
        Status = Commit <= Length ? MiCommitData(Section->Data, Offset / PAGE_SIZE, MI_PAGES(Commit)) : STATUS_INVALID_PARAMETER_5;
        if (!NT_SUCCESS(Status))
            return Status;
    }
    PMI_VAD Vad = MiMakeTables(Space, Start, Start + Length) ? MiInsertVad(Space, Start, Start + Length, Protect, MiVadSection) : NULL;
    if (Vad == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    ObReferenceObject(Section);
    Section->Data->Views++;
    Vad->Section = Section;
    Vad->SectionPage = Offset / PAGE_SIZE;
    BOOLEAN Copy = (Protect & (PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY)) != 0;
    MI_PTE Clean = Section->Data->File != NULL ? MI_PTE_CLEAN : 0;
    for (ULONG64 I = 0; I < Length / PAGE_SIZE; I++) {
        MI_PTE Page = Section->Data->Ptes[Vad->SectionPage + I], Bits = MI_PTE_COMMITTED | (Copy ? MI_PTE_COPY : 0) | Clean | MiProtectBits(Protect);
        if (Page == 0)
            continue;
        if ((Page & MI_PTE_OUT) == 0)
            MiReferenceFrame(MI_PTE_FRAME(Page));
        *MiFindPte(Space, Start + I * PAGE_SIZE) = (Page & MI_PTE_OUT) ? Bits | MI_PTE_OUT | MI_PTE_PROTOTYPE : MI_PTE_FRAME(Page) << 12 | Bits;
    }
    MiSynchronize(Space, Start, Start + Length);
    *Base = Start;
    *Size = Length;
    return STATUS_SUCCESS;
}

/* Frames as they are, whoever has them. The view begins at the 64 KiB below Offset, which becomes that, as on Windows. */
static NTSTATUS MiMapPhysical(PMM_ADDRESS_SPACE Space, ULONG64 *Base, ULONG64 *Offset, ULONG64 *Size, ULONG Type, ULONG Protect) {
    ULONG64 Limit = MmTotalFrames * PAGE_SIZE, Rest = *Offset % MI_ALLOCATION_GRANULARITY, First = *Offset - Rest;
    if (*Size == 0 || *Base % MI_ALLOCATION_GRANULARITY != 0)
        return *Size == 0 ? STATUS_INVALID_VIEW_SIZE : STATUS_MAPPED_ALIGNMENT;
    /* Beyond RAM are devices and nothing, which a program cannot reach. */
    if (*Offset >= Limit || *Size > Limit - *Offset || (Protect & (PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY)) != 0)
        return STATUS_NOT_SUPPORTED;
    ULONG64 Length = MI_ROUND(Rest + *Size), Start = *Base != 0 ? *Base : MiFindFreeRange(Space, Length, (Type & MEM_TOP_DOWN) != 0);
    if (Start == 0)
        return STATUS_NO_MEMORY;
    if (!MiIsRangeFree(Space, Start, Start + Length))
        return STATUS_CONFLICTING_ADDRESSES;
    if (!MiMakeTables(Space, Start, Start + Length) || MiInsertVad(Space, Start, Start + Length, Protect, MiVadPhysical) == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    for (ULONG64 At = 0; At < Length; At += PAGE_SIZE)
        *MiFindPte(Space, Start + At) = (First + At) | MI_PTE_COMMITTED | MI_PTE_UNOWNED | MiProtectBits(Protect);
    MiSynchronize(Space, Start, Start + Length);
    *Base = Start;
    *Offset = First;
    *Size = Length;
    return STATUS_SUCCESS;
}

static ACCESS_MASK MiViewAccess(ULONG Protect) {
    ACCESS_MASK Access = (Protect & MI_SECTION_WRITE) ? SECTION_MAP_WRITE : SECTION_MAP_READ;
    return (Protect & 0xF0) ? Access | SECTION_MAP_EXECUTE : Access;
}

static NTSTATUS MiCheckView(ULONG_PTR ZeroBits, SECTION_INHERIT Inherit, ULONG Type, ULONG Protect) {
    if (ZeroBits > 21)
        return STATUS_INVALID_PARAMETER_4;
    if (Inherit != ViewShare && Inherit != ViewUnmap)
        return STATUS_INVALID_PARAMETER_8;
    if ((Type & ~(MEM_TOP_DOWN | MEM_RESERVE)) != 0)
        return STATUS_INVALID_PARAMETER_9;
    if (MiProtectIndex(Protect) < 0 || (Protect & PAGE_GUARD) != 0)
        return STATUS_INVALID_PAGE_PROTECTION;
    return STATUS_SUCCESS;
}

static NTSTATUS MiMapView(PMI_SECTION Section, PEPROCESS Process, PMM_ADDRESS_SPACE Space, PVOID *Base, PLARGE_INTEGER Offset, PSIZE_T Size,
                          SIZE_T Commit, ULONG Type, ULONG Protect) {
    NTSTATUS Status = Section->Physical        ? MiMapPhysical(Space, (ULONG64 *)Base, (ULONG64 *)&Offset->QuadPart, Size, Type, Protect)
                      : Section->Image != NULL ? MiMapImage(Space, Section->Image, Base, Size)
                                               : MiMapData(Space, Section, (ULONG64 *)Base, (ULONG64)Offset->QuadPart, Size, Commit, Type, Protect);
    if (NT_SUCCESS(Status) && Section->Image != NULL)
        PsCallImageNotifyRoutines(&Section->Image->Name, Process->UniqueProcessId, *Base, *Size);
    return Status;
}

NTSTATUS NTAPI NtMapViewOfSection(HANDLE SectionHandle, HANDLE ProcessHandle, PVOID *Base, ULONG_PTR ZeroBits, SIZE_T CommitSize,
                                  PLARGE_INTEGER Offset, PSIZE_T ViewSize, SECTION_INHERIT Inherit, ULONG Type, ULONG Protect) {
    struct {
        PVOID Base;
        SIZE_T Size;
        LARGE_INTEGER Offset;
    } View = {.Offset.QuadPart = 0};
    KPROCESSOR_MODE Mode = KiPreviousMode();
    PMI_SECTION Section;
    PEPROCESS Process;
    PMM_ADDRESS_SPACE Space;
    NTSTATUS Status = MiCheckView(ZeroBits, Inherit, Type, Protect);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Mode == UserMode) {
        if ((ULONG64)Base >= MmUserProbeAddress || (ULONG64)ViewSize >= MmUserProbeAddress || !MmIsRangeAccessible(Base, sizeof(*Base), TRUE) ||
            !MmIsRangeAccessible(ViewSize, sizeof(*ViewSize), TRUE) || !KiCopyFromUser(&View.Base, Base, sizeof(View.Base)) ||
            !KiCopyFromUser(&View.Size, ViewSize, sizeof(View.Size)) ||
            (Offset != NULL && !KiCopyFromUser(&View.Offset, Offset, sizeof(View.Offset))))
            return STATUS_ACCESS_VIOLATION;
    } else {
        View.Base = *Base;
        View.Size = *ViewSize;
        View.Offset.QuadPart = Offset != NULL ? Offset->QuadPart : 0;
    }
    if (View.Base > MmHighestUserAddress || View.Size > (ULONG64)MmHighestUserAddress + 1 - (ULONG64)View.Base)
        return STATUS_INVALID_PARAMETER_3;
    Status = MiReferenceSpace(ProcessHandle, PROCESS_VM_OPERATION, &Process, &Space);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObReferenceObjectByHandle(SectionHandle, MiViewAccess(Protect), MmSectionObjectType, Mode, (PVOID *)&Section, NULL);
    if (NT_SUCCESS(Status)) {
        Status = MiMapView(Section, Process, Space, &View.Base, &View.Offset, &View.Size, CommitSize, Type, Protect);
        ObDereferenceObject(Section);
    }
    ObDereferenceObject(Process);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Offset != NULL && !NT_SUCCESS(KiCopyOut(Offset, &View.Offset, sizeof(View.Offset))))
        return STATUS_ACCESS_VIOLATION;
    if (Mode == UserMode)
        return KiCopyToUser(Base, &View.Base, sizeof(View.Base)) && KiCopyToUser(ViewSize, &View.Size, sizeof(View.Size)) ? Status
                                                                                                                          : STATUS_ACCESS_VIOLATION;
    *Base = View.Base;
    *ViewSize = View.Size;
    return Status;
}

/* The same for drivers that have the objects and no handles. */
NTSTATUS NTAPI MmMapViewOfSection(PVOID SectionObject, PEPROCESS Process, PVOID *Base, ULONG_PTR ZeroBits, SIZE_T CommitSize, PLARGE_INTEGER Offset,
                                  PSIZE_T ViewSize, SECTION_INHERIT Inherit, ULONG Type, ULONG Protect) {
    LARGE_INTEGER Start = {.QuadPart = Offset != NULL ? Offset->QuadPart : 0};
    NTSTATUS Status = MiCheckView(ZeroBits, Inherit, Type, Protect);
    if (NT_SUCCESS(Status) && (*Base > MmHighestUserAddress || *ViewSize > (ULONG64)MmHighestUserAddress + 1 - (ULONG64)*Base))
        Status = STATUS_INVALID_PARAMETER_3;
    if (NT_SUCCESS(Status) && Process->Pcb.AddressSpace == NULL)
        Status = STATUS_NOT_SUPPORTED;
    if (!NT_SUCCESS(Status))
        return Status;
    Status = MiMapView(SectionObject, Process, Process->Pcb.AddressSpace, Base, &Start, ViewSize, CommitSize, Type, Protect);
    if (NT_SUCCESS(Status) && Offset != NULL)
        *Offset = Start;
    return Status;
}

NTSTATUS NTAPI MmUnmapViewOfSection(PEPROCESS Process, PVOID Base) {
    PMM_ADDRESS_SPACE Space = Process->Pcb.AddressSpace;
    PMI_VAD Vad = Space != NULL ? MiFindVad(Space, (ULONG64)Base) : NULL;
    if (Vad == NULL || Vad->Kind == MiVadPrivate || Vad->Kind == MiVadMdl)
        return STATUS_NOT_MAPPED_VIEW;
    if (!MiAllowsSecured(Space, Vad->Start, Vad->End, PAGE_NOACCESS))
        return STATUS_INVALID_PAGE_PROTECTION;
    MiDeleteVad(Space, Vad);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtUnmapViewOfSection(HANDLE ProcessHandle, PVOID Base) {
    PEPROCESS Process;
    PMM_ADDRESS_SPACE Space;
    NTSTATUS Status = MiReferenceSpace(ProcessHandle, PROCESS_VM_OPERATION, &Process, &Space);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = MmUnmapViewOfSection(Process, Base);
    ObDereferenceObject(Process);
    return Status;
}

/* ---- Views in system space ---- */

/* The pages of such a view are resident as long as it is there. */
static VOID MiUnmapSectionView(UCHAR *View) {
    ULONG Protection;
    MM_PFN Frame;
    for (UCHAR *Page = View; (Frame = MiFrameOfSystemView((ULONG64)Page, &Protection)) != MI_NO_FRAME; Page += PAGE_SIZE)
        MiDereferenceFrame(Frame);
    MiReleaseSystemView(View);
}

NTSTATUS NTAPI MmMapViewInSystemSpace(PVOID Object, PVOID *Base, PSIZE_T Size) {
    PMI_SECTION Section = Object;
    if (Section->Image != NULL || Section->Physical)
        return STATUS_NOT_SUPPORTED;
    SIZE_T Length = MI_ROUND(*Size != 0 ? *Size : Section->Size);
    if (Length > Section->Pages * PAGE_SIZE)
        return STATUS_INVALID_VIEW_SIZE;
    NTSTATUS Status = MiFreshenData(Section->Data, 0, Length / PAGE_SIZE);
    if (!NT_SUCCESS(Status))
        return Status;
    PVOID View = MiReserveSystemView(Length);
    if (View == NULL)
        return STATUS_NO_MEMORY;
    for (SIZE_T I = 0; I < Length / PAGE_SIZE; I++) {
        MI_PTE *Pte = &Section->Data->Ptes[I];
        Status = *Pte != 0 ? MiBringInSectionPage(Pte) : STATUS_NOT_COMMITTED;
        if (!NT_SUCCESS(Status)) {
            MiUnmapSectionView(View);
            return Status;
        }
        MiReferenceFrame(MI_PTE_FRAME(*Pte));
        if (Section->Data->File != NULL && (Section->Protect & MI_SECTION_WRITE) != 0)
            *Pte |= MI_PTE_DIRTY;
        MiMapSystemView(View, I, MI_PTE_FRAME(*Pte), 1, HAL_PROT_READ | ((Section->Protect & MI_SECTION_WRITE) ? HAL_PROT_WRITE : 0));
    }
    Section->Data->WrittenByKernel |= (Section->Protect & MI_SECTION_WRITE) != 0;
    *Base = View;
    *Size = Length;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI MmUnmapViewInSystemSpace(PVOID Base) {
    ULONG Protection;
    MM_PFN Frame = (ULONG64)Base % PAGE_SIZE == 0 ? MiFrameOfSystemView((ULONG64)Base, &Protection) : MI_NO_FRAME;
    if (Frame == MI_NO_FRAME)
        return STATUS_NOT_MAPPED_VIEW;
    MiUnmapSectionView(Base);
    return STATUS_SUCCESS;
}
