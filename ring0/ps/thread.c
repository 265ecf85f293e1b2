/* Thread objects: system threads and threads of user mode, up to their first instruction. */
#include "ps/ps.h"
#include "ke/offsets.h"

#define BLOCK_TAG 'kBsP'

static NT_TEB *PspCreateSystemBlock(VOID) {
    NT_TEB *Block = ExAllocatePoolWithTag(NonPagedPoolNx, KI_SYSTEM_BLOCK_SIZE, BLOCK_TAG);

    if (Block != NULL) {
        RtlZeroMemory(Block, KI_SYSTEM_BLOCK_SIZE);
        Block->FiberData = (PUCHAR)Block + KI_PRCB_OFFSET;
    }
    return Block;
}

NTSTATUS PspCreateThreadObject(PEPROCESS Process, POBJECT_ATTRIBUTES Attributes, PETHREAD *Thread) {
    PETHREAD New;
    NTSTATUS Status;

    if (Process->Exiting)
        return STATUS_PROCESS_IS_TERMINATING;
    Status = ObCreateObject(KernelMode, PspThreadType, Attributes, KernelMode, NULL, sizeof(*New), 0, 0, (PVOID *)&New);
    if (!NT_SUCCESS(Status))
        return Status;
    InitializeListHead(&New->IrpList);
    New->ExitStatus = STATUS_PENDING;
    New->CreateTime.QuadPart = (LONGLONG)KiQuerySystemTime();
    ObReferenceObject(Process);
    New->Process = Process;
    New->Cid.UniqueProcess = Process->UniqueProcessId;
    Status = ObpAssignSecurity(New, Process->Token);
    if (!NT_SUCCESS(Status)) {
        ObDereferenceObject(New);
        return Status;
    }
    New->SystemBlock = PspCreateSystemBlock();
    Status = New->SystemBlock != NULL ? PspAllocateId(New, &New->Cid.UniqueThread) : STATUS_INSUFFICIENT_RESOURCES;
    if (!NT_SUCCESS(Status)) {
        ObDereferenceObject(New);
        return Status;
    }
    *Thread = New;
    return STATUS_SUCCESS;
}

VOID PspDeleteThread(PVOID Object) {
    PETHREAD Thread = Object;

    PsRevertThreadToSelf(Thread);
    PspFreeId(Thread->Cid.UniqueThread);
    if (Thread->Tcb.State == Terminated)
        KiDeleteThread(&Thread->Tcb);
    if (Thread->SystemBlock != NULL)
        ExFreePoolWithTag(Thread->SystemBlock, BLOCK_TAG);
    if (Thread->IoObject != NULL)
        ObDereferenceObject(Thread->IoObject);
    ObDereferenceObject(Thread->Process);
}

VOID PspStartThread(PETHREAD Thread, BOOLEAN Suspended) {
    ObReferenceObject(Thread);
    Thread->Process->ActiveThreads++;
    PspNotifyThread(Thread, TRUE);
    if (Suspended)
        KiSuspendThread(&Thread->Tcb);
    KiReadyThread(&Thread->Tcb);
}

/* ---- System threads ------------------------------------------------------------------------------------------------------- */

static LONG PspSystemThreadException(PEXCEPTION_POINTERS Pointers) {
    KiBugCheckException(SYSTEM_THREAD_EXCEPTION_NOT_HANDLED, (ULONG_PTR)Pointers->ExceptionRecord, (ULONG_PTR)Pointers->ContextRecord, Pointers,
                        "in a system thread, and no handler took it");
}

static VOID NTAPI PspSystemThreadStartup(PVOID Context) {
    PETHREAD Thread = (PETHREAD)KiCurrentThread();
    PKSTART_ROUTINE Start = (PKSTART_ROUTINE)Thread->Win32StartAddress;

    __try {
        Start(Context);
    } __except (PspSystemThreadException(GetExceptionInformation())) {
    }
    PspExitThread(STATUS_SUCCESS);
}

