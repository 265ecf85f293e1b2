/*
 * wdmsec.lib: what <wdmsec.h> declares and drivers link to, for it is no part of the kernel (IoCreateDeviceSecure's page). A driver of its own code: the
 * kernel functions that it calls are imports of the driver.
 */
#include <ntifs.h>
#include <wdmsec.h>
#include "rtl/sddl_text.h"

#define TAG         'csmW'
#define CLASS_PATH  L"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\Class\\"
#define CLASS_CHARS (RTL_NUMBER_OF(CLASS_PATH) - 1)
#define PROPERTIES  L"\\Properties"
#define GUID_CHARS  38u /* with its braces */

#define SDDL_CONSTANT(Name, Text) const UNICODE_STRING Name = RTL_CONSTANT_STRING(Text)

SDDL_CONSTANT(SDDL_DEVOBJ_KERNEL_ONLY, L"D:P");
SDDL_CONSTANT(SDDL_DEVOBJ_SYS_ALL, L"D:P(A;;GA;;;SY)");
SDDL_CONSTANT(SDDL_DEVOBJ_SYS_ALL_ADM_ALL, L"D:P(A;;GA;;;SY)(A;;GA;;;BA)");
SDDL_CONSTANT(SDDL_DEVOBJ_SYS_ALL_ADM_RX, L"D:P(A;;GA;;;SY)(A;;GRGX;;;BA)");
SDDL_CONSTANT(SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_R, L"D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GR;;;WD)");
SDDL_CONSTANT(SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_R_RES_R, L"D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GR;;;WD)(A;;GR;;;RC)");
SDDL_CONSTANT(SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_RW_RES_R, L"D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GRGW;;;WD)(A;;GR;;;RC)");
SDDL_CONSTANT(SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_RWX_RES_RWX, L"D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GRGWGX;;;WD)(A;;GRGWGX;;;RC)");

/* What the registry has for devices of a class. */
typedef struct _OVERRIDES {
    DEVICE_TYPE Type;
    ULONG Characteristics;
    BOOLEAN Exclusive;
    PSECURITY_DESCRIPTOR Descriptor; /* pool; NULL: none */
    ULONG Length;
} OVERRIDES;

static VOID PutGuid(WCHAR *Text, const GUID *Guid) {
    static const WCHAR Digits[] = L"0123456789ABCDEF";
    static const CHAR Order[] = "{3210-54-76-89-abcdef}";
    const UCHAR *Bytes = (const UCHAR *)Guid;

    for (const CHAR *At = Order; *At; At++) {
        if (*At == '{' || *At == '}' || *At == '-') {
            *Text++ = (WCHAR)*At;
        } else {
            UCHAR Byte = Bytes[*At <= '9' ? *At - '0' : *At - 'a' + 10];
            *Text++ = Digits[Byte >> 4];
            *Text++ = Digits[Byte & 15];
        }
    }
}

/* A value's data in pool of its own; NULL when it is not there or of another type. */
static PVOID ReadValue(HANDLE Key, PCWSTR Name, ULONG Type, PULONG Length) {
    UNICODE_STRING Value;
    ULONG Size = 0;
    PKEY_VALUE_PARTIAL_INFORMATION Information;
    NTSTATUS Status;

    RtlInitUnicodeString(&Value, Name);
    Status = ZwQueryValueKey(Key, &Value, KeyValuePartialInformation, NULL, 0, &Size);
    if (Status != STATUS_BUFFER_TOO_SMALL && Status != STATUS_BUFFER_OVERFLOW)
        return NULL;
    Information = ExAllocatePoolWithTag(PagedPool, Size, TAG);
    if (!Information)
        return NULL;
    Status = ZwQueryValueKey(Key, &Value, KeyValuePartialInformation, Information, Size, &Size);
    if (!NT_SUCCESS(Status) || Information->Type != Type || (Type == REG_DWORD && Information->DataLength != sizeof(ULONG))) {
        ExFreePoolWithTag(Information, TAG);
        return NULL;
    }
    *Length = Information->DataLength;
    RtlMoveMemory(Information, Information->Data, Information->DataLength);
    return Information;
}

static ULONG ReadNumber(HANDLE Key, PCWSTR Name, ULONG Default) {
    ULONG Length, *Data = ReadValue(Key, Name, REG_DWORD, &Length);

    if (Data) {
        Default = *Data;
        ExFreePoolWithTag(Data, TAG);
    }
    return Default;
}

