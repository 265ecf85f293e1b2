/* The ways in to loading and unloading: the system services, inbox drivers, IoCreateDriver; and what hangs on a driver object besides: extensions, reinitialisation. */
#include "io/io.h"

#include "cm/cm.h"
#include "kd/kd.h"
#include "ldr/ldr.h"

#define IOP_EXTENSION_TAG 'EvrD'
#define SERVICES          L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\"

/* ---- Services ----------------------------------------------------------------------------------------------------------------- */
typedef struct _LOAD {
    UNICODE_STRING ServiceKey;
    NTSTATUS (*Routine)(PUNICODE_STRING ServiceKey);
    NTSTATUS Status;
} LOAD;

static VOID NTAPI LoadThread(PVOID Context) {
    LOAD *Load = Context;
    Load->Status = Load->Routine(&Load->ServiceKey);
}

/* What the status alone does not say comes out as a message: the program that asked learns only the status. */
static NTSTATUS LoadForService(PUNICODE_STRING ServiceKey) {
    static CHAR Text[sizeof(LDR_REFUSAL) + 256];
    LDR_REFUSAL Refusal;
    NTSTATUS Status = IopLoadDriver(ServiceKey, &Refusal);
    if (!NT_SUCCESS(Status) && Refusal.Why[0]) {
        CHAR Name[128];
        ULONG Bytes = 0;
        USHORT Skip = ServiceKey->Length > sizeof SERVICES - sizeof(WCHAR) ? sizeof SERVICES - sizeof(WCHAR) : 0;
        RtlUnicodeToUTF8N(Name, sizeof Name - 1, &Bytes, (PWSTR)((PUCHAR)ServiceKey->Buffer + Skip), ServiceKey->Length - Skip);
        Name[Bytes] = '\0';
        LdrDescribeRefusal(Text, sizeof Text, Name, Status, &Refusal);
        KdMessage("%s", Text);
    }
    return Status;
}

/* The name is captured; the work is done in the System process, whatever process asks. */
static NTSTATUS CallForService(PUNICODE_STRING Name, NTSTATUS (*Routine)(PUNICODE_STRING)) {
    LOAD Load = {.Routine = Routine};
    NTSTATUS Status = ObpCaptureString(Name, KiPreviousMode(), &Load.ServiceKey);
    if (!NT_SUCCESS(Status))
        return Status;
    if (!Load.ServiceKey.Length)
        return STATUS_INVALID_PARAMETER;
    if (IoGetCurrentProcess() == PsInitialSystemProcess)
        LoadThread(&Load);
    else
        Status = IopRunInSystemThread(LoadThread, &Load);
    ExFreePool(Load.ServiceKey.Buffer);
    return NT_SUCCESS(Status) ? Load.Status : Status;
}

NTSTATUS NTAPI NtLoadDriver(PUNICODE_STRING DriverServiceName) {
    if (KiPreviousMode() != KernelMode && !SeSinglePrivilegeCheck(RtlConvertUlongToLuid(SE_LOAD_DRIVER_PRIVILEGE), UserMode))
        return STATUS_PRIVILEGE_NOT_HELD;
    return CallForService(DriverServiceName, LoadForService);
}

NTSTATUS NTAPI NtUnloadDriver(PUNICODE_STRING DriverServiceName) {
    if (KiPreviousMode() != KernelMode && !SeSinglePrivilegeCheck(RtlConvertUlongToLuid(SE_LOAD_DRIVER_PRIVILEGE), UserMode))
        return STATUS_PRIVILEGE_NOT_HELD;
    return CallForService(DriverServiceName, IopUnloadService);
}

/* ---- Inbox drivers -------------------------------------------------------------------------------------------------------------- */
#define NAME_LENGTH 64u

