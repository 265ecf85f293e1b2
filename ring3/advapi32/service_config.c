/* What a service is made of: CreateService, ChangeServiceConfig, QueryServiceConfig. */
#include "service.h"

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
    Ok = AdvServiceResult(AdvServiceRequest(Manager, IOCTL_SCM_CREATE, Config, Size, &Tag, sizeof Tag));
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
    Ok = AdvServiceResult(AdvServiceRequest(Service, IOCTL_SCM_SET_CONFIG, Config, Size, &Tag, sizeof Tag));
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

static PVOID PutText(ADV_ANSWER *Answer, const SCM_CONFIG *Config, const SCM_TEXT *Text, ULONG Ends) {
    return AdvPutText(Answer, (PCWSTR)((const UCHAR *)Config + Text->Offset), Text->Length, Ends);
}

/* The A and W structures have the same layout. */
static BOOL QueryConfig(SC_HANDLE Service, QUERY_SERVICE_CONFIGW *To, DWORD Size, LPDWORD Needed, BOOL Wide) {
    ADV_ANSWER Answer = {(PUCHAR)To, Size, sizeof *To, Wide};
    QUERY_SERVICE_CONFIGW Head = {0};
    ULONG Fetched;
    SCM_CONFIG *Config = AdvServiceFetch(Service, IOCTL_SCM_GET_CONFIG, NULL, 0, sizeof *Config, &Fetched);

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
