/* Calls a kernel function that no kernel has. */
__declspec(dllimport) int RtlDoesNotExist(void *argument);
int DriverEntry(void *driver, void *path);
int DriverEntry(void *driver, void *path) {
    (void)path;
    return RtlDoesNotExist(driver);
}
