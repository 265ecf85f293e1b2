#include "mm/mi.h"
#include "ps/ps.h"

/*
 * An MDL's life: described (MmInitializeMdl) -> locked (its frames are referenced, so they outlive whatever the process does to the
 * addresses) or built for nonpaged pool (no references: the pool block is the caller's) -> mapped, in system or user space -> unlocked.
 */

static PPFN_NUMBER MiMdlFrames(PMDL Mdl) { return (PPFN_NUMBER)(Mdl + 1); }

static SIZE_T MiMdlPages(PMDL Mdl) { return MI_PAGES((SIZE_T)Mdl->ByteOffset + Mdl->ByteCount); }

SIZE_T NTAPI MmSizeOfMdl(PVOID Base, SIZE_T Length) { return sizeof(MDL) + MI_PAGES((ULONG64)Base % PAGE_SIZE + Length) * sizeof(PFN_NUMBER); }

PMDL NTAPI MmCreateMdl(PMDL Mdl, PVOID Base, SIZE_T Length) {
    if (Mdl == NULL)
        Mdl = ExAllocatePoolWithTag(NonPagedPoolNx, MmSizeOfMdl(Base, Length), ' ldM');
    if (Mdl != NULL)
        MmInitializeMdl(Mdl, Base, Length);
    return Mdl;
}

/* Also for what MmMapIoSpace gave: frames of RAM that nobody may have, or pages of devices, whose numbers lie beyond RAM. */
VOID NTAPI MmBuildMdlForNonPagedPool(PMDL Mdl) {
    PPFN_NUMBER frames = MiMdlFrames(Mdl);
    ULONG64 base = (ULONG64)Mdl->StartVa, physical;
    for (SIZE_T i = 0, pages = MiMdlPages(Mdl); i < pages; i++) {
        ULONG protection;
        ULONG64 page = base + i * PAGE_SIZE;
        if (page - HAL_RAM_BASE < MmTotalFrames * PAGE_SIZE)
            frames[i] = (page - HAL_RAM_BASE) / PAGE_SIZE;
        else
            frames[i] = MmDeviceAddress(page, &physical) ? physical / PAGE_SIZE : MiFrameOfKernelAddress(page, &protection);
        if (frames[i] == MI_NO_FRAME)
            KeBugCheckEx(PAGE_FAULT_IN_NONPAGED_AREA, page, 0, (ULONG_PTR)_ReturnAddress(), 2);
        if (frames[i] >= MmTotalFrames)
            Mdl->MdlFlags |= MDL_IO_SPACE;
    }
    Mdl->Process = NULL;
    Mdl->MdlFlags |= MDL_SOURCE_IS_NONPAGED_POOL;
    Mdl->MappedSystemVa = (UCHAR *)Mdl->StartVa + Mdl->ByteOffset;
}

/* ---- Locking ---- */

/* The frame of one page, made present and writable as an access would, with a reference; or why not. */
static NTSTATUS MiLockPage(PMM_ADDRESS_SPACE Space, ULONG64 Page, KPROCESSOR_MODE Mode, BOOLEAN Write, PPFN_NUMBER Frame) {
    if (Page >= HAL_USER_END) {
        ULONG protection;
        NTSTATUS status = Mode == KernelMode ? MiBringInKernel(Page) : STATUS_ACCESS_VIOLATION;
        if (!NT_SUCCESS(status))
            return status;
        MM_PFN frame = MiFrameOfKernelAddress(Page, &protection);
        if (frame == MI_NO_FRAME || (Write && (protection & HAL_PROT_WRITE) == 0))
            return STATUS_ACCESS_VIOLATION;
        *Frame = frame;
    } else {
        NTSTATUS status;
        if (!MiResolveFault(Space, Page, FALSE, FALSE, &status) || (Write && !MiResolveFault(Space, Page, TRUE, FALSE, &status)))
            return status;
        MI_PTE pte = *MiFindPte(Space, Page);
        if (pte & MI_PTE_UNOWNED) /* physical memory of others, which no reference keeps */
            return STATUS_ACCESS_VIOLATION;
        *Frame = MI_PTE_FRAME(pte);
    }
    MiReferenceFrame(*Frame);
    return STATUS_SUCCESS;
}

