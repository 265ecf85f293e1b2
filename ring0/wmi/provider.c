/* Providers: devices that have registered, and what they said of themselves. */
#include "wmi/wmip.h"
#include "ex/ex.h"
#include "io/io.h"
#include "kd/kd.h"
#include "ke/ke.h"
#include "rtl/crt.h"
#include "rtl/rtl.h"
#include "vf/vf.h"

#define ACTION_MASK   0xFFFFu
#define CALLBACK_FLAG 0x80000000u /* WMIREG_FLAG_CALLBACK: the "device" is a function */
#define TRACE_FLAG    0x00010000u /* WMIREG_FLAG_TRACE_PROVIDER */
#define REGISTRATION  ((PVOID)0)  /* DataPath: WMIREGISTER; 1 is WMIUPDATE */
#define UPDATE        ((PVOID)1)

LIST_ENTRY WmipProviders = {&WmipProviders, &WmipProviders};

typedef struct _WMIP_WORK {
    WORK_QUEUE_ITEM Item;
    PWMIP_PROVIDER Provider;
    PVOID DataPath;
} WMIP_WORK, *PWMIP_WORK;

static VOID WmipFreeBlocks(PWMIP_BLOCK Blocks, ULONG Count) {
    for (ULONG I = 0; I < Count; I++)
        if (Blocks[I].BaseName != NULL)
            ExFreePoolWithTag(Blocks[I].BaseName, WMIP_TAG);
    if (Blocks != NULL)
        ExFreePoolWithTag(Blocks, WMIP_TAG);
}

VOID WmipDereference(PWMIP_PROVIDER Provider) {
    if (--Provider->References != 0)
        return;
    WmipFreeBlocks(Provider->Blocks, Provider->Count);
    ObDereferenceObject(Provider->Device);
    ExFreePoolWithTag(Provider, WMIP_TAG);
}

static PWMIP_PROVIDER WmipFind(PDEVICE_OBJECT Device) {
    for (PLIST_ENTRY Link = WmipProviders.Flink; Link != &WmipProviders; Link = Link->Flink)
        if (CONTAINING_RECORD(Link, WMIP_PROVIDER, Link)->Device == Device)
            return CONTAINING_RECORD(Link, WMIP_PROVIDER, Link);
    return NULL;
}

PWMIP_BLOCK WmipFindBlock(PWMIP_PROVIDER Provider, LPCGUID Id) {
    for (ULONG I = 0; I < Provider->Count; I++)
        if (RtlCompareMemory(&Provider->Blocks[I].Id, Id, sizeof(*Id)) == sizeof(*Id))
            return &Provider->Blocks[I];
    return NULL;
}

VOID WmipTell(PWMIP_PROVIDER Provider, PCSTR What, LPCGUID Id, ULONG Number) {
    WCHAR Line[160], Text[RTLP_GUID_ROOM];
    INT Length;

    if (KiMachine->etw == 0 && KiMachine->trace == 0)
        return;
    RtlpFormatGuid(Id, Text);
    Length = _snwprintf(Line, RTL_NUMBER_OF(Line), L"%hs %ls %u", What, Text, Number);
    if (KiMachine->etw != 0)
        KdEvent("WMI", DPFLTR_INFO_LEVEL, (ULONG64)Provider->Driver->DriverStart, Line, (SIZE_T)Length);
    if (KiMachine->trace != 0)
        VfTrace("wmi %ls", Line);
}

