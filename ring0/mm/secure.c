#include "mm/mi.h"

/* "MmSecureVirtualMemory", learn.microsoft.com: until it is unsecured, or the process ends, the range cannot be freed or unmapped, nor get a protection that allows less
   than was probed for. It says nothing about whether the pages are in. */

typedef struct _MI_SECURE {
    LIST_ENTRY Link;
    ULONG64 Start, End;
    BOOLEAN Write;
} MI_SECURE;

HANDLE NTAPI MmSecureVirtualMemory(PVOID Address, SIZE_T Size, ULONG ProbeMode) {
    PMM_ADDRESS_SPACE Space = MmCurrentAddressSpace;
    ULONG64 Start = (ULONG64)Address;
    PMI_VAD Vad = Space != NULL ? MiFindVad(Space, Start) : NULL;
    BOOLEAN Write = (ProbeMode & (PAGE_READWRITE | PAGE_EXECUTE_READWRITE)) != 0;
    if (Size == 0 || Vad == NULL || Size > Vad->End - Start || Vad->Kind >= MiVadMdl || !MmIsRangeAccessible(Address, Size, Write))
        return NULL;
    MI_SECURE *Secure = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Secure), 'eSmM');
    if (Secure == NULL)
        return NULL;
    Secure->Start = Start & ~(ULONG64)(PAGE_SIZE - 1);
    Secure->End = MI_ROUND(Start + Size);
    Secure->Write = Write;
    InsertTailList(&Space->Secured, &Secure->Link);
    return Secure;
}

VOID NTAPI MmUnsecureVirtualMemory(HANDLE SecureHandle) {
    PMM_ADDRESS_SPACE Space = MmCurrentAddressSpace;
    for (PLIST_ENTRY Link = Space != NULL ? Space->Secured.Flink : NULL; Space != NULL && Link != &Space->Secured; Link = Link->Flink) {
        MI_SECURE *Secure = CONTAINING_RECORD(Link, MI_SECURE, Link);
        if (Secure != SecureHandle)
            continue;
        RemoveEntryList(&Secure->Link);
        ExFreePoolWithTag(Secure, 'eSmM');
        return;
    }
}

BOOLEAN MiAllowsSecured(PMM_ADDRESS_SPACE Space, ULONG64 Start, ULONG64 End, ULONG Protect) {
    BOOLEAN Write = (Protect & (PAGE_READWRITE | PAGE_EXECUTE_READWRITE | PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY)) != 0;
    BOOLEAN None = (Protect & (PAGE_NOACCESS | PAGE_GUARD)) != 0;
    for (PLIST_ENTRY Link = Space->Secured.Flink; Link != &Space->Secured; Link = Link->Flink) {
        MI_SECURE *Secure = CONTAINING_RECORD(Link, MI_SECURE, Link);
        if (Start < Secure->End && End > Secure->Start && (None || (Secure->Write && !Write)))
            return FALSE;
    }
    return TRUE;
}

VOID MiForgetSecured(PMM_ADDRESS_SPACE Space) {
    while (!IsListEmpty(&Space->Secured))
        ExFreePoolWithTag(CONTAINING_RECORD(RemoveHeadList(&Space->Secured), MI_SECURE, Link), 'eSmM');
}
