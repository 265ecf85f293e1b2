/*
 * File objects: made by the parse routine of a device, closed by the last handle (IRP_MJ_CLEANUP), deleted with the last reference (IRP_MJ_CLOSE).
 *
 * A file object that was never opened (its create failed) has no DeviceObject and sends nothing when it is deleted. One without a handle ever
 * (FO_HANDLE_CREATED not set) gets its cleanup just before its close.
 */
#include "io/mount.h"

#define IOP_NAME_TAG  'mNoI'
#define DIRECT_ACCESS (SYNCHRONIZE | FILE_READ_ATTRIBUTES | READ_CONTROL | ACCESS_SYSTEM_SECURITY | WRITE_OWNER | WRITE_DAC)

static NTSTATUS CopyName(PUNICODE_STRING To, PCUNICODE_STRING From) {
    if (!From->Length)
        return STATUS_SUCCESS;
    To->Buffer = ExAllocatePoolWithTag(PagedPool, From->Length + sizeof(WCHAR), IOP_NAME_TAG);
    if (!To->Buffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    To->Length = From->Length;
    To->MaximumLength = (USHORT)min(From->Length + sizeof(WCHAR), 0xFFFE);
    RtlCopyMemory(To->Buffer, From->Buffer, From->Length);
    To->Buffer[From->Length / sizeof(WCHAR)] = 0;
    return STATUS_SUCCESS;
}

/* FO_ flags that the create options ask for (documentation of FILE_OBJECT). */
static ULONG FileFlags(ULONG Options, ULONG Attributes) {
    ULONG Flags = 0;
    if (Options & (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT))
        Flags |= FO_SYNCHRONOUS_IO;
    if (Options & FILE_SYNCHRONOUS_IO_ALERT)
        Flags |= FO_ALERTABLE_IO;
    if (Options & FILE_NO_INTERMEDIATE_BUFFERING)
        Flags |= FO_NO_INTERMEDIATE_BUFFERING;
    if (Options & FILE_WRITE_THROUGH)
        Flags |= FO_WRITE_THROUGH;
    if (Options & FILE_SEQUENTIAL_ONLY)
        Flags |= FO_SEQUENTIAL_ONLY;
    if (Options & FILE_RANDOM_ACCESS)
        Flags |= FO_RANDOM_ACCESS;
    if (!(Attributes & OBJ_CASE_INSENSITIVE))
        Flags |= FO_OPENED_CASE_SENSITIVE;
    return Flags;
}

VOID IopInitializeFile(PFILE_OBJECT File, PDEVICE_OBJECT Device, ULONG Flags) {
    File->Type = IO_TYPE_FILE;
    File->Size = sizeof(FILE_OBJECT);
    File->DeviceObject = Device;
    File->Flags = Flags;
    KeInitializeEvent(&File->Lock, SynchronizationEvent, FALSE);
    KeInitializeEvent(&File->Event, NotificationEvent, FALSE);
    InitializeListHead(&File->IrpList);
}

/* The create IRP with everything that the documentation of IRP_MJ_CREATE names. */
static VOID FillCreate(PIRP Irp, PIOP_OPEN_PACKET Packet, PFILE_OBJECT File, PIO_SECURITY_CONTEXT Security, ULONG Attributes) {
    static const UCHAR Majors[] = {IRP_MJ_CREATE, IRP_MJ_CREATE_NAMED_PIPE, IRP_MJ_CREATE_MAILSLOT};
    PIO_STACK_LOCATION Stack = IoGetNextIrpStackLocation(Irp);

    Irp->Flags = IRP_CREATE_OPERATION | IRP_SYNCHRONOUS_API | IRP_DEFER_IO_COMPLETION;
    Irp->Overlay.AllocationSize = Packet->AllocationSize;
    Irp->AssociatedIrp.SystemBuffer = Packet->EaBuffer;
    Irp->Tail.Overlay.Thread = (PETHREAD)KiCurrentThread();
    Irp->Tail.Overlay.OriginalFileObject = File;
    IopExtraParameters(Irp) = Packet->ExtraParameters;
    Stack->MajorFunction = Majors[Packet->CreateFileType];
    Stack->Flags = (UCHAR)(Packet->Options & (SL_FORCE_ACCESS_CHECK | SL_OPEN_PAGING_FILE | SL_OPEN_TARGET_DIRECTORY | SL_STOP_ON_SYMLINK));
    if (Attributes & OBJ_FORCE_ACCESS_CHECK)
        Stack->Flags |= SL_FORCE_ACCESS_CHECK;
    if (!(Attributes & OBJ_CASE_INSENSITIVE))
        Stack->Flags |= SL_CASE_SENSITIVE;
    Stack->FileObject = File;
    Stack->Parameters.Create.SecurityContext = Security;
    Stack->Parameters.Create.Options = (Packet->Disposition << 24) | (Packet->CreateOptions & FILE_VALID_OPTION_FLAGS);
    Stack->Parameters.Create.ShareAccess = Packet->ShareAccess;
    if (Packet->CreateFileType == CreateFileTypeNone) {
        Stack->Parameters.Create.FileAttributes = Packet->FileAttributes;
        Stack->Parameters.Create.EaLength = Packet->EaLength;
    } else {
        Stack->Parameters.CreatePipe.Parameters = Packet->TypeParameters;
    }
}

/* Sends the create and waits for it. What is neither completed nor pending counts as done with what the dispatch routine returned. */
static NTSTATUS SendCreate(PDEVICE_OBJECT Device, PIRP Irp, PFILE_OBJECT File, PIO_STATUS_BLOCK Result) {
    KPROCESSOR_MODE Mode = Irp->RequestorMode;
    NTSTATUS Status;

    Result->Status = STATUS_SUCCESS;
    Result->Information = 0;
    Irp->UserIosb = Result;
    ObfReferenceObject(File); /* the IRP's */
    IopQueueThreadIrp(Irp);
    Status = IofCallDriver(Device, Irp);
    if (Status == STATUS_PENDING) {
        IopWaitForIrp(&File->Event, Irp, Mode, FALSE);
        return Result->Status;
    }
    IopCheckReturned(Device, Irp, Status);
    *Result = Irp->IoStatus;
    if (!IopIsCompleted(Irp)) {
        IopReportUncompleted(Device, Irp, Status);
        Result->Status = Status;
    }
    IopDequeueThreadIrp(Irp);
    IopFreeMdls(Irp);
    IoFreeIrp(Irp);
    ObfDereferenceObject(File);
    return Result->Status;
}

/* What is on the device, mounted if it is not yet; a file relative to another is on the other's volume, whatever has come into the drive since. */
static NTSTATUS ReferenceVolume(PFILE_OBJECT File, PDEVICE_OBJECT Named, BOOLEAN Whole) {
    PVPB Vpb = File->RelatedFileObject ? File->RelatedFileObject->Vpb : NULL;
    NTSTATUS Status;

    if (!Vpb && Named->Vpb) {
        Status = IopMountVolume(Named, Whole && !File->RelatedFileObject);
        if (!NT_SUCCESS(Status))
            return Status;
        Vpb = Named->Vpb;
    }
    File->Vpb = Vpb;
    if (Vpb)
        Vpb->ReferenceCount++;
    return STATUS_SUCCESS;
}

NTSTATUS IopParseDevice(PVOID ParseObject, POBJECT_TYPE RequestedType, PACCESS_STATE AccessState, KPROCESSOR_MODE AccessMode, ULONG Attributes,
                        PUNICODE_STRING CompleteName, PUNICODE_STRING RemainingName, PVOID Context, PVOID *Object) {
    PDEVICE_OBJECT Named = ParseObject, Device;
    PIOP_OPEN_PACKET Packet = Context;
    PFILE_OBJECT File;
    IO_SECURITY_CONTEXT Security = {.SecurityQos = NULL};
    IO_STATUS_BLOCK Result;
    ACCESS_MASK Access;
    PIRP Irp;
    NTSTATUS Status;

    if (!Packet || Packet->Type != IO_TYPE_OPEN_PACKET) { /* somebody wants the device object itself */
        if (RequestedType && RequestedType != IopDeviceType)
            return STATUS_OBJECT_TYPE_MISMATCH;
        if (RemainingName->Length)
            return STATUS_OBJECT_NAME_NOT_FOUND;
        ObfReferenceObject(Named);
        *Object = Named;
        return STATUS_SUCCESS;
    }
    Packet->Parsed = TRUE;
    Packet->FileObject = NULL;
    Packet->Information = 0;
    Status = IopCheckDevice(Named);
    if (NT_SUCCESS(Status) && (Named->Flags & DO_EXCLUSIVE) && Named->ReferenceCount && !Packet->RelatedFileObject)
        Status = STATUS_ACCESS_DENIED;
    if (!NT_SUCCESS(Status))
        return Packet->FinalStatus = Status;

    Status = IopCheckOpen(Named, RemainingName->Length != 0 || Packet->RelatedFileObject != NULL, AccessState,
                          (Attributes & OBJ_FORCE_ACCESS_CHECK) || (Packet->Options & IO_FORCE_ACCESS_CHECK) ? UserMode : AccessMode);
    if (!NT_SUCCESS(Status))
        return Packet->FinalStatus = Status;
    Access = AccessState->RemainingDesiredAccess | AccessState->PreviouslyGrantedAccess;
    RtlMapGenericMask(&Access, (PGENERIC_MAPPING)&IopFileMapping);
    Security.AccessState = AccessState;
    Security.DesiredAccess = Access;
    Security.FullCreateOptions = Packet->CreateOptions;

    Status = ObCreateObject(KernelMode, IopFileType, NULL, KernelMode, NULL, sizeof(FILE_OBJECT), 0, 0, (PVOID *)&File);
    if (!NT_SUCCESS(Status))
        return Packet->FinalStatus = Status;
    IopInitializeFile(File, NULL, FileFlags(Packet->CreateOptions, Attributes));
    if (!RemainingName->Length && !Packet->RelatedFileObject && !Packet->Hint && !(Access & ~(ACCESS_MASK)DIRECT_ACCESS))
        File->Flags |= FO_DIRECT_DEVICE_OPEN;
    File->RelatedFileObject = Packet->RelatedFileObject;
    Status = CopyName(&File->FileName, RemainingName);
    if (NT_SUCCESS(Status))
        Status = IopExtendFile(File, Packet);
    if (NT_SUCCESS(Status) && !(File->Flags & FO_DIRECT_DEVICE_OPEN))
        Status = ReferenceVolume(File, Named, !RemainingName->Length);
    if (!NT_SUCCESS(Status)) {
        ObfDereferenceObject(File);
        return Packet->FinalStatus = Status;
    }
    File->DeviceObject = Named;
    if (File->Vpb && !RemainingName->Length && !Packet->RelatedFileObject)
        File->Flags |= FO_VOLUME_OPEN;
    Device = File->Flags & FO_DIRECT_DEVICE_OPEN ? IoGetAttachedDevice(Named) : IoGetRelatedDeviceObject(File);
    Irp = NULL;
    if (Packet->Hint && Device != Packet->Hint)
        Status = Packet->Reparsed ? STATUS_MOUNT_POINT_NOT_RESOLVED : STATUS_INVALID_DEVICE_OBJECT_PARAMETER;
    else if (!(Irp = IoAllocateIrp(Device->StackSize, TRUE)))
        Status = STATUS_INSUFFICIENT_RESOURCES;
    if (!Irp) {
        File->DeviceObject = NULL;
        IopReleaseVolume(File);
        ObfDereferenceObject(File);
        return Packet->FinalStatus = Status;
    }
    Irp->RequestorMode = AccessMode;
    FillCreate(Irp, Packet, File, &Security, Attributes);
    IopReferenceDevice(Named);

    Status = SendCreate(Device, Irp, File, &Result);
    Packet->FinalStatus = Status;
    Packet->Information = Result.Information;
    if (NT_SUCCESS(Status) && Status != STATUS_REPARSE) {
        File->Flags |= FO_FILE_OPEN;
        File->RelatedFileObject = NULL; /* valid during the create only */
        Packet->FileObject = File;
        *Object = File;
        return STATUS_SUCCESS;
    }
    if (Status == STATUS_REPARSE && Result.Information == IO_REPARSE && File->FileName.Length) {
        Packet->Reparsed = TRUE;
        *CompleteName = File->FileName; /* the object manager takes the buffer over */
        RtlZeroMemory(&File->FileName, sizeof File->FileName);
    } else if (Status == STATUS_REPARSE) {
        Status = STATUS_IO_REPARSE_TAG_NOT_HANDLED;
    }
    IopReleaseVolume(File);
    File->DeviceObject = NULL;
    ObfDereferenceObject(File);
    IopDereferenceDevice(Named);
    return Status;
}

NTSTATUS IopParseFile(PVOID ParseObject, POBJECT_TYPE RequestedType, PACCESS_STATE AccessState, KPROCESSOR_MODE AccessMode, ULONG Attributes,
                      PUNICODE_STRING CompleteName, PUNICODE_STRING RemainingName, PVOID Context, PVOID *Object) {
    PIOP_OPEN_PACKET Packet = Context;
    PFILE_OBJECT File = ParseObject;

    if (!Packet || Packet->Type != IO_TYPE_OPEN_PACKET)
        return STATUS_OBJECT_TYPE_MISMATCH;
    Packet->RelatedFileObject = File;
    return IopParseDevice(File->DeviceObject, RequestedType, AccessState, AccessMode, Attributes, CompleteName, RemainingName, Context, Object);
}

/* ---- The end of a file object --------------------------------------------------------------------------------------------------- */
static PDEVICE_OBJECT FileDevice(PFILE_OBJECT File) {
    return File->Flags & FO_DIRECT_DEVICE_OPEN ? IoGetAttachedDevice(File->DeviceObject) : IoGetRelatedDeviceObject(File);
}

/* Closing cannot fail for want of memory: it waits for some. */
static VOID SendClose(PFILE_OBJECT File, UCHAR Major, UCHAR Minor) {
    PDEVICE_OBJECT Device = FileDevice(File);
    LARGE_INTEGER Pause = {.QuadPart = -10 * 1000 * 10};
    PIO_STACK_LOCATION Stack;
    IO_STATUS_BLOCK Result;
    PIRP Irp;

    while (!(Irp = IoAllocateIrp(Device->StackSize, FALSE)))
        KeDelayExecutionThread(KernelMode, FALSE, &Pause);
    Irp->RequestorMode = KernelMode;
    Irp->Tail.Overlay.OriginalFileObject = File;
    Stack = IoGetNextIrpStackLocation(Irp);
    Stack->MajorFunction = Major;
    Stack->MinorFunction = Minor;
    Stack->FileObject = File;
    IopCallSynchronously(Device, Irp, &Result);
}

VOID IopCloseFileHandle(PEPROCESS Process, PVOID Object, ACCESS_MASK Granted, ULONG ProcessHandleCount, ULONG SystemHandleCount) {
    PFILE_OBJECT File = Object;
    BOOLEAN Locked = (File->Flags & FO_SYNCHRONOUS_IO) != 0;

    if (ProcessHandleCount == 1 && File->LockOperation) {
        PDEVICE_OBJECT Device = FileDevice(File);
        PFAST_IO_UNLOCK_ALL Fast = IopFastRoutine(Device, FastIoUnlockAll);
        IO_STATUS_BLOCK Iosb;
        if (!Fast || !Fast(File, Process, &Iosb, Device))
            SendClose(File, IRP_MJ_LOCK_CONTROL, IRP_MN_UNLOCK_ALL);
    }
    if (SystemHandleCount != 1)
        return;
    if (Locked)
        IopLockFile(File);
    SendClose(File, IRP_MJ_CLEANUP, 0);
    if (Locked)
        IopUnlockFile(File);
}

VOID IopDeleteFileObject(PVOID Object) {
    PFILE_OBJECT File = Object;
    PDEVICE_OBJECT Named = File->DeviceObject;

    if (Named) {
        if (!(File->Flags & FO_HANDLE_CREATED))
            SendClose(File, IRP_MJ_CLEANUP, 0);
        SendClose(File, IRP_MJ_CLOSE, 0);
    }
    IopForgetCompletion(File);
    if (File->FileName.Buffer)
        ExFreePool(File->FileName.Buffer); /* file systems put their own there */
    IopReleaseVolume(File);
    if (File->FileObjectExtension)
        ExFreePool(File->FileObjectExtension);
    if (Named)
        IopDereferenceDevice(Named);
}

/* "\Device\HarddiskVolume1" and the name below it. */
NTSTATUS IopQueryFileName(PVOID Object, BOOLEAN HasName, POBJECT_NAME_INFORMATION Info, ULONG Length, PULONG ReturnLength, KPROCESSOR_MODE Mode) {
    PFILE_OBJECT File = Object;
    ULONG DeviceLength = 0, Needed, Used;
    POBJECT_NAME_INFORMATION Name;
    NTSTATUS Status;

    if (!File->DeviceObject)
        return STATUS_OBJECT_PATH_INVALID;
    Status = ObQueryNameString(File->DeviceObject, NULL, 0, &DeviceLength);
    if (Status != STATUS_INFO_LENGTH_MISMATCH && !NT_SUCCESS(Status))
        return Status;
    Name = ExAllocatePoolWithTag(PagedPool, DeviceLength + sizeof *Name, IOP_NAME_TAG);
    if (!Name)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = ObQueryNameString(File->DeviceObject, Name, DeviceLength + sizeof *Name, &DeviceLength);
    if (!NT_SUCCESS(Status))
        goto done;
    Used = Name->Name.Length + File->FileName.Length;
    Needed = (ULONG)(sizeof *Info + Used + sizeof(WCHAR));
    *ReturnLength = Needed;
    if (Used > 0xFFFC)
        Status = STATUS_NAME_TOO_LONG;
    else if (Length < sizeof *Info)
        Status = STATUS_INFO_LENGTH_MISMATCH;
    else if (Length < Needed)
        Status = STATUS_BUFFER_OVERFLOW;
    if (Status != STATUS_SUCCESS)
        goto done;
    __try {
        PWSTR Text = (PWSTR)(Info + 1);
        RtlCopyMemory(Text, Name->Name.Buffer, Name->Name.Length);
        RtlCopyMemory((PUCHAR)Text + Name->Name.Length, File->FileName.Buffer, File->FileName.Length);
        Text[Used / sizeof(WCHAR)] = 0;
        Info->Name.Buffer = Text;
        Info->Name.Length = (USHORT)Used;
        Info->Name.MaximumLength = (USHORT)(Used + sizeof(WCHAR));
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
done:
    ExFreePoolWithTag(Name, IOP_NAME_TAG);
    return Status;
}
