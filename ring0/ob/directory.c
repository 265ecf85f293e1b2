/* Directories as objects, and their services. */
#include "ob/object.h"

VOID ObpDeleteDirectory(PVOID Object) {
    POBP_DIRECTORY directory = Object;
    NT_ASSERT_OURS(directory->Count == 0);
    if (directory->Pages != NULL)
        ExFreePoolWithTag(directory->Pages, OBP_TAG);
    if (directory->Shadow != NULL)
        ObfDereferenceObject(directory->Shadow);
}

VOID ObpWalkDirectory(PVOID Directory, OB_VISIT_ROUTINE Visit, PVOID Context) {
    OBP_POSITION position = {0, 0};
    POBP_HEADER header;
    while ((header = ObpNextEntry(Directory, &position)) != NULL) {
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
    OBP_POSITION start = ObpSeekEntry(directory, first), position = start;
    POBP_HEADER header = ObpNextEntry(directory, &position);
    SIZE_T firstSize = header != NULL ? ObpEntrySize(header) : 0;
    for (; header != NULL && !(ReturnSingleEntry && end > first); header = ObpNextEntry(directory, &position)) {
        SIZE_T entry = ObpEntrySize(header);
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
        size += firstSize;
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
            header = ObpNextEntry(directory, &start);
            ObpPutString(&information->Name, &header->Name, &text, (LONG64)Buffer - (LONG64)copy);
            ObpPutString(&information->TypeName, &header->Type->Name, &text, (LONG64)Buffer - (LONG64)copy);
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