/* ---- Requests ---- */
static NTSTATUS NTAPI WmipDone(PDEVICE_OBJECT Device, PIRP Irp, PVOID Context) {
    KeSetEvent(Context, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

NTSTATUS WmipSend(PWMIP_PROVIDER Provider, UCHAR Minor, PVOID DataPath, PVOID Buffer, ULONG Size, PULONG_PTR Information) {
    PDEVICE_OBJECT Top;
    PIO_STACK_LOCATION Stack;
    NTSTATUS Status;
    KEVENT Done;
    PIRP Irp;

    if (Provider->Gone || Provider->Blocked)
        return STATUS_WMI_GUID_NOT_FOUND;
    Top = IoGetAttachedDeviceReference(Provider->Device);
    Irp = IoAllocateIrp(Top->StackSize, FALSE);
    if (Irp == NULL) {
        ObDereferenceObject(Top);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    KeInitializeEvent(&Done, NotificationEvent, FALSE);
    Irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    Irp->Tail.Overlay.Thread = (PETHREAD)KiCurrentThread();
    Stack = IoGetNextIrpStackLocation(Irp);
    Stack->MajorFunction = IRP_MJ_SYSTEM_CONTROL;
    Stack->MinorFunction = Minor;
    Stack->Parameters.WMI.ProviderId = (ULONG_PTR)Provider->Device;
    Stack->Parameters.WMI.DataPath = DataPath;
    Stack->Parameters.WMI.BufferSize = Size;
    Stack->Parameters.WMI.Buffer = Buffer;
    IoSetCompletionRoutine(Irp, WmipDone, &Done, TRUE, TRUE, TRUE);
    IoCallDriver(Top, Irp);
    KeWaitForSingleObject(&Done, Executive, KernelMode, FALSE, NULL);
    Status = Irp->IoStatus.Status;
    *Information = Irp->IoStatus.Information;
    IoFreeIrp(Irp);
    ObDereferenceObject(Top);
    return Status;
}

/* ---- What a driver says of itself ---- */
/* A counted string at an offset of the buffer, as a copy; NULL: it does not lie within, or there is no memory. */
static PWSTR WmipCopyName(const UCHAR *Buffer, ULONG Size, ULONG Offset) {
    USHORT Length;
    PWSTR Copy;
    if (Offset > Size - sizeof(USHORT))
        return NULL;
    RtlCopyMemory(&Length, Buffer + Offset, sizeof(Length));
    Length &= ~1u;
    if (Length > Size - sizeof(USHORT) - Offset)
        return NULL;
    Copy = ExAllocatePoolWithTag(NonPagedPoolNx, Length + sizeof(WCHAR), WMIP_TAG);
    if (Copy == NULL)
        return NULL;
    RtlCopyMemory(Copy, Buffer + Offset + sizeof(USHORT), Length);
    Copy[Length / sizeof(WCHAR)] = L'\0';
    return Copy;
}

/* Blocks in place of those that there were. A physical device object that names instances comes with a reference, which is WMI's to give back. */
static VOID WmipTakeBlocks(PWMIP_PROVIDER Provider, const UCHAR *Buffer, ULONG Size) {
    const WMIREGINFOW *Info = (const WMIREGINFOW *)Buffer;
    PWMIP_BLOCK Blocks;
    ULONG Count;

    if (Size < sizeof(*Info) || (Size - sizeof(*Info)) / sizeof(WMIREGGUIDW) < Info->GuidCount)
        return;
    Count = Info->GuidCount;
    Blocks = ExAllocatePoolWithTag(NonPagedPoolNx, Count * sizeof(*Blocks) + 1, WMIP_TAG);
    for (ULONG I = 0; I < Count; I++) {
        const WMIREGGUIDW *Guid = &Info->WmiRegGuid[I];
        if (Guid->Flags & WMIREG_FLAG_INSTANCE_PDO)
            ObDereferenceObject((PVOID)Guid->Pdo);
        if (Blocks == NULL)
            continue;
        Blocks[I] = (WMIP_BLOCK){.Id = Guid->Guid, .Flags = Guid->Flags, .Instances = Guid->InstanceCount};
        if (Guid->Flags & WMIREG_FLAG_INSTANCE_BASENAME)
            Blocks[I].BaseName = WmipCopyName(Buffer, Size, Guid->BaseNameOffset);
    }
    if (Blocks == NULL)
        return;
    WmipFreeBlocks(Provider->Blocks, Provider->Count);
    Provider->Blocks = Blocks;
    Provider->Count = Count;
    for (ULONG I = 0; I < Count; I++)
        WmipTell(Provider, Blocks[I].Flags & WMIREG_FLAG_EVENT_ONLY_GUID ? "event block, instances" : "data block, instances", &Blocks[I].Id,
                 Blocks[I].Instances);
}

static NTSTATUS WmipAsk(PWMIP_PROVIDER Provider, UCHAR Minor, PVOID DataPath) {
    ULONG Size = FIRST_SIZE;
    NTSTATUS Status;

    for (ULONG Try = 0;; Try++) {
        PUCHAR Buffer = ExAllocatePoolWithTag(NonPagedPoolNx, Size, WMIP_TAG);
        ULONG_PTR Information = 0;
        ULONG Needed;
        if (Buffer == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        RtlZeroMemory(Buffer, Size);
        Status = WmipSend(Provider, Minor, DataPath, Buffer, Size, &Information);
        if (NT_SUCCESS(Status) && Information <= Size)
            WmipTakeBlocks(Provider, Buffer, (ULONG)Information);
        Needed = *(PULONG)Buffer;
        ExFreePoolWithTag(Buffer, WMIP_TAG);
        if (Status != STATUS_BUFFER_TOO_SMALL || Needed <= Size || Needed > LARGEST || Try != 0)
            return Status;
        Size = Needed;
    }
}

static VOID NTAPI WmipQuery(PVOID Context) {
    PWMIP_WORK Work = Context;
    if (WmipAsk(Work->Provider, IRP_MN_REGINFO_EX, Work->DataPath) == STATUS_NOT_SUPPORTED)
        WmipAsk(Work->Provider, IRP_MN_REGINFO, Work->DataPath);
    WmipDereference(Work->Provider);
    ExFreePoolWithTag(Work, WMIP_TAG);
}

/* The driver is asked from a worker thread: it may hold locks that its dispatch routine takes. */
static NTSTATUS WmipQueueQuery(PWMIP_PROVIDER Provider, PVOID DataPath) {
    PWMIP_WORK Work = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Work), WMIP_TAG);
    if (Work == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Work->Provider = Provider;
    Work->DataPath = DataPath;
    Provider->References++;
    ExInitializeWorkItem(&Work->Item, WmipQuery, Work);
    ExQueueWorkItem(&Work->Item, DelayedWorkQueue);
    return STATUS_SUCCESS;
}

/* ---- Registration ---- */
static VOID WmipForget(PWMIP_PROVIDER Provider) {
    Provider->Gone = TRUE;
    RemoveEntryList(&Provider->Link);
    WmipDereference(Provider);
}

static NTSTATUS WmipRegister(PDEVICE_OBJECT Device) {
    static ULONG LastId;
    PWMIP_PROVIDER Provider;
    NTSTATUS Status;

    if (WmipFind(Device) != NULL)
        return STATUS_OBJECT_NAME_EXISTS; /* a success */
    Provider = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Provider), WMIP_TAG);
    if (Provider == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    *Provider = (WMIP_PROVIDER){.Device = Device, .Driver = Device->DriverObject, .Id = ++LastId, .References = 1};
    ObReferenceObject(Device);
    Status = WmipQueueQuery(Provider, REGISTRATION);
    if (NT_SUCCESS(Status))
        InsertTailList(&WmipProviders, &Provider->Link);
    else
        WmipDereference(Provider);
    return Status;
}

NTSTATUS NTAPI IoWMIRegistrationControl(PDEVICE_OBJECT DeviceObject, ULONG Action) {
    PWMIP_PROVIDER Provider = WmipFind(DeviceObject);

    if (Action & (CALLBACK_FLAG | TRACE_FLAG))
        return STATUS_NOT_SUPPORTED;
    Action &= ACTION_MASK;
    if (Action == WMIREG_ACTION_REGISTER)
        return WmipRegister(DeviceObject);
    if (Provider == NULL || Action < WMIREG_ACTION_DEREGISTER || Action > WMIREG_ACTION_BLOCK_IRPS)
        return STATUS_INVALID_PARAMETER;
    switch (Action) {
    case WMIREG_ACTION_DEREGISTER: WmipForget(Provider); return STATUS_SUCCESS;
    case WMIREG_ACTION_REREGISTER: WmipForget(Provider); return WmipRegister(DeviceObject);
    case WMIREG_ACTION_UPDATE_GUIDS: return WmipQueueQuery(Provider, UPDATE);
    default: Provider->Blocked = TRUE; return STATUS_SUCCESS;
    }
}

/* 0 for a device that is not registered. */
ULONG NTAPI IoWMIDeviceObjectToProviderId(PDEVICE_OBJECT DeviceObject) {
    PWMIP_PROVIDER Provider = WmipFind(DeviceObject);
    return Provider != NULL ? Provider->Id : 0;
}

VOID WmiReportLeftovers(PDRIVER_OBJECT Driver) {
    PLIST_ENTRY Link = WmipProviders.Flink;
    while (Link != &WmipProviders) {
        PWMIP_PROVIDER Provider = CONTAINING_RECORD(Link, WMIP_PROVIDER, Link);
        Link = Link->Flink;
        if (Provider->Driver != Driver)
            continue;
        KdMessage("%wZ: left a device registered with WMI: call IoWMIRegistrationControl with WMIREG_ACTION_DEREGISTER before the device goes",
                  &Driver->DriverName);
        WmipForget(Provider);
    }
}
