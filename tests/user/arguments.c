/* Prints its arguments, a line each; without any, checks what every program has. */
#include "utap.h"
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv) {
    if (argc > 1) {
        for (int i = 1; i < argc; i++)
            printf("[%s]\n", argv[i]);
        return argc - 1;
    }
    OK(argc == 1 && argv[0] && !argv[1], "argv ends in NULL");
    OK(strstr(argv[0], "arguments"), "argv[0] is the program");
    OK(strstr(GetCommandLineA(), "arguments") && GetCommandLineW(), "so is the start of the command line");
    OK(_environ && __argc == 1 && !strcmp(__argv[0], argv[0]), "the library's variables");
    return done();
}
