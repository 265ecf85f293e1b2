/* A program that does what it is told: act.exe VERB [ARGUMENTS]. For the tests of the command line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

static int echo(void) {
    char line[256];
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\r\n")] = '\0';
        printf("got [%s]\n", line);
        fflush(stdout);
    }
    puts("end of input");
    return 0;
}

static int count(void) {
    unsigned long bytes = 0, sum = 0;
    for (int c; (c = getchar()) != EOF; bytes++)
        sum = sum * 31 + (unsigned char)c;
    printf("%lu bytes, sum %08lx\n", bytes, sum);
    return 0;
}

static int event(const char *name, BOOL set) {
    HANDLE handle = CreateEventA(NULL, TRUE, FALSE, name);
    if (handle == NULL)
        return 1;
    if (set)
        SetEvent(handle);
    else
        WaitForSingleObject(handle, INFINITE);
    printf("%s %s\n", set ? "set" : "waited for", name);
    return 0;
}

int main(int argc, char **argv) {
    const char *verb = argc > 1 ? argv[1] : "", *argument = argc > 2 ? argv[2] : "";
    if (strcmp(verb, "exit") == 0)
        ExitProcess(strtoul(argument, NULL, 0));
    if (strcmp(verb, "args") == 0) {
        for (int i = 0; i < argc; i++)
            printf("[%s]\n", argv[i]);
        return 0;
    }
    if (strcmp(verb, "line") == 0) {
        puts(GetCommandLineA());
        return 0;
    }
    if (strcmp(verb, "sleep") == 0) {
        Sleep(strtoul(argument, NULL, 0));
        printf("slept %s\n", argument);
        return 0;
    }
    if (strcmp(verb, "spin") == 0)
        for (volatile unsigned i = 0;; i++)
            continue;
    if (strcmp(verb, "fault") == 0)
        *(volatile int *)(ULONG_PTR)strtoul(argument, NULL, 0) = 1;
    if (strcmp(verb, "echo") == 0)
        return echo();
    if (strcmp(verb, "count") == 0)
        return count();
    if (strcmp(verb, "enter") == 0) {
        printf("%s: press Enter ", argument);
        fflush(stdout);
        int c = getchar();
        printf("%s: %s\n", argument, c == '\n' || c == '\r' ? "entered" : c == EOF ? "end of input" : "something else");
        return 0;
    }
    if (strcmp(verb, "cat") == 0) {
        char text[256] = "";
        FILE *file = fopen(argument, "r");
        if (file == NULL)
            return 1;
        while (fgets(text, sizeof text, file) != NULL)
            fputs(text, stdout);
        fclose(file);
        return 0;
    }
    if (strcmp(verb, "create") == 0) {
        FILE *file = fopen(argument, "w");
        if (file == NULL || fputs("made\n", file) == EOF || fclose(file) != 0)
            return 1;
        return 0;
    }
    if (strcmp(verb, "wait") == 0)
        return event(argument, FALSE);
    if (strcmp(verb, "set") == 0)
        return event(argument, TRUE);
    if (strcmp(verb, "colour") == 0) {
        fputs("\033[31mred", stdout);
        return 0;
    }
    fprintf(stderr, "act: what is '%s'?\n", verb);
    return 2;
}
