/* Interrupts of edu by a table of messages (MSI-X): each cause has its own, the driver chooses a processor for one, and a masked entry waits. */
// ringside run --device edu=msix --cpus 2
// ringside match PCI\VEN_1234&DEV_11E8,msi
#define TAP_OWN_UNLOAD
#define TAP_PLAN_LATER
#define EDU_FILTERS
#include "edu-device.h"

#define MESSAGE_FLAGS (CM_RESOURCE_INTERRUPT_MESSAGE | CM_RESOURCE_INTERRUPT_LATCHED)
#define TABLE         0x80000
#define PENDING       0x80800
#define MESSAGES      4u

/* Of a requirement for an interrupt, behind MaximumVector: IO_RESOURCE_DESCRIPTOR.u.Interrupt. */
typedef struct _CHOICE {
    ULONG MinimumVector, MaximumVector;
    USHORT AffinityPolicy, Group;
    ULONG PriorityPolicy;
    KAFFINITY TargetedProcessors;
} CHOICE, *PCHOICE;

static ULONG Offered, Seen[MESSAGES], SeenOn[MESSAGES];

/* The second message is for the second processor. */
static VOID OnFilter(PEDU Edu, PIO_RESOURCE_REQUIREMENTS_LIST Required) {
    PIO_RESOURCE_LIST List = &Required->List[0];
    is(Required->AlternativeLists, 2, "there is another list, should that be too many");
    for (ULONG Index = 0; Index < List->Count; Index++) {
        PIO_RESOURCE_DESCRIPTOR Descriptor = &List->Descriptors[Index];
        PCHOICE Choice = (PCHOICE)&Descriptor->u;
        if (Descriptor->Type != CmResourceTypeInterrupt)
            continue;
        Choice->AffinityPolicy = IrqPolicySpecifiedProcessors;
        Choice->TargetedProcessors = Offered == 1 ? 2 : 1;
        Offered++;
    }
}

static BOOLEAN NTAPI OnAny(PKINTERRUPT Interrupt, PVOID Context, ULONG MessageId) {
    PEDU Edu = Context;
    ULONG Cause = READ_REGISTER_ULONG(REG(Edu, 0x24));
    Seen[MessageId]++;
    SeenOn[MessageId] = KeGetCurrentProcessorNumber();
    Edu->Cause = Cause;
    WRITE_REGISTER_ULONG(REG(Edu, 0x64), Cause);
    return TRUE;
}

static VOID CheckResources(PEDU Edu, PCM_RESOURCE_LIST Raw, PCM_RESOURCE_LIST Translated) {
    PCM_PARTIAL_RESOURCE_LIST First = &Raw->List[0].PartialResourceList, Second = &Translated->List[0].PartialResourceList;
    is(Offered, MESSAGES, "a requirement for each message");
    is(First->Count, 1 + MESSAGES, "memory and as many interrupts");
    for (ULONG Index = 1; Index <= MESSAGES; Index++) {
        is(First->PartialDescriptors[Index].Flags & MESSAGE_FLAGS, MESSAGE_FLAGS, "by message");
        is(First->PartialDescriptors[Index].u.MessageInterrupt.Raw.MessageCount, 1, "one");
        is(Second->PartialDescriptors[Index].u.MessageInterrupt.Translated.Affinity, Index == 2 ? 2 : 1, "for the processor that was chosen");
        is(READ_REGISTER_ULONG(REG(Edu, TABLE + (Index - 1) * 16)), 0xFEE00000 | (Index == 2 ? 1 << 12 : 0), "in the table: its address");
        is(READ_REGISTER_ULONG(REG(Edu, TABLE + (Index - 1) * 16 + 8)), Second->PartialDescriptors[Index].u.MessageInterrupt.Translated.Vector,
           "its vector");
        is(READ_REGISTER_ULONG(REG(Edu, TABLE + (Index - 1) * 16 + 12)) & 1, 0, "not masked");
    }
}

static NTSTATUS Connect(PEDU Edu) {
    IO_CONNECT_INTERRUPT_PARAMETERS Parameters = {.Version = CONNECT_MESSAGE_BASED};
    Parameters.MessageBased.PhysicalDeviceObject = Edu->Pdo;
    Parameters.MessageBased.ConnectionContext.InterruptMessageTable = &Edu->Messages;
    Parameters.MessageBased.MessageServiceRoutine = OnAny;
    Parameters.MessageBased.ServiceContext = Edu;
    return IoConnectInterruptEx(&Parameters);
}

static VOID CheckMessages(PEDU Edu) {
    LARGE_INTEGER Pause = {.QuadPart = -2000};
    STATUS(Connect(Edu), STATUS_SUCCESS, "messages are connected");
    is(Edu->Messages->MessageCount, MESSAGES, "all of them");
    is(Edu->Messages->UnifiedIrql, 0, "each at its own level, without a lock for all");
    is(Edu->Messages->MessageInfo[1].TargetProcessorSet, 2, "the second to its processor");
    is(Edu->Messages->MessageInfo[1].MessageAddress.LowPart, 0xFEE01000, "by its address");
    WRITE_REGISTER_ULONG(REG(Edu, 0x60), 0x40);
    is(Seen[0], 1, "what is raised is message 0");
    is(SeenOn[0], 0, "on the first processor");
    WRITE_REGISTER_ULONG(REG(Edu, 0x20), 0x80);
    WRITE_REGISTER_ULONG(REG(Edu, 8), 5);
    KeDelayExecutionThread(KernelMode, FALSE, &Pause);
    is(Seen[1], 1, "the factorial is message 1");
    is(SeenOn[1], 1, "on the second processor");
    CheckDma(Edu);
    is(Seen[2], 2, "the end of each transfer is message 2");
    is(Seen[0] + Seen[1] + Seen[3], 2, "and no other");
}

static VOID CheckMask(PEDU Edu) {
    WRITE_REGISTER_ULONG(REG(Edu, TABLE + 12), 1);
    WRITE_REGISTER_ULONG(REG(Edu, 0x60), 0x80);
    is(Seen[0], 1, "a masked message does not come");
    is(READ_REGISTER_ULONG(REG(Edu, PENDING)), 1, "it is pending");
    WRITE_REGISTER_ULONG(REG(Edu, TABLE + 12), 0);
    is(Seen[0], 2, "and comes when it is unmasked");
    is(READ_REGISTER_ULONG(REG(Edu, PENDING)), 0, "once");
}

static VOID OnStarted(PEDU Edu, PIO_STACK_LOCATION Stack) {
    UCHAR Capability[12];
    KeSetSystemAffinityThread(1);
    STATUS(ReadConfig(Edu, Capability, 0x40, sizeof Capability), STATUS_SUCCESS, "the capability in the configuration space");
    is(Capability[0], 0x11, "is that for a table of messages");
    is(*(PUSHORT)&Capability[2], 0x8000 | (MESSAGES - 1), "of four, which is on");
    is(*(PULONG)&Capability[4], TABLE, "in the first base address");
    CheckResources(Edu, Stack->Parameters.StartDevice.AllocatedResources, Stack->Parameters.StartDevice.AllocatedResourcesTranslated);
    CheckMessages(Edu);
    CheckMask(Edu);
    KeRevertToUserAffinityThread();
}

static VOID OnRemoved(PEDU Edu) {}

static VOID TapUnload(PDRIVER_OBJECT DriverObject) {
    is(Removes, 1, "the device is removed");
    DbgPrint("1..%u\n", TapCount);
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    SetUp(DriverObject);
    DriverObject->DriverUnload = TapUnload;
}
