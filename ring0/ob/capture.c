/* What callers of system services hand in and get back: probed, copied once, never looked at twice. */
#include "ob/object.h"
#include "se/se.h"

NTSTATUS ObpProbeOutput(PVOID Address, SIZE_T Size, ULONG Alignment, KPROCESSOR_MODE Mode) {
    if (Mode == KernelMode)
        return STATUS_SUCCESS;
    __try {
        ProbeForWrite(Address, Size, Alignment);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

NTSTATUS ObpStore(PVOID To, const VOID *From, SIZE_T Size, KPROCESSOR_MODE Mode) {
    if (Mode == KernelMode) {
        RtlCopyMemory(To, From, Size);
        return STATUS_SUCCESS;
    }
    return KiCopyToUser(To, From, Size) ? STATUS_SUCCESS : STATUS_ACCESS_VIOLATION;
}

NTSTATUS ObpStoreHandle(PHANDLE To, HANDLE Handle, KPROCESSOR_MODE Mode) {
    NTSTATUS status = ObpStore(To, &Handle, sizeof(Handle), Mode);
    if (!NT_SUCCESS(status))
        ObCloseHandle(Handle, Mode);
    return status;
}

NTSTATUS ObpCaptureBuffer(PCUNICODE_STRING Source, KPROCESSOR_MODE Mode, PUNICODE_STRING Captured) {
    NTSTATUS status = STATUS_SUCCESS;
    PWSTR copy;
    RtlZeroMemory(Captured, sizeof(*Captured));
    if (Source->Length % sizeof(WCHAR) != 0 || Source->Length > MAXUSHORT - sizeof(WCHAR) - 1)
        return STATUS_OBJECT_NAME_INVALID;
    if (Source->Length == 0)
        return STATUS_SUCCESS;
    copy = ExAllocatePoolWithTag(PagedPool, Source->Length + sizeof(WCHAR), OBP_TAG);
    if (copy == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    __try {
        if (Mode != KernelMode)
            ProbeForRead(Source->Buffer, Source->Length, sizeof(WCHAR));
        RtlCopyMemory(copy, Source->Buffer, Source->Length);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    if (!NT_SUCCESS(status)) {
        ExFreePoolWithTag(copy, OBP_TAG);
        return status;
    }
    copy[Source->Length / sizeof(WCHAR)] = 0;
    Captured->Buffer = copy;
    Captured->Length = Source->Length;
    Captured->MaximumLength = (USHORT)(Source->Length + sizeof(WCHAR));
    return STATUS_SUCCESS;
}

NTSTATUS ObpCaptureString(PUNICODE_STRING Source, KPROCESSOR_MODE Mode, PUNICODE_STRING Captured) {
    UNICODE_STRING source;
    RtlZeroMemory(Captured, sizeof(*Captured));
    __try {
        if (Mode != KernelMode)
            ProbeForRead(Source, sizeof(*Source), sizeof(ULONG));
        source = *(volatile UNICODE_STRING *)Source;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return ObpCaptureBuffer(&source, Mode, Captured);
}

VOID ObpReleaseCreateInfo(POBP_CREATE_INFO Info) {
    if (Info->Name.Buffer != NULL)
        ExFreePoolWithTag(Info->Name.Buffer, OBP_TAG);
    if (Info->SecurityDescriptor != NULL)
        ExFreePool(Info->SecurityDescriptor);
}

NTSTATUS ObpCaptureAttributes(POBJECT_ATTRIBUTES Attributes, KPROCESSOR_MODE Mode, POBP_CREATE_INFO Info) {
    OBJECT_ATTRIBUTES attributes;
    RtlZeroMemory(Info, sizeof(*Info));
    Info->ProbeMode = Mode;
    if (Attributes == NULL)
        return STATUS_SUCCESS;
    __try {
        if (Mode != KernelMode)
            ProbeForRead(Attributes, sizeof(*Attributes), sizeof(ULONG));
        attributes = *(volatile OBJECT_ATTRIBUTES *)Attributes;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    if (attributes.Length != sizeof(attributes) || (attributes.Attributes & ~OBJ_VALID_ATTRIBUTES) != 0)
        return STATUS_INVALID_PARAMETER;
    Info->Attributes = Mode == KernelMode ? attributes.Attributes : attributes.Attributes & ~OBJ_KERNEL_HANDLE;
    Info->RootDirectory = attributes.RootDirectory;

    NTSTATUS status = STATUS_SUCCESS;
    if (attributes.ObjectName != NULL)
        status = ObpCaptureString(attributes.ObjectName, Mode, &Info->Name);
    if (NT_SUCCESS(status) && attributes.SecurityDescriptor != NULL) {
        status = SeCaptureSecurityDescriptor(attributes.SecurityDescriptor, Mode, PagedPool, TRUE, &Info->SecurityDescriptor);
        if (!NT_SUCCESS(status) && Info->Name.Buffer != NULL)
            ExFreePoolWithTag(Info->Name.Buffer, OBP_TAG);
    }
    return status;
}
