/* Interrupts by message: the capability for one (MSI), or the one for a table of them (MSI-X), which is in the device's memory. */
#include "pci.h"

#define MSI_PROPERTIES   L"Interrupt Management\\MessageSignaledInterruptProperties"
#define MESSAGE_ADDRESS  0xFEE00000u /* of the processor that takes the interrupt: its number is in bits 12 on (Intel SDM 3A, 11.11) */
#define MAX_CAPABILITIES 48u

/* The capability for one message, with 64-bit addresses (6.8.1). */
#define CONTROL     2u
#define MSI_ENABLE  1u
#define MSI_ADDRESS 4u
#define MSI_DATA    12u
#define MSI_64_BIT  0x80u
/* The capability for a table, and an entry of it (6.8.2). */
#define MSIX_ENABLE     0x8000u
#define MSIX_MASK       0x4000u
#define MSIX_COUNT      0x07FFu
#define MSIX_TABLE      4u
#define MSIX_BAR        7u
#define MSIX_ENTRY_SIZE 16u

/* A device that has both is better off with the table. */
VOID PciFindMessages(PPCI_DEVICE Device) {
    UCHAR Offset = Device->Header.u.type0.CapabilitiesPtr & ~3u, Capability[4];

    Device->Msi = Device->Msix = 0;
    Device->Messages = 0;
    if (!(Device->Header.Status & PCI_STATUS_CAPABILITIES_LIST))
        return;
    for (ULONG Count = 0; Offset >= sizeof(PCI_COMMON_HEADER) && Count < MAX_CAPABILITIES; Count++) {
        PciRead(Device->Slot, Offset, Capability, sizeof(Capability));
        if (Capability[0] == PCI_MSI_ID && (Capability[CONTROL] & MSI_64_BIT))
            Device->Msi = Offset;
        if (Capability[0] == PCI_MSIX_ID) {
            Device->Msix = Offset;
            Device->Messages = (*(PUSHORT)&Capability[CONTROL] & MSIX_COUNT) + 1;
        }
        Offset = Capability[1] & ~3u;
    }
    if (Device->Msix == 0 && Device->Msi != 0)
        Device->Messages = 1;
}

/* ---- What an INF says ("Enabling Message-Signaled Interrupts in the Registry") ---- */
static BOOLEAN PciQueryNumber(HANDLE Key, PCWSTR Text, PULONG Number) {
    UCHAR Room[sizeof(KEY_VALUE_PARTIAL_INFORMATION) + sizeof(ULONG)];
    PKEY_VALUE_PARTIAL_INFORMATION Value = (PKEY_VALUE_PARTIAL_INFORMATION)Room;
    UNICODE_STRING Name;
    ULONG Size;

    RtlInitUnicodeString(&Name, Text);
    if (!NT_SUCCESS(ZwQueryValueKey(Key, &Name, KeyValuePartialInformation, Value, sizeof(Room), &Size)) || Value->Type != REG_DWORD ||
        Value->DataLength != sizeof(ULONG))
        return FALSE;
    *Number = *(PULONG)Value->Data;
    return TRUE;
}

ULONG PciPermittedMessages(PPCI_DEVICE Device) {
    UNICODE_STRING Below = RTL_CONSTANT_STRING(MSI_PROPERTIES);
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Parameters, Key;
    ULONG Supported = 0, Limit = Device->Messages;

    if (Device->Messages == 0 || !NT_SUCCESS(IoOpenDeviceRegistryKey(Device->Self, PLUGPLAY_REGKEY_DEVICE, KEY_READ, &Parameters)))
        return 0;
    InitializeObjectAttributes(&Attributes, &Below, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, Parameters, NULL);
    if (NT_SUCCESS(ZwOpenKey(&Key, KEY_READ, &Attributes))) {
        PciQueryNumber(Key, L"MSISupported", &Supported);
        if (!PciQueryNumber(Key, L"MessageNumberLimit", &Limit) || Limit == 0 || Limit > Device->Messages)
            Limit = Device->Messages;
        ZwClose(Key);
    }
    ZwClose(Parameters);
    return Supported != 0 ? Limit : 0;
}

/* ---- What was assigned ---- */
static BOOLEAN PciIsMessage(const CM_PARTIAL_RESOURCE_DESCRIPTOR *Descriptor) {
    return Descriptor->Type == CmResourceTypeInterrupt && (Descriptor->Flags & CM_RESOURCE_INTERRUPT_MESSAGE) != 0;
}

