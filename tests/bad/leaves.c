/*
 * What a driver leaves in memory that goes: pool that it frees ("freed-"), and its own image ("unloaded-"). The name of the file says what (tests/leaves.t copies it); under the name
 * "nearly" everything is taken down in time, or only looks like what it is not.
 */
#include "chosen.h"

#pragma clang diagnostic ignored "-Wunused-parameter"
#pragma clang diagnostic ignored "-Wdeprecated-declarations" /* ExQueueWorkItem */

#define MISTAKE static __declspec(noinline) __attribute__((disable_tail_calls)) VOID /* a frame of its own on the stack that the screen shows */
#define TAG     'vaeL'

typedef struct _THINGS {
    ULONG64 Before[5];
    KTIMER Timer;
    KDPC Dpc;
    WORK_QUEUE_ITEM Item;
    ERESOURCE Resource;
    NPAGED_LOOKASIDE_LIST Lookaside;
    LOOKASIDE_LIST_EX LookasideEx;
    LIST_ENTRY Head, Link;
} THINGS;

static THINGS Own;
static PIO_WORKITEM IoItem;
static PDEVICE_OBJECT Device;

static THINGS *New(VOID) {
    THINGS *Things = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof *Things, TAG);
    if (Things != NULL)
        RtlZeroMemory(Things, sizeof *Things);
    return Things;
}

static VOID Delete(THINGS *Things) { ExFreePoolWithTag(Things, TAG); }

static VOID NTAPI OnDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) {}
static VOID NTAPI OnWork(PVOID Context) {}
static VOID NTAPI OnIoWork(PDEVICE_OBJECT DeviceObject, PVOID Context) {}

static VOID SetTimer(THINGS *Things) {
    LARGE_INTEGER Due = {.QuadPart = -10000000};
    KeInitializeTimer(&Things->Timer);
    KeInitializeDpc(&Things->Dpc, OnDpc, NULL);
    KeSetTimer(&Things->Timer, Due, &Things->Dpc);
}

/* ---- Pool ---------------------------------------------------------------------------------------------------------------------- */
MISTAKE FreedTimer(VOID) {
    THINGS *Things = New();
    SetTimer(Things);
    Delete(Things);
}
MISTAKE FreedDpc(VOID) {
    THINGS *Things = New();
    KIRQL Old;
    KeInitializeDpc(&Things->Dpc, OnDpc, NULL);
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    KeInsertQueueDpc(&Things->Dpc, NULL, NULL);
    Delete(Things);
    KeLowerIrql(Old);
}
MISTAKE FreedThreadedDpc(VOID) {
    THINGS *Things = New();
    KIRQL Old;
    KeInitializeThreadedDpc(&Things->Dpc, OnDpc, NULL);
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    KeInsertQueueDpc(&Things->Dpc, NULL, NULL);
    Delete(Things);
    KeLowerIrql(Old);
}
MISTAKE FreedDpcOfTimer(VOID) {
    LARGE_INTEGER Due = {.QuadPart = -10000};
    THINGS *Things = New();
    KeInitializeTimer(&Own.Timer);
    KeInitializeDpc(&Things->Dpc, OnDpc, NULL);
    KeSetTimer(&Own.Timer, Due, &Things->Dpc);
    Delete(Things);
    KeDelayExecutionThread(KernelMode, FALSE, &Due);
}
MISTAKE FreedWork(VOID) {
    THINGS *Things = New();
    KIRQL Old;
    ExInitializeWorkItem(&Things->Item, OnWork, NULL);
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    ExQueueWorkItem(&Things->Item, DelayedWorkQueue);
    Delete(Things);
    KeLowerIrql(Old);
}
/* Behind so many others that it waits in the queue itself. */
MISTAKE FreedWaitingWork(VOID) {
    static WORK_QUEUE_ITEM Others[16];
    THINGS *Things = New();
    KIRQL Old;
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    for (ULONG i = 0; i < RTL_NUMBER_OF(Others); i++) {
        ExInitializeWorkItem(&Others[i], OnWork, NULL);
        ExQueueWorkItem(&Others[i], DelayedWorkQueue);
    }
    ExInitializeWorkItem(&Things->Item, OnWork, NULL);
    ExQueueWorkItem(&Things->Item, DelayedWorkQueue);
    Delete(Things);
    KeLowerIrql(Old);
}
MISTAKE FreedIoWork(VOID) {
    KIRQL Old;
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    IoQueueWorkItem(IoItem, OnIoWork, DelayedWorkQueue, NULL);
    IoFreeWorkItem(IoItem);
    KeLowerIrql(Old);
}
MISTAKE FreedResource(VOID) {
    THINGS *Things = New();
    ExInitializeResourceLite(&Things->Resource);
    Delete(Things);
}
MISTAKE FreedLookaside(VOID) {
    THINGS *Things = New();
    ExInitializeNPagedLookasideList(&Things->Lookaside, NULL, NULL, 0, 64, TAG, 0);
    Delete(Things);
}
MISTAKE FreedExtension(VOID) {
    SetTimer(Device->DeviceExtension);
    IoDeleteDevice(Device);
}

