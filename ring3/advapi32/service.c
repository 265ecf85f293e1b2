/* Service handles, and what is done with a service: start, control, status, delete. */
#include "service.h"

BOOL AdvServiceResult(NTSTATUS Status) {
    if (NT_SUCCESS(Status))
        return TRUE;
    if (((ULONG)Status & 0xFFFF0000u) == 0xC0070000u)
        return AdvFail((ULONG)Status & 0xFFFFu);
    return AdvFail(RtlNtStatusToDosError(Status));
}

NTSTATUS AdvServiceRequest(SC_HANDLE Handle, ULONG Code, PVOID In, ULONG InSize, PVOID Out, ULONG OutSize) {
    IO_STATUS_BLOCK Iosb;

    return NtDeviceIoControlFile((HANDLE)Handle, NULL, NULL, NULL, &Iosb, Code, In, InSize, Out, OutSize);
}

PVOID AdvServiceFetch(SC_HANDLE Service, ULONG Code, PVOID In, ULONG InSize, ULONG Least, PULONG Size) {
    ULONG Room = Least < 2048 ? 2048 : Least;

    for (;;) {
        IO_STATUS_BLOCK Iosb = {0};
        PVOID Answer = AdvAllocate(Room);
        NTSTATUS Status;

        if (!Answer) {
            AdvFail(ERROR_NOT_ENOUGH_MEMORY);
            return NULL;
        }
        Status = NtDeviceIoControlFile((HANDLE)Service, NULL, NULL, NULL, &Iosb, Code, In, InSize, Answer, Room);
        if (NT_SUCCESS(Status)) {
            *Size = (ULONG)Iosb.Information;
            return Answer;
        }
        if (Status == STATUS_BUFFER_OVERFLOW)
            Room = *(ULONG *)Answer;
        AdvFree(Answer);
        if (Status != STATUS_BUFFER_OVERFLOW) {
            AdvServiceResult(Status);
            return NULL;
        }
    }
}

PVOID AdvPutText(ADV_ANSWER *Answer, PCWSTR From, SIZE_T Bytes, ULONG Ends) {
    SIZE_T Count = Bytes / sizeof(WCHAR), Start, Unit = Answer->Wide ? sizeof(WCHAR) : 1;
    SIZE_T Length = Answer->Wide ? Bytes : AdvNarrow(From, Count, NULL, 0);

    Answer->Used = (Answer->Used + Unit - 1) / Unit * Unit;
    Start = Answer->Used;
    Answer->Used += Length + Ends * Unit;
    if (Answer->Used > Answer->Size)
        return NULL;
    if (Answer->Wide)
        memcpy(Answer->Buffer + Start, From, Bytes);
    else
        AdvNarrow(From, Count, (PSTR)Answer->Buffer + Start, (DWORD)Length);
    memset(Answer->Buffer + Start + Length, 0, Ends * Unit);
    return Answer->Buffer + Start;
}

static NTSTATUS Open(HANDLE Root, PUNICODE_STRING Name, ACCESS_MASK Access, SC_HANDLE *Handle) {
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Iosb;

    *Handle = NULL;
    InitializeObjectAttributes(&Attributes, Name, OBJ_CASE_INSENSITIVE, Root, NULL);
    return NtCreateFile((PHANDLE)Handle, Access | SYNCHRONIZE, &Attributes, &Iosb, NULL, 0, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                        FILE_OPEN, FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0);
}

/* "Service Security and Access Rights": what the generic rights stand for. */
static ACCESS_MASK MapAccess(ACCESS_MASK Access, ACCESS_MASK Read, ACCESS_MASK Write, ACCESS_MASK Execute, ACCESS_MASK All) {
    ACCESS_MASK Mapped = Access & ~(ACCESS_MASK)(GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL | MAXIMUM_ALLOWED);

    Mapped |= Access & GENERIC_READ ? Read : 0;
    Mapped |= Access & GENERIC_WRITE ? Write : 0;
    Mapped |= Access & GENERIC_EXECUTE ? Execute : 0;
    Mapped |= Access & (GENERIC_ALL | MAXIMUM_ALLOWED) ? All : 0;
    return Mapped;
}

