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
    NTSTATUS Status = ObpStore(To, &Handle, sizeof(Handle), Mode);
    if (!NT_SUCCESS(Status))
        ObCloseHandle(Handle, Mode);
    return Status;
}

NTSTATUS ObpCaptureBuffer(PCUNICODE_STRING Source, KPROCESSOR_MODE Mode, PUNICODE_STRING Captured) {
    NTSTATUS Status = STATUS_SUCCESS;
    PWSTR Copy;
    RtlZeroMemory(Captured, sizeof(*Captured));
    if (Source->Length % sizeof(WCHAR) != 0 || Source->Length > MAXUSHORT - sizeof(WCHAR) - 1)
        return STATUS_OBJECT_NAME_INVALID;
    if (Source->Length == 0)
        return STATUS_SUCCESS;
    Copy = ExAllocatePoolWithTag(PagedPool, Source->Length + sizeof(WCHAR), OBP_TAG);
    if (Copy == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    __try {
        if (Mode != KernelMode)
            ProbeForRead(Source->Buffer, Source->Length, sizeof(WCHAR));
        RtlCopyMemory(Copy, Source->Buffer, Source->Length);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    if (!NT_SUCCESS(Status)) {
        ExFreePoolWithTag(Copy, OBP_TAG);
        return Status;
    }
    Copy[Source->Length / sizeof(WCHAR)] = 0;
    Captured->Buffer = Copy;
    Captured->Length = Source->Length;
    Captured->MaximumLength = (USHORT)(Source->Length + sizeof(WCHAR));
    return STATUS_SUCCESS;
}

NTSTATUS ObpCaptureString(PUNICODE_STRING Source, KPROCESSOR_MODE Mode, PUNICODE_STRING Captured) {
    UNICODE_STRING Copy;
    RtlZeroMemory(Captured, sizeof(*Captured));
    __try {
        if (Mode != KernelMode)
            ProbeForRead(Source, sizeof(*Source), sizeof(ULONG));
        Copy = *(volatile UNICODE_STRING *)Source;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return ObpCaptureBuffer(&Copy, Mode, Captured);
}

VOID ObpReleaseCreateInfo(POBP_CREATE_INFO Info) {
    if (Info->Name.Buffer != NULL)
        ExFreePoolWithTag(Info->Name.Buffer, OBP_TAG);
    if (Info->SecurityDescriptor != NULL)
        ExFreePool(Info->SecurityDescriptor);
}

NTSTATUS ObpCaptureAttributes(POBJECT_ATTRIBUTES Attributes, KPROCESSOR_MODE Mode, POBP_CREATE_INFO Info) {
    OBJECT_ATTRIBUTES Copy;
    RtlZeroMemory(Info, sizeof(*Info));
    Info->ProbeMode = Mode;
    if (Attributes == NULL)
        return STATUS_SUCCESS;
    __try {
        if (Mode != KernelMode)
            ProbeForRead(Attributes, sizeof(*Attributes), sizeof(ULONG));
        Copy = *(volatile OBJECT_ATTRIBUTES *)Attributes;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    if (Copy.Length != sizeof(Copy) || (Copy.Attributes & ~OBJ_VALID_ATTRIBUTES) != 0)
        return STATUS_INVALID_PARAMETER;
    Info->Attributes = Mode == KernelMode ? Copy.Attributes : Copy.Attributes & ~OBJ_KERNEL_HANDLE;
    Info->RootDirectory = Copy.RootDirectory;

    NTSTATUS Status = STATUS_SUCCESS;
    if (Copy.ObjectName != NULL)
        Status = ObpCaptureString(Copy.ObjectName, Mode, &Info->Name);
    if (NT_SUCCESS(Status) && Copy.SecurityDescriptor != NULL) {
        Status = SeCaptureSecurityDescriptor(Copy.SecurityDescriptor, Mode, PagedPool, TRUE, &Info->SecurityDescriptor);
        if (!NT_SUCCESS(Status) && Info->Name.Buffer != NULL)
            ExFreePoolWithTag(Info->Name.Buffer, OBP_TAG);
    }
    return Status;
}
