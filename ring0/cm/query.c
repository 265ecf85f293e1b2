/*
 * What keys and values are: NtQueryKey, NtEnumerateKey, NtQueryValueKey, NtEnumerateValueKey.
 *
 * One rule for all (ZwQueryKey's page and its kin): a buffer that the fixed part does not fit gets nothing, STATUS_BUFFER_TOO_SMALL; one that
 * the whole does not fit gets as much as fits, STATUS_BUFFER_OVERFLOW; ResultLength is what the whole needs, every time.
 */
#include "cm/callback.h"
#include "ke/ke.h"

typedef struct _CM_ANSWER { /* an answer being built */
    PUCHAR Bytes;
    ULONG Fixed, Size;
} CM_ANSWER, *PCM_ANSWER;

static NTSTATUS CmpPrepare(PCM_ANSWER Answer, ULONG Fixed, ULONG Size) {
    Answer->Fixed = Fixed;
    Answer->Size = Size;
    Answer->Bytes = ExAllocatePoolWithTag(PagedPool, Size + sizeof(ULONG64), CMP_TAG);
    if (Answer->Bytes == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Answer->Bytes, Size + sizeof(ULONG64));
    return STATUS_SUCCESS;
}

static NTSTATUS CmpDeliver(PCM_ANSWER Answer, PVOID Buffer, ULONG Length, PULONG ResultLength, KPROCESSOR_MODE Mode) {
    NTSTATUS Status = Length < Answer->Fixed ? STATUS_BUFFER_TOO_SMALL : Length < Answer->Size ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
    if (Status != STATUS_BUFFER_TOO_SMALL) {
        NTSTATUS Stored = ObpStore(Buffer, Answer->Bytes, Length < Answer->Size ? Length : Answer->Size, Mode);
        if (!NT_SUCCESS(Stored))
            Status = Stored;
    }
    NTSTATUS Stored = ObpStore(ResultLength, &Answer->Size, sizeof(Answer->Size), Mode);
    ExFreePoolWithTag(Answer->Bytes, CMP_TAG);
    return NT_SUCCESS(Stored) ? Status : Stored;
}

static NTSTATUS CmpProbeAnswer(PVOID Buffer, ULONG Length, PULONG ResultLength, KPROCESSOR_MODE Mode) {
    NTSTATUS Status = ObpProbeOutput(Buffer, Length, sizeof(ULONG), Mode);
    return NT_SUCCESS(Status) ? ObpProbeOutput(ResultLength, sizeof(*ResultLength), sizeof(ULONG), Mode) : Status;
}

/* ---- Keys ---- */
typedef struct _CM_MAXIMA {
    ULONG Name, Class, ValueName, ValueData;
} CM_MAXIMA;

static CM_MAXIMA CmpMaxima(PCM_NODE Node) {
    CM_MAXIMA M = {0, 0, 0, 0};
    for (ULONG I = 0; I < Node->ChildCount; I++) {
        M.Name = max(M.Name, Node->Children[I]->Name.Length);
        M.Class = max(M.Class, Node->Children[I]->Class.Length);
    }
    for (ULONG I = 0; I < Node->ValueCount; I++) {
        M.ValueName = max(M.ValueName, Node->Values[I]->Name.Length);
        M.ValueData = max(M.ValueData, Node->Values[I]->Size);
    }
    return M;
}

static NTSTATUS CmpKeyBasic(PCM_NODE Node, PCM_ANSWER Answer) {
    ULONG Fixed = FIELD_OFFSET(KEY_BASIC_INFORMATION, Name);
    NTSTATUS Status = CmpPrepare(Answer, Fixed, Fixed + Node->Name.Length);
    if (NT_SUCCESS(Status)) {
        PKEY_BASIC_INFORMATION Basic = (PKEY_BASIC_INFORMATION)Answer->Bytes;
        Basic->LastWriteTime = Node->LastWriteTime;
        Basic->NameLength = Node->Name.Length;
        RtlCopyMemory(Basic->Name, Node->Name.Buffer, Node->Name.Length);
    }
    return Status;
}

