/* Who waits for what: each thread, its wait, its stack and its IRPs. For `ringside status --threads`, Ctrl+\, and a machine that is at its end. */
#include "mon/monp.h"

#define MAXIMUM_FRAMES 24

typedef struct _MON_LIST {
    ULONG Connection;
    BOOLEAN AsNotes; /* FALSE: as the answer */
} MON_LIST;

static VOID MonListLine(const MON_LIST *List, PCSTR Format, ...) {
    va_list Arguments;

    va_start(Arguments, Format);
    MonTell(List->Connection, List->AsNotes, Format, Arguments);
    va_end(Arguments);
}

static PCSTR MonWaitName(PKTHREAD Thread) {
    static const PCSTR Names[] = {"a notification event",
                                  "a synchronization event",
                                  "a mutant",
                                  "a process",
                                  "a queue",
                                  "a semaphore",
                                  "a thread",
                                  "a gate",
                                  "a timer",
                                  "a timer"};
    UCHAR Type;

    if (Thread->WaitBlockList == NULL || Thread->WaitReason == DelayExecution)
        return "time to pass";
    Type = ((PDISPATCHER_HEADER)Thread->WaitBlockList->Object)->Type;
    return Type < RTL_NUMBER_OF(Names) ? Names[Type] : "an object";
}

static VOID MonListIrps(const MON_LIST *List, PETHREAD Thread) {
    for (PLIST_ENTRY Entry = Thread->IrpList.Flink; Entry != &Thread->IrpList; Entry = Entry->Flink) {
        PIRP Irp = CONTAINING_RECORD(Entry, IRP, ThreadListEntry);
        PIO_STACK_LOCATION Stack = Irp->CurrentLocation <= Irp->StackCount ? IoGetCurrentIrpStackLocation(Irp) : NULL;

        if (Stack == NULL || Stack->DeviceObject == NULL)
            MonListLine(List, "    IRP %p", Irp);
        else
            MonListLine(List, "    IRP %p: major function 0x%02X, pended by %wZ%s", Irp, Stack->MajorFunction,
                        &Stack->DeviceObject->DriverObject->DriverName, Irp->Cancel ? ", which keeps it although it is cancelled" : "");
    }
}

/* From where the thread gave up its processor to where it entered the kernel or began. */
static VOID MonListStack(const MON_LIST *List, PKTHREAD Thread) {
    static CONTEXT Context; /* of one thread at a time, and large */

    if (Thread->State != Waiting && Thread->State != Ready && (Thread->State != Running || Thread == KiCurrentThread()))
        return;
    KiContextOfSwitchedThread(Thread, &Context);
    for (ULONG Frame = 0;
         Frame < MAXIMUM_FRAMES && Context.Rip >= HAL_USER_END && Context.Rsp >= Thread->StackLimit && Context.Rsp < Thread->StackTop; Frame++) {
        ULONG64 ImageBase = 0;
        PRUNTIME_FUNCTION Function = (PRUNTIME_FUNCTION)LdrLookupFunctionEntry(Context.Rip, &ImageBase);
        PLDR_MODULE Module = LdrFindModule(Context.Rip);

        if (Module != NULL && Module->IsDriver)
            MonListLine(List, "    at %s+0x%llx", Module->Name, Context.Rip - ImageBase);
        if (Function == NULL) {
            Context.Rip = *(ULONG64 *)Context.Rsp;
            Context.Rsp += sizeof(ULONG64);
        } else {
            PVOID HandlerData;
            ULONG64 Establisher;
            RtlVirtualUnwind(UNW_FLAG_NHANDLER, ImageBase, Context.Rip, Function, &Context, &HandlerData, &Establisher, NULL);
        }
    }
}

static VOID MonListThread(const MON_LIST *List, PEPROCESS Process, PETHREAD Thread) {
    static const PCSTR States[] = {"is new", "is ready", "runs", "is next", "has ended", "waits for", "is in transition", "is ready"};
    ULONG Pid = HandleToUlong(Thread->Cid.UniqueProcess), Tid = HandleToUlong(Thread->Cid.UniqueThread);

    if (Thread->Tcb.State == Waiting)
        MonListLine(List, "  %s %lu.%lu waits for %s (%p)%s", Process->ImageFileName, Pid, Tid, MonWaitName(&Thread->Tcb),
                    Thread->Tcb.WaitBlockList != NULL ? Thread->Tcb.WaitBlockList->Object : NULL,
                    Thread->Tcb.WaitReason == Suspended ? ", suspended" : "");
    else
        MonListLine(List, "  %s %lu.%lu %s", Process->ImageFileName, Pid, Tid, States[Thread->Tcb.State]);
    MonListIrps(List, Thread);
    MonListStack(List, &Thread->Tcb);
}

static VOID MonListThreads(const MON_LIST *List) {
    ULONG Listed = 0;

    for (PLIST_ENTRY Link = PsActiveProcessHead.Flink; Link != NULL && Link != &PsActiveProcessHead; Link = Link->Flink) {
        PEPROCESS Process = CONTAINING_RECORD(Link, struct _EPROCESS, ActiveProcessLinks);

        for (PLIST_ENTRY Entry = Process->Pcb.ThreadListHead.Flink; Entry != &Process->Pcb.ThreadListHead; Entry = Entry->Flink) {
            PETHREAD Thread = CONTAINING_RECORD(Entry, struct _ETHREAD, Tcb.ThreadListEntry);

            if (Thread->Tcb.State == Waiting && Thread->Tcb.WaitReason == WrQueue && Thread->Tcb.SystemThread)
                continue; /* a worker without work */
            if (MonIsOwnThread(&Thread->Tcb))
                continue;
            MonListThread(List, Process, Thread);
            Listed++;
        }
    }
    if (Listed == 0)
        MonListLine(List, "no program runs, and no driver has a thread");
}

VOID MonThreads(ULONG Connection, BOOLEAN AsNotes) {
    const MON_LIST List = {Connection, AsNotes};
    MonListThreads(&List);
}

VOID KiListThreads(VOID) { MonThreads(0, TRUE); }
