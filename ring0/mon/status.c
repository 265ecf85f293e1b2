/* What the machine has to say about itself, and its end. */
#include "mon/monp.h"
#include "ob/json.h"

static ULONG MonCountThreads(PEPROCESS Process) {
    ULONG Count = 0;
    for (PLIST_ENTRY Entry = Process->Pcb.ThreadListHead.Flink; Entry != &Process->Pcb.ThreadListHead; Entry = Entry->Flink) {
        Count++;
    }
    return Count;
}

static VOID MonStatusText(ULONG To) {
    ULONG64 Seconds = KiQueryUpTime() / 10000000;

    MonPrint(To, "up        %llu:%02llu:%02llu", Seconds / 3600, Seconds / 60 % 60, Seconds % 60);
    MonPrint(To, "memory    %llu MiB, %llu MiB free", KiMachine->ram_size >> 20, (ULONG64)MmFreeFrames * PAGE_SIZE >> 20);
    MonPrint(To, "verifier  %s", KiMachine->verifier == HAL_VERIFIER_OFF ? "off" : "standard");
    MonPrint(To, "drivers");
    for (PLIST_ENTRY Link = IopDriverList.Flink; Link != &IopDriverList; Link = Link->Flink) {
        PIOP_DRIVER Driver = CONTAINING_RECORD(Link, IOP_DRIVER, Entry);
        ULONG Devices = 0;
        for (PDEVICE_OBJECT Device = Driver->Object.DeviceObject; Device != NULL; Device = Device->NextDevice) {
            Devices++;
        }
        MonPrint(To, "  %wZ%s, %lu %s%s", &Driver->Object.DriverName, Driver->Module == NULL || Driver->Module->Inbox ? " (inbox)" : "", Devices,
                 Devices == 1 ? "device" : "devices", Driver->UnloadRequested ? ", waits for its last handle to unload" : "");
    }
    MonPrint(To, "programs");
    for (PEPROCESS Process = MonNextProcess(NULL); Process != NULL; Process = MonNextProcess(Process)) {
        ULONG Threads = MonCountThreads(Process), Handles = ObpProcessHandleCount(Process);
        MonPrint(To, "  %5lu  %s, %lu %s, %lu %s%s", HandleToUlong(Process->UniqueProcessId), Process->ImageFileName, Threads,
                 Threads == 1 ? "thread" : "threads", Handles, Handles == 1 ? "handle" : "handles", Process->Exiting ? ", ending" : "");
    }
}

static VOID MonStatusJson(ULONG To) {
    OBP_JSON Json;

    ObpJsonStart(&Json);
    ObpJsonOpen(&Json, NULL, '{');
    ObpJsonNumber(&Json, "up_seconds", (LONG64)(KiQueryUpTime() / 10000000));
    ObpJsonNumber(&Json, "memory", (LONG64)KiMachine->ram_size);
    ObpJsonNumber(&Json, "memory_free", (LONG64)MmFreeFrames * PAGE_SIZE);
    ObpJsonText(&Json, "verifier", KiMachine->verifier == HAL_VERIFIER_OFF ? "off" : "standard");
    ObpJsonOpen(&Json, "drivers", '[');
    for (PLIST_ENTRY Link = IopDriverList.Flink; Link != &IopDriverList; Link = Link->Flink) {
        PIOP_DRIVER Driver = CONTAINING_RECORD(Link, IOP_DRIVER, Entry);
        ObpJsonOpen(&Json, NULL, '{');
        ObpJsonString(&Json, "service", &Driver->Extension.ServiceKeyName);
        ObpJsonBoolean(&Json, "inbox", Driver->Module == NULL || Driver->Module->Inbox);
        ObpJsonBoolean(&Json, "unload_pending", Driver->UnloadRequested);
        ObpJsonClose(&Json, '}');
    }
    ObpJsonClose(&Json, ']');
    ObpJsonOpen(&Json, "programs", '[');
    for (PEPROCESS Process = MonNextProcess(NULL); Process != NULL; Process = MonNextProcess(Process)) {
        ObpJsonOpen(&Json, NULL, '{');
        ObpJsonNumber(&Json, "pid", HandleToUlong(Process->UniqueProcessId));
        ObpJsonText(&Json, "name", Process->ImageFileName);
        ObpJsonNumber(&Json, "threads", MonCountThreads(Process));
        ObpJsonNumber(&Json, "handles", ObpProcessHandleCount(Process));
        ObpJsonBoolean(&Json, "ending", Process->Exiting);
        ObpJsonClose(&Json, '}');
    }
    ObpJsonClose(&Json, ']');
    ObpJsonClose(&Json, '}');
    if (Json.Failed) {
        MonNote(To, "the machine has no memory left for its answer");
    } else {
        HalOps->request_data(To, Json.Text, Json.Length);
    }
    ObpJsonFree(&Json);
}

