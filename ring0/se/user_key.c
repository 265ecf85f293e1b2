/* The registry key of whoever runs. */
#include "se/sep.h"

NTSTATUS NTAPI RtlFormatCurrentUserKeyPath(PUNICODE_STRING KeyPath) {
    static const WCHAR Prefix[] = L"\\REGISTRY\\USER\\";
    const USHORT PrefixBytes = sizeof(Prefix) - sizeof(WCHAR);
    UNICODE_STRING Sid;
    SECURITY_SUBJECT_CONTEXT Subject;
    SeCaptureSubjectContext(&Subject);
    NTSTATUS Status = RtlConvertSidToUnicodeString(&Sid, SepUserOf(SeQuerySubjectContextToken(&Subject)), TRUE);
    SeReleaseSubjectContext(&Subject);
    if (!NT_SUCCESS(Status))
        return Status;
    KeyPath->Length = PrefixBytes + Sid.Length;
    KeyPath->MaximumLength = KeyPath->Length + sizeof(WCHAR);
    KeyPath->Buffer = ExAllocatePoolWithTag(PagedPool, KeyPath->MaximumLength, SEP_TAG);
    if (KeyPath->Buffer != NULL) {
        RtlCopyMemory(KeyPath->Buffer, Prefix, PrefixBytes);
        RtlCopyMemory((PUCHAR)KeyPath->Buffer + PrefixBytes, Sid.Buffer, Sid.Length);
        KeyPath->Buffer[KeyPath->Length / sizeof(WCHAR)] = L'\0';
    }
    RtlFreeUnicodeString(&Sid);
    return KeyPath->Buffer != NULL ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}
