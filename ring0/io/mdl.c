/* MDLs as memory: made, freed, and one made to describe a part of another. Pages are mm/'s. */
#include "io/io.h"

#define IOP_MDL_TAG ' ldM'

PMDL NTAPI IoAllocateMdl(PVOID VirtualAddress, ULONG Length, BOOLEAN SecondaryBuffer, BOOLEAN ChargeQuota, PIRP Irp) {
    SIZE_T Pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(VirtualAddress, Length);
    SIZE_T Size = sizeof(MDL) + Pages * sizeof(PFN_NUMBER);
    PMDL Mdl;

    if (Length > MAXULONG - PAGE_SIZE + 1) /* 4 GiB less a page: "IoAllocateMdl" */
        return NULL;
    Mdl = ExAllocatePoolWithTag(NonPagedPoolNx, Size, IOP_MDL_TAG);
    if (!Mdl)
        return NULL;
    RtlZeroMemory(Mdl, sizeof *Mdl);
    Mdl->StartVa = PAGE_ALIGN(VirtualAddress);
    Mdl->ByteOffset = BYTE_OFFSET(VirtualAddress);
    Mdl->ByteCount = Length;
    Mdl->Size = (CSHORT)min(Size, 0x7FF8);
    if (Irp) {
        PMDL *Link = &Irp->MdlAddress;
        while (SecondaryBuffer && *Link)
            Link = &(*Link)->Next;
        *Link = Mdl;
    }
    return Mdl;
}

VOID NTAPI IoFreeMdl(PMDL Mdl) {
    MmPrepareMdlForReuse(Mdl);
    ExFreePoolWithTag(Mdl, IOP_MDL_TAG);
}

/* Length 0: from VirtualAddress to the end of the source. The pages stay the source's: the partial MDL is not to be unlocked. */
VOID NTAPI IoBuildPartialMdl(PMDL SourceMdl, PMDL TargetMdl, PVOID VirtualAddress, ULONG Length) {
    PUCHAR Start = (PUCHAR)SourceMdl->StartVa + SourceMdl->ByteOffset;
    SIZE_T Offset = (SIZE_T)((PUCHAR)VirtualAddress - Start), FirstPage, Pages;
    CSHORT Kept = MDL_ALLOCATED_FIXED_SIZE | MDL_ALLOCATED_MUST_SUCCEED;

    if (!Length)
        Length = SourceMdl->ByteCount - (ULONG)Offset;
    FirstPage = (SIZE_T)((PUCHAR)PAGE_ALIGN(VirtualAddress) - (PUCHAR)SourceMdl->StartVa) >> PAGE_SHIFT;
    Pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(VirtualAddress, Length);
    if ((PUCHAR)VirtualAddress < Start || Offset + Length > SourceMdl->ByteCount ||
        sizeof(MDL) + Pages * sizeof(PFN_NUMBER) > (SIZE_T)(USHORT)TargetMdl->Size)
        KiBugCheck(TARGET_MDL_TOO_SMALL, (ULONG_PTR)SourceMdl, (ULONG_PTR)TargetMdl, (ULONG_PTR)VirtualAddress, Length, NULL,
                   "IoBuildPartialMdl: the part does not lie in the source MDL, or the target MDL is too small for it");
    TargetMdl->Process = SourceMdl->Process;
    TargetMdl->StartVa = PAGE_ALIGN(VirtualAddress);
    TargetMdl->ByteOffset = BYTE_OFFSET(VirtualAddress);
    TargetMdl->ByteCount = Length;
    TargetMdl->MdlFlags = (CSHORT)((TargetMdl->MdlFlags & Kept) | (SourceMdl->MdlFlags & MDL_IO_PAGE_READ) | MDL_PARTIAL);
    if (SourceMdl->MdlFlags & MDL_SOURCE_IS_NONPAGED_POOL) {
        TargetMdl->MdlFlags |= MDL_SOURCE_IS_NONPAGED_POOL;
        TargetMdl->MappedSystemVa = (PUCHAR)SourceMdl->MappedSystemVa + Offset;
    } else if (SourceMdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA) {
        TargetMdl->MdlFlags |= MDL_PARENT_MAPPED_SYSTEM_VA;
        TargetMdl->MappedSystemVa = (PUCHAR)SourceMdl->MappedSystemVa + Offset;
    } else {
        TargetMdl->MappedSystemVa = NULL;
    }
    RtlCopyMemory(MmGetMdlPfnArray(TargetMdl), MmGetMdlPfnArray(SourceMdl) + FirstPage, Pages * sizeof(PFN_NUMBER));
}
