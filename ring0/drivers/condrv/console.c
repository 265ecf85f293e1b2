/* The consoles: number 0, and one for each terminal from which programs have been started, for as long as one of them has it open. */
#include "condrvp.h"

#define CON_TAG 'rdnC'

/* wincon.h's bits as Windows 10 sets them: 1F7h for input, PROCESSED and WRAP_AT_EOL for output. */
#define INPUT_MODE_DEFAULT  0x1F7u
#define OUTPUT_MODE_DEFAULT 0x3u

static LIST_ENTRY ConList;
static KSPIN_LOCK ConListLock;
static CON_CONSOLE ConOwn;
static KDPC ConInputDpcObject;

static VOID ConInitializeConsole(PCON_CONSOLE Console, ULONG Number) {
    RtlZeroMemory(Console, sizeof(*Console));
    Console->Number = Number;
    Console->Terminals = (ULONG)HalOps->console_terminals(Number);
    Console->InputMode = INPUT_MODE_DEFAULT;
    Console->OutputMode = OUTPUT_MODE_DEFAULT;
    Console->Attributes = CON_USUAL_ATTRIBUTES;
    Console->References = 1;
    Console->Input.Number = Number;
    ConInitializeInput(Console);
}

PCON_CONSOLE ConReferenceConsole(ULONG Number) {
    PCON_CONSOLE Made = Number == 0 ? NULL : ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Made), CON_TAG), Found = NULL;
    KIRQL Irql;

    if (Made != NULL)
        ConInitializeConsole(Made, Number);
    KeAcquireSpinLock(&ConListLock, &Irql);
    for (PLIST_ENTRY Link = ConList.Flink; Link != &ConList && Found == NULL; Link = Link->Flink) {
        PCON_CONSOLE Console = CONTAINING_RECORD(Link, CON_CONSOLE, Link);
        if (Console->Number == Number)
            Found = Console;
    }
    if (Found != NULL) {
        Found->References++;
    } else if (Made != NULL) {
        Found = Made;
        InsertTailList(&ConList, &Made->Link);
        Made = NULL;
    }
    KeReleaseSpinLock(&ConListLock, Irql);
    if (Made != NULL)
        ExFreePoolWithTag(Made, CON_TAG);
    return Found;
}

VOID ConDereferenceConsole(PCON_CONSOLE Console) {
    BOOLEAN Last;
    KIRQL Irql;

    KeAcquireSpinLock(&ConListLock, &Irql);
    Last = --Console->References == 0;
    if (Last)
        RemoveEntryList(&Console->Link);
    KeReleaseSpinLock(&ConListLock, Irql);
    if (Last)
        ExFreePoolWithTag(Console, CON_TAG);
}

/* The interrupt's second half. Which console has input, the host does not say: each that somebody reads from is asked. */
static VOID NTAPI ConInputDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) {
    KIRQL Irql;
    PLIST_ENTRY Link;

    KeAcquireSpinLock(&ConListLock, &Irql);
    for (Link = ConList.Flink; Link != &ConList;) {
        PCON_CONSOLE Console = CONTAINING_RECORD(Link, CON_CONSOLE, Link);

        Console->References++;
        KeReleaseSpinLock(&ConListLock, Irql);
        ConServe(&Console->Input, TRUE);
        KeAcquireSpinLock(&ConListLock, &Irql);
        Link = Link->Flink;
        if (--Console->References == 0) {
            RemoveEntryList(&Console->Link);
            ExFreePoolWithTag(Console, CON_TAG);
        }
    }
    KeReleaseSpinLock(&ConListLock, Irql);
}

/* At device IRQL, where nothing of the above may be done. */
static VOID ConInputInterrupt(PVOID Context) { KeInsertQueueDpc(&ConInputDpcObject, NULL, NULL); }

VOID ConInitializeConsoles(VOID) {
    KeInitializeSpinLock(&ConListLock);
    InitializeListHead(&ConList);
    ConInitializeConsole(&ConOwn, 0);
    InsertTailList(&ConList, &ConOwn.Link);
    KeInitializeDpc(&ConInputDpcObject, ConInputDpc, NULL);
    KiRegisterEventSource(HAL_EVENT_CONSOLE, ConInputInterrupt, NULL);
}
