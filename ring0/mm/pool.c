#include "mm/mi.h"
#include "vf/left.h"

/*
 * Small blocks (up to half a page) come from slabs: a page of the RAM view cut into blocks of one size, with a header that lies in
 * another page, where no overrun reaches it. Larger blocks are whole pages. A block of a page or more begins at a page; a smaller one
 * is 16-byte aligned and does not cross a page, as the documentation of ExAllocatePoolWithTag promises.
 */

#define MI_CLASSES       24
#define MI_LARGEST_SMALL 2048
#define MI_FREE_BLOCK    0xFFFF /* in MI_BLOCK.Bytes */
#define MI_POISON        0xFE   /* eight of these are no canonical address: following a pointer in a freed block faults */

typedef struct _MI_BLOCK {
    ULONG Tag;    /* kept after the block was freed */
    USHORT Bytes; /* asked for; MI_FREE_BLOCK */
    USHORT Next;  /* of the free list */
} MI_BLOCK;

typedef struct _MI_SLAB {
    struct _MI_SLAB *Next, *Previous; /* of the slabs with free blocks; Next also of the free headers */
    UCHAR *Base;
    USHORT FreeHead, FreeCount;
    UCHAR Class, Kind;
    MI_BLOCK Blocks[];
} MI_SLAB, *PMI_SLAB;

static const USHORT MiClassSize[MI_CLASSES] = {16,  32,  48,  64,  80,  96,  112, 128, 160, 192,  224,  256,
                                               320, 384, 448, 512, 576, 640, 704, 768, 896, 1024, 1344, 2048};
static UCHAR MiClassOf[MI_LARGEST_SMALL / 16 + 1]; /* by size / 16, rounded up */
static ULONG64 MiClassInverse[MI_CLASSES];         /* offset * inverse >> 32 = offset / size */
static PMI_SLAB MiPartial[MiPoolKinds][MI_CLASSES];
static PMI_SLAB MiFreeHeaders[MI_CLASSES];

static ULONG MiBlocksPerSlab(ULONG Class) { return PAGE_SIZE / MiClassSize[Class]; }

VOID MiInitializePool(VOID) {
    for (ULONG Class = 0, Size = 0; Class < MI_CLASSES; Class++) {
        for (; Size <= MiClassSize[Class]; Size += 16)
            MiClassOf[Size / 16] = (UCHAR)Class;
        MiClassInverse[Class] = ((1ull << 32) + MiClassSize[Class] - 1) / MiClassSize[Class];
    }
    MiInitializeSystemImages();
}

/* ---- Pages ---- */

static PVOID MiAllocatePoolPages(ULONG Kind, SIZE_T Count) {
    SIZE_T First;
    if (Kind == MiPoolPaged)
        return MiAllocatePagedPages(Count, &First) ? (PVOID)(HAL_PAGED_START + First * PAGE_SIZE) : NULL;
    return MiAllocateFrameRun(Count, 0, MmTotalFrames, 0, FALSE, &First) ? MiRamAddress(First) : NULL;
}

static VOID MiFreePoolPages(ULONG Kind, SIZE_T First, SIZE_T Count) {
    if (Kind == MiPoolPaged)
        MiFreePagedPages(First, Count);
    else
        MiFreeFrames(First, Count);
}

/* ---- Slabs ---- */

static PMI_SLAB MiNewHeader(ULONG Class) {
    if (MiFreeHeaders[Class] == NULL) {
        SIZE_T Size = (sizeof(MI_SLAB) + MiBlocksPerSlab(Class) * sizeof(MI_BLOCK) + 15) & ~15ull;
        MM_PFN Frame;
        if (!MiAllocateFrameRun(1, 0, MmTotalFrames, 0, TRUE, &Frame))
            return NULL;
        for (SIZE_T Offset = 0; Offset + Size <= PAGE_SIZE; Offset += Size) {
            PMI_SLAB Header = (PMI_SLAB)((UCHAR *)MiRamAddress(Frame) + Offset);
            Header->Next = MiFreeHeaders[Class];
            MiFreeHeaders[Class] = Header;
        }
    }
    PMI_SLAB Slab = MiFreeHeaders[Class];
    MiFreeHeaders[Class] = Slab->Next;
    return Slab;
}