NTSTATUS IopLoadBootDriver(PCWSTR Name, const hal_image *Image) {
    static const WCHAR Drivers[] = L"\\SystemRoot\\System32\\drivers\\", Extension[] = L".sys";
    WCHAR Key[ARRAYSIZE(SERVICES) + NAME_LENGTH] = SERVICES, Path[ARRAYSIZE(Drivers) + NAME_LENGTH + ARRAYSIZE(Extension)];
    SIZE_T Length = wcslen(Name), Head = ARRAYSIZE(Drivers) - 1;
    UNICODE_STRING ServiceKey, FullName;
    ULONG Type = 1 /* SERVICE_KERNEL_DRIVER */, Start = 0 /* SERVICE_BOOT_START */, ErrorControl = 1;
    NTSTATUS Status;

    if (!Length || Length >= NAME_LENGTH)
        return STATUS_INVALID_PARAMETER;
    RtlCopyMemory(Key + ARRAYSIZE(SERVICES) - 1, Name, Length * sizeof(WCHAR));
    Key[ARRAYSIZE(SERVICES) - 1 + Length] = 0;
    RtlCopyMemory(Path, Drivers, Head * sizeof(WCHAR));
    RtlCopyMemory(Path + Head, Name, Length * sizeof(WCHAR));
    RtlCopyMemory(Path + Head + Length, Extension, sizeof Extension);

    Status = CmpSetValue(Key, L"Type", REG_DWORD, &Type, sizeof Type);
    if (NT_SUCCESS(Status))
        Status = CmpSetValue(Key, L"Start", REG_DWORD, &Start, sizeof Start);
    if (NT_SUCCESS(Status))
        Status = CmpSetValue(Key, L"ErrorControl", REG_DWORD, &ErrorControl, sizeof ErrorControl);
    if (!NT_SUCCESS(Status))
        return Status;
    RtlInitUnicodeString(&ServiceKey, Key);
    RtlInitUnicodeString(&FullName, Path);
    return IopStartInboxDriver(&ServiceKey, Image, &FullName);
}

/* ---- Drivers without an image ------------------------------------------------------------------------------------------------------ */
/* Undocumented, but imported: InitializationFunction is called at once in the caller's thread, without a registry path. */
NTSTATUS NTAPI IoCreateDriver(PUNICODE_STRING DriverName, IOP_DRIVER_INITIALIZE InitializationFunction) {
    static const WCHAR Digits[] = L"0123456789";
    static ULONG Created;
    WCHAR Buffer[] = L"\\Driver\\00000000";
    UNICODE_STRING Generated;
    PIOP_DRIVER Driver;
    ULONG Number = ++Created;
    NTSTATUS Status;

    if (!DriverName) {
        for (ULONG Digit = ARRAYSIZE(Buffer) - 2; Number; Digit--, Number /= 10)
            Buffer[Digit] = Digits[Number % 10];
        RtlInitUnicodeString(&Generated, Buffer);
        DriverName = &Generated;
    }
    Status = IopCreateDriverObject(DriverName, &Driver);
    if (!NT_SUCCESS(Status))
        return Status;
    Driver->Object.Flags |= DRVO_BUILTIN_DRIVER;
    Driver->Object.DriverInit = (PDRIVER_INITIALIZE)InitializationFunction;
    Status = InitializationFunction(&Driver->Object, NULL);
    if (!NT_SUCCESS(Status)) {
        IoDeleteDriver(&Driver->Object);
        return Status;
    }
    IopOpenDriver(Driver);
    return Status;
}

VOID NTAPI IoDeleteDriver(PDRIVER_OBJECT DriverObject) {
    ObMakeTemporaryObject(DriverObject);
    ObfDereferenceObject(DriverObject);
}

/* ---- Extensions ----------------------------------------------------------------------------------------------------------------------- */
struct _IOP_CLIENT_EXTENSION {
    IOP_CLIENT_EXTENSION *Next;
    PVOID Client; /* the address that identifies it */
    DECLSPEC_ALIGN(16) UCHAR Data[];
};

PVOID NTAPI IoGetDriverObjectExtension(PDRIVER_OBJECT DriverObject, PVOID ClientIdentificationAddress) {
    for (IOP_CLIENT_EXTENSION *Extension = IopDriver(DriverObject)->Clients; Extension; Extension = Extension->Next)
        if (Extension->Client == ClientIdentificationAddress)
            return Extension->Data;
    return NULL;
}

NTSTATUS NTAPI IoAllocateDriverObjectExtension(PDRIVER_OBJECT DriverObject, PVOID ClientIdentificationAddress, ULONG DriverObjectExtensionSize,
                                               PVOID *DriverObjectExtension) {
    IOP_CLIENT_EXTENSION *Extension;

    *DriverObjectExtension = NULL;
    if (IoGetDriverObjectExtension(DriverObject, ClientIdentificationAddress))
        return STATUS_OBJECT_NAME_COLLISION;
    Extension = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof *Extension + (SIZE_T)DriverObjectExtensionSize, IOP_EXTENSION_TAG);
    if (!Extension)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Extension, sizeof *Extension + (SIZE_T)DriverObjectExtensionSize);
    Extension->Client = ClientIdentificationAddress;
    Extension->Next = IopDriver(DriverObject)->Clients;
    IopDriver(DriverObject)->Clients = Extension;
    *DriverObjectExtension = Extension->Data;
    return STATUS_SUCCESS;
}

