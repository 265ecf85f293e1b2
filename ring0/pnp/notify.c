/* Who wants to hear of devices that come and go. */
#include "pnp/pnp.h"

#define PNP_NOTIFY_TAG 'NpnP'

typedef struct _PNP_NOTIFICATION { /* keeps its driver's object while it is registered */
    PDRIVER_OBJECT Driver;
    IO_NOTIFICATION_EVENT_CATEGORY Category;
    PDRIVER_NOTIFICATION_CALLBACK_ROUTINE Callback;
    PVOID Context;
} PNP_NOTIFICATION, *PPNP_NOTIFICATION;

/* A file's device could be watched only if it were one that is enumerated. */
NTSTATUS NTAPI IoRegisterPlugPlayNotification(IO_NOTIFICATION_EVENT_CATEGORY EventCategory, ULONG EventCategoryFlags, PVOID EventCategoryData,
                                              PDRIVER_OBJECT DriverObject, PDRIVER_NOTIFICATION_CALLBACK_ROUTINE CallbackRoutine, PVOID Context,
                                              PVOID *NotificationEntry) {
    *NotificationEntry = NULL;
    if (EventCategory == EventCategoryTargetDeviceChange)
        return STATUS_INVALID_DEVICE_REQUEST;
    if ((EventCategory != EventCategoryDeviceInterfaceChange && EventCategory != EventCategoryHardwareProfileChange) || CallbackRoutine == NULL ||
        (EventCategory == EventCategoryDeviceInterfaceChange && EventCategoryData == NULL))
        return STATUS_INVALID_PARAMETER;
    PPNP_NOTIFICATION entry = ExAllocatePoolWithTag(PagedPool, sizeof(*entry), PNP_NOTIFY_TAG);
    if (entry == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    ObfReferenceObject(DriverObject);
    *entry = (PNP_NOTIFICATION){DriverObject, EventCategory, CallbackRoutine, Context};
    *NotificationEntry = entry;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI IoUnregisterPlugPlayNotification(PVOID NotificationEntry) {
    PPNP_NOTIFICATION entry = NotificationEntry;
    ObfDereferenceObject(entry->Driver);
    ExFreePoolWithTag(entry, PNP_NOTIFY_TAG);
    return STATUS_SUCCESS;
}

/* Since Windows 7 the same without waiting for a callback that is under way; none ever is. */
NTSTATUS NTAPI IoUnregisterPlugPlayNotificationEx(PVOID NotificationEntry) { return IoUnregisterPlugPlayNotification(NotificationEntry); }
