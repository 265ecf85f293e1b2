/*
 * CreateProcess: what its documentation page says of names, command lines and standard handles, on NtCreateUserProcess. The page's search order for a
 * name without a path: the program's own folder, the current directory, System32, Windows\System, Windows, PATH.
 */
#include "kernel32.h"

#define MAXIMUM_TEXT    32767u
#define CONSOLE_CHOICES (DETACHED_PROCESS | CREATE_NEW_CONSOLE | CREATE_NO_WINDOW)
#define PRIORITY_CHOICES                                                                                                                             \
    (IDLE_PRIORITY_CLASS | BELOW_NORMAL_PRIORITY_CLASS | NORMAL_PRIORITY_CLASS | ABOVE_NORMAL_PRIORITY_CLASS | HIGH_PRIORITY_CLASS |                 \
     REALTIME_PRIORITY_CLASS)

/* ---- Which file ---------------------------------------------------------------------------------------------------------------------- */

static BOOL IsBlank(WCHAR c) { return c == ' ' || c == '\t'; }
static BOOL IsSeparator(WCHAR c) { return c == '\\' || c == '/' || c == ':'; }

/* Whether there is a file of that name, which becomes a full path in Full (MAXIMUM_TEXT characters). */
static NTSTATUS TryFile(PCWSTR Path, PWSTR Full) {
    UNICODE_STRING nt;
    OBJECT_ATTRIBUTES attributes;
    NT_FILE_BASIC_INFORMATION information;
    NTSTATUS status = RtlDosPathNameToNtPathName_U_WithStatus(Path, &nt, NULL, NULL);
    if (!NT_SUCCESS(status))
        return status;
    InitializeObjectAttributes(&attributes, &nt, OBJ_CASE_INSENSITIVE, NULL, NULL);
    status = NtQueryAttributesFile(&attributes, &information);
    RtlFreeUnicodeString(&nt);
    if (NT_SUCCESS(status) && (information.FileAttributes & FILE_ATTRIBUTE_DIRECTORY))
        status = STATUS_FILE_IS_A_DIRECTORY;
    if (NT_SUCCESS(status) && !GetFullPathNameW(Path, MAXIMUM_TEXT, Full, NULL))
        status = STATUS_NAME_TOO_LONG;
    return status;
}

/* A directory and a name in Path (MAXIMUM_TEXT characters). */
static NTSTATUS TryIn(PCWSTR Directory, SIZE_T Length, PCWSTR Name, PWSTR Path, PWSTR Full) {
    SIZE_T name = BaseLength(Name);
    if (!Length)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (Length + name + 2 > MAXIMUM_TEXT)
        return STATUS_NAME_TOO_LONG;
    memcpy(Path, Directory, Length * sizeof(WCHAR));
    if (!IsSeparator(Path[Length - 1]))
        Path[Length++] = '\\';
    memcpy(Path + Length, Name, (name + 1) * sizeof(WCHAR));
    return TryFile(Path, Full);
}

static NTSTATUS SearchDirectories(PCWSTR Name, PWSTR Path, PWSTR Full) {
    static const WCHAR *const system[] = {L"C:\\Windows\\System32", L"C:\\Windows\\System", L"C:\\Windows"};
    NT_PROCESS_PARAMETERS *parameters = NtPeb()->ProcessParameters;
    SIZE_T own = parameters->ImagePathName.Length / sizeof(WCHAR);
    while (own && !IsSeparator(parameters->ImagePathName.Buffer[own - 1]))
        own--;
    NTSTATUS status = TryIn(parameters->ImagePathName.Buffer, own, Name, Path, Full);
    if (!NT_SUCCESS(status))
        status = TryFile(Name, Full); /* relative: the current directory */
    for (ULONG n = 0; n < ARRAYSIZE(system) && !NT_SUCCESS(status); n++)
        status = TryIn(system[n], BaseLength(system[n]), Name, Path, Full);
    if (NT_SUCCESS(status))
        return status;
    PWSTR variable = BaseAllocate(MAXIMUM_TEXT * sizeof(WCHAR));
    if (!variable)
        return STATUS_NO_MEMORY;
    DWORD size = GetEnvironmentVariableW(L"PATH", variable, MAXIMUM_TEXT);
    for (PCWSTR at = variable; size && size < MAXIMUM_TEXT && *at && !NT_SUCCESS(status);) {
        SIZE_T length = 0;
        while (at[length] && at[length] != ';')
            length++;
        status = TryIn(at, length, Name, Path, Full);
        at += length + (at[length] == ';');
    }
    BaseFree(variable);
    return NT_SUCCESS(status) ? status : STATUS_OBJECT_NAME_NOT_FOUND;
}

