/*
 * The console: real file handles of the console device. A handle that is no terminal (a pipe, a file) is no console to these functions, as on
 * Windows after redirection, so that programs choose between WriteConsole and WriteFile as they do there.
 */
#include "kernel32.h"
#include <winioctl.h>
#include "drivers/condrv/condrv.h"

NTSTATUS BaseConsoleControl(HANDLE Handle, ULONG Code, PVOID In, ULONG InLength, PVOID Out, ULONG OutLength, PULONG Done) {
    IO_STATUS_BLOCK io = {0};
    NTSTATUS status = NtDeviceIoControlFile(BaseStandardHandle(Handle), NULL, NULL, NULL, &io, Code, In, InLength, Out, OutLength);
    if (status == STATUS_PENDING) {
        NtWaitForSingleObject(BaseStandardHandle(Handle), FALSE, NULL);
        status = io.Status;
    }
    if (Done)
        *Done = (ULONG)io.Information;
    /* Whatever a file, a pipe or another device says to a code it does not know: it is not a console. */
    return status == STATUS_INVALID_DEVICE_REQUEST || status == STATUS_NOT_SUPPORTED ? STATUS_INVALID_HANDLE : status;
}

HANDLE WINAPI GetStdHandle(DWORD Which) {
    NT_PROCESS_PARAMETERS *parameters = NtPeb()->ProcessParameters;
    switch (Which) {
    case STD_INPUT_HANDLE: return parameters->StandardInput;
    case STD_OUTPUT_HANDLE: return parameters->StandardOutput;
    case STD_ERROR_HANDLE: return parameters->StandardError;
    default: BaseFail(ERROR_INVALID_HANDLE); return INVALID_HANDLE_VALUE;
    }
}
WINBOOL WINAPI SetStdHandle(DWORD Which, HANDLE Handle) {
    NT_PROCESS_PARAMETERS *parameters = NtPeb()->ProcessParameters;
    switch (Which) {
    case STD_INPUT_HANDLE: parameters->StandardInput = Handle; return TRUE;
    case STD_OUTPUT_HANDLE: parameters->StandardOutput = Handle; return TRUE;
    case STD_ERROR_HANDLE: parameters->StandardError = Handle; return TRUE;
    default: return BaseFail(ERROR_INVALID_HANDLE);
    }
}
HANDLE BaseStandardHandle(HANDLE Handle) {
    DWORD value = (DWORD)(ULONG_PTR)Handle;
    if ((ULONG_PTR)Handle >= (ULONG_PTR)-12 && value >= STD_ERROR_HANDLE && value <= STD_INPUT_HANDLE)
        return GetStdHandle(value);
    return Handle;
}

static HANDLE OpenConsoleDevice(PCWSTR Name) {
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK io;
    HANDLE handle;
    RtlInitUnicodeString(&name, Name);
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_INHERIT, NULL, NULL);
    NTSTATUS status = NtOpenFile(&handle, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, &attributes, &io, FILE_SHARE_READ | FILE_SHARE_WRITE,
                                 FILE_SYNCHRONOUS_IO_NONALERT);
    return NT_SUCCESS(status) ? handle : NULL;
}
/* The machine has one console, so CREATE_NEW_CONSOLE gives that one. */
VOID BaseAttachConsole(VOID) {
    NT_PROCESS_PARAMETERS *parameters = NtPeb()->ProcessParameters;
    if (parameters->ConsoleHandle != CONSOLE_NEW_CONSOLE || (parameters->WindowFlags & STARTF_USESTDHANDLES))
        return;
    parameters->StandardInput = OpenConsoleDevice(L"\\Device\\ConDrv\\Input");
    parameters->StandardOutput = OpenConsoleDevice(L"\\Device\\ConDrv\\Output");
    parameters->StandardError = OpenConsoleDevice(L"\\Device\\ConDrv\\Error");
}

WINBOOL WINAPI GetConsoleMode(HANDLE Handle, LPDWORD Mode) {
    return BaseResult(BaseConsoleControl(Handle, IOCTL_CONDRV_GET_MODE, NULL, 0, Mode, sizeof *Mode, NULL));
}
WINBOOL WINAPI SetConsoleMode(HANDLE Handle, DWORD Mode) {
    return BaseResult(BaseConsoleControl(Handle, IOCTL_CONDRV_SET_MODE, &Mode, sizeof Mode, NULL, 0, NULL));
}
BOOL BaseIsConsole(HANDLE Handle) {
    DWORD mode;
    return NT_SUCCESS(BaseConsoleControl(Handle, IOCTL_CONDRV_GET_MODE, NULL, 0, &mode, sizeof mode, NULL));
}

