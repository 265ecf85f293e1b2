/*
 * Masks from the registry: DWORD values of the key below, named after components, are masks ("Reading and Filtering Debugging Messages"). Windows reads
 * them when it starts, and a debugger changes them from then on; without one, the registry does that too: a value that changes takes effect at once.
 */
#include "cm/cm.h"
#include "kd/kdp.h"
#include "ke/ke.h"
#include "rtl/rtl.h"

#define KEY_PATH L"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\Session Manager\\Debug Print Filter"

/* A value with the longest of names that matter; what does not fit is none of ours. */
typedef union _KDP_VALUE {
    KEY_VALUE_FULL_INFORMATION Information;
    UCHAR Bytes[128];
} KDP_VALUE;

static NTSTATUS KdpOpenKey(PHANDLE Key) {
    UNICODE_STRING Path = RTL_CONSTANT_STRING(KEY_PATH);
    OBJECT_ATTRIBUTES Attributes;
    InitializeObjectAttributes(&Attributes, &Path, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    return ZwOpenKey(Key, KEY_QUERY_VALUE, &Attributes);
}

static VOID KdpReadValue(const KDP_VALUE *Value, PULONG Masks, PBOOLEAN Found) {
    UNICODE_STRING Name = {(USHORT)Value->Information.NameLength, (USHORT)Value->Information.NameLength, (PWSTR)Value->Information.Name};
    ULONG Component = KdpFindComponent(&Name);
    if (Component != KDP_NO_COMPONENT && Value->Information.Type == REG_DWORD && Value->Information.DataLength == sizeof(ULONG)) {
        RtlCopyMemory(&Masks[Component], Value->Bytes + Value->Information.DataOffset, sizeof(ULONG));
        Found[Component] = TRUE;
    }
}

/* A key that is not there has no values. */
static VOID KdpReadMasks(VOID) {
    ULONG Masks[KDP_COMPONENTS + 1];
    BOOLEAN Found[KDP_COMPONENTS + 1] = {0};
    KDP_VALUE Value;
    ULONG Size;
    HANDLE Key;
    if (NT_SUCCESS(KdpOpenKey(&Key))) {
        for (ULONG Index = 0;; Index++) {
            NTSTATUS Status = ZwEnumerateValueKey(Key, Index, KeyValueFullInformation, &Value, sizeof(Value), &Size);
            if (NT_SUCCESS(Status)) {
                KdpReadValue(&Value, Masks, Found);
            } else if (Status != STATUS_BUFFER_OVERFLOW && Status != STATUS_BUFFER_TOO_SMALL) {
                break;
            }
        }
        ZwClose(Key);
    }
    for (ULONG I = 0; I <= KDP_COMPONENTS; I++) {
        KdpSetRegistryMask(I, Found[I], Found[I] ? Masks[I] : 0);
    }
}

VOID KdInitSystem(VOID) {
    ULONG Mask = KD_DEFAULT_MASK;
    HANDLE Key;
    NTSTATUS Status = KdpOpenKey(&Key);
    if (NT_SUCCESS(Status)) {
        ZwClose(Key);
    } else {
        Status = CmpSetValue(KEY_PATH, L"DEFAULT", REG_DWORD, &Mask, sizeof(Mask));
        NT_ASSERT_OURS(NT_SUCCESS(Status));
    }
    KdpReadMasks();
}

VOID KdRegistryChanged(PCUNICODE_STRING KeyName) {
    static const UNICODE_STRING Name = RTL_CONSTANT_STRING(L"Debug Print Filter");
    if (KeyName->Length == Name.Length && RtlEqualUnicodeString(KeyName, &Name, TRUE)) {
        KdpReadMasks();
    }
}
