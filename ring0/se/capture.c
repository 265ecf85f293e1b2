/* A caller's security descriptor as a self-relative pool copy. */
#include "se/sep.h"

/* Each part is checked after it has been copied, for user memory may change. Parts: an absolute descriptor whose pointers are pool. */

static VOID SepFreeParts(SECURITY_DESCRIPTOR *Parts) {
    PVOID Pieces[] = {Parts->Owner, Parts->Group, Parts->Sacl, Parts->Dacl};
    for (ULONG I = 0; I < RTL_NUMBER_OF(Pieces); I++)
        if (Pieces[I] != NULL)
            ExFreePoolWithTag(Pieces[I], SEP_TAG);
}

static BOOLEAN SepRead(PVOID To, const VOID *From, SIZE_T Size, KPROCESSOR_MODE Mode) {
    if (Mode != KernelMode)
        return KiCopyFromUser(To, From, Size);
    RtlCopyMemory(To, From, Size);
    return TRUE;
}

static NTSTATUS SepCopyPart(PVOID Source, ULONG Size, KPROCESSOR_MODE Mode, PVOID *Copy) {
    *Copy = ExAllocatePoolWithTag(PagedPool, Size, SEP_TAG);
    if (*Copy == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    return SepRead(*Copy, Source, Size, Mode) ? STATUS_SUCCESS : STATUS_ACCESS_VIOLATION;
}

static NTSTATUS SepCopySid(PSID Source, KPROCESSOR_MODE Mode, PSID *Copy) {
    SID Head;
    if (Source == NULL)
        return STATUS_SUCCESS;
    if (!SepRead(&Head, Source, RtlLengthRequiredSid(0), Mode))
        return STATUS_ACCESS_VIOLATION;
    if (!RtlValidSid(&Head))
        return STATUS_INVALID_SID;
    NTSTATUS Status = SepCopyPart(Source, RtlLengthSid(&Head), Mode, Copy);
    if (NT_SUCCESS(Status) && !RtlEqualMemory(*Copy, &Head, RtlLengthRequiredSid(0)))
        Status = STATUS_INVALID_SID;
    return Status;
}

NTSTATUS SepCaptureAcl(PACL Source, KPROCESSOR_MODE Mode, PACL *Copy) {
    ACL Head;
    PVOID Captured = NULL;
    if (Source == NULL)
        return STATUS_SUCCESS;
    if (!SepRead(&Head, Source, sizeof(Head), Mode))
        return STATUS_ACCESS_VIOLATION;
    if (Head.AclSize < sizeof(Head))
        return STATUS_INVALID_ACL;
    NTSTATUS Status = SepCopyPart(Source, Head.AclSize, Mode, &Captured);
    if (NT_SUCCESS(Status) && (((PACL)Captured)->AclSize != Head.AclSize || !SepValidAcl(Captured)))
        Status = STATUS_INVALID_ACL;
    if (NT_SUCCESS(Status))
        *Copy = Captured;
    else if (Captured != NULL)
        ExFreePoolWithTag(Captured, SEP_TAG);
    return Status;
}

/* The descriptor with the addresses of its parts, whichever form it has. */
static NTSTATUS SepReadHead(PSECURITY_DESCRIPTOR Source, KPROCESSOR_MODE Mode, SECURITY_DESCRIPTOR *Head) {
    SECURITY_DESCRIPTOR_RELATIVE Relative;
    if (!SepRead(&Relative, Source, sizeof(Relative), Mode))
        return STATUS_ACCESS_VIOLATION;
    if (Relative.Revision != SECURITY_DESCRIPTOR_REVISION)
        return STATUS_UNKNOWN_REVISION;
    RtlZeroMemory(Head, sizeof(*Head));
    if (Relative.Control & SE_SELF_RELATIVE) {
        PUCHAR Base = Source;
        Head->Owner = Relative.Owner != 0 ? Base + Relative.Owner : NULL;
        Head->Group = Relative.Group != 0 ? Base + Relative.Group : NULL;
        Head->Sacl = Relative.Sacl != 0 ? (PACL)(Base + Relative.Sacl) : NULL;
        Head->Dacl = Relative.Dacl != 0 ? (PACL)(Base + Relative.Dacl) : NULL;
    } else if (!SepRead(Head, Source, sizeof(*Head), Mode)) {
        return STATUS_ACCESS_VIOLATION;
    }
    Head->Revision = Relative.Revision;
    Head->Sbz1 = Relative.Sbz1;
    Head->Control = Relative.Control & ~SE_SELF_RELATIVE;
    if (!(Head->Control & SE_DACL_PRESENT))
        Head->Dacl = NULL;
    if (!(Head->Control & SE_SACL_PRESENT))
        Head->Sacl = NULL;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI SeCaptureSecurityDescriptor(PSECURITY_DESCRIPTOR Source, KPROCESSOR_MODE Mode, POOL_TYPE PoolType, BOOLEAN CaptureIfKernel,
                                           PSECURITY_DESCRIPTOR *Captured) {
    SECURITY_DESCRIPTOR Head;
    SECURITY_DESCRIPTOR Parts;
    *Captured = NULL;
    if (Source == NULL)
        return STATUS_SUCCESS;
    if (Mode == KernelMode && !CaptureIfKernel) {
        *Captured = Source;
        return STATUS_SUCCESS;
    }
    NTSTATUS Status = SepReadHead(Source, Mode, &Head);
    if (!NT_SUCCESS(Status))
        return Status;
    RtlZeroMemory(&Parts, sizeof(Parts));
    Parts.Revision = Head.Revision;
    Parts.Sbz1 = Head.Sbz1;
    Parts.Control = Head.Control;
    Status = SepCopySid(Head.Owner, Mode, &Parts.Owner);
    if (NT_SUCCESS(Status))
        Status = SepCopySid(Head.Group, Mode, &Parts.Group);
    if (NT_SUCCESS(Status))
        Status = SepCaptureAcl(Head.Sacl, Mode, &Parts.Sacl);
    if (NT_SUCCESS(Status))
        Status = SepCaptureAcl(Head.Dacl, Mode, &Parts.Dacl);
    if (NT_SUCCESS(Status)) {
        ULONG Length = 0;
        RtlAbsoluteToSelfRelativeSD(&Parts, NULL, &Length);
        *Captured = ExAllocatePoolWithTag(PoolType, Length, SEP_TAG);
        Status = *Captured != NULL ? RtlAbsoluteToSelfRelativeSD(&Parts, *Captured, &Length) : STATUS_INSUFFICIENT_RESOURCES;
    }
    SepFreeParts(&Parts);
    return Status;
}

NTSTATUS NTAPI SeReleaseSecurityDescriptor(PSECURITY_DESCRIPTOR Captured, KPROCESSOR_MODE Mode, BOOLEAN CaptureIfKernel) {
    if (Captured != NULL && (Mode != KernelMode || CaptureIfKernel))
        ExFreePool(Captured);
    return STATUS_SUCCESS;
}
