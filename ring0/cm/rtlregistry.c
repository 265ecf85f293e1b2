/* The registry as drivers like to see it: RtlQueryRegistryValues and its family, on the services of this folder. PASSIVE_LEVEL. */
#include "cm/key.h"
#include "ke/ke.h"

static NTSTATUS CmpJoinPath(ULONG RelativeTo, PCWSTR Path, PUNICODE_STRING Name) {
    static const PCWSTR bases[RTL_REGISTRY_MAXIMUM] = {
        [RTL_REGISTRY_ABSOLUTE] = L"",
        [RTL_REGISTRY_SERVICES] = L"\\Registry\\Machine\\System\\CurrentControlSet\\Services",
        [RTL_REGISTRY_CONTROL] = L"\\Registry\\Machine\\System\\CurrentControlSet\\Control",
        [RTL_REGISTRY_WINDOWS_NT] = L"\\Registry\\Machine\\Software\\Microsoft\\Windows NT\\CurrentVersion",
        [RTL_REGISTRY_DEVICEMAP] = L"\\Registry\\Machine\\Hardware\\DeviceMap",
        [RTL_REGISTRY_USER] = L"\\Registry\\User\\.Default",
    };
    UNICODE_STRING base, path;
    if (RelativeTo >= RTL_REGISTRY_MAXIMUM)
        return STATUS_INVALID_PARAMETER;
    RtlInitUnicodeString(&base, bases[RelativeTo]);
    RtlInitUnicodeString(&path, Path);
    BOOLEAN separator = base.Length != 0 && path.Length != 0 && path.Buffer[0] != L'\\';
    ULONG length = (ULONG)base.Length + (separator ? sizeof(WCHAR) : 0) + path.Length;
    if (length > MAXUSHORT - 1)
        return STATUS_NAME_TOO_LONG;
    Name->Buffer = ExAllocatePoolWithTag(PagedPool, length + sizeof(WCHAR), CMP_TAG);
    if (Name->Buffer == NULL)
        return STATUS_NO_MEMORY;
    Name->Length = 0;
    Name->MaximumLength = (USHORT)length;
    RtlAppendUnicodeStringToString(Name, &base);
    if (separator)
        RtlAppendUnicodeToString(Name, L"\\");
    RtlAppendUnicodeStringToString(Name, &path);
    return STATUS_SUCCESS;
}

/* A handle to the key; with RTL_REGISTRY_HANDLE it is the caller's own (*Close FALSE). */
static NTSTATUS CmpOpenRelative(ULONG RelativeTo, PCWSTR Path, ACCESS_MASK Access, BOOLEAN Create, PHANDLE Handle, PBOOLEAN Close) {
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    *Close = FALSE;
    if (RelativeTo & RTL_REGISTRY_HANDLE) {
        *Handle = (HANDLE)Path;
        return STATUS_SUCCESS;
    }
    NTSTATUS status = CmpJoinPath(RelativeTo & ~RTL_REGISTRY_OPTIONAL, Path, &name);
    if (!NT_SUCCESS(status))
        return status;
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    if (Create)
        status = ZwCreateKey(Handle, Access, &attributes, 0, NULL, REG_OPTION_NON_VOLATILE, NULL);
    else
        status = ZwOpenKey(Handle, Access, &attributes);
    ExFreePoolWithTag(name.Buffer, CMP_TAG);
    *Close = NT_SUCCESS(status);
    return status;
}

NTSTATUS NTAPI RtlCheckRegistryKey(ULONG RelativeTo, PWSTR Path) {
    HANDLE key;
    BOOLEAN close;
    NTSTATUS status = CmpOpenRelative(RelativeTo, Path, KEY_READ, FALSE, &key, &close);
    if (close)
        ZwClose(key);
    return status;
}

NTSTATUS NTAPI RtlCreateRegistryKey(ULONG RelativeTo, PWSTR Path) {
    HANDLE key;
    BOOLEAN close;
    NTSTATUS status = CmpOpenRelative(RelativeTo, Path, KEY_READ | KEY_WRITE, TRUE, &key, &close);
    if (close)
        ZwClose(key);
    return status;
}

