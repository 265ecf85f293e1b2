/* The instructions of a driver at which a schedule may let another processor go on. */
#pragma once
#include "hal/hal.h"

#include <stdbool.h>

/*
 * Fills at most `capacity` of `points`, ascending by rva, and returns how many there are; -HAL_ENOMEM. base: an image of `size` bytes in memory layout whose
 * headers have been checked; it is only read. accesses: ordinary accesses to memory as well. What cannot be proved to be code has no points.
 */
int64_t points_find(const void *base, uint64_t size, bool accesses, hal_point *points, uint64_t capacity);
