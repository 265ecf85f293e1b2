/*
 * I/O completion ports: a kernel queue of packets, which threads take out (documentation: "I/O Completion Ports").
 *
 * A packet of a request is its IRP, so that posting one cannot fail; one of NtSetIoCompletion is an IOP_PACKET. Both begin alike where they are
 * linked. Whoever takes a packet out frees it.
 */
#include "io/io.h"
#include "ex/ex.h"

#define IOP_PACKET_TAG          'pCoI'
#define IOP_CONTEXT_TAG         'cCoI'
#define IO_COMPLETION_READ      (STANDARD_RIGHTS_READ | IO_COMPLETION_QUERY_STATE)
#define IO_COMPLETION_WRITE     (STANDARD_RIGHTS_WRITE | IO_COMPLETION_MODIFY_STATE)
#define IO_COMPLETION_EXECUTE   (STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE)
#define IO_COMPLETION_ALL       (STANDARD_RIGHTS_REQUIRED | SYNCHRONIZE | IO_COMPLETION_QUERY_STATE | IO_COMPLETION_MODIFY_STATE)
#define IOP_REMOVE_AT_ONCE      16u /* packets that NtRemoveIoCompletionEx holds on its stack at a time */
#define IO_COMPLETION_MAX_COUNT 0x10000000u

enum { IopPacketIrp, IopPacketSet };

typedef struct _IOP_PACKET { /* begins like an IRP from Tail.Overlay.ListEntry on */
    LIST_ENTRY ListEntry;
    ULONG PacketType;
    PVOID Key;
    PVOID ApcContext;
    IO_STATUS_BLOCK Iosb;
} IOP_PACKET, *PIOP_PACKET;
_Static_assert(FIELD_OFFSET(IRP, Tail.Overlay.PacketType) - FIELD_OFFSET(IRP, Tail.Overlay.ListEntry) == FIELD_OFFSET(IOP_PACKET, PacketType),
               "packets of both kinds tell their type at the same place");

POBJECT_TYPE IopCompletionType;

static VOID FreePacket(PIOP_PACKET Packet) {
    if (Packet->PacketType == IopPacketIrp)
        IoFreeIrp(CONTAINING_RECORD(&Packet->ListEntry, IRP, Tail.Overlay.ListEntry));
    else
        ExFreePoolWithTag(Packet, IOP_PACKET_TAG);
}

/* What a thread gets for a packet, which is freed. */
static VOID TakePacket(PLIST_ENTRY Entry, PFILE_IO_COMPLETION_INFORMATION Information) {
    PIOP_PACKET Packet = CONTAINING_RECORD(Entry, IOP_PACKET, ListEntry);

    if (Packet->PacketType == IopPacketIrp) {
        PIRP Irp = CONTAINING_RECORD(Entry, IRP, Tail.Overlay.ListEntry);
        Information->KeyContext = Irp->Tail.CompletionKey;
        Information->ApcContext = Irp->Overlay.AsynchronousParameters.UserApcContext;
        Information->IoStatusBlock = Irp->IoStatus;
    } else {
        Information->KeyContext = Packet->Key;
        Information->ApcContext = Packet->ApcContext;
        Information->IoStatusBlock = Packet->Iosb;
    }
    FreePacket(Packet);
}

/* Threads that wait are sent away with STATUS_ABANDONED, packets are freed. */
static VOID Rundown(PKQUEUE Queue) {
    PLIST_ENTRY First = KeRundownQueue(Queue), Entry = First;

    if (First == NULL)
        return;
    do {
        PLIST_ENTRY Next = Entry->Flink;
        FreePacket(CONTAINING_RECORD(Entry, IOP_PACKET, ListEntry));
        Entry = Next;
    } while (Entry != First);
    Queue->Header.SignalState = 0;
}

