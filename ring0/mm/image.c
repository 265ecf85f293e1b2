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
    BOOLEAN Write = (Characteristics & PE_SECTION_WRITE) != 0, Execute = (Characteristics & PE_SECTION_EXECUTE) != 0;
    if (Execute)
        return (UCHAR)__builtin_ctz(Write ? PAGE_EXECUTE_WRITECOPY : (Characteristics & PE_SECTION_READ) ? PAGE_EXECUTE_READ : PAGE_EXECUTE);
    return (UCHAR)__builtin_ctz(Write ? PAGE_WRITECOPY : (Characteristics & PE_SECTION_READ) ? PAGE_READONLY : PAGE_NOACCESS);
}

/* Headers and sections of the file into zeroed frames. */
static VOID MiLayOutImage(const struct pe_image *Pe, MM_PFN Frame) {
    struct pe_section Section;
    UCHAR *Memory = MiRamAddress(Frame);
    RtlCopyMemory(Memory, Pe->data, Pe->headers_size);
    for (ULONG I = 0; pe_section(Pe, I, &Section); I++) {
        const UCHAR *Raw = (const UCHAR *)Pe->data + Section.raw_offset;
        if (Section.raw_size < HAL_FILL_LEAST || HalOps->fill(Frame * PAGE_SIZE + Section.rva, Raw, Section.raw_size) != 0)
            RtlCopyMemory(Memory + Section.rva, Raw, Section.raw_size);
    }
}

