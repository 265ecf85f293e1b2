/* NtDuplicateObject: a further handle to what a handle names, here or in another process. */
#include "ob/object.h"

#define OBP_PROCESS_DUP_HANDLE 0x0040u

/* The process behind a handle, referenced; a process handle that may be duplicated through. */
static NTSTATUS ObpReferenceProcess(HANDLE Handle, KPROCESSOR_MODE Mode, PEPROCESS *Process) {
    PVOID Object;
    NTSTATUS Status = ObReferenceObjectByHandle(Handle, OBP_PROCESS_DUP_HANDLE, ObpHeader(ObpCurrentProcess())->Type, Mode, &Object, NULL);
    *Process = Object;
    return Status;
}

/* What Handle means in Process: the object, referenced, its access and attributes. */
static NTSTATUS ObpReferenceSource(PEPROCESS Process, HANDLE Handle, KPROCESSOR_MODE Mode, POBP_HEADER *Header,
                                   POBJECT_HANDLE_INFORMATION Information) {
    POB_HANDLE_TABLE Table;
    ULONG Index;
    if (Handle == NtCurrentProcess() || Handle == NtCurrentThread()) {
        *Header = ObpHeader(Handle == NtCurrentProcess() ? (PVOID)Process : (PVOID)KiCurrentThread());
        Information->GrantedAccess = (*Header)->Type->Info.ValidAccess;
        Information->HandleAttributes = 0;
    } else {
        POBP_HANDLE_ENTRY Entry = ObpFindHandle(Handle, Mode, Process, &Table, &Index);
        if (Entry == NULL)
            return STATUS_INVALID_HANDLE;
        *Header = Entry->Object;
        Information->GrantedAccess = Entry->Access;
        Information->HandleAttributes = Entry->Attributes;
    }
    ObfReferenceObject(ObpBody(*Header));
    return STATUS_SUCCESS;
}

static NTSTATUS ObpCloseIn(PEPROCESS Process, HANDLE Handle, KPROCESSOR_MODE Mode) {
    KAPC_STATE State;
    if (Process == ObpCurrentProcess())
        return ObCloseHandle(Handle, Mode);
    KeStackAttachProcess(&Process->Pcb, &State);
    NTSTATUS Status = ObCloseHandle(Handle, Mode);
    KeUnstackDetachProcess(&State);
    return Status;
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
    KPROCESSOR_MODE Mode = KiPreviousMode();
    PEPROCESS Source, Target = NULL;
    POBP_HEADER Header;
    OBJECT_HANDLE_INFORMATION Information;
    ACCESS_MASK Granted;
    HANDLE Handle;
    if (Options & ~(DUPLICATE_CLOSE_SOURCE | DUPLICATE_SAME_ACCESS | DUPLICATE_SAME_ATTRIBUTES))
        return STATUS_INVALID_PARAMETER;
    NTSTATUS Status = TargetHandle != NULL ? ObpProbeOutput(TargetHandle, sizeof(*TargetHandle), sizeof(ULONG), Mode) : STATUS_SUCCESS;
    if (!NT_SUCCESS(Status))
        return Status;
    if (Mode != KernelMode)
        Attributes &= ~OBJ_KERNEL_HANDLE;
    Status = ObpReferenceProcess(SourceProcess, Mode, &Source);
    if (!NT_SUCCESS(Status))
        return Status;
    if (TargetProcess != NULL)
        Status = ObpReferenceProcess(TargetProcess, Mode, &Target);
    else if (!(Options & DUPLICATE_CLOSE_SOURCE))
        Status = STATUS_INVALID_HANDLE;
    NTSTATUS Found = ObpReferenceSource(Source, SourceHandle, Mode, &Header, &Information);
    if (!NT_SUCCESS(Found)) {
        Status = NT_SUCCESS(Status) ? Found : Status;
        goto done;
    }

    if (NT_SUCCESS(Status) && Target != NULL) {
        if (Options & DUPLICATE_SAME_ATTRIBUTES)
            Attributes = (Attributes & OBJ_KERNEL_HANDLE) | Information.HandleAttributes;
        Granted = Information.GrantedAccess;
        if (!(Options & DUPLICATE_SAME_ACCESS))
            Status = ObpDuplicateAccess(Header, DesiredAccess, Information.GrantedAccess, Mode, &Granted);
        if (NT_SUCCESS(Status))
            Status = ObpCreateHandleEx(Target, Header, Granted, Attributes, Mode, OB_OPERATION_HANDLE_DUPLICATE, Source, &Handle);
        if (NT_SUCCESS(Status) && TargetHandle != NULL) {
            Status = ObpStore(TargetHandle, &Handle, sizeof(Handle), Mode);
            if (!NT_SUCCESS(Status))
                ObpCloseIn(Target, Handle, Mode);
        }
    }
    /* The source is closed whatever became of the rest, as DuplicateHandle's page says. */
    if ((Options & DUPLICATE_CLOSE_SOURCE) && SourceHandle != NtCurrentProcess() && SourceHandle != NtCurrentThread())
        ObpCloseIn(Source, SourceHandle, Mode);
    ObfDereferenceObject(ObpBody(Header));
done:
    if (Target != NULL)
        ObfDereferenceObject(Target);
    ObfDereferenceObject(Source);
    return Status;
}
