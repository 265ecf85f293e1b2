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
    POB_HANDLE_TABLE table = Process->HandleTable;
    if (table == NULL || table == ObpKernelTable)
        return;
    for (ULONG index = 0; index < table->Limit; index++)
        if (ObpHandleEntry(table, index) != NULL)
            ObpCloseEntry(Process, table, index);
    Process->HandleTable = NULL;
    ObpDeleteHandleTable(table);
}

VOID ObpListHandles(PEPROCESS Process, VOID (*Callback)(PVOID Context, PEPROCESS Process, const OBP_HANDLE_FACTS *Handle), PVOID Context) {
    POB_HANDLE_TABLE table = Process->HandleTable;
    for (ULONG index = 0; table != NULL && index < table->Limit; index++) {
        POBP_HANDLE_ENTRY entry = ObpHandleEntry(table, index);
        if (entry == NULL)
            continue;
        POBP_HEADER header = entry->Object;
        OBP_HANDLE_FACTS facts = {ObpBody(header), index * 4, entry->Access, entry->Attributes, header->Type->Index};
        Callback(Context, Process, &facts);
    }
}

ULONG ObpProcessHandleCount(PEPROCESS Process) { return Process->HandleTable != NULL ? Process->HandleTable->Count : 0; }

POBP_HANDLE_ENTRY ObpFindHandle(HANDLE Handle, KPROCESSOR_MODE Mode, PEPROCESS Process, POB_HANDLE_TABLE *Table, PULONG Index) {
    ULONG64 value = (ULONG64)Handle;
    POB_HANDLE_TABLE table;
    if (value >= OBP_KERNEL_HANDLE_BASE) {
        if (Mode != KernelMode)
            return NULL;
        table = ObpKernelTable;
        value -= OBP_KERNEL_HANDLE_BASE;
    } else {
        table = Process != NULL ? Process->HandleTable : ObpKernelTable;
    }
    if (table == NULL)
        return NULL;
    POBP_HANDLE_ENTRY entry = ObpHandleEntry(table, value / 4);
    if (entry != NULL) {
        *Table = table;
        *Index = (ULONG)(value / 4);
    }
    return entry;
}

NTSTATUS ObpGrantAccess(POBJECT_TYPE Type, ACCESS_MASK Desired, KPROCESSOR_MODE Mode, PACCESS_MASK Granted) {
    ACCESS_MASK valid = Type->Info.ValidAccess;
    RtlMapGenericMask(&Desired, &Type->Info.GenericMapping);
    if (Desired & MAXIMUM_ALLOWED)
        Desired = (Desired & ~MAXIMUM_ALLOWED) | valid;
    if (Mode != KernelMode) {
        if ((Desired & ACCESS_SYSTEM_SECURITY) && !SeSinglePrivilegeCheck(RtlConvertLongToLuid(SE_SECURITY_PRIVILEGE), Mode))
            return STATUS_PRIVILEGE_NOT_HELD;
        if (Desired & ~(valid | ACCESS_SYSTEM_SECURITY))
            return STATUS_ACCESS_DENIED;
    }
    *Granted = Desired & (valid | ACCESS_SYSTEM_SECURITY);
    return STATUS_SUCCESS;
}

NTSTATUS ObpCheckAccess(POBP_HEADER Header, PACCESS_STATE AccessState, ACCESS_MASK Desired, KPROCESSOR_MODE Mode, PACCESS_MASK Granted) {
    ACCESS_MASK before = AccessState != NULL ? AccessState->PreviouslyGrantedAccess : 0;
    PSECURITY_DESCRIPTOR *place = ObpSecurity(ObpBody(Header));
    if (AccessState != NULL)
        Desired = AccessState->RemainingDesiredAccess;
    if (Mode != KernelMode && Desired == 0 && before == 0)
        return STATUS_ACCESS_DENIED;
    /* What a parse procedure has granted is granted: a file's descriptor is its file system's business. */
    if (Mode != KernelMode && place != NULL && *place != NULL && Desired != 0 && !Header->Type->Info.ChecksItself) {
        SECURITY_SUBJECT_CONTEXT subject;
        NTSTATUS status;
        if (AccessState != NULL)
            subject = AccessState->SubjectSecurityContext;
        else
            SeCaptureSubjectContext(&subject);
        BOOLEAN allowed = SeAccessCheck(*place, &subject, FALSE, Desired, before, NULL, &Header->Type->Info.GenericMapping, Mode, Granted, &status);
        if (AccessState == NULL)
            SeReleaseSubjectContext(&subject);
        *Granted &= Header->Type->Info.ValidAccess | ACCESS_SYSTEM_SECURITY;
        return allowed ? STATUS_SUCCESS : status;
    }
    return ObpGrantAccess(Header->Type, Desired | before, Mode, Granted);
}

