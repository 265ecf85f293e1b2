/* C++ exceptions: what is caught where and how, what is destroyed meanwhile, and how long the thrown object lives. */
#include "cxx.h"

static int alive;
struct Object {
    char letter[2];
    Object(char c) : letter{c, 0} { alive++; }
    Object(const Object &other) : letter{other.letter[0], 0} {
        alive++;
        tell("+");
    }
    ~Object() {
        alive--;
        tell(letter);
    }
};
struct Base {
    virtual ~Base() {}
    int base = 1;
};
struct Other {
    virtual ~Other() {}
    int other = 2;
};
struct Derived : Other, Base {
    int derived = 3;
};
struct Left : virtual Base {
    int left = 4;
};
struct Right : virtual Base {
    int right = 5;
};
struct Both : Left, Right {
    int both = 6;
};
struct Hidden : private Base {};
class error : public std::exception {
  public:
    error(const char *text) : exception(text) {}
};

__attribute__((noinline)) static void thrower(int what) {
    Object local('t');
    static int value = 77;

    switch (what) {
    case 0: throw 42;
    case 1: throw Derived();
    case 2: throw new Derived();
    case 3: throw Both();
    case 4: throw (const int *)&value;
    case 5: throw "text";
    case 6: throw Hidden();
    case 7: throw error("what it is");
    case 8: throw Object('x');
    case 9: throw nullptr;
    }
}

template <class T> static bool catches(int what) {
    try {
        thrower(what);
    } catch (T) {
        return true;
    } catch (...) {
    }
    return false;
}

static void types() {
    OK(catches<int>(0) && !catches<long>(0) && !catches<unsigned>(0) && catches<const int &>(0), "int is int, by value and by reference");
    OK(catches<Derived>(1) && catches<Base>(1) && catches<Base &>(1) && catches<Other>(1) && !catches<Left>(1), "base classes");
    OK(catches<Derived *>(2) && catches<Base *>(2) && catches<void *>(2) && catches<const Base *>(2) && !catches<Left *>(2),
       "pointers to base classes");
    OK(catches<const int *>(4) && !catches<int *>(4) && catches<const void *>(4), "const is not cast away");
    OK(catches<const char *>(5) && !catches<char *>(5), "a string");
    OK(!catches<Base>(6) && catches<Hidden>(6), "not a private base class");
    OK(catches<void *>(9) && catches<decltype(nullptr)>(9) && !catches<int *>(9) && !catches<int>(9), "nullptr");
    try {
        thrower(1);
    } catch (Base &base) {
        OK(base.base == 1 && dynamic_cast<Derived *>(&base)->derived == 3, "a reference to a base class that is not first");
    }
    try {
        thrower(1);
    } catch (Base base) {
        OK(base.base == 1, "a copy of a base class");
    }
    try {
        thrower(2);
    } catch (Base *base) {
        OK(base->base == 1, "a pointer to a base class that is not first");
        delete base;
    }
    try {
        thrower(3);
    } catch (Base &base) {
        OK(base.base == 1, "a reference to a virtual base class");
    }
    try {
        thrower(3);
    } catch (Right right) {
        OK(right.right == 5 && right.base == 1, "a copy of a class with a virtual base class");
    }
    try {
        thrower(7);
    } catch (const std::exception &e) {
        OK(!strcmp(e.what(), "what it is"), "std::exception's text");
    }
}

static void order() {
    told[0] = 0;
    try {
        Object a('a');
        Object b('b');
        thrower(0);
    } catch (int value) {
        tell(value == 42 ? "!" : "?");
    }
    OK(told_is("tba!"), "objects are destroyed from the inside, then the block runs");
    try {
        thrower(8);
    } catch (Object object) {
        tell("!");
    }
    OK(told_is("+t!xx") && alive == 0, "a copy is made first; copy and object end with the block");
    try {
        Object outer('o');
        try {
            thrower(8);
        } catch (int) {
            tell("?");
        } catch (Object &object) {
            tell("1");
            throw;
        }
    } catch (Object &object) {
        tell("2");
    }
    OK(told_is("t1o2x") && alive == 0, "thrown once more, it is the same object");
    try {
        try {
            thrower(8);
        } catch (Object &) {
            Object local('l');
            throw 1;
        }
    } catch (int) {
        tell("!");
    }
    OK(told_is("tlx!") && alive == 0, "an exception from a catch block ends the first one's object");
    try {
        thrower(8);
    } catch (...) {
        try {
            Object local('l');
            thrower(0);
        } catch (int value) {
            Object inner('i');
            tell("1");
        }
        tell("2");
    }
    OK(told_is("ttl1i2x") && alive == 0, "a try block in a catch block");
    for (int i = 0; i < 3; i++) {
        Object each('e');
        try {
            if (i == 1)
                continue;
            thrower(0);
        } catch (...) {
            if (i == 2)
                break;
            continue;
        }
    }
    OK(told_is("teete") && alive == 0, "continue and break out of try and catch");
    try {
        Object array[3] = {'1', '2', '3'};
        thrower(0);
    } catch (...) {
    }
    OK(told_is("t321") && alive == 0, "an array");
}

