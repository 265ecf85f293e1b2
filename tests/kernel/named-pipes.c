/* Named pipes as drivers use them: \Device\NamedPipe by handles that are asynchronous, one thread on both ends. */
#include "kernel/more.h"

NTSTATUS NTAPI ZwCancelIoFile(HANDLE, PIO_STATUS_BLOCK);
NTSTATUS NTAPI ZwFlushBuffersFile(HANDLE, PIO_STATUS_BLOCK);
NTSTATUS NTAPI ZwSetSecurityObject(HANDLE, SECURITY_INFORMATION, PSECURITY_DESCRIPTOR);
BOOLEAN NTAPI PsIsThreadImpersonating(PETHREAD);

#define NAME L"\\Device\\NamedPipe\\kernel pipe"

typedef struct _REQUEST { /* one that may wait */
    HANDLE Event;
    IO_STATUS_BLOCK Io;
} REQUEST;

static REQUEST First, Second;

static VOID Prepare(REQUEST *Request) {
    OBJECT_ATTRIBUTES Attributes;
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    ZwCreateEvent(&Request->Event, EVENT_ALL_ACCESS, &Attributes, NotificationEvent, FALSE);
}

/* Its status, if it is over. */
static NTSTATUS End(REQUEST *Request) {
    LARGE_INTEGER Soon = {.QuadPart = -100000};
    return ZwWaitForSingleObject(Request->Event, FALSE, &Soon) == STATUS_SUCCESS ? Request->Io.Status : STATUS_PENDING;
}

static NTSTATUS Read(HANDLE Pipe, REQUEST *Request, PVOID Buffer, ULONG Length) {
    return ZwReadFile(Pipe, Request->Event, NULL, NULL, &Request->Io, Buffer, Length, NULL, NULL);
}
static NTSTATUS Write(HANDLE Pipe, REQUEST *Request, PCSTR Text, ULONG Length) {
    return ZwWriteFile(Pipe, Request->Event, NULL, NULL, &Request->Io, (PVOID)Text, Length, NULL, NULL);
}
static NTSTATUS Control(HANDLE Pipe, REQUEST *Request, ULONG Code, PVOID In, ULONG InLength, PVOID Out, ULONG OutLength) {
    return ZwFsControlFile(Pipe, Request->Event, NULL, NULL, &Request->Io, Code, In, InLength, Out, OutLength);
}
static NTSTATUS SetModes(HANDLE Pipe, ULONG Read, ULONG Completion) {
    FILE_PIPE_INFORMATION Modes = {.ReadMode = Read, .CompletionMode = Completion};
    IO_STATUS_BLOCK Io;
    return ZwSetInformationFile(Pipe, &Io, &Modes, sizeof Modes, FilePipeInformation);
}
static FILE_PIPE_LOCAL_INFORMATION Local(HANDLE Pipe) {
    FILE_PIPE_LOCAL_INFORMATION Local = {.NamedPipeState = 99};
    IO_STATUS_BLOCK Io;
    ZwQueryInformationFile(Pipe, &Io, &Local, sizeof Local, FilePipeLocalInformation);
    return Local;
}

