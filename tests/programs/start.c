/* start PROGRAM: starts it and waits. start --leave COMMAND LINE: starts it and does not wait. start --sleep: goes on for ever. */
#include <stdio.h>
#include <string.h>
#include <windows.h>

int main(int argc, char **argv) {
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION process;
    DWORD code;
    char line[500] = "";

    if (argc < 2)
        return 2;
    if (!strcmp(argv[1], "--sleep"))
        Sleep(INFINITE);
    if (!strcmp(argv[1], "--leave")) {
        BOOL suspended;
        for (int i = 2; i < argc; i++)
            sprintf(line + strlen(line), "%s%s", i > 2 ? " " : "", argv[i]);
        suspended = strstr(line, "--suspended") != NULL;
        if (CreateProcessA(NULL, line, NULL, NULL, FALSE, suspended ? CREATE_SUSPENDED : 0, NULL, NULL, &startup, &process))
            return 0;
    } else if (CreateProcessA(argv[1], NULL, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &process)) {
        WaitForSingleObject(process.hProcess, INFINITE);
        GetExitCodeProcess(process.hProcess, &code);
        return (int)code;
    }
    printf("error %lu\n", GetLastError());
    return 1;
}
