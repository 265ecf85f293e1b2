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

typedef struct _MON_WAIT {
    PCSTR What;
    PVOID Object;
    PKTHREAD Owner; /* who holds it, as far as that is known; NULL: not */
} MON_WAIT;

static VOID MonDescribeLock(PKTHREAD Thread, MON_WAIT *Wait) {
    PERESOURCE Resource;

    switch (Thread->WaitReason) {
    case WrResource:
        Resource = ExWaitedResource(Wait->Object);
        *Wait = (MON_WAIT){"a resource", Resource, (PKTHREAD)Resource->OwnerEntry.OwnerThread};
        break;
    case WrPushLock: *Wait = (MON_WAIT){"a push lock", ExWaitedPushLock(Wait->Object), NULL}; break;
    case WrFastMutex: /* a guarded one has the same shape */
        Wait->What = "a fast or guarded mutex";
        Wait->Object = CONTAINING_RECORD(Wait->Object, FAST_MUTEX, Event);
        Wait->Owner = ((PFAST_MUTEX)Wait->Object)->Owner;
        break;
    case WrRundown: Wait->What = "rundown protection to be given back"; break;
    default: break;
    }
}

static MON_WAIT MonDescribeWait(PKTHREAD Thread) {
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
    MON_WAIT Wait = {"time to pass", NULL, NULL};
    UCHAR Type;

    if (Thread->WaitBlockList == NULL)
        return Wait;
    Wait.Object = Thread->WaitBlockList->Object;
    if (Thread->WaitReason == DelayExecution)
        return Wait;
    Type = ((PDISPATCHER_HEADER)Wait.Object)->Type;
    Wait.What = Type < RTL_NUMBER_OF(Names) ? Names[Type] : "an object";
    if (Type == MutantObject)
        Wait.Owner = ((PKMUTANT)Wait.Object)->OwnerThread;
    MonDescribeLock(Thread, &Wait);
    return Wait;
}

/* A lock's memory may say anything: only a thread that is in its process's list is one. */
static PETHREAD MonFindThread(PKTHREAD Wanted) {
    for (PLIST_ENTRY Link = PsActiveProcessHead.Flink; Link != NULL && Link != &PsActiveProcessHead; Link = Link->Flink) {
        PEPROCESS Process = CONTAINING_RECORD(Link, struct _EPROCESS, ActiveProcessLinks);

        for (PLIST_ENTRY Entry = Process->Pcb.ThreadListHead.Flink; Entry != &Process->Pcb.ThreadListHead; Entry = Entry->Flink)
            if (CONTAINING_RECORD(Entry, struct _ETHREAD, Tcb.ThreadListEntry) == (PETHREAD)Wanted)
                return (PETHREAD)Wanted;
    }
    return NULL;
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

    if (Thread->Tcb.State == Waiting) {
        MON_WAIT Wait = MonDescribeWait(&Thread->Tcb);
        PETHREAD Owner = Wait.Owner != NULL ? MonFindThread(Wait.Owner) : NULL;
        CHAR Held[64] = "";

        if (Owner != NULL)
            MonFormat(Held, sizeof(Held), ", held by %lu.%lu", HandleToUlong(Owner->Cid.UniqueProcess), HandleToUlong(Owner->Cid.UniqueThread));
        MonListLine(List, "  %s %lu.%lu waits for %s (%p)%s%s", Process->ImageFileName, Pid, Tid, Wait.What, Wait.Object, Held,
                    Thread->Tcb.WaitReason == Suspended ? ", suspended" : "");
    } else {
        MonListLine(List, "  %s %lu.%lu %s", Process->ImageFileName, Pid, Tid, States[Thread->Tcb.State]);
    }
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
