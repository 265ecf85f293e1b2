/* What the manager reads from and writes into the registry. */
#include "pnp/node.h"

BOOLEAN PnpFormat(PWSTR Buffer, ULONG Count, PCWSTR Format, ...) {
    va_list Arguments;
    int Length;

    va_start(Arguments, Format);
    Length = _vsnwprintf(Buffer, Count, Format, Arguments);
    va_end(Arguments);
    if (Length >= 0 && (ULONG)Length < Count)
        return TRUE;
    Buffer[0] = 0;
    return FALSE;
}

PVOID PnpReadValue(PCWSTR Key, PCWSTR Name, ULONG Type, PULONG Size) {
    ULONG Found, Needed = 0;
    PUCHAR Data;

    if (CmpQueryValue(Key, Name, &Found, NULL, &Needed) == STATUS_OBJECT_NAME_NOT_FOUND || Found != Type)
        return NULL;
    Data = ExAllocatePoolWithTag(PagedPool, (SIZE_T)Needed + 2 * sizeof(WCHAR), PNP_TAG);
    if (Data == NULL || !NT_SUCCESS(CmpQueryValue(Key, Name, &Found, Data, &Needed))) {
        if (Data != NULL)
            ExFreePoolWithTag(Data, PNP_TAG);
        return NULL;
    }
    RtlZeroMemory(Data + Needed, 2 * sizeof(WCHAR));
    if (Size != NULL)
        *Size = Needed;
    return Data;
}

NTSTATUS PnpWriteText(PCWSTR Key, PCWSTR Name, PCWSTR Text) {
    return CmpSetValue(Key, Name, REG_SZ, Text, (ULONG)((wcslen(Text) + 1) * sizeof(WCHAR)));
}

ULONG PnpTextsSize(PCWSTR Texts) {
    PCWSTR End = Texts;

    while (*End != 0)
        End += wcslen(End) + 1;
    return (ULONG)((PUCHAR)(End + 1) - (PUCHAR)Texts);
}

NTSTATUS PnpWriteTexts(PCWSTR Key, PCWSTR Name, PCWSTR Texts) { return CmpSetValue(Key, Name, REG_MULTI_SZ, Texts, PnpTextsSize(Texts)); }

NTSTATUS PnpWriteNumber(PCWSTR Key, PCWSTR Name, ULONG Number) { return CmpSetValue(Key, Name, REG_DWORD, &Number, sizeof(Number)); }

BOOLEAN PnpHasText(PCWSTR Texts, PCWSTR Text) {
    while (Texts != NULL && *Texts != 0 && _wcsicmp(Texts, Text) != 0)
        Texts += wcslen(Texts) + 1;
    return Texts != NULL && *Texts != 0;
}

NTSTATUS PnpAddText(PCWSTR Key, PCWSTR Name, PCWSTR Text) {
    PWSTR Old = PnpReadValue(Key, Name, REG_MULTI_SZ, NULL), New;
    ULONG Head = Old != NULL ? PnpTextsSize(Old) - sizeof(WCHAR) : 0, Length = (ULONG)(wcslen(Text) + 1) * sizeof(WCHAR);
    NTSTATUS Status = STATUS_INSUFFICIENT_RESOURCES;

    New = PnpHasText(Old, Text) ? NULL : ExAllocatePoolWithTag(PagedPool, Head + Length + sizeof(WCHAR), PNP_TAG);
    if (New != NULL) {
        if (Old != NULL)
            RtlCopyMemory(New, Old, Head);
        RtlCopyMemory((PUCHAR)New + Head, Text, Length);
        New[(Head + Length) / sizeof(WCHAR)] = 0;
        Status = PnpWriteTexts(Key, Name, New);
        ExFreePoolWithTag(New, PNP_TAG);
    } else if (PnpHasText(Old, Text)) {
        Status = STATUS_SUCCESS;
    }
    if (Old != NULL)
        ExFreePoolWithTag(Old, PNP_TAG);
    return Status;
}

