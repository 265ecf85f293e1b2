/* Many services at once: EnumServicesStatus, EnumDependentServices; and one by its other name. */
#include "service.h"

/* How a result is laid out: structures grow up from the beginning of the buffer, names down from its end. */
typedef struct _LISTING {
    PUCHAR To, End;
    SIZE_T Left;
    DWORD Returned, Short; /* Short: bytes that the entries which found no room need */
    BOOL Wide, Process;    /* ENUM_SERVICE_STATUS_PROCESS instead of ENUM_SERVICE_STATUS */
} LISTING;

static VOID BeginListing(LISTING *Listing, PVOID Buffer, DWORD Size, BOOL Wide, BOOL Process) {
    *Listing = (LISTING){.To = Buffer, .End = (PUCHAR)Buffer + (Size & ~1u), .Left = Buffer ? Size & ~1u : 0, .Wide = Wide, .Process = Process};
}

static SIZE_T NameSize(PCWSTR Name, BOOL Wide) { return Wide ? (wcslen(Name) + 1) * sizeof(WCHAR) : AdvNarrow(Name, wcslen(Name) + 1, NULL, 0); }

static PVOID PutName(LISTING *Listing, PCWSTR Name) {
    SIZE_T Size = NameSize(Name, Listing->Wide);

    Listing->End -= Size;
    if (Listing->Wide)
        memcpy(Listing->End, Name, Size);
    else
        AdvNarrow(Name, wcslen(Name) + 1, (PSTR)Listing->End, (DWORD)Size);
    return Listing->End;
}

/* FALSE: there was no room for it, or for one before it. */
static BOOL AddEntry(LISTING *Listing, const SCM_ENTRY *Entry) {
    SIZE_T Head = Listing->Process ? sizeof(ENUM_SERVICE_STATUS_PROCESSW) : sizeof(ENUM_SERVICE_STATUSW);
    SIZE_T Wanted = Head + NameSize(Entry->Name, Listing->Wide) + NameSize(Entry->DisplayName, Listing->Wide);
    ENUM_SERVICE_STATUSW *To = (ENUM_SERVICE_STATUSW *)Listing->To; /* both begin with the names */

    if (Listing->Short || Wanted > Listing->Left) {
        Listing->Short += (DWORD)Wanted;
        return FALSE;
    }
    Listing->Left -= Wanted;
    To->lpServiceName = PutName(Listing, Entry->Name);
    To->lpDisplayName = PutName(Listing, Entry->DisplayName);
    if (Listing->Process)
        AdvCopyProcessStatus(&((ENUM_SERVICE_STATUS_PROCESSW *)To)->ServiceStatusProcess, &Entry->Status);
    else
        AdvCopyServiceStatus(&To->ServiceStatus, &Entry->Status);
    Listing->To += Head;
    Listing->Returned++;
    return TRUE;
}

static BOOL Matches(const SCM_STATUS *Status, DWORD Type, DWORD State) {
    DWORD Active = Status->State == SERVICE_STOPPED ? SERVICE_INACTIVE : SERVICE_ACTIVE;

    return (Status->Type & Type) != 0 && (State & Active) != 0;
}

/* An empty group means the services that are in none; NULL all. */
static BOOL IsInGroup(const SCM_ENTRY *Entry, PCWSTR Group) { return !Group || _wcsicmp(Entry->Group, Group) == 0; }

