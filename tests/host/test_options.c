/* The command line parser, with what people type and what they should not. */
#include "hal/hal.h"
#include "ringside/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* An argv on the heap, each word its own allocation: a read past an end is seen. */
static char **make_argv(int argc, const char *const *words) {
    char **argv = malloc(((size_t)argc + 1) * sizeof *argv);
    for (int i = 0; i < argc; i++)
        argv[i] = strdup(words[i]);
    argv[argc] = NULL;
    return argv;
}

static void free_argv(int argc, char **argv) {
    for (int i = 0; i < argc; i++)
        free(argv[i]);
    free(argv);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__}), (int)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static struct run_options options;
static struct usage_error error;
static char **last_argv;
static int last_argc;

static bool run(const char *const *words, int count) {
    if (last_argv != NULL)
        free_argv(last_argc, last_argv);
    last_argv = make_argv(count, words);
    last_argc = count;
    memset(&error, 'x', sizeof error);
    return options_parse_run(count, last_argv, &options, &error);
}

static void test_defaults(void **state) {
    assert_true(run(WORDS("client.exe")));
    assert_string_equal(options.program, "client.exe");
    assert_int_equal(options.driver_count, 0);
    assert_int_equal(options.argument_count, 0);
    assert_int_equal(options.verifier, HAL_VERIFIER_STANDARD);
    assert_int_equal(options.cpus, 1);
    assert_int_equal(options.memory, OPTIONS_MEMORY_DEFAULT);
    assert_int_equal(options.timeout_seconds, 0);
    assert_false(options.trace || options.realtime || options.strict || options.help);
    assert_null(options.root);
}

static void test_every_option(void **state) {
    assert_true(run(WORDS("-d", "a.sys", "--driver=b.sys", "-dc.sys", "--driver", "d.sys", "--verifier", "off", "--trace=t.txt", "--cpus", "1",
                          "--seed=0xffffffffffffffff", "--realtime", "--memory", "64M", "--timeout=9", "--root", "/r", "--strict", "p.exe", "-d",
                          "--help", "--", "")));
    assert_int_equal(options.driver_count, 4);
    assert_string_equal(options.drivers[0], "a.sys");
    assert_string_equal(options.drivers[1], "b.sys");
    assert_string_equal(options.drivers[2], "c.sys");
    assert_string_equal(options.drivers[3], "d.sys");
    assert_int_equal(options.verifier, HAL_VERIFIER_OFF);
    assert_true(options.trace && options.realtime && options.strict);
    assert_string_equal(options.trace_file, "t.txt");
    assert_true(options.seed == UINT64_MAX);
    assert_int_equal(options.memory, 64 << 20);
    assert_int_equal(options.timeout_seconds, 9);
    assert_string_equal(options.root, "/r");
    assert_int_equal(options.argument_count, 4); /* options after the program are the program's */
    assert_string_equal(options.arguments[0], "-d");
    assert_string_equal(options.arguments[3], "");
    assert_false(options.help);
}

static void test_further_programs(void **state) {
    assert_true(run(WORDS("--and", "q.exe \"a b\"", "--and=r.exe", "p.exe", "--and", "x")));
    assert_int_equal(options.further_count, 2);
    assert_string_equal(options.further[0], "q.exe \"a b\"");
    assert_string_equal(options.further[1], "r.exe");
    assert_string_equal(options.program, "p.exe");
    assert_int_equal(options.argument_count, 2);
}

static void test_trace_takes_no_next_word(void **state) {
    assert_true(run(WORDS("--trace", "p.exe")));
    assert_true(options.trace);
    assert_null(options.trace_file);
    assert_string_equal(options.program, "p.exe");
}

static void test_double_dash_ends_options(void **state) {
    assert_true(run(WORDS("--", "--strange.exe", "--")));
    assert_string_equal(options.program, "--strange.exe");
    assert_int_equal(options.argument_count, 1);
}

static void test_drivers_without_program(void **state) {
    assert_true(run(WORDS("-d", "a.sys")));
    assert_null(options.program);
    assert_true(run(WORDS("-d", "a.sys", "--")));
    assert_null(options.program);
}

static void test_matches(void **state) {
    assert_true(run(WORDS("-d", "a.sys", "--match", "PCI\\X", "-d", "b.sys", "-d", "c.sys", "--match=ROOT\\C,upper")));
    assert_string_equal(options.matches[0], "PCI\\X");
    assert_string_equal(options.matches[1], "");
    assert_string_equal(options.matches[2], "ROOT\\C,upper");
    assert_false(run(WORDS("-d", "a.sys", "--match", "A\\A", "--match", "B\\B")));
}

static void test_help_wins(void **state) {
    assert_true(run(WORDS("--help")));
    assert_true(options.help);
    assert_true(run(WORDS("--seed", "1", "-h", "--nonsense")));
    assert_true(options.help);
}

