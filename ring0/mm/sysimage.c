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
    for (PMI_SYSTEM_IMAGE image = MiSystemImages; image != NULL; image = image->Next)
        if (Address - image->Base < image->PageCount * PAGE_SIZE)
            return image;
    return NULL;
}

static PMI_SYSTEM_IMAGE MiNewSystemImage(ULONG64 Base, SIZE_T Pages, MM_PFN First, UCHAR Protection) {
    PMI_SYSTEM_IMAGE image = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*image) + Pages * sizeof(MI_SYSTEM_PAGE), 'iSmM');
    if (image == NULL)
        return NULL;
    image->Next = MiSystemImages;
    image->Base = Base;
    image->PageCount = Pages;
    image->HasPageable = image->Seen = FALSE;
    for (SIZE_T i = 0; i < Pages; i++)
        image->Pages[i] = (MI_SYSTEM_PAGE){.Pte = (First + i) << 12 | MI_PTE_COMMITTED, .Protection = Protection};
    MiSystemImages = image;
    return image;
}

/* The pages of [Address, Address + Size), which lie in one image. */
static PMI_SYSTEM_PAGE MiSystemPages(PVOID Address, SIZE_T Size, PMI_SYSTEM_IMAGE *Image) {
    PMI_SYSTEM_IMAGE image = MiSystemImageOf((ULONG64)Address);
    NT_ASSERT_OURS(image != NULL && (ULONG64)Address % PAGE_SIZE == 0);
    SIZE_T page = ((ULONG64)Address - image->Base) / PAGE_SIZE;
    NT_ASSERT_OURS(page + MI_PAGES(Size) <= image->PageCount);
    *Image = image;
    return &image->Pages[page];
}

static UCHAR MiSectionProtection(ULONG Characteristics) {
    return (UCHAR)(((Characteristics & PE_SECTION_READ) ? HAL_PROT_READ : 0) | ((Characteristics & PE_SECTION_WRITE) ? HAL_PROT_WRITE : 0) |
                   ((Characteristics & PE_SECTION_EXECUTE) ? HAL_PROT_EXEC : 0));
}

/* The kernel itself, as the host has mapped it. */
VOID MiInitializeSystemImages(VOID) {
    SIZE_T pages = MI_PAGES(KiMachine->kernel_size);
    PMI_SYSTEM_IMAGE image = MiNewSystemImage(HAL_KERNEL_BASE, pages, KiMachine->kernel_physical / PAGE_SIZE, HAL_PROT_READ);
    struct pe_image pe;
    NT_ASSERT_OURS(image != NULL && pe_parse_mapped((PVOID)HAL_KERNEL_BASE, KiMachine->kernel_size, &pe) == PE_OK);
    struct pe_section section;
    for (ULONG i = 0; pe_section(&pe, i, &section); i++) {
        BOOLEAN absent = (section.characteristics & PE_SECTION_DISCARDABLE) != 0 && strcmp(section.name, ".reloc") != 0;
        for (ULONG page = 0; page < section.mapped_size / PAGE_SIZE; page++)
            image->Pages[section.rva / PAGE_SIZE + page].Protection = absent ? HAL_PROT_NONE : MiSectionProtection(section.characteristics);
    }
}

static ULONG64 MiFindDriverRange(ULONG64 Size) {
    ULONG64 base = MiNextDriverAddress;
    if (Size <= HAL_DRIVER_END - base)
        return base;
    base = HAL_DRIVER_START;
    for (PMI_SYSTEM_IMAGE image = MiSystemImages; image != NULL;) {
        if (base < image->Base + image->PageCount * PAGE_SIZE && image->Base < base + Size) {
            base = (image->Base + image->PageCount * PAGE_SIZE + 2 * MI_ALLOCATION_GRANULARITY - 1) & ~(MI_ALLOCATION_GRANULARITY - 1);
            image = MiSystemImages;
        } else {
            image = image->Next;
        }
    }
    return base + Size <= HAL_DRIVER_END ? base : 0;
}

