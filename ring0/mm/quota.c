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
    PMI_CHARGE *Link = &MiCharges[((ULONG64)Block >> 4) % MI_CHARGE_BUCKETS];
    while (*Link != NULL && (*Link)->Block != Block)
        Link = &(*Link)->Next;
    return Link;
}

NTSTATUS MiChargeBlock(PVOID Block, ULONG Kind, SIZE_T Bytes) {
    PEPROCESS Process = CONTAINING_RECORD(KiCurrentThread()->ApcState.Process, struct _EPROCESS, Pcb);
    POOL_TYPE Type = Kind >= MiPoolPaged ? PagedPool : NonPagedPool;
    if (Process == PsInitialSystemProcess)
        return STATUS_SUCCESS;
    NTSTATUS Status = PsChargeProcessPoolQuota(Process, Type, Bytes);
    PMI_CHARGE Charge = NT_SUCCESS(Status) ? ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Charge), 'uQmM') : NULL;
    if (Charge == NULL) {
        if (NT_SUCCESS(Status)) {
            PsReturnPoolQuota(Process, Type, Bytes);
            Status = STATUS_INSUFFICIENT_RESOURCES;
        }
        ExFreePoolWithTag(Block, 0);
        return Status;
    }
    PMI_CHARGE *Bucket = &MiCharges[((ULONG64)Block >> 4) % MI_CHARGE_BUCKETS];
    ObReferenceObject(Process);
    *Charge = (MI_CHARGE){*Bucket, Block, Process, Bytes, Type};
    *Bucket = Charge;
    MiChargeCount++;
    return STATUS_SUCCESS;
}

VOID MiReturnCharge(PVOID Block) {
    PMI_CHARGE *Link = MiChargeCount != 0 ? MiFindCharge(Block) : NULL, Charge;
    if (Link == NULL || (Charge = *Link) == NULL)
        return;
    *Link = Charge->Next;
    MiChargeCount--;
    PsReturnPoolQuota(Charge->Process, Charge->Type, Charge->Bytes);
    ObDereferenceObjectDeferDelete(Charge->Process);
    ExFreePoolWithTag(Charge, 'uQmM');
}

BOOLEAN MiIsCharged(PVOID Block) { return MiChargeCount != 0 && *MiFindCharge(Block) != NULL; }
