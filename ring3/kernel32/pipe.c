/* Pipes with names and without. */
#include "kernel32.h"

/* FSCTL_PIPE_..., from ntifs.h */
#define PIPE_DISCONNECT     0x110004u
#define PIPE_LISTEN         0x110008u
#define PIPE_PEEK           0x11400Cu
#define PIPE_TRANSCEIVE     0x11C017u
#define PIPE_WAIT_FOR       0x110018u
#define PIPE_CONNECTION     0x110030u /* FSCTL_PIPE_GET_CONNECTION_ATTRIBUTE */
#define PIPE_PREFIX         L"\\\\.\\pipe\\"
#define PIPE_MAXIMUM_NAME   256u
#define ANONYMOUS_SIZE      4096u
#define ANONYMOUS_TIMEOUT   -1200000000ll /* 2 minutes, which nobody waits */
#define DEFAULT_TIMEOUT     -500000ll     /* 50 ms ("CreateNamedPipe") */
#define CREATE_PIPE_OPTIONS (WRITE_DAC | WRITE_OWNER | ACCESS_SYSTEM_SECURITY)

enum { FilePipeInformation_ = 23, FilePipeLocalInformation_ = 24 };
typedef struct _PIPE_MODES { /* FILE_PIPE_INFORMATION */
    ULONG ReadMode, CompletionMode;
} PIPE_MODES;
typedef struct _PIPE_LOCAL { /* FILE_PIPE_LOCAL_INFORMATION */
    ULONG Type, Configuration, MaximumInstances, CurrentInstances, InboundQuota, ReadDataAvailable, OutboundQuota, WriteQuotaAvailable, State, End;
} PIPE_LOCAL;

/* ---- Making ----------------------------------------------------------------------------------------------------------------------------------- */
typedef struct _PIPE_SECURITY {
    SECURITY_DESCRIPTOR Descriptor;
    UCHAR Owner[sizeof(TOKEN_OWNER) + 68], Acl[256];
} PIPE_SECURITY;

/* Who gives no descriptor gets this one: SYSTEM, administrators and the owner have everything, everybody may read ("Named Pipe Security and Access Rights"). */
static NTSTATUS DefaultSecurity(PIPE_SECURITY *Security) {
    static SID system = {SID_REVISION, 1, {SECURITY_NT_AUTHORITY}, {SECURITY_LOCAL_SYSTEM_RID}};
    static SID everyone = {SID_REVISION, 1, {SECURITY_WORLD_SID_AUTHORITY}, {SECURITY_WORLD_RID}};
    static SID anonymous = {SID_REVISION, 1, {SECURITY_NT_AUTHORITY}, {SECURITY_ANONYMOUS_LOGON_RID}};
    static struct {
        SID Sid;
        DWORD Alias;
    } administrators = {{SID_REVISION, 2, {SECURITY_NT_AUTHORITY}, {SECURITY_BUILTIN_DOMAIN_RID}}, DOMAIN_ALIAS_RID_ADMINS};
    PACL acl = (PACL)Security->Acl;
    HANDLE token;
    ULONG used;
    NTSTATUS status = NtOpenThreadToken(NtCurrentThread(), TOKEN_QUERY, TRUE, &token);
    if (status == STATUS_NO_TOKEN)
        status = NtOpenProcessToken(NtCurrentProcess(), TOKEN_QUERY, &token);
    if (!NT_SUCCESS(status))
        return status;
    status = NtQueryInformationToken(token, TokenOwner, Security->Owner, sizeof Security->Owner, &used);
    NtClose(token);
    if (!NT_SUCCESS(status))
        return status;
    const struct {
        ACCESS_MASK Mask;
        PSID Sid;
    } entries[] = {{GENERIC_ALL, &system},
                   {GENERIC_ALL, &administrators},
                   {GENERIC_ALL, ((TOKEN_OWNER *)Security->Owner)->Owner},
                   {GENERIC_READ, &everyone},
                   {GENERIC_READ, &anonymous}};
    status = RtlCreateAcl(acl, sizeof Security->Acl, ACL_REVISION);
    for (ULONG n = 0; NT_SUCCESS(status) && n < ARRAYSIZE(entries); n++)
        status = RtlAddAccessAllowedAce(acl, ACL_REVISION, entries[n].Mask, entries[n].Sid);
    if (NT_SUCCESS(status))
        status = RtlCreateSecurityDescriptor(&Security->Descriptor, SECURITY_DESCRIPTOR_REVISION);
    return NT_SUCCESS(status) ? RtlSetDaclSecurityDescriptor(&Security->Descriptor, TRUE, acl, FALSE) : status;
}

