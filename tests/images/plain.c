/* The smallest driver: for images of kinds that cannot be loaded. */
int DriverEntry(void *driver, void *path);
int DriverEntry(void *driver, void *path) {
    (void)driver;
    (void)path;
    return 0;
}
