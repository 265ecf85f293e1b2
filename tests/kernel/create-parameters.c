/* Extra create parameters: made, listed, and given along with an open to the driver that is opened. */
#define INITGUID
#include "kernel/more.h"

#define TAG 'PCxE'

NTSTATUS NTAPI IoGetIrpExtraCreateParameter(PIRP, struct _ECP_LIST **);
NTSTATUS NTAPI IoSetIrpExtraCreateParameter(PIRP, struct _ECP_LIST *);
VOID NTAPI IoClearIrpExtraCreateParameter(PIRP);

static const GUID One = {1, 2, 3, {4}}, Two = {5, 6, 7, {8}}, Three = {9, 10, 11, {12}};
static ULONG Cleanups;
static PECP_LIST Seen, Own;
static BOOLEAN SetsOwn;

static VOID Cleanup(PVOID Context, LPCGUID Type) { Cleanups += IsEqualGUID(Type, &One) ? *(PULONG)Context : 100; }

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS Create(PDEVICE_OBJECT Device, PIRP Irp) {
    PVOID Context;
    ULONG Size;
    PECP_LIST Again = NULL;
    STATUS(FsRtlGetEcpListFromIrp(Irp, &Seen), 0, "FsRtlGetEcpListFromIrp");
    STATUS(IoGetIrpExtraCreateParameter(Irp, &Again), 0, "IoGetIrpExtraCreateParameter");
    is(Again, Seen, "the same");
    if (Seen && NT_SUCCESS(FsRtlFindExtraCreateParameter(Seen, &Two, &Context, &Size))) {
        ok(Size == 8 && *(PULONG)Context == 22, "what was given along");
        *(PULONG)Context = 33;
        FsRtlAcknowledgeEcp(Context);
    }
    if (SetsOwn) {
        STATUS(FsRtlSetEcpListIntoIrp(Irp, Own), 0, "FsRtlSetEcpListIntoIrp");
        FsRtlGetEcpListFromIrp(Irp, &Again);
        is(Again, Own, "a filter's own list");
        STATUS(FsRtlSetEcpListIntoIrp(Irp, Own), STATUS_INVALID_PARAMETER_3, "one at a time");
        IoClearIrpExtraCreateParameter(Irp);
        FsRtlGetEcpListFromIrp(Irp, &Again);
        is(Again, NULL, "IoClearIrpExtraCreateParameter");
        STATUS(IoSetIrpExtraCreateParameter(Irp, Own), 0, "IoSetIrpExtraCreateParameter");
        FsRtlGetEcpListFromIrp(Irp, &Again);
        is(Again, Own, "sets it, too");
    }
    return Complete(Irp, STATUS_SUCCESS);
}

static NTSTATUS CloseOrClean(PDEVICE_OBJECT Device, PIRP Irp) {
    PECP_LIST List = (PVOID)1;
    if (IoGetCurrentIrpStackLocation(Irp)->MajorFunction == IRP_MJ_CLOSE) {
        STATUS(FsRtlGetEcpListFromIrp(Irp, &List), STATUS_INVALID_PARAMETER, "a close has no parameters");
        STATUS(FsRtlSetEcpListIntoIrp(Irp, Own), STATUS_INVALID_PARAMETER_2, "nor is it given any");
    }
    return Complete(Irp, STATUS_SUCCESS);
}

static HANDLE Open(PECP_LIST List) {
    IO_DRIVER_CREATE_CONTEXT Driver = {.Size = sizeof Driver, .ExtraCreateParameter = List};
    IO_STATUS_BLOCK Io;
    HANDLE File = NULL;
    STATUS(IoCreateFileEx(&File, FILE_READ_DATA | SYNCHRONIZE, Named(U("\\Device\\CreateParameters\\file")), &Io, NULL, 0, 0, FILE_OPEN,
                          FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0, CreateFileTypeNone, NULL, 0, &Driver),
           0, "IoCreateFileEx");
    return File;
}

