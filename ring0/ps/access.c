/* What drivers may ask about processes and threads. */
#include "ps/ps.h"

PKTHREAD NTAPI KeGetCurrentThread(VOID) { return KiCurrentThread(); }

PEPROCESS NTAPI IoGetCurrentProcess(VOID) { return (PEPROCESS)KiCurrentThread()->ApcState.Process; }

HANDLE NTAPI PsGetCurrentProcessId(VOID) { return ((PETHREAD)KiCurrentThread())->Cid.UniqueProcess; }

HANDLE NTAPI PsGetCurrentThreadId(VOID) { return ((PETHREAD)KiCurrentThread())->Cid.UniqueThread; }

PEPROCESS NTAPI PsGetCurrentThreadProcess(VOID) { return ((PETHREAD)KiCurrentThread())->Process; }

HANDLE NTAPI PsGetCurrentThreadProcessId(VOID) { return PsGetCurrentProcessId(); }

PVOID NTAPI PsGetCurrentThreadStackBase(VOID) { return (PVOID)KiCurrentThread()->StackTop; }

PVOID NTAPI PsGetCurrentThreadStackLimit(VOID) { return (PVOID)KiCurrentThread()->StackLimit; }

PVOID NTAPI PsGetCurrentThreadTeb(VOID) { return KiCurrentThread()->Teb; }

PETHREAD NTAPI PspGetCurrentThread(VOID) { return (PETHREAD)KiCurrentThread(); }

HANDLE NTAPI PsGetProcessId(PEPROCESS Process) { return Process->UniqueProcessId; }

HANDLE NTAPI PsGetProcessInheritedFromUniqueProcessId(PEPROCESS Process) { return Process->InheritedFromUniqueProcessId; }

PCHAR NTAPI PsGetProcessImageFileName(PEPROCESS Process) { return Process->ImageFileName; }

PVOID NTAPI PsGetProcessPeb(PEPROCESS Process) { return Process->Peb; }

PVOID NTAPI PsGetProcessSectionBaseAddress(PEPROCESS Process) { return Process->SectionBaseAddress; }

PVOID NTAPI PsGetProcessWow64Process(PEPROCESS Process) { return NULL; /* there are no 32-bit processes */ }

LONGLONG NTAPI PsGetProcessCreateTimeQuadPart(PEPROCESS Process) { return Process->CreateTime.QuadPart; }

NTSTATUS NTAPI PsGetProcessExitStatus(PEPROCESS Process) { return Process->ExitStatus; }

LARGE_INTEGER NTAPI PsGetProcessExitTime(VOID) { return IoGetCurrentProcess()->ExitTime; }

BOOLEAN NTAPI PsGetProcessExitProcessCalled(PEPROCESS Process) { return Process->Exiting; }

ULONG NTAPI PsGetProcessSessionId(PEPROCESS Process) { return Process == PsInitialSystemProcess ? 0 : 1; }

BOOLEAN NTAPI PsIsSystemProcess(PEPROCESS Process) { return Process == PsInitialSystemProcess; }

HANDLE NTAPI PsGetThreadId(PETHREAD Thread) { return Thread->Cid.UniqueThread; }

HANDLE NTAPI PsGetThreadProcessId(PETHREAD Thread) { return Thread->Cid.UniqueProcess; }

PEPROCESS NTAPI PsGetThreadProcess(PETHREAD Thread) { return Thread->Process; }

PVOID NTAPI PsGetThreadTeb(PETHREAD Thread) { return Thread->Tcb.Teb; }

NTSTATUS NTAPI PsGetThreadExitStatus(PETHREAD Thread) { return Thread->Terminating ? Thread->ExitStatus : STATUS_PENDING; }

BOOLEAN NTAPI PsIsThreadTerminating(PETHREAD Thread) { return Thread->Terminating || Thread->Tcb.TerminateRequested; }

BOOLEAN NTAPI PsIsSystemThread(PETHREAD Thread) { return Thread->Tcb.SystemThread; }