VOID IopFreeClientExtensions(PIOP_DRIVER Driver) {
    while (Driver->Clients) {
        IOP_CLIENT_EXTENSION *Extension = Driver->Clients;
        Driver->Clients = Extension->Next;
        ExFreePoolWithTag(Extension, IOP_EXTENSION_TAG);
    }
}

/* ---- Reinitialisation -------------------------------------------------------------------------------------------------------------------- */
typedef struct _REINITIALIZE {
    LIST_ENTRY Entry;
    PDRIVER_REINITIALIZE Routine;
    PVOID Context;
} REINITIALIZE;

static VOID Register(PDRIVER_OBJECT DriverObject, PLIST_ENTRY List, ULONG Flag, PDRIVER_REINITIALIZE Routine, PVOID Context) {
    REINITIALIZE *Entry = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof *Entry, IOP_EXTENSION_TAG);
    if (!Entry)
        return; /* as on Windows: there is nobody to tell */
    Entry->Routine = Routine;
    Entry->Context = Context;
    DriverObject->Flags |= Flag;
    InsertTailList(List, &Entry->Entry);
}

VOID NTAPI IoRegisterDriverReinitialization(PDRIVER_OBJECT DriverObject, PDRIVER_REINITIALIZE DriverReinitializationRoutine, PVOID Context) {
    Register(DriverObject, &IopDriver(DriverObject)->Reinitialize, DRVO_REINIT_REGISTERED, DriverReinitializationRoutine, Context);
}

/* Called only for drivers that start at boot: what others register is forgotten with them. */
VOID NTAPI IoRegisterBootDriverReinitialization(PDRIVER_OBJECT DriverObject, PDRIVER_REINITIALIZE DriverReinitializationRoutine, PVOID Context) {
    Register(DriverObject, &IopDriver(DriverObject)->BootReinitialize, DRVO_BOOTREINIT_REGISTERED, DriverReinitializationRoutine, Context);
}

/* A routine may register itself again; Count tells it how often it has been called. */
static VOID CallRoutines(PIOP_DRIVER Driver, PLIST_ENTRY List, ULONG Flag) {
    while (!IsListEmpty(List)) {
        REINITIALIZE *Entry = CONTAINING_RECORD(RemoveHeadList(List), REINITIALIZE, Entry);
        PDRIVER_REINITIALIZE Routine = Entry->Routine;
        PVOID Context = Entry->Context;
        ExFreePoolWithTag(Entry, IOP_EXTENSION_TAG);
        Driver->Object.Flags &= ~Flag;
        Routine(&Driver->Object, Context, ++Driver->Extension.Count);
    }
}

VOID IopCallReinitialize(PIOP_DRIVER Driver) { CallRoutines(Driver, &Driver->Reinitialize, DRVO_REINIT_REGISTERED); }

/* A routine may load and unload drivers: after each driver the list is looked at anew. */
VOID IopReinitializeDrivers(BOOLEAN Boot) {
    for (PLIST_ENTRY Link = IopDriverList.Flink; Link != &IopDriverList;) {
        PIOP_DRIVER Driver = CONTAINING_RECORD(Link, IOP_DRIVER, Entry);
        PLIST_ENTRY List = Boot ? &Driver->BootReinitialize : &Driver->Reinitialize;
        Link = Link->Flink;
        if (!IsListEmpty(List) && (Driver->Object.Flags & DRVO_INITIALIZED)) {
            ObfReferenceObject(Driver);
            CallRoutines(Driver, List, Boot ? DRVO_BOOTREINIT_REGISTERED : DRVO_REINIT_REGISTERED);
            ObfDereferenceObject(Driver);
            Link = IopDriverList.Flink;
        }
    }
}

VOID IopFreeReinitialize(PIOP_DRIVER Driver) {
    while (!IsListEmpty(&Driver->BootReinitialize))
        ExFreePoolWithTag(CONTAINING_RECORD(RemoveHeadList(&Driver->BootReinitialize), REINITIALIZE, Entry), IOP_EXTENSION_TAG);
    while (!IsListEmpty(&Driver->Reinitialize))
        ExFreePoolWithTag(CONTAINING_RECORD(RemoveHeadList(&Driver->Reinitialize), REINITIALIZE, Entry), IOP_EXTENSION_TAG);
}
