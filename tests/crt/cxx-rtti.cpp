/* dynamic_cast and typeid: hierarchies with several, virtual, hidden and repeated base classes. */
#include "cxx.h"

struct A {
    virtual ~A() {}
    int a = 1;
};
struct B {
    virtual ~B() {}
    int b = 2;
};
struct C : A, B {
    int c = 3;
};
struct D : C {
    int d = 4;
};
struct VirtualLeft : virtual A {
    int left = 5;
};
struct VirtualRight : virtual A, B {
    int right = 6;
};
struct Diamond : VirtualLeft, VirtualRight {
    int diamond = 7;
};
struct First : A {};
struct Second : A {};
struct Twice : First, Second {};
struct Secret : private A, B {
    A *a() { return this; }
};
struct MoreSecret : Secret {};
struct Both : VirtualLeft, private virtual A {}; /* public one way, private another */
class plain {};

/* The compiler must not know better. */
template <class T> __attribute__((noinline)) static T *hide(T *pointer) {
    __asm__ volatile("" : "+r"(pointer));
    return pointer;
}

static void casts() {
    D *d = new D;
    Diamond *diamond = new Diamond;
    Twice *twice = new Twice;
    MoreSecret *secret = new MoreSecret;
    Both *both = new Both;

    OK(dynamic_cast<D *>(hide<A>(d)) == d && dynamic_cast<D *>(hide<B>(d)) == d && dynamic_cast<C *>(hide<B>(d)) == d, "down");
    OK(dynamic_cast<B *>(hide<A>(d)) == static_cast<B *>(d) && dynamic_cast<A *>(hide<B>(d)) == static_cast<A *>(d), "across");
    OK(!dynamic_cast<Diamond *>(hide<A>(d)) && !dynamic_cast<VirtualLeft *>(hide<B>(d)), "to what it is not");
    OK(!dynamic_cast<D *>(hide<A>(nullptr)), "nothing");
    OK(dynamic_cast<Diamond *>(hide<A>(diamond)) == diamond, "down from a virtual base class");
    OK(dynamic_cast<VirtualLeft *>(hide<B>(diamond)) == static_cast<VirtualLeft *>(diamond) &&
           dynamic_cast<VirtualRight *>(hide<VirtualLeft>(diamond)) == static_cast<VirtualRight *>(diamond) &&
           dynamic_cast<B *>(hide<A>(diamond)) == static_cast<B *>(diamond),
       "across from and to one");
    OK(dynamic_cast<Second *>(hide<A>(static_cast<First *>(twice))) == static_cast<Second *>(twice) &&
           dynamic_cast<First *>(hide<A>(static_cast<First *>(twice))) == static_cast<First *>(twice),
       "one of two of a class");
    OK(dynamic_cast<Twice *>(hide<A>(static_cast<Second *>(twice))) == twice, "from the second of them");
    OK(!dynamic_cast<A *>(hide<B>(secret)) && !dynamic_cast<MoreSecret *>(hide<A>(secret->a())) &&
           dynamic_cast<MoreSecret *>(hide<B>(secret)) == secret,
       "not to or from a private base class");
    OK(dynamic_cast<Both *>(hide<A>(static_cast<VirtualLeft *>(both))) == both, "a base class that is public one of two ways");
    OK(dynamic_cast<void *>(hide<B>(d)) == d && dynamic_cast<void *>(hide<A>(diamond)) == diamond &&
           dynamic_cast<const void *>(hide<A>(twice->Second::a ? static_cast<Second *>(twice) : nullptr)) == twice,
       "to the whole object");
    delete d;
    delete static_cast<B *>(diamond);
    delete twice;
    delete secret;
    delete both;
}

static bool named(const std::type_info &type, const char *name) {
    if (!strcmp(type.name(), name))
        return true;
    printf("# named \"%s\"\n", type.name());
    return false;
}

static void fails() {
    D d;
    Diamond diamond;
    bool caught = false;

    try {
        dynamic_cast<D &>(*hide<A>(&diamond)).d = 0;
    } catch (const std::bad_cast &e) {
        caught = !strcmp(e.what(), "Bad dynamic_cast!") && named(typeid(e), "class std::bad_cast") &&
                 dynamic_cast<const std::bad_cast *>(hide<const std::exception>(&e));
    }
    OK(caught, "std::bad_cast");
    caught = false;
    try {
        dynamic_cast<D &>(*hide<A>(&diamond)).d = 0;
    } catch (std::exception e) {
        caught = !strcmp(e.what(), "Bad dynamic_cast!") && named(typeid(*hide(&e)), "class std::exception");
    }
    OK(caught, "as a copy of its base class");
    caught = false;
    try {
        caught = &typeid(*hide<A>(nullptr)) == nullptr;
    } catch (const std::bad_typeid &e) {
        caught = !strcmp(e.what(), "Attempted a typeid of nullptr pointer!");
    }
    OK(caught, "std::bad_typeid");
    caught = false;
    try {
        uintptr_t wild[2] = {0x10, 0};
        caught = &typeid(*hide<A>((A *)wild)) == nullptr;
    } catch (const std::__non_rtti_object &e) {
        caught = !strcmp(e.what(), "Access violation - no RTTI data!");
    }
    OK(caught, "std::__non_rtti_object");
    OK(typeid(*hide<A>(&d)) == typeid(D) && typeid(*hide<B>(&diamond)) == typeid(Diamond) && !(typeid(D) == typeid(Diamond)), "typeid");
    OK(named(typeid(d), "struct D") && named(typeid(plain), "class plain") && named(typeid(int *), "int * __ptr64") &&
           named(typeid(std::bad_cast), "class std::bad_cast"),
       "names");
}

int main(int argc, char **argv) {
    casts();
    fails();
    return tap_done();
}
