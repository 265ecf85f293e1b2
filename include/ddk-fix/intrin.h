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

unsigned char _InterlockedCompareExchange128(long long volatile *, long long, long long, long long *);

#ifndef __nop
#define __nop ringside_nop
RINGSIDE_INTRINSIC void ringside_nop(void) { __asm__ __volatile__("nop"); }
#endif
#ifndef _disable
#define _disable ringside_disable
RINGSIDE_INTRINSIC void ringside_disable(void) { __asm__ __volatile__("cli" ::: "memory"); }
#define _enable ringside_enable
RINGSIDE_INTRINSIC void ringside_enable(void) { __asm__ __volatile__("sti" ::: "memory"); }
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

#ifdef _KERNEL_MODE /* a program has these from its C run-time library */
#ifdef __cplusplus
}
#endif
#include <stdlib.h>
#ifdef __cplusplus
extern "C" {
#endif
#define _byteswap_ushort ringside_byteswap_ushort
RINGSIDE_INTRINSIC unsigned short ringside_byteswap_ushort(unsigned short Value) { return __builtin_bswap16(Value); }
#define _byteswap_ulong ringside_byteswap_ulong
RINGSIDE_INTRINSIC unsigned long ringside_byteswap_ulong(unsigned long Value) { return __builtin_bswap32(Value); }
#define _byteswap_uint64 ringside_byteswap_uint64
RINGSIDE_INTRINSIC unsigned long long ringside_byteswap_uint64(unsigned long long Value) { return __builtin_bswap64(Value); }
#define __invlpg ringside_invlpg
RINGSIDE_INTRINSIC void ringside_invlpg(void *Address) { __asm__ __volatile__("invlpg (%0)" : : "r"(Address) : "memory"); }
#define __wbinvd ringside_wbinvd
RINGSIDE_INTRINSIC void ringside_wbinvd(void) { __asm__ __volatile__("wbinvd" ::: "memory"); }
#define __readpmc ringside_readpmc
RINGSIDE_INTRINSIC unsigned long long ringside_readpmc(unsigned long Counter) {
    unsigned long Low, High;
    __asm__ __volatile__("rdpmc" : "=a"(Low), "=d"(High) : "c"(Counter));
    return (unsigned long long)High << 32 | Low;
}
#define __segmentlimit ringside_segmentlimit
RINGSIDE_INTRINSIC unsigned long ringside_segmentlimit(unsigned long Selector) {
    unsigned long Limit = 0;
    __asm__ __volatile__("lsll %1, %0" : "+r"(Limit) : "r"(Selector) : "cc");
    return Limit;
}
#define __ll_lshift ringside_ll_lshift
RINGSIDE_INTRINSIC unsigned long long ringside_ll_lshift(unsigned long long Value, int Bits) { return Value << (Bits & 63); }
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
