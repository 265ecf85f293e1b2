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
    ULONG Low = 0, High = Directory->PageCount;
    while (Low < High) {
        ULONG Middle = Low + (High - Low) / 2;
        POBP_PAGE Page = Directory->Pages[Middle];
        if (ObpCompareNames(&Page->Entries[Page->Count - 1]->Name, Name, CaseInsensitive) < 0)
            Low = Middle + 1;
        else
            High = Middle;
    }
    return Low;
}

/* Where the first name is that is not less than Name; behind the last page's last entry if there is none. */
static OBP_POSITION ObpLowerBound(POBP_DIRECTORY Directory, PCUNICODE_STRING Name, BOOLEAN CaseInsensitive) {
    OBP_POSITION Position = {ObpLowerPage(Directory, Name, CaseInsensitive), 0};
    if (Position.Page == Directory->PageCount) {
        if (Position.Page != 0)
            Position.Index = Directory->Pages[--Position.Page]->Count;
        return Position;
    }
    POBP_PAGE Page = Directory->Pages[Position.Page];
    ULONG High = Page->Count - 1; /* this one is not less */
    while (Position.Index < High) {
        ULONG Middle = Position.Index + (High - Position.Index) / 2;
        if (ObpCompareNames(&Page->Entries[Middle]->Name, Name, CaseInsensitive) < 0)
            Position.Index = Middle + 1;
        else
            High = Middle;
    }
    return Position;
}

OBP_POSITION ObpSeekEntry(POBP_DIRECTORY Directory, ULONG Number) {
    OBP_POSITION Position = {0, Number};
    while (Position.Page < Directory->PageCount && Position.Index >= Directory->Pages[Position.Page]->Count)
        Position.Index -= Directory->Pages[Position.Page++]->Count;
    return Position;
}

POBP_HEADER ObpNextEntry(POBP_DIRECTORY Directory, OBP_POSITION *Position) {
    while (Position->Page < Directory->PageCount && Position->Index >= Directory->Pages[Position->Page]->Count) {
        Position->Page++;
        Position->Index = 0;
    }
    return Position->Page < Directory->PageCount ? Directory->Pages[Position->Page]->Entries[Position->Index++] : NULL;
}

POBP_HEADER ObpFindEntry(POBP_DIRECTORY Directory, PCUNICODE_STRING Name, BOOLEAN CaseInsensitive) {
    OBP_POSITION Position = ObpLowerBound(Directory, Name, CaseInsensitive);
    POBP_HEADER Found = ObpNextEntry(Directory, &Position);
    return Found != NULL && ObpCompareNames(&Found->Name, Name, CaseInsensitive) == 0 ? Found : NULL;
}

/* Room for one more page pointer. */
static BOOLEAN ObpExtendPages(POBP_DIRECTORY Directory) {
    if (Directory->PageCount < Directory->PageCapacity)
        return TRUE;
    ULONG Capacity = Directory->PageCapacity == 0 ? 4 : Directory->PageCapacity * 2;
    POBP_PAGE *Pages = ExAllocatePoolWithTag(PagedPool, Capacity * sizeof(*Pages), OBP_TAG);
    if (Pages == NULL)
        return FALSE;
    if (Directory->Pages != NULL) {
        RtlCopyMemory(Pages, Directory->Pages, Directory->PageCount * sizeof(*Pages));
        ExFreePoolWithTag(Directory->Pages, OBP_TAG);
    }
    Directory->Pages = Pages;
    Directory->PageCapacity = Capacity;
    return TRUE;
}

static POBP_PAGE ObpAddPage(POBP_DIRECTORY Directory, ULONG At) {
    POBP_PAGE Page = ObpExtendPages(Directory) ? ExAllocatePoolWithTag(PagedPool, sizeof(*Page), OBP_TAG) : NULL;
    if (Page == NULL)
        return NULL;
    RtlMoveMemory(&Directory->Pages[At + 1], &Directory->Pages[At], (Directory->PageCount - At) * sizeof(Directory->Pages[0]));
    Directory->Pages[At] = Page;
    Directory->PageCount++;
    Page->Count = 0;
    return Page;
}

/* Makes the page of *Position one that is not full. Names that come in order leave full pages behind, others half full ones. */
static BOOLEAN ObpMakeRoom(POBP_DIRECTORY Directory, OBP_POSITION *Position) {
    if (Directory->PageCount == 0)
        return ObpAddPage(Directory, 0) != NULL;
    POBP_PAGE Full = Directory->Pages[Position->Page];
    if (Full->Count < OBP_PAGE_ENTRIES)
        return TRUE;
    ULONG Keep = Position->Index == OBP_PAGE_ENTRIES ? OBP_PAGE_ENTRIES : OBP_PAGE_ENTRIES / 2;
    POBP_PAGE Page = ObpAddPage(Directory, Position->Page + 1);
    if (Page == NULL)
        return FALSE;
    Page->Count = OBP_PAGE_ENTRIES - Keep;
    RtlCopyMemory(Page->Entries, &Full->Entries[Keep], Page->Count * sizeof(Page->Entries[0]));
    Full->Count = Keep;
    if (Position->Index > Keep || Keep == OBP_PAGE_ENTRIES) {
        Position->Page++;
        Position->Index -= Keep;
    }
    return TRUE;
}

NTSTATUS ObpInsertEntry(POBP_DIRECTORY Directory, POBP_HEADER Header, PUNICODE_STRING Name) {
    NT_ASSERT_OURS(Header->Directory == NULL);
    OBP_POSITION Position = ObpLowerBound(Directory, Name, FALSE);
    if (!ObpMakeRoom(Directory, &Position))
        return STATUS_INSUFFICIENT_RESOURCES;
    POBP_PAGE Page = Directory->Pages[Position.Page];
    RtlMoveMemory(&Page->Entries[Position.Index + 1], &Page->Entries[Position.Index], (Page->Count - Position.Index) * sizeof(Page->Entries[0]));
    Page->Entries[Position.Index] = Header;
    Page->Count++;
    Directory->Count++;
    Header->Name = *Name;
    Header->Directory = Directory;
    ObfReferenceObject(ObpBody(Header));
    ObfReferenceObject(Directory);
    return STATUS_SUCCESS;
}

VOID ObpRemoveEntry(POBP_HEADER Header) {
    POBP_DIRECTORY Directory = Header->Directory;
    OBP_POSITION Position = ObpLowerBound(Directory, &Header->Name, FALSE);
    POBP_PAGE Page = Position.Page < Directory->PageCount ? Directory->Pages[Position.Page] : NULL;
    NT_ASSERT_OURS(Page != NULL && Position.Index < Page->Count && Page->Entries[Position.Index] == Header);
    Page->Count--;
    Directory->Count--;
    RtlMoveMemory(&Page->Entries[Position.Index], &Page->Entries[Position.Index + 1], (Page->Count - Position.Index) * sizeof(Page->Entries[0]));
    if (Page->Count == 0) {
        ExFreePoolWithTag(Page, OBP_TAG);
        Directory->PageCount--;
        RtlMoveMemory(&Directory->Pages[Position.Page], &Directory->Pages[Position.Page + 1],
                      (Directory->PageCount - Position.Page) * sizeof(Directory->Pages[0]));
    }
    ExFreePoolWithTag(Header->Name.Buffer, OBP_TAG);
    RtlZeroMemory(&Header->Name, sizeof(Header->Name));
    Header->Directory = NULL;
    ObfDereferenceObject(Directory);
    ObfDereferenceObject(ObpBody(Header));
}
