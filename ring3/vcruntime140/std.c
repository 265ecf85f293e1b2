/* The exceptions that the library itself throws: std::bad_cast, std::bad_typeid and std::__non_rtti_object. Their tables are in std_types.S. */
#include "rtti.h"

extern const void *const vcrt_exception_functions[], *const vcrt_bad_cast_functions[], *const vcrt_bad_typeid_functions[],
                                                                                           *const vcrt_non_rtti_object_functions[];
extern const CXX_THROW vcrt_bad_cast_throw, vcrt_bad_typeid_throw, vcrt_non_rtti_object_throw;

/* What std_types.S refers to. */
VCRT_EXCEPTION *vcrt_exception_delete(VCRT_EXCEPTION *exception, unsigned flags);
const char *vcrt_exception_what(const VCRT_EXCEPTION *exception);
void vcrt_exception_destroy(VCRT_EXCEPTION *exception);
VCRT_EXCEPTION *vcrt_exception_copy(VCRT_EXCEPTION *to, const VCRT_EXCEPTION *from);
VCRT_EXCEPTION *vcrt_bad_cast_copy(VCRT_EXCEPTION *to, const VCRT_EXCEPTION *from);
VCRT_EXCEPTION *vcrt_bad_typeid_copy(VCRT_EXCEPTION *to, const VCRT_EXCEPTION *from);
VCRT_EXCEPTION *vcrt_non_rtti_object_copy(VCRT_EXCEPTION *to, const VCRT_EXCEPTION *from);
void __cdecl __std_exception_copy(const VCRT_EXCEPTION_DATA *from, VCRT_EXCEPTION_DATA *to);
void __cdecl __std_exception_destroy(VCRT_EXCEPTION_DATA *data);

void vcrt_exception_destroy(VCRT_EXCEPTION *exception) { __std_exception_destroy(&exception->data); }

/* The virtual destructor. Nobody has made one of these with new, but a program may copy one. */
VCRT_EXCEPTION *vcrt_exception_delete(VCRT_EXCEPTION *exception, unsigned flags) {
    vcrt_exception_destroy(exception);
    if (flags & 1) {
        free(exception);
    }
    return exception;
}

const char *vcrt_exception_what(const VCRT_EXCEPTION *exception) { return exception->data.what ? exception->data.what : "Unknown exception"; }

static VCRT_EXCEPTION *copy(VCRT_EXCEPTION *to, const VCRT_EXCEPTION *from, const void *const *functions) {
    *to = (VCRT_EXCEPTION){.functions = functions};
    __std_exception_copy(&from->data, &to->data);
    return to;
}

VCRT_EXCEPTION *vcrt_exception_copy(VCRT_EXCEPTION *to, const VCRT_EXCEPTION *from) { return copy(to, from, vcrt_exception_functions); }

VCRT_EXCEPTION *vcrt_bad_cast_copy(VCRT_EXCEPTION *to, const VCRT_EXCEPTION *from) { return copy(to, from, vcrt_bad_cast_functions); }

VCRT_EXCEPTION *vcrt_bad_typeid_copy(VCRT_EXCEPTION *to, const VCRT_EXCEPTION *from) { return copy(to, from, vcrt_bad_typeid_functions); }

VCRT_EXCEPTION *vcrt_non_rtti_object_copy(VCRT_EXCEPTION *to, const VCRT_EXCEPTION *from) { return copy(to, from, vcrt_non_rtti_object_functions); }

void vcrt_throw_bad_cast(const char *text) {
    VCRT_EXCEPTION exception = {vcrt_bad_cast_functions, {text, FALSE}};

    _CxxThrowException(&exception, &vcrt_bad_cast_throw);
}

void vcrt_throw_bad_typeid(const char *text) {
    VCRT_EXCEPTION exception = {vcrt_bad_typeid_functions, {text, FALSE}};

    _CxxThrowException(&exception, &vcrt_bad_typeid_throw);
}

void vcrt_throw_non_rtti_object(const char *text) {
    VCRT_EXCEPTION exception = {vcrt_non_rtti_object_functions, {text, FALSE}};

    _CxxThrowException(&exception, &vcrt_non_rtti_object_throw);
}
