/* Keys and values in memory. */
#include "cm/key.h"
#include "ke/ke.h"

VOID CmpTouchNode(PCM_NODE Node) { KeQuerySystemTime(&Node->LastWriteTime); }

static ULONG CmpLowerBound(PCM_NODE Node, PCUNICODE_STRING Name) {
    ULONG low = 0, high = Node->ChildCount;
    while (low < high) {
        ULONG middle = low + (high - low) / 2;
        if (RtlCompareUnicodeString(&Node->Children[middle]->Name, Name, TRUE) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

PCM_NODE CmpFindChild(PCM_NODE Node, PCUNICODE_STRING Name) {
    ULONG index = CmpLowerBound(Node, Name);
    if (index == Node->ChildCount || RtlCompareUnicodeString(&Node->Children[index]->Name, Name, TRUE) != 0)
        return NULL;
    return Node->Children[index];
}

/* Room for one more pointer in an array. */
static BOOLEAN CmpReserve(PVOID **Array, ULONG Count, ULONG *Capacity) {
    if (Count < *Capacity)
        return TRUE;
    ULONG capacity = *Capacity == 0 ? 8 : *Capacity * 2;
    PVOID *array = ExAllocatePoolWithTag(PagedPool, capacity * sizeof(*array), CMP_TAG);
    if (array == NULL)
        return FALSE;
    if (*Array != NULL) {
        RtlCopyMemory(array, *Array, Count * sizeof(*array));
        ExFreePoolWithTag(*Array, CMP_TAG);
    }
    *Array = array;
    *Capacity = capacity;
    return TRUE;
}

PCM_NODE CmpCreateNode(PCM_NODE Parent, PCUNICODE_STRING Name) {
    if (Parent != NULL && !CmpReserve((PVOID **)&Parent->Children, Parent->ChildCount, &Parent->ChildCapacity))
        return NULL;
    PCM_NODE node = ExAllocatePoolWithTag(PagedPool, sizeof(*node) + Name->Length, CMP_TAG);
    if (node == NULL)
        return NULL;
    RtlZeroMemory(node, sizeof(*node));
    node->Parent = Parent;
    node->References = 1;
    node->Name.Buffer = (PWSTR)(node + 1);
    node->Name.Length = node->Name.MaximumLength = Name->Length;
    RtlCopyMemory(node->Name.Buffer, Name->Buffer, Name->Length);
    CmpTouchNode(node);
    if (Parent != NULL) {
        ULONG index = CmpLowerBound(Parent, Name);
        RtlMoveMemory(&Parent->Children[index + 1], &Parent->Children[index], (Parent->ChildCount - index) * sizeof(Parent->Children[0]));
        Parent->Children[index] = node;
        Parent->ChildCount++;
        CmpReferenceNode(Parent);
        CmpTouchNode(Parent);
    }
    return node;
}

VOID CmpReferenceNode(PCM_NODE Node) { Node->References++; }

VOID CmpDereferenceNode(PCM_NODE Node) {
    while (Node != NULL && --Node->References == 0) {
        PCM_NODE parent = Node->Parent;
        NT_ASSERT_OURS(Node->ChildCount == 0);
        for (ULONG i = 0; i < Node->ValueCount; i++)
            ExFreePoolWithTag(Node->Values[i], CMP_TAG);
        if (Node->Values != NULL)
            ExFreePoolWithTag(Node->Values, CMP_TAG);
        if (Node->Children != NULL)
            ExFreePoolWithTag(Node->Children, CMP_TAG);
        if (Node->Class.Buffer != NULL)
            ExFreePool(Node->Class.Buffer);
        if (Node->Security != NULL)
            ExFreePool(Node->Security);
        ExFreePoolWithTag(Node, CMP_TAG);
        Node = parent;
    }
}

VOID CmpDeleteNode(PCM_NODE Node) {
    PCM_NODE parent = Node->Parent;
    ULONG index = CmpLowerBound(parent, &Node->Name);
    NT_ASSERT_OURS(Node->ChildCount == 0 && !Node->Deleted && parent->Children[index] == Node);
    parent->ChildCount--;
    RtlMoveMemory(&parent->Children[index], &parent->Children[index + 1], (parent->ChildCount - index) * sizeof(parent->Children[0]));
    CmpTouchNode(parent);
    Node->Deleted = TRUE;
    CmpDereferenceNode(Node);
}

static ULONG CmpValueIndex(PCM_NODE Node, PCUNICODE_STRING Name) {
    ULONG index = 0;
    while (index < Node->ValueCount && RtlCompareUnicodeString(&Node->Values[index]->Name, Name, TRUE) != 0)
        index++;
    return index;
}

PCM_VALUE CmpFindValue(PCM_NODE Node, PCUNICODE_STRING Name) {
    ULONG index = CmpValueIndex(Node, Name);
    return index < Node->ValueCount ? Node->Values[index] : NULL;
}

/* A value that is there keeps its name as it was first written. */
NTSTATUS CmpPutValue(PCM_NODE Node, PCUNICODE_STRING Name, ULONG Type, const VOID *Data, ULONG Size) {
    ULONG index = CmpValueIndex(Node, Name);
    if (index < Node->ValueCount)
        Name = &Node->Values[index]->Name;
    else if (!CmpReserve((PVOID **)&Node->Values, Node->ValueCount, &Node->ValueCapacity))
        return STATUS_INSUFFICIENT_RESOURCES;
    PCM_VALUE value = ExAllocatePoolWithTag(PagedPool, sizeof(*value) + Name->Length + Size, CMP_TAG);
    if (value == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    value->Name.Buffer = (PWSTR)(value + 1);
    value->Name.Length = value->Name.MaximumLength = Name->Length;
    value->Type = Type;
    value->Size = Size;
    value->Data = (PUCHAR)value->Name.Buffer + Name->Length;
    RtlCopyMemory(value->Name.Buffer, Name->Buffer, Name->Length);
    RtlCopyMemory(value->Data, Data, Size);
    if (index == Node->ValueCount)
        Node->ValueCount++;
    else
        ExFreePoolWithTag(Node->Values[index], CMP_TAG);
    Node->Values[index] = value;
    CmpTouchNode(Node);
    return STATUS_SUCCESS;
}

BOOLEAN CmpRemoveValue(PCM_NODE Node, PCUNICODE_STRING Name) {
    ULONG index = CmpValueIndex(Node, Name);
    if (index == Node->ValueCount)
        return FALSE;
    ExFreePoolWithTag(Node->Values[index], CMP_TAG);
    Node->ValueCount--;
    RtlMoveMemory(&Node->Values[index], &Node->Values[index + 1], (Node->ValueCount - index) * sizeof(Node->Values[0]));
    CmpTouchNode(Node);
    return TRUE;
}

VOID CmpNextName(PUNICODE_STRING Rest, PUNICODE_STRING First) {
    USHORT count = Rest->Length / sizeof(WCHAR), start = 0, end;
    while (start < count && Rest->Buffer[start] == L'\\')
        start++;
    for (end = start; end < count && Rest->Buffer[end] != L'\\'; end++)
        ;
    First->Buffer = Rest->Buffer + start;
    First->Length = First->MaximumLength = (USHORT)((end - start) * sizeof(WCHAR));
    Rest->Buffer += end;
    Rest->Length = Rest->MaximumLength = (USHORT)((count - end) * sizeof(WCHAR));
}

VOID CmpNodePath(PCM_NODE Node, PWSTR Buffer, PULONG Length) {
    ULONG length = 0;
    for (PCM_NODE node = Node; node != NULL; node = node->Parent)
        length += node->Name.Length + sizeof(WCHAR);
    *Length = length;
    if (Buffer == NULL)
        return;
    PWSTR end = Buffer + length / sizeof(WCHAR);
    for (PCM_NODE node = Node; node != NULL; node = node->Parent) {
        end -= node->Name.Length / sizeof(WCHAR);
        RtlCopyMemory(end, node->Name.Buffer, node->Name.Length);
        *--end = L'\\';
    }
}
