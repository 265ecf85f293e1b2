/*
 * Resources of an image: a tree of three levels below its resource directory (type, name, language), whose leaves say where the data is ("PE Format", The
 * .rsrc Section). A damaged tree gives STATUS_INVALID_IMAGE_FORMAT; what lies behind the end of a mapping raises, as any read does.
 */
#include "ntdllp.h"

#define LANGUAGE_LEVEL 2u
#define US_ENGLISH     0x409u

typedef struct _TREE {
    PUCHAR Start;
    ULONG Size;
} TREE;

typedef struct _DIRECTORY {
    const IMAGE_RESOURCE_DIRECTORY *Head;
    const IMAGE_RESOURCE_DIRECTORY_ENTRY *Entries; /* those with names first */
    ULONG Named, Count;
} DIRECTORY;

/* A module's address for an RVA; in a data file by way of the section that holds it. */
static PVOID LdrpResourceAddress(PVOID Base, ULONG Rva, ULONG Size) {
    PUCHAR base = (PUCHAR)((ULONG_PTR)Base & ~(ULONG_PTR)3);
    PIMAGE_NT_HEADERS nt = RtlImageNtHeader(base);
    PIMAGE_SECTION_HEADER section;
    if (!nt || !Rva)
        return NULL;
    if (!((ULONG_PTR)Base & 1))
        return Rva < nt->OptionalHeader.SizeOfImage && Size <= nt->OptionalHeader.SizeOfImage - Rva ? base + Rva : NULL;
    section = IMAGE_FIRST_SECTION(nt);
    for (ULONG n = 0; n < nt->FileHeader.NumberOfSections; n++, section++)
        if (Rva >= section->VirtualAddress && Rva - section->VirtualAddress < section->SizeOfRawData)
            return Size <= section->SizeOfRawData - (Rva - section->VirtualAddress)
                       ? base + section->PointerToRawData + (Rva - section->VirtualAddress)
                       : NULL;
    return NULL;
}

static NTSTATUS LdrpOpenTree(PVOID Base, TREE *Tree) {
    PIMAGE_NT_HEADERS nt = RtlImageNtHeader((PVOID)((ULONG_PTR)Base & ~(ULONG_PTR)3));
    if (!nt)
        return STATUS_INVALID_IMAGE_FORMAT;
    IMAGE_DATA_DIRECTORY entry = nt->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_RESOURCE];
    if (nt->OptionalHeader.Magic != IMAGE_NT_OPTIONAL_HDR64_MAGIC) { /* a 32-bit image, to be looked at only */
        PIMAGE_NT_HEADERS32 narrow = (PIMAGE_NT_HEADERS32)nt;
        if (narrow->OptionalHeader.Magic != IMAGE_NT_OPTIONAL_HDR32_MAGIC)
            return STATUS_INVALID_IMAGE_FORMAT;
        entry = narrow->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_RESOURCE];
    }
    if (!entry.VirtualAddress || !entry.Size)
        return STATUS_RESOURCE_DATA_NOT_FOUND;
    Tree->Start = LdrpResourceAddress(Base, entry.VirtualAddress, entry.Size);
    Tree->Size = entry.Size;
    return Tree->Start ? STATUS_SUCCESS : STATUS_INVALID_IMAGE_FORMAT;
}

static BOOLEAN LdrpOpenDirectory(const TREE *Tree, ULONG Offset, DIRECTORY *Directory) {
    if (Offset > Tree->Size || Tree->Size - Offset < sizeof(IMAGE_RESOURCE_DIRECTORY))
        return FALSE;
    Directory->Head = (const IMAGE_RESOURCE_DIRECTORY *)(Tree->Start + Offset);
    Directory->Entries = (const IMAGE_RESOURCE_DIRECTORY_ENTRY *)(Directory->Head + 1);
    Directory->Named = Directory->Head->NumberOfNamedEntries;
    Directory->Count = Directory->Named + Directory->Head->NumberOfIdEntries;
    return Directory->Count <= (Tree->Size - Offset - sizeof(IMAGE_RESOURCE_DIRECTORY)) / sizeof(IMAGE_RESOURCE_DIRECTORY_ENTRY);
}

