#include "ldr/ldrp.h"
#include "kd/kd.h"
#include "vf/vf.h"

DECLSPEC_NORETURN VOID LdrpReportMissingImport(PLDRP_MISSING Missing, ULONG64 ReturnAddress) {
    static CHAR Text[512];
    PLDR_MODULE Caller = LdrFindModule(ReturnAddress);
    CHAR From[96] = ","; /* a call that is the caller's last act returns to somebody else */
    if (Caller == &Missing->Driver->Public)
        _snprintf(From, sizeof(From) - 1, ", at %s+0x%I64X,", Caller->Name, ReturnAddress - (ULONG64)Caller->DllBase);
    _snprintf(
        Text, sizeof(Text) - 1,
        "%s: it called %s from %s%s which Ringside does not have: `ringside inspect` lists what a driver lacks, and --strict refuses to load it",
        Missing->Driver->Public.Name, Missing->Name, Missing->Module, From);
    KdFlush();
    VfFlushTrace();
    HalOps->stop(126, Text);
    KiFatal("the machine did not stop: %s", Text);
}

static UCHAR *LdrpPut64(UCHAR *Code, ULONG64 Value) {
    for (int I = 0; I < 8; I++)
        *Code++ = (UCHAR)(Value >> (8 * I));
    return Code;
}

/* mov rax, record; mov r11, LdrpMissingImport; jmp r11: no argument register is touched, no stack is moved. */
VOID LdrpWriteStub(UCHAR *Stub, PLDRP_MISSING Missing) {
    *Stub++ = 0x48;
    *Stub++ = 0xB8;
    Stub = LdrpPut64(Stub, (ULONG64)Missing);
    *Stub++ = 0x49;
    *Stub++ = 0xBB;
    Stub = LdrpPut64(Stub, (ULONG64)LdrpMissingImport);
    *Stub++ = 0x41;
    *Stub++ = 0xFF;
    *Stub = 0xE3;
}

/* Exports of ntoskrnl.exe and hal.dll that are variables, as wdm.h, ntddk.h and ntifs.h declare them. A driver reads these through its
   import table, so that a stub with code would hand it nonsense: it gets an address that faults. */
static const PCSTR LdrpVariables[] = {
    "CcFastMdlReadWait",
    "CcFastReadNotPossible",
    "CcFastReadWait",
    "CmKeyObjectType",
    "ExActivationObjectType",
    "ExCompositionObjectType",
    "ExCoreMessagingObjectType",
    "ExDesktopObjectType",
    "ExEventObjectType",
    "ExMutantObjectType",
    "ExSemaphoreObjectType",
    "ExTimerObjectType",
    "ExWindowStationObjectType",
    "FsRtlLegalAnsiCharacterArray",
    "HalDispatchTable",
    "HalPrivateDispatchTable",
    "InitSafeBootMode",
    "IoAdapterObjectType",
    "IoCompletionObjectType",
    "IoControllerObjectType",
    "IoDeviceHandlerObjectSize",
    "IoDeviceHandlerObjectType",
    "IoDeviceObjectType",
    "IoDriverObjectType",
    "IoFileObjectType",
    "IoReadOperationCount",
    "IoReadTransferCount",
    "IoStatisticsLock",
    "IoWriteOperationCount",
    "IoWriteTransferCount",
    "KdComPortInUse",
    "KdDebuggerEnabled",
    "KdDebuggerNotPresent",
    "KdEnteredDebugger",
    "KdHvComPortInUse",
    "KdEventLoggingEnabled",
    "KeLoaderBlock",
    "KeNumberProcessors",
    "KeTickCount",
    "LpcPortObjectType",
    "LpcWaitablePortObjectType",
    "Mm64BitPhysicalAddress",
    "MmBadPointer",
    "MmHighestUserAddress",
    "MmSectionObjectType",
    "MmSystemRangeStart",
    "MmUserProbeAddress",
    "NlsAnsiCodePage",
    "NlsLeadByteInfo",
    "NlsMbCodePageTag",
    "NlsMbOemCodePageTag",
    "NlsOemCodePage",
    "NlsOemLeadByteInfo",
    "NtBuildGUID",
    "NtBuildLab",
    "NtBuildNumber",
    "NtGlobalFlag",
    "PsInitialSystemProcess",
    "PsJobType",
    "PsLoadedModuleList",
    "PsLoadedModuleResource",
    "PsPartitionType",
    "PsProcessType",
    "PsSiloContextNonPagedType",
    "PsSiloContextPagedType",
    "PsThreadType",
    "PsUILanguageComitted",
    "SeExports",
    "SePublicDefaultDacl",
    "SeSystemDefaultDacl",
    "SeTokenObjectType",
    "TmEnlistmentObjectType",
    "TmResourceManagerObjectType",
    "TmTransactionManagerObjectType",
    "TmTransactionObjectType",
};

BOOLEAN LdrpIsKnownVariable(PCSTR Name) {
    for (ULONG I = 0; I < RTL_NUMBER_OF(LdrpVariables); I++)
        if (strcmp(LdrpVariables[I], Name) == 0)
            return TRUE;
    return FALSE;
}
