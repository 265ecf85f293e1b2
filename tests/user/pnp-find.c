/* A program finds its device as most do: by the class of its interface, with setupapi or with cfgmgr32. */
#include "utap.h"
#include <setupapi.h>
#include <cfgmgr32.h>

static GUID class = {0x6A2D1B8E, 0x51F3, 0x4C77, {0x9B, 0x1D, 0x3C, 0x55, 0x0E, 0x7A, 0x24, 0x91}};
static GUID other = {0x6A2D1B8F, 0x51F3, 0x4C77, {0x9B, 0x1D, 0x3C, 0x55, 0x0E, 0x7A, 0x24, 0x91}};
static const char begin[] = "\\\\?\\PCI#VEN_1234&DEV_11E8";

static int fails(BOOL result, DWORD error) { return !result && GetLastError() == error; }

static int opens(const char *path) {
    HANDLE device = CreateFileA(path, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    if (device == INVALID_HANDLE_VALUE)
        return 0;
    return CloseHandle(device);
}

static void with_setupapi(void) {
    union {
        SP_DEVICE_INTERFACE_DETAIL_DATA_A data;
        char room[512];
    } path;
    SP_DEVICE_INTERFACE_DATA data = {.cbSize = sizeof data};
    DWORD needed = 0;
    HDEVINFO set = SetupDiGetClassDevsA(&class, NULL, NULL, DIGCF_PRESENT | DIGCF_DEVICEINTERFACE);
    OK(set != INVALID_HANDLE_VALUE, "a set of the interfaces of a class");
    OK(SetupDiEnumDeviceInterfaces(set, NULL, &class, 0, &data), "has a first");
    OK(data.Flags & SPINT_ACTIVE, "which is on");
    OK(fails(SetupDiGetDeviceInterfaceDetailA(set, &data, NULL, 0, &needed, NULL), ERROR_INSUFFICIENT_BUFFER), "its path needs room");
    path.data.cbSize = 1;
    OK(fails(SetupDiGetDeviceInterfaceDetailA(set, &data, &path.data, sizeof path, NULL, NULL), ERROR_INVALID_USER_BUFFER),
       "of the structure's size");
    path.data.cbSize = sizeof path.data;
    OK(SetupDiGetDeviceInterfaceDetailA(set, &data, &path.data, needed, NULL, NULL), "and is told");
    OK(!strncmp(path.data.DevicePath, begin, sizeof begin - 1), "the path of the device");
    OK(opens(path.data.DevicePath), "can be opened");
    OK(SetupDiEnumDeviceInterfaces(set, NULL, &class, 1, &data), "there is a second");
    OK(fails(SetupDiEnumDeviceInterfaces(set, NULL, &class, 2, &data), ERROR_NO_MORE_ITEMS), "and no third");
    OK(SetupDiDestroyDeviceInfoList(set), "the set is given back");
    set = SetupDiGetClassDevsA(&other, NULL, NULL, DIGCF_PRESENT | DIGCF_DEVICEINTERFACE);
    OK(fails(SetupDiEnumDeviceInterfaces(set, NULL, &other, 0, &data), ERROR_NO_MORE_ITEMS), "another class has none");
    SetupDiDestroyDeviceInfoList(set);
}

static void with_cfgmgr32(void) {
    ULONG length = 0;
    char list[1024], *second;
    OK(CM_Get_Device_Interface_List_SizeA(&length, &class, NULL, CM_GET_DEVICE_INTERFACE_LIST_PRESENT) == CR_SUCCESS && length > 100,
       "a list's length");
    OK(CM_Get_Device_Interface_ListA(&class, NULL, list, 20, CM_GET_DEVICE_INTERFACE_LIST_PRESENT) == CR_BUFFER_SMALL, "a short buffer");
    OK(CM_Get_Device_Interface_ListA(&class, NULL, list, length, CM_GET_DEVICE_INTERFACE_LIST_PRESENT) == CR_SUCCESS, "the list");
    second = list + strlen(list) + 1;
    OK(opens(list) && opens(second), "whose devices can be opened");
    OK(second[strlen(second) + 1] == 0, "and no more");
    OK(CM_Get_Device_Interface_List_SizeA(&length, &other, NULL, CM_GET_DEVICE_INTERFACE_LIST_PRESENT) == CR_SUCCESS && length == 1, "an empty one");
}

int main(void) {
    with_setupapi();
    with_cfgmgr32();
    return done();
}
