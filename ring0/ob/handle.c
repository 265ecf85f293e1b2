/* Handles: made, found, closed. */
#include "ob/object.h"
#include "se/se.h"

/* INVALID_KERNEL_HANDLE: P1 the handle; P2 0 when it was protected from closing, 1 when it was not valid ("Bug Check 0x93"). */
#define OBP_INVALID_KERNEL_HANDLE 0x93u
#define OBP_HANDLE_ATTRIBUTES     (OBJ_INHERIT | OBJ_PROTECT_CLOSE)

POB_HANDLE_TABLE ObpKernelTable;
static PEPROCESS ObpSystemProcess; /* the first process: the kernel's table is its own */

static BOOLEAN ObpIsPseudoHandle(HANDLE Handle) { return Handle == NtCurrentProcess() || Handle == NtCurrentThread(); }

BOOLEAN NTAPI ObIsKernelHandle(HANDLE Handle) { return (ULONG64)Handle >= OBP_KERNEL_HANDLE_BASE && !ObpIsPseudoHandle(Handle); }

NTSTATUS ObpInitializeProcessHandles(PEPROCESS Process) {
    if (ObpSystemProcess == NULL) {
        ObpSystemProcess = Process;
        Process->HandleTable = ObpKernelTable;
        return STATUS_SUCCESS;
    }
    Process->HandleTable = ObpCreateHandleTable();
    return Process->HandleTable != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

VOID ObpCloseProcessHandles(PEPROCESS Process) {
    POB_HANDLE_TABLE Table = Process->HandleTable;
    if (Table == NULL || Table == ObpKernelTable)
        return;
    for (ULONG Index = 0; Index < Table->Limit; Index++)
        if (ObpHandleEntry(Table, Index) != NULL)
            ObpCloseEntry(Process, Table, Index);
    Process->HandleTable = NULL;
    ObpDeleteHandleTable(Table);
}

VOID ObpListHandles(PEPROCESS Process, VOID (*Callback)(PVOID Context, PEPROCESS Process, const OBP_HANDLE_FACTS *Handle), PVOID Context) {
    POB_HANDLE_TABLE Table = Process->HandleTable;
    for (ULONG Index = 0; Table != NULL && Index < Table->Limit; Index++) {
        POBP_HANDLE_ENTRY Entry = ObpHandleEntry(Table, Index);
        if (Entry == NULL)
            continue;
        POBP_HEADER Header = Entry->Object;
        OBP_HANDLE_FACTS Facts = {ObpBody(Header), Index * 4, Entry->Access, Entry->Attributes, Header->Type->Index};
        Callback(Context, Process, &Facts);
    }
}

ULONG ObpProcessHandleCount(PEPROCESS Process) { return Process->HandleTable != NULL ? Process->HandleTable->Count : 0; }

/* The table that a handle belongs to, and its value there; NULL: none. */
static inline POB_HANDLE_TABLE ObpTableOf(PULONG64 Value, KPROCESSOR_MODE Mode, PEPROCESS Process) {
    if (*Value < OBP_KERNEL_HANDLE_BASE)
        return Process != NULL ? Process->HandleTable : ObpKernelTable;
    *Value -= OBP_KERNEL_HANDLE_BASE;
    return Mode == KernelMode ? ObpKernelTable : NULL;
}

POBP_HANDLE_ENTRY ObpFindHandle(HANDLE Handle, KPROCESSOR_MODE Mode, PEPROCESS Process, POB_HANDLE_TABLE *Table, PULONG Index) {
    ULONG64 Value = (ULONG64)Handle;
    POB_HANDLE_TABLE Owner = ObpTableOf(&Value, Mode, Process);
    POBP_HANDLE_ENTRY Entry = Owner != NULL ? ObpHandleEntry(Owner, Value / 4) : NULL;
    if (Entry != NULL) {
        *Table = Owner;
        *Index = (ULONG)(Value / 4);
    }
    return Entry;
}

NTSTATUS ObpGrantAccess(POBJECT_TYPE Type, ACCESS_MASK Desired, KPROCESSOR_MODE Mode, PACCESS_MASK Granted) {
    ACCESS_MASK Valid = Type->Info.ValidAccess;
    RtlMapGenericMask(&Desired, &Type->Info.GenericMapping);
    if (Desired & MAXIMUM_ALLOWED)
        Desired = (Desired & ~MAXIMUM_ALLOWED) | Valid;
    if (Mode != KernelMode) {
        if ((Desired & ACCESS_SYSTEM_SECURITY) && !SeSinglePrivilegeCheck(RtlConvertLongToLuid(SE_SECURITY_PRIVILEGE), Mode))
            return STATUS_PRIVILEGE_NOT_HELD;
        if (Desired & ~(Valid | ACCESS_SYSTEM_SECURITY))
            return STATUS_ACCESS_DENIED;
    }
    *Granted = Desired & (Valid | ACCESS_SYSTEM_SECURITY);
    return STATUS_SUCCESS;
}

NTSTATUS ObpCheckAccess(POBP_HEADER Header, PACCESS_STATE AccessState, ACCESS_MASK Desired, KPROCESSOR_MODE Mode, PACCESS_MASK Granted) {
    ACCESS_MASK Before = AccessState != NULL ? AccessState->PreviouslyGrantedAccess : 0;
    PSECURITY_DESCRIPTOR *Place = ObpSecurity(ObpBody(Header));
    if (AccessState != NULL)
        Desired = AccessState->RemainingDesiredAccess;
    if (Mode != KernelMode && Desired == 0 && Before == 0)
        return STATUS_ACCESS_DENIED;
    /* What a parse procedure has granted is granted: a file's descriptor is its file system's business. */
    if (Mode != KernelMode && Place != NULL && *Place != NULL && Desired != 0 && !Header->Type->Info.ChecksItself) {
        SECURITY_SUBJECT_CONTEXT Subject;
        NTSTATUS Status;
        if (AccessState != NULL)
            Subject = AccessState->SubjectSecurityContext;
        else
            SeCaptureSubjectContext(&Subject);
        BOOLEAN Allowed = SeAccessCheck(*Place, &Subject, FALSE, Desired, Before, NULL, &Header->Type->Info.GenericMapping, Mode, Granted, &Status);
        if (AccessState == NULL)
            SeReleaseSubjectContext(&Subject);
        *Granted &= Header->Type->Info.ValidAccess | ACCESS_SYSTEM_SECURITY;
        return Allowed ? STATUS_SUCCESS : Status;
    }
    return ObpGrantAccess(Header->Type, Desired | Before, Mode, Granted);
}

/* ---- Counts of one process's handles to an object ---- */
static POBP_PROCESS_COUNT ObpFindProcessCount(POBP_HEADER Header, PEPROCESS Process) {
    for (POBP_PROCESS_COUNT Count = &Header->ProcessCount; Count != NULL; Count = Count->Next)
        if (Count->Process == Process && Count->Count != 0)
            return Count;
    return NULL;
}

static BOOLEAN ObpIncrementProcessCount(POBP_HEADER Header, PEPROCESS Process) {
    POBP_PROCESS_COUNT Count = ObpFindProcessCount(Header, Process);
    if (Count == NULL) {
        Count = &Header->ProcessCount;
        if (Count->Count != 0) {
            Count = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Count), OBP_TAG);
            if (Count == NULL)
                return FALSE;
            Count->Next = Header->ProcessCount.Next;
            Header->ProcessCount.Next = Count;
        }
        Count->Process = Process;
        Count->Count = 0;
    }
    Count->Count++;
    return TRUE;
}

