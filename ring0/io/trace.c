/*
 * IRPs in --trace, a line when a driver is called and one when it completes:
 *   irp 7 IRP_MJ_WRITE -> \Driver\Example Example: length 22 offset 0 key 0 buffered, for client.exe
 *   irp 7 IRP_MJ_WRITE <- \Driver\Example: STATUS_SUCCESS information 22
 *
 * An IRP is named by a number that it gets when it is first seen and keeps until its memory is freed or made an IRP anew.
 */
#include "io/io.h"

#include "rtl/rtl.h"
#include "vf/vf.h"

#define IOP_TRACE_TAG 'crTI'
#define TEXT_SIZE     160

typedef struct _NUMBERED {
    LIST_ENTRY Entry;
    PIRP Irp;
    ULONG Number;
} NUMBERED;

static LIST_ENTRY Numbers = {&Numbers, &Numbers};
static ULONG LastNumber;

static const PCSTR MajorNames[IRP_MJ_MAXIMUM_FUNCTION + 1] = {
    "IRP_MJ_CREATE",
    "IRP_MJ_CREATE_NAMED_PIPE",
    "IRP_MJ_CLOSE",
    "IRP_MJ_READ",
    "IRP_MJ_WRITE",
    "IRP_MJ_QUERY_INFORMATION",
    "IRP_MJ_SET_INFORMATION",
    "IRP_MJ_QUERY_EA",
    "IRP_MJ_SET_EA",
    "IRP_MJ_FLUSH_BUFFERS",
    "IRP_MJ_QUERY_VOLUME_INFORMATION",
    "IRP_MJ_SET_VOLUME_INFORMATION",
    "IRP_MJ_DIRECTORY_CONTROL",
    "IRP_MJ_FILE_SYSTEM_CONTROL",
    "IRP_MJ_DEVICE_CONTROL",
    "IRP_MJ_INTERNAL_DEVICE_CONTROL",
    "IRP_MJ_SHUTDOWN",
    "IRP_MJ_LOCK_CONTROL",
    "IRP_MJ_CLEANUP",
    "IRP_MJ_CREATE_MAILSLOT",
    "IRP_MJ_QUERY_SECURITY",
    "IRP_MJ_SET_SECURITY",
    "IRP_MJ_POWER",
    "IRP_MJ_SYSTEM_CONTROL",
    "IRP_MJ_DEVICE_CHANGE",
    "IRP_MJ_QUERY_QUOTA",
    "IRP_MJ_SET_QUOTA",
    "IRP_MJ_PNP",
};

