/* Pipes with names and without. */
#include "utap.h"

#define NAME "\\\\.\\pipe\\ringside\\test"

static HANDLE serve(const char *name, DWORD open, DWORD mode, DWORD instances) {
    return CreateNamedPipeA(name, open, mode, instances, 64, 64, 200, NULL);
}
static HANDLE join(const char *name, DWORD access) { return CreateFileA(name, access, 0, NULL, OPEN_EXISTING, 0, NULL); }

static char reply[64];
static DWORD WINAPI answer(void *pipe) { /* reads messages and sends them back, upside down, until the client has gone */
    char text[64];
    DWORD used;
    ConnectNamedPipe(pipe, NULL);
    while (ReadFile(pipe, text, sizeof text, &used, NULL)) {
        for (DWORD n = 0; n < used; n++)
            reply[n] = text[used - 1 - n];
        WriteFile(pipe, reply, used, &used, NULL);
    }
    DWORD error = GetLastError();
    DisconnectNamedPipe(pipe);
    return error;
}
static DWORD WINAPI read_later(void *pipe) {
    char byte;
    DWORD used, sum = 0;
    Sleep(50);
    while (ReadFile(pipe, &byte, 1, &used, NULL) && used)
        sum += (BYTE)byte;
    return sum;
}
static DWORD WINAPI connect_later(void *name) {
    Sleep(50);
    HANDLE pipe = join(name, GENERIC_READ | GENERIC_WRITE);
    if (pipe == INVALID_HANDLE_VALUE)
        return GetLastError();
    CloseHandle(pipe);
    return 0;
}
static DWORD WINAPI free_later(void *pipe) {
    Sleep(50);
    DisconnectNamedPipe(pipe);
    return ConnectNamedPipe(pipe, NULL) || GetLastError() == ERROR_PIPE_CONNECTED;
}

static void anonymous(const char *own) {
    SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};
    HANDLE read, write;
    char text[200];
    DWORD used, left;
    OK(CreatePipe(&read, &write, &inherited, 0) && GetFileType(read) == FILE_TYPE_PIPE, "a pipe without a name");
    OK(WriteFile(write, "hello", 5, &used, NULL) && used == 5 && WriteFile(write, " there", 6, &used, NULL), "is written");
    OK(PeekNamedPipe(read, text, 3, &used, &left, NULL) && used == 3 && left == 11 && !memcmp(text, "hel", 3), "looked into");
    OK(ReadFile(read, text, sizeof text, &used, NULL) && used == 11 && !memcmp(text, "hello there", 11), "and read, all that there is");
    OK(!ReadFile(write, text, 1, &used, NULL) && GetLastError() == ERROR_ACCESS_DENIED, "one end is for writing");

    /* A child's output. */
    STARTUPINFOA start = {.cb = sizeof start, .dwFlags = STARTF_USESTDHANDLES, .hStdOutput = write, .hStdError = write};
    PROCESS_INFORMATION child;
    char command[MAX_PATH + 10];
    snprintf(command, sizeof command, "\"%s\" child", own);
    SetHandleInformation(read, HANDLE_FLAG_INHERIT, 0);
    OK(CreateProcessA(NULL, command, NULL, NULL, TRUE, 0, NULL, NULL, &start, &child), "a child that writes into it");
    CloseHandle(write);
    DWORD total = 0;
    while (ReadFile(read, text + total, sizeof text - 1 - total, &used, NULL) && used)
        total += used;
    text[total] = 0;
    OK(GetLastError() == ERROR_BROKEN_PIPE, "ends the pipe when it ends: 109");
    OK(!strcmp(text, "from the child\r\n"), "and what it has said is there");
    CloseHandle(read);
    CloseHandle(child.hProcess);
    CloseHandle(child.hThread);

    CreatePipe(&read, &write, NULL, 16);
    HANDLE thread = CreateThread(NULL, 0, read_later, read, 0, NULL);
    memset(text, 1, 100);
    OK(WriteFile(write, text, 100, &used, NULL) && used == 100, "more than it holds waits for a reader");
    OK(FlushFileBuffers(write), "flushing waits until it has been read");
    CloseHandle(write);
    WaitForSingleObject(thread, INFINITE);
    GetExitCodeThread(thread, &used);
    OK(used == 100, "who gets all of it");
    CloseHandle(thread);
    CloseHandle(read);
    CreatePipe(&read, &write, NULL, 0);
    CloseHandle(read);
    OK(!WriteFile(write, "x", 1, &used, NULL) && GetLastError() == ERROR_NO_DATA, "without a reader: 232");
    CloseHandle(write);
}