/* What it was before. */
static ULONG ObpDecrementProcessCount(POBP_HEADER Header, PEPROCESS Process) {
    POBP_PROCESS_COUNT Count = ObpFindProcessCount(Header, Process);
    NT_ASSERT_OURS(Count != NULL);
    ULONG Before = Count->Count--;
    if (Before == 1 && Count != &Header->ProcessCount) {
        POBP_PROCESS_COUNT *Link = &Header->ProcessCount.Next;
        while (*Link != Count)
            Link = &(*Link)->Next;
        *Link = Count->Next;
        ExFreePoolWithTag(Count, OBP_TAG);
    }
    return Before;
}

/* ---- Making ---- */
/* OBJ_EXCLUSIVE: one process at a time may have handles, and none that a child inherits. */
static NTSTATUS ObpCheckExclusive(POBP_HEADER Header, PEPROCESS Process, ULONG Attributes) {
    if (!(Attributes & OBJ_EXCLUSIVE))
        return Header->ExclusiveProcess != NULL && Header->ExclusiveProcess != Process ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
    if ((Attributes & OBJ_INHERIT) || !(Header->Flags & OBP_FLAG_EXCLUSIVE))
        return STATUS_INVALID_PARAMETER;
    if (Header->HandleCount != 0 && Header->ExclusiveProcess != Process)
        return STATUS_ACCESS_DENIED;
    return STATUS_SUCCESS;
}

