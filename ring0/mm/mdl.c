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
    PPFN_NUMBER Frames = MiMdlFrames(Mdl);
    ULONG64 Base = (ULONG64)Mdl->StartVa, Physical;
    for (SIZE_T I = 0, Pages = MiMdlPages(Mdl); I < Pages; I++) {
        ULONG Protection;
        ULONG64 Page = Base + I * PAGE_SIZE;
        if (Page - HAL_RAM_BASE < MmTotalFrames * PAGE_SIZE)
            Frames[I] = (Page - HAL_RAM_BASE) / PAGE_SIZE;
        else
            Frames[I] = MmDeviceAddress(Page, &Physical) ? Physical / PAGE_SIZE : MiFrameOfKernelAddress(Page, &Protection);
        if (Frames[I] == MI_NO_FRAME)
            KeBugCheckEx(PAGE_FAULT_IN_NONPAGED_AREA, Page, 0, (ULONG_PTR)_ReturnAddress(), 2);
        if (Frames[I] >= MmTotalFrames)
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
        ULONG Protection;
        NTSTATUS Status = Mode == KernelMode ? MiBringInKernel(Page) : STATUS_ACCESS_VIOLATION;
        if (!NT_SUCCESS(Status))
            return Status;
        MM_PFN KernelFrame = MiFrameOfKernelAddress(Page, &Protection);
        if (KernelFrame == MI_NO_FRAME || (Write && (Protection & HAL_PROT_WRITE) == 0))
            return STATUS_ACCESS_VIOLATION;
        *Frame = KernelFrame;
    } else {
        NTSTATUS Status;
        if (!MiResolveFault(Space, Page, FALSE, FALSE, &Status) || (Write && !MiResolveFault(Space, Page, TRUE, FALSE, &Status)))
            return Status;
        MI_PTE Pte = *MiFindPte(Space, Page);
        if (Pte & MI_PTE_UNOWNED) /* physical memory of others, which no reference keeps */
            return STATUS_ACCESS_VIOLATION;
        *Frame = MI_PTE_FRAME(Pte);
    }
    MiReferenceFrame(*Frame);
    return STATUS_SUCCESS;
}

static VOID MiLockMdl(PMDL Mdl, PEPROCESS Process, KPROCESSOR_MODE Mode, LOCK_OPERATION Operation) {
    PPFN_NUMBER Frames = MiMdlFrames(Mdl);
    ULONG64 Start = (ULONG64)Mdl->StartVa + Mdl->ByteOffset, End = Start + Mdl->ByteCount;
    BOOLEAN User = Start < HAL_USER_END, Write = Operation != IoReadAccess;
    PMM_ADDRESS_SPACE Space = User ? Process->Pcb.AddressSpace : NULL;
    NTSTATUS Status = STATUS_SUCCESS;
    SIZE_T Locked = 0, Pages = MiMdlPages(Mdl);
    if (End < Start || (Mode == UserMode && End > MmUserProbeAddress) || (User && (End > MmUserProbeAddress || Space == NULL)))
        Status = STATUS_ACCESS_VIOLATION;
    for (; Locked < Pages && NT_SUCCESS(Status); Locked++)
        if (!NT_SUCCESS(Status = MiLockPage(Space, (ULONG64)Mdl->StartVa + Locked * PAGE_SIZE, Mode, Write, &Frames[Locked])))
            break;
    if (!NT_SUCCESS(Status)) {
        while (Locked != 0)
            MiDereferenceFrame(Frames[--Locked]);
        ExRaiseStatus(Status);
    }
    Mdl->Process = User ? Process : NULL;
    Mdl->MdlFlags =
        (CSHORT)((Mdl->MdlFlags & ~(MDL_WRITE_OPERATION | MDL_MAPPED_TO_SYSTEM_VA)) | MDL_PAGES_LOCKED | (Write ? MDL_WRITE_OPERATION : 0));
    if (User) {
        Space->LockedPages += (LONG)Pages;
        Space->LockingProcess = Process;
    }
}

