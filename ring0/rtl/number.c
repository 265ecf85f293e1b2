/* Numbers from and to 8-bit text, and small arithmetic. */
#include "rtl/rtlp.h"
#include "rtl/crt.h"
#include <stdlib.h>

#define CH            char
#define P(name)       RtlpNarrow##name
#define STRTO(name)   strto##name
#define STRTO64(name) _strto##name
#define TO(name)      name##toa
#define TO_S(name)    name##toa_s
#include "rtl/number.inc"

long atol(const char *Text) { return strtol(Text, NULL, 10); }

int atoi(const char *Text) { return strtol(Text, NULL, 10); }

long long _atoi64(const char *Text) { return _strtoi64(Text, NULL, 10); }

int abs(int Value) { return Value < 0 ? (int)(0u - (unsigned)Value) : Value; }

long labs(long Value) { return abs(Value); }