NTSTATUS NTAPI RtlWriteRegistryValue(ULONG RelativeTo, PCWSTR Path, PCWSTR ValueName, ULONG ValueType, PVOID ValueData, ULONG ValueLength) {
    HANDLE key;
    BOOLEAN close;
    UNICODE_STRING name;
    NTSTATUS status = CmpOpenRelative(RelativeTo, Path, KEY_READ | KEY_WRITE, TRUE, &key, &close);
    if (!NT_SUCCESS(status))
        return status;
    RtlInitUnicodeString(&name, ValueName);
    status = ZwSetValueKey(key, &name, 0, ValueType, ValueData, ValueLength);
    if (close)
        ZwClose(key);
    return status;
}

NTSTATUS NTAPI RtlDeleteRegistryValue(ULONG RelativeTo, PCWSTR Path, PCWSTR ValueName) {
    HANDLE key;
    BOOLEAN close;
    UNICODE_STRING name;
    NTSTATUS status = CmpOpenRelative(RelativeTo, Path, KEY_READ | KEY_WRITE, FALSE, &key, &close);
    if (!NT_SUCCESS(status))
        return status;
    RtlInitUnicodeString(&name, ValueName);
    status = ZwDeleteValueKey(key, &name);
    if (close)
        ZwClose(key);
    return status;
}

/* ---- RtlQueryRegistryValues ---- */
typedef struct _CM_QUERY {
    PVOID Context;
    PCWSTR Environment; /* NAME=value\0...\0; NULL: SystemRoot and SystemDrive */
} CM_QUERY, *PCM_QUERY;

/* The value of the variable Name (Length characters) or NULL. */
static PCWSTR CmpFindVariable(PCWSTR Environment, PCWSTR Name, ULONG Length) {
    static const WCHAR own[] = L"SystemDrive=C:\0SystemRoot=C:\\Windows\0windir=C:\\Windows\0";
    for (PCWSTR at = Environment != NULL ? Environment : own; *at != 0;) {
        UNICODE_STRING entry, wanted = {(USHORT)(Length * sizeof(WCHAR)), (USHORT)(Length * sizeof(WCHAR)), (PWSTR)Name};
        RtlInitUnicodeString(&entry, at);
        if (entry.Length > wanted.Length && at[Length] == L'=') {
            UNICODE_STRING name = {wanted.Length, wanted.Length, (PWSTR)at};
            if (RtlCompareUnicodeString(&name, &wanted, TRUE) == 0)
                return at + Length + 1;
        }
        at += entry.Length / sizeof(WCHAR) + 1;
    }
    return NULL;
}

/* Expands %NAME% in Text (Count characters); a name that nobody knows stays as it is. Returns characters; To may be NULL. */
static ULONG CmpExpand(PCWSTR Environment, PCWSTR Text, ULONG Count, PWSTR To) {
    ULONG out = 0;
    for (ULONG i = 0; i < Count;) {
        ULONG end = i + 1;
        if (Text[i] == L'%')
            while (end < Count && Text[end] != L'%')
                end++;
        PCWSTR value = Text[i] == L'%' && end < Count ? CmpFindVariable(Environment, Text + i + 1, end - i - 1) : NULL;
        if (value != NULL) {
            for (; *value != 0; value++, out++)
                if (To != NULL)
                    To[out] = *value;
            i = end + 1;
        } else {
            if (To != NULL)
                To[out] = Text[i];
            out++;
            i++;
        }
    }
    return out;
}

/* RTL_QUERY_REGISTRY_DIRECT: strings go into a UNICODE_STRING, up to four bytes straight into the buffer, more behind a size (see the flag on
   RtlQueryRegistryValues' page). */
static NTSTATUS CmpStoreDirect(PVOID Target, ULONG Type, const VOID *Data, ULONG Size) {
    if (Type == REG_SZ || Type == REG_EXPAND_SZ || Type == REG_MULTI_SZ) {
        PUNICODE_STRING string = Target;
        if (Size > MAXUSHORT - 1)
            return STATUS_BUFFER_TOO_SMALL;
        if (string->Buffer == NULL) {
            string->Buffer = ExAllocatePoolWithTag(PagedPool, Size, CMP_TAG);
            if (string->Buffer == NULL)
                return STATUS_NO_MEMORY;
            string->MaximumLength = (USHORT)Size;
        } else if (Size > string->MaximumLength) {
            return STATUS_BUFFER_TOO_SMALL;
        }
        RtlCopyMemory(string->Buffer, Data, Size);
        string->Length = (USHORT)(Size - sizeof(WCHAR));
        return STATUS_SUCCESS;
    }
    if (Size <= sizeof(ULONG)) {
        RtlCopyMemory(Target, Data, Size);
        return STATUS_SUCCESS;
    }
    LONG room = *(PLONG)Target;
    if (room < 0) {
        if ((ULONG) - (LONG64)room < Size)
            return STATUS_BUFFER_TOO_SMALL;
        RtlCopyMemory(Target, Data, Size);
        return STATUS_SUCCESS;
    }
    if ((ULONG64)room < (ULONG64)Size + 2 * sizeof(ULONG))
        return STATUS_BUFFER_TOO_SMALL;
    ((PULONG)Target)[0] = Size;
    ((PULONG)Target)[1] = Type;
    RtlCopyMemory((PULONG)Target + 2, Data, Size);
    return STATUS_SUCCESS;
}

