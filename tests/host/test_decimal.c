/* Decimal text to binary floating point, against the host's own library, which rounds correctly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "../../ring3/crt/decimal.c"

static uint64_t seed = 88172645463325252u;

static uint64_t next(void) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static void compare(const char *text) {
    const char *end;
    char *host_end;
    int range;
    double value = crt_parse_double(text, &end, 53, &range), host = strtod(text, &host_end);
    float narrow = (float)crt_parse_double(text, &end, 24, &range), host_narrow = strtof(text, NULL);

    if (memcmp(&value, &host, sizeof(value)) != 0 || memcmp(&narrow, &host_narrow, sizeof(narrow)) != 0 || end != host_end) {
        fail_msg("%s: %a, not %a; as float %a, not %a", text, value, host, (double)narrow, (double)host_narrow);
    }
}

static void test_edges(void **state) {
    char digits[3000];

    (void)state;
    compare("0");
    compare("-0.0");
    compare("");
    compare(".");
    compare("1e");
    compare("1e+");
    compare("+.5e-1x");
    compare("1.7976931348623157e308");
    compare("1.7976931348623158079372897140530341507993e308");
    compare("1.7976931348623159e308");
    compare("2.2250738585072011e-308");
    compare("4.9406564584124654e-324");
    compare("2.4703282292062327208e-324");
    compare("2.4703282292062328e-324");
    compare("1e99999999999");
    compare("1e-99999999999");
    compare("9007199254740993");
    compare("9007199254740992.9999999999999999999999999999999999");
    memset(digits, '9', 2500);
    strcpy(digits + 2500, "e-2400");
    compare(digits);
    memset(digits, '0', 2500);
    digits[1] = '.';
    strcpy(digits + 2500, "1e2490");
    compare(digits);
}

static void test_random(void **state) {
    char text[400];

    (void)state;
    for (int i = 0; i < 100000; i++) {
        union {
            uint64_t bits;
            double value;
        } u = {next()};

        if ((u.bits >> 52 & 0x7FF) != 0x7FF) {
            snprintf(text, sizeof(text), "%.*e", (int)(next() % 25), u.value);
            compare(text);
        }
        u.bits >>= 12; /* a denormal */
        snprintf(text, sizeof(text), "%.*e", (int)(next() % 20), u.value);
        compare(text);
        snprintf(text, sizeof(text), "%u.%ue%d", (unsigned)(next() % 100000), (unsigned)(next() % 1000000000), (int)(next() % 640) - 320);
        compare(text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_edges), cmocka_unit_test(test_random)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
