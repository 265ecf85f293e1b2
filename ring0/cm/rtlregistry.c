/* The registry as drivers like to see it: RtlQueryRegistryValues and its family, on the services of this folder. PASSIVE_LEVEL. */
#include "cm/key.h"
#include "ke/ke.h"

#define FAST_FAIL_UNSAFE_REGISTRY_ACCESS 9u

static NTSTATUS CmpJoinPath(ULONG RelativeTo, PCWSTR Path, PUNICODE_STRING Name) {
    static const PCWSTR Bases[RTL_REGISTRY_MAXIMUM] = {
        [RTL_REGISTRY_ABSOLUTE] = L"",
        [RTL_REGISTRY_SERVICES] = L"\\Registry\\Machine\\System\\CurrentControlSet\\Services",
        [RTL_REGISTRY_CONTROL] = L"\\Registry\\Machine\\System\\CurrentControlSet\\Control",
        [RTL_REGISTRY_WINDOWS_NT] = L"\\Registry\\Machine\\Software\\Microsoft\\Windows NT\\CurrentVersion",
        [RTL_REGISTRY_DEVICEMAP] = L"\\Registry\\Machine\\Hardware\\DeviceMap",
        [RTL_REGISTRY_USER] = L"\\Registry\\User\\.Default",
    };
    UNICODE_STRING Base, Relative;
    if (RelativeTo >= RTL_REGISTRY_MAXIMUM)
        return STATUS_INVALID_PARAMETER;
    RtlInitUnicodeString(&Base, Bases[RelativeTo]);
    RtlInitUnicodeString(&Relative, Path);
    BOOLEAN Separator = Base.Length != 0 && Relative.Length != 0 && Relative.Buffer[0] != L'\\';
    ULONG Length = (ULONG)Base.Length + (Separator ? sizeof(WCHAR) : 0) + Relative.Length;
    if (Length > MAXUSHORT - 1)
        return STATUS_NAME_TOO_LONG;
    Name->Buffer = ExAllocatePoolWithTag(PagedPool, Length + sizeof(WCHAR), CMP_TAG);
    if (Name->Buffer == NULL)
        return STATUS_NO_MEMORY;
    Name->Length = 0;
    Name->MaximumLength = (USHORT)Length;
    RtlAppendUnicodeStringToString(Name, &Base);
    if (Separator)
        RtlAppendUnicodeToString(Name, L"\\");
    RtlAppendUnicodeStringToString(Name, &Relative);
    return STATUS_SUCCESS;
}

/* A handle to the key; with RTL_REGISTRY_HANDLE it is the caller's own (*Close FALSE). */
static NTSTATUS CmpOpenRelative(ULONG RelativeTo, PCWSTR Path, ACCESS_MASK Access, BOOLEAN Create, PHANDLE Handle, PBOOLEAN Close) {
    UNICODE_STRING Name;
    OBJECT_ATTRIBUTES Attributes;
    *Close = FALSE;
    if (RelativeTo & RTL_REGISTRY_HANDLE) {
        *Handle = (HANDLE)Path;
        return STATUS_SUCCESS;
    }
    NTSTATUS Status = CmpJoinPath(RelativeTo & ~RTL_REGISTRY_OPTIONAL, Path, &Name);
    if (!NT_SUCCESS(Status))
        return Status;
    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    if (Create)
        Status = ZwCreateKey(Handle, Access, &Attributes, 0, NULL, REG_OPTION_NON_VOLATILE, NULL);
    else
        Status = ZwOpenKey(Handle, Access, &Attributes);
    ExFreePoolWithTag(Name.Buffer, CMP_TAG);
    *Close = NT_SUCCESS(Status);
    return Status;
}

NTSTATUS NTAPI RtlCheckRegistryKey(ULONG RelativeTo, PWSTR Path) {
    HANDLE Key;
    BOOLEAN Close;
    NTSTATUS Status = CmpOpenRelative(RelativeTo, Path, KEY_READ, FALSE, &Key, &Close);
    if (Close)
        ZwClose(Key);
    return Status;
}

NTSTATUS NTAPI RtlCreateRegistryKey(ULONG RelativeTo, PWSTR Path) {
    HANDLE Key;
    BOOLEAN Close;
    NTSTATUS Status = CmpOpenRelative(RelativeTo, Path, KEY_READ | KEY_WRITE, TRUE, &Key, &Close);
    if (Close)
        ZwClose(Key);
    return Status;
}