static VOID MiLinkSlab(PMI_SLAB Slab) {
    PMI_SLAB *Head = &MiPartial[Slab->Kind][Slab->Class];
    Slab->Previous = NULL;
    Slab->Next = *Head;
    if (*Head != NULL)
        (*Head)->Previous = Slab;
    *Head = Slab;
}

static VOID MiUnlinkSlab(PMI_SLAB Slab) {
    if (Slab->Previous != NULL)
        Slab->Previous->Next = Slab->Next;
    else
        MiPartial[Slab->Kind][Slab->Class] = Slab->Next;
    if (Slab->Next != NULL)
        Slab->Next->Previous = Slab->Previous;
}

static PMI_SLAB MiNewSlab(ULONG Kind, ULONG Class) {
    PMI_SLAB Slab = MiNewHeader(Class);
    if (Slab == NULL)
        return NULL;
    UCHAR *Base = MiAllocatePoolPages(Kind, 1);
    if (Base == NULL) {
        Slab->Next = MiFreeHeaders[Class];
        MiFreeHeaders[Class] = Slab;
        return NULL;
    }
    ULONG Count = MiBlocksPerSlab(Class);
    SIZE_T Number;
    PMI_POOL_PAGE Page = MiPoolPage((ULONG64)Base, &Number);
    Slab->Base = Base;
    Slab->FreeHead = 0;
    Slab->FreeCount = (USHORT)Count;
    Slab->Class = (UCHAR)Class;
    Slab->Kind = (UCHAR)Kind;
    for (ULONG I = 0; I < Count; I++)
        Slab->Blocks[I] = (MI_BLOCK){0, MI_FREE_BLOCK, (USHORT)(I + 1)};
    memset(Slab->Base, MI_POISON, PAGE_SIZE);
    *Page = (MI_POOL_PAGE){.Slab = Slab, .Use = MiFramePoolSlab, .Kind = (UCHAR)Kind};
    MiLinkSlab(Slab);
    return Slab;
}

static PVOID MiAllocateSmall(ULONG Kind, ULONG Class, SIZE_T Bytes, ULONG Tag) {
    PMI_SLAB Slab = MiPartial[Kind][Class];
    if (Slab == NULL && (Slab = MiNewSlab(Kind, Class)) == NULL)
        return NULL;
    ULONG Index = Slab->FreeHead;
    MI_BLOCK *Block = &Slab->Blocks[Index];
    Slab->FreeHead = Block->Next;
    Block->Tag = Tag;
    Block->Bytes = (USHORT)Bytes;
    if (--Slab->FreeCount == 0)
        MiUnlinkSlab(Slab);
    return Slab->Base + Index * MiClassSize[Class];
}

static VOID MiFreeSmall(PMI_SLAB Slab, ULONG Index) {
    ULONG Class = Slab->Class;
    MI_BLOCK *Block = &Slab->Blocks[Index];
    memset(Slab->Base + Index * MiClassSize[Class], MI_POISON, MiClassSize[Class]);
    Block->Bytes = MI_FREE_BLOCK;
    Block->Next = Slab->FreeHead;
    Slab->FreeHead = (USHORT)Index;
    if (Slab->FreeCount++ == 0)
        MiLinkSlab(Slab);
    /* The last free slab of its kind stays, so that one block allocated and freed in turn makes no page come and go. */
    if (Slab->FreeCount == MiBlocksPerSlab(Class) && (Slab->Next != NULL || Slab->Previous != NULL)) {
        SIZE_T Number;
        PMI_POOL_PAGE Page = MiPoolPage((ULONG64)Slab->Base, &Number);
        MiUnlinkSlab(Slab);
        *Page = (MI_POOL_PAGE){.Tag = Block->Tag, .Use = MiFrameUsed, .Kind = Page->Kind};
        Slab->Next = MiFreeHeaders[Class];
        MiFreeHeaders[Class] = Slab;
        MiFreePoolPages(Page->Kind, Number, 1);
    }
}

/* ---- Whole pages ---- */

