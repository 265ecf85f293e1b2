/* Handles and named dispatcher objects: events, mutexes, semaphores; waiting for them. */
#include "kernel32.h"

BOOL WINAPI CloseHandle(HANDLE Handle) { return BaseResult(NtClose(BaseStandardHandle(Handle))); }

BOOL WINAPI DuplicateHandle(HANDLE SourceProcess, HANDLE Source, HANDLE TargetProcess, LPHANDLE Target, DWORD Access, WINBOOL Inherit,
                            DWORD Options) {
    return BaseResult(
        NtDuplicateObject(SourceProcess, BaseStandardHandle(Source), TargetProcess, Target, Access, Inherit ? OBJ_INHERIT : 0, Options));
}
BOOL WINAPI GetHandleInformation(HANDLE Handle, LPDWORD Flags) {
    NT_OBJECT_HANDLE_FLAGS flags;
    if (!BaseResult(NtQueryObject(BaseStandardHandle(Handle), ObjectHandleFlagInformation_, &flags, sizeof flags, NULL)))
        return FALSE;
    *Flags = (flags.Inherit ? HANDLE_FLAG_INHERIT : 0) | (flags.ProtectFromClose ? HANDLE_FLAG_PROTECT_FROM_CLOSE : 0);
    return TRUE;
}
BOOL WINAPI SetHandleInformation(HANDLE Handle, DWORD Mask, DWORD Flags) {
    NT_OBJECT_HANDLE_FLAGS flags;
    Handle = BaseStandardHandle(Handle);
    if (!BaseResult(NtQueryObject(Handle, ObjectHandleFlagInformation_, &flags, sizeof flags, NULL)))
        return FALSE;
    if (Mask & HANDLE_FLAG_INHERIT)
        flags.Inherit = (Flags & HANDLE_FLAG_INHERIT) != 0;
    if (Mask & HANDLE_FLAG_PROTECT_FROM_CLOSE)
        flags.ProtectFromClose = (Flags & HANDLE_FLAG_PROTECT_FROM_CLOSE) != 0;
    return BaseResult(NtSetInformationObject(Handle, ObjectHandleFlagInformation_, &flags, sizeof flags));
}

/* "\BaseNamedObjects" for session 0, "\Sessions\N\BaseNamedObjects" for the others. What "Global\" and "Local\" lead to are links in it. */
static NTSTATUS BaseNamedDirectory(PWSTR Path, SIZE_T Room) {
    ULONG session;
    NTSTATUS status = NtQueryInformationProcess((HANDLE)-1, ProcessSessionInformation_, &session, sizeof session, NULL);
    if (!NT_SUCCESS(status))
        return status;
    CHAR text[40];
    int length =
        session ? _snprintf(text, sizeof text, "\\Sessions\\%lu\\BaseNamedObjects", session) : _snprintf(text, sizeof text, "\\BaseNamedObjects");
    for (int n = 0; n <= length && (SIZE_T)n < Room; n++)
        Path[n] = (WCHAR)text[n];
    return STATUS_SUCCESS;
}

NTSTATUS BaseObjectAttributes(POBJECT_ATTRIBUTES Attributes, PUNICODE_STRING NtName, PCWSTR Name, LPSECURITY_ATTRIBUTES Security, ULONG Flags) {
    static HANDLE directory;
    HANDLE root = NULL;
    if (Security && Security->bInheritHandle)
        Flags |= OBJ_INHERIT;
    if (Name) {
        if (!directory) {
            UNICODE_STRING path;
            OBJECT_ATTRIBUTES attributes;
            HANDLE opened;
            WCHAR text[64];
            NTSTATUS status = BaseNamedDirectory(text, ARRAYSIZE(text));
            if (!NT_SUCCESS(status))
                return status;
            RtlInitUnicodeString(&path, text);
            InitializeObjectAttributes(&attributes, &path, OBJ_CASE_INSENSITIVE, NULL, NULL);
            status = NtOpenDirectoryObject(&opened, DIRECTORY_QUERY | DIRECTORY_TRAVERSE | DIRECTORY_CREATE_OBJECT, &attributes);
            if (!NT_SUCCESS(status))
                return status;
            if (InterlockedCompareExchangePointer(&directory, opened, NULL))
                NtClose(opened);
        }
        root = directory;
        RtlInitUnicodeString(NtName, Name);
    }
    InitializeObjectAttributes(Attributes, Name ? NtName : NULL, Flags, root, Security ? Security->lpSecurityDescriptor : NULL);
    return STATUS_SUCCESS;
}

