/* `ringside cc`: clang, lld and mingw-w64 with the flags that a driver or a program for Ringside needs. */
#pragma once
#include "options.h"

int cc_command(const struct cc_options *options); /* the exit code */
