/* Jobs as programs use them: what a job's processes may do, and what it is told of them. */
#include "utap.h"
#include <string.h>

static char own[MAX_PATH];

static BOOL start(const char *role, DWORD flags, PROCESS_INFORMATION *child) {
    STARTUPINFOA about = {.cb = sizeof about};
    char command[MAX_PATH + 20];
    snprintf(command, sizeof command, "\"%s\" %s", own, role);
    return CreateProcessA(NULL, command, NULL, NULL, FALSE, flags, NULL, NULL, &about, child);
}
static DWORD end(PROCESS_INFORMATION *child) {
    DWORD code = 9999;
    WaitForSingleObject(child->hProcess, 10000);
    GetExitCodeProcess(child->hProcess, &code);
    CloseHandle(child->hProcess);
    CloseHandle(child->hThread);
    return code;
}
static BOOL limit(HANDLE job, DWORD flags, DWORD processes) {
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {.BasicLimitInformation = {.LimitFlags = flags, .ActiveProcessLimit = processes}};
    return SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits);
}
static JOBOBJECT_BASIC_ACCOUNTING_INFORMATION count(HANDLE job) {
    JOBOBJECT_BASIC_ACCOUNTING_INFORMATION count = {0};
    QueryInformationJobObject(job, JobObjectBasicAccountingInformation, &count, sizeof count, NULL);
    return count;
}
static BOOL told(HANDLE port, DWORD message, DWORD process) {
    DWORD bytes = 0;
    ULONG_PTR key = 0;
    OVERLAPPED *about = NULL;
    return GetQueuedCompletionStatus(port, &bytes, &key, &about, 5000) && bytes == message && key == 7 && (DWORD)(ULONG_PTR)about == process;
}

/* What a child does: its exit code says how that went. */
static int act(const char *role) {
    PROCESS_INFORMATION child;
    if (!strcmp(role, "parent")) { /* a child of its own, in the same job; waits for ever */
        if (!start("wait", 0, &child))
            return (int)GetLastError();
        Sleep(INFINITE);
    }
    if (!strcmp(role, "wait"))
        Sleep(INFINITE);
    if (!strcmp(role, "second")) /* one more than there may be */
        return start("leave", 0, &child) ? (int)end(&child) : (int)GetLastError();
    if (!strcmp(role, "break")) /* one that is not in the job */
        return start("alone", CREATE_BREAKAWAY_FROM_JOB, &child) ? (int)end(&child) : (int)GetLastError();
    if (!strcmp(role, "alone")) {
        BOOL in = TRUE;
        IsProcessInJob(GetCurrentProcess(), NULL, &in);
        return in ? 1 : 42;
    }
    if (!strcmp(role, "crash"))
        TerminateProcess(GetCurrentProcess(), (UINT)STATUS_ACCESS_VIOLATION);
    return 5;
}

static void ends(void) {
    PROCESS_INFORMATION parent;
    JOBOBJECT_BASIC_PROCESS_ID_LIST list;
    BOOL in = TRUE;
    HANDLE job = CreateJobObjectA(NULL, "the job"), again = OpenJobObjectA(JOB_OBJECT_QUERY, FALSE, "The job");
    OK(job && again, "a job with a name");
    CloseHandle(again);
    OK(CreateJobObjectA(NULL, "the job") && GetLastError() == ERROR_ALREADY_EXISTS, "which is there");
    OK(start("parent", CREATE_SUSPENDED, &parent) && IsProcessInJob(parent.hProcess, job, &in) && !in, "a process");
    OK(AssignProcessToJobObject(job, parent.hProcess) && IsProcessInJob(parent.hProcess, job, &in) && in, "becomes one of the job's");
    ResumeThread(parent.hThread);
    for (int tries = 0; count(job).ActiveProcesses != 2 && tries < 500; tries++)
        Sleep(1);
    OK(count(job).ActiveProcesses == 2 && count(job).TotalProcesses == 2, "and so does its child");
    OK(!QueryInformationJobObject(job, JobObjectBasicProcessIdList, &list, sizeof list, NULL) && GetLastError() == ERROR_MORE_DATA &&
           list.NumberOfAssignedProcesses == 2 && list.NumberOfProcessIdsInList == 1 && list.ProcessIdList[0] == parent.dwProcessId,
       "a list with room for one: 234");
    OK(TerminateJobObject(job, 33), "TerminateJobObject");
    OK(end(&parent) == 33, "ends the process");
    for (int tries = 0; count(job).ActiveProcesses != 0 && tries < 500; tries++)
        Sleep(1);
    OK(count(job).ActiveProcesses == 0 && count(job).TotalProcesses == 2, "and its child");
    CloseHandle(job);
}

