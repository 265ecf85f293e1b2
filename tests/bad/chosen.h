/* The mistake that a driver makes is named by its file: the service is called like it (tests copy the file). */
#pragma once
#include <ntifs.h>

typedef struct _CHOICE {
    PCWSTR Name;
    VOID (*Make)(VOID);
} CHOICE;

static BOOLEAN IsCalled(PCUNICODE_STRING RegistryPath, PCWSTR Name) {
    UNICODE_STRING Last = *RegistryPath, Wanted;

    while (Last.Length != 0 && RegistryPath->Buffer[Last.Length / sizeof(WCHAR) - 1] != L'\\')
        Last.Length -= sizeof(WCHAR);
    Last.Buffer += Last.Length / sizeof(WCHAR);
    Last.Length = RegistryPath->Length - Last.Length;
    RtlInitUnicodeString(&Wanted, Name);
    return RtlEqualUnicodeString(&Wanted, &Last, TRUE);
}
