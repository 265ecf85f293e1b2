/* TAP from a Windows program: OK(condition, what) for each check, done() at the end. */
#pragma once
#include <windows.h>
#include <stdio.h>

static int tests, failures;
static void check(int good, const char *what, int line) {
    tests++;
    if (!good)
        failures++;
    printf("%sok %d - %s", good ? "" : "not ", tests, what);
    printf(good ? "\n" : " (line %d, last error %lu)\n", line, GetLastError());
}
#define OK(condition, what) check((condition) != 0, what, __LINE__)
static int done(void) {
    printf("1..%d\n", tests);
    return 0;
}
