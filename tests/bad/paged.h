/* A driver that uses pageable memory where it may not: Mistake is called at PASSIVE_LEVEL, from code that is not pageable. */
#pragma once
#include "bad.h"

#pragma clang diagnostic ignored "-Wunused-parameter"

#define PAGED __attribute__((section("PAGE"), noinline))
