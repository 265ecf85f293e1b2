/* __CxxFrameHandler4: what cxx-compressed-tables.S describes. */
#include "cxx.h"

extern "C" {
int compressed(void (*call)());
void promises(void (*call)());
void object_end(int *object) {
    static const char *const names[] = {"?", "a", "b", "c"};

    tell(names[*object]);
}
void caught(int value) {
    tell(value == 5 ? "5" : value == 6 ? "6" : value == -1 ? "*" : "?");
    if (value == 6)
        throw "again";
}
}

static void nothing() {}
static void throw_5() { throw 5; }
static void throw_6() { throw 6; }
static void throw_text() { throw "text"; }
static void rethrow() {
    try {
        throw 7.5;
    } catch (...) {
        compressed(throw_5);
        throw;
    }
}

static void on_terminate() { _exit(43); }

int main(int argc, char **argv) {
    const char *text = "";

    if (argc > 1) { /* does not come back */
        set_terminate(on_terminate);
        try {
            promises(throw_5);
        } catch (int) {
            return 1;
        }
    }

    told[0] = 0;
    OK(typeid(int) == typeid(int) && compressed(nothing) == 0 && told_is("ba"), "nothing thrown");
    OK(compressed(throw_5) == 10 && told_is("b5ca"), "caught by its type, going on at the first place");
    OK(compressed(throw_text) == 20 && told_is("b*a"), "caught by catch (...), going on at the second");
    try {
        compressed(throw_6);
    } catch (const char *thrown) {
        text = thrown;
    }
    OK(!strcmp(text, "again") && told_is("b6ca"), "an exception from the catch block");
    OK(compressed(rethrow) == 20 && told_is("b5cab*a"), "thrown again, with one of its own meanwhile");
    return tap_done();
}