/* The name of an entry; FALSE: it has none that lies in the tree. */
static BOOLEAN LdrpEntryName(const TREE *Tree, const IMAGE_RESOURCE_DIRECTORY_ENTRY *Entry, PUNICODE_STRING Name) {
    ULONG offset = Entry->Name & 0x7FFFFFFF;
    if (!(Entry->Name & 0x80000000) || Tree->Size < sizeof(USHORT) || offset > Tree->Size - sizeof(USHORT))
        return FALSE;
    const IMAGE_RESOURCE_DIR_STRING_U *text = (const IMAGE_RESOURCE_DIR_STRING_U *)(Tree->Start + offset);
    if (text->Length > 0x7FFF || text->Length * sizeof(WCHAR) > Tree->Size - offset - sizeof(USHORT))
        return FALSE;
    Name->Length = Name->MaximumLength = (USHORT)(text->Length * sizeof(WCHAR));
    Name->Buffer = (PWSTR)text->NameString;
    return TRUE;
}

/* Key: a number below 65536, or a string, whose case is ignored. */
static const IMAGE_RESOURCE_DIRECTORY_ENTRY *LdrpFindEntry(const TREE *Tree, const DIRECTORY *Directory, ULONG_PTR Key) {
    UNICODE_STRING wanted, name;
    if (!(Key >> 16)) {
        for (ULONG n = Directory->Named; n < Directory->Count; n++)
            if (Directory->Entries[n].Name == Key)
                return &Directory->Entries[n];
        return NULL;
    }
    RtlInitUnicodeString(&wanted, (PCWSTR)Key);
    for (ULONG n = 0; n < Directory->Named; n++)
        if (LdrpEntryName(Tree, &Directory->Entries[n], &name) && RtlEqualUnicodeString(&wanted, &name, TRUE))
            return &Directory->Entries[n];
    return NULL;
}

/* For a neutral language the user's, its main language, neutral, and then whatever comes first ("Loading Language Resources"); for another one that, its main
   language, and neutral. */
static const IMAGE_RESOURCE_DIRECTORY_ENTRY *LdrpFindLanguage(const TREE *Tree, const DIRECTORY *Directory, USHORT Language) {
    BOOLEAN neutral = PRIMARYLANGID(Language) == LANG_NEUTRAL;
    USHORT first = neutral ? US_ENGLISH : Language;
    const USHORT order[] = {first, PRIMARYLANGID(first), 0};
    for (ULONG n = 0; n < ARRAYSIZE(order); n++) {
        const IMAGE_RESOURCE_DIRECTORY_ENTRY *found = LdrpFindEntry(Tree, Directory, order[n]);
        if (found)
            return found;
    }
    return neutral && Directory->Count ? Directory->Entries : NULL;
}

