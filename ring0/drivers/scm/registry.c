/* Service keys: paths, values, removal. */
#include "scmp.h"

static const WCHAR Services[] = L"\\Registry\\Machine\\System\\CurrentControlSet\\Services";

VOID ScmFreeText(PUNICODE_STRING Text) {
    if (Text->Buffer)
        ExFreePoolWithTag(Text->Buffer, SCM_TAG);
    RtlZeroMemory(Text, sizeof *Text);
}

NTSTATUS ScmAllocateText(PUNICODE_STRING Text, SIZE_T Bytes) {
    RtlZeroMemory(Text, sizeof *Text);
    if (Bytes > 0xFFFE)
        return STATUS_NAME_TOO_LONG;
    Text->Buffer = ExAllocatePoolWithTag(PagedPool, Bytes ? Bytes : sizeof(WCHAR), SCM_TAG);
    if (!Text->Buffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    Text->MaximumLength = (USHORT)Bytes;
    return STATUS_SUCCESS;
}

NTSTATUS ScmKeyPath(PCUNICODE_STRING Name, PUNICODE_STRING Path) {
    NTSTATUS Status = ScmAllocateText(Path, sizeof Services + sizeof(WCHAR) + Name->Length);
    if (!NT_SUCCESS(Status))
        return Status;
    RtlAppendUnicodeToString(Path, Services);
    if (Name->Length) {
        RtlAppendUnicodeToString(Path, L"\\");
        RtlAppendUnicodeStringToString(Path, Name);
    }
    return STATUS_SUCCESS;
}

NTSTATUS ScmOpenKey(PCUNICODE_STRING Name, BOOLEAN Create, PHANDLE Key) {
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Path;
    NTSTATUS Status = ScmKeyPath(Name, &Path);
    if (!NT_SUCCESS(Status))
        return Status;
    InitializeObjectAttributes(&Attributes, &Path, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    Status =
        Create ? ZwCreateKey(Key, KEY_ALL_ACCESS, &Attributes, 0, NULL, REG_OPTION_NON_VOLATILE, NULL) : ZwOpenKey(Key, KEY_ALL_ACCESS, &Attributes);
    ScmFreeText(&Path);
    return Status;
}

NTSTATUS ScmReadNumber(HANDLE Key, PCWSTR Value, PULONG Number) {
    union {
        KEY_VALUE_PARTIAL_INFORMATION Information;
        UCHAR Room[sizeof(KEY_VALUE_PARTIAL_INFORMATION) + sizeof(ULONG)];
    } Buffer;
    UNICODE_STRING Name;
    ULONG Size;
    NTSTATUS Status;

    RtlInitUnicodeString(&Name, Value);
    Status = ZwQueryValueKey(Key, &Name, KeyValuePartialInformation, &Buffer, sizeof Buffer, &Size);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Buffer.Information.Type != REG_DWORD || Buffer.Information.DataLength != sizeof(ULONG))
        return STATUS_OBJECT_TYPE_MISMATCH;
    RtlCopyMemory(Number, Buffer.Information.Data, sizeof(ULONG));
    return STATUS_SUCCESS;
}

NTSTATUS ScmReadText(HANDLE Key, PCWSTR Value, PUNICODE_STRING Text) {
    PKEY_VALUE_PARTIAL_INFORMATION Information;
    UNICODE_STRING Name;
    ULONG Size = 0, Length;
    NTSTATUS Status;

    RtlZeroMemory(Text, sizeof *Text);
    RtlInitUnicodeString(&Name, Value);
    Status = ZwQueryValueKey(Key, &Name, KeyValuePartialInformation, NULL, 0, &Size);
    if (Status != STATUS_BUFFER_TOO_SMALL && Status != STATUS_BUFFER_OVERFLOW)
        return NT_SUCCESS(Status) ? STATUS_UNSUCCESSFUL : Status;
    Information = ExAllocatePoolWithTag(PagedPool, Size, SCM_TAG);
    if (!Information)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = ZwQueryValueKey(Key, &Name, KeyValuePartialInformation, Information, Size, &Size);
    if (NT_SUCCESS(Status) && Information->Type != REG_SZ && Information->Type != REG_EXPAND_SZ && Information->Type != REG_MULTI_SZ)
        Status = STATUS_OBJECT_TYPE_MISMATCH;
    if (NT_SUCCESS(Status)) {
        Length = Information->DataLength & ~1u;
        if (Length && ((PWCHAR)Information->Data)[Length / sizeof(WCHAR) - 1] == 0)
            Length -= sizeof(WCHAR);
        Status = ScmAllocateText(Text, Length);
        if (NT_SUCCESS(Status)) {
            RtlCopyMemory(Text->Buffer, Information->Data, Length);
            Text->Length = (USHORT)Length;
        }
    }
    ExFreePoolWithTag(Information, SCM_TAG);
    return Status;
}

NTSTATUS ScmReadList(HANDLE Key, PCWSTR Value, PUNICODE_STRING List) {
    NTSTATUS Status = ScmReadText(Key, Value, List);
    ULONG Count = List->Length / sizeof(WCHAR);

    /* Somebody may have written something else, one string, or a list without its end. */
    if (!NT_SUCCESS(Status))
        return Status == STATUS_INSUFFICIENT_RESOURCES ? Status : STATUS_SUCCESS;
    if (Count && List->Buffer[Count - 1] != 0) {
        UNICODE_STRING Ended;
        Status = ScmAllocateText(&Ended, List->Length + sizeof(WCHAR));
        if (NT_SUCCESS(Status)) {
            RtlAppendUnicodeStringToString(&Ended, List);
            Ended.Buffer[Count] = 0;
            Ended.Length += sizeof(WCHAR);
        }
        ScmFreeText(List);
        *List = Ended;
    }
    return Status;
}

BOOLEAN ScmNextText(PCUNICODE_STRING List, PULONG At, PUNICODE_STRING Text) {
    ULONG Count = List->Length / sizeof(WCHAR), Start = *At, End;

    while (Start < Count && List->Buffer[Start] == 0)
        Start++;
    for (End = Start; End < Count && List->Buffer[End] != 0;)
        End++;
    Text->Buffer = List->Buffer + Start;
    Text->Length = Text->MaximumLength = (USHORT)((End - Start) * sizeof(WCHAR));
    *At = End;
    return End > Start;
}

NTSTATUS ScmDeleteValue(HANDLE Key, PCWSTR Value) {
    UNICODE_STRING Name;
    NTSTATUS Status;

    RtlInitUnicodeString(&Name, Value);
    Status = ZwDeleteValueKey(Key, &Name);
    return Status == STATUS_OBJECT_NAME_NOT_FOUND ? STATUS_SUCCESS : Status;
}

NTSTATUS ScmWriteNumber(HANDLE Key, PCWSTR Value, ULONG Number) {
    UNICODE_STRING Name;
    RtlInitUnicodeString(&Name, Value);
    return ZwSetValueKey(Key, &Name, 0, REG_DWORD, &Number, sizeof Number);
}

NTSTATUS ScmWriteText(HANDLE Key, PCWSTR Value, ULONG Type, PCUNICODE_STRING Text) {
    UNICODE_STRING Name, Copy;
    NTSTATUS Status = ScmAllocateText(&Copy, Text->Length + sizeof(WCHAR));
    if (!NT_SUCCESS(Status))
        return Status;
    RtlCopyMemory(Copy.Buffer, Text->Buffer, Text->Length);
    Copy.Buffer[Text->Length / sizeof(WCHAR)] = 0;
    RtlInitUnicodeString(&Name, Value);
    Status = ZwSetValueKey(Key, &Name, 0, Type, Copy.Buffer, Text->Length + sizeof(WCHAR));
    ScmFreeText(&Copy);
    return Status;
}

/* The name of a key's Index-th subkey. */
static NTSTATUS SubkeyAt(HANDLE Key, ULONG Index, PUNICODE_STRING Name) {
    PKEY_BASIC_INFORMATION Information;
    ULONG Size = 0;
    NTSTATUS Status = ZwEnumerateKey(Key, Index, KeyBasicInformation, NULL, 0, &Size);

    RtlZeroMemory(Name, sizeof *Name);
    if (Status != STATUS_BUFFER_TOO_SMALL && Status != STATUS_BUFFER_OVERFLOW)
        return NT_SUCCESS(Status) ? STATUS_UNSUCCESSFUL : Status;
    Information = ExAllocatePoolWithTag(PagedPool, Size, SCM_TAG);
    if (!Information)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = ZwEnumerateKey(Key, Index, KeyBasicInformation, Information, Size, &Size);
    if (NT_SUCCESS(Status))
        Status = ScmAllocateText(Name, Information->NameLength);
    if (NT_SUCCESS(Status)) {
        RtlCopyMemory(Name->Buffer, Information->Name, Information->NameLength);
        Name->Length = (USHORT)Information->NameLength;
    }
    ExFreePoolWithTag(Information, SCM_TAG);
    return Status;
}

NTSTATUS ScmServiceAt(ULONG Index, PUNICODE_STRING Name) {
    UNICODE_STRING None = {0};
    HANDLE Key;
    NTSTATUS Status = ScmOpenKey(&None, FALSE, &Key);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = SubkeyAt(Key, Index, Name);
    ZwClose(Key);
    return Status;
}

/* Deepest first: a key with subkeys cannot be deleted. What somebody still has open is left to them. */
VOID ScmDeleteKey(PCUNICODE_STRING Name) {
    UNICODE_STRING Child, Below;
    HANDLE Key;
    ULONG Kept = 0;

    if (!NT_SUCCESS(ScmOpenKey(Name, FALSE, &Key)))
        return;
    while (NT_SUCCESS(SubkeyAt(Key, Kept, &Child))) {
        UNICODE_STRING Again;

        if (NT_SUCCESS(ScmAllocateText(&Below, Name->Length + sizeof(WCHAR) + Child.Length))) {
            RtlAppendUnicodeStringToString(&Below, Name);
            RtlAppendUnicodeToString(&Below, L"\\");
            RtlAppendUnicodeStringToString(&Below, &Child);
            ScmDeleteKey(&Below);
            ScmFreeText(&Below);
        }
        if (NT_SUCCESS(SubkeyAt(Key, Kept, &Again))) {
            if (RtlEqualUnicodeString(&Again, &Child, TRUE))
                Kept++;
            ScmFreeText(&Again);
        }
        ScmFreeText(&Child);
    }
    ZwDeleteKey(Key);
    ZwClose(Key);
}
