#include "mm/mi.h"

/* "MmSecureVirtualMemory", learn.microsoft.com: until it is unsecured, or the process ends, the range cannot be freed or unmapped, nor get a protection that allows less
   than was probed for. It says nothing about whether the pages are in. */

typedef struct _MI_SECURE {
    LIST_ENTRY Link;
    ULONG64 Start, End;
    BOOLEAN Write;
} MI_SECURE;

HANDLE NTAPI MmSecureVirtualMemory(PVOID Address, SIZE_T Size, ULONG ProbeMode) {
    PMM_ADDRESS_SPACE space = MmCurrentAddressSpace;
    ULONG64 start = (ULONG64)Address;
    PMI_VAD vad = space != NULL ? MiFindVad(space, start) : NULL;
    BOOLEAN write = (ProbeMode & (PAGE_READWRITE | PAGE_EXECUTE_READWRITE)) != 0;
    if (Size == 0 || vad == NULL || Size > vad->End - start || vad->Kind >= MiVadMdl || !MmIsRangeAccessible(Address, Size, write))
        return NULL;
    MI_SECURE *secure = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*secure), 'eSmM');
    if (secure == NULL)
        return NULL;
    secure->Start = start & ~(ULONG64)(PAGE_SIZE - 1);
    secure->End = MI_ROUND(start + Size);
    secure->Write = write;
    InsertTailList(&space->Secured, &secure->Link);
    return secure;
}

VOID NTAPI MmUnsecureVirtualMemory(HANDLE SecureHandle) {
    PMM_ADDRESS_SPACE space = MmCurrentAddressSpace;
    for (PLIST_ENTRY link = space != NULL ? space->Secured.Flink : NULL; space != NULL && link != &space->Secured; link = link->Flink) {
        MI_SECURE *secure = CONTAINING_RECORD(link, MI_SECURE, Link);
        if (secure != SecureHandle)
            continue;
        RemoveEntryList(&secure->Link);
        ExFreePoolWithTag(secure, 'eSmM');
        return;
    }
}

BOOLEAN MiAllowsSecured(PMM_ADDRESS_SPACE Space, ULONG64 Start, ULONG64 End, ULONG Protect) {
    BOOLEAN write = (Protect & (PAGE_READWRITE | PAGE_EXECUTE_READWRITE | PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY)) != 0;
    BOOLEAN none = (Protect & (PAGE_NOACCESS | PAGE_GUARD)) != 0;
    for (PLIST_ENTRY link = Space->Secured.Flink; link != &Space->Secured; link = link->Flink) {
        MI_SECURE *secure = CONTAINING_RECORD(link, MI_SECURE, Link);
        if (Start < secure->End && End > secure->Start && (none || (secure->Write && !write)))
            return FALSE;
    }
    return TRUE;
}

VOID MiForgetSecured(PMM_ADDRESS_SPACE Space) {
    while (!IsListEmpty(&Space->Secured))
        ExFreePoolWithTag(CONTAINING_RECORD(RemoveHeadList(&Space->Secured), MI_SECURE, Link), 'eSmM');
}
