/* The monitor's thread: requests come in, one at a time; programs run beside it, each set in a thread of its own. */
#include "cm/cm.h"
#include "cm/store.h"
#include "mon/monp.h"
#include "ob/snapshot.h"

#define NO_CONTROL (~0u)

static KEVENT MonWork;
static volatile ULONG MonControl = NO_CONTROL; /* Ctrl+C in a machine of its own */

static VOID MonInterrupt(PVOID Context) {
    UNREFERENCED_PARAMETER(Context);
    KeSetEvent(&MonWork, IO_NO_INCREMENT, FALSE);
}

static VOID MonInterruptDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) { MonInterrupt(Context); }

static KDPC MonDpc;

/* At device IRQL no event may be set. */
static VOID MonRequestInterrupt(PVOID Context) {
    UNREFERENCED_PARAMETER(Context);
    KeInsertQueueDpc(&MonDpc, NULL, NULL);
}

VOID MonRequestControl(ULONG Event) {
    MonControl = Event;
    KeInsertQueueDpc(&MonDpc, NULL, NULL);
}

VOID MonInitSystem(VOID) {
    KeInitializeEvent(&MonWork, SynchronizationEvent, FALSE);
    KeInitializeDpc(&MonDpc, MonInterruptDpc, NULL);
    KiRegisterEventSource(HAL_EVENT_REQUEST, MonRequestInterrupt, NULL);
}

/* ---- load, unload ---------------------------------------------------------------------------------------------------------------- */

static VOID MonLoad(const hal_request *Request) {
    static const struct {
        PCSTR Name;
        ULONG Start;
    } Starts[] = {{"boot", SERVICE_BOOT_START}, {"system", SERVICE_SYSTEM_START}, {"auto", SERVICE_AUTO_START}, {"demand", SERVICE_DEMAND_START}};
    MON_RESULT Result = {0};
    ULONG Start = SERVICE_DEMAND_START;
    BOOLEAN Made;

    for (ULONG I = 0; Request->argument_count > 2 && I < RTL_NUMBER_OF(Starts); I++) {
        if (strcmp(Request->arguments[2], Starts[I].Name) == 0) {
            Start = Starts[I].Start;
        }
    }
    if (Request->argument_count < 2 || Request->arguments[1][0] == '\0' || strpbrk(Request->arguments[1], "\\/") != NULL) {
        MonNote(Request->connection, "--name: this cannot be the name of a service: leave out `\\` and `/`");
        Result.Code = 125;
    } else if (NT_SUCCESS(MonInstallAndLoad(Request->arguments[0], Request->arguments[1], Request->argument_count > 3 ? Request->arguments[3] : "",
                                            Start, &Made, &Result))) {
        CmpFlushStore(); /* installed is installed, whatever the driver does next */
        MonNote(Request->connection, "%s: loaded", Request->arguments[1]);
        MonReportIdle(Request->connection, Request->arguments[0], Request->arguments[1]);
    } else {
        MonNote(Request->connection, "%s", Result.Text);
    }
    HalOps->request_done(Request->connection, Result.Code);
}

static VOID MonUnloadRequest(const hal_request *Request) {
    MON_RESULT Result = {0};
    CHAR Service[MON_NAME];
    SIZE_T Length;

    MonServiceName(Request->arguments[0], Service, sizeof Service);
    Length = strlen(Request->arguments[0]);
    if (Length < 4 || _stricmp(Request->arguments[0] + Length - 4, ".sys") != 0) {
        strncpy(Service, Request->arguments[0], sizeof Service - 1); /* a service's name may have a dot in it */
    }
    MonUnload(Service, TRUE, &Result);
    MonNote(Request->connection, Result.Text[0] != '\0' ? "%s" : "%s: unloaded", Result.Text[0] != '\0' ? Result.Text : Service);
    HalOps->request_done(Request->connection, Result.Code);
}

/* ---- Requests that may wait ------------------------------------------------------------------------------------------------------ */

/* Each has a thread of its own: what a DriverEntry or DriverUnload waits for can then be asked. */
typedef struct _MON_TASK {
    hal_request Request;
    VOID (*Serve)(const hal_request *Request); /* NULL: Job is to be run */
    MON_JOB Job;
} MON_TASK, *PMON_TASK;

static BOOLEAN MonGoesDown;

static VOID NTAPI MonTaskThread(PVOID Context) {
    PMON_TASK Task = Context;

    if (Task->Serve != NULL) {
        Task->Serve(&Task->Request);
    } else {
        MonRunJob(&Task->Job);
        if (Task->Job.Result.Text[0] != '\0') {
            MonNote(Task->Job.Connection, "%s", Task->Job.Result.Text);
        }
        KdFlush();
        HalOps->request_done(Task->Job.Connection, Task->Job.Result.Code);
    }
    ExFreePoolWithTag(Task, MON_TAG);
}

