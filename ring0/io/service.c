/* What the NtXxxFile services share: handle and event, the lock of a synchronous file, the IRP, buffers, sending and waiting. */
#include "io/io.h"

#include "ex/ex.h"
#include "kd/kd.h"

/* Most files are those of a device that nothing is attached to or mounted on. */
static inline PDEVICE_OBJECT DeviceOf(PFILE_OBJECT File) {
    PDEVICE_OBJECT Device = File->DeviceObject;
    if (!File->Vpb && !Device->Vpb && !Device->AttachedDevice && !File->FileObjectExtension)
        return Device;
    return File->Flags & FO_DIRECT_DEVICE_OPEN ? IoGetAttachedDevice(Device) : IoGetRelatedDeviceObject(File);
}

NTSTATUS IopReferenceFile(PIOP_REQUEST Request, HANDLE FileHandle, ACCESS_MASK AnyAccess) {
    OBJECT_HANDLE_INFORMATION Information;
    NTSTATUS Status;

    Request->Mode = KiPreviousMode();
    Request->Event = NULL;
    Request->Locked = FALSE;
    Status = ObReferenceObjectByHandle(FileHandle, 0, IopFileType, Request->Mode, (PVOID *)&Request->File, &Information);
    if (!NT_SUCCESS(Status))
        return Status;
    Request->Granted = Information.GrantedAccess;
    if (AnyAccess && Request->Mode != KernelMode && !(Information.GrantedAccess & AnyAccess)) {
        ObfDereferenceObject(Request->File);
        return STATUS_ACCESS_DENIED;
    }
    Request->Device = DeviceOf(Request->File);
    return STATUS_SUCCESS;
}

VOID IopLockFile(PFILE_OBJECT File) {
    while (File->Busy) {
        File->Waiters++;
        KeWaitForSingleObject(&File->Lock, Executive, KernelMode, FALSE, NULL);
        File->Waiters--;
    }
    File->Busy = 1;
    ObfReferenceObject(File);
}

VOID IopUnlockFile(PFILE_OBJECT File) {
    File->Busy = 0;
    if (File->Waiters)
        KeSetEvent(&File->Lock, 0, FALSE);
    ObfDereferenceObject(File);
}

NTSTATUS IopBeginRequest(PIOP_REQUEST Request, HANDLE Event, PIO_APC_ROUTINE ApcRoutine) {
    if (ApcRoutine && Request->File->CompletionContext) {
        ObfDereferenceObject(Request->File);
        return STATUS_INVALID_PARAMETER;
    }
    if (Event) {
        NTSTATUS Status = ObReferenceObjectByHandle(Event, EVENT_MODIFY_STATE, ExpEventType, Request->Mode, (PVOID *)&Request->Event, NULL);
        if (!NT_SUCCESS(Status)) {
            ObfDereferenceObject(Request->File);
            return Status;
        }
        KeClearEvent(Request->Event);
    }
    if (Request->File->Flags & FO_SYNCHRONOUS_IO) {
        IopLockFile(Request->File);
        Request->Locked = TRUE;
    }
    return STATUS_SUCCESS;
}

VOID IopEndRequest(PIOP_REQUEST Request) {
    if (Request->Event)
        ObfDereferenceObject(Request->Event);
    if (Request->Locked)
        IopUnlockFile(Request->File);
    ObfDereferenceObject(Request->File);
}

PIRP IopMakeIrp(PIOP_REQUEST Request, UCHAR MajorFunction, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock) {
    PIRP Irp = IoAllocateIrp(Request->Device->StackSize, TRUE);
    PIO_STACK_LOCATION Stack;

    if (!Irp) {
        IopEndRequest(Request);
        return NULL;
    }
    KeClearEvent(&Request->File->Event);
    Irp->Tail.Overlay.OriginalFileObject = Request->File;
    Irp->Tail.Overlay.Thread = (PETHREAD)KiCurrentThread();
    Irp->RequestorMode = Request->Mode;
    Irp->UserEvent = Request->Event;
    Irp->UserIosb = IoStatusBlock;
    Irp->Overlay.AsynchronousParameters.UserApcRoutine = ApcRoutine;
    Irp->Overlay.AsynchronousParameters.UserApcContext = ApcContext;
    Stack = IoGetNextIrpStackLocation(Irp);
    Stack->MajorFunction = MajorFunction;
    Stack->FileObject = Request->File;
    return Irp;
}

VOID IopAbandonRequest(PIRP Irp, PFILE_OBJECT File, PKEVENT Event, BOOLEAN Locked) {
    IopFreeSystemBuffer(Irp);
    IopFreeMdls(Irp);
    if (Irp->Tail.Overlay.AuxiliaryBuffer)
        ExFreePool(Irp->Tail.Overlay.AuxiliaryBuffer);
    IoFreeIrp(Irp);
    if (Event)
        ObfDereferenceObject(Event);
    if (Locked)
        IopUnlockFile(File);
    ObfDereferenceObject(File);
}