static PVOID MiAllocateBig(ULONG Kind, SIZE_T Bytes, ULONG Tag) {
    SIZE_T Count = MI_PAGES(Bytes), First;
    PVOID Base = MiAllocatePoolPages(Kind, Count);
    if (Base == NULL)
        return NULL;
    *MiPoolPage((ULONG64)Base, &First) = (MI_POOL_PAGE){.Bytes = Bytes, .Use = MiFramePoolBig, .Tag = Tag, .Kind = (UCHAR)Kind};
    for (SIZE_T I = 1, Number; I < Count; I++)
        *MiPoolPage((ULONG64)Base + I * PAGE_SIZE, &Number) =
            (MI_POOL_PAGE){.Start = First, .Use = MiFramePoolBigRest, .Tag = Tag, .Kind = (UCHAR)Kind};
    return Base;
}

static VOID MiFreeBig(PVOID Block, PMI_POOL_PAGE Page, SIZE_T First) {
    SIZE_T Count = MI_PAGES(Page->Bytes);
    if (Count < 8)
        memset(Block, MI_POISON, Count * PAGE_SIZE);
    /* Frames that a locked MDL still holds are no pool any more. */
    for (SIZE_T I = 0, Number; I < Count; I++)
        MiPoolPage((ULONG64)Block + I * PAGE_SIZE, &Number)->Use = MiFrameUsed;
    MiFreePoolPages(Page->Kind, First, Count);
}

/* ---- Allocation ---- */

PVOID MiAllocatePool(ULONG Kind, SIZE_T Bytes, ULONG Tag, BOOLEAN CacheAligned) {
    if (Bytes > MI_LARGEST_SMALL)
        return Bytes <= (SIZE_T)MmTotalFrames * PAGE_SIZE ? MiAllocateBig(Kind, Bytes, Tag) : NULL;
    /* Every class whose size is a multiple of 64 has its blocks at multiples of 64. */
    SIZE_T Room = CacheAligned ? (Bytes + 63) & ~63ull : Bytes;
    ULONG Class = MiClassOf[(Room + 15) / 16];
    while (CacheAligned && MiClassSize[Class] % 64 != 0)
        Class++;
    return MiAllocateSmall(Kind, Class, Bytes, Tag);
}

/* ---- Freeing ---- */

static CHAR MiBadFreeText[160];

/* Bug check C2 with a sentence. */
static DECLSPEC_NORETURN VOID MiBadFree(ULONG Kind, ULONG64 P2, ULONG64 P3, ULONG64 P4, PCSTR Format, ...) {
    va_list Arguments;

    va_start(Arguments, Format);
    _vsnprintf(MiBadFreeText, sizeof(MiBadFreeText) - 1, Format, Arguments);
    va_end(Arguments);
    KiBugCheck(BAD_POOL_CALLER, Kind, P2, P3, P4, NULL, MiBadFreeText);
}

typedef struct _MI_TAG_TEXT {
    CHAR Text[5];
} MI_TAG_TEXT;

static MI_TAG_TEXT MiTagText(ULONG Tag) {
    MI_TAG_TEXT Text = {""};

    for (ULONG I = 0; I < 4; I++) {
        CHAR C = (CHAR)(Tag >> 8 * I & 0x7F);
        Text.Text[I] = C >= ' ' && C < 0x7F ? C : '.';
    }
    return Text;
}

/* The PROTECTED_POOL bit asks for the tag at the free; any tag that is given has to be the right one (BAD_POOL_CALLER, 0Ah). */
static VOID MiCheckTag(PVOID Block, ULONG Allocated, ULONG Given) {
    if (Given == 0 ? (Allocated & PROTECTED_POOL) != 0 : ((Given ^ Allocated) & ~PROTECTED_POOL) != 0)
        MiBadFree(0x0A, (ULONG_PTR)Block, Allocated, Given, "%p was allocated with the tag '%s' and is freed with '%s'", Block,
                  MiTagText(Allocated).Text, MiTagText(Given).Text);
}

static DECLSPEC_NORETURN VOID MiFreedTwice(PVOID Block, ULONG Tag) {
    MiBadFree(0x07, 0, Tag, (ULONG_PTR)Block, "%p, with the tag '%s', has been freed before", Block, MiTagText(Tag).Text);
}

static DECLSPEC_NORETURN VOID MiFreedInside(PVOID Block) {
    MiBadFree(0x41286, (ULONG_PTR)Block, 0, 0, "%p is freed, which lies inside an allocation: freed is what the allocating function returned", Block);
}

