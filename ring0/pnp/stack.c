/* The drivers of a device, from the bottom: its lower filters, those of its class, its function driver, its upper filters, those of its class. */
#include "ldr/ldr.h"
#include "pnp/node.h"

typedef struct _PNP_DRIVERS { /* of one device; lists in pool, or NULL */
    PWSTR Lists[5];
} PNP_DRIVERS;

#define FUNCTION 2u

static VOID PnppReadDrivers(PPNP_NODE Node, PNP_DRIVERS *Drivers) {
    WCHAR Key[PNP_PATH], Class[PNP_PATH];
    PWSTR Guid;

    RtlZeroMemory(Drivers, sizeof(*Drivers));
    if (!PnpDeviceKey(Node, L"", Key))
        return;
    Drivers->Lists[0] = PnpReadValue(Key, L"LowerFilters", REG_MULTI_SZ, NULL);
    Drivers->Lists[FUNCTION] = PnpReadValue(Key, L"Service", REG_SZ, NULL); /* a list of one: two zeros are behind it */
    Drivers->Lists[3] = PnpReadValue(Key, L"UpperFilters", REG_MULTI_SZ, NULL);
    Guid = PnpReadValue(Key, L"ClassGUID", REG_SZ, NULL);
    if (Guid != NULL && PnpFormat(Class, PNP_PATH, PNP_CONTROL L"Class\\%s", Guid)) {
        Drivers->Lists[1] = PnpReadValue(Class, L"LowerFilters", REG_MULTI_SZ, NULL);
        Drivers->Lists[4] = PnpReadValue(Class, L"UpperFilters", REG_MULTI_SZ, NULL);
    }
    if (Guid != NULL)
        ExFreePoolWithTag(Guid, PNP_TAG);
}

static VOID PnppFreeDrivers(PNP_DRIVERS *Drivers) {
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Drivers->Lists); Index++) {
        if (Drivers->Lists[Index] != NULL)
            ExFreePoolWithTag(Drivers->Lists[Index], PNP_TAG);
    }
}

BOOLEAN PnpUsesService(PPNP_NODE Node, PCWSTR Service) {
    PNP_DRIVERS Drivers;
    BOOLEAN Uses = FALSE;

    if (Node->Path == NULL)
        return FALSE;
    PnppReadDrivers(Node, &Drivers);
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Drivers.Lists); Index++)
        Uses |= PnpHasText(Drivers.Lists[Index], Service);
    PnppFreeDrivers(&Drivers);
    return Uses;
}

BOOLEAN PnpHasInStack(PPNP_NODE Node, PCWSTR Service) {
    UNICODE_STRING Name;

    RtlInitUnicodeString(&Name, Service);
    for (PDEVICE_OBJECT Device = Node->Pdo->AttachedDevice; Device != NULL; Device = Device->AttachedDevice) {
        if (RtlEqualUnicodeString(&Device->DriverObject->DriverExtension->ServiceKeyName, &Name, TRUE))
            return TRUE;
    }
    return FALSE;
}

/* The service's driver, which is loaded if it is not. */
static PDRIVER_OBJECT PnppDriver(PCWSTR Service) {
    WCHAR Key[PNP_PATH];
    UNICODE_STRING Name;
    LDR_REFUSAL Refusal;
    PIOP_DRIVER Driver;
    NTSTATUS Status;

    RtlInitUnicodeString(&Name, Service);
    Driver = IopFindDriver(&Name);
    if (Driver == NULL && !KiMachine->safe && PnpFormat(Key, PNP_PATH, PNP_SERVICES L"%s", Service)) {
        RtlInitUnicodeString(&Name, Key);
        Status = IopLoadDriver(&Name, &Refusal);
        RtlInitUnicodeString(&Name, Service);
        Driver = IopFindDriver(&Name);
        if (!NT_SUCCESS(Status) && Status != STATUS_OBJECT_NAME_NOT_FOUND)
            KdMessage("%S: is the driver of a device, and %s (status 0x%08X)", Service, Refusal.Why[0] != 0 ? Refusal.Why : "cannot be read", Status);
    }
    return Driver != NULL && (Driver->Object.Flags & DRVO_INITIALIZED) && !Driver->UnloadRequested ? &Driver->Object : NULL;
}

static BOOLEAN PnppAdd(PPNP_NODE Node, PCWSTR Service) {
    PDRIVER_OBJECT Driver = PnppDriver(Service);
    NTSTATUS Status;

    if (Driver == NULL) {
        Node->Problem = PNP_PROBLEM_DRIVER;
        return FALSE;
    }
    Node->Problem = PNP_PROBLEM_ADD;
    if (Driver->DriverExtension->AddDevice == NULL) {
        KdMessage("%S: has no AddDevice routine, and is the driver of %S: DriverEntry must set DriverObject->DriverExtension->AddDevice", Service,
                  Node->Path);
        return FALSE;
    }
    KiDriverIsCalled((PVOID)Driver->DriverExtension->AddDevice);
    Status = Driver->DriverExtension->AddDevice(Driver, Node->Pdo);
    if (!NT_SUCCESS(Status))
        KdMessage("%S: its AddDevice returned 0x%08X for %S, which is not started", Service, Status, Node->Path);
    return NT_SUCCESS(Status);
}

BOOLEAN PnpBuildStack(PPNP_NODE Node) {
    PNP_DRIVERS Drivers;
    BOOLEAN Added = TRUE;

    PnppReadDrivers(Node, &Drivers);
    if (Drivers.Lists[FUNCTION] == NULL && !Node->Capabilities.RawDeviceOK) {
        Node->Problem = PNP_PROBLEM_NO_DRIVER;
        PnppFreeDrivers(&Drivers);
        return FALSE;
    }
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Drivers.Lists) && Added; Index++) {
        for (PWSTR Service = Drivers.Lists[Index]; Service != NULL && *Service != 0 && Added; Service += wcslen(Service) + 1)
            Added = PnppAdd(Node, Service);
    }
    PnppFreeDrivers(&Drivers);
    PnpMarkStack(Node, DOE_START_PENDING, 0);
    if (!Added) {
        ULONG Problem = Node->Problem;
        PnpRemove(Node);
        Node->Problem = Problem;
    }
    return Added;
}