/* FALSE: this is a free build. CSDVersion is empty, for there is no service pack. */
BOOLEAN NTAPI PsGetVersion(PULONG MajorVersion, PULONG MinorVersion, PULONG BuildNumber, PUNICODE_STRING CSDVersion) {
    if (MajorVersion != NULL)
        *MajorVersion = 10;
    if (MinorVersion != NULL)
        *MinorVersion = 0;
    if (BuildNumber != NULL)
        *BuildNumber = 19045;
    if (CSDVersion != NULL)
        *CSDVersion = (UNICODE_STRING){0};
    return FALSE;
}

/* ---- Subsystems and jobs: there is no window manager, no 32-bit process, no debugger of programs, no protected process ---- */
ULONG PspCurrentConsole(VOID) { return IoGetCurrentProcess()->Console; }

ULONG NTAPI PsGetCurrentProcessSessionId(VOID) { return PsGetProcessSessionId(IoGetCurrentProcess()); }

ULONG NTAPI PsGetThreadSessionId(PETHREAD Thread) { return PsGetProcessSessionId(Thread->Process); }

/* No program is debugged. */
PVOID NTAPI PsGetProcessDebugPort(PEPROCESS Process);
PVOID NTAPI PsGetProcessDebugPort(PEPROCESS Process) { return NULL; }

PVOID NTAPI PsGetProcessWin32Process(PEPROCESS Process) { return NULL; }

PVOID NTAPI PsGetThreadWin32Thread(PETHREAD Thread) { return NULL; }

PVOID NTAPI PsGetCurrentProcessWow64Process(VOID) { return NULL; }

BOOLEAN NTAPI PsIsProcessBeingDebugged(PEPROCESS Process) { return FALSE; }

BOOLEAN NTAPI PsIsProtectedProcess(PEPROCESS Process) { return FALSE; }

NTSTATUS NTAPI PsLookupProcessThreadByCid(PCLIENT_ID Cid, PEPROCESS *Process, PETHREAD *Thread) {
    PETHREAD Found = PspLookupId(Cid->UniqueThread, PspThreadType);

    if (Found == NULL)
        return STATUS_INVALID_CID;
    if (Found->Cid.UniqueProcess != Cid->UniqueProcess) {
        ObDereferenceObject(Found);
        return STATUS_INVALID_CID;
    }
    if (Process != NULL) {
        ObReferenceObject(Found->Process);
        *Process = Found->Process;
    }
    *Thread = Found;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI PsSuspendProcess(PEPROCESS Process) {
    if (Process->Exiting)
        return STATUS_PROCESS_IS_TERMINATING;
    for (PLIST_ENTRY Entry = Process->Pcb.ThreadListHead.Flink; Entry != &Process->Pcb.ThreadListHead; Entry = Entry->Flink)
        KiSuspendThread(CONTAINING_RECORD(Entry, struct _KTHREAD, ThreadListEntry));
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI PsResumeProcess(PEPROCESS Process) {
    if (Process->Exiting)
        return STATUS_PROCESS_IS_TERMINATING;
    for (PLIST_ENTRY Entry = Process->Pcb.ThreadListHead.Flink; Entry != &Process->Pcb.ThreadListHead; Entry = Entry->Flink)
        KiResumeThread(CONTAINING_RECORD(Entry, struct _KTHREAD, ThreadListEntry));
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI SeLocateProcessImageName(PEPROCESS Process, PUNICODE_STRING *ImageName) {
    UNICODE_STRING Native;
    PUNICODE_STRING Name;

    if (!NT_SUCCESS(PspQueryNativeName(&Process->ImageName, &Native)))
        return STATUS_NO_MEMORY;
    Name = ExAllocatePoolWithTag(PagedPool, sizeof(*Name) + Native.MaximumLength, PSP_NAME_TAG); /* one block, which the caller frees */
    if (Name != NULL) {
        *Name = (UNICODE_STRING){Native.Length, Native.MaximumLength, (PWSTR)(Name + 1)};
        RtlCopyMemory(Name->Buffer, Native.Buffer, Native.Length + sizeof(WCHAR));
        *ImageName = Name;
    }
    ExFreePoolWithTag(Native.Buffer, PSP_NAME_TAG);
    return Name != NULL ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}
