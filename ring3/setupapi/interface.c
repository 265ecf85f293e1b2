/* Sets of device interfaces: how most programs find their device. A set is the list that the configuration manager gave when it was made. */
#define _SETUPAPI_
#include <windows.h>
#include <setupapi.h>

#define SET_MARK   0x53455449u
#define CR_SUCCESS 0u

/* cfgmgr32.h, which setupapi.h does not go with. */
__declspec(dllimport) DWORD WINAPI CM_Get_Device_Interface_List_SizeW(PULONG Length, GUID *Class, PWSTR Device, ULONG Flags);
__declspec(dllimport) DWORD WINAPI CM_Get_Device_Interface_ListW(GUID *Class, PWSTR Device, PWCHAR Buffer, ULONG Length, ULONG Flags);

typedef struct {
    DWORD Mark;
    GUID Class;
    BOOL Present;
    WCHAR Links[];
} SET;

static BOOL Fail(DWORD Error) {
    SetLastError(Error);
    return FALSE;
}

static SET *SetOf(HDEVINFO Handle) {
    SET *Set = (SET *)Handle;

    if (Handle == NULL || Handle == INVALID_HANDLE_VALUE || Set->Mark != SET_MARK) {
        SetLastError(ERROR_INVALID_HANDLE);
        return NULL;
    }
    return Set;
}

/* Sets of devices (without DIGCF_DEVICEINTERFACE) are not there. */
HDEVINFO WINAPI SetupDiGetClassDevsW(CONST GUID *ClassGuid, PCWSTR Enumerator, HWND Parent, DWORD Flags) {
    ULONG Query = Flags & DIGCF_PRESENT ? 0 : 1, Length = 0;
    SET *Set;

    (void)Parent;
    if (!(Flags & DIGCF_DEVICEINTERFACE) || !ClassGuid) {
        SetLastError(Flags & DIGCF_DEVICEINTERFACE ? ERROR_INVALID_PARAMETER : ERROR_CALL_NOT_IMPLEMENTED);
        return INVALID_HANDLE_VALUE;
    }
    if (CM_Get_Device_Interface_List_SizeW(&Length, (GUID *)ClassGuid, (PWSTR)Enumerator, Query) != CR_SUCCESS) {
        SetLastError(ERROR_INVALID_DATA);
        return INVALID_HANDLE_VALUE;
    }
    Set = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof *Set + Length * sizeof(WCHAR));
    if (!Set) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return INVALID_HANDLE_VALUE;
    }
    Set->Mark = SET_MARK;
    Set->Class = *ClassGuid;
    Set->Present = (Flags & DIGCF_PRESENT) != 0;
    CM_Get_Device_Interface_ListW((GUID *)ClassGuid, (PWSTR)Enumerator, Set->Links, Length, Query); /* what has come meanwhile is not in it */
    return Set;
}

HDEVINFO WINAPI SetupDiGetClassDevsA(CONST GUID *ClassGuid, PCSTR Enumerator, HWND Parent, DWORD Flags) {
    WCHAR Wide[256];

    if (Enumerator && !MultiByteToWideChar(CP_ACP, 0, Enumerator, -1, Wide, ARRAYSIZE(Wide))) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return INVALID_HANDLE_VALUE;
    }
    return SetupDiGetClassDevsW(ClassGuid, Enumerator ? Wide : NULL, Parent, Flags);
}

BOOL WINAPI SetupDiDestroyDeviceInfoList(HDEVINFO Handle) {
    SET *Set = SetOf(Handle);

    if (!Set)
        return FALSE;
    Set->Mark = 0;
    return HeapFree(GetProcessHeap(), 0, Set);
}

BOOL WINAPI SetupDiEnumDeviceInterfaces(HDEVINFO Handle, PSP_DEVINFO_DATA Device, CONST GUID *Class, DWORD Index, PSP_DEVICE_INTERFACE_DATA Data) {
    SET *Set = SetOf(Handle);
    PWSTR Link;

    if (!Set)
        return FALSE;
    if (!Data || Data->cbSize != sizeof *Data || !Class || Device)
        return Fail(Data && Data->cbSize != sizeof *Data ? ERROR_INVALID_USER_BUFFER : ERROR_INVALID_PARAMETER);
    Link = Set->Links;
    while (*Link && Index--)
        Link += lstrlenW(Link) + 1;
    if (!*Link || memcmp(Class, &Set->Class, sizeof *Class) != 0)
        return Fail(ERROR_NO_MORE_ITEMS);
    Data->InterfaceClassGuid = Set->Class;
    Data->Flags = Set->Present ? SPINT_ACTIVE : 0;
    Data->Reserved = (ULONG_PTR)Link;
    return TRUE;
}

/* Size: of the path with its terminator and what is before it. A program asks with no room first, and is told ERROR_INSUFFICIENT_BUFFER. */
static BOOL Detail(HDEVINFO Handle, PSP_DEVICE_INTERFACE_DATA Data, PVOID Path, BOOL Wide, DWORD Room, PDWORD Needed, PSP_DEVINFO_DATA Device) {
    DWORD Before = FIELD_OFFSET(SP_DEVICE_INTERFACE_DETAIL_DATA_W, DevicePath), Size;
    PCWSTR Link;

    if (!SetOf(Handle))
        return FALSE;
    if (!Data || Data->cbSize != sizeof *Data || !Data->Reserved || Device)
        return Fail(Device ? ERROR_CALL_NOT_IMPLEMENTED : ERROR_INVALID_PARAMETER);
    Link = (PCWSTR)Data->Reserved;
    Size = Before + (DWORD)(lstrlenW(Link) + 1) * (Wide ? sizeof(WCHAR) : 1);
    if (Needed)
        *Needed = Size;
    if (Path && *(DWORD *)Path != (Wide ? sizeof(SP_DEVICE_INTERFACE_DETAIL_DATA_W) : sizeof(SP_DEVICE_INTERFACE_DETAIL_DATA_A)))
        return Fail(ERROR_INVALID_USER_BUFFER);
    if (!Path || Room < Size)
        return Fail(ERROR_INSUFFICIENT_BUFFER);
    if (Wide)
        memcpy((PBYTE)Path + Before, Link, Size - Before);
    else
        WideCharToMultiByte(CP_ACP, 0, Link, -1, (PSTR)Path + Before, (int)(Size - Before), NULL, NULL);
    return TRUE;
}

BOOL WINAPI SetupDiGetDeviceInterfaceDetailW(HDEVINFO Handle, PSP_DEVICE_INTERFACE_DATA Data, PSP_DEVICE_INTERFACE_DETAIL_DATA_W Path, DWORD Room,
                                             PDWORD Needed, PSP_DEVINFO_DATA Device) {
    return Detail(Handle, Data, Path, TRUE, Room, Needed, Device);
}

BOOL WINAPI SetupDiGetDeviceInterfaceDetailA(HDEVINFO Handle, PSP_DEVICE_INTERFACE_DATA Data, PSP_DEVICE_INTERFACE_DETAIL_DATA_A Path, DWORD Room,
                                             PDWORD Needed, PSP_DEVINFO_DATA Device) {
    return Detail(Handle, Data, Path, FALSE, Room, Needed, Device);
}
