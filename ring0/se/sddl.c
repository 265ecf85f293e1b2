/* Security descriptors as text. */
#include "rtl/sddl_text.h"
#include "se/sep.h"

ULONG SeFormatDescriptor(PSECURITY_DESCRIPTOR Descriptor, PSTR Buffer, ULONG Size) {
    SDDL_WRITER Writer = {.Narrow = Buffer, .Room = Size};
    SddlFormat(&Writer, SepOwner(Descriptor), SepGroup(Descriptor), (PUCHAR)SepDacl(Descriptor), (PUCHAR)SepSacl(Descriptor),
               ((SECURITY_DESCRIPTOR *)Descriptor)->Control);
    if (Size != 0)
        Buffer[Writer.Length < Size ? Writer.Length : Size - 1] = 0;
    return Writer.Length;
}

NTSTATUS SeParseDescriptor(PCWSTR Text, PSECURITY_DESCRIPTOR *Descriptor) {
    unsigned int size = 0;
    if (!SddlParse(Text, NULL, 0, &size))
        return STATUS_INVALID_SECURITY_DESCR;
    *Descriptor = ExAllocatePoolWithTag(PagedPool, size, SEP_TAG);
    if (*Descriptor == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    SddlParse(Text, *Descriptor, size, &size);
    return STATUS_SUCCESS;
}
