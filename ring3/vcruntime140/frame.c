/*
 * The language handler of functions with C++ exceptions: in search of a catch block, and when the frame is unwound.
 *
 * The state of a frame comes from its address, unless a catch block of the frame runs: then it is the state around the try block. While objects are
 * destroyed the dispatcher context's scope index has the state that is left to do (plus 2), so that an exception that takes the unwind over begins there.
 */
#include "cxx.h"

#ifndef EXCEPTION_UNWIND
#define EXCEPTION_UNWIND 0x66
#endif
#ifndef EXCEPTION_TARGET_UNWIND
#define EXCEPTION_TARGET_UNWIND 0x20
#endif

unsigned vcrt_function_start(uintptr_t image, const RUNTIME_FUNCTION *entry) {
    for (;;) {
        const unsigned char *info = (const unsigned char *)(image + entry->UnwindData);

        if (!(info[0] >> 3 & UNW_FLAG_CHAININFO)) {
            return entry->BeginAddress;
        }
        entry = (const RUNTIME_FUNCTION *)(info + 4 + ((info[2] + 1u) & ~1u) * 2);
    }
}

static int current_state(const VCRT_FUNCTION *function, uintptr_t stack_frame, const DISPATCHER_CONTEXT *dispatcher) {
    const VCRT_CATCH *catch = vcrt_find_catch(stack_frame);

    if (dispatcher->ScopeIndex) {
        return (int)dispatcher->ScopeIndex - 2;
    }
    return catch ? catch->state : function->state(function, dispatcher->ControlPc);
}

/* ---- Search ------------------------------------------------------------------------------------------------------------------------------ */

/* Unwinds to the frame and has the catch block called there. The handler's object is made before anything is destroyed. Does not come back. */
static void catch_it(const VCRT_FUNCTION *function, uintptr_t stack_frame, const VCRT_TRY *try, const VCRT_HANDLER *handler,
                     const EXCEPTION_RECORD *record, CONTEXT *context, const CXX_CATCHABLE *as, const DISPATCHER_CONTEXT *dispatcher) {
    EXCEPTION_RECORD unwind = {.ExceptionCode = (DWORD)STATUS_UNWIND_CONSOLIDATE,
                               .ExceptionFlags = EXCEPTION_NONCONTINUABLE,
                               .NumberParameters = 2,
                               .ExceptionInformation = {(ULONG_PTR)vcrt_call_catch}};
    VCRT_CATCH catch = {.code = handler->code,
                        .frame = function->frame,
                        .stack_frame = stack_frame,
                        .target = try->low,
                        .resume = {handler->resume[0], handler->resume[1]},
                        .resume_count = handler->resume_count,
                        .record = *record,
                        .context = context};
    VCRT_ACTION around;
    CONTEXT target;

    function->leave(function, try->low, &around);
    catch.state = around.state;
    vcrt_build_object(record, handler, as, function->frame);
    unwind.ExceptionInformation[1] = (ULONG_PTR) & catch;
    RtlUnwindEx((void *)stack_frame, (void *)dispatcher->ControlPc, &unwind, NULL, &target, dispatcher->HistoryTable);
}

static EXCEPTION_DISPOSITION search(const VCRT_FUNCTION *function, EXCEPTION_RECORD *record, uintptr_t stack_frame, CONTEXT *context,
                                    const DISPATCHER_CONTEXT *dispatcher) {
    VCRT_THREAD *thread = vcrt_thread();
    BOOL cxx = vcrt_is_cxx(record);
    int state = current_state(function, stack_frame, dispatcher);
    const CXX_CATCHABLE *as;
    VCRT_HANDLER handler;
    VCRT_TRY try;

    if ((!cxx && function->synchronous) || record->ExceptionCode == (DWORD)STATUS_BREAKPOINT) {
        return ExceptionContinueSearch;
    }
    if (cxx && !record->ExceptionInformation[CXX_PARAMETER_TYPE] && thread->record) { /* `throw;` */
        record = thread->record;
        context = thread->context;
        if (!vcrt_is_cxx(record) && function->synchronous) {
            return ExceptionContinueSearch;
        }
    } else if (!cxx && thread->translator && function->try_count) {
        EXCEPTION_POINTERS pointers = {record, context};

        thread->translator(record->ExceptionCode, &pointers);
    }
    for (unsigned i = 0; i < function->try_count; i++) {
        (i ? function->next_try : function->first_try)(function, &try);
        if (state < try.low || state > try.high || try.low <= function->low || try.high > function->high) {
            continue;
        }
        while (try.handler_count-- > 0) {
            function->next_handler(function, &try, &handler);
            if (vcrt_takes(record, &handler, &as)) {
                catch_it(function, stack_frame, &try, &handler, record, context, as, dispatcher);
            }
        }
    }
    if (cxx && function->nothrow) {
        terminate();
    }
    return ExceptionContinueSearch;
}

