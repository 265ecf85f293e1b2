#include "fence/key.h"
#include "hal/hal.h"

#include <cpuid.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_SHARES     4
#define XSAVE_LEAF     0xDu
#define XSAVE_PKRU     9u
#define XSAVE_HEADER   512u
#define RSEQ_AREA      32u /* bytes, as the C library registers it */
#define DISABLE_WRITES 2u  /* of the two bits that PKRU has for each key */

uint32_t fence_key_on, fence_key_host_rights, fence_key_machine_rights;

static struct {
    uintptr_t start, end;
} shares[MAX_SHARES];
static unsigned share_count;
static int key = -1, error = ENOSYS;
static uint32_t state_offset; /* of PKRU in an XSAVE area */

static uint32_t read_rights(void) {
    uint32_t rights, high;
    __asm__ volatile("rdpkru" : "=a"(rights), "=d"(high) : "c"(0));
    return rights;
}

void fence_key_reserve(void) {
    unsigned eax, ebx, ecx, edx;
    key = pkey_alloc(0, 0);
    if (key < 0) {
        error = errno;
        return;
    }
    if (!__get_cpuid_count(XSAVE_LEAF, XSAVE_PKRU, &eax, &ebx, &ecx, &edx) || eax == 0) {
        error = ENOSYS;
        return;
    }
    state_offset = ebx;
    fence_key_host_rights = read_rights();
    fence_key_machine_rights = fence_key_host_rights | DISABLE_WRITES << (2 * key);
    fence_key_on = 1;
    error = 0;
}

void fence_key_share(const void *start, size_t size) {
    if (share_count < MAX_SHARES) {
        shares[share_count].start = (uintptr_t)start & ~(uintptr_t)(HAL_PAGE - 1);
        shares[share_count].end = ((uintptr_t)start + size + HAL_PAGE - 1) & ~(uintptr_t)(HAL_PAGE - 1);
        share_count++;
    }
}

static void set_key(uintptr_t start, uintptr_t end, int value) {
    if (pkey_mprotect((void *)start, end - start, PROT_READ | PROT_WRITE, value) != 0) {
        error = errno;
    }
}

/* The C library's restartable sequences: Linux writes to their area whenever the thread moves or gets a signal, with the rights of what it interrupts. */
static bool leave_restartable_sequences(void) {
    void *area = (char *)__builtin_thread_pointer() + __rseq_offset;
    return __rseq_size == 0 || syscall(SYS_rseq, area, RSEQ_AREA, RSEQ_FLAG_UNREGISTER, RSEQ_SIG) == 0;
}

void fence_key_start(void) {
    char line[512], rights[5];
    unsigned long start, end;
    if (!fence_key_on) {
        return;
    }
    FILE *maps = leave_restartable_sequences() ? fopen("/proc/self/maps", "re") : NULL;
    if (maps == NULL) {
        error = errno;
        return;
    }
    while (fgets(line, sizeof line, maps) != NULL) {
        if (sscanf(line, "%lx-%lx %4s", &start, &end, rights) == 3 && strcmp(rights, "rw-p") == 0 && start >= HAL_KERNEL_END && start < 1ul << 47) {
            set_key(start, end, key);
        }
    }
    fclose(maps);
    for (unsigned i = 0; i < share_count; i++) {
        set_key(shares[i].start, shares[i].end, 0);
    }
}

const char *fence_key_describe(void) {
    static char text[96];
    snprintf(text, sizeof text,
             error == 0                                              ? "on"
             : error == ENOSPC || error == ENOSYS || error == EINVAL ? "absent: processor or kernel have none"
                                                                     : "absent: %s",
             strerror(error));
    return text;
}

void fence_key_reset(uint8_t *state) {
    uint64_t present;
    if (!fence_key_on) {
        return;
    }
    memcpy(&present, state + XSAVE_HEADER, sizeof present);
    present |= 1u << XSAVE_PKRU;
    memcpy(state + XSAVE_HEADER, &present, sizeof present);
    memcpy(state + state_offset, &fence_key_machine_rights, sizeof fence_key_machine_rights);
}
