/* Symbolic links: a name that stands for another. What follows the link in a path is appended to its target. */
#include "ob/object.h"

NTSTATUS ObpParseSymbolicLink(PVOID ParseObject, POBJECT_TYPE RequestedType, PACCESS_STATE AccessState, KPROCESSOR_MODE AccessMode, ULONG Attributes,
                              PUNICODE_STRING CompleteName, PUNICODE_STRING RemainingName, PVOID Context, PVOID *Object) {
    POBP_SYMBOLIC_LINK link = ParseObject;
    if (RemainingName->Length == 0 && RequestedType == ObpSymbolicLinkObjectType) {
        ObfReferenceObject(link);
        *Object = link;
        return STATUS_SUCCESS;
    }
    /* "\Target\" and "\rest" make "\Target\rest". */
    USHORT target = link->Target.Length;
    if (target != 0 && RemainingName->Length != 0 && link->Target.Buffer[target / sizeof(WCHAR) - 1] == L'\\')
        target -= sizeof(WCHAR);
    ULONG length = (ULONG)target + RemainingName->Length;
    if (length > MAXUSHORT - sizeof(WCHAR) - 1)
        return STATUS_NAME_TOO_LONG;
    PWSTR path = ExAllocatePoolWithTag(PagedPool, length + sizeof(WCHAR), OBP_TAG);
    if (path == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(path, link->Target.Buffer, target);
    RtlCopyMemory((PUCHAR)path + target, RemainingName->Buffer, RemainingName->Length);
    path[length / sizeof(WCHAR)] = 0;
    CompleteName->Buffer = path;
    CompleteName->Length = (USHORT)length;
    CompleteName->MaximumLength = (USHORT)(length + sizeof(WCHAR));
    return STATUS_REPARSE;
}

VOID ObpDeleteSymbolicLink(PVOID Object) {
    POBP_SYMBOLIC_LINK link = Object;
    if (link->Target.Buffer != NULL)
        ExFreePoolWithTag(link->Target.Buffer, OBP_TAG);
}

PCUNICODE_STRING ObpSymbolicLinkTarget(PVOID Link) {
    NT_ASSERT_OURS(ObpHeader(Link)->Type == ObpSymbolicLinkObjectType);
    return &((POBP_SYMBOLIC_LINK)Link)->Target;
}

/* A program's target may have more text behind its end, up to MaximumLength: there DefineDosDevice keeps what the name meant before, and there
   QueryDosDevice finds it. Of a driver's only the target itself is taken: what lies behind it need not even be memory. */
static NTSTATUS ObpCaptureTarget(PUNICODE_STRING Target, KPROCESSOR_MODE Mode, PUNICODE_STRING Captured) {
    UNICODE_STRING given;
    if (Mode == KernelMode)
        given = *Target;
    else if (!KiCopyFromUser(&given, Target, sizeof(given)))
        return STATUS_ACCESS_VIOLATION;
    USHORT length = given.Length;
    if (length % sizeof(WCHAR) != 0 || length > given.MaximumLength)
        return STATUS_INVALID_PARAMETER;
    if (Mode != KernelMode && given.MaximumLength > length + 2 * sizeof(WCHAR))
        given.Length = (USHORT)((given.MaximumLength & ~1u) - sizeof(WCHAR));
    NTSTATUS status = ObpCaptureBuffer(&given, Mode, Captured);
    if (NT_SUCCESS(status))
        Captured->Length = length;
    return status == STATUS_OBJECT_NAME_INVALID ? STATUS_INVALID_PARAMETER : status;
}

static NTSTATUS ObpCreateLink(POBJECT_ATTRIBUTES Attributes, ACCESS_MASK DesiredAccess, PUNICODE_STRING Target, KPROCESSOR_MODE Mode,
                              PHANDLE Handle) {
    UNICODE_STRING target;
    POBP_SYMBOLIC_LINK link;
    NTSTATUS status = ObpCaptureTarget(Target, Mode, &target);
    if (!NT_SUCCESS(status))
        return status;
    status = ObCreateObject(Mode, ObpSymbolicLinkObjectType, Attributes, Mode, NULL, sizeof(*link), 0, 0, (PVOID *)&link);
    if (!NT_SUCCESS(status)) {
        if (target.Buffer != NULL)
            ExFreePoolWithTag(target.Buffer, OBP_TAG);
        return status;
    }
    link->Target = target;
    KeQuerySystemTime(&link->CreationTime);
    return ObInsertObject(link, NULL, DesiredAccess, 0, NULL, Handle);
}

NTSTATUS ObpCreateSymbolicLink(PUNICODE_STRING Link, PUNICODE_STRING Target, ULONG Attributes, PHANDLE Handle) {
    OBJECT_ATTRIBUTES attributes;
    HANDLE handle;
    InitializeObjectAttributes(&attributes, Link, Attributes | OBJ_KERNEL_HANDLE, NULL, NULL);
    NTSTATUS status = ObpCreateLink(&attributes, SYMBOLIC_LINK_ALL_ACCESS, Target, KernelMode, &handle);
    if (!NT_SUCCESS(status))
        return status;
    if (Handle != NULL)
        *Handle = handle;
    else
        ObCloseHandle(handle, KernelMode);
    return status;
}

NTSTATUS NTAPI NtCreateSymbolicLinkObject(PHANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES Attributes, PUNICODE_STRING Target) {
    KPROCESSOR_MODE mode = KiPreviousMode();
    HANDLE handle;
    NTSTATUS status = ObpProbeOutput(Handle, sizeof(*Handle), sizeof(ULONG), mode);
    if (!NT_SUCCESS(status))
        return status;
    status = ObpCreateLink(Attributes, DesiredAccess, Target, mode, &handle);
    if (!NT_SUCCESS(status))
        return status;
    NTSTATUS stored = ObpStoreHandle(Handle, handle, mode);
    return NT_SUCCESS(stored) ? status : stored;
}

NTSTATUS NTAPI NtOpenSymbolicLinkObject(PHANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES Attributes) {
    KPROCESSOR_MODE mode = KiPreviousMode();
    HANDLE handle;
    NTSTATUS status = ObpProbeOutput(Handle, sizeof(*Handle), sizeof(ULONG), mode);
    if (!NT_SUCCESS(status))
        return status;
    status = ObOpenObjectByName(Attributes, ObpSymbolicLinkObjectType, mode, NULL, DesiredAccess, NULL, &handle);
    return NT_SUCCESS(status) ? ObpStoreHandle(Handle, handle, mode) : status;
}

/* ZwQuerySymbolicLinkObject's page: ReturnedLength counts bytes; with it the terminating zero is asked for and copied when there is room. */
NTSTATUS NTAPI NtQuerySymbolicLinkObject(HANDLE Handle, PUNICODE_STRING Target, PULONG ReturnedLength) {
    KPROCESSOR_MODE mode = KiPreviousMode();
    UNICODE_STRING out;
    POBP_SYMBOLIC_LINK link;
    NTSTATUS status = ObpProbeOutput(Target, sizeof(*Target), sizeof(ULONG), mode);
    if (NT_SUCCESS(status) && ReturnedLength != NULL)
        status = ObpProbeOutput(ReturnedLength, sizeof(*ReturnedLength), sizeof(ULONG), mode);
    if (!NT_SUCCESS(status))
        return status;
    if (mode == KernelMode)
        out = *Target;
    else if (!KiCopyFromUser(&out, Target, sizeof(out)))
        return STATUS_ACCESS_VIOLATION;
    status = ObpProbeOutput(out.Buffer, out.MaximumLength, sizeof(WCHAR), mode);
    if (!NT_SUCCESS(status))
        return status;
    status = ObReferenceObjectByHandle(Handle, SYMBOLIC_LINK_QUERY, ObpSymbolicLinkObjectType, mode, (PVOID *)&link, NULL);
    if (!NT_SUCCESS(status))
        return status;

    ULONG needed = ReturnedLength != NULL ? link->Target.MaximumLength : link->Target.Length;
    if (needed <= out.MaximumLength) {
        out.Length = link->Target.Length;
        if (needed != 0)
            status = ObpStore(out.Buffer, link->Target.Buffer, needed, mode);
        if (NT_SUCCESS(status))
            status = ObpStore(&Target->Length, &out.Length, sizeof(out.Length), mode);
    } else {
        status = STATUS_BUFFER_TOO_SMALL;
    }
    if (ReturnedLength != NULL && status != STATUS_ACCESS_VIOLATION) {
        NTSTATUS stored = ObpStore(ReturnedLength, &needed, sizeof(needed), mode);
        if (!NT_SUCCESS(stored))
            status = stored;
    }
    ObfDereferenceObject(link);
    return status;
}
