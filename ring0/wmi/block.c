/* Data blocks as other drivers use them: opened by GUID, then queried, set and called; and events. */
#include "wmi/wmip.h"
#include "ke/ke.h"
#include "ob/ob.h"
#include "rtl/crt.h"

static POBJECT_TYPE WmipGuidType;

typedef struct _WMIP_GUID { /* body of a WmiGuid: what IoWMIOpenBlock gives out */
    GUID Id;
} WMIP_GUID, *PWMIP_GUID;

typedef struct _WMIP_IDS {
    LIST_ENTRY Link;
    GUID Id;
    ULONG Next;
} WMIP_IDS;

VOID WmiInitSystem(VOID) {
    static const OB_TYPE_INITIALIZER Initializer = {
        .Name = L"WmiGuid",
        .GenericMapping = {STANDARD_RIGHTS_READ | 1, STANDARD_RIGHTS_WRITE | 2, STANDARD_RIGHTS_EXECUTE | 0x10, WMIGUID_ALL_ACCESS},
        .ValidAccess = WMIGUID_ALL_ACCESS,
        .PoolType = NonPagedPoolNx,
        .BodySize = sizeof(WMIP_GUID),
        .DispatcherOffset = ~0u,
    };
    NTSTATUS Status = ObCreateObjectType(&Initializer, &WmipGuidType);
    NT_ASSERT_OURS(NT_SUCCESS(Status));
}

/* The first provider after Previous (NULL: of all) that has the block. */
static PWMIP_PROVIDER WmipNext(PWMIP_PROVIDER Previous, LPCGUID Id) {
    for (PLIST_ENTRY Link = Previous != NULL ? Previous->Link.Flink : WmipProviders.Flink; Link != &WmipProviders; Link = Link->Flink) {
        PWMIP_PROVIDER Provider = CONTAINING_RECORD(Link, WMIP_PROVIDER, Link);
        if (WmipFindBlock(Provider, Id) != NULL)
            return Provider;
    }
    return NULL;
}

NTSTATUS NTAPI IoWMIOpenBlock(GUID *DataBlockGuid, ULONG DesiredAccess, PVOID *DataBlockObject) {
    PWMIP_GUID Block;
    NTSTATUS Status;

    *DataBlockObject = NULL;
    if (WmipNext(NULL, DataBlockGuid) == NULL)
        return STATUS_WMI_GUID_NOT_FOUND;
    Status = ObCreateObject(KernelMode, WmipGuidType, NULL, KernelMode, NULL, sizeof(*Block), 0, 0, (PVOID *)&Block);
    if (!NT_SUCCESS(Status))
        return Status;
    Block->Id = *DataBlockGuid;
    *DataBlockObject = Block;
    return STATUS_SUCCESS;
}

static VOID WmipFillHeader(PWNODE_HEADER Header, PWMIP_PROVIDER Provider, LPCGUID Id, ULONG Size, ULONG Flags) {
    *Header = (WNODE_HEADER){.BufferSize = Size, .ProviderId = Provider->Id, .Guid = *Id, .Flags = Flags};
}

/* A request whose WNODE lies in the pool buffer, which takes the answer; what the driver says does not fit comes back as STATUS_BUFFER_TOO_SMALL with the
   size in *Used. */
static NTSTATUS WmipExchange(PWMIP_PROVIDER Provider, UCHAR Minor, PWNODE_HEADER Node, ULONG Size, PULONG Used) {
    GUID Id = Node->Guid;
    ULONG_PTR Information = 0;
    NTSTATUS Status;

    Provider->References++;
    Status = WmipSend(Provider, Minor, &Id, Node, Size, &Information);
    WmipDereference(Provider);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Information > Size || (Node->Flags & WNODE_FLAG_TOO_SMALL && Information < sizeof(WNODE_TOO_SMALL)))
        return STATUS_INVALID_DEVICE_REQUEST; /* a driver that cannot count */
    *Used = Node->Flags & WNODE_FLAG_TOO_SMALL ? ((PWNODE_TOO_SMALL)Node)->SizeNeeded : (ULONG)Information;
    return Node->Flags & WNODE_FLAG_TOO_SMALL ? STATUS_BUFFER_TOO_SMALL : STATUS_SUCCESS;
}

