#include "ldr/pe.h"
#include "mm/mi.h"

/*
 * Images for user mode. An MM_IMAGE keeps one pristine copy of the file in memory layout at the preferred base. A process that gets the
 * preferred base shares that copy's frames until it writes to them; one that does not gets a relocated copy of its own.
 */

static NTSTATUS MiImageStatus(enum pe_error Error, const struct pe_image *Pe) {
    switch (Error) {
    case PE_OK: return STATUS_SUCCESS;
    case PE_EMPTY: return STATUS_INVALID_FILE_FOR_SECTION;
    case PE_NOT_MZ: return STATUS_INVALID_IMAGE_NOT_MZ;
    case PE_WRONG_MACHINE: return Pe->magic == 0x10B ? STATUS_INVALID_IMAGE_WIN_32 : STATUS_INVALID_IMAGE_FORMAT;
    default: return STATUS_INVALID_IMAGE_FORMAT;
    }
}

/* Section characteristics as the protection a mapped view has: sections that can be written are copied on the first write. */
static UCHAR MiImageProtect(ULONG Characteristics) {
    BOOLEAN write = (Characteristics & PE_SECTION_WRITE) != 0, execute = (Characteristics & PE_SECTION_EXECUTE) != 0;
    if (execute)
        return (UCHAR)__builtin_ctz(write ? PAGE_EXECUTE_WRITECOPY : (Characteristics & PE_SECTION_READ) ? PAGE_EXECUTE_READ : PAGE_EXECUTE);
    return (UCHAR)__builtin_ctz(write ? PAGE_WRITECOPY : (Characteristics & PE_SECTION_READ) ? PAGE_READONLY : PAGE_NOACCESS);
}

/* Headers and sections of the file into zeroed frames. */
static VOID MiLayOutImage(const struct pe_image *Pe, MM_PFN Frame) {
    struct pe_section section;
    UCHAR *memory = MiRamAddress(Frame);
    RtlCopyMemory(memory, Pe->data, Pe->headers_size);
    for (ULONG i = 0; pe_section(Pe, i, &section); i++) {
        const UCHAR *raw = (const UCHAR *)Pe->data + section.raw_offset;
        if (section.raw_size < HAL_FILL_LEAST || HalOps->fill(Frame * PAGE_SIZE + section.rva, raw, section.raw_size) != 0)
            RtlCopyMemory(memory + section.rva, raw, section.raw_size);
    }
}