/* ---- Unwind ------------------------------------------------------------------------------------------------------------------------------ */

static void call_action(const VCRT_FUNCTION *function, const VCRT_ACTION *action) {
    VCRT_THREAD *thread = vcrt_thread();

    thread->unwinding++;
    if (action->destroys) {
        vcrt_call_action(action->code, action->pointed ? *(const uintptr_t *)action->object : action->object, 0);
    } else {
        vcrt_call_action(action->code, 0, function->frame);
    }
    thread->unwinding--;
}

/*
 * A destructor that lets a C++ exception out while the stack is unwound: std::terminate, before anything more is unwound. One that is left by another
 * exception or a jump is over; the scope index says where the unwind that takes over goes on.
 */
EXCEPTION_DISPOSITION vcrt_leave_action(EXCEPTION_RECORD *record, void *frame, CONTEXT *context, DISPATCHER_CONTEXT *dispatcher) {
    if (record->ExceptionFlags & EXCEPTION_UNWIND) {
        vcrt_thread()->unwinding--;
    } else if (vcrt_is_cxx(record)) {
        terminate();
    }
    return ExceptionContinueSearch;
}

static void leave_states(const VCRT_FUNCTION *function, int state, int target, DISPATCHER_CONTEXT *dispatcher) {
    while (state > target && state <= function->high) {
        VCRT_ACTION action;

        function->leave(function, state, &action);
        state = action.state;
        dispatcher->ScopeIndex = (ULONG)(state + 2);
        if (action.code) {
            call_action(function, &action);
        }
    }
}

static EXCEPTION_DISPOSITION unwind(const VCRT_FUNCTION *function, const EXCEPTION_RECORD *record, uintptr_t stack_frame,
                                    DISPATCHER_CONTEXT *dispatcher) {
    BOOL target_frame = (record->ExceptionFlags & EXCEPTION_TARGET_UNWIND) != 0;
    const VCRT_CATCH *catch = vcrt_caught_by(record);
    int state = current_state(function, stack_frame, dispatcher), target = function->low;

    vcrt_forget_catch(stack_frame);
    if (function->synchronous && !catch && !vcrt_is_cxx(record) && record->ExceptionCode != (DWORD)STATUS_LONGJUMP) {
        return ExceptionContinueSearch;
    }
    if (target_frame && catch) {
        target = catch->target;
    } else if (target_frame) { /* longjmp, or another language's unwind, into the frame */
        target = function->state(function, dispatcher->TargetIp);
    }
    leave_states(function, state, target, dispatcher);
    return ExceptionContinueSearch;
}

static EXCEPTION_DISPOSITION handle(const VCRT_FUNCTION *function, EXCEPTION_RECORD *record, void *frame, CONTEXT *context,
                                    DISPATCHER_CONTEXT *dispatcher) {
    return record->ExceptionFlags & EXCEPTION_UNWIND ? unwind(function, record, (uintptr_t)frame, dispatcher)
                                                     : search(function, record, (uintptr_t)frame, context, dispatcher);
}

CRT_EXPORT(EXCEPTION_DISPOSITION, __CxxFrameHandler3, (EXCEPTION_RECORD * record, void *frame, CONTEXT *context, DISPATCHER_CONTEXT *dispatcher)) {
    VCRT_FUNCTION function;

    vcrt_describe(&function, (uintptr_t)frame, dispatcher);
    return handle(&function, record, frame, context, dispatcher);
}

/* vcruntime140_1.dll's __CxxFrameHandler4. */
CRT_EXPORT(EXCEPTION_DISPOSITION, vcrt_frame_handler_4, (EXCEPTION_RECORD * record, void *frame, CONTEXT *context, DISPATCHER_CONTEXT *dispatcher)) {
    VCRT_FUNCTION function;

    vcrt_describe_compressed(&function, (uintptr_t)frame, dispatcher);
    return handle(&function, record, frame, context, dispatcher);
}
