/*
 * Extra create parameters ("Using Extra Create Parameters with an IRP_MJ_CREATE Operation", learn.microsoft.com): what a filter or a caller of IoCreateFileEx gives along
 * with an open. A parameter is a header that only this file knows, and behind it the context that its maker sees. A list owns its parameters; whoever made the list frees it.
 */
#include "fsrtl/fsrtl.h"
#include "io/io.h"

#define FSRTL_LIST_TAG 'lcEF'

typedef struct _FSRTL_ECP {
    LIST_ENTRY Link; /* empty: in no list */
    GUID Type;
    ULONG Size; /* of the context */
    BOOLEAN Acknowledged;
    PFSRTL_EXTRA_CREATE_PARAMETER_CLEANUP_CALLBACK Cleanup;
    PVOID Lookaside; /* it goes back there; NULL: to the pool */
    BOOLEAN Paged;
    ULONG Tag;
    ULONG64 Context[];
} FSRTL_ECP, *PFSRTL_ECP;

struct _ECP_LIST {
    LIST_ENTRY Parameters;
};

static PFSRTL_ECP Ecp(PVOID Context) { return CONTAINING_RECORD(Context, FSRTL_ECP, Context); }

static PFSRTL_ECP Find(PECP_LIST List, LPCGUID Type) {
    for (PLIST_ENTRY Link = List->Parameters.Flink; Link != &List->Parameters; Link = Link->Flink)
        if (IsEqualGUID(&CONTAINING_RECORD(Link, FSRTL_ECP, Link)->Type, Type))
            return CONTAINING_RECORD(Link, FSRTL_ECP, Link);
    return NULL;
}

/* ---- Parameters ---- */