static NTSTATUS CmpHandOver(PRTL_QUERY_REGISTRY_TABLE Entry, PCWSTR Name, ULONG Type, PVOID Data, ULONG Size, PCM_QUERY Query) {
    if (Entry->Flags & RTL_QUERY_REGISTRY_DIRECT)
        return CmpStoreDirect(Entry->EntryContext, Type, Data, Size);
    return Entry->QueryRoutine((PWSTR)Name, Type, Data, Size, Query->Context, Entry->EntryContext);
}

/* Data: pool or the caller's default, with a zero behind a string. */
static NTSTATUS CmpDeliverValue(PRTL_QUERY_REGISTRY_TABLE Entry, PCWSTR Name, ULONG Type, PVOID Data, ULONG Size, PCM_QUERY Query) {
    if (Entry->Flags & RTL_QUERY_REGISTRY_NOEXPAND)
        return CmpHandOver(Entry, Name, Type, Data, Size, Query);
    if (Type == REG_MULTI_SZ && !(Entry->Flags & RTL_QUERY_REGISTRY_DIRECT)) {
        PWSTR at = Data, end = (PWSTR)((PUCHAR)Data + (Size & ~1u));
        while (at < end && *at != 0) {
            PWSTR next = at;
            while (next < end && *next != 0)
                next++;
            if (next == end)
                break;
            NTSTATUS status = CmpHandOver(Entry, Name, REG_SZ, at, (ULONG)((PUCHAR)(next + 1) - (PUCHAR)at), Query);
            if (!NT_SUCCESS(status))
                return status;
            at = next + 1;
        }
        return STATUS_SUCCESS;
    }
    if (Type == REG_EXPAND_SZ) {
        ULONG count = Size / sizeof(WCHAR);
        ULONG expanded = CmpExpand(Query->Environment, Data, count, NULL);
        PWSTR text = ExAllocatePoolWithTag(PagedPool, (SIZE_T)expanded * sizeof(WCHAR), CMP_TAG);
        if (text == NULL)
            return STATUS_NO_MEMORY;
        CmpExpand(Query->Environment, Data, count, text);
        NTSTATUS status = CmpHandOver(Entry, Name, REG_SZ, text, expanded * (ULONG)sizeof(WCHAR), Query);
        ExFreePoolWithTag(text, CMP_TAG);
        return status;
    }
    return CmpHandOver(Entry, Name, Type, Data, Size, Query);
}

static NTSTATUS CmpCheckType(PRTL_QUERY_REGISTRY_TABLE Entry, ULONG Type) {
    if (!(Entry->Flags & RTL_QUERY_REGISTRY_TYPECHECK))
        return STATUS_SUCCESS;
    ULONG expected = Entry->DefaultType >> RTL_QUERY_REGISTRY_TYPECHECK_SHIFT;
    return expected == REG_NONE || expected == Type ? STATUS_SUCCESS : STATUS_OBJECT_TYPE_MISMATCH;
}

static BOOLEAN CmpIsText(ULONG Type) { return Type == REG_SZ || Type == REG_EXPAND_SZ || Type == REG_MULTI_SZ; }

/* A value in the tree belongs to the tree: callbacks get a copy, terminated if it is text. */
static NTSTATUS CmpDeliverStored(PRTL_QUERY_REGISTRY_TABLE Entry, PCWSTR Name, PKEY_VALUE_FULL_INFORMATION Value, PCM_QUERY Query) {
    ULONG type = Value->Type, size = Value->DataLength;
    NTSTATUS status = CmpCheckType(Entry, type);
    if (!NT_SUCCESS(status))
        return status;
    PUCHAR copy = ExAllocatePoolWithTag(PagedPool, (SIZE_T)size + sizeof(ULONG64), CMP_TAG);
    if (copy == NULL)
        return STATUS_NO_MEMORY;
    RtlZeroMemory(copy + size, sizeof(ULONG64));
    if (size != 0)
        RtlCopyMemory(copy, (PUCHAR)Value + Value->DataOffset, size);
    if (CmpIsText(type)) {
        size &= ~1u;
        if (size == 0 || ((PWSTR)copy)[size / sizeof(WCHAR) - 1] != 0) {
            ((PWSTR)copy)[size / sizeof(WCHAR)] = 0;
            size += sizeof(WCHAR);
        }
    }
    status = CmpDeliverValue(Entry, Name, type, copy, size, Query);
    ExFreePoolWithTag(copy, CMP_TAG);
    return status;
}

