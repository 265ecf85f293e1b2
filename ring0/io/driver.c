/*
 * Driver objects: made around an image, started, stopped.
 *
 *   no object -> IopStartDriver: object \Driver\Name, image -> DriverEntry (system thread) -> loaded
 *   loaded -> IopUnloadDriver: devices closed to new requests -> (last file object gone) -> DriverUnload (system thread) -> name removed
 *   -> (last reference gone: devices left behind hold one each) -> image unmapped
 */
#include "io/io.h"

#include "drivers/hostfs/hostfs.h"
#include "etw/etw.h"
#include "kd/kd.h"
#include "ldr/ldr.h"
#include "pnp/pnp.h"
#include "wmi/wmi.h"

#define IOP_DRIVER_TAG 'virD'

LIST_ENTRY IopDriverList;
static UNICODE_STRING HardwareDatabase = RTL_CONSTANT_STRING(L"\\REGISTRY\\MACHINE\\HARDWARE\\DESCRIPTION\\SYSTEM");

/* ---- System threads -------------------------------------------------------------------------------------------------------------- */
NTSTATUS IopRunInSystemThread(PKSTART_ROUTINE Routine, PVOID Context) {
    OBJECT_ATTRIBUTES Attributes;
    PVOID Thread;
    HANDLE Handle;
    NTSTATUS Status;

    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    Status = PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, &Attributes, NULL, NULL, Routine, Context);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObReferenceObjectByHandle(Handle, SYNCHRONIZE, NULL, KernelMode, &Thread, NULL);
    NT_ASSERT_OURS(NT_SUCCESS(Status));
    KeWaitForSingleObject(Thread, Executive, KernelMode, FALSE, NULL);
    ObfDereferenceObject(Thread);
    ZwClose(Handle);
    return STATUS_SUCCESS;
}

