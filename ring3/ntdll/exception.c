/* User-mode exceptions: what the kernel enters, vectored handlers, the filter of last resort. */
#include "ntdllp.h"

typedef struct _VECTORED_HANDLER {
    LIST_ENTRY Link;
    PVECTORED_EXCEPTION_HANDLER Handler;
    ULONG Uses; /* 1 for the list, more while it is being called */
    BOOLEAN Removed;
} VECTORED_HANDLER;

static RTL_CRITICAL_SECTION VectoredLock = {.LockCount = -1};
static LIST_ENTRY VectoredList = {&VectoredList, &VectoredList};
static LIST_ENTRY ContinueList = {&ContinueList, &ContinueList}; /* asked when something has said EXCEPTION_CONTINUE_EXECUTION */
static PTOP_LEVEL_EXCEPTION_FILTER TopLevelFilter;

static VOID ReleaseHandler(VECTORED_HANDLER *Entry) {
    if (--Entry->Uses == 0) {
        RtlpRemove(&Entry->Link);
        RtlpFree(Entry);
    }
}

/* The lock is not held while a handler runs: it may add or remove handlers, and its thread may be one of several with exceptions. */
static BOOLEAN CallHandlers(PLIST_ENTRY List, PEXCEPTION_RECORD Record, PCONTEXT Context) {
    if (List->Flink == List)
        return FALSE;
    EXCEPTION_POINTERS pointers = {Record, Context};
    BOOLEAN go_on = FALSE;
    RtlEnterCriticalSection(&VectoredLock);
    for (PLIST_ENTRY link = List->Flink; link != List && !go_on;) {
        VECTORED_HANDLER *entry = CONTAINING_RECORD(link, VECTORED_HANDLER, Link);
        entry->Uses++;
        if (!entry->Removed) {
            RtlLeaveCriticalSection(&VectoredLock);
            go_on = entry->Handler(&pointers) == EXCEPTION_CONTINUE_EXECUTION;
            RtlEnterCriticalSection(&VectoredLock);
        }
        link = link->Flink;
        ReleaseHandler(entry);
    }
    RtlLeaveCriticalSection(&VectoredLock);
    return go_on;
}

static BOOLEAN CallVectoredHandlers(PEXCEPTION_RECORD Record, PCONTEXT Context) { return CallHandlers(&VectoredList, Record, Context); }

static VOID CallContinueHandlers(PEXCEPTION_RECORD Record, PCONTEXT Context) { CallHandlers(&ContinueList, Record, Context); }

static PVOID AddHandler(PLIST_ENTRY List, ULONG First, PVECTORED_EXCEPTION_HANDLER Handler) {
    VECTORED_HANDLER *entry = RtlpAllocate(sizeof *entry);
    if (!entry)
        return NULL;
    entry->Handler = Handler;
    entry->Uses = 1;
    RtlEnterCriticalSection(&VectoredLock);
    RtlpInsertTail(First ? List->Flink : List, &entry->Link);
    RtlLeaveCriticalSection(&VectoredLock);
    return entry;
}

static ULONG RemoveHandler(PLIST_ENTRY List, PVOID Handle) {
    ULONG found = 0;
    RtlEnterCriticalSection(&VectoredLock);
    for (PLIST_ENTRY link = List->Flink; link != List; link = link->Flink) {
        VECTORED_HANDLER *entry = CONTAINING_RECORD(link, VECTORED_HANDLER, Link);
        if (entry == Handle && !entry->Removed) {
            entry->Removed = TRUE;
            ReleaseHandler(entry);
            found = 1;
            break;
        }
    }
    RtlLeaveCriticalSection(&VectoredLock);
    return found;
}

PVOID NTAPI RtlAddVectoredExceptionHandler(ULONG First, PVECTORED_EXCEPTION_HANDLER Handler) { return AddHandler(&VectoredList, First, Handler); }
ULONG NTAPI RtlRemoveVectoredExceptionHandler(PVOID Handle) { return RemoveHandler(&VectoredList, Handle); }
PVOID NTAPI RtlAddVectoredContinueHandler(ULONG First, PVECTORED_EXCEPTION_HANDLER Handler) { return AddHandler(&ContinueList, First, Handler); }
ULONG NTAPI RtlRemoveVectoredContinueHandler(PVOID Handle) { return RemoveHandler(&ContinueList, Handle); }

VOID RtlpInitializeExceptions(VOID) {
    RtlpVectoredHandlers = CallVectoredHandlers;
    RtlpContinueHandlers = CallContinueHandlers;
    RtlpDynamicFunctions = RtlpFindDynamicFunction;
}

/* KiUserExceptionDispatcher, from entry.S. */
DECLSPEC_NORETURN VOID RtlpUserException(PEXCEPTION_RECORD Record, PCONTEXT Context);
VOID RtlpUserException(PEXCEPTION_RECORD Record, PCONTEXT Context) {
    if (RtlDispatchException(Record, Context))
        RtlRaiseStatus(NtContinue(Context, FALSE));
    EXCEPTION_POINTERS pointers = {Record, Context};
    RtlpReportException(&pointers);
    RtlRaiseStatus(NtRaiseException(Record, Context, FALSE));
}

VOID NTAPI RtlSetUnhandledExceptionFilter(PTOP_LEVEL_EXCEPTION_FILTER Filter) { TopLevelFilter = Filter; }

/* The filter of the frame that every thread starts in. */
LONG NTAPI RtlUnhandledExceptionFilter(PEXCEPTION_POINTERS Pointers) {
    if (Pointers->ExceptionRecord->ExceptionFlags & EXCEPTION_NESTED_CALL) /* an exception in the program's own filter */
        NtTerminateProcess(NtCurrentProcess(), (NTSTATUS)Pointers->ExceptionRecord->ExceptionCode);
    LONG answer = TopLevelFilter ? TopLevelFilter(Pointers) : EXCEPTION_CONTINUE_SEARCH;
    if (answer == EXCEPTION_CONTINUE_SEARCH) {
        RtlpReportException(Pointers);
        answer = EXCEPTION_EXECUTE_HANDLER;
    }
    return answer;
}
