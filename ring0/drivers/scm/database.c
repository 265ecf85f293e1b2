/* The list of services that somebody has asked for, and what is remembered of each. */
#include "scmp.h"

/* A driver's state by its service's name (io/io.h). */
enum { IopDriverAbsent, IopDriverLoaded, IopDriverUnloadPending };
NTKERNELAPI ULONG IopQueryDriver(PUNICODE_STRING ServiceName);

typedef struct _WAITER {
    LIST_ENTRY Entry;
    KEVENT Event;
} WAITER;

static KMUTEX ScmLock;
static LIST_ENTRY ServiceList, WaiterList;

VOID ScmInitialize(VOID) {
    KeInitializeMutex(&ScmLock, 0);
    InitializeListHead(&ServiceList);
    InitializeListHead(&WaiterList);
}

VOID ScmAcquire(VOID) { KeWaitForSingleObject(&ScmLock, Executive, KernelMode, FALSE, NULL); }

VOID ScmRelease(VOID) { KeReleaseMutex(&ScmLock, FALSE); }

/* CreateService: "Forward-slash (/) and backslash (\) are not valid service name characters"; at most 256 characters. */
NTSTATUS ScmCheckName(PCUNICODE_STRING Name) {
    if (!Name->Length || Name->Length > SCM_NAME_LENGTH * sizeof(WCHAR))
        return SCM_ERROR(ERROR_INVALID_NAME);
    for (ULONG I = 0; I < Name->Length / sizeof(WCHAR); I++)
        if (Name->Buffer[I] == '/' || Name->Buffer[I] == '\\' || Name->Buffer[I] == 0)
            return SCM_ERROR(ERROR_INVALID_NAME);
    return STATUS_SUCCESS;
}

/* A key that is not a service's has no Type: groups of parameters, for one. */
static BOOLEAN IsService(PCUNICODE_STRING Name) {
    HANDLE Key;
    ULONG Type;
    BOOLEAN Found;

    if (!NT_SUCCESS(ScmOpenKey(Name, FALSE, &Key)))
        return FALSE;
    Found = NT_SUCCESS(ScmReadNumber(Key, L"Type", &Type));
    ZwClose(Key);
    return Found;
}

PSCM_SERVICE ScmFind(PCUNICODE_STRING Name) {
    PSCM_SERVICE Service;

    for (PLIST_ENTRY Link = ServiceList.Flink; Link != &ServiceList; Link = Link->Flink) {
        Service = CONTAINING_RECORD(Link, SCM_SERVICE, Entry);
        if (RtlEqualUnicodeString(&Service->Name, Name, TRUE))
            return Service;
    }
    if (!IsService(Name))
        return NULL;
    Service = ExAllocatePoolWithTag(PagedPool, sizeof *Service + Name->Length, SCM_TAG);
    if (!Service)
        return NULL;
    RtlZeroMemory(Service, sizeof *Service);
    Service->Win32Exit = ERROR_SERVICE_NEVER_STARTED;
    Service->Name.Buffer = (PWCHAR)(Service + 1);
    Service->Name.Length = Service->Name.MaximumLength = Name->Length;
    RtlCopyMemory(Service->Name.Buffer, Name->Buffer, Name->Length);
    InsertTailList(&ServiceList, &Service->Entry);
    return Service;
}

ULONG ScmState(PSCM_SERVICE Service) {
    if (Service->Pending)
        return Service->Pending;
    switch (IopQueryDriver(&Service->Name)) {
    case IopDriverLoaded: return SERVICE_RUNNING;
    case IopDriverUnloadPending: return SERVICE_STOP_PENDING;
    default: return SERVICE_STOPPED;
    }
}

VOID ScmFillStatus(PSCM_SERVICE Service, SCM_STATUS *Status) {
    HANDLE Key;

    RtlZeroMemory(Status, sizeof *Status);
    if (NT_SUCCESS(ScmOpenKey(&Service->Name, FALSE, &Key))) {
        ScmReadNumber(Key, L"Type", &Status->Type);
        ZwClose(Key);
    }
    Status->State = ScmState(Service);
    if (Status->State == SERVICE_RUNNING && !Service->Unstoppable)
        Status->Accepted = SERVICE_ACCEPT_STOP;
    /* One that was started without this database has not failed. */
    Status->Win32Exit = Status->State == SERVICE_STOPPED || Service->Win32Exit != ERROR_SERVICE_NEVER_STARTED ? Service->Win32Exit : 0;
}

/* It was marked for deletion and still ran when the machine went down. */
VOID ScmRemoveDeleted(VOID) {
    UNICODE_STRING Name;
    HANDLE Key;
    ULONG Flag;

    for (ULONG I = 0; NT_SUCCESS(ScmServiceAt(I, &Name)); I++) {
        if (NT_SUCCESS(ScmOpenKey(&Name, FALSE, &Key))) {
            BOOLEAN Deleted = NT_SUCCESS(ScmReadNumber(Key, L"DeleteFlag", &Flag)) && Flag;

            ZwClose(Key);
            if (Deleted) {
                ScmDeleteKey(&Name);
                if (NT_SUCCESS(ScmOpenKey(&Name, FALSE, &Key)))
                    ZwClose(Key); /* somebody has it open */
                else
                    I--; /* the next one has moved up */
            }
        }
        ScmFreeText(&Name);
    }
}

