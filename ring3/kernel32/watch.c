/* Byte ranges that are locked, and directories that are watched. */
#include "kernel32.h"

#define LENGTH(low, high) ((LARGE_INTEGER){.QuadPart = (LONGLONG)((ULONG64)(high) << 32 | (low))})

/* Does not wait for a lock that somebody else has (documentation: it returns at once). */
WINBOOL WINAPI LockFile(HANDLE File, DWORD Low, DWORD High, DWORD BytesLow, DWORD BytesHigh) {
    IO_STATUS_BLOCK io;
    LARGE_INTEGER offset = LENGTH(Low, High), length = LENGTH(BytesLow, BytesHigh);
    NTSTATUS status = NtLockFile(File, NULL, NULL, NULL, &io, &offset, &length, 0, TRUE, TRUE);
    if (status == STATUS_PENDING) {
        status = NtWaitForSingleObject(File, FALSE, NULL);
        if (NT_SUCCESS(status))
            status = io.Status;
    }
    return BaseResult(status);
}
WINBOOL WINAPI UnlockFile(HANDLE File, DWORD Low, DWORD High, DWORD BytesLow, DWORD BytesHigh) {
    IO_STATUS_BLOCK io;
    LARGE_INTEGER offset = LENGTH(Low, High), length = LENGTH(BytesLow, BytesHigh);
    return BaseResult(NtUnlockFile(File, &io, &offset, &length, 0));
}

WINBOOL WINAPI LockFileEx(HANDLE File, DWORD Flags, DWORD Reserved, DWORD BytesLow, DWORD BytesHigh, LPOVERLAPPED Request) {
    LARGE_INTEGER offset = LENGTH(Request->Offset, Request->OffsetHigh), length = LENGTH(BytesLow, BytesHigh);
    if (Reserved)
        return BaseFail(ERROR_INVALID_PARAMETER);
    Request->Internal = (ULONG_PTR)STATUS_PENDING;
    NTSTATUS status = NtLockFile(File, Request->hEvent, NULL, ((ULONG_PTR)Request->hEvent & 1) ? NULL : Request, (PIO_STATUS_BLOCK)&Request->Internal,
                                 &offset, &length, 0, (Flags & LOCKFILE_FAIL_IMMEDIATELY) != 0, (Flags & LOCKFILE_EXCLUSIVE_LOCK) != 0);
    return status == STATUS_PENDING ? BaseFail(ERROR_IO_PENDING) : BaseResult(status);
}
WINBOOL WINAPI UnlockFileEx(HANDLE File, DWORD Reserved, DWORD BytesLow, DWORD BytesHigh, LPOVERLAPPED Request) {
    if (Reserved)
        return BaseFail(ERROR_INVALID_PARAMETER);
    return UnlockFile(File, Request->Offset, Request->OffsetHigh, BytesLow, BytesHigh);
}

static VOID NTAPI WatchApc(PVOID Routine, PIO_STATUS_BLOCK Io, ULONG Unused) {
    ((LPOVERLAPPED_COMPLETION_ROUTINE)(ULONG_PTR)Routine)(RtlNtStatusToDosError(Io->Status), (DWORD)Io->Information, (LPOVERLAPPED)Io);
}

/* Changes that the buffer did not hold are success with no bytes. */
WINBOOL WINAPI ReadDirectoryChangesW(HANDLE Directory, LPVOID Buffer, DWORD Length, WINBOOL Subtree, DWORD Filter, LPDWORD Done, LPOVERLAPPED Request,
                                     LPOVERLAPPED_COMPLETION_ROUTINE Routine) {
    IO_STATUS_BLOCK io = {0}, *block = Request ? (PIO_STATUS_BLOCK)&Request->Internal : &io;
    HANDLE event = Request && !Routine ? Request->hEvent : NULL;
    PVOID context = !Request ? NULL : Routine ? (PVOID)(ULONG_PTR)Routine : ((ULONG_PTR)Request->hEvent & 1) ? NULL : Request;
    if (Request)
        Request->Internal = (ULONG_PTR)STATUS_PENDING;
    NTSTATUS status =
        NtNotifyChangeDirectoryFile(Directory, event, Request && Routine ? WatchApc : NULL, context, block, Buffer, Length, Filter, Subtree != FALSE);
    if (status == STATUS_PENDING && !Request) {
        status = NtWaitForSingleObject(Directory, FALSE, NULL);
        if (NT_SUCCESS(status))
            status = io.Status;
    }
    if (NT_SUCCESS(status) && status != STATUS_PENDING && Done)
        *Done = (DWORD)block->Information;
    return BaseResult(status);
}

/* The handle is the directory's: a request that completes sets it. Nobody reads what has changed, so all share the place where it would be said. */
static IO_STATUS_BLOCK watch_status;

static BOOL Watch(HANDLE Directory, BOOL Subtree, DWORD Filter) {
    NTSTATUS status = NtNotifyChangeDirectoryFile(Directory, NULL, NULL, NULL, &watch_status, NULL, 0, Filter, Subtree != FALSE);
    return BaseResult(status);
}

HANDLE WINAPI FindFirstChangeNotificationW(LPCWSTR Name, WINBOOL Subtree, DWORD Filter) {
    UNICODE_STRING path;
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK io;
    HANDLE directory;
    if (!BaseNtPath(Name, &path, &attributes))
        return INVALID_HANDLE_VALUE;
    NTSTATUS status = NtOpenFile(&directory, FILE_LIST_DIRECTORY | SYNCHRONIZE, &attributes, &io,
                                 FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, FILE_DIRECTORY_FILE | FILE_OPEN_FOR_BACKUP_INTENT);
    RtlFreeUnicodeString(&path);
    if (!BaseResult(status))
        return INVALID_HANDLE_VALUE;
    if (!Watch(directory, Subtree, Filter)) {
        NtClose(directory);
        return INVALID_HANDLE_VALUE;
    }
    return directory;
}
HANDLE WINAPI FindFirstChangeNotificationA(LPCSTR Name, WINBOOL Subtree, DWORD Filter) {
    PWSTR wide = BaseWide(Name);
    if (Name && !wide)
        return INVALID_HANDLE_VALUE;
    HANDLE directory = FindFirstChangeNotificationW(wide, Subtree, Filter);
    BaseFree(wide);
    return directory;
}
/* Which changes and whether below was said at the first. */
WINBOOL WINAPI FindNextChangeNotification(HANDLE Directory) { return Watch(Directory, TRUE, FILE_NOTIFY_CHANGE_FILE_NAME); }
WINBOOL WINAPI FindCloseChangeNotification(HANDLE Directory) { return BaseResult(NtClose(Directory)); }