static BOOL Enumerate(SC_HANDLE Manager, DWORD Type, DWORD State, LISTING *Listing, LPDWORD Needed, LPDWORD Returned, LPDWORD Resume, PCWSTR Group) {
    DWORD Index = Resume ? *Resume : 0, Next = 0;
    BOOL GroupSeen = !Group || !*Group, First;
    SCM_ENTRY *Entry;
    NTSTATUS Status;

    *Needed = *Returned = 0;
    if (!(Type & (SERVICE_WIN32 | SERVICE_DRIVER)) || Type & ~(DWORD)SERVICE_TYPE_ALL || !State || State & ~(DWORD)SERVICE_STATE_ALL)
        return AdvFail(ERROR_INVALID_PARAMETER);
    Entry = AdvAllocate(sizeof *Entry);
    if (!Entry)
        return AdvFail(ERROR_NOT_ENOUGH_MEMORY);
    for (;; Index++) {
        Status = AdvServiceRequest(Manager, IOCTL_SCM_ENUMERATE, &Index, sizeof Index, Entry, sizeof *Entry);
        if (!NT_SUCCESS(Status))
            break;
        if (!IsInGroup(Entry, Group))
            continue;
        GroupSeen = TRUE;
        First = !Listing->Short;
        if (Matches(&Entry->Status, Type, State) && !AddEntry(Listing, Entry) && First)
            Next = Index;
    }
    AdvFree(Entry);
    if (Status != STATUS_NO_MORE_ENTRIES)
        return AdvServiceResult(Status);
    if (!GroupSeen && !(Resume && *Resume))
        return AdvFail(ERROR_SERVICE_DOES_NOT_EXIST);
    if (Resume)
        *Resume = Listing->Short ? Next : 0;
    *Needed = Listing->Short;
    *Returned = Listing->Returned;
    return Listing->Short ? AdvFail(ERROR_MORE_DATA) : TRUE;
}

BOOL WINAPI EnumServicesStatusW(SC_HANDLE Manager, DWORD Type, DWORD State, LPENUM_SERVICE_STATUSW Services, DWORD Size, LPDWORD Needed,
                                LPDWORD Returned, LPDWORD Resume) {
    LISTING Listing;

    BeginListing(&Listing, Services, Size, TRUE, FALSE);
    return Enumerate(Manager, Type, State, &Listing, Needed, Returned, Resume, NULL);
}

BOOL WINAPI EnumServicesStatusA(SC_HANDLE Manager, DWORD Type, DWORD State, LPENUM_SERVICE_STATUSA Services, DWORD Size, LPDWORD Needed,
                                LPDWORD Returned, LPDWORD Resume) {
    LISTING Listing;

    BeginListing(&Listing, Services, Size, FALSE, FALSE);
    return Enumerate(Manager, Type, State, &Listing, Needed, Returned, Resume, NULL);
}

BOOL WINAPI EnumServicesStatusExW(SC_HANDLE Manager, SC_ENUM_TYPE Level, DWORD Type, DWORD State, LPBYTE Services, DWORD Size, LPDWORD Needed,
                                  LPDWORD Returned, LPDWORD Resume, LPCWSTR Group) {
    LISTING Listing;

    if (Level != SC_ENUM_PROCESS_INFO)
        return AdvFail(ERROR_INVALID_LEVEL);
    BeginListing(&Listing, Services, Size, TRUE, TRUE);
    return Enumerate(Manager, Type, State, &Listing, Needed, Returned, Resume, Group);
}

BOOL WINAPI EnumServicesStatusExA(SC_HANDLE Manager, SC_ENUM_TYPE Level, DWORD Type, DWORD State, LPBYTE Services, DWORD Size, LPDWORD Needed,
                                  LPDWORD Returned, LPDWORD Resume, LPCSTR Group) {
    BOOL Ok = TRUE;
    PWSTR WideGroup = AdvWide(Group, &Ok);
    LISTING Listing;

    if (Level != SC_ENUM_PROCESS_INFO)
        Ok = AdvFail(ERROR_INVALID_LEVEL);
    BeginListing(&Listing, Services, Size, FALSE, TRUE);
    Ok = Ok && Enumerate(Manager, Type, State, &Listing, Needed, Returned, Resume, WideGroup);
    AdvFree(WideGroup);
    return Ok;
}

/* ---- Dependents --------------------------------------------------------------------------------------------------------------------- */

static BOOL Dependents(SC_HANDLE Service, DWORD State, LISTING *Listing, LPDWORD Needed, LPDWORD Returned) {
    SCM_ENTRY *Entries;
    ULONG Size;

    *Needed = *Returned = 0;
    if (!State || State & ~(DWORD)SERVICE_STATE_ALL)
        return AdvFail(ERROR_INVALID_PARAMETER);
    Entries = AdvServiceFetch(Service, IOCTL_SCM_DEPENDENTS, NULL, 0, 4 * sizeof *Entries, &Size);
    if (!Entries)
        return FALSE;
    for (ULONG i = 0; i < Size / sizeof *Entries; i++)
        if (Matches(&Entries[i].Status, SERVICE_TYPE_ALL, State))
            AddEntry(Listing, &Entries[i]);
    AdvFree(Entries);
    *Needed = Listing->Short;
    *Returned = Listing->Returned;
    return Listing->Short ? AdvFail(ERROR_MORE_DATA) : TRUE;
}

