#include "mm/mi.h"

/* Memory that the kernel makes for a thread or process of its own accord, in the current address space. */

#define MI_DEFAULT_STACK_RESERVE 0x100000
#define MI_DEFAULT_STACK_COMMIT  0x10000

NTSTATUS MmCreateUserStack(SIZE_T Reserve, SIZE_T Commit, PVOID *Base, PVOID *Limit, PVOID *Deallocation) {
    PMM_ADDRESS_SPACE space = MmCurrentAddressSpace;
    ULONG64 reserve = MI_ROUND(Reserve != 0 ? Reserve : MI_DEFAULT_STACK_RESERVE), commit = MI_ROUND(Commit != 0 ? Commit : MI_DEFAULT_STACK_COMMIT);
    NT_ASSERT_OURS(space != NULL);
    reserve = (reserve + MI_ALLOCATION_GRANULARITY - 1) & ~(MI_ALLOCATION_GRANULARITY - 1);
    if (reserve < commit + 3 * PAGE_SIZE)
        reserve = (commit + 3 * PAGE_SIZE + MI_ALLOCATION_GRANULARITY - 1) & ~(MI_ALLOCATION_GRANULARITY - 1);
    if (reserve < commit || reserve > HAL_USER_END)
        return STATUS_NO_MEMORY;
    ULONG64 start = MiFindFreeRange(space, reserve, FALSE), end = start + reserve;
    PMI_VAD vad = start != 0 ? MiInsertVad(space, start, end, PAGE_READWRITE, MiVadPrivate) : NULL;
    if (vad == NULL)
        return STATUS_NO_MEMORY;
    NTSTATUS status = MiCommit(space, end - commit, end, PAGE_READWRITE);
    if (NT_SUCCESS(status))
        status = MiCommit(space, end - commit - PAGE_SIZE, end - commit, PAGE_READWRITE | PAGE_GUARD);
    if (!NT_SUCCESS(status)) {
        MiDeleteVad(space, vad);
        return status;
    }
    *Base = (PVOID)end;
    *Limit = (PVOID)(end - commit);
    *Deallocation = (PVOID)start;
    return STATUS_SUCCESS;
}

/* The range is resident: the kernel uses the frames by their RAM addresses, so the program must not be able to give them back. */
NTSTATUS MmCreateUserBlock(SIZE_T Size, PVOID *User, PVOID *Kernel) {
    PMM_ADDRESS_SPACE space = MmCurrentAddressSpace;
    ULONG64 length = MI_ROUND(Size);
    MM_PFN first;
    NT_ASSERT_OURS(space != NULL);
    ULONG64 start = MiFindFreeRange(space, length, FALSE);
    if (start == 0 || !MiMakeTables(space, start, start + length) || !MiAllocateFrames(length / PAGE_SIZE, ~0ull, &first))
        return STATUS_NO_MEMORY;
    PMI_VAD vad = MiInsertVad(space, start, start + length, PAGE_READWRITE, MiVadPrivate);
    if (vad == NULL) {
        MiFreeFrames(first, length / PAGE_SIZE);
        return STATUS_NO_MEMORY;
    }
    vad->Resident = TRUE;
    for (SIZE_T i = 0; i < length / PAGE_SIZE; i++)
        *MiFindPte(space, start + i * PAGE_SIZE) = (first + i) << 12 | MI_PTE_COMMITTED | MiProtectBits(PAGE_READWRITE);
    MiSynchronize(space, start, start + length);
    *User = (PVOID)start;
    *Kernel = MiRamAddress(first);
    return STATUS_SUCCESS;
}
