/* Keys and values in memory. */
#include "cm/store.h"
#include "kd/kd.h"
#include "ke/ke.h"

VOID CmpTouchNode(PCM_NODE Node) { KeQuerySystemTime(&Node->LastWriteTime); }

static ULONG CmpLowerBound(PCM_NODE Node, PCUNICODE_STRING Name) {
    ULONG Low = 0, High = Node->ChildCount;
    while (Low < High) {
        ULONG Middle = Low + (High - Low) / 2;
        if (RtlCompareUnicodeString(&Node->Children[Middle]->Name, Name, TRUE) < 0)
            Low = Middle + 1;
        else
            High = Middle;
    }
    return Low;
}

PCM_NODE CmpFindChild(PCM_NODE Node, PCUNICODE_STRING Name) {
    ULONG Index = CmpLowerBound(Node, Name);
    if (Index == Node->ChildCount || RtlCompareUnicodeString(&Node->Children[Index]->Name, Name, TRUE) != 0)
        return NULL;
    return Node->Children[Index];
}

/* Room for one more pointer in an array. */
static BOOLEAN CmpReserve(PVOID **Array, ULONG Count, ULONG *Capacity) {
    if (Count < *Capacity)
        return TRUE;
    ULONG NewCapacity = *Capacity == 0 ? 8 : *Capacity * 2;
    PVOID *NewArray = ExAllocatePoolWithTag(PagedPool, NewCapacity * sizeof(*NewArray), CMP_TAG);
    if (NewArray == NULL)
        return FALSE;
    if (*Array != NULL) {
        RtlCopyMemory(NewArray, *Array, Count * sizeof(*NewArray));
        ExFreePoolWithTag(*Array, CMP_TAG);
    }
    *Array = NewArray;
    *Capacity = NewCapacity;
    return TRUE;
}

/* There is room for one more. */
static VOID CmpInsertChild(PCM_NODE Parent, PCM_NODE Node) {
    ULONG Index = CmpLowerBound(Parent, &Node->Name);
    RtlMoveMemory(&Parent->Children[Index + 1], &Parent->Children[Index], (Parent->ChildCount - Index) * sizeof(Parent->Children[0]));
    Parent->Children[Index] = Node;
    Parent->ChildCount++;
}

static VOID CmpRemoveChild(PCM_NODE Parent, PCM_NODE Node) {
    ULONG Index = CmpLowerBound(Parent, &Node->Name);
    NT_ASSERT_OURS(Index < Parent->ChildCount && Parent->Children[Index] == Node);
    Parent->ChildCount--;
    RtlMoveMemory(&Parent->Children[Index], &Parent->Children[Index + 1], (Parent->ChildCount - Index) * sizeof(Parent->Children[0]));
}

PCM_NODE CmpCreateNode(PCM_NODE Parent, PCUNICODE_STRING Name) {
    if (Parent != NULL && !CmpReserve((PVOID **)&Parent->Children, Parent->ChildCount, &Parent->ChildCapacity))
        return NULL;
    PCM_NODE Node = ExAllocatePoolWithTag(PagedPool, sizeof(*Node) + Name->Length, CMP_TAG);
    if (Node == NULL)
        return NULL;
    RtlZeroMemory(Node, sizeof(*Node));
    Node->Parent = Parent;
    Node->References = 1;
    Node->Name.Buffer = (PWSTR)(Node + 1);
    Node->Name.Length = Node->Name.MaximumLength = Name->Length;
    RtlCopyMemory(Node->Name.Buffer, Name->Buffer, Name->Length);
    CmpTouchNode(Node);
    if (Parent != NULL) {
        CmpInsertChild(Parent, Node);
        Node->Kept = Parent->Kept;
        CmpReferenceNode(Parent);
        CmpTouchNode(Parent);
    }
    return Node;
}

VOID CmpReferenceNode(PCM_NODE Node) { Node->References++; }

VOID CmpDereferenceNode(PCM_NODE Node) {
    while (Node != NULL && --Node->References == 0) {
        PCM_NODE Parent = Node->Parent;
        NT_ASSERT_OURS(Node->ChildCount == 0);
        for (ULONG I = 0; I < Node->ValueCount; I++)
            ExFreePoolWithTag(Node->Values[I], CMP_TAG);
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
        Node = Parent;
    }
}

VOID CmpDeleteNode(PCM_NODE Node) {
    PCM_NODE Parent = Node->Parent;
    NT_ASSERT_OURS(Node->ChildCount == 0 && !Node->Deleted);
    CmpLogNoKey(Node);
    CmpRemoveChild(Parent, Node);
    CmpTouchNode(Parent);
    Node->Deleted = TRUE;
    KdRegistryChanged(&Node->Name);
    CmpDereferenceNode(Node);
}

