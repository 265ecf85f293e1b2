/* Narrow strings, and memory. */
#include "crt.h"

#define CHARACTER       char
#define UNSIGNED        unsigned char
#define F(narrow, wide) narrow
#define LOWER           tolower
#define UPPER           toupper
#include "text.inc"

/* The string instructions are the fastest way for all but the smallest sizes, and never turn into a call of these functions. */
void *__cdecl memcpy(void *to, const void *from, size_t size) {
    void *result = to;

    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
    return result;
}

void *__cdecl memmove(void *to, const void *from, size_t size) {
    if ((uintptr_t)to - (uintptr_t)from >= size) {
        return memcpy(to, from, size);
    }
    for (size_t i = size; i > 0; i--) {
        ((char *)to)[i - 1] = ((const char *)from)[i - 1];
    }
    return to;
}

void *__cdecl memset(void *to, int c, size_t size) {
    void *result = to;

    __asm__ volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(c) : "memory");
    return result;
}

int __cdecl memcmp(const void *a, const void *b, size_t size) {
    const unsigned char *p = a, *q = b;

    for (size_t i = 0; i < size; i++) {
        if (p[i] != q[i]) {
            return p[i] < q[i] ? -1 : 1;
        }
    }
    return 0;
}

int __cdecl _memicmp(const void *a, const void *b, size_t size) {
    const unsigned char *p = a, *q = b;

    for (size_t i = 0; i < size; i++) {
        if (tolower(p[i]) != tolower(q[i])) {
            return tolower(p[i]) - tolower(q[i]);
        }
    }
    return 0;
}

void *__cdecl memchr(const void *memory, int c, size_t size) {
    const unsigned char *p = memory;

    for (size_t i = 0; i < size; i++) {
        if (p[i] == (unsigned char)c) {
            return (void *)(p + i);
        }
    }
    return NULL;
}

void *__cdecl _memccpy(void *to, const void *from, int c, size_t size) {
    unsigned char *p = to;
    const unsigned char *q = from;

    for (size_t i = 0; i < size; i++) {
        p[i] = q[i];
        if (q[i] == (unsigned char)c) {
            return p + i + 1;
        }
    }
    return NULL;
}

errno_t __cdecl memcpy_s(void *to, size_t room, const void *from, size_t size) {
    if (!size) {
        return 0;
    }
    if (!to) {
        return crt_invalid(EINVAL);
    }
    if (!from || size > room) {
        memset(to, 0, room);
        return crt_invalid(from ? ERANGE : EINVAL);
    }
    memcpy(to, from, size);
    return 0;
}

errno_t __cdecl memmove_s(void *to, size_t room, const void *from, size_t size) {
    if (!size) {
        return 0;
    }
    if (!to || !from) {
        return crt_invalid(EINVAL);
    }
    if (size > room) {
        return crt_invalid(ERANGE);
    }
    memmove(to, from, size);
    return 0;
}

errno_t __cdecl _strlwr_s(char *text, size_t room) {
    if (!text || strnlen(text, room) == room) {
        return crt_invalid(EINVAL);
    }
    _strlwr(text);
    return 0;
}

errno_t __cdecl _strupr_s(char *text, size_t room) {
    if (!text || strnlen(text, room) == room) {
        return crt_invalid(EINVAL);
    }
    _strupr(text);
    return 0;
}
