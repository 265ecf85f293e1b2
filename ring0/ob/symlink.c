/* Symbolic links: a name that stands for another. What follows the link in a path is appended to its target. */
#include "ob/object.h"

NTSTATUS ObpParseSymbolicLink(PVOID ParseObject, POBJECT_TYPE RequestedType, PACCESS_STATE AccessState, KPROCESSOR_MODE AccessMode, ULONG Attributes,
                              PUNICODE_STRING CompleteName, PUNICODE_STRING RemainingName, PVOID Context, PVOID *Object) {
    POBP_SYMBOLIC_LINK Link = ParseObject;
    if (RemainingName->Length == 0 && RequestedType == ObpSymbolicLinkObjectType) {
        ObfReferenceObject(Link);
        *Object = Link;
        return STATUS_SUCCESS;
    }
    /* "\Target\" and "\rest" make "\Target\rest". */
    USHORT Target = Link->Target.Length;
    if (Target != 0 && RemainingName->Length != 0 && Link->Target.Buffer[Target / sizeof(WCHAR) - 1] == L'\\')
        Target -= sizeof(WCHAR);
    ULONG Length = (ULONG)Target + RemainingName->Length;
    if (Length > MAXUSHORT - sizeof(WCHAR) - 1)
        return STATUS_NAME_TOO_LONG;
    PWSTR Path = ExAllocatePoolWithTag(PagedPool, Length + sizeof(WCHAR), OBP_TAG);
    if (Path == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(Path, Link->Target.Buffer, Target);
    RtlCopyMemory((PUCHAR)Path + Target, RemainingName->Buffer, RemainingName->Length);
    Path[Length / sizeof(WCHAR)] = 0;
    CompleteName->Buffer = Path;
    CompleteName->Length = (USHORT)Length;
    CompleteName->MaximumLength = (USHORT)(Length + sizeof(WCHAR));
    return STATUS_REPARSE;
}

VOID ObpDeleteSymbolicLink(PVOID Object) {
    POBP_SYMBOLIC_LINK Link = Object;
    if (Link->Target.Buffer != NULL)
        ExFreePoolWithTag(Link->Target.Buffer, OBP_TAG);
}

PCUNICODE_STRING ObpSymbolicLinkTarget(PVOID Link) {
    NT_ASSERT_OURS(ObpHeader(Link)->Type == ObpSymbolicLinkObjectType);
    return &((POBP_SYMBOLIC_LINK)Link)->Target;
}

/* A program's target may have more text behind its end, up to MaximumLength: there DefineDosDevice keeps what the name meant before, and there
   QueryDosDevice finds it. Of a driver's only the target itself is taken: what lies behind it need not even be memory. */
static NTSTATUS ObpCaptureTarget(PUNICODE_STRING Target, KPROCESSOR_MODE Mode, PUNICODE_STRING Captured) {
    UNICODE_STRING Given;
    if (Mode == KernelMode)
        Given = *Target;
    else if (!KiCopyFromUser(&Given, Target, sizeof(Given)))
        return STATUS_ACCESS_VIOLATION;
    USHORT Length = Given.Length;
    if (Length % sizeof(WCHAR) != 0 || Length > Given.MaximumLength)
        return STATUS_INVALID_PARAMETER;
    if (Mode != KernelMode && Given.MaximumLength > Length + 2 * sizeof(WCHAR))
        Given.Length = (USHORT)((Given.MaximumLength & ~1u) - sizeof(WCHAR));
    NTSTATUS Status = ObpCaptureBuffer(&Given, Mode, Captured);
    if (NT_SUCCESS(Status))
        Captured->Length = Length;
    return Status == STATUS_OBJECT_NAME_INVALID ? STATUS_INVALID_PARAMETER : Status;
}

static NTSTATUS ObpCreateLink(POBJECT_ATTRIBUTES Attributes, ACCESS_MASK DesiredAccess, PUNICODE_STRING Target, KPROCESSOR_MODE Mode,
                              PHANDLE Handle) {
    UNICODE_STRING Captured;
    POBP_SYMBOLIC_LINK Link;
    NTSTATUS Status = ObpCaptureTarget(Target, Mode, &Captured);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObCreateObject(Mode, ObpSymbolicLinkObjectType, Attributes, Mode, NULL, sizeof(*Link), 0, 0, (PVOID *)&Link);
    if (!NT_SUCCESS(Status)) {
        if (Captured.Buffer != NULL)
            ExFreePoolWithTag(Captured.Buffer, OBP_TAG);
        return Status;
    }
    Link->Target = Captured;
    KeQuerySystemTime(&Link->CreationTime);
    return ObInsertObject(Link, NULL, DesiredAccess, 0, NULL, Handle);
}

NTSTATUS ObpCreateSymbolicLink(PUNICODE_STRING Link, PUNICODE_STRING Target, ULONG Attributes, PHANDLE Handle) {
    OBJECT_ATTRIBUTES ObjectAttributes;
    HANDLE NewHandle;
    InitializeObjectAttributes(&ObjectAttributes, Link, Attributes | OBJ_KERNEL_HANDLE, NULL, NULL);
    NTSTATUS Status = ObpCreateLink(&ObjectAttributes, SYMBOLIC_LINK_ALL_ACCESS, Target, KernelMode, &NewHandle);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Handle != NULL)
        *Handle = NewHandle;
    else
        ObCloseHandle(NewHandle, KernelMode);
    return Status;
}