/* The console's page belongs to the device; any handle to it will do. UTF-8 when no standard handle is the console's. */
static UINT CodePage(DWORD Which) {
    ULONG page;
    return NT_SUCCESS(BaseConsoleControl(GetStdHandle(Which), IOCTL_CONDRV_GET_CODE_PAGE, NULL, 0, &page, sizeof page, NULL)) ? page : CP_UTF8;
}
UINT WINAPI GetConsoleCP(VOID) { return CodePage(STD_INPUT_HANDLE); }
UINT WINAPI GetConsoleOutputCP(VOID) { return CodePage(STD_OUTPUT_HANDLE); }
static BOOL SetCodePage(DWORD Which, ULONG Page) {
    NTSTATUS status = BaseConsoleControl(GetStdHandle(Which), IOCTL_CONDRV_SET_CODE_PAGE, &Page, sizeof Page, NULL, 0, NULL);
    if (status == STATUS_INVALID_HANDLE) /* redirected: there is one console behind all of it, and its page is UTF-8 */
        return Page == CP_UTF8 ? TRUE : BaseFail(ERROR_INVALID_PARAMETER);
    return BaseResult(status);
}
WINBOOL WINAPI SetConsoleCP(UINT Page) { return SetCodePage(STD_INPUT_HANDLE, Page); }
WINBOOL WINAPI SetConsoleOutputCP(UINT Page) { return SetCodePage(STD_OUTPUT_HANDLE, Page); }

WINBOOL WINAPI WriteConsoleW(HANDLE Handle, CONST VOID *Text, DWORD Count, LPDWORD Done, LPVOID Reserved) {
    if (Done)
        *Done = 0;
    if (!BaseIsConsole(Handle))
        return BaseFail(ERROR_INVALID_HANDLE);
    for (DWORD at = 0; at < Count;) { /* in pieces: the device buffers each */
        DWORD piece = Count - at > 8192 ? 8192 : Count - at;
        if (!BaseResult(BaseConsoleControl(Handle, IOCTL_CONDRV_WRITE_WIDE, (PWSTR)Text + at, piece * (DWORD)sizeof(WCHAR), NULL, 0, NULL)))
            return FALSE;
        at += piece;
        if (Done)
            *Done = at;
    }
    return TRUE;
}
/* Bytes in the console's page, which is UTF-8, as WriteFile writes them. */
WINBOOL WINAPI WriteConsoleA(HANDLE Handle, CONST VOID *Text, DWORD Count, LPDWORD Done, LPVOID Reserved) {
    return BaseIsConsole(Handle) ? WriteFile(Handle, Text, Count, Done, NULL) : BaseFail(ERROR_INVALID_HANDLE);
}
WINBOOL WINAPI ReadConsoleW(HANDLE Handle, LPVOID Text, DWORD Count, LPDWORD Done, LPVOID Reserved) {
    ULONG bytes = 0;
    *Done = 0;
    if (!BaseIsConsole(Handle))
        return BaseFail(ERROR_INVALID_HANDLE);
    NTSTATUS status = BaseConsoleControl(Handle, IOCTL_CONDRV_READ_WIDE, NULL, 0, Text, Count > 16384 ? 32768 : Count * (DWORD)sizeof(WCHAR), &bytes);
    *Done = NT_SUCCESS(status) ? bytes / (DWORD)sizeof(WCHAR) : 0;
    return BaseResult(status);
}
WINBOOL WINAPI ReadConsoleA(HANDLE Handle, LPVOID Text, DWORD Count, LPDWORD Done, LPVOID Reserved) {
    return BaseIsConsole(Handle) ? ReadFile(Handle, Text, Count, Done, NULL) : BaseFail(ERROR_INVALID_HANDLE);
}
WINBOOL WINAPI FlushConsoleInputBuffer(HANDLE Handle) {
    return BaseResult(BaseConsoleControl(Handle, IOCTL_CONDRV_FLUSH_INPUT, NULL, 0, NULL, 0, NULL));
}

/* ---- The window, as far as the terminal has one. What the terminal shows is its own to know: there is no screen buffer to be asked ---- */
static RTL_SRWLOCK TitleLock;
static WCHAR Title[256];
static BOOL TitleSet;

