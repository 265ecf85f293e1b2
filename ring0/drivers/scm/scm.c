/* The device: opens, closes and requests, each held against the access its handle was given. */
#include "scmp.h"

DRIVER_INITIALIZE DriverEntry;
static DRIVER_DISPATCH ScmDispatchCreate, ScmDispatchCleanup, ScmDispatchClose, ScmDispatchControl;

#pragma alloc_text(INIT, DriverEntry)

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

/* The service that a handle is to be for; NULL with the status that says why not. */
static PSCM_SERVICE Find(PFILE_OBJECT Manager, PCUNICODE_STRING Name, NTSTATUS *Status) {
    PSCM_HANDLE Handle = Manager->FsContext;
    PSCM_SERVICE Service;

    if (Handle->Service || !(Handle->Granted & SC_MANAGER_CONNECT)) {
        *Status = STATUS_INVALID_HANDLE;
        return NULL;
    }
    *Status = ScmCheckName(Name);
    if (!NT_SUCCESS(*Status))
        return NULL;
    Service = ScmFind(Name);
    *Status = Service ? STATUS_SUCCESS : SCM_ERROR(ERROR_SERVICE_DOES_NOT_EXIST);
    return Service;
}

static NTSTATUS NTAPI ScmDispatchCreate(PDEVICE_OBJECT Device, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PFILE_OBJECT File = Stack->FileObject;
    ACCESS_MASK Access = Stack->Parameters.Create.SecurityContext->DesiredAccess & ~(ACCESS_MASK)SYNCHRONIZE;
    PSCM_HANDLE Handle = ExAllocatePoolWithTag(PagedPool, sizeof *Handle, SCM_TAG);
    NTSTATUS Status = STATUS_SUCCESS;

    if (!Handle)
        return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    Handle->Service = NULL;
    Handle->Granted = Access;
    ScmAcquire();
    ScmSweep();
    if (File->RelatedFileObject)
        Handle->Service = Find(File->RelatedFileObject, &File->FileName, &Status);
    else if (File->FileName.Length)
        Status = STATUS_OBJECT_NAME_NOT_FOUND;
    if (NT_SUCCESS(Status) && (Access & ~(Handle->Service ? SERVICE_ALL_ACCESS : SC_MANAGER_ALL_ACCESS)))
        Status = STATUS_ACCESS_DENIED;
    if (NT_SUCCESS(Status))
        Status = ScmCheckAccess(Handle->Service != NULL, Access, Stack->Parameters.Create.SecurityContext->AccessState, Irp->RequestorMode);
    if (NT_SUCCESS(Status) && Handle->Service)
        Handle->Service->References++;
    ScmRelease();
    if (!NT_SUCCESS(Status)) {
        ExFreePoolWithTag(Handle, SCM_TAG);
        return Complete(Irp, Status, 0);
    }
    File->FsContext = Handle;
    return Complete(Irp, STATUS_SUCCESS, FILE_OPENED);
}