static VOID MiLockMdl(PMDL Mdl, PEPROCESS Process, KPROCESSOR_MODE Mode, LOCK_OPERATION Operation) {
    PPFN_NUMBER frames = MiMdlFrames(Mdl);
    ULONG64 start = (ULONG64)Mdl->StartVa + Mdl->ByteOffset, end = start + Mdl->ByteCount;
    BOOLEAN user = start < HAL_USER_END, write = Operation != IoReadAccess;
    PMM_ADDRESS_SPACE space = user ? Process->Pcb.AddressSpace : NULL;
    NTSTATUS status = STATUS_SUCCESS;
    SIZE_T locked = 0, pages = MiMdlPages(Mdl);
    if (end < start || (Mode == UserMode && end > MmUserProbeAddress) || (user && (end > MmUserProbeAddress || space == NULL)))
        status = STATUS_ACCESS_VIOLATION;
    for (; locked < pages && NT_SUCCESS(status); locked++)
        if (!NT_SUCCESS(status = MiLockPage(space, (ULONG64)Mdl->StartVa + locked * PAGE_SIZE, Mode, write, &frames[locked])))
            break;
    if (!NT_SUCCESS(status)) {
        while (locked != 0)
            MiDereferenceFrame(frames[--locked]);
        ExRaiseStatus(status);
    }
    Mdl->Process = user ? Process : NULL;
    Mdl->MdlFlags =
        (CSHORT)((Mdl->MdlFlags & ~(MDL_WRITE_OPERATION | MDL_MAPPED_TO_SYSTEM_VA)) | MDL_PAGES_LOCKED | (write ? MDL_WRITE_OPERATION : 0));
    if (user) {
        space->LockedPages += (LONG)pages;
        space->LockingProcess = Process;
    }
}

VOID NTAPI MmProbeAndLockPages(PMDL Mdl, KPROCESSOR_MODE Mode, LOCK_OPERATION Operation) {
    MiLockMdl(Mdl, CONTAINING_RECORD(KiCurrentThread()->ApcState.Process, struct _EPROCESS, Pcb), Mode, Operation);
}

VOID NTAPI MmProbeAndLockProcessPages(PMDL Mdl, PEPROCESS Process, KPROCESSOR_MODE Mode, LOCK_OPERATION Operation) {
    MiLockMdl(Mdl, Process, Mode, Operation);
}

VOID NTAPI MmUnlockPages(PMDL Mdl) {
    SIZE_T pages = MiMdlPages(Mdl);
    if ((Mdl->MdlFlags & MDL_PAGES_LOCKED) == 0)
        KeBugCheckEx(PROCESS_HAS_LOCKED_PAGES, 1, (ULONG_PTR)Mdl, Mdl->Process != NULL ? (ULONG_PTR)Mdl->Process->Pcb.AddressSpace->LockedPages : 0,
                     (ULONG_PTR)Mdl->Process);
    if (Mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA)
        MmUnmapLockedPages(Mdl->MappedSystemVa, Mdl);
    Mdl->MdlFlags &= ~(MDL_PAGES_LOCKED | MDL_WRITE_OPERATION);
    if (Mdl->Process != NULL)
        Mdl->Process->Pcb.AddressSpace->LockedPages -= (LONG)pages;
    Mdl->Process = NULL;
    for (SIZE_T i = 0; i < pages; i++) {
        MiDereferenceFrame(MiMdlFrames(Mdl)[i]);
        MiSee((ULONG64)Mdl->StartVa + i * PAGE_SIZE);
    }
}

/* ---- Mapping ---- */

