/* Exceptions that cross the border of a DLL, both ways and through it. */
#include "cxx.h"
#define SIDE __declspec(dllimport)
#include "cxx-library.h"

Shape::~Shape() {}
Square::~Square() {}
int Square::sides() const { return 4; }

static void throw_square() { throw Square(); }
static void throw_error() { throw LibraryError("ours"); }
static void throw_bad_cast() { throw std::bad_cast(); }
static void throw_int() { throw 6; }

int main(int argc, char **argv) {
    int caught = 0;

    try {
        library_throws(1);
    } catch (const Shape &shape) {
        caught = shape.sides();
    }
    OK(caught == 4, "a class of the DLL's");
    caught = 0;
    try {
        library_throws(2);
    } catch (const std::exception &e) {
        caught = !strcmp(e.what(), "from the library");
    }
    OK(caught == 1, "by its base class");
    OK(!strcmp(library_catches(throw_square), "Square") && !strcmp(library_catches(throw_error), "LibraryError") &&
           !strcmp(library_catches(throw_bad_cast), "exception"),
       "the program's, caught in the DLL");
    caught = 0;
    try {
        library_passes(throw_int);
    } catch (int value) {
        caught = value;
    }
    OK(caught == 6 && *library_passed() == 1, "through the DLL, whose objects are destroyed");
    return tap_done();
}
