/* Imports an ordinal that the kernel does not export. */
int ByOrdinal(void);
int DriverEntry(void *driver, void *path) {
    (void)driver;
    (void)path;
    return ByOrdinal();
}
