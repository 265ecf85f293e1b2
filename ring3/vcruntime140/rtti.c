/*
 * dynamic_cast and typeid. The compiler's tables are found through the pointer in front of a class's virtual functions; they describe the whole object that
 * an address is in: all its base classes in the order of their declaration, each followed by its own.
 */
#include "rtti.h"

typedef struct BASE {
    int type;
    unsigned below; /* how many of the entries behind it are its own base classes */
    CXX_PLACE place;
    unsigned flags;
} BASE;
enum { NOT_PUBLIC = 4 };

typedef struct HIERARCHY {
    unsigned signature, flags;
    unsigned count;
    int bases;
} HIERARCHY;

typedef struct LOCATOR {
    unsigned signature;    /* 1: addresses are relative to the image */
    unsigned offset;       /* of the table of virtual functions in the whole object, */
    unsigned displacement; /* less the int that is so far in front; 0: there is none */
    int type;
    int hierarchy;
    int self;
} LOCATOR;

typedef struct OBJECT {
    uintptr_t image;
    char *start;
    const LOCATOR *locator;
    const HIERARCHY *hierarchy;
} OBJECT;

static void find(OBJECT *object, void *at) {
    object->locator = (*(const LOCATOR ***)at)[-1];
    object->image = (uintptr_t)object->locator - (unsigned)object->locator->self;
    object->start = (char *)at - object->locator->offset;
    if (object->locator->displacement) {
        object->start -= *(const int *)((char *)at - object->locator->displacement);
    }
    object->hierarchy = (const HIERARCHY *)(object->image + (unsigned)object->locator->hierarchy);
}

static const BASE *base(const OBJECT *object, unsigned index) {
    return (const BASE *)(object->image + ((const unsigned *)(object->image + (unsigned)object->hierarchy->bases))[index]);
}

static BOOL is_type(const OBJECT *object, const BASE *base, const VCRT_RTTI_TYPE *type) {
    return __std_type_info_compare(&((const VCRT_RTTI_TYPE *)(object->image + (unsigned)base->type))->data, &type->data) == 0;
}

/* Is there a way from an entry down to one of its own base classes that is public all along? The entries between that hold that one are the way. */
static BOOL is_public(const OBJECT *object, unsigned from, unsigned to) {
    for (unsigned i = from + 1; i <= to; i++) {
        const BASE *step = base(object, i);

        if (to - i <= step->below && step->flags & NOT_PUBLIC) {
            return FALSE;
        }
    }
    return TRUE;
}

/*
 * C++'s rules: if the source is a public base of just one object of the target's class, that one. Else, if it is a public base of the whole object and
 * the whole object has one public base of the target's class, that.
 */
static void *cast(const OBJECT *object, const char *source, const VCRT_RTTI_TYPE *from, const VCRT_RTTI_TYPE *to) {
    struct {
        void *at;
        BOOL several, public;
    } down = {0}, across = {0};
    BOOL source_public = FALSE;

    for (unsigned i = 0; i < object->hierarchy->count; i++) {
        const BASE *entry = base(object, i);
        void *at = vcrt_place(object->start, &entry->place);

        source_public |= at == source && is_type(object, entry, from) && is_public(object, 0, i);
        if (!is_type(object, entry, to)) {
            continue;
        }
        across.several |= across.at && across.at != at;
        across.at = at;
        across.public |= is_public(object, 0, i);
        for (unsigned j = i; j <= i + entry->below; j++) {
            const BASE *part = base(object, j);

            if (is_type(object, part, from) && vcrt_place(object->start, &part->place) == source) {
                down.several |= down.at && down.at != at;
                down.at = at;
                down.public |= is_public(object, i, j);
            }
        }
    }
    if (down.at && !down.several && down.public) {
        return down.at;
    }
    return source_public && across.at && !across.several && across.public ? across.at : NULL;
}

/* What is no object with a table of virtual functions leads anywhere. */
static LONG is_access_violation(EXCEPTION_POINTERS *pointers) {
    return pointers->ExceptionRecord->ExceptionCode == (DWORD)STATUS_ACCESS_VIOLATION ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH;
}

CRT_EXPORT(void *, __RTCastToVoid, (void *at)) {
    OBJECT object;

    if (!at) {
        return NULL;
    }
    __try {
        find(&object, at);
        return object.start;
    } __except (is_access_violation(GetExceptionInformation())) {
    }
    vcrt_throw_non_rtti_object("Access violation - no RTTI data!");
}

CRT_EXPORT(VCRT_RTTI_TYPE *, __RTtypeid, (void *at)) {
    OBJECT object;

    if (!at) {
        vcrt_throw_bad_typeid("Attempted a typeid of nullptr pointer!");
    }
    __try {
        find(&object, at);
        return (VCRT_RTTI_TYPE *)(object.image + (unsigned)object.locator->type);
    } __except (is_access_violation(GetExceptionInformation())) {
    }
    vcrt_throw_non_rtti_object("Access violation - no RTTI data!");
}

/* `at` is where the source has its table of virtual functions: `offset` bytes into it. */
CRT_EXPORT(void *, __RTDynamicCast, (void *at, long offset, const VCRT_RTTI_TYPE *from, const VCRT_RTTI_TYPE *to, BOOL reference)) {
    void *result = NULL;
    BOOL failed = FALSE;
    OBJECT object;

    if (!at) {
        return NULL;
    }
    __try {
        find(&object, at);
        result = cast(&object, (char *)at - offset, from, to);
    } __except (is_access_violation(GetExceptionInformation())) {
        failed = TRUE;
    }
    if (failed) {
        vcrt_throw_non_rtti_object("Access violation - no RTTI data!");
    }
    if (!result && reference) {
        vcrt_throw_bad_cast("Bad dynamic_cast!");
    }
    return result;
}