/* An object that was there already is success with ERROR_ALREADY_EXISTS; a new one resets the last error. */
HANDLE BaseCreated(NTSTATUS Status, HANDLE Handle) {
    if (!NT_SUCCESS(Status)) {
        BaseResult(Status == STATUS_OBJECT_TYPE_MISMATCH ? STATUS_INVALID_HANDLE : Status);
        return NULL;
    }
    RtlSetLastWin32Error(Status == STATUS_OBJECT_NAME_EXISTS ? ERROR_ALREADY_EXISTS : NO_ERROR);
    return Handle;
}

HANDLE WINAPI CreateEventExW(LPSECURITY_ATTRIBUTES Security, LPCWSTR Name, DWORD Flags, DWORD Access) {
    CREATE_NAMED(NtCreateEvent(&handle, Access, &attributes, (Flags & CREATE_EVENT_MANUAL_RESET) ? NtNotificationEvent : NtSynchronizationEvent,
                               (Flags & CREATE_EVENT_INITIAL_SET) != 0));
}
HANDLE WINAPI CreateEventW(LPSECURITY_ATTRIBUTES Security, WINBOOL Manual, WINBOOL Initial, LPCWSTR Name) {
    return CreateEventExW(Security, Name, (Manual ? CREATE_EVENT_MANUAL_RESET : 0) | (Initial ? CREATE_EVENT_INITIAL_SET : 0), EVENT_ALL_ACCESS);
}
HANDLE WINAPI CreateEventA(LPSECURITY_ATTRIBUTES Security, WINBOOL Manual, WINBOOL Initial, LPCSTR Name) {
    WITH_WIDE_NAME(CreateEventW(Security, Manual, Initial, wide));
}
HANDLE WINAPI CreateEventExA(LPSECURITY_ATTRIBUTES Security, LPCSTR Name, DWORD Flags, DWORD Access) {
    WITH_WIDE_NAME(CreateEventExW(Security, wide, Flags, Access));
}
HANDLE WINAPI OpenEventW(DWORD Access, WINBOOL Inherit, LPCWSTR Name) { OPEN_NAMED(NtOpenEvent(&handle, Access, &attributes)); }
HANDLE WINAPI OpenEventA(DWORD Access, WINBOOL Inherit, LPCSTR Name) { WITH_WIDE_NAME(OpenEventW(Access, Inherit, wide)); }
BOOL WINAPI SetEvent(HANDLE Event) { return BaseResult(NtSetEvent(Event, NULL)); }
BOOL WINAPI ResetEvent(HANDLE Event) { return BaseResult(NtClearEvent(Event)); }
BOOL WINAPI PulseEvent(HANDLE Event) { return BaseResult(NtPulseEvent(Event, NULL)); }

HANDLE WINAPI CreateMutexExW(LPSECURITY_ATTRIBUTES Security, LPCWSTR Name, DWORD Flags, DWORD Access) {
    CREATE_NAMED(NtCreateMutant(&handle, Access, &attributes, (Flags & CREATE_MUTEX_INITIAL_OWNER) != 0));
}
HANDLE WINAPI CreateMutexW(LPSECURITY_ATTRIBUTES Security, WINBOOL Owner, LPCWSTR Name) {
    return CreateMutexExW(Security, Name, Owner ? CREATE_MUTEX_INITIAL_OWNER : 0, MUTEX_ALL_ACCESS);
}
HANDLE WINAPI CreateMutexA(LPSECURITY_ATTRIBUTES Security, WINBOOL Owner, LPCSTR Name) { WITH_WIDE_NAME(CreateMutexW(Security, Owner, wide)); }
HANDLE WINAPI CreateMutexExA(LPSECURITY_ATTRIBUTES Security, LPCSTR Name, DWORD Flags, DWORD Access) {
    WITH_WIDE_NAME(CreateMutexExW(Security, wide, Flags, Access));
}
HANDLE WINAPI OpenMutexW(DWORD Access, WINBOOL Inherit, LPCWSTR Name) { OPEN_NAMED(NtOpenMutant(&handle, Access, &attributes)); }
HANDLE WINAPI OpenMutexA(DWORD Access, WINBOOL Inherit, LPCSTR Name) { WITH_WIDE_NAME(OpenMutexW(Access, Inherit, wide)); }
BOOL WINAPI ReleaseMutex(HANDLE Mutex) { return BaseResult(NtReleaseMutant(Mutex, NULL)); }