static VOID CloseCompletion(PEPROCESS Process, PVOID Object, ACCESS_MASK Granted, ULONG ProcessHandleCount, ULONG SystemHandleCount) {
    if (SystemHandleCount == 1)
        Rundown(Object);
}

static VOID DeleteCompletion(PVOID Object) { Rundown(Object); }

VOID IopCreateCompletionType(VOID) {
    const OB_TYPE_INITIALIZER Completion = {
        .Name = L"IoCompletion",
        .GenericMapping = {IO_COMPLETION_READ, IO_COMPLETION_WRITE, IO_COMPLETION_EXECUTE, IO_COMPLETION_ALL},
        .ValidAccess = IO_COMPLETION_ALL,
        .PoolType = NonPagedPoolNx,
        .BodySize = sizeof(KQUEUE),
        .Close = CloseCompletion,
        .Delete = DeleteCompletion,
        .DispatcherOffset = ~0u,
    };
    NTSTATUS Status = ObCreateObjectType(&Completion, &IopCompletionType);
    NT_ASSERT_OURS(NT_SUCCESS(Status));
}

VOID IopPostIrp(PIO_COMPLETION_CONTEXT Context, PIRP Irp) {
    Irp->Tail.CompletionKey = Context->Key;
    Irp->Tail.Overlay.PacketType = IopPacketIrp;
    KeInsertQueue(Context->Port, &Irp->Tail.Overlay.ListEntry);
}

NTSTATUS IopPostPacket(PVOID Port, PVOID Key, PVOID ApcContext, NTSTATUS Status, ULONG_PTR Information) {
    PIOP_PACKET Packet = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof *Packet, IOP_PACKET_TAG);

    if (Packet == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Packet->PacketType = IopPacketSet;
    Packet->Key = Key;
    Packet->ApcContext = ApcContext;
    Packet->Iosb.Pointer = NULL; /* all of it is copied to a program */
    Packet->Iosb.Status = Status;
    Packet->Iosb.Information = Information;
    KeInsertQueue(Port, &Packet->ListEntry);
    return STATUS_SUCCESS;
}

VOID IopForgetCompletion(PFILE_OBJECT File) {
    PIO_COMPLETION_CONTEXT Context = File->CompletionContext;

    if (Context == NULL)
        return;
    File->CompletionContext = NULL;
    ObfDereferenceObject(Context->Port);
    ExFreePoolWithTag(Context, IOP_CONTEXT_TAG);
}

NTSTATUS IopSetCompletion(PFILE_OBJECT File, HANDLE PortHandle, PVOID Key, BOOLEAN Replace, KPROCESSOR_MODE Mode) {
    PIO_COMPLETION_CONTEXT Context = NULL;
    NTSTATUS Status;

    if ((File->Flags & FO_SYNCHRONOUS_IO) || (File->CompletionContext != NULL && !Replace))
        return STATUS_INVALID_PARAMETER;
    if (PortHandle != NULL || !Replace) {
        PVOID Port;
        Context = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof *Context, IOP_CONTEXT_TAG);
        if (Context == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        Status = ObReferenceObjectByHandle(PortHandle, IO_COMPLETION_MODIFY_STATE, IopCompletionType, Mode, &Port, NULL);
        if (!NT_SUCCESS(Status)) {
            ExFreePoolWithTag(Context, IOP_CONTEXT_TAG);
            return Status;
        }
        Context->Port = Port;
        Context->Key = Key;
    }
    IopForgetCompletion(File);
    File->CompletionContext = Context;
    return STATUS_SUCCESS;
}

