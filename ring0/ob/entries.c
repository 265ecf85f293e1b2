/*
 * The names in a directory: in order, on pages of some dozens each. A name is found by halving, first the pages and then within one; putting one in or taking
 * one out moves no more than a page of pointers, however many names there are. A page that is full becomes two, one that is empty goes.
 */
#include "ob/object.h"

#define OBP_PAGE_ENTRIES 63u /* a page is 512 bytes, a size of the pool's */

struct _OBP_PAGE {
    ULONG Count;
    POBP_HEADER Entries[OBP_PAGE_ENTRIES];
};
_Static_assert(sizeof(OBP_PAGE) == 512, "OBP_PAGE");

/* The first page whose last name is not less than Name. */
static ULONG ObpLowerPage(POBP_DIRECTORY Directory, PCUNICODE_STRING Name, BOOLEAN CaseInsensitive) {
    ULONG low = 0, high = Directory->PageCount;
    while (low < high) {
        ULONG middle = low + (high - low) / 2;
        POBP_PAGE page = Directory->Pages[middle];
        if (ObpCompareNames(&page->Entries[page->Count - 1]->Name, Name, CaseInsensitive) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Where the first name is that is not less than Name; behind the last page's last entry if there is none. */
static OBP_POSITION ObpLowerBound(POBP_DIRECTORY Directory, PCUNICODE_STRING Name, BOOLEAN CaseInsensitive) {
    OBP_POSITION position = {ObpLowerPage(Directory, Name, CaseInsensitive), 0};
    if (position.Page == Directory->PageCount) {
        if (position.Page != 0)
            position.Index = Directory->Pages[--position.Page]->Count;
        return position;
    }
    POBP_PAGE page = Directory->Pages[position.Page];
    ULONG high = page->Count - 1; /* this one is not less */
    while (position.Index < high) {
        ULONG middle = position.Index + (high - position.Index) / 2;
        if (ObpCompareNames(&page->Entries[middle]->Name, Name, CaseInsensitive) < 0)
            position.Index = middle + 1;
        else
            high = middle;
    }
    return position;
}

OBP_POSITION ObpSeekEntry(POBP_DIRECTORY Directory, ULONG Number) {
    OBP_POSITION position = {0, Number};
    while (position.Page < Directory->PageCount && position.Index >= Directory->Pages[position.Page]->Count)
        position.Index -= Directory->Pages[position.Page++]->Count;
    return position;
}

POBP_HEADER ObpNextEntry(POBP_DIRECTORY Directory, OBP_POSITION *Position) {
    while (Position->Page < Directory->PageCount && Position->Index >= Directory->Pages[Position->Page]->Count) {
        Position->Page++;
        Position->Index = 0;
    }
    return Position->Page < Directory->PageCount ? Directory->Pages[Position->Page]->Entries[Position->Index++] : NULL;
}

POBP_HEADER ObpFindEntry(POBP_DIRECTORY Directory, PCUNICODE_STRING Name, BOOLEAN CaseInsensitive) {
    OBP_POSITION position = ObpLowerBound(Directory, Name, CaseInsensitive);
    POBP_HEADER found = ObpNextEntry(Directory, &position);
    return found != NULL && ObpCompareNames(&found->Name, Name, CaseInsensitive) == 0 ? found : NULL;
}

/* Room for one more page pointer. */
static BOOLEAN ObpExtendPages(POBP_DIRECTORY Directory) {
    if (Directory->PageCount < Directory->PageCapacity)
        return TRUE;
    ULONG capacity = Directory->PageCapacity == 0 ? 4 : Directory->PageCapacity * 2;
    POBP_PAGE *pages = ExAllocatePoolWithTag(PagedPool, capacity * sizeof(*pages), OBP_TAG);
    if (pages == NULL)
        return FALSE;
    if (Directory->Pages != NULL) {
        RtlCopyMemory(pages, Directory->Pages, Directory->PageCount * sizeof(*pages));
        ExFreePoolWithTag(Directory->Pages, OBP_TAG);
    }
    Directory->Pages = pages;
    Directory->PageCapacity = capacity;
    return TRUE;
}

static POBP_PAGE ObpAddPage(POBP_DIRECTORY Directory, ULONG At) {
    POBP_PAGE page = ObpExtendPages(Directory) ? ExAllocatePoolWithTag(PagedPool, sizeof(*page), OBP_TAG) : NULL;
    if (page == NULL)
        return NULL;
    RtlMoveMemory(&Directory->Pages[At + 1], &Directory->Pages[At], (Directory->PageCount - At) * sizeof(Directory->Pages[0]));
    Directory->Pages[At] = page;
    Directory->PageCount++;
    page->Count = 0;
    return page;
}

/* Makes the page of *Position one that is not full. Names that come in order leave full pages behind, others half full ones. */
static BOOLEAN ObpMakeRoom(POBP_DIRECTORY Directory, OBP_POSITION *Position) {
    if (Directory->PageCount == 0)
        return ObpAddPage(Directory, 0) != NULL;
    POBP_PAGE full = Directory->Pages[Position->Page];
    if (full->Count < OBP_PAGE_ENTRIES)
        return TRUE;
    ULONG keep = Position->Index == OBP_PAGE_ENTRIES ? OBP_PAGE_ENTRIES : OBP_PAGE_ENTRIES / 2;
    POBP_PAGE page = ObpAddPage(Directory, Position->Page + 1);
    if (page == NULL)
        return FALSE;
    page->Count = OBP_PAGE_ENTRIES - keep;
    RtlCopyMemory(page->Entries, &full->Entries[keep], page->Count * sizeof(page->Entries[0]));
    full->Count = keep;
    if (Position->Index > keep || keep == OBP_PAGE_ENTRIES) {
        Position->Page++;
        Position->Index -= keep;
    }
    return TRUE;
}

NTSTATUS ObpInsertEntry(POBP_DIRECTORY Directory, POBP_HEADER Header, PUNICODE_STRING Name) {
    NT_ASSERT_OURS(Header->Directory == NULL);
    OBP_POSITION position = ObpLowerBound(Directory, Name, FALSE);
    if (!ObpMakeRoom(Directory, &position))
        return STATUS_INSUFFICIENT_RESOURCES;
    POBP_PAGE page = Directory->Pages[position.Page];
    RtlMoveMemory(&page->Entries[position.Index + 1], &page->Entries[position.Index], (page->Count - position.Index) * sizeof(page->Entries[0]));
    page->Entries[position.Index] = Header;
    page->Count++;
    Directory->Count++;
    Header->Name = *Name;
    Header->Directory = Directory;
    ObfReferenceObject(ObpBody(Header));
    ObfReferenceObject(Directory);
    return STATUS_SUCCESS;
}

VOID ObpRemoveEntry(POBP_HEADER Header) {
    POBP_DIRECTORY directory = Header->Directory;
    OBP_POSITION position = ObpLowerBound(directory, &Header->Name, FALSE);
    POBP_PAGE page = position.Page < directory->PageCount ? directory->Pages[position.Page] : NULL;
    NT_ASSERT_OURS(page != NULL && position.Index < page->Count && page->Entries[position.Index] == Header);
    page->Count--;
    directory->Count--;
    RtlMoveMemory(&page->Entries[position.Index], &page->Entries[position.Index + 1], (page->Count - position.Index) * sizeof(page->Entries[0]));
    if (page->Count == 0) {
        ExFreePoolWithTag(page, OBP_TAG);
        directory->PageCount--;
        RtlMoveMemory(&directory->Pages[position.Page], &directory->Pages[position.Page + 1],
                      (directory->PageCount - position.Page) * sizeof(directory->Pages[0]));
    }
    ExFreePoolWithTag(Header->Name.Buffer, OBP_TAG);
    RtlZeroMemory(&Header->Name, sizeof(Header->Name));
    Header->Directory = NULL;
    ObfDereferenceObject(directory);
    ObfDereferenceObject(ObpBody(Header));
}
