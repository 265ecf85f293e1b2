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
    for (ULONG class = 0, size = 0; class < MI_CLASSES; class ++) {
        for (; size <= MiClassSize[class]; size += 16)
            MiClassOf[size / 16] = (UCHAR) class;
        MiClassInverse[class] = ((1ull << 32) + MiClassSize[class] - 1) / MiClassSize[class];
    }
    MiInitializeSystemImages();
}

/* ---- Pages ---- */

static PVOID MiAllocatePoolPages(ULONG Kind, SIZE_T Count) {
    SIZE_T first;
    if (Kind == MiPoolPaged)
        return MiAllocatePagedPages(Count, &first) ? (PVOID)(HAL_PAGED_START + first * PAGE_SIZE) : NULL;
    return MiAllocateFrameRun(Count, 0, MmTotalFrames, 0, FALSE, &first) ? MiRamAddress(first) : NULL;
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
        SIZE_T size = (sizeof(MI_SLAB) + MiBlocksPerSlab(Class) * sizeof(MI_BLOCK) + 15) & ~15ull;
        MM_PFN frame;
        if (!MiAllocateFrameRun(1, 0, MmTotalFrames, 0, TRUE, &frame))
            return NULL;
        for (SIZE_T offset = 0; offset + size <= PAGE_SIZE; offset += size) {
            PMI_SLAB header = (PMI_SLAB)((UCHAR *)MiRamAddress(frame) + offset);
            header->Next = MiFreeHeaders[Class];
            MiFreeHeaders[Class] = header;
        }
    }
    PMI_SLAB slab = MiFreeHeaders[Class];
    MiFreeHeaders[Class] = slab->Next;
    return slab;
}

static VOID MiLinkSlab(PMI_SLAB Slab) {
    PMI_SLAB *head = &MiPartial[Slab->Kind][Slab->Class];
    Slab->Previous = NULL;
    Slab->Next = *head;
    if (*head != NULL)
        (*head)->Previous = Slab;
    *head = Slab;
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
    PMI_SLAB slab = MiNewHeader(Class);
    if (slab == NULL)
        return NULL;
    UCHAR *base = MiAllocatePoolPages(Kind, 1);
    if (base == NULL) {
        slab->Next = MiFreeHeaders[Class];
        MiFreeHeaders[Class] = slab;
        return NULL;
    }
    ULONG count = MiBlocksPerSlab(Class);
    SIZE_T number;
    PMI_POOL_PAGE page = MiPoolPage((ULONG64)base, &number);
    slab->Base = base;
    slab->FreeHead = 0;
    slab->FreeCount = (USHORT)count;
    slab->Class = (UCHAR)Class;
    slab->Kind = (UCHAR)Kind;
    for (ULONG i = 0; i < count; i++)
        slab->Blocks[i] = (MI_BLOCK){0, MI_FREE_BLOCK, (USHORT)(i + 1)};
    memset(slab->Base, MI_POISON, PAGE_SIZE);
    *page = (MI_POOL_PAGE){.Slab = slab, .Use = MiFramePoolSlab, .Kind = (UCHAR)Kind};
    MiLinkSlab(slab);
    return slab;
}

static PVOID MiAllocateSmall(ULONG Kind, ULONG Class, SIZE_T Bytes, ULONG Tag) {
    PMI_SLAB slab = MiPartial[Kind][Class];
    if (slab == NULL && (slab = MiNewSlab(Kind, Class)) == NULL)
        return NULL;
    ULONG index = slab->FreeHead;
    MI_BLOCK *block = &slab->Blocks[index];
    slab->FreeHead = block->Next;
    block->Tag = Tag;
    block->Bytes = (USHORT)Bytes;
    if (--slab->FreeCount == 0)
        MiUnlinkSlab(slab);
    return slab->Base + index * MiClassSize[Class];
}