/* Levels of Path down the tree: a directory when Directory, otherwise a leaf. */
static NTSTATUS LdrpWalkTree(PVOID Base, const ULONG_PTR *Path, ULONG Levels, BOOLEAN Directory, PVOID *Found) {
    static const NTSTATUS absent[] = {STATUS_RESOURCE_TYPE_NOT_FOUND, STATUS_RESOURCE_NAME_NOT_FOUND, STATUS_RESOURCE_LANG_NOT_FOUND};
    TREE tree;
    DIRECTORY directory;
    ULONG offset = 0;
    BOOLEAN inner = TRUE;
    *Found = NULL;
    if (Levels > ARRAYSIZE(absent))
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = LdrpOpenTree(Base, &tree);
    if (!NT_SUCCESS(status))
        return status;
    for (ULONG level = 0; level < Levels; level++) {
        if (!inner || !LdrpOpenDirectory(&tree, offset, &directory))
            return STATUS_INVALID_IMAGE_FORMAT;
        const IMAGE_RESOURCE_DIRECTORY_ENTRY *entry =
            level == LANGUAGE_LEVEL ? LdrpFindLanguage(&tree, &directory, (USHORT)Path[level]) : LdrpFindEntry(&tree, &directory, Path[level]);
        if (!entry)
            return absent[level];
        offset = entry->OffsetToData & 0x7FFFFFFF;
        inner = (entry->OffsetToData & 0x80000000) != 0;
    }
    if (inner != Directory ||
        (inner ? !LdrpOpenDirectory(&tree, offset, &directory) : offset > tree.Size || tree.Size - offset < sizeof(IMAGE_RESOURCE_DATA_ENTRY)))
        return STATUS_INVALID_IMAGE_FORMAT;
    *Found = tree.Start + offset;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI LdrFindResource_U(PVOID Base, const ULONG_PTR *Path, ULONG Levels, IMAGE_RESOURCE_DATA_ENTRY **Entry) {
    __try {
        return LdrpWalkTree(Base, Path, Levels, FALSE, (PVOID *)Entry);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
}
NTSTATUS NTAPI LdrFindResourceDirectory_U(PVOID Base, const ULONG_PTR *Path, ULONG Levels, IMAGE_RESOURCE_DIRECTORY **Directory) {
    __try {
        return LdrpWalkTree(Base, Path, Levels, TRUE, (PVOID *)Directory);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
}

NTSTATUS NTAPI LdrAccessResource(PVOID Base, const IMAGE_RESOURCE_DATA_ENTRY *Entry, PVOID *Data, PULONG Size) {
    __try {
        PVOID data = LdrpResourceAddress(Base, Entry->OffsetToData, Entry->Size);
        if (!data)
            return STATUS_INVALID_IMAGE_FORMAT;
        if (Data)
            *Data = data;
        if (Size)
            *Size = Entry->Size;
        return STATUS_SUCCESS;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
}

NTSTATUS NTAPI RtlpListResources(PVOID Base, const ULONG_PTR *Path, ULONG Levels, ULONG Index, ULONG_PTR *Id, PUNICODE_STRING Name) {
    TREE tree;
    DIRECTORY directory;
    IMAGE_RESOURCE_DIRECTORY *found;
    NTSTATUS status = LdrFindResourceDirectory_U(Base, Path, Levels, &found);
    if (!NT_SUCCESS(status))
        return status;
    __try {
        LdrpOpenTree(Base, &tree); /* as a moment ago */
        if (!LdrpOpenDirectory(&tree, (ULONG)((PUCHAR)found - tree.Start), &directory))
            return STATUS_INVALID_IMAGE_FORMAT;
        if (Index >= directory.Count)
            return STATUS_NO_MORE_ENTRIES;
        *Id = directory.Entries[Index].Name;
        if (Index >= directory.Named)
            return *Id >> 16 ? STATUS_INVALID_IMAGE_FORMAT : STATUS_SUCCESS;
        *Id = (ULONG_PTR)-1;
        return LdrpEntryName(&tree, &directory.Entries[Index], Name) ? STATUS_SUCCESS : STATUS_INVALID_IMAGE_FORMAT;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
}

/* A message table is blocks of consecutive ids; each message begins with its length and whether it is UTF-16 ("MESSAGE_RESOURCE_DATA"). */
NTSTATUS NTAPI RtlFindMessage(PVOID Base, ULONG Type, ULONG Language, ULONG Id, MESSAGE_RESOURCE_ENTRY **Message) {
    ULONG_PTR path[] = {Type, 1, Language};
    IMAGE_RESOURCE_DATA_ENTRY *entry;
    MESSAGE_RESOURCE_DATA *table;
    ULONG size;
    NTSTATUS status = LdrFindResource_U(Base, path, ARRAYSIZE(path), &entry);
    if (NT_SUCCESS(status))
        status = LdrAccessResource(Base, entry, (PVOID *)&table, &size);
    if (!NT_SUCCESS(status))
        return status;
    __try {
        if (size < sizeof(ULONG) || table->NumberOfBlocks > (size - sizeof(ULONG)) / sizeof(MESSAGE_RESOURCE_BLOCK))
            return STATUS_INVALID_IMAGE_FORMAT;
        for (ULONG n = 0; n < table->NumberOfBlocks; n++) {
            const MESSAGE_RESOURCE_BLOCK *block = &table->Blocks[n];
            if (Id < block->LowId || Id > block->HighId)
                continue;
            ULONG offset = block->OffsetToEntries;
            for (ULONG left = Id - block->LowId;; left--) {
                MESSAGE_RESOURCE_ENTRY *text = (MESSAGE_RESOURCE_ENTRY *)((PUCHAR)table + offset);
                if (offset > size || size - offset < FIELD_OFFSET(MESSAGE_RESOURCE_ENTRY, Text) || text->Length > size - offset ||
                    text->Length < FIELD_OFFSET(MESSAGE_RESOURCE_ENTRY, Text))
                    return STATUS_INVALID_IMAGE_FORMAT;
                if (!left) {
                    *Message = text;
                    return STATUS_SUCCESS;
                }
                offset += text->Length;
            }
        }
        return STATUS_MESSAGE_NOT_FOUND;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
}
