/* Reads through 0xFFFFF78000000000, which WDK inlines do (KeQuerySystemTime and others): Linux cannot map that address, so they trap. */
#include "ke/emulate.h"
#include "ke/ke.h"

BOOLEAN KiEmulateSharedDataRead(hal_trap_frame *Frame) {
    if (Frame->cr2 < HAL_KUSER_KERNEL || Frame->cr2 >= HAL_KUSER_KERNEL + PAGE_SIZE || Frame->insn != HAL_INSN_READ_MEM ||
        Frame->cr2 + Frame->insn_size > HAL_KUSER_KERNEL + PAGE_SIZE) {
        return FALSE;
    }
    KiAdvanceClockOnEntry();
    ULONG64 Value = 0;
    RtlCopyMemory(&Value, (PUCHAR)KiSharedData + (Frame->cr2 - HAL_KUSER_KERNEL), Frame->insn_size);
    KiFinishRead(Frame, Value);
    return TRUE;
}