NTSTATUS NTAPI NtCreateSymbolicLinkObject(PHANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES Attributes, PUNICODE_STRING Target) {
    KPROCESSOR_MODE Mode = KiPreviousMode();
    HANDLE NewHandle;
    NTSTATUS Status = ObpProbeOutput(Handle, sizeof(*Handle), sizeof(ULONG), Mode);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObpCreateLink(Attributes, DesiredAccess, Target, Mode, &NewHandle);
    if (!NT_SUCCESS(Status))
        return Status;
    NTSTATUS Stored = ObpStoreHandle(Handle, NewHandle, Mode);
    return NT_SUCCESS(Stored) ? Status : Stored;
}

NTSTATUS NTAPI NtOpenSymbolicLinkObject(PHANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES Attributes) {
    KPROCESSOR_MODE Mode = KiPreviousMode();
    HANDLE NewHandle;
    NTSTATUS Status = ObpProbeOutput(Handle, sizeof(*Handle), sizeof(ULONG), Mode);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObOpenObjectByName(Attributes, ObpSymbolicLinkObjectType, Mode, NULL, DesiredAccess, NULL, &NewHandle);
    return NT_SUCCESS(Status) ? ObpStoreHandle(Handle, NewHandle, Mode) : Status;
}

/* ZwQuerySymbolicLinkObject's page: ReturnedLength counts bytes; with it the terminating zero is asked for and copied when there is room. */
NTSTATUS NTAPI NtQuerySymbolicLinkObject(HANDLE Handle, PUNICODE_STRING Target, PULONG ReturnedLength) {
    KPROCESSOR_MODE Mode = KiPreviousMode();
    UNICODE_STRING Out;
    POBP_SYMBOLIC_LINK Link;
    NTSTATUS Status = ObpProbeOutput(Target, sizeof(*Target), sizeof(ULONG), Mode);
    if (NT_SUCCESS(Status) && ReturnedLength != NULL)
        Status = ObpProbeOutput(ReturnedLength, sizeof(*ReturnedLength), sizeof(ULONG), Mode);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Mode == KernelMode)
        Out = *Target;
    else if (!KiCopyFromUser(&Out, Target, sizeof(Out)))
        return STATUS_ACCESS_VIOLATION;
    Status = ObpProbeOutput(Out.Buffer, Out.MaximumLength, sizeof(WCHAR), Mode);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObReferenceObjectByHandle(Handle, SYMBOLIC_LINK_QUERY, ObpSymbolicLinkObjectType, Mode, (PVOID *)&Link, NULL);
    if (!NT_SUCCESS(Status))
        return Status;

    ULONG Needed = ReturnedLength != NULL ? Link->Target.MaximumLength : Link->Target.Length;
    if (Needed <= Out.MaximumLength) {
        Out.Length = Link->Target.Length;
        if (Needed != 0)
            Status = ObpStore(Out.Buffer, Link->Target.Buffer, Needed, Mode);
        if (NT_SUCCESS(Status))
            Status = ObpStore(&Target->Length, &Out.Length, sizeof(Out.Length), Mode);
    } else {
        Status = STATUS_BUFFER_TOO_SMALL;
    }
    if (ReturnedLength != NULL && Status != STATUS_ACCESS_VIOLATION) {
        NTSTATUS Stored = ObpStore(ReturnedLength, &Needed, sizeof(Needed), Mode);
        if (!NT_SUCCESS(Stored))
            Status = Stored;
    }
    ObfDereferenceObject(Link);
    return Status;
}
