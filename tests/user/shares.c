/* E: is a device, then a folder of the network, and programs need not know: tests/t31-links.t runs it with the Example driver and the share "public". */
#include "utap.h"
#include <winioctl.h>

static int fails(BOOL done, DWORD error) { return !done && GetLastError() == error; }
static HANDLE open_file(const char *name, DWORD access, DWORD disposition) {
    return CreateFileA(name, access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, disposition, 0, NULL);
}
static int open_fails(const char *name, DWORD error) {
    HANDLE file = open_file(name, GENERIC_READ, OPEN_EXISTING);
    if (file != INVALID_HANDLE_VALUE)
        CloseHandle(file);
    return file == INVALID_HANDLE_VALUE && GetLastError() == error;
}
static const char *target(const char *name) {
    static char text[1024];
    return QueryDosDeviceA(name, text, sizeof text) ? text : "";
}

/* The Example driver as a drive: what is no drive fails visibly. */
static HANDLE example(void) {
    DWORD count;
    DISK_GEOMETRY geometry;
    char label[32];
    ULARGE_INTEGER free;
    OK(DefineDosDeviceA(DDD_RAW_TARGET_PATH, "E:", "\\Device\\Example"), "E: becomes Example");
    OK(!strcmp(target("E:"), "\\Device\\Example"), "QueryDosDevice says so");
    OK(GetLogicalDrives() & 1 << 4, "it is a drive");
    HANDLE file = open_file("\\\\.\\E:", GENERIC_READ | GENERIC_WRITE, OPEN_EXISTING);
    OK(file != INVALID_HANDLE_VALUE, "it opens");
    OK(WriteFile(file, "by drive letter", 16, &count, NULL) && count == 16, "and takes a message");
    OK(fails(DeviceIoControl(file, IOCTL_DISK_GET_DRIVE_GEOMETRY, NULL, 0, &geometry, sizeof geometry, &count, NULL), ERROR_INVALID_FUNCTION),
       "it has no geometry");
    OK(!DeviceIoControl(file, FSCTL_LOCK_VOLUME, NULL, 0, NULL, 0, &count, NULL), "it cannot be locked");
    OK(GetDriveTypeA("E:\\") == DRIVE_UNKNOWN, "nobody knows what drive it is");
    OK(!GetVolumeInformationA("E:\\", label, sizeof label, NULL, NULL, NULL, NULL, 0), "it has no label");
    OK(!GetDiskFreeSpaceExA("E:\\", &free, NULL, NULL), "and no room");
    return file;
}

