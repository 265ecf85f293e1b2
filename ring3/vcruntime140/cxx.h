/*
 * C++ exceptions from the inside. What the compiler emits is described by its own listings and LLVM's documentation ("Exception Handling using
 * the Windows Runtime", WinException.cpp); addresses in it are relative to the image ("RVA").
 *
 * A frame's place among its objects and try blocks is its state: -1 where nothing is to be destroyed or caught, and inside of each object and try block
 * a larger one than outside of it. A catch block is a function of its own ("funclet") that is called on top of the stack of the exception, with the frame
 * whose variables it uses in rdx. When it ends it says where to go on, and only then is the stack of the exception given up.
 */
#pragma once
#include "vcruntime.h"

#define CXX_EXCEPTION 0xE06D7363u /* "msc" with the high bits of an error */
#define CXX_MAGIC_1   0x19930520u
#define CXX_MAGIC_3   0x19930522u /* has flags */
enum { CXX_PARAMETERS = 4, CXX_PARAMETER_MAGIC = 0, CXX_PARAMETER_OBJECT, CXX_PARAMETER_TYPE, CXX_PARAMETER_IMAGE };

/* ---- Types of what is thrown ---------------------------------------------------------------------------------------------------------- */

/* Where a base class is in an object: `member` bytes in, and for a virtual base first by the table that is pointed to at `pointer` (-1: none). */
typedef struct CXX_PLACE {
    int member, pointer, entry;
} CXX_PLACE;

enum { CXX_SIMPLE = 1, CXX_ONLY_BY_REFERENCE = 2, CXX_HAS_VIRTUAL_BASE = 4, CXX_BAD_ALLOC = 0x10 };
typedef struct CXX_CATCHABLE {
    unsigned properties; /* CXX_SIMPLE... */
    int type;            /* VCRT_TYPE */
    CXX_PLACE place;
    unsigned size;
    int copy; /* constructor; 0: bytes are copied */
} CXX_CATCHABLE;

typedef struct CXX_CATCHABLES {
    int count;
    int types[];
} CXX_CATCHABLES;

typedef struct CXX_THROW {
    unsigned qualifiers; /* CXX_CONST... */
    int destructor;      /* 0: none */
    int forward;
    int catchables;
} CXX_THROW;

enum { CXX_CONST = 1, CXX_VOLATILE = 2, CXX_UNALIGNED = 4, CXX_REFERENCE = 8, CXX_STANDARD_ELLIPSIS = 0x40, CXX_BAD_ALLOC_TOO = 0x80 };

/* ---- A function's tables, in either form ------------------------------------------------------------------------------------------------ */

typedef struct VCRT_FUNCTION VCRT_FUNCTION;
typedef struct VCRT_TRY {
    int low, high;  /* states in it */
    int catch_high; /* states in its catch blocks are above high, to this */
    int handler_count;
    const unsigned char *handlers; /* the next one's entry */
    const unsigned char *next;     /* the next try block's entry */
} VCRT_TRY;

typedef struct VCRT_HANDLER {
    unsigned qualifiers; /* CXX_CONST... */
    const VCRT_TYPE *type;
    int object;          /* in the frame; 0: it has none */
    uintptr_t code;      /* of the funclet */
    uintptr_t resume[2]; /* where to go on, if it is not the funclet that says it */
    unsigned resume_count;
} VCRT_HANDLER;

/* What there is to do on the way from a state to the one around it. */
typedef struct VCRT_ACTION {
    int state;        /* after it */
    uintptr_t code;   /* 0: nothing */
    BOOLEAN destroys; /* code is the destructor of object; else a funclet */
    BOOLEAN pointed;  /* object is where its address is */
    uintptr_t object;
} VCRT_ACTION;

