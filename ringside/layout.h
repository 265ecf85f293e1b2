/* Where Linux has put this process. */
#pragma once

/* The PE half of the address space must be free of libraries: under `ulimit -s unlimited` Linux fills it from the middle. Then sets a
   stack limit and executes itself again, once. Returns when the layout is fine; exits with a sentence when it cannot be made so. */
void layout_ensure(char **argv);