static DECLSPEC_NORETURN VOID MiFreedNoPool(PVOID Block) {
    ULONG64 Address = (ULONG64)Block;

    if (Address == 0)
        MiBadFree(0x46, 0, 0, 0, "NULL is freed, which no allocation is");
    if (Address < HAL_USER_END)
        MiBadFree(0x40, Address, HAL_USER_END, 0, "%p is freed, which is an address of user space", Block);
    MiBadFree(0x46, Address, 0, 0, "%p is freed, which was not allocated from pool", Block);
}

/* What the kernel uses lies in nonpaged memory. */
static VOID MiCheckContents(PVOID Block, SIZE_T Bytes, ULONG Kind) {
    if (VfIsOn() && Kind != MiPoolPaged)
        VfCheckFree(Block, Bytes, Kind == MiPoolExecutable ? NonPagedPoolExecute : NonPagedPoolNx);
}

VOID NTAPI ExFreePoolWithTag(PVOID Block, ULONG Tag) {
    SIZE_T Number;
    ULONG Within = (ULONG)((ULONG64)Block % PAGE_SIZE);
    PMI_POOL_PAGE Page = MiPoolPage((ULONG64)Block, &Number);
    if (Page == NULL)
        MiFreedNoPool(Block);
    if (Page->Use == MiFramePoolSlab) {
        PMI_SLAB Slab = Page->Slab;
        ULONG Index = (ULONG)(Within * MiClassInverse[Slab->Class] >> 32);
        if (Within != Index * MiClassSize[Slab->Class] || Index >= MiBlocksPerSlab(Slab->Class))
            MiFreedInside(Block);
        MI_BLOCK *Header = &Slab->Blocks[Index];
        if (Header->Bytes == MI_FREE_BLOCK)
            MiFreedTwice(Block, Header->Tag);
        MiCheckTag(Block, Header->Tag, Tag);
        MiCheckContents(Block, Header->Bytes, Page->Kind);
        MiReturnCharge(Block);
        MiFreeSmall(Slab, Index);
        return;
    }
    if (Page->Use == MiFramePoolBig && Within == 0) {
        MiCheckTag(Block, Page->Tag, Tag);
        MiCheckContents(Block, Page->Bytes, Page->Kind);
        MiReturnCharge(Block);
        MiFreeBig(Block, Page, Number);
        return;
    }
    if (Page->Use == MiFramePoolBig || Page->Use == MiFramePoolBigRest)
        MiFreedInside(Block);
    if (Page->Use == MiFrameFree && Page->Tag != 0)
        MiFreedTwice(Block, Page->Tag);
    MiFreedNoPool(Block);
}

#undef ExFreePool
VOID NTAPI ExFreePool(PVOID Block) { ExFreePoolWithTag(Block, 0); }

VOID NTAPI ExFreePool2(PVOID Block, ULONG Tag, PCPOOL_EXTENDED_PARAMETER Parameters, ULONG ParameterCount) { ExFreePoolWithTag(Block, Tag); }

/* ---- Questions ---- */

/* The block that Address lies in. FALSE when it lies in none that was ever allocated. */
static BOOLEAN MiFindBlock(ULONG64 Address, ULONG64 *Base, SIZE_T *Bytes, ULONG *Tag, ULONG *Kind, BOOLEAN *Freed) {
    SIZE_T Number;
    PMI_POOL_PAGE Page = MiPoolPage(Address, &Number);
    if (Page == NULL)
        return FALSE;
    *Kind = Page->Kind;
    if (Page->Use == MiFramePoolSlab) {
        PMI_SLAB Slab = Page->Slab;
        ULONG Size = MiClassSize[Slab->Class], Index = (ULONG)(Address % PAGE_SIZE) / Size;
        if (Index >= MiBlocksPerSlab(Slab->Class))
            return FALSE;
        *Base = (ULONG64)Slab->Base + Index * Size;
        *Tag = Slab->Blocks[Index].Tag;
        *Freed = Slab->Blocks[Index].Bytes == MI_FREE_BLOCK;
        *Bytes = *Freed ? Size : Slab->Blocks[Index].Bytes;
        return *Tag != 0;
    }
    *Freed = Page->Use == MiFrameFree;
    *Tag = Page->Tag;
    *Base = Address & ~(ULONG64)(PAGE_SIZE - 1);
    if (Page->Use == MiFramePoolBigRest) {
        *Base -= (Number - Page->Start) * PAGE_SIZE;
        Page = MiPoolPage(*Base, &Number);
    } else if (Page->Use != MiFramePoolBig && !(*Freed && Page->Tag != 0)) {
        return FALSE;
    }
    *Bytes = *Freed ? 0 : Page->Bytes;
    return TRUE;
}