/* ---- Counts of one process's handles to an object ---- */
static POBP_PROCESS_COUNT ObpFindProcessCount(POBP_HEADER Header, PEPROCESS Process) {
    for (POBP_PROCESS_COUNT count = &Header->ProcessCount; count != NULL; count = count->Next)
        if (count->Process == Process && count->Count != 0)
            return count;
    return NULL;
}

static BOOLEAN ObpIncrementProcessCount(POBP_HEADER Header, PEPROCESS Process) {
    POBP_PROCESS_COUNT count = ObpFindProcessCount(Header, Process);
    if (count == NULL) {
        count = &Header->ProcessCount;
        if (count->Count != 0) {
            count = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*count), OBP_TAG);
            if (count == NULL)
                return FALSE;
            count->Next = Header->ProcessCount.Next;
            Header->ProcessCount.Next = count;
        }
        count->Process = Process;
        count->Count = 0;
    }
    count->Count++;
    return TRUE;
}

/* What it was before. */
static ULONG ObpDecrementProcessCount(POBP_HEADER Header, PEPROCESS Process) {
    POBP_PROCESS_COUNT count = ObpFindProcessCount(Header, Process);
    NT_ASSERT_OURS(count != NULL);
    ULONG before = count->Count--;
    if (before == 1 && count != &Header->ProcessCount) {
        POBP_PROCESS_COUNT *link = &Header->ProcessCount.Next;
        while (*link != count)
            link = &(*link)->Next;
        *link = count->Next;
        ExFreePoolWithTag(count, OBP_TAG);
    }
    return before;
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
    POBJECT_TYPE type = Header->Type;
    PVOID object = ObpBody(Header);
    if (type->Info.MaintainHandleCount && !ObpIncrementProcessCount(Header, Process))
        return STATUS_INSUFFICIENT_RESOURCES;
    Header->HandleCount++;
    ObfReferenceObject(object);
    NTSTATUS status = type->Info.Open != NULL ? type->Info.Open(object, Process, Granted, Mode) : STATUS_SUCCESS;
    if (!NT_SUCCESS(status)) {
        if (type->Info.MaintainHandleCount)
            ObpDecrementProcessCount(Header, Process);
        Header->HandleCount--;
        ObfDereferenceObject(object);
        return status;
    }
    if (++type->Handles > type->PeakHandles)
        type->PeakHandles = type->Handles;
    return STATUS_SUCCESS;
}

NTSTATUS ObpCreateHandleEx(PEPROCESS Process, POBP_HEADER Header, ACCESS_MASK Granted, ULONG Attributes, KPROCESSOR_MODE Mode, OB_OPERATION Operation,
                           PEPROCESS SourceProcess, PHANDLE Handle) {
    BOOLEAN kernel = (Attributes & OBJ_KERNEL_HANDLE) != 0;
    PEPROCESS owner = kernel || Process == NULL ? ObpSystemProcess : Process;
    POB_HANDLE_TABLE table = owner == NULL || kernel ? ObpKernelTable : owner->HandleTable;
    if (table == NULL)
        return STATUS_PROCESS_IS_TERMINATING;
    NTSTATUS status = ObpCheckExclusive(Header, owner, Attributes);
    if (!NT_SUCCESS(status))
        return status;
    OBP_OPERATION operation = {.Header = Header, .Kind = Operation, .Source = SourceProcess, .Target = owner, .KernelHandle = kernel};
    status = ObpCallPreCallbacks(&operation, &Granted);
    if (!NT_SUCCESS(status))
        return status;

    ULONG index = ObpAllocateHandle(table, Header, Granted, Attributes & OBP_HANDLE_ATTRIBUTES);
    if (index == 0) {
        status = STATUS_INSUFFICIENT_RESOURCES;
        goto done;
    }
    status = ObpCountHandle(owner, Header, Granted, Mode);
    if (!NT_SUCCESS(status)) {
        ObpFreeHandle(table, index);
        goto done;
    }
    if (Attributes & OBJ_EXCLUSIVE)
        Header->ExclusiveProcess = owner;
    *Handle = (HANDLE)((ULONG64)index * 4 + (kernel ? OBP_KERNEL_HANDLE_BASE : 0));
done:
    ObpCallPostCallbacks(&operation, Granted, status);
    return status;
}