NTSTATUS NTAPI RtlWriteRegistryValue(ULONG RelativeTo, PCWSTR Path, PCWSTR ValueName, ULONG ValueType, PVOID ValueData, ULONG ValueLength) {
    HANDLE Key;
    BOOLEAN Close;
    UNICODE_STRING Name;
    NTSTATUS Status = CmpOpenRelative(RelativeTo, Path, KEY_READ | KEY_WRITE, TRUE, &Key, &Close);
    if (!NT_SUCCESS(Status))
        return Status;
    RtlInitUnicodeString(&Name, ValueName);
    Status = ZwSetValueKey(Key, &Name, 0, ValueType, ValueData, ValueLength);
    if (Close)
        ZwClose(Key);
    return Status;
}

NTSTATUS NTAPI RtlDeleteRegistryValue(ULONG RelativeTo, PCWSTR Path, PCWSTR ValueName) {
    HANDLE Key;
    BOOLEAN Close;
    UNICODE_STRING Name;
    NTSTATUS Status = CmpOpenRelative(RelativeTo, Path, KEY_READ | KEY_WRITE, FALSE, &Key, &Close);
    if (!NT_SUCCESS(Status))
        return Status;
    RtlInitUnicodeString(&Name, ValueName);
    Status = ZwDeleteValueKey(Key, &Name);
    if (Close)
        ZwClose(Key);
    return Status;
}

/* ---- RtlQueryRegistryValues ---- */
typedef struct _CM_QUERY {
    PVOID Context;
    PCWSTR Environment; /* NAME=value\0...\0; NULL: SystemRoot and SystemDrive */
} CM_QUERY, *PCM_QUERY;

/* The value of the variable Name (Length characters) or NULL. */
static PCWSTR CmpFindVariable(PCWSTR Environment, PCWSTR Name, ULONG Length) {
    static const WCHAR Own[] = L"SystemDrive=C:\0SystemRoot=C:\\Windows\0windir=C:\\Windows\0";
    for (PCWSTR At = Environment != NULL ? Environment : Own; *At != 0;) {
        UNICODE_STRING Entry, Wanted = {(USHORT)(Length * sizeof(WCHAR)), (USHORT)(Length * sizeof(WCHAR)), (PWSTR)Name};
        RtlInitUnicodeString(&Entry, At);
        if (Entry.Length > Wanted.Length && At[Length] == L'=') {
            UNICODE_STRING Candidate = {Wanted.Length, Wanted.Length, (PWSTR)At};
            if (RtlCompareUnicodeString(&Candidate, &Wanted, TRUE) == 0)
                return At + Length + 1;
        }
        At += Entry.Length / sizeof(WCHAR) + 1;
    }
    return NULL;
}

/* Expands %NAME% in Text (Count characters); a name that nobody knows stays as it is. Returns characters; To may be NULL. */
static ULONG CmpExpand(PCWSTR Environment, PCWSTR Text, ULONG Count, PWSTR To) {
    ULONG Out = 0;
    for (ULONG I = 0; I < Count;) {
        ULONG End = I + 1;
        if (Text[I] == L'%')
            while (End < Count && Text[End] != L'%')
                End++;
        PCWSTR Value = Text[I] == L'%' && End < Count ? CmpFindVariable(Environment, Text + I + 1, End - I - 1) : NULL;
        if (Value != NULL) {
            for (; *Value != 0; Value++, Out++)
                if (To != NULL)
                    To[Out] = *Value;
            I = End + 1;
        } else {
            if (To != NULL)
                To[Out] = Text[I];
            Out++;
            I++;
        }
    }
    return Out;
}

/* RTL_QUERY_REGISTRY_DIRECT: strings go into a UNICODE_STRING, up to four bytes straight into the buffer, more behind a size (see the flag on
   RtlQueryRegistryValues' page). */
