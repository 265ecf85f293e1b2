/*
 * A call through a twin: a point where another processor may go on, a check, and a line of the trace: Name(argument, ...), each printed as its letter in the contract says. Nothing is read that may not be
 * there: the function has not judged its arguments yet.
 */
#include "vf/vf.h"
#include "ke/ke.h"
#include "mm/mm.h"
#include "rtl/rtl.h"

#define MAX_TEXT   640 /* of all arguments together */
#define MAX_STRING 96  /* characters shown of one string */

typedef struct _CALL_TEXT {
    WCHAR Text[MAX_TEXT];
    ULONG Used;
} CALL_TEXT;

static VOID VfpPutChar(CALL_TEXT *Call, WCHAR Char) {
    if (Call->Used < MAX_TEXT) {
        Call->Text[Call->Used++] = Char;
    }
}

static VOID VfpPutText(CALL_TEXT *Call, PCSTR Text) {
    while (*Text) {
        VfpPutChar(Call, (UCHAR)*Text++);
    }
}

static VOID VfpPutHex(CALL_TEXT *Call, ULONG64 Value) {
    ULONG Digits = 1;
    while (Digits < 16 && Value >> (Digits * 4)) {
        Digits++;
    }
    VfpPutText(Call, "0x");
    while (Digits--) {
        VfpPutChar(Call, (UCHAR) "0123456789abcdef"[Value >> (Digits * 4) & 15]);
    }
}

static BOOLEAN VfpReadable(ULONG64 Address, SIZE_T Size) { return Address && MmIsRangeAccessible((PVOID)Address, Size, FALSE); }

/* One character between quotes: a line stays a line, and text cannot pretend to end. */
static VOID VfpPutQuoted(CALL_TEXT *Call, WCHAR Char) {
    switch (Char) {
    case '\n': VfpPutText(Call, "\\n"); break;
    case '\r': VfpPutText(Call, "\\r"); break;
    case '\t': VfpPutText(Call, "\\t"); break;
    case '"':
    case '\\':
        VfpPutChar(Call, '\\');
        VfpPutChar(Call, Char);
        break;
    default: /* other control characters are escaped on the way out */ VfpPutChar(Call, Char); break;
    }
}

/* Count characters, or up to a terminator with ~0. Pages are checked as they are reached. */
static VOID VfpPutString(CALL_TEXT *Call, ULONG64 Address, BOOLEAN Wide, SIZE_T Count) {
    SIZE_T Unit = Wide ? sizeof(WCHAR) : sizeof(CHAR);
    BOOLEAN Terminated = Count == ~(SIZE_T)0;
    ULONG64 Checked = 0; /* page of the last character read */
    VfpPutChar(Call, '"');
    for (SIZE_T I = 0; I < Count; I++, Address += Unit) {
        if (Address / PAGE_SIZE != Checked || (Address + Unit - 1) / PAGE_SIZE != Checked) {
            if (!VfpReadable(Address, Unit)) {
                VfpPutText(Call, "\"...unreadable");
                return;
            }
            Checked = (Address + Unit - 1) / PAGE_SIZE;
        }
        WCHAR Char = Wide ? *(const WCHAR *)Address : RtlpAnsiToUnicodeChar(*(const CHAR *)Address);
        if (Terminated && !Char) {
            break;
        }
        if (I == MAX_STRING) {
            VfpPutText(Call, "\"...");
            return;
        }
        VfpPutQuoted(Call, Char);
    }
    VfpPutChar(Call, '"');
}

/* A STRING or UNICODE_STRING. */
static VOID VfpPutCounted(CALL_TEXT *Call, ULONG64 Address, BOOLEAN Wide) {
    if (!VfpReadable(Address, sizeof(UNICODE_STRING))) {
        VfpPutHex(Call, Address);
        return;
    }
    const UNICODE_STRING *String = (const UNICODE_STRING *)Address;
    VfpPutString(Call, (ULONG64)String->Buffer, Wide, Wide ? String->Length / sizeof(WCHAR) : String->Length);
}

