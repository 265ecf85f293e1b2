/* What kernel32's own files share. */
#pragma once
#define _KERNEL32_
#include "ntdll.h"

/* Sets the last error from a status; FALSE when it is an error, for `return BaseResult(status)`. */
static inline BOOL BaseResult(NTSTATUS Status) {
    if (NT_SUCCESS(Status))
        return TRUE;
    RtlSetLastWin32ErrorAndNtStatusFromNtStatus(Status);
    return FALSE;
}
static inline BOOL BaseFail(DWORD Error) {
    RtlSetLastWin32Error(Error);
    return FALSE;
}

static inline PVOID BaseAllocate(SIZE_T Size) { return RtlAllocateHeap(NtPeb()->ProcessHeap, 0, Size); }
static inline VOID BaseFree(PVOID Block) { RtlFreeHeap(NtPeb()->ProcessHeap, 0, Block); }

/* string.c: for the A forms. The result is from the process heap (BaseFree), NULL with the last error set when there is no memory;
   NULL for NULL as well, without an error: callers that allow NULL test their argument. */
PWSTR BaseWide(PCSTR Text);
/* Text of Length characters into an ANSI buffer as the A functions that return strings do it: the length without terminator, or, when
   Size is too small, the size needed with it. */
DWORD BaseNarrow(PCWSTR Text, SIZE_T Length, PSTR Buffer, DWORD Size);
SIZE_T BaseLength(PCWSTR Text);

/* Milliseconds as an NT timeout: NULL for INFINITE. */
static inline PLARGE_INTEGER BaseTimeout(DWORD Milliseconds, PLARGE_INTEGER Time) {
    if (Milliseconds == INFINITE)
        return NULL;
    Time->QuadPart = -(LONGLONG)Milliseconds * 10000;
    return Time;
}

/* object.c: attributes for a named kernel object in the directory of the session. Name may be NULL. */
NTSTATUS BaseObjectAttributes(POBJECT_ATTRIBUTES Attributes, PUNICODE_STRING NtName, PCWSTR Name, LPSECURITY_ATTRIBUTES Security, ULONG Flags);
/* What a CreateXxx function returns: an object that was there already is success with ERROR_ALREADY_EXISTS; a new one resets the last error. */
HANDLE BaseCreated(NTSTATUS Status, HANDLE Handle);
/* The bodies of functions that make and open objects with names: `call` uses &handle and &attributes. Parameters are Name, Security or Inherit. */
#define CREATE_NAMED(call)                                                                                                                           \
    HANDLE handle = NULL;                                                                                                                            \
    UNICODE_STRING text;                                                                                                                             \
    OBJECT_ATTRIBUTES attributes;                                                                                                                    \
    NTSTATUS status = BaseObjectAttributes(&attributes, &text, Name, Security, OBJ_OPENIF);                                                          \
    if (NT_SUCCESS(status))                                                                                                                          \
        status = call;                                                                                                                               \
    return BaseCreated(status, handle)
#define OPEN_NAMED(call)                                                                                                                             \
    HANDLE handle = NULL;                                                                                                                            \
    UNICODE_STRING text;                                                                                                                             \
    OBJECT_ATTRIBUTES attributes;                                                                                                                    \
    NTSTATUS status = Name ? BaseObjectAttributes(&attributes, &text, Name, NULL, Inherit ? OBJ_INHERIT : 0) : STATUS_INVALID_PARAMETER;             \
    if (NT_SUCCESS(status))                                                                                                                          \
        status = call;                                                                                                                               \
    return BaseResult(status) ? handle : NULL
/* The A form of a function whose last argument is the name. */
#define WITH_WIDE_NAME(call)                                                                                                                         \
    PWSTR wide = BaseWide(Name);                                                                                                                     \
    if (Name && !wide)                                                                                                                               \
        return NULL;                                                                                                                                 \
    HANDLE handle = call;                                                                                                                            \
    if (wide)                                                                                                                                        \
        BaseFree(wide);                                                                                                                              \
    return handle

/* file.c: a control request, NtFsControlFile's or NtDeviceIoControlFile's, with an OVERLAPPED or without. */
BOOL BaseControl(BOOL FileSystem, HANDLE File, DWORD Code, PVOID In, DWORD InLength, PVOID Out, DWORD OutLength, PDWORD Done, LPOVERLAPPED Request);

/* path.c: an NT path for a DOS path; the caller frees it. FALSE: the last error is set. */
BOOL BaseNtPath(PCWSTR Path, PUNICODE_STRING NtPath, POBJECT_ATTRIBUTES Attributes);

/* console.c */
#define CONSOLE_IGNORE_CTRL_C 1u /* NT_PROCESS_PARAMETERS.ConsoleFlags */
/* Start routine of a thread of this process, made by the kernel for a console event, or by GenerateConsoleCtrlEvent: Event is CTRL_C_EVENT,
   CTRL_BREAK_EVENT,
   CTRL_CLOSE_EVENT, ... Calls the handlers, newest first; without one that takes the event the process exits with STATUS_CONTROL_C_EXIT. Exported. */
DWORD WINAPI CtrlRoutine(LPVOID Event);
/* At the start of the process: standard handles for one that was to get a console of its own. */
VOID BaseAttachConsole(VOID);
BOOL BaseIsConsole(HANDLE Handle);
/* A request of drivers/condrv/condrv.h, waited for. STATUS_INVALID_HANDLE: it is no console. Done may be NULL. */
NTSTATUS BaseConsoleControl(HANDLE Handle, ULONG Code, PVOID In, ULONG InLength, PVOID Out, ULONG OutLength, PULONG Done);
/* GetStdHandle's numbers become what they stand for. */
HANDLE BaseStandardHandle(HANDLE Handle);

/* psapi.c: the head of the list of a process's modules in load order and its first entry, both addresses in that process (which PROCESS_VM_READ and
   PROCESS_QUERY_INFORMATION must be allowed for). FALSE: the last error is set. */
BOOL BaseFirstModule(HANDLE Process, PVOID *Head, PVOID *First);
#define BASE_MAXIMUM_MODULES 512u /* what a damaged list is walked for at most */

/* psapi_system.c: what NtQuerySystemInformation says for a class whose answer grows with the system, in a block of the process heap (BaseFree); NULL with
   the last error set. */
PVOID BaseQuerySystem(ULONG Class);