/* What lies behind the header of a new parameter is zero. */
static NTSTATUS Begin(PFSRTL_ECP New, LPCGUID Type, ULONG Size, PFSRTL_EXTRA_CREATE_PARAMETER_CLEANUP_CALLBACK Cleanup, PVOID *Context) {
    if (New == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(New, sizeof *New + Size);
    InitializeListHead(&New->Link);
    New->Type = *Type;
    New->Size = Size;
    New->Cleanup = Cleanup;
    *Context = New->Context;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI FsRtlAllocateExtraCreateParameter(LPCGUID EcpType, ULONG SizeOfContext, FSRTL_ALLOCATE_ECP_FLAGS Flags,
                                                 PFSRTL_EXTRA_CREATE_PARAMETER_CLEANUP_CALLBACK CleanupCallback, ULONG PoolTag, PVOID *EcpContext) {
    POOL_TYPE Pool = Flags & FSRTL_ALLOCATE_ECP_FLAG_NONPAGED_POOL ? NonPagedPoolNx : PagedPool;
    SIZE_T Bytes = sizeof(FSRTL_ECP) + (SIZE_T)SizeOfContext;
    PFSRTL_ECP New = Flags & FSRTL_ALLOCATE_ECP_FLAG_CHARGE_QUOTA
                         ? ExAllocatePoolWithQuotaTag(Pool | POOL_QUOTA_FAIL_INSTEAD_OF_RAISE, Bytes, PoolTag)
                         : ExAllocatePoolWithTag(Pool, Bytes, PoolTag);
    NTSTATUS Status = Begin(New, EcpType, SizeOfContext, CleanupCallback, EcpContext);
    if (NT_SUCCESS(Status))
        New->Tag = PoolTag;
    return Status;
}

VOID NTAPI FsRtlInitExtraCreateParameterLookasideList(PVOID Lookaside, FSRTL_ECP_LOOKASIDE_FLAGS Flags, SIZE_T Size, ULONG Tag) {
    if (Flags & FSRTL_ECP_LOOKASIDE_FLAG_NONPAGED_POOL)
        ExInitializeNPagedLookasideList(Lookaside, NULL, NULL, 0, sizeof(FSRTL_ECP) + Size, Tag, 0);
    else
        ExInitializePagedLookasideList(Lookaside, NULL, NULL, 0, sizeof(FSRTL_ECP) + Size, Tag, 0);
}

VOID NTAPI FsRtlDeleteExtraCreateParameterLookasideList(PVOID Lookaside, FSRTL_ECP_LOOKASIDE_FLAGS Flags) {
    if (Flags & FSRTL_ECP_LOOKASIDE_FLAG_NONPAGED_POOL)
        ExDeleteNPagedLookasideList(Lookaside);
    else
        ExDeletePagedLookasideList(Lookaside);
}

/* A context for which the list's blocks are too small comes from the pool, by the list's tag. */
NTSTATUS NTAPI FsRtlAllocateExtraCreateParameterFromLookasideList(LPCGUID EcpType, ULONG SizeOfContext, FSRTL_ALLOCATE_ECP_FLAGS Flags,
                                                                  PFSRTL_EXTRA_CREATE_PARAMETER_CLEANUP_CALLBACK CleanupCallback, PVOID LookasideList,
                                                                  PVOID *EcpContext) {
    PGENERAL_LOOKASIDE List = LookasideList;
    BOOLEAN Paged = (Flags & FSRTL_ALLOCATE_ECP_FLAG_NONPAGED_POOL) == 0;
    if (sizeof(FSRTL_ECP) + (SIZE_T)SizeOfContext > List->Size)
        return FsRtlAllocateExtraCreateParameter(EcpType, SizeOfContext, Flags, CleanupCallback, List->Tag, EcpContext);
    PFSRTL_ECP New = Paged ? ExAllocateFromPagedLookasideList(LookasideList) : ExAllocateFromNPagedLookasideList(LookasideList);
    NTSTATUS Status = Begin(New, EcpType, SizeOfContext, CleanupCallback, EcpContext);
    if (NT_SUCCESS(Status)) {
        New->Lookaside = LookasideList;
        New->Paged = Paged;
    }
    return Status;
}

VOID NTAPI FsRtlFreeExtraCreateParameter(PVOID EcpContext) {
    PFSRTL_ECP Old = Ecp(EcpContext);
    if (Old->Cleanup != NULL)
        Old->Cleanup(EcpContext, &Old->Type);
    if (Old->Lookaside == NULL)
        ExFreePoolWithTag(Old, Old->Tag);
    else if (Old->Paged)
        ExFreeToPagedLookasideList(Old->Lookaside, Old);
    else
        ExFreeToNPagedLookasideList(Old->Lookaside, Old);
}

VOID NTAPI FsRtlAcknowledgeEcp(PVOID EcpContext) { Ecp(EcpContext)->Acknowledged = TRUE; }
BOOLEAN NTAPI FsRtlIsEcpAcknowledged(PVOID EcpContext) { return Ecp(EcpContext)->Acknowledged; }
/* Programs have no way to give any. */
BOOLEAN NTAPI FsRtlIsEcpFromUserMode(PVOID EcpContext) { return FALSE; }

/* ---- Lists ---- */

NTSTATUS NTAPI FsRtlAllocateExtraCreateParameterList(FSRTL_ALLOCATE_ECPLIST_FLAGS Flags, PECP_LIST *EcpList) {
    PECP_LIST New = Flags & FSRTL_ALLOCATE_ECPLIST_FLAG_CHARGE_QUOTA
                        ? ExAllocatePoolWithQuotaTag(PagedPool | POOL_QUOTA_FAIL_INSTEAD_OF_RAISE, sizeof *New, FSRTL_LIST_TAG)
                        : ExAllocatePoolWithTag(PagedPool, sizeof *New, FSRTL_LIST_TAG);
    if (New == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    InitializeListHead(&New->Parameters);
    *EcpList = New;
    return STATUS_SUCCESS;
}

VOID NTAPI FsRtlFreeExtraCreateParameterList(PECP_LIST EcpList) {
    while (!IsListEmpty(&EcpList->Parameters))
        FsRtlFreeExtraCreateParameter(CONTAINING_RECORD(RemoveHeadList(&EcpList->Parameters), FSRTL_ECP, Link)->Context);
    ExFreePoolWithTag(EcpList, FSRTL_LIST_TAG);
}

NTSTATUS NTAPI FsRtlInsertExtraCreateParameter(PECP_LIST EcpList, PVOID EcpContext) {
    if (Find(EcpList, &Ecp(EcpContext)->Type) != NULL)
        return STATUS_INVALID_PARAMETER;
    InsertTailList(&EcpList->Parameters, &Ecp(EcpContext)->Link);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI FsRtlFindExtraCreateParameter(PECP_LIST EcpList, LPCGUID EcpType, PVOID *EcpContext, ULONG *EcpContextSize) {
    PFSRTL_ECP Found = Find(EcpList, EcpType);
    if (EcpContext != NULL)
        *EcpContext = Found != NULL ? Found->Context : NULL;
    if (EcpContextSize != NULL)
        *EcpContextSize = Found != NULL ? Found->Size : 0;
    return Found != NULL ? STATUS_SUCCESS : STATUS_NOT_FOUND;
}

NTSTATUS NTAPI FsRtlRemoveExtraCreateParameter(PECP_LIST EcpList, LPCGUID EcpType, PVOID *EcpContext, ULONG *EcpContextSize) {
    NTSTATUS Status = FsRtlFindExtraCreateParameter(EcpList, EcpType, EcpContext, EcpContextSize);
    if (NT_SUCCESS(Status)) {
        RemoveEntryList(&Ecp(*EcpContext)->Link);
        InitializeListHead(&Ecp(*EcpContext)->Link);
    }
    return Status;
}

NTSTATUS NTAPI FsRtlGetNextExtraCreateParameter(PECP_LIST EcpList, PVOID CurrentEcpContext, LPGUID NextEcpType, PVOID *NextEcpContext,
                                                ULONG *NextEcpContextSize) {
    PLIST_ENTRY Link = CurrentEcpContext != NULL ? Ecp(CurrentEcpContext)->Link.Flink : EcpList->Parameters.Flink;
    PFSRTL_ECP Next = Link != &EcpList->Parameters ? CONTAINING_RECORD(Link, FSRTL_ECP, Link) : NULL;
    if (NextEcpContext != NULL)
        *NextEcpContext = Next != NULL ? Next->Context : NULL;
    if (NextEcpContextSize != NULL)
        *NextEcpContextSize = Next != NULL ? Next->Size : 0;
    if (Next == NULL)
        return STATUS_NOT_FOUND;
    if (NextEcpType != NULL)
        *NextEcpType = Next->Type;
    return STATUS_SUCCESS;
}

/* ---- Opens ---- */

NTSTATUS NTAPI FsRtlGetEcpListFromIrp(PIRP Irp, PECP_LIST *EcpList) { return IoGetIrpExtraCreateParameter(Irp, EcpList); }

NTSTATUS NTAPI FsRtlSetEcpListIntoIrp(PIRP Irp, PECP_LIST EcpList) {
    PECP_LIST Old;
    if (!NT_SUCCESS(IoGetIrpExtraCreateParameter(Irp, &Old)))
        return STATUS_INVALID_PARAMETER_2;
    return Old != NULL ? STATUS_INVALID_PARAMETER_3 : IoSetIrpExtraCreateParameter(Irp, EcpList);
}
