/* Imports from a module that does not exist. */
__declspec(dllimport) int NoSuchFunction(void);
int DriverEntry(void *driver, void *path);
int DriverEntry(void *driver, void *path) {
    (void)driver;
    (void)path;
    return NoSuchFunction();
}
