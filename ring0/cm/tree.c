/* Keys and values in memory. */
#include "cm/store.h"
#include "kd/kd.h"
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

/* There is room for one more. */
static VOID CmpInsertChild(PCM_NODE Parent, PCM_NODE Node) {
    ULONG index = CmpLowerBound(Parent, &Node->Name);
    RtlMoveMemory(&Parent->Children[index + 1], &Parent->Children[index], (Parent->ChildCount - index) * sizeof(Parent->Children[0]));
    Parent->Children[index] = Node;
    Parent->ChildCount++;
}

static VOID CmpRemoveChild(PCM_NODE Parent, PCM_NODE Node) {
    ULONG index = CmpLowerBound(Parent, &Node->Name);
    NT_ASSERT_OURS(index < Parent->ChildCount && Parent->Children[index] == Node);
    Parent->ChildCount--;
    RtlMoveMemory(&Parent->Children[index], &Parent->Children[index + 1], (Parent->ChildCount - index) * sizeof(Parent->Children[0]));
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
        CmpInsertChild(Parent, node);
        node->Kept = Parent->Kept;
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
        if (Node->Name.Buffer != (PWSTR)(Node + 1)) /* it has been renamed */
            ExFreePoolWithTag(Node->Name.Buffer, CMP_TAG);
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
    NT_ASSERT_OURS(Node->ChildCount == 0 && !Node->Deleted);
    CmpLogNoKey(Node);
    CmpRemoveChild(parent, Node);
    CmpTouchNode(parent);
    Node->Deleted = TRUE;
    KdRegistryChanged(&Node->Name);
    CmpDereferenceNode(Node);
}

VOID CmpDeleteTree(PCM_NODE Node) {
    PCM_NODE top = Node->Parent, at = Node;
    while (at != top) {
        if (at->ChildCount != 0) {
            at = at->Children[at->ChildCount - 1];
        } else {
            PCM_NODE parent = at->Parent;
            CmpDeleteNode(at);
            at = parent;
        }
    }
}

PCM_NODE CmpNextNode(PCM_NODE Top, PCM_NODE Node) {
    if (Node->ChildCount != 0)
        return Node->Children[0];
    for (; Node != Top; Node = Node->Parent) {
        ULONG next = CmpLowerBound(Node->Parent, &Node->Name) + 1;
        if (next < Node->Parent->ChildCount)
            return Node->Parent->Children[next];
    }
    return NULL;
}

ULONG CmpDepth(PCM_NODE Node) {
    ULONG depth = 0;
    for (; Node->Parent != NULL; Node = Node->Parent)
        depth++;
    return depth;
}