/* ---- Handles --------------------------------------------------------------------------------------------------------------------- */

SC_HANDLE WINAPI OpenSCManagerW(LPCWSTR MachineName, LPCWSTR DatabaseName, DWORD DesiredAccess) {
    UNICODE_STRING Name;
    SC_HANDLE Handle;

    /* There is no other machine to ask. */
    if (MachineName && *MachineName && wcscmp(MachineName, L".") != 0) {
        AdvFail(RPC_S_SERVER_UNAVAILABLE);
        return NULL;
    }
    if (DatabaseName && *DatabaseName && _wcsicmp(DatabaseName, SERVICES_ACTIVE_DATABASEW) != 0) {
        AdvFail(_wcsicmp(DatabaseName, SERVICES_FAILED_DATABASEW) == 0 ? ERROR_DATABASE_DOES_NOT_EXIST : ERROR_INVALID_NAME);
        return NULL;
    }
    RtlInitUnicodeString(&Name, SCM_DEVICE_NAME);
    DesiredAccess = SC_MANAGER_CONNECT | MapAccess(DesiredAccess, STANDARD_RIGHTS_READ | SC_MANAGER_ENUMERATE_SERVICE | SC_MANAGER_QUERY_LOCK_STATUS,
                                                   STANDARD_RIGHTS_WRITE | SC_MANAGER_CREATE_SERVICE | SC_MANAGER_MODIFY_BOOT_CONFIG,
                                                   STANDARD_RIGHTS_EXECUTE | SC_MANAGER_LOCK, SC_MANAGER_ALL_ACCESS);
    return AdvServiceResult(Open(NULL, &Name, DesiredAccess, &Handle)) ? Handle : NULL;
}

SC_HANDLE WINAPI OpenSCManagerA(LPCSTR MachineName, LPCSTR DatabaseName, DWORD DesiredAccess) {
    BOOL Ok = TRUE;
    PWSTR Machine = AdvWide(MachineName, &Ok), Database = AdvWide(DatabaseName, &Ok);
    SC_HANDLE Handle = Ok ? OpenSCManagerW(Machine, Database, DesiredAccess) : NULL;

    AdvFree(Machine);
    AdvFree(Database);
    return Handle;
}

SC_HANDLE WINAPI OpenServiceW(SC_HANDLE Manager, LPCWSTR ServiceName, DWORD DesiredAccess) {
    UNICODE_STRING Name;
    SC_HANDLE Handle;

    if (!Manager) {
        AdvFail(ERROR_INVALID_HANDLE);
        return NULL;
    }
    if (!ServiceName) {
        AdvFail(ERROR_INVALID_ADDRESS);
        return NULL;
    }
    if (!*ServiceName || wcslen(ServiceName) > SCM_NAME_LENGTH || wcschr(ServiceName, '\\') || wcschr(ServiceName, '/')) {
        AdvFail(ERROR_INVALID_NAME);
        return NULL;
    }
    RtlInitUnicodeString(&Name, ServiceName);
    DesiredAccess = MapAccess(
        DesiredAccess, STANDARD_RIGHTS_READ | SERVICE_QUERY_CONFIG | SERVICE_QUERY_STATUS | SERVICE_INTERROGATE | SERVICE_ENUMERATE_DEPENDENTS,
        STANDARD_RIGHTS_WRITE | SERVICE_CHANGE_CONFIG,
        STANDARD_RIGHTS_EXECUTE | SERVICE_START | SERVICE_STOP | SERVICE_PAUSE_CONTINUE | SERVICE_USER_DEFINED_CONTROL, SERVICE_ALL_ACCESS);
    return AdvServiceResult(Open((HANDLE)Manager, &Name, DesiredAccess, &Handle)) ? Handle : NULL;
}

