/* NtDuplicateObject: a further handle to what a handle names, here or in another process. */
#include "ob/object.h"

#define OBP_PROCESS_DUP_HANDLE 0x0040u

/* The process behind a handle, referenced; a process handle that may be duplicated through. */
static NTSTATUS ObpReferenceProcess(HANDLE Handle, KPROCESSOR_MODE Mode, PEPROCESS *Process) {
    PVOID object;
    NTSTATUS status = ObReferenceObjectByHandle(Handle, OBP_PROCESS_DUP_HANDLE, ObpHeader(ObpCurrentProcess())->Type, Mode, &object, NULL);
    *Process = object;
    return status;
}

/* What Handle means in Process: the object, referenced, its access and attributes. */
static NTSTATUS ObpReferenceSource(PEPROCESS Process, HANDLE Handle, KPROCESSOR_MODE Mode, POBP_HEADER *Header,
                                   POBJECT_HANDLE_INFORMATION Information) {
    POB_HANDLE_TABLE table;
    ULONG index;
    if (Handle == NtCurrentProcess() || Handle == NtCurrentThread()) {
        *Header = ObpHeader(Handle == NtCurrentProcess() ? (PVOID)Process : (PVOID)KiCurrentThread());
        Information->GrantedAccess = (*Header)->Type->Info.ValidAccess;
        Information->HandleAttributes = 0;
    } else {
        POBP_HANDLE_ENTRY entry = ObpFindHandle(Handle, Mode, Process, &table, &index);
        if (entry == NULL)
            return STATUS_INVALID_HANDLE;
        *Header = entry->Object;
        Information->GrantedAccess = entry->Access;
        Information->HandleAttributes = entry->Attributes;
    }
    ObfReferenceObject(ObpBody(*Header));
    return STATUS_SUCCESS;
}

static NTSTATUS ObpCloseIn(PEPROCESS Process, HANDLE Handle, KPROCESSOR_MODE Mode) {
    KAPC_STATE state;
    if (Process == ObpCurrentProcess())
        return ObCloseHandle(Handle, Mode);
    KeStackAttachProcess(&Process->Pcb, &state);
    NTSTATUS status = ObCloseHandle(Handle, Mode);
    KeUnstackDetachProcess(&state);
    return status;
}

/* Rights the source has are passed on; more than those must be granted anew. */
static NTSTATUS ObpDuplicateAccess(POBP_HEADER Header, ACCESS_MASK Desired, ACCESS_MASK Source, KPROCESSOR_MODE Mode, PACCESS_MASK Granted) {
    RtlMapGenericMask(&Desired, &Header->Type->Info.GenericMapping);
    if ((Desired & ~Source) == 0) {
        *Granted = Desired;
        return STATUS_SUCCESS;
    }
    return ObpCheckAccess(Header, NULL, Desired, Mode, Granted);
}

NTSTATUS NTAPI NtDuplicateObject(HANDLE SourceProcess, HANDLE SourceHandle, HANDLE TargetProcess, PHANDLE TargetHandle, ACCESS_MASK DesiredAccess,
                                 ULONG Attributes, ULONG Options) {
    KPROCESSOR_MODE mode = KiPreviousMode();
    PEPROCESS source, target = NULL;
    POBP_HEADER header;
    OBJECT_HANDLE_INFORMATION information;
    ACCESS_MASK granted;
    HANDLE handle;
    if (Options & ~(DUPLICATE_CLOSE_SOURCE | DUPLICATE_SAME_ACCESS | DUPLICATE_SAME_ATTRIBUTES))
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = TargetHandle != NULL ? ObpProbeOutput(TargetHandle, sizeof(*TargetHandle), sizeof(ULONG), mode) : STATUS_SUCCESS;
    if (!NT_SUCCESS(status))
        return status;
    if (mode != KernelMode)
        Attributes &= ~OBJ_KERNEL_HANDLE;
    status = ObpReferenceProcess(SourceProcess, mode, &source);
    if (!NT_SUCCESS(status))
        return status;
    if (TargetProcess != NULL) {
        status = ObpReferenceProcess(TargetProcess, mode, &target);
        if (!NT_SUCCESS(status))
            goto done;
    } else if (!(Options & DUPLICATE_CLOSE_SOURCE)) {
        status = STATUS_INVALID_HANDLE;
        goto done;
    }
    status = ObpReferenceSource(source, SourceHandle, mode, &header, &information);
    if (!NT_SUCCESS(status))
        goto done;

    if (target != NULL) {
        if (Options & DUPLICATE_SAME_ATTRIBUTES)
            Attributes = (Attributes & OBJ_KERNEL_HANDLE) | information.HandleAttributes;
        granted = information.GrantedAccess;
        if (!(Options & DUPLICATE_SAME_ACCESS))
            status = ObpDuplicateAccess(header, DesiredAccess, information.GrantedAccess, mode, &granted);
        if (NT_SUCCESS(status))
            status = ObpCreateHandleEx(target, header, granted, Attributes, mode, OB_OPERATION_HANDLE_DUPLICATE, source, &handle);
        if (NT_SUCCESS(status) && TargetHandle != NULL) {
            status = ObpStore(TargetHandle, &handle, sizeof(handle), mode);
            if (!NT_SUCCESS(status))
                ObpCloseIn(target, handle, mode);
        }
    }
    /* The source is closed whatever became of the rest, as DuplicateHandle's page says. */
    if ((Options & DUPLICATE_CLOSE_SOURCE) && SourceHandle != NtCurrentProcess() && SourceHandle != NtCurrentThread())
        ObpCloseIn(source, SourceHandle, mode);
    ObfDereferenceObject(ObpBody(header));
done:
    if (target != NULL)
        ObfDereferenceObject(target);
    ObfDereferenceObject(source);
    return status;
}
