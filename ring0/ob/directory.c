/* Directories: names in order, found by halving. */
#include "ob/object.h"

/* First index whose name is not less than Name. */
static ULONG ObpLowerBound(POBP_DIRECTORY Directory, PCUNICODE_STRING Name, BOOLEAN CaseInsensitive) {
    ULONG low = 0, high = Directory->Count;
    while (low < high) {
        ULONG middle = low + (high - low) / 2;
        if (ObpCompareNames(&Directory->Entries[middle]->Name, Name, CaseInsensitive) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

POBP_HEADER ObpFindEntry(POBP_DIRECTORY Directory, PCUNICODE_STRING Name, BOOLEAN CaseInsensitive) {
    ULONG index = ObpLowerBound(Directory, Name, CaseInsensitive);
    if (index == Directory->Count || ObpCompareNames(&Directory->Entries[index]->Name, Name, CaseInsensitive) != 0)
        return NULL;
    return Directory->Entries[index];
}

NTSTATUS ObpInsertEntry(POBP_DIRECTORY Directory, POBP_HEADER Header, PUNICODE_STRING Name) {
    NT_ASSERT_OURS(Header->Directory == NULL);
    if (Directory->Count == Directory->Capacity) {
        ULONG capacity = Directory->Capacity == 0 ? 16 : Directory->Capacity * 2;
        POBP_HEADER *entries = ExAllocatePoolWithTag(PagedPool, capacity * sizeof(*entries), OBP_TAG);
        if (entries == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        if (Directory->Entries != NULL) {
            RtlCopyMemory(entries, Directory->Entries, Directory->Count * sizeof(*entries));
            ExFreePoolWithTag(Directory->Entries, OBP_TAG);
        }
        Directory->Entries = entries;
        Directory->Capacity = capacity;
    }
    ULONG index = ObpLowerBound(Directory, Name, FALSE);
    RtlMoveMemory(&Directory->Entries[index + 1], &Directory->Entries[index], (Directory->Count - index) * sizeof(Directory->Entries[0]));
    Directory->Entries[index] = Header;
    Directory->Count++;
    Header->Name = *Name;
    Header->Directory = Directory;
    ObfReferenceObject(ObpBody(Header));
    ObfReferenceObject(Directory);
    return STATUS_SUCCESS;
}

VOID ObpRemoveEntry(POBP_HEADER Header) {
    POBP_DIRECTORY directory = Header->Directory;
    ULONG index = ObpLowerBound(directory, &Header->Name, FALSE);
    NT_ASSERT_OURS(index < directory->Count && directory->Entries[index] == Header);
    directory->Count--;
    RtlMoveMemory(&directory->Entries[index], &directory->Entries[index + 1], (directory->Count - index) * sizeof(directory->Entries[0]));
    ExFreePoolWithTag(Header->Name.Buffer, OBP_TAG);
    RtlZeroMemory(&Header->Name, sizeof(Header->Name));
    Header->Directory = NULL;
    ObfDereferenceObject(directory);
    ObfDereferenceObject(ObpBody(Header));
}

VOID ObpDeleteDirectory(PVOID Object) {
    POBP_DIRECTORY directory = Object;
    NT_ASSERT_OURS(directory->Count == 0);
    if (directory->Entries != NULL)
        ExFreePoolWithTag(directory->Entries, OBP_TAG);
    if (directory->Shadow != NULL)
        ObfDereferenceObject(directory->Shadow);
}

VOID ObpWalkDirectory(PVOID Directory, OB_VISIT_ROUTINE Visit, PVOID Context) {
    POBP_DIRECTORY directory = Directory;
    for (ULONG i = 0; i < directory->Count; i++) {
        POBP_HEADER header = directory->Entries[i];
        ObfReferenceObject(ObpBody(header));
        Visit(Context, &header->Name, ObpBody(header));
        ObfDereferenceObject(ObpBody(header));
    }
}

static NTSTATUS ObpCreateDirectory(POBJECT_ATTRIBUTES Attributes, ACCESS_MASK DesiredAccess, KPROCESSOR_MODE Mode, PHANDLE Handle) {
    PVOID directory;
    NTSTATUS status = ObCreateObject(Mode, ObpDirectoryObjectType, Attributes, Mode, NULL, sizeof(OBP_DIRECTORY), 0, 0, &directory);
    if (!NT_SUCCESS(status))
        return status;
    return ObInsertObject(directory, NULL, DesiredAccess, 0, NULL, Handle);
}

NTSTATUS ObpCreateSystemDirectory(PCWSTR Path, POBP_DIRECTORY *Directory) {
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    HANDLE handle;
    RtlInitUnicodeString(&name, Path);
    InitializeObjectAttributes(&attributes, &name, OBJ_PERMANENT | OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE | OBJ_OPENIF, NULL, NULL);
    NTSTATUS status = ObpCreateDirectory(&attributes, DIRECTORY_ALL_ACCESS, KernelMode, &handle);
    if (!NT_SUCCESS(status))
        return status;
    if (Directory != NULL)
        status = ObReferenceObjectByHandle(handle, 0, ObpDirectoryObjectType, KernelMode, (PVOID *)Directory, NULL);
    ObCloseHandle(handle, KernelMode);
    return status;
}

NTSTATUS NTAPI NtCreateDirectoryObject(PHANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES Attributes) {
    KPROCESSOR_MODE mode = KiPreviousMode();
    HANDLE handle;
    NTSTATUS status = ObpProbeOutput(Handle, sizeof(*Handle), sizeof(ULONG), mode);
    if (!NT_SUCCESS(status))
        return status;
    status = ObpCreateDirectory(Attributes, DesiredAccess, mode, &handle);
    if (!NT_SUCCESS(status))
        return status;
    NTSTATUS stored = ObpStoreHandle(Handle, handle, mode);
    return NT_SUCCESS(stored) ? status : stored;
}

NTSTATUS NTAPI NtOpenDirectoryObject(PHANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES Attributes) {
    KPROCESSOR_MODE mode = KiPreviousMode();
    HANDLE handle;
    NTSTATUS status = ObpProbeOutput(Handle, sizeof(*Handle), sizeof(ULONG), mode);
    if (!NT_SUCCESS(status))
        return status;
    status = ObOpenObjectByName(Attributes, ObpDirectoryObjectType, mode, NULL, DesiredAccess, NULL, &handle);
    return NT_SUCCESS(status) ? ObpStoreHandle(Handle, handle, mode) : status;
}

static SIZE_T ObpEntrySize(POBP_HEADER Header) {
    return sizeof(OBJECT_DIRECTORY_INFORMATION) + Header->Name.Length + Header->Type->Name.Length + 2 * sizeof(WCHAR);
}

/* Copies a string to *Text in a buffer that the caller will see at Delta bytes from there. */
static VOID ObpPutString(PUNICODE_STRING To, PCUNICODE_STRING From, PUCHAR *Text, LONG64 Delta) {
    To->Length = From->Length;
    To->MaximumLength = (USHORT)(From->Length + sizeof(WCHAR));
    To->Buffer = (PWSTR)((LONG64)*Text + Delta);
    RtlCopyMemory(*Text, From->Buffer, From->Length);
    *(PWSTR)(*Text + From->Length) = 0;
    *Text += To->MaximumLength;
}

NTSTATUS NTAPI NtQueryDirectoryObject(HANDLE Handle, PVOID Buffer, ULONG Length, BOOLEAN ReturnSingleEntry, BOOLEAN RestartScan, PULONG Context,
                                      PULONG ReturnLength) {
    KPROCESSOR_MODE mode = KiPreviousMode();
    POBP_DIRECTORY directory;
    ULONG first = 0;
    NTSTATUS status = ObpProbeOutput(Buffer, Length, sizeof(WCHAR), mode);
    if (NT_SUCCESS(status))
        status = ObpProbeOutput(Context, sizeof(*Context), sizeof(ULONG), mode);
    if (NT_SUCCESS(status) && ReturnLength != NULL)
        status = ObpProbeOutput(ReturnLength, sizeof(*ReturnLength), sizeof(ULONG), mode);
    if (!NT_SUCCESS(status))
        return status;
    if (!RestartScan) {
        if (mode == KernelMode)
            first = *Context;
        else if (!KiCopyFromUser(&first, Context, sizeof(first)))
            return STATUS_ACCESS_VIOLATION;
    }
    status = ObReferenceObjectByHandle(Handle, DIRECTORY_QUERY, ObpDirectoryObjectType, mode, (PVOID *)&directory, NULL);
    if (!NT_SUCCESS(status))
        return status;

    /* Entries, an entry of zeroes, then their strings. */
    SIZE_T size = sizeof(OBJECT_DIRECTORY_INFORMATION);
    ULONG end = first;
    while (end < directory->Count && !(ReturnSingleEntry && end > first)) {
        SIZE_T entry = ObpEntrySize(directory->Entries[end]);
        if (size + entry > Length)
            break;
        size += entry;
        end++;
    }
    PUCHAR copy = NULL;
    if (first >= directory->Count) {
        status = STATUS_NO_MORE_ENTRIES;
        size = 0;
    } else if (end == first) {
        status = ReturnSingleEntry ? STATUS_BUFFER_TOO_SMALL : STATUS_MORE_ENTRIES;
        size += ObpEntrySize(directory->Entries[first]);
    } else {
        status = end < directory->Count && !ReturnSingleEntry ? STATUS_MORE_ENTRIES : STATUS_SUCCESS;
        copy = ExAllocatePoolWithTag(PagedPool, size, OBP_TAG);
        if (copy == NULL) {
            status = STATUS_INSUFFICIENT_RESOURCES;
            goto done;
        }
        RtlZeroMemory(copy, size);
        POBJECT_DIRECTORY_INFORMATION information = (POBJECT_DIRECTORY_INFORMATION)copy;
        PUCHAR text = (PUCHAR)(information + (end - first) + 1);
        for (ULONG i = first; i < end; i++, information++) {
            ObpPutString(&information->Name, &directory->Entries[i]->Name, &text, (LONG64)Buffer - (LONG64)copy);
            ObpPutString(&information->TypeName, &directory->Entries[i]->Type->Name, &text, (LONG64)Buffer - (LONG64)copy);
        }
        NTSTATUS stored = ObpStore(Buffer, copy, size, mode);
        if (NT_SUCCESS(stored))
            stored = ObpStore(Context, &end, sizeof(end), mode);
        if (!NT_SUCCESS(stored))
            status = stored;
    }
    if (ReturnLength != NULL) {
        ULONG needed = (ULONG)size;
        NTSTATUS stored = ObpStore(ReturnLength, &needed, sizeof(needed), mode);
        if (!NT_SUCCESS(stored))
            status = stored;
    }
done:
    if (copy != NULL)
        ExFreePoolWithTag(copy, OBP_TAG);
    ObfDereferenceObject(directory);
    return status;
}
