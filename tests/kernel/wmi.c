/* WMI: a device that registers is asked for its data blocks; another driver (here the same) queries, sets and calls them. */
#define TAP_OWN_UNLOAD
#include "kernel/more.h"
#include <wmistr.h>

ULONG NTAPI IoWMIDeviceObjectToProviderId(PDEVICE_OBJECT);

static GUID Data = {0x10203040, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}}, Quiet = {0x50607080, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}};
static PDEVICE_OBJECT Device, Plain;
static ULONG Infos, ExInfos, Updates, Values[2] = {11, 22}, Padding;
static BOOLEAN OnlyOld, Lie;
static HANDLE AskedBy;

static ULONG Info(PWMIREGINFOW Into, ULONG Size) {
    static const WCHAR Base[] = L"Test_";
    ULONG Names = FIELD_OFFSET(WMIREGINFOW, WmiRegGuid) + 2 * sizeof(WMIREGGUIDW), Needed = Names + sizeof(USHORT) + sizeof Base + Padding;
    if (Size < Needed) {
        *(PULONG)Into = Needed;
        return sizeof(ULONG);
    }
    Into->BufferSize = Needed;
    Into->GuidCount = Lie ? 0x10000000 : 2;
    Into->WmiRegGuid[0] = (WMIREGGUIDW){.Guid = Data, .Flags = WMIREG_FLAG_INSTANCE_BASENAME, .InstanceCount = 2};
    Into->WmiRegGuid[0].BaseNameOffset = Names;
    Into->WmiRegGuid[1] = (WMIREGGUIDW){.Guid = Quiet, .Flags = WMIREG_FLAG_INSTANCE_BASENAME | WMIREG_FLAG_EVENT_ONLY_GUID, .InstanceCount = 1};
    Into->WmiRegGuid[1].BaseNameOffset = 0x7FFFFFFF;
    *(PUSHORT)((PUCHAR)Into + Names) = sizeof Base - sizeof(WCHAR);
    RtlCopyMemory((PUCHAR)Into + Names + sizeof(USHORT), Base, sizeof Base);
    return Needed;
}

static ULONG All(PWNODE_ALL_DATA Node, ULONG Size) {
    ULONG Needed = sizeof *Node + sizeof Values;
    if (Size < Needed) {
        Node->WnodeHeader.Flags |= WNODE_FLAG_TOO_SMALL;
        ((PWNODE_TOO_SMALL)Node)->SizeNeeded = Needed;
        return sizeof(WNODE_TOO_SMALL);
    }
    Node->WnodeHeader.Flags |= WNODE_FLAG_FIXED_INSTANCE_SIZE;
    Node->InstanceCount = 2;
    Node->FixedInstanceSize = sizeof(ULONG);
    Node->DataBlockOffset = sizeof *Node;
    RtlCopyMemory(Node + 1, Values, sizeof Values);
    return Needed;
}

