/* The services about threads. */
#include "ps/ps.h"
#include "nt/create.h"

#define THREAD_TERMINATE_ACCESS      0x0001u
#define THREAD_SUSPEND_ACCESS        0x0002u
#define THREAD_ALERT_ACCESS          0x0004u
#define THREAD_GET_CONTEXT_ACCESS    0x0008u
#define THREAD_SET_CONTEXT_ACCESS    0x0010u
#define THREAD_SET_ACCESS            0x0020u
#define THREAD_SET_TOKEN_ACCESS      0x0080u
#define THREAD_QUERY_ACCESS          0x0040u
#define THREAD_QUERY_LIMITED_ACCESS  0x0800u
#define PROCESS_CREATE_THREAD_ACCESS 0x0002u
#define APC_TAG                      'cpAP'
#define SUSPEND_LIMIT                127
#define THREAD_SUSPEND_COUNT         35 /* ThreadSuspendCount, since Windows 8.1 */
#define CREATE_FLAGS_SUSPENDED       0x1u
#define CREATE_FLAGS_IGNORED         0x6u /* skip attach, hide from debugger: no thread notifications in DLLs here that these would change */

NTSTATUS PspReferenceThread(HANDLE Handle, ACCESS_MASK Access, PETHREAD *Thread) {
    if (Handle == NtCurrentThread()) {
        *Thread = (PETHREAD)KiCurrentThread();
        ObReferenceObject(*Thread);
        return STATUS_SUCCESS;
    }
    return ObReferenceObjectByHandle(Handle, Access, PspThreadType, KiPreviousMode(), (PVOID *)Thread, NULL);
}

NTSTATUS NTAPI NtOpenThread(PHANDLE ThreadHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, PCLIENT_ID ClientId) {
    OBJECT_ATTRIBUTES Attributes;
    CLIENT_ID Id;
    PETHREAD Thread;
    HANDLE Handle;
    NTSTATUS Status = KiCopyIn(&Attributes, ObjectAttributes, sizeof(Attributes));

    if (NT_SUCCESS(Status) && (ClientId == NULL || Attributes.ObjectName != NULL))
        return STATUS_INVALID_PARAMETER_MIX;
    if (NT_SUCCESS(Status))
        Status = KiCopyIn(&Id, ClientId, sizeof(Id));
    if (!NT_SUCCESS(Status))
        return Status;
    Thread = PspLookupId(Id.UniqueThread, PspThreadType);
    if (Thread == NULL)
        return STATUS_INVALID_CID;
    if (Id.UniqueProcess != NULL && Id.UniqueProcess != Thread->Cid.UniqueProcess)
        Status = STATUS_INVALID_CID;
    else
        Status = PspOpenForDebug(Thread, Attributes.Attributes, DesiredAccess, PspThreadType, &Handle);
    ObDereferenceObject(Thread);
    return NT_SUCCESS(Status) ? KiCopyOut(ThreadHandle, &Handle, sizeof(Handle)) : Status;
}

NTSTATUS PspReturnAttribute(const NT_PS_ATTRIBUTE *Attribute, PETHREAD Thread) {
    SIZE_T Size;
    NTSTATUS Status;

    if (Attribute->Attribute == PS_ATTRIBUTE_CLIENT_ID) {
        Size = Attribute->Size < sizeof(CLIENT_ID) ? Attribute->Size : sizeof(CLIENT_ID);
        Status = KiCopyOut(Attribute->Value, &Thread->Cid, Size);
    } else if (Attribute->Attribute == PS_ATTRIBUTE_TEB_ADDRESS) {
        Size = sizeof(PVOID);
        Status = KiCopyOut(Attribute->Value, &Thread->Tcb.Teb, Size);
    } else {
        return STATUS_INVALID_PARAMETER;
    }
    return NT_SUCCESS(Status) ? KiCopyOutOptional(Attribute->ReturnLength, &Size, sizeof(Size)) : Status;
}