/* ---- The services -------------------------------------------------------------------------------------------------------------- */
NTSTATUS NTAPI NtCreateIoCompletion(PHANDLE IoCompletionHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, ULONG Count) {
    PKQUEUE Queue;
    HANDLE Handle;
    NTSTATUS Status =
                 ObCreateObject(KiPreviousMode(), IopCompletionType, ObjectAttributes, KiPreviousMode(), NULL, sizeof *Queue, 0, 0, (PVOID *)&Queue),
             Stored;

    if (!NT_SUCCESS(Status))
        return Status;
    KeInitializeQueue(Queue, min(Count, IO_COMPLETION_MAX_COUNT));
    Status = ObInsertObject(Queue, NULL, DesiredAccess, 0, NULL, &Handle);
    if (!NT_SUCCESS(Status))
        return Status;
    Stored = ExpReturnHandle(IoCompletionHandle, Handle);
    return NT_SUCCESS(Stored) ? Status : Stored;
}

NTSTATUS NTAPI NtOpenIoCompletion(PHANDLE IoCompletionHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes) {
    HANDLE Handle;
    NTSTATUS Status = ObOpenObjectByName(ObjectAttributes, IopCompletionType, KiPreviousMode(), NULL, DesiredAccess, NULL, &Handle);
    return NT_SUCCESS(Status) ? ExpReturnHandle(IoCompletionHandle, Handle) : Status;
}

static NTSTATUS ReferencePort(HANDLE Handle, ACCESS_MASK Access, PKQUEUE *Queue) {
    return ObReferenceObjectByHandle(Handle, Access, IopCompletionType, KiPreviousMode(), (PVOID *)Queue, NULL);
}

NTSTATUS NTAPI NtQueryIoCompletion(HANDLE IoCompletionHandle, ULONG InformationClass, PVOID Information, ULONG Length, PULONG ReturnLength) {
    LONG Depth;
    ULONG Size = sizeof Depth;
    PKQUEUE Queue;
    NTSTATUS Status;

    if (InformationClass != 0) /* IoCompletionBasicInformation */
        return STATUS_INVALID_INFO_CLASS;
    if (Length != sizeof Depth)
        return STATUS_INFO_LENGTH_MISMATCH;
    Status = ReferencePort(IoCompletionHandle, IO_COMPLETION_QUERY_STATE, &Queue);
    if (!NT_SUCCESS(Status))
        return Status;
    Depth = KeReadStateQueue(Queue);
    ObfDereferenceObject(Queue);
    Status = KiCopyOut(Information, &Depth, sizeof Depth);
    return NT_SUCCESS(Status) ? KiCopyOutOptional(ReturnLength, &Size, sizeof Size) : Status;
}

NTSTATUS NTAPI NtSetIoCompletion(HANDLE IoCompletionHandle, PVOID KeyContext, PVOID ApcContext, NTSTATUS IoStatus, ULONG_PTR IoStatusInformation) {
    PKQUEUE Queue;
    NTSTATUS Status = ReferencePort(IoCompletionHandle, IO_COMPLETION_MODIFY_STATE, &Queue);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = IopPostPacket(Queue, KeyContext, ApcContext, IoStatus, IoStatusInformation);
    ObfDereferenceObject(Queue);
    return Status;
}

NTSTATUS NTAPI NtRemoveIoCompletion(HANDLE IoCompletionHandle, PVOID *KeyContext, PVOID *ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                                    PLARGE_INTEGER Timeout) {
    KPROCESSOR_MODE Mode = KiPreviousMode();
    FILE_IO_COMPLETION_INFORMATION Information;
    LARGE_INTEGER Captured;
    PLIST_ENTRY Entry;
    PKQUEUE Queue;
    ULONG Removed;
    NTSTATUS Status = ObpProbeOutput(KeyContext, sizeof *KeyContext, sizeof(PVOID), Mode);

    if (NT_SUCCESS(Status))
        Status = ObpProbeOutput(ApcContext, sizeof *ApcContext, sizeof(PVOID), Mode);
    if (NT_SUCCESS(Status))
        Status = ObpProbeOutput(IoStatusBlock, sizeof *IoStatusBlock, sizeof(ULONG), Mode);
    if (NT_SUCCESS(Status))
        Status = ExpCaptureTimeout(Timeout, &Captured, &Timeout);
    if (NT_SUCCESS(Status))
        Status = ReferencePort(IoCompletionHandle, IO_COMPLETION_MODIFY_STATE, &Queue);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = KiRemoveQueue(Queue, Mode, FALSE, Timeout, &Entry, 1, &Removed);
    if (Status == STATUS_SUCCESS) {
        TakePacket(Entry, &Information);
        Status = ObpStore(KeyContext, &Information.KeyContext, sizeof(PVOID), Mode);
        if (NT_SUCCESS(Status))
            Status = ObpStore(ApcContext, &Information.ApcContext, sizeof(PVOID), Mode);
        if (NT_SUCCESS(Status))
            Status = ObpStore(IoStatusBlock, &Information.IoStatusBlock, sizeof(IO_STATUS_BLOCK), Mode);
    }
    ObfDereferenceObject(Queue);
    return Status;
}

