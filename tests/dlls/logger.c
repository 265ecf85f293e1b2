/* What the test DLLs have been told, in order. */
#include <string.h>

static char text[256];
__declspec(dllexport) void log_add(const char *what);
__declspec(dllexport) int log_is(const char *expected);
void log_add(const char *what) {
    if (strlen(text) + strlen(what) < sizeof text)
        strcat(text, what);
}
/* Compares and begins anew. */
int log_is(const char *expected) {
    int same = strcmp(text, expected) == 0;
    text[0] = 0;
    return same;
}