/* IoObject may be NULL. */
static NTSTATUS PspCreateSystemThread(PVOID IoObject, PHANDLE ThreadHandle, ULONG DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                                      HANDLE ProcessHandle, PCLIENT_ID ClientId, PKSTART_ROUTINE StartRoutine, PVOID StartContext) {
    PEPROCESS Process = PsInitialSystemProcess;
    PETHREAD Thread;
    NTSTATUS Status = STATUS_SUCCESS;

    if (ProcessHandle != NULL)
        Status = ObReferenceObjectByHandle(ProcessHandle, 2 /* PROCESS_CREATE_THREAD */, PspProcessType, KernelMode, (PVOID *)&Process, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = PspCreateThreadObject(Process, ObjectAttributes, &Thread);
    if (ProcessHandle != NULL)
        ObDereferenceObject(Process);
    if (!NT_SUCCESS(Status))
        return Status;
    Thread->Win32StartAddress = (PVOID)StartRoutine;
    Status = KiInitializeThread(&Thread->Tcb, &Thread->Process->Pcb, PspSystemThreadStartup, StartContext, Thread->SystemBlock);
    if (!NT_SUCCESS(Status)) {
        ObDereferenceObject(Thread);
        return Status;
    }
    Thread->Tcb.SystemThread = TRUE;
    Thread->IoObject = IoObject;
    if (IoObject != NULL)
        ObReferenceObject(IoObject);
    if (ClientId != NULL)
        *ClientId = Thread->Cid;
    PspStartThread(Thread, FALSE);
    /* It runs whether or not its creator can have a handle; this reference is consumed either way. */
    return ObInsertObject(Thread, NULL, DesiredAccess, 0, NULL, ThreadHandle);
}

NTSTATUS NTAPI PsCreateSystemThread(PHANDLE ThreadHandle, ULONG DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, HANDLE ProcessHandle,
                                    PCLIENT_ID ClientId, PKSTART_ROUTINE StartRoutine, PVOID StartContext) {
    return PspCreateSystemThread(NULL, ThreadHandle, DesiredAccess, ObjectAttributes, ProcessHandle, ClientId, StartRoutine, StartContext);
}

NTSTATUS NTAPI IoCreateSystemThread(PVOID IoObject, PHANDLE ThreadHandle, ULONG DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                                    HANDLE ProcessHandle, PCLIENT_ID ClientId, PKSTART_ROUTINE StartRoutine, PVOID StartContext);

/* As PsCreateSystemThread; the object, a driver's or a device's, stays until the thread object goes. */
NTSTATUS NTAPI IoCreateSystemThread(PVOID IoObject, PHANDLE ThreadHandle, ULONG DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                                    HANDLE ProcessHandle, PCLIENT_ID ClientId, PKSTART_ROUTINE StartRoutine, PVOID StartContext) {
    return PspCreateSystemThread(IoObject, ThreadHandle, DesiredAccess, ObjectAttributes, ProcessHandle, ClientId, StartRoutine, StartContext);
}

NTSTATUS NTAPI PsTerminateSystemThread(NTSTATUS ExitStatus) {
    if (!KiCurrentThread()->SystemThread)
        return STATUS_INVALID_PARAMETER;
    PspExitThread(ExitStatus);
}

/* ---- User threads --------------------------------------------------------------------------------------------------------- */

static VOID PspAnnounceImage(PVOID ProcessId, PVOID Base, SIZE_T Size, PCUNICODE_STRING Name) {
    PsCallImageNotifyRoutines(Name, ProcessId, Base, Size);
}

static VOID NTAPI PspUserThreadStartup(PVOID Context) {
    PETHREAD Thread = (PETHREAD)KiCurrentThread();
    PEPROCESS Process = Thread->Process;

    PspNotifyThreadBegins(Thread);
    if (!Process->ImagesAnnounced) {
        Process->ImagesAnnounced = TRUE;
        MmListUserImages(Process->Pcb.AddressSpace, PspAnnounceImage, Process->UniqueProcessId);
    }
    Thread->Tcb.PreviousMode = UserMode;
    KiPrepareReturnToUser(&Thread->StartFrame);
    Thread->Tcb.UserFrame = NULL;
    KiResumeContext(Thread->StartFrame.ResumeContext);
}

/* What the registers will be at the thread's first instruction; they can be read and changed while it is suspended. */
static VOID PspSetStartRegisters(PETHREAD Thread, PVOID Thunk) {
    PCONTEXT Registers = Thread->Tcb.ResumeContext;

    RtlZeroMemory(Registers, sizeof(*Registers));
    Registers->ContextFlags = CONTEXT_FULL | CONTEXT_SEGMENTS;
    Registers->SegCs = SELECTOR_USER_CODE;
    Registers->SegSs = Registers->SegDs = Registers->SegEs = SELECTOR_USER_DATA;
    Registers->EFlags = 0x202;
    Registers->MxCsr = Registers->FltSave.MxCsr = INITIAL_MXCSR;
    Registers->FltSave.ControlWord = INITIAL_FPCSR;
    Registers->Rip = (ULONG64)Thunk;
    Registers->Rcx = (ULONG64)Thread->UserStart;
    Registers->Rdx = (ULONG64)Thread->Process->NtdllBase;
    /* As after a call: home space for four arguments, below it the place of a return address. */
    Registers->Rsp = (((ULONG64)Thread->UserStart - 32) & ~15ull) - 8;
    Thread->StartFrame.ResumeContext = Registers;
    Thread->Tcb.UserFrame = &Thread->StartFrame;
}

static VOID PspFillTeb(PETHREAD Thread, NT_TEB *Teb, NT_TEB *Block, PVOID StackBase, PVOID StackLimit) {
    Block->StackBase = StackBase;
    Block->StackLimit = StackLimit;
    Block->DeallocationStack = Thread->UserStackDeallocation;
    Block->FiberData = (PUCHAR)Block + KI_PRCB_OFFSET;
    Block->Self = Teb;
    Block->UniqueProcess = Thread->Cid.UniqueProcess;
    Block->UniqueThread = Thread->Cid.UniqueThread;
    Block->Peb = Thread->Process->Peb;
    Block->StaticUnicodeString.MaximumLength = sizeof(Block->StaticUnicodeBuffer);
    Block->StaticUnicodeString.Buffer = Teb->StaticUnicodeBuffer;
}

/* In the process: stack, TEB, and what the first code finds on the stack. */
static NTSTATUS PspCreateUserPart(PETHREAD Thread, PVOID Start, PVOID Argument, SIZE_T StackReserve, SIZE_T StackCommit) {
    NT_START UserStart = {Start, Argument};
    PVOID StackBase, StackLimit, Thunk = PspNtdllRoutine(Thread->Process, "LdrInitializeThunk");
    NT_TEB *Teb, *Block;
    NTSTATUS Status = Thunk == NULL ? STATUS_ENTRYPOINT_NOT_FOUND
                                    : MmCreateUserStack(StackReserve, StackCommit, &StackBase, &StackLimit, &Thread->UserStackDeallocation);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = MmCreateUserBlock(sizeof(NT_TEB), (PVOID *)&Teb, (PVOID *)&Block);
    if (!NT_SUCCESS(Status))
        goto NoBlock;
    Thread->UserStart = (NT_START *)((PUCHAR)StackBase - 64);
    Status = KiCopyToUser(Thread->UserStart, &UserStart, sizeof(UserStart)) ? STATUS_SUCCESS : STATUS_ACCESS_VIOLATION;
    if (NT_SUCCESS(Status))
        Status = KiInitializeThread(&Thread->Tcb, &Thread->Process->Pcb, PspUserThreadStartup, NULL, Block);
    if (!NT_SUCCESS(Status))
        goto NoThread;
    PspFillTeb(Thread, Teb, Block, StackBase, StackLimit);
    Thread->Tcb.Teb = Teb;
    PspSetStartRegisters(Thread, Thunk);
    return STATUS_SUCCESS;
NoThread:
    MmFreeUserMemory(Teb, 0, MEM_RELEASE);
NoBlock:
    MmFreeUserMemory(Thread->UserStackDeallocation, 0, MEM_RELEASE);
    return Status;
}

NTSTATUS PspCreateUserThread(PEPROCESS Process, PVOID Start, PVOID Argument, SIZE_T StackReserve, SIZE_T StackCommit, BOOLEAN Suspended,
                             PETHREAD *Thread) {
    KAPC_STATE ApcState;
    PETHREAD New;
    NTSTATUS Status;

    if (Process->Pcb.AddressSpace == NULL)
        return STATUS_INVALID_PARAMETER;
    Status = PspCreateThreadObject(Process, NULL, &New);
    if (!NT_SUCCESS(Status))
        return Status;
    KeStackAttachProcess(&Process->Pcb, &ApcState);
    Status = PspCreateUserPart(New, Start, Argument, StackReserve != 0 ? StackReserve : Process->Image.StackReserve,
                               StackCommit != 0 ? StackCommit : Process->Image.StackCommit);
    KeUnstackDetachProcess(&ApcState);
    if (!NT_SUCCESS(Status)) {
        ObDereferenceObject(New);
        return Status;
    }
    New->Win32StartAddress = Start;
    PspStartThread(New, Suspended);
    *Thread = New;
    return STATUS_SUCCESS;
}
