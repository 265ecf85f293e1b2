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
    NTSTATUS status = Length < Answer->Fixed ? STATUS_BUFFER_TOO_SMALL : Length < Answer->Size ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
    if (status != STATUS_BUFFER_TOO_SMALL) {
        NTSTATUS stored = ObpStore(Buffer, Answer->Bytes, Length < Answer->Size ? Length : Answer->Size, Mode);
        if (!NT_SUCCESS(stored))
            status = stored;
    }
    NTSTATUS stored = ObpStore(ResultLength, &Answer->Size, sizeof(Answer->Size), Mode);
    ExFreePoolWithTag(Answer->Bytes, CMP_TAG);
    return NT_SUCCESS(stored) ? status : stored;
}

static NTSTATUS CmpProbeAnswer(PVOID Buffer, ULONG Length, PULONG ResultLength, KPROCESSOR_MODE Mode) {
    NTSTATUS status = ObpProbeOutput(Buffer, Length, sizeof(ULONG), Mode);
    return NT_SUCCESS(status) ? ObpProbeOutput(ResultLength, sizeof(*ResultLength), sizeof(ULONG), Mode) : status;
}

/* ---- Keys ---- */
typedef struct _CM_MAXIMA {
    ULONG Name, Class, ValueName, ValueData;
} CM_MAXIMA;

static CM_MAXIMA CmpMaxima(PCM_NODE Node) {
    CM_MAXIMA m = {0, 0, 0, 0};
    for (ULONG i = 0; i < Node->ChildCount; i++) {
        m.Name = max(m.Name, Node->Children[i]->Name.Length);
        m.Class = max(m.Class, Node->Children[i]->Class.Length);
    }
    for (ULONG i = 0; i < Node->ValueCount; i++) {
        m.ValueName = max(m.ValueName, Node->Values[i]->Name.Length);
        m.ValueData = max(m.ValueData, Node->Values[i]->Size);
    }
    return m;
}

static NTSTATUS CmpKeyBasic(PCM_NODE Node, PCM_ANSWER Answer) {
    ULONG fixed = FIELD_OFFSET(KEY_BASIC_INFORMATION, Name);
    NTSTATUS status = CmpPrepare(Answer, fixed, fixed + Node->Name.Length);
    if (NT_SUCCESS(status)) {
        PKEY_BASIC_INFORMATION basic = (PKEY_BASIC_INFORMATION)Answer->Bytes;
        basic->LastWriteTime = Node->LastWriteTime;
        basic->NameLength = Node->Name.Length;
        RtlCopyMemory(basic->Name, Node->Name.Buffer, Node->Name.Length);
    }
    return status;
}

static NTSTATUS CmpKeyNode(PCM_NODE Node, PCM_ANSWER Answer) {
    ULONG fixed = FIELD_OFFSET(KEY_NODE_INFORMATION, Name);
    ULONG classOffset = (fixed + Node->Name.Length + 3) & ~3u;
    NTSTATUS status = CmpPrepare(Answer, fixed, Node->Class.Length != 0 ? classOffset + Node->Class.Length : fixed + Node->Name.Length);
    if (NT_SUCCESS(status)) {
        PKEY_NODE_INFORMATION node = (PKEY_NODE_INFORMATION)Answer->Bytes;
        node->LastWriteTime = Node->LastWriteTime;
        node->ClassOffset = Node->Class.Length != 0 ? classOffset : ~0u;
        node->ClassLength = Node->Class.Length;
        node->NameLength = Node->Name.Length;
        RtlCopyMemory(node->Name, Node->Name.Buffer, Node->Name.Length);
        if (Node->Class.Length != 0)
            RtlCopyMemory(Answer->Bytes + classOffset, Node->Class.Buffer, Node->Class.Length);
    }
    return status;
}

