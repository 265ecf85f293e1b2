/* T41: what else the database keeps and lists: QueryServiceConfig2, names, EnumServicesStatus(Ex), the checks of ChangeServiceConfig. */
#include "utap.h"
#include <string.h>

#define FAILS(call, error, what) OK((SetLastError(0), !(call)) && GetLastError() == (error), what)

static SC_HANDLE manager;

static SC_HANDLE create(const char *name, const char *display, DWORD type, DWORD start, const char *group) {
    return CreateServiceA(manager, name, display, SERVICE_ALL_ACCESS, type, start, SERVICE_ERROR_NORMAL, "C:\\x.sys", group, NULL, NULL, NULL, NULL);
}
static BOOL gone(SC_HANDLE service) { return DeleteService(service) && CloseServiceHandle(service); }

static void options(void) {
    SC_HANDLE driver = create("Driver", NULL, SERVICE_KERNEL_DRIVER, SERVICE_DEMAND_START, NULL),
              process = create("Process", NULL, SERVICE_WIN32_OWN_PROCESS, SERVICE_AUTO_START, NULL);
    union {
        SERVICE_DESCRIPTIONA a;
        SERVICE_DESCRIPTIONW w;
        SERVICE_FAILURE_ACTIONSA failure;
        SERVICE_DELAYED_AUTO_START_INFO delayed;
        SERVICE_REQUIRED_PRIVILEGES_INFOA privileges;
        SERVICE_PRESHUTDOWN_INFO preshutdown;
        BYTE room[500];
    } answer;
    DWORD needed = 0;

    OK(QueryServiceConfig2A(driver, SERVICE_CONFIG_DESCRIPTION, answer.room, sizeof(answer), &needed) && !answer.a.lpDescription, "no description");
    SERVICE_DESCRIPTIONA text = {"What it is for"};
    OK(ChangeServiceConfig2A(driver, SERVICE_CONFIG_DESCRIPTION, &text), "ChangeServiceConfig2");
    FAILS(QueryServiceConfig2W(driver, SERVICE_CONFIG_DESCRIPTION, NULL, 0, &needed), ERROR_INSUFFICIENT_BUFFER,
          "QueryServiceConfig2 says what it needs");
    OK(needed == sizeof(answer.w) + 2 * sizeof("What it is for") &&
           QueryServiceConfig2W(driver, SERVICE_CONFIG_DESCRIPTION, answer.room, needed, &needed) &&
           !wcscmp(answer.w.lpDescription, L"What it is for"),
       "and gives it");
    text.lpDescription = NULL;
    OK(ChangeServiceConfig2A(driver, SERVICE_CONFIG_DESCRIPTION, &text) &&
           QueryServiceConfig2A(driver, SERVICE_CONFIG_DESCRIPTION, answer.room, sizeof(answer), &needed) &&
           !strcmp(answer.a.lpDescription, "What it is for"),
       "NULL leaves it");
    text.lpDescription = (char *)"";
    OK(ChangeServiceConfig2A(driver, SERVICE_CONFIG_DESCRIPTION, &text) &&
           QueryServiceConfig2A(driver, SERVICE_CONFIG_DESCRIPTION, answer.room, sizeof(answer), &needed) && !answer.a.lpDescription,
       "an empty one removes it");

    SC_ACTION actions[] = {{SC_ACTION_RESTART, 1000}, {SC_ACTION_RUN_COMMAND, 2000}, {SC_ACTION_NONE, 0}};
    SERVICE_FAILURE_ACTIONSA failure = {86400, (char *)"restarting", (char *)"C:\\tell.exe", 3, actions};
    FAILS(ChangeServiceConfig2A(driver, SERVICE_CONFIG_FAILURE_ACTIONS, &failure), ERROR_CANNOT_DETECT_DRIVER_FAILURE,
          "a driver has no failure actions");
    OK(ChangeServiceConfig2A(process, SERVICE_CONFIG_FAILURE_ACTIONS, &failure) &&
           QueryServiceConfig2A(process, SERVICE_CONFIG_FAILURE_ACTIONS, answer.room, sizeof(answer), &needed) &&
           answer.failure.dwResetPeriod == 86400 && answer.failure.cActions == 3 && answer.failure.lpsaActions[1].Type == SC_ACTION_RUN_COMMAND &&
           answer.failure.lpsaActions[1].Delay == 2000 && !strcmp(answer.failure.lpRebootMsg, "restarting") &&
           !strcmp(answer.failure.lpCommand, "C:\\tell.exe"),
       "failure actions are kept");
    SC_HANDLE weak = OpenServiceA(manager, "Process", SERVICE_CHANGE_CONFIG);
    FAILS(ChangeServiceConfig2A(weak, SERVICE_CONFIG_FAILURE_ACTIONS, &failure), ERROR_ACCESS_DENIED, "to restart takes the right to start");
    FAILS(QueryServiceConfig2A(weak, SERVICE_CONFIG_FAILURE_ACTIONS, answer.room, sizeof(answer), &needed), ERROR_ACCESS_DENIED,
          "to ask, that to ask");
    CloseServiceHandle(weak);
    failure.cActions = 0;
    OK(ChangeServiceConfig2A(process, SERVICE_CONFIG_FAILURE_ACTIONS, &failure) &&
           QueryServiceConfig2A(process, SERVICE_CONFIG_FAILURE_ACTIONS, answer.room, sizeof(answer), &needed) && !answer.failure.cActions,
       "and removed");

    SERVICE_DELAYED_AUTO_START_INFO delayed = {TRUE};
    OK(ChangeServiceConfig2W(process, SERVICE_CONFIG_DELAYED_AUTO_START_INFO, &delayed) &&
           QueryServiceConfig2W(process, SERVICE_CONFIG_DELAYED_AUTO_START_INFO, answer.room, sizeof(answer), &needed) &&
           answer.delayed.fDelayedAutostart,
       "a delayed start");
    SERVICE_REQUIRED_PRIVILEGES_INFOA privileges = {(char *)"SeDebugPrivilege\0SeBackupPrivilege\0"};
    OK(ChangeServiceConfig2A(process, SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO, &privileges) &&
           QueryServiceConfig2A(process, SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO, answer.room, sizeof(answer), &needed) &&
           !memcmp(answer.privileges.pmszRequiredPrivileges, privileges.pmszRequiredPrivileges, sizeof("SeDebugPrivilege\0SeBackupPrivilege\0")),
       "privileges");
    OK(QueryServiceConfig2A(process, SERVICE_CONFIG_PRESHUTDOWN_INFO, answer.room, sizeof(answer), &needed) &&
           answer.preshutdown.dwPreshutdownTimeout == 10000,
       "a number that is not set has its documented value");
    FAILS(ChangeServiceConfig2A(driver, 77, &delayed), ERROR_INVALID_LEVEL, "no such level");
    FAILS(QueryServiceConfig2A(driver, 77, answer.room, sizeof(answer), &needed), ERROR_INVALID_LEVEL, "nor to ask for");
    OK(DeleteService(driver), "deleted");
    FAILS(ChangeServiceConfig2W(driver, SERVICE_CONFIG_DELAYED_AUTO_START_INFO, &delayed), ERROR_SERVICE_MARKED_FOR_DELETE,
          "nothing changes any more");
    OK(CloseServiceHandle(driver) && gone(process), "closed");
}

