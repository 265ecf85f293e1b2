/* Arguments on their way into a program: what ringside quotes, the C run-time must take apart into the same words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "../../ringside/command_line.c"
#include "../../ring3/msvcrt/argv.c"

static void expect_round_trip(char **arguments, size_t count) {
    char *line = command_line_quote("C:\\client.exe", arguments, count);
    assert_non_null(line);
    size_t length = strlen(line);
    uint16_t *wide = malloc((length + 1) * sizeof *wide);
    for (size_t i = 0; i <= length; i++) {
        wide[i] = (unsigned char)line[i];
    }
    CRT_ARGUMENTS needed = crt_split_command_line(wide, NULL, NULL, NULL);
    assert_int_equal(needed.count, count + 1);
    uint16_t *text = malloc(needed.characters * sizeof *text);
    uint16_t **argv = malloc(needed.count * sizeof *argv);
    unsigned char *wild = malloc(needed.count);
    crt_split_command_line(wide, text, argv, wild);
    for (size_t i = 0; i < count; i++) {
        size_t k = 0;
        for (; arguments[i][k] != '\0'; k++) {
            assert_int_equal(argv[i + 1][k], (unsigned char)arguments[i][k]);
        }
        assert_int_equal(argv[i + 1][k], 0);
    }
    free(wild);
    free(argv);
    free(text);
    free(wide);
    free(line);
}

static void test_known(void **state) {
    (void)state;
    char *words[] = {"", " ", "a b", "\"", "\\", "\\\\", "a\\", "a b\\", "\\\"", "tab\there", "C:\\dir with space\\", "\"quoted\"", "%s%n"};
    expect_round_trip(words, sizeof words / sizeof *words);
    expect_round_trip(NULL, 0);
}

static void test_random(void **state) {
    (void)state;
    static const char alphabet[] = "\\\\\\\"\" \tab";
    uint32_t seed = 1;
    for (int round = 0; round < 20000; round++) {
        char words[4][12];
        char *list[4];
        for (int w = 0; w < 4; w++) {
            seed = seed * 1664525u + 1013904223u;
            size_t length = (seed >> 16) % sizeof words[w];
            for (size_t i = 0; i < length; i++) {
                seed = seed * 1664525u + 1013904223u;
                words[w][i] = alphabet[(seed >> 16) % (sizeof alphabet - 1)];
            }
            words[w][length < sizeof words[w] ? length : sizeof words[w] - 1] = '\0';
            list[w] = words[w];
        }
        expect_round_trip(list, 4);
    }
}

static void test_too_long(void **state) {
    (void)state;
    char *word = malloc(COMMAND_LINE_MAX + 1);
    memset(word, 'x', COMMAND_LINE_MAX);
    word[COMMAND_LINE_MAX] = '\0';
    assert_null(command_line_quote("C:\\client.exe", &word, 1));
    free(word);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_known), cmocka_unit_test(test_random), cmocka_unit_test(test_too_long)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
