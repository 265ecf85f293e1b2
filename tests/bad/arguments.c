/* Arguments that are not what they have to be (tests/t10-arguments.t). The name "nearly" makes the calls that are just allowed. */
#include "chosen.h"

#define MISTAKE static __declspec(noinline) __attribute__((disable_tail_calls)) VOID /* a frame of its own on the stack that the screen shows */
#define TAG     'grA '

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD Unload;

static PDRIVER_OBJECT Self;
static PDEVICE_OBJECT Device, Upper;
static KEVENT Event;
static KDPC Dpc;
static LARGE_INTEGER Later = {.QuadPart = -10000000}, Now;
static ERESOURCE Resource;
static WORK_QUEUE_ITEM Item;
static HANDLE Handle;
static PVOID Block;

static PVOID Paged(SIZE_T Size) { return ExAllocatePoolWithTag(PagedPool, Size, TAG); }
static PVOID NonPaged(SIZE_T Size) { return ExAllocatePoolWithTag(NonPagedPoolNx, Size, TAG); }
static PMDL MdlOf(PVOID Start, ULONG Size) { return IoAllocateMdl(Start, Size, FALSE, FALSE, NULL); }
static VOID Ignore(PVOID Pointer) { UNREFERENCED_PARAMETER(Pointer); }
static VOID NTAPI Run(PKDPC This, PVOID Context, PVOID Argument1, PVOID Argument2) {
    Ignore(This);
    Ignore(Context);
    Ignore(Argument1);
    Ignore(Argument2);
}
static VOID NTAPI Work(PVOID Context) { Ignore(Context); }
static VOID NTAPI Tick(PDEVICE_OBJECT DeviceObject, PVOID Context) {
    Ignore(DeviceObject);
    Ignore(Context);
}

/* ---- Pool ------------------------------------------------------------------------------------------------------------------------ */
MISTAKE AllocateNothing(VOID) { Block = NonPaged(0); }
MISTAKE NTAPI QuotaInDpc(PKDPC This, PVOID Context, PVOID Argument1, PVOID Argument2) {
    Run(This, Context, Argument1, Argument2);
    Block = ExAllocatePoolWithQuotaTag(NonPagedPoolNx, 16, TAG);
}
MISTAKE DpcQuota(VOID) {
    KeInitializeDpc(&Dpc, QuotaInDpc, NULL);
    KeInsertQueueDpc(&Dpc, NULL, NULL);
}
MISTAKE FreePagedHigh(VOID) {
    KIRQL Old;
    Block = Paged(16);
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    ExFreePoolWithTag(Block, TAG);
}
MISTAKE FreeIrp(VOID) {
    PIRP Irp = IoAllocateIrp(1, FALSE);
    ExFreePool(Irp);
}

/* ---- Handles ----------------------------------------------------------------------------------------------------------------------- */
static VOID Reference(HANDLE Which, POBJECT_TYPE Type, KPROCESSOR_MODE Mode) {
    PVOID Object;
    if (NT_SUCCESS(ObReferenceObjectByHandle(Which, 0, Type, Mode, &Object, NULL)))
        ObDereferenceObject(Object);
}
MISTAKE NullHandle(VOID) { Reference(NULL, NULL, KernelMode); }
MISTAKE ClosedHandle(VOID) {
    ZwClose(Handle);
    Reference(Handle, NULL, KernelMode);
}
MISTAKE OtherType(VOID) { Reference(Handle, *IoFileObjectType, KernelMode); }
MISTAKE KernelHandleAsUser(VOID) { Reference(Handle, NULL, UserMode); }