static NTSTATUS CmpKeyNode(PCM_NODE Node, PCM_ANSWER Answer) {
    ULONG Fixed = FIELD_OFFSET(KEY_NODE_INFORMATION, Name);
    ULONG ClassOffset = (Fixed + Node->Name.Length + 3) & ~3u;
    NTSTATUS Status = CmpPrepare(Answer, Fixed, Node->Class.Length != 0 ? ClassOffset + Node->Class.Length : Fixed + Node->Name.Length);
    if (NT_SUCCESS(Status)) {
        PKEY_NODE_INFORMATION Shown = (PKEY_NODE_INFORMATION)Answer->Bytes;
        Shown->LastWriteTime = Node->LastWriteTime;
        Shown->ClassOffset = Node->Class.Length != 0 ? ClassOffset : ~0u;
        Shown->ClassLength = Node->Class.Length;
        Shown->NameLength = Node->Name.Length;
        RtlCopyMemory(Shown->Name, Node->Name.Buffer, Node->Name.Length);
        if (Node->Class.Length != 0)
            RtlCopyMemory(Answer->Bytes + ClassOffset, Node->Class.Buffer, Node->Class.Length);
    }
    return Status;
}

static NTSTATUS CmpKeyFull(PCM_NODE Node, PCM_ANSWER Answer) {
    ULONG Fixed = FIELD_OFFSET(KEY_FULL_INFORMATION, Class);
    NTSTATUS Status = CmpPrepare(Answer, Fixed, Fixed + Node->Class.Length);
    if (NT_SUCCESS(Status)) {
        PKEY_FULL_INFORMATION Full = (PKEY_FULL_INFORMATION)Answer->Bytes;
        CM_MAXIMA M = CmpMaxima(Node);
        Full->LastWriteTime = Node->LastWriteTime;
        Full->ClassOffset = Node->Class.Length != 0 ? Fixed : ~0u;
        Full->ClassLength = Node->Class.Length;
        Full->SubKeys = Node->ChildCount;
        Full->MaxNameLen = M.Name;
        Full->MaxClassLen = M.Class;
        Full->Values = Node->ValueCount;
        Full->MaxValueNameLen = M.ValueName;
        Full->MaxValueDataLen = M.ValueData;
        if (Node->Class.Length != 0)
            RtlCopyMemory(Full->Class, Node->Class.Buffer, Node->Class.Length);
    }
    return Status;
}

static NTSTATUS CmpKeyName(PCM_NODE Node, PCM_ANSWER Answer) {
    ULONG Fixed = FIELD_OFFSET(KEY_NAME_INFORMATION, Name), Length;
    CmpNodePath(Node, NULL, &Length);
    NTSTATUS Status = CmpPrepare(Answer, Fixed, Fixed + Length);
    if (NT_SUCCESS(Status)) {
        PKEY_NAME_INFORMATION Name = (PKEY_NAME_INFORMATION)Answer->Bytes;
        Name->NameLength = Length;
        CmpNodePath(Node, Name->Name, &Length);
    }
    return Status;
}

static NTSTATUS CmpKeyCached(PCM_NODE Node, PCM_ANSWER Answer) {
    NTSTATUS Status = CmpPrepare(Answer, sizeof(KEY_CACHED_INFORMATION), sizeof(KEY_CACHED_INFORMATION));
    if (NT_SUCCESS(Status)) {
        PKEY_CACHED_INFORMATION Cached = (PKEY_CACHED_INFORMATION)Answer->Bytes;
        CM_MAXIMA M = CmpMaxima(Node);
        Cached->LastWriteTime = Node->LastWriteTime;
        Cached->SubKeys = Node->ChildCount;
        Cached->MaxNameLen = M.Name;
        Cached->Values = Node->ValueCount;
        Cached->MaxValueNameLen = M.ValueName;
        Cached->MaxValueDataLen = M.ValueData;
        Cached->NameLength = Node->Name.Length;
    }
    return Status;
}

#define CMP_KEY_VOLATILE 1u
#define CMP_KEY_LINK     2u