static NTSTATUS CmpStoreDirect(PVOID Target, ULONG Type, const VOID *Data, ULONG Size) {
    if (Type == REG_SZ || Type == REG_EXPAND_SZ || Type == REG_MULTI_SZ) {
        PUNICODE_STRING String = Target;
        if (Size > MAXUSHORT - 1)
            return STATUS_BUFFER_TOO_SMALL;
        if (String->Buffer == NULL) {
            String->Buffer = ExAllocatePoolWithTag(PagedPool, Size, CMP_TAG);
            if (String->Buffer == NULL)
                return STATUS_NO_MEMORY;
            String->MaximumLength = (USHORT)Size;
        } else if (Size > String->MaximumLength) {
            return STATUS_BUFFER_TOO_SMALL;
        }
        RtlCopyMemory(String->Buffer, Data, Size);
        String->Length = (USHORT)(Size - sizeof(WCHAR));
        return STATUS_SUCCESS;
    }
    if (Size <= sizeof(ULONG)) {
        RtlCopyMemory(Target, Data, Size);
        return STATUS_SUCCESS;
    }
    LONG Room = *(PLONG)Target;
    if (Room < 0) {
        if ((ULONG) - (LONG64)Room < Size)
            return STATUS_BUFFER_TOO_SMALL;
        RtlCopyMemory(Target, Data, Size);
        return STATUS_SUCCESS;
    }
    if ((ULONG64)Room < (ULONG64)Size + 2 * sizeof(ULONG))
        return STATUS_BUFFER_TOO_SMALL;
    ((PULONG)Target)[0] = Size;
    ((PULONG)Target)[1] = Type;
    RtlCopyMemory((PULONG)Target + 2, Data, Size);
    return STATUS_SUCCESS;
}

/* STATUS_BUFFER_TOO_SMALL is the one error of a routine that does not end the query (RtlQueryRegistryValues' page, "returns"). */
static NTSTATUS CmpHandOver(PRTL_QUERY_REGISTRY_TABLE Entry, PCWSTR Name, ULONG Type, PVOID Data, ULONG Size, PCM_QUERY Query) {
    if (Entry->Flags & RTL_QUERY_REGISTRY_DIRECT)
        return CmpStoreDirect(Entry->EntryContext, Type, Data, Size);
    NTSTATUS Status = Entry->QueryRoutine((PWSTR)Name, Type, Data, Size, Query->Context, Entry->EntryContext);
    return Status == STATUS_BUFFER_TOO_SMALL ? STATUS_SUCCESS : Status;
}

/* Data: pool or the caller's default, with a zero behind a string. */
static NTSTATUS CmpDeliverValue(PRTL_QUERY_REGISTRY_TABLE Entry, PCWSTR Name, ULONG Type, PVOID Data, ULONG Size, PCM_QUERY Query) {
    if (Entry->Flags & RTL_QUERY_REGISTRY_NOEXPAND)
        return CmpHandOver(Entry, Name, Type, Data, Size, Query);
    if (Type == REG_MULTI_SZ && !(Entry->Flags & RTL_QUERY_REGISTRY_DIRECT)) {
        PWSTR At = Data, End = (PWSTR)((PUCHAR)Data + (Size & ~1u));
        while (At < End && *At != 0) {
            PWSTR Next = At;
            while (Next < End && *Next != 0)
                Next++;
            if (Next == End)
                break;
            NTSTATUS Status = CmpHandOver(Entry, Name, REG_SZ, At, (ULONG)((PUCHAR)(Next + 1) - (PUCHAR)At), Query);
            if (!NT_SUCCESS(Status))
                return Status;
            At = Next + 1;
        }
        return STATUS_SUCCESS;
    }
    if (Type == REG_EXPAND_SZ) {
        ULONG Count = Size / sizeof(WCHAR);
        ULONG Expanded = CmpExpand(Query->Environment, Data, Count, NULL);
        PWSTR Text = ExAllocatePoolWithTag(PagedPool, (SIZE_T)Expanded * sizeof(WCHAR), CMP_TAG);
        if (Text == NULL)
            return STATUS_NO_MEMORY;
        CmpExpand(Query->Environment, Data, Count, Text);
        NTSTATUS Status = CmpHandOver(Entry, Name, REG_SZ, Text, Expanded * (ULONG)sizeof(WCHAR), Query);
        ExFreePoolWithTag(Text, CMP_TAG);
        return Status;
    }
    return CmpHandOver(Entry, Name, Type, Data, Size, Query);
}

