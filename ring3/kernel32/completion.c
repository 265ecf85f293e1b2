/* I/O completion ports. */
#include "kernel32.h"

HANDLE WINAPI CreateIoCompletionPort(HANDLE File, HANDLE Existing, ULONG_PTR Key, DWORD Threads) {
    HANDLE port = Existing;
    if (File == INVALID_HANDLE_VALUE && Existing) {
        BaseFail(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    if (!Existing && !BaseResult(NtCreateIoCompletion(&port, NT_IO_COMPLETION_ALL_ACCESS, NULL, Threads)))
        return NULL;
    if (File == INVALID_HANDLE_VALUE)
        return port;
    NT_FILE_COMPLETION_INFORMATION information = {port, (PVOID)Key};
    IO_STATUS_BLOCK io;
    NTSTATUS status = NtSetInformationFile(File, &io, &information, sizeof information, FileCompletionInformation_);
    if (NT_SUCCESS(status))
        return port;
    if (!Existing)
        NtClose(port);
    BaseResult(status);
    return NULL;
}

/* Statuses of a wait that brought nothing; all of them are success codes. */
static BOOL Nothing(NTSTATUS Status) {
    if (Status == STATUS_TIMEOUT)
        return BaseFail(WAIT_TIMEOUT);
    if (Status == STATUS_USER_APC)
        return BaseFail(WAIT_IO_COMPLETION);
    RtlSetLastWin32ErrorAndNtStatusFromNtStatus(Status);
    return FALSE;
}

WINBOOL WINAPI GetQueuedCompletionStatus(HANDLE Port, LPDWORD Bytes, PULONG_PTR Key, LPOVERLAPPED *Request, DWORD Milliseconds) {
    LARGE_INTEGER time;
    IO_STATUS_BLOCK io;
    PVOID key, request;
    NTSTATUS status = NtRemoveIoCompletion(Port, &key, &request, &io, BaseTimeout(Milliseconds, &time));
    if (status != STATUS_SUCCESS) {
        *Request = NULL;
        return Nothing(status);
    }
    *Key = (ULONG_PTR)key;
    *Request = request;
    *Bytes = (DWORD)io.Information;
    return BaseResult(io.Status);
}

/* OVERLAPPED_ENTRY is FILE_IO_COMPLETION_INFORMATION by another name. */
_Static_assert(sizeof(OVERLAPPED_ENTRY) == 32 && offsetof(OVERLAPPED_ENTRY, dwNumberOfBytesTransferred) == 24, "OVERLAPPED_ENTRY");
WINBOOL WINAPI GetQueuedCompletionStatusEx(HANDLE Port, LPOVERLAPPED_ENTRY Entries, ULONG Count, PULONG Removed, DWORD Milliseconds,
                                           WINBOOL Alertable) {
    LARGE_INTEGER time;
    NTSTATUS status = NtRemoveIoCompletionEx(Port, Entries, Count, Removed, BaseTimeout(Milliseconds, &time), (BOOLEAN)Alertable);
    return status == STATUS_SUCCESS ? TRUE : Nothing(status);
}

WINBOOL WINAPI PostQueuedCompletionStatus(HANDLE Port, DWORD Bytes, ULONG_PTR Key, LPOVERLAPPED Request) {
    return BaseResult(NtSetIoCompletion(Port, (PVOID)Key, Request, STATUS_SUCCESS, Bytes));
}

WINBOOL WINAPI SetFileCompletionNotificationModes(HANDLE File, UCHAR Flags) {
    ULONG modes = Flags;
    IO_STATUS_BLOCK io;
    return BaseResult(NtSetInformationFile(File, &io, &modes, sizeof modes, FileIoCompletionNotificationInformation_));
}