static NTSTATUS Serve(PCWSTR Name, PNAMED_PIPE_CREATE_PARAMETERS Parameters, ULONG Share, ULONG Disposition, PHANDLE Pipe, PULONG_PTR Information) {
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Io = {.Information = 99};
    UNICODE_STRING Path;
    *Pipe = NULL;
    RtlInitUnicodeString(&Path, Name);
    InitializeObjectAttributes(&Attributes, &Path, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    NTSTATUS Status = IoCreateFile(Pipe, GENERIC_READ | GENERIC_WRITE | READ_CONTROL | WRITE_DAC | SYNCHRONIZE, &Attributes, &Io, NULL, 0, Share,
                                   Disposition, 0, NULL, 0, CreateFileTypeNamedPipe, Parameters, 0);
    if (Information)
        *Information = Io.Information;
    return Status;
}
static NTSTATUS Join(PCWSTR Name, ULONG Force, PHANDLE Pipe) {
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Io;
    UNICODE_STRING Path;
    *Pipe = NULL;
    RtlInitUnicodeString(&Path, Name);
    InitializeObjectAttributes(&Attributes, &Path, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE | Force, NULL, NULL);
    return ZwCreateFile(Pipe, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, &Attributes, &Io, NULL, 0, FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_OPEN, 0,
                        NULL, 0);
}

static const NAMED_PIPE_CREATE_PARAMETERS Usual = {.NamedPipeType = FILE_PIPE_MESSAGE_TYPE,
                                                   .ReadMode = FILE_PIPE_MESSAGE_MODE,
                                                   .MaximumInstances = 2,
                                                   .InboundQuota = 100,
                                                   .OutboundQuota = 100,
                                                   .DefaultTimeout = {.QuadPart = -500000},
                                                   .TimeoutSpecified = TRUE};
#define BOTH (FILE_SHARE_READ | FILE_SHARE_WRITE)

static VOID TestMaking(VOID) {
    NAMED_PIPE_CREATE_PARAMETERS Wrong = Usual;
    ULONG_PTR Information;
    HANDLE Pipe, Other, Third;
    STATUS(Join(NAME, 0, &Pipe), STATUS_OBJECT_NAME_NOT_FOUND, "a pipe that is not there");
    Wrong.TimeoutSpecified = FALSE;
    STATUS(Serve(NAME, &Wrong, BOTH, FILE_CREATE, &Pipe, NULL), STATUS_INVALID_PARAMETER, "a new one without a timeout");
    Wrong = Usual;
    Wrong.DefaultTimeout.QuadPart = 1;
    STATUS(Serve(NAME, &Wrong, BOTH, FILE_CREATE, &Pipe, NULL), STATUS_INVALID_PARAMETER, "a timeout that is a date");
    Wrong = Usual;
    Wrong.NamedPipeType = FILE_PIPE_BYTE_STREAM_TYPE;
    STATUS(Serve(NAME, &Wrong, BOTH, FILE_CREATE, &Pipe, NULL), STATUS_INVALID_PARAMETER, "messages out of bytes");
    Wrong = Usual;
    Wrong.MaximumInstances = 0;
    STATUS(Serve(NAME, &Wrong, BOTH, FILE_CREATE, &Pipe, NULL), STATUS_INVALID_PARAMETER, "no instances");
    Wrong = Usual;
    STATUS(Serve(NAME, &Wrong, 0, FILE_CREATE, &Pipe, NULL), STATUS_INVALID_PARAMETER, "no direction");
    STATUS(Serve(NAME, &Wrong, BOTH, FILE_OPEN, &Pipe, NULL), STATUS_OBJECT_NAME_NOT_FOUND, "FILE_OPEN makes none");
    STATUS(Serve(NAME, &Wrong, BOTH, FILE_CREATE, &Pipe, &Information), 0, "IoCreateFile with CreateFileTypeNamedPipe");
    is(Information, FILE_CREATED, "it is new");
    STATUS(Serve(NAME, &Wrong, BOTH, FILE_CREATE, &Other, NULL), STATUS_ACCESS_DENIED, "FILE_CREATE once more");
    STATUS(Serve(NAME, &Wrong, FILE_SHARE_READ, FILE_OPEN_IF, &Other, NULL), STATUS_ACCESS_DENIED, "another direction");
    Wrong.NamedPipeType = FILE_PIPE_BYTE_STREAM_TYPE;
    Wrong.ReadMode = FILE_PIPE_BYTE_STREAM_MODE;
    STATUS(Serve(NAME, &Wrong, BOTH, FILE_OPEN_IF, &Other, NULL), STATUS_ACCESS_DENIED, "another type");
    Wrong = Usual;
    STATUS(Serve(NAME, &Wrong, BOTH, FILE_OPEN_IF, &Other, &Information), 0, "a second instance");
    is(Information, FILE_OPENED, "of the same pipe");
    STATUS(Serve(NAME, &Wrong, BOTH, FILE_OPEN_IF, &Third, NULL), STATUS_INSTANCE_NOT_AVAILABLE, "a third: STATUS_INSTANCE_NOT_AVAILABLE");
    FILE_PIPE_LOCAL_INFORMATION About = Local(Other);
    ok(About.CurrentInstances == 2 && About.MaximumInstances == 2 && About.NamedPipeType == FILE_PIPE_MESSAGE_TYPE &&
           About.NamedPipeConfiguration == FILE_PIPE_FULL_DUPLEX && About.NamedPipeEnd == FILE_PIPE_SERVER_END &&
           About.NamedPipeState == FILE_PIPE_LISTENING_STATE && About.InboundQuota == 100 && About.OutboundQuota == 100,
       "FilePipeLocalInformation");
    UCHAR Room[100];
    PFILE_NAME_INFORMATION Name = (PFILE_NAME_INFORMATION)Room;
    IO_STATUS_BLOCK Io;
    STATUS(ZwQueryInformationFile(Pipe, &Io, Name, sizeof Room, FileNameInformation), 0, "FileNameInformation");
    ok(Name->FileNameLength == 24 && RtlCompareMemory(Name->FileName, L"\\kernel pipe", 24) == 24 && Io.Information == 28,
       "is its name with a backslash");
    ZwClose(Other);
    ZwClose(Pipe);
    STATUS(Join(NAME, 0, &Pipe), STATUS_OBJECT_NAME_NOT_FOUND, "the name goes with the last instance");
}

static VOID TestMessages(HANDLE Server, HANDLE Client) {
    CHAR Text[200] = {0};
    FILE_PIPE_PEEK_BUFFER *Peek = (PVOID)Text;
    STATUS(Read(Server, &First, Text, 4), STATUS_PENDING, "a read waits");
    STATUS(Write(Client, &Second, "abcdef", 6), 0, "a message");
    STATUS(End(&First), STATUS_BUFFER_OVERFLOW, "its beginning is read, with a warning");
    ok(First.Io.Information == 4 && RtlCompareMemory(Text, "abcd", 4) == 4 && Text[4] == 0 && Second.Io.Information == 6, "four of six bytes");
    STATUS(Read(Server, &First, Text, 100), 0, "the rest");
    is(First.Io.Information, 2, "comes next");
    Write(Client, &Second, "one", 3);
    Write(Client, &Second, "", 0);
    Write(Client, &Second, "three", 5);
    STATUS(Control(Server, &First, FSCTL_PIPE_PEEK, NULL, 0, Text, 8), STATUS_BUFFER_TOO_SMALL, "FSCTL_PIPE_PEEK without room");
    STATUS(Control(Server, &First, FSCTL_PIPE_PEEK, NULL, 0, Text, FIELD_OFFSET(FILE_PIPE_PEEK_BUFFER, Data) + 2), STATUS_BUFFER_OVERFLOW,
           "with room for less than the message");
    ok(Peek->NamedPipeState == FILE_PIPE_CONNECTED_STATE && Peek->ReadDataAvailable == 8 && Peek->NumberOfMessages == 3 && Peek->MessageLength == 3 &&
           Peek->Data[0] == 'o' && Peek->Data[1] == 'n',
       "says what there is");
    STATUS(Read(Server, &First, Text, 100), 0, "the first");
    STATUS(Read(Server, &First, Text, 100), 0, "the second");
    is(First.Io.Information, 0, "which is empty");
    STATUS(Read(Server, &First, Text, 100), 0, "the third");
    is(First.Io.Information, 5, "and all of it");
    STATUS(Control(Server, &First, FSCTL_PIPE_PEEK, NULL, 0, Text, 100), 0, "nothing is left");
    is(Peek->ReadDataAvailable, 0, "to be read");

    Write(Client, &First, "ab", 2);
    Write(Client, &First, "cd", 2);
    STATUS(SetModes(Server, FILE_PIPE_BYTE_STREAM_MODE, FILE_PIPE_QUEUE_OPERATION), 0, "bytes out of messages");
    STATUS(Read(Server, &First, Text, 3), 0, "a read");
    ok(First.Io.Information == 3 && RtlCompareMemory(Text, "abc", 3) == 3, "goes across them");
    Read(Server, &First, Text, 3);
    SetModes(Server, FILE_PIPE_MESSAGE_MODE, FILE_PIPE_QUEUE_OPERATION);
    STATUS(Read(Server, &First, Text, 1), STATUS_PENDING, "a read");
    STATUS(ZwCancelIoFile(Server, &Second.Io), 0, "ZwCancelIoFile");
    STATUS(End(&First), STATUS_CANCELLED, "ends it");
}

static VOID TestTransactions(HANDLE Server, HANDLE Client) {
    CHAR Text[100], Answer[100];
    STATUS(Control(Client, &First, FSCTL_PIPE_TRANSCEIVE, "ask", 3, Answer, sizeof Answer), STATUS_INVALID_PIPE_STATE,
           "FSCTL_PIPE_TRANSCEIVE while the client reads bytes");
    STATUS(SetModes(Client, FILE_PIPE_MESSAGE_MODE, FILE_PIPE_QUEUE_OPERATION), 0, "messages");
    Write(Server, &Second, "old", 3);
    STATUS(Control(Client, &First, FSCTL_PIPE_TRANSCEIVE, "ask", 3, Answer, sizeof Answer), STATUS_PIPE_BUSY, "while something is unread");
    Read(Client, &Second, Text, sizeof Text);
    STATUS(Control(Client, &First, FSCTL_PIPE_TRANSCEIVE, "ask", 3, Answer, sizeof Answer), STATUS_PENDING, "it waits for an answer");
    STATUS(Read(Server, &Second, Text, sizeof Text), 0, "the server has the question");
    ok(Second.Io.Information == 3 && RtlCompareMemory(Text, "ask", 3) == 3, "as one message");
    Write(Server, &Second, "answer", 6);
    STATUS(End(&First), 0, "and the client the answer");
    ok(First.Io.Information == 6 && RtlCompareMemory(Answer, "answer", 6) == 6, "as one message, too");
}

static VOID TestQuota(HANDLE Server, HANDLE Client) {
    CHAR Text[200] = {0};
    IO_STATUS_BLOCK Io;
    STATUS(Write(Client, &First, Text, 60), 0, "60 bytes of 100");
    is(Local(Client).WriteQuotaAvailable, 40, "leave room for 40");
    is(Local(Server).ReadDataAvailable, 60, "that the server may read");
    STATUS(SetModes(Client, FILE_PIPE_MESSAGE_MODE, FILE_PIPE_COMPLETE_OPERATION), 0, "without waiting");
    STATUS(Write(Client, &First, Text, 60), 0, "60 more");
    is(First.Io.Information, 0, "are none of them written: a message is not cut");
    STATUS(Read(Client, &First, Text, 1), STATUS_PIPE_EMPTY, "a read");
    SetModes(Client, FILE_PIPE_MESSAGE_MODE, FILE_PIPE_QUEUE_OPERATION);
    STATUS(Write(Client, &First, Text, 60), STATUS_PENDING, "with waiting");
    STATUS(End(&First), STATUS_PENDING, "it waits");
    STATUS(Read(Server, &Second, Text, sizeof Text), 0, "until somebody reads");
    STATUS(End(&First), 0, "then there is room");
    is(First.Io.Information, 60, "for all of it");
    Read(Server, &Second, Text, sizeof Text);
    STATUS(ZwFlushBuffersFile(Client, &Io), 0, "flushing what has been read");
}

static VOID TestActing(HANDLE Server, HANDLE Client) {
    STATUS(Control(Client, &First, FSCTL_PIPE_IMPERSONATE, NULL, 0, NULL, 0), STATUS_ILLEGAL_FUNCTION, "a client impersonates nobody");
    STATUS(Control(Client, &First, FSCTL_PIPE_LISTEN, NULL, 0, NULL, 0), STATUS_ILLEGAL_FUNCTION, "nor does it listen");
    ok(!PsIsThreadImpersonating(PsGetCurrentThread()), "the server acts for itself");
    STATUS(Control(Server, &First, FSCTL_PIPE_IMPERSONATE, NULL, 0, NULL, 0), 0, "FSCTL_PIPE_IMPERSONATE");
    ok(PsIsThreadImpersonating(PsGetCurrentThread()), "it acts for its client");
    PsRevertToSelf();
    STATUS(Control(Server, &First, CTL_CODE(FILE_DEVICE_NAMED_PIPE, 99, METHOD_BUFFERED, 0), NULL, 0, NULL, 0), STATUS_NOT_SUPPORTED,
           "a control that there is not");
}

static VOID TestSecurity(HANDLE Server) {
    UCHAR Room[400];
    ULONG Needed = 0;
    BOOLEAN Present, Defaulted;
    PACL List = NULL;
    SECURITY_DESCRIPTOR Descriptor;
    ACL Nobody;
    HANDLE Client;
    STATUS(ZwQuerySecurityObject(Server, DACL_SECURITY_INFORMATION, Room, 1, &Needed), STATUS_BUFFER_TOO_SMALL, "ZwQuerySecurityObject");
    ok(Needed > 1 && Needed <= sizeof Room, "tells what it needs");
    STATUS(ZwQuerySecurityObject(Server, DACL_SECURITY_INFORMATION, Room, sizeof Room, &Needed), 0, "and gives it");
    RtlCreateAcl(&Nobody, sizeof Nobody, ACL_REVISION);
    RtlCreateSecurityDescriptor(&Descriptor, SECURITY_DESCRIPTOR_REVISION);
    RtlSetDaclSecurityDescriptor(&Descriptor, TRUE, &Nobody, FALSE);
    STATUS(ZwSetSecurityObject(Server, DACL_SECURITY_INFORMATION, &Descriptor), 0, "ZwSetSecurityObject: for nobody");
    ZwQuerySecurityObject(Server, DACL_SECURITY_INFORMATION, Room, sizeof Room, &Needed);
    RtlGetDaclSecurityDescriptor(Room, &Present, &List, &Defaulted);
    ok(Present && List && List->AceCount == 0, "so it says");
    STATUS(Join(NAME, OBJ_FORCE_ACCESS_CHECK, &Client), STATUS_ACCESS_DENIED, "nobody may open it");
    STATUS(Join(NAME, 0, &Client), 0, "but the kernel");
    ZwClose(Client);
}

static VOID TestListing(VOID) {
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Io;
    HANDLE Pipes[3], Root, Device;
    NAMED_PIPE_CREATE_PARAMETERS Parameters = Usual;
    union {
        FILE_DIRECTORY_INFORMATION Entry;
        FILE_NAMES_INFORMATION Name;
        UCHAR Bytes[500];
    } Room;
    Serve(L"\\Device\\NamedPipe\\listed one", &Parameters, BOTH, FILE_OPEN_IF, &Pipes[0], NULL);
    Serve(L"\\Device\\NamedPipe\\listed one", &Parameters, BOTH, FILE_OPEN_IF, &Pipes[1], NULL);
    Parameters.MaximumInstances = 0xFFFFFFFF;
    Serve(L"\\Device\\NamedPipe\\listed\\two", &Parameters, BOTH, FILE_OPEN_IF, &Pipes[2], NULL);
    InitializeObjectAttributes(&Attributes, U("\\Device\\NamedPipe\\"), OBJ_KERNEL_HANDLE, NULL, NULL);
    STATUS(ZwOpenFile(&Root, FILE_LIST_DIRECTORY | SYNCHRONIZE, &Attributes, &Io, BOTH, FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT), 0,
           "the directory of pipes");
    STATUS(ZwQueryDirectoryFile(Root, NULL, NULL, NULL, &Io, &Room, sizeof Room, FileDirectoryInformation, TRUE, U("LISTED*"), FALSE), 0,
           "a pattern, one entry");
    ok(Room.Entry.FileNameLength == 20 && RtlCompareMemory(Room.Entry.FileName, L"listed one", 20) == 20 && Room.Entry.EndOfFile.QuadPart == 2 &&
           Room.Entry.AllocationSize.QuadPart == 2 && Room.Entry.FileAttributes == FILE_ATTRIBUTE_NORMAL,
       "its name, instances, most instances");
    STATUS(ZwQueryDirectoryFile(Root, NULL, NULL, NULL, &Io, &Room, sizeof Room, FileDirectoryInformation, FALSE, NULL, FALSE), 0, "the next");
    ok(Room.Entry.NextEntryOffset == 0 && Room.Entry.AllocationSize.QuadPart == -1 && Room.Entry.FileName[6] == L'\\',
       "is the last, without a limit");
    STATUS(ZwQueryDirectoryFile(Root, NULL, NULL, NULL, &Io, &Room, sizeof Room, FileNamesInformation, FALSE, NULL, FALSE), STATUS_NO_MORE_FILES,
           "no more");
    STATUS(ZwQueryDirectoryFile(Root, NULL, NULL, NULL, &Io, &Room, sizeof Room, FileNamesInformation, FALSE, NULL, TRUE), 0, "from the beginning");
    ok(Room.Name.NextEntryOffset % 8 == 0 && Room.Name.NextEntryOffset >= 32, "two entries");
    STATUS(ZwQueryDirectoryFile(Root, NULL, NULL, NULL, &Io, &Room, 20, FileNamesInformation, FALSE, NULL, TRUE), STATUS_BUFFER_OVERFLOW,
           "room for a part of a name");
    ok(Io.Information == 20 && Room.Name.FileNameLength == 20, "which says how long it is");
    ZwClose(Root);
    STATUS(ZwOpenFile(&Root, FILE_LIST_DIRECTORY | SYNCHRONIZE, &Attributes, &Io, BOTH, FILE_SYNCHRONOUS_IO_NONALERT), 0, "once more");
    STATUS(ZwQueryDirectoryFile(Root, NULL, NULL, NULL, &Io, &Room, sizeof Room, FileNamesInformation, FALSE, U("absent"), FALSE),
           STATUS_NO_SUCH_FILE, "a pattern that nothing matches");
    ZwClose(Root);
    InitializeObjectAttributes(&Attributes, U("\\Device\\NamedPipe"), OBJ_KERNEL_HANDLE, NULL, NULL);
    ZwOpenFile(&Device, FILE_LIST_DIRECTORY | SYNCHRONIZE, &Attributes, &Io, BOTH, FILE_SYNCHRONOUS_IO_NONALERT);
    STATUS(ZwQueryDirectoryFile(Device, NULL, NULL, NULL, &Io, &Room, sizeof Room, FileNamesInformation, FALSE, NULL, FALSE),
           STATUS_INVALID_PARAMETER, "the device without a backslash is no directory");
    ZwClose(Device);
    for (ULONG Index = 0; Index < 3; Index++)
        ZwClose(Pipes[Index]);
}

static VOID TestWaiting(HANDLE Server) {
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Io;
    HANDLE Root, Client;
    struct {
        FILE_PIPE_WAIT_FOR_BUFFER Wait;
        WCHAR Rest[16];
    } Room = {.Wait = {.Timeout.QuadPart = -10000, .TimeoutSpecified = TRUE, .NameLength = 22}};
    RtlCopyMemory(Room.Wait.Name, L"kernel pipe", 22);
    InitializeObjectAttributes(&Attributes, U("\\Device\\NamedPipe\\"), OBJ_KERNEL_HANDLE, NULL, NULL);
    ZwOpenFile(&Root, FILE_READ_ATTRIBUTES, &Attributes, &Io, BOTH, 0);
    STATUS(Control(Root, &First, FSCTL_PIPE_WAIT, &Room, 5, NULL, 0), STATUS_INVALID_PARAMETER, "FSCTL_PIPE_WAIT with half a buffer");
    STATUS(Control(Root, &First, FSCTL_PIPE_WAIT, &Room, sizeof Room, NULL, 0), 0, "for a pipe that listens");
    Join(NAME, 0, &Client);
    STATUS(Control(Root, &First, FSCTL_PIPE_WAIT, &Room, sizeof Room, NULL, 0), STATUS_PENDING, "for one that does not");
    STATUS(End(&First), STATUS_IO_TIMEOUT, "until the time is up");
    Room.Wait.Timeout.QuadPart = MINLONGLONG;
    STATUS(Control(Root, &First, FSCTL_PIPE_WAIT, &Room, sizeof Room, NULL, 0), STATUS_PENDING, "for ever");
    ZwClose(Client);
    STATUS(Control(Server, &Second, FSCTL_PIPE_DISCONNECT, NULL, 0, NULL, 0), 0, "the server disconnects");
    STATUS(End(&First), STATUS_PENDING, "which is not enough");
    STATUS(Control(Server, &Second, FSCTL_PIPE_LISTEN, NULL, 0, NULL, 0), STATUS_PENDING, "and listens");
    STATUS(End(&First), 0, "which is");
    Room.Wait.Name[0] = L'K';
    Room.Wait.Name[1] = L'x';
    STATUS(Control(Root, &First, FSCTL_PIPE_WAIT, &Room, sizeof Room, NULL, 0), STATUS_OBJECT_NAME_NOT_FOUND, "for one that is not there");
    STATUS(Join(NAME, 0, &Client), 0, "a client");
    STATUS(End(&Second), 0, "ends the listening");
    STATUS(Control(Server, &Second, FSCTL_PIPE_LISTEN, NULL, 0, NULL, 0), STATUS_PIPE_CONNECTED, "who has one listens no more");
    ZwClose(Client);
    STATUS(Control(Server, &Second, FSCTL_PIPE_LISTEN, NULL, 0, NULL, 0), STATUS_PIPE_CLOSING, "nor before it has let go of one that went");
    ZwClose(Root);
}

static VOID TestEnds(HANDLE Server, HANDLE Client) {
    CHAR Text[10];
    HANDLE Other;
    STATUS(Read(Client, &First, Text, 10), STATUS_PENDING, "the client reads");
    STATUS(Control(Server, &Second, FSCTL_PIPE_DISCONNECT, NULL, 0, NULL, 0), 0, "FSCTL_PIPE_DISCONNECT");
    STATUS(End(&First), STATUS_PIPE_DISCONNECTED, "ends its read");
    STATUS(Read(Client, &First, Text, 10), STATUS_PIPE_DISCONNECTED, "it cannot read any more");
    STATUS(Write(Client, &First, Text, 10), STATUS_PIPE_DISCONNECTED, "nor write");
    STATUS(Write(Server, &First, Text, 10), STATUS_PIPE_DISCONNECTED, "nor can the server");
    STATUS(Control(Server, &Second, FSCTL_PIPE_DISCONNECT, NULL, 0, NULL, 0), STATUS_PIPE_DISCONNECTED, "once is enough");
    STATUS(Join(NAME, 0, &Other), STATUS_PIPE_NOT_AVAILABLE, "who does not listen cannot be joined");
    ZwClose(Client);
    STATUS(Control(Server, &Second, FSCTL_PIPE_LISTEN, NULL, 0, NULL, 0), STATUS_PENDING, "the server listens again");
    STATUS(Join(NAME, 0, &Other), 0, "to the next client");
    Write(Server, &First, "last", 4);
    ZwClose(Server);
    STATUS(Write(Other, &First, Text, 10), STATUS_PIPE_CLOSING, "without a server there is nobody to write to");
    STATUS(Read(Other, &First, Text, 10), 0, "what it has written can be read");
    STATUS(Read(Other, &First, Text, 10), STATUS_PIPE_BROKEN, "then the pipe is broken");
    ZwClose(Other);
}

static VOID RunTests(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath) {
    NAMED_PIPE_CREATE_PARAMETERS Parameters = Usual;
    HANDLE Server, Client;
    Prepare(&First);
    Prepare(&Second);
    TestMaking();
    Parameters.MaximumInstances = 1;
    Serve(NAME, &Parameters, BOTH, FILE_CREATE, &Server, NULL);
    STATUS(Control(Server, &First, FSCTL_PIPE_LISTEN, NULL, 0, NULL, 0), STATUS_PENDING, "FSCTL_PIPE_LISTEN waits");
    STATUS(Join(NAME, 0, &Client), 0, "for a client");
    STATUS(End(&First), 0, "and ends with one");
    TestMessages(Server, Client);
    TestTransactions(Server, Client);
    TestQuota(Server, Client);
    TestActing(Server, Client);
    TestEnds(Server, Client);
    Serve(NAME, &Parameters, BOTH, FILE_CREATE, &Server, NULL);
    TestWaiting(Server);
    ZwClose(Server);
    Serve(NAME, &Parameters, BOTH, FILE_CREATE, &Server, NULL);
    TestSecurity(Server);
    ZwClose(Server);
    TestListing();
    ZwClose(First.Event);
    ZwClose(Second.Event);
}
