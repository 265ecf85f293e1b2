/* Starting and stopping. The kernel loads and unloads; what is decided here is whether it may, and what the answer means. */
#include "scmp.h"

#define FIRST_USER_DEFINED 128u
#define LAST_USER_DEFINED  255u

NTSTATUS ScmStart(PSCM_SERVICE Service) {
    ULONG Type = 0, Start = 0;
    UNICODE_STRING Path = {0};
    HANDLE Key;
    NTSTATUS Status;

    ScmAcquire();
    if (Service->Deleted) {
        Status = SCM_ERROR(ERROR_SERVICE_MARKED_FOR_DELETE);
        goto refused;
    }
    Status = ScmOpenKey(&Service->Name, FALSE, &Key);
    if (!NT_SUCCESS(Status))
        goto refused;
    ScmReadNumber(Key, L"Type", &Type);
    ScmReadNumber(Key, L"Start", &Start);
    ZwClose(Key);
    if (ScmState(Service) != SERVICE_STOPPED)
        Status = SCM_ERROR(ERROR_SERVICE_ALREADY_RUNNING);
    else if (Start == SERVICE_DISABLED)
        Status = SCM_ERROR(ERROR_SERVICE_DISABLED);
    else if (!ScmIsDriver(Type))
        Status = SCM_ERROR(ERROR_SERVICE_NO_THREAD);
    else
        Status = ScmKeyPath(&Service->Name, &Path);
    if (!NT_SUCCESS(Status))
        goto refused;
    Service->Pending = SERVICE_START_PENDING;
    Service->Unstoppable = FALSE;
    ScmRelease();

    /* DriverEntry may take its time, and may use services itself. */
    Status = ZwLoadDriver(&Path);
    ScmFreeText(&Path);

    ScmAcquire();
    Service->Pending = 0;
    Service->Win32Exit = NT_SUCCESS(Status) ? 0 : RtlNtStatusToDosError(Status);
refused:
    ScmRelease();
    return Status;
}

static NTSTATUS Stop(PSCM_SERVICE Service) {
    UNICODE_STRING Path;
    NTSTATUS Status = ScmKeyPath(&Service->Name, &Path);
    if (!NT_SUCCESS(Status))
        return Status;
    Service->Pending = SERVICE_STOP_PENDING;
    ScmRelease();
    Status = ZwUnloadDriver(&Path);
    ScmFreeText(&Path);
    ScmAcquire();
    Service->Pending = 0;
    if (Status == STATUS_INVALID_DEVICE_REQUEST) { /* there is no DriverUnload */
        Service->Unstoppable = TRUE;
        return SCM_ERROR(ERROR_INVALID_SERVICE_CONTROL);
    }
    return Status;
}

NTSTATUS ScmControl(PSCM_SERVICE Service, ULONG Control, SCM_STATUS *Result) {
    ULONG State;
    NTSTATUS Status;

    ScmAcquire();
    State = ScmState(Service);
    if (Control > LAST_USER_DEFINED || (Control > SERVICE_CONTROL_NETBINDDISABLE && Control < FIRST_USER_DEFINED) || !Control)
        Status = SCM_ERROR(ERROR_INVALID_PARAMETER);
    else if (State == SERVICE_STOPPED)
        Status = SCM_ERROR(ERROR_SERVICE_NOT_ACTIVE);
    else if (Control == SERVICE_CONTROL_INTERROGATE)
        Status = STATUS_SUCCESS;
    else if (State != SERVICE_RUNNING)
        Status = SCM_ERROR(ERROR_SERVICE_CANNOT_ACCEPT_CTRL);
    else if (Control != SERVICE_CONTROL_STOP)
        Status = SCM_ERROR(ERROR_INVALID_SERVICE_CONTROL); /* a driver is told nothing but to unload */
    else
        Status = Stop(Service);
    ScmFillStatus(Service, Result);
    ScmRelease();
    return Status;
}