/* Length of the run of consecutive frames that begins at page First. */
static SIZE_T MiMdlRun(PMDL Mdl, SIZE_T First, SIZE_T Pages) {
    const PFN_NUMBER *frames = MiMdlFrames(Mdl);
    SIZE_T length = 1;
    while (First + length < Pages && frames[First + length] == frames[First] + length)
        length++;
    return length;
}

/* Of MM_PAGE_PRIORITY: MdlMappingNoWrite; MdlMappingWithGuardPtes. MdlMappingNoExecute asks for what every mapping of an MDL is here. */
#define MI_MAPPING_NO_WRITE 0x80000000u
#define MI_MAPPING_GUARDED  0x20000000u

static PVOID MiMapMdlInSystem(PMDL Mdl, ULONG Priority) {
    SIZE_T pages = MiMdlPages(Mdl);
    UCHAR *base;
    BOOLEAN together = pages != 0 && MiMdlRun(Mdl, 0, pages) == pages;
    if (pages == 0)
        return NULL;
    if (MiMdlFrames(Mdl)[0] >= MmTotalFrames) {
        /* A device's registers have no other order than their own. */
        base = together ? MiMapDeviceMemory(MiMdlFrames(Mdl)[0] * PAGE_SIZE, pages * PAGE_SIZE) : NULL;
        if (base == NULL)
            return NULL;
    } else if (together && (Priority & (MI_MAPPING_NO_WRITE | MI_MAPPING_GUARDED)) == 0) {
        base = MiRamAddress(MiMdlFrames(Mdl)[0]);
    } else {
        ULONG protection = HAL_PROT_READ | ((Priority & MI_MAPPING_NO_WRITE) ? 0 : HAL_PROT_WRITE);
        base = MiReserveSystemView(pages * PAGE_SIZE);
        if (base == NULL)
            return NULL;
        for (SIZE_T i = 0, run; i < pages; i += run) {
            run = MiMdlRun(Mdl, i, pages);
            MiMapSystemView(base, i, MiMdlFrames(Mdl)[i], run, protection);
        }
    }
    Mdl->MappedSystemVa = base + Mdl->ByteOffset;
    Mdl->MdlFlags |= MDL_MAPPED_TO_SYSTEM_VA;
    if (Mdl->MdlFlags & MDL_PARTIAL)
        Mdl->MdlFlags |= MDL_PARTIAL_HAS_BEEN_MAPPED;
    return Mdl->MappedSystemVa;
}

static PVOID MiMapMdlInProcess(PMDL Mdl, PVOID Requested, ULONG Priority) {
    PMM_ADDRESS_SPACE space = MmCurrentAddressSpace;
    SIZE_T pages = MiMdlPages(Mdl);
    ULONG protect = (Priority & MI_MAPPING_NO_WRITE) ? PAGE_READONLY : PAGE_READWRITE;
    if (space == NULL || pages == 0)
        ExRaiseStatus(STATUS_INVALID_ADDRESS);
    if (MiMdlFrames(Mdl)[0] >= MmTotalFrames) /* a program's accesses to devices are not seen here */
        ExRaiseStatus(STATUS_NOT_SUPPORTED);
    if ((ULONG64)Requested > (ULONG64)MmHighestUserAddress)
        ExRaiseStatus(STATUS_CONFLICTING_ADDRESSES);
    ULONG64 start = Requested != NULL ? (ULONG64)Requested & ~(ULONG64)(PAGE_SIZE - 1) : MiFindFreeRange(space, pages * PAGE_SIZE, FALSE);
    ULONG64 end = start + pages * PAGE_SIZE;
    if (start == 0 || !MiIsRangeFree(space, start, end))
        ExRaiseStatus(start == 0 ? STATUS_NO_MEMORY : STATUS_CONFLICTING_ADDRESSES);
    PMI_VAD vad = MiMakeTables(space, start, end) ? MiInsertVad(space, start, end, protect, MiVadMdl) : NULL;
    if (vad == NULL)
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    for (SIZE_T i = 0; i < pages; i++) {
        MM_PFN frame = MiMdlFrames(Mdl)[i];
        MI_PTE owned = MiPfn[frame].References != 0 ? 0 : MI_PTE_UNOWNED;
        if (owned == 0)
            MiReferenceFrame(frame);
        *MiFindPte(space, start + i * PAGE_SIZE) = frame << 12 | MI_PTE_COMMITTED | owned | MiProtectBits(protect);
    }
    MiSynchronize(space, start, end);
    return (PVOID)(start + Mdl->ByteOffset);
}

