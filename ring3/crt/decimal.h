/* Decimal text to binary floating point. Pure; safe for any text. */
#pragma once

/*
 * digits[0..count), each 0 to 9, times 10^exponent: the nearest value with `precision` bits (53 or 24), ties to even. Overflow gives
 * HUGE_VAL, underflow 0, both with *range set to 1; denormals are those of that precision.
 */
double crt_from_decimal(const unsigned char *digits, int count, int exponent, int precision, int *range);
/* The number at the start of text, with its sign (leading space is the caller's business); *end is behind it, or text when there is none. */
double crt_parse_double(const char *text, const char **end, int precision, int *range);
