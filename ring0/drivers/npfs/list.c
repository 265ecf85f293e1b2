/* Listing \\.\pipe\: an entry per pipe, in the order in which they were made. How many instances there are is where a file has its size, and how many there may be
   where it has its allocation, as the listing tools expect. */
#include "npfsp.h"

typedef struct _NP_LISTING {
    UNICODE_STRING Pattern; /* upper case, behind this; Length 0: everything */
    ULONG64 Next;           /* the number of the pipe at which to go on */
    BOOLEAN AnyMatch;
} NP_LISTING, *PNP_LISTING;

/* Where the name begins in an entry of this class; 0: not a class of directories. */
static ULONG NpEntryHead(FILE_INFORMATION_CLASS Class) {
    switch (Class) {
    case FileDirectoryInformation: return FIELD_OFFSET(FILE_DIRECTORY_INFORMATION, FileName);
    case FileFullDirectoryInformation: return FIELD_OFFSET(FILE_FULL_DIR_INFORMATION, FileName);
    case FileBothDirectoryInformation: return FIELD_OFFSET(FILE_BOTH_DIR_INFORMATION, FileName);
    case FileNamesInformation: return FIELD_OFFSET(FILE_NAMES_INFORMATION, FileName);
    default: return 0;
    }
}

/* All classes but names begin alike. */
static VOID NpFillEntry(FILE_INFORMATION_CLASS Class, PNP_PIPE Pipe, PVOID Out) {
    PFILE_DIRECTORY_INFORMATION Directory = Out;

    RtlZeroMemory(Out, NpEntryHead(Class));
    if (Class == FileNamesInformation) {
        ((PFILE_NAMES_INFORMATION)Out)->FileNameLength = Pipe->Name.Length;
        return;
    }
    Directory->EndOfFile.QuadPart = Pipe->Count;
    Directory->AllocationSize.QuadPart = (LONG)Pipe->Maximum;
    Directory->FileAttributes = FILE_ATTRIBUTE_NORMAL;
    Directory->FileNameLength = Pipe->Name.Length;
}

/* The pattern of a handle's first query holds for all that follow. */
static NTSTATUS NpBeginListing(PFILE_OBJECT File, PCUNICODE_STRING Given, PNP_LISTING *Listing) {
    USHORT Length = Given != NULL ? Given->Length : 0;
    PNP_LISTING New = File->FsContext2;

    if (New == NULL) {
        New = ExAllocatePoolWithTag(PagedPool, sizeof(*New) + Length, NP_TAG);
        if (New == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        *New = (NP_LISTING){.Pattern = {Length, Length, (WCHAR *)(New + 1)}};
        if (Length != 0)
            RtlUpcaseUnicodeString(&New->Pattern, Given, FALSE);
        File->FsContext2 = New;
    }
    *Listing = New;
    return STATUS_SUCCESS;
}

static BOOLEAN NpIsListed(PNP_LISTING Listing, PNP_PIPE Pipe) {
    return Pipe->Number >= Listing->Next && (Listing->Pattern.Length == 0 || FsRtlIsNameInExpression(&Listing->Pattern, &Pipe->Name, TRUE, NULL));
}

/* Names held. */
static NTSTATUS NpList(PNP_LISTING Listing, PIO_STACK_LOCATION Stack, UCHAR *Buffer, PULONG Used) {
    FILE_INFORMATION_CLASS Class = Stack->Parameters.QueryDirectory.FileInformationClass;
    ULONG Room = Stack->Parameters.QueryDirectory.Length, Head = NpEntryHead(Class), Last = 0;

    for (PLIST_ENTRY Link = NpPipes.Flink; Link != &NpPipes; Link = Link->Flink) {
        PNP_PIPE Pipe = CONTAINING_RECORD(Link, NP_PIPE, Links);
        ULONG At = (*Used + 7) & ~7u, Fits;

        if (!NpIsListed(Listing, Pipe))
            continue;
        if (*Used != 0 && (At > Room || Room - At < Head + Pipe->Name.Length))
            return STATUS_SUCCESS; /* it comes with the next query */
        Fits = Room - At < Head + Pipe->Name.Length ? (Room - At - Head) & ~1u : Pipe->Name.Length;
        if (*Used != 0)
            *(ULONG *)(Buffer + Last) = At - Last; /* NextEntryOffset */
        NpFillEntry(Class, Pipe, Buffer + At);
        RtlCopyMemory(Buffer + At + Head, Pipe->Name.Buffer, Fits);
        Last = At;
        *Used = At + Head + Fits;
        Listing->Next = Pipe->Number + 1;
        Listing->AnyMatch = TRUE;
        if (Fits < Pipe->Name.Length)
            return STATUS_BUFFER_OVERFLOW;
        if ((Stack->Flags & SL_RETURN_SINGLE_ENTRY) != 0)
            return STATUS_SUCCESS;
    }
    if (*Used != 0)
        return STATUS_SUCCESS;
    return Listing->AnyMatch ? STATUS_NO_MORE_FILES : STATUS_NO_SUCH_FILE;
}

NTSTATUS NTAPI NpDirectoryControl(PDEVICE_OBJECT Device, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PFILE_OBJECT File = Stack->FileObject;
    ULONG Head = NpEntryHead(Stack->Parameters.QueryDirectory.FileInformationClass), Used = 0;
    PNP_LISTING Listing;
    NTSTATUS Status;

    if (Stack->MinorFunction != IRP_MN_QUERY_DIRECTORY)
        return NpComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    if (!NpIsRoot(File))
        return NpComplete(Irp, STATUS_INVALID_PARAMETER, 0);
    if (Head == 0)
        return NpComplete(Irp, STATUS_INVALID_INFO_CLASS, 0);
    if (Stack->Parameters.QueryDirectory.Length < Head + sizeof(WCHAR))
        return NpComplete(Irp, STATUS_INFO_LENGTH_MISMATCH, 0);
    NpLockNames();
    Status = NpBeginListing(File, Stack->Parameters.QueryDirectory.FileName, &Listing);
    if (NT_SUCCESS(Status)) {
        if ((Stack->Flags & SL_RESTART_SCAN) != 0)
            Listing->Next = 0;
        Status = NpList(Listing, Stack, Irp->AssociatedIrp.SystemBuffer, &Used);
    }
    NpUnlockNames();
    return NpComplete(Irp, Status, Used);
}