static void limits(void) {
    PROCESS_INFORMATION child, other;
    HANDLE job = CreateJobObjectA(NULL, NULL), port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    JOBOBJECT_ASSOCIATE_COMPLETION_PORT about = {(PVOID)7, port};
    DWORD id;
    OK(SetInformationJobObject(job, JobObjectAssociateCompletionPortInformation, &about, sizeof about), "a port");
    OK(limit(job, JOB_OBJECT_LIMIT_ACTIVE_PROCESS, 1), "one process at a time");
    start("second", CREATE_SUSPENDED, &child);
    id = child.dwProcessId;
    OK(AssignProcessToJobObject(job, child.hProcess) && told(port, JOB_OBJECT_MSG_NEW_PROCESS, id), "the port is told of it");
    start("wait", CREATE_SUSPENDED, &other);
    OK(!AssignProcessToJobObject(job, other.hProcess) && GetLastError() == ERROR_NOT_ENOUGH_QUOTA, "another one: 1816");
    OK(told(port, JOB_OBJECT_MSG_ACTIVE_PROCESS_LIMIT, 0) && end(&other) == 0xC0000044, "is ended for that");
    ResumeThread(child.hThread);
    OK(end(&child) == ERROR_NOT_ENOUGH_QUOTA, "nor can it have children: 1816");
    OK(told(port, JOB_OBJECT_MSG_ACTIVE_PROCESS_LIMIT, 0) && told(port, JOB_OBJECT_MSG_EXIT_PROCESS, id) &&
           told(port, JOB_OBJECT_MSG_ACTIVE_PROCESS_ZERO, 0),
       "the port is told of that, of its end, and that nobody is left");
    OK(count(job).TotalTerminatedProcesses == 2, "two were refused");
    OK(limit(job, 0, 0), "no limit");
    start("crash", CREATE_SUSPENDED, &child);
    id = child.dwProcessId;
    OK(AssignProcessToJobObject(job, child.hProcess) && told(port, JOB_OBJECT_MSG_NEW_PROCESS, id) && ResumeThread(child.hThread) &&
           told(port, JOB_OBJECT_MSG_ABNORMAL_EXIT_PROCESS, id),
       "an end that is not a normal one");
    end(&child);
    CloseHandle(job);
    CloseHandle(port);

    job = CreateJobObjectA(NULL, NULL);
    start("break", CREATE_SUSPENDED, &child);
    AssignProcessToJobObject(job, child.hProcess);
    ResumeThread(child.hThread);
    OK(end(&child) == ERROR_ACCESS_DENIED, "CREATE_BREAKAWAY_FROM_JOB where nobody may: 5");
    limit(job, JOB_OBJECT_LIMIT_BREAKAWAY_OK, 0);
    start("break", CREATE_SUSPENDED, &child);
    AssignProcessToJobObject(job, child.hProcess);
    ResumeThread(child.hThread);
    OK(end(&child) == 42, "and where somebody may");
    OK(!limit(job, JOB_OBJECT_LIMIT_PROCESS_MEMORY, 0) && GetLastError() == ERROR_NOT_SUPPORTED, "a limit that cannot be kept: 50");

    OK(limit(job, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE, 0), "JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE");
    start("wait", CREATE_SUSPENDED, &child);
    AssignProcessToJobObject(job, child.hProcess);
    ResumeThread(child.hThread);
    OK(WaitForSingleObject(child.hProcess, 20) == WAIT_TIMEOUT && CloseHandle(job), "the last handle is closed");
    OK(end(&child) == 0, "and its process ends");
}

int main(int argc, char **argv) {
    GetModuleFileNameA(NULL, own, sizeof own);
    if (argc > 1)
        return act(argv[1]);
    ends();
    limits();
    return done();
}
