/* ERESOURCE in all its ways: exclusive, shared, recursive, starving or waiting for exclusive waiters, with and without waiting, converted; and its questions. */
#include "torture.h"

#pragma clang diagnostic ignored "-Wunused-parameter"

#define THREADS 100
#define ROUNDS  6

static ERESOURCE Resource;
static volatile LONG Writers, Readers, Converted, Refused, Entries;

static VOID Read(VOID) {
    InterlockedIncrement(&Readers);
    Must(Writers == 0, "a reader beside a writer");
    Must(ExIsResourceAcquiredSharedLite(&Resource) != 0, "a reader is told that it reads");
    Point();
    Must(Writers == 0, "a writer came to a reader");
    InterlockedDecrement(&Readers);
}

static VOID Write(VOID) {
    Must(InterlockedIncrement(&Writers) == 1, "two writers");
    Must(Readers == 0, "a writer beside a reader");
    Must(ExIsResourceAcquiredExclusiveLite(&Resource), "a writer is told that it writes");
    Point();
    Must(Writers == 1 && Readers == 0, "somebody came to a writer");
    InterlockedDecrement(&Writers);
}

static BOOLEAN Acquire(ULONG Way, BOOLEAN Wait) {
    switch (Way) {
    case 0: return ExAcquireResourceExclusiveLite(&Resource, Wait);
    case 1: return ExAcquireResourceSharedLite(&Resource, Wait);
    case 2: return ExAcquireSharedStarveExclusive(&Resource, Wait);
    default: return ExAcquireSharedWaitForExclusive(&Resource, Wait);
    }
}

static VOID NTAPI User(PVOID Context) {
    DICE Dice = {(ULONG)(ULONG_PTR)Context * 2246822519u + 7};

    for (ULONG Round = 0; Round < ROUNDS; Round++) {
        ULONG Way = Roll(&Dice, 4);
        BOOLEAN Wait = Roll(&Dice, 4) != 0;

        KeEnterCriticalRegion();
        if (!Acquire(Way, Wait)) {
            Must(!Wait, "who waits gets it");
            InterlockedIncrement(&Refused);
            KeLeaveCriticalRegion();
            continue;
        }
        InterlockedIncrement(&Entries);
        if (Way == 0) {
            Write();
            if (Roll(&Dice, 2) == 0) { /* once more, in the other way, which its owner may */
                Must(ExAcquireResourceSharedLite(&Resource, FALSE), "a writer may read");
                Write();
                ExReleaseResourceLite(&Resource);
            }
            if (Roll(&Dice, 2) == 0) {
                ExConvertExclusiveToSharedLite(&Resource);
                InterlockedIncrement(&Converted);
                Read();
            }
        } else {
            Read();
            if (Roll(&Dice, 4) == 0) {
                Must(ExAcquireSharedStarveExclusive(&Resource, TRUE), "a reader may read again");
                Read();
                ExReleaseResourceLite(&Resource);
            }
        }
        ExReleaseResourceLite(&Resource);
        KeLeaveCriticalRegion();
        if (Roll(&Dice, 8) == 0)
            Sleep100ns(Roll(&Dice, 2000));
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    ExInitializeResourceLite(&Resource);
    RunThreads(THREADS, User, "all threads ended");
    ok(ExGetExclusiveWaiterCount(&Resource) == 0 && ExGetSharedWaiterCount(&Resource) == 0 && Writers == 0 && Readers == 0,
       "%d entries, %d converted, %d refused", Entries, Converted, Refused);
    is(ExDeleteResourceLite(&Resource), STATUS_SUCCESS, "the resource is free");
    ReportViolations("resource");
}