static VOID ReadOverrides(const GUID *Class, OVERRIDES *Overrides) {
    WCHAR Text[CLASS_CHARS + GUID_CHARS + RTL_NUMBER_OF(PROPERTIES)];
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Path;
    HANDLE Key;

    RtlCopyMemory(Text, CLASS_PATH, CLASS_CHARS * sizeof(WCHAR));
    PutGuid(Text + CLASS_CHARS, Class);
    RtlCopyMemory(Text + CLASS_CHARS + GUID_CHARS, PROPERTIES, sizeof(PROPERTIES));
    RtlInitUnicodeString(&Path, Text);
    InitializeObjectAttributes(&Attributes, &Path, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    if (!NT_SUCCESS(ZwOpenKey(&Key, KEY_READ, &Attributes)))
        return;
    Overrides->Type = ReadNumber(Key, L"DeviceType", Overrides->Type);
    Overrides->Characteristics = ReadNumber(Key, L"DeviceCharacteristics", Overrides->Characteristics);
    Overrides->Exclusive = ReadNumber(Key, L"Exclusive", Overrides->Exclusive) != 0;
    Overrides->Descriptor = ReadValue(Key, L"Security", REG_BINARY, &Overrides->Length);
    if (Overrides->Descriptor && !RtlValidRelativeSecurityDescriptor(Overrides->Descriptor, Overrides->Length, 0)) {
        ExFreePoolWithTag(Overrides->Descriptor, TAG);
        Overrides->Descriptor = NULL;
    }
    ZwClose(Key);
}

static NTSTATUS ParseDescriptor(PCUNICODE_STRING Text, PSECURITY_DESCRIPTOR *Descriptor) {
    PWSTR Copy = ExAllocatePoolWithTag(PagedPool, Text->Length + sizeof(WCHAR), TAG);
    NTSTATUS Status = STATUS_INVALID_PARAMETER;
    unsigned int Size = 0;

    if (!Copy)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(Copy, Text->Buffer, Text->Length);
    Copy[Text->Length / sizeof(WCHAR)] = 0;
    if (SddlParse(Copy, NULL, 0, &Size)) {
        *Descriptor = ExAllocatePoolWithTag(PagedPool, Size, TAG);
        Status = *Descriptor ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
        if (*Descriptor)
            SddlParse(Copy, *Descriptor, Size, &Size);
    }
    ExFreePoolWithTag(Copy, TAG);
    return Status;
}

static NTSTATUS SetDescriptor(PDEVICE_OBJECT Device, PSECURITY_DESCRIPTOR Descriptor) {
    SECURITY_DESCRIPTOR_RELATIVE *Relative = Descriptor;
    SECURITY_INFORMATION Parts = (Relative->Owner ? OWNER_SECURITY_INFORMATION : 0) | (Relative->Group ? GROUP_SECURITY_INFORMATION : 0) |
                                 (Relative->Control & SE_DACL_PRESENT ? DACL_SECURITY_INFORMATION : 0) |
                                 (Relative->Control & SE_SACL_PRESENT ? SACL_SECURITY_INFORMATION : 0);
    HANDLE Handle;
    NTSTATUS Status =
        ObOpenObjectByPointer(Device, OBJ_KERNEL_HANDLE, NULL, WRITE_DAC | WRITE_OWNER | ACCESS_SYSTEM_SECURITY, NULL, KernelMode, &Handle);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = ZwSetSecurityObject(Handle, Parts, Descriptor);
    ZwClose(Handle);
    return Status;
}

NTSTATUS WdmlibIoCreateDeviceSecure(PDRIVER_OBJECT DriverObject, ULONG DeviceExtensionSize, PUNICODE_STRING DeviceName, DEVICE_TYPE DeviceType,
                                    ULONG DeviceCharacteristics, BOOLEAN Exclusive, PCUNICODE_STRING DefaultSDDLString, LPCGUID DeviceClassGuid,
                                    PDEVICE_OBJECT *DeviceObject) {
    OVERRIDES Overrides = {.Type = DeviceType, .Characteristics = DeviceCharacteristics, .Exclusive = Exclusive};
    PDEVICE_OBJECT Device;
    NTSTATUS Status;

    PAGED_CODE();
    *DeviceObject = NULL;
    if (!DeviceName && !(DeviceCharacteristics & FILE_AUTOGENERATED_DEVICE_NAME))
        return STATUS_INVALID_PARAMETER; /* what has no name cannot be opened: it needs no protection */
    if (DeviceClassGuid)
        ReadOverrides(DeviceClassGuid, &Overrides);
    Status = Overrides.Descriptor ? STATUS_SUCCESS : ParseDescriptor(DefaultSDDLString, &Overrides.Descriptor);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = IoCreateDevice(DriverObject, DeviceExtensionSize, DeviceName, Overrides.Type, Overrides.Characteristics, Overrides.Exclusive, &Device);
    if (NT_SUCCESS(Status)) { /* nobody opens it yet: DO_DEVICE_INITIALIZING */
        Status = SetDescriptor(Device, Overrides.Descriptor);
        if (NT_SUCCESS(Status))
            *DeviceObject = Device;
        else
            IoDeleteDevice(Device);
    }
    ExFreePoolWithTag(Overrides.Descriptor, TAG);
    return Status;
}

#undef RtlInitUnicodeStringEx

NTSTATUS WdmlibRtlInitUnicodeStringEx(PUNICODE_STRING DestinationString, PCWSTR SourceString) {
    return RtlInitUnicodeStringEx(DestinationString, SourceString);
}

#undef IoValidateDeviceIoControlAccess

NTSTATUS WdmlibIoValidateDeviceIoControlAccess(PIRP Irp, ULONG RequiredAccess) { return IoValidateDeviceIoControlAccess(Irp, RequiredAccess); }
