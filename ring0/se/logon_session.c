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
    PSEP_TERMINATED entry;
    if (CallbackRoutine == NULL)
        return STATUS_INVALID_PARAMETER;
    entry = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*entry), ROUTINE_TAG);
    if (entry == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    entry->Routine = CallbackRoutine;
    InsertTailList(&SepTerminatedRoutines, &entry->Link);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI SeUnregisterLogonSessionTerminatedRoutine(PSE_LOGON_SESSION_TERMINATED_ROUTINE CallbackRoutine) {
    if (CallbackRoutine == NULL)
        return STATUS_INVALID_PARAMETER;
    for (PLIST_ENTRY link = SepTerminatedRoutines.Flink; link != &SepTerminatedRoutines; link = link->Flink) {
        PSEP_TERMINATED entry = CONTAINING_RECORD(link, SEP_TERMINATED, Link);
        if (entry->Routine != CallbackRoutine)
            continue;
        RemoveEntryList(link);
        ExFreePoolWithTag(entry, ROUTINE_TAG);
        return STATUS_SUCCESS;
    }
    return STATUS_NOT_FOUND;
}

/* A session that nobody has: STATUS_NOT_FOUND. Every process is of the system's or of a user's session; the current process's and the system's are known. */
NTSTATUS NTAPI SeMarkLogonSessionForTerminationNotification(PLUID LogonId) {
    static const LUID system = SYSTEM_LUID;
    PACCESS_TOKEN token = PsReferencePrimaryToken(IoGetCurrentProcess());
    LUID own = {0, 0};
    SeQueryAuthenticationIdToken(token, &own);
    PsDereferencePrimaryToken(token);
    return RtlCompareMemory(LogonId, &own, sizeof(LUID)) == sizeof(LUID) || RtlCompareMemory(LogonId, &system, sizeof(LUID)) == sizeof(LUID)
               ? STATUS_SUCCESS
               : STATUS_NOT_FOUND;
}