BOOLEAN MmFindPoolBlock(PVOID Address, PMM_POOL_BLOCK Block) {
    ULONG64 Base;
    ULONG Kind;
    BOOLEAN Freed;
    if (!MiFindBlock((ULONG64)Address, &Base, &Block->Bytes, &Block->Tag, &Kind, &Freed) || Freed)
        return FALSE;
    Block->Base = (PVOID)Base;
    Block->Paged = Kind == MiPoolPaged || Kind == MiPoolKernelPaged;
    return TRUE;
}

SIZE_T NTAPI ExQueryPoolBlockSize(PVOID Block, PBOOLEAN QuotaCharged) {
    ULONG64 Base;
    SIZE_T Bytes;
    ULONG Tag, Kind;
    BOOLEAN Freed;
    if (!MiFindBlock((ULONG64)Block, &Base, &Bytes, &Tag, &Kind, &Freed) || Freed || Base != (ULONG64)Block)
        MiFreedNoPool(Block);
    *QuotaCharged = MiIsCharged(Block);
    return Bytes;
}

BOOLEAN MiDescribePool(ULONG64 Address, CHAR *Text, SIZE_T Size) {
    static const PCSTR Kinds[MiPoolKinds] = {"nonpaged (executable)", "nonpaged", "paged", "paged"};
    ULONG64 Base;
    SIZE_T Bytes;
    ULONG Tag, Kind;
    BOOLEAN Freed;
    if (!MiFindBlock(Address, &Base, &Bytes, &Tag, &Kind, &Freed))
        return FALSE;
    MI_TAG_TEXT Name = MiTagText(Tag);
    if (Bytes == 0 && Freed)
        _snprintf(Text, Size, "freed %s pool, tag '%s'", Kinds[Kind], Name.Text);
    else if (Address >= Base + Bytes)
        _snprintf(Text, Size, "%I64u bytes behind the end of a %s%s pool block, tag '%s', %I64u bytes", Address - Base - Bytes, Freed ? "freed " : "",
                  Kinds[Kind], Name.Text, (ULONG64)Bytes);
    else
        _snprintf(Text, Size, "byte %I64u of a %s%s pool block, tag '%s', %I64u bytes", Address - Base, Freed ? "freed " : "", Kinds[Kind], Name.Text,
                  (ULONG64)Bytes);
    Text[Size - 1] = '\0';
    return TRUE;
}

static VOID MiListPage(const MI_POOL_PAGE *Page, UCHAR *Address, VOID (*Callback)(PVOID, PVOID, SIZE_T, ULONG, BOOLEAN), PVOID Context) {
    if (Page->Use == MiFramePoolBig)
        Callback(Context, Address, Page->Bytes, Page->Tag, Page->Kind >= MiPoolPaged);
    for (ULONG I = 0; Page->Use == MiFramePoolSlab && I < MiBlocksPerSlab(Page->Slab->Class); I++) {
        const MI_BLOCK *Block = &Page->Slab->Blocks[I];
        if (Block->Bytes != MI_FREE_BLOCK)
            Callback(Context, Address + I * MiClassSize[Page->Slab->Class], Block->Bytes, Block->Tag, Page->Kind >= MiPoolPaged);
    }
}

VOID MmListPool(VOID (*Callback)(PVOID Context, PVOID Block, SIZE_T Bytes, ULONG Tag, BOOLEAN Paged), PVOID Context) {
    for (SIZE_T I = 0, Number; I < MmTotalFrames; I++) {
        MiListPage(&MiPfn[I].Pool, MiRamAddress(I), Callback, Context);
        MiListPage(MiPoolPage(HAL_PAGED_START + I * PAGE_SIZE, &Number), (UCHAR *)HAL_PAGED_START + I * PAGE_SIZE, Callback, Context);
    }
}