/* ---- Names ------------------------------------------------------------------------------------------------------------------------- */
static VOID Open(PUNICODE_STRING Name) {
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Key;
    InitializeObjectAttributes(&Attributes, Name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    if (NT_SUCCESS(ZwOpenKey(&Key, KEY_READ, &Attributes)))
        ZwClose(Key);
}
MISTAKE OddName(VOID) {
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Registry\\Machine");
    Name.Length--;
    Open(&Name);
}
MISTAKE LongName(VOID) {
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Registry\\Machine");
    Name.MaximumLength = Name.Length - sizeof(WCHAR);
    Open(&Name);
}
MISTAKE UserName(VOID) {
    UNICODE_STRING Name = {16, 16, (PWSTR)(ULONG_PTR)0x10000};
    Open(&Name);
}

/* ---- Objects that threads wait for ------------------------------------------------------------------------------------------------- */
MISTAKE PagedEvent(VOID) { KeInitializeEvent(Paged(sizeof(KEVENT)), NotificationEvent, FALSE); }
MISTAKE PagedTimer(VOID) { KeInitializeTimerEx(Paged(sizeof(KTIMER)), NotificationTimer); }
MISTAKE StackWait(VOID) {
    KEVENT Local;
    KeInitializeEvent(&Local, NotificationEvent, TRUE);
    KeWaitForSingleObject(&Local, Executive, UserMode, FALSE, NULL);
}
MISTAKE StackWaits(VOID) {
    KEVENT Local;
    PVOID Objects[2] = {&Event, &Local};
    KeInitializeEvent(&Local, NotificationEvent, TRUE);
    KeWaitForMultipleObjects(2, Objects, WaitAny, Executive, UserMode, FALSE, NULL, NULL);
}
MISTAKE PagedItem(VOID) {
    PWORK_QUEUE_ITEM Own = Paged(sizeof *Own);
    ExInitializeWorkItem(Own, Work, NULL);
    ExQueueWorkItem(Own, DelayedWorkQueue);
}

/* ---- Resources --------------------------------------------------------------------------------------------------------------------- */
MISTAKE ResourceAskew(VOID) {
    PUCHAR Room = NonPaged(2 * sizeof(ERESOURCE));
    KeEnterCriticalRegion();
    ExAcquireResourceExclusiveLite((PERESOURCE)(PVOID)(Room + 2), TRUE);
}

/* ---- MDLs -------------------------------------------------------------------------------------------------------------------------- */
MISTAKE UnlockNever(VOID) { MmUnlockPages(MdlOf(NonPaged(16), 16)); }
MISTAKE UnlockNonPaged(VOID) {
    PMDL Mdl = MdlOf(NonPaged(16), 16);
    MmBuildMdlForNonPagedPool(Mdl);
    MmUnlockPages(Mdl);
}
MISTAKE UnlockPartial(VOID) {
    PMDL Mdl = MdlOf(NonPaged(64), 64), Part = MdlOf(MmGetMdlVirtualAddress(Mdl), 16);
    MmProbeAndLockPages(Mdl, KernelMode, IoReadAccess);
    IoBuildPartialMdl(Mdl, Part, MmGetMdlVirtualAddress(Mdl), 16);
    MmUnlockPages(Part);
}
MISTAKE BuildPaged(VOID) { MmBuildMdlForNonPagedPool(MdlOf(Paged(16), 16)); }
MISTAKE LockNonPaged(VOID) {
    PMDL Mdl = MdlOf(NonPaged(16), 16);
    MmBuildMdlForNonPagedPool(Mdl);
    MmProbeAndLockPages(Mdl, KernelMode, IoReadAccess);
}
MISTAKE MapUnlocked(VOID) { MmMapLockedPagesSpecifyCache(MdlOf(NonPaged(16), 16), KernelMode, MmCached, NULL, FALSE, NormalPagePriority); }
static PMDL Mapped(VOID) {
    PMDL Mdl = MdlOf(NonPaged(16), 16);
    MmProbeAndLockPages(Mdl, KernelMode, IoReadAccess);
    MmMapLockedPagesSpecifyCache(Mdl, KernelMode, MmCached, NULL, FALSE, NormalPagePriority);
    return Mdl;
}
MISTAKE MapTwice(VOID) { MmMapLockedPagesSpecifyCache(Mapped(), KernelMode, MmCached, NULL, FALSE, NormalPagePriority); }
MISTAKE FreeMapped(VOID) { IoFreeMdl(Mapped()); }

/* ---- Requests and devices ------------------------------------------------------------------------------------------------------------ */
static NTSTATUS NTAPI Back(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context) {
    Ignore(DeviceObject);
    Ignore(Irp);
    Ignore(Context);
    return STATUS_MORE_PROCESSING_REQUIRED;
}
static PIRP Request(UCHAR Major) {
    PIRP Irp = IoAllocateIrp(Device->StackSize, FALSE);
    IoGetNextIrpStackLocation(Irp)->MajorFunction = Major;
    IoSetCompletionRoutine(Irp, Back, NULL, TRUE, TRUE, TRUE);
    return Irp;
}
static VOID NTAPI Cancel(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    Ignore(DeviceObject);
    IoReleaseCancelSpinLock(Irp->CancelIrql);
}
MISTAKE SendToNobody(VOID) { IoCallDriver(NULL, Request(IRP_MJ_READ)); }
MISTAKE SendToNothing(VOID) { IoCallDriver((PDEVICE_OBJECT)(PVOID)NonPaged(sizeof(DEVICE_OBJECT)), Request(IRP_MJ_READ)); }
MISTAKE SendFreed(VOID) {
    PIRP Irp = Request(IRP_MJ_READ);
    IoFreeIrp(Irp);
    IoCallDriver(Device, Irp);
}
MISTAKE SendCancelable(VOID) {
    PIRP Irp = Request(IRP_MJ_READ);
    IoSetCancelRoutine(Irp, Cancel);
    IoCallDriver(Device, Irp);
}
MISTAKE SendRaised(VOID) {
    PIRP Irp = Request(IRP_MJ_FLUSH_BUFFERS);
    KIRQL Old;
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    IoCallDriver(Device, Irp);
}
MISTAKE SendUserAddress(VOID) {
    PIRP Irp = Request(IRP_MJ_READ);
    Irp->UserBuffer = (PVOID)(ULONG_PTR)0x10000;
    IoCallDriver(Device, Irp);
}
MISTAKE NTAPI TooMuch(PIRP Irp) {
    Irp->IoStatus.Information = IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceIoControl.OutputBufferLength + 1;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
}
static NTSTATUS NTAPI Answer(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    Ignore(DeviceObject);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    TooMuch(Irp);
    return STATUS_SUCCESS;
}
static VOID AskForLittle(VOID) {
    IO_STATUS_BLOCK Result;
    static ULONG Output;
    Self->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Answer;
    IoCallDriver(Device, IoBuildDeviceIoControlRequest(CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS), Device, NULL, 0,
                                                       &Output, sizeof Output, FALSE, &Event, &Result));
}
MISTAKE FreeTwice(VOID) {
    PIRP Irp = IoAllocateIrp(1, FALSE);
    IoFreeIrp(Irp);
    IoFreeIrp(Irp);
}
MISTAKE FreeThreaded(VOID) {
    IO_STATUS_BLOCK Result;
    IoFreeIrp(IoBuildDeviceIoControlRequest(0x220000, Device, NULL, 0, NULL, 0, FALSE, &Event, &Result));
}
MISTAKE InitializeAllocated(VOID) {
    PIRP Irp = IoAllocateIrp(1, FALSE);
    IoInitializeIrp(Irp, IoSizeOfIrp(1), 1);
}
MISTAKE TimerTwice(VOID) {
    IoInitializeTimer(Device, Tick, NULL);
    IoInitializeTimer(Device, Tick, NULL);
}
MISTAKE DeleteAttached(VOID) {
    IoAttachDeviceToDeviceStack(Upper, Device);
    IoDeleteDevice(Upper);
}
MISTAKE DetachTwice(VOID) {
    IoAttachDeviceToDeviceStack(Upper, Device);
    IoDetachDevice(Device);
    IoDetachDevice(Device);
}
MISTAKE DeleteTwice(VOID) {
    ObReferenceObject(Upper);
    IoDeleteDevice(Upper);
    IoDeleteDevice(Upper);
}