/* KEY_FLAGS_INFORMATION, which has no declaration: flags of a 32-bit view, of the key, and of how it is controlled. */
static NTSTATUS CmpKeyFlags(PCM_NODE Node, PCM_ANSWER Answer) {
    NTSTATUS Status = CmpPrepare(Answer, 3 * sizeof(ULONG), 3 * sizeof(ULONG));
    if (NT_SUCCESS(Status))
        ((PULONG)Answer->Bytes)[1] = (Node->Volatile ? CMP_KEY_VOLATILE : 0) | (Node->Link ? CMP_KEY_LINK : 0);
    return Status;
}

static NTSTATUS CmpAnswerKey(PCM_NODE Node, KEY_INFORMATION_CLASS Class, PCM_ANSWER Answer) {
    switch ((ULONG)Class) {
    case KeyBasicInformation: return CmpKeyBasic(Node, Answer);
    case KeyNodeInformation: return CmpKeyNode(Node, Answer);
    case KeyFullInformation: return CmpKeyFull(Node, Answer);
    case KeyNameInformation: return CmpKeyName(Node, Answer);
    case KeyCachedInformation: return CmpKeyCached(Node, Answer);
    case KeyFlagsInformation: return CmpKeyFlags(Node, Answer);
    case KeyVirtualizationInformation: /* no key is virtualized, and none has tags: all bits are zero */
    case KeyHandleTagsInformation: return CmpPrepare(Answer, sizeof(ULONG), sizeof(ULONG));
    default: return STATUS_INVALID_PARAMETER;
    }
}

/* Names and tags of handles may be asked with a handle of any access (ZwQueryKey's page). */
static ACCESS_MASK CmpQueryAccess(KEY_INFORMATION_CLASS Class) {
    return Class == KeyNameInformation || (ULONG)Class == KeyHandleTagsInformation ? 0 : KEY_QUERY_VALUE;
}

NTSTATUS NTAPI NtQueryKey(HANDLE Handle, KEY_INFORMATION_CLASS Class, PVOID Information, ULONG Length, PULONG ResultLength) {
    KPROCESSOR_MODE Mode = KiPreviousMode();
    PCM_KEY Key;
    CM_CALL Call;
    CM_ANSWER Answer;
    NTSTATUS Status = CmpProbeAnswer(Information, Length, ResultLength, Mode);
    if (NT_SUCCESS(Status))
        Status = CmpReferenceKey(Handle, CmpQueryAccess(Class), Mode, &Key);
    if (!NT_SUCCESS(Status))
        return Status;
    REG_QUERY_KEY_INFORMATION Notice = {
        .Object = Key, .KeyInformationClass = Class, .KeyInformation = Information, .Length = Length, .ResultLength = ResultLength};
    if (CmpPre(&Call, RegNtPreQueryKey, &Notice, Key, &Status)) {
        Status = CmpAnswerKey(Key->Node, Class, &Answer);
        if (Status == STATUS_SUCCESS)
            Status = CmpDeliver(&Answer, Information, Length, ResultLength, Mode);
    }
    Status = CmpPostCall(&Call, RegNtPostQueryKey, Key, Status);
    ObfDereferenceObject(Key);
    return Status;
}

/* Three classes and no others (ZwEnumerateKey's page). */
NTSTATUS NTAPI NtEnumerateKey(HANDLE Handle, ULONG Index, KEY_INFORMATION_CLASS Class, PVOID Information, ULONG Length, PULONG ResultLength) {
    KPROCESSOR_MODE Mode = KiPreviousMode();
    PCM_KEY Key;
    CM_CALL Call;
    CM_ANSWER Answer;
    if (Class != KeyBasicInformation && Class != KeyNodeInformation && Class != KeyFullInformation)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS Status = CmpProbeAnswer(Information, Length, ResultLength, Mode);
    if (NT_SUCCESS(Status))
        Status = CmpReferenceKey(Handle, KEY_ENUMERATE_SUB_KEYS, Mode, &Key);
    if (!NT_SUCCESS(Status))
        return Status;
    REG_ENUMERATE_KEY_INFORMATION Notice = {
        .Object = Key, .Index = Index, .KeyInformationClass = Class, .KeyInformation = Information, .Length = Length, .ResultLength = ResultLength};
    if (CmpPre(&Call, RegNtPreEnumerateKey, &Notice, Key, &Status)) {
        Status = Index < Key->Node->ChildCount ? CmpAnswerKey(Key->Node->Children[Index], Class, &Answer) : STATUS_NO_MORE_ENTRIES;
        if (Status == STATUS_SUCCESS)
            Status = CmpDeliver(&Answer, Information, Length, ResultLength, Mode);
    }
    Status = CmpPostCall(&Call, RegNtPostEnumerateKey, Key, Status);
    ObfDereferenceObject(Key);
    return Status;
}