static void test_refused(void **state) {
    static const char *const lines[][4] = {
        {"--seed", "p.exe"},
        {"--seed"},
        {"--seed="},
        {"--seed", "-1", "p"},
        {"--seed", "18446744073709551616", "p"},
        {"--seed", "0x", "p"},
        {"--cpus", "65", "p"},
        {"--schedule", "fair", "p"},
        {"--schedule"},
        {"--schedule", "pct:", "p"},
        {"--schedule", "pct:0", "p"},
        {"--schedule", "pct:17", "p"},
        {"--schedule", "exhaustive:1x", "p"},
        {"--schedule", "random:1", "p"},
        {"--points", "all", "p"},
        {"--seeds", "7", "p"},
        {"--seeds", "7-", "p"},
        {"--seeds", "-7", "p"},
        {"--seeds", "8-7", "p"},
        {"--seeds", "1-18446744073709551616", "p"},
        {"--cpus", "0", "p"},
        {"--memory", "1M", "p"},
        {"--memory", "65G", "p"},
        {"--memory", "17179869185G", "p"},
        {"--memory", "M", "p"},
        {"--memory", "64MM", "p"},
        {"--memory", "99999999999999999999999999", "p"},
        {"--timeout", "0", "p"},
        {"--timeout", "1e3", "p"},
        {"--verifier", "full", "p"},
        {"--verifier", "", "p"},
        {"--trace=", "p"},
        {"--strict=yes", "p"},
        {"-x", "p"},
        {"--driver"},
        {"--match", "PCI\\X", "p"},
        {"-d", "a.sys", "--match"},
        {"-d", "a.sys", "--match=", "p"},
        {"-d"},
        {"-d", "", "p"},
        {"--root"},
        {"--help=x"},
        {""},
        {"--=", "p"},
        {"--and", "p"},
        {"--and", "", "p"},
        {"--and", " ", "p"},
        {"--and", "q x"},
        {"--and=q x", "-d", "a.sys"},
    };

    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        int count = 0;
        while (count < 4 && lines[i][count] != NULL)
            count++;
        assert_false(run(lines[i], count));
        assert_true(strlen(error.what) > 0 && strlen(error.why) > 0 && strlen(error.advice) > 0);
    }
    assert_false(options_parse_run(0, (char *[]){NULL}, &options, &error));
}

static void test_suggestions(void **state) {
    static const char *const words[] = {"--driver", "--verifier", "--trace", NULL};

    assert_string_equal(options_suggest("--verifer", words), "--verifier");
    assert_string_equal(options_suggest("--drvier", words), "--driver");
    assert_string_equal(options_suggest("--trac", words), "--trace");
    assert_null(options_suggest("--completely-else", words));
    assert_null(options_suggest("", words));
    assert_false(run(WORDS("--veriifer=off", "p.exe")));
    assert_non_null(strstr(error.advice, "--verifier"));
    assert_string_equal(error.what, "--veriifer");
}

static void test_messages_are_clean(void **state) {
    char word[3000];

    memset(word, 'A', sizeof word);
    memcpy(word, "--\n\033[2J%s%n", 11);
    word[sizeof word - 1] = '\0';
    assert_false(run((const char *const[]){word}, 1));
    for (const char *c = error.what; *c != '\0'; c++)
        assert_true((unsigned char)*c >= 0x20);
    assert_true(strlen(error.what) < sizeof error.what);
}

static void test_too_many_drivers(void **state) {
    const char *words[2 * OPTIONS_MAX_DRIVERS + 2];

    for (size_t i = 0; i < OPTIONS_MAX_DRIVERS + 1; i++) {
        words[2 * i] = "-d";
        words[2 * i + 1] = "x.sys";
    }
    assert_true(run(words, 2 * OPTIONS_MAX_DRIVERS));
    assert_false(run(words, 2 * OPTIONS_MAX_DRIVERS + 2));
}

static void test_sizes(void **state) {
    uint64_t size;

    assert_true(options_parse_size("0", &size) && size == 0);
    assert_true(options_parse_size("12k", &size) && size == 12 << 10);
    assert_true(options_parse_size("3MiB", &size) && size == 3 << 20);
    assert_true(options_parse_size("16777215G", &size) && size == 16777215ull << 30);
    assert_true(options_parse_size("17179869183G", &size));
    assert_false(options_parse_size("17179869184G", &size));
    assert_false(options_parse_size("", &size));
    assert_false(options_parse_size("-1", &size));
    assert_false(options_parse_size("1T", &size));
    assert_false(options_parse_size("1 M", &size));
    assert_false(options_parse_size("0x10M", &size));
}

static void test_cc(void **state) {
    static const char *const words[] = {"a.c", "-v", "b.c", "-o", "x.sys", "c.c", "--", "-DX", "-o"};
    static const char *const refused[][3] = {{"a.c"},       {"-o", "x.sys"},    {"a.c", "-o", "x"},
                                             {"a.c", "-o"}, {"a.c", "-ox.obj"}, {"-O2", "a.c", "-ox.sys"}};
    struct cc_options cc;
    char *kept[9], **argv = make_argv(9, words);

    memcpy(kept, argv, sizeof kept); /* the parser packs the sources to the front */
    assert_true(options_parse_cc(9, argv, &cc, &error));
    assert_int_equal(cc.source_count, 3);
    assert_string_equal(cc.sources[2], "c.c");
    assert_string_equal(cc.output, "x.sys");
    assert_true(cc.verbose);
    assert_int_equal(cc.extra_count, 2);
    assert_string_equal(cc.extra[1], "-o");
    memcpy(argv, kept, sizeof kept);
    free_argv(9, argv);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        int count = 0;
        while (count < 3 && refused[i][count] != NULL)
            count++;
        argv = make_argv(count, refused[i]);
        memcpy(kept, argv, (size_t)count * sizeof *argv);
        assert_false(options_parse_cc(count, argv, &cc, &error));
        memcpy(argv, kept, (size_t)count * sizeof *argv);
        free_argv(count, argv);
    }
}

