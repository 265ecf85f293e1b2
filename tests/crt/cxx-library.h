/* What a DLL and a program have in common; each has its own copy of the types' descriptors. */
#pragma once

struct Shape {
    virtual ~Shape();
    virtual int sides() const { return 0; }
};
struct Square : Shape {
    ~Square() override;
    int sides() const override;
};
class LibraryError : public std::exception {
  public:
    LibraryError(const char *text) : exception(text) {}
};
#ifndef SIDE
#define SIDE __declspec(dllexport)
#endif
extern int passed;
SIDE void library_throws(int what);
SIDE const char *library_catches(void (*function)());
SIDE void library_passes(void (*function)());
SIDE int *library_passed();
