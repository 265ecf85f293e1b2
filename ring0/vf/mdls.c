/* MDLs that are not in the state that a function wants ("Bug Check 0xC4", 0x7C to 0xB8). */
#include "ke/ke.h"
#include "mm/mm.h"
#include "vf/vfp.h"

static DECLSPEC_NORETURN VOID VfpRefuseMdl(const VF_CONTRACT *Contract, const ULONG64 *Arguments, ULONG Code, ULONG Flags, PCSTR Rest) {
    PMDL Mdl = (PMDL)Arguments[0];

    VfpRefuseArguments(Contract, Arguments, C4, (ULONG_PTR[4]){Code, (ULONG_PTR)Mdl, (USHORT)Mdl->MdlFlags, Flags},
                       (PCSTR[3]){"MDL", "its flags", Flags != 0 ? "the flags that are wrong" : ""}, Rest);
}

/* MmProbeAndLockPages, MmProbeAndLockProcessPages. */
VOID VfCheck_lock(const VF_CONTRACT *Contract, const ULONG64 *Arguments) {
    PMDL Mdl = (PMDL)Arguments[0];
    ULONG Wrong = (ULONG)(Mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_SOURCE_IS_NONPAGED_POOL | MDL_PARTIAL | MDL_MAPPED_TO_SYSTEM_VA));

    if (Wrong != 0)
        VfpRefuseMdl(Contract, Arguments, strcmp(Contract->Name, "MmProbeAndLockPages") == 0 ? 0xB0 : 0xB1, Wrong,
                     (Wrong & MDL_PAGES_LOCKED)
                         ? " for an MDL whose pages are locked already: call MmUnlockPages first"
                         : " for an MDL that describes nonpaged pool, or a part of another MDL: its pages are locked as it is");
}

VOID VfCheck_unlock(const VF_CONTRACT *Contract, const ULONG64 *Arguments) {
    USHORT Flags = (USHORT)((PMDL)Arguments[0])->MdlFlags;

    if (Flags & MDL_SOURCE_IS_NONPAGED_POOL)
        VfpRefuseMdl(Contract, Arguments, 0x7D, 0, " for an MDL of nonpaged pool, which was not locked and is not unlocked");
    if (Flags & MDL_PARTIAL)
        VfpRefuseMdl(Contract, Arguments, 0xB4, MDL_PARTIAL, " for a partial MDL: the pages are those of the MDL that it is a part of");
    if ((Flags & MDL_PAGES_LOCKED) == 0)
        VfpRefuseMdl(Contract, Arguments, 0x7C, 0, " for an MDL whose pages are not locked, or have been unlocked before");
}

VOID VfCheck_build(const VF_CONTRACT *Contract, const ULONG64 *Arguments) {
    PMDL Mdl = (PMDL)Arguments[0];

    if (VfpIsPageable(Mdl->StartVa))
        VfpRefuseArguments(Contract, Arguments, C4, (ULONG_PTR[4]){0x7F, KiCurrentIrql(), (ULONG_PTR)Mdl, (USHORT)Mdl->MdlFlags},
                           (PCSTR[3]){"IRQL", "MDL", "its flags"}, " for an MDL of paged pool: call MmProbeAndLockPages");
}

/* A second mapping in a process is what drivers share memory by; in system space an MDL has one. */
VOID VfCheck_map(const VF_CONTRACT *Contract, const ULONG64 *Arguments) {
    USHORT Flags = (USHORT)((PMDL)Arguments[0])->MdlFlags;

    if ((Flags & (MDL_PAGES_LOCKED | MDL_SOURCE_IS_NONPAGED_POOL | MDL_PARTIAL | MDL_IO_SPACE)) == 0)
        VfpRefuseMdl(Contract, Arguments, 0xB3, MDL_PAGES_LOCKED | MDL_PARTIAL,
                     " for an MDL whose pages are not locked: call MmProbeAndLockPages first");
    if ((UCHAR)Arguments[1] == KernelMode && (Flags & MDL_MAPPED_TO_SYSTEM_VA))
        VfpRefuseMdl(Contract, Arguments, 0xB2, MDL_MAPPED_TO_SYSTEM_VA, " for an MDL that is mapped already: MmGetSystemAddressForMdlSafe looks");
}

VOID VfCheck_freemdl(const VF_CONTRACT *Contract, const ULONG64 *Arguments) {
    USHORT Flags = (USHORT)((PMDL)Arguments[0])->MdlFlags;

    if ((Flags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_PARTIAL_HAS_BEEN_MAPPED)) == MDL_MAPPED_TO_SYSTEM_VA && !(Flags & MDL_SOURCE_IS_NONPAGED_POOL))
        VfpRefuseMdl(Contract, Arguments, 0xB8, 0, " for an MDL that is still mapped: call MmUnlockPages, or MmUnmapLockedPages, first");
}
