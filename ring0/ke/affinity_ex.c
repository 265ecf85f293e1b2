/* Sets of processors of several groups (KAFFINITY_EX, 20 groups of 64), and who is told of non-maskable interrupts and of processors that are added. */
#include "ke/ke.h"

#define GROUPS    20u
#define NMI_TAG   'imNK'
#define EVERY_BIT 64u

typedef struct _KAFFINITY_SET { /* KAFFINITY_EX */
    USHORT Count, Size;
    ULONG Reserved;
    ULONG64 Bitmap[GROUPS];
} KAFFINITY_SET, *PKAFFINITY_SET;

VOID NTAPI KeInitializeAffinityEx(PKAFFINITY_SET Affinity);
VOID NTAPI KeAddProcessorAffinityEx(PKAFFINITY_SET Affinity, ULONG Number);
VOID NTAPI KeRemoveProcessorAffinityEx(PKAFFINITY_SET Affinity, ULONG Number);
BOOLEAN NTAPI KeCheckProcessorAffinityEx(PKAFFINITY_SET Affinity, ULONG Number);
BOOLEAN NTAPI KeIsEmptyAffinityEx(PKAFFINITY_SET Affinity);
ULONG NTAPI KeCountSetBitsAffinityEx(PKAFFINITY_SET Affinity);
VOID NTAPI KeCopyAffinityEx(PKAFFINITY_SET Destination, PKAFFINITY_SET Source);

VOID NTAPI KeInitializeAffinityEx(PKAFFINITY_SET Affinity) { *Affinity = (KAFFINITY_SET){.Count = 1, .Size = GROUPS}; }

VOID NTAPI KeAddProcessorAffinityEx(PKAFFINITY_SET Affinity, ULONG Number) {
    ULONG Group = Number / EVERY_BIT;
    if (Group >= Affinity->Size)
        return;
    Affinity->Bitmap[Group] |= 1ull << Number % EVERY_BIT;
    if (Affinity->Count <= Group)
        Affinity->Count = (USHORT)(Group + 1);
}

VOID NTAPI KeRemoveProcessorAffinityEx(PKAFFINITY_SET Affinity, ULONG Number) {
    if (Number / EVERY_BIT < Affinity->Count)
        Affinity->Bitmap[Number / EVERY_BIT] &= ~(1ull << Number % EVERY_BIT);
}

BOOLEAN NTAPI KeCheckProcessorAffinityEx(PKAFFINITY_SET Affinity, ULONG Number) {
    return Number / EVERY_BIT < Affinity->Count && (Affinity->Bitmap[Number / EVERY_BIT] >> Number % EVERY_BIT & 1) != 0;
}

ULONG NTAPI KeCountSetBitsAffinityEx(PKAFFINITY_SET Affinity) {
    ULONG Count = 0;
    for (ULONG Group = 0; Group < Affinity->Count; Group++)
        Count += (ULONG)__builtin_popcountll(Affinity->Bitmap[Group]);
    return Count;
}

BOOLEAN NTAPI KeIsEmptyAffinityEx(PKAFFINITY_SET Affinity) { return KeCountSetBitsAffinityEx(Affinity) == 0; }

VOID NTAPI KeCopyAffinityEx(PKAFFINITY_SET Destination, PKAFFINITY_SET Source) {
    USHORT Size = Destination->Size;
    *Destination = *Source;
    Destination->Size = Size;
}

/* ---- Callbacks for what does not happen: no device of the machine causes a non-maskable interrupt, and no processor comes while it runs ---- */
typedef struct _NMI_ENTRY {
    LIST_ENTRY Link;
    PVOID Routine, Context;
} NMI_ENTRY, *PNMI_ENTRY;

static LIST_ENTRY KipNmiRoutines = {&KipNmiRoutines, &KipNmiRoutines}, KipChangeRoutines = {&KipChangeRoutines, &KipChangeRoutines};

static PVOID KipAddRoutine(PLIST_ENTRY List, PVOID Routine, PVOID Context) {
    PNMI_ENTRY Entry = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Entry), NMI_TAG);
    if (Entry == NULL)
        return NULL;
    Entry->Routine = Routine;
    Entry->Context = Context;
    InsertTailList(List, &Entry->Link);
    return Entry;
}

static BOOLEAN KipRemoveRoutine(PLIST_ENTRY List, PVOID Handle) {
    for (PLIST_ENTRY Link = List->Flink; Link != List; Link = Link->Flink) {
        if (CONTAINING_RECORD(Link, NMI_ENTRY, Link) != Handle)
            continue;
        RemoveEntryList(Link);
        ExFreePoolWithTag(Handle, NMI_TAG);
        return TRUE;
    }
    return FALSE;
}

PVOID NTAPI KeRegisterNmiCallback(PNMI_CALLBACK CallbackRoutine, PVOID Context) {
    return KipAddRoutine(&KipNmiRoutines, (PVOID)CallbackRoutine, Context);
}

NTSTATUS NTAPI KeDeregisterNmiCallback(PVOID Handle) { return KipRemoveRoutine(&KipNmiRoutines, Handle) ? STATUS_SUCCESS : STATUS_INVALID_HANDLE; }

/* Who asks for the processors that are there already is told of each of them, start and end, before this returns. */
PVOID NTAPI KeRegisterProcessorChangeCallback(PPROCESSOR_CALLBACK_FUNCTION CallbackFunction, PVOID CallbackContext, ULONG Flags) {
    PVOID Handle = KipAddRoutine(&KipChangeRoutines, (PVOID)CallbackFunction, CallbackContext);
    NTSTATUS Status = STATUS_SUCCESS;
    for (ULONG Number = 0; Handle != NULL && (Flags & KE_PROCESSOR_CHANGE_ADD_EXISTING) && Number < KiMachine->cpus; Number++) {
        KE_PROCESSOR_CHANGE_NOTIFY_CONTEXT Change = {
            .State = KeProcessorAddStartNotify, .NtNumber = Number, .Status = STATUS_SUCCESS, .ProcNumber = {.Number = (UCHAR)Number}};
        CallbackFunction(CallbackContext, &Change, &Status);
        Change.State = NT_SUCCESS(Status) ? KeProcessorAddCompleteNotify : KeProcessorAddFailureNotify;
        Change.Status = Status;
        CallbackFunction(CallbackContext, &Change, &Status);
        if (!NT_SUCCESS(Status)) {
            KipRemoveRoutine(&KipChangeRoutines, Handle);
            Handle = NULL;
        }
    }
    return Handle;
}

VOID NTAPI KeDeregisterProcessorChangeCallback(PVOID CallbackHandle) { KipRemoveRoutine(&KipChangeRoutines, CallbackHandle); }
