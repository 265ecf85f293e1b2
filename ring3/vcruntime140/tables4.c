/*
 * The tables of __CxxFrameHandler4 ("Making C++ Exception Handling Smaller On x64", C++ Team Blog, 2019): the same facts as a stream of bytes. Small
 * integers have one to five bytes: as many ones as the first one ends in (up to four) follow it. A catch block has tables of its own.
 */
#include "cxx.h"

enum { IS_CATCH = 1, IS_SEPARATED = 2, HAS_PROFILE = 4, HAS_UNWIND = 8, HAS_TRIES = 0x10, SYNCHRONOUS = 0x20, NOTHROW = 0x40 };
enum { HAS_QUALIFIERS = 1, HAS_TYPE = 2, HAS_OBJECT = 4, RESUME_IN_IMAGE = 8, RESUME_SHIFT = 4 };
enum { NO_ACTION, DESTROY_OBJECT, DESTROY_POINTED, CALL_FUNCLET };

static unsigned read32(const unsigned char **at) {
    unsigned value;

    memcpy(&value, *at, sizeof(value));
    *at += sizeof(value);
    return value;
}

static unsigned read_small(const unsigned char **at) {
    unsigned ones = (unsigned)__builtin_ctz(~(unsigned)**at | 0x10u), value = 0;

    if (ones == 4) {
        ++*at;
        return read32(at);
    }
    for (unsigned i = 0; i <= ones; i++) {
        value |= (unsigned)*(*at)++ << 8 * i;
    }
    return value >> (ones + 1);
}

static const unsigned char *table(const VCRT_FUNCTION *function, const unsigned char **at) {
    return (const unsigned char *)(function->image + read32(at));
}

/* Where an address is counted from that address on; each from the one before it. States are one more than they are. */
static int state_at(const VCRT_FUNCTION *function, uintptr_t pc) {
    const unsigned char *at = function->states;
    unsigned count = read_small(&at);
    uintptr_t ip = function->start;
    int state = -1;

    for (unsigned i = 0; i < count; i++) {
        ip += read_small(&at);
        if (ip > pc) {
            break;
        }
        state = (int)read_small(&at) - 1;
    }
    return state;
}

static void next_try(const VCRT_FUNCTION *function, VCRT_TRY *try) {
    const unsigned char *at = try->next;

    try->low = (int)read_small(&at);
    try->high = (int)read_small(&at);
    try->catch_high = (int)read_small(&at);
    try->handlers = table(function, &at);
    try->handler_count = (int)read_small(&try->handlers);
    try->next = at;
}

static void first_try(const VCRT_FUNCTION *function, VCRT_TRY *try) {
    try->next = function->tries;
    next_try(function, try);
}

static void next_handler(const VCRT_FUNCTION *function, VCRT_TRY *try, VCRT_HANDLER *handler) {
    const unsigned char **at = &try->handlers;
    unsigned flags = *(*at)++;

    *handler = (VCRT_HANDLER){.resume_count = flags >> RESUME_SHIFT & 3};
    if (flags & HAS_QUALIFIERS) {
        handler->qualifiers = read_small(at);
    }
    if (flags & HAS_TYPE) {
        handler->type = (const VCRT_TYPE *)(table(function, at) + sizeof(void *));
    }
    if (flags & HAS_OBJECT) {
        handler->object = (int)read_small(at);
    }
    handler->code = (uintptr_t)table(function, at);
    if (handler->resume_count > CRT_LENGTH(handler->resume)) {
        terminate();
    }
    for (unsigned i = 0; i < handler->resume_count; i++) {
        handler->resume[i] = flags & RESUME_IN_IMAGE ? (uintptr_t)table(function, at) : function->start + read_small(at);
    }
}

/* An entry of the unwind table; how far back the next one is. */
static unsigned read_action(const VCRT_FUNCTION *function, const unsigned char **at, VCRT_ACTION *action) {
    unsigned head = read_small(at), kind = head & 3;

    *action = (VCRT_ACTION){0};
    if (kind != NO_ACTION) {
        action->code = (uintptr_t)table(function, at);
    }
    if (kind == DESTROY_OBJECT || kind == DESTROY_POINTED) {
        action->destroys = TRUE;
        action->object = function->frame + read_small(at);
        action->pointed = kind == DESTROY_POINTED;
    }
    return head >> 2;
}

/* Entries have no fixed size: the one that is so many bytes back is looked for from the first on. Before the first is state -1. */
static void leave(const VCRT_FUNCTION *function, int state, VCRT_ACTION *action) {
    const unsigned char *at = function->unwind, *first, *entry, *next;
    unsigned count = function->unwind ? read_small(&at) : 0, back = 0;
    VCRT_ACTION other;

    if ((unsigned)state >= count) {
        terminate();
    }
    first = entry = at;
    for (int i = 0; i <= state; i++) {
        entry = at;
        back = read_action(function, &at, action);
    }
    next = entry - back;
    at = first;
    action->state = -1;
    if (back == 0 || next < first) {
        return;
    }
    for (int i = 0; i < state; i++) {
        if (at == next) {
            action->state = i;
            return;
        }
        read_action(function, &at, &other);
    }
    terminate();
}

/* Of a function in several pieces each has its own table, with addresses from the piece's beginning on. */
static const unsigned char *find_piece(VCRT_FUNCTION *function, const unsigned char *pieces, uintptr_t pc) {
    unsigned count = read_small(&pieces);
    const unsigned char *found = NULL;

    for (unsigned i = 0; i < count; i++) {
        uintptr_t start = (uintptr_t)table(function, &pieces);
        const unsigned char *states = table(function, &pieces);

        if (start <= pc && (!found || start > function->start)) {
            function->start = start;
            found = states;
        }
    }
    if (!found) {
        terminate();
    }
    return found;
}

void vcrt_describe_compressed(VCRT_FUNCTION *function, uintptr_t frame, const DISPATCHER_CONTEXT *dispatcher) {
    uintptr_t image = dispatcher->ImageBase;
    const unsigned char *at = (const unsigned char *)(image + *(const unsigned *)dispatcher->HandlerData);
    unsigned flags = *at++;

    *function = (VCRT_FUNCTION){.image = image,
                                .start = image + vcrt_function_start(image, dispatcher->FunctionEntry),
                                .frame = frame,
                                .low = -1,
                                .high = INT_MAX,
                                .synchronous = (flags & SYNCHRONOUS) != 0,
                                .nothrow = (flags & NOTHROW) != 0,
                                .state = state_at,
                                .first_try = first_try,
                                .next_try = next_try,
                                .next_handler = next_handler,
                                .leave = leave};
    if (flags & HAS_PROFILE) {
        read_small(&at);
    }
    if (flags & HAS_UNWIND) {
        function->unwind = table(function, &at);
    }
    if (flags & HAS_TRIES) {
        function->tries = table(function, &at);
        function->try_count = read_small(&function->tries);
    }
    function->states = table(function, &at);
    if (flags & IS_CATCH) {
        function->frame = *(const uintptr_t *)(frame + read_small(&at));
    }
    if (flags & IS_SEPARATED) {
        function->states = find_piece(function, function->states, dispatcher->ControlPc);
    }
}
