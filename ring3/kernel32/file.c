/* Opening, reading and writing files and devices. */
#include "kernel32.h"
#include <winioctl.h>

HANDLE WINAPI CreateFileW(LPCWSTR Name, DWORD Access, DWORD Share, LPSECURITY_ATTRIBUTES Security, DWORD Disposition, DWORD Flags, HANDLE Template) {
    static const UCHAR dispositions[] = {0, FILE_CREATE, FILE_OVERWRITE_IF, FILE_OPEN, FILE_OPEN_IF, FILE_OVERWRITE};
    if (Disposition < CREATE_NEW || Disposition > TRUNCATE_EXISTING || (Disposition == TRUNCATE_EXISTING && !(Access & GENERIC_WRITE))) {
        BaseFail(ERROR_INVALID_PARAMETER);
        return INVALID_HANDLE_VALUE;
    }
    /* "CON" is input or output as the access says; "CONIN$" and "CONOUT$" are devices by those names. */
    if (Name && RtlIsDosDeviceName_U(Name) == 3 * sizeof(WCHAR) && (Name[0] | 0x20) == 'c' && (Name[1] | 0x20) == 'o' && (Name[2] | 0x20) == 'n') {
        if ((Access & (GENERIC_READ | GENERIC_WRITE)) == GENERIC_READ)
            Name = L"CONIN$";
        else if ((Access & (GENERIC_READ | GENERIC_WRITE)) == GENERIC_WRITE)
            Name = L"CONOUT$";
    }
    UNICODE_STRING path;
    OBJECT_ATTRIBUTES attributes;
    if (!BaseNtPath(Name, &path, &attributes))
        return INVALID_HANDLE_VALUE;
    if (Security) {
        attributes.SecurityDescriptor = Security->lpSecurityDescriptor;
        if (Security->bInheritHandle)
            attributes.Attributes |= OBJ_INHERIT;
    }
    if (Flags & FILE_FLAG_POSIX_SEMANTICS)
        attributes.Attributes &= ~(ULONG)OBJ_CASE_INSENSITIVE;
    ULONG options = (Flags & FILE_FLAG_BACKUP_SEMANTICS) ? FILE_OPEN_FOR_BACKUP_INTENT : FILE_NON_DIRECTORY_FILE;
    options |= (Flags & FILE_FLAG_OVERLAPPED) ? 0 : FILE_SYNCHRONOUS_IO_NONALERT;
    options |= (Flags & FILE_FLAG_WRITE_THROUGH) ? FILE_WRITE_THROUGH : 0;
    options |= (Flags & FILE_FLAG_NO_BUFFERING) ? FILE_NO_INTERMEDIATE_BUFFERING : 0;
    options |= (Flags & FILE_FLAG_RANDOM_ACCESS) ? FILE_RANDOM_ACCESS : 0;
    options |= (Flags & FILE_FLAG_SEQUENTIAL_SCAN) ? FILE_SEQUENTIAL_ONLY : 0;
    options |= (Flags & FILE_FLAG_OPEN_REPARSE_POINT) ? FILE_OPEN_REPARSE_POINT : 0;
    if (Flags & FILE_FLAG_DELETE_ON_CLOSE) {
        options |= FILE_DELETE_ON_CLOSE;
        Access |= DELETE;
    }
    HANDLE file;
    IO_STATUS_BLOCK io = {0};
    NTSTATUS status = NtCreateFile(&file, Access | SYNCHRONIZE | FILE_READ_ATTRIBUTES, &attributes, &io, NULL, Flags & 0x7FB7 /* FILE_ATTRIBUTE_ */,
                                   Share, dispositions[Disposition], options, NULL, 0);
    USHORT last = path.Length ? path.Buffer[path.Length / sizeof(WCHAR) - 1] : 0;
    RtlFreeUnicodeString(&path);
    if (!NT_SUCCESS(status)) {
        RtlSetLastWin32ErrorAndNtStatusFromNtStatus(status);
        /* CreateFile's own wording of three statuses. */
        if (status == STATUS_OBJECT_NAME_COLLISION)
            RtlSetLastWin32Error(ERROR_FILE_EXISTS);
        else if (status == STATUS_FILE_IS_A_DIRECTORY)
            RtlSetLastWin32Error(last == '\\' ? ERROR_PATH_NOT_FOUND : ERROR_ACCESS_DENIED);
        return INVALID_HANDLE_VALUE;
    }
    BOOL existed =
        (Disposition == CREATE_ALWAYS && io.Information == FILE_OVERWRITTEN_) || (Disposition == OPEN_ALWAYS && io.Information == FILE_OPENED_);
    RtlSetLastWin32Error(existed ? ERROR_ALREADY_EXISTS : NO_ERROR);
    return file;
}
HANDLE WINAPI CreateFileA(LPCSTR Name, DWORD Access, DWORD Share, LPSECURITY_ATTRIBUTES Security, DWORD Disposition, DWORD Flags, HANDLE Template) {
    PWSTR wide = BaseWide(Name);
    if (Name && !wide)
        return INVALID_HANDLE_VALUE;
    HANDLE file = CreateFileW(wide, Access, Share, Security, Disposition, Flags, Template);
    if (wide)
        BaseFree(wide);
    return file;
}

