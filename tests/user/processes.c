/* Programs started by a program: this one, once more, with a word that says what to do. */
#include "utap.h"
#include <stdlib.h>
#include <string.h>

static char self[MAX_PATH];
static volatile LONG target = 1234; /* what another process reads and writes */

/* ---- The child ------------------------------------------------------------------------------------------------------ */

static HANDLE handle_of(const char *text) { return (HANDLE)(ULONG_PTR)strtoull(text, NULL, 0); }

static int child(int argc, char **argv) {
    char text[600];
    DWORD done;

    if (!strcmp(argv[1], "exit"))
        return atoi(argv[2]);
    if (!strcmp(argv[1], "count"))
        return argc;
    if (!strcmp(argv[1], "same")) /* is argument 3 as argument 2 says? */
        return argc == 4 && !strcmp(argv[2], argv[3]) ? 0 : 1;
    if (!strcmp(argv[1], "environment"))
        return GetEnvironmentVariableA(argv[2], text, sizeof text) && !strcmp(text, argv[3]) ? 0 : 1;
    if (!strcmp(argv[1], "directory"))
        return GetCurrentDirectoryA(sizeof text, text) && !_stricmp(text, argv[2]) ? 0 : 1;
    if (!strcmp(argv[1], "set"))
        return SetEvent(handle_of(argv[2])) ? 0 : (int)GetLastError();
    if (!strcmp(argv[1], "write"))
        return WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), argv[2], (DWORD)strlen(argv[2]), &done, NULL) ? 0 : (int)GetLastError();
    if (!strcmp(argv[1], "handles"))
        return (GetStdHandle(STD_INPUT_HANDLE) != NULL) + 2 * (GetStdHandle(STD_OUTPUT_HANDLE) != NULL) +
               4 * (GetStdHandle(STD_ERROR_HANDLE) != NULL);
    if (!strcmp(argv[1], "priority"))
        return (int)GetPriorityClass(GetCurrentProcess());
    if (!strcmp(argv[1], "mode"))
        return (int)GetProcessId(GetCurrentProcess()) == (int)GetCurrentProcessId() ? 0 : 1;
    if (!strcmp(argv[1], "title")) {
        STARTUPINFOA info;
        GetStartupInfoA(&info);
        return info.lpTitle && !strcmp(info.lpTitle, argv[2]) && info.dwX == 11 && info.cbReserved2 == 3 && !memcmp(info.lpReserved2, "xyz", 3) ? 0
                                                                                                                                                : 1;
    }
    if (!strcmp(argv[1], "sleep"))
        Sleep(INFINITE);
    if (!strcmp(argv[1], "crash"))
        *(volatile int *)16 = 1;
    if (!strcmp(argv[1], "target"))
        return (int)target;
    if (!strcmp(argv[1], "grandchild")) {
        STARTUPINFOA info = {.cb = sizeof info};
        PROCESS_INFORMATION process;
        char line[] = "processes exit 33";
        if (!CreateProcessA(self, line, NULL, NULL, FALSE, 0, NULL, NULL, &info, &process))
            return 1;
        WaitForSingleObject(process.hProcess, INFINITE);
        GetExitCodeProcess(process.hProcess, &done);
        return (int)done;
    }
    return 99;
}

/* ---- Starting ------------------------------------------------------------------------------------------------------ */

static PROCESS_INFORMATION last;

static BOOL start(const char *application, const char *line, BOOL inherit, DWORD flags, void *environment, const char *directory,
                  STARTUPINFOA *info) {
    STARTUPINFOA plain = {.cb = sizeof plain};
    char buffer[2000], *text = line ? strcpy(buffer, line) : NULL;

    memset(&last, 0xEE, sizeof last);
    return CreateProcessA(application, text, NULL, NULL, inherit, flags, environment, directory, info ? info : &plain, &last);
}

static DWORD finish(void) {
    DWORD code = ~0u;

    if (WaitForSingleObject(last.hProcess, 10000) != WAIT_OBJECT_0 || !GetExitCodeProcess(last.hProcess, &code))
        code = 0xBAD;
    CloseHandle(last.hThread);
    CloseHandle(last.hProcess);
    return code;
}