/* ---- Twice, and never ------------------------------------------------------------------------------------------------------------ */
MISTAKE ResourceAgain(VOID) {
    ExInitializeResourceLite(&Own.Resource);
    ExInitializeResourceLite(&Own.Resource);
}
MISTAKE ResourceDeletedTwice(VOID) {
    ExInitializeResourceLite(&Own.Resource);
    ExDeleteResourceLite(&Own.Resource);
    ExDeleteResourceLite(&Own.Resource);
}
MISTAKE LookasideAgain(VOID) {
    ExInitializeLookasideListEx(&Own.LookasideEx, NULL, NULL, NonPagedPoolNx, 0, 64, TAG, 0);
    ExInitializeLookasideListEx(&Own.LookasideEx, NULL, NULL, NonPagedPoolNx, 0, 64, TAG, 0);
}
MISTAKE LookasideNever(VOID) { ExDeleteNPagedLookasideList(&Own.Lookaside); }
MISTAKE WorkAgain(VOID) {
    KIRQL Old;
    ExInitializeWorkItem(&Own.Item, OnWork, NULL);
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    ExQueueWorkItem(&Own.Item, DelayedWorkQueue);
    Own.Item.List.Flink = &Own.Item.List;
    ExQueueWorkItem(&Own.Item, DelayedWorkQueue);
    KeLowerIrql(Old);
}

/* ---- The image ------------------------------------------------------------------------------------------------------------------- */
static VOID UnloadedTimer(VOID) { SetTimer(&Own); }
/* Memory of the pool's, code of the driver's. */
static VOID UnloadedRoutine(VOID) { SetTimer(New()); }
static VOID UnloadedResource(VOID) { ExInitializeResourceLite(&Own.Resource); }
static VOID UnloadedLookaside(VOID) { ExInitializePagedLookasideList((PPAGED_LOOKASIDE_LIST)&Own.Lookaside, NULL, NULL, 0, 64, TAG, 0); }
/* The worker threads are busy for as long as the unloading takes. */
static VOID NTAPI Busy(PVOID Context) {
    LARGE_INTEGER Long = {.QuadPart = -100000000};
    KeDelayExecutionThread(KernelMode, FALSE, &Long);
}
static VOID UnloadedWork(VOID) {
    for (ULONG i = 0; i < 16; i++) {
        PWORK_QUEUE_ITEM Item = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof *Item, TAG);
        ExInitializeWorkItem(Item, Busy, NULL);
        ExQueueWorkItem(Item, DelayedWorkQueue);
    }
}

static const struct {
    PCWSTR Name;
    VOID (*Make)(VOID);
    BOOLEAN InUnload;
} Mistakes[] = {
    {L"freed-timer", FreedTimer, FALSE},
    {L"freed-dpc", FreedDpc, FALSE},
    {L"freed-threaded-dpc", FreedThreadedDpc, FALSE},
    {L"freed-dpc-of-timer", FreedDpcOfTimer, FALSE},
    {L"freed-work", FreedWork, FALSE},
    {L"freed-waiting-work", FreedWaitingWork, FALSE},
    {L"freed-io-work", FreedIoWork, FALSE},
    {L"freed-resource", FreedResource, FALSE},
    {L"freed-lookaside", FreedLookaside, FALSE},
    {L"freed-extension", FreedExtension, FALSE},
    {L"resource-again", ResourceAgain, FALSE},
    {L"resource-deleted-twice", ResourceDeletedTwice, FALSE},
    {L"lookaside-again", LookasideAgain, FALSE},
    {L"lookaside-never", LookasideNever, FALSE},
    {L"work-again", WorkAgain, FALSE},
    {L"unloaded-timer", UnloadedTimer, TRUE},
    {L"unloaded-routine", UnloadedRoutine, TRUE},
    {L"unloaded-resource", UnloadedResource, TRUE},
    {L"unloaded-lookaside", UnloadedLookaside, TRUE},
    {L"unloaded-work", UnloadedWork, TRUE},
};