/*
 * The two ways of a request. Overlapped: the status block is the first 16 bytes of OVERLAPPED, the low bit of the event handle keeps the
 * request from a completion port, and STATUS_PENDING is ERROR_IO_PENDING. Otherwise: on a handle opened for asynchronous use a request may
 * still pend; then the file object is what is waited for.
 */
static inline BOOL Overlapped(NTSTATUS Status) {
    if (Status == STATUS_PENDING)
        return BaseFail(ERROR_IO_PENDING);
    return BaseResult(Status);
}
static inline LARGE_INTEGER OffsetOf(const OVERLAPPED *Request) {
    LARGE_INTEGER offset = {.LowPart = Request->Offset};
    offset.HighPart = (LONG)Request->OffsetHigh;
    return offset;
}
#define REQUEST_EVENT(request) ((request)->hEvent)
#define REQUEST_APC(request)   (((ULONG_PTR)(request)->hEvent & 1) ? NULL : (request))

static BOOL Finish(HANDLE File, NTSTATUS Status, IO_STATUS_BLOCK *Io, LPDWORD Done) {
    if (Status == STATUS_PENDING) {
        Status = NtWaitForSingleObject(File, FALSE, NULL);
        if (NT_SUCCESS(Status))
            Status = Io->Status;
    }
    if (Done)
        *Done = (DWORD)Io->Information;
    if (Status == STATUS_END_OF_FILE) { /* of a read without OVERLAPPED: success with nothing read */
        if (Done)
            *Done = 0;
        return TRUE;
    }
    if (NT_WARNING(Status)) { /* as much as fitted was transferred */
        RtlSetLastWin32ErrorAndNtStatusFromNtStatus(Status);
        return FALSE;
    }
    if (!NT_SUCCESS(Status) && Done)
        *Done = 0;
    return BaseResult(Status);
}

WINBOOL WINAPI ReadFile(HANDLE File, LPVOID Buffer, DWORD Length, LPDWORD Done, LPOVERLAPPED Request) {
    File = BaseStandardHandle(File);
    if (Done)
        *Done = 0;
    if (Request) {
        LARGE_INTEGER offset = OffsetOf(Request);
        Request->Internal = (ULONG_PTR)STATUS_PENDING;
        NTSTATUS status =
            NtReadFile(File, REQUEST_EVENT(Request), NULL, REQUEST_APC(Request), (PIO_STATUS_BLOCK)&Request->Internal, Buffer, Length, &offset, NULL);
        if (NT_SUCCESS(status) && status != STATUS_PENDING && Done)
            *Done = (DWORD)Request->InternalHigh;
        return Overlapped(status);
    }
    IO_STATUS_BLOCK io = {0};
    NTSTATUS status = NtReadFile(File, NULL, NULL, NULL, &io, Buffer, Length, NULL, NULL);
    return Finish(File, status, &io, Done);
}
WINBOOL WINAPI WriteFile(HANDLE File, LPCVOID Buffer, DWORD Length, LPDWORD Done, LPOVERLAPPED Request) {
    File = BaseStandardHandle(File);
    if (Done)
        *Done = 0;
    if (Request) {
        LARGE_INTEGER offset = OffsetOf(Request);
        Request->Internal = (ULONG_PTR)STATUS_PENDING;
        NTSTATUS status = NtWriteFile(File, REQUEST_EVENT(Request), NULL, REQUEST_APC(Request), (PIO_STATUS_BLOCK)&Request->Internal, (PVOID)Buffer,
                                      Length, &offset, NULL);
        if (NT_SUCCESS(status) && status != STATUS_PENDING && Done)
            *Done = (DWORD)Request->InternalHigh;
        return Overlapped(status);
    }
    IO_STATUS_BLOCK io = {0};
    NTSTATUS status = NtWriteFile(File, NULL, NULL, NULL, &io, (PVOID)Buffer, Length, NULL, NULL);
    return Finish(File, status, &io, Done);
}
WINBOOL WINAPI DeviceIoControl(HANDLE File, DWORD Code, LPVOID In, DWORD InLength, LPVOID Out, DWORD OutLength, LPDWORD Done, LPOVERLAPPED Request) {
    return BaseControl(Code >> 16 == FILE_DEVICE_FILE_SYSTEM, BaseStandardHandle(File), Code, In, InLength, Out, OutLength, Done, Request);
}
BOOL BaseControl(BOOL file_system, HANDLE File, DWORD Code, PVOID In, DWORD InLength, PVOID Out, DWORD OutLength, PDWORD Done, LPOVERLAPPED Request) {
    if (Request) {
        Request->Internal = (ULONG_PTR)STATUS_PENDING;
        PIO_STATUS_BLOCK io = (PIO_STATUS_BLOCK)&Request->Internal;
        NTSTATUS status =
            file_system ? NtFsControlFile(File, REQUEST_EVENT(Request), NULL, REQUEST_APC(Request), io, Code, In, InLength, Out, OutLength)
                        : NtDeviceIoControlFile(File, REQUEST_EVENT(Request), NULL, REQUEST_APC(Request), io, Code, In, InLength, Out, OutLength);
        if (!NT_ERROR(status) && status != STATUS_PENDING && Done)
            *Done = (DWORD)Request->InternalHigh;
        return Overlapped(status);
    }
    IO_STATUS_BLOCK io = {0};
    NTSTATUS status = file_system ? NtFsControlFile(File, NULL, NULL, NULL, &io, Code, In, InLength, Out, OutLength)
                                  : NtDeviceIoControlFile(File, NULL, NULL, NULL, &io, Code, In, InLength, Out, OutLength);
    if (status == STATUS_PENDING) {
        status = NtWaitForSingleObject(File, FALSE, NULL);
        if (NT_SUCCESS(status))
            status = io.Status;
    }
    if (Done)
        *Done = NT_ERROR(status) ? 0 : (DWORD)io.Information;
    return BaseResult(status);
}