static NTSTATUS CmpKeyFull(PCM_NODE Node, PCM_ANSWER Answer) {
    ULONG fixed = FIELD_OFFSET(KEY_FULL_INFORMATION, Class);
    NTSTATUS status = CmpPrepare(Answer, fixed, fixed + Node->Class.Length);
    if (NT_SUCCESS(status)) {
        PKEY_FULL_INFORMATION full = (PKEY_FULL_INFORMATION)Answer->Bytes;
        CM_MAXIMA m = CmpMaxima(Node);
        full->LastWriteTime = Node->LastWriteTime;
        full->ClassOffset = Node->Class.Length != 0 ? fixed : ~0u;
        full->ClassLength = Node->Class.Length;
        full->SubKeys = Node->ChildCount;
        full->MaxNameLen = m.Name;
        full->MaxClassLen = m.Class;
        full->Values = Node->ValueCount;
        full->MaxValueNameLen = m.ValueName;
        full->MaxValueDataLen = m.ValueData;
        if (Node->Class.Length != 0)
            RtlCopyMemory(full->Class, Node->Class.Buffer, Node->Class.Length);
    }
    return status;
}

static NTSTATUS CmpKeyName(PCM_NODE Node, PCM_ANSWER Answer) {
    ULONG fixed = FIELD_OFFSET(KEY_NAME_INFORMATION, Name), length;
    CmpNodePath(Node, NULL, &length);
    NTSTATUS status = CmpPrepare(Answer, fixed, fixed + length);
    if (NT_SUCCESS(status)) {
        PKEY_NAME_INFORMATION name = (PKEY_NAME_INFORMATION)Answer->Bytes;
        name->NameLength = length;
        CmpNodePath(Node, name->Name, &length);
    }
    return status;
}

static NTSTATUS CmpKeyCached(PCM_NODE Node, PCM_ANSWER Answer) {
    NTSTATUS status = CmpPrepare(Answer, sizeof(KEY_CACHED_INFORMATION), sizeof(KEY_CACHED_INFORMATION));
    if (NT_SUCCESS(status)) {
        PKEY_CACHED_INFORMATION cached = (PKEY_CACHED_INFORMATION)Answer->Bytes;
        CM_MAXIMA m = CmpMaxima(Node);
        cached->LastWriteTime = Node->LastWriteTime;
        cached->SubKeys = Node->ChildCount;
        cached->MaxNameLen = m.Name;
        cached->Values = Node->ValueCount;
        cached->MaxValueNameLen = m.ValueName;
        cached->MaxValueDataLen = m.ValueData;
        cached->NameLength = Node->Name.Length;
    }
    return status;
}

#define CMP_KEY_VOLATILE 1u
#define CMP_KEY_LINK     2u

