/* Who wants to hear of devices that come and go, and how he is told: in the manager's thread, but for interfaces that are there when he registers. */
#include "pnp/node.h"

#define PNP_NOTIFY_TAG 'NpnP'

typedef struct _PNP_NOTIFICATION { /* keeps its driver's object while it is registered */
    LIST_ENTRY Entry;
    PDRIVER_OBJECT Driver;
    IO_NOTIFICATION_EVENT_CATEGORY Category;
    PDRIVER_NOTIFICATION_CALLBACK_ROUTINE Callback;
    PVOID Context;
    GUID Class;        /* of interfaces */
    PPNP_NODE Node;    /* of the file; NULL when the device is gone */
    PFILE_OBJECT File; /* not referenced: it keeps no device from being removed */
    ULONG Calls;       /* its routine is being called */
    BOOLEAN Gone;      /* unregistered, and not to be called any more */
    BOOLEAN FreeLater; /* by who calls it: it unregistered itself from within */
    KEVENT Idle;
} PNP_NOTIFICATION, *PPNP_NOTIFICATION;

static LIST_ENTRY PnppNotifications = {&PnppNotifications, &PnppNotifications};
static const GUID Arrival = {0xCB3A4004, 0x46F0, 0x11D0, {0xB0, 0x8F, 0x00, 0x60, 0x97, 0x13, 0x05, 0x3F}};
static const GUID Removal = {0xCB3A4005, 0x46F0, 0x11D0, {0xB0, 0x8F, 0x00, 0x60, 0x97, 0x13, 0x05, 0x3F}};
static const GUID QueryRemove = {0xCB3A4006, 0x46F0, 0x11D0, {0xB0, 0x8F, 0x00, 0x60, 0x97, 0x13, 0x05, 0x3F}};

static BOOLEAN PnppIsSame(const GUID *First, const GUID *Second) { return RtlEqualMemory(First, Second, sizeof(GUID)); }

/* ---- Registering ---- */
static VOID PnppFreeNotification(PPNP_NOTIFICATION Notification) {
    RemoveEntryList(&Notification->Entry);
    ObfDereferenceObject(Notification->Driver);
    ExFreePoolWithTag(Notification, PNP_NOTIFY_TAG);
}

static NTSTATUS PnppCallBack(PPNP_NOTIFICATION Notification, PVOID Structure) {
    NTSTATUS Status;

    Notification->Calls++;
    KeClearEvent(&Notification->Idle);
    KiDriverIsCalled((PVOID)Notification->Callback);
    Status = Notification->Callback(Structure, Notification->Context);
    if (--Notification->Calls == 0)
        KeSetEvent(&Notification->Idle, IO_NO_INCREMENT, FALSE);
    return Status;
}

static VOID PnppCallForInterface(PPNP_NOTIFICATION Notification, const GUID *Event, PUNICODE_STRING Link) {
    DEVICE_INTERFACE_CHANGE_NOTIFICATION Structure = {
        .Version = 1, .Size = sizeof(Structure), .Event = *Event, .InterfaceClassGuid = Notification->Class, .SymbolicLinkName = Link};

    PnppCallBack(Notification, &Structure);
}

static VOID PnppTellExisting(PUNICODE_STRING Link, PVOID Context) { PnppCallForInterface(Context, &Arrival, Link); }

/* Whose device the file is: the PDO says it (TargetDeviceRelation). */
static PPNP_NODE PnppTargetOf(PFILE_OBJECT File) {
    IO_STACK_LOCATION Parameters = {0};
    PDEVICE_RELATIONS Relations;
    ULONG_PTR Information = 0;
    PPNP_NODE Node;

    Parameters.Parameters.QueryDeviceRelations.Type = TargetDeviceRelation;
    if (!NT_SUCCESS(PnpSend(IoGetRelatedDeviceObject(File), IRP_MN_QUERY_DEVICE_RELATIONS, &Parameters, &Information)) || Information == 0)
        return NULL;
    Relations = (PDEVICE_RELATIONS)Information;
    Node = Relations->Count == 1 ? PnpNodeOf(Relations->Objects[0]) : NULL;
    for (ULONG Index = 0; Index < Relations->Count; Index++)
        ObfDereferenceObject(Relations->Objects[Index]);
    ExFreePool(Relations);
    return Node;
}