/* ReadFileEx and WriteFileEx: the completion routine runs as an APC and gets what it needs from the status block. */
static VOID NTAPI CompletionApc(PVOID Routine, PIO_STATUS_BLOCK Io, ULONG Unused) {
    ((LPOVERLAPPED_COMPLETION_ROUTINE)(ULONG_PTR)Routine)(RtlNtStatusToDosError(Io->Status), (DWORD)Io->Information, (LPOVERLAPPED)Io);
}
WINBOOL WINAPI ReadFileEx(HANDLE File, LPVOID Buffer, DWORD Length, LPOVERLAPPED Request, LPOVERLAPPED_COMPLETION_ROUTINE Routine) {
    LARGE_INTEGER offset = OffsetOf(Request);
    Request->Internal = (ULONG_PTR)STATUS_PENDING;
    NTSTATUS status =
        NtReadFile(File, NULL, CompletionApc, (PVOID)(ULONG_PTR)Routine, (PIO_STATUS_BLOCK)&Request->Internal, Buffer, Length, &offset, NULL);
    return BaseResult(status);
}
WINBOOL WINAPI WriteFileEx(HANDLE File, LPCVOID Buffer, DWORD Length, LPOVERLAPPED Request, LPOVERLAPPED_COMPLETION_ROUTINE Routine) {
    LARGE_INTEGER offset = OffsetOf(Request);
    Request->Internal = (ULONG_PTR)STATUS_PENDING;
    NTSTATUS status =
        NtWriteFile(File, NULL, CompletionApc, (PVOID)(ULONG_PTR)Routine, (PIO_STATUS_BLOCK)&Request->Internal, (PVOID)Buffer, Length, &offset, NULL);
    return BaseResult(status);
}

