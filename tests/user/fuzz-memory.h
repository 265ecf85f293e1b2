/* fuzz-services: chance, memory and numbers. */
#pragma once
#include "utap.h"
#include <string.h>
#include <winternl.h>

NTSTATUS NTAPI NtUnmapViewOfSection(HANDLE, PVOID);

#define PAGE  4096ull
#define PAGES 32
#define ARENA 0x10000000ull

static ULONG64 state;
static ULONG64 next(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state * 0x2545F4914F6CDD1Dull >> 8;
}
static unsigned below(unsigned limit) { return (unsigned)(next() % limit); }
static ULONG64 wide(void) { return next() << 32 ^ next(); }
#define ONE_OF(array) (array)[below(sizeof(array) / sizeof *(array))]

/* ---- Memory: the kinds of page a pointer can point to, at an address of its own that nothing else of the program is near. ---- */

enum { GOOD = 0, NOWHERE = 8, READ_ONLY = 9, GUARDED = 10, NO_ACCESS = 11, LAST = 13, GONE = 14, STRINGS = 16, SCRATCH = 24 };
static ULONG64 page(unsigned number) { return ARENA + number * PAGE; }

static int restore_arena(void) {
    static const struct {
        unsigned first, pages, protection;
    } parts[] = {{GOOD, 8, PAGE_READWRITE},     {READ_ONLY, 1, PAGE_READONLY}, {GUARDED, 1, PAGE_READWRITE | PAGE_GUARD},
                 {NO_ACCESS, 1, PAGE_NOACCESS}, {12, 2, PAGE_READWRITE},       {STRINGS, 16, PAGE_READWRITE}};
    for (ULONG64 at = ARENA; at < page(PAGES);) {
        MEMORY_BASIC_INFORMATION memory;
        if (!VirtualQuery((PVOID)at, &memory, sizeof memory))
            return 0;
        if (memory.State != MEM_FREE) {
            if (memory.Type == MEM_MAPPED || memory.Type == MEM_IMAGE ? NtUnmapViewOfSection(GetCurrentProcess(), memory.AllocationBase) != 0
                                                                      : !VirtualFree(memory.AllocationBase, 0, MEM_RELEASE))
                return 0;
        }
        at = (ULONG64)memory.BaseAddress + memory.RegionSize;
    }
    if (!VirtualAlloc((PVOID)ARENA, PAGES * PAGE, MEM_RESERVE, PAGE_NOACCESS))
        return 0;
    for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (!VirtualAlloc((PVOID)page(parts[i].first), parts[i].pages * PAGE, MEM_COMMIT, parts[i].protection))
            return 0;
    }
    return 1;
}

static ULONG64 bad_pointer(void) {
    static const ULONG64 bad[] = {0,
                                  1,
                                  8,
                                  0xFFFF,
                                  0x7FFE0000,
                                  0x7FFE1000,
                                  0x7FFFFFFEFFFF,
                                  0x7FFFFFFF0000,
                                  0x3FFFFFFFFFFF,
                                  0x3FFFFFFFFFF8,
                                  0x400000000000,
                                  0x7FFFFFFFFFF8,
                                  0x800000000000,
                                  0xFFFF7FFFFFFFFFFF,
                                  0xFFFF800000000000,
                                  0xFFFFF78000000000,
                                  0xFFFFFFFFFFFFFFF8,
                                  ~0ull,
                                  0xDEADBEEFDEADBEEF,
                                  0x500000000000,
                                  0x600000000000};
    return ONE_OF(bad);
}

static ULONG64 pointer(void) {
    switch (below(20)) {
    case 0: return bad_pointer();
    case 1: return page(NOWHERE) + below(PAGE);
    case 2: return page(READ_ONLY) + below(PAGE);
    case 3: return page(GUARDED) + below(PAGE);
    case 4: return page(NO_ACCESS) + below(PAGE);
    case 5: return page(GONE) - 1 - below(64);
    case 6: return page(GOOD) + below(8 * PAGE);
    case 7: return page(NOWHERE) - 8 * (1 + below(16));
    default: return page(GOOD) + 8 * below(PAGE / 8);
    }
}

static ULONG64 number(void) {
    static const ULONG64 special[] = {0,
                                      1,
                                      2,
                                      4,
                                      8,
                                      16,
                                      255,
                                      256,
                                      4095,
                                      4096,
                                      4097,
                                      65535,
                                      65536,
                                      0x7FFFFFFF,
                                      0x80000000,
                                      0xFFFFFFFF,
                                      0x100000000,
                                      0x7FFFFFFFFFFFFFFF,
                                      0x8000000000000000,
                                      ~0ull,
                                      0xFFFFFFFFFFFF0000,
                                      0x10000000,
                                      0xFFFFFFFFFFFFF000};
    switch (below(4)) {
    case 0: return below(100);
    case 1: return 1ull << below(64);
    case 2: return wide();
    default: return ONE_OF(special);
    }
}

static ULONG64 length(void) { return below(4) ? below(3) ? 8 * below(80) : below(PAGE) : (ULONG)number(); }
