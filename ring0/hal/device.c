#include "hal/device.h"
#include "ke/interrupt.h"
#include "ke/ke.h"

/* An access takes time, so that a driver which polls a register gets to the end. */
static BOOLEAN HalpAccess(ULONG Space, ULONG64 Address, ULONG Size, BOOLEAN Write, ULONG64 *Value) {
    hal_device_access Access = {.address = Address, .value = Write ? *Value : 0, .space = Space, .size = Size, .write = Write};
    int64_t Error;

    KiAdvanceClockOnEntry();
    Access.now = KiQueryInterruptTime();
    Error = HalOps->device_access(&Access);
    KiLookAtDevices();
    *Value = Access.value;
    return Error == 0;
}

BOOLEAN HalpReadDevice(ULONG Space, ULONG64 Address, ULONG Size, ULONG64 *Value) { return HalpAccess(Space, Address, Size, FALSE, Value); }

BOOLEAN HalpWriteDevice(ULONG Space, ULONG64 Address, ULONG Size, ULONG64 Value) { return HalpAccess(Space, Address, Size, TRUE, &Value); }

VOID HalpTickDevices(ULONG64 Now) {
    HalOps->device_tick(Now);
    KiLookAtDevices();
}
