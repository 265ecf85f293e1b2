/* Command lines: what is quoted comes back when it is split; what Windows' rules make of the hard cases. */
#include "ringside/command_line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void expect(const char *line, const char *const *words) {
    char *copy = strdup(line); /* on the heap, so that a read past its end is seen */
    size_t count, i = 0;
    char **split = command_line_split(copy, &count);

    assert_non_null(split);
    for (; words[i] != NULL; i++)
        assert_string_equal(split[i], words[i]);
    assert_int_equal(count, i);
    assert_null(split[i]);
    free(split);
    free(copy);
}
#define EXPECT(line, ...) expect(line, (const char *const[]){__VA_ARGS__, NULL})

/* The examples are those of "Parsing C command-line arguments". */
static void test_split(void **state) {
    EXPECT("p.exe", "p.exe");
    EXPECT("  p.exe\ta  b ", "p.exe", "a", "b");
    EXPECT("p \"a b c\" d e", "p", "a b c", "d", "e");
    EXPECT("p \"ab\\\"c\" \"\\\\\" d", "p", "ab\"c", "\\", "d");
    EXPECT("p a\\\\\\b d\"e f\"g h", "p", "a\\\\\\b", "de fg", "h");
    EXPECT("p a\\\\\\\"b c d", "p", "a\\\"b", "c", "d");
    EXPECT("p a\\\\\\\\\"b c\" d e", "p", "a\\\\b c", "d", "e");
    EXPECT("p a\"b\"\" c d", "p", "ab\" c d");
    EXPECT("p \"\" x", "p", "", "x");
    EXPECT("p \"unfinished", "p", "unfinished");
    EXPECT("p \\", "p", "\\");
}

static void test_program_part(void **state) {
    EXPECT("\"C:\\my tools\\\"x.exe\" a\\\\\"b", "C:\\my tools\\x.exe a\\\\b");
    EXPECT("C:\\x\\ a", "C:\\x\\", "a");
    EXPECT("\"\" a", "", "a");
}

static void test_nothing(void **state) {
    size_t count;

    assert_null(command_line_split("", &count));
    assert_null(command_line_split(" \t\n", &count));
}

static void test_round_trip(void **state) {
    static char *const arguments[] = {"", "a b", "\"", "\\", "\\\\", "a\\\"b", "a b\\", "\t", "plain", "\\\"", "x\\\\y z\\\\"};
    size_t number = sizeof arguments / sizeof *arguments, count;
    char *line = command_line_quote("C:\\client.exe", arguments, number), **split;

    assert_non_null(line);
    split = command_line_split(line, &count);
    assert_non_null(split);
    assert_int_equal(count, number + 1);
    for (size_t i = 0; i < number; i++)
        assert_string_equal(split[i + 1], arguments[i]);
    free(split);
    free(line);
}

static void test_any_bytes(void **state) {
    static const char alphabet[] = "\"\\ ab\t";
    uint64_t seed = 1;

    for (int i = 0; i < 20000; i++) {
        char *line = malloc(13);
        size_t length = 0, count = 0;
        for (; length < 12 && (seed >> 60) != 0; length++) {
            seed = seed * 6364136223846793005ull + 1442695040888963407ull;
            line[length] = alphabet[(seed >> 33) % (sizeof alphabet - 1)];
        }
        seed = seed * 6364136223846793005ull + 1442695040888963407ull;
        line[length] = '\0';
        free(command_line_split(line, &count));
        assert_true(count <= length / 2 + 1);
        free(line);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_split),      cmocka_unit_test(test_program_part), cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_any_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