/* As many packets as there are, up to Count; waits for the first. */
NTSTATUS NTAPI NtRemoveIoCompletionEx(HANDLE IoCompletionHandle, PFILE_IO_COMPLETION_INFORMATION Information, ULONG Count, PULONG NumEntriesRemoved,
                                      PLARGE_INTEGER Timeout, BOOLEAN Alertable) {
    KPROCESSOR_MODE Mode = KiPreviousMode();
    LARGE_INTEGER Captured, Now = {.QuadPart = 0};
    PLIST_ENTRY Entries[IOP_REMOVE_AT_ONCE];
    ULONG Total = 0, Removed = 0;
    PKQUEUE Queue;
    NTSTATUS Status;

    if (Count == 0 || Count > MAXLONG / sizeof *Information)
        return STATUS_INVALID_PARAMETER;
    Status = ObpProbeOutput(Information, Count * sizeof *Information, sizeof(PVOID), Mode);
    if (NT_SUCCESS(Status))
        Status = ObpProbeOutput(NumEntriesRemoved, sizeof(ULONG), sizeof(ULONG), Mode);
    if (NT_SUCCESS(Status))
        Status = ExpCaptureTimeout(Timeout, &Captured, &Timeout);
    if (NT_SUCCESS(Status))
        Status = ReferencePort(IoCompletionHandle, IO_COMPLETION_MODIFY_STATE, &Queue);
    if (!NT_SUCCESS(Status))
        return Status;
    do {
        NTSTATUS Waited =
            KiRemoveQueue(Queue, Mode, Alertable, Total == 0 ? Timeout : &Now, Entries, min(Count - Total, IOP_REMOVE_AT_ONCE), &Removed);
        if (Waited != STATUS_SUCCESS) {
            if (Total == 0)
                Status = Waited;
            break;
        }
        for (ULONG Index = 0; Index < Removed; Index++) {
            FILE_IO_COMPLETION_INFORMATION One;
            NTSTATUS Stored;
            TakePacket(Entries[Index], &One);
            Stored = ObpStore(&Information[Total++], &One, sizeof One, Mode);
            if (!NT_SUCCESS(Stored))
                Status = Stored;
        }
    } while (Total < Count && NT_SUCCESS(Status));
    if (NT_SUCCESS(Status) || Status == STATUS_ABANDONED) {
        NTSTATUS Stored = ObpStore(NumEntriesRemoved, &Total, sizeof Total, Mode);
        if (!NT_SUCCESS(Stored))
            Status = Stored;
    }
    ObfDereferenceObject(Queue);
    return Status;
}

/* Undocumented, but imported. Quota is charged to nobody. */
NTSTATUS NTAPI IoSetIoCompletion(PVOID IoCompletion, PVOID KeyContext, PVOID ApcContext, NTSTATUS IoStatus, ULONG_PTR IoStatusInformation,
                                 BOOLEAN Quota) {
    return IopPostPacket(IoCompletion, KeyContext, ApcContext, IoStatus, IoStatusInformation);
}
