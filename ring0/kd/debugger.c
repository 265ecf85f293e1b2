/* The kernel debugger that this machine does not have, as drivers ask about it. */
#include "kd/kdp.h"

BOOLEAN KdDebuggerEnabled = FALSE;
BOOLEAN KdDebuggerNotPresent = TRUE;

/* Nobody answers. */
ULONG NTAPI DbgPrompt(PCCH Prompt, PCH Response, ULONG MaximumResponseLength) { return 0; }

NTSTATUS NTAPI KdDisableDebugger(VOID) { return STATUS_DEBUGGER_INACTIVE; }

NTSTATUS NTAPI KdEnableDebugger(VOID) { return STATUS_DEBUGGER_INACTIVE; }

BOOLEAN NTAPI KdRefreshDebuggerNotPresent(VOID) { return KdDebuggerNotPresent; }

NTSTATUS NTAPI KdChangeOption(KD_OPTION Option, ULONG InBufferBytes, PVOID InBuffer, ULONG OutBufferBytes, PVOID OutBuffer, PULONG OutBufferNeeded) {
    return STATUS_DEBUGGER_INACTIVE;
}

NTSTATUS NTAPI KdSystemDebugControl(ULONG Command, PVOID InputBuffer, ULONG InputLength, PVOID OutputBuffer, ULONG OutputLength, PULONG ReturnLength,
                                    KPROCESSOR_MODE PreviousMode) {
    return STATUS_DEBUGGER_INACTIVE;
}
