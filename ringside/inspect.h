/* `ringside inspect`: what an image is, whether it could be loaded, and which of its imports Ringside has. */
#pragma once
#include "options.h"

int inspect_command(const struct inspect_options *options); /* the exit code */