VOID CmpDeleteTree(PCM_NODE Node) {
    PCM_NODE Top = Node->Parent, At = Node;
    while (At != Top) {
        if (At->ChildCount != 0) {
            At = At->Children[At->ChildCount - 1];
        } else {
            PCM_NODE Parent = At->Parent;
            CmpDeleteNode(At);
            At = Parent;
        }
    }
}

PCM_NODE CmpNextNode(PCM_NODE Top, PCM_NODE Node) {
    if (Node->ChildCount != 0)
        return Node->Children[0];
    for (; Node != Top; Node = Node->Parent) {
        ULONG Next = CmpLowerBound(Node->Parent, &Node->Name) + 1;
        if (Next < Node->Parent->ChildCount)
            return Node->Parent->Children[Next];
    }
    return NULL;
}

ULONG CmpDepth(PCM_NODE Node) {
    ULONG Depth = 0;
    for (; Node->Parent != NULL; Node = Node->Parent)
        Depth++;
    return Depth;
}

NTSTATUS CmpRenameNode(PCM_NODE Node, PCUNICODE_STRING NewName) {
    PWSTR Name = ExAllocatePoolWithTag(PagedPool, NewName->Length, CMP_TAG);
    if (Name == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    CmpLogNoKey(Node);
    CmpRemoveChild(Node->Parent, Node);
    KdRegistryChanged(&Node->Name);
    if (Node->Name.Buffer != (PWSTR)(Node + 1))
        ExFreePoolWithTag(Node->Name.Buffer, CMP_TAG);
    RtlCopyMemory(Name, NewName->Buffer, NewName->Length);
    Node->Name.Buffer = Name;
    Node->Name.Length = Node->Name.MaximumLength = NewName->Length;
    CmpInsertChild(Node->Parent, Node); /* where there is room for it, since it has just left */
    CmpTouchNode(Node);
    CmpTouchNode(Node->Parent);
    CmpLogTree(Node);
    KdRegistryChanged(&Node->Name);
    return STATUS_SUCCESS;
}

static ULONG CmpHashName(PCUNICODE_STRING Name) {
    ULONG Hash = 0;
    for (ULONG I = 0; I < Name->Length / sizeof(WCHAR); I++)
        Hash = Hash * 31 + RtlUpcaseUnicodeChar(Name->Buffer[I]);
    return Hash;
}

static ULONG CmpValueIndex(PCM_NODE Node, PCUNICODE_STRING Name) {
    ULONG Index = 0, Hash = CmpHashName(Name);
    while (Index < Node->ValueCount && (Node->Values[Index]->Hash != Hash || RtlCompareUnicodeString(&Node->Values[Index]->Name, Name, TRUE) != 0))
        Index++;
    return Index;
}

PCM_VALUE CmpFindValue(PCM_NODE Node, PCUNICODE_STRING Name) {
    ULONG Index = CmpValueIndex(Node, Name);
    return Index < Node->ValueCount ? Node->Values[Index] : NULL;
}

static BOOLEAN CmpIsSame(PCM_VALUE Value, ULONG Type, const VOID *Data, ULONG Size) {
    return Value->Type == Type && Value->Size == Size && RtlCompareMemory(Value->Data, Data, Size) == Size;
}

/* A value that is there keeps its name as it was first written. Setting what is set already is no change: most writes of most programs are that. */
NTSTATUS CmpPutValue(PCM_NODE Node, PCUNICODE_STRING Name, ULONG Type, const VOID *Data, ULONG Size) {
    ULONG Index = CmpValueIndex(Node, Name);
    if (Index < Node->ValueCount && CmpIsSame(Node->Values[Index], Type, Data, Size))
        return STATUS_SUCCESS;
    if (Index < Node->ValueCount)
        Name = &Node->Values[Index]->Name;
    else if (!CmpReserve((PVOID **)&Node->Values, Node->ValueCount, &Node->ValueCapacity))
        return STATUS_INSUFFICIENT_RESOURCES;
    PCM_VALUE Value = ExAllocatePoolWithTag(PagedPool, sizeof(*Value) + Name->Length + Size, CMP_TAG);
    if (Value == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Value->Name.Buffer = (PWSTR)(Value + 1);
    Value->Name.Length = Value->Name.MaximumLength = Name->Length;
    Value->Hash = CmpHashName(Name);
    Value->Type = Type;
    Value->Size = Size;
    Value->Data = (PUCHAR)Value->Name.Buffer + Name->Length;
    RtlCopyMemory(Value->Name.Buffer, Name->Buffer, Name->Length);
    if (Size != 0)
        RtlCopyMemory(Value->Data, Data, Size);
    if (Index == Node->ValueCount)
        Node->ValueCount++;
    else
        ExFreePoolWithTag(Node->Values[Index], CMP_TAG);
    Node->Values[Index] = Value;
    CmpTouchNode(Node);
    CmpLogValue(Node, Value);
    KdRegistryChanged(&Node->Name);
    return STATUS_SUCCESS;
}

BOOLEAN CmpRemoveValue(PCM_NODE Node, PCUNICODE_STRING Name) {
    ULONG Index = CmpValueIndex(Node, Name);
    if (Index == Node->ValueCount)
        return FALSE;
    CmpLogNoValue(Node, &Node->Values[Index]->Name);
    ExFreePoolWithTag(Node->Values[Index], CMP_TAG);
    Node->ValueCount--;
    RtlMoveMemory(&Node->Values[Index], &Node->Values[Index + 1], (Node->ValueCount - Index) * sizeof(Node->Values[0]));
    CmpTouchNode(Node);
    KdRegistryChanged(&Node->Name);
    return TRUE;
}

VOID CmpNextName(PUNICODE_STRING Rest, PUNICODE_STRING First) {
    USHORT Count = Rest->Length / sizeof(WCHAR), Start = 0, End;
    while (Start < Count && Rest->Buffer[Start] == L'\\')
        Start++;
    for (End = Start; End < Count && Rest->Buffer[End] != L'\\'; End++)
        ;
    First->Buffer = Rest->Buffer + Start;
    First->Length = First->MaximumLength = (USHORT)((End - Start) * sizeof(WCHAR));
    Rest->Buffer += End;
    Rest->Length = Rest->MaximumLength = (USHORT)((Count - End) * sizeof(WCHAR));
}

VOID CmpNodePath(PCM_NODE Node, PWSTR Buffer, PULONG Length) {
    ULONG Bytes = 0;
    for (PCM_NODE Ancestor = Node; Ancestor != NULL; Ancestor = Ancestor->Parent)
        Bytes += Ancestor->Name.Length + sizeof(WCHAR);
    *Length = Bytes;
    if (Buffer == NULL)
        return;
    PWSTR End = Buffer + Bytes / sizeof(WCHAR);
    for (PCM_NODE Ancestor = Node; Ancestor != NULL; Ancestor = Ancestor->Parent) {
        End -= Ancestor->Name.Length / sizeof(WCHAR);
        RtlCopyMemory(End, Ancestor->Name.Buffer, Ancestor->Name.Length);
        *--End = L'\\';
    }
}

/* ---- Copies ---- */
static NTSTATUS CmpCopyValues(PCM_NODE From, PCM_NODE To) {
    for (ULONG I = To->ValueCount; I-- > 0;)
        if (CmpFindValue(From, &To->Values[I]->Name) == NULL)
            CmpRemoveValue(To, &To->Values[I]->Name);
    for (ULONG I = 0; I < From->ValueCount; I++) {
        PCM_VALUE Value = From->Values[I];
        NTSTATUS Status = CmpPutValue(To, &Value->Name, Value->Type, Value->Data, Value->Size);
        if (!NT_SUCCESS(Status))
            return Status;
    }
    return STATUS_SUCCESS;
}

/* The child of To that is a copy of From's child. */
static NTSTATUS CmpCopyChild(PCM_NODE From, PCM_NODE To, PCM_NODE *Child) {
    *Child = CmpFindChild(To, &From->Name);
    if (*Child != NULL)
        return STATUS_SUCCESS;
    PWSTR ClassName = NULL;
    if (From->Class.Length != 0) {
        ClassName = ExAllocatePoolWithTag(PagedPool, From->Class.Length, CMP_TAG);
        if (ClassName == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        RtlCopyMemory(ClassName, From->Class.Buffer, From->Class.Length);
    }
    *Child = CmpCreateNode(To, &From->Name);
    if (*Child == NULL) {
        if (ClassName != NULL)
            ExFreePoolWithTag(ClassName, CMP_TAG);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    (*Child)->Class = (UNICODE_STRING){From->Class.Length, From->Class.Length, ClassName};
    (*Child)->Link = From->Link;
    CmpLogKey(*Child);
    return STATUS_SUCCESS;
}

/* Both trees are walked side by side: at and its copy stand for the same path below From and To. */
NTSTATUS CmpCopyTree(PCM_NODE From, PCM_NODE To) {
    PCM_NODE Copy = To;
    for (PCM_NODE At = From, Before = NULL; At != NULL;) {
        NTSTATUS Status = STATUS_SUCCESS;
        if (Before != NULL) {
            while (Before != At->Parent) {
                Before = Before->Parent;
                Copy = Copy->Parent;
            }
            Status = CmpCopyChild(At, Copy, &Copy);
        }
        if (NT_SUCCESS(Status))
            Status = CmpCopyValues(At, Copy);
        if (!NT_SUCCESS(Status))
            return Status;
        for (ULONG I = Copy->ChildCount; I-- > 0;) {
            PCM_NODE Kept = CmpFindChild(At, &Copy->Children[I]->Name);
            if (Kept == NULL || Kept->Volatile)
                CmpDeleteTree(Copy->Children[I]);
        }
        Before = At;
        do {
            At = CmpNextNode(From, At); /* below a volatile key all are volatile */
        } while (At != NULL && At->Volatile);
    }
    return STATUS_SUCCESS;
}
