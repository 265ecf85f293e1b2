/* The log: the store's ring, its JSON, filters, lines. */
#include "ringside/log/filter.h"
#include "ringside/log/format.h"
#include "ringside/log/record.h"
#include "ringside/log/store.h"
#include "ringside/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char line[LOG_STORE_LINE_MAX + 1];

static hal_debug_line make_line(const char *text) {
    return (hal_debug_line){
        .time = 133485408000000000ull, /* 2024-01-01 */
        .up_time = 12345678,
        .cpu = 0,
        .pid = 8,
        .tid = 12,
        .component = ~0u,
        .level = 3,
        .component_name = "",
        .process = "client.exe",
        .driver = "example.sys",
        .text = text,
        .size = strlen(text),
    };
}

static void add(const char *text) {
    hal_debug_line record = make_line(text);
    log_store_add(&record);
}

static void test_nothing_before_start(void **state) {
    uint64_t cursor = 0, lost;
    add("too early");
    assert_int_equal(log_store_next(&cursor, line, sizeof line, &lost), 0);
    log_store_start(NULL, 0);
}

static void test_json(void **state) {
    uint64_t cursor = 0, lost;
    hal_debug_line record = make_line("a \"b\" \\ \x1b\x7f\xff \xc3\xa4 \xe2\x82");

    log_store_clear();
    log_store_add(&record);
    assert_int_equal(log_store_next(&cursor, line, sizeof line, &lost), strlen(line));
    assert_string_equal(line, "{\"seq\":1,\"time\":\"2024-01-01T00:00:00.0000000Z\",\"up\":1.2345678,\"cpu\":0,\"process\":\"client.exe\",\"pid\":8,"
                              "\"tid\":12,\"driver\":\"example.sys\",\"level\":3,\"text\":\"a \\\"b\\\" \\\\ \\u001b\\u007f\xEF\xBF\xBD \xc3\xa4 "
                              "\xEF\xBF\xBD\xEF\xBF\xBD\"}");
    assert_int_equal(log_store_next(&cursor, line, sizeof line, &lost), 0);
    record.component = 77;
    record.component_name = "IHVDRIVER";
    record.level = 0;
    record.time += 10000000ull * 86400 * 59 + 1; /* a leap year */
    log_store_add(&record);
    assert_int_not_equal(log_store_next(&cursor, line, sizeof line, &lost), 0);
    assert_non_null(strstr(line, "\"time\":\"2024-02-29T00:00:00.0000001Z\""));
    assert_non_null(strstr(line, "\"component_id\":77,\"component\":\"IHVDRIVER\",\"level\":0,"));
    log_store_message("a note", 6);
    assert_int_not_equal(log_store_next(&cursor, line, sizeof line, &lost), 0);
    assert_non_null(strstr(line, "\"component\":\"ringside\",\"level\":3,\"text\":\"a note\"}"));
    assert_null(strstr(line, "\"pid\""));
}

/* Every character as long as it can be in JSON, every name too long. */
static void test_longest(void **state) {
    static char text[2 * LOG_STORE_TEXT_MAX], name[1000];
    uint64_t cursor, lost;
    hal_debug_line record;

    memset(text, 0x1b, sizeof text - 1);
    memset(name, 0x1b, sizeof name - 1);
    record = make_line(text);
    record.process = record.driver = record.component_name = name;
    record.component = record.level = record.cpu = record.pid = record.tid = 0xFFFFFFF0;
    record.time = record.up_time = ~0ull;
    cursor = log_store_last(0);
    log_store_add(&record);
    cursor = log_store_last(1);
    assert_int_not_equal(log_store_next(&cursor, line, sizeof line, &lost), 0);
    assert_int_equal(line[strlen(line) - 1], '}');
}

static void test_ring(void **state) {
    uint64_t behind = 0, cursor, lost, first = 0, total = 0;
    static char text[LOG_STORE_TEXT_MAX + 1];
    unsigned seed = 1;

    log_store_clear();
    add("first");
    assert_int_not_equal(log_store_next(&behind, line, sizeof line, &lost), 0);
    assert_int_equal(lost, 0);
    first = behind;
    for (unsigned i = 0; i < 40000; i++) {
        unsigned size = rand_r(&seed) % (i % 100 == 0 ? LOG_STORE_TEXT_MAX : 300);
        memset(text, 'a' + (int)(i % 26), size);
        snprintf(text + size, sizeof text - size, "%u", i);
        add(text);
        total++;
    }
    assert_int_not_equal(log_store_next(&behind, line, sizeof line, &lost), 0);
    assert_true(lost > 0);
    assert_non_null(strstr(line, "\"lost\":"));
    assert_int_equal(behind, first + 1 + lost);
    for (cursor = behind; log_store_next(&cursor, line, sizeof line, &lost) != 0;) {
        char number[16];
        assert_int_equal(lost, 0);
        snprintf(number, sizeof number, "%u\"}", (unsigned)(cursor - first - 1));
        assert_string_equal(line + strlen(line) - strlen(number), number);
    }
    assert_int_equal(cursor, first + total);
    cursor = log_store_last(3);
    assert_int_equal(cursor, first + total - 3);
    cursor = 0;
    assert_int_not_equal(log_store_next(&cursor, line, sizeof line, &lost), 0);
    assert_int_equal(lost, 0);
    log_store_clear();
    cursor = 0;
    assert_int_equal(log_store_next(&cursor, line, sizeof line, &lost), 0);
}

