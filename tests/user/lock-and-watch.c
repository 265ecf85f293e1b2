/* Byte ranges that are locked, and directories that are watched, as Win32 programs do it: lock-and-watch.exe [E:\\], on drive C: by default. */
#include "utap.h"
#include <string.h>

static HANDLE open_file(DWORD flags) {
    return CreateFileA("\\lock.txt", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_ALWAYS, flags, NULL);
}

static void locks(void) {
    HANDLE one = open_file(0), two = open_file(0), three = open_file(FILE_FLAG_OVERLAPPED);
    OVERLAPPED at = {.Offset = 10}, other = {.Offset = 10, .hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)}, write = {.Offset = 20};
    char text[64] = {0};
    DWORD done;
    OK(WriteFile(one, text, 64, &done, NULL) && done == 64, "64 bytes");
    OK(LockFile(one, 10, 0, 10, 0), "LockFile of bytes 10 to 19");
    OK(!LockFile(two, 19, 0, 1, 0) && GetLastError() == ERROR_LOCK_VIOLATION, "another handle's: ERROR_LOCK_VIOLATION");
    OK(LockFile(two, 20, 0, 1, 0) && UnlockFile(two, 20, 0, 1, 0), "behind it there is room");
    OK(!UnlockFile(two, 10, 0, 10, 0) && GetLastError() == ERROR_NOT_LOCKED, "only who has locked it unlocks it: ERROR_NOT_LOCKED");
    OK(!ReadFile(two, text, 64, &done, NULL) && GetLastError() == ERROR_LOCK_VIOLATION && done == 0, "a read that touches it: ERROR_LOCK_VIOLATION");
    OK(ReadFile(two, text, 10, &done, NULL) && done == 10, "one that does not");
    OK(!WriteFile(two, text, 1, &done, NULL) && GetLastError() == ERROR_LOCK_VIOLATION, "a write");
    OK(SetFilePointer(one, 10, NULL, FILE_BEGIN) == 10 && WriteFile(one, text, 10, &done, NULL), "its owner writes");
    OK(!LockFileEx(two, LOCKFILE_FAIL_IMMEDIATELY, 0, 10, 0, &at) && GetLastError() == ERROR_LOCK_VIOLATION, "LockFileEx that does not wait");
    OK(!LockFileEx(two, 0, 1, 10, 0, &at) && GetLastError() == ERROR_INVALID_PARAMETER, "its reserved parameter");
    OK(!LockFileEx(three, LOCKFILE_EXCLUSIVE_LOCK, 0, 10, 0, &other) && GetLastError() == ERROR_IO_PENDING, "one that waits");
    OK(WaitForSingleObject(other.hEvent, 0) == WAIT_TIMEOUT && UnlockFile(one, 10, 0, 10, 0) && WaitForSingleObject(other.hEvent, 0) == WAIT_OBJECT_0,
       "has it when the first goes");
    OK(GetOverlappedResult(three, &other, &done, FALSE), "and says so");
    OK(!LockFileEx(three, LOCKFILE_EXCLUSIVE_LOCK, 0, 10, 0, &at) && GetLastError() == ERROR_IO_PENDING,
       "an exclusive one waits for its own file's too");
    OK(CancelIoEx(three, &at) && !GetOverlappedResult(three, &at, &done, TRUE) && GetLastError() == ERROR_OPERATION_ABORTED, "until it is cancelled");
    OK(LockFileEx(three, 0, 0, 10, 0, &at) && UnlockFileEx(three, 0, 10, 0, &at), "a shared one does not; the exclusive one is unlocked first");
    OK(UnlockFileEx(three, 0, 10, 0, &other), "UnlockFileEx");
    OK(LockFileEx(one, 0, 0, 5, 0, &write) && LockFileEx(two, 0, 0, 5, 0, &write), "shared locks of two");
    CloseHandle(one);
    OK(!LockFile(three, 20, 0, 1, 0) && CloseHandle(two) && LockFile(three, 20, 0, 1, 0), "end with their handles");
    CloseHandle(three);
    CloseHandle(other.hEvent);
}