NTSTATUS MmAllocateSystemImage(SIZE_T Size, PVOID *Base) {
    SIZE_T pages = MI_PAGES(Size);
    /* At least one unmapped page between two images. */
    ULONG64 span = (pages * PAGE_SIZE + PAGE_SIZE + MI_ALLOCATION_GRANULARITY - 1) & ~(MI_ALLOCATION_GRANULARITY - 1);
    MM_PFN first;
    ULONG64 base = MiFindDriverRange(span);
    if (base == 0 || !MiAllocateFrames(pages, ~0ull, &first))
        return STATUS_INSUFFICIENT_RESOURCES;
    PMI_SYSTEM_IMAGE image = MiNewSystemImage(base, pages, first, HAL_PROT_READ | HAL_PROT_WRITE);
    if (image == NULL || HalOps->map(base, first * PAGE_SIZE, pages * PAGE_SIZE, HAL_PROT_READ | HAL_PROT_WRITE) != 0) {
        if (image != NULL) {
            MiSystemImages = image->Next;
            ExFreePoolWithTag(image, 'iSmM');
        }
        MiFreeFrames(first, pages);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (base == MiNextDriverAddress)
        MiNextDriverAddress = base + span;
    *Base = (PVOID)base;
    return STATUS_SUCCESS;
}

VOID MmProtectSystemImage(PVOID Address, SIZE_T Size, ULONG HalProtection) {
    PMI_SYSTEM_IMAGE image;
    PMI_SYSTEM_PAGE pages = MiSystemPages(Address, Size, &image);
    for (SIZE_T i = 0; i < MI_PAGES(Size); i++)
        pages[i].Protection = (UCHAR)HalProtection;
    HalOps->protect((ULONG64)Address, MI_PAGES(Size) * PAGE_SIZE, HalProtection);
}

VOID MmDiscardSystemImagePages(PVOID Address, SIZE_T Size) {
    PMI_SYSTEM_IMAGE image;
    PMI_SYSTEM_PAGE pages = MiSystemPages(Address, Size, &image);
    HalOps->unmap((ULONG64)Address, MI_PAGES(Size) * PAGE_SIZE);
    for (SIZE_T i = 0; i < MI_PAGES(Size); i++) {
        MI_PTE pte = pages[i].Pte;
        pages[i].Pte = 0;
        if (pte == 0)
            continue;
        if (pages[i].Locks != 0)
            MiDereferenceFrame(MI_PTE_FRAME(pte));
        if (pte & MI_PTE_OUT)
            MiReleaseSlot(MI_PTE_SLOT(pte));
        else
            MiDereferenceFrame(MI_PTE_FRAME(pte));
    }
}

VOID MmFreeSystemImage(PVOID Base) {
    PMI_SYSTEM_IMAGE image = MiSystemImageOf((ULONG64)Base), *link = &MiSystemImages;
    NT_ASSERT_OURS(image != NULL && image->Base == (ULONG64)Base);
    MmDiscardSystemImagePages(Base, image->PageCount * PAGE_SIZE);
    while (*link != image)
        link = &(*link)->Next;
    *link = image->Next;
    ExFreePoolWithTag(image, 'iSmM');
}

MI_PTE *MiSystemImagePte(ULONG64 Address, ULONG *Protection) {
    PMI_SYSTEM_IMAGE image = MiSystemImageOf(Address);
    if (image == NULL)
        return NULL;
    PMI_SYSTEM_PAGE page = &image->Pages[(Address - image->Base) / PAGE_SIZE];
    *Protection = page->Pte != 0 ? page->Protection : HAL_PROT_NONE;
    return &page->Pte;
}

/* ---- Paging ---- */

VOID MiSeeSystemImage(ULONG64 Address) {
    PMI_SYSTEM_IMAGE image = MiSystemImageOf(Address);
    if (MmHides && image != NULL && image->HasPageable)
        image->Seen = MmHasSeenPages = TRUE;
}

static NTSTATUS MiBringInPages(PMI_SYSTEM_PAGE Pages, ULONG64 Address, SIZE_T Count) {
    NTSTATUS status = STATUS_SUCCESS;
    for (SIZE_T i = 0; i < Count && NT_SUCCESS(status); i++)
        status = MiBringIn(&Pages[i].Pte, Address + i * PAGE_SIZE, Pages[i].Protection);
    return status;
}

NTSTATUS MmSetSystemImagePageable(PVOID Address, SIZE_T Size, BOOLEAN Pageable) {
    PMI_SYSTEM_IMAGE image;
    PMI_SYSTEM_PAGE pages = MiSystemPages(Address, Size, &image);
    NTSTATUS status = Pageable ? STATUS_SUCCESS : MiBringInPages(pages, (ULONG64)Address, MI_PAGES(Size));
    for (SIZE_T i = 0; i < MI_PAGES(Size) && NT_SUCCESS(status); i++)
        pages[i].Pageable = Pageable;
    image->HasPageable |= Pageable;
    MiSeeSystemImage((ULONG64)Address);
    return status;
}

NTSTATUS MmLockSystemImagePages(PVOID Address, SIZE_T Size) {
    PMI_SYSTEM_IMAGE image;
    PMI_SYSTEM_PAGE pages = MiSystemPages(Address, Size, &image);
    NTSTATUS status = MiBringInPages(pages, (ULONG64)Address, MI_PAGES(Size));
    for (SIZE_T i = 0; i < MI_PAGES(Size) && NT_SUCCESS(status); i++)
        if (pages[i].Pte != 0 && pages[i].Locks++ == 0)
            MiReferenceFrame(MI_PTE_FRAME(pages[i].Pte));
    return status;
}

BOOLEAN MmUnlockSystemImagePages(PVOID Address, SIZE_T Size) {
    PMI_SYSTEM_IMAGE image;
    PMI_SYSTEM_PAGE pages = MiSystemPages(Address, Size, &image);
    for (SIZE_T i = 0; i < MI_PAGES(Size); i++)
        if (pages[i].Pte != 0 && pages[i].Locks == 0)
            return FALSE;
    for (SIZE_T i = 0; i < MI_PAGES(Size); i++)
        if (pages[i].Pte != 0 && --pages[i].Locks == 0)
            MiDereferenceFrame(MI_PTE_FRAME(pages[i].Pte));
    MiSeeSystemImage((ULONG64)Address);
    return TRUE;
}

VOID MiHideSystemImages(VOID) {
    for (PMI_SYSTEM_IMAGE image = MiSystemImages; image != NULL; image = image->Next) {
        if (!image->Seen)
            continue;
        image->Seen = FALSE;
        for (SIZE_T i = 0, run; i < image->PageCount; i += run + 1) {
            for (run = 0; i + run < image->PageCount && image->Pages[i + run].Pageable && MiHide(&image->Pages[i + run].Pte);)
                run++;
            if (run != 0)
                HalOps->protect(image->Base + i * PAGE_SIZE, run * PAGE_SIZE, HAL_PROT_NONE);
        }
    }
}

SIZE_T MiReclaimSystemImages(SIZE_T Count) {
    SIZE_T done = 0;
    for (PMI_SYSTEM_IMAGE image = MiSystemImages; image != NULL && done < Count; image = image->Next)
        for (SIZE_T i = 0; i < image->PageCount && image->HasPageable && done < Count; i++)
            done += image->Pages[i].Pageable && MiSendOut(&image->Pages[i].Pte, image->Base + i * PAGE_SIZE);
    return done;
}