PVOID NTAPI MmMapLockedPagesSpecifyCache(PMDL Mdl, KPROCESSOR_MODE Mode, MEMORY_CACHING_TYPE CacheType, PVOID Requested, ULONG BugCheckOnFailure,
                                         MM_PAGE_PRIORITY Priority) {
    if (Mode != KernelMode)
        return MiMapMdlInProcess(Mdl, Requested, (ULONG)Priority);
    PVOID mapped = MiMapMdlInSystem(Mdl, (ULONG)Priority);
    if (mapped == NULL && BugCheckOnFailure && (Mdl->MdlFlags & MDL_MAPPING_CAN_FAIL) == 0)
        KeBugCheckEx(NO_MORE_SYSTEM_PTES, 0, MiMdlPages(Mdl), 0, 0);
    return mapped;
}

#undef MmMapLockedPages
PVOID NTAPI MmMapLockedPages(PMDL Mdl, KPROCESSOR_MODE Mode) {
    return MmMapLockedPagesSpecifyCache(Mdl, Mode, MmCached, NULL, TRUE, HighPagePriority);
}

VOID NTAPI MmUnmapLockedPages(PVOID Base, PMDL Mdl) {
    if ((ULONG64)Base < HAL_USER_END) {
        PMI_VAD vad = MmCurrentAddressSpace != NULL ? MiFindVad(MmCurrentAddressSpace, (ULONG64)Base) : NULL;
        if (vad == NULL || vad->Kind != MiVadMdl || vad->Start != ((ULONG64)Base & ~(ULONG64)(PAGE_SIZE - 1)))
            KeBugCheckEx(0xDA /* SYSTEM_PTE_MISUSE */, 3, (ULONG_PTR)Mdl, 0, (ULONG_PTR)Base);
        MiDeleteVad(MmCurrentAddressSpace, vad);
        return;
    }
    /* Unmapping the address of nonpaged pool itself has never been an error. */
    if ((Mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA) == 0) {
        if (Mdl->MdlFlags & MDL_SOURCE_IS_NONPAGED_POOL)
            return;
        KeBugCheckEx(0xDA /* SYSTEM_PTE_MISUSE */, 6, (ULONG_PTR)Mdl, (ULONG_PTR)Base, MiMdlPages(Mdl));
    }
    if (Base != Mdl->MappedSystemVa)
        KeBugCheckEx(0xDA /* SYSTEM_PTE_MISUSE */, 3, (ULONG_PTR)Mdl, (ULONG_PTR)Mdl->MappedSystemVa, (ULONG_PTR)Base);
    Mdl->MdlFlags &= ~(MDL_MAPPED_TO_SYSTEM_VA | MDL_PARTIAL_HAS_BEEN_MAPPED);
    if ((ULONG64)Base >= HAL_SYSVIEW_START && (ULONG64)Base < HAL_SYSVIEW_END)
        MiReleaseSystemView(Base);
}

