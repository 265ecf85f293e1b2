/* Lists of device interfaces, as the Plug and Play manager keeps them below Control\DeviceClasses (docs/pnp.md). */
#include <windows.h>

/* cfgmgr32.h, whose functions are imported ones. */
typedef DWORD CONFIGRET;
#define CR_SUCCESS         0x00u
#define CR_OUT_OF_MEMORY   0x02u
#define CR_INVALID_POINTER 0x03u
#define CR_INVALID_FLAG    0x04u
#define CR_BUFFER_SMALL    0x1Au
#define ALL_DEVICES        1u

#define CLASSES  L"SYSTEM\\CurrentControlSet\\Control\\DeviceClasses\\"
#define MAX_NAME 256u /* characters of a key's name */
#define MAX_LINK 512u

CONFIGRET WINAPI CM_Get_Device_Interface_List_SizeA(PULONG Length, GUID *Class, PSTR Device, ULONG Flags);
CONFIGRET WINAPI CM_Get_Device_Interface_List_SizeW(PULONG Length, GUID *Class, PWSTR Device, ULONG Flags);
CONFIGRET WINAPI CM_Get_Device_Interface_ListA(GUID *Class, PSTR Device, PCHAR Buffer, ULONG Length, ULONG Flags);
CONFIGRET WINAPI CM_Get_Device_Interface_ListW(GUID *Class, PWSTR Device, PWCHAR Buffer, ULONG Length, ULONG Flags);

typedef struct {
    PCWSTR Device;      /* "PCI\VEN_...\3&...", NULL: of all */
    BOOL All;           /* also those that are off */
    PWSTR At;           /* NULL: only counted */
    ULONG Room, Needed; /* characters */
} LIST;

int _snwprintf(wchar_t *Buffer, size_t Count, const wchar_t *Format, ...);

static BOOL ReadText(HKEY Key, PCWSTR Name, PWSTR Text, DWORD Count) {
    DWORD Size = (Count - 1) * sizeof(WCHAR), Type;

    if (RegQueryValueExW(Key, Name, NULL, &Type, (BYTE *)Text, &Size) != ERROR_SUCCESS || Type != REG_SZ)
        return FALSE;
    Text[Size / sizeof(WCHAR)] = 0;
    return TRUE;
}

static BOOL IsLinked(HKEY Interface) {
    DWORD Linked = 0, Size = sizeof Linked;
    HKEY Control;

    if (RegOpenKeyExW(Interface, L"Control", 0, KEY_READ, &Control) != ERROR_SUCCESS)
        return FALSE;
    if (RegQueryValueExW(Control, L"Linked", NULL, NULL, (BYTE *)&Linked, &Size) != ERROR_SUCCESS)
        Linked = 0;
    RegCloseKey(Control);
    return Linked != 0;
}

static void AddLink(LIST *List, HKEY Interface) {
    WCHAR Link[MAX_LINK];
    ULONG Length;

    if ((!List->All && !IsLinked(Interface)) || !ReadText(Interface, L"SymbolicLink", Link, MAX_LINK))
        return;
    Length = (ULONG)lstrlenW(Link) + 1;
    if (List->At && List->Needed + Length < List->Room)
        memcpy(List->At + List->Needed, Link, Length * sizeof(WCHAR));
    List->Needed += Length;
}

/* One device's key: each of its reference strings is a key "#reference". */
static void AddDevice(LIST *List, HKEY Device) {
    WCHAR Name[MAX_NAME], Instance[MAX_NAME];
    DWORD Length = MAX_NAME;
    HKEY Interface;

    if (List->Device && (!ReadText(Device, L"DeviceInstance", Instance, MAX_NAME) || lstrcmpiW(Instance, List->Device) != 0))
        return;
    for (DWORD Index = 0; RegEnumKeyExW(Device, Index, Name, &Length, NULL, NULL, NULL, NULL) == ERROR_SUCCESS; Index++, Length = MAX_NAME) {
        if (Name[0] != L'#' || RegOpenKeyExW(Device, Name, 0, KEY_READ, &Interface) != ERROR_SUCCESS)
            continue;
        AddLink(List, Interface);
        RegCloseKey(Interface);
    }
}

