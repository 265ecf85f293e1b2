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
    ULONG Length = RtlLengthSecurityDescriptor(Descriptor);
    PSECURITY_DESCRIPTOR Copy = ExAllocatePoolWithTag(PagedPool, Length, CMP_TAG);
    if (Copy != NULL)
        RtlCopyMemory(Copy, Descriptor, Length);
    return Copy;
}

/* One descriptor passes on just itself: every entry counts here and below. */
static BOOLEAN CmpIsSame(PSECURITY_DESCRIPTOR A, PSECURITY_DESCRIPTOR B) {
    SECURITY_DESCRIPTOR_RELATIVE *First = A, *Second = B;
    PACL One = (PACL)((PUCHAR)A + First->Dacl), Other = (PACL)((PUCHAR)B + Second->Dacl);
    if (First->Control != Second->Control || First->Dacl == 0 || Second->Dacl == 0 || First->Sacl != 0 || Second->Sacl != 0 || First->Owner == 0 ||
        Second->Owner == 0)
        return FALSE;
    return RtlEqualSid((PUCHAR)A + First->Owner, (PUCHAR)B + Second->Owner) && One->AclSize == Other->AclSize &&
           RtlEqualMemory(One, Other, One->AclSize);
}

NTSTATUS CmpAssignSecurity(PCM_NODE Parent, PACCESS_STATE AccessState, KPROCESSOR_MODE Mode, PSECURITY_DESCRIPTOR *Security) {
    PSECURITY_DESCRIPTOR Inherited = CmpEffective(Parent), Assigned;
    *Security = NULL;
    if (Inherited == NULL)
        return STATUS_SUCCESS;
    NTSTATUS Status =
        SeAssignForObject(Inherited, AccessState->SecurityDescriptor, TRUE, SeQuerySubjectContextToken(&AccessState->SubjectSecurityContext), Mode, 0,
                          (PGENERIC_MAPPING)&CmpKeyInitializer.GenericMapping, &Assigned);
    if (!NT_SUCCESS(Status))
        return Status;
    if (CmpIsSame(Inherited, Assigned))
        ExFreePool(Assigned);
    else
        *Security = Assigned;
    return STATUS_SUCCESS;
}

NTSTATUS CmpCheckSecurity(PCM_NODE Node, ACCESS_MASK Desired, PACCESS_STATE AccessState, KPROCESSOR_MODE Mode, PACCESS_MASK Granted) {
    PSECURITY_DESCRIPTOR Descriptor = CmpEffective(Node);
    PPRIVILEGE_SET Privileges = NULL;
    NTSTATUS Status;
    *Granted = Desired;
    if (Mode == KernelMode || Descriptor == NULL)
        return STATUS_SUCCESS;
    if (!SeAccessCheck(Descriptor, &AccessState->SubjectSecurityContext, FALSE, Desired, 0, &Privileges,
                       (PGENERIC_MAPPING)&CmpKeyInitializer.GenericMapping, Mode, Granted, &Status))
        return Status;
    if (Privileges != NULL)
        SeFreePrivileges(Privileges);
    return STATUS_SUCCESS;
}

/* Keys below go on as they were whatever becomes of this one: those that had it from here get their own. */
PSECURITY_DESCRIPTOR *CmpKeySecurity(PVOID Object) {
    PCM_NODE Node = ((PCM_KEY)Object)->Node;
    PSECURITY_DESCRIPTOR Effective = CmpEffective(Node);
    for (ULONG I = 0; Effective != NULL && I < Node->ChildCount; I++)
        if (Node->Children[I]->Security == NULL)
            Node->Children[I]->Security = CmpCopyDescriptor(Effective);
    if (Node->Security == NULL && Effective != NULL)
        Node->Security = CmpCopyDescriptor(Effective);
    return &Node->Security;
}

VOID CmpKeySecurityChanged(PVOID Object) {
    PCM_NODE Node = ((PCM_KEY)Object)->Node;
    CmpTouchNode(Node);
    CmpLogSecurity(Node);
    for (ULONG I = 0; I < Node->ChildCount; I++)
        CmpLogSecurity(Node->Children[I]);
    CmpReportChange(Node, REG_NOTIFY_CHANGE_SECURITY);
}

VOID CmpSecureHives(VOID) {
    static const struct {
        PCWSTR Path, Sddl;
    } Hives[] = {
        {L"\\REGISTRY", L"O:BAG:SYD:(A;CI;KA;;;SY)(A;CI;KA;;;BA)(A;CI;KR;;;WD)(A;CI;KR;;;RC)"},
        {L"\\REGISTRY\\MACHINE\\SAM", L"O:BAG:SYD:P(A;CI;KA;;;SY)(A;CI;RCWD;;;BA)"},
        {L"\\REGISTRY\\MACHINE\\SECURITY", L"O:BAG:SYD:P(A;CI;KA;;;SY)(A;CI;RCWD;;;BA)"},
        /* HKEY_CURRENT_USER of whoever there is */
        {L"\\REGISTRY\\USER\\.DEFAULT", L"O:BAG:SYD:(A;CI;KA;;;SY)(A;CI;KA;;;BA)(A;CI;KA;;;AU)(A;CI;KR;;;RC)"},
    };
    for (ULONG I = 0; I < RTL_NUMBER_OF(Hives); I++) {
        PCM_NODE Node = I == 0 ? CmpRoot : CmpNodeByPath(Hives[I].Path);
        NTSTATUS Status = SeParseDescriptor(Hives[I].Sddl, &Node->Security);
        NT_ASSERT_OURS(NT_SUCCESS(Status));
    }
}