static NTSTATUS PspReturnAttributes(PVOID List, PETHREAD Thread) {
    SIZE_T Length;
    NTSTATUS Status;

    if (List == NULL)
        return STATUS_SUCCESS;
    Status = KiCopyIn(&Length, List, sizeof(Length));
    for (SIZE_T At = sizeof(Length); NT_SUCCESS(Status) && At + sizeof(NT_PS_ATTRIBUTE) <= Length; At += sizeof(NT_PS_ATTRIBUTE)) {
        NT_PS_ATTRIBUTE Attribute;

        Status = KiCopyIn(&Attribute, (PUCHAR)List + At, sizeof(Attribute));
        if (NT_SUCCESS(Status))
            Status = PspReturnAttribute(&Attribute, Thread);
    }
    return Status;
}

NTSTATUS NTAPI NtCreateThreadEx(PHANDLE ThreadHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, HANDLE ProcessHandle,
                                PVOID StartRoutine, PVOID Argument, ULONG CreateFlags, SIZE_T ZeroBits, SIZE_T StackSize, SIZE_T MaximumStackSize,
                                PVOID AttributeList) {
    OBJECT_ATTRIBUTES Attributes = {.Attributes = 0};
    PEPROCESS Process;
    PETHREAD Thread;
    HANDLE Handle;
    NTSTATUS Status = STATUS_SUCCESS;

    if (CreateFlags & ~(CREATE_FLAGS_SUSPENDED | CREATE_FLAGS_IGNORED))
        return STATUS_INVALID_PARAMETER_7;
    if (ObjectAttributes != NULL)
        Status = KiCopyIn(&Attributes, ObjectAttributes, sizeof(Attributes));
    if (KiPreviousMode() == UserMode)
        Attributes.Attributes &= OBJ_INHERIT;
    if (NT_SUCCESS(Status))
        Status = PspReferenceProcess(ProcessHandle, PROCESS_CREATE_THREAD_ACCESS, &Process);
    if (!NT_SUCCESS(Status))
        return Status;
    /* It is held until its creator has all it asked for: what fails after this point leaves no thread that runs. */
    Status = PspCreateUserThread(Process, StartRoutine, Argument, MaximumStackSize, StackSize, TRUE, &Thread);
    ObDereferenceObject(Process);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObOpenObjectByPointer(Thread, Attributes.Attributes, NULL, DesiredAccess, PspThreadType, KernelMode, &Handle);
    if (NT_SUCCESS(Status)) {
        Status = KiCopyOut(ThreadHandle, &Handle, sizeof(Handle));
        if (NT_SUCCESS(Status))
            Status = PspReturnAttributes(AttributeList, Thread);
        if (!NT_SUCCESS(Status))
            ObCloseHandle(Handle, KiPreviousMode());
    }
    if (!NT_SUCCESS(Status))
        PspTerminateThread(Thread, Status);
    else if ((CreateFlags & CREATE_FLAGS_SUSPENDED) == 0)
        KiResumeThread(&Thread->Tcb);
    ObDereferenceObject(Thread);
    return Status;
}

NTSTATUS NTAPI NtTerminateThread(HANDLE ThreadHandle, NTSTATUS ExitStatus) {
    PETHREAD Thread;
    BOOLEAN Own;
    NTSTATUS Status;

    if (ThreadHandle == NULL) { /* the current thread, unless it is the last of its process */
        if (((PETHREAD)KiCurrentThread())->Process->ActiveThreads == 1)
            return STATUS_CANT_TERMINATE_SELF;
        ThreadHandle = NtCurrentThread();
    }
    Status = PspReferenceThread(ThreadHandle, THREAD_TERMINATE_ACCESS, &Thread);
    if (!NT_SUCCESS(Status))
        return Status;
    Own = &Thread->Tcb == KiCurrentThread();
    if (!Own || Thread->Tcb.SystemThread)
        Status = PspTerminateThread(Thread, ExitStatus);
    ObDereferenceObject(Thread);
    if (Own && NT_SUCCESS(Status))
        PspExitThread(ExitStatus);
    return Status;
}