static NTSTATUS CmpCheckType(PRTL_QUERY_REGISTRY_TABLE Entry, ULONG Type) {
    if (!(Entry->Flags & RTL_QUERY_REGISTRY_TYPECHECK))
        return STATUS_SUCCESS;
    return Entry->DefaultType >> RTL_QUERY_REGISTRY_TYPECHECK_SHIFT == Type ? STATUS_SUCCESS : STATUS_OBJECT_TYPE_MISMATCH;
}

static BOOLEAN CmpIsText(ULONG Type) { return Type == REG_SZ || Type == REG_EXPAND_SZ || Type == REG_MULTI_SZ; }

/* A value in the tree belongs to the tree: callbacks get a copy, terminated if it is text. */
static NTSTATUS CmpDeliverStored(PRTL_QUERY_REGISTRY_TABLE Entry, PCWSTR Name, PKEY_VALUE_FULL_INFORMATION Value, PCM_QUERY Query) {
    ULONG Type = Value->Type, Size = Value->DataLength;
    NTSTATUS Status = CmpCheckType(Entry, Type);
    if (!NT_SUCCESS(Status))
        return Status;
    PUCHAR Copy = ExAllocatePoolWithTag(PagedPool, (SIZE_T)Size + sizeof(ULONG64), CMP_TAG);
    if (Copy == NULL)
        return STATUS_NO_MEMORY;
    RtlZeroMemory(Copy + Size, sizeof(ULONG64));
    if (Size != 0)
        RtlCopyMemory(Copy, (PUCHAR)Value + Value->DataOffset, Size);
    if (CmpIsText(Type)) {
        Size &= ~1u;
        if (Size == 0 || ((PWSTR)Copy)[Size / sizeof(WCHAR) - 1] != 0) {
            ((PWSTR)Copy)[Size / sizeof(WCHAR)] = 0;
            Size += sizeof(WCHAR);
        }
    }
    Status = CmpDeliverValue(Entry, Name, Type, Copy, Size, Query);
    ExFreePoolWithTag(Copy, CMP_TAG);
    return Status;
}

/* The default of an entry whose value is not there. */
static NTSTATUS CmpDeliverDefault(PRTL_QUERY_REGISTRY_TABLE Entry, PCM_QUERY Query) {
    ULONG Type = Entry->Flags & RTL_QUERY_REGISTRY_TYPECHECK ? Entry->DefaultType & ~RTL_QUERY_REGISTRY_TYPECHECK_MASK : Entry->DefaultType;
    ULONG Size = Entry->DefaultLength;
    if (Entry->Flags & RTL_QUERY_REGISTRY_REQUIRED)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (Type == REG_NONE)
        return STATUS_SUCCESS;
    if (Size == 0 && CmpIsText(Type)) {
        PCWSTR Text = Entry->DefaultData;
        ULONG Count = 0;
        if (Type == REG_MULTI_SZ) {
            while (Text[Count] != 0 || Text[Count + 1] != 0)
                Count++;
            Count += 2;
        } else {
            while (Text[Count] != 0)
                Count++;
            Count++;
        }
        Size = Count * sizeof(WCHAR);
    }
    return CmpDeliverValue(Entry, Entry->Name, Type, Entry->DefaultData, Size, Query);
}

/* A value by name, or (Name NULL) by index, in pool. */
static NTSTATUS CmpReadValue(HANDLE Key, PUNICODE_STRING Name, ULONG Index, PKEY_VALUE_FULL_INFORMATION *Value) {
    ULONG Size = 0;
    NTSTATUS Status = Name != NULL ? ZwQueryValueKey(Key, Name, KeyValueFullInformation, NULL, 0, &Size)
                                   : ZwEnumerateValueKey(Key, Index, KeyValueFullInformation, NULL, 0, &Size);
    if (Status != STATUS_BUFFER_TOO_SMALL)
        return Status;
    *Value = ExAllocatePoolWithTag(PagedPool, Size, CMP_TAG);
    if (*Value == NULL)
        return STATUS_NO_MEMORY;
    Status = Name != NULL ? ZwQueryValueKey(Key, Name, KeyValueFullInformation, *Value, Size, &Size)
                          : ZwEnumerateValueKey(Key, Index, KeyValueFullInformation, *Value, Size, &Size);
    if (!NT_SUCCESS(Status))
        ExFreePoolWithTag(*Value, CMP_TAG);
    return Status;
}