WINBOOL WINAPI GetOverlappedResultEx(HANDLE File, LPOVERLAPPED Request, LPDWORD Done, DWORD Milliseconds, WINBOOL Alertable) {
    if (__atomic_load_n(&Request->Internal, __ATOMIC_SEQ_CST) == (ULONG_PTR)STATUS_PENDING) {
        if (!Milliseconds)
            return BaseFail(ERROR_IO_INCOMPLETE);
        DWORD waited = WaitForSingleObjectEx(Request->hEvent ? (HANDLE)((ULONG_PTR)Request->hEvent & ~(ULONG_PTR)1) : File, Milliseconds, Alertable);
        if (waited != WAIT_OBJECT_0)
            return waited == WAIT_FAILED ? FALSE : BaseFail(waited); /* WAIT_TIMEOUT and WAIT_IO_COMPLETION are error codes as well */
    }
    *Done = (DWORD)Request->InternalHigh;
    return BaseResult((NTSTATUS)Request->Internal);
}
WINBOOL WINAPI GetOverlappedResult(HANDLE File, LPOVERLAPPED Request, LPDWORD Done, WINBOOL Wait) {
    return GetOverlappedResultEx(File, Request, Done, Wait ? INFINITE : 0, FALSE);
}
WINBOOL WINAPI CancelIo(HANDLE File) {
    IO_STATUS_BLOCK io;
    return BaseResult(NtCancelIoFile(File, &io));
}
WINBOOL WINAPI CancelIoEx(HANDLE File, LPOVERLAPPED Request) {
    IO_STATUS_BLOCK io;
    return BaseResult(NtCancelIoFileEx(File, (PIO_STATUS_BLOCK)Request, &io));
}
/* The last error is ERROR_NOT_FOUND when the thread waits for no request. */
WINBOOL WINAPI CancelSynchronousIo(HANDLE Thread) {
    IO_STATUS_BLOCK io;
    return BaseResult(NtCancelSynchronousIoFile(Thread, NULL, &io));
}

DWORD WINAPI GetFileType(HANDLE File) {
    IO_STATUS_BLOCK io;
    NT_FILE_FS_DEVICE_INFORMATION device;
    if (!BaseResult(NtQueryVolumeInformationFile(BaseStandardHandle(File), &io, &device, sizeof device, FileFsDeviceInformation_)))
        return FILE_TYPE_UNKNOWN;
    RtlSetLastWin32Error(NO_ERROR);
    switch (device.DeviceType) {
    case FILE_DEVICE_CD_ROM:
    case FILE_DEVICE_CD_ROM_FILE_SYSTEM:
    case FILE_DEVICE_DISK:
    case FILE_DEVICE_DISK_FILE_SYSTEM:
    case FILE_DEVICE_VIRTUAL_DISK:
    case FILE_DEVICE_DATALINK:
    case FILE_DEVICE_CONTROLLER:
    case FILE_DEVICE_NETWORK_FILE_SYSTEM: return FILE_TYPE_DISK;
    case FILE_DEVICE_KEYBOARD:
    case FILE_DEVICE_MOUSE:
    case FILE_DEVICE_NULL:
    case FILE_DEVICE_PARALLEL_PORT:
    case FILE_DEVICE_PRINTER:
    case FILE_DEVICE_SERIAL_PORT:
    case FILE_DEVICE_SCREEN:
    case FILE_DEVICE_SOUND:
    case FILE_DEVICE_MODEM: return FILE_TYPE_CHAR;
    case FILE_DEVICE_CONSOLE: return BaseIsConsole(BaseStandardHandle(File)) ? FILE_TYPE_CHAR : FILE_TYPE_PIPE; /* one that is redirected */
    case FILE_DEVICE_NAMED_PIPE: return FILE_TYPE_PIPE;
    default: return FILE_TYPE_UNKNOWN;
    }
}

