#include "mm/mi.h"

/* A sorted list in blocks, so that a run comes and goes in the time that it takes to move a block's worth of them, however many there are. */

#define BLOCK_RUNS 127u
#define MAX_BLOCKS (2 * MI_MAX_MAPPED / BLOCK_RUNS + 2) /* each but one half full */

typedef struct _RUN_BLOCK {
    ULONG Count; /* not 0 if it is in Order */
    USHORT NextFree;
    MI_RUN Runs[BLOCK_RUNS];
} RUN_BLOCK;

static RUN_BLOCK Blocks[MAX_BLOCKS];
static USHORT Order[MAX_BLOCKS]; /* indices of the blocks in use, by address */
static ULONG BlockCount, RunCount, NeverUsed;
static USHORT FirstFree; /* index + 1; 0: none */

BOOLEAN MiHasRoomToMap(VOID) { return RunCount + 2 <= MI_MAX_MAPPED; }

static inline RUN_BLOCK *BlockAt(ULONG Position) { return &Blocks[Order[Position]]; }

static inline ULONG64 EndOf(const MI_RUN *Run) { return Run->Address + Run->Size; }

static RUN_BLOCK *AddBlock(ULONG Position) {
    ULONG Index = FirstFree != 0 ? FirstFree - 1u : NeverUsed++;
    NT_ASSERT_OURS(Index < MAX_BLOCKS);
    if (FirstFree != 0)
        FirstFree = Blocks[Index].NextFree;
    RtlMoveMemory(&Order[Position + 1], &Order[Position], (BlockCount - Position) * sizeof(Order[0]));
    Order[Position] = (USHORT)Index;
    BlockCount++;
    Blocks[Index].Count = 0;
    return &Blocks[Index];
}

static VOID DropBlock(ULONG Position) {
    RUN_BLOCK *Block = BlockAt(Position);
    Block->NextFree = FirstFree;
    FirstFree = (USHORT)(Order[Position] + 1);
    BlockCount--;
    RtlMoveMemory(&Order[Position], &Order[Position + 1], (BlockCount - Position) * sizeof(Order[0]));
}

/* The first block with a run that ends behind Address; BlockCount: none. */
static ULONG FindBlock(ULONG64 Address) {
    ULONG Low = 0, High = BlockCount;
    while (Low < High) {
        ULONG Middle = (Low + High) / 2;
        const RUN_BLOCK *Block = BlockAt(Middle);
        if (EndOf(&Block->Runs[Block->Count - 1]) <= Address)
            Low = Middle + 1;
        else
            High = Middle;
    }
    return Low;
}

/* The same within a block. */
static ULONG FindInBlock(const RUN_BLOCK *Block, ULONG64 Address) {
    ULONG Low = 0, High = Block->Count;
    while (Low < High) {
        ULONG Middle = (Low + High) / 2;
        if (EndOf(&Block->Runs[Middle]) <= Address)
            Low = Middle + 1;
        else
            High = Middle;
    }
    return Low;
}

MI_RUN *MiFindMapped(ULONG64 Address) {
    ULONG Position = FindBlock(Address);
    if (Position == BlockCount)
        return NULL;
    RUN_BLOCK *Block = BlockAt(Position);
    return &Block->Runs[FindInBlock(Block, Address)];
}

VOID MiInsertMapped(const MI_RUN *Run) {
    ULONG Position = FindBlock(Run->Address);
    if (Position == BlockCount && Position != 0)
        Position--;
    RUN_BLOCK *Block = BlockCount != 0 ? BlockAt(Position) : AddBlock(0);
    ULONG At = FindInBlock(Block, Run->Address);
    if (Block->Count == BLOCK_RUNS) { /* the upper half moves out; nothing does when it grows at its end */
        ULONG Stay = At == BLOCK_RUNS ? BLOCK_RUNS : BLOCK_RUNS / 2;
        RUN_BLOCK *Upper = AddBlock(Position + 1);
        Upper->Count = BLOCK_RUNS - Stay;
        RtlCopyMemory(Upper->Runs, &Block->Runs[Stay], Upper->Count * sizeof(MI_RUN));
        Block->Count = Stay;
        if (At >= Stay) {
            At -= Stay;
            Block = Upper;
        }
    }
    RtlMoveMemory(&Block->Runs[At + 1], &Block->Runs[At], (Block->Count - At) * sizeof(MI_RUN));
    Block->Runs[At] = *Run;
    Block->Count++;
    RunCount++;
}

/* Runs [First, Behind) of a block go. */
static VOID RemoveRuns(ULONG Position, ULONG First, ULONG Behind) {
    RUN_BLOCK *Block = BlockAt(Position);
    RtlMoveMemory(&Block->Runs[First], &Block->Runs[Behind], (Block->Count - Behind) * sizeof(MI_RUN));
    Block->Count -= Behind - First;
    RunCount -= Behind - First;
    if (Block->Count == 0)
        DropBlock(Position);
}

BOOLEAN MiCutMapped(ULONG64 Start, ULONG64 End) {
    MI_RUN *Run = MiFindMapped(Start);
    if (Run == NULL || Run->Address >= End)
        return FALSE;
    if (Run->Address < Start) { /* what lies before Start stays, and perhaps what lies behind End */
        MI_RUN Behind = {End, EndOf(Run) - End, Run->Frame + (End - Run->Address) / PAGE_SIZE, Run->Protection};
        BOOLEAN Rest = EndOf(Run) > End;
        Run->Size = Start - Run->Address;
        if (Rest) {
            MiInsertMapped(&Behind);
            return TRUE;
        }
    }
    for (;;) {
        ULONG Position = FindBlock(Start);
        if (Position == BlockCount)
            return TRUE;
        RUN_BLOCK *Block = BlockAt(Position);
        ULONG First = FindInBlock(Block, Start), Behind = FindInBlock(Block, End);
        if (First < Behind) {
            RemoveRuns(Position, First, Behind);
            continue;
        }
        Run = &Block->Runs[First];
        if (Run->Address < End) { /* what lies behind End stays */
            ULONG64 Gone = End - Run->Address;
            *Run = (MI_RUN){End, Run->Size - Gone, Run->Frame + Gone / PAGE_SIZE, Run->Protection};
        }
        return TRUE;
    }
}

VOID MiFilterMapped(BOOLEAN (*Keep)(PVOID Context, const MI_RUN *Run), PVOID Context) {
    ULONG Position = 0;
    while (Position < BlockCount) {
        RUN_BLOCK *Block = BlockAt(Position);
        ULONG Kept = 0;
        for (ULONG Index = 0; Index < Block->Count; Index++)
            if (Keep(Context, &Block->Runs[Index]))
                Block->Runs[Kept++] = Block->Runs[Index];
        RunCount -= Block->Count - Kept;
        Block->Count = Kept;
        if (Kept == 0)
            DropBlock(Position);
        else
            Position++;
    }
}