NTSTATUS NTAPI NtSuspendThread(HANDLE ThreadHandle, PULONG PreviousSuspendCount) {
    PETHREAD Thread;
    ULONG Before;
    NTSTATUS Status = PspReferenceThread(ThreadHandle, THREAD_SUSPEND_ACCESS, &Thread);

    if (!NT_SUCCESS(Status))
        return Status;
    Before = (ULONG)Thread->Tcb.SuspendCount;
    if (Thread->Terminating || Thread->Tcb.TerminateRequested || Thread->Tcb.State == Terminated)
        Status = STATUS_THREAD_IS_TERMINATING;
    else if (Before == SUSPEND_LIMIT)
        Status = STATUS_SUSPEND_COUNT_EXCEEDED;
    else
        KiSuspendThread(&Thread->Tcb);
    ObDereferenceObject(Thread);
    return NT_SUCCESS(Status) ? KiCopyOutOptional(PreviousSuspendCount, &Before, sizeof(Before)) : Status;
}

NTSTATUS NTAPI NtResumeThread(HANDLE ThreadHandle, PULONG PreviousSuspendCount) {
    PETHREAD Thread;
    ULONG Before;
    NTSTATUS Status = PspReferenceThread(ThreadHandle, THREAD_SUSPEND_ACCESS, &Thread);

    if (!NT_SUCCESS(Status))
        return Status;
    Before = KiResumeThread(&Thread->Tcb);
    ObDereferenceObject(Thread);
    return KiCopyOutOptional(PreviousSuspendCount, &Before, sizeof(Before));
}

/* ---- Registers: read and written by the thread itself, in a special kernel APC ------------------------------------------------- */

typedef struct _CONTEXT_REQUEST {
    KAPC Apc;
    KEVENT Done;
    BOOLEAN Set;
    NTSTATUS Status;
    CONTEXT Context;
} CONTEXT_REQUEST;

static VOID NTAPI PspContextApc(PKAPC Apc, PKNORMAL_ROUTINE *NormalRoutine, PVOID *NormalContext, PVOID *SystemArgument1, PVOID *SystemArgument2) {
    CONTEXT_REQUEST *Request = CONTAINING_RECORD(Apc, CONTEXT_REQUEST, Apc);
    PKTHREAD Thread = KiCurrentThread();
    PCONTEXT Whole;

    Request->Status = STATUS_UNSUCCESSFUL; /* a thread on its way out of user mode for good */
    if (Thread->UserFrame != NULL) {
        Whole = Thread->ResumeContext;
        if (!Request->Set) {
            KiGetUserContext(Thread, &Request->Context);
        } else {
            ULONG Flags = Request->Context.ContextFlags;

            KiGetUserContext(Thread, Whole);
            if ((Flags & CONTEXT_CONTROL) == CONTEXT_CONTROL) {
                Whole->Rip = Request->Context.Rip;
                Whole->Rsp = Request->Context.Rsp;
                Whole->EFlags = (Request->Context.EFlags & 0xDD5) | 0x202; /* arithmetic flags, direction, trap */
            }
            if ((Flags & CONTEXT_INTEGER) == CONTEXT_INTEGER) {
                ULONG64 Rsp = Whole->Rsp;
                RtlCopyMemory(&Whole->Rax, &Request->Context.Rax, offsetof(CONTEXT, Rip) - offsetof(CONTEXT, Rax));
                Whole->Rsp = Rsp;
            }
            if ((Flags & CONTEXT_FLOATING_POINT) == CONTEXT_FLOATING_POINT) {
                Whole->FltSave = Request->Context.FltSave;
                Whole->MxCsr = Whole->FltSave.MxCsr = Request->Context.MxCsr & 0xFFBF;
            }
            KiSetUserContext(Thread, Whole);
        }
        Request->Status = STATUS_SUCCESS;
    }
    KeSetEvent(&Request->Done, 0, FALSE);
}

static VOID NTAPI PspContextRundown(PKAPC Apc) {
    CONTEXT_REQUEST *Request = CONTAINING_RECORD(Apc, CONTEXT_REQUEST, Apc);

    Request->Status = STATUS_THREAD_IS_TERMINATING;
    KeSetEvent(&Request->Done, 0, FALSE);
}