VOID NTAPI MmProbeAndLockPages(PMDL Mdl, KPROCESSOR_MODE Mode, LOCK_OPERATION Operation) {
    MiLockMdl(Mdl, CONTAINING_RECORD(KiCurrentThread()->ApcState.Process, struct _EPROCESS, Pcb), Mode, Operation);
}

VOID NTAPI MmProbeAndLockProcessPages(PMDL Mdl, PEPROCESS Process, KPROCESSOR_MODE Mode, LOCK_OPERATION Operation) {
    MiLockMdl(Mdl, Process, Mode, Operation);
}

VOID NTAPI MmUnlockPages(PMDL Mdl) {
    SIZE_T Pages = MiMdlPages(Mdl);
    if ((Mdl->MdlFlags & MDL_PAGES_LOCKED) == 0)
        KeBugCheckEx(PROCESS_HAS_LOCKED_PAGES, 1, (ULONG_PTR)Mdl, Mdl->Process != NULL ? (ULONG_PTR)Mdl->Process->Pcb.AddressSpace->LockedPages : 0,
                     (ULONG_PTR)Mdl->Process);
    if (Mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA)
        MmUnmapLockedPages(Mdl->MappedSystemVa, Mdl);
    Mdl->MdlFlags &= ~(MDL_PAGES_LOCKED | MDL_WRITE_OPERATION);
    if (Mdl->Process != NULL)
        Mdl->Process->Pcb.AddressSpace->LockedPages -= (LONG)Pages;
    Mdl->Process = NULL;
    for (SIZE_T I = 0; I < Pages; I++) {
        MiDereferenceFrame(MiMdlFrames(Mdl)[I]);
        MiSee((ULONG64)Mdl->StartVa + I * PAGE_SIZE);
    }
}

/* ---- Mapping ---- */

/* Length of the run of consecutive frames that begins at page First. */
static SIZE_T MiMdlRun(PMDL Mdl, SIZE_T First, SIZE_T Pages) {
    const PFN_NUMBER *Frames = MiMdlFrames(Mdl);
    SIZE_T Length = 1;
    while (First + Length < Pages && Frames[First + Length] == Frames[First] + Length)
        Length++;
    return Length;
}

/* Of MM_PAGE_PRIORITY: MdlMappingNoWrite; MdlMappingWithGuardPtes. MdlMappingNoExecute asks for what every mapping of an MDL is here. */
#define MI_MAPPING_NO_WRITE 0x80000000u
#define MI_MAPPING_GUARDED  0x20000000u

static PVOID MiMapMdlInSystem(PMDL Mdl, ULONG Priority) {
    SIZE_T Pages = MiMdlPages(Mdl);
    UCHAR *Base;
    BOOLEAN Together = Pages != 0 && MiMdlRun(Mdl, 0, Pages) == Pages;
    if (Pages == 0)
        return NULL;
    if (MiMdlFrames(Mdl)[0] >= MmTotalFrames) {
        /* A device's registers have no other order than their own. */
        Base = Together ? MiMapDeviceMemory(MiMdlFrames(Mdl)[0] * PAGE_SIZE, Pages * PAGE_SIZE) : NULL;
        if (Base == NULL)
            return NULL;
    } else if (Together && (Priority & (MI_MAPPING_NO_WRITE | MI_MAPPING_GUARDED)) == 0) {
        Base = MiRamAddress(MiMdlFrames(Mdl)[0]);
    } else {
        ULONG Protection = HAL_PROT_READ | ((Priority & MI_MAPPING_NO_WRITE) ? 0 : HAL_PROT_WRITE);
        Base = MiReserveSystemView(Pages * PAGE_SIZE);
        if (Base == NULL)
            return NULL;
        for (SIZE_T I = 0, Run; I < Pages; I += Run) {
            Run = MiMdlRun(Mdl, I, Pages);
            MiMapSystemView(Base, I, MiMdlFrames(Mdl)[I], Run, Protection);
        }
    }
    Mdl->MappedSystemVa = Base + Mdl->ByteOffset;
    Mdl->MdlFlags |= MDL_MAPPED_TO_SYSTEM_VA;
    if (Mdl->MdlFlags & MDL_PARTIAL)
        Mdl->MdlFlags |= MDL_PARTIAL_HAS_BEEN_MAPPED;
    return Mdl->MappedSystemVa;
}

