/* Questions about an open file. */
#include "hostfsp.h"

LONGLONG HostfsAllocation(const hal_file_info *Info) {
    return Info->is_directory ? 0 : (LONGLONG)((Info->size + HOSTFS_UNIT - 1) & ~(uint64_t)(HOSTFS_UNIT - 1));
}

static VOID HostfsFillBasic(const hal_file_info *Info, ULONG Attributes, PFILE_BASIC_INFORMATION Basic) {
    RtlZeroMemory(Basic, sizeof(*Basic));
    Basic->CreationTime.QuadPart = (LONGLONG)Info->create_time;
    Basic->LastAccessTime.QuadPart = (LONGLONG)Info->access_time;
    Basic->LastWriteTime.QuadPart = (LONGLONG)Info->write_time;
    Basic->ChangeTime.QuadPart = (LONGLONG)Info->change_time;
    Basic->FileAttributes = Attributes;
}

static VOID HostfsFillStandard(const hal_file_info *Info, PHOSTFS_FCB Fcb, PFILE_STANDARD_INFORMATION Standard) {
    RtlZeroMemory(Standard, sizeof(*Standard));
    Standard->AllocationSize.QuadPart = HostfsAllocation(Info);
    Standard->EndOfFile.QuadPart = (LONGLONG)Info->size;
    Standard->NumberOfLinks = Info->links;
    Standard->DeletePending = Fcb->DeletePending;
    Standard->Directory = Info->is_directory != 0;
}

static VOID HostfsFillNetworkOpen(const hal_file_info *Info, ULONG Attributes, PFILE_NETWORK_OPEN_INFORMATION Open) {
    RtlZeroMemory(Open, sizeof(*Open));
    Open->CreationTime.QuadPart = (LONGLONG)Info->create_time;
    Open->LastAccessTime.QuadPart = (LONGLONG)Info->access_time;
    Open->LastWriteTime.QuadPart = (LONGLONG)Info->write_time;
    Open->ChangeTime.QuadPart = (LONGLONG)Info->change_time;
    Open->AllocationSize.QuadPart = HostfsAllocation(Info);
    Open->EndOfFile.QuadPart = (LONGLONG)Info->size;
    Open->FileAttributes = Attributes;
}