static BOOL says(const FILE_NOTIFY_INFORMATION *entry, DWORD action, const WCHAR *name) {
    return entry->Action == action && entry->FileNameLength == wcslen(name) * 2 && !memcmp(entry->FileName, name, entry->FileNameLength);
}
static const FILE_NOTIFY_INFORMATION *next(const FILE_NOTIFY_INFORMATION *entry) {
    return (const FILE_NOTIFY_INFORMATION *)((const char *)entry + entry->NextEntryOffset);
}

static DWORD routine_error, routine_bytes;
static void WINAPI routine(DWORD error, DWORD bytes, OVERLAPPED *request) {
    routine_error = error;
    routine_bytes = bytes;
}

static DWORD WINAPI maker(void *parameter) {
    Sleep(20);
    return CreateDirectoryA("\\watch\\later", NULL);
}

static void changes(void) {
    union {
        FILE_NOTIFY_INFORMATION entry;
        char bytes[512];
    } buffer;
    const FILE_NOTIFY_INFORMATION *entry = &buffer.entry;
    OVERLAPPED request = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)}, apc = {0};
    DWORD done, names = FILE_NOTIFY_CHANGE_FILE_NAME | FILE_NOTIFY_CHANGE_DIR_NAME;
    CreateDirectoryA("\\watch", NULL);
    CreateDirectoryA("\\watch\\below", NULL);
    HANDLE watch = CreateFileA("\\watch", FILE_LIST_DIRECTORY, 7, NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OVERLAPPED, NULL), file;
    OK(ReadDirectoryChangesW(watch, &buffer, sizeof buffer, TRUE, names | FILE_NOTIFY_CHANGE_LAST_WRITE, NULL, &request, NULL), "a tree is watched");
    OK(WaitForSingleObject(request.hEvent, 0) == WAIT_TIMEOUT, "nothing happens");
    file = CreateFileA("\\watch\\below\\one", GENERIC_WRITE, 0, NULL, CREATE_NEW, 0, NULL);
    OK(WaitForSingleObject(request.hEvent, 0) == WAIT_OBJECT_0 && GetOverlappedResult(watch, &request, &done, FALSE) && done == 12 + 18, "a file");
    OK(says(entry, FILE_ACTION_ADDED, L"below\\one") && !entry->NextEntryOffset, "has come");
    WriteFile(file, "x", 1, &done, NULL);
    CloseHandle(file);
    MoveFileA("\\watch\\below\\one", "\\watch\\below\\two");
    MoveFileA("\\watch\\below\\two", "\\watch\\three");
    DeleteFileA("\\watch\\three");
    CreateDirectoryA("\\watch\\dir", NULL);
    RemoveDirectoryA("\\watch\\dir");
    OK(ReadDirectoryChangesW(watch, &buffer, sizeof buffer, TRUE, names, &done, &request, NULL) && GetOverlappedResult(watch, &request, &done, FALSE),
       "what has happened since");
    OK(says(entry, FILE_ACTION_MODIFIED, L"below\\one"), "written");
    OK(says(entry = next(entry), FILE_ACTION_RENAMED_OLD_NAME, L"below\\one"), "renamed from");
    OK(says(entry = next(entry), FILE_ACTION_RENAMED_NEW_NAME, L"below\\two"), "to");
    OK(says(entry = next(entry), FILE_ACTION_REMOVED, L"below\\two"), "moved from");
    OK(says(entry = next(entry), FILE_ACTION_ADDED, L"three"), "to");
    OK(says(entry = next(entry), FILE_ACTION_REMOVED, L"three"), "deleted");
    OK(says(entry = next(entry), FILE_ACTION_ADDED, L"dir"), "a directory made");
    OK(says(entry = next(entry), FILE_ACTION_REMOVED, L"dir") && !entry->NextEntryOffset, "and removed");
    OK(ReadDirectoryChangesW(watch, &buffer, sizeof buffer, TRUE, names, NULL, &apc, routine), "with a routine");
    CreateDirectoryA("\\watch\\apc", NULL);
    OK(SleepEx(INFINITE, TRUE) == WAIT_IO_COMPLETION && routine_error == 0 && routine_bytes == 12 + 6, "which is called");
    OK(ReadDirectoryChangesW(watch, &buffer, sizeof buffer, TRUE, names, NULL, &apc, routine) && CancelIo(watch), "cancelled");
    OK(SleepEx(INFINITE, TRUE) == WAIT_IO_COMPLETION && routine_error == ERROR_OPERATION_ABORTED, "the routine learns it");
    for (int i = 0; i < 60; i++) {
        CreateDirectoryA("\\watch\\many", NULL);
        RemoveDirectoryA("\\watch\\many");
    }
    OK(ReadDirectoryChangesW(watch, &buffer, sizeof buffer, TRUE, names, NULL, &request, NULL) && GetOverlappedResult(watch, &request, &done, TRUE) &&
           done == 0,
       "more than fits: no bytes");
    OK(!ReadDirectoryChangesW(watch, &buffer, sizeof buffer, TRUE, 0, NULL, &request, NULL) && GetLastError() == ERROR_INVALID_PARAMETER,
       "no filter");
    CloseHandle(watch);
    CloseHandle(request.hEvent);

    watch = CreateFileA("\\watch", FILE_LIST_DIRECTORY, 7, NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
    HANDLE thread = CreateThread(NULL, 0, maker, NULL, 0, NULL);
    OK(ReadDirectoryChangesW(watch, &buffer, sizeof buffer, FALSE, names, &done, NULL, NULL) && done == 12 + 10 &&
           says(&buffer.entry, FILE_ACTION_ADDED, L"later"),
       "a handle that is not overlapped waits");
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
    CloseHandle(watch);
}