NTSTATUS ObpCreateHandle(PVOID Object, ACCESS_MASK Granted, ULONG Attributes, PHANDLE Handle) {
    return ObpCreateHandleEx(ObpCurrentProcess(), ObpHeader(Object), Granted, Attributes, KernelMode, OB_OPERATION_HANDLE_CREATE, NULL, Handle);
}

NTSTATUS ObpOpenUnchecked(PVOID Object, ULONG Attributes, ACCESS_MASK Access, POBJECT_TYPE Type, KPROCESSOR_MODE Mode, PHANDLE Handle) {
    ACCESS_MASK granted;
    POBP_HEADER header = ObpHeader(Object);
    if (header->Type != Type)
        return STATUS_OBJECT_TYPE_MISMATCH;
    NTSTATUS status = ObpGrantAccess(Type, Access, Mode, &granted);
    if (!NT_SUCCESS(status))
        return status;
    return ObpCreateHandleEx(ObpCurrentProcess(), header, granted, Attributes, Mode, OB_OPERATION_HANDLE_CREATE, NULL, Handle);
}

NTSTATUS NTAPI ObOpenObjectByPointer(PVOID Object, ULONG HandleAttributes, PACCESS_STATE AccessState, ACCESS_MASK DesiredAccess, POBJECT_TYPE Type,
                                     KPROCESSOR_MODE Mode, PHANDLE Handle) {
    ACCESS_MASK granted;
    POBP_HEADER header = ObpHeader(Object);
    if (Type != NULL && header->Type != Type)
        return STATUS_OBJECT_TYPE_MISMATCH;
    NTSTATUS status = ObpCheckAccess(header, AccessState, DesiredAccess, HandleAttributes & OBJ_FORCE_ACCESS_CHECK ? UserMode : Mode, &granted);
    if (!NT_SUCCESS(status))
        return status;
    return ObpCreateHandleEx(ObpCurrentProcess(), header, granted, HandleAttributes, Mode, OB_OPERATION_HANDLE_CREATE, NULL, Handle);
}

NTSTATUS NTAPI ObOpenObjectByPointerWithTag(PVOID Object, ULONG HandleAttributes, PACCESS_STATE AccessState, ACCESS_MASK DesiredAccess,
                                            POBJECT_TYPE Type, KPROCESSOR_MODE Mode, ULONG Tag, PHANDLE Handle) {
    return ObOpenObjectByPointer(Object, HandleAttributes, AccessState, DesiredAccess, Type, Mode, Handle);
}

