/* Aligned blocks: what the common ones lack. */
#include "../crt/crt.h"
#include <malloc.h>

/* The block's own address is just below the aligned one. */
static size_t room_of(const void *aligned) {
    uintptr_t block;

    memcpy(&block, (const char *)aligned - sizeof(block), sizeof(block));
    return _msize((void *)block) - ((uintptr_t)aligned - block);
}

CRT_EXPORT(size_t, _aligned_msize, (void *aligned, size_t alignment, size_t offset)) {
    if (!aligned) {
        crt_invalid(EINVAL);
        return (size_t)-1;
    }
    return room_of(aligned);
}

/* size bytes of which `keep` at most come from the old block; the rest is zero when clear is TRUE. */
static void *resize(void *aligned, size_t size, size_t alignment, size_t offset, BOOL clear) {
    size_t old = aligned ? room_of(aligned) : 0;
    char *bigger;

    if (aligned && !size) {
        _aligned_free(aligned);
        return NULL;
    }
    bigger = _aligned_offset_malloc(size, alignment, offset);
    if (!bigger) {
        return NULL;
    }
    memcpy(bigger, aligned, old < size ? old : size);
    if (clear && size > old) {
        memset(bigger + old, 0, size - old);
    }
    _aligned_free(aligned);
    return bigger;
}

void *__cdecl _aligned_offset_realloc(void *aligned, size_t size, size_t alignment, size_t offset) {
    return resize(aligned, size, alignment, offset, FALSE);
}

CRT_EXPORT(void *, _aligned_offset_recalloc, (void *aligned, size_t count, size_t size, size_t alignment, size_t offset)) {
    if (size && count > (size_t)-1 / size) {
        errno = ENOMEM;
        return NULL;
    }
    return resize(aligned, count * size, alignment, offset, TRUE);
}

CRT_EXPORT(void *, _aligned_recalloc, (void *aligned, size_t count, size_t size, size_t alignment)) {
    return _aligned_offset_recalloc(aligned, count, size, alignment, 0);
}