static PVOID MiMapMdlInProcess(PMDL Mdl, PVOID Requested, ULONG Priority) {
    PMM_ADDRESS_SPACE Space = MmCurrentAddressSpace;
    SIZE_T Pages = MiMdlPages(Mdl);
    ULONG Protect = (Priority & MI_MAPPING_NO_WRITE) ? PAGE_READONLY : PAGE_READWRITE;
    if (Space == NULL || Pages == 0)
        ExRaiseStatus(STATUS_INVALID_ADDRESS);
    if (MiMdlFrames(Mdl)[0] >= MmTotalFrames) /* a program's accesses to devices are not seen here */
        ExRaiseStatus(STATUS_NOT_SUPPORTED);
    if ((ULONG64)Requested > (ULONG64)MmHighestUserAddress)
        ExRaiseStatus(STATUS_CONFLICTING_ADDRESSES);
    ULONG64 Start = Requested != NULL ? (ULONG64)Requested & ~(ULONG64)(PAGE_SIZE - 1) : MiFindFreeRange(Space, Pages * PAGE_SIZE, FALSE);
    ULONG64 End = Start + Pages * PAGE_SIZE;
    if (Start == 0 || !MiIsRangeFree(Space, Start, End))
        ExRaiseStatus(Start == 0 ? STATUS_NO_MEMORY : STATUS_CONFLICTING_ADDRESSES);
    PMI_VAD Vad = MiMakeTables(Space, Start, End) ? MiInsertVad(Space, Start, End, Protect, MiVadMdl) : NULL;
    if (Vad == NULL)
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    for (SIZE_T I = 0; I < Pages; I++) {
        MM_PFN Frame = MiMdlFrames(Mdl)[I];
        MI_PTE Owned = MiPfn[Frame].References != 0 ? 0 : MI_PTE_UNOWNED;
        if (Owned == 0)
            MiReferenceFrame(Frame);
        *MiFindPte(Space, Start + I * PAGE_SIZE) = Frame << 12 | MI_PTE_COMMITTED | Owned | MiProtectBits(Protect);
    }
    MiSynchronize(Space, Start, End);
    return (PVOID)(Start + Mdl->ByteOffset);
}

PVOID NTAPI MmMapLockedPagesSpecifyCache(PMDL Mdl, KPROCESSOR_MODE Mode, MEMORY_CACHING_TYPE CacheType, PVOID Requested, ULONG BugCheckOnFailure,
                                         MM_PAGE_PRIORITY Priority) {
    if (Mode != KernelMode)
        return MiMapMdlInProcess(Mdl, Requested, (ULONG)Priority);
    PVOID Mapped = MiMapMdlInSystem(Mdl, (ULONG)Priority);
    if (Mapped == NULL && BugCheckOnFailure && (Mdl->MdlFlags & MDL_MAPPING_CAN_FAIL) == 0)
        KeBugCheckEx(NO_MORE_SYSTEM_PTES, 0, MiMdlPages(Mdl), 0, 0);
    return Mapped;
}

#undef MmMapLockedPages
PVOID NTAPI MmMapLockedPages(PMDL Mdl, KPROCESSOR_MODE Mode) {
    return MmMapLockedPagesSpecifyCache(Mdl, Mode, MmCached, NULL, TRUE, HighPagePriority);
}

