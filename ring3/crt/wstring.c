/* Wide strings. */
#include "crt.h"

#define CHARACTER       wchar_t
#define UNSIGNED        wchar_t
#define F(narrow, wide) wide
#define LOWER           towlower
#define UPPER           towupper
#include "text.inc"