/* The default of an entry whose value is not there. */
static NTSTATUS CmpDeliverDefault(PRTL_QUERY_REGISTRY_TABLE Entry, PCM_QUERY Query) {
    ULONG type = Entry->Flags & RTL_QUERY_REGISTRY_TYPECHECK ? Entry->DefaultType & ~RTL_QUERY_REGISTRY_TYPECHECK_MASK : Entry->DefaultType;
    ULONG size = Entry->DefaultLength;
    if (Entry->Flags & RTL_QUERY_REGISTRY_REQUIRED)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (type == REG_NONE)
        return STATUS_SUCCESS;
    if (size == 0 && CmpIsText(type)) {
        PCWSTR text = Entry->DefaultData;
        ULONG count = 0;
        if (type == REG_MULTI_SZ) {
            while (text[count] != 0 || text[count + 1] != 0)
                count++;
            count += 2;
        } else {
            while (text[count] != 0)
                count++;
            count++;
        }
        size = count * sizeof(WCHAR);
    }
    return CmpDeliverValue(Entry, Entry->Name, type, Entry->DefaultData, size, Query);
}

/* A value by name, or (Name NULL) by index, in pool. */
static NTSTATUS CmpReadValue(HANDLE Key, PUNICODE_STRING Name, ULONG Index, PKEY_VALUE_FULL_INFORMATION *Value) {
    ULONG size = 0;
    NTSTATUS status = Name != NULL ? ZwQueryValueKey(Key, Name, KeyValueFullInformation, NULL, 0, &size)
                                   : ZwEnumerateValueKey(Key, Index, KeyValueFullInformation, NULL, 0, &size);
    if (status != STATUS_BUFFER_TOO_SMALL)
        return status;
    *Value = ExAllocatePoolWithTag(PagedPool, size, CMP_TAG);
    if (*Value == NULL)
        return STATUS_NO_MEMORY;
    status = Name != NULL ? ZwQueryValueKey(Key, Name, KeyValueFullInformation, *Value, size, &size)
                          : ZwEnumerateValueKey(Key, Index, KeyValueFullInformation, *Value, size, &size);
    if (!NT_SUCCESS(status))
        ExFreePoolWithTag(*Value, CMP_TAG);
    return status;
}

static NTSTATUS CmpQueryNamed(HANDLE Key, PRTL_QUERY_REGISTRY_TABLE Entry, PCM_QUERY Query) {
    UNICODE_STRING name;
    PKEY_VALUE_FULL_INFORMATION value;
    RtlInitUnicodeString(&name, Entry->Name);
    NTSTATUS status = CmpReadValue(Key, &name, 0, &value);
    if (status == STATUS_OBJECT_NAME_NOT_FOUND)
        return CmpDeliverDefault(Entry, Query);
    if (!NT_SUCCESS(status))
        return status;
    status = CmpDeliverStored(Entry, Entry->Name, value, Query);
    ExFreePoolWithTag(value, CMP_TAG);
    if (NT_SUCCESS(status) && (Entry->Flags & RTL_QUERY_REGISTRY_DELETE))
        ZwDeleteValueKey(Key, &name);
    return status;
}