/* The path, as much of it as fits; *Used is what was written. */
static NTSTATUS HostfsFillName(PHOSTFS_FCB Fcb, PFILE_NAME_INFORMATION Name, ULONG Room, ULONG *Used) {
    ULONG Head = FIELD_OFFSET(FILE_NAME_INFORMATION, FileName), Fits = Room - Head;

    Name->FileNameLength = Fcb->Path.Length;
    if (Fits > Fcb->Path.Length)
        Fits = Fcb->Path.Length;
    RtlCopyMemory(Name->FileName, Fcb->Path.Buffer, Fits);
    *Used = Head + Fits;
    return Fits < Fcb->Path.Length ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static NTSTATUS HostfsFillAll(const hal_file_info *Info, ULONG Attributes, PFILE_OBJECT File, PFILE_ALL_INFORMATION All, ULONG Room, ULONG *Used) {
    ULONG Head = FIELD_OFFSET(FILE_ALL_INFORMATION, NameInformation);
    FILE_ACCESS_INFORMATION Access = All->AccessInformation; /* these three are the I/O manager's to fill */
    FILE_MODE_INFORMATION Mode = All->ModeInformation;
    FILE_ALIGNMENT_INFORMATION Alignment = All->AlignmentInformation;
    NTSTATUS Status;

    RtlZeroMemory(All, Head);
    HostfsFillBasic(Info, Attributes, &All->BasicInformation);
    HostfsFillStandard(Info, File->FsContext, &All->StandardInformation);
    All->InternalInformation.IndexNumber.QuadPart = (LONGLONG)Info->id;
    All->AccessInformation = Access;
    All->ModeInformation = Mode;
    All->AlignmentInformation = Alignment;
    All->PositionInformation.CurrentByteOffset = File->CurrentByteOffset;
    Status = HostfsFillName(File->FsContext, &All->NameInformation, Room - Head, Used);
    *Used += Head;
    return Status;
}

/* The one data stream a file has; a directory has none. */
static NTSTATUS HostfsFillStream(const hal_file_info *Info, PFILE_STREAM_INFORMATION Stream, ULONG Room, ULONG *Used) {
    static const WCHAR Name[] = L"::$DATA";
    ULONG Length = sizeof(Name) - sizeof(WCHAR);

    *Used = 0;
    if (Info->is_directory)
        return STATUS_SUCCESS;
    if (Room < FIELD_OFFSET(FILE_STREAM_INFORMATION, StreamName) + Length)
        return STATUS_BUFFER_OVERFLOW;
    Stream->NextEntryOffset = 0;
    Stream->StreamNameLength = Length;
    Stream->StreamSize.QuadPart = (LONGLONG)Info->size;
    Stream->StreamAllocationSize.QuadPart = HostfsAllocation(Info);
    RtlCopyMemory(Stream->StreamName, Name, Length);
    *Used = FIELD_OFFSET(FILE_STREAM_INFORMATION, StreamName) + Length;
    return STATUS_SUCCESS;
}

/* The fixed part of each class that is answered here; 0: it is not. */
static ULONG HostfsMinimum(FILE_INFORMATION_CLASS Class) {
    switch (Class) {
    case FileBasicInformation: return sizeof(FILE_BASIC_INFORMATION);
    case FileStandardInformation: return sizeof(FILE_STANDARD_INFORMATION);
    case FileInternalInformation: return sizeof(FILE_INTERNAL_INFORMATION);
    case FileEaInformation: return sizeof(FILE_EA_INFORMATION);
    case FilePositionInformation: return sizeof(FILE_POSITION_INFORMATION);
    case FileNetworkOpenInformation: return sizeof(FILE_NETWORK_OPEN_INFORMATION);
    case FileAttributeTagInformation: return sizeof(FILE_ATTRIBUTE_TAG_INFORMATION);
    case FileNameInformation:
    case FileNormalizedNameInformation: return sizeof(FILE_NAME_INFORMATION);
    case FileAllInformation: return sizeof(FILE_ALL_INFORMATION);
    case FileStreamInformation: return FIELD_OFFSET(FILE_STREAM_INFORMATION, StreamName);
    default: return 0;
    }
}

NTSTATUS NTAPI HostfsQueryInformation(PDEVICE_OBJECT Device, PIRP Irp) {
    PHOSTFS_EXTENSION Volume = Device->DeviceExtension;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    FILE_INFORMATION_CLASS Class = Stack->Parameters.QueryFile.FileInformationClass;
    ULONG Room = Stack->Parameters.QueryFile.Length, Used = HostfsMinimum(Class);
    PFILE_OBJECT File = Stack->FileObject;
    PHOSTFS_CCB Ccb = File->FsContext2;
    PVOID Buffer = Irp->AssociatedIrp.SystemBuffer;
    NTSTATUS Status = STATUS_SUCCESS;
    HOSTFS_FACTS Facts;
    hal_file_info Info;
    ULONG Attributes;
    int64_t Result;

    if (Ccb->Handle < 0)
        return HostfsComplete(Irp, STATUS_INVALID_PARAMETER, 0); /* the volume is no file */
    if (Used == 0)
        return HostfsComplete(Irp, STATUS_INVALID_INFO_CLASS, 0);
    if (Room < Used)
        return HostfsComplete(Irp, STATUS_INFO_LENGTH_MISMATCH, 0);
    Result = HalOps->file_info(Ccb->Handle, &Info);
    if (Result < 0)
        return HostfsComplete(Irp, HostfsStatus(Result), 0);
    HostfsLock(Volume);
    HostfsApplyNote(Volume, &((PHOSTFS_FCB)File->FsContext)->Path, &Facts, &Info);
    HostfsUnlock(Volume);
    Attributes = HostfsAttributes(&Info, &Facts);
    switch (Class) {
    case FileBasicInformation: HostfsFillBasic(&Info, Attributes, Buffer); break;
    case FileStandardInformation: HostfsFillStandard(&Info, File->FsContext, Buffer); break;
    case FileInternalInformation: ((PFILE_INTERNAL_INFORMATION)Buffer)->IndexNumber.QuadPart = (LONGLONG)Info.id; break;
    case FileEaInformation: ((PFILE_EA_INFORMATION)Buffer)->EaSize = 0; break;
    case FilePositionInformation: ((PFILE_POSITION_INFORMATION)Buffer)->CurrentByteOffset = File->CurrentByteOffset; break;
    case FileNetworkOpenInformation: HostfsFillNetworkOpen(&Info, Attributes, Buffer); break;
    case FileAttributeTagInformation:
        *(PFILE_ATTRIBUTE_TAG_INFORMATION)Buffer = (FILE_ATTRIBUTE_TAG_INFORMATION){.FileAttributes = Attributes};
        break;
    case FileAllInformation: Status = HostfsFillAll(&Info, Attributes, File, Buffer, Room, &Used); break;
    case FileStreamInformation: Status = HostfsFillStream(&Info, Buffer, Room, &Used); break;
    default: /* the two names */ Status = HostfsFillName(File->FsContext, Buffer, Room, &Used); break;
    }
    return HostfsComplete(Irp, Status, Used);
}