static void messages(void) {
    char text[64];
    DWORD used, mode = PIPE_READMODE_MESSAGE, flags, out, in, most, count, left, available;
    HANDLE server = serve(NAME, PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 2);
    OK(server != INVALID_HANDLE_VALUE, "a pipe with a name");
    OK(!ReadFile(server, text, 1, &used, NULL) && GetLastError() == ERROR_PIPE_LISTENING, "nobody is there: 536");
    HANDLE client = join("\\\\.\\PIPE\\Ringside\\TEST", GENERIC_READ | GENERIC_WRITE);
    OK(client != INVALID_HANDLE_VALUE, "opened, in other letters");
    OK(!ConnectNamedPipe(server, NULL) && GetLastError() == ERROR_PIPE_CONNECTED, "faster than the server: 535");
    OK(join(NAME, GENERIC_READ) == INVALID_HANDLE_VALUE && GetLastError() == ERROR_PIPE_BUSY, "the next must wait: 231");
    OK(!WaitNamedPipeA(NAME, 20) && GetLastError() == ERROR_SEM_TIMEOUT, "in vain: 121");
    OK(!WaitNamedPipeA("\\\\.\\pipe\\absent", 20) && GetLastError() == ERROR_FILE_NOT_FOUND, "for one that is not there: 2");
    OK(GetNamedPipeInfo(server, &flags, &out, &in, &most) && flags == (PIPE_SERVER_END | PIPE_TYPE_MESSAGE) && out == 64 && in == 64 && most == 2,
       "what it is");
    OK(GetNamedPipeHandleStateA(client, &mode, &count, NULL, NULL, NULL, 0) && !mode && count == 1, "a client begins with bytes");
    mode = PIPE_READMODE_MESSAGE;
    OK(SetNamedPipeHandleState(client, &mode, NULL, NULL), "and may have messages");
    OK(GetNamedPipeClientProcessId(server, &used) && used == GetCurrentProcessId(), "who it is");

    OK(WriteFile(server, "one", 3, &used, NULL) && WriteFile(server, "", 0, &used, NULL) && WriteFile(server, "three", 5, &used, NULL),
       "three messages");
    OK(PeekNamedPipe(client, text, sizeof text, &used, &available, &left) && used == 3 && available == 8 && left == 0, "of which the first is seen");
    OK(ReadFile(client, text, sizeof text, &used, NULL) && used == 3, "come one by one");
    OK(ReadFile(client, text, sizeof text, &used, NULL) && used == 0, "also one with nothing in it");
    OK(!ReadFile(client, text, 2, &used, NULL) && GetLastError() == ERROR_MORE_DATA && used == 2, "part of one: 234");
    OK(ReadFile(client, text, sizeof text, &used, NULL) && used == 3 && !memcmp(text, "ree", 3), "and its rest");

    mode = PIPE_READMODE_MESSAGE | PIPE_NOWAIT;
    OK(SetNamedPipeHandleState(client, &mode, NULL, NULL) && !ReadFile(client, text, 1, &used, NULL) && GetLastError() == ERROR_NO_DATA,
       "without waiting: 232");
    OK(WriteFile(client, text, 60, &used, NULL) && used == 60 && WriteFile(client, text, 60, &used, NULL) && used == 0, "no room is no bytes");
    CloseHandle(client);
    OK(ReadFile(server, text, sizeof text, &used, NULL) && used == 60, "what a client leaves behind is read");
    OK(!ReadFile(server, text, sizeof text, &used, NULL) && GetLastError() == ERROR_BROKEN_PIPE, "then it is over: 109");
    OK(!WriteFile(server, "x", 1, &used, NULL) && GetLastError() == ERROR_NO_DATA, "also for the writer: 232");
    OK(DisconnectNamedPipe(server) && !ReadFile(server, text, 1, &used, NULL) && GetLastError() == ERROR_PIPE_NOT_CONNECTED, "until the next: 233");

    HANDLE thread = CreateThread(NULL, 0, answer, server, 0, NULL);
    OK(CallNamedPipeA(NAME, "abc", 3, text, sizeof text, &used, NMPWAIT_WAIT_FOREVER) && used == 3 && !memcmp(text, "cba", 3), "a call");
    WaitForSingleObject(thread, INFINITE);
    GetExitCodeThread(thread, &used);
    OK(used == ERROR_BROKEN_PIPE, "after which the client is gone");
    CloseHandle(thread);

    thread = CreateThread(NULL, 0, connect_later, (void *)NAME, 0, NULL);
    OK(ConnectNamedPipe(server, NULL), "the server waits for who comes later");
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
    thread = CreateThread(NULL, 0, free_later, server, 0, NULL);
    OK(WaitNamedPipeA(NAME, NMPWAIT_WAIT_FOREVER), "and a client for a server that is free");
    client = join(NAME, GENERIC_READ | GENERIC_WRITE);
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
    OK(DisconnectNamedPipe(server) && !WriteFile(client, "x", 1, &used, NULL) && GetLastError() == ERROR_PIPE_NOT_CONNECTED, "thrown out: 233");
    CloseHandle(client);
    CloseHandle(server);
    OK(join(NAME, GENERIC_READ) == INVALID_HANDLE_VALUE && GetLastError() == ERROR_FILE_NOT_FOUND, "without its server the name is gone: 2");
}

