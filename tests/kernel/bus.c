/* Buses on a machine into which nothing is plugged. */
#include "tap.h"

#pragma clang diagnostic ignored "-Wunused-parameter"

NTHALAPI ULONG NTAPI HalGetBusDataByOffset(BUS_DATA_TYPE, ULONG, ULONG, PVOID, ULONG, ULONG);
NTHALAPI ULONG NTAPI HalSetBusDataByOffset(BUS_DATA_TYPE, ULONG, ULONG, PVOID, ULONG, ULONG);

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UCHAR Config[64];
    RtlFillMemory(Config, sizeof Config, 0xAA);
    is(HalGetBusDataByOffset(PCIConfiguration, 0, 3, Config, 0, sizeof Config), 2, "an empty slot of PCI bus 0");
    is(*(PUSHORT)Config, PCI_INVALID_VENDORID, "its vendor");
    is(Config[2], 0xAA, "and nothing behind it is written");
    is(HalGetBusData(PCIConfiguration, 0, 0, Config, sizeof Config), 2, "the same without an offset");
    is(HalGetBusDataByOffset(PCIConfiguration, 1, 0, Config, 0, sizeof Config), 0, "a bus that is not there");
    is(HalGetBusDataByOffset(Cmos, 0, 0, Config, 0, 1), 0, "a kind of bus data that this machine does not have");
    is(HalSetBusDataByOffset(PCIConfiguration, 0, 3, Config, 4, 2), 0, "an empty slot takes no bytes");
    is(HalSetBusData(PCIConfiguration, 0, 3, Config, 2), 0, "nor without an offset");

    PHYSICAL_ADDRESS Bus = {.QuadPart = 0xFEBC0000}, Translated = {.QuadPart = 0};
    ULONG Space = 0;
    is(HalTranslateBusAddress(PCIBus, 0, Bus, &Space, &Translated), TRUE, "memory on PCI bus 0");
    is(Translated.QuadPart, Bus.QuadPart, "stays where it is");
    is(Space, 0, "as memory");
    Space = 1;
    Bus.QuadPart = 0x3F8;
    is(HalTranslateBusAddress(Isa, 0, Bus, &Space, &Translated), TRUE, "a port of ISA bus 0");
    is(Translated.QuadPart, 0x3F8, "stays the same port");
    is(Space, 1, "as a port");
    is(HalTranslateBusAddress(PCIBus, 7, Bus, &Space, &Translated), FALSE, "a bus that is not there");
    Space = 2;
    is(HalTranslateBusAddress(PCIBus, 0, Bus, &Space, &Translated), FALSE, "an address space that does not exist");

    KIRQL Irql = 99;
    KAFFINITY Affinity = 99;
    ok(HalGetInterruptVector(Isa, 0, 4, 4, &Irql, &Affinity) != 0, "an interrupt line has a vector");
    ok(Irql > DISPATCH_LEVEL && Irql < CLOCK_LEVEL, "a level of devices");
    is(Affinity, KeQueryActiveProcessors(), "and processors");
    is(HalGetInterruptVector(Isa, 0, 16, 16, &Irql, &Affinity), 0, "ISA has no line 16");
    is(Affinity, 0, "on no processor");
    PHYSICAL_ADDRESS Nothing = {.QuadPart = 0xFEBC0000};
    PULONG Mapped = MmMapIoSpace(Nothing, PAGE_SIZE, MmNonCached);
    ok(Mapped != NULL, "I/O space in which nothing is can be mapped");
    is(READ_REGISTER_ULONG(Mapped), 0xFFFFFFFF, "and reads as all ones");
    WRITE_REGISTER_ULONG(Mapped, 1);
    is(MmGetPhysicalAddress(Mapped + 1).QuadPart, 0xFEBC0004, "its physical address");
    MmUnmapIoSpace(Mapped, PAGE_SIZE);
    is(READ_PORT_UCHAR((PUCHAR)(ULONG_PTR)0x3FD), 0xFF, "a port where nothing is");
    is(HalMakeBeep(440), FALSE, "there is no speaker");
}
