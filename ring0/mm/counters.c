/* How much of memory a process has. */
#include "mm/mi.h"

/* Has the process this committed page for itself? Pages of an image are its until they are written to. */
static BOOLEAN MiIsPrivate(PMI_VAD Vad, ULONG64 Address, MI_PTE Pte) {
    if (Vad->Section != NULL)
        return !MiIsSectionPage(Vad, Address, Pte);
    if (Vad->Image == NULL || (Pte & MI_PTE_OUT) != 0)
        return TRUE;
    return (Pte & MI_PTE_COPY) == 0 && MiPfn[MI_PTE_FRAME(Pte)].References == 1;
}

VOID MmQueryUse(PMM_ADDRESS_SPACE Space, PMM_USE Use) {
    *Use = (MM_USE){0};
    for (PLIST_ENTRY Link = Space->Vads.Flink; Link != &Space->Vads; Link = Link->Flink) {
        PMI_VAD Vad = CONTAINING_RECORD(Link, MI_VAD, Link);
        Use->VirtualSize += Vad->End - Vad->Start;
        for (ULONG64 Address = Vad->Start; Address < Vad->End && Vad->Kind < MiVadMdl; Address += PAGE_SIZE) {
            MI_PTE *Pte = MiFindPte(Space, Address);
            if (Pte == NULL) { /* nothing in the 2 MiB of this table */
                Address = (Address | 0x1FFFFF) + 1 - PAGE_SIZE;
                continue;
            }
            if ((*Pte & MI_PTE_COMMITTED) == 0)
                continue;
            if ((*Pte & MI_PTE_OUT) == 0)
                Use->WorkingSet += PAGE_SIZE;
            if (MiIsPrivate(Vad, Address, *Pte))
                Use->Private += PAGE_SIZE;
        }
    }
}