NTSTATUS NTAPI IoRegisterPlugPlayNotification(IO_NOTIFICATION_EVENT_CATEGORY EventCategory, ULONG EventCategoryFlags, PVOID EventCategoryData,
                                              PDRIVER_OBJECT DriverObject, PDRIVER_NOTIFICATION_CALLBACK_ROUTINE CallbackRoutine, PVOID Context,
                                              PVOID *NotificationEntry) {
    PPNP_NOTIFICATION Notification;
    PPNP_NODE Node = NULL;

    *NotificationEntry = NULL;
    if ((ULONG)EventCategory - EventCategoryHardwareProfileChange > EventCategoryTargetDeviceChange - EventCategoryHardwareProfileChange ||
        CallbackRoutine == NULL || (EventCategory != EventCategoryHardwareProfileChange && EventCategoryData == NULL))
        return STATUS_INVALID_PARAMETER;
    if (EventCategory == EventCategoryTargetDeviceChange && (Node = PnppTargetOf(EventCategoryData)) == NULL)
        return STATUS_INVALID_DEVICE_REQUEST;
    Notification = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Notification), PNP_NOTIFY_TAG);
    if (Notification == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    *Notification =
        (PNP_NOTIFICATION){.Driver = DriverObject, .Category = EventCategory, .Callback = CallbackRoutine, .Context = Context, .Node = Node};
    if (EventCategory == EventCategoryDeviceInterfaceChange)
        Notification->Class = *(const GUID *)EventCategoryData;
    else if (EventCategory == EventCategoryTargetDeviceChange)
        Notification->File = EventCategoryData;
    KeInitializeEvent(&Notification->Idle, NotificationEvent, TRUE);
    ObfReferenceObject(DriverObject);
    InsertTailList(&PnppNotifications, &Notification->Entry);
    *NotificationEntry = Notification;
    if (EventCategory == EventCategoryDeviceInterfaceChange && (EventCategoryFlags & PNPNOTIFY_DEVICE_INTERFACE_INCLUDE_EXISTING_INTERFACES))
        PnpWalkInterfaces(&Notification->Class, PnppTellExisting, Notification);
    return STATUS_SUCCESS;
}

/* A routine that is being called is waited for, unless it is the one that asks. */
NTSTATUS NTAPI IoUnregisterPlugPlayNotificationEx(PVOID NotificationEntry) {
    PPNP_NOTIFICATION Notification = NotificationEntry;

    Notification->Gone = TRUE;
    if (Notification->Calls != 0 && PnpIsOwnThread()) {
        Notification->FreeLater = TRUE;
        return STATUS_SUCCESS;
    }
    KeWaitForSingleObject(&Notification->Idle, Executive, KernelMode, FALSE, NULL);
    PnppFreeNotification(Notification);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI IoUnregisterPlugPlayNotification(PVOID NotificationEntry) { return IoUnregisterPlugPlayNotificationEx(NotificationEntry); }

/* ---- Interfaces ---- */
typedef struct _PNP_INTERFACE_NEWS {
    PNP_ACTION Action;
    GUID Class;
    BOOLEAN Arrived;
    UNICODE_STRING Link; /* its buffer lies behind */
} PNP_INTERFACE_NEWS, *PPNP_INTERFACE_NEWS;

/* Who unregisters himself from within his routine is freed when it has returned. */
static PLIST_ENTRY PnppPass(PPNP_NOTIFICATION Notification) {
    PLIST_ENTRY Next = Notification->Entry.Flink;

    if (Notification->FreeLater && Notification->Calls == 0)
        PnppFreeNotification(Notification);
    return Next;
}

static VOID PnppTellNews(PPNP_ACTION Action) {
    PPNP_INTERFACE_NEWS News = CONTAINING_RECORD(Action, PNP_INTERFACE_NEWS, Action);

    for (PLIST_ENTRY Link = PnppNotifications.Flink; Link != &PnppNotifications;) {
        PPNP_NOTIFICATION Notification = CONTAINING_RECORD(Link, PNP_NOTIFICATION, Entry);

        if (!Notification->Gone && Notification->Category == EventCategoryDeviceInterfaceChange && PnppIsSame(&Notification->Class, &News->Class)) {
            PnppCallForInterface(Notification, News->Arrived ? &Arrival : &Removal, &News->Link);
            Link = PnppPass(Notification);
        } else {
            Link = Link->Flink;
        }
    }
    ExFreePoolWithTag(News, PNP_NOTIFY_TAG);
}

VOID PnpTellInterface(const GUID *Class, PUNICODE_STRING Link, BOOLEAN Arrived) {
    PPNP_INTERFACE_NEWS News = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*News) + Link->Length, PNP_NOTIFY_TAG);

    if (News == NULL) {
        KdMessage("%wZ: nobody is told of this interface: no memory", Link);
        return;
    }
    *News = (PNP_INTERFACE_NEWS){
        .Action = {.Routine = PnppTellNews}, .Class = *Class, .Arrived = Arrived, .Link = {Link->Length, Link->Length, (PWSTR)(News + 1)}};
    RtlCopyMemory(News->Link.Buffer, Link->Buffer, Link->Length);
    PnpQueue(&News->Action);
}

/* ---- Files of a device ---- */
static NTSTATUS PnppTellWatchers(PPNP_NODE Node, PTARGET_DEVICE_REMOVAL_NOTIFICATION Structure) {
    BOOLEAN Asking = PnppIsSame(&Structure->Event, &QueryRemove);
    NTSTATUS Status = STATUS_SUCCESS;

    for (PLIST_ENTRY Link = PnppNotifications.Flink; Link != &PnppNotifications && NT_SUCCESS(Status);) {
        PPNP_NOTIFICATION Notification = CONTAINING_RECORD(Link, PNP_NOTIFICATION, Entry);

        if (Notification->Gone || Notification->Category != EventCategoryTargetDeviceChange || Notification->Node != Node) {
            Link = Link->Flink;
            continue;
        }
        Structure->FileObject = Notification->File;
        Status = PnppCallBack(Notification, Structure);
        Status = Asking ? Status : STATUS_SUCCESS;
        Link = PnppPass(Notification);
    }
    return Status;
}