NTSTATUS MmCreateImage(const VOID *Bytes, SIZE_T Size, PCUNICODE_STRING Name, struct _FILE_OBJECT *File, PMM_IMAGE *Result) {
    struct pe_image Pe;
    NTSTATUS Status = MiImageStatus(pe_parse(Bytes, Size, &Pe), &Pe);
    if (!NT_SUCCESS(Status))
        return Status;
    SIZE_T Pages = MI_PAGES(Pe.image_size);
    PMM_IMAGE Image = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Image) + Pages + Name->Length, 'mImM');
    if (Image == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (!MiAllocateFrames(Pages, ~0ull, &Image->Frame)) {
        ExFreePoolWithTag(Image, 'mImM');
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Image->References = 1;
    Image->Pages = Pages;
    Image->PreferredBase = Pe.base;
    Image->EntryRva = Pe.entry;
    Image->Subsystem = Pe.subsystem;
    Image->Relocatable = (Pe.characteristics & PE_FILE_RELOCS_STRIPPED) == 0;
    Image->Name.Buffer = (PWSTR)(Image + 1);
    Image->Name.Length = Image->Name.MaximumLength = Name->Length;
    RtlCopyMemory(Image->Name.Buffer, Name->Buffer, Name->Length);
    Image->PageProtect = (UCHAR *)Image->Name.Buffer + Name->Length;

    /* Below a page of alignment the sections cannot be told apart: all of it is writable and executable. */
    BOOLEAN Flat = Pe.section_alignment < PAGE_SIZE;
    memset(Image->PageProtect, __builtin_ctz(Flat ? PAGE_EXECUTE_WRITECOPY : PAGE_READONLY), Pages);
    struct pe_section Section;
    for (ULONG I = 0; pe_section(&Pe, I, &Section) && !Flat; I++)
        memset(Image->PageProtect + Section.rva / PAGE_SIZE, MiImageProtect(Section.characteristics), Section.mapped_size / PAGE_SIZE);
    MiLayOutImage(&Pe, Image->Frame);
    MiTieImage(Image, File);
    *Result = Image;
    return STATUS_SUCCESS;
}

VOID MmDereferenceImage(PMM_IMAGE Image) {
    if (--Image->References != 0)
        return;
    MiUntieImage(Image);
    MiFreeFrames(Image->Frame, Image->Pages);
    ExFreePoolWithTag(Image, 'mImM');
}

/* Frames of a view: the pristine ones, or a relocated copy of them. */
static NTSTATUS MiImageFrames(PMM_IMAGE Image, ULONG64 Base, MM_PFN *First) {
    if (Base == Image->PreferredBase) {
        for (SIZE_T I = 0; I < Image->Pages; I++)
            MiReferenceFrame(Image->Frame + I);
        *First = Image->Frame;
        return STATUS_SUCCESS;
    }
    struct pe_image Pe;
    pe_parse_mapped(MiRamAddress(Image->Frame), Image->Pages * PAGE_SIZE, &Pe);
    if (Pe.foreign_relocation_count != 0)
        return STATUS_INVALID_IMAGE_FORMAT;
    if (!MiAllocateFrameRun(Image->Pages, 0, MmTotalFrames, 0, FALSE, First))
        return STATUS_INSUFFICIENT_RESOURCES;
    UCHAR *Memory = MiRamAddress(*First);
    RtlCopyMemory(Memory, MiRamAddress(Image->Frame), Image->Pages * PAGE_SIZE);
    pe_relocate(&Pe, Memory, Base - Image->PreferredBase);
    /* The header in memory tells where the image is, as on Windows: e_lfanew, then ImageBase at 30h of the NT headers. */
    ULONG Nt = *(UNALIGNED ULONG *)(Memory + 0x3C);
    *(UNALIGNED ULONG64 *)(Memory + Nt + 0x30) = Base;
    return STATUS_SUCCESS;
}

NTSTATUS MiMapImage(PMM_ADDRESS_SPACE Space, PMM_IMAGE Image, PVOID *Base, SIZE_T *Size) {
    ULONG64 Length = Image->Pages * PAGE_SIZE, Start = *Base != NULL ? (ULONG64)*Base : Image->PreferredBase;
    if (Start % MI_ALLOCATION_GRANULARITY != 0)
        return STATUS_MAPPED_ALIGNMENT;
    if (!MiIsRangeFree(Space, Start, Start + Length)) {
        if (*Base != NULL || !Image->Relocatable)
            return STATUS_CONFLICTING_ADDRESSES;
        Start = MiFindFreeRange(Space, Length, FALSE);
        if (Start == 0)
            return STATUS_NO_MEMORY;
    }
    if (Start != Image->PreferredBase && !Image->Relocatable)
        return STATUS_CONFLICTING_ADDRESSES;
    MM_PFN First;
    PMI_VAD Vad = MiMakeTables(Space, Start, Start + Length) ? MiInsertVad(Space, Start, Start + Length, PAGE_EXECUTE_WRITECOPY, MiVadImage) : NULL;
    if (Vad == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS Status = MiImageFrames(Image, Start, &First);
    if (!NT_SUCCESS(Status)) {
        MiDeleteVad(Space, Vad);
        return Status;
    }
    Vad->Image = Image;
    Image->References++;
    MI_PTE Copy = First == Image->Frame ? MI_PTE_COPY : 0;
    for (SIZE_T I = 0; I < Image->Pages; I++)
        *MiFindPte(Space, Start + I * PAGE_SIZE) =
            (First + I) << 12 | MI_PTE_COMMITTED | Copy | (MI_PTE)Image->PageProtect[I] << MI_PTE_PROTECT_SHIFT;
    MiSynchronize(Space, Start, Start + Length);
    *Base = (PVOID)Start;
    *Size = Length;
    return Start == Image->PreferredBase ? STATUS_SUCCESS : STATUS_IMAGE_NOT_AT_BASE;
}

NTSTATUS MmMapImage(PMM_IMAGE Image, PVOID *Base, SIZE_T *Size) { return MiMapImage(MmCurrentAddressSpace, Image, Base, Size); }

VOID MmListUserImages(PMM_ADDRESS_SPACE Space, VOID (*Callback)(PVOID Context, PVOID Base, SIZE_T Size, PCUNICODE_STRING Name), PVOID Context) {
    for (PLIST_ENTRY Link = Space->Vads.Flink; Link != &Space->Vads; Link = Link->Flink) {
        PMI_VAD Vad = CONTAINING_RECORD(Link, MI_VAD, Link);
        if (Vad->Kind == MiVadImage)
            Callback(Context, (PVOID)Vad->Start, Vad->End - Vad->Start, &Vad->Image->Name);
    }
}