static VOID MiFreeSmall(PMI_SLAB Slab, ULONG Index) {
    ULONG class = Slab->Class;
    MI_BLOCK *block = &Slab->Blocks[Index];
    memset(Slab->Base + Index * MiClassSize[class], MI_POISON, MiClassSize[class]);
    block->Bytes = MI_FREE_BLOCK;
    block->Next = Slab->FreeHead;
    Slab->FreeHead = (USHORT)Index;
    if (Slab->FreeCount++ == 0)
        MiLinkSlab(Slab);
    /* The last free slab of its kind stays, so that one block allocated and freed in turn makes no page come and go. */
    if (Slab->FreeCount == MiBlocksPerSlab(class) && (Slab->Next != NULL || Slab->Previous != NULL)) {
        SIZE_T number;
        PMI_POOL_PAGE page = MiPoolPage((ULONG64)Slab->Base, &number);
        MiUnlinkSlab(Slab);
        *page = (MI_POOL_PAGE){.Tag = block->Tag, .Use = MiFrameUsed, .Kind = page->Kind};
        Slab->Next = MiFreeHeaders[class];
        MiFreeHeaders[class] = Slab;
        MiFreePoolPages(page->Kind, number, 1);
    }
}

/* ---- Whole pages ---- */

static PVOID MiAllocateBig(ULONG Kind, SIZE_T Bytes, ULONG Tag) {
    SIZE_T count = MI_PAGES(Bytes), first;
    PVOID base = MiAllocatePoolPages(Kind, count);
    if (base == NULL)
        return NULL;
    *MiPoolPage((ULONG64)base, &first) = (MI_POOL_PAGE){.Bytes = Bytes, .Use = MiFramePoolBig, .Tag = Tag, .Kind = (UCHAR)Kind};
    for (SIZE_T i = 1, number; i < count; i++)
        *MiPoolPage((ULONG64)base + i * PAGE_SIZE, &number) =
            (MI_POOL_PAGE){.Start = first, .Use = MiFramePoolBigRest, .Tag = Tag, .Kind = (UCHAR)Kind};
    return base;
}

static VOID MiFreeBig(PVOID Block, PMI_POOL_PAGE Page, SIZE_T First) {
    SIZE_T count = MI_PAGES(Page->Bytes);
    if (count < 8)
        memset(Block, MI_POISON, count * PAGE_SIZE);
    /* Frames that a locked MDL still holds are no pool any more. */
    for (SIZE_T i = 0, number; i < count; i++)
        MiPoolPage((ULONG64)Block + i * PAGE_SIZE, &number)->Use = MiFrameUsed;
    MiFreePoolPages(Page->Kind, First, count);
}

/* ---- Allocation ---- */

PVOID MiAllocatePool(ULONG Kind, SIZE_T Bytes, ULONG Tag, BOOLEAN CacheAligned) {
    if (Bytes > MI_LARGEST_SMALL)
        return Bytes <= (SIZE_T)MmTotalFrames * PAGE_SIZE ? MiAllocateBig(Kind, Bytes, Tag) : NULL;
    /* Every class whose size is a multiple of 64 has its blocks at multiples of 64. */
    SIZE_T room = CacheAligned ? (Bytes + 63) & ~63ull : Bytes;
    ULONG class = MiClassOf[(room + 15) / 16];
    while (CacheAligned && MiClassSize[class] % 64 != 0)
        class ++;
    return MiAllocateSmall(Kind, class, Bytes, Tag);
}

/* ---- Freeing ---- */

static CHAR MiBadFreeText[160];

/* Bug check C2 with a sentence. */
static DECLSPEC_NORETURN VOID MiBadFree(ULONG Kind, ULONG64 P2, ULONG64 P3, ULONG64 P4, PCSTR Format, ...) {
    va_list arguments;

    va_start(arguments, Format);
    _vsnprintf(MiBadFreeText, sizeof(MiBadFreeText) - 1, Format, arguments);
    va_end(arguments);
    KiBugCheck(BAD_POOL_CALLER, Kind, P2, P3, P4, NULL, MiBadFreeText);
}

typedef struct _MI_TAG_TEXT {
    CHAR Text[5];
} MI_TAG_TEXT;