static void test_file(void **state) {
    char path[] = "/tmp/ringside-log-XXXXXX", read[4096] = "";
    FILE *file;

    close(mkstemp(path));
    assert_int_equal(log_store_to_file(path), 0);
    add("one");
    add("two");
    assert_int_equal(log_store_stop(), 0);
    add("three");
    file = fopen(path, "r");
    assert_non_null(file);
    read[fread(read, 1, sizeof read - 1, file)] = '\0';
    fclose(file);
    unlink(path);
    assert_non_null(strstr(read, "\"one\"}\n{"));
    assert_non_null(strstr(read, "\"two\"}\n"));
    assert_null(strstr(read, "three"));
    assert_true(log_store_to_file("/nowhere/at/all") < 0);
    assert_int_equal(log_store_to_file("/dev/full"), 0);
    add("lost");
    assert_int_equal(log_store_stop(), -28);
}

/* ---- Filters -------------------------------------------------------------------------------- */

static struct log_record parse(const char *json) {
    struct log_record record = {0};
    assert_true(log_record_parse(json, strlen(json), &record));
    return record;
}

#define RECORD(more, text) "{\"seq\":7,\"pid\":12,\"process\":\"Client.exe\",\"driver\":\"example.sys\"," more "\"level\":3,\"text\":\"" text "\"}"

static void test_parse(void **state) {
    static const char *const bad[] = {"", "{", "[]", "1", "{}", "{\"seq\":1}", "{\"seq\":\"1\",\"text\":\"\"}", "{\"seq\":1,\"text\":2}", "\xff"};
    struct log_record record;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(log_record_parse(bad[i], strlen(bad[i]), &record));
    record = parse("{\"seq\":1,\"text\":\"x\",\"pid\":-5,\"level\":99999999999,\"process\":7,\"up\":-1}");
    assert_string_equal(record.process, "");
    assert_int_equal(record.pid, 0);
    assert_int_equal(record.up_time, 0);
    log_record_free(&record);
}

static bool passes(struct log_filter filter, const char *json) {
    struct log_record record = parse(json);
    bool result = log_filter_passes(&filter, &record);
    log_record_free(&record);
    return result;
}

#define ONE(pattern) {{pattern}, 1}

static void test_names(void **state) {
    const char *json = RECORD("", "hello");

    assert_true(passes((struct log_filter){0}, json));
    assert_true(passes((struct log_filter){.drivers = ONE("EXAMPLE")}, json));
    assert_true(passes((struct log_filter){.drivers = ONE("example.SYS")}, json));
    assert_true(passes((struct log_filter){.drivers = ONE("ex*")}, json));
    assert_false(passes((struct log_filter){.drivers = ONE("exam")}, json));
    assert_false(passes((struct log_filter){.drivers = ONE("")}, json));
    assert_true(passes((struct log_filter){.drivers = {{"no", "example"}, 2}}, json));
    assert_true(passes((struct log_filter){.processes = ONE("client")}, json));
    assert_true(passes((struct log_filter){.processes = ONE("12")}, json));
    assert_false(passes((struct log_filter){.processes = ONE("1")}, json));
    assert_true(passes((struct log_filter){.components = ONE("default")}, json));
    assert_false(passes((struct log_filter){.components = ONE("default")}, RECORD("\"component\":\"IHVBUS\",", "")));
    assert_false(passes((struct log_filter){.drivers = ONE("example"), .processes = ONE("other")}, json));
}

static void test_text_and_level(void **state) {
    const char *json = RECORD("", "Hello, big World");

    assert_true(passes((struct log_filter){.include = ONE("hello")}, json));
    assert_true(passes((struct log_filter){.include = ONE("hello*WORLD")}, json));
    assert_false(passes((struct log_filter){.include = ONE("world*hello")}, json));
    assert_true(passes((struct log_filter){.include = ONE("*")}, json));
    assert_true(passes((struct log_filter){.include = ONE("*big*")}, json));
    assert_false(passes((struct log_filter){.exclude = ONE("big")}, json));
    assert_false(passes((struct log_filter){.include = ONE("hello"), .exclude = ONE("*")}, json));
    assert_true(passes((struct log_filter){.has_level = true, .level = 3}, json));
    assert_false(passes((struct log_filter){.has_level = true, .level = 2}, json));
    assert_true(passes((struct log_filter){.has_level = true, .level = 3}, "{\"seq\":1,\"level\":2147483656,\"text\":\"\"}"));
    assert_false(passes((struct log_filter){.has_level = true, .level = 2}, "{\"seq\":1,\"level\":2147483656,\"text\":\"\"}"));
}

