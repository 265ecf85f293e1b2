/* The marks between which tests/tools/steps counts instructions. */
#pragma once

/* What a stretch is called: at most eight letters. */
static inline unsigned long long StepsName(const char *Name) {
    unsigned long long Letters = 0;
    for (unsigned i = 0; i < 8 && Name[i]; i++)
        Letters |= (unsigned long long)(unsigned char)Name[i] << (8 * i);
    return Letters;
}
static inline void StepsBegin(void) { __asm__ volatile("int3\n\tpushfq\n\torq $0x100, (%%rsp)\n\tpopfq" : : "a"(0ull) : "memory", "cc"); }
/* The same, with what runs in other threads until the end counted too. */
static inline void StepsBeginAll(void) { __asm__ volatile("int3" : : "a"(1ull) : "memory"); }
static inline void StepsEnd(unsigned long long Name, unsigned long long Phase, unsigned long long Items) {
    __asm__ volatile("pushfq\n\tandq $~0x100, (%%rsp)\n\tpopfq\n\tint3" : : "a"(Name), "c"(Phase), "d"(Items) : "memory", "cc");
}