NTSTATUS PnpTellTarget(PPNP_NODE Node, const GUID *Event) {
    TARGET_DEVICE_REMOVAL_NOTIFICATION Structure = {.Version = 1, .Size = sizeof(Structure), .Event = *Event};

    return PnppTellWatchers(Node, &Structure);
}

VOID PnpForgetTarget(PPNP_NODE Node) {
    for (PLIST_ENTRY Link = PnppNotifications.Flink; Link != &PnppNotifications; Link = Link->Flink) {
        PPNP_NOTIFICATION Notification = CONTAINING_RECORD(Link, PNP_NOTIFICATION, Entry);

        if (Notification->Node == Node)
            Notification->Node = NULL;
    }
}

/* ---- What drivers tell of their devices ---- */
typedef struct _PNP_REPORT {
    PNP_ACTION Action;
    PDEVICE_OBJECT Pdo; /* referenced */
    PDEVICE_CHANGE_COMPLETE_CALLBACK Callback;
    PVOID Context;
    PTARGET_DEVICE_CUSTOM_NOTIFICATION Structure; /* behind it */
} PNP_REPORT, *PPNP_REPORT;

/* Events of the manager's own are not for drivers to report ("IoReportTargetDeviceChange"). */
static NTSTATUS PnppCheckReport(PDEVICE_OBJECT Pdo, const TARGET_DEVICE_CUSTOM_NOTIFICATION *Structure) {
    if (PnpIdentifiedNodeOf(Pdo) == NULL || Structure == NULL || Structure->Size < FIELD_OFFSET(TARGET_DEVICE_CUSTOM_NOTIFICATION, CustomDataBuffer))
        return STATUS_INVALID_DEVICE_REQUEST;
    return Structure->Event.Data1 >= Arrival.Data1 && Structure->Event.Data1 <= 0xCB3A4008 &&
                   RtlEqualMemory(&Structure->Event.Data2, &Arrival.Data2, sizeof(GUID) - sizeof(ULONG))
               ? STATUS_INVALID_DEVICE_REQUEST
               : STATUS_SUCCESS;
}

static NTSTATUS PnppReportNow(PVOID Context) {
    PPNP_REPORT Report = Context;
    PPNP_NODE Node = PnpNodeOf(Report->Pdo);

    if (Node != NULL)
        PnppTellWatchers(Node, (PTARGET_DEVICE_REMOVAL_NOTIFICATION)Report->Structure); /* they begin alike */
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI IoReportTargetDeviceChange(PDEVICE_OBJECT PhysicalDeviceObject, PVOID NotificationStructure) {
    PNP_REPORT Report = {.Pdo = PhysicalDeviceObject, .Structure = NotificationStructure};
    NTSTATUS Status = PnppCheckReport(PhysicalDeviceObject, NotificationStructure);

    return NT_SUCCESS(Status) ? PnpCall(PnppReportNow, &Report) : Status;
}

static VOID PnppReportLater(PPNP_ACTION Action) {
    PPNP_REPORT Report = CONTAINING_RECORD(Action, PNP_REPORT, Action);

    PnppReportNow(Report);
    if (Report->Callback != NULL)
        Report->Callback(Report->Context);
    ObfDereferenceObject(Report->Pdo);
    ExFreePoolWithTag(Report, PNP_NOTIFY_TAG);
}

NTSTATUS NTAPI IoReportTargetDeviceChangeAsynchronous(PDEVICE_OBJECT PhysicalDeviceObject, PVOID NotificationStructure,
                                                      PDEVICE_CHANGE_COMPLETE_CALLBACK Callback, PVOID Context) {
    const TARGET_DEVICE_CUSTOM_NOTIFICATION *Structure = NotificationStructure;
    NTSTATUS Status = PnppCheckReport(PhysicalDeviceObject, Structure);
    PPNP_REPORT Report;

    if (!NT_SUCCESS(Status))
        return Status;
    Report = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Report) + Structure->Size, PNP_NOTIFY_TAG);
    if (Report == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    *Report = (PNP_REPORT){.Action = {.Routine = PnppReportLater},
                           .Pdo = PhysicalDeviceObject,
                           .Callback = Callback,
                           .Context = Context,
                           .Structure = (PTARGET_DEVICE_CUSTOM_NOTIFICATION)(Report + 1)};
    RtlCopyMemory(Report->Structure, Structure, Structure->Size);
    ObfReferenceObject(PhysicalDeviceObject);
    PnpQueue(&Report->Action);
    return STATUS_PENDING;
}