/* ---- Finding ---- */
NTSTATUS NTAPI ObReferenceObjectByHandle(HANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_TYPE Type, KPROCESSOR_MODE Mode, PVOID *Object,
                                         POBJECT_HANDLE_INFORMATION HandleInformation) {
    POB_HANDLE_TABLE table;
    ULONG index, attributes = 0;
    ACCESS_MASK granted;
    POBP_HEADER header;
    *Object = NULL;
    if (ObpIsPseudoHandle(Handle)) {
        header = ObpHeader(Handle == NtCurrentProcess() ? (PVOID)ObpCurrentProcess() : (PVOID)KiCurrentThread());
        granted = header->Type->Info.ValidAccess;
    } else {
        POBP_HANDLE_ENTRY entry = ObpFindHandle(Handle, Mode, ObpCurrentProcess(), &table, &index);
        if (entry == NULL)
            return STATUS_INVALID_HANDLE;
        header = entry->Object;
        granted = entry->Access;
        attributes = entry->Attributes;
    }
    if (Type != NULL && header->Type != Type)
        return STATUS_OBJECT_TYPE_MISMATCH;
    if (Mode != KernelMode && (DesiredAccess & ~granted) != 0)
        return STATUS_ACCESS_DENIED;
    if (HandleInformation != NULL) {
        HandleInformation->HandleAttributes = attributes;
        HandleInformation->GrantedAccess = granted;
    }
    header->PointerCount++; /* it has one already: the handle's, or that of what runs */
    *Object = ObpBody(header);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI ObReferenceObjectByHandleWithTag(HANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_TYPE Type, KPROCESSOR_MODE Mode, ULONG Tag,
                                                PVOID *Object, POBJECT_HANDLE_INFORMATION HandleInformation) {
    return ObReferenceObjectByHandle(Handle, DesiredAccess, Type, Mode, Object, HandleInformation);
}

/* ---- Closing ---- */
VOID ObpCloseEntry(PEPROCESS Process, POB_HANDLE_TABLE Table, ULONG Index) {
    POBP_HANDLE_ENTRY entry = ObpHandleEntry(Table, Index);
    POBP_HEADER header = entry->Object;
    ACCESS_MASK granted = entry->Access;
    POBJECT_TYPE type = header->Type;
    ObpFreeHandle(Table, Index);
    ULONG processCount = type->Info.MaintainHandleCount ? ObpDecrementProcessCount(header, Process) : 0;
    ULONG systemCount = (ULONG)header->HandleCount--;
    type->Handles--;
    if (header->HandleCount == 0)
        header->ExclusiveProcess = NULL;
    if (type->Info.Close != NULL)
        type->Info.Close(Process, ObpBody(header), granted, processCount, systemCount);
    ObpDeleteNameCheck(header);
    ObfDereferenceObject(ObpBody(header));
}

NTSTATUS NTAPI ObCloseHandle(HANDLE Handle, KPROCESSOR_MODE PreviousMode) {
    POB_HANDLE_TABLE table;
    ULONG index;
    PEPROCESS process = ObpCurrentProcess();
    BOOLEAN bugCheck = PreviousMode == KernelMode && ObIsKernelHandle(Handle);
    POBP_HANDLE_ENTRY entry = ObpFindHandle(Handle, PreviousMode, process, &table, &index);
    if (entry == NULL) {
        if (bugCheck)
            KiBugCheck(OBP_INVALID_KERNEL_HANDLE, (ULONG_PTR)Handle, 1, 0, 0, NULL, "a kernel handle that is not open was closed");
        return STATUS_INVALID_HANDLE;
    }
    POBP_HEADER header = entry->Object;
    if (header->Type->Info.OkayToClose != NULL && !header->Type->Info.OkayToClose(process, ObpBody(header), Handle, PreviousMode))
        return STATUS_HANDLE_NOT_CLOSABLE;
    if (entry->Attributes & OBJ_PROTECT_CLOSE) {
        if (bugCheck)
            KiBugCheck(OBP_INVALID_KERNEL_HANDLE, (ULONG_PTR)Handle, 0, 0, 0, NULL, "a kernel handle that is protected from closing was closed");
        return STATUS_HANDLE_NOT_CLOSABLE;
    }
    /* What runs at the end of a kernel handle runs in the System process. To go there costs as much as a thousand handles, so who has nothing to run stays. */
    BOOLEAN runs = header->Type->Info.Close != NULL || header->Type->Info.Delete != NULL;
    if (runs && table == ObpKernelTable && ObpSystemProcess != NULL && process != ObpSystemProcess) {
        KAPC_STATE state;
        KeStackAttachProcess(&ObpSystemProcess->Pcb, &state);
        ObpCloseEntry(ObpSystemProcess, table, index);
        KeUnstackDetachProcess(&state);
    } else {
        ObpCloseEntry(process, table, index);
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtClose(HANDLE Handle) { return ObCloseHandle(Handle, KiPreviousMode()); }
