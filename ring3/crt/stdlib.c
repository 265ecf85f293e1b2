/* Sorting, searching, division, random numbers. */
#include "crt.h"

typedef int(__cdecl *COMPARE)(const void *, const void *);

static void swap(char *a, char *b, size_t size) {
    for (size_t i = 0; i < size; i++) {
        char c = a[i];

        a[i] = b[i];
        b[i] = c;
    }
}

static void sift_down(char *base, size_t root, size_t count, size_t size, CRT_COMPARE compare, void *context) {
    for (;;) {
        size_t child = root * 2 + 1;

        if (child >= count) {
            return;
        }
        if (child + 1 < count && compare(context, base + child * size, base + (child + 1) * size) < 0) {
            child++;
        }
        if (compare(context, base + root * size, base + child * size) >= 0) {
            return;
        }
        swap(base + root * size, base + child * size, size);
        root = child;
    }
}

/* A heap sort: no worst case, no stack. */
void crt_sort(void *base, size_t count, size_t size, CRT_COMPARE compare, void *context) {
    for (size_t root = count / 2; root > 0; root--) {
        sift_down(base, root - 1, count, size, compare, context);
    }
    for (size_t left = count; left > 1; left--) {
        swap(base, (char *)base + (left - 1) * size, size);
        sift_down(base, 0, left - 1, size, compare, context);
    }
}

void *crt_search(const void *key, const void *base, size_t count, size_t size, CRT_COMPARE compare, void *context) {
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const char *element = (const char *)base + middle * size;
        int order = compare(context, key, element);

        if (order == 0) {
            return (void *)element;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

/* The context is where the comparison without one is. */
static int __cdecl compare_plainly(void *context, const void *a, const void *b) { return (*(COMPARE *)context)(a, b); }

void __cdecl qsort(void *base, size_t count, size_t size, COMPARE compare) { crt_sort(base, count, size, compare_plainly, &compare); }

void *__cdecl bsearch(const void *key, const void *base, size_t count, size_t size, COMPARE compare) {
    return crt_search(key, base, count, size, compare_plainly, &compare);
}

void *__cdecl _lfind(const void *key, const void *base, unsigned *count, unsigned size, int(__cdecl *compare)(const void *, const void *)) {
    for (unsigned i = 0; i < *count; i++) {
        const char *element = (const char *)base + (size_t)i * size;

        if (compare(key, element) == 0) {
            return (void *)element;
        }
    }
    return NULL;
}

/* The documented generator: the same numbers on every machine. Each thread has its own. */
int __cdecl rand(void) {
    CRT_THREAD *thread = crt_thread();

    thread->random = thread->random * 214013u + 2531011u;
    return (int)(thread->random >> 16 & RAND_MAX);
}

void __cdecl srand(unsigned seed) { crt_thread()->random = seed; }

int __cdecl abs(int value) { return value < 0 ? (int)(0 - (unsigned)value) : value; }

long __cdecl labs(long value) { return value < 0 ? (long)(0 - (unsigned long)value) : value; }

long long __cdecl _abs64(long long value) { return value < 0 ? (long long)(0 - (unsigned long long)value) : value; }

div_t __cdecl div(int a, int b) { return (div_t){a / b, a % b}; }

ldiv_t __cdecl ldiv(long a, long b) { return (ldiv_t){a / b, a % b}; }

unsigned short __cdecl _byteswap_ushort(unsigned short value) { return __builtin_bswap16(value); }

unsigned long __cdecl _byteswap_ulong(unsigned long value) { return __builtin_bswap32(value); }

unsigned long long __cdecl _byteswap_uint64(unsigned long long value) { return __builtin_bswap64(value); }

void __cdecl _sleep(unsigned long milliseconds) { Sleep(milliseconds); }
