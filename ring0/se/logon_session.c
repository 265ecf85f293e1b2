/* Who wants to hear of the end of logon sessions. The sessions of this machine last as long as it does, so nobody ever does. */
#include "ke/ke.h"
#include "se/se.h"

#define ROUTINE_TAG 'nLeS'

typedef struct _SEP_TERMINATED {
    LIST_ENTRY Link;
    PSE_LOGON_SESSION_TERMINATED_ROUTINE Routine;
} SEP_TERMINATED, *PSEP_TERMINATED;

static LIST_ENTRY SepTerminatedRoutines = {&SepTerminatedRoutines, &SepTerminatedRoutines};

NTSTATUS NTAPI SeRegisterLogonSessionTerminatedRoutine(PSE_LOGON_SESSION_TERMINATED_ROUTINE CallbackRoutine) {
    PSEP_TERMINATED Entry;
    if (CallbackRoutine == NULL)
        return STATUS_INVALID_PARAMETER;
    Entry = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Entry), ROUTINE_TAG);
    if (Entry == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Entry->Routine = CallbackRoutine;
    InsertTailList(&SepTerminatedRoutines, &Entry->Link);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI SeUnregisterLogonSessionTerminatedRoutine(PSE_LOGON_SESSION_TERMINATED_ROUTINE CallbackRoutine) {
    if (CallbackRoutine == NULL)
        return STATUS_INVALID_PARAMETER;
    for (PLIST_ENTRY Link = SepTerminatedRoutines.Flink; Link != &SepTerminatedRoutines; Link = Link->Flink) {
        PSEP_TERMINATED Entry = CONTAINING_RECORD(Link, SEP_TERMINATED, Link);
        if (Entry->Routine != CallbackRoutine)
            continue;
        RemoveEntryList(Link);
        ExFreePoolWithTag(Entry, ROUTINE_TAG);
        return STATUS_SUCCESS;
    }
    return STATUS_NOT_FOUND;
}

/* A session that nobody has: STATUS_NOT_FOUND. Every process is of the system's or of a user's session; the current process's and the system's are known. */
NTSTATUS NTAPI SeMarkLogonSessionForTerminationNotification(PLUID LogonId) {
    static const LUID System = SYSTEM_LUID;
    PACCESS_TOKEN Token = PsReferencePrimaryToken(IoGetCurrentProcess());
    LUID Own = {0, 0};
    SeQueryAuthenticationIdToken(Token, &Own);
    PsDereferencePrimaryToken(Token);
    return RtlCompareMemory(LogonId, &Own, sizeof(LUID)) == sizeof(LUID) || RtlCompareMemory(LogonId, &System, sizeof(LUID)) == sizeof(LUID)
               ? STATUS_SUCCESS
               : STATUS_NOT_FOUND;
}
