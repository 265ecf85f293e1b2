/* malloc and its kin: the process heap, so that a block may cross between libraries. */
#include "crt.h"
#include <malloc.h>

typedef int(__cdecl *NEW_HANDLER)(size_t);

static NEW_HANDLER new_handler;
static int new_mode; /* 1: malloc asks the handler too, as operator new does */

CRT_EXPORT(NEW_HANDLER, _set_new_handler, (NEW_HANDLER handler)) { return InterlockedExchangePointer((void **)&new_handler, (void *)handler); }

CRT_EXPORT(NEW_HANDLER, _query_new_handler, (void)) { return new_handler; }

CRT_EXPORT(int, _set_new_mode, (int mode)) {
    if (mode != 0 && mode != 1) {
        crt_invalid(EINVAL);
        return -1;
    }
    return InterlockedExchange((LONG *)&new_mode, mode);
}

CRT_EXPORT(int, _query_new_mode, (void)) { return new_mode; }

/* Whether the program has made room, so that another try is worth it. */
CRT_EXPORT(int, _callnewh, (size_t size)) { return new_handler && new_handler(size); }

void *__cdecl malloc(size_t size) {
    void *block;

    do {
        block = HeapAlloc(GetProcessHeap(), 0, size ? size : 1);
    } while (!block && new_mode && _callnewh(size));
    if (!block) {
        errno = ENOMEM;
    }
    return block;
}

void *__cdecl calloc(size_t count, size_t size) {
    void *block;

    if (size && count > (size_t)-1 / size) {
        errno = ENOMEM;
        return NULL;
    }
    block = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, count * size ? count * size : 1);
    if (!block) {
        errno = ENOMEM;
    }
    return block;
}

void *__cdecl realloc(void *block, size_t size) {
    void *bigger;

    if (!block) {
        return malloc(size);
    }
    if (!size) {
        free(block);
        return NULL;
    }
    bigger = HeapReAlloc(GetProcessHeap(), 0, block, size);
    if (!bigger) {
        errno = ENOMEM;
    }
    return bigger;
}

void *__cdecl _recalloc(void *block, size_t count, size_t size) {
    size_t old = block ? _msize(block) : 0;
    char *bigger;

    if (size && count > (size_t)-1 / size) {
        errno = ENOMEM;
        return NULL;
    }
    bigger = realloc(block, count * size);
    if (bigger && count * size > old) {
        memset(bigger + old, 0, count * size - old);
    }
    return bigger;
}

void __cdecl free(void *block) {
    if (block) {
        HeapFree(GetProcessHeap(), 0, block);
    }
}

size_t __cdecl _msize(void *block) { return HeapSize(GetProcessHeap(), 0, block); }

void *__cdecl _expand(void *block, size_t size) { return HeapReAlloc(GetProcessHeap(), HEAP_REALLOC_IN_PLACE_ONLY, block, size); }

int __cdecl _heapchk(void) { return HeapValidate(GetProcessHeap(), 0, NULL) ? _HEAPOK : _HEAPBADNODE; }

int __cdecl _heapmin(void) { return 0; /* there is nothing to give back, which is success */ }

intptr_t __cdecl _get_heap_handle(void) { return (intptr_t)GetProcessHeap(); }

/* The block's own address is kept just below the aligned one. */
void *__cdecl _aligned_offset_malloc(size_t size, size_t alignment, size_t offset) {
    uintptr_t block, aligned;

    if (!alignment || (alignment & (alignment - 1)) || (offset && offset >= size)) {
        errno = EINVAL;
        return NULL;
    }
    if (alignment < sizeof(void *)) {
        alignment = sizeof(void *);
    }
    if (size > (size_t)-1 - alignment - sizeof(void *)) {
        errno = ENOMEM;
        return NULL;
    }
    block = (uintptr_t)malloc(size + alignment + sizeof(void *));
    if (!block) {
        return NULL;
    }
    aligned = ((block + sizeof(void *) + alignment - 1 + offset) & ~(uintptr_t)(alignment - 1)) - offset;
    memcpy((void *)(aligned - sizeof(void *)), &block, sizeof(block));
    return (void *)aligned;
}

void *__cdecl _aligned_malloc(size_t size, size_t alignment) { return _aligned_offset_malloc(size, alignment, 0); }

static uintptr_t block_of_aligned(void *aligned) {
    uintptr_t block;

    memcpy(&block, (char *)aligned - sizeof(block), sizeof(block));
    return block;
}

void *__cdecl _aligned_realloc(void *aligned, size_t size, size_t alignment) {
    void *bigger;
    size_t old;

    if (!aligned) {
        return _aligned_malloc(size, alignment);
    }
    if (!size) {
        _aligned_free(aligned);
        return NULL;
    }
    bigger = _aligned_malloc(size, alignment);
    if (bigger) {
        old = _msize((void *)block_of_aligned(aligned)) - ((uintptr_t)aligned - block_of_aligned(aligned));
        memcpy(bigger, aligned, old < size ? old : size);
        _aligned_free(aligned);
    }
    return bigger;
}

void __cdecl _aligned_free(void *aligned) {
    if (aligned) {
        free((void *)block_of_aligned(aligned));
    }
}