static const CHOICE Mistakes[] = {
    {L"allocate-nothing", AllocateNothing},
    {L"dpc-quota", DpcQuota},
    {L"free-paged-high", FreePagedHigh},
    {L"free-irp", FreeIrp},
    {L"null-handle", NullHandle},
    {L"closed-handle", ClosedHandle},
    {L"other-type", OtherType},
    {L"kernel-handle-as-user", KernelHandleAsUser},
    {L"odd-name", OddName},
    {L"long-name", LongName},
    {L"user-name", UserName},
    {L"paged-event", PagedEvent},
    {L"paged-timer", PagedTimer},
    {L"stack-wait", StackWait},
    {L"stack-waits", StackWaits},
    {L"paged-item", PagedItem},
    {L"resource-askew", ResourceAskew},
    {L"unlock-never", UnlockNever},
    {L"unlock-nonpaged", UnlockNonPaged},
    {L"unlock-partial", UnlockPartial},
    {L"build-paged", BuildPaged},
    {L"lock-nonpaged", LockNonPaged},
    {L"map-unlocked", MapUnlocked},
    {L"map-twice", MapTwice},
    {L"free-mapped", FreeMapped},
    {L"send-to-nobody", SendToNobody},
    {L"send-to-nothing", SendToNothing},
    {L"send-freed", SendFreed},
    {L"send-cancelable", SendCancelable},
    {L"send-raised", SendRaised},
    {L"send-user-address", SendUserAddress},
    {L"free-twice", FreeTwice},
    {L"free-threaded", FreeThreaded},
    {L"initialize-allocated", InitializeAllocated},
    {L"too-much", AskForLittle},
    {L"timer-twice", TimerTwice},
    {L"delete-attached", DeleteAttached},
    {L"detach-twice", DetachTwice},
    {L"delete-twice", DeleteTwice},
};

