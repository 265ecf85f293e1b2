/* The objects that are thrown: which handler takes one, what the handler gets, and their end. */
#include "cxx.h"

BOOL vcrt_is_cxx(const EXCEPTION_RECORD *record) {
    return record->ExceptionCode == CXX_EXCEPTION && record->NumberParameters == CXX_PARAMETERS &&
           record->ExceptionInformation[CXX_PARAMETER_MAGIC] >= CXX_MAGIC_1 && record->ExceptionInformation[CXX_PARAMETER_MAGIC] <= CXX_MAGIC_3;
}

void *vcrt_object(const EXCEPTION_RECORD *record) { return vcrt_is_cxx(record) ? (void *)record->ExceptionInformation[CXX_PARAMETER_OBJECT] : NULL; }

void *vcrt_place(void *object, const CXX_PLACE *place) {
    char *at = object;

    if (place->pointer >= 0) {
        const char *table = *(const char **)(at + place->pointer);

        at += place->pointer + *(const int *)(table + place->entry);
    }
    return at + place->member;
}

CRT_EXPORT(void *, __AdjustPointer, (void *object, const CXX_PLACE *place)) { return vcrt_place(object, place); }

static BOOL takes(const CXX_THROW *thrown, const CXX_CATCHABLE *catchable, const VCRT_TYPE *type, const VCRT_HANDLER *handler) {
    const unsigned inherited = CXX_CONST | CXX_VOLATILE | CXX_UNALIGNED;

    if (type != handler->type && strcmp(type->decorated, handler->type->decorated) != 0 &&
        !(handler->qualifiers & CXX_BAD_ALLOC_TOO && catchable->properties & CXX_BAD_ALLOC)) {
        return FALSE;
    }
    return (!(catchable->properties & CXX_ONLY_BY_REFERENCE) || handler->qualifiers & CXX_REFERENCE) &&
           !(thrown->qualifiers & inherited & ~handler->qualifiers);
}

BOOL vcrt_takes(const EXCEPTION_RECORD *record, const VCRT_HANDLER *handler, const CXX_CATCHABLE **as) {
    BOOL any = !handler->type || !handler->type->decorated[0];
    const CXX_CATCHABLES *catchables;
    const CXX_THROW *thrown;
    uintptr_t image;

    *as = NULL;
    if (!vcrt_is_cxx(record)) {
        return any && !(handler->qualifiers & CXX_STANDARD_ELLIPSIS);
    }
    if (any) {
        return TRUE;
    }
    thrown = (const CXX_THROW *)record->ExceptionInformation[CXX_PARAMETER_TYPE];
    image = record->ExceptionInformation[CXX_PARAMETER_IMAGE];
    catchables = (const CXX_CATCHABLES *)(image + (unsigned)thrown->catchables);
    for (int i = 0; i < catchables->count; i++) {
        const CXX_CATCHABLE *catchable = (const CXX_CATCHABLE *)(image + (unsigned)catchables->types[i]);

        if (takes(thrown, catchable, (const VCRT_TYPE *)(image + (unsigned)catchable->type + sizeof(void *)), handler)) {
            *as = catchable;
            return TRUE;
        }
    }
    return FALSE;
}

static LONG end_at_once(void) { terminate(); }

static void build(void *to, void *object, const CXX_CATCHABLE *as, unsigned qualifiers, uintptr_t image) {
    void **pointer = to;
    void *copy = (void *)(image + (unsigned)as->copy);

    if (qualifiers & CXX_REFERENCE) {
        *pointer = vcrt_place(object, &as->place);
    } else if (as->properties & CXX_SIMPLE) {
        memmove(to, object, as->size);
        if (as->size == sizeof(void *) && *pointer) {
            *pointer = vcrt_place(*pointer, &as->place);
        }
    } else if (!as->copy) {
        memmove(to, vcrt_place(object, &as->place), as->size);
    } else if (as->properties & CXX_HAS_VIRTUAL_BASE) {
        ((void (*)(void *, void *, int))copy)(to, vcrt_place(object, &as->place), TRUE); /* it constructs its virtual bases as well */
    } else {
        ((void (*)(void *, void *))copy)(to, vcrt_place(object, &as->place));
    }
}

/* A copy constructor must not throw: std::terminate. */
void vcrt_build_object(const EXCEPTION_RECORD *record, const VCRT_HANDLER *handler, const CXX_CATCHABLE *as, uintptr_t frame) {
    if (!as || !handler->object) {
        return;
    }
    __try {
        build((void *)(frame + (uintptr_t)(intptr_t)handler->object), vcrt_object(record), as, handler->qualifiers,
              record->ExceptionInformation[CXX_PARAMETER_IMAGE]);
    } __except (end_at_once()) {
    }
}

/* Nor must a destructor. */
void vcrt_destroy_object(const EXCEPTION_RECORD *record) {
    void *object = vcrt_object(record);
    const CXX_THROW *thrown;

    if (!object) {
        return;
    }
    thrown = (const CXX_THROW *)record->ExceptionInformation[CXX_PARAMETER_TYPE];
    if (!thrown->destructor) {
        return;
    }
    __try {
        ((void (*)(void *))(record->ExceptionInformation[CXX_PARAMETER_IMAGE] + (unsigned)thrown->destructor))(object);
    } __except (end_at_once()) {
    }
}

CRT_EXPORT(void, __DestructExceptionObject, (const EXCEPTION_RECORD *record, BOOLEAN may_throw)) {
    if (record) {
        vcrt_destroy_object(record);
    }
}

/* Without an object it is `throw;`: the handlers look at the exception that is being handled instead. */
__declspec(noreturn) void __stdcall _CxxThrowException(void *object, const CXX_THROW *type) {
    ULONG_PTR parameters[CXX_PARAMETERS] = {CXX_MAGIC_1, (ULONG_PTR)object, (ULONG_PTR)type};
    void *image = NULL;

    if (!type && !vcrt_thread()->record) {
        terminate();
    }
    if (type) {
        RtlPcToFileHeader((void *)type, &image);
    }
    parameters[CXX_PARAMETER_IMAGE] = (ULONG_PTR)image;
    RaiseException(CXX_EXCEPTION, EXCEPTION_NONCONTINUABLE, CXX_PARAMETERS, parameters);
    terminate();
}
