/*
 * intrin.h, and the intrinsics of Visual C++ for x64 that mingw-w64 and clang do not have: "x64 (amd64) Intrinsics List" in Microsoft's documentation.
 * Those that need privileges trap in a driver where Ringside has a model of what they touch.
 */
#ifndef RINGSIDE_INTRIN_H
#define RINGSIDE_INTRIN_H

#include_next <intrin.h>

#define RINGSIDE_INTRINSIC static __inline__ __attribute__((__always_inline__, __unused__))
#ifdef __cplusplus
extern "C" {
#endif

#ifndef __nop
#define __nop ringside_nop
RINGSIDE_INTRINSIC void ringside_nop(void) { __asm__ __volatile__("nop"); }
#endif
#ifndef __halt
#define __halt ringside_halt
RINGSIDE_INTRINSIC void ringside_halt(void) { __asm__ __volatile__("hlt" ::: "memory"); }
#endif
#ifndef __ud2
#define __ud2 ringside_ud2
RINGSIDE_INTRINSIC void ringside_ud2(void) { __asm__ __volatile__("ud2"); }
#endif
#ifndef __lidt
#define __lidt ringside_lidt
RINGSIDE_INTRINSIC void ringside_lidt(void *Source) { __asm__ __volatile__("lidt %0" : : "m"(*(const char(*)[10])Source)); }
#endif
#ifndef __sidt
#define __sidt ringside_sidt
RINGSIDE_INTRINSIC void ringside_sidt(void *Destination) { __asm__ __volatile__("sidt %0" : "=m"(*(char(*)[10])Destination)); }
#endif
#ifndef _lgdt
#define _lgdt ringside_lgdt
RINGSIDE_INTRINSIC void ringside_lgdt(void *Source) { __asm__ __volatile__("lgdt %0" : : "m"(*(const char(*)[10])Source)); }
#endif
#ifndef _sgdt
#define _sgdt ringside_sgdt
RINGSIDE_INTRINSIC void ringside_sgdt(void *Destination) { __asm__ __volatile__("sgdt %0" : "=m"(*(char(*)[10])Destination)); }
#endif

/* The number of the register is part of the instruction. */
#define RINGSIDE_DEBUG_REGISTERS(X) X(0) X(1) X(2) X(3) X(6) X(7)
#ifndef __readdr
#define __readdr ringside_readdr
RINGSIDE_INTRINSIC unsigned long long ringside_readdr(unsigned Register) {
    unsigned long long Value = 0;
#define X(Number)                                                                                                                                    \
    if (Register == Number)                                                                                                                          \
        __asm__ __volatile__("movq %%dr" #Number ", %0" : "=r"(Value));
    RINGSIDE_DEBUG_REGISTERS(X)
#undef X
    return Value;
}
#endif
#ifndef __writedr
#define __writedr ringside_writedr
RINGSIDE_INTRINSIC void ringside_writedr(unsigned Register, unsigned long long Value) {
#define X(Number)                                                                                                                                    \
    if (Register == Number)                                                                                                                          \
        __asm__ __volatile__("movq %0, %%dr" #Number : : "r"(Value));
    RINGSIDE_DEBUG_REGISTERS(X)
#undef X
}
#endif

#ifdef __cplusplus
}
#endif

#endif