/* Given is the caller's, as Mode may touch it: what is asked for, or what is to be set. */
static NTSTATUS PspExchangeContext(PETHREAD Thread, PCONTEXT Given, KPROCESSOR_MODE Mode, BOOLEAN Set) {
    CONTEXT_REQUEST *Request = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Request), APC_TAG);
    ULONG Flags;
    NTSTATUS Status = Request == NULL                   ? STATUS_INSUFFICIENT_RESOURCES
                      : Thread->Tcb.SystemThread        ? STATUS_INVALID_HANDLE
                      : Thread->Tcb.State == Terminated ? STATUS_THREAD_IS_TERMINATING
                      : Mode != KernelMode              ? KiCopyIn(&Request->Context, Given, sizeof(CONTEXT))
                                                        : STATUS_SUCCESS;

    if (NT_SUCCESS(Status) && Mode == KernelMode)
        Request->Context = *Given;
    if (NT_SUCCESS(Status) && Set && (Request->Context.ContextFlags & CONTEXT_CONTROL) == CONTEXT_CONTROL &&
        (Request->Context.Rip >= HAL_USER_END || Request->Context.Rsp >= HAL_USER_END))
        Status = STATUS_INVALID_PARAMETER;
    if (NT_SUCCESS(Status)) {
        Flags = Request->Context.ContextFlags;
        Request->Set = Set;
        KeInitializeEvent(&Request->Done, NotificationEvent, FALSE);
        KeInitializeApc(&Request->Apc, &Thread->Tcb, OriginalApcEnvironment, PspContextApc, PspContextRundown, NULL, KernelMode, NULL);
        if (KeInsertQueueApc(&Request->Apc, NULL, NULL, 2))
            KeWaitForSingleObject(&Request->Done, Executive, KernelMode, FALSE, NULL);
        else
            Request->Status = STATUS_THREAD_IS_TERMINATING;
        Status = Request->Status;
        Request->Context.ContextFlags = Flags;
        if (NT_SUCCESS(Status) && !Set && Mode == KernelMode)
            *Given = Request->Context;
        else if (NT_SUCCESS(Status) && !Set)
            Status = KiCopyOut(Given, &Request->Context, sizeof(CONTEXT));
    }
    if (Request != NULL)
        ExFreePoolWithTag(Request, APC_TAG);
    return Status;
}

static NTSTATUS PspExchangeByHandle(HANDLE ThreadHandle, PCONTEXT Given, BOOLEAN Set) {
    PETHREAD Thread;
    NTSTATUS Status = PspReferenceThread(ThreadHandle, Set ? THREAD_SET_CONTEXT_ACCESS : THREAD_GET_CONTEXT_ACCESS, &Thread);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = PspExchangeContext(Thread, Given, KiPreviousMode(), Set);
    ObDereferenceObject(Thread);
    return Status;
}

NTSTATUS NTAPI PsGetContextThread(PETHREAD Thread, PCONTEXT ThreadContext, KPROCESSOR_MODE Mode);
NTSTATUS NTAPI PsSetContextThread(PETHREAD Thread, PCONTEXT ThreadContext, KPROCESSOR_MODE Mode);

NTSTATUS NTAPI PsGetContextThread(PETHREAD Thread, PCONTEXT ThreadContext, KPROCESSOR_MODE Mode) {
    return PspExchangeContext(Thread, ThreadContext, Mode, FALSE);
}

NTSTATUS NTAPI PsSetContextThread(PETHREAD Thread, PCONTEXT ThreadContext, KPROCESSOR_MODE Mode) {
    return PspExchangeContext(Thread, ThreadContext, Mode, TRUE);
}

NTSTATUS NTAPI NtGetContextThread(HANDLE ThreadHandle, PCONTEXT ThreadContext) { return PspExchangeByHandle(ThreadHandle, ThreadContext, FALSE); }

NTSTATUS NTAPI NtSetContextThread(HANDLE ThreadHandle, PCONTEXT ThreadContext) { return PspExchangeByHandle(ThreadHandle, ThreadContext, TRUE); }

/* ---- Alerts and APCs ----------------------------------------------------------------------------------------------------------- */

static VOID NTAPI PspFreeApc(PKAPC Apc, PKNORMAL_ROUTINE *NormalRoutine, PVOID *NormalContext, PVOID *SystemArgument1, PVOID *SystemArgument2) {
    ExFreePoolWithTag(Apc, APC_TAG);
}