/* KEY_FLAGS_INFORMATION, which has no declaration: flags of a 32-bit view, of the key, and of how it is controlled. */
static NTSTATUS CmpKeyFlags(PCM_NODE Node, PCM_ANSWER Answer) {
    NTSTATUS status = CmpPrepare(Answer, 3 * sizeof(ULONG), 3 * sizeof(ULONG));
    if (NT_SUCCESS(status))
        ((PULONG)Answer->Bytes)[1] = (Node->Volatile ? CMP_KEY_VOLATILE : 0) | (Node->Link ? CMP_KEY_LINK : 0);
    return status;
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

/* KEY_NAME_INFORMATION may be asked with a handle of any access (ZwQueryKey's page). */
NTSTATUS NTAPI NtQueryKey(HANDLE Handle, KEY_INFORMATION_CLASS Class, PVOID Information, ULONG Length, PULONG ResultLength) {
    KPROCESSOR_MODE mode = KiPreviousMode();
    PCM_KEY key;
    CM_CALL call;
    CM_ANSWER answer;
    NTSTATUS status = CmpProbeAnswer(Information, Length, ResultLength, mode);
    if (NT_SUCCESS(status))
        status = CmpReferenceKey(Handle, Class == KeyNameInformation ? 0 : KEY_QUERY_VALUE, mode, &key);
    if (!NT_SUCCESS(status))
        return status;
    REG_QUERY_KEY_INFORMATION information = {
        .Object = key, .KeyInformationClass = Class, .KeyInformation = Information, .Length = Length, .ResultLength = ResultLength};
    if (CmpPre(&call, RegNtPreQueryKey, &information, key, &status)) {
        status = CmpAnswerKey(key->Node, Class, &answer);
        if (status == STATUS_SUCCESS)
            status = CmpDeliver(&answer, Information, Length, ResultLength, mode);
    }
    status = CmpPostCall(&call, RegNtPostQueryKey, key, status);
    ObfDereferenceObject(key);
    return status;
}

NTSTATUS NTAPI NtEnumerateKey(HANDLE Handle, ULONG Index, KEY_INFORMATION_CLASS Class, PVOID Information, ULONG Length, PULONG ResultLength) {
    KPROCESSOR_MODE mode = KiPreviousMode();
    PCM_KEY key;
    CM_CALL call;
    CM_ANSWER answer;
    NTSTATUS status = CmpProbeAnswer(Information, Length, ResultLength, mode);
    if (NT_SUCCESS(status))
        status = CmpReferenceKey(Handle, KEY_ENUMERATE_SUB_KEYS, mode, &key);
    if (!NT_SUCCESS(status))
        return status;
    REG_ENUMERATE_KEY_INFORMATION information = {
        .Object = key, .Index = Index, .KeyInformationClass = Class, .KeyInformation = Information, .Length = Length, .ResultLength = ResultLength};
    if (CmpPre(&call, RegNtPreEnumerateKey, &information, key, &status)) {
        status = Index < key->Node->ChildCount ? CmpAnswerKey(key->Node->Children[Index], Class, &answer) : STATUS_NO_MORE_ENTRIES;
        if (status == STATUS_SUCCESS)
            status = CmpDeliver(&answer, Information, Length, ResultLength, mode);
    }
    status = CmpPostCall(&call, RegNtPostEnumerateKey, key, status);
    ObfDereferenceObject(key);
    return status;
}

/* ---- Values ---- */
static NTSTATUS CmpValueBasic(PCM_VALUE Value, PCM_ANSWER Answer) {
    ULONG fixed = FIELD_OFFSET(KEY_VALUE_BASIC_INFORMATION, Name);
    NTSTATUS status = CmpPrepare(Answer, fixed, fixed + Value->Name.Length);
    if (NT_SUCCESS(status)) {
        PKEY_VALUE_BASIC_INFORMATION basic = (PKEY_VALUE_BASIC_INFORMATION)Answer->Bytes;
        basic->Type = Value->Type;
        basic->NameLength = Value->Name.Length;
        RtlCopyMemory(basic->Name, Value->Name.Buffer, Value->Name.Length);
    }
    return status;
}

static NTSTATUS CmpValueFull(PCM_VALUE Value, ULONG Alignment, PCM_ANSWER Answer) {
    ULONG fixed = FIELD_OFFSET(KEY_VALUE_FULL_INFORMATION, Name);
    ULONG dataOffset = (fixed + Value->Name.Length + Alignment - 1) & ~(Alignment - 1);
    NTSTATUS status = CmpPrepare(Answer, fixed, Value->Size != 0 ? dataOffset + Value->Size : fixed + Value->Name.Length);
    if (NT_SUCCESS(status)) {
        PKEY_VALUE_FULL_INFORMATION full = (PKEY_VALUE_FULL_INFORMATION)Answer->Bytes;
        full->Type = Value->Type;
        full->DataOffset = Value->Size != 0 ? dataOffset : ~0u;
        full->DataLength = Value->Size;
        full->NameLength = Value->Name.Length;
        RtlCopyMemory(full->Name, Value->Name.Buffer, Value->Name.Length);
        if (Value->Size != 0)
            RtlCopyMemory(Answer->Bytes + dataOffset, Value->Data, Value->Size);
    }
    return status;
}

static NTSTATUS CmpValuePartial(PCM_VALUE Value, PCM_ANSWER Answer) {
    ULONG fixed = FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION, Data);
    NTSTATUS status = CmpPrepare(Answer, fixed, fixed + Value->Size);
    if (NT_SUCCESS(status)) {
        PKEY_VALUE_PARTIAL_INFORMATION partial = (PKEY_VALUE_PARTIAL_INFORMATION)Answer->Bytes;
        partial->Type = Value->Type;
        partial->DataLength = Value->Size;
        RtlCopyMemory(partial->Data, Value->Data, Value->Size);
    }
    return status;
}

static NTSTATUS CmpValuePartialAlign64(PCM_VALUE Value, PCM_ANSWER Answer) {
    ULONG fixed = FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION_ALIGN64, Data);
    NTSTATUS status = CmpPrepare(Answer, fixed, fixed + Value->Size);
    if (NT_SUCCESS(status)) {
        PKEY_VALUE_PARTIAL_INFORMATION_ALIGN64 partial = (PKEY_VALUE_PARTIAL_INFORMATION_ALIGN64)Answer->Bytes;
        partial->Type = Value->Type;
        partial->DataLength = Value->Size;
        RtlCopyMemory(partial->Data, Value->Data, Value->Size);
    }
    return status;
}

