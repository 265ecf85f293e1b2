/* Directories as objects, and their services. */
#include "ob/object.h"

VOID ObpDeleteDirectory(PVOID Object) {
    POBP_DIRECTORY Directory = Object;
    NT_ASSERT_OURS(Directory->Count == 0);
    if (Directory->Pages != NULL)
        ExFreePoolWithTag(Directory->Pages, OBP_TAG);
    if (Directory->Shadow != NULL)
        ObfDereferenceObject(Directory->Shadow);
}

VOID ObpWalkDirectory(PVOID Directory, OB_VISIT_ROUTINE Visit, PVOID Context) {
    OBP_POSITION Position = {0, 0};
    POBP_HEADER Header;
    while ((Header = ObpNextEntry(Directory, &Position)) != NULL) {
        ObfReferenceObject(ObpBody(Header));
        Visit(Context, &Header->Name, ObpBody(Header));
        ObfDereferenceObject(ObpBody(Header));
    }
}

static NTSTATUS ObpCreateDirectory(POBJECT_ATTRIBUTES Attributes, ACCESS_MASK DesiredAccess, KPROCESSOR_MODE Mode, PHANDLE Handle) {
    PVOID Directory;
    NTSTATUS Status = ObCreateObject(Mode, ObpDirectoryObjectType, Attributes, Mode, NULL, sizeof(OBP_DIRECTORY), 0, 0, &Directory);
    if (!NT_SUCCESS(Status))
        return Status;
    return ObInsertObject(Directory, NULL, DesiredAccess, 0, NULL, Handle);
}

NTSTATUS ObpCreateSystemDirectory(PCWSTR Path, POBP_DIRECTORY *Directory) {
    UNICODE_STRING Name;
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Handle;
    RtlInitUnicodeString(&Name, Path);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_PERMANENT | OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE | OBJ_OPENIF, NULL, NULL);
    NTSTATUS Status = ObpCreateDirectory(&Attributes, DIRECTORY_ALL_ACCESS, KernelMode, &Handle);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Directory != NULL)
        Status = ObReferenceObjectByHandle(Handle, 0, ObpDirectoryObjectType, KernelMode, (PVOID *)Directory, NULL);
    ObCloseHandle(Handle, KernelMode);
    return Status;
}

NTSTATUS NTAPI NtCreateDirectoryObject(PHANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES Attributes) {
    KPROCESSOR_MODE Mode = KiPreviousMode();
    HANDLE NewHandle;
    NTSTATUS Status = ObpProbeOutput(Handle, sizeof(*Handle), sizeof(ULONG), Mode);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObpCreateDirectory(Attributes, DesiredAccess, Mode, &NewHandle);
    if (!NT_SUCCESS(Status))
        return Status;
    NTSTATUS Stored = ObpStoreHandle(Handle, NewHandle, Mode);
    return NT_SUCCESS(Stored) ? Status : Stored;
}

NTSTATUS NTAPI NtOpenDirectoryObject(PHANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES Attributes) {
    KPROCESSOR_MODE Mode = KiPreviousMode();
    HANDLE NewHandle;
    NTSTATUS Status = ObpProbeOutput(Handle, sizeof(*Handle), sizeof(ULONG), Mode);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObOpenObjectByName(Attributes, ObpDirectoryObjectType, Mode, NULL, DesiredAccess, NULL, &NewHandle);
    return NT_SUCCESS(Status) ? ObpStoreHandle(Handle, NewHandle, Mode) : Status;
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
    KPROCESSOR_MODE Mode = KiPreviousMode();
    POBP_DIRECTORY Directory;
    ULONG First = 0;
    NTSTATUS Status = ObpProbeOutput(Buffer, Length, sizeof(WCHAR), Mode);
    if (NT_SUCCESS(Status))
        Status = ObpProbeOutput(Context, sizeof(*Context), sizeof(ULONG), Mode);
    if (NT_SUCCESS(Status) && ReturnLength != NULL)
        Status = ObpProbeOutput(ReturnLength, sizeof(*ReturnLength), sizeof(ULONG), Mode);
    if (!NT_SUCCESS(Status))
        return Status;
    if (!RestartScan) {
        if (Mode == KernelMode)
            First = *Context;
        else if (!KiCopyFromUser(&First, Context, sizeof(First)))
            return STATUS_ACCESS_VIOLATION;
    }
    Status = ObReferenceObjectByHandle(Handle, DIRECTORY_QUERY, ObpDirectoryObjectType, Mode, (PVOID *)&Directory, NULL);
    if (!NT_SUCCESS(Status))
        return Status;

    /* Entries, an entry of zeroes, then their strings. */
    SIZE_T Size = sizeof(OBJECT_DIRECTORY_INFORMATION);
    ULONG End = First;
    OBP_POSITION Start = ObpSeekEntry(Directory, First), Position = Start;
    POBP_HEADER Header = ObpNextEntry(Directory, &Position);
    SIZE_T FirstSize = Header != NULL ? ObpEntrySize(Header) : 0;
    for (; Header != NULL && !(ReturnSingleEntry && End > First); Header = ObpNextEntry(Directory, &Position)) {
        SIZE_T Entry = ObpEntrySize(Header);
        if (Size + Entry > Length)
            break;
        Size += Entry;
        End++;
    }
    PUCHAR Copy = NULL;
    if (First >= Directory->Count) {
        Status = STATUS_NO_MORE_ENTRIES;
        Size = 0;
    } else if (End == First) {
        Status = ReturnSingleEntry ? STATUS_BUFFER_TOO_SMALL : STATUS_MORE_ENTRIES;
        Size += FirstSize;
    } else {
        Status = End < Directory->Count && !ReturnSingleEntry ? STATUS_MORE_ENTRIES : STATUS_SUCCESS;
        Copy = ExAllocatePoolWithTag(PagedPool, Size, OBP_TAG);
        if (Copy == NULL) {
            Status = STATUS_INSUFFICIENT_RESOURCES;
            goto done;
        }
        RtlZeroMemory(Copy, Size);
        POBJECT_DIRECTORY_INFORMATION Information = (POBJECT_DIRECTORY_INFORMATION)Copy;
        PUCHAR Text = (PUCHAR)(Information + (End - First) + 1);
        for (ULONG I = First; I < End; I++, Information++) {
            Header = ObpNextEntry(Directory, &Start);
            ObpPutString(&Information->Name, &Header->Name, &Text, (LONG64)Buffer - (LONG64)Copy);
            ObpPutString(&Information->TypeName, &Header->Type->Name, &Text, (LONG64)Buffer - (LONG64)Copy);
        }
        NTSTATUS Stored = ObpStore(Buffer, Copy, Size, Mode);
        if (NT_SUCCESS(Stored))
            Stored = ObpStore(Context, &End, sizeof(End), Mode);
        if (!NT_SUCCESS(Stored))
            Status = Stored;
    }
    if (ReturnLength != NULL) {
        ULONG Needed = (ULONG)Size;
        NTSTATUS Stored = ObpStore(ReturnLength, &Needed, sizeof(Needed), Mode);
        if (!NT_SUCCESS(Stored))
            Status = Stored;
    }
done:
    if (Copy != NULL)
        ExFreePoolWithTag(Copy, OBP_TAG);
    ObfDereferenceObject(Directory);
    return Status;
}