/* ---- Values ---- */
static NTSTATUS CmpValueBasic(PCM_VALUE Value, PCM_ANSWER Answer) {
    ULONG Fixed = FIELD_OFFSET(KEY_VALUE_BASIC_INFORMATION, Name);
    NTSTATUS Status = CmpPrepare(Answer, Fixed, Fixed + Value->Name.Length);
    if (NT_SUCCESS(Status)) {
        PKEY_VALUE_BASIC_INFORMATION Basic = (PKEY_VALUE_BASIC_INFORMATION)Answer->Bytes;
        Basic->Type = Value->Type;
        Basic->NameLength = Value->Name.Length;
        RtlCopyMemory(Basic->Name, Value->Name.Buffer, Value->Name.Length);
    }
    return Status;
}

static NTSTATUS CmpValueFull(PCM_VALUE Value, ULONG Alignment, PCM_ANSWER Answer) {
    ULONG Fixed = FIELD_OFFSET(KEY_VALUE_FULL_INFORMATION, Name);
    ULONG DataOffset = (Fixed + Value->Name.Length + Alignment - 1) & ~(Alignment - 1);
    NTSTATUS Status = CmpPrepare(Answer, Fixed, Value->Size != 0 ? DataOffset + Value->Size : Fixed + Value->Name.Length);
    if (NT_SUCCESS(Status)) {
        PKEY_VALUE_FULL_INFORMATION Full = (PKEY_VALUE_FULL_INFORMATION)Answer->Bytes;
        Full->Type = Value->Type;
        Full->DataOffset = Value->Size != 0 ? DataOffset : ~0u;
        Full->DataLength = Value->Size;
        Full->NameLength = Value->Name.Length;
        RtlCopyMemory(Full->Name, Value->Name.Buffer, Value->Name.Length);
        if (Value->Size != 0)
            RtlCopyMemory(Answer->Bytes + DataOffset, Value->Data, Value->Size);
    }
    return Status;
}

static NTSTATUS CmpValuePartial(PCM_VALUE Value, PCM_ANSWER Answer) {
    ULONG Fixed = FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION, Data);
    NTSTATUS Status = CmpPrepare(Answer, Fixed, Fixed + Value->Size);
    if (NT_SUCCESS(Status)) {
        PKEY_VALUE_PARTIAL_INFORMATION Partial = (PKEY_VALUE_PARTIAL_INFORMATION)Answer->Bytes;
        Partial->Type = Value->Type;
        Partial->DataLength = Value->Size;
        RtlCopyMemory(Partial->Data, Value->Data, Value->Size);
    }
    return Status;
}

static NTSTATUS CmpValuePartialAlign64(PCM_VALUE Value, PCM_ANSWER Answer) {
    ULONG Fixed = FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION_ALIGN64, Data);
    NTSTATUS Status = CmpPrepare(Answer, Fixed, Fixed + Value->Size);
    if (NT_SUCCESS(Status)) {
        PKEY_VALUE_PARTIAL_INFORMATION_ALIGN64 Partial = (PKEY_VALUE_PARTIAL_INFORMATION_ALIGN64)Answer->Bytes;
        Partial->Type = Value->Type;
        Partial->DataLength = Value->Size;
        RtlCopyMemory(Partial->Data, Value->Data, Value->Size);
    }
    return Status;
}