BOOL WINAPI EnumDependentServicesW(SC_HANDLE Service, DWORD State, LPENUM_SERVICE_STATUSW Services, DWORD Size, LPDWORD Needed, LPDWORD Returned) {
    LISTING Listing;

    BeginListing(&Listing, Services, Size, TRUE, FALSE);
    return Dependents(Service, State, &Listing, Needed, Returned);
}

BOOL WINAPI EnumDependentServicesA(SC_HANDLE Service, DWORD State, LPENUM_SERVICE_STATUSA Services, DWORD Size, LPDWORD Needed, LPDWORD Returned) {
    LISTING Listing;

    BeginListing(&Listing, Services, Size, FALSE, FALSE);
    return Dependents(Service, State, &Listing, Needed, Returned);
}

/* ---- Names ---------------------------------------------------------------------------------------------------------------------------- */

/* Room and result of these two count characters: on input with the terminator, on output without it. */
static BOOL OtherName(SC_HANDLE Manager, ULONG By, PCWSTR Name, PVOID Buffer, LPDWORD Count, BOOL Wide) {
    SIZE_T Length = Name ? wcslen(Name) : 0, Room = Buffer ? *Count : 0;
    SCM_ENTRY *Entry;
    PCWSTR Found;
    SCM_FIND Find;
    BOOL Ok;

    if (!Length || Length > SCM_NAME_LENGTH)
        return AdvFail(ERROR_INVALID_NAME);
    Entry = AdvAllocate(sizeof *Entry);
    if (!Entry)
        return AdvFail(ERROR_NOT_ENOUGH_MEMORY);
    Find.By = By;
    memcpy(Find.Name, Name, (Length + 1) * sizeof(WCHAR));
    Ok = AdvServiceResult(AdvServiceRequest(Manager, IOCTL_SCM_FIND, &Find, sizeof Find, Entry, sizeof *Entry));
    if (Ok) {
        Found = By == SCM_FIND_BY_NAME ? Entry->DisplayName : Entry->Name;
        Length = Wide ? wcslen(Found) : AdvNarrow(Found, wcslen(Found), NULL, 0);
        *Count = (DWORD)Length;
        if (Length >= Room)
            Ok = AdvFail(ERROR_INSUFFICIENT_BUFFER);
        else if (Wide)
            memcpy(Buffer, Found, (Length + 1) * sizeof(WCHAR));
        else
            AdvNarrow(Found, wcslen(Found) + 1, Buffer, (DWORD)Length + 1);
    }
    AdvFree(Entry);
    return Ok;
}

BOOL WINAPI GetServiceDisplayNameW(SC_HANDLE Manager, LPCWSTR ServiceName, LPWSTR DisplayName, LPDWORD Count) {
    return OtherName(Manager, SCM_FIND_BY_NAME, ServiceName, DisplayName, Count, TRUE);
}

BOOL WINAPI GetServiceKeyNameW(SC_HANDLE Manager, LPCWSTR DisplayName, LPWSTR ServiceName, LPDWORD Count) {
    return OtherName(Manager, SCM_FIND_BY_DISPLAY_NAME, DisplayName, ServiceName, Count, TRUE);
}

BOOL WINAPI GetServiceDisplayNameA(SC_HANDLE Manager, LPCSTR ServiceName, LPSTR DisplayName, LPDWORD Count) {
    BOOL Ok = TRUE;
    PWSTR Name = AdvWide(ServiceName, &Ok);

    Ok = Ok && OtherName(Manager, SCM_FIND_BY_NAME, Name, DisplayName, Count, FALSE);
    AdvFree(Name);
    return Ok;
}

BOOL WINAPI GetServiceKeyNameA(SC_HANDLE Manager, LPCSTR DisplayName, LPSTR ServiceName, LPDWORD Count) {
    BOOL Ok = TRUE;
    PWSTR Name = AdvWide(DisplayName, &Ok);

    Ok = Ok && OtherName(Manager, SCM_FIND_BY_DISPLAY_NAME, Name, ServiceName, Count, FALSE);
    AdvFree(Name);
    return Ok;
}