static MI_TAG_TEXT MiTagText(ULONG Tag) {
    MI_TAG_TEXT text = {""};

    for (ULONG i = 0; i < 4; i++) {
        CHAR c = (CHAR)(Tag >> 8 * i & 0x7F);
        text.Text[i] = c >= ' ' && c < 0x7F ? c : '.';
    }
    return text;
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
    ULONG64 address = (ULONG64)Block;

    if (address == 0)
        MiBadFree(0x46, 0, 0, 0, "NULL is freed, which no allocation is");
    if (address < HAL_USER_END)
        MiBadFree(0x40, address, HAL_USER_END, 0, "%p is freed, which is an address of user space", Block);
    MiBadFree(0x46, address, 0, 0, "%p is freed, which was not allocated from pool", Block);
}

/* What the kernel uses lies in nonpaged memory. */
static VOID MiCheckContents(PVOID Block, SIZE_T Bytes, ULONG Kind) {
    if (VfIsOn() && Kind != MiPoolPaged)
        VfCheckFree(Block, Bytes, Kind == MiPoolExecutable ? NonPagedPoolExecute : NonPagedPoolNx);
}

VOID NTAPI ExFreePoolWithTag(PVOID Block, ULONG Tag) {
    SIZE_T number;
    ULONG within = (ULONG)((ULONG64)Block % PAGE_SIZE);
    PMI_POOL_PAGE page = MiPoolPage((ULONG64)Block, &number);
    if (page == NULL)
        MiFreedNoPool(Block);
    if (page->Use == MiFramePoolSlab) {
        PMI_SLAB slab = page->Slab;
        ULONG index = (ULONG)(within * MiClassInverse[slab->Class] >> 32);
        if (within != index * MiClassSize[slab->Class] || index >= MiBlocksPerSlab(slab->Class))
            MiFreedInside(Block);
        MI_BLOCK *block = &slab->Blocks[index];
        if (block->Bytes == MI_FREE_BLOCK)
            MiFreedTwice(Block, block->Tag);
        MiCheckTag(Block, block->Tag, Tag);
        MiCheckContents(Block, block->Bytes, page->Kind);
        MiReturnCharge(Block);
        MiFreeSmall(slab, index);
        return;
    }
    if (page->Use == MiFramePoolBig && within == 0) {
        MiCheckTag(Block, page->Tag, Tag);
        MiCheckContents(Block, page->Bytes, page->Kind);
        MiReturnCharge(Block);
        MiFreeBig(Block, page, number);
        return;
    }
    if (page->Use == MiFramePoolBig || page->Use == MiFramePoolBigRest)
        MiFreedInside(Block);
    if (page->Use == MiFrameFree && page->Tag != 0)
        MiFreedTwice(Block, page->Tag);
    MiFreedNoPool(Block);
}

#undef ExFreePool
VOID NTAPI ExFreePool(PVOID Block) { ExFreePoolWithTag(Block, 0); }

VOID NTAPI ExFreePool2(PVOID Block, ULONG Tag, PCPOOL_EXTENDED_PARAMETER Parameters, ULONG ParameterCount) { ExFreePoolWithTag(Block, Tag); }

/* ---- Questions ---- */

/* The block that Address lies in. FALSE when it lies in none that was ever allocated. */
static BOOLEAN MiFindBlock(ULONG64 Address, ULONG64 *Base, SIZE_T *Bytes, ULONG *Tag, ULONG *Kind, BOOLEAN *Freed) {
    SIZE_T number;
    PMI_POOL_PAGE page = MiPoolPage(Address, &number);
    if (page == NULL)
        return FALSE;
    *Kind = page->Kind;
    if (page->Use == MiFramePoolSlab) {
        PMI_SLAB slab = page->Slab;
        ULONG size = MiClassSize[slab->Class], index = (ULONG)(Address % PAGE_SIZE) / size;
        if (index >= MiBlocksPerSlab(slab->Class))
            return FALSE;
        *Base = (ULONG64)slab->Base + index * size;
        *Tag = slab->Blocks[index].Tag;
        *Freed = slab->Blocks[index].Bytes == MI_FREE_BLOCK;
        *Bytes = *Freed ? size : slab->Blocks[index].Bytes;
        return *Tag != 0;
    }
    *Freed = page->Use == MiFrameFree;
    *Tag = page->Tag;
    *Base = Address & ~(ULONG64)(PAGE_SIZE - 1);
    if (page->Use == MiFramePoolBigRest) {
        *Base -= (number - page->Start) * PAGE_SIZE;
        page = MiPoolPage(*Base, &number);
    } else if (page->Use != MiFramePoolBig && !(*Freed && page->Tag != 0)) {
        return FALSE;
    }
    *Bytes = *Freed ? 0 : page->Bytes;
    return TRUE;
}