static void names(void) {
    SC_HANDLE service = create("Short", "A longer name", SERVICE_KERNEL_DRIVER, SERVICE_DEMAND_START, NULL);
    char narrow[50];
    WCHAR wide[50];
    DWORD count = 50;

    OK(GetServiceDisplayNameA(manager, "short", narrow, &count) && !strcmp(narrow, "A longer name") && count == 13, "GetServiceDisplayName");
    count = 13;
    FAILS(GetServiceDisplayNameW(manager, L"Short", wide, &count), ERROR_INSUFFICIENT_BUFFER, "without room for the terminator");
    OK(count == 13 && ++count && GetServiceDisplayNameW(manager, L"Short", wide, &count) && !wcscmp(wide, L"A longer name"), "says what it needs");
    count = 50;
    OK(GetServiceKeyNameW(manager, L"A LONGER name", wide, &count) && !wcscmp(wide, L"Short") && count == 5, "GetServiceKeyName");
    count = 50;
    FAILS(GetServiceKeyNameA(manager, "Short", narrow, &count), ERROR_SERVICE_DOES_NOT_EXIST, "not by the service's own name");
    FAILS(GetServiceDisplayNameA(manager, "Nobody", narrow, &count), ERROR_SERVICE_DOES_NOT_EXIST, "nor one that is not there");
    FAILS(GetServiceDisplayNameA(manager, "a/b", narrow, &count), ERROR_INVALID_NAME, "nor what is no name");
    FAILS(GetServiceKeyNameA(service, "A longer name", narrow, &count), ERROR_INVALID_HANDLE, "nor from a service");
    OK(gone(service), "deleted");
}

