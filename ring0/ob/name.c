/* Full names of objects, and their security descriptors. */
#include "ob/object.h"

/* Bytes of "\A\B\Name"; 0 when the object has no name. Text, if given, is filled from its end. */
static SIZE_T ObpBuildName(POBP_HEADER Header, PWSTR End) {
    SIZE_T bytes = 0;
    while (Header->Directory != NULL) {
        bytes += Header->Name.Length + sizeof(WCHAR);
        if (End != NULL) {
            End -= Header->Name.Length / sizeof(WCHAR);
            RtlCopyMemory(End, Header->Name.Buffer, Header->Name.Length);
            *--End = L'\\';
        }
        Header = ObpHeader(Header->Directory);
    }
    return bytes;
}

/* ObQueryNameString's page: STATUS_INFO_LENGTH_MISMATCH and the length wanted when the buffer is too small. No name: an empty one. */
NTSTATUS NTAPI ObQueryNameString(PVOID Object, POBJECT_NAME_INFORMATION Info, ULONG Length, PULONG ReturnLength) {
    POBP_HEADER header = ObpHeader(Object);
    if (header->Type->Info.QueryName != NULL)
        return header->Type->Info.QueryName(Object, header->Directory != NULL, Info, Length, ReturnLength, KernelMode);
    SIZE_T bytes = Object == ObpRootDirectory ? sizeof(WCHAR) : ObpBuildName(header, NULL);
    if (bytes > MAXUSHORT - sizeof(WCHAR))
        return STATUS_NAME_TOO_LONG;
    SIZE_T needed = sizeof(*Info) + (bytes != 0 ? bytes + sizeof(WCHAR) : 0);
    if (ReturnLength != NULL)
        *ReturnLength = (ULONG)needed;
    if (Info == NULL || Length < needed)
        return STATUS_INFO_LENGTH_MISMATCH;
    RtlZeroMemory(Info, sizeof(*Info));
    if (bytes == 0)
        return STATUS_SUCCESS;
    PWSTR text = (PWSTR)(Info + 1);
    if (Object == ObpRootDirectory)
        text[0] = L'\\';
    else
        ObpBuildName(header, text + bytes / sizeof(WCHAR));
    text[bytes / sizeof(WCHAR)] = 0;
    Info->Name.Buffer = text;
    Info->Name.Length = (USHORT)bytes;
    Info->Name.MaximumLength = (USHORT)(bytes + sizeof(WCHAR));
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI ObGetObjectSecurity(PVOID Object, PSECURITY_DESCRIPTOR *SecurityDescriptor, PBOOLEAN MemoryAllocated) {
    PSECURITY_DESCRIPTOR *place = ObpSecurity(Object), own = place != NULL ? *place : NULL;
    *SecurityDescriptor = NULL;
    *MemoryAllocated = FALSE;
    if (own == NULL)
        return STATUS_SUCCESS;
    ULONG length = RtlLengthSecurityDescriptor(own);
    PVOID copy = ExAllocatePoolWithTag(PagedPool, length, OBP_TAG);
    if (copy == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(copy, own, length);
    *SecurityDescriptor = copy;
    *MemoryAllocated = TRUE;
    return STATUS_SUCCESS;
}

VOID NTAPI ObReleaseObjectSecurity(PSECURITY_DESCRIPTOR SecurityDescriptor, BOOLEAN MemoryAllocated) {
    if (SecurityDescriptor != NULL && MemoryAllocated)
        ExFreePoolWithTag(SecurityDescriptor, OBP_TAG);
}
