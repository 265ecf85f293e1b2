/* A bug check of its own: 0xE0001234. */
#include "bad.h"

MISTAKE VOID Mistake(VOID) { KeBugCheckEx(0xE0001234, 1, 2, 3, 0xFFFFFFFFFFFFFFFF); }
