/* Where VirtualAlloc finds room: always the lowest hole that is large enough, or with MEM_TOP_DOWN the highest, as VirtualQuery shows them. */
#include "utap.h"
#include <stdint.h>
#include <winternl.h>

NTSTATUS NTAPI NtFreeVirtualMemory(HANDLE, PVOID *, PSIZE_T, ULONG); /* VirtualFree releases whole ranges only */

#define RANGES      160
#define STEPS       900
#define GRANULARITY 0x10000ull
#define PAGE        0x1000ull

static uint32_t state = 20101;

static uint32_t any(uint32_t below) {
    state = state * 1664525u + 1013904223u;
    return (state >> 8) % below;
}

/* Where a range of that size is to be expected. KUSER_SHARED_DATA's 64 KiB are nobody's, and neither are the first and the last 64 KiB. */
static uint64_t expected(uint64_t size, BOOL top_down) {
    const uint64_t shared = 0x7FFE0000;
    SYSTEM_INFO system;
    MEMORY_BASIC_INFORMATION region;
    uint64_t found = 0, end;
    GetSystemInfo(&system);
    for (uint64_t at = (uint64_t)(ULONG_PTR)system.lpMinimumApplicationAddress; VirtualQuery((void *)(ULONG_PTR)at, &region, sizeof region);
         at = end) {
        uint64_t low = (at + GRANULARITY - 1) & ~(GRANULARITY - 1), limit = (uint64_t)(ULONG_PTR)system.lpMaximumApplicationAddress + 1;
        end = (uint64_t)(ULONG_PTR)region.BaseAddress + region.RegionSize;
        if (low >= shared && low < shared + GRANULARITY)
            low = shared + GRANULARITY;
        limit = end < limit ? end : limit;
        if (region.State != MEM_FREE || low >= limit || limit - low < size)
            continue;
        found = top_down ? (limit - size) & ~(GRANULARITY - 1) : low;
        if (!top_down)
            break;
    }
    return found;
}

static struct {
    char *base;
    uint64_t size;
} ranges[RANGES];

/* A range, or its first pages, or some after those: what is behind them is a range of its own then, and stays. */
static BOOL release(unsigned slot) {
    uint32_t pages = (uint32_t)(ranges[slot].size / PAGE), first = any(pages), count = 1 + any(pages - first);
    char *base = ranges[slot].base;
    PVOID at = base + first * PAGE;
    SIZE_T size = count * PAGE;
    if (any(3) != 0 || count == pages) {
        ranges[slot].base = NULL;
        return VirtualFree(base, 0, MEM_RELEASE);
    }
    ranges[slot].base = first == 0 ? base + count * PAGE : base;
    ranges[slot].size = (first == 0 ? pages - count : first) * PAGE;
    return NT_SUCCESS(NtFreeVirtualMemory(GetCurrentProcess(), &at, &size, MEM_RELEASE));
}

int main(void) {
    unsigned elsewhere = 0, refused = 0, made = 0;
    for (unsigned step = 0; step < STEPS; step++) {
        unsigned slot = any(RANGES);
        BOOL top_down = any(4) == 0;
        if (ranges[slot].base != NULL) {
            refused += !release(slot);
            continue;
        }
        ranges[slot].size = (1 + any(any(3) ? 20 : 200)) * PAGE;
        uint64_t place = expected(ranges[slot].size, top_down);
        ranges[slot].base = VirtualAlloc(NULL, ranges[slot].size, MEM_RESERVE | (top_down ? MEM_TOP_DOWN : 0), PAGE_READWRITE);
        elsewhere += (uint64_t)(ULONG_PTR)ranges[slot].base != place;
        made++;
    }
    OK(made > STEPS / 3, "ranges of any size come and go");
    OK(elsewhere == 0, "each is where the first room was, from below or from above");
    for (unsigned slot = 0; slot < RANGES; slot++)
        refused += ranges[slot].base != NULL && !VirtualFree(ranges[slot].base, 0, MEM_RELEASE);
    OK(refused == 0, "and all that was released was there");
    return done();
}
