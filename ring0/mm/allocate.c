#include "ldr/ldr.h"
#include "mm/mi.h"

/* The exports that allocate pool, and what their types and flags say. "POOL_TYPE", "POOL_FLAGS", "ExAllocatePoolWithQuotaTag", learn.microsoft.com. */

/* Of the caller's kind of paged pool. What the kernel and its own drivers allocate stays: they hand it to the host, which cannot bring a page in. */
static ULONG MiPagedKind(PVOID Caller) {
    PLDR_MODULE Module = KiIsDriverCode(Caller) ? LdrFindModule((ULONG64)Caller) : NULL;
    return Module != NULL && Module->IsDriver && !Module->Inbox ? MiPoolPaged : MiPoolKernelPaged;
}

typedef struct _MI_REQUEST {
    ULONG Kind, Tag;
    SIZE_T Bytes;
    BOOLEAN CacheAligned, Quota, Raise;
} MI_REQUEST;

static PVOID MiAllocate(const MI_REQUEST *Request) {
    NTSTATUS Status = STATUS_INSUFFICIENT_RESOURCES;
    PVOID Block = MiAllocatePool(Request->Kind, Request->Bytes, Request->Tag, Request->CacheAligned);
    if (Block != NULL)
        Status = Request->Quota ? MiChargeBlock(Block, Request->Kind, Request->Bytes) : STATUS_SUCCESS;
    if (!NT_SUCCESS(Status) && Request->Raise)
        ExRaiseStatus(Status);
    return NT_SUCCESS(Status) ? Block : NULL;
}

static PVOID MiAllocateByType(POOL_TYPE Type, SIZE_T Bytes, ULONG Tag, BOOLEAN Quota, PVOID Caller) {
    MI_REQUEST Request = {
        .Kind = (Type & 1) != 0                ? MiPagedKind(Caller)
                : (Type & NonPagedPoolNx) != 0 ? MiPoolNonPaged
                                               : MiPoolExecutable,
        .Tag = Tag,
        .Bytes = Bytes,
        .CacheAligned = (Type & NonPagedPoolCacheAligned) != 0,
        .Quota = Quota,
        .Raise = Quota ? (Type & POOL_QUOTA_FAIL_INSTEAD_OF_RAISE) == 0 : (Type & POOL_RAISE_IF_ALLOCATION_FAILURE) != 0,
    };
    return MiAllocate(&Request);
}

PVOID NTAPI ExAllocatePoolWithTag(POOL_TYPE Type, SIZE_T Bytes, ULONG Tag) { return MiAllocateByType(Type, Bytes, Tag, FALSE, _ReturnAddress()); }

#undef ExAllocatePool
PVOID NTAPI ExAllocatePool(POOL_TYPE Type, SIZE_T Bytes) { return MiAllocateByType(Type, Bytes, 'enoN', FALSE, _ReturnAddress()); }

PVOID NTAPI ExAllocatePoolWithTagPriority(POOL_TYPE Type, SIZE_T Bytes, ULONG Tag, EX_POOL_PRIORITY Priority) {
    return MiAllocateByType(Type, Bytes, Tag, FALSE, _ReturnAddress());
}

PVOID NTAPI ExAllocatePoolWithQuotaTag(POOL_TYPE Type, SIZE_T Bytes, ULONG Tag) { return MiAllocateByType(Type, Bytes, Tag, TRUE, _ReturnAddress()); }

#undef ExAllocatePoolWithQuota
PVOID NTAPI ExAllocatePoolWithQuota(POOL_TYPE Type, SIZE_T Bytes) { return MiAllocateByType(Type, Bytes, 'enoN', TRUE, _ReturnAddress()); }

/* Flags below 2^32 must be known, those above may be ignored. There is one session, whose pool is the system's. */
#define MI_POOL_FLAGS_KNOWN                                                                                                                          \
    (POOL_FLAG_USE_QUOTA | POOL_FLAG_UNINITIALIZED | POOL_FLAG_SESSION | POOL_FLAG_CACHE_ALIGNED | POOL_FLAG_RAISE_ON_FAILURE |                      \
     POOL_FLAG_NON_PAGED | POOL_FLAG_NON_PAGED_EXECUTE | POOL_FLAG_PAGED)

static BOOLEAN MiAreFlagsValid(POOL_FLAGS Flags, ULONG Tag, PCPOOL_EXTENDED_PARAMETER Parameters, ULONG ParameterCount) {
    ULONG64 Type = Flags & (POOL_FLAG_NON_PAGED | POOL_FLAG_NON_PAGED_EXECUTE | POOL_FLAG_PAGED);
    if (Tag == 0 || Type == 0 || (Type & (Type - 1)) != 0 || (Flags & POOL_FLAG_REQUIRED_MASK & ~MI_POOL_FLAGS_KNOWN) != 0)
        return FALSE;
    for (ULONG I = 0; I < ParameterCount; I++) {
        ULONG64 Kind = Parameters[I].Type;
        if (!Parameters[I].Optional && Kind != PoolExtendedParameterPriority && Kind != PoolExtendedParameterNumaNode)
            return FALSE;
    }
    return TRUE;
}

static PVOID MiAllocateByFlags(POOL_FLAGS Flags, SIZE_T Bytes, ULONG Tag, PCPOOL_EXTENDED_PARAMETER Parameters, ULONG ParameterCount, PVOID Caller) {
    MI_REQUEST Request = {
        .Kind = (Flags & POOL_FLAG_PAGED) != 0       ? MiPagedKind(Caller)
                : (Flags & POOL_FLAG_NON_PAGED) != 0 ? MiPoolNonPaged
                                                     : MiPoolExecutable,
        .Tag = Tag,
        .Bytes = Bytes,
        .CacheAligned = (Flags & POOL_FLAG_CACHE_ALIGNED) != 0,
        .Quota = (Flags & POOL_FLAG_USE_QUOTA) != 0,
        .Raise = (Flags & POOL_FLAG_RAISE_ON_FAILURE) != 0,
    };
    if (!MiAreFlagsValid(Flags, Tag, Parameters, ParameterCount)) {
        if (Request.Raise)
            ExRaiseStatus(STATUS_INVALID_PARAMETER);
        return NULL;
    }
    PVOID Block = MiAllocate(&Request);
    if (Block != NULL && (Flags & POOL_FLAG_UNINITIALIZED) == 0)
        RtlZeroMemory(Block, Bytes);
    return Block;
}

PVOID NTAPI ExAllocatePool3(POOL_FLAGS Flags, SIZE_T Bytes, ULONG Tag, PCPOOL_EXTENDED_PARAMETER Parameters, ULONG ParameterCount) {
    return MiAllocateByFlags(Flags, Bytes, Tag, Parameters, ParameterCount, _ReturnAddress());
}

PVOID NTAPI ExAllocatePool2(POOL_FLAGS Flags, SIZE_T Bytes, ULONG Tag) { return MiAllocateByFlags(Flags, Bytes, Tag, NULL, 0, _ReturnAddress()); }
