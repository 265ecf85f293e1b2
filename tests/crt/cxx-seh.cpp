/* /EHa: exceptions of the machine in C++, and C++'s in __try; the translator. */
#include "cxx.h"

struct Object {
    const char *letter;
    Object(const char *l) : letter(l) {}
    ~Object() { tell(letter); }
};
struct Fault {
    unsigned code;
};

__attribute__((noinline)) static void fault() { *(volatile int *)8 = 1; }
__attribute__((noinline)) static void raise_it() { RaiseException(0xE0001234, 0, 0, nullptr); }
static void translate(unsigned code, EXCEPTION_POINTERS *pointers) { throw Fault{code}; }

__attribute__((noinline)) static void with_objects(void (*what)()) {
    Object a("a");
    {
        Object b("b");
        what();
    }
}

__attribute__((noinline)) static void throw_5() { throw 5; }

static unsigned long seen;
static int filter(unsigned long code) {
    seen = code;
    tell("f");
    return 1;
}

__attribute__((noinline)) static void guarded(void (*what)()) {
    __try {
        with_objects(what);
    } __except (filter(__exception_code())) {
        tell("e");
    }
}

__attribute__((noinline)) static void finally(void (*what)()) {
    __try {
        with_objects(what);
    } __finally {
        tell(__abnormal_termination() ? "F" : "?");
    }
}

static void rethrow_5() {
    try {
        throw_5();
    } catch (...) {
        Object c("c");
        throw;
    }
}

int main(int argc, char **argv) {
    told[0] = 0;
    guarded(raise_it);
    OK(seen == 0xE0001234 && told_is("fbae"), "objects are destroyed on the way to __except");
    guarded(throw_5);
    OK(seen == 0xE06D7363 && told_is("fbae"), "a C++ exception is one of the system's");
    guarded(rethrow_5);
    OK(seen == 0xE06D7363 && told_is("fcbae") && !*__current_exception(), "thrown again out of its catch block");
    try {
        with_objects(raise_it);
    } catch (...) {
        tell((*__current_exception())->code == 0xE0001234 ? "!" : "?");
    }
    OK(told_is("ba!"), "catch (...) has all of them");
    try {
        with_objects(fault);
    } catch (int) {
        tell("?");
    } catch (...) {
        tell("!");
    }
    OK(told_is("ba!"), "an access violation too");
    try {
        finally(throw_5);
    } catch (int value) {
        tell(value == 5 ? "5" : "?");
    }
    OK(told_is("baF5"), "__finally on the way of a C++ exception");
    try {
        try {
            with_objects(raise_it);
        } catch (...) {
            throw;
        }
    } catch (int) {
        tell("?");
    } catch (...) {
        tell("!");
    }
    OK(told_is("ba!"), "thrown again as what it is");
    OK(!_set_se_translator(translate), "no translator");
    try {
        with_objects(fault);
    } catch (Fault &translated) {
        tell(translated.code == 0xC0000005 ? "!" : "?");
    }
    OK(told_is("ba!"), "translated");
    OK(_set_se_translator(nullptr) == translate, "the translator there was");
    return tap_done();
}