WINBOOL WINAPI GetFileSizeEx(HANDLE File, PLARGE_INTEGER Size) {
    IO_STATUS_BLOCK io;
    NT_FILE_STANDARD_INFORMATION information;
    if (!BaseResult(NtQueryInformationFile(File, &io, &information, sizeof information, FileStandardInformation_)))
        return FALSE;
    *Size = information.EndOfFile;
    return TRUE;
}
DWORD WINAPI GetFileSize(HANDLE File, LPDWORD High) {
    LARGE_INTEGER size;
    if (!GetFileSizeEx(File, &size))
        return INVALID_FILE_SIZE;
    if (High)
        *High = (DWORD)size.HighPart;
    if (size.LowPart == INVALID_FILE_SIZE)
        RtlSetLastWin32Error(NO_ERROR);
    return size.LowPart;
}
WINBOOL WINAPI SetFilePointerEx(HANDLE File, LARGE_INTEGER Distance, PLARGE_INTEGER New, DWORD Method) {
    IO_STATUS_BLOCK io;
    LARGE_INTEGER position = Distance, start = {0};
    if (Method == FILE_CURRENT && !BaseResult(NtQueryInformationFile(File, &io, &start, sizeof start, FilePositionInformation_)))
        return FALSE;
    if (Method == FILE_END && !GetFileSizeEx(File, &start))
        return FALSE;
    if (Method > FILE_END)
        return BaseFail(ERROR_INVALID_PARAMETER);
    if (__builtin_add_overflow(position.QuadPart, start.QuadPart, &position.QuadPart) || position.QuadPart < 0)
        return BaseFail(ERROR_NEGATIVE_SEEK);
    if (!BaseResult(NtSetInformationFile(File, &io, &position, sizeof position, FilePositionInformation_)))
        return FALSE;
    if (New)
        *New = position;
    return TRUE;
}
DWORD WINAPI SetFilePointer(HANDLE File, LONG Distance, PLONG High, DWORD Method) {
    LARGE_INTEGER distance = {.QuadPart = Distance}, position;
    if (High) {
        distance.LowPart = (DWORD)Distance;
        distance.HighPart = *High;
    }
    if (!SetFilePointerEx(File, distance, &position, Method))
        return INVALID_SET_FILE_POINTER;
    if (High)
        *High = position.HighPart;
    else if (position.HighPart)
        return BaseFail(ERROR_INVALID_PARAMETER) ? 0 : INVALID_SET_FILE_POINTER;
    if (position.LowPart == INVALID_SET_FILE_POINTER)
        RtlSetLastWin32Error(NO_ERROR);
    return position.LowPart;
}
WINBOOL WINAPI SetEndOfFile(HANDLE File) {
    IO_STATUS_BLOCK io;
    LARGE_INTEGER position;
    if (!BaseResult(NtQueryInformationFile(File, &io, &position, sizeof position, FilePositionInformation_)) ||
        !BaseResult(NtSetInformationFile(File, &io, &position, sizeof position, FileEndOfFileInformation_)))
        return FALSE;
    return BaseResult(NtSetInformationFile(File, &io, &position, sizeof position, FileAllocationInformation_));
}
WINBOOL WINAPI FlushFileBuffers(HANDLE File) {
    IO_STATUS_BLOCK io;
    return BaseResult(NtFlushBuffersFile(BaseStandardHandle(File), &io));
}

WINBOOL WINAPI GetFileTime(HANDLE File, LPFILETIME Create, LPFILETIME Access, LPFILETIME Write) {
    IO_STATUS_BLOCK io;
    NT_FILE_BASIC_INFORMATION basic;
    if (!BaseResult(NtQueryInformationFile(File, &io, &basic, sizeof basic, FileBasicInformation_)))
        return FALSE;
    if (Create)
        memcpy(Create, &basic.CreationTime, sizeof *Create);
    if (Access)
        memcpy(Access, &basic.LastAccessTime, sizeof *Access);
    if (Write)
        memcpy(Write, &basic.LastWriteTime, sizeof *Write);
    return TRUE;
}
WINBOOL WINAPI SetFileTime(HANDLE File, CONST FILETIME *Create, CONST FILETIME *Access, CONST FILETIME *Write) {
    IO_STATUS_BLOCK io;
    NT_FILE_BASIC_INFORMATION basic = {0}; /* zero: leave as it is */
    if (Create)
        memcpy(&basic.CreationTime, Create, sizeof *Create);
    if (Access)
        memcpy(&basic.LastAccessTime, Access, sizeof *Access);
    if (Write)
        memcpy(&basic.LastWriteTime, Write, sizeof *Write);
    return BaseResult(NtSetInformationFile(File, &io, &basic, sizeof basic, FileBasicInformation_));
}
WINBOOL WINAPI GetFileInformationByHandle(HANDLE File, LPBY_HANDLE_FILE_INFORMATION Information) {
    IO_STATUS_BLOCK io;
    NT_FILE_BASIC_INFORMATION basic;
    NT_FILE_STANDARD_INFORMATION standard;
    LARGE_INTEGER id = {0};
    if (!BaseResult(NtQueryInformationFile(File, &io, &basic, sizeof basic, FileBasicInformation_)) ||
        !BaseResult(NtQueryInformationFile(File, &io, &standard, sizeof standard, FileStandardInformation_)))
        return FALSE;
    NtQueryInformationFile(File, &io, &id, sizeof id, FileInternalInformation_); /* not every file system numbers its files */
    memset(Information, 0, sizeof *Information);
    Information->dwFileAttributes = basic.FileAttributes;
    memcpy(&Information->ftCreationTime, &basic.CreationTime, sizeof(FILETIME));
    memcpy(&Information->ftLastAccessTime, &basic.LastAccessTime, sizeof(FILETIME));
    memcpy(&Information->ftLastWriteTime, &basic.LastWriteTime, sizeof(FILETIME));
    Information->nFileSizeHigh = (DWORD)standard.EndOfFile.HighPart;
    Information->nFileSizeLow = standard.EndOfFile.LowPart;
    Information->nNumberOfLinks = standard.NumberOfLinks;
    Information->nFileIndexHigh = (DWORD)id.HighPart;
    Information->nFileIndexLow = id.LowPart;
    return TRUE;
}
