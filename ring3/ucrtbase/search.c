/* Sorting and searching with a context, searching in order, bits, and numbers that nobody can foresee. */
#include "../crt/crt.h"

CRT_EXPORT(void, qsort_s, (void *base, size_t count, size_t size, CRT_COMPARE compare, void *context)) {
    if ((!base && count) || !size || !compare) {
        crt_invalid(EINVAL);
        return;
    }
    crt_sort(base, count, size, compare, context);
}

CRT_EXPORT(void *, bsearch_s, (const void *key, const void *base, size_t count, size_t size, CRT_COMPARE compare, void *context)) {
    if ((!base && count) || !size || !compare) {
        crt_invalid(EINVAL);
        return NULL;
    }
    return crt_search(key, base, count, size, compare, context);
}

CRT_EXPORT(void *, _lfind_s, (const void *key, const void *base, unsigned *count, size_t size, CRT_COMPARE compare, void *context)) {
    if (!key || !count || !base || !size || !compare) {
        crt_invalid(EINVAL);
        return NULL;
    }
    for (unsigned i = 0; i < *count; i++) {
        const char *element = (const char *)base + i * size;

        if (compare(context, key, element) == 0) {
            return (void *)element;
        }
    }
    return NULL;
}

/* Those that look, and put the key at the end when it is not there. */
CRT_EXPORT(void *, _lsearch_s, (const void *key, void *base, unsigned *count, size_t size, CRT_COMPARE compare, void *context)) {
    void *found = _lfind_s(key, base, count, size, compare, context);

    return found || !key || !count || !base || !size || !compare ? found : memcpy((char *)base + (*count)++ * size, key, size);
}

CRT_EXPORT(void *, _lsearch, (const void *key, void *base, unsigned *count, unsigned size, int(__cdecl *compare)(const void *, const void *))) {
    void *found = _lfind(key, base, count, size, compare);

    return found ? found : memcpy((char *)base + (size_t)(*count)++ * size, key, size);
}

/* ---- Bits ---------------------------------------------------------------------------------------------------------------------------- */

CRT_EXPORT(unsigned, crt_rotl, (unsigned value, int by)) { return value << (by & 31) | value >> (-by & 31); }

CRT_EXPORT(unsigned, crt_rotr, (unsigned value, int by)) { return crt_rotl(value, -by); }

CRT_EXPORT(unsigned long long, crt_rotl64, (unsigned long long value, int by)) { return value << (by & 63) | value >> (-by & 63); }

CRT_EXPORT(unsigned long long, crt_rotr64, (unsigned long long value, int by)) { return crt_rotl64(value, -by); }

CRT_EXPORT(void, _swab, (char *from, char *to, int count)) {
    for (int i = 0; i + 1 < count; i += 2) {
        char first = from[i];

        to[i] = from[i + 1];
        to[i + 1] = first;
    }
}

lldiv_t __cdecl lldiv(long long a, long long b) { return (lldiv_t){a / b, a % b}; }
