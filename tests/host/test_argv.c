/* The command line's rules: Microsoft's own examples, the edges, and random lines that must not be read or written past their end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "../../ring3/crt/argv.c"

typedef struct RESULT {
    CRT_ARGUMENTS used;
    uint16_t *text;
    uint16_t **argv;
    unsigned char *wild;
    uint16_t *line;
} RESULT;

/* Everything is exactly as large as it is said to be, so that the sanitizer sees the first unit beyond. */
static RESULT split(const char *line) {
    RESULT r = {0};
    size_t length = strlen(line);

    r.line = malloc((length + 1) * sizeof(*r.line));
    for (size_t i = 0; i <= length; i++) {
        r.line[i] = (unsigned char)line[i];
    }
    r.used = crt_split_command_line(r.line, NULL, NULL, NULL);
    r.text = malloc(r.used.characters * sizeof(*r.text));
    r.argv = malloc(r.used.count * sizeof(*r.argv));
    r.wild = malloc(r.used.count);
    CRT_ARGUMENTS again = crt_split_command_line(r.line, r.text, r.argv, r.wild);
    assert_int_equal(again.count, r.used.count);
    assert_int_equal(again.characters, r.used.characters);
    return r;
}

static void release(RESULT *r) {
    free(r->line);
    free(r->text);
    free(r->argv);
    free(r->wild);
}

static void expect(const char *line, size_t count, const char *const *arguments) {
    RESULT r = split(line);

    assert_int_equal(r.used.count, count);
    for (size_t i = 0; i < count; i++) {
        size_t k = 0;

        for (; arguments[i][k]; k++) {
            assert_int_equal(r.argv[i][k], (unsigned char)arguments[i][k]);
        }
        assert_int_equal(r.argv[i][k], 0);
    }
    release(&r);
}

#define EXPECT(line, ...)                                                                                                                            \
    do {                                                                                                                                             \
        const char *const list[] = {__VA_ARGS__};                                                                                                    \
        expect(line, sizeof(list) / sizeof(list[0]), list);                                                                                          \
    } while (0)

static void test_documented_examples(void **state) {
    (void)state;
    EXPECT("p \"abc\" d e", "p", "abc", "d", "e");
    EXPECT("p a\\\\b d\"e f\"g h", "p", "a\\\\b", "de fg", "h");
    EXPECT("p a\\\\\\\"b c d", "p", "a\\\"b", "c", "d");
    EXPECT("p a\\\\\\\\\"b c\" d e", "p", "a\\\\b c", "d", "e");
    EXPECT("p a\"b\"\" c d", "p", "ab\" c d");
}

static void test_program_name(void **state) {
    (void)state;
    EXPECT("", "");
    EXPECT("C:\\a.exe", "C:\\a.exe");
    EXPECT("\"C:\\Program Files\\a.exe\" x", "C:\\Program Files\\a.exe", "x");
    EXPECT("\"C:\\a\\\" x", "C:\\a\\", "x");
    EXPECT("  x", "", "x");
}

static void test_edges(void **state) {
    (void)state;
    EXPECT("p \"\"", "p", "");
    EXPECT("p \"\" x", "p", "", "x");
    EXPECT("p \t x \t ", "p", "x");
    EXPECT("p \"open", "p", "open");
    EXPECT("p \\", "p", "\\");
    EXPECT("p \\\\ x", "p", "\\\\", "x");
    EXPECT("p \"\\\\\" x", "p", "\\", "x");
    EXPECT("p \"\"\"\"", "p", "\"");
    EXPECT("p \"a\\\"b\" c", "p", "a\"b", "c");
}

static void test_wildcards(void **state) {
    RESULT r = split("p* *.c \"*.c\" a\"*\"b a?");

    (void)state;
    assert_int_equal(r.used.count, 5);
    assert_int_equal(r.wild[0], 0);
    assert_int_equal(r.wild[1], 1);
    assert_int_equal(r.wild[2], 0);
    assert_int_equal(r.wild[3], 0);
    assert_int_equal(r.wild[4], 1);
    release(&r);
}

static void test_random_lines(void **state) {
    static const char alphabet[] = "a \t\"\\*";
    uint32_t seed = 12345;
    char line[24];

    (void)state;
    for (int n = 0; n < 200000; n++) {
        size_t length = (seed = seed * 1664525u + 1013904223u) >> 27;

        length = length < sizeof(line) ? length : sizeof(line) - 1;
        for (size_t i = 0; i < length; i++) {
            line[i] = alphabet[((seed = seed * 1664525u + 1013904223u) >> 16) % (sizeof(alphabet) - 1)];
        }
        line[length] = 0;
        RESULT r = split(line);
        assert_true(r.used.count >= 1);
        assert_true(r.used.characters <= length + r.used.count + 1);
        release(&r);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_documented_examples), cmocka_unit_test(test_program_name), cmocka_unit_test(test_edges),
        cmocka_unit_test(test_wildcards),           cmocka_unit_test(test_random_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