/* The last handle is gone: nothing more will be asked of this file. */
static NTSTATUS NTAPI ScmDispatchCleanup(PDEVICE_OBJECT Device, PIRP Irp) {
    PSCM_HANDLE Handle = IoGetCurrentIrpStackLocation(Irp)->FileObject->FsContext;

    ScmAcquire();
    if (Handle->Service)
        Handle->Service->References--;
    Handle->Service = NULL;
    Handle->Granted = 0;
    ScmSweep();
    ScmRelease();
    return Complete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS NTAPI ScmDispatchClose(PDEVICE_OBJECT Device, PIRP Irp) {
    ExFreePoolWithTag(IoGetCurrentIrpStackLocation(Irp)->FileObject->FsContext, SCM_TAG);
    return Complete(Irp, STATUS_SUCCESS, 0);
}

static ACCESS_MASK ControlAccess(ULONG Control) {
    switch (Control) {
    case SERVICE_CONTROL_STOP: return SERVICE_STOP;
    case SERVICE_CONTROL_INTERROGATE: return SERVICE_INTERROGATE;
    default: return Control >= 128 ? SERVICE_USER_DEFINED_CONTROL : SERVICE_PAUSE_CONTINUE;
    }
}

/* ChangeServiceConfig2: "If the service controller handles the SC_ACTION_RESTART action, hService must have the SERVICE_START access right." */
static ACCESS_MASK OptionAccess(const ULONG *Request, ULONG Size) {
    enum { Restart = 1 };
    ULONG First = (sizeof(ULONG) + sizeof(SCM_FAILURE)) / sizeof(ULONG);

    if (Request[0] == ScmFailureActions)
        for (ULONG I = First; I < Size / sizeof(ULONG); I += 2)
            if (Request[I] == Restart)
                return SERVICE_CHANGE_CONFIG | SERVICE_START;
    return SERVICE_CHANGE_CONFIG;
}

static NTSTATUS Delete(PSCM_SERVICE Service) {
    HANDLE Key;

    if (Service->Deleted)
        return SCM_ERROR(ERROR_SERVICE_MARKED_FOR_DELETE);
    Service->Deleted = TRUE;
    if (NT_SUCCESS(ScmOpenKey(&Service->Name, FALSE, &Key))) {
        ScmWriteNumber(Key, L"DeleteFlag", 1);
        ZwClose(Key);
    }
    return STATUS_SUCCESS;
}

/* Which kind of handle a request needs, with which access, and how much it brings and takes. */
static const struct {
    ULONG Code;
    BOOLEAN Manager;
    ACCESS_MASK Access;
    ULONG InSize, OutSize;
} Requests[] = {
    {IOCTL_SCM_CREATE, TRUE, SC_MANAGER_CREATE_SERVICE, sizeof(SCM_CONFIG), sizeof(ULONG)},
    {IOCTL_SCM_ENUMERATE, TRUE, SC_MANAGER_ENUMERATE_SERVICE, sizeof(ULONG), sizeof(SCM_ENTRY)},
    {IOCTL_SCM_START, FALSE, SERVICE_START, 0, 0},
    {IOCTL_SCM_CONTROL, FALSE, 0, sizeof(ULONG), sizeof(SCM_STATUS)}, /* the control decides */
    {IOCTL_SCM_QUERY, FALSE, SERVICE_QUERY_STATUS, 0, sizeof(SCM_STATUS)},
    {IOCTL_SCM_DELETE, FALSE, DELETE, 0, 0},
    {IOCTL_SCM_GET_CONFIG, FALSE, SERVICE_QUERY_CONFIG, 0, sizeof(SCM_CONFIG)},
    {IOCTL_SCM_SET_CONFIG, FALSE, SERVICE_CHANGE_CONFIG, sizeof(SCM_CONFIG), sizeof(ULONG)},
    {IOCTL_SCM_GET_OPTION, FALSE, SERVICE_QUERY_CONFIG, sizeof(ULONG), sizeof(ULONG)},
    {IOCTL_SCM_SET_OPTION, FALSE, SERVICE_CHANGE_CONFIG, sizeof(ULONG), 0},
    {IOCTL_SCM_FIND, TRUE, SC_MANAGER_CONNECT, sizeof(SCM_FIND), sizeof(SCM_ENTRY)},
    {IOCTL_SCM_DEPENDENTS, FALSE, SERVICE_ENUMERATE_DEPENDENTS, 0, sizeof(ULONG)},
};

/* GetServiceDisplayName and GetServiceKeyName. */
static NTSTATUS FindEntry(SCM_FIND *Find, SCM_ENTRY *Entry) {
    UNICODE_STRING Name, Key = {0};
    PSCM_SERVICE Service = NULL;
    NTSTATUS Status;

    Find->Name[RTL_NUMBER_OF(Find->Name) - 1] = 0;
    RtlInitUnicodeString(&Name, Find->Name);
    if (Find->By == SCM_FIND_BY_NAME) {
        Status = ScmCheckName(&Name);
        if (NT_SUCCESS(Status))
            Service = ScmFind(&Name);
    } else {
        Status = Name.Length && Name.Length <= SCM_NAME_LENGTH * sizeof(WCHAR) ? STATUS_SUCCESS : SCM_ERROR(ERROR_INVALID_NAME);
        if (NT_SUCCESS(Status) && ScmFindByDisplayName(&Name, &Key)) {
            Service = ScmFind(&Key);
            ScmFreeText(&Key);
        }
    }
    if (NT_SUCCESS(Status) && !Service)
        Status = SCM_ERROR(ERROR_SERVICE_DOES_NOT_EXIST);
    if (NT_SUCCESS(Status))
        ScmFillEntry(Service, Entry);
    return Status;
}

/* What did not fit is answered with the size it needs. */
static VOID AnswerSize(PVOID Buffer, ULONG Size, PULONG_PTR Answered) {
    *(ULONG *)Buffer = Size;
    *Answered = sizeof Size;
}

/* Buffer is both: the request's data, and where the answer goes. */
static NTSTATUS Serve(PSCM_SERVICE Service, ULONG Code, PVOID Buffer, ULONG InSize, ULONG OutSize, PULONG_PTR Answered) {
    ULONG Number = 0;
    NTSTATUS Status;

    /* These two wait for a driver, which may ask for services in turn. */
    if (Code == IOCTL_SCM_START)
        return ScmStart(Service);
    if (Code == IOCTL_SCM_CONTROL) {
        *Answered = sizeof(SCM_STATUS);
        return ScmControl(Service, *(ULONG *)Buffer, Buffer);
    }
    ScmAcquire();
    switch (Code) {
    case IOCTL_SCM_CREATE:
        ScmSweep();
        Status = ScmCreate(Buffer, InSize, &Number);
        *(ULONG *)Buffer = Number;
        Number = sizeof Number;
        break;
    case IOCTL_SCM_ENUMERATE:
        Status = ScmEntry(*(ULONG *)Buffer, Buffer);
        Number = sizeof(SCM_ENTRY);
        break;
    case IOCTL_SCM_QUERY:
        ScmFillStatus(Service, Buffer);
        Number = sizeof(SCM_STATUS);
        Status = STATUS_SUCCESS;
        break;
    case IOCTL_SCM_DELETE: Status = Delete(Service); break;
    case IOCTL_SCM_SET_CONFIG:
        Status = ScmSetConfig(Service, Buffer, InSize, &Number);
        *(ULONG *)Buffer = Number;
        Number = sizeof Number;
        break;
    case IOCTL_SCM_SET_OPTION: Status = ScmSetOption(Service, *(ULONG *)Buffer, (ULONG *)Buffer + 1, InSize - (ULONG)sizeof(ULONG)); break;
    case IOCTL_SCM_GET_OPTION: Status = ScmGetOption(Service, *(ULONG *)Buffer, Buffer, OutSize, &Number); break;
    case IOCTL_SCM_FIND:
        Status = FindEntry(Buffer, Buffer);
        Number = sizeof(SCM_ENTRY);
        break;
    case IOCTL_SCM_DEPENDENTS:
        Status = ScmDependents(Service, Buffer, OutSize / (ULONG)sizeof(SCM_ENTRY), &Number);
        Number = NT_SUCCESS(Status) && Number < 0x100000 ? Number * (ULONG)sizeof(SCM_ENTRY) : 0;
        if (NT_SUCCESS(Status) && Number > OutSize)
            Status = STATUS_BUFFER_OVERFLOW;
        break;
    default: Status = ScmGetConfig(Service, Buffer, OutSize, &Number); break; /* IOCTL_SCM_GET_CONFIG */
    }
    *Answered = Number;
    if (Status == STATUS_BUFFER_OVERFLOW)
        AnswerSize(Buffer, Number, Answered);
    ScmRelease();
    return Status;
}

static NTSTATUS NTAPI ScmDispatchControl(PDEVICE_OBJECT Device, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG InSize = Stack->Parameters.DeviceIoControl.InputBufferLength, OutSize = Stack->Parameters.DeviceIoControl.OutputBufferLength;
    ULONG Code = Stack->Parameters.DeviceIoControl.IoControlCode;
    PSCM_HANDLE Handle = Stack->FileObject->FsContext;
    PVOID Buffer = Irp->AssociatedIrp.SystemBuffer;
    PSCM_SERVICE Service;
    ULONG_PTR Answered = 0;
    ACCESS_MASK Access;
    ULONG I = 0;
    NTSTATUS Status;

    while (I < RTL_NUMBER_OF(Requests) && Requests[I].Code != Code)
        I++;
    if (I == RTL_NUMBER_OF(Requests))
        return Complete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    if (InSize < Requests[I].InSize || OutSize < Requests[I].OutSize)
        return Complete(Irp, STATUS_INVALID_PARAMETER, 0);
    Access = Code == IOCTL_SCM_CONTROL      ? ControlAccess(*(ULONG *)Buffer)
             : Code == IOCTL_SCM_SET_OPTION ? OptionAccess(Buffer, InSize)
                                            : Requests[I].Access;

    /* The handle may be closed while the request is under way: it keeps the service. */
    ScmAcquire();
    Service = Handle->Service;
    if (Requests[I].Manager == (Service != NULL))
        Status = STATUS_INVALID_HANDLE;
    else if ((Handle->Granted & Access) != Access)
        Status = STATUS_ACCESS_DENIED;
    else
        Status = STATUS_SUCCESS;
    if (NT_SUCCESS(Status) && Service)
        Service->References++;
    ScmRelease();
    if (!NT_SUCCESS(Status))
        return Complete(Irp, Status, 0);

    Status = Serve(Service, Code, Buffer, InSize, OutSize, &Answered);

    if (Service) {
        ScmAcquire();
        Service->References--;
        ScmSweep();
        ScmRelease();
    }
    return Complete(Irp, Status, NT_ERROR(Status) ? 0 : Answered);
}

/* There is no way to do without the database: no DriverUnload. */
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath) {
    static UNICODE_STRING Name = RTL_CONSTANT_STRING(SCM_DEVICE_NAME);
    PDEVICE_OBJECT Device;
    NTSTATUS Status;

    ScmInitialize();
    ScmRemoveDeleted();
    Driver->MajorFunction[IRP_MJ_CREATE] = ScmDispatchCreate;
    Driver->MajorFunction[IRP_MJ_CLEANUP] = ScmDispatchCleanup;
    Driver->MajorFunction[IRP_MJ_CLOSE] = ScmDispatchClose;
    Driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = ScmDispatchControl;
    Status = IoCreateDevice(Driver, 0, &Name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, &Device);
    return NT_SUCCESS(Status) ? ScmInitializeSecurity(Device) : Status;
}
