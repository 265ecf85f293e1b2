/* DOS device names: DefineDosDevice, QueryDosDevice, drive letters, and the named objects of sessions. */
#include "utap.h"

static char text[8192];

/* All strings of a multi-string, joined by '|'. */
static const char *query(const char *name) {
    static char joined[8192];
    DWORD length = QueryDosDeviceA(name, text, sizeof text);
    if (!length)
        return "";
    for (DWORD n = 0; n + 2 < length; n++)
        joined[n] = text[n] ? text[n] : '|';
    joined[length - 2] = 0;
    return joined;
}
static int reads(const char *name, const char *expected) {
    const char *found = query(name);
    if (strcmp(found, expected))
        printf("# %s is '%s'\n", name, found);
    return !strcmp(found, expected);
}
static int lists(const char *name) {
    DWORD length = QueryDosDeviceA(NULL, text, sizeof text);
    int times = 0;
    for (char *p = text; length && *p; p += strlen(p) + 1)
        times += !_stricmp(p, name);
    return times;
}
static int fails(BOOL done, DWORD error) { return !done && GetLastError() == error; }
#define RAW    DDD_RAW_TARGET_PATH
#define REMOVE DDD_REMOVE_DEFINITION
#define EXACT  DDD_EXACT_MATCH_ON_REMOVE

