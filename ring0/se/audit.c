/*
 * What file systems ask when something is opened that might have to be audited. The audit policy of this machine audits nothing, as that of a fresh Windows does
 * of files: no close has anything to tell ("Audit object access" is off by default).
 */
#include "se/sep.h"

VOID NTAPI SeOpenObjectAuditAlarm(PUNICODE_STRING ObjectTypeName, PVOID Object, PUNICODE_STRING AbsoluteObjectName,
                                  PSECURITY_DESCRIPTOR SecurityDescriptor, PACCESS_STATE AccessState, BOOLEAN ObjectCreated, BOOLEAN AccessGranted,
                                  KPROCESSOR_MODE AccessMode, PBOOLEAN GenerateOnClose) {
    *GenerateOnClose = FALSE;
}

VOID NTAPI SeOpenObjectForDeleteAuditAlarm(PUNICODE_STRING ObjectTypeName, PVOID Object, PUNICODE_STRING AbsoluteObjectName,
                                           PSECURITY_DESCRIPTOR SecurityDescriptor, PACCESS_STATE AccessState, BOOLEAN ObjectCreated,
                                           BOOLEAN AccessGranted, KPROCESSOR_MODE AccessMode, PBOOLEAN GenerateOnClose) {
    *GenerateOnClose = FALSE;
}

VOID NTAPI SeDeleteObjectAuditAlarm(PVOID Object, HANDLE Handle) {}

BOOLEAN NTAPI SeAuditingFileEvents(BOOLEAN AccessGranted, PSECURITY_DESCRIPTOR SecurityDescriptor) { return FALSE; }

BOOLEAN NTAPI SeAuditingFileEventsWithContext(BOOLEAN AccessGranted, PSECURITY_DESCRIPTOR SecurityDescriptor,
                                              PSECURITY_SUBJECT_CONTEXT SubjectSecurityContext) {
    return FALSE;
}

BOOLEAN NTAPI SeAuditingFileOrGlobalEvents(BOOLEAN AccessGranted, PSECURITY_DESCRIPTOR SecurityDescriptor,
                                           PSECURITY_SUBJECT_CONTEXT SubjectSecurityContext) {
    return FALSE;
}

BOOLEAN NTAPI SeAuditingHardLinkEvents(BOOLEAN AccessGranted, PSECURITY_DESCRIPTOR SecurityDescriptor) { return FALSE; }

BOOLEAN NTAPI SeAuditingHardLinkEventsWithContext(BOOLEAN AccessGranted, PSECURITY_DESCRIPTOR SecurityDescriptor,
                                                  PSECURITY_SUBJECT_CONTEXT SubjectSecurityContext) {
    return FALSE;
}
