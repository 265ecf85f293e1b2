#include "ldr/pe.h"
#include "mm/mi.h"

/* Driver images get the next free address, so that the same drivers loaded in the same order lie at the same addresses in every run.
   A range is not used twice until all of HAL_DRIVER_START to _END has been: a stale pointer then still tells whose it was. */

typedef struct _MI_SYSTEM_PAGE {
    MI_PTE Pte; /* 0: gone */
    USHORT Locks;
    UCHAR Protection; /* HAL_PROT_* */
    BOOLEAN Pageable;
} MI_SYSTEM_PAGE, *PMI_SYSTEM_PAGE;

typedef struct _MI_SYSTEM_IMAGE {
    struct _MI_SYSTEM_IMAGE *Next;
    ULONG64 Base;
    SIZE_T PageCount;
    BOOLEAN HasPageable, Seen; /* a page of it may have been touched since the last MiHideSystemImages */
    MI_SYSTEM_PAGE Pages[];
} MI_SYSTEM_IMAGE, *PMI_SYSTEM_IMAGE;

static PMI_SYSTEM_IMAGE MiSystemImages;
static ULONG64 MiNextDriverAddress = HAL_DRIVER_START;

static PMI_SYSTEM_IMAGE MiSystemImageOf(ULONG64 Address) {
    for (PMI_SYSTEM_IMAGE Image = MiSystemImages; Image != NULL; Image = Image->Next)
        if (Address - Image->Base < Image->PageCount * PAGE_SIZE)
            return Image;
    return NULL;
}

static PMI_SYSTEM_IMAGE MiNewSystemImage(ULONG64 Base, SIZE_T Pages, MM_PFN First, UCHAR Protection) {
    PMI_SYSTEM_IMAGE Image = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Image) + Pages * sizeof(MI_SYSTEM_PAGE), 'iSmM');
    if (Image == NULL)
        return NULL;
    Image->Next = MiSystemImages;
    Image->Base = Base;
    Image->PageCount = Pages;
    Image->HasPageable = Image->Seen = FALSE;
    for (SIZE_T I = 0; I < Pages; I++)
        Image->Pages[I] = (MI_SYSTEM_PAGE){.Pte = (First + I) << 12 | MI_PTE_COMMITTED, .Protection = Protection};
    MiSystemImages = Image;
    return Image;
}

/* The pages of [Address, Address + Size), which lie in one image. */
static PMI_SYSTEM_PAGE MiSystemPages(PVOID Address, SIZE_T Size, PMI_SYSTEM_IMAGE *Image) {
    PMI_SYSTEM_IMAGE Found = MiSystemImageOf((ULONG64)Address);
    NT_ASSERT_OURS(Found != NULL && (ULONG64)Address % PAGE_SIZE == 0);
    SIZE_T Page = ((ULONG64)Address - Found->Base) / PAGE_SIZE;
    NT_ASSERT_OURS(Page + MI_PAGES(Size) <= Found->PageCount);
    *Image = Found;
    return &Found->Pages[Page];
}

static UCHAR MiSectionProtection(ULONG Characteristics) {
    return (UCHAR)(((Characteristics & PE_SECTION_READ) ? HAL_PROT_READ : 0) | ((Characteristics & PE_SECTION_WRITE) ? HAL_PROT_WRITE : 0) |
                   ((Characteristics & PE_SECTION_EXECUTE) ? HAL_PROT_EXEC : 0));
}

/* The kernel itself, as the host has mapped it. */
VOID MiInitializeSystemImages(VOID) {
    SIZE_T Pages = MI_PAGES(KiMachine->kernel_size);
    PMI_SYSTEM_IMAGE Image = MiNewSystemImage(HAL_KERNEL_BASE, Pages, KiMachine->kernel_physical / PAGE_SIZE, HAL_PROT_READ);
    struct pe_image Pe;
    NT_ASSERT_OURS(Image != NULL && pe_parse_mapped((PVOID)HAL_KERNEL_BASE, KiMachine->kernel_size, &Pe) == PE_OK);
    struct pe_section Section;
    for (ULONG I = 0; pe_section(&Pe, I, &Section); I++) {
        BOOLEAN Absent = (Section.characteristics & PE_SECTION_DISCARDABLE) != 0 && strcmp(Section.name, ".reloc") != 0;
        for (ULONG Page = 0; Page < Section.mapped_size / PAGE_SIZE; Page++)
            Image->Pages[Section.rva / PAGE_SIZE + Page].Protection = Absent ? HAL_PROT_NONE : MiSectionProtection(Section.characteristics);
    }
}