NTSTATUS NTAPI NtQueueApcThread(HANDLE ThreadHandle, PKNORMAL_ROUTINE ApcRoutine, PVOID ApcArgument1, PVOID ApcArgument2, PVOID ApcArgument3) {
    PETHREAD Thread;
    PKAPC Apc;
    NTSTATUS Status = PspReferenceThread(ThreadHandle, THREAD_SET_CONTEXT_ACCESS, &Thread);

    if (!NT_SUCCESS(Status))
        return Status;
    Apc = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Apc), APC_TAG);
    if (Thread->Tcb.SystemThread) {
        Status = STATUS_INVALID_HANDLE;
    } else if (Apc == NULL) {
        Status = STATUS_NO_MEMORY;
    } else {
        KeInitializeApc(Apc, &Thread->Tcb, OriginalApcEnvironment, PspFreeApc, NULL, ApcRoutine, UserMode, ApcArgument1);
        Status = KeInsertQueueApc(Apc, ApcArgument2, ApcArgument3, 0) ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
    }
    if (!NT_SUCCESS(Status) && Apc != NULL)
        ExFreePoolWithTag(Apc, APC_TAG);
    ObDereferenceObject(Thread);
    return Status;
}

NTSTATUS NTAPI NtAlertThread(HANDLE ThreadHandle) {
    PETHREAD Thread;
    NTSTATUS Status = PspReferenceThread(ThreadHandle, THREAD_ALERT_ACCESS, &Thread);

    if (!NT_SUCCESS(Status))
        return Status;
    KeAlertThread(&Thread->Tcb, KiPreviousMode());
    ObDereferenceObject(Thread);
    return STATUS_SUCCESS;
}

/* ---- Questions and settings ------------------------------------------------------------------------------------------------------ */

static NTSTATUS PspQueryThread(PETHREAD Thread, THREADINFOCLASS Class, PVOID Buffer, ULONG Length, PULONG ReturnLength) {
    BOOLEAN Ended = Thread->Tcb.State == Terminated;
    ULONG Value;

    switch ((ULONG)Class) {
    case ThreadBasicInformation: {
        THREAD_BASIC_INFORMATION Answer = {
            .ExitStatus = Ended ? Thread->ExitStatus : STATUS_PENDING,
            .TebBaseAddress = Thread->Tcb.Teb,
            .ClientId = Thread->Cid,
            .AffinityMask = Thread->Tcb.UserAffinity,
            .Priority = Thread->Tcb.Priority,
            .BasePriority = KiQueryBasePriority(&Thread->Tcb),
        };
        return PspAnswer(Buffer, Length, ReturnLength, &Answer, sizeof(Answer));
    }
    case ThreadTimes: {
        KERNEL_USER_TIMES Times = {.CreateTime = Thread->CreateTime,
                                   .ExitTime = Thread->ExitTime,
                                   .KernelTime.QuadPart = (LONGLONG)Thread->Tcb.KernelTime,
                                   .UserTime.QuadPart = (LONGLONG)Thread->Tcb.UserTime};
        return PspAnswer(Buffer, Length, ReturnLength, &Times, sizeof(Times));
    }
    case ThreadQuerySetWin32StartAddress: return PspAnswer(Buffer, Length, ReturnLength, &Thread->Win32StartAddress, sizeof(PVOID));
    case ThreadAmILastThread: Value = Thread->Process->ActiveThreads == 1; return PspAnswer(Buffer, Length, ReturnLength, &Value, sizeof(Value));
    case ThreadPriorityBoost: Value = Thread->Tcb.DisableBoost; return PspAnswer(Buffer, Length, ReturnLength, &Value, sizeof(Value));
    case ThreadIsIoPending: Value = !IsListEmpty(&Thread->IrpList); return PspAnswer(Buffer, Length, ReturnLength, &Value, sizeof(Value));
    case THREAD_SUSPEND_COUNT: Value = (ULONG)Thread->Tcb.SuspendCount; return PspAnswer(Buffer, Length, ReturnLength, &Value, sizeof(Value));
    case ThreadIsTerminated: Value = Ended; return PspAnswer(Buffer, Length, ReturnLength, &Value, sizeof(Value));
    default: return STATUS_INVALID_INFO_CLASS;
    }
}