NTSTATUS ObpCountHandle(PEPROCESS Process, POBP_HEADER Header, ACCESS_MASK Granted, KPROCESSOR_MODE Mode) {
    POBJECT_TYPE Type = Header->Type;
    PVOID Object = ObpBody(Header);
    if (Type->Info.MaintainHandleCount && !ObpIncrementProcessCount(Header, Process))
        return STATUS_INSUFFICIENT_RESOURCES;
    Header->HandleCount++;
    ObfReferenceObject(Object);
    NTSTATUS Status = Type->Info.Open != NULL ? Type->Info.Open(Object, Process, Granted, Mode) : STATUS_SUCCESS;
    if (!NT_SUCCESS(Status)) {
        if (Type->Info.MaintainHandleCount)
            ObpDecrementProcessCount(Header, Process);
        Header->HandleCount--;
        ObfDereferenceObject(Object);
        return Status;
    }
    if (++Type->Handles > Type->PeakHandles)
        Type->PeakHandles = Type->Handles;
    return STATUS_SUCCESS;
}

NTSTATUS ObpCreateHandleEx(PEPROCESS Process, POBP_HEADER Header, ACCESS_MASK Granted, ULONG Attributes, KPROCESSOR_MODE Mode, OB_OPERATION Operation,
                           PEPROCESS SourceProcess, PHANDLE Handle) {
    BOOLEAN Kernel = (Attributes & OBJ_KERNEL_HANDLE) != 0;
    PEPROCESS Owner = Kernel || Process == NULL ? ObpSystemProcess : Process;
    POB_HANDLE_TABLE Table = Owner == NULL || Kernel ? ObpKernelTable : Owner->HandleTable;
    if (Table == NULL)
        return STATUS_PROCESS_IS_TERMINATING;
    NTSTATUS Status = ObpCheckExclusive(Header, Owner, Attributes);
    if (!NT_SUCCESS(Status))
        return Status;
    OBP_OPERATION Seen = {.Header = Header, .Kind = Operation, .Source = SourceProcess, .Target = Owner, .KernelHandle = Kernel};
    Status = ObpCallPreCallbacks(&Seen, &Granted);
    if (!NT_SUCCESS(Status))
        return Status;

    ULONG Index = ObpAllocateHandle(Table, Header, Granted, Attributes & OBP_HANDLE_ATTRIBUTES);
    if (Index == 0) {
        Status = STATUS_INSUFFICIENT_RESOURCES;
        goto done;
    }
    Status = ObpCountHandle(Owner, Header, Granted, Mode);
    if (!NT_SUCCESS(Status)) {
        ObpFreeHandle(Table, Index);
        goto done;
    }
    if (Attributes & OBJ_EXCLUSIVE)
        Header->ExclusiveProcess = Owner;
    *Handle = (HANDLE)((ULONG64)Index * 4 + (Kernel ? OBP_KERNEL_HANDLE_BASE : 0));
done:
    ObpCallPostCallbacks(&Seen, Granted, Status);
    return Status;
}