static const struct {
    UCHAR Major, Minor;
    PCSTR Name;
} MinorNames[] = {
    {IRP_MJ_DIRECTORY_CONTROL, IRP_MN_QUERY_DIRECTORY, "IRP_MN_QUERY_DIRECTORY"},
    {IRP_MJ_DIRECTORY_CONTROL, IRP_MN_NOTIFY_CHANGE_DIRECTORY, "IRP_MN_NOTIFY_CHANGE_DIRECTORY"},
    {IRP_MJ_FILE_SYSTEM_CONTROL, IRP_MN_USER_FS_REQUEST, "IRP_MN_USER_FS_REQUEST"},
    {IRP_MJ_FILE_SYSTEM_CONTROL, IRP_MN_MOUNT_VOLUME, "IRP_MN_MOUNT_VOLUME"},
    {IRP_MJ_FILE_SYSTEM_CONTROL, IRP_MN_VERIFY_VOLUME, "IRP_MN_VERIFY_VOLUME"},
    {IRP_MJ_LOCK_CONTROL, IRP_MN_LOCK, "IRP_MN_LOCK"},
    {IRP_MJ_LOCK_CONTROL, IRP_MN_UNLOCK_SINGLE, "IRP_MN_UNLOCK_SINGLE"},
    {IRP_MJ_LOCK_CONTROL, IRP_MN_UNLOCK_ALL, "IRP_MN_UNLOCK_ALL"},
    {IRP_MJ_POWER, IRP_MN_WAIT_WAKE, "IRP_MN_WAIT_WAKE"},
    {IRP_MJ_POWER, IRP_MN_POWER_SEQUENCE, "IRP_MN_POWER_SEQUENCE"},
    {IRP_MJ_POWER, IRP_MN_SET_POWER, "IRP_MN_SET_POWER"},
    {IRP_MJ_POWER, IRP_MN_QUERY_POWER, "IRP_MN_QUERY_POWER"},
    {IRP_MJ_PNP, IRP_MN_START_DEVICE, "IRP_MN_START_DEVICE"},
    {IRP_MJ_PNP, IRP_MN_QUERY_REMOVE_DEVICE, "IRP_MN_QUERY_REMOVE_DEVICE"},
    {IRP_MJ_PNP, IRP_MN_REMOVE_DEVICE, "IRP_MN_REMOVE_DEVICE"},
    {IRP_MJ_PNP, IRP_MN_CANCEL_REMOVE_DEVICE, "IRP_MN_CANCEL_REMOVE_DEVICE"},
    {IRP_MJ_PNP, IRP_MN_STOP_DEVICE, "IRP_MN_STOP_DEVICE"},
    {IRP_MJ_PNP, IRP_MN_QUERY_STOP_DEVICE, "IRP_MN_QUERY_STOP_DEVICE"},
    {IRP_MJ_PNP, IRP_MN_CANCEL_STOP_DEVICE, "IRP_MN_CANCEL_STOP_DEVICE"},
    {IRP_MJ_PNP, IRP_MN_QUERY_DEVICE_RELATIONS, "IRP_MN_QUERY_DEVICE_RELATIONS"},
    {IRP_MJ_PNP, IRP_MN_QUERY_INTERFACE, "IRP_MN_QUERY_INTERFACE"},
    {IRP_MJ_PNP, IRP_MN_QUERY_CAPABILITIES, "IRP_MN_QUERY_CAPABILITIES"},
    {IRP_MJ_PNP, IRP_MN_QUERY_ID, "IRP_MN_QUERY_ID"},
    {IRP_MJ_PNP, IRP_MN_SURPRISE_REMOVAL, "IRP_MN_SURPRISE_REMOVAL"},
};

static NUMBERED *Find(PIRP Irp) {
    for (PLIST_ENTRY Link = Numbers.Flink; Link != &Numbers; Link = Link->Flink)
        if (CONTAINING_RECORD(Link, NUMBERED, Entry)->Irp == Irp)
            return CONTAINING_RECORD(Link, NUMBERED, Entry);
    return NULL;
}

static ULONG Number(PIRP Irp) {
    NUMBERED *Entry = Find(Irp);
    if (Entry)
        return Entry->Number;
    LastNumber++;
    Entry = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof *Entry, IOP_TRACE_TAG);
    if (Entry) {
        Entry->Irp = Irp;
        Entry->Number = LastNumber;
        InsertHeadList(&Numbers, &Entry->Entry);
    }
    return LastNumber;
}

VOID IopTraceForget(PIRP Irp) {
    NUMBERED *Entry = Find(Irp);
    if (Entry) {
        RemoveEntryList(&Entry->Entry);
        ExFreePoolWithTag(Entry, IOP_TRACE_TAG);
    }
}

static PCSTR MajorName(UCHAR Major) { return Major <= IRP_MJ_MAXIMUM_FUNCTION ? MajorNames[Major] : "IRP_MJ_(unknown)"; }

static PCSTR MinorName(PIO_STACK_LOCATION Stack) {
    for (ULONG Index = 0; Index < ARRAYSIZE(MinorNames); Index++)
        if (MinorNames[Index].Major == Stack->MajorFunction && MinorNames[Index].Minor == Stack->MinorFunction)
            return MinorNames[Index].Name;
    return NULL;
}

/* To Text, which holds TEXT_SIZE characters; what is too long is cut off. */
static VOID Append(CHAR *Text, PCSTR Format, ...) {
    SIZE_T Length = strlen(Text);
    va_list Arguments;
    va_start(Arguments, Format);
    RtlpFormatNarrow(Text + Length, TEXT_SIZE - Length, TRUE, Format, Arguments);
    va_end(Arguments);
    Text[TEXT_SIZE - 1] = 0;
}

static PCSTR TransferName(PDEVICE_OBJECT Device) {
    return Device->Flags & DO_BUFFERED_IO ? "buffered" : Device->Flags & DO_DIRECT_IO ? "direct" : "neither";
}

