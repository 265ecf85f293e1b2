/* NtDisplayString. */
#include "ex/ex.h"
#include "ps/ps.h"

#define DISPLAY_TAG     'psiD'
#define DISPLAY_MAXIMUM 4096u

/* Text on the boot screen, which here is standard output. */
NTSTATUS NTAPI NtDisplayString(PUNICODE_STRING String) {
    UNICODE_STRING Captured;
    PWSTR Wide;
    PCHAR Narrow;
    ULONG Bytes = 0;
    NTSTATUS Status = KiCopyIn(&Captured, String, sizeof(Captured));

    if (!NT_SUCCESS(Status) || Captured.Length == 0)
        return Status;
    if (Captured.Length > DISPLAY_MAXIMUM || (Captured.Length & 1) != 0)
        return STATUS_INVALID_PARAMETER;
    Wide = ExAllocatePoolWithTag(PagedPool, Captured.Length * 3u /* two bytes of UTF-16 are at most three of UTF-8 */ + Captured.Length, DISPLAY_TAG);
    if (Wide == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Narrow = (PCHAR)Wide + Captured.Length;
    Status = KiCopyIn(Wide, Captured.Buffer, Captured.Length);
    if (NT_SUCCESS(Status))
        Status = RtlUnicodeToUTF8N(Narrow, Captured.Length * 3u, &Bytes, Wide, Captured.Length);
    if (NT_SUCCESS(Status))
        HalOps->console_write(IoGetCurrentProcess()->Console, 1, Narrow, Bytes);
    ExFreePoolWithTag(Wide, DISPLAY_TAG);
    return Status;
}
