/* Stores a value of a hive that programs fill without looking at its type: 0x139, as RtlQueryRegistryValues' page says. */
#include "bad.h"

MISTAKE VOID Mistake(VOID) {
    ULONG Number = 1;
    RTL_QUERY_REGISTRY_TABLE Table[2] = {{.Flags = RTL_QUERY_REGISTRY_DIRECT, .Name = L"Number", .EntryContext = &Number}};

    RtlQueryRegistryValues(RTL_REGISTRY_USER, L"Console", Table, NULL, NULL); /* which is not there */
    RtlWriteRegistryValue(RTL_REGISTRY_USER, L"Ringside", L"Number", REG_DWORD, &Number, sizeof Number);
    RtlQueryRegistryValues(RTL_REGISTRY_USER, L"Ringside", Table, NULL, NULL);
}
