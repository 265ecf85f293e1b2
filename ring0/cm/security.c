/*
 * Who may do what with a key. Most keys have the descriptor of the nearest key above that has one of its own, for that is what they would inherit: a key gets
 * its own when it would have another one (it was given one, or its creator makes it the owner), or when one is set.
 */
#include "cm/store.h"
#include "ke/ke.h"
#include "se/se.h"

static PSECURITY_DESCRIPTOR CmpEffective(PCM_NODE Node) {
    while (Node->Security == NULL && Node->Parent != NULL)
        Node = Node->Parent;
    return Node->Security;
}

static PSECURITY_DESCRIPTOR CmpCopyDescriptor(PSECURITY_DESCRIPTOR Descriptor) {
    ULONG length = RtlLengthSecurityDescriptor(Descriptor);
    PSECURITY_DESCRIPTOR copy = ExAllocatePoolWithTag(PagedPool, length, CMP_TAG);
    if (copy != NULL)
        RtlCopyMemory(copy, Descriptor, length);
    return copy;
}

/* One descriptor passes on just itself: every entry counts here and below. */
static BOOLEAN CmpIsSame(PSECURITY_DESCRIPTOR A, PSECURITY_DESCRIPTOR B) {
    SECURITY_DESCRIPTOR_RELATIVE *a = A, *b = B;
    PACL one = (PACL)((PUCHAR)A + a->Dacl), other = (PACL)((PUCHAR)B + b->Dacl);
    if (a->Control != b->Control || a->Dacl == 0 || b->Dacl == 0 || a->Sacl != 0 || b->Sacl != 0 || a->Owner == 0 || b->Owner == 0)
        return FALSE;
    return RtlEqualSid((PUCHAR)A + a->Owner, (PUCHAR)B + b->Owner) && one->AclSize == other->AclSize && RtlEqualMemory(one, other, one->AclSize);
}

NTSTATUS CmpAssignSecurity(PCM_NODE Parent, PACCESS_STATE AccessState, KPROCESSOR_MODE Mode, PSECURITY_DESCRIPTOR *Security) {
    PSECURITY_DESCRIPTOR inherited = CmpEffective(Parent), assigned;
    *Security = NULL;
    if (inherited == NULL)
        return STATUS_SUCCESS;
    NTSTATUS status =
        SeAssignForObject(inherited, AccessState->SecurityDescriptor, TRUE, SeQuerySubjectContextToken(&AccessState->SubjectSecurityContext), Mode, 0,
                          (PGENERIC_MAPPING)&CmpKeyInitializer.GenericMapping, &assigned);
    if (!NT_SUCCESS(status))
        return status;
    if (CmpIsSame(inherited, assigned))
        ExFreePool(assigned);
    else
        *Security = assigned;
    return STATUS_SUCCESS;
}

NTSTATUS CmpCheckSecurity(PCM_NODE Node, ACCESS_MASK Desired, PACCESS_STATE AccessState, KPROCESSOR_MODE Mode, PACCESS_MASK Granted) {
    PSECURITY_DESCRIPTOR descriptor = CmpEffective(Node);
    PPRIVILEGE_SET privileges = NULL;
    NTSTATUS status;
    *Granted = Desired;
    if (Mode == KernelMode || descriptor == NULL)
        return STATUS_SUCCESS;
    if (!SeAccessCheck(descriptor, &AccessState->SubjectSecurityContext, FALSE, Desired, 0, &privileges,
                       (PGENERIC_MAPPING)&CmpKeyInitializer.GenericMapping, Mode, Granted, &status))
        return status;
    if (privileges != NULL)
        SeFreePrivileges(privileges);
    return STATUS_SUCCESS;
}

/* Keys below go on as they were whatever becomes of this one: those that had it from here get their own. */
PSECURITY_DESCRIPTOR *CmpKeySecurity(PVOID Object) {
    PCM_NODE node = ((PCM_KEY)Object)->Node;
    PSECURITY_DESCRIPTOR effective = CmpEffective(node);
    for (ULONG i = 0; effective != NULL && i < node->ChildCount; i++)
        if (node->Children[i]->Security == NULL)
            node->Children[i]->Security = CmpCopyDescriptor(effective);
    if (node->Security == NULL && effective != NULL)
        node->Security = CmpCopyDescriptor(effective);
    return &node->Security;
}

VOID CmpKeySecurityChanged(PVOID Object) {
    PCM_NODE node = ((PCM_KEY)Object)->Node;
    CmpTouchNode(node);
    CmpLogSecurity(node);
    for (ULONG i = 0; i < node->ChildCount; i++)
        CmpLogSecurity(node->Children[i]);
    CmpReportChange(node, REG_NOTIFY_CHANGE_SECURITY);
}

VOID CmpSecureHives(VOID) {
    static const struct {
        PCWSTR Path, Sddl;
    } hives[] = {
        {L"\\REGISTRY", L"O:BAG:SYD:(A;CI;KA;;;SY)(A;CI;KA;;;BA)(A;CI;KR;;;WD)(A;CI;KR;;;RC)"},
        {L"\\REGISTRY\\MACHINE\\SAM", L"O:BAG:SYD:P(A;CI;KA;;;SY)(A;CI;RCWD;;;BA)"},
        {L"\\REGISTRY\\MACHINE\\SECURITY", L"O:BAG:SYD:P(A;CI;KA;;;SY)(A;CI;RCWD;;;BA)"},
        /* HKEY_CURRENT_USER of whoever there is */
        {L"\\REGISTRY\\USER\\.DEFAULT", L"O:BAG:SYD:(A;CI;KA;;;SY)(A;CI;KA;;;BA)(A;CI;KA;;;AU)(A;CI;KR;;;RC)"},
    };
    for (ULONG i = 0; i < RTL_NUMBER_OF(hives); i++) {
        PCM_NODE node = i == 0 ? CmpRoot : CmpNodeByPath(hives[i].Path);
        NTSTATUS status = SeParseDescriptor(hives[i].Sddl, &node->Security);
        NT_ASSERT_OURS(NT_SUCCESS(status));
    }
}
