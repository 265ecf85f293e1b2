/*
 * What the machine knows of files and the host does not: hidden and system attributes, dates that cannot be set there, security descriptors. A note is
 * found by its file's path, follows it when it is renamed, goes with it, and lives as long as the machine.
 */
#include "hostfsp.h"

/* The table's entries are pointers: notes themselves stay where they are. */
static RTL_GENERIC_COMPARE_RESULTS NTAPI HostfsCompareNotes(PRTL_AVL_TABLE Table, PVOID A, PVOID B) {
    LONG Order = RtlCompareUnicodeString(&(*(PHOSTFS_NOTE *)A)->Path, &(*(PHOSTFS_NOTE *)B)->Path, TRUE);

    return Order < 0 ? GenericLessThan : Order > 0 ? GenericGreaterThan : GenericEqual;
}

static PVOID NTAPI HostfsAllocateNote(PRTL_AVL_TABLE Table, CLONG Size) { return ExAllocatePoolWithTag(PagedPool, Size, HOSTFS_TAG); }
static VOID NTAPI HostfsFreeNote(PRTL_AVL_TABLE Table, PVOID Entry) { ExFreePoolWithTag(Entry, HOSTFS_TAG); }

VOID HostfsInitializeNotes(PHOSTFS_EXTENSION Volume) {
    RtlInitializeGenericTableAvl(&Volume->Notes, HostfsCompareNotes, HostfsAllocateNote, HostfsFreeNote, NULL);
}

PHOSTFS_NOTE HostfsFindNote(PHOSTFS_EXTENSION Volume, PCUNICODE_STRING Path) {
    HOSTFS_NOTE Key = {.Path = *Path};
    PHOSTFS_NOTE Wanted = &Key, *Found;

    if (RtlIsGenericTableEmptyAvl(&Volume->Notes))
        return NULL;
    Found = RtlLookupElementGenericTableAvl(&Volume->Notes, &Wanted);
    return Found != NULL ? *Found : NULL;
}

PHOSTFS_NOTE HostfsMakeNote(PHOSTFS_EXTENSION Volume, PCUNICODE_STRING Path) {
    PHOSTFS_NOTE Note = HostfsFindNote(Volume, Path);
    BOOLEAN New = FALSE;

    if (Note != NULL)
        return Note;
    Note = ExAllocatePoolWithTag(PagedPool, sizeof(*Note) + Path->Length, HOSTFS_TAG);
    if (Note == NULL)
        return NULL;
    *Note = (HOSTFS_NOTE){.Path = {Path->Length, Path->Length, (WCHAR *)(Note + 1)}};
    RtlCopyMemory(Note + 1, Path->Buffer, Path->Length);
    if (RtlInsertElementGenericTableAvl(&Volume->Notes, &Note, sizeof(Note), &New) == NULL) {
        ExFreePoolWithTag(Note, HOSTFS_TAG);
        return NULL;
    }
    return Note;
}

static VOID HostfsDropNote(PHOSTFS_EXTENSION Volume, PHOSTFS_NOTE Note) {
    RtlDeleteElementGenericTableAvl(&Volume->Notes, &Note);
    HostfsSetNoteSecurity(Note, NULL);
    ExFreePoolWithTag(Note, HOSTFS_TAG);
}

/* Is Path Directory, or below it? */
static BOOLEAN HostfsIsWithin(PCUNICODE_STRING Path, PCUNICODE_STRING Directory) {
    return RtlPrefixUnicodeString(Directory, Path, TRUE) &&
           (Path->Length == Directory->Length || Path->Buffer[Directory->Length / sizeof(WCHAR)] == L'\\');
}

/* The first note, in no order that matters, of Path or of what is below it. */
static PHOSTFS_NOTE HostfsNoteWithin(PHOSTFS_EXTENSION Volume, PCUNICODE_STRING Path) {
    PVOID Restart = NULL;
    PHOSTFS_NOTE *Entry;

    while ((Entry = RtlEnumerateGenericTableWithoutSplayingAvl(&Volume->Notes, &Restart)) != NULL)
        if (HostfsIsWithin(&(*Entry)->Path, Path))
            return *Entry;
    return NULL;
}

VOID HostfsForgetNotes(PHOSTFS_EXTENSION Volume, PCUNICODE_STRING Path, BOOLEAN IsDirectory) {
    PHOSTFS_NOTE Note;

    while ((Note = IsDirectory ? HostfsNoteWithin(Volume, Path) : HostfsFindNote(Volume, Path)) != NULL)
        HostfsDropNote(Volume, Note);
}