static DWORD result(const char *application, const char *line, BOOL inherit, DWORD flags, void *environment, const char *directory,
                    STARTUPINFOA *info) {
    return start(application, line, inherit, flags, environment, directory, info) ? finish() : 10000 + GetLastError();
}

/* The exit code, or 10000 and the last error. */
static DWORD simply(const char *application, const char *line) { return result(application, line, FALSE, 0, NULL, NULL, NULL); }

/* ---- Tests --------------------------------------------------------------------------------------------------------- */

static void basics(void) {
    DWORD code;

    OK(start(self, "x sleep", FALSE, 0, NULL, NULL, NULL), "a process is made");
    OK(last.dwProcessId && last.dwThreadId && last.dwProcessId != GetCurrentProcessId(), "it has an id, and its thread has one");
    OK(GetProcessId(last.hProcess) == last.dwProcessId, "GetProcessId says so too");
    OK(GetExitCodeProcess(last.hProcess, &code) && code == STILL_ACTIVE, "it is still active");
    OK(WaitForSingleObject(last.hProcess, 20) == WAIT_TIMEOUT, "a wait for its end does not end");
    HANDLE again = OpenProcess(PROCESS_TERMINATE | SYNCHRONIZE, FALSE, last.dwProcessId);
    OK(again != NULL, "it can be opened by its id");
    OK(!ReadProcessMemory(again, (void *)&target, &code, 4, NULL) && GetLastError() == ERROR_ACCESS_DENIED, "memory is not read without the right");
    OK(TerminateProcess(again, 77), "it is terminated");
    CloseHandle(again);
    OK(finish() == 77, "with the code that was given");
    DWORD gone = last.dwProcessId;
    OK(OpenProcess(SYNCHRONIZE, FALSE, gone) == NULL && GetLastError() == ERROR_INVALID_PARAMETER, "then there is no such id");
    OK(OpenProcess(SYNCHRONIZE, FALSE, 0) == NULL && GetLastError() == ERROR_INVALID_PARAMETER, "nor is there 0");

    OK(simply(self, "x exit 5") == 5, "an exit code");
    OK(simply(self, "x exit -1") == 0xFFFFFFFF, "another");
    OK(simply(self, "x crash") == STATUS_ACCESS_VIOLATION, "the exception that ends it is its exit code");
    OK(simply(self, "x grandchild") == 33, "a child has a child");
    OK(simply(self, "x mode") == 0, "a child knows its own id");
    STARTUPINFOW wide = {.cb = sizeof wide};
    WCHAR line[] = L"x exit 6", program[MAX_PATH];
    GetModuleFileNameW(NULL, program, MAX_PATH);
    OK(CreateProcessW(program, line, NULL, NULL, FALSE, 0, NULL, NULL, &wide, &last) && finish() == 6, "CreateProcessW");
}

static void suspended(void) {
    LONG value = 0, other = 4711;
    SIZE_T done = 0;
    HANDLE handle;

    OK(start(self, "x target", FALSE, CREATE_SUSPENDED, NULL, NULL, NULL), "made suspended");
    OK(WaitForSingleObject(last.hProcess, 20) == WAIT_TIMEOUT, "it does not run");
    OK(ReadProcessMemory(last.hProcess, (void *)&target, &value, sizeof value, &done) && value == 1234 && done == sizeof value, "its memory is read");
    OK(WriteProcessMemory(last.hProcess, (void *)&target, &other, sizeof other, &done) && done == sizeof other, "and written");
    OK(target == 1234, "which is not one's own");
    OK(!ReadProcessMemory(last.hProcess, (void *)16, &value, sizeof value, &done) && GetLastError() == ERROR_PARTIAL_COPY, "nothing is at 10h");
    OK(DuplicateHandle(GetCurrentProcess(), GetCurrentProcess(), last.hProcess, &handle, 0, FALSE, DUPLICATE_SAME_ACCESS), "a handle is put into it");
    OK(DuplicateHandle(last.hProcess, handle, GetCurrentProcess(), &handle, 0, FALSE, DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE),
       "and taken out of it");
    OK(GetProcessId(handle) == GetCurrentProcessId(), "and means the same");
    CloseHandle(handle);
    OK(ResumeThread(last.hThread) == 1, "its thread is resumed");
    OK(finish() == 4711, "and finds what was written");
    OK(start(self, "x exit 1", FALSE, CREATE_SUSPENDED, NULL, NULL, NULL) && TerminateProcess(last.hProcess, 9) && finish() == 9,
       "one that never ran is terminated");
}

