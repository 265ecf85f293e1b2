/* The service database. Give the path of a driver that can be loaded as the argument, and of one without DriverUnload as a second. */
#include "utap.h"
#include <string.h>

static SC_HANDLE manager;

static SC_HANDLE create(const char *name, const char *display, DWORD type, DWORD start, const char *path) {
    return CreateServiceA(manager, name, display, SERVICE_ALL_ACCESS, type, start, SERVICE_ERROR_IGNORE, path, NULL, NULL, NULL, NULL, NULL);
}
#define FAILS(call, error, what) OK((SetLastError(0), !(call)) && GetLastError() == (error), what)

static void names(void) {
    SC_HANDLE first = create("First", "The first", SERVICE_KERNEL_DRIVER, SERVICE_DEMAND_START, "C:\\nothing.sys");
    OK(first, "CreateService");
    FAILS(create("FIRST", NULL, SERVICE_KERNEL_DRIVER, SERVICE_DEMAND_START, "C:\\x.sys"), ERROR_SERVICE_EXISTS, "the same name");
    FAILS(create("Second", "the FIRST", SERVICE_KERNEL_DRIVER, SERVICE_DEMAND_START, "C:\\x.sys"), ERROR_DUPLICATE_SERVICE_NAME,
          "the same display name");
    FAILS(create("Sec\\ond", NULL, SERVICE_KERNEL_DRIVER, SERVICE_DEMAND_START, "C:\\x.sys"), ERROR_INVALID_NAME, "a backslash");
    FAILS(create("", NULL, SERVICE_KERNEL_DRIVER, SERVICE_DEMAND_START, "C:\\x.sys"), ERROR_INVALID_NAME, "no name");
    FAILS(create("Second", NULL, 77, SERVICE_DEMAND_START, "C:\\x.sys"), ERROR_INVALID_PARAMETER, "no such type");
    FAILS(create("Second", NULL, SERVICE_KERNEL_DRIVER, 9, "C:\\x.sys"), ERROR_INVALID_PARAMETER, "no such start");
    FAILS(create("Second", NULL, SERVICE_KERNEL_DRIVER, SERVICE_DEMAND_START, NULL), ERROR_INVALID_PARAMETER, "no path");
    FAILS(OpenServiceW(manager, L"Nobody", SERVICE_START), ERROR_SERVICE_DOES_NOT_EXIST, "OpenService of none");
    FAILS(OpenServiceA(manager, "a/b", SERVICE_START), ERROR_INVALID_NAME, "OpenService of no name");
    FAILS(OpenServiceA(NULL, "First", SERVICE_START), ERROR_INVALID_HANDLE, "OpenService without a manager");
    OK(DeleteService(first) && CloseServiceHandle(first), "DeleteService");
    FAILS(OpenServiceA(manager, "First", SERVICE_START), ERROR_SERVICE_DOES_NOT_EXIST, "and it is gone");
}

static void rights(void) {
    SC_HANDLE weak = OpenSCManagerA(NULL, NULL, SC_MANAGER_CONNECT),
              all = create("Rights", NULL, SERVICE_KERNEL_DRIVER, SERVICE_DEMAND_START, "C:\\x.sys");
    SC_HANDLE query = OpenServiceA(weak, "Rights", SERVICE_QUERY_STATUS);
    SERVICE_STATUS status;
    OK(weak && all && query, "handles with few rights");
    SetLastError(0);
    OK(!CreateServiceA(weak, "X", NULL, SERVICE_START, SERVICE_KERNEL_DRIVER, 3, 0, "C:\\x.sys", NULL, NULL, NULL, NULL, NULL) &&
           GetLastError() == ERROR_ACCESS_DENIED,
       "CreateService without SC_MANAGER_CREATE_SERVICE");
    FAILS(StartServiceA(query, 0, NULL), ERROR_ACCESS_DENIED, "StartService without SERVICE_START");
    FAILS(ControlService(query, SERVICE_CONTROL_STOP, &status), ERROR_ACCESS_DENIED, "ControlService without SERVICE_STOP");
    FAILS(DeleteService(query), ERROR_ACCESS_DENIED, "DeleteService without DELETE");
    OK(QueryServiceStatus(query, &status) && status.dwCurrentState == SERVICE_STOPPED && status.dwWin32ExitCode == ERROR_SERVICE_NEVER_STARTED &&
           status.dwServiceType == SERVICE_KERNEL_DRIVER,
       "QueryServiceStatus of one that was never started");
    FAILS(StartServiceA(manager, 0, NULL), ERROR_INVALID_HANDLE, "the manager is no service");
    FAILS(CloseServiceHandle(NULL), ERROR_INVALID_HANDLE, "CloseServiceHandle of nothing");
    CloseServiceHandle(weak);
    CloseServiceHandle(query);
    OK(DeleteService(all), "deleted");
    FAILS(DeleteService(all), ERROR_SERVICE_MARKED_FOR_DELETE, "once");
    FAILS(StartServiceA(all, 0, NULL), ERROR_SERVICE_MARKED_FOR_DELETE, "not started any more");
    FAILS(create("Rights", NULL, SERVICE_KERNEL_DRIVER, SERVICE_DEMAND_START, "C:\\x.sys"), ERROR_SERVICE_MARKED_FOR_DELETE, "nor created");
    CloseServiceHandle(all);
    all = create("Rights", NULL, SERVICE_KERNEL_DRIVER, SERVICE_DEMAND_START, "C:\\x.sys");
    OK(all && DeleteService(all) && CloseServiceHandle(all), "until the last handle is closed");
}

