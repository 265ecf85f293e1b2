/* Bodies of the intrinsics that mingw-w64 inlines: where clang inlines nothing, inside __try, a driver in C calls them. */
#define __MINGW_INTRIN_INLINE
#include <intrin.h>
