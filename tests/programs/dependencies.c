/* Services that depend on each other. C:\A.sys ... C:\E.sys are copies of the driver tests/sources/quiet.c. */
#include "../user/utap.h"
#include <string.h>

#define FAILS(call, error, what) OK((SetLastError(0), !(call)) && GetLastError() == (error), what)

static SC_HANDLE manager;

static SC_HANDLE create(const char *name, const char *image, const char *group, const char *depend, DWORD start) {
    char path[100];
    snprintf(path, sizeof(path), "C:\\%s.sys", image);
    return CreateServiceA(manager, name, NULL, SERVICE_ALL_ACCESS, SERVICE_KERNEL_DRIVER, start, SERVICE_ERROR_NORMAL, path, group, NULL, depend,
                          NULL, NULL);
}
static SC_HANDLE plain(const char *name, const char *depend) { return create(name, name, NULL, depend, SERVICE_DEMAND_START); }

static DWORD state(SC_HANDLE service) {
    SERVICE_STATUS status = {0};
    QueryServiceStatus(service, &status);
    return status.dwCurrentState;
}
static DWORD exit_code(SC_HANDLE service) {
    SERVICE_STATUS status = {0};
    QueryServiceStatus(service, &status);
    return status.dwWin32ExitCode;
}
static BOOL stop(SC_HANDLE service) {
    SERVICE_STATUS status;
    return ControlService(service, SERVICE_CONTROL_STOP, &status);
}
static BOOL gone(SC_HANDLE service) { return DeleteService(service) && CloseServiceHandle(service); }

static void chain(void) {
    SC_HANDLE a = plain("A", NULL), b = plain("B", "A\0"), c = plain("C", "B\0A\0");
    OK(a && b && c, "C depends on B and A, B on A");
    OK(StartServiceA(c, 0, NULL), "StartService of C");
    OK(state(a) == SERVICE_RUNNING && state(b) == SERVICE_RUNNING && state(c) == SERVICE_RUNNING, "starts all three");
    FAILS(stop(a), ERROR_DEPENDENT_SERVICES_RUNNING, "A is needed");
    FAILS(stop(b), ERROR_DEPENDENT_SERVICES_RUNNING, "so is B");

    ENUM_SERVICE_STATUSA entries[8];
    DWORD needed = 0, count = 0;
    FAILS(EnumDependentServicesA(a, SERVICE_STATE_ALL, NULL, 0, &needed, &count), ERROR_MORE_DATA, "EnumDependentServices says what it needs");
    OK(needed && !count && EnumDependentServicesA(a, SERVICE_STATE_ALL, entries, needed, &needed, &count) && count == 2, "and gives both");
    OK(!strcmp(entries[0].lpServiceName, "C") && !strcmp(entries[1].lpServiceName, "B") && entries[0].ServiceStatus.dwCurrentState == SERVICE_RUNNING,
       "the one that was started last first");
    OK(EnumDependentServicesA(a, SERVICE_INACTIVE, entries, sizeof(entries), &needed, &count) && count == 0, "none is stopped");
    OK(EnumDependentServicesA(c, SERVICE_STATE_ALL, entries, sizeof(entries), &needed, &count) && count == 0, "nothing depends on C");
    FAILS(EnumDependentServicesA(a, 0, entries, sizeof(entries), &needed, &count), ERROR_INVALID_PARAMETER, "no state");
    SC_HANDLE weak = OpenServiceA(manager, "A", SERVICE_QUERY_STATUS);
    FAILS(EnumDependentServicesA(weak, SERVICE_STATE_ALL, entries, sizeof(entries), &needed, &count), ERROR_ACCESS_DENIED, "nor the right");
    CloseServiceHandle(weak);

    OK(stop(c) && stop(b) && stop(a), "they stop in the other order");
    OK(StartServiceA(b, 0, NULL) && state(c) == SERVICE_STOPPED, "B alone");
    OK(stop(b) && stop(a) && gone(c) && gone(b) && gone(a), "deleted");
}

static void circles(void) {
    SC_HANDLE a = plain("A", NULL), b = plain("B", "A\0");
    FAILS(ChangeServiceConfigA(a, SERVICE_NO_CHANGE, SERVICE_NO_CHANGE, SERVICE_NO_CHANGE, NULL, NULL, NULL, "B\0", NULL, NULL, NULL),
          ERROR_CIRCULAR_DEPENDENCY, "A cannot depend on B then");
    FAILS(ChangeServiceConfigA(a, SERVICE_NO_CHANGE, SERVICE_NO_CHANGE, SERVICE_NO_CHANGE, NULL, NULL, NULL, "A\0", NULL, NULL, NULL),
          ERROR_CIRCULAR_DEPENDENCY, "nor on itself");
    FAILS(plain("C", "C\0"), ERROR_CIRCULAR_DEPENDENCY, "nor is it created so");
    FAILS(create("C", "C", "Ring", "+Ring\0", SERVICE_DEMAND_START), ERROR_CIRCULAR_DEPENDENCY, "nor a member that depends on its group");
    OK(StartServiceA(b, 0, NULL) && stop(b) && stop(a), "nothing has changed");
    /* Around the functions that check. */
    HKEY key;
    OK(!RegOpenKeyExA(HKEY_LOCAL_MACHINE, "SYSTEM\\CurrentControlSet\\Services\\A", 0, KEY_ALL_ACCESS, &key) &&
           !RegSetValueExA(key, "DependOnService", 0, REG_MULTI_SZ, (const BYTE *)"B\0", 3) && !RegCloseKey(key),
       "a circle in the registry");
    FAILS(StartServiceA(a, 0, NULL), ERROR_CIRCULAR_DEPENDENCY, "is found at the start");
    ENUM_SERVICE_STATUSA entries[8];
    DWORD needed, count;
    OK(EnumDependentServicesA(a, SERVICE_STATE_ALL, entries, sizeof(entries), &needed, &count), "and when dependents are asked for");
    OK(gone(b) && gone(a), "deleted");
}