static NTSTATUS SecureAttributes(POBJECT_ATTRIBUTES Attributes, LPSECURITY_ATTRIBUTES Given, PIPE_SECURITY *Security) {
    if (Given && Given->bInheritHandle)
        Attributes->Attributes |= OBJ_INHERIT;
    if (Given && Given->lpSecurityDescriptor) {
        Attributes->SecurityDescriptor = Given->lpSecurityDescriptor;
        return STATUS_SUCCESS;
    }
    Attributes->SecurityDescriptor = &Security->Descriptor;
    return DefaultSecurity(Security);
}

/* "\\.\pipe\NAME": where NAME is in Path; FALSE: Path is none such, the last error is set. */
static BOOL PipeName(LPCWSTR Path, PUNICODE_STRING Name) {
    UNICODE_STRING prefix;
    RtlInitUnicodeString(&prefix, PIPE_PREFIX);
    RtlInitUnicodeString(Name, Path);
    if (!RtlPrefixUnicodeString(&prefix, Name, TRUE) || Name->Length == prefix.Length)
        return BaseFail(ERROR_INVALID_NAME);
    Name->Buffer += prefix.Length / sizeof(WCHAR);
    Name->Length -= prefix.Length;
    return TRUE;
}

HANDLE WINAPI CreateNamedPipeW(LPCWSTR Name, DWORD Open, DWORD Mode, DWORD Instances, DWORD Out, DWORD In, DWORD Timeout,
                               LPSECURITY_ATTRIBUTES Given) {
    static const struct {
        ACCESS_MASK Access;
        ULONG Share;
    } directions[] = {
        [PIPE_ACCESS_INBOUND] = {GENERIC_READ, FILE_SHARE_WRITE},
        [PIPE_ACCESS_OUTBOUND] = {GENERIC_WRITE, FILE_SHARE_READ},
        [PIPE_ACCESS_DUPLEX] = {GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE},
    };
    PIPE_SECURITY security;
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING path, last;
    IO_STATUS_BLOCK io;
    HANDLE pipe = INVALID_HANDLE_VALUE;
    if (!Instances || Instances > PIPE_UNLIMITED_INSTANCES || !(Open & PIPE_ACCESS_DUPLEX)) {
        BaseFail(ERROR_INVALID_PARAMETER);
        return INVALID_HANDLE_VALUE;
    }
    if ((Mode & ~(DWORD)(PIPE_NOWAIT | PIPE_READMODE_MESSAGE | PIPE_TYPE_MESSAGE | PIPE_REJECT_REMOTE_CLIENTS)) ||
        (Mode & (PIPE_READMODE_MESSAGE | PIPE_TYPE_MESSAGE)) == PIPE_READMODE_MESSAGE) {
        BaseFail(ERROR_INVALID_PARAMETER);
        return INVALID_HANDLE_VALUE;
    }
    if (!PipeName(Name, &last) || !BaseNtPath(Name, &path, &attributes))
        return INVALID_HANDLE_VALUE;
    LARGE_INTEGER timeout = {.QuadPart = Timeout == NMPWAIT_WAIT_FOREVER ? MINLONGLONG : Timeout ? -(LONGLONG)Timeout * 10000 : DEFAULT_TIMEOUT};
    NTSTATUS status = SecureAttributes(&attributes, Given, &security);
    if (NT_SUCCESS(status))
        status = NtCreateNamedPipeFile(
            &pipe, directions[Open & PIPE_ACCESS_DUPLEX].Access | SYNCHRONIZE | (Open & CREATE_PIPE_OPTIONS), &attributes, &io,
            directions[Open & PIPE_ACCESS_DUPLEX].Share, Open & FILE_FLAG_FIRST_PIPE_INSTANCE ? FILE_CREATE : FILE_OPEN_IF,
            (Open & FILE_FLAG_OVERLAPPED ? 0 : FILE_SYNCHRONOUS_IO_NONALERT) | (Open & FILE_FLAG_WRITE_THROUGH ? FILE_WRITE_THROUGH : 0),
            Mode & PIPE_TYPE_MESSAGE ? 1 : 0, Mode & PIPE_READMODE_MESSAGE ? 1 : 0, Mode & PIPE_NOWAIT ? 1 : 0,
            Instances == PIPE_UNLIMITED_INSTANCES ? 0xFFFFFFFF : Instances, In, Out, &timeout);
    RtlFreeUnicodeString(&path);
    return BaseResult(status) ? pipe : INVALID_HANDLE_VALUE;
}
HANDLE WINAPI CreateNamedPipeA(LPCSTR Name, DWORD Open, DWORD Mode, DWORD Instances, DWORD Out, DWORD In, DWORD Timeout,
                               LPSECURITY_ATTRIBUTES Given) {
    PWSTR wide = BaseWide(Name);
    if (Name && !wide)
        return INVALID_HANDLE_VALUE;
    HANDLE pipe = CreateNamedPipeW(wide, Open, Mode, Instances, Out, In, Timeout, Given);
    BaseFree(wide);
    return pipe;
}