/* All instances of one provider, in pool. */
static NTSTATUS WmipQueryAll(PWMIP_PROVIDER Provider, LPCGUID Id, PWNODE_HEADER *Node, PULONG Used) {
    ULONG Size = FIRST_SIZE;
    NTSTATUS Status;
    for (ULONG Try = 0;; Try++) {
        PWNODE_HEADER Buffer = ExAllocatePoolWithTag(NonPagedPoolNx, Size, WMIP_TAG);
        if (Buffer == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        RtlZeroMemory(Buffer, Size);
        WmipFillHeader(Buffer, Provider, Id, Size, WNODE_FLAG_ALL_DATA);
        Status = WmipExchange(Provider, IRP_MN_QUERY_ALL_DATA, Buffer, Size, Used);
        if (NT_SUCCESS(Status)) {
            *Node = Buffer;
            return Status;
        }
        ExFreePoolWithTag(Buffer, WMIP_TAG);
        if (Status != STATUS_BUFFER_TOO_SMALL || *Used <= Size || *Used > LARGEST || Try != 0)
            return Status;
        Size = *Used;
    }
}

static PWMIP_GUID WmipGuidOf(PVOID DataBlockObject) { return ObpObjectType(DataBlockObject) == WmipGuidType ? DataBlockObject : NULL; }

/* Several providers: their WNODEs, each eight-byte aligned, linked by Linkage. */
NTSTATUS NTAPI IoWMIQueryAllData(PVOID DataBlockObject, ULONG *InOutBufferSize, PVOID OutBuffer) {
    PWMIP_GUID Block = WmipGuidOf(DataBlockObject);
    PWNODE_HEADER Last = NULL;
    ULONG Total = 0, Room = *InOutBufferSize;
    NTSTATUS Result = STATUS_WMI_GUID_NOT_FOUND;

    if (Block == NULL)
        return STATUS_OBJECT_TYPE_MISMATCH;
    for (PWMIP_PROVIDER Provider = WmipNext(NULL, &Block->Id), Next; Provider != NULL; Provider = Next) {
        PWNODE_HEADER Node;
        ULONG Used;
        Provider->References++;
        NTSTATUS Status = WmipQueryAll(Provider, &Block->Id, &Node, &Used);
        Next = Provider->Gone ? NULL : WmipNext(Provider, &Block->Id);
        WmipDereference(Provider);
        if (!NT_SUCCESS(Status)) {
            Result = Total == 0 ? Status : Result;
            continue;
        }
        Total = (Total + 7) & ~7u;
        if (OutBuffer != NULL && Used >= sizeof(*Node) && Room >= Used && Total <= Room - Used) {
            if (Last != NULL)
                Last->Linkage = (ULONG)((PUCHAR)OutBuffer + Total - (PUCHAR)Last);
            Last = (PWNODE_HEADER)((PUCHAR)OutBuffer + Total);
            RtlCopyMemory(Last, Node, Used);
            Last->Linkage = 0;
        }
        Total += Used;
        Result = STATUS_SUCCESS;
        ExFreePoolWithTag(Node, WMIP_TAG);
    }
    if (!NT_SUCCESS(Result))
        return Result;
    *InOutBufferSize = Total;
    return OutBuffer != NULL && Total <= Room ? STATUS_SUCCESS : STATUS_BUFFER_TOO_SMALL;
}

/* Names of instances are a base name and a number. Returns the provider, NULL: nobody has the instance. */
static PWMIP_PROVIDER WmipFindInstance(LPCGUID Id, PCUNICODE_STRING Name, PULONG Index) {
    for (PWMIP_PROVIDER Provider = WmipNext(NULL, Id); Provider != NULL; Provider = WmipNext(Provider, Id)) {
        PWMIP_BLOCK Block = WmipFindBlock(Provider, Id);
        UNICODE_STRING Base, Number = *Name;
        if (Block->BaseName == NULL)
            continue;
        RtlInitUnicodeString(&Base, Block->BaseName);
        if (!RtlPrefixUnicodeString(&Base, Name, TRUE))
            continue;
        Number.Buffer += Base.Length / sizeof(WCHAR);
        Number.Length -= Base.Length;
        if (Number.Length != 0 && NT_SUCCESS(RtlUnicodeStringToInteger(&Number, 10, Index)) && *Index < Block->Instances)
            return Provider;
    }
    return NULL;
}

/* WNODE_SINGLE_INSTANCE and WNODE_METHOD_ITEM: a node with Head bytes before its data, which are Data's to begin with and the answer's afterwards. */
typedef struct _WMIP_CALL {
    UCHAR Minor;
    ULONG Flags, Head, MethodId;
    const VOID *Data;
    ULONG DataSize, Room; /* Room: for the answer's data */
} WMIP_CALL;

static NTSTATUS WmipCall(PVOID DataBlockObject, PCUNICODE_STRING Name, const WMIP_CALL *Call, PWNODE_HEADER *Node, PULONG Used) {
    PWMIP_GUID Block = WmipGuidOf(DataBlockObject);
    PWMIP_PROVIDER Provider;
    ULONG Index, Size = Call->Head + max(Call->DataSize, Call->Room);
    PWNODE_HEADER Buffer;
    NTSTATUS Status;

    if (Block == NULL)
        return STATUS_OBJECT_TYPE_MISMATCH;
    if (Call->DataSize > LARGEST || Call->Room > LARGEST)
        return STATUS_INVALID_PARAMETER;
    Provider = WmipFindInstance(&Block->Id, Name, &Index);
    if (Provider == NULL)
        return STATUS_WMI_INSTANCE_NOT_FOUND;
    Buffer = ExAllocatePoolWithTag(NonPagedPoolNx, Size, WMIP_TAG);
    if (Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Buffer, Size);
    WmipFillHeader(Buffer, Provider, &Block->Id, Size, Call->Flags | WNODE_FLAG_STATIC_INSTANCE_NAMES);
    if (Call->Flags & WNODE_FLAG_METHOD_ITEM) {
        PWNODE_METHOD_ITEM Method = (PWNODE_METHOD_ITEM)Buffer;
        Method->InstanceIndex = Index;
        Method->MethodId = Call->MethodId;
        Method->DataBlockOffset = Call->Head;
        Method->SizeDataBlock = Call->DataSize;
    } else {
        PWNODE_SINGLE_INSTANCE Single = (PWNODE_SINGLE_INSTANCE)Buffer;
        Single->InstanceIndex = Index;
        Single->DataBlockOffset = Call->Head;
        Single->SizeDataBlock = Call->DataSize;
    }
    if (Call->DataSize != 0)
        RtlCopyMemory((PUCHAR)Buffer + Call->Head, Call->Data, Call->DataSize);
    Status = WmipExchange(Provider, Call->Minor, Buffer, Size, Used);
    if (NT_SUCCESS(Status))
        *Node = Buffer;
    else
        ExFreePoolWithTag(Buffer, WMIP_TAG);
    return Status;
}

NTSTATUS NTAPI IoWMIQuerySingleInstance(PVOID DataBlockObject, PUNICODE_STRING InstanceName, ULONG *InOutBufferSize, PVOID OutBuffer) {
    ULONG Head = FIELD_OFFSET(WNODE_SINGLE_INSTANCE, VariableData), Used = 0;
    WMIP_CALL Call = {.Minor = IRP_MN_QUERY_SINGLE_INSTANCE, .Flags = WNODE_FLAG_SINGLE_INSTANCE, .Head = Head, .Room = FIRST_SIZE};
    PWNODE_HEADER Node;
    NTSTATUS Status = WmipCall(DataBlockObject, InstanceName, &Call, &Node, &Used);

    if (Status == STATUS_BUFFER_TOO_SMALL && Used > FIRST_SIZE && Used <= LARGEST) {
        Call.Room = Used;
        Status = WmipCall(DataBlockObject, InstanceName, &Call, &Node, &Used);
    }
    if (!NT_SUCCESS(Status))
        return Status;
    Status = OutBuffer != NULL && Used <= *InOutBufferSize ? STATUS_SUCCESS : STATUS_BUFFER_TOO_SMALL;
    if (NT_SUCCESS(Status))
        RtlCopyMemory(OutBuffer, Node, Used);
    *InOutBufferSize = Used;
    ExFreePoolWithTag(Node, WMIP_TAG);
    return Status;
}

NTSTATUS NTAPI IoWMISetSingleInstance(PVOID DataBlockObject, PUNICODE_STRING InstanceName, ULONG Version, ULONG ValueBufferSize, PVOID ValueBuffer) {
    WMIP_CALL Call = {.Minor = IRP_MN_CHANGE_SINGLE_INSTANCE,
                      .Flags = WNODE_FLAG_SINGLE_INSTANCE,
                      .Head = (FIELD_OFFSET(WNODE_SINGLE_INSTANCE, VariableData) + 7) & ~7u,
                      .Data = ValueBuffer,
                      .DataSize = ValueBufferSize};
    PWNODE_HEADER Node;
    ULONG Used;
    NTSTATUS Status = WmipCall(DataBlockObject, InstanceName, &Call, &Node, &Used);
    if (NT_SUCCESS(Status))
        ExFreePoolWithTag(Node, WMIP_TAG);
    return Status;
}

NTSTATUS NTAPI IoWMIExecuteMethod(PVOID DataBlockObject, PUNICODE_STRING InstanceName, ULONG MethodId, ULONG InBufferSize, PULONG OutBufferSize,
                                  PUCHAR InOutBuffer) {
    WMIP_CALL Call = {.Minor = IRP_MN_EXECUTE_METHOD,
                      .Flags = WNODE_FLAG_METHOD_ITEM,
                      .Head = (FIELD_OFFSET(WNODE_METHOD_ITEM, VariableData) + 7) & ~7u,
                      .MethodId = MethodId,
                      .Data = InOutBuffer,
                      .DataSize = InBufferSize,
                      .Room = *OutBufferSize};
    PWNODE_METHOD_ITEM Node;
    ULONG Used, Room = *OutBufferSize;
    NTSTATUS Status = WmipCall(DataBlockObject, InstanceName, &Call, (PWNODE_HEADER *)&Node, &Used);

    if (!NT_SUCCESS(Status))
        return Status;
    if (Used < Call.Head || Node->DataBlockOffset > Used || Node->SizeDataBlock > Used - Node->DataBlockOffset) {
        Status = STATUS_INVALID_DEVICE_REQUEST;
    } else {
        *OutBufferSize = Node->SizeDataBlock;
        Status = Node->SizeDataBlock <= Room ? STATUS_SUCCESS : STATUS_BUFFER_TOO_SMALL;
        if (NT_SUCCESS(Status))
            RtlCopyMemory(InOutBuffer, (PUCHAR)Node + Node->DataBlockOffset, Node->SizeDataBlock);
    }
    ExFreePoolWithTag(Node, WMIP_TAG);
    return Status;
}

/* ---- Events and numbers ---- */
/* An event that is taken is freed; one that is not stays the caller's. Any IRQL up to DISPATCH_LEVEL. */
NTSTATUS NTAPI IoWMIWriteEvent(PVOID WnodeEventItem) {
    PWNODE_HEADER Node = WnodeEventItem;
    for (PLIST_ENTRY Link = WmipProviders.Flink; Link != &WmipProviders; Link = Link->Flink) {
        PWMIP_PROVIDER Provider = CONTAINING_RECORD(Link, WMIP_PROVIDER, Link);
        if (Provider->Id != Node->ProviderId)
            continue;
        WmipTell(Provider, "event, bytes", &Node->Guid, Node->BufferSize);
        ExFreePool(WnodeEventItem);
        return STATUS_SUCCESS;
    }
    return STATUS_UNSUCCESSFUL;
}

NTSTATUS NTAPI IoWMIAllocateInstanceIds(GUID *Guid, ULONG InstanceCount, ULONG *FirstInstanceId) {
    static LIST_ENTRY All = {&All, &All};
    WMIP_IDS *Ids;
    for (PLIST_ENTRY Link = All.Flink; Link != &All; Link = Link->Flink) {
        Ids = CONTAINING_RECORD(Link, WMIP_IDS, Link);
        if (RtlCompareMemory(&Ids->Id, Guid, sizeof(*Guid)) == sizeof(*Guid))
            goto Found;
    }
    Ids = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Ids), WMIP_TAG);
    if (Ids == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Ids->Id = *Guid;
    Ids->Next = 0;
    InsertTailList(&All, &Ids->Link);
Found:
    *FirstInstanceId = Ids->Next;
    Ids->Next += InstanceCount;
    return STATUS_SUCCESS;
}