static DWORD start_error(const char *path, DWORD start) {
    SC_HANDLE service = create("Start", NULL, SERVICE_KERNEL_DRIVER, start, path);
    DWORD error = StartServiceA(service, 0, NULL) ? 0 : GetLastError();
    DeleteService(service);
    CloseServiceHandle(service);
    return error;
}
static void refusals(void) {
    FILE *file = fopen("C:\\text.sys", "w");
    fputs("This is not a driver.\n", file);
    fclose(file);
    fclose(fopen("C:\\empty.sys", "w"));
    OK(start_error("C:\\nothing.sys", SERVICE_DEMAND_START) == ERROR_FILE_NOT_FOUND, "a file that is not there");
    OK(start_error("C:\\no folder\\x.sys", SERVICE_DEMAND_START) == ERROR_PATH_NOT_FOUND, "nor its folder");
    OK(start_error("C:\\text.sys", SERVICE_DEMAND_START) == ERROR_BAD_EXE_FORMAT, "text");
    OK(start_error("C:\\empty.sys", SERVICE_DEMAND_START) != 0, "an empty file");
    OK(start_error("C:\\text.sys", SERVICE_DISABLED) == ERROR_SERVICE_DISABLED, "a disabled service");
    SC_HANDLE process = create("Process", NULL, SERVICE_WIN32_OWN_PROCESS, SERVICE_DEMAND_START, "C:\\services.exe");
    SERVICE_STATUS status;
    OK(process, "a service of user mode can be created");
    FAILS(StartServiceA(process, 0, NULL), ERROR_SERVICE_NO_THREAD, "but not started");
    FAILS(ControlService(process, SERVICE_CONTROL_STOP, &status), ERROR_SERVICE_NOT_ACTIVE, "nor stopped");
    DeleteService(process);
    CloseServiceHandle(process);
}

static void configuration(void) {
    union {
        QUERY_SERVICE_CONFIGA a;
        QUERY_SERVICE_CONFIGW w;
        char room[1000];
    } config;
    DWORD needed = 0, tag = 0;
    SC_HANDLE service = CreateServiceA(manager, "Config", "Shown", SERVICE_ALL_ACCESS, SERVICE_KERNEL_DRIVER, SERVICE_DEMAND_START,
                                       SERVICE_ERROR_NORMAL, "C:\\config.sys", "Ring Group", &tag, "One\0+Two\0", NULL, NULL);
    OK(service && tag == 1, "a service with a tag");
    FAILS(QueryServiceConfigA(service, &config.a, 0, &needed), ERROR_INSUFFICIENT_BUFFER, "QueryServiceConfig says what it needs");
    OK(QueryServiceConfigA(service, &config.a, needed, &needed) && !strcmp(config.a.lpBinaryPathName, "\\??\\C:\\config.sys") &&
           !strcmp(config.a.lpDisplayName, "Shown") && !strcmp(config.a.lpLoadOrderGroup, "Ring Group") &&
           !memcmp(config.a.lpDependencies, "One\0+Two\0", 10) && config.a.dwStartType == SERVICE_DEMAND_START &&
           config.a.dwErrorControl == SERVICE_ERROR_NORMAL && config.a.dwTagId == 1,
       "and gives it");
    OK(ChangeServiceConfigW(service, SERVICE_NO_CHANGE, SERVICE_DISABLED, SERVICE_NO_CHANGE, NULL, NULL, NULL, NULL, NULL, NULL, L"Renamed") &&
           QueryServiceConfigW(service, &config.w, sizeof(config), &needed) && config.w.dwStartType == SERVICE_DISABLED &&
           !wcscmp(config.w.lpDisplayName, L"Renamed") && config.w.dwErrorControl == SERVICE_ERROR_NORMAL,
       "ChangeServiceConfig changes what it is told to");
    HKEY key;
    DWORD start = 0, size = sizeof(start), type = 0;
    OK(!RegOpenKeyExA(HKEY_LOCAL_MACHINE, "SYSTEM\\CurrentControlSet\\Services\\Config", 0, KEY_READ, &key) &&
           !RegQueryValueExA(key, "Start", NULL, &type, (BYTE *)&start, &size) && type == REG_DWORD && start == SERVICE_DISABLED && !RegCloseKey(key),
       "it is in the registry");
    ENUM_SERVICE_STATUSA entries[64];
    DWORD count = 0, resume = 0, found = 0;
    OK(EnumServicesStatusA(manager, SERVICE_DRIVER, SERVICE_STATE_ALL, entries, sizeof(entries), &needed, &count, &resume), "EnumServicesStatus");
    for (DWORD i = 0; i < count; i++)
        found += !strcmp(entries[i].lpServiceName, "Config") && !strcmp(entries[i].lpDisplayName, "Renamed");
    OK(found == 1, "lists it once");
    DeleteService(service);
    CloseServiceHandle(service);
}