static void refused(void) {
    HANDLE first, second;
    OK(serve("no pipe", PIPE_ACCESS_DUPLEX, 0, 1) == INVALID_HANDLE_VALUE && GetLastError() == ERROR_INVALID_NAME, "a name of something else: 123");
    OK(serve("\\\\.\\pipe\\none", PIPE_ACCESS_DUPLEX, 0, 0) == INVALID_HANDLE_VALUE && GetLastError() == ERROR_INVALID_PARAMETER, "no instances: 87");
    OK(serve(NAME, PIPE_ACCESS_DUPLEX, PIPE_READMODE_MESSAGE, 1) == INVALID_HANDLE_VALUE && GetLastError() == ERROR_INVALID_PARAMETER,
       "messages out of bytes: 87");
    first = serve(NAME, PIPE_ACCESS_INBOUND | FILE_FLAG_FIRST_PIPE_INSTANCE, 0, 1);
    OK(first != INVALID_HANDLE_VALUE && serve(NAME, PIPE_ACCESS_INBOUND, 0, 1) == INVALID_HANDLE_VALUE && GetLastError() == ERROR_PIPE_BUSY,
       "one instance more: 231");
    OK(serve(NAME, PIPE_ACCESS_INBOUND | FILE_FLAG_FIRST_PIPE_INSTANCE, 0, 1) == INVALID_HANDLE_VALUE && GetLastError() == ERROR_ACCESS_DENIED,
       "the first once more: 5");
    OK(join(NAME, GENERIC_READ) == INVALID_HANDLE_VALUE && GetLastError() == ERROR_ACCESS_DENIED, "reading what only flows in: 5");
    second = join(NAME, GENERIC_WRITE);
    OK(second != INVALID_HANDLE_VALUE && !ConnectNamedPipe(second, NULL) && GetLastError() == ERROR_INVALID_FUNCTION, "a client that listens: 1");
    CloseHandle(second);
    CloseHandle(first);
}

