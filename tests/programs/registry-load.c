/*
 * A registry workload for tests that end the machine at any moment: registry-load.exe write FIRST sets numbered values from FIRST on for ever, flushes now and then
 * and prints each number once it is flushed; registry-load.exe check LAST says whether every value up to LAST is there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#define KEYS 512 /* values are spread over as many keys, so that none has too many to be looked up in; one more is made and deleted all the time */

static HKEY open_key(HKEY top, const char *name) {
    HKEY key;
    LONG error = RegCreateKeyExA(top, name, 0, NULL, 0, KEY_ALL_ACCESS, NULL, &key, NULL);
    if (error != ERROR_SUCCESS) {
        printf("RegCreateKeyEx(%s): %ld\n", name, error);
        exit(1);
    }
    return key;
}

static void describe(unsigned number, char *name, char *text) {
    sprintf(name, "value %u", number);
    sprintf(text, "%u \"quoted\" C:\\path \xE4 %.*s", number, (int)(number % 40), "----------------------------------------");
}

static int write_values(HKEY top, HKEY *keys, unsigned number) {
    for (;; number++) {
        char name[64], text[128];
        HKEY passing = open_key(top, "passing");
        describe(number, name, text);
        RegSetValueExA(passing, name, 0, REG_DWORD, (const BYTE *)&number, sizeof number);
        RegSetValueExA(keys[number % KEYS], name, 0, REG_SZ, (const BYTE *)text, (DWORD)strlen(text) + 1);
        RegSetValueExA(keys[number % KEYS], "last", 0, REG_BINARY, (const BYTE *)&number, sizeof number);
        RegDeleteValueA(passing, name);
        RegCloseKey(passing);
        RegDeleteKeyA(top, "passing");
        if (number % 3 == 0) {
            LONG error = RegFlushKey(top);
            if (error != ERROR_SUCCESS) {
                printf("RegFlushKey: %ld\n", error);
                return 1;
            }
            printf("%u\n", number);
            fflush(stdout);
        }
    }
}

static int check_values(HKEY *keys, unsigned last) {
    for (unsigned number = 1; number <= last; number++) {
        char name[64], expected[128], text[256];
        DWORD type = 0, size = sizeof text;
        LONG error;
        describe(number, name, expected);
        error = RegQueryValueExA(keys[number % KEYS], name, NULL, &type, (BYTE *)text, &size);
        if (error != ERROR_SUCCESS || type != REG_SZ || size != strlen(expected) + 1 || memcmp(text, expected, size) != 0) {
            printf("value %u: error %ld, type %lu, %lu bytes\n", number, error, type, size);
            return 1;
        }
    }
    printf("all %u\n", last);
    return 0;
}

int main(int argc, char **argv) {
    HKEY top = open_key(HKEY_LOCAL_MACHINE, "SOFTWARE\\Registry load"), keys[KEYS];
    unsigned number = argc == 3 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
    for (unsigned i = 0; i < KEYS; i++) {
        char name[32];
        sprintf(name, "key %u", i);
        keys[i] = open_key(top, name);
    }
    if (argc == 3 && strcmp(argv[1], "write") == 0)
        return write_values(top, keys, number);
    if (argc == 3 && strcmp(argv[1], "check") == 0)
        return check_values(keys, number);
    return 2;
}