static void driver(const char *path) {
    SERVICE_STATUS status;
    SERVICE_STATUS_PROCESS process;
    DWORD needed;
    SC_HANDLE service = create("Driver", NULL, SERVICE_KERNEL_DRIVER, SERVICE_DEMAND_START, path), second;
    OK(service && StartServiceA(service, 0, NULL), "StartService");
    FAILS(StartServiceA(service, 0, NULL), ERROR_SERVICE_ALREADY_RUNNING, "once");
    OK(QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (BYTE *)&process, sizeof(process), &needed) &&
           process.dwCurrentState == SERVICE_RUNNING && process.dwControlsAccepted == SERVICE_ACCEPT_STOP && !process.dwWin32ExitCode &&
           !process.dwProcessId,
       "it runs");
    OK(ControlService(service, SERVICE_CONTROL_INTERROGATE, &status) && status.dwCurrentState == SERVICE_RUNNING, "interrogation");
    FAILS(ControlService(service, SERVICE_CONTROL_PAUSE, &status), ERROR_INVALID_SERVICE_CONTROL, "a driver cannot be paused");
    FAILS(ControlService(service, 99, &status), ERROR_INVALID_PARAMETER, "no such control");
    HANDLE device = CreateFileA("\\\\.\\Example", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    OK(device != INVALID_HANDLE_VALUE && ControlService(service, SERVICE_CONTROL_STOP, &status) && status.dwCurrentState == SERVICE_STOP_PENDING,
       "while its device is open it does not stop");
    FAILS(ControlService(service, SERVICE_CONTROL_STOP, &status), ERROR_SERVICE_CANNOT_ACCEPT_CTRL, "and takes no controls");
    FAILS(StartServiceA(service, 0, NULL), ERROR_SERVICE_ALREADY_RUNNING, "nor starts again");
    CloseHandle(device);
    OK(QueryServiceStatus(service, &status) && status.dwCurrentState == SERVICE_STOPPED, "closed, it has stopped");
    FAILS(ControlService(service, SERVICE_CONTROL_STOP, &status), ERROR_SERVICE_NOT_ACTIVE, "once");
    OK(StartServiceW(service, 0, NULL), "started again");
    second = OpenServiceA(manager, "Driver", SERVICE_QUERY_STATUS);
    OK(second && DeleteService(service) && CloseServiceHandle(service), "deleted while it runs");
    OK(QueryServiceStatus(second, &status) && status.dwCurrentState == SERVICE_RUNNING, "it still does");
    service = OpenServiceA(manager, "Driver", SERVICE_STOP);
    OK(service && ControlService(service, SERVICE_CONTROL_STOP, &status) && status.dwCurrentState == SERVICE_STOPPED, "and can be stopped");
    CloseServiceHandle(service);
    CloseServiceHandle(second);
    FAILS(OpenServiceA(manager, "Driver", SERVICE_STOP), ERROR_SERVICE_DOES_NOT_EXIST, "then it is gone");
}

static void stubborn(const char *path) {
    SERVICE_STATUS status;
    SC_HANDLE service = create("Stubborn", NULL, SERVICE_KERNEL_DRIVER, SERVICE_DEMAND_START, path);
    OK(service && StartServiceA(service, 0, NULL), "a driver without DriverUnload starts");
    FAILS(ControlService(service, SERVICE_CONTROL_STOP, &status), ERROR_INVALID_SERVICE_CONTROL, "and does not stop");
    OK(QueryServiceStatus(service, &status) && status.dwCurrentState == SERVICE_RUNNING && !status.dwControlsAccepted, "it runs and takes no stop");
}

int main(int argc, char **argv) {
    manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_ALL_ACCESS);
    OK(manager, "OpenSCManager");
    names();
    rights();
    refusals();
    configuration();
    if (argc > 1)
        driver(argv[1]);
    if (argc > 2)
        stubborn(argv[2]);
    OK(CloseServiceHandle(manager), "CloseServiceHandle");
    return done();
}
