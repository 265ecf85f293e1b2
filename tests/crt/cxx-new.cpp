/* What a C++ module has of its own, program or DLL: new and delete, and the class of type descriptors. */
#include "cxx.h"

/* Its table of virtual functions must be there: each type descriptor points to it, and the compiler makes it where one is constructed. */
type_info::~type_info() {}
__attribute__((used)) static void construct(void *at) { new (at) type_info; }

void *operator new(size_t size) { return malloc(size); }
void *operator new[](size_t size) { return malloc(size); }
void operator delete(void *block) noexcept { free(block); }
void operator delete[](void *block) noexcept { free(block); }
void operator delete(void *block, size_t) noexcept { free(block); }
void operator delete[](void *block, size_t) noexcept { free(block); }
