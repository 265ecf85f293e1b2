/* The service control functions: each is one request to \Device\ServiceControl, or opens or closes a handle to it. */
#include "advapi32.h"
#include <winioctl.h>
#include "drivers/scm/scm.h"

/* The driver's own errors are numbers of winerror.h; the others are statuses like any. */
static BOOL Result(NTSTATUS Status) {
    if (NT_SUCCESS(Status))
        return TRUE;
    if (((ULONG)Status & 0xFFFF0000u) == 0xC0070000u)
        return AdvFail((ULONG)Status & 0xFFFFu);
    return AdvFail(RtlNtStatusToDosError(Status));
}

static NTSTATUS Request(SC_HANDLE Handle, ULONG Code, PVOID In, ULONG InSize, PVOID Out, ULONG OutSize) {
    IO_STATUS_BLOCK Iosb;

    return NtDeviceIoControlFile((HANDLE)Handle, NULL, NULL, NULL, &Iosb, Code, In, InSize, Out, OutSize);
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
    return Result(Open(NULL, &Name, DesiredAccess, &Handle)) ? Handle : NULL;
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
    return Result(Open((HANDLE)Manager, &Name, DesiredAccess, &Handle)) ? Handle : NULL;
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
    return Result(NtClose((HANDLE)Handle));
}

/* ---- Configuration ------------------------------------------------------------------------------------------------------------------ */

typedef struct _TEXTS {
    PCWSTR Name, DisplayName, ImagePath, Group, Dependencies, Account;
} TEXTS;

static SIZE_T TextSize(PCWSTR Text) { return Text ? wcslen(Text) * sizeof(WCHAR) : 0; }

static VOID AddText(SCM_CONFIG *Config, SIZE_T *Used, SCM_TEXT *Reference, PCWSTR Text, SIZE_T Size) {
    Reference->Offset = Text ? (ULONG)*Used : 0;
    Reference->Length = (ULONG)Size;
    if (Text)
        memcpy((PUCHAR)Config + *Used, Text, Size);
    *Used += Size;
}

