#include "help.h"

#include <stddef.h>
#include <string.h>

const char *const help_commands[] = {"run", "up", "down", "status", "load", "unload", "log", "objects", "inspect", "cc", "help", NULL};

static const char overview[] =
    "Ringside runs Windows kernel drivers, and the programs that talk to them, in an ordinary Linux process.\n"
    "\n"
    "usage: ringside run [OPTIONS] PROGRAM.exe [ARGS]   boot a machine, load drivers, run a program in it\n"
    "       ringside up | down | status                 start, end, or ask a machine that stays up, which run then enters\n"
    "       ringside load FILE.sys | unload NAME        install and start, stop and remove a driver there\n"
    "       ringside log [-f] [-i]                      what drivers and programs print, as DebugView shows it\n"
    "       ringside objects [-l] [-i] [PATH]           the object namespace, as WinObj shows it\n"
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
    "If a machine is up (ringside up), it enters that one instead: this terminal is the program's console there.\n"
    "Without a program, the drivers are loaded and unloaded. Options end at the program; what follows it is the program's.\n"
    "\n"
    "  -d, --driver FILE.sys   load this driver first, unload it afterwards; its service is named after the file (repeatable)\n"
    "      --match ID          the driver before this is for the devices of that ID: 'PCI\\VEN_1234&DEV_11E8', or 'ROOT\\NAME' for one without\n"
    "                          hardware; ,upper ,lower: as a filter; ,msi: with interrupts by message\n"
    "      --and 'PROGRAM ARGS'\n"
    "                          run this program as well, in the same machine, once all before it have ended or wait for input (repeatable)\n"
    "      --user NAME         whose rights the programs have: administrator (elevated), user (an ordinary one) or system (default: administrator)\n"
    "      --verifier LEVEL    off or standard (default: standard): check the level of each call that a driver makes\n"
    "      --trace[=FILE]      write IRPs and kernel calls to standard error, or to FILE\n"
    "      --etw               enable all event providers: what they write goes to the log\n"
    "      --machine NAME      enter the machine of this name; one must be up (default: $RINGSIDE_MACHINE, or \"default\", if it is up)\n"
    "      --alone             boot a machine of its own, whatever is up\n"
    "      --log FILE          write what drivers and programs print to FILE as well, as JSON, for ringside log --read FILE\n"
    "      --cpus N            number of processors, 1 to 64 (default: 1)\n"
    "      --schedule NAME     how several processors are interleaved: random, pct[:DEPTH] or exhaustive[:SWITCHES], from --seed, or round-robin\n"
    "                          (default: random)\n"
    "      --points WHICH      where in a driver processors may change places: at its calls, also at its interlocked instructions, or at all its "
    "accesses\n"
    "                          to memory: calls, interlocked, accesses (default: interlocked)\n"
    "      --seed N            what the machine's randomness starts from (default: 0)\n"
    "      --seeds FIRST-LAST  run it all with one seed after the other, without input, until a run ends with another exit code than 0\n"
    "      --realtime          tie the machine's clock to the wall clock; so it is anyway when input is a terminal\n"
    "      --memory SIZE       RAM of the machine, 16M to 64G (default: 256M)\n"
    "      --timeout SECONDS   end the machine after so much real time\n"
    "      --root DIR          the directory that is C:\\ (default: a private, empty one, removed afterwards)\n"
    "      --share NAME=DIR    a directory of the host as \\\\ringside\\NAME, to read and write (repeatable)\n"
    "      --device DEVICE     a device for drivers: serial=OUTPUT[,INPUT], disk=IMAGE, stick=IMAGE[,pull=N] or edu[=msix];\n"
    "                          the files are the host's (repeatable)\n"
    "      --strict            refuse a driver that imports what Ringside does not have, instead of stopping when it is called\n"
    "      --no-sandbox        without the fence: a driver can then do all that you can; for gdb, strace, perf and valgrind\n"
    "  -h, --help              this text\n"
    "\n"
    "Program, drivers, and arguments that name a file appear in C:\\, read-only, by their file names. A program or driver may also be named by\n"
    "its path in the machine: 'C:\\tools\\client.exe', with --root.\n"
    "\n"
    "Ctrl+C is a console event for the programs, which ends those that do not handle it; Ctrl+\\ shows what each thread waits for.\n"
    "\n"
    "exit codes: the program's own (above 255: 255); 124 timeout, or all wait for ever; 125 Ringside failed, or usage;\n"
    "            126 an image cannot be run; 127 an image is not there; 130 Ctrl+C; 134 the machine bug checked\n";

