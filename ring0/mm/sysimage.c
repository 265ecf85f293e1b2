#include "ldr/pe.h"
#include "mm/mi.h"

/* Driver images get the next free address, so that the same drivers loaded in the same order lie at the same addresses in every run.
   A range is not used twice until all of HAL_DRIVER_START to _END has been: a stale pointer then still tells whose it was. */

typedef struct _MI_SYSTEM_IMAGE {
    struct _MI_SYSTEM_IMAGE *Next;
    ULONG64 Base;
    SIZE_T Pages;
    MM_PFN First;
    UCHAR Protection[]; /* a page each: HAL_PROT_*; MI_PAGE_GONE */
} MI_SYSTEM_IMAGE, *PMI_SYSTEM_IMAGE;
#define MI_PAGE_GONE 0xFF

static PMI_SYSTEM_IMAGE MiSystemImages;
static ULONG64 MiNextDriverAddress = HAL_DRIVER_START;

static PMI_SYSTEM_IMAGE MiSystemImageOf(ULONG64 Address) {
    for (PMI_SYSTEM_IMAGE image = MiSystemImages; image != NULL; image = image->Next)
        if (Address - image->Base < image->Pages * PAGE_SIZE)
            return image;
    return NULL;
}

static PMI_SYSTEM_IMAGE MiNewSystemImage(ULONG64 Base, SIZE_T Pages, MM_PFN First, UCHAR Protection) {
    PMI_SYSTEM_IMAGE image = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*image) + Pages, 'iSmM');
    if (image == NULL)
        return NULL;
    image->Next = MiSystemImages;
    image->Base = Base;
    image->Pages = Pages;
    image->First = First;
    memset(image->Protection, Protection, Pages);
    MiSystemImages = image;
    return image;
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
    for (ULONG i = 0; pe_section(&pe, i, &section); i++)
        memset(image->Protection + section.rva / PAGE_SIZE,
               (section.characteristics & PE_SECTION_DISCARDABLE) && strcmp(section.name, ".reloc") != 0
                   ? HAL_PROT_NONE
                   : MiSectionProtection(section.characteristics),
               section.mapped_size / PAGE_SIZE);
}

static ULONG64 MiFindDriverRange(ULONG64 Size) {
    ULONG64 base = MiNextDriverAddress;
    if (Size <= HAL_DRIVER_END - base)
        return base;
    base = HAL_DRIVER_START;
    for (PMI_SYSTEM_IMAGE image = MiSystemImages; image != NULL;) {
        if (base < image->Base + image->Pages * PAGE_SIZE && image->Base < base + Size) {
            base = (image->Base + image->Pages * PAGE_SIZE + 2 * MI_ALLOCATION_GRANULARITY - 1) & ~(MI_ALLOCATION_GRANULARITY - 1);
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
    PMI_SYSTEM_IMAGE image = MiSystemImageOf((ULONG64)Address);
    NT_ASSERT_OURS(image != NULL && (ULONG64)Address % PAGE_SIZE == 0);
    SIZE_T page = ((ULONG64)Address - image->Base) / PAGE_SIZE, count = MI_PAGES(Size);
    NT_ASSERT_OURS(page + count <= image->Pages);
    memset(image->Protection + page, (int)HalProtection, count);
    HalOps->protect((ULONG64)Address, count * PAGE_SIZE, HalProtection);
}

VOID MmDiscardSystemImagePages(PVOID Address, SIZE_T Size) {
    PMI_SYSTEM_IMAGE image = MiSystemImageOf((ULONG64)Address);
    NT_ASSERT_OURS(image != NULL && (ULONG64)Address % PAGE_SIZE == 0);
    SIZE_T page = ((ULONG64)Address - image->Base) / PAGE_SIZE, count = MI_PAGES(Size);
    NT_ASSERT_OURS(page + count <= image->Pages);
    HalOps->unmap((ULONG64)Address, count * PAGE_SIZE);
    for (SIZE_T i = page; i < page + count; i++) {
        if (image->Protection[i] == MI_PAGE_GONE)
            continue;
        image->Protection[i] = MI_PAGE_GONE;
        MiDereferenceFrame(image->First + i);
    }
}

VOID MmFreeSystemImage(PVOID Base) {
    PMI_SYSTEM_IMAGE image = MiSystemImageOf((ULONG64)Base), *link = &MiSystemImages;
    NT_ASSERT_OURS(image != NULL && image->Base == (ULONG64)Base);
    MmDiscardSystemImagePages(Base, image->Pages * PAGE_SIZE);
    while (*link != image)
        link = &(*link)->Next;
    *link = image->Next;
    ExFreePoolWithTag(image, 'iSmM');
}

MM_PFN MiFrameOfSystemImage(ULONG64 Address, ULONG *Protection) {
    PMI_SYSTEM_IMAGE image = MiSystemImageOf(Address);
    if (image == NULL)
        return MI_NO_FRAME;
    SIZE_T page = (Address - image->Base) / PAGE_SIZE;
    if (image->Protection[page] == MI_PAGE_GONE || image->Protection[page] == HAL_PROT_NONE)
        return MI_NO_FRAME;
    *Protection = image->Protection[page];
    return image->First + page;
}
