/* Where a program begins: msvcrt makes the arguments. */
#include "program.h"
#include <stdlib.h>

typedef struct {
    int new_mode;
} startup_info;
__declspec(dllimport) int __wgetmainargs(int *count, wchar_t ***arguments, wchar_t ***environment, int expand, startup_info *info);

void ProgramStart(void);

void ProgramStart(void) {
    startup_info info = {0};
    wchar_t **arguments, **environment;
    int count;

    __wgetmainargs(&count, &arguments, &environment, 0, &info);
    exit(wmain(count, arguments));
}