/* ---- Names -------------------------------------------------------------------------------------------------------------------------- */
/* Head and Tail as one terminated pool string. */
static NTSTATUS Concatenate(PUNICODE_STRING Result, PCWSTR Head, PCUNICODE_STRING Tail) {
    SIZE_T HeadLength = wcslen(Head) * sizeof(WCHAR), Length = HeadLength + Tail->Length;
    RtlZeroMemory(Result, sizeof *Result);
    if (Length > 0xFFFC)
        return STATUS_NAME_TOO_LONG;
    Result->Buffer = ExAllocatePoolWithTag(NonPagedPoolNx, Length + sizeof(WCHAR), IOP_DRIVER_TAG);
    if (!Result->Buffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(Result->Buffer, Head, HeadLength);
    if (Tail->Length)
        RtlCopyMemory((PUCHAR)Result->Buffer + HeadLength, Tail->Buffer, Tail->Length);
    Result->Buffer[Length / sizeof(WCHAR)] = 0;
    Result->Length = (USHORT)Length;
    Result->MaximumLength = (USHORT)(Length + sizeof(WCHAR));
    return STATUS_SUCCESS;
}

static VOID FreeString(PUNICODE_STRING String) {
    if (String->Buffer)
        ExFreePoolWithTag(String->Buffer, IOP_DRIVER_TAG);
    String->Buffer = NULL;
}

static VOID LastComponent(PCUNICODE_STRING Path, PUNICODE_STRING Name) {
    ULONG Start = Path->Length / sizeof(WCHAR);
    while (Start && Path->Buffer[Start - 1] != L'\\')
        Start--;
    Name->Buffer = Path->Buffer + Start;
    Name->Length = Name->MaximumLength = (USHORT)(Path->Length - Start * sizeof(WCHAR));
}

PIOP_DRIVER IopFindDriver(PCUNICODE_STRING ServiceName) {
    for (PLIST_ENTRY Link = IopDriverList.Flink; Link != &IopDriverList; Link = Link->Flink) {
        PIOP_DRIVER Driver = CONTAINING_RECORD(Link, IOP_DRIVER, Entry);
        if (RtlEqualUnicodeString(&Driver->Extension.ServiceKeyName, ServiceName, TRUE))
            return Driver;
    }
    return NULL;
}

/* ---- The object ------------------------------------------------------------------------------------------------------------------------ */
/* A named driver object, one reference. STATUS_OBJECT_NAME_COLLISION when there is one of that name. */
static NTSTATUS CreateDriver(PCWSTR Directory, PCUNICODE_STRING ServiceName, PIOP_DRIVER *Created) {
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Name;
    PIOP_DRIVER Driver;
    NTSTATUS Status = Concatenate(&Name, Directory, ServiceName);
    if (!NT_SUCCESS(Status))
        return Status;

    InitializeObjectAttributes(&Attributes, &Name, OBJ_PERMANENT | OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    Status = ObCreateObject(KernelMode, IopDriverType, &Attributes, KernelMode, NULL, sizeof(IOP_DRIVER), 0, 0, (PVOID *)&Driver);
    if (!NT_SUCCESS(Status)) {
        FreeString(&Name);
        return Status;
    }
    InitializeListHead(&Driver->Reinitialize);
    InitializeListHead(&Driver->BootReinitialize);
    InsertTailList(&IopDriverList, &Driver->Entry);
    Driver->Object.Type = IO_TYPE_DRIVER;
    Driver->Object.Size = sizeof(DRIVER_OBJECT);
    Driver->Object.DriverExtension = &Driver->Extension;
    Driver->Object.DriverName = Name; /* the object's from here on */
    Driver->Object.HardwareDatabase = &HardwareDatabase;
    Driver->Extension.DriverObject = &Driver->Object;
    for (ULONG Major = 0; Major <= IRP_MJ_MAXIMUM_FUNCTION; Major++)
        Driver->Object.MajorFunction[Major] = IopInvalidDeviceRequest;
    Status = Concatenate(&Driver->Extension.ServiceKeyName, L"", ServiceName);
    if (!NT_SUCCESS(Status)) {
        ObfDereferenceObject(Driver);
        return Status;
    }
    Status = ObInsertObject(Driver, NULL, 0, 0, NULL, NULL);
    if (NT_SUCCESS(Status))
        *Created = Driver;
    return Status;
}

VOID IopDeleteDriverObject(PVOID Object) {
    PIOP_DRIVER Driver = Object;
    if (!Driver->Entry.Flink)
        return;
    RemoveEntryList(&Driver->Entry);
    IopFreeClientExtensions(Driver);
    IopFreeReinitialize(Driver);
    IopForgetNames(&IopDeviceNames, Driver);
    if (Driver->Module)
        LdrUnloadDriverImage(Driver->Module);
    FreeString(&Driver->Object.DriverName);
    FreeString(&Driver->Extension.ServiceKeyName);
}

static VOID DropDriver(PIOP_DRIVER Driver) {
    ObMakeTemporaryObject(Driver);
    ObfDereferenceObject(Driver);
}

/* ---- Start -------------------------------------------------------------------------------------------------------------------------------- */
typedef struct _START {
    PIOP_DRIVER Driver;
    UNICODE_STRING RegistryPath;
    NTSTATUS Status;
} START;

VOID IopOpenDriver(PIOP_DRIVER Driver) {
    for (PDEVICE_OBJECT Device = Driver->Object.DeviceObject; Device; Device = Device->NextDevice)
        Device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    for (ULONG Major = 0; Major <= IRP_MJ_MAXIMUM_FUNCTION; Major++)
        if (!Driver->Object.MajorFunction[Major])
            Driver->Object.MajorFunction[Major] = IopInvalidDeviceRequest;
    Driver->Object.Flags |= DRVO_INITIALIZED | (Driver->Extension.AddDevice ? 0 : DRVO_LEGACY_DRIVER);
    if (Driver->Module)
        LdrDiscardInit(Driver->Module);
    if (!IopDeferReinitialize)
        IopCallReinitialize(Driver);
}

static VOID NTAPI StartThread(PVOID Context) {
    START *Start = Context;
    PIOP_DRIVER Driver = Start->Driver;

    Start->Status = Driver->Object.DriverInit(&Driver->Object, &Start->RegistryPath);
    if (NT_SUCCESS(Start->Status)) {
        IopOpenDriver(Driver);
    } else {
        IopReportLeftovers(&Driver->Object);
        DropDriver(Driver);
    }
}

/* From file bytes to a running driver. */
static NTSTATUS StartDriver(PUNICODE_STRING ServiceKey, PCWSTR Directory, const VOID *File, SIZE_T Size, PCUNICODE_STRING FullName, PCSTR HostPath,
                            BOOLEAN Inbox, PLDR_REFUSAL Refusal) {
    UNICODE_STRING ServiceName;
    PIOP_DRIVER Driver;
    PLDR_MODULE Module;
    START Start;
    NTSTATUS Status;

    LastComponent(ServiceKey, &ServiceName);
    Status = CreateDriver(Directory, &ServiceName, &Driver);
    if (Status == STATUS_OBJECT_NAME_COLLISION)
        return STATUS_IMAGE_ALREADY_LOADED;
    if (!NT_SUCCESS(Status))
        return Status;
    Status = IopLoadImage(FullName, File, Size, HostPath, Inbox, &Module, Refusal);
    if (!NT_SUCCESS(Status)) {
        DropDriver(Driver);
        return Status;
    }
    Driver->Module = Module;
    Driver->Object.DriverInit = (PDRIVER_INITIALIZE)Module->EntryPoint;
    Driver->Object.DriverStart = Module->DllBase;
    Driver->Object.DriverSize = Module->SizeOfImage;
    Driver->Object.DriverSection = Module;

    Start.Driver = Driver;
    Status = Concatenate(&Start.RegistryPath, L"", ServiceKey);
    if (NT_SUCCESS(Status)) {
        Status = IopRunInSystemThread(StartThread, &Start);
        FreeString(&Start.RegistryPath);
    }
    if (!NT_SUCCESS(Status)) {
        DropDriver(Driver);
        return Status;
    }
    if (!NT_SUCCESS(Start.Status)) {
        strncpy(Refusal->Why, "loads, but its DriverEntry returned an error", sizeof Refusal->Why - 1);
        strncpy(Refusal->Advice, "what it prints with DbgPrint may say why", sizeof Refusal->Advice - 1);
    }
    return Start.Status;
}

/* ---- Load: the service key and the file ------------------------------------------------------------------------------------------------------ */
#define VALUE_SIZE 1024u

/* A value of the key; Buffer holds VALUE_SIZE bytes. */
static NTSTATUS QueryValue(HANDLE Key, PCWSTR ValueName, PKEY_VALUE_PARTIAL_INFORMATION Buffer) {
    UNICODE_STRING Name;
    ULONG Length;
    RtlInitUnicodeString(&Name, ValueName);
    return ZwQueryValueKey(Key, &Name, KeyValuePartialInformation, Buffer, VALUE_SIZE, &Length);
}

/* The NT path of the image, in pool: as it is when it begins with a backslash, below \SystemRoot otherwise, in drivers\ when the value is missing. */
static NTSTATUS ImagePath(HANDLE Key, PCUNICODE_STRING ServiceName, PKEY_VALUE_PARTIAL_INFORMATION Value, PUNICODE_STRING Path) {
    UNICODE_STRING Given;
    NTSTATUS Status = QueryValue(Key, L"ImagePath", Value);

    if (NT_SUCCESS(Status) && (Value->Type == REG_SZ || Value->Type == REG_EXPAND_SZ)) {
        Given.Buffer = (PWSTR)Value->Data;
        Given.Length = Given.MaximumLength = (USHORT)(Value->DataLength & ~1u);
        while (Given.Length && !Given.Buffer[Given.Length / sizeof(WCHAR) - 1])
            Given.Length -= sizeof(WCHAR);
        if (Given.Length)
            return Concatenate(Path, Given.Buffer[0] == L'\\' ? L"" : L"\\SystemRoot\\", &Given);
    } else if (Status == STATUS_BUFFER_OVERFLOW || Status == STATUS_BUFFER_TOO_SMALL) {
        return STATUS_NAME_TOO_LONG;
    }
    Status = Concatenate(&Given, L"\\SystemRoot\\System32\\drivers\\", ServiceName);
    if (NT_SUCCESS(Status)) {
        static const WCHAR Extension[] = L".sys";
        UNICODE_STRING Tail = {sizeof Extension - sizeof(WCHAR), sizeof Extension, (PWSTR)Extension};
        Status = Concatenate(Path, Given.Buffer, &Tail);
        FreeString(&Given);
    }
    return Status;
}

NTSTATUS IopReadImage(PUNICODE_STRING Path, PVOID *File, SIZE_T *Size, PSTR HostPath) {
    OBJECT_ATTRIBUTES Attributes;
    FILE_STANDARD_INFORMATION Standard;
    LARGE_INTEGER Offset = {.QuadPart = 0};
    IO_STATUS_BLOCK Iosb;
    HANDLE Handle;
    NTSTATUS Status;

    InitializeObjectAttributes(&Attributes, Path, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    Status = ZwCreateFile(&Handle, FILE_READ_DATA | FILE_EXECUTE | SYNCHRONIZE, &Attributes, &Iosb, NULL, FILE_ATTRIBUTE_NORMAL,
                          FILE_SHARE_READ | FILE_SHARE_DELETE, FILE_OPEN, FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE, NULL, 0);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ZwQueryInformationFile(Handle, &Iosb, &Standard, sizeof Standard, FileStandardInformation);
    if (NT_SUCCESS(Status) && Standard.EndOfFile.HighPart)
        Status = STATUS_INVALID_IMAGE_FORMAT;
    if (NT_SUCCESS(Status)) {
        *Size = Standard.EndOfFile.LowPart;
        *File = ExAllocatePoolWithTag(NonPagedPoolNx, *Size ? *Size : 1, IOP_DRIVER_TAG);
        if (!*File) {
            Status = STATUS_INSUFFICIENT_RESOURCES;
        } else if (*Size) {
            Status = ZwReadFile(Handle, NULL, NULL, NULL, &Iosb, *File, (ULONG)*Size, &Offset, NULL);
            if (NT_SUCCESS(Status))
                *Size = Iosb.Information;
            else
                ExFreePoolWithTag(*File, IOP_DRIVER_TAG);
        }
    }
    if (NT_SUCCESS(Status) &&
        !NT_SUCCESS(ZwFsControlFile(Handle, NULL, NULL, NULL, &Iosb, FSCTL_HOSTFS_QUERY_HOST_PATH, NULL, 0, HostPath, HAL_MAX_PATH)))
        HostPath[0] = 0;
    ZwClose(Handle);
    return Status;
}

VOID IopFreeImage(PVOID File) { ExFreePoolWithTag(File, IOP_DRIVER_TAG); }

static BOOLEAN IsImageLoaded(PCUNICODE_STRING Path) {
    for (PLIST_ENTRY Link = PsLoadedModuleList.Flink; Link != &PsLoadedModuleList; Link = Link->Flink)
        if (RtlEqualUnicodeString(&CONTAINING_RECORD(Link, LDR_MODULE, InLoadOrderLinks)->FullDllName, Path, TRUE))
            return TRUE;
    return FALSE;
}

/* Type SERVICE_FILE_SYSTEM_DRIVER and SERVICE_RECOGNIZER_DRIVER live in \FileSystem. */
static NTSTATUS LoadWithKey(HANDLE Key, PUNICODE_STRING ServiceKey, PKEY_VALUE_PARTIAL_INFORMATION Value, PLDR_REFUSAL Refusal) {
    UNICODE_STRING ServiceName, Path;
    PCWSTR Directory = L"\\Driver\\";
    PSTR HostPath;
    PVOID File;
    SIZE_T Size;
    NTSTATUS Status;

    LastComponent(ServiceKey, &ServiceName);
    if (!ServiceName.Length)
        return STATUS_INVALID_PARAMETER;
    if (NT_SUCCESS(QueryValue(Key, L"Type", Value)) && Value->Type == REG_DWORD && (*(PULONG)Value->Data == 2 || *(PULONG)Value->Data == 8))
        Directory = L"\\FileSystem\\";
    Status = ImagePath(Key, &ServiceName, Value, &Path);
    if (!NT_SUCCESS(Status))
        return Status;
    HostPath = ExAllocatePoolWithTag(NonPagedPoolNx, HAL_MAX_PATH, IOP_DRIVER_TAG);
    if (!HostPath)
        Status = STATUS_INSUFFICIENT_RESOURCES;
    else if (IopFindDriver(&ServiceName) || IsImageLoaded(&Path))
        Status = STATUS_IMAGE_ALREADY_LOADED;
    else
        Status = IopReadImage(&Path, &File, &Size, HostPath);
    if (NT_SUCCESS(Status)) {
        Status = StartDriver(ServiceKey, Directory, File, Size, &Path, HostPath, FALSE, Refusal);
        IopFreeImage(File);
    }
    if (HostPath)
        ExFreePoolWithTag(HostPath, IOP_DRIVER_TAG);
    FreeString(&Path);
    return Status;
}

NTSTATUS IopLoadDriver(PUNICODE_STRING ServiceKey, PLDR_REFUSAL Refusal) {
    OBJECT_ATTRIBUTES Attributes;
    PKEY_VALUE_PARTIAL_INFORMATION Value;
    HANDLE Key;
    NTSTATUS Status;

    RtlZeroMemory(Refusal, sizeof *Refusal);
    InitializeObjectAttributes(&Attributes, ServiceKey, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    Status = ZwOpenKey(&Key, KEY_READ, &Attributes);
    if (!NT_SUCCESS(Status))
        return Status;
    Value = ExAllocatePoolWithTag(NonPagedPoolNx, VALUE_SIZE, IOP_DRIVER_TAG);
    if (Value) {
        Status = LoadWithKey(Key, ServiceKey, Value, Refusal);
        ExFreePoolWithTag(Value, IOP_DRIVER_TAG);
    } else {
        Status = STATUS_INSUFFICIENT_RESOURCES;
    }
    ZwClose(Key);
    return Status;
}

/* ---- Unload ---------------------------------------------------------------------------------------------------------------------------------- */
static VOID NTAPI UnloadThread(PVOID Context) {
    PDRIVER_OBJECT Driver = Context;
    Driver->DriverUnload(Driver);
}

VOID IopRunUnload(PDRIVER_OBJECT Driver) {
    Driver->Flags |= DRVO_UNLOAD_INVOKED;
    if (!NT_SUCCESS(IopRunInSystemThread(UnloadThread, Driver))) {
        Driver->Flags &= ~(ULONG)DRVO_UNLOAD_INVOKED;
        KdMessage("%wZ: not unloaded: no memory for a thread", &Driver->DriverName);
        return;
    }
    IopReportLeftovers(Driver);
    DropDriver(IopDriver(Driver));
}

NTSTATUS IopUnloadDriver(PUNICODE_STRING ServiceKey) {
    UNICODE_STRING ServiceName;
    PIOP_DRIVER Driver;
    BOOLEAN Busy = FALSE;

    LastComponent(ServiceKey, &ServiceName);
    Driver = IopFindDriver(&ServiceName);
    if (!Driver)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (!Driver->Object.DriverUnload || Driver->UnloadRequested || !(Driver->Object.Flags & DRVO_INITIALIZED))
        return STATUS_INVALID_DEVICE_REQUEST;
    for (PDEVICE_OBJECT Device = Driver->Object.DeviceObject; Device; Device = Device->NextDevice)
        if (PnpIsInStack(Device))
            return STATUS_INVALID_DEVICE_REQUEST;

    Driver->UnloadRequested = TRUE;
    for (PDEVICE_OBJECT Device = Driver->Object.DeviceObject; Device; Device = Device->NextDevice) {
        IopExtension(Device)->ExtensionFlags |= DOE_UNLOAD_PENDING;
        Busy |= Device->ReferenceCount || Device->AttachedDevice;
    }
    if (!Busy)
        IopRunUnload(&Driver->Object);
    return STATUS_SUCCESS;
}

/* "If DriverName is the name of a PnP device driver, ZwUnloadDriver returns STATUS_INVALID_DEVICE_REQUEST": one with an AddDevice routine, with devices or without. */
NTSTATUS IopUnloadService(PUNICODE_STRING ServiceKey) {
    UNICODE_STRING ServiceName;
    PIOP_DRIVER Driver;

    LastComponent(ServiceKey, &ServiceName);
    Driver = IopFindDriver(&ServiceName);
    return Driver != NULL && Driver->Object.DriverExtension->AddDevice != NULL ? STATUS_INVALID_DEVICE_REQUEST : IopUnloadDriver(ServiceKey);
}

ULONG IopQueryDriver(PUNICODE_STRING ServiceName) {
    PIOP_DRIVER Driver = IopFindDriver(ServiceName);
    if (!Driver || (Driver->Object.Flags & DRVO_UNLOAD_INVOKED))
        return IopDriverAbsent;
    return Driver->UnloadRequested ? IopDriverUnloadPending : IopDriverLoaded;
}

/* A device named "\Device\Example" may be the target of a link as it stands; links to links of the driver's are not followed. */
static VOID ReportLinks(PDRIVER_OBJECT Driver) {
    for (PLIST_ENTRY Link = IopLinks.All.Flink; Link != &IopLinks.All; Link = Link->Flink) {
        IOP_NAME *Entry = CONTAINING_RECORD(Link, IOP_NAME, Entry);
        if (IopFindName(&IopDeviceNames, &Entry->Target, Driver))
            KdMessage("%wZ: left the symbolic link %wZ to %wZ behind: delete it with IoDeleteSymbolicLink in DriverUnload", &Driver->DriverName,
                      &Entry->Name, &Entry->Target);
    }
}

VOID IopReportLeftovers(PDRIVER_OBJECT Driver) {
    for (PDEVICE_OBJECT Device = Driver->DeviceObject; Device; Device = Device->NextDevice) {
        struct {
            OBJECT_NAME_INFORMATION Name;
            WCHAR Text[256];
        } Path;
        ULONG Length;
        if (NT_SUCCESS(ObQueryNameString(Device, &Path.Name, sizeof Path, &Length)) && Path.Name.Name.Length)
            KdMessage("%wZ: left the device %wZ behind: delete it with IoDeleteDevice in DriverUnload", &Driver->DriverName, &Path.Name.Name);
        else
            KdMessage("%wZ: left a device without a name behind: delete it with IoDeleteDevice in DriverUnload", &Driver->DriverName);
    }
    ReportLinks(Driver);
    EtwReportLeftovers(Driver, (ULONG64)Driver->DriverStart, Driver->DriverSize);
    WmiReportLeftovers(Driver);
}

/* ---- Drivers from inside ----------------------------------------------------------------------------------------------------------------------- */
NTSTATUS IopStartInboxDriver(PUNICODE_STRING ServiceKey, const hal_image *Image, PCUNICODE_STRING FullName) {
    LDR_REFUSAL Refusal;
    return StartDriver(ServiceKey, L"\\Driver\\", Image->data, Image->size, FullName, "", TRUE, &Refusal);
}

NTSTATUS IopCreateDriverObject(PCUNICODE_STRING Name, PIOP_DRIVER *Driver) { return CreateDriver(L"", Name, Driver); }