NTSTATUS MmCreateImage(const VOID *File, SIZE_T Size, PCUNICODE_STRING Name, PMM_IMAGE *Result) {
    struct pe_image pe;
    NTSTATUS status = MiImageStatus(pe_parse(File, Size, &pe), &pe);
    if (!NT_SUCCESS(status))
        return status;
    SIZE_T pages = MI_PAGES(pe.image_size);
    PMM_IMAGE image = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*image) + pages + Name->Length, 'mImM');
    if (image == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (!MiAllocateFrames(pages, ~0ull, &image->Frame)) {
        ExFreePoolWithTag(image, 'mImM');
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    image->References = 1;
    image->Pages = pages;
    image->PreferredBase = pe.base;
    image->EntryRva = pe.entry;
    image->Subsystem = pe.subsystem;
    image->Relocatable = (pe.characteristics & PE_FILE_RELOCS_STRIPPED) == 0;
    image->Name.Buffer = (PWSTR)(image + 1);
    image->Name.Length = image->Name.MaximumLength = Name->Length;
    RtlCopyMemory(image->Name.Buffer, Name->Buffer, Name->Length);
    image->PageProtect = (UCHAR *)image->Name.Buffer + Name->Length;

    /* Below a page of alignment the sections cannot be told apart: all of it is writable and executable. */
    BOOLEAN flat = pe.section_alignment < PAGE_SIZE;
    memset(image->PageProtect, __builtin_ctz(flat ? PAGE_EXECUTE_WRITECOPY : PAGE_READONLY), pages);
    struct pe_section section;
    for (ULONG i = 0; pe_section(&pe, i, &section) && !flat; i++)
        memset(image->PageProtect + section.rva / PAGE_SIZE, MiImageProtect(section.characteristics), section.mapped_size / PAGE_SIZE);
    MiLayOutImage(&pe, image->Frame);
    *Result = image;
    return STATUS_SUCCESS;
}

VOID MmDereferenceImage(PMM_IMAGE Image) {
    if (--Image->References != 0)
        return;
    MiFreeFrames(Image->Frame, Image->Pages);
    ExFreePoolWithTag(Image, 'mImM');
}

/* Frames of a view: the pristine ones, or a relocated copy of them. */
static NTSTATUS MiImageFrames(PMM_IMAGE Image, ULONG64 Base, MM_PFN *First) {
    if (Base == Image->PreferredBase) {
        for (SIZE_T i = 0; i < Image->Pages; i++)
            MiReferenceFrame(Image->Frame + i);
        *First = Image->Frame;
        return STATUS_SUCCESS;
    }
    struct pe_image pe;
    pe_parse_mapped(MiRamAddress(Image->Frame), Image->Pages * PAGE_SIZE, &pe);
    if (pe.foreign_relocation_count != 0)
        return STATUS_INVALID_IMAGE_FORMAT;
    if (!MiAllocateFrameRun(Image->Pages, 0, MmTotalFrames, 0, FALSE, First))
        return STATUS_INSUFFICIENT_RESOURCES;
    UCHAR *memory = MiRamAddress(*First);
    RtlCopyMemory(memory, MiRamAddress(Image->Frame), Image->Pages * PAGE_SIZE);
    pe_relocate(&pe, memory, Base - Image->PreferredBase);
    /* The header in memory tells where the image is, as on Windows: e_lfanew, then ImageBase at 30h of the NT headers. */
    ULONG nt = *(UNALIGNED ULONG *)(memory + 0x3C);
    *(UNALIGNED ULONG64 *)(memory + nt + 0x30) = Base;
    return STATUS_SUCCESS;
}

NTSTATUS MiMapImage(PMM_ADDRESS_SPACE Space, PMM_IMAGE Image, PVOID *Base, SIZE_T *Size) {
    ULONG64 length = Image->Pages * PAGE_SIZE, start = *Base != NULL ? (ULONG64)*Base : Image->PreferredBase;
    if (start % MI_ALLOCATION_GRANULARITY != 0)
        return STATUS_MAPPED_ALIGNMENT;
    if (!MiIsRangeFree(Space, start, start + length)) {
        if (*Base != NULL || !Image->Relocatable)
            return STATUS_CONFLICTING_ADDRESSES;
        start = MiFindFreeRange(Space, length, FALSE);
        if (start == 0)
            return STATUS_NO_MEMORY;
    }
    if (start != Image->PreferredBase && !Image->Relocatable)
        return STATUS_CONFLICTING_ADDRESSES;
    MM_PFN first;
    PMI_VAD vad = MiMakeTables(Space, start, start + length) ? MiInsertVad(Space, start, start + length, PAGE_EXECUTE_WRITECOPY, MiVadImage) : NULL;
    if (vad == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS status = MiImageFrames(Image, start, &first);
    if (!NT_SUCCESS(status)) {
        MiDeleteVad(Space, vad);
        return status;
    }
    vad->Image = Image;
    Image->References++;
    MI_PTE copy = first == Image->Frame ? MI_PTE_COPY : 0;
    for (SIZE_T i = 0; i < Image->Pages; i++)
        *MiFindPte(Space, start + i * PAGE_SIZE) =
            (first + i) << 12 | MI_PTE_COMMITTED | copy | (MI_PTE)Image->PageProtect[i] << MI_PTE_PROTECT_SHIFT;
    MiSynchronize(Space, start, start + length);
    *Base = (PVOID)start;
    *Size = length;
    return start == Image->PreferredBase ? STATUS_SUCCESS : STATUS_IMAGE_NOT_AT_BASE;
}

NTSTATUS MmMapImage(PMM_IMAGE Image, PVOID *Base, SIZE_T *Size) { return MiMapImage(MmCurrentAddressSpace, Image, Base, Size); }

VOID MmListUserImages(PMM_ADDRESS_SPACE Space, VOID (*Callback)(PVOID Context, PVOID Base, SIZE_T Size, PCUNICODE_STRING Name), PVOID Context) {
    for (PLIST_ENTRY link = Space->Vads.Flink; link != &Space->Vads; link = link->Flink) {
        PMI_VAD vad = CONTAINING_RECORD(link, MI_VAD, Link);
        if (vad->Kind == MiVadImage)
            Callback(Context, (PVOID)vad->Start, vad->End - vad->Start, &vad->Image->Name);
    }
}