static VOID MonRefuseTask(const hal_request *Request, NTSTATUS Status) {
    if (MonGoesDown) {
        MonNote(Request->connection,
                "the machine is going down: `ringside status --threads` says what it waits for, `ringside down --kill` ends it at once");
    } else {
        MonNote(Request->connection, "the machine has no memory for this (status 0x%08X): end a program, or give `ringside up` more --memory",
                Status);
    }
    HalOps->request_done(Request->connection, 125);
}

static VOID MonStartTask(const hal_request *Request, VOID (*Serve)(const hal_request *Request)) {
    PMON_TASK Task = MonGoesDown ? NULL : ExAllocatePoolWithTag(NonPagedPoolNx, sizeof *Task, MON_TAG);
    HANDLE Thread;
    NTSTATUS Status;

    if (Task == NULL) {
        MonRefuseTask(Request, STATUS_INSUFFICIENT_RESOURCES);
        return;
    }
    *Task = (MON_TASK){.Request = *Request,
                       .Serve = Serve,
                       .Job = {.Connection = Request->connection,
                               .Console = Request->console,
                               .Drivers = Request->drivers,
                               .Matches = Request->driver_matches,
                               .DriverCount = Request->driver_count,
                               .Programs = Request->programs,
                               .ProgramCount = Request->program_count}};
    if (Serve == NULL) {
        MonAddJob(&Task->Job); /* now: whoever wants it may have left before its thread begins */
    }
    Status = PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, MonTaskThread, Task);
    if (!NT_SUCCESS(Status)) {
        if (Serve == NULL) {
            RemoveEntryList(&Task->Job.Link);
        }
        ExFreePoolWithTag(Task, MON_TAG);
        MonRefuseTask(Request, Status);
        return;
    }
    MonGoesDown = Serve == MonDown;
    ZwClose(Thread);
}

/* ---- The thread ------------------------------------------------------------------------------------------------------------------ */

static VOID MonEmit(PVOID Context, PCSTR Text, SIZE_T Size) { HalOps->request_data((ULONG)(ULONG_PTR)Context, Text, Size); }

static VOID MonServeRequest(const hal_request *Request) {
    switch (Request->kind) {
    case HAL_REQUEST_RUN: MonStartTask(Request, NULL); return;
    case HAL_REQUEST_LOAD: MonStartTask(Request, MonLoad); return;
    case HAL_REQUEST_UNLOAD: MonStartTask(Request, MonUnloadRequest); return;
    case HAL_REQUEST_CONTROL:
        if (Request->control == HAL_CONTROL_THREADS) {
            MonThreads(Request->connection, TRUE);
        } else {
            MonControlEvent(Request->console, Request->control);
        }
        return;
    case HAL_REQUEST_GONE: MonEndJob(Request->connection); return;
    case HAL_REQUEST_DOWN: MonStartTask(Request, MonDown); return;
    case HAL_REQUEST_STATUS: MonStatus(Request); break;
    case HAL_REQUEST_THREADS: MonThreads(Request->connection, FALSE); break;
    case HAL_REQUEST_OBJECTS:
        ObpSnapshot(Request->argument_count > 0 ? Request->arguments[0] : "\\", MonEmit, (PVOID)(ULONG_PTR)Request->connection);
        break;
    default: KiFatal("the host passed on request %lu, which there is not", Request->kind);
    }
    HalOps->request_done(Request->connection, 0);
}

static VOID MonServeControl(VOID) {
    ULONG Event = MonControl;

    MonControl = NO_CONTROL;
    if (Event == NO_CONTROL) {
        return;
    }
    if (KiMachine->stays_up) {
        CmShutdownSystem();
        HalOps->exit((ULONG)STATUS_CONTROL_C_EXIT); /* somebody ends the machine's own process */
    }
    if (MonControlEvent(0, Event)) {
        KiMachine->control_served = 1;
        return;
    }
    KdFlush();
    VfFlushTrace();
    HalOps->exit((ULONG)STATUS_CONTROL_C_EXIT); /* there is no program yet, or no more */
}

VOID MonServe(VOID) {
    if (KiMachine->stays_up) {
        KiEventInterest(HAL_EVENT_REQUEST, TRUE);
    }
    KiMonitorThread = KiCurrentThread();
    KeSetPriorityThread(KiMonitorThread, LOW_REALTIME_PRIORITY); /* whatever a driver's threads do, the machine answers */
    for (;;) {
        hal_request Request;
        MonServeControl();
        while (HalOps->request_next(&Request) == 0) {
            MonServeRequest(&Request);
        }
        KeWaitForSingleObject(&MonWork, Executive, KernelMode, FALSE, NULL);
    }
}