static void test_find(void **state) {
    size_t begin, end;

    assert_true(log_pattern_find("b*d", "abcdabcd", 8, 0, &begin, &end));
    assert_int_equal(begin, 1);
    assert_int_equal(end, 4);
    assert_true(log_pattern_find("b*d", "abcdabcd", 8, 2, &begin, &end));
    assert_int_equal(begin, 5);
    assert_false(log_pattern_find("b*d", "abcdabcd", 8, 6, &begin, &end));
    assert_false(log_pattern_find("*", "abc", 3, 0, &begin, &end));
    assert_false(log_pattern_find("", "abc", 3, 0, &begin, &end));
    assert_false(log_pattern_find("abcd", "abc", 3, 0, &begin, &end));
}

/* ---- Lines -------------------------------------------------------------------------------- */

static void expect(struct log_style *style, const char *json, const char *wanted) {
    struct log_record record = parse(json);
    char *text = log_format_line(style, &record);
    assert_string_equal(text, wanted);
    free(text);
    log_record_free(&record);
}

static void test_lines(void **state) {
    struct log_style style = {0}, clock = {.clock = true}, colour = {.colour = true, .highlight = ONE("big")};

    expect(&style, RECORD("\"up\":2.5,", "x"), "    7      0.000000  0  Client.exe:12   example.sys  x\n");
    expect(&style, RECORD("\"up\":14.75,\"component\":\"IHVBUS\",", "y"), "    7     12.250000  0  Client.exe:12   example.sys  IHVBUS/INFO  y\n");
    expect(&style, "{\"seq\":8,\"up\":15,\"level\":3,\"lost\":2,\"component\":\"ringside\",\"text\":\"z\"}",
           "       (2 lines are lost: they came faster than they were read)\n    8     12.500000  0                  ringside     z\n");
    expect(&clock, RECORD("\"time\":\"2024-01-31T12:34:56.7890123Z\",", "x"), "    7  12:34:56.789  0  Client.exe:12   example.sys  x\n");
    expect(&colour, RECORD("", "a BIG b"), "\033[2m    7      0.000000  0  Client.exe:12   example.sys  \033[0ma \033[0m\033[30;43mBIG\033[0m b\n");
}

/* What a driver, or a file, says does not play with the terminal. */
static void test_hostile(void **state) {
    struct log_style style = {0};
    struct log_record record = parse("{\"seq\":1,\"pid\":4,\"process\":\"\\u001b[31m\",\"driver\":\"\\u009b\",\"component\":\"a\\nb\",\"level\":0,"
                                     "\"time\":\"T\\u001b]0;x\\u0007\",\"text\":\"\\u001b[2J\\r\\n\\u0085\\u202e\\u2066\\ufeff\\ttab\"}");
    char *text = log_format_line(&style, &record);
    assert_non_null(strstr(text, "\\x1B[2J\\x0D\\x0A\\x85\\u202E\\u2066\\uFEFF\ttab\n"));
    assert_null(strchr(text, '\033'));
    assert_null(strstr(text, "\xc2\x9b"));
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
    free(text);
    log_record_free(&record);
}

static void test_options(void **state) {
    static char *good[] = {"-f", "-n", "5", "--driver=a", "--driver", "b", "--level", "warning", "--json", "--machine", "m"},
                *bad[] = {"--clear", "-f"}, *word[] = {"example"}, *level[] = {"--level", "nonsense"}, *unknown[] = {"--folow"};
    struct log_options options;
    struct usage_error error;

    assert_true(options_parse_log(11, good, &options, &error));
    assert_true(options.follow && options.json && options.has_last && options.last == 5 && options.filter.has_level && options.filter.level == 1);
    assert_int_equal(options.filter.drivers.count, 2);
    assert_false(options_parse_log(2, bad, &options, &error));
    assert_false(options_parse_log(1, word, &options, &error));
    assert_non_null(strstr(error.advice, "--grep"));
    assert_false(options_parse_log(2, level, &options, &error));
    assert_false(options_parse_log(1, unknown, &options, &error));
    assert_non_null(strstr(error.advice, "--follow"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_before_start),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_longest),
        cmocka_unit_test(test_ring),
        cmocka_unit_test(test_file),
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_text_and_level),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
