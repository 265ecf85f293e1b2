/*
 * Power settings. Who registers for one is told its value soon afterwards ("PoRegisterPowerSettingCallback"), from a worker thread; as nothing of them changes on
 * this machine, that is all. Settings that the machine has no value for are accepted and never told.
 */
#include "po/po.h"

#define SETTING_TAG 'tSoP'

typedef struct _PO_SETTING {
    LIST_ENTRY Link;
    GUID Id;
    PPOWER_SETTING_CALLBACK Callback;
    PVOID Context;
    WORK_QUEUE_ITEM Item;
    BOOLEAN Queued, Gone;
    KEVENT Told;
} PO_SETTING, *PPO_SETTING;

static LIST_ENTRY PopSettings = {&PopSettings, &PopSettings};

/* On mains, everything on. */
static const struct {
    GUID Id;
    ULONG Value;
} PopValues[] = {
    {{0x5D3E9A59, 0xE9D5, 0x4B00, {0xA6, 0xBD, 0xFF, 0x34, 0xFF, 0x51, 0x65, 0x48}}, 0},   /* GUID_ACDC_POWER_SOURCE: PoAc */
    {{0x02731015, 0x4510, 0x4526, {0x99, 0xE6, 0xE5, 0xA1, 0x7E, 0xBD, 0x1A, 0xEA}}, 1},   /* GUID_MONITOR_POWER_ON */
    {{0x6FE69556, 0x704A, 0x47A0, {0x8F, 0x24, 0xC2, 0x8D, 0x93, 0x6F, 0xDA, 0x47}}, 1},   /* GUID_CONSOLE_DISPLAY_STATE */
    {{0xA7AD8041, 0xB45A, 0x4CAE, {0x87, 0xA3, 0xEE, 0xCB, 0xB4, 0x68, 0xA9, 0xE1}}, 100}, /* GUID_BATTERY_PERCENTAGE_REMAINING */
    {{0xE00958C0, 0xC213, 0x4ACE, {0xAC, 0x77, 0xFE, 0xCC, 0xED, 0x2E, 0xEE, 0xA5}}, 0},   /* GUID_POWER_SAVING_STATUS */
};

static VOID NTAPI PopTell(PVOID Context) {
    PPO_SETTING Setting = Context;
    for (ULONG I = 0; I < RTL_NUMBER_OF(PopValues) && !Setting->Gone; I++) {
        ULONG Value = PopValues[I].Value;
        if (RtlCompareMemory(&Setting->Id, &PopValues[I].Id, sizeof(GUID)) == sizeof(GUID))
            Setting->Callback(&Setting->Id, &Value, sizeof(Value), Setting->Context);
    }
    Setting->Queued = FALSE;
    KeSetEvent(&Setting->Told, 0, FALSE);
}

NTSTATUS NTAPI PoRegisterPowerSettingCallback(PDEVICE_OBJECT DeviceObject, LPCGUID SettingGuid, PPOWER_SETTING_CALLBACK Callback, PVOID Context,
                                              PVOID *Handle) {
    PPO_SETTING Setting;
    if (SettingGuid == NULL || Callback == NULL)
        return STATUS_INVALID_PARAMETER;
    Setting = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Setting), SETTING_TAG);
    if (Setting == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    *Setting = (PO_SETTING){.Id = *SettingGuid, .Callback = Callback, .Context = Context, .Queued = TRUE};
    KeInitializeEvent(&Setting->Told, NotificationEvent, FALSE);
    ExInitializeWorkItem(&Setting->Item, PopTell, Setting);
    InsertTailList(&PopSettings, &Setting->Link);
    if (Handle != NULL)
        *Handle = Setting;
    ExQueueWorkItem(&Setting->Item, DelayedWorkQueue);
    return STATUS_SUCCESS;
}

/* A callback that is under way is waited for. */
NTSTATUS NTAPI PoUnregisterPowerSettingCallback(PVOID Handle) {
    for (PLIST_ENTRY Link = PopSettings.Flink; Link != &PopSettings; Link = Link->Flink) {
        PPO_SETTING Setting = CONTAINING_RECORD(Link, PO_SETTING, Link);
        if (Setting != Handle)
            continue;
        RemoveEntryList(Link);
        Setting->Gone = TRUE;
        if (Setting->Queued)
            KeWaitForSingleObject(&Setting->Told, Executive, KernelMode, FALSE, NULL);
        ExFreePoolWithTag(Setting, SETTING_TAG);
        return STATUS_SUCCESS;
    }
    return STATUS_INVALID_PARAMETER;
}
