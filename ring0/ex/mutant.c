/* Mutant objects of programs. */
#include "ex/ex.h"

NTSTATUS NTAPI NtCreateMutant(PHANDLE MutantHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, BOOLEAN InitialOwner) {
    PKMUTANT Mutant;
    HANDLE Handle;
    NTSTATUS Copied,
        Status = ObCreateObject(KiPreviousMode(), ExpMutantType, ObjectAttributes, KiPreviousMode(), NULL, sizeof(*Mutant), 0, 0, (PVOID *)&Mutant);

    if (!NT_SUCCESS(Status))
        return Status;
    KeInitializeMutant(Mutant, InitialOwner);
    Status = ObInsertObject(Mutant, NULL, DesiredAccess, 0, NULL, &Handle);
    if (!NT_SUCCESS(Status))
        return Status;
    Copied = ExpReturnHandle(MutantHandle, Handle);
    return NT_SUCCESS(Copied) ? Status : Copied;
}

NTSTATUS NTAPI NtOpenMutant(PHANDLE MutantHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes) {
    HANDLE Handle;
    NTSTATUS Status = ObOpenObjectByName(ObjectAttributes, ExpMutantType, KiPreviousMode(), NULL, DesiredAccess, NULL, &Handle);

    return NT_SUCCESS(Status) ? ExpReturnHandle(MutantHandle, Handle) : Status;
}

NTSTATUS NTAPI NtReleaseMutant(HANDLE MutantHandle, PLONG PreviousCount) {
    PKMUTANT Mutant;
    LONG Old = 0;
    NTSTATUS Status = ObReferenceObjectByHandle(MutantHandle, 0, ExpMutantType, KiPreviousMode(), (PVOID *)&Mutant, NULL);

    if (!NT_SUCCESS(Status))
        return Status;
    if (Mutant->OwnerThread != KiCurrentThread())
        Status = Mutant->Abandoned ? STATUS_ABANDONED : STATUS_MUTANT_NOT_OWNED;
    else
        Old = KeReleaseMutant(Mutant, 1 /* MUTANT_INCREMENT */, FALSE, FALSE);
    ObDereferenceObject(Mutant);
    return NT_SUCCESS(Status) && Status != STATUS_ABANDONED ? KiCopyOutOptional(PreviousCount, &Old, sizeof(Old)) : Status;
}