static DECLSPEC_NOINLINE NTSTATUS CopyFromRequester(PVOID System, const VOID *Buffer, ULONG Length) {
    __try {
        RtlCopyMemory(System, Buffer, Length);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

static DECLSPEC_NOINLINE NTSTATUS DescribeBuffer(PIOP_REQUEST Request, PIRP Irp, PVOID Buffer, ULONG Length, BOOLEAN DeviceWrites) {
    if (!IoAllocateMdl(Buffer, Length, FALSE, TRUE, Irp))
        return STATUS_INSUFFICIENT_RESOURCES;
    __try {
        MmProbeAndLockPages(Irp->MdlAddress, Request->Mode, DeviceWrites ? IoWriteAccess : IoReadAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

/* The three kinds of transfer (documentation: "Methods for Accessing Data Buffers"). With nothing to transfer SystemBuffer and MdlAddress stay NULL. */
NTSTATUS IopSetTransferBuffer(PIOP_REQUEST Request, PIRP Irp, PVOID Buffer, ULONG Length, BOOLEAN DeviceWrites) {
    ULONG Flags = Request->Device->Flags;

    if (Flags & DO_BUFFERED_IO) {
        ULONG Kind = IRP_BUFFERED_IO | (DeviceWrites ? IRP_INPUT_OPERATION : 0);
        PVOID System;
        if (!Length) {
            Irp->Flags |= Kind;
            return STATUS_SUCCESS;
        }
        System = IopAllocateSystemBuffer(Irp, Length);
        if (!System)
            return STATUS_INSUFFICIENT_RESOURCES;
        Irp->Flags |= Kind | IRP_DEALLOCATE_BUFFER;
        Irp->AssociatedIrp.SystemBuffer = System;
        if (!DeviceWrites)
            return CopyFromRequester(System, Buffer, Length);
        Irp->UserBuffer = Buffer;
        return STATUS_SUCCESS;
    }
    if (Flags & DO_DIRECT_IO)
        return Length ? DescribeBuffer(Request, Irp, Buffer, Length, DeviceWrites) : STATUS_SUCCESS;
    Irp->UserBuffer = Buffer;
    return STATUS_SUCCESS;
}

VOID IopWaitForIrp(PKEVENT Event, PIRP Irp, KPROCESSOR_MODE Mode, BOOLEAN Alertable) {
    KIRQL Irql;
    NTSTATUS Status = KeWaitForSingleObject(Event, Executive, Mode, Alertable, NULL);
    if (Status != STATUS_ALERTED && Status != STATUS_USER_APC)
        return;
    /* At APC_LEVEL the last stage cannot run, so the IRP is there as long as the event is not signaled. */
    Irql = KfRaiseIrql(APC_LEVEL);
    if (!KeReadStateEvent(Event))
        IoCancelIrp(Irp);
    KeLowerIrql(Irql);
    KeWaitForSingleObject(Event, Executive, KernelMode, FALSE, NULL);
}

VOID IopCheckReturned(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS Status) {
    if (Irp->Type != IO_TYPE_IRP)
        KiBugCheck(MULTIPLE_IRP_COMPLETE_REQUESTS, (ULONG_PTR)Irp, (ULONG_PTR)Device, (ULONG_PTR)Status, 0, NULL,
                   "a dispatch routine marked an IRP pending and completed it, but did not return STATUS_PENDING");
}

VOID IopReportUncompleted(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS Status) {
    if (KiMachine->verifier != HAL_VERIFIER_OFF)
        KdMessage("%wZ: its dispatch routine for major function 0x%02X returned 0x%08X, and the IRP is neither completed nor pending: "
                  "set IoStatus and call IoCompleteRequest, or call IoMarkIrpPending and return STATUS_PENDING",
                  &Device->DriverObject->DriverName, IoGetCurrentIrpStackLocation(Irp)->MajorFunction, Status);
}

NTSTATUS IopIssueRequest(PIOP_REQUEST Request, PIRP Irp, BOOLEAN FinishAlways) {
    PFILE_OBJECT File = Request->File;
    NTSTATUS Status;

    Irp->Flags |= IRP_DEFER_IO_COMPLETION;
    IopQueueThreadIrp(Irp);
    Status = IofCallDriver(Request->Device, Irp);
    if (Status != STATUS_PENDING) {
        IopCheckReturned(Request->Device, Irp, Status);
        if (FinishAlways || IopIsCompleted(Irp)) {
            KIRQL Irql = KiCurrentIrql();
            if (!IopIsCompleted(Irp))
                IopReportUncompleted(Request->Device, Irp, Status);
            /* A driver that returned at raised IRQL is stopped where the system call returns, as on Windows. */
            if (Irql < APC_LEVEL)
                KiSetIrql(APC_LEVEL);
            IopFinishRequest(Irp, File);
            KiLowerIrql(Irql);
        } else {
            /* It stays with the driver, as on Windows, and ends by itself if it is ever completed. */
            IopReportUncompleted(Request->Device, Irp, Status);
            Irp->Flags &= ~(ULONG)IRP_DEFER_IO_COMPLETION;
        }
        if (Request->Locked)
            IopUnlockFile(File);
        return Status;
    }
    if (Request->Locked) {
        IopWaitForIrp(&File->Event, Irp, Request->Mode, (File->Flags & FO_ALERTABLE_IO) != 0);
        Status = File->FinalStatus;
        IopUnlockFile(File);
    }
    return Status;
}

NTSTATUS IopIssueSynchronously(PIOP_REQUEST Request, PIRP Irp, PIO_STATUS_BLOCK Result) {
    PFILE_OBJECT File = Request->File;
    BOOLEAN Locked = Request->Locked;
    IO_STATUS_BLOCK Iosb = {.Status = STATUS_SUCCESS};
    KEVENT Event;
    NTSTATUS Status;

    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    Irp->UserEvent = &Event;
    Irp->UserIosb = &Iosb;
    Irp->Flags |= IRP_SYNCHRONOUS_API;
    Request->Locked = FALSE;
    Status = IopIssueRequest(Request, Irp, TRUE);
    if (Status == STATUS_PENDING) {
        IopWaitForIrp(&Event, Irp, Request->Mode, FALSE);
        Status = Iosb.Status;
    }
    if (Locked)
        IopUnlockFile(File);
    Result->Status = Status;
    Result->Information = Iosb.Information;
    return Status;
}

NTSTATUS IopIssueAndStore(PIOP_REQUEST Request, PIRP Irp, PIO_STATUS_BLOCK Iosb) {
    IO_STATUS_BLOCK Result;
    NTSTATUS Status = IopIssueSynchronously(Request, Irp, &Result);

    if (NT_ERROR(Status))
        return Status;
    return NT_SUCCESS(ObpStore(Iosb, &Result, sizeof Result, Request->Mode)) ? Status : STATUS_ACCESS_VIOLATION;
}

NTSTATUS IopCallSynchronously(PDEVICE_OBJECT Device, PIRP Irp, PIO_STATUS_BLOCK Result) {
    KEVENT Event;
    NTSTATUS Status;

    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    Result->Status = STATUS_SUCCESS;
    Result->Information = 0;
    Irp->UserEvent = &Event;
    Irp->UserIosb = Result;
    Irp->Tail.Overlay.Thread = (PETHREAD)KiCurrentThread();
    Irp->Flags |= IRP_CLOSE_OPERATION | IRP_SYNCHRONOUS_API;
    IopQueueThreadIrp(Irp);
    Status = IofCallDriver(Device, Irp);
    if (Status == STATUS_PENDING) {
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
        Status = Result->Status;
    } else if (!IopIsCompleted(Irp)) {
        IopReportUncompleted(Device, Irp, Status);
    }
    IopDequeueThreadIrp(Irp);
    IoFreeIrp(Irp);
    return Status;
}

NTSTATUS IopQueryFile(PFILE_OBJECT File, UCHAR MajorFunction, ULONG Class, PVOID Buffer, ULONG Length, PULONG Returned) {
    PDEVICE_OBJECT Device = IoGetRelatedDeviceObject(File);
    PIRP Irp = IoAllocateIrp(Device->StackSize, FALSE);
    PIO_STACK_LOCATION Stack;
    IO_STATUS_BLOCK Result;
    BOOLEAN Locked = (File->Flags & FO_SYNCHRONOUS_IO) != 0;
    NTSTATUS Status;

    if (!Irp)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (Locked)
        IopLockFile(File);
    Irp->RequestorMode = KernelMode;
    Irp->AssociatedIrp.SystemBuffer = Buffer;
    Irp->Flags = IRP_BUFFERED_IO;
    Stack = IoGetNextIrpStackLocation(Irp);
    Stack->MajorFunction = MajorFunction;
    Stack->FileObject = File;
    Stack->Parameters.QueryFile.Length = Length; /* QueryVolume lies alike */
    Stack->Parameters.QueryFile.FileInformationClass = (FILE_INFORMATION_CLASS)Class;
    Status = IopCallSynchronously(Device, Irp, &Result);
    if (Locked)
        IopUnlockFile(File);
    *Returned = (ULONG)Result.Information;
    return Status;
}

NTSTATUS NTAPI IoQueryFileInformation(PFILE_OBJECT FileObject, FILE_INFORMATION_CLASS FileInformationClass, ULONG Length, PVOID FileInformation,
                                      PULONG ReturnedLength) {
    return IopQueryFile(FileObject, IRP_MJ_QUERY_INFORMATION, FileInformationClass, FileInformation, Length, ReturnedLength);
}

NTSTATUS NTAPI IoQueryVolumeInformation(PFILE_OBJECT FileObject, FS_INFORMATION_CLASS FsInformationClass, ULONG Length, PVOID FsInformation,
                                        PULONG ReturnedLength) {
    return IopQueryFile(FileObject, IRP_MJ_QUERY_VOLUME_INFORMATION, FsInformationClass, FsInformation, Length, ReturnedLength);
}
