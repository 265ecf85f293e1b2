#include "memory.h"
#include "message.h"
#include "hal/hal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

static int ram_fd = -1;
static uint64_t ram_bytes;

static int linux_protection(uint32_t prot) {
    return ((prot & HAL_PROT_READ) ? PROT_READ : 0) | ((prot & HAL_PROT_WRITE) ? PROT_READ | PROT_WRITE : 0) |
           ((prot & HAL_PROT_EXEC) ? PROT_READ | PROT_EXEC : 0);
}

static bool is_pe_range(uint64_t va, uint64_t size) {
    return va % HAL_PAGE == 0 && size % HAL_PAGE == 0 && size != 0 && va >= HAL_USER_START && va < HAL_KERNEL_END && size <= HAL_KERNEL_END - va;
}

static bool is_ram_range(uint64_t pa, uint64_t size) {
    return pa % HAL_PAGE == 0 && size % HAL_PAGE == 0 && pa <= ram_bytes && size <= ram_bytes - pa;
}

static bool reserve(uint64_t start, uint64_t end) {
    void *at = mmap((void *)start, end - start, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (at == (void *)start) {
        return true;
    }
    if (at != MAP_FAILED) {
        munmap(at, end - start);
        errno = EEXIST;
    }
    return false;
}

/* The memfd must allow executable views: since Linux 6.3 that is asked for, before it is the rule and the flag unknown. */
static int create_ram_file(void) {
    int fd = memfd_create("ringside-ram", MFD_CLOEXEC | MFD_EXEC);
    if (fd < 0 && errno == EINVAL) {
        fd = memfd_create("ringside-ram", MFD_CLOEXEC);
    }
    return fd;
}

bool memory_create(uint64_t ram_size) {
    if (!reserve(HAL_USER_START, HAL_USER_END) || !reserve(HAL_USER_END, HAL_KERNEL_END)) {
        message_error("address space",
                      "the machine's addresses (64 KiB to 67 TiB) cannot be reserved: %s: "
                      "if `ulimit -v` is set or vm.overcommit_memory is 2, lift it; vm.mmap_min_addr must not exceed 65536",
                      strerror(errno));
        return false;
    }
    ram_fd = create_ram_file();
    if (ram_fd < 0) {
        message_error("memory", "memfd_create failed: %s: the host must allow it (a seccomp profile without it, or vm.memfd_noexec=2, forbids it)",
                      strerror(errno));
        return false;
    }
    if (ftruncate(ram_fd, (off_t)ram_size) != 0) {
        message_error("memory", "%llu MiB of RAM cannot be made: %s: try a smaller --memory", (unsigned long long)(ram_size >> 20), strerror(errno));
        return false;
    }
    ram_bytes = ram_size;
    if (host_map(HAL_RAM_BASE, 0, ram_size, HAL_PROT_READ | HAL_PROT_WRITE) != 0) {
        message_error("memory", "RAM cannot be mapped: %s: try a smaller --memory", strerror(errno));
        return false;
    }
    /* Asked now, in one page, so that a host that forbids executable views says so in a sentence and not in a fault. */
    if (host_map(HAL_DRIVER_START, 0, HAL_PAGE, HAL_PROT_READ | HAL_PROT_EXEC) != 0) {
        message_error("memory",
                      "the host does not allow executable memory from a memfd: %s: "
                      "set vm.memfd_noexec to 0 or 1 (sysctl), or allow execmem (SELinux: setsebool -P deny_execmem 0)",
                      strerror(errno));
        return false;
    }
    return host_unmap(HAL_DRIVER_START, HAL_PAGE) == 0;
}

int64_t host_fill(uint64_t pa, const void *from, uint64_t size) {
    if (pa > ram_bytes || size > ram_bytes - pa) {
        return -HAL_EINVAL;
    }
    ssize_t written = pwrite(ram_fd, from, size, (off_t)pa);
    return written == (ssize_t)size ? 0 : written < 0 ? -errno : -HAL_EIO;
}

void memory_fill(void *to, const void *from, uint64_t size) {
    if (size < HAL_FILL_LEAST || host_fill((uint64_t)to - HAL_RAM_BASE, from, size) != 0) {
        memcpy(to, from, size);
    }
}

int64_t host_map(uint64_t va, uint64_t pa, uint64_t size, uint32_t prot) {
    if (!is_pe_range(va, size) || !is_ram_range(pa, size)) {
        return -HAL_EINVAL;
    }
    void *at = mmap((void *)va, size, linux_protection(prot), MAP_SHARED | MAP_FIXED, ram_fd, (off_t)pa);
    return at == MAP_FAILED ? -errno : 0;
}

int64_t host_unmap(uint64_t va, uint64_t size) {
    if (!is_pe_range(va, size)) {
        return -HAL_EINVAL;
    }
    void *at = mmap((void *)va, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
    return at == MAP_FAILED ? -errno : 0;
}

int64_t host_protect(uint64_t va, uint64_t size, uint32_t prot) {
    if (!is_pe_range(va, size)) {
        return -HAL_EINVAL;
    }
    return mprotect((void *)va, size, linux_protection(prot)) == 0 ? 0 : -errno;
}

int64_t host_discard(uint64_t pa, uint64_t size) {
    if (!is_ram_range(pa, size)) {
        return -HAL_EINVAL;
    }
    return fallocate(ram_fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)pa, (off_t)size) == 0 ? 0 : -errno;
}

/* ---- The paging file: a file without a name in the host's memory, which the host may swap out in its turn. Made when the first page goes out. ---- */

static int page_fd = -1;

static bool is_page_access(uint64_t slot, uint64_t pa) { return is_ram_range(pa, HAL_PAGE) && slot <= (uint64_t)INT64_MAX / HAL_PAGE; }

int64_t host_page_write(uint64_t slot, uint64_t pa) {
    if (!is_page_access(slot, pa)) {
        return -HAL_EINVAL;
    }
    if (page_fd < 0 && (page_fd = memfd_create("ringside-pagefile", MFD_CLOEXEC)) < 0) {
        return -errno;
    }
    ssize_t written = pwrite(page_fd, (const void *)(HAL_RAM_BASE + pa), HAL_PAGE, (off_t)(slot * HAL_PAGE));
    return written == HAL_PAGE ? 0 : written < 0 ? -errno : -HAL_ENOSPC;
}

int64_t host_page_read(uint64_t slot, uint64_t pa) {
    if (!is_page_access(slot, pa)) {
        return -HAL_EINVAL;
    }
    return pread(page_fd, (void *)(HAL_RAM_BASE + pa), HAL_PAGE, (off_t)(slot * HAL_PAGE)) == HAL_PAGE ? 0 : -HAL_EIO;
}