NTSTATUS NTAPI NtQueryInformationThread(HANDLE ThreadHandle, THREADINFOCLASS ThreadInformationClass, PVOID ThreadInformation,
                                        ULONG ThreadInformationLength, PULONG ReturnLength) {
    PETHREAD Thread;
    NTSTATUS Status = PspReferenceThread(ThreadHandle, THREAD_QUERY_LIMITED_ACCESS, &Thread);

    if (Status == STATUS_ACCESS_DENIED)
        Status = PspReferenceThread(ThreadHandle, THREAD_QUERY_ACCESS, &Thread);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = PspQueryThread(Thread, ThreadInformationClass, ThreadInformation, ThreadInformationLength, ReturnLength);
    ObDereferenceObject(Thread);
    return Status;
}

/* The one value that each of these classes sets. */
static NTSTATUS PspCaptureSetting(PVOID Buffer, ULONG Length, ULONG Size, ULONG64 *Value) {
    *Value = 0;
    return Length == Size ? KiCopyIn(Value, Buffer, Size) : STATUS_INFO_LENGTH_MISMATCH;
}

static NTSTATUS PspSetThread(PETHREAD Thread, THREADINFOCLASS Class, PVOID Buffer, ULONG Length) {
    ULONG64 Value;
    NTSTATUS Status;

    switch (Class) {
    case ThreadPriority:
        Status = PspCaptureSetting(Buffer, Length, sizeof(LONG), &Value);
        if (NT_SUCCESS(Status) && ((LONG)Value <= LOW_PRIORITY || (LONG)Value > HIGH_PRIORITY))
            Status = STATUS_INVALID_PARAMETER;
        if (NT_SUCCESS(Status))
            KeSetPriorityThread(&Thread->Tcb, (LONG)Value);
        return Status;
    case ThreadBasePriority:
        Status = PspCaptureSetting(Buffer, Length, sizeof(LONG), &Value);
        if (NT_SUCCESS(Status) && ((LONG)Value > 16 || (LONG)Value < -16))
            Status = STATUS_INVALID_PARAMETER;
        if (NT_SUCCESS(Status))
            KeSetBasePriorityThread(&Thread->Tcb, (LONG)Value);
        return Status;
    case ThreadPriorityBoost:
        Status = PspCaptureSetting(Buffer, Length, sizeof(ULONG), &Value);
        if (NT_SUCCESS(Status))
            Thread->Tcb.DisableBoost = Value != 0;
        return Status;
    case ThreadAffinityMask:
        Status = PspCaptureSetting(Buffer, Length, sizeof(KAFFINITY), &Value);
        if (NT_SUCCESS(Status) && (Value == 0 || (Value & ~Thread->Process->Pcb.Affinity) != 0))
            Status = STATUS_INVALID_PARAMETER;
        if (NT_SUCCESS(Status))
            KeSetAffinityThread(&Thread->Tcb, Value);
        return Status;
    case ThreadImpersonationToken:
        Status = PspCaptureSetting(Buffer, Length, sizeof(HANDLE), &Value);
        return NT_SUCCESS(Status) ? PsAssignImpersonationToken(Thread, (HANDLE)Value) : Status;
    case ThreadQuerySetWin32StartAddress:
        Status = PspCaptureSetting(Buffer, Length, sizeof(PVOID), &Value);
        if (NT_SUCCESS(Status))
            Thread->Win32StartAddress = (PVOID)Value;
        return Status;
    case ThreadHideFromDebugger: return Length == 0 ? STATUS_SUCCESS : STATUS_INFO_LENGTH_MISMATCH; /* no debugger can be attached */
    default: return STATUS_INVALID_INFO_CLASS;
    }
}

NTSTATUS NTAPI NtSetInformationThread(HANDLE ThreadHandle, THREADINFOCLASS ThreadInformationClass, PVOID ThreadInformation,
                                      ULONG ThreadInformationLength) {
    ACCESS_MASK Access = ThreadInformationClass == ThreadImpersonationToken ? THREAD_SET_TOKEN_ACCESS : THREAD_SET_ACCESS;
    PETHREAD Thread;
    NTSTATUS Status = PspReferenceThread(ThreadHandle, Access, &Thread);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = PspSetThread(Thread, ThreadInformationClass, ThreadInformation, ThreadInformationLength);
    ObDereferenceObject(Thread);
    return Status;
}
