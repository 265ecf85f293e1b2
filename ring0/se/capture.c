/* A caller's security descriptor as a self-relative pool copy. */
#include "se/sep.h"

/* Each part is checked after it has been copied, for user memory may change. Parts: an absolute descriptor whose pointers are pool. */

static VOID SepFreeParts(SECURITY_DESCRIPTOR *Parts) {
    PVOID pieces[] = {Parts->Owner, Parts->Group, Parts->Sacl, Parts->Dacl};
    for (ULONG i = 0; i < RTL_NUMBER_OF(pieces); i++)
        if (pieces[i] != NULL)
            ExFreePoolWithTag(pieces[i], SEP_TAG);
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
    SID head;
    if (Source == NULL)
        return STATUS_SUCCESS;
    if (!SepRead(&head, Source, RtlLengthRequiredSid(0), Mode))
        return STATUS_ACCESS_VIOLATION;
    if (!RtlValidSid(&head))
        return STATUS_INVALID_SID;
    NTSTATUS status = SepCopyPart(Source, RtlLengthSid(&head), Mode, Copy);
    if (NT_SUCCESS(status) && !RtlEqualMemory(*Copy, &head, RtlLengthRequiredSid(0)))
        status = STATUS_INVALID_SID;
    return status;
}

NTSTATUS SepCaptureAcl(PACL Source, KPROCESSOR_MODE Mode, PACL *Copy) {
    ACL head;
    PVOID copy = NULL;
    if (Source == NULL)
        return STATUS_SUCCESS;
    if (!SepRead(&head, Source, sizeof(head), Mode))
        return STATUS_ACCESS_VIOLATION;
    if (head.AclSize < sizeof(head))
        return STATUS_INVALID_ACL;
    NTSTATUS status = SepCopyPart(Source, head.AclSize, Mode, &copy);
    if (NT_SUCCESS(status) && (((PACL)copy)->AclSize != head.AclSize || !SepValidAcl(copy)))
        status = STATUS_INVALID_ACL;
    if (NT_SUCCESS(status))
        *Copy = copy;
    else if (copy != NULL)
        ExFreePoolWithTag(copy, SEP_TAG);
    return status;
}

/* The descriptor with the addresses of its parts, whichever form it has. */
static NTSTATUS SepReadHead(PSECURITY_DESCRIPTOR Source, KPROCESSOR_MODE Mode, SECURITY_DESCRIPTOR *Head) {
    SECURITY_DESCRIPTOR_RELATIVE relative;
    if (!SepRead(&relative, Source, sizeof(relative), Mode))
        return STATUS_ACCESS_VIOLATION;
    if (relative.Revision != SECURITY_DESCRIPTOR_REVISION)
        return STATUS_UNKNOWN_REVISION;
    RtlZeroMemory(Head, sizeof(*Head));
    if (relative.Control & SE_SELF_RELATIVE) {
        PUCHAR base = Source;
        Head->Owner = relative.Owner != 0 ? base + relative.Owner : NULL;
        Head->Group = relative.Group != 0 ? base + relative.Group : NULL;
        Head->Sacl = relative.Sacl != 0 ? (PACL)(base + relative.Sacl) : NULL;
        Head->Dacl = relative.Dacl != 0 ? (PACL)(base + relative.Dacl) : NULL;
    } else if (!SepRead(Head, Source, sizeof(*Head), Mode)) {
        return STATUS_ACCESS_VIOLATION;
    }
    Head->Revision = relative.Revision;
    Head->Sbz1 = relative.Sbz1;
    Head->Control = relative.Control & ~SE_SELF_RELATIVE;
    if (!(Head->Control & SE_DACL_PRESENT))
        Head->Dacl = NULL;
    if (!(Head->Control & SE_SACL_PRESENT))
        Head->Sacl = NULL;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI SeCaptureSecurityDescriptor(PSECURITY_DESCRIPTOR Source, KPROCESSOR_MODE Mode, POOL_TYPE PoolType, BOOLEAN CaptureIfKernel,
                                           PSECURITY_DESCRIPTOR *Captured) {
    SECURITY_DESCRIPTOR head;
    SECURITY_DESCRIPTOR parts;
    *Captured = NULL;
    if (Source == NULL)
        return STATUS_SUCCESS;
    if (Mode == KernelMode && !CaptureIfKernel) {
        *Captured = Source;
        return STATUS_SUCCESS;
    }
    NTSTATUS status = SepReadHead(Source, Mode, &head);
    if (!NT_SUCCESS(status))
        return status;
    RtlZeroMemory(&parts, sizeof(parts));
    parts.Revision = head.Revision;
    parts.Sbz1 = head.Sbz1;
    parts.Control = head.Control;
    status = SepCopySid(head.Owner, Mode, &parts.Owner);
    if (NT_SUCCESS(status))
        status = SepCopySid(head.Group, Mode, &parts.Group);
    if (NT_SUCCESS(status))
        status = SepCaptureAcl(head.Sacl, Mode, &parts.Sacl);
    if (NT_SUCCESS(status))
        status = SepCaptureAcl(head.Dacl, Mode, &parts.Dacl);
    if (NT_SUCCESS(status)) {
        ULONG length = 0;
        RtlAbsoluteToSelfRelativeSD(&parts, NULL, &length);
        *Captured = ExAllocatePoolWithTag(PoolType, length, SEP_TAG);
        status = *Captured != NULL ? RtlAbsoluteToSelfRelativeSD(&parts, *Captured, &length) : STATUS_INSUFFICIENT_RESOURCES;
    }
    SepFreeParts(&parts);
    return status;
}

NTSTATUS NTAPI SeReleaseSecurityDescriptor(PSECURITY_DESCRIPTOR Captured, KPROCESSOR_MODE Mode, BOOLEAN CaptureIfKernel) {
    if (Captured != NULL && (Mode != KernelMode || CaptureIfKernel))
        ExFreePool(Captured);
    return STATUS_SUCCESS;
}