/* ---- What is just allowed -------------------------------------------------------------------------------------------------------------- */
static VOID NearlyMemory(VOID) {
    PKTIMER Timer = NonPaged(sizeof *Timer);
    PERESOURCE Own = NonPaged(sizeof *Own);
    PKDPC OwnDpc = NonPaged(sizeof *OwnDpc);
    KIRQL Old;

    ExFreePoolWithTag(NonPaged(1), TAG);
    KeRaiseIrql(APC_LEVEL, &Old);
    ExFreePoolWithTag(Paged(16), TAG);
    KeLowerIrql(Old);
    KeInitializeTimer(Timer);
    KeSetTimer(Timer, Later, NULL);
    KeCancelTimer(Timer);
    ExFreePoolWithTag(Timer, TAG);
    ExInitializeResourceLite(Own);
    ExDeleteResourceLite(Own);
    ExFreePoolWithTag(Own, TAG);
    KeInitializeDpc(OwnDpc, Run, NULL);
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    KeInsertQueueDpc(OwnDpc, NULL, NULL);
    KeRemoveQueueDpc(OwnDpc);
    ExFreePoolWithTag(OwnDpc, TAG);
    KeLowerIrql(Old);
}
static VOID NearlyObjects(VOID) {
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Registry\\Machine"), Empty = {0, 0, NULL};
    KEVENT Local;

    Reference(Handle, NULL, KernelMode);
    Reference(Handle, *ExEventObjectType, KernelMode);
    Reference(NtCurrentProcess(), NULL, KernelMode);
    Reference((HANDLE)(LONG_PTR)0x7FFFFFF0, NULL, UserMode); /* as a program may have sent it */
    Name.MaximumLength = Name.Length;
    Open(&Name);
    Open(&Empty);
    KeInitializeEvent(&Local, NotificationEvent, TRUE);
    KeWaitForSingleObject(&Local, Executive, KernelMode, FALSE, NULL);
    KeWaitForSingleObject(&Event, Executive, UserMode, FALSE, &Now);
    ExInitializeWorkItem(&Item, Work, NULL);
    ExQueueWorkItem(&Item, DelayedWorkQueue);
    ExReinitializeResourceLite(&Resource);
    KeEnterCriticalRegion();
    ExAcquireResourceExclusiveLite(&Resource, TRUE);
    ExReleaseResourceLite(&Resource);
    KeLeaveCriticalRegion();
}
static VOID NearlyMdls(VOID) {
    PMDL Mdl = MdlOf(NonPaged(64), 64), Part = MdlOf(MmGetMdlVirtualAddress(Mdl), 16);

    MmProbeAndLockPages(Mdl, KernelMode, IoReadAccess);
    IoBuildPartialMdl(Mdl, Part, MmGetMdlVirtualAddress(Mdl), 16);
    MmMapLockedPagesSpecifyCache(Part, KernelMode, MmCached, NULL, FALSE, NormalPagePriority);
    IoFreeMdl(Part); /* unmaps it */
    MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority);
    MmUnlockPages(Mdl);
    MmProbeAndLockPages(Mdl, KernelMode, IoReadAccess);
    MmUnlockPages(Mdl);
    IoFreeMdl(Mdl);
    Mdl = MdlOf(NonPaged(16), 16);
    MmBuildMdlForNonPagedPool(Mdl);
    IoFreeMdl(Mdl);
}
static VOID NearlyRequests(VOID) {
    PIRP Irp = Request(IRP_MJ_READ), Own = NonPaged(IoSizeOfIrp(1));
    KIRQL Old;

    IoSetCancelRoutine(Irp, Cancel);
    IoSetCancelRoutine(Irp, NULL);
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    IoCallDriver(Device, Irp);
    KeLowerIrql(Old);
    IoReuseIrp(Irp, STATUS_SUCCESS);
    IoGetNextIrpStackLocation(Irp)->MajorFunction = IRP_MJ_FLUSH_BUFFERS;
    IoSetCompletionRoutine(Irp, Back, NULL, TRUE, TRUE, TRUE);
    IoCallDriver(Device, Irp);
    IoFreeIrp(Irp);
    IoInitializeIrp(Own, IoSizeOfIrp(1), 1);
    ExFreePoolWithTag(Own, TAG);
    IoInitializeTimer(Device, Tick, NULL);
    IoAttachDeviceToDeviceStack(Upper, Device);
    IoDetachDevice(Device);
    IoDeleteDevice(Upper);
}

