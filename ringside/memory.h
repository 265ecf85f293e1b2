/*
 * The machine's memory: one memfd is its RAM; the PE half of the address space is reserved at start and filled with views of it.
 * Called at start-up and, as hal_ops, from kernel code through the door.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* Reserves [HAL_USER_START, HAL_KERNEL_END) and makes `ram_size` bytes of RAM (a multiple of the page size), mapped at HAL_RAM_BASE.
   On a host that does not let us: false, after one message that says what forbids it and what to do. */
bool memory_create(uint64_t ram_size);

/* hal_ops; see hal.h. */
/* memcpy to the machine's memory. A long piece of RAM gets it through RAM's file, which spares the host a fault and a cleared page for each of its pages. */
void memory_fill(void *to, const void *from, uint64_t size);
int64_t host_map(uint64_t va, uint64_t pa, uint64_t size, uint32_t prot);
int64_t host_unmap(uint64_t va, uint64_t size);
int64_t host_protect(uint64_t va, uint64_t size, uint32_t prot);
int64_t host_discard(uint64_t pa, uint64_t size);
int64_t host_fill(uint64_t pa, const void *from, uint64_t size);
int64_t host_page_write(uint64_t slot, uint64_t pa);
int64_t host_page_read(uint64_t slot, uint64_t pa);
