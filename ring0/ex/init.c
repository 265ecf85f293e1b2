/* The types of the objects that programs synchronize with, and what their services share. */
#include "ex/ex.h"
#include "ex/work.h"

POBJECT_TYPE ExpEventType, ExpSemaphoreType, ExpMutantType, ExpDesktopType, ExpWindowStationType;

#define MUTANT_EXECUTE (STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE)

static VOID ExpCreateType(PCWSTR Name, ULONG BodySize, ACCESS_MASK Read, ACCESS_MASK Write, ACCESS_MASK All, VOID (*Delete)(PVOID),
                          POBJECT_TYPE *Type) {
    OB_TYPE_INITIALIZER Initializer = {
        .Name = Name,
        .GenericMapping = {STANDARD_RIGHTS_READ | Read, STANDARD_RIGHTS_WRITE | Write, STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE, All},
        .ValidAccess = All,
        .PoolType = NonPagedPoolNx,
        .BodySize = BodySize,
        .Delete = Delete,
    };

    if (!NT_SUCCESS(ObCreateObjectType(&Initializer, Type)))
        KiFatal("an object type cannot be made at boot");
}

/* A mutant that is deleted while somebody owns it must not stay in that thread's list. */
static VOID ExpDeleteMutant(PVOID Object) {
    PKMUTANT Mutant = Object;

    if (Mutant->OwnerThread != NULL)
        RemoveEntryList(&Mutant->MutantListEntry);
}

VOID ExpCreateSynchronizationTypes(VOID) {
    ExpCreateType(L"Event", sizeof(KEVENT), EVENT_QUERY_STATE, EVENT_MODIFY_STATE, EVENT_ALL_ACCESS, NULL, &ExpEventType);
    ExpCreateType(L"Semaphore", sizeof(KSEMAPHORE), SEMAPHORE_QUERY_STATE, SEMAPHORE_MODIFY_STATE, SEMAPHORE_ALL_ACCESS, NULL, &ExpSemaphoreType);
    ExpCreateType(L"Mutant", sizeof(KMUTANT), MUTANT_QUERY_STATE, 0, MUTANT_ALL_ACCESS, ExpDeleteMutant, &ExpMutantType);
}

/* Objects of these are the window system's, which is not here; drivers name the types to ObRegisterCallbacks and ObReferenceObjectByHandle. */
static VOID ExpCreateWindowTypes(VOID) {
    static const OB_TYPE_INITIALIZER Desktop = {
        .Name = L"Desktop",
        .GenericMapping = {STANDARD_RIGHTS_READ | 0x0041, STANDARD_RIGHTS_WRITE | 0x00BE, STANDARD_RIGHTS_EXECUTE | 0x0100, 0xF01FF},
        .ValidAccess = 0xF01FF,
        .PoolType = NonPagedPoolNx,
        .Callbacks = TRUE,
        .DispatcherOffset = ~0u,
    };
    static const OB_TYPE_INITIALIZER WindowStation = {
        .Name = L"WindowStation",
        .GenericMapping = {STANDARD_RIGHTS_READ | 0x0303, STANDARD_RIGHTS_WRITE | 0x001C, STANDARD_RIGHTS_EXECUTE | 0x0060, 0xF037F},
        .ValidAccess = 0xF037F,
        .PoolType = NonPagedPoolNx,
        .DispatcherOffset = ~0u,
    };

    if (!NT_SUCCESS(ObCreateObjectType(&Desktop, &ExpDesktopType)) || !NT_SUCCESS(ObCreateObjectType(&WindowStation, &ExpWindowStationType)))
        KiFatal("the types Desktop and WindowStation cannot be made");
}

VOID ExInitSystem(VOID) {
    ExpCreateSynchronizationTypes();
    ExpCreateTimerType();
    ExpCreateKeyedEventType();
    ExpCreateWindowTypes();
    ExpInitializeCallbacks();
    ExpInitializeWorkQueues();
}

NTSTATUS ExpCaptureTimeout(PLARGE_INTEGER Timeout, LARGE_INTEGER *Captured, PLARGE_INTEGER *Pointer) {
    *Pointer = NULL;
    if (Timeout == NULL)
        return STATUS_SUCCESS;
    *Pointer = Captured;
    return KiCopyIn(Captured, Timeout, sizeof(*Captured));
}

NTSTATUS ExpReturnHandle(PHANDLE Out, HANDLE Handle) {
    NTSTATUS Status = KiCopyOut(Out, &Handle, sizeof(Handle));

    if (!NT_SUCCESS(Status))
        ObCloseHandle(Handle, KiPreviousMode());
    return Status;
}