static void refusals(void) {
    SC_HANDLE fails = create("AFails", "A", NULL, NULL, SERVICE_DEMAND_START), b = plain("B", "AFails\0"), c = plain("C", "B\0");
    FAILS(StartServiceA(c, 0, NULL), ERROR_SERVICE_DEPENDENCY_FAIL, "what C needs needs what fails");
    OK(state(b) == SERVICE_STOPPED && exit_code(b) == ERROR_SERVICE_DEPENDENCY_FAIL && exit_code(c) == ERROR_SERVICE_DEPENDENCY_FAIL &&
           exit_code(fails) != ERROR_SERVICE_DEPENDENCY_FAIL && exit_code(fails) != 0,
       "each says why it does not run");
    OK(gone(fails), "without it");
    FAILS(StartServiceA(b, 0, NULL), ERROR_SERVICE_DEPENDENCY_DELETED, "B needs what is not there");
    OK(gone(c), "deleted");
    SC_HANDLE disabled = create("AFails", "D", NULL, NULL, SERVICE_DISABLED);
    FAILS(StartServiceA(b, 0, NULL), ERROR_SERVICE_DEPENDENCY_FAIL, "or is disabled");
    OK(DeleteService(disabled), "or is marked for deletion");
    FAILS(StartServiceA(b, 0, NULL), ERROR_SERVICE_DEPENDENCY_DELETED, "which is the same as not there");
    OK(CloseServiceHandle(disabled) && gone(b), "deleted");
}

static void groups(void) {
    SC_HANDLE a = create("A", "A", "Ring", NULL, SERVICE_DEMAND_START), fails = create("BFails", "B", "ring", NULL, SERVICE_DEMAND_START),
              c = plain("C", "+Ring\0"), d = create("D", "D", "Ring", NULL, SERVICE_DISABLED);
    OK(a && fails && c && d, "C depends on a group");
    OK(StartServiceA(c, 0, NULL) && state(a) == SERVICE_RUNNING && state(fails) == SERVICE_STOPPED && state(d) == SERVICE_STOPPED,
       "one of its members is enough");
    FAILS(stop(a), ERROR_DEPENDENT_SERVICES_RUNNING, "the last member cannot stop");
    OK(ChangeServiceConfigA(d, SERVICE_NO_CHANGE, SERVICE_DEMAND_START, SERVICE_NO_CHANGE, NULL, NULL, NULL, NULL, NULL, NULL, NULL) &&
           StartServiceA(d, 0, NULL) && stop(a),
       "one that is not the last can");
    ENUM_SERVICE_STATUSA entries[8];
    DWORD needed, count;
    OK(EnumDependentServicesA(d, SERVICE_ACTIVE, entries, sizeof(entries), &needed, &count) && count == 1 && !strcmp(entries[0].lpServiceName, "C"),
       "C is its dependent");
    OK(stop(c) && stop(d) && gone(d) && gone(a), "stopped");
    FAILS(StartServiceA(c, 0, NULL), ERROR_SERVICE_DEPENDENCY_FAIL, "a group of which no member starts");
    OK(gone(fails), "deleted");
    FAILS(StartServiceA(c, 0, NULL), ERROR_SERVICE_DEPENDENCY_FAIL, "an empty group");
    OK(gone(c), "deleted");
}

static void long_chain(void) {
    SC_HANDLE services[200];
    BOOL good = TRUE;
    for (int i = 0; i < 200; i++) {
        char name[20], depend[22] = {0};
        snprintf(name, sizeof(name), "Chain%d", i);
        snprintf(depend, sizeof(depend) - 1, "Chain%d", i - 1);
        services[i] = create(name, "E", NULL, i ? depend : NULL, SERVICE_DEMAND_START);
        good = good && services[i];
    }
    OK(good, "two hundred services in a row");
    FAILS(StartServiceA(services[199], 0, NULL), ERROR_SERVICE_DEPENDENCY_FAIL, "of which the second cannot start");
    OK(state(services[0]) == SERVICE_RUNNING && stop(services[0]), "the first does");
    for (int i = 0; i < 200; i++)
        good = good && gone(services[i]);
    OK(good, "deleted");
}

int main(void) {
    manager = OpenSCManagerA(NULL, NULL, SC_MANAGER_ALL_ACCESS);
    OK(manager, "OpenSCManager");
    chain();
    circles();
    refusals();
    groups();
    long_chain();
    return done();
}
