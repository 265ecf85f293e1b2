/* Tells what a drive letter leads to, by asking as programs ask: drive.exe E: [TEXT]. With a text, it is written into a file there and read again. What the
   drive does not understand fails, and the error is told. */
#include <stdio.h>
#include <string.h>
#include <windows.h>
#include <winioctl.h>

#ifndef IOCTL_STORAGE_CHECK_VERIFY2
#define IOCTL_STORAGE_CHECK_VERIFY2 CTL_CODE(IOCTL_STORAGE_BASE, 0x0200, METHOD_BUFFERED, FILE_ANY_ACCESS)
#endif

static const char *const types[] = {"unknown", "no root", "removable", "fixed", "network", "CD", "RAM"};

static void failed(const char *what) { printf("%s: error %lu\n", what, GetLastError()); }

static void tell_volume(const char *root) {
    char label[64], system[64];
    DWORD serial, longest, flags, sectors, bytes, free_clusters, clusters;
    ULARGE_INTEGER available, total;
    UINT type = GetDriveTypeA(root);
    printf("type: %s\n", type < sizeof types / sizeof *types ? types[type] : "?");
    if (GetVolumeInformationA(root, label, sizeof label, &serial, &longest, &flags, system, sizeof system))
        printf("volume: label '%s', %s, names of %lu\n", label, system, longest);
    else
        failed("volume");
    if (GetDiskFreeSpaceA(root, &sectors, &bytes, &free_clusters, &clusters))
        printf("clusters: %lu of %lu bytes\n", clusters, sectors * bytes);
    else
        failed("clusters");
    if (GetDiskFreeSpaceExA(root, &available, &total, NULL))
        printf("free: %s\n", available.QuadPart <= total.QuadPart && total.QuadPart != 0 ? "some" : "wrong");
    else
        failed("free");
}

static void tell_medium(const char *letter) {
    char name[16], answer[512] = "";
    DISK_GEOMETRY geometry;
    GET_LENGTH_INFORMATION length;
    STORAGE_HOTPLUG_INFO plug;
    STORAGE_DEVICE_NUMBER number;
    STORAGE_PROPERTY_QUERY query = {.PropertyId = StorageDeviceProperty, .QueryType = PropertyStandardQuery};
    const STORAGE_DEVICE_DESCRIPTOR *descriptor = (const STORAGE_DEVICE_DESCRIPTOR *)(void *)answer;
    DWORD count;
    snprintf(name, sizeof name, "\\\\.\\%s", letter);
    HANDLE drive = CreateFileA(name, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
    if (drive == INVALID_HANDLE_VALUE) {
        failed("the drive itself");
        return;
    }
    if (DeviceIoControl(drive, IOCTL_DISK_GET_DRIVE_GEOMETRY, NULL, 0, &geometry, sizeof geometry, &count, NULL))
        printf("geometry: %s, sectors of %lu\n", geometry.MediaType == RemovableMedia ? "a medium that can be taken out" : "a disk",
               geometry.BytesPerSector);
    else
        failed("geometry");
    if (DeviceIoControl(drive, IOCTL_DISK_GET_LENGTH_INFO, NULL, 0, &length, sizeof length, &count, NULL))
        printf("length: %lld\n", length.Length.QuadPart);
    else
        failed("length");
    if (DeviceIoControl(drive, IOCTL_STORAGE_QUERY_PROPERTY, &query, sizeof query, answer, sizeof answer, &count, NULL))
        printf("product: %s, %s\n", answer + descriptor->ProductIdOffset, descriptor->RemovableMedia ? "removable" : "fixed");
    else
        failed("product");
    if (DeviceIoControl(drive, IOCTL_STORAGE_GET_HOTPLUG_INFO, NULL, 0, &plug, sizeof plug, &count, NULL))
        printf("medium can be taken out: %s\n", plug.MediaRemovable ? "yes" : "no");
    else
        failed("medium can be taken out");
    if (DeviceIoControl(drive, IOCTL_STORAGE_GET_DEVICE_NUMBER, NULL, 0, &number, sizeof number, &count, NULL))
        printf("device: disk %lu\n", number.DeviceNumber);
    else
        failed("device");
    if (DeviceIoControl(drive, IOCTL_STORAGE_CHECK_VERIFY2, NULL, 0, NULL, 0, &count, NULL))
        printf("medium is in: yes\n");
    else
        failed("medium is in");
    if (!DeviceIoControl(drive, IOCTL_DISK_PERFORMANCE, NULL, 0, answer, sizeof answer, &count, NULL))
        failed("something that hardly any drive knows");
    CloseHandle(drive);
}

static void use(const char *root, const char *text) {
    char path[MAX_PATH], back[256] = "";
    WIN32_FIND_DATAA found;
    DWORD count;
    snprintf(path, sizeof path, "%sdrive.txt", root);
    HANDLE file = CreateFileA(path, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    if (file == INVALID_HANDLE_VALUE || !WriteFile(file, text, (DWORD)strlen(text), &count, NULL))
        failed("writing");
    CloseHandle(file);
    file = CreateFileA(path, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    if (file != INVALID_HANDLE_VALUE && ReadFile(file, back, sizeof back - 1, &count, NULL))
        printf("reading: '%s'\n", back);
    else
        failed("reading");
    CloseHandle(file);
    snprintf(path, sizeof path, "%s*", root);
    HANDLE search = FindFirstFileA(path, &found);
    if (search == INVALID_HANDLE_VALUE) {
        failed("listing");
        return;
    }
    do
        printf("there is: %s\n", found.cFileName);
    while (FindNextFileA(search, &found));
    FindClose(search);
}

int main(int argc, char **argv) {
    char root[] = "?:\\";
    if (argc < 2 || strlen(argv[1]) != 2 || argv[1][1] != ':') {
        printf("usage: drive LETTER: [TEXT]\n");
        return 2;
    }
    root[0] = argv[1][0];
    tell_volume(root);
    tell_medium(argv[1]);
    if (argc > 2)
        use(root, argv[2]);
    return 0;
}