/* A pipe without a name has one that nobody else comes upon. */
WINBOOL WINAPI CreatePipe(PHANDLE Read, PHANDLE Write, LPSECURITY_ATTRIBUTES Given, DWORD Size) {
    static volatile LONG count;
    PIPE_SECURITY security;
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING name;
    WCHAR text[64];
    IO_STATUS_BLOCK io;
    LARGE_INTEGER timeout = {.QuadPart = ANONYMOUS_TIMEOUT};
    HANDLE read, write;
    _snwprintf(text, ARRAYSIZE(text), L"\\Device\\NamedPipe\\Win32Pipes.%08x.%08x", (UINT)GetCurrentProcessId(),
               (UINT)__atomic_add_fetch(&count, 1, __ATOMIC_SEQ_CST));
    RtlInitUnicodeString(&name, text);
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    NTSTATUS status = SecureAttributes(&attributes, Given, &security);
    if (NT_SUCCESS(status))
        status =
            NtCreateNamedPipeFile(&read, GENERIC_READ | FILE_WRITE_ATTRIBUTES | SYNCHRONIZE, &attributes, &io, FILE_SHARE_WRITE, FILE_CREATE,
                                  FILE_SYNCHRONOUS_IO_NONALERT, 0, 0, 0, 1, Size ? Size : ANONYMOUS_SIZE, Size ? Size : ANONYMOUS_SIZE, &timeout);
    if (!BaseResult(status))
        return FALSE;
    status = NtOpenFile(&write, FILE_GENERIC_WRITE, &attributes, &io, FILE_SHARE_READ, FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE);
    if (!BaseResult(status)) {
        NtClose(read);
        return FALSE;
    }
    *Read = read;
    *Write = write;
    return TRUE;
}

/* ---- Connections ------------------------------------------------------------------------------------------------------------------------------ */
WINBOOL WINAPI ConnectNamedPipe(HANDLE Pipe, LPOVERLAPPED Request) { return BaseControl(TRUE, Pipe, PIPE_LISTEN, NULL, 0, NULL, 0, NULL, Request); }
WINBOOL WINAPI DisconnectNamedPipe(HANDLE Pipe) { return BaseControl(TRUE, Pipe, PIPE_DISCONNECT, NULL, 0, NULL, 0, NULL, NULL); }

WINBOOL WINAPI WaitNamedPipeW(LPCWSTR Name, DWORD Timeout) {
    struct { /* FILE_PIPE_WAIT_FOR_BUFFER */
        LARGE_INTEGER Timeout;
        ULONG NameLength;
        BOOLEAN TimeoutSpecified;
        WCHAR Name[PIPE_MAXIMUM_NAME];
    } wait = {0};
    UNICODE_STRING name, device;
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK io;
    HANDLE pipes;
    if (!PipeName(Name, &name))
        return FALSE;
    if (name.Length > sizeof wait.Name)
        return BaseFail(ERROR_INVALID_NAME);
    wait.NameLength = name.Length;
    memcpy(wait.Name, name.Buffer, name.Length);
    wait.TimeoutSpecified = Timeout != NMPWAIT_USE_DEFAULT_WAIT;
    wait.Timeout.QuadPart = Timeout == NMPWAIT_WAIT_FOREVER ? MINLONGLONG : -(LONGLONG)Timeout * 10000;
    RtlInitUnicodeString(&device, L"\\Device\\NamedPipe\\");
    InitializeObjectAttributes(&attributes, &device, OBJ_CASE_INSENSITIVE, NULL, NULL);
    NTSTATUS status =
        NtOpenFile(&pipes, FILE_READ_ATTRIBUTES | SYNCHRONIZE, &attributes, &io, FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_SYNCHRONOUS_IO_NONALERT);
    if (!BaseResult(status))
        return FALSE;
    BOOL done = BaseControl(TRUE, pipes, PIPE_WAIT_FOR, &wait, (DWORD)(FIELD_OFFSET(typeof(wait), Name) + wait.NameLength), NULL, 0, NULL, NULL);
    NtClose(pipes);
    return done;
}
WINBOOL WINAPI WaitNamedPipeA(LPCSTR Name, DWORD Timeout) {
    PWSTR wide = BaseWide(Name);
    if (Name && !wide)
        return FALSE;
    BOOL done = WaitNamedPipeW(wide, Timeout);
    BaseFree(wide);
    return done;
}