NTSTATUS ObpCreateHandle(PVOID Object, ACCESS_MASK Granted, ULONG Attributes, PHANDLE Handle) {
    return ObpCreateHandleEx(ObpCurrentProcess(), ObpHeader(Object), Granted, Attributes, KernelMode, OB_OPERATION_HANDLE_CREATE, NULL, Handle);
}

NTSTATUS ObpOpenUnchecked(PVOID Object, ULONG Attributes, ACCESS_MASK Access, POBJECT_TYPE Type, KPROCESSOR_MODE Mode, PHANDLE Handle) {
    ACCESS_MASK Granted;
    POBP_HEADER Header = ObpHeader(Object);
    if (Header->Type != Type)
        return STATUS_OBJECT_TYPE_MISMATCH;
    NTSTATUS Status = ObpGrantAccess(Type, Access, Mode, &Granted);
    if (!NT_SUCCESS(Status))
        return Status;
    return ObpCreateHandleEx(ObpCurrentProcess(), Header, Granted, Attributes, Mode, OB_OPERATION_HANDLE_CREATE, NULL, Handle);
}

NTSTATUS NTAPI ObOpenObjectByPointer(PVOID Object, ULONG HandleAttributes, PACCESS_STATE AccessState, ACCESS_MASK DesiredAccess, POBJECT_TYPE Type,
                                     KPROCESSOR_MODE Mode, PHANDLE Handle) {
    ACCESS_MASK Granted;
    POBP_HEADER Header = ObpHeader(Object);
    if (HandleAttributes & ~OBJ_VALID_ATTRIBUTES)
        return STATUS_INVALID_PARAMETER;
    if (Header->Type != Type && (Type != NULL || Mode != KernelMode))
        return STATUS_OBJECT_TYPE_MISMATCH;
    NTSTATUS Status = ObpCheckAccess(Header, AccessState, DesiredAccess, HandleAttributes & OBJ_FORCE_ACCESS_CHECK ? UserMode : Mode, &Granted);
    if (!NT_SUCCESS(Status))
        return Status;
    return ObpCreateHandleEx(ObpCurrentProcess(), Header, Granted, HandleAttributes, Mode, OB_OPERATION_HANDLE_CREATE, NULL, Handle);
}

NTSTATUS NTAPI ObOpenObjectByPointerWithTag(PVOID Object, ULONG HandleAttributes, PACCESS_STATE AccessState, ACCESS_MASK DesiredAccess,
                                            POBJECT_TYPE Type, KPROCESSOR_MODE Mode, ULONG Tag, PHANDLE Handle) {
    return ObOpenObjectByPointer(Object, HandleAttributes, AccessState, DesiredAccess, Type, Mode, Handle);
}