static void network(HANDLE old) {
    DWORD count;
    char text[64] = "", found[MAX_PATH], label[32];
    HANDLE file;
    OK(DefineDosDeviceA(0, "E:", "\\\\ringside\\public"), "E: becomes a share");
    OK(!strcmp(target("E:"), "\\??\\UNC\\ringside\\public"), "its target is the share's name");
    OK(WriteFile(old, "still Example", 14, &count, NULL) && count == 14, "the handle that was open keeps its device");
    OK(GetDriveTypeA("E:\\") == DRIVE_REMOTE && GetDriveTypeA("\\\\ringside\\public\\") == DRIVE_REMOTE, "a network drive");
    OK(GetVolumeInformationA("E:\\", label, sizeof label, NULL, NULL, NULL, NULL, 0) && !strcmp(label, "public"), "with the share's name as label");
    file = open_file("E:\\given.txt", GENERIC_READ, OPEN_EXISTING);
    OK(file != INVALID_HANDLE_VALUE && ReadFile(file, text, sizeof text - 1, &count, NULL) && !strcmp(text, "from the host\n"), "a file of the host");
    CloseHandle(file);
    file = open_file("E:\\made.txt", GENERIC_WRITE, CREATE_ALWAYS);
    OK(file != INVALID_HANDLE_VALUE && WriteFile(file, "from the machine\n", 17, &count, NULL), "a file for the host");
    CloseHandle(file);
    memset(text, 0, sizeof text);
    file = open_file("\\\\RINGSIDE\\Public\\MADE.txt", GENERIC_READ, OPEN_EXISTING);
    OK(file != INVALID_HANDLE_VALUE && ReadFile(file, text, sizeof text - 1, &count, NULL) && !strcmp(text, "from the machine\n"),
       "by its UNC name, in any case");
    CloseHandle(file);
    file = open_file("\\\\?\\UNC\\ringside\\public\\made.txt", GENERIC_READ, OPEN_EXISTING);
    OK(file != INVALID_HANDLE_VALUE, "by the long form");
    CloseHandle(file);
    OK(CreateDirectoryA("E:\\sub", NULL) && MoveFileA("E:\\made.txt", "E:\\sub\\moved.txt"), "made and moved");
    WIN32_FIND_DATAA data;
    HANDLE find = FindFirstFileA("\\\\ringside\\public\\sub\\*.txt", &data);
    OK(find != INVALID_HANDLE_VALUE && !strcmp(data.cFileName, "moved.txt"), "listed");
    FindClose(find);
    OK(fails(MoveFileExA("E:\\sub\\moved.txt", "C:\\moved.txt", 0), ERROR_NOT_SAME_DEVICE), "a rename does not reach another volume");
    OK(CopyFileA("E:\\sub\\moved.txt", "C:\\copied.txt", FALSE), "a copy does");
    OK(MoveFileA("C:\\copied.txt", "E:\\sub\\back.txt") && GetFileAttributesA("C:\\copied.txt") == INVALID_FILE_ATTRIBUTES &&
           GetFileAttributesA("E:\\sub\\back.txt") != INVALID_FILE_ATTRIBUTES,
       "so does MoveFile, which copies and deletes");
    OK(SetCurrentDirectoryA("\\\\ringside\\public\\sub") && GetCurrentDirectoryA(sizeof found, found) && !strcmp(found, "\\\\ringside\\public\\sub"),
       "a directory of a share can be the current one");
    OK(GetFileAttributesA("moved.txt") != INVALID_FILE_ATTRIBUTES && GetFileAttributesA("..\\given.txt") != INVALID_FILE_ATTRIBUTES &&
           GetFileAttributesA("\\given.txt") != INVALID_FILE_ATTRIBUTES,
       "with names relative to it");
    SetCurrentDirectoryA("C:\\");
    OK(DeleteFileA("E:\\given.txt") && open_fails("E:\\given.txt", ERROR_FILE_NOT_FOUND), "deleted");
    OK(open_fails("E:\\out\\passwd", ERROR_ACCESS_DENIED), "a link that leads out is refused");
    OK(open_fails("E:\\..\\x", ERROR_FILE_NOT_FOUND) && open_fails("\\\\ringside\\public\\..\\..\\x", ERROR_FILE_NOT_FOUND),
       "nothing lies above a share");
    OK(open_fails("\\\\ringside\\absent\\x", ERROR_BAD_NET_NAME), "a share that is not there");
    OK(open_fails("\\\\elsewhere\\public\\x", ERROR_BAD_NETPATH), "a server that is not there");
    OK(open_fails("\\\\.\\Mup\\x", ERROR_PATH_NOT_FOUND), "Mup has no DOS name");
    OK(GetDriveTypeA("\\\\ringside\\absent\\") == DRIVE_NO_ROOT_DIR, "no root");
    OK(!RemoveDirectoryA("E:\\"), "a share itself stays");
    OK(DefineDosDeviceA(DDD_REMOVE_DEFINITION, "E:", NULL), "the drive is disconnected");
    OK(!strcmp(target("E:"), "\\Device\\Example"), "and E: is Example again");
    OK(DefineDosDeviceA(DDD_RAW_TARGET_PATH, "E:", "\\Device\\Mup\\;E:0000000000010001\\ringside\\public"), "as a redirector makes its drives");
    OK(GetFileAttributesA("E:\\sub\\moved.txt") != INVALID_FILE_ATTRIBUTES, "it leads there too");
    OK(DefineDosDeviceA(DDD_REMOVE_DEFINITION, "E:", NULL) && DefineDosDeviceA(DDD_REMOVE_DEFINITION, "E:", NULL), "all removed");
}

int main(void) {
    HANDLE file = example();
    network(file);
    CloseHandle(file);
    OK(open_fails("\\\\.\\E:", ERROR_FILE_NOT_FOUND), "E: is gone");
    return done();
}