/* ---- Data ------------------------------------------------------------------------------------------------------------------------------------- */
/* What a pipe holds is its driver's to say; other files are refused by theirs. */
WINBOOL WINAPI PeekNamedPipe(HANDLE Pipe, LPVOID Buffer, DWORD Size, LPDWORD Read, LPDWORD Available, LPDWORD Left) {
    struct { /* FILE_PIPE_PEEK_BUFFER */
        ULONG State, Available, Messages, MessageLength;
    } *peek;
    DWORD used = 0;
    if (Size > MAXDWORD - sizeof *peek || !(peek = BaseAllocate(sizeof *peek + (SIZE_T)Size)))
        return BaseFail(ERROR_NOT_ENOUGH_MEMORY);
    BOOL done = BaseControl(TRUE, Pipe, PIPE_PEEK, NULL, 0, peek, (DWORD)sizeof *peek + Size, &used, NULL);
    if (!done && RtlGetLastWin32Error() == ERROR_MORE_DATA)
        done = TRUE;
    if (done) {
        DWORD read = used - (DWORD)sizeof *peek;
        if (Read)
            *Read = read;
        if (Available)
            *Available = peek->Available;
        if (Left)
            *Left = peek->MessageLength > read ? peek->MessageLength - read : 0;
        if (Buffer)
            memcpy(Buffer, peek + 1, read);
    }
    BaseFree(peek);
    return done;
}
WINBOOL WINAPI TransactNamedPipe(HANDLE Pipe, LPVOID In, DWORD InLength, LPVOID Out, DWORD OutLength, LPDWORD Read, LPOVERLAPPED Request) {
    return BaseControl(TRUE, Pipe, PIPE_TRANSCEIVE, In, InLength, Out, OutLength, Read, Request);
}

/* CreateFile (waiting for a free instance if there is none), one transaction, CloseHandle. */
WINBOOL WINAPI CallNamedPipeW(LPCWSTR Name, LPVOID In, DWORD InLength, LPVOID Out, DWORD OutLength, LPDWORD Read, DWORD Timeout) {
    DWORD mode = PIPE_READMODE_MESSAGE | PIPE_WAIT;
    HANDLE pipe;
    while ((pipe = CreateFileW(Name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL)) == INVALID_HANDLE_VALUE) {
        if (RtlGetLastWin32Error() != ERROR_PIPE_BUSY || Timeout == NMPWAIT_NOWAIT || !WaitNamedPipeW(Name, Timeout))
            return FALSE;
    }
    BOOL done = SetNamedPipeHandleState(pipe, &mode, NULL, NULL) && TransactNamedPipe(pipe, In, InLength, Out, OutLength, Read, NULL);
    ULONG error = RtlGetLastWin32Error();
    NtClose(pipe);
    RtlSetLastWin32Error(error);
    return done;
}
WINBOOL WINAPI CallNamedPipeA(LPCSTR Name, LPVOID In, DWORD InLength, LPVOID Out, DWORD OutLength, LPDWORD Read, DWORD Timeout) {
    PWSTR wide = BaseWide(Name);
    if (Name && !wide)
        return FALSE;
    BOOL done = CallNamedPipeW(wide, In, InLength, Out, OutLength, Read, Timeout);
    BaseFree(wide);
    return done;
}