/* ---- Finding ---- */
NTSTATUS NTAPI ObReferenceObjectByHandle(HANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_TYPE Type, KPROCESSOR_MODE Mode, PVOID *Object,
                                         POBJECT_HANDLE_INFORMATION HandleInformation) {
    ULONG Attributes = 0;
    ACCESS_MASK Granted;
    POBP_HEADER Header;
    *Object = NULL;
    if (ObpIsPseudoHandle(Handle)) {
        Header = ObpHeader(Handle == NtCurrentProcess() ? (PVOID)ObpCurrentProcess() : (PVOID)KiCurrentThread());
        Granted = Header->Type->Info.ValidAccess;
    } else {
        ULONG64 Value = (ULONG64)Handle;
        POB_HANDLE_TABLE Table = ObpTableOf(&Value, Mode, ObpCurrentProcess());
        if (Table == NULL || Value / 4 >= Table->Limit)
            return STATUS_INVALID_HANDLE;
        POBP_HANDLE_ENTRY Entry = ObpEntryAt(Table, (ULONG)(Value / 4));
        Header = Entry->Object;
        if (Header == NULL)
            return STATUS_INVALID_HANDLE;
        Granted = Entry->Access;
        Attributes = Entry->Attributes;
    }
    if (Type != NULL && Header->Type != Type)
        return STATUS_OBJECT_TYPE_MISMATCH;
    if (Mode != KernelMode && (DesiredAccess & ~Granted) != 0)
        return STATUS_ACCESS_DENIED;
    if (HandleInformation != NULL) {
        HandleInformation->HandleAttributes = Attributes;
        HandleInformation->GrantedAccess = Granted;
    }
    Header->PointerCount++; /* it has one already: the handle's, or that of what runs */
    *Object = ObpBody(Header);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI ObReferenceObjectByHandleWithTag(HANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_TYPE Type, KPROCESSOR_MODE Mode, ULONG Tag,
                                                PVOID *Object, POBJECT_HANDLE_INFORMATION HandleInformation) {
    return ObReferenceObjectByHandle(Handle, DesiredAccess, Type, Mode, Object, HandleInformation);
}

/* ---- Closing ---- */
VOID ObpCloseEntry(PEPROCESS Process, POB_HANDLE_TABLE Table, ULONG Index) {
    POBP_HANDLE_ENTRY Entry = ObpHandleEntry(Table, Index);
    POBP_HEADER Header = Entry->Object;
    ACCESS_MASK Granted = Entry->Access;
    POBJECT_TYPE Type = Header->Type;
    ObpFreeHandle(Table, Index);
    ULONG ProcessCount = Type->Info.MaintainHandleCount ? ObpDecrementProcessCount(Header, Process) : 0;
    ULONG SystemCount = (ULONG)Header->HandleCount--;
    Type->Handles--;
    if (Header->HandleCount == 0)
        Header->ExclusiveProcess = NULL;
    if (Type->Info.Close != NULL)
        Type->Info.Close(Process, ObpBody(Header), Granted, ProcessCount, SystemCount);
    ObpDeleteNameCheck(Header);
    ObfDereferenceObject(ObpBody(Header));
}

NTSTATUS NTAPI ObCloseHandle(HANDLE Handle, KPROCESSOR_MODE PreviousMode) {
    POB_HANDLE_TABLE Table;
    ULONG Index;
    PEPROCESS Process = ObpCurrentProcess();
    BOOLEAN BugCheck = PreviousMode == KernelMode && ObIsKernelHandle(Handle);
    POBP_HANDLE_ENTRY Entry = ObpFindHandle(Handle, PreviousMode, Process, &Table, &Index);
    if (Entry == NULL) {
        if (BugCheck)
            KiBugCheck(OBP_INVALID_KERNEL_HANDLE, (ULONG_PTR)Handle, 1, 0, 0, NULL, "a kernel handle that is not open was closed");
        return STATUS_INVALID_HANDLE;
    }
    POBP_HEADER Header = Entry->Object;
    if (Header->Type->Info.OkayToClose != NULL && !Header->Type->Info.OkayToClose(Process, ObpBody(Header), Handle, PreviousMode))
        return STATUS_HANDLE_NOT_CLOSABLE;
    if (Entry->Attributes & OBJ_PROTECT_CLOSE) {
        if (BugCheck)
            KiBugCheck(OBP_INVALID_KERNEL_HANDLE, (ULONG_PTR)Handle, 0, 0, 0, NULL, "a kernel handle that is protected from closing was closed");
        return STATUS_HANDLE_NOT_CLOSABLE;
    }
    /* What runs at the end of a kernel handle runs in the System process. To go there costs as much as a thousand handles, so who has nothing to run stays. */
    BOOLEAN Runs = Header->Type->Info.Close != NULL || Header->Type->Info.Delete != NULL;
    if (Runs && Table == ObpKernelTable && ObpSystemProcess != NULL && Process != ObpSystemProcess) {
        KAPC_STATE State;
        KeStackAttachProcess(&ObpSystemProcess->Pcb, &State);
        ObpCloseEntry(ObpSystemProcess, Table, Index);
        KeUnstackDetachProcess(&State);
    } else {
        ObpCloseEntry(Process, Table, Index);
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtClose(HANDLE Handle) { return ObCloseHandle(Handle, KiPreviousMode()); }
