/* A driver that makes one mistake, in DriverEntry: it defines Mistake. */
#pragma once
#include <ntifs.h>

/* A frame of its own on the stack that the screen shows. */
#define MISTAKE static __declspec(noinline)

DRIVER_INITIALIZE DriverEntry;
static VOID Mistake(VOID);

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    Mistake();
    return STATUS_SUCCESS;
}
