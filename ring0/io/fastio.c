/*
 * Fast I/O: what a driver may answer in the caller's thread, without an IRP (documentation: "IRP-Based I/O vs. Fast I/O", FAST_IO_DISPATCH). Asked where it says
 * so and if there is no APC routine: for reads and writes of a synchronous file that is cached (PrivateCacheMap is set), for device controls, for byte-range locks,
 * and for basic, standard and network-open information. FALSE from the driver, and for reads and writes an error other than the end of the file: the IRP follows.
 */
#include "io/io.h"

NTSTATUS IopEndFast(PIOP_REQUEST Request, PVOID ApcContext, PIO_STATUS_BLOCK Iosb, IO_STATUS_BLOCK Result) {
    PIO_COMPLETION_CONTEXT Completion = Request->File->CompletionContext;
    NTSTATUS Status = Result.Status;
    __try {
        *Iosb = Result;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    if (Request->Event && !(Request->File->Flags & FO_SKIP_SET_FAST_IO))
        KeSetEvent(Request->Event, 0, FALSE);
    if (Completion && ApcContext && !NT_ERROR(Status) && !(Request->File->Flags & FO_SKIP_COMPLETION_PORT)) {
        NTSTATUS Posted = IopPostPacket(Completion->Port, Completion->Key, ApcContext, Result.Status, Result.Information);
        if (!NT_SUCCESS(Posted))
            Status = Posted;
    }
    IopEndRequest(Request);
    return Status;
}

BOOLEAN IopTryFastTransfer(PIOP_REQUEST Request, BOOLEAN Write, PVOID Buffer, ULONG Length, LARGE_INTEGER Offset, ULONG Key,
                           PIO_STATUS_BLOCK Result) {
    PFAST_IO_READ Fast;

    Fast = Write ? (PFAST_IO_READ)IopFastRoutine(Request->Device, FastIoWrite) : IopFastRoutine(Request->Device, FastIoRead);
    return Fast && Fast(Request->File, &Offset, Length, TRUE, Key, Buffer, Result, Request->Device) &&
           (Result->Status == STATUS_SUCCESS || Result->Status == STATUS_BUFFER_OVERFLOW || Result->Status == STATUS_END_OF_FILE);
}

ULONG IopTryFastQuery(PIOP_REQUEST Request, FILE_INFORMATION_CLASS Class, IOP_FAST_ANSWER *Answer, PIO_STATUS_BLOCK Result) {
    PFAST_IO_QUERY_NETWORK_OPEN_INFO Network;
    PFAST_IO_QUERY_STANDARD_INFO Standard;
    PFAST_IO_QUERY_BASIC_INFO Basic;
    BOOLEAN Wait = Request->Locked;

    RtlZeroMemory(Answer, sizeof *Answer);
    switch (Class) {
    case FileBasicInformation:
        Basic = IopFastRoutine(Request->Device, FastIoQueryBasicInfo);
        return Basic && Basic(Request->File, Wait, &Answer->Basic, Result, Request->Device) ? sizeof Answer->Basic : 0;
    case FileStandardInformation:
        Standard = IopFastRoutine(Request->Device, FastIoQueryStandardInfo);
        return Standard && Standard(Request->File, Wait, &Answer->Standard, Result, Request->Device) ? sizeof Answer->Standard : 0;
    case FileNetworkOpenInformation:
        Network = IopFastRoutine(Request->Device, FastIoQueryNetworkOpenInfo);
        return Network && Network(Request->File, Wait, &Answer->Network, Result, Request->Device) ? sizeof Answer->Network : 0;
    default: return 0;
    }
}
