/* The tables of __CxxFrameHandler3 and its elders: arrays of integers. A catch block's states are in the tables of its function. */
#include "cxx.h"

typedef struct FUNCTION_INFO {
    unsigned magic : 29, : 3;
    unsigned state_count;
    int unwind;
    unsigned try_count;
    int tries;
    unsigned ip_count;
    int ips;
    int unwind_help; /* an int in the frame for the library's use; ours needs none */
    int may_throw;   /* from here on only with CXX_MAGIC_3 */
    int flags;
} FUNCTION_INFO;
enum { SYNCHRONOUS = 1, NOTHROW = 4 };

typedef struct UNWIND_ENTRY {
    int state, action;
} UNWIND_ENTRY;

typedef struct TRY_ENTRY {
    int low, high, catch_high, handler_count, handlers;
} TRY_ENTRY;

typedef struct HANDLER_ENTRY {
    unsigned qualifiers;
    int type, object, code;
    int frame; /* where the funclet keeps the function's frame, from its own frame */
} HANDLER_ENTRY;

typedef struct IP_ENTRY {
    unsigned ip;
    int state;
} IP_ENTRY;

static int state_at(const VCRT_FUNCTION *function, uintptr_t pc) {
    const IP_ENTRY *entries = (const IP_ENTRY *)function->states;
    unsigned low = 0, high = function->state_count;

    while (low < high) {
        unsigned middle = (low + high) / 2;

        if (entries[middle].ip <= pc - function->image) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low ? entries[low - 1].state : -1;
}

static void read_try(const VCRT_FUNCTION *function, const TRY_ENTRY *entry, VCRT_TRY *try) {
    *try = (VCRT_TRY){.low = entry->low,
                      .high = entry->high,
                      .catch_high = entry->catch_high,
                      .handler_count = entry->handler_count,
                      .handlers = (const unsigned char *)(function->image + (unsigned)entry->handlers),
                      .next = (const unsigned char *)(entry + 1)};
}

static void first_try(const VCRT_FUNCTION *function, VCRT_TRY *try) { read_try(function, (const TRY_ENTRY *)function->tries, try); }

static void next_try(const VCRT_FUNCTION *function, VCRT_TRY *try) { read_try(function, (const TRY_ENTRY *)try->next, try); }

static void next_handler(const VCRT_FUNCTION *function, VCRT_TRY *try, VCRT_HANDLER *handler) {
    const HANDLER_ENTRY *entry = (const HANDLER_ENTRY *)try->handlers;

    *handler = (VCRT_HANDLER){.qualifiers = entry->qualifiers,
                              .type = entry->type ? (const VCRT_TYPE *)(function->image + (unsigned)entry->type + sizeof(void *)) : NULL,
                              .object = entry->object,
                              .code = function->image + (unsigned)entry->code};
    try->handlers = (const unsigned char *)(entry + 1);
}

static void leave(const VCRT_FUNCTION *function, int state, VCRT_ACTION *action) {
    const UNWIND_ENTRY *entry = (const UNWIND_ENTRY *)function->unwind + state;

    if ((unsigned)state >= function->unwind_count || entry->state >= state) {
        terminate();
    }
    *action = (VCRT_ACTION){.state = entry->state, .code = entry->action ? function->image + (unsigned)entry->action : 0};
}

/* Is this the funclet of one of its catch blocks? Then it has that block's states alone, and its function's variables. */
static void find_funclet(VCRT_FUNCTION *function, uintptr_t frame) {
    VCRT_TRY try;

    for (unsigned i = 0; i < function->try_count; i++) {
        (i ? next_try : first_try)(function, &try);
        for (int j = 0; j < try.handler_count; j++) {
            const HANDLER_ENTRY *entry = (const HANDLER_ENTRY *)try.handlers + j;

            if (function->image + (unsigned)entry->code == function->start) {
                function->frame = *(const uintptr_t *)(frame + (uintptr_t)(intptr_t)entry->frame);
                function->low = try.high;
                function->high = try.catch_high;
                return;
            }
        }
    }
}

void vcrt_describe(VCRT_FUNCTION *function, uintptr_t frame, const DISPATCHER_CONTEXT *dispatcher) {
    uintptr_t image = dispatcher->ImageBase;
    const FUNCTION_INFO *info = (const FUNCTION_INFO *)(image + *(const unsigned *)dispatcher->HandlerData);

    *function = (VCRT_FUNCTION){.image = image,
                                .start = image + vcrt_function_start(image, dispatcher->FunctionEntry),
                                .frame = frame,
                                .low = -1,
                                .high = INT_MAX,
                                .synchronous = info->magic >= CXX_MAGIC_3 && info->flags & SYNCHRONOUS,
                                .nothrow = info->magic >= CXX_MAGIC_3 && info->flags & NOTHROW,
                                .try_count = info->try_count,
                                .state = state_at,
                                .first_try = first_try,
                                .next_try = next_try,
                                .next_handler = next_handler,
                                .leave = leave,
                                .tries = (const unsigned char *)(image + (unsigned)info->tries),
                                .unwind = (const unsigned char *)(image + (unsigned)info->unwind),
                                .states = (const unsigned char *)(image + (unsigned)info->ips),
                                .unwind_count = info->state_count,
                                .state_count = info->ip_count};
    find_funclet(function, frame);
}