VOID ScmSweep(VOID) {
    for (PLIST_ENTRY Link = ServiceList.Flink; Link != &ServiceList;) {
        PSCM_SERVICE Service = CONTAINING_RECORD(Link, SCM_SERVICE, Entry);
        Link = Link->Flink;
        if (!Service->Deleted || Service->References || ScmState(Service) != SERVICE_STOPPED)
            continue;
        RemoveEntryList(&Service->Entry);
        ScmDeleteKey(&Service->Name);
        ExFreePoolWithTag(Service, SCM_TAG);
    }
}

BOOLEAN ScmNameTaken(PCUNICODE_STRING Name, PCUNICODE_STRING Except) {
    UNICODE_STRING Other, Display;
    BOOLEAN Taken = FALSE;
    HANDLE Key;

    for (ULONG I = 0; !Taken && NT_SUCCESS(ScmServiceAt(I, &Other)); I++) {
        if (!RtlEqualUnicodeString(&Other, Except, TRUE) && IsService(&Other)) {
            Taken = RtlEqualUnicodeString(&Other, Name, TRUE);
            if (!Taken && NT_SUCCESS(ScmOpenKey(&Other, FALSE, &Key))) {
                if (NT_SUCCESS(ScmReadText(Key, L"DisplayName", &Display))) {
                    Taken = RtlEqualUnicodeString(&Display, Name, TRUE);
                    ScmFreeText(&Display);
                }
                ZwClose(Key);
            }
        }
        ScmFreeText(&Other);
    }
    return Taken;
}

BOOLEAN ScmFindByDisplayName(PCUNICODE_STRING DisplayName, PUNICODE_STRING Name) {
    UNICODE_STRING Display;
    BOOLEAN Found = FALSE;
    HANDLE Key;

    for (ULONG I = 0; NT_SUCCESS(ScmServiceAt(I, Name)); I++) {
        if (IsService(Name) && NT_SUCCESS(ScmOpenKey(Name, FALSE, &Key))) {
            ScmReadText(Key, L"DisplayName", &Display);
            Found = RtlEqualUnicodeString(Display.Length ? &Display : Name, DisplayName, TRUE);
            ScmFreeText(&Display);
            ZwClose(Key);
        }
        if (Found)
            return TRUE;
        ScmFreeText(Name);
    }
    return FALSE;
}

static VOID CopyName(PWCHAR To, PCUNICODE_STRING From) {
    ULONG Length = From->Length / sizeof(WCHAR) < SCM_NAME_LENGTH ? From->Length / sizeof(WCHAR) : SCM_NAME_LENGTH;
    RtlCopyMemory(To, From->Buffer, Length * sizeof(WCHAR));
    To[Length] = 0;
}

VOID ScmFillEntry(PSCM_SERVICE Service, SCM_ENTRY *Entry) {
    UNICODE_STRING Display = {0}, Group = {0};
    HANDLE Key;

    RtlZeroMemory(Entry, sizeof *Entry);
    if (NT_SUCCESS(ScmOpenKey(&Service->Name, FALSE, &Key))) {
        ScmReadText(Key, L"DisplayName", &Display);
        ScmReadText(Key, L"Group", &Group);
        ZwClose(Key);
    }
    CopyName(Entry->Name, &Service->Name);
    CopyName(Entry->DisplayName, Display.Length ? &Display : &Service->Name);
    CopyName(Entry->Group, &Group);
    ScmFillStatus(Service, &Entry->Status);
    ScmFreeText(&Display);
    ScmFreeText(&Group);
}

/* Keys that are not services' are passed over: Index counts services. */
NTSTATUS ScmEntry(ULONG Index, SCM_ENTRY *Entry) {
    UNICODE_STRING Name;
    PSCM_SERVICE Service;
    NTSTATUS Status;

    for (ULONG I = 0, Seen = 0;; I++) {
        Status = ScmServiceAt(I, &Name);
        if (!NT_SUCCESS(Status))
            return Status;
        if (IsService(&Name) && Seen++ == Index)
            break;
        ScmFreeText(&Name);
    }
    Service = ScmFind(&Name);
    ScmFreeText(&Name);
    if (!Service)
        return STATUS_INSUFFICIENT_RESOURCES;
    ScmFillEntry(Service, Entry);
    return STATUS_SUCCESS;
}

/* ---- Waiting for a change ----------------------------------------------------------------------------------------------------------- */

/* Each has its own event: none can miss a change between giving up the lock and waiting. */
VOID ScmWaitWhile(PSCM_SERVICE Service, ULONG State) {
    LARGE_INTEGER Deadline;
    NTSTATUS Status = STATUS_SUCCESS;

    KeQuerySystemTime(&Deadline);
    Deadline.QuadPart += 30 * 10000000LL;
    while (ScmState(Service) == State && Status == STATUS_SUCCESS) {
        WAITER Waiter;

        KeInitializeEvent(&Waiter.Event, NotificationEvent, FALSE);
        InsertTailList(&WaiterList, &Waiter.Entry);
        ScmRelease();
        Status = KeWaitForSingleObject(&Waiter.Event, Executive, KernelMode, FALSE, &Deadline);
        ScmAcquire();
        RemoveEntryList(&Waiter.Entry);
    }
}

VOID ScmChanged(VOID) {
    for (PLIST_ENTRY Link = WaiterList.Flink; Link != &WaiterList; Link = Link->Flink)
        KeSetEvent(&CONTAINING_RECORD(Link, WAITER, Entry)->Event, IO_NO_INCREMENT, FALSE);
}