static void inheritance(void) {
    SECURITY_ATTRIBUTES inheritable = {sizeof inheritable, NULL, TRUE};
    HANDLE event = CreateEventA(&inheritable, TRUE, FALSE, NULL), private = CreateEventA(NULL, TRUE, FALSE, NULL);
    char line[80];
    DWORD before, after;

    GetProcessHandleCount(GetCurrentProcess(), &before);
    sprintf(line, "x set %#llx", (unsigned long long)(ULONG_PTR)event);
    OK(result(self, line, TRUE, 0, NULL, NULL, NULL) == 0 && WaitForSingleObject(event, 0) == WAIT_OBJECT_0,
       "an inherited handle has the same value");
    ResetEvent(event);
    OK(result(self, line, FALSE, 0, NULL, NULL, NULL) == ERROR_INVALID_HANDLE && WaitForSingleObject(event, 0) == WAIT_TIMEOUT,
       "without bInheritHandles it is not inherited");
    sprintf(line, "x set %#llx", (unsigned long long)(ULONG_PTR) private);
    OK(result(self, line, TRUE, 0, NULL, NULL, NULL) == ERROR_INVALID_HANDLE, "nor is one that is not inheritable");
    SetHandleInformation(private, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
    OK(result(self, line, TRUE, 0, NULL, NULL, NULL) == 0, "until it is made so");
    GetProcessHandleCount(GetCurrentProcess(), &after);
    OK(before == after, "no handle is left behind");
    CloseHandle(event);
    CloseHandle(private);
}

static void standard_handles(void) {
    SECURITY_ATTRIBUTES inheritable = {sizeof inheritable, NULL, TRUE};
    HANDLE file = CreateFileA("C:\\written.txt", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ, &inheritable, CREATE_ALWAYS, 0, NULL);
    STARTUPINFOA info = {.cb = sizeof info, .dwFlags = STARTF_USESTDHANDLES, .hStdOutput = file, .hStdError = file};
    char text[20] = "";
    DWORD size = 0;

    OK(file != INVALID_HANDLE_VALUE, "a file for a child");
    OK(result(self, "x write hello", TRUE, 0, NULL, NULL, &info) == 0, "is its standard output");
    SetFilePointer(file, 0, NULL, FILE_BEGIN);
    OK(ReadFile(file, text, sizeof text, &size, NULL) && size == 5 && !memcmp(text, "hello", 5), "and has what it wrote");
    OK(result(self, "x handles", TRUE, 0, NULL, NULL, &info) == 6, "what is not given is NULL");
    CloseHandle(file);
    OK(DeleteFileA("C:\\written.txt"), "nobody has the file open any more");
    OK(simply(self, "x handles") == 7, "by default a child has its creator's standard handles");
    OK(simply(self, "x write \"# from a child\r\n\"") == 0, "and can use them without having inherited any");
    OK(result(self, "x handles", FALSE, DETACHED_PROCESS, NULL, NULL, NULL) == 0, "a detached one has none");
    OK(result(self, "x write \"# from a new console\r\n\"", FALSE, CREATE_NEW_CONSOLE, NULL, NULL, NULL) == 0, "one with a new console has its own");
}

static void surroundings(void) {
    char narrow[] = "ONE=1\0TWO=zwei\0", line[MAX_PATH + 20];
    WCHAR wide[] = L"ONE=1\0THREE=dr\u00E9i\0";
    STARTUPINFOA info = {.cb = sizeof info, .lpTitle = (char *)"A title", .dwX = 11, .cbReserved2 = 3, .lpReserved2 = (BYTE *)"xyz"};

    SetEnvironmentVariableA("FROM_PARENT", "yes");
    OK(simply(self, "x environment FROM_PARENT yes") == 0, "the environment is the creator's");
    OK(result(self, "x environment TWO zwei", FALSE, 0, narrow, NULL, NULL) == 0, "or a block of its own");
    OK(result(self, "x environment FROM_PARENT yes", FALSE, 0, narrow, NULL, NULL) == 1, "and only that");
    OK(result(self, "x environment THREE dr\xE9i", FALSE, CREATE_UNICODE_ENVIRONMENT, wide, NULL, NULL) == 0, "also a wide one");
    CreateDirectoryA("C:\\Some where", NULL);
    OK(result(self, "x directory \"C:\\Some where\"", FALSE, 0, NULL, "C:\\Some where", NULL) == 0, "the current directory is given");
    OK(result(self, "x directory C:\\", FALSE, 0, NULL, "C:\\Some where\\..", NULL) == 0, "a root keeps its backslash");
    OK(result(self, "x exit 0", FALSE, 0, NULL, "C:\\nowhere", NULL) == 10000 + ERROR_DIRECTORY, "one that is not there");
    OK(result(self, "x exit 0", FALSE, 0, NULL, self, NULL) == 10000 + ERROR_DIRECTORY, "one that is a file");
    SetCurrentDirectoryA("C:\\Some where");
    OK(simply(self, "x directory \"C:\\Some where\"") == 0, "otherwise it is the creator's");
    SetCurrentDirectoryA("C:\\");
    OK(result(self, "x title \"A title\"", FALSE, 0, NULL, NULL, &info) == 0, "title, place and reserved data arrive");
    sprintf(line, "x title \"%s\"", self);
    info.lpTitle = NULL;
    OK(result(self, line, FALSE, 0, NULL, NULL, &info) == 0, "without a title it is the program's path");
    OK(result(self, "x priority", FALSE, HIGH_PRIORITY_CLASS, NULL, NULL, NULL) == HIGH_PRIORITY_CLASS, "a priority class");
    OK(simply(self, "x priority") == NORMAL_PRIORITY_CLASS, "normal by default");
    SetPriorityClass(GetCurrentProcess(), IDLE_PRIORITY_CLASS);
    OK(simply(self, "x priority") == IDLE_PRIORITY_CLASS, "a creator of low priority has children like it");
    SetPriorityClass(GetCurrentProcess(), NORMAL_PRIORITY_CLASS);
}

static void names(void) {
    char line[MAX_PATH * 2];

    OK(CopyFileA(self, "C:\\Some where\\other program.exe", FALSE) && CopyFileA(self, "C:\\Some.exe", FALSE) &&
           CopyFileA(self, "C:\\Windows\\in-windows.exe", FALSE) && CopyFileA(self, "C:\\plain", FALSE),
       "programs with other names");
    sprintf(line, "\"%s\" count a \"b c\" d\\\"e", self);
    OK(simply(NULL, line) == 5, "a quoted name at the beginning of the command line");
    OK(simply(NULL, "\"C:\\Some where\\other program.exe\" exit 3") == 3, "with blanks in it");
    OK(simply(NULL, "\"C:\\Some where\\other program\" exit 3") == 3, "without its extension");
    OK(simply(NULL, "C:\\Some exit 4") == 4, "unquoted: .exe is added");
    OK(DeleteFileA("C:\\Some.exe"), "without that one");
    OK(simply(NULL, "C:\\Some where\\other program.exe same C:\\Some C:\\Some") == 0,
       "unquoted with blanks: the first that is a program, quoted anew");
    OK(simply(NULL, "C:\\Some where\\other program exit 8") == 8, "that without extension");
    OK(simply(NULL, "  in-windows exit 2") == 2, "found in C:\\Windows");
    OK(simply(NULL, "in-windows.exe exit 2") == 2, "with extension");
    SetCurrentDirectoryA("C:\\Some where");
    OK(simply(NULL, "\"other program\" exit 1") == 1, "found in the current directory");
    OK(simply("other program.exe", "x exit 1") == 1, "as application name too");
    OK(simply("other program", "x exit 1") == 10000 + ERROR_FILE_NOT_FOUND, "to which no extension is added");
    OK(simply("in-windows.exe", "x exit 1") == 10000 + ERROR_FILE_NOT_FOUND, "and which is not searched for");
    SetCurrentDirectoryA("C:\\");
    SetEnvironmentVariableA("PATH", "C:\\nowhere;C:\\Some where");
    OK(simply(NULL, "\"other program\" exit 1") == 1, "found by PATH");
    OK(simply("C:\\plain", "x exit 7") == 7, "a program without an extension");
    OK(simply(NULL, "plain. exit 7") == 7, "a period at the end says that there is none");
    OK(simply(self, NULL) == 0, "no command line: the application's name");
}

static void errors(void) {
    char text[] = "This is not a program.";
    DWORD size;
    HANDLE file = CreateFileA("C:\\text.exe", GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);

    OK(simply("C:\\text.exe", NULL) == 10000 + ERROR_SHARING_VIOLATION, "a file that is open for writing");
    CloseHandle(file);
    OK(simply("C:\\text.exe", NULL) == 10000 + ERROR_BAD_EXE_FORMAT, "an empty file");
    file = CreateFileA("C:\\text.exe", GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    WriteFile(file, text, sizeof text, &size, NULL);
    CloseHandle(file);
    OK(simply("C:\\text.exe", NULL) == 10000 + ERROR_BAD_EXE_FORMAT, "a text");
    OK(last.hProcess == NULL && last.dwProcessId == 0, "nothing is returned then");
    OK(simply("C:\\Windows\\System32\\kernel32.dll", NULL) == 10000 + ERROR_BAD_EXE_FORMAT, "a DLL");
    OK(simply("C:\\absent.exe", NULL) == 10000 + ERROR_FILE_NOT_FOUND, "an absent file");
    OK(simply("C:\\absent\\absent.exe", NULL) == 10000 + ERROR_PATH_NOT_FOUND, "an absent directory");
    OK(simply("C:\\Windows", NULL) == 10000 + ERROR_ACCESS_DENIED, "a directory");
    OK(simply("", NULL) == 10000 + ERROR_PATH_NOT_FOUND, "an empty name");
    OK(simply(NULL, NULL) == 10000 + ERROR_INVALID_PARAMETER, "no name and no command line");
    OK(simply(NULL, "absent and more") == 10000 + ERROR_FILE_NOT_FOUND, "a command line without a program");
    OK(simply(NULL, "C:\\absent\\absent more") == 10000 + ERROR_PATH_NOT_FOUND, "with a path");
    OK(simply(NULL, "C:\\Windows") == 10000 + ERROR_ACCESS_DENIED, "with a directory");
    OK(result(self, "x exit 0", FALSE, DETACHED_PROCESS | CREATE_NEW_CONSOLE, NULL, NULL, NULL) == 10000 + ERROR_INVALID_PARAMETER,
       "two consoles at once");
    OK(result(self, "x exit 0", FALSE, DEBUG_PROCESS, NULL, NULL, NULL) == 10000 + ERROR_NOT_SUPPORTED, "there are no debuggers");
}

static void many(void) {
    HANDLE processes[30];
    DWORD sum = 0, code;
    char line[40];

    for (int n = 0; n < 30; n++) {
        sprintf(line, "x exit %d", n);
        processes[n] = start(self, line, FALSE, 0, NULL, NULL, NULL) ? last.hProcess : NULL;
        CloseHandle(last.hThread);
    }
    OK(WaitForMultipleObjects(30, processes, TRUE, 20000) == WAIT_OBJECT_0, "thirty at once end");
    for (int n = 0; n < 30; n++) {
        GetExitCodeProcess(processes[n], &code);
        sum += code;
        CloseHandle(processes[n]);
    }
    OK(sum == 435, "each with its own code");
}

int main(int argc, char **argv) {
    GetModuleFileNameA(NULL, self, sizeof self);
    if (argc > 1)
        return child(argc, argv);
    /* `names` starts it without a word too. */
    CreateEventA(NULL, TRUE, FALSE, "processes");
    if (GetLastError() == ERROR_ALREADY_EXISTS)
        return 0;
    basics();
    suspended();
    inheritance();
    standard_handles();
    surroundings();
    names();
    errors();
    many();
    return done();
}