static VOID VfpPutObjectAttributes(CALL_TEXT *Call, ULONG64 Address) {
    if (!VfpReadable(Address, sizeof(OBJECT_ATTRIBUTES))) {
        VfpPutHex(Call, Address);
        return;
    }
    const OBJECT_ATTRIBUTES *Attributes = (const OBJECT_ATTRIBUTES *)Address;
    VfpPutChar(Call, '{');
    if (Attributes->RootDirectory) {
        VfpPutHex(Call, (ULONG64)Attributes->RootDirectory);
        VfpPutText(Call, ", ");
    }
    if (Attributes->ObjectName) {
        VfpPutCounted(Call, (ULONG64)Attributes->ObjectName, TRUE);
    } else {
        VfpPutText(Call, "no name");
    }
    VfpPutText(Call, ", ");
    VfpPutHex(Call, Attributes->Attributes);
    VfpPutChar(Call, '}');
}

static VOID VfpPutDriver(CALL_TEXT *Call, ULONG64 Address) {
    const DRIVER_OBJECT *Driver = (const DRIVER_OBJECT *)Address;
    VfpPutHex(Call, Address);
    if (VfpReadable(Address, sizeof(*Driver)) && Driver->Type == IO_TYPE_DRIVER && Driver->DriverName.Buffer) {
        VfpPutChar(Call, ' ');
        VfpPutCounted(Call, (ULONG64)&Driver->DriverName, TRUE);
    }
}

/* A device is told apart by its driver. */
static VOID VfpPutDevice(CALL_TEXT *Call, ULONG64 Address) {
    const DEVICE_OBJECT *Device = (const DEVICE_OBJECT *)Address;
    if (VfpReadable(Address, sizeof(*Device)) && Device->Type == IO_TYPE_DEVICE) {
        VfpPutHex(Call, Address);
        VfpPutText(Call, " of ");
        VfpPutDriver(Call, (ULONG64)Device->DriverObject);
    } else {
        VfpPutHex(Call, Address);
    }
}

/* Callers leave the upper bits of narrow arguments dirty. */
static VOID VfpPutArgument(CALL_TEXT *Call, CHAR Letter, ULONG64 Value) {
    switch (Letter) {
    case 'b': VfpPutHex(Call, (UCHAR)Value); break;
    case 'w': VfpPutHex(Call, (USHORT)Value); break;
    case 'u': VfpPutHex(Call, (ULONG)Value); break;
    case 'U': VfpPutCounted(Call, Value, TRUE); break;
    case 'A': VfpPutCounted(Call, Value, FALSE); break;
    case 's':
    case 'f':
        if (Value) {
            VfpPutString(Call, Value, FALSE, ~(SIZE_T)0);
        } else {
            VfpPutText(Call, "NULL");
        }
        break;
    case 'W':
        if (Value) {
            VfpPutString(Call, Value, TRUE, ~(SIZE_T)0);
        } else {
            VfpPutText(Call, "NULL");
        }
        break;
    case 'O': VfpPutObjectAttributes(Call, Value); break;
    case 'D': VfpPutDriver(Call, Value); break;
    case 'd': VfpPutDevice(Call, Value); break;
    default: VfpPutHex(Call, Value); break;
    }
}

static VOID VfpTraceCall(const VF_CONTRACT *Contract, const ULONG64 *Arguments) {
    CALL_TEXT Call;
    Call.Used = 0;
    for (ULONG I = 0; Contract->Arguments[I] && Contract->Arguments[I] != '-'; I++) {
        if (I) {
            VfpPutText(&Call, ", ");
        }
        if (Contract->Arguments[I] == 'v') {
            VfpPutText(&Call, "...");
            break;
        }
        VfpPutArgument(&Call, Contract->Arguments[I], Arguments[I]);
    }
    VfTrace("%s(%.*ws)", Contract->Name, Call.Used, Call.Text);
}

VOID VfCall(const VF_CONTRACT *Contract, const ULONG64 *Arguments) {
    KiMachine->kernel_entries++;
    KiProcessor->SpinTicks = 0;
    KiSchedulePoint();
    if (KiMachine->trace) {
        VfpTraceCall(Contract, Arguments);
    }
    if (VfIsOn()) {
        VfCheckCall(Contract, Arguments);
    }
}
