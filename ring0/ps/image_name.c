/* The names of a program's file: the NT path by which it was started, with its device in place of the drive, and as a Win32 path. */
#include "ob/ob.h"
#include "ps/ps.h"

#define DRIVE_LENGTH 6u /* "\??\C:" */

static BOOLEAN PspBeginsWithDrive(PCUNICODE_STRING Path) {
    const UNICODE_STRING Prefix = RTL_CONSTANT_STRING(L"\\??\\");

    return Path->Length >= DRIVE_LENGTH * sizeof(WCHAR) && RtlPrefixUnicodeString(&Prefix, Path, TRUE) && Path->Buffer[DRIVE_LENGTH - 1] == L':';
}

NTSTATUS PspQueryNativeName(PCUNICODE_STRING Path, PUNICODE_STRING Native) {
    UNICODE_STRING Drive = {DRIVE_LENGTH * sizeof(WCHAR), DRIVE_LENGTH * sizeof(WCHAR), Path->Buffer}, Target = {0};
    BOOLEAN HasDrive = PspBeginsWithDrive(Path);
    ULONG Rest = HasDrive ? Path->Length - Drive.Length : Path->Length, Needed = 0;
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Link = NULL;

    InitializeObjectAttributes(&Attributes, &Drive, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    if (HasDrive && NT_SUCCESS(ZwOpenSymbolicLinkObject(&Link, GENERIC_READ, &Attributes)))
        ZwQuerySymbolicLinkObject(Link, &Target, &Needed); /* STATUS_BUFFER_TOO_SMALL: it says how long the target is */
    if (Link == NULL) {                                    /* the drive has gone meanwhile, or there is none in the name */
        Rest = Path->Length;
        Needed = 0;
    }
    Native->Length = 0;
    Native->MaximumLength = (USHORT)(Needed + Rest + sizeof(WCHAR));
    Native->Buffer = Needed + Rest > MAXUSHORT - sizeof(WCHAR) ? NULL : ExAllocatePoolWithTag(PagedPool, Native->MaximumLength, PSP_NAME_TAG);
    if (Native->Buffer == NULL || (Link != NULL && !NT_SUCCESS(ZwQuerySymbolicLinkObject(Link, Native, NULL)))) {
        if (Native->Buffer != NULL)
            ExFreePoolWithTag(Native->Buffer, PSP_NAME_TAG);
        if (Link != NULL)
            ZwClose(Link);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (Link != NULL)
        ZwClose(Link);
    RtlCopyMemory((PUCHAR)Native->Buffer + Native->Length, (PUCHAR)Path->Buffer + Path->Length - Rest, Rest);
    Native->Length += (USHORT)Rest;
    Native->Buffer[Native->Length / sizeof(WCHAR)] = UNICODE_NULL;
    return STATUS_SUCCESS;
}

UNICODE_STRING PspWin32Name(PCUNICODE_STRING Path) {
    UNICODE_STRING Name = *Path;

    if (PspBeginsWithDrive(Path)) {
        Name.Buffer += DRIVE_LENGTH - 2;
        Name.Length -= (DRIVE_LENGTH - 2) * sizeof(WCHAR);
    }
    return Name;
}
