/*
 * The monitor: what people outside ask of the machine. A job is a set of drivers and programs that are run together, with one console: that of the
 * command line, or that of a terminal from which `ringside run` has entered a machine that is up. Requests come through the door
 * (hal_ops.request_next) and are served by one system thread; a job has a thread of its own.
 */
#pragma once
#include "nt/nt.h"

#define MON_TEXT 1024

struct _LDR_REFUSAL;

/* What came of a job or a request: an exit code, and a sentence of Ringside's own if it was refused ("" if not). */
typedef struct _MON_RESULT {
    ULONG Code;
    CHAR Text[MON_TEXT];
} MON_RESULT, *PMON_RESULT;

typedef struct _MON_JOB {
    LIST_ENTRY Link;
    PKTHREAD Thread;                             /* waits for the programs: of no interest to people */
    ULONG Connection, Console;                   /* 0, 0: the command line's own */
    BOOLEAN Gone;                                /* whoever wanted it has left: nothing more is started */
    const char *const *Drivers, *const *Matches; /* Matches: "" for a driver of which none is said */
    ULONG DriverCount;
    const hal_program *Programs;
    ULONG ProgramCount;
    MON_RESULT Result;
} MON_JOB, *PMON_JOB;

/* MonEndJob finds it from now on; MonRunJob does this too, if it has not been done. */
VOID MonAddJob(PMON_JOB Job);
/* Loads the drivers, runs the programs, ends what they leave behind, unloads the drivers. PASSIVE_LEVEL, in a system thread. */
VOID MonRunJob(PMON_JOB Job);
/* Asks the programs of a job to end, as a console that is closed does, and makes them, five seconds later. Returns at once. Does nothing if there is no
   such job any more. */
VOID MonEndJob(ULONG Connection);
/* Some job goes on. */
BOOLEAN MonHasJobs(VOID);
/* Serves requests until one of them ends the machine. The thread is the monitor from now on. */
DECLSPEC_NORETURN VOID MonServe(VOID);

/* A console control event for the programs on that console: each runs its handlers in a new thread of its own. FALSE: there is no program. */
BOOLEAN MonControlEvent(ULONG Console, ULONG Event);
/* Ctrl+C in a machine of its own. Any IRQL. */
VOID MonRequestControl(ULONG Event);
VOID MonInitSystem(VOID);

/* Names as the registry has them, for drivers that come with a path. PASSIVE_LEVEL. */
NTSTATUS MonToUnicode(PCWSTR Prefix, PCSTR Text, PUNICODE_STRING String); /* from pool: MonFreeString */
VOID MonFreeString(PUNICODE_STRING String);
/* "C:\dir\example.sys" -> "example" */
VOID MonServiceName(PCSTR Path, CHAR *Name, ULONG Size);
/* Makes the service's key, and *Made TRUE if there was none, starts the driver, and binds it to the devices that Match names ("": none). Start: SERVICE_*_START. */
NTSTATUS MonInstallAndLoad(PCSTR Path, PCSTR Service, PCSTR Match, ULONG Start, PBOOLEAN Made, PMON_RESULT Result);
/* A note for people if the driver has an AddDevice routine and no device. */
VOID MonReportIdle(ULONG Connection, PCSTR Path, PCSTR Service);
/* Removes its devices and unloads it, and removes the service's key and what it was bound to if asked. Result says what would not go. */
VOID MonUnload(PCSTR Service, BOOLEAN Remove, PMON_RESULT Result);
VOID MonRefuse(PMON_RESULT Result, ULONG Code, PCSTR What, NTSTATUS Status, const struct _LDR_REFUSAL *Refusal);

/* Answers, each to the connection of its request. */
VOID MonStatus(const hal_request *Request);
VOID MonThreads(ULONG Connection, BOOLEAN AsNotes);
/* Ends programs, unloads drivers and ends the machine. Does not return. */
DECLSPEC_NORETURN VOID MonDown(const hal_request *Request);
VOID MonPrint(ULONG Connection, PCSTR Format, ...);
VOID MonNote(ULONG Connection, PCSTR Format, ...);