VOID NTAPI MmUnmapLockedPages(PVOID Base, PMDL Mdl) {
    if ((ULONG64)Base < HAL_USER_END) {
        PMI_VAD Vad = MmCurrentAddressSpace != NULL ? MiFindVad(MmCurrentAddressSpace, (ULONG64)Base) : NULL;
        if (Vad == NULL || Vad->Kind != MiVadMdl || Vad->Start != ((ULONG64)Base & ~(ULONG64)(PAGE_SIZE - 1)))
            KeBugCheckEx(0xDA /* SYSTEM_PTE_MISUSE */, 3, (ULONG_PTR)Mdl, 0, (ULONG_PTR)Base);
        MiDeleteVad(MmCurrentAddressSpace, Vad);
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
    static const ULONG Host[8] = {HAL_PROT_NONE,
                                  HAL_PROT_READ,
                                  HAL_PROT_READ | HAL_PROT_WRITE,
                                  HAL_PROT_READ,
                                  HAL_PROT_READ | HAL_PROT_EXEC,
                                  HAL_PROT_READ | HAL_PROT_EXEC,
                                  HAL_PROT_READ | HAL_PROT_WRITE | HAL_PROT_EXEC,
                                  HAL_PROT_READ | HAL_PROT_EXEC};
    LONG Index = MiProtectIndex(Protect);
    if (Index < 0 || (Protect & (PAGE_GUARD | PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY)) != 0)
        return STATUS_INVALID_PAGE_PROTECTION;
    if ((Mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA) == 0)
        return STATUS_NOT_MAPPED_VIEW;
    UCHAR *Mapped = Mdl->MappedSystemVa;
    if ((ULONG64)Mapped < HAL_SYSVIEW_START) {
        /* It lies in the RAM view, which others use for the same frames: a view of its own takes its place, at another address. */
        if (Host[Index] == (HAL_PROT_READ | HAL_PROT_WRITE))
            return STATUS_SUCCESS;
        if (MiMapMdlInSystem(Mdl, MI_MAPPING_NO_WRITE) == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
    }
    MiProtectSystemView(Mdl->MappedSystemVa, Host[Index]);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI MmAdvanceMdl(PMDL Mdl, ULONG Bytes) {
    if (Mdl->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_PARTIAL_HAS_BEEN_MAPPED) || Bytes >= Mdl->ByteCount)
        return STATUS_INVALID_PARAMETER_2;
    SIZE_T Pages = MiMdlPages(Mdl), Gone = (Mdl->ByteOffset + (SIZE_T)Bytes) / PAGE_SIZE;
    if (Gone != 0 && (Mdl->MdlFlags & MDL_PAGES_LOCKED)) {
        for (SIZE_T I = 0; I < Gone; I++)
            MiDereferenceFrame(MiMdlFrames(Mdl)[I]);
        if (Mdl->Process != NULL)
            Mdl->Process->Pcb.AddressSpace->LockedPages -= (LONG)Gone;
    }
    RtlMoveMemory(MiMdlFrames(Mdl), MiMdlFrames(Mdl) + Gone, (Pages - Gone) * sizeof(PFN_NUMBER));
    Mdl->StartVa = (UCHAR *)Mdl->StartVa + Gone * PAGE_SIZE;
    Mdl->ByteOffset = (ULONG)((Mdl->ByteOffset + (SIZE_T)Bytes) % PAGE_SIZE);
    Mdl->ByteCount -= Bytes;
    if (Mdl->MdlFlags & MDL_SOURCE_IS_NONPAGED_POOL)
        Mdl->MappedSystemVa = (UCHAR *)Mdl->StartVa + Mdl->ByteOffset;
    return STATUS_SUCCESS;
}

/* ---- Pages of one's own ---- */

/* Up to Count frames of [Low, High), in as few runs as there are. */
static SIZE_T MiTakeMdlFrames(PPFN_NUMBER Frames, SIZE_T Count, MM_PFN Low, MM_PFN High, SIZE_T Chunk, BOOLEAN Zero) {
    SIZE_T Taken = 0;
    for (SIZE_T Run = Chunk != 0 ? Chunk : Count; Taken < Count && Run != 0;) {
        MM_PFN First;
        if (Run > Count - Taken)
            Run = Count - Taken;
        if (!MiAllocateFrameRun(Run, Low, High, 0, Zero, &First)) {
            Run = Chunk != 0 ? 0 : Run / 2;
            continue;
        }
        for (SIZE_T I = 0; I < Run; I++)
            Frames[Taken++] = First + I;
    }
    return Taken;
}

#define MI_ALLOCATE_FLAGS                                                                                                                            \
    (MM_DONT_ZERO_ALLOCATION | MM_ALLOCATE_FROM_LOCAL_NODE_ONLY | MM_ALLOCATE_FULLY_REQUIRED | MM_ALLOCATE_NO_WAIT | MM_ALLOCATE_PREFER_CONTIGUOUS | \
     MM_ALLOCATE_REQUIRE_CONTIGUOUS_CHUNKS | 0x40 /* MM_ALLOCATE_FAST_LARGE_PAGES */ | 0x100 /* MM_ALLOCATE_AND_HOT_REMOVE */)

/* "MmAllocatePagesForMdlEx", learn.microsoft.com: what [Low, High] does not have is looked for Skip bytes higher, and so on; with
   MM_ALLOCATE_REQUIRE_CONTIGUOUS_CHUNKS Skip is instead the size of the chunks, which Bytes is made of. */
PMDL NTAPI MmAllocatePagesForMdlEx(PHYSICAL_ADDRESS Low, PHYSICAL_ADDRESS High, PHYSICAL_ADDRESS Skip, SIZE_T Bytes, MEMORY_CACHING_TYPE CacheType,
                                   ULONG Flags) {
    SIZE_T Pages = MI_PAGES(Bytes), Taken = 0, Step = (SIZE_T)Skip.QuadPart / PAGE_SIZE;
    BOOLEAN Chunks = (Flags & MM_ALLOCATE_REQUIRE_CONTIGUOUS_CHUNKS) != 0, Zero = (Flags & MM_DONT_ZERO_ALLOCATION) == 0;
    if (Pages == 0 || Pages > MmTotalFrames || Pages > MAXULONG / PAGE_SIZE || (Flags & ~MI_ALLOCATE_FLAGS) != 0 ||
        (ULONG)CacheType >= MmMaximumCacheType || Skip.QuadPart % PAGE_SIZE != 0)
        return NULL;
    if (Chunks && (Step == 0 || (Step & (Step - 1)) != 0 || Pages % Step != 0))
        return NULL;
    PMDL Mdl = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(MDL) + Pages * sizeof(PFN_NUMBER), ' ldM');
    if (Mdl == NULL)
        return NULL;
    MM_PFN Lowest = MI_PAGES(Low.QuadPart),
           Limit = ((ULONG64)High.QuadPart >= MmTotalFrames * PAGE_SIZE ? MmTotalFrames : ((ULONG64)High.QuadPart + 1) / PAGE_SIZE);
    for (; Taken < Pages && Lowest<MmTotalFrames; Lowest += Step, Limit = Limit + Step> MmTotalFrames ? MmTotalFrames : Limit + Step) {
        Taken += MiTakeMdlFrames(MiMdlFrames(Mdl) + Taken, Pages - Taken, Lowest, Limit, Chunks ? Step : 0, Zero);
        if (Chunks || Step == 0)
            break;
    }
    MmInitializeMdl(Mdl, NULL, Taken * PAGE_SIZE);
    Mdl->MdlFlags |= MDL_PAGES_LOCKED;
    Mdl->Process = NULL;
    if (Taken == 0 || (Taken < Pages && (Flags & MM_ALLOCATE_FULLY_REQUIRED) != 0)) {
        MmFreePagesFromMdl(Mdl);
        ExFreePoolWithTag(Mdl, 0);
        return NULL;
    }
    return Mdl;
}

PMDL NTAPI MmAllocatePagesForMdl(PHYSICAL_ADDRESS Low, PHYSICAL_ADDRESS High, PHYSICAL_ADDRESS Skip, SIZE_T Bytes) {
    return MmAllocatePagesForMdlEx(Low, High, Skip, Bytes, MmCached, 0);
}

/* The MDL itself stays the caller's, who frees it with ExFreePool. */
VOID NTAPI MmFreePagesFromMdl(PMDL Mdl) {
    SIZE_T Pages = MiMdlPages(Mdl);
    if (Mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA)
        MmUnmapLockedPages(Mdl->MappedSystemVa, Mdl);
    for (SIZE_T I = 0, Run; I < Pages; I += Run) {
        Run = MiMdlRun(Mdl, I, Pages);
        MiFreeFrames(MiMdlFrames(Mdl)[I], Run);
    }
    Mdl->MdlFlags &= ~MDL_PAGES_LOCKED;
    Mdl->ByteCount = 0;
}