static DWORD list(DWORD type, DWORD state, const char *group) {
    static BYTE room[32768];
    DWORD needed, count = 0, resume = 0;
    if (!EnumServicesStatusExA(manager, SC_ENUM_PROCESS_INFO, type, state, room, sizeof(room), &needed, &count, &resume, group))
        return 1000 + GetLastError();
    return count;
}
static void lists(void) {
    SC_HANDLE one = create("One", NULL, SERVICE_KERNEL_DRIVER, SERVICE_DEMAND_START, "Ring"),
              two = create("Two", NULL, SERVICE_FILE_SYSTEM_DRIVER, SERVICE_DEMAND_START, "RING"),
              three = create("Three", NULL, SERVICE_WIN32_OWN_PROCESS, SERVICE_DEMAND_START, NULL);
    DWORD all = list(SERVICE_WIN32 | SERVICE_DRIVER, SERVICE_STATE_ALL, NULL);

    OK(all < 1000 && list(SERVICE_WIN32, SERVICE_STATE_ALL, NULL) == 1 && list(SERVICE_DRIVER, SERVICE_STATE_ALL, NULL) == all - 1, "by type");
    OK(list(SERVICE_DRIVER, SERVICE_INACTIVE, NULL) == 2 && list(SERVICE_DRIVER, SERVICE_ACTIVE, NULL) == all - 3, "by state");
    OK(list(SERVICE_FILE_SYSTEM_DRIVER, SERVICE_STATE_ALL, "Ring") == 1 && list(SERVICE_DRIVER, SERVICE_STATE_ALL, "ring") == 2, "by group");
    OK(list(SERVICE_WIN32, SERVICE_STATE_ALL, "") == 1 && list(SERVICE_FILE_SYSTEM_DRIVER, SERVICE_STATE_ALL, "") == 0, "in no group");
    OK(list(SERVICE_DRIVER, SERVICE_STATE_ALL, "Nowhere") == 1000 + ERROR_SERVICE_DOES_NOT_EXIST, "a group that is not there");
    OK(list(0, SERVICE_STATE_ALL, NULL) == 1000 + ERROR_INVALID_PARAMETER && list(SERVICE_DRIVER, 0, NULL) == 1000 + ERROR_INVALID_PARAMETER &&
           list(SERVICE_DRIVER, 8, NULL) == 1000 + ERROR_INVALID_PARAMETER,
       "no type, no state");

    ENUM_SERVICE_STATUSW entries[4];
    DWORD needed, count, resume = 0, steps = 0, seen = 0, before = ~0u;
    BOOL good, more;
    do {
        good = EnumServicesStatusW(manager, SERVICE_DRIVER, SERVICE_STATE_ALL, entries, 130, &needed, &count, &resume);
        more = !good && GetLastError() == ERROR_MORE_DATA && resume && needed < before;
        before = needed;
        seen += count;
    } while (more && ++steps < 50);
    OK(good && seen == all - 1 && resume == 0 && steps > 1, "in steps");
    count = 7;
    FAILS(EnumServicesStatusW(manager, SERVICE_DRIVER, SERVICE_STATE_ALL, NULL, 0, &needed, &count, NULL), ERROR_MORE_DATA, "how much it would be");
    OK(needed > 0 && count == 0, "is said");
    SC_HANDLE weak = OpenSCManagerA(NULL, NULL, SC_MANAGER_CONNECT);
    FAILS(EnumServicesStatusW(weak, SERVICE_DRIVER, SERVICE_STATE_ALL, entries, sizeof(entries), &needed, &count, NULL), ERROR_ACCESS_DENIED,
          "a right");
    CloseServiceHandle(weak);
    OK(gone(one) && gone(two) && gone(three), "deleted");
}

