/*
 * Static thread local storage: each image with a TLS directory has a slot, and each thread a vector of blocks. The vector has room for all slots
 * from the start, so that a DLL loaded later can give its block to threads that are running.
 */
#include "ntdllp.h"

#define TLS_SLOTS 128u

typedef struct _LDRP_THREAD {
    LIST_ENTRY Link;
    NT_TEB *Teb;
    PVOID Blocks[TLS_SLOTS]; /* what TEB.ThreadLocalStoragePointer points at */
    PVOID Memory[TLS_SLOTS]; /* the allocation that each block lies in */
} LDRP_THREAD;

static LIST_ENTRY LdrpThreads = {&LdrpThreads, &LdrpThreads};
static LDRP_MODULE *LdrpTlsOwner[TLS_SLOTS];

static NTSTATUS LdrpAllocateBlock(LDRP_THREAD *Thread, LDRP_MODULE *Module) {
    PIMAGE_TLS_DIRECTORY tls = Module->Tls;
    SIZE_T initialized = tls->EndAddressOfRawData - tls->StartAddressOfRawData, size = initialized + tls->SizeOfZeroFill;
    ULONG align = (tls->Characteristics >> 20) & 0xF; /* IMAGE_SCN_ALIGN_: log2 + 1 */
    SIZE_T alignment = align > 5 ? (SIZE_T)1 << (align - 1) : 16;
    PUCHAR memory = RtlpAllocate(size + alignment);
    if (!memory)
        return STATUS_NO_MEMORY;
    PUCHAR block = (PUCHAR)(((ULONG_PTR)memory + alignment - 1) & ~(ULONG_PTR)(alignment - 1));
    memcpy(block, (PVOID)tls->StartAddressOfRawData, initialized);
    Thread->Memory[Module->TlsSlot] = memory;
    Thread->Blocks[Module->TlsSlot] = block;
    return STATUS_SUCCESS;
}

NTSTATUS LdrpPrepareTls(LDRP_MODULE *Module) {
    ULONG size;
    PIMAGE_TLS_DIRECTORY tls = RtlImageDirectoryEntryToData(Module->Entry.DllBase, TRUE, IMAGE_DIRECTORY_ENTRY_TLS, &size);
    if (!tls)
        return STATUS_SUCCESS;
    ULONG slot = 0;
    while (slot < TLS_SLOTS && LdrpTlsOwner[slot])
        slot++;
    if (slot == TLS_SLOTS)
        return STATUS_NO_MEMORY;
    Module->Tls = tls;
    Module->TlsSlot = slot;
    Module->Entry.TlsIndex = 0xFFFF;
    LdrpTlsOwner[slot] = Module;
    if (tls->AddressOfIndex)
        *(ULONG *)tls->AddressOfIndex = slot;
    for (PLIST_ENTRY link = LdrpThreads.Flink; link != &LdrpThreads; link = link->Flink) {
        NTSTATUS status = LdrpAllocateBlock(CONTAINING_RECORD(link, LDRP_THREAD, Link), Module);
        if (!NT_SUCCESS(status))
            return status;
    }
    return STATUS_SUCCESS;
}

VOID LdrpReleaseTls(LDRP_MODULE *Module) {
    if (Module->TlsSlot == LDRP_NO_TLS)
        return;
    for (PLIST_ENTRY link = LdrpThreads.Flink; link != &LdrpThreads; link = link->Flink) {
        LDRP_THREAD *thread = CONTAINING_RECORD(link, LDRP_THREAD, Link);
        RtlpFree(thread->Memory[Module->TlsSlot]);
        thread->Memory[Module->TlsSlot] = thread->Blocks[Module->TlsSlot] = NULL;
    }
    LdrpTlsOwner[Module->TlsSlot] = NULL;
    Module->TlsSlot = LDRP_NO_TLS;
}

NTSTATUS LdrpAllocateThreadTls(VOID) {
    LDRP_THREAD *thread = RtlpAllocate(sizeof *thread);
    if (!thread)
        return STATUS_NO_MEMORY;
    thread->Teb = NtTeb();
    for (ULONG slot = 0; slot < TLS_SLOTS; slot++) {
        NTSTATUS status = LdrpTlsOwner[slot] ? LdrpAllocateBlock(thread, LdrpTlsOwner[slot]) : STATUS_SUCCESS;
        if (!NT_SUCCESS(status)) {
            for (ULONG n = 0; n < slot; n++)
                RtlpFree(thread->Memory[n]);
            RtlpFree(thread);
            return status;
        }
    }
    RtlpInsertTail(&LdrpThreads, &thread->Link);
    thread->Teb->ThreadLocalStoragePointer = thread->Blocks;
    return STATUS_SUCCESS;
}

VOID LdrpFreeThreadTls(VOID) {
    NT_TEB *teb = NtTeb();
    if (!teb->ThreadLocalStoragePointer)
        return;
    LDRP_THREAD *thread = CONTAINING_RECORD(teb->ThreadLocalStoragePointer, LDRP_THREAD, Blocks);
    RtlpRemove(&thread->Link);
    teb->ThreadLocalStoragePointer = NULL;
    for (ULONG slot = 0; slot < TLS_SLOTS; slot++)
        RtlpFree(thread->Memory[slot]);
    RtlpFree(thread);
    RtlpFree(teb->TlsExpansionSlots);
    teb->TlsExpansionSlots = NULL;
}

VOID LdrpCallTlsCallbacks(LDRP_MODULE *Module, ULONG Reason) {
    if (!Module->Tls || !Module->Tls->AddressOfCallBacks)
        return;
    for (PIMAGE_TLS_CALLBACK *callback = (PIMAGE_TLS_CALLBACK *)Module->Tls->AddressOfCallBacks; *callback; callback++)
        (*callback)(Module->Entry.DllBase, Reason, NULL);
}

VOID NTAPI RtlpZeroTlsCell(ULONG Index) {
    RtlEnterCriticalSection(&LdrpLoaderLock);
    for (PLIST_ENTRY link = LdrpThreads.Flink; link != &LdrpThreads; link = link->Flink) {
        NT_TEB *teb = CONTAINING_RECORD(link, LDRP_THREAD, Link)->Teb;
        __try {
            if (Index < ARRAYSIZE(teb->TlsSlots))
                teb->TlsSlots[Index] = NULL;
            else if (teb->TlsExpansionSlots)
                teb->TlsExpansionSlots[Index - ARRAYSIZE(teb->TlsSlots)] = NULL;
        } __except (EXCEPTION_EXECUTE_HANDLER) { /* TerminateThread ended it, and its TEB is gone */
        }
    }
    RtlLeaveCriticalSection(&LdrpLoaderLock);
}