/* The hives that RtlQueryRegistryValues' page lists; what is above all hives is nobody's to change. */
static BOOLEAN CmpIsInSystemHive(PCM_NODE Node) {
    static const PCWSTR Trusted[] = {L"HARDWARE", L"SOFTWARE", L"SYSTEM", L"SECURITY", L"SAM"};
    UNICODE_STRING Name;
    while (CmpDepth(Node) > 2)
        Node = Node->Parent;
    if (CmpDepth(Node) < 2)
        return TRUE;
    RtlInitUnicodeString(&Name, L"MACHINE");
    if (!RtlEqualUnicodeString(&Node->Parent->Name, &Name, TRUE))
        return FALSE;
    for (ULONG Index = 0; Index < ARRAYSIZE(Trusted); Index++) {
        RtlInitUnicodeString(&Name, Trusted[Index]);
        if (RtlEqualUnicodeString(&Node->Name, &Name, TRUE))
            return TRUE;
    }
    return FALSE;
}

/* A value of a hive that programs fill goes nowhere directly before its type has been looked at. */
static VOID CmpCheckTrust(HANDLE Handle, PRTL_QUERY_REGISTRY_TABLE Entry) {
    PCM_KEY Key;
    if ((Entry->Flags & (RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_TYPECHECK)) != RTL_QUERY_REGISTRY_DIRECT ||
        !NT_SUCCESS(CmpReferenceKey(Handle, 0, KernelMode, &Key)))
        return;
    if (!CmpIsInSystemHive(Key->Node))
        KiBugCheck(KI_SECURITY_CHECK_FAILURE, FAST_FAIL_UNSAFE_REGISTRY_ACCESS, 0, 0, 0, NULL,
                   "RtlQueryRegistryValues stores a value of a hive that is not the system's: add RTL_QUERY_REGISTRY_TYPECHECK to "
                   "RTL_QUERY_REGISTRY_DIRECT");
    ObfDereferenceObject(Key);
}

static NTSTATUS CmpQueryNamed(HANDLE Key, PRTL_QUERY_REGISTRY_TABLE Entry, PCM_QUERY Query) {
    UNICODE_STRING Name;
    PKEY_VALUE_FULL_INFORMATION Value;
    RtlInitUnicodeString(&Name, Entry->Name);
    NTSTATUS Status = CmpReadValue(Key, &Name, 0, &Value);
    if (Status == STATUS_OBJECT_NAME_NOT_FOUND)
        return CmpDeliverDefault(Entry, Query);
    if (!NT_SUCCESS(Status))
        return Status;
    CmpCheckTrust(Key, Entry);
    Status = CmpDeliverStored(Entry, Entry->Name, Value, Query);
    ExFreePoolWithTag(Value, CMP_TAG);
    if (NT_SUCCESS(Status) && (Entry->Flags & RTL_QUERY_REGISTRY_DELETE))
        ZwDeleteValueKey(Key, &Name);
    return Status;
}

/* Every value of the key goes to the entry's routine, in the order in which they were made. */
static NTSTATUS CmpQueryAll(HANDLE Key, PRTL_QUERY_REGISTRY_TABLE Entry, PCM_QUERY Query) {
    ULONG Index = 0, Delivered = 0;
    NTSTATUS Status;
    PKEY_VALUE_FULL_INFORMATION Value;
    while ((Status = CmpReadValue(Key, NULL, Index, &Value)) == STATUS_SUCCESS) {
        PWSTR Name = ExAllocatePoolWithTag(PagedPool, Value->NameLength + sizeof(WCHAR), CMP_TAG);
        if (Name == NULL) {
            ExFreePoolWithTag(Value, CMP_TAG);
            return STATUS_NO_MEMORY;
        }
        RtlCopyMemory(Name, Value->Name, Value->NameLength);
        Name[Value->NameLength / sizeof(WCHAR)] = 0;
        Status = CmpDeliverStored(Entry, Name, Value, Query);
        Delivered++;
        if (NT_SUCCESS(Status) && (Entry->Flags & RTL_QUERY_REGISTRY_DELETE)) {
            UNICODE_STRING String;
            RtlInitUnicodeString(&String, Name);
            if (!NT_SUCCESS(ZwDeleteValueKey(Key, &String)))
                Index++;
        } else {
            Index++;
        }
        ExFreePoolWithTag(Name, CMP_TAG);
        ExFreePoolWithTag(Value, CMP_TAG);
        if (!NT_SUCCESS(Status))
            return Status;
    }
    if (Status != STATUS_NO_MORE_ENTRIES)
        return Status;
    return Delivered == 0 && (Entry->Flags & RTL_QUERY_REGISTRY_REQUIRED) ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_SUCCESS;
}

