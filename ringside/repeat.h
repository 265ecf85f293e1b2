/* How a run that depends on a schedule is had again; and `run --seeds`, which looks for one that fails. */
#pragma once
#include "options.h"

/* The command line of `ringside run`, to be kept; words: argv from "ringside" on. arguments: the place in it where the program's begin, which say nothing of
   Ringside's seeds, or NULL. */
void repeat_remember(char **words, char **arguments);
/* "ringside: to repeat it: ringside run --cpus 2 --seed 7 ...", with this seed in place of what the words say of seeds. Nothing, if none are kept. */
void repeat_tell(uint64_t seed);
/* Runs the machine with each seed from options->seed on up to options->last_seed, each in a process of its own, until a run ends otherwise than with 0: then
   what it has printed is printed, and how to repeat it. Its exit code, or 0. */
int repeat_seeds(struct run_options *options, int (*run)(struct run_options *options));