static void overlapped(void) {
    HANDLE server = serve(NAME, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, PIPE_TYPE_BYTE, PIPE_UNLIMITED_INSTANCES);
    OVERLAPPED request = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    char text[16];
    DWORD used;
    OK(!ConnectNamedPipe(server, &request) && GetLastError() == ERROR_IO_PENDING, "a connection that comes");
    HANDLE client = join(NAME, GENERIC_READ | GENERIC_WRITE);
    OK(WaitForSingleObject(request.hEvent, 1000) == WAIT_OBJECT_0 && GetOverlappedResult(server, &request, &used, FALSE), "when a client does");
    OK(!ReadFile(server, text, sizeof text, NULL, &request) && GetLastError() == ERROR_IO_PENDING, "a read that waits");
    WriteFile(client, "data", 4, &used, NULL);
    OK(GetOverlappedResult(server, &request, &used, TRUE) && used == 4 && !memcmp(text, "data", 4), "for data");
    OK(!ReadFile(server, text, sizeof text, NULL, &request) && CancelIo(server) && !GetOverlappedResult(server, &request, &used, TRUE) &&
           GetLastError() == ERROR_OPERATION_ABORTED,
       "or is cancelled: 995");
    OK(!ReadFile(server, text, sizeof text, NULL, &request), "or until");
    CloseHandle(client);
    OK(!GetOverlappedResult(server, &request, &used, TRUE) && GetLastError() == ERROR_BROKEN_PIPE, "the client is gone: 109");
    CloseHandle(server);
    CloseHandle(request.hEvent);
}

static void clients(void) {
    HANDLE server = serve(NAME, PIPE_ACCESS_DUPLEX, 0, 1), client = join(NAME, GENERIC_READ | GENERIC_WRITE), token = NULL;
    char user[100];
    DWORD used, size = sizeof user;
    OK(ImpersonateNamedPipeClient(server) && OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token), "the server acts for its client");
    OK(GetUserNameA(user, &size) && RevertToSelf(), "who has a name");
    OK(!ImpersonateNamedPipeClient(client) && GetLastError() == ERROR_INVALID_FUNCTION, "a client has none: 1");
    CloseHandle(token);
    CloseHandle(client);
    DisconnectNamedPipe(server);
    OK(!ImpersonateNamedPipeClient(server), "nor has one that is gone");
    OK(!ReadFile(server, user, 1, &used, NULL), "or to be read from");
    CloseHandle(server);
}

static void listing(void) {
    HANDLE pipe = serve(NAME, PIPE_ACCESS_DUPLEX | WRITE_DAC, 0, 3), other = serve(NAME, PIPE_ACCESS_DUPLEX, 0, 3);
    WIN32_FIND_DATAA found;
    int seen = 0;
    HANDLE search = FindFirstFileA("\\\\.\\pipe\\*", &found);
    OK(search != INVALID_HANDLE_VALUE, "FindFirstFile of \\\\.\\pipe\\*");
    do
        seen += !strcmp(found.cFileName, "ringside\\test") && found.nFileSizeLow == 2;
    while (FindNextFileA(search, &found));
    OK(seen == 1 && GetLastError() == ERROR_NO_MORE_FILES && FindClose(search), "finds the pipe with its two instances");
    union {
        FILE_NAME_INFO name;
        char room[100];
    } about;
    OK(GetFileInformationByHandleEx(pipe, FileNameInfo, &about, sizeof about) && about.name.FileNameLength == 28 &&
           !memcmp(about.name.FileName, L"\\ringside\\test", 28),
       "FileNameInfo, from which shells know their terminals");
    SECURITY_DESCRIPTOR nobody;
    ACL empty;
    DWORD needed;
    InitializeAcl(&empty, sizeof empty, ACL_REVISION);
    InitializeSecurityDescriptor(&nobody, SECURITY_DESCRIPTOR_REVISION);
    SetSecurityDescriptorDacl(&nobody, TRUE, &empty, FALSE);
    OK(!GetKernelObjectSecurity(pipe, DACL_SECURITY_INFORMATION, NULL, 0, &needed) && GetLastError() == ERROR_INSUFFICIENT_BUFFER && needed,
       "it has a descriptor");
    OK(SetKernelObjectSecurity(pipe, DACL_SECURITY_INFORMATION, &nobody) && join(NAME, GENERIC_READ) == INVALID_HANDLE_VALUE &&
           GetLastError() == ERROR_ACCESS_DENIED,
       "which may let nobody in: 5");
    CloseHandle(pipe);
    CloseHandle(other);
}

int main(int argc, char **argv) {
    if (argc > 1) {
        puts("from the child");
        return 0;
    }
    anonymous(argv[0]);
    messages();
    refused();
    overlapped();
    clients();
    listing();
    return done();
}
