/* The registry key of whoever runs. */
#include "se/sep.h"

NTSTATUS NTAPI RtlFormatCurrentUserKeyPath(PUNICODE_STRING KeyPath) {
    static const WCHAR prefix[] = L"\\REGISTRY\\USER\\";
    const USHORT prefixBytes = sizeof(prefix) - sizeof(WCHAR);
    UNICODE_STRING sid;
    SECURITY_SUBJECT_CONTEXT subject;
    SeCaptureSubjectContext(&subject);
    NTSTATUS status = RtlConvertSidToUnicodeString(&sid, SepUserOf(SeQuerySubjectContextToken(&subject)), TRUE);
    SeReleaseSubjectContext(&subject);
    if (!NT_SUCCESS(status))
        return status;
    KeyPath->Length = prefixBytes + sid.Length;
    KeyPath->MaximumLength = KeyPath->Length + sizeof(WCHAR);
    KeyPath->Buffer = ExAllocatePoolWithTag(PagedPool, KeyPath->MaximumLength, SEP_TAG);
    if (KeyPath->Buffer != NULL) {
        RtlCopyMemory(KeyPath->Buffer, prefix, prefixBytes);
        RtlCopyMemory((PUCHAR)KeyPath->Buffer + prefixBytes, sid.Buffer, sid.Length);
        KeyPath->Buffer[KeyPath->Length / sizeof(WCHAR)] = L'\0';
    }
    RtlFreeUnicodeString(&sid);
    return KeyPath->Buffer != NULL ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}