static NTSTATUS CmpAnswerValue(PCM_VALUE Value, KEY_VALUE_INFORMATION_CLASS Class, PCM_ANSWER Answer) {
    switch ((ULONG)Class) {
    case KeyValueBasicInformation: return CmpValueBasic(Value, Answer);
    case KeyValueFullInformation: return CmpValueFull(Value, sizeof(ULONG), Answer);
    case KeyValueFullInformationAlign64: return CmpValueFull(Value, sizeof(ULONG64), Answer);
    case KeyValuePartialInformation: return CmpValuePartial(Value, Answer);
    default: return CmpValuePartialAlign64(Value, Answer);
    }
}

static BOOLEAN CmpIsValueClass(KEY_VALUE_INFORMATION_CLASS Class) { return (ULONG)Class <= KeyValuePartialInformationAlign64; }

NTSTATUS NTAPI NtQueryValueKey(HANDLE Handle, PUNICODE_STRING ValueName, KEY_VALUE_INFORMATION_CLASS Class, PVOID Information, ULONG Length,
                               PULONG ResultLength) {
    KPROCESSOR_MODE Mode = KiPreviousMode();
    UNICODE_STRING Name;
    PCM_KEY Key;
    CM_CALL Call;
    CM_ANSWER Answer;
    if (!CmpIsValueClass(Class))
        return STATUS_INVALID_PARAMETER;
    NTSTATUS Status = CmpProbeAnswer(Information, Length, ResultLength, Mode);
    if (NT_SUCCESS(Status))
        Status = ObpCaptureString(ValueName, Mode, &Name);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = CmpReferenceKey(Handle, KEY_QUERY_VALUE, Mode, &Key);
    if (NT_SUCCESS(Status)) {
        REG_QUERY_VALUE_KEY_INFORMATION Notice = {.Object = Key,
                                                  .ValueName = &Name,
                                                  .KeyValueInformationClass = Class,
                                                  .KeyValueInformation = Information,
                                                  .Length = Length,
                                                  .ResultLength = ResultLength};
        if (CmpPre(&Call, RegNtPreQueryValueKey, &Notice, Key, &Status)) {
            PCM_VALUE Value = CmpFindValue(Key->Node, &Name);
            Status = Value != NULL ? CmpAnswerValue(Value, Class, &Answer) : STATUS_OBJECT_NAME_NOT_FOUND;
            if (Status == STATUS_SUCCESS)
                Status = CmpDeliver(&Answer, Information, Length, ResultLength, Mode);
        }
        Status = CmpPostCall(&Call, RegNtPostQueryValueKey, Key, Status);
        ObfDereferenceObject(Key);
    }
    if (Name.Buffer != NULL)
        ExFreePool(Name.Buffer);
    return Status;
}

NTSTATUS NTAPI NtEnumerateValueKey(HANDLE Handle, ULONG Index, KEY_VALUE_INFORMATION_CLASS Class, PVOID Information, ULONG Length,
                                   PULONG ResultLength) {
    KPROCESSOR_MODE Mode = KiPreviousMode();
    PCM_KEY Key;
    CM_CALL Call;
    CM_ANSWER Answer;
    if (!CmpIsValueClass(Class))
        return STATUS_INVALID_PARAMETER;
    NTSTATUS Status = CmpProbeAnswer(Information, Length, ResultLength, Mode);
    if (NT_SUCCESS(Status))
        Status = CmpReferenceKey(Handle, KEY_QUERY_VALUE, Mode, &Key);
    if (!NT_SUCCESS(Status))
        return Status;
    REG_ENUMERATE_VALUE_KEY_INFORMATION Notice = {.Object = Key,
                                                  .Index = Index,
                                                  .KeyValueInformationClass = Class,
                                                  .KeyValueInformation = Information,
                                                  .Length = Length,
                                                  .ResultLength = ResultLength};
    if (CmpPre(&Call, RegNtPreEnumerateValueKey, &Notice, Key, &Status)) {
        Status = Index < Key->Node->ValueCount ? CmpAnswerValue(Key->Node->Values[Index], Class, &Answer) : STATUS_NO_MORE_ENTRIES;
        if (Status == STATUS_SUCCESS)
            Status = CmpDeliver(&Answer, Information, Length, ResultLength, Mode);
    }
    Status = CmpPostCall(&Call, RegNtPostEnumerateValueKey, Key, Status);
    ObfDereferenceObject(Key);
    return Status;
}