static NTSTATUS CmpAnswerValue(PCM_VALUE Value, KEY_VALUE_INFORMATION_CLASS Class, PCM_ANSWER Answer) {
    switch ((ULONG)Class) {
    case KeyValueBasicInformation: return CmpValueBasic(Value, Answer);
    case KeyValueFullInformation: return CmpValueFull(Value, sizeof(ULONG), Answer);
    case KeyValueFullInformationAlign64: return CmpValueFull(Value, sizeof(ULONG64), Answer);
    case KeyValuePartialInformation: return CmpValuePartial(Value, Answer);
    case KeyValuePartialInformationAlign64: return CmpValuePartialAlign64(Value, Answer);
    default: return STATUS_INVALID_PARAMETER;
    }
}

NTSTATUS NTAPI NtQueryValueKey(HANDLE Handle, PUNICODE_STRING ValueName, KEY_VALUE_INFORMATION_CLASS Class, PVOID Information, ULONG Length,
                               PULONG ResultLength) {
    KPROCESSOR_MODE mode = KiPreviousMode();
    UNICODE_STRING name;
    PCM_KEY key;
    CM_CALL call;
    CM_ANSWER answer;
    NTSTATUS status = CmpProbeAnswer(Information, Length, ResultLength, mode);
    if (NT_SUCCESS(status))
        status = ObpCaptureString(ValueName, mode, &name);
    if (!NT_SUCCESS(status))
        return status;
    status = CmpReferenceKey(Handle, KEY_QUERY_VALUE, mode, &key);
    if (NT_SUCCESS(status)) {
        REG_QUERY_VALUE_KEY_INFORMATION information = {.Object = key,
                                                       .ValueName = &name,
                                                       .KeyValueInformationClass = Class,
                                                       .KeyValueInformation = Information,
                                                       .Length = Length,
                                                       .ResultLength = ResultLength};
        if (CmpPre(&call, RegNtPreQueryValueKey, &information, key, &status)) {
            PCM_VALUE value = CmpFindValue(key->Node, &name);
            status = value != NULL ? CmpAnswerValue(value, Class, &answer) : STATUS_OBJECT_NAME_NOT_FOUND;
            if (status == STATUS_SUCCESS)
                status = CmpDeliver(&answer, Information, Length, ResultLength, mode);
        }
        status = CmpPostCall(&call, RegNtPostQueryValueKey, key, status);
        ObfDereferenceObject(key);
    }
    if (name.Buffer != NULL)
        ExFreePool(name.Buffer);
    return status;
}

NTSTATUS NTAPI NtEnumerateValueKey(HANDLE Handle, ULONG Index, KEY_VALUE_INFORMATION_CLASS Class, PVOID Information, ULONG Length,
                                   PULONG ResultLength) {
    KPROCESSOR_MODE mode = KiPreviousMode();
    PCM_KEY key;
    CM_CALL call;
    CM_ANSWER answer;
    NTSTATUS status = CmpProbeAnswer(Information, Length, ResultLength, mode);
    if (NT_SUCCESS(status))
        status = CmpReferenceKey(Handle, KEY_QUERY_VALUE, mode, &key);
    if (!NT_SUCCESS(status))
        return status;
    REG_ENUMERATE_VALUE_KEY_INFORMATION information = {.Object = key,
                                                       .Index = Index,
                                                       .KeyValueInformationClass = Class,
                                                       .KeyValueInformation = Information,
                                                       .Length = Length,
                                                       .ResultLength = ResultLength};
    if (CmpPre(&call, RegNtPreEnumerateValueKey, &information, key, &status)) {
        status = Index < key->Node->ValueCount ? CmpAnswerValue(key->Node->Values[Index], Class, &answer) : STATUS_NO_MORE_ENTRIES;
        if (status == STATUS_SUCCESS)
            status = CmpDeliver(&answer, Information, Length, ResultLength, mode);
    }
    status = CmpPostCall(&call, RegNtPostEnumerateValueKey, key, status);
    ObfDereferenceObject(key);
    return status;
}
