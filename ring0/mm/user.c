#include "mm/mi.h"

/* Memory that the kernel makes for a thread or process of its own accord, in the current address space. */

#define MI_DEFAULT_STACK_RESERVE 0x100000
#define MI_DEFAULT_STACK_COMMIT  0x10000

NTSTATUS MmCreateUserStack(SIZE_T Reserve, SIZE_T Commit, PVOID *Base, PVOID *Limit, PVOID *Deallocation) {
    PMM_ADDRESS_SPACE Space = MmCurrentAddressSpace;
    ULONG64 Reserved = MI_ROUND(Reserve != 0 ? Reserve : MI_DEFAULT_STACK_RESERVE),
            Committed = MI_ROUND(Commit != 0 ? Commit : MI_DEFAULT_STACK_COMMIT);
    NT_ASSERT_OURS(Space != NULL);
    Reserved = (Reserved + MI_ALLOCATION_GRANULARITY - 1) & ~(MI_ALLOCATION_GRANULARITY - 1);
    if (Reserved < Committed + 3 * PAGE_SIZE)
        Reserved = (Committed + 3 * PAGE_SIZE + MI_ALLOCATION_GRANULARITY - 1) & ~(MI_ALLOCATION_GRANULARITY - 1);
    if (Reserved < Committed || Reserved > HAL_USER_END)
        return STATUS_NO_MEMORY;
    ULONG64 Start = MiFindFreeRange(Space, Reserved, FALSE), End = Start + Reserved;
    PMI_VAD Vad = Start != 0 ? MiInsertVad(Space, Start, End, PAGE_READWRITE, MiVadPrivate) : NULL;
    if (Vad == NULL)
        return STATUS_NO_MEMORY;
    NTSTATUS Status = MiCommit(Space, End - Committed, End, PAGE_READWRITE);
    if (NT_SUCCESS(Status))
        Status = MiCommit(Space, End - Committed - PAGE_SIZE, End - Committed, PAGE_READWRITE | PAGE_GUARD);
    if (!NT_SUCCESS(Status)) {
        MiDeleteVad(Space, Vad);
        return Status;
    }
    *Base = (PVOID)End;
    *Limit = (PVOID)(End - Committed);
    *Deallocation = (PVOID)Start;
    return STATUS_SUCCESS;
}

/* The range is resident: the kernel uses the frames by their RAM addresses, so the program must not be able to give them back. */
NTSTATUS MmCreateUserBlock(SIZE_T Size, PVOID *User, PVOID *Kernel) {
    PMM_ADDRESS_SPACE Space = MmCurrentAddressSpace;
    ULONG64 Length = MI_ROUND(Size);
    MM_PFN First;
    NT_ASSERT_OURS(Space != NULL);
    ULONG64 Start = MiFindFreeRange(Space, Length, FALSE);
    if (Start == 0 || !MiMakeTables(Space, Start, Start + Length) || !MiAllocateFrames(Length / PAGE_SIZE, ~0ull, &First))
        return STATUS_NO_MEMORY;
    PMI_VAD Vad = MiInsertVad(Space, Start, Start + Length, PAGE_READWRITE, MiVadPrivate);
    if (Vad == NULL) {
        MiFreeFrames(First, Length / PAGE_SIZE);
        return STATUS_NO_MEMORY;
    }
    Vad->Resident = TRUE;
    for (SIZE_T I = 0; I < Length / PAGE_SIZE; I++)
        *MiFindPte(Space, Start + I * PAGE_SIZE) = (First + I) << 12 | MI_PTE_COMMITTED | MiProtectBits(PAGE_READWRITE);
    MiSynchronize(Space, Start, Start + Length);
    *User = (PVOID)Start;
    *Kernel = MiRamAddress(First);
    return STATUS_SUCCESS;
}