static NTSTATUS NTAPI Refuse(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    Ignore(DeviceObject);
    Irp->IoStatus.Status = STATUS_UNSUCCESSFUL;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_UNSUCCESSFUL;
}

VOID Unload(PDRIVER_OBJECT DriverObject) {
    UNREFERENCED_PARAMETER(DriverObject);
    ZwClose(Handle);
    ExDeleteResourceLite(&Resource);
    IoDeleteDevice(Device);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    OBJECT_ATTRIBUTES Attributes;

    Self = DriverObject;
    DriverObject->DriverUnload = Unload;
    DriverObject->MajorFunction[IRP_MJ_READ] = DriverObject->MajorFunction[IRP_MJ_FLUSH_BUFFERS] = Refuse;
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    ZwCreateEvent(&Handle, EVENT_ALL_ACCESS, &Attributes, NotificationEvent, FALSE);
    IoCreateDevice(DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);
    IoCreateDevice(DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Upper);
    Device->Flags &= ~DO_DEVICE_INITIALIZING; /* others may attach */
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    ExInitializeResourceLite(&Resource);
    for (ULONG i = 0; i < RTL_NUMBER_OF(Mistakes); i++) {
        if (!IsCalled(RegistryPath, Mistakes[i].Name))
            continue;
        Mistakes[i].Make();
        DbgPrint("it went unseen\n");
        return STATUS_SUCCESS;
    }
    NearlyMemory();
    NearlyObjects();
    NearlyMdls();
    NearlyRequests();
    DbgPrint("all of it was allowed\n");
    return STATUS_SUCCESS;
}
