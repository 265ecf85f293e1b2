/*
 * loader: installs a driver, starts it, waits, stops it and removes it again, saying what each step gave.
 *
 *     loader.exe [--name NAME] [--no-wait | --wait-event EVENT | --install | --remove] [PATH]
 *
 * PATH is the driver's file, C:\example.sys if none is given; NAME the service's name, Example if none is given. While the driver
 * runs, the loader waits for Enter, or for the named event to be set, or not at all. --install leaves the driver running,
 * --remove stops and deletes what --install left.
 */
#include <windows.h>
#include <stdio.h>
#include <string.h>

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
    DWORD error;
    const char *text;
} error_texts[] = {
    {ERROR_INVALID_FUNCTION, "the driver does not do that"},
    {ERROR_FILE_NOT_FOUND, "the file is not there"},
    {ERROR_PATH_NOT_FOUND, "the path is not there"},
    {ERROR_ACCESS_DENIED, "access denied"},
    {ERROR_GEN_FAILURE, "a device attached to the system is not functioning"},
    {ERROR_INVALID_PARAMETER, "a parameter is wrong"},
    {ERROR_INVALID_NAME, "the name is not a name"},
    {ERROR_PROC_NOT_FOUND, "an imported function is not there"},
    {ERROR_BAD_EXE_FORMAT, "the file is not an image that can be loaded"},
    {ERROR_ALREADY_EXISTS, "it is already there"},
    {ERROR_INVALID_SERVICE_CONTROL, "the service does not take this control"},
    {ERROR_SERVICE_ALREADY_RUNNING, "the service is already running"},
    {ERROR_SERVICE_DISABLED, "the service is disabled"},
    {ERROR_SERVICE_DOES_NOT_EXIST, "there is no such service"},
    {ERROR_SERVICE_CANNOT_ACCEPT_CTRL, "the service cannot take controls now"},
    {ERROR_SERVICE_NOT_ACTIVE, "the service is not running"},
    {ERROR_SERVICE_MARKED_FOR_DELETE, "the service is marked for deletion"},
    {ERROR_SERVICE_EXISTS, "the service exists already"},
    {ERROR_DUPLICATE_SERVICE_NAME, "another service has that name"},
    {ERROR_NO_SYSTEM_RESOURCES, "out of system resources"},
};

/* Says what a step gave, and gives back whether it went well. */
static BOOL report(const char *step, BOOL ok) {
    DWORD error = GetLastError();

    if (ok) {
        printf("%s: ok\n", step);
        return TRUE;
    }
    const char *text = "see winerror.h";
    for (size_t i = 0; i < LENGTH(error_texts); i++) {
        if (error_texts[i].error == error) {
            text = error_texts[i].text;
        }
    }
    printf("%s: error %lu: %s\n", step, error, text);
    return FALSE;
}

static SC_HANDLE create_or_open(SC_HANDLE manager, const char *name, const char *path) {
    WCHAR wide_name[257];
    WCHAR wide_path[MAX_PATH];

    if (MultiByteToWideChar(CP_ACP, 0, name, -1, wide_name, LENGTH(wide_name)) == 0 ||
        MultiByteToWideChar(CP_ACP, 0, path, -1, wide_path, LENGTH(wide_path)) == 0) {
        report("MultiByteToWideChar", FALSE);
        return NULL;
    }
    SC_HANDLE service = CreateServiceW(manager, wide_name, wide_name, SERVICE_START | SERVICE_STOP | SERVICE_QUERY_STATUS | DELETE,
                                       SERVICE_KERNEL_DRIVER, SERVICE_DEMAND_START, SERVICE_ERROR_IGNORE, wide_path, NULL, NULL, NULL, NULL, NULL);
    DWORD error = GetLastError();
    report("CreateService", service != NULL);
    if (service == NULL && error == ERROR_SERVICE_EXISTS) {
        service = OpenServiceA(manager, name, SERVICE_START | SERVICE_STOP | SERVICE_QUERY_STATUS | DELETE);
        report("OpenService", service != NULL);
    }
    return service;
}

static BOOL wait_for_user(const char *event_name) {
    if (event_name == NULL) {
        printf("The driver is running. Press Enter to stop it.\n");
        fflush(stdout);
        (void)getchar();
        return TRUE;
    }
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, event_name);
    if (!report("CreateEvent", event != NULL)) {
        return FALSE;
    }
    BOOL ok = WaitForSingleObject(event, INFINITE) == WAIT_OBJECT_0;
    CloseHandle(event);
    return report("WaitForSingleObject", ok);
}

static BOOL stop_and_delete(SC_HANDLE service) {
    SERVICE_STATUS status;
    BOOL ok = report("ControlService", ControlService(service, SERVICE_CONTROL_STOP, &status));

    if (ok && status.dwCurrentState != SERVICE_STOPPED) {
        printf("ControlService: the service is in state %lu: somebody still has its device open\n", status.dwCurrentState);
    }
    return report("DeleteService", DeleteService(service)) && ok;
}

int main(int argc, char **argv) {
    const char *path = "C:\\example.sys";
    const char *name = "Example";
    const char *event_name = NULL;
    BOOL wait = TRUE;
    BOOL install = TRUE;
    BOOL remove_it = TRUE;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--no-wait") == 0) {
            wait = FALSE;
        } else if (strcmp(argv[i], "--install") == 0) {
            remove_it = wait = FALSE;
        } else if (strcmp(argv[i], "--remove") == 0) {
            install = wait = FALSE;
        } else if (strcmp(argv[i], "--wait-event") == 0 && i + 1 < argc) {
            event_name = argv[++i];
        } else if (strcmp(argv[i], "--name") == 0 && i + 1 < argc) {
            name = argv[++i];
        } else if (argv[i][0] == '-') {
            fprintf(stderr, "usage: loader [--name NAME] [--no-wait | --wait-event EVENT | --install | --remove] [PATH]\n");
            return 2;
        } else {
            path = argv[i];
        }
    }

    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT | SC_MANAGER_CREATE_SERVICE);
    if (!report("OpenSCManager", manager != NULL)) {
        return 1;
    }
    BOOL ok = FALSE;
    SC_HANDLE service;
    if (install) {
        service = create_or_open(manager, name, path);
        if (service != NULL) {
            ok = report("StartService", StartServiceW(service, 0, NULL));
            if (ok && wait) {
                ok = wait_for_user(event_name);
            }
        }
    } else {
        service = OpenServiceA(manager, name, SERVICE_STOP | DELETE);
        ok = report("OpenService", service != NULL);
    }
    if (service != NULL) {
        if (!ok) {
            /* What could not be started is not to be left behind. */
            report("DeleteService", DeleteService(service));
        } else if (remove_it) {
            ok = stop_and_delete(service);
        }
        ok = report("CloseServiceHandle", CloseServiceHandle(service)) && ok;
    }
    CloseServiceHandle(manager);
    return ok ? 0 : 1;
}
