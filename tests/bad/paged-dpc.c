/* A DPC reads data of a section whose name begins with PAGE: 0xD1. */
#include "paged.h"

__attribute__((section("PAGEdata"))) static volatile ULONG Setting = 5;
static KDPC Dpc;

static VOID NTAPI Deferred(PKDPC Self, PVOID Context, PVOID Argument1, PVOID Argument2) { DbgPrint("got away with it: %u\n", Setting); }

MISTAKE VOID Mistake(VOID) {
    Setting++;
    KeInitializeDpc(&Dpc, Deferred, NULL);
    KeInsertQueueDpc(&Dpc, NULL, NULL);
}