static VOID TestLists(VOID) {
    PECP_LIST List = NULL;
    PVOID First, Second, Same, Found, Next;
    ULONG Size = 99;
    GUID Type;
    STATUS(FsRtlAllocateExtraCreateParameterList(0, &List), 0, "FsRtlAllocateExtraCreateParameterList");
    STATUS(FsRtlFindExtraCreateParameter(List, &One, &Found, &Size), STATUS_NOT_FOUND, "it is empty");
    ok(Found == NULL && Size == 0, "and says so");
    STATUS(FsRtlGetNextExtraCreateParameter(List, NULL, &Type, &Next, &Size), STATUS_NOT_FOUND, "it has no first parameter");
    STATUS(FsRtlAllocateExtraCreateParameter(&One, 12, 0, Cleanup, TAG, &First), 0, "FsRtlAllocateExtraCreateParameter");
    ok(((PULONG)First)[0] == 0 && ((PULONG)First)[2] == 0, "its context is zero");
    *(PULONG)First = 1;
    FsRtlAllocateExtraCreateParameter(&Two, 8, FSRTL_ALLOCATE_ECP_FLAG_NONPAGED_POOL | FSRTL_ALLOCATE_ECP_FLAG_CHARGE_QUOTA, NULL, TAG, &Second);
    FsRtlAllocateExtraCreateParameter(&One, 4, 0, Cleanup, TAG, &Same);
    *(PULONG)Same = 10;
    STATUS(FsRtlInsertExtraCreateParameter(List, First), 0, "FsRtlInsertExtraCreateParameter");
    STATUS(FsRtlInsertExtraCreateParameter(List, Second), 0, "another one");
    STATUS(FsRtlInsertExtraCreateParameter(List, Same), STATUS_INVALID_PARAMETER, "one of a kind");
    FsRtlFreeExtraCreateParameter(Same);
    is(Cleanups, 10, "FsRtlFreeExtraCreateParameter calls its routine");
    STATUS(FsRtlFindExtraCreateParameter(List, &Two, &Found, &Size), 0, "FsRtlFindExtraCreateParameter");
    ok(Found == Second && Size == 8, "context and size");
    STATUS(FsRtlFindExtraCreateParameter(List, &Three, NULL, NULL), STATUS_NOT_FOUND, "one that is not there");
    STATUS(FsRtlGetNextExtraCreateParameter(List, NULL, &Type, &Next, &Size), 0, "FsRtlGetNextExtraCreateParameter");
    ok(Next == First && Size == 12 && IsEqualGUID(&Type, &One), "the first");
    STATUS(FsRtlGetNextExtraCreateParameter(List, Next, NULL, &Next, NULL), 0, "the next");
    is(Next, Second, "is the second");
    STATUS(FsRtlGetNextExtraCreateParameter(List, Next, NULL, &Next, NULL), STATUS_NOT_FOUND, "and the last");
    ok(!FsRtlIsEcpAcknowledged(Second) && !FsRtlIsEcpFromUserMode(Second), "nobody has taken note of it");
    *(PULONG)Second = 22;
    HANDLE File = Open(List);
    is(Seen, List, "the driver has the list");
    ok(FsRtlIsEcpAcknowledged(Second) && !FsRtlIsEcpAcknowledged(First) && *(PULONG)Second == 33, "and has answered in it");
    ZwClose(File);
    STATUS(FsRtlRemoveExtraCreateParameter(List, &Two, &Found, &Size), 0, "FsRtlRemoveExtraCreateParameter");
    STATUS(FsRtlFindExtraCreateParameter(List, &Two, NULL, NULL), STATUS_NOT_FOUND, "it is in no list any more");
    FsRtlFreeExtraCreateParameter(Found);
    Cleanups = 0;
    FsRtlFreeExtraCreateParameterList(List);
    is(Cleanups, 1, "a list goes with its parameters");
}

static VOID TestLookaside(VOID) {
    PVOID Lookaside = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(NPAGED_LOOKASIDE_LIST), TAG), Small, Large, Again;
    FsRtlInitExtraCreateParameterLookasideList(Lookaside, FSRTL_ECP_LOOKASIDE_FLAG_NONPAGED_POOL, 32, TAG);
    STATUS(FsRtlAllocateExtraCreateParameterFromLookasideList(&One, 32, FSRTL_ALLOCATE_ECP_FLAG_NONPAGED_POOL, Cleanup, Lookaside, &Small), 0,
           "FsRtlAllocateExtraCreateParameterFromLookasideList");
    STATUS(FsRtlAllocateExtraCreateParameterFromLookasideList(&Two, 4000, FSRTL_ALLOCATE_ECP_FLAG_NONPAGED_POOL, NULL, Lookaside, &Large), 0,
           "larger than its blocks are");
    RtlFillMemory(Large, 4000, 1);
    *(PULONG)Small = 5;
    Cleanups = 0;
    FsRtlFreeExtraCreateParameter(Small);
    is(Cleanups, 5, "its routine is called");
    FsRtlFreeExtraCreateParameter(Large);
    FsRtlAllocateExtraCreateParameterFromLookasideList(&Two, 8, FSRTL_ALLOCATE_ECP_FLAG_NONPAGED_POOL, NULL, Lookaside, &Again);
    ok(Again == Small && *(PULONG)Again == 0, "what was freed is taken again, and cleared");
    FsRtlFreeExtraCreateParameter(Again);
    is(((PNPAGED_LOOKASIDE_LIST)Lookaside)->L.TotalAllocates, 2, "of two allocations");
    FsRtlDeleteExtraCreateParameterLookasideList(Lookaside, FSRTL_ECP_LOOKASIDE_FLAG_NONPAGED_POOL);
    is(ExQueryDepthSList(&((PNPAGED_LOOKASIDE_LIST)Lookaside)->L.ListHead), 0, "FsRtlDeleteExtraCreateParameterLookasideList: nothing is kept");
    ExFreePoolWithTag(Lookaside, TAG);
}

static VOID RunTests(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath) {
    PDEVICE_OBJECT Device;
    Driver->MajorFunction[IRP_MJ_CREATE] = Create;
    Driver->MajorFunction[IRP_MJ_CLEANUP] = Driver->MajorFunction[IRP_MJ_CLOSE] = CloseOrClean;
    IoCreateDevice(Driver, 0, U("\\Device\\CreateParameters"), FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);
    Device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    TestLists();
    TestLookaside();
    FsRtlAllocateExtraCreateParameterList(FSRTL_ALLOCATE_ECPLIST_FLAG_CHARGE_QUOTA, &Own);
    SetsOwn = TRUE;
    HANDLE File = Open(NULL);
    is(Seen, NULL, "an open without parameters");
    ZwClose(File);
    FsRtlFreeExtraCreateParameterList(Own);
    IoDeleteDevice(Device);
}
