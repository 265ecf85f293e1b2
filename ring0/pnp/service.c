/* What the monitor asks for: drivers that come and go. */
#include "pnp/node.h"

static NTSTATUS PnppStartAll(PVOID Context) {
    PnpStartRoot();
    PnpRoot->Invalidated = TRUE;
    return STATUS_SUCCESS;
}

VOID PnpInitSystem(VOID) { PnpCall(PnppStartAll, NULL); }

/* A device that runs without one of its drivers is removed and started with it, if nobody minds. */
static NTSTATUS PnppArrive(PVOID Context) {
    for (PLIST_ENTRY Link = PnpNodes.Flink; Link != &PnpNodes; Link = Link->Flink) {
        PPNP_NODE Node = CONTAINING_RECORD(Link, PNP_NODE, Entry);

        if (Node->Path == NULL || Node->Parent == NULL)
            continue;
        PnpMatch(Node);
        if (!PnpUsesService(Node, Context) || PnpHasInStack(Node, Context))
            continue;
        if (Node->State == PnpStarted && !NT_SUCCESS(PnpQueryAndRemove(Node))) {
            KdMessage("%S: serves %S only when that is started the next time: it is in use", (PCWSTR)Context, Node->Path);
            continue;
        }
        Node->Problem = PNP_PROBLEM_NONE;
        Node->WantsStart = TRUE;
    }
    return STATUS_SUCCESS;
}

VOID PnpDriverArrived(PCUNICODE_STRING Service) {
    WCHAR Name[PNP_ID];

    if (PnpFormat(Name, RTL_NUMBER_OF(Name), L"%wZ", Service))
        PnpCall(PnppArrive, Name);
}

/* What lies below a device goes with it: the list is looked at anew then. */
static NTSTATUS PnppLeave(PVOID Context) {
    NTSTATUS Status = STATUS_SUCCESS;

    for (PLIST_ENTRY Link = PnpNodes.Flink; Link != &PnpNodes && NT_SUCCESS(Status);) {
        PPNP_NODE Node = CONTAINING_RECORD(Link, PNP_NODE, Entry);

        Link = Link->Flink;
        if (Node->State == PnpSurprised && PnpHasInStack(Node, Context))
            Status = STATUS_UNSUCCESSFUL;
        if (Node->State != PnpStarted || !PnpHasInStack(Node, Context))
            continue;
        Status = PnpQueryAndRemove(Node);
        if (NT_SUCCESS(Status))
            Node->Problem = PNP_PROBLEM_DISABLED;
        Link = PnpNodes.Flink;
    }
    return Status;
}

NTSTATUS PnpRemoveDriver(PCUNICODE_STRING Service) {
    WCHAR Name[PNP_ID];

    return PnpFormat(Name, RTL_NUMBER_OF(Name), L"%wZ", Service) ? PnpCall(PnppLeave, Name) : STATUS_SUCCESS;
}

typedef struct _PNP_COUNT {
    WCHAR Service[PNP_ID];
    PWSTR Unserved;
    ULONG UnservedCount, Devices;
} PNP_COUNT;

static NTSTATUS PnppCount(PVOID Context) {
    PNP_COUNT *Count = Context;
    WCHAR Key[PNP_PATH];

    for (PLIST_ENTRY Link = PnpNodes.Flink; Link != &PnpNodes; Link = Link->Flink) {
        PPNP_NODE Node = CONTAINING_RECORD(Link, PNP_NODE, Entry);
        PWSTR Ids;

        Count->Devices += PnpHasInStack(Node, Count->Service) || PnpUsesService(Node, Count->Service);
        if (Count->Unserved[0] != 0 || Node->State != PnpIdle || Node->Problem != PNP_PROBLEM_NO_DRIVER || !PnpDeviceKey(Node, L"", Key))
            continue;
        Ids = PnpReadValue(Key, L"HardwareID", REG_MULTI_SZ, NULL);
        if (Ids == NULL)
            continue;
        for (PWSTR Id = Ids; *Id != 0; Id += wcslen(Id) + 1) /* the least particular one */
            PnpFormat(Count->Unserved, Count->UnservedCount, L"%s", Id);
        ExFreePoolWithTag(Ids, PNP_TAG);
    }
    return STATUS_SUCCESS;
}

ULONG PnpCountDevices(PCUNICODE_STRING Service, PWSTR Unserved, ULONG UnservedCount) {
    PNP_COUNT Count = {.Unserved = Unserved, .UnservedCount = UnservedCount};

    Unserved[0] = 0;
    if (PnpFormat(Count.Service, PNP_ID, L"%wZ", Service))
        PnpCall(PnppCount, &Count);
    return Count.Devices;
}