VOID MonStatus(const hal_request *Request) {
    if (Request->argument_count > 0 && strcmp(Request->arguments[0], "json") == 0) {
        MonStatusJson(Request->connection);
    } else {
        MonStatusText(Request->connection);
    }
}

/* ---- down ------------------------------------------------------------------------------------------------------------------------ */

/* One that goes on, and has not been told to end. */
static PEPROCESS MonNextToEnd(VOID) {
    PEPROCESS Process = MonNextProcess(NULL);

    while (Process != NULL && Process->Exiting) {
        Process = MonNextProcess(Process);
    }
    return Process;
}

#define STEP_100NS 100000
#define PATIENCE   500 /* steps: five seconds */

static VOID MonPause(VOID) {
    LARGE_INTEGER Step = {.QuadPart = -STEP_100NS};
    KeDelayExecutionThread(KernelMode, FALSE, &Step);
}

/* Ends them all, and waits, but not for ever: a thread does not end before its IRPs have. */
static VOID MonEndPrograms(ULONG To) {
    ULONG Steps = 0;

    for (PEPROCESS Process = MonNextProcess(NULL); Process != NULL; Process = MonNextProcess(Process)) {
        if (!Process->Exiting) {
            MonNote(To, "%s (process %lu): is ended", Process->ImageFileName, HandleToUlong(Process->UniqueProcessId));
        }
    }
    while (MonNextProcess(NULL) != NULL && Steps < PATIENCE) {
        for (PEPROCESS Process = MonNextToEnd(); Process != NULL; Process = MonNextToEnd()) {
            ObfReferenceObject(Process);
            PspTerminateProcess(Process, DBG_TERMINATE_PROCESS);
            ObfDereferenceObject(Process);
        }
        MonPause();
        Steps++;
    }
    while (MonHasJobs() && MonNextProcess(NULL) == NULL && Steps < PATIENCE) { /* whoever started them hears how they ended */
        MonPause();
        Steps++;
    }
    for (PEPROCESS Process = MonNextProcess(NULL); Process != NULL; Process = MonNextProcess(Process)) {
        MonNote(To, "%s (process %lu): does not end: an IRP of it has not been completed, or a thread of it waits in a driver",
                Process->ImageFileName, HandleToUlong(Process->UniqueProcessId));
    }
}

static PIOP_DRIVER MonLastDriver(VOID) {
    for (PLIST_ENTRY Link = IopDriverList.Blink; Link != &IopDriverList; Link = Link->Blink) {
        PIOP_DRIVER Driver = CONTAINING_RECORD(Link, IOP_DRIVER, Entry);
        if (Driver->Module != NULL && !Driver->Module->Inbox && !Driver->StaysLoaded) {
            return Driver;
        }
    }
    return NULL;
}

/* The latest first, for it may use what those before it have made. */
static VOID MonUnloadAll(ULONG To) {
    PIOP_DRIVER Driver;

    while ((Driver = MonLastDriver()) != NULL) {
        MON_RESULT Result = {0};
        CHAR Service[MON_NAME];

        Driver->StaysLoaded = TRUE;
        MonFormat(Service, sizeof Service, "%wZ", &Driver->Extension.ServiceKeyName);
        MonUnload(Service, FALSE, &Result);
        if (Result.Text[0] != '\0') {
            MonNote(To, "%s", Result.Text);
        }
    }
}

VOID MonDown(const hal_request *Request) {
    MonEndPrograms(Request->connection);
    IoShutdownSystem(); /* before drivers go that want to know */
    MonUnloadAll(Request->connection);
    CmShutdownSystem();
    KdFlush();
    VfFlushTrace();
    HalOps->request_done(Request->connection, 0);
    HalOps->exit(0);
    __builtin_unreachable();
}