VOID HostfsMoveNotes(PHOSTFS_EXTENSION Volume, PCUNICODE_STRING From, PCUNICODE_STRING To, BOOLEAN IsDirectory) {
    PHOSTFS_NOTE Note, Moved;
    UNICODE_STRING Path;

    if (RtlEqualUnicodeString(From, To, TRUE)) /* only the spelling changes, which does not matter here */
        return;
    HostfsForgetNotes(Volume, To, IsDirectory);
    while ((Note = IsDirectory ? HostfsNoteWithin(Volume, From) : HostfsFindNote(Volume, From)) != NULL) {
        ULONG Length = To->Length + Note->Path.Length - From->Length;

        Path.Length = Path.MaximumLength = (USHORT)Length;
        Path.Buffer = Length < MAXUSHORT ? ExAllocatePoolWithTag(PagedPool, Length, HOSTFS_TAG) : NULL; /* longer ones nobody can open */
        if (Path.Buffer != NULL) {
            RtlCopyMemory(Path.Buffer, To->Buffer, To->Length);
            RtlCopyMemory((CHAR *)Path.Buffer + To->Length, (CHAR *)Note->Path.Buffer + From->Length, Note->Path.Length - From->Length);
            Moved = HostfsMakeNote(Volume, &Path);
            ExFreePoolWithTag(Path.Buffer, HOSTFS_TAG);
            if (Moved != NULL) {
                Moved->Facts = Note->Facts;
                Moved->Security = Note->Security;
                Note->Security = NULL;
            }
        }
        HostfsDropNote(Volume, Note);
    }
}

/* ---- Attributes and dates ---------------------------------------------------------------------------------------------------------------- */
VOID HostfsApplyNote(PHOSTFS_EXTENSION Volume, PCUNICODE_STRING Path, PHOSTFS_FACTS Facts, hal_file_info *Info) {
    PHOSTFS_NOTE Note = HostfsFindNote(Volume, Path);

    *Facts = Note != NULL ? Note->Facts : (HOSTFS_FACTS){0};
    if (Facts->CreationTime != 0)
        Info->create_time = (uint64_t)Facts->CreationTime;
    if (Facts->ChangeTime != 0 && Info->change_time == (uint64_t)Facts->HostChangeTime)
        Info->change_time = (uint64_t)Facts->ChangeTime;
}

ULONG HostfsAttributes(const hal_file_info *Info, const HOSTFS_FACTS *Facts) {
    ULONG Attributes = Info->is_directory ? FILE_ATTRIBUTE_DIRECTORY : 0u;

    if (Facts->HasAttributes)
        Attributes |= Facts->Attributes;
    else if (!Info->is_directory)
        Attributes |= FILE_ATTRIBUTE_ARCHIVE;
    if (Info->is_readonly && !Info->is_lent) /* programs copy attributes with a file, and want to change or delete the copy */
        Attributes |= FILE_ATTRIBUTE_READONLY;
    return Attributes != 0 ? Attributes : FILE_ATTRIBUTE_NORMAL;
}

NTSTATUS HostfsSetAttributes(PHOSTFS_EXTENSION Volume, PHOSTFS_FCB Fcb, int64_t Handle, const hal_file_info *Info, ULONG Attributes) {
    BOOLEAN ReadOnly = (Attributes & FILE_ATTRIBUTE_READONLY) != 0;
    HOSTFS_FACTS Facts = {.HasAttributes = TRUE, .Attributes = Attributes & HOSTFS_KEPT_ATTRIBUTES};
    PHOSTFS_NOTE Note = HostfsFindNote(Volume, &Fcb->Path);
    int64_t Result = 0;

    if (Info->is_lent)
        return STATUS_ACCESS_DENIED;
    if (Fcb->IsDirectory) /* the host would take a directory's for more than what Windows does */
        Facts.Attributes |= ReadOnly ? FILE_ATTRIBUTE_READONLY : 0;
    if (Note == NULL && Facts.Attributes != (Fcb->IsDirectory ? 0u : FILE_ATTRIBUTE_ARCHIVE)) {
        Note = HostfsMakeNote(Volume, &Fcb->Path);
        if (Note == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (!Fcb->IsDirectory && ReadOnly != (Info->is_readonly != 0))
        Result = HalOps->file_change(Handle, 0, 0, ReadOnly ? HAL_READONLY_ON : HAL_READONLY_OFF);
    if (Result < 0)
        return HostfsStatus(Result);
    if (Note != NULL) {
        Note->Facts.HasAttributes = TRUE;
        Note->Facts.Attributes = Facts.Attributes;
    }
    Fcb->LacksArchive = !Fcb->IsDirectory && (Facts.Attributes & FILE_ATTRIBUTE_ARCHIVE) == 0;
    return STATUS_SUCCESS;
}

VOID HostfsMarkWritten(PHOSTFS_EXTENSION Volume, PHOSTFS_FCB Fcb) {
    PHOSTFS_NOTE Note;

    HostfsLock(Volume);
    Note = HostfsFindNote(Volume, &Fcb->Path);
    if (Note != NULL)
        Note->Facts.Attributes |= FILE_ATTRIBUTE_ARCHIVE;
    Fcb->LacksArchive = FALSE;
    HostfsUnlock(Volume);
}