static void notifications(void) {
    HANDLE watch = FindFirstChangeNotificationA("\\watch", FALSE, FILE_NOTIFY_CHANGE_DIR_NAME);
    OK(watch != INVALID_HANDLE_VALUE && WaitForSingleObject(watch, 0) == WAIT_TIMEOUT, "FindFirstChangeNotification");
    CreateDirectoryA("\\watch\\below\\deep", NULL);
    OK(WaitForSingleObject(watch, 0) == WAIT_TIMEOUT, "below is not watched");
    CreateDirectoryA("\\watch\\again", NULL);
    OK(WaitForSingleObject(watch, 0) == WAIT_OBJECT_0, "the handle is set");
    OK(FindNextChangeNotification(watch) && WaitForSingleObject(watch, 0) == WAIT_TIMEOUT, "FindNextChangeNotification");
    RemoveDirectoryA("\\watch\\again");
    OK(WaitForSingleObject(watch, 0) == WAIT_OBJECT_0, "set again");
    OK(FindCloseChangeNotification(watch), "closed");
    OK(FindFirstChangeNotificationW(L"\\nowhere", FALSE, FILE_NOTIFY_CHANGE_DIR_NAME) == INVALID_HANDLE_VALUE &&
           GetLastError() == ERROR_FILE_NOT_FOUND,
       "no such directory");
    OK(FindFirstChangeNotificationA(NULL, FALSE, FILE_NOTIFY_CHANGE_DIR_NAME) == INVALID_HANDLE_VALUE && GetLastError() == ERROR_PATH_NOT_FOUND,
       "no name");
    OK(FindFirstChangeNotificationA("\\watch", FALSE, 0) == INVALID_HANDLE_VALUE && GetLastError() == ERROR_INVALID_PARAMETER, "no filter");
}

int main(int argc, char **argv) {
    if (argc > 1)
        OK(SetCurrentDirectoryA(argv[1]), "the drive");
    locks();
    changes();
    notifications();
    return done();
}
