/*
 * Scribe: a thread of a driver's own. What programs write is put into C:\scribe.log, a line each, by a system thread that takes the requests out of a queue.
 *
 * Writing files needs PASSIVE_LEVEL, may take long, and is to be done with the system's rights and handles, not with those of the program that happens to ask: so
 * the dispatch routine, which may be called in any thread and up to DISPATCH_LEVEL by a driver above, only queues. A work item (IoQueueWorkItem) is enough for one
 * short piece of work; a thread of one's own is for work that goes on, that has an order, or that waits.
 */
#include <ntifs.h> /* ZwFlushBuffersFile; a kernel header like ntddk.h, and more */

#define TAG          'bicS'
#define MOST_REQUEST 4096u

typedef struct _SCRIBE {
    IO_CSQ Queue;
    KSPIN_LOCK Lock;     /* of the list */
    LIST_ENTRY Requests; /* IRPs, by Tail.Overlay.ListEntry: writes, and flushes, which are done when all before them are */
    KEVENT Work;         /* synchronization: there may be something in the queue */
    KEVENT Stop;         /* notification: the thread is to end */
    PKTHREAD Thread;     /* a reference */
    ULONG Lines;         /* the thread's alone */
} SCRIBE, *PSCRIBE;

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;
static DRIVER_DISPATCH CreateClose, Cleanup, Queue;
static KSTART_ROUTINE Run;

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, Unload)
#pragma alloc_text(PAGE, CreateClose)
#pragma alloc_text(PAGE, Cleanup)
#endif

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

/* ---- The queue (samples/cancellation tells more): what nobody has begun can be cancelled ---------------------------------------------------- */

static PSCRIBE ScribeOf(PIO_CSQ Csq) { return CONTAINING_RECORD(Csq, SCRIBE, Queue); }

static VOID CsqInsert(PIO_CSQ Csq, PIRP Irp) { InsertTailList(&ScribeOf(Csq)->Requests, &Irp->Tail.Overlay.ListEntry); }

static VOID CsqRemove(PIO_CSQ Csq, PIRP Irp) {
    UNREFERENCED_PARAMETER(Csq);
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
}

static PIRP CsqPeek(PIO_CSQ Csq, PIRP Irp, PVOID File) {
    PLIST_ENTRY Head = &ScribeOf(Csq)->Requests, Link = Irp != NULL ? Irp->Tail.Overlay.ListEntry.Flink : Head->Flink;

    for (; Link != Head; Link = Link->Flink) {
        PIRP Next = CONTAINING_RECORD(Link, IRP, Tail.Overlay.ListEntry);

        if (File == NULL || IoGetCurrentIrpStackLocation(Next)->FileObject == File)
            return Next;
    }
    return NULL;
}

static VOID CsqAcquire(PIO_CSQ Csq, PKIRQL Irql) { KeAcquireSpinLock(&ScribeOf(Csq)->Lock, Irql); }
static VOID CsqRelease(PIO_CSQ Csq, KIRQL Irql) { KeReleaseSpinLock(&ScribeOf(Csq)->Lock, Irql); }

static VOID CsqCanceled(PIO_CSQ Csq, PIRP Irp) {
    UNREFERENCED_PARAMETER(Csq);
    Complete(Irp, STATUS_CANCELLED, 0);
}

/* ---- The thread: PASSIVE_LEVEL, in the System process ------------------------------------------------------------------------------------------ */

/* The file is opened at the first line and not before, for at boot there may be no C: yet. The handle is the system's: no program can close it. */
static NTSTATUS OpenLog(PHANDLE File) {
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\??\\C:\\scribe.log");
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Iosb;

    if (*File != NULL)
        return STATUS_SUCCESS;
    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    return ZwCreateFile(File, FILE_APPEND_DATA | SYNCHRONIZE, &Attributes, &Iosb, NULL, FILE_ATTRIBUTE_NORMAL, FILE_SHARE_READ, FILE_OPEN_IF,
                        FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE, NULL, 0);
}

static NTSTATUS WriteLine(PSCRIBE Scribe, PHANDLE File, PIRP Irp) {
    static CHAR Return[] = "\r\n";
    ULONG Length = IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length;
    IO_STATUS_BLOCK Iosb;
    NTSTATUS Status = OpenLog(File);

    if (NT_SUCCESS(Status))
        Status = ZwWriteFile(*File, NULL, NULL, NULL, &Iosb, Irp->AssociatedIrp.SystemBuffer, Length, NULL, NULL);
    if (NT_SUCCESS(Status))
        Status = ZwWriteFile(*File, NULL, NULL, NULL, &Iosb, Return, sizeof Return - 1, NULL, NULL);
    Scribe->Lines += NT_SUCCESS(Status);
    return Status;
}

static NTSTATUS Do(PSCRIBE Scribe, PHANDLE File, PIRP Irp) {
    IO_STATUS_BLOCK Iosb;

    if (IoGetCurrentIrpStackLocation(Irp)->MajorFunction == IRP_MJ_WRITE)
        return WriteLine(Scribe, File, Irp);
    return *File != NULL ? ZwFlushBuffersFile(*File, &Iosb) : STATUS_SUCCESS;
}

/* Work is a synchronization event: set twice before we look it wakes us once, so all that is there is done each time. Stop stands first: the wait names it even when
   both are set. */