/* The file that Text[0..Length) means. Name and Path have room for MAXIMUM_TEXT characters each and four more. */
static NTSTATUS FindProgram(PCWSTR Text, SIZE_T Length, PWSTR Name, PWSTR Path, PWSTR Full) {
    BOOL dot = FALSE, path = FALSE;
    if (!Length || Length >= MAXIMUM_TEXT)
        return Length ? STATUS_NAME_TOO_LONG : STATUS_OBJECT_NAME_NOT_FOUND;
    for (SIZE_T n = 0; n < Length; n++) {
        Name[n] = Text[n];
        path |= IsSeparator(Text[n]);
        dot = Text[n] == '.' || (dot && !IsSeparator(Text[n]));
    }
    Name[Length] = 0;
    NTSTATUS status = path ? TryFile(Name, Full) : STATUS_OBJECT_NAME_NOT_FOUND;
    if (NT_SUCCESS(status) || (path && dot))
        return status;
    if (!dot)
        memcpy(Name + Length, L".exe", 5 * sizeof(WCHAR));
    if (!path)
        return SearchDirectories(Name, Path, Full);
    NTSTATUS with_extension = TryFile(Name, Full);
    return NT_SUCCESS(with_extension) ? with_extension : status;
}

/*
 * The program of a command line: up to the closing quotation mark when it begins with one; otherwise up to the first blank before which stands
 * the name of a program. *Quote: a name with blanks in it that was not quoted and ends at *End.
 */
static NTSTATUS FindInCommandLine(PCWSTR Line, PWSTR Full, SIZE_T *End, BOOL *Quote) {
    PWSTR buffers = BaseAllocate(2 * (MAXIMUM_TEXT + 5) * sizeof(WCHAR));
    NTSTATUS status, first = STATUS_SUCCESS;
    SIZE_T end = 0;
    if (!buffers)
        return STATUS_NO_MEMORY;
    PWSTR path = buffers + MAXIMUM_TEXT + 5;
    *Quote = FALSE;
    if (Line[0] == '"') {
        while (Line[1 + end] && Line[1 + end] != '"')
            end++;
        status = FindProgram(Line + 1, end, buffers, path, Full);
    } else {
        for (;;) {
            while (Line[end] && !IsBlank(Line[end]))
                end++;
            status = FindProgram(Line, end, buffers, path, Full);
            if (NT_SUCCESS(status))
                break;
            if (NT_SUCCESS(first))
                first = status;
            while (IsBlank(Line[end]))
                end++;
            if (!Line[end])
                break;
            *Quote = TRUE;
        }
    }
    BaseFree(buffers);
    *End = end;
    return NT_SUCCESS(status) || NT_SUCCESS(first) ? status : first;
}

/* ---- What it is told ------------------------------------------------------------------------------------------------------------------ */

typedef struct _NEW_PROCESS {
    PWSTR Program; /* full DOS path */
    PWSTR CommandLine, Directory, Environment;
    NT_PROCESS_PARAMETERS *Parameters;
} NEW_PROCESS;