VOID PnpRemoveText(PCWSTR Key, PCWSTR Name, PCWSTR Text) {
    PWSTR Texts = PnpReadValue(Key, Name, REG_MULTI_SZ, NULL), Here = Texts;

    if (!PnpHasText(Texts, Text)) {
        if (Texts != NULL)
            ExFreePoolWithTag(Texts, PNP_TAG);
        return;
    }
    while (_wcsicmp(Here, Text) != 0)
        Here += wcslen(Here) + 1;
    RtlMoveMemory(Here, Here + wcslen(Here) + 1, PnpTextsSize(Here + wcslen(Here) + 1));
    if (*Texts != 0)
        PnpWriteTexts(Key, Name, Texts);
    else
        PnpDeleteValue(Key, Name);
    ExFreePoolWithTag(Texts, PNP_TAG);
}

NTSTATUS PnpOpenKey(PCWSTR Key, ACCESS_MASK Access, PHANDLE Handle) {
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Name;

    RtlInitUnicodeString(&Name, Key);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    return ZwOpenKey(Handle, Access, &Attributes);
}

VOID PnpDeleteValue(PCWSTR Key, PCWSTR Name) {
    UNICODE_STRING Value;
    HANDLE Handle;

    if (!NT_SUCCESS(PnpOpenKey(Key, KEY_SET_VALUE, &Handle)))
        return;
    RtlInitUnicodeString(&Value, Name);
    ZwDeleteValueKey(Handle, &Value);
    ZwClose(Handle);
}

BOOLEAN PnpEnumerateKey(PCWSTR Key, ULONG Index, PWSTR Buffer, ULONG Count) {
    UCHAR Room[sizeof(KEY_BASIC_INFORMATION) + PNP_ID * sizeof(WCHAR)];
    PKEY_BASIC_INFORMATION Basic = (PKEY_BASIC_INFORMATION)Room;
    HANDLE Handle;
    ULONG Size;
    BOOLEAN Found;

    if (!NT_SUCCESS(PnpOpenKey(Key, KEY_ENUMERATE_SUB_KEYS, &Handle)))
        return FALSE;
    Found = NT_SUCCESS(ZwEnumerateKey(Handle, Index, KeyBasicInformation, Basic, sizeof(Room), &Size)) && Basic->NameLength / sizeof(WCHAR) < Count;
    if (Found) {
        RtlCopyMemory(Buffer, Basic->Name, Basic->NameLength);
        Buffer[Basic->NameLength / sizeof(WCHAR)] = 0;
    }
    ZwClose(Handle);
    return Found;
}

/* The deepest of the first keys goes first, then from the top again: a tree may be deeper than a stack. */
VOID PnpDeleteTree(PCWSTR Key) {
    PWSTR Path = ExAllocatePoolWithTag(PagedPool, PNP_PATH * sizeof(WCHAR), PNP_TAG);
    BOOLEAN Deleted = Path != NULL;
    SIZE_T Length = 0;
    HANDLE Handle;

    while (Deleted && PnpFormat(Path, PNP_PATH, L"%s", Key)) {
        for (Length = wcslen(Path); Length + 2 < PNP_PATH && PnpEnumerateKey(Path, 0, Path + Length + 1, (ULONG)(PNP_PATH - Length - 1));
             Length = wcslen(Path))
            Path[Length] = L'\\';
        Deleted = NT_SUCCESS(PnpOpenKey(Path, DELETE, &Handle));
        if (!Deleted)
            break;
        Deleted = NT_SUCCESS(ZwDeleteKey(Handle)) && wcslen(Path) > wcslen(Key);
        ZwClose(Handle);
    }
    if (Path != NULL)
        ExFreePoolWithTag(Path, PNP_TAG);
}

BOOLEAN PnpDeviceKey(PPNP_NODE Node, PCWSTR Below, PWSTR Buffer) { return PnpFormat(Buffer, PNP_PATH, PNP_ENUM L"%s%s", Node->Path, Below); }
