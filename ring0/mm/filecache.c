#include "io/io.h"
#include "mm/mi.h"

/* What file systems ask about the sections of their files: FILE_OBJECT.SectionObjectPointer, which they give, names the pages and the image of a file. There is no
   cache beside these pages. */

/* ---- Images ---- */

static LIST_ENTRY MiFileImages = {&MiFileImages, &MiFileImages};

VOID MiTieImage(PMM_IMAGE Image, PFILE_OBJECT File) {
    Image->File = NULL;
    if (File == NULL || File->SectionObjectPointer == NULL)
        return;
    ObReferenceObject(File);
    Image->File = File;
    File->SectionObjectPointer->ImageSectionObject = Image;
    InsertTailList(&MiFileImages, &Image->Link);
}

/* Another image of the same file takes its place. */
VOID MiUntieImage(PMM_IMAGE Image) {
    if (Image->File == NULL)
        return;
    PSECTION_OBJECT_POINTERS Pointers = Image->File->SectionObjectPointer;
    RemoveEntryList(&Image->Link);
    Pointers->ImageSectionObject = NULL;
    for (PLIST_ENTRY Link = MiFileImages.Flink; Link != &MiFileImages; Link = Link->Flink)
        if (CONTAINING_RECORD(Link, MM_IMAGE, Link)->File->SectionObjectPointer == Pointers)
            Pointers->ImageSectionObject = CONTAINING_RECORD(Link, MM_IMAGE, Link);
    ObDereferenceObject(Image->File);
}

/* An image goes with its last view and handle: what is still there is in use. */
BOOLEAN NTAPI MmFlushImageSection(PSECTION_OBJECT_POINTERS SectionObjectPointer, MMFLUSH_TYPE FlushType) {
    return SectionObjectPointer->ImageSectionObject == NULL;
}

BOOLEAN NTAPI MmCanFileBeTruncated(PSECTION_OBJECT_POINTERS SectionPointer, PLARGE_INTEGER NewFileSize) {
    PMI_DATA Data = SectionPointer->DataSectionObject;
    return SectionPointer->ImageSectionObject == NULL && (Data == NULL || (NewFileSize != NULL && (ULONG64)NewFileSize->QuadPart >= Data->Size));
}

/* The same of sections of both kinds: the last view and handle take what is still there along, whatever DelayClose says. */
BOOLEAN NTAPI MmForceSectionClosed(PSECTION_OBJECT_POINTERS SectionObjectPointer, BOOLEAN DelayClose) {
    return SectionObjectPointer->ImageSectionObject == NULL && SectionObjectPointer->DataSectionObject == NULL;
}

/* ---- Pages ---- */

/* Pages with a byte of [*Offset, *Offset + Length); no Offset: all of them, Length 0: all behind Offset. */
static SIZE_T MiPagesOf(PMI_DATA Data, const LARGE_INTEGER *Offset, ULONG64 Length, SIZE_T *First) {
    ULONG64 Start = Offset != NULL ? (ULONG64)Offset->QuadPart : 0, All = Data->Pages * PAGE_SIZE;
    *First = Start / PAGE_SIZE;
    if (Start >= All)
        return 0;
    return (Offset == NULL || Length == 0 || Length > All - Start ? Data->Pages : MI_PAGES(Start + Length)) - *First;
}

NTSTATUS MmFlushMappedFile(PSECTION_OBJECT_POINTERS Pointers) {
    PMI_DATA Data = Pointers->DataSectionObject;
    return Data != NULL ? MiFlushData(Data, 0, Data->Pages) : STATUS_SUCCESS;
}

NTSTATUS MmRefreshMappedFile(PSECTION_OBJECT_POINTERS Pointers, ULONG64 Offset, ULONG64 Length) {
    PMI_DATA Data = Pointers->DataSectionObject;
    SIZE_T First;
    if (Data == NULL || Length == 0)
        return STATUS_SUCCESS;
    SIZE_T Count = MiPagesOf(Data, &(LARGE_INTEGER){.QuadPart = (LONG64)Offset}, Length, &First);
    return MiReadPages(Data, First, Count);
}

VOID NTAPI CcFlushCache(PSECTION_OBJECT_POINTERS SectionObjectPointer, PLARGE_INTEGER FileOffset, ULONG Length, PIO_STATUS_BLOCK IoStatus) {
    PMI_DATA Data = SectionObjectPointer->DataSectionObject;
    IO_STATUS_BLOCK Result = {.Status = STATUS_SUCCESS};
    SIZE_T First, Count;
    if (Data != NULL) {
        Count = MiPagesOf(Data, FileOffset, Length, &First);
        Result.Status = MiFlushData(Data, First, Count);
        Result.Information = NT_SUCCESS(Result.Status) ? Count * PAGE_SIZE : 0;
    }
    if (IoStatus != NULL)
        *IoStatus = Result;
}

/* A page that somebody has besides its section cannot be given up. */
BOOLEAN NTAPI CcPurgeCacheSection(PSECTION_OBJECT_POINTERS SectionObjectPointer, PLARGE_INTEGER FileOffset, ULONG Length, ULONG Flags) {
    PMI_DATA Data = SectionObjectPointer->DataSectionObject;
    SIZE_T First, Count;
    if (Data == NULL)
        return TRUE;
    Count = MiPagesOf(Data, FileOffset, Length, &First);
    if (Data->Views != 0)
        return FALSE;
    for (SIZE_T Page = First; Page < First + Count; Page++)
        if ((Data->Ptes[Page] & (MI_PTE_COMMITTED | MI_PTE_OUT)) == MI_PTE_COMMITTED && MiPfn[MI_PTE_FRAME(Data->Ptes[Page])].References != 1)
            return FALSE;
    for (SIZE_T Page = First; Page < First + Count; Page++)
        Data->Ptes[Page] = (Data->Ptes[Page] & ~MI_PTE_DIRTY) | MI_PTE_STALE;
    return TRUE;
}