struct VCRT_FUNCTION {
    uintptr_t image, start;
    uintptr_t frame;     /* whose variables it uses: for a funclet, that of the function around it */
    int low, high;       /* states of this function without its parent's: above low, to high */
    BOOLEAN synchronous; /* /EHs: knows nothing of exceptions that are not C++'s */
    BOOLEAN nothrow;
    unsigned try_count;
    int (*state)(const VCRT_FUNCTION *function, uintptr_t pc);
    void (*first_try)(const VCRT_FUNCTION *function, VCRT_TRY *try);
    void (*next_try)(const VCRT_FUNCTION *function, VCRT_TRY *try);
    void (*next_handler)(const VCRT_FUNCTION *function, VCRT_TRY *try, VCRT_HANDLER *handler);
    void (*leave)(const VCRT_FUNCTION *function, int state, VCRT_ACTION *action);
    const unsigned char *tries, *unwind, *states; /* where the tables are */
    unsigned unwind_count, state_count;
};
void vcrt_describe(VCRT_FUNCTION *function, uintptr_t frame, const DISPATCHER_CONTEXT *dispatcher);
void vcrt_describe_compressed(VCRT_FUNCTION *function, uintptr_t frame, const DISPATCHER_CONTEXT *dispatcher);
/* The first address of the function that an entry of .pdata belongs to, even if only by a chain. */
unsigned vcrt_function_start(uintptr_t image, const RUNTIME_FUNCTION *entry);

/* ---- Exception objects (object.c) -------------------------------------------------------------------------------------------------------- */

BOOL vcrt_is_cxx(const EXCEPTION_RECORD *record);
void *vcrt_object(const EXCEPTION_RECORD *record); /* NULL when there is none */
/* Does the handler take the exception? *as is how, or NULL for a catch (...). */
BOOL vcrt_takes(const EXCEPTION_RECORD *record, const VCRT_HANDLER *handler, const CXX_CATCHABLE **as);
void vcrt_build_object(const EXCEPTION_RECORD *record, const VCRT_HANDLER *handler, const CXX_CATCHABLE *as, uintptr_t frame);
void vcrt_destroy_object(const EXCEPTION_RECORD *record);
void *vcrt_place(void *object, const CXX_PLACE *place);

/* ---- Catching (catch.c, call_catch.S) --------------------------------------------------------------------------------------------------------- */

/* A catch block that runs, in a list of its thread's; on the stack. */
typedef struct VCRT_CATCH {
    uintptr_t code, frame; /* call_catch.S knows these two */
    struct VCRT_CATCH *outer;
    uintptr_t stack_frame; /* the frame that caught: other than `frame` where that is a catch block itself */
    int target, state;     /* of that frame: what is unwound to, and what it has while the block runs */
    uintptr_t resume[2];
    unsigned resume_count;
    EXCEPTION_RECORD record;
    CONTEXT *context;
    EXCEPTION_RECORD *outer_record;
    CONTEXT *outer_context;
    BOOLEAN left; /* by an exception or a jump; the frame that caught is not unwound yet */
} VCRT_CATCH;
uintptr_t vcrt_call_catch(EXCEPTION_RECORD *unwind); /* RtlRestoreContext calls it when the frames are unwound; gives it where to go on */
void vcrt_begin_catch(VCRT_CATCH *catch);
uintptr_t vcrt_end_catch(VCRT_CATCH *catch, uintptr_t resume);
/* The language handler of vcrt_call_catch's frame: the catch block is left by another exception, or by a jump. */
EXCEPTION_DISPOSITION vcrt_leave_catch(EXCEPTION_RECORD *record, void *frame, CONTEXT *context, DISPATCHER_CONTEXT *dispatcher);
const VCRT_CATCH *vcrt_find_catch(uintptr_t stack_frame);         /* that frame's, or NULL */
void vcrt_forget_catch(uintptr_t stack_frame);                    /* that frame is unwound now */
const VCRT_CATCH *vcrt_caught_by(const EXCEPTION_RECORD *unwind); /* NULL: the unwind is not to a catch block */

/* ---- Unwinding (frame.c, call_catch.S) ------------------------------------------------------------------------------------------------------ */

void vcrt_call_action(uintptr_t code, uintptr_t first, uintptr_t second);
/* The language handler of its frame. */
EXCEPTION_DISPOSITION vcrt_leave_action(EXCEPTION_RECORD *record, void *frame, CONTEXT *context, DISPATCHER_CONTEXT *dispatcher);

__declspec(noreturn) void __stdcall _CxxThrowException(void *object, const CXX_THROW *type);