static int early(int what) {
    try {
        Object local('l');
        thrower(what);
    } catch (int value) {
        return value;
    } catch (Object &object) {
        return object.letter[0];
    }
    return -1;
}

struct Member {
    Object first;
    Member() try : first('f') { thrower(0); } catch (int) {
        tell("m");
    }
};

struct Cleaner {
    ~Cleaner() {
        try {
            Object inner('i');
            thrower(0);
        } catch (int) {
            tell(__uncaught_exceptions() == 1 ? "1" : "?");
        }
    }
};

static void nested() {
    told[0] = 0;
    OK(early(0) == 42 && early(8) == 'x' && told_is("tltlx"), "return out of a catch block");
    try {
        Member member;
    } catch (int) {
        tell("!");
    }
    OK(told_is("tfm!"), "a constructor's own try block");
    try {
        Cleaner cleaner;
        thrower(5);
    } catch (const char *) {
        tell(__uncaught_exceptions() == 0 ? "0" : "?");
    }
    OK(told_is("tti10"), "an exception within a destructor, and how many are on their way");
    OK(!*__current_exception(), "none is being handled");
    try {
        thrower(0);
    } catch (...) {
        EXCEPTION_RECORD *record = *__current_exception();
        OK(record && record->code == 0xE06D7363 && record->count == 4 && *(int *)record->information[1] == 42, "the one that is being handled");
        try {
            thrower(4);
        } catch (...) {
            OK(*__current_exception() != record, "the inner one");
        }
        OK(*__current_exception() == record, "the outer one again");
        try {
            throw;
        } catch (int value) {
            OK(value == 42, "throw; inside of the catch block");
        }
    }
    OK(!*__current_exception() && alive == 0, "none again");
    told[0] = 0;
}

__attribute__((noinline)) static int deep(int depth) {
    Object each('.');
    if (depth == 0)
        throw depth;
    return deep(depth - 1) + 1;
}

__attribute__((noinline)) static void again(int depth) {
    if (depth == 0)
        throw Object('x');
    try {
        again(depth - 1);
    } catch (Object &) {
        throw;
    }
}

__attribute__((noinline)) static void changing(int depth) {
    if (depth == 0)
        throw 0;
    try {
        changing(depth - 1);
    } catch (int value) {
        throw value + 1;
    }
}

static void many() {
    int caught = 0;

    for (int i = 0; i < 10; i++) {
        alive = 0;
        try {
            deep(1000);
        } catch (int) {
            caught += alive == 0;
        }
        told[0] = 0;
    }
    OK(caught == 10, "a thousand frames, ten times");
    try {
        again(20);
    } catch (Object &) {
        caught++;
    }
    OK(caught == 11 && told_is("x"), "thrown again twenty times");
    try {
        changing(20);
    } catch (int value) {
        OK(value == 20, "a new one from each of twenty catch blocks");
    }
    caught = 0;
    for (int i = 0; i < 2000; i++)
        caught += early(0) == 42 || (told[0] = 0);
    OK(caught == 2000, "two thousand times in a row");
}

alignas(16) static char jump[256];
__attribute__((noinline)) static void jumps() {
    Object a('a');
    try {
        thrower(8);
    } catch (Object &) {
        Object b('b');
        longjmp(jump, 3);
    }
}

__attribute__((noinline)) static int comes_back() {
    volatile int value = __intrinsic_setjmp(jump, __builtin_frame_address(0));

    if (value == 0)
        jumps();
    return value;
}

static unsigned long other_thread(void *) {
    try {
        thrower(7);
    } catch (const error &e) {
        return strcmp(e.what(), "what it is") == 0;
    }
    return 0;
}

static int *failing(int n) {
    static int tries;
    tries++;
    if (n == 0)
        throw tries;
    return &tries;
}
static int guarded(int n) {
    static int *pointer = failing(n);
    return *pointer;
}

struct Ending {
    const char *letter;
    Ending(const char *l) : letter(l) {}
    ~Ending() { tell(letter); }
};
thread_local Ending first("1"), second("2");
static unsigned long ending_thread(void *) { return first.letter && second.letter; }

IMPORT extern "C" int GetExitCodeThread(void *thread, unsigned long *code);
static unsigned long run(unsigned long (*function)(void *)) {
    unsigned long code = 99;
    void *thread = CreateThread(nullptr, 0, function, nullptr, 0, nullptr);

    WaitForSingleObject(thread, 0xFFFFFFFF);
    GetExitCodeThread(thread, &code);
    CloseHandle(thread);
    return code;
}

static void elsewhere() {
    int value = 0;

    told[0] = 0;
    OK(comes_back() == 3 && told_is("tbxa") && !*__current_exception(), "longjmp out of a catch block destroys objects, the exception's too");
    OK(run(other_thread) == 1, "in a thread");
    told[0] = 0;
    OK(run(ending_thread) == 1 && told_is("21"), "thread-local variables are destroyed at the thread's end");
    try {
        guarded(0);
    } catch (int tries) {
        value = tries;
    }
    OK(value == 1 && guarded(1) == 2 && guarded(0) == 2, "a local static whose constructor throws is made at the next call");
}

int main(int argc, char **argv) {
    types();
    order();
    nested();
    many();
    elsewhere();
    return tap_done();
}
