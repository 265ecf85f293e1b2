/* Catch blocks while they run: which exception is being handled, and how long its object lives. */
#include "cxx.h"

const VCRT_CATCH *vcrt_find_catch(uintptr_t stack_frame) {
    const VCRT_CATCH *catch = vcrt_thread()->catches;

    while (catch && catch->stack_frame != stack_frame) {
        catch = catch->outer;
    }
    return catch;
}

void vcrt_begin_catch(VCRT_CATCH *catch) {
    VCRT_THREAD *thread = vcrt_thread();

    catch->outer = thread->catches;
    catch->outer_record = thread->record;
    catch->outer_context = thread->context;
    thread->catches = catch;
    thread->record = &catch->record;
    thread->context = catch->context;
}

/* The object ends with the last catch block that has it: `throw;` gives it to a further one. `next` is the one that takes over, or NULL. */
static void release(const VCRT_CATCH *catch, const VCRT_CATCH *next) {
    VCRT_THREAD *thread = vcrt_thread();
    void *object = vcrt_object(&catch->record);

    thread->record = catch->outer_record;
    thread->context = catch->outer_context;
    for (const VCRT_CATCH *other = catch->outer; other; other = other->outer) {
        if (vcrt_object(&other->record) == object) {
            return;
        }
    }
    if (!next || vcrt_object(&next->record) != object) {
        vcrt_destroy_object(&catch->record);
    }
}

uintptr_t vcrt_end_catch(VCRT_CATCH *catch, uintptr_t resume) {
    vcrt_thread()->catches = catch->outer;
    release(catch, NULL);
    return resume < catch->resume_count ? catch->resume[resume] : resume;
}

/* It stays in the list for the frame that caught, which is unwound next and has its state from it. */
EXCEPTION_DISPOSITION vcrt_leave_catch(EXCEPTION_RECORD *record, void *frame, CONTEXT *context, DISPATCHER_CONTEXT *dispatcher) {
    VCRT_CATCH *catch = *(VCRT_CATCH **)((uintptr_t)frame + 0x20);

    if (vcrt_thread()->catches == catch && !catch->left) { /* not when its object's destructor is left */
        catch->left = TRUE;
        release(catch, vcrt_caught_by(record));
    }
    return ExceptionContinueSearch;
}

void vcrt_forget_catch(uintptr_t stack_frame) {
    VCRT_THREAD *thread = vcrt_thread();

    if (thread->catches && thread->catches->left && thread->catches->stack_frame == stack_frame) {
        thread->catches = thread->catches->outer;
    }
}

const VCRT_CATCH *vcrt_caught_by(const EXCEPTION_RECORD *unwind) {
    if (unwind->ExceptionCode == (DWORD)STATUS_UNWIND_CONSOLIDATE && unwind->NumberParameters >= 2 &&
        unwind->ExceptionInformation[0] == (ULONG_PTR)vcrt_call_catch) {
        return (const VCRT_CATCH *)unwind->ExceptionInformation[1];
    }
    return NULL;
}

/* ---- What programs ask -------------------------------------------------------------------------------------------------------------------- */

CRT_EXPORT(int *, __processing_throw, (void)) { return &vcrt_thread()->unwinding; }

CRT_EXPORT(int, __uncaught_exceptions, (void)) { return vcrt_thread()->unwinding; }

CRT_EXPORT(BOOLEAN, __uncaught_exception, (void)) { return vcrt_thread()->unwinding != 0; }

CRT_EXPORT(VCRT_TRANSLATOR, _set_se_translator, (VCRT_TRANSLATOR translator)) {
    VCRT_THREAD *thread = vcrt_thread();
    VCRT_TRANSLATOR old = thread->translator;

    thread->translator = translator;
    return old;
}