NTSTATUS NTAPI MmProtectMdlSystemAddress(PMDL Mdl, ULONG Protect) {
    static const ULONG host[8] = {HAL_PROT_NONE,
                                  HAL_PROT_READ,
                                  HAL_PROT_READ | HAL_PROT_WRITE,
                                  HAL_PROT_READ,
                                  HAL_PROT_READ | HAL_PROT_EXEC,
                                  HAL_PROT_READ | HAL_PROT_EXEC,
                                  HAL_PROT_READ | HAL_PROT_WRITE | HAL_PROT_EXEC,
                                  HAL_PROT_READ | HAL_PROT_EXEC};
    LONG index = MiProtectIndex(Protect);
    if (index < 0 || (Protect & (PAGE_GUARD | PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY)) != 0)
        return STATUS_INVALID_PAGE_PROTECTION;
    if ((Mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA) == 0)
        return STATUS_NOT_MAPPED_VIEW;
    UCHAR *mapped = Mdl->MappedSystemVa;
    if ((ULONG64)mapped < HAL_SYSVIEW_START) {
        /* It lies in the RAM view, which others use for the same frames: a view of its own takes its place, at another address. */
        if (host[index] == (HAL_PROT_READ | HAL_PROT_WRITE))
            return STATUS_SUCCESS;
        if (MiMapMdlInSystem(Mdl, MI_MAPPING_NO_WRITE) == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
    }
    MiProtectSystemView(Mdl->MappedSystemVa, host[index]);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI MmAdvanceMdl(PMDL Mdl, ULONG Bytes) {
    if (Mdl->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_PARTIAL_HAS_BEEN_MAPPED) || Bytes >= Mdl->ByteCount)
        return STATUS_INVALID_PARAMETER_2;
    SIZE_T pages = MiMdlPages(Mdl), gone = (Mdl->ByteOffset + (SIZE_T)Bytes) / PAGE_SIZE;
    if (gone != 0 && (Mdl->MdlFlags & MDL_PAGES_LOCKED)) {
        for (SIZE_T i = 0; i < gone; i++)
            MiDereferenceFrame(MiMdlFrames(Mdl)[i]);
        if (Mdl->Process != NULL)
            Mdl->Process->Pcb.AddressSpace->LockedPages -= (LONG)gone;
    }
    RtlMoveMemory(MiMdlFrames(Mdl), MiMdlFrames(Mdl) + gone, (pages - gone) * sizeof(PFN_NUMBER));
    Mdl->StartVa = (UCHAR *)Mdl->StartVa + gone * PAGE_SIZE;
    Mdl->ByteOffset = (ULONG)((Mdl->ByteOffset + (SIZE_T)Bytes) % PAGE_SIZE);
    Mdl->ByteCount -= Bytes;
    if (Mdl->MdlFlags & MDL_SOURCE_IS_NONPAGED_POOL)
        Mdl->MappedSystemVa = (UCHAR *)Mdl->StartVa + Mdl->ByteOffset;
    return STATUS_SUCCESS;
}

/* ---- Pages of one's own ---- */

/* Up to Count frames of [Low, High), in as few runs as there are. */
static SIZE_T MiTakeMdlFrames(PPFN_NUMBER Frames, SIZE_T Count, MM_PFN Low, MM_PFN High, SIZE_T Chunk, BOOLEAN Zero) {
    SIZE_T taken = 0;
    for (SIZE_T run = Chunk != 0 ? Chunk : Count; taken < Count && run != 0;) {
        MM_PFN first;
        if (run > Count - taken)
            run = Count - taken;
        if (!MiAllocateFrameRun(run, Low, High, 0, Zero, &first)) {
            run = Chunk != 0 ? 0 : run / 2;
            continue;
        }
        for (SIZE_T i = 0; i < run; i++)
            Frames[taken++] = first + i;
    }
    return taken;
}

#define MI_ALLOCATE_FLAGS                                                                                                                            \
    (MM_DONT_ZERO_ALLOCATION | MM_ALLOCATE_FROM_LOCAL_NODE_ONLY | MM_ALLOCATE_FULLY_REQUIRED | MM_ALLOCATE_NO_WAIT | MM_ALLOCATE_PREFER_CONTIGUOUS | \
     MM_ALLOCATE_REQUIRE_CONTIGUOUS_CHUNKS | 0x40 /* MM_ALLOCATE_FAST_LARGE_PAGES */ | 0x100 /* MM_ALLOCATE_AND_HOT_REMOVE */)

/* "MmAllocatePagesForMdlEx", learn.microsoft.com: what [Low, High] does not have is looked for Skip bytes higher, and so on; with
   MM_ALLOCATE_REQUIRE_CONTIGUOUS_CHUNKS Skip is instead the size of the chunks, which Bytes is made of. */
PMDL NTAPI MmAllocatePagesForMdlEx(PHYSICAL_ADDRESS Low, PHYSICAL_ADDRESS High, PHYSICAL_ADDRESS Skip, SIZE_T Bytes, MEMORY_CACHING_TYPE CacheType,
                                   ULONG Flags) {
    SIZE_T pages = MI_PAGES(Bytes), taken = 0, skip = (SIZE_T)Skip.QuadPart / PAGE_SIZE;
    BOOLEAN chunks = (Flags & MM_ALLOCATE_REQUIRE_CONTIGUOUS_CHUNKS) != 0, zero = (Flags & MM_DONT_ZERO_ALLOCATION) == 0;
    if (pages == 0 || pages > MmTotalFrames || pages > MAXULONG / PAGE_SIZE || (Flags & ~MI_ALLOCATE_FLAGS) != 0 ||
        (ULONG)CacheType >= MmMaximumCacheType || Skip.QuadPart % PAGE_SIZE != 0)
        return NULL;
    if (chunks && (skip == 0 || (skip & (skip - 1)) != 0 || pages % skip != 0))
        return NULL;
    PMDL mdl = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(MDL) + pages * sizeof(PFN_NUMBER), ' ldM');
    if (mdl == NULL)
        return NULL;
    MM_PFN low = MI_PAGES(Low.QuadPart),
           high = ((ULONG64)High.QuadPart >= MmTotalFrames * PAGE_SIZE ? MmTotalFrames : ((ULONG64)High.QuadPart + 1) / PAGE_SIZE);
    for (; taken < pages && low<MmTotalFrames; low += skip, high = high + skip> MmTotalFrames ? MmTotalFrames : high + skip) {
        taken += MiTakeMdlFrames(MiMdlFrames(mdl) + taken, pages - taken, low, high, chunks ? skip : 0, zero);
        if (chunks || skip == 0)
            break;
    }
    MmInitializeMdl(mdl, NULL, taken * PAGE_SIZE);
    mdl->MdlFlags |= MDL_PAGES_LOCKED;
    mdl->Process = NULL;
    if (taken == 0 || (taken < pages && (Flags & MM_ALLOCATE_FULLY_REQUIRED) != 0)) {
        MmFreePagesFromMdl(mdl);
        ExFreePoolWithTag(mdl, 0);
        return NULL;
    }
    return mdl;
}

PMDL NTAPI MmAllocatePagesForMdl(PHYSICAL_ADDRESS Low, PHYSICAL_ADDRESS High, PHYSICAL_ADDRESS Skip, SIZE_T Bytes) {
    return MmAllocatePagesForMdlEx(Low, High, Skip, Bytes, MmCached, 0);
}

/* The MDL itself stays the caller's, who frees it with ExFreePool. */
VOID NTAPI MmFreePagesFromMdl(PMDL Mdl) {
    SIZE_T pages = MiMdlPages(Mdl);
    if (Mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA)
        MmUnmapLockedPages(Mdl->MappedSystemVa, Mdl);
    for (SIZE_T i = 0, run; i < pages; i += run) {
        run = MiMdlRun(Mdl, i, pages);
        MiFreeFrames(MiMdlFrames(Mdl)[i], run);
    }
    Mdl->MdlFlags &= ~MDL_PAGES_LOCKED;
    Mdl->ByteCount = 0;
}