static void AddClass(LIST *List, const GUID *Class) {
    WCHAR Path[128], Name[MAX_NAME];
    DWORD Length = MAX_NAME;
    HKEY Key, Device;

    _snwprintf(Path, ARRAYSIZE(Path), CLASSES L"{%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x}", (unsigned)Class->Data1, Class->Data2,
               Class->Data3, Class->Data4[0], Class->Data4[1], Class->Data4[2], Class->Data4[3], Class->Data4[4], Class->Data4[5], Class->Data4[6],
               Class->Data4[7]);
    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, Path, 0, KEY_READ, &Key) != ERROR_SUCCESS)
        return;
    for (DWORD Index = 0; RegEnumKeyExW(Key, Index, Name, &Length, NULL, NULL, NULL, NULL) == ERROR_SUCCESS; Index++, Length = MAX_NAME) {
        if (RegOpenKeyExW(Key, Name, 0, KEY_READ, &Device) != ERROR_SUCCESS)
            continue;
        AddDevice(List, Device);
        RegCloseKey(Device);
    }
    RegCloseKey(Key);
}

static CONFIGRET Fill(const GUID *Class, PCWSTR Device, PWSTR Buffer, ULONG Room, ULONG Flags, PULONG Needed) {
    LIST List = {.Device = Device, .All = Flags == ALL_DEVICES, .At = Buffer, .Room = Room};

    if (!Class || (Buffer && !Room))
        return CR_INVALID_POINTER;
    if (Flags > ALL_DEVICES)
        return CR_INVALID_FLAG;
    AddClass(&List, Class);
    *Needed = List.Needed + 1;
    if (!Buffer)
        return CR_SUCCESS;
    Buffer[*Needed <= Room ? List.Needed : 0] = 0;
    return *Needed <= Room ? CR_SUCCESS : CR_BUFFER_SMALL;
}

CONFIGRET WINAPI CM_Get_Device_Interface_List_SizeW(PULONG Length, GUID *Class, PWSTR Device, ULONG Flags) {
    return Length ? Fill(Class, Device, NULL, 0, Flags, Length) : CR_INVALID_POINTER;
}

CONFIGRET WINAPI CM_Get_Device_Interface_ListW(GUID *Class, PWSTR Device, PWCHAR Buffer, ULONG Length, ULONG Flags) {
    ULONG Needed;

    return Buffer ? Fill(Class, Device, Buffer, Length, Flags, &Needed) : CR_INVALID_POINTER;
}

/* Characters of links are ASCII but for reference strings, which code page 1252 may lack a letter of: then it is '?'. */
CONFIGRET WINAPI CM_Get_Device_Interface_List_SizeA(PULONG Length, GUID *Class, PSTR Device, ULONG Flags) {
    WCHAR Wide[MAX_NAME];

    if (Device && !MultiByteToWideChar(CP_ACP, 0, Device, -1, Wide, MAX_NAME))
        return CR_INVALID_POINTER;
    return CM_Get_Device_Interface_List_SizeW(Length, Class, Device ? Wide : NULL, Flags);
}

CONFIGRET WINAPI CM_Get_Device_Interface_ListA(GUID *Class, PSTR Device, PCHAR Buffer, ULONG Length, ULONG Flags) {
    WCHAR Wide[MAX_NAME];
    PWSTR List;
    ULONG Needed;
    CONFIGRET Result;

    if (!Buffer || (Device && !MultiByteToWideChar(CP_ACP, 0, Device, -1, Wide, MAX_NAME)))
        return CR_INVALID_POINTER;
    List = HeapAlloc(GetProcessHeap(), 0, (Length ? Length : 1) * sizeof(WCHAR));
    if (!List)
        return CR_OUT_OF_MEMORY;
    Result = Fill(Class, Device ? Wide : NULL, List, Length, Flags, &Needed);
    if (Result == CR_SUCCESS)
        WideCharToMultiByte(CP_ACP, 0, List, (int)Needed, Buffer, (int)Length, NULL, NULL);
    HeapFree(GetProcessHeap(), 0, List);
    return Result;
}
