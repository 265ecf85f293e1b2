/* The device that tests/user/pnp-find.c finds by its interface: edu, with a function driver that can be opened. */
// ringside run --device edu --device edu
// ringside match PCI\VEN_1234&DEV_11E8
#define TAP_OWN_UNLOAD
#define TAP_PLAN_LATER
#include "edu-device.h"

static VOID OnStarted(PEDU Edu, PIO_STACK_LOCATION Stack) { IoSetDeviceInterfaceState(&Edu->Link, TRUE); }

static VOID OnRemoved(PEDU Edu) {}

static VOID Unload(PDRIVER_OBJECT DriverObject) {}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    SetUp(DriverObject);
    DriverObject->DriverUnload = Unload;
}
