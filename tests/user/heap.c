/* Heaps under 40000 operations whose contents are checked, and their limits. */
#include "utap.h"

static unsigned char *blocks[2000];
static unsigned sizes[2000], seed = 1;

static unsigned next(void) {
    seed = seed * 1103515245u + 12345u;
    return seed >> 8;
}
static int holds(unsigned n, unsigned size) {
    for (unsigned k = 0; k < size; k++)
        if (blocks[n][k] != (unsigned char)n)
            return 0;
    return 1;
}
static int zero(const unsigned char *block, unsigned size) {
    for (unsigned k = 0; k < size; k++)
        if (block[k])
            return 0;
    return 1;
}

int main(void) {
    HANDLE heap = GetProcessHeap();
    int good = 1, aligned = 1, zeroed = 1, sized = 1;
    for (unsigned round = 0; round < 40000; round++) {
        unsigned n = next() % 2000, size = next() % (round % 50 ? 700 : 200000);
        if (!blocks[n]) {
            blocks[n] = HeapAlloc(heap, HEAP_ZERO_MEMORY, size);
            aligned &= blocks[n] && ((ULONG_PTR)blocks[n] & 15) == 0;
            zeroed &= zero(blocks[n], size);
            memset(blocks[n], (int)n, size);
            sizes[n] = size;
            continue;
        }
        good &= holds(n, sizes[n]);
        sized &= HeapSize(heap, 0, blocks[n]) == sizes[n];
        if (next() & 1) {
            blocks[n] = HeapReAlloc(heap, HEAP_ZERO_MEMORY, blocks[n], size);
            good &= holds(n, size < sizes[n] ? size : sizes[n]);
            zeroed &= size <= sizes[n] || zero(blocks[n] + sizes[n], size - sizes[n]);
            memset(blocks[n], (int)n, size);
            sizes[n] = size;
        } else {
            good &= HeapFree(heap, 0, blocks[n]);
            blocks[n] = NULL;
        }
    }
    OK(good, "contents survive");
    OK(aligned, "blocks are 16-byte aligned");
    OK(zeroed, "HEAP_ZERO_MEMORY");
    OK(sized, "HeapSize");
    OK(HeapValidate(heap, 0, NULL), "the heap is in order");
    HANDLE limited = HeapCreate(0, 0, 0x100000);
    int count = 0;
    while (HeapAlloc(limited, 0, 10000))
        count++;
    OK(count > 90 && count < 300, "a heap with a maximum ends");
    OK(GetLastError() == ERROR_NOT_ENOUGH_MEMORY, "with this error");
    OK(HeapDestroy(limited), "it goes");
    return done();
}