static const char up_help[] =
    "usage: ringside up [OPTIONS]\n"
    "\n"
    "Starts a machine in the background. It stays until `ringside down`; run, load, unload, log, objects and status enter it. What is installed in "
    "it and\n"
    "its registry are kept in its directory, $XDG_STATE_HOME/ringside/NAME (or ~/.local/state/ringside/NAME), and are there at the next `up`.\n"
    "\n"
    "      --machine NAME      its name (default: $RINGSIDE_MACHINE, or \"default\")\n"
    "      --root DIR          the directory that is C:\\ (default: drive_c in the machine's directory)\n"
    "      --share NAME=DIR    a directory of the host as \\\\ringside\\NAME, to read and write (repeatable)\n"
    "      --device DEVICE     a device for drivers: serial=OUTPUT[,INPUT], disk=IMAGE, stick=IMAGE[,pull=N] or edu[=msix];\n"
    "                          the files are the host's (repeatable)\n"
    "      --safe              start none of the drivers that are installed to start by themselves\n"
    "      --last-known-good   boot with the configuration of the last boot that went well\n"
    "      --foreground        stay in this terminal, with the machine's own messages\n"
    "      --memory, --verifier, --cpus, --schedule, --points, --seed, --strict, --no-sandbox, --trace=FILE, --etw\n"
    "                          as for ringside run\n"
    "  -h, --help              this text\n"
    "\n"
    "Its clock is the wall clock. Its messages go to machine.log in its directory; the screen of a bug check to bugcheck.txt, and to the terminals "
    "of those\n"
    "who are in it.\n"
    "\n"
    "exit codes: 0 it is up; 125 it is not\n";

static const char down_help[] = "usage: ringside down [--machine NAME] [--kill]\n"
                                "\n"
                                "Ends the machine: its programs, then its drivers, the latest first, then itself. Says which driver would not go.\n"
                                "\n"
                                "      --kill              at once, as if its power failed: nothing is unloaded, and what was not flushed is lost\n"
                                "      --machine NAME      the machine of this name\n"
                                "  -h, --help              this text\n"
                                "\n"
                                "exit codes: 0; 125 there is no such machine, or usage\n";

static const char status_help[] =
    "usage: ringside status [--machine NAME] [--json | --threads]\n"
    "\n"
    "Says what the machine that is up is and holds: its process and directories, its fence, its drivers and programs.\n"
    "\n"
    "      --threads           every thread, what it waits for, whose IRPs it waits for, and where drivers stand on its stack\n"
    "      --json              as one object\n"
    "      --machine NAME      the machine of this name\n"
    "  -h, --help              this text\n"
    "\n"
    "exit codes: 0; 125 no machine is up, or usage\n";

static const char load_help[] =
    "usage: ringside load [OPTIONS] FILE.sys\n"
    "\n"
    "Copies the driver into C:\\Windows\\System32\\drivers of the machine that is up, makes a service for it and starts it.\n"
    "\n"
    "      --name NAME         the service's name (default: the file's, without .sys)\n"
    "      --match ID          the driver is for the devices of that ID, as with ringside run\n"
    "      --start WHEN        when later boots start it: boot, system, auto or demand (default: demand, not by themselves)\n"
    "      --machine NAME      the machine of this name\n"
    "  -h, --help              this text\n"
    "\n"
    "exit codes: 0; 125 no machine is up, or usage; 126 the driver is refused; 127 there is no such file; 134 the machine bug checked\n";

static const char unload_help[] = "usage: ringside unload [--machine NAME] NAME\n"
                                  "\n"
                                  "Stops the driver of that service in the machine that is up, and removes the service. Says why, if it stays.\n"
                                  "\n"
                                  "exit codes: 0; 125 no machine is up, or usage; 126 it stays loaded; 134 the machine bug checked\n";