static PWSTR CopyText(PCWSTR Text, SIZE_T Length) {
    PWSTR copy = BaseAllocate((Length + 1) * sizeof(WCHAR));
    if (!copy) {
        BaseFail(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    memcpy(copy, Text, Length * sizeof(WCHAR));
    copy[Length] = 0;
    return copy;
}

static BOOL ChooseProgram(NEW_PROCESS *New, PCWSTR Application, PCWSTR CommandLine) {
    New->Program = BaseAllocate(MAXIMUM_TEXT * sizeof(WCHAR));
    if (!New->Program)
        return BaseFail(ERROR_NOT_ENOUGH_MEMORY);
    if (Application) {
        if (!*Application)
            return BaseFail(ERROR_PATH_NOT_FOUND);
        DWORD length = GetFullPathNameW(Application, MAXIMUM_TEXT, New->Program, NULL);
        if (!length || length >= MAXIMUM_TEXT)
            return BaseFail(ERROR_FILENAME_EXCED_RANGE);
        if (!CommandLine)
            CommandLine = Application;
        New->CommandLine = CopyText(CommandLine, BaseLength(CommandLine));
        return New->CommandLine != NULL;
    }
    while (CommandLine && IsBlank(*CommandLine))
        CommandLine++;
    if (!CommandLine || !*CommandLine)
        return BaseFail(ERROR_INVALID_PARAMETER);
    SIZE_T end, length = BaseLength(CommandLine);
    BOOL quote;
    if (length >= MAXIMUM_TEXT)
        return BaseFail(ERROR_FILENAME_EXCED_RANGE);
    if (!BaseResult(FindInCommandLine(CommandLine, New->Program, &end, &quote)))
        return FALSE;
    New->CommandLine = BaseAllocate((length + 3) * sizeof(WCHAR));
    if (!New->CommandLine)
        return BaseFail(ERROR_NOT_ENOUGH_MEMORY);
    PWSTR at = New->CommandLine;
    if (quote) { /* the new program finds its name as this one did */
        *at++ = '"';
        memcpy(at, CommandLine, end * sizeof(WCHAR));
        at += end;
        *at++ = '"';
        CommandLine += end;
    }
    memcpy(at, CommandLine, (BaseLength(CommandLine) + 1) * sizeof(WCHAR));
    return TRUE;
}

static BOOL ChooseDirectory(NEW_PROCESS *New, PCWSTR Directory) {
    if (!Directory)
        return TRUE;
    New->Directory = BaseAllocate((MAX_PATH + 2) * sizeof(WCHAR));
    if (!New->Directory)
        return BaseFail(ERROR_NOT_ENOUGH_MEMORY);
    DWORD length = GetFullPathNameW(Directory, MAX_PATH, New->Directory, NULL);
    DWORD attributes = length && length < MAX_PATH - 1 ? GetFileAttributesW(New->Directory) : INVALID_FILE_ATTRIBUTES;
    if (attributes == INVALID_FILE_ATTRIBUTES || !(attributes & FILE_ATTRIBUTE_DIRECTORY))
        return BaseFail(ERROR_DIRECTORY);
    if (New->Directory[length - 1] != '\\') {
        New->Directory[length] = '\\';
        New->Directory[length + 1] = 0;
    }
    return TRUE;
}

/* An ANSI block becomes a wide one. */
static BOOL ChooseEnvironment(NEW_PROCESS *New, PCSTR Block) {
    SIZE_T length = 0;
    while (Block[length])
        length += strlen(Block + length) + 1;
    length++;
    New->Environment = BaseAllocate(length * sizeof(WCHAR));
    if (!New->Environment)
        return BaseFail(ERROR_NOT_ENOUGH_MEMORY);
    return MultiByteToWideChar(CP_ACP, 0, Block, (int)length, New->Environment, (int)length) != 0;
}

static PUNICODE_STRING Counted(PUNICODE_STRING String, PCWSTR Text) {
    if (!Text)
        return NULL;
    RtlInitUnicodeString(String, Text);
    return String;
}

static BOOL MakeParameters(NEW_PROCESS *New, DWORD Flags, PVOID Environment, const STARTUPINFOW *Startup) {
    UNICODE_STRING image, line, directory, title, desktop;
    UNICODE_STRING runtime = {Startup->cbReserved2, Startup->cbReserved2, (PWSTR)Startup->lpReserved2};
    NT_PROCESS_PARAMETERS *own = NtPeb()->ProcessParameters, *made;
    BOOL has_runtime = Startup->lpReserved2 && Startup->cbReserved2;
    if (!BaseResult(RtlCreateProcessParametersEx(
            &New->Parameters, Counted(&image, New->Program), NULL, Counted(&directory, New->Directory), Counted(&line, New->CommandLine), Environment,
            Counted(&title, Startup->lpTitle ? Startup->lpTitle : New->Program), Counted(&desktop, Startup->lpDesktop), NULL,
            has_runtime ? &runtime : NULL, PROCESS_PARAMETERS_NORMALIZED)))
        return FALSE;
    made = New->Parameters;
    made->StartingX = Startup->dwX;
    made->StartingY = Startup->dwY;
    made->CountX = Startup->dwXSize;
    made->CountY = Startup->dwYSize;
    made->CountCharsX = Startup->dwXCountChars;
    made->CountCharsY = Startup->dwYCountChars;
    made->FillAttribute = Startup->dwFillAttribute;
    made->WindowFlags = Startup->dwFlags;
    made->ShowWindowFlags = Startup->wShowWindow;
    if (Flags & CREATE_NEW_PROCESS_GROUP) /* Ctrl+C is off for the new group, as documented */
        made->ConsoleFlags |= CONSOLE_IGNORE_CTRL_C;
    made->ConsoleHandle = (Flags & DETACHED_PROCESS)     ? CONSOLE_DETACHED_PROCESS
                          : (Flags & CREATE_NEW_CONSOLE) ? CONSOLE_NEW_CONSOLE
                          : (Flags & CREATE_NO_WINDOW)   ? CONSOLE_CREATE_NO_WINDOW
                                                         : NULL;
    if (Startup->dwFlags & STARTF_USESTDHANDLES) {
        made->StandardInput = BaseStandardHandle(Startup->hStdInput);
        made->StandardOutput = BaseStandardHandle(Startup->hStdOutput);
        made->StandardError = BaseStandardHandle(Startup->hStdError);
    } else if (!(Flags & CONSOLE_CHOICES)) {
        made->StandardInput = own->StandardInput;
        made->StandardOutput = own->StandardOutput;
        made->StandardError = own->StandardError;
    }
    return TRUE;
}

/* ---- The process ---------------------------------------------------------------------------------------------------------------------- */

/* The documented default: normal, but a creator in one of the two lowest classes passes its own on. */
static VOID SetPriority(HANDLE Process, DWORD Flags) {
    DWORD class = Flags & PRIORITY_CHOICES;
    if (!class) {
        class = GetPriorityClass(NtCurrentProcess());
        if (class != IDLE_PRIORITY_CLASS && class != BELOW_NORMAL_PRIORITY_CLASS)
            return;
    }
    SetPriorityClass(Process, class);
}

static OBJECT_ATTRIBUTES HandleAttributes(LPSECURITY_ATTRIBUTES Security) {
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, NULL, Security && Security->bInheritHandle ? OBJ_INHERIT : 0, NULL,
                               Security ? Security->lpSecurityDescriptor : NULL);
    return attributes;
}

static BOOL Start(HANDLE Token, NEW_PROCESS *New, LPSECURITY_ATTRIBUTES ProcessSecurity, LPSECURITY_ATTRIBUTES ThreadSecurity, BOOL Inherit,
                  DWORD Flags, LPPROCESS_INFORMATION Information) {
    OBJECT_ATTRIBUTES process_attributes = HandleAttributes(ProcessSecurity), thread_attributes = HandleAttributes(ThreadSecurity);
    UNICODE_STRING nt;
    CLIENT_ID id = {0};
    NT_SECTION_IMAGE_INFORMATION image = {0};
    BOOL given = (New->Parameters->WindowFlags & STARTF_USESTDHANDLES) != 0;
    NT_STD_HANDLE_INFO standard = {given || (Flags & CONSOLE_CHOICES) ? PS_STD_NEVER_DUPLICATE : PS_STD_REQUEST_DUPLICATE,
                                   IMAGE_SUBSYSTEM_WINDOWS_CUI};
    NT_PS_CREATE_INFO info = {.Size = sizeof info, .InitFlags = (ULONG)IMAGE_FILE_DLL << 16};
    HANDLE process, thread;
    NTSTATUS status = RtlDosPathNameToNtPathName_U_WithStatus(New->Program, &nt, NULL, NULL);
    if (!BaseResult(status))
        return FALSE;
    struct {
        SIZE_T TotalLength;
        NT_PS_ATTRIBUTE Attributes[5];
    } list = {sizeof list - (Token ? 0 : sizeof(NT_PS_ATTRIBUTE)),
              {{PS_ATTRIBUTE_IMAGE_NAME, nt.Length, nt.Buffer, NULL},
               {PS_ATTRIBUTE_CLIENT_ID, sizeof id, &id, NULL},
               {PS_ATTRIBUTE_IMAGE_INFO, sizeof image, &image, NULL},
               {PS_ATTRIBUTE_STD_HANDLE_INFO, sizeof standard, &standard, NULL},
               {PS_ATTRIBUTE_TOKEN, sizeof Token, Token, NULL}}};
    status = NtCreateUserProcess(&process, &thread, MAXIMUM_ALLOWED, MAXIMUM_ALLOWED, &process_attributes, &thread_attributes,
                                 (Inherit ? PROCESS_CREATE_FLAGS_INHERIT_HANDLES : 0) |
                                     (Flags & CREATE_BREAKAWAY_FROM_JOB ? PROCESS_CREATE_FLAGS_BREAKAWAY : 0),
                                 THREAD_CREATE_FLAGS_CREATE_SUSPENDED, New->Parameters, &info, (NT_PS_ATTRIBUTE_LIST *)&list);
    RtlFreeUnicodeString(&nt);
    if (!NT_SUCCESS(status) && info.State == PsCreateFailMachineMismatch)
        return BaseFail(ERROR_EXE_MACHINE_TYPE_MISMATCH);
    if (!BaseResult(status))
        return FALSE;
    if (image.SubSystemType != IMAGE_SUBSYSTEM_WINDOWS_CUI && image.SubSystemType != IMAGE_SUBSYSTEM_WINDOWS_GUI) {
        NtTerminateProcess(process, STATUS_INVALID_IMAGE_FORMAT); /* a native program: not for Win32 */
        NtClose(thread);
        NtClose(process);
        return BaseFail(ERROR_CHILD_NOT_COMPLETE);
    }
    SetPriority(process, Flags);
    if (Flags & CREATE_DEFAULT_ERROR_MODE) {
        ULONG mode = 0;
        NtSetInformationProcess(process, ProcessDefaultHardErrorMode_, &mode, sizeof mode);
    }
    if (!(Flags & CREATE_SUSPENDED))
        NtResumeThread(thread, NULL);
    *Information = (PROCESS_INFORMATION){process, thread, (DWORD)(ULONG_PTR)id.UniqueProcess, (DWORD)(ULONG_PTR)id.UniqueThread};
    return TRUE;
}

/* For advapi32's CreateProcessAsUser: with another token than the caller's. NewToken, what Windows returns to its own callers, is never set. */
WINBOOL WINAPI CreateProcessInternalW(HANDLE, LPCWSTR, LPWSTR, LPSECURITY_ATTRIBUTES, LPSECURITY_ATTRIBUTES, WINBOOL, DWORD, LPVOID, LPCWSTR,
                                      LPSTARTUPINFOW, LPPROCESS_INFORMATION, PHANDLE);
WINBOOL WINAPI CreateProcessInternalW(HANDLE Token, LPCWSTR Application, LPWSTR CommandLine, LPSECURITY_ATTRIBUTES ProcessSecurity,
                                      LPSECURITY_ATTRIBUTES ThreadSecurity, WINBOOL Inherit, DWORD Flags, LPVOID Environment, LPCWSTR Directory,
                                      LPSTARTUPINFOW Startup, LPPROCESS_INFORMATION Information, PHANDLE NewToken) {
    NEW_PROCESS new = {0};
    DWORD console = Flags & CONSOLE_CHOICES;
    *Information = (PROCESS_INFORMATION){0};
    if ((console & DETACHED_PROCESS) && (console & CREATE_NEW_CONSOLE))
        return BaseFail(ERROR_INVALID_PARAMETER);
    if (Flags & (DEBUG_PROCESS | DEBUG_ONLY_THIS_PROCESS)) /* there are no debug objects */
        return BaseFail(ERROR_NOT_SUPPORTED);
    BOOL done = ChooseProgram(&new, Application, CommandLine) && ChooseDirectory(&new, Directory);
    if (done && Environment && !(Flags & CREATE_UNICODE_ENVIRONMENT)) {
        done = ChooseEnvironment(&new, Environment);
        Environment = new.Environment;
    }
    done =
        done && MakeParameters(&new, Flags, Environment, Startup) && Start(Token, &new, ProcessSecurity, ThreadSecurity, Inherit, Flags, Information);
    if (new.Parameters)
        RtlDestroyProcessParameters(new.Parameters);
    BaseFree(new.Environment);
    BaseFree(new.Directory);
    BaseFree(new.CommandLine);
    BaseFree(new.Program);
    return done;
}

WINBOOL WINAPI CreateProcessW(LPCWSTR Application, LPWSTR CommandLine, LPSECURITY_ATTRIBUTES ProcessSecurity, LPSECURITY_ATTRIBUTES ThreadSecurity,
                              WINBOOL Inherit, DWORD Flags, LPVOID Environment, LPCWSTR Directory, LPSTARTUPINFOW Startup,
                              LPPROCESS_INFORMATION Information) {
    return CreateProcessInternalW(NULL, Application, CommandLine, ProcessSecurity, ThreadSecurity, Inherit, Flags, Environment, Directory, Startup,
                                  Information, NULL);
}

WINBOOL WINAPI CreateProcessA(LPCSTR Application, LPSTR CommandLine, LPSECURITY_ATTRIBUTES ProcessSecurity, LPSECURITY_ATTRIBUTES ThreadSecurity,
                              WINBOOL Inherit, DWORD Flags, LPVOID Environment, LPCSTR Directory, LPSTARTUPINFOA Startup,
                              LPPROCESS_INFORMATION Information) {
    PCSTR texts[] = {Application, CommandLine, Directory, Startup->lpDesktop, Startup->lpTitle};
    PWSTR wide[ARRAYSIZE(texts)] = {0};
    STARTUPINFOW startup;
    BOOL done = TRUE;
    for (ULONG n = 0; n < ARRAYSIZE(texts) && done; n++)
        done = !texts[n] || (wide[n] = BaseWide(texts[n])) != NULL;
    if (done) {
        memcpy(&startup, Startup, sizeof startup);
        startup.lpDesktop = wide[3];
        startup.lpTitle = wide[4];
        done = CreateProcessW(wide[0], wide[1], ProcessSecurity, ThreadSecurity, Inherit, Flags, Environment, wide[2], &startup, Information);
    }
    for (ULONG n = 0; n < ARRAYSIZE(wide); n++)
        BaseFree(wide[n]);
    return done;
}