NTSTATUS CmpRenameNode(PCM_NODE Node, PCUNICODE_STRING NewName) {
    PWSTR name = ExAllocatePoolWithTag(PagedPool, NewName->Length, CMP_TAG);
    if (name == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    CmpLogNoKey(Node);
    CmpRemoveChild(Node->Parent, Node);
    KdRegistryChanged(&Node->Name);
    if (Node->Name.Buffer != (PWSTR)(Node + 1))
        ExFreePoolWithTag(Node->Name.Buffer, CMP_TAG);
    RtlCopyMemory(name, NewName->Buffer, NewName->Length);
    Node->Name.Buffer = name;
    Node->Name.Length = Node->Name.MaximumLength = NewName->Length;
    CmpInsertChild(Node->Parent, Node); /* where there is room for it, since it has just left */
    CmpTouchNode(Node);
    CmpTouchNode(Node->Parent);
    CmpLogTree(Node);
    KdRegistryChanged(&Node->Name);
    return STATUS_SUCCESS;
}

static ULONG CmpHashName(PCUNICODE_STRING Name) {
    ULONG hash = 0;
    for (ULONG i = 0; i < Name->Length / sizeof(WCHAR); i++)
        hash = hash * 31 + RtlUpcaseUnicodeChar(Name->Buffer[i]);
    return hash;
}

static ULONG CmpValueIndex(PCM_NODE Node, PCUNICODE_STRING Name) {
    ULONG index = 0, hash = CmpHashName(Name);
    while (index < Node->ValueCount && (Node->Values[index]->Hash != hash || RtlCompareUnicodeString(&Node->Values[index]->Name, Name, TRUE) != 0))
        index++;
    return index;
}

PCM_VALUE CmpFindValue(PCM_NODE Node, PCUNICODE_STRING Name) {
    ULONG index = CmpValueIndex(Node, Name);
    return index < Node->ValueCount ? Node->Values[index] : NULL;
}

static BOOLEAN CmpIsSame(PCM_VALUE Value, ULONG Type, const VOID *Data, ULONG Size) {
    return Value->Type == Type && Value->Size == Size && RtlCompareMemory(Value->Data, Data, Size) == Size;
}

/* A value that is there keeps its name as it was first written. Setting what is set already is no change: most writes of most programs are that. */
NTSTATUS CmpPutValue(PCM_NODE Node, PCUNICODE_STRING Name, ULONG Type, const VOID *Data, ULONG Size) {
    ULONG index = CmpValueIndex(Node, Name);
    if (index < Node->ValueCount && CmpIsSame(Node->Values[index], Type, Data, Size))
        return STATUS_SUCCESS;
    if (index < Node->ValueCount)
        Name = &Node->Values[index]->Name;
    else if (!CmpReserve((PVOID **)&Node->Values, Node->ValueCount, &Node->ValueCapacity))
        return STATUS_INSUFFICIENT_RESOURCES;
    PCM_VALUE value = ExAllocatePoolWithTag(PagedPool, sizeof(*value) + Name->Length + Size, CMP_TAG);
    if (value == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    value->Name.Buffer = (PWSTR)(value + 1);
    value->Name.Length = value->Name.MaximumLength = Name->Length;
    value->Hash = CmpHashName(Name);
    value->Type = Type;
    value->Size = Size;
    value->Data = (PUCHAR)value->Name.Buffer + Name->Length;
    RtlCopyMemory(value->Name.Buffer, Name->Buffer, Name->Length);
    if (Size != 0)
        RtlCopyMemory(value->Data, Data, Size);
    if (index == Node->ValueCount)
        Node->ValueCount++;
    else
        ExFreePoolWithTag(Node->Values[index], CMP_TAG);
    Node->Values[index] = value;
    CmpTouchNode(Node);
    CmpLogValue(Node, value);
    KdRegistryChanged(&Node->Name);
    return STATUS_SUCCESS;
}

BOOLEAN CmpRemoveValue(PCM_NODE Node, PCUNICODE_STRING Name) {
    ULONG index = CmpValueIndex(Node, Name);
    if (index == Node->ValueCount)
        return FALSE;
    CmpLogNoValue(Node, &Node->Values[index]->Name);
    ExFreePoolWithTag(Node->Values[index], CMP_TAG);
    Node->ValueCount--;
    RtlMoveMemory(&Node->Values[index], &Node->Values[index + 1], (Node->ValueCount - index) * sizeof(Node->Values[0]));
    CmpTouchNode(Node);
    KdRegistryChanged(&Node->Name);
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

/* ---- Copies ---- */
static NTSTATUS CmpCopyValues(PCM_NODE From, PCM_NODE To) {
    for (ULONG i = To->ValueCount; i-- > 0;)
        if (CmpFindValue(From, &To->Values[i]->Name) == NULL)
            CmpRemoveValue(To, &To->Values[i]->Name);
    for (ULONG i = 0; i < From->ValueCount; i++) {
        PCM_VALUE value = From->Values[i];
        NTSTATUS status = CmpPutValue(To, &value->Name, value->Type, value->Data, value->Size);
        if (!NT_SUCCESS(status))
            return status;
    }
    return STATUS_SUCCESS;
}

/* The child of To that is a copy of From's child. */
static NTSTATUS CmpCopyChild(PCM_NODE From, PCM_NODE To, PCM_NODE *Child) {
    *Child = CmpFindChild(To, &From->Name);
    if (*Child != NULL)
        return STATUS_SUCCESS;
    PWSTR className = NULL;
    if (From->Class.Length != 0) {
        className = ExAllocatePoolWithTag(PagedPool, From->Class.Length, CMP_TAG);
        if (className == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        RtlCopyMemory(className, From->Class.Buffer, From->Class.Length);
    }
    *Child = CmpCreateNode(To, &From->Name);
    if (*Child == NULL) {
        if (className != NULL)
            ExFreePoolWithTag(className, CMP_TAG);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    (*Child)->Class = (UNICODE_STRING){From->Class.Length, From->Class.Length, className};
    (*Child)->Link = From->Link;
    CmpLogKey(*Child);
    return STATUS_SUCCESS;
}

/* Both trees are walked side by side: at and its copy stand for the same path below From and To. */
NTSTATUS CmpCopyTree(PCM_NODE From, PCM_NODE To) {
    PCM_NODE copy = To;
    for (PCM_NODE at = From, before = NULL; at != NULL;) {
        NTSTATUS status = STATUS_SUCCESS;
        if (before != NULL) {
            while (before != at->Parent) {
                before = before->Parent;
                copy = copy->Parent;
            }
            status = CmpCopyChild(at, copy, &copy);
        }
        if (NT_SUCCESS(status))
            status = CmpCopyValues(at, copy);
        if (!NT_SUCCESS(status))
            return status;
        for (ULONG i = copy->ChildCount; i-- > 0;) {
            PCM_NODE kept = CmpFindChild(at, &copy->Children[i]->Name);
            if (kept == NULL || kept->Volatile)
                CmpDeleteTree(copy->Children[i]);
        }
        before = at;
        do {
            at = CmpNextNode(From, at); /* below a volatile key all are volatile */
        } while (at != NULL && at->Volatile);
    }
    return STATUS_SUCCESS;
}
