#include "help.h"

#include <stddef.h>
#include <string.h>

const char *const help_commands[] = {"run", "inspect", "cc", "help", NULL};

static const char overview[] = "Ringside runs Windows kernel drivers, and the programs that talk to them, in an ordinary Linux process.\n"
                               "\n"
                               "usage: ringside run [OPTIONS] PROGRAM.exe [ARGS]   boot a machine, load drivers, run a program in it\n"
                               "       ringside inspect [--json] FILE...           what an image is, and what it needs that Ringside has or lacks\n"
                               "       ringside cc SOURCE.c... -o NAME.sys         compile a driver (.sys), program (.exe) or library (.dll)\n"
                               "       ringside help COMMAND                       more about one of these\n"
                               "       ringside --version\n"
                               "\n"
                               "first steps:\n"
                               "  ringside cc driver.c -o driver.sys\n"
                               "  ringside cc client.c -o client.exe\n"
                               "  ringside run -d driver.sys client.exe\n";

static const char run[] =
    "usage: ringside run [OPTIONS] PROGRAM.exe [ARGS]\n"
    "       ringside run [OPTIONS] -d DRIVER.sys\n"
    "\n"
    "Boots a machine, loads the drivers, runs the program until it ends, unloads the drivers, and exits with the program's exit code.\n"
    "Without a program, the drivers are loaded and unloaded. Options end at the program; what follows it is the program's.\n"
    "\n"
    "  -d, --driver FILE.sys   load this driver first, unload it afterwards; its service is named after the file (repeatable)\n"
    "      --and 'PROGRAM ARGS'\n"
    "                          run this program as well, in the same machine, once all before it have ended or wait for input (repeatable)\n"
    "      --verifier LEVEL    off or standard (default: standard); this version checks nothing yet at either level\n"
    "      --trace[=FILE]      write IRPs and kernel calls to standard error, or to FILE\n"
    "      --cpus N            number of processors; this version has 1\n"
    "      --seed N            what the machine's randomness starts from (default: 0)\n"
    "      --realtime          tie the machine's clock to the wall clock; so it is anyway when input is a terminal\n"
    "      --memory SIZE       RAM of the machine, 16M to 64G (default: 256M)\n"
    "      --timeout SECONDS   end the machine after so much real time\n"
    "      --root DIR          the directory that is C:\\ (default: a private, empty one, removed afterwards)\n"
    "      --strict            refuse a driver that imports what Ringside does not have, instead of stopping when it is called\n"
    "  -h, --help              this text\n"
    "\n"
    "Program, drivers, and arguments that name a file appear in C:\\, read-only, by their file names. A program or driver may also be named by\n"
    "its path in the machine: 'C:\\tools\\client.exe', with --root.\n"
    "\n"
    "Ctrl+C ends the machine; Ctrl+\\ shows what each thread waits for.\n"
    "\n"
    "exit codes: the program's own (above 255: 255); 124 timeout, or all wait for ever; 125 Ringside failed, or usage;\n"
    "            126 an image cannot be run; 127 an image is not there; 130 Ctrl+C; 134 the machine bug checked\n";

static const char inspect[] = "usage: ringside inspect [--json] FILE...\n"
                              "       ringside inspect [--json] --corpus FILE\n"
                              "\n"
                              "Says what a PE image is, how Windows would load it, and which of its imports Ringside has.\n"
                              "\n"
                              "      --corpus FILE   how many of many drivers have all they import, and what is missing most: a line of the\n"
                              "                      table is a driver's name, a tab, and the names it imports, separated by spaces\n"
                              "      --json          the same for programs: one object for each file, in an array; of a corpus one object\n"
                              "  -h, --help          this text\n"
                              "\n"
                              "exit codes: 0 all could be loaded; 126 one would be refused; 127 one is not there\n";

static const char cc[] =
    "usage: ringside cc SOURCE.c... -o NAME.sys|NAME.exe|NAME.dll [--native] [-v] [-- CLANG-FLAGS...]\n"
    "\n"
    "Compiles with clang, lld and mingw-w64's headers. The ending of the output says what is made: .sys a WDM driver whose entry is\n"
    "DriverEntry, .exe a console program, .dll a library. Debug data (DWARF) is always there.\n"
    "\n"
    "  -o, --output NAME   the image to make\n"
    "      --native        a program of the native subsystem: entry NtProcessStartup, imports from ntdll.dll alone, no C run-time\n"
    "  -v, --verbose       print the commands\n"
    "  -h, --help          this text\n"
    "\n"
    "What follows -- goes to clang when it compiles, after Ringside's own flags: -DDEBUG -O0 -I include. Flags of the form -Wl,X and -lX go to the "
    "linker.\n"
    "\n"
    "exit codes: 0; 1 the compiler or linker found errors; 125 something that it needs is missing\n";

const char *help_text(const char *command) {
    if (command == NULL || *command == '\0' || strcmp(command, "help") == 0)
        return overview;
    if (strcmp(command, "run") == 0)
        return run;
    if (strcmp(command, "inspect") == 0)
        return inspect;
    return strcmp(command, "cc") == 0 ? cc : NULL;
}