static void definitions(void) {
    OK(reads("NUL", "\\Device\\Null"), "NUL is the null device");
    OK(fails(QueryDosDeviceA("Absent", text, sizeof text) != 0, ERROR_FILE_NOT_FOUND), "a name that is not there");
    OK(fails(QueryDosDeviceA("NUL", text, 3) != 0, ERROR_INSUFFICIENT_BUFFER), "a short buffer");
    OK(fails(QueryDosDeviceA("NUL", text, strlen("\\Device\\Null") + 1) != 0, ERROR_INSUFFICIENT_BUFFER), "one that has no room for the last zero");
    OK(QueryDosDeviceA("NUL", text, strlen("\\Device\\Null") + 2) == strlen("\\Device\\Null") + 2, "one that has");
    OK(QueryDosDeviceA("nul", text, sizeof text) != 0, "case does not matter");

    OK(DefineDosDeviceA(RAW, "Q:", "\\Device\\First"), "a raw target");
    OK(reads("Q:", "\\Device\\First"), "is taken as it is");
    OK(lists("Q:") == 1 && lists("NUL") == 1 && lists("C:") == 1, "all names, each once");
    OK(GetLogicalDrives() & 1 << 16, "a letter is a drive");
    OK(DefineDosDeviceA(RAW, "Q:", "\\Device\\Second"), "another meaning");
    OK(DefineDosDeviceA(RAW, "Q:", "\\Device\\Third"), "and one more");
    OK(reads("Q:", "\\Device\\Third|\\Device\\Second|\\Device\\First"), "the newest first, the older behind it");
    OK(fails(DefineDosDeviceA(RAW | REMOVE | EXACT, "Q:", "\\Device\\Sec"), ERROR_FILE_NOT_FOUND), "an exact match that is none");
    OK(DefineDosDeviceA(RAW | REMOVE | EXACT, "Q:", "\\Device\\Second"), "an exact match");
    OK(reads("Q:", "\\Device\\Third|\\Device\\First"), "takes that one out of the middle");
    OK(DefineDosDeviceA(RAW | REMOVE, "Q:", "\\Device\\F"), "a prefix matches without EXACT");
    OK(reads("Q:", "\\Device\\Third"), "and takes out the first that begins so");
    OK(DefineDosDeviceA(RAW, "Q:", "\\Device\\Fourth"), "pushed again");
    OK(DefineDosDeviceA(REMOVE, "Q:", NULL), "no target");
    OK(reads("Q:", "\\Device\\Third"), "takes the newest, and the one before is back");
    OK(DefineDosDeviceA(REMOVE, "Q:", NULL), "the last one");
    OK(fails(QueryDosDeviceA("Q:", text, sizeof text) != 0, ERROR_FILE_NOT_FOUND), "takes the name with it");
    OK(!(GetLogicalDrives() & 1 << 16), "and the drive");
    OK(fails(DefineDosDeviceA(REMOVE, "Q:", NULL), ERROR_FILE_NOT_FOUND), "nothing is left to remove");

    OK(fails(DefineDosDeviceA(RAW, "Q:", NULL), ERROR_INVALID_PARAMETER), "a definition needs a target");
    OK(fails(DefineDosDeviceA(RAW, "Name:", "\\Device\\X"), ERROR_INVALID_PARAMETER), "a colon is for drives");
    OK(fails(DefineDosDeviceA(RAW, "Q:\\", "\\Device\\X"), ERROR_INVALID_PARAMETER), "no backslash at the end");
    OK(fails(DefineDosDeviceA(0x1000, "Q:", "\\Device\\X"), ERROR_INVALID_PARAMETER), "a flag that is none");
    OK(fails(DefineDosDeviceA(EXACT, "Q:", "\\Device\\X"), ERROR_INVALID_PARAMETER), "an exact match is for removing");
    OK(DefineDosDeviceA(RAW | DDD_NO_BROADCAST_SYSTEM, "Quiet", "\\Device\\Null"), "a name of our own, told to nobody");
    HANDLE file = CreateFileA("\\\\.\\Quiet", GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    OK(file != INVALID_HANDLE_VALUE, "leads to the device");
    OK(DefineDosDeviceW(RAW | REMOVE | EXACT, L"Quiet", L"\\Device\\Null"), "removed, by the W form");
    DWORD written;
    OK(WriteFile(file, "x", 1, &written, NULL), "a handle that was opened through it keeps its device");
    CloseHandle(file);
}

/* What all see is hidden by what a logon session defines, and is there again afterwards. */
static void local_over_global(void) {
    char found[MAX_PATH];
    CreateDirectoryA("C:\\inner", NULL);
    CloseHandle(CreateFileA("C:\\inner\\here.txt", GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL));
    OK(DefineDosDeviceA(0, "S:", "C:\\inner"), "a folder as a drive");
    OK(reads("S:", "\\??\\C:\\inner"), "its target is the folder's NT name");
    OK(GetFileAttributesA("S:\\here.txt") != INVALID_FILE_ATTRIBUTES, "what is in it is there");
    OK(GetFileAttributesA("S:\\") & FILE_ATTRIBUTE_DIRECTORY, "the root is the folder");
    OK(GetDriveTypeA("S:\\") == DRIVE_FIXED, "a fixed drive, as the one it lies on");
    WIN32_FIND_DATAA data;
    HANDLE find = FindFirstFileA("S:\\*.txt", &data);
    OK(find != INVALID_HANDLE_VALUE && !strcmp(data.cFileName, "here.txt"), "its files can be listed");
    FindClose(find);
    OK(SetCurrentDirectoryA("S:\\") && GetCurrentDirectoryA(sizeof found, found) && !strcmp(found, "S:\\"), "it can be the current directory");
    OK(GetFileAttributesA("here.txt") != INVALID_FILE_ATTRIBUTES, "with files in it");
    SetCurrentDirectoryA("C:\\");
    OK(DefineDosDeviceA(REMOVE | EXACT, "S:", "C:\\inner"), "the target converts for removing as well");
    OK(GetDriveTypeA("S:\\") == DRIVE_NO_ROOT_DIR, "and is gone");

    OK(DefineDosDeviceA(RAW, "NUL", "\\Device\\NoSuchDevice"), "a local meaning of NUL");
    OK(reads("NUL", "\\Device\\NoSuchDevice"), "hides the global one, and does not pile up on it");
    OK(lists("NUL") == 1, "the name is listed once");
    OK(CreateFileA("\\\\.\\NUL", GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL) == INVALID_HANDLE_VALUE && GetLastError() == ERROR_FILE_NOT_FOUND,
       "it leads nowhere");
    HANDLE file = CreateFileA("\\\\.\\Global\\NUL", GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    OK(file != INVALID_HANDLE_VALUE, "Global\\ passes it by");
    CloseHandle(file);
    file = CreateFileA("\\\\.\\GLOBALROOT\\Device\\Null", GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    OK(file != INVALID_HANDLE_VALUE, "GLOBALROOT leads to the device by its NT name");
    CloseHandle(file);
    file = CreateFileA("\\\\.\\GLOBALROOT\\GLOBAL??\\NUL", GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    OK(file != INVALID_HANDLE_VALUE, "and to \\GLOBAL??");
    CloseHandle(file);
    OK(CreateFileA("\\\\.\\GLOBALROOT\\Device\\Absent", GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL) == INVALID_HANDLE_VALUE &&
           GetLastError() == ERROR_FILE_NOT_FOUND,
       "a device that is not there");
    OK(DefineDosDeviceA(RAW | REMOVE, "NUL", "\\Device\\NoSuch"), "the local meaning goes");
    OK(reads("NUL", "\\Device\\Null"), "the global one is back");
}

static void drives(void) {
    char root[MAX_PATH], label[64], system[64];
    DWORD needed = GetLogicalDriveStringsA(0, NULL), serial, longest, flags, sectors, bytes, free, all;
    ULARGE_INTEGER available, total, unused;
    OK(needed && GetLogicalDriveStringsA(sizeof root, root) == needed - 1 && strstr(root, "C:\\"), "GetLogicalDriveStrings has C:");
    OK(GetDriveTypeA("C:\\") == DRIVE_FIXED && GetDriveTypeA(NULL) == DRIVE_FIXED && GetDriveTypeW(L"C:") == DRIVE_FIXED, "C: is fixed");
    OK(GetDriveTypeA("Z:\\") == DRIVE_NO_ROOT_DIR && GetDriveTypeA("C:\\no\\such") == DRIVE_NO_ROOT_DIR, "others have no root");
    OK(GetVolumeInformationA("C:\\", label, sizeof label, &serial, &longest, &flags, system, sizeof system) && longest == 255,
       "GetVolumeInformation");
    OK(fails(GetVolumeInformationA("C:", label, sizeof label, NULL, NULL, NULL, NULL, 0), ERROR_INVALID_NAME), "needs the backslash");
    OK(fails(GetVolumeInformationA("Z:\\", label, sizeof label, NULL, NULL, NULL, NULL, 0), ERROR_PATH_NOT_FOUND), "and a drive");
    OK(GetDiskFreeSpaceA("C:\\", &sectors, &bytes, &free, &all) && bytes == 512 && sectors, "GetDiskFreeSpace");
    OK(GetDiskFreeSpaceExA(NULL, &available, &total, &unused) && available.QuadPart && total.QuadPart >= available.QuadPart, "GetDiskFreeSpaceEx");
}

static void sessions(void) {
    DWORD session = 99;
    OK(ProcessIdToSessionId(GetCurrentProcessId(), &session) && session == 1, "programs are in session 1");
    OK(ProcessIdToSessionId(4, &session) && session == 0, "System is in session 0");
    HANDLE local = CreateEventA(NULL, TRUE, FALSE, "dos-devices"), global = CreateEventA(NULL, TRUE, TRUE, "Global\\dos-devices");
    OK(local && global && GetLastError() != ERROR_ALREADY_EXISTS, "a name of the session and a global one are two");
    OK(WaitForSingleObject(local, 0) == WAIT_TIMEOUT && WaitForSingleObject(global, 0) == WAIT_OBJECT_0, "two events");
    HANDLE again = OpenEventA(SYNCHRONIZE, FALSE, "Local\\dos-devices");
    OK(again && WaitForSingleObject(again, 0) == WAIT_TIMEOUT, "Local\\ is the session's");
    CloseHandle(again);
    again = OpenEventA(SYNCHRONIZE, FALSE, "Session\\1\\dos-devices");
    OK(again && WaitForSingleObject(again, 0) == WAIT_TIMEOUT, "so is Session\\1\\");
    CloseHandle(again);
    again = OpenEventA(SYNCHRONIZE, FALSE, "Session\\0\\dos-devices");
    OK(again && WaitForSingleObject(again, 0) == WAIT_OBJECT_0, "Session\\0\\ is the system's");
    CloseHandle(again);
    CloseHandle(local);
    OK(!OpenEventA(SYNCHRONIZE, FALSE, "dos-devices") && GetLastError() == ERROR_FILE_NOT_FOUND, "the session's goes with its handle");
    CloseHandle(global);
}

int main(void) {
    definitions();
    local_over_global();
    drives();
    sessions();
    return done();
}