/* CTL_CODE(type, function, method, access) taken apart. */
static VOID AppendControl(CHAR *Text, PIO_STACK_LOCATION Stack) {
    static const PCSTR Methods[] = {"METHOD_BUFFERED", "METHOD_IN_DIRECT", "METHOD_OUT_DIRECT", "METHOD_NEITHER"};
    static const PCSTR Accesses[] = {"any access", "read access", "write access", "read and write access"};
    ULONG Code = Stack->Parameters.DeviceIoControl.IoControlCode; /* FileSystemControl lies alike */
    Append(Text, "code 0x%08X (type 0x%X function 0x%X %s %s) in %u out %u", Code, Code >> 16, (Code >> 2) & 0xFFF, Methods[Code & 3],
           Accesses[(Code >> 14) & 3], Stack->Parameters.DeviceIoControl.InputBufferLength, Stack->Parameters.DeviceIoControl.OutputBufferLength);
}

static VOID AppendParameters(CHAR *Text, PDEVICE_OBJECT Device, PIO_STACK_LOCATION Stack) {
    switch (Stack->MajorFunction) {
    case IRP_MJ_CREATE:
        Append(Text, "access 0x%08X disposition %u options 0x%06X attributes 0x%X share 0x%X",
               Stack->Parameters.Create.SecurityContext->DesiredAccess, Stack->Parameters.Create.Options >> 24,
               Stack->Parameters.Create.Options & 0xFFFFFF, Stack->Parameters.Create.FileAttributes, Stack->Parameters.Create.ShareAccess);
        if (Stack->FileObject && Stack->FileObject->FileName.Length)
            Append(Text, " name %wZ", &Stack->FileObject->FileName);
        break;
    case IRP_MJ_READ:
    case IRP_MJ_WRITE:
        Append(Text, "length %u offset %I64d key %u %s", Stack->Parameters.Write.Length, Stack->Parameters.Write.ByteOffset.QuadPart,
               Stack->Parameters.Write.Key, TransferName(Device));
        break;
    case IRP_MJ_DEVICE_CONTROL:
    case IRP_MJ_INTERNAL_DEVICE_CONTROL:
    case IRP_MJ_FILE_SYSTEM_CONTROL: AppendControl(Text, Stack); break;
    case IRP_MJ_QUERY_INFORMATION:
    case IRP_MJ_SET_INFORMATION:
    case IRP_MJ_QUERY_VOLUME_INFORMATION:
    case IRP_MJ_SET_VOLUME_INFORMATION:
        Append(Text, "class %u length %u", Stack->Parameters.QueryFile.FileInformationClass, Stack->Parameters.QueryFile.Length);
        break;
    case IRP_MJ_DIRECTORY_CONTROL:
        Append(Text, "class %u length %u", Stack->Parameters.QueryDirectory.FileInformationClass, Stack->Parameters.QueryDirectory.Length);
        break;
    default: break;
    }
}

VOID IopTraceDispatch(PDEVICE_OBJECT Device, PIRP Irp) {
    static const UNICODE_STRING Unnamed = RTL_CONSTANT_STRING(L"(unnamed)");
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PCUNICODE_STRING Name = ObpObjectName(Device);
    PCSTR Minor = MinorName(Stack);
    PEPROCESS Process = IoGetRequestorProcess(Irp);
    CHAR Text[TEXT_SIZE] = "";

    AppendParameters(Text, Device, Stack);
    VfTrace("irp %u %s%s%s -> %wZ %wZ: %s%sfor %s", Number(Irp), MajorName(Stack->MajorFunction), Minor ? " " : "", Minor ? Minor : "",
            &Device->DriverObject->DriverName, Name ? Name : &Unnamed, Text, Text[0] ? ", " : "", Process ? Process->ImageFileName : "nobody");
}

VOID IopTraceComplete(PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PCSTR Status = RtlpStatusName(Irp->IoStatus.Status);
    CHAR Code[TEXT_SIZE] = "";

    if (!Status) {
        Append(Code, "0x%08X", Irp->IoStatus.Status);
        Status = Code;
    }
    if (Irp->CurrentLocation > Irp->StackCount)
        VfTrace("irp %u completed by its maker: %s information %I64u", Number(Irp), Status, (ULONG64)Irp->IoStatus.Information);
    else
        VfTrace("irp %u %s <- %wZ: %s information %I64u", Number(Irp), MajorName(Stack->MajorFunction),
                &Stack->DeviceObject->DriverObject->DriverName, Status, (ULONG64)Irp->IoStatus.Information);
}