static BOOL change(SC_HANDLE service, DWORD type, DWORD start, DWORD error, const char *account, const char *display) {
    return ChangeServiceConfigA(service, type, start, error, NULL, NULL, NULL, NULL, account, NULL, display);
}
#define SAME SERVICE_NO_CHANGE
static void checks(void) {
    SC_HANDLE driver = create("Driver", NULL, SERVICE_KERNEL_DRIVER, SERVICE_DEMAND_START, NULL),
              process = create("Process", NULL, SERVICE_WIN32_OWN_PROCESS, SERVICE_DEMAND_START, NULL);
    union {
        QUERY_SERVICE_CONFIGA config;
        char room[500];
    } answer;
    DWORD needed;

    FAILS(change(driver, SERVICE_WIN32_OWN_PROCESS, SAME, SAME, NULL, NULL), ERROR_INVALID_PARAMETER, "a driver does not become a process");
    FAILS(change(process, SAME, SERVICE_BOOT_START, SAME, NULL, NULL), ERROR_INVALID_PARAMETER, "a process does not start with the system");
    FAILS(change(process, SAME, 9, SAME, NULL, NULL), ERROR_INVALID_PARAMETER, "no such start");
    FAILS(change(process, SAME, SAME, 9, NULL, NULL), ERROR_INVALID_PARAMETER, "no such error control");
    FAILS(change(process, SAME, SAME, SAME, "Nobody", NULL), ERROR_INVALID_SERVICE_ACCOUNT, "no such account");
    FAILS(change(process, SAME, SAME, SAME, NULL, "driver"), ERROR_DUPLICATE_SERVICE_NAME, "a name that is taken");
    OK(QueryServiceConfigA(process, &answer.config, sizeof(answer), &needed) && !strcmp(answer.config.lpServiceStartName, "LocalSystem") &&
           !*answer.config.lpDependencies,
       "an account of its own");
    OK(change(process, SAME, SERVICE_AUTO_START, SERVICE_ERROR_SEVERE, "NT AUTHORITY\\LocalService", "Shown") &&
           QueryServiceConfigA(process, &answer.config, sizeof(answer), &needed) && answer.config.dwStartType == SERVICE_AUTO_START &&
           answer.config.dwErrorControl == SERVICE_ERROR_SEVERE && !strcmp(answer.config.lpServiceStartName, "NT AUTHORITY\\LocalService") &&
           !strcmp(answer.config.lpDisplayName, "Shown"),
       "all at once");
    OK(ChangeServiceConfigA(driver, SAME, SERVICE_BOOT_START, SAME, NULL, "Ring", NULL, "One\0+Ring2\0", NULL, NULL, NULL) &&
           QueryServiceConfigA(driver, &answer.config, sizeof(answer), &needed) && !memcmp(answer.config.lpDependencies, "One\0+Ring2\0", 12),
       "dependencies");
    OK(ChangeServiceConfigA(driver, SAME, SAME, SAME, NULL, NULL, NULL, "\0", NULL, NULL, NULL) &&
           QueryServiceConfigA(driver, &answer.config, sizeof(answer), &needed) && !*answer.config.lpDependencies &&
           !strcmp(answer.config.lpLoadOrderGroup, "Ring"),
       "and none");
    OK(DeleteService(driver), "deleted");
    FAILS(change(driver, SAME, SERVICE_DEMAND_START, SAME, NULL, NULL), ERROR_SERVICE_MARKED_FOR_DELETE, "not changed any more");
    OK(CloseServiceHandle(driver) && gone(process), "closed");
}

int main(void) {
    manager = OpenSCManagerA(NULL, NULL, SC_MANAGER_ALL_ACCESS);
    OK(manager, "OpenSCManager");
    options();
    names();
    lists();
    checks();
    return done();
}