static void test_inspect(void **state) {
    struct inspect_options inspect;
    char *good[] = {"--json", "--", "--json", NULL}, *none[] = {"--json", NULL}, *bad[] = {"--jsn", "a", NULL};

    assert_true(options_parse_inspect(3, good, &inspect, &error));
    assert_true(inspect.json);
    assert_int_equal(inspect.file_count, 1);
    assert_false(options_parse_inspect(1, none, &inspect, &error));
    char *corpus[] = {"--corpus", "table.tsv", NULL}, *both[] = {"--corpus", "table.tsv", "a.sys", NULL};
    assert_true(options_parse_inspect(2, corpus, &inspect, &error));
    assert_string_equal(inspect.corpus, "table.tsv");
    assert_false(options_parse_inspect(3, both, &inspect, &error));
    assert_false(options_parse_inspect(2, bad, &inspect, &error));
    assert_non_null(strstr(error.advice, "--json"));
}

static bool objects(struct objects_options *parsed, const char *const *words, int count) {
    if (last_argv != NULL)
        free_argv(last_argc, last_argv);
    last_argv = make_argv(count, words);
    last_argc = count;
    return options_parse_objects(count, last_argv, parsed, &error);
}

static void test_objects(void **state) {
    struct objects_options parsed;

    assert_true(objects(&parsed, NULL, 0) && parsed.path == NULL && !parsed.list && !parsed.json && !parsed.interactive);
    assert_true(objects(&parsed, WORDS("-l", "\\Device", "--machine", "m")) && parsed.list && strcmp(parsed.path, "\\Device") == 0 &&
                strcmp(parsed.machine, "m") == 0);
    assert_true(objects(&parsed, WORDS("--read=-", "--json")) && parsed.json && strcmp(parsed.file, "-") == 0);
    assert_true(objects(&parsed, WORDS("-h", "--nonsense")) && parsed.help);
    assert_false(objects(&parsed, WORDS("-l", "-i")));
    assert_false(objects(&parsed, WORDS("a", "b")));
    assert_false(objects(&parsed, WORDS("--read", "file", "\\Device")));
    assert_false(objects(&parsed, WORDS("-i", "--read", "-")));
    assert_false(objects(&parsed, WORDS("--machine")));
    assert_false(objects(&parsed, WORDS("--interactiv")));
    assert_string_equal(error.why, "unknown option");
}

static void test_shares(void **state) {
    assert_true(run(WORDS("--share", "a=/tmp", "--share=b=x=y", "p.exe")) && options.share_count == 2);
    assert_string_equal(options.shares[1], "b=x=y");
    assert_false(run(WORDS("--share", "a", "p.exe")));
    assert_false(run(WORDS("--share", "=/tmp", "p.exe")));
    assert_false(run(WORDS("--share", "a=", "p.exe")));
}

/* Random lines from the alphabet of options: the parser answers each, and reads nothing that is not there. */
static void test_random_lines(void **state) {
    static const char *const pieces[] = {
        "-d",           "--driver", "--driver=", "=",        "--",        "-",     "--seed", "0x",         "18446744073709551615",
        "--memory=64M", "--trace=", "--trace",   "--cpus=1", "--timeout", "p.exe", "",       "--verifier", "off",
        "\xff\xfe",     "--root=",  "-o",        "x.sys",    "--\n"};
    uint64_t random = 1;

    for (int round = 0; round < 200000; round++) {
        const char *words[8];
        int count = 0;
        random = random * 6364136223846793005u + 1442695040888963407u;
        for (uint64_t r = random >> 20; count < (int)(random >> 61); r /= 23)
            words[count++] = pieces[r % (sizeof pieces / sizeof *pieces)];
        run(words, count);
    }
}

static int tear_down(void **state) {
    free_argv(last_argc, last_argv);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_every_option),
        cmocka_unit_test(test_further_programs),
        cmocka_unit_test(test_trace_takes_no_next_word),
        cmocka_unit_test(test_double_dash_ends_options),
        cmocka_unit_test(test_drivers_without_program),
        cmocka_unit_test(test_matches),
        cmocka_unit_test(test_help_wins),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_suggestions),
        cmocka_unit_test(test_messages_are_clean),
        cmocka_unit_test(test_too_many_drivers),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_cc),
        cmocka_unit_test(test_inspect),
        cmocka_unit_test(test_objects),
        cmocka_unit_test(test_shares),
        cmocka_unit_test(test_random_lines),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, tear_down);
}