static ULONG64 MiFindDriverRange(ULONG64 Size) {
    ULONG64 Base = MiNextDriverAddress;
    if (Size <= HAL_DRIVER_END - Base)
        return Base;
    Base = HAL_DRIVER_START;
    for (PMI_SYSTEM_IMAGE Image = MiSystemImages; Image != NULL;) {
        if (Base < Image->Base + Image->PageCount * PAGE_SIZE && Image->Base < Base + Size) {
            Base = (Image->Base + Image->PageCount * PAGE_SIZE + 2 * MI_ALLOCATION_GRANULARITY - 1) & ~(MI_ALLOCATION_GRANULARITY - 1);
            Image = MiSystemImages;
        } else {
            Image = Image->Next;
        }
    }
    return Base + Size <= HAL_DRIVER_END ? Base : 0;
}

NTSTATUS MmAllocateSystemImage(SIZE_T Size, PVOID *Base) {
    SIZE_T Pages = MI_PAGES(Size);
    /* At least one unmapped page between two images. */
    ULONG64 Span = (Pages * PAGE_SIZE + PAGE_SIZE + MI_ALLOCATION_GRANULARITY - 1) & ~(MI_ALLOCATION_GRANULARITY - 1);
    MM_PFN First;
    ULONG64 Start = MiFindDriverRange(Span);
    if (Start == 0 || !MiAllocateFrames(Pages, ~0ull, &First))
        return STATUS_INSUFFICIENT_RESOURCES;
    PMI_SYSTEM_IMAGE Image = MiNewSystemImage(Start, Pages, First, HAL_PROT_READ | HAL_PROT_WRITE);
    if (Image == NULL || HalOps->map(Start, First * PAGE_SIZE, Pages * PAGE_SIZE, HAL_PROT_READ | HAL_PROT_WRITE) != 0) {
        if (Image != NULL) {
            MiSystemImages = Image->Next;
            ExFreePoolWithTag(Image, 'iSmM');
        }
        MiFreeFrames(First, Pages);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (Start == MiNextDriverAddress)
        MiNextDriverAddress = Start + Span;
    *Base = (PVOID)Start;
    return STATUS_SUCCESS;
}

VOID MmProtectSystemImage(PVOID Address, SIZE_T Size, ULONG HalProtection) {
    PMI_SYSTEM_IMAGE Image;
    PMI_SYSTEM_PAGE Pages = MiSystemPages(Address, Size, &Image);
    for (SIZE_T I = 0; I < MI_PAGES(Size); I++)
        Pages[I].Protection = (UCHAR)HalProtection;
    HalOps->protect((ULONG64)Address, MI_PAGES(Size) * PAGE_SIZE, HalProtection);
}

VOID MmDiscardSystemImagePages(PVOID Address, SIZE_T Size) {
    PMI_SYSTEM_IMAGE Image;
    PMI_SYSTEM_PAGE Pages = MiSystemPages(Address, Size, &Image);
    HalOps->unmap((ULONG64)Address, MI_PAGES(Size) * PAGE_SIZE);
    for (SIZE_T I = 0; I < MI_PAGES(Size); I++) {
        MI_PTE Pte = Pages[I].Pte;
        Pages[I].Pte = 0;
        if (Pte == 0)
            continue;
        if (Pages[I].Locks != 0)
            MiDereferenceFrame(MI_PTE_FRAME(Pte));
        if (Pte & MI_PTE_OUT)
            MiReleaseSlot(MI_PTE_SLOT(Pte));
        else
            MiDereferenceFrame(MI_PTE_FRAME(Pte));
    }
}

VOID MmFreeSystemImage(PVOID Base) {
    PMI_SYSTEM_IMAGE Image = MiSystemImageOf((ULONG64)Base), *Link = &MiSystemImages;
    NT_ASSERT_OURS(Image != NULL && Image->Base == (ULONG64)Base);
    MmDiscardSystemImagePages(Base, Image->PageCount * PAGE_SIZE);
    while (*Link != Image)
        Link = &(*Link)->Next;
    *Link = Image->Next;
    ExFreePoolWithTag(Image, 'iSmM');
}

MI_PTE *MiSystemImagePte(ULONG64 Address, ULONG *Protection) {
    PMI_SYSTEM_IMAGE Image = MiSystemImageOf(Address);
    if (Image == NULL)
        return NULL;
    PMI_SYSTEM_PAGE Page = &Image->Pages[(Address - Image->Base) / PAGE_SIZE];
    *Protection = Page->Pte != 0 ? Page->Protection : HAL_PROT_NONE;
    return &Page->Pte;
}

/* ---- Paging ---- */

VOID MiSeeSystemImage(ULONG64 Address) {
    PMI_SYSTEM_IMAGE Image = MiSystemImageOf(Address);
    if (MmHides && Image != NULL && Image->HasPageable)
        Image->Seen = MmHasSeenPages = TRUE;
}

static NTSTATUS MiBringInPages(PMI_SYSTEM_PAGE Pages, ULONG64 Address, SIZE_T Count) {
    NTSTATUS Status = STATUS_SUCCESS;
    for (SIZE_T I = 0; I < Count && NT_SUCCESS(Status); I++)
        Status = MiBringIn(&Pages[I].Pte, Address + I * PAGE_SIZE, Pages[I].Protection);
    return Status;
}

NTSTATUS MmSetSystemImagePageable(PVOID Address, SIZE_T Size, BOOLEAN Pageable) {
    PMI_SYSTEM_IMAGE Image;
    PMI_SYSTEM_PAGE Pages = MiSystemPages(Address, Size, &Image);
    NTSTATUS Status = Pageable ? STATUS_SUCCESS : MiBringInPages(Pages, (ULONG64)Address, MI_PAGES(Size));
    for (SIZE_T I = 0; I < MI_PAGES(Size) && NT_SUCCESS(Status); I++)
        Pages[I].Pageable = Pageable;
    Image->HasPageable |= Pageable;
    MiSeeSystemImage((ULONG64)Address);
    return Status;
}

NTSTATUS MmLockSystemImagePages(PVOID Address, SIZE_T Size) {
    PMI_SYSTEM_IMAGE Image;
    PMI_SYSTEM_PAGE Pages = MiSystemPages(Address, Size, &Image);
    NTSTATUS Status = MiBringInPages(Pages, (ULONG64)Address, MI_PAGES(Size));
    for (SIZE_T I = 0; I < MI_PAGES(Size) && NT_SUCCESS(Status); I++)
        if (Pages[I].Pte != 0 && Pages[I].Locks++ == 0)
            MiReferenceFrame(MI_PTE_FRAME(Pages[I].Pte));
    return Status;
}

BOOLEAN MmUnlockSystemImagePages(PVOID Address, SIZE_T Size) {
    PMI_SYSTEM_IMAGE Image;
    PMI_SYSTEM_PAGE Pages = MiSystemPages(Address, Size, &Image);
    for (SIZE_T I = 0; I < MI_PAGES(Size); I++)
        if (Pages[I].Pte != 0 && Pages[I].Locks == 0)
            return FALSE;
    for (SIZE_T I = 0; I < MI_PAGES(Size); I++)
        if (Pages[I].Pte != 0 && --Pages[I].Locks == 0)
            MiDereferenceFrame(MI_PTE_FRAME(Pages[I].Pte));
    MiSeeSystemImage((ULONG64)Address);
    return TRUE;
}

VOID MiHideSystemImages(VOID) {
    for (PMI_SYSTEM_IMAGE Image = MiSystemImages; Image != NULL; Image = Image->Next) {
        if (!Image->Seen)
            continue;
        Image->Seen = FALSE;
        for (SIZE_T I = 0, Run; I < Image->PageCount; I += Run + 1) {
            for (Run = 0; I + Run < Image->PageCount && Image->Pages[I + Run].Pageable && MiHide(&Image->Pages[I + Run].Pte);)
                Run++;
            if (Run != 0)
                HalOps->protect(Image->Base + I * PAGE_SIZE, Run * PAGE_SIZE, HAL_PROT_NONE);
        }
    }
}

SIZE_T MiReclaimSystemImages(SIZE_T Count) {
    SIZE_T Done = 0;
    for (PMI_SYSTEM_IMAGE Image = MiSystemImages; Image != NULL && Done < Count; Image = Image->Next)
        for (SIZE_T I = 0; I < Image->PageCount && Image->HasPageable && Done < Count; I++)
            Done += Image->Pages[I].Pageable && MiSendOut(&Image->Pages[I].Pte, Image->Base + I * PAGE_SIZE);
    return Done;
}