BOOLEAN MmFindPoolBlock(PVOID Address, PMM_POOL_BLOCK Block) {
    ULONG64 base;
    ULONG kind;
    BOOLEAN freed;
    if (!MiFindBlock((ULONG64)Address, &base, &Block->Bytes, &Block->Tag, &kind, &freed) || freed)
        return FALSE;
    Block->Base = (PVOID)base;
    Block->Paged = kind == MiPoolPaged || kind == MiPoolKernelPaged;
    return TRUE;
}

SIZE_T NTAPI ExQueryPoolBlockSize(PVOID Block, PBOOLEAN QuotaCharged) {
    ULONG64 base;
    SIZE_T bytes;
    ULONG tag, kind;
    BOOLEAN freed;
    if (!MiFindBlock((ULONG64)Block, &base, &bytes, &tag, &kind, &freed) || freed || base != (ULONG64)Block)
        MiFreedNoPool(Block);
    *QuotaCharged = MiIsCharged(Block);
    return bytes;
}

BOOLEAN MiDescribePool(ULONG64 Address, CHAR *Text, SIZE_T Size) {
    static const PCSTR kinds[MiPoolKinds] = {"nonpaged (executable)", "nonpaged", "paged", "paged"};
    ULONG64 base;
    SIZE_T bytes;
    ULONG tag, kind;
    BOOLEAN freed;
    if (!MiFindBlock(Address, &base, &bytes, &tag, &kind, &freed))
        return FALSE;
    MI_TAG_TEXT name = MiTagText(tag);
    if (bytes == 0 && freed)
        _snprintf(Text, Size, "freed %s pool, tag '%s'", kinds[kind], name.Text);
    else if (Address >= base + bytes)
        _snprintf(Text, Size, "%I64u bytes behind the end of a %s%s pool block, tag '%s', %I64u bytes", Address - base - bytes, freed ? "freed " : "",
                  kinds[kind], name.Text, (ULONG64)bytes);
    else
        _snprintf(Text, Size, "byte %I64u of a %s%s pool block, tag '%s', %I64u bytes", Address - base, freed ? "freed " : "", kinds[kind], name.Text,
                  (ULONG64)bytes);
    Text[Size - 1] = '\0';
    return TRUE;
}

static VOID MiListPage(const MI_POOL_PAGE *Page, UCHAR *Address, VOID (*Callback)(PVOID, PVOID, SIZE_T, ULONG, BOOLEAN), PVOID Context) {
    if (Page->Use == MiFramePoolBig)
        Callback(Context, Address, Page->Bytes, Page->Tag, Page->Kind >= MiPoolPaged);
    for (ULONG i = 0; Page->Use == MiFramePoolSlab && i < MiBlocksPerSlab(Page->Slab->Class); i++) {
        const MI_BLOCK *block = &Page->Slab->Blocks[i];
        if (block->Bytes != MI_FREE_BLOCK)
            Callback(Context, Address + i * MiClassSize[Page->Slab->Class], block->Bytes, block->Tag, Page->Kind >= MiPoolPaged);
    }
}

VOID MmListPool(VOID (*Callback)(PVOID Context, PVOID Block, SIZE_T Bytes, ULONG Tag, BOOLEAN Paged), PVOID Context) {
    for (SIZE_T i = 0, number; i < MmTotalFrames; i++) {
        MiListPage(&MiPfn[i].Pool, MiRamAddress(i), Callback, Context);
        MiListPage(MiPoolPage(HAL_PAGED_START + i * PAGE_SIZE, &number), (UCHAR *)HAL_PAGED_START + i * PAGE_SIZE, Callback, Context);
    }
}
