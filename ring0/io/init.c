/* The I/O manager's start: its object types. */
#include "io/io.h"

POBJECT_TYPE IopFileType, IopDeviceType, IopDriverType;

const GENERIC_MAPPING IopFileMapping = {FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_GENERIC_EXECUTE, FILE_ALL_ACCESS};

PGENERIC_MAPPING NTAPI IoGetFileObjectGenericMapping(VOID) { return (PGENERIC_MAPPING)&IopFileMapping; }

/* Drivers read a device's descriptor there. */
static VOID IopDeviceSecurityChanged(PVOID Object) { ((PDEVICE_OBJECT)Object)->SecurityDescriptor = *ObpSecurity(Object); }

/* A file that is its device's own (opened by the device's name alone) has the device's descriptor. That of a file on a volume is its file system's to
   keep: filesecurity.c asks it. */
static PSECURITY_DESCRIPTOR *IopFileSecurity(PVOID Object) {
    PFILE_OBJECT File = Object;
    return File->FileName.Length == 0 && File->RelatedFileObject == NULL && File->DeviceObject != NULL ? ObpSecurity(File->DeviceObject) : NULL;
}

static VOID IopFileSecurityChanged(PVOID Object) { IopDeviceSecurityChanged(((PFILE_OBJECT)Object)->DeviceObject); }

VOID IoInitSystem(VOID) {
    const OB_TYPE_INITIALIZER File = {
        .Name = L"File",
        .GenericMapping = IopFileMapping,
        .ValidAccess = FILE_ALL_ACCESS,
        .PoolType = NonPagedPoolNx,
        .BodySize = sizeof(FILE_OBJECT),
        .MaintainHandleCount = TRUE,
        .Close = IopCloseFileHandle,
        .Delete = IopDeleteFileObject,
        .Parse = IopParseFile,
        .ChecksItself = TRUE,
        .QueryName = IopQueryFileName,
        .DispatcherOffset = FIELD_OFFSET(FILE_OBJECT, Event),
        .Security = IopFileSecurity,
        .SecurityChanged = IopFileSecurityChanged,
        .QuerySecurity = IopQueryFileSecurity,
        .SetSecurity = IopSetFileSecurity,
    };
    const OB_TYPE_INITIALIZER Device = {
        .Name = L"Device",
        .GenericMapping = IopFileMapping,
        .ValidAccess = FILE_ALL_ACCESS,
        .PoolType = NonPagedPoolNx,
        .BodySize = IOP_DEVICE_OBJECT_SIZE + sizeof(IOP_DEVOBJ_EXTENSION),
        .CaseInsensitive = TRUE,
        .SecurityRequired = TRUE,
        .Delete = IopDeleteDeviceObject,
        .Parse = IopParseDevice,
        .DispatcherOffset = ~0u,
        .SecurityChanged = IopDeviceSecurityChanged,
    };
    const OB_TYPE_INITIALIZER Driver = {
        .Name = L"Driver",
        .GenericMapping = IopFileMapping,
        .ValidAccess = FILE_ALL_ACCESS,
        .PoolType = NonPagedPoolNx,
        .BodySize = sizeof(IOP_DRIVER),
        .CaseInsensitive = TRUE,
        .Delete = IopDeleteDriverObject,
        .DispatcherOffset = ~0u,
    };
    NTSTATUS Status;

    InitializeListHead(&IopDriverList);
    InitializeListHead(&IopDeviceNames.All);
    InitializeListHead(&IopLinks.All);
    Status = ObCreateObjectType(&File, &IopFileType);
    if (NT_SUCCESS(Status))
        Status = ObCreateObjectType(&Device, &IopDeviceType);
    if (NT_SUCCESS(Status))
        Status = ObCreateObjectType(&Driver, &IopDriverType);
    NT_ASSERT_OURS(NT_SUCCESS(Status));
    IopMakeDeviceDescriptors();
    IopCreateCompletionType();
}
