#include "ke/points.h"
#include "ke/emulate.h"
#include "ke/ke.h"
#include "ke/trap.h"
#include "kd/kd.h"
#include "mm/mm.h"

/*
 * Interlocked operations are instructions in a driver and not calls of the kernel. Where the host has found one in a driver's code, its first byte is replaced by a
 * breakpoint. At the breakpoint another processor may go on; then the byte is put back, the one instruction executed with the trap flag set, the
 * breakpoint planted again, and another processor may go on once more. Nothing else runs between: there is one Linux thread. If the instruction faults, the
 * fault is served with the breakpoint in place, and the instruction begins anew.
 *
 * Code is read-only at its own address and is written through the address that all of RAM has. KiResumeTrap's IRETQ serializes.
 */

#define BREAKPOINT   0xCC
#define FLAG_TRAP    0x100ull
#define PAUSE_LENGTH 2u
#define TRAP_STEP    1u
#define TRAP_INT3    3u

typedef struct _POINTS {
    struct _POINTS *Next;
    ULONG64 Base, End;
    ULONG Count;
    hal_point Points[]; /* ascending */
} POINTS, *PPOINTS;

static PPOINTS KipPoints;
static ULONG64 KipStepAt; /* the instruction that is executed out of its breakpoint, while hal_machine.stepping */
static const hal_point *KipStepped;

VOID KiPlantPoints(PVOID Base, ULONG Size, PCSTR Name) {
    int64_t Count = HalOps->find_points((ULONG64)Base, Size, NULL, 0);
    PPOINTS Points = Count > 0 ? ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Points) + (SIZE_T)Count * sizeof(hal_point), 'tPeK') : NULL;

    if (Count > 0 && Points != NULL)
        Count = HalOps->find_points((ULONG64)Base, Size, Points->Points, (ULONG64)Count);
    if (Count < 0 || (Count > 0 && Points == NULL)) {
        KdMessage("%s: no memory for the points in its code: other processors go on at its calls only", Name);
        if (Points != NULL)
            ExFreePoolWithTag(Points, 'tPeK');
        return;
    }
    if (Points == NULL)
        return;
    Points->Base = (ULONG64)Base;
    Points->End = (ULONG64)Base + Size;
    Points->Count = (ULONG)Count;
    for (ULONG Index = 0; Index < Points->Count; Index++)
        ((PUCHAR)Base)[Points->Points[Index].rva] = BREAKPOINT;
    Points->Next = KipPoints;
    KipPoints = Points;
}

VOID KiForgetPoints(PVOID Base) {
    for (PPOINTS *Link = &KipPoints, Points; (Points = *Link) != NULL; Link = &Points->Next) {
        if (Points->Base == (ULONG64)Base) {
            *Link = Points->Next;
            ExFreePoolWithTag(Points, 'tPeK');
            return;
        }
    }
}

static const hal_point *KipFindPoint(ULONG64 Address) {
    PPOINTS Points = KipPoints;
    ULONG Low = 0, High;

    while (Points != NULL && (Address < Points->Base || Address >= Points->End))
        Points = Points->Next;
    if (Points == NULL)
        return NULL;
    for (High = Points->Count; Low < High;) {
        ULONG Middle = Low + (High - Low) / 2;

        if (Points->Points[Middle].rva < Address - Points->Base)
            Low = Middle + 1;
        else
            High = Middle;
    }
    return Low < Points->Count && Points->Points[Low].rva == Address - Points->Base ? &Points->Points[Low] : NULL;
}

/* FALSE: the page is not in memory. */
static BOOLEAN KipWriteCode(ULONG64 Address, UCHAR Byte) {
    PHYSICAL_ADDRESS Physical = MmGetPhysicalAddress((PVOID)Address);

    if (Physical.QuadPart == 0)
        return FALSE;
    *(volatile UCHAR *)MmGetVirtualForPhysical(Physical) = Byte;
    return TRUE;
}

/* Pageable code may have gone while other processors went on: then it is fetched once more, with its breakpoint, and the point comes again. */
static VOID KipBeginStep(hal_trap_frame *Frame, const hal_point *Point) {
    if (!KipWriteCode(Frame->rip, Point->original))
        return;
    KipStepAt = Frame->rip;
    KipStepped = Point;
    KiMachine->stepping = 1;
    Frame->rflags |= FLAG_TRAP;
}

static VOID KipEndStep(hal_trap_frame *Frame) {
    KiMachine->stepping = 0;
    KipWriteCode(KipStepAt, BREAKPOINT);
    Frame->rflags &= ~FLAG_TRAP;
}

/* An unlocked instruction that reads and writes memory is two accesses, and another processor may come between them. FALSE: not to be done so. */
static BOOLEAN KipSplitUpdate(hal_trap_frame *Frame, const hal_point *Point) {
    if (!KipWriteCode(Frame->rip, Point->original))
        return FALSE;
    HalOps->decode(Frame);
    KipWriteCode(Frame->rip, BREAKPOINT);
    return KiEmulateUpdate(Frame, KiSchedulePoint);
}

static BOOLEAN KipServe(hal_trap_frame *Frame, const hal_point *Point) {
    switch (Point->kind) {
    case HAL_POINT_PAUSE:
    case HAL_POINT_SPIN:
        if (!KiSpinPoint())
            KiStopLooping(Frame);
        if (Point->kind == HAL_POINT_SPIN)
            return FALSE;
        Frame->rip += PAUSE_LENGTH;
        return TRUE;
    case HAL_POINT_UPDATE: KiSchedulePoint(); return KipSplitUpdate(Frame, Point);
    default: KiSchedulePoint(); return FALSE;
    }
}

BOOLEAN KiServePoint(hal_trap_frame *Frame) {
    const hal_point *Point;

    if (KiMachine->stepping) {
        KipEndStep(Frame);
        if (Frame->trap != TRAP_STEP)
            return FALSE;
        if (KipStepped->kind == HAL_POINT_INTERLOCKED)
            KiSchedulePoint();
        return TRUE;
    }
    if (Frame->trap != TRAP_INT3 || (Point = KipFindPoint(Frame->rip - 1)) == NULL)
        return FALSE;
    KiMachine->points_passed++;
    Frame->rip--;
    if (!KipServe(Frame, Point))
        KipBeginStep(Frame, Point);
    return TRUE;
}
