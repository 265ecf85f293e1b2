#include "mm/mi.h"
#include "ps/ps.h"

/* Blocks that are charged to a process. Few drivers ask for that, so who is charged is remembered beside the blocks. */

typedef struct _MI_CHARGE {
    struct _MI_CHARGE *Next;
    PVOID Block;
    PEPROCESS Process; /* referenced */
    SIZE_T Bytes;
    POOL_TYPE Type;
} MI_CHARGE, *PMI_CHARGE;

#define MI_CHARGE_BUCKETS 256
static PMI_CHARGE MiCharges[MI_CHARGE_BUCKETS];
static SIZE_T MiChargeCount;

static PMI_CHARGE *MiFindCharge(PVOID Block) {
    PMI_CHARGE *link = &MiCharges[((ULONG64)Block >> 4) % MI_CHARGE_BUCKETS];
    while (*link != NULL && (*link)->Block != Block)
        link = &(*link)->Next;
    return link;
}

NTSTATUS MiChargeBlock(PVOID Block, ULONG Kind, SIZE_T Bytes) {
    PEPROCESS process = CONTAINING_RECORD(KiCurrentThread()->ApcState.Process, struct _EPROCESS, Pcb);
    POOL_TYPE type = Kind >= MiPoolPaged ? PagedPool : NonPagedPool;
    if (process == PsInitialSystemProcess)
        return STATUS_SUCCESS;
    NTSTATUS status = PsChargeProcessPoolQuota(process, type, Bytes);
    PMI_CHARGE charge = NT_SUCCESS(status) ? ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*charge), 'uQmM') : NULL;
    if (charge == NULL) {
        if (NT_SUCCESS(status)) {
            PsReturnPoolQuota(process, type, Bytes);
            status = STATUS_INSUFFICIENT_RESOURCES;
        }
        ExFreePoolWithTag(Block, 0);
        return status;
    }
    PMI_CHARGE *bucket = &MiCharges[((ULONG64)Block >> 4) % MI_CHARGE_BUCKETS];
    ObReferenceObject(process);
    *charge = (MI_CHARGE){*bucket, Block, process, Bytes, type};
    *bucket = charge;
    MiChargeCount++;
    return STATUS_SUCCESS;
}

VOID MiReturnCharge(PVOID Block) {
    PMI_CHARGE *link = MiChargeCount != 0 ? MiFindCharge(Block) : NULL, charge;
    if (link == NULL || (charge = *link) == NULL)
        return;
    *link = charge->Next;
    MiChargeCount--;
    PsReturnPoolQuota(charge->Process, charge->Type, charge->Bytes);
    ObDereferenceObjectDeferDelete(charge->Process);
    ExFreePoolWithTag(charge, 'uQmM');
}

BOOLEAN MiIsCharged(PVOID Block) { return MiChargeCount != 0 && *MiFindCharge(Block) != NULL; }
