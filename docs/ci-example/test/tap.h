/* TAP: a line for each check, then how many there were. */
#include <stdio.h>

static int Checks, Failures;

static void Ok(int Condition, const char *Name) {
    printf("%s %d - %s\n", Condition ? "ok" : "not ok", ++Checks, Name);
    fflush(stdout); /* what comes next may end the machine */
    Failures += !Condition;
}

static int Done(void) {
    printf("1..%d\n", Checks);
    return Failures != 0;
}
