/* The other side of cxx-dll.cpp. */
#include "cxx.h"
#include "cxx-library.h"

Shape::~Shape() {}
Square::~Square() {}
int Square::sides() const { return 4; }

void library_throws(int what) {
    if (what == 1)
        throw Square();
    throw LibraryError("from the library");
}

const char *library_catches(void (*function)()) {
    try {
        function();
    } catch (const LibraryError &) {
        return "LibraryError";
    } catch (const Shape &shape) {
        return shape.sides() == 4 ? "Square" : "Shape";
    } catch (const std::exception &) {
        return "exception";
    }
    return "nothing";
}

void library_passes(void (*function)()) {
    struct Local {
        ~Local() { passed++; }
    } local;

    function();
}

int passed;
int *library_passed() { return &passed; }