SC_HANDLE WINAPI OpenServiceA(SC_HANDLE Manager, LPCSTR ServiceName, DWORD DesiredAccess) {
    BOOL Ok = TRUE;
    PWSTR Name = AdvWide(ServiceName, &Ok);
    SC_HANDLE Handle = Ok ? OpenServiceW(Manager, Name, DesiredAccess) : NULL;

    AdvFree(Name);
    return Handle;
}

BOOL WINAPI CloseServiceHandle(SC_HANDLE Handle) {
    if (!Handle)
        return AdvFail(ERROR_INVALID_HANDLE);
    return AdvServiceResult(NtClose((HANDLE)Handle));
}

/* ---- State --------------------------------------------------------------------------------------------------------------------------- */

VOID AdvCopyServiceStatus(LPSERVICE_STATUS To, const SCM_STATUS *From) {
    To->dwServiceType = From->Type;
    To->dwCurrentState = From->State;
    To->dwControlsAccepted = From->Accepted;
    To->dwWin32ExitCode = From->Win32Exit;
    To->dwServiceSpecificExitCode = From->ServiceExit;
    To->dwCheckPoint = From->CheckPoint;
    To->dwWaitHint = From->WaitHint;
}

VOID AdvCopyProcessStatus(LPSERVICE_STATUS_PROCESS To, const SCM_STATUS *From) {
    AdvCopyServiceStatus((LPSERVICE_STATUS)To, From); /* which is how it begins */
    To->dwProcessId = From->ProcessId;
    To->dwServiceFlags = From->Flags;
}

BOOL WINAPI StartServiceW(SC_HANDLE Service, DWORD ArgumentCount, LPCWSTR *Arguments) { /* a driver takes no arguments */
    return AdvServiceResult(AdvServiceRequest(Service, IOCTL_SCM_START, NULL, 0, NULL, 0));
}

BOOL WINAPI StartServiceA(SC_HANDLE Service, DWORD ArgumentCount, LPCSTR *Arguments) { return StartServiceW(Service, 0, NULL); }

BOOL WINAPI ControlService(SC_HANDLE Service, DWORD Control, LPSERVICE_STATUS ServiceStatus) {
    SCM_STATUS Status;

    if (!AdvServiceResult(AdvServiceRequest(Service, IOCTL_SCM_CONTROL, &Control, sizeof Control, &Status, sizeof Status)))
        return FALSE;
    AdvCopyServiceStatus(ServiceStatus, &Status);
    return TRUE;
}

BOOL WINAPI QueryServiceStatus(SC_HANDLE Service, LPSERVICE_STATUS ServiceStatus) {
    SCM_STATUS Status;

    if (!AdvServiceResult(AdvServiceRequest(Service, IOCTL_SCM_QUERY, NULL, 0, &Status, sizeof Status)))
        return FALSE;
    AdvCopyServiceStatus(ServiceStatus, &Status);
    return TRUE;
}

BOOL WINAPI QueryServiceStatusEx(SC_HANDLE Service, SC_STATUS_TYPE InfoLevel, LPBYTE Buffer, DWORD Size, LPDWORD Needed) {
    SERVICE_STATUS_PROCESS *To = (SERVICE_STATUS_PROCESS *)Buffer;
    SCM_STATUS Status;

    if (InfoLevel != SC_STATUS_PROCESS_INFO)
        return AdvFail(ERROR_INVALID_LEVEL);
    *Needed = sizeof *To;
    if (Size < sizeof *To)
        return AdvFail(ERROR_INSUFFICIENT_BUFFER);
    if (!AdvServiceResult(AdvServiceRequest(Service, IOCTL_SCM_QUERY, NULL, 0, &Status, sizeof Status)))
        return FALSE;
    AdvCopyProcessStatus(To, &Status);
    return TRUE;
}

BOOL WINAPI DeleteService(SC_HANDLE Service) { return AdvServiceResult(AdvServiceRequest(Service, IOCTL_SCM_DELETE, NULL, 0, NULL, 0)); }