static const char objects_help[] =
    "usage: ringside objects [OPTIONS] [PATH]\n"
    "\n"
    "Shows the object namespace of the machine that is up, or what is at PATH in it, as a tree: directories, links and where they lead, devices\n"
    "and their drivers. / will do for \\ in PATH, and case does not matter: ringside objects /Device\n"
    "\n"
    "  -l, --long          an object to a line, with its type, references and handles, and what else there is to know: a device's flags and\n"
    "                      stack, a driver's devices, the state of an event, the security descriptor if there is one\n"
    "      --json          an object of JSON to a line\n"
    "  -i, --interactive   the full screen: directories on the left, what is in them on the right; ? lists the keys\n"
    "      --machine NAME  of that machine, instead of the default one\n"
    "      --read FILE     what --json has written, instead of a machine's; - is standard input\n"
    "  -h, --help          this text\n"
    "\n"
    "exit codes: 0; 125 Ringside failed, or usage; 127 there is no such object\n";

static const char log_help[] =
    "usage: ringside log [OPTIONS]\n"
    "\n"
    "Shows what drivers (DbgPrint) and programs (OutputDebugString) of a machine that is up have printed: number, seconds since the first line,\n"
    "processor, process and its id, driver, component and level if they are not DbgPrint's own, and the text. The machine keeps the last 4 MiB.\n"
    "\n"
    "  -f, --follow            go on with what comes, until Ctrl+C or the machine's end\n"
    "  -n, --last N            only the last N lines of those that are there\n"
    "  -i, --interactive       on the full screen: scroll, find, filter, save; F1 there lists the keys\n"
    "      --clock             the machine's time of day instead of seconds\n"
    "      --driver NAME       only lines that this driver printed: example, example.sys\n"
    "      --process NAME|PID  only lines printed in this process\n"
    "      --component NAME    only lines of this component: IHVDRIVER; DbgPrint's is DEFAULT\n"
    "      --level LEVEL       only this level and more important ones: ERROR, WARNING, TRACE, INFO, or a number from 0 to 31\n"
    "      --grep TEXT         only lines with this text; case does not count, * stands for any text\n"
    "      --exclude TEXT      no lines with this text\n"
    "      --highlight TEXT    mark this text, on a terminal\n"
    "      --json              records as they are, one object in a line\n"
    "      --read FILE         records that --json, or run --log FILE, has written, instead of a machine's; - is standard input\n"
    "      --clear             forget what is there, and show nothing\n"
    "      --machine NAME      the machine of this name\n"
    "  -h, --help              this text\n"
    "\n"
    "Options that name something may be given again: one of them must fit; of different options all.\n"
    "\n"
    "exit codes: 0; 125 there is no such machine, or usage; 130 Ctrl+C\n";

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
    "usage: ringside cc SOURCE.c... -o NAME.sys|NAME.exe|NAME.dll [--native] [--crt LIBRARY] [-v] [-- CLANG-FLAGS...]\n"
    "\n"
    "Compiles C and, by the ending of a source, C++ with clang, lld and mingw-w64's headers. The ending of the output says what is made: .sys a WDM\n"
    "driver whose entry is DriverEntry, .exe a console program, .dll a library. Debug data (DWARF) is always there. DBG is 1 in drivers.\n"
    "\n"
    "  -o, --output NAME   the image to make\n"
    "      --native        a program of the native subsystem: entry NtProcessStartup, imports from ntdll.dll alone, no C run-time\n"
    "      --crt LIBRARY   the C run-time library of a program: msvcrt, which is the default, or ucrt\n"
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
    if (strcmp(command, "up") == 0)
        return up_help;
    if (strcmp(command, "down") == 0)
        return down_help;
    if (strcmp(command, "status") == 0)
        return status_help;
    if (strcmp(command, "load") == 0)
        return load_help;
    if (strcmp(command, "unload") == 0)
        return unload_help;
    if (strcmp(command, "log") == 0)
        return log_help;
    if (strcmp(command, "objects") == 0)
        return objects_help;
    if (strcmp(command, "inspect") == 0)
        return inspect;
    return strcmp(command, "cc") == 0 ? cc : NULL;
}
