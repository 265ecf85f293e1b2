/* What drivers have registered for the end of the machine. */
#include "ke/ke.h"

#define KERNEL_SECURITY_CHECK_FAILURE 0x139u
#define FAST_FAIL_FATAL_APP_EXIT      7u

static LIST_ENTRY KipBugCheckCallbacks = {&KipBugCheckCallbacks, &KipBugCheckCallbacks};
static LIST_ENTRY KipReasonCallbacks = {&KipReasonCallbacks, &KipReasonCallbacks};

static BOOLEAN KipRemoveRecord(PLIST_ENTRY Entry, PUCHAR State) {
    if (*State != BufferInserted)
        return FALSE;
    RemoveEntryList(Entry);
    *State = BufferEmpty;
    return TRUE;
}

BOOLEAN NTAPI KeRegisterBugCheckCallback(PKBUGCHECK_CALLBACK_RECORD CallbackRecord, PKBUGCHECK_CALLBACK_ROUTINE CallbackRoutine, PVOID Buffer,
                                         ULONG Length, PUCHAR Component) {
    if (CallbackRecord->State != BufferEmpty)
        return FALSE;
    CallbackRecord->CallbackRoutine = CallbackRoutine;
    CallbackRecord->Buffer = Buffer;
    CallbackRecord->Length = Length;
    CallbackRecord->Component = Component;
    CallbackRecord->Checksum = (ULONG_PTR)CallbackRoutine + (ULONG_PTR)Buffer + Length + (ULONG_PTR)Component;
    CallbackRecord->State = BufferInserted;
    InsertTailList(&KipBugCheckCallbacks, &CallbackRecord->Entry);
    return TRUE;
}

BOOLEAN NTAPI KeDeregisterBugCheckCallback(PKBUGCHECK_CALLBACK_RECORD CallbackRecord) {
    return KipRemoveRecord(&CallbackRecord->Entry, &CallbackRecord->State);
}

/* These add to crash dumps. No dump is written, so none of them is ever called. */
BOOLEAN NTAPI KeRegisterBugCheckReasonCallback(PKBUGCHECK_REASON_CALLBACK_RECORD CallbackRecord, PKBUGCHECK_REASON_CALLBACK_ROUTINE CallbackRoutine,
                                               KBUGCHECK_CALLBACK_REASON Reason, PUCHAR Component) {
    if (CallbackRecord->State != BufferEmpty)
        return FALSE;
    CallbackRecord->CallbackRoutine = CallbackRoutine;
    CallbackRecord->Component = Component;
    CallbackRecord->Reason = Reason;
    CallbackRecord->Checksum = (ULONG_PTR)CallbackRoutine + (ULONG_PTR)Reason + (ULONG_PTR)Component;
    CallbackRecord->State = BufferInserted;
    InsertTailList(&KipReasonCallbacks, &CallbackRecord->Entry);
    return TRUE;
}

BOOLEAN NTAPI KeDeregisterBugCheckReasonCallback(PKBUGCHECK_REASON_CALLBACK_RECORD CallbackRecord) {
    return KipRemoveRecord(&CallbackRecord->Entry, &CallbackRecord->State);
}

/* A bug check inside a callback comes back to KiBugCheck, which then does not come here again. */
VOID KiRunBugCheckCallbacks(VOID) {
    for (PLIST_ENTRY Entry = KipBugCheckCallbacks.Flink; Entry != &KipBugCheckCallbacks; Entry = Entry->Flink) {
        PKBUGCHECK_CALLBACK_RECORD Record = CONTAINING_RECORD(Entry, KBUGCHECK_CALLBACK_RECORD, Entry);
        if (Record->State != BufferInserted)
            continue;
        Record->State = BufferStarted;
        Record->CallbackRoutine(Record->Buffer, Record->Length);
        Record->State = BufferFinished;
    }
}

/* A C++ program's call of a pure virtual function. Its run-time ends with the fast-fail code of abort(), and a driver's with that bug check. */
DECLSPEC_NORETURN VOID _purecall(VOID) {
    KiBugCheck(KERNEL_SECURITY_CHECK_FAILURE, FAST_FAIL_FATAL_APP_EXIT, 0, 0, 0, NULL,
               "a pure virtual function was called: its object is half built or half gone");
}
