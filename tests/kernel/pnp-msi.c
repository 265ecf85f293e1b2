/* Interrupts of edu by message: the registry permits them, the bus driver switches them on, IoConnectInterruptEx connects each. */
// ringside run --device edu --device edu
// ringside match PCI\VEN_1234&DEV_11E8,msi
#define TAP_OWN_UNLOAD
#define TAP_PLAN_LATER
#include "edu-device.h"

#define MESSAGE_FLAGS (CM_RESOURCE_INTERRUPT_MESSAGE | CM_RESOURCE_INTERRUPT_LATCHED)

static ULONG Vectors[2], Started;

static VOID CheckResources(PEDU Edu, PCM_RESOURCE_LIST Raw, PCM_RESOURCE_LIST Translated) {
    PCM_PARTIAL_RESOURCE_DESCRIPTOR First = &Raw->List[0].PartialResourceList.PartialDescriptors[1];
    PCM_PARTIAL_RESOURCE_DESCRIPTOR Second = &Translated->List[0].PartialResourceList.PartialDescriptors[1];
    is(Raw->List[0].PartialResourceList.Count, 2, "memory and an interrupt");
    is(First->Type, CmResourceTypeInterrupt, "an interrupt");
    is(First->Flags & MESSAGE_FLAGS, MESSAGE_FLAGS, "by message");
    is(First->u.MessageInterrupt.Raw.MessageCount, 1, "one message");
    is(Second->u.MessageInterrupt.Translated.Vector >> 4, Second->u.MessageInterrupt.Translated.Level, "a vector of its level");
    Vectors[Started & 1] = Second->u.MessageInterrupt.Translated.Vector;
}

static VOID OnStarted(PEDU Edu, PIO_STACK_LOCATION Stack) {
    UCHAR Capability[16];
    CheckResources(Edu, Stack->Parameters.StartDevice.AllocatedResources, Stack->Parameters.StartDevice.AllocatedResourcesTranslated);
    STATUS(ReadConfig(Edu, Capability, 0x40, sizeof Capability), STATUS_SUCCESS, "the capability in the configuration space");
    is(Capability[0], 5, "is that for messages");
    is(Capability[2] & 1, 1, "which are on");
    is(Capability[12], Vectors[Started & 1], "and are the vector");
    STATUS(ConnectLine(Edu), STATUS_NOT_FOUND, "there is no line to connect to");
    WRITE_REGISTER_ULONG(REG(Edu, 0x60), 1); /* a message to nobody */
    WRITE_REGISTER_ULONG(REG(Edu, 0x64), 1);
    STATUS(ConnectMessages(Edu), STATUS_SUCCESS, "messages are connected");
    is(Edu->Claims, 0, "what came before is not remembered");
    is(Edu->Messages->MessageCount, 1, "one");
    is(Edu->Messages->MessageInfo[0].Vector, Vectors[Started & 1], "of the vector");
    is(Edu->Messages->MessageInfo[0].Mode, Latched, "that is latched");
    is(Edu->Messages->MessageInfo[0].MessageAddress.QuadPart >> 20, 0xFEE, "to a processor");
    Edu->MessageId = 99;
    WRITE_REGISTER_ULONG(REG(Edu, 0x60), 0x40);
    is(Edu->Cause, 0x40, "an interrupt comes");
    is(Edu->MessageId, 0, "of message 0");
    is(Edu->SeenIrql, Edu->Messages->MessageInfo[0].Irql, "at its level");
    WRITE_REGISTER_ULONG(REG(Edu, 0x20), 0x80);
    WRITE_REGISTER_ULONG(REG(Edu, 8), 5);
    CheckDma(Edu);
    is(READ_REGISTER_ULONG(REG(Edu, 8)), 120, "a factorial");
    is(Edu->Claims, 4, "each of them was told once");
    Disconnect(Edu);
    WRITE_REGISTER_ULONG(REG(Edu, 0x60), 2);
    is(Edu->Claims, 4, "and none when it is disconnected");
    WRITE_REGISTER_ULONG(REG(Edu, 0x64), 2);
    STATUS(ConnectMessages(Edu), STATUS_SUCCESS, "connected again");
    Started++;
}

static VOID OnRemoved(PEDU Edu) {}

static VOID TapUnload(PDRIVER_OBJECT DriverObject) {
    is(Adds, 2, "two devices were added");
    is(Removes, 2, "and removed");
    ok(Vectors[0] != Vectors[1], "each had a vector of its own");
    DbgPrint("1..%u\n", TapCount);
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    SetUp(DriverObject);
    DriverObject->DriverUnload = TapUnload;
}
