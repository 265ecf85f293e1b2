/* Full names of objects, and their security descriptors. */
#include "ob/object.h"

/* Bytes of "\A\B\Name"; 0 when the object has no name. Text, if given, is filled from its end. */
static SIZE_T ObpBuildName(POBP_HEADER Header, PWSTR End) {
    SIZE_T Bytes = 0;
    while (Header->Directory != NULL) {
        Bytes += Header->Name.Length + sizeof(WCHAR);
        if (End != NULL) {
            End -= Header->Name.Length / sizeof(WCHAR);
            RtlCopyMemory(End, Header->Name.Buffer, Header->Name.Length);
            *--End = L'\\';
        }
        Header = ObpHeader(Header->Directory);
    }
    return Bytes;
}

/* ObQueryNameString's page: STATUS_INFO_LENGTH_MISMATCH and the length wanted when the buffer is too small. No name: an empty one. */
NTSTATUS NTAPI ObQueryNameString(PVOID Object, POBJECT_NAME_INFORMATION Info, ULONG Length, PULONG ReturnLength) {
    POBP_HEADER Header = ObpHeader(Object);
    if (Header->Type->Info.QueryName != NULL)
        return Header->Type->Info.QueryName(Object, Header->Directory != NULL, Info, Length, ReturnLength, KernelMode);
    SIZE_T Bytes = Object == ObpRootDirectory ? sizeof(WCHAR) : ObpBuildName(Header, NULL);
    if (Bytes > MAXUSHORT - sizeof(WCHAR))
        return STATUS_NAME_TOO_LONG;
    SIZE_T Needed = sizeof(*Info) + (Bytes != 0 ? Bytes + sizeof(WCHAR) : 0);
    if (ReturnLength != NULL)
        *ReturnLength = (ULONG)Needed;
    if (Info == NULL || Length < Needed)
        return STATUS_INFO_LENGTH_MISMATCH;
    RtlZeroMemory(Info, sizeof(*Info));
    if (Bytes == 0)
        return STATUS_SUCCESS;
    PWSTR Text = (PWSTR)(Info + 1);
    if (Object == ObpRootDirectory)
        Text[0] = L'\\';
    else
        ObpBuildName(Header, Text + Bytes / sizeof(WCHAR));
    Text[Bytes / sizeof(WCHAR)] = 0;
    Info->Name.Buffer = Text;
    Info->Name.Length = (USHORT)Bytes;
    Info->Name.MaximumLength = (USHORT)(Bytes + sizeof(WCHAR));
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI ObGetObjectSecurity(PVOID Object, PSECURITY_DESCRIPTOR *SecurityDescriptor, PBOOLEAN MemoryAllocated) {
    PSECURITY_DESCRIPTOR *Place = ObpSecurity(Object), Own = Place != NULL ? *Place : NULL;
    *SecurityDescriptor = NULL;
    *MemoryAllocated = FALSE;
    if (Own == NULL)
        return STATUS_SUCCESS;
    ULONG Length = RtlLengthSecurityDescriptor(Own);
    PVOID Copy = ExAllocatePoolWithTag(PagedPool, Length, OBP_TAG);
    if (Copy == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(Copy, Own, Length);
    *SecurityDescriptor = Copy;
    *MemoryAllocated = TRUE;
    return STATUS_SUCCESS;
}

VOID NTAPI ObReleaseObjectSecurity(PSECURITY_DESCRIPTOR SecurityDescriptor, BOOLEAN MemoryAllocated) {
    if (SecurityDescriptor != NULL && MemoryAllocated)
        ExFreePoolWithTag(SecurityDescriptor, OBP_TAG);
}