HANDLE WINAPI CreateSemaphoreExW(LPSECURITY_ATTRIBUTES Security, LONG Count, LONG Limit, LPCWSTR Name, DWORD Flags, DWORD Access) {
    CREATE_NAMED(NtCreateSemaphore(&handle, Access, &attributes, Count, Limit));
}
HANDLE WINAPI CreateSemaphoreW(LPSECURITY_ATTRIBUTES Security, LONG Count, LONG Limit, LPCWSTR Name) {
    return CreateSemaphoreExW(Security, Count, Limit, Name, 0, SEMAPHORE_ALL_ACCESS);
}
HANDLE WINAPI CreateSemaphoreA(LPSECURITY_ATTRIBUTES Security, LONG Count, LONG Limit, LPCSTR Name) {
    WITH_WIDE_NAME(CreateSemaphoreW(Security, Count, Limit, wide));
}
HANDLE WINAPI CreateSemaphoreExA(LPSECURITY_ATTRIBUTES Security, LONG Count, LONG Limit, LPCSTR Name, DWORD Flags, DWORD Access) {
    WITH_WIDE_NAME(CreateSemaphoreExW(Security, Count, Limit, wide, Flags, Access));
}
HANDLE WINAPI OpenSemaphoreW(DWORD Access, WINBOOL Inherit, LPCWSTR Name) { OPEN_NAMED(NtOpenSemaphore(&handle, Access, &attributes)); }
HANDLE WINAPI OpenSemaphoreA(DWORD Access, WINBOOL Inherit, LPCSTR Name) { WITH_WIDE_NAME(OpenSemaphoreW(Access, Inherit, wide)); }
BOOL WINAPI ReleaseSemaphore(HANDLE Semaphore, LONG Count, LPLONG Previous) { return BaseResult(NtReleaseSemaphore(Semaphore, Count, Previous)); }

/* A wait that an APC ended is not resumed: WAIT_IO_COMPLETION, as documented. There is no answer for an alert: the wait begins again. */
static DWORD Waited(NTSTATUS Status) { return BaseResult(Status) ? (DWORD)Status : WAIT_FAILED; }

DWORD WINAPI WaitForSingleObjectEx(HANDLE Handle, DWORD Milliseconds, WINBOOL Alertable) {
    LARGE_INTEGER time;
    NTSTATUS status;
    do {
        status = NtWaitForSingleObject(BaseStandardHandle(Handle), (BOOLEAN)Alertable, BaseTimeout(Milliseconds, &time));
    } while (status == STATUS_ALERTED);
    return Waited(status);
}
DWORD WINAPI WaitForSingleObject(HANDLE Handle, DWORD Milliseconds) { return WaitForSingleObjectEx(Handle, Milliseconds, FALSE); }
DWORD WINAPI WaitForMultipleObjectsEx(DWORD Count, CONST HANDLE *Handles, WINBOOL All, DWORD Milliseconds, WINBOOL Alertable) {
    LARGE_INTEGER time;
    HANDLE handles[MAXIMUM_WAIT_OBJECTS];
    NTSTATUS status;
    if (!Count || Count > MAXIMUM_WAIT_OBJECTS) {
        BaseFail(ERROR_INVALID_PARAMETER);
        return WAIT_FAILED;
    }
    for (DWORD n = 0; n < Count; n++)
        handles[n] = BaseStandardHandle(Handles[n]);
    do {
        status = NtWaitForMultipleObjects(Count, handles, All ? NtWaitAll : NtWaitAny, (BOOLEAN)Alertable, BaseTimeout(Milliseconds, &time));
    } while (status == STATUS_ALERTED);
    return Waited(status);
}
DWORD WINAPI WaitForMultipleObjects(DWORD Count, CONST HANDLE *Handles, WINBOOL All, DWORD Milliseconds) {
    return WaitForMultipleObjectsEx(Count, Handles, All, Milliseconds, FALSE);
}
DWORD WINAPI SignalObjectAndWait(HANDLE Signal, HANDLE Wait, DWORD Milliseconds, WINBOOL Alertable) {
    LARGE_INTEGER time;
    return Waited(NtSignalAndWaitForSingleObject(Signal, Wait, (BOOLEAN)Alertable, BaseTimeout(Milliseconds, &time)));
}
DWORD WINAPI SleepEx(DWORD Milliseconds, WINBOOL Alertable) {
    LARGE_INTEGER time;
    if (!BaseTimeout(Milliseconds, &time))
        time.QuadPart = (LONGLONG)0x8000000000000000ull; /* as far away as there is */
    NTSTATUS status;
    do {
        status = NtDelayExecution((BOOLEAN)Alertable, &time);
    } while (Alertable && status == STATUS_ALERTED);
    return status == STATUS_USER_APC ? WAIT_IO_COMPLETION : 0;
}
VOID WINAPI Sleep(DWORD Milliseconds) { SleepEx(Milliseconds, FALSE); }
WINBOOL WINAPI SwitchToThread(VOID) { return NtYieldExecution() != STATUS_NO_YIELD_PERFORMED; }
