/* Included before every driver source that `ringside cc` compiles: what Microsoft's kit has where mingw-w64's headers differ. */
#ifndef RINGSIDE_CC_PRELUDE_H
#define RINGSIDE_CC_PRELUDE_H

/* mingw-w64 would define these two in every object file (its intrin-impl.h misses that wdm.h inlines them). */
#define __INTRINSIC_DEFINED_InterlockedBitTestAndSet
#define __INTRINSIC_DEFINED_InterlockedBitTestAndReset

/* wdm.h of the kit says that alloc_text and its like are understood; sources ask. */
#ifndef ALLOC_PRAGMA
#define ALLOC_PRAGMA 1
#endif
#ifndef ALLOC_DATA_PRAGMA
#define ALLOC_DATA_PRAGMA 1
#endif

/* mingw-w64 has no body for these outside the place they are inlined at, and clang inlines nothing inside __try: __readmsr and
   IoSkipCurrentIrpStackLocation there would not link. In C intrinsics have bodies in a library of ours (cc/intrinsics.c). */
#ifdef __cplusplus
#define __MINGW_INTRIN_INLINE __inline__ __attribute__((__always_inline__))
#else
#define FORCEINLINE static __inline__ __attribute__((__always_inline__, __unused__))

typedef unsigned int UINT; /* the kit's drivers see windef.h's short names through other headers */
#endif

#endif