/* Until it is set, the program's path, as for a program that got a new console. */
DWORD WINAPI GetConsoleTitleW(LPWSTR Buffer, DWORD Size) {
    RtlAcquireSRWLockExclusive(&TitleLock);
    if (!TitleSet)
        GetModuleFileNameW(NULL, Title, ARRAYSIZE(Title));
    TitleSet = TRUE;
    DWORD length = (DWORD)BaseLength(Title), fits = length < Size ? length : Size ? Size - 1 : 0;
    if (Size) {
        memcpy(Buffer, Title, fits * sizeof(WCHAR));
        Buffer[fits] = 0;
    }
    RtlReleaseSRWLockExclusive(&TitleLock);
    return Size ? length : (DWORD)BaseFail(ERROR_INSUFFICIENT_BUFFER);
}
DWORD WINAPI GetConsoleTitleA(LPSTR Buffer, DWORD Size) {
    WCHAR wide[ARRAYSIZE(Title)];
    DWORD length = Size ? GetConsoleTitleW(wide, ARRAYSIZE(wide)) : (DWORD)BaseFail(ERROR_INSUFFICIENT_BUFFER);
    if (Size)
        BaseNarrow(wide, length < Size ? length : Size - 1, Buffer, Size);
    return length;
}
WINBOOL WINAPI SetConsoleTitleW(LPCWSTR Text) {
    SIZE_T length = BaseLength(Text);
    if (length >= ARRAYSIZE(Title))
        return BaseFail(ERROR_NOT_ENOUGH_MEMORY);
    RtlAcquireSRWLockExclusive(&TitleLock);
    memcpy(Title, Text, (length + 1) * sizeof(WCHAR));
    TitleSet = TRUE;
    RtlReleaseSRWLockExclusive(&TitleLock);
    return TRUE;
}
WINBOOL WINAPI SetConsoleTitleA(LPCSTR Text) {
    PWSTR wide = BaseWide(Text);
    BOOL done = wide && SetConsoleTitleW(wide);
    BaseFree(wide);
    return done;
}
HWND WINAPI GetConsoleWindow(VOID) { return NULL; } /* as in a process whose console has no window */

/* A process that has a console, and there is one for all, cannot get another ("AllocConsole"). */
WINBOOL WINAPI AllocConsole(VOID) { return BaseFail(ERROR_ACCESS_DENIED); }

/* The console is line-wise: there are events for the characters of a line once its end has been typed. */
WINBOOL WINAPI GetNumberOfConsoleInputEvents(HANDLE Handle, LPDWORD Count) {
    return BaseResult(BaseConsoleControl(Handle, IOCTL_CONDRV_COUNT_INPUT, NULL, 0, Count, sizeof *Count, NULL));
}

/* Newest last, and called from there by CtrlRoutine. That Ctrl+C is ignored is in the process parameters, for child processes inherit it. */
static PHANDLER_ROUTINE Handlers[32];
static ULONG HandlerCount;
static RTL_SRWLOCK HandlerLock;

WINBOOL WINAPI SetConsoleCtrlHandler(PHANDLER_ROUTINE Handler, WINBOOL Add) {
    BOOL done = TRUE;
    RtlAcquireSRWLockExclusive(&HandlerLock);
    if (!Handler) {
        NT_PROCESS_PARAMETERS *parameters = NtPeb()->ProcessParameters;
        parameters->ConsoleFlags = (parameters->ConsoleFlags & ~(ULONG)CONSOLE_IGNORE_CTRL_C) | (Add ? CONSOLE_IGNORE_CTRL_C : 0);
    } else if (Add) {
        if (HandlerCount == ARRAYSIZE(Handlers))
            done = BaseFail(ERROR_NOT_ENOUGH_MEMORY);
        else
            Handlers[HandlerCount++] = Handler;
    } else {
        ULONG n = HandlerCount;
        while (n && Handlers[n - 1] != Handler)
            n--;
        if (n) {
            memmove(&Handlers[n - 1], &Handlers[n], (HandlerCount - n) * sizeof Handlers[0]);
            HandlerCount--;
        } else {
            done = BaseFail(ERROR_INVALID_PARAMETER);
        }
    }
    RtlReleaseSRWLockExclusive(&HandlerLock);
    return done;
}

/* Without a handler that says TRUE the process ends. With one it goes on, but after CTRL_CLOSE_EVENT and what comes after that it ends all the same
   (documentation of HandlerRoutine). */
DWORD WINAPI CtrlRoutine(LPVOID Event) {
    PHANDLER_ROUTINE handlers[ARRAYSIZE(Handlers)];
    DWORD event = (DWORD)(ULONG_PTR)Event;
    RtlAcquireSRWLockShared(&HandlerLock);
    ULONG count = HandlerCount;
    memcpy(handlers, Handlers, count * sizeof handlers[0]);
    RtlReleaseSRWLockShared(&HandlerLock);
    if (event == CTRL_C_EVENT && (NtPeb()->ProcessParameters->ConsoleFlags & CONSOLE_IGNORE_CTRL_C))
        return 0;
    while (count)
        if (handlers[--count](event)) {
            if (event < CTRL_CLOSE_EVENT)
                return 0;
            break;
        }
    RtlExitUserProcess(STATUS_CONTROL_C_EXIT);
}
/* As documented, handlers run in a new thread of the process. Only one's own process is reached. */
WINBOOL WINAPI GenerateConsoleCtrlEvent(DWORD Event, DWORD Group) {
    if (Event > CTRL_BREAK_EVENT)
        return BaseFail(ERROR_INVALID_PARAMETER);
    if (Group && Group != GetCurrentProcessId())
        return BaseFail(ERROR_NOT_SUPPORTED);
    HANDLE thread = CreateThread(NULL, 0, CtrlRoutine, (PVOID)(ULONG_PTR)Event, 0, NULL);
    return thread ? CloseHandle(thread) : FALSE;
}