/* ---- All of it as it should be ------------------------------------------------------------------------------------------------------ */
static KEVENT Done;
static VOID NTAPI FreesItself(PVOID Context) {
    Delete(Context);
    KeSetEvent(&Done, IO_NO_INCREMENT, FALSE);
}
static VOID NTAPI FreesItsDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) { Delete(Context); }

static VOID Nearly(VOID) {
    LARGE_INTEGER Soon = {.QuadPart = -10000}, Later = {.QuadPart = -30000};
    THINGS *Things = New(), *Neighbour = New();

    /* Used, taken down, freed; the neighbour's are in use all the time. */
    SetTimer(Neighbour);
    ExInitializeResourceLite(&Neighbour->Resource);
    ExInitializeNPagedLookasideList(&Neighbour->Lookaside, NULL, NULL, 0, 64, TAG, 0);
    SetTimer(Things);
    KeCancelTimer(&Things->Timer);
    ExInitializeResourceLite(&Things->Resource);
    ExDeleteResourceLite(&Things->Resource);
    ExInitializeResourceLite(&Things->Resource);
    ExReinitializeResourceLite(&Things->Resource);
    ExDeleteResourceLite(&Things->Resource);
    ExInitializeNPagedLookasideList(&Things->Lookaside, NULL, NULL, 0, 64, TAG, 0);
    ExDeleteNPagedLookasideList(&Things->Lookaside);
    ExInitializeLookasideListEx(&Things->LookasideEx, NULL, NULL, NonPagedPoolNx, 0, 64, TAG, 0);
    ExDeleteLookasideListEx(&Things->LookasideEx);
    /* A list of the driver's own, and copies of what is in use elsewhere. */
    InitializeListHead(&Things->Head);
    InsertTailList(&Things->Head, &Things->Link);
    Things->Before[0] = *(ULONG64 *)&Neighbour->Timer;
    Delete(Things);
    Things = New();
    Things->Timer = Neighbour->Timer;
    Things->Resource = Neighbour->Resource;
    Delete(Things);
    /* A timer that has gone off, a DPC that frees the memory that it lies in, a work item that does. */
    Things = New();
    KeInitializeTimer(&Things->Timer);
    KeInitializeDpc(&Things->Dpc, FreesItsDpc, Things);
    KeSetTimer(&Things->Timer, Soon, &Things->Dpc);
    KeDelayExecutionThread(KernelMode, FALSE, &Later);
    Things = New();
    ExInitializeWorkItem(&Things->Item, FreesItself, Things);
    ExQueueWorkItem(&Things->Item, DelayedWorkQueue);
    KeWaitForSingleObject(&Done, Executive, KernelMode, FALSE, NULL);
    KeCancelTimer(&Neighbour->Timer);
    ExDeleteResourceLite(&Neighbour->Resource);
    ExDeleteNPagedLookasideList(&Neighbour->Lookaside);
    Delete(Neighbour);
    DbgPrint("all of it was taken down\n");
}

static VOID (*AtUnload)(VOID);

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject) {
    IoFreeWorkItem(IoItem);
    IoDeleteDevice(Device);
    if (AtUnload != NULL)
        AtUnload();
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    NTSTATUS Status = IoCreateDevice(DriverObject, sizeof(THINGS), NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);

    if (!NT_SUCCESS(Status))
        return Status;
    IoItem = IoAllocateWorkItem(Device);
    DriverObject->DriverUnload = Unload;
    KeInitializeEvent(&Done, SynchronizationEvent, FALSE);
    for (ULONG i = 0; i < RTL_NUMBER_OF(Mistakes); i++) {
        if (!IsCalled(RegistryPath, Mistakes[i].Name))
            continue;
        if (Mistakes[i].InUnload) {
            AtUnload = Mistakes[i].Make;
            return STATUS_SUCCESS;
        }
        Mistakes[i].Make();
        DbgPrint("it went unseen\n");
        return STATUS_SUCCESS;
    }
    Nearly();
    return STATUS_SUCCESS;
}