/* The first processor of those that may take it. */
static ULONG PciMessageAddress(const CM_PARTIAL_RESOURCE_DESCRIPTOR *Descriptor) {
    KAFFINITY Processors = Descriptor->u.MessageInterrupt.Raw.Affinity;

    return MESSAGE_ADDRESS | (Processors != 0 ? (ULONG)__builtin_ctzll(Processors) << 12 : 0);
}

static VOID PciSetControl(PPCI_DEVICE Device, UCHAR Capability, USHORT Set, USHORT Clear) {
    USHORT Control;

    PciRead(Device->Slot, Capability + CONTROL, &Control, sizeof(Control));
    Control = (USHORT)((Control & ~Clear) | Set);
    PciWrite(Device->Slot, Capability + CONTROL, &Control, sizeof(Control));
}

static VOID PciSetOne(PPCI_DEVICE Device, const CM_PARTIAL_RESOURCE_DESCRIPTOR *Message) {
    ULONG64 Address = PciMessageAddress(Message);
    USHORT Data = (USHORT)Message->u.MessageInterrupt.Raw.Vector;

    PciWrite(Device->Slot, Device->Msi + MSI_ADDRESS, &Address, sizeof(Address));
    PciWrite(Device->Slot, Device->Msi + MSI_DATA, &Data, sizeof(Data));
    PciSetControl(Device, Device->Msi, MSI_ENABLE, 0);
}

/* In the order of the descriptors. Entries that nothing was assigned for stay masked, as they come out of reset. FALSE: the table cannot be reached. */
static BOOLEAN PciFillTable(PPCI_DEVICE Device, const CM_PARTIAL_RESOURCE_LIST *List) {
    ULONG Table, Bar, Length = Device->Messages * MSIX_ENTRY_SIZE, Next = 0;
    PHYSICAL_ADDRESS Physical;
    PULONG Entry, Start;

    PciRead(Device->Slot, Device->Msix + MSIX_TABLE, &Table, sizeof(Table));
    if ((Table & MSIX_BAR) >= PCI_BARS)
        return FALSE;
    PciRead(Device->Slot, (ULONG)FIELD_OFFSET(PCI_COMMON_CONFIG, u.type0.BaseAddresses[Table & MSIX_BAR]), &Bar, sizeof(Bar));
    Physical.QuadPart = (LONGLONG)((Bar & PCI_ADDRESS_MEMORY_ADDRESS_MASK) + (Table & ~MSIX_BAR));
    Start = Entry = MmMapIoSpace(Physical, Length, MmNonCached);
    if (Start == NULL)
        return FALSE;
    for (ULONG Index = 0; Index < List->Count; Index++) {
        const CM_PARTIAL_RESOURCE_DESCRIPTOR *Descriptor = &List->PartialDescriptors[Index];

        for (ULONG Message = 0; PciIsMessage(Descriptor) && Message < Descriptor->u.MessageInterrupt.Raw.MessageCount && Next < Device->Messages;
             Message++, Next++, Entry += MSIX_ENTRY_SIZE / sizeof(ULONG)) {
            WRITE_REGISTER_ULONG(&Entry[0], PciMessageAddress(Descriptor));
            WRITE_REGISTER_ULONG(&Entry[1], 0);
            WRITE_REGISTER_ULONG(&Entry[2], Descriptor->u.MessageInterrupt.Raw.Vector + Message);
            WRITE_REGISTER_ULONG(&Entry[3], 0);
        }
    }
    MmUnmapIoSpace(Start, Length);
    return TRUE;
}

VOID PciSetMessages(PPCI_DEVICE Device, const CM_PARTIAL_RESOURCE_LIST *List) {
    const CM_PARTIAL_RESOURCE_DESCRIPTOR *First = NULL;

    for (ULONG Index = 0; List != NULL && Index < List->Count && First == NULL; Index++) {
        if (PciIsMessage(&List->PartialDescriptors[Index]))
            First = &List->PartialDescriptors[Index];
    }
    if (Device->Msi != 0)
        PciSetControl(Device, Device->Msi, 0, MSI_ENABLE);
    if (Device->Msix != 0)
        PciSetControl(Device, Device->Msix, 0, MSIX_ENABLE);
    if (First == NULL)
        return;
    if (Device->Msix == 0)
        PciSetOne(Device, First);
    else if (PciFillTable(Device, List))
        PciSetControl(Device, Device->Msix, MSIX_ENABLE, MSIX_MASK);
}
