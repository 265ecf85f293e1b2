/*
 * Two threads in one piece of code, as soon as both are there; then what they left is looked at. A driver defines Prepare(),
 * Body(Who), Who being 0 or 1, and Right(); what is not right is bug check 0xE2 with parameter 1 = 'race'.
 */
#pragma once
#include "../kernel/threads.h"

static VOID Prepare(VOID);
static VOID Body(ULONG Who);
static BOOLEAN Right(VOID);

static KEVENT Both;

static VOID NTAPI Racer(PVOID Context) {
    KeWaitForSingleObject(&Both, Executive, KernelMode, FALSE, NULL);
    Body((ULONG)(ULONG_PTR)Context);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    PKTHREAD First, Second;

    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    Prepare();
    KeInitializeEvent(&Both, NotificationEvent, FALSE);
    First = StartThread(Racer, (PVOID)0);
    Second = StartThread(Racer, (PVOID)1);
    Sleep100ns(MILLISECONDS(1));
    KeSetEvent(&Both, 0, FALSE);
    ok(First != NULL && Second != NULL && JoinThread(First) && JoinThread(Second), "both threads ended");
    if (!Right())
        KeBugCheckEx(0xE2, 'race', 0, 0, 0);
    ok(TRUE, "and all is right");
}