/* Every value of the key goes to the entry's routine, in the order in which they were made. */
static NTSTATUS CmpQueryAll(HANDLE Key, PRTL_QUERY_REGISTRY_TABLE Entry, PCM_QUERY Query) {
    ULONG index = 0, delivered = 0;
    NTSTATUS status;
    PKEY_VALUE_FULL_INFORMATION value;
    while ((status = CmpReadValue(Key, NULL, index, &value)) == STATUS_SUCCESS) {
        PWSTR name = ExAllocatePoolWithTag(PagedPool, value->NameLength + sizeof(WCHAR), CMP_TAG);
        if (name == NULL) {
            ExFreePoolWithTag(value, CMP_TAG);
            return STATUS_NO_MEMORY;
        }
        RtlCopyMemory(name, value->Name, value->NameLength);
        name[value->NameLength / sizeof(WCHAR)] = 0;
        status = CmpDeliverStored(Entry, name, value, Query);
        delivered++;
        if (NT_SUCCESS(status) && (Entry->Flags & RTL_QUERY_REGISTRY_DELETE)) {
            UNICODE_STRING string;
            RtlInitUnicodeString(&string, name);
            if (!NT_SUCCESS(ZwDeleteValueKey(Key, &string)))
                index++;
        } else {
            index++;
        }
        ExFreePoolWithTag(name, CMP_TAG);
        ExFreePoolWithTag(value, CMP_TAG);
        if (!NT_SUCCESS(status))
            return status;
    }
    if (status != STATUS_NO_MORE_ENTRIES)
        return status;
    return delivered == 0 && (Entry->Flags & RTL_QUERY_REGISTRY_REQUIRED) ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_SUCCESS;
}

/* Queries that make no sense are refused before anything is done. */
static NTSTATUS CmpCheckEntry(PRTL_QUERY_REGISTRY_TABLE Entry) {
    ULONG flags = Entry->Flags;
    if ((flags & RTL_QUERY_REGISTRY_DIRECT) && (Entry->Name == NULL || Entry->EntryContext == NULL || (flags & RTL_QUERY_REGISTRY_SUBKEY)))
        return STATUS_INVALID_PARAMETER;
    if ((flags & RTL_QUERY_REGISTRY_TYPECHECK) && !(flags & RTL_QUERY_REGISTRY_DIRECT))
        return STATUS_INVALID_PARAMETER;
    if ((flags & RTL_QUERY_REGISTRY_SUBKEY) && Entry->Name == NULL)
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

static NTSTATUS CmpOpenSubkey(HANDLE Top, PCWSTR Path, BOOLEAN Delete, PHANDLE Key) {
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    RtlInitUnicodeString(&name, Path);
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, Top, NULL);
    return ZwOpenKey(Key, KEY_READ | (Delete ? KEY_SET_VALUE : 0), &attributes);
}

NTSTATUS NTAPI RtlQueryRegistryValues(ULONG RelativeTo, PCWSTR Path, PRTL_QUERY_REGISTRY_TABLE QueryTable, PVOID Context, PVOID Environment) {
    CM_QUERY query = {Context, Environment};
    HANDLE top, key;
    BOOLEAN close;
    NTSTATUS status = CmpOpenRelative(RelativeTo, Path, KEY_READ | KEY_SET_VALUE, FALSE, &top, &close);
    if (!NT_SUCCESS(status))
        return status == STATUS_OBJECT_NAME_NOT_FOUND && (RelativeTo & RTL_REGISTRY_OPTIONAL) ? STATUS_SUCCESS : status;
    key = top;
    for (PRTL_QUERY_REGISTRY_TABLE entry = QueryTable;
         entry->QueryRoutine != NULL || (entry->Flags & (RTL_QUERY_REGISTRY_SUBKEY | RTL_QUERY_REGISTRY_DIRECT)); entry++) {
        status = CmpCheckEntry(entry);
        if (!NT_SUCCESS(status))
            break;
        if ((entry->Flags & (RTL_QUERY_REGISTRY_TOPKEY | RTL_QUERY_REGISTRY_SUBKEY)) && key != top) {
            ZwClose(key);
            key = top;
        }
        if (entry->Flags & RTL_QUERY_REGISTRY_SUBKEY) {
            HANDLE sub;
            status = CmpOpenSubkey(top, entry->Name, TRUE, &sub);
            if (NT_SUCCESS(status)) {
                key = sub;
                if (entry->QueryRoutine != NULL)
                    status = CmpQueryAll(key, entry, &query);
            }
        } else if (entry->Flags & RTL_QUERY_REGISTRY_NOVALUE) {
            status =
                entry->QueryRoutine != NULL ? entry->QueryRoutine(NULL, REG_NONE, NULL, 0, Context, entry->EntryContext) : STATUS_INVALID_PARAMETER;
        } else if (entry->Name == NULL) {
            status = CmpQueryAll(key, entry, &query);
        } else {
            status = CmpQueryNamed(key, entry, &query);
        }
        if (!NT_SUCCESS(status))
            break;
    }
    if (key != top)
        ZwClose(key);
    if (close)
        ZwClose(top);
    return status;
}