static VOID Run(PVOID Context) {
    PSCRIBE Scribe = Context;
    PVOID Objects[] = {&Scribe->Stop, &Scribe->Work};
    HANDLE File = NULL;

    while (KeWaitForMultipleObjects(RTL_NUMBER_OF(Objects), Objects, WaitAny, Executive, KernelMode, FALSE, NULL, NULL) != STATUS_WAIT_0) {
        PIRP Irp;

        while ((Irp = IoCsqRemoveNextIrp(&Scribe->Queue, NULL)) != NULL) {
            PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
            NTSTATUS Status = Do(Scribe, &File, Irp);

            Complete(Irp, Status, NT_SUCCESS(Status) && Stack->MajorFunction == IRP_MJ_WRITE ? Stack->Parameters.Write.Length : 0);
        }
    }
    if (File != NULL)
        ZwClose(File);
    DbgPrint("scribe: %lu lines written\n", Scribe->Lines);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

/* ---- Requests ------------------------------------------------------------------------------------------------------------------------------- */

static NTSTATUS CreateClose(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PAGED_CODE();
    UNREFERENCED_PARAMETER(DeviceObject);
    return Complete(Irp, STATUS_SUCCESS, 0);
}

/* <= DISPATCH_LEVEL, therefore not pageable. */
static NTSTATUS Queue(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PSCRIBE Scribe = DeviceObject->DeviceExtension;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);

    if (Stack->MajorFunction == IRP_MJ_WRITE && Stack->Parameters.Write.Length == 0)
        return Complete(Irp, STATUS_SUCCESS, 0);
    if (Stack->MajorFunction == IRP_MJ_WRITE && Stack->Parameters.Write.Length > MOST_REQUEST)
        return Complete(Irp, STATUS_INVALID_BUFFER_SIZE, 0);
    IoCsqInsertIrp(&Scribe->Queue, Irp, NULL); /* marks it pending; from here on it is the thread's, or whoever's cancels it */
    KeSetEvent(&Scribe->Work, IO_NO_INCREMENT, FALSE);
    return STATUS_PENDING;
}

/* What the file has asked for and nobody has begun is not wanted any more. What the thread is at holds the file open until it is done. */
static NTSTATUS Cleanup(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PSCRIBE Scribe = DeviceObject->DeviceExtension;
    PIRP Left;

    PAGED_CODE();
    while ((Left = IoCsqRemoveNextIrp(&Scribe->Queue, IoGetCurrentIrpStackLocation(Irp)->FileObject)) != NULL)
        Complete(Left, STATUS_CANCELLED, 0);
    return Complete(Irp, STATUS_SUCCESS, 0);
}

/* ---- The beginning and the end --------------------------------------------------------------------------------------------------------------- */

/* The handle is the system's and closed at once: what is kept is the thread object, to wait for. */
static NTSTATUS StartThread(PSCRIBE Scribe) {
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Handle;
    PVOID Thread;
    NTSTATUS Status;

    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    Status = PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, &Attributes, NULL, NULL, Run, Scribe);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObReferenceObjectByHandle(Handle, SYNCHRONIZE, *PsThreadType, KernelMode, &Thread, NULL);
    if (NT_SUCCESS(Status)) {
        Scribe->Thread = Thread;
    } else { /* it runs already, and uses the device */
        KeSetEvent(&Scribe->Stop, IO_NO_INCREMENT, FALSE);
        ZwWaitForSingleObject(Handle, FALSE, NULL);
    }
    ZwClose(Handle);
    return Status;
}

/* The thread itself is waited for. An event that it sets as its last deed would not do: its code still runs after that, in memory that is about to go. */
static VOID StopThread(PSCRIBE Scribe) {
    KeSetEvent(&Scribe->Stop, IO_NO_INCREMENT, FALSE);
    KeWaitForSingleObject(Scribe->Thread, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(Scribe->Thread);
}

/* No file is open any more, so nothing is in the queue. */
static VOID Unload(PDRIVER_OBJECT DriverObject) {
    UNICODE_STRING Link = RTL_CONSTANT_STRING(L"\\DosDevices\\Scribe");

    PAGED_CODE();
    IoDeleteSymbolicLink(&Link);
    StopThread(DriverObject->DeviceObject->DeviceExtension);
    IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\Scribe"), Link = RTL_CONSTANT_STRING(L"\\DosDevices\\Scribe");
    PDEVICE_OBJECT Device;
    PSCRIBE Scribe;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);
    Status = IoCreateDevice(DriverObject, sizeof(SCRIBE), &Name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, &Device);
    if (!NT_SUCCESS(Status))
        return Status;
    Scribe = Device->DeviceExtension;
    KeInitializeSpinLock(&Scribe->Lock);
    InitializeListHead(&Scribe->Requests);
    KeInitializeEvent(&Scribe->Work, SynchronizationEvent, FALSE);
    KeInitializeEvent(&Scribe->Stop, NotificationEvent, FALSE);
    Status = IoCsqInitialize(&Scribe->Queue, CsqInsert, CsqRemove, CsqPeek, CsqAcquire, CsqRelease, CsqCanceled);
    if (!NT_SUCCESS(Status))
        goto no_thread;
    Status = IoCreateSymbolicLink(&Link, &Name);
    if (!NT_SUCCESS(Status))
        goto no_thread;
    Status = StartThread(Scribe); /* last: nothing after it can fail */
    if (!NT_SUCCESS(Status))
        goto no_link;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = CreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = CreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = Cleanup;
    DriverObject->MajorFunction[IRP_MJ_WRITE] = Queue;
    DriverObject->MajorFunction[IRP_MJ_FLUSH_BUFFERS] = Queue;
    DriverObject->DriverUnload = Unload;
    Device->Flags |= DO_BUFFERED_IO;
    return STATUS_SUCCESS;

no_link:
    IoDeleteSymbolicLink(&Link);
no_thread:
    IoDeleteDevice(Device);
    return Status;
}