static NTSTATUS NTAPI Dispatch(PDEVICE_OBJECT Of, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PVOID Buffer = Stack->Parameters.WMI.Buffer;
    ULONG Size = Stack->Parameters.WMI.BufferSize, Length = 0;
    PWNODE_SINGLE_INSTANCE Single = Buffer;
    PWNODE_METHOD_ITEM Method = Buffer;
    NTSTATUS Status = STATUS_SUCCESS;
    if (Stack->MajorFunction != IRP_MJ_SYSTEM_CONTROL || Stack->Parameters.WMI.ProviderId != (ULONG_PTR)Of)
        goto Done;
    switch (Stack->MinorFunction) {
    case IRP_MN_REGINFO_EX:
        ExInfos++;
        if (OnlyOld) {
            Status = Irp->IoStatus.Status;
            break;
        }
        /* fall through */
    case IRP_MN_REGINFO:
        Infos++;
        Updates += Stack->Parameters.WMI.DataPath == (PVOID)1;
        AskedBy = PsGetCurrentThreadId();
        Length = Info(Buffer, Size);
        Status = Length == sizeof(ULONG) ? STATUS_BUFFER_TOO_SMALL : STATUS_SUCCESS;
        break;
    case IRP_MN_QUERY_ALL_DATA: Length = All(Buffer, Size); break;
    case IRP_MN_QUERY_SINGLE_INSTANCE:
        Single->SizeDataBlock = sizeof(ULONG);
        *(PULONG)((PUCHAR)Single + Single->DataBlockOffset) = Values[Single->InstanceIndex];
        Length = Single->DataBlockOffset + sizeof(ULONG);
        break;
    case IRP_MN_CHANGE_SINGLE_INSTANCE: Values[Single->InstanceIndex] = *(PULONG)((PUCHAR)Single + Single->DataBlockOffset); break;
    case IRP_MN_EXECUTE_METHOD: {
        PULONG Value = (PULONG)((PUCHAR)Method + Method->DataBlockOffset);
        *Value = *Value * 10 + Method->MethodId + Method->InstanceIndex * 100;
        Method->SizeDataBlock = sizeof(ULONG);
        Length = Method->DataBlockOffset + sizeof(ULONG);
        break;
    }
    default: Status = Irp->IoStatus.Status; break;
    }
Done:
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Length;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static VOID Settle(VOID) {
    LARGE_INTEGER Pause = {.QuadPart = -500000};
    KeDelayExecutionThread(KernelMode, FALSE, &Pause);
}

static VOID TestRegistration(VOID) {
    PVOID Block = (PVOID)1;
    STATUS(IoWMIRegistrationControl(Device, WMIREG_ACTION_DEREGISTER), STATUS_INVALID_PARAMETER, "a device that is not registered");
    STATUS(IoWMIRegistrationControl(Device, 77), STATUS_INVALID_PARAMETER, "an action that is none");
    is(IoWMIDeviceObjectToProviderId(Device), 0, "it has no id");
    Padding = 0x2000;
    STATUS(IoWMIRegistrationControl(Device, WMIREG_ACTION_REGISTER), 0, "IoWMIRegistrationControl");
    STATUS(IoWMIRegistrationControl(Device, WMIREG_ACTION_REGISTER), STATUS_OBJECT_NAME_EXISTS, "once");
    ok(Infos == 0 || KeQueryActiveProcessorCount(NULL) > 1, "nobody asks within the call, if there is but one processor");
    Settle();
    ok(Infos == 2 && ExInfos == 2 && AskedBy != PsGetCurrentThreadId(), "IRP_MN_REGINFO_EX, twice: the first buffer was too small");
    ok(IoWMIDeviceObjectToProviderId(Device) != 0, "IoWMIDeviceObjectToProviderId");
    Padding = 0;
    STATUS(IoWMIRegistrationControl(Device, WMIREG_ACTION_UPDATE_GUIDS), 0, "an update");
    Settle();
    ok(Infos == 3 && Updates == 1, "asks for an update");
    Lie = TRUE;
    IoWMIRegistrationControl(Device, WMIREG_ACTION_REREGISTER);
    Settle();
    STATUS(IoWMIOpenBlock(&Data, 1, &Block), STATUS_WMI_GUID_NOT_FOUND, "more blocks than its buffer has room for are not believed");
    Lie = FALSE;
    OnlyOld = TRUE;
    STATUS(IoWMIRegistrationControl(Device, WMIREG_ACTION_REREGISTER), 0, "once more");
    Settle();
    ok(Infos == 5 && ExInfos == 5, "IRP_MN_REGINFO for who does not know the other");
}

static VOID TestBlocks(VOID) {
    ULONG Room[64], Size = sizeof Room, Value = 33;
    PWNODE_ALL_DATA All = (PWNODE_ALL_DATA)Room;
    PWNODE_SINGLE_INSTANCE Single = (PWNODE_SINGLE_INSTANCE)Room;
    PVOID Block = NULL;
    STATUS(IoWMIOpenBlock(&Data, WMIGUID_QUERY, &Block), 0, "IoWMIOpenBlock");
    if (!Block)
        return;
    STATUS(IoWMIQueryAllData(Block, &Size, All), 0, "IoWMIQueryAllData");
    ok(Size == sizeof *All + 8 && All->InstanceCount == 2 && *(PULONG)(All + 1) == 11 && All->WnodeHeader.Linkage == 0, "two instances");
    Size = 8;
    STATUS(IoWMIQueryAllData(Block, &Size, All), STATUS_BUFFER_TOO_SMALL, "into eight bytes");
    is(Size, sizeof *All + 8, "what it takes");
    Size = sizeof Room;
    STATUS(IoWMIQuerySingleInstance(Block, U("Test_1"), &Size, Room), 0, "IoWMIQuerySingleInstance");
    is(*(PULONG)((PUCHAR)Single + Single->DataBlockOffset), 22, "its value");
    STATUS(IoWMISetSingleInstance(Block, U("Test_1"), 1, sizeof Value, &Value), 0, "IoWMISetSingleInstance");
    is(Values[1], 33, "is set");
    STATUS(IoWMIQuerySingleInstance(Block, U("Test_2"), &Size, Room), STATUS_WMI_INSTANCE_NOT_FOUND, "an instance that is not there");
    STATUS(IoWMIQuerySingleInstance(Block, U("Other_0"), &Size, Room), STATUS_WMI_INSTANCE_NOT_FOUND, "one of another name");
    Size = sizeof Value;
    STATUS(IoWMIExecuteMethod(Block, U("Test_1"), 7, sizeof Value, &Size, (PUCHAR)&Value), 0, "IoWMIExecuteMethod");
    ok(Value == 437 && Size == 4, "its answer");
    STATUS(IoWMIQueryAllData(Device, &Size, Room), STATUS_OBJECT_TYPE_MISMATCH, "a device is no block");
    IoWMIRegistrationControl(Device, WMIREG_ACTION_BLOCK_IRPS);
    STATUS(IoWMIQueryAllData(Block, &Size, Room), STATUS_WMI_GUID_NOT_FOUND, "blocked, it is asked no more");
    IoWMIRegistrationControl(Device, WMIREG_ACTION_DEREGISTER);
    Size = sizeof Room;
    STATUS(IoWMIQueryAllData(Block, &Size, Room), STATUS_WMI_GUID_NOT_FOUND, "deregistered, it is gone");
    ObDereferenceObject(Block);
    STATUS(IoWMIOpenBlock(&Data, WMIGUID_QUERY, &Block), STATUS_WMI_GUID_NOT_FOUND, "and cannot be opened");
}

static VOID TestEvents(VOID) {
    PWNODE_HEADER Event = ExAllocatePoolWithTag(NonPagedPool, 0x1230, 'tseT'), Again;
    ULONG First = 99, Second = 99;
    *Event = (WNODE_HEADER){.BufferSize = 0x1230, .ProviderId = 0, .Guid = Quiet, .Flags = WNODE_FLAG_EVENT_ITEM};
    STATUS(IoWMIWriteEvent(Event), STATUS_UNSUCCESSFUL, "an event of a provider that is not registered");
    OnlyOld = FALSE;
    IoWMIRegistrationControl(Plain, WMIREG_ACTION_REGISTER);
    Event->ProviderId = IoWMIDeviceObjectToProviderId(Plain);
    STATUS(IoWMIWriteEvent(Event), 0, "IoWMIWriteEvent");
    Again = ExAllocatePoolWithTag(NonPagedPool, 0x1230, 'tseT');
    ok(Again == Event || KeQueryActiveProcessorCount(NULL) > 1, "the event's memory has been freed");
    ExFreePool(Again);
    Settle();
    IoWMIRegistrationControl(Plain, WMIREG_ACTION_DEREGISTER);
    STATUS(IoWMIAllocateInstanceIds(&Data, 5, &First), 0, "IoWMIAllocateInstanceIds");
    IoWMIAllocateInstanceIds(&Data, 1, &Second);
    is(Second, First + 5, "the next is behind them");
    IoWMIAllocateInstanceIds(&Quiet, 1, &Second);
    is(Second, 0, "each GUID has its own");
}

static VOID TapUnload(PDRIVER_OBJECT DriverObject) {
    IoDeleteDevice(Device);
    IoDeleteDevice(Plain);
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    DriverObject->DriverUnload = TapUnload;
    for (ULONG i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
        DriverObject->MajorFunction[i] = Dispatch;
    IoCreateDevice(DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);
    IoCreateDevice(DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Plain);
    TestRegistration();
    TestBlocks();
    TestEvents();
    /* Left registered: tests/etw.t sees that it is named. */
    IoWMIRegistrationControl(Plain, WMIREG_ACTION_REGISTER);
    Settle();
}
