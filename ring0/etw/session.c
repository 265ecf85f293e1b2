/* Who wants a provider's events: --etw, and the sessions that the registry starts. */
#include "etw/etwp.h"
#include "ke/ke.h"
#include "rtl/rtl.h"

#define VALUE_ROOM (sizeof(KEY_VALUE_PARTIAL_INFORMATION) + sizeof(ULONG64))
#define NAME_ROOM  (sizeof(KEY_BASIC_INFORMATION) + 256 * sizeof(WCHAR))

static NTSTATUS EtwpOpenKey(HANDLE Root, PCWSTR Name, SIZE_T Length, PHANDLE Key) {
    UNICODE_STRING String = {(USHORT)Length, (USHORT)Length, (PWSTR)Name};
    OBJECT_ATTRIBUTES Attributes;
    InitializeObjectAttributes(&Attributes, &String, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, Root, NULL);
    return ZwOpenKey(Key, KEY_READ, &Attributes);
}

/* A DWORD or QWORD, Default if there is none. */
static ULONG64 EtwpNumber(HANDLE Key, PCWSTR Name, ULONG64 Default) {
    DECLSPEC_ALIGN(8) UCHAR Room[VALUE_ROOM];
    PKEY_VALUE_PARTIAL_INFORMATION Value = (PKEY_VALUE_PARTIAL_INFORMATION)Room;
    UNICODE_STRING String;
    ULONG Length;
    ULONG64 Number = 0;

    RtlInitUnicodeString(&String, Name);
    if (!NT_SUCCESS(ZwQueryValueKey(Key, &String, KeyValuePartialInformation, Value, sizeof(Room), &Length)) || Value->DataLength > sizeof(Number))
        return Default;
    if (Value->Type != REG_DWORD && Value->Type != REG_QWORD)
        return Default;
    RtlCopyMemory(&Number, Value->Data, Value->DataLength);
    return Number;
}

/* What several sessions want of one provider is all of it. */
static VOID EtwpAsk(HANDLE Session, PETWP_PROVIDER Provider, PCWSTR Id) {
    HANDLE Key;
    UCHAR Level;
    ULONG64 Any, All;

    if (EtwpNumber(Session, L"Start", 0) == 0 || !NT_SUCCESS(EtwpOpenKey(Session, Id, (RTLP_GUID_ROOM - 1) * sizeof(WCHAR), &Key)))
        return;
    if (EtwpNumber(Key, L"Enabled", 0) != 0) {
        Level = (UCHAR)EtwpNumber(Key, L"EnableLevel", 0);
        Any = EtwpNumber(Key, L"MatchAnyKeyword", 0);
        All = EtwpNumber(Key, L"MatchAllKeyword", 0);
        Provider->Any = Provider->Enabled && (Provider->Any == 0 || Any == 0) ? 0 : Provider->Any | Any;
        Provider->All = Provider->Enabled ? Provider->All & All : All;
        Provider->Level = Provider->Enabled && (Provider->Level == 0 || Level == 0) ? 0 : Level > Provider->Level ? Level : Provider->Level;
        Provider->Enabled = TRUE;
    }
    ZwClose(Key);
}

VOID EtwpEnable(PETWP_PROVIDER Provider) {
    static const WCHAR Path[] = L"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\WMI\\Autologger";
    DECLSPEC_ALIGN(8) UCHAR Room[NAME_ROOM];
    PKEY_BASIC_INFORMATION Name = (PKEY_BASIC_INFORMATION)Room;
    WCHAR Id[RTLP_GUID_ROOM];
    HANDLE Sessions, Session;
    ULONG Length;

    if (KiMachine->etw != 0) {
        Provider->Enabled = TRUE;
        Provider->Level = 0xFF;
        Provider->Any = ~0ull;
        return;
    }
    if (KeGetCurrentIrql() != PASSIVE_LEVEL || !NT_SUCCESS(EtwpOpenKey(NULL, Path, sizeof(Path) - sizeof(WCHAR), &Sessions)))
        return;
    RtlpFormatGuid(&Provider->Id, Id);
    for (ULONG I = 0; NT_SUCCESS(ZwEnumerateKey(Sessions, I, KeyBasicInformation, Name, sizeof(Room), &Length)); I++) {
        if (NT_SUCCESS(EtwpOpenKey(Sessions, Name->Name, Name->NameLength, &Session))) {
            EtwpAsk(Session, Provider, Id);
            ZwClose(Session);
        }
    }
    ZwClose(Sessions);
}
