/* The ways a C++ program ends that has no handler for an exception, or none that is allowed. */
#include "cxx.h"

class error : public std::exception {
  public:
    error() : exception("nobody wants it") {}
};

struct Loud {
    ~Loud() { puts("destroyed"); }
};
/* The compiler must not see that it never returns: it gives such a destructor the wrong place among the try blocks. */
static volatile int always = 1;
struct Throwing {
    ~Throwing() noexcept(false) {
        if (always)
            throw 2;
    }
};
struct BadCopy {
    BadCopy() {}
    BadCopy(const BadCopy &) { throw 3; }
};
struct BadEnd {
    ~BadEnd() noexcept(false) { throw 4; }
};

static void on_terminate() {
    EXCEPTION_RECORD *record = *__current_exception();

    printf("terminate, handling %lX\n", record ? record->code : 0);
    fflush(stdout);
    _exit(43);
}

__attribute__((noinline)) static void thrower(int value) {
    if (value)
        throw value;
}
static void promises() noexcept { thrower(1); }

/* What Visual C++'s start-up code does with what nobody has caught. */
static long __stdcall last_filter(EXCEPTION_POINTERS *pointers) {
    if (pointers->record->code == 0xE06D7363) {
        *__current_exception() = pointers->record;
        *__current_exception_context() = pointers->context;
        terminate();
    }
    return 0;
}

static void ends(const char *how) {
    Loud loud;

    if (!strcmp(how, "uncaught"))
        throw error();
    if (!strcmp(how, "rethrow"))
        throw;
    if (!strcmp(how, "noexcept"))
        promises();
    if (!strcmp(how, "wild"))
        *(volatile int *)0 = 1;
}

int main(int argc, char **argv) {
    const char *how = argc > 1 ? argv[1] : "";

    puts("before");
    fflush(stdout);
    if (argc > 2 && !strcmp(argv[2], "handled"))
        set_terminate(on_terminate);
    if (argc > 2 && !strcmp(argv[2], "filtered")) {
        set_terminate(on_terminate);
        SetUnhandledExceptionFilter((void *)last_filter);
    }
    if (!strcmp(how, "wild")) {
        try {
            ends(how);
        } catch (...) {
            puts("/EHs does not catch it");
        }
    }
    if (!strcmp(how, "noexcept") || !strcmp(how, "rethrow")) {
        try {
            ends(how);
        } catch (int) {
            puts("caught");
        }
    }
    try {
        if (!strcmp(how, "destructor")) {
            Throwing object;
            thrower(1);
        }
        if (!strcmp(how, "ordinary destructor"))
            Throwing object;
        if (!strcmp(how, "copy"))
            throw BadCopy();
        if (!strcmp(how, "end"))
            throw BadEnd();
    } catch (int value) {
        printf("caught %d\n", value);
        fflush(stdout);
        return value;
    } catch (BadCopy copy) {
        puts("copied");
    } catch (BadEnd &end) {
    }
    ends(how);
    return 0;
}
