/* A loader that carries its driver inside: writes it to a temporary file, loads it, talks to it, and leaves nothing behind. */
#include <stdio.h>
#include <windows.h>

static int fail(const char *step) {
    printf("%s: error %lu\n", step, GetLastError());
    return 1;
}

static BOOL unpack(const char *path) {
    HRSRC found = FindResourceA(NULL, MAKEINTRESOURCEA(101), (LPCSTR)RT_RCDATA);
    DWORD size = SizeofResource(NULL, found), written;
    const void *image = LockResource(LoadResource(NULL, found));
    HANDLE file = CreateFileA(path, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    BOOL done = image && file != INVALID_HANDLE_VALUE && WriteFile(file, image, size, &written, NULL) && written == size;
    CloseHandle(file);
    printf("unpacked: %s\n", done ? "yes" : "no");
    return done;
}

int main(void) {
    char folder[MAX_PATH], path[MAX_PATH];
    SERVICE_STATUS status;
    DWORD written;
    if (!GetTempPathA(sizeof folder, folder) || !GetTempFileNameA(folder, "drv", 0, path) || !unpack(path))
        return fail("unpack");
    SC_HANDLE manager = OpenSCManagerA(NULL, NULL, SC_MANAGER_ALL_ACCESS);
    SC_HANDLE service = CreateServiceA(manager, "Carried", "Carried", SERVICE_ALL_ACCESS, SERVICE_KERNEL_DRIVER, SERVICE_DEMAND_START,
                                       SERVICE_ERROR_NORMAL, path, NULL, NULL, NULL, NULL, NULL);
    if (!service || !StartServiceA(service, 0, NULL))
        return fail("StartService");
    HANDLE device = CreateFileA("\\\\.\\Example", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    if (device == INVALID_HANDLE_VALUE || !WriteFile(device, "carried", 8, &written, NULL))
        return fail("WriteFile");
    printf("written: %lu\n", written);
    CloseHandle(device);
    if (!ControlService(service, SERVICE_CONTROL_STOP, &status) || !DeleteService(service) || !DeleteFileA(path))
        return fail("removal");
    printf("removed\n");
    return 0;
}
