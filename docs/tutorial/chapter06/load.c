#include <stdio.h>
#include <windows.h>

static BOOL Say(const char *What, BOOL Worked) {
    if (Worked)
        printf("%s: done\n", What);
    else
        printf("%s: error %lu\n", What, GetLastError());
    return Worked;
}

/* load.exe NAME C:\PATH\NAME.sys */
int main(int argc, char **argv) {
    SC_HANDLE Manager, Service;
    SERVICE_STATUS Status;
    BOOL Ok = FALSE;

    if (argc != 3) {
        printf("usage: load NAME PATH\n");
        return 2;
    }
    Manager = OpenSCManagerA(NULL, NULL, SC_MANAGER_CREATE_SERVICE);
    if (!Say("OpenSCManager", Manager != NULL))
        return 1;
    Service = CreateServiceA(Manager, argv[1], argv[1], SERVICE_ALL_ACCESS, SERVICE_KERNEL_DRIVER, SERVICE_DEMAND_START, SERVICE_ERROR_IGNORE,
                             argv[2], NULL, NULL, NULL, NULL, NULL);
    if (Service == NULL && GetLastError() == ERROR_SERVICE_EXISTS) {
        printf("CreateService: it is there already\n");
        Service = OpenServiceA(Manager, argv[1], SERVICE_ALL_ACCESS);
    }
    if (Say("CreateService", Service != NULL)) {
        Ok = Say("StartService", StartServiceA(Service, 0, NULL));
        if (Ok) {
            printf("%s runs. Enter stops it.\n", argv[1]);
            fflush(stdout);
            getchar();
            Ok = Say("ControlService", ControlService(Service, SERVICE_CONTROL_STOP, &Status));
        }
        Say("DeleteService", DeleteService(Service));
        CloseServiceHandle(Service);
    }
    CloseServiceHandle(Manager);
    return Ok ? 0 : 1;
}