/* A request with all its texts behind it; NULL with the last error set. */
static SCM_CONFIG *MakeConfig(ULONG Type, ULONG Start, ULONG ErrorControl, BOOL Tag, const TEXTS *Texts, PULONG Size) {
    SIZE_T Multi = Texts->Dependencies ? AdvMultiLength(Texts->Dependencies) * sizeof(WCHAR) : 0, Used = sizeof(SCM_CONFIG);
    SIZE_T Total = Used + TextSize(Texts->Name) + TextSize(Texts->DisplayName) + TextSize(Texts->ImagePath) + TextSize(Texts->Group) + Multi +
                   TextSize(Texts->Account);
    SCM_CONFIG *Config = AdvAllocate(Total);

    if (!Config) {
        AdvFail(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    memset(Config, 0, sizeof *Config);
    Config->Type = Type;
    Config->Start = Start;
    Config->ErrorControl = ErrorControl;
    Config->Tag = Tag != 0;
    AddText(Config, &Used, &Config->Name, Texts->Name, TextSize(Texts->Name));
    AddText(Config, &Used, &Config->DisplayName, Texts->DisplayName, TextSize(Texts->DisplayName));
    AddText(Config, &Used, &Config->ImagePath, Texts->ImagePath, TextSize(Texts->ImagePath));
    AddText(Config, &Used, &Config->Group, Texts->Group, TextSize(Texts->Group));
    AddText(Config, &Used, &Config->Dependencies, Texts->Dependencies, Multi);
    AddText(Config, &Used, &Config->Account, Texts->Account, TextSize(Texts->Account));
    *Size = (ULONG)Used;
    return Config;
}

SC_HANDLE WINAPI CreateServiceW(SC_HANDLE Manager, LPCWSTR ServiceName, LPCWSTR DisplayName, DWORD DesiredAccess, DWORD ServiceType, DWORD StartType,
                                DWORD ErrorControl, LPCWSTR BinaryPathName, LPCWSTR LoadOrderGroup, LPDWORD TagId, LPCWSTR Dependencies,
                                LPCWSTR ServiceStartName, LPCWSTR Password) {
    TEXTS Texts = {ServiceName, DisplayName, BinaryPathName, LoadOrderGroup, Dependencies, ServiceStartName};
    SCM_CONFIG *Config;
    ULONG Size, Tag;
    BOOL Ok;

    if (!Manager) {
        AdvFail(ERROR_INVALID_HANDLE);
        return NULL;
    }
    if (!ServiceName) {
        AdvFail(ERROR_INVALID_ADDRESS);
        return NULL;
    }
    if (!BinaryPathName) {
        AdvFail(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    Config = MakeConfig(ServiceType, StartType, ErrorControl, TagId != NULL, &Texts, &Size);
    if (!Config)
        return NULL;
    Ok = Result(Request(Manager, IOCTL_SCM_CREATE, Config, Size, &Tag, sizeof Tag));
    AdvFree(Config);
    if (!Ok)
        return NULL;
    if (TagId)
        *TagId = Tag;
    return OpenServiceW(Manager, ServiceName, DesiredAccess);
}

SC_HANDLE WINAPI CreateServiceA(SC_HANDLE Manager, LPCSTR ServiceName, LPCSTR DisplayName, DWORD DesiredAccess, DWORD ServiceType, DWORD StartType,
                                DWORD ErrorControl, LPCSTR BinaryPathName, LPCSTR LoadOrderGroup, LPDWORD TagId, LPCSTR Dependencies,
                                LPCSTR ServiceStartName, LPCSTR Password) {
    BOOL Ok = TRUE;
    PWSTR Name = AdvWide(ServiceName, &Ok), Display = AdvWide(DisplayName, &Ok), Path = AdvWide(BinaryPathName, &Ok),
          Group = AdvWide(LoadOrderGroup, &Ok), Depend = AdvWideMulti(Dependencies, &Ok), Account = AdvWide(ServiceStartName, &Ok);
    SC_HANDLE Handle =
        Ok ? CreateServiceW(Manager, Name, Display, DesiredAccess, ServiceType, StartType, ErrorControl, Path, Group, TagId, Depend, Account, NULL)
           : NULL;

    AdvFree(Name);
    AdvFree(Display);
    AdvFree(Path);
    AdvFree(Group);
    AdvFree(Depend);
    AdvFree(Account);
    return Handle;
}

BOOL WINAPI ChangeServiceConfigW(SC_HANDLE Service, DWORD ServiceType, DWORD StartType, DWORD ErrorControl, LPCWSTR BinaryPathName,
                                 LPCWSTR LoadOrderGroup, LPDWORD TagId, LPCWSTR Dependencies, LPCWSTR ServiceStartName, LPCWSTR Password,
                                 LPCWSTR DisplayName) {
    TEXTS Texts = {NULL, DisplayName, BinaryPathName, LoadOrderGroup, Dependencies, ServiceStartName};
    SCM_CONFIG *Config;
    ULONG Size, Tag;
    BOOL Ok;

    Config = MakeConfig(ServiceType, StartType, ErrorControl, TagId != NULL, &Texts, &Size);
    if (!Config)
        return FALSE;
    Ok = Result(Request(Service, IOCTL_SCM_SET_CONFIG, Config, Size, &Tag, sizeof Tag));
    AdvFree(Config);
    if (Ok && TagId)
        *TagId = Tag;
    return Ok;
}

BOOL WINAPI ChangeServiceConfigA(SC_HANDLE Service, DWORD ServiceType, DWORD StartType, DWORD ErrorControl, LPCSTR BinaryPathName,
                                 LPCSTR LoadOrderGroup, LPDWORD TagId, LPCSTR Dependencies, LPCSTR ServiceStartName, LPCSTR Password,
                                 LPCSTR DisplayName) {
    BOOL Ok = TRUE;
    PWSTR Display = AdvWide(DisplayName, &Ok), Path = AdvWide(BinaryPathName, &Ok), Group = AdvWide(LoadOrderGroup, &Ok),
          Depend = AdvWideMulti(Dependencies, &Ok), Account = AdvWide(ServiceStartName, &Ok);

    if (Ok)
        Ok = ChangeServiceConfigW(Service, ServiceType, StartType, ErrorControl, Path, Group, TagId, Depend, Account, NULL, Display);
    AdvFree(Display);
    AdvFree(Path);
    AdvFree(Group);
    AdvFree(Depend);
    AdvFree(Account);
    return Ok;
}

/* The driver's answer, as long as it turns out to be; NULL with the last error set. */
static SCM_CONFIG *FetchConfig(SC_HANDLE Service) {
    ULONG Size = 2048;

    for (;;) {
        SCM_CONFIG *Config = AdvAllocate(Size);
        NTSTATUS Status;

        if (!Config) {
            AdvFail(ERROR_NOT_ENOUGH_MEMORY);
            return NULL;
        }
        Status = Request(Service, IOCTL_SCM_GET_CONFIG, NULL, 0, Config, Size);
        if (NT_SUCCESS(Status))
            return Config;
        if (Status == STATUS_BUFFER_OVERFLOW)
            Size = *(ULONG *)Config;
        AdvFree(Config);
        if (Status != STATUS_BUFFER_OVERFLOW) {
            Result(Status);
            return NULL;
        }
    }
}

typedef struct _ANSWER { /* texts behind a structure, wide or narrow; counted even when there is no room */
    PUCHAR Buffer;
    SIZE_T Size, Used;
    BOOL Wide;
} ANSWER;

/* A text with Ends terminators; where it is, or NULL when it did not fit. */
static PVOID PutText(ANSWER *Answer, const SCM_CONFIG *Config, const SCM_TEXT *Text, ULONG Ends) {
    PCWSTR From = (PCWSTR)((const UCHAR *)Config + Text->Offset);
    SIZE_T Count = Text->Length / sizeof(WCHAR), Start = Answer->Used, Unit = Answer->Wide ? sizeof(WCHAR) : 1;
    SIZE_T Bytes = Answer->Wide ? Text->Length : AdvNarrow(From, Count, NULL, 0);

    Answer->Used += Bytes + Ends * Unit;
    if (Answer->Used > Answer->Size)
        return NULL;
    if (Answer->Wide)
        memcpy(Answer->Buffer + Start, From, Bytes);
    else
        AdvNarrow(From, Count, (PSTR)Answer->Buffer + Start, (DWORD)Bytes);
    memset(Answer->Buffer + Start + Bytes, 0, Ends * Unit);
    return Answer->Buffer + Start;
}

/* The A and W structures have the same layout. */
static BOOL QueryConfig(SC_HANDLE Service, QUERY_SERVICE_CONFIGW *To, DWORD Size, LPDWORD Needed, BOOL Wide) {
    ANSWER Answer = {(PUCHAR)To, Size, sizeof *To, Wide};
    QUERY_SERVICE_CONFIGW Head = {0};
    SCM_CONFIG *Config = FetchConfig(Service);

    if (!Config)
        return FALSE;
    Head.dwServiceType = Config->Type;
    Head.dwStartType = Config->Start;
    Head.dwErrorControl = Config->ErrorControl;
    Head.dwTagId = Config->Tag;
    Head.lpBinaryPathName = PutText(&Answer, Config, &Config->ImagePath, 1);
    Head.lpLoadOrderGroup = PutText(&Answer, Config, &Config->Group, 1);
    Head.lpDependencies = PutText(&Answer, Config, &Config->Dependencies, 2);
    Head.lpServiceStartName = PutText(&Answer, Config, &Config->Account, 1);
    Head.lpDisplayName = PutText(&Answer, Config, Config->DisplayName.Offset ? &Config->DisplayName : &Config->Name, 1);
    AdvFree(Config);
    *Needed = (DWORD)Answer.Used;
    if (Answer.Used > Size)
        return AdvFail(ERROR_INSUFFICIENT_BUFFER);
    *To = Head;
    return TRUE;
}

BOOL WINAPI QueryServiceConfigW(SC_HANDLE Service, LPQUERY_SERVICE_CONFIGW Config, DWORD Size, LPDWORD Needed) {
    return QueryConfig(Service, Config, Size, Needed, TRUE);
}

BOOL WINAPI QueryServiceConfigA(SC_HANDLE Service, LPQUERY_SERVICE_CONFIGA Config, DWORD Size, LPDWORD Needed) {
    return QueryConfig(Service, (LPQUERY_SERVICE_CONFIGW)Config, Size, Needed, FALSE);
}

/* ---- State ------------------------------------------------------------------------------------------------------------------------------ */

static VOID CopyStatus(LPSERVICE_STATUS To, const SCM_STATUS *From) {
    To->dwServiceType = From->Type;
    To->dwCurrentState = From->State;
    To->dwControlsAccepted = From->Accepted;
    To->dwWin32ExitCode = From->Win32Exit;
    To->dwServiceSpecificExitCode = From->ServiceExit;
    To->dwCheckPoint = From->CheckPoint;
    To->dwWaitHint = From->WaitHint;
}

BOOL WINAPI StartServiceW(SC_HANDLE Service, DWORD ArgumentCount, LPCWSTR *Arguments) { /* a driver takes no arguments */
    return Result(Request(Service, IOCTL_SCM_START, NULL, 0, NULL, 0));
}

BOOL WINAPI StartServiceA(SC_HANDLE Service, DWORD ArgumentCount, LPCSTR *Arguments) { return StartServiceW(Service, 0, NULL); }

BOOL WINAPI ControlService(SC_HANDLE Service, DWORD Control, LPSERVICE_STATUS ServiceStatus) {
    SCM_STATUS Status;

    if (!Result(Request(Service, IOCTL_SCM_CONTROL, &Control, sizeof Control, &Status, sizeof Status)))
        return FALSE;
    CopyStatus(ServiceStatus, &Status);
    return TRUE;
}

BOOL WINAPI QueryServiceStatus(SC_HANDLE Service, LPSERVICE_STATUS ServiceStatus) {
    SCM_STATUS Status;

    if (!Result(Request(Service, IOCTL_SCM_QUERY, NULL, 0, &Status, sizeof Status)))
        return FALSE;
    CopyStatus(ServiceStatus, &Status);
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
    if (!Result(Request(Service, IOCTL_SCM_QUERY, NULL, 0, &Status, sizeof Status)))
        return FALSE;
    memset(To, 0, sizeof *To);
    CopyStatus((LPSERVICE_STATUS)To, &Status); /* which is how it begins */
    return TRUE;
}

BOOL WINAPI DeleteService(SC_HANDLE Service) { return Result(Request(Service, IOCTL_SCM_DELETE, NULL, 0, NULL, 0)); }

/* ---- All services -------------------------------------------------------------------------------------------------------------------------- */

static BOOL Matches(const SCM_STATUS *Status, DWORD Type, DWORD State) {
    BOOL Active = Status->State != SERVICE_STOPPED;

    return Status->Type & Type && State & (DWORD)(Active ? SERVICE_ACTIVE : SERVICE_INACTIVE);
}

static SIZE_T NameSize(PCWSTR Name, BOOL Wide) { return Wide ? (wcslen(Name) + 1) * sizeof(WCHAR) : AdvNarrow(Name, wcslen(Name) + 1, NULL, 0); }

/* Puts a name below *End, which it moves down: structures grow up, names down. */
static PVOID PutName(PUCHAR *End, PCWSTR Name, BOOL Wide) {
    SIZE_T Size = NameSize(Name, Wide);

    *End -= Size;
    if (Wide)
        memcpy(*End, Name, Size);
    else
        AdvNarrow(Name, wcslen(Name) + 1, (PSTR)*End, (DWORD)Size);
    return *End;
}

static BOOL Enumerate(SC_HANDLE Manager, DWORD Type, DWORD State, PVOID Buffer, DWORD Size, LPDWORD Needed, LPDWORD Returned, LPDWORD Resume,
                      BOOL Wide) {
    ENUM_SERVICE_STATUSW *To = Buffer;
    DWORD Index = Resume ? *Resume : 0, Left = Size & ~1u, Short = 0, Next = 0;
    PUCHAR End = (PUCHAR)Buffer + Left;
    SCM_ENTRY *Entry = AdvAllocate(sizeof *Entry);
    NTSTATUS Status;

    *Needed = *Returned = 0;
    if (!Entry)
        return AdvFail(ERROR_NOT_ENOUGH_MEMORY);
    for (;; Index++) {
        SIZE_T Wanted;

        Status = Request(Manager, IOCTL_SCM_ENUMERATE, &Index, sizeof Index, Entry, sizeof *Entry);
        if (!NT_SUCCESS(Status))
            break;
        if (!Matches(&Entry->Status, Type, State))
            continue;
        Wanted = sizeof *To + NameSize(Entry->Name, Wide) + NameSize(Entry->DisplayName, Wide);
        if (Short || Wanted > Left) {
            if (!Short)
                Next = Index;
            Short += (DWORD)Wanted;
            continue;
        }
        Left -= (DWORD)Wanted;
        To->lpServiceName = PutName(&End, Entry->Name, Wide);
        To->lpDisplayName = PutName(&End, Entry->DisplayName, Wide);
        CopyStatus(&To->ServiceStatus, &Entry->Status);
        To++;
        ++*Returned;
    }
    AdvFree(Entry);
    if (Status != STATUS_NO_MORE_ENTRIES)
        return Result(Status);
    if (Resume)
        *Resume = Short ? Next : 0;
    *Needed = Short;
    return Short ? AdvFail(ERROR_MORE_DATA) : TRUE;
}

BOOL WINAPI EnumServicesStatusW(SC_HANDLE Manager, DWORD Type, DWORD State, LPENUM_SERVICE_STATUSW Services, DWORD Size, LPDWORD Needed,
                                LPDWORD Returned, LPDWORD Resume) {
    return Enumerate(Manager, Type, State, Services, Size, Needed, Returned, Resume, TRUE);
}

BOOL WINAPI EnumServicesStatusA(SC_HANDLE Manager, DWORD Type, DWORD State, LPENUM_SERVICE_STATUSA Services, DWORD Size, LPDWORD Needed,
                                LPDWORD Returned, LPDWORD Resume) {
    return Enumerate(Manager, Type, State, Services, Size, Needed, Returned, Resume, FALSE);
}