/* Queries that make no sense are refused before anything is done. */
static NTSTATUS CmpCheckEntry(PRTL_QUERY_REGISTRY_TABLE Entry) {
    ULONG Flags = Entry->Flags;
    if ((Flags & RTL_QUERY_REGISTRY_DIRECT) &&
        (Entry->Name == NULL || Entry->EntryContext == NULL || Entry->QueryRoutine != NULL || (Flags & RTL_QUERY_REGISTRY_SUBKEY)))
        return STATUS_INVALID_PARAMETER;
    if ((Flags & RTL_QUERY_REGISTRY_TYPECHECK) && !(Flags & RTL_QUERY_REGISTRY_DIRECT))
        return STATUS_INVALID_PARAMETER;
    if ((Flags & RTL_QUERY_REGISTRY_SUBKEY) && Entry->Name == NULL)
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

static NTSTATUS CmpOpenSubkey(HANDLE Top, PCWSTR Path, BOOLEAN Delete, PHANDLE Key) {
    UNICODE_STRING Name;
    OBJECT_ATTRIBUTES Attributes;
    RtlInitUnicodeString(&Name, Path);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, Top, NULL);
    return ZwOpenKey(Key, KEY_READ | (Delete ? KEY_SET_VALUE : 0), &Attributes);
}

NTSTATUS NTAPI RtlQueryRegistryValues(ULONG RelativeTo, PCWSTR Path, PRTL_QUERY_REGISTRY_TABLE QueryTable, PVOID Context, PVOID Environment) {
    CM_QUERY Query = {Context, Environment};
    HANDLE Top, Key;
    BOOLEAN Close;
    NTSTATUS Status = CmpOpenRelative(RelativeTo, Path, KEY_READ | KEY_SET_VALUE, FALSE, &Top, &Close);
    if (!NT_SUCCESS(Status))
        return Status == STATUS_OBJECT_NAME_NOT_FOUND && (RelativeTo & RTL_REGISTRY_OPTIONAL) ? STATUS_SUCCESS : Status;
    Key = Top;
    for (PRTL_QUERY_REGISTRY_TABLE Entry = QueryTable;
         Entry->QueryRoutine != NULL || (Entry->Flags & (RTL_QUERY_REGISTRY_SUBKEY | RTL_QUERY_REGISTRY_DIRECT)); Entry++) {
        Status = CmpCheckEntry(Entry);
        if (!NT_SUCCESS(Status))
            break;
        if ((Entry->Flags & (RTL_QUERY_REGISTRY_TOPKEY | RTL_QUERY_REGISTRY_SUBKEY)) && Key != Top) {
            ZwClose(Key);
            Key = Top;
        }
        if (Entry->Flags & RTL_QUERY_REGISTRY_SUBKEY) {
            HANDLE Sub;
            Status = CmpOpenSubkey(Top, Entry->Name, TRUE, &Sub);
            if (NT_SUCCESS(Status)) {
                Key = Sub;
                if (Entry->QueryRoutine != NULL)
                    Status = CmpQueryAll(Key, Entry, &Query);
            }
        } else if (Entry->Flags & RTL_QUERY_REGISTRY_NOVALUE) {
            Status = Entry->QueryRoutine != NULL ? CmpHandOver(Entry, NULL, REG_NONE, NULL, 0, &Query) : STATUS_INVALID_PARAMETER;
        } else if (Entry->Name == NULL) {
            Status = CmpQueryAll(Key, Entry, &Query);
        } else {
            Status = CmpQueryNamed(Key, Entry, &Query);
        }
        if (!NT_SUCCESS(Status))
            break;
    }
    if (Key != Top)
        ZwClose(Key);
    if (Close)
        ZwClose(Top);
    return Status;
}