/* ---- States ----------------------------------------------------------------------------------------------------------------------------------- */
WINBOOL WINAPI SetNamedPipeHandleState(HANDLE Pipe, LPDWORD Mode, LPDWORD MaximumCollected, LPDWORD Timeout) {
    IO_STATUS_BLOCK io;
    if (MaximumCollected || Timeout) /* both are about pipes of other computers */
        return BaseFail(ERROR_INVALID_PARAMETER);
    if (!Mode)
        return TRUE;
    if (*Mode & ~(DWORD)(PIPE_READMODE_MESSAGE | PIPE_NOWAIT))
        return BaseFail(ERROR_INVALID_PARAMETER);
    PIPE_MODES modes = {.ReadMode = *Mode & PIPE_READMODE_MESSAGE ? 1 : 0, .CompletionMode = *Mode & PIPE_NOWAIT ? 1 : 0};
    return BaseResult(NtSetInformationFile(Pipe, &io, &modes, sizeof modes, FilePipeInformation_));
}
WINBOOL WINAPI GetNamedPipeInfo(HANDLE Pipe, LPDWORD Flags, LPDWORD Out, LPDWORD In, LPDWORD Instances) {
    IO_STATUS_BLOCK io;
    PIPE_LOCAL local;
    if (!BaseResult(NtQueryInformationFile(Pipe, &io, &local, sizeof local, FilePipeLocalInformation_)))
        return FALSE;
    if (Flags)
        *Flags = (local.End ? PIPE_SERVER_END : PIPE_CLIENT_END) | (local.Type ? PIPE_TYPE_MESSAGE : PIPE_TYPE_BYTE);
    if (Out)
        *Out = local.OutboundQuota;
    if (In)
        *In = local.InboundQuota;
    if (Instances)
        *Instances = local.MaximumInstances >= PIPE_UNLIMITED_INSTANCES ? PIPE_UNLIMITED_INSTANCES : local.MaximumInstances;
    return TRUE;
}
/* The client's name is not kept, and the two values about other computers are none here. */
WINBOOL WINAPI GetNamedPipeHandleStateW(HANDLE Pipe, LPDWORD State, LPDWORD Instances, LPDWORD MaximumCollected, LPDWORD Timeout, LPWSTR User,
                                        DWORD Size) {
    IO_STATUS_BLOCK io;
    PIPE_MODES modes;
    PIPE_LOCAL local;
    if (MaximumCollected || Timeout || User)
        return BaseFail(ERROR_INVALID_PARAMETER);
    if (!BaseResult(NtQueryInformationFile(Pipe, &io, &modes, sizeof modes, FilePipeInformation_)) ||
        !BaseResult(NtQueryInformationFile(Pipe, &io, &local, sizeof local, FilePipeLocalInformation_)))
        return FALSE;
    if (State)
        *State = (modes.ReadMode ? PIPE_READMODE_MESSAGE : 0) | (modes.CompletionMode ? PIPE_NOWAIT : 0);
    if (Instances)
        *Instances = local.CurrentInstances >= PIPE_UNLIMITED_INSTANCES ? PIPE_UNLIMITED_INSTANCES : local.CurrentInstances;
    return TRUE;
}
WINBOOL WINAPI GetNamedPipeHandleStateA(HANDLE Pipe, LPDWORD State, LPDWORD Instances, LPDWORD MaximumCollected, LPDWORD Timeout, LPSTR User,
                                        DWORD Size) {
    return GetNamedPipeHandleStateW(Pipe, State, Instances, MaximumCollected, Timeout, (LPWSTR)(PVOID)User, Size);
}

static BOOL ProcessOf(HANDLE Pipe, PCSTR Attribute, PULONG Id) {
    ULONG64 id;
    DWORD used;
    if (!BaseControl(TRUE, Pipe, PIPE_CONNECTION, (PVOID)Attribute, (DWORD)strlen(Attribute) + 1, &id, sizeof id, &used, NULL))
        return FALSE;
    *Id = (ULONG)id;
    return TRUE;
}
WINBOOL WINAPI GetNamedPipeClientProcessId(HANDLE Pipe, PULONG Id) { return ProcessOf(Pipe, "ClientProcessId", Id); }
WINBOOL WINAPI GetNamedPipeServerProcessId(HANDLE Pipe, PULONG Id) { return ProcessOf(Pipe, "ServerProcessId", Id); }
