/*
 * Memory that goes while the kernel still uses something in it. A freed block is searched for what looks like such an object, word by word; only what looks like one is looked up, so that
 * freeing costs little more than filling the block does, whatever the number of timers and resources.
 */
#include "vf/left.h"
#include "ex/ex.h"
#include "ldr/ldr.h"
#include "rtl/crt.h"
#include "vf/vfp.h"

#define LARGEST 0x10000u /* larger blocks are buffers */

static CHAR VfpText[200];

static DECLSPEC_NORETURN VOID VfpStopLeft(ULONG Code, const ULONG_PTR P[4], const PCSTR Meanings[4], PCSTR Where, PCSTR What, PCSTR Advice) {
    if (Where != NULL)
        _snprintf(VfpText, sizeof(VfpText) - 1, "%s is unloaded while %s: %s", Where, What, Advice);
    else
        _snprintf(VfpText, sizeof(VfpText) - 1, "pool is freed while %s: %s", What, Advice);
    KiNameParameters(Meanings);
    KiBugCheck(Code, P[0], P[1], P[2], P[3], NULL, VfpText);
}

/* The bug checks for an object in [Start, Start + Size). Where: the driver's name, NULL for pool. */
static DECLSPEC_NORETURN VOID VfpStopRange(ULONG BugCheck, ULONG Kind, PVOID Object, const VOID *Start, SIZE_T Size, PCSTR Where, PCSTR What,
                                           PCSTR Advice) {
    BOOLEAN HasSize = BugCheck == C4;

    VfpStopLeft(BugCheck, (ULONG_PTR[4]){Kind, (ULONG_PTR)Object, (ULONG_PTR)Start, HasSize ? Size : (ULONG_PTR)Start + Size},
                (PCSTR[4]){"kind of violation", "the object", "start of the memory", HasSize ? "its size" : "end of the memory"}, Where, What,
                Advice);
}

static VOID VfpCheckDpcs(const VOID *Start, SIZE_T Size, PCSTR Where) {
    ULONG What;
    PKDPC Dpc = KiFindQueuedDpc(Start, Size, &What);

    if (Dpc != NULL)
        VfpStopRange(KI_TIMER_OR_DPC_INVALID, What, Dpc, Start, Size, Where, Where != NULL ? "a DPC of its own is queued" : "a DPC in it is queued",
                     "call KeFlushQueuedDpcs, or KeRemoveQueueDpc, first");
}

static VOID VfpCheckWork(const VOID *Start, SIZE_T Size, PCSTR Where) {
    PWORK_QUEUE_ITEM Item = ExFindWork(Start, Size, Where != NULL);

    if (Item != NULL)
        VfpStopRange(WORKER_INVALID, 0, Item, Start, Size, Where, Where != NULL ? "a work item of its own is queued" : "a work item in it is queued",
                     "wait until its routine has run");
}

static VOID VfpCheckLists(const VOID *Start, SIZE_T Size, PCSTR Where) {
    PERESOURCE Resource = ExFindResource(Start, Size);
    PVOID Lookaside = ExFindLookaside(Start, Size);

    if (Resource != NULL)
        VfpStopRange(C4, 0xD2, Resource, Start, Size, Where, "a resource in it is in use", "call ExDeleteResourceLite first");
    if (Lookaside != NULL)
        VfpStopRange(C4, 0xCC, Lookaside, Start, Size, Where, "a lookaside list in it is in use", "delete the list first");
}

VOID VfCheckUnload(PVOID Base, SIZE_T Size, PCSTR Name) {
    KiCheckNoTimer(Base, Size, Name);
    VfpCheckDpcs(Base, Size, Name);
    VfpCheckWork(Base, Size, Name);
    if (VfIsOn())
        VfpCheckLists(Base, Size, Name);
}

/* Memory that can be read whatever comes: RAM, and the kernel's own image. */
static BOOLEAN VfpIsReadable(ULONG_PTR Address) {
    return Address - HAL_RAM_BASE < KiMachine->ram_size - sizeof(LIST_ENTRY) ||
           Address - HAL_KERNEL_BASE < KiMachine->kernel_size - sizeof(LIST_ENTRY);
}

BOOLEAN VfMayBeLinked(const LIST_ENTRY *Link) {
    ULONG_PTR Next = (ULONG_PTR)Link->Flink, Previous = (ULONG_PTR)Link->Blink;

    if (Next < HAL_USER_END || Previous < HAL_USER_END || (Next | Previous) % sizeof(PVOID) != 0 || Next == (ULONG_PTR)Link)
        return FALSE;
    return !VfpIsReadable(Next) || Link->Flink->Blink == Link;
}

static BOOLEAN VfpIsQueuedDpc(const KDPC *Dpc) {
    ULONG_PTR Processor = (ULONG_PTR)Dpc->DpcData - (ULONG_PTR)KiProcessors;

    return KiIsDpc(Dpc) && Dpc->DpcData != NULL && Processor < sizeof(KiProcessors) && Processor % sizeof(KiProcessors[0]) == 0;
}

static VOID VfpCheckWord(const UCHAR *Word, SIZE_T Rest, const VOID *Block, SIZE_T Size, ULONG PoolType) {
    UCHAR Type = Word[0];

    if ((Type == TimerNotificationObject || Type == TimerSynchronizationObject) && Rest >= sizeof(KTIMER) && KiIsTimerSet((PKTIMER)Word))
        VfpStopLeft(C4, (ULONG_PTR[4]){0x15, (ULONG_PTR)Word, PoolType, (ULONG_PTR)Block},
                    (PCSTR[4]){"kind of violation", "timer", "pool type", "address of the pool block"}, NULL, "a timer in it is set",
                    "call KeCancelTimer first");
    if (Rest >= sizeof(KDPC) && VfpIsQueuedDpc((const KDPC *)Word))
        VfpCheckDpcs(Block, Size, NULL);
    if (Rest >= sizeof(LIST_ENTRY) && VfMayBeLinked((const LIST_ENTRY *)Word)) {
        VfpCheckLists(Block, Size, NULL);
        VfpCheckWork(Block, Size, NULL);
    }
}

VOID VfCheckFree(PVOID Block, SIZE_T Size, ULONG PoolType) {
    if (Size > LARGEST)
        return;
    if (KiHandedOver != 0)
        VfpCheckWork(Block, Size, NULL);
    for (SIZE_T Offset = 0; Offset + sizeof(ULONG64) <= Size; Offset += sizeof(ULONG64)) {
        const UCHAR *Word = (const UCHAR *)Block + Offset;

        if (*(const ULONG64 *)Word != 0)
            VfpCheckWord(Word, Size - Offset, Block, Size, PoolType);
    }
}

VOID VfStopObject(ULONG Code, PVOID Object, PCSTR Text) {
    KiNameParameters((PCSTR[4]){"kind of violation", "the object", "", ""});
    KiBugCheck(C4, Code, (ULONG_PTR)Object, 0, 0, NULL, Text);
}
